"""The buyer's page of one claim: where it stands, what comes next, his part of the history (SPEC 6)."""

from datetime import date, timedelta

import pytest

from claims import access, buyer_words, files
from claims.models import HoldReason
from claims.moves import Action
from claims.statuses import ENDED, FACTS, Status
from tests import deeds
from tests.clock import NOW, japan
from tests.pages import facts, read
from tests.pictures import a_photo, upload

TODAY = date(2021, 7, 13)
HOUR = timedelta(hours=1)
ARRIVED = {"shipped_on": TODAY - timedelta(days=2), "delivered_on": TODAY, "quantity": 2}


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything is read on the morning of 7/13, unless the clock is moved."""


@pytest.fixture
def page_of(yunjee, client_of):
    """The buyer signs in and opens the page of a claim: whatever the clock says, no session is too old."""
    return lambda claim: read(client_of(yunjee).get(f"/myqoo10/claims/{claim.number}/")).one("main")


def steps(page):
    """The history, newest first: (when and by whom, what and where it led, the words with it)."""
    found = []
    for item in page.one("ol", class_="steps-taken").all("li"):
        head, *words = item.all("p")
        when = head.one("span", class_="quiet") if len(head.all("span")) == 1 else head.all("span")[0]
        found.append((when.text, head.text.removeprefix(when.text).strip(), " ".join(w.text for w in words)))
    return found


def filed(page):
    return facts(page.one("section", aria_labelledby="filed-heading"))


# --- where it stands ---------------------------------------------------------------------------------


def test_every_status_and_every_event_has_plain_words():
    assert set(buyer_words.STANDING) == set(Status)
    assert set(buyer_words.HAPPENED) == set(Action)
    for standing in buyer_words.STANDING.values():
        assert str(standing.text).endswith("。")
        assert str(standing.next).endswith("。"), "and every status says what comes next"


@pytest.mark.parametrize(
    ("status", "kind"), [(status, kind) for status, facts_ in FACTS.items() for kind in sorted(facts_.kinds)]
)
def test_every_status_says_where_it_stands_and_what_comes_next(page_of, a_claim, status, kind):
    page = page_of(a_claim(status, kind=kind))
    standing = buyer_words.STANDING[status]
    assert str(standing.text) in page.text
    assert str(standing.next) in page.text


def test_a_claim_says_what_was_filed(page_of, a_claim, an_order):
    claim = a_claim(
        order=an_order(**ARRIVED),
        reason="商品不良・破損",
        reason_text="箱が\nつぶれて",
        quantity=2,
        pickup_method="Qxpressが回収",
    )
    assert filed(page_of(claim)) == {
        "要請日": "2021/07/13",
        "理由": "商品不良・破損 箱が つぶれて",
        "数量": "2",
        "返品の回収方法": "Qxpressが回収",
    }


def test_a_notice_says_its_type_and_the_wish(page_of, a_claim):
    claim = a_claim(
        Status.NOTICE_REFUNDED,
        non_receipt_reason="商品が届かない",
        non_receipt_type="一部未受取",
        non_receipt_wish="NC",
    )
    assert filed(page_of(claim)) == {
        "要請日": "2021/07/13",
        "完了日": "2021/07/13",
        "理由": "商品が届かない",
        "数量": "1",
        "未受取タイプ": "一部未受取",
        "ご希望の対応": "返金",
    }


def test_an_open_request_says_until_when_he_can_answer(page_of, a_claim):
    claim = a_claim(Status.ASKED)
    page = page_of(claim)
    assert "回答期限 7/19(月) 24:00 あと6日" in page.text
    assert page.one("a", class_="primary")["href"] == f"/myqoo10/requests/{claim.withdrawals.get().pk}/"


# --- his part of the history -------------------------------------------------------------------------


def test_the_history_says_what_when_by_whom_and_why(page_of, a_claim, clock):
    claim = a_claim(reason="選択事項変更")
    deeds.ask(claim, NOW + HOUR, reason="発送済みです。")
    deeds.reject(claim, NOW + 2 * HOUR, text="色が違います。")
    deeds.approve(claim, NOW + 3 * HOUR)
    clock.move_to(NOW + 4 * HOUR)
    assert steps(page_of(claim)) == [
        ("2021/07/13 13:00 ・ ショップ", "申請の承認 → 返品中 (回収待ち)", ""),
        (
            "2021/07/13 12:00 ・ あなた",
            "取り下げを拒否 → 撤回保留",
            "ショップ提案内容に同意不可 色が違います。",
        ),
        ("2021/07/13 11:00 ・ ショップ", "取り下げのお願い（撤回要請） → 撤回要請", "発送済みです。"),
        ("2021/07/13 10:00 ・ あなた", "申請 → 返品要請", "選択事項変更"),
    ]


def test_the_clocks_deeds_are_called_automatic_and_nobody_is_named(page_of, a_claim, clock, amuse):
    amuse.user.first_name, amuse.user.last_name = "雨音", "茂瀬"
    amuse.user.save()
    claim = a_claim(Status.ASKED)
    deeds.sweep(claim.deadline_at)
    clock.move_to(japan("2021-07-20"))
    page = page_of(claim)
    assert steps(page)[0] == ("2021/07/20 00:00 ・ 自動", "期限切れで自動的に取り下げ → 撤回完了", "")
    assert not {"雨音", "茂瀬", "amuse"} & set(page.text.split()), "the shop, not its people"


@pytest.mark.parametrize("attempts", [1, 6])
def test_as_many_queries_for_1_attempt_as_for_6(buyer, a_claim, attempts, clock, django_assert_num_queries):
    claim = a_claim(at=NOW - timedelta(days=40))
    for days in range(39, 39 - 5 * attempts, -5):
        deed = deeds.ask if days == 39 else deeds.repeat
        deed(claim, NOW - timedelta(days=days))
        deeds.reject(claim, NOW - timedelta(days=days))
    with django_assert_num_queries(11):
        buyer.get(f"/myqoo10/claims/{claim.number}/")


# --- what the shop said while it processed it -----------------------------------------------------------


def test_while_the_refund_is_held_it_says_why_and_the_history_keeps_it(page_of, a_claim, clock):
    claim = a_claim(Status.RETURN_REFUNDING)
    deeds.hold(claim, NOW + HOUR, HoldReason.RETURN_FEE, "1,200円の\nご負担をお願いします。")
    clock.move_to(NOW + 3 * HOUR)
    said = "返送料が支払われていない 1,200円の ご負担をお願いします。"
    page = page_of(claim)
    assert page.one("div", class_="shop-says").text == f"保留理由 {said}"
    held = ("2021/07/13 11:00 ・ ショップ", "返金の保留 → 返金保留", said)
    assert steps(page)[0] == held
    deeds.release(claim, NOW + 2 * HOUR)
    page = page_of(claim)
    assert not page.has("div", class_="shop-says")
    assert steps(page)[1] == held


@pytest.mark.parametrize("status", [Status.EXCHANGE_APPROVED, Status.NOTICE_CONFIRMED])
def test_what_was_sent_again_can_be_tracked(page_of, a_claim, status):
    claim = a_claim(status)
    deeds.resend(claim, delivery_company="佐川急便", tracking_number="3600 1234 5678")
    page = page_of(claim)
    assert "7/13(火) 再配送: 佐川急便 360012345678 配送状況を見る" in page.text
    assert steps(page)[0][2] == "佐川急便 360012345678 配送状況を見る"
    links = [link for link in page.all("a") if link.text == "配送状況を見る"]
    assert len(links) == 2
    assert all(link["href"].endswith("okurijoNo=360012345678") for link in links)


def test_the_history_says_how_much_was_given_back_for_the_withdrawal(page_of, a_claim):
    claim = a_claim()
    deeds.ask(claim, offer=500)
    deeds.accept(claim)
    assert steps(page_of(claim))[0][1:] == ("取り下げに同意 → 部分返金", "返金額 500円")


def test_the_history_says_how_much_was_refunded(page_of, a_claim):
    claim = a_claim(Status.CANCEL_REFUNDING)
    deeds.refund(claim)
    page = page_of(claim)
    assert steps(page)[0][1:] == ("返金の完了 → キャンセル完了", "返金額 1,899円")
    assert "返金額 1,899円（返金は AMUSE_official が行います）" in page.text


# --- photos ------------------------------------------------------------------------------------------


def test_his_own_photos_are_shown_and_no_draft(page_of, buyer, a_claim, yunjee):
    claim = a_claim()
    by = access.as_buyer(yunjee, signed_in=True)
    sent, draft = (
        files.keep(files.check(upload(name)), shop=claim.shop, order=claim.order, by=by, now=NOW)
        for name in ("箱.jpg", "下書き.jpg")
    )
    for one in (sent, draft):
        one.claim = claim
        one.save()
    sent.send(NOW)
    page = page_of(claim)
    assert page.has("img", src=f"/files/{sent.key}/")
    assert "下書き.jpg" not in page.text


def test_the_shops_proof_is_not_mixed_with_them(page_of, a_claim):
    claim = a_claim(Status.ASKED)
    proof = a_photo(claim.withdrawals.get())
    assert (
        not page_of(claim)
        .one("section", aria_labelledby="filed-heading")
        .has("img", src=f"/files/{proof.key}/")
    )


# --- filing again ------------------------------------------------------------------------------------


def test_after_a_withdrawal_it_says_until_when_he_may_file_again_and_leads_there(
    page_of, a_claim, an_order, clock
):
    claim = a_claim(Status.ASKED, order=an_order(**ARRIVED))
    deeds.accept(claim, japan("2021-07-15 10:00"))
    clock.move_to(japan("2021-07-15 11:00"))
    page = page_of(claim)
    # 7/13, 14 and 15 lay under the open request.
    assert "返品・交換は7/22(木)まで申請できます。" in page.text
    again = next(link for link in page.all("a") if link.text == "もう一度申請する")
    assert again["href"] == f"/myqoo10/orders/{claim.order.number}/"
    clock.move_to(japan("2021-07-23"))
    page = page_of(claim)
    assert "7/22(木)で終わりました" in page.text
    assert "もう一度申請する" not in page.text


def test_when_it_lapsed_tonight_he_may_file_again_though_no_sweep_ran(page_of, a_claim, an_order, clock):
    claim = a_claim(Status.ASKED, order=an_order(**ARRIVED))
    clock.move_to(japan("2021-07-20"))
    assert "返品・交換は7/26(月)まで申請できます。" in page_of(claim).text


def test_a_dropped_cancel_can_be_filed_again_until_the_parcel_goes(page_of, a_claim):
    claim = a_claim(Status.CANCEL_REQUESTED)
    deeds.drop(claim)
    assert "キャンセルは発送されるまで申請できます。" in page_of(claim).text


def test_while_the_next_claim_is_open_it_says_so(page_of, a_claim, an_order):
    order = an_order(**ARRIVED)
    first = a_claim(order=order)
    deeds.drop(first)
    a_claim(order=order)
    assert "処理中の申請（返品要請）があるため" in page_of(first).text


@pytest.mark.parametrize("status", [status for status in Status if status not in ENDED])
def test_an_open_claim_offers_no_other(page_of, a_claim, status):
    assert "もう一度申請" not in page_of(a_claim(status)).text


def test_what_was_refunded_is_said_in_yen(page_of, a_claim, an_order):
    claim = a_claim(Status.RETURN_DONE, order=an_order(refunded=1899), refund=1899)
    assert "返金額 1,899円" in page_of(claim).text
