"""The mail's own way out (RFC 8058): one click for a program, a page with a button for a person."""

import re

import pytest
from django.core import signing
from django.test import Client

from claims.statuses import Status
from messaging import mail_choices, mails
from messaging.models import MailGroup, MailOptOut, Notice
from tests import deeds
from tests.pages import posted, read

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything happens at one instant."""


@pytest.fixture
def stranger():
    """A mail program: no cookies, no login, and Django's CSRF check on."""
    return Client(enforce_csrf_checks=True)


def address_of(reader, group):
    return f"/mail/{mail_choices.sign(reader, group)}/"


def headers_of(notice):
    return mails.compose(notice).extra_headers


def test_only_mails_that_can_be_switched_off_offer_it(a_claim):
    claim = a_claim(Status.ASKED)
    deeds.cancel(claim)
    offered = {
        notice.topic: "List-Unsubscribe" in headers_of(notice)
        for notice in Notice.objects.filter(mail=Notice.Mail.PENDING)
    }
    assert offered == {"filed": True, "asked": False, "cancelled": True}
    for notice in Notice.objects.filter(mail=Notice.Mail.PENDING):
        mail = mails.compose(notice)
        said = "この種類のメールの停止" in mail.body, "この種類のメールを停止する" in mail.alternatives[0][0]
        assert said == (offered[notice.topic],) * 2


def test_one_click_switches_this_kind_off_for_this_reader(a_claim, amuse, clerk, stranger):
    a_claim()
    headers = headers_of(Notice.objects.get(member=clerk))
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (path,) = re.fullmatch(r"<http://localhost:8000(/mail/[^>\s]+/)>", headers["List-Unsubscribe"]).groups()
    for _ in range(2):  # as often as the program likes
        response = stranger.post(path, ONE_CLICK)
        assert response.status_code == 200, "no redirect (RFC 8058)"
    assert list(MailOptOut.objects.values_list("member", "group")) == [(clerk.pk, "claims")]
    assert mail_choices.wanted(amuse) == list(mail_choices.OF_MEMBERS)


@pytest.mark.parametrize("encoding", ["multipart", "urlencoded", "nothing"])
def test_however_the_program_posts_it(yunjee, stranger, encoding):
    address = address_of(yunjee, MailGroup.MESSAGES)
    if encoding == "urlencoded":
        body = "List-Unsubscribe=One-Click"
        stranger.post(address, body, content_type="application/x-www-form-urlencoded")
    else:
        stranger.post(address, ONE_CLICK if encoding == "multipart" else {})
    assert mail_choices.wanted(yunjee) == ["processing"]


def test_opening_it_asks_and_changes_nothing(yunjee, stranger):
    address = address_of(yunjee, MailGroup.PROCESSING)
    for _ in range(3):
        page = stranger.get(address)
        stranger.head(address)
    assert not MailOptOut.objects.exists()
    assert "「処理のお知らせ」のメールを停止しますか？" in read(page).text
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    for personal in ("yunjee", "example.com"):
        assert personal not in page.content.decode()


def test_a_person_stops_and_takes_it_back(yunjee, stranger):
    address = address_of(yunjee, MailGroup.PROCESSING)
    stopped = stranger.post(address, posted(read(stranger.get(address)).one("form")))
    assert "「処理のお知らせ」のメールは停止しています。" in read(stopped).text
    assert "撤回要請と、その回答期限のお知らせは停止されません" in read(stopped).text
    assert mail_choices.wanted(yunjee) == ["messages"]
    stranger.post(address, posted(read(stopped).one("form")))
    assert mail_choices.wanted(yunjee) == ["messages", "processing"]


def test_a_buyer_without_an_account_has_it_too(csma, stranger):
    page = stranger.post(address_of(csma, MailGroup.MESSAGES), ONE_CLICK)
    assert mail_choices.wanted(csma) == ["processing"]
    assert not [link for link in read(page).all("a") if "notifications" in link["href"]]


def forged(yunjee):
    token = mail_choices.sign(yunjee, MailGroup.MESSAGES)
    signed = signing.Signer(salt=mail_choices.SALT).sign
    yield from ("x", token[:-1], token + "x", token.replace("buyer", "member"), ":", "a:b:c", "９:x")
    yield signing.Signer(salt="claims.withdrawal-link").sign(token.split(":")[0])
    yield from map(signed, ("1", "buyer", "buyer.x.messages", "buyer.1.asked", "buyer.1", "a.b.c.d"))
    yield signed(f"buyer.{10**30}.messages")
    yield signed("buyer.999999.messages")


@pytest.mark.parametrize("number", range(15))
def test_what_we_did_not_sign_for_this_does_not_exist(yunjee, stranger, number):
    token = list(forged(yunjee))[number]
    for call in (stranger.get, stranger.post):
        assert call(f"/mail/{token}/", ONE_CLICK).status_code == 404
    assert not MailOptOut.objects.exists()


def test_a_member_who_is_gone_has_nothing_to_stop(clerk, stranger):
    address = address_of(clerk, MailGroup.CLAIMS)
    clerk.delete()
    assert stranger.get(address).status_code == 404
    assert stranger.post(address, ONE_CLICK).status_code == 404


def test_the_token_survives_the_change_of_the_secret_key(yunjee, stranger, settings):
    address = address_of(yunjee, MailGroup.MESSAGES)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    assert stranger.post(address, ONE_CLICK).status_code == 200
