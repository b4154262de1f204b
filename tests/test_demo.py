"""The demo, really started: up, found again, and nothing left behind."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from qsm.embedded import ROOT, DataFolder, free_port, point_to, running_demo_environment

MANAGE = [sys.executable, str(ROOT / "manage.py")]
# A start takes 6 s here; the rest is for a slow machine.
PATIENCE = 60
ASK_FOR_SERVERS = "import os; print(os.environ.get('DATABASE_URL'))"


class Demo:
    """One data folder, and the demo that runs on it now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.said = folder.with_name("stdout")
        self.warned = folder.with_name("stderr")
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self, *options: str) -> "subprocess.Popen[bytes]":
        """Start it and do not wait."""
        argv = [*MANAGE, "demo", "--port", str(self.port), *options]
        with self.said.open("wb") as said, self.warned.open("wb") as warned:
            self.process = subprocess.Popen(
                argv, env=self.outside(), stdout=said, stderr=warned, start_new_session=True
            )
        return self.process

    def start(self, *options: str) -> None:
        """Start it and wait until it says that it is up."""
        process = self.launch(*options)
        until(lambda: "Ctrl-C" in self.said.read_text() or process.poll() is not None)
        assert process.poll() is None, self.warned.read_text()

    def run(self, *argv: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """A command of another terminal."""
        env = {**self.outside(), **environment}
        return subprocess.run([*MANAGE, *argv], env=env, capture_output=True, text=True, check=False)

    def outside(self) -> dict[str, str]:
        """The environment of a terminal that knows nothing of the tests' servers."""
        ours = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "EMAIL_URL", "STATICFILES_BACKEND")
        env = {name: value for name, value in os.environ.items() if name not in ours}
        return {**env, "QSM_DATA_DIR": str(self.folder)}

    def remove(self) -> None:
        """Stop it; root's servers may have their files elsewhere."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        shutil.rmtree((self.folder / "servers").resolve(), ignore_errors=True)

    def environment(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.folder / "environment.json").read_text())
        return found

    def database(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self.environment()["DATABASE_URL"], autocommit=True)

    def front_door(self) -> int:
        connection = http.client.HTTPConnection("localhost", self.port, timeout=10)
        connection.request("GET", "/")
        status = connection.getresponse().status
        connection.close()
        return status

    def processes(self) -> dict[int, str]:
        """Everything that runs for this folder: its command, its surroundings or its place names it."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes()
                named = command + (entry / "environ").read_bytes() + bytes((entry / "cwd").readlink())
            except OSError:
                continue
            if bytes(self.folder) in named or bytes((self.folder / "servers").resolve()) in named:
                found[int(entry.name)] = command.replace(b"\0", b" ").decode()
        return found

    def pid_of(self, words: str) -> int:
        return min(pid for pid, command in self.processes().items() if words in command)


def until(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def the_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("demo") / "data")
    yield demo
    demo.remove()


@pytest.fixture
def demo(the_demo: Demo) -> Demo:
    """The demo, running, whatever the test before did to it."""
    if the_demo.process is None or the_demo.process.poll() is not None:
        the_demo.start()
    return the_demo


def test_it_comes_up_and_says_where_once(demo: Demo) -> None:
    said = demo.said.read_text()
    assert [line for line in said.splitlines() if "http" in line] == [
        f"The portal is up: http://localhost:{demo.port}/"
    ]
    assert all(
        word in said for word in ("amuse", "AMUSE_official", "rival", "RIVAL_store", "yunjee", "operator")
    )
    assert "qsm-demo" in said
    assert demo.warned.read_text() == ""
    assert demo.front_door() in (200, 302)
    with demo.database() as database:
        people = {name for (name,) in database.execute("SELECT username FROM accounts_user")}
    assert people >= {"amuse", "rival", "yunjee", "operator"}


def test_its_data_are_nobody_elses(demo: Demo) -> None:
    assert demo.folder.stat().st_mode & 0o067 == 0
    assert (demo.folder / "servers").stat().st_mode & 0o077 == 0
    for name in ("environment.json", "secret_key", "postgres_password", "redis_password"):
        assert (demo.folder / name).stat().st_mode & 0o077 == 0
    environment = demo.environment()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(environment["DATABASE_URL"], password="guessed")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(environment["DATABASE_URL"], user="postgres")
    port = int(environment["REDIS_URL"].rpartition(":")[2].partition("/")[0])
    with (
        pytest.raises(redis.AuthenticationError),
        redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as stranger,
    ):
        stranger.ping()
    passwords = [(demo.folder / f"{name}_password").read_text() for name in ("postgres", "redis")]
    assert not any(word in command for word in passwords for command in demo.processes().values())


def test_commands_in_another_terminal_reach_it(demo: Demo) -> None:
    told = demo.run("shell", "--no-imports", "-c", ASK_FOR_SERVERS)
    assert told.stdout.strip() == demo.environment()["DATABASE_URL"], told.stderr


def test_the_demo_started_last_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QSM_DATA_DIR", raising=False)
    project = tmp_path / "project"
    project.mkdir()
    assert running_demo_environment(project) == {}
    folder = DataFolder(tmp_path / "data")
    point_to(folder, project)
    folder.write("environment.json", '{"PLAYGROUND": "true"}')
    assert running_demo_environment(project) == {"PLAYGROUND": "true"}
    folder.close()
    assert running_demo_environment(project) == {}
    folder.remove()


def test_a_second_demo_on_the_folder_is_refused(demo: Demo) -> None:
    refused = demo.run("demo", "--port", str(free_port()))
    assert refused.returncode == 1
    assert refused.stderr == f"CommandError: another demo is running on {demo.folder}\n"


def test_a_port_in_use_is_refused(demo: Demo, tmp_path: Path) -> None:
    refused = demo.run("demo", "--port", str(demo.port), "--data-dir", str(tmp_path / "other"))
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"CommandError: port {demo.port} cannot be used")
    assert refused.stderr.count("\n") == 1
    Demo(tmp_path / "other").remove()


def test_somebody_elses_folder_is_refused(demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("mine")
    refused = demo.run("demo", "--reset", "--data-dir", str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]


def test_it_ends_within_ten_seconds_and_finds_its_data_again(demo: Demo) -> None:
    with demo.database() as database:
        database.execute("CREATE TABLE kept AS SELECT 1")
    with redis.Redis.from_url(demo.environment()["REDIS_URL"]) as cache:
        cache.set("kept", "1")
    began = time.monotonic()
    assert demo.process
    demo.process.terminate()
    demo.process.terminate()  # `uv run` and a terminal may both pass it on
    assert demo.process.wait() == 0
    assert time.monotonic() - began < 10
    assert demo.processes() == {}

    demo.start()
    with demo.database() as database:
        assert database.execute("SELECT * FROM kept").fetchall() == [(1,)]
    with redis.Redis.from_url(demo.environment()["REDIS_URL"]) as cache:
        assert cache.get("kept") == b"1"


def test_killed_it_leaves_nothing_that_bars_the_next(demo: Demo) -> None:
    assert demo.process
    demo.process.kill()
    demo.process.wait()
    told = demo.run("shell", "--no-imports", "-c", ASK_FOR_SERVERS)
    assert told.stdout == "None\n", told.stderr  # nothing connects to servers that are gone
    demo.start()
    assert demo.front_door() in (200, 302)


def test_what_dies_is_started_again_once(demo: Demo) -> None:
    busy = threading.Thread(target=compute, args=(demo.database(),))
    busy.start()  # its process outlives the server by a while, and must not bar the next
    os.kill(demo.pid_of("bin/postgres -D"), signal.SIGKILL)
    busy.join()
    until(lambda: "postgres died (signal 9)" in demo.warned.read_text())
    until(lambda: answered(demo))

    os.kill(demo.pid_of("-nworker@"), signal.SIGKILL)
    until(lambda: "worker died (signal 9)" in demo.warned.read_text())
    log = demo.folder / "logs/worker.log"
    until(lambda: log.read_text().count(" ready.") == 2)
    os.kill(demo.pid_of("-nworker@"), signal.SIGKILL)
    assert demo.process
    assert demo.process.wait(10) == 1
    assert "CommandError: worker died again (signal 9)" in demo.warned.read_text()
    assert demo.processes() == {}


def compute(database: "psycopg.Connection[Any]") -> None:
    with pytest.raises(psycopg.OperationalError), database:
        database.execute("SELECT sum(sqrt(number)) FROM generate_series(1, 200000000) number")


def answered(demo: Demo) -> bool:
    try:
        with demo.database() as database:
            return database.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def test_reset_begins_anew(demo: Demo) -> None:
    with demo.database() as database:
        database.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 1")
    assert demo.process
    demo.process.terminate()
    assert demo.process.wait() == 0
    demo.start("--reset")
    with demo.database() as database:
        assert database.execute("SELECT to_regclass('kept')").fetchone() == (None,)


@pytest.mark.parametrize("seconds", [0.8, 2.5])
def test_stopped_while_it_starts_it_leaves_nothing(tmp_path: Path, seconds: float) -> None:
    demo = Demo(tmp_path / "data")
    process = demo.launch()
    until(lambda: (demo.folder / "lock").exists())
    time.sleep(seconds)
    process.terminate()
    assert process.wait(10) == 0
    assert demo.processes() == {}
    with socket.create_server(("127.0.0.1", demo.port)):
        demo.remove()
