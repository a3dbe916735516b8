"""Compares loans with what was signed about them, for ``scoring verify``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Row, String, func, select, type_coerce
from sqlalchemy.engine import Connection

from scoring.decisions.loans import LoanError, decode, fold
from scoring.decisions.statements import Statement, StatementKind
from scoring.store.loans import fact_of
from scoring.store.tables import loan_entries, loans, statements


@dataclass(kw_only=True)
class _Signed:
    """What statements say of one loan."""

    borrower: object
    decision: object
    entries: dict[int, str] = field(default_factory=dict)
    """The fact of an entry, by its number."""


@dataclass(kw_only=True)
class LoanProof:
    """What a chain says of loans, as far as it was read."""

    signed: dict[str, _Signed] = field(default_factory=dict)

    def take(self, proved: Sequence[Statement]) -> None:
        """Go on with the next statements of the chain."""
        for one in proved:
            if one.kind is StatementKind.LOAN:
                facts = one.facts
                loan = self.signed.setdefault(
                    one.object, _Signed(borrower=facts.get("borrower"), decision=facts.get("decision"))
                )
                for fact in _texts(facts.get("entries")):
                    loan.entries[int(fact.partition(" ")[0])] = fact
            elif one.kind is StatementKind.ERASURE:
                self.signed = {name: loan for name, loan in self.signed.items() if loan.borrower != one.object}
            elif one.kind is StatementKind.REMOVAL:
                for name in _texts(one.facts.get("loans")):
                    self.signed.pop(name, None)

    def differences(self, connection: Connection, lender_id: str, *, after: int) -> Iterator[tuple[str, str]]:
        """Loans that are not as they were signed, and what is wrong.

        Args:
            connection: of the transaction in which the chain was read to its end.
            lender_id: whose chain.
            after: number of the last statement that was taken; what grew since is left for the next time.
        """
        later = (statements.c.lender_id == lender_id) & (statements.c.number > after)
        grown = set(connection.execute(select(statements.c.object_id).where(later)).scalars())
        # as text: SQLite keeps what it is given
        columns = (
            *(one for one in loans.c if one.name != "closed_on"),
            type_coerce(loans.c.closed_on, String).label("closed_on"),
        )
        rows = connection.execute(select(*columns).where(loans.c.lender_id == lender_id)).all()
        of_lender = select(loans.c.id).where(loans.c.lender_id == lender_id)
        mine = select(loan_entries).where(loan_entries.c.loan_id.in_(of_lender))
        entries: dict[str, list[Row[Any]]] = {row.id: [] for row in rows}
        for row in connection.execute(mine.order_by(loan_entries.c.loan_id, loan_entries.c.number)):
            entries[row.loan_id].append(row)
        for row in rows:
            if row.id not in grown:
                yield from ((row.id, said) for said in self._of(row, entries[row.id]))
        for name in self.signed.keys() - entries.keys() - grown:
            is_moved = connection.execute(select(func.count()).where(loans.c.id == name)).scalar_one()
            yield name, "was moved to another lender" if is_moved else "was removed"

    def _of(self, row: Row[Any], entries: Sequence[Row[Any]]) -> Iterator[str]:
        loan = self.signed.get(row.id)
        if loan is None:
            yield "is a loan that is not in the chain: it was added or moved"
            return
        if (row.borrower_id, row.decision_id) != (loan.borrower, loan.decision):
            yield "has another borrower or decision than was signed"
        found = {one.number: fact_of(one.number, one.salt, one.content) for one in entries}
        for number in sorted(found.keys() | loan.entries.keys()):
            if number not in loan.entries:
                yield f"has an entry {number} that is not in the chain: it was added"
            elif number not in found:
                yield f"lacks its entry {number}, which was removed"
            elif found[number] != loan.entries[number]:
                yield f"has its entry {number} changed"
        if found == loan.entries:
            yield from _follows(row, entries)


def _follows(row: Row[Any], entries: Sequence[Row[Any]]) -> Iterator[str]:
    """Whether the columns beside the entries say what follows from them."""
    try:
        told = [decode(one.content) for one in entries]
        closed_on = fold(told).closed_on
    except (LoanError, msgspec.DecodeError):
        yield "has entries that contradict each other"
        return
    if str(row.closed_on) != str(closed_on):
        yield "has the day of its end changed"
    if any(one.entry_ref != entry.ref for one, entry in zip(entries, told, strict=True)):
        yield "has the reference of an entry changed"


def _texts(found: object) -> list[str]:
    return found if isinstance(found, list) else []
