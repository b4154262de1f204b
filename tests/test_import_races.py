"""取込 beside other hands on the real database: whose rows it holds, and what it says of a race it lost."""

import logging
import threading
import time
from functools import partial

import pytest
from django.db import IntegrityError, connection, connections, transaction

from claims import access, transitions
from claims.entries import Entry
from claims.models import Claim, Order
from claims.reasons import Pickup, Reason
from claims.statuses import Kind, Status
from claims.transitions import importing
from tests.clock import NOW
from tests.invariants import check_invariants
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
BUSY = "ほかの操作と重なりました。もう一度取り込んでください。"


def says(order, status=Status.RETURN_AWAITING, line=2):
    """A row that tells of a 返品 of today on this order."""
    return Entry(line=line, number=order.number, kind=Kind.RETURN, status=status, requested=NOW.date())


def take(member, *entries):
    return transitions.take_entries(member.shop, entries, by=access.as_seller(member), now=NOW)


def wait_for_a_lock():
    """Until another connection waits for a row of this transaction."""
    until = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    pytest.fail("nobody waits")


def beside(act):
    """Begin `act` on a connection of its own; gives what waits for its result."""
    results = []

    def run():
        try:
            results.append(act())
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()

    def result():
        thread.join(timeout=20)
        return results[0]

    return result


@pytest.mark.parametrize("model", [Claim, Order])
def test_a_file_locks_nothing_of_another_shop(amuse, rival, a_claim, model):
    theirs, ours = a_claim(seller=rival), a_claim()

    def free(claim):
        row = {"pk": claim.pk} if model == Claim else {"pk": claim.order_id}
        with transaction.atomic():
            return model.objects.select_for_update(skip_locked=True).filter(**row).exists()

    with transaction.atomic():
        foreign, _ours = take(amuse, says(theirs.order), says(ours.order))
        assert [problem.column for problem in foreign.entry.problems] == ["number"]
        assert race(partial(free, theirs), partial(free, ours)) == [True, False]


def test_a_claim_that_the_buyer_files_meanwhile_is_found_at_the_second_try(amuse, an_order):
    order = an_order(shipped_on=NOW.date(), delivered_on=NOW.date())
    wish = {"reason": Reason.DEFECT, "text": "", "quantity": 1, "pickup": Pickup.WILL_SEND}
    by = access.as_buyer(order.buyer, signed_in=True)
    exchange = Entry(line=2, number=order.number, kind=Kind.EXCHANGE, requested=NOW.date())
    exchange.status = Status.EXCHANGE_REQUESTED
    with transaction.atomic():
        transitions.request_claim(order, kind=Kind.RETURN, by=by, now=NOW, **wish)
        taken = beside(lambda: take(amuse, exchange))
        wait_for_a_lock()
    (plan,) = taken()
    assert [problem.text for problem in plan.entry.problems] == [
        "この注文には処理中の別のクレームがあります。"
    ]
    assert [claim.kind for claim in order.claims.all()] == [Kind.RETURN]
    check_invariants()


def test_a_row_that_stays_locked_is_told_and_the_others_are_taken(amuse, a_claim, caplog):
    held, free = a_claim(), a_claim()
    with transaction.atomic():
        Claim.objects.select_for_update().get(pk=held.pk)
        first, second = beside(lambda: take(amuse, says(held.order), says(free.order, line=3)))()
    assert [problem.text for problem in first.entry.problems] == [BUSY]
    assert not second.entry.problems
    assert [line.getMessage() for line in caplog.records if line.name == importing.__name__] == [
        "a row of a file was not written: LockNotAvailable"
    ]
    for claim, status in ((held, Status.RETURN_REQUESTED), (free, Status.RETURN_AWAITING)):
        claim.refresh_from_db()
        assert claim.status == status
    check_invariants()


def test_a_row_that_a_constraint_forbids_is_told_so_and_logged_by_the_constraints_name(
    amuse, a_claim, monkeypatch, caplog
):
    """Were a rule of ours to overlook something: trying again would not help, so nobody is told to."""
    claim = a_claim()

    def forgetful(found, claim, now):
        Claim.objects.filter(pk=claim.pk).update(status=Status.RETURN_DONE)

    monkeypatch.setattr(importing, "_move", forgetful)
    (plan,) = take(amuse, says(claim.order))
    (problem,) = plan.entry.problems
    assert problem.text != BUSY
    assert "運営" in problem.text
    (line,) = [line for line in caplog.records if line.name == importing.__name__]
    assert line.levelno == logging.ERROR
    assert line.getMessage() == "a row of a file was not written: claim_completed_when_ended"
    assert line.exc_info is None, "the database's DETAIL holds the row"
    check_invariants()


def test_a_file_against_a_buyer_who_files(amuse, an_order):
    """Whoever is faster, one claim stands, and the file hears of it."""
    for _round in range(10):
        order = an_order(shipped_on=NOW.date(), delivered_on=NOW.date())
        by = access.as_buyer(order.buyer, signed_in=True)
        wish = {"reason": Reason.DEFECT, "text": "", "quantity": 1, "pickup": Pickup.WILL_SEND}
        plans, requested = race(
            lambda order=order: take(amuse, says(order)),
            lambda order=order, by=by, wish=wish: transitions.request_claim(
                order, kind=Kind.RETURN, by=by, now=NOW, **wish
            ),
        )
        assert isinstance(plans, list), plans
        assert not isinstance(requested, IntegrityError)
        assert not plans[0].entry.problems, "it agrees with a claim of that day, or brings it"
        assert order.claims.count() == 1
    check_invariants()
