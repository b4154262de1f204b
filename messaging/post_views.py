"""Qポスト: the buyer's mailbox inside MyQoo10."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from messaging import notices
from messaging.models import Notice
from qsm.accounts.models import Buyer
from qsm.accounts.requests import PortalRequest

PER_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
def my_posts(request: PortalRequest) -> HttpResponse:
    """The posts, newest first; posting marks all of them read."""
    now = timezone.now()
    buyer = get_object_or_404(Buyer, user=request.user)
    posts = Notice.objects.filter(buyer=buyer)
    if request.method == "POST" and request.POST.get("read") == "all":
        posts.unread().update(read_at=now)
        messages.success(request, _("すべて既読にしました。"))
    if request.method == "POST":
        return redirect("my_posts")
    page = Paginator(posts.with_causes(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "messaging/my_posts.html", {"buyer": buyer, "page": page})


@require_safe
def my_post(request: PortalRequest, pk: int) -> HttpResponse:
    """One post; opening it marks it read."""
    now = timezone.now()
    post = get_object_or_404(Notice.objects.filter(buyer__user=request.user).with_causes(), pk=pk)
    if request.method == "GET":  # opened by him, and not by a look ahead (HEAD)
        Notice.objects.filter(pk=post.pk).unread().update(read_at=now)
    asked = notices.asked_for(post)
    context = {"post": post, "to_answer": asked is not None and asked.is_open(now)}
    return render(request, "messaging/my_post.html", context)
