"""The files of a form: what was just sent, and what is kept of an earlier sending that was refused."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

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
        self._hold([])
        # Whether 削除 was pressed: the form is to be shown again, and nothing sent.
        self.dropped = "drop" in request.POST
        if request.method != "POST":
            return
        own = Attachment.objects.filter(
            uploaded_by=by.user, sent_at__isnull=True, shop=shop, order=order, for_buyer=for_buyer
        )
        wanted, dropped = _keys(request.POST.getlist("kept")), _keys(request.POST.getlist("drop"))
        unsent = list(own.filter(key__in=wanted))
        files.discard([attachment for attachment in unsent if attachment.key in dropped])
        self.attachments = [attachment for attachment in unsent if attachment.key not in dropped]
        if len(self.attachments) < len(wanted - dropped):
            self.errors.append(files.gone())
        left_out = []
        for upload in request.FILES.getlist("files"):
            if len(self.attachments) >= self.most:
                left_out.append(f"「{files.shown_name(upload.name or '')}」")
                continue
            try:
                checked = files.check(upload)
            except ValidationError as refusal:
                self.errors += refusal.messages
            else:
                kept = files.keep(checked, shop=shop, order=order, by=by, now=now, for_buyer=for_buyer)
                self.attachments.append(kept)
                self.fresh.append(kept)
        if left_out:
            names = "".join(left_out)
            self.errors.append(files.too_many() + _("%(names)sは添付していません。") % {"names": names})
        elif len(self.attachments) > self.most:
            self.errors.append(files.too_many())

    @classmethod
    def holding(cls, attachments: list[Attachment]) -> Uploads:
        """The files that are there when a form is drawn first: those of a draft, or none."""
        uploads = cls.__new__(cls)
        uploads.dropped = False
        uploads._hold(attachments)
        return uploads

    def _hold(self, attachments: list[Attachment]) -> None:
        self.attachments = attachments
        self.fresh: list[Attachment] = []  # those that came with this very post
        self.errors: list[str] = []
        self.most, self.most_mb = settings.FILES_MAX, settings.FILE_MAX_BYTES // 1_000_000

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
