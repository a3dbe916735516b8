"""The pages of loans: the list, the granting on a case, and each loan with what its reader may enter."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, RawBody

from scoring.api.lists import page_of
from scoring.api.loans import DEFINITION, READERS
from scoring.api.middleware import who_of
from scoring.base.deadlines import months_after
from scoring.base.identifiers import Clock, Randomness, day_in_berlin, is_id, new_id
from scoring.decisions.cases import CaseState, Resolution
from scoring.decisions.decision import Verdict
from scoring.decisions.instalments import equal_instalments
from scoring.decisions.limits import monthly_instalment_cents
from scoring.decisions.loans import (
    WITH_AMOUNT,
    Closed,
    ConditionMet,
    ConditionOpenError,
    Correction,
    Entry,
    Granted,
    Loan,
    LoanError,
    Planned,
    Removed,
    kind_of,
)
from scoring.pages.access import needs_person, session_secret, viewer_of
from scoring.pages.formats import Formats
from scoring.pages.forms import FormFaultError, check_token, read_fields, read_hundredths
from scoring.pages.rendering import Pages, language_of, redirect
from scoring.pages.texts.loans import LoanPage
from scoring.runtime.settings import Settings
from scoring.store.borrowers import BorrowerRestrictedError
from scoring.store.loans import LoanFilter, NewEntry, StoredLoan
from scoring.store.principals import Principal, Role, names_of
from scoring.usecases.cases import Cases, ShownCase
from scoring.usecases.loans import Loans, NotApprovedError, ReferenceUsedError, UnknownLoanError

_ON_A_PAGE: Final = 25
_FIELDS: Final = ("borrower", "loan", "open")
_LONGEST_REF: Final = 120
_LONGEST_PROOF: Final = 200
_MOST_MONTHS: Final = 360
_HIGHEST_RATE: Final = 99_999
_CONFLICT: Final = 409

_REFUSALS: Final[Mapping[type[Exception], str]] = MappingProxyType(
    {
        LoanError: "contradiction",
        NotApprovedError: "not_approved",
        UnknownLoanError: "not_approved",
        ReferenceUsedError: "reference_used",
    }
)


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Why nothing was entered."""

    code: str
    """In ``texts.loans``."""
    names: tuple[str, ...] = ()
    """Conditions that are open."""
    detail: str | None = None
    """What the service says of it, in English."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Values of the form, and the filter."""

    fields: dict[str, str]
    wanted: LoanFilter
    cursor: str | None
    is_wrong: bool


@get("/loans", guards=[needs_person(*READERS)])
async def get_loan_list(
    request: Request[Any, Any, Any],
    loans: NamedDependency[Loans],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Loans, newest first, with what is overdue today."""
    reader = viewer_of(request).principal
    choice = _chosen(request)
    found: list[StoredLoan] = []
    if not choice.is_wrong:
        who = who_of(request, reader)
        found = await loans.page(who, reader, choice.wanted, before=choice.cursor, limit=_ON_A_PAGE)
    items, cursor = page_of(found, _ON_A_PAGE, lambda one: one.id)
    kept = {name: value for name, value in choice.fields.items() if value}

    def render() -> Response[str]:
        return pages.respond(
            request,
            "loans.html",
            status_code=400 if choice.is_wrong else 200,
            choice=choice,
            items=[(one, one.fold()) for one in items],
            today=day_in_berlin(clock()),
            definition=DEFINITION,
            more=None if cursor is None else f"?{urlencode({**kept, 'cursor': cursor})}",
            first=f"?{urlencode(kept)}" if choice.cursor else None,
        )

    return await anyio.to_thread.run_sync(render, limiter=workers)


def _chosen(request: Request[Any, Any, Any]) -> Chosen:
    """Read the filter from the address."""
    given = request.query_params
    fields = {name: str(given.get(name, "")).strip() for name in _FIELDS}
    cursor = given.get("cursor") or None
    is_wrong = any(name not in {*_FIELDS, "cursor", "lang"} or len(given.getall(name)) > 1 for name in given.dict())
    is_wrong |= any(len(value) > _LONGEST_REF or not value.isprintable() for value in fields.values())
    is_wrong |= fields["open"] not in {"", *LoanPage.whichs}
    is_wrong |= cursor is not None and not is_id(cursor, "lon")
    wanted = LoanFilter(
        borrower_ref=fields["borrower"] or None,
        loan_ref=fields["loan"] or None,
        is_open=fields["open"] == "yes" if fields["open"] else None,
    )
    return Chosen(fields=fields, wanted=wanted, cursor=None if is_wrong else cursor, is_wrong=is_wrong)


@get("/cases/{case_id:str}/loan", guards=[needs_person(*READERS)])
async def get_granting(
    request: Request[Any, Any, Any],
    case_id: FromPath[str],
    reviews: NamedDependency[Cases],
    loans: NamedDependency[Loans],
    clock: NamedDependency[Clock],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """The loan on a case; where there is none yet, the form that grants it."""
    reader = viewer_of(request).principal
    who = who_of(request, reader)
    shown = await reviews.read(who, reader, case_id)
    wanted = LoanFilter(decision_id=shown.stored.case.subject.decision_id)
    found = await loans.page(who, reader, wanted, before=None, limit=1)
    if found:
        return redirect(f"/loans/{found[0].id}")
    return _show_granting(request, pages, clock, shown)


@post("/cases/{case_id:str}/loan", guards=[needs_person(Role.UNDERWRITE)])
async def post_granting(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    body: RawBody,
    case_id: FromPath[str],
    settings: NamedDependency[Settings],
    reviews: NamedDependency[Cases],
    loans: NamedDependency[Loans],
    clock: NamedDependency[Clock],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Grant the loan."""
    fields = read_fields(body)
    check_token(session_secret(request, settings), fields)
    reader = viewer_of(request).principal
    who = who_of(request, reader)
    shown = await reviews.read(who, reader, case_id)

    async def grant() -> StoredLoan:
        taken = await loans.enter(
            who,
            [NewEntry(entry=_granted(fields))],
            loan_ref=_line(fields, "loan_ref", _LONGEST_REF, "no_ref"),
            decision_id=shown.stored.case.subject.decision_id,
        )
        return taken.loan

    done = await _try(grant)
    if isinstance(done, Refused):
        return _show_granting(request, pages, clock, shown, refused=done, entered=fields)
    return redirect(f"/loans/{done.id}?done=grant")


def _granted(fields: Mapping[str, str]) -> Granted:
    term = fields.get("term_months", "").strip()
    amount, rate = read_hundredths(fields.get("amount", "")), read_hundredths(fields.get("rate", ""))
    if (
        not term.isdecimal()
        or len(term) > len(str(_MOST_MONTHS))
        or not 1 <= int(term) <= _MOST_MONTHS
        or not amount
        or rate is None
        or rate > _HIGHEST_RATE
    ):
        raise FormFaultError("no_number")
    return Granted(
        ref="granted", happened_on=_day(fields), amount_cents=amount, term_months=int(term), annual_rate_bps=rate
    )


def _show_granting(
    request: Request[Any, Any, Any],
    pages: Pages,
    clock: Clock,
    shown: ShownCase,
    *,
    refused: Refused | None = None,
    entered: Mapping[str, str] = MappingProxyType({}),
) -> Response[str]:
    case, viewer, today = shown.stored.case, viewer_of(request), day_in_berlin(clock())
    resolution = case.resolution if shown.state is CaseState.DECIDED else None
    is_open = resolution is not None and _grants(resolution, today)
    f = Formats(language_of(request))
    suggested = {"loan_ref": "", "happened_on": today.isoformat(), "amount": "", "term_months": "", "rate": ""}
    if resolution is not None and is_open:
        suggested |= {
            "amount": f.number((resolution.amount_cents or 0) / 100, 2),
            "term_months": str(resolution.term_months),
            "rate": "" if resolution.annual_rate_bps is None else f.number(resolution.annual_rate_bps / 100, 2),
        }
    return pages.respond(
        request,
        "granting.html",
        status_code=200 if refused is None else _CONFLICT,
        page=f"/cases/{shown.stored.id}/loan",
        shown=shown,
        resolution=resolution if is_open else None,
        may_enter=_may_enter(viewer.principal),
        suggested=suggested | dict(entered),
        today=today,
        form_token=viewer.form_token,
        refused=refused,
        done=None,
    )


def _grants(resolution: Resolution, today: date) -> bool:
    is_approved = resolution.verdict is Verdict.APPROVE and resolution.amount_cents is not None
    return is_approved and today <= resolution.valid_until


def _may_enter(reader: Principal) -> bool:
    return bool(reader.roles & {Role.UNDERWRITE, Role.ADMIN})


@get("/loans/{loan_id:str}", guards=[needs_person(*READERS)])
async def get_loan_page(
    request: Request[Any, Any, Any],
    loan_id: FromPath[str],
    loans: NamedDependency[Loans],
    clock: NamedDependency[Clock],
    randomness: NamedDependency[Randomness],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """One loan, and the forms for what its reader may enter."""
    reader = viewer_of(request).principal
    found = await loans.read(who_of(request, reader), reader, loan_id)
    names = await names_of(loans.database, reader.lender_id)
    done = request.query_params.get("done", "")
    render = partial(
        _render, request, pages, clock, randomness, found, names, done=done if done in LoanPage.done else None
    )
    return await anyio.to_thread.run_sync(render, limiter=workers)


@post("/loans/{loan_id:str}/{what:str}", guards=[needs_person(Role.UNDERWRITE)])
async def post_entry(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    body: RawBody,
    loan_id: FromPath[str],
    what: FromPath[str],
    settings: NamedDependency[Settings],
    loans: NamedDependency[Loans],
    clock: NamedDependency[Clock],
    randomness: NamedDependency[Randomness],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Enter what happened; what is refused is told on the page, with what was typed."""
    if what not in _READ:
        raise NotFoundException
    fields = read_fields(body)
    check_token(session_secret(request, settings), fields)
    reader = viewer_of(request).principal
    who = who_of(request, reader)
    found = await loans.read(who, reader, loan_id)

    async def enter() -> StoredLoan:
        new = NewEntry(entry=_READ[what](fields, found), proof=_proof(fields, is_needed=what == "condition"))
        return (await loans.enter(who, [new], loan_id=loan_id)).loan

    refused = await _try(enter)
    if not isinstance(refused, Refused):
        return redirect(f"/loans/{loan_id}?done={what}")
    names = await names_of(loans.database, reader.lender_id)
    render = partial(_render, request, pages, clock, randomness, found, names, refused=refused, entered={what: fields})
    return await anyio.to_thread.run_sync(render, limiter=workers)


async def _try(enter: Callable[[], Awaitable[StoredLoan]]) -> StoredLoan | Refused:
    """The loan after something was entered, or why nothing was."""
    try:
        loan: StoredLoan = await enter()
    except FormFaultError as error:
        return Refused(code=str(error))
    except ConditionOpenError as error:
        return Refused(code="condition_open", names=error.conditions)
    except BorrowerRestrictedError:
        return Refused(code="restricted")
    except tuple(_REFUSALS) as error:
        return Refused(code=_REFUSALS[type(error)], detail=str(error))
    return loan


def _ref(fields: Mapping[str, str]) -> str:
    """The reference that the form was shown with, so that it counts once however often it is sent.

    Raises:
        FormFaultError: it has none.
    """
    ref = fields.get("ref", "")
    if not is_id(ref, "ent"):
        raise FormFaultError("no_choice")
    return ref


def _day(fields: Mapping[str, str]) -> date:
    try:
        return date.fromisoformat(fields.get("happened_on", "").strip())
    except ValueError:
        raise FormFaultError("no_day") from None


def _line(fields: Mapping[str, str], name: str, longest: int, code: str) -> str:
    text = fields.get(name, "").strip()
    if not text or len(text) > longest or not text.isprintable():
        raise FormFaultError(code)
    return text


def _proof(fields: Mapping[str, str], *, is_needed: bool) -> str | None:
    if not is_needed and not fields.get("proof", "").strip():
        return None
    return _line(fields, "proof", _LONGEST_PROOF, "no_proof")


def _condition(fields: Mapping[str, str], found: StoredLoan) -> Entry:
    name = fields.get("condition", "")
    if name not in {one.name for one in found.granted.conditions}:
        raise FormFaultError("no_choice")
    return ConditionMet(ref=_ref(fields), happened_on=_day(fields), condition=name)


def _plan(fields: Mapping[str, str], found: StoredLoan) -> Entry:
    terms = found.fold().terms
    try:
        first_on = date.fromisoformat(fields.get("first_on", "").strip())
        instalments = equal_instalments(terms.amount_cents, terms.annual_rate_bps, terms.term_months, first_on=first_on)
    except ValueError:
        raise FormFaultError("no_day") from None
    return Planned(ref=_ref(fields), happened_on=_day(fields), instalments=instalments)


def _money(fields: Mapping[str, str], _found: StoredLoan) -> Entry:
    kind = WITH_AMOUNT.get(fields.get("kind", ""))
    if kind is None:
        raise FormFaultError("no_choice")
    amount = read_hundredths(fields.get("amount", ""))
    if not amount:
        raise FormFaultError("no_number")
    return kind(ref=_ref(fields), happened_on=_day(fields), amount_cents=amount)


def _close(fields: Mapping[str, str], _found: StoredLoan) -> Entry:
    return Closed(ref=_ref(fields), happened_on=_day(fields))


def _removal(fields: Mapping[str, str], found: StoredLoan) -> Entry:
    wrong = next((one.entry for one in found.entries if one.entry.ref == fields.get("corrects")), None)
    why = fields.get("why", "")
    if wrong is None or why not in set(Correction):
        raise FormFaultError("no_choice")
    return Removed(ref=_ref(fields), happened_on=wrong.happened_on, corrects=wrong.ref, why=Correction(why))


_READ: Final[Mapping[str, Callable[[Mapping[str, str], StoredLoan], Entry]]] = MappingProxyType(
    {"condition": _condition, "plan": _plan, "money": _money, "close": _close, "removal": _removal}
)
"""What a form enters, by the end of its address."""


def _render(  # noqa: PLR0913  one argument for each part
    request: Request[Any, Any, Any],
    pages: Pages,
    clock: Clock,
    randomness: Randomness,
    stored: StoredLoan,
    names: Mapping[str, str],
    *,
    done: str | None = None,
    refused: Refused | None = None,
    entered: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> Response[str]:
    viewer, loan, now = viewer_of(request), stored.fold(), clock()
    today = day_in_berlin(now)
    return pages.respond(
        request,
        "loan.html",
        status_code=200 if refused is None else _CONFLICT,
        page=f"/loans/{stored.id}",
        stored=stored,
        loan=loan,
        names=names,
        numbers={one.entry.ref: one.number for one in stored.entries},
        wrong={one.entry.corrects for one in stored.entries}
        | {one.entry.ref for one in stored.entries if isinstance(one.entry, Removed)},
        entries=[(one, kind_of(one.entry)) for one in stored.entries],
        instalment_cents=monthly_instalment_cents(
            loan.terms.amount_cents, loan.terms.annual_rate_bps, loan.terms.term_months
        ),
        is_planned=any(isinstance(one, Planned) for one in loan.entries),
        moneys=_possible(loan),
        may_enter=_may_enter(viewer.principal),
        ref=new_id("ent", now, randomness),
        today=today,
        first_on=months_after(today, 1),
        definition=DEFINITION,
        form_token=viewer.form_token,
        refused=refused,
        entered=entered,
        done=done,
    )


def _possible(loan: Loan) -> tuple[str, ...]:
    """The payments that may come now, in the order of the form."""
    if loan.closed_on is not None:
        return ()
    found = []
    if loan.paid_out_cents < loan.terms.amount_cents:
        found.append("paid_out")
    if loan.paid_out_cents:
        found += ["paid", "redeemed", "written_off"]
    return (*found, "recovered") if loan.written_off_cents else tuple(found)
