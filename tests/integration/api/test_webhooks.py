"""Webhooks: what a lender is told, how it is signed, and what endpoints can do to it."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from integration.api.test_cases import banking
from postgres import ON_SQLITE
from promoting import a_key, requested
from promoting import ended as promotion_ended
from receivers import Answer, Received, Receiver, receiving, status
from service import REVOKED, TOKEN, Service, application, retain, running
from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection
from standard_webhooks_verifier import NotVerified, verify
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from sandbox.server.faults import Fault
from scoring.base.identifiers import instant
from scoring.base.secrets import Cipher, EncryptionKey, Sealed, Secret
from scoring.base.webhook_signing import WebhookSecret
from scoring.decisions.webhooks import CHOOSABLE, RETRIES, SAMPLES, EventType
from scoring.runtime.settings import Settings
from scoring.store.database import Database
from scoring.store.events import forget_events, record
from scoring.store.principals import Role
from scoring.store.sealed import encrypt_anew
from scoring.store.tables import events, webhook_deliveries, webhook_secrets, webhook_tries, webhooks
from scoring.store.webhooks import claim
from scoring.telemetry.telemetry import Metrics
from scoring.webhooks.network import Network
from scoring.webhooks.sender import LEASE, Sender


@asynccontextmanager
async def told(folder: Path, **changes: Any) -> AsyncIterator[tuple[Service, Receiver]]:  # noqa: ANN401  settings
    """A service that may send to this machine, and a receiver."""
    async with receiving() as receiver, running(folder, is_webhook_inside_allowed=True, **changes) as service:
        yield service, receiver


async def add(service: Service, receiver: Receiver, **body: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """A webhook with its secret."""
    made = await service.post("/v1/webhooks", {"url": receiver.url, **body})
    assert made.status_code == 201, made.text
    answer: dict[str, Any] = made.json()
    return answer


async def deliveries(service: Service, webhook: dict[str, Any], **wanted: str) -> list[dict[str, Any]]:
    """What was sent to a webhook."""
    found = await service.get(f"/v1/webhooks/{webhook['webhook_id']}/deliveries", **wanted)
    items: list[dict[str, Any]] = found.json()["items"]
    return items


async def until(condition: Callable[[], Coroutine[Any, Any, Any]], *, what: str = "it did not happen") -> Any:  # noqa: ANN401  whatever holds
    """What an asynchronous condition gives once it is true."""
    for _ in range(1000):
        if found := await condition():
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(what)


async def ended(service: Service, webhook: dict[str, Any], state: str) -> list[dict[str, Any]]:
    """The deliveries of a webhook once one is in this state."""

    async def look() -> list[dict[str, Any]]:
        return await deliveries(service, webhook, status=state)

    found: list[dict[str, Any]] = await until(look, what=f"none is {state}")
    return found


def opened(secret: str, one: Received) -> dict[str, Any]:
    """The body of a webhook, proved by the published library."""
    found: dict[str, Any] = Webhook(secret).verify(one.body, one.headers)
    return found


async def count(service: Service, table: Any) -> int:  # noqa: ANN401  a table
    """Rows of a table."""
    database: Database = service.app.state.database
    return await database.read_at_once(
        lambda connection: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
    )


async def test_a_decision_is_told_thin_and_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Identifiers alone, by which the lender asks for more; proved by the library that others verify with."""
    monkeypatch.setattr("service.Clock.__call__", lambda _clock: datetime.now(UTC))
    async with told(tmp_path) as (service, receiver):
        webhook = await add(service, receiver, types=["decision.made"])
        made = (await service.post("/v1/decisions", application())).json()
        (one,) = await receiver.wait(1)
        (delivery,) = await ended(service, webhook, "delivered")
        event = (await service.get(f"/v1/events/{delivery['event_id']}")).json()
    assert opened(webhook["secret"], one) == {
        "type": "decision.made",
        "timestamp": event["timestamp"],
        "data": {"decision_id": made["decision_id"], "case_id": made["links"]["case"].rpartition("/")[2]},
    }
    assert one.headers["webhook-id"] == delivery["event_id"]
    assert one.headers["content-type"] == "application/json"
    assert application()["borrower_ref"].encode() not in one.body
    assert [(tried["http_status"], tried["error"]) for tried in delivery["log"]] == [(204, None)]
    with pytest.raises(WebhookVerificationError):
        opened(WebhookSecret(bytes(64)).symmetric, one)


@ON_SQLITE
async def test_both_signatures_hold_and_a_rotation_breaks_nothing(tmp_path: Path) -> None:
    """By a verifier that knows nothing of the sender: HMAC and Ed25519, of both secrets until the overlap is over."""
    async with told(tmp_path) as (service, receiver):
        webhook = await add(service, receiver)
        path = f"/v1/webhooks/{webhook['webhook_id']}"
        service.clock.advance(seconds=1)
        rotated = (await service.post(f"{path}/rotation", {"overlap_hours": 24})).json()
        await service.post(f"{path}/test", None)
        during, now = (await receiver.wait(1))[0], service.clock()
        both = (await service.get(path)).json()["public_keys"]
        service.clock.advance(hours=24)
        await service.post(f"{path}/test", None)
        later, after = (await receiver.wait(2))[1], service.clock()
        left = (await service.get(path)).json()
        further = [await service.post(f"{path}/rotation", {"overlap_hours": hours}) for hours in (1, 1, 1, 0)]
    old, new = [webhook["secret"], *webhook["public_keys"]], [rotated["secret"], rotated["public_keys"][0]]
    for key in (*old, *new):
        assert verify(during.headers, during.body, [key], now) == during.headers["webhook-id"]
    assert both == rotated["public_keys"] == [new[1], old[1]]
    for key in new:
        assert verify(later.headers, later.body, [key], after)
    for key in old:
        with pytest.raises(NotVerified):
            verify(later.headers, later.body, [key], after)
    assert left["public_keys"] == [new[1]]
    assert "secret" not in left
    assert [answer.status_code for answer in further] == [200, 200, 409, 200]
    assert further[2].json()["type"] == "/problems/webhook-state"
    assert len(further[3].json()["public_keys"]) == 1, "without an overlap those before end at once"


async def test_every_event_has_its_type_and_its_identifiers(tmp_path: Path) -> None:
    """Of connections, later answers and erasures, each where it happens; of an erased firm nothing stays."""
    async with told(tmp_path) as (service, receiver):
        await add(service, receiver)
        body = {"borrower_ref": "firm-1", "sevdesk_token": TOKEN, "purposes": ["decision"]}
        connection = (await service.post("/v1/connections", body)).json()["connection_id"]
        by_connection = application(sevdesk_token=None, connection_id=connection)
        waits = {"Prefer": "respond-async, wait=20"}
        assert (await service.post("/v1/decisions", by_connection, **waits)).status_code == 201
        failing = application(sevdesk_token=REVOKED)
        assert (await service.post("/v1/decisions", failing, **waits)).status_code == 424
        await service.delete(f"/v1/connections/{connection}")
        asked = {"borrower_ref": "firm-1", "kind": "erasure", "received_on": "2026-09-30"}
        recorded = await service.post("/v1/subject-requests", asked | {"identity_check": "in_person"})
        request = recorded.json()["subject_request_id"]
        await receiver.wait(5)
        await service.post(f"/v1/subject-requests/{request}/completion", None)
        left = (await service.get("/v1/events")).json()["items"]
        got = [json.loads(one.body) for one in await receiver.wait(6)]
        rows = [await count(service, table) for table in (events, webhook_deliveries)]
    data = {one["type"]: one["data"] for one in got}
    assert data.keys() == {
        *("connection.made", "decision.made", "case.decided", "decision.failed", "connection.withdrawn"),
        "subject.erased",
    }
    assert data["connection.made"] == data["connection.withdrawn"] == {"connection_id": connection}
    assert data["decision.made"].keys() == {"decision_id", "case_id", "job_id"}
    assert data["decision.failed"].keys() == {"job_id", "state", "problem"}
    assert (data["decision.failed"]["state"], data["decision.failed"]["problem"]) == ("failed", "credential-rejected")
    assert data["subject.erased"] == {"subject_request_id": request}
    assert [(one["type"], one["data"]) for one in left] == [("subject.erased", {"subject_request_id": request})]
    assert rows == [1, 1]


@ON_SQLITE
async def test_any_event_is_sent_on_demand_in_front_of_the_sandbox(tmp_path: Path) -> None:
    """Made up, for who tries a receiver; about real books none but that of tests."""
    async with told(tmp_path) as (service, receiver):
        webhook = await add(service, receiver, types=["decision.made"])
        path = f"/v1/webhooks/{webhook['webhook_id']}/test"
        for kind in CHOOSABLE:
            assert (await service.post(f"{path}?type={kind}", None)).status_code == 201
        got = {
            one["type"]: one["data"]
            for one in map(json.loads, [one.body for one in await receiver.wait(len(CHOOSABLE))])
        }
        unknown = await service.post(f"{path}?type=decision.lost", None)
    async with told(tmp_path / "real", is_sevdesk_sandbox=False) as (service, receiver):
        webhook = await add(service, receiver)
        path = f"/v1/webhooks/{webhook['webhook_id']}/test"
        refused = await service.post(f"{path}?type=decision.made", None)
        assert (await service.post(path, None)).status_code == 201
    assert got == {kind.value: data for kind, data in SAMPLES.items()}
    assert [answer.status_code for answer in (unknown, refused)] == [422, 422]
    assert refused.json()["errors"][0]["field"] == "type"


@ON_SQLITE
async def test_a_connection_is_told_to_be_rejected_once(tmp_path: Path) -> None:
    """And again only after it has worked."""
    async with running(tmp_path) as service:
        body = {"borrower_ref": "firm-1", "sevdesk_token": TOKEN, "purposes": ["decision"]}
        connection = (await service.post("/v1/connections", body)).json()["connection_id"]
        for is_broken in (True, True, False, True):
            service.faults.clear()
            if is_broken:
                service.faults.add([Fault(resource=name, status=401) for name in ("Tools", "SevUser", "SevClient")])
            shown = (await service.get(f"/v1/connections/{connection}")).json()["status"]
            assert shown == ("rejected" if is_broken else "working")
        found = (await service.get("/v1/events", type="connection.rejected")).json()["items"]
    assert [one["data"] for one in found] == [{"connection_id": connection}] * 2


@ON_SQLITE
async def test_a_case_is_told_when_it_comes_to_persons_and_when_they_have_decided(tmp_path: Path) -> None:
    """Not what they said; nor each step between."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        for step, text in (("claim", None), ("comments", "Rückruf"), ("questions", "Abschluss?"), ("answers", "da")):
            bank.service.clock.advance(seconds=1)
            await bank.do(case, step, "fritz", **({} if text is None else {"text": text}))
        bank.service.clock.advance(seconds=1)
        assert (await bank.vote(case, "fritz")).status_code == 200
        found = (await bank.service.get("/v1/events", limit="20")).json()["items"]
    told_of = [one["type"] for one in reversed(found) if one["data"].get("case_id") == case["case_id"]]
    assert told_of[2:] == ["case.waiting", "case.decided"]
    assert set(told_of[:2]) == {"case.opened", "decision.made"}  # of one moment
    assert all(one["data"].keys() == {"case_id", "decision_id"} for one in found)


@ON_SQLITE
async def test_what_comes_into_force_for_all_is_told_to_every_lender(tmp_path: Path) -> None:
    """A policy, and that it was rolled back."""
    async with running(tmp_path) as service:
        other = await service.key(Role.WEBHOOKS, lender="other")
        anna, berta = await a_key(service, "anna"), await a_key(service, "berta")
        made = await requested(service, anna)
        assert (await promotion_ended(service, berta, made, "approval")).status_code == 200
        service.clock.advance(seconds=1)
        assert (await promotion_ended(service, berta, made, "rollback")).status_code == 200
        found = [(await service.get("/v1/events", key=key)).json()["items"] for key in (service.keys["bank"], other)]
    for items in found:
        assert [one["type"] for one in items] == ["policy.rolled_back", "policy.promoted"]
        assert items[0]["data"] == {"promotion_id": made["promotion_id"], "name": "3-strict"}


async def test_nothing_is_told_of_what_was_undone(tmp_path: Path) -> None:
    """The event is in the transaction of what it tells."""
    async with told(tmp_path) as (service, receiver):
        await add(service, receiver)
        database: Database = service.app.state.database

        def work(connection: Connection) -> None:
            at = instant(service.clock())
            record(connection, EventType.DECISION_MADE, {}, lender_id="bank", at=at, randomness=os.urandom)
            raise LookupError

        with pytest.raises(LookupError):
            await database.write_at_once(work)
        rows = [await count(service, table) for table in (events, webhook_deliveries)]
    assert rows == [0, 0]
    assert receiver.got == []


async def test_an_endpoint_that_fails_for_days_is_disabled_told_and_caught_up(tmp_path: Path) -> None:
    """Each try has the same identifier and a time of its own; after it is enabled, what it missed is sent again."""
    async with told(tmp_path) as (service, receiver), receiving() as watching:
        receiver.answer = status(500)
        webhook = await add(service, receiver, types=["decision.made"])
        await add(service, watching, types=["webhook.disabled"])
        path = f"/v1/webhooks/{webhook['webhook_id']}"
        await service.post("/v1/decisions", application())
        for number, delay in enumerate(RETRIES, start=1):
            await receiver.wait(number)
            await until(lambda: deliveries(service, webhook, status="waiting"))
            waiting = (await deliveries(service, webhook))[0]
            due = datetime.fromisoformat(waiting["next_try_at"])
            assert delay <= due - service.clock() <= delay * 1.2 + timedelta(milliseconds=1)
            service.clock.now = due
            wake(service)
        got = await receiver.wait(10)
        (failed,) = await ended(service, webhook, "failed")
        disabled = (await service.get(path)).json()
        tested = await service.post(f"{path}/test", None)
        missed = (await service.post("/v1/decisions", application())).json()["decision_id"]
        receiver.answer = status(200)
        enabled = await service.send("PATCH", path, {"enabled": True})
        replayed = await service.post(f"{path}/replay", {"since": disabled["failing_since"]})
        caught_up = await receiver.wait(12)
        await until(lambda: deliveries(service, webhook, status="delivered"))
        again = await service.post(f"{path}/replay", {"since": disabled["failing_since"]})
        (notice,) = await watching.wait(1)
        trail = [row for row in (await service.get("/v1/audit")).json()["items"] if row["action"] == "webhook.failed"]
    assert {one.headers["webhook-id"] for one in got} == {failed["event_id"]}
    assert len({one.headers["webhook-timestamp"] for one in got}) == 10
    assert [tried["http_status"] for tried in failed["log"]] == [500] * 10
    assert (disabled["enabled"], disabled["disabled_for"]) == (False, "failing")
    assert json.loads(notice.body)["data"] == {"webhook_id": webhook["webhook_id"], "reason": "failing"}
    assert (tested.status_code, tested.json()["type"]) == (409, "/problems/webhook-state")
    assert (enabled.json()["enabled"], enabled.json()["failing_since"]) == (True, None)
    assert replayed.json() == {"count": 2}
    assert {json.loads(one.body)["data"]["decision_id"] for one in caught_up[10:]} >= {missed}
    assert again.json() == {"count": 0}
    assert [(row["object"], row["actor"]) for row in trail] == [(webhook["webhook_id"], "service")]


async def test_what_an_outage_held_up_is_replayed_though_it_happened_before(tmp_path: Path) -> None:
    """The event is older than the first try that failed; and a webhook is not told about itself."""
    async with told(tmp_path) as (service, receiver):
        receiver.answer = status(500)
        webhook = await add(service, receiver)
        path = f"/v1/webhooks/{webhook['webhook_id']}"
        await service.post(f"/v1/webhooks/{webhook['webhook_id']}/test", None)
        made = (await service.post("/v1/decisions", application())).json()["decision_id"]
        await receiver.wait(3)  # the test, the decision, its case
        await until(lambda: deliveries(service, webhook, status="waiting"))
        service.clock.advance(seconds=1)
        since = service.clock().isoformat()
        service.clock.advance(seconds=1)
        await service.send("PATCH", path, {"enabled": False})
        await ended(service, webhook, "stopped")
        receiver.answer = status(200)
        await service.send("PATCH", path, {"enabled": True})
        replayed = await service.post(f"{path}/replay", {"since": since})
        bodies = [json.loads(one.body) for one in (await receiver.wait(5))[3:]]
        again = await service.post(f"{path}/replay", {"since": since})
    assert replayed.json() == {"count": 2}
    assert [one["data"]["decision_id"] for one in bodies] == [made, made]
    assert again.json() == {"count": 0}


@ON_SQLITE
async def test_an_endpoint_that_fails_for_a_day_still_gets_everything(tmp_path: Path) -> None:
    """What failed meanwhile is on its way, and one success makes it whole."""
    async with told(tmp_path) as (service, receiver):
        receiver.answer = status(500)
        webhook = await add(service, receiver)
        path = f"/v1/webhooks/{webhook['webhook_id']}"
        await service.post(f"{path}/test", None)
        await until(lambda: failing(service, path))
        service.clock.advance(hours=30)
        receiver.answer = status(200)
        wake(service)
        (delivered,) = await ended(service, webhook, "delivered")
        found = (await service.get(path)).json()
    assert [tried["http_status"] for tried in delivered["log"]] == [500, 200]
    assert (found["enabled"], found["failing_since"]) == (True, None)


def wake(service: Service) -> None:
    """Let the sender of the service look now, as what it commits itself does."""
    database: Database = service.app.state.database
    database.on_news()


async def failing(service: Service, path: str) -> bool:
    """Whether a webhook is known to fail."""
    return (await service.get(path)).json()["failing_since"] is not None


async def refuse(_: Received, writer: asyncio.StreamWriter) -> None:
    """Close without an answer."""
    writer.close()


async def lie(_: Received, writer: asyncio.StreamWriter) -> None:
    """Announce more than comes."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\nok")
    await writer.drain()


async def flood(_: Received, writer: asyncio.StreamWriter) -> None:
    """Answer without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def hang(_: Received, _writer: asyncio.StreamWriter) -> None:
    """Say nothing for longer than anybody waits."""
    await asyncio.sleep(5)


async def trickle(_: Received, writer: asyncio.StreamWriter) -> None:
    """Answer with a byte now and then."""
    for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n":
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.1)


async def trickle_body(_: Received, writer: asyncio.StreamWriter) -> None:
    """Take it, and then go on about it without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\nx\r\n")
        await writer.drain()
        await asyncio.sleep(0.1)


async def put_off(_: Received, writer: asyncio.StreamWriter) -> None:
    """Say again and again that the answer comes soon."""
    while True:
        writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def head_without_end(_: Received, writer: asyncio.StreamWriter) -> None:
    """Send headers for as long as they are read."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x: " + b"y" * 65536)
        await writer.drain()


BAD_ANSWERS: tuple[tuple[str, bytes | Answer, tuple[int | None, str | None], str], ...] = (
    ("refuses", refuse, (None, "broken"), "waiting"),
    ("no http", b"SSH-2.0-OpenSSH_9.6\r\n", (None, "broken"), "waiting"),
    ("lies about its length", lie, (200, None), "delivered"),
    ("has no end", flood, (200, None), "delivered"),
    ("hangs", hang, (None, "timeout"), "waiting"),
    ("trickles", trickle, (None, "timeout"), "waiting"),
    ("trickles its body", trickle_body, (200, None), "delivered"),
    ("puts off", put_off, (None, "timeout"), "waiting"),
    ("has headers without an end", head_without_end, (None, "broken"), "waiting"),
    ("404", status(404), (404, None), "waiting"),
    ("429", status(429, retry_after="3600"), (429, None), "waiting"),
    ("410", status(410), (410, None), "stopped"),
)
"""What is wrong, the answer, the status and the error that are logged, and what becomes of the delivery."""


@ON_SQLITE
async def test_what_endpoints_do_is_bounded_and_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The status is all that counts; of what follows it little is read, and nothing is waited for."""
    monkeypatch.setattr(Settings, "webhook_seconds", 0.4)
    async with told(tmp_path) as (service, receiver):
        webhook = await add(service, receiver)
        path = f"/v1/webhooks/{webhook['webhook_id']}"
        for name, answer, logged, outcome in BAD_ANSWERS:
            receiver.answer = answer
            service.clock.advance(milliseconds=1)
            event = (await service.post(f"{path}/test", None)).json()["event_id"]
            found = await until(partial(tried, service, webhook, event), what=name)
            assert [(one["http_status"], one["error"]) for one in found["log"]] == [logged], name
            assert found["status"] == outcome, name
            if name == "429":
                assert datetime.fromisoformat(found["next_try_at"]) - service.clock() == timedelta(hours=1)
            shown = (await service.get(path)).json()
            assert (shown["enabled"], shown["disabled_for"]) == ((False, "gone") if name == "410" else (True, None))


async def tried(service: Service, webhook: dict[str, Any], event_id: str) -> dict[str, Any] | None:
    """The delivery of an event once a try is logged."""
    found = await deliveries(service, webhook)
    return next((one for one in found if one["event_id"] == event_id and one["log"]), None)


@ON_SQLITE
async def test_a_redirect_leads_nowhere(tmp_path: Path) -> None:
    """Not even to another receiver."""
    async with told(tmp_path) as (service, receiver), receiving() as other:
        receiver.answer = status(302, location=other.url)
        webhook = await add(service, receiver)
        await service.post(f"/v1/webhooks/{webhook['webhook_id']}/test", None)
        await until(lambda: failing(service, f"/v1/webhooks/{webhook['webhook_id']}"))
        (found,) = await deliveries(service, webhook)
    assert [one["http_status"] for one in found["log"]] == [302]
    assert other.got == []


@ON_SQLITE
async def test_a_slow_endpoint_holds_up_nobody_else(tmp_path: Path) -> None:
    """Few deliveries of one endpoint are sent at a time, and those of others in the meantime."""
    released = asyncio.Event()

    async def wait(_: Received, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        writer.write(status(200))

    async with told(tmp_path) as (service, slow), receiving() as quick:
        slow.answer = wait
        for receiver in (slow, quick):
            await add(service, receiver, types=["decision.made"])
        for _ in range(4):
            await service.post("/v1/decisions", application())
        await quick.wait(4)
        held = len(slow.got)
        released.set()
        await slow.wait(4)
    assert held == 2


@asynccontextmanager
async def another_sender(service: Service) -> AsyncIterator[Database]:
    """A second process that sends, with its own connections to the database."""
    state, database = service.app.state, Database(service.settings.database_url)
    network = Network(seconds=5, at_once=32, allows_inside=True)
    sender = Sender(
        database=database,
        cipher=state.cipher,
        network=network,
        clock=service.clock,
        outside=service.clock,
        randomness=os.urandom,
        metrics=Metrics(state.in_force.serving.versions),
        poll_seconds=0.02,
    )
    async with sender.working():
        yield database
    await network.aclose()
    await database.close()


async def test_two_senders_send_each_event_once(tmp_path: Path) -> None:
    """Processes that share a database share the work; each finds what another one has written."""

    async def soon(_: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        writer.write(status(200))

    async with told(tmp_path) as (service, receiver), another_sender(service):
        receiver.answer = soon
        made = [await add(service, receiver) for _ in range(3)]
        elsewhere = Database(service.settings.database_url)

        def work(connection: Connection) -> None:
            for _ in range(10):
                at = instant(service.clock())
                record(connection, EventType.MODEL_PROMOTED, {}, lender_id="bank", at=at, randomness=os.urandom)

        await elsewhere.write_at_once(work)
        await elsewhere.close()
        wake(service)
        await receiver.wait(30)
        for webhook in made:
            await until(lambda webhook=webhook: ten_delivered(service, webhook))  # type: ignore[misc]  # as it is now
        tries = await count(service, webhook_tries)
    assert len(receiver.got) == tries == 30
    assert set(Counter(one.headers["webhook-id"] for one in receiver.got).values()) == {3}


async def ten_delivered(service: Service, webhook: dict[str, Any]) -> bool:
    """Whether all of a webhook's deliveries have come to their end."""
    return len(await deliveries(service, webhook, status="delivered")) == 10


async def test_what_a_process_died_over_is_sent_again_with_the_same_identifier(tmp_path: Path) -> None:
    """When its lease is over, not before; the log says that nobody knows whether it had arrived."""
    async with told(tmp_path) as (service, receiver):
        webhook = await add(service, receiver, types=["model.promoted"])
        elsewhere = Database(service.settings.database_url)

        def work(connection: Connection) -> str:
            at = instant(service.clock())
            event = record(connection, EventType.MODEL_PROMOTED, {}, lender_id="bank", at=at, randomness=os.urandom)
            taken = claim(connection, ["att_dead"], busy={}, now=service.clock(), lease=LEASE, randomness=os.urandom)
            assert [one.event.id for one in taken] == [event]
            return event

        event = await elsewhere.write_at_once(work)
        wake(service)
        await asyncio.sleep(0.2)
        before = len(receiver.got)
        service.clock.advance(seconds=60)
        wake(service)
        (one,) = await receiver.wait(1)
        (found,) = await ended(service, webhook, "delivered")
        await elsewhere.close()
    assert before == 0
    assert one.headers["webhook-id"] == event
    assert [(tried["http_status"], tried["error"]) for tried in found["log"]] == [(None, "interrupted"), (204, None)]


@ON_SQLITE
async def test_nothing_is_sent_inside(tmp_path: Path) -> None:
    """Neither to a name nor to an address; what listens there gets no connection."""
    async with receiving() as receiver:
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        urls = [f"https://{host}:{port}/hook" for host in ("localhost", "127.0.0.1", "2130706433")]
        async with running(tmp_path, is_webhook_inside_allowed=True) as service:  # where all may be added
            made = [(await service.post("/v1/webhooks", {"url": url})).json() for url in (receiver.url, *urls)]
        async with running(tmp_path) as service:
            for webhook in made:
                await service.post(f"/v1/webhooks/{webhook['webhook_id']}/test", None)
                await until(partial(failing, service, f"/v1/webhooks/{webhook['webhook_id']}"))
                (found,) = await deliveries(service, webhook)
                assert [one["error"] for one in found["log"]] == ["inside"]
    assert receiver.got == []


BAD_ADDRESSES = (
    *("http://bank.example/x", "https://user:pw@bank.example/", "https://bank.example/#x", "https://[::1]/"),
    *("https://127.0.0.1/x", "https://localhost/x", "https://a.localhost/x", "https://2130706433/", "https://127.1/"),
    *("https://10.0.0.1/", "https://169.254.169.254/", "https://100.64.0.1/", "https://0.0.0.0/", "https://8.8.8/"),
    *(
        "https://bank.example./",
        "https://localhost./",
        "https://bank.example:0/",
        "https://0177.0.0.1/",
        "https://0x7f.1/",
    ),
    *("https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://127.0.0.1@bank.example/", "https://%31/"),
    *("ftp://bank.example/", "https:///x", "https://bank.example:99999/", "https://bänk.example/", "x" * 2001, ""),
)


@ON_SQLITE
async def test_an_address_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    """The answer names the field; nothing is stored."""
    async with running(tmp_path) as service:
        made = (await service.post("/v1/webhooks", {"url": "https://bank.example/x"})).json()
        path = f"/v1/webhooks/{made['webhook_id']}"
        for url in BAD_ADDRESSES:
            answer = await service.post("/v1/webhooks", {"url": url})
            changed = await service.send("PATCH", path, {"url": url})
            for one in (answer, changed):
                assert (one.status_code, one.json()["errors"][0]["field"]) == (422, "url"), url
        kept = (await service.get(path)).json()["url"]
        rows = await count(service, webhooks)
        further = [(await service.post("/v1/webhooks", {"url": made["url"]})).status_code for _ in range(8)]
    assert kept == made["url"]
    assert rows == 1
    assert further == [201] * 7 + [409], "none takes up all that a process sends"


@ON_SQLITE
async def test_a_webhook_is_changed_limited_and_deleted(tmp_path: Path) -> None:
    """Its types decide what it gets, but for a test and a replay that names it; every write is in the trail."""
    async with told(tmp_path) as (service, receiver):
        webhook = await add(service, receiver, types=["case.waiting"], description="Kernbank")
        path = f"/v1/webhooks/{webhook['webhook_id']}"
        await service.post("/v1/decisions", application())
        await service.post(f"{path}/test", None)
        (tested,) = await receiver.wait(1)
        event = (await service.get("/v1/events", type="decision.made")).json()["items"][0]["event_id"]
        none = await service.post(f"/v1/events/{event}/replay", {})
        named = await service.post(f"/v1/events/{event}/replay", {"webhook_id": webhook["webhook_id"]})
        await receiver.wait(2)
        await until(lambda: deliveries(service, webhook, status="delivered"))
        changed = await service.send("PATCH", path, {"types": None, "enabled": False})
        nothing = await service.send("PATCH", path, {})
        untold = await service.post("/v1/webhooks", {"url": receiver.url, "types": ["webhook.test"]})
        retold = await service.send("PATCH", path, {"types": ["webhook.test"]})
        await service.post("/v1/decisions", application())
        deleted = await service.delete(path)
        gone = [await service.get(path), await service.get(f"{path}/deliveries"), await service.delete(path)]
        listed = (await service.get("/v1/webhooks")).json()["items"]
        secrets = await count(service, webhook_secrets)
        actions = [row["action"] for row in (await service.get("/v1/audit")).json()["items"]]
    assert json.loads(tested.body)["type"] == "webhook.test"
    assert (none.json(), named.json()) == ({"count": 0}, {"count": 1})
    assert [one.headers["webhook-id"] for one in receiver.got[1:]] == [event]
    assert (changed.json()["types"], changed.json()["disabled_for"]) == (None, "by_lender")
    assert nothing.status_code == 422
    assert nothing.json()["errors"] == [
        {"field": "body", "message": "give at least one of url, description, types and enabled"}
    ]
    for answer in (untold, retold):
        (error,) = answer.json()["errors"]
        assert error["field"] == "types"
        assert error["message"].startswith("must be one of case.decided, case.opened, ")
        assert error["message"].endswith(", not 'webhook.test'")
    assert deleted.status_code == 204
    assert [answer.status_code for answer in gone] == [404] * 3
    assert (listed, secrets) == ([], 0)
    for action in ("webhook.added", "webhook.tested", "events.replayed", "webhook.changed", "webhook.deleted"):
        assert action in actions


@ON_SQLITE
async def test_roles_and_lenders_are_kept_apart(tmp_path: Path) -> None:
    """Who manages webhooks sees no decision; who audits reads alone; other lenders find nothing."""
    async with told(tmp_path) as (service, receiver):
        webhook = await add(service, receiver)
        path = f"/v1/webhooks/{webhook['webhook_id']}"
        manager, auditor = await service.key(Role.WEBHOOKS), await service.key(Role.AUDIT)
        applicant, stranger = await service.key(Role.APPLY), await service.key(Role.ADMIN, lender="other")
        reads = [(await service.get(path, key=key)).status_code for key in (manager, auditor, applicant, stranger)]
        writes = [
            (await service.post(f"{path}/test", None, key=key)).status_code
            for key in (manager, auditor, applicant, stranger)
        ]
        decision = (await service.post("/v1/decisions", application())).json()["decision_id"]
        seen = (await service.get(f"/v1/decisions/{decision}", key=manager)).status_code
        foreign = (await service.get("/v1/events", key=stranger)).json()["items"]
    assert reads == [200, 200, 403, 404]
    assert writes == [201, 403, 403, 404]
    assert seen == 403
    assert foreign == []


@ON_SQLITE
async def test_events_go_after_thirty_days_and_deleted_webhooks_with_them(tmp_path: Path) -> None:
    """With their deliveries and tries; what is younger stays."""
    async with told(tmp_path) as (service, receiver):
        webhook = await add(service, receiver)
        path = f"/v1/webhooks/{webhook['webhook_id']}"
        await service.post(f"{path}/test", None)
        await ended(service, webhook, "delivered")
        service.clock.advance(days=29)
        await service.post(f"{path}/test", None)
        await receiver.wait(2)
        await until(lambda: two_tries(service))
        service.clock.advance(days=1)
        database: Database = service.app.state.database
        first = await retain(database, service.clock())
        left = [await count(service, table) for table in (events, webhook_deliveries, webhook_tries, webhooks)]
        await service.delete(path)
        service.clock.advance(days=29)
        second = await retain(database, service.clock())
        empty = [await count(service, table) for table in (events, webhook_deliveries, webhook_tries, webhooks)]
    assert (first["events"], first["webhooks"]) == (1, 0)
    assert left == [1, 1, 1, 1]
    assert (second["events"], second["webhooks"]) == (1, 1)
    assert empty == [0, 0, 0, 0]


async def two_tries(service: Service) -> bool:
    """Whether two tries are logged."""
    return await count(service, webhook_tries) == 2


@ON_SQLITE
async def test_secrets_are_sealed_and_follow_a_change_of_keys(tmp_path: Path) -> None:
    """Nothing of them is readable in the database, and a new key of the operator opens them."""
    async with told(tmp_path) as (service, receiver):
        webhook = await add(service, receiver)
        database: Database = service.app.state.database
        stored = await database.read_at_once(lambda connection: connection.execute(select(webhook_secrets)).one())
        new = EncryptionKey(id="k2", material=Secret("A" * 43 + "="))
        ciphered = Cipher([new, *service.settings.encryption_keys], os.urandom)
        await encrypt_anew(database, ciphered, done=lambda _count: None)
        kept = await database.read_at_once(lambda connection: connection.execute(select(webhook_secrets)).one())
        event = (await service.post(f"/v1/webhooks/{webhook['webhook_id']}/test", None)).json()["event_id"]
        unsigned = await until(lambda: tried(service, webhook, event))
    sealed, purpose = Sealed(key_id=kept.key_id, sealed=kept.sealed), f"webhook secret/{kept.id}"
    material = WebhookSecret(ciphered.open(sealed, lender_id="bank", purpose=purpose))
    assert (stored.key_id, kept.key_id) == ("k1", "k2")
    assert material.symmetric == webhook["secret"]
    assert material.material[:32] not in bytes(stored.sealed)
    assert (unsigned["status"], [one["error"] for one in unsigned["log"]]) == ("waiting", ["unsigned"])
    assert receiver.got == []


async def test_what_we_cannot_sign_counts_against_nobody(tmp_path: Path) -> None:
    """The fault is ours: the endpoint does not fail by it, no try is used up, and the key back, it is sent."""
    async with told(tmp_path) as (service, receiver):
        webhook = await add(service, receiver)
        path = f"/v1/webhooks/{webhook['webhook_id']}"
        database: Database = service.app.state.database
        keys = EncryptionKey(id="k2", material=Secret("A" * 43 + "=")), *service.settings.encryption_keys
        await encrypt_anew(database, Cipher(keys, os.urandom), done=lambda _count: None)
        event = (await service.post(f"{path}/test", None)).json()["event_id"]
        found = await until(lambda: tried(service, webhook, event))
        for _ in range(12):
            due = service.clock.now = datetime.fromisoformat(found["next_try_at"])
            wake(service)

            async def later(due: datetime = due) -> dict[str, Any] | None:
                (one,) = await deliveries(service, webhook)
                return one if (one["next_try_at"] or "") > instant(due) else None

            found = await until(later)
        service.clock.advance(days=4)
        wake(service)
        await asyncio.sleep(0.2)
        shown = (await service.get(path)).json()
        await encrypt_anew(database, Cipher(keys[::-1], os.urandom), done=lambda _count: None)
        service.clock.advance(minutes=30)
        wake(service)
        (delivered,) = await ended(service, webhook, "delivered")
    assert (shown["enabled"], shown["failing_since"]) == (True, None)
    assert [(one["http_status"], one["error"]) for one in delivered["log"]] == [(None, "unsigned"), (204, None)]
    assert len(receiver.got) == 1


async def test_another_address_begins_without_failures(tmp_path: Path) -> None:
    """Nor does it end with what the address before still answers, be it that it is gone."""
    released = asyncio.Event()

    async def gone_at_last(_: Received, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        writer.write(status(410))

    async with told(tmp_path) as (service, receiver), receiving() as other:
        receiver.answer = status(500)
        webhook = await add(service, receiver)
        path = f"/v1/webhooks/{webhook['webhook_id']}"
        await service.post(f"{path}/test", None)
        await until(lambda: failing(service, path))
        same = (await service.send("PATCH", path, {"url": receiver.url, "description": "x"})).json()["failing_since"]
        receiver.answer = gone_at_last
        event = (await service.post(f"{path}/test", None)).json()["event_id"]
        await receiver.wait(2)
        changed = (await service.send("PATCH", path, {"url": other.url})).json()
        released.set()
        refused = await until(lambda: tried(service, webhook, event))
        after = (await service.get(path)).json()
        service.clock.advance(hours=1)
        wake(service)
        await other.wait(2)
    assert same is not None
    assert changed["failing_since"] is None
    assert ([one["http_status"] for one in refused["log"]], refused["status"]) == ([410], "waiting")
    assert (after["enabled"], after["failing_since"]) == (True, None)


async def test_an_erased_delivery_says_nothing_of_its_webhook_any_more(tmp_path: Path) -> None:
    """A webhook fails since the first failure that is left: it is not disabled by one alone, weeks later."""
    async with told(tmp_path) as (service, receiver):
        receiver.answer = status(500)
        webhook = await add(service, receiver, types=["decision.made"])
        path = f"/v1/webhooks/{webhook['webhook_id']}"
        database: Database = service.app.state.database
        since, ids = [], []
        for ref in ("firm-1", "firm-2"):
            made = await service.post("/v1/decisions", application(borrower_ref=ref))
            assert made.status_code == 201, made.text
            event = (await service.get("/v1/events", type="decision.made")).json()["items"][0]["event_id"]
            await until(partial(tried, service, webhook, event))
            since.append((await service.get(path)).json()["failing_since"])
            ids.append(event)
            service.clock.advance(seconds=1)
        of_events = select(events.c.borrower_id).where(events.c.id.in_(ids)).order_by(events.c.id)
        borrowers = await database.read_at_once(lambda connection: connection.execute(of_events).scalars().all())
        for borrower in borrowers:
            await database.write_at_once(partial(forget_events, borrower_id=borrower))
            since.append((await service.get(path)).json()["failing_since"])
    assert since[0] == since[1] is not None
    assert since[0] < since[2]
    assert since[3] is None


async def test_a_secret_that_is_over_is_deleted_by_retention(tmp_path: Path) -> None:
    """Not only when the next one is made."""
    async with told(tmp_path) as (service, receiver):
        webhook = await add(service, receiver)
        await service.post(f"/v1/webhooks/{webhook['webhook_id']}/rotation", {"overlap_hours": 24})
        kept = []
        for hours in (23, 1):
            service.clock.advance(hours=hours)
            deleted = await retain(service.app.state.database, service.clock())
            kept.append((deleted["webhook_secrets"], await count(service, webhook_secrets)))
    assert kept == [(0, 2), (1, 1)]


async def test_what_a_newer_version_tells_is_sent_by_this_one(tmp_path: Path) -> None:
    """A type of event and an error that it does not know are no fault: they are sent and shown as they are."""
    async with told(tmp_path) as (service, receiver):
        webhook = await add(service, receiver)
        database: Database = service.app.state.database

        def work(connection: Connection) -> str:
            at = instant(service.clock())
            newer: Any = "loan.sold"
            return record(connection, newer, {"loan_id": "lon_1"}, lender_id="bank", at=at, randomness=os.urandom)

        event = await database.write_at_once(work)
        (one,) = await receiver.wait(1)
        await ended(service, webhook, "delivered")
        newer_error = update(webhook_tries).values(status=None, error="too_hot")
        await database.write_at_once(lambda connection: connection.execute(newer_error))
        listed = await service.get(f"/v1/webhooks/{webhook['webhook_id']}/deliveries")
        shown = await service.get(f"/v1/events/{event}")
    assert json.loads(one.body)["type"] == "loan.sold"
    assert listed.status_code == 200, listed.text
    assert (listed.json()["items"][0]["type"], listed.json()["items"][0]["log"][0]["error"]) == ("loan.sold", "too_hot")
    assert shown.json()["type"] == "loan.sold"
