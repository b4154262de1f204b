"""Files as people upload them: photos, receipts, and what only pretends to be one."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from claims import files
from tests import deeds


def image_bytes(format_="JPEG", size=(60, 40), exif=None):
    """An image of one colour; `exif` is metadata such as a place."""
    written = io.BytesIO()
    more = {"exif": exif} if exif else {}
    Image.new("RGB", size, (200, 30, 30)).save(written, format_, **more)
    return written.getvalue()


def pdf_bytes(script="", password=""):
    """A PDF of one empty page, with a script or a password where asked for."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if script:
        action = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(script)}
        )
        writer._root_object[NameObject("/OpenAction")] = writer._add_object(action)
    if password:
        writer.encrypt(password)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def upload(name="photo.jpg", content=None, content_type="image/jpeg"):
    """What a browser sends: a photo unless told otherwise."""
    return SimpleUploadedFile(name, image_bytes() if content is None else content, content_type)


def a_photo(attempt):
    """A photo that the shop sent with its request."""
    photo = files.keep(
        files.check(upload()),
        shop=attempt.claim.shop,
        order=attempt.claim.order,
        by=deeds.seller_of(attempt.claim),
        now=attempt.requested_at,
    )
    photo.withdrawal = attempt
    photo.send(attempt.requested_at)
    return photo
