"""What prints a PDF: templates of typst, each compiled by one compiler that is kept."""

import re
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    import typst

_HERE: Final = Path(__file__).parent
_STANDARDS: Final = ("a-2a", "ua-1")
"""For keeping, and for readers that read aloud."""
_MAY_LACK: Final = re.compile(
    r"[^\n -~\u00a0-\u00ac\u00ae-\u02e9\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u0482\u048a-\u04ff\u1e00-\u1eff"
    r"\u2000-\u200a\u2010-\u2027\u202f-\u2040\u20a0-\u20c0\u2100-\u211e\u2190-\u22ff]"
)
"""What the fonts may have no picture of, or what cannot be seen. One of them, and no PDF for keeping could be made."""
_one_at_a_time: Final = Lock()


@cache
def _compiler(template: str) -> "typst.Compiler":
    import typst  # noqa: PLC0415  the fonts take long to load, and few processes print

    return typst.Compiler(str(_HERE / template), root=str(_HERE), ignore_system_fonts=True)


def pdf(template: str, name: str, content: msgspec.Struct, at: datetime) -> bytes:
    """A tagged PDF with its fonts in it; the same content and moment give the same bytes.

    Work for the processor, for a worker thread. Signs of other scripts than Latin, Greek and Cyrillic are written as
    their number, such as ``[U+4E2D]``, and emojis, too: whoever writes an answer must not keep a file from being made.

    Args:
        template: file name beside this module; the text of others reaches it as data alone, never as markup.
        name: under which the template reads the content.
        content: is given to it as JSON.
        at: becomes the moment of creation.
    """
    inputs = {name: msgspec.json.encode(_printable(msgspec.to_builtins(content))).decode()}
    with _one_at_a_time:  # a compiler keeps what it was given last
        made = _compiler(template).compile(
            format="pdf", sys_inputs=inputs, pdf_standards=list(_STANDARDS), timestamp=int(at.timestamp())
        )
    assert isinstance(made, bytes), "one file"  # noqa: S101  for mypy
    return made


def _printable(value: Any) -> Any:  # noqa: ANN401  any JSON
    """The same with texts of signs that the fonts have."""
    match value:
        case str():
            return _MAY_LACK.sub(_told, unicodedata.normalize("NFC", value))
        case dict():
            return {name: _printable(one) for name, one in value.items()}
        case list() | tuple():
            return [_printable(one) for one in value]
        case _:
            return value


def _told(found: re.Match[str]) -> str:
    """A sign by its number; nothing of one that cannot be seen."""
    sign = found[0]
    if sign in "\t\r\v\f\u2028\u2029":
        return " "
    is_unseen = unicodedata.category(sign) in {"Cf", "Cc", "Mn", "Me"}
    return "" if is_unseen else f"[U+{ord(sign):04X}]"
