"""Qoo10へのお問い合わせ: asked by a shop, answered by an operator in the admin (SPEC 5)."""

import pytest

from messaging import conversation, notices
from messaging.models import Announcement, Category, Notice
from tests.clock import NOW
from tests.pages import facts, read

INBOX = "/shops/AMUSE_official/inquiries/"


@pytest.fixture
def inquiry(amuse, an_order, clock):
    return conversation.ask_qoo10(
        amuse.shop,
        order=an_order(),
        category=Category.CLAIM_WITHDRAWAL,
        title="クレーム撤回のお問い合わせ",
        body="撤回をお願いします。",
        by=amuse,
        now=NOW,
    )


@pytest.fixture
def admin(client_of, operator):
    return client_of(operator)


def page_of(inquiry):
    return f"/admin/messaging/inquiry/{inquiry.pk}/change/"


def test_the_answer_closes_it_and_tells_the_shop(admin, client_of, inquiry, operator, amuse):
    response = admin.post(page_of(inquiry), {"answer": " 撤回しました。 "})
    assert response.status_code == 302
    inquiry.refresh_from_db()
    assert (inquiry.state, inquiry.answer, inquiry.answered_at) == ("answered", "撤回しました。", NOW)
    assert inquiry.answered_by == operator
    told = Notice.objects.filter(inquiry=inquiry)
    assert set(told.values_list("shop", "member", "mail")) == {
        (amuse.shop.pk, None, "none"),
        (None, amuse.pk, "pending"),
    }
    seller = client_of(amuse)
    assert facts(read(seller.get(f"{INBOX}qoo10/{inquiry.pk}/")))["回答"].startswith("撤回しました。")
    history = read(seller.get(f"{INBOX}?tab=inquiries"))
    assert "クレーム撤回のお問い合わせ" in history.text
    assert "回答済" in history.one("tbody").text
    assert "Qoo10からお問い合わせへの回答が届きました" in read(seller.get(f"{INBOX}?tab=qoo10")).text


def test_an_empty_answer_is_refused_in_the_form(admin, inquiry):
    response = admin.post(page_of(inquiry), {"answer": " "})
    assert response.status_code == 200
    assert "回答を入力してください。" in response.content.decode()
    inquiry.refresh_from_db()
    assert inquiry.state == "unanswered"


def test_an_answer_stands(admin, inquiry, operator):
    conversation.answer_inquiry(inquiry, answer="はい。", by=operator, now=NOW)
    admin.post(page_of(inquiry), {"answer": "いいえ。"})
    inquiry.refresh_from_db()
    assert inquiry.answer == "はい。"
    assert Notice.objects.filter(inquiry=inquiry, shop__isnull=False).count() == 1


def test_another_shop_does_not_see_it(client_of, inquiry, rival):
    browser = client_of(rival)
    assert browser.get(f"/shops/RIVAL_store/inquiries/qoo10/{inquiry.pk}/").status_code == 404
    assert (
        "クレーム撤回のお問い合わせ"
        not in read(browser.get("/shops/RIVAL_store/inquiries/?tab=inquiries")).text
    )


@pytest.mark.parametrize("to_all", [True, False])
def test_qoo10_announces_to_one_shop_or_to_all(admin, client_of, amuse, rival, clock, to_all):
    shop = "" if to_all else str(amuse.shop.pk)
    admin.post(
        "/admin/messaging/announcement/add/",
        {"shop": shop, "title": "年末のご案内", "body": "100%対応します"},
    )
    assert Announcement.objects.get().sent_at == NOW
    for member, told in ((amuse, True), (rival, to_all)):
        page = read(client_of(member).get(f"/shops/{member.shop.code}/inquiries/?tab=qoo10"))
        assert ("年末のご案内" in page.text) is told
        assert ("100%対応します" in page.text) is told
    for notice in Notice.objects.all():
        assert "年末のご案内" in notices.subject(notice)
        assert notices.path(notice).endswith("/inquiries/?tab=qoo10")
