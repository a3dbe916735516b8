"""Watching a model: its decisions of a period, and what became of its loans. Nothing of it is stored."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, TypeAlias

import anyio.to_thread
from sqlalchemy import Row

from models.outcomes import Definition, outcomes
from models.registry import Registry, RegistryError
from scoring.decisions.cast_votes import Period
from scoring.decisions.loans import performance
from scoring.decisions.records import RecordError
from scoring.decisions.watching import Counting, Outcome, Seen, Watched, seen_in, watched
from scoring.store.database import Database
from scoring.store.loans import all_loans
from scoring.store.newest_decisions import newest_decisions, records_of

USUAL_DAYS: Final = 90
"""Of a period for which no first day is asked."""


class NothingToWatchError(Exception):
    """There is no decision, or its model is not registered; the message says which."""


def usual_watched_period(today: date) -> Period:
    """Ninety days that end today."""
    return Period(since=today - timedelta(days=USUAL_DAYS - 1), until=today)


def period_before(period: Period) -> Period:
    """The days before a period, as many."""
    length = period.until - period.since + timedelta(days=1)
    return Period(since=period.since - length, until=period.until - length)


async def watch(
    database: Database, period: Period, *, lender_id: str, registry: Registry, model: str | None = None
) -> Watched:
    """Compare a lender's borrowers, by the newest decision on each, with the firms that the model learned from.

    Args:
        database: in use by running services, too.
        period: days of the decisions.
        lender_id: whose.
        registry: where the model is registered.
        model: its name and version, such as ``sme/4``; None: that of the newest decision.

    Raises:
        NothingToWatchError: no decision of the model in these days and no outcome of its loans, or it is not registered
            here.
    """
    now = await _counted(database, period, lender_id=lender_id)
    before = await _counted(database, period_before(period), lender_id=lender_id)
    chosen = model or now.newest_model
    if chosen is None:
        raise NothingToWatchError(f"no decision of {lender_id} looks at a day of {period.since} to {period.until}")
    name, slash, version = chosen.partition("/")
    if not (name and slash and version):
        raise NothingToWatchError(f"{chosen!r} is no model: write name and version, such as sme/4")
    try:
        served = registry.load(name, version)
    except RegistryError as error:
        raise NothingToWatchError(str(error)) from error
    training, validation = served.manifest.training, served.manifest.validation
    if training is None or validation is None:
        raise NothingToWatchError(f"{chosen} was set by people: there are no firms that it learned from")
    table = (chosen, served.sha256)
    known, damaged = await _outcomes(database, lender_id, table, training.definition)
    if not (now.decisions[table] or known):
        raise NothingToWatchError(
            f"no decision of {lender_id} that looks at a day of {period.since} to {period.until} is by {chosen}, as it "
            "is registered here, and no loan's outcome is known"
        )
    return watched(
        now.models[table],
        before.models[table],
        served.table,
        training,
        validation,
        known,
        model=chosen,
        of_other_models=now.decisions.total() - now.decisions[table],
        since=period.since,
        until=period.until,
        damaged=sorted({*now.damaged, *before.damaged, *damaged}),
    )


_Table: TypeAlias = tuple[str, str]
"""Name and version of a model, and the digest of its points table: a name alone may stand for two tables."""


def _table_of(seen: Seen) -> _Table:
    return seen.versions.model, seen.versions.model_sha256


@dataclass(slots=True)
class _Counted:
    """Decisions of a period, by model."""

    models: defaultdict[_Table, Counting] = field(default_factory=lambda: defaultdict(Counting))
    decisions: Counter[_Table] = field(default_factory=Counter)
    damaged: list[str] = field(default_factory=list)
    newest: tuple[date, str, str] | None = None
    """Day, identifier and model of the newest decision."""

    @property
    def newest_model(self) -> str | None:
        return None if self.newest is None else self.newest[2]

    def add(self, page: Sequence[Row[Any]]) -> None:
        for seen in _sound(page, self.damaged):
            table = _table_of(seen)
            self.models[table].add(seen)
            self.decisions[table] += 1
            self.newest = max(self.newest or (date.min, "", ""), (seen.as_of, seen.decision_id, seen.versions.model))


async def _counted(database: Database, period: Period, *, lender_id: str) -> _Counted:
    found = _Counted()
    async for page in newest_decisions(database, lender_id=lender_id, since=period.since, until=period.until):
        await anyio.to_thread.run_sync(found.add, page)
    return found


async def _outcomes(
    database: Database, lender_id: str, table: _Table, definition: Definition
) -> tuple[list[Outcome], list[str]]:
    """Of loans whose performance window is over: what the model had said, and what became of them."""
    from scoring.usecases.review_reports import sound_loans  # noqa: PLC0415  it is slow to import

    observed = sound_loans(await all_loans(database, lender_id=lender_id))
    decisions = sorted(observed)
    said: dict[str, float] = {}
    damaged: list[str] = []
    async for page in records_of(database, decisions):
        for seen in _sound(page, damaged):
            if _table_of(seen) == table and seen.assessment.pd is not None:
                said[seen.decision_id] = seen.assessment.pd
    days = {number: observed[one].loan.terms.happened_on for number, one in enumerate(decisions)}
    paid, unlikely = performance(
        (number, days[number], observed[one].loan, observed[one].observed_until) for number, one in enumerate(decisions)
    )
    told = outcomes(paid, definition, unlikely)
    found = [
        Outcome(granted_on=days[number], pd=said[decisions[number]], is_bad=outcome == "bad")
        for number, outcome in told.select("borrower", "outcome").iter_rows()
        if outcome != "indeterminate" and decisions[number] in said
    ]
    return found, damaged


def _sound(page: Sequence[Row[Any]], damaged: list[str]) -> Iterator[Seen]:
    """What is watched of the records of a page; identifiers of altered ones are added to ``damaged``."""
    for row in page:
        # SQLite keeps what it is given
        if not isinstance(row.record, bytes) or hashlib.sha256(row.record).hexdigest() != row.sha256:
            damaged.append(row.id)
            continue
        try:
            yield seen_in(row.record)
        except RecordError:
            damaged.append(row.id)
