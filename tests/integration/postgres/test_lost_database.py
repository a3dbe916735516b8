"""A database that goes away in mid-flight: callers are told to come again, nothing is half, and it mends by itself."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import asyncpg
import httpx
import postgres
import pytest
from service import Service, application, running
from sqlalchemy.engine import make_url

TIMEOUT = 0.5
"""Seconds that the service waits for the database in these tests."""


class Wire:
    """A line to the server that can be cut, and can go dead without anybody noticing."""

    def __init__(self, url: str) -> None:
        self._server = make_url(url)
        self._listening: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.port = 0

    @property
    def url(self) -> str:
        """The database at the other end of the line."""
        return self._server.set(host="127.0.0.1", port=self.port).render_as_string(hide_password=False)

    async def mend(self) -> None:
        """Take connections, on the same port as before."""
        self._flows.set()
        if self._listening is None:
            self._listening = await asyncio.start_server(self._take, "127.0.0.1", self.port)
            self.port = self._listening.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End all connections and refuse new ones."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        self.hang_up()
        self._flows.set()
        await asyncio.gather(*self._carrying)  # also lines that were just being made
        self._carrying.clear()

    def hang_up(self) -> None:
        """End all connections; new ones are taken."""
        for line in self._lines:
            line.transport.abort()
        self._lines.clear()

    def deaden(self) -> None:
        """Let nothing through any more, in silence."""
        self._flows.clear()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._carrying.add(asyncio.create_task(self._carry(reader, writer)))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        there = await asyncio.open_connection(self._server.host or "127.0.0.1", self._server.port or 5432)
        self._lines.add(there[1])
        if writer.is_closing():  # cut meanwhile
            there[1].transport.abort()
        await asyncio.gather(self._pump(reader, there[1]), self._pump(there[0], writer))

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                await self._flows.wait()
                target.write(data)
                await target.drain()
        target.close()
        with suppress(OSError):
            await target.wait_closed()


@asynccontextmanager
async def behind(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Service, Wire]]:
    """A service at the end of a line to its database."""
    wire = Wire(url)
    await wire.mend()
    monkeypatch.setattr("service.database_in", lambda _folder: wire.url)
    try:
        async with running(folder, database_timeout_seconds=TIMEOUT) as service:
            yield service, wire
            await wire.mend()
    finally:
        await wire.cut()


async def decide(service: Service, key: str = "key-1") -> httpx.Response:
    """Post an application under an idempotency key."""
    return await service.post("/v1/decisions", application(), **{"Idempotency-Key": key})


async def served(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """The answer of somebody who comes again when told to, as often as a broken line makes it necessary."""
    for _ in range(20):
        answer = await ask()
        if answer.status_code != 503:
            break
        assert_unavailable(answer)
    return answer


def assert_unavailable(answer: httpx.Response) -> None:
    """The answer says that the database is away, and when to come again."""
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/database-unavailable"), answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    for detail in ("asyncpg", "sqlite", "127.0.0.1", "SELECT", "Error"):
        assert detail not in answer.text


async def test_a_server_that_refuses_is_told_and_forgiven(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On every kind of route; the first request after its return is served."""
    async with behind(url, tmp_path, monkeypatch) as (service, wire):
        made = await decide(service)
        assert (await service.http.get("/health/ready")).status_code == 200
        await wire.cut()
        for answer in (
            await decide(service, "key-2"),
            await service.get("/v1/decisions"),
            await service.get(made.headers["Location"]),
            await service.delete("/v1/connections/con_00000000000000000000000000"),
            await service.get("/v1/models"),
        ):
            assert_unavailable(answer)
        ready = await service.http.get("/health/ready")
        live = await service.http.get("/health/live")
        await wire.mend()
        again = await service.http.get("/health/ready")
        read = await service.get(made.headers["Location"])
        repeated = await decide(service)
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "unavailable")
    assert (live.status_code, again.status_code, read.status_code) == (200, 200, 200)
    assert repeated.content == made.content


async def test_a_database_that_takes_no_connections_is_told_and_forgiven(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the server says while a connection is made, it is not there for the service."""
    async with behind(url, tmp_path, monkeypatch) as (service, wire):
        name = make_url(url).database
        await postgres.ask(postgres.SERVER, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        wire.hang_up()
        answers = [await service.get("/v1/decisions") for _ in range(2)]
        ready = await service.http.get("/health/ready")
        await postgres.ask(postgres.SERVER, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        again = await service.get("/v1/decisions")
    for answer in answers:
        assert_unavailable(answer)
    assert (ready.status_code, again.status_code) == (503, 200)


async def test_a_server_that_was_restarted_is_not_noticed(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections that it has ended are replaced before they are used."""
    async with behind(url, tmp_path, monkeypatch) as (service, _):
        await asyncio.gather(*(service.get("/v1/decisions") for _ in range(5)))
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert len(await postgres.ask(url, f"SELECT pg_terminate_backend(pid) {others}")) >= 1
        while await postgres.ask(url, f"SELECT 1 {others}"):  # noqa: ASYNC110  the server tells by being asked
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # the ends of the connections are on their way through the line
        answers = [await service.get("/v1/decisions") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5


async def test_a_line_that_goes_dead_in_silence_is_told_and_forgiven(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request hangs for ever, health included."""
    async with behind(url, tmp_path, monkeypatch) as (service, wire):
        made = await decide(service)
        wire.deaden()
        assert_unavailable(await service.get("/v1/decisions"))
        assert_unavailable(await decide(service, "key-2"))
        ready = await service.http.get("/health/ready")
        wire.hang_up()
        await wire.mend()
        listed = await served(lambda: service.get("/v1/decisions"))
    assert ready.status_code == 503
    assert listed.json()["items"] == [made.json()]


async def test_a_decision_in_flight_is_whole_or_not_there(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the line breaks; a repetition with the same key finds it or makes it, once."""
    async with behind(url, tmp_path, monkeypatch) as (service, wire):
        for number in range(12):
            key = f"key-{number}"
            deciding = asyncio.create_task(decide(service, key))
            await asyncio.sleep(0.01 * number)  # the break falls into another moment each time
            wire.hang_up()
            if (await deciding).status_code != 201:
                assert_unavailable(await deciding)
            service.clock.advance(seconds=service.settings.reservation_seconds + 1)
            assert (await served(lambda key=key: decide(service, key))).status_code == 201
    counts = (
        "SELECT COUNT(*) AS decisions, COUNT(s.decision_id) AS snapshots, COUNT(i.decision_id) AS keys FROM decisions d"
        " LEFT JOIN snapshots s ON s.decision_id = d.id LEFT JOIN idempotency i ON i.decision_id = d.id"
    )
    assert dict((await postgres.ask(url, counts))[0]) == {"decisions": 12, "snapshots": 12, "keys": 12}


async def test_a_standby_is_not_ready_until_it_is_the_primary(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that only reads serves no decisions: nobody reads unseen; connections to it are left at once."""
    async with behind(url, tmp_path, monkeypatch) as (service, wire):
        made = await decide(service)
        name = make_url(url).database
        await postgres.ask(url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        wire.hang_up()
        await served(lambda: service.get("/v1/models"))
        refused = await decide(service, "key-2")
        ready = await service.http.get("/health/ready")
        read = await service.get(made.headers["Location"])
        writing = "SET default_transaction_read_only = off"
        await postgres.ask(url, writing, f"ALTER DATABASE {name} RESET default_transaction_read_only")
        asked_again = [await service.http.get("/health/ready") for _ in range(3)]  # the first may ask the standby
        after = await decide(service, "key-2")
        again = await service.get(made.headers["Location"])
    assert_unavailable(refused)
    assert_unavailable(read)
    assert (ready.status_code, asked_again[-1].status_code, after.status_code) == (503, 200, 201)
    assert again.content == made.content


async def test_a_table_that_is_locked_is_told_after_the_timeout(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the server's own statement timeout; the connection stays usable."""
    async with behind(url, tmp_path, monkeypatch) as (service, _):
        made = await decide(service)
        other = await asyncpg.connect(url.replace("+asyncpg", ""))
        async with other.transaction():
            await other.execute("LOCK TABLE decisions IN ACCESS EXCLUSIVE MODE")
            assert_unavailable(await service.get("/v1/decisions"))
        await other.close()
        listed = await service.get("/v1/decisions")
    assert listed.json()["items"] == [made.json()]


async def test_a_sqlite_file_that_another_process_holds_is_told_and_forgiven(tmp_path: Path) -> None:
    """Writing is refused after the timeout, also for those who queue, and reading with it: nobody reads unseen."""
    async with running(tmp_path, database_timeout_seconds=TIMEOUT) as service:
        made = await decide(service)
        with closing(sqlite3.connect(tmp_path / "test.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for answer in await asyncio.gather(*(decide(service, f"key-{number}") for number in range(2, 5))):
                assert_unavailable(answer)
            ready = await service.http.get("/health/ready")
            read = await service.get(made.headers["Location"])
            other.execute("ROLLBACK")
        again = await service.http.get("/health/ready")
        after = await decide(service, "key-2")
        listed = await service.get("/v1/decisions")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "unavailable")
    assert_unavailable(read)
    assert (again.status_code, after.status_code) == (200, 201)
    assert len(listed.json()["items"]) == 2
