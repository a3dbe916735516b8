"""What records of facts save, and what rendering their sentences costs.

    python benchmarks/records.py

Each decision that an earlier version stored with its sentences (tests/integration/api/golden) is made again from its
snapshot and encoded as today. Times are processor times, medians of 500 repetitions: both languages of every cause,
reason and rule.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import ROOT, table
from models.registry import ARTIFACTS, Registry
from scoring.decisions import records
from scoring.decisions.decision import SCHEMA, Decision
from scoring.runtime.serving import card_of, combine, newest_policy_file
from scoring.store import snapshots
from scoring.telemetry.telemetry import StageTimer
from scoring.texts.rendering import words_of
from scoring.usecases.evaluate import evaluate

GOLDEN = ROOT / "tests" / "integration" / "api" / "golden"
REPETITIONS = 500


def made_again(content: bytes, snapshot: bytes) -> Decision:
    """The decision of a record, as today's version would have made it."""
    decision = records.decode(content).decision
    model = Registry(root=ARTIFACTS).load(decision.model.name, decision.model.version)
    serving = combine(card_of(model), model.table, newest_policy_file().read_bytes())
    books = snapshots.decode(snapshot, sha256=decision.snapshot_sha256)
    found = evaluate(books.ledger, decision.terms, decision.circumstances, serving, StageTimer())
    return msgspec.structs.replace(decision, schema=SCHEMA, assessment=found.assessment, versions=serving.versions)


def milliseconds(work: Callable[[], object]) -> float:
    """Median processor time."""
    taken = []
    for _ in range(REPETITIONS):
        started = time.process_time()
        work()
        taken.append((time.process_time() - started) * 1e3)
    return statistics.median(taken)


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    rows = []
    for path in sorted(GOLDEN.glob("decision_*.json")):
        content, snapshot = path.read_bytes(), path.with_name(path.stem.replace("decision", "snapshot") + ".bin")
        decision = made_again(content, snapshot.read_bytes())
        kept = len(records.encode(decision))
        rows.append(
            [
                path.stem.removeprefix("decision_").replace("_", "."),
                f"{len(content):,}",
                f"{kept:,}",
                f"{1 - kept / len(content):.0%}",
                f"{milliseconds(lambda decision=decision: words_of(decision)):.2f}",  # type: ignore[misc]  bound at once
            ]
        )
    print(table(("decision", "bytes with sentences", "bytes of facts", "saved", "rendering, ms"), rows))


if __name__ == "__main__":
    main()
