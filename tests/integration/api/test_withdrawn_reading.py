"""Books that are being read when somebody forbids it: over real HTTP, with a sevdesk that keeps them waiting."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from listening import listening
from service import TODAY, TOKEN, Service, application, firms, running
from sqlalchemy import select

from sandbox.server.app import create_app as create_sandbox
from sandbox.server.faults import Fault, Faults
from scoring.base.identifiers import instant
from scoring.store.database import Database
from scoring.store.erasure import erase, restrict
from scoring.store.tables import borrowers, observations

WAITS = Fault(resource="Invoice", status=503, retry_after=4)
"""Who reads on asks again after four seconds, five times in all; a look comes at least every two."""


@dataclass
class Counted:
    """The local sevdesk, and how often its books were asked for."""

    app: Any
    requests: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  as ASGI has it
        """Count what asks for invoices, and answer."""
        if "/Invoice" in scope.get("path", ""):
            self.requests += 1
            self.arrived.set()
        await self.app(scope, receive, send)


@asynccontextmanager
async def reading(folder: Path, **changes: Any) -> AsyncIterator[tuple[Service, Counted, Faults]]:  # noqa: ANN401  fields of Settings
    """A service that reads a sevdesk behind a real port."""
    faults = Faults()
    counted = Counted(create_sandbox(firms(), today=lambda: TODAY, faults=faults))
    async with (
        listening(counted) as sevdesk,  # type: ignore[arg-type]  # any ASGI application can be served
        running(folder, is_networked=True, sevdesk_url=f"{sevdesk}/api/v1", account_pause_seconds=0.0, **changes) as it,
    ):
        yield it, counted, faults


async def connected(service: Service) -> str:
    """A connection that may be monitored."""
    body = {"borrower_ref": "firm-1", "sevdesk_token": TOKEN, "purposes": ["decision", "monitoring"]}
    return str((await service.post("/v1/connections", body)).json()["connection_id"])


async def by_purpose(service: Service, connection: str) -> None:
    """The firm takes its consent to monitoring back."""
    assert (await service.delete(f"/v1/connections/{connection}/purposes/monitoring")).status_code == 204


async def by_connection(service: Service, connection: str) -> None:
    """The firm takes the connection back."""
    assert (await service.delete(f"/v1/connections/{connection}")).status_code == 204


async def by_lender(service: Service, connection: str) -> None:
    """The lender ends the monitoring."""
    (found,) = (await service.get("/v1/monitoring")).json()["items"]
    assert found["connection_id"] == connection
    assert (await service.delete(found["links"]["self"])).status_code == 200


async def by_erasure(service: Service, _connection: str) -> None:
    """Everything about the borrower is destroyed."""
    await _about_the_borrower(service, erase)


async def by_restriction(service: Service, _connection: str) -> None:
    """The firm objects: its data are only kept."""
    await _about_the_borrower(service, restrict)


async def _about_the_borrower(service: Service, done: Callable[..., Any]) -> None:
    database: Database = service.app.state.database
    signer, at = service.app.state.signer, instant(service.clock.now)
    await database.write_at_once(
        lambda connection: done(connection, signer, connection.execute(select(borrowers.c.id)).scalar_one(), at=at)
    )


async def after_it(service: Service, counted: Counted, forbid: Callable[[], Awaitable[None]]) -> int:
    """Let somebody forbid what is being read; how often it was asked for afterwards, until nothing reads any more."""
    counted.arrived.clear()
    await asyncio.wait_for(counted.arrived.wait(), 30)
    before = counted.requests
    await forbid()
    await service.app.state.running.drain()
    return counted.requests - before


Ways = Callable[[Service, str], Awaitable[None]]


@pytest.mark.parametrize("forbid", [by_purpose, by_connection, by_lender, by_erasure, by_restriction])
async def test_an_observation_stops_reading_when_it_is_forbidden(tmp_path: Path, forbid: Ways) -> None:
    """Whoever forbids it; nothing is stored, and nothing is counted as a failure of the books."""
    async with reading(tmp_path) as (service, counted, faults):
        connection = await connected(service)
        body = application(sevdesk_token=None, connection_id=connection, legal_form="einzelunternehmen")
        assert (await service.post("/v1/decisions", body)).json()["verdict"] == "refer"
        found = (await service.post("/v1/monitoring", {"connection_id": connection})).json()
        faults.add([WAITS])
        await service.post(f"{found['links']['self']}/observe", None)
        further = await after_it(service, counted, lambda: forbid(service, connection))
        database: Database = service.app.state.database
        made = await database.read_at_once(lambda one: one.execute(select(observations.c.id)).all())
        told = (await service.http.get("/metrics")).text
    assert (further, made) == (0, [])
    assert 'scoring_observations_total{outcome="failed"}' not in told


@pytest.mark.parametrize("forbid", [by_connection, by_erasure, by_restriction])
@pytest.mark.parametrize("way", ["waiting", "later", "portfolio"])
async def test_a_decision_stops_reading_when_it_is_forbidden(tmp_path: Path, way: str, forbid: Ways) -> None:
    """Also one that is a job or a row of a portfolio; who withdrew the connection alone is told so as a problem."""
    async with reading(tmp_path) as (service, counted, faults):
        connection = await connected(service)
        body = application(sevdesk_token=None, connection_id=connection)
        faults.add([WAITS])
        headers = {"Prefer": "respond-async"} if way == "later" else {}
        path = "/v1/portfolios" if way == "portfolio" else "/v1/decisions"
        if way == "portfolio":
            headers = {"Content-Type": "application/x-ndjson"}
        asked = asyncio.create_task(service.post(path, body, **headers))
        further = await after_it(service, counted, lambda: forbid(service, connection))
        answer = await asked
        decisions = (await service.get("/v1/decisions")).json()["items"]
    assert (further, decisions) == (0, [])
    assert answer.is_success is (way != "waiting"), answer.text


@pytest.mark.parametrize("forbid", [by_erasure, by_restriction])
async def test_a_token_of_a_request_is_used_no_further_either(tmp_path: Path, forbid: Ways) -> None:
    """There is no connection to withdraw, and the borrower can object all the same."""
    async with reading(tmp_path) as (service, counted, faults):
        faults.add([WAITS])
        asked = asyncio.create_task(service.post("/v1/decisions", application()))
        further = await after_it(service, counted, lambda: forbid(service, ""))
        answer = await asked
    assert (further, answer.is_client_error) == (0, True)


async def test_a_job_whose_connection_was_withdrawn_says_so(tmp_path: Path) -> None:
    """It has ended, and is not tried again."""
    async with reading(tmp_path) as (service, counted, faults):
        connection = await connected(service)
        faults.add([WAITS])
        body = application(sevdesk_token=None, connection_id=connection)
        accepted = await service.post("/v1/decisions", body, Prefer="respond-async")
        await after_it(service, counted, lambda: by_connection(service, connection))
        for _ in range(600):
            job = (await service.get(accepted.headers["Location"])).json()
            if job["ended_at"] is not None:
                break
            await asyncio.sleep(0.02)
    assert (job["state"], job["problem"]["status"]) == ("failed", 404)
    assert "withdrawn while its books were being read" in job["problem"]["detail"]


async def test_a_job_that_is_cancelled_stops_reading(tmp_path: Path) -> None:
    """The lender withdraws its application."""
    async with reading(tmp_path) as (service, counted, faults):
        faults.add([WAITS])
        accepted = await service.post("/v1/decisions", application(), Prefer="respond-async")

        async def cancel() -> None:
            assert (await service.delete(accepted.headers["Location"])).is_success

        further = await after_it(service, counted, cancel)
    assert further == 0
