"""Whether firms of constant health are judged alike in all twelve months, whatever their season.

    python benchmarks/seasons.py                 40 simulated firms, by amplitude of the season
    python benchmarks/seasons.py --list          a line for each firm as well: score, verdict and limit of each month

Nothing about these firms changes but the season: no growth, no shocks, no failing customers, little noise. They sell
for 20,000 to 80,000 EUR a month. Each is observed on the 20th of twelve months in a row. The verdict is that of score,
cut-offs and the rules on values of the books, for the smallest loan of a product over its longest term.
"""

import argparse
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import table
from benchmarks.rules import RULES, stops
from features.derive import derive, known
from features.ledger import Ledger, Resource
from features.spine import ONLINE_BORROWER, SPINE
from forecast.facilities import facilities
from models.points import InvalidTableError, PointsTable
from models.records import SCORECARD
from models.registry import ARTIFACTS, Registry
from sandbox.firms.personas import PERSONAS
from sandbox.firms.simulation import simulate
from sandbox.portfolio.ledger import ledger_frames
from scoring.decisions.decision import Verdict
from scoring.decisions.limits import deductions, limit_for, limit_inputs
from scoring.decisions.policy import PolicyError, Product
from scoring.decisions.rules import in_force
from scoring.runtime.serving import Serving, card_of, combine, newest_policy_file

END_ON = date(2026, 11, 23)
DAYS = tuple(date(year, month, 20) for year, month in ((2025, 12), *((2026, month) for month in range(1, 12))))
AMPLITUDES = (0.0, 0.15, 0.3, 0.45, 0.6)
FIRMS_EACH = 8


class Judged(NamedTuple):
    """One month of a firm."""

    score: float
    verdict: Verdict
    cents: int
    """The limit."""
    causes: tuple[str, ...]
    """Rules that stop it, or cut-off and limit."""


def firm(amplitude: float, number: int) -> tuple[Ledger, bool]:
    """Books of a sound firm with such a season, and whether it is a natural person."""
    rng = np.random.default_rng((number, 5))
    is_person = number % 4 == 3
    traits = replace(
        PERSONAS[0].traits,
        legal_form="einzelunternehmen" if is_person else "gmbh",
        sales=float(rng.uniform(20_000, 80_000)),
        invoices_per_month=float(rng.uniform(10, 30)),
        seasonality=amplitude,
        season_peak=int(rng.integers(1, 13)),
        growth=0.0,
        cost_drift=0.0,
        customers=int(rng.integers(14, 30)),
        margin=float(rng.uniform(0.14, 0.22)),
        drawings=0.2 if is_person else 0.0,
        buffer=12.0,
        opening=0.3,
        term=int(rng.choice([14, 30])),
        slow_share=float(rng.uniform(0.0, 0.3)),
        lead=2.0,
        stray_share=0.03,
        bill_delay=float(rng.uniform(-2.0, 4.0)),
    )
    frames = ledger_frames(simulate(traits, np.random.SeedSequence((number, 77)), END_ON))
    return Ledger(**frames, fetched=frozenset(Resource)), is_person


def judged(serving: Serving, product: Product, amplitude: float, number: int) -> list[Judged]:
    """What comes out in each of the twelve months."""
    ledger, is_person = firm(amplitude, number)
    policy = serving.policy
    rules = [rule for rule in in_force(RULES, policy) if rule.feature is not None]
    inputs = (*limit_inputs(product, policy.limits, is_person=is_person), *deductions(policy.limits))
    ruled = (rule.feature for rule in rules if rule.feature is not None)
    needed = {*serving.table.names, *(policy.feature(name) for name in (*ruled, *inputs))}
    spine = pl.DataFrame([(ONLINE_BORROWER, day, False) for day in DAYS], schema=SPINE, orient="row")
    derived = derive(ledger, spine, known(sorted(needed)))
    scores = serving.table.score_frame(derived.values)
    stopped = derived.values.select(stops(rule, policy).fill_null(value=True).alias(rule.id) for rule in rules)
    owed = facilities(ledger, spine) if policy.reads_borrowings else [None] * len(DAYS)
    answers = []
    for index, borrowings in enumerate(owed):
        pd, failed = scores["pd"][index], stopped.row(index, named=True)
        limit = limit_for(
            derived.row(index), product, product.maximum_term_months, policy, is_person=is_person, borrowings=borrowings
        )
        causes = [rule.id for rule in rules if failed[rule.id]]
        causes += ["pd_above_approval"] if pd > policy.cut_offs.approve_at_or_below else []
        causes += ["limit_below_amount"] if limit.cents < product.minimum_cents else []
        declined = pd > policy.cut_offs.decline_above or any(
            rule.effect is Verdict.DECLINE for rule in rules if failed[rule.id]
        )
        verdict = Verdict.DECLINE if declined else Verdict.REFER if causes else Verdict.APPROVE
        answers.append(Judged(scores["score"][index], verdict, limit.cents, tuple(causes)))
    return answers


def main() -> None:
    """Print a line per amplitude, then what made verdicts differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="a line for each firm too")
    parser.add_argument("--firms", type=int, default=FIRMS_EACH, help="firms of each amplitude; 8 if not given")
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="a trained model instead of the one in force")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="a policy file instead of the newest")
    parser.add_argument("--product", default="investment", help="of the policy; investment if not given")
    asked = parser.parse_args()
    if asked.firms < 1:
        parser.error("--firms: at least 1")
    model = Registry(root=ARTIFACTS).champion("sme")
    try:
        table_of = model.table
        if asked.model is not None:
            table_of = PointsTable.from_json((asked.model / SCORECARD).read_bytes())
        serving = combine(card_of(model), table_of, (asked.policy or newest_policy_file()).read_bytes())
    except (InvalidTableError, PolicyError, OSError) as error:
        parser.error(str(error))
    if asked.product not in serving.policy.products:
        parser.error(f"--product: one of {', '.join(serving.policy.products)}")
    lines, causes = [], Counter[str]()
    for amplitude in AMPLITUDES:
        same, ranges, verdicts = 0, [], Counter[str]()
        for number in range(asked.firms):
            answers = judged(serving, serving.policy.products[asked.product], amplitude, number)
            found = {one.verdict for one in answers}
            same += len(found) == 1
            ranges.append(max(one.score for one in answers) - min(one.score for one in answers))
            verdicts.update(one.verdict for one in answers)
            if len(found) > 1:
                causes.update(cause for one in answers if one.verdict is not Verdict.APPROVE for cause in one.causes)
            if asked.list:
                told = " ".join(f"{one.score:.0f}{one.verdict[0]}{one.cents // 100_000}" for one in answers)
                print(f"{amplitude:.2f} {number:2} {told}")
        counts = ", ".join(f"{verdict} {count}" for verdict, count in sorted(verdicts.items()))
        lines.append(
            [f"{amplitude:.2f}", f"{same} of {asked.firms}", f"{np.median(ranges):.0f}", f"{max(ranges):.0f}", counts]
        )
    print(table(("season", "same verdict", "points apart, median", "most", "verdicts"), lines))
    print(
        "\nwhere verdicts differ, months that are not approved, by cause: "
        + (", ".join(f"{c} {n}" for c, n in causes.most_common()) or "none")
    )


if __name__ == "__main__":
    main()
