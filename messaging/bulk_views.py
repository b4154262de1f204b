"""お問い合わせ管理: what is done to the checked rows of a list."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from claims import access
from messaging import conversation, reading
from messaging.models import Message, Notice, State
from messaging.views import show_inbox
from qsm.accounts.models import Member
from qsm.accounts.requests import PortalRequest

AT_ONCE = 500
TOLD = 20  # messages whose refusal is told one by one


@require_http_methods(["GET", "HEAD", "POST"])
def inbox_bulk(request: PortalRequest, shop: str) -> HttpResponse:
    """処理中 or 回答済（回答不要） for the checked messages; the latter asks first. Tells of each that was left."""
    now = timezone.now()
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    if request.method != "POST":  # a sign-in leads here: nothing to do again
        return _back(request, shop)
    access.as_seller(member)
    ids = _ids(request, "message")
    if not ids:
        return _back(request, shop)
    chosen = Message.objects.of_shop(member.shop).filter(pk__in=ids)
    to = request.POST.get("to")
    if to == State.IN_PROGRESS:
        _tell(request, ids, conversation.take_up(chosen, by=member), member)
    elif to == State.ANSWERED:
        waiting = chosen.waiting().count()
        if waiting and "confirmed" not in request.POST:
            return _ask(request, member, now, ids, waiting)
        _tell(request, ids, conversation.close(chosen, by=member), member)
    else:
        messages.error(request, _("変更後の状態を選んでください。"))
    return _back(request, shop)


@require_http_methods(["GET", "HEAD", "POST"])
def notices_read(request: PortalRequest, shop: str) -> HttpResponse:
    """既読にする: the checked notices of the marketplace, or all of them."""
    now = timezone.now()
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    if request.method != "POST":
        return _back(request, shop)
    access.as_seller(member)
    told = Notice.objects.filter(shop=member.shop)
    if "all" not in request.POST:
        ids = _ids(request, "notice")
        if not ids:
            return _back(request, shop)
        told = told.filter(pk__in=ids)
    changed = reading.mark_read(told, by=member, now=now)
    messages.success(request, _("%s件を既読にしました。") % changed)
    return _back(request, shop)


def _ids(request: PortalRequest, name: str) -> set[int]:
    """The checked rows' ids; says so where there is none, or more than AT_ONCE."""
    ids = {int(pk) for pk in request.POST.getlist(name) if pk.isdecimal() and len(pk) < 18}
    if not ids:
        messages.error(request, _("メッセージを選択してください。"))
    elif len(ids) > AT_ONCE:
        messages.error(request, _("一度に選択できるのは%s件までです。") % AT_ONCE)
        return set()
    return ids


def _ask(request: PortalRequest, member: Member, now: datetime, ids: set[int], waiting: int) -> HttpResponse:
    """The popup over the list: how many, and what OK does."""
    popup = {"waiting": waiting, "left": len(ids) - waiting, "ids": sorted(ids)}
    return show_inbox(request, member, now, popup=popup, chosen=ids)


def _tell(request: PortalRequest, ids: set[int], changed: list[int], member: Member) -> None:
    """How many were changed, and of each other one why not."""
    if changed:
        messages.success(request, _("%s件の状態を変更しました。") % len(changed))
    left = ids.difference(changed)
    known = list(Message.objects.of_shop(member.shop).filter(pk__in=left))
    for message in known[:TOLD]:
        words = {"title": message.title, "why": _why_left(message)}
        messages.warning(request, _("「%(title)s」は変更していません: %(why)s") % words)
    if rest := len(left) - min(len(known), TOLD):
        messages.warning(request, _("ほか%s件は対象外のため変更していません。") % rest)


def _why_left(message: Message) -> str:
    if message.sender == Message.Sender.SHOP:
        return _("ショップが送信したメッセージです。")
    return _("すでに%sです。") % message.get_state_display()


def _back(request: PortalRequest, shop: str) -> HttpResponse:
    """The list as it was: its search stands in the address."""
    query = request.GET.urlencode()
    response = redirect("inbox", shop)
    response["Location"] += f"?{query}" if query else ""
    return response
