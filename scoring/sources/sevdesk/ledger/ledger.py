"""What was read from sevdesk to the ledger: here sevdesk ends, and names, texts and IBANs with it."""

from datetime import date

import polars as pl

from features.collecting import collect, collect_all
from features.ledger import SCHEMAS, Ledger, Resource
from scoring.decisions.decision import FOREIGN_ACCOUNT, Coverage
from scoring.sources.sevdesk.ledger import cash, documents, payments
from scoring.sources.sevdesk.ledger.parties import Parties
from scoring.sources.sevdesk.words.fetched import Fetched

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
        The ledger, whose ``fetched`` lacks the payment log where sevdesk does not serve all of it; and the coverage,
        whose ``fetched`` is what was asked for.

    Raises:
        UnexpectedAnswerError: A fact lacks a value that every fact has; names resource, field and object.
        ValueError: The hash key is too short or too long.
    """
    plans = _plans(fetched, fetched_on, Parties(hash_key))
    served = fetched.resources - (set() if fetched.is_log_complete else {Resource.PAYMENT_LOG})
    frames = collect_all(*(plans[name].sort(order) for name, order in _ORDER.items()))
    ledger = Ledger(**dict(zip(_ORDER, frames, strict=True)), fetched=served)
    return ledger, _coverage(ledger, fetched, payout_iban)


def _plans(fetched: Fetched, fetched_on: date, parties: Parties) -> dict[str, pl.LazyFrame]:
    """The frames of the ledger as far as they can wait to be computed together."""
    facts = documents.facts(fetched.invoices, fetched.vouchers, fetched.credit_notes, fetched.reminders)
    payables, lines = collect_all(payments.payables(facts), _lines(fetched, parties))
    log, bookings = fetched.payment_log, None
    if log is not None:
        bookings = payments.bookings(log, payables, fetched.transactions, fetched.accounts)
    balanced = collect(payments.balanced(payables, bookings))
    return {
        "invoices": documents.invoices(facts, parties),
        "bills": documents.bills(facts, parties),
        "payments": payments.payments(bookings, balanced, fetched_on),
        "settlements": payments.settlements(bookings, balanced, facts, fetched_on),
        "credit_notes": documents.credit_notes(facts, parties),
        "cancellations": documents.cancellations(facts),
        "reminders": documents.reminders(facts),
        **_cash_plans(fetched, fetched_on, lines),
    }


def _lines(fetched: Fetched, parties: Parties) -> pl.LazyFrame:
    """Bank lines, where they or the levels that they make were asked for; the payment log alone needs none."""
    if not fetched.resources & {Resource.TRANSACTIONS, Resource.BALANCES}:
        return pl.LazyFrame(schema=SCHEMAS["transactions"])
    return cash.transactions(fetched.transactions, fetched.accounts, parties)


def _cash_plans(fetched: Fetched, fetched_on: date, lines: pl.DataFrame) -> dict[str, pl.LazyFrame]:
    """Frames of accounts: read for the payment log and the balances too, handed on only where they were asked for."""
    asked = fetched.resources
    plans = {name: pl.LazyFrame(schema=SCHEMAS[name]) for name in ("accounts", "transactions", "balances")}
    if not asked & {Resource.ACCOUNTS, Resource.TRANSACTIONS, Resource.BALANCES}:
        return plans
    accounts = cash.accounts(fetched.accounts)
    if Resource.ACCOUNTS in asked:
        plans["accounts"] = accounts.lazy()
    if Resource.TRANSACTIONS in asked:
        plans["transactions"] = lines.lazy()
    if Resource.BALANCES in asked:
        plans["balances"] = cash.balances(fetched.accounts, accounts, lines, fetched.levels, fetched_on).lazy()
    return plans


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
