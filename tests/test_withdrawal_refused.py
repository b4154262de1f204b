"""撤回要請, its repeat and cancel, and 承認 refused: 422, 409, and other ways in (SPEC 3 and 7)."""

import pytest

from claims.models import ClaimEvent, Withdrawal
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
    REASON,
    TYPED,
    address,
    form_of,
    ok,
    pane,
    press,
)
from tests.pages import posted, read


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """The whole flow plays at one instant, unless the test moves the clock."""


@pytest.fixture
def ready(a_claim):
    """A claim on which the action may be done now."""

    def bring(action, **fields):
        return a_claim(READY[action], at=LONG_AGO if action != "cancel" else NOW, **fields)

    return bring


# --- what was typed cannot be taken: 422, and it is kept -------------------------------------------

BAD = [
    pytest.param({"withdraw": "Y", "reason": ""}, "理由を入力してください。", id="empty"),
    pytest.param({"withdraw": "Y", "reason": " \u3000\r\n\t"}, "理由を入力してください。", id="spaces"),
    pytest.param(
        {"withdraw": "Y", "reason": "\x00\x07"}, "理由を入力してください。", id="control characters"
    ),
    pytest.param({"withdraw": "Y", "reason": "理" * 1001}, "（現在 1001文字）", id="1001"),
    pytest.param({"withdraw": "N", "reason": REASON}, "Yを選択してください。", id="N"),
    pytest.param({"reason": REASON}, "Yを選択してください。", id="neither"),
    pytest.param({"withdraw": "YES", "reason": REASON}, "YES", id="something else"),
]


@pytest.mark.parametrize("headers", [None, PART], ids=["page", "part"])
@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "1"}], ids=["asked", "confirmed"])
@pytest.mark.parametrize(("typed", "told"), BAD)
def test_a_request_that_cannot_be_taken_is_422_and_keeps_what_was_typed(
    seller, ready, typed, told, confirmed, headers
):
    claim = ready("ask")
    seen = posted(form_of(read(seller.get(f"{DESK}{claim.number}/")), "ask"))["seen"]
    response = seller.post(address(claim, "ask"), typed | confirmed | {"seen": seen}, headers=headers)
    assert response.status_code == 422
    form = form_of(read(response), "ask")
    assert any(told in error.text for error in form.all(class_="refusal"))
    chosen = form.one("input", name="withdraw", checked=True)["value"]
    assert chosen == ("Y" if typed.get("withdraw") == "Y" else "N")
    assert posted(form)["reason"].replace("\r", "") == typed["reason"].replace("\r", "")
    assert not read(response).has("dialog")
    assert not claim.withdrawals.exists()


@pytest.mark.parametrize("reason", ["", " ", "理" * 1001], ids=["empty", "spaces", "1001"])
def test_a_repeat_that_cannot_be_taken_is_422_and_keeps_what_was_typed(seller, ready, reason):
    claim = ready("repeat")
    response = press(seller, claim, "repeat", reason=reason)
    assert response.status_code == 422
    form = form_of(read(response), "repeat")
    field = form.one("textarea", name="reason")
    assert field.text == reason.strip()
    assert field["aria-invalid"] == "true"
    assert form.has(id=field["aria-describedby"])
    assert claim.withdrawals.count() == 1


def test_exactly_1000_characters_are_taken_with_line_ends_as_one(seller, ready):
    claim = ready("ask")
    ok(seller, press(seller, claim, "ask", withdraw="Y", reason="理\r\n" * 500))
    assert len(claim.withdrawals.get().reason) == 999


@pytest.mark.parametrize("query", ["", "?cell=asked"])
def test_without_javascript_a_refusal_keeps_board_grid_and_query(seller, ready, query):
    page = read(press(seller, ready("ask"), "ask", query, withdraw="Y", reason=""))
    assert page.has("section", id="board")
    assert form_of(page, "ask")["action"].endswith(query)


# --- what may not be done: said in the page, nothing is changed -------------------------------------

FORBIDDEN = [
    ("ask", Status.RETURN_AWAITING, "処理状態が「返品中 (回収待ち)」のクレームは撤回要請ができません。"),
    ("ask", Status.CANCEL_REFUNDING, "は撤回要請ができません。"),
    ("ask", Status.NOTICE_RECEIVED, "未受取通知は撤回要請ができません。"),
    ("ask", Status.ASKED, "撤回要請"),
    ("repeat", Status.RETURN_REQUESTED, "できません"),
    ("cancel", Status.RETURN_REQUESTED, "現在、撤回要請中ではありません"),
    ("cancel", Status.ON_HOLD, "現在、撤回要請中ではありません"),
    ("approve", Status.ASKED, "撤回要請中は処理できません"),
    ("approve", Status.RETURN_DONE, "この操作はできません"),
]


@pytest.mark.parametrize("headers", [None, PART], ids=["page", "part"])
@pytest.mark.parametrize(("action", "status", "told"), FORBIDDEN)
def test_what_may_not_be_done_says_why(seller, a_claim, action, status, told, headers):
    claim = a_claim(status, at=LONG_AGO)
    seen = claim.events.last().pk
    events = ClaimEvent.objects.count()
    fields = TYPED[action] | {"confirmed": "1", "seen": seen}
    response = seller.post(address(claim, action), fields, headers=headers)
    assert response.status_code == 422
    assert told in pane(response).one("div", role="alert").text
    assert not read(response).has("dialog")
    assert ClaimEvent.objects.count() == events
    claim.refresh_from_db()
    assert claim.status == status


def test_the_lock_names_the_day_it_opens(seller, a_claim):
    claim = a_claim(Status.ON_HOLD)
    response = seller.post(address(claim, "repeat"), {"reason": REASON, "confirmed": "1"})
    assert "7/18(日)から要請できます。" in pane(response).one("div", role="alert").text
    assert read(response).one("textarea", name="reason").text == REASON


# --- the claim moved on: 409 ------------------------------------------------------------------------


@DEEDS
@pytest.mark.parametrize("headers", [None, PART], ids=["page", "part"])
def test_a_second_ok_is_409_and_changes_nothing(seller, ready, action, headers):
    claim = ready(action)
    first = press(seller, claim, action, headers=headers, **TYPED[action])
    ok(seller, first, headers=headers)
    events, attempts, told = ClaimEvent.objects.count(), Withdrawal.objects.count(), Notice.objects.count()
    again = ok(seller, first, headers=headers)
    assert again.status_code == 409
    assert pane(again).one("div", role="alert").text
    assert (ClaimEvent.objects.count(), Withdrawal.objects.count()) == (events, attempts)
    assert Notice.objects.count() == told


def test_the_colleague_was_faster_and_what_was_typed_is_kept(seller, ready, clerk, client_of):
    claim = ready("repeat")
    page = read(seller.get(f"{DESK}{claim.number}/"))
    other = client_of(clerk)
    ok(other, press(other, claim, "repeat", reason="先に送りました"))
    deeds.reject(claim)
    form = form_of(page, "repeat")
    response = seller.post(form["action"], posted(form, reason=REASON))
    assert response.status_code == 409
    assert read(response).one("textarea", name="reason").text == REASON


@pytest.mark.parametrize("moved", [deeds.approve, deeds.ask, lambda claim: deeds.reject(_asked(claim))])
def test_what_was_typed_can_be_read_though_its_field_is_gone(seller, a_claim, moved):
    claim = a_claim()
    form = form_of(read(seller.get(f"{DESK}{claim.number}/")), "ask")
    moved(claim)
    response = seller.post(form["action"], posted(form, withdraw="Y", reason="一行目\n二行目"))
    assert response.status_code in (409, 422)
    alert = pane(response).one("div", role="alert").text
    assert "入力された理由（送信していません）: 一行目 二行目" in alert


def _asked(claim):
    deeds.ask(claim)
    return claim


def test_an_ok_never_reaches_another_attempt_than_the_popup_spoke_of(seller, ready, clock):
    claim = ready("cancel")
    popup = press(seller, claim, "cancel")
    deeds.reject(claim)
    clock.move_to(japan("2021-07-18 10:00"))
    deeds.repeat(claim, japan("2021-07-18 10:00"))
    response = ok(seller, popup)
    assert response.status_code == 409
    assert claim.withdrawals.get(attempt=2).outcome == "open"


def test_an_ok_after_another_decision_is_409_though_it_could_still_be_done(seller, a_claim, clerk):
    claim = a_claim(Status.EXCHANGE_REQUESTED)
    popup = press(seller, claim, "ask", **TYPED["ask"])
    deeds.approve(claim)
    response = ok(seller, popup)
    assert response.status_code == 409
    assert not claim.withdrawals.exists()
    assert read(response).one("textarea", name="reason").text == REASON


def test_the_buyer_answered_meanwhile(seller, ready):
    claim = ready("cancel")
    popup = press(seller, claim, "cancel")
    deeds.accept(claim)
    response = ok(seller, popup)
    assert response.status_code == 409
    assert pane(response).one(class_="pane-bar").one(class_="status").text == "返品：撤回完了"


def test_the_deadline_passed_while_the_popup_stood_there(seller, ready, clock):
    claim = ready("cancel")
    popup = press(seller, claim, "cancel")
    clock.move_to(japan("2021-07-20"))
    response = ok(seller, popup)
    assert response.status_code == 409
    assert "期限切れ・自動撤回済み" in pane(response).one("div", role="alert").text
    assert claim.withdrawals.get().outcome == "open", "the sweep completes it, not the seller"


@pytest.mark.parametrize("action", ["ask", "repeat", "cancel"])
def test_a_promise_overtaken_by_midnight_is_not_kept_silently(seller, ready, clock, action):
    clock.move_to(japan("2021-07-13 23:59:59"))
    claim = ready(action)
    popup = press(seller, claim, action, **TYPED[action])
    clock.move_to(japan("2021-07-14 00:00:00"))
    response = ok(seller, popup)
    assert response.status_code == 409
    assert "確認の間に日付が変わりました" in pane(response).one("div", role="alert").text
    claim.refresh_from_db()
    assert claim.status == READY[action]
    again = ok(seller, press(seller, claim, action, **TYPED[action]))
    assert again.status_code == 303, "with the new day in the popup it can be done"


def test_an_approval_promises_no_day_and_midnight_does_not_matter(seller, ready, clock):
    clock.move_to(japan("2021-07-13 23:59:59"))
    popup = press(seller, ready("approve"), "approve")
    clock.move_to(japan("2021-07-14"))
    assert ok(seller, popup).status_code == 303


# --- other ways in -----------------------------------------------------------------------------------


@DEEDS
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_get_on_what_is_posted_leads_back_to_the_claim(seller, ready, action, method):
    claim = ready(action)
    events = ClaimEvent.objects.count()
    response = getattr(seller, method)(address(claim, action) + "?cell=asked&confirmed=1&withdraw=Y&reason=x")
    assert response.status_code == 302
    assert response["Location"].startswith(f"{DESK}{claim.number}/?cell=asked")
    assert ClaimEvent.objects.count() == events


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@DEEDS
def test_other_methods_are_refused(seller, ready, action, method):
    assert getattr(seller, method)(address(ready(action), action)).status_code == 405


@pytest.mark.parametrize(
    "junk",
    [{"seen": "x"}, {"seen": "9" * 5000}, {"promised": "9999-99-99"}, {"promised": "\x00"}, {"seen": "\x00"}],
)
@DEEDS
def test_hidden_fields_that_nobody_drew_are_refused_not_500(seller, ready, action, junk):
    claim = ready(action)
    response = seller.post(address(claim, action), TYPED[action] | {"confirmed": "1"} | junk)
    assert response.status_code in (409, 422)
    claim.refresh_from_db()
    assert claim.status == READY[action]


@DEEDS
def test_signed_out_meanwhile_htmx_goes_to_the_sign_in_as_a_page(seller, ready, action):
    claim = ready(action)
    seller.logout()
    response = seller.post(address(claim, action), TYPED[action], headers=PART)
    assert response["HX-Redirect"].startswith("/accounts/login/?next=")
    assert response.status_code == 200
    assert response.content == b""
