"""Why a buyer files a claim and whose fault that is, and what else he may choose; as he reads it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from claims.statuses import Kind


class Fault(models.TextChoices):
    """Whose fault a reason is."""

    BUYER = "buyer", _("購入者")
    SELLER = "seller", _("出品者")
    CARRIER = "carrier", _("配送会社")


class Reason(models.TextChoices):
    """キャンセル/返品理由, as the guide and the marketplace's lists name them."""

    CANCEL = "cancel", _("注文キャンセル")
    OPTION_CHANGE = "option_change", _("選択事項変更")
    CHANGE_OF_MIND = "change_of_mind", _("単純変心(イメージ違い)")
    DUPLICATE = "duplicate", _("重複注文")
    WRONG_ADDRESS = "wrong_address", _("配送先の誤り")
    DEFECT = "defect", _("商品不良・破損")
    WRONG_ITEM = "wrong_item", _("誤配達(商品違い)")
    WRONG_OPTION = "wrong_option", _("誤配達(サイズ、色)")
    INCOMPLETE = "incomplete", _("数量不足・付属品不足")
    NOT_AS_DESCRIBED = "not_as_described", _("商品説明と相違")
    LATE = "late", _("配送遅延")
    OUT_OF_STOCK = "out_of_stock", _("在庫なし")
    NO_DELIVERY = "no_delivery", _("配送不可地域")
    DAMAGED_ON_THE_WAY = "damaged_on_the_way", _("配送中の破損")
    LOST_ON_THE_WAY = "lost_on_the_way", _("紛失")
    NOT_RECEIVED = "not_received", _("商品が届かない")
    PARTLY_RECEIVED = "partly_received", _("一部の商品が届かない")
    NOT_WHERE_REPORTED = "not_where_reported", _("配達完了と表示されているが受け取っていない")
    NOT_MOVING = "not_moving", _("配送状況が更新されない")
    OTHER = "other", _("その他")


FAULTS: dict[Reason, Fault] = {
    Reason.CANCEL: Fault.BUYER,
    Reason.OPTION_CHANGE: Fault.BUYER,
    Reason.CHANGE_OF_MIND: Fault.BUYER,
    Reason.DUPLICATE: Fault.BUYER,
    Reason.WRONG_ADDRESS: Fault.BUYER,
    Reason.DEFECT: Fault.SELLER,
    Reason.WRONG_ITEM: Fault.SELLER,
    Reason.WRONG_OPTION: Fault.SELLER,
    Reason.INCOMPLETE: Fault.SELLER,
    Reason.NOT_AS_DESCRIBED: Fault.SELLER,
    Reason.LATE: Fault.SELLER,
    Reason.OUT_OF_STOCK: Fault.SELLER,
    Reason.NO_DELIVERY: Fault.SELLER,
    Reason.PARTLY_RECEIVED: Fault.SELLER,
    Reason.DAMAGED_ON_THE_WAY: Fault.CARRIER,
    Reason.LOST_ON_THE_WAY: Fault.CARRIER,
    Reason.NOT_WHERE_REPORTED: Fault.CARRIER,
    Reason.NOT_MOVING: Fault.CARRIER,
    # Nobody's yet: NOT_RECEIVED may be the shop's or the carrier's, OTHER anybody's.
}

# Which reasons a kind of claim has. What only the shop can know first (在庫なし, 配送不可地域) stays on the
# cancel's list: the buyer files there what the shop has written to him.
REASONS: dict[Kind, tuple[Reason, ...]] = {
    Kind.CANCEL: (
        Reason.CANCEL,
        Reason.OPTION_CHANGE,
        Reason.CHANGE_OF_MIND,
        Reason.DUPLICATE,
        Reason.WRONG_ADDRESS,
        Reason.LATE,
        Reason.OUT_OF_STOCK,
        Reason.NO_DELIVERY,
        Reason.OTHER,
    ),
    Kind.RETURN: (
        Reason.CANCEL,
        Reason.OPTION_CHANGE,
        Reason.CHANGE_OF_MIND,
        Reason.DUPLICATE,
        Reason.DEFECT,
        Reason.WRONG_ITEM,
        Reason.WRONG_OPTION,
        Reason.INCOMPLETE,
        Reason.NOT_AS_DESCRIBED,
        Reason.LATE,
        Reason.DAMAGED_ON_THE_WAY,
        Reason.OTHER,
    ),
    Kind.EXCHANGE: (
        Reason.OPTION_CHANGE,
        Reason.DEFECT,
        Reason.WRONG_ITEM,
        Reason.WRONG_OPTION,
        Reason.INCOMPLETE,
        Reason.NOT_AS_DESCRIBED,
        Reason.DAMAGED_ON_THE_WAY,
        Reason.OTHER,
    ),
    Kind.NON_RECEIPT: (
        Reason.NOT_RECEIVED,
        Reason.PARTLY_RECEIVED,
        Reason.NOT_WHERE_REPORTED,
        Reason.NOT_MOVING,
        Reason.LOST_ON_THE_WAY,
        Reason.OTHER,
    ),
}


class Pickup(models.TextChoices):
    """返品の回収方法."""

    SENT = "sent", _("購入者が直接返送(発送済み)")
    WILL_SEND = "will_send", _("購入者が直接返送(これから)")
    SELLERS_CARRIER = "sellers_carrier", _("出品者指定業者が集荷")
    QXPRESS = "qxpress", _("Qxpressが回収")
    NONE = "none", _("回収不要")


# Only the shop can do without the goods.
PICKUPS_OF_BUYER = tuple(pickup for pickup in Pickup if pickup != Pickup.NONE)


class NonReceipt(models.TextChoices):
    """未受取タイプ; the values are QAPI's nrDutyTarget."""

    ALL = "SC", _("未受取")
    PART = "SL", _("一部未受取")


class Remedy(models.TextChoices):
    """What the buyer wishes who did not receive; the values are QAPI's nrSolType."""

    RESEND = "ND", _("再配送")
    REFUND = "NC", _("返金")


def by_fault(kind: Kind) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """The reasons of `kind` as choices, grouped by whose fault they are; その他 last."""
    groups: list[tuple[Any, list[tuple[str, Any]]]] = []
    for fault, title in (
        (Fault.BUYER, _("お客様のご都合")),
        (Fault.SELLER, _("商品・ショップについて")),
        (Fault.CARRIER, _("配送について")),
        (None, _("そのほか")),
    ):
        choices = [(reason.value, reason.label) for reason in REASONS[kind] if FAULTS.get(reason) == fault]
        if choices:
            groups.append((title, choices))
    return groups


def written(choice: models.TextChoices) -> str:
    """The label as a claim keeps it: in the portal's own language, whoever files."""
    with override(settings.LANGUAGE_CODE):
        return str(choice.label)
