"""The tests' servers: the demo's PostgreSQL and Redis, started before Django reads its settings."""

import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qsm.embedded import DataFolder, start_postgres, start_redis
from qsm.supervisor import Supervisor

ENVIRONMENT = {
    "SECRET_KEY": secrets.token_urlsafe(48),
    "HTTPS": "false",
    "PLAYGROUND": "true",
    "PUBLIC_URL": "http://localhost:8000",
    "EMAIL_URL": "memorymail://",
    # The live server's threads leave no connection behind that would hold the test's database.
    "CONN_MAX_AGE": "0",
    # Without a manifest, so that no test waits for collectstatic.
    "STATICFILES_BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
    # Nothing is collected, and whitenoise warns where the folder is missing.
    "STATIC_ROOT": str(Path(__file__).resolve().parent.parent / "static"),
}
# What a crash of the machine would lose, nobody misses here.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Before pytest-django, which loads the settings. Workers of xdist inherit the environment."""
    os.environ.update(ENVIRONMENT)
    asked = early_config.known_args_namespace
    if not (asked.help or asked.version or "PYTEST_XDIST_WORKER" in os.environ):
        start_servers(early_config)
    return (yield)


def start_servers(config: pytest.Config) -> None:
    """Start the servers that the environment does not name; they end, and their data go, with pytest."""
    if {"DATABASE_URL", "REDIS_URL"} <= os.environ.keys():
        return
    folder = DataFolder(Path(tempfile.mkdtemp(prefix="qsm-tests-")))
    config.add_cleanup(folder.remove)
    supervisor = Supervisor(folder.path / "logs", tell=sys.stderr.write)
    config.add_cleanup(supervisor.stop)
    if "REDIS_URL" not in os.environ:
        os.environ["REDIS_URL"] = start_redis(supervisor, folder)
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = start_postgres(supervisor, folder, *FAST)
    supervisor.wait_until_ready()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a test that does not run is a failure: nobody would see that it no longer guards anything."""
    if skipped_in_ci(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in skipped_in_ci(terminalreporter.config):
        terminalreporter.write_line(f"skipped, and so failed: {report.nodeid} {report.longrepr}", red=True)


def skipped_in_ci(config: pytest.Config) -> list[pytest.TestReport]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not (os.environ.get("QSM_CI") or os.environ.get("CI")):
        return []
    skipped: list[pytest.TestReport] = reporter.stats.get("skipped", [])
    return skipped
