"""One decision per idempotency key, whatever happens in between."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from service import TODAY, Service, application, firms, running

from sandbox.server.app import create_app as create_sandbox
from sandbox.server.faults import Fault
from scoring.runtime.settings import Settings
from scoring.store.principals import Role


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


async def decide(service: Service, key: str = "key-1", **changes: object) -> httpx.Response:
    """Post an application under a key."""
    return await service.post("/v1/decisions", application(**changes), **{"Idempotency-Key": key})


async def test_a_repetition_answers_with_the_first_decision(tmp_path: Path) -> None:
    """However its JSON is written, and without asking sevdesk again."""
    async with running(tmp_path) as service:
        first = await decide(service)
        service.faults.add([Fault(status=500)])
        second = await decide(service)
        listed = (await service.get("/v1/decisions")).json()
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["Location"] == first.headers["Location"]
    assert len(listed["items"]) == 1


async def test_a_key_belongs_to_one_body(tmp_path: Path) -> None:
    """Another application under the same key is refused, also while the first is being made."""
    gate = Gate()
    async with running(tmp_path, transport=gate) as service:
        waiting = asyncio.create_task(decide(service))
        await gate.arrived.wait()
        during = await decide(service, term_months=6)
        gate.opened.set()
        assert (await waiting).status_code == 201
        after = await decide(service, term_months=6)
    for answer in (during, after):
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")


async def test_a_key_in_flight_is_asked_to_wait(tmp_path: Path) -> None:
    """The second request of the same application answers at once; later it gets the decision."""
    gate = Gate()
    async with running(tmp_path, transport=gate) as service:
        waiting = asyncio.create_task(decide(service))
        await gate.arrived.wait()
        second = await decide(service)
        gate.opened.set()
        first = await waiting
        third = await decide(service)
    assert (second.status_code, second.json()["type"]) == (409, "/problems/decision-in-progress")
    assert int(second.headers["Retry-After"]) >= 1
    assert first.json() == third.json()


async def test_keys_of_two_lenders_do_not_meet(tmp_path: Path) -> None:
    """The same key is two keys."""
    async with running(tmp_path) as service:
        first = await decide(service)
        other = await service.key(Role.APPLY, lender="other")
        second = await service.post("/v1/decisions", application(), key=other, **{"Idempotency-Key": "key-1"})
    assert second.status_code == 201
    assert second.json()["decision_id"] != first.json()["decision_id"]


async def test_an_attempt_that_failed_gives_the_key_back(tmp_path: Path) -> None:
    """The repetition tries again, with whatever body."""
    async with running(tmp_path, faults=[Fault(status=401, times=50)]) as service:
        failed = await decide(service)
        service.faults.clear()
        made = await decide(service, term_months=6)
    assert failed.status_code == 424
    assert made.status_code == 201


async def test_a_stale_reservation_is_taken_over_and_its_attempt_stores_nothing(tmp_path: Path) -> None:
    """The overtaken attempt finds its key gone, and leaves no second decision."""
    gate = Gate()
    async with running(tmp_path, transport=gate) as service:
        slow = asyncio.create_task(decide(service))
        await gate.arrived.wait()
        service.clock.advance(seconds=service.settings.reservation_seconds - 1)
        early = await decide(service)
        service.clock.advance(seconds=2)
        taking_over = asyncio.create_task(decide(service))
        await asyncio.sleep(0.05)  # lets it reserve; it waits at the gate then
        gate.opened.set()
        answers = await asyncio.gather(slow, taking_over)
        listed = (await service.get("/v1/decisions")).json()["items"]
    assert early.status_code == 409
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert answers[0].json()["type"] == "/problems/decision-overtaken"
    assert [item["decision_id"] for item in listed] == [answers[1].json()["decision_id"]]


async def test_keys_survive_a_restart(tmp_path: Path) -> None:
    """A new process answers with the decision of the old one."""
    async with running(tmp_path) as service:
        first = await decide(service)
        key = service.keys["bank"]
    async with running(tmp_path, faults=[Fault(status=500)]) as service:
        again = await service.post("/v1/decisions", application(), key=key, **{"Idempotency-Key": "key-1"})
    assert again.json() == first.json()


async def test_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    """Too long, or with blanks."""
    async with running(tmp_path) as service:
        for key in ("", "x" * 81, "a b"):
            answer = await decide(service, key)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


async def test_a_client_that_hangs_up_loses_its_answer_but_not_its_decision(tmp_path: Path) -> None:
    """The work goes on; the repetition of the request finds what it made."""
    gate = Gate()
    async with running(tmp_path, transport=gate) as service:
        hanging_up = asyncio.create_task(decide(service))
        await gate.arrived.wait()
        hanging_up.cancel()
        await asyncio.gather(hanging_up, return_exceptions=True)
        gate.opened.set()
        again = await decide(service)
        while again.status_code == 409:
            again = await decide(service)
        listed = (await service.get("/v1/decisions")).json()["items"]
    assert again.status_code == 201
    assert listed == [again.json()]


async def test_a_stop_waits_for_decisions_that_are_being_made(tmp_path: Path) -> None:
    """What was begun is stored before the database is closed."""
    gate = Gate()
    async with running(tmp_path, transport=gate) as service:
        hanging_up = asyncio.create_task(decide(service))
        await gate.arrived.wait()
        hanging_up.cancel()
        await asyncio.gather(hanging_up, return_exceptions=True)
        gate.opened.set()
        key = service.keys["bank"]
    async with running(tmp_path) as service:
        assert len((await service.get("/v1/decisions", key=key)).json()["items"]) == 1


async def test_an_attempt_at_work_renews_its_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes, only what a process left behind that died can be taken over."""
    monkeypatch.setattr(Settings, "reservation_seconds", 0.03)
    gate = Gate()
    async with running(tmp_path, transport=gate) as service:
        slow = asyncio.create_task(decide(service))
        await gate.arrived.wait()
        service.clock.advance(seconds=3600)
        await asyncio.sleep(0.3)  # several renewals
        second = asyncio.create_task(decide(service))
        await asyncio.wait({second}, timeout=5)
        gate.opened.set()
        answers = await asyncio.gather(slow, second)
    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[1].json()["type"] == "/problems/decision-in-progress"


async def test_nobody_works_for_a_caller_without_key_that_has_hung_up(tmp_path: Path) -> None:
    """Its decision could not be found again: the books are not read any further, and its place is free.

    Nor is it counted as one that was answered with a problem.
    """
    gate = Gate()
    async with running(tmp_path, transport=gate, decisions_at_once=1) as service:
        left = asyncio.Event()
        messages = [{"type": "http.request", "body": json.dumps(application()).encode(), "more_body": False}]

        async def receive() -> dict[str, object]:
            if not messages:
                await left.wait()
                return {"type": "http.disconnect"}
            return messages.pop()

        async def send(message: object) -> None:
            del message

        headers = {"authorization": f"Bearer {service.keys['bank']}", "content-type": "application/json"}
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/decisions",
            "raw_path": b"/v1/decisions",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        asked = asyncio.create_task(service.app(scope, receive, send))  # type: ignore[arg-type]  # litestar types them more narrowly
        await gate.arrived.wait()
        left.set()
        await asyncio.wait_for(asked, 5)
        gate.opened.set()
        listed = (await service.get("/v1/decisions")).json()["items"]
        counted = (await service.http.get("/metrics")).text
        after = await decide(service)
    assert listed == []
    assert "scoring_problems_total{" not in counted
    assert after.status_code == 201
