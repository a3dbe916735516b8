"""The frames of a dataset folder, declared once more: the sandbox stands alone; a test compares the two."""

import polars as pl

DOCUMENT = pl.Enum(["invoice", "voucher", "credit_note"])
PAYMENT_SOURCE = pl.Enum(["bank", "register", "document"])
SETTLEMENT_CAUSE = pl.Enum(["discount", "write_off", "fee", "unknown"])
DATED_BY = pl.Enum(["last_booking", "pay_date", "as_of"])
ACCOUNT_KIND = pl.Enum(["online", "offline", "register"])
PROVENANCE = pl.Enum(["bank_feed", "file_import", "none"])
NATURE = pl.Enum(
    [
        "other",
        "returned_debit",
        "reminder_fee",
        "garnishment",
        "tax",
        "social_security",
        "debt_service",
        "loan_proceeds",
        "wages",
        "rent",
        "owner_drawing",
        "owner_contribution",
    ]
)

LEDGER: dict[str, pl.Schema] = {
    "invoices": pl.Schema(
        {
            "borrower": pl.Int64(),
            "document": DOCUMENT,
            "document_id": pl.Int64(),
            "customer": pl.Int64(),
            "issued_on": pl.Date(),
            "due_on": pl.Date(),
            "is_due_assumed": pl.Boolean(),
            "discount_days": pl.Int32(),
            "net_cents": pl.Int64(),
            "gross_cents": pl.Int64(),
            "recorded_on": pl.Date(),
        }
    ),
    "bills": pl.Schema(
        {
            "borrower": pl.Int64(),
            "document_id": pl.Int64(),
            "supplier": pl.Int64(),
            "issued_on": pl.Date(),
            "due_on": pl.Date(),
            "is_due_assumed": pl.Boolean(),
            "net_cents": pl.Int64(),
            "gross_cents": pl.Int64(),
            "recorded_on": pl.Date(),
        }
    ),
    "payments": pl.Schema(
        {
            "borrower": pl.Int64(),
            "document": DOCUMENT,
            "document_id": pl.Int64(),
            "transaction_id": pl.Int64(),
            "amount_cents": pl.Int64(),
            "source": PAYMENT_SOURCE,
            "happened_on": pl.Date(),
            "recorded_on": pl.Date(),
        }
    ),
    "settlements": pl.Schema(
        {
            "borrower": pl.Int64(),
            "document": DOCUMENT,
            "document_id": pl.Int64(),
            "amount_cents": pl.Int64(),
            "cause": SETTLEMENT_CAUSE,
            "dated_by": DATED_BY,
            "happened_on": pl.Date(),
            "recorded_on": pl.Date(),
        }
    ),
    "credit_notes": pl.Schema(
        {
            "borrower": pl.Int64(),
            "document_id": pl.Int64(),
            "invoice_id": pl.Int64(),
            "customer": pl.Int64(),
            "issued_on": pl.Date(),
            "net_cents": pl.Int64(),
            "gross_cents": pl.Int64(),
            "recorded_on": pl.Date(),
        }
    ),
    "cancellations": pl.Schema(
        {
            "borrower": pl.Int64(),
            "document_id": pl.Int64(),
            "invoice_id": pl.Int64(),
            "happened_on": pl.Date(),
            "recorded_on": pl.Date(),
        }
    ),
    "reminders": pl.Schema(
        {
            "borrower": pl.Int64(),
            "document_id": pl.Int64(),
            "invoice_id": pl.Int64(),
            "level": pl.Int32(),
            "happened_on": pl.Date(),
            "recorded_on": pl.Date(),
        }
    ),
    "accounts": pl.Schema(
        {
            "borrower": pl.Int64(),
            "account_id": pl.Int64(),
            "kind": ACCOUNT_KIND,
            "provenance": PROVENANCE,
            "recorded_on": pl.Date(),
        }
    ),
    "balances": pl.Schema(
        {
            "borrower": pl.Int64(),
            "account_id": pl.Int64(),
            "level_cents": pl.Int64(),
            "is_level_verified": pl.Boolean(),
            "happened_on": pl.Date(),
            "recorded_on": pl.Date(),
        }
    ),
    "transactions": pl.Schema(
        {
            "borrower": pl.Int64(),
            "transaction_id": pl.Int64(),
            "account_id": pl.Int64(),
            "amount_cents": pl.Int64(),
            "nature": NATURE,
            "is_internal": pl.Boolean(),
            "counterparty": pl.Int64(),
            "happened_on": pl.Date(),
            "recorded_on": pl.Date(),
        }
    ),
}
"""Frame name to schema, column order included."""

SPINE = pl.Schema({"borrower": pl.Int64(), "as_of": pl.Date(), "is_reconstructed": pl.Boolean()})
REPAYMENTS = pl.Schema(
    {
        "borrower": pl.Int64(),
        "as_of": pl.Date(),
        "instalment": pl.Int32(),
        "due_on": pl.Date(),
        "due_cents": pl.Int64(),
        "paid_on": pl.Date(),
        "observed_until": pl.Date(),
    }
)
RESOURCES = (
    "accounts",
    "balances",
    "credit_notes",
    "invoices",
    "payment_log",
    "reminders",
    "transactions",
    "vouchers",
)
"""What a simulated dataset holds: everything that can be asked of a bookkeeping system."""
