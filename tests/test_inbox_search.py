"""詳細照会: days, state, type, category, words and order numbers, all in the address (SPEC 5)."""

from datetime import timedelta

import pytest

from claims.statuses import Status
from messaging import conversation
from messaging.models import Category, Inquiry
from tests import deeds
from tests.clock import NOW, japan
from tests.pages import posted, read, rows

INBOX = "/shops/AMUSE_official/inquiries/"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything is read at one instant."""


def titles(response):
    return [row["タイトル"].removesuffix(" 未読") for row in rows(response)]


def refusals(response):
    return [refusal.text for refusal in read(response).all("p", class_="refusal")]


# --- days ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"since": "2021-07-12"}, ["13日", "12日 24時前", "12日"]),
        ({"until": "2021-07-12"}, ["12日 24時前", "12日", "11日 24時前"]),
        ({"since": "2021-07-12", "until": "2021-07-12"}, ["12日 24時前", "12日"]),
        ({"since": "2021-07-14"}, []),
    ],
    ids=["since", "until", "one day", "later"],
)
def test_days_are_whole_days_in_japan(seller, a_message, query, found):
    for at in ("2021-07-11 23:59:59", "2021-07-12", "2021-07-12 23:59:59", "2021-07-13"):
        day = at[8:10] + "日" + (" 24時前" if "23:59" in at else "")
        a_message(title=day, sent_at=japan(at))
    assert titles(seller.get(INBOX, query)) == found


def test_quick_ranges_are_links_up_to_today(seller, a_message):
    page = read(seller.get(INBOX + "?state=answered&page=2&until=2021-07-01"))
    links = {link.text: link["href"] for link in page.one(class_="ranges").all("a")}
    assert links == {
        "今日": "?state=answered&until=2021-07-13&since=2021-07-13",
        "7日": "?state=answered&until=2021-07-13&since=2021-07-07",
        "30日": "?state=answered&until=2021-07-13&since=2021-06-14",
    }
    chosen = read(seller.get(INBOX + links["7日"])).one(class_="ranges").one("a", aria_current="true")
    assert chosen.text == "7日"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"since": "2021-07-14", "until": "2021-07-13"}, "終了日は開始日以後の日付にしてください。"),
        ({"since": "昨日"}, "日付を正しく入力してください。"),
        ({"until": "0001-01-01"}, "この値は 2000-01-01 以上でなければなりません。"),
        ({"state": "gone"}, "正しく選択してください。 gone は候補にありません。"),
        ({"q": "ー"}, "「ー」だけでは照会できません。文字や数字を入力してください。"),
        ({"q": "あ い う え お か"}, "照会できる言葉は5個までです。"),
        ({"q": "あ" * 101}, "この値は 100 文字以下でなければなりません( 101 文字になっています)。"),
        (
            {"order": "639113330 ガム"},
            "注文番号は数字で入力してください。複数のときは改行やカンマで区切ります。",
        ),
        (
            {"order": ",".join(str(639113330 + at) for at in range(201))},
            "一度に照会できる注文番号は200件までです（201件入力されています）。",
        ),
    ],
    ids=["turned around", "no day", "too early", "no state", "nothing", "words", "long", "no number", "many"],
)
def test_what_cannot_be_read_is_told_in_place_and_kept(seller, a_message, query, told):
    a_message()
    response = seller.get(INBOX, query)
    assert refusals(response) == [told]
    assert rows(response) == []
    page = read(response)
    assert page.one(class_="empty").text == "入力内容を確認して、もう一度照会してください。"
    name = next(reversed(query))
    field = page.one(name=name)
    assert field["aria-invalid"] == "true"
    assert page.has(id=field["aria-describedby"], role="alert")
    if name != "state":
        assert posted(page.one("form", class_="search"))[name] == query[name]


# --- state, type, category -------------------------------------------------------------------------


def test_by_state(seller, a_message):
    for state in ("unanswered", "in_progress", "answered"):
        a_message(state=state, title=state)
    for state in ("unanswered", "in_progress", "answered"):
        assert titles(seller.get(INBOX, {"state": state})) == [state]


def test_by_type_at_this_instant(seller, a_claim, a_message, clock):
    claim = a_claim(Status.ASKED)
    a_message(order=claim.order, title="急ぎ")
    a_message(order=a_claim().order, title="普通")
    a_message(title="クレームなし")
    assert titles(seller.get(INBOX, {"type": "urgent"})) == ["急ぎ"]
    assert titles(seller.get(INBOX, {"type": "general"})) == ["クレームなし", "普通"]
    clock.move_to(claim.deadline_at)
    assert titles(seller.get(INBOX, {"type": "urgent"})) == []


def test_by_category(seller, a_message):
    a_message(category=Category.ITEM, title="商品")
    a_message(category=Category.DELIVERY, title="配送")
    assert titles(seller.get(INBOX, {"category": "item"})) == ["商品"]


# --- words -----------------------------------------------------------------------------------------


@pytest.fixture
def three(a_message, an_order, csma, amuse):
    """Three messages that differ in everything a word can be found in."""
    gum = an_order(item_title="アイビーガム・コレクション", item_code="624712702")
    tint = an_order(buyer=csma, receiver="", number="738358846", item_code="111", item_title="NUDEW TINT")
    a_message(order=gum, title="サイズについて", body="Ｍサイズはありますか。")
    a_message(order=tint, title="いつ届きますか", body="旅行の前に届くと助かります。")
    amuse.user.first_name, amuse.user.last_name = "雨音", "茂瀬"
    amuse.user.save()
    a_message(
        order=tint, title="ご返信", body="発送しました。", sender="shop", state="answered", author=amuse.user
    )


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        pytest.param("738358846", ["ご返信", "いつ届きますか"], id="注文番号"),
        pytest.param(
            "７３８－３５８", ["ご返信", "いつ届きますか"], id="part of it, full-width, with a dash"
        ),
        pytest.param("624712702", ["サイズについて"], id="商品番号"),
        pytest.param("ｱｲﾋﾞｰｶﾞﾑ", ["サイズについて"], id="商品名 in half width"),
        pytest.param("nudew　tint", ["ご返信", "いつ届きますか"], id="two words in other letters"),
        pytest.param("yunjee", ["サイズについて"], id="購入者名, whole"),
        pytest.param("csま", ["ご返信", "いつ届きますか"], id="購入者名 in other kana"),
        pytest.param("m サイス", [], id="ス is not ズ"),
        pytest.param("さいず", ["サイズについて"], id="タイトル"),
        pytest.param("mさいずは", ["サイズについて"], id="本文"),
        pytest.param("届く いつ", ["いつ届きますか"], id="every word, wherever"),
        pytest.param("届く 発送しました", [], id="in one message"),
        pytest.param("茂瀬 雨音", ["ご返信"], id="送信人"),
        pytest.param("amuse official", ["ご返信"], id="送信人, the shop"),
        pytest.param("%", [], id="no wildcard"),
        pytest.param("nud_w", [], id="no wildcard either"),
        pytest.param("ついてM", [], id="not across title and text"),
    ],
)
def test_words_are_found_whatever_their_width_kana_and_dashes(seller, three, typed, found):
    response = seller.get(INBOX, {"q": typed})
    assert titles(response) == found
    shown = read(response)
    assert "yunjee" not in shown.one("main").text, "names stay masked"


@pytest.mark.parametrize("name", ["order", "q"])
@pytest.mark.parametrize("between", ["\n", "\r\n", ",", "、", "\t", "　"])
def test_several_order_numbers_pasted_at_once(seller, a_message, an_order, name, between):
    for number in ("639113330", "639113332", "738358846"):
        a_message(order=an_order(number=number), title=number)
    pasted = between.join(["639113330", "７３８３５８８４６"])
    assert titles(seller.get(INBOX, {name: pasted})) == ["738358846", "639113330"]


def test_a_hundred_numbers_with_one_of_ours(seller, a_message, an_order):
    a_message(order=an_order(number="639113399"))
    numbers = "\n".join(str(639113300 + at) for at in range(200))
    assert len(titles(seller.get(INBOX, {"order": numbers}))) == 1


# --- the other tabs --------------------------------------------------------------------------------


def test_the_marketplaces_messages_by_word_day_order_and_whether_read(
    seller, a_claim, a_message, amuse, clock, operator
):
    claim = a_claim(Status.ASKED)
    deeds.reject(claim)
    other = a_claim(at=NOW - timedelta(days=3))
    conversation.write_to_shop(
        other.order, category="item", title="サイズ", body="大きいです。", by=other.order.buyer, now=NOW
    )
    asked = conversation.ask_qoo10(
        amuse.shop, order=claim.order, category="other", title="質問", body="教えて。", by=amuse, now=NOW
    )
    conversation.answer_inquiry(asked, answer="お答えします。", by=operator, now=NOW)
    tab = {"tab": "qoo10"}
    assert len(titles(seller.get(INBOX, tab))) == 5
    assert len(titles(seller.get(INBOX, tab | {"q": "拒否"}))) == 1, "the words of the notice"
    assert titles(seller.get(INBOX, tab | {"q": "さいず"})) == [
        f"{other.order.number} yun*** 様からメッセージが届きました"
    ]
    assert len(titles(seller.get(INBOX, tab | {"q": "お答えします"}))) == 1
    assert len(titles(seller.get(INBOX, tab | {"q": "yunjee"}))) == 5
    assert titles(seller.get(INBOX, tab | {"q": "rival"})) == []
    assert len(titles(seller.get(INBOX, tab | {"order": claim.order.number}))) == 3
    assert len(titles(seller.get(INBOX, tab | {"until": "2021-07-10"}))) == 1
    assert titles(seller.get(INBOX, tab | {"read": "yes"})) == []
    assert len(titles(seller.get(INBOX, tab | {"read": "no"}))) == 5


def test_the_shops_inquiries_by_state_word_and_category(seller, amuse, an_order):
    for title, category in (("撤回について", Category.CLAIM_WITHDRAWAL), ("入金について", Category.PAYMENT)):
        Inquiry.objects.create(
            shop=amuse.shop, author=amuse.user, category=category, title=title, body="？", sent_at=NOW
        )
    tab = {"tab": "inquiries"}
    assert titles(seller.get(INBOX, tab | {"category": "claim_withdrawal"})) == ["撤回について"]
    assert titles(seller.get(INBOX, tab | {"q": "入金"})) == ["入金について"]
    assert len(titles(seller.get(INBOX, tab | {"q": "AMUSE"}))) == 2, "送信人"
    assert titles(seller.get(INBOX, tab | {"state": "answered"})) == []


# --- the address says it all -----------------------------------------------------------------------


def test_what_is_asked_for_is_kept_from_tab_to_tab_and_view_to_view(seller, a_message):
    order = a_message().order.number
    query = f"?order={order}&since=2021-07-01&category=cancel&page=1"
    page = read(seller.get(INBOX + query))
    tabs = {link.text: link["href"] for link in page.one("nav", aria_label="種類").all("a")}
    kept = f"?order={order}&since=2021-07-01&category=cancel&tab="
    assert list(tabs.values()) == [kept + "buyers", kept + "qoo10", kept + "inquiries"]
    views = page.one("nav", aria_label="表示").all("a")
    assert [link["href"] for link in views] == [
        f"?order={order}&since=2021-07-01&category=cancel&view={view}"
        for view in ("basic", "customers", "items")
    ]
    # qoo10 asks for no category: the search there carries it along.
    form = read(seller.get(INBOX + tabs["コールセンター・Qoo10のメッセージ"])).one("form", class_="search")
    sent = {name: value for name, value in posted(form).items() if value}
    assert sent == {"tab": "qoo10", "category": "cancel", "order": order, "since": "2021-07-01"}


def test_a_category_of_inquiries_alone_does_not_follow_to_the_buyers(seller):
    page = read(seller.get(INBOX + "?tab=inquiries&category=claim_withdrawal"))
    first, *others = page.one("nav", aria_label="種類").all("a")
    assert "category" not in first["href"]
    assert all("category=claim_withdrawal" in link["href"] for link in others)


def test_the_search_can_be_cleared(seller, a_message):
    a_message()
    page = read(seller.get(INBOX + "?state=answered&view=items&q=x"))
    (clear,) = [link for link in page.all("a") if link.text == "条件をクリア"]
    assert clear["href"] == "?tab=buyers&view=items"
