"""What claims' templates may show of messaging: the N mark and the buyer's Qポスト."""

import re
from datetime import datetime

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.http import QueryDict
from django.utils.translation import gettext as _

from claims.models import Order
from messaging import conversation, notices, translation
from messaging.models import Language, Message, Notice
from qsm.accounts.models import Buyer, Shop

register = template.Library()

QPOST_SHOWN = 50
KANA = re.compile(r"[ぁ-ゖァ-ヺ]")
POSTS_SHOWN = 5


@register.simple_tag
def unanswered(order: Order) -> int:
    """How many messages of the order's buyer wait for an answer (SPEC 4.3: N)."""
    return Message.objects.filter(order=order).unanswered().count()


@register.simple_tag
def unanswered_of_shop(shop: Shop) -> int:
    """How many buyers' messages to the shop wait for an answer."""
    return Message.objects.of_shop(shop).unanswered().count()


@register.simple_tag
def last_written(order: Order) -> Message | None:
    """The shop's newest message to the order's buyer: when he was last told (the guide: 事前に顧客へ案内)."""
    return order.messages.filter(sender=Message.Sender.SHOP).first()


@register.simple_tag
def thread(order: Order) -> Page[Message]:
    """The newest messages of the order: the first page of its thread."""
    return conversation.thread(order)


@register.simple_tag
def unread_of_buyer(buyer: Buyer) -> int:
    """What the buyer has not opened: messages of shops, and Qポスト about anything else."""
    written = Message.objects.filter(order__buyer=buyer, sender=Message.Sender.SHOP, seen_at__isnull=True)
    told = Notice.objects.filter(buyer=buyer, message__isnull=True).unread()
    return written.count() + told.count()


@register.simple_tag
def qpost(buyer: Buyer) -> list[Notice]:
    """The buyer's newest notices; `my_posts` lists all of them."""
    return list(Notice.objects.filter(buyer=buyer).with_causes()[:POSTS_SHOWN])


@register.simple_tag
def qpost_unread(buyer: Buyer) -> int:
    """How many of the buyer's notices he has not opened."""
    return Notice.objects.filter(buyer=buyer).unread().count()


@register.simple_tag
def parked_mails() -> int:
    """How many mails were given up and wait for an operator."""
    return Notice.objects.parked().count()


@register.filter
def is_new(message: Message) -> bool:
    """Whether a buyer wrote it and nobody of the shop has opened it."""
    return message.sender == Message.Sender.BUYER and message.seen_at is None


@register.filter
def waited(since: datetime, now: datetime) -> str:
    """How long somebody has waited: 2日3時間, 3時間12分, 12分."""
    minutes = max(int((now - since).total_seconds() // 60), 0)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return _("%(days)s日%(hours)s時間") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)s時間%(minutes)s分") % {"hours": hours, "minutes": rest}
    return _("%s分") % rest


@register.filter
def with_state(query: str, state: str) -> str:
    """An address's query that asks for messages in `state`, whatever it asked for."""
    said = QueryDict(query.removeprefix("?"), mutable=True)
    said["state"] = state
    return f"?{said.urlencode()}"


@register.filter
def subject(notice: Notice) -> str:
    """The notice's subject in the reader's language."""
    return notices.subject(notice)


@register.filter
def text(notice: Notice) -> str:
    """The notice's text in the reader's language."""
    return notices.text(notice)


@register.filter
def order_number(notice: Notice) -> str:
    """注文番号 of what the notice is about; empty where it is about no order."""
    return str(notices.fields(notice).get("order", ""))


@register.filter
def path(notice: Notice) -> str:
    """Where the notice's reader goes on."""
    return notices.path(notice)


@register.simple_tag
def translation_engine() -> bool:
    """Whether 翻訳する has an engine behind it."""
    return bool(settings.TRANSLATOR)


@register.simple_tag
def how_to_translate() -> str:
    """Why 翻訳する cannot be pressed, and how its engine is set."""
    return translation.no_engine().text


@register.simple_tag
def languages_for(message: Message, chosen: str | None = None) -> list[tuple[str, str, bool]]:
    """Value and label of each language, and whether it is the one at hand: ENGLISH for Japanese, else JAPANESE."""
    likely = Language.ENGLISH if KANA.search(message.title + message.body) else Language.JAPANESE
    at_hand = chosen if chosen in Language.values else likely
    return [(value, label, value == at_hand) for value, label in Language.choices]
