"""Files of messages and inquiries: kept until sent, sent once, seen by the two sides only (SPEC 5)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from claims import access, files
from claims.models import Attachment
from messaging import conversation, personal_data
from messaging.models import Draft, Inquiry, Message
from tests.clock import NOW
from tests.pages import confirmed, posted, read
from tests.pictures import pdf_bytes, upload

INBOX = "/shops/AMUSE_official/inquiries/"
PART = {"HX-Request": "true", "HX-Target": "uploads"}


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything is written at one instant."""


@pytest.fixture
def order(a_claim):
    return a_claim().order


def compose(order):
    return f"{INBOX}compose/?order={order.number}"


def my(order):
    return f"/myqoo10/messages/{order.number}/"


def form_of(response):
    return read(response).one("form", id="write")


def kept(response):
    """The files that stand in the form: their keys by name."""
    part = read(response).one(id="uploads")
    return {row.one("a").text.split()[0]: row.one("input")["value"] for row in part.one("ul").all("li")}


def receipt():
    return upload("receipt.pdf", pdf_bytes(), "application/pdf")


SIDES = pytest.mark.parametrize(
    ("side", "address"), [("seller", compose), ("buyer", my)], ids=["shop", "buyer"]
)


@SIDES
def test_files_go_with_the_message_and_both_sides_see_them(request, side, address, seller, buyer, order):
    browser = request.getfixturevalue(side)
    page = posted(form_of(browser.get(address(order)))) | {"body": "写真です。"}
    response = browser.post(address(order), page | {"files": [upload("写真.jpg"), receipt()]})
    assert response.status_code == 302
    message = Message.objects.get()
    assert [(file.name, file.sent_at, file.for_buyer) for file in message.files.all()] == [
        ("写真.jpg", NOW, True),
        ("receipt.pdf", NOW, True),
    ]
    thread = f"{INBOX}thread/{order.number}/"
    for reader, where in (
        (seller, thread),
        (seller, order.claims.get().get_absolute_url()),
        (buyer, my(order)),
    ):
        row = read(reader.get(where)).one(id=f"message-{message.pk}")
        links = {link.text.split()[0]: link for link in row.one("ul", class_="files").all("a")}
        assert set(links) == {"写真.jpg", "receipt.pdf"}
        assert links["写真.jpg"].one("img")["src"] == links["写真.jpg"]["href"]
        assert not links["receipt.pdf"].has("img")
        for link in links.values():
            assert reader.get(link["href"]).getvalue()


@SIDES
def test_they_stay_while_the_text_is_mended(request, side, address, order):
    browser = request.getfixturevalue(side)
    page = posted(form_of(browser.get(address(order))))
    response = browser.post(address(order), page | {"body": " ", "files": upload("a.jpg")})
    assert response.status_code == 422
    assert list(kept(response)) == ["a.jpg"]
    response = browser.post(address(order), posted(form_of(response), body="090-1234-5678 です"))
    assert list(kept(response)) == ["a.jpg"], "behind the popup too"
    assert browser.post(address(order), confirmed(response)).status_code == 302
    assert [file.name for file in Message.objects.get().files.all()] == ["a.jpg"]
    assert Attachment.objects.count() == 1


@SIDES
def test_what_cannot_be_taken_is_refused_by_name_and_the_others_stay(request, side, address, order):
    browser = request.getfixturevalue(side)
    page = posted(form_of(browser.get(address(order)))) | {"body": "写真です。"}
    bad = SimpleUploadedFile("virus.exe", b"MZ")
    response = browser.post(address(order), page | {"files": [upload("a.jpg"), bad, receipt()]})
    assert response.status_code == 422
    assert "「virus.exe」は添付できません" in read(response).one(id="uploads").text
    assert list(kept(response)) == ["a.jpg", "receipt.pdf"]
    assert posted(form_of(response))["body"] == "写真です。"
    assert not Message.objects.exists()


@SIDES
def test_five_are_taken_and_the_others_named(request, side, address, order):
    browser = request.getfixturevalue(side)
    page = posted(form_of(browser.get(address(order)))) | {"body": "写真です。"}
    many = [upload(f"{number}.jpg") for number in range(1, 8)]
    response = browser.post(address(order), page | {"files": many})
    assert response.status_code == 422
    assert "5個までです。「6.jpg」「7.jpg」は添付していません。" in read(response).one(id="uploads").text
    assert len(kept(response)) == 5
    keys = {"kept": list(kept(response).values())}
    assert browser.post(address(order), posted(form_of(response)) | keys).status_code == 302
    assert Message.objects.get().files.count() == 5


@SIDES
@pytest.mark.parametrize("headers", [PART, {}], ids=["at once", "by the button"])
def test_a_file_is_attached_and_removed_before_sending(request, side, address, order, headers, uploads):
    browser = request.getfixturevalue(side)
    form = form_of(browser.get(address(order)))
    page = posted(form) | {"body": "書きかけ"}
    action = form.one("button", name="attach")["formaction"]
    response = browser.post(
        action, page | {"attach": "1", "files": upload("a.jpg")}, headers=headers, follow=True
    )
    assert list(kept(response)) == ["a.jpg"]
    (key,) = kept(response).values()
    if not headers:
        page = posted(form_of(response))
        assert page["body"] == "書きかけ"
    response = browser.post(action, page | {"kept": key, "drop": key}, headers=headers, follow=True)
    assert not read(response).one(id="uploads").has("ul")
    assert not Attachment.objects.exists()
    again = browser.post(action, page | {"kept": key, "drop": key}, headers=headers, follow=True)
    assert again.status_code == 200, "a double click removes once"


def test_a_draft_has_its_files(seller, order):
    page = posted(form_of(seller.get(compose(order)))) | {"body": "書きかけ"}
    seller.post(
        f"{INBOX}compose/draft/?order={order.number}", page | {"files": upload("a.jpg")}, headers=PART
    )
    response = seller.get(compose(order))
    assert list(kept(response)) == ["a.jpg"]
    seller.post(compose(order), posted(form_of(response)))
    assert [file.name for file in Message.objects.get().files.all()] == ["a.jpg"]
    assert not Draft.objects.exists()


def test_a_file_attached_at_once_keeps_the_text_too(seller, order):
    page = posted(form_of(seller.get(compose(order)))) | {"body": "書きかけ"}
    action = f"{INBOX}compose/draft/?order={order.number}"
    response = seller.post(action, page | {"attach": "1", "files": upload()}, headers=PART)
    assert read(response).one(id="draft")["hx-swap-oob"] == "true"
    assert Draft.objects.get().body == "書きかけ"


def test_an_inquirys_files_are_the_shops_and_the_marketplaces(seller, buyer, client_of, operator, order):
    address = compose(order) + "&channel=qoo10"
    page = posted(form_of(seller.get(address))) | {"body": "ご確認ください。"}
    response = seller.post(address, page | {"files": receipt()}, follow=True)
    file = Inquiry.objects.get().files.get()
    assert (file.for_buyer, file.sent_at) == (False, NOW)
    assert read(response).one("ul", class_="files").one("a")["href"] == f"/files/{file.key}/"
    admin = client_of(operator)
    page = admin.get(f"/admin/messaging/inquiry/{Inquiry.objects.get().pk}/change/")
    assert f'<a href="/files/{file.key}/">receipt.pdf</a>' in page.content.decode()
    assert admin.get(f"/files/{file.key}/").getvalue()
    assert buyer.get(f"/files/{file.key}/").status_code == 404


@SIDES
def test_files_of_others_cannot_be_taken_along(request, side, address, seller, buyer, order, an_order, clerk):
    browser = request.getfixturevalue(side)
    own = access.as_seller(clerk)
    theirs = files.keep(files.check(upload()), shop=order.shop, order=order, by=own, now=NOW)
    page = posted(form_of(browser.get(address(order)))) | {"body": "写真です。", "kept": str(theirs.key)}
    response = browser.post(address(order), page)
    assert response.status_code == 422
    assert "送信済みか削除済みです" in read(response).text
    assert not kept_or_none(response)
    browser.post(address(order), page | {"drop": str(theirs.key)})
    assert Attachment.objects.filter(pk=theirs.pk).exists()
    assert not Message.objects.exists() or not Message.objects.get().files.exists()


def kept_or_none(response):
    return read(response).one(id="uploads").all("ul")


def test_a_file_of_another_order_does_not_come_along(seller, order, an_order):
    other = an_order()
    seller.post(
        f"{INBOX}compose/draft/?order={other.number}",
        posted(form_of(seller.get(compose(other)))) | {"files": upload()},
    )
    page = posted(form_of(seller.get(compose(order)))) | {
        "body": "x",
        "kept": str(Attachment.objects.get().key),
    }
    assert seller.post(compose(order), page).status_code == 422


def test_a_double_click_with_an_upload_sends_and_keeps_one(seller, order):
    page = posted(form_of(seller.get(compose(order)))) | {"body": "写真です。"}
    for _ in range(2):
        assert seller.post(compose(order), page | {"files": upload()}).status_code == 302
    assert Message.objects.count() == 1
    assert Attachment.objects.count() == 1


def test_two_clicks_at_once_send_and_keep_one(seller, order, amuse, monkeypatch):
    """The second looks before the first has sent, and comes to the verb after it."""
    page = posted(form_of(seller.get(compose(order)))) | {"body": "写真です。"}
    look = conversation.sent_with
    monkeypatch.setattr(conversation, "sent_with", lambda *args: None)
    for _ in range(2):
        response = seller.post(compose(order), page | {"files": upload()})
        assert response["Location"].endswith(f"#message-{Message.objects.get().pk}")
    assert Attachment.objects.count() == 1
    assert look(Message, Message.objects.get().send_key, amuse.user) == Message.objects.get()


def test_a_file_that_was_sent_meanwhile_is_not_sent_again(seller, order, monkeypatch):
    page = posted(form_of(seller.get(compose(order))))
    seller.post(f"{INBOX}compose/draft/?order={order.number}", page | {"files": upload()}, headers=PART)
    find = personal_data.find

    def too_late(*args):
        Attachment.objects.update(sent_at=NOW)  # by another tab, after this one has looked
        return find(*args)

    monkeypatch.setattr(personal_data, "find", too_late)
    page |= {"body": "写真です。", "kept": str(Attachment.objects.get().key)}
    response = seller.post(compose(order), page)
    assert response.status_code == 422
    assert "送信済みか削除済みです" in read(response).text
    assert not Message.objects.exists()


def test_what_was_sent_is_not_thrown_away(seller, order, amuse):
    file = files.keep(
        files.check(upload()), shop=order.shop, order=order, by=access.as_seller(amuse), now=NOW
    )
    Attachment.objects.filter(pk=file.pk).update(sent_at=NOW)  # by another tab, since it was read
    files.discard([file])
    assert Attachment.objects.filter(pk=file.pk).exists()


def test_a_request_without_end_is_refused_in_words(seller, order, settings):
    settings.REQUEST_MAX_BYTES = 1000
    response = seller.post(compose(order), {"files": upload(content=b"x" * 2000)})
    assert response.status_code == 413
    assert "添付ファイルを小さくするか" in response.content.decode()
