"""Days, statuses and parcels as the templates write them."""

from datetime import date, datetime

from django import template
from django.utils.translation import gettext as _

from claims import carriers, deadlines, money
from claims.eligibility import day
from claims.models import Claim, Order, Outcome, Reshipment, Withdrawal
from claims.statuses import Kind, Status, label

register = template.Library()
register.filter("day", day)
register.filter("yen", money.in_words)


@register.filter
def last_day(deadline: datetime) -> date:
    """撤回期限: the last day before `deadline`."""
    return deadlines.last_day(deadline)


@register.filter
def over_day(deadline: datetime) -> date:
    """The day on which `deadline` itself lies: 0:00 of it ends the request."""
    return deadlines.day_in_japan(deadline)


@register.filter
def time_left(deadline: datetime, now: datetime) -> str:
    """あと3日; on the last day hours and minutes."""
    days = deadlines.days_left(deadline, now)
    if days > 0:
        return _("あと%s日") % days
    minutes = max(int((deadline - now).total_seconds() // 60), 0)
    if minutes >= 60:
        return _("本日まで・あと%(hours)s時間%(minutes)s分") % {
            "hours": minutes // 60,
            "minutes": minutes % 60,
        }
    return _("まもなく終了・あと%s分") % minutes


@register.filter
def is_urgent(deadline: datetime, now: datetime) -> bool:
    """Whether today is the last day."""
    return deadlines.days_left(deadline, now) <= 0


@register.filter
def status_at(claim: Claim, now: datetime) -> str:
    """処理状態 at `now`: 「返品：撤回要請」."""
    return claim.status_label(now)


@register.filter
def tone(claim: Claim, now: datetime) -> str:
    """The colour of a status: waiting for the buyer, to be acted on, over."""
    status = claim.effective_status(now)
    if status == Status.ASKED:
        return "waiting"
    if status == Status.ON_HOLD:
        return "act"
    return "over" if status in (Status.WITHDRAWN, Status.PARTIALLY_REFUNDED) else "plain"


@register.filter
def completed_at(claim: Claim, now: datetime) -> datetime | None:
    """完了日 at `now`."""
    return claim.effectively_completed_at(now)


@register.filter
def refund_at(claim: Claim, now: datetime) -> int | None:
    """返金額 at `now`, in yen."""
    return claim.effective_refund(now)


@register.filter
def outcome_at(attempt: Withdrawal, now: datetime) -> str:
    """How an attempt stands at `now`, in words."""
    return str(Outcome(attempt.effective_outcome(now)).label)


@register.filter
def tracking_url(parcel: Order | Withdrawal | Reshipment) -> str:
    """The carrier's page for the parcel of an order, of a request's proof or a 再配送; may be empty."""
    return carriers.tracking_url(parcel.delivery_company, parcel.tracking_number)


@register.simple_tag
def status_label(kind: str, status: str) -> str:
    """処理状態 of a line of the log."""
    return label(kind, status) if status else ""


@register.simple_tag
def choice(kind: str, answer: str) -> str:
    """What the buyer's button says it does, `answer` being accept or reject (SPEC 6)."""
    accept, reject = {
        Kind.CANCEL: (_("キャンセルをやめて商品を受け取る（撤回に同意）"), _("キャンセルを続ける（拒否）")),
        Kind.RETURN: (_("返品をやめて商品を受け取る（撤回に同意）"), _("返品を続ける（拒否）")),
        Kind.EXCHANGE: (_("交換をやめて今の商品のままにする（撤回に同意）"), _("交換を続ける（拒否）")),
    }[Kind(kind)]
    return accept if answer == "accept" else reject


@register.simple_tag
def if_withdrawn(kind: str, offer: int | None = None) -> str:
    """What is left when the claim is withdrawn, and the offer owed, as a sentence to the buyer."""
    if offer:
        return {
            Kind.CANCEL: _("%s が返金され、注文はそのまま続いて商品が届きます。"),
            Kind.RETURN: _("%s が返金され、商品はお手元に残ります。"),
            Kind.EXCHANGE: _("%s が返金され、今の商品がお手元に残ります。"),
        }[Kind(kind)] % money.in_words(offer)
    return {
        Kind.CANCEL: _("注文はそのまま続き、商品が届きます。"),
        Kind.RETURN: _("返金はなく、商品はお手元に残ります。"),
        Kind.EXCHANGE: _("交換はなく、今の商品がお手元に残ります。"),
        Kind.NON_RECEIPT: _("未受取の申告は取り下げられます。"),
    }[Kind(kind)]
