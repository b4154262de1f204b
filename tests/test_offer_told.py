"""部分返金 as the buyer reads it on his page, and both sides in their notices (SPEC 5 and 6)."""

import pytest
from django.test import Client

from claims import links
from claims.moves import Action
from claims.statuses import Kind, Status
from messaging import notices
from messaging.models import Notice, Topic
from tests import deeds
from tests.clock import NOW, japan
from tests.pages import posted, read

FIRST = {
    Kind.CANCEL: Status.CANCEL_REQUESTED,
    Kind.RETURN: Status.RETURN_REQUESTED,
    Kind.EXCHANGE: Status.EXCHANGE_REQUESTED,
}
LEFT = {
    Kind.CANCEL: "1,500円 が返金され、注文はそのまま続いて商品が届きます。",
    Kind.RETURN: "1,500円 が返金され、商品はお手元に残ります。",
    Kind.EXCHANGE: "1,500円 が返金され、今の商品がお手元に残ります。",
}


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Asked on the morning of 7/13: the buyer can answer until 7/19 24:00."""


@pytest.fixture
def offered(a_claim, csma):
    """A request that offers 1,500 yen, to a buyer whom only the mail reaches."""

    def ask(kind=Kind.RETURN, **fields):
        claim = a_claim(FIRST[kind], **{"buyer": csma, **fields})
        return deeds.ask(claim, offer=1500)

    return ask


def page_of(attempt, client, query=""):
    return read(client.get(f"/myqoo10/requests/{attempt.pk}/{query}")).one("main")


@pytest.fixture
def holder():
    def open_link(attempt):
        client = Client()
        client.get(f"/r/{links.sign(attempt.pk)}/")
        return client

    return open_link


# --- the buyer's page ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FIRST)
def test_the_offer_stands_in_yen_and_words_and_so_does_silence(offered, holder, kind):
    attempt = offered(kind)
    page = page_of(attempt, holder(attempt))
    card = page.one("section", class_="offer").text
    assert "部分返金の提案 1,500円" in card
    assert f"同意すると {LEFT[kind]}" in card
    assert "拒否した場合、この返金はありません。" in card
    assert "返金は AMUSE_official が行います。" in card, "the portal moves no money"
    silent = page.one("p", class_="if-silent").text
    assert LEFT[kind] in silent
    assert "返金はなく" not in page.text


@pytest.mark.parametrize(
    ("choice", "words"),
    [("accept", LEFT[Kind.RETURN]), ("reject", "提案された 1,500円の部分返金はありません。")],
)
def test_each_choice_says_what_becomes_of_the_money(offered, holder, choice, words):
    attempt = offered()
    popup = page_of(attempt, holder(attempt), f"?choice={choice}").one("dialog")
    assert words in popup.text


def test_the_answer_page_says_what_was_recorded(offered, holder):
    attempt = offered()
    client = holder(attempt)
    popup = page_of(attempt, client, "?choice=accept").one("dialog")
    form = next(one for one in popup.all("form") if one.attrs.get("method") == "post")
    answer = read(client.post(form["action"], posted(form))).one("main").text
    assert "部分返金 1,500円を記録しました。返金は AMUSE_official が行います。" in answer
    attempt.claim.refresh_from_db()
    assert (attempt.claim.status, attempt.claim.refund) == (Status.PARTIALLY_REFUNDED, 1500)


def test_an_answer_after_midnight_says_that_the_offer_is_owed(offered, holder, clock):
    attempt = offered()
    client = holder(attempt)
    clock.move_to(attempt.deadline_at)
    response = client.post(
        f"/myqoo10/requests/{attempt.pk}/answer/", {"answer": "reject", "reason": "defect"}
    )
    assert response.status_code == 409
    text = read(response).one("main").text
    assert "期限切れ・自動撤回済みです" in text
    assert "部分返金 1,500円が記録されています" in text


@pytest.mark.parametrize("end", ["accepted", "lapsed"])
def test_a_dead_link_says_nothing_personal_of_it(offered, clock, end):
    attempt = offered()
    if end == "accepted":
        deeds.accept(attempt.claim)
    else:
        clock.move_to(attempt.deadline_at)
    response = Client().get(f"/r/{links.sign(attempt.pk)}/")
    assert response.status_code == 410
    assert "1,500" not in response.content.decode()


def test_myqoo10_shows_the_offer_and_then_the_partial_refund(offered, yunjee, client_of, clock):
    attempt = offered(buyer=yunjee)
    client = client_of(yunjee)
    assert "部分返金の提案 1,500円" in read(client.get("/myqoo10/")).one("main").text
    clock.move_to(attempt.deadline_at)
    claims = read(client.get("/myqoo10/")).one("section", aria_labelledby="claims-heading").text
    assert "返品：部分返金" in claims, "before any sweep"
    claim = read(client.get(f"/myqoo10/claims/{attempt.claim.number}/")).one("main").text
    assert "返金額 1,500円（返金は AMUSE_official が行います）" in claim


def test_dropping_while_an_offer_stands_ends_as_a_partial_refund(offered, yunjee, client_of):
    attempt = offered(buyer=yunjee)
    client = client_of(yunjee)
    address = f"/myqoo10/claims/{attempt.claim.number}/"
    client.post(f"{address}drop/")
    text = read(client.get(address)).one("main").text
    assert "返品：部分返金" in text
    assert "返金額 1,500円" in text


# --- notices -------------------------------------------------------------------------------------------


def told(claim, action, **reader):
    """Subject and text of the notice of the last such event to this reader."""
    event = claim.events.filter(action=action).last()
    notice = Notice.objects.filter(event=event, **reader).first()
    return notices.subject(notice), notices.text(notice)


BUYER, SHOP = {"buyer__isnull": False}, {"shop__isnull": False}
OFFERED = "部分返金の提案: 1,500円\n同意した場合、または期限までに回答がない場合、1,500円が返金されます"


def test_the_request_and_its_repeat_tell_the_offer(offered):
    claim = offered().claim
    assert OFFERED in told(claim, Action.ASKED, **BUYER)[1]
    deeds.reject(claim)
    deeds.repeat(claim, japan("2021-07-18"), offer=20)
    assert "部分返金の提案: 20円" in told(claim, Action.REPEATED, **BUYER)[1]


@pytest.mark.parametrize(
    ("at", "topic"), [("2021-07-16 09:00", Topic.REMINDER), ("2021-07-19 09:00", Topic.LAST_DAY)]
)
def test_the_reminders_tell_the_offer(offered, at, topic):
    offered()
    notices.post_reminders(now=japan(at))
    assert OFFERED in notices.text(Notice.objects.get(topic=topic))


@pytest.mark.parametrize("end", [Action.ACCEPTED, Action.LAPSED])
def test_the_shop_is_told_to_refund(offered, end):
    claim = offered().claim
    if end == Action.ACCEPTED:
        deeds.accept(claim)
    else:
        deeds.sweep(japan("2021-07-20"))
    subject, text = told(claim, end, **SHOP)
    assert "（部分返金 1,500円）" in subject
    assert "1,500円を購入者に返金してください" in text
    assert "撤回完了" not in subject + text


def test_the_buyer_is_told_what_silence_brought_him(offered):
    claim = offered().claim
    deeds.sweep(japan("2021-07-20"))
    assert (
        "1,500円の部分返金となります（返金は AMUSE_official が行います）"
        in told(claim, Action.LAPSED, **BUYER)[1]
    )


@pytest.mark.parametrize("end", [Action.ACCEPTED, Action.LAPSED])
def test_without_an_offer_nothing_is_said_of_money(a_claim, end):
    claim = a_claim(Status.ASKED)
    assert "返金" not in told(claim, Action.ASKED, **BUYER)[1]
    if end == Action.ACCEPTED:
        deeds.accept(claim)
    else:
        deeds.sweep(japan("2021-07-20"))
        assert "返金" not in told(claim, end, **BUYER)[1]
    subject, text = told(claim, end, **SHOP)
    assert "（撤回完了）" in subject
    assert "返金" not in text


def test_a_rejected_offer_is_not_told_as_owed(offered):
    claim = offered().claim
    deeds.reject(claim, NOW)
    assert "返金" not in "".join(told(claim, Action.REJECTED, **SHOP))
