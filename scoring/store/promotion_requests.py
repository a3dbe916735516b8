"""Requests to put a policy or a model in force. Each step is a signed statement of the operator.

What counts are the statements. A row has what they are about, and its present for lists; it must fit them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, Select, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import is_id
from scoring.base.signing import SignatureError
from scoring.decisions.promotions import Person, PromotionKind, PromotionState, Request, Step, Subject, effective
from scoring.decisions.statements import OPERATOR, Fact, Statement, StatementError, StatementKind
from scoring.decisions.webhooks import EventType
from scoring.store.audit import Mark
from scoring.store.database import add_if_new
from scoring.store.events import lenders_told, record
from scoring.store.policies import decided_by, kept_as
from scoring.store.statements import Signer, about
from scoring.store.tables import promotions, statements

PREFIX: Final = "prm"


class PromotionChangedError(Exception):
    """What is stored of a request is not what was signed."""


class OvertakenError(Exception):
    """Another request for the same thing was made at the same time."""


class Undoing(msgspec.Struct, frozen=True, kw_only=True):
    """Who rolled back what was approved."""

    at: str
    by: Person
    reason: str


class StoredRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request and how it ended."""

    request: Request
    state: PromotionState
    """As stored: an open one may be expired, see ``Request.state``."""
    evidence: bytes
    content: bytes | None
    """The text of the policy; None for a model."""
    ended_at: str | None = None
    ended_by: Person | None = None
    end_reason: str | None = None
    undone: Undoing | None = None
    """Of what was approved and rolled back."""


class ApprovedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that two persons put in force."""

    request: str
    version: str
    lender: str | None
    """Whose it is; None is for all."""
    content: bytes | None
    """None where it is not what was approved; ``why`` says so."""
    why: str | None = None


def add(connection: Connection, signer: Signer, new: StoredRequest, *, mark: Mark) -> None:
    """Store a request in the caller's transaction; an open one for the same thing ends.

    Raises:
        OvertakenError: another one was made at the same time; nothing is stored.
    """
    request, subject = new.request, new.request.subject
    place = promotions.c.open_for == subject.place
    open_before = connection.execute(select(promotions).where(place).with_for_update()).first()
    if open_before is not None:
        before = _prove(connection, signer, open_before)
        done = update(promotions).where((promotions.c.id == open_before.id) & place)
        superseded = PromotionState.SUPERSEDED
        if connection.execute(done.values(state=superseded, open_for=None, ended_at=request.at)).rowcount != 1:
            raise OvertakenError("another request for the same thing has just ended: try again")
        _sign(connection, signer, before.request, superseded, at=request.at, by=request.by, reason=request.id)
    is_added = add_if_new(
        connection,
        promotions,
        id=request.id,
        kind=subject.kind.value,
        name=subject.name,
        sha256=subject.sha256,
        lender_id=subject.lender,
        open_for=subject.place,
        state=PromotionState.REQUESTED.value,
        content=new.content,
        evidence=new.evidence,
        requested_at=request.at,
        requested_by=request.by.id,
        requester=request.by.name,
        reason=request.reason,
        expires_at=request.expires_at,
    )
    if not is_added:
        raise OvertakenError("another request for the same thing was made at the same time: look at it first")
    mark.put(connection, object_id=request.id)
    _sign(connection, signer, request, PromotionState.REQUESTED, at=request.at, by=request.by, reason=request.reason)


def load(
    connection: Connection, signer: Signer, request_id: str, *, lender_id: str, for_update: bool = False
) -> StoredRequest | None:
    """One request that this lender may see, proved against what was signed.

    Args:
        connection: of the transaction.
        signer: verifies.
        request_id: which.
        lender_id: whose reader.
        for_update: whether others wait until the caller's transaction ends.

    Raises:
        PromotionChangedError: it is not what was signed.
    """
    if not is_id(request_id, PREFIX):
        return None
    statement = select(promotions).where((promotions.c.id == request_id) & _visible(lender_id))
    row = connection.execute(statement.with_for_update() if for_update else statement).first()
    return None if row is None else _prove(connection, signer, row)


def end(
    connection: Connection,
    signer: Signer,
    stored: StoredRequest,
    to: PromotionState,
    *,
    by: Person,
    at: str,
    reason: str,
) -> None:
    """End a locked request, in the caller's transaction; signs last."""
    mine = promotions.c.id == stored.request.id
    values = {"state": to.value, "open_for": None, "ended_at": at, "ended_by": by.id, "ender": by.name}
    connection.execute(update(promotions).where(mine).values(**values, end_reason=reason))
    if to is PromotionState.APPROVED:
        _tell(connection, signer, stored.request, _PROMOTED, at=at)
    _sign(connection, signer, stored.request, to, at=at, by=by, reason=reason)


def undo(connection: Connection, signer: Signer, stored: StoredRequest, undone: Undoing) -> None:
    """Roll back a locked request that was approved, in the caller's transaction; signs last.

    Raises:
        OvertakenError: meanwhile something else was approved in its place, or it was rolled back.
    """
    mine = promotions.c.id == stored.request.id
    values = {"undone_at": undone.at, "undone_by": undone.by.id, "undoer": undone.by.name, "undo_reason": undone.reason}
    state = PromotionState.ROLLED_BACK
    connection.execute(update(promotions).where(mine).values(state=state.value, **values))
    _tell(connection, signer, stored.request, _ROLLED_BACK, at=undone.at)
    _sign(connection, signer, stored.request, state, at=undone.at, by=undone.by, reason=undone.reason)
    # after signing, which locks the chain: what was approved at the same moment is seen
    steps, _ = prove_steps(connection.execute(_steps()).all(), signer)
    if stored.request.id not in {one.request for one in effective(steps).undone}:
        raise OvertakenError("something else was approved at the same time: look at it first")


def read_steps(connection: Connection, signer: Signer) -> list[Step]:
    """Every step of every request that is proved, in their order."""
    return prove_steps(connection.execute(_steps()).all(), signer)[0]


def _steps() -> Select[Any]:
    mine = (statements.c.lender_id == OPERATOR) & (statements.c.kind == StatementKind.PROMOTION)
    return select(statements).where(mine).order_by(statements.c.number)


def prove_steps(rows: Sequence[Row[Any]], signer: Signer) -> tuple[list[Step], list[tuple[str, str]]]:
    """The steps among statements about promotions, and which are damaged and how."""
    steps, damaged = [], []
    for row in rows:
        if not is_id(row.object_id, PREFIX):
            continue
        try:
            steps.append(step_of(_opened(signer, row)))
        except PromotionChangedError as error:
            damaged.append((row.object_id, str(error)))
    return steps, damaged


def list_requests(connection: Connection, *, lender_id: str, before: str | None, limit: int) -> list[StoredRequest]:
    """Requests that this lender may see, newest first. They are not proved, as in ``load``."""
    statement = select(promotions).where(_visible(lender_id)).order_by(promotions.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(promotions.c.id < before)
    return [_stored(row) for row in connection.execute(statement)]


def version_used(connection: Connection, version: str, sha256: str) -> bool:
    """Whether another policy of this version was in force here, decided here, or was approved."""
    kept, decided = kept_as(connection, version), decided_by(connection, version)
    approved = (
        (promotions.c.kind == PromotionKind.POLICY)
        & (promotions.c.name == version)
        & (promotions.c.sha256 != sha256)
        & promotions.c.state.in_((PromotionState.APPROVED, PromotionState.ROLLED_BACK))
    )
    is_other = any(found is not None and found[0] != sha256 for found in (kept, decided))
    return is_other or connection.execute(select(promotions.c.id).where(approved).limit(1)).first() is not None


def prove_policies(
    rows: Sequence[Row[Any]], contents: Mapping[str, bytes | None], signer: Signer
) -> list[ApprovedPolicy]:
    """What two persons have approved, newest first; what cannot be followed says why.

    Args:
        rows: statements about promotions, in their order.
        contents: texts of policies, by request.
        signer: verifies.
    """
    steps, damaged = prove_steps(rows, signer)
    held = effective(one for one in steps if one.subject.kind is PromotionKind.POLICY)
    found = [_with_content(step, contents.get(step.request)) for step in held.good]
    found += [_refused(step, _BAD[step.to]) for step in held.bad]
    return found + [
        ApprovedPolicy(request=name, version=name, lender=None, content=None, why=why) for name, why in damaged
    ]


UNSUPPORTED: Final = "no second person stands behind it"
_BAD: Final = {
    PromotionState.APPROVED: UNSUPPORTED,
    PromotionState.ROLLED_BACK: "its rollback goes further back than one person may",
}


def _with_content(step: Step, content: bytes | None) -> ApprovedPolicy:
    if content is None or hashlib.sha256(content).hexdigest() != step.subject.sha256:
        return _refused(step, "its text is not the one that was approved")
    return ApprovedPolicy(request=step.request, version=step.subject.name, lender=step.subject.lender, content=content)


def _refused(step: Step, why: str) -> ApprovedPolicy:
    return ApprovedPolicy(
        request=step.request, version=step.subject.name, lender=step.subject.lender, content=None, why=why
    )


def step_of(statement: Statement) -> Step:
    """The step of a request in a verified statement.

    Raises:
        PromotionChangedError: it holds none.
    """
    facts = statement.facts
    try:
        return msgspec.convert(
            {
                "request": statement.object,
                "to": facts["step"],
                "at": statement.at,
                "person": {"id": facts["person"], "name": facts["by"]},
                "subject": {name: facts[name] for name in Subject.__struct_fields__},
                "expires_at": facts["expires_at"],
            },
            Step,
        )
    except (KeyError, msgspec.ValidationError):
        raise PromotionChangedError(f"the statement about {statement.object} is incomplete") from None


def differences(connection: Connection, proved: Iterable[Statement]) -> Iterable[tuple[str, str]]:
    """Requests that are not as they were signed, and what is wrong.

    Args:
        connection: of the transaction in which the chain was read to its end.
        proved: the statements of the operator about requests, in their order.
    """
    signed: dict[str, list[Statement]] = {}
    for one in proved:
        signed.setdefault(one.object, []).append(one)
    rows = {row.id: row for row in connection.execute(select(promotions))}
    for name in sorted(rows.keys() | signed.keys()):
        if name not in rows:
            yield name, "was removed"
        elif name not in signed:
            yield name, "is a request for a promotion that is not in the chain: it was added"
        else:
            try:
                _compare(rows[name], signed[name])
            except PromotionChangedError as error:
                yield name, str(error)


_PROMOTED: Final = {
    PromotionKind.MODEL: EventType.MODEL_PROMOTED,
    PromotionKind.POLICY: EventType.POLICY_PROMOTED,
}
_ROLLED_BACK: Final = {
    PromotionKind.MODEL: EventType.MODEL_ROLLED_BACK,
    PromotionKind.POLICY: EventType.POLICY_ROLLED_BACK,
}


def _tell(
    connection: Connection, signer: Signer, request: Request, kinds: Mapping[PromotionKind, EventType], *, at: str
) -> None:
    """Write down what came into force, or out of it, for every lender whom it concerns."""
    subject = request.subject
    for lender_id in lenders_told(connection, subject.lender):
        record(
            connection,
            kinds[subject.kind],
            {"promotion_id": request.id, "name": subject.name},
            lender_id=lender_id,
            at=at,
            randomness=signer.randomness,
        )


def _sign(
    connection: Connection,
    signer: Signer,
    request: Request,
    to: PromotionState,
    *,
    at: str,
    by: Person,
    reason: str,
) -> None:
    facts: dict[str, Fact] = {
        "step": to.value,
        "person": by.id,
        "by": by.name,
        "reason": reason,
        "evidence": request.evidence_sha256,
        "expires_at": request.expires_at,
        **msgspec.to_builtins(request.subject),
    }
    signer.add(connection, lender_id=OPERATOR, kind=StatementKind.PROMOTION, object_id=request.id, at=at, facts=facts)


def _visible(lender_id: str) -> ColumnElement[bool]:
    """What is for all lenders, and what is this one's."""
    return promotions.c.lender_id.is_(None) | (promotions.c.lender_id == lender_id)


def _stored(row: Row[Any]) -> StoredRequest:
    try:
        return StoredRequest(
            request=Request(
                id=row.id,
                subject=Subject(kind=PromotionKind(row.kind), name=row.name, sha256=row.sha256, lender=row.lender_id),
                by=Person(id=row.requested_by, name=row.requester),
                at=row.requested_at,
                reason=row.reason,
                evidence_sha256=hashlib.sha256(row.evidence).hexdigest(),
                expires_at=row.expires_at,
            ),
            state=PromotionState(row.state),
            evidence=row.evidence,
            content=row.content,
            ended_at=row.ended_at,
            ended_by=None if row.ended_by is None else Person(id=row.ended_by, name=row.ender),
            end_reason=row.end_reason,
            undone=None
            if row.undone_at is None
            else Undoing(at=row.undone_at, by=Person(id=row.undone_by, name=row.undoer), reason=row.undo_reason),
        )
    except (ValueError, TypeError):  # SQLite keeps what it is given
        raise PromotionChangedError(f"the request {row.id} was changed") from None


def _prove(connection: Connection, signer: Signer, row: Row[Any]) -> StoredRequest:
    mine = about(OPERATOR, row.id, StatementKind.PROMOTION)
    rows = connection.execute(select(statements).where(mine).order_by(statements.c.number)).all()
    return _compare(row, [_opened(signer, one) for one in rows])


def _opened(signer: Signer, row: Row[Any]) -> Statement:
    try:
        found = signer.open(row.signed)
    except (SignatureError, StatementError) as error:
        raise PromotionChangedError(f"the statement about {row.object_id} {error}") from None
    where = (found.lender, found.number, found.kind, found.object)
    if where != (row.lender_id, row.number, row.kind, row.object_id):
        raise PromotionChangedError(f"the statement about {row.object_id} is another one's")
    return found


def _compare(row: Row[Any], signed: list[Statement]) -> StoredRequest:
    """The request of a row that fits its statements."""
    stored = _stored(row)
    request = stored.request
    steps = [step_of(one) for one in signed]
    undoing = signed[2] if len(signed) == 3 and _is_undone(steps) else None
    if not steps or steps[0].to is not PromotionState.REQUESTED or len(steps) > (2 if undoing is None else 3):
        raise PromotionChangedError("has steps that do not follow each other")
    facts = (signed[0].facts["reason"], signed[0].facts["evidence"], signed[0].facts["expires_at"])
    fits = (
        steps[0].subject == request.subject
        and (steps[0].person.id, steps[0].person.name, steps[0].at) == (request.by.id, request.by.name, request.at)
        and facts == (request.reason, request.evidence_sha256, request.expires_at)
        and steps[-1].to is stored.state
    )
    if len(steps) > 1 and stored.state is not PromotionState.SUPERSEDED:
        who = None if stored.ended_by is None else (stored.ended_by.id, stored.ended_by.name)
        fits = fits and (steps[1].person.id, steps[1].person.name) == who and steps[1].at == stored.ended_at
        fits = fits and signed[1].facts["reason"] == stored.end_reason
    fits = fits and stored.undone == (None if undoing is None else _undoing_of(undoing))
    has_text = stored.content is not None and hashlib.sha256(stored.content).hexdigest() == request.subject.sha256
    if not fits or (request.subject.kind is PromotionKind.POLICY and not has_text):
        raise PromotionChangedError(f"the request {row.id} is not what was signed")
    return stored


def _is_undone(steps: Sequence[Step]) -> bool:
    return [one.to for one in steps[1:]] == [PromotionState.APPROVED, PromotionState.ROLLED_BACK]


def _undoing_of(signed: Statement) -> Undoing:
    return Undoing(at=signed.at, by=step_of(signed).person, reason=str(signed.facts["reason"]))
