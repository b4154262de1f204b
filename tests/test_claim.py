"""取引情報 of one claim: its fields, 撤回要請の情報 in each state, 顧客の管理 (SPEC 4.3 to 4.7)."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from claims.models import RejectionReason
from claims.statuses import FACTS, Kind, Status
from tests import deeds
from tests.clock import NOW, japan
from tests.pages import facts, read

DESK = "/shops/AMUSE_official/claims/"
PART = {"HX-Request": "true", "HX-Target": "claim"}
WAY_OUT = "Qoo10へのお問い合わせ > [払戻し・クレーム撤回] > [クレーム撤回]"
BUTTONS = ["ask-button", "cancel-button", "repeat-button", "approve-button"]


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """The whole screen is read at one instant."""


@pytest.fixture
def pane_of(seller):
    """取引情報 of a claim as the shop's owner sees it."""

    def show(claim, query="", **request):
        return read(seller.get(f"{DESK}{claim.number}/{query}", **request)).one("section", id="claim")

    return show


def buttons(pane):
    """Those that can be pressed, and of the withdrawal's those that wait for a day."""
    found = [name for name in BUTTONS if pane.has(id=name)]
    return [name for name in found if name != "approve-button" or "disabled" not in pane.one(id=name)]


# --- the order -----------------------------------------------------------------------------------


@pytest.fixture
def full(a_claim, an_order):
    order = an_order(
        number="638358846",
        item_code="624712702",
        item_title="購入禁止！テスト商品",
        quantity=2,
        option="モデル名: r, サイズ: a",
        option_code="AM00160",
        total=1899,
        receiver="test太郎自宅",
        receiver_tel="+81-50-0000-7070",
        receiver_mobile="+81-80-1111-3333",
        shipping_country="Japan",
        zip_code="102-0075",
        shipping_address="東京都千代田区三番町2-11-11",
        ordered_at=japan("2021-07-08 12:00"),
        shipped_on=japan("2021-07-09").date(),
        delivered_on=japan("2021-07-11").date(),
        delivery_company="Qxpress",
        tracking_number="QX 1/2&3",
        external_ad="検索広告",
    )
    return a_claim(order=order, reason="選択事項変更", reason_text="思っていた色と\n違いました")


def test_every_field_of_the_order_is_there(pane_of, full):
    shown = facts(pane_of(full).all("dl", class_="facts")[0])
    assert shown == {
        "注文日": "2021/07/08",
        "注文番号": "638358846",
        "商品番号": "624712702",
        "商品名": "購入禁止！テスト商品 Go",
        "数量": "2",
        "オプション情報": "モデル名: r, サイズ: a",
        "オプションコード": "AM00160",
        "決済サイト": "JP",
        "注文金額の合計 / 決済手段": "1899 / 現金",
        "購入者名": "yunjee",
        "受取人名": "test太郎自宅",
        "受取人連絡先": "+81-50-0000-7070 / +81-80-1111-3333",
        "配送先": "Japan 102-0075 東京都千代田区三番町2-11-11",
        "商品発送日": "2021/07/09",
        "配送会社": "Qxpress",
        "送り状番号": "QX 1/2&3 検索",
        "配達完了日": "2021/07/11",
        "メッセージ": "お客様へのメッセージ 受信箱",
        "要請日": "2021/07/13",
        "完了日": "",
        "未受取タイプ": "",
        "外部広告": "検索広告",
        "理由": "選択事項変更 思っていた色と 違いました",
        "申請数量": "1 / 2",
        "添付ファイル": "なし",
        "販売者名": "AMUSE_official",
    }


def test_go_opens_the_product_and_search_the_carriers_page(pane_of, full):
    go, tracking = pane_of(full).all("a", target="_blank")
    assert go["href"].endswith("goodscode=624712702")
    assert tracking["href"].endswith(f"q={quote('QX 1/2&3', safe='')}")
    assert go["rel"] == tracking["rel"] == "noopener noreferrer"


@pytest.mark.parametrize(("company", "number"), [("町の宅配", "123"), ("Qxpress", ""), ("", "")])
def test_without_a_known_carrier_or_a_number_there_is_nothing_to_search(
    pane_of, a_claim, an_order, company, number
):
    claim = a_claim(order=an_order(delivery_company=company, tracking_number=number))
    assert facts(pane_of(claim))["送り状番号"] == number


def test_the_heading_is_the_order_number_and_so_is_the_title(seller, a_claim):
    claim = a_claim(Status.ASKED)
    page = read(seller.get(f"{DESK}{claim.number}/"))
    assert page.one("h2", id="claim-heading").text == claim.order.number
    assert page.one("title").text.startswith(claim.order.number)
    assert page.one(class_="pane-bar").one(class_="status").text == "返品：撤回要請"


def test_opened_alone_the_claim_stands_below_board_and_grid_of_its_address(seller, a_claim):
    claim, other = a_claim(Status.ASKED), a_claim(Status.RETURN_REQUESTED)
    page = read(seller.get(f"{DESK}{claim.number}/?cell=asked"))
    assert [
        section["id"] for section in page.one("main").children if getattr(section, "tag", "") == "section"
    ] == [
        "board",
        "grid",
        "claim",
    ]
    assert page.one("tr", aria_current="true")["data-row"] == claim.number
    assert not page.has("tr", data_row=other.number)
    assert page.one("a", class_="close")["href"] == f"{DESK}?cell=asked"


def test_htmx_gets_the_pane_alone_and_history_a_whole_page(seller, a_claim):
    address = f"{DESK}{a_claim().number}/"
    part = read(seller.get(address, headers=PART))
    (section,) = (child for child in part.children if not isinstance(child, str))
    assert section["id"] == "claim"
    for headers in (
        {},
        PART | {"HX-History-Restore-Request": "true"},
        {"HX-Request": "true", "HX-Target": "grid"},
    ):
        response = seller.get(address, headers=headers)
        assert read(response).has("html")
        assert response["Cache-Control"] == "no-store"
        assert "HX-Request" in response["Vary"]


# --- 撤回要請の情報: the four states ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "button"),
    [
        (Status.CANCEL_REQUESTED, "cancel", "キャンセルの撤回要請"),
        (Status.RETURN_REQUESTED, "return", "返品の撤回要請"),
        (Status.EXCHANGE_REQUESTED, "exchange", "交換の撤回要請"),
        (Status.EXCHANGE_APPROVED, "exchange", "交換の撤回要請"),
        (Status.EXCHANGE_LATE, "exchange", "交換の撤回要請"),
    ],
)
def test_may_be_asked_n_at_first_a_reason_and_the_day_it_would_be(pane_of, a_claim, status, kind, button):
    claim = a_claim(status, kind=kind)
    pane = pane_of(claim)
    assert "checked" in pane.one("input", name="withdraw", value="N")
    assert "checked" not in pane.one("input", name="withdraw", value="Y")
    shown = facts(pane.one("form", data_ask=True))
    assert shown["撤回期限"].startswith("2021/07/19")
    assert pane.one("textarea", name="reason")["maxlength"] == "1000"
    ask = pane.one("button", id="ask-button")
    assert ask.text == button
    assert "disabled" not in ask
    checkpoint = pane.one("details", class_="checkpoint")
    assert checkpoint.one("summary").text == "チェックポイント"
    assert "通常Nの状態となっており、Yを選択することで撤回理由の入力が可能" in checkpoint.text


def test_asked_its_days_its_reason_and_only_the_cancel(pane_of, a_claim):
    claim = a_claim(Status.ASKED)
    pane = pane_of(claim)
    shown = facts(pane.one(class_="decisions"))
    assert shown["要請日"] == "2021/07/13"
    assert shown["撤回期限"] == "2021/07/19 あと6日"
    assert shown["要請理由"] == deeds.REASON
    assert pane.one(id="cancel-button").text == "撤回要請のキャンセル"
    assert buttons(pane) == ["cancel-button"], "while it is open the seller can only cancel"
    assert "購入者は 7/19(月) 24:00 まで回答できます" in pane.text
    assert "7/20(火) 0:00 に自動で撤回完了" in pane.text
    assert "その日から5日以内は再要請できません" in pane.text


def test_on_hold_and_locked_it_says_why_and_from_when(pane_of, a_claim, an_order):
    claim = a_claim(Status.ASKED, order=an_order(number="639726483"))
    deeds.reject(claim, reason=RejectionReason.OTHER, text="届くのが\n遅すぎます")
    pane = pane_of(claim)
    shown = facts(pane.one(class_="decisions"))
    assert (shown["要請日"], shown["保留日"]) == ("2021/07/13", "2021/07/13")
    assert shown["要請理由"] == deeds.REASON
    assert shown["顧客の拒否理由"] == "その他 届くのが 遅すぎます"
    assert shown["再要請時の撤回期限"] == "7/18(日)に再要請した場合 7/24(土)"
    repeat = pane.one("button", id="repeat-button")
    assert repeat.text == "撤回の再要請"
    assert "disabled" in repeat
    assert pane.one(id=repeat["aria-describedby"]).text.endswith("7/18(日)から要請できます。")
    for note in (
        "撤回期限は要請日より7日となります。",
        "期限内に顧客より応答がない場合、自動的に撤回されます。",
        "撤回の再要請をする場合は事前に顧客へ案内をし、その理由を入力してください。",
        "顧客が撤回要請の拒否をして5日以内は再要請ができません。",
    ):
        assert note in pane.one("ul", class_="notes").text


def test_on_hold_and_open_again_it_may_be_repeated_or_approved(pane_of, a_claim, clock):
    claim = a_claim(Status.ON_HOLD)
    clock.move_to(japan("2021-07-18"))
    pane = pane_of(claim)
    assert facts(pane.one(class_="decisions"))["再要請時の撤回期限"] == "2021/07/24"
    assert "disabled" not in pane.one(id="repeat-button")
    assert buttons(pane) == ["repeat-button", "approve-button"], "the last decision is the shop's"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(status, kind) for status, facts in FACTS.items() for kind in sorted(facts.kinds)],
)
def test_where_it_may_not_be_asked_the_pane_names_the_way_out(pane_of, a_claim, status, kind):
    claim = a_claim(status, kind=kind)
    pane = pane_of(claim)
    way_out = FACTS[status].askable is False and status not in (Status.ASKED, Status.ON_HOLD)
    assert pane.has("p", class_="way-out") is way_out
    if way_out:
        assert not pane.has(id="ask-button")
        link = pane.one("p", class_="way-out").one("a")
        assert link.text == WAY_OUT
        assert claim.order.number in link["href"], "with the order filled in"


def test_after_a_cancel_the_pane_says_from_when_it_may_be_asked_again(pane_of, a_claim):
    claim = a_claim(Status.ASKED)
    deeds.cancel(claim)
    ask = pane_of(claim).one(id="ask-button")
    assert "disabled" in ask
    assert "7/18(日)から要請できます" in pane_of(claim).one(id=ask["aria-describedby"]).text


def test_a_buyer_who_cannot_be_told_is_not_asked(pane_of, a_claim, nobody):
    pane = pane_of(a_claim(buyer=nobody))
    assert "メールアドレスもMyQoo10アカウントも登録されていない" in pane.text
    assert not pane.has(id="ask-button")


def test_what_lapsed_is_over_at_midnight_swept_or_not(pane_of, a_claim, clock):
    claim = a_claim(Status.ASKED, at=japan("2021-07-07"))
    clock.move_to(japan("2021-07-13 23:59:59"))
    assert "まもなく終了・あと0分" in pane_of(claim).text
    clock.move_to(japan("2021-07-14"))
    unswept = pane_of(claim)
    deeds.sweep(japan("2021-07-14 00:00:01"))
    for pane in (unswept, pane_of(claim)):
        assert buttons(pane) == []
        assert pane.one(class_="pane-bar").one(class_="status").text == "返品：撤回完了"
        assert facts(pane)["完了日"] == "2021/07/14"
        assert "自動撤回" in pane.one("details", class_="attempts").text


@pytest.mark.parametrize("status", [Status.RETURN_REQUESTED, Status.ASKED, Status.ON_HOLD])
def test_a_read_only_member_sees_everything_and_no_button(a_claim, viewer, client_of, status):
    claim = a_claim(status, at=NOW - timedelta(days=5))
    pane = read(client_of(viewer).get(f"{DESK}{claim.number}/")).one(id="claim")
    assert buttons(pane) == []
    assert not pane.has("form")
    assert "閲覧のみの権限のため" in pane.text


@pytest.mark.parametrize(
    ("status", "button", "heading"),
    [
        (Status.CANCEL_REQUESTED, "キャンセル要請 受付 / 承認", "キャンセル状態の確認および処理"),
        (Status.RETURN_REQUESTED, "返品要請 受付 / 承認", "返品状態の確認および処理"),
        (Status.EXCHANGE_REQUESTED, "交換申請 受付 / 承認", "交換状態の確認および処理"),
        (Status.NOTICE_RECEIVED, "通知の確認", "未受取状態の確認および処理"),
    ],
)
def test_beside_it_stands_the_approval_of_its_kind(pane_of, a_claim, status, button, heading):
    pane = pane_of(a_claim(status))
    assert pane.one(id="approve-button").text.replace(" ", "") == button.replace(" ", "")
    assert pane.one(id="process-heading").text == heading


# --- 顧客の管理 and help ---------------------------------------------------------------------------


def test_unanswered_messages_show_n_which_opens_the_inbox_on_this_order(seller, pane_of, a_claim, a_message):
    claim = a_claim()
    a_message(order=claim.order, body="色が\n違います")
    a_message(order=claim.order, state="answered", title="前のお問い合わせ", sent_at=NOW - timedelta(days=1))
    pane = pane_of(claim)
    link = pane.one("a", href=f"/shops/AMUSE_official/inquiries/?order={claim.order.number}")
    assert link.text == "受信箱 N 未回答 1件"
    assert seller.get(link["href"]).status_code == 200
    first, second = pane.one("section", aria_labelledby="customer-heading").all("dl")
    assert facts(first).pop("翻訳").startswith("ENGLISH JAPANESE")
    assert {label: text for label, text in facts(first).items() if label != "翻訳"} == {
        "タイトル": "639113330よりキャンセル関連のお問い合わせ",
        "日時": "2021-07-13 10:00:00",
        "送信元": "From: yun*** / To: AMUSE_official",
        "メッセージ": "色が 違います",
        "状況": "未回答",
    }
    assert facts(second)["タイトル"] == "前のお問い合わせ", "newest first"


@pytest.mark.parametrize("state", ["answered", "in_progress"])
def test_without_an_unanswered_one_there_is_no_n(pane_of, a_claim, a_message, state):
    claim = a_claim()
    a_message(order=claim.order, state=state)
    assert facts(pane_of(claim).all("dl", class_="facts")[0])["メッセージ"] == "お客様へのメッセージ 受信箱"


def test_the_history_tells_every_event_newest_first(pane_of, a_claim):
    claim = a_claim(Status.ON_HOLD)
    deeds.drop(claim, NOW + timedelta(minutes=5))
    table = pane_of(claim).one("table", class_="history")
    lines = [[cell.text for cell in row.all("td")] for row in table.one("tbody").all("tr")]
    assert lines == [
        ["2021/07/13 10:05", "購入者", "クレームの取り下げ", "返品：撤回保留 → 返品：撤回完了", ""],
        [
            "2021/07/13 10:00",
            "購入者",
            "撤回を拒否",
            "返品：撤回要請 → 返品：撤回保留",
            "ショップ提案内容に同意不可",
        ],
        ["2021/07/13 10:00", "amuse", "撤回要請", "返品要請 → 返品：撤回要請", f"1回目 {deeds.REASON}"],
        ["2021/07/13 10:00", "購入者", "クレーム受付", "返品要請", ""],
    ]


def test_every_attempt_is_kept_and_numbered(pane_of, a_claim, clock):
    claim = a_claim(Status.ON_HOLD)
    deeds.repeat(claim, japan("2021-07-18"))
    clock.move_to(japan("2021-07-19"))
    table = pane_of(claim).one("details", class_="attempts")
    assert table.one("summary").text == "これまでの撤回要請（2回）"
    assert [[cell.text for cell in row.all("td")] for row in table.one("tbody").all("tr")] == [
        ["1", "2021/07/13", "2021/07/19", deeds.REASON, "", "拒否 2021/07/13", "ショップ提案内容に同意不可"],
        ["2", "2021/07/18", "2021/07/24", deeds.REASON, "", "回答待ち", ""],
    ]


def test_the_guides_questions_are_answered_where_they_arise(pane_of, a_claim):
    help_ = pane_of(a_claim()).one("details", class_="help")
    assert help_.one("summary").text == "よくある質問"
    questions = [term.text for term in help_.all("dt")]
    assert questions[0].endswith("購入者から拒否されてしまいます。どうしたらいいのでしょうか？")
    assert questions[1].endswith("撤回の再要請は1回しかできないのでしょうか？")
    assert "7日間の間に購入者様と各クレームに関して十分にコミュニケーション" in help_.text


# --- numbers that are not there, queries ---------------------------------------------------------


@pytest.mark.parametrize("number", ["0", "639113330", "639113330-2", "x" * 3000, "１", "%00x", "..%2f", "'"])
def test_a_number_that_is_not_there_is_a_404(seller, a_claim, number):
    a_claim()
    assert seller.get(f"{DESK}{quote(number, safe='%')}/").status_code == (400 if "%00" in number else 404)


@pytest.mark.parametrize("others", [2, 29])
@pytest.mark.parametrize(("headers", "queries"), [({}, 21), (PART, 16)], ids=["page", "part"])
def test_as_many_queries_for_3_rows_as_for_30(
    seller, a_claim, a_message, others, headers, queries, django_assert_num_queries
):
    claim = a_claim(Status.ON_HOLD, at=NOW - timedelta(days=30))
    a_message(order=claim.order)
    for days_ago in range(24, 24 - others // 3, -1):
        a_message(order=claim.order)
        if days_ago % 6 == 0:
            deeds.repeat(claim, NOW - timedelta(days=days_ago))
            deeds.reject(claim, NOW - timedelta(days=days_ago))
    for _ in range(others):
        a_claim(Status.ASKED, kind=Kind.RETURN)
    with django_assert_num_queries(queries):
        seller.get(f"{DESK}{claim.number}/", headers=headers)
