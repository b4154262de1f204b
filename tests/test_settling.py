"""運営による撤回: what a seller may not ask any more, the marketplace settles in the admin (SPEC 1, 2)."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied

from claims import access, transitions
from claims.models import Channel
from claims.moves import Action, ActorKind
from claims.statuses import ENDED, Status
from messaging.models import Inquiry, Notice
from qsm.accounts.models import User
from tests import deeds
from tests.clock import NOW, japan
from tests.invariants import check_invariants
from tests.pages import read


@pytest.fixture
def admin(client_of, operator, clock):
    return client_of(operator)


def page_of(claim, what="settle"):
    return f"/admin/claims/claim/{claim.pk}/{what}/"


def settle(admin, claim):
    """OK, as the page that has just been read offers it."""
    seen = read(admin.get(page_of(claim))).all("input", name="seen")
    return admin.post(page_of(claim), {"seen": seen[0]["value"] if seen else ""})


def test_from_the_claims_page_in_two_steps(admin, a_claim, operator):
    claim = a_claim(Status.RETURN_REFUNDING)
    change = read(admin.get(page_of(claim, "change")))
    (link,) = [one for one in change.all("a") if one.text == "運営による撤回"]
    asks = read(admin.get(link["href"]))
    assert "撤回完了にしますか？" in asks.text
    assert "返品中 (返金中)" in asks.text
    claim.refresh_from_db()
    assert claim.status == Status.RETURN_REFUNDING, "looking changes nothing"
    done = read(admin.post(link["href"], {"seen": asks.one("input", name="seen")["value"]}, follow=True))
    assert "撤回完了にしました" in done.text
    claim.refresh_from_db()
    assert (claim.status, claim.completed_at) == (Status.WITHDRAWN, NOW)
    event = claim.events.latest("pk")
    assert (event.action, event.actor_kind, event.actor, event.channel) == (
        Action.SETTLED, ActorKind.OPERATOR, operator, Channel.ADMIN,
    )  # fmt: skip
    assert claim.order.refunded == 0
    assert LogEntry.objects.get().change_message == "運営による撤回"
    check_invariants()


def test_both_sides_are_told_and_see_it(admin, a_claim, seller, buyer):
    claim = a_claim(Status.EXCHANGE_RESENDING)
    settle(admin, claim)
    event = claim.events.latest("pk")
    assert Notice.objects.filter(event=event, buyer__isnull=False).count() == 1
    assert Notice.objects.filter(event=event, shop__isnull=False).exists()
    assert "運営による撤回" in read(seller.get(claim.get_absolute_url())).text
    assert "Qoo10による申請の取り下げ" in read(buyer.get(f"/myqoo10/claims/{claim.number}/")).text


def test_a_claim_that_has_moved_on_is_shown_anew(admin, a_claim):
    claim = a_claim(Status.RETURN_REQUESTED)
    seen = read(admin.get(page_of(claim))).one("input", name="seen")["value"]
    deeds.approve(claim)
    stale = admin.post(page_of(claim), {"seen": seen})
    assert stale.status_code == 409
    assert read(stale).has(class_="errornote")
    claim.refresh_from_db()
    assert claim.status == Status.RETURN_AWAITING


def test_pressed_twice_it_is_done_once(admin, a_claim):
    claim = a_claim(Status.RETURN_AWAITING)
    seen = read(admin.get(page_of(claim))).one("input", name="seen")["value"]
    assert admin.post(page_of(claim), {"seen": seen}).status_code == 302
    again = admin.post(page_of(claim), {"seen": seen})
    assert again.status_code == 409
    assert "この操作はできません" in read(again).text
    assert claim.events.filter(action=Action.SETTLED).count() == 1


@pytest.mark.parametrize("status", [Status.ASKED, *sorted(ENDED)])
def test_what_is_asked_or_over_says_why_not(admin, a_claim, status):
    claim = a_claim(status)
    page = read(admin.get(page_of(claim)))
    assert page.has(class_="errornote")
    assert not page.has("input", type="submit")
    if status == Status.ASKED:
        assert "撤回期限（7/19(月)）をお待ちください" in page.text
    assert admin.post(page_of(claim)).status_code == 409
    claim.refresh_from_db()
    assert claim.status == status


def test_what_has_lapsed_is_over_swept_or_not(admin, a_claim, clock):
    claim = a_claim(Status.ASKED)
    clock.move_to(japan("2021-07-20"))
    answer = admin.post(page_of(claim))
    assert answer.status_code == 409
    assert "自動撤回済みです" in read(answer).text
    assert not claim.events.filter(action=Action.SETTLED).exists()


def test_what_was_held_late_or_rejected_leaves_nothing_behind(a_claim):
    for status in (Status.RETURN_HELD, Status.EXCHANGE_LATE, Status.NOTICE_RECEIVED, Status.ON_HOLD):
        deeds.settle(a_claim(status))
    check_invariants()


def test_an_order_settled_takes_a_new_claim(a_claim, an_order):
    order = an_order()
    deeds.settle(a_claim(Status.RETURN_REFUNDING, order=order))
    assert a_claim(Status.RETURN_REQUESTED, order=order).number.endswith("-2")


def test_it_is_the_operators_alone(a_claim, amuse, yunjee, client_of):
    claim = a_claim(Status.RETURN_REFUNDING)
    for by in (access.as_seller(amuse), access.as_buyer(yunjee, signed_in=True), access.SYSTEM):
        with pytest.raises(PermissionDenied):
            transitions.settle_claim(claim, by=by, now=NOW)
    onlooker = User.objects.create(username="unei", email="unei@example.com", is_staff=True)
    onlooker.user_permissions.add(Permission.objects.get(codename="view_claim"))
    browser = client_of(onlooker)
    assert browser.get(page_of(claim)).status_code == 403
    assert browser.post(page_of(claim)).status_code == 403
    assert "運営による撤回" not in read(browser.get(page_of(claim, "change"))).text
    claim.refresh_from_db()
    assert claim.status == Status.RETURN_REFUNDING


def test_no_such_claim_is_404(admin):
    assert admin.get("/admin/claims/claim/99/settle/").status_code == 404


def test_an_inquiry_leads_to_its_claims(admin, a_claim, amuse):
    claim = a_claim(Status.RETURN_REFUNDING)
    inquiry = Inquiry.objects.create(
        shop=amuse.shop,
        order=claim.order,
        author=amuse.user,
        category="claim_withdrawal",
        title="題",
        body="文",
        sent_at=NOW,
    )
    page = read(admin.get(f"/admin/messaging/inquiry/{inquiry.pk}/change/"))
    assert page.has("a", href=page_of(claim, "change"))
