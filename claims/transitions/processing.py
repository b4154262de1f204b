"""The verbs with which a shop processes a claim (SPEC 2)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from claims import eligibility
from claims.access import Actor
from claims.models import Claim
from claims.moves import Action
from claims.transitions.move import locked, move, refuse_if


@transaction.atomic
def approve_claim(claim: Claim, *, by: Actor, now: datetime) -> None:
    """The shop grants what the buyer asked (承認), from a first status or from 撤回保留.

    The last decision is the shop's (the guide, section 5). Raises Refused while a request is open.
    """
    claim = locked(claim)
    refuse_if(eligibility.blockers(claim, Action.APPROVED, now=now))
    move(claim, Action.APPROVED, by=by, now=now)
