"""What sellers and buyers type into the withdrawal loop, and sellers into the grid's settings and bulk deeds."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from claims import carriers
from claims.columns import COLUMNS
from claims.eligibility import offer_blockers, proof_blockers, reason_blockers
from claims.enclosure import Enclosure
from claims.models import REASON_MAX, Attachment, GridSetting, Order, RejectionReason
from claims.models.preference import NAME_MAX
from claims.texts import tidy


class CleanTextField(forms.CharField):
    """Text that somebody types: trimmed, line ends unified, control characters taken out."""

    def to_python(self, value: Any) -> str:
        return tidy(super().to_python(value) or "")


class ReasonField(CleanTextField):
    """A reason of 1 to 1,000 characters."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3, "maxlength": REASON_MAX}))
        super().__init__(required=False, **kwargs)


class YenField(CleanTextField):
    """An amount in whole yen as people type it: 500, ５００円, ¥1,500; empty is None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> int | None:
        typed = unicodedata.normalize("NFKC", str(super().clean(value)))
        bare = re.sub(r"[\s¥]|円", "", typed.translate({ord("、"): ","}))
        if not bare:
            return None
        if not re.fullmatch(r"\d{1,12}|\d{1,3}(,\d{3}){1,3}", bare, re.ASCII):
            raise ValidationError(_("金額は500や1,500のように、円単位の整数で入力してください。"))
        return int(bare.replace(",", ""))


class ParcelNumberField(CleanTextField):
    """送り状番号 as people type it: full-width digits, spaces and hyphens within are no part of it."""

    def clean(self, value: Any) -> str:
        return carriers.bare(str(super().clean(value)))


class ReasonForm(forms.Form):
    """A request's reason and what comes with it; the base of what the pane posts."""

    reason = ReasonField(label=_("要請理由"))
    offer = YenField(label=_("部分返金の提案"))
    delivery_company = CleanTextField(label=_("配送会社"), required=False, max_length=50)
    tracking_number = ParcelNumberField(label=_("送り状番号"), required=False, max_length=50)
    # The state of the claim that the page showed, and the last day that the popup promised.
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    promised = forms.DateField(required=False, widget=forms.HiddenInput)

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if problems := reason_blockers(reason):
            raise ValidationError([problem.text for problem in problems])
        return reason

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "delivery_company" in data and "tracking_number" in data:
            for problem in proof_blockers(data["delivery_company"], data["tracking_number"]):
                self.add_error("tracking_number", problem.text)
        return data

    def fit(self, order: Order) -> None:
        """Say beside the amount why it cannot be offered on `order`."""
        self.full_clean()
        for problem in offer_blockers(order, self.cleaned_data.get("offer")):
            self.add_error("offer", problem.text)

    def enclosed(self, files: Sequence[Attachment]) -> Enclosure:
        """What was typed and these files, as the verbs take it; what cannot be read is left out."""
        data = self.cleaned_data
        return Enclosure(
            offer=data.get("offer"),
            delivery_company=data.get("delivery_company", ""),
            tracking_number=data.get("tracking_number", ""),
            files=files,
        )


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


class BulkForm(forms.Form):
    """OK to a deed done to many claims: the page's key, and the last day that it promised."""

    key = forms.UUIDField()
    promised = forms.DateField(required=False)


class BulkReasonForm(BulkForm):
    """The same with one reason for all."""

    reason = ReasonField(label=_("要請理由"))

    clean_reason = ReasonForm.clean_reason


class GridSettingForm(forms.ModelForm):
    """一覧の表示設定; the columns come beside it (preference_views.py)."""

    sort = forms.ChoiceField(label=_("並び順"), required=False)

    class Meta:
        model = GridSetting
        fields = ["per_page", "sort", "shortcuts"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(column.code, column.label) for column in COLUMNS.values() if column.sort]
        # A ChoiceField of the model form, which django-stubs knows as a Field.
        self.fields["sort"].choices = [  # type: ignore[attr-defined]
            ("", _("新しい順（照会した日付）")),
            *(
                (f"{minus}{code}", format_lazy("{} {}", label, turn))
                for code, label in offered
                for minus, turn in (("", _("▲ 昇順")), ("-", _("▼ 降順")))
            ),
        ]


class SavedViewForm(forms.Form):
    """The name of a search that is kept; `taken` are the names of the member's other ones."""

    name = CleanTextField(
        label=_("名前"),
        max_length=NAME_MAX,
        error_messages={"required": _("名前を入力してください。")},
    )

    def __init__(self, *args: Any, taken: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.taken = set(taken)

    def clean_name(self) -> str:
        # Without marks that nobody sees: they turn the text around, or are all that there is.
        shown = "".join(char for char in self.cleaned_data["name"] if char.isspace() or char.isprintable())
        name = " ".join(shown.split())
        if not name:
            raise ValidationError(_("名前を入力してください。"))
        if name in self.taken:
            raise ValidationError(
                _("「%s」という名前の条件はすでに保存されています。別の名前にしてください。") % name
            )
        return name


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
