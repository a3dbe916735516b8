"""What pages of models are made of: templates, and tables of text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table of text."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def share_text(value: float, low: float, high: float) -> str:
    """A share with its interval."""
    return f"{value:.1%} [{low:.1%}, {high:.1%}]"


def environment() -> jinja2.Environment:
    """Templates of pages; an absent value is an error, and HTML is escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=jinja2.select_autoescape(("html",)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
