"""A real SMTP server that keeps what it is sent, and refuses, hangs or hangs up where it is told to."""

import asyncio
import logging
from contextlib import contextmanager
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

from qsm.embedded import free_port

logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's: it names addresses, our logs must not


class MailServer:
    """`mails` are those that came whole; what it answers is set from outside while it runs.

    `answers` maps an address to what its RCPT is answered. `after_data` is what the server does with a
    mail that it has: 「250 kept」, another answer, or 「hang up」. While `silent` it says nothing more.
    """

    def __init__(self):
        self.mails = []
        self.answers = {}
        self.after_data = "250 kept"
        self.silent = False
        self.talked_to = 0  # how many mails were begun, also those that came to nothing

    def received(self):
        """(to, Message-ID) of every mail that came, in order."""
        return [(mail["To"], mail["Message-ID"]) for mail in self.mails]

    # --- aiosmtpd calls these, on its own thread -------------------------------------------------
    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd calls it so
        self.talked_to += 1
        await self.wait_while_silent()
        envelope.mail_from = address
        return "250 ok"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd calls it so
        answer = self.answers.get(address, "250 ok")
        if answer == "silence":
            await asyncio.sleep(3600)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd calls it so
        await self.wait_while_silent()
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.after_data == "hang up":
            server.transport.abort()
        return self.after_data

    async def wait_while_silent(self):
        while self.silent:
            await asyncio.sleep(0.02)


@contextmanager
def running():
    """The server on a free port (`server.port`), until the block ends."""
    server = MailServer()
    server.port = free_port()
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        server.silent = False
        controller.stop()
