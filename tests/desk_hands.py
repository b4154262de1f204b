"""The seller's hands at the desk: open a claim, type, press, OK; without JavaScript."""

from datetime import timedelta

import pytest

from claims.statuses import Status
from tests.clock import NOW
from tests.pages import facts, posted, read

DESK = "/shops/AMUSE_official/claims/"
PART = {"HX-Request": "true", "HX-Target": "claim"}
REASON = "すでに発送しております。"
LONG_AGO = NOW - timedelta(days=6)


def address(claim, action):
    paths = {
        "ask": "withdrawal/",
        "repeat": "withdrawal/repeat/",
        "cancel": "withdrawal/cancel/",
        "approve": "approval/",
    }
    return f"{DESK}{claim.number}/{paths.get(action, f'process/{action}/')}"


def form_of(page, action):
    """The pane's form whose button this is."""
    return next(form for form in page.all("form") if form.has(id=f"{action}-button"))


def pane(response):
    return read(response).one("section", id="claim")


def popup_of(response):
    return read(response).one("dialog", id="popup")


def popup_lines(response):
    popup = popup_of(response)
    return popup.one("h3").text, facts(popup)


def press(seller, claim, action, query="", headers=None, **typed):
    """The seller opens the claim, types, and presses the button of `action`."""
    page = read(seller.get(f"{DESK}{claim.number}/{query}"))
    form = form_of(page, action)
    return seller.post(form["action"], posted(form, **typed), headers=headers)


def ok(seller, response, headers=None):
    """The seller presses OK in the popup of `response`."""
    form = next(form for form in popup_of(response).all("form") if form.attrs.get("method") == "post")
    return seller.post(form["action"], posted(form), headers=headers)


TYPED = {
    "ask": {"withdraw": "Y", "reason": REASON},
    "repeat": {"reason": REASON},
    "cancel": {},
    "approve": {},
}
READY = {
    "ask": Status.RETURN_REQUESTED,
    "repeat": Status.ON_HOLD,
    "cancel": Status.ASKED,
    "approve": Status.RETURN_REQUESTED,
}
DEEDS = pytest.mark.parametrize("action", list(READY))
