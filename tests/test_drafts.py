"""Drafts of the composer: kept while one writes, one's own, gone when sent; no text is lost (SPEC 5)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from claims.models import Attachment
from messaging import drafts
from messaging.models import Draft, Inquiry, Message, SavedText
from tests.clock import NOW
from tests.pages import posted, read
from tests.pictures import upload

INBOX = "/shops/AMUSE_official/inquiries/"
SAVING = {"HX-Request": "true", "HX-Target": "draft"}


@pytest.fixture
def order(a_claim):
    return a_claim().order


def compose(order, more=""):
    return f"{INBOX}compose/?order={order.number}{more}"


def saving(order, more=""):
    return f"{INBOX}compose/draft/?order={order.number}{more}"


def form_of(response):
    return read(response).one("form", id="write")


def opened(browser, order, more=""):
    """What stands in the form of a page that is opened now."""
    return posted(form_of(browser.get(compose(order, more))))


def save(browser, order, page, more="", **typed):
    """The page saves itself, as it does every few seconds; then it carries the keys of the answer."""
    response = browser.post(saving(order, more), page | typed, headers=SAVING)
    assert response.status_code == 200
    page.update(typed)
    page.update(posted(read(response)))
    return read(response)


def test_what_is_typed_is_kept_and_there_again(seller, order, clock):
    page = opened(seller, order)
    said = save(seller, order, page, title="色について", body="書きかけ", category="item")
    assert "下書きを保存しました（10:00）" in said.text
    clock.shift(60)
    again = read(seller.get(compose(order)))
    assert "下書きを復元しました（7/13 10:00）" in again.text
    restored = posted(again.one("form", id="write"))
    assert [restored[name] for name in ("title", "body", "category")] == ["色について", "書きかけ", "item"]


def test_opening_the_composer_writes_nothing(seller, order):
    opened(seller, order)
    assert not Draft.objects.exists()


def test_without_javascript_a_button_keeps_it(seller, order):
    page = opened(seller, order)
    response = seller.post(saving(order), page | {"body": "書きかけ", "save": "1"}, follow=True)
    assert "下書きを保存しました。" in read(response).text
    assert posted(form_of(response))["body"] == "書きかけ"


def test_a_form_that_is_as_it_was_drawn_is_no_draft(seller, order):
    save(seller, order, opened(seller, order))
    assert not Draft.objects.exists()


def test_an_emptied_draft_is_none_any_more(seller, order):
    page = opened(seller, order)
    title = page["title"]
    save(seller, order, page, body="書きかけ")
    assert Draft.objects.count() == 1
    save(seller, order, page, body="", title=title)
    assert not Draft.objects.exists()


def test_each_order_channel_and_member_has_its_own(seller, client_of, clerk, order, an_order):
    save(seller, order, opened(seller, order), body="書きかけ")
    assert opened(seller, an_order())["body"] == ""
    assert opened(seller, order, "&channel=qoo10")["body"] == ""
    assert opened(client_of(clerk), order)["body"] == ""


def test_sending_ends_the_draft(seller, order):
    page = opened(seller, order)
    save(seller, order, page, body="書きかけ")
    seller.post(compose(order), page | {"body": "書き終えました。"})
    assert Message.objects.get().body == "書き終えました。"
    assert not Draft.objects.exists()
    assert opened(seller, order)["body"] == ""


def test_an_inquiry_ends_its_draft_too(seller, order):
    more = "&channel=qoo10"
    page = opened(seller, order, more)
    save(seller, order, page, more, body="書きかけ", category="claim_withdrawal")
    seller.post(compose(order, more), page)
    assert Inquiry.objects.get().category == "claim_withdrawal"
    assert not Draft.objects.exists()


def test_a_saving_that_arrives_after_the_sending_brings_nothing_back(seller, order):
    page = opened(seller, order)
    seller.post(compose(order), page | {"body": "送ります。"})
    save(seller, order, page, body="送ります。")
    assert not Draft.objects.exists()


def test_it_is_thrown_away_with_its_files(seller, order):
    page = opened(seller, order)
    seller.post(saving(order), page | {"body": "書きかけ", "files": upload()})
    assert Attachment.objects.count() == 1
    page = opened(seller, order)
    response = seller.post(saving(order), page | {"discard": "1"}, follow=True)
    assert "下書きを破棄しました。" in read(response).text
    assert posted(form_of(response))["body"] == ""
    assert not Draft.objects.exists()
    assert not Attachment.objects.exists()


def test_a_lost_session_leads_back_to_the_draft(seller, amuse, order):
    page = opened(seller, order)
    save(seller, order, page, body="書きかけ")
    seller.logout()
    for address in (compose(order), saving(order)):
        response = seller.post(address, page | {"body": "書きかけ"})
        assert response["Location"].startswith("/accounts/login/?next=")
    amuse.user.set_password("a-long-password")
    amuse.user.save()
    back = seller.post(response["Location"], {"login": "amuse", "password": "a-long-password"}, follow=True)
    assert posted(form_of(back))["body"] == "書きかけ"


# --- two tabs ------------------------------------------------------------------------------------------


def test_two_tabs_with_two_texts_are_two_drafts(seller, order, clock):
    one, other = opened(seller, order), opened(seller, order)
    save(seller, order, one, body="はじめの文章")
    clock.shift(60)
    save(seller, order, other, body="べつの文章")
    page = read(seller.get(compose(order)))
    assert posted(page.one("form", id="write"))["body"] == "べつの文章", "the last saving is what opens"
    (link,) = [link for link in page.all("a") if "draft=" in link["href"]]
    assert posted(form_of(seller.get(link["href"])))["body"] == "はじめの文章"


def test_a_tab_does_not_write_over_what_another_saved_in_its_draft(seller, order):
    save(seller, order, opened(seller, order), body="土台")
    one, other = opened(seller, order), opened(seller, order)
    assert one["send_key"] == other["send_key"]
    save(seller, order, one, body="土台と続き")
    said = save(seller, order, other, body="土台と別の続き")
    assert "別の下書きとして保存しました。両方残っています。" in said.text
    assert other["send_key"] != one["send_key"]
    save(seller, order, other, body="土台と別の続きの続き")
    save(seller, order, one, body="土台と続きの続き")
    assert set(Draft.objects.values_list("body", flat=True)) == {"土台と続きの続き", "土台と別の続きの続き"}


def test_a_tab_that_has_read_the_draft_goes_on_with_it(seller, order):
    save(seller, order, opened(seller, order), body="土台")
    page = opened(seller, order)
    save(seller, order, page, body="土台と続き")
    save(seller, order, page, body="土台と続きの続き")
    assert Draft.objects.get().body == "土台と続きの続き"


def test_without_javascript_both_texts_stay_too(seller, order):
    save(seller, order, opened(seller, order), body="土台")
    one, other = opened(seller, order), opened(seller, order)
    seller.post(saving(order), one | {"body": "一"})
    response = seller.post(saving(order), other | {"body": "二"}, follow=True)
    assert "両方残っています" in read(response).text
    assert posted(form_of(response))["body"] == "二"
    assert set(Draft.objects.values_list("body", flat=True)) == {"一", "二"}


def test_a_file_in_two_drafts_stays_until_both_are_gone(seller, order):
    seller.post(saving(order), opened(seller, order) | {"body": "土台", "files": upload()})
    one, other = opened(seller, order), opened(seller, order)
    save(seller, order, one, body="一")
    save(seller, order, other, body="二")
    seller.post(saving(order), other | {"discard": "1"})
    assert Attachment.objects.count() == 1, "the first tab still has it"
    seller.post(saving(order), one | {"discard": "1"})
    assert not Attachment.objects.exists()


# --- よく使う ------------------------------------------------------------------------------------------


def test_a_saved_text_is_added_to_what_was_typed(seller, order, amuse):
    saved = SavedText.objects.create(shop=amuse.shop, name="発送", body="{注文番号} は発送済みです。")
    page = opened(seller, order)
    response = seller.post(
        saving(order), page | {"body": "お世話になります。", "use": "1", "saved": saved.pk}, follow=True
    )
    assert posted(form_of(response))["body"] == f"お世話になります。\n\n{order.number} は発送済みです。"


def test_its_title_and_category_fill_what_nobody_has_typed(seller, order, amuse):
    saved = SavedText.objects.create(
        shop=amuse.shop,
        name="発送",
        title="{注文番号} 発送のご案内",
        category="delivery",
        body="発送済みです。",
    )
    use = {"use": "1", "saved": saved.pk}
    page = opened(seller, order)
    filled = posted(form_of(seller.post(saving(order), page | use, follow=True)))
    assert (filled["title"], filled["category"]) == (f"{order.number} 発送のご案内", "delivery")
    typed = page | {"title": "色について", "body": "色の件です。", "category": "item", "send_key": uuid4()}
    filled = posted(form_of(seller.post(saving(order), typed | use, follow=True)))
    assert (filled["title"], filled["category"]) == ("色について", "item")


def test_the_advance_notice_does_not_push_a_draft_aside(seller, order):
    save(seller, order, opened(seller, order), body="書きかけ")
    page = read(seller.get(compose(order, "&about=repeat")))
    form = posted(page.one("form", id="write"))
    assert form["body"] == "書きかけ"
    assert form["saved"] == "repeat"
    assert "「使う」を押すと末尾に追加します" in page.text
    added = posted(form_of(seller.post(saving(order), form | {"use": "1"}, follow=True)))
    assert added["body"].startswith("書きかけ\n\nyunjee 様")


def test_to_qoo10_the_buyers_name_is_masked(seller, order, amuse):
    saved = SavedText.objects.create(shop=amuse.shop, name="件", body="{購入者名} 様の件です。")
    more = "&channel=qoo10"
    page = opened(seller, order, more) | {"use": "1", "saved": saved.pk}
    assert (
        posted(form_of(seller.post(saving(order, more), page, follow=True)))["body"] == "yun*** 様の件です。"
    )


def test_without_an_order_only_texts_that_need_none_are_offered(seller, amuse):
    for name, body in (("件", "{購入者名} 様の件です。"), ("質問", "手数料について教えてください。")):
        SavedText.objects.create(shop=amuse.shop, name=name, body=body)
    options = read(seller.get(f"{INBOX}compose/")).one("select", id="id_saved").all("option")
    assert [option.text for option in options] == ["選択してください", "質問"]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("", "選択してください"),
        ("0", "選択してください"),
        ("x", "選択してください"),
        ("long", "4,000文字を超え"),
    ],
)
def test_a_text_that_cannot_be_added_says_why_and_keeps_what_was_typed(seller, order, amuse, chosen, words):
    long = SavedText.objects.create(shop=amuse.shop, name="長い", body="文" * 4000)
    page = opened(seller, order) | {"body": "書きかけ", "use": "1"}
    response = seller.post(saving(order), page | {"saved": long.pk if chosen == "long" else chosen})
    assert response.status_code == 422
    assert words in read(response).one("ul", class_="messages").text
    assert posted(form_of(response))["body"] == "書きかけ"


def test_the_saved_text_of_another_shop_is_none(seller, order, rival):
    theirs = SavedText.objects.create(shop=rival.shop, name="秘", body="秘密")
    page = opened(seller, order) | {"use": "1", "saved": theirs.pk}
    assert "秘密" not in seller.post(saving(order), page).content.decode()


# --- what does not get in ------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [SAVING, {}], ids=["by itself", "by the button"])
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"body": "カードは4111-1111-1111-1111です"}, "下書きを保存していません"),
        ({"body": "文" * 4001}, "4000 文字以下"),
        ({"title": "題" * 201}, "200 文字以下"),
        ({"category": "nothing"}, "候補にありません"),
    ],
)
def test_what_cannot_be_kept_says_why_and_stays_on_the_screen(seller, order, typed, words, headers):
    response = seller.post(saving(order), opened(seller, order) | typed, headers=headers)
    assert response.status_code == 422
    assert words in read(response).text
    assert not Draft.objects.exists()
    if not headers:
        shown = posted(form_of(response))
        assert shown | {name: text for name, text in typed.items() if name != "category"} == shown


@pytest.mark.parametrize("value", ["", "x", "0", "9" * 400, "\ud800", str(uuid4())])
@pytest.mark.parametrize("name", ["send_key", "screen", "read", "read_to", "kept", "drop", "confirmed"])
def test_whatever_the_page_carries_nothing_breaks(seller, order, name, value):
    page = opened(seller, order) | {"body": "文章", name: value.encode("utf-8", "replace").decode()}
    assert seller.post(saving(order), page, headers=SAVING).status_code in (200, 422)
    assert seller.post(compose(order), page).status_code in (302, 422)


def test_the_key_of_another_order_starts_a_draft_of_its_own(seller, order, an_order):
    page = opened(seller, order)
    save(seller, order, page, body="一")
    save(seller, an_order(), page, body="二")
    assert set(Draft.objects.values_list("body", flat=True)) == {"一", "二"}


def test_the_key_of_somebody_else_is_nobodys(seller, client_of, clerk, order):
    page = opened(seller, order)
    save(seller, order, page, body="一")
    save(client_of(clerk), order, dict(page), body="二")
    assert set(Draft.objects.values_list("member__user__username", "body")) == {
        ("amuse", "一"),
        ("clerk", "二"),
    }


def test_drafts_of_an_order_are_the_newest_first(amuse, order):
    for minute, body in enumerate(["一", "二"]):
        drafts.save(
            amuse,
            order,
            "buyer",
            key=uuid4(),
            screen=uuid4(),
            read=None,
            category="other",
            title="",
            body=body,
            files=[],
            now=NOW + timedelta(minutes=minute),
        )
    assert [draft.body for draft in drafts.of(amuse, order, "buyer")] == ["二", "一"]
