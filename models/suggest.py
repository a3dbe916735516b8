"""What is suggested for the columns of a table, from its training part alone, for people to read and confirm."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import spearmanr

from models import metrics
from models.binning import Binning, Bools, Floats, bin_index, fit_binning
from models.folds import fold_numbers
from models.tables import TableFile, is_numeric, numbers, texts_of
from models.train import EVIDENCE_BINS, bads_of, evidence_binning
from models.variables import RISKS, Direction, TableColumn, Variable, write_variables

FOLDS = 5
CODES = frozenset({-1, -2, -3, -4, -5, -6, -7, -8, -9, -98, -99, -998, -999, -9998, -9999, -99999, -999999})
"""Numbers below 0 that stand for something else where the other values of a column are 0 or more."""
FEWEST_SPECIAL = 10
"""Training rows from which on such a number is suggested as a special value; with fewer it means no value."""
MOST_CATEGORIES = 30
"""A column of texts with more of them is taken for names or numbers of something."""
NARROW = 0.03
"""Share of the training rows below which a category is grouped with other rare ones."""
HEAD = (
    "direction: increasing (a higher value raises the risk of bad), decreasing, or free.",
    "Read each one: does it say what you know of the business? Correct what does not, then train with this file.",
    "",
    'leave_out = "reason"              the column is no candidate',
    'missing = ["n/a", -999]           values that mean that there is none',
    "special = [-7, -8]                values that are a bin each, whatever the direction",
    "edges = [10, 20]                  manual bins: below 10, from 10, from 20",
    "merge = [20]                      takes this edge out of the automatic bins",
    "decimals = 2                      values are rounded before they are binned",
    'categories = [["a"], ["b", "c"]]  one bin per group; any other text is a missing value',
)


def suggest(table: TableFile, training: NDArray[np.intp], target: str) -> str:
    """The file of variables, with the evidence for each direction as a comment.

    Args:
        table: That was read.
        training: The rows of its training part; nothing else is looked at.
        target: Name of the column that says who is bad.
    """
    rows = table.rows[training]
    is_bad = bads_of(rows)
    columns = table.columns[training]
    groups = rows["borrower"].to_numpy() if rows["borrower"].n_unique() < rows.height else None
    folds = fold_numbers(is_bad, groups, FOLDS, seed=0)
    variables: dict[str, Variable] = {}
    comments: dict[str, str] = {}
    for name in columns.columns:
        if is_numeric(columns[name]):
            # Of the whole column: text among numbers is an error wherever it stands.
            values = numbers(table.columns, name, Variable(), table.path.name)[training].to_numpy()
            variables[name], comments[name] = _number(values, is_bad, folds)
        else:
            variables[name], comments[name] = _category(columns[name], is_bad)
    head = [
        (
            f"Suggested for {table.path.name}, target {target}, from the {len(training)} rows of its training part "
            f"({is_bad.sum()} bad)."
        ),
        *HEAD,
    ]
    return write_variables(variables, comments, head)


def information(column: TableColumn, values: Floats, is_bad: Bools) -> tuple[Binning, float]:
    """The bins of a column by itself, and their information value."""
    binning = evidence_binning(column, values, is_bad)
    return binning, _information(values, is_bad, binning)


def with_merged(column: TableColumn, values: Floats, is_bad: Bools) -> TableColumn:
    """The column with the edges that are left after those that its file takes out; as it is where that names none.

    Raises:
        ValueError: an edge is none of the automatic bins.
    """
    said = column.said
    if not said.merge:
        return column
    binning = evidence_binning(column, values, is_bad)
    if unknown := [edge for edge in said.merge if edge not in binning.regular]:
        there = ", ".join(f"{edge!r}" for edge in binning.regular) or "none"
        raise ValueError(f"[variables.{column.name}]: merge names {unknown[0]!r}; the automatic bins begin at {there}")
    left = tuple(edge for edge in binning.regular if edge not in said.merge)
    changed = Variable(
        direction=said.direction, missing=said.missing, special=said.special, edges=left, decimals=said.decimals
    )
    return TableColumn(name=column.name, said=changed)


def _number(values: Floats, is_bad: Bools, folds: NDArray[np.intp] | None) -> tuple[Variable, str]:
    known = ~np.isnan(values)
    if not known.any():
        return Variable(leave_out="no value in the training part"), "no value"
    distinct = np.unique(values[known])
    if len(distinct) == 1:
        return Variable(leave_out="one value in the training part"), f"all rows have {distinct[0]:g}"
    if len(distinct) == len(values) and np.all(distinct == np.round(distinct)) and np.ptp(distinct) < 2 * len(values):
        return Variable(leave_out="looks like the number of a row"), "a whole number, other in each row"
    special, missing = _codes(values, distinct)
    values = np.where(np.isin(values, missing), np.nan, values)
    direction, evidence = _direction(np.where(np.isin(values, special), np.nan, values), is_bad, folds)
    told = f"{evidence}; numbers below 0 look like codes" if special or missing else evidence
    return Variable(direction=direction, special=special, missing=missing), told


def _codes(values: Floats, distinct: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Numbers that look like codes: those that are a bin each, and those with too few rows for one."""
    below = [float(value) for value in distinct[distinct < 0.0]]
    if not below or len(below) == len(distinct) or not CODES.issuperset(below):
        return (), ()
    often = tuple(value for value in below if (values == value).sum() >= FEWEST_SPECIAL)
    return often, tuple(value for value in below if value not in often)


def _direction(values: Floats, is_bad: Bools, folds: NDArray[np.intp] | None) -> tuple[Direction, str]:
    """The direction of a column without its special values, and why."""
    whole = _spearman(values, is_bad)
    numbers_of = range(0 if folds is None else int(folds.max()) + 1)
    by_fold = [_spearman(values[folds == one], is_bad[folds == one]) for one in numbers_of]
    agree = sum(one * whole > 0.0 for one in by_fold)
    found: Direction = "increasing" if whole > 0.0 else "decreasing"
    ordered = _binned(values, is_bad, found)
    free, kept = (_information(values, is_bad, one) for one in (_binned(values, is_bad, "free"), ordered))
    evidence = f"Spearman {whole:+.3f}, same sign in {agree} of {len(by_fold)} folds; IV {free:.3f}"
    # Twice the standard error of a correlation that is none.
    if abs(whole) < 2.0 / sqrt(max(1, np.isfinite(values).sum())) or agree < len(by_fold):
        return "free", f"{evidence}: no direction is certain"
    if any(join.reason == "not_monotone" for join in ordered.joins):
        return "free", f"{evidence}, {kept:.3f} if {found}: bad rates contradict that beyond chance"
    return found, f"{evidence}, {kept:.3f} if {found}"


def _category(column: pl.Series, is_bad: Bools) -> tuple[Variable, str]:
    if column.dtype.is_temporal():
        return Variable(leave_out="a day, not a number"), "days"
    texts = texts_of(column)
    counts = (
        pl.DataFrame({"text": texts, "bad": is_bad})
        .drop_nulls("text")
        .group_by("text")
        .agg(rows=pl.len(), bads=pl.col("bad").sum())
        .sort("text")
    )
    if counts.height <= 1:
        return Variable(leave_out="one value, or none, in the training part"), "nothing to tell apart"
    if counts.height > MOST_CATEGORIES:
        return Variable(leave_out=f"{counts.height} texts: looks like a name"), "too many texts for bins"
    base = float(is_bad.mean())
    pseudo = 1.0 / min(base, 1.0 - base)
    # Rare ones are grouped whatever became of them; the order is for readers, and of smoothed rates.
    is_rare = counts["rows"] < NARROW * len(is_bad)
    groups: list[tuple[float, tuple[str, ...]]] = [
        ((row["bads"] + pseudo * base) / (row["rows"] + pseudo), (row["text"],))
        for row in counts.filter(~is_rare).iter_rows(named=True)
    ]
    if is_rare.any():
        rare = counts.filter(is_rare)
        rate = (float(rare["bads"].sum()) + pseudo * base) / (float(rare["rows"].sum()) + pseudo)
        groups.append((rate, tuple(rare["text"])))
    groups.sort()
    variable = Variable(categories=tuple(texts for _, texts in groups))
    told = ", ".join(f"{rate:.1%}" for rate, _ in groups)
    return variable, f"bad rates of the groups, smoothed, the safest first: {told}"


def _binned(values: Floats, is_bad: Bools, direction: Direction) -> Binning:
    return fit_binning(values, is_bad, direction=int(RISKS[direction]), decimals=None, rules=EVIDENCE_BINS)


def _information(values: Floats, is_bad: Bools, binning: Binning) -> float:
    edges: Sequence[float] = binning.edges
    index = np.where(np.isnan(values), len(edges) + 1, bin_index(values, np.array(edges, dtype=np.float64)))
    return metrics.information_value(index, is_bad)(np.ones(len(values)))


def _spearman(values: Floats, is_bad: Bools) -> float:
    known = ~np.isnan(values)
    if known.sum() < 3 or np.ptp(values[known]) == 0.0 or not 0 < is_bad[known].sum() < known.sum():
        return 0.0
    return float(spearmanr(values[known], is_bad[known]).statistic)
