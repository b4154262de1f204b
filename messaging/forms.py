"""What sellers and buyers write."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from claims.forms import CleanTextField
from messaging import mail_choices, saved_texts
from messaging.models import BODY_MAX, TITLE_MAX, Category, SavedText
from qsm.accounts.models import Buyer, Member

FOR_BUYERS = [choice for choice in Category.choices if choice[0] != Category.CLAIM_WITHDRAWAL]
FOR_QOO10 = [*FOR_BUYERS, (_("払戻し・クレーム撤回"), [(Category.CLAIM_WITHDRAWAL.value, _("クレーム撤回"))])]


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "maxlength": BODY_MAX})


class MessageForm(forms.Form):
    """A message: category, title, text of 1 to 4,000 characters."""

    category = forms.ChoiceField(label=_("カテゴリ"), choices=FOR_BUYERS)
    title = CleanTextField(
        label=_("タイトル"),
        max_length=TITLE_MAX,
        error_messages={"required": _("タイトルを入力してください。")},
    )
    body = CleanTextField(
        label=_("メッセージ"),
        max_length=BODY_MAX,
        widget=_area(8),
        error_messages={"required": _("メッセージを入力してください。")},
    )

    def clean_title(self) -> str:
        # One line: it becomes a mail's subject.
        return " ".join(self.cleaned_data["title"].split())


class InquiryForm(MessageForm):
    """What is asked of Qoo10: the same, with 払戻し・クレーム撤回 > クレーム撤回 among the categories."""

    category = forms.ChoiceField(label=_("カテゴリ"), choices=FOR_QOO10)


class SavedTextForm(forms.ModelForm):
    """よく使う: a text that the shop reuses."""

    class Meta:
        model = SavedText
        fields = ["name", "category", "title", "body"]
        field_classes = {"name": CleanTextField, "title": CleanTextField, "body": CleanTextField}
        widgets = {"body": _area(6)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category = self.fields["category"]
        assert isinstance(category, forms.ChoiceField)  # noqa: S101 - for mypy
        category.choices = FOR_BUYERS

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        unknown = saved_texts.unknown(f"{data.get('title', '')} {data.get('body', '')}")
        if unknown:
            names = "、".join(f"{{{name}}}" for name in unknown)
            raise ValidationError(_("使えない差し込み項目があります: %(names)s"), params={"names": names})
        return data

    def validate_unique(self) -> None:
        # The shop is not a field: its unique name is checked all the same.
        try:
            self.instance.validate_constraints()
        except ValidationError as error:
            for problem in error.messages:
                self.add_error("name", problem)


class MailChoicesForm(forms.Form):
    """通知設定: the groups whose mails one reader wants; none checked is a choice too."""

    wanted = forms.MultipleChoiceField(
        label=_("メールで受け取る通知"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, reader: Buyer | Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = self.fields["wanted"]
        assert isinstance(wanted, forms.MultipleChoiceField)  # noqa: S101 - for mypy
        wanted.choices = [(group.value, group.label) for group in mail_choices.groups_of(reader)]
