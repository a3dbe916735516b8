"""Sets aside what cannot be a fact as it is: one unreadable object must not keep the rest from being read.

What no fact needs is read as empty, and counted. A value that says when, how much or whose must be readable where it is
stated: to guess a deadline of the year 9999 would be to invent one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from features.ledger import ACCOUNT_KIND
from scoring.sources.sevdesk.ledger.documents import IS_LIVE, IS_SALE, IS_SENT, IS_VALID
from scoring.sources.sevdesk.words.fetched import SET_ASIDE
from scoring.sources.sevdesk.words.pages import LAST_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """The objects of one kind that are facts.

    Args:
        kind: Of the row that is set aside.
        are: Which objects these are; null where an unreadable value leaves it open.
        needs: Column to sevdesk's field, of values that every fact has.
        telling: Those of them without which the kind is unknown.
        stated: Fields that may be missing, but must be readable where they are stated.
        belongs_to: Column and field of a reference without which it is no fact.
        codes: Column to the values that it can have.
        day: Column of the day on which it happens.
        days_ahead: How many days after the reading that may be. What lies beyond never happens for a decision: a
            slip of the pen, or a bill that somebody wants nobody to see.
    """

    kind: str
    are: pl.Expr
    needs: Mapping[str, str]
    telling: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    belongs_to: tuple[str, str] | None = None
    codes: Mapping[str, Collection[str]] = field(default_factory=dict)
    day: str | None = "issued_on"
    days_ahead: int = 31

    def is_ahead(self, row: dict[str, Any], read_on: date) -> bool:
        """Whether it is dated later than any fact."""
        return self.day is not None and row[self.day] is not None and row[self.day] > self.latest(read_on)

    def latest(self, read_on: date) -> date:
        """The last day that it may be dated."""
        return read_on + timedelta(days=self.days_ahead)

    def is_unknown(self, row: dict[str, Any]) -> bool:
        """Whether it may be of another kind, because nothing tells."""
        return any(row[column] is None or self.is_foreign(row, column) for column in self.telling)

    def is_foreign(self, row: dict[str, Any], column: str) -> bool:
        """Whether a code is none of those that it can have."""
        return column in self.codes and row[column] not in self.codes[column]

    def doubtful(self, frame: pl.DataFrame, read_on: date) -> pl.DataFrame:
        """The objects that could be facts and have something odd: nearly always none."""
        if self._are_all_whole(frame, read_on):
            return frame.clear()
        odd = [pl.col(column).is_null() for column in self.needs]
        if self.day is not None:
            odd.append(pl.col(self.day) > self.latest(read_on))
        is_odd = pl.any_horizontal(pl.col("unread").is_not_null(), *odd)
        # A code that sevdesk is not known to have says as little as none.
        known = [pl.when(pl.col(column).is_in(list(codes))).then(column) for column, codes in self.codes.items()]
        return frame.filter(frame.with_columns(known).select(self.are.fill_null(value=True) & is_odd).to_series())

    def _are_all_whole(self, frame: pl.DataFrame, read_on: date) -> bool:
        """Whether nothing of any object is odd, facts or not: quick to see column by column."""
        if frame["unread"].null_count() < frame.height or any(frame[column].null_count() for column in self.needs):
            return False
        if self.day is not None:
            last = frame[self.day].max()
            if isinstance(last, date) and last > self.latest(read_on):
                return False
        return all(set(frame[column].unique()) <= set(codes) for column, codes in self.codes.items())

    def has(self, row: dict[str, Any], reasons: dict[str, str]) -> bool:
        """Whether it belongs to something, be it unreadable."""
        if self.belongs_to is None:
            return True
        column, name = self.belongs_to
        return row[column] is not None or reasons.get(name, "missing") != "missing"

    def fault(self, row: dict[str, Any], reasons: dict[str, str], read_on: date) -> tuple[str, str] | None:
        """Field and reason of the first value for which this cannot be a fact; none where it is one."""
        for column, name in self.needs.items():
            if row[column] is None:
                return name, reasons.get(name, "missing")
            if self.is_foreign(row, column):
                return name, "unreadable"
        for name in self.stated:
            if reasons.get(name, "missing") != "missing":
                return name, reasons[name]
        if self.day is not None and self.is_ahead(row, read_on):
            return self.needs[self.day], "out_of_range"
        return None


def _due_on(row: dict[str, Any]) -> date | None:
    issued_on, term = row.get("issued_on"), row.get("term_days")
    if issued_on is None or term is None:
        return row.get("due_on")
    due_on: date = issued_on + timedelta(days=max(term, 0))
    return due_on


_DATED = {"issued_on": "invoiceDate", "created_on": "create"}
_AMOUNTS = {"net_cents": "sumNet", "gross_cents": "sumGross"}
_OF_INVOICE = {"type": "invoiceType", "status": "status"}
_OF_VOUCHER = {"type": "voucherType", "side": "creditDebit", "status": "status"} | _DATED | _AMOUNTS
_OF_VOUCHER["issued_on"] = "voucherDate"
_YEAR = 366
"""Sales are invoiced ahead, a subscription's by up to a year."""
_INVOICE_CODES = {"type": ("RE", "TR", "AR", "ER", "SR", "MA", "WKR")}
_VOUCHER_CODES = {"type": ("VOU", "RV"), "side": ("C", "D")}
_SALE = _Facts(
    kind="sale",
    are=IS_SALE,
    needs=_OF_INVOICE | _DATED | _AMOUNTS,
    telling=("type",),
    codes=_INVOICE_CODES,
    stated=("timeToPay", "paidAmount"),
    days_ahead=_YEAR,
)
_CANCELLATION = _Facts(
    kind="cancellation",
    are=(pl.col("type") == "SR") & IS_SENT,
    needs=_OF_INVOICE | _DATED,
    telling=("type",),
    codes=_INVOICE_CODES,
    stated=("origin",),
    belongs_to=("origin", "origin"),
)
_REMINDER = _Facts(
    kind="reminder",
    are=(pl.col("type") == "MA") & IS_SENT,
    needs=_OF_INVOICE | _DATED,
    telling=("type",),
    codes=_INVOICE_CODES,
    stated=("origin",),
    belongs_to=("origin", "origin"),
)
_CREDIT_NOTE = _Facts(
    kind="credit_note",
    are=IS_SENT,
    needs={"status": "status"} | _DATED | _AMOUNTS | {"issued_on": "creditNoteDate"},
)
_REVENUE = _Facts(
    kind="sale",
    are=(pl.col("side") == "D") & IS_VALID,
    days_ahead=_YEAR,
    needs=_OF_VOUCHER,
    telling=("type", "side"),
    codes=_VOUCHER_CODES,
    stated=("paymentDeadline", "paidAmount"),
)
_EXPENSE = _Facts(
    kind="bill",
    are=(pl.col("side") == "C") & IS_VALID,
    needs=_OF_VOUCHER,
    telling=("type", "side"),
    codes=_VOUCHER_CODES,
    stated=("paymentDeadline", "paidAmount"),
)
_ACCOUNT = _Facts(
    kind="account",
    are=pl.lit(value=True),
    needs={"kind": "type", "created_on": "create"},
    # Whether its lines are of a bank, and in euro.
    stated=("importType", "currency"),
    day=None,
    codes={"kind": frozenset(ACCOUNT_KIND.categories)},
)
_LINE_NEEDS = {"account": "checkAccount", "amount_cents": "amount", "value_on": "valueDate", "created_on": "create"}
_PENDING_DAYS = 7
"""Banks date what is pending by a few days ahead."""
_ENTRY_NEEDS = {"amount_cents": "amountPaid", "created_on": "create"}


class Judge:
    """Tells what can be a fact from what cannot, and remembers the latter.

    Args:
        read_on: The day of the reading.
    """

    def __init__(self, read_on: date) -> None:
        self._read_on = read_on
        self._rows: dict[tuple[str, int], dict[str, Any]] = {}
        self.read_as_empty = 0
        """Values of facts that could not be read, and that no fact needs."""

    @property
    def set_aside(self) -> pl.DataFrame:
        """What was set aside, as ``fetched.SET_ASIDE``."""
        return pl.DataFrame([self._rows[key] for key in sorted(self._rows)], schema=SET_ASIDE)

    def invoices(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Invoices without those that are set aside."""
        return self._judged("Invoice", frame, _SALE, _CANCELLATION)

    def reminders(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The same of reminders."""
        return self._judged("Invoice", frame, _REMINDER)

    def credit_notes(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The same of credit notes."""
        return self._judged("CreditNote", frame, _CREDIT_NOTE)

    def vouchers(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The same of vouchers."""
        return self._judged("Voucher", frame, _REVENUE, _EXPENSE)

    def accounts(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The same of accounts; the lines of one that is set aside are no cash of the books either."""
        return self._judged("CheckAccount", frame, _ACCOUNT)

    def bank_lines(self, frame: pl.DataFrame, cash: Collection[int]) -> pl.DataFrame:
        """The same of bank lines.

        Args:
            frame: As read.
            cash: Accounts whose lines are facts.
        """
        facts = _Facts(
            kind="bank_line",
            are=IS_LIVE & pl.col("account").is_in(list(cash)),
            needs=_LINE_NEEDS,
            # Whether it is a transfer, and whether it is there at all.
            stated=("sourceTransaction", "targetTransaction", "deletedAt"),
            day="value_on",
            days_ahead=_PENDING_DAYS,
        )
        return self._judged("CheckAccountTransaction", frame, facts)

    def log_entries(self, frame: pl.DataFrame, documents: Mapping[str, pl.Series], dated: pl.Series) -> pl.DataFrame:
        """The same of entries of the payment log.

        Args:
            frame: As read.
            documents: Resource to the ids of the documents that are facts.
            dated: Ids of the bank lines that say when they happened; entries on others have to say so themselves.
        """
        is_on_fact = pl.any_horizontal(
            (pl.col("document_kind") == kind) & pl.col("document").is_in(ids.implode())
            for kind, ids in documents.items()
        )
        is_undated = pl.col("booked_on").is_null() & ~pl.col("transaction").is_in(dated.implode()).fill_null(
            value=False
        )
        other = _Facts(
            kind="log_entry",
            are=is_on_fact,
            needs=_ENTRY_NEEDS,
            stated=("object", "checkAccountTransaction"),
            belongs_to=("document", "object"),
            day=None,
        )
        undated = replace(other, are=is_on_fact & is_undated, needs=_ENTRY_NEEDS | {"booked_on": "bookingDate"})
        return self._judged("CheckAccountTransactionLog", frame, undated, other)

    def _judged(self, resource: str, frame: pl.DataFrame, *kinds: _Facts) -> pl.DataFrame:
        gone: set[int] = set()
        for facts in kinds:
            for row in facts.doubtful(frame, self._read_on).iter_rows(named=True):
                unread = row["unread"] or []
                reasons = {one["field"]: one["reason"] for one in unread}
                if row["id"] in gone or not facts.has(row, reasons):
                    continue
                fault = facts.fault(row, reasons, self._read_on)
                if fault is None:
                    self.read_as_empty += len(unread)
                    continue
                gone.add(row["id"])
                kind = "unknown" if facts.is_unknown(row) else facts.kind
                if facts.is_ahead(row, self._read_on):
                    # A doubtful fact is read as of the day of its entry then.
                    row |= {name: None for name in (facts.day, "due_on") if name in row}
                self._rows[resource, row["id"]] = _row(resource, row, kind, fault)
        kept = frame.filter(~pl.col("id").is_in(gone)) if gone else frame
        return kept.drop("unread")


def _row(resource: str, row: dict[str, Any], kind: str, fault: tuple[str, str]) -> dict[str, Any]:
    due_on = _due_on(row)
    return {
        "resource": resource,
        "id": row["id"],
        "field": fault[0],
        "reason": fault[1],
        "kind": kind,
        "gross_cents": row.get("gross_cents", row.get("amount_cents")),
        "net_cents": row.get("net_cents"),
        "contact": row.get("contact", row.get("supplier")),
        "issued_on": next((row[name] for name in ("issued_on", "value_on", "booked_on") if name in row), None),
        "due_on": due_on if due_on is not None and due_on <= LAST_DAY else None,
        "category": row.get("category"),
        "created_on": row["created_on"],
    }
