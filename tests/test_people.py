"""Who may open and post to which address: every address of the portal × every person (SPEC 1)."""

import re
from contextlib import suppress
from uuid import UUID

import pytest
from django.apps import apps
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from claims import links
from claims.models import BulkRun, SavedView
from claims.statuses import Status
from messaging import mail_choices
from messaging.models import Inquiry, MailGroup, Notice, SavedText
from qsm.accounts.models import Buyer, Member, Role, User
from tests.clock import NOW
from tests.import_hands import a_job
from tests.pictures import a_photo
from tests.who_gets_what import GET, OF_ORDERS, PEOPLE, POST, READY, SENT


def table(text):
    """(address, person) → what is expected, of a table above."""
    head, *lines = (line.split() for line in text.strip().splitlines())
    assert head == PEOPLE
    return {
        (name, person): code for name, *codes in lines for person, code in zip(PEOPLE, codes, strict=True)
    }


def rows_of(text):
    return sorted({name for name, _ in table(text)})


def addresses(resolver=None):
    """Every named address but the admin's."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            assert pattern.name, f"{pattern} has no name"
            yield pattern.name
        elif isinstance(pattern, URLResolver) and pattern.namespace != "admin":
            yield from addresses(pattern)


@pytest.mark.parametrize("text", [GET, POST], ids=["GET", "POST"])
def test_every_address_has_its_row(text):
    assert rows_of(text) == sorted(addresses())


@pytest.fixture
def person(amuse, clerk, viewer, rival, yunjee, operator, client_of):
    """The browser of each person; `person("holder", attempt)` has opened the mail's link of the attempt."""
    other = User.objects.create(username="other", email="other@example.com")
    Buyer.objects.create(user=other, name="other")
    users = {
        "owner": amuse,
        "clerk": clerk,
        "viewer": viewer,
        "rival": rival,
        "buyer": yunjee,
        "other": other,
        "operator": operator,
        "nothing": User.objects.create(username="nothing", email="nothing@example.com"),
    }

    def come(name, attempt=None):
        if name in users:
            return client_of(users[name])
        client = Client()
        if name == "holder":
            client.get(reverse("withdrawal_link", args=[links.sign(attempt.pk)]))
        return client

    return come


def the_post(attempt, **changes):
    """What Qポスト says of the request."""
    posts = Notice.objects.filter(event__withdrawal=attempt, buyer__isnull=False)
    posts.update(**changes)
    return posts.get()


@pytest.fixture
def address_of(a_claim, a_message, clock):
    """The address by its name, of yunjee's claim at AMUSE_official; and the claim's open or last request."""

    def find(name, *, claim=None):
        claim = claim or a_claim(READY.get(name, Status.ASKED))
        if READY.get(name) == Status.ON_HOLD:
            clock.shift(5 * 86400)
        asked = claim if claim.withdrawals.exists() else a_claim(Status.ASKED)
        attempt = asked.withdrawals.last()
        owner = Member.objects.get(shop=claim.shop, role=Role.OWNER)
        written = {
            "saved_view": lambda: SavedView.objects.create(
                member=owner, name="x", query="tab=search", saved_at=NOW
            ),
            "inquiry": lambda: Inquiry.objects.create(
                shop=claim.shop,
                author=attempt.requested_by,
                category="other",
                title="x",
                body="x",
                sent_at=NOW,
            ),
            "saved_text": lambda: SavedText.objects.create(shop=claim.shop, name="x", body="x"),
            # Read already: opening it changes nothing more.
            "my_post": lambda: the_post(attempt, read_at=NOW),
            # The message that SENT names.
            "inbox_bulk": lambda: a_message(order=claim.order, pk=1),
            "translate": lambda: a_message(order=claim.order),
            # Opened before: the first opening marks them (test_message.py).
            "message": lambda: a_message(order=claim.order, seen_at=NOW),
            "notice": lambda: a_read_notice(claim.shop),
        }
        known = {
            "shop": claim.shop.code,
            "number": claim.order.number if name in OF_ORDERS else claim.number,
            "kind": "cancel",
            "pk": written[name]().pk if name in written else attempt.pk,
            "action": "resent",
            "token": mail_choices.sign(claim.order.buyer, MailGroup.MESSAGES)
            if name == "unsubscribe"
            else links.sign(attempt.pk),
            "uidb36": "1",
            "key": "set-password",
        }
        if name.endswith("attachment"):
            known["key"] = a_photo(attempt).key
        if name == "bulk_run":
            known["key"] = BulkRun.objects.create(
                key=UUID(int=8), member=owner, action="asked", started_at=NOW
            ).pk
        if name.startswith(("export", "import")):
            known["key"] = a_job(name, attempt).key
        for wanted in (
            ["shop", "number", "action"], ["shop", "number"], ["number", "kind"], ["shop", "pk"], ["shop", "key"], ["pk", "key"],
            ["shop"], ["number"], ["pk"], ["token"], ["uidb36", "key"], ["key"], [],
        ):  # fmt: skip
            with suppress(NoReverseMatch):
                return reverse(name, kwargs={key: known[key] for key in wanted}), attempt
        raise AssertionError(name)

    return find


def a_read_notice(shop):
    notice = Notice.objects.filter(shop=shop).first()
    Notice.objects.filter(pk=notice.pk).update(read_at=NOW)
    return notice


def everything():
    """Every row of every table of ours, whole."""
    models = [
        model
        for app in ("claims", "messaging", "accounts")
        for model in apps.get_app_config(app).get_models()
    ]
    return {model: list(model.objects.order_by("pk").values()) for model in models if model is not User} | {
        User: list(User.objects.order_by("pk").values("pk", "username", "email", "password", "is_active"))
    }


def seen(response):
    if response.streaming:
        response.getvalue()  # to its end, which closes the file
    if response.status_code == 302 and response["Location"].startswith("/accounts/login/?next="):
        return "in"
    return str(response.status_code)


@pytest.mark.parametrize("name", rows_of(GET))
def test_what_each_person_gets_and_that_getting_changes_nothing(name, person, address_of):
    address, attempt = address_of(name)
    browsers = {who: person(who, attempt) for who in PEOPLE}
    before = everything()
    codes = {who: seen(browsers[who].get(address)) for who in PEOPLE}
    assert codes == {who: table(GET)[name, who] for who in PEOPLE}
    for browser in browsers.values():
        seen(browser.head(address))
        seen(
            browser.get(address, {"confirmed": "1", "choice": "accept", "answer": "accept", "withdraw": "Y"})
        )
    assert everything() == before


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", rows_of(POST))
def test_what_each_person_may_post(name, who, person, address_of):
    address, attempt = address_of(name)
    browser = person(who, attempt)
    before = everything()
    code = seen(browser.post(address, SENT.get(name, {})))
    expected = table(POST)[name, who]
    assert code == expected
    acts = name in READY or name in SENT
    may = acts and expected in ("200", "302", "303")
    assert (everything() != before) is may, "who is refused changes nothing; who is not, does"


OWN = (
    "my_qoo10",
    "my_inbox",
    "my_posts",
    "my_notification_settings",
    "my_orders",
)  # nobody else's is named by the address
OF_SOMETHING = [name for name in rows_of(GET) if {"404"} & {table(GET)[name, who] for who in PEOPLE}]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", [name for name in OF_SOMETHING if name not in OWN])
def test_what_is_not_yours_looks_exactly_like_what_is_not_there(name, method, person, address_of):
    address, _attempt = address_of(name)
    nowhere = re.sub(r"AMUSE_official|63911333\d(?:-1)?|(?<=requests/)\d+|(?<=posts/)\d+", "9999999", address)
    nowhere = re.sub(r"(?<=files/)[\da-f-]{36}", str(UUID(int=1)), nowhere)
    assert nowhere != address
    strangers = [who for who in ("rival", "other", "operator", "nothing") if table(GET)[name, who] != "200"]
    for who in strangers:
        browser = person(who)
        answers = [getattr(browser, method)(where, SENT.get(name, {})) for where in (address, nowhere)]
        bodies = [
            re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", answer.content) for answer in answers
        ]
        assert bodies[0] == bodies[1], who
        assert answers[0].status_code == answers[1].status_code
        headers = [{k: v for k, v in answer.items() if k != "Content-Length"} for answer in answers]
        assert headers[0] == headers[1], who


def test_another_shops_address_does_not_open_a_claim_of_ours(person, a_claim):
    claim = a_claim()
    assert person("rival").get(f"/shops/RIVAL_store/claims/{claim.number}/").status_code == 404
    assert person("owner").get(f"/shops/RIVAL_store/claims/{claim.number}/").status_code == 404


def test_staff_of_two_shops_sees_each_under_its_own_address(person, amuse, rival_shop, a_claim):
    amuse.user.member_set.create(shop=rival_shop, role="read_only")
    claim = a_claim()
    browser = person("owner")
    assert browser.get("/shops/RIVAL_store/claims/").status_code == 200
    assert browser.get(f"/shops/RIVAL_store/claims/{claim.number}/").status_code == 404
    assert browser.get(f"/shops/AMUSE_official/claims/{claim.number}/").status_code == 200


def test_who_is_let_go_sees_nothing_from_that_moment(person, clerk, a_claim):
    browser = person("clerk")
    assert browser.get("/shops/AMUSE_official/claims/").status_code == 200
    clerk.delete()
    assert browser.get("/shops/AMUSE_official/claims/").status_code == 404


def admin_addresses(resolver=None, prefix=""):
    resolver = resolver or next(
        p for p in get_resolver().url_patterns if getattr(p, "namespace", "") == "admin"
    )
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from admin_addresses(pattern, prefix + str(pattern.pattern))
        else:
            route = prefix + str(pattern.pattern)
            yield "/admin/" + re.sub(r"<[^>]+>", "1", route)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", [who for who in PEOPLE if who != "operator"])
def test_the_admin_is_the_operators_alone(who, method, person, a_claim):
    browser = person(who, a_claim(Status.ASKED).withdrawals.get())
    found = [address for address in admin_addresses() if "(?" not in address]
    assert len(found) > 20
    before = everything()
    for address in found:
        answer = getattr(browser, method)(address)
        if who in ("stranger", "holder"):
            assert answer.status_code == 302, address
            assert re.match(r"/(accounts|admin)/login/\?next=", answer["Location"]), address
        else:
            assert answer.status_code == 404, address
    assert everything() == before
