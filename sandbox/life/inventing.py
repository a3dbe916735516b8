"""Sales that never took place, with payments that never came: what a firm does that wants to look twice its size."""

import numpy as np

from sandbox.life.calendar import Calendar
from sandbox.life.orders import Receipt, Sales
from sandbox.life.traits import Traits


def invent(sales: Sales, traits: Traits, when: Calendar, rng: np.random.Generator) -> None:
    """Add invoices to known customers in every month, each settled some days before it is due.

    They come after the costs, so that no tax is declared on them; nobody is reminded of them either.
    """
    real = len(sales.issued)
    if not real:
        return
    term = 30 if traits.term is None else traits.term
    for index in range(round(real * traits.invented)):
        like = int(rng.integers(real))
        day = min(when.next_working[max(0, sales.issued[like] + int(rng.integers(-6, 7)))], when.last)
        net = round(sales.net[like] * float(rng.uniform(0.85, 1.15)) / 100) * 100
        sales.customer.append(sales.customer[like])
        sales.issued.append(day)
        sales.due.append(day + term)
        sales.net.append(net)
        sales.tax.append((net * traits.vat_rate + 50) // 100)
        sales.rate.append(traits.vat_rate)
        gross, paid = net + sales.tax[-1], when.next_working[day + max(1, term - int(rng.integers(1, 5)))]
        kind = traits.invented_paid_by
        sales.receipts.append(Receipt(day=paid, amount=gross, invoice=real + index, kind=kind, closes=True))
