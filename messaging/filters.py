"""詳細照会: what the lists of お問い合わせ管理 are asked for; the address says all of it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from claims.deadlines import day_in_japan, midnight
from claims.forms import CleanTextField
from claims.models import ClaimEvent, Order
from messaging.models import Announcement, Category, Inquiry, Message, MessageQuerySet, Notice, State
from messaging.words import TO_SHOP, WORDS
from qsm.accounts.models import Buyer, Shop
from qsm.folding import NUMBERS_MAX, fold, numbers_in

BOUNDS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2099, 12, 31))]
WORDS_MAX = 5  # each is looked for in messages, orders and names
TEXT_MAX = 100
BUYERS_CATEGORIES = [choice for choice in Category.choices if choice[0] != Category.CLAIM_WITHDRAWAL]


class NumbersField(CleanTextField):
    """Order numbers, one or several pasted at once; cleaned to the list of them."""

    # Of what is pasted beyond this the address could not carry all (gunicorn.py), and NUMBERS_MAX are fewer.
    widget = forms.Textarea(attrs={"rows": 1, "cols": 16, "maxlength": 4000})

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value)
        numbers = numbers_in(text)
        if text and not numbers:
            raise ValidationError(
                _("注文番号は数字で入力してください。複数のときは改行やカンマで区切ります。")
            )
        if len(numbers) > NUMBERS_MAX:
            raise ValidationError(
                _("一度に照会できる注文番号は%(most)s件までです（%(typed)s件入力されています）。"),
                params={"most": NUMBERS_MAX, "typed": len(numbers)},
            )
        return numbers


class WordsField(CleanTextField):
    """Words that all have to be found; cleaned to the list of them, folded, or to order numbers as NumbersField's."""

    widget = forms.TextInput(attrs={"type": "search"})

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value)
        words = list(dict.fromkeys(filter(None, map(fold, text.split()))))
        if text and not words:
            raise ValidationError(
                _("「%(text)s」だけでは照会できません。文字や数字を入力してください。"), params={"text": text}
            )
        if len(numbers_in(text)) <= 1 and len(words) > WORDS_MAX:
            raise ValidationError(_("照会できる言葉は%s個までです。") % WORDS_MAX)
        return words


class NumbersFilter(django_filters.Filter):
    field_class = NumbersField


class WordsFilter(django_filters.Filter):
    field_class = WordsField


class KeyFilter(django_filters.Filter):
    field_class = forms.IntegerField


def _day(label: Any, method: str) -> django_filters.DateFilter:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return django_filters.DateFilter(label=label, method=method, widget=widget, validators=BOUNDS)


def _choice(label: Any, choices: list[Any], method: str | None = None) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(label=label, choices=choices, method=method, empty_label=_("全体"))


class _Form(forms.Form):
    """The search's form: from a day to a day, not the other way around."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", _("終了日は開始日以後の日付にしてください。"))
        return data


class InboxFilter(django_filters.FilterSet):
    """What all three tabs may be asked for: days, order numbers, words."""

    since = _day(_("開始日"), "from_day")
    until = _day(_("終了日"), "to_day")
    order = NumbersFilter(label=_("注文番号"), method="on_orders")
    q = WordsFilter(label=_("詳細検索"), method="with_words", max_length=TEXT_MAX)
    day_field = "sent_at"

    class Meta:
        fields: list[str] = []
        form = _Form

    def __init__(
        self, data: MultiValueDict[str, str], queryset: QuerySet[Any], *, shop: Shop, now: datetime
    ) -> None:
        self.shop, self.now = shop, now
        super().__init__(data, queryset)

    def found(self) -> Any:
        """What was asked for; nothing where the search cannot be read."""
        return self.qs if self.form.is_valid() else self.queryset.none()

    @property
    def chosen(self) -> dict[str, Any]:
        """The parts of the search that can be read, by their names in the address."""
        self.form.is_valid()
        return self.form.cleaned_data if self.form.is_bound else {}

    @property
    def is_narrowed(self) -> bool:
        """Whether anything at all is asked for."""
        return any(self.chosen.values())

    def ranges(self) -> list[dict[str, Any]]:
        """今日, 7日, 30日: days up to today's, today's included, and whether they are what is asked for."""
        today = day_in_japan(self.now)
        spans = [(_("今日"), 1), (_("7日"), 7), (_("30日"), 30)]
        days = [(label, today - timedelta(days=span - 1)) for label, span in spans]
        asked = (self.chosen.get("since"), self.chosen.get("until"))
        return [
            {"label": label, "since": since, "until": today, "is_chosen": asked == (since, today)}
            for label, since in days
        ]

    def from_day(self, rows: QuerySet[Any], name: str, day: date) -> QuerySet[Any]:
        return rows.filter(**{f"{self.day_field}__gte": midnight(day)})

    def to_day(self, rows: QuerySet[Any], name: str, day: date) -> QuerySet[Any]:
        return rows.filter(**{f"{self.day_field}__lt": midnight(day + timedelta(days=1))})

    def on_orders(self, rows: QuerySet[Any], name: str, numbers: list[str]) -> QuerySet[Any]:
        # 639-113-330 is how some sheets write it.
        written = {*numbers, *(number.replace("-", "") for number in numbers)}
        return rows.filter(self.about(Order.objects.filter(shop=self.shop, number__in=written)))

    def with_words(self, rows: QuerySet[Any], name: str, words: list[str]) -> QuerySet[Any]:
        numbers = numbers_in(" ".join(words))
        if len(numbers) > 1:  # pasted here instead: they are meant one by one
            return self.on_orders(rows, name, numbers)
        for word in words:
            buyers = Buyer.objects.filter(folded_name__contains=word)
            orders = Order.objects.filter(shop=self.shop)
            orders = orders.filter(Q(search_text__contains=word) | Q(buyer__in=buyers.values("pk")))
            rows = rows.filter(self.holding(word, orders))
        return rows

    def holding(self, word: str, orders: QuerySet[Order]) -> Q:
        """What says `word`, was sent by somebody of that name, or is about one of `orders`, which hold it."""
        return self.about(orders) | self.saying(word)

    def about(self, orders: QuerySet[Order]) -> Q:
        """What is about one of `orders`."""
        return Q(order__in=orders.values("pk"))

    def saying(self, word: str) -> Q:
        """What says `word` itself, or was sent by somebody of that name."""
        return Q(search_text__contains=word) | Q(author__in=self._people(word))

    def _people(self, word: str) -> list[int]:
        """The shop's own people whose name holds the folded `word`: 送信人 of what the shop sent."""
        people = [member.user for member in self.shop.member_set.select_related("user")]
        return [
            user.pk
            for user in people
            if word in fold(user.get_username()) or word in fold(user.get_full_name())
        ]


class MessageFilter(InboxFilter):
    """お客様関連メッセージ."""

    state = _choice(_("状態"), State.choices)
    type = _choice(_("タイプ"), [("general", _("一般")), ("urgent", _("緊急"))], "of_type")
    category = _choice(_("カテゴリ"), BUYERS_CATEGORIES)
    # The groups of the two other views, opened.
    buyer = KeyFilter(widget=forms.HiddenInput, min_value=1, max_value=2**62, field_name="buyer_id")
    item = django_filters.CharFilter(widget=forms.HiddenInput, max_length=20, field_name="item_code")

    def of_type(self, messages: MessageQuerySet, name: str, kind: str) -> MessageQuerySet:
        return messages.urgent(self.now) if kind == "urgent" else messages.general(self.now)

    def saying(self, word: str) -> Q:
        sent_by_shop = Q(sender=Message.Sender.SHOP)
        if word in fold(self.shop.name):
            return super().saying(word) | sent_by_shop
        # A buyer may be on the staff too: 送信人 of what he wrote as a buyer is his buyer's name.
        return Q(search_text__contains=word) | sent_by_shop & Q(author__in=self._people(word))


class InquiryFilter(InboxFilter):
    """Qoo10お問い合わせ履歴."""

    state = _choice(_("状態"), State.choices)
    category = _choice(_("カテゴリ"), Category.choices)


class NoticeFilter(InboxFilter):
    """コールセンター・Qoo10のメッセージ."""

    read = _choice(_("状態"), [("no", _("未読")), ("yes", _("既読"))], "that_are_read")
    day_field = "created_at"

    def that_are_read(self, notices: QuerySet[Notice], name: str, read: str) -> QuerySet[Notice]:
        return notices.filter(read_at__isnull=read == "no")

    def about(self, orders: QuerySet[Order]) -> Q:
        return self._told_of(Q(order__in=orders.values("pk")), orders)

    def holding(self, word: str, orders: QuerySet[Order]) -> Q:
        said = Q(search_text__contains=word)
        announcements = Announcement.objects.filter(said)
        return (
            self._told_of(Q(order__in=orders.values("pk")) | said, orders)
            | Q(topic__in=_topics_with(word))
            | Q(announcement__in=announcements.values("pk"))
        )

    def _told_of(self, written: Q, orders: QuerySet[Order]) -> Q:
        """Notices of claims on `orders`, and of messages and inquiries that fit `written`: each read once."""
        events = ClaimEvent.objects.filter(claim__order__in=orders.values("pk"))
        messages = Message.objects.of_shop(self.shop).filter(written)
        inquiries = Inquiry.objects.filter(written, shop=self.shop)
        return (
            Q(event__in=events.values("pk"))
            | Q(message__in=messages.values("pk"))
            | Q(inquiry__in=inquiries.values("pk"))
        )


def _topics_with(word: str) -> list[str]:
    """The topics whose words to a shop hold the folded `word`, whatever they speak of."""
    return [
        topic
        for (topic, reader), words in WORDS.items()
        if reader == TO_SHOP
        and any(word in fold(part) for part in re.split(r"%\(\w+\)s", f"{words.subject}%(x)s{words.text}"))
    ]
