"""WHETHER and WHEN a buyer may file, and the verb that files (SPEC 2, 6)."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from claims import access, deadlines, files, filing, reasons, transitions
from claims.access import Actor
from claims.models import Channel, Claim
from claims.moves import FIRST, ActorKind
from claims.reasons import FAULTS, REASONS, Fault, NonReceipt, Pickup, Reason, Remedy
from claims.statuses import FACTS, OPEN, REFUNDED_IN_FULL, Kind, Status
from claims.transitions import Refused
from messaging.models import Notice
from tests import deeds
from tests.clock import NOW, japan
from tests.invariants import check_invariants
from tests.pictures import upload

TODAY = date(2021, 7, 13)
DAY = timedelta(days=1)


@pytest.fixture
def an_order(an_order):
    """An order of two pieces that was delivered today, unless told otherwise."""

    def write(**fields):
        return an_order(**{"shipped_on": TODAY - 2 * DAY, "delivered_on": TODAY, "quantity": 2, **fields})

    return write


def codes(order, kind, now=NOW):
    return [blocker.code for blocker in filing.blockers(order, kind, now=now)]


def until(order, kind=Kind.RETURN, now=NOW):
    return filing.of(order, kind, now=now).until


def request(order, kind=Kind.RETURN, now=NOW, by=None, **details):
    """The buyer files, with what the form of `kind` asks for."""
    given = {"reason": REASONS[kind][0], "text": "", "quantity": 1}
    if kind in (Kind.RETURN, Kind.EXCHANGE):
        given["pickup"] = Pickup.WILL_SEND
    if kind == Kind.NON_RECEIPT:
        given |= {"non_receipt": NonReceipt.ALL, "remedy": Remedy.RESEND}
    by = by or access.as_buyer(order.buyer, signed_in=True)
    return transitions.request_claim(order, kind=kind, by=by, now=now, **(given | details))


def refusals(order, kind=Kind.RETURN, now=NOW, **details):
    """The codes with which filing is refused, and that nothing was written."""
    before = Claim.objects.count()
    with pytest.raises(Refused) as refused:
        request(order, kind, now, **details)
    assert Claim.objects.count() == before
    return [reason.code for reason in refused.value.reasons]


# --- the reasons -------------------------------------------------------------------------------------


def test_every_reason_can_be_chosen_for_some_kind_and_each_kind_ends_with_other():
    assert {reason for chosen in REASONS.values() for reason in chosen} == set(Reason)
    assert all(chosen[-1] == Reason.OTHER for chosen in REASONS.values())
    assert set(REASONS) == set(Kind)


def test_whose_fault_is_known_of_all_but_two():
    assert set(Reason) - set(FAULTS) == {Reason.NOT_RECEIVED, Reason.OTHER}


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("注文キャンセル", "購入者"),
        ("選択事項変更", "購入者"),
        ("誤配達(サイズ、色)", "出品者"),
        ("商品不良・破損", "出品者"),
        ("配送中の破損", "配送会社"),
        ("紛失", "配送会社"),
    ],
)
def test_the_guides_reasons_and_their_faults(reason, fault):
    (found,) = [one for one in Reason if one.label == reason]
    assert FAULTS[found].label == fault


@pytest.mark.parametrize("kind", list(Kind))
def test_the_form_offers_each_reason_once(kind):
    offered = [value for _title, choices in reasons.by_fault(kind) for value, _label in choices]
    assert sorted(offered) == sorted(REASONS[kind])


# --- how long 返品 and 交換 can be filed -------------------------------------------------------------

ASKED_AND_ENDED = {
    "the same day": ("2021-07-14 10:00", "2021-07-14 18:00", ["07-14"]),
    "over midnight": ("2021-07-14 23:59:59", "2021-07-15 00:00:01", ["07-14", "07-15"]),
    "ended at midnight": ("2021-07-14 10:00", "2021-07-15 00:00", ["07-14"]),
    "lapsed": (
        "2021-07-14 10:00",
        "2021-07-21 00:00",
        ["07-14", "07-15", "07-16", "07-17", "07-18", "07-19", "07-20"],
    ),
    "at once": ("2021-07-14 00:00", "2021-07-14 00:00", ["07-14"]),
    "over the year's end": ("2021-12-31 10:00", "2022-01-01 10:00", ["12-31", "01-01"]),
}


@pytest.mark.parametrize(("asked", "ended", "days"), ASKED_AND_ENDED.values(), ids=ASKED_AND_ENDED)
def test_the_days_on_which_a_request_was_open(asked, ended, days):
    found = deadlines.days_open(japan(asked), japan(ended))
    assert sorted(found) == [date(2022 if day < "07" else 2021, *map(int, day.split("-"))) for day in days]


def days(*numbers):
    return {date(2021, 7, number) for number in numbers}


ENDS = {
    "delivered 7/13": (date(2021, 7, 13), (), "2021-07-20"),
    "a request from 7/14 to 7/16": (date(2021, 7, 13), days(14, 15, 16), "2021-07-23"),
    "a request on the day of delivery": (date(2021, 7, 13), days(13), "2021-07-21"),
    "a request on the last day": (date(2021, 7, 13), days(19), "2021-07-21"),
    "a request on the day after": (date(2021, 7, 13), days(20), "2021-07-20"),
    "a request before the delivery": (date(2021, 7, 13), days(10, 11, 12), "2021-07-20"),
    "two requests, with days between": (date(2021, 7, 13), days(14, 15, 18, 21), "2021-07-24"),
    "over a leap day": (date(2024, 2, 25), (), "2024-03-03"),
    "over the year's end": (date(2025, 12, 28), (), "2026-01-04"),
}


@pytest.mark.parametrize(("delivered", "not_counted", "end"), ENDS.values(), ids=ENDS)
def test_the_instant_at_which_filing_ends(delivered, not_counted, end):
    assert deadlines.filing_end(delivered, not_counted) == japan(end)


def test_how_many_days_is_a_setting(settings):
    settings.FILING_DAYS = 14
    assert deadlines.filing_end(TODAY) == japan("2021-07-27")


@pytest.mark.parametrize("kind", [Kind.RETURN, Kind.EXCHANGE])
@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2021-07-12 23:59:59", ["not_delivered"]),
        ("2021-07-13 00:00", []),
        ("2021-07-19 23:59:59", []),
        ("2021-07-20 00:00", ["too_late"]),
    ],
)
def test_a_return_can_be_filed_for_seven_days_the_day_of_delivery_the_first(an_order, kind, now, expected):
    order = an_order()
    assert codes(order, kind, japan(now)) == expected
    if not expected:
        assert until(order, kind) == date(2021, 7, 19)


def test_the_refusals_name_the_days(an_order):
    order = an_order()
    texts = {
        (kind, now): " ".join(reason.text for reason in filing.blockers(order, kind, now=japan(now)))
        for kind, now in ((Kind.RETURN, "2021-07-20"), (Kind.CANCEL, "2021-07-13"))
    }
    assert "7/19(月)で終わりました" in texts[Kind.RETURN, "2021-07-20"]
    assert "7/11(日)に発送済み" in texts[Kind.CANCEL, "2021-07-13"]


def test_days_under_open_requests_of_all_the_orders_claims_do_not_count(an_order):
    order = an_order()
    first = deeds.file(order, Status.RETURN_REQUESTED)
    deeds.ask(first, japan("2021-07-14 10:00"))
    deeds.accept(first, japan("2021-07-16 10:00"))  # 14, 15, 16
    assert until(order) == date(2021, 7, 22)
    second = deeds.file(order, Status.EXCHANGE_REQUESTED, japan("2021-07-16 12:00"))
    deeds.ask(second, japan("2021-07-16 13:00"))
    deeds.cancel(second, japan("2021-07-17 10:00"))  # 16 again, and 17
    deeds.drop(second, japan("2021-07-17 11:00"))
    assert until(order) == until(order, Kind.EXCHANGE) == date(2021, 7, 23)
    assert codes(order, Kind.RETURN, japan("2021-07-23 23:59:59")) == []
    assert codes(order, Kind.RETURN, japan("2021-07-24")) == ["too_late"]


def test_a_request_that_lapsed_counts_to_its_midnight_whether_or_not_it_was_swept(an_order):
    order = an_order()
    claim = deeds.file(order, Status.RETURN_REQUESTED)
    deeds.ask(claim, japan("2021-07-14 10:00"))  # open on 14 to 20
    lapsed = japan("2021-07-21")
    assert until(order, now=lapsed) == date(2021, 7, 26)
    assert codes(order, Kind.RETURN, lapsed) == []
    assert until(order, now=lapsed + 2 * DAY) == date(2021, 7, 26), "days unswept are not days of the request"
    deeds.sweep(lapsed + DAY)
    assert until(order, now=lapsed + DAY) == date(2021, 7, 26)


# --- キャンセル, 未受取 ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "cancel", "notice"),
    [
        ({"shipped_on": None, "delivered_on": None}, [], ["not_shipped"]),
        ({"shipped_on": TODAY, "delivered_on": None}, ["shipped"], []),
        ({"shipped_on": TODAY - 90 * DAY, "delivered_on": TODAY - 80 * DAY}, ["shipped"], []),
        ({"shipped_on": None, "delivered_on": TODAY}, ["shipped"], []),
        ({"shipped_on": TODAY + DAY, "delivered_on": None}, ["shipped"], ["not_shipped"]),
    ],
    ids=["not shipped", "shipped today", "delivered long ago", "delivered, no day of shipping", "tomorrow"],
)
def test_a_cancel_until_and_a_notice_from_the_day_of_shipping(an_order, fields, cancel, notice):
    order = an_order(**fields)
    assert (codes(order, Kind.CANCEL), codes(order, Kind.NON_RECEIPT)) == (cancel, notice)


# --- one open claim, and how many pieces -------------------------------------------------------------


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("status", list(Status))
def test_one_open_claim_at_a_time(an_order, a_claim, status, kind):
    open_kind = next(iter(FACTS[status].kinds), Kind.RETURN)
    claim = a_claim(status, kind=open_kind, order=an_order())
    assert ("claim_open" in codes(claim.order, kind)) is (status in OPEN)


@pytest.mark.parametrize("status", [status for status in Status if status not in OPEN])
def test_refunded_pieces_can_not_be_claimed_again(an_order, a_claim, status):
    order = an_order(quantity=3)
    a_claim(status, order=order, quantity=2)
    left = 1 if status in REFUNDED_IN_FULL else 3
    assert filing.of(order, Kind.RETURN, now=NOW).pieces == left
    assert refusals(order, quantity=left + 1) == ["quantity"]
    assert request(order, quantity=left).quantity == left


def test_what_is_refunded_whole_can_not_be_claimed_at_all(an_order, a_claim):
    order = an_order()
    a_claim(Status.RETURN_DONE, order=order, quantity=2)
    for kind in Kind:
        assert "all_refunded" in codes(order, kind)


# --- the verb ----------------------------------------------------------------------------------------

IN_TIME = {
    Kind.CANCEL: {"shipped_on": None, "delivered_on": None},
    Kind.RETURN: {},
    Kind.EXCHANGE: {},
    Kind.NON_RECEIPT: {"delivered_on": None},
}


@pytest.mark.parametrize("kind", list(Kind))
def test_a_claim_begins_in_its_first_status_and_the_shop_is_told(an_order, amuse, kind):
    order = an_order(**IN_TIME[kind])
    claim = request(order, kind, quantity=2, text="\u3000届いた箱が\nつぶれていました。 ")
    assert (claim.kind, claim.status, claim.quantity) == (kind, FIRST[kind], 2)
    assert claim.reason_text == "届いた箱が\nつぶれていました。"
    reason = claim.non_receipt_reason if kind == Kind.NON_RECEIPT else claim.reason
    assert reason == REASONS[kind][0].label
    assert claim.fault == ("" if kind == Kind.NON_RECEIPT else Fault.BUYER)
    assert bool(claim.pickup_method) is (kind in (Kind.RETURN, Kind.EXCHANGE))
    assert [event.action for event in claim.events.all()] == ["filed"]
    assert Notice.objects.filter(event__claim=claim, member=amuse, topic="filed").count() == 1
    check_invariants()


def test_a_notice_keeps_its_type_and_the_buyers_wish(an_order):
    claim = request(
        an_order(delivered_on=None), Kind.NON_RECEIPT, non_receipt=NonReceipt.PART, remedy=Remedy.REFUND
    )
    assert (claim.non_receipt_type, claim.non_receipt_wish) == ("一部未受取", "NC")


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"quantity": 0}, ["quantity"]),
        ({"quantity": 3}, ["quantity"]),
        ({"quantity": 10**30}, ["quantity"]),
        ({"reason": Reason.OTHER, "text": " \n"}, ["detail_missing"]),
        ({"text": "理" * 1001}, ["reason_long"]),
    ],
)
def test_what_the_verb_refuses(an_order, details, expected):
    assert refusals(an_order(), **details) == expected


@pytest.mark.parametrize("details", [{"text": "理" * 1000}, {"reason": Reason.OTHER, "text": "理"}])
def test_what_it_just_takes(an_order, details):
    assert request(an_order(), **details).reason_text == details["text"]


@pytest.mark.parametrize("kind", [Kind.CANCEL, Kind.RETURN])
def test_the_verb_reads_the_same_rule_as_the_page(an_order, kind):
    order, late = an_order(), japan("2021-07-20")
    assert refusals(order, kind, late) == codes(order, kind, late)


def test_nobody_files_but_the_orders_buyer_signed_in(an_order, amuse, csma, operator):
    order, of_csma = an_order(), an_order(buyer=csma)
    for by in (
        access.as_seller(amuse),
        access.as_buyer(order.buyer, signed_in=False),
        Actor(ActorKind.BUYER, Channel.MYQOO10, operator),
    ):
        with pytest.raises(PermissionDenied):
            request(order, by=by)
    with pytest.raises(PermissionDenied):
        request(of_csma, by=access.as_buyer(csma, signed_in=False))
    assert not Claim.objects.exists()


def test_after_a_withdrawal_he_files_anew_while_he_may(an_order):
    order = an_order()
    first = request(order)
    assert refusals(order) == ["claim_open"]
    deeds.drop(first)
    second = request(order, Kind.EXCHANGE)
    assert [first.number, second.number] == [f"{order.number}-1", f"{order.number}-2"]
    assert second.unlock_at is None, "a new claim starts clean"


def test_what_has_lapsed_unswept_is_completed_and_is_not_in_the_way(an_order):
    order = an_order()
    first = request(order)
    deeds.ask(first, NOW)
    lapsed = japan("2021-07-20 00:00")
    second = request(order, now=lapsed)
    first.refresh_from_db()
    assert (first.status, first.completed_at, second.status) == (
        Status.WITHDRAWN,
        lapsed,
        Status.RETURN_REQUESTED,
    )
    check_invariants()


def test_his_photos_are_sent_with_the_claim_and_nothing_else(an_order, amuse):
    order, other = an_order(), an_order()
    buyer = access.as_buyer(order.buyer, signed_in=True)

    def photo(of=order, by=buyer):
        return files.keep(files.check(upload()), shop=of.shop, order=of, by=by, now=NOW)

    mine, kept, elsewhere, theirs = photo(), photo(), photo(other), photo(by=access.as_seller(amuse))
    claim = request(order, photos=[one.key for one in (mine, elsewhere, theirs)])
    assert [one.pk for one in claim.attachments.all()] == [mine.pk]
    assert claim.attachments.get().sent_at == NOW
    for one in (kept, elsewhere, theirs):
        one.refresh_from_db()
        assert (one.sent_at, one.claim) == (None, None)
