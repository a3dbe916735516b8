"""Laws of the views that features are made from."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import polars as pl
import pytest
from builders import make_ledger
from hypothesis import given, settings
from strategies import AS_OF, Rows, ledger_rows

from features.ledger import collect
from features.positions import PositionViews
from features.spine import observed, spine_of
from features.views import OF_LINES, View, Views

POINTS = observed(spine_of(AS_OF))
CLASSES = (Views, PositionViews)


def _without_lines(of: type[Views], rows: Rows) -> Views:
    """Views of a ledger whose bank lines have no column: who reads one, fails."""
    views = of(make_ledger(**rows), POINTS)
    views.ledger = replace(views.ledger, transactions=pl.DataFrame())
    return views


def _made(of: type[Views]) -> Iterator[View]:
    return (view for view in View if hasattr(of, f"_{view.value}"))


def _kept(of: type[Views]) -> set[str]:
    """What views keep beside themselves."""
    return {name for base in of.__mro__ for name, one in vars(base).items() if isinstance(one, cached_property)}


@pytest.mark.parametrize("of", CLASSES)
@settings(max_examples=max(5, settings().max_examples // 10))  # an example makes some thirty views
@given(rows=ledger_rows())
def test_only_views_of_lines_read_bank_lines(of: type[Views], rows: Rows) -> None:
    """Neither they nor what is kept between them."""
    for view in set(_made(of)) - OF_LINES:
        collect(_without_lines(of, rows)[view])
    for name in _kept(of) - {"_used_accounts"}:
        getattr(_without_lines(of, rows), name)


@pytest.mark.parametrize("of", CLASSES)
def test_every_view_of_lines_reads_them(of: type[Views]) -> None:
    """What reads none need not be made again."""
    for view in OF_LINES & set(_made(of)) - ({View.RECEIPTS} if of is Views else set()):
        with pytest.raises(pl.exceptions.ColumnNotFoundError):
            collect(_without_lines(of, {})[view])
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        _ = _without_lines(of, {})._used_accounts
