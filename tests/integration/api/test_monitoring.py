"""Monitoring over HTTP: subscribe by consent, observe by the rhythm or at once, compare, and end."""

import asyncio
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from integration.api.test_cases import banking
from lending import HEALTHY, enter, entry, granting, lending, lent
from links import a_link, hidden_fields, send
from postgres import ON_SQLITE
from service import TOKEN, Clock, Service, a_firm, a_serving, application, late_firm, retain, running
from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import Connection
from unit.sandbox_server.building import TODAY, books_of, invoice

from sandbox.clock.clock import Clock as SandboxClock
from sandbox.clock.happenings import Happening, What
from sandbox.objects.books import Books
from sandbox.server.app import create_app as create_sandbox
from sandbox.server.faults import Fault
from scoring.base.identifiers import BERLIN, day_in_berlin, instant
from scoring.base.rates import Rate
from scoring.decisions.decision import SCHEMA
from scoring.runtime.rhythm import load_rhythm
from scoring.store import subscriptions
from scoring.store.audit import Action, Who, a_mark
from scoring.store.database import Database
from scoring.store.erasure import erase, restrict
from scoring.store.holds import HoldReason, set_hold
from scoring.store.principals import Role, set_quota
from scoring.store.subscriptions import SubscriptionLostError
from scoring.store.tables import (
    case_steps,
    cases,
    decisions,
    monitoring_subscriptions,
    notices,
    observations,
    statements,
)
from scoring.usecases.monitoring import Monitoring
from scoring.usecases.replay import load_observed_input, replay
from scoring.usecases.subject_data import gather

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
    """A decision by a connection; a person would decide on it."""
    body = application(sevdesk_token=None, connection_id=connection, borrower_ref=ref, legal_form="einzelunternehmen")
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


async def stored(service: Service, *columns: Any) -> list[Any]:  # noqa: ANN401  columns of a table
    """What is stored."""
    database: Database = service.app.state.database
    return await database.read_at_once(lambda connection: list(connection.execute(select(*columns)).all()))


def found_borrower(connection: Connection) -> str:
    """The one borrower that is monitored."""
    return str(connection.execute(select(monitoring_subscriptions.c.borrower_id)).scalar_one())


async def stands(service: Service, path: str, state: str) -> dict[str, Any]:
    """The monitored borrower, once it is in a state."""
    shown: dict[str, Any] = {}

    async def look() -> bool:
        shown.update((await service.get(path)).json())
        return bool(shown["state"] == state)

    await until(look)
    return shown


async def tried(service: Service, times: int, since: datetime | None = None) -> datetime:
    """When the next try is, once so many have failed; with ``since``, one after that moment."""
    columns = (monitoring_subscriptions.c.tries, monitoring_subscriptions.c.attempt, monitoring_subscriptions.c.due_at)

    async def look() -> bool:
        (row,) = await stored(service, *columns)
        is_later = since is None or datetime.fromisoformat(row.due_at) > since
        return bool(row.tries == times and row.attempt is None and is_later)

    await until(look)
    (row,) = await stored(service, *columns)
    return datetime.fromisoformat(row.due_at)


def wake(service: Service) -> None:
    """Let the observer look: its own pause is of real seconds."""
    monitoring: Monitoring = service.app.state.monitoring
    monitoring.wake()


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
    assert (shown["score"], shown["causes"]) == (decision["score"], decision["causes"])
    assert shown["features"].items() > decision["features"].items(), "and what warnings look at"
    assert line["points_since_decision"] == 0.0
    assert (since["points"], since["factors"], since["before"]["decision_id"]) == (0.0, [], decision["decision_id"])
    assert (since["after"]["decision_id"], since["after"]["verdict"]) == (line["observation_id"], None)
    assert (now["state"], now["observed_at"]) == ("active", line["created_at"])
    assert now["due_at"] > found["created_at"]


async def test_what_changed_is_told_in_points_features_and_documents(tmp_path: Path) -> None:
    """Against the decision and against the observation before; no other person's verdict stands anywhere."""
    late = Happening(on=TODAY + timedelta(days=5), what=What.CUSTOMERS_PAY_LATE, days=60)
    day, clock = SandboxClock(lambda: TODAY, [late]), Clock()
    transport = httpx.ASGITransport(app=create_sandbox([late_firm()], today=lambda: TODAY, day=day))  # type: ignore[arg-type]  # litestar types scopes more narrowly
    async with running(tmp_path, transport=transport, clock=clock, **AT_ONCE) as service:
        found = await monitored(service)
        await lent(service, found["decision_id"])
        decision = (await service.get(found["links"]["decision"])).json()
        for number in (1, 2):
            day.set(day.today() + timedelta(days=40))
            clock.advance(days=40)
            wake(service)
            lines = await observed(service, found, number)
        newest, first = lines
        since = (await service.get(newest["links"]["since_last"])).json()
        between = (await service.get(newest["links"]["since_last"], against="observation")).json()
        none = await service.get(first["links"]["since_last"], against="observation")
        shown = (await service.get(newest["links"]["self"])).json()
    assert since["points"] == newest["score"] - decision["score"]["value"] == newest["points_since_decision"]
    assert between["points"] == newest["score"] - first["score"] == newest["points_since_last"]
    factor = next(one for one in since["factors"] if one["features"] == ["receivables_dso_days_3m"])
    assert factor["points"] < 0
    assert all(document["number"] for document in factor["documents"])
    assert factor["documents"]
    assert since["text"]["de"].startswith("Seit der Entscheidung vom ")
    assert between["text"]["de"].startswith("Seit der Beobachtung vom ")
    assert (shown["previous_id"], first["points_since_last"]) == (first["observation_id"], None)
    assert (none.status_code, none.json()["type"]) == (404, "/problems/not-found")


async def test_an_observation_replays_from_its_books_and_without_them(tmp_path: Path) -> None:
    """As a decision does; the books go with the end of the monitoring."""
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        await service.post(f"{found['links']['self']}/observe", None)
        (line,) = await observed(service, found)
        database, cipher = service.app.state.database, service.app.state.cipher
        kept = await load_observed_input(database, cipher, line["observation_id"])
        await service.delete(found["links"]["self"])
        gone = await load_observed_input(database, cipher, line["observation_id"])
    reports = [replay(made.decision, snapshot, a_serving()) for made, snapshot in (kept, gone)]
    assert [(one.made_from, one.agrees, one.differences) for one in reports] == [
        ("snapshot", True, ()),
        ("row", True, ()),
    ]


async def test_who_may_not_be_monitored_is_told_why(tmp_path: Path) -> None:
    """Without the purpose, without a decision, with a connection that does not work, twice; nothing is stored."""
    async with running(tmp_path, **AT_ONCE) as service:
        undecided = await connected(service, "firm-1")
        lacking = await connected(service, "firm-2", "training")
        other = await decided(service, undecided, "firm-1")
        twice = await monitored(service, "firm-3")
        answers = [
            await service.post("/v1/monitoring", {"connection_id": lacking}),
            await service.post("/v1/monitoring", {"connection_id": await connected(service, "firm-4")}),
            await service.post("/v1/monitoring", {"connection_id": twice["connection_id"], "decision_id": other}),
            await service.post("/v1/monitoring", {"connection_id": twice["connection_id"]}),
        ]
        unknown = await service.post("/v1/monitoring", {"connection_id": "con_\0"})
        listed = (await service.get("/v1/monitoring")).json()["items"]
    assert [answer.status_code for answer in answers] == [409] * len(answers)
    told = [answer.json()["detail"] for answer in answers]
    assert all(answer.json()["code"] == "monitoring-refused" for answer in answers)
    assert "lacks the purpose monitoring" in told[0]
    assert "no decision on the borrower yet" in told[1]
    assert "no decision with this identifier on the borrower" in told[2]
    assert f"monitored already, by {twice['monitoring_id']}" in told[3]
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/not-found")
    assert [one["monitoring_id"] for one in listed] == [twice["monitoring_id"]]


async def test_without_a_loan_monitoring_ends_by_itself(tmp_path: Path) -> None:
    """Sixty days after the decision: the last of them is read, the next day nothing is; a list told it before."""
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        path = found["links"]["self"]
        decided_on = service.clock.now.date()
        service.clock.advance(days=60)
        await service.post(f"{path}/observe", None)
        await observed(service, found)
        (listed,) = (await service.get("/v1/monitoring")).json()["items"]
        service.clock.advance(days=1)
        wake(service)
        over = (await service.get(path)).json()
        database: Database = service.app.state.database
        of_it = select(monitoring_subscriptions.c.due_at)
        due_at = await database.read_at_once(lambda connection: connection.execute(of_it).scalar_one())
        service.clock.now = max(datetime.fromisoformat(due_at), service.clock.now)
        wake(service)
        now = await stands(service, path, "ended")
        asked = await service.post(f"{path}/observe", None)
        books = await stored(service, observations.c.books)
        events = (await service.get("/v1/events", type="monitoring.ended")).json()["items"]
        again = await service.post("/v1/monitoring", {"connection_id": found["connection_id"]})
        await lent(service, found["decision_id"])
        lately = await service.post("/v1/monitoring", {"connection_id": found["connection_id"]})
    assert found["ends_on"] == listed["ends_on"] == (decided_on + timedelta(days=60)).isoformat()
    assert over["due_at"] is None  # nothing is read any more
    assert (now["cause"], now["ends_on"], books) == ("no_loan", None, [(None,)])
    assert [one["data"]["cause"] for one in events] == ["no_loan"]
    assert (asked.status_code, asked.json()["code"]) == (409, "monitoring-ended")
    assert (again.status_code, again.json()["code"]) == (409, "monitoring-refused")
    assert "more than 60 days old" in again.json()["detail"]
    assert "enter the loan (POST /v1/loans)" in again.json()["detail"]
    assert (lately.status_code, lately.json()["ends_on"]) == (201, None)


async def test_a_paused_monitoring_without_a_loan_ends_with_retention(tmp_path: Path) -> None:
    """Nobody reads its books, and what was kept for it goes all the same; with a loan it stays."""
    async with running(tmp_path, **AT_ONCE) as service:
        without, with_one = await monitored(service), await monitored(service, "firm-2")
        await lent(service, with_one["decision_id"])
        service.faults.add([Fault(is_revoked=True)])
        for one in (without, with_one):
            await service.post(f"{one['links']['self']}/observe", None)
            await stands(service, one["links"]["self"], "paused")
        database, today = service.app.state.database, service.clock.now
        kept = [await retain(database, today + timedelta(days=days)) for days in (60, 61, 62)]
        states = [(await service.get(one["links"]["self"])).json() for one in (without, with_one)]
    assert [one["monitoring_without_loan"] for one in kept] == [0, 1, 0]
    assert [(one["state"], one["cause"]) for one in states] == [("ended", "no_loan"), ("paused", "credential-rejected")]


@ON_SQLITE
async def test_a_loan_that_is_entered_keeps_monitoring_until_it_ends(tmp_path: Path) -> None:
    """By the interface, on a decision that approves."""
    async with lending(tmp_path, **AT_ONCE) as service:
        body = {"borrower_ref": "firm-1", "sevdesk_token": HEALTHY.token, "purposes": ["decision", "monitoring"]}
        connection = (await service.post("/v1/connections", body)).json()["connection_id"]
        amount = {"value": "9000.00", "currency": "EUR"}
        terms = {"sevdesk_token": None, "connection_id": connection, "payout_iban": HEALTHY.iban, "amount": amount}
        decision = (await service.post("/v1/decisions", application(**terms))).json()
        assert decision["verdict"] == "approve"
        found = (await service.post("/v1/monitoring", {"connection_id": connection})).json()
        loan = (await service.post("/v1/loans", granting(decision["decision_id"]))).json()["loan_id"]
        entered = (await service.get(found["links"]["self"])).json()
        service.clock.advance(days=61)
        await service.post(f"{found['links']['self']}/observe", None)
        await observed(service, found)
        closed = await enter(service, loan, entry("closed", "end", service.clock.now.date()))
        now = (await service.get(found["links"]["self"])).json()
    assert found["ends_on"] is not None
    assert entered["ends_on"] is None
    assert closed.status_code == 201, closed.text
    assert (now["state"], now["cause"]) == ("ended", "loan_ended")


@ON_SQLITE
async def test_monitoring_does_not_begin_again_after_the_loan_on_its_decision(tmp_path: Path) -> None:
    """Though the decision is younger than 60 days: a new loan takes a new decision, as the firm was told."""
    async with lending(tmp_path, **AT_ONCE) as service:
        body = {"borrower_ref": "firm-1", "sevdesk_token": HEALTHY.token, "purposes": ["decision", "monitoring"]}
        connection = (await service.post("/v1/connections", body)).json()["connection_id"]
        amount = {"value": "9000.00", "currency": "EUR"}
        terms = {"sevdesk_token": None, "connection_id": connection, "payout_iban": HEALTHY.iban, "amount": amount}
        decision = (await service.post("/v1/decisions", application(**terms))).json()
        await service.post("/v1/monitoring", {"connection_id": connection})
        loan = (await service.post("/v1/loans", granting(decision["decision_id"]))).json()["loan_id"]
        service.clock.advance(days=10)
        await enter(service, loan, entry("closed", "end", service.clock.now.date()))
        again = await service.post("/v1/monitoring", {"connection_id": connection})
        await service.post("/v1/decisions", application(**terms))
        anew = await service.post("/v1/monitoring", {"connection_id": connection})
    assert (again.status_code, "the loan on this decision has ended" in again.json()["detail"]) == (409, True)
    assert anew.status_code == 201, anew.text


async def test_a_declined_borrower_is_not_monitored_unless_it_has_a_loan(tmp_path: Path) -> None:
    """There is nothing to watch; the answer says what to do."""
    async with running(tmp_path, **AT_ONCE) as service:
        connection = await connected(service)
        body = application(sevdesk_token=None, connection_id=connection, borrower_ref="firm-1")
        decision = (await service.post("/v1/decisions", body)).json()
        refused = await service.post("/v1/monitoring", {"connection_id": connection})
        count_then = await count(service, monitoring_subscriptions)
        await lent(service, decision["decision_id"])
        taken = await service.post("/v1/monitoring", {"connection_id": connection})
    assert decision["verdict"] == "decline"
    assert (refused.status_code, refused.json()["code"], count_then) == (409, "monitoring-refused", 0)
    assert "declined or withdrawn" in refused.json()["detail"]
    assert taken.status_code == 201


@pytest.mark.parametrize("way", ["declined", "withdrawn"])
async def test_a_case_that_ends_without_a_loan_ends_the_monitoring(tmp_path: Path, way: str) -> None:
    """Whoever began while persons had not decided reads no further once they have; nothing is read for it."""
    async with banking(tmp_path, **AT_ONCE) as bank:
        case = await bank.refer()
        connection = await connected(bank.service, case["borrower_ref"])
        found = (await bank.service.post("/v1/monitoring", {"connection_id": connection})).json()
        if way == "declined":
            await bank.vote(case, "fritz", verdict="decline", reason="not_affordable", annual_rate_percent=None)
        else:
            await bank.do(case, "withdrawal", "system", text="Der Antragsteller will nicht mehr")
        asked = await bank.service.post(f"{found['links']['self']}/observe", None)
        now = (await bank.service.get(found["links"]["self"])).json()
    assert (asked.status_code, asked.json()["code"]) == (409, "monitoring-ended")
    assert (now["state"], now["cause"]) == ("ended", "no_loan")


@pytest.mark.parametrize("way", ["purpose", "connection"])
async def test_who_withdraws_is_read_no_more_and_the_books_are_deleted(tmp_path: Path, way: str) -> None:
    """In the transaction of the withdrawal; what was observed stays, and is told with its cause."""
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        await service.post(f"{found['links']['self']}/observe", None)
        (line,) = await observed(service, found)
        path = f"/v1/connections/{found['connection_id']}"
        await service.delete(f"{path}/purposes/monitoring" if way == "purpose" else path)
        now = (await service.get(found["links"]["self"])).json()
        asked = await service.post(f"{found['links']['self']}/observe", None)
        still = await service.get(line["links"]["self"])
        books = await stored(service, observations.c.books)
        events = (await service.get("/v1/events", type="monitoring.ended")).json()["items"]
    cause = {"purpose": "withdrawn", "connection": "disconnected"}[way]
    assert (now["state"], now["cause"], now["due_at"]) == ("ended", cause, None)
    assert (asked.status_code, asked.json()["code"]) == (409, "monitoring-ended")
    assert still.status_code == 200
    assert books == [(None,)]
    assert [one["data"] for one in events] == [{"monitoring_id": found["monitoring_id"], "cause": cause}]


@pytest.mark.parametrize(
    ("reason", "until", "kept"),
    [
        (None, TODAY, 0),
        (HoldReason.OPEN_LOAN, date(2026, 12, 31), 0),
        (HoldReason.LEGAL_CLAIMS, date(2026, 12, 31), 1),
        (HoldReason.LEGAL_CLAIMS, TODAY, 0),
    ],
)
async def test_a_law_keeps_books_of_who_withdraws_and_an_open_loan_does_not(
    tmp_path: Path, reason: HoldReason | None, until: date, kept: int
) -> None:
    """They go with the hold."""
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        await service.post(f"{found['links']['self']}/observe", None)
        await observed(service, found)
        database: Database = service.app.state.database
        if reason is not None:
            await set_hold(
                database,
                lender_id="bank",
                borrower_ref="firm-1",
                reason=reason,
                until=until,
                now=service.clock.now,
                randomness=os.urandom,
                mark=a_mark(Who(lender_id="bank"), Action.HOLD_SET, now=service.clock.now, randomness=os.urandom),
            )
        service.clock.now = datetime(2026, 10, 1, 22, 30, tzinfo=UTC)  # the next day has begun in Berlin
        await service.delete(f"/v1/connections/{found['connection_id']}/purposes/monitoring")
        (books,) = await stored(service, observations.c.books)
        counts = [await retain(database, service.clock.now + timedelta(days=days)) for days in (60, 120)]
    assert (books[0] is not None) == kept
    assert [one["observation_books"] for one in counts] == [0, kept]


async def test_books_are_read_when_they_are_due_and_not_before(tmp_path: Path) -> None:
    """By the rhythm of the grade; the time of the day follows from the identifier."""
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        due = datetime.fromisoformat(found["due_at"])
        decision = (await service.get(found["links"]["decision"])).json()
        days = load_rhythm().days_for(decision["grade"])
        service.clock.now = due - timedelta(minutes=1)
        await asyncio.sleep(0.2)
        none = (await service.get(found["links"]["observations"])).json()["items"]
        service.clock.now = due
        wake(service)
        await observed(service, found)
        now = (await service.get(found["links"]["self"])).json()
    decided_on = day_in_berlin(datetime.fromisoformat(decision["created_at"]))
    assert (day_in_berlin(due) - decided_on).days == days
    assert none == []
    # days in Berlin, where one has 25 hours in autumn: what lies between is told by the clock there
    following = datetime.fromisoformat(now["due_at"]).astimezone(BERLIN)
    assert following - due.astimezone(BERLIN) == timedelta(days=days)


async def test_books_that_cannot_be_read_are_tried_again_and_at_last_given_up(tmp_path: Path) -> None:
    """With growing pauses; the cause is told, and who asks for it lets it go on."""
    hours = load_rhythm().retry_hours
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        path, waits = found["links"]["self"], []
        service.faults.add([Fault(resource="Invoice", status=200, body="html")])
        await service.post(f"{path}/observe", None)
        for number in range(1, len(hours) + 1):
            due_at = await tried(service, number)
            waits.append((due_at - service.clock.now) / timedelta(hours=1))
            service.clock.now = due_at
            wake(service)
        now = await stands(service, path, "paused")
        events = (await service.get("/v1/events", type="monitoring.paused")).json()["items"]
        service.faults.clear()
        await service.post(f"{path}/observe", None)
        await observed(service, found)
        mended = (await service.get(path)).json()
    assert waits == list(hours)
    assert (now["cause"], now["due_at"]) == ("source-unexpected-answer", None)
    assert [one["data"]["cause"] for one in events] == ["source-unexpected-answer"]
    assert (mended["state"], mended["cause"]) == ("active", None)


async def test_a_decision_of_a_later_version_is_observed_by_it(tmp_path: Path) -> None:
    """This one can do nothing with its record: it puts the borrower off, ever longer, counts no try and pauses none."""
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        path, database = found["links"]["self"], service.app.state.database
        record = (await stored(service, decisions.c.record))[0].record
        later = record.replace(f'"schema":{SCHEMA}'.encode(), f'"schema":{SCHEMA + 1}'.encode())
        assert later != record
        await database.write_at_once(lambda connection: write_record(connection, later))
        await service.post(f"{path}/observe", None)
        put_off = []
        for _ in range(4):
            due_at = await tried(service, 0, since=service.clock.now)
            put_off.append((due_at - service.clock.now).total_seconds())
            service.clock.now = due_at
            wake(service)
        await database.write_at_once(lambda connection: write_record(connection, record))
        wake(service)
        await tried(service, 0, since=service.clock.now)
        service.clock.advance(seconds=30)
        wake(service)
        await observed(service, found)
        now = (await service.get(path)).json()
    assert put_off == [30.0, 30.0, 60.0, 120.0]
    assert (now["state"], now["cause"]) == ("active", None)


async def test_what_no_later_version_takes_for_a_day_is_given_up_and_told(tmp_path: Path) -> None:
    """Such as after a version was taken back: else nobody would hear that the borrower is not observed any more."""
    hours = load_rhythm().retry_hours
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        path, database = found["links"]["self"], service.app.state.database
        record = (await stored(service, decisions.c.record))[0].record
        later = record.replace(f'"schema":{SCHEMA}'.encode(), f'"schema":{SCHEMA + 1}'.encode())
        await database.write_at_once(lambda connection: write_record(connection, later))
        service.clock.advance(hours=2)
        await service.post(f"{path}/observe", None)
        first = (await tried(service, 0, since=service.clock.now)) - service.clock.now
        service.clock.advance(hours=22)
        wake(service)
        waits = []
        for number in range(1, len(hours) + 1):
            due_at = await tried(service, number)
            waits.append((due_at - service.clock.now) / timedelta(hours=1))
            service.clock.now = due_at
            wake(service)
        now = await stands(service, path, "paused")
        events = (await service.get("/v1/events", type="monitoring.paused")).json()["items"]
    assert first == timedelta(hours=1)
    assert waits == list(hours)
    assert now["cause"] == "newer-record"
    assert [one["data"]["cause"] for one in events] == ["newer-record"]


def write_record(connection: Connection, content: bytes) -> None:
    """Store the record of the only decision, whole."""
    connection.execute(update(decisions).values(record=content, sha256=hashlib.sha256(content).hexdigest()))


async def test_a_credential_that_is_rejected_pauses_at_once(tmp_path: Path) -> None:
    """Nothing but the firm can mend it; the connection says the same."""
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        service.faults.add([Fault(is_revoked=True)])
        await service.post(f"{found['links']['self']}/observe", None)
        now = await stands(service, found["links"]["self"], "paused")
        connection = (await service.get(f"/v1/connections/{found['connection_id']}")).json()
    assert now["cause"] == "credential-rejected"
    assert connection["status"] == "rejected"


async def test_each_is_claimed_once_and_a_lapsed_lease_is_taken_again(tmp_path: Path) -> None:
    """The attempt that came too late stores nothing."""
    async with running(tmp_path, **AT_ONCE) as service:
        found = [await monitored(service, f"firm-{number}") for number in range(3)]
        database: Database = service.app.state.database
        now = service.clock.now + timedelta(days=92)

        lease = timedelta(seconds=15)

        def work(connection: Connection) -> tuple[list[str], list[str], list[str]]:
            claim = partial(subscriptions.claim, connection, lease=lease, between=timedelta(0), served={})
            first, second = claim(["att_1", "att_2"], now=now), claim(["att_3", "att_4"], now=now)
            again = claim(["att_5", "att_6", "att_7"], now=now + lease)
            with pytest.raises(SubscriptionLostError):
                subscriptions.finish(connection, first[0], observed_at=instant(now), due_at=now)
            return [one.id for one in first], [one.id for one in second], [one.id for one in again]

        first, second, again = await database.write_at_once(work)
    assert sorted([*first, *second]) == sorted(one["monitoring_id"] for one in found)
    assert sorted(again) == sorted([*first, *second])


async def test_who_asks_for_an_observation_uses_the_quota_of_the_key(tmp_path: Path) -> None:
    """Else a key could have scores without end; nothing is asked for beyond it."""
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        key = await service.key(Role.UNDERWRITE)
        await set_quota(service.app.state.database, key.split("_")[1], Rate(count=1, seconds=86_400))
        path = f"{found['links']['self']}/observe"
        answers = [await service.post(path, None, key=key) for _ in range(2)]
        await observed(service, found)
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].json()["code"] == "quota-used-up"


async def test_lenders_come_in_turn(tmp_path: Path) -> None:
    """One borrower of another lender does not wait for all of the first."""
    async with running(tmp_path, **AT_ONCE) as service:
        for number in range(3):
            await monitored(service, f"firm-{number}")
        service.keys["bank"] = await service.key(*Role, lender="other")
        service.clock.advance(minutes=1)
        await monitored(service)
        database: Database = service.app.state.database
        now, served = service.clock.now + timedelta(days=92), dict[str, int]()
        claim = partial(subscriptions.claim, now=now, lease=timedelta(seconds=15), between=timedelta(0), served=served)
        taken = [await database.write_at_once(partial(claim, attempts=[f"att_{number}"])) for number in range(5)]
    assert [one.lender_id for found in taken for one in found] == ["bank", "other", "bank", "bank"]


async def test_an_erasure_and_the_end_of_retention_leave_nothing(tmp_path: Path) -> None:
    """Books go first, observations with decisions, and all of it with the borrower."""
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        await lent(service, found["decision_id"])
        await service.post(f"{found['links']['self']}/observe", None)
        await observed(service, found)
        database: Database = service.app.state.database
        kept = await retain(database, service.clock.now + timedelta(days=700))
        books = await retain(database, service.clock.now + timedelta(days=731))
        await database.write_at_once(
            lambda connection: erase(
                connection, service.app.state.signer, found_borrower(connection), at=instant(service.clock.now)
            )
        )
        left = [await count(service, table) for table in (observations, monitoring_subscriptions)]
    assert (kept["observation_books"], kept["connections"]) == (0, 0)
    assert books["observation_books"] == 1
    assert left == [0, 0]


async def test_another_lenders_and_restricted_borrowers_are_not_shown(tmp_path: Path) -> None:
    """A restriction ends the monitoring and keeps the books; only auditors and administrators read on."""
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        await service.post(f"{found['links']['self']}/observe", None)
        (line,) = await observed(service, found)
        database: Database = service.app.state.database
        await database.write_at_once(
            lambda connection: restrict(
                connection, service.app.state.signer, found_borrower(connection), at=instant(service.clock.now)
            )
        )
        reader, auditor = await service.key(Role.UNDERWRITE), await service.key(Role.AUDIT)
        paths = (found["links"]["self"], found["links"]["observations"], line["links"]["self"])
        refused = [(await service.get(path, key=reader)).status_code for path in paths]
        shown = [(await service.get(path, key=auditor)).status_code for path in paths]
        listed = [len((await service.get("/v1/monitoring", key=key)).json()["items"]) for key in (reader, auditor)]
        books = await stored(service, observations.c.books)
    assert (refused, shown, listed) == ([403] * 3, [200] * 3, [0, 1])
    assert books[0][0] is not None


@ON_SQLITE
async def test_the_firm_is_told_what_was_observed(tmp_path: Path) -> None:
    """On the page of its link by the day, with the way to withdraw; in the answer to a request for access wholly."""
    async with running(tmp_path, is_plain_http=True, **AT_ONCE) as service:
        session, path = await a_link(service, purposes=["decision", "monitoring"])
        assert (await send(service, path, monitoring="yes")).status_code == 303
        connection = (await service.get(f"/v1/connect-sessions/{session}")).json()["connection_id"]
        await decided(service, connection)
        found = (await service.post("/v1/monitoring", {"connection_id": connection})).json()
        await service.post(f"{found['links']['self']}/observe", None)
        (line,) = await observed(service, found)
        page = (await service.http.get(path)).text
        asked = {"borrower_ref": "firm-1", "kind": "access", "received_on": "2026-09-30", "identity_check": "in_person"}
        request = (await service.post("/v1/subject-requests", asked)).json()["subject_request_id"]
        answer = await service.get(f"/v1/subject-requests/{request}/bundle")
        fields = hidden_fields(page) | {"purpose": "monitoring"}
        assert (await service.http.post(f"{path}/withdraw?lang=de", data=fields)).status_code == 303
        now = (await service.get(found["links"]["self"])).json()
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    data, shown = json.loads(archive.read("data.json")), archive.read("index.html").decode()
    assert "An diesen Tagen wurden sie zur Beobachtung gelesen" in page
    assert "Nur dies widerrufen: Ihre Bücher nach der Entscheidung wieder lesen" in page
    assert (now["state"], now["cause"]) == ("ended", "withdrawn")
    (told,) = data["observations"]
    assert (told["id"], told["score"]) == (line["observation_id"], line["score"])
    whole = json.loads(archive.read(told["file"]))
    assert whole["facts"]["decision_id"] == line["observation_id"]
    assert whole["words"]["reasons"] == told["words"]["reasons"]
    assert whole["document_numbers"]
    assert f'href="{told["file"]}"' in shown
    assert f"ledger/{line['observation_id']}/invoices.csv" in archive.namelist()
    assert [one["id"] for one in data["monitoring_subscriptions"]] == [found["monitoring_id"]]
    assert "Beobachtungen nach der Entscheidung" in shown
    assert line["observation_id"] in shown


async def test_observations_are_read_one_by_one_for_who_asks_for_access(tmp_path: Path) -> None:
    """Each when its files are asked for, so that no transaction grows with them: one that went meanwhile is told."""
    async with running(tmp_path, **AT_ONCE) as service:
        found = await monitored(service)
        for number in (1, 2):
            await service.post(f"{found['links']['self']}/observe", None)
            await observed(service, found, number)
        state = service.app.state
        database: Database = state.database
        borrower = await database.read_at_once(found_borrower)
        asked = await gather(database, state.cipher, state.signer, lender_id="bank", borrower_id=borrower)
        first, second = (one["id"] for one in asked.data["observations"])
        paths = [(await anext(asked.files))[0]]
        gone = delete(observations).where(observations.c.id == second)
        await database.write_at_once(lambda connection: connection.execute(gone))
        paths += [path async for path, _ in asked.files]
    assert paths[0] == f"observations/{first}.json"
    assert f"ledger/{first}/invoices.csv" in paths
    assert not [path for path in paths if second in path]
    assert asked.data["observations"][1]["unreadable"] == "ErasedDecisionError"
    assert len(asked.data["decisions"]) == 1


def another_account() -> Books:
    """Like the firm's, with documents of its own."""
    other = books_of(*(invoice(800_000 + number) for number in range(40)), firm="other", token="1" * 32)
    return replace(other, objects={**a_firm().objects, "Invoice": other.objects["Invoice"]})


async def test_books_of_another_account_are_not_observed(tmp_path: Path) -> None:
    """Else a firm in trouble could show the books of a sound one: monitoring pauses, and the lender is told."""
    async with running(tmp_path, books=[a_firm(), another_account()], **AT_ONCE) as service:
        first = await connected(service)
        watched = await decided(service, first)
        await service.delete(f"/v1/connections/{first}")
        body = {"borrower_ref": "firm-1", "sevdesk_token": "1" * 32, "purposes": ["decision", "monitoring"]}
        second = (await service.post("/v1/connections", body)).json()["connection_id"]
        asked = {"connection_id": second, "decision_id": watched}
        found = (await service.post("/v1/monitoring", asked)).json()
        await service.post(f"{found['links']['self']}/observe", None)
        paused = await stands(service, found["links"]["self"], "paused")
        items = (await service.get(found["links"]["observations"])).json()["items"]
        anew = await decided(service, second)
        await service.delete(found["links"]["self"])
        again = (await service.post("/v1/monitoring", {**asked, "decision_id": anew})).json()
        await service.post(f"{again['links']['self']}/observe", None)
        await observed(service, again)
    assert (paused["cause"], items) == ("other-books", [])


@ON_SQLITE
async def test_the_decision_of_the_open_loan_is_watched_whatever_was_decided_since(tmp_path: Path) -> None:
    """What changed is told since the loan was granted: beginning again does not move that day."""
    async with running(tmp_path, **AT_ONCE) as service:
        connection = await connected(service)
        granted = await decided(service, connection)
        await lent(service, granted)
        later = await decided(service, connection)
        by_loan = (await service.post("/v1/monitoring", {"connection_id": connection})).json()
        await service.delete(by_loan["links"]["self"])
        named = (await service.post("/v1/monitoring", {"connection_id": connection, "decision_id": later})).json()
    assert (by_loan["decision_id"], named["decision_id"]) == (granted, later)
