"""Excel and CSV of the grid, at once or through ダウンロード一覧."""

from __future__ import annotations

import tempfile
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from claims import exports, jobs
from claims.desk_views import desk_address, member_at, query_of, wants_part
from claims.models import ExportJob, JobState
from claims.models.job import UNFINISHED
from qsm.accounts.models import Member
from qsm.accounts.requests import PortalRequest

SELECTED_MAX = 10_000
UNFINISHED_MAX = 3
SHOWN = 50


class ExportForm(forms.Form):
    """What the buttons Excel and CSV send."""

    format = forms.ChoiceField(choices=ExportJob.Format.choices)
    columns = forms.ChoiceField(choices=[("visible", gettext_lazy("表示列")), ("all", gettext_lazy("全列"))])


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: PortalRequest, shop: str) -> HttpResponseBase:
    """The rows found by the address, or those checked, as a file; more than 10,000 by the worker."""
    now = timezone.now()
    member = member_at(request, shop)
    query = query_of(request)
    if request.method != "POST":  # a sign-in leads here: the buttons are on the desk
        return redirect(desk_address(member, query))
    form = ExportForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("ファイルの形式と列を選び直してください。"))
        return redirect("exports", shop)
    numbers = sorted({number for number in request.POST.getlist("claim") if number.isprintable()})
    columns = exports.chosen_columns(form.cleaned_data["columns"], member)
    keys = exports.ids(exports.found_claims(member, query, numbers[:SELECTED_MAX], now=now))
    name = exports.file_name(form.cleaned_data["format"], timezone.localtime(now))
    if refusal := exports.too_many(form.cleaned_data["format"], len(keys)):
        messages.error(request, refusal)
        return redirect("exports", shop)
    if exports.is_large(len(keys)):
        wanted = {
            "format": form.cleaned_data["format"],
            "query": query,
            "numbers": numbers,
            "columns": [column.code for column in columns],
        }
        return _begin(request, member, name, wanted, len(keys), now)
    rows = exports.rows(member.shop, keys, columns, now=now)
    if form.cleaned_data["format"] == ExportJob.Format.CSV:
        return StreamingHttpResponse(
            exports.csv_lines(columns, rows),
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
            content_type=exports.CONTENT_TYPES[ExportJob.Format.CSV],
        )
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    exports.write_xlsx(file, columns, rows)
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=name, content_type=exports.CONTENT_TYPES[ExportJob.Format.XLSX]
    )


def _begin(
    request: PortalRequest, member: Member, name: str, wanted: dict[str, Any], found: int, now: datetime
) -> HttpResponse:
    """Hand the file to the worker and lead to the list; the same wish once is enough."""
    mine = _mine(member).filter(state__in=UNFINISHED, expires_at__gt=now)
    if mine.filter(**wanted).exists():
        messages.info(request, _("同じファイルを作成中です。"))
    elif mine.count() >= UNFINISHED_MAX:
        messages.error(
            request,
            _("作成中のファイルが%sつあります。終わってからもう一度お試しください。") % UNFINISHED_MAX,
        )
    else:
        job = ExportJob.objects.create(
            shop=member.shop,
            user=member.user,
            file_name=name,
            rows_total=found,
            created_at=now,
            woken_at=now,
            expires_at=now + jobs.KEPT,
            **wanted,
        )
        jobs.wake(job)
        messages.success(request, _("ファイルを作成しています。できあがるとここからダウンロードできます。"))
    return redirect("exports", member.shop.code)


@require_safe
def exports_list(request: PortalRequest, shop: str) -> HttpResponse:
    """ダウンロード一覧: the member's own files, how far each is, until when it is kept."""
    now = timezone.now()
    member = member_at(request, shop)
    found = list(_mine(member)[:SHOWN])
    context = {
        "member": member,
        "shop": member.shop,
        "place": "exports",
        "jobs": [(job, job.state_at(now)) for job in found],
        "unfinished": any(job.is_unfinished(now) for job in found),
        "direct": settings.EXPORT_DIRECT_ROWS,
        "hours": int(jobs.KEPT.total_seconds() // 3600),
    }
    template = "claims/_exports.html" if wants_part(request, "exports") else "claims/exports.html"
    return render(request, template, context)


@require_safe
def export_file(request: PortalRequest, shop: str, key: UUID) -> HttpResponseBase:
    """A finished file, to the member who asked for it, while it is kept."""
    now = timezone.now()
    job = get_object_or_404(_mine(member_at(request, shop)), key=key)
    if job.state_at(now) != JobState.DONE:
        messages.info(request, _("このファイルはダウンロードできません。一覧で状態をご確認ください。"))
        return redirect("exports", shop)
    try:
        content = job.file.open("rb")
    except FileNotFoundError as error:  # the storage lost it
        raise Http404 from error
    return FileResponse(
        content,
        as_attachment=True,
        filename=job.file_name,
        content_type=exports.CONTENT_TYPES[ExportJob.Format(job.format)],
    )


def export_cancel(request: PortalRequest, shop: str, key: UUID) -> HttpResponse:
    """取消: what is not finished is not written."""
    return _change(request, shop, key, "cancel")


def export_retry(request: PortalRequest, shop: str, key: UUID) -> HttpResponse:
    """もう一度: what failed or was cancelled is put in line again."""
    return _change(request, shop, key, "retry")


@require_http_methods(["GET", "HEAD", "POST"])
def _change(request: PortalRequest, shop: str, key: UUID, what: Literal["cancel", "retry"]) -> HttpResponse:
    now = timezone.now()
    job = get_object_or_404(_mine(member_at(request, shop)), key=key)
    if request.method == "POST":
        done = jobs.cancel(job, now=now) if what == "cancel" else jobs.try_again(job, now=now)
        if not done:
            messages.info(request, _("状態が変わっていたため、何もしませんでした。"))
    return redirect("exports", shop)


def _mine(member: Member) -> QuerySet[ExportJob]:
    return ExportJob.objects.filter(shop=member.shop, user=member.user)
