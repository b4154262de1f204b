"""The words of the notices that tell of a shop's processing: subject and text, by topic and reader."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.models import Topic

PROCESSING: dict[tuple[str, str], tuple[Promise | str, Promise | str]] = {
    (Topic.COLLECTED, "buyer"): (
        _("%(order)s 返品商品の回収が完了しました"),
        _(
            "%(shop)s が返品商品の回収を確認しました。これから返金の手続きに進みます。\n\n"
            "注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Topic.REFUNDING, "buyer"): (
        _("%(order)s 返金の手続きが始まりました"),
        _("%(shop)s が返金の手続きを始めました。\n\n注文番号: %(order)s\n商品: %(item)s"),
    ),
    (Topic.HELD, "buyer"): (
        _("%(order)s 返金が保留されました"),
        _(
            "%(shop)s が返金を保留しました。\n保留理由: %(hold)s\n\n"
            "ご不明な点はショップへお問い合わせください。\n\n注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Topic.RELEASED, "buyer"): (
        _("%(order)s 返金の保留が解除されました"),
        _(
            "%(shop)s が返金の保留を解除しました（現在の処理状態: %(status)s）。\n\n"
            "注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Topic.REFUNDED, "buyer"): (
        _("%(order)s %(kind)sの返金が完了しました"),
        _(
            "%(shop)s が返金の完了を確認しました。\n返金額: %(refund)s\n処理状態: %(status)s\n\n"
            "注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Topic.RESENT, "buyer"): (
        _("%(order)s 商品を再配送しました"),
        _(
            "%(shop)s が商品を再配送しました。\n"
            "配送会社: %(delivery_company)s\n送り状番号: %(tracking_number)s\n再配送日: %(shipped_on)s\n\n"
            "注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Topic.EXCHANGED, "buyer"): (
        _("%(order)s 交換が完了しました"),
        _("%(shop)s が交換の完了を確認しました。\n\n注文番号: %(order)s\n商品: %(item)s"),
    ),
    (Topic.LATE, "buyer"): (
        _("%(order)s ショップの対応が遅れています（%(status)s）"),
        _(
            "%(kind)sの申請に対する %(shop)s の処理が遅れています（処理状態: %(status)s）。"
            "ご不便をおかけして申し訳ございません。\n\n注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Topic.LATE, "shop"): (
        _("【要対応】%(order)s 処理期限を過ぎました（%(status)s）"),
        _(
            "%(buyer)s 様の%(kind)sの申請が処理期限までに処理されなかったため、「%(status)s」になりました。"
            "早急にご対応ください。\n\n注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Topic.LATE_TOMORROW, "shop"): (
        _("【本日まで】%(order)s %(kind)sの処理期限は本日です"),
        _(
            "%(buyer)s 様の%(kind)sの申請がまだ処理されていません。%(late_day)s 0:00 に「遅延」になります。"
            "本日中にご対応ください。\n\n注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
}
