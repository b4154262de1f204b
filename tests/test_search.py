"""選択条件照会: period and status, whatever is typed (SPEC 4.1)."""

import pytest

from claims.statuses import Status
from tests.clock import japan
from tests.pages import numbers, read, rows

DESK = "/shops/AMUSE_official/claims/"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """The whole screen is read at one instant."""


@pytest.fixture
def seller(amuse, client_of):
    return client_of(amuse)


def search(seller, **fields):
    return seller.get(DESK, {"tab": "search", **fields})


def test_the_search_tab_has_a_form_with_period_and_status(seller):
    form = read(search(seller)).one("form", class_="search")
    labels = {label["for"]: label.text for label in form.all("label")}
    assert list(labels.values()) == ["期間", "開始日", "終了日", "処理状態"]
    for name in labels:
        assert form.has(id=name)
    assert [option.text for option in form.one(id="id_period").all("option")] == [
        "要請日",
        "注文日",
        "完了日",
    ]
    offered = [option.text for option in form.one(id="id_status").all("option")]
    assert offered == ["全体", *(str(status.label) for status in Status)]
    assert form.one("button").text == "照会"


@pytest.mark.parametrize("status", list(Status))
def test_a_search_by_status_finds_those_and_no_others(seller, a_claim, status):
    for other in Status:
        a_claim(other)
    assert {row["処理状態"] for row in rows(search(seller, status=status))} == {
        row["処理状態"] for row in rows(search(seller)) if row["処理状態"].split("：")[-1] == status.label
    }
    assert len(rows(search(seller, status=status))) == 1


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("", "", "ABC"),
        ("2021-07-02", "", "BC"),
        ("", "2021-07-02", "AB"),
        ("2021-07-02", "2021-07-02", "B"),
        ("2021-07-03", "2021-07-02", ""),
    ],
)
@pytest.mark.parametrize("period", ["requested", "ordered", "completed", ""])
def test_a_period_has_both_its_days_as_days_in_japan(seller, a_claim, an_order, period, since, until, found):
    for name, text in {"A": "2021-07-01 23:59:59", "B": "2021-07-02", "C": "2021-07-03"}.items():
        at = japan(text)
        a_claim(Status.RETURN_DONE, at=at, order=an_order(number=name, ordered_at=at))
    assert "".join(sorted(numbers(search(seller, period=period, since=since, until=until)))) == found


def test_the_search_keeps_what_was_asked_and_shares_it_by_its_address(seller, a_claim):
    a_claim()
    fields = {"period": "ordered", "since": "2021-07-08", "until": "2021-07-09", "status": "return_requested"}
    page = read(search(seller, **fields))
    form = page.one("form", class_="search")
    assert form.one(id="id_since")["value"] == "2021-07-08"
    assert "selected" in form.one("option", value="ordered")
    assert "selected" in form.one("option", value="return_requested")
    assert "period=ordered&since=2021-07-08" in page.one("a", data_open=True)["href"]
    assert page.one("a", aria_current="page", href=f"{DESK}?tab=search").text == "選択条件照会"


HOSTILE = [
    {"since": "9999-12-31"},
    {"until": "9999-12-31"},
    {"since": "0001-01-01"},
    {"until": "0001-01-01"},
    {"until": "2100-01-01"},
    {"since": "2021-02-30"},
    {"since": "きのう"},
    {"since": "２０２１-07-01", "until": "' OR 1=1 --"},
    {"since": "1" * 5000},
    {"period": "deadline"},
    {"period": "order__buyer__email"},
    {"status": "nothing"},
    {"status": "<script>alert(1)</script>"},
    {"cell": "nothing"},
    {"cell": "asked\n"},
    {"tab": "nothing"},
]


@pytest.mark.parametrize("tab", [{}, {"tab": "search"}], ids=["board", "search"])
@pytest.mark.parametrize("asked", HOSTILE, ids=str)
def test_whatever_is_asked_is_answered_by_a_page(seller, a_claim, tab, asked):
    a_claim()
    response = seller.get(DESK, tab | asked)
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()
    if tab and "cell" not in asked and "tab" not in asked:
        assert rows(response) == [], "what cannot be read finds nothing"
        assert read(response).one(id="search").has(class_="refusal"), "and says why"


def test_what_cannot_be_read_is_said_and_kept(seller):
    page = read(search(seller, since="2021-02-30"))
    assert page.one(class_="refusal").text.startswith("開始日: ")
    assert page.one(id="id_since")["value"] == "2021-02-30"


@pytest.mark.parametrize("day", ["2000-01-01", "2099-12-31"])
def test_the_first_and_the_last_day_that_can_be_asked_for(seller, a_claim, day):
    a_claim()
    assert len(rows(search(seller, since="2000-01-01", until="2099-12-31"))) == 1
    assert not read(search(seller, since=day, until=day)).one(id="search").has(class_="refusal")
