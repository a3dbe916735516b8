"""How often value added tax seems unpaid, and how far results of documents and bank lie apart: simulated firms.

    python benchmarks/shortfalls.py                  200 firms of the portfolio, and every persona
    python benchmarks/shortfalls.py --firms 1000     more of them

Firms of the portfolio pay their taxes as far as their money reaches; none of them invents sales. Some personas do.
Results apart is the result by documents less that by the bank, over revenue: above 0, documents claim more. These books
have no positions, so that wages count as a cost of the bank alone unless they are more than all bills.
"""

import argparse
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from features.derive import derive
from features.ledger import SCHEMAS, Ledger, Resource
from features.ledger_versions import conform
from features.management import management_accounts
from features.spine import spine_of
from sandbox.bookkeeping.history import History
from sandbox.firms.personas import PERSONAS
from sandbox.firms.simulation import simulate_firm
from sandbox.portfolio.ledger import ledger_frames

SHARE = "trust_vat_shortfall_share_12m_v2"
BOUNDS = (0.0, 0.05, 0.1, 0.2, 0.5)


def ledger_of(history: History) -> Ledger:
    """The facts of a simulated firm; it has no marks, so that every document counts with the tax that it states."""
    made = ledger_frames(history)
    frames = {
        name: conform(name, made[name], schema, {}) if name in made else pl.DataFrame(schema=schema)
        for name, schema in SCHEMAS.items()
    }
    return Ledger(**frames, fetched=frozenset(Resource))


def shortfall(ledger: Ledger, as_of: date) -> float | str:
    """The share of value added tax that was not paid, or why it has no value."""
    rows = derive(ledger, spine_of(as_of), [SHARE])
    value = rows.row()[SHARE]
    return rows.missing()[SHARE] if value is None else value


def apart(ledger: Ledger, as_of: date) -> float | None:
    """The result by documents less that by the bank, over the revenue by documents; none without revenue."""
    found = management_accounts(ledger, as_of)
    if found.documents is None or found.difference_cents is None:
        return None
    totals = {one.line: one.total_cents for one in found.documents.lines}
    return sum(found.difference_cents) / totals["revenue"] if totals["revenue"] > 0 else None


def main() -> None:
    """Print one line per bound, then one per persona."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 11, 23))
    asked = parser.parse_args()
    shares: list[float] = []
    missing: Counter[str] = Counter()
    for number in range(asked.firms):
        history = simulate_firm(asked.seed, number, asked.as_of)[1]
        value = shortfall(ledger_of(history), asked.as_of)
        if isinstance(value, str):
            missing[value] += 1
        else:
            shares.append(value)
    print(f"firms {asked.firms}, with a value {len(shares)}, missing {dict(missing)}")
    for bound in BOUNDS:
        print(f"share above {bound:4.0%}: {sum(share > bound for share in shares)} of {len(shares)}")
    print(f"{'persona':24} {'VAT unpaid':>12} {'results apart':>14}")
    for persona in PERSONAS:
        ledger = ledger_of(persona.history(asked.as_of))
        value, difference = shortfall(ledger, asked.as_of), apart(ledger, asked.as_of)
        said = value if isinstance(value, str) else f"{value:.1%}"
        print(f"{persona.firm:24} {said:>18} {'-' if difference is None else f'{difference:+.0%}':>8}")


if __name__ == "__main__":
    main()
