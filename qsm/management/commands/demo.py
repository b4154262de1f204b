"""Everything with one command: servers, portal, worker and beat, until Ctrl-C."""

import errno
import http.client
import json
import os
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.core.management.base import BaseCommand, CommandError

from qsm.embedded import (
    ROOT,
    DataFolder,
    EmbeddedError,
    default_data_folder,
    point_to,
    start_postgres,
    start_redis,
)
from qsm.supervisor import Child, ChildFailed, Stopped, Supervisor

WELCOME = """\
The portal is up: http://localhost:{port}/
  seller    amuse     of the shop AMUSE_official
  seller    rival     of the shop RIVAL_store
  buyer     yunjee
  operator  operator  under /admin/
  The password of all is qsm-demo.
  Mails are written to {folder}/mail, logs to {folder}/logs.
  Ctrl-C stops everything; the next start finds the data again, --reset begins anew."""

WORKER = ("-m", "celery", "-A", "qsm", "worker", "--loglevel=info", "--pool=prefork", "-c1", "-Q")
# One for the deadlines, one for mails, one for exports and imports: a mail server that hangs, or a long
# file, holds up no sweep.
WORKERS = {"worker": "celery", "mailer": "mail", "files": "files"}
BEAT = ("-m", "celery", "-A", "qsm", "beat", "--loglevel=info")


class Command(BaseCommand):
    help = "Runs the whole portal on this machine: PostgreSQL, Redis, web, worker and beat."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--data-dir", type=Path, default=default_data_folder())
        parser.add_argument("--reset", action="store_true", help="begin with fresh data")

    def handle(self, *, port: int, data_dir: Path, reset: bool, **options: Any) -> None:
        try:
            run_demo(self, port, data_dir, reset)
        except (EmbeddedError, ChildFailed) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"the demo cannot run here: {error}") from error


def run_demo(command: BaseCommand, port: int, data_dir: Path, reset: bool) -> None:
    """Start everything, say so, and stay until a signal; whatever happens nothing is left running."""
    with closing(DataFolder(data_dir)) as folder:
        supervisor = Supervisor(folder.path / "logs", tell=command.stderr.write)
        supervisor.stop_on_signals()
        try:
            supervisor.end_leftovers()
            addresses = listen_addresses(port)
            if reset:
                if "DATABASE_URL" in os.environ:
                    raise CommandError(
                        "--reset deletes the demo's own database only, not that of DATABASE_URL"
                    )
                folder.wipe()
            start(supervisor, folder, port, addresses)
            command.stdout.write(WELCOME.format(port=port, folder=folder.path))
            command.stdout.flush()
            supervisor.watch()
        except Stopped:
            pass
        finally:
            supervisor.stop()


def start(supervisor: Supervisor, folder: DataFolder, port: int, addresses: list[str]) -> None:
    """Start the servers, make the data ready, start the portal; return when it can be used."""
    environment = portal_environment(folder, port)
    # Two cores: the static files are collected while the database is being made.
    static = portal_process("static", environment, "manage.py", "collectstatic", "--noinput", "-v0")
    supervisor.start(static)
    environment["DATABASE_URL"] = os.environ.get("DATABASE_URL") or start_postgres(supervisor, folder)
    environment["REDIS_URL"] = os.environ.get("REDIS_URL") or start_redis(supervisor, folder)
    supervisor.wait_until_ready()
    folder.write("environment.json", json.dumps(environment, indent=1))
    point_to(folder)
    supervisor.run(portal_process("prepare", environment, "manage.py", "prepare_demo"))
    supervisor.finish(static)

    workers = [
        portal_process(
            name, environment, *WORKER, queue, f"-n{name}@%h", "--without-mingle", "--without-gossip"
        )
        for name, queue in WORKERS.items()
    ]
    for worker in workers:
        worker.ready = lambda child: supervisor.said(child, " ready.")
    beat = portal_process("beat", environment, *BEAT, "-s", str(folder.path / "beat/schedule"))
    beat.ready = lambda child: supervisor.said(child, "beat: Starting")
    web_environment = {**environment, "BIND": ",".join(addresses), "WEB_GRACEFUL_TIMEOUT": "1"}
    web = portal_process("web", web_environment, "-m", "gunicorn", "-c", "python:qsm.gunicorn", "qsm.wsgi")
    web.ready = lambda child: answers(port)
    for child in (*workers, beat, web):
        supervisor.start(child)
    supervisor.wait_until_ready()


def portal_environment(folder: DataFolder, port: int) -> dict[str, str]:
    """What the portal's processes are told, but for the addresses of the servers."""
    for name in ("mail", "media", "beat"):
        (folder.path / name).mkdir(mode=0o700, exist_ok=True)
    environment = {
        "DJANGO_SETTINGS_MODULE": "qsm.settings",
        "SECRET_KEY": folder.secret("secret_key"),
        "HTTPS": "false",
        "PLAYGROUND": "true",
        "PUBLIC_URL": f"http://localhost:{port}",
        "ALLOWED_HOSTS": "*",
        "EMAIL_URL": "filemail:///" + quote(f"{folder.path}/mail"),
        "MEDIA_ROOT": str(folder.path / "media"),
        "STATIC_ROOT": str(folder.path / "static"),
        # Many people, and tests, sign in from one address.
        "SIGN_IN_LIMIT": "1000/m/ip",
        "SIGN_IN_FAILURE_LIMIT": "1000/m/ip,1000/m/key",
    }
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        # Seven processes would each compile all they import: 0.8 s apiece.
        environment |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder.path / "pycache")}
    return environment


def portal_process(name: str, environment: Mapping[str, str], *argv: str) -> Child:
    """A Python process of the project."""
    return Child(name, [sys.executable, *argv], {**os.environ, **environment}, cwd=ROOT)


def listen_addresses(port: int) -> list[str]:
    """This machine's own addresses, which nobody else can reach; an error when the port is taken."""
    if not 0 < port < 65536:
        raise CommandError(f"--port {port}: a port is a number from 1 to 65535")
    addresses = []
    # Browsers take localhost for ::1 first, where there is one.
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.create_server((host, port), family=family):
                addresses.append(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                why = os.strerror(error.errno)
                raise CommandError(f"port {port} cannot be used ({why}); try another --port") from None
    return addresses


def answers(port: int) -> bool:
    """Whether the portal answers on its front door."""
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with closing(connection):
            connection.request("GET", "/")
            return connection.getresponse().status in (200, 302, 303)
    return False
