"""What logs may not say: the token of a mailed link."""

import io
import logging

import pytest

from claims import links
from qsm.logs import MaskLinks


@pytest.fixture
def logger():
    """A logger whose lines go through the filter as the settings wire it, into `logger.lines`."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.addFilter(MaskLinks())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.lines = lines
    return logger


TOKEN = "123:abcDEF_-0123456789"


@pytest.mark.parametrize(
    "log",
    [
        pytest.param(lambda to: to.info(f"GET /r/{TOKEN}/ 302"), id="text"),
        pytest.param(lambda to: to.info("GET %s 302", f"/r/{TOKEN}/"), id="argument"),
        pytest.param(lambda to: to.info('"%(r)s"', {"r": f"GET /r/{TOKEN}?x=1 HTTP/1.1"}), id="mapping"),
        pytest.param(lambda to: to.info("Referer: http://localhost:8000/r/%s", TOKEN), id="split"),
        pytest.param(lambda to: to.info("/r/%s/ and /r/%s/", TOKEN, TOKEN), id="twice"),
    ],
)
def test_no_token_reaches_a_line(logger, log):
    log(logger)
    line = logger.lines.getvalue()
    assert TOKEN not in line
    assert "abcDEF" not in line
    assert "/r/***" in line, "the line itself stays"


def test_no_token_reaches_a_traceback(logger):
    try:
        raise ValueError(f"bad address /r/{TOKEN}/")
    except ValueError:
        logger.exception("failed on /r/%s/", TOKEN)
    text = logger.lines.getvalue()
    assert TOKEN not in text
    assert "ValueError: bad address /r/***" in text


def test_a_real_token_is_masked_whole(logger):
    token = links.sign(42)
    logger.warning("Not Found: /r/%s/", token)
    assert not any(part in logger.lines.getvalue() for part in token.split(":"))


def test_other_lines_stay_as_they_are(logger):
    logger.info("completed %s lapsed claims, left %s", 3, [])
    assert logger.lines.getvalue() == "completed 3 lapsed claims, left []\n"


def test_every_handler_of_the_settings_has_the_filter(settings):
    handlers = settings.LOGGING["handlers"]
    assert handlers
    for name, handler in handlers.items():
        assert "mask" in handler["filters"], name
    assert settings.LOGGING["filters"]["mask"]["()"] == f"{MaskLinks.__module__}.{MaskLinks.__name__}"


def test_the_token_of_a_mails_way_out_reaches_no_line_either(logger):
    logger.info(f"POST /mail/buyer.5.messages:{TOKEN}/ 200")
    assert logger.lines.getvalue() == "POST /mail/***/ 200\n"
