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

from features.recognised import PAYS_VAT
from forecast.days import Ahead, Integers, bank_day_from, day_in
from forecast.facts import Documents, Facts
from forecast.trade import UNIT, Pattern

MONTHS: Final = 37
"""Months that are looked at, the running one first."""
YEAR: Final = 12
YEAR_DAYS: Final = 365
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
TOKEN: Final = 10
"""What is less than the mean of payments, or than what is due, by this is a token: it tells of no payment."""
BACK_PAYMENT: Final = 3
"""What is paid for earlier years is more than an instalment by this: instalments are raised and lowered by less."""


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
    arrears_cents: int
    """Due in the full months of a year, and not paid by now: overdue."""


def vat_of(facts: Facts) -> Vat:
    """Infer how value added tax is paid: the way in which documents agree best with what was paid in twelve months."""
    paid = _paid(facts, "vat", "tax_refund")
    known = min(facts.full_months, YEAR)
    is_seen = _is_ever_paid(facts)
    ways: list[tuple[int, Vat]] = []
    for is_cash_based in (False, True):
        due = _due(facts, is_cash_based=is_cash_based)
        for rhythm in (1, 3):
            for lag in (1, 2):
                owed = _owed(due, facts.month, rhythm, lag)
                error = int(np.abs(owed[1 : known + 1] - paid[1 : known + 1]).sum())
                arrears = _arrears(facts, owed[1 : known + 1])
                whole, given = int(owed[1 : known + 1].sum()), int(paid[1 : known + 1].sum()) + arrears
                found = Vat(
                    rhythm=rhythm,
                    lag=lag,
                    is_cash_based=is_cash_based,
                    ratio=min(max(given * UNIT // whole, LOWEST_RATIO), HIGHEST_RATIO) if whole > 0 else UNIT,
                    due=due,
                    arrears_cents=arrears if is_seen else 0,
                )
                ways.append((error, found))
    _, best = min(ways, key=lambda way: way[0])
    if np.count_nonzero(paid[1 : known + 1]) >= (2 if best.rhythm == 3 else 3):
        return best
    # Who never paid may pay from elsewhere. Who paid too little to tell how owes the least that is overdue by any way.
    return Vat(
        rhythm=1,
        lag=1,
        is_cash_based=False,
        ratio=UNIT,
        due=_due(facts, is_cash_based=False),
        arrears_cents=min(way.arrears_cents for _, way in ways),
    )


def _is_ever_paid(facts: Facts) -> bool:
    """Whether this tax was ever seen to be paid: by its name, or as a payment to some office of a month's size."""
    if _paid(facts, "vat", is_out=True)[1:].any():
        return True
    due, other = _due(facts, is_cash_based=False), _paid(facts, "other_tax", is_out=True)[1:]
    months = max(1, min(facts.full_months, YEAR))
    usual = int(due[1 : months + 1].sum()) // months
    return bool(((other > 0) & (other * UNIT >= usual * LOWEST_RATIO)).any())


def _to_office(facts: Facts) -> Integers:
    """What went to the tax office by month, the running one first; the bank may say no more than who received it."""
    return _paid(facts, *PAYS_VAT, is_out=True)


def _arrears(facts: Facts, owed: Integers) -> int:
    """What was due and is not paid by now, of so many full months, the latest first.

    A month counts as paid from two thirds on: bills that are not in the books explain the rest. What was paid later
    counts, and so does what the tax office paid back, as far as it owed it: other taxes are paid back, too.
    """
    paid, refunded = _to_office(facts)[1 : owed.size + 1], -_paid(facts, "tax_refund")[1 : owed.size + 1]
    at = (owed > 0) & (paid * TOKEN >= owed)
    usual = int(np.median(paid[at] * UNIT // owed[at])) if at.any() else UNIT
    due = owed * min(max(usual, LOWEST_RATIO), HIGHEST_RATIO) // UNIT
    is_missing = (owed > 0) & (paid * UNIT < due * LOWEST_RATIO)
    back = min(int(refunded.sum()), int(-owed[owed < 0].sum()))
    return max(0, min(int((due - paid)[is_missing].sum()), int(due.sum()) + back - int(paid.sum())))


def _paid(facts: Facts, *categories: str, is_out: bool = False) -> Integers:
    """Net payments by month, the running one first; positive is paid. Or only what went out."""
    lines, found = facts.lines, np.zeros(MONTHS, dtype=np.int64)
    back = facts.month - lines.month
    at = lines.of(*categories) & (back < MONTHS)
    if is_out:
        at &= lines.cents < 0
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

    tomorrow = bank_day_from(ahead.as_of + timedelta(1))
    paid, refunded = int(_to_office(facts)[0]), -int(_paid(facts, "tax_refund")[0])
    beyond = paid
    for month in ahead.each_month():
        if (month - vat.lag + 1) % vat.rhythm:
            continue
        owed = sum(of_month(month - vat.lag - number) for number in range(vat.rhythm)) * vat.ratio // UNIT
        if vat.lag == 2 and vat.rhythm == 1 and month % YEAR == FEBRUARY:
            owed += _prepaid(vat, facts.month, month)
        if month == facts.month:
            beyond = max(0, paid - max(0, owed))
            # Who paid, or was paid back, has filed: nothing more comes back.
            owed = _left(owed, paid) if owed > 0 else 0 if paid or refunded else owed
        ahead.put(flow, max(bank_day_from(day_in(month, DUE_DAY)), tomorrow), -owed)
    # What was paid this month beyond what fell due in it was owed before.
    ahead.put(flow, tomorrow, -max(0, vat.arrears_cents - beyond))
    return flow


def _left(owed: int, paid: int) -> int:
    """What is still to be paid of what falls due in the running month."""
    return 0 if paid * UNIT >= owed * LOWEST_RATIO else owed - paid


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
    some = [back for back in range(YEAR + 1) if paid[back] > 0]
    if not some:
        return flow
    whole = sum(int(paid[back]) for back in some)
    lately = [back for back in some if int(paid[back]) * TOKEN * len(some) >= whole]
    if months is None:
        # Payroll tax: monthly, quarterly or once a year, as it was paid.
        rhythm = (
            1 if len(lately) >= 6 or lately[:3] == [*range(lately[0], lately[0] + 3)] else 3 if len(lately) > 1 else 12
        )
        chosen = [back for back in range(-ahead.count // 28, YEAR + 1) if (back - lately[0]) % rhythm == 0]
    else:
        chosen = [back for back in range(-ahead.count // 28, YEAR + 1) if (facts.month - back) % YEAR + 1 in months]
    # The notice of the tax office stands until the next one: the latest two tell what it says. What is paid in other
    # months is for earlier years, unless all are late.
    instalments = [int(paid[back]) for back in [back for back in lately if back in chosen] or lately]
    most = BACK_PAYMENT * int(np.median(instalments))
    latest = [one for one in instalments if one < most][:2]
    cents = sum(latest) // len(latest)
    for back in chosen:
        # What was due and is not paid may have been lowered: nothing is late.
        if back <= 0:
            due = bank_day_from(day_in(facts.month - back, day))
            ahead.put(flow, due, -(cents if back else _left(cents, int(paid[0]))))
    # What was paid for earlier years comes on no day: much more than an instalment, or one more of a year.
    known = max(1, min(facts.full_months, YEAR))
    sums = paid[1 : known + 1]
    more = sums - cents * np.isin(np.arange(1, known + 1), chosen)
    beside = min(int(more[sums >= most].sum()), int(more.sum()))
    return flow - max(0, beside) // max(1, known * YEAR_DAYS // YEAR)
