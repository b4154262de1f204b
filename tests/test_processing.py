"""返品状態の確認および処理 and its like: each button, its two popups, and why it is off (SPEC 2, 4.4, 4.5)."""

import json
from datetime import timedelta

import pytest

from claims import eligibility, transitions
from claims.entries import Entry
from claims.models import ClaimEvent, RefundHold, Reshipment
from claims.moves import MOVES, PROCESSING, Action
from claims.statuses import FACTS, Kind, Status
from messaging.models import Notice
from tests import deeds
from tests.clock import NOW, japan
from tests.desk_hands import DESK, PART, address, ok, pane, popup_lines, popup_of, press
from tests.pages import facts, read
from tests.processing_hands import BUTTONS, HELD, PARCEL, STEPS

EACH = pytest.mark.parametrize("step", STEPS, ids=str)
DEEDS = {
    "approve": deeds.approve,
    "collected": deeds.collect,
    "refunding": deeds.start_refund,
    "held": deeds.hold,
    "released": deeds.release,
    "refunded": deeds.refund,
    "resent": deeds.resend,
    "exchanged": deeds.complete_exchange,
}
EVERY_CLAIM = [(kind, status) for status, facts_ in FACTS.items() for kind in sorted(facts_.kinds)]


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything plays on the morning of 7/13, unless the test moves the clock."""


@pytest.fixture
def block_of(seller):
    """The part of the pane in which a claim is processed."""

    def find(claim, response=None):
        page = read(response or seller.get(f"{DESK}{claim.number}/"))
        return page.one("section", aria_labelledby="process-heading")

    return find


# --- each step with its two popups -----------------------------------------------------------------


@EACH
def test_the_first_popup_says_what_will_happen_and_does_nothing(seller, a_claim, step):
    claim = a_claim(step.status, kind=step.kind)
    events = ClaimEvent.objects.count()
    response = press(seller, claim, step.button, **step.typed)
    assert response.status_code == 200
    title, lines = popup_lines(response)
    assert title == step.title
    assert lines == {"注文": claim.order.number, "購入者": "yun***", **step.asked}
    text = popup_of(response).text
    assert "購入者にQポストとメールで知らせます。" in text
    assert ("クレームを終了します" in text) is (
        "done" in step.to or step.to in ("notice_refunded", "notice_resent")
    )
    assert ("送金はされません" in text) is (step.action == "refunded")
    assert [button.text for button in popup_of(response).all("button")] == ["戻る", "OK"]
    claim.refresh_from_db()
    assert claim.status == step.status
    assert ClaimEvent.objects.count() == events


@EACH
def test_ok_does_it_and_the_second_popup_confirms(seller, a_claim, amuse, step):
    claim = a_claim(step.status, kind=step.kind)
    done = ok(seller, press(seller, claim, step.button, "?cell=returning&page=1", **step.typed))
    assert done.status_code == 303
    assert done["Location"] == f"{DESK}{claim.number}/?cell=returning&page=1", "where he was"
    claim.refresh_from_db()
    assert claim.status == step.to
    event = claim.events.last()
    assert (event.action, event.actor, event.channel) == (step.action, amuse.user, "desk")
    page = seller.get(done["Location"])
    assert popup_lines(page) == (step.done, {"処理状態": claim.status_label(NOW), **step.told})
    assert [button.text for button in popup_of(page).all("button")] == ["確認"]
    assert pane(page).one(class_="pane-bar").one(class_="status").text == claim.status_label(NOW)
    assert not read(seller.get(done["Location"])).has("dialog"), "said once"
    assert Notice.objects.get(event=event).buyer.name == "yunjee"


@EACH
def test_htmx_gets_the_pane_with_the_popup_and_tells_board_and_grid(seller, a_claim, step):
    claim = a_claim(step.status, kind=step.kind)
    first = press(seller, claim, step.button, headers=PART, **step.typed)
    assert [child.tag for child in read(first).children if not isinstance(child, str)] == ["section"]
    assert "HX-Trigger" not in first
    done = ok(seller, first, headers=PART)
    assert done.status_code == 200
    assert list(json.loads(done["HX-Trigger"])) == ["claims-changed"]
    assert popup_of(done).one("h3").text == step.done
    claim.refresh_from_db()
    assert claim.status == step.to
    assert not read(seller.get(f"{DESK}{claim.number}/")).has("dialog"), "no second telling on reload"


def test_every_move_of_a_shop_is_among_these_steps():
    told = {(step.status, step.action) for step in STEPS}
    told.add((Status.EXCHANGE_LATE, Action.RESENT))  # only once it is approved, see below
    assert told == {(status, action) for action in PROCESSING for status in MOVES[action].to}


# --- the buttons: all of the kind's, off with the verb's own reasons ---------------------------------


@pytest.mark.parametrize(("kind", "status"), EVERY_CLAIM)
def test_the_buttons_of_every_status_are_on_or_off_with_the_verbs_own_reason(
    seller, block_of, a_claim, kind, status
):
    claim = a_claim(status, kind=kind)
    block = block_of(claim)
    buttons = {button["id"].removesuffix("-button"): button for button in block.all("button")}
    assert [button.text for button in buttons.values()] == BUTTONS[kind]
    may = {step.button for step in STEPS if (step.kind, step.status) == (kind, status)}
    if status == Status.ON_HOLD:
        may = {"approve"}
    assert {name for name, button in buttons.items() if "disabled" not in button} == may
    for name, button in buttons.items():
        action = Action.APPROVED if name == "approve" else Action(name)
        reasons = eligibility.blockers(claim, action, now=NOW)
        if name in may:
            assert reasons == []
            continue
        told = block.one(id=button["aria-describedby"]).text
        assert told == "".join(reason.text for reason in reasons)
        # The server refuses with the same words, whatever the page shows.
        answer = seller.post(address(claim, name), PARCEL | HELD | {"confirmed": "1"})
        assert answer.status_code in (409, 422)
        assert told in pane(answer).one("div", role="alert").text
        with pytest.raises(transitions.Refused) as refused:
            DEEDS[name](claim)
        assert refused.value.reasons == reasons
        claim.refresh_from_db()
        assert claim.status == status


def test_one_reason_for_all_is_said_once(block_of, a_claim):
    for claim, told in (
        (a_claim(Status.ASKED), "先に「撤回要請のキャンセル」をしてください。"),
        (a_claim(Status.RETURN_DONE), "このクレームは終了しているため"),
    ):
        block = block_of(claim)
        assert block.text.count(told) == 1
        assert {button["aria-describedby"] for button in block.all("button")} == {"no-step"}


@pytest.mark.parametrize(
    ("kind", "status", "primary"),
    [
        (Kind.CANCEL, Status.CANCEL_REFUNDING, "返金の確認"),
        (Kind.RETURN, Status.RETURN_AWAITING, "回収完了/返金要請"),
        (Kind.RETURN, Status.RETURN_COLLECTED, "返金の開始"),
        (Kind.RETURN, Status.RETURN_REFUNDING, "返金の確認"),
        (Kind.RETURN, Status.RETURN_HELD, "返金保留の解除"),
        (Kind.EXCHANGE, Status.EXCHANGE_RESENDING, "交換完了の確認"),
        (Kind.NON_RECEIPT, Status.NOTICE_RECEIVED, "通知の確認"),
        (Kind.NON_RECEIPT, Status.NOTICE_LATE, "通知の確認"),
        # Where the withdrawal may be asked, its own button is the filled one.
        (Kind.RETURN, Status.RETURN_REQUESTED, "返品の撤回要請"),
        (Kind.EXCHANGE, Status.EXCHANGE_APPROVED, "交換の撤回要請"),
        (Kind.RETURN, Status.ON_HOLD, "撤回の再要請"),
    ],
)
def test_one_button_is_filled_the_one_that_leads_on(seller, a_claim, kind, status, primary):
    claim = a_claim(status, kind=kind, at=NOW - timedelta(days=1))
    filled = pane(seller.get(f"{DESK}{claim.number}/")).all("button", class_="primary")
    assert [button.text for button in filled] == [primary]


@pytest.mark.parametrize(("wish", "filled"), [("NC", ["返金"]), ("ND", ["再配送"]), ("", [])])
def test_a_notice_leads_on_as_its_buyer_wishes(block_of, a_claim, wish, filled):
    block = block_of(a_claim(Status.NOTICE_CONFIRMED, non_receipt_wish=wish))
    assert [element.text for element in block.all(class_="primary")] == filled
    assert ("購入者の希望" in block.text) is bool(wish)


def test_a_late_exchange_goes_on_from_where_it_was(seller, block_of, a_claim):
    claim = a_claim(Status.EXCHANGE_REQUESTED, at=NOW - timedelta(days=3))
    for approved in (False, True):
        if approved:
            deeds.approve(claim, NOW - timedelta(days=2))
        block = block_of(claim)
        assert "交換遅延" in block.one("strong").text
        assert ("disabled" in block.one("button", id="approve-button")) is approved
        assert ("disabled" in block.one("button", id="resent-button")) is not approved
    assert ok(seller, press(seller, claim, "resent", **PARCEL)).status_code == 303
    assert list(claim.events.values_list("action", flat=True).order_by("pk"))[-2:] == ["late", "resent"]


# --- what is remembered stands in the pane ------------------------------------------------------------


def test_until_when_the_shop_has_time_is_said(block_of, a_claim, clock):
    claim = a_claim(Status.EXCHANGE_REQUESTED)
    assert "7/16(金) 0:00 までに処理がない場合、「遅延」になります。" in block_of(claim).text
    clock.move_to(japan("2021-07-16"))
    block = block_of(claim)
    assert "までに処理がない場合" not in block.text
    assert "交換遅延" in block.text


def test_a_hold_shows_its_reason_until_it_is_released(seller, block_of, a_claim):
    claim = a_claim(Status.RETURN_REFUNDING)
    ok(seller, press(seller, claim, "held", **HELD))
    assert RefundHold.objects.get().text == "箱がつぶれています。\n写真をお送りください。"
    block = block_of(claim)
    said = "返品商品に破損・使用の跡がある 箱がつぶれています。 写真をお送りください。"
    assert facts(block) == {"保留理由": said}
    ok(seller, press(seller, claim, "released"))
    block = block_of(claim)
    assert facts(block) == {}
    claim.refresh_from_db()
    assert claim.status == Status.RETURN_REFUNDING


def test_a_hold_that_a_file_tells_of_has_no_reason_of_an_earlier_one(block_of, a_claim):
    claim = a_claim(Status.RETURN_COLLECTED)
    deeds.hold(claim, text="箱")
    deeds.release(claim)
    told = {"kind": Kind.RETURN, "status": Status.RETURN_HELD, "requested": NOW.date()}
    entry = Entry(line=2, number=claim.order.number, **told)
    transitions.take_entries(claim.shop, [entry], by=deeds.seller_of(claim), now=NOW)
    block = block_of(claim)
    assert "返金保留" in block.one("strong").text
    assert facts(block) == {}


def test_what_was_sent_again_is_shown_with_its_tracking_page(seller, block_of, a_claim):
    claim = a_claim(Status.EXCHANGE_APPROVED)
    typed = {"delivery_company": "\u3000佐川急便 ", "tracking_number": "３６００－１２３４－５６７８"}
    ok(seller, press(seller, claim, "resent", shipped_on="2021-07-14", **typed))
    parcel = Reshipment.objects.get()
    assert (parcel.delivery_company, parcel.tracking_number) == ("佐川急便", "360012345678")
    block = block_of(claim)
    assert facts(block) == {
        "配送会社": "佐川急便",
        "送り状番号": "360012345678 検索",
        "再配送日": "2021/07/14",
    }
    assert block.one("a", class_="small")["href"].endswith("okurijoNo=360012345678")


def test_a_refund_stands_in_the_pane_and_in_the_history(seller, block_of, a_claim, an_order):
    claim = a_claim(Status.RETURN_REFUNDING, order=an_order(quantity=3, total=1000), quantity=2)
    assert popup_lines(press(seller, claim, "refunded"))[1]["返金額"] == "666円"
    ok(seller, press(seller, claim, "refunded"))
    page = seller.get(f"{DESK}{claim.number}/")
    assert facts(block_of(claim, page)) == {"返金額": "666円"}
    newest = read(page).one("table", class_="history").one("tbody").all("tr")[0]
    assert [cell.text for cell in newest.all("td")][2:] == [
        "返金の確認",
        "返品中 (返金中) → 返品完了",
        "返金額 666円",
    ]


def test_a_read_only_member_sees_what_was_done_and_no_button(a_claim, viewer, client_of, block_of):
    claim = a_claim(Status.EXCHANGE_APPROVED)
    deeds.resend(claim)
    block = block_of(claim, client_of(viewer).get(f"{DESK}{claim.number}/"))
    assert not block.has("button")
    assert not block.has("form")
    assert facts(block)["送り状番号"].startswith("400012345678")


def test_the_board_moves_with_each_step(seller, a_claim):
    claim = a_claim(Status.RETURN_REQUESTED)
    ok(seller, press(seller, claim, "approve"))
    ok(seller, press(seller, claim, "collected"))
    page = read(seller.get(DESK))
    for cell in ("返品要請 0件", "返品中 1件", "回収完了/返金要請 1件", "返金保留 0件"):
        assert page.has("a", aria_label=cell), cell
