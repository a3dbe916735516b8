"""What policy 4 finds by putting substance over form, on simulated firms that invent and hide nothing.

    python benchmarks/substance.py                  400 firms of the portfolio
    python benchmarks/substance.py --firms 1000     more of them

One line per cap: how many firms are beyond its bound by the feature that goes by the name, and by the one that policy 4
reads. Then how much of eligible receivables is lent on with regard to known payers, and what that does to limits of
working capital over twelve months (of a company that owes nothing elsewhere, without cash ahead). How often invoices
are cancelled late, sales name no customer, and suppliers grant long terms is the simulator's: none of it, or hardly
any.
"""

import argparse
import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from msgspec.structs import replace

from benchmarks.shortfalls import ledger_of
from features.derive import derive
from features.spine import spine_of
from sandbox.firms.simulation import simulate_firm
from scoring.decisions.decide import needed_features
from scoring.decisions.limits import limit_for
from scoring.decisions.policy import IN_SUBSTANCE, Policy, load_policy
from scoring.decisions.rules import CAPS, LOSSES, STRETCHED, TOP_CUSTOMER, in_force, threshold_of
from scoring.runtime.serving import newest_policy_file

ELIGIBLE, KNOWN = "receivables_eligible_cents_v2", "receivables_known_eligible_cents_v2"
PRODUCT, MONTHS = "working_capital", 12
PARTS = (0.02, 0.05, 0.1, 0.2, 0.5)


def bounds(policy: Policy) -> dict[str, float]:
    """The bound of each cap that looks at one of these features, by the feature's name in catalogue 1."""
    found = {}
    for rule in in_force(CAPS, policy):
        setting = rule.setting
        if rule.feature in {LOSSES, TOP_CUSTOMER, STRETCHED} and setting is not None:
            found[str(rule.feature)] = threshold_of(setting, policy)
    return found


def main() -> None:
    """Print one line per cap, then the distribution of the part that known payers owe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, default=400)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 11, 23))
    asked = parser.parse_args()
    policy = load_policy(newest_policy_file().read_bytes())
    limits = bounds(policy)
    pairs = {name: (f"{name}_v2", f"{IN_SUBSTANCE.get(name, name)}_v2") for name in limits}
    names = sorted({*(one for pair in pairs.values() for one in pair), *needed_features(policy)})
    milder = replace(policy, limits=replace(policy.limits, payers_must_be_known=None))
    product = policy.products[PRODUCT]
    rows = []
    for number in range(asked.firms):
        traits, history = simulate_firm(asked.seed, number, asked.as_of)
        if not traits.invented and history.died_on is None:
            rows.append(derive(ledger_of(history), spine_of(asked.as_of), names).row())
    print(f"firms {len(rows)}")
    print(f"{'feature in catalogue 1':32} {'bound':>6} {'known':>6} {'by name':>8} {'policy 4':>9}")
    for name, bound in limits.items():
        found = [[row[one] for row in rows if row[one] is not None] for one in pairs[name]]
        before, now = (sum(value > bound for value in values if value is not None) for values in found)
        print(f"{name:32} {bound:6g} {len(found[1]):6} {before:8} {now:9}")
    owed = [(row[KNOWN] or 0.0, row[ELIGIBLE] or 0.0) for row in rows]
    shares = sorted(known / eligible for known, eligible in owed if eligible)
    print(f"part of eligible receivables that is lent on, of {len(shares)} firms with any:")
    print(", ".join(f"{part:.0%} of firms at most {shares[int(part * len(shares))]:.0%}" for part in PARTS))
    pairs_of_limits = [
        tuple(limit_for(row, product, MONTHS, one, is_person=False, borrowings=None).cents for one in (milder, policy))
        for row in rows
    ]
    bounded = [(before, now) for before, now in pairs_of_limits if before >= product.minimum_cents]
    print(
        f"limits: {len(bounded)} of at least the smallest loan, {sum(now < before for before, now in bounded)} lower, "
        f"{sum(2 * now < before for before, now in bounded)} by more than half, "
        f"{sum(now < product.minimum_cents for _, now in bounded)} below the smallest loan"
    )


if __name__ == "__main__":
    main()
