"""Guarantors over HTTP and on both databases: data subjects of their own, whose data go and stay for themselves."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from integration.api.test_cases import Bank, banking, euro, problem
from lending import granting
from service import retain
from signing import SIGNER

from scoring.store.database import Database
from scoring.usecases.verify import verify_chain

NAME = "Änne Bürgin"
PERSON = {"name": NAME, "birth_date": "1970-05-01", "address": "Gasse 1, 10115 Berlin", "consented_on": "2026-09-30"}


async def named(bank: Bank, case: dict[str, Any], by: str = "fritz", **changes: Any) -> Any:  # noqa: ANN401  a response
    """Name a guarantor; a second later than what was before."""
    bank.service.clock.advance(seconds=1)
    return await bank.do(case, "guarantors", by, **{**PERSON, **changes})


async def listed(bank: Bank, case: dict[str, Any], by: str = "fritz") -> list[dict[str, Any]]:
    """The guarantors of a case."""
    bank.service.clock.advance(seconds=1)
    answer = await bank.service.get(f"/v1/cases/{case['case_id']}/guarantors", key=bank.keys[by])
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def release(bank: Bank, case: dict[str, Any], guarantor: str) -> Any:  # noqa: ANN401  a response
    """Release one."""
    path = f"/v1/cases/{case['case_id']}/guarantors/{guarantor}"
    return await bank.service.delete(path, key=bank.keys["fritz"])


async def carried_out(bank: Bank, ref: str, kind: str) -> dict[str, Any]:
    """A request of a data subject, carried out."""
    body = {"borrower_ref": ref, "kind": kind, "received_on": "2026-09-15", "identity_check": "in_person"}
    made = await bank.service.post("/v1/subject-requests", body)
    assert made.status_code == 201, made.text
    path = f"/v1/subject-requests/{made.json()['subject_request_id']}"
    done: dict[str, Any] = (await bank.service.post(f"{path}/completion", None)).json()
    return done


async def dossier_of(bank: Bank, ref: str) -> tuple[dict[str, Any], str]:
    """What a data subject receives: the data, and the page."""
    body = {"borrower_ref": ref, "kind": "access", "received_on": "2026-09-15", "identity_check": "in_person"}
    made = (await bank.service.post("/v1/subject-requests", body)).json()
    answer = await bank.service.get(f"/v1/subject-requests/{made['subject_request_id']}/bundle")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    return json.loads(archive.read("data.json")), archive.read("index.html").decode()


async def test_a_guarantor_is_named_shown_and_released(tmp_path: Path) -> None:
    """Persons and the lender's system may; the steps name nobody."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        one = await named(bank, case)
        other = await named(bank, case, "system", name="Jan Zweit", birth_date=None, address=None)
        assert (one.status_code, other.status_code) == (201, 201), one.text
        gone = await release(bank, case, other.json()["guarantor_id"])
        again = await release(bank, case, other.json()["guarantor_id"])
        found = await listed(bank, case)
        steps = (await bank.read(f"/v1/cases/{case['case_id']}"))["steps"]
    assert one.json()["guarantor_id"].startswith("gua_")
    assert {name: found[0][name] for name in PERSON} == PERSON
    assert (found[0]["released_at"], found[1]["name"], found[1]["released_at"] is None) == (None, "Jan Zweit", False)
    assert (gone.status_code, problem(again)[:2]) == (204, (404, "not-found"))
    assert [step["kind"] for step in steps] == ["opened", "guarantor_named", "guarantor_named", "guarantor_freed"]
    assert steps[1]["guarantor_id"] == one.json()["guarantor_id"]
    assert NAME not in json.dumps(steps, ensure_ascii=False)


async def test_each_receives_its_own_data_and_nothing_of_the_other(tmp_path: Path) -> None:
    """The firm reads that somebody was named; the guarantor reads who it is here, and nothing of the firm's books."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        guarantor = (await named(bank, case)).json()["guarantor_id"]
        await listed(bank, case)
        firm, firm_page = await dossier_of(bank, "firm-1")
        own, own_page = await dossier_of(bank, guarantor)
    assert NAME not in json.dumps(firm, ensure_ascii=False) + firm_page
    assert "guarantor_named" in [step["kind"] for step in firm["case_steps"]]
    assert {name: own["guarantees"][0][name] for name in PERSON} == PERSON
    assert NAME in own_page
    assert (own["decisions"], own["cases"], own["consents"]) == ([], [], [])
    assert {"guarantor.named", "guarantor.read"} <= {row["action"] for row in own["audit"]}
    assert "firm-1" not in json.dumps(own) + own_page


async def test_each_is_erased_apart_from_the_other(tmp_path: Path) -> None:
    """Who guaranteed is gone, the step stays and is still what was signed; the firm's erasure leaves the guarantor."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        first, second = [(await named(bank, case, name=name)).json()["guarantor_id"] for name in (NAME, "Jan Zweit")]
        done = await carried_out(bank, first, "erasure")
        found = await listed(bank, case)
        restricted = await carried_out(bank, second, "restriction")
        hidden = await listed(bank, case)
        seen = (await bank.service.get(f"/v1/cases/{case['case_id']}/guarantors")).json()["items"]
        await carried_out(bank, "firm-1", "erasure")
        own, _ = await dossier_of(bank, second)
        database = Database(bank.service.settings.database_url)
        report = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
        await database.close()
    assert (done["status"], done["destroyed"]["guarantors"], found[0]["name"]) == ("done", 1, None)
    assert found[1]["name"] == "Jan Zweit"
    assert (restricted["status"], hidden[1]["name"], seen[1]["name"]) == ("done", None, "Jan Zweit")
    assert own["guarantees"][0]["name"] == "Jan Zweit"
    assert report.findings == ()


async def test_a_guaranteed_loan_is_paid_out_once_the_guarantee_is_signed(tmp_path: Path) -> None:
    """Its open loan keeps the guarantor from erasure, too, unless it was released before."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        kept, released = [(await named(bank, case, name=name)).json()["guarantor_id"] for name in (NAME, "Jan Zweit")]
        await release(bank, case, released)
        await bank.vote(case, "fritz")
        loan = await bank.service.post(
            "/v1/loans", granting(case["decision_id"], amount=euro(20_000), annual_rate_percent="9.90")
        )
        late = await named(bank, case, name="Zu Spät")
        held = await carried_out(bank, kept, "erasure")
        gone = await carried_out(bank, released, "erasure")
    assert loan.json()["open_conditions"][-1] == "guarantee"
    assert (*problem(late)[:2], late.json()["reason"]) == (409, "case-state", "loan_granted")
    assert (held["status"], [one["what"] for one in held["kept"]]) == ("restricted", ["open_loan"])
    assert gone["status"] == "done"


async def test_what_is_kept_of_a_guarantor_ends_with_its_period(tmp_path: Path) -> None:
    """Ten years after its release, or with its case; one that still guarantees stays."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        first, _ = [(await named(bank, case, name=name)).json()["guarantor_id"] for name in (NAME, "Jan Zweit")]
        await release(bank, case, first)
        database = Database(bank.service.settings.database_url)
        early = await retain(database, bank.service.clock())
        bank.service.clock.advance(days=3654)
        late = await retain(database, bank.service.clock())
        await database.close()
    assert early["guarantors"] == 0
    assert (late["guarantors"], late["decisions"]) == (2, 1)


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": " Jan"}, "name"),
    ({"consented_on": None}, "consented_on"),
    ({"consented_on": "2026-10-02"}, "consented_on"),
    ({"birth_date": "2026-10-02"}, "birth_date"),
    ({"address": "Gasse 1\n10115 Berlin"}, "address"),
    ({"income": 5}, "income"),
]


async def test_what_is_wrong_is_named_and_nothing_is_stored(tmp_path: Path) -> None:
    """By its field; neither is a guarantor of a withdrawn case taken, nor one of another case released."""
    async with banking(tmp_path) as bank:
        case, other = await bank.refer(), await bank.refer(borrower_ref="firm-2")
        for changes, field in FAULTS:
            answer = await named(bank, case, **changes)
            assert problem(answer)[:2] == (422, "invalid-request"), changes
            assert [one["field"] for one in answer.json()["errors"]] == [field]
        assert await listed(bank, case) == []
        guarantor = (await named(bank, other)).json()["guarantor_id"]
        foreign = await release(bank, case, guarantor)
        nobody = await release(bank, case, "gua_nobody")
        await bank.do(case, "withdrawal", "fritz", text="will nicht mehr")
        late = await named(bank, case)
    assert {problem(answer)[:2] for answer in (foreign, nobody)} == {(404, "not-found")}
    assert problem(late)[:2] == (409, "case-state")
