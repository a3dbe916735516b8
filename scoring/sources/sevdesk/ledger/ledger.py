"""What was read from sevdesk to the ledger: here sevdesk ends, and names, texts and IBANs with it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Final

import polars as pl

from features.ledger import SCHEMAS, SET_ASIDE_KIND, SET_ASIDE_REASON, Ledger, Resource, collect_all
from scoring.decisions.decision import FOREIGN_ACCOUNT, Coverage, PayoutCheck, SetAside
from scoring.sources.bank_lines.recognition import NOT_TOLD, Called
from scoring.sources.sevdesk.ledger.cash import build_cash, has_foreign_account
from scoring.sources.sevdesk.ledger.connections import compact
from scoring.sources.sevdesk.ledger.documents import BORROWER, Parties, build_documents
from scoring.sources.sevdesk.ledger.positions import build_positions
from scoring.sources.sevdesk.ledger.recognised_documents import recognise_documents
from scoring.sources.sevdesk.ledger.recognition import Recognised
from scoring.sources.sevdesk.ledger.settlements import booked_on, build_settlements
from scoring.sources.sevdesk.words.fetched import Fetched

_ORDER = {
    "invoices": ["document", "document_id"],
    "bills": ["document_id"],
    "payments": ["document", "document_id", "happened_on", "recorded_on", "transaction_id", "amount_cents"],
    "settlements": ["document", "document_id", "happened_on", "cause", "amount_cents"],
    "credit_notes": ["document_id"],
    "cancellations": ["document_id"],
    "reminders": ["document_id"],
    "accounts": ["account_id"],
    "balances": ["account_id"],
    "transactions": ["transaction_id"],
    "levels": ["bank_account_id", "recorded_on"],
    "closings": ["document", "document_id", "happened_on", "recorded_on", "means", "transaction_id", "amount_cents"],
    "set_aside": ["kind", "document_id", "field"],
    "positions": ["document", "document_id", "position_id"],
}
"""sevdesk promises no order; with this one the same books always make the same bytes."""

_UNASKED: Final = {name: pl.LazyFrame(schema=SCHEMAS[name]) for name in ("closings", "set_aside", "positions")}
"""Frames that are empty unless they were asked for. To make one takes a fifth of a millisecond."""


def build_ledger(
    fetched: Fetched,
    *,
    fetched_on: date,
    hash_key: bytes,
    payout_iban: str | None,
    called: Called = NOT_TOLD,
) -> tuple[Ledger, Coverage]:
    """Dated facts of one borrower, and what the books held.

    Args:
        fetched: From ``SevdeskClient.fetch``.
        fetched_on: The same day that was given to ``fetch``.
        hash_key: Secret of this borrower, 16 to 64 bytes; see ``Parties``.
        payout_iban: Of the application, for the check against the accounts.
        called: As ``ReadBooks.build``.

    Returns:
        The ledger, whose ``fetched`` lacks the payment log where sevdesk does not serve all of it; and the coverage,
        whose ``fetched`` is what was asked for.

    Raises:
        UnexpectedAnswerError: A fact lacks a value that every fact has; names resource, field and object.
        ValueError: The hash key is too short or too long.
    """
    parties = Parties(hash_key)
    documents, document_frames = build_documents(fetched, parties)
    booked = booked_on(fetched, documents)
    settlement_frames = build_settlements(booked, documents, fetched_on)
    cash = build_cash(fetched, parties, fetched_on, called)

    plans = document_frames | settlement_frames | cash.frames
    plans |= _UNASKED
    notes: tuple[str, ...] = ()
    if Resource.RECOGNITION in fetched.resources:
        recognised = recognise_documents(
            fetched, booked, documents, None if cash.recognised is None else cash.recognised.lines, fetched_on
        )
        plans["closings"] = recognised.closings.lazy()
        plans["invoices"] = plans["invoices"].with_columns(recognised.sales)
        plans["bills"] = plans["bills"].with_columns(recognised.bills)
        plans["set_aside"] = _set_aside(fetched, parties, fetched_on)
        notes = recognised.notes
    if fetched.positions is not None:
        positions = build_positions(fetched.positions, documents, parties)
        plans["positions"], notes = positions.frame, (*notes, *positions.notes)
    frames = collect_all(*(plans[name].sort(order) for name, order in _ORDER.items()))
    is_served = {Resource.PAYMENT_LOG: fetched.is_log_complete, Resource.POSITIONS: fetched.positions is not None}
    served = frozenset(one for one in fetched.resources if is_served.get(one, True))
    ledger = Ledger(**dict(zip(_ORDER, frames, strict=True)), fetched=served)
    return ledger, coverage_of(ledger, fetched, payout_iban, cash.recognised, notes)


def without_own(fetched: Fetched, own: Collection[tuple[str, int]]) -> Fetched:
    """What was read, without the expenses that the lender itself entered.

    Args:
        fetched: As read.
        own: Identifier and gross amount in cents, as entered. One of another amount is the firm's by now, and stays.
    """
    if not own:
        return fetched
    is_own = [
        (pl.col("id").cast(pl.String) == identifier) & (pl.col("gross_cents") == cents) & (pl.col("side") == "C")
        for identifier, cents in own
    ]
    return replace(fetched, vouchers=fetched.vouchers.filter(~pl.any_horizontal(is_own).fill_null(value=False)))


_SET_ASIDE = [
    BORROWER,
    pl.col("kind").cast(SET_ASIDE_KIND),
    pl.col("id").alias("document_id"),
    pl.col("reason").cast(SET_ASIDE_REASON),
    pl.col("field"),
]
_SET_ASIDE_SUMS = pl.col("net_cents", "gross_cents", "issued_on", "due_on", "category")


def _set_aside(fetched: Fetched, parties: Parties, fetched_on: date) -> pl.LazyFrame:
    """What could not be read, as far as it could."""
    customers = parties.contacts(fetched.set_aside["contact"]).alias("customer")
    recorded_on = pl.col("created_on").fill_null(fetched_on).alias("recorded_on")
    return fetched.set_aside.lazy().select(*_SET_ASIDE, customers, _SET_ASIDE_SUMS, recorded_on)


FOREIGN_CURRENCY = "foreign_currency"
"""Note: a document is in another currency; its euro value was used."""


def coverage_of(
    ledger: Ledger,
    fetched: Fetched,
    payout_iban: str | None,
    recognised: Recognised | None,
    notes: tuple[str, ...] = (),
) -> Coverage:
    """Counts, days, the check of the payout account, and notes.

    Args:
        ledger: Built of what was fetched.
        fetched: As read.
        payout_iban: From the application, in any spelling; none where it was not given.
        recognised: Of accounts and lines, where it was asked for.
        notes: Of documents.
    """
    issued = [frame["issued_on"] for frame in (ledger.invoices, ledger.bills, ledger.credit_notes)]
    happened = [frame["happened_on"] for frame in (ledger.payments, ledger.transactions)]
    days = pl.concat([*issued, *happened])
    first, last = days.min(), days.max()
    payout = [] if recognised is None else _payout_connections(recognised, payout_iban)
    return Coverage(
        invoice_count=ledger.invoices.height,
        bill_count=ledger.bills.height,
        payment_count=ledger.payments.height,
        transaction_count=ledger.transactions.height,
        account_count=ledger.accounts.height,
        payment_source=_payment_source(ledger),
        first_on=first if isinstance(first, date) else None,
        last_on=last if isinstance(last, date) else None,
        payout=_payout_check(fetched.accounts, payout_iban),
        fetched=tuple(sorted(resource.value for resource in fetched.resources)),
        notes=(
            *fetched.notes,
            *([FOREIGN_CURRENCY] if _has_foreign_currency(fetched) else []),
            *([FOREIGN_ACCOUNT] if has_foreign_account(fetched.accounts) else []),
            *(recognised.notes if recognised is not None else ()),
            *notes,
        ),
        bank_rules=fetched.bank_rules,
        set_aside=_first_set_aside(fetched.set_aside),
        set_aside_count=fetched.set_aside.height,
        set_aside_cents=_set_aside_cents(fetched.set_aside),
        bank_data_until=None if recognised is None else recognised.bank_data_until(payout),
        payout_fed_days=None if recognised is None else max(map(recognised.fed_days, payout), default=None),
    )


_WITH_NET: Final = ("sale", "bill", "credit_note", "unknown")
"""Kinds that have a net amount, too."""
_MOST_SET_ASIDE: Final = 20
"""That are named in the coverage; the others are counted."""


def _first_set_aside(frame: pl.DataFrame) -> tuple[SetAside, ...]:
    first = frame.head(_MOST_SET_ASIDE).select("kind", "id", "field", "reason")
    return tuple(SetAside(**row) for row in first.iter_rows(named=True))


def _set_aside_cents(frame: pl.DataFrame) -> int | None:
    """Amounts without signs; a reminder has none, and none is known of an account with all of its lines.

    A document of which only the net or the gross amount can be read says as little as one without both.
    """
    counted = frame.filter(pl.col("kind") != "reminder")
    is_half = pl.col("gross_cents").is_null() | (pl.col("kind").is_in(_WITH_NET) & pl.col("net_cents").is_null())
    if counted.select(is_half.any()).item():
        return None
    return int(counted["gross_cents"].abs().sum())


def _payment_source(ledger: Ledger) -> str:
    if ledger.payments.is_empty():
        return "none"
    is_logged = Resource.PAYMENT_LOG in ledger.fetched and (ledger.payments["source"] != "document").any()
    return "log" if is_logged else "documents"


def _payout_check(accounts: pl.DataFrame, payout_iban: str | None) -> PayoutCheck:
    """Whether the payout account is one of the online accounts in the books."""
    ibans = accounts.select_seq("kind", "iban").iter_rows()
    own = {compact(iban) for kind, iban in ibans if kind == "online" and iban is not None} - {""}
    wanted = compact(payout_iban)
    if not own or not wanted:
        return PayoutCheck.UNKNOWN
    return PayoutCheck.MATCH if wanted in own else PayoutCheck.MISMATCH


def _payout_connections(recognised: Recognised, payout_iban: str | None) -> list[int]:
    """Online accounts of the books under the number of the payout account."""
    wanted = compact(payout_iban)
    return [each.id for each in recognised.connections if wanted and each.kind == "online" and each.iban == wanted]


def _has_foreign_currency(fetched: Fetched) -> bool:
    frames = (fetched.invoices, fetched.credit_notes, fetched.vouchers)
    return any((frame["currency"] != "EUR").any() for frame in frames)
