"""The verb with which the marketplace settles what a seller may not (SPEC 1)."""

from datetime import datetime

from django.db import transaction

from claims import eligibility
from claims.access import Actor
from claims.models import Claim
from claims.moves import Action
from claims.transitions.lateness import locked_at
from claims.transitions.move import move, permit, refuse_if


@transaction.atomic
def settle_claim(claim: Claim, *, by: Actor, now: datetime) -> None:
    """An operator withdraws the claim (運営による撤回) from any open status: 撤回完了; both sides are told.

    The way out that the pane names where 撤回要請 may not be asked (SPEC 2). Raises Refused where the claim
    is ended or a request is open, PermissionDenied for anybody but an operator.
    """
    permit(Action.SETTLED, by)
    claim = locked_at(claim, now=now)
    refuse_if(eligibility.blockers(claim, Action.SETTLED, now=now))
    move(claim, Action.SETTLED, by=by, now=now)
