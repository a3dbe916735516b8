"""Payments that come back: by category, counterparty and rhythm, each with its day and amount."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from forecast.days import Ahead, Integers, bank_day_from, bank_day_in, length_of, month_number, third_last_bank_day
from forecast.facts import CATEGORIES, Facts

WAGES, SOCIAL, RENT, RUNNING, DRAWINGS = "wages", "social_security", "rent", "running_costs", "drawings"
KINDS: Final = {
    "wages": WAGES,
    "wage_garnishment": WAGES,
    "social_security": SOCIAL,
    "rent": RENT,
    **dict.fromkeys(
        (
            *("utilities", "communication", "insurance", "vehicle", "advertising", "software", "professional_fees"),
            *("chamber_dues", "travel", "shipping", "card_settlement", "bank_fee", "factoring_fee", "provider_fee"),
            "other_tax",
        ),
        RUNNING,
    ),
    "owner_drawing": DRAWINGS,
}
"""Category of a bank line to what it is called in a forecast, for what may come back."""
RHYTHMS: Final = (3, 12)
"""Months between payments that are not monthly."""
LOOKED_AT: Final = 25
"""Months that are looked at, the running one included."""
LATEST: Final = 3
"""The amount is the mean of so many latest months, for costs that change."""
DRAWN: Final = 6
"""Of drawings it is the median of so many: what an owner takes beside comes on no day."""
EDGE: Final = 5
"""What is paid around the end of a month lies on one of the last or first so many days of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """One payment that comes back."""

    kind: str
    rhythm: int
    """Months from one payment to the next."""
    last_month: int
    """Month number of the latest."""
    day: int
    """Of the month."""
    cents: int
    """Positive."""
    lines: Integers
    """Places of its lines among the firm's."""
    beside_cents: int
    """Paid within twelve months beyond what is expected to come back."""


def recurring_of(facts: Facts) -> list[Recurring]:
    """Find what comes back, by category and counterparty in a fixed order."""
    lines = facts.lines
    numbers = np.array(sorted(CATEGORIES[name] for name in KINDS), dtype=np.int64)
    back = facts.month - lines.month
    at = np.flatnonzero(np.isin(lines.category, numbers) & ~lines.is_internal & (lines.cents < 0) & (back < LOOKED_AT))
    # By category and party, oldest first within each.
    at = at[np.lexsort((at, lines.party[at], lines.category[at]))]
    edges = np.flatnonzero(np.diff(lines.category[at]) | (np.diff(lines.party[at]) != 0)) + 1
    names = {number: name for name, number in CATEGORIES.items()}
    found = []
    for group in np.split(at, edges) if at.size else []:
        one = _recurring(facts, group, names[int(lines.category[group[0]])])
        if one is not None:
            found.append(one)
    return found


def _recurring(facts: Facts, group: Integers, category: str) -> Recurring | None:
    lines = facts.lines
    backs, days = _placed(facts, group)
    # The first place is that of next month, which may be paid in advance.
    totals = np.zeros(LOOKED_AT + 2, dtype=np.int64)
    np.add.at(totals, backs + 1, -lines.cents[group])
    active = np.flatnonzero(totals > 0) - 1
    rhythm = _rhythm(active.tolist())
    if not rhythm:
        return None
    kind = KINDS[category]
    # Of what is monthly, the running month may not be complete.
    complete = active[active > 0] if rhythm == 1 else active
    if kind is DRAWINGS:
        cents = int(np.sort(totals[complete[:DRAWN] + 1])[(min(DRAWN, complete.size) - 1) // 2])
        year = complete[complete <= 12]
        beside = int(totals[year + 1].sum()) - cents * year.size
    else:
        latest = totals[complete[:LATEST] + 1]
        # A month that was left out is paid in another one, or is one without a payment.
        months = latest.size if rhythm > 1 else _spanned(complete.tolist())
        cents, beside = max(int(latest.sum()) // months, int(latest.min())), 0
    days = sorted(days[-6:])
    return Recurring(
        kind=kind,
        rhythm=rhythm,
        last_month=facts.month - int(active[0]),
        # Weekends and delays move a payment to later days: the earlier ones are nearer to the day agreed.
        day=days[len(days) // 4],
        cents=cents,
        lines=group,
        beside_cents=beside,
    )


def _placed(facts: Facts, group: Integers) -> tuple[Integers, list[int]]:
    """Months ago of payments, and their days of the month.

    A weekend moves what is due on the last day of a month into the next one, and who is due on the first day may pay a
    day before: what is paid around the end of a month counts to the month on whose side most payments lie.
    """
    ages = facts.lines.age[group]
    dates = [facts.as_of - timedelta(age) for age in ages.tolist()]
    backs, days = facts.month - facts.lines.month[group], [one.day for one in dates]
    is_early = np.array([one.day <= EDGE for one in dates])
    is_late = np.array([one.day > length_of(month_number(one)) - EDGE for one in dates])
    _, latest = np.unique(ages, return_index=True)
    latest = latest[:6]
    early, late = int(is_early[latest].sum()), int(is_late[latest].sum())
    if not early or not late or early + late < latest.size:
        return backs, days
    if late >= early:
        return backs + is_early, [31 if moved else day for moved, day in zip(is_early.tolist(), days, strict=True)]
    return backs - is_late, [1 if moved else day for moved, day in zip(is_late.tolist(), days, strict=True)]


def _spanned(active: list[int]) -> int:
    """Months that the latest payments are of: with what was left out among them, and one month right before them."""
    until = active[:LATEST][-1]
    is_before_left_out = active[LATEST:][:1] == [until + 2]
    return until - active[0] + 1 + is_before_left_out


def _rhythm(active: list[int]) -> int:
    """Months between payments, given how many months ago there were some; 0 where there is no rhythm."""
    if active[0] <= 1 and sum(1 <= back <= 4 for back in active) >= LATEST:
        return 1
    for months in RHYTHMS:
        gaps = np.diff(active)
        if gaps.size and (np.abs(gaps - months) <= months // 12).all() and active[0] <= months + 1:
            return months
    return 0


def expected(payment: Recurring, ahead: Ahead) -> Integers:
    """What a recurring payment takes on each day ahead, as a negative flow; what is late is paid on the next day."""
    flow = ahead.nothing()
    tomorrow = ahead.as_of + timedelta(1)
    for month in range(payment.last_month + payment.rhythm, ahead.last_month + 1, payment.rhythm):
        if month < ahead.first_month - 1:
            continue
        day = third_last_bank_day(month) if payment.kind is SOCIAL else bank_day_in(month, payment.day)
        ahead.put(flow, max(day, bank_day_from(tomorrow)), -payment.cents)
    return flow
