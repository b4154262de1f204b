"""撤回要請, its repeat and cancel, and 承認 at the desk: two popups, refusals, races (SPEC 3 and 4.5)."""

import json

import pytest
from django.core import mail

from claims.models import ClaimEvent
from claims.statuses import Status
from messaging.models import Notice
from tests import deeds
from tests.clock import NOW, japan
from tests.desk_hands import (
    DEEDS,
    DESK,
    LONG_AGO,
    PART,
    READY,
    TYPED,
    form_of,
    ok,
    pane,
    popup_lines,
    popup_of,
    press,
)
from tests.pages import read


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """The whole flow plays at one instant, unless the test moves the clock."""


@pytest.fixture
def ready(a_claim):
    """A claim on which the action may be done now."""

    def bring(action, **fields):
        return a_claim(READY[action], at=LONG_AGO if action != "cancel" else NOW, **fields)

    return bring


# --- the popups, without JavaScript --------------------------------------------------------------

BEFORE = {
    "ask": (
        "返品の撤回を要請しますか？",
        {"購入者の回答期限": "7/19(月) 24:00", "回答がない場合": "7/20(火) 0:00 に自動で撤回完了"},
    ),
    "repeat": (
        "返品の撤回を再要請しますか？",
        {"購入者の回答期限": "7/19(月) 24:00", "回答がない場合": "7/20(火) 0:00 に自動で撤回完了"},
    ),
    "cancel": (
        "撤回要請をキャンセルしますか？",
        {
            "処理状態": "「返品要請」に戻ります",
            "次の撤回要請": "7/18(日) からできます（それまで要請できません）",
        },
    ),
    "approve": ("返品要請を承認しますか？", {"処理状態": "「返品中 (回収待ち)」になります"}),
}
AFTER = {
    "ask": ("撤回要請が完了しました", {"撤回期限": "7/19(月)"}, "返品：撤回要請"),
    "repeat": ("撤回の再要請が完了しました", {"撤回期限": "7/19(月)"}, "返品：撤回要請"),
    "cancel": (
        "撤回要請のキャンセルが完了しました",
        {"処理状態": "返品要請", "次の撤回要請": "7/18(日) からできます"},
        "返品要請",
    ),
    "approve": ("承認が完了しました", {"処理状態": "返品中 (回収待ち)"}, "返品中 (回収待ち)"),
}


@DEEDS
def test_the_first_popup_says_what_will_happen_and_when_and_does_nothing(seller, ready, action):
    claim = ready(action)
    events = ClaimEvent.objects.count()
    response = press(seller, claim, action, **TYPED[action])
    assert response.status_code == 200
    title, lines = popup_lines(response)
    expected_title, expected = BEFORE[action]
    assert title == expected_title
    assert lines == {"注文": claim.order.number, "購入者": "yun***", **expected}
    assert "購入者にQポストとメールで知らせます。" in popup_of(response).text
    assert [button.text for button in popup_of(response).all("button")] == ["戻る", "OK"]
    claim.refresh_from_db()
    assert claim.status == READY[action]
    assert ClaimEvent.objects.count() == events


@DEEDS
def test_ok_does_it_and_the_second_popup_confirms(seller, ready, action):
    claim = ready(action)
    done = ok(seller, press(seller, claim, action, "?cell=return_requested&page=1", **TYPED[action]))
    assert done.status_code == 303
    assert done["Location"] == f"{DESK}{claim.number}/?cell=return_requested&page=1", "where he was"
    page = seller.get(done["Location"])
    title, lines, status = AFTER[action]
    assert popup_lines(page) == (title, lines)
    assert [button.text for button in popup_of(page).all("button")] == ["確認"]
    assert read(page).one(class_="pane-bar").one(class_="status").text == status
    assert not read(seller.get(done["Location"])).has("dialog"), "said once"
    told = Notice.objects.filter(event=ClaimEvent.objects.filter(claim=claim).last()).get()
    assert told.buyer.name == "yunjee"
    assert told.mail == Notice.Mail.PENDING


@DEEDS
def test_htmx_gets_the_pane_with_the_popup_and_tells_board_and_grid(seller, ready, action):
    claim = ready(action)
    first = press(seller, claim, action, headers=PART, **TYPED[action])
    assert [child.tag for child in read(first).children if not isinstance(child, str)] == ["section"]
    assert "HX-Trigger" not in first
    done = ok(seller, first, headers=PART)
    assert done.status_code == 200
    assert list(json.loads(done["HX-Trigger"])) == ["claims-changed"]
    title, lines, status = AFTER[action]
    assert popup_lines(done) == (title, lines)
    assert pane(done).one(class_="pane-bar").one(class_="status").text == status
    assert not read(seller.get(f"{DESK}{claim.number}/")).has("dialog"), "no second telling on reload"


def test_what_is_asked_is_written_whole(seller, ready, amuse):
    claim = ready("ask")
    ok(seller, press(seller, claim, "ask", withdraw="Y", reason="\u3000一行目\r\n二行目 \r\n"))
    attempt = claim.withdrawals.get()
    assert (attempt.attempt, attempt.outcome, attempt.reason) == (1, "open", "一行目\n二行目")
    assert (attempt.requested_at, attempt.requested_by) == (NOW, amuse.user)
    assert attempt.deadline_at == japan("2021-07-20")
    assert mail.outbox == [], "the mail is the worker's: a request never waits for the mail server"


def test_the_board_moves(seller, ready):
    claim = ready("ask")
    ok(seller, press(seller, claim, "ask", **TYPED["ask"]))
    page = read(seller.get(DESK))
    assert page.has("a", aria_label="返品要請 0件")
    assert page.has("a", aria_label="撤回要請 1件")


def test_the_repeat_is_the_next_attempt(seller, ready):
    claim = ready("repeat")
    ok(seller, press(seller, claim, "repeat", reason=deeds.REASON))
    assert list(claim.withdrawals.values_list("attempt", "outcome")) == [(1, "rejected"), (2, "open")]


def test_a_cancel_asks_for_no_reason_and_starts_the_lock(seller, ready):
    claim = ready("cancel")
    assert not form_of(read(seller.get(f"{DESK}{claim.number}/")), "cancel").has("textarea")
    ok(seller, press(seller, claim, "cancel"))
    claim.refresh_from_db()
    assert (claim.status, claim.unlock_at) == (Status.RETURN_REQUESTED, japan("2021-07-18"))
