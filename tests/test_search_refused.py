"""選択条件照会, asked for what it cannot read: a page in any case, which says why and keeps what was typed."""

import pytest

from tests.pages import read, rows

DESK = "/shops/AMUSE_official/claims/"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """The whole screen is read at one instant."""


def search(seller, **fields):
    return seller.get(DESK, {"tab": "search", **fields})


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
    {"kind": "nothing"},
    {"kind": ["return", "nothing"]},
    {"status": ["asked", "nothing"]},
    {"range": "2"},
    {"range": "-1"},
    {"range": "9" * 400},
    {"shown": "2", "since": "2021-02-30"},
    {"shown": "7", "since": ["x", "y"]},
    {"within": "-1"},
    {"within": "1.5"},
    {"within": "1e400"},
    {"within": "NaN"},
    {"within": "9" * 400},
    {"q": "x" * 3001},
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


@pytest.mark.parametrize("typed", ["---", "ー", "、、", "・ ・"])
def test_marks_alone_are_no_condition_and_it_is_said(seller, a_claim, typed):
    a_claim()
    page = read(search(seller, q=typed))
    assert "記号だけでは照会できません" in page.one(id="id_q_error").text
    assert page.one(id="id_q").text == typed
    assert not page.has(class_="chips")


def test_what_cannot_be_read_is_said_and_kept(seller, a_claim):
    a_claim()
    page = read(search(seller, since="2021-02-30"))
    assert page.one(class_="refusal").text.startswith("開始日: ")
    assert "まだ照会していません" in page.one(class_="empty").text, "not: nothing found"
    assert page.one(id="id_since")["value"] == "2021-02-30"


@pytest.mark.parametrize("day", ["2000-01-01", "2099-12-31"])
def test_the_first_and_the_last_day_that_can_be_asked_for(seller, a_claim, day):
    a_claim()
    assert len(rows(search(seller, since="2000-01-01", until="2099-12-31"))) == 1
    assert not read(search(seller, since=day, until=day)).one(id="search").has(class_="refusal")
