"""What may be attached: images are encoded anew, PDFs are checked, nothing else is taken."""

from __future__ import annotations

import io
import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageOps
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from claims.access import Actor
from claims.models import Attachment, Order
from qsm.accounts.models import Shop

log = logging.getLogger(__name__)

IMAGES = {"JPEG": ("jpg", "image/jpeg"), "PNG": ("png", "image/png"), "WEBP": ("webp", "image/webp")}
PDF = ("pdf", "application/pdf")
LONGEST_SIDE = 2400  # pixels; a photo of a parcel shows all it has to
MOST_PIXELS = 60_000_000
# What a PDF does by itself, or carries: none of it is needed to show a receipt.
ACTIVE_IN_PDF = ("/JavaScript", "/JS", "/Launch", "/EmbeddedFile", "/EmbeddedFiles", "/RichMedia", "/XFA")
NAME_MAX = 100
UNSENT_DAYS = 30


@dataclass(frozen=True)
class Checked:
    """A file that may be kept: its shown name, its type, and its bytes as we wrote or checked them."""

    name: str
    content_type: str
    content: bytes


def check(upload: UploadedFile) -> Checked:
    """The upload as it may be kept.

    An image (JPEG, PNG, WebP) is decoded and encoded anew, upright, without its metadata, 2,400 pixels at
    the longest side; a PDF is opened and must be neither locked nor active. Raises ValidationError, naming
    the file, the reason and what to do.
    """
    name = shown_name(upload.name or "")
    if not upload.size:
        raise ValidationError(_("「%(name)s」は空のファイルです。"), params={"name": name})
    if upload.size > settings.FILE_MAX_BYTES:
        most = settings.FILE_MAX_BYTES // 1_000_000
        raise ValidationError(
            _("「%(name)s」が大きすぎます。1ファイル%(most)sMBまでです。小さくしてから添付してください。"),
            params={"name": name, "most": most},
        )
    content = upload.read()
    if content.lstrip()[:5] == b"%PDF-":
        return _pdf(name, content)
    return _image(name, content)


def shown_name(name: str) -> str:
    """The uploader's name for it, fit to be shown: no path, no control or direction marks, not too long."""
    bare = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    bare = "".join(char for char in bare if unicodedata.category(char)[0] != "C").strip(" .")
    stem, dot, ending = bare.rpartition(".")
    if dot and len(ending) <= 5:
        return f"{stem[: NAME_MAX - 6] or 'file'}.{ending}"
    return bare[:NAME_MAX] or "file"


def too_many() -> str:
    """Why no more files are taken."""
    return _("添付できるファイルは%(most)s個までです。") % {"most": settings.FILES_MAX}


def gone() -> str:
    """Why a file that the page shows does not go along."""
    return _("添付ファイルの一部は送信済みか削除済みです。必要な場合はもう一度添付してください。")


def keep(
    checked: Checked, *, shop: Shop, order: Order | None, by: Actor, now: datetime, for_buyer: bool = True
) -> Attachment:
    """Store a checked file as an unsent attachment of `by`, who is signed in; sending it is another step."""
    attachment = Attachment(
        shop=shop,
        order=order,
        name=checked.name,
        content_type=checked.content_type,
        size=len(checked.content),
        for_buyer=for_buyer,
        uploaded_at=now,
        uploaded_by_kind=by.kind,
        uploaded_by=by.user,
    )
    attachment.file.save(checked.name, ContentFile(checked.content), save=True)
    return attachment


@transaction.atomic
def discard(attachments: Sequence[Attachment]) -> None:
    """Delete unsent attachments and, once that is committed, their files; what was sent meanwhile stays."""
    unsent = Attachment.objects.filter(pk__in=[one.pk for one in attachments], sent_at__isnull=True)
    for attachment in unsent.select_for_update().order_by("pk"):
        attachment.delete()
        file = attachment.file
        transaction.on_commit(partial(file.storage.delete, str(file.name)), robust=True)


def discard_forgotten(*, now: datetime) -> int:
    """Delete what was never sent within 30 days; returns how many."""
    forgotten = list(
        Attachment.objects.filter(sent_at__isnull=True, uploaded_at__lt=now - timedelta(days=UNSENT_DAYS))
    )
    discard(forgotten)
    return len(forgotten)


def _with_ending(name: str, ending: str) -> str:
    stem, dot, old = name.rpartition(".")
    if dot and (old.lower() == ending or {old.lower(), ending} == {"jpeg", "jpg"}):
        return name
    return f"{stem if dot else name}.{ending}"


def _image(name: str, content: bytes) -> Checked:
    unreadable = ValidationError(
        _(
            "「%(name)s」は添付できません。JPEG・PNG・WebPの画像かPDFを添付してください"
            "（ファイルが壊れている場合は、もう一度保存し直してください）。"
        ),
        params={"name": name},
    )
    try:
        with Image.open(io.BytesIO(content), formats=list(IMAGES)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ValidationError(
                    _("「%(name)s」の画素数が大きすぎます。縮小してから添付してください。"),
                    params={"name": name},
                )
            format_ = image.format or ""
            image.load()
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            written = io.BytesIO()
            mode = "RGB" if format_ == "JPEG" else "RGBA"
            # A new image: nothing but the pixels comes along.
            Image.frombytes(mode, upright.size, upright.convert(mode).tobytes()).save(
                written, format_, quality=85
            )
    except ValidationError:
        raise
    except Exception as error:
        # Whatever a broken or hostile image makes the decoder say, it is no image to us.
        log.info("an upload is no image: %s", type(error).__name__)
        raise unreadable from error
    ending, content_type = IMAGES[format_]
    return Checked(_with_ending(name, ending), content_type, written.getvalue())


def _pdf(name: str, content: bytes) -> Checked:
    refused = ValidationError(
        _(
            "「%(name)s」は添付できません。パスワード、スクリプト、埋め込みファイルのないPDFを添付してください。"
        ),
        params={"name": name},
    )
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted or not reader.pages or _is_active(reader):
            raise refused
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, OSError, RecursionError) as error:
        log.info("an upload is no sound PDF: %s", type(error).__name__)
        raise refused from error
    return Checked(_with_ending(name, PDF[0]), PDF[1], content)


def _is_active(reader: PdfReader) -> bool:
    """Whether any object of the document acts by itself or carries another file."""
    for number in range(1, min(int(reader.trailer.get("/Size", 0)), 20_000)):
        try:
            found = reader.get_object(number)
        except PyPdfError:
            continue
        if isinstance(found, dict) and (
            any(key in found for key in ACTIVE_IN_PDF)
            or str(found.get("/S", "")) in ACTIVE_IN_PDF
            or str(found.get("/Type", "")) in ACTIVE_IN_PDF
        ):
            return True
    return False
