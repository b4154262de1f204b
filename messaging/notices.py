"""The words of every notice, one registry; and who is told of what (SPEC 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims import deadlines, links
from claims.eligibility import day
from claims.models import ClaimEvent
from claims.moves import Action, ActorKind
from messaging.models import Notice
from qsm.accounts.models import Member

TO_BUYER, TO_SHOP = "buyer", "shop"


@dataclass(frozen=True)
class Words:
    """A notice's subject and text; the fields are those of `fields()`."""

    subject: Promise | str
    text: Promise | str


_ASK = _(
    "%(shop)s から、%(kind)sの申請を取り下げてほしいとのお願い（%(attempt)s回目）が届いています。\n\n"
    "注文番号: %(order)s\n商品: %(item)s\nショップの理由:\n%(reason)s\n\n"
    "回答期限: %(last_day)s 24:00\n"
    "期限までに回答がない場合、%(over_day)s 0:00 に%(kind)sの申請は自動で取り下げられます。\n\n"
    "下のページで、同意するか拒否するかをお選びください（開いただけでは何も変わりません）。"
)

WORDS: dict[tuple[str, str], Words] = {
    (Action.ASKED, TO_BUYER): Words(_("【要回答】%(order)s %(kind)sの撤回要請（%(last_day)sまで）"), _ASK),
    (Action.REPEATED, TO_BUYER): Words(
        _("【要回答】%(order)s %(kind)sの撤回の再要請（%(last_day)sまで）"), _ASK
    ),
    (Action.CANCELLED, TO_BUYER): Words(
        _("%(order)s %(kind)sの撤回要請は取り消されました"),
        _(
            "%(shop)s が撤回要請を取り消しました。回答の必要はありません。"
            "%(kind)sの申請はそのまま続いています。\n\n注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Action.LAPSED, TO_BUYER): Words(
        _("%(order)s %(kind)sの申請は自動で取り下げられました"),
        _(
            "回答期限までに回答がなかったため、%(over_day)s 0:00 に%(kind)sの申請は自動で取り下げられました。\n\n"
            "注文番号: %(order)s\n商品: %(item)s\nショップ: %(shop)s"
        ),
    ),
    (Action.APPROVED, TO_BUYER): Words(
        _("%(order)s %(kind)sが承認されました"),
        _("%(shop)s が%(kind)sの申請を承認しました。\n\n注文番号: %(order)s\n商品: %(item)s"),
    ),
    (Action.FILED, TO_SHOP): Words(
        _("%(order)s %(kind)sの申請が届きました"),
        _("%(buyer)s 様から%(kind)sの申請が届きました。\n\n注文番号: %(order)s\n商品: %(item)s"),
    ),
    (Action.ACCEPTED, TO_SHOP): Words(
        _("%(order)s 撤回要請に同意がありました（撤回完了）"),
        _(
            "%(buyer)s 様が%(kind)sの撤回に同意しました。クレームは撤回完了です。\n\n"
            "注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Action.REJECTED, TO_SHOP): Words(
        _("%(order)s 撤回要請が拒否されました（撤回保留）"),
        _(
            "%(buyer)s 様が%(kind)sの撤回を拒否しました。\n拒否理由: %(rejection)s\n\n"
            "再要請は%(unlock_day)sからできます。事前にお客様へご案内ください。\n\n"
            "注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Action.LAPSED, TO_SHOP): Words(
        _("%(order)s 撤回要請が自動で完了しました（撤回完了）"),
        _(
            "撤回期限までに%(buyer)s 様から応答がなかったため、%(over_day)s 0:00 に自動で撤回完了となりました。\n\n"
            "注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Action.DROPPED, TO_SHOP): Words(
        _("%(order)s %(kind)sの申請が取り下げられました（撤回完了）"),
        _("%(buyer)s 様が%(kind)sの申請を取り下げました。\n\n注文番号: %(order)s\n商品: %(item)s"),
    ),
}


def sides_told(event: ClaimEvent) -> list[str]:
    """Whom `event` is told: each side that did not do it; automatic ones tell both (SPEC 5)."""
    sides = {ActorKind.BUYER: [TO_SHOP], ActorKind.SELLER: [TO_BUYER]}.get(
        ActorKind(event.actor_kind), [TO_BUYER, TO_SHOP]
    )
    return [side for side in sides if (event.action, side) in WORDS]


def post(sender: Any, events: list[ClaimEvent], **kwargs: Any) -> None:
    """Write the notices of `events` in the transaction that wrote the events, and wake the sender after it.

    One per cause and reader: the key is unique, so telling twice posts once.
    """
    from messaging.tasks import wake

    shops = {event.claim.shop_id for event in events}
    members: dict[int, list[Member]] = {}
    for member in Member.objects.filter(shop__in=shops, user__is_active=True).exclude(user__email=""):
        members.setdefault(member.shop_id, []).append(member)
    notices = [
        notice
        for event in events
        for side in sides_told(event)
        for notice in _notices(event, side, members.get(event.claim.shop_id, []))
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    mailed = any(notice.mail == Notice.Mail.PENDING for notice in notices)
    waking = any(entry[1] is wake for entry in connection.run_on_commit)
    if mailed and not waking:
        # robust: a broker that is down may delay a notice, never fail the request (SPEC 5).
        transaction.on_commit(wake, robust=True)


def _notices(event: ClaimEvent, side: str, members: list[Member]) -> list[Notice]:
    at = event.recorded_at
    mailed = {"mail": Notice.Mail.PENDING, "next_attempt_at": at}
    if side == TO_BUYER:
        buyer = event.claim.order.buyer
        mail = mailed if buyer.mail_address else {}
        return [Notice(key=f"{event.pk}:buyer", event=event, buyer=buyer, created_at=at, **mail)]
    return [
        Notice(key=f"{event.pk}:shop", event=event, shop_id=event.claim.shop_id, created_at=at),
        *(
            Notice(key=f"{event.pk}:member:{member.pk}", event=event, member=member, created_at=at, **mailed)
            for member in members
        ),
    ]


def subject(notice: Notice) -> str:
    """The notice's subject in the active language."""
    return str(_words(notice).subject) % fields(notice)


def text(notice: Notice) -> str:
    """The notice's text in the active language, without an address."""
    return str(_words(notice).text) % fields(notice)


def mail_text(notice: Notice) -> str:
    """The mail's text: the notice, and the absolute address where its reader goes on."""
    return f"{text(notice)}\n\n{settings.PUBLIC_URL}{_mail_path(notice)}\n\n-- \nJ・QSM\n"


def path(notice: Notice) -> str:
    """Where the reader of the notice goes on inside the portal."""
    claim = notice.event.claim
    if not notice.buyer_id:
        return claim.get_absolute_url()
    if notice.event.withdrawal_id and notice.event.action in (Action.ASKED, Action.REPEATED):
        return reverse("withdrawal_request", args=[notice.event.withdrawal_id])
    return reverse("my_claim", args=[claim.number])


def fields(notice: Notice) -> dict[str, str | int]:
    """Everything the words may speak of; buyers' names masked (SPEC 5)."""
    event, claim = notice.event, notice.event.claim
    known: dict[str, str | int] = {
        "shop": claim.shop.name,
        "order": claim.order.number,
        "item": claim.order.item_title,
        "kind": claim.get_kind_display(),
        "buyer": claim.order.buyer.masked_name,
    }
    if withdrawal := event.withdrawal:
        last_day = deadlines.last_day(withdrawal.deadline_at)
        known |= {
            "attempt": withdrawal.attempt,
            "reason": withdrawal.reason,
            "last_day": day(last_day),
            "over_day": day(deadlines.day_in_japan(withdrawal.deadline_at)),
            "rejection": " ".join(
                filter(None, [withdrawal.get_rejection_reason_display(), withdrawal.rejection_text])
            ),
            "unlock_day": day(deadlines.day_in_japan(deadlines.unlock(event.at))),
        }
    return known


def _mail_path(notice: Notice) -> str:
    asked = notice.event.action in (Action.ASKED, Action.REPEATED)
    if notice.buyer_id and asked and notice.event.withdrawal_id:
        return reverse("withdrawal_link", args=[links.sign(notice.event.withdrawal_id)])
    return path(notice)


def _words(notice: Notice) -> Words:
    return WORDS[notice.event.action, TO_BUYER if notice.buyer_id else TO_SHOP]
