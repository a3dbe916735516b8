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
CATEGORY = pl.Enum(
    [
        "other",
        "customer_receipt",
        "collected_debit",
        "provider_payout",
        "factoring_payout",
        "cash_deposit",
        "loan_proceeds",
        "owner_contribution",
        "subsidy",
        "tax_refund",
        "insurance_benefit",
        "refund_received",
        "customer_insolvency",
        "enforced_receipt",
        "interest_received",
        "supplier",
        "wages",
        "wage_garnishment",
        "social_security",
        "vat",
        "payroll_tax",
        "income_tax",
        "trade_tax",
        "other_tax",
        "rent",
        "utilities",
        "communication",
        "insurance",
        "vehicle",
        "advertising",
        "software",
        "professional_fees",
        "chamber_dues",
        "travel",
        "shipping",
        "loan_service",
        "lease",
        "factoring_fee",
        "provider_fee",
        "card_settlement",
        "owner_drawing",
        "refund_paid",
        "cash_withdrawal",
        "bank_fee",
        "return_fee",
        "reminder_fee",
        "garnishment",
        "enforcement_cost",
        "insolvency_own",
        "returned_debit",
        "returned_objection",
        "returned_customer_debit",
        "transfer",
    ]
)
CERTAINTY = pl.Enum(["certain", "probable"])
TRANSFER = pl.Enum(["none", "link", "account", "card", "entered", "own_name", "amount"])
FEED = pl.Enum(["current", "stale", "none"])
LEVEL_STATE = pl.Enum(["verified", "stale", "unverified", "unused"])
MEANS = pl.Enum(
    [
        "bank",
        "manual",
        "register",
        "provider",
        "stated",
        "set_off",
        "discount",
        "fee",
        "clearing",
        "short",
    ]
)
SET_ASIDE_KIND = pl.Enum(
    [
        "sale",
        "bill",
        "credit_note",
        "cancellation",
        "reminder",
        "account",
        "bank_line",
        "log_entry",
        "unknown",
    ]
)
SET_ASIDE_REASON = pl.Enum(["missing", "unreadable", "out_of_range"])
TAX = pl.Enum(
    [
        "standard",
        "exempt",
        "reverse_charge",
        "intra_community",
        "export",
        "not_taxable",
        "one_stop_shop",
        "small_business",
        "not_deductible",
        "other",
    ]
)
BOOKING = pl.Enum(["created", "linked", "private", "booked"])
COST_KIND = pl.Enum(
    [
        "revenue",
        "other_income",
        "material",
        "wages",
        "social_security",
        "rent",
        "utilities",
        "vehicle",
        "advertising",
        "travel",
        "communication",
        "insurance",
        "professional_fees",
        "repairs",
        "other_cost",
        "depreciation",
        "interest",
        "tax",
        "loan",
        "lease",
        "owner",
        "asset",
        "unmapped",
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
            "sent_on": pl.Date(),
            "is_duplicate": pl.Boolean(),
            "duplicate_until": pl.Date(),
            "sold_on": pl.Date(),
            "retention_cents": pl.Int64(),
            "retained_since": pl.Date(),
            "retained_until": pl.Date(),
            "series": pl.Int64(),
            "number": pl.Int64(),
            "locked_on": pl.Date(),
            "edited_on": pl.Date(),
            "is_blank": pl.Boolean(),
            "is_recurring": pl.Boolean(),
            "tax": TAX,
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
            "is_duplicate": pl.Boolean(),
            "duplicate_until": pl.Date(),
            "edited_on": pl.Date(),
            "is_blank": pl.Boolean(),
            "has_scan": pl.Boolean(),
            "tax": TAX,
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
            "tax": TAX,
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
            "bank_account_id": pl.Int64(),
            "feed": FEED,
            "covered_until": pl.Date(),
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
            "bank_account_id": pl.Int64(),
            "counterparty_account": pl.Int64(),
            "category": CATEGORY,
            "certainty": CERTAINTY,
            "rule": pl.String(),
            "transfer": TRANSFER,
            "is_fed": pl.Boolean(),
            "is_duplicate": pl.Boolean(),
            "booking": BOOKING,
            "funder": pl.String(),
        }
    ),
    "levels": pl.Schema(
        {
            "borrower": pl.Int64(),
            "bank_account_id": pl.Int64(),
            "level_cents": pl.Int64(),
            "state": LEVEL_STATE,
            "happened_on": pl.Date(),
            "recorded_on": pl.Date(),
        }
    ),
    "closings": pl.Schema(
        {
            "borrower": pl.Int64(),
            "document": DOCUMENT,
            "document_id": pl.Int64(),
            "transaction_id": pl.Int64(),
            "amount_cents": pl.Int64(),
            "means": MEANS,
            "is_day_known": pl.Boolean(),
            "happened_on": pl.Date(),
            "recorded_on": pl.Date(),
        }
    ),
    "set_aside": pl.Schema(
        {
            "borrower": pl.Int64(),
            "kind": SET_ASIDE_KIND,
            "document_id": pl.Int64(),
            "reason": SET_ASIDE_REASON,
            "field": pl.String(),
            "customer": pl.Int64(),
            "net_cents": pl.Int64(),
            "gross_cents": pl.Int64(),
            "issued_on": pl.Date(),
            "due_on": pl.Date(),
            "category": CATEGORY,
            "recorded_on": pl.Date(),
        }
    ),
    "positions": pl.Schema(
        {
            "borrower": pl.Int64(),
            "document": DOCUMENT,
            "document_id": pl.Int64(),
            "position_id": pl.Int64(),
            "item": pl.Int64(),
            "account": pl.Int64(),
            "kind": COST_KIND,
            "net_cents": pl.Int64(),
            "gross_cents": pl.Int64(),
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
SEGMENTS = pl.Schema(
    {"borrower": pl.Int64(), "legal_form": pl.String(), "founded_on": pl.Date(), "sector": pl.String()}
)
"""What a lender knows of a firm that no book says."""
RESOURCES = (
    "accounts",
    "balances",
    "credit_notes",
    "invoices",
    "payment_log",
    "recognition",
    "reminders",
    "transactions",
    "vouchers",
)
"""What a simulated dataset holds: all that models learn from. Marks and positions are for policies and people."""
