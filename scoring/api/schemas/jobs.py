"""Wire types of jobs."""

import msgspec

from scoring.api.schemas.problems import Problem
from scoring.store.jobs import JobState


class JobResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An application that is decided on later."""

    job_id: str
    state: JobState
    ahead: int
    """How many jobs of your lender wait before it."""
    tries: int
    """How often it was begun."""
    created_at: str
    started_at: str | None
    ended_at: str | None
    expires_at: str
    """When it is given up, and its application deleted."""
    decision_id: str | None
    """Of a job that is done."""
    problem: Problem | None
    """Of a job that failed: what the request would have been answered with."""
    links: dict[str, str]
    """`self`, and `decision` of a job that is done."""
