"""Forms with files, piece by piece."""

from collections.abc import AsyncIterator

import pytest

from scoring.pages.forms import FormError
from scoring.pages.forms_with_files import SentForm, read_form
from scoring.usecases.inspection import FILE_BYTES

KIND = "multipart/form-data; boundary=x"


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    """One part of a form."""
    named = "" if filename is None else f'; filename="{filename}"'
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"


async def read(body: bytes, kind: str = KIND, size: int = 7) -> SentForm:
    """Read a form in pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    return await read_form(kind, pieces())


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_fields_and_files_are_told_apart(size: int) -> None:
    """Wherever the pieces end. Of a repeated field the last counts; a field without a chosen file has none."""
    body = part("a", b"1") + part("a", "ü".encode()) + part("f", b"%PDF", "x.pdf") + part("g", b"", "") + b"--x--\r\n"
    form = await read(body, size=size)
    assert form.fields == {"a": "ü"}
    assert [(name, [(one.name, one.content) for one in files]) for name, files in form.files.items()] == [
        ("f", [("x.pdf", b"%PDF")])
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\\\Users\\\\erika\\\\Bilanz.pdf", "Bilanz.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("a" * 200 + ".pdf", "a" * 111 + "…aaaa.pdf"),
        ("/", "Dokument"),
    ],
)
async def test_a_name_is_one_line_without_folders(given: str, expected: str) -> None:
    """People read it, and save a file under it."""
    form = await read(part("f", b"x", given) + b"--x--\r\n")
    assert form.files["f"][0].name == expected


async def test_a_file_that_is_too_long_is_cut_off() -> None:
    """One byte beyond the bound, by which it is refused; the rest takes no memory."""
    form = await read(part("f", b"x" * (FILE_BYTES + 100), "x.pdf") + b"--x--\r\n", size=65_536)
    assert len(form.files["f"][0].content) == FILE_BYTES + 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", KIND),
        (b"a=1", "application/x-www-form-urlencoded"),
        (part("a", b"1"), KIND),
        (part("a", b"\xff") + b"--x--\r\n", KIND),
        (part("a", b"x" * 40_000) + b"--x--\r\n", KIND),
        (part("a", b"1") * 70 + b"--x--\r\n", KIND),
        (part("a", b"1") + b"--x--\r\n", "multipart/form-data"),
    ],
    ids=["nothing", "another form", "no end", "no text", "a long field", "many parts", "no boundary"],
)
async def test_what_is_no_form_is_refused(body: bytes, kind: str) -> None:
    """Whatever it is."""
    with pytest.raises(FormError):
        await read(body, kind)
