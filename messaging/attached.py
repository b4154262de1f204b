"""Files that go with what is being written: kept as they arrive, sent with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from claims import files
from claims.access import Actor
from claims.models import Attachment, Order
from qsm.accounts.models import Shop
from qsm.accounts.requests import PortalRequest


@dataclass(frozen=True)
class Attached:
    """The files of a form: all that are kept, those that came with this very request, and why others did not."""

    files: list[Attachment] = field(default_factory=list)
    fresh: list[Attachment] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def collect(
    request: PortalRequest,
    *,
    shop: Shop,
    order: Order | None,
    by: Actor,
    now: datetime,
    for_buyer: bool = True,
) -> Attached:
    """The files of the posted form: `kept` ones less the one to `remove` (which goes, unless another draft has it), and each new upload that can be taken.

    What cannot be taken is refused by name and the others are kept, settings.FILES_MAX in all. Only the
    person's own unsent files of this very shop and order count as kept.
    """
    own = Attachment.objects.filter(
        shop=shop, order=order, uploaded_by=by.user, for_buyer=for_buyer, sent_at=None, claim=None, withdrawal=None
    )  # fmt: skip
    removed = _keys([request.POST.get("remove", "")])
    wanted = _keys(request.POST.getlist("kept")) - removed
    with_it = list(own.filter(key__in=wanted))
    problems: list[str] = []
    if len(with_it) < len(wanted):
        problems.append(
            _("添付ファイルの一部は送信済みか削除済みです。必要な場合はもう一度添付してください。")
        )
    files.discard([file for file in own.filter(key__in=removed) if file.drafts.count() < 2])
    fresh: list[Attachment] = []
    left_out: list[str] = []
    for upload in request.FILES.getlist("files"):
        if len(with_it) + len(fresh) >= settings.FILES_MAX:
            left_out.append(f"「{files.shown_name(upload.name or '')}」")
            continue
        try:
            checked = files.check(upload)
        except ValidationError as problem:
            problems += problem.messages
            continue
        fresh.append(files.keep(checked, shop=shop, order=order, by=by, now=now, for_buyer=for_buyer))
    if left_out:
        problems.append(files.too_many() + _("%(names)sは添付していません。") % {"names": "".join(left_out)})
    elif len(with_it) > settings.FILES_MAX:
        problems.append(files.too_many())
    return Attached(with_it + fresh, fresh, problems)


def _keys(values: list[str]) -> set[UUID]:
    """The keys among what was posted; anything else is nobody's file."""
    found = set()
    for value in values[:100]:
        try:
            found.add(UUID(value))
        except ValueError:
            continue
    return found
