"""What the bound by cash ahead does to limits: of the local sevdesk's firms, and of simulated ones.

    python benchmarks/cash_bound.py                              the local sevdesk's firms
    python benchmarks/cash_bound.py --firms 300 --seed 9101      simulated firms, on four days

Limits are those of the policy in force, on the ledger of the simulation, without the bound and with it. Where the model
finds too little for a score, or declines, the limit is worked out all the same. Of simulated firms that can borrow, it
also tells how many have cash that no customer paid of late.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from benchmarks.cash import one_by_one  # noqa: E402  found through the line above
from benchmarks.facilities import END_ON, POLICIES, ledger_of  # noqa: E402  the same
from benchmarks.forecast import SIMULATED_DAYS, ledger_in  # noqa: E402  the same
from features.derive import derive, known  # noqa: E402  the same
from features.ledger import Ledger  # noqa: E402  the same
from features.spine import spine_of  # noqa: E402  the same
from forecast.facilities import facilities  # noqa: E402  the same
from forecast.largest_instalment import find_largest_instalment  # noqa: E402  the same
from models.dataset import read_dataset  # noqa: E402  the same
from sandbox.firms.personas import PERSONAS  # noqa: E402  the same
from scoring.decisions.limits import deductions, limit_for, limit_inputs  # noqa: E402  the same
from scoring.decisions.policy import load_policy  # noqa: E402  the same

POLICY = load_policy((POLICIES / "v4.toml").read_bytes())
ASKED = (("working_capital", 12), ("investment", 24))


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Limits of one firm for one product."""

    product: str
    without_cents: int
    with_cents: int
    is_lent: bool
    """Without the bound at least the smallest loan."""
    is_referred: bool
    """With it less."""
    cause: str
    gap: float | None
    unspent: float | None
    """Share of the level that no customer paid of late; None where nothing is said."""


def moved(ledger: Ledger, as_of: date, *, is_person: bool) -> Iterator[Moved]:
    """Both limits for each product."""
    at_most, days = POLICY.limits.gap_probability_at_most, POLICY.limits.gap_days
    assert at_most is not None  # noqa: S101  the policy has the bound
    assert days is not None  # noqa: S101  the same
    largest = find_largest_instalment(ledger, as_of, gap_probability_at_most=at_most, days=days)
    owed = facilities(ledger, spine_of(as_of))[0]
    for name, term in ASKED:
        product = POLICY.products[name]
        inputs = (*limit_inputs(product, POLICY.limits, is_person=is_person), *deductions(POLICY.limits))
        row = derive(ledger, spine_of(as_of), known([POLICY.feature(one) for one in inputs])).row()
        before, after = (
            limit_for(row, product, term, POLICY, is_person=is_person, borrowings=owed, largest_instalment=one)
            for one in (None, largest)
        )
        is_lent = not before.missing and before.cents >= product.minimum_cents
        yield Moved(
            product=name,
            without_cents=before.cents,
            with_cents=after.cents,
            is_lent=is_lent,
            is_referred=is_lent and after.cents < product.minimum_cents,
            cause=largest.cause or "",
            gap=largest.gap_probability,
            unspent=None if largest.cause else max(0, largest.unspent_cents) / max(1, largest.level_cents),
        )


def personas() -> None:
    """One row for each firm that can borrow, or that the bound moves."""
    print("| firm | risk of a gap without the loan | working capital, 12 months | investment, 24 months |")
    print("|---|--|--|--|")
    same = Counter[str]()
    for persona in PERSONAS:
        ledger, is_person = ledger_of(persona.firm)
        found = list(moved(ledger, END_ON, is_person=is_person))
        if not any(one.is_lent for one in found):
            same["cannot borrow without the bound"] += 1
        elif found[0].cause:
            same[found[0].cause] += 1
        elif all(one.with_cents == one.without_cents for one in found):
            same["not moved"] += 1
        else:
            cells = (f"{one.without_cents / 100:,.0f} to {one.with_cents / 100:,.0f}" for one in found)
            print(f"| `{persona.firm}` | {found[0].gap or 0:.1%} | {' | '.join(cells)} |")
    print("\n" + "; ".join(f"{what}: {count}" for what, count in sorted(same.items())))


def simulated(firms: int, seed: int) -> None:
    """How many of those that can borrow get less, and how many go to a person."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "dataset"
        command = [sys.executable, "-m", "sandbox", "simulate", "--end-on", "2026-11-23", "--out", str(out)]
        command += ["--firms", str(firms), "--seed", str(seed)]
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        ledger = ledger_in(out, read_dataset(out))
    counts: dict[str, Counter[str]] = {name: Counter() for name, _ in ASKED}
    shares: dict[str, list[float]] = {name: [] for name, _ in ASKED}
    for _, own, day in one_by_one(ledger, firms, SIMULATED_DAYS):
        for one in moved(own, day, is_person=False):
            if one.is_lent:
                state = "no answer" if one.cause else "referred" if one.is_referred else "less"
                is_same = not one.cause and one.with_cents == one.without_cents
                counts[one.product]["same" if is_same else state] += 1
                shares[one.product] += [] if one.unspent is None else [one.unspent]
    for name, found in counts.items():
        whole = sum(found.values())
        print(f"{name}: {whole} points that can borrow; " + ", ".join(f"{k} {v / whole:.1%}" for k, v in found.items()))
        at_most, known = POLICY.caps.unspent_share_at_most or 0.0, shares[name]
        beyond = ", ".join(
            f"above {bound:.1%} of {sum(one > bound for one in known) / len(known):.1%}"
            for bound in (at_most, 0.5, 0.9)
        )
        print(f"  cash that no customer paid: {beyond} of {len(known)} points with a level")


def main() -> None:
    """Print the table of the local sevdesk's firms, or the shares of simulated ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, default=0, help="simulated ones; without it the local sevdesk's")
    parser.add_argument("--seed", type=int, default=9101, help="of these; 9101 if not given")
    arguments = parser.parse_args()
    if arguments.firms < 0:
        parser.error("--firms: at least 1")
    if arguments.firms:
        simulated(arguments.firms, arguments.seed)
    else:
        personas()


if __name__ == "__main__":
    main()
