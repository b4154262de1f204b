"""The front door: where a person lands, and what he meets where there is nothing."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from claims import access
from qsm.accounts.models import Buyer
from qsm.accounts.requests import PortalRequest


def home(request: PortalRequest) -> HttpResponse:
    """Where somebody lands after sign-in: the desk, else MyQoo10, else the admin (SPEC 1)."""
    user = request.user
    if member := access.memberships(user).first():
        return redirect(member.shop)
    if Buyer.objects.filter(user=user).exists():
        return redirect("my_qoo10")
    if user.is_staff:
        return redirect("admin:index")
    return render(request, "nowhere.html")


def not_found(request: HttpRequest, exception: Http404) -> HttpResponse:
    """One page for a wrong number and for what is not yours: both do not exist (SPEC 1)."""
    return render(request, "404.html", status=404)
