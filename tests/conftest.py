"""The cast: two shops and their staff, two buyers, an operator; one clock that stands still."""

from itertools import count
from pathlib import Path

import pytest
import time_machine
from django.test import Client

from claims.models import Order
from claims.statuses import Status
from messaging.models import Message
from qsm.accounts.models import Buyer, Member, Role, Shop, User
from qsm.celery import app
from tests import deeds, mail_server
from tests.clock import NOW, japan


@pytest.fixture
def now():
    """The morning on which the tests play: 2021-07-13 10:00 in Japan."""
    return NOW


@pytest.fixture
def clock():
    """The clock stands still at `now`; `clock.move_to(japan("2021-07-18"))` sets it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path_factory):
    """The folder in which this test's attached files lie."""
    settings.MEDIA_ROOT = str(tmp_path_factory.mktemp("media"))
    return Path(settings.MEDIA_ROOT)


def _user(name, **fields):
    return User.objects.create(username=name, email=f"{name}@example.com", **fields)


def _member(shop, name, role):
    return Member.objects.create(shop=shop, user=_user(name), role=role)


@pytest.fixture
def amuse_shop(db):
    return Shop.objects.create(code="AMUSE_official", name="AMUSE_official")


@pytest.fixture
def rival_shop(db):
    return Shop.objects.create(code="RIVAL_store", name="RIVAL_store")


@pytest.fixture
def amuse(amuse_shop):
    """The owner of AMUSE_official."""
    return _member(amuse_shop, "amuse", Role.OWNER)


@pytest.fixture
def clerk(amuse_shop):
    """Staff of AMUSE_official."""
    return _member(amuse_shop, "clerk", Role.STAFF)


@pytest.fixture
def viewer(amuse_shop):
    """A read-only member of AMUSE_official."""
    return _member(amuse_shop, "viewer", Role.READ_ONLY)


@pytest.fixture
def rival(rival_shop):
    """The owner of RIVAL_store."""
    return _member(rival_shop, "rival", Role.OWNER)


@pytest.fixture
def yunjee(db):
    """A buyer with a MyQoo10 account and a mail address."""
    return Buyer.objects.create(user=_user("yunjee"), name="yunjee", email="yunjee@example.com")


@pytest.fixture
def csma(db):
    """A buyer without an account: only the link of a mail reaches him."""
    return Buyer.objects.create(name="csマ", email="cs@example.com")


@pytest.fixture
def nobody(db):
    """A buyer who cannot be told: neither account nor mail address."""
    return Buyer.objects.create(name="名無し")


@pytest.fixture
def operator(db):
    """The marketplace's staff (運営)."""
    return _user("operator", is_staff=True, is_superuser=True)


@pytest.fixture
def an_order(amuse, yunjee):
    """Writes an order, of yunjee at AMUSE_official unless told otherwise: `an_order(buyer=csma, number=…)`."""
    numbers = count(639113330)

    def write(*, buyer=None, seller=None, **fields):
        defaults = {
            "number": str(next(numbers)),
            "cart_number": "210571000",
            "item_code": "852997700",
            "item_title": "アイビーガムコレクションセット",
            "option": "#1.02 シアーピンク",
            "total": 1899,
            "payment_method": "現金",
            "receiver": "Yunjee Shin",
            "ordered_at": japan("2021-07-08 12:00"),
        }
        return Order.objects.create(
            shop=(seller or amuse).shop, buyer=buyer or yunjee, **{**defaults, **fields}
        )

    return write


@pytest.fixture
def a_claim(an_order):
    """Files a claim and brings it to `status` by the verbs: `a_claim(Status.ON_HOLD, before=…, at=…)`.

    `at` is the instant of everything that happens; `kind` follows from the status (返品 where it does
    not say); `before` is the status in which 撤回要請 or 撤回保留 was asked for; `order` or `buyer` and
    `seller` say whose it is; other arguments are Claim's fields.
    """

    def bring(
        status=Status.RETURN_REQUESTED,
        *,
        kind=None,
        before=None,
        at=NOW,
        order=None,
        buyer=None,
        seller=None,
        **details,
    ):
        order = order or an_order(buyer=buyer, seller=seller)
        if status not in (Status.ASKED, Status.ON_HOLD):
            return deeds.file(order, status, at, kind, **details)
        first = {
            "cancel": Status.CANCEL_REQUESTED,
            "exchange": Status.EXCHANGE_REQUESTED,
        }.get(kind, Status.RETURN_REQUESTED)
        claim = deeds.file(order, before or first, at, **details)
        deeds.ask(claim, at)
        if status == Status.ON_HOLD:
            deeds.reject(claim, at)
        return claim

    return bring


@pytest.fixture
def a_message(an_order):
    """Writes a message about an order, of its buyer and unanswered unless told otherwise."""

    def write(*, order=None, sent_at=NOW, **fields):
        defaults = {
            "sender": Message.Sender.BUYER,
            "category": Message.Category.CANCEL,
            "title": "639113330よりキャンセル関連のお問い合わせ",
            "body": "注文した色と違う色が届いたようです。",
        }
        return Message.objects.create(order=order or an_order(), sent_at=sent_at, **{**defaults, **fields})

    return write


@pytest.fixture
def post_office(settings):
    """The mail server to which the portal sends."""
    with mail_server.running() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def client_of(db):
    """A browser in which the given User, Member or Buyer is signed in: `client_of(amuse)`."""

    def sign_in(person):
        client = Client()
        client.force_login(person if isinstance(person, User) else person.user)
        return client

    return sign_in


@pytest.fixture
def broker_down():
    """Redis does not answer."""
    url = app.conf.broker_url
    app.conf.update(broker_url="redis://127.0.0.1:1/0")
    app._after_fork()  # forget the open connections
    yield
    app.conf.update(broker_url=url)
    app._after_fork()


@pytest.fixture
def seller(amuse, client_of, clock):
    """The browser of the owner of AMUSE_official."""
    return client_of(amuse)


@pytest.fixture
def buyer(yunjee, client_of, clock):
    """The browser of yunjee, signed in."""
    return client_of(yunjee)
