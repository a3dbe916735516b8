"""Early warnings over HTTP: raised and cleared by observations, then assigned, snoozed and answered by persons."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from integration.api.test_metrics import samples, value
from integration.api.test_monitoring import AT_ONCE, connected, count, decided, monitored, observed
from lending import lent
from people import add
from service import Service, retain, running
from sqlalchemy import delete, update

from scoring.runtime.serving import ServingError
from scoring.store.database import Database
from scoring.store.persons import disable_person
from scoring.store.principals import Role, names_of
from scoring.store.tables import loans, snapshots, warning_steps, warnings
from scoring.store.warnings import person

TRIGGERS_FILE = """
version = "own"
asks_again_days = 90
[[triggers]]
name = "stale_feed"
severity = "medium"
respond_days = 5
signs = [{ reads = "books_age_days", bound = "at_least", level = 46.0, level_clear = 30.0 }]
[[triggers]]
name = "young_books"
severity = "high"
respond_days = 3
signs = [{ reads = "books_age_days", bound = "at_most", level = 45.0, level_clear = 50.0 }]
[[triggers]]
name = "concentration"
severity = "medium"
respond_days = 10
signs = [{ reads = "customers_top1_share_12m_v2", bound = "at_least", level = 0.001, level_clear = 0.0 }]
"""
_CHANGED = """
version = "own"
asks_again_days = 90
[[triggers]]
name = "stale_feed"
severity = "medium"
respond_days = 5
signs = [{ reads = "trust_bank_line_age_days_v2", bound = "at_least", change = 30.0, change_clear = 5.0 }]
"""
TWO_SIGNS = """
version = "own"
asks_again_days = 90
[[triggers]]
name = "stale_feed"
severity = "medium"
respond_days = 5
signs = [
    { reads = "books_age_days", bound = "at_least", level = 46.0, level_clear = 30.0 },
    { reads = "trust_bank_line_age_days_v2", bound = "at_least", level = 110.0, level_clear = 14.0 },
]
"""
TEXT = "Called the owner: the tax adviser books once a quarter."


def a_triggers_file(folder: Path) -> Path:
    """Triggers that any books reach."""
    path = folder / "triggers.toml"
    path.write_text(TRIGGERS_FILE)
    return path


@asynccontextmanager
async def watching(folder: Path) -> AsyncIterator[Service]:
    """A service with triggers that its books reach as the clock moves."""
    async with running(folder, **AT_ONCE, triggers_file=a_triggers_file(folder)) as service:
        yield service


async def look(service: Service, found: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """Observe now; returns the warnings afterwards, newest first."""
    asked = await service.post(f"{found['links']['self']}/observe", None)
    assert asked.status_code == 200, asked.text
    await observed(service, found, number)
    return await listed(service)


async def listed(service: Service, **wanted: str) -> list[dict[str, Any]]:
    """Warnings."""
    answer = await service.get("/v1/warnings", **wanted)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def standing(items: list[dict[str, Any]]) -> dict[str, str]:
    """State by trigger."""
    return {one["trigger"]: one["state"] for one in items}


async def monitored_by(service: Service, key: str, ref: str) -> None:
    """Begin to monitor a borrower with a key, and observe it."""
    connection = await connected(service, ref)
    await decided(service, connection, ref)
    made = await service.post("/v1/monitoring", {"connection_id": connection}, key=key)
    assert made.status_code == 201, made.text
    await look(service, made.json(), 1)


async def raised(service: Service) -> dict[str, Any]:
    """The warning that the young books of a monitored borrower raise."""
    items = await look(service, await monitored(service), 1)
    return next(one for one in items if one["trigger"] == "young_books")


async def request(service: Service, kind: str) -> str:
    """A request of the data subject."""
    body = {"borrower_ref": "firm-1", "kind": kind, "received_on": "2026-09-01", "identity_check": "known_contact"}
    found: str = (await service.post("/v1/subject-requests", body)).json()["subject_request_id"]
    return found


async def test_an_observation_raises_and_a_later_one_clears(tmp_path: Path) -> None:
    """With evidence, the day until when a person answers, and an event for each, written with the observation."""
    async with watching(tmp_path) as service:
        found = await monitored(service)
        before = await look(service, found, 1)
        largest = next(one for one in before if one["trigger"] == "concentration")
        shown = (await service.get(largest["links"]["self"])).json()
        observation = (await service.get(shown["links"]["observation"])).json()
        service.clock.advance(days=60)
        after = await look(service, found, 2)
        events = (await service.get("/v1/events", limit="200")).json()["items"]
    assert standing(before) == {"young_books": "open", "concentration": "open"}
    assert standing(after) == {"young_books": "cleared", "stale_feed": "open", "concentration": "open"}
    assert shown["due_on"] > shown["raised_at"][:10]
    assert shown["documents"], "invoices of the largest customer"
    assert all(one["number"] for one in shown["documents"])
    (sign,) = shown["signs"]
    assert (sign["holds"], sign["level"]) == (True, 0.001)
    assert sign["value"] == observation["features"]["customers_top1_share_12m_v2"]
    assert shown["text"]["en"].startswith("Revenue share of the largest customer: ")
    told = [(one["type"], one["data"]["trigger"]) for one in events if one["type"].startswith("warning.")]
    assert sorted(told) == [
        ("warning.cleared", "young_books"),
        ("warning.raised", "concentration"),
        ("warning.raised", "stale_feed"),
        ("warning.raised", "young_books"),
    ]


async def test_a_warning_that_stands_is_not_raised_again(tmp_path: Path) -> None:
    """However often it is looked at."""
    async with watching(tmp_path) as service:
        found = await monitored(service)
        await look(service, found, 1)
        service.clock.advance(days=1)
        items = await look(service, found, 2)
    assert standing(items) == {"young_books": "open", "concentration": "open"}
    assert len(items) == 2


async def test_a_further_sign_raises_it_again_after_an_answer(tmp_path: Path) -> None:
    """Once: with its finding, due anew, and told. Who was disabled meanwhile does not own it any more."""
    path = tmp_path / "triggers.toml"
    path.write_text(TWO_SIGNS)
    async with running(tmp_path, **AT_ONCE, triggers_file=path) as service:
        await add(service, Role.UNDERWRITE, name="anna")
        found = await monitored(service)
        await lent(service, found["decision_id"])
        service.clock.advance(days=60)
        (first,) = await look(service, found, 1)
        own = first["links"]["self"]
        await service.post(f"{own}/assignment", {"to": "anna"})
        await service.post(f"{own}/answer", {"answer": "explained", "text": TEXT}, key=await service.person())
        await disable_person(service.app.state.database, lender_id="bank", name="anna", now=service.clock())
        service.clock.advance(days=60)
        (second,) = await look(service, found, 2)
        (third,) = await look(service, found, 3)
        shown = (await service.get(own)).json()
        events = (await service.get("/v1/events", type="warning.raised")).json()["items"]
        access = await request(service, "access")
        bundle = await service.get(f"/v1/subject-requests/{access}/bundle")
    assert (second["state"], second["warning_id"]) == ("open", first["warning_id"])
    assert date.fromisoformat(second["due_on"]) - date.fromisoformat(first["due_on"]) == timedelta(days=60)
    assert second["owner"] is None
    assert third == second
    assert [one["kind"] for one in shown["steps"]] == ["assigned", "answered", "raised_again"]
    assert "110 days" in shown["steps"][-1]["found"]["en"]
    assert "110 days" not in shown["text"]["en"]
    assert [one["data"]["warning_id"] for one in events] == [first["warning_id"]] * 2
    kept = json.loads(zipfile.ZipFile(io.BytesIO(bundle.content)).read("data.json"))["warning_steps"]
    assert [one["finding"] and one["finding"]["triggers"] for one in kept] == [None, None, "own"]


async def test_a_damaged_warning_does_not_stop_the_others(tmp_path: Path) -> None:
    """It stays as it is, and nothing is raised beside it."""
    async with watching(tmp_path) as service:
        found = await monitored(service)
        before = await look(service, found, 1)
        damaged = next(one["warning_id"] for one in before if one["trigger"] == "young_books")
        change = update(warnings).where(warnings.c.id == damaged).values(sealed=b"x" * 60)
        database: Database = service.app.state.database
        await database.write_at_once(lambda connection: connection.execute(change))
        service.clock.advance(days=60)
        after = await look(service, found, 2)
    assert standing(after) == {"young_books": "open", "stale_feed": "open", "concentration": "open"}
    assert len(after) == 3


async def test_a_person_who_is_disabled_owns_no_warning(tmp_path: Path) -> None:
    """Neither by assignment, nor by having begun to monitor; what the person owns is found by name."""
    async with watching(tmp_path) as service:
        await add(service, Role.UNDERWRITE, name="anna")
        one = await raised(service)
        await service.post(f"{one['links']['self']}/assignment", {"to": "anna"})
        database: Database = service.app.state.database
        await disable_person(database, lender_id="bank", name="anna", now=service.clock())
        answer = await service.post(f"{one['links']['self']}/assignment", {"to": "anna"})
        left = await listed(service, owner="anna")
        names = await names_of(database, "bank")
        anna = next(identifier for identifier, name in names.items() if name == "anna")
        owner = await database.read_at_once(lambda connection: person(connection, "bank", anna))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "to")
    assert "disabled" in answer.json()["errors"][0]["message"]
    assert [found["warning_id"] for found in left] == [one["warning_id"]]
    assert owner is None


async def test_a_warning_is_assigned_snoozed_and_answered(tmp_path: Path) -> None:
    """What each wrote is there with their name; the loan and its decision stay as they are."""
    async with watching(tmp_path) as service:
        await add(service, Role.UNDERWRITE, name="anna")
        await add(service, Role.UNDERWRITE, name="berta")
        one = await raised(service)
        path, today = one["links"]["self"], one["raised_at"][:10]
        decision = (await service.get(one["links"]["decision"])).json()
        assigned = (await service.post(f"{path}/assignment", {"to": "anna"})).json()
        until = f"{int(today[:4]) + (today[5:7] == '12')}-{int(today[5:7]) % 12 + 1:02d}-{today[8:]}"
        by_system = [
            await service.post(f"{path}/snooze", {"until": until, "text": TEXT}),
            await service.post(f"{path}/answer", {"answer": "explained", "text": TEXT}),
        ]
        snoozed = (
            await service.post(f"{path}/snooze", {"until": until, "text": TEXT}, key=await service.person())
        ).json()
        mine = await listed(service, owner="anna", state="snoozed")
        nobodys = await listed(service, owner="berta")
        answered = (
            await service.post(f"{path}/answer", {"answer": "explained", "text": TEXT}, key=await service.person())
        ).json()
        due = await listed(service, state="open")
        again = await service.post(f"{path}/snooze", {"until": until, "text": TEXT}, key=await service.person())
        unchanged = (await service.get(one["links"]["decision"])).json()
        kept = await count(service, loans)
        rows = (await service.get("/v1/audit", limit="200")).json()["items"]
    assert [(one.status_code, one.json()["reason"]) for one in by_system] == [(403, "no_person")] * 2
    assert assigned["owner"]["name"] == "anna"
    due_on = str(date.fromisoformat(until) + timedelta(days=1))
    assert (snoozed["state"], snoozed["due_on"], snoozed["snoozed_until"]) == ("snoozed", due_on, until)
    assert [found["warning_id"] for found in mine] == [one["warning_id"]]
    assert nobodys == []
    assert answered["state"] == "answered"
    assert [(step["kind"], step["answer"], step["text"]) for step in answered["steps"]] == [
        ("assigned", None, None),
        ("snoozed", None, TEXT),
        ("answered", "explained", TEXT),
    ]
    assert one["warning_id"] not in {found["warning_id"] for found in due}
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "warning-state")
    assert (decision, kept) == (unchanged, 0)
    acts = {row["action"] for row in rows if row["object"] == one["warning_id"]} - {"warnings.listed"}
    assert acts == {"warning.assigned", "warning.snoozed", "warning.answered"}


async def test_a_person_who_began_to_monitor_owns_what_is_raised(tmp_path: Path) -> None:
    """Whom a system monitors, nobody owns at first."""
    async with watching(tmp_path) as service:
        await monitored_by(service, await service.key(*Role, name="anna", kind="person"), "firm-1")
        own = await listed(service, owner="anna")
        await monitored_by(service, await service.key(*Role, name="los"), "firm-2")
        others = await listed(service, borrower_ref="firm-2")
    assert len(own) == 2
    assert {one["owner"]["name"] for one in own} == {"anna"}
    assert {one["owner"] and one["owner"]["name"] for one in others} == {None}


@pytest.mark.parametrize("are_books_kept", [True, False])
async def test_a_change_of_what_decided_nothing_is_told_from_the_books_of_the_decision(
    tmp_path: Path, *, are_books_kept: bool
) -> None:
    """The record of the decision does not have the value. Without the books it is not known, and nothing is raised."""
    path = tmp_path / "triggers.toml"
    path.write_text(_CHANGED)
    async with running(tmp_path, **AT_ONCE, triggers_file=path) as service:
        found = await monitored(service)
        decision = (await service.get(found["links"]["decision"])).json()
        if not are_books_kept:
            database: Database = service.app.state.database
            await database.write_at_once(lambda connection: connection.execute(delete(snapshots)))
        service.clock.advance(days=60)
        items = await look(service, found, 1)
        shown = [(await service.get(one["links"]["self"])).json() for one in items]
    assert "trust_bank_line_age_days_v2" not in decision["features"]
    changes = [sign["value"] - sign["before"] for one in shown for sign in one["signs"]]
    assert changes == ([60.0] if are_books_kept else [])


async def test_a_snooze_ends_and_an_answer_is_asked_for_again(tmp_path: Path) -> None:
    """A snooze by the calendar; an answer after as many days as the file says, while the signs hold."""
    async with watching(tmp_path) as service:
        found = await monitored(service)
        await lent(service, found["decision_id"])
        await look(service, found, 1)
        service.clock.advance(days=60)
        items = await look(service, found, 2)
        stale = next(one for one in items if one["trigger"] == "stale_feed")
        path = stale["links"]["self"]
        until = stale["due_on"]
        due = str(date.fromisoformat(until) + timedelta(days=1))
        await service.post(f"{path}/snooze", {"until": until, "text": TEXT}, key=await service.person())
        service.clock.advance(days=6)
        back = next(one for one in await listed(service, state="open") if one["trigger"] == "stale_feed")
        service.clock.advance(days=1)
        (late,) = [one for one in await listed(service, overdue="true") if one["trigger"] == "stale_feed"]
        await look(service, found, 3)
        again = (await service.get(path)).json()
        await look(service, found, 4)
        events = (await service.get("/v1/events", type="warning.raised")).json()["items"]
        await service.post(f"{path}/answer", {"answer": "watch", "text": TEXT}, key=await service.person())
        service.clock.advance(days=91)
        await look(service, found, 5)
        shown = (await service.get(path)).json()
    assert (back["state"], back["is_overdue"], back["due_on"]) == ("open", False, due)
    assert (late["state"], late["is_overdue"]) == ("open", True)
    assert (again["state"], again["snoozed_until"], again["due_on"]) == ("open", None, due)
    assert again["steps"][-1]["kind"] == "asked_again"
    assert [one["data"]["warning_id"] for one in events].count(again["warning_id"]) == 2
    assert shown["state"] == "open"
    assert shown["steps"][-1]["kind"] == "asked_again"
    assert shown["due_on"] > late["due_on"]


@pytest.mark.parametrize(
    ("step", "body", "field"),
    [
        ("assignment", {"to": "nobody"}, "to"),
        ("assignment", {"to": "an\x00na"}, "to"),
        ("snooze", {"until": "2020-01-01", "text": TEXT}, "until"),
        ("snooze", {"until": "2099-01-01", "text": TEXT}, "until"),
        ("snooze", {"until": "2099-01-01", "text": "  "}, "text"),
        ("answer", {"answer": "ended", "text": TEXT}, "answer"),
        ("answer", {"answer": "watch"}, "text"),
    ],
)
async def test_a_step_that_says_nothing_useful_is_refused(
    tmp_path: Path, step: str, body: dict[str, Any], field: str
) -> None:
    """With the field, and nothing stored."""
    async with watching(tmp_path) as service:
        one = await raised(service)
        answer = await service.post(f"{one['links']['self']}/{step}", body, key=await service.person())
        kept = await count(service, warning_steps)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert kept == 0


async def test_warnings_are_of_one_lender(tmp_path: Path) -> None:
    """Another one finds nothing, and changes nothing."""
    async with watching(tmp_path) as service:
        one = await raised(service)
        other = await service.key(*Role, lender="other")
        path = one["links"]["self"]
        answers = [
            await service.get(path, key=other),
            await service.post(f"{path}/answer", {"answer": "watch", "text": TEXT}, key=other),
        ]
        found = (await service.get("/v1/warnings", key=other)).json()["items"]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert found == []


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"trigger": "overdu"}, "is no trigger; known: concentration, gone, stale_feed, young_books"),
        ({"owner": "nobody"}, "nobody of your lender has this name"),
    ],
)
async def test_a_filter_that_nothing_can_meet_is_refused(tmp_path: Path, wanted: dict[str, str], told: str) -> None:
    """An empty list would look like good news. A trigger that only an earlier file had is still one."""
    async with watching(tmp_path) as service:
        one = await raised(service)
        database: Database = service.app.state.database
        rename = update(warnings).where(warnings.c.id == one["warning_id"]).values(trigger="gone")
        await database.write_at_once(lambda connection: connection.execute(rename))
        refused = await service.get("/v1/warnings", **wanted)
        kept = await listed(service, trigger="gone")
    assert refused.status_code == 404, refused.text
    assert [(error["field"], error["message"]) for error in refused.json()["errors"]] == [(*wanted, told)]
    assert [found["warning_id"] for found in kept] == [one["warning_id"]]


async def test_operators_see_how_many_are_overdue(tmp_path: Path) -> None:
    """At each check of readiness: from the day after, until a person has answered or snoozed it."""
    async with watching(tmp_path) as service:
        await raised(service)
        items, told = await listed(service, state="open"), []
        for days in (10, 1):
            service.clock.advance(days=days)
            await service.http.get("/health/ready")
            told.append(value(await samples(service), "warnings_late"))
        until = str(service.clock().date() + timedelta(days=3))
        for one in items:
            body = {"until": until, "text": TEXT}
            assert (
                await service.post(f"{one['links']['self']}/snooze", body, key=await service.person())
            ).status_code == 200
        await service.http.get("/health/ready")
        told.append(value(await samples(service), "warnings_late"))
    late = sum(one["trigger"] == "young_books" for one in items), len(items)
    assert told == [*late, 0]


async def test_what_was_altered_is_not_shown(tmp_path: Path) -> None:
    """What was found is sealed: who changes it in the database is noticed."""
    async with watching(tmp_path) as service:
        one = await raised(service)
        database: Database = service.app.state.database
        change = update(warnings).where(warnings.c.id == one["warning_id"]).values(sealed=b"x" * 60)
        await database.write_at_once(lambda connection: connection.execute(change))
        answer = await service.get(one["links"]["self"])
    assert answer.status_code == 500
    assert answer.json()["type"].endswith("stored-data-damaged")


async def test_a_data_subject_gets_its_warnings_and_erasure_takes_them(tmp_path: Path) -> None:
    """With what was written about it, and without who did it."""
    async with watching(tmp_path) as service:
        one = await raised(service)
        await service.post(
            f"{one['links']['self']}/answer", {"answer": "explained", "text": TEXT}, key=await service.person()
        )
        access = await request(service, "access")
        bundle = await service.get(f"/v1/subject-requests/{access}/bundle")
        erasure = await request(service, "erasure")
        done = await service.post(f"/v1/subject-requests/{erasure}/completion", None)
        left = [await count(service, table) for table in (warnings, warning_steps)]
    data = json.loads(zipfile.ZipFile(io.BytesIO(bundle.content)).read("data.json"))
    found = next(told for told in data["warnings"] if told["id"] == one["warning_id"])
    assert (found["trigger"], found["state"], found["finding"]["triggers"]) == ("young_books", "answered", "own")
    assert [(step["answer"], step["text"]) for step in data["warning_steps"]] == [("explained", TEXT)]
    assert "by" not in data["warning_steps"][0]
    assert done.status_code == 200, done.text
    assert left == [0, 0]


async def test_what_cannot_be_opened_does_not_block_access(tmp_path: Path) -> None:
    """The step is there with its codes and days."""
    async with watching(tmp_path) as service:
        one = await raised(service)
        await service.post(
            f"{one['links']['self']}/answer", {"answer": "explained", "text": TEXT}, key=await service.person()
        )
        database: Database = service.app.state.database
        change = update(warning_steps).values(sealed=b"x" * 60)
        await database.write_at_once(lambda connection: connection.execute(change))
        access = await request(service, "access")
        bundle = await service.get(f"/v1/subject-requests/{access}/bundle")
    assert bundle.status_code == 200, bundle.text
    steps = json.loads(zipfile.ZipFile(io.BytesIO(bundle.content)).read("data.json"))["warning_steps"]
    assert [(step["answer"], step["text"]) for step in steps] == [("explained", None)]


async def test_warnings_go_with_the_decisions_of_their_time(tmp_path: Path) -> None:
    """As long as decisions are kept, and with what was done about them."""
    async with watching(tmp_path) as service:
        one = await raised(service)
        await service.post(
            f"{one['links']['self']}/answer", {"answer": "explained", "text": TEXT}, key=await service.person()
        )
        database: Database = service.app.state.database
        service.clock.advance(days=365 * 11)
        gone = await retain(database, service.clock())
        left = [await count(service, table) for table in (warnings, warning_steps)]
    assert gone["warnings"] == 2
    assert left == [0, 0]


async def test_a_sign_that_nothing_read_can_show_is_told_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what it needs; the others are seen."""
    path = tmp_path / "triggers.toml"
    path.write_text(TRIGGERS_FILE.replace("books_age_days", "receivables_dunning_depth_12m_v2"))
    async with running(tmp_path, triggers_file=path):
        pass
    told = [line for line in capsys.readouterr().out.splitlines() if "sign_unseen" in line]
    assert len(told) == 1
    assert "receivables_dunning_depth_12m_v2" in told[0]
    assert "reminders" in told[0]


async def test_a_wrong_file_of_triggers_is_told_at_the_start(tmp_path: Path) -> None:
    """With its name and the key."""
    path = tmp_path / "triggers.toml"
    path.write_text(TRIGGERS_FILE.replace("books_age_days", "sales"))
    with pytest.raises((ServingError, ExceptionGroup)) as refused:
        async with running(tmp_path, triggers_file=path):
            pass
    assert "no such feature or fact: sales" in str(refused.value) + json.dumps(
        [str(one) for one in getattr(refused.value, "exceptions", ())]
    )


async def test_a_change_is_over_also_when_the_books_of_the_decision_are_gone(tmp_path: Path) -> None:
    """The warning itself knows what the value was at the decision; while the change lasts, it stands."""
    path = tmp_path / "triggers.toml"
    path.write_text(_CHANGED)
    async with running(tmp_path, **AT_ONCE, triggers_file=path) as service:
        found = await monitored(service)
        service.clock.advance(days=59)
        before = await look(service, found, 1)
        database: Database = service.app.state.database
        await database.write_at_once(lambda connection: connection.execute(delete(snapshots)))
        lasting = await look(service, found, 2)
        now = service.clock.now
    path.write_text(_CHANGED.replace("change = 30.0, change_clear = 5.0", "change = 90.0, change_clear = 70.0"))
    async with running(tmp_path, **AT_ONCE, triggers_file=path) as service:
        service.clock.now = now
        after = await look(service, found, 3)
    assert [standing(items) for items in (before, lasting, after)] == [
        {"stale_feed": "open"},
        {"stale_feed": "open"},
        {"stale_feed": "cleared"},
    ]
