"""The buyer's page of one request, by login and by the mail's link (SPEC 6)."""

import io
import logging
import re

import pytest
from django.test import Client
from django.urls import reverse

from claims import links
from claims.models import ClaimEvent
from claims.statuses import Status
from tests import deeds
from tests.clock import NOW, japan
from tests.pages import posted, read

LATER = NOW.replace(hour=11)
ENDS = {
    "accepted": (deeds.accept, "この撤回要請には7/13(火)に同意済みです。"),
    "rejected": (deeds.reject, "この撤回要請は7/13(火)に拒否済みです。"),
    "cancelled": (deeds.cancel, "この撤回要請は7/13(火)にショップが取り消しました。"),
    "lapsed": (None, "期限切れ・自動撤回済みです。7/20(火) 0:00にクレームは撤回されました。"),
}


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Asked on the morning of 7/13: the buyer can answer until 7/19 24:00."""


@pytest.fixture
def asked(a_claim, csma):
    """A request to a buyer whom only the mail reaches."""
    return a_claim(Status.ASKED, buyer=csma, reason="選択事項変更").withdrawals.get()


def link_of(attempt):
    return reverse("withdrawal_link", args=[links.sign(attempt.pk)])


def page_of(attempt):
    return reverse("withdrawal_request", args=[attempt.pk])


def answer_of(attempt):
    return reverse("withdrawal_answer", args=[attempt.pk])


@pytest.fixture
def holder(asked):
    """Somebody who opened the link in the mail."""
    client = Client()
    assert client.get(link_of(asked)).status_code == 303
    return client


@pytest.fixture(params=["link", "login", "link, signed in as a seller"])
def buyer(request, asked, amuse, yunjee, client_of):
    """The buyer, by each of his ways in."""
    if request.param == "login":
        type(asked.claim.order).objects.filter(pk=asked.claim.order_id).update(buyer=yunjee)
        return client_of(yunjee)
    client = Client() if request.param == "link" else client_of(amuse)
    client.get(link_of(asked))
    return client


def end(attempt, how, clock):
    """The attempt ends: by its deed at 11:00, or by the passing of its last day."""
    if deed := ENDS[how][0]:
        deed(attempt.claim, LATER)
        clock.move_to(LATER)
    else:
        clock.move_to(attempt.deadline_at)


# --- the link ----------------------------------------------------------------------------------------


def test_the_token_moves_into_a_cookie_for_this_attempt_only(asked):
    client = Client()
    response = client.get(link_of(asked))
    assert response.status_code == 303
    assert response["Location"] == page_of(asked), "an address without the token"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    (name,) = response.cookies
    cookie = response.cookies[name]
    assert name == f"request-{asked.pk}"
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (page_of(asked), True, "Lax")
    assert cookie["expires"] == "Mon, 19 Jul 2021 15:00:00 GMT", "no longer than the request itself"


def test_with_https_the_cookie_is_secure(asked):
    response = Client().get(link_of(asked), secure=True)
    assert all(cookie["secure"] for cookie in response.cookies.values())


def test_opening_changes_nothing_however_often_and_by_whatever_scanner(asked, holder):
    events = ClaimEvent.objects.count()
    for _ in range(20):
        assert holder.get(link_of(asked)).status_code == 303
        assert holder.get(page_of(asked)).status_code == 200
        assert holder.get(page_of(asked) + "?choice=accept").status_code == 200
    assert holder.head(link_of(asked)).status_code == 303
    assert holder.head(page_of(asked)).status_code == 200
    asked.refresh_from_db()
    assert asked.outcome == "open"
    assert ClaimEvent.objects.count() == events


def test_without_the_cookie_the_address_asks_to_sign_in(asked):
    response = Client().get(page_of(asked))
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={page_of(asked)}"


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("door", ["link", "page"])
def test_a_dead_link_says_what_became_of_it_and_nothing_personal(asked, holder, clock, door, how):
    end(asked, how, clock)
    client = Client() if door == "link" else holder
    response = client.get(link_of(asked) if door == "link" else page_of(asked))
    assert response.status_code == 410
    assert response["Referrer-Policy"] == "no-referrer"
    text = read(response).one("main").text
    assert ENDS[how][1] in text
    assert read(response).one("main").one("a")["href"] == "/myqoo10/", "offers the sign-in"
    order = asked.claim.order
    for secret in (
        order.buyer.name,
        order.receiver,
        order.item_title,
        order.number,
        asked.reason,
        "選択事項変更",
    ):
        assert secret not in response.content.decode()
    assert links.sign(asked.pk) not in response.content.decode()


def test_a_swept_request_says_the_same(asked, clock):
    deeds.sweep(asked.deadline_at)
    clock.move_to(japan("2021-07-25"))
    response = Client().get(link_of(asked))
    assert (response.status_code, ENDS["lapsed"][1] in response.content.decode()) == (410, True)


def test_a_superseded_link_is_over_and_does_not_open_the_next_attempt(asked, holder, clock):
    deeds.reject(asked.claim)
    clock.move_to(japan("2021-07-18 10:00"))
    second = deeds.repeat(asked.claim, japan("2021-07-18 10:00"))
    assert Client().get(link_of(asked)).status_code == 410
    assert holder.get(page_of(second)).status_code == 302, "the cookie is the first attempt's"
    holder.cookies[f"request-{second.pk}"] = links.sign(asked.pk)
    assert holder.get(page_of(second)).status_code == 302
    assert holder.post(answer_of(second), {"answer": "accept"}).status_code == 302
    second.refresh_from_db()
    assert second.outcome == "open"
    assert Client().get(link_of(second)).status_code == 303


TAMPERED = [
    lambda token: token[:-1],
    lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
    lambda token: "9" + token,
    lambda token: token.split(":")[0],
    lambda token: token.upper(),
    lambda token: "x" * 5000,
    lambda token: links.sign(999_999_999),
    lambda token: links.sign(10**30),
]


@pytest.mark.parametrize("tamper", TAMPERED)
def test_a_link_that_we_did_not_write_is_a_404(asked, tamper):
    response = Client().get(f"/r/{tamper(links.sign(asked.pk))}/")
    assert response.status_code == 404
    assert not response.cookies


def test_no_line_of_the_log_has_the_token(asked, monkeypatch):
    handler = next(one for one in logging.getLogger("django").handlers if one.filters)
    lines = io.StringIO()
    monkeypatch.setattr(handler, "stream", lines)
    deeds.accept(asked.claim)
    Client().get(link_of(asked))
    Client().get(link_of(asked)[:-1] + "x/")
    assert lines.getvalue().count("/r/***") == 2, "the refusals are in the log"
    assert links.sign(asked.pk).split(":")[1] not in lines.getvalue()


# --- the page ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status", "accept", "reject", "left"),
    [
        (
            "cancel",
            Status.CANCEL_REQUESTED,
            "キャンセルをやめて商品を受け取る",
            "キャンセルを続ける",
            "商品が届きます。",
        ),
        (
            "return",
            Status.RETURN_REQUESTED,
            "返品をやめて商品を受け取る",
            "返品を続ける",
            "商品はお手元に残ります。",
        ),
        (
            "exchange",
            Status.EXCHANGE_REQUESTED,
            "交換をやめて今の商品のままにする",
            "交換を続ける",
            "今の商品がお手元に残ります。",
        ),
    ],
)
def test_it_says_everything_in_plain_words(a_claim, csma, kind, status, accept, reject, left):
    attempt = a_claim(
        Status.ASKED, kind=kind, before=status, buyer=csma, reason="選択事項変更"
    ).withdrawals.get()
    client = Client()
    client.get(link_of(attempt))
    page = read(client.get(page_of(attempt))).one("main")
    assert page.one("h1").text == "ショップからのお願い（1回目）"
    for text in (
        "AMUSE_official の理由",
        attempt.reason,
        "7/19(月) 24:00",
        "あと6日",
        "何もしないと:",
        "7/20(火) 0:00 に",
        left,
        "アイビーガムコレクションセット",
        attempt.claim.order.number,
        "あなたの理由: 選択事項変更",
        "この要請だけを開いています",
    ):
        assert text in page.text
    choices = [button.text for button in page.one("form", class_="two-choices").all("button")]
    assert choices == [f"{accept}（撤回に同意）", f"{reject}（拒否）"]


def test_earlier_attempts_are_told(asked, clock):
    deeds.reject(asked.claim)
    clock.move_to(japan("2021-07-18 10:00"))
    second = deeds.repeat(asked.claim, japan("2021-07-18 10:00"), reason="二回目のお願いです。")
    client = Client()
    client.get(link_of(second))
    page = read(client.get(page_of(second)))
    assert page.one("h1").text == "ショップからのお願い（2回目）"
    earlier = page.one("section", aria_labelledby="earlier-heading").text
    assert "1回目" in earlier
    assert "2021/07/13 — 拒否 2021/07/13" in earlier


def popup_form(response):
    popup = read(response).one("dialog", id="popup")
    return popup, next(form for form in popup.all("form") if form.attrs.get("method") == "post")


def test_agreeing_is_asked_first_and_ends_the_claim(buyer, asked):
    popup, form = popup_form(buyer.get(page_of(asked) + "?choice=accept"))
    assert "同意すると取り消せません。" in popup.text
    response = buyer.post(form["action"], posted(form))
    assert response.status_code == 200
    assert "撤回に同意しました。" in response.content.decode()
    asked.claim.refresh_from_db()
    assert asked.claim.status == Status.WITHDRAWN


def test_rejecting_takes_a_reason_and_puts_it_on_hold(buyer, asked):
    _, form = popup_form(buyer.get(page_of(asked) + "?choice=reject"))
    offered = [option.text for option in form.one("select").all("option")]
    assert offered[:2] == ["選択してください", "ショップ提案内容に同意不可"]
    response = buyer.post(form["action"], posted(form, reason="proposal", text="色が\r\n違います。"))
    assert response.status_code == 200
    assert "撤回要請を拒否しました。" in response.content.decode()
    asked.refresh_from_db()
    assert (asked.outcome, asked.rejection_reason, asked.rejection_text) == (
        "rejected",
        "proposal",
        "色が\n違います。",
    )
    asked.claim.refresh_from_db()
    assert asked.claim.status == Status.ON_HOLD


def test_the_log_says_by_which_way_he_came(buyer, asked, request):
    buyer.post(answer_of(asked), {"answer": "accept"})
    asked.refresh_from_db()
    by_link = "link" in request.node.callspec.params["buyer"]
    assert asked.ended_through == ("mail_link" if by_link else "myqoo10")
    assert (asked.ended_by is None) is by_link, "never in the seller's name"


BAD = [
    ({"reason": ""}, "拒否の理由を選択してください。"),
    ({"reason": "other", "text": ""}, "理由を入力してください。"),
    ({"reason": "other", "text": " \u3000"}, "理由を入力してください。"),
    ({"reason": "proposal", "text": "理" * 1001}, "（現在 1001文字）"),
    ({"reason": "nothing", "text": "本文"}, "nothing"),
]


@pytest.mark.parametrize(("typed", "told"), BAD)
def test_a_rejection_that_cannot_be_taken_is_422_and_keeps_what_was_typed(buyer, asked, typed, told):
    response = buyer.post(answer_of(asked), {"answer": "reject"} | typed)
    assert response.status_code == 422
    popup, form = popup_form(response)
    assert told in popup.text
    assert posted(form)["text"].strip() == typed.get("text", "").strip()
    if typed["reason"] in ("other", "proposal"):
        assert posted(form)["reason"] == typed["reason"]
    asked.refresh_from_db()
    assert asked.outcome == "open"


@pytest.mark.parametrize("answer", ["", "maybe", "\x00", "ACCEPT"])
def test_an_answer_that_is_none_is_422_and_the_choices_again(buyer, asked, answer):
    response = buyer.post(answer_of(asked), {"answer": answer})
    assert response.status_code == 422
    assert "同意するか、拒否するかをお選びください。" in response.content.decode()
    asked.refresh_from_db()
    assert asked.outcome == "open"


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize(
    "sent", [{"answer": "accept"}, {"answer": "reject", "reason": "proposal"}, {"answer": "reject"}, {}]
)
def test_an_answer_that_comes_too_late_is_told_so(buyer, asked, clock, how, sent):
    end(asked, how, clock)
    events = ClaimEvent.objects.count()
    response = buyer.post(answer_of(asked), sent)
    assert ClaimEvent.objects.count() == events
    if how == {"accept": "accepted", "reject": "rejected"}.get(sent.get("answer", "")):
        assert response.status_code == 200, "a reload or a second click: what he asked for is done"
        assert "回答を受け付けました" in response.content.decode()
        return
    assert response.status_code == 409
    assert ENDS[how][1] in response.content.decode()


def test_the_last_second_counts(holder, asked, clock):
    clock.move_to(japan("2021-07-19 23:59:59"))
    assert "まもなく終了・あと0分" in holder.get(page_of(asked)).content.decode()
    assert holder.post(answer_of(asked), {"answer": "accept"}).status_code == 200


def test_a_second_answer_changes_nothing(buyer, asked):
    assert buyer.post(answer_of(asked), {"answer": "accept"}).status_code == 200
    response = buyer.post(answer_of(asked), {"answer": "reject", "reason": "proposal"})
    assert response.status_code == 409
    asked.refresh_from_db()
    assert asked.outcome == "accepted"


def test_signed_in_an_ended_request_leads_to_its_claim(asked, a_claim, yunjee, client_of):
    attempt = a_claim(Status.ON_HOLD, buyer=yunjee).withdrawals.get()
    response = client_of(yunjee).get(page_of(attempt))
    assert response["Location"] == reverse("my_claim", args=[attempt.claim.number])


@pytest.mark.parametrize("with_token", [False, True])
def test_a_post_needs_the_token_of_our_own_form(asked, with_token):
    client = Client(enforce_csrf_checks=True)
    client.get(link_of(asked))
    form = popup_form(client.get(page_of(asked) + "?choice=accept"))[1]
    sent = posted(form) if with_token else {"answer": "accept"}
    assert client.post(form["action"], sent).status_code == (200 if with_token else 403)
    asked.refresh_from_db()
    assert asked.outcome == ("accepted" if with_token else "open")


def test_the_address_bar_and_the_page_never_show_the_token(holder, asked):
    content = holder.get(page_of(asked)).content.decode()
    assert not re.search(r"/r/\d", content)
    assert links.sign(asked.pk).split(":")[1] not in content
