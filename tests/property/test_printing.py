"""Whatever strangers write, a file can be made of it."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from scoring.papers.memo import pdf_of
from scoring.texts.memo import Cell, Memo, Table

AT = datetime(2026, 4, 1, tzinfo=UTC)


def printed(*texts: str) -> str:
    """What a reader finds in the PDF of a memo with texts of the applicant, in lines as they come."""
    rows = tuple((Cell(text=text), Cell(text="-")) for text in texts)
    table = Table(title="T", head=("a", "b"), rows=rows, empty="-")
    memo = Memo(language="de", title="M", sample=None, summary="S", receipt="R", tables=(table,))
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf_of(memo, AT))).pages)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=8))
def test_every_text_can_be_printed(texts: list[str]) -> None:
    """An emoji in an answer, or a name in another script, would else keep memo, dossier and notice from being made."""
    assert "T" in printed(*texts)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Danke \N{GRINNING FACE}!", "Danke [U+1F600]!"),
        ("\u674e", "[U+674E]"),
        ("Łódź Ömer Şahin", "Łódź Ömer Şahin"),
        ("Zoe\u0308", "Zoë"),
        ("a\u202eb\x07c\ufe0f", "abc"),
        ("#strong[x] $y$ <z>", "#strong[x] $y$ <z>"),
    ],
)
def test_a_sign_that_the_fonts_lack_is_told_by_its_number(text: str, shown: str) -> None:
    """Nothing is hidden: neither what was written nor that it cannot be shown."""
    assert shown in printed(text)
