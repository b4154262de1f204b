"""What logs may not say."""

import logging
import re

LINK = re.compile(r"(/r/|/mail/|/password/reset/key/)[^/\s\"'?]+")


class MaskLinks(logging.Filter):
    """Takes the tokens of mailed links out of every record, its arguments and its traceback (SPEC 6)."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if LINK.search(message):
            record.msg, record.args = LINK.sub(r"\1***", message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = LINK.sub(r"\1***", record.exc_text)
        return True
