"""Carriers: what their parcel numbers look like, and the pages on which they show where a parcel is."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Carrier:
    """A carrier: its tracking page with `{number}` in it, and what its numbers look like, loosely."""

    page: str
    number: str
    in_words: Promise | str


_POST = Carrier(
    "https://trackings.post.japanpost.jp/services/srv/search/direct?reqCodeNo1={number}",
    r"\d{11,13}|[A-Z]{2}\d{9}[A-Z]{2}",
    _("数字11〜13桁、または英字2文字・数字9桁・英字2文字"),
)
CARRIERS = {
    "ヤマト運輸": Carrier(
        "https://jizen.kuronekoyamato.co.jp/jizen/servlet/crjz.b.NQ0010?id={number}",
        r"\d{11,12}",
        _("数字11〜12桁"),
    ),
    "佐川急便": Carrier(
        "https://k2k.sagawa-exp.co.jp/p/web/okurijosearch.do?okurijoNo={number}",
        r"\d{10,12}",
        _("数字10〜12桁"),
    ),
    "日本郵便": _POST,
    "ゆうパック": _POST,
    "西濃運輸": Carrier(
        "https://track.seino.co.jp/cgi-bin/gnpquery.pgm?GNPNO1={number}", r"\d{10,12}", _("数字10〜12桁")
    ),
    "Qxpress": Carrier(
        "https://www.qxpress.net/Customer/Tracking?q={number}", r"[A-Z0-9]{8,20}", _("英数字8〜20文字")
    ),
}
OTHERS = Carrier("", r"[A-Z0-9][A-Z0-9-]{3,49}", _("英数字とハイフン4〜50文字"))


def names() -> list[str]:
    """The carriers whose tracking page the portal knows, to choose from."""
    return [*CARRIERS, *(name for name in settings.TRACKING_URLS if name not in CARRIERS)]


def tracking_url(company: str, number: str) -> str:
    """The carrier's page for this parcel; empty for a carrier we do not know, or without a number.

    settings.TRACKING_URLS knows more carriers; none leads elsewhere than to https.
    """
    page = settings.TRACKING_URLS.get(company) or _of(company).page
    if not number or not page.startswith("https://"):
        return ""
    return page.replace("{number}", quote(number, safe=""))


def bare(number: str) -> str:
    """A parcel's number as a carrier means it: half-width capitals, without the spaces and hyphens within."""
    return re.sub(r"[\s\-‐-―−ー]", "", unicodedata.normalize("NFKC", number)).upper()


def check_pages(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Django's check: settings.TRACKING_URLS is an object of https addresses with {number} in them."""
    pages = settings.TRACKING_URLS
    if not isinstance(pages, dict):
        return [Error("TRACKING_URLS is no JSON object of carrier: address", id="claims.E001")]
    return [
        Error(f"TRACKING_URLS: {company!r} needs an https address with {{number}} in it", id="claims.E002")
        for company, page in pages.items()
        if not (isinstance(page, str) and page.startswith("https://") and "{number}" in page)
    ]


def could_be(company: str, number: str) -> bool:
    """Whether `number`, without spaces, could be one of this carrier's; any plain code of one we do not know."""
    return re.fullmatch(_of(company).number, number, re.ASCII) is not None


def number_in_words(company: str) -> str:
    """What this carrier's numbers look like."""
    return str(_of(company).in_words)


def _of(company: str) -> Carrier:
    return CARRIERS.get(company, OTHERS)
