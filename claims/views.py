"""取引情報 of one claim, and what its buttons post."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import trigger_client_event

from claims import (
    access,
    carriers,
    deadlines,
    eligibility,
    history,
    money,
    popups,
    processing_popups,
    steps,
    transitions,
)
from claims.desk_views import grid_of, member_at, neighbours, wants_part, whole_desk
from claims.eligibility import Blocker, blockers
from claims.enclosure import NOTHING, Enclosure
from claims.forms import DecisionForm, ReasonForm, RequestForm
from claims.models import Claim, HoldReason, Order, Outcome
from claims.moves import PROCESSING, Action
from claims.popups import Popup
from claims.processing_forms import HoldForm, ProcessingForm, ReshipmentForm
from claims.statuses import Kind, Status
from claims.uploads import Uploads
from qsm.accounts.models import Member
from qsm.accounts.requests import PortalRequest

FORMS: dict[Action, type[Form]] = {
    Action.ASKED: RequestForm,
    Action.REPEATED: ReasonForm,
    Action.CANCELLED: DecisionForm,
}
PROCESSING_FORMS: dict[Action, type[ProcessingForm]] = {
    Action.HELD: HoldForm,
    Action.RESENT: ReshipmentForm,
}
VERBS: dict[Action, Callable[..., None]] = {
    Action.APPROVED: transitions.approve_claim,
    Action.COLLECTED: transitions.collect_goods,
    Action.REFUNDING: transitions.start_refund,
    Action.HELD: transitions.hold_refund,
    Action.RELEASED: transitions.release_refund,
    Action.REFUNDED: transitions.complete_refund,
    Action.RESENT: transitions.resend,
    Action.EXCHANGED: transitions.complete_exchange,
}
# Refusals of a page that was right when it was drawn: somebody else, or midnight, was faster.
OVERTAKEN = {"changed", "promise_overtaken", "amount_overtaken", "lapsed"}


@require_safe
def claim(request: PortalRequest, shop: str, number: str) -> HttpResponse:
    """取引情報 of one claim; opened alone, below the board and the grid."""
    now = timezone.now()
    member = member_at(request, shop)
    found = get_object_or_404(access.claims_of_shop(member), number=number)
    return _show(request, member, found, now, done=_done_popup(request, found, now))


def withdrawal(request: PortalRequest, shop: str, number: str) -> HttpResponse:
    """撤回要請: ask the buyer to withdraw the claim (the guide, section 1)."""
    return _act(request, shop, number, Action.ASKED)


def withdrawal_repeat(request: PortalRequest, shop: str, number: str) -> HttpResponse:
    """撤回の再要請: ask again after a rejection (the guide, section 4)."""
    return _act(request, shop, number, Action.REPEATED)


def withdrawal_cancel(request: PortalRequest, shop: str, number: str) -> HttpResponse:
    """撤回要請のキャンセル: take the request back (the guide, section 3)."""
    return _act(request, shop, number, Action.CANCELLED)


def approval(request: PortalRequest, shop: str, number: str) -> HttpResponse:
    """承認: grant what the buyer asked."""
    return _act(request, shop, number, Action.APPROVED)


def process(request: PortalRequest, shop: str, number: str, action: str) -> HttpResponse:
    """返品状態の確認および処理 and its like: every step of the processing (SPEC 2)."""
    if action not in PROCESSING:
        raise Http404
    return _act(request, shop, number, Action(action))


@require_http_methods(["GET", "HEAD", "POST"])
def _act(request: PortalRequest, shop: str, number: str, action: Action) -> HttpResponse:
    """Ask first, then do: a post without `confirmed` shows the popup, its OK posts again with it."""
    now = timezone.now()
    member = member_at(request, shop)
    found = get_object_or_404(access.claims_of_shop(member), number=number)
    if action in PROCESSING and action not in steps.BUTTONS[Kind(found.kind)]:
        raise Http404  # no button of this kind of claim
    if request.method != "POST":  # a sign-in or a reload leads here: nothing to do again
        return HttpResponseRedirect(_address(request, found))
    by = access.as_seller(member)
    form = _form(request, found, action, now)
    uploads = None
    if isinstance(form, ReasonForm):
        uploads = Uploads(request, shop=member.shop, order=found.order, by=by, now=now)
        _look_through(form, uploads, found)
    typed: dict[str, Any] = {"action": action, "form": form, "uploads": uploads}
    reasons = blockers(found, action, now=now)
    if reasons or not form.is_valid() or (uploads is not None and (uploads.errors or uploads.dropped)):
        return _show(request, member, found, now, **typed, refused=reasons)
    enclosed = NOTHING
    if isinstance(form, ReasonForm) and uploads is not None:
        enclosed = form.enclosed(uploads.attachments)
    popup = _before(found, action, form, enclosed, now)
    if "confirmed" not in request.POST:
        return _show(request, member, found, now, **typed, popup=popup)
    try:
        if form.cleaned_data["seen"] not in (None, found.last_event()):
            raise transitions.Refused([eligibility.changed_meanwhile()])
        if form.cleaned_data["promised"] not in (None, popup.promised):
            raise transitions.Refused([eligibility.promise_overtaken()])
        if form.cleaned_data.get("yen") not in (None, popup.yen):
            raise transitions.Refused([eligibility.amount_overtaken()])
        _do(action, found, form, enclosed, by, now)
    except transitions.Refused as refused:
        found.refresh_from_db()
        return _show(request, member, found, now, **typed, refused=refused.reasons)
    found.refresh_from_db()
    if request.htmx:
        done = _after(found, action, now)
        return trigger_client_event(_show(request, member, found, now, done=done), "claims-changed")
    # Django drops a message without a text; the number is never shown, _done_popup() reads it.
    messages.success(request, found.number, extra_tags=f"done {action}")
    return HttpResponseRedirect(_address(request, found), status=303)


def _address(request: PortalRequest, found: Claim) -> str:
    """The claim's page below the grid that the seller has open."""
    query = request.GET.urlencode()
    return f"{found.get_absolute_url()}?{query}" if query else found.get_absolute_url()


def _look_through(form: ReasonForm, uploads: Uploads, found: Claim) -> None:
    """Say beside the amount what the form alone cannot see."""
    if uploads.dropped:  # 削除 was pressed, nothing else: no word yet about what is still missing
        form.errors.clear()
        return
    form.fit(found.order)


def _form(request: PortalRequest, found: Claim, action: Action, now: datetime) -> Form:
    if action in PROCESSING:
        return PROCESSING_FORMS.get(action, ProcessingForm)(request.POST, claim=found, now=now)
    return FORMS[action](request.POST)


def _before(found: Claim, action: Action, form: Form, enclosed: Enclosure, now: datetime) -> Popup:
    if isinstance(form, ProcessingForm):
        return processing_popups.before(found, action, said=form.said(), now=now)
    return popups.before(found, action, now=now, enclosed=enclosed)


def _after(found: Claim, action: Action, now: datetime) -> Popup:
    words = processing_popups if action in PROCESSING else popups
    return words.after(found, action, now=now)


def _do(
    action: Action, found: Claim, form: Form, enclosed: Enclosure, by: access.Actor, now: datetime
) -> None:
    if action == Action.ASKED:
        reason = form.cleaned_data["reason"]
        transitions.request_withdrawal(found, reason=reason, by=by, now=now, enclosed=enclosed)
    elif action == Action.REPEATED:
        reason = form.cleaned_data["reason"]
        transitions.repeat_withdrawal(found, reason=reason, by=by, now=now, enclosed=enclosed)
    elif action == Action.CANCELLED:
        asked = found.withdrawals.filter(outcome=Outcome.OPEN).first()
        if asked is None:  # answered since `found` was read
            raise transitions.Refused([eligibility.changed_meanwhile()])
        transitions.cancel_withdrawal(asked, by=by, now=now)
    elif isinstance(form, ProcessingForm):
        VERBS[action](found, **form.said(), by=by, now=now)


def _show(
    request: PortalRequest,
    member: Member,
    found: Claim,
    now: datetime,
    *,
    action: Action | None = None,
    form: Form | None = None,
    uploads: Uploads | None = None,
    refused: list[Blocker] | None = None,
    popup: Popup | None = None,
    done: Popup | None = None,
) -> HttpResponse:
    """The pane in whatever state: `form` is what was typed for `action`, kept; `refused` says why not.

    422 where what was typed cannot be taken, 409 where the claim moved on since the page was drawn.
    """
    pane = _pane(request, member, found, now)
    status = 200
    if refused or (form and form.errors) or (uploads is not None and uploads.errors):
        stale = form is not None and str(pane["seen"]) != form.data.get("seen")
        status = 409 if stale or any(reason.code in OVERTAKEN for reason in refused or []) else 422
    pane |= {"acting": action, "typed": form, "uploads": uploads, "refused": refused or []}
    pane |= {"popup": popup, "done": done}
    if wants_part(request, "claim"):
        pane |= neighbours(grid_of(request, member, now), found.number)
        return render(request, "claims/_pane.html", pane, status=status)
    desk = whole_desk(request, member, now)
    pane |= neighbours(desk, found.number)
    return render(request, "claims/desk.html", desk | pane, status=status)


def _pane(request: PortalRequest, member: Member, found: Claim, now: datetime) -> dict[str, Any]:
    deadline = deadlines.withdrawal_deadline(now)
    attempts = list(
        found.withdrawals.select_related("requested_by", "ended_by").prefetch_related("attachments")
    )
    events = list(history.events_of(found))
    processing = steps.steps(found, now)
    opens_on = eligibility.locked_until(found, now)
    effective = found.effective_status(now)
    return {
        "shop": member.shop,
        "now": now,
        "claim": found,
        "order": found.order,
        "status": effective,
        "status_label": found.status_label(now),
        "may_change": access.may_change(member),
        "attempts": attempts,
        "attempt": attempts[-1] if attempts else None,
        "attempt_is_open": bool(attempts and attempts[-1].is_open(now)),
        "next_attempt": len(attempts) + 1,
        "carriers": carriers.names(),
        "suggested": _suggested_proof(found.order),
        "left_to_offer": money.refundable(total=found.order.total, refunded=found.order.refunded),
        "history": history.folded(found, events, now=now),
        "photos": list(found.attachments.filter(sent_at__isnull=False)),
        "seen": events[-1].pk if events else 0,
        "blocked": {
            "ask": blockers(found, Action.ASKED, now=now),
            "repeat": blockers(found, Action.REPEATED, now=now),
        },
        "steps": processing,
        "why_no_step": steps.why_none(processing),
        "parcel": history.last_parcel(events),
        "hold": history.last_hold(events),
        "hold_reasons": HoldReason.choices,
        "is_on_hold": effective == Status.ON_HOLD,
        "deadline_if_now": deadlines.last_day(deadline),
        "opens_on": opens_on,
        "deadline_if_opened": _deadline_if_asked_on(opens_on),
        "product_url": settings.PRODUCT_URL.format(item_code=found.order.item_code),
        "query": request.GET.urlencode(),
    }


def _suggested_proof(order: Order) -> dict[str, str]:
    """The order's own parcel as the proof to send, where it could be one."""
    company, number = order.delivery_company, carriers.bare(order.tracking_number)
    if not number or eligibility.proof_blockers(company, number):
        return {}
    return {"company": company, "number": number}


def _deadline_if_asked_on(opens_on: date | None) -> date | None:
    return (
        deadlines.last_day(deadlines.withdrawal_deadline(deadlines.midnight(opens_on))) if opens_on else None
    )


def _done_popup(request: PortalRequest, found: Claim, now: datetime) -> Popup | None:
    told = [message for message in messages.get_messages(request) if message.message == found.number]
    actions = [message.extra_tags.removeprefix("done ") for message in told]
    return _after(found, Action(actions[-1]), now) if actions else None
