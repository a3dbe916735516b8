"""What was read from sevdesk to the ledger: here sevdesk ends, and names, texts and IBANs with it."""

from datetime import date

import polars as pl

from features.ledger import SCHEMAS, Ledger, Resource
from scoring.decisions.decision import FOREIGN_ACCOUNT, Coverage
from scoring.sevdesk import cash, documents, payments
from scoring.sevdesk.client import Fetched
from scoring.sevdesk.parties import Parties

FOREIGN_CURRENCY = "foreign_currency"
"""Note: a document is in another currency; its euro value was used."""
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
}
"""sevdesk promises no order; with this one the same books always make the same bytes."""


def build_ledger(
    fetched: Fetched, *, fetched_on: date, hash_key: bytes, payout_iban: str | None
) -> tuple[Ledger, Coverage]:
    """Dated facts of one borrower, and what the books held.

    Args:
        fetched: From ``SevdeskClient.fetch``.
        fetched_on: The same day that was given to ``fetch``.
        hash_key: Secret of this borrower, 16 to 64 bytes; see ``Parties``.
        payout_iban: Of the application, for the check against the accounts.

    Returns:
        The ledger, whose ``fetched`` lacks the payment log where sevdesk does not serve it; and the coverage, whose
        ``fetched`` is what was asked for.

    Raises:
        UnexpectedAnswerError: A fact lacks a value that every fact has; names resource, field and object.
        ValueError: The hash key is too short or too long.
    """
    frames = _frames(fetched, fetched_on, Parties(hash_key))
    served = fetched.resources - ({Resource.PAYMENT_LOG} if fetched.payment_log is None else set())
    ledger = Ledger(**{name: frames[name].sort(order) for name, order in _ORDER.items()}, fetched=served)
    return ledger, _coverage(ledger, fetched, payout_iban)


def _frames(fetched: Fetched, fetched_on: date, parties: Parties) -> dict[str, pl.DataFrame]:
    invoices = documents.sent_invoices(fetched.invoices)
    revenue = documents.valid_vouchers(fetched.vouchers, "D")
    expenses = documents.valid_vouchers(fetched.vouchers, "C")
    notes = documents.sent_credit_notes(fetched.credit_notes)
    cancellations = documents.cancellations(fetched.invoices)
    payables = payments.documents(invoices, revenue, expenses, notes)
    log, bookings = fetched.payment_log, None
    if log is not None:
        bookings = payments.bookings(log, payables, fetched.transactions, fetched.accounts)
    balanced = payments.balanced(payables, bookings)
    return {
        "invoices": documents.invoices(invoices, revenue, parties),
        "bills": documents.bills(expenses, parties),
        "payments": payments.payments(bookings, balanced, fetched_on),
        "settlements": payments.settlements(bookings, balanced, notes, cancellations["invoice_id"], fetched_on),
        "credit_notes": documents.credit_notes(notes, parties),
        "cancellations": cancellations,
        "reminders": documents.reminders(fetched.reminders),
        **_cash_frames(fetched, fetched_on, parties),
    }


def _cash_frames(fetched: Fetched, fetched_on: date, parties: Parties) -> dict[str, pl.DataFrame]:
    """Frames of accounts: read for the payment log and the balances too, handed on only where they were asked for."""
    asked = fetched.resources
    empty = {name: pl.DataFrame(schema=SCHEMAS[name]) for name in ("accounts", "transactions", "balances")}
    if not asked & {Resource.ACCOUNTS, Resource.TRANSACTIONS, Resource.BALANCES}:
        return empty
    accounts = cash.accounts(fetched.accounts)
    lines = empty["transactions"]
    if asked & {Resource.TRANSACTIONS, Resource.BALANCES}:
        lines = cash.transactions(fetched.transactions, fetched.accounts, parties)
    frames = {
        "accounts": (Resource.ACCOUNTS, accounts),
        "transactions": (Resource.TRANSACTIONS, lines),
        "balances": (
            Resource.BALANCES,
            cash.balances(fetched.accounts, accounts, lines, fetched.levels, fetched_on),
        ),
    }
    return {name: frame if resource in asked else empty[name] for name, (resource, frame) in frames.items()}


def _coverage(ledger: Ledger, fetched: Fetched, payout_iban: str | None) -> Coverage:
    issued = [frame["issued_on"] for frame in (ledger.invoices, ledger.bills, ledger.credit_notes)]
    happened = [frame["happened_on"] for frame in (ledger.payments, ledger.transactions)]
    days = pl.concat([*issued, *happened])
    first, last = days.min(), days.max()
    return Coverage(
        invoice_count=ledger.invoices.height,
        bill_count=ledger.bills.height,
        payment_count=ledger.payments.height,
        transaction_count=ledger.transactions.height,
        account_count=ledger.accounts.height,
        payment_source=_payment_source(ledger),
        first_on=first if isinstance(first, date) else None,
        last_on=last if isinstance(last, date) else None,
        payout=cash.payout_check(fetched.accounts, payout_iban),
        fetched=tuple(sorted(resource.value for resource in fetched.resources)),
        notes=(
            *fetched.notes,
            *([FOREIGN_CURRENCY] if _has_foreign_currency(fetched) else []),
            *([FOREIGN_ACCOUNT] if cash.has_foreign_account(fetched.accounts) else []),
        ),
    )


def _payment_source(ledger: Ledger) -> str:
    if ledger.payments.is_empty():
        return "none"
    is_logged = Resource.PAYMENT_LOG in ledger.fetched and (ledger.payments["source"] != "document").any()
    return "log" if is_logged else "documents"


def _has_foreign_currency(fetched: Fetched) -> bool:
    frames = (fetched.invoices, fetched.credit_notes, fetched.vouchers)
    return any((frame["currency"] != "EUR").any() for frame in frames)
