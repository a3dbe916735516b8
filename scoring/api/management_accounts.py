"""The route of the management accounts of a stored decision. Nothing is stored."""

from functools import partial
from typing import Any

import anyio.to_thread
from anyio import CapacityLimiter
from litestar import Request, get
from litestar.di import NamedDependency

from features.management import Account, Line, Sum
from scoring.api import problems as known
from scoring.api.decisions import READERS, hung_up
from scoring.api.middleware import needs
from scoring.api.openapi import operation
from scoring.api.present import money
from scoring.api.schemas.management_accounts import (
    AccountLineResponse,
    ManagementAccountsResponse,
    ProfitAndLossResponse,
    UnmappedAccountResponse,
)
from scoring.api.what_if import PROBLEMS, DecisionId, found_decision
from scoring.decisions.decision import Decision
from scoring.store.principals import Principal
from scoring.store.snapshots import KeptBooks
from scoring.texts.management_accounts import label_of, say_management_accounts
from scoring.usecases.admission import Admission
from scoring.usecases.inputs import DecisionInputs
from scoring.usecases.management_accounts import find_management_accounts
from scoring.usecases.reading import Reading


@get(
    "/v1/decisions/{decision_id:str}/management-accounts",
    guards=[needs(*READERS)],
    operation_id="getManagementAccounts",
    operation_class=operation(*PROBLEMS, known.OVERLOADED),
    tags=["decisions"],
    summary="Make management accounts of the books of a decision",
)
async def get_management_accounts(
    request: Request[Principal, Any, Any],
    decision_id: DecisionId,
    reading: NamedDependency[Reading],
    inputs: NamedDependency[DecisionInputs],
    workers: NamedDependency[CapacityLimiter],
    admission: NamedDependency[Admission],
) -> ManagementAccountsResponse:
    """A profit and loss account by month from documents, one from bank lines, and where they differ."""
    stored = await found_decision(request, decision_id, reading)
    books = await inputs.books_of(stored)
    async with admission.turn(request.user.lender_id, hung_up=partial(hung_up, request)):
        return await anyio.to_thread.run_sync(_respond, stored.decision, books, limiter=workers)


def _respond(decision: Decision, books: KeptBooks) -> ManagementAccountsResponse:
    found = find_management_accounts(decision, books)
    currency = decision.terms.currency
    difference = found.difference_cents
    return ManagementAccountsResponse(
        decision_id=decision.decision_id,
        as_of=decision.as_of,
        text=say_management_accounts(found, decision.circumstances.coverage.notes),
        months=found.months,
        documents=_account(found.documents, currency),
        bank=_account(found.bank, currency),
        difference=None if difference is None else tuple(money(cents, currency) for cents in difference),
        only_paid=found.only_paid,
        has_positions=found.has_positions,
        document_count=found.document_count,
        without_positions=found.without_positions,
        contradicting=found.contradicting,
        unmapped=tuple(
            UnmappedAccountResponse(
                account=one.account, position_count=one.position_count, net=money(one.net_cents, currency)
            )
            for one in found.unmapped
        ),
    )


def _account(account: Account | None, currency: str) -> ProfitAndLossResponse | None:
    if account is None:
        return None
    return ProfitAndLossResponse(
        lines=tuple(_line(one, currency) for one in account.lines),
        apart=tuple(_line(one, currency) for one in account.apart),
    )


def _line(line: Line, currency: str) -> AccountLineResponse:
    return AccountLineResponse(
        line=line.line,
        label=label_of(line.line),
        is_sum=line.line in set(Sum),
        amounts=tuple(money(cents, currency) for cents in line.cents),
        total=money(line.total_cents, currency),
    )
