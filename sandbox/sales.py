"""The sales side of a simulation: demand, customers, invoices, and what customers intend to do about them."""

from dataclasses import dataclass, field

import numpy as np

from sandbox.calendar import Calendar
from sandbox.traits import Traits

SLUMP_MONTHS = 9
"""How long a slump takes; it is complete three months before the end."""
FORETOLD_DAYS, SLOWING_DAYS = 200, 50
"""A customer that will fail gets slower over so many days, by so many days."""
GOODS_RATE = 7
"""The reduced rate of value added tax, in percent."""


@dataclass(slots=True, kw_only=True)
class Receipt:
    """Money (or its absence) that changes what is open on an invoice."""

    day: int
    amount: int
    """Signed cents."""
    invoice: int
    """Index into the arrays of ``Sales``."""
    kind: str
    """paid, returned, written_off, by_hand or refund."""
    closes: bool = False
    """The bookkeeper regards the invoice as settled by this."""


@dataclass(slots=True, kw_only=True)
class Correction:
    """A credit note, or a cancellation where ``gross`` is None."""

    day: int
    invoice: int
    net: int | None
    gross: int | None
    is_refunded: bool = False


@dataclass(slots=True, kw_only=True)
class Sales:
    """Every invoice of a firm, those before its books opened included, as parallel lists."""

    demand: np.ndarray
    """Demand of each month, 1 is normal."""
    customer: list[int] = field(default_factory=list)
    issued: list[int] = field(default_factory=list)
    due: list[int] = field(default_factory=list)
    net: list[int] = field(default_factory=list)
    tax: list[int] = field(default_factory=list)
    rate: list[int] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    reminders: list[tuple[int, int, int]] = field(default_factory=list)
    """Day, invoice, level."""
    till: list[tuple[int, int, int]] = field(default_factory=list)
    """Day, net and tax of takings that are not invoiced, one entry a month."""


@dataclass(slots=True, kw_only=True)
class _Customers:
    weight: np.ndarray
    size: np.ndarray
    joined: np.ndarray
    left: np.ndarray
    fails: np.ndarray
    """Day of the customer's own insolvency; it pays slower before and nothing after."""
    lateness: np.ndarray
    is_debit: np.ndarray
    takes_discount: np.ndarray


def demand_of(traits: Traits, when: Calendar, rng: np.random.Generator) -> np.ndarray:
    """Demand of each month: growth, season, a slowly moving random part, and lasting falls."""
    months = len(when.month_first)
    index = np.arange(months)
    steps = rng.normal(0.0, traits.demand_noise, months)
    level = np.zeros(months)
    value = 0.0
    for month in range(months):
        value = 0.85 * value + float(steps[month])
        level[month] = value
    falls = rng.random(months) < traits.shock_rate / 12
    depth = np.clip(rng.normal(traits.shock_size, 0.1, months), 0.05, 0.8)
    lasting = np.cumsum(np.where(falls, np.log1p(-depth), 0.0))
    season = traits.seasonality * np.cos(2 * np.pi * (np.array(when.month_of_year) - traits.season_peak) / 12)
    trend = np.log1p(max(-0.5, traits.growth)) * (index - months / 2) / 12
    demand: np.ndarray = np.exp(level + lasting + trend) * (1 + season)
    demand *= 1 - traits.slump * np.clip((index - (months - SLUMP_MONTHS)) / (SLUMP_MONTHS - 3), 0, 1)
    if traits.is_new:
        opened = np.searchsorted(when.month_first, when.opens, side="right") - 1
        age = index - opened
        demand *= np.where(age < 0, 0.0, np.minimum(1.0, 0.35 + 0.13 * age))
    return demand


def _draw_customers(traits: Traits, when: Calendar, rng: np.random.Generator) -> _Customers:
    years = when.days / 365
    steady = traits.customers
    count = steady + int(rng.poisson(steady * (traits.churn + traits.failing_customers) * years))
    weight = np.exp(rng.normal(0.0, traits.concentration, count))
    joined = np.where(np.arange(count) < steady, -1.0, rng.uniform(0, when.days, count))
    left = joined + rng.exponential(365 / max(traits.churn, 0.01), count)
    slow = rng.random(count) < traits.slow_share
    lateness = np.where(slow, rng.gamma(2.0, max(traits.slow_days, 1.0) / 2.0, count), rng.normal(-traits.lead, 3.0, count))
    size = np.exp(rng.normal(0.0, 0.45, count))
    # Costs are cut out for normal sales: the usual mix of customers has to bring these.
    size /= np.average(size, weights=weight * np.maximum(1.0, np.minimum(left, when.days) - np.maximum(joined, 0)))
    hazard = traits.failing_customers * np.where(slow, 3.0, 0.6) / 365
    fails = np.maximum(joined, 0.0) + rng.exponential(1.0, count) / np.maximum(hazard, 1e-9)
    left = np.minimum(left, fails)
    return _Customers(
        fails=fails,
        weight=weight,
        size=size,
        joined=joined,
        left=left,
        lateness=lateness,
        is_debit=rng.random(count) < traits.debit_share,
        takes_discount=rng.random(count) < 0.4,
    )


def sell(traits: Traits, when: Calendar, rng: np.random.Generator) -> Sales:
    """Draw the demand, the invoices, and what customers will do, up to the end and beyond it."""
    demand = demand_of(traits, when, rng)
    customers = _draw_customers(traits, when, rng)
    sales = Sales(demand=demand)
    firsts = np.array(when.month_first)
    lengths = np.diff(np.append(firsts, when.days))
    active = (customers.joined[None, :] <= firsts[:, None]) & (customers.left[None, :] > firsts[:, None])
    weight = customers.weight[None, :] * active
    share = weight.sum(axis=1) / customers.weight[: traits.customers].sum()
    full = np.array([30.4] * len(firsts))
    # Who leaves takes orders along, but not all: others order more.
    demand = demand * np.clip(share, 0.05, 1.5) ** 0.5
    sales.demand = demand
    counts = rng.poisson(traits.invoices_per_month * (1 - traits.till_share) * demand * lengths / full)
    month = np.repeat(np.arange(len(firsts)), counts)
    total = int(counts.sum())
    day = firsts[month] + np.floor(rng.random(total) * lengths[month]).astype(np.int64)
    # Half of all invoices are written in the last days of a month.
    at_end = rng.random(total) < 0.35
    day = np.where(at_end, firsts[month] + lengths[month] - 1 - rng.integers(0, 4, total), day)
    day = np.clip(np.array(when.next_working)[np.maximum(day, 0)], 0, None)
    cumulative = np.cumsum(weight, axis=1)
    pick = rng.random(total) * cumulative[month, -1]
    customer = (cumulative[month] <= pick[:, None]).sum(axis=1).clip(max=len(customers.weight) - 1)
    order = np.argsort(day, kind="stable")
    day, customer = day[order], customer[order]
    price = traits.sales / max(traits.invoices_per_month, 1e-9)
    amount = price * customers.size[customer] * np.exp(rng.normal(-0.08, 0.4, total))
    net = np.maximum(500, np.round(amount * 4) * 25).astype(np.int64)
    reduced = rng.random(total) < 0.06
    rate = np.where(reduced & (traits.vat_rate == 19), GOODS_RATE, traits.vat_rate)
    tax = (net * rate + 50) // 100
    term = 30 if traits.term is None else traits.term
    sales.customer, sales.issued = customer.tolist(), day.tolist()
    sales.net, sales.tax, sales.rate = net.tolist(), tax.tolist(), rate.tolist()
    sales.due = (day + term).tolist()
    _plan(sales, traits, customers, when, rng)
    if traits.till_share:
        for first, level in zip(when.month_first, demand.tolist(), strict=True):
            day = when.next_working[first + 27]
            takings = round(traits.sales * traits.till_share * level * 100)
            if takings and day < when.days:
                sales.till.append((day, takings, (takings * traits.vat_rate + 50) // 100))
    return sales


def _plan(sales: Sales, traits: Traits, customers: _Customers, when: Calendar, rng: np.random.Generator) -> None:
    """Decide for each invoice how it ends."""
    total = len(sales.customer)
    who = np.array(sales.customer, dtype=np.int64)
    issued = np.array(sales.issued, dtype=np.float64)
    late = customers.lateness[who] + traits.delay_drift * (issued - when.opens) / 365
    late += traits.slump_delay * np.clip((issued - (when.days - SLUMP_MONTHS * 30)) / 180, 0, 1)
    fails = customers.fails[who]
    late += SLOWING_DAYS * np.clip((issued - fails + FORETOLD_DAYS) / FORETOLD_DAYS, 0, 1)
    late += rng.normal(0.0, 1.0, total) * (2.0 + 0.3 * np.abs(late))
    late += np.where(rng.random(total) < 0.06, rng.exponential(20.0, total), 0.0)
    paid_at = np.clip(np.array(sales.due) + np.round(late), issued + 1, when.days + 400).astype(np.int64).tolist()
    luck = rng.random((total, 4)).tolist()
    lost = (np.array(paid_at) >= fails).tolist()
    never = traits.non_payment
    for index in range(total):
        fate, detail, part, extra = luck[index]
        gross = sales.net[index] + sales.tax[index]
        customer = sales.customer[index]
        if fate < never or lost[index]:
            _fail(sales, index, gross, detail, when)
            continue
        if fate < never + 0.008:
            day = sales.issued[index] + int(detail * 6)
            if day < paid_at[index]:
                sales.corrections.append(Correction(day=when.next_working[day], invoice=index, net=None, gross=None))
                continue
        if fate < never + 0.022:
            gross -= _credit(sales, index, paid_at[index], detail, part, when)
        elif fate < never + 0.026:
            _overpay(sales, index, gross, paid_at[index], detail, when)
            continue
        elif fate < never + 0.048:
            _pay_in_parts(sales, index, gross, paid_at[index], detail, part, when)
            continue
        elif fate < never + 0.053:
            short = min(gross // 20, 30 + int(detail * 900))
            _pay(sales, index, gross - short, paid_at[index], when)
            continue
        if gross <= 0:
            continue
        if extra < traits.by_hand_share:
            day = when.next_working[paid_at[index]]
            sales.receipts.append(Receipt(day=day, amount=gross, invoice=index, kind="by_hand", closes=True))
        elif traits.discount_percent and customers.takes_discount[customer] and part < 0.8:
            day = sales.issued[index] + max(2, int(traits.discount_days * (0.5 + detail / 2)) - 2)
            _pay(sales, index, gross - gross * traits.discount_percent // 100, day, when)
        elif customers.is_debit[customer]:
            _collect(sales, index, gross, detail, part, when)
        else:
            _pay(sales, index, gross, paid_at[index], when)
    if traits.duns:
        _remind(sales, when)


def _pay(sales: Sales, index: int, amount: int, day: int, when: Calendar) -> None:
    day = when.next_working[min(day, len(when.next_working) - 1)]
    sales.receipts.append(Receipt(day=day, amount=amount, invoice=index, kind="paid", closes=True))


def _pay_in_parts(sales: Sales, index: int, gross: int, day: int, detail: float, part: float, when: Calendar) -> None:
    first = int(gross * (0.3 + 0.4 * detail))
    day = when.next_working[min(day, when.days + 300)]
    sales.receipts.append(Receipt(day=day, amount=first, invoice=index, kind="paid"))
    _pay(sales, index, gross - first, day + 8 + int(part * 40), when)


def _overpay(sales: Sales, index: int, gross: int, day: int, detail: float, when: Calendar) -> None:
    """Reminder charges of 5 euro or the lump sum of 40 euro come on top."""
    _pay(sales, index, gross + (500 if detail < 0.7 else 4000), max(day, sales.due[index] + 15), when)


def _collect(sales: Sales, index: int, gross: int, detail: float, part: float, when: Calendar) -> None:
    """Collect by direct debit; a few are returned and paid later by transfer."""
    day = when.next_working[sales.due[index]]
    if detail > 0.02:
        _pay(sales, index, gross, day, when)
        return
    sales.receipts.append(Receipt(day=day, amount=gross, invoice=index, kind="paid"))
    back = when.next_working[day + 3]
    sales.receipts.append(Receipt(day=back, amount=-gross, invoice=index, kind="returned"))
    _pay(sales, index, gross, back + 10 + int(part * 20), when)


def _fail(sales: Sales, index: int, gross: int, detail: float, when: Calendar) -> None:
    """A customer who does not pay, or only a part; most such claims are written off in the end."""
    open_amount = gross
    if detail < 0.35:
        part = int(gross * (0.2 + detail))
        day = when.next_working[sales.due[index] + 60]
        sales.receipts.append(Receipt(day=day, amount=part, invoice=index, kind="paid"))
        open_amount -= part
    if detail < 0.75:
        day = when.next_working[min(sales.due[index] + 150 + int(detail * 200), len(when.next_working) - 1)]
        sales.receipts.append(Receipt(day=day, amount=open_amount, invoice=index, kind="written_off", closes=True))


def _credit(sales: Sales, index: int, paid_at: int, detail: float, part: float, when: Calendar) -> int:
    """Issue a credit note; returns the gross amount by which the payment is smaller."""
    share = 1.0 if detail < 0.15 else 0.1 + 0.4 * part
    net = round(sales.net[index] * share)
    gross = net + (net * sales.rate[index] + 50) // 100
    gross = min(gross, sales.net[index] + sales.tax[index])
    day = when.next_working[sales.issued[index] + 4 + int(detail * 25)]
    is_refunded = day > paid_at
    sales.corrections.append(Correction(day=day, invoice=index, net=net, gross=gross, is_refunded=is_refunded))
    if is_refunded:
        back = when.next_working[day + 5]
        sales.receipts.append(Receipt(day=back, amount=-gross, invoice=index, kind="refund"))
        return 0
    return gross


def _remind(sales: Sales, when: Calendar) -> None:
    """Send up to three reminders, two weeks apart, while nothing has settled the invoice."""
    settled: dict[int, int] = {}
    for receipt in sales.receipts:
        if receipt.closes:
            settled[receipt.invoice] = receipt.day
    for correction in sales.corrections:
        if (
            correction.gross is None
            or correction.gross == sales.net[correction.invoice] + sales.tax[correction.invoice]
        ):
            settled[correction.invoice] = min(correction.day, settled.get(correction.invoice, correction.day))
    never = when.days + 1
    for index, due in enumerate(sales.due):
        until = settled.get(index, never)
        for level in (1, 2, 3):
            day = due + 12 + 14 * (level - 1)
            if day > min(until, when.last):
                break
            sales.reminders.append((when.next_working[day], index, level))
