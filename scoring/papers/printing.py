"""What prints a PDF: templates of typst, each compiled by one compiler that is kept."""

from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    import typst

_HERE: Final = Path(__file__).parent
_STANDARDS: Final = ("a-2a", "ua-1")
"""For keeping, and for readers that read aloud."""
_one_at_a_time: Final = Lock()


@cache
def _compiler(template: str) -> "typst.Compiler":
    import typst  # noqa: PLC0415  the fonts take long to load, and few processes print

    return typst.Compiler(str(_HERE / template), root=str(_HERE), ignore_system_fonts=True)


def pdf(template: str, name: str, content: msgspec.Struct, at: datetime) -> bytes:
    """A tagged PDF with its fonts in it; the same content and moment give the same bytes.

    Work for the processor, for a worker thread.

    Args:
        template: file name beside this module; the text of others reaches it as data alone, never as markup.
        name: under which the template reads the content.
        content: is given to it as JSON.
        at: becomes the moment of creation.
    """
    inputs = {name: msgspec.json.encode(content).decode()}
    with _one_at_a_time:  # a compiler keeps what it was given last
        made = _compiler(template).compile(
            format="pdf", sys_inputs=inputs, pdf_standards=list(_STANDARDS), timestamp=int(at.timestamp())
        )
    assert isinstance(made, bytes), "one file"  # noqa: S101  for mypy
    return made
