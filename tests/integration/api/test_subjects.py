"""Requests of data subjects by the interface: access, erasure and restriction, over HTTP and on both databases."""

import asyncio
import hashlib
import io
import json
import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from links import a_link, send
from people import add, visiting
from postgres import ON_SQLITE
from service import TOKEN, Service, application, late_firm, link_order, running
from signing import SIGNER, as_0_5_stored
from sqlalchemy import insert, select, text, update

from scoring.runtime.operator import operator, operators_mark
from scoring.store.audit import Action
from scoring.store.database import Database
from scoring.store.holds import HoldReason, set_hold
from scoring.store.principals import Role
from scoring.store.tables import borrowers, decisions, holds
from scoring.usecases.verify import verify_chain, verify_receipt

PURPOSE = "Hochzeit von Erika Mustermann"


async def a_request(service: Service, kind: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """A recorded request with its identity checked."""
    body = {"borrower_ref": "firm-1", "kind": kind, "received_on": "2026-09-15", "identity_check": "in_person"}
    answer = await service.post("/v1/subject-requests", {k: v for k, v in (body | changes).items() if v is not None})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def complete(service: Service, made: dict[str, Any]) -> Any:  # noqa: ANN401  a response
    """Carry a request out."""
    return await service.post(f"/v1/subject-requests/{made['subject_request_id']}/completion", None)


async def a_life(service: Service, borrower: str = "firm-1", purpose: str = PURPOSE) -> dict[str, str]:
    """Everything that a borrower can have here; identifiers by kind."""
    link, path = await a_link(service, borrower_ref=borrower, purposes=["decision", "contacts"])
    await send(service, path, contacts="yes")
    connection = (await service.get(f"/v1/connect-sessions/{link}")).json()["connection_id"]
    said = {"line_id": "6001", "category": "lease"}
    assert (await service.post(f"/v1/connections/{connection}/line-corrections", said)).status_code == 201
    body = application(borrower_ref=borrower, sevdesk_token=None, connection_id=connection, purpose=purpose)
    decided = await service.post("/v1/decisions", body, **{"Idempotency-Key": f"key-of-{borrower}"})
    assert decided.status_code == 201, decided.text
    return {
        "link": link,
        "path": path,
        "connection": connection,
        "decision": decided.json()["decision_id"],
        "decided": decided.text,
    }


async def hold(service: Service, reason: HoldReason, *, until: date | None = None, borrower: str = "firm-1") -> None:
    """What an operator's command sets."""
    database = Database(service.settings.database_url)
    made = await set_hold(
        database,
        lender_id="bank",
        borrower_ref=borrower,
        reason=reason,
        until=until,
        now=service.clock(),
        randomness=service.app.state.randomness,
        mark=operators_mark(Action.HOLD_SET, service.clock, "bank"),
    )
    assert made is not None
    await database.close()


async def everything_stored(service: Service) -> dict[str, str]:
    """All rows of all tables as text, by table."""
    database = Database(service.settings.database_url)
    found = {}
    async with database.read() as connection:
        for name in TABLES:
            rows = (await connection.execute(text(f"SELECT * FROM {name}"))).all()  # noqa: S608  our own names
            found[name] = " | ".join(
                str(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)) for row in rows
            )
    await database.close()
    return found


TABLES = (
    *("borrowers", "connections", "decisions", "snapshots", "document_numbers", "idempotency", "write_backs"),
    *("line_corrections", "connect_sessions", "consents", "audit", "subject_requests", "holds", "cases"),
    "case_steps",
)


async def test_access_is_everything_about_one_borrower_and_nothing_of_others(tmp_path: Path) -> None:
    """A ZIP file with a page, the data and the ledgers; no token, key or other firm; and who read is not in it."""
    async with running(tmp_path, is_plain_http=True, books=[late_firm("RE Änne-0")]) as service:
        own = await a_life(service)
        other = await a_life(service, "firm-2", "Yacht")
        made = await a_request(service, "access")
        answer = await service.get(f"/v1/subject-requests/{made['subject_request_id']}/bundle")
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        data = json.loads(archive.read("data.json"))
        page = archive.read("index.html").decode()
        done = (await complete(service, made)).json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/octet-stream")
    assert data["borrower"]["borrower_ref"] == "firm-1"
    assert [one["id"] for one in data["connections"]] == [own["connection"]]
    assert [one["id"] for one in data["connect_sessions"]] == [own["link"]]
    assert "Ich willige" in data["consents"][0]["text"]
    (decision,) = data["decisions"]
    assert decision["decision_id"] == own["decision"]
    assert decision["purpose"] == PURPOSE
    assert decision["words"]["reasons"][0].keys() == {"de", "en"}
    assert "RE Änne-0" in str(decision["document_numbers"])
    assert f"ledger/{own['decision']}/invoices.csv" in archive.namelist()
    assert archive.read(f"ledger/{own['decision']}/invoices.csv").count(b"\n") > 70
    assert data["line_corrections"][0]["line_id"] == "6001"
    assert data["idempotency"][0]["idempotency_key"] == "key-of-firm-1"
    assert [one["kind"] for one in data["requests"]] == ["access"]
    assert {"decision.made", "consent.given", "link.made"} <= {row["action"] for row in data["audit"]}
    for content in (page, json.dumps(data, ensure_ascii=False)):
        assert PURPOSE in content
        for hidden in (TOKEN, "firm-2", "Yacht", own["path"].rpartition("/")[2], other["decision"], "sealed", "pri_"):
            assert hidden not in content
    assert re.findall(r'(?:src|href)="(?!ledger/|#)', page) == []
    assert 'lang="de"' in page
    assert 'lang="en"' in page
    assert (done["status"], done["days_left"]) == ("done", None)


async def tamper(service: Service, decision_id: str) -> None:
    """Let 0.5 have stored the decision: its record holds the purpose."""
    database = Database(service.settings.database_url)
    await database.write_at_once(lambda connection: as_0_5_stored(connection, decision_id, PURPOSE))
    await database.close()


async def test_an_erasure_leaves_every_proof_valid(tmp_path: Path) -> None:
    """A record without free text stays and is proved; one with it gives way to the signed statement of its erasure."""
    async with running(tmp_path, is_plain_http=True) as service:
        kept = await a_life(service)
        erased = (await service.post("/v1/decisions", application(purpose=PURPOSE))).json()["decision_id"]
        receipt = (await service.get(f"/v1/decisions/{kept['decision']}/receipt")).content
        await tamper(service, erased)
        await complete(service, await a_request(service, "erasure"))
        shown = await service.get(f"/v1/decisions/{kept['decision']}")
        gone = await service.get(f"/v1/decisions/{erased}")
        database = service.app.state.database
        proved = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
        forged = update(decisions).where(decisions.c.id == kept["decision"])
        (row,) = await database.read_at_once(
            lambda found: found.execute(select(decisions.c.record).where(decisions.c.id == erased)).all()
        )
        digest = hashlib.sha256(row.record).hexdigest()
        async with database.write() as connection:
            await connection.execute(forged.values(record=row.record, sha256=digest))
        looks_erased = await service.get(f"/v1/decisions/{kept['decision']}")
        found = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
    assert (shown.status_code, shown.json()["applicant"]["ref"], shown.json()["request"]["purpose"]) == (
        200,
        None,
        None,
    )
    assert (gone.status_code, gone.json()["type"]) == (410, "/problems/erased")
    assert (proved.erased, proved.decisions) == (1, 1)
    assert [one.said for one in proved.findings if "follow" not in one.said and "checkpoint" not in one.said] == []
    assert verify_receipt(receipt, SIGNER.keys).object == kept["decision"]
    assert (looks_erased.status_code, looks_erased.json()["type"]) == (500, "/problems/stored-data-damaged")
    assert "was changed: it is not what was signed" in [finding.said for finding in found.findings]


async def test_an_erasure_leaves_nothing_that_names_the_borrower(tmp_path: Path) -> None:
    """Neither its reference, nor its key, token, books, words or address is in any table; another's data stay."""
    async with running(tmp_path, is_plain_http=True) as service:
        own = await a_life(service)
        other = await a_life(service, "firm-2", "Yacht")
        await tamper(service, own["decision"])
        before = await everything_stored(service)
        made = await a_request(service, "erasure")
        done = await complete(service, made)
        after = await everything_stored(service)
        again = await complete(service, made)
        gone = await service.get(f"/v1/decisions/{own['decision']}")
        report = await service.get(f"/v1/decisions/{own['decision']}/report")
        listed = (await service.get("/v1/decisions")).json()
        link = await service.http.get(own["path"])
        connection = await service.get(f"/v1/connections/{own['connection']}")
        kept = await service.get(f"/v1/decisions/{other['decision']}")
        repeated = await service.post(
            "/v1/decisions", application(purpose=PURPOSE), **{"Idempotency-Key": "key-of-firm-1"}
        )
        read = (await service.get(f"/v1/subject-requests/{made['subject_request_id']}")).json()
        await add(service)
        async with visiting(service) as visitor:
            await visitor.sign_in()
            page = await visitor.get(f"/decisions/{own['decision']}")
            pages = await visitor.get("/decisions")
    everything = " ".join(after.values())
    assert all(found in " ".join(before.values()) for found in ("firm-1", PURPOSE, "key-of-firm-1"))
    for found in ("'firm-1'", PURPOSE, "key-of-firm-1", own["connection"] + "', 'bank"):
        assert found not in everything, found
    assert own["link"] not in after["connect_sessions"] + after["consents"]
    assert own["decision"] in after["decisions"]
    for name in ("snapshots", "document_numbers", "idempotency"):
        assert own["decision"] not in after[name]
        assert other["decision"] in after[name]
    assert (done.status_code, done.json()["status"], done.json()["borrower_ref"]) == (200, "done", None)
    assert done.json()["destroyed"] == {
        "keys": 1,
        "records": 1,
        "snapshots": 1,
        "document_numbers": 1,
        "idempotency": 1,
        "write_backs": 0,
        "connections": 1,
        "consents": 1,
        "connect_sessions": 1,
        "line_corrections": 1,
        "case_texts": 0,
    }
    assert {one["what"]: one["count"] for one in done.json()["kept"]}["decisions"] == 1
    assert all("Art. 5" in one["why"]["en"] for one in done.json()["kept"])
    assert read == done.json()
    assert (again.status_code, again.json()["type"]) == (409, "/problems/subject-request-state")
    assert "retry-after" not in again.headers
    assert (gone.status_code, gone.json()["type"]) == (410, "/problems/erased")
    assert report.status_code == 410
    assert listed["erased"] == [own["decision"]]
    assert [one["decision_id"] for one in listed["items"]] == [other["decision"]]
    assert (link.status_code, connection.status_code, kept.status_code) == (404, 404, 200)
    assert (repeated.status_code, repeated.json()["decision_id"] != own["decision"]) == (201, True)
    assert (page.status_code, "This decision was erased" in page.text) == (410, True)
    assert own["decision"] in pages.text


async def test_an_open_loan_turns_erasure_into_restriction(tmp_path: Path) -> None:
    """Tokens go at once; nothing new is made; only auditors and administrators read; the log stays as it is."""
    async with running(tmp_path, is_plain_http=True) as service:
        own = await a_life(service)
        _, open_path = await a_link(service)
        await hold(service, HoldReason.OPEN_LOAN)
        await hold(service, HoldReason.GWG, until=date(2031, 12, 31))
        done = (await complete(service, await a_request(service, "erasure"))).json()
        keys = {role: await service.key(role) for role in Role}
        reads = {role: (await service.get(f"/v1/decisions/{own['decision']}", key=key)) for role, key in keys.items()}
        lists = {role: len((await service.get("/v1/decisions", key=key)).json()["items"]) for role, key in keys.items()}
        link = {"borrower_ref": "firm-1"}
        refused = [
            await service.post("/v1/decisions", application()),
            await service.post("/v1/connections", {**link, "sevdesk_token": TOKEN}),
            await service.post("/v1/connect-sessions", link_order()),
            await service.post("/v1/decisions", application(), **{"Idempotency-Key": "key-of-firm-1"}),
        ]
        used = await service.post(
            "/v1/decisions", application(sevdesk_token=None, connection_id=own["connection"], borrower_ref="firm-9")
        )
        sent = await service.http.get(open_path)
        connections = (await service.get("/v1/connections")).json()["items"]
        consent = (await service.get(f"/v1/connect-sessions/{own['link']}")).json()["consent"]
        await add(service)
        async with visiting(service) as visitor:
            await visitor.sign_in()
            page = await visitor.get(f"/decisions/{own['decision']}")
            pages = await visitor.get("/decisions")
    assert done["status"] == "restricted"
    assert done["destroyed"] == {"connections": 1, "open_links": 1}
    assert {one["what"]: one["until"] for one in done["kept"]} == {"open_loan": None, "gwg": "2031-12-31"}
    assert all(one["why"]["de"] and one["why"]["en"] for one in done["kept"])
    sees = {Role.AUDIT, Role.ADMIN}
    assert {role for role, answer in reads.items() if answer.status_code == 200} == sees
    assert {answer.json()["type"] for role, answer in reads.items() if role not in sees} == {"/problems/restricted"}
    assert {role for role, count in lists.items() if count} == sees
    assert {(answer.status_code, answer.json()["type"]) for answer in refused[:3]} == {
        (409, "/problems/borrower-restricted")
    }
    assert refused[3].status_code in {409, 422}
    assert used.status_code == 404
    assert sent.status_code == 410
    assert connections == []
    assert consent is not None
    assert (page.status_code, "These data are restricted" in page.text) == (403, True)
    assert own["decision"] not in pages.text


async def test_a_restriction_alone_is_never_completed_to_an_erasure(tmp_path: Path) -> None:
    """Art. 18 asks for keeping; retention does not take it for a waiting erasure."""
    async with running(tmp_path, is_plain_http=True) as service:
        own = await a_life(service)
        done = (await complete(service, await a_request(service, "restriction"))).json()
        finished = await service.app.state.subjects.finish_waiting(operator, dry_run=False)
        read = await service.get(f"/v1/decisions/{own['decision']}")
        refused = await service.post("/v1/decisions", application())
    assert (done["status"], done["kept"], finished) == ("done", [], 0)
    assert read.status_code == 200
    assert refused.status_code == 409


async def test_an_erasure_is_completed_when_its_holds_have_ended(tmp_path: Path) -> None:
    """On the day after the last, and not before."""
    async with running(tmp_path, is_plain_http=True) as service:
        own = await a_life(service)
        await tamper(service, own["decision"])
        await hold(service, HoldReason.HGB, until=date(2026, 10, 3))
        made = await a_request(service, "erasure")
        await complete(service, made)
        finish = service.app.state.subjects.finish_waiting
        service.clock.now = datetime(2026, 10, 3, 12, tzinfo=UTC)
        early = await finish(operator, dry_run=False)
        service.clock.now = datetime(2026, 10, 4, 12, tzinfo=UTC)
        counted, done, again = [await finish(operator, dry_run=dry) for dry in (True, False, False)]
        read = (await service.get(f"/v1/subject-requests/{made['subject_request_id']}")).json()
        gone = await service.get(f"/v1/decisions/{own['decision']}")
        rows = (await service.get("/v1/audit", action="subject.erased")).json()["items"]
    assert (early, counted, done, again) == (0, 1, 1, 0)
    assert (read["status"], read["destroyed"]["keys"], gone.status_code) == ("done", 1, 410)
    assert [row["object"] for row in rows] == [made["subject_request_id"]]


async def test_a_decision_under_way_is_not_stored_after_an_erasure(tmp_path: Path) -> None:
    """The borrower was reserved before, the books read; the record finds it erased, and nothing is left of it."""
    async with running(tmp_path, is_plain_http=True) as service:
        await a_life(service)
        made = await a_request(service, "erasure")
        assessor = service.app.state.assessor
        read = type(assessor.books).read

        async def erase_while_reading(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  as it is called
            books = await read(*arguments, **options)
            assert (await complete(service, made)).status_code == 200
            return books

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(assessor.books), "read", erase_while_reading)
            answer = await service.post("/v1/decisions", application(purpose=PURPOSE), **{"Idempotency-Key": "b"})
        stored = await everything_stored(service)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/borrower-restricted")
    assert "retry-after" not in answer.headers
    assert PURPOSE not in " ".join(stored.values())
    assert stored["snapshots"] == ""
    assert stored["idempotency"] == ""


@ON_SQLITE
async def test_the_clock_of_a_request(tmp_path: Path) -> None:
    """One calendar month from receipt; two more within it and with a reason; days left fall below 0."""
    async with running(tmp_path) as service:
        await service.post("/v1/decisions", application())
        made = await a_request(service, "access", received_on="2026-08-31", identity_check=None)
        path = f"/v1/subject-requests/{made['subject_request_id']}"
        service.clock.now = datetime(2026, 10, 1, 10, tzinfo=UTC)
        late = await service.send("patch", path, {"extended_for": "complexity"})
        other = await a_request(service, "access", received_on="2026-09-30", identity_check=None)
        path = f"/v1/subject-requests/{other['subject_request_id']}"
        extended = (await service.send("patch", path, {"extended_for": "complexity"})).json()
        listed = (await service.get("/v1/subject-requests", status="open")).json()["items"]
    assert (made["due_on"], made["days_left"]) == ("2026-09-30", -1)
    assert late.status_code == 409
    assert "past its first month" in late.json()["detail"]
    assert (other["due_on"], other["days_left"]) == ("2026-10-30", 29)
    assert (extended["due_on"], extended["extended_for"]) == ("2026-12-30", "complexity")
    assert {one["subject_request_id"] for one in listed} == {made["subject_request_id"], other["subject_request_id"]}


async def test_nothing_is_handed_out_or_erased_before_identity_is_checked(tmp_path: Path) -> None:
    """Who asks for the data of others gets a recorded request; who checked is written down; a refusal is final."""
    async with running(tmp_path) as service:
        decision = (await service.post("/v1/decisions", application())).json()["decision_id"]
        for kind in ("access", "erasure", "restriction"):
            made = await a_request(service, kind, identity_check=None)
            path = f"/v1/subject-requests/{made['subject_request_id']}"
            assert (await complete(service, made)).status_code == 409
            assert (await service.get(f"{path}/bundle")).status_code == 409
        refused = (await service.send("patch", path, {"refused_for": "identity_unproven"})).json()
        after = await service.send("patch", path, {"identity_check": "in_person"})
        made = await a_request(service, "access", identity_check=None)
        path = f"/v1/subject-requests/{made['subject_request_id']}"
        checked = (await service.send("patch", path, {"identity_check": "known_contact"})).json()
        given = await service.get(f"{path}/bundle")
        await complete(service, made)
        again = await service.get(f"{path}/bundle")
        kept = await service.get(f"/v1/decisions/{decision}")
        exported = (await service.get("/v1/audit", action="subject.exported")).json()["items"]
    assert (refused["status"], refused["refused_for"]) == ("refused", "identity_unproven")
    assert after.status_code == 409
    assert checked["identity_checked_by"].startswith("pri_")
    assert given.status_code == 200
    assert again.status_code == 409, "each bundle has a request and a check of its own"
    assert kept.status_code == 200
    assert len(exported) == 1


@ON_SQLITE
async def test_requests_are_for_administrators_of_their_lender(tmp_path: Path) -> None:
    """No other role, and no other lender; a borrower that nobody knows is not told from another's."""
    async with running(tmp_path) as service:
        await service.post("/v1/decisions", application())
        made = await a_request(service, "access")
        path = f"/v1/subject-requests/{made['subject_request_id']}"
        for role in set(Role) - {Role.ADMIN}:
            key = await service.key(role)
            for answer in (
                await service.get("/v1/subject-requests", key=key),
                await service.get(path, key=key),
                await service.get(f"{path}/bundle", key=key),
                await service.post(f"{path}/completion", None, key=key),
                await service.send("patch", path, {"refused_for": "excessive"}, key=key),
            ):
                assert answer.status_code == 403
        foreign = await service.key(Role.ADMIN, lender="other")
        body = {"borrower_ref": "firm-1", "kind": "erasure", "received_on": "2026-09-15", "identity_check": "in_person"}
        unknown = await service.post("/v1/subject-requests", body, key=foreign)
        never = await service.post("/v1/subject-requests", body | {"borrower_ref": "nobody"}, key=foreign)
        wrong = [
            await service.post("/v1/subject-requests", body | changes)
            for changes in (
                {"kind": "portability"},
                {"received_on": "2026-10-02"},
                {"received_on": "2016-01-01"},
                {"identity_check": "looked nice"},
                {"borrower_ref": " x"},
                {"reason": "x"},
            )
        ]
        nothing = await service.send("patch", path, {})
    assert (unknown.status_code, unknown.json()["detail"]) == (404, never.json()["detail"])
    assert {answer.status_code for answer in (*wrong, nothing)} == {422}


async def test_a_lender_cannot_hide_a_decision_by_erasing_it(tmp_path: Path) -> None:
    """The row, who made and read it, the request and who erased stay; a hold cannot be had afterwards."""
    async with running(tmp_path, is_plain_http=True) as service:
        own = await a_life(service)
        verdict = json.loads(own["decided"])["verdict"]
        made = await a_request(service, "erasure")
        await complete(service, made)
        rows = (await service.get("/v1/audit", object=own["decision"])).json()["items"]
        erased = (await service.get("/v1/audit", action="subject.erased")).json()["items"]
        stored = await everything_stored(service)
        listed = (await service.get("/v1/subject-requests")).json()["items"]
    assert "decision.made" in {row["action"] for row in rows}
    assert [row["object"] for row in erased] == [made["subject_request_id"]]
    assert erased[0]["principal_id"].startswith("pri_")
    assert f"'{verdict}'" in stored["decisions"]
    assert [one["subject_request_id"] for one in listed] == [made["subject_request_id"]]


async def test_a_hold_that_is_being_set_holds(tmp_path: Path) -> None:
    """An erasure at the same time waits for it, and becomes a restriction."""
    async with running(tmp_path) as service:
        decision = (await service.post("/v1/decisions", application())).json()["decision_id"]
        made = await a_request(service, "erasure")
        database = Database(service.settings.database_url)
        async with database.read() as connection:
            borrower = (await connection.execute(select(borrowers.c.id))).scalar_one()
        async with database.write() as connection:
            await connection.execute(select(borrowers.c.id).where(borrowers.c.id == borrower).with_for_update())
            row = {"id": "hld_1", "lender_id": "bank", "borrower_id": borrower, "reason": "open_loan"}
            await connection.execute(insert(holds).values(**row, set_at="2026-10-01T10:00:00.000Z", set_by="me"))
            erasing = asyncio.create_task(complete(service, made))
            await asyncio.sleep(0.3)
        done = (await erasing).json()
        read = await service.get(f"/v1/decisions/{decision}")
        await database.close()
    assert done["status"] == "restricted"
    assert read.status_code == 200
