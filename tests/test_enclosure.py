"""部分返金, proof and files in the forms of 撤回要請 and 再要請: popups, refusals that keep everything (SPEC 4)."""

import pytest

from claims.models import Attachment, Order
from claims.statuses import Status
from tests import deeds
from tests.clock import NOW, japan
from tests.desk_hands import (
    DESK,
    LONG_AGO,
    PART,
    READY,
    REASON,
    address,
    form_of,
    ok,
    pane,
    popup_lines,
    press,
)
from tests.pages import facts, posted, read
from tests.pictures import upload

ASKS = pytest.mark.parametrize("action", ["ask", "repeat"])
FULL = {
    "withdraw": "Y",
    "reason": REASON,
    "offer": "500",
    "delivery_company": "ヤマト運輸",
    "tracking_number": "4000-1234-5678",
}


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """The whole flow plays at one instant, unless the test moves the clock."""


@pytest.fixture
def ready(a_claim):
    """A claim that may be asked, or asked again, now."""
    return lambda action, **fields: a_claim(READY[action], at=LONG_AGO, **fields)


def kept_files(response, action):
    """The files that the form holds for the next try."""
    return [link.text.split()[0] for link in form_of(read(response), action).all("a", class_="file")]


# --- both popups -------------------------------------------------------------------------------------


@ASKS
@pytest.mark.parametrize("headers", [None, PART], ids=["page", "part"])
def test_everything_goes_through_both_popups_and_arrives(seller, ready, action, headers):
    claim = ready(action)
    files = [upload("箱.jpg"), upload("receipt.jpg")]
    first = press(seller, claim, action, headers=headers, files=files, **FULL)
    assert first.status_code == 200
    _title, lines = popup_lines(first)
    assert lines["回答がない場合"] == "7/20(火) 0:00 に自動で部分返金"
    assert lines["部分返金"] == "購入者が同意した場合、または回答がない場合 500円を返金"
    assert lines["配送の証明"] == "ヤマト運輸 400012345678"
    assert lines["写真・書類"] == "箱.jpg、receipt.jpg"
    assert Order.objects.get(pk=claim.order_id).offered == 0
    assert not Attachment.objects.filter(sent_at__isnull=False).exists()
    done = ok(seller, first, headers=headers)
    shown = done if headers else seller.get(done["Location"])
    assert popup_lines(shown)[1] == {"撤回期限": "7/19(月)", "部分返金の提案": "500円"}
    attempt = claim.withdrawals.last()
    assert (attempt.offer, attempt.delivery_company) == (500, "ヤマト運輸")
    assert attempt.tracking_number == "400012345678"
    assert [file.name for file in attempt.attachments.all()] == ["箱.jpg", "receipt.jpg"]
    assert set(attempt.attachments.values_list("sent_at", flat=True)) == {NOW}
    claim.refresh_from_db()
    assert (claim.offer, claim.order.offered) == (500, 500)


@ASKS
def test_nothing_of_it_is_needed(seller, ready, action):
    claim = ready(action)
    _title, lines = popup_lines(press(seller, claim, action, withdraw="Y", reason=REASON))
    assert not {"部分返金", "配送の証明", "写真・書類"} & set(lines)
    ok(seller, press(seller, claim, action, withdraw="Y", reason=REASON))
    attempt = claim.withdrawals.last()
    assert (attempt.offer, attempt.delivery_company, attempt.tracking_number) == (None, "", "")


@ASKS
def test_the_orders_own_parcel_is_suggested(seller, ready, an_order, action):
    claim = ready(action, order=an_order(delivery_company="佐川急便", tracking_number="3600-1234-5678"))
    form = form_of(read(seller.get(f"{DESK}{claim.number}/")), action)
    sent = posted(form)
    assert (sent["delivery_company"], sent["tracking_number"]) == ("佐川急便", "360012345678")


@pytest.mark.parametrize(
    "parcel",
    [
        {"delivery_company": "佐川急便"},
        {"tracking_number": "360012345678"},
        {"delivery_company": "佐川急便", "tracking_number": "?"},
    ],
)
def test_what_could_be_no_proof_is_not_suggested(seller, ready, an_order, parcel):
    sent = posted(form_of(read(seller.get(f"{DESK}{ready('ask', order=an_order(**parcel)).number}/")), "ask"))
    assert (sent["delivery_company"], sent["tracking_number"]) == ("", "")


def test_it_says_how_much_may_be_offered(seller, a_claim, an_order):
    order = an_order(total=12_345, refunded=0)
    claim = a_claim(order=order)
    deeds.ask(claim, offer=345)
    deeds.accept(claim)
    form = form_of(read(seller.get(f"{DESK}{a_claim(order=order).number}/")), "ask")
    assert "1円から12,000円まで" in form.one(id="offer-note").text


def test_where_nothing_is_left_the_field_is_closed_with_the_reason(seller, a_claim, an_order):
    order = an_order(total=100)
    claim = a_claim(order=order)
    deeds.ask(claim, offer=100)
    deeds.accept(claim)
    claim = a_claim(order=order)
    form = form_of(read(seller.get(f"{DESK}{claim.number}/")), "ask")
    assert "disabled" in form.one("input", name="offer")
    assert "返金できる金額が残っていない" in form.one(id="offer-note").text
    response = seller.post(address(claim, "ask"), {"withdraw": "Y", "reason": REASON, "offer": "1"})
    assert "返金できる金額が残っていない" in form_of(read(response), "ask").one(id="offer-error").text


# --- amounts as people type them -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "offer"),
    [
        ("1", 1),
        ("1899", 1899),
        ("1,899", 1899),
        ("１，８９９円", 1899),
        ("￥500", 500),
        (" 500 円 ", 500),
        ("0500", 500),
        ("", None),
        (" \u3000", None),
        ("円", None),
    ],
)
def test_an_amount_is_read_as_people_write_it(seller, ready, typed, offer):
    claim = ready("ask")
    ok(seller, press(seller, claim, "ask", withdraw="Y", reason=REASON, offer=typed))
    assert claim.withdrawals.get().offer == offer


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("0", "1円から1,899円まで"),
        ("1900", "1円から1,899円まで"),
        ("999999999999", "1円から1,899円まで"),
        ("-1", "円単位の整数"),
        ("500.5", "円単位の整数"),
        ("1,89", "円単位の整数"),
        ("五百", "円単位の整数"),
        ("5e2", "円単位の整数"),
        ("9" * 5000, "円単位の整数"),
        ("٥٠٠", "円単位の整数"),
        ("\x005\x000x", "円単位の整数"),
    ],
)
@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "1"}], ids=["asked", "confirmed"])
def test_an_amount_that_cannot_be_offered_is_422_beside_the_field(seller, ready, typed, told, confirmed):
    claim = ready("ask")
    response = press(seller, claim, "ask", withdraw="Y", reason=REASON, offer=typed, **confirmed)
    assert response.status_code == 422
    form = form_of(read(response), "ask")
    field = form.one("input", name="offer")
    assert told in form.one(id="offer-error").text
    assert (field["aria-invalid"], "offer-error" in field["aria-describedby"]) == ("true", True)
    assert not claim.withdrawals.exists()


# --- what was typed and attached survives every refusal ----------------------------------------------


@ASKS
@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"offer": "0"},
        {"offer": "many"},
        {"tracking_number": "12"},
        {"tracking_number": ""},
        {"delivery_company": ""},
        {"delivery_company": "x" * 51},
    ],
)
def test_a_refusal_keeps_texts_amount_proof_and_files(seller, ready, action, wrong):
    claim = ready(action)
    response = press(seller, claim, action, files=[upload("箱.jpg")], **FULL | wrong)
    assert response.status_code == 422
    form = form_of(read(response), action)
    sent = posted(form)
    for name in ("reason", "offer", "delivery_company", "tracking_number"):
        assert sent[name] == (FULL | wrong)[name], name
    assert kept_files(response, action) == ["箱.jpg"]
    again = seller.post(form["action"], sent | FULL)
    assert popup_lines(again)[1]["写真・書類"] == "箱.jpg"
    ok(seller, again)
    assert claim.withdrawals.last().attachments.get().name == "箱.jpg"


def test_a_file_that_cannot_be_taken_is_named_and_the_others_stay(seller, ready):
    claim = ready("ask")
    files = [upload("箱.jpg"), upload("notes.txt", b"text"), upload("証.jpg")]
    response = press(seller, claim, "ask", files=files, **FULL)
    assert response.status_code == 422
    form = form_of(read(response), "ask")
    assert "「notes.txt」は添付できません" in form.one("p", role="alert", data_files_refused=False).text
    assert kept_files(response, "ask") == ["箱.jpg", "証.jpg"]
    assert posted(form)["offer"] == "500"


def test_more_than_five_files_are_too_many(seller, ready):
    claim = ready("ask")
    response = press(seller, claim, "ask", files=[upload(f"{n}.jpg") for n in range(6)], **FULL)
    assert response.status_code == 422
    assert "5個まで" in form_of(read(response), "ask").one("p", role="alert", data_files_refused=False).text
    assert len(kept_files(response, "ask")) == 5


def test_one_kept_file_is_taken_off_without_a_word_about_the_rest(seller, ready):
    claim = ready("ask")
    files = [upload("箱.jpg"), upload("証.jpg")]
    response = press(seller, claim, "ask", files=files, **FULL | {"reason": ""})
    form = form_of(read(response), "ask")
    drop = next(button for button in form.all("button", name="drop"))
    response = seller.post(form["action"], posted(form) | {"drop": drop["value"]})
    assert response.status_code == 200
    assert kept_files(response, "ask") == ["証.jpg"]
    assert not form_of(read(response), "ask").all(class_="refusal", data_files_refused=False)
    assert posted(form_of(read(response), "ask"))["offer"] == "500"
    assert not read(response).has("dialog")


def test_a_refusal_of_the_verb_keeps_it_all_too(seller, ready, clerk, client_of):
    """A colleague was faster: nothing that was typed or attached is lost."""
    claim = ready("repeat")
    first = press(seller, claim, "repeat", files=[upload("箱.jpg")], **FULL)
    deeds.repeat(claim)
    deeds.reject(claim)
    response = ok(seller, first)
    assert response.status_code == 409
    sent = posted(form_of(read(response), "repeat"))
    assert (sent["reason"], sent["offer"], sent["tracking_number"]) == (REASON, "500", "400012345678")
    assert kept_files(response, "repeat") == ["箱.jpg"]


# --- hostile -------------------------------------------------------------------------------------------


def test_a_second_ok_sends_no_file_twice(seller, ready):
    claim = ready("ask")
    first = press(seller, claim, "ask", files=[upload("箱.jpg")], **FULL)
    ok(seller, first)
    assert ok(seller, first).status_code == 409
    assert claim.withdrawals.get().attachments.count() == 1
    assert Order.objects.get(pk=claim.order_id).offered == 500


def test_a_file_that_vanished_is_told_not_left_out_silently(seller, ready):
    claim = ready("ask")
    first = press(seller, claim, "ask", files=[upload("箱.jpg")], **FULL)
    Attachment.objects.all().delete()
    response = ok(seller, first)
    assert response.status_code == 422
    assert "もう一度添付してください" in pane(response).one("p", role="alert", data_files_refused=False).text
    assert not claim.withdrawals.exists()


@pytest.mark.parametrize("whose", ["clerk", "rival"])
def test_nobody_sends_anothers_file(seller, ready, client_of, request, whose, a_claim):
    claim = ready("ask")
    other = request.getfixturevalue(whose)
    theirs = ready("ask", seller=other if whose == "rival" else None)
    shop = f"/shops/{theirs.shop.code}/claims/{theirs.number}/withdrawal/"
    client_of(other).post(shop, FULL | {"files": upload("秘.jpg")})
    key = Attachment.objects.get().key
    response = press(seller, claim, "ask", **FULL | {"kept": [str(key)], "confirmed": "1"})
    assert response.status_code == 422
    assert not claim.withdrawals.exists()
    assert Attachment.objects.get().sent_at is None


def test_a_read_only_member_leaves_no_file_behind(ready, viewer, client_of):
    claim = ready("ask")
    response = client_of(viewer).post(address(claim, "ask"), FULL | {"files": upload()})
    assert response.status_code == 403
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("action", ["cancel", "approve"])
def test_what_takes_no_files_keeps_none(seller, a_claim, action):
    claim = a_claim(READY[action])
    seller.post(address(claim, action), {"files": upload(), "offer": "1", "confirmed": "1"})
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    "junk",
    [
        {"delivery_company": "\x00", "tracking_number": "1\x00"},
        {"delivery_company": "\ufdfa" * 50, "tracking_number": "\ufdfa" * 50},
        {"delivery_company": "ヤマト運輸", "tracking_number": "１" * 50},
        {"offer": "x" * 100_000},
    ],
    ids=["NUL", "swelling", "fullwidth", "long"],
)
def test_absurd_input_is_refused_not_500(seller, ready, junk):
    claim = ready("ask")
    response = press(seller, claim, "ask", **FULL | {"confirmed": "1"} | junk)
    assert response.status_code == 422
    assert not claim.withdrawals.exists()


@pytest.mark.parametrize("keys", [["x"], ["\x00"] * 200], ids=["no key", "no keys"])
def test_what_names_no_file_is_nobodys(seller, ready, keys):
    claim = ready("ask")
    response = press(seller, claim, "ask", **FULL | {"confirmed": "1", "kept": keys})
    assert response.status_code == 303
    assert not claim.withdrawals.get().attachments.exists()


# --- the claim's end at the desk ------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["accepted", "lapsed", "swept"])
def test_the_pane_of_an_ended_claim_says_what_was_refunded(seller, a_claim, clock, how):
    claim = a_claim(order=None)
    deeds.ask(claim, offer=500)
    if how == "accepted":
        deeds.accept(claim)
    else:
        clock.move_to(japan("2021-07-20"))
    if how == "swept":
        deeds.sweep(japan("2021-07-20 00:00:01"))
    shown = pane(seller.get(f"{DESK}{claim.number}/"))
    assert shown.one(class_="pane-bar").one(class_="status").text == "返品：部分返金"
    assert "返金額 500円" in facts(shown)["完了日"]
    page = read(seller.get(f"{DESK}?cell=partially_refunded"))
    assert page.has("a", aria_label="部分返金 1件")
    assert page.one("tr", data_row=claim.number)
    if how != "lapsed":
        assert "返金済み金額 500円" in facts(shown)["注文金額の合計 / 決済手段"]


def test_cancelling_says_that_the_offer_is_taken_back(seller, a_claim):
    claim = a_claim()
    deeds.ask(claim, offer=500)
    popup = press(seller, claim, "cancel")
    assert popup_lines(popup)[1]["部分返金"] == "500円の提案も取り消され、返金はありません"
    ok(seller, popup)
    claim.refresh_from_db()
    assert (claim.status, claim.order.offered) == (Status.RETURN_REQUESTED, 0)


def test_the_open_request_says_what_silence_costs(seller, a_claim):
    claim = a_claim()
    deeds.ask(claim, offer=500)
    text = read(seller.get(f"{DESK}{claim.number}/")).one("div", class_="decisions").text
    assert "応答がない場合も 7/20(火) 0:00 に自動で 500円の部分返金となります。" in text
