"""A notice as HTML and as PDF."""

import base64
import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

import jinja2
import msgspec
from markupsafe import Markup

from scoring.texts.notices import Letter

if TYPE_CHECKING:
    import typst

_HERE: Final = Path(__file__).parent
_STANDARDS: Final = ("a-2a", "ua-1")
"""For keeping, and for readers that read aloud."""
_one_at_a_time: Final = Lock()


@cache
def _style() -> str:
    return (_HERE / "notice.css").read_text()


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string((_HERE / "notice.html").read_text())


def html_of(letter: Letter) -> bytes:
    """One file, without scripts and links."""
    style = Markup(_style())  # noqa: S704  our own file
    return _template().render(letter=letter, style=style).encode()


def policy_of_html() -> str:
    """The Content-Security-Policy under which ``html_of`` is shown: its one style and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'"


@cache
def _compiler() -> "typst.Compiler":
    import typst  # noqa: PLC0415  the fonts take long to load, and few processes print

    return typst.Compiler(str(_HERE / "notice.typ"), root=str(_HERE), ignore_system_fonts=True)


def pdf_of(letter: Letter, at: datetime) -> bytes:
    """One page A4, tagged, with its fonts in it; the same letter and moment give the same bytes.

    Work for the processor, for a worker thread.
    """
    content = msgspec.json.encode(letter).decode()
    with _one_at_a_time:  # the compiler keeps what it was given last
        made = _compiler().compile(
            format="pdf",
            sys_inputs={"letter": content},
            pdf_standards=list(_STANDARDS),
            timestamp=int(at.timestamp()),
        )
    assert isinstance(made, bytes), "one file"  # noqa: S101  for mypy
    return made
