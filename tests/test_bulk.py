"""一括撤回要請 and 一括承認: each row its own verb, its own result (SPEC 4.2)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from claims import bulk, transitions
from claims.models import BulkRun, Claim
from claims.statuses import Status
from tests import deeds
from tests.clock import NOW, japan
from tests.pages import posted, read

DESK = "/shops/AMUSE_official/claims/"
ASK, APPROVE = f"{DESK}bulk/withdrawal/", f"{DESK}bulk/approval/"
REASON = "すでに発送しております。"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """The whole screen is read at one instant."""


def pick(client, claims, address=ASK):
    return client.post(address, {"claim": [claim.number for claim in claims]})


def data_of(response, **typed):
    """What OK of the page sends."""
    form = next(form for form in read(response).all("form") if form.has("input", name="key"))
    rows = {name: [field["value"] for field in form.all("input", name=name)] for name in ("row", "left")}
    return posted(form, **typed) | rows


def results(client, response):
    assert response.status_code == 303
    table = read(client.get(response["Location"])).one("table", class_="bulk-table")
    return {row.all("td")[0].text: row.all("td")[1].text for row in table.one("tbody").all("tr")}


def status_of(claim):
    return Claim.objects.get(pk=claim.pk).status


def test_each_row_gets_the_verb_that_its_status_allows_or_its_refusal(seller, a_claim, clock, nobody):
    held = a_claim(Status.ON_HOLD, at=japan("2021-07-01"))
    locked = a_claim(Status.ON_HOLD)
    plain, asked = a_claim(), a_claim(Status.ASKED)
    refunding, unreachable = a_claim(Status.RETURN_REFUNDING), a_claim(buyer=nobody)
    claims = [held, locked, plain, asked, refunding, unreachable]
    page = pick(seller, claims)
    shown = {
        row.all("td")[0].text: row.all("td")[3].text
        for row in read(page).one("table", class_="bulk-table").one("tbody").all("tr")
    }
    assert shown[plain.order.number] == "撤回要請"
    assert shown[held.order.number] == "撤回の再要請"
    assert "7/18" in shown[locked.order.number]
    assert "すでに撤回要請中" in shown[asked.order.number]
    assert "撤回要請ができません" in shown[refunding.order.number]
    assert "知らせることが" in shown[unreachable.order.number]
    assert not BulkRun.objects.exists(), "the page has changed nothing"
    answer = seller.post(ASK, data_of(page, reason=REASON))
    assert results(seller, answer) == {
        claim.order.number: "完了" if claim in (plain, held) else "行っていません" for claim in claims
    }
    told = {
        row.all("td")[0].text: row.all("td")[2].text
        for row in read(seller.get(answer["Location"])).one("tbody").all("tr")
    }
    assert told[plain.order.number] == "撤回期限 7/19(月)"
    for claim in (locked, asked, refunding, unreachable):
        said, was_said = told[claim.order.number], shown[claim.order.number]
        assert said.split("。")[0] == was_said.split("。")[0], "why not, as the page had said"
        assert (
            ("[クレーム撤回]" in said)
            is ("[クレーム撤回]" in was_said)
            is (claim in (refunding, unreachable))
        )
    assert plain.withdrawals.get().reason == held.withdrawals.last().reason == REASON
    assert [status_of(claim) for claim in claims] == [
        "asked", "on_hold", "asked", "asked", "return_refunding", "return_requested",
    ]  # fmt: skip


def test_approval_likewise(seller, a_claim):
    wanted, asked = a_claim(Status.CANCEL_REQUESTED), a_claim(Status.ASKED)
    page = pick(seller, [wanted, asked], APPROVE)
    assert not read(page).has("textarea", name="reason")
    assert results(seller, seller.post(APPROVE, data_of(page))) == {
        wanted.order.number: "完了",
        asked.order.number: "行っていません",
    }
    assert (status_of(wanted), status_of(asked)) == (Status.CANCEL_REFUNDING, Status.ASKED)


def test_pressed_twice_it_is_done_once_and_shows_the_same_result(seller, a_claim):
    claim = a_claim()
    data = data_of(pick(seller, [claim]), reason=REASON)
    first, second = seller.post(ASK, data), seller.post(ASK, data)
    assert first["Location"] == second["Location"]
    assert results(seller, second) == {claim.order.number: "完了"}
    assert claim.withdrawals.count() == 1


def test_a_row_that_moved_on_is_left_alone_and_the_others_are_done(seller, a_claim):
    moved, still = a_claim(), a_claim()
    data = data_of(pick(seller, [moved, still]), reason=REASON)
    deeds.drop(moved)
    assert results(seller, seller.post(ASK, data)) == {
        moved.order.number: "行っていません",
        still.order.number: "完了",
    }


def test_what_the_page_refused_is_not_done_though_it_has_become_possible(seller, a_claim, clock):
    locked, plain = a_claim(Status.ON_HOLD, at=japan("2021-07-13")), a_claim()
    clock.move_to(japan("2021-07-17 23:59:59"))
    data = data_of(pick(seller, [locked, plain]), reason=REASON)
    clock.move_to(japan("2021-07-18"))
    assert seller.post(ASK, data).status_code == 409, "the promise has gone"
    data["promised"] = "2021-07-24"
    assert results(seller, seller.post(ASK, data)) == {
        locked.order.number: "行っていません",
        plain.order.number: "完了",
    }
    assert status_of(locked) == Status.ON_HOLD


def test_what_the_sweep_has_moved_in_between_is_left_alone(seller, a_claim, clock):
    late, plain = a_claim(Status.EXCHANGE_REQUESTED, at=japan("2021-07-11")), a_claim()
    data = data_of(pick(seller, [late, plain], APPROVE))
    transitions.call_late(now=japan("2021-07-14"))
    assert status_of(late) == Status.EXCHANGE_LATE
    assert results(seller, seller.post(APPROVE, data)) == {
        late.order.number: "行っていません",
        plain.order.number: "完了",
    }
    assert status_of(late) == Status.EXCHANGE_LATE


def test_a_run_under_way_names_what_is_left_and_one_that_was_lost_says_so(seller, amuse, a_claim, clock):
    done, waiting = a_claim(Status.CANCEL_REQUESTED), a_claim()
    run = BulkRun.objects.create(
        key=uuid4(),
        member=amuse,
        action="approved",
        started_at=NOW,
        lines=bulk.lines_of([(done, None), (waiting, None)]),
    )
    run.lines[0] |= {"done": True, "text": "キャンセル中"}
    run.save()
    address = f"{DESK}bulk/{run.pk}/"
    under_way = read(seller.get(address))
    assert "残り1件" in under_way.text
    assert under_way.one(id="bulk-run")["hx-trigger"] == "every 2s"
    assert [row.all("td")[1].text for row in under_way.one("tbody").all("tr")] == ["完了", "処理待ち"]
    clock.move_to(NOW + bulk.LOST_AFTER)
    lost = read(seller.get(address))
    assert "残りの1件は、処理状態を確認してから" in lost.one("div", role="alert").text
    assert "hx-trigger" not in lost.one(id="bulk-run")


@pytest.mark.parametrize("reason", ["", "  ", "あ" * 1001])
def test_a_reason_that_cannot_be_taken_is_said_with_the_rows_kept(seller, a_claim, reason):
    claim = a_claim()
    data = data_of(pick(seller, [claim]), reason=reason)
    refused = seller.post(ASK, data)
    assert refused.status_code == 422
    assert read(refused).has(id="reason-error")
    assert data_of(refused)["row"] == data["row"]
    assert data_of(refused)["key"] == data["key"]
    assert status_of(claim) == Status.RETURN_REQUESTED


def test_a_promise_that_midnight_has_overtaken_is_shown_anew(seller, a_claim, clock):
    claim = a_claim()
    data = data_of(pick(seller, [claim]), reason=REASON)
    clock.move_to(japan("2021-07-14"))
    answer = seller.post(ASK, data)
    assert answer.status_code == 409
    assert "7/20(火) 24:00" in read(answer).text
    assert read(answer).one("textarea", name="reason").text == REASON
    assert status_of(claim) == Status.RETURN_REQUESTED


def test_all_that_is_found_is_found_again_and_refused_if_the_number_moved(seller, a_claim, rival):
    claims = [a_claim() for _ in range(3)]
    theirs = a_claim(seller=rival)
    address = f"{ASK}?cell=return_requested"
    page = seller.post(address, {"all": "1", "expected": "3"})
    assert len(data_of(page)["row"]) == 3
    a_claim()
    moved = seller.post(address, {"all": "1", "expected": "3"})
    assert moved.status_code == 409
    assert "照会結果が4件に変わった" in read(moved).one("div", role="alert").text
    assert theirs.number not in str(data_of(page))
    assert all(status_of(claim) == Status.RETURN_REQUESTED for claim in claims)


@pytest.mark.parametrize("expected", ["", "x", "-1", "9" * 400, "3.0"])
def test_no_expectation_breaks_it(seller, a_claim, expected):
    a_claim()
    assert seller.post(f"{ASK}?cell=asked", {"all": "1", "expected": expected}).status_code in (409, 422)


def test_there_are_so_many_at_once_and_it_is_said(seller, a_claim, settings):
    settings.BULK_MAX = 2
    claims = [a_claim() for _ in range(3)]
    for sent in ({"claim": [claim.number for claim in claims]}, {"all": "1", "expected": "3"}):
        answer = seller.post(f"{ASK}?cell=return_requested", sent)
        assert answer.status_code == 422
        assert "一度に2件まで" in read(answer).one("div", role="alert").text
    assert len(data_of(pick(seller, claims[:2]))["row"]) == 2


def test_the_buttons_wait_where_more_are_selected_than_may_be(seller, a_claim, settings):
    a_claim(), a_claim()
    settings.BULK_MAX = 1
    bar = read(seller.get(DESK + "?select=all")).one(class_="picked-bar")
    for button in bar.one(class_="deeds").all("button"):
        assert "disabled" in button
        assert bar.one(id=button["aria-describedby"]).text.startswith("一括処理は一度に1件までです。")
    settings.BULK_MAX = 2
    bar = read(seller.get(DESK + "?select=all")).one(class_="picked-bar")
    assert not bar.has("button", disabled=True)


def test_what_was_done_is_forgotten_after_thirty_days(seller, a_claim):
    claim = a_claim()
    seller.post(ASK, data_of(pick(seller, [claim]), reason=REASON))
    assert bulk.forget(now=NOW + bulk.KEPT) == 0
    assert bulk.forget(now=NOW + bulk.KEPT + timedelta(seconds=1)) == 1
    assert not BulkRun.objects.exists()
    assert status_of(claim) == Status.ASKED


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"claim": "nothing"},
        {"claim": "\x00"},
        {"claim": "x" * 5000},
        {"key": "no key", "row": "x"},
        {"key": "00000000-0000-0000-0000-000000000001"},
        {"key": "00000000-0000-0000-0000-000000000001", "row": ["\x00:1", "x:" + "9" * 50], "reason": "x"},
    ],
)
def test_without_a_row_of_ours_nothing_is_done(seller, a_claim, sent):
    claim = a_claim()
    for address in (ASK, APPROVE):
        answer = seller.post(address, sent)
        assert answer.status_code == 422
    assert not BulkRun.objects.exists()
    assert status_of(claim) == Status.RETURN_REQUESTED


def test_the_way_back_has_the_same_rows_checked(seller, a_claim):
    wanted, asked, other = a_claim(), a_claim(Status.ASKED), a_claim()
    page = pick(seller, [wanted, asked], f"{ASK}?tab=search&sort=number&page=1")
    back = next(link for link in read(page).all("a", class_="button") if link.text == "戻る")["href"]
    desk = read(seller.get(back))
    boxes = desk.all("input", name="claim")
    assert [box["value"] for box in boxes if "checked" in box] == [wanted.number, asked.number]
    assert other.number in [box["value"] for box in boxes]
    assert not [link for link in desk.all("a") if "pick=" in link.attrs.get("href", "")], (
        "another step, another selection"
    )
    everything = seller.post(f"{ASK}?cell=return_requested", {"all": "1", "expected": "2"})
    assert any(
        link["href"] == f"{DESK}?cell=return_requested&select=all"
        for link in read(everything).all("a", class_="button")
    )


def test_what_is_refused_leaves_the_checks(seller, a_claim, settings):
    settings.BULK_MAX = 1
    claims = [a_claim(), a_claim()]
    desk = read(pick(seller, claims, f"{ASK}?tab=search"))
    assert len([box for box in desk.all("input", name="claim") if "checked" in box]) == 2
    assert desk.one("th", aria_sort=True).one("a")["href"].startswith(f"{DESK}?tab=search"), (
        "not to the bulk page"
    )


def test_rows_of_another_shop_are_not_there(seller, a_claim, rival):
    ours, theirs = a_claim(), a_claim(seller=rival)
    page = pick(seller, [ours, theirs])
    assert theirs.order.number not in read(page).text
    data = data_of(page, reason=REASON)
    data["row"].append(theirs.number)
    assert list(results(seller, seller.post(ASK, data))) == [ours.order.number]
    assert status_of(theirs) == Status.RETURN_REQUESTED


def test_a_read_only_member_may_not(viewer, client_of, a_claim):
    claim = a_claim()
    assert pick(client_of(viewer), [claim]).status_code == 403
    assert status_of(claim) == Status.RETURN_REQUESTED


def test_the_result_is_its_members_own(seller, clerk, client_of, a_claim):
    done = seller.post(ASK, data_of(pick(seller, [a_claim()]), reason=REASON))
    assert seller.get(done["Location"]).status_code == 200
    assert client_of(clerk).get(done["Location"]).status_code == 404


def test_as_many_queries_for_3_rows_as_for_30(seller, a_claim, django_assert_max_num_queries):
    for many in (3, 27):
        claims = [a_claim() for _ in range(many)]
        with django_assert_max_num_queries(9):
            pick(seller, claims)
