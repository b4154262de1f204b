"""保存した条件: a member's own searches under names (SPEC 4.1)."""

import pytest

from claims.models import SavedView
from claims.models.preference import SAVED_VIEWS_MAX
from tests.clock import NOW
from tests.pages import posted, read

DESK = "/shops/AMUSE_official/claims/"
LIST = f"{DESK}searches/"
SEARCH = "tab=search&status=asked&q=%E3%82%AC%E3%83%A0"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """The whole screen is read at one instant."""


def keep(client, name, query=SEARCH):
    return client.post(f"{LIST}?{query}", {"name": name})


def tabs(response):
    nav = read(response).all("nav", class_="saved-views")
    return {link.text: link["href"] for link in nav[0].all("a")[1:-1]} if nav else {}


def test_a_search_is_kept_under_a_name_and_opened_by_it(seller, a_claim):
    form = read(seller.get(f"{DESK}?{SEARCH}")).one("details", class_="keep").one("form")
    kept = seller.post(form["action"], posted(form, name="  毎朝の　確認 "))
    assert (kept.status_code, kept["Location"]) == (303, f"{DESK}?{SEARCH}")
    shown = seller.get(kept["Location"])
    assert tabs(shown) == {"毎朝の 確認": f"{DESK}?{SEARCH}"}
    assert read(shown).one("nav", class_="saved-views").one(aria_current="page").text == "毎朝の 確認"


def test_only_conditions_that_can_be_read_are_kept(seller, amuse):
    keep(
        seller, "x", "tab=search&status=asked&since=2021-02-30&page=7&select=all&sort=-number&sort=pk&other=1"
    )
    assert amuse.saved_views.get().query == "tab=search&status=asked&sort=-number"


def test_a_quick_range_stays_relative(seller, amuse, clock):
    keep(seller, "今週", "tab=search&range=7&since=2001-01-01&period=requested")
    assert amuse.saved_views.get().query == "tab=search&period=requested&range=7"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "名前を入力してください。"),
        (" \u3000 ", "名前を入力してください。"),
        ("\x00\x01", "名前を入力してください。"),
        ("\u202e\u200b", "名前を入力してください。"),
        ("\u202e朝\u200b", "「朝」という名前の条件はすでに保存されています。"),
        ("朝", "「朝」という名前の条件はすでに保存されています。別の名前にしてください。"),
        ("あ" * 41, "40"),
    ],
)
def test_a_name_that_cannot_be_taken_is_said_and_kept(seller, amuse, name, why):
    keep(seller, "朝")
    response = keep(seller, name)
    assert response.status_code == 422
    page = read(response)
    assert why in page.one(id="id_name_error").text
    assert page.one(class_="chips"), "the search is still there"
    assert amuse.saved_views.count() == 1


def test_there_is_an_end_to_them(seller, amuse):
    for number in range(SAVED_VIEWS_MAX):
        SavedView.objects.create(member=amuse, name=f"{number}", query="tab=search", saved_at=NOW)
    response = keep(seller, "もう一つ")
    assert response.status_code == 422
    assert "30件まで" in read(response).one(id="id_name_error").text


def test_too_long_a_search_is_refused(seller, amuse):
    response = keep(seller, "長い", "tab=search&q=" + "%E3%81%82" * 1500)
    assert "長すぎるため" in read(response).one(id="id_name_error").text


def test_rename_and_delete(seller, amuse):
    keep(seller, "朝")
    keep(seller, "夜")
    pk = amuse.saved_views.get(name="朝").pk
    assert seller.post(f"{LIST}{pk}/", {"name": "夜"}).status_code == 422
    assert seller.post(f"{LIST}{pk}/", {"name": "朝"}).status_code == 303, "its own name is no other's"
    assert seller.post(f"{LIST}{pk}/", {"name": "昼"}).status_code == 303
    assert list(tabs(seller.get(f"{DESK}?tab=search"))) == ["昼", "夜"]
    assert seller.post(f"{LIST}{pk}/", {"delete": "1"}).status_code == 303
    assert seller.post(f"{LIST}{pk}/", {"delete": "1"}).status_code == 404, "twice: it is gone"
    assert list(tabs(seller.get(f"{DESK}?tab=search"))) == ["夜"]


def test_nobody_sees_or_changes_those_of_another_member(seller, amuse, clerk, viewer, client_of):
    keep(seller, "朝")
    pk = amuse.saved_views.get().pk
    for other in (clerk, viewer):
        browser = client_of(other)
        assert tabs(browser.get(f"{DESK}?tab=search")) == {}
        assert browser.post(f"{LIST}{pk}/", {"delete": "1"}).status_code == 404
        assert keep(browser, "朝").status_code == 303, (
            "a name is taken for its member only; read-only ones have theirs"
        )
    assert amuse.saved_views.get().name == "朝"
