"""Pages of features: formulas as one would write them, and what follows from the declaration."""

from pathlib import Path

import polars as pl
import pytest

from features.derive import CATALOGUE, measures_of
from features.page import LONGEST_FORMULA, declaration, formula

PAGES = Path(__file__).parents[3] / "docs" / "features"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (pl.col("open_cents"), "open_cents"),
        (pl.col("a") + pl.col("b") * 2, "a + (b * 2)"),
        ((pl.col("a") > 0).sum(), "(a > 0).sum()"),
        (pl.when(pl.col("a") > 0).then("b").otherwise(0).sum(), "when(a > 0).then(b).otherwise(0).sum()"),
        (pl.col("a").cast(pl.Float64) / 100, "a / 100"),
        (-pl.col("a"), "a.negate()"),
    ],
)
def test_formulas_are_written_plainly(expression: pl.Expr, text: str) -> None:
    """Names without quotes, numbers without types, no bracket twice."""
    assert formula(expression) == text


def test_a_formula_that_nobody_would_read_is_left_to_words() -> None:
    """The conventions have it."""
    long = pl.sum_horizontal(pl.col(f"month_{number}") for number in range(200))
    assert formula(long).startswith("see the conventions")


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_feature_can_be_told(name: str) -> None:
    """What it is taken of is named; nothing of the library's way of writing is left."""
    text = declaration(CATALOGUE[name])
    assert CATALOGUE[name].meaning.de in text
    assert "col(" not in text
    assert "dyn int" not in text
    assert max(map(len, text.splitlines())) < 2 * LONGEST_FORMULA
    assert set(CATALOGUE[name].measures) <= measures_of(name).keys()


def test_months_are_one_row() -> None:
    """Twelve measures that differ in the month alone."""
    rows = [line for line in declaration(CATALOGUE["revenue_trend_12m_v2"]).splitlines() if "sales_net_month_" in line]
    assert rows[0] == "| `sales_net_month_n` | sales_months | `net_cents.filter(age == n).sum()` |"


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_page_of_a_feature_is_current(name: str) -> None:
    """`python -m models pages` writes them; what is declared must be what the page says."""
    page = PAGES / f"{name}.md"
    assert page.is_file(), f"docs/features has no page for {name}: run python -m models pages"
    assert page.read_text(encoding="utf-8").startswith(declaration(CATALOGUE[name]))


def test_there_is_no_page_without_a_feature() -> None:
    """A feature that was renamed leaves none behind."""
    assert {path.stem for path in PAGES.glob("*.md")} == CATALOGUE.keys() | {"README"}
