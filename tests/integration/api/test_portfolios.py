"""Portfolios over HTTP: taken from a file, decided on each once, paused and ended, and summed up."""

import asyncio
import csv
import io
import json
import os
import threading
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import polars as pl
import pytest
from anyio import CapacityLimiter
from postgres import ON_SQLITE
from service import REVOKED, TODAY, TOKEN, Service, application, firms, running
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from sandbox.server.app import create_app as create_sandbox
from scoring.api.applications import application_of
from scoring.api.portfolio_rows import connected_rows
from scoring.api.schemas.applications import ApplicationRequest
from scoring.base.credentials import TokenCredential
from scoring.base.identifiers import BERLIN, instant
from scoring.base.rates import Rate
from scoring.base.secrets import Secret
from scoring.store.audit import Who
from scoring.store.borrowers import borrower_of
from scoring.store.connections import insert_connection
from scoring.store.database import Database
from scoring.store.erasure import erase, restrict
from scoring.store.jobs import BEGUN, QUEUED, PortfolioState, cancel_jobs, retry
from scoring.store.portfolios import close_ended, end_portfolios, rest, stop_key
from scoring.store.principals import Role, list_keys, revoke_key, set_quota
from scoring.store.tables import borrowers, connections, decisions, jobs, portfolio_faults, portfolios
from scoring.store.turns import Pace, claim, expire
from scoring.usecases.application import Application
from scoring.usecases.portfolios import Order, Refused, Row

LINES = {"Content-Type": "application/x-ndjson"}
CSV = {"Content-Type": "text/csv"}
HEAD = b"borrower_ref,legal_form,product,amount,term_months,token"
AT_ONCE: dict[str, Any] = {"account_pause_seconds": 0.0}
"""Every firm of these tests has the same books."""


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


def lines(*bodies: dict[str, Any] | str) -> bytes:
    """A file of applications, one in each line."""
    return "\n".join(body if isinstance(body, str) else json.dumps(body) for body in bodies).encode()


def of(number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  fields of an application
    """The application of a firm of its own."""
    return application(borrower_ref=f"firm-{number}", **changes)


async def send(
    service: Service, content: bytes, *, key: str | None = None, query: str = "", **headers: str
) -> httpx.Response:
    """Send a file."""
    kind = {} if "Content-Type" in headers else LINES
    authorised = {"Authorization": f"Bearer {key or service.keys['bank']}"}
    return await service.http.post(f"/v1/portfolios{query}", content=content, headers={**authorised, **kind, **headers})


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that a worker does."""
    for _ in range(1500):
        if await look():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come")


async def ended(service: Service, portfolio_id: str) -> dict[str, Any]:
    """The portfolio once it has ended."""
    shown: dict[str, Any] = {}

    async def look() -> bool:
        shown.update((await service.get(f"/v1/portfolios/{portfolio_id}")).json())
        return shown["ended_at"] is not None

    await until(look)
    return shown


async def stands(service: Service, path: str, is_so: Callable[[dict[str, Any]], bool]) -> bool:
    """Whether something holds of the portfolio at this path."""
    return is_so((await service.get(path)).json())


async def rows(service: Service, *columns: Any) -> list[Any]:  # noqa: ANN401  columns of a table
    """What is stored."""
    database: Database = service.app.state.database
    return await database.read_at_once(lambda connection: list(connection.execute(select(*columns)).all()))


async def test_every_row_is_decided_once_and_what_is_no_application_is_told(tmp_path: Path) -> None:
    """Three lines of a file are malformed: each is told by number, field and what to do; the others go on."""
    content = lines(
        of(1),
        of(2, term_months="twelve", legal_form="Änne Öztürk"),
        of(3),
        "{not json",
        of(4, product="yacht"),
        of(5, sevdesk_token=REVOKED),
    )
    async with running(tmp_path, **AT_ONCE) as service:
        accepted = await send(service, content, query="?name=November&priority=7")
        portfolio = await ended(service, accepted.json()["portfolio_id"])
        results = (await service.get(portfolio["links"]["results"])).json()["items"]
        first = await service.get(results[0]["links"]["decision"])
        listed = (await service.get("/v1/decisions")).json()["items"]
        kept = await rows(service, jobs.c.sealed, jobs.c.account)
        faults = await rows(service, portfolio_faults.c.problem)
    assert accepted.status_code == 201
    assert accepted.headers["Location"] == portfolio["links"]["self"]
    assert (portfolio["name"], portfolio["priority"], portfolio["rows"]) == ("November", 7, 6)
    assert (portfolio["state"], portfolio["counts"]) == ("done", {"done": 2, "failed": 1, "refused": 3})
    assert [(row["line"], row["state"]) for row in results] == [
        (1, "done"),
        (2, "refused"),
        (3, "done"),
        (4, "refused"),
        (5, "refused"),
        (6, "failed"),
    ]
    assert {row["decision_id"] for row in results} - {None} == {one["decision_id"] for one in listed}
    assert (results[0]["verdict"], results[0]["score"]) == (first.json()["verdict"], first.json()["score"]["value"])
    assert results[1]["problem"]["errors"][1] == {"field": "term_months", "message": "must be a whole number"}
    assert results[3]["problem"]["type"] == "/problems/malformed-json"
    assert "product: is not a product of the policy; its products are" in results[4]["problem"]["detail"]
    assert results[5]["problem"]["type"] == "/problems/token-rejected"
    assert "Öztürk" not in repr(faults)
    assert set(kept) == {(None, None)}


@ON_SQLITE
async def test_a_csv_is_read_forgivingly_and_its_faults_name_columns(tmp_path: Path) -> None:
    """German names of columns, amounts and days; results as CSV and as Parquet."""
    content = (
        "Kunde;Rechtsform;Produkt;Betrag;Laufzeit;Stichtag;Token\n"
        f"=1+1;gmbh;working_capital;12.000,00;12;{TODAY:%d.%m.%Y};{TOKEN}\n"
        f"firm-2;gmbh;working_capital;zwölf;12;;{TOKEN}\n"
        f"firm-3;gmbh;working_capital;12000;12;;{TOKEN};more\n"
    ).encode("cp1252")
    async with running(tmp_path, **AT_ONCE) as service:
        accepted = await send(service, content, **CSV)
        portfolio = await ended(service, accepted.json()["portfolio_id"])
        path = portfolio["links"]["results"]
        as_csv = await service.http.get(
            path, headers={"Authorization": f"Bearer {service.keys['bank']}", "Accept": "text/csv"}
        )
        as_parquet = await service.get(path, format="parquet")
    told = list(csv.DictReader(io.StringIO(as_csv.text)))
    table = pl.read_parquet(as_parquet.content)
    assert [(row["line"], row["state"]) for row in told] == [("2", "done"), ("3", "refused"), ("4", "refused")]
    assert told[0]["borrower_ref"] == "'=1+1"
    assert told[1]["problem_detail"].startswith("amount: must be a decimal number")
    assert "8 cells" in told[2]["problem_detail"]
    assert table["borrower_ref"].to_list() == ["=1+1", None, None]
    assert table["verdict"][0] == told[0]["verdict"]
    assert table.columns == list(told[0])


@ON_SQLITE
async def test_a_quote_that_is_not_closed_swallows_nothing_unseen(tmp_path: Path) -> None:
    """The lines that it takes in are told; those before and behind it go on. Codes are read in any case."""
    head = "Kunde;Rechtsform;Produkt;Betrag;Laufzeit;Token;Zweck"
    row = "firm-{};GmbH;WORKING_CAPITAL;12000;12;" + TOKEN + ";{}"
    purposes = ["", '"Maschine', "", '"Lager"', ""]
    content = "\n".join([head, *(row.format(place, purpose) for place, purpose in enumerate(purposes))])
    async with running(tmp_path, **AT_ONCE) as service:
        made = (await send(service, content.encode(), **CSV)).json()
        await ended(service, made["portfolio_id"])
        found = (await service.get(f"/v1/portfolios/{made['portfolio_id']}/results")).json()["items"]
        body = await service.post("/v1/connected-portfolios", {"a": 1})
    assert [(one["line"], one["state"]) for one in found] == [(2, "done"), (3, "refused"), (6, "done")]
    assert "until line 5" in json.dumps(found[1]["problem"])
    assert (body.status_code, body.json()["errors"][0]["field"]) == (422, "body")


@ON_SQLITE
@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"", "text/csv", "names no column for borrower_ref"),
        (b"", "application/x-ndjson", "is empty"),
        (b"{}\n[1]\n", "application/x-ndjson", "borrower_ref: is missing"),
        (b"borrower_ref,legal_form,product,amount,term_months,token\n", "text/csv", "no line below its header"),
        (b"borrower_ref;shoe_size\n", "text/csv", "'shoe_size' is not known"),
        (b"borrower_ref,kunde\n", "text/csv", "two columns mean borrower_ref"),
        (
            b"borrower_ref,legal_form,product,amount,term_months\n",
            "text/csv",
            "neither connection_id nor sevdesk_token",
        ),
        (b"\n" * 50_002, "application/x-ndjson", "more than 50000 lines"),
        (b"{}\r" * 50_001, "application/x-ndjson", "more than 50000 lines"),
        (HEAD + b"\r" + b"a,b,c,d,e,f\r" * 50_001, "text/csv", "more than 50000 lines"),
        (HEAD + b"\n" * 50_002, "text/csv", "more than 50000 lines"),
        (HEAD + b'\n"' + b"\n" * 50_002 + b'",b,c,d,e,f\n', "text/csv", "are one row"),
    ],
)
async def test_a_file_of_which_nothing_can_be_read_is_refused_as_a_whole(
    tmp_path: Path, content: bytes, kind: str, said: str
) -> None:
    """Nothing is stored of it."""
    async with running(tmp_path) as service:
        answer = await send(service, content, **{"Content-Type": kind})
        stored = await rows(service, portfolios.c.id)
        other = await send(service, content, **{"Content-Type": "application/pdf"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
    assert said in answer.json()["errors"][0]["message"]
    assert stored == []
    assert other.status_code == 415


async def test_the_same_file_under_the_same_key_is_the_same_portfolio(tmp_path: Path) -> None:
    """Another file under it is refused. A row with a key of its own leads to its first decision in any portfolio."""
    content = lines(of(1, idempotency_key="row-1"), of(2))
    async with running(tmp_path, **AT_ONCE) as service:
        keyed = {"Idempotency-Key": "november"}
        first = await send(service, content, **keyed)
        second = await send(service, content, **keyed)
        other = await send(service, lines(of(3)), **keyed)
        await ended(service, first.json()["portfolio_id"])
        anew = await send(service, content)
        portfolio = await ended(service, anew.json()["portfolio_id"])
        made = len(await rows(service, decisions.c.id))
        results = [
            (await service.get(f"/v1/portfolios/{one.json()['portfolio_id']}/results")).json()["items"]
            for one in (first, anew)
        ]
    assert second.json()["portfolio_id"] == first.json()["portfolio_id"]
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert portfolio["counts"] == {"done": 2}
    assert made == 3
    assert results[0][0]["decision_id"] == results[1][0]["decision_id"]
    assert results[0][1]["decision_id"] != results[1][1]["decision_id"]


@ON_SQLITE
async def test_what_was_left_half_stored_goes_on_with_the_same_request(tmp_path: Path) -> None:
    """Rows that are there stay as they are; nothing is decided on before all are stored."""
    content = lines(of(1), of(2), of(3))
    async with running(tmp_path, **AT_ONCE) as service:
        database: Database = service.app.state.database
        keyed = {"Idempotency-Key": "november"}
        first = await send(service, content, **keyed)
        portfolio_id = first.json()["portfolio_id"]
        await ended(service, portfolio_id)
        await database.write_at_once(
            lambda connection: connection.execute(update(portfolios).values(state="taking", ended_at=None, rows=0))
        )
        await database.write_at_once(lambda connection: connection.execute(jobs.delete().where(jobs.c.line == 3)))
        again = await send(service, content, **keyed)
        portfolio = await ended(service, portfolio_id)
    assert again.json()["portfolio_id"] == portfolio_id
    assert (portfolio["rows"], portfolio["counts"]) == (3, {"done": 3})


@pytest.mark.parametrize(
    ("asked", "accept", "fields"),
    [
        ({"format": "csv", "limit": "1"}, "*/*", ["limit"]),
        ({"format": "parquet", "after": "0"}, "*/*", ["after"]),
        ({"after": "1", "limit": "50"}, "text/csv", ["after", "limit"]),
    ],
)
async def test_a_file_of_results_has_no_pages(
    tmp_path: Path, asked: dict[str, str], accept: str, fields: list[str]
) -> None:
    """What would be ignored is refused, with what to do instead."""
    async with running(tmp_path, **AT_ONCE) as service:
        path = (await send(service, lines(of(1), "{not json"))).headers["Location"]
        headers = {"Authorization": f"Bearer {service.keys['bank']}", "Accept": accept}
        refused = await service.http.get(f"{path}/results", params=asked, headers=headers)
        paged = await service.get(f"{path}/results", limit="1", format="json")
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == fields
    assert "format=json" in refused.json()["detail"]
    assert len(paged.json()["items"]) == 1


async def test_a_pause_begins_nothing_and_going_on_ends_it(tmp_path: Path) -> None:
    """What has begun is finished; a portfolio that has ended can neither be paused nor resumed."""
    gate = Gate()
    async with running(tmp_path, transport=gate, jobs_at_once=1, **AT_ONCE) as service:
        accepted = await send(service, lines(*(of(number) for number in range(3))))
        path = accepted.headers["Location"]
        await gate.arrived.wait()
        paused = await service.post(f"{path}/pause", None)
        again = await service.post(f"{path}/pause", None)
        gate.opened.set()
        await until(lambda: stands(service, path, lambda shown: not shown["counts"].get("running")))
        single = await service.post("/v1/decisions", of(9), Prefer="respond-async, wait=30")
        rest = (await service.get(path)).json()
        partial_results = (await service.get(f"{path}/results")).json()["items"]
        partial_file = (await service.get(f"{path}/results", format="csv")).text
        resumed = await service.post(f"{path}/resume", None)
        portfolio = await ended(service, accepted.json()["portfolio_id"])
        late = [await service.post(f"{path}/{what}", None) for what in ("pause", "resume", "cancel")]
        actions = [row["action"] for row in (await service.get("/v1/audit")).json()["items"]]
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert again.json()["state"] == "paused"
    assert (rest["state"], rest["counts"]) == ("paused", {"done": 1, "waiting": 2})
    assert single.status_code == 201
    assert [row["state"] for row in partial_results] == ["done", "waiting", "waiting"]
    assert [row["state"] for row in csv.DictReader(io.StringIO(partial_file))] == ["done", "waiting", "waiting"]
    assert resumed.json()["state"] == "open"
    assert portfolio["counts"] == {"done": 3}
    assert [answer.status_code for answer in late] == [409, 409, 200]
    assert late[0].json()["type"] == "/problems/portfolio-state"
    assert (actions.count("portfolio.paused"), actions.count("portfolio.resumed")) == (1, 1)


@ON_SQLITE
async def test_cancelling_deletes_what_waits_and_keeps_what_was_decided(tmp_path: Path) -> None:
    """Tokens go at once; a row that was being decided on stores nothing."""
    gate = Gate()
    async with running(tmp_path, transport=gate, jobs_at_once=1, **AT_ONCE) as service:
        accepted = await send(service, lines(of(1), of(2)))
        path = accepted.headers["Location"]
        await gate.arrived.wait()
        waiting = await rows(service, jobs.c.state)
        cancelled = await service.post(f"{path}/cancel", None)
        kept = await rows(service, jobs.c.sealed, jobs.c.account)
        gate.opened.set()
        again = await service.post(f"{path}/cancel", None)
        listed = (await service.get("/v1/decisions")).json()["items"]
    assert sorted(row.state for row in waiting) == [BEGUN, QUEUED]
    assert (cancelled.json()["state"], cancelled.json()["counts"]) == ("cancelled", {"cancelled": 2})
    assert set(kept) == {(None, None)}
    assert again.json() == cancelled.json()
    assert listed == []


@ON_SQLITE
async def test_a_portfolio_that_takes_too_long_expires_with_its_tokens(tmp_path: Path) -> None:
    """Also while it is paused; one whose rows were never all stored ends sooner."""
    gate = Gate()
    async with running(tmp_path, transport=gate, portfolio_hours=24, jobs_at_once=1, **AT_ONCE) as service:
        accepted = await send(service, lines(of(1), of(2)))
        path = accepted.headers["Location"]
        await gate.arrived.wait()
        database: Database = service.app.state.database
        await service.post(f"{path}/pause", None)
        gate.opened.set()
        half = await send(service, lines(of(3)))
        half_id = half.json()["portfolio_id"]
        await ended(service, half_id)
        taking = {"state": "taking", "ended_at": None, "expires_at": instant(service.clock())}
        await database.write_at_once(
            lambda connection: connection.execute(update(portfolios).where(portfolios.c.id == half_id).values(**taking))
        )
        await service.post("/v1/decisions", of(9), Prefer="respond-async")  # wakes the worker
        sooner = await ended(service, half_id)
        service.clock.advance(hours=25)
        await service.post("/v1/decisions", of(9), Prefer="respond-async")  # wakes the worker
        portfolio = await ended(service, accepted.json()["portfolio_id"])
        kept = await rows(service, jobs.c.line, jobs.c.sealed)
    assert (sooner["state"], portfolio["state"]) == ("expired", "expired")
    assert portfolio["counts"] == {"done": 1, "expired": 1}
    assert {row.sealed for row in kept if row.line is not None} == {None}


@ON_SQLITE
async def test_the_summary_tells_the_distribution_and_who_moved(tmp_path: Path) -> None:
    """Against each borrower's newest decision from before the portfolio."""
    async with running(tmp_path, **AT_ONCE) as service:
        before = await service.post("/v1/decisions", of(1))
        identifier = before.json()["decision_id"]
        service.clock.advance(minutes=1)
        database: Database = service.app.state.database
        await database.write_at_once(
            lambda connection: connection.execute(
                update(decisions).where(decisions.c.id == identifier).values(verdict="approve")
            )
        )
        accepted = await send(service, lines(of(1), of(2), of(3, sevdesk_token=REVOKED)))
        portfolio = await ended(service, accepted.json()["portfolio_id"])
        results = (await service.get(portfolio["links"]["results"])).json()["items"]
        summary = (await service.get(portfolio["links"]["summary"])).json()
    verdict = before.json()["verdict"]
    assert results[0]["before"]["decision_id"] == identifier
    assert results[0]["before"]["grade"] == before.json()["grade"]
    assert summary["counts"] == {"done": 2, "failed": 1}
    assert summary["verdicts"][verdict] == 2
    assert summary["grades"] == {before.json()["grade"]: 2}
    assert summary["causes"] == {cause["code"]: 2 for cause in before.json()["causes"]}
    assert summary["sole_causes"] == {}
    assert summary["scores"]["median"] == before.json()["score"]["value"]
    assert (summary["swaps"]["compared"], summary["swaps"]["new"], summary["swaps"]["moved"]) == (1, 1, 1)
    assert summary["swaps"]["verdicts"][f"approve>{verdict}"] == 1
    assert summary["swaps"]["score_change"] == 0.0
    assert "Decided: 2 of 3 rows." in summary["text"]["en"]
    assert "Entschieden: 2 von 3 Zeilen." in summary["text"]["de"]


@ON_SQLITE
async def test_connected_borrowers_are_decided_on_again_as_they_last_asked(tmp_path: Path) -> None:
    """Who has had no decision is told by its reference; a connection that was withdrawn ends its row with a problem."""
    async with running(tmp_path, **AT_ONCE) as service:
        made = {}
        for number in (1, 2, 3):
            body = {"borrower_ref": f"firm-{number}", "sevdesk_token": TOKEN, "purposes": ["decision"]}
            made[number] = (await service.post("/v1/connections", body)).json()["connection_id"]
        for number in (1, 3):
            asked = of(number, sevdesk_token=None, connection_id=made[number], term_months=7)
            await service.post("/v1/decisions", asked)
        service.clock.advance(minutes=1)
        accepted = await service.post("/v1/connected-portfolios", None)
        portfolio_id = accepted.json()["portfolio_id"]
        portfolio = await ended(service, portfolio_id)
        results = (await service.get(portfolio["links"]["results"])).json()["items"]
        again = await service.get(results[0]["links"]["decision"])
        file = lines(*(of(number, sevdesk_token=None, connection_id=made[number]) for number in (1, 3)))
        paused = await send(service, file)
        await service.post(f"{paused.headers['Location']}/pause", None)
        await service.delete(f"/v1/connections/{made[3]}")
        await service.post(f"{paused.headers['Location']}/resume", None)
        withdrawn = await ended(service, paused.json()["portfolio_id"])
        rest = (await service.get(withdrawn["links"]["results"])).json()["items"]
    assert [(row["borrower_ref"], row["state"]) for row in results] == [
        ("firm-1", "done"),
        ("firm-2", "refused"),
        ("firm-3", "done"),
    ]
    assert "send it in a file" in results[1]["problem"]["detail"]
    assert again.json()["request"]["term_months"] == 7
    assert results[0]["before"] is not None
    states = [row["state"] for row in rest]
    assert states[0] == "done"
    assert states[1] in {"done", "failed"}


async def test_a_revoked_key_stops_what_it_sent(tmp_path: Path) -> None:
    """Jobs and portfolios, at once, with their tokens; those of other keys go on."""
    gate = Gate()
    async with running(tmp_path, transport=gate, jobs_at_once=1, **AT_ONCE) as service:
        key = await service.key(Role.APPLY)
        own = await send(service, lines(of(1)))
        await gate.arrived.wait()
        sent = await send(service, lines(of(2), of(3)), key=key)
        job = await service.post("/v1/decisions", of(4), key=key, Prefer="respond-async")
        await revoke_key(service.app.state.database, key.split("_")[1], now=service.clock(), randomness=os.urandom)
        gate.opened.set()
        stopped = (await service.get(sent.headers["Location"])).json()
        single = (await service.get(job.headers["Location"])).json()
        other = await ended(service, own.json()["portfolio_id"])
    assert (stopped["state"], stopped["counts"]) == ("cancelled", {"cancelled": 2})
    assert single["state"] == "cancelled"
    assert other["counts"] == {"done": 1}


@ON_SQLITE
async def test_a_quota_that_is_used_up_lets_the_portfolio_rest(tmp_path: Path) -> None:
    """Until the next window; no row fails for it."""
    async with running(tmp_path, jobs_at_once=1, **AT_ONCE) as service:
        key = await service.key(Role.APPLY)
        await set_quota(service.app.state.database, key.split("_")[1], Rate(count=1, seconds=3600))
        accepted = await send(service, lines(of(1), of(2)), key=key)
        path = accepted.headers["Location"]
        await until(lambda: stands(service, path, lambda shown: shown["rests_until"] is not None))
        rests = (await service.get(path)).json()
        service.clock.advance(hours=1)
        await service.post("/v1/decisions", of(3), Prefer="respond-async")  # wakes the worker
        portfolio = await ended(service, accepted.json()["portfolio_id"])
        keys = await list_keys(service.app.state.database)
    assert (rests["state"], rests["counts"]) == ("open", {"done": 1, "waiting": 1})
    assert portfolio["counts"] == {"done": 2}
    assert next(one.quota_used for one in keys if one.prefix == key.split("_")[1]) == 1


@ON_SQLITE
async def test_one_that_rests_goes_on_at_once_when_it_is_resumed(tmp_path: Path) -> None:
    """Such as after the quota was raised: nobody waits for the next window."""
    async with running(tmp_path, jobs_at_once=1, **AT_ONCE) as service:
        key, database = await service.key(Role.APPLY), service.app.state.database
        await set_quota(database, key.split("_")[1], Rate(count=1, seconds=3600))
        accepted = await send(service, lines(of(1), of(2)), key=key)
        path = accepted.headers["Location"]
        await until(lambda: stands(service, path, lambda shown: shown["rests_until"] is not None))
        await set_quota(database, key.split("_")[1], Rate(count=2, seconds=3600))
        resumed = await service.post(f"{path}/resume", None)
        portfolio = await ended(service, accepted.json()["portfolio_id"])
        actions = [row["action"] for row in (await service.get("/v1/audit")).json()["items"]]
    assert resumed.status_code == 200
    assert portfolio["counts"] == {"done": 2}
    assert actions.count("portfolio.resumed") == 1


async def test_erasure_and_restriction_take_rows_along(tmp_path: Path) -> None:
    """Erased rows are in no count; rows of restricted borrowers are shown to auditors and administrators alone."""
    gate = Gate()
    async with running(tmp_path, transport=gate, jobs_at_once=1, **AT_ONCE) as service:
        accepted = await send(service, lines(of(1), of(2), of(3)))
        path = accepted.headers["Location"]
        await gate.arrived.wait()
        found = {row.line: row.borrower_id for row in await rows(service, jobs.c.line, jobs.c.borrower_id)}
        database, signer, at = service.app.state.database, service.app.state.signer, instant(service.clock())
        await database.write_at_once(lambda connection: erase(connection, signer, found[2], at=at))
        await database.write_at_once(lambda connection: restrict(connection, signer, found[3], at=at))
        gate.opened.set()
        portfolio = await ended(service, accepted.json()["portfolio_id"])
        refused = await send(service, lines(of(3)))
        told = (await service.get(f"{refused.headers['Location']}/results")).json()["items"]
        clerk = await service.key(Role.APPLY)
        seen = [
            [row["line"] for row in (await service.get(f"{path}/results", key=key)).json()["items"]]
            for key in (None, clerk)
        ]
        counted = [
            sum((await service.get(f"{at}/summary", key=key)).json()["counts"].values())
            for at in (path, refused.headers["Location"])
            for key in (None, clerk)
        ]
    assert (portfolio["rows"], portfolio["counts"]) == (3, {"done": 1, "cancelled": 1})
    assert told[0]["problem"]["type"] == "/problems/borrower-restricted"
    assert seen == [[1, 3], [1]]
    assert counted == [2, 1, 1, 0]


async def test_the_thousands_of_one_lender_do_not_delay_another(tmp_path: Path) -> None:
    """Places go in turn; of one lender, single requests come before rows, and rows have a bound."""
    gate = Gate()
    async with running(tmp_path, transport=gate, jobs_at_once=1, **AT_ONCE) as service:
        await send(service, lines(*(of(number) for number in range(6))))
        await gate.arrived.wait()  # its first row is at work all the time
        names: dict[str, str] = {}
        for name, lender, count, query in (
            ("urgent", "bank", 1, "?priority=9"),
            ("other", "other", 3, ""),
            ("third", "third", 2, ""),
            ("fourth", "fourth", 2, ""),
        ):
            key = await service.key(Role.ADMIN, lender=lender)
            sent = await send(service, lines(*(of(number) for number in range(count))), key=key, query=query)
            names[sent.json()["portfolio_id"]] = name
            if lender != "bank":
                await service.post(f"{sent.headers['Location']}/pause", None, key=key)
        await service.post("/v1/decisions", of(10), Prefer="respond-async")
        database: Database = service.app.state.database
        served: dict[str, int] = {}
        pace = Pace(lease=timedelta(minutes=1), rows_at_once=3, between=timedelta())

        async def claimed(among: set[str], *, is_over: bool) -> str | None:
            """Whose job is taken while these are open."""
            is_open = portfolios.c.id.in_([one for one, name in names.items() if name in among])

            def work(connection: Connection) -> str | None:
                connection.execute(update(portfolios).where(~is_open).values(state="paused"))
                connection.execute(update(portfolios).where(is_open).values(state="open"))
                found = claim(connection, ["att"], now=service.clock(), pace=pace, served=served, randomness=os.urandom)
                if is_over:
                    mine = jobs.c.id.in_([one.id for one in found])
                    cancel_jobs(connection, mine, at=instant(service.clock()), randomness=os.urandom)
                return None if not found else names.get(found[0].portfolio_id or "", "single")

            return await database.write_at_once(work)

        first = [await claimed({"urgent", "other"}, is_over=False) for _ in range(6)]
        second = [await claimed({"third", "fourth"}, is_over=True) for _ in range(5)]
        gate.opened.set()
    assert first == ["other", "single", "other", "urgent", "other", None]
    assert second[:2] == second[2:4]
    assert (set(second[:2]), second[4]) == ({"third", "fourth"}, None)


@ON_SQLITE
async def test_the_same_books_are_not_read_again_before_a_pause(tmp_path: Path) -> None:
    """Of two rows with one token, the second waits."""
    async with running(tmp_path, account_pause_seconds=600.0) as service:
        accepted = await send(service, lines(of(1), of(2)))
        path = accepted.headers["Location"]
        await until(lambda: stands(service, path, lambda shown: "done" in shown["counts"]))
        await asyncio.sleep(0.2)
        waits = (await service.get(path)).json()["counts"]
        service.clock.advance(minutes=11)
        await service.post("/v1/decisions", of(3), Prefer="respond-async")  # wakes the worker
        portfolio = await ended(service, accepted.json()["portfolio_id"])
    assert waits == {"done": 1, "waiting": 1}
    assert portfolio["counts"] == {"done": 2}


async def test_a_worker_of_the_version_before_takes_no_row_and_breaks_none(tmp_path: Path) -> None:
    """Its statements, word for word, beside a paused portfolio; then the portfolio goes on."""

    def older(connection: Connection) -> list[str]:
        now, states = instant(service.clock()), ("waiting", "running")
        due = select(jobs.c.id).where(
            jobs.c.state.in_(states) & (jobs.c.due_at <= now) & (jobs.c.expires_at > now) & (jobs.c.tries < 5)
        )
        claimed = list(connection.execute(due).scalars())
        connection.execute(
            update(jobs).where(jobs.c.state == "running").values(state="waiting", attempt=None, due_at=now)
        )
        worn = jobs.c.state.in_(states) & (jobs.c.tries >= 5) & (jobs.c.due_at <= now)
        connection.execute(update(jobs).where(worn).values(state="failed"))
        # it restricts a borrower: its own states are ended, and every application is deleted
        mine = jobs.c.line == 2
        connection.execute(update(jobs).where(mine & jobs.c.state.in_(states)).values(state="cancelled"))
        connection.execute(update(jobs).where(mine & jobs.c.sealed.is_not(None)).values(key_id=None, sealed=None))
        return claimed

    gate = Gate()
    async with running(tmp_path, transport=gate, jobs_at_once=1, **AT_ONCE) as service:
        accepted = await send(service, lines(of(1), of(2), of(3)))
        path = accepted.headers["Location"]
        await gate.arrived.wait()
        database: Database = service.app.state.database
        claimed = await database.write_at_once(older)
        gate.opened.set()
        portfolio = await ended(service, accepted.json()["portfolio_id"])
        listed = (await service.get(f"{path}/results")).json()["items"]
    assert claimed == []
    assert portfolio["counts"] == {"done": 2, "cancelled": 1}
    assert [row["state"] for row in listed] == ["done", "cancelled", "done"]


async def connect(service: Service, *refs: str) -> dict[str, str]:
    """Connections of borrowers with these references, made at once."""
    state, now = service.app.state, service.clock()

    def work(connection: Connection) -> dict[str, str]:
        parts = {"lender_id": "bank", "now": now, "randomness": os.urandom}
        made = {}
        for ref in refs:
            borrower = borrower_of(connection, ref=ref, cipher=state.cipher, **parts)
            credential = TokenCredential(source="sevdesk", secret=Secret(TOKEN))
            made[ref] = insert_connection(
                connection,
                state.cipher,
                state.signer,
                borrower_id=borrower.id,
                credential=credential,
                purposes=["decision"],
                **parts,
            )
        return made

    return await state.database.write_at_once(work)


async def rows_again(service: Service) -> list[Row | Refused]:
    """What a portfolio of connected borrowers is made of."""
    state = service.app.state
    return list(
        connected_rows(
            await state.portfolios.applications_again("bank"),
            today=TODAY,
            serving=state.in_force.serving.of("bank"),
            sources=state.sources,
            request_id=None,
        )
    )


ORDER = Order(name=None, priority=5, idempotency_key="monthly", key_prefix=None, file_sha256=None)


async def test_who_is_connected_may_change_while_a_portfolio_is_stored(tmp_path: Path) -> None:
    """Storing broke off in the middle; begun again, each borrower has one line, and none is left out."""

    def broken(found: list[Row | Refused]) -> Iterator[Row | Refused]:
        yield from found[:250]
        raise ConnectionResetError

    many = [f"firm-{number:03}" for number in range(1, 260)]
    async with running(tmp_path, **AT_ONCE) as service:
        connections = await connect(service, "firm-000", *many, "zoe")
        for ref in ("firm-000", "zoe"):
            asked = application(borrower_ref=ref, sevdesk_token=None, connection_id=connections[ref])
            assert (await service.post("/v1/decisions", asked)).status_code == 201
        service.clock.advance(minutes=1)
        with pytest.raises(ConnectionResetError):
            await service.app.state.portfolios.accept(Who(lender_id="bank"), ORDER, broken(await rows_again(service)))
        [half] = (await service.get("/v1/portfolios")).json()["items"]
        await connect(service, "anna")
        for ref in ("firm-100", "firm-255"):
            await service.delete(f"/v1/connections/{connections[ref]}")
        keyed = {"Idempotency-Key": "monthly"}
        again = await service.post("/v1/connected-portfolios", None, **keyed)
        portfolio = await ended(service, half["portfolio_id"])
        repeated = await service.post("/v1/connected-portfolios", None, **keyed)
        stored = await service.app.state.portfolios.all_rows(
            Who(lender_id="bank"), half["portfolio_id"], with_restricted=True
        )
    assert (half["state"], half["counts"]) == ("taking", {"refused": 249, "waiting": 1})
    assert again.json()["portfolio_id"] == repeated.json()["portfolio_id"] == half["portfolio_id"]
    assert [row.line for row in stored] == list(range(1, 262))
    assert sorted(row.borrower_ref for row in stored) == sorted({"anna", "firm-000", *many, "zoe"} - {"firm-255"})
    assert [row.borrower_ref for row in stored[:250]] == ["firm-000", *many[:249]]
    assert (portfolio["rows"], portfolio["counts"]) == (261, {"done": 2, "refused": 259})


async def test_two_requests_at_once_store_a_portfolio_together(tmp_path: Path) -> None:
    """The one that is slower is answered with what the other has stored, and a borrower that was erased stays so."""
    arrived, goes_on = threading.Event(), threading.Event()

    def slow(found: list[Row | Refused]) -> Iterator[Row | Refused]:
        yield from found[:250]
        arrived.set()
        goes_on.wait(30)
        yield from found[250:]

    refs = [f"firm-{number:03}" for number in range(252)]
    async with running(tmp_path) as service:
        await connect(service, *refs)
        portfolios_of = service.app.state.portfolios
        other = replace(portfolios_of, workers=CapacityLimiter(1))
        slower = asyncio.create_task(other.accept(Who(lender_id="bank"), ORDER, slow(await rows_again(service))))
        await asyncio.to_thread(arrived.wait, 30)
        rest = await rows_again(service)
        database, signer, at = service.app.state.database, service.app.state.signer, instant(service.clock())
        [gone] = [row.id for row in await rows(service, borrowers.c.id, borrowers.c.borrower_ref) if row[1] == refs[-1]]
        await database.write_at_once(lambda connection: erase(connection, signer, gone, at=at))
        quicker = await portfolios_of.accept(Who(lender_id="bank"), ORDER, iter(rest))
        goes_on.set()
        found = await slower
        stored = await portfolios_of.all_rows(Who(lender_id="bank"), found.id, with_restricted=True)
        known = [row.borrower_ref for row in await rows(service, borrowers.c.borrower_ref)]
    assert (found.id, found.rows) == (quicker.id, 251)
    assert [row.borrower_ref for row in stored] == refs[:-1]
    assert refs[-1] not in known


@ON_SQLITE
async def test_a_borrower_with_two_connections_is_decided_on_once_by_the_newest_that_works(tmp_path: Path) -> None:
    """As when a case is decided on again; one without any that works is left out."""
    async with running(tmp_path, **AT_ONCE) as service:
        old = await connect(service, "firm-1", "firm-2", "firm-3")
        service.clock.advance(minutes=1)
        new = await connect(service, "firm-1", "firm-2", "firm-3")
        for ref, made in old.items():
            await service.post("/v1/decisions", application(borrower_ref=ref, sevdesk_token=None, connection_id=made))
        await service.app.state.database.write_at_once(
            lambda connection: connection.execute(
                update(connections)
                .where(connections.c.id.in_([new["firm-2"], new["firm-3"], old["firm-3"]]))
                .values(status="rejected")
            )
        )
        again = await service.app.state.portfolios.applications_again("bank")
        made = await service.post("/v1/connected-portfolios", None)
        portfolio = await ended(service, made.json()["portfolio_id"])
        results = (await service.get(portfolio["links"]["results"])).json()["items"]
    assert [(ref, json.loads(body)["connection_id"]) for ref, body in again] == [
        ("firm-1", new["firm-1"]),
        ("firm-2", old["firm-2"]),
    ]
    assert [(row["line"], row["borrower_ref"], row["state"]) for row in results] == [
        (1, "firm-1", "done"),
        (2, "firm-2", "done"),
    ]


@ON_SQLITE
async def test_who_asked_for_what_is_no_product_any_more_is_refused_by_name(tmp_path: Path) -> None:
    """By the lender's own reference, as who has had no decision."""
    async with running(tmp_path) as service:
        state = service.app.state
        [refused] = connected_rows(
            [("firm-1", json.dumps(of(1, product="yacht")).encode())],
            today=TODAY,
            serving=state.in_force.serving.of("bank"),
            sources=state.sources,
            request_id=None,
        )
    assert isinstance(refused, Refused)
    assert refused.borrower_ref == "firm-1"
    assert "product: is not a product of the policy" in refused.problem


@ON_SQLITE
async def test_who_applies_is_compared_with_the_account_again(tmp_path: Path) -> None:
    """As the last application stated it: else a friend's books would pass at the second try."""
    applicant = {"name": "Somebody Else GmbH"}
    async with running(tmp_path, **AT_ONCE) as service:
        made = (await connect(service, "firm-1"))["firm-1"]
        asked = application(sevdesk_token=None, connection_id=made, applicant=applicant, purpose="Ein Lastwagen")
        before = (await service.post("/v1/decisions", asked)).json()
        service.clock.advance(minutes=1)
        [(_, body)] = await service.app.state.portfolios.applications_again("bank")
        sent = await service.post("/v1/connected-portfolios", None)
        portfolio = await ended(service, sent.json()["portfolio_id"])
        [row] = (await service.get(portfolio["links"]["results"])).json()["items"]
        again = (await service.get(row["links"]["decision"])).json()
    assert (json.loads(body)["purpose"], json.loads(body)["applicant"]["name"]) == ("Ein Lastwagen", applicant["name"])
    assert before["data"]["holder"]["name"]["result"] == "differs"
    assert again["data"]["holder"] == before["data"]["holder"]
    assert row["causes"] == [cause["code"] for cause in before["causes"]]


@ON_SQLITE
async def test_more_borrowers_than_a_portfolio_takes_are_told(tmp_path: Path) -> None:
    """Nothing is stored of them."""
    async with running(tmp_path) as service:
        await connect(service, "firm-0")
        database = service.app.state.database
        [like] = await rows(service, connections)

        def work(connection: Connection) -> None:
            numbers = [f"{number:05}" for number in range(50_000)]
            at = instant(service.clock())
            known = [
                {"id": f"bor_{one}", "lender_id": "bank", "borrower_ref": one, "created_at": at} for one in numbers
            ]
            connection.execute(insert(borrowers), known)
            made = [{**like._mapping, "id": f"con_{one}", "borrower_id": f"bor_{one}"} for one in numbers]
            connection.execute(insert(connections), made)

        await database.write_at_once(work)
        answer = await service.post("/v1/connected-portfolios", None)
        stored = await rows(service, portfolios.c.id)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "connections")
    assert "50001 borrowers are connected" in answer.json()["errors"][0]["message"]
    assert stored == []


async def test_a_portfolio_whose_rows_have_all_ended_is_done_whatever_its_state(tmp_path: Path) -> None:
    """Paused with its last row at work, it ends as done and does not expire; then nothing of it can be changed."""
    gate = Gate()
    async with running(tmp_path, transport=gate, jobs_at_once=1, **AT_ONCE) as service:
        accepted = await send(service, lines(of(1)))
        path = accepted.headers["Location"]
        await gate.arrived.wait()
        paused = await service.post(f"{path}/pause", None)
        gate.opened.set()
        portfolio = await ended(service, accepted.json()["portfolio_id"])
        database: Database = service.app.state.database
        answers = {}
        for state, what in (("open", "pause"), ("paused", "resume"), ("open", "cancel"), ("paused", "cancel")):
            await database.write_at_once(
                lambda connection, state=state: connection.execute(
                    update(portfolios).values(state=state, ended_at=None)
                )
            )
            answers[state, what] = await service.post(f"{path}/{what}", None)
        await database.write_at_once(
            lambda connection: connection.execute(
                update(portfolios).values(state="paused", ended_at=None, expires_at=instant(service.clock()))
            )
        )
        late = await ended(service, accepted.json()["portfolio_id"])
        actions = [row["action"] for row in (await service.get("/v1/audit")).json()["items"]]
    assert paused.json()["state"] == "paused"
    assert (portfolio["state"], portfolio["counts"]) == ("done", {"done": 1})
    assert [answers["open", "pause"].status_code, answers["paused", "resume"].status_code] == [409, 409]
    assert "the portfolio is done" in answers["paused", "resume"].json()["detail"]
    assert {answers[state, "cancel"].json()["state"] for state in ("open", "paused")} == {"done"}
    assert late["state"] == "done"
    assert "portfolio.cancelled" not in actions


async def test_a_failed_row_that_is_given_back_keeps_its_portfolio_open(tmp_path: Path) -> None:
    """Also where another process is about to end the portfolio at that moment: else nobody would take the row."""
    async with running(tmp_path) as service:
        database: Database = service.app.state.database
        at, later = instant(service.clock()), instant(service.clock() + timedelta(hours=1))
        given_back = asyncio.Event()

        def fill(connection: Connection) -> None:
            known = {"lender_id": "bank", "created_at": at}
            connection.execute(insert(borrowers).values(id="bor_1", borrower_ref="firm-1", **known))
            kept = {"body_sha256": "", "expires_at": later, **known}
            connection.execute(insert(portfolios).values(id="pfo_1", state="open", priority=5, rows=1, **kept))
            row = {"borrower_id": "bor_1", "portfolio_id": "pfo_1", "line": 1, "tries": 1, "due_at": at}
            sealed = {"has_credential": False, "key_id": "k", "sealed": b"sealed"}
            connection.execute(insert(jobs).values(id="job_1", state="failed", **row, **sealed, **kept))

        async def giving_back() -> None:
            async with database.write() as transaction:
                await transaction.run_sync(fill)
            async with database.write() as transaction:
                assert await transaction.run_sync(lambda connection: retry(connection, "job_1", now=service.clock()))
                given_back.set()
                await asyncio.sleep(0.3)

        giving = asyncio.create_task(giving_back())
        await given_back.wait()
        other = Database(service.settings.database_url)
        await other.write_at_once(lambda connection: close_ended(connection, ["pfo_1"], at=at))
        await other.close()
        await giving
        [portfolio] = await rows(service, portfolios.c.state)
    assert portfolio.state == "open"


@ON_SQLITE
async def test_rows_wait_no_longer_and_no_shorter_than_their_portfolio(tmp_path: Path) -> None:
    """Of one that is never decided on, rows and portfolio expire at one moment, counted from when it was accepted."""
    gate = Gate()
    async with running(tmp_path, transport=gate, jobs_at_once=1, portfolio_hours=2, **AT_ONCE) as service:
        accepted = await send(service, lines(of(1), of(2)))
        shown = (await service.get(accepted.headers["Location"])).json()
        kept = await rows(service, jobs.c.expires_at)
        gate.opened.set()
        await ended(service, accepted.json()["portfolio_id"])
    assert {row.expires_at for row in kept} == {shown["expires_at"]}
    assert shown["expires_at"] == instant(datetime.fromisoformat(shown["created_at"]) + timedelta(hours=2))


async def test_a_key_that_is_revoked_while_its_file_comes_in_begins_nothing(tmp_path: Path) -> None:
    """It was valid when the request began."""
    async with running(tmp_path) as service:
        key = await service.key(Role.APPLY)

        async def body() -> AsyncIterator[bytes]:
            yield lines(of(1)) + b"\n"
            await revoke_key(service.app.state.database, key.split("_")[1], now=service.clock(), randomness=os.urandom)
            yield lines(of(2))

        answer = await service.http.post(
            "/v1/portfolios", content=body(), headers={"Authorization": f"Bearer {key}", **LINES}
        )
        stored = await rows(service, portfolios.c.id)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
    assert stored == []


async def test_a_line_has_one_row_also_where_storing_is_resumed_after_a_restriction(tmp_path: Path) -> None:
    """Whose application is stored is not refused in its line beside; and no page of results leaves a line out."""
    found = [
        Row(line=number, application=application_of_row(number), body=json.dumps(of(number)).encode(), key=None)
        for number in range(1, 261)
    ]
    order = Order(name=None, priority=5, idempotency_key="november", key_prefix=None, file_sha256="a" * 64)

    def broken() -> Iterator[Row | Refused]:
        yield from found[:250]
        raise ConnectionResetError

    async with running(tmp_path) as service:
        accept, database = service.app.state.portfolios.accept, service.app.state.database
        with pytest.raises(ConnectionResetError):
            await accept(Who(lender_id="bank"), order, broken())
        known = await rows(service, borrowers.c.id, borrowers.c.borrower_ref)
        [mine] = [row.id for row in known if row.borrower_ref == "firm-1"]
        signer, at = service.app.state.signer, instant(service.clock())
        await database.write_at_once(lambda connection: restrict(connection, signer, mine, at=at))
        portfolio = await accept(Who(lender_id="bank"), order, iter(found))
        lined = await rows(service, jobs.c.line)
        refused = await rows(service, portfolio_faults.c.line)
        key = await service.key(Role.ADMIN)
        seen, after = [], 0
        while True:
            path = f"/v1/portfolios/{portfolio.id}/results"
            page = (await service.get(path, key=key, after=str(after), limit="1")).json()
            seen += [row["line"] for row in page["items"]]
            if len(seen) > 2 or page["next_after"] is None:
                break
            after = page["next_after"]
    assert portfolio.rows == 260
    assert sorted(row.line for row in lined + refused) == list(range(1, 261))
    assert seen == [1, 2, 3]


def application_of_row(number: int) -> Application:
    """The application of a firm of its own, as it is read."""
    return application_of(msgspec.json.decode(json.dumps(of(number)), type=ApplicationRequest))


async def fill_ended(service: Service, *, state: str, rests_until: str | None = None) -> None:
    """A portfolio whose only row has failed, with its application kept."""
    at, later = instant(service.clock()), instant(service.clock() + timedelta(hours=1))
    known = {"lender_id": "bank", "created_at": at}

    def work(connection: Connection) -> None:
        connection.execute(insert(borrowers).values(id="bor_1", borrower_ref="firm-1", **known))
        kept = {"body_sha256": "", "expires_at": later, **known}
        values = {"id": PORTFOLIO, "state": state, "priority": 5, "rows": 1, "rests_until": rests_until}
        connection.execute(insert(portfolios).values(**values, **kept))
        row = {"borrower_id": "bor_1", "portfolio_id": PORTFOLIO, "line": 1, "tries": 1, "due_at": at}
        sealed = {"has_credential": False, "key_id": "k", "sealed": b"sealed"}
        connection.execute(insert(jobs).values(id="job_1", state="failed", **row, **sealed, **kept))

    await service.app.state.database.write_at_once(work)


PORTFOLIO = "pfo_" + "0" * 26


@pytest.mark.parametrize("state", ["cancelled", "expired"])
async def test_ending_what_has_just_ended_leaves_it_as_it_is(tmp_path: Path, state: str) -> None:
    """A failed row whose application is kept can still be tried again."""
    async with running(tmp_path) as service:
        await fill_ended(service, state="paused")
        database, now = service.app.state.database, service.clock()
        if state == "cancelled":
            answer = (await service.post(f"/v1/portfolios/{PORTFOLIO}/cancel", None)).json()["state"]
        else:

            def ending(connection: Connection) -> None:
                parts = {"at": instant(now), "randomness": os.urandom}
                end_portfolios(connection, [PORTFOLIO], state=PortfolioState.EXPIRED, **parts)

            await database.write_at_once(ending)
            answer = (await service.get(f"/v1/portfolios/{PORTFOLIO}")).json()["state"]
        kept = await rows(service, jobs.c.sealed)
        again = await database.write_at_once(lambda connection: retry(connection, "job_1", now=now))
    assert answer == "done"
    assert kept == [(b"sealed",)]
    assert again


async def test_a_revoked_key_leaves_nothing_to_be_tried_again(tmp_path: Path) -> None:
    """Also of a portfolio that has ended."""
    async with running(tmp_path) as service:
        await fill_ended(service, state="done")
        database = service.app.state.database
        await database.write_at_once(
            lambda connection: connection.execute(update(portfolios).values(key_prefix="prefix"))
        )
        parts = {"at": instant(service.clock()), "randomness": os.urandom}
        await database.write_at_once(lambda connection: stop_key(connection, "prefix", **parts))
        kept = await rows(service, jobs.c.sealed)
        [portfolio] = await rows(service, portfolios.c.state)
    assert kept == [(None,)]
    assert portfolio.state == "done"


async def test_a_rest_is_told_while_it_lasts(tmp_path: Path) -> None:
    """Not once it is over, and not of a portfolio that has ended; going on with one that does not rest is no event."""
    async with running(tmp_path) as service:
        now, database = service.clock(), service.app.state.database
        over, later = instant(now - timedelta(minutes=1)), instant(now + timedelta(hours=1))
        waits = {"state": QUEUED, "due_at": later}

        async def put(state: str, rests_until: str | None) -> None:
            values = {"state": state, "rests_until": rests_until}
            await database.write_at_once(lambda connection: connection.execute(update(portfolios).values(**values)))

        async def shown() -> str | None:
            return (await service.get(f"/v1/portfolios/{PORTFOLIO}")).json()["rests_until"]

        await fill_ended(service, state="cancelled")
        await database.write_at_once(
            lambda connection: connection.execute(update(jobs).values(**waits, expires_at=instant(now + timedelta(2))))
        )
        await database.write_at_once(lambda connection: rest(connection, PORTFOLIO, until=now + timedelta(hours=1)))
        ended = await shown()
        await put("open", over)
        resumed = await service.post(f"/v1/portfolios/{PORTFOLIO}/resume", None)
        actions = [row["action"] for row in (await service.get("/v1/audit")).json()["items"]]
        await put("open", over)
        await database.write_at_once(lambda connection: expire(connection, now=now, worn_out="", randomness=os.urandom))
        woken = await shown()
        await put("open", later)
        rests = await shown()
        await service.post(f"/v1/portfolios/{PORTFOLIO}/cancel", None)
        cancelled = await shown()
    assert ended is None
    assert resumed.json()["state"] == "open"
    assert "portfolio.resumed" not in actions
    assert (woken, rests, cancelled) == (None, later, None)


@ON_SQLITE
async def test_a_summary_keeps_what_it_counts_alone(tmp_path: Path) -> None:
    """It is polled: of each row its state, outcome and decision before, and no problem or reference."""
    count, problem = 4000, json.dumps({"code": "x", "detail": "y" * 5000})
    async with running(tmp_path) as service:
        at = instant(service.clock())

        def fill(connection: Connection) -> None:
            known = {"lender_id": "bank", "created_at": at, "expires_at": at, "body_sha256": ""}
            values = {"id": PORTFOLIO, "state": "done", "ended_at": at, "priority": 5, "rows": count}
            connection.execute(insert(portfolios).values(**values, **known))
            faults = [{"portfolio_id": PORTFOLIO, "line": line, "problem": problem} for line in range(1, count + 1)]
            connection.execute(insert(portfolio_faults), faults)

        await service.app.state.database.write_at_once(fill)
        tracemalloc.start()
        try:
            answer = await service.get(f"/v1/portfolios/{PORTFOLIO}/summary")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert answer.json()["counts"] == {"refused": count}
    assert peak < count * len(problem) / 2


@ON_SQLITE
async def test_a_row_that_is_stored_after_midnight_may_say_that_day(tmp_path: Path) -> None:
    """Its portfolio was begun before; what it says was checked on the day on which it was stored."""
    async with running(tmp_path, **AT_ONCE) as service:
        service.clock.now = datetime.combine(TODAY, time(23, 55), BERLIN).astimezone(UTC)
        gate = {"Idempotency-Key": "november"}
        first = await send(service, lines(of(1)), **gate)
        portfolio_id = first.json()["portfolio_id"]
        await ended(service, portfolio_id)
        database = service.app.state.database
        service.clock.advance(minutes=10)
        tomorrow = of(2, as_of=(TODAY + timedelta(days=1)).isoformat())
        row = Row(line=2, application=application_of_row(2), body=json.dumps(tomorrow).encode(), key=None)
        taking = {"state": "taking", "ended_at": None, "rows": 0}
        await database.write_at_once(lambda connection: connection.execute(update(portfolios).values(**taking)))
        [stored] = await rows(service, portfolios.c.body_sha256)
        order = Order(
            name=None, priority=5, idempotency_key="november", key_prefix=None, file_sha256=stored.body_sha256
        )
        await service.app.state.portfolios.accept(Who(lender_id="bank"), order, iter([row]))
        portfolio = await ended(service, portfolio_id)
    assert portfolio["counts"] == {"done": 2}
