"""What claims' templates may show of messaging: the N mark and the buyer's Qポスト."""

import re

from django import template
from django.conf import settings

from claims.models import Order
from messaging import notices, translation
from messaging.models import Language, Message, Notice
from qsm.accounts.models import Buyer, Shop

register = template.Library()

QPOST_SHOWN = 50
KANA = re.compile(r"[ぁ-ゖァ-ヺ]")
POSTS_SHOWN = 5


@register.simple_tag
def unanswered(order: Order) -> int:
    """How many messages of the order's buyer wait for an answer (SPEC 4.3: N)."""
    return Message.objects.filter(
        order=order, sender=Message.Sender.BUYER, state=Message.State.UNANSWERED
    ).count()


@register.simple_tag
def unanswered_of_shop(shop: Shop) -> int:
    """How many buyers' messages to the shop wait for an answer."""
    return Message.objects.filter(
        order__shop=shop, sender=Message.Sender.BUYER, state=Message.State.UNANSWERED
    ).count()


@register.simple_tag
def last_written(order: Order) -> Message | None:
    """The shop's newest message to the order's buyer: when he was last told (the guide: 事前に顧客へ案内)."""
    return order.messages.filter(sender=Message.Sender.SHOP).first()


@register.simple_tag
def thread(order: Order) -> list[Message]:
    """The messages of the order, newest first."""
    return list(
        order.messages.select_related("order__buyer", "order__shop").prefetch_related("translations")[
            :QPOST_SHOWN
        ]
    )


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
