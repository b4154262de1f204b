"""How long the desk's pages take for a shop with a million claims: `uv run python -m tests.bench.desk`."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median

from qsm.embedded import DataFolder, start_postgres
from qsm.supervisor import Supervisor
from tests.servers import ENVIRONMENT

PEOPLE = """
INSERT INTO accounts_buyer (name, email, language)
SELECT (ARRAY['山田','佐藤','髙橋','鈴木','Shin','ワタナベ','田中','小林'])[1 + i %% 8] || ' '
       || (ARRAY['美咲','太郎','Yunjee','花子','健','さくら','リン'])[1 + i %% 7] || i, 'b' || i || '@example.com', 'ja'
FROM generate_series(1, %(buyers)s) AS i
"""
ORDERS = """
INSERT INTO claims_order (shop_id, buyer_id, number, cart_number, item_code, item_title, quantity, option,
    option_code, payment_nation, total, payment_method, receiver, receiver_tel, receiver_mobile,
    shipping_country, zip_code, shipping_address, ordered_at, shipped_on, delivery_company, tracking_number,
    refunded, offered, external_ad)
SELECT %(shop)s, %(first)s + i %% %(buyers)s, (%(base)s + i)::text, (200000000 + i / 2)::text,
    (620000000 + i %% 3000)::text,
    '[AMUSE公式] ' || (ARRAY['アイビーガムコレクション','デュエティント','ジェルフィット','リップ'])[1 + i %% 4]
        || ' ' || (i %% 3000) || ' / EYE VEGAN COLLECTION SET',
    1, 'color:' || i %% 20, 'AM' || i %% 500, 'JP', 1000 + i %% 9000, '現金',
    (ARRAY['山田','佐藤','髙橋','鈴木'])[1 + i %% 4] || ' 受取' || i %% 50000,
    '+81-050-0000-7070', '', 'Japan', '273-0017', '千葉県 船橋市 西浦 3-4-2',
    now() - interval '2 years' * random(), current_date - (i %% 700)::int, 'ヤマト運輸',
    to_char(100000000000 + i * 7919::bigint, 'FM0000-0000-0000'), 0, 0, ''
FROM generate_series(0, %(rows)s - 1) AS i
"""
CLAIMS = """
INSERT INTO claims_claim (number, order_id, shop_id, ordered_at, kind, status, status_before, requested_at,
    completed_at, reason, quantity, reason_text, pickup_method, non_receipt_reason, non_receipt_type, deadline_at,
    fault, paused_from, non_receipt_wish)
SELECT o.number || '-1', o.id, o.shop_id, o.ordered_at, k.kind, k.status,
    CASE WHEN k.status IN ('asked', 'on_hold') THEN 'return_requested' ELSE '' END,
    o.ordered_at + interval '3 days',
    CASE WHEN k.ended THEN o.ordered_at + interval '12 days' END, '選択事項変更', 1, '', 'Qxpressが回収', '', '',
    CASE WHEN k.status = 'asked' THEN now() + interval '1 day' * (1 + o.id %% 7) END,
    '', '', ''
FROM claims_order o, LATERAL (SELECT
    CASE WHEN o.id %% 100 < 80 THEN 'return' WHEN o.id %% 100 < 95 THEN 'cancel' ELSE 'return' END AS kind,
    CASE WHEN o.id %% 100 < 80 THEN 'return_done' WHEN o.id %% 100 < 95 THEN 'cancel_done'
         WHEN o.id %% 100 = 95 THEN 'asked' WHEN o.id %% 100 = 96 THEN 'on_hold' ELSE 'return_requested' END
         AS status, o.id %% 100 < 95 AS ended) AS k
WHERE o.shop_id = %(shop)s
"""


def fill(code: str, rows: int) -> None:
    """A shop with its owner and so many orders with a claim each, written by PostgreSQL itself."""
    from django.db import connection

    from qsm.accounts.models import Buyer, Member, Role, Shop, User

    shop = Shop.objects.create(code=code, name=code)
    Member.objects.create(shop=shop, user=User.objects.create(username=code), role=Role.OWNER)
    known = {"shop": shop.pk, "rows": rows, "buyers": max(rows // 5, 1), "base": shop.pk * 100_000_000}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(PEOPLE, known)
        first = Buyer.objects.order_by("-pk").values_list("pk", flat=True)[0] - known["buyers"] + 1
        cursor.execute(ORDERS, known | {"first": first})
        cursor.execute(CLAIMS, known)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SET statement_timeout = '15s'")


def timed(work: Callable[[], object], times: int) -> float:
    """The median of the times that `work` takes, in milliseconds."""
    took = []
    for _ in range(times + 1):  # the first one warms up
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * 1000)
    return median(took[1:])


def pages(base: int) -> dict[str, str]:
    """What is asked for, by name; `base` is the first order number of the shop."""
    search = "?tab=search"
    return {
        "desk": "",
        "board alone": "board/",
        "cell": "?cell=asked",
        "search, nothing asked": search,
        "sorted by 注文日": f"{search}&sort=ordered",
        "page 100": f"{search}&page=100",
        "a month of 完了日": f"{search}&period=completed&since=2026-01-01&until=2026-01-31",
        "three statuses": f"{search}&status=asked&status=on_hold&status=withdrawn",
        "one number": f"{search}&q={base + 4321}",
        "the beginning of a number": f"{search}&q={str(base + 4321)[:7]}",
        "50 numbers": f"{search}&q=" + "+".join(str(base + 17 * i) for i in range(50)),
        "送り状番号": f"{search}&q=1000-0791-9000",
        "a word of every title": f"{search}&q=コレクション",
        "a word of one receiver": f"{search}&q=受取4321",
        "a buyer's name": f"{search}&q=美咲4321",
        "two words": f"{search}&q=ガム+美咲",
        "a word of nobody": f"{search}&q=どこにもない言葉",
    }


def measure(rows: int, times: int) -> None:
    """Print each page's milliseconds for a shop of 10,000 and one of `rows` claims, and their ratio."""
    from django.test import Client

    from qsm.accounts.models import Shop, User

    took: dict[str, list[float]] = {}
    for code, size in (("small", 10_000), ("large", rows)):
        begun = time.perf_counter()
        fill(code, size)
        print(f"{code}: {size:,} claims written in {time.perf_counter() - begun:.0f} s", flush=True)
    for code in ("small", "large"):
        client = Client(headers={"Host": "localhost"})
        client.force_login(User.objects.get(username=code))
        for name, query in pages(Shop.objects.get(code=code).pk * 100_000_000).items():
            address = f"/shops/{code}/claims/{query}"

            def visit(address: str = address, client: Client = client) -> None:
                assert client.get(address).status_code == 200, address

            took.setdefault(name, []).append(timed(visit, times))
    print(f"{'page':28} {'10,000':>10} {rows:>10,} {'ratio':>7}")
    for name, (small, large) in took.items():
        print(f"{name:28} {small:8.1f}ms {large:8.1f}ms {large / small:7.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    os.environ.update(ENVIRONMENT | {"DJANGO_SETTINGS_MODULE": "qsm.settings", "CONN_MAX_AGE": "60"})
    folder = DataFolder(Path(tempfile.mkdtemp(prefix="qsm-bench-")))
    supervisor = Supervisor(folder.path / "logs", tell=sys.stderr.write)
    try:
        os.environ["DATABASE_URL"] = start_postgres(supervisor, folder, "shared_buffers=1GB")
        supervisor.wait_until_ready()
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        measure(asked.rows, asked.times)
    finally:
        supervisor.stop()
        with suppress(OSError):
            folder.remove()


if __name__ == "__main__":
    main()
