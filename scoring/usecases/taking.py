"""Steps of a case together with documents, several in one transaction: locked, asked about, stored, signed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import anyio.to_thread
import msgspec
from sqlalchemy.engine import Connection

from scoring.base.identifiers import day_in_berlin, instant, new_id
from scoring.decisions.cases import Facts, Filed, Step, after
from scoring.decisions.reviews import SENTENCES, Actor, Context, StepRefusedError, refusal_of
from scoring.decisions.statements import Fact
from scoring.store import case_documents, cases
from scoring.store.borrowers import Borrower, demand_open, find_borrower, seal_text
from scoring.store.case_documents import SealedDocument
from scoring.store.cases import StoredCase, UnknownCaseError
from scoring.usecases.cases import Cases

MOST_DOCUMENTS: Final = 50
"""In one case."""


class TooManyDocumentsError(Exception):
    """The case has as many documents as it may have; nothing was stored."""

    def __init__(self) -> None:
        super().__init__(f"the case would have more than {MOST_DOCUMENTS} documents; nothing was stored")


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was looked at."""

    name: str
    media_type: str
    content: bytes


def locked(parts: Cases, connection: Connection, lender_id: str, case_id: str) -> tuple[StoredCase, Borrower]:
    """A case on which nobody else acts until the transaction ends, and its borrower.

    Raises:
        UnknownCaseError: the lender has none of this identifier.
        BorrowerRestrictedError: the borrower's data are only kept.
        CaseChangedError: the case is not what was signed.
    """
    # the borrower before the case, as a new decision does: else two could wait for each other
    borrower = _open_borrower(parts, connection, lender_id, case_id)
    found = cases.load(connection, parts.signer, lender_id=lender_id, case_id=case_id, for_update=True)
    assert found is not None, "its owner was found"  # noqa: S101  for mypy
    return found, borrower


def demand(
    parts: Cases, found: StoredCase, facts: Facts, actor: Actor, now: datetime, names: Mapping[str, str]
) -> None:
    """Refuse a step that the actor may not take.

    Raises:
        StepRefusedError: with the reason.
    """
    around = Context(day=day_in_berlin(now), names=names)
    if refusal := refusal_of(found.case, facts, actor, parts.powers(found.lender_id), around):
        raise StepRefusedError(refusal, SENTENCES[refusal])


async def sealed(parts: Cases, lender_id: str, case_id: str, uploads: Sequence[Upload]) -> list[SealedDocument]:
    """Documents encrypted before the transaction, in which others wait.

    Raises:
        UnknownCaseError: the lender has none of this identifier.
        BorrowerRestrictedError: the borrower's data are only kept.
    """
    borrower = await parts.database.write_at_once(
        lambda connection: _open_borrower(parts, connection, lender_id, case_id)
    )

    def seal() -> list[SealedDocument]:
        return [
            case_documents.seal_document(
                new_id("doc", parts.clock(), parts.randomness),
                one.content,
                name=one.name,
                media_type=one.media_type,
                borrower=borrower,
                randomness=parts.randomness,
            )
            for one in uploads
        ]

    return await anyio.to_thread.run_sync(seal)


class Taking:
    """Steps of one transaction, one after the other; they are signed at its end."""

    def __init__(
        self, connection: Connection, parts: Cases, found: StoredCase, borrower: Borrower, now: datetime
    ) -> None:
        """Begin with a locked case."""
        self._connection, self._parts = connection, parts
        self._found, self._borrower, self._at = found, borrower, instant(now)
        self._said: list[tuple[StoredCase, Step, dict[str, Fact]]] = []

    def take(self, facts: Facts, *, by: str | None, text: str | None = None) -> Step:
        """Add a step."""
        found = self._found
        step = Step(number=found.case.number + 1, at=self._at, by=by, facts=facts)
        written = None
        if text is not None:
            place = cases.place_of(found.id, step.number)
            written = seal_text(text, self._borrower, place, self._parts.randomness)
        said = cases.add(self._connection, self._parts.signer, found, step, text=written)
        self._said.append((found, step, said))
        self._found = replace(found, case=after(found.case, step), steps=(*found.steps, step))
        return step

    def file(self, document: SealedDocument, facts: Filed, *, by: str | None) -> None:
        """Add a step with its document.

        Raises:
            TooManyDocumentsError: the case has no room for it.
        """
        if sum(isinstance(step.facts, Filed) for step in self._found.steps) >= MOST_DOCUMENTS:
            raise TooManyDocumentsError
        step = self.take(facts, by=by)
        case_documents.add_document(self._connection, self._found, step, document)

    def sign(self) -> None:
        """Sign all of them; last in the transaction."""
        for found, step, said in self._said:
            cases.sign(self._connection, self._parts.signer, found, step, said)


def _open_borrower(parts: Cases, connection: Connection, lender_id: str, case_id: str) -> Borrower:
    borrower_id = cases.owner_of(connection, lender_id=lender_id, case_id=case_id)
    if borrower_id is None:
        raise UnknownCaseError("there is no case with this identifier")
    demand_open(connection, borrower_id)
    borrower = find_borrower(connection, borrower_id, lender_id=lender_id, cipher=parts.cipher)
    assert borrower is not None, "not erased, see demand_open"  # noqa: S101  for mypy
    return borrower
