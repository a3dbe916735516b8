"""Routes of reports."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from scoring.api import problems as known
from scoring.api.errors import FieldError, InvalidFieldsError
from scoring.api.lists import check_parameters
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import operation
from scoring.api.present import present_stacking
from scoring.api.schemas.reports import PersonsReportResponse, ReviewReportResponse, StackingReportResponse
from scoring.api.schemas.texts import PRINTABLE
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.decisions.cast_votes import Period
from scoring.store.principals import Principal
from scoring.usecases.review_reports import MOST_DAYS, READERS, ReviewReports, usual_period
from scoring.usecases.stacking_reports import StackingReports, usual_stacking_period

_DAY: Final = "^(19[7-9][0-9]|[2-8][0-9]{3})-[0-9]{2}-[0-9]{2}$"
Since = Annotated[
    str | None,
    QueryParameter(
        description="The first day, such as 2026-01-01; by default that of the month twelve months ago.",
        schema_extra={"pattern": _DAY, "format": "date"},
    ),
]
Until = Annotated[
    str | None,
    QueryParameter(
        description="The last day, that day included; by default today.",
        schema_extra={"pattern": _DAY, "format": "date"},
    ),
]


@get(
    "/v1/reports/reviews",
    guards=[needs(*READERS)],
    operation_id="getReviewReport",
    operation_class=operation(known.INVALID_REQUEST),
    tags=["reports"],
    summary="Report on people's decisions",
)
async def get_review_report(
    request: Request[Principal, Any, Any],
    reports: NamedDependency[ReviewReports],
    clock: NamedDependency[Clock],
    since: Since = None,
    until: Until = None,
    product: Annotated[
        str | None, QueryParameter(description="Only this product.", schema_extra={"pattern": PRINTABLE})
    ] = None,
) -> ReviewReportResponse:
    """What is referred, how it ends, how long it takes, and how votes are given.

    Cases count by the day on which they were opened. Votes count by whole months that have ended, where enough persons
    voted for no figure to tell of one.
    """
    check_parameters(request, frozenset({"since", "until", "product"}), prefix="")
    period = period_of(since, until, day_in_berlin(clock()))
    found = await reports.report(who_of(request, request.user), request.user, period, product=product)
    return msgspec.convert(found, ReviewReportResponse, from_attributes=True)


@get(
    "/v1/reports/reviews/persons",
    guards=[needs(*READERS)],
    operation_id="getPersonsReport",
    operation_class=operation(known.INVALID_REQUEST, known.PERSONS_NOT_SHOWN),
    tags=["reports"],
    summary="Report on single persons' decisions",
)
async def get_persons_report(
    request: Request[Principal, Any, Any],
    reports: NamedDependency[ReviewReports],
    clock: NamedDependency[Clock],
    since: Since = None,
    until: Until = None,
) -> PersonsReportResponse:
    """How each person votes: only under a works agreement, for persons with a role that it names."""
    check_parameters(request, frozenset({"since", "until"}), prefix="")
    period = period_of(since, until, day_in_berlin(clock()))
    found = await reports.persons(who_of(request, request.user), request.user, period)
    return msgspec.convert(found, PersonsReportResponse, from_attributes=True)


@get(
    "/v1/reports/stacking",
    guards=[needs(*READERS)],
    operation_id="getStackingReport",
    operation_class=operation(known.INVALID_REQUEST),
    tags=["reports"],
    summary="Report on stacking",
)
async def get_stacking_report(
    request: Request[Principal, Any, Any],
    stacking: NamedDependency[StackingReports],
    clock: NamedDependency[Clock],
    since: Annotated[
        str | None,
        QueryParameter(
            description="The first day of decisions, such as 2026-01-01; by default so that there are 90 days.",
            schema_extra={"pattern": _DAY, "format": "date"},
        ),
    ] = None,
    until: Until = None,
) -> StackingReportResponse:
    """At which funders this lender's borrowers owe, how much, and how many funders each one has.

    Counted from the newest decision on each borrower that looks at one of these days.
    """
    check_parameters(request, frozenset({"since", "until"}), prefix="")
    period = period_of(since, until, day_in_berlin(clock()), usual=usual_stacking_period)
    return present_stacking(await stacking.report(who_of(request, request.user), request.user, period))


def period_of(
    since: str | None, until: str | None, today: date, *, usual: Callable[[date], Period] = usual_period
) -> Period:
    """The days that are asked for; where no first one is, as many as is usual.

    Raises:
        InvalidFieldsError: they are none, out of order, or too many.
    """
    errors: list[FieldError] = []
    days: dict[str, date | None] = {}
    for name, text in (("since", since), ("until", until)):
        try:
            days[name] = None if text is None else _day(text)
        except ValueError:
            errors.append(FieldError(field=name, message="must be a day such as 2026-01-31"))
    if errors:
        raise InvalidFieldsError(errors)
    last = days["until"] or today
    first = days["since"] or usual(last).since
    if first > last:
        raise InvalidFieldsError([FieldError(field="since", message="must not be after until")])
    if (last - first).days > MOST_DAYS:
        raise InvalidFieldsError([FieldError(field="since", message=f"is over {MOST_DAYS} days before until")])
    return Period(since=first, until=last)


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if len(text) != len("2026-01-31") or not 1970 <= day.year < 9000:
        raise ValueError(text)
    return day
