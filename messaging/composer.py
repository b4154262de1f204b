"""What the composer writes about, and the words it starts from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from claims.models import Order
from claims.statuses import Kind
from messaging import saved_texts as placeholders
from messaging.models import BODY_MAX, Category, Channel, SavedText
from qsm.accounts.models import Member

ABOUT = {
    Kind.CANCEL: Category.CANCEL,
    Kind.RETURN: Category.RETURN,
    Kind.EXCHANGE: Category.RETURN,
    Kind.NON_RECEIPT: Category.NON_RECEIPT,
}
REPEAT = "repeat"
# The guide, section 4: 撤回の再要請をする場合は事前に顧客へ案内をし…
_REPEAT_NOTICE = (
    "{購入者名} 様\n\n{ショップ名}です。注文番号 {注文番号}（{商品名}）の件でご連絡いたします。\n"
    "先日お願いした申請の取り下げについて、あらためてお願いをお送りする予定です。\n"
    "ご不明な点やご希望がございましたら、このメッセージにご返信ください。"
)


@dataclass(frozen=True)
class Composer:
    """Who writes about what to whom, and where he came from; all of it stands in the address."""

    member: Member
    order: Order | None
    channel: Channel
    back: str
    now: datetime

    @property
    def query(self) -> str:
        """The address's query by which this composer opens again."""
        order, channel = self.order and self.order.number, self.channel
        known = {"order": order, "channel": channel if channel != Channel.BUYER else "", "back": self.back}
        return urlencode({name: value for name, value in known.items() if value})

    def address(self, **more: str) -> str:
        """Where this composer opens again."""
        query = "&".join(filter(None, [self.query, urlencode(more)]))
        address = reverse("compose", args=[self.member.shop.code])
        return f"{address}?{query}" if query else address


def start(composer: Composer, category: str = "") -> dict[str, Any]:
    """Category and title as the guide has them at first; the text is empty. `category` is a link's wish."""
    order = composer.order
    claim = order.claims.order_by("-requested_at", "-pk").first() if order else None
    kind = Kind(claim.kind) if claim else None
    about = ABOUT[kind] if kind else Category.OTHER
    if category in Category.values and composer.channel == Channel.QOO10:
        about = Category(category)
    title = ""
    if order and about == Category.CLAIM_WITHDRAWAL:
        title = _("%s クレーム撤回のお問い合わせ") % order.number
    elif order:
        label = kind.label if kind else _("注文")
        title = _("%(order)sより%(about)s関連のお問い合わせ") % {"order": order.number, "about": label}
    return {"category": about, "title": title, "body": ""}


def saved_text(composer: Composer, chosen: str) -> dict[str, Any] | None:
    """A saved text of the shop, its placeholders filled in; REPEAT is the guide's advance notice."""
    order, now, to_buyer = composer.order, composer.now, composer.channel == Channel.BUYER
    if chosen == REPEAT and order and to_buyer:
        body = placeholders.fill(str(_REPEAT_NOTICE), order, now=now)
        return {"category": start(composer)["category"], "title": "", "body": body}
    if not (chosen.isdecimal() and len(chosen) < 18):
        return None
    saved = SavedText.objects.filter(shop=composer.member.shop, pk=chosen).first()
    if saved is None:
        return None
    return {
        "category": saved.category,
        "title": placeholders.fill(saved.title, order, now=now, for_buyer=to_buyer),
        "body": placeholders.fill(saved.body, order, now=now, for_buyer=to_buyer),
    }


def with_saved_text(composer: Composer, words: dict[str, Any], chosen: str) -> tuple[dict[str, Any], str]:
    """The words with the chosen saved text after what was typed, or why it cannot be added."""
    typed = words["body"]
    filled = saved_text(composer, chosen)
    if filled is None:
        return words, _("よく使う文章を選択してください。")
    body = f"{typed}\n\n{filled['body']}" if typed else filled["body"]
    if len(body) > BODY_MAX:
        text = _("「よく使う」の文章を追加すると%s文字を超えます。本文を短くしてから追加してください。")
        return words, text % f"{BODY_MAX:,}"
    title = words["title"]
    if title in ("", start(composer)["title"]):
        title = filled["title"] or title
    return {
        "category": filled["category"] if not typed else words["category"],
        "title": title,
        "body": body,
    }, ""
