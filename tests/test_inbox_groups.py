"""顧客ごと, 商品ごとの問い合わせ: messages gathered, who waits longest first (SPEC 5)."""

from datetime import timedelta

import pytest

from messaging.templatetags.inbox import waited
from tests.clock import NOW, japan
from tests.pages import read, rows

INBOX = "/shops/AMUSE_official/inquiries/"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything is read at one instant."""


@pytest.fixture
def crowd(a_message, an_order, yunjee, csma, nobody):
    """yunjee waits since yesterday, cs*** for three days; 名*** waits for nothing."""
    gum = {"item_code": "624712702", "item_title": "アイビーガム"}
    tint = {"item_code": "852997700", "item_title": "デュエティント"}
    for at, (buyer, state, item, hours) in enumerate(
        [
            (yunjee, "unanswered", gum, 26),
            (yunjee, "unanswered", tint, 2),
            (yunjee, "in_progress", tint, 90),
            (yunjee, "answered", tint, 99),
            (csma, "unanswered", tint, 75),
            (nobody, "answered", tint, 1),
        ]
    ):
        order = an_order(buyer=buyer, **item)
        a_message(order=order, state=state, sent_at=NOW - timedelta(hours=hours), title=f"{at}番")


def test_customers_with_counts_the_newest_and_the_age_of_the_oldest_unanswered(seller, crowd):
    assert rows(seller.get(INBOX + "?view=customers")) == [
        {
            "購入者名": "c***",
            "全体": "1",
            "未回答": "1",
            "処理中": "0",
            "最も古い未回答": "3日3時間",
            "最新の日時": "2021-07-10 07:00:00",
            "最新のメッセージ": "4番",
        },
        {
            "購入者名": "yun***",
            "全体": "4",
            "未回答": "2",
            "処理中": "1",
            "最も古い未回答": "1日2時間",
            "最新の日時": "2021-07-13 08:00:00",
            "最新のメッセージ": "1番",
        },
        {
            "購入者名": "名***",
            "全体": "1",
            "未回答": "0",
            "処理中": "0",
            "最も古い未回答": "",
            "最新の日時": "2021-07-13 09:00:00",
            "最新のメッセージ": "5番",
        },
    ]


def test_items_likewise(seller, crowd):
    found = rows(seller.get(INBOX + "?view=items"))
    assert [
        (row["商品番号"], row["商品名"], row["全体"], row["未回答"], row["最も古い未回答"]) for row in found
    ] == [
        ("852997700", "デュエティント", "5", "2", "3日3時間"),
        ("624712702", "アイビーガム", "1", "1", "1日2時間"),
    ]


@pytest.mark.parametrize(("view", "first"), [("customers", "購入者名"), ("items", "商品番号")])
def test_every_number_equals_the_rows_that_its_link_opens(seller, crowd, view, first):
    page = read(seller.get(f"{INBOX}?view={view}"))
    heads = [head.text for head in page.one("thead").all("th")]
    for line in page.one("tbody").all("tr"):
        cells = dict(zip(heads, line.all("td"), strict=True))
        opened = seller.get(INBOX + cells[first].one("a")["href"])
        assert len(rows(opened)) == int(cells["全体"].text)
        name = cells[first].text
        assert f"{name} のみを表示しています。" in read(opened).text
        for count, state in (("未回答", "未回答"), ("処理中", "処理中")):
            number = int(cells[count].text)
            assert cells[count].has("a") is (number > 0)
            if number:
                found = rows(seller.get(INBOX + cells[count].one("a")["href"]))
                assert [row["状態"] for row in found] == [state] * number


def test_the_search_holds_for_groups_and_for_what_they_open(seller, crowd):
    page = read(seller.get(INBOX + "?view=customers&state=unanswered&q=デュエ"))
    assert [line.all("td")[1].text for line in page.one("tbody").all("tr")] == ["1", "1"]
    opened = page.one("tbody").all("a")[0]["href"]
    assert "state=unanswered" in opened
    assert len(rows(seller.get(INBOX + opened))) == 1


def test_of_two_at_one_instant_the_later_written_is_the_newest(seller, a_message, an_order):
    order = an_order()
    for title in ("先", "後"):
        a_message(order=order, title=title)
    (row,) = rows(seller.get(INBOX + "?view=customers"))
    assert (row["全体"], row["最新のメッセージ"]) == ("2", "後")


def test_a_buyer_picked_at_random_is_named_to_nobody(seller, csma, a_message):
    a_message()
    for buyer in (csma.pk, 2**61):
        page = read(seller.get(INBOX, {"buyer": buyer}))
        assert page.one(class_="only").text.startswith("購入者 — のみを表示しています。")
        assert page.has(class_="empty")


def test_groups_have_pages(seller, crowd, monkeypatch):
    monkeypatch.setattr("messaging.views.PER_PAGE", 2)
    page = read(seller.get(INBOX + "?view=customers"))
    second = page.one("nav", class_="pager").one("a", aria_label="2ページ")["href"]
    assert [row["購入者名"] for row in rows(seller.get(INBOX + second))] == ["名***"]


@pytest.mark.parametrize(
    ("since", "text"),
    [
        ("2021-07-11 07:00", "2日3時間"),
        ("2021-07-12 10:00", "1日0時間"),
        ("2021-07-12 10:01", "23時間59分"),
        ("2021-07-13 09:00", "1時間0分"),
        ("2021-07-13 09:01", "59分"),
        ("2021-07-13 10:00", "0分"),
        ("2021-07-13 10:05", "0分"),
    ],
)
def test_the_age_is_in_days_and_hours(since, text):
    assert waited(japan(since), NOW) == text
