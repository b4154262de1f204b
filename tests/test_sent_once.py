"""One form is one message, however many send it at the same moment (SPEC 7)."""

from uuid import uuid4

import pytest

from claims import access, files
from claims.transitions import Refused
from messaging import conversation, drafts
from messaging.conversation import AlreadySent
from messaging.models import Draft, Inquiry, Message, Notice
from tests.clock import NOW
from tests.pictures import upload
from tests.test_races import race

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {"category": "other", "title": "ご案内", "body": "お待ちください。"}
ROUNDS = 5


def sent_once(results):
    """One was sent, and the others were led to it."""
    (sent,) = [result for result in results if not isinstance(result, Exception)]
    for result in results:
        assert result == sent or (isinstance(result, AlreadySent) and result.sent == sent), repr(result)
    return sent


def test_the_shops_message(amuse, an_order):
    order = an_order()
    for _ in range(ROUNDS):
        key = uuid4()
        photo = files.keep(
            files.check(upload()), shop=order.shop, order=order, by=access.as_seller(amuse), now=NOW
        )

        def send(key=key, photo=photo):
            return conversation.write_to_buyer(order, **WORDS, by=amuse, now=NOW, files=[photo], key=key)

        sent = sent_once(race(send, send, send))
        assert list(sent.files.all()) == [photo]
    assert Message.objects.count() == ROUNDS
    assert Notice.objects.filter(message__isnull=False).count() == ROUNDS


def test_the_buyers_message(yunjee, an_order):
    order = an_order()
    for _ in range(ROUNDS):
        key = uuid4()

        def send(key=key):
            return conversation.write_to_shop(order, **WORDS, by=yunjee, now=NOW, key=key)

        sent_once(race(send, send, send))
    assert Message.objects.count() == ROUNDS


def test_one_key_on_two_orders(yunjee, an_order):
    orders = [an_order(), an_order()]
    for _ in range(ROUNDS):
        key = uuid4()
        sends = [
            lambda order=order, key=key: conversation.write_to_shop(
                order, **WORDS, by=yunjee, now=NOW, key=key
            )
            for order in orders
        ]
        sent_once(race(*sends))
    assert Message.objects.count() == ROUNDS


def test_an_inquiry(amuse):
    for _ in range(ROUNDS):
        key = uuid4()

        def ask(key=key):
            return conversation.ask_qoo10(amuse.shop, order=None, **WORDS, by=amuse, now=NOW, key=key)

        sent_once(race(ask, ask))
    assert Inquiry.objects.count() == ROUNDS


def test_a_file_goes_with_one_of_two_messages(amuse, an_order):
    order = an_order()
    for _ in range(ROUNDS):
        photo = files.keep(
            files.check(upload()), shop=order.shop, order=order, by=access.as_seller(amuse), now=NOW
        )

        def send(photo=photo):
            return conversation.write_to_buyer(order, **WORDS, by=amuse, now=NOW, files=[photo])

        def throw_away(photo=photo):
            files.discard([photo])

        results = race(send, send, throw_away)
        failed = [result for result in results if isinstance(result, Exception)]
        assert all(isinstance(result, Refused) for result in failed), results
        photo_is_there = type(photo).objects.filter(pk=photo.pk).exists()
        with_it = Message.objects.filter(files=photo).count()
        assert with_it == photo_is_there <= 1, results


def test_no_draft_outlives_its_message(amuse, an_order):
    order = an_order()
    for _ in range(ROUNDS * 2):
        key, screen = uuid4(), uuid4()

        def save(key=key, screen=screen):
            return drafts.save(
                amuse, order, "buyer", key=key, screen=screen, read=None, **WORDS, files=[], now=NOW
            )

        def send(key=key):
            return conversation.write_to_buyer(order, **WORDS, by=amuse, now=NOW, key=key)

        save()
        results = race(save, send, save)
        assert not [result for result in results if isinstance(result, Exception)], results
        assert not Draft.objects.exists()


def test_two_screens_that_save_at_once_lose_nothing(amuse, an_order):
    order = an_order()
    for _ in range(ROUNDS):
        key = uuid4()
        Draft.objects.all().delete()
        saves = [
            lambda body=body, key=key: drafts.save(
                amuse,
                order,
                "buyer",
                key=key,
                screen=uuid4(),
                read=None,
                **WORDS | {"body": body},
                files=[],
                now=NOW,
            )
            for body in ("一", "二")
        ]
        race(*saves)
        assert set(Draft.objects.values_list("body", flat=True)) == {"一", "二"}


def test_what_the_buyer_writes_at_the_same_moment_is_not_answered_unread(amuse, yunjee, an_order):
    order = an_order()
    for _ in range(ROUNDS):
        read_to = Message.objects.order_by("pk").values_list("pk", flat=True).last() or 0
        race(
            lambda read_to=read_to: conversation.write_to_buyer(
                order, **WORDS, by=amuse, now=NOW, read_to=read_to
            ),
            lambda: conversation.write_to_shop(order, **WORDS, by=yunjee, now=NOW),
        )
        newest = Message.objects.from_buyers().order_by("pk").last()
        assert newest.state == "unanswered"
