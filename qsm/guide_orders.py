"""The demo's data: the guide's orders and some in its manner, as SPEC 8 lists them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.db import transaction
from django.db.models import F

from claims import access, transitions
from claims.access import Actor
from claims.deadlines import day_in_japan, midnight
from claims.models import Channel, Claim, Order, Outcome, RejectionReason
from claims.moves import ActorKind
from claims.statuses import Kind, Status
from messaging.models import Message, Notice
from qsm.accounts.models import Buyer, Member, Role, Shop, User

PASSWORD = "qsm-demo"  # noqa: S105 - the demo's, printed at its start

TEA = {
    "item_code": "852997700",
    "item_title": "[AMUSE公式] アイビーガムコレクションセット / EYE VEGAN COLLECTION SET",
    "option": "#1.02 シアーピンク #2.02 シアーブラウン",
    "option_code": "AM00152",
    "total": 4990,
}
TINT = {
    "item_code": "852997700",
    "item_title": "[AMUSE公式] ヌーデュージュ / デュエティント / NUDEW TINT",
    "option": "color:10 ACHIM FIG 無花果",
    "option_code": "AM00160",
    "total": 1899,
}


class Seeder:
    """Plays the demo's past through the verbs, so that log, notices and rows agree as in real life."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = midnight(day_in_japan(now))
        self.made_up = 639200100

    def at(self, days_ago: int, hour: int = 10) -> datetime:
        """An instant of the day `days_ago` days ago in Japan, never after now."""
        return min(self.today - timedelta(days=days_ago) + timedelta(hours=hour), self.now)

    def user(self, name: str, **fields: Any) -> User:
        """A person who signs in with the demo's password."""
        return User.objects.create_user(name, f"{name}@example.com", PASSWORD, **fields)

    def shop(self, code: str, owner: User) -> Member:
        """A shop, and its owner."""
        shop = Shop.objects.create(code=code, name=code)
        return Member.objects.create(shop=shop, user=owner, role=Role.OWNER)

    def order(self, seller: Member, buyer: Buyer, ordered_at: datetime, **fields: Any) -> Order:
        """An order, made up in the guide's manner where `fields` do not say."""
        self.made_up += 11
        defaults = {
            "number": str(self.made_up),
            "cart_number": str(self.made_up - 428_500_000),
            "item_code": "852997711",
            "item_title": "[AMUSE公式] デュージェリーティント / JEL-FIT TINT",
            "option": "color:02 HEALTHY FIG",
            "option_code": "AM00173",
            "total": 1650,
            "payment_method": "現金",
            "receiver": buyer.name,
            "receiver_tel": "+81-050-0000-7070",
            "receiver_mobile": "+81-090-0000-7070",
            "shipping_country": "Japan",
            "zip_code": "273-0017",
            "shipping_address": "千葉県 船橋市 西浦 3-4-2",
        }
        return Order.objects.create(
            shop=seller.shop, buyer=buyer, ordered_at=ordered_at, **{**defaults, **fields}
        )

    def claim(
        self, order: Order, kind: Kind, status: Status, filed: datetime, reason: str = "", **fields: Any
    ) -> Claim:
        """The buyer files a claim, or has it in a later `status` already."""
        by = Actor(ActorKind.BUYER, Channel.MYQOO10, order.buyer.user)
        return transitions.file_claim(
            order, kind=kind, status=status, by=by, now=filed, reason=reason, **fields
        )

    def ask(self, claim: Claim, seller: Member, at: datetime, reason: str) -> None:
        """撤回要請, or 撤回の再要請 where the claim is on hold."""
        claim.refresh_from_db()
        ask = (
            transitions.repeat_withdrawal
            if claim.status == Status.ON_HOLD
            else transitions.request_withdrawal
        )
        ask(claim, reason=reason, by=access.as_seller(seller), now=at)

    def reject(self, claim: Claim, at: datetime, reason: RejectionReason, text: str = "") -> None:
        """The buyer rejects the open request."""
        withdrawal = claim.withdrawals.get(outcome=Outcome.OPEN)
        by = access.as_buyer(claim.order.buyer, signed_in=claim.order.buyer.user is not None)
        transitions.reject_withdrawal(withdrawal, reason=reason, text=text, by=by, now=at)

    def run(self) -> None:
        """Everything, in the order of SPEC 8."""
        amuse = self.shop("AMUSE_official", self.user("amuse", first_name="雨音", last_name="茂瀬"))
        rival = self.shop("RIVAL_store", self.user("rival"))
        self.user("operator", is_staff=True, is_superuser=True)
        yunjee = Buyer.objects.create(user=self.user("yunjee"), name="yunjee", email="yunjee@example.com")
        cs, kim, sato, suzuki = (
            Buyer.objects.create(name=name, email=email)
            for name, email in (
                ("csマ", "cs@example.com"),
                ("金海燕", "haiyan@example.com"),
                ("佐藤 美咲", "sato@example.com"),
                ("suzuki_hana", "suzuki@example.com"),
            )
        )
        self.returns_of_the_guide(amuse, yunjee, cs, kim)
        self.made_up_requests(amuse, yunjee, suzuki)
        self.made_up_others(amuse, yunjee, sato, suzuki)
        self.rivals(rival, sato, suzuki)
        # The past's mails have long gone out; those of the open requests are still to go.
        Notice.objects.filter(mail=Notice.Mail.PENDING).exclude(
            event__withdrawal__outcome=Outcome.OPEN, buyer__isnull=False
        ).update(mail=Notice.Mail.SENT, sent_at=F("created_at"), attempts=1)

    def returns_of_the_guide(self, amuse: Member, yunjee: Buyer, cs: Buyer, kim: Buyer) -> None:
        """The orders whose numbers the guide shows."""
        to_yunjee = {"receiver": "Yunjee Shin", "delivered_on": day_in_japan(self.at(1))}
        order = self.order(
            amuse, yunjee, self.at(4), number="639113332", cart_number="210571001", **TEA, **to_yunjee
        )
        self.claim(order, Kind.RETURN, Status.RETURN_REQUESTED, self.at(0, 9), "注文キャンセル")
        order = self.order(
            amuse, yunjee, self.at(4), number="639113330", cart_number="210571000", **TINT, **to_yunjee
        )
        self.claim(order, Kind.RETURN, Status.RETURN_REQUESTED, self.at(0, 9), "注文キャンセル")
        Message.objects.create(
            order=order,
            sender=Message.Sender.BUYER,
            category=Message.Category.CANCEL,
            title="639113330よりキャンセル関連のお問い合わせ",
            body="注文した色と違う色が届いたようです。返品の手順を教えてください。",
            sent_at=self.at(0, 9),
        )
        order = self.order(
            amuse,
            cs,
            self.at(7),
            number="638358846",
            cart_number="210324412",
            item_code="624712702",
            item_title="購入禁止！テスト商品",
            option="モデル名: r, サイズ: a",
            option_code="",
            total=1,
            receiver="test太郎自宅",
            zip_code="102-0075",
            shipping_address="東京都千代田区三番町2-11-11",
            shipped_on=day_in_japan(self.at(3)),
            delivered_on=day_in_japan(self.at(2)),
            delivery_company="Qxpress",
            tracking_number="QX638358846JP",
        )
        claim = self.claim(order, Kind.RETURN, Status.RETURN_REQUESTED, self.at(2, 9), "選択事項変更")
        self.ask(
            claim,
            amuse,
            self.at(2),
            "ご指定の商品を発送済みのため、返品の申請を取り下げていただけますでしょうか。",
        )
        order = self.order(
            amuse,
            kim,
            self.at(8),
            number="639726483",
            cart_number="210658326",
            item_code="522669948",
            item_title="test",
            option="カラー/グレード",
            option_code="",
            total=10,
            receiver="Haeyeon KIM",
            shipped_on=day_in_japan(self.at(8)),
            delivered_on=day_in_japan(self.at(6)),
            delivery_company="ヤマト運輸",
            tracking_number="400012345678",
        )
        claim = self.claim(order, Kind.RETURN, Status.RETURN_REQUESTED, self.at(6), "誤配達(サイズ、色)")
        self.ask(
            claim,
            amuse,
            self.at(6, 11),
            "正しいサイズの商品を追加で発送いたしますので、返品を取り下げていただけますか。",
        )
        self.reject(claim, self.at(5), RejectionReason.PROPOSAL)

    def made_up_requests(self, amuse: Member, yunjee: Buyer, suzuki: Buyer) -> None:
        """Asked today, lapsing tonight, locked, and asked for the third time."""
        shipped = {"delivery_company": "佐川急便", "tracking_number": "360012345678"}
        order = self.order(amuse, yunjee, self.at(3))
        claim = self.claim(order, Kind.CANCEL, Status.CANCEL_REQUESTED, self.at(1), "重複注文")
        self.ask(
            claim,
            amuse,
            self.at(0),
            "すでに商品を発送しております。キャンセルの申請を取り下げていただけますか。",
        )
        order = self.order(amuse, yunjee, self.at(12), delivered_on=day_in_japan(self.at(8)), **shipped)
        claim = self.claim(
            order, Kind.EXCHANGE, Status.EXCHANGE_REQUESTED, self.at(7), "サイズ・色の思い違い"
        )
        self.ask(
            claim, amuse, self.at(6), "ご希望の色は在庫がございません。交換の申請を取り下げていただけますか。"
        )
        order = self.order(amuse, yunjee, self.at(5))
        claim = self.claim(order, Kind.CANCEL, Status.CANCEL_REQUESTED, self.at(3), "注文キャンセル")
        self.ask(claim, amuse, self.at(2), "発送の準備が完了しております。取り下げをご検討ください。")
        self.reject(claim, self.at(1), RejectionReason.UNWANTED, "別のお店で購入しました。")
        order = self.order(amuse, suzuki, self.at(28), delivered_on=day_in_japan(self.at(22)), **shipped)
        claim = self.claim(order, Kind.RETURN, Status.RETURN_REQUESTED, self.at(19), "商品説明と相違")
        for asked, rejected, reason in (
            (18, 18, "商品ページの記載どおりのお色です。ご確認をお願いいたします。"),
            (13, 12, "次回使えるクーポンをお送りします。取り下げをご検討ください。"),
            (7, 7, "返送料が購入者様のご負担となります。取り下げをご検討ください。"),
        ):
            self.ask(claim, amuse, self.at(asked), reason)
            self.reject(claim, self.at(rejected, 15), RejectionReason.PROPOSAL)

    def made_up_others(self, amuse: Member, yunjee: Buyer, sato: Buyer, suzuki: Buyer) -> None:
        """Returns under way, non-receipt notices, and withdrawals that are over."""
        seller = access.as_seller(amuse)
        order = self.order(amuse, sato, self.at(10), delivered_on=day_in_japan(self.at(6)))
        claim = self.claim(order, Kind.RETURN, Status.RETURN_REQUESTED, self.at(4), "商品不良・破損")
        transitions.approve_claim(claim, by=seller, now=self.at(3))
        order = self.order(amuse, suzuki, self.at(15), delivered_on=day_in_japan(self.at(11)))
        claim = self.claim(
            order,
            Kind.RETURN,
            Status.RETURN_REQUESTED,
            self.at(9),
            "選択事項変更",
            pickup_method="Qxpressが回収",
        )
        transitions.approve_claim(claim, by=seller, now=self.at(8))
        transitions.collect_goods(claim, by=seller, now=self.at(4))
        transitions.start_refund(claim, by=seller, now=self.at(3))
        for buyer, days_ago in ((yunjee, 1), (sato, 3)):
            order = self.order(
                amuse,
                buyer,
                self.at(days_ago + 9),
                shipped_on=day_in_japan(self.at(days_ago + 8)),
                delivery_company="日本郵便",
                tracking_number="123456789012",
            )
            claim = self.claim(
                order,
                Kind.NON_RECEIPT,
                Status.NOTICE_RECEIVED,
                self.at(days_ago),
                non_receipt_reason="商品が届かない",
                non_receipt_type="未受取",
            )
            if buyer == sato:
                transitions.approve_claim(claim, by=seller, now=self.at(2))
        order = self.order(amuse, yunjee, self.at(20), delivered_on=day_in_japan(self.at(16)))
        claim = self.claim(order, Kind.RETURN, Status.RETURN_REQUESTED, self.at(14), "サイズ・色の思い違い")
        self.ask(claim, amuse, self.at(13), "お使い方の動画をお送りしました。取り下げをご検討ください。")
        transitions.accept_withdrawal(
            claim.withdrawals.get(), by=access.as_buyer(yunjee, signed_in=True), now=self.at(11)
        )
        order = self.order(amuse, suzuki, self.at(18))
        claim = self.claim(order, Kind.CANCEL, Status.CANCEL_REQUESTED, self.at(9), "注文キャンセル")
        self.ask(claim, amuse, self.at(8), "本日発送いたしました。取り下げをお願いいたします。")
        transitions.complete_lapsed(now=self.at(1, 0))

    def rivals(self, rival: Member, sato: Buyer, suzuki: Buyer) -> None:
        """Another shop's claims, which AMUSE_official must never see."""
        fields = {
            "item_code": "611200345",
            "item_title": "RIVAL リップバーム",
            "option": "",
            "option_code": "",
        }
        order = self.order(rival, sato, self.at(6), **fields)
        self.claim(order, Kind.RETURN, Status.RETURN_REQUESTED, self.at(1), "選択事項変更")
        order = self.order(rival, suzuki, self.at(5), **fields)
        claim = self.claim(order, Kind.CANCEL, Status.CANCEL_REQUESTED, self.at(2), "注文キャンセル")
        self.ask(claim, rival, self.at(1), "発送済みのため、キャンセルの取り下げをお願いいたします。")


@transaction.atomic
def seed(*, now: datetime) -> None:
    """Write the demo's accounts, orders and claims, days relative to `now` (aware).

    Raises CommandError outside the demo and the tests: the password is public.
    """
    if not settings.PLAYGROUND:
        raise CommandError("the demo's data, with its public password, is for the demo and the tests only")
    Seeder(now).run()
