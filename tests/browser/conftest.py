"""A real browser before the guide's orders; every test also fails on a console error or a broken policy."""

import os
import shutil
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from claims.models import GridSetting, Order
from claims.statuses import Status
from qsm import guide_orders
from qsm.accounts.models import Buyer, Member, User
from tests import deeds
from tests.clock import NOW

CHROMIUM = os.environ.get("QSM_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


def pytest_collection_modifyitems(items):
    """Without a browser these say so and are skipped; CI installs one and takes a skip for a failure."""
    if CHROMIUM:
        return
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.skip(reason="no Chromium on the PATH (apt-get install chromium)"))


@pytest.fixture(scope="session", autouse=True)
def _django_beside_an_event_loop():
    # Playwright runs an event loop in the test's thread; our queries there are no danger to it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def base_url():
    """Pages are named by their whole addresses; the plugin's own fixture warns under pytest 9."""
    return


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {
        "executable_path": CHROMIUM,
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {
        **browser_context_args,
        "locale": "ja-JP",
        "timezone_id": "Asia/Tokyo",
        "reduced_motion": "reduce",
    }


@pytest.fixture
def guide(live_server, settings):
    """The portal with the guide's orders, on the morning of 2021-07-13; gives its address."""
    settings.PUBLIC_URL = live_server.url
    # Four accounts a test: a slow hash would be a third of the suite's time.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with time_machine.travel(NOW, tick=False) as clock:
        guide_orders.seed(now=NOW)
        live_server.clock = clock
        yield live_server


@pytest.fixture
def sign_in(guide, context):
    """Signs the browser in: `sign_in("amuse")`."""

    def sign_in(name):
        client = Client()
        client.force_login(User.objects.get(username=name))
        context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": guide.url}]
        )

    return sign_in


@pytest.fixture
def allowed_errors():
    """Words of console errors that a test expects, such as the status of a refusal."""
    return ["status of 404", "status of 409", "status of 410", "status of 422"]


@pytest.fixture(autouse=True)
def _quiet_console(context, allowed_errors):
    """The console stays quiet: no script error, no broken policy, no lost file."""
    said = []
    context.on(
        "console",
        lambda message: message.type == "error" and said.append(message.text),
    )
    context.on("weberror", lambda error: said.append(str(error.error)))
    yield
    unexpected = [text for text in said if not any(words in text for words in allowed_errors)]
    assert not unexpected, unexpected


@pytest.fixture
def numbers(guide):
    """Orders of 24 more 返品要請, in the order of their numbers; the guide has two, with smaller ones."""
    shop = Member.objects.get(user__username="amuse").shop
    buyer = Buyer.objects.get(user__username="yunjee")
    for at in range(24):
        order = Order.objects.create(
            shop=shop,
            buyer=buyer,
            number=str(700000001 + at),
            item_code="852997700",
            item_title="ピーチミスト" if at % 2 else "アイビーガム",
            total=1899,
            ordered_at=NOW - timedelta(days=at % 12 + 1),
        )
        deeds.file(order, Status.RETURN_REQUESTED, NOW - timedelta(hours=at))
    GridSetting.objects.create(member=Member.objects.get(user__username="amuse"), per_page=20)
    return ["639113330", "639113332", *(str(700000001 + at) for at in range(24))]


@pytest.fixture
def grid(guide, sign_in, page, numbers):
    """amuse before 26 返品要請 by their numbers, 20 a page."""
    sign_in("amuse")
    page.goto(f"{guide.url}/shops/AMUSE_official/claims/?cell=return_requested&sort=number")
    return page
