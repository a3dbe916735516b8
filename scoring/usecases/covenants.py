"""Covenants of loans: agreed, tested with observations, waived and ended by persons.

A breach is an event with evidence. Nothing follows from it by itself: no loan is ended, cut or repriced.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

import msgspec
from sqlalchemy.engine import Connection

from features.derive import CATALOGUE
from scoring.base.identifiers import Clock, Randomness, day_in_berlin, instant
from scoring.base.secrets import Cipher
from scoring.decisions.covenant_thresholds import fault_of
from scoring.decisions.covenants import (
    FARTHEST_TEST,
    LONGEST_WAIVER,
    Covenant,
    CovenantRefusedError,
    CovenantState,
    CovenantStepKind,
    Measured,
    after_end,
    after_test,
    after_waiver,
    full_months,
    is_moot,
)
from scoring.decisions.decision import Decision, Evidence
from scoring.decisions.monitoring import due_before
from scoring.decisions.records import NewerRecordError
from scoring.decisions.webhooks import EventType
from scoring.runtime.in_force import InForce
from scoring.runtime.serving import lacking, resources_of
from scoring.runtime.settings import Settings
from scoring.store import covenants, observations, subscriptions
from scoring.store.audit import SERVICE, Action, Trail, Who, page_id
from scoring.store.borrowers import Borrower, demand_open, keep
from scoring.store.connections import allowed_of
from scoring.store.covenants import CovenantStep, StoredCovenant, Wanted
from scoring.store.database import Database
from scoring.store.decisions import ErasedDecisionError, RecordChangedError, StoredDecision, decision_in
from scoring.store.events import record
from scoring.store.loans import StoredLoan, find_loan, open_loans
from scoring.store.observations import Observation
from scoring.store.principals import Principal, demand_person, names_of
from scoring.store.statements import Signer
from scoring.store.subscriptions import Subscription
from scoring.usecases.loans import UnknownLoanError
from scoring.usecases.reading import RestrictedError

STEPS: Final = 50
"""Of the history of a covenant on one page."""


class UnknownCovenantError(Exception):
    """The lender has no such covenant."""


class UnknownCovenantFeatureError(Exception):
    """The catalogue has no such feature."""


class ThresholdError(Exception):
    """The threshold cannot be meant; the message says what can, with the unit and an example."""


class FirstTestError(Exception):
    """The day of the first test is past, or too far away; the message says which days are taken."""


class WaiverTooLongError(Exception):
    """The last day of a waiver is past, or too far away; the message says which days are taken."""


class ShownCovenant(msgspec.Struct, frozen=True, kw_only=True):
    """A covenant with a page of its history."""

    stored: StoredCovenant
    steps: tuple[CovenantStep, ...]
    """Oldest first."""
    has_earlier: bool
    """Whether there are steps before these."""
    observations: Mapping[str, StoredDecision]
    """Behind tests, for numbers and links of documents, by identifier; without those that are gone."""
    names: Mapping[str, str]
    """Of principals, by identifier."""
    monitoring: Subscription | None
    """Of the borrower; None where nothing tests it any more, and while it is paused nothing does, either."""


def run_tests(
    connection: Connection,
    *,
    observation: Observation,
    borrower: Borrower,
    after: Decision,
    behind: Mapping[str, Evidence],
    randomness: Randomness,
) -> None:
    """Test the covenants of a borrower that are due, in the transaction that stores an observation.

    Args:
        connection: of the transaction.
        observation: as it was stored.
        borrower: whom it is about.
        after: the record of the observation.
        behind: the documents behind the features that covenants read.
        randomness: unpredictable bytes.
    """
    own = open_loans(connection, borrower.id, since=full_months(after.as_of)[0])
    for found in covenants.live_of(connection, borrower.id):
        before = found.covenant
        if not before.is_due(after.as_of):
            continue
        if before.feature not in after.row:  # agreed while the books were being read
            continue
        value, missing = after.row[before.feature], after.missing.get(before.feature)
        measured = Measured(
            value=value,
            missing=missing,
            evidence=behind.get(before.feature, Evidence()),
            is_moot=value is None and is_moot(before, missing, own, after.as_of),
        )
        made = after_test(before, measured, after.as_of)
        step = CovenantStep(
            kind=CovenantStepKind.TESTED,
            at=observation.created_at,
            by=SERVICE,
            state=made.state,
            observation_id=observation.id,
            measured=measured,
        )
        tested_on = after.as_of if measured.is_test else None
        covenants.take(connection, found, made, step, borrower=borrower, tested_on=tested_on, randomness=randomness)
        if made.state is CovenantState.BREACHED and before.state is not CovenantState.BREACHED:
            record(
                connection,
                EventType.COVENANT_BREACHED,
                {"covenant_id": found.id, "loan_id": found.loan_id, "observation_id": observation.id},
                lender_id=found.lender_id,
                at=observation.created_at,
                randomness=randomness,
                borrower_id=borrower.id,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Covenants:
    """Reads, waives and ends covenants. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    clock: Clock
    randomness: Randomness
    trail: Trail

    async def page(
        self, reader: Principal, who: Who, wanted: Wanted, *, before: str | None, limit: int
    ) -> list[StoredCovenant]:
        """Covenants of the reader's lender, newest first; restricted ones for who may see them."""
        search = partial(
            covenants.list_some,
            wanted=msgspec.structs.replace(wanted, lender_id=reader.lender_id, with_restricted=reader.sees_restricted),
            day=day_in_berlin(self.clock()),
            before=before,
            limit=limit,
        )
        found = await self.database.read_at_once(search)
        await self.trail.note(who, Action.COVENANTS_LISTED, object_id=page_id([one.id for one in found]))
        return found

    async def last_tests(self, found: Sequence[StoredCovenant]) -> dict[str, Measured | None]:
        """What the newest test of each saw, by identifier; nothing of one whose record was changed."""

        def work(connection: Connection) -> dict[str, Measured | None]:
            seen: dict[str, Measured | None] = {}
            for one in found:
                with suppress(RecordChangedError):
                    seen[one.id] = covenants.last_test(connection, self.cipher, one)
            return seen

        return await self.database.read_at_once(work)

    async def read(
        self, reader: Principal, who: Who, covenant_id: str, *, before: int | None = None, limit: int = STEPS
    ) -> ShownCovenant:
        """A covenant of the reader's lender with its newest tests and waivers, of those before a number.

        Raises:
            UnknownCovenantError: there is none of this identifier.
            RestrictedError: the reader may not see it.
            RecordChangedError: what is stored of it was changed.
        """
        found = await self._find(reader, covenant_id)
        await self.trail.note(who, Action.COVENANT_READ, object_id=covenant_id, borrower_id=found.borrower_id)
        return await self.show(reader, covenant_id, before=before, limit=limit)

    async def show(
        self, reader: Principal, covenant_id: str, *, before: int | None = None, limit: int = STEPS
    ) -> ShownCovenant:
        """The same, after something that is in the trail already."""
        found = await self._find(reader, covenant_id)
        names = await names_of(self.database, reader.lender_id)
        search = partial(shown, cipher=self.cipher, found=found, names=names, before=before, limit=limit)
        return await self.database.read_at_once(search)

    async def waive(self, reader: Principal, who: Who, covenant_id: str, *, until: date, text: str) -> ShownCovenant:
        """Waive tests that fail until a day, with a reason.

        Raises:
            NoPersonError: a system wants it.
            WaiverTooLongError: the day is past, or too far away.
            CovenantRefusedError: it has ended.
            UnknownCovenantError: as ``read``, whose other errors may come, too.
        """
        await self._find(reader, covenant_id)
        demand_person(reader)
        today = day_in_berlin(self.clock())
        if not today <= until <= today + LONGEST_WAIVER:
            raise WaiverTooLongError(f"must be today or later, and at most {LONGEST_WAIVER.days} days ahead")

        def step(before: Covenant, at: str) -> tuple[Covenant, CovenantStep]:
            after = after_waiver(before, until)
            return after, CovenantStep(
                kind=CovenantStepKind.WAIVED, at=at, by=who.name, state=after.state, until=until, text=text
            )

        return await self._take(reader, who, covenant_id, Action.COVENANT_WAIVED, step)

    async def end(self, reader: Principal, who: Who, covenant_id: str, *, text: str) -> ShownCovenant:
        """End a covenant, with a reason; its history stays.

        Raises:
            NoPersonError: a system wants it.
            CovenantRefusedError: it has ended.
            UnknownCovenantError: as ``read``, whose other errors may come, too.
        """

        def step(before: Covenant, at: str) -> tuple[Covenant, CovenantStep]:
            after = after_end(before)
            return after, CovenantStep(kind=CovenantStepKind.ENDED, at=at, by=who.name, state=after.state, text=text)

        return await self._take(reader, who, covenant_id, Action.COVENANT_ENDED, step)

    async def _take(
        self,
        reader: Principal,
        who: Who,
        covenant_id: str,
        action: Action,
        step: Callable[[Covenant, str], tuple[Covenant, CovenantStep]],
    ) -> ShownCovenant:
        known = await self._find(reader, covenant_id)
        demand_person(reader)
        now, mark = self.clock(), self.trail.mark(who, action)
        at = instant(now)

        def work(connection: Connection) -> None:
            keep(connection, known.borrower_id)
            monitoring = subscriptions.live_of(connection, known.borrower_id, is_locked=True)
            found = covenants.find(connection, covenant_id, lender_id=reader.lender_id, is_locked=True)
            borrower = None if found is None else covenants.borrower_of(connection, self.cipher, found)
            if found is None or borrower is None:
                raise UnknownCovenantError(_UNKNOWN)
            if found.is_closed:
                raise CovenantRefusedError(_LOAN_ENDED)
            after, made = step(found.covenant, at)
            if after.due_on != found.covenant.due_on:
                _come_for(connection, monitoring, after.due_on, now)
            covenants.take(connection, found, after, made, borrower=borrower, randomness=self.randomness)
            mark.put(connection, object_id=covenant_id, borrower_id=found.borrower_id)

        await self.database.write_at_once(work)
        return await self.show(reader, covenant_id)

    async def _find(self, reader: Principal, covenant_id: str) -> StoredCovenant:
        search = partial(covenants.find, covenant_id=covenant_id, lender_id=reader.lender_id)
        found = await self.database.read_at_once(search)
        if found is None:
            raise UnknownCovenantError(_UNKNOWN)
        if found.is_restricted and not reader.sees_restricted:
            raise RestrictedError
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreements:
    """Enters covenants that what is read can test. Built once, from the parts that this takes."""

    covenants: Covenants
    in_force: InForce
    signer: Signer
    settings: Settings

    async def agree(self, reader: Principal, who: Who, loan_id: str, agreed: Covenant) -> ShownCovenant:
        """Enter a covenant of an open loan.

        Raises:
            UnknownLoanError: the lender has no such loan.
            UnknownCovenantFeatureError: the catalogue has no such feature.
            ThresholdError: the threshold cannot be meant.
            FirstTestError: its first test is past, or too far away.
            CovenantRefusedError: the loan has ended or has this covenant already, or what the feature needs is not
                read of the borrower.
            BorrowerRestrictedError: the borrower's data are only kept.
            RecordChangedError: the decision on the loan was changed.
        """
        used = self.covenants
        now, mark = used.clock(), used.trail.mark(who, Action.COVENANT_AGREED)

        def work(connection: Connection) -> str:
            loan = find_loan(connection, used.cipher, lender_id=reader.lender_id, loan_id=loan_id, is_locked=True)
            if loan is None:
                raise UnknownLoanError("there is no loan with this identifier")
            demand_open(connection, loan.borrower_id)
            if agreed.feature not in CATALOGUE:
                raise UnknownCovenantFeatureError("is no feature of the catalogue; /v1/features lists them")
            fault = fault_of(agreed.feature, CATALOGUE[agreed.feature].unit, agreed.threshold)
            if fault is not None:
                raise ThresholdError(fault)
            if not day_in_berlin(now) <= agreed.due_on <= day_in_berlin(now) + FARTHEST_TEST:
                raise FirstTestError(
                    f"must be today or later, at most {FARTHEST_TEST.days} days ahead; without it, the next observation"
                    " tests"
                )
            if loan.fold().closed_on is not None:
                raise CovenantRefusedError(_LOAN_ENDED)
            self._demand_read(connection, loan, agreed.feature)
            monitoring = subscriptions.live_of(connection, loan.borrower_id, is_locked=True)
            _come_for(connection, monitoring, agreed.due_on, now)
            for one in covenants.live_of(connection, loan.borrower_id):
                if one.loan_id == loan_id and one.covenant.is_same_as(agreed):
                    raise CovenantRefusedError(f"the loan has this covenant already: {one.id}")
            made = covenants.add(
                connection,
                agreed,
                loan_id=loan_id,
                lender_id=reader.lender_id,
                borrower_id=loan.borrower_id,
                by=who.name,
                now=now,
                randomness=used.randomness,
            )
            mark.put(connection, object_id=made, borrower_id=loan.borrower_id)
            return made

        return await used.show(reader, await used.database.write_at_once(work))

    def _demand_read(self, connection: Connection, loan: StoredLoan, feature: str) -> None:
        """Refuse what could never be tested, by what decides today and what the firm agreed to."""
        serving = self.in_force.serving.of(loan.lender_id)
        plan = serving.plan
        with suppress(ErasedDecisionError):
            decided = decision_in(connection, self.signer, lender_id=loan.lender_id, decision_id=loan.decision_id)
            if decided is not None:
                form = decided.decision.terms.legal_form
                plan = serving.for_form(form).plan_for(form)
        read = resources_of(plan, self.settings)
        absent = lacking(feature, read)
        if absent:
            raise CovenantRefusedError(
                f"{feature} needs {', '.join(sorted(absent))}, which is not read for decisions on this borrower; read"
                f" are {', '.join(sorted(read))}. Choose a feature of these"
            )
        live = subscriptions.live_of(connection, loan.borrower_id)
        absent = frozenset() if live is None else lacking(feature, allowed_of(connection, live.connection_id).resources)
        if absent:
            raise CovenantRefusedError(
                f"{feature} needs {', '.join(sorted(absent))}, which the firm's consent does not name. Choose another"
                " feature, or ask the firm for its consent by a new link"
            )


def shown(
    connection: Connection,
    cipher: Cipher,
    found: StoredCovenant,
    names: Mapping[str, str],
    *,
    before: int | None,
    limit: int,
) -> ShownCovenant:
    """A covenant with a page of its history.

    Raises:
        RecordChangedError: what is stored of it was changed.
    """
    borrower = covenants.borrower_of(connection, cipher, found)
    steps = covenants.steps_of(connection, found, borrower, before=before, limit=limit + 1)
    has_earlier, steps = len(steps) > limit, steps[-limit:]
    behind: dict[str, StoredDecision] = {}
    for identifier in {one.observation_id for one in steps if one.measured and one.measured.evidence.documents}:
        seen = observations.find(connection, identifier or "", lender_id=found.lender_id)
        if seen is not None:
            try:
                behind[seen.id] = observations.read(connection, cipher, seen)
            except (RecordChangedError, NewerRecordError):  # the test stands without it
                continue
    return ShownCovenant(
        stored=found,
        steps=tuple(steps),
        has_earlier=has_earlier,
        observations=behind,
        names=names,
        monitoring=subscriptions.live_of(connection, found.borrower_id),
    )


_UNKNOWN: Final = "there is no covenant with this identifier"
_LOAN_ENDED: Final = "the loan has ended: nothing is tested any more"


def _come_for(connection: Connection, live: Subscription | None, due_on: date, now: datetime) -> None:
    """Let a borrower be observed for a test of a covenant, where the rhythm comes later.

    Args:
        connection: of the transaction.
        live: by which it is monitored, locked before the covenants, as an observation does. One that is just being
            stored is waited for: it may have looked at the covenants already.
        due_on: the day of the test.
        now: the present.
    """
    if live is not None:
        looked = None if live.observed_at is None else datetime.fromisoformat(live.observed_at)
        subscriptions.bring_forward(connection, live.id, due_at=due_before(due_on, looked, now, live.id))
