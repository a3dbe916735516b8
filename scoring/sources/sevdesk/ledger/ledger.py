"""What was read from sevdesk to the ledger: here sevdesk ends, and names, texts and IBANs with it."""

from datetime import date

from features.collecting import collect_all
from features.ledger import Ledger, Resource
from scoring.decisions.decision import Coverage
from scoring.sources.sevdesk.ledger.cash import build_cash
from scoring.sources.sevdesk.ledger.coverage import coverage_of
from scoring.sources.sevdesk.ledger.documents import build_documents
from scoring.sources.sevdesk.ledger.parties import Parties
from scoring.sources.sevdesk.ledger.settlements import build_settlements
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
    parties = Parties(hash_key)
    documents, document_frames = build_documents(fetched, parties)
    settlement_frames = build_settlements(fetched, documents, fetched_on)
    cash_frames = build_cash(fetched, parties, fetched_on)

    plans = document_frames | settlement_frames | cash_frames
    frames = collect_all(*(plans[name].sort(order) for name, order in _ORDER.items()))
    served = fetched.resources - (set() if fetched.is_log_complete else {Resource.PAYMENT_LOG})
    ledger = Ledger(**dict(zip(_ORDER, frames, strict=True)), fetched=served)
    return ledger, coverage_of(ledger, fetched, payout_iban)
