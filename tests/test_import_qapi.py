"""取込 of the JSON answer of Qoo10's ShippingBasic.GetClaimInfo_V3: its fields, its codes, its oddities."""

import json
from datetime import date

import pytest

from claims.imports import qapi
from claims.models import Claim, Order
from claims.statuses import FACTS, Kind, Status
from tests.clock import japan
from tests.import_hands import checked, counts, imported, json_of, problems, upload
from tests.invariants import check_invariants
from tests.pages import read

NEW, CHANGED, UNCHANGED, REFUSED = (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)
# A row in the order and with the fields of the documentation; an unknown day is the year 1.
ANSWER = {
    "claimStatus": "4",
    "cancelRefundDate": "0001-01-01 00:00:00",
    "reason": "誤配達(サイズ、色)",
    "requestDate": "2021-07-12 09:30:15",
    "orderDate": "2021-07-08 12:00:00",
    "PaymentDate": "2021-07-08 12:01:00",
    "shippingDate": "2021-07-09 00:00:00",
    "DeliveredDate": "2021-07-10 00:00:00",
    "orderNo": 639113330,
    "packNo": 210571000,
    "itemCode": "852997700",
    "sellerItemCode": "AM00160",
    "itemTitle": "ヌーデュージュ",
    "orderQty": 2,
    "paymentNation": "JP",
    "currency": "JPY",
    "paymentAmount": "1899.00",
    "deliveryCompany": "Qxpress",
    "trackingNo": "1234567890",
    "deliveryCompanyReturn": "",
    "trackingNoReturn": "",
    "pickupAddress": "千葉県",
    "zipCode": "273-0017",
    "paymentReturnShipping": "",
    "itemCondition": "",
    "receiver": "Yunjee Shin",
    "receiverTel": "+81-050-0000-7070",
    "receiverMobile": "",
    "buyer": "yunjee",
    "buyerTel": "",
    "buyerMobile": "",
    "CODCancelPrice": 0,
    "CODQrefundPrice": 0,
    "CODCancelRelatedOrder": "",
    "nrDutyTarget": "",
    "nrSolType": "",
    "nrPartRefundCnt": 0,
    "nrPartRefundBalance": 0,
}


def answer(**fields):
    return json_of({**ANSWER, **fields})


def test_a_whole_row(seller):
    assert counts(imported(seller, answer(), "answer.json")) == NEW
    claim = Claim.objects.get()
    assert (claim.kind, claim.status, claim.reason) == (
        Kind.RETURN,
        Status.RETURN_REQUESTED,
        "誤配達(サイズ、色)",
    )
    assert claim.requested_at == japan("2021-07-12 09:30:15")
    order = claim.order
    assert (order.number, order.cart_number, order.item_code) == ("639113330", "210571000", "852997700")
    assert (order.total, order.quantity) == (1899, 2)
    assert (order.shipped_on, order.delivered_on) == (date(2021, 7, 9), date(2021, 7, 10))
    assert (order.delivery_company, order.tracking_number) == ("Qxpress", "1234567890")
    assert order.zip_code == "", "it is where a return is fetched, not where the goods went"
    assert counts(imported(seller, answer(), "answer.json")) == UNCHANGED
    check_invariants()


@pytest.mark.parametrize("status", [status for status, facts in FACTS.items() if facts.qapi])
def test_every_code_of_the_table(seller, status):
    code = FACTS[status].qapi
    fields = {"claimStatus": f"Claim({code})", "nrPartRefundBalance": 500 if code == 15 else 0}
    assert counts(imported(seller, answer(**fields))) == NEW
    assert counts(imported(seller, answer(**fields))) == UNCHANGED
    claim = Claim.objects.get()
    expected = {5: Status.RETURN_AWAITING, 15: Status.NOTICE_REFUNDED}.get(code, status)
    assert claim.status == expected
    check_invariants()


@pytest.mark.parametrize(
    "have", [Status.RETURN_AWAITING, Status.RETURN_COLLECTED, Status.RETURN_HELD, Status.RETURN_REFUNDING]
)
def test_code_5_is_any_of_the_four(seller, a_claim, have):
    claim = a_claim(have)
    fields = {"orderNo": claim.order.number, "requestDate": "2021-07-13 10:00:00", **SAME}
    assert counts(imported(seller, answer(claimStatus=5, **fields))) == UNCHANGED


# What the order of the cast says, so that only the claim speaks.
SAME = dict.fromkeys(
    ("orderDate", "packNo", "itemTitle", "orderQty", "shippingDate", "DeliveredDate", "deliveryCompany",
     "trackingNo", "receiverTel", "reason")
)  # fmt: skip


@pytest.mark.parametrize("have", [Status.EXCHANGE_REQUESTED, Status.EXCHANGE_APPROVED])
def test_qoo10_knows_no_lateness(seller, a_claim, clock, have):
    claim = a_claim(have)
    if have == Status.EXCHANGE_APPROVED:
        Claim.objects.update(approved_at=claim.requested_at)
    clock.move_to(japan("2021-07-17"))
    fields = {"orderNo": claim.order.number, "requestDate": "2021-07-13 10:00:00", **SAME}
    assert counts(imported(seller, answer(claimStatus=FACTS[have].qapi, **fields))) == UNCHANGED


def test_code_15_is_the_open_claims_partial_refund(seller):
    """Of a claim that came by a file; what was filed here is its buyer's to withdraw."""
    imported(seller, answer(claimStatus=4))
    data = answer(claimStatus=15, nrPartRefundCnt=1, nrPartRefundBalance="400.0")
    assert counts(imported(seller, data)) == CHANGED
    claim = Claim.objects.get()
    assert (claim.status, claim.refund) == (Status.PARTIALLY_REFUNDED, 400)
    assert counts(imported(seller, data)) == UNCHANGED
    check_invariants()


def test_the_notices_duty_and_wish_are_in_words(seller):
    fields = {"nrDutyTarget": "SL", "nrSolType": "NC", "nrPartRefundCnt": 1, "nrPartRefundBalance": 900}
    imported(seller, answer(claimStatus=14, **fields))
    claim = Claim.objects.get()
    assert (claim.non_receipt_reason, claim.non_receipt_type) == ("一部未受取", "一部未受取（返金希望）")
    assert (claim.quantity, claim.refund, claim.order.refunded) == (1, 900, 900)


@pytest.mark.parametrize("status", [Status.ASKED, Status.ON_HOLD])
def test_qoo10_has_no_code_for_a_request(seller, a_claim, status):
    claim = a_claim(status)
    fields = {"orderNo": claim.order.number, "requestDate": "2021-07-13 10:00:00", **SAME}
    assert counts(imported(seller, answer(claimStatus=4, **fields))) == UNCHANGED
    page = imported(seller, answer(claimStatus=5, **fields))
    assert "撤回要請と矛盾する" in problems(page)[0][2]


BAD = {
    "unpaid": ({"claimStatus": 16}, "処理状態", "未納の注文"),
    "unknown": ({"claimStatus": 99}, "処理状態", "知られていない処理状態"),
    "none": ({"claimStatus": None}, "処理状態", "知られていない処理状態"),
    "dollars": ({"currency": "USD"}, "注文金額の合計", "円の注文だけ"),
    "no number": ({"orderNo": ""}, "注文番号", "orderNo がありません"),
    "a list": ({"orderNo": [1]}, "注文番号", "orderNo がありません"),
    "infinity": ({"paymentAmount": float("inf")}, "注文金額の合計", "金額ではありません"),
    "a huge number": ({"orderQty": 10**30}, "数量", "数量ではありません"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_told(seller, case):
    fields, column, reason = BAD[case]
    _job, page = checked(seller, answer(**fields))
    assert counts(page) == REFUSED
    assert [(line, head) for line, head, _text in problems(page)] == [("1", column)]
    assert reason in problems(page)[0][2]


def test_an_error_of_qoo10_is_passed_on(seller):
    page = read(upload(seller, json_of(code=-10003, message="検索期間は90日までです")))
    assert page.one("div", class_="refusal").text == ("Qoo10がエラーを返した応答です：検索期間は90日までです")


@pytest.mark.parametrize(
    "data",
    [
        '{"ResultObject": [], "ResultCode": -10001, "ResultMsg": "認証の期限切れ"}',
        '{"ResultMsg": "認証の期限切れ", "ResultObject": [ ] , "ResultCode": "-10001"}',
        '{"ResultObject": ['
        + " " * (qapi.CHUNK - 19)
        + '], "ResultCode": -10001, "ResultMsg": "認証の期限切れ"}',
    ],
    ids=["code and words after", "code after, words before", "after a cut of the buffer"],
)
def test_an_error_that_is_told_after_the_rows_is_seen(seller, data):
    page = read(upload(seller, data.encode(), "answer.json"))
    assert page.one("div", class_="refusal").text == "Qoo10がエラーを返した応答です：認証の期限切れ"


def test_a_success_that_is_told_after_the_rows_is_none(seller):
    data = json.dumps({"ResultObject": [ANSWER], "ResultCode": 0, "ResultMsg": "SUCCESS"}).encode()
    assert counts(imported(seller, data)) == NEW


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[1]",
        b'{"ResultObject": 3}',
        b'{"ResultObject": [[[]]]}',
        b'{"ResultObject": [{"orderNo": 1}',
        b'{"ResultObject": [' + b'{"a":' * 100_000,
        b'{"ResultObject": [' + b"[" * 2_000_000,
        b'{"ResultObject": [{"orderNo": "' + b"1" * 1_100_000,
        b'{"x": "\xff"}',
    ],
    ids=range(9),
)
def test_what_is_no_answer_is_refused_kindly(seller, data):
    answer = upload(seller, data, "answer.json")
    assert answer.status_code == 422
    assert "JSON" in read(answer).one("div", class_="refusal").text


def test_rows_across_any_cut_of_the_buffer(seller, monkeypatch):
    monkeypatch.setattr(qapi, "CHUNK", 200)
    rows = [{**ANSWER, "orderNo": 639000000 + at, "itemTitle": '題、]}{["' * 9} for at in range(20)]
    assert counts(imported(seller, json_of(*rows))) == (20, 0, 0, 0)
    assert Order.objects.count() == 20


def test_a_bare_list_of_rows(seller):
    assert counts(imported(seller, json.dumps([ANSWER]).encode())) == NEW


def test_lone_surrogates_and_nul_in_texts_are_left_out(seller):
    data = json_of(ANSWER).replace("ヌーデュージュ".encode(), b"a\\ud800b\\u0000c")
    imported(seller, data)
    assert Order.objects.get().item_title == "abc"
