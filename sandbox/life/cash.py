"""The cash side of a simulation: day by day, what comes in, what can be paid, what waits, and when it is over."""

from dataclasses import dataclass, field

import numpy as np

from sandbox.life.calendar import Calendar
from sandbox.life.costs import BILL, DEBT, DRAWING, PRIVATE, SOCIAL, TAX, WAGES, Costs, Obligation
from sandbox.life.traits import Traits

_GARNISHMENT_AFTER = 50
"""Days after which unpaid taxes and contributions are taken from the account by order."""
_GRACE = 3
"""Days by which taxes may be late without a surcharge."""


@dataclass(slots=True, kw_only=True)
class Movement:
    """One movement of the main account that follows from the firm's own side."""

    day: int
    amount: int
    """Signed cents: negative leaves the account."""
    kind: str
    """paid, bounced, returned, fee, reminder_fee, surcharge, garnishment, save, unsave, extra_drawing, contribution,
    proceeds."""
    of: Obligation | None = None


@dataclass(slots=True, kw_only=True)
class Cash:
    """What happened on the accounts, and how much was within reach on each day."""

    opening: int = 0
    """On the main account when the books open."""
    movements: list[Movement] = field(default_factory=list)
    died: int | None = None
    """Day of insolvency."""
    means: list[int] = field(default_factory=list)
    """Of each day: cash, savings and free overdraft, plus what owners took beyond their need, less overdue debts."""


class _CashState:
    """The state of one firm's money while its days pass."""

    def __init__(self, traits: Traits, when: Calendar, costs: Costs, rng: np.random.Generator) -> None:
        self.traits = traits
        self.when = when
        self.outflow = costs.monthly_outflow
        self.limit = round(traits.overdraft * traits.sales * 100)
        self.target = round(traits.buffer * costs.monthly_outflow)
        self.cash = round(self.target * traits.opening)
        self.savings = 0
        self.taken = 0
        self.backlog: list[Obligation] = []
        self.result = Cash()
        self.uniform = iter(rng.random(when.days * 3).tolist())

    def open_books(self, day: int) -> None:
        """The day before was only the way to a plausible start: cash as the owners want it, nothing long overdue."""
        months = max(self.traits.buffer, 1.0) if self.traits.is_new else self.traits.buffer
        self.cash = round(months * self.outflow * self.traits.opening)
        self.backlog = [due for due in self.backlog if due.due > day - 10]
        self.savings, self.taken = 0, 0
        self.result.opening = self.cash
        # Money that is on its way back was counted at once.
        self.cash += sum(move.amount for move in self.result.movements if move.day >= day)

    def move(self, day: int, amount: int, kind: str, of: Obligation | None = None) -> None:
        self.cash += amount
        self.result.movements.append(Movement(day=day, amount=amount, kind=kind, of=of))

    def meet(self, day: int, due: Obligation) -> None:
        """An obligation comes up: collect it, receive it, or put it among those to pay."""
        if due.amount < 0:
            self.move(day, -due.amount, "paid", due)
        elif not due.is_debit:
            self.backlog.append(due)
        elif self.cash + self.limit >= due.amount:
            self.move(day, -due.amount, "paid", due)
        elif due.kind != PRIVATE:  # a card is refused at the till, which leaves no line
            self.move(day, -due.amount, "bounced", due)
            back = self.when.next_working[day + 1]
            if back <= self.when.last:
                self.result.movements.append(Movement(day=back, amount=due.amount, kind="returned", of=due))
            self.cash += due.amount
            due.is_debit = False
            due.planned = day + 8
            self.backlog.append(due)

    def pay(self, day: int) -> None:
        """Pay what can be paid, the most pressing first."""
        waiting: list[Obligation] = []
        self.backlog.sort(key=_urgency)
        for due in self.backlog:
            if due.planned > day or not self.affords(day, due):
                waiting.append(due)
                continue
            late = day - due.due
            if due.kind in {TAX, SOCIAL} and late > _GARNISHMENT_AFTER:
                self.move(day, -due.amount, "garnishment", due)
                self.surcharge(day, due)
                continue
            self.move(day, -due.amount, "paid", due)
            self.surcharge(day, due)
            if due.kind == BILL and late > 18 and next(self.uniform) < 0.45:
                self.move(day, -(500 if late < 40 else 2500), "reminder_fee", due)
        self.backlog = waiting

    def surcharge(self, day: int, due: Obligation) -> None:
        """What the tax office adds to a late payment: a percent of each full 50 euro for each month begun."""
        late = day - due.due
        amount = due.amount // 5_000 * 50 * -(-late // 30)
        if self.traits.tax_delay and due.kind == TAX and late > _GRACE and amount:
            self.move(day, -amount, "surcharge", due)

    def work(self, day: int, due: list[Obligation]) -> bool:
        """A working day; False when it is the last one of the firm."""
        for obligation in due:
            self.meet(day, obligation)
        if not self.backlog:
            return True
        self.pay(day)
        if self.traits.files_for_insolvency and day > self.when.opens and self.is_over(day):
            return False
        # What an owner could not draw for weeks is not made up for.
        self.backlog = [waiting for waiting in self.backlog if waiting.kind != DRAWING or day - waiting.due < 25]
        return True

    def means(self, day: int) -> int:
        """Cents within reach at the end of a day."""
        overdue = sum(due.amount for due in self.backlog if due.due < day and due.kind not in {DRAWING, DEBT})
        return self.cash + self.savings + self.limit + self.taken - overdue

    def affords(self, day: int, due: Obligation) -> bool:
        # What must stay within reach for wages and taxes before the less pressing is paid, in months of outflow.
        reach = self.cash + self.limit
        late = day - due.due
        if due.kind == DRAWING:
            return reach - due.amount >= 0.15 * self.outflow
        if due.kind == BILL and late < 15:
            return reach - due.amount >= 0.30 * self.outflow
        if due.kind == TAX and late < 20:
            return reach - due.amount >= 0.10 * self.outflow
        return reach >= due.amount

    def balance_books(self, day: int) -> None:
        """Once a month: overdraft interest, owners taking or giving money, savings."""
        traits = self.traits
        # 0.9 % of an overdraft for the month, and the fee of the account.
        fee = 990 + (round(-self.cash * 0.009) if self.cash < 0 else 0)
        self.move(day, -fee, "fee")
        surplus = self.cash + self.savings - self.target
        draw = next(self.uniform)
        if surplus > 0.3 * self.outflow and draw < 0.25:
            amount = min(round(surplus * 0.4) // 10_000 * 10_000, max(0, self.cash - self.target // 3))
            if amount > 0:
                self.taken += amount
                self.move(day, -amount, "extra_drawing")
        elif self.cash < -0.6 * self.limit and self.cash < 0.2 * self.outflow and draw < 0.2 and traits.margin > 0:
            self.move(day, max(100_000, round(0.3 * self.outflow) // 10_000 * 10_000), "contribution")
        if traits.saves:
            self.save(day)

    def save(self, day: int) -> None:
        spare = self.cash - round(0.8 * self.target)
        if spare > 0.5 * self.outflow:
            amount = spare // 2 // 10_000 * 10_000
            self.savings += amount
            self.move(day, -amount, "save")
        elif self.cash < 0.2 * self.target and self.savings > 0:
            amount = min(self.savings, round(0.6 * self.target) // 10_000 * 10_000 + 10_000)
            self.savings -= amount
            self.move(day, amount, "unsave")

    def is_over(self, day: int) -> bool:
        """Insolvent: wages 45 days late, anything important 150 days late, or heavy debts that only grow older."""
        total, oldest = 0, 0
        for due in self.backlog:
            if due.kind == DRAWING:
                continue
            late = day - due.due
            if late > 0:
                total += due.amount
                oldest = max(oldest, late)
                if due.kind == WAGES and late > 45:
                    return True
        return oldest > 150 or (oldest > 80 and total > 1.2 * self.outflow)


def _urgency(due: Obligation) -> tuple[int, int]:
    return due.kind, due.due


def run(traits: Traits, when: Calendar, inflow: list[int], costs: Costs, rng: np.random.Generator) -> Cash:
    """Let the days pass.

    Args:
        traits: what the firm is like.
        when: its days.
        inflow: cents that customers and others move on each day, negative for refunds.
        costs: what it has to pay.
        rng: random numbers for this firm.
    """
    state = _CashState(traits, when, costs, rng)
    due = _due_by_day(when, costs)
    proceeds = dict(costs.proceeds)
    closing = {when.next_working[first + 28] for first in when.month_first}
    for day in range(when.days):
        if day == when.opens:
            state.open_books(day)
        state.cash += inflow[day]
        if when.next_working[day] == day:
            if day in proceeds:
                state.move(day, proceeds[day], "proceeds")
            if not state.work(day, due[day]):
                state.result.died = day
                break
            if day in closing:
                state.balance_books(day)
        state.result.means.append(state.means(day))
    return state.result


def _due_by_day(when: Calendar, costs: Costs) -> list[list[Obligation]]:
    """The obligations that come up on each day: when they are collected, or when the firm means to pay."""
    due: list[list[Obligation]] = [[] for _ in range(when.days)]
    for obligation in costs.obligations:
        obligation.planned = obligation.planned or obligation.due
        day = when.next_working[max(0, obligation.due if obligation.is_debit else obligation.planned)]
        if day < when.days:
            due[day].append(obligation)
    return due
