"""Later decisions: asked for with ``Prefer``, made by a worker, each once; nothing of the application stays."""

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from service import REVOKED, TODAY, TOKEN, Service, application, firms, running
from sqlalchemy import Update, select, update

from sandbox.server.app import create_app as create_sandbox
from sandbox.server.faults import Fault
from scoring.base.identifiers import instant
from scoring.store.database import Database
from scoring.store.erasure import erase
from scoring.store.jobs import job_purpose, retry
from scoring.store.principals import Role
from scoring.store.tables import idempotency, jobs

LATER = {"Prefer": "respond-async"}


class Gate(httpx.AsyncBaseTransport):
    """The local sevdesk behind a gate: requests wait until it is opened."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.opened = asyncio.Event()
        self._sevdesk = httpx.ASGITransport(app=create_sandbox(firms(), today=lambda: TODAY))  # type: ignore[arg-type]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait, then answer."""
        self.arrived.set()
        await self.opened.wait()
        return await self._sevdesk.handle_async_request(request)


async def ended(service: Service, path: str) -> dict[str, Any]:
    """The job at this path once it has ended."""
    for _ in range(600):
        shown: dict[str, Any] = (await service.get(path)).json()
        if shown["ended_at"] is not None:
            return shown
        await asyncio.sleep(0.02)
    raise AssertionError(f"the job did not end: {shown}")


async def rows(service: Service, *columns: Any) -> list[Any]:  # noqa: ANN401  columns of a table
    """What is stored."""
    database: Database = service.app.state.database
    return await database.read_at_once(lambda connection: list(connection.execute(select(*columns)).all()))


async def test_a_later_decision_is_the_one_that_post_would_have_made(tmp_path: Path) -> None:
    """202 with a job; then the decision, as a request that waits gets it."""
    async with running(tmp_path) as service:
        accepted = await service.post("/v1/decisions", application(), **LATER)
        job = await ended(service, accepted.headers["Location"])
        decision = await service.get(job["links"]["decision"])
        listed = (await service.get("/v1/decisions")).json()["items"]
        kept = await rows(service, jobs.c.sealed, jobs.c.key_id)
    assert accepted.status_code == 202
    assert accepted.headers["Preference-Applied"] == "respond-async"
    assert accepted.headers["Retry-After"] == "1"
    assert (job["state"], job["tries"], job["problem"]) == ("done", 1, None)
    assert decision.json()["decision_id"] == job["decision_id"]
    assert [one["decision_id"] for one in listed] == [job["decision_id"]]
    assert kept == [(None, None)]


async def test_who_waits_long_enough_gets_the_decision_itself(tmp_path: Path) -> None:
    """``wait=n`` answers as without the header where the decision is made by then."""
    async with running(tmp_path) as service:
        answer = await service.post("/v1/decisions", application(), Prefer="respond-async, wait=20")
        read = await service.get(answer.headers["Location"])
    assert answer.status_code == 201
    assert answer.headers["Preference-Applied"] == "respond-async, wait=20"
    assert read.json() == answer.json()


@pytest.mark.parametrize("prefer", ["wait=5", "return=minimal", "respond-asynchronously", "", "handling=lenient; x=1"])
async def test_other_preferences_change_nothing(tmp_path: Path, prefer: str) -> None:
    """The RFC lets a server ignore what it does not know."""
    async with running(tmp_path) as service:
        answer = await service.post("/v1/decisions", application(), Prefer=prefer)
    assert answer.status_code == 201
    assert "Preference-Applied" not in answer.headers


async def test_a_failed_job_shows_the_problem_that_post_would_have_answered(tmp_path: Path) -> None:
    """A token that sevdesk rejects; the token is not kept."""
    async with running(tmp_path) as service:
        body = application(sevdesk_token=REVOKED)
        straight = await service.post("/v1/decisions", body)
        accepted = await service.post("/v1/decisions", body, **LATER)
        job = await ended(service, accepted.headers["Location"])
        waited = await service.post("/v1/decisions", body, Prefer="respond-async, wait=20")
        kept = await rows(service, jobs.c.sealed)
    assert job["state"] == "failed"
    same = {"type", "code", "title", "status", "detail"}
    assert {name: job["problem"][name] for name in same} == {name: straight.json()[name] for name in same}
    assert (waited.status_code, waited.json()["type"]) == (424, "/problems/token-rejected")
    assert kept == [(None,), (None,)]


async def test_a_repetition_leads_to_the_same_job_and_another_body_is_refused(tmp_path: Path) -> None:
    """The idempotency key binds later decisions as others; a job that is done answers with its decision."""
    gate = Gate()
    async with running(tmp_path, transport=gate) as service:
        keyed = {**LATER, "Idempotency-Key": "key-1"}
        first = await service.post("/v1/decisions", application(), **keyed)
        await gate.arrived.wait()
        second = await service.post("/v1/decisions", application(), **keyed)
        other = await service.post("/v1/decisions", application(term_months=6), **keyed)
        straight = await service.post("/v1/decisions", application(), **{"Idempotency-Key": "key-1"})
        gate.opened.set()
        job = await ended(service, first.headers["Location"])
        third = await service.post("/v1/decisions", application(), **keyed)
        other_after = await service.post("/v1/decisions", application(term_months=6), **{"Idempotency-Key": "key-1"})
    assert second.json()["job_id"] == first.json()["job_id"]
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert (straight.status_code, straight.json()["type"]) == (409, "/problems/decision-in-progress")
    assert (third.status_code, third.json()["decision_id"]) == (201, job["decision_id"])
    assert other_after.status_code == 422


async def test_a_cancelled_job_makes_no_decision(tmp_path: Path) -> None:
    """Also while its books are being read: the token is deleted at once, and the key is free."""
    gate = Gate()
    async with running(tmp_path, transport=gate) as service:
        keyed = {**LATER, "Idempotency-Key": "key-1"}
        accepted = await service.post("/v1/decisions", application(), **keyed)
        await gate.arrived.wait()
        cancelled = await service.delete(accepted.headers["Location"])
        kept = await rows(service, jobs.c.sealed)
        gate.opened.set()
        for _ in range(200):
            if not await rows(service, idempotency.c.idempotency_key):
                break
            await asyncio.sleep(0.02)
        again = await service.delete(accepted.headers["Location"])
        listed = (await service.get("/v1/decisions")).json()["items"]
        actions = [row["action"] for row in (await service.get("/v1/audit")).json()["items"]]
        held = await rows(service, idempotency.c.idempotency_key)
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert (again.status_code, again.json()["state"]) == (200, "cancelled")
    assert kept == [(None,)]
    assert listed == []
    assert held == []
    assert actions.count("job.cancelled") == 1


async def test_another_lender_finds_no_job(tmp_path: Path) -> None:
    """Neither to read nor to cancel."""
    async with running(tmp_path) as service:
        accepted = await service.post("/v1/decisions", application(), **LATER)
        stranger = await service.key(Role.ADMIN, lender="other")
        auditor = await service.key(Role.AUDIT)
        path = accepted.headers["Location"]
        read = await service.get(path, key=stranger)
        ended_by = await service.delete(path, key=stranger)
        audited = await service.get(path, key=auditor)
        refused = await service.delete(path, key=auditor)
    assert (read.status_code, ended_by.status_code) == (404, 404)
    assert (audited.status_code, refused.status_code) == (200, 403)


async def test_a_job_that_waits_too_long_expires_and_its_token_goes(tmp_path: Path) -> None:
    """Its key is free again."""
    gate = Gate()
    async with running(tmp_path, transport=gate, job_minutes=15, jobs_at_once=1) as service:
        await service.post("/v1/decisions", application(), **LATER)
        await gate.arrived.wait()
        waits = await service.post("/v1/decisions", application(), **LATER, **{"Idempotency-Key": "key-1"})
        before = (await service.get(waits.headers["Location"])).json()
        service.clock.advance(minutes=16)
        job = await ended(service, waits.headers["Location"])
        kept = await rows(service, jobs.c.sealed)
        held = await rows(service, idempotency.c.idempotency_key)
        gate.opened.set()
    assert before["state"] == "waiting"
    assert job["state"] == "expired"
    assert kept == [(None,), (None,)]
    assert held == []


async def test_nothing_readable_of_an_application_waits(tmp_path: Path) -> None:
    """Neither its token nor the firm's reference stands in the row."""
    gate = Gate()
    async with running(tmp_path, transport=gate) as service:
        await service.post("/v1/decisions", application(), **LATER)
        await gate.arrived.wait()
        found = repr(await rows(service, *jobs.c))
        gate.opened.set()
    assert TOKEN not in found
    assert application()["borrower_ref"] not in found


async def test_erasure_takes_the_jobs_along(tmp_path: Path) -> None:
    """Done ones, too: none is left of an erased borrower."""
    async with running(tmp_path) as service:
        accepted = await service.post("/v1/decisions", application(), **LATER)
        await ended(service, accepted.headers["Location"])
        database: Database = service.app.state.database
        (borrower,) = await rows(service, jobs.c.borrower_id)
        at = instant(service.clock())
        await database.write_at_once(
            lambda connection: erase(connection, service.app.state.signer, borrower.borrower_id, at=at)
        )
        left = await rows(service, jobs.c.id)
    assert left == []


async def test_a_failed_job_with_a_connection_can_be_tried_again(tmp_path: Path) -> None:
    """Its application is kept until it expires; one with a token of its own is not."""
    async with running(tmp_path) as service:
        database: Database = service.app.state.database
        made = await service.post(
            "/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": TOKEN, "purposes": ["decision"]}
        )
        by_connection = application(sevdesk_token=None, connection_id=made.json()["connection_id"])
        service.faults.add([Fault(resource="Invoice", status=404)])  # of few requests: no token is guarded
        failed = []
        for body in (by_connection, application()):
            accepted = await service.post("/v1/decisions", body, **LATER)
            failed.append(await ended(service, accepted.headers["Location"]))
        service.faults.clear()
        again = [
            await database.write_at_once(partial(retry, job_id=job["job_id"], now=service.clock())) for job in failed
        ]
        tried = await ended(service, failed[0]["links"]["self"])
    assert [job["state"] for job in failed] == ["failed", "failed"]
    assert again == [True, False]
    assert (tried["state"], tried["problem"]) == ("done", None)


NEWER_SOURCE = {"sevdesk_token": None, "credential": {"source": "newer", "secret": "x"}}


@pytest.mark.parametrize("changes", [{"newer": {"field": 1}}, {"legal_form": "eu_inc"}, NEWER_SOURCE])
async def test_a_job_of_a_later_version_is_left_to_it(tmp_path: Path, changes: dict[str, Any]) -> None:
    """An application that this version cannot read neither fails nor uses up tries: it waits for a worker that can."""
    gate = Gate()
    async with running(tmp_path, transport=gate) as service:
        database, cipher = service.app.state.database, service.app.state.cipher
        accepted = await service.post("/v1/decisions", application(), **LATER)
        job_id = accepted.json()["job_id"]
        await gate.arrived.wait()  # the worker has it, and has read it

        def sealed_as(body: dict[str, Any]) -> Update:
            sealed = cipher.seal(json.dumps(body).encode(), lender_id="bank", purpose=job_purpose(job_id))
            values = {"key_id": sealed.key_id, "sealed": sealed.sealed, "attempt": None}
            values |= {"state": "waiting", "tries": 0, "due_at": instant(service.clock())}
            return update(jobs).where(jobs.c.id == job_id).values(**values)

        newer, known = sealed_as(application(**changes)), sealed_as(application())
        await database.write_at_once(lambda connection: connection.execute(newer))
        gate.opened.set()
        left = []
        for _ in range(8):  # more often than a job is tried
            service.app.state.later.wake()
            await until_put_back(service)
            left.append(tuple((await rows(service, jobs.c.state, jobs.c.tries))[0]))
            service.clock.advance(seconds=30)
        await database.write_at_once(lambda connection: connection.execute(known))
        service.app.state.later.wake()
        done = await ended(service, accepted.headers["Location"])
    assert set(left) == {("waiting", 0)}
    assert done["state"] == "done"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"as_of": "2999-01-01"}, "as_of"), ({"purpose": "a\nb"}, "purpose"), ({"product": "x"}, "product")],
)
async def test_what_a_job_can_be_read_but_not_be_decided_for_is_told_at_once(
    tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    """No later version would find it right: nobody waits a day to hear what is wrong."""
    gate = Gate()
    async with running(tmp_path, transport=gate) as service:
        database, cipher = service.app.state.database, service.app.state.cipher
        accepted = await service.post("/v1/decisions", application(), **LATER)
        job_id = accepted.json()["job_id"]
        await gate.arrived.wait()
        body = json.dumps(application(**changes)).encode()
        sealed = cipher.seal(body, lender_id="bank", purpose=job_purpose(job_id))
        values = {"key_id": sealed.key_id, "sealed": sealed.sealed, "attempt": None, "state": "waiting"}
        values |= {"tries": 0, "due_at": instant(service.clock())}
        await database.write_at_once(lambda connection: connection.execute(update(jobs).values(**values)))
        gate.opened.set()
        service.app.state.later.wake()
        failed = await ended(service, accepted.headers["Location"])
    assert failed["state"] == "failed"
    assert [one["field"] for one in failed["problem"]["errors"]] == [field]


async def until_put_back(service: Service) -> None:
    """Until the one job waits for a moment of the future."""
    for _ in range(600):
        ((state, due_at),) = await rows(service, jobs.c.state, jobs.c.due_at)
        if state == "waiting" and due_at > instant(service.clock()):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it was not put back")
