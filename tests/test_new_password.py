"""パスワードの再設定: a mail for whoever owns the address; nobody learns who has an account."""

import io
import logging
import re

import pytest
from django.conf import settings as portal
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from qsm.accounts.models import User
from qsm.logs import MaskLinks
from tests.signing_in import HOME, PASSWORD, SLOW_DOWN, fail, let_in, sign_in, text, with_password

NEW_PASSWORD = "atarashii-aikotoba"
ASK = "/accounts/password/reset/"
SENT = "ご登録のあるアドレスの場合、再設定のリンクをお送りしました。"
DEAD = "このリンクは使用済みか、期限が切れています。"
PAGES = [
    "account_login",
    "account_logout",
    "account_signup",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
]


@pytest.fixture(autouse=True)
def _nobody_has_tried_yet(db, clock):
    cache.clear()


@pytest.fixture
def owner(amuse):
    """The owner of AMUSE_official, with a password."""
    return with_password(amuse.user)


def ask(email="amuse@example.com", client=None, **headers):
    return (client or Client()).post(ASK, {"email": email}, follow=True, headers=headers)


def link():
    """The path of the link in the last mail."""
    (address,) = re.findall(r"https?://\S+", mail.outbox[-1].body)
    assert address.startswith(f"{portal.PUBLIC_URL}{ASK}key/")
    return address.removeprefix(portal.PUBLIC_URL)


def choose(client, path, password=NEW_PASSWORD, again=None):
    """Opens the link and sends the form that it leads to."""
    opened = client.get(path, follow=True)
    form = opened.redirect_chain[-1][0] if opened.redirect_chain else path
    return client.post(form, {"password1": password, "password2": again or password}, follow=True)


def test_a_new_password_comes_by_mail_and_works(owner, client_of):
    elsewhere = client_of(owner)
    assert SENT in text(ask("Amuse@Example.com"))
    (sent,) = mail.outbox
    assert sent.to == ["amuse@example.com"]
    assert sent.subject == "【J・QSM】パスワードの再設定"
    assert "ユーザー名: amuse" in sent.body

    client = Client()
    form = client.get(link(), follow=True)
    assert "set-password" in form.redirect_chain[-1][0], "the key is not in the address of the form"
    assert "パスワードを変更しました" in text(choose(client, link()))
    assert "_auth_user_id" not in client.session, "the mail alone signs nobody in"
    assert not let_in(sign_in(password=PASSWORD))
    assert let_in(sign_in(password=NEW_PASSWORD))
    assert elsewhere.get("/").headers["Location"].startswith("/accounts/login/"), "other browsers are out"


def test_the_mail_is_all_in_japanese(owner):
    ask()
    ask("dare-mo@example.com")
    for sent in mail.outbox:
        words = re.sub(r"https?://\S+", "", sent.body)
        assert set(re.findall(r"[A-Za-z-]{2,}", words)) <= {"amuse", "QSM", "--"}


def test_an_unknown_address_is_answered_the_same(owner):
    """The page does not tell them apart; the mail, read only by whoever owns the address, does."""
    known, unknown = ask(), ask("dare-mo@example.com")
    assert known.redirect_chain == unknown.redirect_chain
    assert text(known) == text(unknown)
    assert [sent.to for sent in mail.outbox] == [["amuse@example.com"], ["dare-mo@example.com"]]
    assert "見つかりませんでした" in mail.outbox[1].body
    assert "http" not in mail.outbox[1].body, "there is no sign-up to lead to"


def test_whoever_left_gets_no_link(owner):
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert SENT in text(ask())
    assert "http" not in mail.outbox[0].body


def test_somebody_who_never_had_a_password_sets_the_first(owner):
    owner.set_unusable_password()
    owner.save()
    ask()
    choose(Client(), link())
    assert let_in(sign_in(password=NEW_PASSWORD))


def test_whoever_blocked_himself_comes_in_with_the_new_password(owner):
    fail(5)
    fail(5, login="amuse@example.com")
    assert not let_in(sign_in())
    ask()
    client = Client(REMOTE_ADDR=HOME)
    choose(client, link())
    assert let_in(sign_in(password=NEW_PASSWORD))
    assert let_in(sign_in("amuse@example.com", NEW_PASSWORD))


def test_a_link_works_once_and_for_three_days(owner, clock):
    ask()
    used = link()
    choose(Client(), used)
    again = Client().get(used)
    assert again.status_code == 200
    assert DEAD in text(again)

    ask()
    clock.shift(3 * 24 * 60 * 60 + 1)
    assert DEAD in text(Client().get(link()))


@pytest.mark.parametrize(
    "key",
    ["1-x", "zzzzzzzzzzzzz-x", "é-x", "1-set-password", "0-" + "x" * 2000, "--", "1-%2e%2e", "1-%F0%9F"],
)
def test_a_made_up_link_leads_nowhere(owner, key):
    page = Client().get(f"{ASK}key/{key}/")
    assert page.status_code in (200, 400, 404)
    assert "password1" not in page.content.decode()


@pytest.mark.parametrize(
    ("password", "again", "words"),
    [
        ("mijikai", None, "10 文字以上"),
        ("password1234", None, "一般的すぎます"),
        (NEW_PASSWORD, "chigau-aikotoba", "同じパスワードを入力してください"),
        ("amuse@example.com", None, "似すぎています"),
    ],
)
def test_a_weak_or_mistyped_password_is_refused_in_words(owner, password, again, words):
    ask()
    assert words in text(choose(Client(), link(), password, again))
    assert let_in(sign_in(password=PASSWORD))


def test_the_link_leads_to_the_portal_whatever_the_request_says(owner, settings):
    settings.ALLOWED_HOSTS = ["*"]
    ask(host="evil.example")
    assert link()
    assert "evil.example" not in mail.outbox[0].body


def test_logs_do_not_show_the_link(owner):
    ask()
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.addFilter(MaskLinks())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.warning("Too Many Requests: %s", link())
    assert lines.getvalue() == f"Too Many Requests: {ASK}key/***/\n"


@pytest.mark.parametrize("email", ["amuse@example.com", "dare-mo@example.com"])
def test_a_broken_mail_server_is_said_and_tells_nothing(owner, settings, email):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    response = ask(email)
    assert response.status_code == 503
    assert "ただいまメールを送信できません。" in text(response)
    assert email not in text(response)


def test_nobody_floods_an_address_with_mails(owner, clock):
    for _ in range(5):
        ask()
    assert len(mail.outbox) == 5
    refused = ask()
    assert refused.status_code == 429
    assert SLOW_DOWN in text(refused)
    assert len(mail.outbox) == 5
    clock.shift(61)
    assert SENT in text(ask())


@pytest.mark.parametrize(
    "email", ["", "amuse", "a@b", "é@example.com", "a\x00@example.com", "x" * 300 + "@y.z"]
)
def test_what_is_no_address_is_refused_in_words(db, email):
    response = ask(email)
    assert response.status_code == 200
    assert re.search(
        "このフィールドは必須です|有効なメールアドレス|入力することはできません|文字以下", text(response)
    )
    assert not mail.outbox


@pytest.mark.parametrize(
    "headers", [{}, {"x-requested-with": "XMLHttpRequest"}, {"accept": "application/json"}]
)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_the_portals_own(owner, client_of, name, headers):
    for client in (Client(), client_of(owner)):
        for response in (
            client.get(reverse(name), headers=headers),
            client.post(reverse(name), headers=headers),
        ):
            assert response.status_code in (200, 302, 405), name
            if response.status_code == 200:
                page = response.content.decode()
                assert '<html lang="ja">' in page
                assert not re.search(r"Sign |Menu:|Password|Email|account:|Log", text(response))
                assert 'class="brand"' in page
            assert response.headers["Content-Type"].startswith("text/html")


def test_there_is_no_other_page_of_allauths(owner, client_of):
    client = client_of(owner)
    for path in (
        "",
        "email/",
        "password/change/",
        "password/set/",
        "confirm-email/",
        "reauthenticate/",
        "login/code/",
    ):
        assert client.get(f"/accounts/{path}").status_code == 404, path
