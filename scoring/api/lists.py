"""Query parameters and paging, shared by all lists."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any, TypeVar

from litestar import Request
from litestar.params import QueryParameter

from scoring.api.errors import FieldError, InvalidFieldsError
from scoring.api.schemas.texts import PRINTABLE
from scoring.base.identifiers import is_id, pattern_of

T = TypeVar("T")
YEARS = range(1970, 9999)
"""Of instants that are taken."""
_YEAR_PATTERN = "^(19[7-9][0-9]|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])-"
"""The same, for descriptions."""

_DATE = re.compile("[0-9]{4}-", re.ASCII)
_TEXTS = frozenset({"borrower_ref", "cursor", "decision_id", "loan_ref"})
"""Parameters whose value may be the text null."""

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Maximum number of objects per page.")]
BorrowerFilter = Annotated[
    str | None,
    QueryParameter(description="Only this borrower, by the lender's reference.", schema_extra={"pattern": PRINTABLE}),
]


def cursor_parameter(prefix: str) -> QueryParameter:
    """The parameter for the start of a page, in a list of identifiers with this prefix.

    A cursor is only a position in the list: any well-formed identifier is accepted and gives access to nothing.
    """
    return QueryParameter(
        description="`next_cursor` of the previous page; omit it for the first page.",
        schema_extra={"pattern": pattern_of(prefix)},
    )


def instant_parameter(description: str) -> QueryParameter:
    """A parameter that is a point in time."""
    return QueryParameter(description=description, schema_extra={"pattern": _YEAR_PATTERN})


def check_parameters(
    request: Request[Any, Any, Any], known: frozenset[str], *, prefix: str, **instants: datetime | None
) -> None:
    """Refuse what would silently widen or change a list.

    That is an unknown or repeated parameter, unprintable text, a malformed cursor, an instant without a time zone or
    as a bare number, and the word null, which Litestar would treat as a missing parameter.

    Args:
        request: The request with its raw parameters.
        known: names of the parameters of this list.
        prefix: of the identifiers in this list, which are its cursors.
        instants: parameters that are points in time, by name.

    Raises:
        InvalidFieldsError: with every fault.
    """
    errors = list(_faults(request, known, prefix, frozenset(instants)))
    for name, moment in instants.items():
        if moment is None:
            continue
        if moment.tzinfo is None:
            errors.append(FieldError(field=name, message="must have a time zone, such as 2026-01-31T00:00:00Z"))
        elif moment.year not in YEARS:
            errors.append(FieldError(field=name, message=f"must be in the years {YEARS[0]} to {YEARS[-1]}"))
    if errors:
        raise InvalidFieldsError(errors)


def _faults(
    request: Request[Any, Any, Any], known: frozenset[str], prefix: str, instants: frozenset[str]
) -> Iterator[FieldError]:
    for name in request.query_params.dict():
        values = request.query_params.getall(name)
        if name not in known:
            yield FieldError(field=name[:64], message=f"is not a known parameter; known: {', '.join(sorted(known))}")
        elif len(values) > 1:
            yield FieldError(field=name, message="must be given only once")
        elif not values[0].isprintable():
            yield FieldError(field=name, message="must contain only printable characters")
        elif name in instants and _DATE.match(values[0]) is None:
            yield FieldError(field=name, message="must be an instant such as 2026-01-31T00:00:00Z")
        elif name not in _TEXTS and values[0].casefold() == "null":
            yield FieldError(field=name, message="must not be null; omit the parameter instead")
        elif name == "cursor" and not is_id(values[0], prefix):
            yield FieldError(field=name, message="must be a next_cursor of this list; omit it for the first page")


def page_of(found: list[T], limit: int, identifier: Callable[[T], str]) -> tuple[list[T], str | None]:
    """Split one row more than fits into the page and the cursor of the next page."""
    items = found[:limit]
    return items, identifier(items[-1]) if len(found) > limit else None
