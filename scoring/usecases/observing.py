"""Observing: read and score the books of a monitored borrower again, and store what follows, all of it or nothing.

What is made is an observation: it decides nothing, opens no case and sends nobody a notice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

import anyio
import msgspec
import polars as pl
from sqlalchemy import ColumnElement
from sqlalchemy.engine import Connection

from features.derive import CATALOGUE
from features.ledger import BANK_DATA, Resource
from scoring.base.identifiers import Clock, Randomness, day_in_berlin, instant
from scoring.base.purposes import Purpose
from scoring.base.secrets import Cipher, DecryptionError
from scoring.decisions.decide import check_terms
from scoring.decisions.decision import Decision, Evidence
from scoring.decisions.monitoring import (
    SHORTEST_DAYS,
    EndCause,
    Rhythm,
    are_other_books,
    due_after,
)
from scoring.decisions.warnings import Fact, Triggers
from scoring.decisions.webhooks import EventType
from scoring.runtime.in_force import InForce
from scoring.runtime.triggers import unseen
from scoring.store import covenants, observations, snapshots, subscriptions
from scoring.store.audit import SERVICE, Action, Trail, Who
from scoring.store.borrowers import Borrower, BorrowerRestrictedError, demand_open
from scoring.store.connections import (
    PurposesChangedError,
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
from scoring.store.events import record
from scoring.store.observations import NewObservation, Observation
from scoring.store.snapshots import Snapshot, SnapshotError
from scoring.store.statements import Signer
from scoring.store.subscriptions import Subscription, SubscriptionLostError
from scoring.store.tables import monitoring_subscriptions
from scoring.telemetry.telemetry import StageTimer
from scoring.usecases.application import Application, UnknownConnectionError
from scoring.usecases.covenants import run_tests
from scoring.usecases.making import Begun, Made, Maker
from scoring.usecases.warnings import values_then, watch

_YEAR_DAYS: Final = 365
_KINDS: Final = {"invoice ": Resource.INVOICES, "voucher ": Resource.VOUCHERS}


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
    unread: frozenset[str]
    """What signs read that the lender's policy does not read of this borrower."""


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
        unread=happened.unread,
        randomness=randomness,
    )


class OtherBooksError(Exception):
    """The connection leads to other books than those of the decision, or most documents of that time are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observing:
    """Observes what a worker holds. Built once, from the parts that this takes."""

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

    async def observe(self, held: Subscription) -> Observation | None:
        """Read and score the books of a subscription that a worker holds, and store what was observed.

        Returns:
            None where the subscription ended instead: its decision was erased, or consent or loan are missing.

        Raises:
            SubscriptionLostError: the worker does not hold it any more; nothing was stored.
            TermsError: as ``_make``, whose other errors may come, too.
            OtherBooksError: the books are not those that were decided on.
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
            await prove_purposes(
                self.database,
                self.signer,
                lender_id=held.lender_id,
                connection_id=connected.id,
                purposes=connected.purposes,
            )
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
        known = await self._documents_of(watched)
        try:
            borrower, new = await self._make(watched, held.connection_id, beside, known)
        except (UnknownConnectionError, BorrowerRestrictedError) as error:  # what ends a connection ends this, too
            raise SubscriptionLostError(str(error)) from None
        then = await values_then(self.database, self.cipher, watched, self.triggers.compared, self.maker.workers)
        return await self.database.write_at_once(
            partial(
                self._store,
                held=held,
                borrower=borrower,
                new=new,
                watched=watched.decision,
                then=then,
                unread=self._unread(watched),
            )
        )

    def _unread(self, watched: StoredDecision) -> frozenset[str]:
        """What signs read that is not read by the policy: bank data of natural persons may be left out."""
        form = watched.decision.terms.legal_form
        read = self.in_force.serving.of(watched.lender_id).for_form(form).plan_for(form).resources
        facts = () if read & BANK_DATA else (Fact.FEED_AGE_DAYS, Fact.NEW_FACILITY_COUNT)
        return frozenset((*unseen(self.triggers, read), *facts))

    async def _make(
        self, watched: StoredDecision, connection_id: str, beside: tuple[str, ...], known: Mapping[str, date]
    ) -> tuple[Borrower, NewObservation]:
        """Make the record that a decision would be today, on the terms of an earlier one; nothing is stored.

        Args:
            watched: the earlier one, with its particulars.
            connection_id: by which the books are read.
            beside: features that are derived beside those that decide.
            known: as ``_documents_of`` gives them.

        Raises:
            OtherBooksError: The books are not those of the earlier one.
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
        since = serving.plan_for(terms.legal_form).since(day_in_berlin(now))
        payout = watched.decision.circumstances.coverage

        def work(connection: Connection) -> Begun:
            found = self.maker.begin(connection, application, serving, lender_id, now)
            if found.borrower.id != watched.borrower_id:  # else a reference that was erased would be entered anew
                raise SubscriptionLostError("the borrower was erased meanwhile")
            return replace(found, prefix=observations.PREFIX, payout=payout, beside=beside)

        begun = await self.database.write_at_once(work)
        timer = StageTimer()
        made = await self.maker.make(
            application, begun, partial(self._sealed, begun.borrower, known, since), timer, None
        )
        return begun.borrower, made

    async def _documents_of(self, watched: StoredDecision) -> dict[str, date]:
        """The documents of a decision's last year, as its kept books have them; none where these are gone."""
        decision = watched.decision
        since = decision.as_of - timedelta(days=_YEAR_DAYS)
        try:
            content = await snapshots.load(
                self.database, self.cipher, lender_id=watched.lender_id, decision_id=decision.decision_id
            )

            def work() -> dict[str, date]:
                return _documents(snapshots.decode(content, sha256=decision.snapshot_sha256), since)

            return await anyio.to_thread.run_sync(work, limiter=self.maker.workers)
        except (SnapshotError, DecryptionError):
            return {}

    def _sealed(self, borrower: Borrower, known: Mapping[str, date], since: date, made: Made) -> NewObservation:
        """Sealed, on a worker thread."""
        if known:
            _demand_same(known, made, since)
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
        unread: frozenset[str],
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
            unread=unread,
        )
        observed(connection, happened, self.triggers, randomness=self.randomness)
        self._come_back_for_covenants(connection, happened)
        return stored

    def _come_back_for_covenants(self, connection: Connection, happened: Observed) -> None:
        """A covenant is tested on its day, also where the rhythm comes later; no sooner than the firm was told."""
        held, made = happened.subscription, happened.after
        due_on = covenants.next_due(connection, happened.borrower.id, after=made.as_of)
        due = covenants.features_of(connection, happened.borrower.id, due_by=made.as_of)
        if any(name in CATALOGUE and name not in made.row for name in due):
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


def _demand_same(known: Mapping[str, date], made: Made, since: date) -> None:
    """Check that these are the books of the decision.

    Raises:
        OtherBooksError: most of its documents are missing, though they would have been read.
    """
    read = snapshots.decode(made.snapshot, sha256=made.decision.snapshot_sha256)
    kinds = tuple(kind for kind, resource in _KINDS.items() if resource in read.ledger.fetched)
    expected = [one for one, day in known.items() if day >= since and one.startswith(kinds)]
    if are_other_books(expected, _documents(read)):
        raise OtherBooksError(
            "most documents of the decision are not in these books: they are another account's, or were deleted;"
            " ask the firm, and decide anew on books that have changed hands or moved"
        )


def _documents(snapshot: Snapshot, since: date = date.min) -> dict[str, date]:
    """The days of invoices and bills that were issued since a day, by their identifiers at the source."""
    ledger, names = snapshot.ledger, snapshot.source_ids
    bills = ledger.bills.select(pl.lit("voucher").alias("document"), "document_id", "issued_on")
    sales = ledger.invoices.select(pl.col("document").cast(pl.String), "document_id", "issued_on")
    found = pl.concat([sales, bills]).filter(pl.col("issued_on") >= since)
    return {f"{kind} {names[number] if names else number}": day for kind, number, day in found.iter_rows()}


def _held(held: Subscription) -> ColumnElement[bool]:
    return (monitoring_subscriptions.c.id == held.id) & (monitoring_subscriptions.c.attempt == held.attempt)
