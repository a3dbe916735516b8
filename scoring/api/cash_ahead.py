"""The route of the look ahead at cash of a stored decision. Nothing is stored."""

from functools import partial
from typing import Any

import anyio.to_thread
from anyio import CapacityLimiter
from litestar import Request
from litestar import get as get_route
from litestar.di import NamedDependency

from scoring.api import problems as known
from scoring.api.decisions import READERS, hung_up
from scoring.api.middleware import needs
from scoring.api.openapi import operation
from scoring.api.present import money
from scoring.api.schemas.cash_ahead import (
    CashAheadResponse,
    CashCaseResponse,
    CashDayResponse,
    CashKindResponse,
    CashLineResponse,
    CashMonthResponse,
)
from scoring.api.what_if import PROBLEMS, DecisionId, found_decision
from scoring.decisions.cash_ahead import CashCase, CashDay, CashLine
from scoring.decisions.decision import Decision
from scoring.runtime.serving import Serving
from scoring.store.principals import Principal
from scoring.store.snapshots import KeptBooks
from scoring.texts.cash_ahead import CASES, KINDS, say_cash_ahead
from scoring.usecases.admission import Admission
from scoring.usecases.cash_ahead import find_cash_ahead
from scoring.usecases.inputs import DecisionInputs
from scoring.usecases.reading import Reading


@get_route(
    "/v1/decisions/{decision_id:str}/cashflow",
    guards=[needs(*READERS)],
    operation_id="getCashFlow",
    operation_class=operation(*PROBLEMS, known.OVERLOADED),
    tags=["decisions"],
    summary="Look ahead at the cash of a decision's firm",
)
async def get_cash_ahead(
    request: Request[Principal, Any, Any],
    decision_id: DecisionId,
    reading: NamedDependency[Reading],
    inputs: NamedDependency[DecisionInputs],
    workers: NamedDependency[CapacityLimiter],
    admission: NamedDependency[Admission],
) -> CashAheadResponse:
    """Cash of all accounts on each of the next 180 days and to the end of the term, as a median and an 80 % band.

    From the books of the decision, as they were read then: with the instalment of the amount that was asked for and
    without, under stress, and with what is expected to come and go by kind. The amount itself counts as spent on its
    purpose.
    """
    stored = await found_decision(request, decision_id, reading)
    serving = await inputs.serving_of(stored.decision)
    books = await inputs.books_of(stored)
    work = partial(_cash_ahead, stored.decision, books, serving)
    async with admission.turn(request.user.lender_id, hung_up=partial(hung_up, request)):
        return await anyio.to_thread.run_sync(work, limiter=workers)


def _cash_ahead(decision: Decision, books: KeptBooks, serving: Serving) -> CashAheadResponse:
    found, currency = find_cash_ahead(decision, books, serving), decision.terms.currency
    return CashAheadResponse(
        decision_id=decision.decision_id,
        as_of=decision.as_of,
        text=say_cash_ahead(found),
        cause=found.cause,
        level=None if found.level_cents is None else money(found.level_cents, currency),
        monthly_instalment=money(found.instalment_cents, currency),
        first_due_on=found.first_due_on,
        foreseen_months=found.foreseen_months,
        cases=tuple(_case(one, currency, is_daily=not number) for number, one in enumerate(found.cases)),
        months=tuple(
            CashMonthResponse(
                month=month.month,
                flows=tuple(
                    CashKindResponse(kind=kind.value, text=KINDS[kind], amount=money(cents, currency))
                    for kind, cents in month.cents.items()
                ),
            )
            for month in found.flows
        ),
    )


def _case(one: CashCase, currency: str, *, is_daily: bool) -> CashCaseResponse:
    return CashCaseResponse(
        case=one.case.value,
        text=CASES[one.case],
        without_loan=_line(one.without_loan, currency, is_daily=is_daily),
        with_instalment=_line(one.with_instalment, currency, is_daily=is_daily),
    )


def _line(line: CashLine, currency: str, *, is_daily: bool) -> CashLineResponse:
    worst = next(one for one in line.days if one.day == line.worst_on)
    return CashLineResponse(
        gap=line.gap,
        days_below_zero=line.days_below_zero,
        worst=_day(worst, currency),
        days=tuple(_day(one, currency) for one in (line.days if is_daily else line.ends_of_months())),
    )


def _day(one: CashDay, currency: str) -> CashDayResponse:
    return CashDayResponse(
        day=one.day,
        low=money(one.low_cents, currency),
        median=money(one.median_cents, currency),
        high=money(one.high_cents, currency),
        below_zero=one.below_zero,
    )
