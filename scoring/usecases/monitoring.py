"""Monitoring: subscribe to a borrower, read and score its books again, and tell what changed and why.

What is made is an observation: it decides nothing, opens no case and sends nobody a notice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import msgspec
import structlog
from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Connection

from features.derive import CATALOGUE
from scoring.base.identifiers import Clock, Randomness, day_in_berlin, instant, is_id, new_id
from scoring.base.purposes import Purpose
from scoring.base.secrets import Cipher, digest
from scoring.decisions.decide import check_terms
from scoring.decisions.decision import Decision, Evidence
from scoring.decisions.monitoring import (
    DAYS_WITHOUT_LOAN,
    SHORTEST_DAYS,
    EndCause,
    Rhythm,
    due_after,
    due_before,
    first_due,
)
from scoring.decisions.warnings import Triggers
from scoring.decisions.webhooks import EventType
from scoring.runtime.in_force import InForce
from scoring.store import covenants, observations, quotas, subscriptions
from scoring.store.audit import SERVICE, Action, Trail, Who, page_id
from scoring.store.borrowers import Borrower, BorrowerRestrictedError, demand_open
from scoring.store.connections import (
    WORKING,
    PurposesChangedError,
    StoredConnection,
    find_connection,
    prove_purposes,
)
from scoring.store.database import Database
from scoring.store.decisions import (
    ErasedDecisionError,
    RecordChangedError,
    StoredDecision,
    find_decision,
    with_particulars,
)
from scoring.store.erasure import lock
from scoring.store.events import record
from scoring.store.observations import NewObservation, Observation
from scoring.store.principals import Principal
from scoring.store.statements import Signer
from scoring.store.subscriptions import NewSubscription, Subscription, SubscriptionLostError, Wanted
from scoring.store.tables import connections, decisions, monitoring_subscriptions
from scoring.telemetry.telemetry import StageTimer
from scoring.usecases.application import Application, UnknownConnectionError
from scoring.usecases.covenants import run_tests
from scoring.usecases.making import Begun, Made, Maker
from scoring.usecases.reading import RestrictedError
from scoring.usecases.warnings import values_then, watch

_log = structlog.get_logger(__name__)


class UnknownSubscriptionError(Exception):
    """The lender has no such subscription."""


class UnknownObservationError(Exception):
    """The lender has no such observation, or it has none of the kind that is asked for."""


class MonitoringRefusedError(Exception):
    """The borrower cannot be monitored; the message says what has to come first."""


class MonitoringEndedError(Exception):
    """The subscription has ended."""


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """An observation in the transaction that stores it, with what it can be compared with."""

    subscription: Subscription
    observation: Observation
    borrower: Borrower
    watched: Decision
    """The decision."""
    after: Decision
    """The record of this one."""
    behind: Mapping[str, Evidence]
    """The documents behind the features that warnings and covenants look at."""
    then: Mapping[str, float | None]
    """Values at the decision that its record does not have."""


def observed(connection: Connection, happened: Observed, triggers: Triggers, *, randomness: Randomness) -> None:
    """What follows from an observation, in the transaction that stores it: all of it, or nothing.

    Whatever is worked out from an observation, such as warnings, is stored here.
    """
    stored = happened.observation
    told = {
        "monitoring_id": stored.subscription_id,
        "observation_id": stored.id,
        "decision_id": stored.decision_id,
    }
    record(
        connection,
        EventType.MONITORING_OBSERVED,
        told,
        lender_id=stored.lender_id,
        at=stored.created_at,
        randomness=randomness,
        borrower_id=stored.borrower_id,
    )
    run_tests(
        connection,
        observation=stored,
        borrower=happened.borrower,
        after=happened.after,
        behind=happened.behind,
        randomness=randomness,
    )
    watch(
        connection,
        triggers,
        observation=stored,
        borrower=happened.borrower,
        watched=msgspec.structs.replace(happened.watched, row={**happened.then, **happened.watched.row}),
        after=happened.after,
        behind=happened.behind,
        begun_by=happened.subscription.created_by,
        randomness=randomness,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """Subscribes, observes and reads. Built once, from the parts that this takes."""

    maker: Maker
    in_force: InForce
    database: Database
    cipher: Cipher
    signer: Signer
    clock: Clock
    randomness: Randomness
    trail: Trail
    rhythm: Rhythm
    triggers: Triggers
    kept_days: int
    """How long books are kept, while the monitoring goes on."""
    wake: Callable[[], None]
    """Tells the observer of this process that there is something to do."""

    async def subscribe(self, who: Who, *, connection_id: str, decision_id: str | None) -> Subscription:
        """Begin to monitor a borrower by a connection, against a decision; without one, its newest.

        Raises:
            UnknownConnectionError: the lender has no such connection.
            MonitoringRefusedError: the consent lacks the purpose, the connection does not work, the decision is not on
                this borrower, there is none, the borrower is monitored already, or no loan is there or to come.
            BorrowerRestrictedError: the borrower's data are only kept.
        """
        lender_id = who.lender_id or ""
        connected = await find_connection(self.database, lender_id=lender_id, connection_id=connection_id)
        if connected is None:
            raise UnknownConnectionError("there is no connection with this identifier")
        await self._demand_consent(lender_id, connected)
        watched = await self._watched(lender_id, connected, decision_id)
        now, mark = self.clock(), self.trail.mark(who, Action.MONITORING_BEGUN)
        identifier = new_id(subscriptions.PREFIX, now, self.randomness)
        days = self.rhythm.days_for(watched.decision.assessment.grade)
        decided_at = datetime.fromisoformat(watched.decision.created_at)
        new = NewSubscription(
            id=identifier,
            lender_id=lender_id,
            borrower_id=connected.borrower_id,
            connection_id=connection_id,
            decision_id=watched.decision_id,
            account=digest(connection_id),
            due_at=instant(first_due(decided_at, now, days, identifier)),
            created_at=instant(now),
            created_by=who.name,
        )

        def work(connection: Connection) -> Subscription | None:
            lock(connection, new.borrower_id)  # two that ask at once come one after the other
            demand_open(connection, new.borrower_id)
            mine = select(connections.c.purposes).where(connections.c.id == connection_id)
            purposes = connection.execute(mine.with_for_update(read=True)).scalar()
            if Purpose.MONITORING not in (purposes or "").split(","):
                raise MonitoringRefusedError(_LACKS)
            earlier = subscriptions.live_of(connection, new.borrower_id)
            if earlier is not None:
                raise MonitoringRefusedError(f"the borrower is monitored already, by {earlier.id}; end that one first")
            subscriptions.add(connection, new)
            _demand_purpose(subscriptions.purpose_of(connection, identifier, now=now))
            due_on = covenants.next_due(connection, new.borrower_id, day_in_berlin(now) - timedelta(days=1))
            if due_on is not None:
                due_at = due_before(due_on, None, now, identifier)
                subscriptions.bring_forward(connection, identifier, due_at=due_at)
            mark.put(connection, object_id=identifier, borrower_id=new.borrower_id)
            return subscriptions.find(connection, identifier, lender_id=lender_id)

        found = await self.database.write_at_once(work)
        assert found is not None, "added just now"  # noqa: S101  for mypy
        self.wake()
        return found

    async def find(self, reader: Principal, subscription_id: str) -> Subscription:
        """A subscription of the reader's lender.

        Raises:
            UnknownSubscriptionError: there is none of this identifier.
            RestrictedError: the reader may not see it.
        """
        found = None
        if is_id(subscription_id, subscriptions.PREFIX):  # PostgreSQL does not take every text
            search = partial(subscriptions.find, subscription_id=subscription_id, lender_id=reader.lender_id)
            found = await self.database.read_at_once(search)
        if found is None:
            raise UnknownSubscriptionError("there is no monitoring with this identifier")
        if found.is_restricted and not reader.sees_restricted:
            raise RestrictedError
        return found

    async def read(self, reader: Principal, who: Who, subscription_id: str) -> Subscription:
        """The same, written down.

        Raises:
            UnknownSubscriptionError: as ``find``, whose other errors may come, too.
        """
        found = await self.find(reader, subscription_id)
        await self.trail.note(who, Action.MONITORING_READ, object_id=found.id, borrower_id=found.borrower_id)
        return found

    async def page(
        self, reader: Principal, who: Who, wanted: Wanted, *, before: str | None, limit: int
    ) -> list[Subscription]:
        """Subscriptions of the reader's lender, newest first."""
        search = partial(
            subscriptions.list_some,
            wanted=msgspec.structs.replace(wanted, lender_id=reader.lender_id),
            before=before,
            limit=limit,
            with_restricted=reader.sees_restricted,
        )
        found = await self.database.read_at_once(search)
        await self.trail.note(who, Action.MONITORING_LISTED, object_id=page_id([one.id for one in found]))
        return found

    async def end(self, reader: Principal, who: Who, subscription_id: str) -> Subscription:
        """Stop monitoring; what was observed stays. One that has ended stays as it is.

        Raises:
            UnknownSubscriptionError: as ``find``, whose other errors may come, too.
        """
        found = await self.find(reader, subscription_id)
        mark, mine = self.trail.mark(who, Action.MONITORING_ENDED), monitoring_subscriptions.c.id == subscription_id

        def work(connection: Connection) -> None:
            cause, at = EndCause.BY_LENDER, instant(self.clock())
            if subscriptions.end(connection, mine, cause, at=at, randomness=self.randomness):
                mark.put(connection, object_id=subscription_id, borrower_id=found.borrower_id)

        await self.database.write_at_once(work)
        return await self.find(reader, subscription_id)

    async def ask(self, reader: Principal, who: Who, subscription_id: str) -> Subscription:
        """Let a worker observe now; it goes on where it was paused.

        Raises:
            MonitoringEndedError: it has ended.
            QuotaUsedUpError: the key has asked for as many decisions and observations as it may.
            UnknownSubscriptionError: as ``find``, whose other errors may come, too.
        """
        found = await self.find(reader, subscription_id)
        mark = self.trail.mark(who, Action.MONITORING_ASKED)

        def work(connection: Connection) -> bool:
            now, mine = self.clock(), monitoring_subscriptions.c.id == subscription_id
            subscriptions.end_without_loan(connection, mine, now=now, randomness=self.randomness)
            is_asked = subscriptions.ask_now(connection, subscription_id, now=now)
            if is_asked:
                if reader.quota is not None:  # who asks reads books and gets a score, as for a decision
                    quotas.count(connection, reader.quota, now=now)
                mark.put(connection, object_id=subscription_id, borrower_id=found.borrower_id)
            return is_asked

        if not await self.database.write_at_once(work):
            cause = (await self.find(reader, subscription_id)).cause
            raise MonitoringEndedError(f"the monitoring has ended: {cause}; nothing is read any more")
        self.wake()
        return await self.find(reader, subscription_id)

    async def observations(
        self, reader: Principal, who: Who, subscription_id: str, *, before: str | None, limit: int
    ) -> tuple[list[Observation], float | None]:
        """Observations of a subscription, newest first, and the score of the decision that it watches.

        Raises:
            UnknownSubscriptionError: as ``find``, whose other errors may come, too.
        """
        found = await self.read(reader, who, subscription_id)
        decided = select(decisions.c.score).where(decisions.c.id == found.decision_id)

        def search(connection: Connection) -> tuple[list[Observation], float | None]:
            listed = observations.list_of(connection, subscription_id, before=before, limit=limit)
            return listed, connection.execute(decided).scalar()

        return await self.database.read_at_once(search)

    async def observation(self, reader: Principal, who: Who, observation_id: str) -> tuple[Observation, StoredDecision]:
        """An observation with its record.

        Raises:
            UnknownObservationError: the reader's lender has none of this identifier.
            RestrictedError: the reader may not see it.
            RecordChangedError: its record was changed.
            NewerRecordError: a newer version of the service wrote it.
        """
        found = await self.database.read_at_once(
            partial(observations.find, observation_id=observation_id, lender_id=reader.lender_id)
        )
        if found is None:
            raise UnknownObservationError("there is no observation with this identifier")
        if found.is_restricted and not reader.sees_restricted:
            raise RestrictedError
        await self.trail.note(who, Action.OBSERVATION_READ, object_id=found.id, borrower_id=found.borrower_id)
        stored = await self.database.read_at_once(partial(observations.read, cipher=self.cipher, found=found))
        return found, stored

    async def compared_with(self, found: Observation, *, is_decision: bool) -> StoredDecision:
        """What an observation is compared with: the decision that it watches, or the observation before.

        Raises:
            UnknownObservationError: there is no observation before.
            ErasedDecisionError: the decision was erased.
            RecordChangedError: it was changed.
            NewerRecordError: a newer version of the service wrote it.
        """
        if is_decision:
            lender_id, decision_id = found.lender_id, found.decision_id
            stored = await find_decision(self.database, self.signer, lender_id=lender_id, decision_id=decision_id)
            assert stored is not None, "rows of decisions stay"  # noqa: S101  for mypy
            return stored

        def work(connection: Connection) -> StoredDecision | None:
            earlier = None
            if found.previous_id is not None:
                earlier = observations.find(connection, found.previous_id, lender_id=found.lender_id)
            return None if earlier is None else observations.read(connection, self.cipher, earlier)

        earlier = await self.database.read_at_once(work)
        if earlier is None:
            raise UnknownObservationError("there is no observation before this one; compare it with the decision")
        return earlier

    async def observe(self, held: Subscription) -> Observation | None:
        """Read and score the books of a subscription that a worker holds, and store what was observed.

        Returns:
            None where the subscription ended instead: its decision was erased, or consent or loan are missing.

        Raises:
            SubscriptionLostError: the worker does not hold it any more; nothing was stored.
            TermsError: as ``_make``, whose other errors may come, too.
            RecordChangedError: the decision that it watches was changed, or the purposes of the connection were.
        """
        connected = await find_connection(self.database, lender_id=held.lender_id, connection_id=held.connection_id)
        if connected is None or Purpose.MONITORING not in connected.purposes:
            cause = EndCause.DISCONNECTED if connected is None else EndCause.WITHDRAWN
            await self._end_held(held, cause)
            return None
        over = partial(subscriptions.end_without_loan, which=_held(held), now=self.clock(), randomness=self.randomness)
        if await self.database.write_at_once(over):
            return None
        try:
            await self._prove(held.lender_id, connected)
        except PurposesChangedError as error:
            raise RecordChangedError(str(error)) from None
        try:
            watched = await find_decision(
                self.database, self.signer, lender_id=held.lender_id, decision_id=held.decision_id
            )
        except ErasedDecisionError:
            await self._end_held(held, EndCause.DECISION_ERASED)
            return None
        assert watched is not None, "rows of decisions stay"  # noqa: S101  for mypy
        watched = await with_particulars(self.database, self.cipher, watched, lender_id=held.lender_id)
        agreed = await self.database.read_at_once(partial(covenants.features_of, borrower_id=held.borrower_id))
        beside = (*self.triggers.features, *(name for name in agreed if name in CATALOGUE))
        try:
            borrower, new = await self._make(watched, held.connection_id, beside)
        except (UnknownConnectionError, BorrowerRestrictedError) as error:  # what ends a connection ends this, too
            raise SubscriptionLostError(str(error)) from None
        then = await values_then(self.database, self.cipher, watched, self.triggers.compared, self.maker.workers)
        return await self.database.write_at_once(
            partial(self._store, held=held, borrower=borrower, new=new, watched=watched.decision, then=then)
        )

    async def _make(
        self, watched: StoredDecision, connection_id: str, beside: tuple[str, ...]
    ) -> tuple[Borrower, NewObservation]:
        """Make the record that a decision would be today, on the terms of an earlier one; nothing is stored.

        Args:
            watched: the earlier one, with its particulars.
            connection_id: by which the books are read.
            beside: features that are derived beside those that decide.

        Raises:
            TermsError: The policy in force does not know what was asked for.
            BorrowerRestrictedError: The borrower's data are only kept.
            UnknownConnectionError: There is no such connection any more.
            SourceError: The books could not be read; see ``scoring.sources.errors``.
            DecryptionError: A stored secret cannot be decrypted.
        """
        lender_id, terms = watched.lender_id, watched.decision.terms
        serving = self.in_force.serving.of(lender_id).for_form(terms.legal_form)
        check_terms(terms, serving.policy)
        serving = serving.with_features(beside)
        application = Application(
            borrower_ref=watched.borrower_ref or "",
            terms=terms,
            purpose=watched.purpose,
            payout_iban=None,
            as_of=None,
            connection_id=connection_id,
            credential=None,
            applicant=watched.particulars.applicant,
        )
        now = self.clock()
        payout = watched.decision.circumstances.coverage

        def work(connection: Connection) -> Begun:
            found = self.maker.begin(connection, application, serving, lender_id, now)
            if found.borrower.id != watched.borrower_id:  # else a reference that was erased would be entered anew
                raise SubscriptionLostError("the borrower was erased meanwhile")
            return replace(found, prefix=observations.PREFIX, payout=payout, beside=beside)

        begun = await self.database.write_at_once(work)
        timer = StageTimer()
        made = await self.maker.make(application, begun, partial(self._sealed, begun.borrower), timer, None)
        return begun.borrower, made

    def _sealed(self, borrower: Borrower, made: Made) -> NewObservation:
        """Sealed, on a worker thread."""
        identifier = made.decision.decision_id
        return NewObservation(
            record=made.decision,
            sealed=observations.seal_record(made.content, borrower, identifier, self.randomness),
            particulars=observations.seal_particulars(made.particulars, borrower, identifier, self.randomness),
            books=observations.seal_books(made.snapshot, borrower, identifier, self.randomness),
            books_expire_at=self.clock() + timedelta(days=self.kept_days),
            behind=made.behind,
        )

    def _store(
        self,
        connection: Connection,
        held: Subscription,
        borrower: Borrower,
        new: NewObservation,
        watched: Decision,
        then: Mapping[str, float | None],
    ) -> Observation:
        demand_open(connection, borrower.id)
        made = new.record
        days = self.rhythm.days_for(made.assessment.grade)
        due_at = due_after(datetime.fromisoformat(made.created_at), days, held.id)
        subscriptions.finish(connection, held, observed_at=made.created_at, due_at=due_at)
        stored = observations.add(
            connection, new, borrower=borrower, subscription_id=held.id, decision_id=held.decision_id
        )
        mark = self.trail.mark(Who(lender_id=held.lender_id, actor=SERVICE), Action.MONITORING_OBSERVED)
        mark.put(connection, object_id=stored.id, borrower_id=borrower.id)
        happened = Observed(
            subscription=held,
            observation=stored,
            borrower=borrower,
            watched=watched,
            after=made,
            behind=new.behind,
            then=then,
        )
        observed(connection, happened, self.triggers, randomness=self.randomness)
        self._come_back_for_covenants(connection, happened)
        return stored

    def _come_back_for_covenants(self, connection: Connection, happened: Observed) -> None:
        """A covenant is tested on its day, also where the rhythm comes later; no sooner than the firm was told."""
        held, made = happened.subscription, happened.after
        due_on = covenants.next_due(connection, happened.borrower.id, made.as_of)
        if not made.row.keys() >= set(covenants.features_of(connection, happened.borrower.id)):
            due_on = made.as_of  # one was agreed while the books were being read
        if due_on is not None:
            days = max((due_on - made.as_of).days, SHORTEST_DAYS)
            due_at = due_after(datetime.fromisoformat(made.created_at), days, held.id)
            subscriptions.bring_forward(connection, held.id, due_at=due_at)

    async def _end_held(self, held: Subscription, cause: EndCause) -> None:
        ending = partial(
            subscriptions.end, which=_held(held), cause=cause, at=instant(self.clock()), randomness=self.randomness
        )
        await self.database.write_at_once(ending)

    async def _demand_consent(self, lender_id: str, connected: StoredConnection) -> None:
        if Purpose.MONITORING not in connected.purposes:
            raise MonitoringRefusedError(_LACKS)
        if connected.status != WORKING:
            raise MonitoringRefusedError("the connection did not work when it was last used; ask for a new one")
        try:
            await self._prove(lender_id, connected)
        except PurposesChangedError as error:
            raise MonitoringRefusedError(str(error)) from None

    async def _prove(self, lender_id: str, connected: StoredConnection) -> None:
        await prove_purposes(
            self.database, self.signer, lender_id=lender_id, connection_id=connected.id, purposes=connected.purposes
        )

    async def _watched(self, lender_id: str, connected: StoredConnection, decision_id: str | None) -> StoredDecision:
        wanted = decision_id
        if wanted is None:
            mine = (decisions.c.borrower_id == connected.borrower_id) & decisions.c.erased_at.is_(None)
            newest = select(decisions.c.id).where(mine).order_by(decisions.c.id.desc()).limit(1)
            wanted = await self.database.read_at_once(lambda connection: connection.execute(newest).scalar())
        if wanted is None:
            raise MonitoringRefusedError("there is no decision on the borrower yet; request one first")
        found = await find_decision(self.database, self.signer, lender_id=lender_id, decision_id=wanted)
        if found is None or found.borrower_id != connected.borrower_id:
            raise MonitoringRefusedError("there is no decision with this identifier on the borrower of the connection")
        return found


def _held(held: Subscription) -> ColumnElement[bool]:
    return (monitoring_subscriptions.c.id == held.id) & (monitoring_subscriptions.c.attempt == held.attempt)


def _demand_purpose(found: subscriptions.Purpose) -> None:
    """Books are read for a loan that there is, or one that is being prepared.

    Raises:
        MonitoringRefusedError: there is neither.
    """
    if not found.is_over:
        return
    why = (
        "the application was declined or withdrawn"
        if found.is_refused
        else f"the decision is more than {DAYS_WITHOUT_LOAN} days old"
    )
    raise MonitoringRefusedError(
        f"there is no loan to monitor: {why}, and no open loan to the borrower is entered;"
        " enter the loan (POST /v1/loans), then begin, or name the decision on which a loan is being prepared"
    )


_LACKS = "the consent of the connection lacks the purpose monitoring; ask the firm for it by a link"
