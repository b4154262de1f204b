"""取込: what a file would change is shown, then taken; nothing moves back, nobody is told, twice is once."""

from datetime import timedelta

import pytest

from claims.models import Claim, ClaimEvent, ImportJob, JobState, Order
from claims.statuses import FACTS, IN_LOOP, Kind, Status, label
from messaging.models import Notice
from tests import deeds
from tests.clock import NOW, japan
from tests.import_hands import IMPORT, a_row, checked, confirm, counts, csv_of, imported, problems, upload
from tests.invariants import check_invariants
from tests.pages import read

NEW, CHANGED, UNCHANGED, REFUSED = (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)


def row_of(claim, **cells):
    """A row that speaks of this claim."""
    row = {
        "注文番号": claim.order.number,
        "処理状態": claim.status_label(NOW),
        "キャンセル/返品要請日": "2021/07/13",
    }
    return {**row, **cells}


# --- new orders and claims -------------------------------------------------------------------------


def test_a_new_order_with_its_claim(seller, amuse):
    job, preview = checked(seller, csv_of(a_row()))
    assert counts(preview) == NEW
    assert not Order.objects.exists(), "a preview writes nothing"
    page = confirm(seller, job)
    assert counts(page) == NEW
    claim = Claim.objects.get()
    assert (claim.number, claim.kind, claim.status) == ("700000001-1", Kind.RETURN, Status.RETURN_REQUESTED)
    assert claim.requested_at == japan("2021-07-12")
    assert claim.reason == "選択事項変更"
    order = claim.order
    assert (order.shop, order.total, order.item_title) == (amuse.shop, 1899, "ジェルフィットティント")
    assert order.ordered_at == japan("2021-07-08")
    assert (order.buyer.name, order.buyer.email, order.buyer.user) == ("佐藤 美咲", "", None)
    event = ClaimEvent.objects.get()
    assert (event.action, event.actor_kind, event.actor, event.channel) == (
        "imported",
        "seller",
        amuse.user,
        "desk",
    )
    assert (event.from_status, event.to_status, event.at) == ("", "return_requested", NOW)
    assert not Notice.objects.exists(), "a file tells what happened elsewhere: nobody is told of it"
    check_invariants()


def test_twice_is_once(seller):
    data = csv_of(a_row(), a_row(注文番号="700000002", 処理状態="キャンセル完了"))
    assert counts(imported(seller, data)) == (2, 0, 0, 0)
    events = ClaimEvent.objects.count()
    assert counts(imported(seller, data)) == (0, 0, 2, 0)
    assert ClaimEvent.objects.count() == events


@pytest.mark.parametrize("status", [status for status in Status if status not in IN_LOOP])
def test_a_claim_may_come_in_any_status_but_those_of_the_loop(seller, status):
    for at, kind in enumerate(sorted(FACTS[status].kinds)):
        data = csv_of(
            a_row(
                注文番号=f"70000001{at}",
                処理状態=label(kind, status),
                **({"返金済み金額": "500"} if status == Status.PARTIALLY_REFUNDED else {}),
            )
        )
        assert counts(imported(seller, data)) == NEW
        assert counts(imported(seller, data)) == UNCHANGED, "whatever the clock says of it"
    check_invariants()


@pytest.mark.parametrize("text", ["返品：撤回要請", "キャンセル：撤回保留"])
def test_a_request_never_comes_by_a_file(seller, text):
    _job, page = checked(seller, csv_of(a_row(処理状態=text)))
    ((_line, column, reason),) = problems(page)
    assert column == "処理状態"
    assert reason.startswith("撤回要請は取り込めません。")


def test_an_order_without_a_claim(seller):
    data = csv_of(a_row(処理状態=None, **{"キャンセル/返品要請日": None, "キャンセル/返品理由": None}))
    assert counts(imported(seller, data)) == NEW
    assert Order.objects.count() == 1
    assert not Claim.objects.exists()
    assert counts(imported(seller, data)) == UNCHANGED


def test_two_claims_of_one_new_order(seller):
    data = csv_of(
        a_row(処理状態="返品完了", **{"キャンセル/返品完了日": "2021/07/12"}),
        a_row(処理状態="交換申請", **{"キャンセル/返品要請日": "2021/07/13"}),
    )
    job, preview = checked(seller, data)
    assert counts(preview) == (2, 0, 0, 0)
    confirm(seller, job)
    assert [claim.number for claim in Claim.objects.order_by("pk")] == ["700000001-1", "700000001-2"]
    assert counts(imported(seller, data)) == (0, 0, 2, 0)
    check_invariants()


def test_a_second_open_claim_of_one_order_is_refused_in_the_preview_already(seller):
    data = csv_of(a_row(), a_row(処理状態="交換申請"))
    _job, preview = checked(seller, data)
    assert counts(preview) == (1, 0, 0, 1)
    assert problems(preview) == [("3", "処理状態", "この注文には処理中の別のクレームがあります。")]


def test_a_known_buyer_is_found_by_name_and_mail_together(seller, yunjee):
    rows = [
        a_row(購入者名="yunjee", 購入者メールアドレス="Yunjee@example.com"),
        a_row(注文番号="700000002", 購入者名="somebody", 購入者メールアドレス="yunjee@example.com"),
        a_row(注文番号="700000003", 購入者名="yunjee", 購入者メールアドレス=""),
    ]
    imported(seller, csv_of(*rows))
    buyers = [order.buyer for order in Order.objects.order_by("number")]
    assert buyers[0] == yunjee
    assert yunjee not in buyers[1:]
    assert [buyer.can_be_told for buyer in buyers] == [True, False, False], "no address comes by a file"


# --- known ones ------------------------------------------------------------------------------------


def test_what_happened_on_the_way_is_taken(seller, a_claim, an_order):
    claim = a_claim(order=an_order(option="旧"))
    page = imported(
        seller,
        csv_of(
            row_of(
                claim,
                処理状態="返品中 (回収待ち)",
                発送日="2021/07/09",
                配送会社="ヤマト運輸",
                送り状番号="1234-5678",
                オプション情報="",
            )
        ),
    )
    assert counts(page) == CHANGED
    claim.refresh_from_db()
    claim.order.refresh_from_db()
    assert claim.status == Status.RETURN_AWAITING
    assert (claim.order.delivery_company, claim.order.tracking_number) == ("ヤマト運輸", "1234-5678")
    assert claim.order.option == "旧", "an empty cell changes nothing"
    event = claim.events.last()
    assert (event.from_status, event.to_status) == ("return_requested", "return_awaiting")


def test_a_change_that_moves_no_status_is_an_event_too(seller, a_claim):
    claim = a_claim(Status.ASKED)
    assert counts(imported(seller, csv_of(row_of(claim, 送り状番号="1234")))) == CHANGED
    event = claim.events.last()
    assert (event.action, event.from_status, event.to_status) == ("imported", "asked", "asked")
    check_invariants()


@pytest.mark.parametrize(
    ("have", "says"),
    [
        (Status.RETURN_AWAITING, "返品要請"),
        (Status.RETURN_DONE, "返品要請"),
        (Status.RETURN_REFUNDING, "返品：回収完了/返金要請"),
        (Status.EXCHANGE_RESENDING, "交換承認"),
        (Status.NOTICE_CONFIRMED, "未受取通知：通知受付"),
        (Status.NOTICE_REFUNDED, "未受取通知：再配送済"),
        (Status.WITHDRAWN, "返品完了"),
        (Status.CANCEL_DONE, "キャンセル：撤回完了"),
    ],
)
def test_no_status_moves_back(seller, a_claim, have, says):
    claim = a_claim(have)
    page = imported(seller, csv_of(row_of(claim, 処理状態=says)))
    assert counts(page) == REFUSED
    ((line, column, reason),) = problems(page)
    assert (line, column) == ("2", "処理状態")
    assert "へ戻すことはできません" in reason
    claim.refresh_from_db()
    assert claim.status == have


@pytest.mark.parametrize("status", [Status.ASKED, Status.ON_HOLD])
@pytest.mark.parametrize("says", ["返品中 (回収待ち)", "返品完了", "返品：撤回完了"])
def test_what_contradicts_an_open_request_is_refused(seller, a_claim, status, says):
    claim = a_claim(status)
    page = imported(seller, csv_of(row_of(claim, 処理状態=says)))
    assert counts(page) == REFUSED
    assert "撤回要請と矛盾する" in problems(page)[0][2]
    claim.refresh_from_db()
    assert claim.status == status
    check_invariants()


@pytest.mark.parametrize("status", [Status.ASKED, Status.ON_HOLD])
def test_qoo10_knows_of_no_request(seller, a_claim, status):
    claim = a_claim(status)
    assert counts(imported(seller, csv_of(row_of(claim, 処理状態="返品要請")))) == UNCHANGED
    page = imported(seller, csv_of(row_of(claim, 処理状態="返品要請", 理由="別の理由")))
    assert counts(page) == REFUSED


def test_what_lapsed_is_over_swept_or_not(seller, a_claim, clock):
    claim = a_claim(Status.ASKED)
    clock.move_to(japan("2021-07-20 09:00"))
    page = imported(seller, csv_of(row_of(claim, 処理状態="返品中 (回収待ち)")))
    assert "「返品：撤回完了」から" in problems(page)[0][2]
    page = imported(seller, csv_of(row_of(claim, 処理状態="返品：撤回完了")))
    assert counts(page) == UNCHANGED
    data = csv_of(row_of(claim, 処理状態="交換申請", **{"キャンセル/返品要請日": "2021/07/19"}))
    assert counts(imported(seller, data)) == NEW, "and so it stands in no new claim's way"
    check_invariants()


def test_a_claim_that_ends_gives_back_what_the_file_says_or_its_share(seller, a_claim, an_order):
    told = a_claim(Status.RETURN_REFUNDING, order=an_order(total=1000))
    share = a_claim(Status.CANCEL_REFUNDING, order=an_order(total=1000, quantity=3), quantity=1)
    rows = [
        row_of(told, 処理状態="返品完了", 返金済み金額="700"),
        row_of(share, 処理状態="キャンセル完了", 返金済み金額=""),
    ]
    assert counts(imported(seller, csv_of(*rows))) == (0, 2, 0, 0)
    for claim, yen in ((told, 700), (share, 333)):
        claim.refresh_from_db()
        claim.order.refresh_from_db()
        assert (claim.refund, claim.order.refunded) == (yen, yen)
    check_invariants()


@pytest.mark.parametrize(
    ("yen", "reason"),
    [("", "返金済み金額が必要です"), ("0", "返金済み金額が必要です"), ("1001", "を超えています")],
)
def test_a_partial_refund_says_how_much(seller, yen, reason):
    imported(seller, csv_of(a_row(注文金額の合計="1000")))
    page = imported(seller, csv_of(a_row(注文金額の合計="1000", 処理状態="返品：部分返金", 返金済み金額=yen)))
    assert counts(page) == REFUSED
    assert reason in problems(page)[0][2]


def test_a_partial_refund(seller):
    imported(seller, csv_of(a_row(注文金額の合計="1000")))
    data = csv_of(a_row(注文金額の合計="1000", 処理状態="返品：部分返金", 返金済み金額="400"))
    assert counts(imported(seller, data)) == CHANGED
    assert Order.objects.get().refunded == 400
    assert counts(imported(seller, data)) == UNCHANGED
    check_invariants()


BAD = {
    "no number": ({"注文番号": ""}, "注文番号", "空欄です"),
    "not a number": ({"注文番号": "６３９/１"}, "注文番号", "注文番号ではありません"),
    "no title": ({"商品名": ""}, "商品名", "新しい注文には必要です"),
    "no day of the order": ({"注文日": ""}, "注文日", "新しい注文には必要です"),
    "no buyer": ({"購入者名": "  "}, "購入者名", "新しい注文には必要です"),
    "no day of the request": ({"キャンセル/返品要請日": ""}, "キャンセル/返品要請日", "新しいクレームには必要です"),
    "no such status": ({"処理状態": "返品拒否"}, "処理状態", "という処理状態はありません"),
    "of which kind": ({"処理状態": "撤回完了"}, "処理状態", "種類を付けてください"),
    "no day": ({"注文日": "きのう"}, "注文日", "日付ではありません"),
    "no such day": ({"注文日": "2021/02/30"}, "注文日", "日付ではありません"),
    "a day too far": ({"注文日": "1999/12/31"}, "注文日", "2000年から2099年"),
    "tomorrow": ({"キャンセル/返品要請日": "2021/07/14"}, "キャンセル/返品要請日", "未来の日付です"),
    "before the order": ({"キャンセル/返品要請日": "2021/07/07"}, "キャンセル/返品要請日", "注文日より前"),
    "not yen": ({"注文金額の合計": "12.5"}, "注文金額の合計", "金額ではありません"),
    "less than nothing": ({"注文金額の合計": "-1"}, "注文金額の合計", "金額ではありません"),
    "more than all": ({"注文金額の合計": "1e30"}, "注文金額の合計", "金額ではありません"),
    "not a number at all": ({"注文金額の合計": "NaN"}, "注文金額の合計", "金額ではありません"),
    "no pieces": ({"数量": "0"}, "数量", "数量ではありません"),
    "more than were bought": ({"申請数量": "2"}, "申請数量", "注文の数量（1）より多く"),
    "too long": ({"カート番号": "1" * 21}, "カート番号", "20文字まで"),
    "a long reason": ({"理由の詳細": "あ" * 1001}, "理由の詳細", "1000文字まで"),
    "done but open": ({"キャンセル/返品完了日": "2021/07/13"}, "キャンセル/返品完了日", "処理が終わっていない"),
    "done before it was asked": (
        {"処理状態": "返品完了", "キャンセル/返品完了日": "2021/07/11"},
        "キャンセル/返品完了日",
        "要請日より前",
    ),
    "somebody else's": ({"販売者名": "RIVAL_store"}, "販売者名", "ほかの販売者の行です"),
    "half a claim": ({"処理状態": ""}, "処理状態", "処理状態が空欄です"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_told_with_line_column_and_reason(seller, case):
    cells, column, reason = BAD[case]
    _job, page = checked(seller, csv_of(a_row(**cells)))
    assert counts(page) == REFUSED
    found = problems(page)
    assert [(line, head) for line, head, _text in found] == [("2", column)]
    assert reason in found[0][2]


FIXED = {
    "注文日": "2021/07/07",
    "商品番号": "1",
    "数量": "2",
    "注文金額の合計": "1",
    "購入者名": "別の人",
}


@pytest.mark.parametrize("head", FIXED)
def test_what_was_bought_stays(seller, a_claim, head):
    claim = a_claim()
    page = imported(seller, csv_of(row_of(claim, **{head: FIXED[head]})))
    assert [(column, "異なります" in text) for _line, column, text in problems(page)] == [(head, True)]


def test_another_shops_order_is_refused_without_telling_whose(seller, a_claim, rival):
    theirs = a_claim(seller=rival)
    page = imported(seller, csv_of(a_row(注文番号=theirs.order.number)))
    assert problems(page) == [("2", "注文番号", "この注文番号は取り込めません。番号をご確認ください。")]
    assert "RIVAL" not in page.text
    theirs.refresh_from_db()
    assert theirs.events.count() == 1


# --- all or nothing --------------------------------------------------------------------------------


def test_good_rows_are_taken_or_all_refused_at_choice(seller):
    data = csv_of(a_row(), a_row(注文番号="700000002", 注文金額の合計="x"))
    job, preview = checked(seller, data)
    assert [label.text for label in preview.all("label", class_="choice")] == [
        "正しい行だけ取り込む",
        "すべて正しいときだけ取り込む",
    ]
    answer = seller.post(f"{IMPORT}{job.key}/confirm/", {"take": "all"})
    assert answer.status_code == 422
    page = read(answer)
    assert "正しくない行が1行あるため、1行も取り込みませんでした" in page.one("div", class_="refusal").text
    assert page.one("input", value="all", checked=True)
    assert not Order.objects.exists()
    job.refresh_from_db()
    assert job.state == JobState.CHECKED, "and the choice is open again"
    assert counts(confirm(seller, job, "good")) == (1, 0, 0, 1)
    assert Order.objects.count() == 1


def test_what_became_bad_since_the_preview_is_found_at_the_writing(seller, a_claim):
    claim = a_claim()
    job, preview = checked(seller, csv_of(a_row(), row_of(claim, 処理状態="返品中 (回収待ち)")))
    assert counts(preview) == (1, 1, 0, 0)
    deeds.ask(claim)
    page = confirm(seller, job, "all")
    assert counts(page) == (1, 0, 0, 1)
    assert Order.objects.count() == 1
    check_invariants()


def test_a_double_click_takes_once(seller):
    job, _preview = checked(seller, csv_of(a_row()))
    confirm(seller, job)
    page = confirm(seller, job)
    assert counts(page) == NEW
    assert "すでに確認済みか" in page.text
    assert Order.objects.count() == 1


def test_without_a_choice_it_asks_for_one(seller):
    job, _preview = checked(seller, csv_of(a_row(), a_row(注文番号="")))
    answer = seller.post(f"{IMPORT}{job.key}/confirm/", {"take": "some"})
    assert answer.status_code == 422
    assert not Order.objects.exists()


def test_given_up_is_given_up(seller):
    job, _preview = checked(seller, csv_of(a_row()))
    seller.post(f"{IMPORT}{job.key}/cancel/")
    assert "何も取り込んでいません" in confirm(seller, job).text
    assert not Order.objects.exists()


def test_a_day_later_nothing_is_kept(seller, clock, uploads):
    job, _preview = checked(seller, csv_of(a_row()))
    clock.shift(timedelta(hours=24))
    page = confirm(seller, job)
    assert "もう表示できません" in page.text
    assert not Order.objects.exists()


# --- who -------------------------------------------------------------------------------------------


def test_a_read_only_member_looks_only(viewer, seller, client_of):
    job, _preview = checked(seller, csv_of(a_row()))
    browser = client_of(viewer)
    assert not read(browser.get(IMPORT)).has("input", type="file")
    page = read(browser.get(f"{IMPORT}{job.key}/"))
    assert counts(page) == NEW
    assert not page.has("button", class_="primary")
    assert upload(browser, csv_of(a_row())).status_code == 403
    for what in ("confirm", "cancel", "retry"):
        assert browser.post(f"{IMPORT}{job.key}/{what}/", {"take": "good"}).status_code == 403
    assert ImportJob.objects.get().state == JobState.CHECKED


def test_the_shops_list_names_who_did_it(seller, clerk, client_of):
    checked(client_of(clerk), csv_of(a_row()), name="朝のクレーム.csv")
    row = read(seller.get(IMPORT)).one("tbody").one("tr")
    assert [cell.text for cell in row.all("td")] == [
        "2021/07/13 10:00",
        "朝のクレーム.csv",
        "clerk",
        "確認待ち",
        "新規 1、変更 0、正しくない行 0",
    ]
