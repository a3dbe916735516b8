"""Money of customers that others collect: a payment provider, or a factor who bought the invoices.

The invoice is booked off over a clearing account; what reaches the bank are payouts for many invoices, less fees.
"""

from collections import defaultdict

import numpy as np

from sandbox.life.calendar import Calendar
from sandbox.life.orders import Payout, Receipt, Sales
from sandbox.life.traits import Traits

_PROVIDER_SHARE, _PROVIDER_CENTS = 0.015, 25
"""Fee of a payment provider: a share of each payment, and cents on top."""
_ADVANCE, _FACTOR_FEE = 0.90, 0.015
"""What a factor pays at once, and what it keeps for good, as shares of the invoice."""
_GUARANTEE_DAYS = 120
"""After that many days past the due day a factor pays the rest, whether the customer paid or not."""


def be_paid_by_provider(sales: Sales, traits: Traits, when: Calendar, rng: np.random.Generator) -> None:
    """Let some customers pay through a provider, which pays out on Tuesday what came until Sunday."""
    pays_so = _some_customers(sales, traits.provider_share, rng)
    weeks: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for receipt in sales.receipts:
        if receipt.kind != "paid" or not pays_so[sales.customer[receipt.invoice]]:
            continue
        receipt.kind = "by_provider"
        fee = round(receipt.amount * _PROVIDER_SHARE) + _PROVIDER_CENTS
        week = weeks[_sunday(when, receipt.day)]
        week[0] += receipt.amount - fee
        week[1] += fee
    _pay_out(sales, when, weeks, "provider")


def sell_receivables(sales: Sales, traits: Traits, when: Calendar, rng: np.random.Generator) -> None:
    """Sell the invoices to some customers: most of the sum comes in the next week, the rest once the customer paid."""
    is_sold = _some_customers(sales, traits.sold_share, rng)
    taken_back = {correction.invoice for correction in sales.corrections}
    sold = [i for i, customer in enumerate(sales.customer) if is_sold[customer] and i not in taken_back]
    paid_at = {receipt.invoice: receipt.day for receipt in sales.receipts if receipt.closes and receipt.kind == "paid"}
    keeps = set(range(len(sales.customer))) - set(sold)
    sales.receipts = [receipt for receipt in sales.receipts if receipt.invoice in keeps]
    sales.reminders = [reminder for reminder in sales.reminders if reminder[1] in keeps]
    weeks: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for index in sold:
        gross = sales.net[index] + sales.tax[index]
        day = when.next_working[sales.issued[index] + 2]
        sales.receipts.append(Receipt(day=day, amount=gross, invoice=index, kind="sold", closes=True))
        fee, advance = round(gross * _FACTOR_FEE), round(gross * _ADVANCE)
        week = weeks[_sunday(when, day)]
        week[0] += advance - fee
        week[1] += fee
        weeks[_sunday(when, min(paid_at.get(index, when.days), sales.due[index] + _GUARANTEE_DAYS))][0] += (
            gross - advance
        )
    _pay_out(sales, when, weeks, "factor")


def _some_customers(sales: Sales, share: float, rng: np.random.Generator) -> list[bool]:
    chosen: list[bool] = (rng.random(max(sales.customer, default=-1) + 1) < share).tolist()
    return chosen


def _sunday(when: Calendar, day: int) -> int:
    """The Sunday of the week of a day. Ordinal 7 was a Sunday."""
    return day + (-(day + when.start)) % 7


def _pay_out(sales: Sales, when: Calendar, weeks: dict[int, list[int]], via: str) -> None:
    for sunday, (amount, fee) in sorted(weeks.items()):
        if sunday + 2 < when.days:
            sales.payouts.append(Payout(day=when.next_working[sunday + 2], via=via, amount=amount, fee=fee))
