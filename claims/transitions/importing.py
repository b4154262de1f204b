"""The verb that takes what a file tells of orders and claims (取込)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from claims import deadlines, money
from claims.access import Actor
from claims.entries import Entry, Plan, instant, plan
from claims.models import Claim, ClaimEvent, Order
from claims.moves import Action, ActorKind
from claims.statuses import ENDED, LATE_OF, REFUNDED_IN_FULL, Kind, Status
from claims.transitions.lateness import make_late
from claims.transitions.move import Refused, new_event
from claims.transitions.refund import record_refund, yen_in_full
from claims.transitions.sweep import lapse
from qsm.accounts.models import Buyer, Shop

log = logging.getLogger(__name__)

IMPORTERS = {ActorKind.SELLER, ActorKind.OPERATOR}


@dataclass
class Seen:
    """What earlier rows of a file would have brought, for a check that writes nothing."""

    # New claims by their order, no more of them than the rows after them are compared with.
    orders: dict[str, tuple[tuple[Kind, Status, datetime], ...]] = field(default_factory=dict)
    moved: dict[int, Status] = field(default_factory=dict)


def check_entries(shop: Shop, entries: Sequence[Entry], *, now: datetime, seen: Seen) -> list[Plan]:
    """What taking `entries` at `now` would change, one plan each in their order; nothing is written."""
    plans: dict[int, Plan] = {}
    for wave in _waves(entries):
        orders, claims = _known(shop, wave, lock=False)
        for entry in wave:
            if entry.problems:
                plans[id(entry)] = Plan(entry)
                continue
            number, order = entry.number, orders.get(entry.number)
            brought = seen.orders.get(number, ())
            of_order = [*claims.get(number, ())]
            for facts in brought:
                of_order.append(_as_claim(_claim_number(number, of_order), *facts))
            for claim in of_order:
                if claim.pk in seen.moved:
                    claim.status, claim.late_at, claim.deadline_at = seen.moved[claim.pk], None, None
            known = order is None and number in seen.orders
            found = plan(entry, shop=shop, order=order, known=known, claims=of_order, now=now)
            plans[id(entry)] = found
            if not entry.problems:
                _remember(seen, found, now)
    return [plans[id(entry)] for entry in entries]


def _remember(seen: Seen, found: Plan, now: datetime) -> None:
    brought: tuple[tuple[Kind, Status, datetime], ...] = ()
    if found.new_claim and found.to and found.kind and found.entry.requested:
        brought = ((found.kind, found.to, instant(found.entry.requested, now=now)),)
    if found.new_order or brought:
        number = found.entry.number
        seen.orders[number] = seen.orders.get(number, ()) + brought
    elif found.to and found.found and found.found.pk:
        seen.moved[found.found.pk] = found.to


def _as_claim(number: str, kind: Kind, status: Status, requested_at: datetime) -> Claim:
    return Claim(number=number, kind=kind, status=status, requested_at=requested_at)


def _claim_number(number: str, claims: Sequence[Claim]) -> str:
    """The number of the claim after these of the order `number`."""
    return f"{number}-{len(claims) + 1}"


def take_entries(shop: Shop, entries: Sequence[Entry], *, by: Actor, now: datetime) -> list[Plan]:
    """Write what `entries` tell of orders and claims of `shop`, each good one, in one transaction.

    Returns a plan for each; where its entry has problems nothing of it was written. Every change of a claim
    is an event 取込 of `by`, who is a seller or an operator (else PermissionDenied). Nobody is told: what a
    file tells happened elsewhere. Rows that others change at the same time are tried once more, one by one.
    """
    if by.kind not in IMPORTERS:
        raise PermissionDenied
    before = {id(entry): list(entry.problems) for entry in entries}
    try:
        with transaction.atomic():
            plans: dict[int, Plan] = {}
            for wave in _waves(entries):
                plans |= {id(found.entry): found for found in _take_wave(shop, wave, by=by, now=now)}
    except (IntegrityError, OperationalError, Refused):
        # A claim was filed, or a row was locked, between our look and our hand.
        for entry in entries:
            entry.problems[:] = before[id(entry)]
        return [_take_alone(shop, entry, by=by, now=now) for entry in entries]
    return [plans[id(entry)] for entry in entries]


def _take_alone(shop: Shop, entry: Entry, *, by: Actor, now: datetime) -> Plan:
    try:
        with transaction.atomic():
            return _take_wave(shop, [entry], by=by, now=now)[0]
    except Refused as refused:
        for reason in refused.reasons:
            entry.says("status", reason.text)
    except (IntegrityError, OperationalError) as error:
        entry.says("number", _why_not_written(error))
    return Plan(entry)


def _why_not_written(error: DatabaseError) -> str:
    """In words; trying again helps where somebody was faster, not where a constraint forbids the row.

    The log gets no more than the constraint's name, or the error's: PostgreSQL's DETAIL holds personal data.
    """
    cause = error.__cause__
    constraint = getattr(getattr(cause, "diag", None), "constraint_name", None)
    lost = isinstance(error, OperationalError) or isinstance(cause, UniqueViolation)
    log.log(
        logging.WARNING if lost else logging.ERROR,
        "a row of a file was not written: %s",
        constraint or type(cause).__name__,
    )
    if lost:
        return _("ほかの操作と重なりました。もう一度取り込んでください。")
    return _("この行は登録できませんでした。お手数ですが、運営へお問い合わせください。")


def _waves(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The entries in their order, cut so that in each part every order comes once."""
    rest = list(entries)
    while rest:
        wave: dict[str, Entry] = {}
        later = []
        for entry in rest:
            if entry.problems:  # not understood: of no order
                wave[f"\0{entry.line}"] = entry
            elif entry.number in wave:
                later.append(entry)
            else:
                wave[entry.number] = entry
        yield list(wave.values())
        rest = later


def _known(
    shop: Shop, wave: Sequence[Entry], *, lock: bool
) -> tuple[dict[str, Order], dict[str, list[Claim]]]:
    """The orders that the entries name, and the claims on those of `shop`, oldest first.

    Orders of other shops come too, to be refused; never locked: a file holds up nobody else's shop.
    """
    numbers = [entry.number for entry in wave if entry.number]
    claims: dict[str, list[Claim]] = {}
    last = ClaimEvent.objects.filter(claim=OuterRef("pk")).order_by("-at").values("at")[:1]
    rows = Claim.objects.filter(order__number__in=numbers, shop=shop)
    rows = rows.select_related("order__buyer__user", "shop")
    filed = ClaimEvent.objects.filter(claim=OuterRef("pk"), action=Action.FILED)
    rows = rows.annotate(changed_at=Subquery(last), filed_here=Exists(filed))
    if lock:
        rows = rows.select_for_update(of=("self",))
    for claim in rows.order_by("pk"):
        claims.setdefault(claim.order.number, []).append(claim)
    named = Order.objects.filter(number__in=numbers).select_related("buyer", "shop").order_by("pk")
    if lock:
        own = {order.number: order for order in named.filter(shop=shop).select_for_update(of=("self",))}
        return own | {order.number: order for order in named.exclude(shop=shop)}, claims
    return {order.number: order for order in named}, claims


def _take_wave(shop: Shop, wave: Sequence[Entry], *, by: Actor, now: datetime) -> list[Plan]:
    orders, claims = _known(shop, wave, lock=True)
    plans = []
    for entry in wave:
        order, of_order = orders.get(entry.number), claims.get(entry.number, [])
        if entry.problems:
            plans.append(Plan(entry))
        else:
            plans.append(plan(entry, shop=shop, order=order, known=False, claims=of_order, now=now))
    good = [found for found in plans if found.changes and not found.entry.problems]
    _settle([claim for found in good for claim in claims.get(found.entry.number, [])], now)
    _write_orders(shop, good, orders, now)
    filed = _file(good, orders, claims, now)
    events = [
        _event(claim, found, "", by=by, at=claim.completed_at or now, now=now) for found, claim in filed
    ]
    ended = [(found, claim) for found, claim in filed if _owes(found)]
    for found in good:
        if not found.new_claim:
            of_order = claims.get(found.entry.number, [])
            claim = found.found or (of_order[-1] if of_order else None)
            if claim is not None:
                before = claim.status
                _move(found, claim, now)
                at = claim.completed_at if found.to in ENDED and claim.completed_at else now
                events.append(_event(claim, found, before, by=by, at=at, now=now))
                ended += [(found, claim)] if _owes(found) else []
    ClaimEvent.objects.bulk_create(events)
    for found, claim in ended:
        if not found.new_order:
            record_refund(claim, yen_in_full(claim) if found.refund is None else found.refund)
    return plans


def _settle(claims: Sequence[Claim], now: datetime) -> None:
    """Complete and call late first what is so already at `now`: no verb overtakes the clock."""
    if lapsed := [claim for claim in claims if claim.has_lapsed(now)]:
        lapse(lapsed, now=now)
    if overdue := [claim for claim in claims if claim.is_overdue(now)]:
        make_late(overdue, now=now)
    for claim in {claim.pk: claim for claim in (*lapsed, *overdue)}.values():
        claim.refresh_from_db(fields=["status", "status_before", "late_at", "deadline_at", "completed_at"])


def _write_orders(shop: Shop, good: Sequence[Plan], orders: dict[str, Order], now: datetime) -> None:
    new = [found for found in good if found.new_order]
    unknown = [(found, Buyer(name=found.entry.buyer)) for found in new]
    known = _buyers_by_mail(new)
    buyers = {id(found): known.get((found.entry.buyer, found.entry.mail), buyer) for found, buyer in unknown}
    Buyer.objects.bulk_create(buyer for buyer in buyers.values() if buyer.pk is None)
    made = []
    for found in new:
        entry = found.entry
        if entry.ordered is None:
            raise ValueError(f"an order without a day: line {entry.line}")
        made.append(
            Order(
                shop=shop,
                buyer=buyers[id(found)],
                number=entry.number,
                ordered_at=instant(entry.ordered, now=now),
                refunded=_owed_at_once(found),
                **entry.order,
            )
        )
    orders.update({order.number: order for order in Order.objects.bulk_create(made)})
    for found in good:
        if found.order:
            Order.objects.filter(pk=orders[found.entry.number].pk).update(**found.order)


def _buyers_by_mail(new: Sequence[Plan]) -> dict[tuple[str, str], Buyer]:
    """Those buyers whom name and mail address name both; a file makes nobody's address known."""
    mails = {found.entry.mail for found in new if found.entry.mail}
    if not mails:
        return {}
    found = Buyer.objects.filter(email__in=mails) | Buyer.objects.filter(user__email__in=mails)
    known = {}
    for buyer in found.select_related("user").order_by("-pk"):
        for mail in (buyer.email, buyer.user.email if buyer.user else ""):
            known[buyer.name, mail.lower()] = buyer
    return known


def _owed_at_once(found: Plan) -> int:
    """Yen refunded of an order that comes with a claim that gave something back."""
    if not _owes(found):
        return 0
    if found.refund is not None:
        return found.refund
    quantity = found.entry.order.get("quantity", 1)
    return money.full_refund(
        total=found.entry.order["total"],
        quantity=quantity,
        claimed=min(found.claim.get("quantity", 1), quantity),
        returned=0,
        refunded=0,
    )


def _owes(found: Plan) -> bool:
    return found.to in REFUNDED_IN_FULL | {Status.PARTIALLY_REFUNDED}


def _file(
    good: Sequence[Plan], orders: dict[str, Order], claims: dict[str, list[Claim]], now: datetime
) -> list[tuple[Plan, Claim]]:
    """Write the new claims, in whatever status they are."""
    filed = []
    for found in good:
        if not found.new_claim or found.to is None or found.entry.requested is None or found.kind is None:
            continue
        order = orders[found.entry.number]
        requested_at = instant(found.entry.requested, now=now)
        claim = Claim(
            order=order,
            number=_claim_number(order.number, claims.get(order.number, ())),
            shop_id=order.shop_id,
            ordered_at=order.ordered_at,
            kind=found.kind,
            status=found.to,
            requested_at=requested_at,
            completed_at=found.completed_at,
            late_at=deadlines.late(requested_at) if found.to in LATE_OF else None,
            paused_from=Status.RETURN_COLLECTED if found.to == Status.RETURN_HELD else "",
            approved_at=now if found.to == Status.EXCHANGE_APPROVED else None,
            refund=order.refunded if found.new_order and _owes(found) else None,
            **found.claim,
        )
        filed.append((found, claim))
    Claim.objects.bulk_create(claim for _found, claim in filed)
    return filed


def _move(found: Plan, claim: Claim, now: datetime) -> None:
    """Bring a locked claim to where the row says it is; the conditional update is the lock's last word."""
    changes = dict(found.claim) if found.found else {}
    if found.to:
        held = found.to == Status.RETURN_HELD
        refunding = claim.status == Status.RETURN_REFUNDING
        changes |= {
            "status": found.to,
            "completed_at": found.completed_at,
            "late_at": claim.late_at if found.to in LATE_OF and claim.status in LATE_OF else None,
            "paused_from": (claim.status if refunding else Status.RETURN_COLLECTED) if held else "",
        }
        if found.to == Status.EXCHANGE_APPROVED:
            changes["approved_at"] = now
    if changes and Claim.objects.filter(pk=claim.pk, status=claim.status).update(**changes) != 1:
        raise RuntimeError(f"claim {claim.pk} moved while it was locked")
    for name, value in changes.items():
        setattr(claim, name, value)


def _event(claim: Claim, found: Plan, before: str, *, by: Actor, at: datetime, now: datetime) -> ClaimEvent:
    return new_event(
        claim,
        Action.IMPORTED,
        by=by,
        from_status=before,
        to_status=claim.status,
        at=at,
        recorded_at=now,
    )
