"""What all lists have in common: their parameters and their pages."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from litestar import Request

from scoring.api.errors import FieldError, InvalidFieldsError
from scoring.identifiers import is_id

T = TypeVar("T")
_YEARS = range(1970, 9999)


def check_parameters(
    request: Request[Any, Any, Any], known: frozenset[str], *, prefix: str, **instants: datetime | None
) -> None:
    """Refuse what would silently widen or change a list.

    That is a parameter that is not known or comes twice, text that is not printable, a cursor that no page gave, and
    an instant without a zone.

    Args:
        request: with the parameters as they came.
        known: names of the parameters of this list.
        prefix: of the identifiers in this list, which are its cursors.
        instants: parameters that are points in time, by name.

    Raises:
        InvalidFieldsError: with every fault.
    """
    errors = list(_faults(request, known, prefix))
    for name, moment in instants.items():
        if moment is None:
            continue
        if moment.tzinfo is None:
            errors.append(FieldError(field=name, message="needs a time zone, such as 2026-01-31T00:00:00Z"))
        elif moment.year not in _YEARS:
            errors.append(FieldError(field=name, message=f"must lie in the years {_YEARS[0]} to {_YEARS[-1]}"))
    if errors:
        raise InvalidFieldsError(errors)


def _faults(request: Request[Any, Any, Any], known: frozenset[str], prefix: str) -> Iterator[FieldError]:
    for name in request.query_params.dict():
        values = request.query_params.getall(name)
        if name not in known:
            yield FieldError(field=name[:64], message=f"is not a parameter; known are {', '.join(sorted(known))}")
        elif len(values) > 1:
            yield FieldError(field=name, message="may be given once")
        elif not values[0].isprintable():
            yield FieldError(field=name, message="must be printable")
        elif name == "cursor" and not is_id(values[0], prefix):
            yield FieldError(field=name, message="is not a next_cursor of this list; leave it out for the first page")


def page_of(found: list[T], limit: int, identifier: Callable[[T], str]) -> tuple[list[T], str | None]:
    """Cut a page from one row more than fits; returns it with the cursor of the next."""
    items = found[:limit]
    return items, identifier(items[-1]) if len(found) > limit else None
