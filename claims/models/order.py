"""Order: what a buyer bought of a shop, one line of it."""

from __future__ import annotations

from datetime import date

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from qsm.accounts.models import Buyer, Shop
from qsm.folding import folded

# What searches look for a word in; the buyer's name stands with the buyer.
SEARCHED = ("number", "cart_number", "item_code", "tracking_number", "item_title", "receiver")
# What they look for a number in.
FOLDED_NUMBERS = ("folded_number", "folded_cart_number", "folded_item_code", "folded_tracking_number")

# Days far off are typing errors, and beyond what days can be reckoned with.
SENSIBLE_DAYS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2099, 12, 31))]


def _number(field: str) -> models.GeneratedField:
    """A number as searches compare it; the collation "C" lets LIKE use an index."""
    output = models.TextField(db_collation="C")
    return models.GeneratedField(
        expression=folded(field), output_field=output, db_persist=True, editable=False
    )


class Order(models.Model):
    """One order line of a buyer at a shop; field names follow QAPI's GetShippingAndClaimInfo."""

    shop = models.ForeignKey(Shop, models.PROTECT, verbose_name=_("ショップ"))
    buyer = models.ForeignKey(Buyer, models.PROTECT, verbose_name=_("購入者名"))
    # After the keys and before all other texts: a search for a word reads it in every order of the shop, and
    # PostgreSQL walks through whatever stands before it in the row. makemigrations puts keys last: after
    # generating 0001 anew move `shop` and `buyer` up again (tests/test_search.py looks).
    search_text = models.GeneratedField(
        expression=folded(*SEARCHED), output_field=models.TextField(), db_persist=True, editable=False
    )
    number = models.CharField(_("注文番号"), max_length=20, unique=True)
    cart_number = models.CharField(_("カート番号"), max_length=20, blank=True)
    item_code = models.CharField(_("商品番号"), max_length=20)
    item_title = models.CharField(_("商品名"), max_length=300)
    quantity = models.PositiveIntegerField(_("数量"), default=1)
    option = models.CharField(_("オプション情報"), max_length=500, blank=True)
    option_code = models.CharField(_("オプションコード"), max_length=100, blank=True)
    payment_nation = models.CharField(_("決済サイト"), max_length=2, default="JP")
    total = models.PositiveIntegerField(_("注文金額の合計"), help_text=_("円"))
    payment_method = models.CharField(_("決済手段"), max_length=50, blank=True)
    receiver = models.CharField(_("受取人名"), max_length=100, blank=True)
    receiver_tel = models.CharField(_("受取人連絡先 (固定)"), max_length=30, blank=True)
    receiver_mobile = models.CharField(_("受取人連絡先 (携帯)"), max_length=30, blank=True)
    shipping_country = models.CharField(_("配送先の国"), max_length=50, blank=True)
    zip_code = models.CharField(_("郵便番号"), max_length=10, blank=True)
    shipping_address = models.CharField(_("配送先"), max_length=300, blank=True)
    ordered_at = models.DateTimeField(_("注文日"))
    shipped_on = models.DateField(_("商品発送日"), null=True, blank=True, validators=SENSIBLE_DAYS)
    delivered_on = models.DateField(_("配達完了日"), null=True, blank=True, validators=SENSIBLE_DAYS)
    delivery_company = models.CharField(_("配送会社"), max_length=200, blank=True)
    tracking_number = models.CharField(_("送り状番号"), max_length=50, blank=True)
    # What was given back so far; rises in the transaction that ends a claim (SPEC 3), and never above total.
    refunded = models.PositiveIntegerField(_("返金済み金額"), default=0, help_text=_("円"))
    # What the open request offers, kept aside: an offer that is accepted can always be paid in full.
    offered = models.PositiveIntegerField(_("提案中の部分返金"), default=0, help_text=_("円"))
    external_ad = models.CharField(_("外部広告"), max_length=100, blank=True)
    folded_number = _number("number")
    folded_cart_number = _number("cart_number")
    folded_item_code = _number("item_code")
    folded_tracking_number = _number("tracking_number")

    class Meta:
        verbose_name = verbose_name_plural = _("注文")
        ordering = ["-ordered_at", "-pk"]
        indexes = [
            models.Index(fields=["buyer"], name="order_of_buyer"),
            models.Index(fields=["shop", "-ordered_at", "-id"], name="order_of_shop"),
            models.Index(fields=["shop", "folded_number"], name="order_by_number"),
            models.Index(fields=["shop", "folded_cart_number"], name="order_by_cart_number"),
            models.Index(fields=["shop", "folded_item_code"], name="order_by_item_code"),
            models.Index(fields=["shop", "folded_tracking_number"], name="order_by_tracking_number"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="order_quantity_positive"),
            models.CheckConstraint(condition=~Q(number=""), name="order_number_given"),
            models.CheckConstraint(
                condition=Q(refunded__lte=F("total") - F("offered")), name="order_refunded_within_total"
            ),
            # Lets a claim refer to (order, shop, ordered_at): its copies can never differ (migration 0002).
            models.UniqueConstraint(fields=["id", "shop", "ordered_at"], name="order_with_shop"),
            # The same for a message's (order, shop, buyer, item_code), messaging's migration 0002.
            models.UniqueConstraint(fields=["id", "shop", "buyer", "item_code"], name="order_with_parties"),
        ]

    def __str__(self) -> str:
        return self.number
