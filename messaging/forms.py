"""What sellers and buyers write."""

from typing import Any, cast
from uuid import UUID

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


class KeyField(forms.UUIDField):
    """A key that the page carries; none where it is missing or no key."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def clean(self, value: Any) -> UUID | None:
        try:
            return cast(UUID | None, super().clean(value))
        except ValidationError:
            return None


class IdField(forms.IntegerField):
    """The id of a row that the page showed; none where it is missing or no id."""

    def __init__(self) -> None:
        super().__init__(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)

    def clean(self, value: Any) -> int | None:
        try:
            return cast(int | None, super().clean(value))
        except ValidationError:
            return None


class PageKeys(forms.Form):
    """What a page of the composer carries along: the message's send key, its own, and what it showed."""

    send_key = KeyField()
    screen = KeyField()
    read = KeyField()  # `saved_by` of the draft as this page knows it
    read_to = IdField()


class MessageForm(PageKeys):
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

    @property
    def words(self) -> dict[str, Any]:
        """What is said: category, title and body, cleaned."""
        return {name: self.cleaned_data.get(name, "") for name in ("category", "title", "body")}


class InquiryForm(MessageForm):
    """What is asked of Qoo10: the same, with 払戻し・クレーム撤回 > クレーム撤回 among the categories."""

    category = forms.ChoiceField(label=_("カテゴリ"), choices=FOR_QOO10)


class DraftForm(InquiryForm):
    """What is being written: nothing of it is required yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("category", "title", "body"):
            self.fields[name].required = False


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
        assert isinstance(category, forms.ChoiceField)  # noqa: S101 - declared so; mypy does not know
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
        assert isinstance(wanted, forms.MultipleChoiceField)  # noqa: S101 - declared so; mypy does not know
        wanted.choices = [(group.value, group.label) for group in mail_choices.groups_of(reader)]
