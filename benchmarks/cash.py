"""Cash ahead against what came: coverage of the band, the risk of a gap, and the time that it takes.

Called by `benchmarks/forecast.py --cash`. Firms are those of a simulated folder, looked at on four days, with what was
visible then. Cash on a day is the level and every line up to it, whenever it was recorded. A point counts if the bank
moved 90 days later: of a firm that is no more, the books do not tell what came.
"""

import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

import polars as pl

from benchmarks import books
from benchmarks.ledgers import FIRMS, INVOICES, ledger_of, spine_of, with_lines
from features.ledger import Ledger
from forecast.cash import Answer, Case, band_of, look_ahead
from forecast.habits import HORIZON_DAYS
from forecast.receipts import ONE, receipts

HORIZONS = (30, 90)
GAP_HORIZONS = (90, 180)
LINES = 3_000
TERM_MONTHS = 12
RISKS = (0.0, 0.01, 0.05, 0.2, 0.5, 0.8, 1.0)
Interval = Callable[[Sequence[Hashable], Sequence[Sequence[float]], str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One firm on one day."""

    firm: int
    cause: str
    seconds: float
    inside: tuple[tuple[bool, bool, bool], ...] = ()
    """By horizon: within the band, below it, above it."""
    errors: tuple[tuple[int, int, int], ...] = ()
    """By horizon: what came, the median, and no change at all; changes in cents."""
    gaps: tuple[tuple[float, bool], ...] = ()
    """By ``GAP_HORIZONS``, as far as the bank moved so long: the highest probability that a day ends below zero, and
    whether one did. Empty without a level, or with an overdraft today."""


def times(repetitions: int = 20) -> list[list[str]]:
    """Processor time in milliseconds of one firm of the local sevdesk, with 1,000 invoices and 3,000 bank lines."""
    ledger, today = with_lines(ledger_of(FIRMS[0], INVOICES), LINES), books.today()
    work = {
        "receipts of open invoices, 1,024 steps, each claim by itself": lambda: receipts(ledger, spine_of(range(1))),
        "cash of all accounts, a term of 12 months": lambda: look_ahead(ledger, today, 12),
        "cash of all accounts, a term of 60 months": lambda: look_ahead(ledger, today, 60),
    }
    found = []
    for what, call in work.items():
        call()
        spent = []
        for _ in range(repetitions):
            started = time.process_time()
            call()
            spent.append(1e3 * (time.process_time() - started))
        found.append([what, f"{min(spent):.0f}", f"{median(spent):.0f}"])
    return found


def one_by_one(ledger: Ledger, firms: int, days: Sequence[date]) -> Iterator[tuple[int, Ledger, date]]:
    """The number of each firm and its books, as borrower 0, on each day; they live for the longest horizon after it."""
    parts = {name: frame.partition_by("borrower", as_dict=True) for name, frame in ledger.frames().items()}
    empty = {name: frame.clear() for name, frame in ledger.frames().items()}
    for firm in range(firms):
        own_frames = {name: part.get((firm,), empty[name]) for name, part in parts.items()}
        own = replace(
            ledger, **{name: frame.with_columns(pl.col("borrower") * 0) for name, frame in own_frames.items()}
        )
        last = own.transactions.filter(~pl.col("is_duplicate"))["happened_on"].max()
        for day in days:
            if isinstance(last, date) and last >= day + timedelta(max(HORIZONS)):
                yield firm, own, day


def looked_ahead(ledger: Ledger, firms: int, days: Sequence[date]) -> Iterator[Point]:
    """Look ahead from each firm on each day."""
    for firm, own, day in one_by_one(ledger, firms, days):
        started = time.perf_counter()
        answer = look_ahead(own, day, TERM_MONTHS)
        lines = own.transactions.filter(~pl.col("is_duplicate"))
        yield _point(firm, day, answer, lines, time.perf_counter() - started)


def _point(firm: int, day: date, answer: Answer, lines: pl.DataFrame, seconds: float) -> Point:
    cause = "" if answer.cause is None else answer.cause.value
    if answer.outlook is None:
        return Point(firm=firm, cause=cause, seconds=seconds)
    band = band_of(answer.outlook.cases[Case.EXPECTED])
    level = answer.outlook.level_cents or 0
    seen = lines.filter((pl.col("happened_on") <= day) & (pl.col("recorded_on") <= day))["amount_cents"].sum()
    moves = lines.filter(pl.col("happened_on") > day).group_by("happened_on").agg(pl.col("amount_cents").sum())
    by_day = {(on - day).days: cents for on, cents in moves.iter_rows()}
    late = lines.filter(pl.col("happened_on") <= day)["amount_cents"].sum() - seen
    path, cash = [], level + late
    for number in range(1, HORIZON_DAYS + 1):
        cash += by_day.get(number, 0)
        path.append(cash)
    inside, errors = [], []
    for horizon in HORIZONS:
        came, low, high = path[horizon - 1], band.low[horizon - 1], band.high[horizon - 1]
        inside.append((low <= came <= high, came < low, came > high))
        errors.append((came - level, band.median[horizon - 1] - level, 0))
    is_known = answer.outlook.level_cents is not None and level >= 0
    last = lines["happened_on"].max()
    lived = (last - day).days if isinstance(last, date) else 0
    until = [horizon for horizon in GAP_HORIZONS if is_known and lived >= horizon]
    return Point(
        firm=firm,
        cause=cause,
        seconds=seconds,
        inside=tuple(inside),
        errors=tuple(errors),
        gaps=tuple((max(band.below_zero[:days]) / ONE, min(path[:days]) < 0) for days in until),
    )


def tables(found: Sequence[Point], interval: Interval) -> tuple[str, list[list[str]], list[list[list[str]]]]:
    """A line on what was looked at, coverage by horizon, and by ``GAP_HORIZONS`` gaps by what was said of them."""
    told = [one for one in found if one.inside]
    causes = Counter(one.cause for one in found if one.cause)
    seconds = sorted(one.seconds for one in found)
    firms: list[Hashable] = [one.firm for one in told]
    coverage = []
    for at, horizon in enumerate(HORIZONS):
        columns = list(zip(*((*map(float, one.inside[at]), 1.0) for one in told), strict=True))
        shares = [interval(firms, [columns[number], columns[3]], "ratio") for number in range(3)]
        came, said, same = zip(*(one.errors[at] for one in told), strict=True)
        missed = [float(abs(a - b)) for a, b in zip(came, said, strict=True)]
        still = [float(abs(a - b)) for a, b in zip(came, same, strict=True)]
        coverage.append([f"{horizon} days", str(len(told)), *shares, interval(firms, [missed, still], "gain")])
    gaps = []
    for at in range(len(GAP_HORIZONS)):
        known = [one.gaps[at] for one in told if len(one.gaps) > at]
        rows = []
        for low, high in pairwise(RISKS):
            chosen = [(risk, short) for risk, short in known if low <= risk < high or risk == high == 1]
            if chosen:
                said_share = sum(risk for risk, _ in chosen) / len(chosen)
                came_share = sum(short for _, short in chosen) / len(chosen)
                rows.append([f"{low:.0%} to {high:.0%}", str(len(chosen)), f"{said_share:.3f}", f"{came_share:.3f}"])
        gaps.append(rows)
    head = (
        f"{len(found)} points; {', '.join(f'{name} {count}' for name, count in sorted(causes.items())) or 'no cause'}. "
        f"Median {1e3 * seconds[len(seconds) // 2]:.0f} ms a point, nine of ten below "
        f"{1e3 * seconds[len(seconds) * 9 // 10]:.0f} ms."
    )
    return head, coverage, gaps
