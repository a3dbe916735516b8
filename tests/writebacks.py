"""The command that writes into a borrower's books, run in this process against a sevdesk on a port."""

import asyncio
import hashlib
import io
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
import uvicorn
from command_line import Done, in_process
from links import a_link, send
from service import KEY_MATERIAL, SIGNING_KEYS, TOKEN, Service, application, running
from signing import SIGNER, replace_record
from sqlalchemy import select, update
from typing_extensions import override

from scoring.base.identifiers import instant
from scoring.base.secrets import Secret
from scoring.decisions.decision import Verdict
from scoring.store import tables
from scoring.store.database import Database
from scoring.store.decisions import encode, find_decision
from scoring.store.write_backs import UNSURE

PDF = b"%PDF-1.4\nfee\n"
DIGEST = hashlib.sha256(PDF).hexdigest()


class Listening:
    """An application on a port of this machine, in a thread of its own."""

    def __init__(self, served: Any) -> None:  # noqa: ANN401  any ASGI application
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1"
        self._server = uvicorn.Server(
            uvicorn.Config(served, interface="asgi3", log_config=None, access_log=False, lifespan="off", ws="none")
        )
        self._thread = threading.Thread(target=self._server.run, args=([listening],))
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """Let it come to its end."""
        self._server.should_exit = True
        self._thread.join()


class _Terminal(io.StringIO):
    """Standard input that somebody sits at, who may do something before the answer."""

    def __init__(self, line: str, meanwhile: Callable[[], None] | None) -> None:
        super().__init__(line)
        self._meanwhile = meanwhile

    @override
    def readline(self, size: int | None = -1, /) -> str:
        if self._meanwhile:
            self._meanwhile()
        return super().readline(size)

    @override
    def isatty(self) -> bool:
        return True


@dataclass(kw_only=True)
class Case:
    """A lender's service with a decision, and the command."""

    decision_id: str
    connections: list[str]
    run: Callable[..., Done]
    type: Callable[..., None]
    pdf: Path
    database: Secret

    def writeback(self, *more: str, **changes: str | None) -> Done:
        """The command with its usual arguments; None leaves one out."""
        given: dict[str, str | None] = {"voucher": str(self.pdf), "amount": "450.00", "account": "6855"}
        options = [part for name, text in (given | changes).items() if text is not None for part in (f"--{name}", text)]
        return self.run("writeback", self.decision_id, *options, *more)

    def wait_a_quarter_of_an_hour(self) -> None:
        """Let what has begun have begun so much earlier."""
        asyncio.run(self._age())

    async def _age(self) -> None:
        runs = tables.write_backs
        database = Database(self.database)
        async with database.write() as connection:
            begun = (await connection.execute(select(runs.c.begun_at))).scalar_one()
            earlier = instant(datetime.fromisoformat(begun) - UNSURE)
            await connection.execute(update(runs).values(begun_at=earlier))
        await database.close()


AGREED = ("decision", "write_back")
"""Purposes of a connection that may be written to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A database with a decision and connections, to be copied."""

    decision_id: str
    connections: list[str]
    database: bytes


@cache
def _prepared(
    verdict: Verdict, connections: tuple[tuple[str, ...], ...], link: frozenset[tuple[str, str | None]] | None
) -> _Prepared:
    """Made once for all tests that want the same."""
    with TemporaryDirectory() as folder:
        there = Path(folder)
        made = asyncio.run(_prepare(there, verdict, connections=connections, link=None if link is None else dict(link)))
        assert not list(there.glob("*-wal"))  # all of it is in the file
        return _Prepared(decision_id=made[0], connections=made[1], database=(there / "test.sqlite").read_bytes())


async def _prepare(
    folder: Path, verdict: Verdict, *, connections: Sequence[Sequence[str]], link: Mapping[str, str | None] | None
) -> tuple[str, list[str]]:
    """A decision with this verdict, and connections of its borrower with these purposes, newest first."""
    async with running(folder, is_plain_http=True) as service:
        decision_id = (await service.post("/v1/decisions", application())).json()["decision_id"]
        await _give(service, decision_id, verdict)
        if link is not None:
            _, path = await a_link(service, purposes=AGREED)
            await send(service, path, **link)
        for purposes in connections:
            body = {"borrower_ref": "firm-1", "sevdesk_token": TOKEN, "purposes": purposes}
            assert (await service.post("/v1/connections", body)).status_code == 201
            service.clock.advance(seconds=1)
        known = (await service.get("/v1/connections")).json()["items"]
        return decision_id, [one["connection_id"] for one in known]


async def _give(service: Service, decision_id: str, verdict: Verdict) -> None:
    """Store the decision as if it had come out like this."""
    database = Database(service.settings.database_url)
    stored = await find_decision(database, SIGNER, lender_id="bank", decision_id=decision_id)
    assert stored is not None
    assessment = msgspec.structs.replace(stored.decision.assessment, verdict=verdict)
    content, _ = encode(msgspec.structs.replace(stored.decision, assessment=assessment))
    await database.write_at_once(lambda connection: replace_record(connection, decision_id, content))
    await database.close()


Prepare = Callable[..., Case]


def preparing(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Prepare:
    """What makes a decision and hands out the command, with its data in a folder and its sevdesk at an address."""
    environ = {
        "SCORING_DATA_DIR": str(folder),
        "SCORING_DATABASE_URL": f"sqlite:///{folder / 'test.sqlite'}",
        "SCORING_ENCRYPTION_KEYS": f"k1:{KEY_MATERIAL}",
        "SCORING_SIGNING_KEYS": SIGNING_KEYS,
        "SCORING_SEVDESK_URL": url,
        "SCORING_SEVDESK_SANDBOX": "true",
    }
    command = in_process(environ, monkeypatch, capsys)

    def run(*arguments: str, **changes: str) -> Done:
        done = command(*arguments, **changes)
        assert TOKEN not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def make(
        verdict: Verdict = Verdict.APPROVE,
        *,
        connections: Sequence[Sequence[str]] = (AGREED,),
        link: Mapping[str, str | None] | None = None,
    ) -> Case:
        pdf = folder / "contract.pdf"
        pdf.write_bytes(PDF)
        prepared = _prepared(
            verdict,
            tuple(tuple(purposes) for purposes in connections),
            None if link is None else frozenset(link.items()),
        )
        (folder / "test.sqlite").write_bytes(prepared.database)
        return Case(
            decision_id=prepared.decision_id,
            connections=prepared.connections,
            run=run,
            type=lambda line, meanwhile=None: monkeypatch.setattr("sys.stdin", _Terminal(line + "\n", meanwhile)),
            pdf=pdf,
            database=Secret(environ["SCORING_DATABASE_URL"]),
        )

    return make
