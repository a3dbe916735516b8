"""Other ways in which invoices end: money kept back, credit notes that come late, and losses that the books hide."""

import numpy as np

from sandbox.life.calendar import Calendar
from sandbox.life.orders import Correction, Receipt, Sales
from sandbox.life.traits import Traits

WARRANTY_DAYS = 365
"""After that many days from its first payment the customer pays what it kept back."""
SHORT = 59
"""Percent that are paid of an invoice which is closed short."""
_CREDITED_LATER, _LATER_DAYS = 0.2, 61
_LAST_DAYS = 45


def retain(sales: Sales, traits: Traits, rng: np.random.Generator) -> None:
    """Let some customers keep back a few percent of every invoice until the warranty ends."""
    keeps = (rng.random(max(sales.customer, default=-1) + 1) < traits.retained_share).tolist()
    sales.retained = {
        index: traits.retained_percent for index, customer in enumerate(sales.customer) if keeps[customer]
    }
    for receipt in [r for r in sales.receipts if r.closes and r.kind == "paid" and r.invoice in sales.retained]:
        kept = (sales.net[receipt.invoice] + sales.tax[receipt.invoice]) * traits.retained_percent // 100
        if receipt.amount <= kept:
            continue
        receipt.amount, receipt.closes = receipt.amount - kept, False
        later = receipt.day + WARRANTY_DAYS
        sales.receipts.append(Receipt(day=later, amount=kept, invoice=receipt.invoice, kind="paid", closes=True))


def bury(sales: Sales, traits: Traits, when: Calendar, rng: np.random.Generator) -> None:
    """Turn payments into losses: booked off on the due day as if paid, or closed though only a part came."""
    draws = rng.random(len(sales.receipts)).tolist()
    buried = traits.buried_share
    for receipt, draw in zip(sales.receipts, draws, strict=True):
        if receipt.kind != "paid" or not receipt.closes:
            continue
        if draw < buried:
            receipt.kind, receipt.day = "written_off", when.next_working[sales.due[receipt.invoice]]
        elif draw < buried + traits.short_closed_share:
            receipt.amount = receipt.amount * SHORT // 100


def credit_later(sales: Sales, traits: Traits, when: Calendar, rng: np.random.Generator) -> None:
    """Credit a fifth of some paid invoices two months after their payment; the notes stay open."""
    credited = {correction.invoice for correction in sales.corrections}
    paid = [r for r in sales.receipts if r.closes and r.kind == "paid" and r.invoice not in credited]
    for receipt, (draw, naming) in zip(paid, rng.random((len(paid), 2)).tolist(), strict=True):
        day = min(receipt.day + _LATER_DAYS, when.days + 100)
        if draw < traits.late_credit_share:
            names_invoice = naming >= traits.nameless_credit_share
            _credit(sales, receipt.invoice, when.next_working[day], _CREDITED_LATER, names_invoice=names_invoice)


def credit_at_end(sales: Sales, when: Calendar) -> None:
    """Credit everything that was invoiced in the last weeks, without naming an invoice: nobody will pay it."""
    received = {receipt.invoice for receipt in sales.receipts if receipt.day <= when.last}
    for index, issued in enumerate(sales.issued):
        if when.last - _LAST_DAYS < issued < when.last and index not in received:
            _credit(sales, index, min(when.next_working[issued + 3], when.last), 1.0, names_invoice=False)


def _credit(sales: Sales, index: int, day: int, share: float, *, names_invoice: bool) -> None:
    net, tax = round(sales.net[index] * share), round(sales.tax[index] * share)
    note = Correction(
        day=day, invoice=index, net=net, gross=net + tax, is_open=True, names_invoice=names_invoice
    )  # fmt: skip
    sales.corrections.append(note)
