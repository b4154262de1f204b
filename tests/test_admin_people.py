"""管理画面: shops, people and their rights; mails that were given up."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client

from claims.models import Order
from claims.statuses import Status
from messaging import delivery
from messaging.models import Notice
from qsm.accounts.models import Buyer, Member, Role, Shop, User
from tests import deeds
from tests.admin_pages import allowed, rows, text, url

PASSWORD = "himitsu-no-aikotoba"
NEW_PERSON = {
    "username": "hanako",
    "last_name": "山田",
    "first_name": "花子",
    "email": "Hanako.Yamada@Example.com",
    "language": "ja",
    "usable_password": "true",
    "password1": PASSWORD,
    "password2": PASSWORD,
}
NO_ROWS = {"member_set-TOTAL_FORMS": "0", "member_set-INITIAL_FORMS": "0"}


@pytest.fixture
def admin(client_of, operator, clock):
    """The browser of the operator, on the morning on which the tests play."""
    return client_of(operator)


@pytest.fixture
def unei(db):
    """An operator without any permission yet."""
    return User.objects.create(username="unei", email="unei@example.com", is_staff=True)


@pytest.fixture
def parked(a_claim):
    """A mail to the buyer that was given up."""
    a_claim(Status.ASKED)
    parked = Notice.objects.filter(buyer__isnull=False)
    parked.update(mail=Notice.Mail.PARKED, attempts=12, last_error="SMTPServerDisconnected")
    return parked.get()


def row(index, member=None, **fields):
    """One line of a shop's or a person's members, as the form sends it."""
    given = {"id": member.pk if member else "", **fields}
    return {f"member_set-{index}-{name}": value for name, value in given.items()}


# --- shops ---------------------------------------------------------------------------------------


def test_a_shop_is_opened_with_its_people(admin, client_of, yunjee):
    sent = {"code": "NEW_store", "name": "新しい店", "member_set-TOTAL_FORMS": "1"}
    sent |= {"member_set-INITIAL_FORMS": "0"} | row(0, user=yunjee.user_id, role="owner")
    assert admin.post(url(Shop, "add"), sent).status_code == 302
    shop = Shop.objects.get(code="NEW_store")
    assert Member.objects.get(shop=shop).role == Role.OWNER
    assert client_of(yunjee).get(shop.get_absolute_url()).status_code == 200


def test_a_member_changes_his_role_and_leaves(admin, client_of, amuse, clerk):
    page = url(Shop, "change", amuse.shop_id)
    sent = {"name": "AMUSE", "member_set-TOTAL_FORMS": "2", "member_set-INITIAL_FORMS": "2"}
    sent |= row(0, amuse, shop=amuse.shop_id, user=amuse.user_id, role="owner")
    sent |= row(1, clerk, shop=amuse.shop_id, user=clerk.user_id, role="read_only")
    assert admin.post(page, sent).status_code == 302
    clerk.refresh_from_db()
    assert clerk.role == Role.READ_ONLY
    assert admin.post(page, sent | {"member_set-1-DELETE": "on"}).status_code == 302
    assert client_of(clerk).get(amuse.shop.get_absolute_url()).status_code == 404


def test_nobody_is_twice_a_member_of_one_shop(admin, amuse):
    sent = {"name": "AMUSE", "member_set-TOTAL_FORMS": "2", "member_set-INITIAL_FORMS": "1"}
    sent |= row(0, amuse, shop=amuse.shop_id, user=amuse.user_id, role="owner")
    sent |= row(1, shop=amuse.shop_id, user=amuse.user_id, role="staff")
    response = admin.post(url(Shop, "change", amuse.shop_id), sent)
    assert response.status_code == 200
    assert "重複" in text(response)
    assert Member.objects.count() == 1


def test_the_code_of_a_shop_stands_in_mailed_addresses_and_stays(admin, amuse_shop):
    admin.post(url(Shop, "change", amuse_shop.pk), {"code": "OTHER", "name": "改名", **NO_ROWS})
    amuse_shop.refresh_from_db()
    assert (amuse_shop.code, amuse_shop.name) == ("AMUSE_official", "改名")


# --- people --------------------------------------------------------------------------------------


def test_a_person_is_added_and_signs_in_by_name_or_mail(admin):
    assert admin.post(url(User, "add"), NEW_PERSON).status_code == 302
    hanako = User.objects.get(username="hanako")
    assert (hanako.email, hanako.language, hanako.is_staff) == ("hanako.yamada@example.com", "ja", False)
    for login in ("hanako", "Hanako.Yamada@Example.com"):
        client = Client()
        client.post("/accounts/login/", {"login": login, "password": PASSWORD})
        assert client.session["_auth_user_id"] == str(hanako.pk)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("username", "AMUSE", "既に"),
        ("email", "Amuse@Example.com", "このメールアドレスは既に使われています。"),
        ("password2", "chigau-aikotoba", "一致しません"),
        ("email", "hanako", "有効なメールアドレス"),
    ],
)
def test_a_person_is_refused_in_words_and_the_rest_stays_typed(admin, amuse, field, value, words):
    response = admin.post(url(User, "add"), NEW_PERSON | {field: value})
    assert response.status_code == 200
    assert words in text(response)
    assert 'value="花子"' in response.content.decode()
    assert not User.objects.filter(first_name="花子").exists()


def test_two_people_whose_names_differ_by_case_could_neither_sign_in(admin, amuse, clerk):
    fields = {"username": "Amuse", "language": "ja", "is_active": "on", "email": clerk.user.email}
    response = admin.post(url(User, "change", clerk.user_id), fields | NO_ROWS)
    assert "このユーザー名は既に使われています。" in text(response)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="AMUSE")


def test_somebody_who_left_is_shut_out_at_once(admin, client_of, amuse):
    his = client_of(amuse)
    fields = {"username": "amuse", "language": "ja", "email": amuse.user.email}  # is_active is unchecked
    sent = fields | {"member_set-TOTAL_FORMS": "1", "member_set-INITIAL_FORMS": "1"}
    sent |= row(0, amuse, user=amuse.user_id, shop=amuse.shop_id, role="owner")
    assert admin.post(url(User, "change", amuse.user_id), sent).status_code == 302
    assert his.get(amuse.shop.get_absolute_url()).headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("bulk", [False, True], ids=["page", "action"])
def test_whoever_stands_in_the_log_is_not_deleted_and_the_page_says_why(admin, a_claim, bulk):
    claim = a_claim(Status.ASKED)
    seller = deeds.open_attempt(claim).requested_by
    for kept in (seller, claim.shop, claim.order, claim.order.buyer, claim.order.buyer.user):
        model = type(kept)
        if bulk:
            sent = {"action": "delete_selected", "_selected_action": [kept.pk], "post": "yes"}
            response = admin.post(url(model), sent)
        else:
            response = admin.post(url(model, "delete", kept.pk), {"post": "yes"})
        assert response.status_code in (200, 403), model
        assert model.objects.filter(pk=kept.pk).exists(), model
        if not bulk:
            page = admin.get(url(model, "delete", kept.pk))
            assert page.status_code == 200
            assert page.context["protected"], model


def test_whoever_was_added_by_mistake_is_deleted(admin):
    person = User.objects.create(username="machigai")
    assert admin.post(url(User, "delete", person.pk), {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=person.pk).exists()


def test_an_order_and_its_buyer_are_written_down(admin, amuse):
    assert admin.post(url(Buyer, "add"), {"name": "金海燕", "language": "ja"}).status_code == 302
    sent = {
        "shop": amuse.shop_id,
        "buyer": Buyer.objects.get().pk,
        "number": "639726483",
        "item_code": "522669948",
        "item_title": "ワンピース",
        "quantity": "1",
        "total": "2500",
        "payment_nation": "JP",
        "ordered_at_0": "2021-07-01",
        "ordered_at_1": "12:00",
        "claims-TOTAL_FORMS": "0",
        "claims-INITIAL_FORMS": "0",
    }
    assert "制約" in text(admin.post(url(Order, "add"), sent | {"quantity": "0"}))
    assert admin.post(url(Order, "add"), sent).status_code == 302
    order = Order.objects.get()
    moved = sent | {"number": "1", "shipped_on": "2021-07-02", "ordered_at_0": "2020-01-01"}
    assert admin.post(url(Order, "change", order.pk), moved).status_code == 302
    changed = Order.objects.get()
    assert (changed.number, changed.ordered_at) == (order.number, order.ordered_at)
    assert str(changed.shipped_on) == "2021-07-02"


# --- rights --------------------------------------------------------------------------------------


def test_an_operator_for_people_gives_himself_no_rights(client_of, unei, amuse):
    client = client_of(allowed(unei, "view_user", "add_user", "change_user"))
    fields = {"username": "amuse", "language": "ja", "is_active": "on", "email": amuse.user.email}
    rights = {"is_staff": "on", "is_superuser": "on", "user_permissions": ["1"]}
    assert client.post(url(User, "change", amuse.user_id), fields | rights).status_code == 302
    amuse.user.refresh_from_db()
    assert not amuse.user.is_staff
    assert not amuse.user.is_superuser
    assert not amuse.user.user_permissions.exists()


def test_an_operator_for_people_does_not_take_over_those_with_rights(client_of, unei, operator):
    client = client_of(allowed(unei, "view_user", "change_user", "delete_user"))
    page = url(User, "change", operator.pk)
    assert client.get(page).status_code == 200  # to look at
    sent = {"username": "operator", "language": "ja", "email": "unei+1@example.com"}
    assert client.post(page, sent).status_code == 403
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    assert client.post(f"{url(User)}{operator.pk}/password/", passwords).status_code == 403
    assert client.post(url(User, "delete", operator.pk), {"post": "yes"}).status_code == 403
    client.post(url(User), {"action": "delete_selected", "_selected_action": [operator.pk], "post": "yes"})
    operator.refresh_from_db()
    assert operator.email == "operator@example.com"


# --- mails that were given up --------------------------------------------------------------------


def test_a_mail_that_was_given_up_is_found_and_sent_again(admin, operator, parked):
    found = admin.get(url(Notice), {"mail__exact": "parked"})
    assert rows(found) == [parked]
    assert "SMTPServerDisconnected" in text(found)
    sent = {"action": "send_again", "_selected_action": [parked.pk]}
    response = admin.post(url(Notice), sent, follow=True)
    assert "1件のメールを送信待ちに戻しました。" in text(response)
    parked.refresh_from_db()
    assert (parked.mail, parked.attempts) == (Notice.Mail.PENDING, 0)
    assert LogEntry.objects.get().user == operator

    delivery.send_due()
    parked.refresh_from_db()
    assert parked.mail == Notice.Mail.SENT
    assert [message.to for message in mail.outbox if "yunjee@example.com" in message.to] == [
        ["yunjee@example.com"]
    ]


def test_what_was_sent_or_waits_is_not_sent_again(admin, parked):
    Notice.objects.filter(pk=parked.pk).update(mail=Notice.Mail.PENDING)
    delivery.send_due()
    before = list(Notice.objects.values())
    chosen = list(Notice.objects.values_list("pk", flat=True))
    response = admin.post(url(Notice), {"action": "send_again", "_selected_action": chosen}, follow=True)
    assert f"{len(chosen)}件は送信中止ではないため、そのままです。" in text(response)
    assert list(Notice.objects.values()) == before
    assert not LogEntry.objects.exists()


def test_who_may_only_look_at_notices_sends_nothing(client_of, unei, parked):
    client = client_of(allowed(unei, "view_notice"))
    assert "もう一度送信する" not in text(client.get(url(Notice)))
    client.post(url(Notice), {"action": "send_again", "_selected_action": [parked.pk]})
    parked.refresh_from_db()
    assert parked.mail == Notice.Mail.PARKED


def test_mails_that_were_given_up_are_seen_at_a_glance(admin, client_of, unei, parked):
    said = "送信中止のメールが1件あります"
    for page in ("/admin/", url(Notice)):
        response = admin.get(page)
        assert said in text(response)
        assert f'href="{url(Notice)}?mail__exact=parked"' in response.content.decode()
    assert said not in text(client_of(allowed(unei, "view_claim")).get("/admin/")), "not his business"
    shown = text(admin.get(url(Notice), {"mail__exact": "parked"}))
    assert "12" in shown
    Notice.objects.filter(pk=parked.pk).update(mail=Notice.Mail.PENDING)
    assert said not in text(admin.get("/admin/"))
