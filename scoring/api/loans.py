"""Routes of loans: grant, read, list, and enter what became of them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeAlias, get_args

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, RawBody
from msgspec import UNSET, UnsetType

from models.outcomes import Definition
from scoring.api import problems as known
from scoring.api.applications import body_of, check_amount, check_ref, parse_body, require_json
from scoring.api.errors import FieldError
from scoring.api.lists import BorrowerFilter, Limit, check_parameters, cursor_parameter, page_of
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, operation
from scoring.api.present import money
from scoring.api.schemas.loans import (
    InstalmentRequest,
    InstalmentResponse,
    LoanAmount,
    LoanAmountEntry,
    LoanClosingEntry,
    LoanConditionEntry,
    LoanConditionResponse,
    LoanEntryResponse,
    LoanList,
    LoanPlanEntry,
    LoanRemovalEntry,
    LoanRequest,
    LoanResponse,
    LoanRestructuringEntry,
    LoanSummary,
    LoanTermsEntry,
)
from scoring.api.schemas.texts import PRINTABLE
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.decisions.loans import (
    WITH_AMOUNT,
    Closed,
    ConditionMet,
    Correction,
    Entry,
    Granted,
    Instalment,
    Planned,
    Removed,
    Restructured,
    kind_of,
)
from scoring.store.loans import LoanFilter, NewEntry, StoredEntry, StoredLoan
from scoring.store.principals import Principal, Role
from scoring.usecases.loans import Loans

READERS = (Role.APPLY, Role.UNDERWRITE, Role.ANALYSE, Role.AUDIT)
DEFINITION: Final = Definition.crr_178()
_PARAMETERS = frozenset({"borrower_ref", "decision_id", "loan_ref", "open", "cursor", "limit"})
_CURRENCY = "EUR"
LoanId = Annotated[str, PathParameter(description="Identifier of a loan of your lender.")]
EntryRequest: TypeAlias = (
    LoanConditionEntry
    | LoanAmountEntry
    | LoanPlanEntry
    | LoanRestructuringEntry
    | LoanClosingEntry
    | LoanTermsEntry
    | LoanRemovalEntry
)
ENTRIES: Final[Mapping[str, type[Any]]] = MappingProxyType(
    {
        "granted": LoanTermsEntry,
        "condition_met": LoanConditionEntry,
        "planned": LoanPlanEntry,
        **dict.fromkeys(WITH_AMOUNT, LoanAmountEntry),
        "restructured": LoanRestructuringEntry,
        "closed": LoanClosingEntry,
        "removed": LoanRemovalEntry,
    }
)
"""The body of an entry, by its kind."""


@post(
    "/v1/loans",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="createLoan",
    operation_class=operation(
        *BODY_PROBLEMS,
        known.NOT_FOUND,
        known.LOAN_NOT_APPROVED,
        known.LOAN_CONTRADICTION,
        known.LOAN_REFERENCE_USED,
        known.BORROWER_RESTRICTED,
        known.ERASED,
        known.STORED_DATA_DAMAGED,
        known.NEWER_RECORD,
        body=LoanRequest,
        leads_to={"getLoan": "loan_id"},
    ),
    tags=["loans"],
    summary="Enter that a loan was granted",
)
async def create_loan(
    request: Request[Principal, Any, Any],
    body: RawBody,
    loans: NamedDependency[Loans],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
) -> Response[LoanResponse]:
    """On a decision that approves it and is still valid on `granted_on`.

    Repeated word for word, it answers the same and stores nothing.
    """
    said = body_of(request, body, LoanRequest, _check_loan)
    granted = Granted(
        ref=said.entry_ref,
        happened_on=said.granted_on,
        amount_cents=_cents(said.amount),
        term_months=said.term_months,
        annual_rate_bps=_bps(said.annual_rate_percent),
    )
    taken = await loans.enter(
        who_of(request, request.user),
        [NewEntry(entry=granted)],
        loan_ref=said.loan_ref,
        decision_id=said.decision_id,
    )
    answer = await anyio.to_thread.run_sync(partial(_present, taken.loan, clock), limiter=workers)
    return Response(answer, headers={"Location": f"/v1/loans/{taken.loan.id}"})


@get(
    "/v1/loans",
    guards=[needs(*READERS)],
    operation_id="listLoans",
    operation_class=operation(known.INVALID_REQUEST, known.STORED_DATA_DAMAGED),
    tags=["loans"],
    summary="List loans",
)
async def get_loans(  # noqa: PLR0913, PLR0917  one argument for each parameter of the query
    request: Request[Principal, Any, Any],
    loans: NamedDependency[Loans],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    borrower_ref: BorrowerFilter = None,
    decision_id: Annotated[
        str | None,
        QueryParameter(description="Only the loan of this decision.", schema_extra={"pattern": PRINTABLE}),
    ] = None,
    loan_ref: Annotated[
        str | None,
        QueryParameter(
            description="Only the loan with this reference of the lender.", schema_extra={"pattern": PRINTABLE}
        ),
    ] = None,
    is_open: Annotated[
        bool | None, QueryParameter(name="open", description="Only loans of which something may still come, or none.")
    ] = None,
    cursor: Annotated[str | None, cursor_parameter("lon")] = None,
    limit: Limit = 50,
) -> LoanList:
    """Newest first, with what is overdue today. Those of restricted borrowers for auditors and administrators alone."""
    check_parameters(request, _PARAMETERS, prefix="lon")
    wanted = LoanFilter(borrower_ref=borrower_ref, decision_id=decision_id, loan_ref=loan_ref, is_open=is_open)
    who = who_of(request, request.user)
    found = await loans.page(who, request.user, wanted, before=cursor, limit=limit)
    items, next_cursor = page_of(found, limit, lambda one: one.id)
    shown = await anyio.to_thread.run_sync(
        lambda: [LoanSummary(**_summary(one, clock)) for one in items], limiter=workers
    )
    return LoanList(items=shown, next_cursor=next_cursor)


@get(
    "/v1/loans/{loan_id:str}",
    guards=[needs(*READERS)],
    operation_id="getLoan",
    operation_class=operation(known.NOT_FOUND, known.RESTRICTED, known.STORED_DATA_DAMAGED),
    tags=["loans"],
    summary="Read a loan",
)
async def get_loan(
    request: Request[Principal, Any, Any],
    loan_id: LoanId,
    loans: NamedDependency[Loans],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
) -> LoanResponse:
    """Terms, conditions, schedule, arrears and days past due today, and every entry with its corrections."""
    found = await loans.read(who_of(request, request.user), request.user, loan_id)
    return await anyio.to_thread.run_sync(partial(_present, found, clock), limiter=workers)


@post(
    "/v1/loans/{loan_id:str}/entries",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="createLoanEntry",
    operation_class=operation(
        *BODY_PROBLEMS,
        known.NOT_FOUND,
        known.LOAN_NOT_APPROVED,
        known.CONDITION_OPEN,
        known.LOAN_CONTRADICTION,
        known.LOAN_REFERENCE_USED,
        known.BORROWER_RESTRICTED,
        known.ERASED,
        known.STORED_DATA_DAMAGED,
        known.NEWER_RECORD,
        body=get_args(EntryRequest),
    ),
    tags=["loans"],
    summary="Enter what happened to a loan",
)
async def create_entry(
    request: Request[Principal, Any, Any],
    body: RawBody,
    loan_id: LoanId,
    loans: NamedDependency[Loans],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
) -> Response[LoanResponse]:
    """Entries are never changed: a wrong one is followed by one that names it in `corrects`.

    Repeated word for word, it is taken once. No pay-out is taken while a condition is open.
    """
    require_json(request)
    new = parse_entry(body)
    taken = await loans.enter(who_of(request, request.user), [new], loan_id=loan_id)
    answer = await anyio.to_thread.run_sync(partial(_present, taken.loan, clock), limiter=workers)
    return Response(answer, headers={"Location": f"/v1/loans/{loan_id}"})


class _Kind(msgspec.Struct, frozen=True):
    kind: Any = None


def parse_entry(body: bytes) -> NewEntry:
    """Read and check an entry.

    Raises:
        MalformedJsonError: not JSON.
        InvalidFieldsError: with every fault that was found.
    """
    kind = parse_body(body, _Kind, _check_kind).kind
    said: EntryRequest = parse_body(body, ENTRIES[kind], _check_entry)
    return NewEntry(entry=_entry(said), proof=_given(said.proof))


def _check_kind(said: _Kind) -> Iterator[FieldError]:
    if not isinstance(said.kind, str) or said.kind not in ENTRIES:
        yield FieldError(field="kind", message=f"must be one of {', '.join(ENTRIES)}")


def _entry(said: EntryRequest) -> Entry:
    common: dict[str, Any] = {
        "ref": said.entry_ref,
        "happened_on": said.happened_on,
        "corrects": _given(said.corrects),
        "why": None if said.why is UNSET else Correction(said.why),
    }
    if isinstance(said, LoanAmountEntry):
        return WITH_AMOUNT[said.kind](**common, amount_cents=_cents(said.amount))
    if isinstance(said, LoanPlanEntry):
        return Planned(**common, instalments=_instalments(said.instalments))
    if isinstance(said, LoanRestructuringEntry):
        instalments = _instalments(said.instalments)
        return Restructured(**common, instalments=instalments, is_forbearance=said.is_forbearance)
    if isinstance(said, LoanConditionEntry):
        return ConditionMet(**common, condition=said.condition)
    if isinstance(said, LoanTermsEntry):
        bps = _bps(said.annual_rate_percent)
        return Granted(**common, amount_cents=_cents(said.amount), term_months=said.term_months, annual_rate_bps=bps)
    return Closed(**common) if isinstance(said, LoanClosingEntry) else Removed(**common)


def _given(text: str | UnsetType) -> str | None:
    return None if text is UNSET else text


def _instalments(said: list[InstalmentRequest]) -> tuple[Instalment, ...]:
    return tuple(Instalment(due_on=one.due_on, due_cents=_cents(one.amount)) for one in said)


def _check_loan(said: LoanRequest) -> Iterator[FieldError]:
    yield from check_ref(said.loan_ref, "loan_ref")
    yield from check_ref(said.entry_ref, "entry_ref")
    yield from check_amount(said.amount)
    yield from _check_rate(said.annual_rate_percent)


def _check_entry(said: EntryRequest) -> Iterator[FieldError]:
    yield from check_ref(said.entry_ref, "entry_ref")
    if said.proof is not UNSET and not said.proof.isprintable():
        yield FieldError(field="proof", message="must be a single line of printable characters")
    if (said.corrects is UNSET) != (said.why is UNSET):
        yield FieldError(field="why", message="give corrects and why together, or neither")
    if isinstance(said, LoanAmountEntry | LoanTermsEntry):
        yield from check_amount(said.amount)
    if isinstance(said, LoanTermsEntry):
        yield from _check_rate(said.annual_rate_percent)
    if isinstance(said, LoanPlanEntry | LoanRestructuringEntry):
        for number, one in enumerate(said.instalments):
            yield from check_amount(one.amount, f"instalments[{number}].amount")


def _check_rate(text: str) -> Iterator[FieldError]:
    euro, _, rest = text.partition(".")
    is_number = euro.isascii() and euro.isdecimal() and (not rest or (rest.isascii() and rest.isdecimal()))
    if not is_number or text.endswith(".") or len(euro) > 3 or len(rest) > 2:
        yield FieldError(field="annual_rate_percent", message='must be a decimal number as text, such as "7.25"')


def _cents(amount: LoanAmount) -> int:
    return int(Decimal(amount.value) * 100)


def _bps(percent: str) -> int:
    return int(Decimal(percent) * 100)


def _percent(bps: int) -> str:
    return f"{bps // 100}.{bps % 100:02d}"


def _summary(stored: StoredLoan, clock: Clock) -> dict[str, Any]:
    """The fields of ``LoanSummary``."""
    loan, today = stored.fold(), day_in_berlin(clock())
    return {
        "loan_id": stored.id,
        "loan_ref": stored.loan_ref,
        "borrower_ref": stored.borrower_ref,
        "decision_id": stored.decision_id,
        "created_at": stored.created_at,
        "status": loan.status.value,
        "is_open": loan.closed_on is None,
        "closed_on": loan.closed_on,
        "granted_on": loan.terms.happened_on,
        "amount": money(loan.terms.amount_cents, _CURRENCY),
        "term_months": loan.terms.term_months,
        "annual_rate_percent": _percent(loan.terms.annual_rate_bps),
        "open_conditions": list(loan.open_conditions),
        "paid_out": money(loan.paid_out_cents, _CURRENCY),
        "paid": money(loan.paid_cents, _CURRENCY),
        "unpaid": money(loan.unpaid_cents, _CURRENCY),
        "overpaid": money(loan.overpaid_cents, _CURRENCY),
        "written_off": money(loan.written_off_cents, _CURRENCY),
        "recovered": money(loan.recovered_cents, _CURRENCY),
        "as_of": today,
        "overdue": money(loan.overdue_cents(today), _CURRENCY),
        "days_past_due": loan.days_past_due(today, DEFINITION),
        "worst_days_past_due": loan.worst_days_past_due(today, DEFINITION),
        "defaulted_on": loan.defaulted_on(today, DEFINITION),
        "definition": DEFINITION.name,
        "is_forborne": loan.is_forborne,
    }


def _present(stored: StoredLoan, clock: Clock) -> LoanResponse:
    loan = stored.fold()
    by_ref = {one.entry.ref: one for one in stored.entries}
    corrected = {one.entry.corrects: one.entry.ref for one in stored.entries}
    return LoanResponse(
        **_summary(stored, clock),
        conditions=[
            LoanConditionResponse(
                condition=asked.name,
                days=asked.days,
                met_on=None if (met := loan.met.get(asked.name)) is None else met.happened_on,
                confirmed_by=None if met is None else by_ref[met.ref].recorded_by,
            )
            for asked in loan.terms.conditions
        ],
        schedule=[
            InstalmentResponse(
                due_on=part.due_on,
                amount=money(part.due_cents, _CURRENCY),
                ended_on=part.ended_on,
                is_replaced=part.is_replaced,
            )
            for part in loan.parts
        ],
        entries=[_present_entry(one, corrected.get(one.entry.ref)) for one in stored.entries],
    )


def _present_entry(stored: StoredEntry, corrected_by: str | None) -> LoanEntryResponse:
    entry = stored.entry
    cents = getattr(entry, "amount_cents", None)
    return LoanEntryResponse(
        number=stored.number,
        kind=kind_of(entry),  # type: ignore[arg-type]  # the names are those of the entries
        entry_ref=entry.ref,
        happened_on=entry.happened_on,
        corrects=entry.corrects,
        why=None if entry.why is None else entry.why.value,
        corrected_by=corrected_by,
        amount=None if cents is None else money(cents, _CURRENCY),
        term_months=entry.term_months if isinstance(entry, Granted) else None,
        annual_rate_percent=_percent(entry.annual_rate_bps) if isinstance(entry, Granted) else None,
        condition=entry.condition if isinstance(entry, ConditionMet) else None,
        instalment_count=len(entry.instalments) if isinstance(entry, Planned | Restructured) else None,
        is_forbearance=entry.is_forbearance if isinstance(entry, Restructured) else None,
        proof=stored.proof,
        recorded_at=stored.recorded_at,
        recorded_by=stored.recorded_by,
    )
