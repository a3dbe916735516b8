"""What open invoices bring, checked out of time: on a public history and on simulated firms that nothing was fitted on.

    python benchmarks/forecast.py [CSV] [--firms 150] [--seed 8002]
    python benchmarks/forecast.py CSV --dataset DIR    firms of a folder that was simulated before
    python benchmarks/forecast.py --cash --firms 1000 --seed 8101    cash of all accounts, of simulated firms
    python benchmarks/forecast.py CSV --firms 0 --year 2012    days of observation on which constants were chosen
    python benchmarks/forecast.py --time               processor time of one firm

CSV is the accounts-receivable sample published by IBM ("Late Payment Histories"; see receivables.py), by default
accounts_receivable.csv in the folder that PUBLIC_DATA_DIR names. It is read as one firm with 100 customers. At each day
of observation only what was visible then is used, by the forecast as by both baselines: each customer pays with the
median delay of its invoices so far (the firm's where it has none), or everything comes on its due day; what should have
come by then comes tomorrow. Constants were chosen on days of observation in 2012 and on firms of seed 7001.

Coverage: how often the truth lies within the 10-90 % band, both ends included. WAPE: absolute errors by what came. By
invoice, the forecast is all or nothing, whichever is more probable, as the baselines' is; of a firm's sum, the median.
Intervals are 95 % bootstrap intervals that draw customers, or simulated firms. Of the public firm's sums there are
none: the days of observation are few and not independent.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.cash import GAP_HORIZONS, looked_ahead, tables, times
from benchmarks.hindsight import METHODS as KNOWN_LATER
from benchmarks.hindsight import Hindsight
from benchmarks.receivables import Row, read
from benchmarks.results import ROOT, machine, table, versions
from features.ledger import CLOSINGS, INVOICES, Ledger, Resource
from features.ledger_versions import upgrade, version_of
from features.spine import SPINE
from forecast.invoices import MONEY, Claim, Customer
from forecast.receipts import ONE, Answer, ClaimOutlook, groups_of, receipts
from models.dataset import Dataset, read_dataset

PUBLIC_DAYS = {
    year: tuple(date(year, month, day) for month in months for day in (1, 16))[:-1]
    for year, months in ((2012, range(4, 13)), (2013, range(1, 12)))
}
"""By year: in 2012 as soon as there is a history of three months, in 2013 as long as it goes on for 30 days."""
SIMULATED_DAYS = (date(2025, 8, 31), date(2025, 12, 15), date(2026, 3, 31), date(2026, 6, 30))
HORIZONS = (30, 90)
DRAWS = 2000
METHODS = ("forecast", "median delay", "due day")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One claim as of a day: what the forecast and the baselines say, and the customer it is on."""

    customer: int
    outlook: ClaimOutlook
    by_median: float
    """Days until it comes by the customer's median delay."""
    on_due: int

    @property
    def claim(self) -> Claim:
        """What is open."""
        return self.outlook.claim

    def comes(self, days: int) -> tuple[bool, bool, bool]:
        """Whether it comes within so many days, by ``METHODS``."""
        return self.outlook.paid[days - 1] >= ONE // 2, self.by_median <= days, self.on_due <= days


def expected_of(answer: Answer) -> Iterator[Expected]:
    """The claims of a firm; they stand by customer, as in the book."""
    if answer.receipts is None:
        return
    claims = iter(answer.receipts.claims)
    every = [delay for one in answer.book.customers for delay in _delays(one)]
    for number, customer in enumerate(answer.book.customers):
        usual = median(_delays(customer) or every)
        for _ in [claim for group in groups_of(customer) for claim in group.claims]:
            outlook = next(claims)
            left = -outlook.claim.past_due
            yield Expected(customer=number, outlook=outlook, by_median=max(1, left + usual), on_due=max(1, left))


def _delays(customer: Customer) -> list[int]:
    return [payment.delay for payment in customer.payments if payment.is_dated and not payment.is_open]


def interval(
    clusters: Sequence[Hashable], columns: Sequence[Sequence[float]], figure: Callable[[Floats], float]
) -> str:
    """A figure of sums of columns, with its bootstrap interval over clusters."""
    sums: defaultdict[Hashable, Floats] = defaultdict(lambda: np.zeros(len(columns)))
    for cluster, *values in zip(clusters, *columns, strict=True):
        sums[cluster] += np.array(values, dtype=np.float64)
    each = np.array(list(sums.values()))
    rng = np.random.default_rng(1)
    drawn = [figure(each[rng.integers(len(each), size=len(each))].sum(axis=0)) for _ in range(DRAWS)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{figure(each.sum(axis=0)):.3f} [{low:.3f}, {high:.3f}]"


def ratio(sums: Floats) -> float:
    """The first sum by the second."""
    return float(sums[0] / sums[1])


def gain(sums: Floats) -> float:
    """By what share the first is below the second."""
    return float(1 - sums[0] / sums[1])


FIGURES = {"ratio": ratio, "gain": gain}


def wape_lines(what: str, clusters: Sequence[Hashable], cents: Sequence[Sequence[float]]) -> list[list[str]]:
    """One line per method: WAPE, and by how much the forecast is below it. ``cents``: what came, then each method's."""
    actual = cents[0]
    errors = [[abs(a - b) for a, b in zip(actual, said, strict=True)] for said in cents[1:]]
    lines = []
    for method, error in zip(METHODS, errors, strict=True):
        below = "" if method == METHODS[0] else interval(clusters, [errors[0], error], gain)
        lines.append([what, method, interval(clusters, [error, actual], ratio), below])
    return lines


def ledger_of(rows: Sequence[Row]) -> Ledger:
    """The public history as the ledger of one firm: an invoice is recorded on its day, a payment on its day."""
    numbers = {name: number for number, name in enumerate(sorted({row.customer for row in rows}))}
    invoices = [
        {
            "borrower": 0,
            "document": "invoice",
            "document_id": number,
            "customer": numbers[row.customer],
            "issued_on": row.issued_on,
            "due_on": row.due_on,
            "is_due_assumed": False,
            "net_cents": row.cents,
            "gross_cents": row.cents,
            "recorded_on": row.issued_on,
            "sent_on": row.issued_on,
            "is_duplicate": False,
            "retention_cents": 0,
        }
        for number, row in enumerate(rows)
    ]
    closings = [
        {
            "borrower": 0,
            "document": "invoice",
            "document_id": number,
            "amount_cents": row.cents,
            "means": "stated",
            "is_day_known": True,
            "happened_on": row.settled_on,
            "recorded_on": row.settled_on,
        }
        for number, row in enumerate(rows)
    ]
    return replace(
        Ledger.empty(frozenset({Resource.INVOICES, Resource.RECOGNITION})),
        invoices=pl.DataFrame(invoices, schema=INVOICES),
        closings=pl.DataFrame(closings, schema=CLOSINGS),
    )


def public(rows: Sequence[Row], days_seen: Sequence[date]) -> str:
    """Coverage of payment days, and receipts within 30 days, of the public history; and the same in hindsight."""
    hindsight = Hindsight(rows)
    later: list[tuple[int, ...]] = []
    spine = pl.DataFrame([(0, day, False) for day in days_seen], schema=SPINE, orient="row")
    who: list[Hashable] = []
    found: list[tuple[float, ...]] = []
    cents: list[tuple[float, ...]] = []
    sums: list[tuple[float, ...]] = []
    inside = 0
    for day, answer in zip(days_seen, receipts(ledger_of(rows), spine), strict=True):
        assert answer.receipts is not None  # noqa: S101  2,466 invoices are no few
        total = np.zeros(4)
        for one in expected_of(answer):
            row, amount = rows[one.claim.document], one.claim.cents
            days = (row.settled_on - day).days
            low, high = one.outlook.day(ONE // 10) or np.inf, one.outlook.day(ONE - ONE // 10) or np.inf
            who.append(row.customer)
            found.append((low <= days <= high, days < low, days > high, 1))
            cents.append((amount * (days <= 30), *(amount * comes for comes in one.comes(30))))
            total += np.array(cents[-1])
            in_hindsight = hindsight.comes(one.claim.document, one.claim.past_due, 30)
            later.append(tuple(amount * (comes != (days <= 30)) for comes in in_hindsight))
        inside += answer.receipts.low[29] <= total[0] <= answer.receipts.high[29]
        sums.append((total[0], answer.receipts.median[29], *total[2:]))
    columns = list(zip(*found, strict=True))
    coverage = [
        [what, interval(who, [columns[number], columns[3]], ratio)]
        for number, what in enumerate(("within the band", "before it", "after it"))
    ]
    lines = wape_lines("by invoice", who, list(zip(*cents, strict=True)))
    came, _, by_median, _ = zip(*cents, strict=True)
    off = [abs(a - b) for a, b in zip(came, by_median, strict=True)]
    best = [
        [what, interval(who, [error, came], ratio), interval(who, [error, off], gain)]
        for what, error in zip(KNOWN_LATER, zip(*later, strict=True), strict=True)
    ]
    actual, *said = np.array(sums).T
    wapes = [float(np.abs(one - actual).sum() / actual.sum()) for one in said]
    lines += [
        ["of the firm's sum", method, f"{wape:.3f}", "" if not number else f"{1 - wapes[0] / wape:.3f}"]
        for number, (method, wape) in enumerate(zip(METHODS, wapes, strict=True))
    ]
    head = f"{len(days_seen)} days of observation, {days_seen[0]} to {days_seen[-1]}; {len(who)} times an open "
    return "\n\n".join(
        [
            head + f"invoice, of {len(set(who))} customers. The band of the sum of 30 days held {inside} times.",
            table(["day of payment", "share"], coverage),
            table(["receipts within 30 days", "by", "WAPE", "forecast is below by"], lines),
            table(["each invoice in hindsight, by", "WAPE", "below median delay by"], best),
            table(["days of delay, all invoices", "alone", "together", "share of invoices"], hindsight.causes()),
        ]
    )


def came_of(ledger: Ledger) -> dict[tuple[int, str, int], list[tuple[date, int]]]:
    """What customers paid on each document, with its days, as the books tell it in the end."""
    paid: defaultdict[tuple[int, str, int], list[tuple[date, int]]] = defaultdict(list)
    money = ledger.closings.filter(pl.col("means").is_in(MONEY))
    for borrower, kind, document, cents, day in money.select(
        "borrower", "document", "document_id", "amount_cents", "happened_on"
    ).iter_rows():
        paid[borrower, kind, document].append((day, cents))
    return paid


def simulated(folder: Path) -> str:
    """Coverage and WAPE of receipts within 30 and 90 days, of simulated firms.

    A point is looked at if the bank moved 90 days later: of a firm that is no more, the books do not tell what came.
    """
    dataset = read_dataset(folder)
    ledger = ledger_in(folder, dataset)
    lives = dict(ledger.transactions.group_by("borrower").agg(pl.col("happened_on").max()).iter_rows())
    points = [
        (firm, day, False)
        for firm in range(dataset.manifest.firms)
        for day in SIMULATED_DAYS
        if firm in lives and lives[firm] >= day + timedelta(max(HORIZONS))
    ]
    started = time.perf_counter()
    answers = receipts(ledger, pl.DataFrame(points, schema=SPINE, orient="row"))
    seconds = time.perf_counter() - started
    paid = came_of(ledger)
    coverage, lines = [], []
    causes = [answer.cause.value for answer in answers if answer.cause is not None]
    without = sum(answer.receipts is not None and not answer.receipts.claims for answer in answers)
    for horizon in HORIZONS:
        seen = [
            found
            for (firm, day, _), answer in zip(points, answers, strict=True)
            if (found := _one_sum(paid, firm, day, answer, horizon)) is not None
        ]
        firms = [found[0] for found in seen]
        for what, least in (("all", 1), ("10 claims or more", 10)):
            chosen = [found for found in seen if found[1] >= least]
            counts = list(zip(*(found[2] for found in chosen), strict=True))
            by = [found[0] for found in chosen]
            shares = [interval(by, [counts[number], counts[3]], ratio) for number in range(3)]
            coverage.append([f"{horizon} days, {what}", str(len(chosen)), *shares])
        lines += wape_lines(f"{horizon} days", firms, list(zip(*(found[3] for found in seen), strict=True)))
    head = (
        f"{dataset.manifest.firms} firms of seed {dataset.manifest.seed}, {len(points)} points on "
        f"{len(SIMULATED_DAYS)} days; {len(causes)} without an answer ({', '.join(sorted(set(causes))) or 'none'}), "
        f"{without} with nothing open. {seconds / len(points):.2f} s a point."
    )
    return "\n\n".join(
        [
            head,
            table(["receipts", "points", "within the band", "below it", "above it"], coverage),
            table(["receipts", "by", "WAPE", "forecast is below by"], lines),
        ]
    )


def cash(folder: Path) -> str:
    """Coverage of cash within 30 and 90 days, and of the risk of a gap, of simulated firms."""
    dataset = read_dataset(folder)
    found = list(looked_ahead(ledger_in(folder, dataset), dataset.manifest.firms, SIMULATED_DAYS))
    head, coverage, gaps = tables(found, lambda by, columns, figure: interval(by, columns, FIGURES[figure]))
    return "\n\n".join(
        [
            f"{dataset.manifest.firms} firms of seed {dataset.manifest.seed}, {head}",
            table(["cash", "points", "within the band", "below it", "above it", "error below no change by"], coverage),
            *(
                table([f"said risk of a gap in {days} days", "points", "mean", "gaps"], rows)
                for days, rows in zip(GAP_HORIZONS, gaps, strict=True)
            ),
        ]
    )


def ledger_in(folder: Path, dataset: Dataset) -> Ledger:
    """The ledger of a simulated folder, as of today's version."""
    frames = {
        name: pl.read_parquet(folder / "ledger" / f"{name}.parquet")
        for name in version_of(dataset.manifest.ledger).frames
    }
    return upgrade(frames, frozenset(dataset.manifest.resources), dataset.manifest.ledger)


def _one_sum(
    paid: dict[tuple[int, str, int], list[tuple[date, int]]], firm: int, day: date, answer: Answer, horizon: int
) -> tuple[int, int, tuple[float, ...], tuple[float, ...]] | None:
    """Firm, number of claims, where the sum lay (within, below, above, one), and what came and was said."""
    if answer.receipts is None or not answer.receipts.claims:
        return None
    owed: defaultdict[tuple[int, str, int], int] = defaultdict(int)
    said = np.zeros(3)
    for one in expected_of(answer):
        owed[firm, one.claim.kind, one.claim.document] += one.claim.cents
        said += np.array([one.claim.cents * comes for comes in one.comes(horizon)])
    until = day + timedelta(horizon)
    came = sum(
        min(max(sum(amount for on, amount in paid.get(key, ()) if day < on <= until), 0), cents)
        for key, cents in owed.items()
    )
    at, step = horizon - 1, answer.receipts.step_cents
    below, above = came < answer.receipts.low[at] - step, came > answer.receipts.high[at] + step
    median_cents = answer.receipts.median[at]
    return firm, len(owed), (not below and not above, below, above, 1), (came, median_cents, *said[1:])


def main() -> int:
    """Run both, and print the figures with versions and date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given = os.environ.get("PUBLIC_DATA_DIR")
    default = Path(given) / "accounts_receivable.csv" if given else None
    parser.add_argument("csv", type=Path, nargs="?", default=default, help="the published CSV file")
    parser.add_argument("--year", type=int, choices=PUBLIC_DAYS, default=2013, help="of the days of observation")
    parser.add_argument("--firms", type=int, default=150, help="simulated firms; 0 for none")
    parser.add_argument("--seed", type=int, default=8002, help="of the simulated firms")
    parser.add_argument("--dataset", type=Path, help="a folder that was simulated before")
    parser.add_argument("--cash", action="store_true", help="cash of all accounts in place of receipts; no CSV is read")
    parser.add_argument("--time", action="store_true", help="only the processor time of one firm")
    arguments = parser.parse_args()
    print(f"{datetime.now(tz=UTC).date()}, {machine()}, {versions()}.")
    if arguments.time:
        print(f"\n{table(['milliseconds of processor time', 'least', 'median'], times())}")
        return 0
    look, title = (cash, "Cash of simulated firms") if arguments.cash else (simulated, "Simulated firms")
    if arguments.csv is not None and not arguments.cash:
        print(f"\n## A public history\n\n{public(read(arguments.csv), PUBLIC_DAYS[arguments.year])}")
    if arguments.dataset is not None:
        print(f"\n## {title}\n\n{look(arguments.dataset)}")
    elif arguments.firms:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "dataset"
            command = [sys.executable, "-m", "sandbox", "simulate", "--end-on", "2026-11-23", "--out", str(out)]
            command += ["--firms", str(arguments.firms), "--seed", str(arguments.seed)]
            subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
            print(f"\n## {title}\n\n{look(out)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
