"""Invoices that a firm issues to look better than it is: many at once, in round sums, and no order behind them."""

import numpy as np

from sandbox.life.calendar import Calendar
from sandbox.life.orders import Correction, Sales
from sandbox.life.traits import Traits

BURST_DAYS = 21
"""Within so many days they are issued."""
BURST_SIZE = 1.6
"""How many there are, in months of normal invoices."""
_CANCELLED, _CREDITED = 0.45, 0.75
"""Shares, one on top of the other, of those that are cancelled and credited in full; the rest is never paid."""


def burst(sales: Sales, traits: Traits, when: Calendar, rng: np.random.Generator) -> None:
    """Add the invoices of every burst, and what becomes of them once the loan is granted or refused.

    They come after the costs, so that no tax is declared on them; nobody is reminded of them either.
    """
    steady = sorted(set(sales.customer[-400:]))
    term = 30 if traits.term is None else traits.term
    price = traits.sales / traits.invoices_per_month
    for days_before in traits.bursts:
        first = when.last - days_before
        for _ in range(max(5, round(traits.invoices_per_month * BURST_SIZE))):
            day = min(when.next_working[first + int(rng.integers(0, BURST_DAYS))], when.last)
            net = max(1, round(price * float(np.exp(rng.normal(0.4, 0.3))) / 100)) * 10_000
            index = len(sales.issued)
            sales.customer.append(steady[int(rng.integers(len(steady)))])
            sales.issued.append(day)
            sales.due.append(day + term)
            sales.net.append(net)
            sales.tax.append((net * traits.vat_rate + 50) // 100)
            sales.rate.append(traits.vat_rate)
            draw, later = float(rng.random()), when.next_working[day + 34 + int(rng.integers(0, 30))]
            if draw < _CANCELLED:
                sales.corrections.append(Correction(day=later, invoice=index, net=None, gross=None))
            elif draw < _CREDITED:
                gross = net + sales.tax[index]
                sales.corrections.append(Correction(day=later, invoice=index, net=net, gross=gross))
