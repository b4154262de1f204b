"""A local server that speaks the documented HTTP of DeepL and of LibreTranslate."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """`asked` are the bodies that came, with their address and key; `answer` replaces the right answer."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []
        self.status = 200
        self.answer = None
        self.silent_for = 0
        self.proceed = threading.Event()
        self.proceed.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """Puts the language before each text."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append({"path": self.path, "key": self.headers.get("Authorization", ""), **body})
        time.sleep(self.server.silent_for)
        self.server.proceed.wait(10)
        answers = {"/v2/translate": self.deepl, "/translate": self.libretranslate}
        answer = answers[self.path](body) if self.server.answer is None else self.server.answer
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def deepl(self, body):
        target = body["target_lang"]
        return {
            "translations": [
                {
                    "detected_source_language": "JA",
                    "text": f"[{target}] {text}",
                    "billed_characters": len(text),
                }
                for text in body["text"]
            ]
        }

    def libretranslate(self, body):
        return {"translatedText": [f"[{body['target']}] {text}" for text in body["q"]]}

    def log_message(self, *_args):
        """Nothing to stderr."""


@contextmanager
def running():
    """The server on a free port, until the block ends."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.proceed.set()
            server.shutdown()
            thread.join()
