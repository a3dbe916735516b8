"""What comes and goes on each day ahead, by kind: the middle of the forecast, before anything is said of its width."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from features.recognised import DEBT_SERVICE
from forecast.days import Ahead, Integers, bank_day_from, bank_day_in, month_number
from forecast.debt_service import in_months
from forecast.facilities import Borrowings
from forecast.facts import MONTHS, Documents, Facts
from forecast.recurring import KINDS, expected, recurring_of
from forecast.taxes import expected_other_taxes, expected_vat, vat_of
from forecast.trade import UNIT, Pattern, by_month, later, paid_curve, pattern_of, still_open

YEAR_DAYS: Final = 365
PROCEEDS: Final = ("loan_proceeds", "owner_contribution", "subsidy", "insurance_benefit")
"""Money in that nobody counts on."""
TAXES: Final = ("vat", "tax_refund", "payroll_tax", "income_tax", "trade_tax")
LESS: Final = UNIT // 5
"""What is sold less under stress."""
LATEST_INSTALMENTS: Final = 6
"""Instalments that tell the day of the month."""
DOCUMENT_SHARE: Final = 2
"""Where documents are at least one in so many of what customers paid, they tell the season; else the bank does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Flows by day, positive in and negative out, without what open invoices bring."""

    new_sales: Integers
    """What is invoiced from now on."""
    counter_sales: Integers
    """Money of customers that no document has: tills, pay-outs."""
    open_bills: Integers
    new_bills: Integers
    vat: Integers
    vat_if_less: Integers
    """With sales less by ``LESS``."""
    other_taxes: Integers
    facilities: Integers
    """Instalments of loans and leases that the firm has."""
    recurring: dict[str, Integers]
    """By kind, ``forecast.recurring.KINDS``."""
    other: Integers
    largest_share: int
    """Of the largest customer in the sales of twelve months, in units of ``1 / UNIT``."""


def expected_of(facts: Facts, ahead: Ahead, borrowings: Borrowings | None) -> Expected:
    """Work out each kind.

    Args:
        facts: Of the firm.
        ahead: The days.
        borrowings: What the firm owes for already.
    """
    lines, known = facts.lines, max(1, min(facts.full_months, 12))
    ago = facts.month - lines.month
    in_year = (ago >= 1) & (ago <= known)
    payments = recurring_of(facts)
    is_recurring = np.zeros(lines.cents.size, dtype=np.bool_)
    for payment in payments:
        is_recurring[payment.lines] = True
    income = np.zeros(MONTHS, dtype=np.int64)
    at = lines.is_income & (ago < MONTHS)
    np.add.at(income, ago[at], lines.cents[at])
    invoiced = by_month(facts, facts.sales)
    banked, booked = int(income[1 : known + 1].sum()), int(facts.received[1 : known + 1].sum())
    is_documented = DOCUMENT_SHARE * booked >= banked
    sales = pattern_of(invoiced, facts)
    takings = pattern_of(income, facts)
    guide = sales if is_documented else takings
    # Where the bank saw less than documents say (fees), new ones bring less; what is more, comes beside.
    share = min(UNIT, banked * UNIT // booked) if booked > 0 else UNIT
    beside = max(0, banked - booked)

    is_bill_line = lines.is_booked & (lines.cents < 0) & ~lines.is_internal
    bills = _without(facts.bills, _suppliers_of(facts, lines.transaction[is_recurring].tolist()))
    spent = int(-lines.cents[is_bill_line & ~is_recurring & in_year].sum())
    billed = by_month(facts, bills)
    in_bills = int(billed[1 : known + 1].sum())
    bill_share = min(UNIT, spent * UNIT // in_bills) if in_bills > 0 else UNIT

    is_left = ~is_recurring & ~is_bill_line & ~lines.is_income & ~lines.of(*TAXES, *PROCEEDS, *DEBT_SERVICE)
    rest = int(lines.cents[is_left & in_year].sum()) - sum(payment.beside_cents for payment in payments)
    flows: dict[str, Integers] = {}
    for payment in payments:
        flows[payment.kind] = flows.get(payment.kind, ahead.nothing()) + expected(payment, ahead)
    vat = vat_of(facts)
    days = max(1, known * YEAR_DAYS // 12)
    return Expected(
        new_sales=later(sales, paid_curve(facts.sales), ahead, facts.sales_entered_after) * share // UNIT,
        counter_sales=_like(guide, beside, known, facts.month).by_day(ahead),
        open_bills=-still_open(bills, paid_curve(bills, from_due=True), ahead) * bill_share // UNIT,
        new_bills=-later(pattern_of(billed, facts), paid_curve(bills), ahead, facts.bills_entered_after)
        * bill_share
        // UNIT,
        vat=expected_vat(vat, facts, guide, ahead),
        vat_if_less=expected_vat(vat, facts, guide, ahead, UNIT - LESS),
        other_taxes=expected_other_taxes(facts, ahead),
        facilities=_instalments(facts, ahead, () if borrowings is None else borrowings.expected),
        recurring={kind: flows[kind] for kind in dict.fromkeys(KINDS.values()) if kind in flows},
        other=np.full(ahead.count, rest // days if rest >= 0 else -(-rest // days), dtype=np.int64),
        largest_share=_largest_share(facts.sales),
    )


def _instalments(facts: Facts, ahead: Ahead, months: Sequence[int]) -> Integers:
    """Debt service by month from the day of observation on, on the day of the month on which it used to be paid."""
    flow, lines = ahead.nothing(), facts.lines
    paid = np.flatnonzero(lines.of(*DEBT_SERVICE) & (lines.cents < 0))[-LATEST_INSTALMENTS:]
    days = sorted((facts.as_of - timedelta(age)).day for age in lines.age[paid].tolist())
    day = days[len(days) // 4] if days else 1
    tomorrow = bank_day_from(facts.as_of + timedelta(1))
    for number, cents in enumerate(months):
        begins = in_months(facts.as_of, number)
        # The month may begin on any day: the one on which it is due lies in this calendar month, or in the next.
        due = bank_day_in(month_number(begins) + (day <= begins.day), day)
        # In a short month, or before a weekend, it may have been moved to the day of observation.
        ahead.put(flow, max(due, tomorrow), -cents)
    return flow


def _like(guide: Pattern, cents: int, months: int, now: int) -> Pattern:
    """A sum of the last months that goes on with the level and season of another."""
    whole = sum(guide.in_month(now - number) for number in range(1, months + 1))
    if whole <= 0:
        return Pattern(level_cents=cents // months, season=(UNIT,) * 12)
    return Pattern(level_cents=guide.level_cents * cents // whole, season=guide.season)


def _suppliers_of(facts: Facts, transactions: list[int]) -> set[int]:
    """Suppliers most of whose bills are paid with lines that come back: these are expected as such."""
    chosen = set(transactions)
    regular = {bill for transaction, bill in facts.paid_bills if transaction in chosen}
    if not regular:
        return set()
    bills, sums = facts.bills, dict[int, list[int]]()
    for party, number, cents in zip(bills.party.tolist(), bills.number.tolist(), bills.cents.tolist(), strict=True):
        one = sums.setdefault(party, [0, 0])
        one[0] += cents
        one[1] += cents if number in regular else 0
    return {party for party, (whole, of_them) in sums.items() if party and 2 * of_them >= whole}


def _without(bills: Documents, suppliers: set[int]) -> Documents:
    if not suppliers:
        return bills
    keep = ~np.isin(bills.party, sorted(suppliers))
    return Documents(**{name: getattr(bills, name)[keep] for name in Documents.__slots__})


def _largest_share(sales: Documents) -> int:
    recent = sales.age < YEAR_DAYS
    whole = int(sales.cents[recent].sum())
    named = recent & (sales.party != 0)
    if not whole or not named.any():
        return 0
    parties, place = np.unique(sales.party[named], return_inverse=True)
    sums = np.zeros(parties.size, dtype=np.int64)
    np.add.at(sums, place, sales.cents[named])
    return int(sums.max()) * UNIT // whole
