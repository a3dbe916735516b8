"""What has been kept for as long as the settings say, and its deletion in batches.

What is held stays, and so does what is restricted on the data subject's request (Art. 18 GDPR): it is kept for them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, delete, exists, func, select, tuple_, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant
from scoring.decisions.monitoring import SubscriptionState
from scoring.decisions.statements import StatementKind
from scoring.decisions.webhooks import WebhookState
from scoring.store.audit import Mark
from scoring.store.cases import remove_ended
from scoring.store.connections import delete_connections
from scoring.store.covenants import remove_of_loans as remove_covenants
from scoring.store.database import Database
from scoring.store.decisions import is_abandoned
from scoring.store.erasure import erase, forget_input, lock, tombstone
from scoring.store.events import remove_events
from scoring.store.holds import ended_by, held_borrowers, kept_by_law
from scoring.store.scheduled_runs import RunState
from scoring.store.sign_ins import is_forgotten
from scoring.store.statements import Signer
from scoring.store.subject_requests import restricted_on_request
from scoring.store.subscriptions import end_without_loan, is_without_loan
from scoring.store.tables import (
    audit,
    borrowers,
    cases,
    connect_sessions,
    connections,
    consents,
    decisions,
    events,
    guarantors,
    holds,
    idempotency,
    jobs,
    known_devices,
    loan_entries,
    loans,
    monitoring_subscriptions,
    observations,
    page_sessions,
    portfolio_faults,
    portfolios,
    scheduled_runs,
    shadow_scores,
    sign_in_failures,
    snapshots,
    subject_requests,
    warnings,
    webhook_deliveries,
    webhook_secrets,
    webhooks,
)
from scoring.store.warnings import remove as remove_warnings

BATCH: Final = 500
"""Rows of one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """How long each kind is kept, in days."""

    decisions: int
    loans: int
    connections: int
    consents: int
    links: int
    idempotency: int
    events: int
    audit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of data whose time is over."""

    name: str
    due: Select[Any]
    """Keys of the rows."""
    remove: Callable[[Connection, list[Any]], None]
    """Takes the keys of a batch."""


def kinds_of(periods: Periods, signer: Signer, *, now: datetime, today: date) -> list[Kind]:
    """All kinds, in the order in which they must go: what points to others first."""
    held, restricted = held_borrowers(today), restricted_on_request()

    def before(days: int) -> str:
        return instant(now - timedelta(days=days))

    def not_held(column: ColumnElement[Any]) -> ColumnElement[bool]:
        return ~column.in_(held) & ~column.in_(restricted)

    def decided_since(column: ColumnElement[Any], moment: str) -> ColumnElement[bool]:
        return exists().where((decisions.c.borrower_id == column) & (decisions.c.created_at > moment))

    def by_key(name: str, key: Any, table: Table, condition: ColumnElement[bool]) -> Kind:  # noqa: ANN401  a column
        return Kind(name=name, due=select(key).where(condition), remove=_deleting(table, key))

    is_empty = _is_empty(before(periods.links)) & not_held(borrowers.c.id)
    unused = before(periods.connections)
    proved = before(periods.consents)
    is_connected = exists().where(connections.c.id == consents.c.connection_id)
    is_consented = exists().where(consents.c.connect_session_id == connect_sessions.c.id)
    return [
        Kind(
            name="snapshots",
            due=select(snapshots.c.decision_id)
            .join_from(snapshots, decisions)
            .where((snapshots.c.expires_at <= instant(now)) & not_held(decisions.c.borrower_id)),
            remove=_deleting(snapshots, snapshots.c.decision_id),
        ),
        Kind(
            name="shadow_scores",
            due=select(shadow_scores.c.decision_id, shadow_scores.c.model)
            .join_from(shadow_scores, decisions)
            .where((shadow_scores.c.expires_at <= instant(now)) & not_held(decisions.c.borrower_id)),
            remove=_deleting(shadow_scores, tuple_(shadow_scores.c.decision_id, shadow_scores.c.model)),
        ),
        Kind(
            name="monitoring_without_loan",
            due=select(monitoring_subscriptions.c.id).where(is_without_loan(now)),
            remove=lambda connection, keys: _end_without_loan(connection, signer, keys, now),
        ),
        Kind(
            name="observation_books",
            due=select(observations.c.id).where(
                observations.c.books.is_not(None)
                & (observations.c.books_expire_at <= instant(now))
                & ~observations.c.borrower_id.in_(kept_by_law(today))
                & ~observations.c.borrower_id.in_(restricted)
            ),
            remove=_empty_books,
        ),
        Kind(
            name="warnings",
            due=select(warnings.c.id).where(
                (warnings.c.raised_at <= before(periods.decisions)) & not_held(warnings.c.borrower_id)
            ),
            remove=remove_warnings,
        ),
        by_key(
            "observations",
            observations.c.id,
            observations,
            (observations.c.created_at <= before(periods.decisions)) & not_held(observations.c.borrower_id),
        ),
        by_key(
            "monitoring",
            monitoring_subscriptions.c.id,
            monitoring_subscriptions,
            (monitoring_subscriptions.c.ended_at <= before(periods.decisions))
            & ~exists().where(observations.c.subscription_id == monitoring_subscriptions.c.id)
            & not_held(monitoring_subscriptions.c.borrower_id),
        ),
        Kind(
            name="loans",
            due=select(loans.c.id).where(
                (loans.c.closed_on <= today - timedelta(days=periods.loans)) & not_held(loans.c.borrower_id)
            ),
            remove=lambda connection, keys: _delete_loans(connection, signer, keys, instant(now)),
        ),
        Kind(
            name="decisions",
            due=select(decisions.c.id).where(
                decisions.c.erased_at.is_(None)
                & (decisions.c.created_at <= before(periods.decisions))
                & not_held(decisions.c.borrower_id)
            ),
            remove=lambda connection, keys: _erase_decisions(connection, signer, keys, instant(now)),
        ),
        Kind(
            name="connections",
            due=select(connections.c.id).where(
                (connections.c.checked_at <= unused)
                & ~decided_since(connections.c.borrower_id, unused)
                & ~exists().where(
                    (monitoring_subscriptions.c.connection_id == connections.c.id)
                    & (monitoring_subscriptions.c.state == SubscriptionState.ACTIVE)
                )
            ),
            remove=lambda connection, keys: _delete_connections(connection, signer, keys, instant(now)),
        ),
        Kind(
            name="consents",
            due=select(consents.c.connect_session_id).where(
                ~is_connected
                & (func.coalesce(consents.c.withdrawn_at, consents.c.given_at) <= proved)
                & ~decided_since(consents.c.borrower_id, proved)
                & not_held(consents.c.borrower_id)
            ),
            remove=_delete_consents,
        ),
        by_key(
            "links",
            connect_sessions.c.id,
            connect_sessions,
            ~is_consented
            & (connect_sessions.c.expires_at <= before(periods.links))
            & ~connect_sessions.c.borrower_id.in_(restricted),
        ),
        Kind(
            name="idempotency",
            due=select(idempotency.c.lender_id, idempotency.c.idempotency_key).where(
                is_abandoned(now)
                | (
                    (idempotency.c.reserved_at <= before(periods.idempotency))
                    & ~exists().where(
                        (decisions.c.id == idempotency.c.decision_id) & decisions.c.borrower_id.in_(restricted)
                    )
                )
            ),
            remove=_deleting(idempotency, tuple_(idempotency.c.lender_id, idempotency.c.idempotency_key)),
        ),
        # as long as their keys: who repeats a request meanwhile finds the job
        by_key(
            "jobs",
            jobs.c.id,
            jobs,
            (jobs.c.ended_at <= before(periods.idempotency)) & ~jobs.c.borrower_id.in_(restricted),
        ),
        Kind(
            name="events",
            due=select(events.c.id).where(events.c.at <= before(periods.events)),
            remove=_delete_events,
        ),
        by_key("webhook_secrets", webhook_secrets.c.id, webhook_secrets, webhook_secrets.c.valid_until <= instant(now)),
        by_key(
            "webhooks",
            webhooks.c.id,
            webhooks,
            (webhooks.c.state == WebhookState.DELETED)
            & ~exists().where(webhook_deliveries.c.webhook_id == webhooks.c.id),
        ),
        # with their last rows; what stays for a restricted borrower keeps its portfolio
        Kind(
            name="portfolios",
            due=select(portfolios.c.id).where(
                (portfolios.c.ended_at <= before(periods.idempotency))
                & ~exists().where(jobs.c.portfolio_id == portfolios.c.id)
                & ~exists().where(
                    (portfolio_faults.c.portfolio_id == portfolios.c.id)
                    & portfolio_faults.c.borrower_id.in_(restricted)
                )
            ),
            remove=_delete_portfolios,
        ),
        # at least a year, so that the last run of a monthly schedule is there; and since when each is due, for good
        by_key(
            "runs",
            scheduled_runs.c.id,
            scheduled_runs,
            (scheduled_runs.c.state != RunState.BEGUN) & (scheduled_runs.c.ended_at <= before(periods.audit)),
        ),
        by_key("failures", sign_in_failures.c.id, sign_in_failures, is_forgotten(now)),
        by_key("sessions", page_sessions.c.sha256, page_sessions, page_sessions.c.expires_at <= instant(now)),
        Kind(
            name="devices",
            due=select(known_devices.c.sha256, known_devices.c.principal_id).where(
                known_devices.c.expires_at <= instant(now)
            ),
            remove=_deleting(known_devices, tuple_(known_devices.c.sha256, known_devices.c.principal_id)),
        ),
        by_key(
            "requests",
            subject_requests.c.id,
            subject_requests,
            subject_requests.c.state.in_(("done", "lifted", "refused"))
            & (subject_requests.c.ended_at <= before(periods.audit))
            & not_held(subject_requests.c.borrower_id),
        ),
        by_key("holds", holds.c.id, holds, ended_by(before(periods.audit), today - timedelta(days=periods.audit))),
        by_key(
            "audit",
            audit.c.id,
            audit,
            (audit.c.at <= before(periods.audit)) & (audit.c.borrower_id.is_(None) | not_held(audit.c.borrower_id)),
        ),
        Kind(
            name="guarantors",
            due=select(guarantors.c.id).where(
                (
                    ~exists().where(cases.c.id == guarantors.c.case_id)
                    | (guarantors.c.released_at <= before(periods.loans))
                )
                & not_held(guarantors.c.id)
            ),
            remove=lambda connection, keys: _delete_guarantors(connection, signer, keys, instant(now)),
        ),
        Kind(
            name="borrowers",
            due=select(borrowers.c.id).where(is_empty),
            remove=lambda connection, keys: _forget(connection, signer, keys, is_empty, instant(now)),
        ),
    ]


async def count_due(database: Database, kinds: list[Kind]) -> Mapping[str, int]:
    """How many rows of each kind would go now; what these would let go in turn is not in it."""

    def work(connection: Connection) -> dict[str, int]:
        return {
            kind.name: connection.execute(select(func.count()).select_from(kind.due.subquery())).scalar_one()
            for kind in kinds
        }

    return await database.read_at_once(work)


async def remove_due(
    database: Database, kind: Kind, *, done: Callable[[int], None], marked: Callable[[], Mark] | None = None
) -> int:
    """Delete what is due of a kind, batch by batch; can be stopped and run again. Returns how many rows there were.

    Args:
        database: in use by running services, too.
        kind: what.
        done: is told how many rows a batch had.
        marked: makes the row of the audit trail for a batch.
    """
    statement, total = kind.due.limit(BATCH), 0

    def work(connection: Connection) -> int:
        rows = connection.execute(statement).all()
        if rows:
            kind.remove(connection, [row[0] if len(row) == 1 else tuple(row) for row in rows])
            if marked is not None:
                marked().put(connection, object_id=f"{kind.name}:{len(rows)}")
        return len(rows)

    while count := await database.write_at_once(work):
        total += count
        done(count)
    return total


def _deleting(table: Table, key: Any) -> Callable[[Connection, list[Any]], None]:  # noqa: ANN401  columns
    def remove(connection: Connection, keys: list[Any]) -> None:
        connection.execute(delete(table).where(key.in_(keys)))

    return remove


def _end_without_loan(connection: Connection, signer: Signer, keys: list[Any], now: datetime) -> None:
    which = monitoring_subscriptions.c.id.in_(keys)
    end_without_loan(connection, which, now=now, randomness=signer.randomness)


def _empty_books(connection: Connection, keys: list[Any]) -> None:
    connection.execute(update(observations).where(observations.c.id.in_(keys)).values(books=None))


def _delete_events(connection: Connection, keys: list[Any]) -> None:
    remove_events(connection, events.c.id.in_(keys))


def _delete_portfolios(connection: Connection, keys: list[Any]) -> None:
    connection.execute(delete(portfolio_faults).where(portfolio_faults.c.portfolio_id.in_(keys)))
    connection.execute(delete(portfolios).where(portfolios.c.id.in_(keys)))


def _delete_consents(connection: Connection, keys: list[Any]) -> None:
    connection.execute(delete(consents).where(consents.c.connect_session_id.in_(keys)))
    connection.execute(delete(connect_sessions).where(connect_sessions.c.id.in_(keys)))


def _delete_connections(connection: Connection, signer: Signer, keys: list[Any], at: str) -> None:
    delete_connections(connection, signer, connections.c.id.in_(keys), at=at)


def _delete_loans(connection: Connection, signer: Signer, keys: list[Any], at: str) -> None:
    """Lender by lender, each with a statement that names them."""
    # a correction may have opened one again since
    closed = select(loans.c.id).where(loans.c.id.in_(keys) & loans.c.closed_on.is_not(None)).with_for_update()
    keys = list(connection.execute(closed).scalars())
    by_lender = _by_lender(connection, loans, keys)
    remove_covenants(connection, keys)
    connection.execute(delete(loan_entries).where(loan_entries.c.loan_id.in_(keys)))
    connection.execute(delete(loans).where(loans.c.id.in_(keys)))
    for lender_id, identifiers in by_lender.items():
        signer.add(
            connection,
            lender_id=lender_id,
            kind=StatementKind.REMOVAL,
            object_id=identifiers[0],
            at=at,
            facts={"decisions": [], "loans": identifiers},
        )


def _delete_guarantors(connection: Connection, signer: Signer, keys: list[Any], at: str) -> None:
    """With the key of each, so that nothing can be read in backups either."""
    for identifier in keys:
        erase(connection, signer, identifier, at=at)
    connection.execute(delete(guarantors).where(guarantors.c.id.in_(keys)))


def _by_lender(connection: Connection, table: Table, keys: list[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    statement = select(table.c.lender_id, table.c.id).where(table.c.id.in_(keys))
    for row in connection.execute(statement.order_by(table.c.lender_id, table.c.id)):
        found.setdefault(row.lender_id, []).append(row.id)
    return found


def _erase_decisions(connection: Connection, signer: Signer, keys: list[Any], at: str) -> None:
    """The same for decisions."""
    forget_input(connection, keys)
    for lender_id, identifiers in _by_lender(connection, decisions, keys).items():
        signed = signer.add(
            connection,
            lender_id=lender_id,
            kind=StatementKind.REMOVAL,
            object_id=identifiers[0],
            at=at,
            facts={"decisions": identifiers},
        )
        tombstone(connection, identifiers, signed, at=at)
    remove_ended(connection, keys)


def _is_empty(moment: str) -> ColumnElement[bool]:
    """Borrowers about whom nothing is kept any more but their reference."""
    mine = borrowers.c.id
    kept = (
        exists().where((decisions.c.borrower_id == mine) & decisions.c.erased_at.is_(None)),
        exists().where(connections.c.borrower_id == mine),
        exists().where(connect_sessions.c.borrower_id == mine),
        exists().where(loans.c.borrower_id == mine),
        exists().where(jobs.c.borrower_id == mine),
        exists().where(portfolio_faults.c.borrower_id == mine),
        exists().where(warnings.c.borrower_id == mine),
        exists().where(observations.c.borrower_id == mine),
        exists().where(monitoring_subscriptions.c.borrower_id == mine),
        exists().where(guarantors.c.id == mine),
        exists().where((subject_requests.c.borrower_id == mine) & subject_requests.c.ended_at.is_(None)),
    )
    condition = borrowers.c.erased_at.is_(None) & (borrowers.c.created_at <= moment)
    for one in kept:
        condition &= ~one
    return condition


def _forget(connection: Connection, signer: Signer, keys: list[Any], is_empty: ColumnElement[bool], at: str) -> None:
    for identifier in keys:
        lock(connection, identifier)  # a link may have been made since
        if connection.execute(select(borrowers.c.id).where((borrowers.c.id == identifier) & is_empty)).scalar():
            erase(connection, signer, identifier, at=at)
