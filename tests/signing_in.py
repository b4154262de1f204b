"""Signing in as people do: through the form, from an address."""

from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

PASSWORD = "himitsu-no-aikotoba"
HOME, OFFICE = "198.51.100.7", "203.0.113.9"
SLOW_DOWN = "試行回数が多すぎます"


def with_password(user):
    """`user`, who signs in with PASSWORD from now on."""
    user.set_password(PASSWORD)
    user.save()
    return user


def text(response):
    """What a page says."""
    return " ".join(strip_tags(response.content.decode()).split())


def sign_in(login="amuse", password=PASSWORD, *, client=None, address=HOME, **fields):
    """Sends the form of the sign-in from `address`, in a browser of its own unless told otherwise."""
    headers = fields.pop("headers", None)
    data = {"login": login, "password": password, **fields}
    client = client or Client()
    return client.post(reverse("account_login"), data, REMOTE_ADDR=address, headers=headers)


def let_in(response):
    """Whether somebody is signed in after this answer."""
    return "_auth_user_id" in response.client.session


def fail(times, **fields):
    """So many wrong passwords; the last page."""
    for _ in range(times):
        response = sign_in(password="chigau", **fields)
        assert not let_in(response)
    return response
