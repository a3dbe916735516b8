"""Application to recorded decision: the whole flow in one function, without logic of its own.

Fetching is asynchronous; everything from the ledger to the canonical bytes is one call in a worker thread; decision,
snapshot and the completion of the idempotency key are one transaction, committed before the caller hears of it.
"""

import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import anyio.to_thread
from anyio import CapacityLimiter
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Clock, Randomness, instant, new_id
from scoring.base.token import Token
from scoring.decisions.decide import check_terms
from scoring.decisions.decision import Circumstances, Decision, StageTimes
from scoring.runtime.serving import Serving
from scoring.runtime.settings import Settings
from scoring.sources.errors import CredentialRejectedError
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.transport.token_states import TokenStates
from scoring.sources.sevdesk.words.fetched import Fetched
from scoring.store import connections, decisions, idempotency, snapshots
from scoring.store.borrowers import Borrower, borrower_of
from scoring.store.cipher import Cipher
from scoring.store.database import Database
from scoring.store.decisions import SealedSnapshot, StoredDecision
from scoring.store.idempotency import Reservation
from scoring.store.snapshots import Snapshot
from scoring.telemetry.metrics import Metrics
from scoring.telemetry.watch import Watch
from scoring.usecases.application import Application, ForeignConnectionError, UnknownConnectionError
from scoring.usecases.evaluate import Conclusion, conclude

BERLIN = ZoneInfo("Europe/Berlin")
"""sevdesk's days are days in Berlin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything that a decision needs and that does not depend on the application: built once, at start."""

    settings: Settings
    clock: Clock
    randomness: Randomness
    database: Database
    cipher: Cipher
    http: HttpClient
    serving: Serving
    metrics: Metrics
    watch: Watch
    threads: CapacityLimiter
    token_states: TokenStates = field(default_factory=lambda: TokenStates(time.monotonic))
    """Per-token rate limits, shared by all clients."""

    def today(self) -> date:
        """The day in Berlin."""
        return self.clock().astimezone(BERLIN).date()

    def client(self, token: Token, *, deadline_seconds: float) -> SevdeskClient:
        """A client of one account, for one purpose."""
        return SevdeskClient(
            self.http,
            self.settings.sevdesk_url,
            token,
            limits=RequestLimits(deadline_seconds=deadline_seconds),
            observer=self.watch,
            token_states=self.token_states,
        )


async def assess(
    desk: Desk,
    application: Application,
    *,
    lender_id: str,
    idempotency_key: str | None,
    body_sha256: str,
    traceparent: str | None = None,
) -> StoredDecision:
    """Decide on an application and record the decision.

    Args:
        desk: What was built at start.
        application: What is asked.
        lender_id: Who asks.
        idempotency_key: Its repetition answers with the first decision.
        body_sha256: Digest of the request, to tell a repetition from another request with the same key.
        traceparent: The caller's span, see ``scoring.telemetry.traces``.

    Raises:
        TermsError: The policy does not know what was asked for.
        KeyReusedError: The idempotency key belongs to another body.
        InFlightError: The same request is being worked on.
        ReservationLostError: A repetition took over; nothing was stored.
        UnknownConnectionError: The lender has no such connection.
        ForeignConnectionError: The connection is another borrower's.
        SourceError: The books could not be read; see ``scoring.sources.errors``.
        DecryptionError: A stored secret does not open.
    """
    with desk.watch.decision(traceparent):
        check_terms(application.terms, desk.serving.policy)
        return await _assess(desk, application, lender_id, idempotency_key, body_sha256)


async def _assess(
    desk: Desk, application: Application, lender_id: str, idempotency_key: str | None, body_sha256: str
) -> StoredDecision:
    started = time.perf_counter()
    borrower, reservation, earlier = await _reserve(desk, application, lender_id, idempotency_key, body_sha256)
    if earlier is not None:
        desk.watch.repeated(earlier.decision)
        return earlier
    async with _held(desk, reservation):
        token, status = await _token(desk, application, lender_id)
        fetched_on = desk.today()
        asked = time.perf_counter()
        with desk.watch.fetching():
            fetched = await _fetch(desk, application, token, status, lender_id=lender_id, fetched_on=fetched_on)
        answered = time.perf_counter()
        made = await anyio.to_thread.run_sync(
            _make,
            _Case(
                desk=desk,
                application=application,
                borrower=borrower,
                fetched=fetched,
                fetched_on=fetched_on,
                started=started,
                waited_ms=max(answered - asked - fetched.parse_seconds, 0.0) * 1e3,
            ),
            limiter=desk.threads,
        )
        desk.watch.concluded(made.laps)
        with desk.watch.recording():
            await decisions.record(
                desk.database,
                made.stored,
                made.content,
                borrower_id=borrower.id,
                snapshot=made.snapshot,
                reservation=reservation,
            )
    desk.watch.decided(made.stored.decision)
    return made.stored


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What the worker thread works on."""

    desk: Desk
    application: Application
    borrower: Borrower
    fetched: Fetched
    fetched_on: date
    started: float
    waited_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What the worker thread hands back."""

    stored: StoredDecision
    content: bytes
    snapshot: SealedSnapshot
    laps: dict[str, tuple[float, float]]
    """When each stage began and ended, by ``time.perf_counter``."""


async def _reserve(
    desk: Desk, application: Application, lender_id: str, key: str | None, body_sha256: str
) -> tuple[Borrower, Reservation | None, StoredDecision | None]:
    """In one transaction: the borrower, and the idempotency key for this attempt, or the decision made before."""
    now = desk.clock()
    reservation = None
    if key is not None:
        reservation = Reservation(lender_id=lender_id, key=key, attempt=new_id("att", now, desk.randomness))
    stale_after = timedelta(seconds=desk.settings.reservation_seconds)

    def work(connection: Connection) -> tuple[Borrower, str | None]:
        decision_id = None
        if reservation is not None:
            decision_id = idempotency.reserve(
                connection, reservation, body_sha256=body_sha256, now=now, stale_after=stale_after
            )
        borrower = borrower_of(
            connection,
            lender_id=lender_id,
            ref=application.borrower_ref,
            cipher=desk.cipher,
            now=now,
            randomness=desk.randomness,
        )
        return borrower, decision_id

    borrower, decision_id = await desk.database.write_at_once(work)
    if decision_id is None:
        return borrower, reservation, None
    return borrower, None, await decisions.find_decision(desk.database, lender_id=lender_id, decision_id=decision_id)


@asynccontextmanager
async def _held(desk: Desk, reservation: Reservation | None) -> AsyncIterator[None]:
    """Give the idempotency key back when the attempt fails."""
    is_done = False
    try:
        yield
        is_done = True
    finally:
        if reservation is not None and not is_done:
            await idempotency.release(desk.database, reservation)


async def _token(desk: Desk, application: Application, lender_id: str) -> tuple[Token, str | None]:
    """The token, and whether it worked when it was last used; None of one that came with the application."""
    if application.sevdesk_token is not None:
        return application.sevdesk_token, None
    connection_id = application.connection_id or ""
    found = await connections.find_token(desk.database, desk.cipher, lender_id=lender_id, connection_id=connection_id)
    if found is None:
        raise UnknownConnectionError("there is no connection of this identifier")
    if found.borrower_ref != application.borrower_ref:
        raise ForeignConnectionError("belongs to another borrower than borrower_ref names")
    return found.token, found.status


async def _fetch(
    desk: Desk, application: Application, token: Token, status: str | None, *, lender_id: str, fetched_on: date
) -> Fetched:
    """Read the books, and remember of a connection that its token is rejected, or no longer is."""
    client = desk.client(token, deadline_seconds=desk.settings.fetch_deadline_seconds)
    plan = desk.serving.plan
    since = plan.since(application.as_of or fetched_on)
    seen = None
    try:
        fetched = await client.fetch(plan.resources, fetched_on=fetched_on, since=since)
        seen = connections.WORKING
    except CredentialRejectedError:
        seen = connections.REJECTED
        raise
    finally:
        if application.connection_id is not None and seen is not None and connections.REJECTED in (seen, status):
            await connections.note_check(
                desk.database,
                lender_id=lender_id,
                connection_id=application.connection_id,
                status=seen,
                now=desk.clock(),
            )
    return fetched


def _make(case: _Case) -> _Made:
    """Everything between the answer of sevdesk and the database, on one worker thread."""
    desk, application, borrower = case.desk, case.application, case.borrower
    parse_started = time.perf_counter()
    ledger, coverage = build_ledger(
        case.fetched,
        fetched_on=case.fetched_on,
        hash_key=borrower.subkey("ledger"),
        payout_iban=None if application.payout_iban is None else application.payout_iban.reveal(),
    )
    snapshot = snapshots.encode(
        Snapshot(ledger=ledger, coverage=coverage, fetched_on=case.fetched_on, features=desk.serving.features)
    )
    parsed = time.perf_counter()
    as_of = application.as_of or case.fetched_on
    circumstances = Circumstances(
        as_of=as_of,
        is_reconstructed=as_of < case.fetched_on,
        is_sandbox=desk.settings.is_sevdesk_sandbox,
        coverage=coverage,
    )
    concluding = time.perf_counter()
    conclusion = conclude(ledger, application.terms, circumstances, desk.serving)
    now = desk.clock()
    parse_ms = (case.fetched.parse_seconds + parsed - parse_started) * 1e3
    decision = _decision(case, now, circumstances, conclusion, hashlib.sha256(snapshot).hexdigest(), parse_ms)
    sealed = desk.cipher.seal(
        snapshot, lender_id=borrower.lender_id, purpose=snapshots.snapshot_purpose(decision.decision_id)
    )
    content, canonical = decisions.encode(decision)
    return _Made(
        stored=StoredDecision(decision=canonical, lender_id=borrower.lender_id, borrower_ref=borrower.ref),
        content=content,
        snapshot=SealedSnapshot(
            sealed=sealed,
            sha256=decision.snapshot_sha256,
            expires_at=now + timedelta(days=desk.settings.snapshot_days),
        ),
        laps={"parse": (parse_started, parsed), **_laps(concluding, conclusion)},
    )


def _laps(started: float, conclusion: Conclusion) -> dict[str, tuple[float, float]]:
    """The stages of a conclusion, one after the other."""
    derived = started + conclusion.derive_ms / 1e3
    scored = derived + conclusion.score_ms / 1e3
    return {
        "derive": (started, derived),
        "score": (derived, scored),
        "decide": (scored, scored + conclusion.decide_ms / 1e3),
    }


def _decision(
    case: _Case,
    now: datetime,
    circumstances: Circumstances,
    conclusion: Conclusion,
    snapshot_sha256: str,
    parse_ms: float,
) -> Decision:
    serving = case.desk.serving
    total_ms = (time.perf_counter() - case.started) * 1e3
    return Decision(
        decision_id=new_id("dec", now, case.desk.randomness),
        created_at=instant(now),
        valid_until=now.astimezone(BERLIN).date() + timedelta(days=serving.policy.validity_days),
        borrower_digest=case.borrower.digest(),
        as_of=circumstances.as_of,
        terms=case.application.terms,
        circumstances=circumstances,
        row=conclusion.row,
        missing=conclusion.missing,
        assessment=conclusion.assessment,
        model=serving.card,
        snapshot_sha256=snapshot_sha256,
        versions=serving.versions,
        timing=StageTimes(
            fetch=round(case.waited_ms, 3),
            parse=round(parse_ms, 3),
            derive=round(conclusion.derive_ms, 3),
            score=round(conclusion.score_ms, 3),
            decide=round(conclusion.decide_ms, 3),
            own=round(total_ms - case.waited_ms, 3),
            total=round(total_ms, 3),
        ),
    )
