"""Documents that are in the books more than once: the first that was recorded counts."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import polars as pl

from scoring.sources.sevdesk.ledger.documents import Documents
from scoring.sources.sevdesk.words.fetched import BILLS_TWICE, INVOICES_TWICE, NUMBER_TWICE

_RECURRING_DAYS: Final = 3
"""A number that one supplier has on documents of so many days is that of a contract or a customer."""


class _Document(NamedTuple):
    """One document of a number that others have, too."""

    row: int
    number: str
    party: Hashable
    gross: int
    issued_on: date
    recorded: tuple[date, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Which documents are copies, in the order of the documents."""

    sales: pl.Series
    """Of the invoices, then of the vouchers for revenue."""
    bills: pl.Series
    notes: tuple[str, ...]


def find_copies(documents: Documents) -> Copies:
    """Find the documents that have number, party and amount of another one.

    Of vouchers whose number has no digit, or is on documents of three days or more, the day must be the same, too:
    rents, contracts and customers have numbers like that. Invoices that were cancelled are neither copies nor
    originals.
    """
    invoices = _shared(documents.invoices, ("contact",))
    if invoices:
        gone = _gone(documents)
        invoices = [one for one in invoices if one.recorded[1] not in gone]
    revenue, bills = (
        _shared(frame, ("supplier", "supplier_name")) for frame in (documents.revenue, documents.expenses)
    )
    bills = [one for one in bills if one.party is not None]
    copies = [*_invoice_copies(invoices)], [*_voucher_copies(revenue)], [*_voucher_copies(bills)]
    notes = {
        INVOICES_TWICE: bool(copies[0] or copies[1]),
        BILLS_TWICE: bool(copies[2]),
        NUMBER_TWICE: _is_number_twice(invoices, bills),
    }
    return Copies(
        sales=pl.concat([_marks(documents.invoices, copies[0]), _marks(documents.revenue, copies[1])]),
        bills=_marks(documents.expenses, copies[2]),
        notes=tuple(note for note, holds in notes.items() if holds),
    )


def _gone(documents: Documents) -> set[int]:
    """Invoices that were cancelled, by a cancellation or by a credit note over all of it."""
    notes = documents.credit_notes.join(
        documents.invoices.select(pl.col("id").alias("invoice_id"), "gross_cents"), on=["invoice_id", "gross_cents"]
    )
    return {*documents.cancellations["origin"].to_list(), *notes["invoice_id"].to_list()}


_BLANKS = [" ", "\t", "\n", "\u00a0"]
_NUMBER = pl.col("number").str.replace_many(_BLANKS, [""] * len(_BLANKS)).str.to_lowercase()


def _shared(frame: pl.DataFrame, party: Sequence[str]) -> list[_Document]:
    """The documents whose number another one has, by recording."""
    numbers = frame.select(_NUMBER)["number"]
    is_shared = numbers.is_duplicated() & (numbers.str.len_chars() > 0).fill_null(value=False)
    if not is_shared.any():
        return []
    columns = ("id", *party, "gross_cents", "issued_on", "created_on")
    found = frame.select(pl.lit(numbers).alias("number"), *columns).with_row_index("row").filter(is_shared)
    documents = [
        _Document(
            row=row["row"],
            number=row["number"],
            party=_party([row[name] for name in party]),
            gross=row["gross_cents"],
            issued_on=row["issued_on"],
            recorded=(row["created_on"], row["id"]),
        )
        for row in found.iter_rows(named=True)
    ]
    return sorted(documents, key=lambda one: one.recorded)


def _party(stated: Sequence[int | str | None]) -> Hashable:
    """The contact, else the name; None for nobody."""
    for value in stated:
        plain = " ".join(value.split()).casefold() if isinstance(value, str) else value
        if plain:
            return plain
    return None


def _has_digit(number: str) -> bool:
    return any(character.isdigit() for character in number)


def _invoice_copies(invoices: Iterable[_Document]) -> Iterator[int]:
    """Numbers of one's own invoices are given once; a mere word is none."""
    return _after_first(
        ((one.number, one.party, one.gross, None if _has_digit(one.number) else one.issued_on), one.row)
        for one in invoices
    )


def _voucher_copies(vouchers: Sequence[_Document]) -> Iterator[int]:
    days = defaultdict[Hashable, set[date]](set)
    for one in vouchers:
        days[one.number, one.party].add(one.issued_on)

    def is_of_one(one: _Document) -> bool:
        return one.party is not None and _has_digit(one.number) and len(days[one.number, one.party]) < _RECURRING_DAYS

    return _after_first(
        ((one.number, one.party, one.gross, None if is_of_one(one) else one.issued_on), one.row) for one in vouchers
    )


def _after_first(keyed: Iterable[tuple[Hashable, int]]) -> Iterator[int]:
    """The rows whose key came before."""
    seen = set[Hashable]()
    for key, row in keyed:
        if key in seen:
            yield row
        seen.add(key)


def _is_number_twice(invoices: Sequence[_Document], bills: Sequence[_Document]) -> bool:
    """Whether documents of one number differ in party or amount."""
    sums, days = defaultdict[Hashable, set[Hashable]](set), defaultdict[Hashable, set[date]](set)
    for one in invoices:
        if _has_digit(one.number):
            sums[one.number].add((one.party, one.gross))
    for one in bills:
        if _has_digit(one.number):
            sums[one.number, one.party].add(one.gross)
            days[one.number, one.party].add(one.issued_on)
    return any(len(found) > 1 and len(days[key]) < _RECURRING_DAYS for key, found in sums.items())


def _marks(frame: pl.DataFrame, rows: Sequence[int]) -> pl.Series:
    marks = pl.Series("is_duplicate", [False], dtype=pl.Boolean).new_from_index(0, frame.height)
    return marks.scatter(rows, values=True) if rows else marks
