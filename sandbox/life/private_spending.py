"""Private spending of a sole trader from the business account."""

import numpy as np

from sandbox.life.calendar import Calendar
from sandbox.life.costs import PRIVATE, Costs, Obligation
from sandbox.life.traits import Traits

_SHOPPING = (
    ("Kartenzahlung Lebensmittel", 45),
    ("Kartenzahlung Drogerie", 25),
    ("Kartenzahlung Moebelhaus", 320),
    ("Kartenzahlung Kinderschuhe", 60),
    ("Familienurlaub Anzahlung", 480),
    ("Streaming Abo", 18),
    ("Restaurant Geburtstag", 90),
)
"""What is bought, and for how many euro in the mean. No word tells a program that it is private."""


def spend_privately(costs: Costs, traits: Traits, when: Calendar, rng: np.random.Generator) -> None:
    """Add shopping by card, cash drawn at odd days, and money put back when the account runs low, every month."""
    mean = sum(euro for _, euro in _SHOPPING) / len(_SHOPPING)
    purchases = traits.private_spending * traits.sales / mean
    for first in when.month_first:
        for _ in range(int(rng.poisson(purchases))):
            text, euro = _SHOPPING[int(rng.integers(len(_SHOPPING)))]
            _add(costs, when, first + int(rng.integers(0, 28)), _sum(rng, euro), text, "shop", "owner_drawing")
        for _ in range(int(rng.integers(1, 4))):
            day, euro = first + int(rng.integers(0, 28)), 250
            _add(costs, when, day, _sum(rng, euro), "Barentnahme Geldautomat", "owner", "owner_drawing")
        if rng.random() < 0.6:
            day = first + int(rng.integers(10, 28))
            back = -_sum(rng, round(traits.sales * 0.06)) // 10_000 * 10_000
            _add(costs, when, day, back, "Privateinlage", "owner", "owner_contribution")


def _sum(rng: np.random.Generator, euro: int) -> int:
    """Cents about that many euro."""
    return max(100, round(euro * 100 * float(np.exp(rng.normal(-0.1, 0.45)))))


def _add(costs: Costs, when: Calendar, day: int, amount: int, text: str, party: str, nature: str) -> None:
    due = when.next_working[day]
    costs.obligations.append(Obligation(PRIVATE, due, amount, text, party, is_debit=amount > 0, nature=nature))
