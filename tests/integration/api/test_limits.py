"""Rates of lenders and quotas of keys, over HTTP, on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from service import TODAY, Service, application, firms, running
from sqlalchemy import select, update

from sandbox.server.app import create_app as create_sandbox
from scoring.base.rates import Rate
from scoring.store.database import Database
from scoring.store.principals import Principal, Role, add_key, list_keys, set_quota
from scoring.store.tables import api_keys, idempotency

MIDNIGHT = datetime(2026, 10, 2, tzinfo=UTC)


UNKNOWN = "f" * 32


async def _key(service: Service, quota: str) -> str:
    wanted = Principal(id="", lender_id="bank", kind="system", name="night", roles=frozenset(Role))
    async with _database(service) as database:
        key, _ = await add_key(
            database, wanted, now=service.clock(), randomness=service.app.state.randomness, quota=Rate.parse(quota)
        )
    return key


class _database:  # noqa: N801  reads as a function
    """The service's database, closed at the end."""

    def __init__(self, service: Service) -> None:
        self._database = Database(service.settings.database_url)

    async def __aenter__(self) -> Database:
        return self._database

    async def __aexit__(self, *_: object) -> None:
        await self._database.close()


async def _decide(service: Service, key: str, number: int, **changes: object) -> httpx.Response:
    headers = {"Idempotency-Key": f"key-{number}"}
    return await service.post("/v1/decisions", application(**changes), key=key, **headers)


async def test_a_lender_that_sends_too_much_is_told_when_to_come_back(tmp_path: Path) -> None:
    """Reading counts as well; another lender and health are not touched."""
    rates = {"bank": Rate(count=3, seconds=3600)}
    async with running(tmp_path, lender_rates=rates) as service:
        other = await service.key(*Role, lender="other")
        answers = [await service.get("/v1/decisions") for _ in range(4)]
        free = await service.get("/v1/decisions", key=other)
        health = await service.http.get("/health/live")
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0"]
    assert answers[0].headers["RateLimit-Policy"] == '"lender";q=3;w=3600'
    refused = answers[3]
    assert refused.json()["type"] == "/problems/too-many-requests"
    assert 1100 <= int(refused.headers["Retry-After"]) <= 1200
    assert (free.status_code, health.status_code) == (200, 200)
    assert free.headers["RateLimit-Policy"] == '"lender";q=6000;w=60'
    assert "RateLimit" not in health.headers


async def test_a_key_may_ask_for_as_many_decisions_as_its_quota_says(tmp_path: Path) -> None:
    """Repetitions, reading, and decisions that could not be made do not count; the next day begins anew."""
    async with running(tmp_path) as service:
        service.clock.now = MIDNIGHT
        key = await _key(service, "2/day")
        first = await _decide(service, key, 1)
        failed = await _decide(service, key, 2, sevdesk_token=UNKNOWN)
        again = await _decide(service, key, 1)
        second = await _decide(service, key, 3)
        read = await service.get("/v1/decisions", key=key)
        refused = await _decide(service, key, 4)
        repeated = await _decide(service, key, 3)
        free = await _decide(service, service.keys["bank"], 5)
        service.clock.advance(seconds=int(refused.headers["Retry-After"]) - 1)
        early = await _decide(service, key, 4)
        service.clock.advance(seconds=1)
        next_day = await _decide(service, key, 4)
    assert [first.status_code, again.status_code, second.status_code, repeated.status_code] == [201] * 4
    assert failed.status_code == 424
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/quota-used-up")
    assert refused.headers["Retry-After"] == "86400"
    assert first.headers["RateLimit-Policy"].startswith('"key";q=2;w=86400, "lender";')
    # It is told from the first answer on how many are left.
    left = [answer.headers["RateLimit"].split(",")[0] for answer in (first, failed, second, read)]
    assert left == ['"key";r=2;t=86400', '"key";r=1;t=86400', '"key";r=1;t=86400', '"key";r=0;t=86400']
    assert (free.status_code, "key" in free.headers["RateLimit"]) == (201, False)
    assert (early.status_code, next_day.status_code) == (429, 201)


async def test_a_quota_holds_over_replicas_and_restarts(tmp_path: Path) -> None:
    """However many ask at the same moment, exactly so many decisions are made."""
    async with running(tmp_path) as one, running(tmp_path) as two:
        key = await _key(one, "5/day")
        asked = [_decide(service, key, number) for number in range(10) for service in (one, two)]
        answers = await asyncio.gather(*asked)
        made = {answer.json()["decision_id"] for answer in answers if answer.status_code == 201}
    async with running(tmp_path) as after:
        refused = await _decide(after, key, 99)
        async with _database(after) as database:
            (row,) = [row for row in await list_keys(database) if row.quota is not None]
            assert await set_quota(database, row.prefix, Rate.parse("6/day"))
        allowed = await _decide(after, key, 99)
        async with _database(after) as database:
            assert await set_quota(database, row.prefix, None)
            assert not await set_quota(database, "nobody", None)
        unbounded = [await _decide(after, key, 100 + number) for number in range(2)]
    assert len(made) == 5
    assert {answer.status_code for answer in answers} <= {201, 409, 429}
    assert (row.quota, row.quota_used) == ("5/day", 5)
    assert (refused.status_code, allowed.status_code) == (429, 201)
    assert [answer.status_code for answer in unbounded] == [201, 201]


@pytest.mark.parametrize("how_often", [1, 2])
async def test_what_is_cut_while_it_is_counted_is_given_back(tmp_path: Path, how_often: int) -> None:
    """What is being written may be committed; quota and idempotency key are free again, however often it is cut."""
    async with running(tmp_path) as service:
        key, work = await _key(service, "2/day"), service.app.state.running
        async with _database(service) as other:
            async with other.write() as transaction:  # the attempt waits for it in the database
                await transaction.run_sync(lambda connection: connection.execute(update(api_keys).values(quota_used=0)))
                asked = asyncio.create_task(_decide(service, key, 1))
                await asyncio.sleep(0.5)
                for _ in range(how_often):
                    work.cut()
                    await asyncio.sleep(0.05)
            answer = await asked
            await work.drain()
        async with _database(service) as database:
            (row,) = [row for row in await list_keys(database) if row.quota is not None]
            held = await database.read_at_once(
                lambda connection: list(connection.execute(select(idempotency.c.idempotency_key)).scalars())
            )
        again = await _decide(service, key, 1)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/service-stopping")
    assert (row.quota_used, held) == (0, [])
    assert again.status_code == 201


async def test_what_is_cut_while_it_is_stored_counts(tmp_path: Path) -> None:
    """As many decisions are counted as there are, whether it was stored by then or not."""
    arrived, opened = asyncio.Event(), asyncio.Event()
    sevdesk = httpx.ASGITransport(app=create_sandbox(firms(), today=lambda: TODAY))  # type: ignore[arg-type]

    class Gate(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            arrived.set()
            await opened.wait()
            return await sevdesk.handle_async_request(request)

    async with running(tmp_path, transport=Gate()) as service:
        key, work = await _key(service, "2/day"), service.app.state.running
        asked = asyncio.create_task(_decide(service, key, 1))
        await arrived.wait()
        async with _database(service) as other:
            async with other.write() as transaction:  # the attempt waits for it once its decision is made
                await transaction.run_sync(
                    lambda connection: connection.execute(update(api_keys).values(revoked_at=None))
                )
                opened.set()
                await asyncio.sleep(1)
                work.cut()
                await asyncio.sleep(0.05)
            await asked
            await work.drain()
            (row,) = [row for row in await list_keys(other) if row.quota is not None]
            made = (await service.get("/v1/decisions")).json()["items"]
    assert row.quota_used == len(made)


async def test_a_failure_is_taken_back_where_a_clock_is_behind(tmp_path: Path) -> None:
    """It was counted in the window that another replica had begun."""
    async with running(tmp_path) as service:
        service.clock.now = MIDNIGHT
        key = await _key(service, "2/day")
        assert (await _decide(service, key, 1)).status_code == 201
        service.clock.advance(seconds=-5)
        assert (await _decide(service, key, 2, sevdesk_token=UNKNOWN)).status_code == 424
        second, third = await _decide(service, key, 3), await _decide(service, key, 4)
    assert (second.status_code, third.status_code) == (201, 429)


@pytest.mark.parametrize(
    ("ahead", "third"),
    [(timedelta(minutes=1), 429), (timedelta(minutes=1, milliseconds=1), 201), (timedelta(days=400), 201)],
    ids=["as clocks differ", "more than that", "a wrong year"],
)
async def test_a_clock_far_ahead_does_not_count_a_key_out(tmp_path: Path, ahead: timedelta, third: int) -> None:
    """A window that begins in the future is none: the key is counted in that of the present, and told so."""
    async with running(tmp_path) as service:
        service.clock.now = MIDNIGHT + ahead // timedelta(days=1) * timedelta(days=1)
        key = await _key(service, "2/day")
        for number in (1, 2):
            assert (await _decide(service, key, number)).status_code == 201
        service.clock.advance(seconds=-ahead.total_seconds())
        told = (await service.get("/v1/decisions", key=key)).headers["ratelimit"]
        answers = [(await _decide(service, key, number)).status_code for number in (3, 4, 5)]
    assert f'"key";r={0 if third == 429 else 2};' in told
    assert answers == ([429] * 3 if third == 429 else [201, 201, 429])


async def test_what_failed_for_the_source_is_taken_back(tmp_path: Path) -> None:
    """With a key for repetitions and without: a night on which the source refuses costs no decision."""
    async with running(tmp_path) as service:
        key = await _key(service, "1/day")
        for number in range(3):
            assert (await _decide(service, key, number, sevdesk_token=UNKNOWN)).status_code == 424
            failed = await service.post("/v1/decisions", application(sevdesk_token=UNKNOWN), key=key)
            assert failed.status_code == 424
        assert (await service.post("/v1/decisions", application(), key=key)).status_code == 201
        assert (await _decide(service, key, 9)).status_code == 429
