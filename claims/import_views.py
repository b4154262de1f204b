"""取込: a file is uploaded, shown what it would change, and taken after a confirmation."""

from __future__ import annotations

from datetime import datetime
from typing import Any, BinaryIO, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from claims import access, imports, jobs
from claims.columns import COLUMNS
from claims.desk_views import member_at, wants_part
from claims.files import shown_name
from claims.imports.heads import FOLLOWS
from claims.models import ImportJob, JobState
from claims.models.job import UNFINISHED
from qsm.accounts.models import Member
from qsm.accounts.requests import PortalRequest

SHOWN = 20
UNENDED_MAX = 3
ACCEPT = ".xlsx,.csv,.json"


class ImportForm(forms.Form):
    """The file to take."""

    file = forms.FileField(
        label=gettext_lazy("ファイル"),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}),
        allow_empty_file=True,  # it is said in our words
        error_messages={"required": gettext_lazy("ファイルを選んでください。")},
    )


class TakeForm(forms.Form):
    """Whether bad rows keep the good ones back."""

    take = forms.ChoiceField(
        label=gettext_lazy("取り込み方"), choices=ImportJob.Take.choices, widget=forms.RadioSelect
    )


@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: PortalRequest, shop: str) -> HttpResponse:
    """The upload, what a file may hold, and the shop's latest imports."""
    now = timezone.now()
    member = member_at(request, shop)
    form = ImportForm()
    if request.method == "POST":
        by = access.as_seller(member)
        form = ImportForm(request.POST, request.FILES)
        if form.is_valid() and _unended(member, now) >= UNENDED_MAX:
            form.add_error(
                "file",
                _(
                    "確認待ちか処理中の取込が%sつあります。下の一覧から開き、取り込むかやめてから、もう一度ファイルを選んでください。"
                )
                % UNENDED_MAX,
            )
        elif form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                job = imports.begin(
                    member.shop,
                    cast(BinaryIO, upload),
                    name=shown_name(upload.name or ""),
                    by=by,
                    now=now,
                    direct=settings.IMPORT_DIRECT_ROWS,
                )
            except imports.Unreadable as unreadable:
                form.add_error("file", str(unreadable))
            else:
                return redirect("import_job", shop, job.key)
    context = _frame(member) | {
        "form": form,
        "jobs": [(job, job.state_at(now)) for job in _latest(member)],
        "labels": [column.label for code, column in COLUMNS.items() if code not in FOLLOWS],
        "most": settings.IMPORT_MAX_BYTES // 1_000_000,
        "rows": settings.IMPORT_MAX_ROWS,
        "accept": ACCEPT,
    }
    return render(request, "claims/import.html", context, status=422 if form.errors else 200)


@require_safe
def import_job(request: PortalRequest, shop: str, key: UUID) -> HttpResponse:
    """One import: how far it is, what it would change, what became of it."""
    member = member_at(request, shop)
    job = get_object_or_404(_jobs(member), key=key)
    return _show(request, member, job, timezone.now(), part=wants_part(request, "import"))


@require_http_methods(["GET", "HEAD", "POST"])
def import_confirm(request: PortalRequest, shop: str, key: UUID) -> HttpResponse:
    """取り込む: the rows of a checked file are written."""
    now = timezone.now()
    member = member_at(request, shop)
    job = get_object_or_404(_jobs(member), key=key)
    if request.method == "POST":
        by = access.as_seller(member)
        form = TakeForm(request.POST)
        if not form.is_valid():
            return _show(request, member, job, now, form=form)
        direct = settings.IMPORT_DIRECT_ROWS
        try:
            if not imports.confirm(job, take=form.cleaned_data["take"], by=by, now=now, direct=direct):
                messages.info(request, _("この取込はすでに確認済みか、終わっています。"))
        except imports.Refusal as refusal:
            form.add_error("take", str(refusal))
            return _show(request, member, job, now, form=form)
    return redirect("import_job", shop, key)


@require_http_methods(["GET", "HEAD", "POST"])
def import_cancel(request: PortalRequest, shop: str, key: UUID) -> HttpResponse:
    """取消: what is not taken yet stays out."""
    now = timezone.now()
    member = member_at(request, shop)
    job = get_object_or_404(_jobs(member), key=key)
    if request.method == "POST":
        access.as_seller(member)
        if not jobs.cancel(job, now=now):
            messages.info(request, _("状態が変わっていたため、何もしませんでした。"))
    return redirect("import_job", shop, key)


@require_http_methods(["GET", "HEAD", "POST"])
def import_retry(request: PortalRequest, shop: str, key: UUID) -> HttpResponse:
    """もう一度: what failed or was cancelled is put in line again, in the name of who presses it."""
    now = timezone.now()
    member = member_at(request, shop)
    job = get_object_or_404(_jobs(member), key=key)
    if request.method == "POST":
        by = access.as_seller(member)
        if not imports.try_again(job, by=by, now=now):
            messages.info(request, _("状態が変わっていたため、何もしませんでした。"))
    return redirect("import_job", shop, key)


def _show(
    request: PortalRequest,
    member: Member,
    job: ImportJob,
    now: datetime,
    *,
    form: TakeForm | None = None,
    part: bool = False,
) -> HttpResponse:
    report = imports.Report(**job.report) if job.report else None
    context = _frame(member) | {
        "job": job,
        "state": job.state_at(now),
        "unfinished": job.is_unfinished(now),
        "report": report,
        # Where no row is bad nobody is asked. A long file in one transaction would lock its claims for minutes.
        "take": "all" if (job.rows_total or 0) <= settings.IMPORT_DIRECT_ROWS else "good",
        "form": form or TakeForm(initial={"take": ImportJob.Take.GOOD}),
        "would_change": bool(report and (report.created or report.changed)),
    }
    template = "claims/_import.html" if part else "claims/import_job.html"
    return render(request, template, context, status=422 if form else 200)


def _unended(member: Member, now: datetime) -> int:
    """How many imports of the member's own are not at their end yet."""
    mine = _jobs(member).filter(user=member.user, expires_at__gt=now)
    return mine.filter(state__in=(*UNFINISHED, JobState.CHECKED)).count()


def _frame(member: Member) -> dict[str, Any]:
    return {
        "member": member,
        "shop": member.shop,
        "place": "import",
        "may_change": access.may_change(member),
        "hours": int(jobs.KEPT.total_seconds() // 3600),
    }


def _latest(member: Member) -> Any:
    counts = {f"rows_{name}": F(f"report__{name}") for name in ("created", "changed", "refused")}
    return _jobs(member).select_related("user").defer("report").annotate(**counts)[:SHOWN]


def _jobs(member: Member) -> Any:
    return ImportJob.objects.filter(shop=member.shop)
