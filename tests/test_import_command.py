"""manage.py import_claims: 取込 from a terminal."""

import io

import pytest
from django.core.management import CommandError, call_command

from claims.imports import taking
from claims.management.commands import import_claims
from claims.models import Claim, ClaimEvent, Order
from tests.import_hands import a_row, csv_of


@pytest.fixture
def command(amuse, clock, tmp_path):
    """Runs it on a file with this content: (said, complained)."""

    def run(data, *options, shop="AMUSE_official"):
        path = tmp_path / "claims.csv"
        path.write_bytes(data)
        said, complained = io.StringIO(), io.StringIO()
        try:
            call_command("import_claims", str(path), "--shop", shop, *options, stdout=said, stderr=complained)
        except CommandError as error:
            return said.getvalue(), complained.getvalue(), str(error)
        return said.getvalue(), complained.getvalue(), ""

    return run


GOOD, BAD = a_row(), a_row(注文番号="700000002", 注文日="x")


def test_it_takes_the_good_rows_and_tells_of_the_bad(command):
    said, complained, error = command(csv_of(GOOD, BAD))
    assert said == "新規 1行、変更 0行、変更なし 0行、正しくない行 1行。\n"
    assert complained == (
        "3行目 700000002 注文日: 「x」は日付ではありません。2021/07/29 の形にしてください。\n"
    )
    assert error == "正しくない行が1行ありました。", "so that a script hears of it"
    assert Order.objects.count() == 1


def test_its_event_is_an_operators_by_command(command):
    command(csv_of(GOOD))
    event = ClaimEvent.objects.get()
    assert (event.actor_kind, event.actor, event.channel) == ("operator", None, "command")
    assert event.get_channel_display() == "コマンド"


def test_all_or_nothing(command):
    said, complained, error = command(csv_of(GOOD, BAD), "--all-or-nothing")
    assert said == "新規 1行、変更 0行、変更なし 0行、正しくない行 1行。\n"
    assert "注文日" in complained
    assert error == "正しくない行があるため、1行も取り込みませんでした。"
    assert not Order.objects.exists()


def test_a_dry_run_writes_nothing(command):
    said, _complained, error = command(csv_of(GOOD), "--dry-run")
    assert (said, error) == ("新規 1行、変更 0行、変更なし 0行、正しくない行 0行。\n", "")
    assert not Order.objects.exists()


def test_twice_is_once(command):
    command(csv_of(GOOD))
    assert command(csv_of(GOOD))[0] == "新規 0行、変更 0行、変更なし 1行、正しくない行 0行。\n"
    assert Claim.objects.count() == 1


def test_what_it_cannot_use_it_says(command, tmp_path, amuse):
    assert command(csv_of(GOOD), shop="NOBODY")[2] == "ショップがありません: NOBODY"
    assert "注文番号" in command(b"a,b\r\n1,2\r\n")[2]
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(CommandError, match="ファイルを開けません"):
            call_command("import_claims", str(path), "--shop", "AMUSE_official")


def test_a_long_file_is_not_silent(command, monkeypatch):
    monkeypatch.setattr(import_claims, "EVERY", 2)
    monkeypatch.setattr(taking, "CHUNK", 1)
    rows = [a_row(注文番号=str(700000000 + at)) for at in range(5)]
    for options in (["--dry-run"], []):
        said, _complained, _error = command(csv_of(*rows), *options)
        assert said.splitlines()[:-1] == ["2行まで終わりました。", "4行まで終わりました。"]
