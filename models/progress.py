"""A progress bar of models that are fitted one after the other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def fits_shown(console: Console, doing: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar; what is yielded is to be called after each fit.

    Args:
        console: Where it goes.
        doing: What is done, in a few words.
        total: How many fits there are.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(doing, total=total)
        yield lambda: progress.advance(task)
