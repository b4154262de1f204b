"""What a shop types while it processes a claim: why a refund is held, what was sent again."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from claims.eligibility import reason_blockers, reshipment_blockers
from claims.forms import CleanTextField, DecisionForm, ParcelNumberField, ReasonField
from claims.models import Claim, HoldReason


class ProcessingForm(DecisionForm):
    """A step of the processing: what it says, for the verb, the popup and the popup's OK."""

    # The amount that the popup named.
    yen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, claim: Claim, now: datetime) -> None:
        self.claim, self.now = claim, now
        super().__init__(data)

    def said(self) -> dict[str, Any]:
        """The verb's own arguments, of a valid form."""
        return {}

    def carried(self) -> list[tuple[str, Any]]:
        """What the popup's OK posts again: the names and values of the fields that were typed in."""
        typed = [field.name for field in self.visible_fields()]
        return [(name, self.cleaned_data.get(name)) for name in typed if self.cleaned_data.get(name)]


class HoldForm(ProcessingForm):
    """返金保留: a reason from the list, and words that その他 asks for."""

    hold_reason = forms.ChoiceField(
        label=_("保留理由"),
        choices=[("", _("選択してください")), *HoldReason.choices],
        error_messages={"required": _("保留理由を選択してください。")},
    )
    hold_text = ReasonField(label=_("詳しい理由"))

    def clean(self) -> dict[str, Any]:
        text = self.cleaned_data.get("hold_text", "")
        if text or self.cleaned_data.get("hold_reason") == HoldReason.OTHER:
            for problem in reason_blockers(text):
                self.add_error("hold_text", problem.text)
        return self.cleaned_data

    def said(self) -> dict[str, Any]:
        return {
            "reason": HoldReason(self.cleaned_data["hold_reason"]),
            "text": self.cleaned_data["hold_text"],
        }


class ReshipmentForm(ProcessingForm):
    """再配送: by whom, under which number, on which day."""

    delivery_company = CleanTextField(label=_("配送会社"), required=False)
    tracking_number = ParcelNumberField(label=_("送り状番号"), required=False)
    shipped_on = forms.DateField(
        label=_("再配送日"),
        error_messages={
            "required": _("再配送日を入力してください。"),
            "invalid": _("再配送日を2021-07-13の形で入力してください。"),
        },
    )

    def clean(self) -> dict[str, Any]:
        # A day that could not be read has its own error already.
        shipped_on: date = self.cleaned_data.get("shipped_on") or self.now.date()
        problems = reshipment_blockers(
            self.claim,
            delivery_company=self.cleaned_data["delivery_company"],
            tracking_number=self.cleaned_data["tracking_number"],
            shipped_on=shipped_on,
            now=self.now,
        )
        for problem in problems:
            if problem.code != "shipped_on" or "shipped_on" in self.cleaned_data:
                self.add_error(problem.code, ValidationError(problem.text))
        return self.cleaned_data

    def said(self) -> dict[str, Any]:
        names = ("delivery_company", "tracking_number", "shipped_on")
        return {name: self.cleaned_data[name] for name in names}
