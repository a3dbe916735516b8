"""What contracts and courts make a firm pay beside its bills: leases, its credit card, costs of enforcement."""

import numpy as np

from sandbox.life.calendar import Calendar
from sandbox.life.costs import BILL, DEBT, RENT, Costs, Obligation
from sandbox.life.traits import Traits

_LEASES = (
    (0.5, "Leasingrate Fuhrpark {}", "lessor"),
    (0.3, "Finanzierungsrate BMW Bank {}", "car_bank"),
    (0.2, "Mietkaufrate Maschine {}", "lessor"),
)
"""Share of all instalments, purpose and payee. None says loan or interest."""
_ADVANCES = (3_610, 4_855, 12_000)
"""Cents that a bailiff or a court asks for in advance."""


def contract(costs: Costs, traits: Traits, when: Calendar, rng: np.random.Generator) -> None:
    """Add the obligations of the contracts that the firm has."""
    if traits.leases:
        _lease(costs, traits, when)
    if traits.has_garnished_worker:
        _pay_for_worker(costs, when)
    if traits.enforces:
        _enforce(costs, traits, when, rng)
    if traits.has_credit_card:
        _pay_by_card(costs, traits, when)


def _lease(costs: Costs, traits: Traits, when: Calendar) -> None:
    """On the day of loan instalments, collected and as pressing as those."""
    for first in when.month_first:
        day = when.next_working[first + 14]
        for number, (share, text, party) in enumerate(_LEASES, start=1):
            amount = round(traits.leases * traits.sales * share * 100)
            purpose = text.format(880_000 + number)
            costs.obligations.append(Obligation(DEBT, day, amount, purpose, party, is_debit=True, nature="other"))


def _pay_for_worker(costs: Costs, when: Calendar) -> None:
    for month, first in enumerate(when.month_first):
        text = f"Pfaendung Gehaltsanteil Mitarbeiter {when.month_of_year[month]:02d} Az 7 M 88/25"
        day = when.next_working[first + 27]
        costs.obligations.append(Obligation(RENT, day, 21_840, text, "workers_creditor", nature="garnishment"))


def _enforce(costs: Costs, traits: Traits, when: Calendar, rng: np.random.Generator) -> None:
    for day in np.flatnonzero(rng.random(when.days) < traits.enforces / 365).tolist():
        amount = _ADVANCES[int(rng.integers(len(_ADVANCES)))]
        text = f"Gerichtsvollzieher Kostenvorschuss DR II {day}/26 unsere Forderung"
        due = when.next_working[day]
        costs.obligations.append(Obligation(RENT, due, amount, text, "bailiff", nature="garnishment"))


def _pay_by_card(costs: Costs, traits: Traits, when: Calendar) -> None:
    """The larger supplier of overheads is paid by card; the card's bank collects a month's sum early in the next."""
    payee = f"supplier:{traits.suppliers - 2}"
    by_card: list[Obligation] = []
    others: list[Obligation] = []
    for due in costs.obligations:
        (by_card if due.kind == BILL and due.is_debit and due.party == payee else others).append(due)
    costs.on_card, costs.obligations = by_card, others
    for month, first in enumerate(when.month_first[1:]):
        begin = when.month_first[month]
        spent = sum(due.amount for due in by_card if begin <= when.next_working[due.due] < first)
        if spent:
            text = f"Kreditkartenabrechnung {when.month_of_year[month]:02d}"
            day = when.next_working[first + 4]
            costs.obligations.append(Obligation(DEBT, day, spent, text, "card", is_debit=True, nature="other"))
