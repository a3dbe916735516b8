"""``jobs``: what an operator sees of later decisions, and may do."""

import asyncio
from pathlib import Path

from command_line import Scoring
from service import REVOKED, application, running


async def a_failed_job(folder: Path) -> str:
    """One whose token sevdesk rejects; returns its identifier."""
    async with running(folder) as service:
        answer = await service.post(
            "/v1/decisions", application(sevdesk_token=REVOKED), Prefer="respond-async, wait=30"
        )
        assert answer.status_code == 424
        listed = (await service.get("/v1/audit")).json()["items"]
    return next(row["object"] for row in listed if row["action"] == "job.accepted")


def test_an_operator_sees_a_job_and_nothing_of_its_application(tmp_path: Path, scoring: Scoring) -> None:
    """What cannot be done is said in one line."""
    job_id = asyncio.run(a_failed_job(tmp_path))
    url = f"sqlite:///{tmp_path / 'test.sqlite'}"
    listed = scoring("jobs", "list", "--lender", "bank", "--state", "failed", SCORING_DATABASE_URL=url)
    waiting = scoring("jobs", "list", "--state", "waiting")
    shown = scoring("jobs", "show", job_id)
    retried = scoring("jobs", "retry", job_id)
    cancelled = scoring("jobs", "cancel", job_id)
    unknown = scoring("jobs", "show", "job_none")
    assert listed.stdout.split("\t")[:4] == [job_id, "bank", "failed", "1"]
    assert waiting.stdout == ""
    assert "/problems/token-rejected" in shown.stdout
    assert REVOKED not in shown.stdout
    assert (retried.returncode, cancelled.returncode, unknown.returncode) == (2, 2, 2)
    assert f"{job_id} is failed and cannot be tried again" in retried.told
    assert f"{job_id} is failed already" in cancelled.told
    assert "there is no job 'job_none'" in unknown.told
