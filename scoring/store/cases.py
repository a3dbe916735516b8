"""Cases and their steps. Steps are added and never changed; the row of a case has their present, for lists.

A step is a signed statement in the lender's chain; the one that a decision of the machine takes is in the statement of
that decision.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

import msgspec
import structlog
from sqlalchemy import ColumnElement, Row, Select, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import is_id
from scoring.base.secrets import Cipher, DecryptionError
from scoring.base.signing import SignatureError, salted_digest
from scoring.decisions.authority import LenderAuthority
from scoring.decisions.cases import (
    Case,
    CaseState,
    Facts,
    Linked,
    Opened,
    Reopened,
    SnoozeConfirmed,
    Step,
    Subject,
    after,
    decode_facts,
    encode_facts,
    fold,
    schedule_of,
)
from scoring.decisions.decision import Snoozed, Verdict
from scoring.decisions.statements import Fact, StatementError, StatementKind
from scoring.decisions.webhooks import EventType
from scoring.store.borrowers import find_borrower, open_text
from scoring.store.events import record
from scoring.store.statements import Signer, about
from scoring.store.tables import (
    applicant_links,
    audit,
    borrowers,
    case_documents,
    case_steps,
    cases,
    decisions,
    loans,
    principals,
    statements,
)

PREFIX: Final = "cas"
_log = structlog.get_logger(__name__)


class Sort(StrEnum):
    """The order of a list of cases."""

    NEWEST = "newest"
    DUE = "due"
    """What should be decided first."""
    AMOUNT = "amount"
    """The highest first."""


class CaseChangedError(Exception):
    """What is stored of a case is not what was signed."""


class UnknownCaseError(Exception):
    """The lender, or the borrower, has no such case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCase:
    """A case with its steps."""

    id: str
    lender_id: str
    borrower_id: str
    borrower_ref: str | None
    is_restricted: bool
    case: Case
    steps: tuple[Step, ...]
    salt: bytes
    texts: Mapping[int, str | None]
    """What was written, by the number of its step; None where it was erased or cannot be read. Only if loaded."""


class DamagedCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case whose steps were altered."""

    id: str


class CaseFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a lender's cases are wanted; None is all."""

    states: tuple[CaseState, ...] = ()
    product: str | None = None
    borrower_ref: str | None = None
    held_by: tuple[str, ...] | None = None
    """Claimed by, or unclaimed and on the desk of, one of these principals."""
    free_products: tuple[str, ...] | None = None
    """Unclaimed, and of one of these products."""
    today: date
    """On which cases expire."""
    with_restricted: bool = True


SIGNED: Final = ("lender_id", "number", "kind", "at", "principal_id", "facts", "text_sha256", "decision_id")
"""Columns of a step that are signed."""


def digest_of_step(salt: bytes, case_id: str, row: Mapping[str, Any]) -> str:
    """What is signed of a step."""
    return salted_digest(salt, msgspec.json.encode([case_id, *(row[name] for name in SIGNED)]))


def columns_of(case: Case) -> dict[str, Any]:
    """The database columns of a case that follow from its steps."""
    resolution = case.resolution
    is_declined = resolution is not None and resolution.verdict is Verdict.DECLINE
    is_final = is_declined or case.state is CaseState.WITHDRAWN
    return {
        "number": case.number,
        "decision_id": case.subject.decision_id,
        "state": case.state.value,
        "expires_on": None if is_final else case.expires_on,
        "product": case.subject.product,
        "amount_cents": case.subject.amount_cents,
        "verdict": None if resolution is None else resolution.verdict.value,
        "approved_cents": None if resolution is None else resolution.amount_cents,
        "by_person": None if resolution is None else resolution.by_person,
        "claimed_by": case.claimed_by,
        "assigned_to": case.assigned_to,
        "opened_at": case.opened_at,
        "changed_at": case.changed_at,
        "due_at": case.due_at,
    }


def principal_named(connection: Connection, lender_id: str, name: str) -> str | None:
    """The identifier of a lender's person of that name, disabled ones included."""
    if not name.isprintable():  # nobody's, and PostgreSQL refuses a zero byte
        return None
    mine = (principals.c.lender_id == lender_id) & (principals.c.name == name) & (principals.c.kind == "person")
    found: str | None = connection.execute(select(principals.c.id).where(mine)).scalar()
    return found


def take_decision(  # noqa: PLR0913  each is named by its caller
    connection: Connection,
    signer: Signer,
    subject: Subject,
    *,
    lender_id: str,
    borrower_id: str,
    into: str | None,
    rules: LenderAuthority | None,
    at: str,
    by: str | None,
) -> dict[str, Fact]:
    """Open the case of a decision, or link the decision to a case, in the caller's transaction.

    Args:
        connection: of the transaction.
        signer: makes salts, and verifies.
        subject: what the case knows of the decision.
        lender_id: whose.
        borrower_id: whose case it must be.
        into: the case to link it to; None opens one, whose identifier follows from the decision's.
        rules: the lender's part of the file of authority.
        at: the moment.
        by: who asked for the decision, or for its case.

    Returns:
        What a statement says of the step.

    Raises:
        UnknownCaseError: the borrower has no such case.
        CaseChangedError: it is not what was signed.
    """
    schedule = schedule_of(rules, at)
    if into is not None:
        found = load(connection, signer, lender_id=lender_id, case_id=into, for_update=True)
        if found is None or found.borrower_id != borrower_id or found.case.state is CaseState.WITHDRAWN:
            raise UnknownCaseError("the borrower has no such case, or it was withdrawn")
        linked = Linked(subject=subject, due_at=schedule.due_at, undecided_days=schedule.undecided_days)
        return add(connection, signer, found, Step(number=found.case.number + 1, at=at, by=by, facts=linked))
    name = None if rules is None else rules.assignee(subject.product, subject.amount_cents)
    is_referred = subject.verdict is Verdict.REFER
    opened = Opened(
        subject=subject,
        due_at=schedule.due_at,
        undecided_days=schedule.undecided_days,
        assigned_to=principal_named(connection, lender_id, name) if name is not None and is_referred else None,
    )
    return begin(
        connection,
        signer,
        case_id=case_id_of(subject.decision_id),
        lender_id=lender_id,
        borrower_id=borrower_id,
        step=Step(number=1, at=at, by=by, facts=opened),
    )


def case_id_of(decision_id: str) -> str:
    """The case that a decision opens."""
    return f"{PREFIX}_{decision_id.partition('_')[2]}"


def begin(
    connection: Connection, signer: Signer, *, case_id: str, lender_id: str, borrower_id: str, step: Step
) -> dict[str, Fact]:
    """Store a new case with its first step, in the caller's transaction; returns what a statement says of it."""
    case, salt = after(None, step), signer.salt()
    connection.execute(
        insert(cases).values(id=case_id, lender_id=lender_id, borrower_id=borrower_id, salt=salt, **columns_of(case))
    )
    _tell(connection, signer, case_id, lender_id, borrower_id, None, case)
    return _insert_step(connection, case_id=case_id, lender_id=lender_id, step=step, salt=salt, text=None)


def add(
    connection: Connection, signer: Signer, stored: StoredCase, step: Step, *, text: bytes | None = None
) -> dict[str, Fact]:
    """Store one more step of a locked case, in the caller's transaction; returns what a statement says of it."""
    case = after(stored.case, step)
    facts = _insert_step(
        connection, case_id=stored.id, lender_id=stored.lender_id, step=step, salt=stored.salt, text=text
    )
    connection.execute(update(cases).where(cases.c.id == stored.id).values(**columns_of(case)))
    _tell(connection, signer, stored.id, stored.lender_id, stored.borrower_id, stored.case, case)
    return facts


_TOLD: Final = {
    CaseState.OPEN: EventType.CASE_OPENED,
    CaseState.WAITING: EventType.CASE_WAITING,
    CaseState.DECIDED: EventType.CASE_DECIDED,
}
"""What a lender is told when a case comes into a state."""


def _tell(
    connection: Connection,
    signer: Signer,
    case_id: str,
    lender_id: str,
    borrower_id: str,
    before: Case | None,
    case: Case,
) -> None:
    """Write down where a case stands now, where that has changed."""
    was = None if before is None else before.state
    # an answer, or a vote that another one has to join, leaves it with the same persons
    goes_on = case.state is CaseState.OPEN and was in {CaseState.WAITING, CaseState.SECOND_VOTE}
    if case.state is was or goes_on or case.state not in _TOLD:
        return
    record(
        connection,
        _TOLD[case.state],
        {"case_id": case_id, "decision_id": case.subject.decision_id},
        lender_id=lender_id,
        at=case.changed_at,
        randomness=signer.randomness,
        borrower_id=borrower_id,
    )


def _insert_step(
    connection: Connection, *, case_id: str, lender_id: str, step: Step, salt: bytes, text: bytes | None
) -> dict[str, Fact]:
    subject = step.facts.subject if isinstance(step.facts, Opened | Linked) else None
    row = {
        "lender_id": lender_id,
        "number": step.number,
        "kind": kind_of(step.facts),
        "at": step.at,
        "principal_id": step.by,
        "facts": encode_facts(step.facts),
        "text_sha256": None if text is None else hashlib.sha256(text).hexdigest(),
        "decision_id": None if subject is None else subject.decision_id,
    }
    connection.execute(insert(case_steps).values(case_id=case_id, text=text, **row))
    return {"case": case_id, "step": step.number, "digest": digest_of_step(salt, case_id, row)}


def kind_of(facts: Facts) -> str:
    """What a step is called."""
    return str(type(facts).__struct_config__.tag)


def sign(connection: Connection, signer: Signer, stored: StoredCase, step: Step, facts: Mapping[str, Fact]) -> None:
    """Sign a step that no decision of the machine took; last in the transaction."""
    signer.add(
        connection,
        lender_id=stored.lender_id,
        kind=StatementKind.REVIEW,
        object_id=stored.id,
        at=step.at,
        facts={name: facts[name] for name in ("step", "digest")} | {"decision": stored.case.subject.decision_id},
    )


_STORED: Final = select(cases, borrowers.c.borrower_ref, borrowers.c.restricted_at).join_from(cases, borrowers)


def load(
    connection: Connection, signer: Signer, *, lender_id: str, case_id: str, for_update: bool = False
) -> StoredCase | None:
    """One case of this lender, proved against what was signed.

    Args:
        connection: of the transaction.
        signer: verifies.
        lender_id: whose.
        case_id: which.
        for_update: whether others wait until the caller's transaction ends.

    Raises:
        CaseChangedError: it is not what was signed.
    """
    if not is_id(case_id, PREFIX):
        return None
    mine = (cases.c.lender_id == lender_id) & (cases.c.id == case_id)
    if for_update:
        connection.execute(select(cases.c.id).where(mine).with_for_update())
    row = connection.execute(_STORED.where(mine)).first()
    if row is None:
        return None
    steps = connection.execute(_steps_of([case_id])).all()
    found = _stored(row, steps)
    try:
        _prove(connection, signer, found, steps)
    except (TypeError, AttributeError):  # SQLite keeps what it is given
        raise CaseChangedError(f"case {case_id} was altered: something is of another type") from None
    if (said := _different_column(found, row)) is not None:
        raise CaseChangedError(f"case {case_id} has the column {said} changed")
    return found


def _steps_of(case_ids: Sequence[str]) -> Select[tuple[Any, ...]]:
    return (
        select(case_steps).where(case_steps.c.case_id.in_(case_ids)).order_by(case_steps.c.case_id, case_steps.c.number)
    )


def _stored(row: Row[Any], rows: Sequence[Row[Any]]) -> StoredCase:
    try:
        steps = tuple(step_of(one) for one in rows)
        case = fold(steps)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CaseChangedError(f"case {row.id} has steps that do not follow each other") from error
    return StoredCase(
        id=row.id,
        lender_id=row.lender_id,
        borrower_id=row.borrower_id,
        borrower_ref=row.borrower_ref,
        is_restricted=row.restricted_at is not None,
        case=case,
        steps=steps,
        salt=row.salt,
        texts={},
    )


def step_of(row: Row[Any]) -> Step:
    """A stored step.

    Raises:
        ValueError: it is none that this version knows.
    """
    return Step(number=row.number, at=row.at, by=row.principal_id, facts=decode_facts(row.facts))


def _different_column(stored: StoredCase, row: Row[Any]) -> str | None:
    expected = columns_of(stored.case)
    return next((name for name, value in expected.items() if getattr(row, name) != value), None)


def _prove(connection: Connection, signer: Signer, stored: StoredCase, rows: Sequence[Row[Any]]) -> None:
    """Prove each step by its own statement, or by that of the decision that took it."""
    signed = select(statements.c.signed).where(about(stored.lender_id, stored.id, StatementKind.REVIEW))
    of_decisions = select(statements.c.signed).where(
        (statements.c.lender_id == stored.lender_id)
        & (statements.c.kind == StatementKind.DECISION)
        & statements.c.object_id.in_(stored.case.decisions)
    )
    digests: dict[object, Fact] = {}
    for text in (*connection.execute(signed).scalars(), *connection.execute(of_decisions).scalars()):
        try:
            found = signer.open(text)
        except (SignatureError, StatementError) as error:
            raise CaseChangedError(f"a statement about case {stored.id} {error}") from None
        if found.lender == stored.lender_id and stored.id in {found.object, found.facts.get("case")}:
            digests[found.facts.get("step")] = found.facts.get("digest")
    for row in rows:
        digest = digest_of_step(stored.salt, stored.id, dict(row._mapping))  # noqa: SLF001  public in SQLAlchemy
        if digests.get(row.number) != digest:
            raise CaseChangedError(f"step {row.number} of case {stored.id} is not what was signed")
        if row.text is not None and hashlib.sha256(row.text).hexdigest() != row.text_sha256:
            raise CaseChangedError(f"the text of step {row.number} of case {stored.id} was changed")
    if len(digests.keys() - {None}) != len(rows):
        raise CaseChangedError(f"steps of case {stored.id} were removed")


def with_texts(connection: Connection, cipher: Cipher, stored: StoredCase) -> StoredCase:
    """The same case with what was written at its steps."""
    texts = select(case_steps.c.number, case_steps.c.text).where(
        (case_steps.c.case_id == stored.id) & case_steps.c.text_sha256.is_not(None)
    )
    rows = connection.execute(texts).all()
    found: dict[int, str | None] = {row.number: None for row in rows}
    try:
        borrower = find_borrower(connection, stored.borrower_id, lender_id=stored.lender_id, cipher=cipher)
    except DecryptionError:
        borrower = None
    for row in rows:
        if borrower is None or row.text is None:
            continue
        try:
            found[row.number] = open_text(row.text, borrower, place_of(stored.id, row.number))
        except DecryptionError:
            continue
    values = {name: getattr(stored, name) for name in StoredCase.__dataclass_fields__} | {"texts": found}
    return StoredCase(**values)


def place_of(case_id: str, number: int) -> str:
    """What the encryption of a step's text is bound to."""
    return f"{case_id}/{number}"


def case_of(connection: Connection, *, lender_id: str, decision_id: str) -> str | None:
    """The case that a decision is in."""
    mine = (case_steps.c.lender_id == lender_id) & (case_steps.c.decision_id == decision_id)
    found: str | None = connection.execute(select(case_steps.c.case_id).where(mine)).scalar()
    return found


def owner_of(connection: Connection, *, lender_id: str, case_id: str) -> str | None:
    """The borrower of a lender's case."""
    if not is_id(case_id, PREFIX):
        return None
    mine = (cases.c.lender_id == lender_id) & (cases.c.id == case_id)
    found: str | None = connection.execute(select(cases.c.borrower_id).where(mine)).scalar()
    return found


def approved_elsewhere(connection: Connection, stored: StoredCase, today: date) -> int:
    """What stands approved for the borrower in other cases and has become no loan, in cents."""
    mine = (
        (cases.c.borrower_id == stored.borrower_id)
        & cases.c.decision_id.not_in(select(loans.c.decision_id).where(loans.c.borrower_id == stored.borrower_id))
        & (cases.c.id != stored.id)
        & (cases.c.verdict == Verdict.APPROVE)
        & (cases.c.expires_on >= today)
    )
    return int(connection.execute(select(func.coalesce(func.sum(cases.c.approved_cents), 0)).where(mine)).scalar_one())


def snoozed_for(
    connection: Connection, signer: Signer, *, lender_id: str, borrower_id: str, day: date
) -> list[Snoozed]:
    """The rules that two persons have set aside for a borrower, on a day; in the order of their names.

    What is in a case that was altered is not followed; the log says so.
    """
    confirmed = (
        select(case_steps.c.case_id)
        .join_from(case_steps, cases)
        .where((cases.c.borrower_id == borrower_id) & (case_steps.c.kind == kind_of(SnoozeConfirmed(step=0))))
        .distinct()
    )
    found: dict[str, Snoozed] = {}
    for case_id in connection.execute(confirmed).scalars():
        try:
            stored = load(connection, signer, lender_id=lender_id, case_id=case_id)
        except CaseChangedError as error:
            _log.error("case damaged", case=case_id, error=str(error))
            continue
        for one in () if stored is None else stored.case.snoozes:
            known = found.get(one.rule)
            if one.is_in_force(day) and (known is None or known.until < one.until):
                found[one.rule] = Snoozed(rule=one.rule, until=one.until, case_id=case_id, step=one.step)
    return [found[rule] for rule in sorted(found)]


def has_read_decision(connection: Connection, stored: StoredCase, principal_id: str) -> bool:
    """Whether a principal has opened the machine's newest decision, or simulated it, by the audit trail."""
    read = (
        (audit.c.borrower_id == stored.borrower_id)
        & (audit.c.principal_id == principal_id)
        & audit.c.action.in_(("decision.read", "decision.simulated"))  # a simulation says what is different
        & (audit.c.object == stored.case.subject.decision_id)
    )
    return connection.execute(select(audit.c.id).where(read).limit(1)).first() is not None


def has_opened(connection: Connection, stored: StoredCase, principal_id: str) -> bool:
    """Whether a principal has opened the case as it stands, or the machine's newest decision, by the audit trail."""
    began = max(step.at for step in stored.steps if isinstance(step.facts, Opened | Linked | Reopened))
    is_case = (audit.c.action == "case.read") & (audit.c.object == stored.id)
    is_decision = (audit.c.action == "decision.read") & (audit.c.object == stored.case.subject.decision_id)
    opened = (
        (audit.c.borrower_id == stored.borrower_id)
        & (audit.c.principal_id == principal_id)
        & (audit.c.at >= began)
        & (is_case | is_decision)
    )
    return connection.execute(select(audit.c.id).where(opened).limit(1)).first() is not None


def list_cases(
    connection: Connection, *, lender_id: str, wanted: CaseFilter, sort: Sort, after_id: str | None, limit: int
) -> list[StoredCase | DamagedCase]:
    """Cases of this lender that come after the case ``after_id``. Their steps are not proved, as in ``load``.

    One that cannot be read does not hide the others: it stands in its place, and in the log.
    """
    statement = _STORED.where(cases.c.lender_id == lender_id)
    for condition in _conditions(wanted):
        statement = statement.where(condition)
    column, is_rising = {
        Sort.NEWEST: (cases.c.id, False),
        Sort.DUE: (cases.c.due_at, True),
        Sort.AMOUNT: (cases.c.amount_cents, False),
    }[sort]
    if after_id is not None:
        place = select(column).where((cases.c.id == after_id) & (cases.c.lender_id == lender_id)).scalar_subquery()
        is_later = column > place if is_rising else column < place
        is_later |= (column == place) & (cases.c.id > after_id if is_rising else cases.c.id < after_id)
        statement = statement.where(is_later)
    order = (column.asc(), cases.c.id.asc()) if is_rising else (column.desc(), cases.c.id.desc())
    rows = connection.execute(statement.order_by(*order).limit(limit)).all()
    steps: dict[str, list[Row[Any]]] = {row.id: [] for row in rows}
    for step in connection.execute(_steps_of(list(steps))):
        steps[step.case_id].append(step)
    return [_stored_or_damaged(row, steps[row.id]) for row in rows]


def _stored_or_damaged(row: Row[Any], rows: Sequence[Row[Any]]) -> StoredCase | DamagedCase:
    try:
        return _stored(row, rows)
    except CaseChangedError as error:
        _log.error("case damaged", case=row.id, error=str(error))
        return DamagedCase(id=row.id)


def _conditions(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    is_expired = cases.c.expires_on.is_not(None) & (cases.c.expires_on < wanted.today)
    if wanted.states:
        of_state = ~is_expired & cases.c.state.in_([one for one in wanted.states if one is not CaseState.EXPIRED])
        found.append(of_state | is_expired if CaseState.EXPIRED in wanted.states else of_state)
    if wanted.product is not None:
        found.append(cases.c.product == wanted.product)
    if wanted.borrower_ref is not None:
        found.append(borrowers.c.borrower_ref == wanted.borrower_ref)
    if wanted.held_by is not None:
        on_desk = cases.c.claimed_by.is_(None) & cases.c.assigned_to.in_(wanted.held_by)
        found.append((cases.c.claimed_by.in_(wanted.held_by) | on_desk) & borrowers.c.erased_at.is_(None))
    if wanted.free_products is not None:
        found.append(cases.c.claimed_by.is_(None) & borrowers.c.erased_at.is_(None))
        found.append(cases.c.product.in_(wanted.free_products))
    if not wanted.with_restricted:
        found.append(borrowers.c.restricted_at.is_(None))
    return found


def forget_texts(connection: Connection, borrower_id: str) -> int:
    """Destroy what was written about a borrower; the steps stay, and what was signed of them holds."""
    of_borrower = select(cases.c.id).where(cases.c.borrower_id == borrower_id)
    mine = case_steps.c.case_id.in_(of_borrower) & case_steps.c.text.is_not(None)
    return connection.execute(update(case_steps).where(mine).values(text=None)).rowcount


def remove_ended(connection: Connection, decision_ids: Sequence[str]) -> None:
    """Delete the cases of decisions whose records are gone; one stays while any decision in it does."""
    of_decisions = select(case_steps.c.case_id).where(case_steps.c.decision_id.in_(decision_ids))
    of_others = (
        select(case_steps.c.case_id)
        .join_from(case_steps, decisions, case_steps.c.decision_id == decisions.c.id)
        .where(decisions.c.erased_at.is_(None))
    )
    found = list(
        connection.execute(
            select(cases.c.id).where(cases.c.id.in_(of_decisions) & cases.c.id.not_in(of_others))
        ).scalars()
    )
    for table in (applicant_links, case_documents):
        connection.execute(delete(table).where(table.c.case_id.in_(found)))
    connection.execute(delete(case_steps).where(case_steps.c.case_id.in_(found)))
    connection.execute(delete(cases).where(cases.c.id.in_(found)))
