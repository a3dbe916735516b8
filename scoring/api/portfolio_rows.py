"""Lines of a portfolio: each is checked as ``POST /v1/decisions`` checks a body, or refused with the same problem."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from typing import Final

import msgspec

from scoring.api.applications import application_of, check_application, parse_body
from scoring.api.errors import ApiError, FieldError, InvalidFieldsError
from scoring.api.problems import problem_of
from scoring.api.schemas.applications import ApplicationRequest
from scoring.api.schemas.problems import ErrorEntry
from scoring.decisions.decide import TermsError, check_terms
from scoring.runtime.serving import Serving
from scoring.sources.registry import Sources
from scoring.store.borrowers import BorrowerRestrictedError
from scoring.usecases.portfolio_files import FIELDS, Line
from scoring.usecases.portfolios import Refused, Row

_KEY: Final = re.compile(r"[!-~]{1,80}")
_GIVEN: Final = re.compile(r", not .*", re.DOTALL)
NO_APPLICATION: Final = "has had no decision from which product, amount and term could be taken; send it in a file"


class PortfolioRowRequest(ApplicationRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a portfolio: an application, and what makes it safe to send it in another portfolio again."""

    idempotency_key: str | None = None


def rows_of(
    lines: Iterable[Line], *, today: date, serving: Serving, sources: Sources, request_id: str | None
) -> Iterator[Row | Refused]:
    """Applications of a file, and the lines that are none.

    Args:
        lines: of the file.
        today: the latest observation date that is accepted.
        serving: the policies of the lender.
        sources: the bookkeeping systems.
        request_id: stands in the problems.
    """
    check = partial(_check, today=today, products=frozenset(serving.policy.products), sources=sources)
    for line in lines:
        try:
            yield _row(line, check, serving)
        except (ApiError, TermsError) as error:
            yield Refused(line=line.number, problem=_problem(line, error, request_id))


def restricted_problem() -> str:
    """The problem of a row whose borrower's data are only kept, as JSON."""
    problem = problem_of(BorrowerRestrictedError(is_erased=False), request_id=None)
    return msgspec.json.encode(problem).decode()


def connected_rows(
    found: Iterable[tuple[str, bytes | None]],
    *,
    today: date,
    serving: Serving,
    sources: Sources,
    request_id: str | None,
) -> Iterator[Row | Refused]:
    """Rows of connected borrowers: the last application of each, made anew, by its reference; None where it had none.

    Args:
        found: by reference.
        today: as ``rows_of``, whose other arguments these have, too.
        serving: the policies of the lender.
        sources: the bookkeeping systems.
        request_id: stands in the problems.
    """
    for number, (ref, body) in enumerate(found, start=1):
        if body is None:
            error = InvalidFieldsError([FieldError(field="borrower_ref", message=NO_APPLICATION)])
            problem = msgspec.json.encode(problem_of(error, request_id=request_id)).decode()
            yield Refused(line=number, problem=problem, borrower_ref=ref)
            continue
        line = [Line(number=number, body=body)]
        for row in rows_of(line, today=today, serving=serving, sources=sources, request_id=request_id):
            yield msgspec.structs.replace(row, borrower_ref=ref) if isinstance(row, Refused) else row


def _row(line: Line, check: Callable[[PortfolioRowRequest], Iterator[FieldError]], serving: Serving) -> Row:
    if line.said is not None:
        raise InvalidFieldsError([FieldError(field="line", message=line.said)])
    parsed = parse_body(line.body, PortfolioRowRequest, check)
    application = application_of(parsed)
    check_terms(application.terms, serving.for_form(application.terms.legal_form).policy)
    body = line.body
    if parsed.idempotency_key is not None:  # no field of an application
        fields = msgspec.json.decode(line.body)
        del fields["idempotency_key"]
        body = msgspec.json.encode(fields)
    return Row(line=line.number, application=application, body=body, key=parsed.idempotency_key)


def _check(
    request: PortfolioRowRequest, *, today: date, products: frozenset[str], sources: Sources
) -> Iterator[FieldError]:
    yield from check_application(request, today=today, products=products, sources=sources)
    if request.idempotency_key is not None and _KEY.fullmatch(request.idempotency_key) is None:
        yield FieldError(field="idempotency_key", message="must be 1 to 80 visible ASCII characters")


def _problem(line: Line, error: Exception, request_id: str | None) -> str:
    """What POST would have answered, in the words of the file, and without what the line says: it may name persons."""
    problem = problem_of(error, request_id=request_id)
    entries = [
        ErrorEntry(field=FIELDS.get(one.field, one.field) if line.is_cells else one.field, message=_plain(one.message))
        for one in problem.errors or ()
    ]
    told = "; ".join(f"{one.field}: {one.message}" for one in entries)
    detail = told or problem.detail.replace("the body", "the line")
    return msgspec.json.encode(msgspec.structs.replace(problem, detail=detail, errors=entries or None)).decode()


def _plain(message: str) -> str:
    return _GIVEN.sub("", message)
