"""管理画面: the operator looks everything up, manages shops and people, and moves no claim."""

from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.admin import ClaimAdmin
from claims.models import (
    Attachment,
    BulkRun,
    Claim,
    ClaimEvent,
    ExportJob,
    GridSetting,
    ImportJob,
    Order,
    RefundHold,
    Reshipment,
    SavedView,
    Withdrawal,
)
from claims.statuses import Status
from messaging.models import (
    Announcement,
    Draft,
    Inquiry,
    MailOptOut,
    Message,
    Notice,
    SavedText,
    Translation,
)
from qsm.accounts.models import Buyer, Member, Shop, User
from tests import deeds
from tests.admin_pages import rows, text, url, write_crowd
from tests.clock import NOW, japan

NOUNS = {
    User: "ユーザー",
    Shop: "ショップ",
    Member: "ショップのメンバー",
    Buyer: "購入者",
    Order: "注文",
    Claim: "クレーム",
    Withdrawal: "撤回要請",
    ClaimEvent: "クレームの履歴",
    Message: "メッセージ",
    Notice: "通知",
    Inquiry: "Qoo10へのお問い合わせ",
    Announcement: "Qoo10のメッセージ",
    SavedText: "よく使う文章",
    MailOptOut: "受け取らないメール",
    Attachment: "添付ファイル",
    Translation: "翻訳",
    RefundHold: "返金保留",
    Reshipment: "再配送",
    Draft: "下書き",
    GridSetting: "一覧の表示設定",
    SavedView: "保存した条件",
    BulkRun: "一括処理",
    ExportJob: "ダウンロード",
    ImportJob: "取込",
}
ONLY_SHOWN = [
    GridSetting,
    SavedView,
    BulkRun,
    Attachment,
    Draft,
    Translation,
    Withdrawal,
    ClaimEvent,
    RefundHold,
    Reshipment,
    Message,
    Notice,
    SavedText,
    MailOptOut,
    ExportJob,
]


@pytest.fixture
def admin(client_of, operator, clock):
    """The browser of the operator, on the morning on which the tests play."""
    return client_of(operator)


@pytest.fixture
def clerk_of_marketplace(db):
    """An operator without any permission yet."""
    return User.objects.create(username="unei", email="unei@example.com", is_staff=True)


# --- the door ------------------------------------------------------------------------------------


def test_a_stranger_is_led_to_the_sign_in_and_back(db):
    response = Client().get("/admin/claims/claim/?status=asked", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    assert response.context["redirect_field_value"] == "/admin/claims/claim/?status=asked"


def test_the_sign_in_of_a_stranger_at_the_door_itself_is_the_portals(db):
    response = Client().get("/admin/login/")
    assert response.headers["Location"] == "/accounts/login/?next=/admin/"


@pytest.mark.parametrize("person", ["amuse", "viewer", "yunjee"])
@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/login/", "/admin/logout/", "/admin/claims/claim/", "/admin/x/"]
)
def test_to_sellers_and_buyers_the_admin_does_not_exist(person, path, request, client_of):
    client = client_of(request.getfixturevalue(person))
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404


def test_the_door_takes_no_password_from_somebody_inside(admin, amuse):
    """Otherwise a guess would go past the limits of the sign-in page."""
    amuse.user.set_password("himitsu-no-aikotoba")
    amuse.user.save()
    response = admin.post("/admin/login/", {"username": "amuse", "password": "himitsu-no-aikotoba"})
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")
    assert response.wsgi_request.user.username == "operator"


def test_an_operator_without_permissions_sees_nothing(client_of, clerk_of_marketplace, a_claim):
    claim = a_claim()
    client = client_of(clerk_of_marketplace)
    index = client.get("/admin/")
    assert index.status_code == 200
    assert index.context["app_list"] == []
    for model in NOUNS:
        assert client.get(url(model)).status_code == 403
    assert client.get(url(Claim, "change", claim.pk)).status_code == 403


# --- every noun ----------------------------------------------------------------------------------


def test_every_noun_is_there_under_its_japanese_name(admin):
    index = admin.get("/admin/")
    names = {str(model["name"]) for app in index.context["app_list"] for model in app["models"]}
    assert names == {*NOUNS.values(), "グループ"}
    assert "J・QSM 運営" in text(index)


def test_every_noun_can_be_searched_and_filtered(admin):
    write_crowd(1)
    for model in NOUNS:
        page = admin.get(url(model), {"q": "owner-0"})
        assert page.status_code == 200
        assert page.context["cl"].search_fields, model
        assert page.context["cl"].has_filters or model is Shop, model


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (User, "BUYER-1@example"),
        (Shop, "owner-1@example.com"),
        (Member, "shop-1"),
        (Buyer, "客1番"),
        (Order, "700000001"),
        (Order, "buyer-1@example.com"),
        (Claim, "700000001"),
        (Claim, "客1番"),
        (Claim, "buyer-1@example.com"),
        (Withdrawal, "700000001-1"),
        (ClaimEvent, "700000001"),
        (Message, "700000001"),
        (Notice, "owner-1@example.com"),
    ],
)
def test_numbers_names_and_mails_find_the_one(admin, model, query):
    write_crowd(3)
    everything, found = rows(admin.get(url(model))), rows(admin.get(url(model), {"q": query}))
    assert found
    assert len(found) <= len(everything) / 3


@pytest.mark.parametrize("model", NOUNS, ids=lambda model: model.__name__)
def test_a_list_costs_the_same_however_long_it_is(admin, model, django_assert_max_num_queries):
    write_crowd(3)
    admin.get(url(model))
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert len(rows(admin.get(url(model)))) >= 3
    write_crowd(27)
    with django_assert_max_num_queries(len(few)):
        assert len(rows(admin.get(url(model)))) >= 30


def test_a_claim_costs_the_same_however_long_its_story_is(admin, a_claim, django_assert_max_num_queries):
    def story(attempts):
        claim = a_claim()
        for at in range(attempts):
            deeds.ask(claim, NOW + timedelta(days=10 * at))
            deeds.cancel(claim, NOW + timedelta(days=10 * at, hours=1))
        return url(Claim, "change", claim.pk)

    short, long = story(3), story(30)
    admin.get(short)
    with CaptureQueriesContext(connection) as few:
        admin.get(short)
    with django_assert_max_num_queries(len(few)):
        assert "30" in text(admin.get(long))


def test_nothing_typed_into_an_address_breaks_a_list(admin):
    write_crowd(1)
    for typed in (
        {"status": "no-such"},
        {"outcome": "no-such"},
        {"requested_at__year": "99999"},
        {"at__month": "13", "at__year": "2021"},
        {"shop__id__exact": "9" * 30},
        {"p": "9" * 30},
        {"o": "-99.x"},
        {"q": "'\"%_\\"},
        {"no_such_field": "1"},
    ):
        for model in NOUNS:
            assert admin.get(url(model), typed, follow=True).status_code == 200, (model, typed)
    for key in ("0", "9" * 30, "x", "'"):
        assert admin.get(url(Claim, "change", key), follow=True).status_code == 200


class Inline(HTMLParser):
    """Collects what the policy `script-src 'self'; style-src 'self'` would refuse to run or to paint."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        data = given.get("type", "").endswith("json")
        if tag == "style" or (tag == "script" and "src" not in given and not data):
            self.found.append(tag)
        for name, value in given.items():
            foreign = name in ("src", "href") and (value or "").startswith(("http", "//", "javascript:"))
            if name == "style" or name.startswith("on") or (foreign and tag in ("script", "link", "img")):
                self.found.append((tag, name, value))


def test_every_page_obeys_the_policy(admin, operator):
    write_crowd(1)
    pages = ["/admin/", "/admin/password_change/", url(User, "add"), f"{url(User)}{operator.pk}/password/"]
    for model in NOUNS:
        last = model._default_manager.last()
        pages += [url(model), url(model, "change", last.pk), url(model, "history", last.pk)]
        if model in (Shop, Member, Buyer, Order):
            pages += [url(model, "add"), url(model, "delete", last.pk)]
    for page in pages:
        response = admin.get(page)
        assert response.status_code == 200, page
        policy = response.headers["Content-Security-Policy"].split("; ")
        assert {"script-src 'self'", "style-src 'self'"} <= set(policy)
        inline = Inline()
        inline.feed(response.content.decode())
        assert inline.found == [], page


# --- claims --------------------------------------------------------------------------------------


def test_a_claim_tells_what_it_effectively_is(admin, a_claim, clock):
    """撤回要請 of 7/13 ends with 7/19; at 7/20 00:00 it is 撤回完了, swept or not."""
    claim = a_claim(Status.ASKED)
    shown = admin.get(url(Claim, "change", claim.pk))
    assert "返品：撤回要請" in text(shown)
    assert "2021年7月19日" in text(shown)
    assert rows(admin.get(url(Claim), {"status": Status.ASKED})) == [claim]

    clock.move_to(japan("2021-07-20"))
    listed = admin.get(url(Claim))
    assert "返品：撤回完了" in text(listed)
    assert "返品：撤回要請" not in text(listed)
    assert "2021年7月20日0:00" in text(listed)  # 完了日
    assert rows(admin.get(url(Claim), {"status": Status.ASKED})) == []
    assert rows(admin.get(url(Claim), {"status": Status.WITHDRAWN})) == [claim]
    assert "返品：撤回完了" in text(admin.get(url(Claim, "change", claim.pk)))
    assert "返品：撤回完了" in text(admin.get(url(Order, "change", claim.order_id)))
    assert "自動撤回" in text(admin.get(url(Withdrawal)))
    assert len(rows(admin.get(url(Withdrawal), {"outcome": "lapsed"}))) == 1
    assert rows(admin.get(url(Withdrawal), {"outcome": "open"})) == []


def test_what_lapsed_with_an_offer_is_a_partial_refund_before_any_sweep(admin, a_claim, clock):
    claim = a_claim()
    deeds.ask(claim, offer=500)
    clock.move_to(japan("2021-07-20"))
    assert "返品：部分返金" in text(admin.get(url(Claim)))
    assert rows(admin.get(url(Claim), {"status": Status.PARTIALLY_REFUNDED})) == [claim]
    assert rows(admin.get(url(Claim), {"status": Status.WITHDRAWN})) == []
    assert "500" in text(admin.get(url(Withdrawal, "change", claim.withdrawals.get().pk)))


def test_an_order_cannot_be_made_cheaper_than_what_is_owed_of_it(admin, a_claim, an_order):
    order = an_order(total=1000)
    for end in (deeds.accept, None):
        claim = a_claim(order=order)
        deeds.ask(claim, offer=300)
        if end:
            end(claim)
    order.refresh_from_db()
    fields = {"item_code": "1", "item_title": "ガム", "quantity": 1, "payment_nation": "JP"}
    counts = {f"claims-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
    refused = admin.post(url(Order, "change", order.pk), fields | counts | {"total": 599})
    assert refused.status_code == 200
    assert "返金済みの300円と提案中の部分返金300円の合計を下回る金額にはできません。" in text(refused)
    forged = {"total": 600, "refunded": 0, "offered": 0}
    assert admin.post(url(Order, "change", order.pk), fields | counts | forged).status_code == 302
    order.refresh_from_db()
    assert (order.total, order.refunded, order.offered) == (600, 300, 300)


def test_claims_are_filtered_by_shop_and_kind_and_day(admin, a_claim, amuse, rival):
    ours, theirs = a_claim(), a_claim(Status.EXCHANGE_REQUESTED, seller=rival, at=NOW - timedelta(days=40))
    assert rows(admin.get(url(Claim), {"shop__id__exact": amuse.shop_id})) == [ours]
    assert rows(admin.get(url(Claim), {"kind__exact": "exchange"})) == [theirs]
    assert rows(admin.get(url(Claim), {"requested_at__year": 2021, "requested_at__month": 7})) == [ours]


def test_a_claim_shows_its_whole_story_and_leads_to_order_and_shop(admin, a_claim):
    claim = a_claim(Status.ON_HOLD)
    page = admin.get(url(Claim, "change", claim.pk))
    for words in (
        "返品：撤回保留",
        deeds.REASON,
        "ショップ提案内容に同意不可",
        "クレーム受付",
        "撤回を拒否",
        "amuse",
    ):
        assert words in text(page)
    assert url(Order, "change", claim.order_id) in page.content.decode()
    assert url(Shop, "change", claim.shop_id) in page.content.decode()


def test_a_claim_cannot_be_added_or_deleted(admin, a_claim):
    claim = a_claim()
    assert admin.get(url(Claim, "add")).status_code == 403
    assert admin.post(url(Claim, "delete", claim.pk), {"post": "yes"}).status_code == 403
    admin.post(url(Claim), {"action": "delete_selected", "_selected_action": [claim.pk], "post": "yes"})
    assert Claim.objects.filter(pk=claim.pk).exists()


INLINES = {
    f"{prefix}-{name}_FORMS": "0" for prefix in ("withdrawals", "events") for name in ("TOTAL", "INITIAL")
}


def test_of_a_claim_only_the_free_text_can_be_changed(admin, a_claim):
    claim = a_claim(reason="サイズ", reason_text="電話は 090-0000-0000 まで")
    before = Claim.objects.values().get(pk=claim.pk)
    forged = dict.fromkeys(before, "cancel_done") | {
        "deadline_at_0": "2030-01-01",
        "deadline_at_1": "00:00",
    }
    response = admin.post(url(Claim, "change", claim.pk), forged | INLINES | {"reason_text": ""})
    assert response.status_code == 302
    assert Claim.objects.values().get(pk=claim.pk) == before | {"reason_text": ""}


def test_blanking_a_text_turns_nothing_back_that_moved_meanwhile(operator, a_claim, rf):
    """The page was loaded before the shop asked, and is saved after it."""
    stale = a_claim(reason_text="電話は 090-0000-0000 まで")
    deeds.ask(Claim.objects.get(pk=stale.pk))
    page = ClaimAdmin(Claim, None)
    request = rf.post("/")
    request.user = operator
    form = page.get_form(request, stale, change=True)({"reason_text": ""}, instance=stale)
    assert form.is_valid()
    page.save_model(request, form.instance, form, change=True)
    stale.refresh_from_db()
    assert (stale.status, stale.reason_text) == (Status.ASKED, "")


@pytest.mark.parametrize("model", ONLY_SHOWN, ids=lambda model: model.__name__)
def test_what_happened_and_what_was_said_is_only_shown(admin, model):
    write_crowd(1)
    row = model.objects.first()
    before = list(model.objects.values())
    assert admin.get(url(model, "change", row.pk)).status_code == 200
    assert admin.get(url(model, "add")).status_code == 403
    assert admin.post(url(model, "change", row.pk), {"attempt": 9, "action": "filed"}).status_code == 403
    assert admin.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    admin.post(url(model), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert list(model.objects.values()) == before
