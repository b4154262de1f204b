"""Where people land after signing in, and how they change over."""

import re

import pytest
from django.core.cache import cache

from qsm.accounts.models import Buyer, Member, User
from tests.signing_in import sign_in, text, with_password


@pytest.fixture(autouse=True)
def _no_tries_yet(db):
    cache.clear()


@pytest.fixture
def people(amuse, yunjee, operator, rival_shop):
    """People by what they are, all with one password."""
    everything = User.objects.create(username="all", email="all@example.com", is_staff=True)
    Member.objects.create(user=everything, shop=amuse.shop)
    Member.objects.create(user=everything, shop=rival_shop)
    Buyer.objects.create(user=everything, name="all")
    User.objects.create(username="new")
    for user in User.objects.all():
        with_password(user)


@pytest.mark.parametrize(
    ("login", "landing"),
    [
        ("amuse", "/shops/AMUSE_official/claims/"),
        ("yunjee", "/myqoo10/"),
        ("operator", "/admin/"),
        ("all", "/shops/AMUSE_official/claims/"),
    ],
)
def test_everybody_lands_where_he_works(people, login, landing):
    response = sign_in(login)
    page = response.client.get("/", follow=True)
    assert page.redirect_chain == [(landing, 302)]
    assert page.status_code == 200


def test_somebody_of_nothing_yet_is_told_whom_to_ask(people):
    page = sign_in("new").client.get("/")
    assert page.status_code == 200
    assert "ご利用いただける画面がありません" in text(page)


def links(page):
    return set(re.findall(r'<a href="([^"]+)"', page.content.decode()))


def test_who_is_several_switches_in_the_header(people):
    client = sign_in("all").client
    for place in ("/shops/AMUSE_official/claims/", "/myqoo10/"):
        switch = {"/shops/AMUSE_official/claims/", "/shops/RIVAL_store/claims/", "/myqoo10/", "/admin/"}
        assert switch <= links(client.get(place))
    seller = sign_in().client.get("/shops/AMUSE_official/claims/")
    assert {"/shops/RIVAL_store/claims/", "/myqoo10/", "/admin/"}.isdisjoint(links(seller))
