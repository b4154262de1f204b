"""What the export with all columns wrote, the import reads back as no change: every status, hostile texts."""

import pytest

from claims import tasks
from claims.models import Claim, Order
from claims.statuses import FACTS, IN_LOOP, Kind, Status
from qsm.accounts.models import Buyer
from tests import deeds
from tests.clock import NOW, japan
from tests.import_hands import checked, confirm, counts, problems
from tests.sheets import EXPORT, content
from tests.test_export import HOSTILE


@pytest.mark.parametrize("format", ["xlsx", "csv"])
def test_what_the_export_wrote_reads_back_as_no_change(seller, a_claim, an_order, clock, format):
    for status in Status:
        for kind in sorted(FACTS[status].kinds):
            if status in IN_LOOP:
                a_claim(status, kind=kind, before=_first(kind))
            else:
                a_claim(status, kind=kind)
    for text in [
        *HOSTILE,
        "  前後の空白 ",
        "a\tb",
        "e\u0301",
        "a\r\nb",
        "a\x01b",
        "a\uffffb",
        "\u3000全角",
        "一\n\n二",
    ]:
        texts = {"option": text, "receiver": text, "tracking_number": text[:50], "delivery_company": text}
        a_claim(order=an_order(buyer=Buyer.objects.create(name=text), **texts), reason=text, reason_text=text)
    a_claim(
        Status.RETURN_DONE,
        order=(twice := an_order(shipped_on=NOW.date(), delivered_on=NOW.date(), quantity=3)),
    )
    a_claim(order=twice, quantity=2)
    deeds.ask(a_claim(), offer=500)
    deeds.ask(accepted := a_claim(), offer=500)
    deeds.accept(accepted)
    deeds.ask(rejected := a_claim(), offer=500)
    deeds.reject(rejected)
    for now, swept in (
        (NOW, False),
        (japan("2021-07-14"), False),
        (japan("2021-07-16"), False),
        (japan("2021-07-20"), False),
        (japan("2021-07-20"), True),
    ):
        clock.move_to(now)
        if swept:
            tasks.complete_lapsed()
        data = content(seller.post(EXPORT + "?tab=search", {"format": format, "columns": "all"}))
        before = list(Claim.objects.order_by("pk").values()), list(Order.objects.order_by("pk").values())
        job, page = checked(seller, data, f"claims.{format}")
        assert problems(page) == []
        assert counts(page) == (0, 0, Claim.objects.count(), 0)
        assert job.report["ignored"] == []
        confirm(seller, job)
        assert (
            list(Claim.objects.order_by("pk").values()),
            list(Order.objects.order_by("pk").values()),
        ) == before


def _first(kind):
    return {
        Kind.CANCEL: Status.CANCEL_REQUESTED,
        Kind.RETURN: Status.RETURN_REQUESTED,
        Kind.EXCHANGE: Status.EXCHANGE_APPROVED,
    }[kind]
