"""What all lists have in common: their parameters and their pages."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any, TypeVar

from litestar import Request
from litestar.params import QueryParameter

from scoring.api.errors import FieldError, InvalidFieldsError
from scoring.api.schemas import PRINTABLE
from scoring.base.identifiers import is_id, pattern_of

T = TypeVar("T")
_YEARS = range(1970, 9999)
_YEAR_PATTERN = "^(19[7-9][0-9]|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])-"
"""The same, for descriptions."""

_DATE = re.compile("[0-9]{4}-", re.ASCII)
_TEXTS = frozenset({"borrower_ref", "cursor"})
"""Parameters in which null is a text like any other."""

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Most objects on a page.")]
BorrowerFilter = Annotated[
    str | None,
    QueryParameter(
        description="Only of this borrower, by the lender's own name for it.", schema_extra={"pattern": PRINTABLE}
    ),
]


def cursor_parameter(prefix: str) -> QueryParameter:
    """The parameter that says where a page begins, in a list of identifiers with this prefix.

    A cursor is a place in the list and no more: any identifier of the form is one, and opens nothing.
    """
    return QueryParameter(
        description="Begin behind this place: `next_cursor` of the page before. Without it the list begins.",
        schema_extra={"pattern": pattern_of(prefix)},
    )


def instant_parameter(description: str) -> QueryParameter:
    """A parameter that is a point in time."""
    return QueryParameter(description=description, schema_extra={"pattern": _YEAR_PATTERN})


def check_parameters(
    request: Request[Any, Any, Any], known: frozenset[str], *, prefix: str, **instants: datetime | None
) -> None:
    """Refuse what would silently widen or change a list.

    That is a parameter that is not known or comes twice, text that is not printable, a cursor that no page gave, an
    instant without a zone or as a bare number, and the word null, which Litestar would take for a parameter left out.

    Args:
        request: with the parameters as they came.
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
            errors.append(FieldError(field=name, message="needs a time zone, such as 2026-01-31T00:00:00Z"))
        elif moment.year not in _YEARS:
            errors.append(FieldError(field=name, message=f"must lie in the years {_YEARS[0]} to {_YEARS[-1]}"))
    if errors:
        raise InvalidFieldsError(errors)


def _faults(
    request: Request[Any, Any, Any], known: frozenset[str], prefix: str, instants: frozenset[str]
) -> Iterator[FieldError]:
    for name in request.query_params.dict():
        values = request.query_params.getall(name)
        if name not in known:
            yield FieldError(field=name[:64], message=f"is not a parameter; known are {', '.join(sorted(known))}")
        elif len(values) > 1:
            yield FieldError(field=name, message="may be given once")
        elif not values[0].isprintable():
            yield FieldError(field=name, message="must be printable")
        elif name in instants and _DATE.match(values[0]) is None:
            yield FieldError(field=name, message="must be an instant such as 2026-01-31T00:00:00Z")
        elif name not in _TEXTS and values[0].casefold() == "null":
            yield FieldError(field=name, message="null is no value; leave the parameter out")
        elif name == "cursor" and not is_id(values[0], prefix):
            yield FieldError(field=name, message="is not a next_cursor of this list; leave it out for the first page")


def page_of(found: list[T], limit: int, identifier: Callable[[T], str]) -> tuple[list[T], str | None]:
    """Cut a page from one row more than fits; returns it with the cursor of the next."""
    items = found[:limit]
    return items, identifier(items[-1]) if len(found) > limit else None
