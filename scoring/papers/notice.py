"""A notice as HTML and as PDF."""

import base64
import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import jinja2
from markupsafe import Markup

from scoring.papers.printing import pdf
from scoring.texts.notice_letter import Letter

_HERE: Final = Path(__file__).parent


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


def pdf_of(letter: Letter, at: datetime) -> bytes:
    """One page A4; work for a worker thread."""
    return pdf("notice.typ", "letter", letter, at)
