"""WHO: whose claims a person sees, in whose name he acts, and what the wrong one cannot do."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from claims import access, transitions
from claims.access import SYSTEM, Actor
from claims.models import Channel, Claim, ClaimEvent, RejectionReason, Withdrawal
from claims.moves import ActorKind
from claims.statuses import Status
from messaging.models import Notice
from qsm.accounts.models import Member, Role
from tests import deeds
from tests.clock import NOW
from tests.invariants import check_invariants

DAY = timedelta(days=1)


# --- whose ---------------------------------------------------------------------------------------


@pytest.fixture
def claims(a_claim, rival, csma):
    """A claim of each shop with each buyer."""
    return {
        ("amuse", "yunjee"): a_claim(Status.ASKED),
        ("amuse", "csma"): a_claim(Status.ASKED, buyer=csma),
        ("rival", "yunjee"): a_claim(Status.ASKED, seller=rival),
        ("rival", "csma"): a_claim(Status.ASKED, seller=rival, buyer=csma),
    }


def test_a_member_sees_his_shops_claims_and_no_other(claims, amuse, clerk, viewer, rival):
    mine = {claims["amuse", "yunjee"], claims["amuse", "csma"]}
    for member in (amuse, clerk, viewer):
        assert set(access.claims_of_shop(member)) == mine
    assert set(access.claims_of_shop(rival)) == set(claims.values()) - mine


def test_a_buyer_sees_his_own_claims_and_requests_at_whatever_shop(claims, yunjee, amuse, operator):
    mine = {claims["amuse", "yunjee"], claims["rival", "yunjee"]}
    assert set(access.claims_of_buyer(yunjee.user)) == mine
    assert {request.claim for request in access.requests_to_buyer(yunjee.user)} == mine
    for other in (amuse.user, operator):
        assert not access.claims_of_buyer(other).exists()
        assert not access.requests_to_buyer(other).exists()


def test_who_works_for_two_shops_sees_each_by_itself(claims, amuse, rival_shop):
    second = Member.objects.create(shop=rival_shop, user=amuse.user, role=Role.STAFF)
    assert {member.shop.code for member in access.memberships(amuse.user)} == {
        "AMUSE_official",
        "RIVAL_store",
    }
    assert not set(access.claims_of_shop(amuse)) & set(access.claims_of_shop(second))


def test_a_read_only_member_acts_for_nobody(viewer, clerk, amuse):
    assert not access.may_change(viewer)
    with pytest.raises(PermissionDenied):
        access.as_seller(viewer)
    for member in (clerk, amuse):
        assert access.as_seller(member) == Actor(ActorKind.SELLER, Channel.DESK, member.user)


def test_a_buyer_by_the_mails_link_is_nobody_by_name(yunjee):
    assert access.as_buyer(yunjee, signed_in=False) == Actor(ActorKind.BUYER, Channel.MAIL_LINK, None)
    assert access.as_buyer(yunjee, signed_in=True) == Actor(ActorKind.BUYER, Channel.MYQOO10, yunjee.user)


# --- the wrong one --------------------------------------------------------------------------------


def buyer_by_mail():
    return Actor(ActorKind.BUYER, Channel.MAIL_LINK)


def everything():
    """All that a change could write, as the database has it."""
    return [list(model.objects.order_by("pk").values()) for model in (Claim, Withdrawal, ClaimEvent, Notice)]


ask = transitions.request_withdrawal
WRONG_ACTORS = [
    pytest.param(
        Status.RETURN_REQUESTED, "buyer", lambda c, by: ask(c, reason="x", by=by, now=NOW), id="ask"
    ),
    pytest.param(
        Status.RETURN_REQUESTED, "mail", lambda c, by: ask(c, reason="x", by=by, now=NOW), id="ask-mail"
    ),
    pytest.param(
        Status.RETURN_REQUESTED, "system", lambda c, by: ask(c, reason="x", by=by, now=NOW), id="ask-clock"
    ),
    pytest.param(
        Status.ON_HOLD,
        "buyer",
        lambda c, by: transitions.repeat_withdrawal(c, reason="x", by=by, now=NOW + 5 * DAY),
        id="repeat",
    ),
    pytest.param(
        Status.ASKED,
        "buyer",
        lambda c, by: transitions.cancel_withdrawal(deeds.open_attempt(c), by=by, now=NOW),
        id="cancel",
    ),
    pytest.param(
        Status.ASKED,
        "seller",
        lambda c, by: transitions.accept_withdrawal(deeds.open_attempt(c), by=by, now=NOW),
        id="accept",
    ),
    pytest.param(
        Status.ASKED,
        "seller",
        lambda c, by: transitions.reject_withdrawal(
            deeds.open_attempt(c), reason=RejectionReason.PROPOSAL, text="", by=by, now=NOW
        ),
        id="reject",
    ),
    pytest.param(
        Status.RETURN_REQUESTED, "seller", lambda c, by: transitions.drop_claim(c, by=by, now=NOW), id="drop"
    ),
    pytest.param(
        Status.ASKED, "seller", lambda c, by: transitions.drop_claim(c, by=by, now=NOW), id="drop-asked"
    ),
    pytest.param(
        Status.RETURN_REQUESTED,
        "mail",
        lambda c, by: transitions.approve_claim(c, by=by, now=NOW),
        id="approve",
    ),
]


@pytest.mark.parametrize(("status", "who", "verb"), WRONG_ACTORS)
def test_the_wrong_kind_of_actor_changes_nothing(a_claim, status, who, verb):
    claim = a_claim(status)
    by = {
        "buyer": deeds.buyer_of(claim),
        "mail": buyer_by_mail(),
        "seller": deeds.seller_of(claim),
        "system": SYSTEM,
    }[who]
    before = everything()
    with pytest.raises(PermissionDenied):
        verb(claim, by)
    assert everything() == before
    check_invariants()


def test_the_log_says_who_and_through_which_door(a_claim, clerk, csma):
    claim = a_claim(buyer=csma)
    transitions.request_withdrawal(claim, reason="発送済み", by=access.as_seller(clerk), now=NOW)
    by = access.as_buyer(csma, signed_in=False)
    transitions.accept_withdrawal(claim.withdrawals.get(), by=by, now=NOW)
    entries = claim.events.order_by("pk").values_list("action", "actor__username", "channel")
    assert list(entries) == [
        ("filed", None, Channel.MAIL_LINK),
        ("asked", "clerk", Channel.DESK),
        ("accepted", None, Channel.MAIL_LINK),
    ]
    assert claim.withdrawals.get().ended_through == Channel.MAIL_LINK
