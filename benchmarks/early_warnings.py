"""How often early warnings are raised on firms that repay, and how long before a default: simulated firms.

    python benchmarks/early_warnings.py                  400 firms of the portfolio
    python benchmarks/early_warnings.py --firms 1500     more of them

Each firm has one loan, if the champion's probability of default is at most 12 % on its day: others are declined. Its
books are looked at on that day and every 30 days after it, for a year or until it defaults or its books end, with the
triggers that ship. A false alarm is a warning on a loan that did not default in its year, of a firm that invents
nothing and lives on after it. A default is more than 90 days past due; instalments that are late are no part of these
warnings. Not looked at: the age of the bank feed, which no simulated ledger has, and answers of persons.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from rich.progress import Progress

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import table
from features.derive import CATALOGUE, derive
from features.ledger import SCHEMAS, Ledger, Resource
from features.ledger_versions import conform
from features.spine import SPINE
from forecast.facilities import facilities, is_new
from models.registry import ARTIFACTS, Registry
from sandbox.firms.simulation import firm_seed, simulate_firm
from sandbox.portfolio.folder import observation_days
from sandbox.portfolio.ledger import frame_of, ledger_rows
from sandbox.portfolio.ledger_schemas import LEDGER
from sandbox.portfolio.loan import Row, repayments
from scoring.decisions.warnings import Fact, Outcome, Triggers, Values, judge, load_triggers
from scoring.runtime.triggers import newest_triggers_file

EVERY_DAYS = 30
YEAR_DAYS = 365
CHUNK = 20
DEFAULT_DPD = 90
DECLINED_ABOVE = 0.12
"""Policy 4."""
MATERIAL_CENTS = 100_00


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One loan and what was seen of its firm."""

    borrower: int
    as_of: date
    default_on: date | None
    is_honest: bool
    """It invents nothing, repaid, and lives on."""
    days: tuple[date, ...]
    """Of observations, the day of the loan first."""


def watch(seed: int, numbers: range, end_on: date) -> Iterator[tuple[Watched, dict[str, list[tuple[object, ...]]]]]:
    """The loan of each firm, and its books; firms without a day on which a loan could be given are left out."""
    for number in numbers:
        traits, history = simulate_firm(seed, number, end_on)
        days = observation_days(history, number)
        if not days:
            continue
        day = days[number % len(days)]
        _, _, lending, _ = (np.random.Generator(np.random.PCG64(one)) for one in firm_seed(seed, number).spawn(4))
        default_on = defaulted_on(list(repayments(traits, history, day, lending, borrower=number)))
        over = min(day + YEAR_DAYS, history.end_on)
        is_default = default_on is not None and default_on <= over
        last = min(over, default_on if default_on is not None and is_default else over)
        if history.died_on is not None:
            last = min(last, history.died_on + YEAR_DAYS)
        seen = range(day, last + 1, EVERY_DAYS)
        yield (
            Watched(
                borrower=number,
                as_of=date.fromordinal(day),
                default_on=date.fromordinal(default_on) if default_on is not None and is_default else None,
                is_honest=not is_default
                and not traits.invented
                and not traits.related_sales
                and history.died_on is None,
                days=tuple(date.fromordinal(one) for one in seen),
            ),
            ledger_rows(history, number),
        )


def defaulted_on(rows: list[Row]) -> int | None:
    """The first day on which the loan is more than 90 days past due by more than 100 euro; an ordinal."""
    changes: dict[int, int] = defaultdict(int)
    until = 0
    for _, _, _, due_on, cents, paid_on, watched in rows:
        until = watched
        changes[due_on] += cents
        if paid_on is not None:
            changes[paid_on] -= cents
    since, overdue = None, 0
    for day in sorted({*changes, until}):
        if since is not None and min(day, until) - since > DEFAULT_DPD:
            return since + DEFAULT_DPD + 1
        overdue += changes.get(day, 0)
        since = None if overdue <= MATERIAL_CENTS else day if since is None else since
    return None


def values(seed: int, firms: int, end_on: date, triggers: Triggers) -> Iterator[tuple[Watched, list[Values]]]:
    """What the signs read, of each observation of each firm."""
    champion = Registry(root=ARTIFACTS).champion("sme")
    names = tuple(dict.fromkeys((*champion.table.names, *triggers.features)))
    for first in range(0, firms, CHUNK):
        pairs = list(watch(seed, range(first, min(first + CHUNK, firms)), end_on))
        if not pairs:
            continue
        ledger = joined([rows for _, rows in pairs])
        points = [(one.borrower, day, False) for one, _ in pairs for day in one.days]
        spine = pl.DataFrame(points, schema=SPINE, orient="row")
        rows = derive(ledger, spine, names)
        scored = champion.table.score_frame(rows.values)
        owed = facilities(ledger, spine)
        found = rows.values.select(names).with_columns(scored["score"].alias(Fact.SCORE), scored["pd"].alias(Fact.PD))
        at = 0
        for one, _ in pairs:
            seen: list[Values] = []
            for day in one.days:
                value, debts = dict(found.row(at, named=True)), owed[at]
                known = debts is not None and debts.new_count is not None
                value[Fact.NEW_FACILITY_COUNT] = (
                    float(sum(is_new(two, day) and two.first_on > one.as_of for two in debts.facilities))
                    if debts is not None and known
                    else None
                )
                seen.append(value)
                at += 1
            yield one, seen


def joined(parts: list[dict[str, list[tuple[object, ...]]]]) -> Ledger:
    """The books of several firms as one ledger."""
    frames = {
        name: conform(name, frame_of([row for part in parts for row in part.get(name, [])], LEDGER[name]), schema, {})
        if name in LEDGER
        else pl.DataFrame(schema=schema)
        for name, schema in SCHEMAS.items()
    }
    return Ledger(**frames, fetched=frozenset(Resource))


@dataclass(slots=True)
class Counts:
    """What came of the warnings."""

    loans: int = 0
    honest: int = 0
    honest_years: float = 0.0
    alarms: Counter[str] = None  # type: ignore[assignment]
    alarmed: int = 0
    defaults: int = 0
    leads: dict[str, list[int]] = None  # type: ignore[assignment]
    """By trigger, days from the first warning to the default; ``""`` is any."""

    def __post_init__(self) -> None:
        self.alarms, self.leads = Counter(), defaultdict(list)


def count(found: Counts, one: Watched, seen: list[Values], triggers: Triggers) -> None:
    """Add the warnings of one loan."""
    standing: dict[str, frozenset[str]] = {}
    raised: list[tuple[str, date]] = []
    for day, now in zip(one.days[1:], seen[1:], strict=True):
        for judged in judge(triggers, now, seen[0], standing):
            name = judged.trigger.name
            if judged.outcome is Outcome.RAISED:
                raised.append((name, day))
                standing[name] = frozenset(two.sign.reads for two in judged.seen if two.holds)
            elif judged.outcome is Outcome.RAISED_AGAIN:
                standing[name] |= {two.sign.reads for two in judged.seen if two.holds}
            elif judged.outcome is Outcome.CLEARED:
                del standing[name]
    found.loans += 1
    if one.is_honest:
        found.honest += 1
        found.honest_years += (len(one.days) - 1) * EVERY_DAYS / YEAR_DAYS
        found.alarms.update(name for name, _ in raised)
        found.alarmed += bool(raised)
    if one.default_on is not None:
        found.defaults += 1
        first: dict[str, date] = {}
        for name, day in raised:
            first.setdefault(name, day)
            first.setdefault("", day)
        for name, day in first.items():
            found.leads[name].append((one.default_on - day).days)


def lines(found: Counts, triggers: Triggers) -> list[list[str]]:
    """One row for each trigger, and one for all."""
    rows = []
    for name in (*(one.name for one in triggers.triggers), ""):
        alarms = found.alarms.total() if not name else found.alarms[name]
        leads = sorted(found.leads[name])
        quartiles = [f"{np.quantile(leads, share):.0f}" for share in (0.25, 0.5, 0.75)] if leads else ["-"] * 3
        rows.append(
            [
                f"`{name}`" if name else "any",
                f"{alarms}",
                f"{alarms / found.honest_years:.2f}" if found.honest_years else "-",
                f"{len(leads)} ({len(leads) / max(1, found.defaults):.0%})",
                f"{quartiles[1]} ({quartiles[0]} to {quartiles[2]})",
            ]
        )
    return rows


def main() -> None:
    """Print one line per trigger."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, default=400)
    parser.add_argument("--seed", type=int, default=61)
    parser.add_argument("--end-on", type=date.fromisoformat, default=date(2026, 11, 23))
    asked = parser.parse_args()
    triggers, found = load_triggers(newest_triggers_file().read_bytes(), CATALOGUE), Counts()
    with Progress(transient=True) as progress:
        task = progress.add_task("firms", total=asked.firms)
        for one, seen in values(asked.seed, asked.firms, asked.end_on, triggers):
            pd = seen[0][Fact.PD]
            if pd is not None and pd <= DECLINED_ABOVE:
                count(found, one, seen, triggers)
            progress.update(task, completed=one.borrower + 1)
    print(
        f"{found.loans} loans to as many firms of seed {asked.seed}, triggers {triggers.version}: {found.defaults}"
        f" defaulted in their year; {found.honest} honest ones repaid, watched for {found.honest_years:.0f} years,"
        f" {found.alarmed} ({found.alarmed / found.honest:.0%}) with any warning.\n"
    )
    head = ["trigger", "false alarms", "a firm and year", "defaults warned of", "days before, median (quartiles)"]
    print(table(head, lines(found, triggers)))


if __name__ == "__main__":
    main()
