"""The shared features, as one would write them with pandas: for one firm, or for many at once.

Each is the feature of the same name in docs/features.md. ``by`` is the column that tells firms apart, or None for one
firm, which then takes no grouping.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.peer.books import INVOICE, VOUCHER

Frames = Mapping[str, pd.DataFrame]

PRECISION = {
    "receivables_dso_days_3m": 1,
    "receivables_weighted_delay_days_12m": 1,
    "receivables_on_time_share_12m": 4,
    "receivables_overdue_share": 4,
    "receivables_over_60d_share": 4,
    "receivables_dilution_share_12m": 4,
    "customers_top1_share_12m": 4,
    "customers_churn_share_12m": 4,
    "revenue_net_12m_cents": 0,
    "revenue_trend_12m": 4,
    "revenue_volatility_12m": 4,
    "payables_own_delay_days_12m": 1,
    "payables_overdue_share": 4,
    "payables_reminder_fee_count_12m": 0,
    "liquidity_inflow_outflow_ratio_90d": 4,
    "liquidity_minimum_balance_months_90d": 3,
    "liquidity_returned_debit_count_90d": 0,
    "trust_history_months": 0,
}
"""The shared features, of every group, with the decimals that are kept."""
SHARED = tuple(PRECISION)
_DAY = pd.Timedelta(days=1)
_MONTHS = 12


def derive(frames: Frames, as_of: date, by: str | None = None) -> pd.DataFrame:
    """The shared features: one row per firm, in the order of ``by``; NaN is missing."""
    books = _Books(frames, pd.Timestamp(as_of), by)
    values = {**_receivables(books), **_revenue(books), **_payables(books), **_liquidity(books), **_history(books)}
    columns = {name: np.round(np.asarray(values[name], np.float64), decimals) for name, decimals in PRECISION.items()}
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class _Books:
    """What is visible on the day of observation, and the days that cut it."""

    frames: Frames
    as_of: pd.Timestamp
    by: str | None

    @cached_property
    def firms(self) -> pd.Index | None:
        """Firms with any fact, in order; None for one."""
        if self.by is None:
            return None
        return pd.Index(np.unique(np.concatenate([frame[self.by].unique() for frame in self.frames.values()])))

    @cached_property
    def end(self) -> pd.Timestamp:
        """The day after the last full month."""
        return (self.as_of + _DAY).replace(day=1)

    @property
    def year(self) -> pd.Timestamp:
        return self.end - pd.DateOffset(months=_MONTHS)

    @property
    def quarter(self) -> pd.Timestamp:
        return self.end - pd.DateOffset(months=3)

    @property
    def keys(self) -> list[str]:
        return [] if self.by is None else [self.by]

    def visible(self, name: str, happened: str = "happened_on") -> pd.DataFrame:
        frame = self.frames[name]
        return frame[(frame[happened] <= self.as_of) & (frame["recorded_on"] <= self.as_of)]

    def in_year(self, days: pd.Series) -> pd.Series:
        return (days >= self.year) & (days < self.end)

    def total(self, frame: pd.DataFrame, values: pd.Series, where: pd.Series) -> Any:  # noqa: ANN401  number or column
        """The sum of the values of some rows, per firm."""
        chosen = values[where]
        if self.by is None:
            return chosen.sum()
        return chosen.groupby(frame.loc[where, self.by]).sum().reindex(self.firms, fill_value=0)

    def count(self, frame: pd.DataFrame, where: pd.Series) -> Any:  # noqa: ANN401  number or column
        return self.total(frame, where.astype(np.int64), where)

    def first(self, frame: pd.DataFrame, days: str) -> Any:  # noqa: ANN401  day or column
        return frame[days].min() if self.by is None else frame.groupby(self.by)[days].min().reindex(self.firms)

    @cached_property
    def sales(self) -> pd.DataFrame:
        invoices, cancelled = self.visible("invoices", "issued_on"), self.visible("cancellations")
        if self.by is None:
            is_cancelled = invoices["document_id"].isin(cancelled["invoice_id"])
        else:
            pairs = pd.MultiIndex.from_frame(cancelled[[self.by, "invoice_id"]])
            is_cancelled = pd.MultiIndex.from_frame(invoices[[self.by, "document_id"]]).isin(pairs)
        return invoices[~(is_cancelled & (invoices["document"] == INVOICE))].reset_index(drop=True)

    @cached_property
    def reductions(self) -> pd.DataFrame:
        """All that reduces what is open on a document."""
        notes = self.visible("credit_notes", "issued_on")
        notes = notes[notes["invoice_id"] != 0].assign(
            document=INVOICE,
            document_id=lambda some: some["invoice_id"],
            amount_cents=lambda some: some["gross_cents"],
            happened_on=lambda some: some["issued_on"],
        )
        columns = [*self.keys, "document", "document_id", "amount_cents", "happened_on"]
        return pd.concat(
            [some[columns] for some in (self.visible("payments"), self.visible("settlements"), notes)],
            ignore_index=True,
        )

    def with_open(self, items: pd.DataFrame) -> pd.DataFrame:
        """The documents with what is open, the days past due, the day they were paid for good, and the delay."""
        items = items.assign(item=np.arange(len(items)))
        columns = [*self.keys, "document", "document_id"]
        moves = items[[*columns, "item", "gross_cents"]].merge(self.reductions, on=columns)
        moves = moves.sort_values(["item", "happened_on"], ignore_index=True)
        reduced = moves.groupby("item")["amount_cents"].sum()
        items["open_cents"] = (items["gross_cents"] - reduced.reindex(items["item"], fill_value=0).to_numpy()).clip(0)
        # Paid for good on the first day after the last one that ended below the gross amount.
        so_far = moves.groupby("item")["amount_cents"].cumsum()
        ends_day = ~moves.duplicated(["item", "happened_on"], keep="last")
        last_below = moves[ends_day & (so_far < moves["gross_cents"])].groupby("item")["happened_on"].last()
        below = last_below.reindex(moves["item"]).array
        paid = moves[pd.isna(below) | (moves["happened_on"] > below)].groupby("item")["happened_on"].first()
        is_open = items["open_cents"] > 0
        items["paid_on"] = pd.Series(paid.reindex(items["item"]).array).where(~is_open)
        past_due = (self.as_of - items["due_on"]).dt.days.clip(0)
        items["dpd"] = past_due.where(is_open, 0)
        items["delay_days"] = (items["paid_on"] - items["due_on"]).dt.days.where(~is_open, past_due)
        return items

    @cached_property
    def receivables(self) -> pd.DataFrame:
        return self.with_open(self.sales)

    @cached_property
    def bills(self) -> pd.DataFrame:
        return self.with_open(self.visible("bills", "issued_on").reset_index(drop=True).assign(document=VOUCHER))

    @cached_property
    def lines(self) -> pd.DataFrame:
        return self.visible("transactions")

    def full_months(self, first: Any) -> Any:  # noqa: ANN401  day or column
        """Full months from a day to the end of the day of observation; NaN without a day."""
        after = self.as_of + _DAY
        days = pd.Series(first if self.by is not None else [first])
        months = (after.year - days.dt.year) * 12 + after.month - days.dt.month - (days.dt.day > after.day)
        return months.to_numpy(dtype=np.float64)

    @cached_property
    def sales_history(self) -> np.ndarray:
        return self.full_months(self.first(self.sales, "issued_on"))


def _over(numerator: Any, denominator: Any, *, where: Any = True) -> np.ndarray:  # noqa: ANN401  numbers or columns
    """The quotient; NaN where the denominator is not above 0 or too little is known."""
    top, bottom = np.atleast_1d(np.asarray(numerator, float)), np.atleast_1d(np.asarray(denominator, float))
    is_known = (bottom > 0) & np.asarray(where)
    return np.divide(top, bottom, out=np.full(bottom.shape, np.nan), where=is_known)


def _receivables(books: _Books) -> dict[str, np.ndarray]:
    items, sales = books.receivables, books.sales
    everything = items["gross_cents"].notna()
    is_open = items["open_cents"] > 0
    open_cents = books.total(items, items["open_cents"], everything)
    has_open = books.count(items, is_open) >= 5
    quarter = books.total(sales, sales["gross_cents"], sales["issued_on"].between(books.quarter, books.end - _DAY))
    fell_due = books.in_year(items["due_on"]) & (items["gross_cents"] > 0)
    due_cents, has_due = books.total(items, items["gross_cents"], fell_due), books.count(items, fell_due) >= 10
    weighted = items["gross_cents"] * items["delay_days"].fillna(0).astype(np.int64)
    is_on_time = fell_due & (items["paid_on"] <= items["due_on"])
    notes, settlements = books.visible("credit_notes", "issued_on"), books.visible("settlements")
    is_discount = (settlements["document"] == INVOICE) & (settlements["cause"] == "discount")
    discounts = books.total(
        settlements, settlements["amount_cents"], is_discount & books.in_year(settlements["happened_on"])
    )
    credited = books.total(notes, notes["gross_cents"], books.in_year(notes["issued_on"]))
    invoiced = books.total(sales, sales["gross_cents"], books.in_year(sales["issued_on"]))
    return {
        "receivables_dso_days_3m": _over(open_cents, quarter, where=books.sales_history >= 3)
        * (books.end - books.quarter).days,
        "receivables_weighted_delay_days_12m": _over(books.total(items, weighted, fell_due), due_cents, where=has_due),
        "receivables_on_time_share_12m": _over(
            books.total(items, items["gross_cents"], is_on_time), due_cents, where=has_due
        ),
        "receivables_overdue_share": _over(
            books.total(items, items["open_cents"], items["dpd"] > 0), open_cents, where=has_open
        ),
        "receivables_over_60d_share": _over(
            books.total(items, items["open_cents"], items["dpd"] > 60), open_cents, where=has_open
        ),
        "receivables_dilution_share_12m": _over(credited + discounts, invoiced, where=books.sales_history >= 6),
    }


def _revenue(books: _Books) -> dict[str, np.ndarray]:
    sales, history = books.sales, books.sales_history
    some = sales[books.in_year(sales["issued_on"])]
    net = np.atleast_1d(np.asarray(books.total(sales, sales["net_cents"], books.in_year(sales["issued_on"])), float))
    last = books.end - _DAY
    age = (last.year - some["issued_on"].dt.year) * 12 + last.month - some["issued_on"].dt.month
    if books.by is None:
        months = some["net_cents"].groupby(age).sum().reindex(range(_MONTHS), fill_value=0).to_numpy()[None, :]
        customers = some[some["customer"] != 0].groupby("customer")["net_cents"].sum().clip(0)
        largest, named = customers.max() if len(customers) else 0, customers.sum()
    else:
        months = some["net_cents"].groupby([some[books.by], age]).sum().unstack(fill_value=0)  # noqa: PD010  it is summed
        months = months.reindex(index=books.firms, columns=range(_MONTHS), fill_value=0).to_numpy()
        customers = some[some["customer"] != 0].groupby([books.by, "customer"])["net_cents"].sum().clip(0)
        per_firm = customers.groupby(level=0)
        largest = per_firm.max().reindex(books.firms, fill_value=0)
        named = per_firm.sum().reindex(books.firms, fill_value=0)
    unnamed = books.total(some, some["net_cents"], some["customer"] == 0)
    series = np.where(np.arange(_MONTHS)[None, :] < history[:, None], months.astype(float), np.nan)
    median = _median(series)
    recent, older = np.triu_indices(_MONTHS, 1)
    slopes = (series[:, recent] - series[:, older]) / (older - recent)
    is_long = history >= 6
    return {
        "customers_churn_share_12m": _churn(books),
        "customers_top1_share_12m": _over(largest, named + np.maximum(unnamed, 0), where=is_long),
        "revenue_net_12m_cents": np.where(is_long, net, np.nan),
        "revenue_trend_12m": _over(_median(slopes), median, where=is_long),
        "revenue_volatility_12m": _over(_median(np.abs(series - median[:, None])), median, where=is_long),
    }


def _churn(books: _Books) -> np.ndarray:
    sales, last = books.sales, books.end - _DAY
    age = (last.year - sales["issued_on"].dt.year) * 12 + last.month - sales["issued_on"].dt.month
    keys = [*books.keys, "customer"]
    sold = sales[keys].assign(was_active=age.between(6, 11), is_active=age < 6)[sales["customer"] != 0]
    activity = sold.groupby(keys)[["was_active", "is_active"]].any()
    former, lost = activity["was_active"], activity["was_active"] & ~activity["is_active"]
    if books.by is None:
        return _over(lost.sum(), former.sum(), where=books.sales_history >= _MONTHS)
    lost, former = (flag.groupby(level=0).sum().reindex(books.firms, fill_value=0) for flag in (lost, former))
    return _over(lost, former, where=books.sales_history >= _MONTHS)


def _median(values: np.ndarray) -> np.ndarray:
    """The median of each row; NaN does not count."""
    return pd.DataFrame(values.T).median().to_numpy()


def _payables(books: _Books) -> dict[str, np.ndarray]:
    bills, lines = books.bills, books.lines
    fell_due = books.in_year(bills["due_on"]) & (bills["gross_cents"] > 0) & ~bills["is_due_assumed"]
    weighted = bills["gross_cents"] * bills["delay_days"].fillna(0).astype(np.int64)
    is_open = bills["open_cents"] > 0
    is_fee = (lines["nature"] == "reminder_fee") & (lines["amount_cents"] < 0) & (lines["happened_on"] >= books.year)
    fees = np.atleast_1d(np.asarray(books.count(lines, is_fee), float))
    is_long = books.full_months(books.first(lines, "happened_on")) >= 6
    return {
        "payables_own_delay_days_12m": _over(
            books.total(bills, weighted, fell_due),
            books.total(bills, bills["gross_cents"], fell_due),
            where=books.count(bills, fell_due) >= 10,
        ),
        "payables_overdue_share": _over(
            books.total(bills, bills["open_cents"], bills["dpd"] > 0),
            books.total(bills, bills["open_cents"], is_open),
            where=books.count(bills, is_open) >= 5,
        ),
        "payables_reminder_fee_count_12m": np.where(is_long | (fees > 0), fees, np.nan),
    }


def _liquidity(books: _Books) -> dict[str, np.ndarray]:
    lines = books.lines
    start = books.as_of - 89 * _DAY
    is_recent = lines["happened_on"] >= start
    is_external = is_recent & ~lines["is_internal"]
    inflow = books.total(lines, lines["amount_cents"], is_external & (lines["amount_cents"] > 0))
    outflow = -books.total(lines, lines["amount_cents"], is_external & (lines["amount_cents"] < 0))
    returned = np.atleast_1d(np.asarray(books.count(lines, is_recent & (lines["nature"] == "returned_debit")), float))
    first = pd.Series(np.atleast_1d(books.first(lines, "happened_on")))
    is_long = ((books.as_of - first).dt.days + 1 >= 90).to_numpy()
    lowest, is_verified = _lowest_balance(books, lines, start)
    return {
        "liquidity_inflow_outflow_ratio_90d": _over(inflow, outflow, where=is_long),
        "liquidity_minimum_balance_months_90d": _over(lowest * 3, outflow, where=is_long & is_verified),
        "liquidity_returned_debit_count_90d": np.where(is_long | (returned > 0), returned, np.nan),
    }


def _lowest_balance(books: _Books, lines: pd.DataFrame, start: pd.Timestamp) -> tuple[np.ndarray, np.ndarray]:
    """The lowest end-of-day level of all accounts together since ``start``, and whether every level is confirmed."""
    keys = [*books.keys, "account_id"]
    levels = books.frames["balances"]
    used = lines[keys].drop_duplicates().merge(levels[[*keys, "is_level_verified"]], on=keys, how="outer")
    is_unverified = ~used["is_level_verified"].fillna(value=False).astype(bool)
    unverified = np.atleast_1d(np.asarray(books.count(used, is_unverified), float))
    # Levels are of the day before an account's first line, so every line comes on top.
    level = books.total(levels, levels["level_cents"], levels["level_cents"].notna())
    day = lines["happened_on"].clip(lower=start)
    if books.by is None:
        moves = lines["amount_cents"].groupby(day).sum().sort_index()
        if start not in moves.index:
            moves = pd.concat([pd.Series({start: 0}), moves])
        return np.atleast_1d(level + moves.cumsum().min()).astype(float), unverified == 0
    moves = lines["amount_cents"].groupby([lines[books.by], day]).sum()
    days = pd.date_range(start, books.as_of, freq="D", unit="s")
    by_day = moves.unstack(fill_value=0)  # noqa: PD010  it is summed already
    paths = by_day.reindex(index=books.firms, columns=days, fill_value=0).to_numpy().cumsum(axis=1)
    return (np.asarray(level)[:, None] + paths).min(axis=1).astype(float), unverified == 0


def _history(books: _Books) -> dict[str, np.ndarray]:
    firsts = (
        books.first(books.sales, "issued_on"),
        books.first(books.bills, "issued_on"),
        books.first(books.lines, "happened_on"),
    )
    if books.by is None:
        months = books.full_months(min(day for day in firsts if not pd.isna(day)))
    else:
        months = books.full_months(pd.concat(firsts, axis=1).min(axis=1))
    return {"trust_history_months": np.nan_to_num(months)}


def differences(expected: Mapping[str, float | None], found: Mapping[str, float]) -> dict[str, tuple[Any, float]]:
    """The features that differ by more than the rounding of their last decimal; missing equals only missing."""
    return {
        name: (expected[name], found[name])
        for name, decimals in PRECISION.items()
        if (expected[name] is None) != pd.isna(found[name])
        or abs((expected[name] or 0.0) - found[name]) > 1.001 * 10.0**-decimals
    }
