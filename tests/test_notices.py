"""Who is told of what, and in which words (SPEC 5)."""

import re

import pytest
from django.db import transaction

from claims import links
from claims.access import Actor
from claims.models import Channel, Claim, ClaimEvent, HoldReason, RejectionReason
from claims.moves import Action, ActorKind
from claims.signals import recorded
from claims.statuses import Kind, Status
from messaging import mails, notices
from messaging.models import Notice
from qsm.accounts.models import Buyer
from tests import deeds
from tests.clock import NOW, japan
from tests.invariants import check_invariants

LATER = japan("2021-07-14 09:00")
MIDNIGHT = japan("2021-07-20")
# What happens → the action in the log, and who is told: the side that did not do it, both if nobody did.
EVENTS = {
    "the buyer files": (Action.FILED, "shop", lambda c: c(Status.RETURN_REQUESTED)),
    "the shop asks": (Action.ASKED, "buyer", lambda c: c(Status.ASKED)),
    "the shop asks again": (
        Action.REPEATED,
        "buyer",
        lambda c: deeds.repeat(c(Status.ON_HOLD), japan("2021-07-18")),
    ),
    "the shop cancels": (Action.CANCELLED, "buyer", lambda c: deeds.cancel(c(Status.ASKED), LATER)),
    "the buyer accepts": (Action.ACCEPTED, "shop", lambda c: deeds.accept(c(Status.ASKED), LATER)),
    "the buyer rejects": (
        Action.REJECTED,
        "shop",
        lambda c: deeds.reject(c(Status.ASKED), LATER, RejectionReason.OTHER, "色が違います"),
    ),
    "the buyer drops the claim": (Action.DROPPED, "shop", lambda c: deeds.drop(c(), LATER)),
    "the marketplace settles it": (
        Action.SETTLED,
        "buyer shop",
        lambda c: deeds.settle(c(Status.RETURN_REFUNDING), LATER),
    ),
    "the buyer drops what is asked": (Action.ACCEPTED, "shop", lambda c: deeds.drop(c(Status.ASKED), LATER)),
    "the shop approves": (Action.APPROVED, "buyer", lambda c: deeds.approve(c(), LATER)),
    "the shop approves after all": (
        Action.APPROVED,
        "buyer",
        lambda c: deeds.approve(c(Status.ON_HOLD), LATER),
    ),
    "the goods are collected": (
        Action.COLLECTED,
        "buyer",
        lambda c: deeds.collect(c(Status.RETURN_AWAITING), LATER),
    ),
    "the refund begins": (
        Action.REFUNDING,
        "buyer",
        lambda c: deeds.start_refund(c(Status.RETURN_COLLECTED), LATER),
    ),
    "the refund is held": (Action.HELD, "buyer", lambda c: deeds.hold(c(Status.RETURN_REFUNDING), LATER)),
    "the refund is released": (
        Action.RELEASED,
        "buyer",
        lambda c: deeds.release(c(Status.RETURN_HELD), LATER),
    ),
    "the refund is done": (
        Action.REFUNDED,
        "buyer",
        lambda c: deeds.refund(c(Status.CANCEL_REFUNDING), LATER),
    ),
    "the parcel is sent again": (
        Action.RESENT,
        "buyer",
        lambda c: deeds.resend(c(Status.EXCHANGE_APPROVED), LATER),
    ),
    "the exchange is done": (
        Action.EXCHANGED,
        "buyer",
        lambda c: deeds.complete_exchange(c(Status.EXCHANGE_RESENDING), LATER),
    ),
    "the shop is late": (
        Action.LATE,
        "buyer shop",
        lambda c: (c(Status.NOTICE_RECEIVED), deeds.call_late(japan("2021-07-16"))),
    ),
    "nobody answers": (Action.LAPSED, "buyer shop", lambda c: (c(Status.ASKED), deeds.sweep(MIDNIGHT))),
}
CASES = [pytest.param(*case, id=name.replace(" ", "-")) for name, case in EVENTS.items()]


def last_notices():
    """The notices of the last event."""
    event = ClaimEvent.objects.latest("pk")
    return list(
        Notice.objects.filter(event=event).select_related("event__claim", "event__withdrawal").order_by("pk")
    )


def read(notice):
    """All that its reader reads: the mail, or what stands in the shop's box."""
    body = mails.compose(notice).body if notice.reader else notices.text(notice)
    return f"{notices.subject(notice)}\n{body}"


def side(notice):
    return "buyer" if notice.buyer_id else "shop"


@pytest.mark.parametrize(("action", "told", "happens"), CASES)
def test_each_side_that_did_not_do_it_is_told(a_claim, clerk, viewer, rival, action, told, happens):
    """The buyer by Qポスト and mail; the shop in its box and each of its members by mail; nobody else."""
    happens(a_claim)
    written = last_notices()
    assert {notice.event.action for notice in written} == {action}
    readers = [
        notice.buyer.name
        if notice.buyer
        else notice.member.user.username
        if notice.member
        else notice.shop.code
        for notice in written
    ]
    expected = {"buyer": ["yunjee"], "shop": ["AMUSE_official", "amuse", "clerk", "viewer"]}
    assert sorted(readers) == sorted(reader for each in told.split() for reader in expected[each])
    for notice in written:
        assert notice.mail == (Notice.Mail.NONE if notice.shop_id else Notice.Mail.PENDING)
        assert notice.created_at == notice.event.recorded_at
    check_invariants()


def test_every_word_of_the_registry_is_told_above():
    told = {(action, each) for action, sides, _happens in EVENTS.values() for each in sides.split()}
    assert {(topic, side) for topic, side in notices.WORDS if topic in Action.values} == told


@pytest.mark.parametrize(("action", "told", "happens"), CASES)
def test_every_text_is_whole(a_claim, csma, action, told, happens):
    """No field is missing, whoever reads it, for a buyer without an account too."""
    for buyer in (None, csma):
        happens(lambda *args, buyer=buyer, **kwargs: a_claim(*args, buyer=buyer, **kwargs))
        for notice in last_notices():
            text = read(notice)
            assert "%(" not in text
            assert "None" not in text
            assert notice.event.claim.order.number in text
            assert not notice.reader or "http://localhost:8000/" in text


@pytest.mark.parametrize(("action", "told", "happens"), CASES)
def test_a_shop_reads_masked_names_only(a_claim, yunjee, csma, action, told, happens):
    for buyer, shown in ((yunjee, "yun***"), (csma, "c***")):
        happens(lambda *args, buyer=buyer, **kwargs: a_claim(*args, buyer=buyer, **kwargs))
        for notice in last_notices():
            text = read(notice)
            if side(notice) == "shop":
                assert shown in text
                assert buyer.name not in text
            assert buyer.email not in text


# --- what the words say --------------------------------------------------------------------------


def notice_to(who):
    return next(notice for notice in last_notices() if side(notice) == who)


def test_a_refund_says_how_much_and_a_parcel_where_it_is(a_claim, an_order):
    claim = a_claim(Status.RETURN_REFUNDING, order=an_order(total=12345))
    deeds.refund(claim)
    text = notices.text(notice_to("buyer"))
    assert "返金額: 12,345円" in text
    assert "処理状態: 返品完了" in text
    deeds.resend(a_claim(Status.EXCHANGE_APPROVED))
    text = notices.text(notice_to("buyer"))
    assert "配送会社: ヤマト運輸\n送り状番号: 400012345678\n再配送日: 7/13(火)" in text


def test_a_held_refund_says_why(a_claim):
    deeds.hold(a_claim(Status.RETURN_COLLECTED), NOW, HoldReason.OTHER, "箱が\nつぶれています")
    assert "保留理由: その他 箱が\nつぶれています" in notices.text(notice_to("buyer"))


def test_the_request_says_until_when_why_and_what_silence_does(a_claim):
    claim = a_claim()
    deeds.ask(claim, japan("2021-07-29 15:00"), "すでに発送しております。\n50%の確率で届いています。")
    notice = notice_to("buyer")
    assert notices.subject(notice) == "【要回答】639113330 返品の撤回要請（8/4(水)まで）"
    text = notices.text(notice)
    for words in (
        "すでに発送しております。\n50%の確率で届いています。",
        "（1回目）",
        "回答期限: 8/4(水) 24:00",
        "期限までに回答がない場合、8/5(木) 0:00 に返品の申請は自動で取り下げられます",
        "開いただけでは何も変わりません",
    ):
        assert words in text


def test_the_repeat_says_which_attempt_it_is(a_claim):
    claim = a_claim(Status.ON_HOLD)
    deeds.repeat(claim, japan("2021-07-18 10:00"))
    notice = notice_to("buyer")
    assert "再要請（7/24(土)まで）" in notices.subject(notice)
    assert "（2回目）" in notices.text(notice)


def test_the_rejection_says_why_and_when_it_may_be_repeated(a_claim):
    deeds.reject(a_claim(Status.ASKED), NOW, RejectionReason.OTHER, "色が違います")
    text = notices.text(notice_to("shop"))
    assert "拒否理由: その他 色が違います" in text
    assert "再要請は7/18(日)からできます" in text


def test_an_automatic_end_says_since_when(a_claim):
    a_claim(Status.ASKED)
    deeds.sweep(japan("2021-07-27 03:00"))
    for who in ("buyer", "shop"):
        assert "7/20(火) 0:00" in notices.text(notice_to(who)), "the effective time, not the sweep's"


@pytest.mark.parametrize("kind", [Kind.CANCEL, Kind.RETURN, Kind.EXCHANGE])
def test_it_names_the_kind_of_the_claim(a_claim, kind):
    a_claim(Status.ASKED, kind=kind)
    assert f"{kind.label}の撤回要請" in notices.subject(notice_to("buyer"))


# --- where they lead -----------------------------------------------------------------------------


def test_the_mails_link_opens_this_attempt_and_the_mailbox_does_not_show_it(a_claim):
    claim = a_claim(Status.ON_HOLD)
    deeds.repeat(claim, japan("2021-07-18"))
    asked = Notice.objects.filter(buyer__isnull=False, event__action__in=["asked", "repeated"]).order_by("pk")
    seen = []
    for notice in asked:
        (token,) = re.findall(r"http://localhost:8000/r/([^/\s]+)/", mails.compose(notice).body)
        assert links.read(token) == notice.event.withdrawal_id
        seen.append(token)
        assert token not in notices.text(notice)
        assert notices.path(notice) == f"/myqoo10/requests/{notice.event.withdrawal_id}/"
    assert len(set(seen)) == 2


@pytest.mark.parametrize(("action", "told", "happens"), CASES)
def test_other_mails_lead_to_pages_behind_the_sign_in(a_claim, action, told, happens):
    happens(a_claim)
    claim = Claim.objects.get()
    for notice in last_notices():
        if side(notice) == "shop":
            assert notices.path(notice) == f"/shops/AMUSE_official/claims/{claim.number}/"
        elif action not in (Action.ASKED, Action.REPEATED):
            assert notices.path(notice) == f"/myqoo10/claims/{claim.number}/"
        else:
            continue
        assert "/r/" not in read(notice)
        if notice.reader:
            assert f"http://localhost:8000{notices.path(notice)}\n" in read(notice)


# --- once, and together with the change ----------------------------------------------------------


def test_telling_twice_posts_once(a_claim, clerk):
    a_claim(Status.ASKED)
    before = list(Notice.objects.order_by("pk").values())
    events = list(ClaimEvent.objects.all())
    recorded.send(sender=ClaimEvent, events=events)
    notices.post(ClaimEvent, events=events + events)
    assert list(Notice.objects.order_by("pk").values()) == before


def test_a_change_that_is_rolled_back_tells_nobody(a_claim):
    claim = a_claim()
    before = Notice.objects.count()
    with transaction.atomic():
        deeds.ask(claim)
        assert Notice.objects.count() > before
        transaction.set_rollback(True)
    assert Notice.objects.count() == before


def test_a_change_of_which_nobody_can_be_told_does_not_happen(a_claim):
    """The notice is part of the change."""
    claim = a_claim()

    def fail(**kwargs):
        raise RuntimeError

    recorded.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            deeds.ask(claim)
    finally:
        recorded.disconnect(fail)
    claim.refresh_from_db()
    assert claim.status == Status.RETURN_REQUESTED
    assert not claim.withdrawals.exists()
    check_invariants()


def test_what_the_operator_does_tells_both(a_claim, operator):
    event = a_claim(Status.ASKED).events.latest("pk")
    event.actor_kind = ActorKind.OPERATOR
    event.action = Action.LAPSED
    assert notices.sides_told(event) == ["buyer", "shop"]
    assert Actor(ActorKind.OPERATOR, Channel.ADMIN, operator).user == operator


# --- who gets mail -------------------------------------------------------------------------------


def test_who_left_or_has_no_address_gets_no_mail(a_claim, clerk, viewer):
    clerk.user.is_active = False
    clerk.user.save()
    viewer.user.email = ""
    viewer.user.save()
    a_claim()
    assert [notice.member.user.username for notice in last_notices() if notice.member] == ["amuse"]


def test_a_buyer_with_an_account_only_has_it_in_his_mailbox(a_claim, yunjee):
    Buyer.objects.filter(pk=yunjee.pk).update(email="")
    yunjee.user.email = ""
    yunjee.user.save()
    a_claim(Status.ASKED, buyer=yunjee)
    (notice,) = last_notices()
    assert (notice.buyer, notice.mail, notice.next_attempt_at) == (yunjee, Notice.Mail.NONE, None)


def test_the_accounts_address_stands_in_for_the_buyers(a_claim, yunjee):
    Buyer.objects.filter(pk=yunjee.pk).update(email="")
    yunjee.user.email = "account@example.com"
    yunjee.user.save()
    a_claim(Status.ASKED, buyer=yunjee)
    (notice,) = last_notices()
    assert mails.compose(notice).to == ["account@example.com"]


def test_a_notice_keeps_nothing_personal(a_claim, yunjee):
    a_claim(Status.ASKED)
    kept = str(list(Notice.objects.values()) + list(ClaimEvent.objects.values()))
    for words in ("yunjee", "example.com", deeds.REASON):
        assert words not in kept
