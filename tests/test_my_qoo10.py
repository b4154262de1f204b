"""MyQoo10: the counter, the list of requests, the buyer's claims, dropping one, Qポスト (SPEC 6)."""

import pytest

from claims.models import ClaimEvent
from claims.statuses import FACTS, Kind, Status
from tests import deeds
from tests.clock import NOW, japan
from tests.pages import posted, read

DROPPABLE = {
    Status.CANCEL_REQUESTED,
    Status.RETURN_REQUESTED,
    Status.EXCHANGE_REQUESTED,
    Status.EXCHANGE_APPROVED,
    Status.EXCHANGE_LATE,
    Status.ON_HOLD,
}


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything is read at one instant."""


def requests_of(page):
    return page.one("section", aria_labelledby="requests-heading")


def test_the_counter_is_the_number_of_open_requests(buyer, a_claim, csma):
    first = a_claim(Status.ASKED, at=japan("2021-07-12"))
    a_claim(Status.ASKED, kind="cancel", before=Status.CANCEL_REQUESTED)
    a_claim(Status.ON_HOLD)
    a_claim(Status.ASKED, buyer=csma)
    page = requests_of(read(buyer.get("/myqoo10/")))
    assert page.one("h2").text == "撤回要請 2件"
    cards = page.all("li")
    assert [card.one("h3").text for card in cards] == [
        "AMUSE_official からの返品の撤回要請",
        "AMUSE_official からのキャンセルの撤回要請",
    ], "the one that ends first is first"
    assert "回答期限 7/18(日) 24:00 あと5日" in cards[0].text
    assert cards[0].one("h3").one("a")["href"] == f"/myqoo10/requests/{first.withdrawals.get().pk}/"


def test_without_a_request_it_says_so(buyer, a_claim):
    a_claim()
    assert "回答をお待ちしている撤回要請はありません。" in requests_of(read(buyer.get("/myqoo10/"))).text


def test_what_lapsed_is_gone_at_midnight(buyer, a_claim, clock):
    a_claim(Status.ASKED, at=japan("2021-07-07"))
    clock.move_to(japan("2021-07-13 23:59:59"))
    assert "撤回要請 1" in requests_of(read(buyer.get("/myqoo10/"))).one("h2").text
    clock.move_to(japan("2021-07-14"))
    page = read(buyer.get("/myqoo10/"))
    assert "撤回要請 0" in requests_of(page).one("h2").text
    assert "返品：撤回完了" in page.one("section", aria_labelledby="claims-heading").text


def test_his_claims_are_listed_newest_first_and_no_one_elses(buyer, a_claim, csma):
    old = a_claim(Status.RETURN_DONE, at=japan("2021-07-01"))
    new = a_claim(Status.CANCEL_REQUESTED)
    a_claim(buyer=csma)
    page = read(buyer.get("/myqoo10/"))
    shown = [link["href"] for link in page.one("section", aria_labelledby="claims-heading").all("a")]
    assert shown == [f"/myqoo10/claims/{claim.number}/" for claim in (new, old)]


def qpost_of(page):
    return page.one("section", aria_labelledby="qpost-heading")


def test_qpost_shows_the_newest_and_leads_to_each(buyer, a_claim):
    claim = a_claim(Status.ASKED)
    deeds.cancel(claim)
    qpost = qpost_of(read(buyer.get("/myqoo10/")))
    assert qpost.one("h2").text == "Qポスト 未読 2件"
    posts = qpost.all("li")
    assert [post.one("a").text for post in posts] == [
        f"{claim.order.number} 返品の撤回要請は取り消されました",
        f"【要回答】{claim.order.number} 返品の撤回要請（7/19(月)まで）",
    ]
    assert all("未読" in post.text for post in posts)
    assert deeds.REASON in read(buyer.get(posts[1].one("a")["href"])).text
    qpost = qpost_of(read(buyer.get("/myqoo10/")))
    assert qpost.one("h2").text == "Qポスト 未読 1件"
    assert ["未読" in post.text for post in qpost.all("li")] == [True, False]


# --- one claim ---------------------------------------------------------------------------------------


def test_an_open_request_is_one_step_away(buyer, a_claim):
    claim = a_claim(Status.ASKED)
    page = read(buyer.get(f"/myqoo10/claims/{claim.number}/"))
    link = next(link for link in page.all("a") if link.text == "撤回要請を見て回答する")
    assert link["href"] == f"/myqoo10/requests/{claim.withdrawals.get().pk}/"


@pytest.mark.parametrize(
    ("status", "kind"), [(status, kind) for status, facts in FACTS.items() for kind in sorted(facts.kinds)]
)
def test_he_may_drop_what_may_be_dropped(buyer, a_claim, status, kind):
    claim = a_claim(status, kind=kind)
    may = status in DROPPABLE
    address = f"/myqoo10/claims/{claim.number}/"
    page = read(buyer.get(address))
    assert page.has("button", name="choice", value="drop") is may
    asked = read(buyer.get(address + "?choice=drop"))
    assert asked.has("dialog") is may, "the popup is never drawn where the OK would be refused"
    if may:
        assert f"{Kind(kind).label}の申請を取り下げますか？" in asked.one("dialog").text


def test_dropping_is_asked_first_and_told_after(buyer, a_claim):
    claim = a_claim(Status.ON_HOLD)
    popup = read(buyer.get(f"/myqoo10/claims/{claim.number}/?choice=drop")).one("dialog")
    form = next(form for form in popup.all("form") if form.attrs.get("method") == "post")
    response = buyer.post(form["action"], posted(form), follow=True)
    assert "申請を取り下げました。ショップに知らせます。" in read(response).one(class_="messages").text
    claim.refresh_from_db()
    assert claim.status == Status.WITHDRAWN
    again = buyer.post(form["action"], posted(form), follow=True)
    assert not read(again).has(class_="messages"), "a second click: what he asked for is done"
    assert ClaimEvent.objects.filter(claim=claim, action="dropped").count() == 1


def test_dropping_while_a_request_is_open_is_accepting_it(buyer, a_claim):
    claim = a_claim(Status.ASKED)
    buyer.post(f"/myqoo10/claims/{claim.number}/drop/")
    assert claim.withdrawals.get().outcome == "accepted"


def test_dropping_after_the_deadline_is_told_that_it_is_over(buyer, a_claim, clock):
    claim = a_claim(Status.ASKED)
    clock.move_to(japan("2021-07-20"))
    response = buyer.post(f"/myqoo10/claims/{claim.number}/drop/", follow=True)
    assert "期限切れ・自動撤回済み" in read(response).one(class_="messages").text
    assert claim.withdrawals.get().outcome == "open", "the sweep completes it"


@pytest.mark.parametrize("claims", [3, 30])
def test_as_many_queries_for_3_claims_as_for_30(buyer, a_claim, claims, django_assert_num_queries):
    for number in range(claims):
        a_claim(Status.ASKED if number % 2 else Status.ON_HOLD, at=NOW)
    with django_assert_num_queries(16):
        buyer.get("/myqoo10/")
