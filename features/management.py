"""Ledger to management accounts: a short-term profit and loss account by month, from documents and from the bank.

From documents it has the lines of DATEV's form (BWA): net, in the month of issue, as far as positions say what a
document is about. A document whose positions are not there or do not add up to it counts with its own amount: a sale as
revenue, a bill as ``unmapped``. Nothing is guessed.

From the bank it has what was received and paid by category, gross, in the month of the line; value added tax that was
paid is a cost there, and what was paid back income. So over a year both results should be about the same, once costs
that have no document (wages, as a rule) are left out. They differ by what is not paid yet, and by what was made up.

How would a firm that badly wants the loan beat it? It books costs on accounts that are none (loans, assets, the
owner's): these amounts stand apart, beside the result. It leaves bills out: the bank shows what was paid. It invents
sales: the bank shows what was received. How would an honest firm be hurt? It keeps wages outside of its books, so that
documents alone flatter it: the lines that only the bank has are named. The view decides nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec
import polars as pl

from features.ledger import COST_KIND, DOCUMENT, Ledger, Resource, collect
from features.positions import PositionViews
from features.recognised import IS_BELIEVED
from features.spine import observed, spine_of
from features.views import View, in_year, month_of

MONTHS: Final = 12
"""Full months that the account covers."""

INCOME: Final = ("revenue", "other_income")
COSTS: Final = (
    *("material", "wages", "social_security", "rent", "utilities", "insurance", "vehicle", "advertising", "travel"),
    *("repairs", "lease", "communication", "professional_fees", "other_cost", "depreciation", "vat", "unmapped"),
)
"""In the order of the form, up to the operating result. ``vat`` is of the bank alone: what went to the tax office."""
BELOW: Final = ("interest",)
"""Between the operating result and the result before tax."""
APART: Final = ("tax", "loan", "owner", "asset")
"""In no result: taxes on income, loans, what owners take and give, and what is used for longer than a year, whose life
is not known."""


PAYROLL: Final = ("wages", "social_security")
"""Costs that as a rule have no document in the books: they are in those of the payroll."""


class Sum(StrEnum):
    """A line that adds others up."""

    GROSS_PROFIT = "gross_profit"
    """Revenue less material."""
    OPERATING_RESULT = "operating_result"
    RESULT_BEFORE_TAX = "result_before_tax"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line, by month."""

    line: str
    """A kind of cost (``features.ledger.COST_KIND``), ``vat``, or a ``Sum``."""
    cents: tuple[int, ...]
    """Of each month, oldest first. Income and costs are both positive, as in the form; what is apart is what was
    spent."""

    @property
    def total_cents(self) -> int:
        """Of all months."""
        return sum(self.cents)


class UnmappedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A booking account whose kind is not known."""

    account: int | None
    """Its number; null for positions without one."""
    position_count: int
    net_cents: int
    """What was spent; sales on it are negative."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A profit and loss account."""

    lines: tuple[Line, ...]
    """In the order of the form, sums among them."""
    apart: tuple[Line, ...]
    """What no result contains."""


class ManagementAccounts(msgspec.Struct, frozen=True, kw_only=True):
    """Both accounts of the twelve full months before a day."""

    months: tuple[date, ...]
    """The first day of each, oldest first."""
    documents: Account | None
    """Null where neither invoices nor vouchers were read."""
    bank: Account | None
    """Null where bank lines were not read, or not recognised."""
    difference_cents: tuple[int, ...] | None
    """By month, the result of the documents less that of the bank, costs without a document left out; null where one
    of both accounts is."""
    only_paid: tuple[str, ...]
    """Costs without a document: no document has this kind, and more was paid than documents without a kind hold."""
    has_positions: bool
    """Whether positions were read; without them bills have no kind."""
    document_count: int
    without_positions: int
    """Documents that have none, of those that are counted."""
    contradicting: int
    """Documents whose positions do not add up to them."""
    unmapped: tuple[UnmappedAccount, ...]
    """Of positions that are counted, the largest first."""
    cash_deposit_cents: int = 0
    """Cash paid into bank accounts, which counts as revenue of the account from the bank."""


BANK_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("customer_receipt", "collected_debit", "provider_payout", "factoring_payout", "cash_deposit"), "revenue"
        ),
        **dict.fromkeys(("customer_insolvency", "enforced_receipt"), "revenue"),
        # What goes back to customers, or is taken back by their banks, is less revenue.
        **dict.fromkeys(("refund_paid", "returned_customer_debit"), "revenue"),
        **dict.fromkeys(("subsidy", "insurance_benefit", "refund_received", "interest_received"), "other_income"),
        "supplier": "material",
        **dict.fromkeys(("wages", "wage_garnishment", "payroll_tax"), "wages"),
        "social_security": "social_security",
        "vat": "vat",
        "tax_refund": "vat",
        **dict.fromkeys(("income_tax", "trade_tax", "other_tax"), "tax"),
        **dict.fromkeys(
            ("rent", "utilities", "communication", "insurance", "vehicle", "advertising", "travel", "lease"), ""
        ),
        "professional_fees": "professional_fees",
        **dict.fromkeys(("software", "chamber_dues", "shipping", "factoring_fee", "provider_fee"), "other_cost"),
        **dict.fromkeys(("bank_fee", "return_fee", "reminder_fee", "enforcement_cost"), "other_cost"),
        **dict.fromkeys(("loan_service", "loan_proceeds"), "loan"),
        **dict.fromkeys(("owner_drawing", "owner_contribution"), "owner"),
        **dict.fromkeys(
            ("other", "returned_debit", "returned_objection", "garnishment", "insolvency_own", "card_settlement"),
            "unmapped",
        ),
    }
)
"""Category of a bank line to its line in the account; empty where both have one name. Cash withdrawals and transfers
are none. A payment on a loan cannot be told into interest and repayment. To suppliers mostly material is paid."""


def management_accounts(ledger: Ledger, as_of: date) -> ManagementAccounts:
    """The accounts of one applicant.

    Args:
        ledger: Of the applicant alone.
        as_of: Day of observation; later facts are ignored.
    """
    views = PositionViews(ledger, observed(spine_of(as_of)))
    months = _months(views)
    found = _documents(views) if {Resource.INVOICES, Resource.VOUCHERS} & ledger.fetched else None
    documents = None if found is None else _account(found.amounts, months)
    is_bank_known = {Resource.TRANSACTIONS, Resource.RECOGNITION} <= ledger.fetched
    by_category = _by_category(views) if is_bank_known else {}
    bank = _account(_bank(by_category), months) if is_bank_known else None
    only_paid = _only_paid(documents, bank)
    return ManagementAccounts(
        months=tuple(date(number // 12, number % 12 + 1, 1) for number in (month - 1 for month in months)),
        documents=documents,
        bank=bank,
        difference_cents=_difference(documents, bank, only_paid),
        only_paid=only_paid,
        has_positions=Resource.POSITIONS in ledger.fetched,
        document_count=0 if found is None else found.document_count,
        without_positions=0 if found is None else found.without_positions,
        contradicting=0 if found is None else found.contradicting,
        unmapped=() if found is None else found.unmapped,
        cash_deposit_cents=sum(cents for (_, category), cents in by_category.items() if category == "cash_deposit"),
    )


_Amounts = Mapping[tuple[int, str], int]
"""Month and kind to cents: positive is money for the firm, or a net amount that it earned."""


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    amounts: _Amounts
    document_count: int
    without_positions: int
    contradicting: int
    unmapped: tuple[UnmappedAccount, ...]


def _months(views: PositionViews) -> range:
    """The numbers of the months."""
    last = int(views.points.item(0, "last_full_month"))
    return range(last - MONTHS + 1, last + 1)


_SALE, _BILL, _NOTE = (pl.lit(name).alias("side") for name in ("sale", "bill", "note"))
_KEY: Final = ("document", "document_id")
_MONTH = month_of(pl.col("day").cast(pl.Date)).alias("month")
_CREDIT_NOTE = pl.lit("credit_note", dtype=DOCUMENT).to_physical().alias("document")
_OF_DOCUMENT = (_MONTH, "net_cents", "gross_cents")
_OF_POSITION = (
    pl.col("borrower", "document_id", "account", "kind"),
    pl.col("document").to_physical(),
    pl.col("net_cents").alias("part_net_cents"),
    pl.col("gross_cents").alias("part_gross_cents"),
)
_SUMS = (
    pl.col("part_net_cents", "part_gross_cents").sum(),
    pl.len().alias("position_count"),
)
_OF_KIND = (pl.col("part_net_cents").sum(), pl.len().alias("position_count"))
_IS_OFF = pl.max_horizontal(
    (pl.col("part_net_cents") - pl.col("net_cents")).abs(), (pl.col("part_gross_cents") - pl.col("gross_cents")).abs()
) > pl.col("position_count")
"""Positions are rounded one by one, the document as a whole: a cent each is no contradiction."""


def _documents(views: PositionViews) -> _Found:
    year = in_year()
    documents = collect(
        pl.concat(
            [
                views[View.SALES].filter(year).select(*_KEY, *_OF_DOCUMENT, _SALE),
                views[View.PAYABLES].filter(year).select(*_KEY, *_OF_DOCUMENT, _BILL),
                views[View.CREDIT_NOTES].filter(year).select(_CREDIT_NOTE, "document_id", *_OF_DOCUMENT, _NOTE),
            ]
        )
    )
    positions = collect(views.seen_positions(_OF_POSITION))
    sums = positions.group_by(_KEY).agg(_SUMS)
    joined = documents.join(sums, on=_KEY, how="left").with_columns(_IS_OFF.alias("is_off"))
    explained = joined.filter(~pl.col("is_off")).select(*_KEY, "month", "side")
    parts = explained.join(positions, on=_KEY).group_by("month", "side", "account", "kind").agg(_OF_KIND)
    whole = (
        joined.filter(pl.col("is_off").fill_null(value=True)).group_by("month", "side").agg(pl.col("net_cents").sum())
    )
    amounts: dict[tuple[int, str], int] = defaultdict(int)
    for month, side, cents in whole.iter_rows():
        amounts[month, "unmapped" if side == "bill" else "revenue"] += cents if side == "sale" else -cents
    unmapped: dict[int | None, list[tuple[int, int]]] = defaultdict(list)
    for month, side, account, kind, cents, count in parts.iter_rows():
        earned = cents if side == "sale" else -cents
        amounts[month, kind] += earned
        if kind == "unmapped":
            unmapped[account].append((count, -earned))
    accounts = [
        UnmappedAccount(
            account=account, position_count=sum(count for count, _ in some), net_cents=sum(cents for _, cents in some)
        )
        for account, some in unmapped.items()
    ]
    return _Found(
        amounts=amounts,
        document_count=documents.height,
        without_positions=joined["is_off"].null_count(),
        contradicting=int(joined["is_off"].sum()),
        unmapped=tuple(sorted(accounts, key=lambda one: (-abs(one.net_cents), one.account or 0))),
    )


def _by_category(views: PositionViews) -> _Amounts:
    """Lines that count, by month and category."""
    counted = in_year() & ~pl.col("is_internal") & ~pl.col("is_register") & IS_BELIEVED
    lines = views[View.BANK].filter(counted).group_by(_MONTH, "category").agg(pl.col("amount_cents").sum())
    return {(month, category): cents for month, category, cents in collect(lines).iter_rows()}


def _bank(by_category: _Amounts) -> _Amounts:
    amounts: dict[tuple[int, str], int] = defaultdict(int)
    for (month, category), cents in by_category.items():
        kind = BANK_KINDS.get(category)
        if kind is not None:
            amounts[month, kind or category] += cents
    return amounts


def _account(amounts: _Amounts, months: Iterable[int]) -> Account:
    months = tuple(months)

    def line(kind: str, sign: int) -> Line:
        return Line(line=kind, cents=tuple(sign * amounts.get((month, kind), 0) for month in months))

    income = {kind: line(kind, 1) for kind in INCOME}
    costs = {kind: line(kind, -1) for kind in (*COSTS, *BELOW)}
    gross = _summed(Sum.GROSS_PROFIT, [income["revenue"]], [costs["material"]])
    above = [costs[kind] for kind in COSTS if kind != "material"]
    operating = _summed(Sum.OPERATING_RESULT, [gross, income["other_income"]], above)
    below = [costs[kind] for kind in BELOW]
    result = _summed(Sum.RESULT_BEFORE_TAX, [operating], below)
    lines = (
        *(income["revenue"], costs["material"], gross, income["other_income"]),
        *(one for one in above if any(one.cents)),
        *(operating, *below, result),
    )
    return Account(lines=lines, apart=tuple(one for kind in APART if any((one := line(kind, -1)).cents)))


def _summed(name: Sum, added: Iterable[Line], taken: Iterable[Line]) -> Line:
    columns = zip(*(one.cents for one in added), strict=True)
    less = zip(*(one.cents for one in taken), strict=True)
    return Line(line=name, cents=tuple(sum(more) - sum(fewer) for more, fewer in zip(columns, less, strict=True)))


def result_of(account: Account) -> Line:
    """Its result before tax."""
    return next(one for one in account.lines if one.line == Sum.RESULT_BEFORE_TAX)


def _only_paid(documents: Account | None, bank: Account | None) -> tuple[str, ...]:
    if documents is None or bank is None:
        return ()
    written = {one.line: one.total_cents for one in documents.lines if one.total_cents}
    most = abs(written.get("unmapped", 0))
    kinds = frozenset(COST_KIND.categories) - {"unmapped", *INCOME}
    if not kinds & written.keys():
        return _payroll_only_paid(documents, bank)
    return tuple(
        one.line for one in bank.lines if one.line in kinds and one.line not in written and one.total_cents > most
    )


def _payroll_only_paid(documents: Account, bank: Account) -> tuple[str, ...]:
    """Payroll, where no document tells its kind: it is among them or not, whichever brings both results nearer."""
    paid = tuple(one.line for one in bank.lines if one.line in PAYROLL and one.total_cents > 0)
    with_it, without_it = (sum(_difference(documents, bank, some) or ()) for some in ((), paid))
    return paid if abs(without_it) < abs(with_it) else ()


def _difference(documents: Account | None, bank: Account | None, only_paid: tuple[str, ...]) -> tuple[int, ...] | None:
    if documents is None or bank is None:
        return None
    moved = [one.cents for one in bank.lines if one.line in only_paid]
    without = [result + sum(costs) for result, *costs in zip(result_of(bank).cents, *moved, strict=True)]
    return tuple(written - other for written, other in zip(result_of(documents).cents, without, strict=True))
