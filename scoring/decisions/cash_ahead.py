"""Cash ahead with the instalment that was asked for, and without: what is said of it, pure."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Final

import msgspec

from forecast.cash import LONGEST_TERM_MONTHS, Answer, Band, Case, Cash, Kind, Outlook, band_of, paid_by
from forecast.days import month_number
from forecast.habits import HORIZON_DAYS
from forecast.receipts import ONE
from scoring.base.deadlines import months_after
from scoring.decisions.decision import OwnLoans
from scoring.decisions.loans import Instalment

DECIMALS: Final = 4
"""Of a probability."""


class CashDay(msgspec.Struct, frozen=True, kw_only=True):
    """Cash of all accounts at the end of one day."""

    day: date
    low_cents: int
    median_cents: int
    high_cents: int
    below_zero: float | None
    """Probability; None where the level is not confirmed."""


class CashLine(msgspec.Struct, frozen=True, kw_only=True):
    """Cash on all days: each of the next 180, then the last of each month of the term."""

    days: tuple[CashDay, ...]
    worst_on: date
    """The first day with the lowest median."""
    days_below_zero: int | None
    """Of the next 180, those whose median is below zero; None where the level is not confirmed, as the next."""
    gap: float | None
    """The highest probability that a day ends below zero."""

    def ends_of_months(self) -> tuple[CashDay, ...]:
        """Of the days the last one of each month."""
        return tuple(one for one in self.days if (one.day + timedelta(1)).day == 1)


class CashCase(msgspec.Struct, frozen=True, kw_only=True):
    """What is assumed, and what cash does then."""

    case: Case
    without_loan: CashLine
    with_instalment: CashLine


class FlowsOfMonth(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected to come (positive) and to go in a month; of the first and last one, on the days ahead."""

    month: date
    """Its first day."""
    cents: dict[Kind, int]


class CashAhead(msgspec.Struct, frozen=True, kw_only=True):
    """What cash does ahead, or why nothing can be said."""

    cause: str | None
    """Beside cases: why there is no level."""
    level_cents: int | None
    """Today; None where it is not confirmed: then all amounts are changes since today."""
    instalment_cents: int
    """Of the amount that was asked for; the last one may be less."""
    first_due_on: date
    foreseen_months: int
    """Of the term."""
    cases: tuple[CashCase, ...] = ()
    flows: tuple[FlowsOfMonth, ...] = ()


def cash_ahead_of(
    answer: Answer, as_of: date, plan: Sequence[Instalment], pending: Sequence[Instalment] = ()
) -> CashAhead:
    """Cash with a plan and without.

    Args:
        answer: What is foreseen without the loan.
        as_of: The day of observation.
        plan: The instalments of the loan, at least one.
        pending: Instalments of the lender's own loans that no bank line shows yet: they are due with the loan that is
            asked for and without.
    """
    dues, others = ([((one.due_on - as_of).days, one.due_cents) for one in some] for some in (plan, pending))
    found = CashAhead(
        cause=None if answer.cause is None else answer.cause.value,
        level_cents=None if answer.outlook is None else answer.outlook.level_cents,
        instalment_cents=plan[0].due_cents,
        first_due_on=plan[0].due_on,
        foreseen_months=min(len(plan), LONGEST_TERM_MONTHS),
    )
    if answer.outlook is None:
        return found
    cases = tuple(_case(case, cash, answer.outlook, dues, others) for case, cash in answer.outlook.cases.items())
    return msgspec.structs.replace(found, cases=cases, flows=_flows(answer.outlook))


def pending_plan(own: OwnLoans | None, as_of: date) -> tuple[Instalment, ...]:
    """What is due on the lender's own loans that no bank line shows yet, each over its own term.

    Args:
        own: None where the policy does not look at them.
        as_of: The first is due a month after this day: when it is paid out is not known.
    """
    return tuple(
        Instalment(due_on=months_after(as_of, number), due_cents=one.instalment_cents)
        for one in (() if own is None else own.pending)
        for number in range(1, one.term_months + 1)
    )


def _case(
    case: Case, cash: Cash, outlook: Outlook, dues: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]
) -> CashCase:
    return CashCase(
        case=case,
        without_loan=_line(cash, band_of(cash, paid_by(cash, others)), outlook),
        with_instalment=_line(cash, band_of(cash, paid_by(cash, [*others, *dues])), outlook),
    )


def _line(cash: Cash, band: Band, outlook: Outlook) -> CashLine:
    is_known = outlook.level_cents is not None
    days = tuple(
        CashDay(
            day=outlook.as_of + timedelta(day),
            low_cents=low,
            median_cents=median,
            high_cents=high,
            below_zero=round(below / ONE, DECIMALS) if is_known else None,
        )
        for day, low, median, high, below in zip(
            cash.days, band.low, band.median, band.high, band.below_zero, strict=True
        )
    )
    return CashLine(
        days=days,
        worst_on=min(days, key=lambda one: (one.median_cents, one.day)).day,
        days_below_zero=sum(cents < 0 for cents in band.median[:HORIZON_DAYS]) if is_known else None,
        gap=round(max(band.below_zero) / ONE, DECIMALS) if is_known else None,
    )


def _flows(outlook: Outlook) -> tuple[FlowsOfMonth, ...]:
    totals = {kind: [0, *accumulate(flow.tolist())] for kind, flow in outlook.flows.items()}
    count = max(len(total) for total in totals.values()) - 1 if totals else 0
    months: dict[int, list[int]] = {}
    for day in range(1, count + 1):
        months.setdefault(month_number(outlook.as_of + timedelta(day)), []).append(day)
    return tuple(
        FlowsOfMonth(
            month=date(month // 12, month % 12 + 1, 1),
            cents={kind: cents for kind, total in totals.items() if (cents := total[days[-1]] - total[days[0] - 1])},
        )
        for month, days in months.items()
    )
