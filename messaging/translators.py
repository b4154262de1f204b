"""The engines that translate: DeepL and LibreTranslate, chosen by settings."""

from __future__ import annotations

import logging
from typing import Protocol

import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

log = logging.getLogger(__name__)

TIMEOUT = 5.0  # seconds: somebody waits before the page
ANSWER_MAX = 200_000  # characters; no translation of 4,200 is longer


class TranslationFailed(Exception):
    """The engine did not translate: it was silent, refused, or answered what cannot be read."""


class Translator(Protocol):
    """What the portal asks of an engine."""

    name: str

    def translate(self, texts: list[str], *, to: str) -> list[str]:
        """`texts` in the language `to` (en, ja, ko, zh), in their order, within TIMEOUT seconds.

        The language they are in is the engine's to find. Raises TranslationFailed.
        """
        ...


class DeepL:
    """DeepL through its official client (the extra `deepl`)."""

    name = "DeepL"
    LANGUAGES = {"en": "EN-US", "ja": "JA", "ko": "KO", "zh": "ZH-HANS"}

    def __init__(self, key: str, url: str = "") -> None:
        try:
            import deepl
        except ImportError as error:
            raise ImproperlyConfigured("TRANSLATOR=deepl needs the extra: uv sync --extra deepl") from error
        if not key:
            raise ImproperlyConfigured("TRANSLATOR=deepl needs DEEPL_AUTH_KEY")
        # One try: a person waits, and may press again.
        deepl.http_client.max_network_retries = 0
        deepl.http_client.min_connection_timeout = TIMEOUT
        self._error = deepl.DeepLException
        self._client = deepl.DeepLClient(key, server_url=url or None, send_platform_info=False)

    def translate(self, texts: list[str], *, to: str) -> list[str]:
        """See Translator."""
        try:
            answers = self._client.translate_text(texts, target_lang=self.LANGUAGES[to])
        except (self._error, requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise TranslationFailed(type(error).__name__) from error
        return _whole([answer.text for answer in answers] if isinstance(answers, list) else [], texts)


class LibreTranslate:
    """A LibreTranslate server, one's own or somebody's: POST /translate."""

    name = "LibreTranslate"

    def __init__(self, url: str, key: str = "") -> None:
        if not url:
            raise ImproperlyConfigured("TRANSLATOR=libretranslate needs LIBRETRANSLATE_URL")
        self._url, self._key = url.rstrip("/") + "/translate", key

    def translate(self, texts: list[str], *, to: str) -> list[str]:
        """See Translator."""
        asked = {"q": texts, "source": "auto", "target": to, "format": "text"}
        if self._key:
            asked["api_key"] = self._key
        try:
            response = requests.post(self._url, json=asked, timeout=TIMEOUT, allow_redirects=False)
            if response.status_code != requests.codes.ok:
                raise TranslationFailed(f"HTTP {response.status_code}")
            return _whole(response.json()["translatedText"], texts)
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise TranslationFailed(type(error).__name__) from error


def translator() -> Translator | None:
    """The engine that settings.TRANSLATOR names; None where it names none.

    Raises ImproperlyConfigured where what the engine needs is missing.
    """
    if not settings.TRANSLATOR:
        return None
    if settings.TRANSLATOR == "deepl":
        return DeepL(settings.DEEPL_AUTH_KEY, settings.DEEPL_URL)
    if settings.TRANSLATOR == "libretranslate":
        return LibreTranslate(settings.LIBRETRANSLATE_URL, settings.LIBRETRANSLATE_API_KEY)
    raise ImproperlyConfigured(f"TRANSLATOR is deepl, libretranslate or empty, not {settings.TRANSLATOR}")


def _whole(answers: object, texts: list[str]) -> list[str]:
    """The answers, if they are one text for each that was asked."""
    if not (isinstance(answers, list) and len(answers) == len(texts)):
        raise TranslationFailed("not an answer to each text")
    if not all(isinstance(answer, str) and len(answer) <= ANSWER_MAX for answer in answers):
        raise TranslationFailed("not texts")
    return [answer.replace("\x00", "") for answer in answers]
