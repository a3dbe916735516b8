"""Taxes on the days of the law, by what the firm paid and by what its documents make due.

Value added tax is due on the tenth after the month or quarter (§ 18(1) UStG), a month later with an extension (§ 46
UStDV), for which a firm that files monthly pays an eleventh of last year's tax in February (§ 47 UStDV) and takes it
off in the return of December, which is due on the same day. Income and corporate tax are due on 10 March, June,
September and December (§ 37 EStG, § 31 KStG), trade tax on 15 February, May, August and November (§ 19 GewStG), payroll
tax on the tenth (§ 41a EStG). Of what is not known, nothing is ever late.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from forecast.days import Ahead, Integers, bank_day_from, day_in
from forecast.facts import Documents, Facts
from forecast.trade import UNIT, Pattern

MONTHS: Final = 37
"""Months that are looked at, the running one first."""
YEAR: Final = 12
INCOME_MONTHS: Final = (3, 6, 9, 12)
TRADE_MONTHS: Final = (2, 5, 8, 11)
DUE_DAY: Final = 10
TRADE_DAY: Final = 15
FEBRUARY: Final = 1
"""Counted from 0."""
SHARE: Final = 11
"""The special prepayment is last year's tax by this."""
LOWEST_RATIO: Final = 2 * UNIT // 3
"""Nobody counts on a tax that is not paid: by less than this, bills that are not in the books explain no payment."""
HIGHEST_RATIO: Final = 3 * UNIT // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Vat:
    """How a firm pays value added tax: as its payments show; else as the law has it, by month and when invoiced."""

    rhythm: int
    """Months of a period: 1, or 3 from January, April, July and October on."""
    lag: int
    """Months from the last of a period to the payment: 1, or 2 with an extension."""
    is_cash_based: bool
    """Due when customers pay (§ 20 UStG), not when they are invoiced."""
    ratio: int
    """Paid for what documents make due, in units of ``1 / UNIT``."""
    due: Integers
    """By documents, by month of the period, the running one first."""


def vat_of(facts: Facts) -> Vat:
    """Infer how value added tax is paid: the way in which documents agree best with what was paid in twelve months."""
    paid = _paid(facts, "vat", "tax_refund")
    known = min(facts.full_months, YEAR)
    best: tuple[int, Vat] | None = None
    for is_cash_based in (False, True):
        due = _due(facts, is_cash_based=is_cash_based)
        for rhythm in (1, 3):
            for lag in (1, 2):
                owed = _owed(due, facts.month, rhythm, lag)
                error = int(np.abs(owed[1 : known + 1] - paid[1 : known + 1]).sum())
                found = _vat(paid, owed, due, known, rhythm=rhythm, lag=lag, is_cash_based=is_cash_based)
                if best is None or error < best[0]:
                    best = error, found
    assert best is not None  # noqa: S101  eight ways were tried
    if np.count_nonzero(paid[1 : known + 1]) >= (2 if best[1].rhythm == 3 else 3):
        return best[1]
    return Vat(
        rhythm=1,
        lag=1,
        is_cash_based=False,
        ratio=UNIT,
        due=_due(facts, is_cash_based=False),
    )


def _vat(
    paid: Integers, owed: Integers, due: Integers, known: int, *, rhythm: int, lag: int, is_cash_based: bool
) -> Vat:
    whole, given = int(owed[1 : known + 1].sum()), int(paid[1 : known + 1].sum())
    ratio = min(max(given * UNIT // whole, LOWEST_RATIO), HIGHEST_RATIO) if whole > 0 else UNIT
    return Vat(rhythm=rhythm, lag=lag, is_cash_based=is_cash_based, ratio=ratio, due=due)


def _paid(facts: Facts, *categories: str) -> Integers:
    """Net payments by month, the running one first; positive is paid."""
    lines, found = facts.lines, np.zeros(MONTHS, dtype=np.int64)
    back = facts.month - lines.month
    at = lines.of(*categories) & (back < MONTHS)
    np.add.at(found, back[at], -lines.cents[at])
    return found


def _due(facts: Facts, *, is_cash_based: bool) -> Integers:
    due = _taxed(facts, facts.bills, is_cash_based=False)
    return _taxed(facts, facts.sales, is_cash_based=is_cash_based) - due


def _taxed(facts: Facts, documents: Documents, *, is_cash_based: bool) -> Integers:
    """Tax of documents by month of issue, or of payment."""
    found = np.zeros(MONTHS, dtype=np.int64)
    if is_cash_based:
        at = documents.paid_after >= 0
        ages = (documents.age - documents.paid_after)[at]
        paid_on = np.datetime64(facts.as_of, "D") - ages
        months = paid_on.astype("datetime64[M]").astype(np.int64) + 1970 * 12
        back, cents = facts.month - months, documents.tax_cents[at]
    else:
        back, cents = facts.month - documents.month, documents.tax_cents
    known = (back >= 0) & (back < MONTHS)
    np.add.at(found, back[known], cents[known])
    return found


def _owed(due: Integers, month: int, rhythm: int, lag: int) -> Integers:
    """What is to be paid in each month, the running one first, by what was due of the periods before."""
    owed = np.zeros(MONTHS, dtype=np.int64)
    for back in range(MONTHS - lag - rhythm + 1):
        if (month - back - lag + 1) % rhythm == 0:
            owed[back] = due[back + lag : back + lag + rhythm].sum()
    return owed


def expected_vat(vat: Vat, facts: Facts, sales: Pattern, ahead: Ahead, factor: int = UNIT) -> Integers:
    """What the firm pays, negative, or gets back.

    Args:
        vat: How it pays.
        facts: Of the firm.
        sales: By which what becomes due goes on.
        ahead: The days.
        factor: On what becomes due from now on, in units of ``1 / UNIT``.
    """
    flow = ahead.nothing()
    known = min(facts.full_months, YEAR)
    sold = sum(sales.in_month(facts.month - back) for back in range(1, known + 1))
    usual = int(vat.due[1 : known + 1].sum())

    def of_month(month: int) -> int:
        back = facts.month - month
        if back > 0:
            return int(vat.due[back]) if back < MONTHS else 0
        return usual * sales.in_month(month) // sold * factor // UNIT if sold > 0 else 0

    lines, tomorrow = facts.lines, ahead.as_of + timedelta(1)
    is_paid = bool((lines.of("vat", "tax_refund") & (lines.month == facts.month)).any())
    for month in ahead.each_month():
        if (month - vat.lag + 1) % vat.rhythm or (month == facts.month and is_paid):
            continue
        owed = sum(of_month(month - vat.lag - number) for number in range(vat.rhythm)) * vat.ratio // UNIT
        if vat.lag == 2 and vat.rhythm == 1 and month % YEAR == FEBRUARY:
            owed += _prepaid(vat, facts.month, month)
        day = bank_day_from(day_in(month, DUE_DAY))
        ahead.put(flow, max(day, bank_day_from(tomorrow)), -owed)
    return flow


def _prepaid(vat: Vat, now: int, month: int) -> int:
    """The special prepayment of a year less that of the year before, which the return of December takes off."""
    first = month - FEBRUARY
    backs = [now - first + number for number in range(1, 2 * YEAR + 1)]
    if backs[0] < 1 or backs[-1] >= MONTHS:
        return 0
    sums = [int(vat.due[backs[half] : backs[half] + YEAR].sum()) for half in (0, YEAR)]
    return (sums[0] - sums[1]) * vat.ratio // UNIT // SHARE


def expected_other_taxes(facts: Facts, ahead: Ahead) -> Integers:
    """Income, corporate, trade and payroll tax, by what was paid in the last twelve months."""
    flow = ahead.nothing()
    for category, months, day in (
        ("income_tax", INCOME_MONTHS, DUE_DAY),
        ("trade_tax", TRADE_MONTHS, TRADE_DAY),
        ("payroll_tax", None, DUE_DAY),
    ):
        flow += _by_own_payments(facts, ahead, category, months, day)
    return flow


def _by_own_payments(facts: Facts, ahead: Ahead, category: str, months: tuple[int, ...] | None, day: int) -> Integers:
    flow = ahead.nothing()
    paid = _paid(facts, category)
    lately = [back for back in range(YEAR + 1) if paid[back] > 0]
    if not lately:
        return flow
    if months is None:
        # Payroll tax: monthly, quarterly or once a year, as it was paid.
        rhythm = (
            1 if len(lately) >= 6 or lately[:3] == [*range(lately[0], lately[0] + 3)] else 3 if len(lately) > 1 else 12
        )
        chosen = [month for month in ahead.each_month() if (month - facts.month + lately[0]) % rhythm == 0]
    else:
        chosen = [month for month in ahead.each_month() if month % YEAR + 1 in months]
    # The notice of the tax office stands until the next one: the latest two tell what it says.
    latest = [int(paid[back]) for back in lately[:2]]
    cents = sum(latest) // len(latest)
    for month in chosen:
        due = bank_day_from(day_in(month, day))
        if month == facts.month and paid[0] > 0:
            continue
        if due > ahead.as_of:
            ahead.put(flow, due, -cents)
    return flow
