"""What a document is follows from its bytes; what could do more than be read is refused."""

import io
import os
import random
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from subprocess import DEVNULL, PIPE

import pytest
from documents import A_PDF, pdf, picture
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, PdfObject, TextStringObject

from scoring.usecases import inspector
from scoring.usecases.inspection import FILE_BYTES, SENTENCES, DocumentRefusedError, Inspection
from scoring.usecases.inspector import RefusedError, inspect


def action(kind: str, **more: str) -> Callable[[PdfWriter], None]:
    """An action when the document is opened."""
    named: dict[PdfObject, PdfObject] = {NameObject("/S"): NameObject(kind)}
    named |= {NameObject(f"/{key}"): TextStringObject(value) for key, value in more.items()}

    def change(writer: PdfWriter) -> None:
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(DictionaryObject(named))

    return change


def action_aside(kind: str) -> Callable[[PdfWriter], None]:
    """An action whose kind stands in an object of its own."""

    def change(writer: PdfWriter) -> None:
        name = writer._add_object(NameObject(kind))
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject({NameObject("/S"): name})

    return change


def a_form(writer: PdfWriter) -> None:
    """A dynamic form."""
    form: dict[PdfObject, PdfObject] = {NameObject("/XFA"): ArrayObject()}
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(form)


def with_zip(content: bytes) -> bytes:
    """A file that is a ZIP, too."""
    buffer = io.BytesIO(content)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("a.js", "x")
    return buffer.getvalue()


def large_picture() -> bytes:
    """Few bytes, many pixels."""
    buffer = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(buffer, "PNG")
    return buffer.getvalue()


OBJECT = b"9 0 obj <</S /J#61vaScript>> endobj\n%%EOF"
STREAM = b"9 0 obj <</Type /Obj#53tm>> stream\nendstream endobj\n%%EOF"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\0", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown_type"),
        (b"<html>", "unknown_type"),
        (b" %PDF-1.7", "unknown_type"),
        (b"GIF89a", "unknown_type"),
        (b"PK\3\4", "unknown_type"),
        (b"MZ", "unknown_type"),
        (b"\0\0\0\x18ftypheic", "heic"),
        (b"%PDF-1.7 nonsense", "damaged"),
        (A_PDF[:-6], "damaged"),
        (pdf(action_aside("/SubmitForm")), "action"),
        (pdf(action("/JavaScript", JS="app.alert(1)")), "script"),
        (pdf(action("/Launch", F="cmd.exe")), "action"),
        (pdf(action("/SubmitForm", F="https://evil.example")), "action"),
        (pdf(action("/GoToE")), "action"),
        (pdf(action("/Rendition")), "active"),
        (pdf(a_form), "active"),
        (pdf(lambda writer: writer.add_attachment("a.exe", b"MZ")), "embedded_file"),
        (pdf(lambda writer: writer.add_attachment("factur-x.xml", b"MZ")), "embedded_file"),
        (pdf(lambda writer: writer.encrypt("", "owner")), "encrypted"),
        (pdf(lambda writer: writer.encrypt("user", "owner", algorithm="AES-256")), "encrypted"),
        (A_PDF.replace(b"%%EOF", OBJECT), "script"),
        (A_PDF.replace(b"%%EOF", STREAM), "two_readings"),
        (A_PDF + b"<html><script>", "two_readings"),
        (with_zip(A_PDF), "two_readings"),
        (large_picture(), "too_many_pixels"),
    ],
)
def test_what_is_refused_and_why(content: bytes, reason: str) -> None:
    """By its bytes alone; each reason has a sentence that says what to do."""
    assert reason in SENTENCES
    try:
        inspect(content)
    except RefusedError as error:
        assert str(error) == reason  # noqa: PT017  what else is raised means damaged
    except Exception:  # noqa: BLE001  as the inspector itself has it
        assert reason in {"damaged", "two_readings"}
    else:
        pytest.fail("it was taken")


@pytest.mark.parametrize(
    "content",
    [
        A_PDF,
        A_PDF + b"\r\n\0",
        pdf(lambda writer: writer.add_attachment("factur-x.xml", b"\xef\xbb\xbf<?xml version='1.0'?><a/>")),
        pdf(action("/GoTo")),
        pdf(action("/URI", URI="https://bank.example")),
    ],
    ids=["plain", "blanks behind its end", "electronic invoice", "a place in it", "a link"],
)
def test_a_harmless_pdf_is_kept_byte_by_byte(content: bytes) -> None:
    """It may bear a signature."""
    assert inspect(content) == ("application/pdf", content)


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/jpeg")])
def test_a_picture_is_drawn_anew(kind: str, media_type: str) -> None:
    """Without what stands behind it; what can be seen stays."""
    found, kept = inspect(picture(kind) + b"<script>alert(1)</script>")
    with Image.open(io.BytesIO(kept)) as image:
        assert (found, image.size) == (media_type, (40, 30))
    assert b"script" not in kept


def test_a_picture_loses_its_place_and_is_turned_upright() -> None:
    """The phone's notes are gone; the picture stands as they said."""
    image, buffer = Image.new("RGB", (40, 30), "red"), io.BytesIO()
    notes = image.getexif()
    notes[0x0112], notes[0x010F] = 6, "Telefon"
    image.save(buffer, "JPEG", exif=notes)
    _, kept = inspect(buffer.getvalue())
    with Image.open(io.BytesIO(kept)) as seen:
        assert (seen.size, dict(seen.getexif())) == ((30, 40), {})


async def test_the_process_apart_says_the_same() -> None:
    """What is taken, what is refused, what no parser survives, and what is too large to begin with."""
    inspection = Inspection()
    looked = await inspection.look(A_PDF)
    assert (looked.media_type, looked.content) == ("application/pdf", A_PDF)
    for content, reason in (
        (A_PDF[:-6], "damaged"),
        (b"<html>", "unknown_type"),
        (b"", "empty"),
        (b"%PDF-" + b"\0" * (10 * 1024 * 1024), "too_large"),
    ):
        with pytest.raises(DocumentRefusedError) as error:
            await inspection.look(content)
        assert error.value.reason == reason


def test_a_picture_does_not_grow() -> None:
    """Noise in four colours, drawn anew in all colours, would take up four times the place that it was sent in."""
    side = 6_300
    row = side // 4
    rows = b"".join(b"\0" + random.Random(number).randbytes(row) for number in range(side))  # noqa: S311  noise
    head = struct.pack(">IIBBBBB", side, side, 2, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    assert len(content) <= FILE_BYTES
    kind, kept = inspect(content)
    assert (kind, len(kept) <= FILE_BYTES) == ("image/jpeg", True)


def test_decisions_come_before_documents() -> None:
    """Who sends documents that take long to look at does not slow down decisions."""
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with subprocess.Popen([sys.executable, "-I", inspector.__file__], stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as one:
        found = own
        for _ in range(2000):
            found = os.getpriority(os.PRIO_PROCESS, one.pid)
            if found > own:
                break
            time.sleep(0.01)
        one.communicate(b"")
    assert found > own
