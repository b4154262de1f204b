"""Attached files: encoded anew or checked, kept out of reach, served to the two sides only (SPEC 1, 5)."""

import io
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from claims import access, files, links
from claims.models import Attachment
from tests import deeds
from tests.clock import NOW
from tests.pictures import image_bytes, pdf_bytes, upload


def opened(checked):
    return Image.open(io.BytesIO(checked.content))


@pytest.mark.parametrize(
    ("format_", "name", "content_type"),
    [
        ("JPEG", "photo.jpg", "image/jpeg"),
        ("PNG", "photo.png", "image/png"),
        ("WEBP", "photo.webp", "image/webp"),
    ],
)
def test_an_image_is_encoded_anew(format_, name, content_type):
    original = image_bytes(format_)
    checked = files.check(upload("photo.dat", original))
    assert (checked.name, checked.content_type) == (name, content_type)
    assert opened(checked).size == (60, 40)
    assert opened(checked).format == format_


def test_a_photo_loses_where_it_was_taken_and_what_hid_behind_it():
    exif = Image.Exif()
    exif[0x010E] = "taken at 35.6586,139.7454"
    exif[0x0112] = 6  # held upright: turned by a quarter
    content = image_bytes(exif=exif) + b"<script>alert(1)</script>"
    checked = files.check(upload(content=content))
    assert b"35.6586" not in checked.content
    assert b"script" not in checked.content
    assert opened(checked).size == (40, 60), "as it was held"


def test_a_large_photo_is_made_smaller():
    checked = files.check(upload(content=image_bytes(size=(5000, 1000))))
    assert opened(checked).size == (2400, 480)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\Users\\me\\写真.JPG", "写真.JPG"),
        ("a\u202egpj.exe", "agpj.jpg"),
        ("a\nb\x00c.jpg", "abc.jpg"),
        ("x" * 300 + ".jpg", "x" * 94 + ".jpg"),
        ("...", "file.jpg"),
    ],
)
def test_a_name_is_only_shown(name, shown):
    file = upload("a.jpg")
    file._name = name
    assert files.check(file).name == shown


HOSTILE = {
    "empty": b"",
    "a page": b"<html><script>alert(1)</script></html>",
    "a drawing with a script": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a program": b"MZ\x90\x00" + b"\0" * 100,
    "an archive": b"PK\x03\x04" + b"\0" * 100,
    "half a photo": image_bytes(size=(600, 400))[:900],
    "a gif": image_bytes("GIF"),
    "a PDF's head alone": b"%PDF-1.7\n",
    "a PDF with a script": pdf_bytes(script="app.alert(1)"),
    "a locked PDF": pdf_bytes(password="x"),
    "a PDF that refers to itself": b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 1 0 R>>\nendobj\ntrailer<</Root 1 0 R/Size 2>>",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_neither_image_nor_plain_pdf_is_refused_by_name(content):
    with pytest.raises(ValidationError) as refusal:
        files.check(upload("evidence.jpg", content))
    assert "「evidence" in refusal.value.messages[0]


def test_a_sound_pdf_is_kept_as_it_is():
    content = pdf_bytes()
    checked = files.check(upload("receipt", content))
    assert (checked.name, checked.content_type, checked.content) == (
        "receipt.pdf",
        "application/pdf",
        content,
    )


def test_a_file_too_large_says_how_large_it_may_be(settings):
    settings.FILE_MAX_BYTES = 1_000_000
    with pytest.raises(ValidationError, match="1MBまで"):
        files.check(upload(content=b"\xff" * 1_000_001))


def test_a_picture_bomb_is_not_decoded(monkeypatch):
    monkeypatch.setattr(files, "MOST_PIXELS", 2000)
    with pytest.raises(ValidationError, match="画素数"):
        files.check(upload())


def get(client, address):
    """The status of the answer, and what was downloaded."""
    response = client.get(address)
    content = response.getvalue()
    return response.status_code, content


@pytest.fixture
def a_file(a_claim, amuse):
    """A sent photo of the shop about an order of yunjee, unless told otherwise."""

    def keep(*, sent=True, for_buyer=True, claim=None, name="写真.jpg"):
        claim = claim or a_claim()
        attachment = files.keep(
            files.check(upload(name)),
            shop=claim.shop,
            order=claim.order,
            by=access.as_seller(amuse),
            now=NOW,
            for_buyer=for_buyer,
        )
        if sent:
            attachment.send(NOW)
        return attachment

    return keep


def test_a_file_is_a_download_that_can_do_nothing(a_file, client_of, amuse):
    attachment = a_file()
    response = client_of(amuse).get(f"/files/{attachment.key}/")
    assert response.status_code == 200
    with attachment.file.open() as kept:
        assert response.getvalue() == kept.read()
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%86%99")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "no-store"


def test_the_storage_never_sees_the_uploaders_name(a_file, uploads):
    attachment = a_file(name="../../x.jpg")
    (path,) = [path for path in uploads.rglob("*") if path.is_file()]
    assert path.name == attachment.key.hex


WHO = {
    "the uploader": ("amuse", True, True, True),
    "a read-only colleague": ("viewer", True, True, False),
    "another shop": ("rival", False, False, False),
    "the buyer": ("yunjee", True, False, False),
    "the operator": ("operator", True, True, True),
}


@pytest.mark.parametrize(("who", "sent", "inquiry", "draft"), WHO.values(), ids=WHO)
def test_who_may_open_it(a_file, a_claim, client_of, request, who, sent, inquiry, draft):
    client = client_of(request.getfixturevalue(who))
    for expected, attachment in (
        (sent, a_file()),
        (inquiry, a_file(for_buyer=False)),
        (draft, a_file(sent=False)),
    ):
        assert get(client, f"/files/{attachment.key}/")[0] == (200 if expected else 404)


def test_a_stranger_signs_in_first(a_file, client):
    response = client.get(f"/files/{a_file().key}/")
    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/accounts/login/")


def test_the_mails_link_opens_the_files_of_its_request_alone(a_file, a_claim, client, clock, csma):
    claim = a_claim(buyer=csma)
    other = a_file(claim=claim)
    attempt = deeds.ask(claim)
    proof = a_file(claim=claim)
    proof.withdrawal = attempt
    proof.send(NOW)
    address = f"/myqoo10/requests/{attempt.pk}/files"
    assert get(client, f"{address}/{proof.key}/")[0] == 404, "without the link"
    client.get(f"/r/{links.sign(attempt.pk)}/")
    assert get(client, f"{address}/{proof.key}/")[0] == 200
    assert get(client, f"{address}/{other.key}/")[0] == 404


def test_a_file_that_the_storage_lost_is_not_found(a_file, client_of, amuse):
    attachment = a_file()
    attachment.file.storage.delete(attachment.file.name)
    assert client_of(amuse).get(f"/files/{attachment.key}/").status_code == 404


def test_what_was_never_sent_goes_after_thirty_days(a_file, uploads, django_capture_on_commit_callbacks):
    sent, forgotten = a_file(), a_file(sent=False)
    with django_capture_on_commit_callbacks(execute=True):
        assert files.discard_forgotten(now=NOW) == 0
        assert files.discard_forgotten(now=NOW + timedelta(days=31)) == 1
    assert list(Attachment.objects.all()) == [sent]
    assert [path.name for path in uploads.rglob("*") if path.is_file()] == [sent.key.hex]
    assert forgotten.key != sent.key
