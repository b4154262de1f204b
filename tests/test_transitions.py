"""WHAT changes: the withdrawal loop of SPEC 3, verb by verb."""

from datetime import timedelta

import pytest

from claims import transitions
from claims.models import Channel, Claim, ClaimEvent, Outcome, RejectionReason, Withdrawal
from claims.moves import Action, ActorKind
from claims.statuses import Kind, Status
from claims.transitions import Refused
from messaging.models import Notice
from tests import deeds
from tests.clock import NOW, japan
from tests.invariants import check_invariants

DAY = timedelta(days=1)
ASKABLE = [
    Status.CANCEL_REQUESTED,
    Status.RETURN_REQUESTED,
    Status.EXCHANGE_REQUESTED,
    Status.EXCHANGE_APPROVED,
    Status.EXCHANGE_LATE,
]


@pytest.fixture(autouse=True)
def what_always_holds(db):
    """After each of these tests SPEC 7 is checked over everything in the database."""
    yield
    check_invariants()


def everything():
    """All that a change could write, as the database has it."""
    return [list(model.objects.order_by("pk").values()) for model in (Claim, Withdrawal, ClaimEvent, Notice)]


def log(claim):
    """The claim's log: (action, from, to, by whom), oldest first."""
    return [
        (event.action, event.from_status, event.to_status, event.actor_kind)
        for event in claim.events.order_by("pk")
    ]


# --- from → to -----------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ASKABLE)
def test_asking_sets_the_deadline_and_remembers_the_status(a_claim, before, amuse):
    claim = a_claim(before, at=NOW - DAY)
    withdrawal = deeds.ask(claim, reason="\u3000発送済みです。\n")
    assert (claim.status, claim.status_before) == (Status.ASKED, before)
    assert claim.deadline_at == withdrawal.deadline_at == japan("2021-07-20")
    assert (withdrawal.attempt, withdrawal.outcome) == (1, Outcome.OPEN)
    assert (withdrawal.reason, withdrawal.requested_by) == ("発送済みです。", amuse.user)
    assert log(claim)[-1] == (Action.ASKED, before, Status.ASKED, ActorKind.SELLER)


@pytest.mark.parametrize("before", ASKABLE)
def test_accepting_ends_the_claim(a_claim, before, yunjee):
    claim = a_claim(Status.ASKED, before=before)
    deeds.accept(claim, NOW + DAY)
    assert (claim.status, claim.completed_at) == (Status.WITHDRAWN, NOW + DAY)
    assert (claim.status_before, claim.deadline_at, claim.unlock_at) == ("", None, None)
    attempt = claim.withdrawals.get()
    assert (attempt.outcome, attempt.ended_at, attempt.ended_by_kind) == ("accepted", NOW + DAY, "buyer")
    assert (attempt.ended_by, attempt.ended_through) == (yunjee.user, Channel.MYQOO10)
    assert log(claim)[-1] == (Action.ACCEPTED, Status.ASKED, Status.WITHDRAWN, ActorKind.BUYER)


@pytest.mark.parametrize("before", ASKABLE)
def test_rejecting_puts_it_on_hold_and_starts_the_lock(a_claim, before):
    claim = a_claim(Status.ASKED, before=before)
    deeds.reject(claim, NOW + DAY, RejectionReason.DEFECT, "\u3000傷があります。 ")
    assert (claim.status, claim.status_before) == (Status.ON_HOLD, before)
    assert (claim.deadline_at, claim.completed_at) == (None, None)
    assert claim.unlock_at == japan("2021-07-19")
    attempt = claim.withdrawals.get()
    assert (attempt.outcome, attempt.ended_at) == (Outcome.REJECTED, NOW + DAY)
    assert (attempt.rejection_reason, attempt.rejection_text) == ("defect", "傷があります。")


@pytest.mark.parametrize("before", ASKABLE)
def test_cancelling_brings_the_status_before_back_and_starts_the_lock(a_claim, before, amuse):
    claim = a_claim(Status.ASKED, before=before)
    deeds.cancel(claim, NOW + DAY)
    assert (claim.status, claim.status_before) == (before, "")
    assert (claim.deadline_at, claim.completed_at) == (None, None)
    assert claim.unlock_at == japan("2021-07-19")
    attempt = claim.withdrawals.get()
    assert (attempt.outcome, attempt.ended_by, attempt.ended_by_kind) == ("cancelled", amuse.user, "seller")


@pytest.mark.parametrize("before", ASKABLE)
def test_silence_ends_the_claim_at_midnight(a_claim, before):
    claim = a_claim(Status.ASKED, before=before)
    ran = japan("2021-07-20 00:00:07")
    assert deeds.sweep(japan("2021-07-19 23:59:59")).completed == 0
    assert deeds.sweep(ran).completed == 1
    claim.refresh_from_db()
    assert (claim.status, claim.completed_at) == (Status.WITHDRAWN, japan("2021-07-20"))
    assert (claim.status_before, claim.deadline_at) == ("", None)
    attempt = claim.withdrawals.get()
    assert (attempt.outcome, attempt.ended_at, attempt.swept_at) == ("lapsed", japan("2021-07-20"), ran)
    assert (attempt.ended_by_kind, attempt.ended_by, attempt.ended_through) == ("system", None, "clock")
    event = claim.events.get(action=Action.LAPSED)
    assert (event.at, event.recorded_at) == (japan("2021-07-20"), ran)


@pytest.mark.parametrize("before", ASKABLE)
@pytest.mark.parametrize("on_hold", [False, True], ids=["first-status", "on-hold"])
def test_the_buyer_may_drop_the_claim_himself(a_claim, before, on_hold):
    claim = a_claim(Status.ON_HOLD if on_hold else before, before=before)
    deeds.drop(claim, NOW + DAY)
    assert (claim.status, claim.completed_at) == (Status.WITHDRAWN, NOW + DAY)
    assert claim.status_before == ""
    assert log(claim)[-1][0] == Action.DROPPED


def test_while_a_request_is_open_dropping_is_accepting(a_claim):
    claim = a_claim(Status.ASKED)
    deeds.drop(claim, NOW + DAY)
    assert claim.status == Status.WITHDRAWN
    assert claim.withdrawals.get().outcome == Outcome.ACCEPTED
    assert [entry[0] for entry in log(claim)] == [Action.FILED, Action.ASKED, Action.ACCEPTED]


@pytest.mark.parametrize(
    ("before", "granted"),
    [
        (Status.CANCEL_REQUESTED, Status.CANCEL_REFUNDING),
        (Status.RETURN_REQUESTED, Status.RETURN_AWAITING),
        (Status.EXCHANGE_REQUESTED, Status.EXCHANGE_APPROVED),
        (Status.EXCHANGE_LATE, Status.EXCHANGE_APPROVED),
        (Status.EXCHANGE_APPROVED, Status.EXCHANGE_APPROVED),
    ],
)
def test_approving_after_all_leads_where_approval_leads(a_claim, before, granted):
    """The last decision is the shop's."""
    claim = a_claim(Status.ON_HOLD, before=before)
    deeds.approve(claim, NOW + DAY)
    assert (claim.status, claim.status_before, claim.completed_at) == (granted, "", None)
    assert log(claim)[-1] == (Action.APPROVED, Status.ON_HOLD, granted, ActorKind.SELLER)


@pytest.mark.parametrize(
    ("status", "granted"),
    [
        (Status.CANCEL_REQUESTED, Status.CANCEL_REFUNDING),
        (Status.RETURN_REQUESTED, Status.RETURN_AWAITING),
        (Status.EXCHANGE_REQUESTED, Status.EXCHANGE_APPROVED),
        (Status.EXCHANGE_LATE, Status.EXCHANGE_APPROVED),
        (Status.NOTICE_RECEIVED, Status.NOTICE_CONFIRMED),
        (Status.NOTICE_LATE, Status.NOTICE_CONFIRMED),
    ],
)
def test_approving_a_new_claim(a_claim, status, granted):
    claim = a_claim(status)
    deeds.approve(claim)
    assert claim.status == granted


# --- attempts ------------------------------------------------------------------------------------


def test_attempts_are_numbered_through_and_nothing_is_overwritten(a_claim):
    """Rejected, cancelled, repeated as often as the shop likes; each keeps what it was."""
    claim = a_claim(at=japan("2021-07-01"))
    deeds.ask(claim, japan("2021-07-01"), "一回目")
    deeds.reject(claim, japan("2021-07-02"), RejectionReason.OTHER, "いいえ")
    deeds.repeat(claim, japan("2021-07-07"), "二回目")
    deeds.cancel(claim, japan("2021-07-08"))
    assert claim.status == Status.RETURN_REQUESTED, "the status before the loop"
    deeds.ask(claim, japan("2021-07-13"), "一回目")
    deeds.reject(claim, japan("2021-07-13"))
    deeds.repeat(claim, japan("2021-07-18"), "四回目")
    deeds.accept(claim, japan("2021-07-19"))
    kept = claim.withdrawals.order_by("attempt").values_list(
        "attempt", "reason", "requested_at", "deadline_at", "outcome", "ended_at", "rejection_text"
    )
    assert list(kept) == [
        (1, "一回目", japan("2021-07-01"), japan("2021-07-08"), "rejected", japan("2021-07-02"), "いいえ"),
        (2, "二回目", japan("2021-07-07"), japan("2021-07-14"), "cancelled", japan("2021-07-08"), ""),
        (3, "一回目", japan("2021-07-13"), japan("2021-07-20"), "rejected", japan("2021-07-13"), ""),
        (4, "四回目", japan("2021-07-18"), japan("2021-07-25"), "accepted", japan("2021-07-19"), ""),
    ]
    assert [entry[0] for entry in log(claim)] == [
        Action.FILED,
        Action.ASKED,
        Action.REJECTED,
        Action.REPEATED,
        Action.CANCELLED,
        Action.ASKED,
        Action.REJECTED,
        Action.REPEATED,
        Action.ACCEPTED,
    ]


def test_twenty_attempts_are_nothing_special(a_claim):
    claim = a_claim(Status.ON_HOLD, at=NOW)
    for number in range(2, 21):
        at = NOW + 5 * DAY * (number - 1)
        assert deeds.repeat(claim, at).attempt == number
        deeds.reject(claim, at)


@pytest.mark.parametrize("answer", ["accept", "reject", "cancel"])
@pytest.mark.parametrize("first", [deeds.accept, deeds.reject, deeds.cancel])
def test_an_attempt_is_answered_once_and_the_second_is_told_how(a_claim, first, answer):
    claim = a_claim(Status.ASKED)
    attempt = deeds.open_attempt(claim)
    first(claim, NOW)
    kept = Withdrawal.objects.values().get()
    seller, buyer = deeds.seller_of(claim), deeds.buyer_of(claim)
    with pytest.raises(Refused) as refused:
        {
            "accept": lambda: transitions.accept_withdrawal(attempt, by=buyer, now=NOW),
            "reject": lambda: transitions.reject_withdrawal(
                attempt, reason=RejectionReason.PROPOSAL, text="", by=buyer, now=NOW
            ),
            "cancel": lambda: transitions.cancel_withdrawal(attempt, by=seller, now=NOW),
        }[answer]()
    (reason,) = refused.value.reasons
    assert reason.code == f"ended_{kept['outcome']}"
    assert "7/13(火)" in reason.text
    assert Withdrawal.objects.values().get() == kept


def test_the_answer_to_an_old_attempt_does_not_touch_the_new_one(a_claim):
    """The link of the first mail, clicked after the repeat."""
    claim = a_claim(Status.ASKED)
    old = deeds.open_attempt(claim)
    deeds.reject(claim)
    deeds.repeat(claim, NOW + 5 * DAY)
    with pytest.raises(Refused) as refused:
        transitions.accept_withdrawal(old, by=deeds.buyer_of(claim), now=NOW + 5 * DAY)
    assert refused.value.reasons[0].code == "ended_rejected"
    claim.refresh_from_db()
    assert claim.status == Status.ASKED


def test_a_stale_object_decides_nothing(a_claim):
    """A tab opened long ago: the row counts, not what the page knew."""
    claim = a_claim(Status.RETURN_REQUESTED)
    stale = Claim.objects.get(pk=claim.pk)
    deeds.approve(claim)
    with pytest.raises(Refused):
        deeds.ask(stale)
    assert stale.withdrawals.count() == 0


def test_a_drop_that_arrived_before_the_request_is_refused_not_dated_before_it(a_claim):
    """The instant a request arrives counts; an answer cannot be older than the question."""
    claim = a_claim(Status.ASKED, at=NOW)
    with pytest.raises(Refused):
        deeds.drop(claim, NOW - timedelta(milliseconds=5))
    claim.refresh_from_db()
    assert claim.status == Status.ASKED


# --- reasons of a rejection ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "text", "code"),
    [
        pytest.param(RejectionReason.PROPOSAL, "", None, id="proposal-needs-no-text"),
        pytest.param(RejectionReason.OTHER, "", "reason_missing", id="other-needs-text"),
        pytest.param(RejectionReason.OTHER, "\u3000 ", "reason_missing", id="other-spaces"),
        pytest.param(RejectionReason.OTHER, "色", None, id="other-1"),
        pytest.param(RejectionReason.OTHER, "色" * 1000, None, id="other-1000"),
        pytest.param(RejectionReason.OTHER, "色" * 1001, "reason_long", id="other-1001"),
        pytest.param(RejectionReason.PROPOSAL, "色" * 1001, "reason_long", id="proposal-1001"),
    ],
)
def test_what_a_rejection_says(a_claim, reason, text, code):
    claim = a_claim(Status.ASKED)
    if code is None:
        deeds.reject(claim, NOW, reason, text)
        assert claim.withdrawals.get().rejection_text == text
    else:
        with pytest.raises(Refused) as refused:
            deeds.reject(claim, NOW, reason, text)
        assert [each.code for each in refused.value.reasons] == [code]
        assert claim.withdrawals.get().outcome == Outcome.OPEN


# --- filing --------------------------------------------------------------------------------------


def test_one_claim_of_an_order_is_open_at_a_time(a_claim, an_order):
    order = an_order()
    a_claim(order=order)
    with pytest.raises(Refused) as refused:
        a_claim(Status.CANCEL_REQUESTED, order=order)
    assert "639113330 には処理中のクレームがあります" in refused.value.reasons[0].text
    assert order.claims.count() == 1


def test_claims_of_an_order_are_numbered_through(a_claim, an_order):
    order = an_order()
    for number in (1, 2, 3):
        claim = a_claim(order=order)
        assert claim.number == f"639113330-{number}"
        deeds.drop(claim)


def test_the_buyer_files_anew_from_midnight_on_though_no_sweep_ran(a_claim, an_order):
    """What has lapsed is ended to the second, so it stands in nobody's way."""
    order = an_order()
    old = a_claim(Status.ASKED, order=order)
    with pytest.raises(Refused):
        a_claim(order=order, at=japan("2021-07-19 23:59:59"))
    new = a_claim(order=order, at=japan("2021-07-20 00:00:00"))
    old.refresh_from_db()
    assert (old.status, old.completed_at) == (Status.WITHDRAWN, japan("2021-07-20"))
    assert (new.status, new.number) == (Status.RETURN_REQUESTED, "639113330-2")
    assert deeds.sweep(japan("2021-07-20 00:01")).completed == 0


def test_a_claim_and_its_order_agree(a_claim, an_order, rival, csma):
    order = an_order(seller=rival, buyer=csma, ordered_at=japan("2021-07-01 09:30"))
    claim = a_claim(order=order)
    assert (claim.shop, claim.ordered_at) == (rival.shop, japan("2021-07-01 09:30"))
    event = claim.events.get()
    assert (event.actor_kind, event.actor, event.channel) == ("buyer", None, Channel.MAIL_LINK)


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_over_stays_over(a_claim, kind):
    claim = a_claim(Status.WITHDRAWN, kind=kind)
    before = everything()
    for verb in (deeds.ask, deeds.repeat, deeds.drop, deeds.approve):
        with pytest.raises(Refused):
            verb(claim)
    assert everything() == before
