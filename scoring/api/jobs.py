"""Routes of jobs: how an application that is decided on later stands, and its cancellation."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, delete, get
from litestar.di import NamedDependency
from litestar.params import PathParameter
from structlog.contextvars import bind_contextvars

from scoring.api import problems as known
from scoring.api.errors import UnknownObjectError
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import operation
from scoring.api.prefer import Preference
from scoring.api.present import links_of
from scoring.api.schemas.jobs import JobResponse
from scoring.api.schemas.problems import Problem
from scoring.store.jobs import Job
from scoring.store.principals import Principal, Role
from scoring.usecases.later import Later

READERS = (Role.APPLY, Role.UNDERWRITE, Role.ANALYSE, Role.AUDIT)
RETRY_SECONDS: Final = 1
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
JobId = Annotated[str, PathParameter(description="Identifier of a job of your lender.")]


@get(
    "/v1/jobs/{job_id:str}",
    guards=[needs(*READERS)],
    operation_id="getJob",
    operation_class=operation(known.NOT_FOUND, known.RESTRICTED),
    tags=["decisions"],
    summary="Read how a later decision stands",
)
async def get_job(
    request: Request[Principal, Any, Any], job_id: JobId, later: NamedDependency[Later]
) -> Response[JobResponse]:
    """The state of the job. `Retry-After` says when to ask again, as long as it has not ended."""
    found = await later.find(request.user, job_id)
    if found is None:
        raise UnknownObjectError("there is no job with this identifier")
    bind_contextvars(job_id=job_id)
    return answer_job(*found)


@delete(
    "/v1/jobs/{job_id:str}",
    guards=[needs(Role.APPLY, Role.UNDERWRITE)],
    operation_id="cancelJob",
    operation_class=operation(known.NOT_FOUND, known.RESTRICTED),
    tags=["decisions"],
    summary="Cancel a later decision",
    status_code=200,
)
async def cancel_job(
    request: Request[Principal, Any, Any], job_id: JobId, later: NamedDependency[Later]
) -> JobResponse:
    """Ends the job without a decision, and deletes its application. One that has ended stays as it is: see `state`."""
    job = await later.cancel(who_of(request, request.user), request.user, job_id)
    if job is None:
        raise UnknownObjectError("there is no job with this identifier")
    bind_contextvars(job_id=job_id)
    return present_job(job, 0)


def present_job(job: Job, ahead: int) -> JobResponse:
    """A job as the interface shows it."""
    links = {"self": f"/v1/jobs/{job.id}"}
    if job.decision_id is not None:
        links["decision"] = links_of(job.decision_id)["self"]
    return JobResponse(
        job_id=job.id,
        state=job.state,
        ahead=ahead,
        tries=job.tries,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        expires_at=job.expires_at,
        decision_id=job.decision_id,
        problem=None if job.problem is None else msgspec.json.decode(job.problem, type=Problem),
        links=links,
    )


def answer_job(job: Job, ahead: int, *, status_code: int = 200, headers: Mapping[str, str] = _NONE) -> Response[Any]:
    """The answer with a job; ``Retry-After`` says when to ask again, as long as it has not ended."""
    again = {"Retry-After": str(RETRY_SECONDS)} if job.is_open else {}
    return Response(present_job(job, ahead), status_code=status_code, headers={**headers, **again})


async def answer_later(later: Later, reader: Principal, job: Job, preference: Preference) -> Response[Any] | Job:
    """What a request is answered with that prefers an answer later; the job itself where it is done meanwhile."""
    ahead = 0
    if job.is_open and preference.wait:
        found = await later.wait(reader, job, preference.wait)
        if found is None:  # erased meanwhile
            raise UnknownObjectError("there is no job with this identifier")
        job, ahead = found
    if job.decision_id is not None:
        return job
    headers = {"Preference-Applied": preference.applied()}
    if job.problem is not None:
        problem = msgspec.json.decode(job.problem, type=Problem)
        return Response(
            msgspec.json.encode(problem), status_code=problem.status, headers=headers, media_type=known.MEDIA_TYPE
        )
    return answer_job(job, ahead, status_code=202, headers={**headers, "Location": f"/v1/jobs/{job.id}"})
