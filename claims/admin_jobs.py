"""ダウンロード and 取込 in the admin: everybody's, and an operator's own import into a shop."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims import access, imports, jobs
from claims.files import shown_name
from claims.models import ExportJob, ImportJob, JobState
from claims.models.job import UNFINISHED
from qsm.accounts.models import User
from qsm.admin_site import OnlyShown


def _operator(request: HttpRequest) -> access.Actor:
    return access.as_operator(cast(User, request.user))  # the admin's door lets nobody else in


class ShowsJobs(OnlyShown, admin.ModelAdmin):
    """Whose work on files is how far; the files themselves are their askers'."""

    list_display = [
        "created_at", "file_name", "shop", "user", "state", "rows_done", "rows_total", "finished_at",
    ]  # fmt: skip
    list_filter = ["state", "shop"]
    list_select_related = ["shop", "user"]
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    search_fields = ["file_name", "user__username", "shop__code"]
    search_help_text = gettext_lazy("ファイル名、依頼した人、ショップID")
    show_full_result_count = False


@admin.register(ExportJob)
class ExportJobAdmin(ShowsJobs):
    exclude = ["file"]


class UploadForm(forms.ModelForm):
    """The shop and the file of an import."""

    upload = forms.FileField(
        label=gettext_lazy("ファイル"),
        help_text=gettext_lazy("Excel（.xlsx）、CSV、GetClaimInfo_V3 の応答（.json）"),
    )

    class Meta:
        model = ImportJob
        fields = ["shop"]

    def clean_upload(self) -> Any:
        upload = self.cleaned_data["upload"]
        try:
            imports.is_short(upload, settings.IMPORT_DIRECT_ROWS)
        except imports.Unreadable as unreadable:
            raise forms.ValidationError(str(unreadable)) from unreadable
        return upload


@admin.register(ImportJob)
class ImportJobAdmin(ShowsJobs):
    """An operator picks shop and file, sees what would change, and confirms it, as sellers do at the desk."""

    form = UploadForm
    autocomplete_fields = ["shop"]
    change_form_template = "claims/admin_import.html"
    shown = [
        "shop", "file_name", "user", "actor_kind", "channel", "state", "take", "rows_done", "rows_total", "rows_taken", "tries",
        "error", "created_at", "confirmed_at", "finished_at", "expires_at", "shown_report",
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else ["shop", "upload"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else []

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        unkept = super().save_form(request, form, change)
        upload = form.cleaned_data["upload"]
        upload.seek(0)
        return imports.begin(
            unkept.shop,
            upload,
            name=shown_name(upload.name or ""),
            by=_operator(request),
            now=timezone.now(),
            direct=settings.IMPORT_DIRECT_ROWS,
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        pass  # imports.begin has kept it

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return redirect(reverse("admin:claims_importjob_change", args=[obj.pk]))

    def get_urls(self) -> Any:
        doors = {"confirm": self.confirm_view, "cancel": self.cancel_view, "retry": self.retry_view}
        own = [
            path(f"<int:pk>/{what}/", self.admin_site.admin_view(view), name=f"claims_importjob_{what}")
            for what, view in doors.items()
        ]
        return [*own, *super().get_urls()]

    def _job(self, request: HttpRequest, pk: int) -> ImportJob:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return get_object_or_404(ImportJob, pk=pk)

    def confirm_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """取り込む: in the operator's name."""
        job = self._job(request, pk)
        if request.method == "POST":
            take = ImportJob.Take.ALL if request.POST.get("take") == "all" else ImportJob.Take.GOOD
            direct = settings.IMPORT_DIRECT_ROWS
            try:
                if not imports.confirm(
                    job, take=take, by=_operator(request), now=timezone.now(), direct=direct
                ):
                    messages.warning(request, _("この取込はすでに確認済みか、終わっています。"))
            except imports.Refusal as refusal:
                messages.error(request, str(refusal))
        return redirect(reverse("admin:claims_importjob_change", args=[pk]))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """取消: what is not taken yet stays out."""
        job = self._job(request, pk)
        if request.method == "POST" and not jobs.cancel(job, now=timezone.now()):
            messages.warning(request, _("状態が変わっていたため、何もしませんでした。"))
        return redirect(reverse("admin:claims_importjob_change", args=[pk]))

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """もう一度: what failed or was cancelled is put in line again, in the operator's name."""
        job = self._job(request, pk)
        if request.method == "POST":
            by = _operator(request)
            if not imports.try_again(job, by=by, now=timezone.now()):
                messages.warning(request, _("状態が変わっていたため、何もしませんでした。"))
        return redirect(reverse("admin:claims_importjob_change", args=[pk]))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        job = context.get("original")
        if job is not None:
            state = job.state_at(timezone.now())
            context["is_unfinished"] = state in UNFINISHED
            may_change = self.has_add_permission(request)
            would_change = any(job.report.get(name) for name in ("created", "changed"))
            context["may_confirm"] = may_change and state == JobState.CHECKED and would_change
            context["may_cancel"] = may_change and state in (*UNFINISHED, JobState.CHECKED)
            context["may_retry"] = may_change and state in (JobState.FAILED, JobState.CANCELLED)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=gettext_lazy("結果"))
    def shown_report(self, job: ImportJob) -> str:
        if not job.report:
            return "-"
        future = job.confirmed_at is None
        report = imports.Report(**job.report)
        return render_to_string("claims/_import_report.html", {"report": report, "future": future})
