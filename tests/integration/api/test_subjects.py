"""Requests of data subjects by the interface: access, erasure and restriction, over HTTP and on both databases."""

import asyncio
import hashlib
import io
import json
import re
import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from links import a_link, send
from people import add, visiting
from postgres import ON_SQLITE
from service import HOLDER, TOKEN, Service, application, late_firm, link_order, retain, running
from signing import SIGNER, as_0_5_stored
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.engine import Connection

from scoring.base.signing import salted_digest
from scoring.runtime.operator import operator, operators_mark
from scoring.store.audit import Action
from scoring.store.database import Database
from scoring.store.decisions import Reservation, reserve
from scoring.store.erasure import erase
from scoring.store.holds import HoldReason, set_hold
from scoring.store.principals import Role
from scoring.store.tables import (
    borrowers,
    case_steps,
    cases,
    decisions,
    holds,
    known_devices,
    page_sessions,
    sign_in_failures,
    statements,
)
from scoring.usecases.verify import verify_chain, verify_receipt

PURPOSE = "Hochzeit von Erika Mustermann"
APPLICANT = {"name": "Blumen Mustermann", "tax_number": "181/815/08155"}


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
    body["applicant"] = APPLICANT
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


def files_of(folder: Path) -> bytes:
    """All bytes of the files of a SQLite database."""
    return b"".join(path.read_bytes() for path in folder.glob("test.sqlite*"))


TABLES = (
    *("borrowers", "connections", "decisions", "snapshots", "document_numbers", "idempotency", "write_backs"),
    *("line_corrections", "connect_sessions", "consents", "audit", "subject_requests", "holds", "cases"),
    *("case_steps", "loans", "loan_entries", "written_documents", "shadow_scores", "events"),
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
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert data["borrower"]["borrower_ref"] == "firm-1"
    assert [one["id"] for one in data["connections"]] == [own["connection"]]
    assert [one["id"] for one in data["connect_sessions"]] == [own["link"]]
    assert "Ich willige" in data["consents"][0]["text"]
    assert data["consents"][0]["withdrawn"] == []
    (decision,) = data["decisions"]
    assert decision["decision_id"] == own["decision"]
    assert decision["purpose"] == PURPOSE
    assert decision["applicant"] == APPLICANT | {"vat_id": None}
    assert decision["account_holder"] == {"name": HOLDER, "tax_number": "133/8150/8159", "vat_id": None}
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
        assert APPLICANT["name"] in content
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
        before = (await service.get(f"/v1/decisions/{kept['decision']}")).json()
        done = (await complete(service, await a_request(service, "erasure"))).json()
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
        async with database.write() as connection:
            for table, column in ((case_steps, "decision_id"), (cases, "decision_id"), (decisions, "id")):
                await connection.execute(delete(table).where(table.c[column] == erased))
        hidden = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
    assert (shown.status_code, shown.json()["applicant"]["ref"], shown.json()["request"]["purpose"]) == (
        200,
        None,
        None,
    )
    assert (gone.status_code, gone.json()["type"]) == (410, "/problems/erased")
    told = {one["what"]: (one["count"], one["why"]) for one in done["kept"]}
    assert (told["decisions"][0], told["rows"][0]) == (1, 1)
    for stays in ("verdict", "score", "offer", "rules"):
        assert shown.json()[stays] == before[stays]
    assert [one["code"] for one in shown.json()["reasons"]] == [one["code"] for one in before["reasons"]]
    for said in ("values", "limits", "reasons", "verdict", "score", "retention", "purpose", "numbers of documents"):
        assert said in told["decisions"][1]["en"]
    for said in ("Werte", "Grenzen", "Gründe", "Verdikt", "Score", "Aufbewahrungsfrist", "Verwendungszweck"):
        assert said in told["decisions"][1]["de"]
    assert "only day, verdict and score stay" in told["rows"][1]["en"]
    assert (proved.erased, proved.decisions) == (1, 1)
    assert [one.said for one in proved.findings if "follow" not in one.said and "checkpoint" not in one.said] == []
    assert verify_receipt(receipt, SIGNER.keys).object == kept["decision"]
    assert (looks_erased.status_code, looks_erased.json()["type"]) == (500, "/problems/stored-data-damaged")
    assert "was changed: it is not what was signed" in [finding.said for finding in found.findings]
    assert (erased, "was removed") in {(finding.object, finding.said) for finding in hidden.findings}, "its row stays"
    assert hidden.erased == 0


async def test_an_idempotency_key_cannot_be_tried_after_an_erasure(tmp_path: Path) -> None:
    """Who has the database and guesses keys, such as numbers of loans, learns nothing; the proof stays valid."""
    async with running(tmp_path, is_plain_http=True) as service:
        kept = await a_life(service)
        await complete(service, await a_request(service, "erasure"))
        database = service.app.state.database
        stored = select(decisions.c.salt, statements.c.signed).join_from(
            decisions, statements, statements.c.object_id == decisions.c.id
        )
        (row,) = await database.read_at_once(
            lambda found: found.execute(stored.where(decisions.c.id == kept["decision"])).all()
        )
        cipher = service.app.state.cipher
        proved = await verify_chain(database, SIGNER.keys, "bank", [], cipher=cipher, done=lambda _count: None)
    assert SIGNER.open(row.signed).facts["key"] not in {None, salted_digest(row.salt, b"key-of-firm-1")}
    assert (proved.decisions, proved.findings) == (1, ())


def reserve_and_die(connection: Connection, lender_id: str, key: str, now: datetime) -> None:
    """What a process that was killed leaves of a decision that it did not make."""
    mine = Reservation(lender_id=lender_id, key=key, attempt=f"att_{key}")
    assert reserve(connection, mine, body_digests=["f" * 64], now=now, stale_after=timedelta(0)) is None


@pytest.mark.parametrize(
    ("age", "left"),
    [(timedelta(hours=1), False), (timedelta(minutes=59), True)],
    ids=["abandoned", "perhaps at work"],
)
async def test_a_key_whose_process_died_goes_with_an_erasure_and_by_retain(
    tmp_path: Path, age: timedelta, *, left: bool
) -> None:
    """Nothing says whose it is, and its text may name a firm; what may still be at work stays."""
    async with running(tmp_path, is_plain_http=True) as service:
        await a_life(service)
        database = service.app.state.database
        for lender in ("bank", "other"):
            await database.write_at_once(
                lambda found, lender=lender: reserve_and_die(found, lender, f"loan-of-{lender}", service.clock() - age)
            )
        await complete(service, await a_request(service, "erasure"))
        erased = (await everything_stored(service))["idempotency"]
        gone = await retain(database, service.clock())
        after = (await everything_stored(service))["idempotency"]
    assert ("loan-of-bank" in erased, "loan-of-other" in erased) == (left, True)
    assert ("loan-of-bank" in after, "loan-of-other" in after) == (left, left)
    assert gone["idempotency"] == (0 if left else 1)


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
    for found in ("'firm-1'", PURPOSE, APPLICANT["name"], "key-of-firm-1", own["connection"] + "', 'bank"):
        assert found not in everything, found
    assert own["link"] not in after["connect_sessions"] + after["consents"]
    assert own["decision"] in after["decisions"]
    for name in ("snapshots", "document_numbers", "idempotency"):
        assert own["decision"] not in after[name]
        assert other["decision"] in after[name]
    assert (done.status_code, done.json()["status"], done.json()["borrower_ref"]) == (200, "done", None)
    assert done.json()["destroyed"] == {
        "keys": 1,
        "loans": 0,
        "loan_entries": 0,
        "written_documents": 0,
        "applicant_links": 0,
        "case_documents": 0,
        "jobs": 0,
        "events": 4,
        "portfolio_faults": 0,
        "observations": 0,
        "covenants": 0,
        "covenant_steps": 0,
        "warnings": 0,
        "warning_steps": 0,
        "monitoring_subscriptions": 0,
        "records": 1,
        "snapshots": 1,
        "document_numbers": 1,
        "idempotency": 1,
        "write_backs": 0,
        "notices": 0,
        "shadow_scores": 0,
        "connections": 1,
        "consents": 1,
        "connect_sessions": 1,
        "line_corrections": 1,
        "case_texts": 0,
        "guarantors": 0,
    }
    stays = {one["what"]: one["count"] for one in done.json()["kept"]}
    assert (stays["rows"], "decisions" in stays) == (1, False), "its record held the purpose"
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


@ON_SQLITE
async def test_an_erasure_leaves_nothing_in_the_files_of_the_database(tmp_path: Path) -> None:
    """Nor in pages that are free again, nor in the log of SQLite, while the service goes on."""
    async with running(tmp_path, is_plain_http=True) as service:
        await a_life(service)
        named = [b"firm-1", b"key-of-firm-1", b"bank.example/application", b"Ich willige"]
        before = files_of(tmp_path)
        assert (await complete(service, await a_request(service, "erasure"))).status_code == 200
        after = files_of(tmp_path)
    assert [found for found in named if found not in before] == []
    assert [found for found in named if found in after] == []


@ON_SQLITE
async def test_an_erasure_does_not_wait_for_readers_of_its_log(tmp_path: Path) -> None:
    """A backup may read for long: the erasure is answered, and the next `retain` empties the log."""
    async with running(tmp_path, is_plain_http=True) as service:
        await a_life(service)
        with closing(sqlite3.connect(tmp_path / "test.sqlite", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM borrowers").fetchone()
            done = await complete(service, await a_request(service, "erasure"))
            early = files_of(tmp_path)
        await service.app.state.database.wipe()
        after = files_of(tmp_path)
    assert (done.status_code, done.json()["status"]) == (200, "done")
    assert (b"key-of-firm-1" in early, b"key-of-firm-1" in after) == (True, False)


async def test_an_open_loan_turns_erasure_into_restriction(tmp_path: Path) -> None:
    """Tokens go at once; nothing new is made; only auditors and administrators read; the log stays as it is."""
    async with running(tmp_path, is_plain_http=True) as service:
        own = await a_life(service)
        _, open_path = await a_link(service)
        await hold(service, HoldReason.OPEN_LOAN)
        await hold(service, HoldReason.GWG, until=date(2031, 12, 31))
        done = (await complete(service, await a_request(service, "erasure"))).json()
        keys = {role: await service.key(role) for role in set(Role) - {Role.WEBHOOKS, Role.PROMOTE, Role.PROMOTE_ALL}}
        reads = {role: (await service.get(f"/v1/decisions/{own['decision']}", key=key)) for role, key in keys.items()}
        receipts = {
            role: (await service.get(f"/v1/decisions/{own['decision']}/receipt", key=key)) for role, key in keys.items()
        }
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
        links = {
            role: (await service.get(f"/v1/connect-sessions/{own['link']}", key=key)) for role, key in keys.items()
        }
        listed = {
            role: len((await service.get("/v1/connect-sessions", key=key)).json()["items"])
            for role, key in keys.items()
        }
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
    assert {role: answer.status_code for role, answer in receipts.items()} == {
        role: answer.status_code for role, answer in reads.items()
    }
    assert {role for role, count in lists.items() if count} == sees
    assert {(answer.status_code, answer.json()["type"]) for answer in refused[:3]} == {
        (409, "/problems/borrower-restricted")
    }
    assert all("is restricted" in answer.json()["detail"] for answer in refused[:3])
    assert refused[3].status_code in {409, 422}
    assert used.status_code == 404
    assert sent.status_code == 410
    assert connections == []
    assert consent is not None
    assert {role for role, answer in links.items() if answer.status_code == 200} == sees
    assert {answer.json()["type"] for role, answer in links.items() if role not in sees} == {"/problems/restricted"}
    assert {role for role, count in listed.items() if count} == sees
    assert (page.status_code, "These data are restricted" in page.text) == (403, True)
    assert own["decision"] not in pages.text


async def test_a_hold_keeps_nothing_beyond_its_last_day(tmp_path: Path) -> None:
    """On that day it holds; then the borrower is forgotten, and the hold itself when the trail about it goes."""
    async with running(tmp_path, is_plain_http=True) as service:
        await a_link(service)
        await hold(service, HoldReason.GWG, until=date(2027, 6, 30))
        days = (date(2027, 6, 30), date(2027, 7, 1), date(2031, 6, 30), date(2031, 7, 1))
        gone = [
            await retain(service.app.state.database, datetime(day.year, day.month, day.day, 10, tzinfo=UTC))
            for day in days
        ]
        left = await everything_stored(service)
    assert [(counts["borrowers"], counts["holds"]) for counts in gone] == [(0, 0), (1, 0), (0, 0), (0, 1)]
    assert "firm-1" not in left["borrowers"]
    assert left["holds"] == ""


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


async def lift(service: Service, made: dict[str, Any], told_on: str = "2026-10-01") -> Any:  # noqa: ANN401  a response
    """End a restriction."""
    return await service.post(f"/v1/subject-requests/{made['subject_request_id']}/lift", {"told_on": told_on})


async def test_a_restriction_is_lifted_once_the_subject_was_told(tmp_path: Path) -> None:
    """Then everything can be used again but the tokens, which are gone; the trail says who lifted it."""
    async with running(tmp_path, is_plain_http=True) as service:
        own = await a_life(service)
        made = await a_request(service, "restriction")
        early = await lift(service, made)
        await complete(service, made)
        untold = [await lift(service, made, day) for day in ("2026-10-02", "2026-09-14")]
        reader = await service.key(Role.ANALYSE)
        unseen = await service.get(f"/v1/decisions/{own['decision']}", key=reader)
        lifted, again = await lift(service, made), await lift(service, made)
        seen = await service.get(f"/v1/decisions/{own['decision']}", key=reader)
        decided = await service.post("/v1/decisions", application())
        rows = (await service.get("/v1/audit", action="subject.lifted")).json()["items"]
        foreign = await service.post(
            f"/v1/subject-requests/{made['subject_request_id']}/lift",
            {"told_on": "2026-10-01"},
            key=await service.key(Role.ADMIN, lender="other"),
        )
        refused = await service.post(
            f"/v1/subject-requests/{made['subject_request_id']}/lift", {"told_on": "2026-10-01"}, key=reader
        )
    assert [one.status_code for one in (early, *untold, again)] == [409, 422, 409, 409]
    assert early.json()["detail"] == "the request is one for restriction and open: it restricts nothing"
    assert (unseen.status_code, seen.status_code, decided.status_code) == (403, 200, 201)
    assert (lifted.status_code, lifted.json()["status"], lifted.json()["told_on"]) == (200, "lifted", "2026-10-01")
    assert [row["object"] for row in rows] == [made["subject_request_id"]]
    assert rows[0]["principal_id"].startswith("pri_")
    assert (foreign.status_code, refused.status_code) == (404, 403)


async def test_what_another_request_restricts_stays_restricted(tmp_path: Path) -> None:
    """Lifting what the subject asked for does not open what waits for its erasure; that is not lifted."""
    async with running(tmp_path, is_plain_http=True) as service:
        await a_life(service)
        await hold(service, HoldReason.HGB, until=date(2026, 10, 3))
        restriction, erasure = await a_request(service, "restriction"), await a_request(service, "erasure")
        for made in (restriction, erasure):
            await complete(service, made)
        lifted, waiting = await lift(service, restriction), await lift(service, erasure)
        refused = await service.post("/v1/decisions", application())
        service.clock.now = datetime(2026, 10, 4, 12, tzinfo=UTC)
        erased = await service.app.state.subjects.finish_waiting(operator, dry_run=False)
    assert (lifted.json()["status"], waiting.status_code, refused.status_code, erased) == ("lifted", 409, 409, 1)


async def test_what_is_restricted_on_request_is_kept_until_it_is_lifted(tmp_path: Path) -> None:
    """Whoever asked for it may need it against the lender (Art. 18(1)(c)); another firm's data go at their time."""
    later, last = datetime(2037, 1, 1, tzinfo=UTC), datetime(2042, 1, 1, tzinfo=UTC)
    async with running(tmp_path, is_plain_http=True) as service:
        for firm in ("firm-1", "firm-2"):
            await a_life(service, firm)
        await a_link(service)
        made = await a_request(service, "restriction")
        await complete(service, made)
        database = service.app.state.database
        gone = await retain(database, later)
        kept = await everything_stored(service)
        read = await service.get(f"/v1/subject-requests/{made['subject_request_id']}")
        service.clock.now = later
        lifted = await lift(service, made, "2036-12-31")
        then = await retain(database, later)
        late = await retain(database, last)
    assert (gone["snapshots"], gone["decisions"], gone["requests"], gone["borrowers"]) == (1, 1, 0, 1)
    assert ("firm-1" in kept["borrowers"], "firm-2" in kept["borrowers"]) == (True, False)
    assert kept["connect_sessions"].count("'bank'") == kept["consents"].count("'bank'") + 1
    assert (read.json()["status"], lifted.json()["status"]) == ("done", "lifted")
    assert (then["snapshots"], then["decisions"], then["consents"], then["requests"]) == (1, 1, 1, 0)
    assert late["requests"] == 1


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


async def test_an_erasure_is_completed_once_by_several_runs(tmp_path: Path) -> None:
    """Of several `retain` at the same time one does it, and what it destroyed stays in the request."""
    async with running(tmp_path, is_plain_http=True) as service:
        await a_life(service)
        await hold(service, HoldReason.GWG, until=date(2026, 12, 31))
        made = await a_request(service, "erasure")
        assert (await complete(service, made)).json()["status"] == "restricted"
        service.clock.advance(days=100)
        subjects = service.app.state.subjects
        counts = await asyncio.gather(*(subjects.finish_waiting(operator, dry_run=False) for _ in range(4)))
        done = (await service.get(f"/v1/subject-requests/{made['subject_request_id']}")).json()
    assert sum(counts) == 1
    assert (done["status"], done["destroyed"]["snapshots"], done["destroyed"]["keys"]) == ("done", 1, 1)


async def test_each_waiting_erasure_is_completed_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Services write between two of them, and a run that ends early is gone on with."""
    async with running(tmp_path, is_plain_http=True) as service:
        for firm in ("firm-1", "firm-2"):
            assert (await service.post("/v1/decisions", application(borrower_ref=firm))).status_code == 201
            await hold(service, HoldReason.GWG, until=date(2026, 12, 31), borrower=firm)
            await complete(service, await a_request(service, "erasure", borrower_ref=firm))
        service.clock.advance(days=100)
        subjects, erased = service.app.state.subjects, []

        def stop_at_the_second(*arguments: Any, **options: Any) -> dict[str, int]:  # noqa: ANN401  as it is called
            if erased:
                raise KeyError(arguments)
            erased.append(arguments)
            return erase(*arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr("scoring.usecases.subjects.erase", stop_at_the_second)
            with pytest.raises(KeyError):
                await subjects.finish_waiting(operator, dry_run=False)
        left = [await subjects.finish_waiting(operator, dry_run=dry) for dry in (True, False)]
    assert left == [1, 1]


async def test_a_restriction_after_an_erasure_hides_nothing(tmp_path: Path) -> None:
    """There is nothing left to keep: every role goes on to see that the decision was made, and of whom is gone."""
    async with running(tmp_path, is_plain_http=True) as service:
        decision = (await a_life(service))["decision"]
        asked = [await a_request(service, kind) for kind in ("erasure", "restriction")]
        done = [(await complete(service, made)).json()["status"] for made in asked]
        read = await service.get(f"/v1/decisions/{decision}", key=await service.key(Role.UNDERWRITE))
    assert done == ["done", "done"]
    assert (read.status_code, read.json()["applicant"]["ref"]) == (200, None)


async def test_a_decision_under_way_is_not_stored_after_an_erasure(tmp_path: Path) -> None:
    """The borrower was reserved before, the books read; the record finds it erased, and nothing is left of it."""
    async with running(tmp_path, is_plain_http=True) as service:
        await a_life(service)
        made = await a_request(service, "erasure")
        assessor = service.app.state.assessor
        read = type(assessor.maker.books).read

        async def erase_while_reading(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  as it is called
            books = await read(*arguments, **options)
            assert (await complete(service, made)).status_code == 200
            return books

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(assessor.maker.books), "read", erase_while_reading)
            answer = await service.post("/v1/decisions", application(purpose=PURPOSE), **{"Idempotency-Key": "b"})
        stored = await everything_stored(service)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/borrower-restricted")
    assert "the borrower was erased" in answer.json()["detail"]
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
        service.clock.now = datetime(2026, 9, 30, 22, 30, tzinfo=UTC)  # half past midnight in Berlin
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


async def test_what_a_sign_in_leaves_goes_when_it_is_over(tmp_path: Path) -> None:
    """By `retain`, whether or not anybody signs in again; a browser stays known for its time."""
    names = ("failures", "sessions", "devices")
    async with running(tmp_path, is_plain_http=True) as service:
        await add(service)
        async with visiting(service) as visitor:
            await visitor.sign_in()
            await visitor.sign_in(password="guess guess guess")
        gone = []
        for days in (0, 1, 179, 1):
            service.clock.advance(days=days)
            counts = await retain(service.app.state.database, service.clock())
            gone.append([counts[name] for name in names])
        left = [
            (
                await service.app.state.database.read_at_once(
                    lambda found, table=table: found.execute(select(table)).all()
                )
            )
            for table in (sign_in_failures, page_sessions, known_devices)
        ]
    assert gone == [[0, 0, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert left == [[], [], []]
