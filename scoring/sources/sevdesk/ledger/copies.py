"""Documents that are in the books more than once: the first that was seen counts."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple, TypeAlias

import polars as pl

from features.ledger import collect
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
    seen: tuple[date, date, int]
    """The day from which it was visible, the day of recording, and the id."""

    @property
    def seen_on(self) -> date:
        return self.seen[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Which documents are copies, in the order of the documents."""

    sales: pl.DataFrame
    """``is_duplicate`` and ``duplicate_until`` of the invoices, then of the vouchers for revenue."""
    bills: pl.DataFrame
    notes: tuple[str, ...]


_Until: TypeAlias = dict[int, date | None]
"""Rows of copies with the day from which each is none any more; None where it stays one."""


def find_copies(documents: Documents, sent_on: pl.Series, today: date) -> Copies:
    """Find the documents that have number, party and amount of another one, which was there before.

    Of vouchers whose number has no digit, or is on documents of three days or more, the day must be the same, too:
    rents, contracts and customers have numbers like that. Where the invoice that was there before is cancelled, the
    other one counts from then on.

    Args:
        documents: From ``build_documents``.
        sent_on: Of the invoices, from ``sent_days``.
        today: The day of reading, for the notes.
    """
    invoices = _shared(documents.invoices.with_columns(sent_on), ("contact",), ("issued_on", "created_on", "sent_on"))
    revenue, bills = (
        _shared(frame, ("supplier", "supplier_name"), ("issued_on", "created_on"))
        for frame in (documents.revenue, documents.expenses)
    )
    bills = [one for one in bills if one.party is not None]
    gone = _gone(documents) if invoices else {}
    copies = _invoice_copies(invoices, gone), _voucher_copies(revenue), _voucher_copies(bills)
    is_found = [any(until is None or until > today for until in found.values()) for found in copies]
    standing = [one for one in invoices if one.seen[-1] not in gone]
    notes = {
        INVOICES_TWICE: is_found[0] or is_found[1],
        BILLS_TWICE: is_found[2],
        NUMBER_TWICE: _is_number_twice(standing, bills),
    }
    return Copies(
        sales=pl.concat([_marks(documents.invoices, copies[0]), _marks(documents.revenue, copies[1])]),
        bills=_marks(documents.expenses, copies[2]),
        notes=tuple(note for note, holds in notes.items() if holds),
    )


_NOTED = pl.max_horizontal("issued_on", "created_on").alias("gone_on")
_CREDITED = pl.col("credited_cents").cum_sum().over("id")


def _gone(documents: Documents) -> dict[int, date]:
    """Invoices that were cancelled, by a cancellation or by credit notes over all of it, with the day of that."""
    notes = documents.credit_notes.lazy().select(
        pl.col("invoice_id").alias("id"), _NOTED, pl.col("gross_cents").alias("credited_cents")
    )
    credited = (
        notes.join(documents.invoices.lazy().select("id", "gross_cents"), on="id")
        .sort("id", "gone_on")
        .filter((pl.col("gross_cents") <= _CREDITED) & (pl.col("gross_cents") > 0))
        .select("id", "gone_on")
    )
    cancelled = documents.cancellations.lazy().select(pl.col("origin").alias("id"), _NOTED)
    days = pl.concat([cancelled, credited]).group_by("id").agg(pl.col("gone_on").min())
    return dict(collect(days).iter_rows())


_BLANKS = [" ", "\t", "\n", "\u00a0"]
_NUMBER = pl.col("number").str.replace_many(_BLANKS, [""] * len(_BLANKS)).str.to_lowercase()


def _shared(frame: pl.DataFrame, party: Sequence[str], seen: Sequence[str]) -> list[_Document]:
    """The documents whose number another one has, in the order in which they were seen: from the latest of days."""
    numbers = frame.select(_NUMBER)["number"]
    is_shared = numbers.is_duplicated() & (numbers.str.len_chars() > 0).fill_null(value=False)
    if not is_shared.any():
        return []
    seen_on = pl.max_horizontal(seen).alias("seen_on")
    columns = ("id", *party, "gross_cents", "issued_on", "created_on")
    found = frame.select(pl.lit(numbers).alias("number"), *columns, seen_on).with_row_index("row").filter(is_shared)
    documents = [
        _Document(
            row=row["row"],
            number=row["number"],
            party=_party([row[name] for name in party]),
            gross=row["gross_cents"],
            issued_on=row["issued_on"],
            seen=(row["seen_on"], row["created_on"], row["id"]),
        )
        for row in found.iter_rows(named=True)
    ]
    return sorted(documents, key=lambda one: one.seen)


def _party(stated: Sequence[int | str | None]) -> Hashable:
    """The contact, else the name; None for nobody."""
    for value in stated:
        plain = " ".join(value.split()).casefold() if isinstance(value, str) else value
        if plain:
            return plain
    return None


def _has_digit(number: str) -> bool:
    return any(character.isdigit() for character in number)


def _invoice_copies(invoices: Iterable[_Document], gone: Mapping[int, date]) -> _Until:
    """Numbers of one's own invoices are given once; a mere word is none."""
    until, found = dict[Hashable, date](), _Until()
    for one in invoices:
        key = (one.number, one.party, one.gross, None if _has_digit(one.number) else one.issued_on)
        # Until when one that was there before stands.
        before, gone_on = until.get(key, date.min), gone.get(one.seen[-1], date.max)
        if before > one.seen_on:
            # A copy that was taken back before the other one was never counted.
            found[one.row] = before if before < gone_on else None
        until[key] = max(before, gone_on)
    return found


def _voucher_copies(vouchers: Sequence[_Document]) -> _Until:
    """Of a number that becomes that of a contract, those of another day count from then on."""
    recurring_on, days = dict[Hashable, date](), defaultdict[Hashable, set[date]](set)
    for one in vouchers:
        days[one.number, one.party].add(one.issued_on)
        if len(days[one.number, one.party]) == _RECURRING_DAYS:
            recurring_on.setdefault((one.number, one.party), one.seen_on)
    issued, found = defaultdict[Hashable, set[date]](set), _Until()
    for one in vouchers:
        before = issued[one.number, one.party, one.gross]
        is_of_one = one.party is not None and _has_digit(one.number)
        recurs_on = recurring_on.get((one.number, one.party), date.max) if is_of_one else date.min
        if one.issued_on in before:
            found[one.row] = None
        elif before and one.seen_on < recurs_on:
            found[one.row] = None if recurs_on == date.max else recurs_on
        before.add(one.issued_on)
    return found


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


def _marks(frame: pl.DataFrame, copies: _Until) -> pl.DataFrame:
    rows = list(copies)
    is_copy = pl.Series("is_duplicate", [False], dtype=pl.Boolean).new_from_index(0, frame.height)
    until = pl.Series("duplicate_until", [None], dtype=pl.Date).new_from_index(0, frame.height)
    if rows:
        is_copy = is_copy.scatter(rows, values=True)
        until = until.scatter(rows, list(copies.values()))
    return pl.DataFrame([is_copy, until])
