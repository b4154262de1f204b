"""The processing refused: 422 with what was typed, 409 where the claim moved on, other ways in (SPEC 3, 7)."""

from datetime import timedelta

import pytest

from claims.models import ClaimEvent, Order, RefundHold, Reshipment
from claims.moves import PROCESSING, Action
from claims.statuses import Status
from messaging.models import Notice
from tests import deeds
from tests.clock import NOW, japan
from tests.desk_hands import DESK, PART, address, form_of, ok, pane, popup_lines, press
from tests.pages import posted, read
from tests.processing_hands import HELD, PARCEL, STEPS

EACH = pytest.mark.parametrize("step", STEPS, ids=str)
WAYS = pytest.mark.parametrize("headers", [None, PART], ids=["page", "part"])
STAGES = pytest.mark.parametrize("confirmed", [{}, {"confirmed": "1"}], ids=["asked", "confirmed"])


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything plays on the morning of 7/13, unless the test moves the clock."""


def written():
    """How much stands in the log and its rows: a refusal adds nothing."""
    return [model.objects.count() for model in (ClaimEvent, Notice, RefundHold, Reshipment)]


# --- what was typed cannot be taken: 422, and it is kept -------------------------------------------

HUGE = 10**30
BAD_HOLDS = [
    pytest.param("", "箱", "hold_reason", "保留理由を選択してください。", id="no-reason"),
    pytest.param("because", "箱", "hold_reason", "because", id="not-in-the-list"),
    pytest.param("\x00", "箱", "hold_reason", "", id="nul"),
    pytest.param("other", "", "hold_text", "理由を入力してください。", id="other-without-words"),
    pytest.param("other", "\u3000\r\n\t", "hold_text", "理由を入力してください。", id="other-spaces"),
    pytest.param("damaged", "箱" * 1001, "hold_text", "現在 1001文字", id="1001"),
    pytest.param("damaged", "箱" * 300_000, "hold_text", "現在 300000文字", id="huge"),
]


@WAYS
@STAGES
@pytest.mark.parametrize(("reason", "text", "field", "told"), BAD_HOLDS)
def test_a_hold_that_cannot_be_taken_is_422_beside_its_field(
    seller, a_claim, reason, text, field, told, confirmed, headers
):
    claim = a_claim(Status.RETURN_COLLECTED)
    seen = posted(form_of(read(seller.get(f"{DESK}{claim.number}/")), "held"))["seen"]
    before = written()
    typed = {"hold_reason": reason, "hold_text": text, "seen": seen}
    response = seller.post(address(claim, "held"), typed | confirmed, headers=headers)
    assert response.status_code == 422
    form = form_of(read(response), "held")
    wrong = form.one(name=field)
    assert wrong["aria-invalid"] == "true"
    assert told in form.one(id=wrong["aria-describedby"]).text
    kept = posted(form)
    assert kept["hold_text"].strip() == text.strip()
    assert kept["hold_reason"] == (reason if reason in ("damaged", "other") else "")
    assert not read(response).has("dialog")
    assert written() == before


BAD_PARCELS = [
    pytest.param({"delivery_company": ""}, "delivery_company", "配送会社を", id="no-carrier"),
    pytest.param({"delivery_company": "社" * 51}, "delivery_company", "50文字以内", id="carrier-51"),
    pytest.param({"delivery_company": "\x00\x07"}, "delivery_company", "配送会社を", id="carrier-nul"),
    pytest.param({"tracking_number": ""}, "tracking_number", "送り状番号を入力", id="no-number"),
    pytest.param({"tracking_number": "\u3000- -"}, "tracking_number", "送り状番号を入力", id="hyphens"),
    pytest.param({"tracking_number": "１２３"}, "tracking_number", "数字11〜12桁", id="short"),
    pytest.param({"tracking_number": str(HUGE)}, "tracking_number", "数字11〜12桁", id="10^30"),
    pytest.param({"tracking_number": "4" * 100_000}, "tracking_number", "数字11〜12桁", id="huge"),
    pytest.param({"tracking_number": "<b>4000</b>"}, "tracking_number", "数字11〜12桁", id="markup"),
    pytest.param(
        {"delivery_company": "うちの車", "tracking_number": "４" * 51},
        "tracking_number",
        "4〜50文字",
        id="unknown-carrier-51",
    ),
    pytest.param({"shipped_on": ""}, "shipped_on", "再配送日を入力してください。", id="no-day"),
    pytest.param({"shipped_on": "昨日"}, "shipped_on", "2021-07-13の形で", id="no-date"),
    pytest.param({"shipped_on": "2021-02-30"}, "shipped_on", "2021-07-13の形で", id="0230"),
    pytest.param({"shipped_on": "2021-07-13\x00"}, "shipped_on", "2021-07-13の形で", id="day-nul"),
    pytest.param({"shipped_on": str(HUGE)}, "shipped_on", "2021-07-13の形で", id="day-10^30"),
    pytest.param({"shipped_on": "9999-12-31"}, "shipped_on", "7/12(月)から7/20(火)まで", id="9999"),
    pytest.param({"shipped_on": "0001-01-01"}, "shipped_on", "7/12(月)から7/20(火)まで", id="0001"),
    pytest.param({"shipped_on": "2021-07-11"}, "shipped_on", "7/12(月)から7/20(火)まで", id="before"),
    pytest.param({"shipped_on": "2021-07-21"}, "shipped_on", "7/12(月)から7/20(火)まで", id="too-far"),
]


@WAYS
@STAGES
@pytest.mark.parametrize(("changed", "field", "told"), BAD_PARCELS)
def test_a_parcel_that_cannot_be_taken_is_422_beside_its_field(
    seller, a_claim, changed, field, told, confirmed, headers
):
    claim = a_claim(Status.EXCHANGE_APPROVED, at=NOW - timedelta(days=1))
    seen = posted(form_of(read(seller.get(f"{DESK}{claim.number}/")), "resent"))["seen"]
    before = written()
    typed = PARCEL | changed
    response = seller.post(address(claim, "resent"), typed | confirmed | {"seen": seen}, headers=headers)
    assert response.status_code == 422
    form = form_of(read(response), "resent")
    invalid = form.all(aria_invalid="true")
    assert [wrong["name"] for wrong in invalid] == [field], "every other field can stay as it is"
    assert told in form.one(id=invalid[0]["aria-describedby"]).text
    assert posted(form) | {"csrfmiddlewaretoken": ""} == typed | {"seen": seen, "csrfmiddlewaretoken": ""}
    assert not read(response).has("dialog")
    assert written() == before


def test_all_that_is_wrong_is_said_at_once(seller, a_claim):
    claim = a_claim(Status.NOTICE_CONFIRMED)
    response = press(seller, claim, "resent", delivery_company="", tracking_number="", shipped_on="x")
    form = form_of(read(response), "resent")
    assert [wrong["name"] for wrong in form.all(aria_invalid="true")] == [
        "delivery_company",
        "tracking_number",
        "shipped_on",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"hold_reason=damaged&hold_text=%ED%A0%80",
        b"hold_reason=%FF%FE&hold_text=x",
        b"delivery_company=%ED%B0%80&tracking_number=%ED%A0%80&shipped_on=%ED%A0%80",
        b"hold_reason=damaged&hold_reason=other&hold_text=&hold_text=",
        b"seen=%00&yen=%00&promised=%00",
        b"yen=1e9&seen=-1",
        b"&&&=&=&",
    ],
    ids=["surrogate", "no utf-8", "surrogates", "twice", "nul", "odd numbers", "nothing"],
)
@STAGES
@pytest.mark.parametrize("button", ["held", "resent", "refunded"])
def test_bytes_that_no_browser_sends_are_no_500(seller, a_claim, body, confirmed, button):
    status = {
        "held": Status.RETURN_COLLECTED,
        "resent": Status.EXCHANGE_APPROVED,
        "refunded": Status.CANCEL_REFUNDING,
    }[button]
    claim = a_claim(status)
    body += b"&confirmed=1" if confirmed else b""
    response = seller.post(
        address(claim, button), body, content_type="application/x-www-form-urlencoded; charset=utf-8"
    )
    assert response.status_code < 500
    if response.status_code == 200:
        assert not confirmed
        assert read(response).has("dialog")


def test_what_was_typed_is_shown_as_text_everywhere(seller, a_claim, yunjee, client_of):
    claim = a_claim(Status.RETURN_COLLECTED)
    evil = '</textarea><script>alert("x")</script>'
    popup = press(seller, claim, "held", hold_reason="other", hold_text=evil)
    pages = [popup, ok(seller, popup, headers=PART), seller.get(f"{DESK}{claim.number}/")]
    pages.append(client_of(yunjee).get(f"/myqoo10/claims/{claim.number}/"))
    for page in pages:
        assert evil.encode() not in page.content
        assert evil in "".join(
            child for element in read(page) for child in element.children if isinstance(child, str)
        )


def test_the_longest_text_comes_whole_through_the_popup(seller, a_claim):
    claim = a_claim(Status.RETURN_COLLECTED)
    text = "\n".join(["行" * 99] * 10)
    ok(seller, press(seller, claim, "held", hold_reason="other", hold_text=text.replace("\n", "\r\n")))
    assert RefundHold.objects.get().text == text


# --- the claim moved on: 409 ------------------------------------------------------------------------


@EACH
@WAYS
def test_a_second_ok_is_409_and_changes_nothing(seller, a_claim, step, headers):
    claim = a_claim(step.status, kind=step.kind)
    first = press(seller, claim, step.button, headers=headers, **step.typed)
    ok(seller, first, headers=headers)
    before = written()
    refunded = Order.objects.get(pk=claim.order_id).refunded
    again = ok(seller, first, headers=headers)
    assert again.status_code == 409
    assert pane(again).one("div", role="alert").text
    assert written() == before
    assert Order.objects.get(pk=claim.order_id).refunded == refunded
    claim.refresh_from_db()
    assert claim.status == step.to


@EACH
def test_the_colleague_was_faster(seller, a_claim, clerk, client_of, step):
    claim = a_claim(step.status, kind=step.kind)
    form = form_of(read(seller.get(f"{DESK}{claim.number}/")), step.button)
    other = client_of(clerk)
    ok(other, press(other, claim, step.button, **step.typed))
    before = written()
    response = seller.post(form["action"], posted(form, **step.typed))
    assert response.status_code == 409
    assert pane(response).one(class_="pane-bar").one(class_="status").text == claim_label(claim)
    assert written() == before


def claim_label(claim):
    claim.refresh_from_db()
    return claim.status_label(NOW)


def test_a_step_is_never_done_on_another_state_than_the_popup_spoke_of(seller, a_claim):
    """Held, released and held again for another reason: the OK to the first release is not for that."""
    claim = a_claim(Status.RETURN_HELD)
    popup = press(seller, claim, "released")
    deeds.release(claim)
    deeds.hold(claim, text="まだ届いていません。")
    response = ok(seller, popup)
    assert response.status_code == 409
    assert "ほかの操作で状態が変わりました" in pane(response).one("div", role="alert").text
    claim.refresh_from_db()
    assert claim.status == Status.RETURN_HELD


def test_stale_and_what_was_typed_is_kept_where_it_can_be_sent_again(seller, a_claim):
    claim = a_claim(Status.RETURN_COLLECTED)
    popup = press(seller, claim, "held", **HELD)
    deeds.start_refund(claim)
    response = ok(seller, popup)
    assert response.status_code == 409
    form = form_of(read(response), "held")
    assert posted(form)["hold_reason"] == HELD["hold_reason"]
    assert posted(form)["hold_text"] == HELD["hold_text"]
    again = seller.post(form["action"], posted(form))
    assert ok(seller, again).status_code == 303, "and now it can be sent"
    assert RefundHold.objects.get().text == HELD["hold_text"]


@pytest.mark.parametrize("button", ["approve", "resent"])
def test_the_buyer_dropped_it_while_the_popup_stood_there(seller, a_claim, button):
    claim = a_claim({"approve": Status.EXCHANGE_REQUESTED, "resent": Status.EXCHANGE_APPROVED}[button])
    popup = press(seller, claim, button, **(PARCEL if button == "resent" else {}))
    deeds.drop(claim)
    response = ok(seller, popup)
    assert response.status_code == 409
    assert pane(response).one(class_="pane-bar").one(class_="status").text == "交換：撤回完了"
    assert "このクレームは終了しているため" in pane(response).one("div", role="alert").text


def test_a_request_that_lapsed_while_the_page_stood_there_is_409(seller, a_claim, clock):
    claim = a_claim(Status.ASKED)
    clock.move_to(japan("2021-07-20"))
    response = seller.post(address(claim, "approve"), {"confirmed": "1", "seen": claim.events.last().pk})
    assert response.status_code == 409
    assert "期限切れ・自動撤回済み" in pane(response).one("div", role="alert").text


def test_an_exchange_that_turned_late_while_the_popup_stood_there(seller, a_claim, clock):
    """Midnight alone does not bar it: a late claim has the same exits. The sweep's line makes it look again."""
    for swept in (False, True):
        claim = a_claim(Status.EXCHANGE_REQUESTED, at=NOW - timedelta(days=2))
        deeds.approve(claim, NOW - timedelta(days=2))
        clock.move_to(japan("2021-07-13 23:59:59"))
        popup = press(seller, claim, "resent", **PARCEL)
        clock.move_to(japan("2021-07-14"))
        if swept:
            deeds.call_late(japan("2021-07-14"))
        response = ok(seller, popup)
        assert response.status_code == (409 if swept else 303)
        clock.move_to(NOW)


@WAYS
def test_an_amount_that_is_no_longer_right_is_not_refunded_silently(seller, a_claim, headers):
    """A file taken in meanwhile said that the order was cheaper."""
    claim = a_claim(Status.RETURN_REFUNDING)
    popup = press(seller, claim, "refunded", headers=headers)
    Order.objects.filter(pk=claim.order_id).update(total=1500)
    response = ok(seller, popup, headers=headers)
    assert response.status_code == 409
    assert "確認の間に返金額が変わりました" in pane(response).one("div", role="alert").text
    claim.refresh_from_db()
    assert (claim.status, claim.refund) == (Status.RETURN_REFUNDING, None)
    again = press(seller, claim, "refunded")
    assert popup_lines(again)[1]["返金額"] == "1,500円"
    ok(seller, again)
    claim.refresh_from_db()
    assert claim.refund == 1500


# --- other ways in -----------------------------------------------------------------------------------


@pytest.mark.parametrize("action", PROCESSING)
@STAGES
def test_a_read_only_member_is_403_and_another_shop_404(a_claim, viewer, rival, client_of, action, confirmed):
    step = next(step for step in STEPS if step.action == action)
    claim = a_claim(step.status, kind=step.kind)
    before = written()
    for person, code in ((viewer, 403), (rival, 404)):
        for path in (address(claim, step.button), f"{DESK}{claim.number}/process/{action}/"):
            response = client_of(person).post(path, step.typed | confirmed)
            assert response.status_code == code
    foreign = f"/shops/RIVAL_store/claims/{claim.number}/process/{action}/"
    assert client_of(rival).post(foreign, step.typed | confirmed).status_code == 404
    assert written() == before
    claim.refresh_from_db()
    assert claim.status == step.status


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "action",
    [*sorted(set(Action) - set(PROCESSING)), "APPROVED", "x", "1", "%ED%A0%80", "a" * 3000],
    ids=lambda action: action[:20],
)
def test_no_other_action_has_an_address(seller, a_claim, action, method):
    claim = a_claim(Status.RETURN_REQUESTED)
    assert getattr(seller, method)(f"{DESK}{claim.number}/process/{action}/").status_code == 404
    claim.refresh_from_db()
    assert claim.status == Status.RETURN_REQUESTED


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (Status.CANCEL_REFUNDING, "held"),
        (Status.CANCEL_REFUNDING, "resent"),
        (Status.RETURN_COLLECTED, "resent"),
        (Status.EXCHANGE_APPROVED, "refunded"),
        (Status.NOTICE_CONFIRMED, "exchanged"),
    ],
)
def test_a_step_of_another_kind_has_no_address(seller, a_claim, status, action):
    claim = a_claim(status)
    response = seller.post(address(claim, action), PARCEL | HELD | {"confirmed": "1"})
    assert response.status_code == 404
    claim.refresh_from_db()
    assert claim.status == status


@EACH
def test_a_get_on_what_is_posted_leads_back_to_the_claim(seller, a_claim, step):
    claim = a_claim(step.status, kind=step.kind)
    before = written()
    for method in (seller.get, seller.head):
        response = method(address(claim, step.button) + "?cell=asked&confirmed=1&hold_reason=damaged")
        assert response.status_code == 302
        assert response["Location"].startswith(f"{DESK}{claim.number}/?cell=asked")
    for method in (seller.put, seller.patch, seller.delete):
        assert method(address(claim, step.button)).status_code == 405
    assert written() == before


@EACH
@pytest.mark.parametrize("junk", [{"seen": "9" * 5000}, {"seen": "x"}, {"yen": "9" * 5000}, {"yen": "-1"}])
def test_hidden_fields_that_nobody_drew_do_nothing(seller, a_claim, step, junk):
    claim = a_claim(step.status, kind=step.kind)
    response = seller.post(address(claim, step.button), step.typed | {"confirmed": "1"} | junk)
    assert response.status_code in (409, 422)
    claim.refresh_from_db()
    assert claim.status == step.status


@EACH
def test_signed_out_meanwhile_it_leads_to_the_sign_in(seller, a_claim, step):
    claim = a_claim(step.status, kind=step.kind)
    seller.logout()
    response = seller.post(address(claim, step.button), step.typed | {"confirmed": "1"}, headers=PART)
    assert response["HX-Redirect"].startswith("/accounts/login/?next=")
    assert response.content == b""
