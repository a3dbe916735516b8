"""Customers who are invoiced in another currency: sums in both, no tax, and payments at another day's rate."""

from dataclasses import dataclass

import numpy as np

from sandbox.life.calendar import Calendar
from sandbox.life.orders import Sales
from sandbox.life.traits import Traits


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Where invoices in one currency go."""

    country: int
    """Identifier of the StaticCountry."""
    tax_rule: int
    tax_type: str
    """The same in bookkeeping system 1.0."""
    tax_text: str
    euro: float
    """What one unit of the currency is worth in the mean; a made-up rate, not a published one."""
    swing: float
    """How far the rate moves away from that, as a share."""
    swing_days: int


MARKETS = {
    "CHF": Market(
        country=2, tax_rule=2, tax_type="noteu", tax_text="Steuerfreie Ausfuhrlieferung",
        euro=1.06, swing=0.02, swing_days=190,
    ),
    "USD": Market(
        country=5, tax_rule=3, tax_type="eu", tax_text="Steuerfreie innergemeinschaftliche Lieferung",
        euro=0.90, swing=0.05, swing_days=310,
    ),
}  # fmt: skip
"""Currency to market: dollars are what a Dutch trader in raw materials is invoiced in."""


def euro_rate(currency: str, day: int) -> float:
    """Euro for one unit of the currency on a day (an ordinal)."""
    market = MARKETS[currency]
    return round(market.euro * (1 + market.swing * float(np.sin(2 * np.pi * day / market.swing_days))), 4)


def go_abroad(sales: Sales, traits: Traits, when: Calendar, rng: np.random.Generator) -> None:
    """Turn some customers into foreign ones: their invoices are round sums in their currency, and bear no tax."""
    count = max(sales.customer, default=-1) + 1
    is_abroad = (rng.random(count) < traits.foreign_share).tolist()
    currency = [traits.currencies[i] for i in rng.integers(0, len(traits.currencies), count).tolist()]
    before: dict[int, int] = {}
    for index, customer in enumerate(sales.customer):
        if not is_abroad[customer]:
            continue
        rate = euro_rate(currency[customer], when.start + sales.issued[index])
        before[index] = sales.net[index] + sales.tax[index]
        foreign = max(1_000, round(sales.net[index] / rate / 2_500) * 2_500)
        sales.net[index], sales.tax[index], sales.rate[index] = round(foreign * rate), 0, 0
        sales.foreign[index] = (currency[customer], foreign)
    for correction in sales.corrections:
        if correction.invoice in before and correction.gross is not None:
            correction.gross = correction.net = _scaled(sales, correction.gross, correction.invoice, before)
    for receipt in sales.receipts:
        if receipt.invoice in before:
            receipt.amount = _scaled(sales, receipt.amount, receipt.invoice, before)
            if receipt.kind == "paid":
                receipt.amount = _at_rate_of_day(sales, receipt.amount, receipt.invoice, when.start, receipt.day)


def _scaled(sales: Sales, amount: int, invoice: int, before: dict[int, int]) -> int:
    return round(amount * sales.net[invoice] / before[invoice])


def _at_rate_of_day(sales: Sales, amount: int, invoice: int, start: int, day: int) -> int:
    """What the bank makes of a payment in foreign currency: euro at the rate of the day on which it comes."""
    currency, _ = sales.foreign[invoice]
    issued = euro_rate(currency, start + sales.issued[invoice])
    return round(amount * euro_rate(currency, start + day) / issued)
