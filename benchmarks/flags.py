"""How often flags of the quality of data are raised, and the score, on simulated firms that invent nothing.

    python benchmarks/flags.py                  200 firms of the portfolio
    python benchmarks/flags.py --firms 1000     more of them

Raised is a flag that costs more than half of its weight. These books have no positions: texts of invoices are not
judged. One firm in twelve locks nothing, one in twenty edits invoices, one in seventeen leaves out numbers, one in ten
books only what has a document, whoever pays: these rates are the simulator's (``sandbox/life/traits.py``), and say
nothing about real firms. What the flags add to them is their own error.
"""

import argparse
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.shortfalls import ledger_of
from features.derive import derive
from features.ledger import Resource
from features.quality import FLAGS, quality_of
from features.spine import spine_of
from sandbox.firms.simulation import simulate_firm


def main() -> None:
    """Print one line per flag, then the distribution of the score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 11, 23))
    asked = parser.parse_args()
    known, raised, touched, kept = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    scores: list[int] = []
    for number in range(asked.firms):
        traits, history = simulate_firm(asked.seed, number, asked.as_of)
        if traits.invented or history.died_on is not None:
            continue
        kept.update(
            {
                "firms": 1,
                "that lock nothing": not traits.locks,
                "that edit invoices": traits.edited_share > 0,
                "that leave out numbers": traits.skipped_share > 0,
                "that book only what has a document": traits.booked_after_days is None,
                "whose bank lines come from files": traits.bank == "file",
            }
        )
        ledger = replace(ledger_of(history), fetched=frozenset(Resource) - {Resource.POSITIONS})
        rows = derive(ledger, spine_of(asked.as_of), list(FLAGS))
        row = rows.row()
        for name, flag in FLAGS.items():
            if (value := row[name]) is not None:
                known[name] += 1
                raised[name] += flag.lost(value) > 0.5
                touched[name] += flag.lost(value) > 0
        score = quality_of(row, rows.missing()).score
        scores += [] if score is None else [score]
    print(", ".join(f"{name} {count}" for name, count in kept.items()))
    print(f"{'flag':44} {'known':>6} {'costs':>6} {'raised':>7}")
    for name in FLAGS:
        print(f"{name:44} {known[name]:6} {touched[name]:6} {raised[name]:7}")
    scores.sort()
    tenth = len(scores) // 10
    print(f"score: lowest {scores[0]}, tenth {scores[tenth]}, median {median(scores):g}, highest {scores[-1]}")


if __name__ == "__main__":
    main()
