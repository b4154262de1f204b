"""Taste that matters is a test: arrows, names, clocks, docstrings, templates."""

import ast
import importlib
import inspect
import re
from io import StringIO
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.core.management import call_command
from django.db import connection
from django.forms import BaseForm, Field
from django_filters import Filter
from django_filters.filterset import BaseFilterSet
from django_tables2 import Table
from importlinter.cli import lint_imports

from claims.models import claim as models

ROOT = Path(__file__).resolve().parent.parent
APPS = ["claims", "messaging", "qsm"]
OURS = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
RULES = [
    ROOT / "claims" / f"{name}.py"
    for name in (
        *("access", "eligibility", "entries", "filing"),
        *("deadlines", "money", "moves", "statuses", "reasons"),
    )
] + sorted((ROOT / "claims" / "transitions").glob("*.py"))


def name_of(path):
    return str(path.relative_to(ROOT))


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=name_of)


def test_arrows_point_one_way():
    """messaging → claims → qsm.accounts; the contracts stand in pyproject.toml."""
    assert lint_imports(str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True) == 0


def imported(tree):
    """Every module that `tree` imports, `from x import y` as x.y too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@each(RULES)
def test_rules_know_nothing_of_http(path):
    web = (
        "django.http",
        "django.shortcuts",
        "django.views",
        "django.forms",
        "django.template",
        "django.urls",
    )
    assert not [name for name in imported(ast.parse(path.read_text())) if name.startswith(web)]


CLOCKS = {"now", "today", "utcnow", "time", "time_ns", "monotonic", "localtime", "gmtime", "localdate", "Now"}


def clocks_read(tree):
    """Calls that read a clock: anything.now(), date.today(), time.time(), Now()…"""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in CLOCKS:
                yield ast.unparse(node)


@each(RULES)
def test_no_rule_reads_the_clock(path):
    tree = ast.parse(path.read_text())
    assert not list(clocks_read(tree))
    assert not [name for name in imported(tree) if name.startswith(("django.utils.timezone", "time"))]


def test_the_search_for_clocks_finds_one():
    code = (
        "timezone.now(); datetime.now(tz=UTC); date.today(); time.time(); Now(); localdate(); now_is(now=now)"
    )
    assert len(list(clocks_read(ast.parse(code)))) == 6


@each(OURS + TESTS)
def test_no_module_is_named_after_nothing(path):
    assert path.stem not in {
        "utils",
        "helpers",
        "services",
        "manager",
        "managers",
        "common",
        "core",
        "base",
        "misc",
    }


@each(OURS + TESTS)
def test_no_file_grows_without_end(path):
    """About 400 lines; beyond, it is cut by noun or screen."""
    assert len(path.read_text().splitlines()) <= 450


@each([path for path in OURS + TESTS if path.read_text().strip()])
def test_a_modules_docstring_is_one_line(path):
    docstring = ast.get_docstring(ast.parse(path.read_text()), clean=False)
    assert docstring, "a module says its one job"
    assert "\n" not in docstring
    assert docstring.endswith((".", "/…"))


HOOKS = {"get_absolute_url", "process_exception"}  # Django's names; it says what they are for
# A class of one of these says with its own name and options what it does.
DECLARATIVE = (
    admin.ModelAdmin,
    admin.AdminSite,
    InlineModelAdmin,
    BaseForm,
    Field,
    Filter,
    BaseFilterSet,
    Table,
)


def public_functions(module):
    """What others call: functions of the module, and methods of its classes that override nothing."""
    for name, member in vars(module).items():
        if name.startswith("_") or getattr(member, "__module__", "") != module.__name__:
            continue
        if inspect.isfunction(member):
            yield name, member
        elif inspect.isclass(member) and not issubclass(member, DECLARATIVE):
            for attribute, function in vars(member).items():
                function = getattr(function, "fget", getattr(function, "__func__", function))
                overrides = any(hasattr(base, attribute) for base in member.__mro__[1:])
                own = inspect.isfunction(function) and function.__qualname__ == f"{name}.{attribute}"
                if own and not overrides and not attribute.startswith("_") and attribute not in HOOKS:
                    yield f"{name}.{attribute}", function


@each([path for path in OURS if not path.name.startswith("admin")])
def test_every_public_function_has_a_docstring(path):
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert [name for name, function in public_functions(module) if not function.__doc__] == []


def test_the_search_for_docstrings_looks_at_methods_too():
    found = [name for name, _function in public_functions(models)]
    assert "Claim.effective_status" in found
    assert "ClaimQuerySet.in_cell" in found
    assert "Claim.get_absolute_url" not in found
    assert "day_in_japan" not in found, "that is another module's"


# --- templates: the policy is script-src 'self'; style-src 'self', and no eval --------------------

BANNED = {
    "an inline script": r"<script\b(?![^>]*\bsrc=)",
    "an inline style sheet": r"<style\b",
    "a style attribute": r"<[^>]*\sstyle\s*=",
    "an event handler": r"<[^>]*\son\w+\s*=",
    "hx-on": r"\bhx-on\b",
    "hx-boost": r"\bhx-boost\b",
    "js: in hx-vals": r"\bjs:",
    "a javascript: address": r"javascript:",
    "a trigger filter": r"hx-trigger\s*=\s*(\"[^\"]*\[|'[^']*\[)",
    "an unescaped text": r"\|\s*safe\b|\bautoescape\s+off\b",
}


def banned_in(text):
    without_comments = re.sub(r"{#.*?#}|{% comment.*?{% endcomment %}", "", text, flags=re.S)
    return [name for name, pattern in BANNED.items() if re.search(pattern, without_comments, re.I | re.S)]


# Mail programs load no style sheet: the one template of mails, which no browser gets from us, has its own.
ALLOWED = {"templates/messaging/mail.html": ["an inline style sheet", "a style attribute"]}


@each(TEMPLATES)
def test_templates_need_no_inline_code(path):
    assert banned_in(path.read_text()) == ALLOWED.get(name_of(path), [])


def test_no_page_is_made_of_the_mails_template():
    used = [path for path in OURS + TEMPLATES if "messaging/mail.html" in path.read_text()]
    assert [name_of(path) for path in used] == ["messaging/mails.py"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<script>alert(1)</script>", "an inline script"),
        ("<style>a{}</style>", "an inline style sheet"),
        ('<p\n style="x">', "a style attribute"),
        ('<button type="button" onclick="x()">', "an event handler"),
        ('<div hx-on:click="x">', "hx-on"),
        ('<body hx-boost="true">', "hx-boost"),
        ("<a hx-vals='js:{a: 1}'>", "js: in hx-vals"),
        ('<a href="javascript:x">', "a javascript: address"),
        ('<input hx-trigger="keyup[key==1]">', "a trigger filter"),
        ("{{ text|safe }}", "an unescaped text"),
    ],
)
def test_the_search_for_inline_code_finds_each(text, name):
    assert banned_in(text) == [name]
    assert banned_in('<script src="{% static "portal.js" %}" defer></script><a hx-trigger="click">') == []


@each([path for path in OURS if path.name != "settings.py"])
def test_no_text_is_called_safe_by_hand(path):
    assert not re.search(
        r"\bmark_safe\b|\bSafeString\b|\|safe\b|\.raw\(|\bRawSQL\b|\.extra\(", path.read_text()
    )


def test_no_test_is_skipped_or_expected_to_fail_but_for_want_of_a_browser():
    pattern = r"mark\.(skip|skipif|xfail)\b|pytest\.(skip|xfail|importorskip)\("
    found = {
        name_of(path) for path in TESTS if path != Path(__file__) and re.search(pattern, path.read_text())
    }
    # No Chromium, no Nu checker: they say so, and CI takes that for a failure (tests/servers.py).
    assert found == {"tests/browser/conftest.py", "tests/browser/test_pages.py"}


# --- migrations ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("app", "names"),
    [
        ("claims", {"claims_claimevent_append_only", "claim_copies_of_order"}),
        ("messaging", {"message_copies_of_order"}),
    ],
)
def test_the_guards_of_migration_0002_can_be_taken_off_and_put_on_again(app, names):
    guards = (
        "SELECT tgname FROM pg_trigger WHERE tgname = ANY(%s)"
        " UNION ALL SELECT conname FROM pg_constraint WHERE conname = ANY(%s)"
    )
    with connection.cursor() as cursor:
        for target, there in (("0001", set()), (None, names)):
            call_command("migrate", app, *filter(None, [target]), verbosity=0)
            assert {name for (name,) in cursor.execute(guards, [list(names)] * 2)} == there
