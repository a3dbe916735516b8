"""Monitoring over HTTP: subscribe by consent, observe by schedule or at once, compare, and end."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from service import TOKEN, Service, application, running
from sqlalchemy import func, select

from scoring.store.database import Database
from scoring.store.tables import case_steps, cases, decisions, notices, statements

AT_ONCE: dict[str, Any] = {"account_pause_seconds": 0.0}


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that a worker does."""
    for _ in range(1500):
        if await look():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come")


async def connected(service: Service, ref: str = "firm-1", *purposes: str) -> str:
    """A connection with the purposes."""
    body = {"borrower_ref": ref, "sevdesk_token": TOKEN, "purposes": ["decision", *(purposes or ("monitoring",))]}
    answer = await service.post("/v1/connections", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["connection_id"])


async def decided(service: Service, connection: str, ref: str = "firm-1") -> str:
    """A decision by a connection."""
    body = application(sevdesk_token=None, connection_id=connection, borrower_ref=ref)
    answer = await service.post("/v1/decisions", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["decision_id"])


async def monitored(service: Service, ref: str = "firm-1") -> dict[str, Any]:
    """A borrower that was decided on and is monitored."""
    connection = await connected(service, ref)
    await decided(service, connection, ref)
    answer = await service.post("/v1/monitoring", {"connection_id": connection})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def observed(service: Service, found: dict[str, Any], count: int = 1) -> list[dict[str, Any]]:
    """Its observations, once there are so many."""
    items: list[dict[str, Any]] = []

    async def look() -> bool:
        items[:] = (await service.get(found["links"]["observations"])).json()["items"]
        return len(items) >= count

    await until(look)
    return items


async def count(service: Service, table: Any) -> int:  # noqa: ANN401  a table
    """Rows of a table."""
    database: Database = service.app.state.database
    statement = select(func.count()).select_from(table)
    return await database.read_at_once(lambda connection: connection.execute(statement).scalar_one())


async def test_the_books_of_a_monitored_borrower_are_scored_again_and_nothing_is_decided(tmp_path: Path) -> None:
    """On the same terms, as a record of its own; cases, decisions, notices and statements stay as they were."""
    counted = (decisions, cases, case_steps, notices, statements)
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        before = [await count(service, table) for table in counted]
        asked = await service.post(f"{found['links']['self']}/observe", None)
        (line,) = await observed(service, found)
        shown = (await service.get(line["links"]["self"])).json()
        decision = (await service.get(found["links"]["decision"])).json()
        since = (await service.get(line["links"]["since_last"])).json()
        now = (await service.get(found["links"]["self"])).json()
        after = [await count(service, table) for table in counted]
        listed = (await service.get("/v1/decisions")).json()["items"]
    assert asked.status_code == 200
    assert before == after
    assert [one["decision_id"] for one in listed] == [decision["decision_id"]]
    assert (shown["score"], shown["features"], shown["causes"]) == (
        decision["score"],
        decision["features"],
        decision["causes"],
    )
    assert line["points_since_decision"] == 0.0
    assert (since["points"], since["factors"], since["before"]["decision_id"]) == (0.0, [], decision["decision_id"])
    assert (since["after"]["decision_id"], since["after"]["verdict"]) == (line["observation_id"], None)
    assert (now["state"], now["observed_at"]) == ("active", line["created_at"])
    assert now["due_at"] > found["created_at"]
