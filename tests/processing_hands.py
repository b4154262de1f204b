"""The steps of the processing as SPEC 2 and 4 tell them: from where, which button, what is typed, where to."""

from dataclasses import dataclass, field

from claims.statuses import Kind, Status

PARCEL = {"delivery_company": "ヤマト運輸", "tracking_number": "4000-1234-5678", "shipped_on": "2021-07-13"}
HELD = {"hold_reason": "damaged", "hold_text": "箱がつぶれています。\n写真をお送りください。"}


@dataclass(frozen=True)
class Step:
    """One step: `button` is the id of its button without -button, `action` the log's code."""

    kind: Kind
    status: Status
    action: str
    label: str
    to: Status
    title: str
    asked: dict[str, str]
    done: str
    typed: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)

    @property
    def button(self) -> str:
        return "approve" if self.action == "approved" else self.action

    def __str__(self) -> str:
        return f"{self.kind}-{self.status}-{self.action}"


def approval(kind, status, label, to, what, becomes):
    return Step(
        kind,
        status,
        "approved",
        label,
        to,
        f"{what}を承認しますか？",
        {"処理状態": f"「{becomes}」になります"},
        "承認が完了しました",
    )


def step(kind, status, action, label, to, becomes, *, typed=None, said=None, told=None):
    return Step(
        kind,
        status,
        action,
        label,
        to,
        f"「{label}」を実行しますか？",
        {"処理状態": f"「{becomes}」になります", **(said or {})},
        f"「{label}」が完了しました",
        typed or {},
        told or {},
    )


C, R, X, N = Kind.CANCEL, Kind.RETURN, Kind.EXCHANGE, Kind.NON_RECEIPT
S = Status
YEN = {"返金額": "1,899円"}
SAID_OF_HOLD = {
    "保留理由": "返品商品に破損・使用の跡がある",
    "詳しい理由": "箱がつぶれています。 写真をお送りください。",
}
SAID_OF_PARCEL = {"配送会社": "ヤマト運輸", "送り状番号": "400012345678", "再配送日": "7/13(火)"}
REFUND = {"said": YEN, "told": YEN}
HOLD = {"typed": HELD, "said": SAID_OF_HOLD}
RESEND = {"typed": PARCEL, "said": SAID_OF_PARCEL}

# 「Processing by the seller」 of SPEC 2, step by step; then the late ones, and 撤回保留.
STEPS = [
    approval(
        C,
        S.CANCEL_REQUESTED,
        "キャンセル要請受付 / 承認",
        S.CANCEL_REFUNDING,
        "キャンセル要請",
        "キャンセル中 (返金中)",
    ),
    step(C, S.CANCEL_REFUNDING, "refunded", "返金の確認", S.CANCEL_DONE, "キャンセル完了", **REFUND),
    approval(
        R, S.RETURN_REQUESTED, "返品要請受付 / 承認", S.RETURN_AWAITING, "返品要請", "返品中 (回収待ち)"
    ),
    step(
        R,
        S.RETURN_AWAITING,
        "collected",
        "回収完了/返金要請",
        S.RETURN_COLLECTED,
        "返品：回収完了/返金要請",
    ),
    step(R, S.RETURN_COLLECTED, "refunding", "返金の開始", S.RETURN_REFUNDING, "返品中 (返金中)"),
    step(R, S.RETURN_REFUNDING, "refunded", "返金の確認", S.RETURN_DONE, "返品完了", **REFUND),
    step(R, S.RETURN_COLLECTED, "held", "返金保留", S.RETURN_HELD, "返品：返金保留", **HOLD),
    step(R, S.RETURN_REFUNDING, "held", "返金保留", S.RETURN_HELD, "返品：返金保留", **HOLD),
    step(R, S.RETURN_HELD, "released", "返金保留の解除", S.RETURN_COLLECTED, "返品：回収完了/返金要請"),
    approval(X, S.EXCHANGE_REQUESTED, "交換申請受付 / 承認", S.EXCHANGE_APPROVED, "交換申請", "交換承認"),
    step(X, S.EXCHANGE_APPROVED, "resent", "再配送", S.EXCHANGE_RESENDING, "交換：再配送中", **RESEND),
    step(X, S.EXCHANGE_RESENDING, "exchanged", "交換完了の確認", S.EXCHANGE_DONE, "交換完了"),
    step(N, S.NOTICE_RECEIVED, "approved", "通知の確認", S.NOTICE_CONFIRMED, "未受取通知：出品者確認"),
    step(N, S.NOTICE_CONFIRMED, "refunded", "返金", S.NOTICE_REFUNDED, "未受取通知：返金完了", **REFUND),
    step(N, S.NOTICE_CONFIRMED, "resent", "再配送", S.NOTICE_RESENT, "未受取通知：再配送済", **RESEND),
    approval(X, S.EXCHANGE_LATE, "交換申請受付 / 承認", S.EXCHANGE_APPROVED, "交換申請", "交換承認"),
    step(N, S.NOTICE_LATE, "approved", "通知の確認", S.NOTICE_CONFIRMED, "未受取通知：出品者確認"),
    approval(R, S.ON_HOLD, "返品要請受付 / 承認", S.RETURN_AWAITING, "返品要請", "返品中 (回収待ち)"),
]
# In which order the buttons of a kind stand.
BUTTONS = {
    C: ["キャンセル要請受付 / 承認", "返金の確認"],
    R: ["返品要請受付 / 承認", "回収完了/返金要請", "返金の開始", "返金の確認", "返金保留", "返金保留の解除"],
    X: ["交換申請受付 / 承認", "再配送", "交換完了の確認"],
    N: ["通知の確認", "返金", "再配送"],
}
