"""A form's files survive its refusals, and nobody sends another's (claims/uploads.py)."""

import pytest
from django.test import RequestFactory

from claims import access
from claims.models import Attachment
from claims.uploads import Uploads
from tests.clock import NOW
from tests.pictures import upload


@pytest.fixture
def sent(an_order, amuse):
    """What a post by `who` about the order leaves: `sent(files=[…], kept=[…], drop=…)`."""
    order = an_order()

    def post(*, who=None, about=order, for_buyer=True, **data):
        who = who or amuse
        request = RequestFactory().post("/", data)
        return Uploads(
            request,
            shop=who.shop,
            order=about,
            by=access.as_seller(who),
            now=NOW,
            for_buyer=for_buyer,
        )

    return post


def test_what_was_taken_is_kept_through_a_second_sending(sent):
    first = sent(files=[upload("a.jpg"), upload("b.txt", b"b"), upload("c.jpg")])
    assert [one.name for one in first.attachments] == ["a.jpg", "c.jpg"]
    assert [error[:8] for error in first.errors] == ["「b.txt」は"]
    again = sent(kept=[one.key for one in first.attachments], files=[upload("d.jpg")])
    assert [one.name for one in again.attachments] == ["a.jpg", "c.jpg", "d.jpg"]
    assert not again.errors
    assert Attachment.objects.filter(sent_at__isnull=True).count() == 3


def test_more_than_five_are_not_taken(sent):
    first = sent(files=[upload() for _ in range(4)])
    more = sent(kept=[one.key for one in first.attachments], files=[upload(), upload()])
    assert len(more.attachments) == 5
    assert more.errors == ["添付できるファイルは5個までです。「photo.jpg」は添付していません。"]


def test_only_what_just_came_is_fresh(sent):
    first = sent(files=[upload("a.jpg")])
    again = sent(kept=[one.key for one in first.attachments], files=[upload("b.jpg")])
    assert [one.name for one in again.fresh] == ["b.jpg"]


def test_a_file_that_is_gone_is_told(sent):
    mine = sent(files=[upload()]).attachments[0]
    mine.send(NOW)
    assert "送信済みか削除済みです" in sent(kept=[mine.key]).errors[0]
    assert not sent(kept=[mine.key], drop=[mine.key]).errors, "dropped twice is dropped"


def test_one_is_dropped(sent, uploads, django_capture_on_commit_callbacks):
    first = sent(files=[upload("a.jpg"), upload("b.jpg")])
    a, b = first.attachments
    with django_capture_on_commit_callbacks(execute=True):
        left = sent(kept=[a.key, b.key], drop=[a.key])
    assert left.dropped
    assert left.attachments == [b]
    assert [path.name for path in uploads.rglob("*") if path.is_file()] == [b.key.hex]


def test_nobody_sends_or_drops_anothers(sent, clerk, rival, an_order):
    mine = sent(files=[upload()]).attachments[0]
    assert not sent(who=clerk, kept=[mine.key], drop=[mine.key])
    assert not sent(who=rival, about=None, kept=[mine.key], drop=[mine.key])
    assert not sent(about=an_order(), kept=[mine.key]), "of another order"
    assert not sent(for_buyer=False, kept=[mine.key]), "of an inquiry"
    mine.send(NOW)
    assert not sent(kept=[mine.key], drop=[mine.key]), "what was sent is no draft"
    assert Attachment.objects.get() == mine


@pytest.mark.parametrize("key", ["", "x", "\x00", "1" * 10_000, "00000000-0000-0000-0000-000000000000"])
def test_what_is_no_key_is_nobodys(sent, key):
    assert not sent(kept=[key], drop=[key])
