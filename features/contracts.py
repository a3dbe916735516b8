"""The contracts of ledger frames and spine: full schemas for import and export, a cheap check for every chunk.

Both reject the same ledgers. The schemas (``validate_ledger``) say which rule fails in how many rows of a frame; the
cheap check (``check_ledger``) reads only smallest and largest values, null counts and numbers of distinct keys.

A payment, reminder, cancellation or credit note may name a document that is not there (older than what was fetched, or
a draft), and a bank line an account that was deleted. A level belongs to a known account, and a voucher to one side.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import ClassVar

import dataframely as dy
import polars as pl

from features import ledger as facts
from features.ledger import SCHEMAS, Ledger
from features.spine import SPINE

MAX_CENTS = 10**13
"""One hundred thousand million euro: far above any small firm, and low enough for sums in 64 bits."""
FIRST_DAY = date(1970, 1, 1)
LAST_DAY = date(2199, 12, 31)


class LedgerError(ValueError):
    """A ledger that breaks its contract: an error in what built the ledger, not in the request."""

    def __init__(self, *, frame: str, rule: str, row_count: int) -> None:
        super().__init__(
            f"Frame '{frame}' breaks the rule '{rule}' of the ledger in {row_count} rows. Correct what builds it."
        )
        self.frame = frame
        self.rule = rule
        self.row_count = row_count


def _cents(*, minimum: int = -MAX_CENTS) -> dy.Int64:
    return dy.Int64(nullable=False, min=minimum, max=MAX_CENTS)


def _day(*, primary_key: bool = False) -> dy.Date:
    return dy.Date(nullable=False, min=FIRST_DAY, max=LAST_DAY, primary_key=primary_key)


def _day_or_none() -> dy.Date:
    return dy.Date(nullable=True, min=FIRST_DAY, max=LAST_DAY)


def _id(*, nullable: bool = False) -> dy.Int64:
    return dy.Int64(nullable=nullable)


class InvoiceSchema(dy.Schema):
    """Sales documents: one row per document."""

    borrower = dy.Int64(primary_key=True)
    document = dy.Enum(facts.DOCUMENT.categories, primary_key=True, check=lambda column: column != "credit_note")
    document_id = dy.Int64(primary_key=True)
    customer = _id(nullable=True)
    issued_on = _day()
    due_on = _day()
    is_due_assumed = dy.Bool(nullable=False)
    discount_days = dy.Int32(nullable=True, min=0)
    net_cents = _cents()
    gross_cents = _cents()
    recorded_on = _day()
    sent_on = _day_or_none()
    is_duplicate = dy.Bool(nullable=False)
    duplicate_until = _day_or_none()
    sold_on = _day_or_none()
    retention_cents = _cents(minimum=0)
    retained_since = _day_or_none()
    retained_until = _day_or_none()
    series = _id(nullable=True)
    number = dy.Int64(nullable=True, min=0)
    locked_on = _day_or_none()
    edited_on = _day_or_none()
    is_blank = dy.Bool(nullable=True)
    is_recurring = dy.Bool(nullable=True)
    tax = dy.Enum(facts.TAX.categories, nullable=True)

    @dy.rule()
    def due_not_before_issue(cls) -> pl.Expr:
        """Only for invoices: the due date of a voucher is typed in by hand."""
        return (pl.col("document") != "invoice") | (pl.col("due_on") >= pl.col("issued_on"))


class BillSchema(dy.Schema):
    """Bills of suppliers: one row per voucher."""

    borrower = dy.Int64(primary_key=True)
    document_id = dy.Int64(primary_key=True)
    supplier = _id(nullable=True)
    issued_on = _day()
    due_on = _day()
    is_due_assumed = dy.Bool(nullable=False)
    net_cents = _cents()
    gross_cents = _cents()
    recorded_on = _day()
    is_duplicate = dy.Bool(nullable=False)
    duplicate_until = _day_or_none()
    edited_on = _day_or_none()
    is_blank = dy.Bool(nullable=True)
    has_scan = dy.Bool(nullable=True)
    tax = dy.Enum(facts.TAX.categories, nullable=True)


class PaymentSchema(dy.Schema):
    """Payments, without a key: one document can be paid twice on a day."""

    borrower = _id()
    document = dy.Enum(facts.DOCUMENT.categories, nullable=False)
    document_id = _id()
    transaction_id = _id(nullable=True)
    amount_cents = _cents()
    source = dy.Enum(facts.PAYMENT_SOURCE.categories, nullable=False)
    happened_on = _day()
    recorded_on = _day()


class SettlementSchema(dy.Schema):
    """What closed a document other than money."""

    borrower = _id()
    document = dy.Enum(facts.DOCUMENT.categories, nullable=False)
    document_id = _id()
    amount_cents = _cents()
    cause = dy.Enum(facts.SETTLEMENT_CAUSE.categories, nullable=False)
    dated_by = dy.Enum(facts.DATED_BY.categories, nullable=False)
    happened_on = _day()
    recorded_on = _day()


class CreditNoteSchema(dy.Schema):
    """Credit notes: amounts are positive."""

    borrower = dy.Int64(primary_key=True)
    document_id = dy.Int64(primary_key=True)
    invoice_id = _id(nullable=True)
    customer = _id(nullable=True)
    issued_on = _day()
    net_cents = _cents(minimum=0)
    gross_cents = _cents(minimum=0)
    recorded_on = _day()
    tax = dy.Enum(facts.TAX.categories, nullable=True)


class CancellationSchema(dy.Schema):
    """Cancellation documents."""

    borrower = dy.Int64(primary_key=True)
    document_id = dy.Int64(primary_key=True)
    invoice_id = _id()
    happened_on = _day()
    recorded_on = _day()


class ReminderSchema(dy.Schema):
    """Dunning documents."""

    borrower = dy.Int64(primary_key=True)
    document_id = dy.Int64(primary_key=True)
    invoice_id = _id()
    level = dy.Int32(nullable=True, min=0)
    happened_on = _day()
    recorded_on = _day()


class AccountSchema(dy.Schema):
    """Bank and cash accounts."""

    borrower = dy.Int64(primary_key=True)
    account_id = dy.Int64(primary_key=True)
    kind = dy.Enum(facts.ACCOUNT_KIND.categories, nullable=False)
    provenance = dy.Enum(facts.PROVENANCE.categories, nullable=False)
    recorded_on = _day()
    bank_account_id = _id(nullable=True)  # null in facts of version 1
    feed = dy.Enum(facts.FEED.categories, nullable=False)
    covered_until = _day_or_none()


class BalanceSchema(dy.Schema):
    """Known levels: at most one per account and day."""

    borrower = dy.Int64(primary_key=True)
    account_id = dy.Int64(primary_key=True)
    level_cents = _cents()
    is_level_verified = dy.Bool(nullable=False)
    happened_on = _day(primary_key=True)
    recorded_on = _day()


class TransactionSchema(dy.Schema):
    """Bank and cash lines."""

    borrower = dy.Int64(primary_key=True)
    transaction_id = dy.Int64(primary_key=True)
    account_id = _id()
    amount_cents = _cents()
    nature = dy.Enum(facts.NATURE.categories, nullable=False)
    is_internal = dy.Bool(nullable=False)
    counterparty = _id(nullable=True)
    happened_on = _day()
    recorded_on = _day()
    bank_account_id = _id(nullable=True)  # null in facts of version 1
    counterparty_account = _id(nullable=True)
    category = dy.Enum(facts.CATEGORY.categories, nullable=False)
    certainty = dy.Enum(facts.CERTAINTY.categories, nullable=False)
    rule = dy.String(nullable=True)
    transfer = dy.Enum(facts.TRANSFER.categories, nullable=False)
    is_fed = dy.Bool(nullable=False)
    is_duplicate = dy.Bool(nullable=False)
    booking = dy.Enum(facts.BOOKING.categories, nullable=True)
    funder = dy.String(nullable=True)


class LevelSchema(dy.Schema):
    """Known levels of accounts at the bank: at most one per account, day, and day from which on it is known so."""

    borrower = dy.Int64(primary_key=True)
    bank_account_id = dy.Int64(primary_key=True)
    level_cents = _cents()
    state = dy.Enum(facts.LEVEL_STATE.categories, nullable=False)
    happened_on = _day(primary_key=True)
    recorded_on = _day(primary_key=True)


class ClosingSchema(dy.Schema):
    """What closed documents, without a key: one document can be paid twice on a day."""

    borrower = _id()
    document = dy.Enum(facts.DOCUMENT.categories, nullable=False)
    document_id = _id()
    transaction_id = _id(nullable=True)
    amount_cents = _cents()
    means = dy.Enum(facts.MEANS.categories, nullable=False)
    is_day_known = dy.Bool(nullable=False)
    happened_on = _day()
    recorded_on = _day()


class SetAsideSchema(dy.Schema):
    """What could not be read, with what could be read of it."""

    borrower = _id()
    kind = dy.Enum(facts.SET_ASIDE_KIND.categories, nullable=False)
    document_id = _id()
    reason = dy.Enum(facts.SET_ASIDE_REASON.categories, nullable=False)
    field = dy.String(nullable=False)
    customer = _id(nullable=True)
    net_cents = dy.Int64(nullable=True, min=-MAX_CENTS, max=MAX_CENTS)
    gross_cents = dy.Int64(nullable=True, min=-MAX_CENTS, max=MAX_CENTS)
    issued_on = _day_or_none()
    due_on = _day_or_none()
    category = dy.Enum(facts.CATEGORY.categories, nullable=True)
    recorded_on = _day()


class PositionSchema(dy.Schema):
    """Positions of documents."""

    borrower = dy.Int64(primary_key=True)
    document = dy.Enum(facts.DOCUMENT.categories, primary_key=True)
    document_id = _id()
    position_id = dy.Int64(primary_key=True)
    item = _id(nullable=True)
    account = dy.Int64(nullable=True, min=0)
    kind = dy.Enum(facts.COST_KIND.categories, nullable=False)
    net_cents = _cents()
    gross_cents = _cents()
    recorded_on = _day()


class SpineSchema(dy.Schema):
    """Observation points: each borrower at most once a day."""

    borrower = dy.Int64(primary_key=True)
    as_of = _day(primary_key=True)
    is_reconstructed = dy.Bool(nullable=False)


CONTRACTS: dict[str, type[dy.Schema]] = {
    "invoices": InvoiceSchema,
    "bills": BillSchema,
    "payments": PaymentSchema,
    "settlements": SettlementSchema,
    "credit_notes": CreditNoteSchema,
    "cancellations": CancellationSchema,
    "reminders": ReminderSchema,
    "accounts": AccountSchema,
    "balances": BalanceSchema,
    "transactions": TransactionSchema,
    "levels": LevelSchema,
    "closings": ClosingSchema,
    "set_aside": SetAsideSchema,
    "positions": PositionSchema,
}
"""Frame name to its contract."""


def validate_ledger(ledger: Ledger) -> None:
    """Check every rule of every frame, thoroughly; for import, export and tests.

    Raises:
        LedgerError: Names the first frame and rule that fails.
    """
    for name, frame in ledger.frames().items():
        _same_schema(name, frame)
        _, failures = CONTRACTS[name].filter(frame)
        for rule, row_count in failures.counts().items():
            raise LedgerError(frame=name, rule=rule, row_count=row_count)
    _across(ledger)


def validate_spine(spine: pl.DataFrame) -> None:
    """Check a spine: schema, plausible days, each borrower once a day.

    Raises:
        LedgerError: Names the rule that fails; the frame is ``spine``.
    """
    if spine.schema != SPINE:
        raise LedgerError(frame="spine", rule="schema", row_count=spine.height)
    _, failures = SpineSchema.filter(spine)
    for rule, row_count in failures.counts().items():
        raise LedgerError(frame="spine", rule=rule, row_count=row_count)


def check_ledger(ledger: Ledger) -> None:
    """Check the same rules by a few numbers per column: cheap enough for every chunk of a dataset.

    Raises:
        LedgerError: Names frame and rule, and how many rows break it.
    """
    for name, frame in ledger.frames().items():
        _same_schema(name, frame)
        if frame.height:
            for check in _CHECKS[name]:
                check(frame)
    _across(ledger)


def _same_schema(name: str, frame: pl.DataFrame) -> None:
    if frame.schema != SCHEMAS[name]:
        raise LedgerError(frame=name, rule="schema", row_count=frame.height)


def _across(ledger: Ledger) -> None:
    """The rules between frames."""
    sales, bills = ledger.invoices, ledger.bills
    if bills.height and _has_beyond_invoices(sales):
        vouchers = sales.filter(pl.col("document") == "voucher")
        both = vouchers.join(bills, on=["borrower", "document_id"], how="semi").height
        if both:
            raise LedgerError(frame="bills", rule="voucher_on_one_side", row_count=both)
    for name, key in (("balances", "account_id"), ("levels", "bank_account_id")):
        levels = getattr(ledger, name)
        if levels.height:
            known = set(ledger.accounts.select("borrower", key).iter_rows())
            if strays := sum(row not in known for row in levels.select("borrower", key).iter_rows()):
                raise LedgerError(frame=name, rule="known_account", row_count=strays)


def _has_beyond_invoices(sales: pl.DataFrame) -> bool:
    """Whether there are other documents than invoices, the first member of ``DOCUMENT``."""
    highest = sales["document"].to_physical().max()
    return highest is not None and highest != 0


class _Column:
    """The rules of one column: not null, and between its bounds."""

    __slots__: ClassVar[tuple[str, ...]] = ("bounds", "column", "frame", "is_nullable")

    def __init__(self, frame: str, column: str, contract: dy.Column) -> None:
        self.frame, self.column = frame, column
        self.is_nullable = contract.nullable
        self.bounds = (getattr(contract, "min", None), getattr(contract, "max", None))

    def __call__(self, frame: pl.DataFrame) -> None:
        values = frame[self.column]
        if not self.is_nullable and values.null_count():
            self._fail("nullability", values.null_count())
        low, high = self.bounds
        smallest, largest = (values.min() if low is not None else None), (values.max() if high is not None else None)
        if smallest is not None and smallest < low:  # type: ignore[operator]
            self._fail("min", int((values < low).sum()))
        if largest is not None and largest > high:  # type: ignore[operator]
            self._fail("max", int((values > high).sum()))

    def _fail(self, rule: str, row_count: int) -> None:
        raise LedgerError(frame=self.frame, rule=f"{self.column}|{rule}", row_count=row_count)


def _unique(name: str, keys: list[str]) -> Callable[[pl.DataFrame], None]:
    def check(frame: pl.DataFrame) -> None:
        borrowers = frame["borrower"]
        # One borrower, the case of a request: its number distinguishes nothing.
        columns = keys[1:] if borrowers.min() == borrowers.max() else keys
        distinct = frame[columns[0]].n_unique() if len(columns) == 1 else frame.select(columns).n_unique()
        if distinct < frame.height:
            twice = int(frame.select(keys).is_duplicated().sum())
            raise LedgerError(frame=name, rule="primary_key", row_count=twice)

    return check


def _invoice_rules(frame: pl.DataFrame) -> None:
    if _has_beyond_invoices(frame):
        wrong = int((frame["document"] == "credit_note").sum())
        if wrong:
            raise LedgerError(frame="invoices", rule="document|check", row_count=wrong)
    is_early = frame["due_on"] < frame["issued_on"]
    if is_early.any():
        early = int((is_early & (frame["document"] == "invoice")).sum())
        if early:
            raise LedgerError(frame="invoices", rule="due_not_before_issue", row_count=early)


def _compile(name: str, contract: type[dy.Schema]) -> Iterator[Callable[[pl.DataFrame], None]]:
    for column, rules in contract.columns().items():
        check = _Column(name, column, rules)
        if not check.is_nullable or check.bounds != (None, None):
            yield check
    if contract.primary_key():
        yield _unique(name, contract.primary_key())
    if name == "invoices":
        yield _invoice_rules


_CHECKS = {name: tuple(_compile(name, contract)) for name, contract in CONTRACTS.items()}
