"""Sign-in: by name or mail, limits that shut nobody else out, and the way out."""

import os
import subprocess
import sys

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from qsm.accounts.models import Shop, User
from tests.signing_in import HOME, OFFICE, PASSWORD, SLOW_DOWN, fail, let_in, sign_in, text, with_password

WRONG = "正しくありません"
TOO_MANY = "ログイン失敗が連続しています。時間が経ってからやり直してください。"


ARGON2 = "django.contrib.auth.hashers.Argon2PasswordHasher"


@pytest.fixture(autouse=True)
def _no_failures_yet(db, clock, settings):
    """Nobody has failed yet; and many tries cost little, with a hasher that is not made to be slow."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", ARGON2]
    cache.clear()


@pytest.fixture
def owner(amuse):
    """The owner of AMUSE_official, with a password."""
    return with_password(amuse.user)


# --- in ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["amuse", "AMUSE", " amuse ", "amuse@example.com", "Amuse@EXAMPLE.com"])
def test_people_sign_in_by_name_or_mail(owner, login):
    response = sign_in(login)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert let_in(response)


def test_an_address_written_in_capitals_is_found_by_the_sign_in(owner):
    owner.email = "Amuse.Owner@Example.COM"
    owner.save()
    assert let_in(sign_in("amuse.owner@example.com"))
    assert let_in(sign_in("Amuse.Owner@Example.COM"))


@pytest.mark.parametrize(
    ("login", "password"),
    [("amuse", "chigau"), ("amuse@example.com", "chigau"), ("dare-mo-inai", PASSWORD), ("x@y.z", "x" * 5000)],
)
def test_a_refusal_says_so_in_japanese_and_keeps_the_name(owner, login, password):
    """The same words whether the person exists or not."""
    response = sign_in(login, password)
    assert response.status_code == 200
    assert WRONG in text(response)
    assert f'value="{login}"' in response.content.decode()
    assert password not in response.content.decode()


def test_what_is_missing_is_said_at_the_field(owner):
    response = sign_in("", "")
    assert text(response).count("このフィールドは必須です。") == 2


def test_signing_in_gives_a_new_session(owner):
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    sign_in(client=client)
    assert client.session.session_key != before
    thief = Client()
    thief.cookies["sessionid"] = before
    assert thief.get("/").headers["Location"].startswith("/accounts/login/")


def test_a_session_lasts_the_seven_days_of_the_settings(owner, clock):
    client = Client()
    sign_in(client=client)
    assert client.cookies["sessionid"]["max-age"] == 7 * 24 * 60 * 60
    assert client.cookies["sessionid"]["httponly"]


def test_whoever_left_is_told_so_and_stays_out(owner):
    owner.is_active = False
    owner.save()
    response = sign_in()
    assert not let_in(response)
    page = response.client.get(response.headers["Location"])
    assert page.status_code == 200
    assert "このアカウントは現在無効です。" in text(page)


@pytest.mark.parametrize(
    "asked", ["/shops/AMUSE_official/claims/?status=asked", "/myqoo10/", "http://testserver/x"]
)
def test_whoever_was_sent_to_the_sign_in_goes_on_where_he_wanted(owner, asked):
    client = Client()
    page = client.get(reverse("account_login"), {"next": asked})
    assert page.context["redirect_field_value"] == asked
    assert sign_in(client=client, next=asked).headers["Location"] == asked


def test_where_he_wanted_survives_a_wrong_password(owner):
    response = sign_in(password="chigau", next="/myqoo10/")
    assert '<input type="hidden" name="next" value="/myqoo10/">' in response.content.decode()


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "https://evil.example/",
        "https:///evil.example",
        "http:\\\\evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://testserver@evil.example",
        "https://[",
        "\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_nobody_is_led_out_of_the_portal(owner, client_of, elsewhere):
    assert sign_in(next=elsewhere).headers["Location"] == "/"
    query = {"next": elsewhere}
    inside = client_of(owner)
    assert inside.get(reverse("account_login"), query).headers["Location"] == "/"
    assert inside.post(f"{reverse('account_logout')}", query).headers["Location"] == reverse("account_login")


# --- limits --------------------------------------------------------------------------------------


def test_five_failures_block_that_name_from_that_address_and_nowhere_else(owner, clerk, clock):
    with_password(clerk.user)
    assert WRONG in text(fail(5))
    blocked = sign_in()
    assert blocked.status_code == 200
    assert TOO_MANY in text(blocked)
    assert 'value="amuse"' in blocked.content.decode()
    assert not let_in(blocked)
    assert not let_in(sign_in("AMUSE"))
    assert let_in(sign_in(address=OFFICE)), "nobody can lock the owner out"
    assert let_in(sign_in("clerk")), "nor his neighbours"


def test_the_owner_enters_when_the_block_lifts(owner, clock):
    fail(5)
    clock.shift(299)
    assert not let_in(sign_in())
    clock.shift(2)
    assert let_in(sign_in())


def test_tries_while_blocked_do_not_prolong_the_block(owner, clock):
    fail(5)
    for _ in range(4):
        clock.shift(60)
        fail(3)
    clock.shift(61)
    assert let_in(sign_in())


def test_the_right_password_does_not_count_and_does_not_forgive(owner, clock):
    for _ in range(7):
        assert let_in(sign_in())
    fail(4)
    clock.shift(1)
    assert let_in(sign_in())
    fail(1)
    assert not let_in(sign_in())


def test_twenty_failures_a_minute_block_an_address_whatever_the_names(owner, clock):
    for name in range(20):
        assert WRONG in text(sign_in(f"guess-{name}"))
    assert TOO_MANY in text(sign_in())
    assert let_in(sign_in(address=OFFICE))
    clock.shift(61)
    assert let_in(sign_in())


def test_thirty_tries_a_minute_are_enough_for_an_address(owner):
    for _ in range(30):
        assert let_in(sign_in())
    refused = sign_in()
    assert refused.status_code == 429
    assert SLOW_DOWN in text(refused)
    assert not let_in(refused)
    assert let_in(sign_in(address=OFFICE))
    assert Client().get(reverse("account_login"), REMOTE_ADDR=HOME).status_code == 200


def test_the_limits_count_by_house_where_addresses_come_by_the_million(owner):
    """A guesser with IPv6 owns 2^64 addresses: they are one."""
    for end in range(5):
        fail(1, address=f"2001:db8::{end:x}")
    assert not let_in(sign_in(address="2001:db8::ffff"))
    assert let_in(sign_in(address="2001:db8:0:1::1"))


def test_the_limits_do_not_depend_on_the_name_of_the_portal(owner, settings):
    settings.ALLOWED_HOSTS = [".portal.example"]
    for host in range(5):
        fail(1, headers={"host": f"{host}.portal.example"})
    assert not let_in(sign_in(headers={"host": "www.portal.example"}))


def test_a_flood_of_names_does_not_wash_the_limits_away(owner):
    """The cache drops entries beyond its size: it must hold more than some guessers can write."""
    names = ["amuse", *(f"name-{other}" for other in range(9))]
    for house, name in enumerate(names):
        fail(5, login=name, address=f"198.51.100.{house}")
    for other in range(1000):
        cache.set(f"allauth:rl:allauth.account:login_failed:{other:x}", [1.0], 300)
    for house, name in enumerate(names):
        assert TOO_MANY in text(sign_in(name, address=f"198.51.100.{house}"))


def test_a_header_that_anybody_can_write_changes_no_address(owner):
    for lie in range(5):
        fail(1, headers={"x-forwarded-for": f"192.0.2.{lie}"})
    assert not let_in(sign_in(headers={"x-forwarded-for": "192.0.2.77"}))


def test_behind_one_proxy_the_address_is_the_one_it_saw(owner, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    proxy = {"address": "10.0.0.1"}
    for lie in range(5):
        fail(1, headers={"x-forwarded-for": f"192.0.2.{lie}, {HOME}"}, **proxy)
    assert not let_in(sign_in(headers={"x-forwarded-for": f"192.0.2.77, {HOME}"}, **proxy))
    assert let_in(sign_in(headers={"x-forwarded-for": f"{HOME}, {OFFICE}"}, **proxy))


@pytest.mark.parametrize("header", ["", "192.0.2.1", "unknown, unknown", "', 1, 1", ",,,", "é, é"])
@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_no_header_breaks_the_sign_in(owner, settings, header, proxies):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    assert sign_in(headers={"x-forwarded-for": header}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_dead_redis_locks_nobody_out(owner, settings):
    """The limits live in PostgreSQL: the portal signs people in, and counts, with Redis nowhere."""
    settings.PASSWORD_HASHERS = [ARGON2]  # as the portal has it
    with_password(owner)
    program = f"""
import django
django.setup()
from django.test import Client
from tests.signing_in import fail, let_in, sign_in
assert let_in(sign_in())
fail(5, address={OFFICE!r})
assert not let_in(sign_in(address={OFFICE!r}))
"""
    database = connection.settings_dict
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{database['NAME']}"
    env = os.environ | {
        "DATABASE_URL": url,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DJANGO_SETTINGS_MODULE": "qsm.settings",
        "ALLOWED_HOSTS": "testserver",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# --- out -----------------------------------------------------------------------------------------


def test_signing_out_is_a_post_and_ends_the_session(owner):
    client = sign_in().client
    key = client.session.session_key
    asked = client.get(reverse("account_logout"))
    assert asked.status_code == 200
    assert "ログアウトしますか？" in text(asked)
    assert client.get("/").status_code == 302
    assert let_in(asked)
    left = client.post(reverse("account_logout"))
    assert left.headers["Location"] == reverse("account_login")
    thief = Client()
    thief.cookies["sessionid"] = key
    assert thief.get("/").headers["Location"] == "/accounts/login/?next=/"


def test_signing_out_needs_the_form_of_the_portal(owner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.post(reverse("account_logout")).status_code == 403
    assert "_auth_user_id" in client.session


def test_nothing_is_said_later_to_somebody_else(owner, yunjee):
    """No greeting waits in a cookie for whoever uses the browser next."""
    client = sign_in().client
    client.post(reverse("account_logout"))
    client.force_login(yunjee.user)
    assert "amuse" not in text(client.get("/myqoo10/"))
    assert "ログアウトしました" not in text(client.get("/myqoo10/"))


# --- accounts are given, not taken ---------------------------------------------------------------


def test_nobody_signs_up(db):
    page = reverse("account_signup")
    assert "新規登録は受け付けていません" in text(Client().get(page))
    Client().post(page, {"username": "new", "email": "new@example.com", "password1": PASSWORD})
    assert not User.objects.exists()
    assert not Shop.objects.exists()
