"""お問い合わせ管理: what buyers and the marketplace say to the shop, and what the shop asks Qoo10."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from claims import access
from messaging import conversation
from messaging.models import Inquiry, Message, MessageQuerySet, Notice, State
from qsm.accounts.models import Member
from qsm.accounts.requests import PortalRequest

PER_PAGE = 50
TABS = ("buyers", "qoo10", "inquiries")


@require_safe
def inbox(request: PortalRequest, shop: str) -> HttpResponse:
    """お問い合わせ管理 in three tabs: the buyers' messages, Qoo10's, and the shop's own inquiries."""
    now = timezone.now()
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "buyers"
    order, state = request.GET.get("order", ""), request.GET.get("state", "")
    state = state if state in State.values else ""
    rows: QuerySet[Message] | QuerySet[Notice] | QuerySet[Inquiry]
    if tab == "buyers":
        rows = _messages(member, order, state).with_urgency(now)
    elif tab == "qoo10":
        rows = _notices(member, order)
    else:
        rows = _inquiries(member, order, state)
    context = {
        "shop": member.shop,
        "place": "inbox",
        "now": now,
        "member": member,
        "may_change": access.may_change(member),
        "tab": tab,
        "order": order,
        "state": state,
        "states": State.choices,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "query": request.GET.urlencode(),
    }
    return render(request, "messaging/inbox.html", context)


@require_POST
def inbox_bulk(request: PortalRequest, shop: str) -> HttpResponse:
    """処理中 or 回答済（回答不要） for the checked messages; says how many it changed."""
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    ids = [int(pk) for pk in request.POST.getlist("message") if pk.isdecimal() and len(pk) < 18]
    chosen = Message.objects.of_shop(member.shop).filter(pk__in=ids)
    act = conversation.close if request.POST.get("to") == State.ANSWERED else conversation.take_up
    changed = act(chosen, by=member)
    left = len(set(ids)) - changed
    if not ids:
        messages.error(request, _("メッセージを選択してください。"))
    else:
        messages.success(request, _("%s件の状態を変更しました。") % changed)
    if left:
        messages.error(request, _("%s件は対象外のため変更していません（回答済・送信済など）。") % left)
    query = request.GET.urlencode()
    response = redirect("inbox", shop)
    response["Location"] += f"?{query}" if query else ""
    return response


@require_safe
def inbox_waiting(request: PortalRequest, shop: str) -> HttpResponse:
    """The header's 受信箱 alone, for its N to be fresh without a reload."""
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    return render(request, "messaging/_waiting.html", {"shop": member.shop})


@require_safe
def inquiry(request: PortalRequest, shop: str, pk: int) -> HttpResponse:
    """One inquiry to Qoo10, and its answer."""
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    found = Inquiry.objects.select_related("order", "author", "shop").filter(shop=member.shop)
    context = {"shop": member.shop, "place": "inbox", "inquiry": get_object_or_404(found, pk=pk)}
    return render(request, "messaging/inquiry.html", context)


def _messages(member: Member, order: str, state: str) -> MessageQuerySet:
    found = Message.objects.of_shop(member.shop).select_related("order__buyer")
    found = found.filter(order__number=order) if order else found
    return found.filter(state=state) if state else found


def _notices(member: Member, order: str) -> QuerySet[Notice]:
    found = Notice.objects.filter(shop=member.shop).with_causes()
    return found.filter(event__claim__order__number=order) if order else found


def _inquiries(member: Member, order: str, state: str) -> QuerySet[Inquiry]:
    found = Inquiry.objects.filter(shop=member.shop).select_related("order", "author")
    found = found.filter(order__number=order) if order else found
    return found.filter(state=state) if state else found
