"""Calibration per grade, and how far distributions have moved: tests for as many firms as there are.

Several rows of one firm tell less than as many firms would. So counts are scaled to the number of firms: the tests are
careful, and find less rather than too much.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from models.binning import Floats, bin_index
from models.chance import holm, shift
from models.cut_offs import CutOffs
from models.findings import GradeFigures, ShiftFigures
from models.points import PointsTable
from models.train import bads_of

LEVEL = 0.05
"""Of all tests of one kind together (Holm)."""
LEAST_PSI = 0.1
"""A smaller shift is not called one, however sure it is: the customary bound of a moderate one."""
SCORE = "score"


def grade_figures(later: pl.DataFrame, cut_offs: CutOffs) -> tuple[GradeFigures, ...]:
    """Observed against predicted, grade by grade; grades without a row are left out.

    Args:
        later: Scored rows out of time.
        cut_offs: The grades.
    """
    pd, is_bad = later["pd"].to_numpy(), bads_of(later)
    place = np.searchsorted([grade.pd_at_most for grade in cut_offs.grades], pd, side="left")
    scale = _firms_per_row(later)
    found = []
    for number, grade in enumerate(cut_offs.grades):
        inside = place == number
        rows, bads = int(inside.sum()), int(is_bad[inside].sum())
        if not rows:
            continue
        mean_pd = float(pd[inside].mean())
        low, high, p = jeffreys(bads * scale, rows * scale, mean_pd)
        found.append(
            GradeFigures(
                name=grade.name,
                pd_at_most=grade.pd_at_most,
                rows=rows,
                bads=bads,
                mean_pd=mean_pd,
                low=low,
                high=high,
                p=p,
                is_found=False,
            )
        )
    wrong = holm({grade.name: grade.p for grade in found}, LEVEL)
    return tuple(msgspec.structs.replace(grade, is_found=grade.name in wrong) for grade in found)


def jeffreys(bads: float, rows: float, expected: float) -> tuple[float, float, float]:
    """95 % interval of a rate, and the two-sided probability of one as far from what is expected.

    Args:
        bads: Counted; need not be whole.
        rows: Counted; need not be whole.
        expected: The rate that is tested.
    """
    rate = stats.beta(bads + 0.5, rows - bads + 0.5)
    low, high = (float(end) for end in rate.ppf([0.025, 0.975]))
    below = float(rate.cdf(expected))
    return low, high, min(1.0, 2 * min(below, 1 - below))


def shift_figures(table: PointsTable, training: pl.DataFrame, later: pl.DataFrame) -> tuple[ShiftFigures, ...]:
    """How far the score, and each feature of the model over its own bins, moved from one part to the other.

    Args:
        table: Of the model.
        training: Scored rows.
        later: Scored rows.
    """
    scores = training["score"].to_numpy()
    edges = np.unique(np.quantile(scores, np.arange(1, 10) / 10, method="inverted_cdf"))
    before, after = (np.searchsorted(edges, part["score"].to_numpy(), side="right") for part in (training, later))
    found = {SCORE: _shift(before, after, training, later)}
    for steps in table.features:
        inner = np.array(steps.edges, dtype=np.float64)
        before, after = (_bins(part[steps.name], inner) for part in (training, later))
        found[steps.name] = _shift(before, after, training, later)
    moved = holm({name: p for name, (_, p) in found.items()}, LEVEL)
    return tuple(
        ShiftFigures(name=name, psi=psi, p=p, is_found=name in moved and psi >= LEAST_PSI)
        for name, (psi, p) in found.items()
    )


def _shift(
    before: NDArray[np.intp], after: NDArray[np.intp], training: pl.DataFrame, later: pl.DataFrame
) -> tuple[float, float]:
    count = int(max(before.max(), after.max())) + 1
    # Half a row more in each bin: what was never seen in training may come once.
    shares = np.bincount(before, minlength=count) + 0.5
    cells = np.bincount(after, minlength=count) * _firms_per_row(later)
    learned = training["borrower"].n_unique()
    return shift([round(cell) for cell in cells.tolist()], (shares / shares.sum()).tolist(), learned)


def _bins(values: pl.Series, edges: Floats) -> NDArray[np.intp]:
    """Bin numbers, missing last."""
    numbers = values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return np.where(np.isnan(numbers), len(edges) + 1, bin_index(numbers, edges))


def _firms_per_row(rows: pl.DataFrame) -> float:
    return rows["borrower"].n_unique() / rows.height


def found_of(figures: Sequence[GradeFigures | ShiftFigures]) -> list[str]:
    """Names of what was found."""
    return [figure.name for figure in figures if figure.is_found]
