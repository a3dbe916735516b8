"""The whole catalogue for one borrower: processor time at 1,000, 50,000 and 200,000 invoices.

    python benchmarks/catalogue.py            30 runs of the smallest, 3 of the others
    python benchmarks/catalogue.py --quick    5 runs of the smallest, one of 10,000 invoices

All features of the newest catalogue, from a ledger in memory, as the service derives them: one thread of polars. The
smallest firm has 3,000 bank lines; the larger ones are a firm of the local sevdesk several times over, with documents,
lines and parties of their own.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

# As in the service, see scoring/__main__.py.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("POLARS_NO_PARTITION", "1")

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.ledgers import FIRMS, INVOICES, grown, ledger_of, spine_of, with_lines
from benchmarks.results import Section, number, run, spread, table
from features.derive import CATALOGUE, CATALOGUE_VERSION, derive
from features.ledger import Ledger

LINES = 3_000
RUNS = {INVOICES: 30, 50_000: 3, 200_000: 3}


def names() -> list[str]:
    """The features of the newest catalogue."""
    return [name for name, feature in CATALOGUE.items() if str(feature.catalogue) == CATALOGUE_VERSION]


def timed(ledger: Ledger, runs: int) -> list[float]:
    """Milliseconds of the processor that each run takes, after one that is not counted."""
    spine, whole, found = spine_of(range(1)), names(), []
    for _ in range(runs + 1):
        started = time.process_time()
        derive(ledger, spine, whole)
        found.append(1e3 * (time.process_time() - started))
    return found[1:]


def measure(is_quick: bool) -> Section:  # noqa: FBT001  the one setting
    """All sizes, the smallest first."""
    smallest = ledger_of(FIRMS[0], INVOICES)
    figures: dict[str, Any] = {}
    for invoices, runs in ({INVOICES: 5, 10_000: 1} if is_quick else RUNS).items():
        ledger = with_lines(smallest, LINES) if invoices == INVOICES else grown(smallest, invoices)
        facts = sum(frame.height for frame in ledger.frames().values())
        figures[str(invoices)] = {"facts": facts, "lines": ledger.transactions.height, "runs": runs}
        figures[str(invoices)] |= spread(timed(ledger, runs))
    rows = [
        [
            *(f"{int(invoices):,}", f"{found['lines']:,}", f"{found['facts']:,}"),
            *(number(found[share]) for share in ("min", "p50")),
            *(number(1e3 * found["p50"] / int(invoices)), str(found["runs"])),
        ]
        for invoices, found in figures.items()
    ]
    header = ("invoices", "bank lines", "facts", "processor ms, least", "median", "us an invoice", "runs")
    text = f"The {len(names())} features of catalogue {CATALOGUE_VERSION} for one borrower.\n\n{table(header, rows)}"
    return Section(name="catalogue", title="The whole catalogue of one borrower", text=text, figures=figures)


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
