"""Mails as files, one each, for the demo: any mail program opens them."""

from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from django.core.mail import EmailMessage
from django.core.mail.backends import filebased
from django.utils import timezone


class EmailBackend(filebased.EmailBackend):
    """Writes each mail to <time>-<something unique>.eml in EMAIL_FILE_PATH, whole or not at all."""

    def open(self) -> bool:
        """There is nothing to open: each mail brings its own file."""
        return False

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            name = f"{timezone.localtime():%Y%m%d-%H%M%S}-{uuid4().hex[:8]}"
            half = Path(self.file_path, f"{name}.part")
            half.write_bytes(mail.message().as_bytes())
            half.rename(half.with_suffix(".eml"))
        return len(email_messages)
