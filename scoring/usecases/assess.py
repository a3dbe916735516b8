"""Application to recorded decision: reserve, make, record.

Decision, snapshot and the completion of the idempotency key are one transaction, committed before the caller hears of
it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

from scoring.base.identifiers import Clock, Randomness, new_id
from scoring.base.secrets import Cipher
from scoring.decisions.authority import Authority
from scoring.decisions.cases import CaseState, Subject
from scoring.decisions.decide import check_terms
from scoring.decisions.decision import (
    Decision,
)
from scoring.decisions.reviews import SENTENCES, Refusal, StepRefusedError
from scoring.runtime.in_force import InForce
from scoring.runtime.serving import Serving
from scoring.runtime.settings import Settings
from scoring.store import borrowers, cases, decisions, quotas, snapshots
from scoring.store.audit import Action, Trail, Who
from scoring.store.borrowers import Borrower
from scoring.store.cases import UnknownCaseError
from scoring.store.database import Database
from scoring.store.decisions import NewDecision, RecordChangedError, Reservation, SealedSnapshot, StoredDecision
from scoring.store.errors import DatabaseUnavailableError
from scoring.store.quotas import Counted, Quota
from scoring.store.statements import Signer
from scoring.telemetry.telemetry import Telemetry
from scoring.usecases.admission import HangUp
from scoring.usecases.application import Application, ForeignCaseError
from scoring.usecases.making import Begun, Made, Maker

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What an attempt holds until it has made its decision."""

    reservation: Reservation | None = None
    counted: Counted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reserved:
    """An attempt: what it makes, what it holds, and what was made before."""

    begun: Begun
    held: _Held
    earlier: str | None
    """The decision that was made before for the same key."""


def _give_back(held: _Held, connection: Connection) -> None:
    """For an attempt that failed."""
    if held.reservation is not None:
        decisions.release(connection, held.reservation)
    if held.counted is not None:
        quotas.take_back(connection, held.counted)


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Await work to its end; a cancellation that comes meanwhile holds from the next await on.

    A thread goes on when who awaits it is cancelled, and may commit what nobody hears of.
    """
    working, caller, is_cut = asyncio.create_task(work), asyncio.current_task(), False
    assert caller is not None, "a coroutine runs in a task"  # noqa: S101  for mypy
    while not working.done():
        try:
            await asyncio.wait({working})
        except asyncio.CancelledError:
            caller.uncancel()
            is_cut = True
    if is_cut:
        caller.cancel()
    return working.result()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessor:
    """Decides on applications. Built once, from the parts that this takes."""

    maker: Maker
    database: Database
    cipher: Cipher
    signer: Signer
    in_force: InForce
    telemetry: Telemetry
    clock: Clock
    randomness: Randomness
    settings: Settings
    trail: Trail
    authority: Authority | None = None
    """Who may decide on the cases of decisions."""
    shadow: Callable[[Decision], None] | None = None
    """Is told of each decision that was stored; returns at once."""
    stale_after: timedelta
    """Age from which a reservation may be taken over. An attempt at work renews its own three times in that time."""

    async def assess(  # noqa: PLR0913  each is named by its caller
        self,
        application: Application,
        *,
        who: Who,
        idempotency_key: str | None,
        body_digests: Collection[str],
        quota: Quota | None = None,
        hung_up: HangUp | None = None,
        traceparent: str | None = None,
        earlier: Subject | None = None,
        beside: Callable[[Connection, Decision], Mapping[str, str]] | None = None,
    ) -> StoredDecision:
        """Decide on an application and record the decision.

        Args:
            application: What is asked.
            who: The principal that asks, for its lender.
            idempotency_key: Its repetition answers with the first decision.
            body_digests: Digests of the request's body, the one to store first, see ``decisions.reserve``.
            quota: Of the key that was used; a decision is counted when it is begun, and taken back if none is made.
            hung_up: Ends when the caller has left. Its books are not read any further then; None reads them anyway.
            traceparent: The caller's span, see ``scoring.telemetry.telemetry``.
            earlier: The decision of which this is a repetition on fresh books: who asked for that one stays who asked.
            beside: As ``decisions.record``; not called where the decision was made before.

        Raises:
            TermsError: The policy does not know what was asked for.
            KeyReusedError: The idempotency key belongs to another body.
            QuotaUsedUpError: The key has asked for as many decisions as it may.
            InFlightError: The same request is being worked on.
            ReservationLostError: A repetition took over; nothing was stored.
            BorrowerRestrictedError: The borrower's data are only kept.
            HungUpError: The caller left; nothing was stored.
            UnknownConnectionError: The lender has no such connection.
            UnknownCaseError: The lender has no such case.
            ForeignCaseError: The case is another borrower's.
            StepRefusedError: The case was withdrawn.
            ForeignConnectionError: The connection is another borrower's.
            SourceError: The books could not be read; see ``scoring.sources.errors``.
            DecryptionError: A stored secret cannot be decrypted.
        """
        lender_id = who.lender_id or ""
        with self.telemetry.decision(traceparent) as timer:
            serving = self.in_force.serving.of(lender_id).for_form(application.terms.legal_form)
            check_terms(application.terms, serving.policy)
            asked_by = who.principal_id if earlier is None else earlier.asked_by
            reserved = await self._reserve(application, serving, lender_id, idempotency_key, body_digests, quota)
            begun, held = replace(reserved.begun, asked_by=asked_by), reserved.held
            if reserved.earlier is not None:
                self.telemetry.repeated(reserved.earlier)
                return await self._earlier(reserved.earlier, who, begun.borrower, idempotency_key)
            async with self._holding(held):
                ready = partial(self._ready, application, begun)
                made = await self.maker.make(application, begun, ready, timer, hung_up)
                with timer.stage("record"):
                    recording = decisions.record(
                        self.database,
                        self.signer,
                        made,
                        borrower=begun.borrower,
                        reservation=held.reservation,
                        mark=self.trail.mark(who, Action.DECISION_MADE),
                        beside=beside,
                    )
                    await _to_its_end(recording)
            self.telemetry.decided(made.stored.decision, timer)
            if self.shadow is not None:
                self.shadow(made.stored.decision)
            return made.stored

    async def _reserve(
        self,
        application: Application,
        serving: Serving,
        lender_id: str,
        key: str | None,
        body_digests: Collection[str],
        quota: Quota | None,
    ) -> _Reserved:
        """In one transaction: the borrower, the key and quota for this attempt, or the decision made before."""
        now = self.clock()
        reservation = None
        if key is not None:
            reservation = Reservation(lender_id=lender_id, key=key, attempt=new_id("att", now, self.randomness))

        def work(connection: Connection) -> _Reserved:
            begun = self.maker.begin(connection, application, serving, lender_id, now)
            borrower = begun.borrower
            if application.case_id is not None:
                self._check_case(connection, borrower, application.case_id)
            earlier, counted = None, None
            if reservation is not None:
                # with a key of the borrower: a body is short enough to be guessed from a plain digest
                keyed = [borrower.keyed("idempotency", digest.encode()) for digest in body_digests]
                earlier = decisions.reserve(
                    connection,
                    reservation,
                    body_digests=(*keyed, *body_digests),  # the plain ones are of versions before 0.6
                    now=now,
                    stale_after=self.stale_after,
                )
            if quota is not None and earlier is None:
                counted = quotas.count(connection, quota, now=now)
            return _Reserved(begun=begun, held=_Held(reservation=reservation, counted=counted), earlier=earlier)

        return await _to_its_end(self.database.write_at_once(work))

    def _check_case(self, connection: Connection, borrower: Borrower, case_id: str) -> None:
        """Refuse before books are read what cannot be linked."""
        found = cases.load(connection, self.signer, lender_id=borrower.lender_id, case_id=case_id)
        if found is None:
            raise UnknownCaseError("there is no case with this identifier")
        if found.borrower_id != borrower.id:
            raise ForeignCaseError("belongs to a different borrower than borrower_ref")
        if found.case.state is CaseState.WITHDRAWN:
            raise StepRefusedError(Refusal.WITHDRAWN, SENTENCES[Refusal.WITHDRAWN])

    async def _earlier(
        self, decision_id: str, who: Who, borrower: Borrower, idempotency_key: str | None
    ) -> StoredDecision:
        """The decision that was made for this idempotency key before.

        Raises:
            RecordChangedError: it was made for another key, or is not what was signed.
        """
        lender_id = borrower.lender_id
        found = await decisions.find_decision(self.database, self.signer, lender_id=lender_id, decision_id=decision_id)
        if found is None:
            raise RecordChangedError(f"the decision {decision_id} of an idempotency key does not exist")
        if not decisions.was_made_for(found, idempotency_key or "", borrower):
            raise RecordChangedError(f"the idempotency key leads to decision {decision_id}, which was made for another")
        await self.trail.note(who, Action.DECISION_READ, object_id=decision_id, borrower_id=found.borrower_id)
        return await decisions.with_particulars(self.database, self.cipher, found, lender_id=lender_id)

    @asynccontextmanager
    async def _holding(self, held: _Held) -> AsyncIterator[None]:
        """Keep the idempotency key while the attempt works; give key and quota back when it fails."""
        renewing = asyncio.create_task(self._renew(held.reservation))
        is_done = False
        try:
            yield
            is_done = True
        finally:
            renewing.cancel()
            await _to_its_end(self._let_go(renewing, held, is_done=is_done))

    async def _let_go(self, renewing: asyncio.Task[None], held: _Held, *, is_done: bool) -> None:
        await asyncio.wait({renewing})
        if not is_done and held != _Held():
            await self.database.write_at_once(partial(_give_back, held))

    async def _renew(self, reservation: Reservation | None) -> None:
        """Most decisions are made before the first renewal; a process that died renews nothing."""
        while reservation is not None:
            await asyncio.sleep(self.stale_after.total_seconds() / 3)
            with suppress(DatabaseUnavailableError):
                await decisions.renew(self.database, reservation, now=self.clock())

    def _ready(self, application: Application, begun: Begun, made: Made) -> NewDecision:
        """A decision, sealed on a worker thread."""
        borrower, decision_id, particulars = begun.borrower, made.decision.decision_id, made.particulars
        purpose = snapshots.snapshot_purpose(decision_id)
        return NewDecision(
            stored=StoredDecision(
                decision=made.decision,
                lender_id=borrower.lender_id,
                borrower_ref=borrower.ref,
                purpose=application.purpose,
                particulars=particulars,
                case_id=application.case_id or cases.case_id_of(decision_id),
            ),
            content=made.content,
            into_case=application.case_id,
            authority=None if self.authority is None else self.authority.of(borrower.lender_id),
            particulars=borrowers.seal_particulars(particulars, borrower, decision_id, self.randomness),
            snapshot=SealedSnapshot(
                sealed=self.cipher.seal(made.snapshot, lender_id=borrower.lender_id, purpose=purpose),
                sha256=made.decision.snapshot_sha256,
                expires_at=datetime.fromisoformat(made.decision.created_at)
                + timedelta(days=self.settings.snapshot_days),
            ),
        )
