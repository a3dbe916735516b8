"""The sales side of a simulation: demand, customers, invoices, and what customers intend to do about them."""

import numpy as np

from sandbox.life.calendar import Calendar
from sandbox.life.orders import SLUMP_MONTHS, Customers, Sales
from sandbox.life.receipts import settle
from sandbox.life.traits import Traits

GOODS_RATE = 7
"""The reduced rate of value added tax, in percent."""
_DAYS_OF_MONTH = 30.4
"""In the mean."""


def demand_of(traits: Traits, when: Calendar, rng: np.random.Generator) -> np.ndarray:
    """Demand of each month: growth, season, a slowly moving random part, and lasting falls."""
    months = len(when.month_first)
    index = np.arange(months)
    steps = rng.normal(0.0, traits.demand_noise, months)
    level = np.zeros(months)
    value = 0.0
    for month in range(months):
        # Autoregressive: good and bad times last, half of a deviation is gone after four months.
        value = 0.85 * value + float(steps[month])
        level[month] = value
    falls = rng.random(months) < traits.shock_rate / 12
    depth = np.clip(rng.normal(traits.shock_size, 0.1, months), 0.05, 0.8)
    # In logs, so that a second fall takes its share of what the first one left.
    lasting = np.cumsum(np.where(falls, np.log1p(-depth), 0.0))
    season = traits.seasonality * np.cos(2 * np.pi * (np.array(when.month_of_year) - traits.season_peak) / 12)
    # Centred on the middle of the books: normal sales are those of the whole period, whatever the growth.
    trend = np.log1p(max(-0.5, traits.growth)) * (index - months / 2) / 12
    demand: np.ndarray = np.exp(level + lasting + trend) * (1 + season)
    demand *= 1 - traits.slump * np.clip((index - (months - SLUMP_MONTHS)) / (SLUMP_MONTHS - 3), 0, 1)
    if traits.is_new:
        opened = np.searchsorted(when.month_first, when.opens, side="right") - 1
        age = index - opened
        demand *= np.where(age < 0, 0.0, np.minimum(1.0, 0.35 + 0.13 * age))
    return demand


def _draw_customers(traits: Traits, when: Calendar, rng: np.random.Generator) -> Customers:
    years = when.days / 365
    steady = traits.customers
    count = steady + int(rng.poisson(steady * (traits.churn + traits.failing_customers) * years))
    weight = np.exp(rng.normal(0.0, traits.concentration, count))
    joined = np.where(np.arange(count) < steady, -1.0, rng.uniform(0, when.days, count))
    left = joined + rng.exponential(365 / max(traits.churn, 0.01), count)
    slow = rng.random(count) < traits.slow_share
    lateness = np.where(
        slow, rng.gamma(2.0, max(traits.slow_days, 1.0) / 2.0, count), rng.normal(-traits.lead, 3.0, count)
    )
    size = np.exp(rng.normal(0.0, traits.customer_spread, count))
    # Costs are cut out for normal sales: the usual mix of customers has to bring these.
    size /= np.average(size, weights=weight * np.maximum(1.0, np.minimum(left, when.days) - np.maximum(joined, 0)))
    # Late payers fail five times as often as the others: lateness foretells failure.
    hazard = traits.failing_customers * np.where(slow, 3.0, 0.6) / 365
    fails = np.maximum(joined, 0.0) + rng.exponential(1.0, count) / np.maximum(hazard, 1e-9)
    left = np.minimum(left, fails)
    return Customers(
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
    firsts = np.array(when.month_first)
    lengths = np.diff(np.append(firsts, when.days))
    active = (customers.joined[None, :] <= firsts[:, None]) & (customers.left[None, :] > firsts[:, None])
    weight = customers.weight[None, :] * active
    share = weight.sum(axis=1) / customers.weight[: traits.customers].sum()
    # Who leaves takes orders along, but not all: others order more.
    demand = demand * np.clip(share, 0.05, 1.5) ** 0.5
    sales = Sales(demand=demand)
    counts = rng.poisson(traits.invoices_per_month * (1 - traits.till_share) * demand * lengths / _DAYS_OF_MONTH)
    month = np.repeat(np.arange(len(firsts)), counts)
    total = int(counts.sum())
    day = firsts[month] + np.floor(rng.random(total) * lengths[month]).astype(np.int64)
    # Many invoices are written in the last four days of a month.
    at_end = rng.random(total) < 0.35
    day = np.where(at_end, firsts[month] + lengths[month] - 1 - rng.integers(0, 4, total), day)
    day = np.minimum(np.array(when.next_working)[day], when.last)
    cumulative = np.cumsum(weight, axis=1)
    pick = rng.random(total) * cumulative[month, -1]
    customer = (cumulative[month] <= pick[:, None]).sum(axis=1).clip(max=len(customers.weight) - 1)
    order = np.argsort(day, kind="stable")
    day, customer = day[order], customer[order]
    price = traits.sales / max(traits.invoices_per_month, 1e-9)
    # The mean of the factor is 1: exp(-0.08 + 0.4² / 2).
    amount = price * customers.size[customer] * np.exp(rng.normal(-0.08, 0.4, total))
    # Multiples of 25 cents.
    net = np.maximum(500, np.round(amount * 4) * 25).astype(np.int64)
    reduced = rng.random(total) < 0.06
    rate = np.where(reduced & (traits.vat_rate == 19), GOODS_RATE, traits.vat_rate)
    tax = (net * rate + 50) // 100
    term = 30 if traits.term is None else traits.term
    sales.customer, sales.issued = customer.tolist(), day.tolist()
    sales.net, sales.tax, sales.rate = net.tolist(), tax.tolist(), rate.tolist()
    sales.due = (day + term).tolist()
    settle(sales, traits, customers, when, rng)
    if traits.till_share:
        for first, level in zip(when.month_first, demand.tolist(), strict=True):
            closing = when.next_working[first + 27]
            takings = round(traits.sales * traits.till_share * level * 100)
            if takings and closing < when.days:
                sales.till.append((closing, takings, (takings * traits.vat_rate + 50) // 100))
    return sales
