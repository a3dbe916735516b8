"""Figures of pages, each with the table of its numbers."""

from dataclasses import dataclass

from markupsafe import Markup, escape

from models.charts import embedded
from models.pages import Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """A figure with its table."""

    svg: Markup
    table: Grid


def plate(svg: str, *, name: str, title: str, description: str, table: Grid) -> Plate:
    """A figure that is labelled for screen readers, with its table.

    Args:
        svg: As the functions of ``models.charts`` draw it.
        name: Unique on the page; letters, digits, hyphens.
        title: What the figure is.
        description: What it shows.
        table: The same numbers; without a head there is none.
    """
    drawn = embedded(svg, name=name, title=escape(title), description=escape(description))
    return Plate(svg=Markup(drawn), table=table)  # noqa: S704  drawn by us, what it says is escaped
