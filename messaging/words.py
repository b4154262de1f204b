"""The words of every notice: one registry, by topic and reader (SPEC 5)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.models import Topic
from messaging.processing_words import PROCESSING

TO_BUYER, TO_SHOP = "buyer", "shop"


@dataclass(frozen=True)
class Words:
    """A notice's subject and text; the fields are those of `fields()`."""

    subject: Promise | str
    text: Promise | str


_ASK = _(
    "%(shop)s から、%(kind)sの申請を取り下げてほしいとのお願い（%(attempt)s回目）が届いています。\n\n"
    "注文番号: %(order)s\n商品: %(item)s\nショップの理由:\n%(reason)s\n\n%(offer)s"
    "回答期限: %(last_day)s 24:00\n"
    "期限までに回答がない場合、%(over_day)s 0:00 に%(kind)sの申請は自動で取り下げられます。\n\n"
    "下のページで、同意するか拒否するかをお選びください（開いただけでは何も変わりません）。"
)

_REMIND = _(
    "%(shop)s からの%(kind)sの撤回要請（%(attempt)s回目）に、まだ回答がありません。\n\n"
    "注文番号: %(order)s\n商品: %(item)s\nショップの理由:\n%(reason)s\n\n%(offer)s"
    "回答期限: %(last_day)s 24:00\n"
    "期限までに回答がない場合、%(over_day)s 0:00 に%(kind)sの申請は自動で取り下げられます。\n\n"
    "下のページで、同意するか拒否するかをお選びください（開いただけでは何も変わりません）。"
)

WORDS: dict[tuple[str, str], Words] = {
    (Topic.ASKED, TO_BUYER): Words(_("【要回答】%(order)s %(kind)sの撤回要請（%(last_day)sまで）"), _ASK),
    (Topic.REPEATED, TO_BUYER): Words(
        _("【要回答】%(order)s %(kind)sの撤回の再要請（%(last_day)sまで）"), _ASK
    ),
    (Topic.CANCELLED, TO_BUYER): Words(
        _("%(order)s %(kind)sの撤回要請は取り消されました"),
        _(
            "%(shop)s が撤回要請を取り消しました。回答の必要はありません。"
            "%(kind)sの申請はそのまま続いています。\n\n注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Topic.LAPSED, TO_BUYER): Words(
        _("%(order)s %(kind)sの申請は自動で取り下げられました"),
        _(
            "回答期限までに回答がなかったため、%(over_day)s 0:00 に%(kind)sの申請は自動で取り下げられました。\n\n%(owed)s"
            "注文番号: %(order)s\n商品: %(item)s\nショップ: %(shop)s"
        ),
    ),
    (Topic.APPROVED, TO_BUYER): Words(
        _("%(order)s %(kind)sが%(granted)sされました"),
        _("%(shop)s が%(kind)sの申請を%(granted)sしました。\n\n注文番号: %(order)s\n商品: %(item)s"),
    ),
    (Topic.FILED, TO_SHOP): Words(
        _("%(order)s %(kind)sの申請が届きました"),
        _("%(buyer)s 様から%(kind)sの申請が届きました。\n\n注文番号: %(order)s\n商品: %(item)s"),
    ),
    (Topic.ACCEPTED, TO_SHOP): Words(
        _("%(order)s 撤回要請に同意がありました（%(ended_as)s）"),
        _(
            "%(buyer)s 様が%(kind)sの撤回に同意しました。クレームは%(ended_as)sです。\n\n%(owed_by_shop)s"
            "注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Topic.REJECTED, TO_SHOP): Words(
        _("%(order)s 撤回要請が拒否されました（撤回保留）"),
        _(
            "%(buyer)s 様が%(kind)sの撤回を拒否しました。\n拒否理由: %(rejection)s\n\n"
            "再要請は%(unlock_day)sからできます。事前にお客様へご案内ください。\n\n"
            "注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Topic.LAPSED, TO_SHOP): Words(
        _("%(order)s 撤回要請が自動で完了しました（%(ended_as)s）"),
        _(
            "撤回期限までに%(buyer)s 様から応答がなかったため、%(over_day)s 0:00 に自動で%(ended_as)sとなりました。\n\n%(owed_by_shop)s"
            "注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Topic.DROPPED, TO_SHOP): Words(
        _("%(order)s %(kind)sの申請が取り下げられました（撤回完了）"),
        _("%(buyer)s 様が%(kind)sの申請を取り下げました。\n\n注文番号: %(order)s\n商品: %(item)s"),
    ),
    (Topic.SETTLED, TO_BUYER): Words(
        _("%(order)s %(kind)sの申請はQoo10により取り下げられました（撤回完了）"),
        _(
            "Qoo10の運営が%(kind)sの申請を撤回完了にしました。ご不明な点はショップへお問い合わせください。\n\n"
            "注文番号: %(order)s\n商品: %(item)s\nショップ: %(shop)s"
        ),
    ),
    (Topic.SETTLED, TO_SHOP): Words(
        _("%(order)s %(kind)sの申請はQoo10により取り下げられました（撤回完了）"),
        _(
            "Qoo10の運営が%(buyer)s 様の%(kind)sの申請を撤回完了にしました。\n\n注文番号: %(order)s\n商品: %(item)s"
        ),
    ),
    (Topic.REMINDER, TO_BUYER): Words(
        _("【ご確認ください】%(order)s %(kind)sの撤回要請にまだ回答がありません（%(last_day)sまで）"), _REMIND
    ),
    (Topic.LAST_DAY, TO_BUYER): Words(
        _("【本日まで】%(order)s %(kind)sの撤回要請の回答期限は本日です"), _REMIND
    ),
    (Topic.MESSAGE, TO_BUYER): Words(
        _("%(shop)s からメッセージが届きました（%(order)s）"),
        _("注文番号: %(order)s\n商品: %(item)s\n\n%(title)s\n\n%(body)s"),
    ),
    (Topic.MESSAGE, TO_SHOP): Words(
        _("%(order)s %(buyer)s 様からメッセージが届きました"),
        _(
            "タイトル: %(title)s\n注文番号: %(order)s\n商品: %(item)s\n\nお問い合わせ管理でご確認のうえ、ご回答ください。"
        ),
    ),
    (Topic.INQUIRY_ANSWERED, TO_SHOP): Words(
        _("Qoo10からお問い合わせへの回答が届きました: %(title)s"), _("%(answer)s")
    ),
    (Topic.ANNOUNCEMENT, TO_SHOP): Words(_("%(title)s"), _("%(body)s")),
}
WORDS |= {key: Words(*words) for key, words in PROCESSING.items()}
