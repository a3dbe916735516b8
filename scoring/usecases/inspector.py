"""Looks at one document that a stranger sent. Runs alone, as a process of its own with little memory and time.

It reads the document from its standard input. It writes a line of JSON, and after it the document as it is to be kept.
What a file is follows from its bytes, never from its name. A picture is drawn anew, so that nothing is left in it but
what can be seen; no place where it was taken, and nothing behind its end. A PDF is kept byte by byte, for it may bear a
signature, and is refused where it could do anything, or where two readers could see two documents in it.

Imports nothing of this project: it is run by its path.
"""

import io
import json
import os
import re
import resource
import sys
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any, Final

CPU_SECONDS: Final = 10
MEMORY_BYTES: Final = 768 * 1024 * 1024
MOST_PIXELS: Final = 50_000_000
LONGEST_SIDE: Final = 4_000
"""Of a picture that is kept, in pixels: a page at 300 dots per inch has 3,508."""
KEPT_BYTES: Final = 10 * 1024 * 1024
"""Of a picture that was drawn anew: no more than one may have that is sent. Noise in few colours grows fourfold."""
_QUALITIES: Final = (90, 75, 50)
PDF, JPEG, PNG, WEBP = "application/pdf", "image/jpeg", "image/png", "image/webp"
_DEEPEST: Final = 100
_MOST_OBJECTS: Final = 200_000
_XML_BYTES: Final = 2 * 1024 * 1024
_E_INVOICE: Final = frozenset({"factur-x.xml", "zugferd-invoice.xml", "ZUGFeRD-invoice.xml", "xrechnung.xml"})
"""An invoice that a machine reads: the one kind of file that an honest PDF has in it."""
_KEYS: Final = {"/JS": "script", "/JavaScript": "script", "/XFA": "active"}
_VALUES: Final = {
    "/JavaScript": "script",
    "/Launch": "action",
    "/SubmitForm": "action",
    "/ImportData": "action",
    "/GoToE": "action",
    "/GoToR": "action",
    "/RichMedia": "active",
    "/Rendition": "active",
    "/Movie": "active",
    "/Sound": "active",
    "/3D": "active",
}
_RAW: Final = {b"/JavaScript": "script", b"/Launch": "action", b"/RichMedia": "active", b"/Rendition": "active"}
"""The same where a reader looks past the tables of the file: long enough not to stand there by chance."""


class RefusedError(Exception):
    """The document is not taken; the code says why."""


def main() -> None:
    """Look at the document on standard input."""
    os.nice(10)  # decisions come first
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    warnings.simplefilter("ignore")
    content = sys.stdin.buffer.read()
    try:
        media_type, kept = inspect(content)
        said: dict[str, str] = {"media_type": media_type}
    except RefusedError as error:
        said, kept = {"refused": str(error)}, b""
    except MemoryError:
        said, kept = {"refused": "too_much"}, b""
    except Exception:  # noqa: BLE001  whatever a parser stumbles over, the document is not what it says
        said, kept = {"refused": "damaged"}, b""
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + kept)


def inspect(content: bytes) -> tuple[str, bytes]:
    """Its type, and the bytes to keep.

    Raises:
        RefusedError: it is not taken.
    """
    if not content.strip(b"\0\t\r\n "):
        raise RefusedError("empty")
    if content.startswith(b"%PDF-"):
        look_at_pdf(content)
        return PDF, content
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (
        content.startswith(b"RIFF") and content[8:12] == b"WEBP"
    ):
        return drawn(content)
    if content[4:8] == b"ftyp" and content[8:12] in {b"heic", b"heix", b"mif1", b"hevc", b"avif"}:
        raise RefusedError("heic")
    raise RefusedError("unknown_type")


def drawn(content: bytes) -> tuple[str, bytes]:
    """A picture, drawn anew.

    Raises:
        RefusedError: it has too many pixels, or would be larger than it was sent.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415  a PDF needs none of it

    Image.MAX_IMAGE_PIXELS = None  # looked at here
    with Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP"]) as picture:
        is_png = picture.format == "PNG"
        if picture.width * picture.height > MOST_PIXELS:
            raise RefusedError("too_many_pixels")
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        seen: Image.Image = ImageOps.exif_transpose(picture)
        seen.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        seen = seen.convert("RGBA" if is_png and seen.has_transparency_data else "RGB")
    plain = Image.new(seen.mode, seen.size)
    plain.paste(seen)
    buffer = io.BytesIO()
    if is_png:
        plain.save(buffer, "PNG")
        if buffer.tell() <= KEPT_BYTES:
            return PNG, buffer.getvalue()
        backed = Image.new("RGB", plain.size, "white")
        backed.paste(plain, mask=plain if plain.mode == "RGBA" else None)
        plain = backed
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        plain.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= KEPT_BYTES:
            return JPEG, buffer.getvalue()
    raise RefusedError("too_much")


def look_at_pdf(content: bytes) -> None:
    """Every object of a PDF, by its tables and by its bytes.

    Raises:
        RefusedError: it could do something, or is two documents.
    """
    from pypdf import PdfReader  # noqa: PLC0415  a picture needs none of it
    from pypdf.generic import IndirectObject, StreamObject  # noqa: PLC0415

    _look_at_bytes(content)
    reader = PdfReader(io.BytesIO(content))
    if "/Encrypt" in reader.trailer:
        raise RefusedError("encrypted")
    numbers = {(number, generation) for generation, of in reader.xref.items() for number in of}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > _MOST_OBJECTS:
        raise RefusedError("too_much")
    packed = 0
    for number, generation in sorted(numbers):
        found = reader.get_object(IndirectObject(number, generation, reader))
        _look_at_values([found])  # in a list: a name may be an object by itself, to which an action points
        if isinstance(found, StreamObject) and found.get("/Type") == "/ObjStm":
            packed += 1
            _look_for_names(found.get_data())
    # what stands in the bytes and in no table, some other reader may find
    if len(re.findall(rb"/ObjStm(?![A-Za-z0-9])", _unescaped(content))) > packed:
        raise RefusedError("two_readings")
    if not len(reader.pages):
        raise RefusedError("damaged")


def _look_at_bytes(content: bytes) -> None:
    _, end, behind = content.rpartition(b"%%EOF")
    if not end or behind.strip(b"\0\t\r\n "):
        raise RefusedError("two_readings" if end else "damaged")
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise RefusedError("two_readings")
    _look_for_names(content)


def _look_for_names(content: bytes) -> None:
    plain = _unescaped(content)
    for name, why in _RAW.items():
        if name in plain:
            raise RefusedError(why)
    if re.search(rb"/Encrypt(?![A-Za-z0-9])", plain):
        raise RefusedError("encrypted")


def _unescaped(content: bytes) -> bytes:
    """With names as they are meant: PDF lets any of their characters be written as a number."""
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), content)


def _look_at_values(found: Any) -> None:  # noqa: ANN401  any object of a PDF
    for owner, key, value in _values(found, 0):
        why = _KEYS.get(key) or (_VALUES.get(value) if isinstance(value, str) else None)
        if why is not None:
            raise RefusedError(why)
        if key == "/EF":
            _look_at_file(owner, value.get_object())


def _values(found: Any, depth: int) -> Iterator[tuple[Any, str, Any]]:  # noqa: ANN401  any object of a PDF
    """All values in an object, with what they are in and their key there; what it points to is looked at by itself."""
    if depth > _DEEPEST:
        raise RefusedError("too_much")
    if isinstance(found, dict):
        inner = [(str(key), dict.__getitem__(found, key)) for key in found]
    elif isinstance(found, list):
        inner = [("", value) for value in list.__iter__(found)]
    else:
        return
    for key, value in inner:
        yield found, key, value
        yield from _values(value, depth + 1)


def _look_at_file(owner: Any, files: Any) -> None:  # noqa: ANN401  objects of a PDF
    """A file in a PDF: an electronic invoice may have the one that a machine reads."""
    names = {str(owner.get(key)) for key in ("/F", "/UF") if key in owner} if isinstance(owner, dict) else set()
    if not names or not names <= _E_INVOICE:
        raise RefusedError("embedded_file")
    for key in files:
        content = files[key].get_object().get_data()
        if len(content) > _XML_BYTES or not content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            raise RefusedError("embedded_file")


if __name__ == "__main__":
    main()
