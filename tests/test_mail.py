"""What a mail looks like: text and HTML, headers that nobody can write into, links, the reader's language."""

import gettext
import shutil
import struct
from email.parser import BytesParser
from email.policy import default

import pytest
from django.utils import translation

from claims.models import Order
from claims.statuses import Status
from messaging import delivery, mails, notices
from messaging.models import TITLE_MAX, Announcement, Inquiry, Notice
from qsm.accounts.models import Buyer
from tests import deeds
from tests.clock import NOW
from tests.pages import read, read_html

TAGS = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
LINE_BREAK = "639\r\nBcc: evil@example.com\r\n\r\n<script>"
# Titles that somebody types; the subject that comes of them.
TITLES = {
    "line breaks": (
        "a\r\nBcc: evil@example.com\r\n\r\nb\x0bc\x85d\u2028e",
        "a Bcc: evil@example.com b c d e",
    ),
    "a text without end": ("長" * TITLE_MAX, None),
    "marks that turn the direction": ("\u202eabc\u2066def\u200f\u061c!", "abc def !"),
    "controls": ("a\x01\x1b[31mb\x7fc", "a [31mb c"),
    "invisible letters": ("\u200ba\ufeffb\u00adc", "a b c"),
    "an encoded word": ("=?utf-8?q?Bcc=3A_x?=", "= ?utf-8?q?Bcc=3A_x?="),
    "percent signs": ("100%(x)s %s %", "100%(x)s %s %"),
    "emoji": ("届きました🎉", "届きました🎉"),
}
HEADERS = {"Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted"}
UNSUBSCRIBE = {"List-Unsubscribe", "List-Unsubscribe-Post"}


def sent(mail):
    """The mail as the reader's program reads it."""
    return BytesParser(policy=default).parsebytes(mail.message().as_bytes())


def page_of(mail):
    """The HTML of a mail, every element closed."""
    return read_html(sent(mail).get_body(["html"]).get_content())


@pytest.fixture
def asked(a_claim, clock):
    """The mail of a request, and its notice."""
    a_claim(Status.ASKED)
    notice = Notice.objects.get(buyer__isnull=False)
    return mails.compose(notice), notice


def announce(amuse, **words):
    announcement = Announcement.objects.create(
        shop=amuse.shop, author=amuse.user, sent_at=NOW, **{"title": "題", "body": "文", **words}
    )
    notices.post_announcement(announcement)
    return mails.compose(Notice.objects.get(announcement=announcement, member=amuse))


# --- text and HTML -------------------------------------------------------------------------------


def test_a_mail_says_the_same_in_text_and_in_html(asked):
    mail, notice = asked
    parsed = sent(mail)
    assert parsed.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    text, page = parsed.get_body(["plain"]).get_content(), page_of(mail)
    for line in filter(None, notices.text(notice).splitlines()):
        assert line in text
        assert line in page.text
    assert page.one("html")["lang"] == "ja"
    assert page.one("title").text == page.one("h1").text == notices.subject(notice)
    button, plain = page.all("a")
    assert (button.text, plain.text) == ("内容を見て回答する", mails.address(notice))
    assert button["href"] == plain["href"] == mails.address(notice)
    assert f"\n{mails.address(notice)}\n" in text


def test_a_mail_loads_nothing_and_reads_in_the_dark(asked):
    page = page_of(asked[0])
    assert not [element for element in page if element.tag in ("img", "link", "script", "iframe", "object")]
    assert "url(" not in page.one("style").text
    assert "prefers-color-scheme: dark" in page.one("style").text
    assert page.one("meta", name="color-scheme")["content"] == "light dark"


def test_what_people_typed_is_no_markup(a_claim, an_order, amuse, clock):
    order = an_order(item_title=TAGS)
    deeds.ask(a_claim(order=order), reason=TAGS)
    for mail in (
        mails.compose(Notice.objects.get(buyer__isnull=False)),
        announce(amuse, title=TAGS, body=TAGS),
    ):
        page = page_of(mail)
        assert not page.has("script")
        assert not page.has("img")
        assert TAGS in page.text
        assert TAGS in sent(mail).get_body(["plain"]).get_content(), "plain text is not escaped"


@pytest.mark.parametrize("host", ["evil.example", "localhost:1"])
def test_links_are_those_of_the_setting(asked, settings, host, client):
    settings.PUBLIC_URL = "https://portal.example"
    client.get("/", headers={"host": host})
    mail = mails.compose(asked[1])
    assert all(link["href"].startswith("https://portal.example/r/") for link in page_of(mail).all("a"))
    assert mail.extra_headers["Message-ID"].endswith("@portal.example>")


# --- headers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("title", "subject"), TITLES.values(), ids=TITLES)
def test_no_title_becomes_a_header(amuse, title, subject):
    mail = announce(amuse, title=title)
    parsed = sent(mail)
    assert set(parsed.keys()) == HEADERS | UNSUBSCRIBE
    assert parsed["Subject"].strip() == (subject if subject is not None else title)
    assert mail.recipients() == ["amuse@example.com"]
    assert len(parsed.keys()) == len(set(parsed.keys())), "each once"


def test_a_subject_has_an_end(amuse, operator, clock):
    inquiry = Inquiry.objects.create(
        shop=amuse.shop, author=amuse.user, category="other", title="長" * TITLE_MAX, body="x", sent_at=NOW,
        state="answered", answer="はい", answered_at=NOW, answered_by=operator,
    )  # fmt: skip
    notices.post_inquiry_answer(inquiry)
    notice = Notice.objects.get(inquiry=inquiry, member=amuse)
    assert len(notices.subject(notice)) == notices.SUBJECT_MAX
    assert notices.subject(notice).endswith("長…")
    assert max(map(len, mails.compose(notice).message().as_bytes().split(b"\n"))) <= 998
    assert notices.one_line("長" * 10_000) == "長" * (notices.SUBJECT_MAX - 1) + "…"


def test_no_text_of_anybody_becomes_a_header(a_claim, an_order, mailoutbox, clock):
    order = an_order(item_title=LINE_BREAK, cart_number="1\nTo: x")
    deeds.ask(a_claim(order=order), reason=LINE_BREAK)
    Order.objects.filter(pk=order.pk).update(number="1\r\nBcc:e@ex.com")
    assert delivery.send_due() == 2
    for mail in mailoutbox:
        parsed = sent(mail)
        assert set(parsed.keys()) - UNSUBSCRIBE == HEADERS
        assert mail.recipients() in (["yunjee@example.com"], ["amuse@example.com"])


def test_the_senders_name_is_whole_and_no_reply_answers_by_itself(asked, settings):
    settings.DEFAULT_FROM_EMAIL = '"J・QSM, 運営" <no-reply@portal.example>'
    parsed = sent(mails.compose(asked[1]))
    (sender,) = parsed["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("J・QSM, 運営", "no-reply@portal.example")
    assert parsed["Auto-Submitted"] == "auto-generated"


def test_every_notice_has_one_message_id_for_ever(a_claim, clerk, clock):
    a_claim(Status.ASKED)
    mailed = list(Notice.objects.filter(mail=Notice.Mail.PENDING))
    ids = [mails.compose(notice).extra_headers["Message-ID"] for notice in mailed]
    assert len(set(ids)) == len(ids) == 3
    clock.shift(86400)
    assert [mails.compose(notice).extra_headers["Message-ID"] for notice in mailed] == ids


# --- the reader's language -----------------------------------------------------------------------

KOREAN = {
    "【要回答】%(order)s %(kind)sの撤回要請（%(last_day)sまで）": "[회신 요청] %(order)s %(kind)s 철회 요청 (%(last_day)s)",
    "%(order)s %(kind)sの申請が届きました": "%(order)s %(kind)s 신청",
    "返品": "반품",
    "内容を見て回答する": "확인하고 답하기",
    "このメールは自動で送信されています。": "자동으로 발송된 메일입니다.",
}


def write_catalogue(path, words):
    """A GNU .mo file of `words`, as msgfmt writes it."""
    words = {"": "Content-Type: text/plain; charset=UTF-8\n", **words}
    pairs = sorted((key.encode(), value.encode()) for key, value in words.items())
    at = 28 + 16 * len(pairs)
    tables, texts = [[], []], b""
    for side in (0, 1):
        for pair in pairs:
            tables[side].append(struct.pack("<II", len(pair[side]), at + len(texts)))
            texts += pair[side] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, at)
    path.parent.mkdir(parents=True)
    path.write_bytes(head + b"".join(tables[0] + tables[1]) + texts)


@pytest.fixture
def korean(tmp_path, settings):
    """한국어 is a language of the portal, with a catalogue of a few words."""
    write_catalogue(tmp_path / "ko/LC_MESSAGES/django.mo", KOREAN)
    settings.LANGUAGES = [("ja", "日本語"), ("ko", "한국어")]
    settings.LOCALE_PATHS = [tmp_path]
    yield
    shutil.rmtree(tmp_path / "ko")
    translation.trans_real._translations.clear()
    gettext._translations.clear()
    translation.activate("ja")


def test_mail_and_qpost_speak_the_buyers_language(korean, a_claim, client_of, yunjee, mailoutbox, clock):
    Buyer.objects.filter(pk=yunjee.pk).update(language="ko")
    yunjee.refresh_from_db()
    claim = a_claim(Status.ASKED, buyer=yunjee)
    notice = Notice.objects.get(buyer__isnull=False)
    subject = f"[회신 요청] {claim.order.number} 반품 철회 요청 (7/19(월요일))"  # the weekday is Django's own
    assert notices.subject(notice) == subject
    delivery.send_due()
    mail = next(mail for mail in mailoutbox if mail.to == ["yunjee@example.com"])
    assert mail.subject == subject
    assert "자동으로 발송된 메일입니다." in mail.body
    page = page_of(mail)
    assert page.one("html")["lang"] == "ko"
    assert page.all("a")[0].text == "확인하고 답하기"
    assert next(mail for mail in mailoutbox if mail.to == ["amuse@example.com"]).subject.endswith(
        "申請が届きました"
    )
    qpost = read(client_of(yunjee).get("/myqoo10/")).one("section", aria_labelledby="qpost-heading")
    assert qpost.one("li").one("a").text == subject
    assert translation.get_language() == "ja"


def test_each_member_reads_the_shops_notices_in_his_own_language(
    korean, a_claim, client_of, amuse, clerk, mailoutbox, clock
):
    clerk.user.language = "ko"
    clerk.user.save()
    claim = a_claim()
    said = {amuse: f"{claim.order.number} 返品の申請が届きました", clerk: f"{claim.order.number} 반품 신청"}
    delivery.send_due()
    assert {mail.to[0]: mail.subject for mail in mailoutbox} == {
        member.user.email: words for member, words in said.items()
    }
    for member, words in said.items():
        page = read(client_of(member).get("/shops/AMUSE_official/inquiries/?tab=qoo10"))
        assert page.one("html")["lang"] == member.user.language
        assert words in page.text


def test_a_language_without_words_falls_back_to_the_japanese(korean, a_claim, yunjee, clock):
    Buyer.objects.filter(pk=yunjee.pk).update(language="ko")
    claim = a_claim(Status.ASKED)
    deeds.cancel(claim)
    notice = Notice.objects.filter(buyer__isnull=False).first()
    assert notices.subject(notice) == f"{claim.order.number} 반품の撤回要請は取り消されました"


# --- as files, in the demo -----------------------------------------------------------------------


def test_the_demo_writes_each_mail_to_a_file_of_its_own(a_claim, clerk, settings, tmp_path, clock):
    settings.EMAIL_BACKEND = "qsm.mail_files.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    a_claim(Status.ASKED)
    assert delivery.send_due() == 3
    found = [
        BytesParser(policy=default).parsebytes(file.read_bytes()) for file in (tmp_path / "mail").iterdir()
    ]
    assert sorted(mail["To"] for mail in found) == [
        "amuse@example.com", "clerk@example.com", "yunjee@example.com",
    ]  # fmt: skip
    assert {file.suffix for file in (tmp_path / "mail").iterdir()} == {".eml"}
    assert all(mail.get_body(["html"]) for mail in found)
