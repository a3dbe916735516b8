"""Loans and what the lender entered about them. Entries are written once and never changed.

What somebody wrote to prove an entry is sealed with the borrower's secret. All else is amounts, days and codes.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, Select, insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant, is_id, new_id
from scoring.base.secrets import Cipher
from scoring.base.signing import salted_digest
from scoring.decisions.loans import Entry, Granted, Loan, LoanError, decode, encode, fold
from scoring.decisions.statements import StatementKind
from scoring.store.borrowers import Borrower, keep, open_text, opened_borrower, seal_text
from scoring.store.database import Database, add_if_new
from scoring.store.decisions import RecordChangedError
from scoring.store.statements import Signer
from scoring.store.tables import borrowers, loan_entries, loans


class NewEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry to be stored."""

    entry: Entry
    proof: str | None = None
    """What proves it, in the lender's words, such as the number of a file."""


class StoredEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it was stored."""

    number: int
    entry: Entry
    proof: str | None
    recorded_at: str
    recorded_by: str
    """A principal, or a user of the operating system."""


class StoredLoan(msgspec.Struct, frozen=True, kw_only=True):
    """A loan with all its entries, corrected ones among them."""

    id: str
    lender_id: str
    borrower_id: str
    borrower_ref: str | None
    decision_id: str
    loan_ref: str
    """The lender's own."""
    created_at: str
    is_restricted: bool
    entries: tuple[StoredEntry, ...]

    @property
    def granted(self) -> Granted:
        """Its first granting, which says what conditions were asked for.

        Raises:
            RecordChangedError: there is none.
        """
        found = next((one.entry for one in self.entries if isinstance(one.entry, Granted)), None)
        if found is None:
            raise RecordChangedError(f"the entries of loan {self.id} were altered: there is no granting")
        return found

    def fold(self, *, until: date | None = None) -> Loan:
        """What the entries say together.

        Raises:
            RecordChangedError: they contradict each other: they were altered.
        """
        try:
            return fold([one.entry for one in self.entries], until=until)
        except LoanError as error:
            raise RecordChangedError(f"the entries of loan {self.id} were altered: {error}") from None


class LoanFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which loans are wanted; None is all."""

    borrower_ref: str | None = None
    decision_id: str | None = None
    loan_ref: str | None = None
    is_open: bool | None = None
    with_restricted: bool = True
    """Also those of borrowers whose data are only kept."""


_PAGE: Final = 500
_COLUMNS = (
    loans.c.id,
    loans.c.lender_id,
    loans.c.borrower_id,
    loans.c.decision_id,
    loans.c.loan_ref,
    loans.c.created_at,
    borrowers.c.borrower_ref,
    borrowers.c.restricted_at,
)


def proof_purpose(loan_id: str, number: int) -> str:
    """What a sealed proof is bound to."""
    return f"loan entry/{loan_id}/{number}"


def find_loan(
    connection: Connection,
    cipher: Cipher,
    *,
    lender_id: str,
    loan_id: str | None = None,
    loan_ref: str | None = None,
    is_locked: bool = False,
) -> StoredLoan | None:
    """One loan of this lender, by its identifier or by the lender's reference.

    Args:
        connection: of the transaction.
        cipher: opens what was sealed.
        lender_id: whose loan.
        loan_id: its identifier.
        loan_ref: the lender's reference; one of both is given.
        is_locked: nobody else adds entries, or erases the borrower, until the caller's transaction ends.

    Raises:
        DecryptionError: what was sealed cannot be opened.
        RecordChangedError: an entry was altered.
    """
    if loan_id is not None and not is_id(loan_id, "lon"):
        return None
    which = loans.c.id == loan_id if loan_id is not None else loans.c.loan_ref == loan_ref
    mine = (loans.c.lender_id == lender_id) & which
    if is_locked:
        owner = connection.execute(select(loans.c.borrower_id).where(mine)).scalar()
        if owner is None:
            return None
        # in the order in which an erasure locks them
        keep(connection, owner)
        connection.execute(select(loans.c.id).where(mine).with_for_update())
    found = _read(connection, select(*_COLUMNS).join_from(loans, borrowers).where(mine), cipher)
    return found[0] if found else None


def list_loans(
    connection: Connection,
    *,
    lender_id: str | None,
    wanted: LoanFilter,
    before: str | None = None,
    limit: int,
    cipher: Cipher | None = None,
) -> list[StoredLoan]:
    """Loans, newest first, that are older than the loan ``before``.

    Args:
        connection: of the transaction.
        lender_id: whose loans; None for those of all lenders.
        wanted: which.
        before: an identifier.
        limit: how many at most.
        cipher: opens what proves entries; without one, that is left out.
    """
    statement = select(*_COLUMNS).join_from(loans, borrowers)
    if lender_id is not None:
        statement = statement.where(loans.c.lender_id == lender_id)
    if wanted.borrower_ref is not None:
        statement = statement.where(borrowers.c.borrower_ref == wanted.borrower_ref)
    if wanted.decision_id is not None:
        statement = statement.where(loans.c.decision_id == wanted.decision_id)
    if wanted.loan_ref is not None:
        statement = statement.where(loans.c.loan_ref == wanted.loan_ref)
    if wanted.is_open is not None:
        is_open = loans.c.closed_on.is_(None)
        statement = statement.where(is_open if wanted.is_open else ~is_open)
    if not wanted.with_restricted:
        statement = statement.where(borrowers.c.restricted_at.is_(None))
    if before is not None:
        statement = statement.where(loans.c.id < before)
    return _read(connection, statement.order_by(loans.c.id.desc()).limit(limit), cipher)


async def all_loans(database: Database, *, lender_id: str | None, cipher: Cipher | None = None) -> list[StoredLoan]:
    """Every loan, oldest first, page by page; but for those of restricted borrowers.

    Args:
        database: in use by running services, too.
        lender_id: whose loans; None for those of all lenders.
        cipher: as ``list_loans``.
    """
    wanted = LoanFilter(with_restricted=False)

    def work(connection: Connection) -> list[StoredLoan]:
        found: list[StoredLoan] = []
        before = None
        while True:
            page = list_loans(connection, lender_id=lender_id, wanted=wanted, before=before, limit=_PAGE, cipher=cipher)
            found += page
            if len(page) < _PAGE:
                return found[::-1]
            before = page[-1].id

    return await database.read_at_once(work)


def loans_on(connection: Connection, *, lender_id: str, decision_ids: Sequence[str]) -> list[StoredLoan]:
    """The loans that were granted on decisions, without what proves their entries."""
    mine = (loans.c.lender_id == lender_id) & loans.c.decision_id.in_(decision_ids)
    return _read(connection, select(*_COLUMNS).join_from(loans, borrowers).where(mine))


def loans_of(connection: Connection, cipher: Cipher, borrower_id: str) -> list[StoredLoan]:
    """All loans of a borrower, oldest first."""
    statement = select(*_COLUMNS).join_from(loans, borrowers).where(loans.c.borrower_id == borrower_id)
    return _read(connection, statement.order_by(loans.c.id), cipher)


def lent(connection: Connection, borrower_id: str, *, but: str) -> int:
    """What the open loans of a borrower come to, in cents, but for the one on the decision ``but``.

    Raises:
        RecordChangedError: the entries of one were altered.
    """
    of_others = (loans.c.borrower_id == borrower_id) & (loans.c.decision_id != but) & loans.c.closed_on.is_(None)
    found = _read(connection, select(*_COLUMNS).join_from(loans, borrowers).where(of_others))
    return sum(one.fold().exposure_cents for one in found)


def open_loans(connection: Connection, borrower_id: str, *, since: date | None = None) -> tuple[Loan, ...]:
    """A lender's open loans to a borrower; with ``since``, also those that ended on this day or later.

    Raises:
        RecordChangedError: the entries of one were altered.
    """
    is_open: ColumnElement[bool] = loans.c.closed_on.is_(None)
    if since is not None:
        is_open |= loans.c.closed_on >= since
    mine = (loans.c.borrower_id == borrower_id) & is_open
    found = _read(connection, select(*_COLUMNS).join_from(loans, borrowers).where(mine))
    return tuple(one.fold() for one in found)


def add_loan(
    connection: Connection,
    *,
    lender_id: str,
    borrower_id: str,
    decision_id: str,
    loan_ref: str,
    now: datetime,
    randomness: Randomness,
) -> bool:
    """Store a loan without entries; False where the decision or the reference has one."""
    return add_if_new(
        connection,
        loans,
        id=new_id("lon", now, randomness),
        lender_id=lender_id,
        borrower_id=borrower_id,
        decision_id=decision_id,
        loan_ref=loan_ref,
        created_at=instant(now),
    )


def add_entries(  # noqa: PLR0913  each is named by its caller
    connection: Connection,
    cipher: Cipher,
    signer: Signer,
    loan: StoredLoan,
    entries: Sequence[NewEntry],
    *,
    closed_on: date | None,
    now: datetime,
    by: str,
) -> list[str]:
    """Store entries after those that are there; returns what ``sign`` says of them.

    Args:
        connection: of a transaction that has the loan locked.
        cipher: opens the borrower's secret.
        signer: makes salts.
        loan: as it was read in the transaction.
        entries: in their order.
        closed_on: what follows from all entries.
        now: the present.
        by: who enters them.
    """
    holder = None
    if any(one.proof is not None for one in entries):
        row = connection.execute(select(borrowers).where(borrowers.c.id == loan.borrower_id)).one()
        holder = opened_borrower(row, lender_id=loan.lender_id, cipher=cipher)
    rows, said = [], []
    for number, one in enumerate(entries, start=len(loan.entries) + 1):
        content, salt, sealed = encode(one.entry), signer.salt(), None
        if one.proof is not None and holder is not None:
            sealed = seal_text(one.proof, holder, proof_purpose(loan.id, number), signer.randomness)
        rows.append(
            {
                "loan_id": loan.id,
                "number": number,
                "lender_id": loan.lender_id,
                "borrower_id": loan.borrower_id,
                "entry_ref": one.entry.ref,
                "content": content,
                "salt": salt,
                "sealed": sealed,
                "recorded_at": instant(now),
                "recorded_by": by,
            }
        )
        said.append(fact_of(number, salt, content))
    connection.execute(insert(loan_entries), rows)
    connection.execute(update(loans).where(loans.c.id == loan.id).values(closed_on=closed_on))
    return said


def sign(connection: Connection, signer: Signer, loan: StoredLoan, said: Sequence[str], *, now: datetime) -> None:
    """Add the statement about new entries of a loan; call it last in the transaction."""
    signer.add(
        connection,
        lender_id=loan.lender_id,
        kind=StatementKind.LOAN,
        object_id=loan.id,
        at=instant(now),
        facts={"borrower": loan.borrower_id, "decision": loan.decision_id, "entries": list(said)},
    )


def fact_of(number: int, salt: bytes, content: bytes) -> str:
    """What a statement says of an entry: its number and a digest."""
    return f"{number} {salted_digest(salt, content)}"


def _read(connection: Connection, statement: Select[Any], cipher: Cipher | None = None) -> list[StoredLoan]:
    """Loans with their entries; what proves them only with a cipher."""
    rows = connection.execute(statement).all()
    entries: dict[str, list[Row[Any]]] = {row.id: [] for row in rows}
    mine = select(loan_entries).where(loan_entries.c.loan_id.in_(entries))
    for row in connection.execute(mine.order_by(loan_entries.c.loan_id, loan_entries.c.number)):
        entries[row.loan_id].append(row)
    holders: dict[str, Borrower] = {}
    if cipher is not None:
        sealed = {row.borrower_id: row.lender_id for found in entries.values() for row in found if row.sealed}
        for row in connection.execute(select(borrowers).where(borrowers.c.id.in_(sealed))):
            holders[row.id] = opened_borrower(row, lender_id=sealed[row.id], cipher=cipher)
    return [_loan(row, entries[row.id], holders.get(row.borrower_id)) for row in rows]


def _loan(row: Row[Any], entries: Sequence[Row[Any]], holder: Borrower | None) -> StoredLoan:
    fields = dict(row._mapping)  # noqa: SLF001  public in SQLAlchemy
    is_restricted = fields.pop("restricted_at") is not None
    return StoredLoan(**fields, is_restricted=is_restricted, entries=tuple(_entry(one, holder) for one in entries))


def _entry(row: Row[Any], holder: Borrower | None) -> StoredEntry:
    proof = None
    if row.sealed is not None and holder is not None:
        proof = open_text(row.sealed, holder, proof_purpose(row.loan_id, row.number))
    try:
        entry = decode(row.content)
    except (msgspec.DecodeError, TypeError):  # SQLite keeps what it is given
        raise RecordChangedError(f"entry {row.number} of loan {row.loan_id} was altered") from None
    return StoredEntry(
        number=row.number,
        entry=entry,
        proof=proof,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )
