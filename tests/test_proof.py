"""A proof of shipping with a request: the carrier's number, photos, and who sees them (SPEC 3)."""

import pytest
from django.core import checks
from django.test import Client

from claims import access, carriers, files, links
from claims.carriers import check_pages
from claims.models import Attachment
from claims.transitions import Refused
from tests import deeds
from tests.clock import NOW
from tests.desk_hands import DESK
from tests.pages import read
from tests.pictures import upload

YAMATO = {"delivery_company": "ヤマト運輸", "tracking_number": "400012345678"}


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything plays at one instant."""


# --- carriers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("company", "number", "could_be"),
    [
        ("ヤマト運輸", "400012345678", True),
        ("ヤマト運輸", "40001234567", True),
        ("ヤマト運輸", "4000123456789", False),
        ("ヤマト運輸", "4000A2345678", False),
        ("佐川急便", "360012345678", True),
        ("佐川急便", "12345", False),
        ("日本郵便", "123456789012", True),
        ("日本郵便", "EG123456789JP", True),
        ("ゆうパック", "EG123456789", False),
        ("西濃運輸", "1234567890", True),
        ("Qxpress", "QX638358846JP", True),
        ("Qxpress", "QX!", False),
        ("町の宅配", "AB-12", True),
        ("町の宅配", "12", False),
        ("町の宅配", "1" * 51, False),
        ("町の宅配", "１２３４", False),
        ("ヤマト運輸", "400012345678\n", False),
    ],
)
def test_a_number_that_the_carrier_could_have_given(company, number, could_be):
    assert carriers.could_be(company, number) is could_be


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("4000-1234-5678", "400012345678"), ("４０００ １２３４−５６７８", "400012345678"), ("qx1 jp", "QX1JP")],
)
def test_a_number_is_read_as_people_write_it(typed, meant):
    assert carriers.bare(typed) == meant


@pytest.mark.parametrize("company", ["ヤマト運輸", "佐川急便", "日本郵便", "西濃運輸", "Qxpress"])
def test_each_carrier_has_a_page_that_takes_the_number_quoted(company):
    url = carriers.tracking_url(company, "1&x=<2>")
    assert url.startswith("https://")
    assert url.endswith("1%26x%3D%3C2%3E")
    assert carriers.tracking_url(company, "") == ""


def test_more_carriers_by_a_setting_and_never_elsewhere_than_to_https(settings):
    settings.TRACKING_URLS = {
        "福山通運": "https://example.com/{number}/{x}",
        "悪い": "javascript:alert({number})",
        "平文": "http://example.com/{number}",
    }
    assert carriers.tracking_url("福山通運", "a/b") == "https://example.com/a%2Fb/{x}"
    assert carriers.tracking_url("悪い", "1") == carriers.tracking_url("平文", "1") == ""
    assert "福山通運" in carriers.names()
    assert len(check_pages(None)) == 2


@pytest.mark.parametrize(("pages", "problems"), [({}, 0), ([], 1), ({"x": 1}, 1), ({"x": "https://x"}, 1)])
def test_a_setting_that_cannot_be_read_is_said_at_the_start(settings, pages, problems):
    settings.TRACKING_URLS = pages
    assert len([one for one in checks.run_checks() if str(one.id).startswith("claims.")]) == problems


# --- the rules ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proof", "code"),
    [
        ({}, None),
        (YAMATO, None),
        ({"delivery_company": "ヤマト運輸"}, "proof_incomplete"),
        ({"tracking_number": "400012345678"}, "proof_incomplete"),
        (YAMATO | {"tracking_number": "12"}, "tracking_number_odd"),
    ],
)
def test_both_or_none_and_a_plausible_number(a_claim, proof, code):
    claim = a_claim()
    if code is None:
        attempt = deeds.ask(claim, **proof)
        assert (attempt.delivery_company, attempt.tracking_number) == (
            proof.get("delivery_company", ""),
            proof.get("tracking_number", ""),
        )
        return
    with pytest.raises(Refused) as refused:
        deeds.ask(claim, **proof)
    assert [reason.code for reason in refused.value.reasons] == [code]


@pytest.fixture
def a_draft(amuse):
    """A photo that somebody of the shop is about to send about a claim."""

    def keep(claim, name="photo.jpg", by=amuse):
        return files.keep(
            files.check(upload(name)),
            shop=claim.shop,
            order=claim.order,
            by=access.as_seller(by),
            now=NOW,
        )

    return keep


def test_files_go_with_the_request_and_from_then_on_are_the_buyers_to_see(a_claim, a_draft):
    claim = a_claim()
    photo, receipt = a_draft(claim), a_draft(claim, "receipt.png")
    attempt = deeds.ask(claim, files=[photo, receipt])
    assert list(attempt.attachments.values_list("name", "sent_at", "for_buyer")) == [
        ("photo.jpg", NOW, True),
        ("receipt.jpg", NOW, True),
    ]


def test_a_refused_request_sends_no_file(a_claim, a_draft):
    claim = a_claim()
    photo = a_draft(claim)
    with pytest.raises(Refused):
        deeds.ask(claim, offer=10**6, files=[photo])
    photo.refresh_from_db()
    assert (photo.sent_at, photo.withdrawal) == (None, None)


@pytest.mark.parametrize("whose", ["a colleague's", "of another order", "sent already", "deleted"])
def test_a_file_that_is_not_this_sellers_draft_of_this_order_refuses_the_request(
    a_claim, a_draft, clerk, whose
):
    claim = a_claim()
    photo = {
        "a colleague's": lambda: a_draft(claim, by=clerk),
        "of another order": lambda: a_draft(a_claim()),
        "sent already": lambda: a_draft(claim),
        "deleted": lambda: a_draft(claim),
    }[whose]()
    if whose == "sent already":
        photo.send(NOW)
    if whose == "deleted":
        Attachment.objects.all().delete()
    with pytest.raises(Refused) as refused:
        deeds.ask(claim, files=[photo])
    assert refused.value.reasons[0].code == "changed"
    claim.refresh_from_db()
    assert not claim.withdrawals.exists()


# --- who sees it -------------------------------------------------------------------------------------


@pytest.fixture
def proven(a_claim, a_draft, csma):
    """A request with everything, to a buyer whom only the mail reaches."""
    claim = a_claim(buyer=csma)
    return deeds.ask(claim, offer=500, files=[a_draft(claim)], **YAMATO)


def status_of(client, address):
    """The status with which a file is answered; it is read to its end."""
    response = client.get(address)
    response.getvalue()
    return response.status_code


def holder_of(attempt):
    client = Client()
    client.get(f"/r/{links.sign(attempt.pk)}/")
    return client


def test_the_holder_of_the_mails_link_sees_parcel_and_photo(proven):
    client = holder_of(proven)
    page = read(client.get(f"/myqoo10/requests/{proven.pk}/")).one("section", class_="shop-says")
    assert "ヤマト運輸 400012345678" in page.text
    track = next(link for link in page.all("a") if link.text == "配送状況を見る")
    assert track["href"] == carriers.tracking_url("ヤマト運輸", "400012345678")
    assert (track["target"], track["rel"]) == ("_blank", "noopener noreferrer")
    photo = page.one("a", class_="file")
    assert photo["href"].startswith(f"/myqoo10/requests/{proven.pk}/files/")
    assert status_of(client, photo["href"]) == 200
    assert status_of(Client(), photo["href"]) == 404


def test_the_shop_sees_it_with_the_request_and_among_the_earlier_ones(proven, client_of, amuse, clock):
    desk = client_of(amuse)
    address = f"{DESK}{proven.claim.number}/"
    block = read(desk.get(address)).one("div", class_="decisions")
    for text in ("部分返金の提案 500円", "ヤマト運輸 400012345678", "photo.jpg"):
        assert text in block.text
    photo = block.all("a", class_="file")[0]["href"]
    assert status_of(desk, photo) == 200
    deeds.reject(proven.claim)
    block = read(desk.get(address)).one("div", class_="decisions")
    assert "部分返金の提案 500円" in block.text
    assert "部分返金 500円 ヤマト運輸 400012345678" in block.one("details", class_="attempts").text


def test_the_next_attempt_shows_the_earlier_offer_and_opens_no_earlier_file_by_its_link(proven, clock):
    deeds.reject(proven.claim)
    at = NOW.replace(day=18)
    clock.move_to(at)
    second = deeds.repeat(proven.claim, at)
    client = holder_of(second)
    page = read(client.get(f"/myqoo10/requests/{second.pk}/"))
    earlier = page.one("section", aria_labelledby="earlier-heading")
    assert "部分返金の提案: 500円" in earlier.text
    assert not page.has("a", class_="file")
    photo = proven.attachments.get()
    assert status_of(client, f"/myqoo10/requests/{second.pk}/files/{photo.key}/") == 404


def test_signed_in_he_sees_them_at_his_claim(a_claim, a_draft, yunjee, client_of):
    claim = a_claim()
    deeds.ask(claim, offer=500, files=[a_draft(claim)], **YAMATO)
    deeds.accept(claim)
    buyer = client_of(yunjee)
    page = read(buyer.get(f"/myqoo10/claims/{claim.number}/")).one("main")
    for text in ("返品：部分返金", "返金額 500円", "部分返金の提案: 500円", "ヤマト運輸 400012345678"):
        assert text in page.text
    assert status_of(buyer, page.one("a", class_="file")["href"]) == 200
