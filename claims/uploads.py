"""The files of a form: what was just sent, and what is kept of an earlier sending that was refused."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from claims import files
from claims.access import Actor
from claims.models import Attachment, Order
from qsm.accounts.models import Shop


class Uploads:
    """Reads `files`, `kept` and `drop` of a post (claims/_uploads.html writes them); empty otherwise.

    What can be taken is stored at once as unsent attachments of `by`, so that it survives a refusal, a
    popup and a reload of the form; what cannot is named in `errors`, and the rest is kept all the same.
    """

    def __init__(
        self,
        request: HttpRequest,
        *,
        shop: Shop,
        order: Order | None,
        by: Actor,
        now: datetime,
        for_buyer: bool = True,
    ) -> None:
        self.attachments: list[Attachment] = []
        self.errors: list[str] = []
        self.most = settings.FILES_MAX
        # Whether 削除 was pressed: the form is to be shown again, and nothing sent.
        self.dropped = "drop" in request.POST
        if request.method != "POST":
            return
        own = Attachment.objects.filter(
            uploaded_by=by.user, sent_at__isnull=True, shop=shop, order=order, for_buyer=for_buyer
        )
        unsent = list(own.filter(key__in=_keys(request.POST.getlist("kept"))))
        dropped = _keys(request.POST.getlist("drop"))
        with transaction.atomic():
            files.discard([attachment for attachment in unsent if attachment.key in dropped])
        self.attachments = [attachment for attachment in unsent if attachment.key not in dropped]
        for upload in request.FILES.getlist("files"):
            if len(self.attachments) >= self.most:
                self.errors.append(files.too_many())
                break
            try:
                checked = files.check(upload)
            except ValidationError as refusal:
                self.errors += refusal.messages
            else:
                kept = files.keep(checked, shop=shop, order=order, by=by, now=now, for_buyer=for_buyer)
                self.attachments.append(kept)

    def __bool__(self) -> bool:
        return bool(self.attachments)


def _keys(values: list[str]) -> set[UUID]:
    """The values that are keys of attachments; anything else is nobody's."""
    found = set()
    for value in values[:100]:
        try:
            found.add(UUID(value))
        except ValueError:
            continue
    return found
