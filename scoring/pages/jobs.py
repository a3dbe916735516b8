"""What is decided later, portfolios, and what the service does by itself, as a lender's people see it."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from scoring.api.jobs import READERS
from scoring.api.lists import page_of
from scoring.base.identifiers import Clock, instant, is_id
from scoring.decisions.schedules import Schedule, due_next
from scoring.pages.access import needs_person, viewer_of
from scoring.pages.rendering import Pages
from scoring.store import jobs, scheduled_runs
from scoring.store.database import Database
from scoring.store.jobs import Job, JobState
from scoring.usecases.portfolios import Portfolios

_ON_A_PAGE: Final = 25
_PORTFOLIOS: Final = 10


@get("/jobs", guards=[needs_person(*READERS)])
async def get_jobs(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    portfolios: NamedDependency[Portfolios],
    schedules: NamedDependency[Mapping[str, Schedule]],
    clock: NamedDependency[Clock],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Single decisions that were asked for later, by state; the newest portfolios; schedules and their last runs."""
    lender = viewer_of(request).principal.lender_id
    status, cursor = request.query_params.get("status", ""), request.query_params.get("cursor", "")
    state = JobState(status) if status in set(JobState) else None
    search = partial(
        jobs.list_single,
        lender_id=lender,
        state=state,
        before=cursor if is_id(cursor, "job") else None,
        limit=_ON_A_PAGE + 1,
    )
    items, after = page_of(await database.read_at_once(search), _ON_A_PAGE, lambda one: one.id)
    mine = {name: one for name, one in schedules.items() if one.lender in {None, lender}}
    now = clock()
    last = await database.read_at_once(partial(scheduled_runs.last_runs, schedules=list(mine), now=now))
    kept = {} if state is None else {"status": state.value}
    return pages.respond(
        request,
        "jobs.html",
        page="/jobs",
        items=items,
        problems={job.id: _code(job) for job in items},
        states=tuple(JobState),
        state=state,
        more=None if after is None else f"?{urlencode(kept | {'cursor': after})}",
        portfolios=await portfolios.page(lender, before=None, limit=_PORTFOLIOS),
        schedules=[(name, one, instant(due_next(one, now)), last.get(name)) for name, one in mine.items()],
    )


def _code(job: Job) -> str | None:
    """The code of the problem that a job ended with."""
    return None if job.problem is None else str(msgspec.json.decode(job.problem).get("code"))
