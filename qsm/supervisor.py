"""Processes as children of this one: started, watched, ended."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Stopped(Exception):
    """A signal asked this process to end."""


class ChildFailed(Exception):
    """A child did not start, or died twice; the message is for people."""


@dataclass(frozen=True)
class Person:
    """The system user a child runs as."""

    uid: int
    gid: int


@dataclass
class Child:
    """One process: how it starts, how one sees that it is ready, how it ends."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    before: Callable[[], None] = lambda: None
    ready: Callable[["Child"], bool] = lambda child: True
    stop_signal: signal.Signals = signal.SIGTERM
    server: bool = False  # the others lean on it: it ends after them
    run_as: Person | None = None
    stdin: str = ""
    deaths: int = 0
    log_start: int = 0
    process: "subprocess.Popen[bytes]" = field(init=False)


class Supervisor:
    """Starts children, each in a session of its own, and ends all of them, whatever happens.

    Children log to files in `logs`; `tell` hears what a person at the terminal should know.
    Use it from the main thread: Linux ends the children when the *thread* that started them ends.
    """

    def __init__(self, logs: Path, tell: Callable[[str], None]) -> None:
        self.logs = logs
        self.tell = tell
        self.children: list[Child] = []
        self.stopping = False
        self.roll = logs / "children.json"
        logs.mkdir(mode=0o700, exist_ok=True)

    def stop_on_signals(self) -> None:
        """From now on Ctrl-C, SIGTERM and a closed terminal end `watch`; more of them change nothing."""
        signal.signal(signal.SIGINT, self._ask_to_stop)
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as under nohup
            signal.signal(signal.SIGHUP, self._ask_to_stop)
        # `uv run` only stands between the terminal and us: killed, it must not leave us running unseen.
        with suppress(OSError):
            if libc and Path(f"/proc/{os.getppid()}/comm").read_text() == "uv\n":
                libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    def _ask_to_stop(self, *_: object) -> None:
        self.stopping = True

    def log(self, child: Child) -> Path:
        """The file a child writes to."""
        return self.logs / f"{child.name}.log"

    def said(self, child: Child, text: str) -> bool:
        """Whether a child has logged this text since it was started last."""
        with self.log(child).open("rb") as log:
            log.seek(child.log_start)
            return text.encode() in log.read()

    # --- start -----------------------------------------------------------------------------------
    def start(self, child: Child) -> None:
        """Start a child that is to stay; `wait_until_ready` tells when it can be used."""
        self.log(child).unlink(missing_ok=True)
        self._spawn(child)

    def wait_until_ready(self, seconds: float = 60) -> None:
        """Wait for every child; raise when one ends or takes too long."""
        end = time.monotonic() + seconds
        for child in self.children:
            while not child.ready(child):
                if child.process.poll() is not None:
                    raise ChildFailed(f"{child.name} did not start{self._tail(child)}")
                if time.monotonic() > end:
                    raise ChildFailed(f"{child.name} is not ready after {seconds:.0f} s{self._tail(child)}")
                self._pause(0.02)

    def finish(self, job: Child, seconds: float = 120) -> None:
        """Wait for a child that ends by itself; raise when it fails."""
        end = time.monotonic() + seconds
        while job.process.poll() is None:
            if time.monotonic() > end:
                raise ChildFailed(f"{job.name} did not end in {seconds:.0f} s{self._tail(job)}")
            self._pause(0.02)
        self.children.remove(job)
        if job.process.returncode:
            raise ChildFailed(f"{job.name} failed{self._tail(job)}")

    def run(self, job: Child) -> None:
        """Start a child and wait for its end; raise when it fails."""
        self.start(job)
        self.finish(job)

    def _spawn(self, child: Child) -> None:
        child.before()
        supervisor = os.getpid()

        def die_with_supervisor() -> None:
            # After the change of user, which would clear it. The parent may be dead already.
            if libc and (libc.prctl(PR_SET_PDEATHSIG, child.stop_signal) or os.getppid() != supervisor):
                os._exit(1)

        with self.log(child).open("ab") as log:
            child.log_start = log.tell()
            child.process = subprocess.Popen(  # noqa: S603  no shell, and every argument is ours
                child.argv,
                env=dict(child.env),
                cwd=child.cwd,
                stdin=subprocess.PIPE if child.stdin else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal reaches the supervisor only
                preexec_fn=die_with_supervisor,
                user=child.run_as.uid if child.run_as else None,
                group=child.run_as.gid if child.run_as else None,
                extra_groups=[] if child.run_as else None,
            )
        if child not in self.children:
            self.children.append(child)
        if child.process.stdin:
            with suppress(BrokenPipeError), child.process.stdin as stdin:
                stdin.write(child.stdin.encode())
        pids = [known.process.pid for known in self.children]
        self.roll.write_text(json.dumps([[pid, birth_of(pid)] for pid in pids]))

    def _pause(self, seconds: float) -> None:
        if self.stopping:
            raise Stopped
        time.sleep(seconds)

    def _tail(self, child: Child) -> str:
        lines = self.log(child).read_text(errors="replace").splitlines()[-12:]
        return "\n".join([f"; the end of {self.log(child)}:", *lines])

    # --- watch -----------------------------------------------------------------------------------
    def watch(self) -> None:
        """Until a signal comes, start again once whatever dies; raise when it dies a second time."""
        with suppress(Stopped):
            while True:
                for child in self.children:
                    if child.process.poll() is not None:
                        self._start_again(child)
                self._pause(0.1)

    def _start_again(self, child: Child) -> None:
        code = child.process.returncode
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        child.deaths += 1
        if child.deaths > 1:
            raise ChildFailed(f"{child.name} died again ({how}), see {self.log(child)}")
        self.tell(f"{child.name} died ({how}); started again, see {self.log(child)}")
        signal_group(child.process.pid, signal.SIGKILL)  # what the dead one left
        self._spawn(child)

    # --- stop ------------------------------------------------------------------------------------
    def stop(self) -> None:
        """End all children within ten seconds, by force if they must; the servers last, one by one."""
        self._end([child for child in self.children if not child.server], seconds=5)
        for server in [child for child in reversed(self.children) if child.server]:
            self._end([server], seconds=2)
        self.children.clear()
        self.roll.unlink(missing_ok=True)

    def _end(self, children: Sequence[Child], seconds: float) -> None:
        end = time.monotonic() + seconds
        for child in reversed(children):
            if child.process.poll() is None:
                child.process.send_signal(child.stop_signal)
        for child in children:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(end - time.monotonic(), 0))
            signal_group(child.process.pid, signal.SIGKILL)
            child.process.wait()

    def end_leftovers(self, seconds: float = 4) -> None:
        """End the children of an earlier supervisor that was killed; the caller has made sure it is dead."""
        with suppress(FileNotFoundError):
            end = time.monotonic() + seconds  # their death signal may be at work already
            for pid, birth in json.loads(self.roll.read_text()):
                while birth_of(pid) == birth != "":
                    if time.monotonic() > end:
                        signal_group(pid, signal.SIGKILL)
                    self._pause(0.05)


def signal_group(leader: int, number: signal.Signals) -> None:
    """Send a signal to a session's processes, also when its leader has ended."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def birth_of(pid: int) -> str:
    """When a running process began, in the system's own words, so that a pid used anew is not mistaken."""
    if sys.platform == "linux":
        try:
            state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        return "" if state == "Z" else fields[18]
    shown = subprocess.run(  # noqa: S603  no shell, and every argument is ours
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip()
