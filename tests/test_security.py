"""What no input and no visitor gets past: headers, policy, escaping, hostile bytes, a busy database."""

import json
import os
import re
import subprocess
import sys

import psycopg
import pytest
from django.db import connection
from django.test import Client

from claims import links
from claims.models import ClaimEvent
from claims.statuses import Status
from messaging.models import Notice
from tests import deeds
from tests.clock import NOW
from tests.pages import read

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
DESK = "/shops/AMUSE_official/claims/"
INBOX = "/shops/AMUSE_official/inquiries/"
XSS = [
    "<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    "</dialog><svg/onload=alert(1)>",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "javascript:alert(1)",
    "&lt;b&gt;&#x3C;i&#x3E;",
    "\u202e<b>\u2028</b>",
]


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything is read at one instant."""


@pytest.fixture
def every_page(seller, buyer, viewer, operator, client_of, a_claim, a_message):
    """The answers of every screen in every state that a person can bring it to."""

    def open_all():
        stranger = Client()
        claim = {
            status: a_claim(status) for status in (Status.RETURN_REQUESTED, Status.ASKED, Status.ON_HOLD)
        }
        a_message(order=claim[Status.ASKED].order)
        asked, ended = claim[Status.ASKED].withdrawals.get(), claim[Status.ON_HOLD].withdrawals.get()
        ask = f"{DESK}{claim[Status.RETURN_REQUESTED].number}/withdrawal/"
        for address in ("/accounts/login/", "/accounts/password/reset/", "/accounts/signup/", "/nowhere/"):
            yield stranger.get(address)
        yield stranger.get(f"/r/{links.sign(ended.pk)}/")
        yield stranger.get(f"/r/{links.sign(asked.pk)}/", follow=True)
        for address in (
            "",
            "?cell=asked",
            "?tab=search&since=x",
            "board/",
            *(f"{one.number}/" for one in claim.values()),
        ):
            yield seller.get(DESK + address)
        yield seller.post(ask, {"withdraw": "Y", "reason": "理由"})
        seen = claim[Status.RETURN_REQUESTED].events.last().pk
        yield seller.post(ask, {"withdraw": "Y", "reason": "", "seen": seen})
        yield seller.get(INBOX)
        yield seller.get(INBOX + "?tab=qoo10")
        yield client_of(viewer).post(ask, {"withdraw": "Y", "reason": "理由"})
        yield seller.get("/accounts/logout/")
        yield Client(enforce_csrf_checks=True).post("/accounts/login/", {})
        for address in (
            "",
            f"claims/{claim[Status.ON_HOLD].number}/?choice=drop",
            f"requests/{asked.pk}/?choice=reject",
        ):
            yield buyer.get("/myqoo10/" + address)
        yield buyer.post(f"/myqoo10/requests/{asked.pk}/answer/", {"answer": "accept"})
        yield client_of(operator).get("/nowhere/")

    return open_all


# --- headers -----------------------------------------------------------------------------------------


def test_every_answer_carries_the_policy_and_its_companions(every_page):
    answers = list(every_page())
    assert {answer.status_code for answer in answers} == {200, 403, 404, 410, 422}
    for answer in answers:
        policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
        assert policy == POLICY, answer.request["PATH_INFO"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert "no-store" in answer["Cache-Control"]


def test_no_answer_needs_anything_that_the_policy_forbids(every_page):
    for answer in every_page():
        for element in read(answer):
            where = f"{answer.request['PATH_INFO']}: {element}"
            assert not [name for name in element.attrs if name.startswith(("on", "hx-on", "data-hx-on"))], (
                where
            )
            assert "style" not in element.attrs, where
            assert element.tag != "style", where
            assert element.tag not in ("iframe", "object", "embed", "base"), where
            if element.tag == "script":
                assert element["src"].startswith("/static/"), where
                assert not element.children, where
            for name in ("href", "action", "src", "hx-get", "hx-post"):
                assert not element.attrs.get(name, "").strip().lower().startswith("javascript:"), where
            assert not re.match(r"\s*js:|.*\[", element.attrs.get("hx-trigger", "")), where


def test_outside_links_open_without_an_opener(every_page):
    for answer in every_page():
        for link in read(answer).all("a", target="_blank"):
            assert link["rel"] == "noopener noreferrer"


def test_posts_come_from_our_own_forms_only(a_claim, amuse):
    claim = a_claim()
    client = Client(enforce_csrf_checks=True)
    client.force_login(amuse.user)
    response = client.post(
        f"{DESK}{claim.number}/withdrawal/", {"withdraw": "Y", "reason": "x", "confirmed": "1"}
    )
    assert response.status_code == 403
    assert "ページの有効期限が切れました" in response.content.decode()
    assert not claim.withdrawals.exists()


@pytest.mark.parametrize("flag", ["httponly", "samesite"])
def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(amuse, flag):
    amuse.user.set_password("a-long-password")
    amuse.user.save()
    response = Client().post("/accounts/login/", {"login": "amuse", "password": "a-long-password"})
    assert set(response.cookies) >= {"sessionid", "csrftoken"}
    for name in ("sessionid", "csrftoken"):
        assert response.cookies[name][flag] == {"httponly": True, "samesite": "Lax"}[flag]


def test_with_https_everything_is_bound_to_it():
    names = (
        "SESSION_COOKIE_NAME CSRF_COOKIE_NAME SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SESSION_COOKIE_HTTPONLY "
        "CSRF_COOKIE_HTTPONLY SESSION_COOKIE_SAMESITE SECURE_SSL_REDIRECT SECURE_HSTS_SECONDS"
    )
    code = f"import json; from qsm import settings; print(json.dumps([getattr(settings, n) for n in '{names}'.split()]))"
    environment = {**os.environ, "HTTPS": "true"}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    assert json.loads(said.stdout) == [
        "__Host-sessionid",
        "__Host-csrftoken",
        *[True] * 4,
        "Lax",
        True,
        31_536_000,
    ]


# --- bytes that nothing can hold -----------------------------------------------------------------------

ADDRESSES = [
    "{}",
    f"{DESK}{{}}/",
    f"{DESK}?cell={{}}",
    f"{DESK}?{{}}=1",
    f"{INBOX}?order={{}}",
    "/r/{}/",
    "/myqoo10/claims/{}/",
]


@pytest.mark.parametrize("bytes_", ["%00", "a%00b", "%FF", "%C3%28", "%ED%A0%80", "%F8%88%80%80%80"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_no_text_is_refused(seller, address, bytes_):
    path = address.format(f"/{bytes_}" if address == "{}" else bytes_)
    response = seller.get(path)
    assert response.status_code in ((400,) if "?" in path or "%00" in path else (400, 404))
    assert seller.post(path).status_code in (400, 404, 405)


@pytest.mark.parametrize(
    "value",
    ['"abcdefgh\\000"', "a" * 5000, "\u3042".encode().decode("latin-1"), '"\\377\\376abcdefgh"', "{}", ""],
)
@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "messages", "request-1"])
def test_no_cookie_breaks_a_page(a_claim, name, value):
    attempt = a_claim(Status.ASKED).withdrawals.get()
    client = Client(headers={"Cookie": f"{name.replace('-1', f'-{attempt.pk}')}={value}"})
    for address in (DESK, "/accounts/login/", f"/myqoo10/requests/{attempt.pk}/", "/nowhere/"):
        assert client.get(address).status_code in (200, 302, 400, 404), address


@pytest.mark.parametrize(
    "header", ["HX-Target", "HX-Current-URL", "HX-Request", "Accept-Language", "Referer", "User-Agent"]
)
@pytest.mark.parametrize(
    "value", ["", "\u3042".encode().decode("latin-1"), "x" * 5000, "%00", "<script>", "true"]
)
def test_no_header_breaks_a_page(seller, header, value):
    response = seller.get(DESK, headers={header: value})
    assert response.status_code == 200
    assert "<script>" not in response.content.decode()


@pytest.mark.parametrize("host", ["evil.example", "a b", "%00", "[::1", ""])
def test_a_host_that_is_not_ours_is_refused(seller, host):
    assert seller.get("/accounts/login/", HTTP_HOST=host).status_code == 400


@pytest.mark.parametrize(
    "name", ["page", "sort", "cell", "tab", "period", "since", "until", "status", "unheard"]
)
@pytest.mark.parametrize(
    "value",
    ["", "-1", "9" * 400, "1e9", "NaN", "'\"<>&;%", "../../etc/passwd", "{{7*7}}", "\u202e", "あ" * 900],
)
def test_whatever_stands_in_the_address_there_is_a_page(seller, a_claim, name, value):
    claim = a_claim(Status.ASKED)
    for path in (DESK, f"{DESK}{claim.number}/", f"{DESK}board/"):
        for query in ({name: value}, {"tab": "search", name: value}, {name: [value, "2"]}):
            assert seller.get(path, query).status_code == 200


def test_an_upload_that_is_too_long_is_refused(seller, a_claim):
    claim = a_claim()
    response = seller.post(f"{DESK}{claim.number}/withdrawal/", {"withdraw": "Y", "reason": "x" * 3_000_000})
    assert response.status_code in (400, 413, 422)
    many = {f"f{number}": "1" for number in range(2000)}
    assert seller.post(f"{DESK}{claim.number}/withdrawal/", many).status_code == 400


# --- what people typed is text -------------------------------------------------------------------------


def shape(response):
    """The page's elements without their text: what a text may never change."""
    return [(element.tag, sorted(element.attrs)) for element in read(response)]


@pytest.mark.parametrize("text", XSS)
def test_what_people_typed_stays_text_wherever_it_is_shown(seller, buyer, a_claim, an_order, a_message, text):
    def screens(typed):
        order = an_order(
            item_title=typed, option=typed, receiver=typed, external_ad=typed, tracking_number=typed[:50]
        )
        claim = a_claim(
            Status.RETURN_REQUESTED, order=order, reason=typed, reason_text=typed, pickup_method=typed
        )
        a_message(order=order, title=typed, body=typed)
        first = deeds.ask(claim, NOW, reason=typed)
        yield seller.get(f"{DESK}{claim.number}/")
        yield buyer.get(f"/myqoo10/requests/{first.pk}/")
        deeds.reject(claim, NOW, text=typed)
        yield seller.get(f"{DESK}{claim.number}/?cell=on_hold")
        yield seller.post(f"{DESK}{claim.number}/withdrawal/repeat/", {"reason": typed})
        yield seller.get(INBOX, {"order": order.number})
        yield seller.get(INBOX, {"order": order.number, "tab": "qoo10"})
        yield buyer.get(f"/myqoo10/claims/{claim.number}/")
        yield buyer.get("/myqoo10/")
        deeds.drop(claim, NOW)
        Notice.objects.all().delete()

    for plain, hostile in zip(screens("ふつう"), list(screens(text)), strict=True):
        html = hostile.content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "<svg/onload" not in html
        assert "<b>" not in html
        assert "1414" not in html
        assert {tag for tag, _ in shape(hostile)} <= {tag for tag, _ in shape(plain)} | {"br"}
        assert {name for _, names in shape(hostile) for name in names} <= {
            name for _, names in shape(plain) for name in names
        }


@pytest.mark.parametrize("text", XSS)
def test_a_typed_text_comes_back_as_it_was(seller, a_claim, text):
    response = seller.post(f"{DESK}{a_claim().number}/withdrawal/", {"withdraw": "N", "reason": text})
    assert response.status_code in (409, 422)
    assert text in read(response).one("textarea", name="reason").children


# --- a busy database -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Target": "claim"}], ids=["page", "part"])
def test_a_row_that_somebody_holds_is_a_503_and_nothing_changes(seller, a_claim, headers):
    claim = a_claim()
    events = ClaimEvent.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    with other_connection() as other:
        other.execute("SELECT 1 FROM claims_claim WHERE id = %s FOR UPDATE", [claim.pk])
        answer = seller.post(
            f"{DESK}{claim.number}/withdrawal/",
            {"withdraw": "Y", "reason": "発送済みです", "confirmed": "1"},
            headers=headers,
        )
        assert answer.status_code == 503
        assert "変更は行われていません" in answer.content.decode()
        assert seller.get(f"{DESK}{claim.number}/").status_code == 200, "reading waits for nobody"
    assert not claim.withdrawals.exists()
    assert ClaimEvent.objects.count() == events
    again = seller.post(
        f"{DESK}{claim.number}/withdrawal/", {"withdraw": "Y", "reason": "発送済みです", "confirmed": "1"}
    )
    assert again.status_code == 303, "trying again is right"


def other_connection():
    """Another session of the tests' database."""
    at = connection.settings_dict
    return psycopg.connect(
        host=at["HOST"], port=at["PORT"], user=at["USER"], password=at["PASSWORD"], dbname=at["NAME"]
    )
