"""A big trade drawn all at once, in columns: the books of a firm with more documents than could be simulated in turn.

Days are counted from day 0 of the calendar, money is integer cents, as in the simulation of the other firms.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.life.calendar import Calendar
from sandbox.life.traits import Traits

Ints = NDArray[np.int64]
"""Days, cents or positions."""
Floats = NDArray[np.float64]

BILLS_PER_INVOICE = 0.2
"""A wholesaler buys less often than it sells."""
_FEES = (500, 4_000)
"""Reminder charges, and the lump sum for late payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Invoices or bills, in the order of their dates."""

    party: Ints
    """Number of the customer or the supplier."""
    issued: Ints
    due: Ints
    net: Ints
    tax: Ints
    rate: Ints

    @property
    def gross(self) -> Ints:
        """With tax."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True, kw_only=True)
class Selling:
    """Invoices and what becomes of them, also beyond the end of the books; ``index`` is that of the invoice."""

    invoices: Documents
    receipts: pl.DataFrame
    """index, day, amount, fate (paid, written_off, refund), closes."""
    cancellations: pl.DataFrame
    """index, day."""
    notes: pl.DataFrame
    """index, day, net, gross, is_refunded."""
    reminders: pl.DataFrame
    """index, day, level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Buying:
    """Bills and when they are paid."""

    bills: Documents
    is_stated: NDArray[np.bool_]
    """Whether the deadline stands in the books."""
    paid: Ints


def count(traits: Traits) -> int:
    """How many invoices the books hold."""
    return round(traits.months * traits.invoices_per_month)


def sell(traits: Traits, when: Calendar, rng: np.random.Generator) -> Selling:
    """Draw all invoices, and how each ends."""
    total, customers = count(traits), traits.customers
    size = rng.lognormal(0.0, traits.concentration, customers)
    who = rng.choice(customers, total, p=size / size.sum())
    basket = rng.lognormal(0.0, traits.customer_spread, customers)[who] * rng.lognormal(0.0, 0.7, total)
    rate = np.where(rng.random(customers) < 0.08, 7, traits.vat_rate)[who]
    issued = _days(traits, when, total, rng)
    net = _cents(basket, traits.sales * traits.months)
    invoices = Documents(
        party=who, issued=issued, due=issued + (traits.term or 0), net=net, tax=(net * rate + 50) // 100, rate=rate
    )
    return _settle(traits, when, invoices, rng)


def buy(traits: Traits, when: Calendar, rng: np.random.Generator) -> Buying:
    """Draw all bills; they are paid about when they are due."""
    total = round(count(traits) * BILLS_PER_INVOICE)
    size = rng.lognormal(0.0, traits.concentration, traits.suppliers)
    issued = _days(traits, when, total, rng)
    net = _cents(rng.lognormal(0.0, 0.8, total), traits.sales * traits.months * traits.materials)
    bills = Documents(
        party=rng.choice(traits.suppliers, total, p=size / size.sum()),
        issued=issued,
        due=issued + 30,
        net=net,
        tax=(net * traits.vat_rate + 50) // 100,
        rate=np.full(total, traits.vat_rate),
    )
    paid = np.maximum(issued + 1, np.rint(bills.due + traits.bill_delay + 2 * rng.normal(size=total)).astype(np.int64))
    return Buying(bills=bills, is_stated=rng.random(total) >= traits.no_deadline_share, paid=_working(when)[paid])


def _days(traits: Traits, when: Calendar, total: int, rng: np.random.Generator) -> Ints:
    """Working days, more of them where there is more demand."""
    days = np.arange(when.opens, when.days)
    month = np.searchsorted(np.array(when.month_first), days, side="right") - 1
    cycle = np.cos(2 * np.pi * (np.array(when.month_of_year)[month] - traits.season_peak) / 12)
    demand = (1 + traits.growth) ** (days / 365) * (1 + traits.seasonality * cycle)
    demand *= _working(when)[days] == days
    drawn: Ints = np.sort(rng.choice(days, total, p=demand / demand.sum()))
    return drawn


def _cents(sizes: Floats, euro: float) -> Ints:
    cents: Ints = np.maximum(500, np.rint(sizes * (100 * euro / max(sizes.sum(), 1.0)))).astype(np.int64)
    return cents


def _working(when: Calendar) -> Ints:
    return np.array(when.next_working)


def _settle(traits: Traits, when: Calendar, invoices: Documents, rng: np.random.Generator) -> Selling:
    total, working, issued, gross = len(invoices.net), _working(when), invoices.issued, invoices.gross
    paid = _paid_on(traits, when, invoices, rng)
    fate, detail, part = rng.random((3, total))
    takes_discount = rng.random(traits.customers)[invoices.party] < 0.3
    never = 0.043 + traits.non_payment

    cancelled_day = working[issued + (6 * detail).astype(np.int64)]
    cancelled = (fate < 0.008) & (cancelled_day < paid)
    credited, charged = (fate >= 0.008) & (fate < 0.02), (fate >= 0.02) & (fate < 0.023)
    in_parts, fails = (fate >= 0.023) & (fate < 0.043), (fate >= 0.043) & (fate < never)
    discounted = (fate >= never) & takes_discount & (part < 0.8)

    share = np.where(detail < 0.15, 1.0, 0.1 + 0.4 * part)
    note_net = np.rint(invoices.net * share).astype(np.int64)
    note_gross = np.minimum(note_net + (note_net * invoices.rate + 50) // 100, gross)
    note_day = working[issued + 4 + (25 * detail).astype(np.int64)]
    is_refunded = note_day > paid

    amount = gross - np.where(credited & ~is_refunded, note_gross, 0)
    amount += np.where(charged, np.where(detail < 0.7, *_FEES), 0)
    amount -= np.where(discounted, gross * traits.discount_percent // 100, 0)
    day = np.where(charged, np.maximum(paid, working[invoices.due + 15]), paid)
    day = np.where(discounted, working[issued + 2 + (traits.discount_days * detail / 2).astype(np.int64)], day)
    first = (gross * (0.3 + 0.4 * detail)).astype(np.int64)
    second_day = working[paid + 8 + (40 * part).astype(np.int64)]
    some = np.where(detail < 0.35, (gross * (0.2 + detail)).astype(np.int64), 0)
    lost_day = working[invoices.due + 150 + (200 * detail).astype(np.int64)]
    is_lost = fails & (detail < 0.75)
    usual = ~(cancelled | in_parts | fails) & (amount > 0)

    receipts = pl.concat(
        [
            _receipts(usual, day, amount, "paid", closes=True),
            _receipts(in_parts, paid, first, "paid", closes=False),
            _receipts(in_parts, second_day, gross - first, "paid", closes=True),
            _receipts(fails & (some > 0), working[invoices.due + 60], some, "paid", closes=False),
            _receipts(is_lost, lost_day, gross - some, "written_off", closes=True),
            _receipts(credited & is_refunded, working[note_day + 5], -note_gross, "refund", closes=False),
        ]
    )
    settled = np.select(
        [cancelled, in_parts, is_lost, fails, usual],
        [cancelled_day, second_day, lost_day, when.days + 1, day],
        note_day,
    )
    notes = pl.DataFrame(
        {"index": np.arange(total), "day": note_day, "net": note_net, "gross": note_gross, "is_refunded": is_refunded}
    )
    return Selling(
        invoices=invoices,
        receipts=receipts,
        cancellations=pl.DataFrame({"index": np.flatnonzero(cancelled), "day": cancelled_day[cancelled]}),
        notes=notes.filter(pl.Series(credited)),
        reminders=_reminders(when, invoices, settled),
    )


def _paid_on(traits: Traits, when: Calendar, invoices: Documents, rng: np.random.Generator) -> Ints:
    """The day on which each customer means to pay in full."""
    customers, total = traits.customers, len(invoices.net)
    slow = rng.random(customers) < traits.slow_share
    habit = np.where(slow, rng.exponential(traits.slow_days, customers), rng.normal(-traits.lead, 2.0, customers))
    late = habit[invoices.party] + rng.normal(size=total) * (2.0 + 0.3 * np.abs(habit[invoices.party]))
    late += np.where(rng.random(total) < traits.stray_share, rng.exponential(20.0, total), 0.0)
    days = np.clip(np.rint(invoices.due + late), invoices.issued + 1, when.days + 400)
    return _working(when)[days.astype(np.int64)]


def _receipts(which: NDArray[np.bool_], day: Ints, amount: Ints, fate: str, *, closes: bool) -> pl.DataFrame:
    index = np.flatnonzero(which)
    columns = {"index": index, "day": day[index], "amount": amount[index]}
    return pl.DataFrame(columns).with_columns(fate=pl.lit(fate), closes=pl.lit(closes))


def _reminders(when: Calendar, invoices: Documents, settled: Ints) -> pl.DataFrame:
    """Up to three for each invoice, two weeks apart, while nothing has settled it."""
    until, working = np.minimum(settled, when.last), _working(when)
    levels = []
    for level in (1, 2, 3):
        day = invoices.due + 12 + 14 * (level - 1)
        index = np.flatnonzero(day <= until)
        columns = {"index": index, "day": working[day[index]], "level": np.full(len(index), level)}
        levels.append(pl.DataFrame(columns))
    return pl.concat(levels)
