"""Application to recorded decision: reserve, read, evaluate, record.

Reading is asynchronous; everything from the books to the canonical bytes is one call in a worker thread; decision,
snapshot and the completion of the idempotency key are one transaction, committed before the caller hears of it.
"""

import hashlib
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

import anyio.to_thread
from anyio import CapacityLimiter
from sqlalchemy.engine import Connection

from scoring.base.clock import BERLIN, Clock, day_in_berlin
from scoring.base.identifiers import Randomness, instant, new_id
from scoring.base.token import Token
from scoring.decisions.decide import check_terms
from scoring.decisions.decision import Circumstances, Decision
from scoring.runtime.serving import Serving
from scoring.runtime.settings import Settings
from scoring.sources.errors import CredentialRejectedError
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.transport.memory import Memory
from scoring.sources.sevdesk.transport.pace import MOST_REQUESTS_AT_ONCE
from scoring.sources.sevdesk.words.fetched import Fetched
from scoring.store import connections, decisions, idempotency, snapshots
from scoring.store.borrowers import Borrower, borrower_of
from scoring.store.cipher import Cipher
from scoring.store.database import Database
from scoring.store.decisions import SealedSnapshot, StoredDecision
from scoring.store.idempotency import Reservation
from scoring.store.snapshots import Snapshot
from scoring.telemetry.telemetry import StageTimer, Telemetry
from scoring.usecases.application import Application, ForeignConnectionError, UnknownConnectionError
from scoring.usecases.evaluate import evaluate


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What reading an account needs."""

    settings: Settings
    clock: Clock
    randomness: Randomness
    database: Database
    cipher: Cipher
    http: HttpClient
    serving: Serving
    telemetry: Telemetry
    memory: Memory = field(default_factory=lambda: Memory(time.monotonic, MOST_REQUESTS_AT_ONCE))
    """Per-token rate limits, shared by all clients."""

    def client(self, token: Token, *, deadline_seconds: float) -> SevdeskClient:
        """A client of one account, for one purpose."""
        return SevdeskClient(
            self.http,
            self.settings.sevdesk_url,
            token,
            limits=RequestLimits(deadline_seconds=deadline_seconds),
            observer=self.telemetry,
            memory=self.memory,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evaluated:
    """What the worker thread hands back: a decision and its snapshot, ready to be stored."""

    stored: StoredDecision
    content: bytes
    snapshot: SealedSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessor:
    """Decides on applications. Built once, from the parts that this takes."""

    desk: Desk
    database: Database
    cipher: Cipher
    serving: Serving
    telemetry: Telemetry
    clock: Clock
    randomness: Randomness
    workers: CapacityLimiter
    settings: Settings
    stale_after: timedelta
    """Age from which a reservation may be taken over."""

    async def assess(
        self,
        application: Application,
        *,
        lender_id: str,
        idempotency_key: str | None,
        body_digests: Collection[str],
        traceparent: str | None = None,
    ) -> StoredDecision:
        """Decide on an application and record the decision.

        Args:
            application: What is asked.
            lender_id: Who asks.
            idempotency_key: Its repetition answers with the first decision.
            body_digests: Digests of the request's body, the one to store first, see ``idempotency.reserve``.
            traceparent: The caller's span, see ``scoring.telemetry.telemetry``.

        Raises:
            TermsError: The policy does not know what was asked for.
            KeyReusedError: The idempotency key belongs to another body.
            InFlightError: The same request is being worked on.
            ReservationLostError: A repetition took over; nothing was stored.
            UnknownConnectionError: The lender has no such connection.
            ForeignConnectionError: The connection is another borrower's.
            SourceError: The books could not be read; see ``scoring.sources.errors``.
            DecryptionError: A stored secret cannot be decrypted.
        """
        with self.telemetry.decision(traceparent) as timer:
            check_terms(application.terms, self.serving.policy)
            borrower, reservation, earlier = await self._reserve(application, lender_id, idempotency_key, body_digests)
            if earlier is not None:
                self.telemetry.repeated(earlier)
                found = await decisions.find_decision(self.database, lender_id=lender_id, decision_id=earlier)
                if found is None:
                    raise LookupError(f"the decision {earlier} of an idempotency key is gone")
                return found
            async with self._held(reservation):
                read_on = day_in_berlin(self.clock())
                with timer.stage("fetch"):
                    fetched = await self._read(application, lender_id, read_on)
                made = await anyio.to_thread.run_sync(
                    self._evaluate, application, borrower, fetched, read_on, timer, limiter=self.workers
                )
                with timer.stage("record"):
                    await decisions.record(
                        self.database,
                        made.stored,
                        made.content,
                        borrower_id=borrower.id,
                        snapshot=made.snapshot,
                        reservation=reservation,
                    )
            self.telemetry.decided(made.stored.decision, timer)
            return made.stored

    async def _reserve(
        self, application: Application, lender_id: str, key: str | None, body_digests: Collection[str]
    ) -> tuple[Borrower, Reservation | None, str | None]:
        """In one transaction: the borrower, and the idempotency key for this attempt or the decision made before."""
        now = self.clock()
        reservation = None
        if key is not None:
            reservation = Reservation(lender_id=lender_id, key=key, attempt=new_id("att", now, self.randomness))

        def work(connection: Connection) -> tuple[Borrower, Reservation | None, str | None]:
            earlier = None
            if reservation is not None:
                earlier = idempotency.reserve(
                    connection, reservation, body_digests=body_digests, now=now, stale_after=self.stale_after
                )
            borrower = borrower_of(
                connection,
                lender_id=lender_id,
                ref=application.borrower_ref,
                cipher=self.cipher,
                now=now,
                randomness=self.randomness,
            )
            return borrower, reservation, earlier

        return await self.database.write_at_once(work)

    @asynccontextmanager
    async def _held(self, reservation: Reservation | None) -> AsyncIterator[None]:
        """Give the idempotency key back when the attempt fails."""
        is_done = False
        try:
            yield
            is_done = True
        finally:
            if reservation is not None and not is_done:
                await idempotency.release(self.database, reservation)

    async def _read(self, application: Application, lender_id: str, read_on: date) -> Fetched:
        """Read the books, and remember of a connection that its token is rejected, or no longer is."""
        token, status = await self._token(application, lender_id)
        client = self.desk.client(token, deadline_seconds=self.settings.fetch_deadline_seconds)
        plan = self.serving.plan
        seen = None
        try:
            fetched = await client.fetch(
                plan.resources, fetched_on=read_on, since=plan.since(application.as_of or read_on)
            )
            seen = connections.WORKING
        except CredentialRejectedError:
            seen = connections.REJECTED
            raise
        finally:
            if application.connection_id is not None and seen is not None and connections.REJECTED in (seen, status):
                await connections.note_check(
                    self.database,
                    lender_id=lender_id,
                    connection_id=application.connection_id,
                    status=seen,
                    now=self.clock(),
                )
        return fetched

    async def _token(self, application: Application, lender_id: str) -> tuple[Token, str | None]:
        """The token, and whether it worked when it was last used; None of one that came with the application."""
        if application.sevdesk_token is not None:
            return application.sevdesk_token, None
        connection_id = application.connection_id or ""
        found = await connections.find_token(
            self.database, self.cipher, lender_id=lender_id, connection_id=connection_id
        )
        if found is None:
            raise UnknownConnectionError("there is no connection of this identifier")
        if found.borrower_ref != application.borrower_ref:
            raise ForeignConnectionError("belongs to another borrower than borrower_ref names")
        return found.token, found.status

    def _evaluate(
        self, application: Application, borrower: Borrower, fetched: Fetched, read_on: date, timer: StageTimer
    ) -> _Evaluated:
        """Books to a decision and a sealed snapshot, on one worker thread."""
        timer.move("fetch", "parse", fetched.parse_seconds)
        with timer.stage("parse"):
            ledger, coverage = build_ledger(
                fetched,
                fetched_on=read_on,
                hash_key=borrower.subkey("ledger"),
                payout_iban=None if application.payout_iban is None else application.payout_iban.reveal(),
            )
            snapshot = snapshots.encode(
                Snapshot(ledger=ledger, coverage=coverage, fetched_on=read_on, features=self.serving.features)
            )
        as_of = application.as_of or read_on
        circumstances = Circumstances(
            as_of=as_of,
            is_reconstructed=as_of < read_on,
            is_sandbox=self.settings.is_sevdesk_sandbox,
            coverage=coverage,
        )
        found = evaluate(ledger, application.terms, circumstances, self.serving, timer)
        now = self.clock()
        decision = Decision(
            decision_id=new_id("dec", now, self.randomness),
            created_at=instant(now),
            valid_until=now.astimezone(BERLIN).date() + timedelta(days=self.serving.policy.validity_days),
            borrower_digest=borrower.digest(),
            as_of=as_of,
            terms=application.terms,
            circumstances=circumstances,
            row=found.row,
            missing=found.missing,
            assessment=found.assessment,
            model=self.serving.card,
            snapshot_sha256=hashlib.sha256(snapshot).hexdigest(),
            versions=self.serving.versions,
            timing=timer.times(),
        )
        content, canonical = decisions.encode(decision)
        purpose = snapshots.snapshot_purpose(decision.decision_id)
        return _Evaluated(
            stored=StoredDecision(decision=canonical, lender_id=borrower.lender_id, borrower_ref=borrower.ref),
            content=content,
            snapshot=SealedSnapshot(
                sealed=self.cipher.seal(snapshot, lender_id=borrower.lender_id, purpose=purpose),
                sha256=decision.snapshot_sha256,
                expires_at=now + timedelta(days=self.settings.snapshot_days),
            ),
        )
