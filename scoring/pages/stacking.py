"""The report on stacking as a page."""

from functools import partial
from typing import Any

import anyio.to_thread
from anyio import CapacityLimiter
from litestar import Request, Response, get
from litestar.di import NamedDependency

from scoring.api.middleware import who_of
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.pages.access import needs_person, viewer_of
from scoring.pages.rendering import Pages
from scoring.pages.reports import chosen
from scoring.usecases.review_reports import READERS
from scoring.usecases.stacking_reports import StackingReports, usual_stacking_period


@get("/reports/stacking", guards=[needs_person(*READERS)])
async def get_stacking_page(
    request: Request[Any, Any, Any],
    stacking: NamedDependency[StackingReports],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """At which funders borrowers owe, how much, and how many funders each one has."""
    reader = viewer_of(request).principal
    choice = chosen(request, day_in_berlin(clock()), with_product=False, usual=usual_stacking_period)
    found = None if choice.is_wrong else await stacking.report(who_of(request, reader), reader, choice.period)
    render = partial(
        pages.respond,
        request,
        "reports_stacking.html",
        status_code=400 if choice.is_wrong else 200,
        choice=choice,
        report=found,
    )
    return await anyio.to_thread.run_sync(render, limiter=workers)
