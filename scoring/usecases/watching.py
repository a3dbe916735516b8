"""Watching a model: its decisions of a period, and what became of its loans. Nothing of it is stored."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import anyio.to_thread
from anyio import CapacityLimiter
from sqlalchemy import Row

from models.outcomes import Definition, outcomes
from models.registry import Registry, RegistryError
from scoring.decisions.cast_votes import Period
from scoring.decisions.loans import performance
from scoring.decisions.policy import PolicyError, load_policy
from scoring.decisions.records import RecordError
from scoring.decisions.watching import Counting, Outcome, Seen, Watched, seen_in, watched
from scoring.store.database import Database
from scoring.store.loans import all_loans
from scoring.store.newest_decisions import newest_decisions, records_of
from scoring.store.policies import find_policy

if TYPE_CHECKING:
    from scoring.usecases.export import ObservedLoan

USUAL_DAYS: Final = 90
"""Of a period for which no first day is asked."""


class Nothing(StrEnum):
    """Why there is nothing to watch."""

    NO_DECISION = "no_decision"
    """And no outcome of a loan."""
    NOT_NAMED = "not_named"
    """More than one model scores, so it must be said which."""
    NO_MODEL = "no_model"
    """It is not registered here, or was changed."""
    BY_PEOPLE = "by_people"
    """People set its points, so it learned from no firms."""


class NothingToWatchError(Exception):
    """There is no decision, its model is not registered, or it is not said which model; the message says which."""

    def __init__(self, why: Nothing, detail: str) -> None:
        super().__init__(detail)
        self.why = why


def usual_watched_period(today: date) -> Period:
    """Ninety days that end today."""
    return Period(since=today - timedelta(days=USUAL_DAYS - 1), until=today)


def period_before(period: Period) -> Period:
    """The days before a period, as many."""
    length = period.until - period.since + timedelta(days=1)
    return Period(since=period.since - length, until=period.until - length)


async def watch(
    database: Database,
    period: Period,
    *,
    lender_id: str,
    registry: Registry,
    now: datetime,
    model: str | None = None,
    workers: CapacityLimiter | None = None,
) -> Watched:
    """Compare a lender's borrowers, by the newest decision on each, with the firms that the model learned from.

    Args:
        database: in use by running services, too.
        period: days of the decisions.
        lender_id: whose.
        registry: where the model is registered.
        now: the present.
        model: its name and version, such as ``sme/4``; None: that of the newest decision.
        workers: bounds work for the processor; None has no bound of its own.

    Raises:
        NothingToWatchError: no decision of the model in these days and no outcome of its loans, it is not registered
            here, or none is named where the policy of the newest decision has one of its own for natural persons.
    """
    from scoring.usecases.review_reports import make_report  # noqa: PLC0415  it is slow to import

    seen = await _counted(database, period, lender_id=lender_id, workers=workers)
    before = await _counted(database, period_before(period), lender_id=lender_id, workers=workers)
    chosen = model or seen.newest_model
    if chosen is None:
        raise NothingToWatchError(
            Nothing.NO_DECISION, f"no decision of {lender_id} looks at a day of {period.since} to {period.until}"
        )
    if model is None:
        await _demand_one_model(database, seen)
    name, slash, version = chosen.partition("/")
    if not (name and slash and version):
        raise NothingToWatchError(Nothing.NO_MODEL, f"{chosen!r} is no model: write name and version, such as sme/4")
    try:
        served = await anyio.to_thread.run_sync(registry.load, name, version, limiter=workers)
    except RegistryError as error:
        raise NothingToWatchError(Nothing.NO_MODEL, str(error)) from error
    training, validation = served.manifest.training, served.manifest.validation
    if training is None or validation is None:
        raise NothingToWatchError(
            Nothing.BY_PEOPLE, f"{chosen} was set by people: there are no firms that it learned from"
        )
    table = (chosen, served.sha256)
    known: list[Outcome] = []
    damaged: list[str] = []
    # What a model says of distress does not come true, or fail to, by what becomes of loans.
    if training.definition is not None:
        known, damaged = await _outcomes(database, lender_id, table, training.definition, workers)
    if not (seen.decisions[table] or known):
        raise NothingToWatchError(
            Nothing.NO_DECISION,
            f"no decision of {lender_id} that looks at a day of {period.since} to {period.until} is by {chosen}, as it "
            "is registered here, and no loan's outcome is known",
        )
    reviews = await make_report(database, period, lender_id=lender_id, product=None, now=now, workers=workers)
    return await anyio.to_thread.run_sync(
        lambda: watched(
            seen.models[table],
            before.models[table],
            served.table,
            training,
            validation,
            known,
            model=chosen,
            of_other_models=seen.decisions.total() - seen.decisions[table],
            since=period.since,
            until=period.until,
            overrides=None if reviews.votes is None else reviews.votes.overrides,
            damaged=sorted({*seen.damaged, *before.damaged, *damaged}),
        ),
        limiter=workers,
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
    newest: tuple[date, str, str, str] | None = None
    """Day, identifier, model and digest of the policy of the newest decision."""

    @property
    def newest_model(self) -> str | None:
        return None if self.newest is None else self.newest[2]

    def add(self, page: Sequence[Row[Any]]) -> None:
        for seen in _sound(page, self.damaged):
            table = _table_of(seen)
            self.models[table].add(seen)
            self.decisions[table] += 1
            newest = (seen.as_of, seen.decision_id, seen.versions.model, seen.versions.policy_sha256)
            self.newest = max(self.newest or newest, newest)


async def _demand_one_model(database: Database, seen: _Counted) -> None:
    """Refuse to choose between two models that score at the same time.

    Raises:
        NothingToWatchError: the policy of the newest decision has a model of its own for natural persons.
    """
    content = None if seen.newest is None else await find_policy(database, seen.newest[3])
    if content is None:
        return
    try:
        persons = load_policy(content).natural_persons.model
    except PolicyError:  # of a release whose policies are read no more: it knew one model
        return
    if persons is not None:
        decided = sorted({model for model, _ in seen.decisions})
        raise NothingToWatchError(
            Nothing.NOT_NAMED,
            f"the policy scores natural persons with a model of its own, {persons.name}/{persons.version}: say which"
            f" to watch; decisions in these days are by {', '.join(decided)}",
        )


async def _counted(database: Database, period: Period, *, lender_id: str, workers: CapacityLimiter | None) -> _Counted:
    found = _Counted()
    async for page in newest_decisions(database, lender_id=lender_id, since=period.since, until=period.until):
        await anyio.to_thread.run_sync(found.add, page, limiter=workers)
    return found


async def _outcomes(
    database: Database, lender_id: str, table: _Table, definition: Definition, workers: CapacityLimiter | None
) -> tuple[list[Outcome], list[str]]:
    """Of loans whose performance window is over: what the model had said, and what became of them."""
    from scoring.usecases.review_reports import sound_loans  # noqa: PLC0415  it is slow to import

    stored = await all_loans(database, lender_id=lender_id)
    observed = await anyio.to_thread.run_sync(sound_loans, stored, limiter=workers)
    said: dict[str, float] = {}
    damaged: list[str] = []

    def look(page: Sequence[Row[Any]]) -> None:
        for seen in _sound(page, damaged):
            if _table_of(seen) == table and seen.assessment.pd is not None:
                said[seen.decision_id] = seen.assessment.pd

    async for page in records_of(database, sorted(observed)):
        await anyio.to_thread.run_sync(look, page, limiter=workers)
    return await anyio.to_thread.run_sync(_came_true, observed, said, definition, limiter=workers), damaged


def _came_true(observed: "dict[str, ObservedLoan]", said: dict[str, float], definition: Definition) -> list[Outcome]:
    decisions = sorted(observed)
    days = {number: observed[one].loan.terms.happened_on for number, one in enumerate(decisions)}
    paid, unlikely = performance(
        (number, days[number], observed[one].loan, observed[one].observed_until) for number, one in enumerate(decisions)
    )
    told = outcomes(paid, definition, unlikely)
    return [
        Outcome(granted_on=days[number], pd=said[decisions[number]], is_bad=outcome == "bad")
        for number, outcome in told.select("borrower", "outcome").iter_rows()
        if outcome != "indeterminate" and decisions[number] in said
    ]


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
