"""Reports on people's decisions, and who may see figures of single persons. Nothing of them is stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter
from sqlalchemy.engine import Connection

from models.outcomes import Definition, outcomes
from scoring.base.identifiers import Clock, day_in_berlin, instant
from scoring.decisions.cast_votes import Outcome, Period, ReadCase, read_case
from scoring.decisions.loans import performance
from scoring.decisions.review_report import PersonsReport, ReviewReport, persons_of, report_of
from scoring.decisions.works_agreement import WorksAgreement, WorksAgreements
from scoring.store.audit import Action, Trail, Who
from scoring.store.case_reports import CaseRows, reported_cases
from scoring.store.cases import step_of
from scoring.store.database import Database
from scoring.store.decisions import RecordChangedError
from scoring.store.loans import StoredLoan, loans_on
from scoring.store.principals import Principal, Role
from scoring.usecases.application import ApplicationError

if TYPE_CHECKING:
    from scoring.usecases.export import ObservedLoan

READERS: Final = (Role.UNDERWRITE, Role.ANALYSE, Role.AUDIT)
MOST_DAYS: Final = 1100
"""Of a report: three years and some days."""
_LOANS_AT_ONCE: Final = 200


class PersonsNotShownError(ApplicationError):
    """No works agreement opens figures of single persons to the reader; the message says what is missing."""


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """Cases for a report."""

    cases: tuple[ReadCase, ...]
    damaged: tuple[str, ...]


def usual_period(today: date) -> Period:
    """The twelve months before this one, and this one so far."""
    return Period(since=date(today.year - 1, today.month, 1), until=today)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReports:
    """Makes reports. Built once, from the parts that this takes."""

    database: Database
    clock: Clock
    trail: Trail
    workers: CapacityLimiter
    agreements: WorksAgreements | None

    def agreement_for(self, reader: Principal) -> WorksAgreement | None:
        """The works agreement that opens figures of single persons to a reader; None where there is none.

        An agreement names roles: an administrator without one of them sees no more than others.
        """
        found = None if self.agreements is None else self.agreements.of(reader.lender_id)
        is_open = found is not None and found.opens_to(reader.roles, day_in_berlin(self.clock()))
        return found if is_open and reader.is_person else None

    async def report(self, who: Who, reader: Principal, period: Period, *, product: str | None) -> ReviewReport:
        """The report for a reader."""
        now = self.clock()
        agreement = self.agreement_for(reader)
        open_since = None if agreement is None else agreement.first_day(day_in_berlin(now))
        await self.trail.note(who, Action.REPORT_READ, object_id=_days(period))
        return await make_report(
            self.database,
            period,
            lender_id=reader.lender_id,
            product=product,
            now=now,
            open_since=open_since,
            workers=self.workers,
        )

    async def persons(self, who: Who, reader: Principal, period: Period) -> PersonsReport:
        """Figures of single persons, as far back as the works agreement lets look.

        Raises:
            PersonsNotShownError: there is none that opens them to the reader.
        """
        now = self.clock()
        today = day_in_berlin(now)
        agreement = self.agreement_for(reader)
        if agreement is None:
            raise PersonsNotShownError(
                "figures of single persons need a works agreement that names one of your roles, and a person who looks"
            )
        since = max(period.since, agreement.first_day(today))
        allowed = Period(since=since, until=max(min(period.until, today), since - timedelta(days=1)))
        await self.trail.note(who, Action.PERSONS_REPORT_READ, object_id=_days(allowed))
        found = await gather(self.database, allowed, lender_id=reader.lender_id, now=now, workers=self.workers)
        votes = [vote for one in found.cases for vote in one.votes]
        return PersonsReport(
            at=instant(now),
            since=allowed.since,
            until=allowed.until,
            agreed_on=agreement.agreed_on,
            persons=persons_of(votes, since=allowed.since, until=allowed.until),
        )


async def make_report(
    database: Database,
    period: Period,
    *,
    lender_id: str,
    product: str | None,
    now: datetime,
    open_since: date | None = None,
    workers: CapacityLimiter | None = None,
) -> ReviewReport:
    """The report on cases of a lender.

    Args:
        database: in use by running services, too.
        period: which days.
        lender_id: whose cases.
        product: only of this one.
        now: the present.
        open_since: see ``report_of``.
        workers: bounds work for the processor; None has no bound of its own.
    """
    found = await gather(database, period, lender_id=lender_id, now=now, workers=workers)
    return await anyio.to_thread.run_sync(
        lambda: report_of(
            found.cases,
            period,
            product=product,
            now=instant(now),
            open_since=open_since,
            damaged=found.damaged,
        ),
        limiter=workers,
    )


async def gather(
    database: Database, period: Period, *, lender_id: str, now: datetime, workers: CapacityLimiter | None = None
) -> Gathered:
    """Read the cases that a report is about, and what became of the loans that persons approved."""
    read: dict[str, ReadCase] = {}
    damaged: list[str] = []
    pages = reported_cases(
        database, lender_id=lender_id, since=period.since, until=period.until, today=day_in_berlin(now)
    )
    async for page in pages:
        found, unread = await anyio.to_thread.run_sync(_read, page, limiter=workers)
        read |= found
        damaged += unread
    by_decision = {
        decision_id: case_id
        for case_id, one in read.items()
        if one.is_approved_by_person
        for decision_id in one.present.decisions
    }
    loans = await _loans(database, lender_id, sorted(by_decision))
    known = await anyio.to_thread.run_sync(outcomes_of, loans, limiter=workers)
    for decision_id, outcome in known.items():
        case_id = by_decision[decision_id]
        read[case_id] = read[case_id].with_outcome(outcome)
    return Gathered(cases=tuple(read.values()), damaged=tuple(damaged))


def _read(page: list[CaseRows]) -> tuple[dict[str, ReadCase], list[str]]:
    """Cases by their identifier, and those that were altered."""
    found: dict[str, ReadCase] = {}
    damaged = []
    for one in page:
        try:
            found[one.id] = read_case([step_of(row) for row in one.steps])
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):  # SQLite keeps what it is given
            damaged.append(one.id)
    return found, damaged


async def _loans(database: Database, lender_id: str, decision_ids: list[str]) -> list[StoredLoan]:
    found: list[StoredLoan] = []
    for start in range(0, len(decision_ids), _LOANS_AT_ONCE):
        some = decision_ids[start : start + _LOANS_AT_ONCE]

        def work(connection: Connection, some: list[str] = some) -> list[StoredLoan]:
            return loans_on(connection, lender_id=lender_id, decision_ids=some)

        found += await database.read_at_once(work)
    return found


def sound_loans(loans: Iterable[StoredLoan]) -> "dict[str, ObservedLoan]":
    """Of loans that were not altered (``verify`` names those): what was paid, by the decision of each."""
    from scoring.usecases.export import observed_loans  # noqa: PLC0415  the contracts are slow to import

    sound = []
    for loan in loans:
        try:
            loan.fold()
        except RecordChangedError:
            continue
        sound.append(loan)
    return observed_loans(sound)


def outcomes_of(loans: list[StoredLoan], definition: Definition | None = None) -> dict[str, Outcome]:
    """What became of loans, by their decision; without those of which it cannot be told yet.

    Args:
        loans: as they are stored.
        definition: what counts as bad; None: a default by CRR 178, as people's approvals are judged.
    """
    observed = sound_loans(loans)
    decisions = sorted(observed)
    paid, unlikely = performance(
        (number, observed[one].loan.terms.happened_on, observed[one].loan, observed[one].observed_until)
        for number, one in enumerate(decisions)
    )
    told = outcomes(paid, definition or Definition.crr_178(), unlikely)
    known = {"good": Outcome.GOOD, "bad": Outcome.BAD}
    return {
        decisions[number]: known[outcome]
        for number, outcome in told.select("borrower", "outcome").rows()
        if outcome in known
    }


def _days(period: Period) -> str:
    return f"{period.since}..{period.until}"
