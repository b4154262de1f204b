"""A real, small SMTP server that keeps what it is sent and refuses what it is told to."""

import socketserver
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy


class MailServer(socketserver.ThreadingTCPServer):
    """`mails` are the accepted ones; `answers` maps an address to what its RCPT is answered."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Session)
        self.mails = []
        self.answers = {}
        self.hang_up_after_data = False

    @property
    def port(self):
        return self.server_address[1]

    def received(self):
        """(to, Message-ID) of every mail that came, in order."""
        return [(mail["To"], mail["Message-ID"]) for mail in self.mails]


class Session(socketserver.StreamRequestHandler):
    """One conversation; no more of SMTP than smtplib says."""

    def handle(self):
        self.say("220 ready")
        while line := self.rfile.readline():
            command = line.decode().strip()
            verb = command[:4].upper()
            if verb == "DATA":
                if not self.take():
                    return
            elif verb == "RCPT":
                address = command.split("<")[1].split(">")[0]
                self.say(self.server.answers.get(address, "250 ok"))
            else:
                self.say("221 bye" if verb == "QUIT" else "250 ok")

    def take(self):
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b"..") else line)
        self.server.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
        if self.server.hang_up_after_data:
            return False
        self.say("250 kept")
        return True

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def running():
    """The server on a free port, until the block ends."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
