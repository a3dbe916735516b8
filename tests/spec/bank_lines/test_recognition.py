"""How well bank lines are recognised: precision and recall per category on the lines to develop on.

The lines that were held out were measured once, see ``docs/bank-lines.md``: no test looks at them, so that no rule is
ever written for them.
"""

import re
from pathlib import Path

import polars as pl
import pytest

from benchmarks.bank_lines import labelled, measured
from features.ledger import CATEGORY
from scoring.sources.bank_lines.categorise import categorise
from scoring.sources.bank_lines.rules import DIRECTIONS, Direction

DISTRESS = ("garnishment", "insolvency_own", "returned_debit", "reminder_fee")
DEBT = ("loan_service", "lease", "loan_proceeds")


@pytest.fixture(scope="module")
def develop() -> pl.DataFrame:
    """Precision and recall of each category."""
    return measured(labelled("develop"))


def test_the_table_has_every_category(develop: pl.DataFrame) -> None:
    """So that no category goes unmeasured."""
    assert set(develop["category"]) == set(CATEGORY.categories)


@pytest.mark.parametrize("figure", ["precision", "recall"])
def test_each_category_is_recognised(develop: pl.DataFrame, figure: str) -> None:
    """At least nine of ten lines, of those recognised and of those to recognise."""
    assert develop.filter(pl.col(figure) < 0.9).rows() == []


@pytest.mark.parametrize("category", [*DISTRESS, *DEBT])
def test_what_decides_about_a_loan_is_recognised_without_fault(develop: pl.DataFrame, category: str) -> None:
    """Signs of distress and debt service: on these lines there is no excuse."""
    row = develop.row(by_predicate=pl.col("category") == category, named=True)
    assert (row["precision"], row["recall"]) == (1.0, 1.0)


def test_certain_means_certain() -> None:
    """Of certain signs of distress against the firm, which may decline a loan, none is wrong."""
    lines = labelled("develop")
    found = categorise(lines.drop("category"))
    claimed = found["category"].is_in(["garnishment", "insolvency_own"]) & (found["certainty"] == "certain")
    assert claimed.sum() >= 10
    assert lines["category"].filter(claimed).to_list() == found["category"].filter(claimed).to_list()


def test_a_line_is_the_same_alone() -> None:
    """Which phrases are searched for follows from the letters of all lines: that of others makes no difference."""
    lines = labelled("develop").drop("category")
    together = categorise(lines).gather_every(7)
    alone = pl.concat([categorise(lines[row]) for row in range(0, lines.height, 7)])
    assert alone.equals(together, null_equal=True)


def test_the_directions_are_those_of_the_guide() -> None:
    """What a lender and a person may say of money in and out is what the table of categories says."""
    guide = (Path(__file__).parents[3] / "docs" / "bank-lines.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[`a-z_, ]+`) \| (in|out|both) \|", guide, re.MULTILINE)
    told = {name: goes for names, goes in rows for name in re.findall(r"`(\w+)`", names)}
    assert told == {name: "both" if goes is Direction.EITHER else str(goes) for name, goes in DIRECTIONS.items()}
