"""What a buyer fills in to file a claim (SPEC 2, 6)."""

from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from claims import filing
from claims.forms import CleanTextField
from claims.models import REASON_MAX
from claims.reasons import PICKUPS_OF_BUYER, NonReceipt, Reason, Remedy, by_fault
from claims.statuses import Kind

ONLY = {
    "pickup": {Kind.RETURN, Kind.EXCHANGE},
    "non_receipt": {Kind.NON_RECEIPT},
    "remedy": {Kind.NON_RECEIPT},
}


def _choice(label: Any, ask: Any, choices: list[Any]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=[("", _("選択してください")), *choices],
        error_messages={"required": ask, "invalid_choice": ask},
    )


class FilingForm(forms.Form):
    """A claim of one kind: why, how many, how the goods come back, what is wished."""

    reason = _choice(_("理由"), _("理由を選択してください。"), [])
    text = CleanTextField(
        label=_("詳しい内容"),
        required=False,
        help_text=_("ショップに伝わります。「その他」を選んだときは必ずご記入ください。"),
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": REASON_MAX}),
    )
    quantity = forms.IntegerField(
        label=_("数量"),
        error_messages={
            "required": _("数量を入力してください。"),
            "invalid": _("数量は数字で入力してください。"),
        },
    )
    pickup = _choice(
        _("返品の回収方法"),
        _("返品の回収方法を選択してください。"),
        [(pickup.value, pickup.label) for pickup in PICKUPS_OF_BUYER],
    )
    non_receipt = _choice(_("未受取タイプ"), _("未受取タイプを選択してください。"), NonReceipt.choices)
    remedy = _choice(_("ご希望の対応"), _("ご希望の対応を選択してください。"), Remedy.choices)

    def __init__(self, data: MultiValueDict[str, str] | None = None, *, kind: Kind, pieces: int) -> None:
        super().__init__(data, initial={"quantity": pieces}, use_required_attribute=False)
        self.pieces = pieces
        for name, kinds in ONLY.items():
            if kind not in kinds:
                del self.fields[name]
        reason = self.fields["reason"]
        assert isinstance(reason, forms.ChoiceField)  # noqa: S101 - declared so; mypy does not know
        reason.choices = [("", _("選択してください")), *by_fault(kind)]
        amount = forms.HiddenInput() if pieces == 1 else forms.NumberInput(attrs={"min": 1, "max": pieces})
        self.fields["quantity"].widget = amount

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "text" in data:
            required = data.get("reason") == Reason.OTHER
            for problem in filing.detail_blockers(data["text"], required=required):
                self.add_error("text", problem.text)
        if "quantity" in data:
            for problem in filing.quantity_blockers(data["quantity"], self.pieces):
                self.add_error("quantity", problem.text)
        return data
