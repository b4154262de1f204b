"""Real processes of Celery and Redis, which tests kill, freeze and empty."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from django.db import connection

from qsm.celery import app
from qsm.embedded import DataFolder, start_redis
from qsm.supervisor import Supervisor


def until(true, seconds, what):
    """Waits for `true()`; says `what` did not happen in so many seconds."""
    over = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < over, f"not within {seconds} s: {what}"
        time.sleep(0.1)


@pytest.fixture
def celery(tmp_path):
    """Starts a Celery process on the test's database: `celery("worker", "-Q", "mail", EMAIL_TIMEOUT="1")`."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + connection.settings_dict["NAME"])
    started = []

    def start(kind, *options, application="qsm", **environment):
        environment = {
            **os.environ,
            "DATABASE_URL": url.geturl(),
            "REDIS_URL": app.conf.broker_url,
            "EMAIL_URL": f"filemail:///{tmp_path}/mail",
            **environment,
        }
        command = [sys.executable, "-m", "celery", "-A", application, kind, "--loglevel", "info", *options]
        with (tmp_path / f"{kind}.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Broker:
    """A Redis of the test's own; the portal speaks to it, in this process and in those it starts."""

    def __init__(self, supervisor, folder):
        self.supervisor = supervisor
        self.url = start_redis(supervisor, folder)
        (self.child,) = supervisor.children
        supervisor.wait_until_ready()
        app.conf.update(broker_url=self.url)
        app._after_fork()  # forget the open connections

    def start_again(self):
        self.supervisor.start(self.child)
        self.supervisor.wait_until_ready()

    def freeze(self):
        os.kill(self.child.process.pid, signal.SIGSTOP)

    def kill(self):
        self.child.process.kill()
        self.child.process.wait()

    def queued(self, queue):
        with redis.Redis.from_url(self.url) as client:
            return client.llen(queue)

    def flush(self):
        with redis.Redis.from_url(self.url) as client:
            client.flushall()


@pytest.fixture
def broker():
    url = app.conf.broker_url
    folder = DataFolder(Path(tempfile.mkdtemp(prefix="qsm-broker-")))
    broker = Broker(Supervisor(folder.path / "logs", tell=sys.stderr.write), folder)
    yield broker
    broker.kill()
    folder.remove()
    app.conf.update(broker_url=url)
    app._after_fork()
