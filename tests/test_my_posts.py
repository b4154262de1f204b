"""Qポスト: the buyer's mailbox inside MyQoo10, what he has opened, page by page."""

import pytest
from django.template import Context, Template

from claims.statuses import Status
from messaging.models import Notice
from messaging.post_views import PER_PAGE
from tests import deeds
from tests.clock import NOW
from tests.pages import read

POSTS = "/myqoo10/posts/"


@pytest.fixture
def many(a_claim, yunjee):
    """Writes so many posts."""

    def write(number):
        a_claim(Status.ASKED)
        event = Notice.objects.get(buyer=yunjee).event
        Notice.objects.bulk_create(
            Notice(key=f"more:{at}", topic="asked", event=event, buyer=yunjee, created_at=NOW)
            for at in range(number - 1)
        )

    return write


def unread_of(buyer):
    return Template("{% load inbox %}{% qpost_unread buyer %}").render(Context({"buyer": buyer}))


def test_a_post_is_read_when_it_is_opened(buyer, a_claim, yunjee):
    a_claim(Status.ASKED)
    post = Notice.objects.get(buyer=yunjee)
    assert unread_of(yunjee) == "1"
    buyer.head(f"{POSTS}{post.pk}/")
    assert "未読" in read(buyer.get(POSTS)).one("li").text
    page = read(buyer.get(f"{POSTS}{post.pk}/"))
    assert deeds.REASON in page.text
    button = page.one("a", class_="button")
    assert (button.text, button["href"]) == (
        "内容を見て回答する",
        f"/myqoo10/requests/{post.event.withdrawal_id}/",
    )
    post.refresh_from_db()
    assert post.read_at == NOW
    assert "未読" not in read(buyer.get(POSTS)).one("main").text
    assert unread_of(yunjee) == "0"


def test_what_is_answered_wants_no_answer_any_more(buyer, a_claim, yunjee):
    deeds.accept(a_claim(Status.ASKED))
    post = Notice.objects.get(buyer=yunjee)
    button = read(buyer.get(f"{POSTS}{post.pk}/")).one("a", class_="button")
    assert button.text == "ページを開く"
    assert "撤回完了" in read(buyer.get(button["href"], follow=True)).text


def test_opened_again_it_stays_read_since_the_first_time(buyer, a_claim, yunjee, clock):
    a_claim(Status.ASKED)
    post = Notice.objects.get(buyer=yunjee)
    for _ in range(2):
        buyer.get(f"{POSTS}{post.pk}/")
        clock.shift(60)
    post.refresh_from_db()
    assert post.read_at == NOW


def test_posts_come_page_by_page_newest_first(buyer, many):
    many(PER_PAGE + 1)
    first, second = read(buyer.get(POSTS)), read(buyer.get(POSTS + "?page=2"))
    assert [len(page.one("ul", class_="my-list").all("li")) for page in (first, second)] == [PER_PAGE, 1]
    assert first.one("nav", class_="pager").one("a")["href"] == "?page=2"
    for page in ("0", "-1", "x", "9" * 30):
        assert buyer.get(POSTS, {"page": page}).status_code == 200


@pytest.mark.parametrize("number", [2, 20])
def test_a_page_costs_the_same_however_full_it_is(buyer, many, number, django_assert_num_queries):
    many(number)
    with django_assert_num_queries(12):
        buyer.get(POSTS)


def test_all_are_read_with_one_button(buyer, many, yunjee, a_claim, csma):
    many(3)
    a_claim(Status.ASKED, buyer=csma)
    button = read(buyer.get(POSTS)).one("button", name="read")
    response = buyer.post(POSTS, {"read": button["value"]}, follow=True)
    assert "すべて既読にしました。" in read(response).text
    assert not read(response).has("button", name="read")
    assert (unread_of(yunjee), unread_of(csma)) == ("0", "1")


@pytest.mark.parametrize("pk", ["0", "999999999", "9" * 30])
def test_there_is_no_other_post(buyer, pk):
    assert buyer.get(f"{POSTS}{pk}/").status_code == 404
