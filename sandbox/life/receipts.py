"""What customers do about their invoices: pay, early or late, in parts, too much, too little, or never."""

from dataclasses import dataclass

import numpy as np

from sandbox.life.calendar import Calendar
from sandbox.life.orders import SLUMP_MONTHS, Correction, Customers, Receipt, Sales
from sandbox.life.traits import Traits

FORETOLD_DAYS, SLOWING_DAYS = 200, 50
"""A customer that will fail gets slower over so many days, by so many days."""


def settle(sales: Sales, traits: Traits, customers: Customers, when: Calendar, rng: np.random.Generator) -> None:
    """Decide for each invoice how it ends."""
    total = len(sales.customer)
    who = np.array(sales.customer, dtype=np.int64)
    issued = np.array(sales.issued, dtype=np.float64)
    late = customers.lateness[who] + traits.delay_drift * (issued - when.opens) / 365
    late += traits.slump_delay * np.clip((issued - (when.days - SLUMP_MONTHS * 30)) / 180, 0, 1)
    fails = customers.fails[who]
    late += SLOWING_DAYS * np.clip((issued - fails + FORETOLD_DAYS) / FORETOLD_DAYS, 0, 1)
    # Who pays late pays irregularly, too.
    late += rng.normal(0.0, 1.0, total) * (2.0 + 0.3 * np.abs(late))
    late += np.where(rng.random(total) < traits.stray_share, rng.exponential(20.0, total), 0.0)
    paid_at = np.clip(np.array(sales.due) + np.round(late), issued + 1, when.days + 400).astype(np.int64).tolist()
    # All at once and for every invoice, used or not: how one ends does not shift the numbers of the next.
    draws = rng.random((total, 4)).tolist()
    lost = (np.array(paid_at) >= fails).tolist()
    never = traits.non_payment
    for index in range(total):
        draw, detail, part, extra = draws[index]
        debtor = _Debtor(sales, when, index, paid_at[index], detail, part)
        if draw < never or lost[index]:
            debtor.fail()
        elif not debtor.quirk(draw - never) and debtor.gross > 0:
            _pay_usually(debtor, traits, customers, extra)
    if traits.duns:
        _remind(sales, when)


def _pay_usually(debtor: "_Debtor", traits: Traits, customers: Customers, extra: float) -> None:
    """The way most invoices are paid: marked by hand, less a discount, collected, or by transfer."""
    customer = debtor.sales.customer[debtor.index]
    if extra < traits.by_hand_share:
        debtor.receive(debtor.when.next_working[debtor.paid_at], debtor.gross, "by_hand", closes=True)
    elif traits.discount_percent and customers.takes_discount[customer] and debtor.part < 0.8:
        day = debtor.issued + max(2, int(traits.discount_days * (0.5 + debtor.detail / 2)) - 2)
        debtor.pay(debtor.gross - debtor.gross * traits.discount_percent // 100, day)
    elif customers.is_debit[customer]:
        debtor.collect()
    else:
        debtor.pay(debtor.gross, debtor.paid_at)


@dataclass(slots=True)
class _Debtor:
    """One invoice and how it ends."""

    sales: Sales
    when: Calendar
    index: int
    paid_at: int
    """Day on which the customer would pay in full."""
    detail: float
    """Random, 0 to 1: sizes what happens."""
    part: float
    """Another random number, 0 to 1."""
    issued: int = 0
    due: int = 0
    gross: int = 0

    def __post_init__(self) -> None:
        self.issued, self.due = self.sales.issued[self.index], self.sales.due[self.index]
        self.gross = self.sales.net[self.index] + self.sales.tax[self.index]

    def receive(self, day: int, amount: int, kind: str, *, closes: bool = False) -> None:
        self.sales.receipts.append(Receipt(day=day, amount=amount, invoice=self.index, kind=kind, closes=closes))

    def pay(self, amount: int, day: int) -> None:
        day = self.when.next_working[min(day, len(self.when.next_working) - 1)]
        self.receive(day, amount, "paid", closes=True)

    def quirk(self, draw: float) -> bool:
        """What happens to a few invoices of a thousand; False where the rest is paid in the usual way."""
        # Bounds add up: 0.8 % cancelled, 1.4 % credited, 0.4 % with charges, 2.2 % in parts, 0.5 % a little short.
        if draw < 0.008 and self.cancel():
            return True
        if draw < 0.022:
            self.credit()
            return False
        if draw < 0.026:
            # Reminder charges of 5 euro, or the lump sum of 40 euro, come on top.
            self.pay(self.gross + (500 if self.detail < 0.7 else 4000), max(self.paid_at, self.due + 15))
        elif draw < 0.048:
            self.pay_in_parts()
        elif draw < 0.053:
            self.pay(self.gross - min(self.gross // 20, 30 + int(self.detail * 900)), self.paid_at)
        else:
            return False
        return True

    def cancel(self) -> bool:
        """Cancelled within a week, unless it was paid by then."""
        day = self.issued + int(self.detail * 6)
        if day >= self.paid_at:
            return False
        day = self.when.next_working[day]
        self.sales.corrections.append(Correction(day=day, invoice=self.index, net=None, gross=None))
        return True

    def credit(self) -> None:
        """A credit note makes the payment smaller, or comes after it and is refunded."""
        sales, rate = self.sales, self.sales.rate[self.index]
        share = 1.0 if self.detail < 0.15 else 0.1 + 0.4 * self.part
        net = round(sales.net[self.index] * share)
        gross = min(net + (net * rate + 50) // 100, self.gross)
        day = self.when.next_working[self.issued + 4 + int(self.detail * 25)]
        is_late = day > self.paid_at
        sales.corrections.append(Correction(day=day, invoice=self.index, net=net, gross=gross, is_refunded=is_late))
        if is_late:
            self.receive(self.when.next_working[day + 5], -gross, "refund")
        else:
            self.gross -= gross

    def pay_in_parts(self) -> None:
        first = int(self.gross * (0.3 + 0.4 * self.detail))
        day = self.when.next_working[min(self.paid_at, self.when.days + 300)]
        self.receive(day, first, "paid")
        self.pay(self.gross - first, day + 8 + int(self.part * 40))

    def collect(self) -> None:
        """By direct debit; a few are returned and paid later by transfer."""
        day = self.when.next_working[self.due]
        if self.detail > 0.02:
            self.pay(self.gross, day)
            return
        self.receive(day, self.gross, "paid")
        back = self.when.next_working[day + 3]
        self.receive(back, -self.gross, "returned")
        self.pay(self.gross, back + 10 + int(self.part * 20))

    def fail(self) -> None:
        """The customer pays nothing, or only a part; most such claims are written off in the end."""
        open_amount = self.gross
        if self.detail < 0.35:
            part = int(self.gross * (0.2 + self.detail))
            self.receive(self.when.next_working[self.due + 60], part, "paid")
            open_amount -= part
        if self.detail < 0.75:
            day = min(self.due + 150 + int(self.detail * 200), len(self.when.next_working) - 1)
            self.receive(self.when.next_working[day], open_amount, "written_off", closes=True)


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
