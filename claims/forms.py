"""What sellers and buyers type into the withdrawal loop."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from claims.eligibility import reason_blockers
from claims.models import REASON_MAX, RejectionReason


class CleanTextField(forms.CharField):
    """Text that somebody types: trimmed, line ends unified, control characters taken out."""

    def to_python(self, value: Any) -> str:
        text = (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")
        kept = (char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))
        return unicodedata.normalize("NFC", "".join(kept)).strip()


class ReasonField(CleanTextField):
    """A reason of 1 to 1,000 characters."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3, "maxlength": REASON_MAX}))
        super().__init__(required=False, **kwargs)


class ReasonForm(forms.Form):
    """A request's reason; the base of what the pane posts."""

    reason = ReasonField(label=_("要請理由"))
    # The state of the claim that the page showed, and the last day that the popup promised.
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    promised = forms.DateField(required=False, widget=forms.HiddenInput)

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if problems := reason_blockers(reason):
            raise ValidationError([problem.text for problem in problems])
        return reason


class RequestForm(ReasonForm):
    """撤回要請 Y/N, N at first, and the reason that Y asks for (the guide, section 1)."""

    withdraw = forms.ChoiceField(
        label=_("撤回要請"),
        choices=[("N", "N"), ("Y", "Y")],
        initial="N",
        widget=forms.RadioSelect,
        error_messages={"required": _("撤回要請でYを選択してください。")},
    )
    field_order = ["withdraw", "reason"]

    def clean_withdraw(self) -> str:
        if self.cleaned_data["withdraw"] != "Y":
            raise ValidationError(_("撤回要請するには、撤回要請でYを選択してください。"))
        return "Y"


class DecisionForm(forms.Form):
    """A decision without words: cancelling a request, approving a claim."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    promised = forms.DateField(required=False, widget=forms.HiddenInput)


class AnswerForm(forms.Form):
    """The buyer's answer: agree, or reject for a reason (SPEC 6)."""

    answer = forms.ChoiceField(choices=[("accept", ""), ("reject", "")])
    reason = forms.ChoiceField(
        label=_("拒否の理由"), choices=[("", _("選択してください")), *RejectionReason.choices], required=False
    )
    text = ReasonField(label=_("詳しい理由"), help_text=_("「その他」のときは必ずご記入ください。"))

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("answer") != "reject":
            return data
        if not data.get("reason"):
            self.add_error("reason", _("拒否の理由を選択してください。"))
        text = data.get("text", "")
        if text or data.get("reason") == RejectionReason.OTHER:
            for problem in reason_blockers(text):
                self.add_error("text", problem.text)
        return data
