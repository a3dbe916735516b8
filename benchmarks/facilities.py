"""What finding facilities takes, what looking ahead does to the limits of the local sevdesk's firms, and overdrafts.

    python benchmarks/facilities.py              all three, on books that end on 2026-11-20
    python benchmarks/facilities.py FIRM ...     the limits of these firms alone

Limits are those of the product `investment`, 24 months, by policy 3 and by policy 4, on the same ledger of the
simulation. Where the model finds too little for a score, the limit is worked out all the same.

Overdrafts are those of simulated firms, whose agreed line is known: how often one is seen, and how near its deepest use
is to the line.
"""

import sys
import time
from datetime import date
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
import polars as pl  # noqa: E402  found through the line above

from features.derive import derive, known  # noqa: E402  the same
from features.ledger import Ledger, Resource  # noqa: E402  the same
from features.spine import spine_of  # noqa: E402  the same
from forecast.facilities import FacilityKind, facilities  # noqa: E402  the same
from sandbox.firms.personas import PERSONAS  # noqa: E402  the same
from sandbox.firms.simulation import simulate_firm  # noqa: E402  the same
from sandbox.portfolio.ledger import ledger_frames  # noqa: E402  the same
from scoring.decisions.decision import NATURAL_PERSONS, LegalForm  # noqa: E402  the same
from scoring.decisions.limits import available, deductions, limit_for, limit_inputs  # noqa: E402  the same
from scoring.decisions.policy import load_policy  # noqa: E402  the same

END_ON = date(2026, 11, 20)
TERM = 24
POLICIES = ROOT / "scoring" / "decisions" / "policies"
FIRMS = ("leased-car", "leased-fleet", "grace-period", "balloon-loan", "stacked-loans", "frugal-owner", "sole-trader")
TIMES, LINES = 200, 3_000
SIMULATED, SEED = 300, 9301


def ledger_of(firm: str) -> tuple[Ledger, bool]:
    """The ledger of a firm, and whether it counts as a natural person."""
    persona = next(one for one in PERSONAS if one.firm == firm)
    frames = ledger_frames(persona.history(END_ON))
    is_person = LegalForm(persona.traits.legal_form) in NATURAL_PERSONS
    return Ledger(**frames, fetched=frozenset(Resource)), is_person


def show(firm: str) -> None:
    """One row: debt service and limit by both policies."""
    ledger, is_person = ledger_of(firm)
    spine, cells, binding, new = spine_of(END_ON), [], "", 0
    for name in ("v3.toml", "v4.toml"):
        policy = load_policy((POLICIES / name).read_bytes())
        product = policy.products["investment"]
        inputs = (*limit_inputs(product, policy.limits, is_person=is_person), *deductions(policy.limits))
        row = derive(ledger, spine, known([policy.feature(one) for one in inputs])).row()
        found = facilities(ledger, spine)[0] if policy.reads_borrowings else None
        limit = limit_for(row, product, TERM, policy, is_person=is_person, borrowings=found)
        surplus, service = (0, 0) if limit.cash_flow is None else available(limit.cash_flow)
        cells += [f"{surplus / 100:,.0f}", f"{service / 100:,.0f}", f"{limit.cents / 100:,.0f}"]
        binding, new = limit.binding, 0 if found is None else found.new_count or 0
    surplus_3, service_3, limit_3, surplus_4, service_4, limit_4 = cells
    print(
        f"| `{firm}` | {surplus_3}; {surplus_4} | {service_3}; {service_4} | {limit_3}; {limit_4} | {binding} | {new} |"
    )


def measure() -> None:
    """Processor time on so many lines: those of a firm with four loans and leases, and others that are none."""
    ledger, _ = ledger_of("stacked-loans")
    lines = ledger.transactions.filter(pl.col("happened_on") <= END_ON)
    lease = ledger_of("leased-car")[0].transactions.filter(pl.col("category") == "lease")
    others = lines.filter(pl.col("category") == "supplier")
    missing = LINES - lines.height - lease.height
    repeated = pl.concat([others] * (missing // others.height + 1)).head(missing)
    everything = pl.concat([lines, lease, repeated]).with_columns(pl.int_range(1, LINES + 1).alias("transaction_id"))
    whole = Ledger(**(ledger.frames() | {"transactions": everything}), fetched=ledger.fetched)
    spine, times = spine_of(END_ON), []
    for _ in range(TIMES):
        begun = time.process_time()
        found = facilities(whole, spine)[0]
        times.append(time.process_time() - begun)
    assert found is not None  # noqa: S101  bank lines are there
    funded = everything.filter(pl.col("category").is_in(["loan_service", "lease", "loan_proceeds"])).height
    print(
        f"{everything.height} bank lines, {funded} of them of {len(found.facilities)} facilities: median"
        f" {median(times) * 1000:.2f} ms of processor time of {TIMES}, fastest {min(times) * 1000:.2f} ms"
    )


def overdrawn() -> None:
    """How often an overdraft is seen of firms with a line and without, and its deepest use as a share of the line."""
    shares: list[float] = []
    lines, without = {True: 0, False: 0}, 0
    for number in range(SIMULATED):
        traits, history = simulate_firm(SEED, number, END_ON)
        if history.died_on is not None:
            continue
        agreed = round(traits.overdraft * traits.sales * 100)
        found = facilities(Ledger(**ledger_frames(history), fetched=frozenset(Resource)), spine_of(END_ON))[0]
        seen = [] if found is None else [one for one in found.facilities if one.kind is FacilityKind.OVERDRAFT]
        lines[agreed > 0] += 1
        used = sum(one.used_at_most_cents or 0 for one in seen)
        if agreed and used:
            shares.append(used / agreed)
        without += bool(used and not agreed)
    shares.sort()
    print(
        f"\n{lines[True]} firms with an agreed line: an overdraft is seen of {len(shares)}; its deepest use is"
        f" {median(shares):.2f} of the line (median), {shares[len(shares) // 10]:.2f} and"
        f" {shares[-1 - len(shares) // 10]:.2f} (first and last decile). {lines[False]} firms without one:"
        f" an overdraft is seen of {without}."
    )


def main(firms: list[str]) -> None:
    """Measure, then print the table, then overdrafts."""
    if not firms:
        measure()
    print("\n| firm | surplus, policy 3; 4 | debt service a year, 3; 4 | limit, 3; 4 | binds | new |")
    print("|---|--|--|--|---|--|")
    for firm in firms or FIRMS:
        show(firm)
    if not firms:
        overdrawn()


if __name__ == "__main__":
    main(sys.argv[1:])
