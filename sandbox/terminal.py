"""Lists on a terminal: as tables of which nothing is cut off, however narrow it is."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDEST = 10_000
_NARROWEST, _FRAME = 12, 3
"""Below that width a folded column is hard to read; a column's frame and margins."""


def print_table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, whole: int, title: str | None = None) -> None:
    """Print rows as a table: folded where the terminal is narrow, elsewhere with lines as long as they get.

    Args:
        titles: of the columns.
        rows: their cells.
        whole: so many columns from the left are never folded, as they are to be copied. A terminal that is too narrow
            for them gets some lines for each row instead.
        title: over the table.
    """
    table = Table(title=title)
    for place, name in enumerate(titles):
        table.add_column(name, no_wrap=place < whole, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # brackets are no markup here
    console = Console()
    if not console.is_terminal:
        width = Console(width=_WIDEST).measure(table).maximum
        Console(width=width).print(table)
        return
    copied = [max(map(len, cells)) for cells in list(zip(titles, *rows, strict=True))[:whole]]
    needed = sum(copied) + _NARROWEST * (len(titles) - whole) + _FRAME * len(titles) + 1
    if console.width >= needed:
        console.print(table)
        return
    for row in rows:
        for place, (name, cell) in enumerate(zip(titles, row, strict=True)):
            console.print(Text(f"  {name}: {cell}" if place else cell), soft_wrap=place < whole)
