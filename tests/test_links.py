"""The mail's link: our signature, one attempt, nothing else."""

import pytest
from django.core import signing

from claims import links


def test_a_token_says_which_attempt():
    assert links.read(links.sign(1)) == 1
    assert links.read(links.sign(987654321)) == 987654321


def test_each_attempt_has_its_own_token():
    assert len({links.sign(number) for number in range(1, 100)}) == 99


def test_every_changed_character_kills_the_token():
    token = links.sign(12)
    for position, old in enumerate(token):
        for new in "0Aa:-":
            if new != old:
                assert links.read(token[:position] + new + token[position + 1 :]) is None


@pytest.mark.parametrize(
    "token",
    ["", ":", "12", "12:", ":12", "12:" + "A" * 43, "１２:" + "A" * 43, "\x00", "é:é", "9" * 5000, "a:b:c"],
)
def test_what_we_did_not_sign_is_nobodys(token):
    assert links.read(token) is None


@pytest.mark.parametrize("salt", ["django.core.signing.Signer", "password-reset", "claims.withdrawal-link-2"])
def test_a_signature_made_for_something_else_opens_nothing(salt):
    assert links.read(signing.Signer(salt=salt).sign("12")) is None


def test_a_signed_text_that_is_no_number_opens_nothing():
    assert links.read(signing.Signer(salt=links.SALT).sign("twelve")) is None


def test_a_new_secret_key_keeps_the_mails_already_sent_while_the_old_is_a_fallback(settings):
    token = links.sign(12)
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another-secret-key"
    assert links.read(token) is None
    settings.SECRET_KEY_FALLBACKS = [old]
    assert links.read(token) == 12
