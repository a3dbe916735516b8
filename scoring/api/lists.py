"""What all lists have in common: their parameters and their pages."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from litestar import Request

from scoring.api.errors import FieldError, InvalidFieldsError

T = TypeVar("T")


def check_parameters(request: Request[Any, Any, Any], known: frozenset[str], **instants: datetime | None) -> None:
    """Refuse parameters that are not known (a misspelt filter must not widen the list) and instants without a zone.

    Raises:
        InvalidFieldsError: with every fault.
    """
    errors = [
        FieldError(field=name[:64], message=f"is not a parameter; known are {', '.join(sorted(known))}")
        for name in request.query_params
        if name not in known
    ]
    errors += [
        FieldError(field=name, message="needs a time zone, such as 2026-01-31T00:00:00Z")
        for name, moment in instants.items()
        if moment is not None and moment.tzinfo is None
    ]
    if errors:
        raise InvalidFieldsError(errors)


def page_of(found: list[T], limit: int, identifier: Callable[[T], str]) -> tuple[list[T], str | None]:
    """Cut a page from one row more than fits; returns it with the cursor of the next."""
    items = found[:limit]
    return items, identifier(items[-1]) if len(found) > limit else None
