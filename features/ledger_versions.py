"""Earlier versions of the ledger, and how their facts become a ledger of today: what was stored outlives the code.

How to change the ledger: change ``SCHEMAS`` (and ``Ledger``, ``Resource``), raise ``LEDGER_VERSION``, and add the new
version to ``VERSIONS``. A released version is never edited: ``tests/unit/features/test_ledger_versions.py`` pins each.

What may change: a frame is added, with a resource of its own; a column is added; an Enum gets more values; whole
numbers, such as ids, become whole numbers of another size, or text. Nothing is taken away.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import polars as pl

from features.ledger import SCHEMAS, Ledger, Resource


class LedgerVersionError(ValueError):
    """Stored facts that are no ledger of their version, or that cannot become one of today."""


class LedgerVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The structure of a ledger in one version."""

    frames: Mapping[str, pl.Schema]
    """Frame name to its exact schema, column order included."""
    resources: frozenset[str]
    """What could be asked for."""
    defaults: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    """Of columns that this version added, by frame: their value in facts from before. Null where none is given."""


_BORROWER, _ID, _CENTS, _DAY, _FLAG = pl.Int64(), pl.Int64(), pl.Int64(), pl.Date(), pl.Boolean()
_DOCUMENT = pl.Enum(["invoice", "voucher", "credit_note"])

_FIRST = LedgerVersion(
    frames={
        "invoices": pl.Schema(
            {
                "borrower": _BORROWER,
                "document": _DOCUMENT,
                "document_id": _ID,
                "customer": _ID,
                "issued_on": _DAY,
                "due_on": _DAY,
                "is_due_assumed": _FLAG,
                "discount_days": pl.Int32(),
                "net_cents": _CENTS,
                "gross_cents": _CENTS,
                "recorded_on": _DAY,
            }
        ),
        "bills": pl.Schema(
            {
                "borrower": _BORROWER,
                "document_id": _ID,
                "supplier": _ID,
                "issued_on": _DAY,
                "due_on": _DAY,
                "is_due_assumed": _FLAG,
                "net_cents": _CENTS,
                "gross_cents": _CENTS,
                "recorded_on": _DAY,
            }
        ),
        "payments": pl.Schema(
            {
                "borrower": _BORROWER,
                "document": _DOCUMENT,
                "document_id": _ID,
                "transaction_id": _ID,
                "amount_cents": _CENTS,
                "source": pl.Enum(["bank", "register", "document"]),
                "happened_on": _DAY,
                "recorded_on": _DAY,
            }
        ),
        "settlements": pl.Schema(
            {
                "borrower": _BORROWER,
                "document": _DOCUMENT,
                "document_id": _ID,
                "amount_cents": _CENTS,
                "cause": pl.Enum(["discount", "write_off", "fee", "unknown"]),
                "dated_by": pl.Enum(["last_booking", "pay_date", "as_of"]),
                "happened_on": _DAY,
                "recorded_on": _DAY,
            }
        ),
        "credit_notes": pl.Schema(
            {
                "borrower": _BORROWER,
                "document_id": _ID,
                "invoice_id": _ID,
                "customer": _ID,
                "issued_on": _DAY,
                "net_cents": _CENTS,
                "gross_cents": _CENTS,
                "recorded_on": _DAY,
            }
        ),
        "cancellations": pl.Schema(
            {
                "borrower": _BORROWER,
                "document_id": _ID,
                "invoice_id": _ID,
                "happened_on": _DAY,
                "recorded_on": _DAY,
            }
        ),
        "reminders": pl.Schema(
            {
                "borrower": _BORROWER,
                "document_id": _ID,
                "invoice_id": _ID,
                "level": pl.Int32(),
                "happened_on": _DAY,
                "recorded_on": _DAY,
            }
        ),
        "accounts": pl.Schema(
            {
                "borrower": _BORROWER,
                "account_id": _ID,
                "kind": pl.Enum(["online", "offline", "register"]),
                "provenance": pl.Enum(["bank_feed", "file_import", "none"]),
                "recorded_on": _DAY,
            }
        ),
        "balances": pl.Schema(
            {
                "borrower": _BORROWER,
                "account_id": _ID,
                "level_cents": _CENTS,
                "is_level_verified": _FLAG,
                "happened_on": _DAY,
                "recorded_on": _DAY,
            }
        ),
        "transactions": pl.Schema(
            {
                "borrower": _BORROWER,
                "transaction_id": _ID,
                "account_id": _ID,
                "amount_cents": _CENTS,
                "nature": pl.Enum(
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
                ),
                "is_internal": _FLAG,
                "counterparty": _ID,
                "happened_on": _DAY,
                "recorded_on": _DAY,
            }
        ),
    },
    resources=frozenset(
        {
            "invoices",
            "reminders",
            "credit_notes",
            "vouchers",
            "accounts",
            "balances",
            "transactions",
            "payment_log",
        }
    ),
)

_CATEGORY_2 = pl.Enum(
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
_SECOND = LedgerVersion(
    frames={
        **{name: _FIRST.frames[name] for name in ("payments", "settlements", "credit_notes")},
        **{name: _FIRST.frames[name] for name in ("cancellations", "reminders", "balances")},
        "invoices": pl.Schema(
            {
                **_FIRST.frames["invoices"],
                "sent_on": _DAY,
                "is_duplicate": _FLAG,
                "duplicate_until": _DAY,
                "sold_on": _DAY,
                "retention_cents": _CENTS,
                "retained_since": _DAY,
                "retained_until": _DAY,
            }
        ),
        "bills": pl.Schema({**_FIRST.frames["bills"], "is_duplicate": _FLAG, "duplicate_until": _DAY}),
        "accounts": pl.Schema(
            {
                **_FIRST.frames["accounts"],
                "bank_account_id": _ID,
                "feed": pl.Enum(["current", "stale", "none"]),
                "covered_until": _DAY,
            }
        ),
        "transactions": pl.Schema(
            {
                **_FIRST.frames["transactions"],
                "bank_account_id": _ID,
                "counterparty_account": _ID,
                "category": _CATEGORY_2,
                "certainty": pl.Enum(["certain", "probable"]),
                "rule": pl.String(),
                "transfer": pl.Enum(["none", "link", "account", "card", "entered", "own_name", "amount"]),
                "is_fed": _FLAG,
                "is_duplicate": _FLAG,
            }
        ),
        "levels": pl.Schema(
            {
                "borrower": _BORROWER,
                "bank_account_id": _ID,
                "level_cents": _CENTS,
                "state": pl.Enum(["verified", "stale", "unverified", "unused"]),
                "happened_on": _DAY,
                "recorded_on": _DAY,
            }
        ),
        "closings": pl.Schema(
            {
                "borrower": _BORROWER,
                "document": _DOCUMENT,
                "document_id": _ID,
                "transaction_id": _ID,
                "amount_cents": _CENTS,
                "means": pl.Enum(
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
                ),
                "is_day_known": _FLAG,
                "happened_on": _DAY,
                "recorded_on": _DAY,
            }
        ),
        "set_aside": pl.Schema(
            {
                "borrower": _BORROWER,
                "kind": pl.Enum(
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
                ),
                "document_id": _ID,
                "reason": pl.Enum(["missing", "unreadable", "out_of_range"]),
                "field": pl.String(),
                "customer": _ID,
                "net_cents": _CENTS,
                "gross_cents": _CENTS,
                "issued_on": _DAY,
                "due_on": _DAY,
                "category": _CATEGORY_2,
                "recorded_on": _DAY,
            }
        ),
    },
    resources=_FIRST.resources | {"recognition"},
    defaults={
        "invoices": {"is_duplicate": False, "retention_cents": 0},
        "bills": {"is_duplicate": False},
        "accounts": {"feed": "none"},
        "transactions": {
            "category": "other",
            "certainty": "probable",
            "transfer": "none",
            "is_fed": False,
            "is_duplicate": False,
        },
    },
)

_TAX_3 = pl.Enum(
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
_THIRD = LedgerVersion(
    frames={
        **_SECOND.frames,
        "invoices": pl.Schema(
            {
                **_SECOND.frames["invoices"],
                "series": _ID,
                "number": pl.Int64(),
                "locked_on": _DAY,
                "edited_on": _DAY,
                "is_blank": _FLAG,
                "is_recurring": _FLAG,
                "tax": _TAX_3,
            }
        ),
        "bills": pl.Schema(
            {**_SECOND.frames["bills"], "edited_on": _DAY, "is_blank": _FLAG, "has_scan": _FLAG, "tax": _TAX_3}
        ),
        "credit_notes": pl.Schema({**_SECOND.frames["credit_notes"], "tax": _TAX_3}),
        "transactions": pl.Schema(
            {
                **_SECOND.frames["transactions"],
                "booking": pl.Enum(["created", "linked", "private", "booked"]),
                "funder": pl.String(),
            }
        ),
        "positions": pl.Schema(
            {
                "borrower": _BORROWER,
                "document": _DOCUMENT,
                "document_id": _ID,
                "position_id": _ID,
                "item": _ID,
                "account": _ID,
                "kind": pl.Enum(
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
                ),
                "net_cents": _CENTS,
                "gross_cents": _CENTS,
                "recorded_on": _DAY,
            }
        ),
    },
    resources=_SECOND.resources | {"marks", "positions", "taxes"},
)

VERSIONS: Mapping[int, LedgerVersion] = MappingProxyType({1: _FIRST, 2: _SECOND, 3: _THIRD})
"""Every version that was ever stored. Literal on purpose: what changes in ``features.ledger`` must not change these."""


def version_of(number: int) -> LedgerVersion:
    """The structure of this version.

    Raises:
        LedgerVersionError: this code does not know it.
    """
    known = VERSIONS.get(number)
    if known is None:
        raise LedgerVersionError(f"the ledger has version {number}; known are versions up to {max(VERSIONS)}")
    return known


def upgrade(frames: Mapping[str, pl.DataFrame], fetched: frozenset[str], number: int) -> Ledger:
    """Make a ledger of today of stored facts: frames that did not exist yet are empty, and not fetched.

    Args:
        frames: by name, as they were stored; the order of their columns does not matter.
        fetched: names of the resources that were asked for.
        number: version of the ledger that they were stored as.

    Raises:
        LedgerVersionError: the version is not known, the facts are not of its structure, or a value does not fit
            into today's column; the message names frame and column.
    """
    before = version_of(number)
    if strange := sorted(fetched - before.resources):
        raise LedgerVersionError(f"version {number} of the ledger has no resource {strange[0]!r}")
    if strange := sorted(frames.keys() - before.frames.keys()):
        raise LedgerVersionError(f"version {number} of the ledger has no frame {strange[0]!r}")
    for name, schema in before.frames.items():
        if name not in frames:
            raise LedgerVersionError(f"frame {name!r} is missing")
        if differs := difference(frames[name].schema, schema):
            raise LedgerVersionError(f"frame {name!r}: {differs}")
    later = [VERSIONS[step].defaults for step in sorted(VERSIONS) if step > number]
    made = {}
    for name, schema in SCHEMAS.items():
        defaults = {column: value for step in later for column, value in step.get(name, {}).items()}
        stored = frames[name] if name in before.frames else pl.DataFrame(schema=schema)
        made[name] = conform(name, stored, schema, defaults)
    return Ledger(**made, fetched=frozenset(Resource(name) for name in fetched))


def difference(found: pl.Schema, expected: pl.Schema) -> str | None:
    """The first column that is missing, too many, or of another type, in words; their order does not matter."""
    for column in [*expected, *(column for column in found if column not in expected)]:
        if found.get(column) != expected.get(column):
            return f"column {column} is {found.get(column)}, not {expected.get(column)}"
    return None


def conform(name: str, frame: pl.DataFrame, schema: pl.Schema, defaults: Mapping[str, Any]) -> pl.DataFrame:
    """The frame with the columns of a later schema.

    Raises:
        LedgerVersionError: the later schema lacks a column, has a type that facts cannot be carried over to, or one
            that a value does not fit into.
    """
    if frame.schema == schema:
        return frame  # as it is in every snapshot of this version
    if gone := sorted(set(frame.schema) - set(schema)):
        raise LedgerVersionError(f"frame {name!r}: column {gone[0]} has no place in the ledger of today")
    return frame.select(
        _carried(name, frame[column], dtype)
        if column in frame.schema
        else pl.lit(defaults.get(column), dtype=dtype).alias(column)
        for column, dtype in schema.items()
    )


def _carried(name: str, values: pl.Series, dtype: pl.DataType) -> pl.Series:
    """The values of one column in a later type."""
    if values.dtype == dtype:
        return values
    if not _can_become(values.dtype, dtype):
        raise LedgerVersionError(f"frame {name!r}: column {values.name} cannot become {dtype} from {values.dtype}")
    try:
        # the names of an Enum count, not their positions: a value may be added anywhere
        return (values.cast(pl.String) if isinstance(dtype, pl.Enum) else values).cast(dtype)
    except pl.exceptions.InvalidOperationError:
        raise LedgerVersionError(f"frame {name!r}: a value of column {values.name} does not fit into {dtype}") from None


def _can_become(before: pl.DataType, after: pl.DataType) -> bool:
    """Whether every value keeps its meaning."""
    if isinstance(before, pl.Enum):
        return isinstance(after, pl.Enum) and set(before.categories) <= set(after.categories)
    return before.is_integer() and (after.is_integer() or after == pl.String())
