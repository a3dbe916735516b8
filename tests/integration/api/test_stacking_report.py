"""The report on stacking over HTTP and on both databases: whose decisions it counts, and what it never tells."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from integration.api.test_cases import problem
from lending import a_loan
from postgres import ON_SQLITE
from service import Service, application, running
from sqlalchemy import update
from unit.sandbox_server.building import TODAY

from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import Books
from scoring.store.database import Database
from scoring.store.principals import Role
from scoring.store.tables import decisions

FUNDERS = ["online/iwoca", "online/qonto", "online/teylor"]


def books_of(firm: str) -> Books:
    """Of a persona."""
    return next(persona for persona in PERSONAS if persona.firm == firm).books(TODAY)


STACKED, SOUND = books_of("stacked-loans"), books_of("healthy-agency")


@asynccontextmanager
async def two_lenders(folder: Path) -> AsyncIterator[Service]:
    """A service with two lenders, for a firm with three new loans and a sound one with an old loan."""
    async with running(folder, books=[STACKED, SOUND]) as service:
        service.keys["other"] = await service.key(*Role, lender="other")
        yield service


async def decide(service: Service, *refs: str, books: Books = STACKED, lender: str = "bank", **changes: Any) -> str:  # noqa: ANN401  fields of an application
    """Decisions on the same firm under these references; the identifier of the last."""
    made = ""
    for ref in refs:
        body = application(borrower_ref=ref, sevdesk_token=books.token, **changes)
        answer = await service.post("/v1/decisions", body, key=service.keys[lender])
        assert answer.status_code == 201, answer.text
        made = answer.json()["decision_id"]
    return made


async def report(service: Service, lender: str = "bank", **asked: str) -> dict[str, Any]:
    """The report for a lender."""
    answer = await service.get("/v1/reports/stacking", key=service.keys[lender], **asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def counts(found: dict[str, Any]) -> list[int]:
    """Borrowers with 0, 1, 2, 3, and 4 or more funders."""
    return [one["borrowers"] for one in found["counts"]]


async def test_each_lender_sees_its_own_borrowers_alone(tmp_path: Path) -> None:
    """Though the same firms borrow from both, under the same codes of funders."""
    async with two_lenders(tmp_path) as service:
        await decide(service, *(f"firm-{number}" for number in range(5)))
        await decide(service, "firm-5", books=SOUND)
        await decide(service, "firm-0", "firm-9", lender="other")
        bank, other = await report(service), await report(service, "other")
        third = await service.get("/v1/reports/stacking", key=await service.key(Role.AUDIT, lender="third"))
    assert (bank["borrowers"], bank["not_known"], counts(bank)) == (6, 0, [0, 1, 0, 5, 0])
    assert bank["new"] == {"borrowers": 5, "with_own_loan": 0, "not_known": 0}
    assert [(one["funder"], one["borrowers"], one["facilities"], one["new"]) for one in bank["funders"]] == [
        *((code, 5, 5, 5) for code in FUNDERS),
        ("bank/genossenschaftsbank", 1, 1, 0),
    ]
    for one in bank["funders"][:3]:
        low, middle, high = (float(one[name]["value"]) for name in ("remaining_low", "remaining", "remaining_high"))
        assert 0 < low <= middle <= high
    assert bank["funders"][3]["monthly"] is None
    assert (other["borrowers"], counts(other)) == (2, [0, 0, 0, 2, 0])
    assert {one["remaining"] for one in other["funders"]} == {None}
    assert (third.json()["borrowers"], third.json()["funders"]) == (0, [])
    assert not any(name in str(bank) for name in ("firm-", "bor_", "dec_"))


async def test_the_newest_decision_on_a_borrower_counts(tmp_path: Path) -> None:
    """By the day that it looks at: one on an earlier day that is made later does not take its place."""
    async with two_lenders(tmp_path) as service:
        await decide(service, "firm-1", books=SOUND)
        service.clock.advance(minutes=1)
        await decide(service, "firm-1")
        service.clock.advance(minutes=1)
        earlier = (TODAY - timedelta(days=60)).isoformat()
        await decide(service, "firm-1", as_of=earlier)
        now = await report(service)
        then = await report(service, until=earlier)
        between = await report(service, since=(TODAY - timedelta(days=59)).isoformat(), until="2026-09-29")
        service.clock.advance(minutes=1)
        await decide(service, "firm-1", books=SOUND)
        after = await report(service)
    assert counts(now) == [0, 0, 0, 1, 0]
    assert (then["borrowers"], then["since"]) == (1, (TODAY - timedelta(days=149)).isoformat())
    assert sum(one["facilities"] for one in then["funders"]) < sum(one["facilities"] for one in now["funders"])
    assert between["borrowers"] == 0
    assert counts(after) == [0, 1, 0, 0, 0]


async def test_the_period_ends_after_ninety_days(tmp_path: Path) -> None:
    """Without days the last ninety are looked at, both ends included."""
    async with two_lenders(tmp_path) as service:
        await decide(service, "firm-1")
        service.clock.advance(days=89)
        last = await report(service)
        service.clock.advance(days=1)
        gone = await report(service)
        asked = await report(service, since=TODAY.isoformat())
    assert (last["borrowers"], gone["borrowers"], asked["borrowers"]) == (1, 0, 1)


async def test_restricted_and_erased_borrowers_are_left_out(tmp_path: Path) -> None:
    """What was decided on them is only kept, or is gone."""
    async with two_lenders(tmp_path) as service:
        await decide(service, "firm-1", "firm-2", "firm-3")
        for ref, kind in (("firm-1", "restriction"), ("firm-2", "erasure")):
            asked = {
                "borrower_ref": ref,
                "kind": kind,
                "received_on": TODAY.isoformat(),
                "identity_check": "known_contact",
            }
            made = (await service.post("/v1/subject-requests", asked)).json()["subject_request_id"]
            done = await service.post(f"/v1/subject-requests/{made}/completion", None)
            assert done.status_code == 200, done.text
        found = await report(service)
    assert (found["borrowers"], found["damaged"]) == (1, [])


async def test_what_an_altered_record_says_is_not_counted(tmp_path: Path) -> None:
    """It is named; the other borrowers are told."""
    async with two_lenders(tmp_path) as service:
        damaged = await decide(service, "firm-1")
        await decide(service, "firm-2")
        database = Database(service.settings.database_url)
        change = update(decisions).where(decisions.c.id == damaged).values(record=b'{"schema":6}')
        await database.write_at_once(lambda connection: connection.execute(change))
        await database.close()
        found = await report(service)
    assert (found["borrowers"], found["damaged"]) == (1, [damaged])


@ON_SQLITE
async def test_a_borrower_with_an_open_own_loan_is_counted(tmp_path: Path) -> None:
    """By the lender's own entries on the day of the decision."""
    async with two_lenders(tmp_path) as service:
        await a_loan(service, decision_id=await approved(service))
        service.clock.advance(minutes=1)
        await decide(service, "firm-1")
        await decide(service, "firm-2")
        found = await report(service)
    assert found["counts"][3] == {"funders": 3, "borrowers": 2, "with_own_loan": 1}
    assert found["new"] == {"borrowers": 2, "with_own_loan": 1, "not_known": 0}
    assert {one["with_own_loan"] for one in found["funders"]} == {1}


async def approved(service: Service) -> str:
    """A decision that approves a loan to the sound firm."""
    terms = {"amount": {"value": "9000.00", "currency": "EUR"}, "payout_iban": "DE09430609670001008001"}
    return await decide(service, "firm-1", books=SOUND, **terms)


@ON_SQLITE
async def test_the_report_is_for_the_roles_of_reports(tmp_path: Path) -> None:
    """And each look is in the trail, apart from looks at other reports."""
    async with two_lenders(tmp_path) as service:
        answers = {}
        for role in Role:
            key = await service.key(role)
            answers[role] = (await service.get("/v1/reports/stacking", key=key)).status_code
        trail = await service.get("/v1/audit", action="report.stacking_read")
        others = await service.get("/v1/audit", action="report.read")
        nobody = await service.http.get("/v1/reports/stacking")
    seen = {Role.UNDERWRITE, Role.ANALYSE, Role.AUDIT, Role.ADMIN}
    assert {role for role, status in answers.items() if status == 200} == seen
    assert {status for role, status in answers.items() if role not in seen} == {403}
    assert [row["object"] for row in trail.json()["items"]] == [f"{TODAY - timedelta(days=89)}..{TODAY}"] * len(seen)
    assert others.json()["items"] == []
    assert nobody.status_code == 401


@ON_SQLITE
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"since": "2026-02-30"}, "since"),
        ({"until": "20260930"}, "until"),
        ({"since": "2026-10-01", "until": "2026-09-30"}, "since"),
        ({"since": "2020-01-01", "until": "2026-09-30"}, "since"),
        ({"funder": "online/iwoca"}, "funder"),
        ({"product": "investment"}, "product"),
    ],
)
async def test_what_cannot_be_asked_for_is_told(tmp_path: Path, asked: dict[str, str], field: str) -> None:
    """422 names the parameter."""
    async with two_lenders(tmp_path) as service:
        answer = await service.get("/v1/reports/stacking", **asked)
    assert problem(answer)[:2] == (422, "invalid-request")
    assert field in str(answer.json()["errors"])
