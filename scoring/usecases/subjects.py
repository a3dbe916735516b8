"""Requests of data subjects: recorded, answered, and carried out as erasure or restriction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Clock, Randomness, day_in_berlin, instant
from scoring.base.secrets import Cipher
from scoring.decisions.webhooks import EventType
from scoring.store import subject_requests
from scoring.store.audit import Action, Trail, Who
from scoring.store.database import Database
from scoring.store.decisions import drop_abandoned
from scoring.store.erasure import erase, lift, lock, restrict
from scoring.store.events import record
from scoring.store.holds import holds_of
from scoring.store.statements import Signer
from scoring.store.subject_requests import (
    Extension,
    IdentityCheck,
    Refusal,
    RequestKind,
    RequestState,
    RequestStateError,
    SubjectRequest,
)
from scoring.store.tables import audit, decisions
from scoring.usecases.subject_data import SubjectData, gather

T = TypeVar("T")


class UnknownRequestError(Exception):
    """The lender has no such request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """Answers data subjects. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    signer: Signer
    clock: Clock
    randomness: Randomness
    trail: Trail

    async def record(
        self,
        who: Who,
        *,
        borrower_ref: str,
        kind: RequestKind,
        received_on: date,
        identity_check: IdentityCheck | None,
    ) -> SubjectRequest | None:
        """Record what somebody asks about a borrower; None if the lender has no such borrower."""
        lender_id, now = who.lender_id or "", self.clock()
        mark = self.trail.mark(who, Action.SUBJECT_REQUESTED)

        def work(connection: Connection) -> str | None:
            return subject_requests.add_request(
                connection,
                lender_id=lender_id,
                borrower_ref=borrower_ref,
                kind=kind,
                received_on=received_on,
                identity_check=identity_check,
                now=now,
                randomness=self.randomness,
                mark=mark,
            )

        identifier = await self.database.write_at_once(work)
        return None if identifier is None else await self._find(who, identifier)

    async def read(self, who: Who, request_id: str) -> SubjectRequest:
        """A request of the reader's lender.

        Raises:
            UnknownRequestError: there is none.
        """
        found = await self._find(who, request_id)
        await self.trail.note(who, Action.SUBJECT_READ, object_id=request_id, borrower_id=found.borrower_id)
        return found

    async def change(
        self,
        who: Who,
        request_id: str,
        *,
        identity_check: IdentityCheck | None,
        extended_for: Extension | None,
        refused_for: Refusal | None,
    ) -> SubjectRequest:
        """Note that identity was checked, that two more months are needed, or that the request is refused.

        Raises:
            UnknownRequestError: there is none.
            RequestStateError: it has ended, or cannot be extended any more.
        """
        await self._find(who, request_id)
        mark, now = self.trail.mark(who, Action.SUBJECT_CHANGED), self.clock()
        await self.database.write_at_once(
            lambda connection: subject_requests.change_request(
                connection,
                request_id,
                identity_check=identity_check,
                extended_for=extended_for,
                refused_for=refused_for,
                now=now,
                mark=mark,
            )
        )
        return await self._find(who, request_id)

    async def complete(self, who: Who, request_id: str) -> SubjectRequest:
        """Carry a request out: erase, restrict, or note that access was given.

        An active hold turns erasure into restriction.

        Raises:
            UnknownRequestError: there is none.
            RequestStateError: it has ended, or the identity of who asks was not checked.
        """
        await self._find(who, request_id)
        await self.database.write_at_once(lambda connection: self._carry_out(connection, who, request_id))
        found = await self._find(who, request_id)
        if found.kind is not RequestKind.ACCESS:
            await self.database.wipe()
        return found

    async def lift(self, who: Who, request_id: str, *, told_on: date) -> SubjectRequest:
        """End a restriction that was carried out; the data stay restricted where another request says so.

        Args:
            who: lifts it.
            request_id: of the restriction.
            told_on: the day on which the data subject was told: before this (Art. 18(3) GDPR).

        Raises:
            UnknownRequestError: there is none.
            RequestStateError: it is not in force, or the subject cannot have been told on that day.
        """
        await self._find(who, request_id)
        mark, at = self.trail.mark(who, Action.SUBJECT_LIFTED), instant(self.clock())

        def work(connection: Connection) -> None:
            request = subject_requests.lift_request(connection, request_id, told_on=told_on, at=at)
            lock(connection, request.borrower_id)
            if not subject_requests.is_restricting(connection, request.borrower_id):
                lift(connection, request.borrower_id)
            mark.put(connection, object_id=request_id, borrower_id=request.borrower_id)

        await self.database.write_at_once(work)
        return await self._find(who, request_id)

    async def open_data(self, who: Who, request_id: str) -> tuple[SubjectRequest, SubjectData]:
        """Everything about the borrower of a request for access.

        Raises:
            UnknownRequestError: there is none.
            RequestStateError: the identity of who asks was not checked, or the request is not one for access.
        """
        request = await self._find(who, request_id)
        if request.kind is not RequestKind.ACCESS:
            raise RequestStateError(f"the request is one for {request.kind}, not for access")
        if request.state is not RequestState.OPEN:
            raise RequestStateError(f"the request is {request.state} already; record a new one")
        _demand_identity(request)
        subject_data = await gather(
            self.database, self.cipher, self.signer, lender_id=request.lender_id, borrower_id=request.borrower_id
        )
        await self.trail.note(who, Action.SUBJECT_EXPORTED, object_id=request_id, borrower_id=request.borrower_id)
        return request, subject_data

    async def finish_waiting(self, who_of: Callable[[str], Who], *, dry_run: bool) -> int:
        """Complete erasures whose holds have ended, each in its own transaction; returns how many there are."""
        today = day_in_berlin(self.clock())

        def ended(connection: Connection) -> list[SubjectRequest]:
            waiting = subject_requests.waiting_erasures(connection)
            return [one for one in waiting if not holds_of(connection, one.borrower_id, today=today)]

        def complete(connection: Connection, request: SubjectRequest) -> bool:
            lock(connection, request.borrower_id)
            if not subject_requests.is_waiting(connection, request.id):
                return False  # another run was quicker
            if holds_of(connection, request.borrower_id, today=today):
                return False
            self._erase(connection, who_of(request.lender_id), request)
            return True

        found = await self.database.read_at_once(ended)
        if dry_run:
            return len(found)
        return sum([await self.database.write_at_once(partial(complete, request=request)) for request in found])

    def _carry_out(self, connection: Connection, who: Who, request_id: str) -> None:
        request = subject_requests.open_request(connection, request_id)
        _demand_identity(request)
        if request.kind is RequestKind.ACCESS:
            self._end(connection, who, request, Action.SUBJECT_ANSWERED, RequestState.DONE, {})
            return
        lock(connection, request.borrower_id)  # or a hold could be set between the question and the erasure
        held = holds_of(connection, request.borrower_id, today=day_in_berlin(self.clock()))
        if request.kind is RequestKind.ERASURE and not held:
            self._erase(connection, who, request)
            return
        gone = restrict(connection, self.signer, request.borrower_id, at=instant(self.clock()))
        state = RequestState.RESTRICTED if request.kind is RequestKind.ERASURE else RequestState.DONE
        kept = {hold.reason: {"until": None if hold.until is None else hold.until.isoformat()} for hold in held}
        outcome = {"destroyed": gone, "kept": kept}
        self._end(connection, who, request, Action.SUBJECT_RESTRICTED, state, outcome)

    def _erase(self, connection: Connection, who: Who, request: SubjectRequest) -> None:
        gone = erase(connection, self.signer, request.borrower_id, at=instant(self.clock()))
        made = select(decisions.c.erased_at).where(decisions.c.borrower_id == request.borrower_id)
        has_record = [erased_at is None for erased_at in connection.execute(made).scalars()]
        drop_abandoned(connection, request.lender_id, now=self.clock())  # one of them may be about this borrower
        kept = {
            "decisions": {"count": has_record.count(True)},
            "rows": {"count": has_record.count(False)},
            "audit": {"count": _count(connection, audit, request.borrower_id)},
            "requests": {"count": len(subject_requests.requests_of(connection, request.borrower_id))},
        }
        outcome = {"destroyed": gone, "kept": {what: said for what, said in kept.items() if said["count"]}}
        self._end(connection, who, request, Action.SUBJECT_ERASED, RequestState.DONE, outcome)
        record(
            connection,
            EventType.SUBJECT_ERASED,
            {"subject_request_id": request.id},
            lender_id=request.lender_id,
            at=instant(self.clock()),
            randomness=self.randomness,
        )

    def _end(
        self,
        connection: Connection,
        who: Who,
        request: SubjectRequest,
        action: Action,
        state: RequestState,
        outcome: dict[str, Any],
    ) -> None:
        subject_requests.end_request(connection, request.id, state=state, outcome=outcome, at=instant(self.clock()))
        self.trail.mark(who, action).put(connection, object_id=request.id, borrower_id=request.borrower_id)

    async def _find(self, who: Who, request_id: str) -> SubjectRequest:
        found = await subject_requests.find_request(self.database, lender_id=who.lender_id or "", request_id=request_id)
        if found is None:
            raise UnknownRequestError("there is no request with this identifier")
        return found


def days_left(request: SubjectRequest, today: date) -> int | None:
    """Days until an open request must be answered; below 0 when it is late, None when it has ended."""
    return (request.due_on - today).days if request.state is RequestState.OPEN else None


def _demand_identity(request: SubjectRequest) -> None:
    if request.identity_check is None:
        raise RequestStateError("the identity of who asks was not checked: note how it was, then repeat this")


def _count(connection: Connection, table: Any, borrower_id: str) -> int:  # noqa: ANN401  a table with this column
    statement = select(func.count()).select_from(table).where(table.c.borrower_id == borrower_id)
    return connection.execute(statement).scalar_one()
