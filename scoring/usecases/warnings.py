"""Early warnings: raised and cleared with each observation, then assigned, snoozed and answered by persons.

Nothing follows from a warning by itself: no loan is ended, cut or repriced.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

import anyio.to_thread
import msgspec
import structlog
from anyio import CapacityLimiter
from sqlalchemy.engine import Connection

from features.derive import derive
from features.spine import spine_of
from scoring.base.identifiers import Clock, Randomness, day_in_berlin, instant
from scoring.base.secrets import Cipher, DecryptionError
from scoring.decisions.decision import Decision, Evidence
from scoring.decisions.records import NewerRecordError
from scoring.decisions.warnings import (
    LONGEST_SNOOZE,
    Answer,
    Finding,
    Judged,
    Outcome,
    StepKind,
    Triggers,
    WarningState,
    counted,
    demand_step,
    due_after,
    finding_of,
    is_same_model,
    judge,
    stood_by,
    values_of,
    with_known,
)
from scoring.decisions.webhooks import EventType
from scoring.store import observations, snapshots, subscriptions, warnings
from scoring.store.audit import SERVICE, Action, Trail, Who, page_id
from scoring.store.borrowers import Borrower
from scoring.store.cases import principal_named
from scoring.store.database import Database
from scoring.store.decisions import RecordChangedError, StoredDecision
from scoring.store.events import record
from scoring.store.loans import open_loans
from scoring.store.observations import Observation
from scoring.store.principals import Principal, demand_person, names_of
from scoring.store.snapshots import SnapshotError
from scoring.store.subscriptions import Subscription
from scoring.store.warnings import NewWarning, StoredWarning, Wanted, WarningStep
from scoring.usecases.cases import UnknownPersonError
from scoring.usecases.reading import RestrictedError

_log = structlog.get_logger(__name__)


class UnknownWarningError(Exception):
    """The lender has no such warning."""


class UnknownTriggerError(Exception):
    """Neither the file in force nor a stored warning has such a trigger; the message names those that there are."""


class UnknownOwnerError(Exception):
    """Nobody of the lender has this name."""


class SnoozeTooLongError(Exception):
    """The last day of a snooze is not after today, or too far away; the message says which days are taken."""


class ShownWarning(msgspec.Struct, frozen=True, kw_only=True):
    """A warning with all that is told of it."""

    stored: StoredWarning
    finding: Finding
    steps: tuple[WarningStep, ...]
    observation: StoredDecision | None
    """That raised it, for numbers and links of documents; None where it is gone or cannot be read."""
    names: Mapping[str, str]
    """Of principals, by identifier."""
    monitoring: Subscription | None
    """Of the borrower; None where nothing clears it any more, and while it is paused nothing does, either."""


async def values_then(
    database: Database, cipher: Cipher, watched: StoredDecision, names: Collection[str], workers: CapacityLimiter
) -> dict[str, float | None]:
    """Values at a decision that its record does not have, since nothing decided by them: from the books of that day.

    Nothing is read anew. Where the books are not kept any more, nothing is known.

    Args:
        database: has the books.
        cipher: opens them.
        watched: the decision.
        names: features.
        workers: threads to derive on.
    """
    decision = watched.decision
    wanted = [name for name in names if name not in decision.row]
    if not wanted:
        return {}
    try:
        content = await snapshots.load(database, cipher, lender_id=watched.lender_id, decision_id=decision.decision_id)
        return await anyio.to_thread.run_sync(_derive, content, decision, wanted, limiter=workers)
    except (SnapshotError, DecryptionError):
        return {}


def _derive(content: bytes, decision: Decision, names: Sequence[str]) -> dict[str, float | None]:
    ledger = snapshots.decode(content, sha256=decision.snapshot_sha256).ledger
    spine = spine_of(decision.as_of, is_reconstructed=decision.circumstances.is_reconstructed)
    return derive(ledger, spine, names).row()


def watch(  # noqa: PLR0913  each is named by its caller
    connection: Connection,
    triggers: Triggers,
    *,
    observation: Observation,
    borrower: Borrower,
    watched: Decision,
    after: Decision,
    behind: Mapping[str, Evidence],
    begun_by: str,
    unread: frozenset[str],
    randomness: Randomness,
) -> None:
    """Raise and clear warnings, in the transaction that stores an observation.

    Args:
        connection: of the transaction.
        triggers: with their thresholds.
        observation: as it was stored.
        borrower: whom it is about.
        watched: the decision.
        after: the record of the observation.
        behind: the documents behind the features that signs read.
        begun_by: who began to monitor the borrower: a person owns what is raised, until another one does.
        unread: what signs read that the lender's policy does not read of this borrower.
        randomness: unpredictable bytes.
    """
    standing = {one.trigger: one for one in warnings.standing_of(connection, borrower.id)}
    findings, damaged = _findings(connection, triggers, standing.values(), borrower)
    is_comparable = is_same_model(after, watched)
    held_by = {
        name: counted(stood_by(found), standing[name].state, is_comparable=is_comparable)
        for name, found in findings.items()
    }
    same = [
        one for name, found in findings.items() if standing[name].decision_id == watched.decision_id for one in found
    ]
    before = with_known(values_of(watched, watched), same)
    found = _Watch(
        connection=connection, observation=observation, triggers=triggers, begun_by=begun_by, randomness=randomness
    )
    own = [one.paid_out_on for one in open_loans(connection, borrower.id) if one.paid_out_on is not None]
    for judged in judge(triggers, values_of(after, watched, own), before, held_by, unread):
        stored = standing.pop(judged.trigger.name, None)
        if judged.trigger.name in damaged:
            continue
        if judged.outcome is Outcome.RAISED:
            found.raise_new(judged, borrower, finding_of(judged, triggers, after, watched, behind))
        elif stored is not None and judged.outcome is Outcome.RAISED_AGAIN:
            finding = finding_of(judged, triggers, after, watched, behind)
            found.raise_again(stored, judged.trigger.respond_days, borrower, finding)
        elif stored is not None and judged.outcome is Outcome.CLEARED:
            found.clear(stored)
        elif stored is not None:
            found.ask_again(stored, judged.trigger.respond_days)
    for stored in standing.values():  # nothing looks at its trigger any more
        found.clear(stored)


def _findings(
    connection: Connection, triggers: Triggers, standing: Iterable[StoredWarning], borrower: Borrower
) -> tuple[dict[str, list[Finding]], set[str]]:
    """What raised the warnings, by trigger; and the triggers whose warning is damaged, which is left as it is."""
    found: dict[str, list[Finding]] = {}
    damaged = set()
    for one in standing:
        if triggers.find(one.trigger) is None:
            continue
        try:
            found[one.trigger] = warnings.findings_of(connection, one, borrower)
        except RecordChangedError as error:
            _log.error("warning damaged, left as it is", warning=one.id, reason=str(error))
            damaged.add(one.trigger)
    return found, damaged


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """What one observation does to the warnings of its borrower."""

    connection: Connection
    observation: Observation
    triggers: Triggers
    begun_by: str
    randomness: Randomness

    @property
    def at(self) -> str:
        return self.observation.created_at

    @property
    def day(self) -> date:
        return day_in_berlin(datetime.fromisoformat(self.at))

    def raise_new(self, judged: Judged, borrower: Borrower, finding: Finding) -> None:
        trigger, seen = judged.trigger, self.observation
        new = NewWarning(
            decision_id=seen.decision_id,
            subscription_id=seen.subscription_id,
            observation_id=seen.id,
            trigger=trigger.name,
            severity=trigger.severity,
            owner=warnings.person(self.connection, seen.lender_id, self.begun_by),
            due_on=self.day + timedelta(days=trigger.respond_days),
            raised_at=self.at,
            finding=finding,
        )
        identifier = warnings.add(self.connection, new, borrower=borrower, randomness=self.randomness)
        self._tell(EventType.WARNING_RAISED, identifier, trigger.name)

    def clear(self, stored: StoredWarning) -> None:
        warnings.clear(self.connection, stored, at=self.at, by=SERVICE, randomness=self.randomness)
        self._tell(EventType.WARNING_CLEARED, stored.id, stored.trigger)

    def ask_again(self, stored: StoredWarning, respond_days: int) -> None:
        """Where it was set aside until a day that is over, or answered long ago."""
        if stored.state is WarningState.OPEN and stored.snoozed_until is not None and stored.snoozed_until < self.day:
            self._take_up(stored, {"snoozed_until": None})
            return
        if stored.state is not WarningState.ANSWERED or stored.answered_at is None:
            return
        answered_on = day_in_berlin(datetime.fromisoformat(stored.answered_at))
        if self.day < answered_on + timedelta(days=self.triggers.asks_again_days):
            return
        values: dict[str, object] = {
            "state": WarningState.OPEN,
            "due_on": self.day + timedelta(days=respond_days),
            "snoozed_until": None,
        }
        self._take_up(stored, values)

    def raise_again(self, stored: StoredWarning, respond_days: int, borrower: Borrower, finding: Finding) -> None:
        """Where a sign holds that it did not stand by: whatever was answered was about other signs."""
        due_on = self.day + timedelta(days=respond_days)
        if stored.state_on(self.day) is WarningState.OPEN:  # what is not answered yet is not put off
            due_on = min(due_on, stored.due_on)
        values: dict[str, object] = {
            "state": WarningState.OPEN,
            "due_on": due_on,
            "snoozed_until": None,
        }
        self._take_up(stored, values, borrower, finding)

    def _take_up(
        self,
        stored: StoredWarning,
        values: dict[str, object],
        borrower: Borrower | None = None,
        finding: Finding | None = None,
    ) -> None:
        kind = StepKind.ASKED_AGAIN if finding is None else StepKind.RAISED_AGAIN
        step = WarningStep(number=0, kind=kind, at=self.at, by=SERVICE, finding=finding)
        if stored.owner is not None:  # who was disabled meanwhile owns nothing any more
            values["owner"] = warnings.person(self.connection, stored.lender_id, stored.owner)
        warnings.add_step(self.connection, stored, step, values, borrower=borrower, randomness=self.randomness)
        self._tell(EventType.WARNING_RAISED, stored.id, stored.trigger)

    def _tell(self, kind: EventType, warning_id: str, trigger: str) -> None:
        seen = self.observation
        record(
            self.connection,
            kind,
            {"warning_id": warning_id, "trigger": trigger, "decision_id": seen.decision_id},
            lender_id=seen.lender_id,
            at=seen.created_at,
            randomness=self.randomness,
            borrower_id=seen.borrower_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Warnings:
    """Reads warnings, and takes what persons do about them. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    clock: Clock
    randomness: Randomness
    trail: Trail
    triggers: Triggers

    async def page(
        self, reader: Principal, who: Who, wanted: Wanted, *, owner: str | None, before: str | None, limit: int
    ) -> tuple[list[StoredWarning], dict[str, str]]:
        """Warnings of the reader's lender, newest first, and names of principals; restricted ones for who may see them.

        Args:
            reader: who asks.
            who: the same, for the trail.
            wanted: which.
            owner: name of the person whose they are; None is of anybody.
            before: an identifier.
            limit: how many at most.

        Raises:
            UnknownTriggerError: there is no such trigger, so an empty list would be no answer.
            UnknownOwnerError: nobody has this name.
        """
        day = day_in_berlin(self.clock())

        def work(connection: Connection) -> list[StoredWarning]:
            of = None if owner is None else principal_named(connection, reader.lender_id, owner)
            if owner is not None and of is None:
                raise UnknownOwnerError("nobody of your lender has this name")
            if wanted.trigger is not None and self.triggers.find(wanted.trigger) is None:
                known = {one.name for one in self.triggers.triggers}
                known |= warnings.triggers_of(connection, reader.lender_id)  # of a file that was in force before
                if wanted.trigger not in known:
                    raise UnknownTriggerError(f"is no trigger; known: {', '.join(sorted(known))}")
            mine = msgspec.structs.replace(
                wanted, lender_id=reader.lender_id, owner=of, with_restricted=reader.sees_restricted
            )
            return warnings.list_some(connection, mine, day=day, before=before, limit=limit)

        found = await self.database.read_at_once(work)
        await self.trail.note(who, Action.WARNINGS_LISTED, object_id=page_id([one.id for one in found]))
        return found, await names_of(self.database, reader.lender_id)

    async def read(self, reader: Principal, who: Who, warning_id: str) -> ShownWarning:
        """A warning of the reader's lender with its evidence and history.

        Raises:
            UnknownWarningError: there is none of this identifier.
            RestrictedError: the reader may not see it.
            RecordChangedError: what was found was changed.
            DecryptionError: what somebody wrote cannot be opened.
        """
        found = await self._find(reader, warning_id)
        await self.trail.note(who, Action.WARNING_READ, object_id=warning_id, borrower_id=found.borrower_id)
        return await self.show(reader, warning_id)

    async def show(self, reader: Principal, warning_id: str) -> ShownWarning:
        """The same, after something that is in the trail already."""
        found = await self._find(reader, warning_id)
        names = await names_of(self.database, reader.lender_id)
        return await self.database.read_at_once(partial(shown, cipher=self.cipher, found=found, names=names))

    async def assign(self, reader: Principal, who: Who, warning_id: str, *, name: str | None) -> ShownWarning:
        """Say who answers for a warning; None is nobody.

        Raises:
            UnknownPersonError: the lender has no such person.
            WarningRefusedError: it is cleared.
            UnknownWarningError: as ``read``, whose other errors may come, too.
        """

        def step(connection: Connection, _found: StoredWarning) -> tuple[WarningStep, dict[str, object]]:
            owner = None if name is None else _person(connection, reader.lender_id, name)
            return self._step(who, StepKind.ASSIGNED, owner=owner), {"owner": owner}

        return await self._take(reader, who, warning_id, Action.WARNING_ASSIGNED, step)

    async def snooze(self, reader: Principal, who: Who, warning_id: str, *, until: date, text: str) -> ShownWarning:
        """Set a warning aside until a day, with a reason. It is due on the day after, or when it was due anyway.

        Raises:
            NoPersonError: a system wants it.
            SnoozeTooLongError: the day is not after today, or too far away.
            WarningRefusedError: it is cleared or answered.
            UnknownWarningError: as ``read``, whose other errors may come, too.
        """
        await self._find(reader, warning_id)
        demand_person(reader)
        today = day_in_berlin(self.clock())
        if not today < until <= today + LONGEST_SNOOZE:
            raise SnoozeTooLongError(f"must be after today and at most {LONGEST_SNOOZE.days} days from it")

        def step(_connection: Connection, found: StoredWarning) -> tuple[WarningStep, dict[str, object]]:
            values: dict[str, object] = {"snoozed_until": until, "due_on": due_after(found.due_on, until)}
            return self._step(who, StepKind.SNOOZED, until=until, text=text), values

        return await self._take(reader, who, warning_id, Action.WARNING_SNOOZED, step)

    async def answer(self, reader: Principal, who: Who, warning_id: str, *, answer: Answer, text: str) -> ShownWarning:
        """Write down what a person made of a warning. It stands until its signs are over.

        Raises:
            NoPersonError: a system wants it.
            WarningRefusedError: it is cleared.
            UnknownWarningError: as ``read``, whose other errors may come, too.
        """
        await self._find(reader, warning_id)
        demand_person(reader)

        def step(_connection: Connection, _found: StoredWarning) -> tuple[WarningStep, dict[str, object]]:
            made = self._step(who, StepKind.ANSWERED, answer=answer, text=text)
            return made, {"state": WarningState.ANSWERED, "answered_at": made.at, "snoozed_until": None}

        return await self._take(reader, who, warning_id, Action.WARNING_ANSWERED, step)

    def _step(
        self,
        who: Who,
        kind: StepKind,
        *,
        owner: str | None = None,
        until: date | None = None,
        answer: Answer | None = None,
        text: str | None = None,
    ) -> WarningStep:
        at = instant(self.clock())
        return WarningStep(number=0, kind=kind, at=at, by=who.name, owner=owner, until=until, answer=answer, text=text)

    async def _take(
        self,
        reader: Principal,
        who: Who,
        warning_id: str,
        action: Action,
        step: Callable[[Connection, StoredWarning], tuple[WarningStep, dict[str, object]]],
    ) -> ShownWarning:
        await self._find(reader, warning_id)
        mark = self.trail.mark(who, action)

        def work(connection: Connection) -> None:
            found = warnings.find(connection, warning_id, lender_id=reader.lender_id, is_locked=True)
            if found is None:
                raise UnknownWarningError(_UNKNOWN)
            made, values = step(connection, found)
            demand_step(made.kind, found.state)
            borrower = warnings.borrower_of(connection, self.cipher, found)
            warnings.add_step(connection, found, made, values, borrower=borrower, randomness=self.randomness)
            mark.put(connection, object_id=warning_id, borrower_id=found.borrower_id)

        await self.database.write_at_once(work)
        return await self.show(reader, warning_id)

    async def _find(self, reader: Principal, warning_id: str) -> StoredWarning:
        search = partial(warnings.find, warning_id=warning_id, lender_id=reader.lender_id)
        found = await self.database.read_at_once(search)
        if found is None:
            raise UnknownWarningError(_UNKNOWN)
        if found.is_restricted and not reader.sees_restricted:
            raise RestrictedError
        return found


def shown(connection: Connection, cipher: Cipher, found: StoredWarning, names: Mapping[str, str]) -> ShownWarning:
    """A warning with its evidence and history.

    Raises:
        RecordChangedError: what was found was changed.
        DecryptionError: what somebody wrote cannot be opened.
    """
    borrower = warnings.borrower_of(connection, cipher, found)
    return ShownWarning(
        stored=found,
        finding=warnings.finding_of(connection, found, borrower),
        steps=tuple(warnings.steps_of(connection, found, borrower)),
        observation=_observation(connection, cipher, found),
        names=names,
        monitoring=subscriptions.live_of(connection, found.borrower_id),
    )


def _observation(connection: Connection, cipher: Cipher, found: StoredWarning) -> StoredDecision | None:
    seen = observations.find(connection, found.observation_id, lender_id=found.lender_id)
    if seen is None:
        return None
    try:
        return observations.read(connection, cipher, seen)
    except (RecordChangedError, NewerRecordError):  # the warning stands without it
        return None


def _person(connection: Connection, lender_id: str, name: str) -> str:
    found = principal_named(connection, lender_id, name)
    owner = None if found is None else warnings.person(connection, lender_id, found)
    if owner is None:
        raise UnknownPersonError("is not a person of your lender, or is disabled")
    return owner


_UNKNOWN: Final = "there is no warning with this identifier"
