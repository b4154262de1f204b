"""The demo's data: SPEC 8, whatever the hour at which it is seeded."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import CommandError

from claims import access
from claims.deadlines import day_in_japan, last_day
from claims.eligibility import blockers, locked_until
from claims.models import Claim, ClaimEvent, Outcome
from claims.moves import FIRST, Action
from claims.statuses import BOARD, Status
from messaging.models import Message, Notice
from qsm import guide_orders
from qsm.accounts.models import Member, Shop, User
from tests import deeds
from tests.clock import japan
from tests.invariants import check_invariants

TODAY = japan("2021-07-13").date()


@pytest.fixture(params=["00:00:00", "00:00:30", "08:59:59", "10:00:00", "23:59:00"])
def seeded(request, db, settings):
    """The demo freshly seeded at this time of 2021-07-13; gives the time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    now = japan(f"2021-07-13 {request.param}")
    guide_orders.seed(now=now)
    return now


def claim_of(number):
    return Claim.objects.get(order__number=number)


def days_ago(instant):
    return (TODAY - day_in_japan(instant)).days


def test_the_board_is_the_guides(seeded):
    amuse = Claim.objects.filter(shop__code="AMUSE_official")
    numbers = {
        str(cell.label): amuse.in_cell(cell, seeded).count()
        for _name, columns in BOARD
        for column in columns
        for cell in column
    }
    assert {name: number for name, number in numbers.items() if number} == {
        "返品要請": 2,
        "返品中": 2,
        "通知受付": 1,
        "出品者確認": 1,
        "撤回要請": 3,
        "撤回保留": 3,
    }
    check_invariants()


def test_the_orders_of_the_guide(seeded):
    for number, total in (("639113332", 4990), ("639113330", 1899)):
        claim = claim_of(number)
        assert (claim.status, claim.order.buyer.name) == (Status.RETURN_REQUESTED, "yunjee")
        assert days_ago(claim.requested_at) == 0
        assert claim.order.total == total
        assert blockers(claim, Action.ASKED, now=seeded) == []
    assert "アイビーガムコレクションセット" in claim_of("639113332").order.item_title
    order = claim_of("639113330").order
    assert (order.item_code, order.total, order.payment_method) == ("852997700", 1899, "現金")
    (message,) = Message.objects.all()
    assert (message.order, message.sender, message.state) == (order, "buyer", "unanswered")

    asked = claim_of("638358846")
    assert (asked.status_label(seeded), asked.order.buyer.name) == ("返品：撤回要請", "csマ")
    assert days_ago(deeds.open_attempt(asked).requested_at) == 2
    assert asked.reason == "選択事項変更"
    assert (asked.order.cart_number, asked.order.item_code) == ("210324412", "624712702")
    assert asked.order.delivery_company == "Qxpress"

    held = claim_of("639726483")
    assert (held.status_label(seeded), held.order.buyer.name) == ("返品：撤回保留", "金海燕")
    attempt = held.withdrawals.get()
    assert days_ago(attempt.ended_at) == 5
    assert attempt.get_rejection_reason_display() == "ショップ提案内容に同意不可"
    assert held.reason == "誤配達(サイズ、色)"
    assert (held.order.cart_number, held.order.item_code) == ("210658326", "522669948")


def test_deadlines_and_locks(seeded):
    asked = Claim.objects.filter(shop__code="AMUSE_official").effectively(Status.ASKED, now=seeded)
    until = {(claim.kind, last_day(claim.deadline_at) - TODAY) for claim in asked}
    day = timedelta(days=1)
    assert until == {("return", 4 * day), ("cancel", 6 * day), ("exchange", 0 * day)}
    held = Claim.objects.filter(status=Status.ON_HOLD)
    locks = {(claim.kind, claim.withdrawals.count(), locked_until(claim, seeded)) for claim in held}
    assert locks == {("return", 1, None), ("cancel", 1, TODAY + 4 * day), ("return", 3, None)}
    third = held.get(withdrawals__attempt=3)
    assert days_ago(third.withdrawals.get(attempt=3).ended_at) == 7
    assert third.order.buyer.name not in ("yunjee", "金海燕", "csマ")


def test_tonight_one_lapses(seeded):
    assert deeds.sweep(seeded).completed == 0
    assert deeds.sweep(japan("2021-07-13 23:59:59")).completed == 0
    assert deeds.sweep(japan("2021-07-14")).completed == 1
    check_invariants()


def test_the_others(seeded):
    amuse = Claim.objects.filter(shop__code="AMUSE_official")
    by_status = Counter(amuse.values_list("kind", "status"))
    assert (
        by_status[("return", Status.RETURN_AWAITING)] == by_status[("return", Status.RETURN_REFUNDING)] == 1
    )
    assert by_status[("non_receipt", Status.NOTICE_RECEIVED)] == 1
    assert by_status[("non_receipt", Status.NOTICE_CONFIRMED)] == 1
    over = amuse.filter(status=Status.WITHDRAWN)
    assert sorted(claim.withdrawals.get().outcome for claim in over) == [Outcome.ACCEPTED, Outcome.LAPSED]
    refunding = amuse.get(status=Status.RETURN_REFUNDING)
    assert list(refunding.events.values_list("action", flat=True).order_by("pk")) == [
        Action.FILED,
        Action.APPROVED,
        Action.COLLECTED,
        Action.REFUNDING,
    ]
    rivals = Claim.objects.filter(shop__code="RIVAL_store")
    assert rivals.count() == 2
    assert sum(by_status.values()) + rivals.count() == Claim.objects.count()


def test_no_claim_begins_in_the_middle(seeded):
    """Every status of the demo was come to by the verbs, as a shop comes to it."""
    begun = ClaimEvent.objects.filter(action=Action.FILED)
    assert {event.to_status for event in begun} <= set(FIRST.values())
    assert begun.count() == Claim.objects.count()


def test_nothing_happened_in_the_future_and_the_log_is_in_order(seeded):
    for claim in Claim.objects.all():
        times = [event.at for event in claim.events.order_by("pk")]
        assert times == sorted(times)
        assert times[-1] <= seeded
        assert claim.order.ordered_at <= claim.requested_at
    check_invariants()


def test_the_cast_of_the_demo(seeded):
    assert {shop.code for shop in Shop.objects.all()} == {"AMUSE_official", "RIVAL_store"}
    assert set(User.objects.values_list("username", flat=True)) == {"amuse", "rival", "operator", "yunjee"}
    assert all(user.check_password(guide_orders.PASSWORD) for user in User.objects.all())
    assert User.objects.get(is_superuser=True).username == "operator"
    amuse = Member.objects.get(user__username="amuse")
    assert {claim.shop.code for claim in access.claims_of_shop(amuse)} == {"AMUSE_official"}


def test_only_the_mails_of_open_requests_are_still_to_go(seeded):
    pending = Notice.objects.filter(mail=Notice.Mail.PENDING)
    assert {notice.event.action for notice in pending} == {Action.ASKED}
    assert pending.count() == Claim.objects.effectively(Status.ASKED, now=seeded).count() == 4


def test_a_public_password_is_for_the_demo_only(db, settings):
    settings.PLAYGROUND = False
    with pytest.raises(CommandError):
        guide_orders.seed(now=japan("2021-07-13 10:00"))
    assert not User.objects.exists()
