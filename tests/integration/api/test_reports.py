"""Reports on people's decisions over HTTP and on both databases: what they count, and whose figures nobody sees."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from integration.api.test_cases import Bank, banking, euro, problem
from lending import entry, granting, plan
from postgres import ON_SQLITE
from sqlalchemy import update
from unit.sandbox_server.building import TODAY

from scoring.store.database import Database
from scoring.store.kept_files import find_file
from scoring.store.principals import Role
from scoring.store.tables import case_steps, works_agreements

VOTERS = ("frieda", "fritz", "hans", "berta", "bruno")
AGREEMENT = """
version = "2026-09"

[lenders.bank]
agreed_on = 2026-09-15
parties = ["Bank AG", "Betriebsrat der Bank AG"]
roles = ["audit"]
retention_days = 20
"""
OCTOBER = {"since": "2026-10-01", "until": "2026-10-31"}


async def all_vote(bank: Bank, voters: tuple[str, ...] = VOTERS) -> list[dict[str, Any]]:
    """A case for each voter, who reads it, takes ten minutes and approves it."""
    cases = []
    for number, name in enumerate(voters):
        case = await bank.refer(borrower_ref=f"firm-{number}")
        await bank.do(case, "claim", name)
        await bank.read(f"/v1/cases/{case['case_id']}", by=name)
        bank.service.clock.advance(minutes=10)
        voted = await bank.vote(case, name)
        assert voted.status_code == 200, voted.text
        cases.append(voted.json())
    return cases


async def report(bank: Bank, path: str = "", *, by: str = "auditor", **asked: str) -> dict[str, Any]:
    """A report for the auditor."""
    answer = await bank.service.get(f"/v1/reports/reviews{path}", key=bank.keys[by], **asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_votes_are_counted_once_their_month_has_ended(tmp_path: Path) -> None:
    """By then with times, reasons and signs; before, cases and the queue alone."""
    async with banking(tmp_path) as bank:
        await bank.add("auditor", Role.AUDIT)
        await all_vote(bank)
        await bank.refer(borrower_ref="firm-9")
        before = await report(bank)
        bank.service.clock.advance(days=31)
        after = await report(bank, **OCTOBER)
        other = await report(bank, **OCTOBER, product="investment")
        later = await report(bank, since="2026-10-02", until="2026-10-31")
    assert "2026-10-01" not in (*before["months"], *before["months_left_out"])
    assert (before["cases"]["opened"], before["cases"]["referred"]["share"]) == (6, 1.0)
    assert before["queue"] | {"states": None} == {"states": None, "late": 0, "unclaimed": 1, "oldest_days": 0}
    votes = after["votes"]
    assert (after["months"], after["months_left_out"], after["damaged"]) == (["2026-10-01"], [], [])
    assert (votes["votes"], votes["decided"], votes["until_vote"]["median_seconds"]) == (5, 5, 600)
    assert votes["reasons"] == [{"verdict": "approve", "reason": "data_explained", "count": 5}]
    assert [one["share"]["count"] for one in votes["signs"] if one["sign"] == "unopened"] == [0]
    assert other["cases"]["opened"] == 0
    assert later["votes"] is None
    assert not any(name in str(after) for name in (*VOTERS, "pri_"))


async def test_a_month_of_few_persons_is_left_out(tmp_path: Path) -> None:
    """Also where one of five gave most of the votes."""
    async with banking(tmp_path) as bank:
        await bank.add("auditor", Role.AUDIT)
        await all_vote(bank, VOTERS[:4])
        bank.service.clock.advance(days=31)
        found = await report(bank, **OCTOBER)
    assert (found["votes"], found["months_left_out"]) == (None, ["2026-10-01"])
    assert found["cases"]["opened"] == 4


@ON_SQLITE
async def test_a_vote_notes_whether_anything_had_been_opened(tmp_path: Path) -> None:
    """The page does so by itself; who votes by the interface without reading is seen."""
    async with banking(tmp_path) as bank:
        blind, read, of_decision = [await bank.refer(borrower_ref=f"firm-{name}") for name in "abc"]
        await bank.read(f"/v1/cases/{read['case_id']}", by="fritz")
        await bank.read(f"/v1/decisions/{of_decision['decision_id']}", by="fritz")
        for case in (blind, read, of_decision):
            await bank.vote(case, "fritz")
        noted = [
            (await bank.read(f"/v1/cases/{case['case_id']}"))["steps"][-1]["vote"]
            for case in (blind, read, of_decision)
        ]
    assert [vote["had_opened"] for vote in noted] == [False, True, True]


async def test_persons_are_shown_under_a_works_agreement_alone(tmp_path: Path) -> None:
    """To persons with a role that it names, from its day on and no further back than it says; it is in the trail."""
    path = tmp_path / "agreement.toml"
    path.write_text(AGREEMENT)
    async with banking(tmp_path, works_agreement_file=path) as bank:
        await bank.add("auditor", Role.AUDIT)
        await bank.add("admin", Role.ADMIN)
        await bank.add("archive", Role.AUDIT, kind="system")
        await all_vote(bank, ("frieda", "fritz"))
        bank.service.clock.advance(days=20)
        found = await report(bank, "/persons")
        for name in ("admin", "archive", "frieda"):
            refused = await bank.service.get("/v1/reports/reviews/persons", key=bank.keys[name])
            assert problem(refused)[:2] == (403, "persons-not-shown"), name
        bank.service.clock.advance(days=1)
        over = await report(bank, "/persons", since="2026-01-01")
        bank.service.clock.advance(days=10)
        longer_ago = await report(bank, **OCTOBER)
        trail = await bank.service.get("/v1/audit", key=bank.keys["auditor"], action="report.persons_read")
        begun = await bank.service.get("/v1/audit", key=bank.keys["auditor"], action="report.read")
        database = Database(bank.service.settings.database_url)
        kept = [await find_file(database, works_agreements, digest) for digest in await digests(database)]
        await database.close()
    assert [(one["name"], one["votes"], one["quick"]["share"]) for one in found["persons"]] == [
        ("frieda", 1, None),
        ("fritz", 1, None),
    ]
    assert (found["since"], found["agreed_on"]) == ("2026-10-01", "2026-09-15")
    assert (over["since"], over["persons"]) == ("2026-10-02", [])
    assert longer_ago["months_left_out"] == ["2026-10-01"]
    assert [row["object"] for row in trail.json()["items"]] == ["2026-10-02..2026-10-22", "2026-10-01..2026-10-21"]
    assert len(begun.json()["items"]) == 1
    assert kept == [AGREEMENT.encode()]


async def digests(database: Database) -> list[str]:
    """Of the files that were kept."""
    return await database.read_at_once(
        lambda connection: list(connection.execute(works_agreements.select()).scalars().all())
    )


@ON_SQLITE
async def test_without_an_agreement_nobody_sees_persons(tmp_path: Path) -> None:
    """Whatever the role."""
    async with banking(tmp_path) as bank:
        for role in Role:
            await bank.add(f"the-{role}", role)
            answer = await bank.service.get("/v1/reports/reviews/persons", key=bank.keys[f"the-{role}"])
            expected = (
                "forbidden"
                if role in {Role.APPLY, Role.WEBHOOKS, Role.PROMOTE, Role.PROMOTE_ALL}
                else "persons-not-shown"
            )
            assert problem(answer)[:2] == (403, expected)


async def test_what_became_of_the_loan_stands_beside_the_vote(tmp_path: Path) -> None:
    """A loan that defaulted counts as bad, once the year after the grant is over for all loans of its month."""
    async with banking(tmp_path) as bank:
        await bank.add("auditor", Role.AUDIT)
        cases = await all_vote(bank)
        due = TODAY + timedelta(days=30)
        for number, case in enumerate(cases[:2]):
            terms = {"amount": euro(20_000), "term_months": case["term_months"], "loan_ref": f"loan-{number}"}
            body = granting(case["decision_id"], annual_rate_percent="9.90", **terms)
            loan = (await bank.service.post("/v1/loans", body)).json()
            told = [entry("condition_met", name, condition=name) for name in loan["open_conditions"]]
            told += [entry("paid_out", "out", amount=euro(20_000)), plan(due, amount="21000.00")]
            for one in told:
                answer = await bank.service.post(f"/v1/loans/{loan['loan_id']}/entries", one)
                assert answer.status_code == 201, answer.text
        bank.service.clock.advance(days=380)
        counted = []
        for day, amount in ((180, 11_000), (370, 10_000)):
            paid = entry("paid", f"late-{day}", TODAY + timedelta(days=day), amount=euro(amount))
            answer = await bank.service.post(f"/v1/loans/{loan['loan_id']}/entries", paid)
            assert answer.status_code == 201, answer.text
            found = await report(bank, **OCTOBER)
            counted.append(sum(one["bad"]["count"] for one in found["votes"]["loans"]))
    assert counted == [0, 2]
    by_kind = {one["is_override"]: one["bad"] for one in found["votes"]["loans"]}
    assert {one["share"] for one in by_kind.values()} == {None}


@ON_SQLITE
async def test_a_damaged_case_is_named_and_left_out(tmp_path: Path) -> None:
    """The others are told all the same."""
    async with banking(tmp_path) as bank:
        await bank.add("auditor", Role.AUDIT)
        damaged, _ = [await bank.refer(borrower_ref=f"firm-{name}") for name in "ab"]
        database = Database(bank.service.settings.database_url)
        change = update(case_steps).where(case_steps.c.case_id == damaged["case_id"]).values(facts='{"kind":"x"}')
        await database.write_at_once(lambda connection: connection.execute(change))
        await database.close()
        found = await report(bank)
    assert found["damaged"] == [damaged["case_id"]]
    assert found["cases"]["opened"] == 1


@ON_SQLITE
async def test_restricted_and_foreign_cases_are_in_no_report(tmp_path: Path) -> None:
    """Nor do other lenders learn how many there are."""
    async with banking(tmp_path) as bank:
        await bank.add("auditor", Role.AUDIT)
        await bank.refer(borrower_ref="firm-1")
        await bank.refer(borrower_ref="firm-2")
        asked = {
            "borrower_ref": "firm-1",
            "kind": "restriction",
            "received_on": "2026-09-30",
            "identity_check": "known_contact",
        }
        made = (await bank.service.post("/v1/subject-requests", asked)).json()["subject_request_id"]
        await bank.service.post(f"/v1/subject-requests/{made}/completion", None)
        found = await report(bank)
        bank.keys["other"] = await bank.service.key(Role.AUDIT, lender="other")
        foreign = await report(bank, by="other")
    assert found["cases"]["opened"] == 1
    assert (foreign["cases"]["opened"], foreign["queue"]["oldest_days"]) == (0, None)


@ON_SQLITE
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"since": "2026-02-30"}, "since"),
        ({"until": "20260930"}, "until"),
        ({"until": "2026-09-30T00:00:00Z"}, "until"),
        ({"since": "2026-10-01", "until": "2026-09-30"}, "since"),
        ({"since": "2020-01-01", "until": "2026-09-30"}, "since"),
        ({"since": "null"}, "since"),
        ({"person": "fritz"}, "person"),
        ({"product": "a\nb"}, "product"),
        ({"until": "9999-12-31"}, "until"),
    ],
)
async def test_what_cannot_be_asked_for_is_told(tmp_path: Path, asked: dict[str, str], field: str) -> None:
    """422 names the parameter."""
    async with banking(tmp_path) as bank:
        await bank.add("auditor", Role.AUDIT)
        answer = await bank.service.get("/v1/reports/reviews", key=bank.keys["auditor"], **asked)
    assert problem(answer)[:2] == (422, "invalid-request")
    assert field in str(answer.json()["errors"])
