"""Monitoring: subscribe to a borrower, end it, and tell what was observed; ``observing`` makes the observations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Clock, Randomness, instant, is_id, new_id
from scoring.base.purposes import Purpose
from scoring.base.secrets import Cipher, digest
from scoring.decisions.monitoring import (
    DAYS_WITHOUT_LOAN,
    EndCause,
    Rhythm,
    due_before,
    first_due,
)
from scoring.store import covenants, observations, quotas, subscriptions
from scoring.store.audit import Action, Trail, Who, page_id
from scoring.store.borrowers import demand_open
from scoring.store.connections import (
    WORKING,
    PurposesChangedError,
    StoredConnection,
    find_connection,
    prove_purposes,
)
from scoring.store.database import Database
from scoring.store.decisions import (
    StoredDecision,
    find_decision,
)
from scoring.store.erasure import lock
from scoring.store.observations import Observation
from scoring.store.principals import Principal
from scoring.store.statements import Signer
from scoring.store.subscriptions import NewSubscription, Subscription, Wanted
from scoring.store.tables import connections, decisions, loans, monitoring_subscriptions
from scoring.usecases.application import UnknownConnectionError
from scoring.usecases.reading import RestrictedError


class UnknownSubscriptionError(Exception):
    """The lender has no such subscription."""


class UnknownObservationError(Exception):
    """The lender has no such observation, or it has none of the kind that is asked for."""


class MonitoringRefusedError(Exception):
    """The borrower cannot be monitored; the message says what has to come first."""


class MonitoringEndedError(Exception):
    """The subscription has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """Subscribes and reads. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    signer: Signer
    clock: Clock
    randomness: Randomness
    trail: Trail
    rhythm: Rhythm
    wake: Callable[[], None]
    """Tells the observer of this process that there is something to do."""

    async def subscribe(self, who: Who, *, connection_id: str, decision_id: str | None) -> Subscription:
        """Begin to monitor a borrower by a connection, against a decision.

        Without one, it is that of the newest open loan, else the newest.

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
            _demand_loan(subscriptions.loan_behind(connection, identifier, now=now))
            due_on = covenants.next_due(connection, new.borrower_id)
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

    async def _demand_consent(self, lender_id: str, connected: StoredConnection) -> None:
        if Purpose.MONITORING not in connected.purposes:
            raise MonitoringRefusedError(_LACKS)
        if connected.status != WORKING:
            raise MonitoringRefusedError("the connection did not work when it was last used; ask for a new one")
        try:
            await prove_purposes(
                self.database, self.signer, lender_id=lender_id, connection_id=connected.id, purposes=connected.purposes
            )
        except PurposesChangedError as error:
            raise MonitoringRefusedError(str(error)) from None

    async def _watched(self, lender_id: str, connected: StoredConnection, decision_id: str | None) -> StoredDecision:
        wanted = decision_id
        if wanted is None:
            wanted = await self.database.read_at_once(partial(_usual, borrower_id=connected.borrower_id))
        if wanted is None:
            raise MonitoringRefusedError("there is no decision on the borrower yet; request one first")
        found = await find_decision(self.database, self.signer, lender_id=lender_id, decision_id=wanted)
        if found is None or found.borrower_id != connected.borrower_id:
            raise MonitoringRefusedError("there is no decision with this identifier on the borrower of the connection")
        return found


def _usual(connection: Connection, borrower_id: str) -> str | None:
    """The decision of the newest open loan, since warnings tell what changed since it was granted; else the newest.

    A decision that was made since, such as one of a portfolio, moves nothing.
    """
    mine = (decisions.c.borrower_id == borrower_id) & decisions.c.erased_at.is_(None)
    lent = loans.c.closed_on.is_(None)
    by_loan = select(decisions.c.id).join_from(decisions, loans, loans.c.decision_id == decisions.c.id)
    newest = [by_loan.where(mine & lent), select(decisions.c.id).where(mine)]
    for one in newest:
        found: str | None = connection.execute(one.order_by(decisions.c.id.desc()).limit(1)).scalar()
        if found is not None:
            return found
    return None


def _demand_loan(found: subscriptions.LoanBehind) -> None:
    """Books are read for a loan that there is, or one that is being prepared.

    Raises:
        MonitoringRefusedError: there is neither.
    """
    if not found.is_over:
        return
    if found.is_refused:
        why = "the application was declined or withdrawn"
    elif found.is_repaid:
        why = "the loan on this decision has ended"
    else:
        why = f"the decision is more than {DAYS_WITHOUT_LOAN} days old"
    raise MonitoringRefusedError(
        f"there is no loan to monitor: {why}, and no open loan to the borrower is entered;"
        " enter the loan (POST /v1/loans), then begin, or name the decision on which a loan is being prepared"
    )


_LACKS = "the consent of the connection lacks the purpose monitoring; ask the firm for it by a link"
