"""Asking the applicant over HTTP and on both databases: links, documents, contests, and deciding again."""

import asyncio
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from documents import A_PDF, pdf, picture
from integration.api.test_cases import Bank, ask, banking, problem
from links import hidden_fields
from signing import SIGNER
from sqlalchemy import func, select, update
from unit.sandbox_server.building import TOKEN

from scoring.store.database import Database
from scoring.store.principals import Role
from scoring.store.retention import Periods, kinds_of, remove_due
from scoring.store.tables import applicant_links, case_documents, cases
from scoring.usecases import taking
from scoring.usecases.verify import verify_chain

LENDER = {
    "name": "Muster Bank",
    "privacy_url": "https://bank.example/privacy",
    "privacy_email": "privacy@bank.example",
}
RETAINED = Periods(
    decisions=365, loans=3653, connections=400, consents=1461, links=90, idempotency=90, events=30, audit=1461
)
ITEMS = [
    {"kind": "explanation", "text": "Warum ist RE-7 so lange offen?"},
    {"kind": "document", "text": "Bitte den Jahresabschluss 2025."},
]


def inquiry(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """An inquiry with two items."""
    return {"items": ITEMS, "lender": LENDER} | changes


async def asked(bank: Bank, case: dict[str, Any], by: str = "frieda", **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """Claim the case and ask with a link."""
    await bank.do(case, "claim", by)
    answer = await bank.do(case, "inquiries", by, **inquiry(**changes))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def upload(
    bank: Bank, case: dict[str, Any], content: bytes, by: str = "system", name: str = "abschluss.pdf"
) -> httpx.Response:
    """Put a document into a case."""
    return await bank.service.http.post(
        f"/v1/cases/{case['case_id']}/documents",
        params={"name": name},
        content=content,
        headers={"Authorization": f"Bearer {bank.keys[by]}", "Content-Type": "application/octet-stream"},
    )


async def test_a_case_waits_for_the_link_and_shows_what_was_asked(tmp_path: Path) -> None:
    """The step is signed and has the words; the link is open; its secret is in the address alone."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case, decides_again=True)
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    secret = made["url"].rpartition("/")[2]
    assert "/answer/" in made["url"]
    assert found["status"] == "waiting"
    assert [item["text"] for item in found["asked"]] == [item["text"] for item in ITEMS]
    assert found["steps"][-1]["text"] == "1. Warum ist RE-7 so lange offen?\n2. Bitte den Jahresabschluss 2025."
    assert [(one["kind"], one["status"], one["decides_again"]) for one in found["applicant_links"]] == [
        ("inquiry", "open", True)
    ]
    assert secret not in str(found)


async def test_only_who_works_on_the_case_asks(tmp_path: Path) -> None:
    """A system, somebody else, and a second question while the case waits are refused; nothing is stored."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        unclaimed = await bank.do(case, "inquiries", "frieda", **inquiry())
        await asked(bank, case)
        again = await bank.do(case, "inquiries", "frieda", **inquiry())
        other = await bank.do(case, "inquiries", "berta", **inquiry())
        system = await bank.do(case, "inquiries", "system", **inquiry())
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert problem(unclaimed) == (409, "case-claimed", "not_claimed")
    assert problem(again) == (409, "case-state", "waiting")
    assert problem(other) == (409, "case-state", "waiting")
    assert system.status_code == 403
    assert len(found["applicant_links"]) == 1


async def test_a_bad_inquiry_is_named_field_by_field(tmp_path: Path) -> None:
    """Every fault, and nothing is stored."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await bank.do(case, "claim", "frieda")
        items = [{"kind": "corrected_booking", "text": " "}]
        answer = await bank.do(case, "inquiries", "frieda", items=items, lender=LENDER | {"privacy_email": "nobody"})
        none = await bank.do(case, "inquiries", "frieda", items=[], lender=LENDER)
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert [error["field"] for error in answer.json()["errors"]] == [
        "lender.privacy_email",
        "items[0].text",
        "items[0].document_numbers",
    ]
    assert none.json()["errors"][0]["field"] == "items"
    assert found["status"] == "open"


async def test_a_document_is_kept_encrypted_and_downloaded_as_it_was(tmp_path: Path) -> None:
    """By whom, type and size are in the case; the bytes are nowhere in the database; the answer is an attachment."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        added = await upload(bank, case, A_PDF, name="Müllers Abschluss.pdf")
        found = await bank.read(f"/v1/cases/{case['case_id']}")
        loaded = await bank.service.get(added.headers["location"], key=bank.keys["berta"])
        other = await bank.service.get(f"/v1/cases/{case['case_id']}/documents/doc_1", key=bank.keys["berta"])
        trail = await bank.service.get("/v1/audit", action="document.read", key=await audit_key(bank))
    assert added.status_code == 201, added.text
    (document,) = found["documents"]
    assert (document["name"], document["media_type"], document["size"], document["by"]["name"]) == (
        "Müllers Abschluss.pdf",
        "application/pdf",
        len(A_PDF),
        "system",
    )
    assert found["steps"][-1]["kind"] == "filed"
    assert loaded.content == A_PDF
    assert loaded.headers["content-type"] == "application/pdf"
    assert loaded.headers["content-disposition"] == "attachment; filename*=UTF-8''M%C3%BCllers%20Abschluss.pdf"
    assert loaded.headers["x-content-type-options"] == "nosniff"
    assert other.status_code == 404
    assert [row["object"] for row in trail.json()["items"]] == [document["document_id"]]


async def audit_key(bank: Bank) -> str:
    """The key of an auditor."""
    if "auditor" not in bank.keys:
        await bank.add("auditor", Role.AUDIT)
    return bank.keys["auditor"]


async def test_documents_that_could_do_something_are_refused(tmp_path: Path) -> None:
    """Each with its reason; nothing is stored."""
    scripted = pdf(lambda writer: writer.add_attachment("a.exe", b"MZ"))
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        answers = {
            "embedded_file": await upload(bank, case, scripted),
            "encrypted": await upload(bank, case, pdf(lambda writer: writer.encrypt("", "secret"))),
            "unknown_type": await upload(bank, case, b"<svg onload=alert(1)>", name="bild.png"),
            "empty": await upload(bank, case, b""),
            "two_readings": await upload(bank, case, A_PDF + b"<html>"),
        }
        large = await upload(bank, case, A_PDF + b"\0" * (10 * 1024 * 1024 + 1 - len(A_PDF)))
        picked = await upload(bank, case, picture("PNG"), name="../foto.png")
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert {reason: problem(answer) for reason, answer in answers.items()} == {
        reason: (422, "document-refused", reason) for reason in answers
    }
    assert problem(large)[:2] == (413, "request-too-large")
    assert large.json()["detail"] == "The body is larger than 10 MiB."
    assert large.json()["instance"] == large.headers["X-Request-ID"]
    assert problem(picked)[:2] == (422, "invalid-request")
    assert found["documents"] == []


async def test_a_reviewer_decides_again_and_may_still_vote(tmp_path: Path) -> None:
    """The new decision is linked to the case; who asked for the first one stays the one who asked."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        missing = await bank.do(case, "decision", "frieda", connection_id=None)
        connected = await bank.service.post(
            "/v1/connections",
            {"borrower_ref": case["borrower_ref"], "sevdesk_token": TOKEN},
            key=bank.keys["system"],
        )
        made = await bank.do(case, "decision", "frieda", payout_iban="DE89370400440532013000")
        found = await bank.read(f"/v1/cases/{case['case_id']}", "frieda")
        voted = await bank.vote(found, "frieda")
    assert problem(missing)[:2] == (409, "connection-missing")
    assert connected.status_code == 201, connected.text
    assert made.status_code == 201, made.text
    assert found["decisions"][-1] == made.json()["decision_id"]
    assert found["steps"][-1]["by"]["name"] == "frieda"
    assert voted.status_code == 200, voted.text


async def test_a_contest_reopens_what_was_decided_once(tmp_path: Path) -> None:
    """A person decides within a month; a second contest and one of an open or withdrawn case are refused."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        early = await bank.do(case, "contests", "system", text="Nein")
        await bank.vote(case, "fritz", verdict="decline", reason="not_affordable", annual_rate_percent=None)
        contested = await bank.do(case, "contests", "system", text="Die Rechnung ist bezahlt", wants_talk=True)
        twice = await bank.do(case, "contests", "system", text="Noch einmal")
        link = await bank.do(case, "contest-links", "system", lender=LENDER)
        await bank.do(case, "withdrawal", "system", text="Doch nicht")
        withdrawn = await bank.do(case, "contests", "system", text="Nein")
    assert problem(early) == (409, "case-state", "not_ended")
    assert contested.status_code == 200, contested.text
    said = contested.json()
    assert (said["status"], said["resolution"]) == ("open", None)
    assert said["contest"] == {"by_link": False, "wants_talk": True, "answer_by": "2026-11-01"}
    assert problem(twice) == (409, "case-state", "not_ended")
    assert problem(link) == (409, "case-state", "not_ended")
    assert problem(withdrawn) == (409, "case-state", "withdrawn")


async def test_documents_are_in_the_answer_to_a_request_for_access(tmp_path: Path) -> None:
    """The file itself, its name and its day; nobody at the lender."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await asked(bank, case)
        document = (await upload(bank, case, A_PDF, by="fritz", name="Bilanz.pdf")).json()["document_id"]
        answer = await bank.service.get(f"{await ask(bank, 'access')}/bundle")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    data, page = json.loads(archive.read("data.json")), archive.read("index.html").decode()
    (found,) = data["case_documents"]
    assert archive.read(f"documents/{document}.pdf") == A_PDF
    assert (found["id"], found["name"], found["size"], found["by_applicant"]) == (
        document,
        "Bilanz.pdf",
        len(A_PDF),
        False,
    )
    assert [(one["kind"], one["status"]) for one in data["applicant_links"]] == [("inquiry", "open")]
    for content in (page, json.dumps(data, ensure_ascii=False)):
        assert "Bilanz.pdf" in content
        assert ITEMS[0]["text"] in content
        assert "fritz" not in content
        assert "pri_" not in content


async def test_an_erasure_destroys_documents_and_links_and_leaves_every_proof(tmp_path: Path) -> None:
    """The step of the document stays, without name; its bytes are in no row."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await asked(bank, case)
        added = await upload(bank, case, A_PDF)
        erased = await bank.service.post(f"{await ask(bank, 'erasure')}/completion", None)
        read = (await bank.service.get(f"/v1/cases/{case['case_id']}")).json()
        loaded = await bank.service.get(added.headers["location"])
        more = await upload(bank, case, A_PDF)
        again = await bank.do(case, "decision", "frieda", connection_id=None)
        database: Database = bank.service.app.state.database
        found = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
        left = await database.read_at_once(
            lambda connection: [
                connection.execute(select(func.count()).select_from(table)).scalar()
                for table in (case_documents, applicant_links)
            ]
        )
    assert erased.json()["destroyed"]["case_documents"] == 1
    assert [(one["name"], one["document_id"]) for one in read["documents"]] == [(None, added.json()["document_id"])]
    assert (problem(loaded)[:2], problem(more)[:2], problem(again)[:2]) == (
        (404, "not-found"),
        (409, "borrower-restricted"),
        (409, "borrower-restricted"),
    )
    assert left == [0, 0]
    assert found.findings == ()


async def test_a_changed_document_is_named_and_not_handed_out(tmp_path: Path) -> None:
    """Other bytes under the same name, and a document of another case in its place."""
    async with banking(tmp_path) as bank:
        case, other = await bank.refer(), await bank.refer(borrower_ref="firm-2")
        one = await upload(bank, case, A_PDF)
        two = await upload(bank, other, picture("PNG"))
        database: Database = bank.service.app.state.database
        stored = case_documents.c
        first, second = (stored.id == added.json()["document_id"] for added in (one, two))
        change = update(case_documents).where(first).values(content=b"forged")
        await database.write_at_once(lambda connection: connection.execute(change))
        await database.write_at_once(
            lambda connection: connection.execute(update(case_documents).where(second).values(case_id=case["case_id"]))
        )
        found = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
        loaded = [await bank.service.get(added.headers["location"]) for added in (one, two)]
    assert sorted(finding.object for finding in found.findings) == sorted(
        f"{case['case_id']}, document {added.json()['document_id']}" for added in (one, two)
    )
    assert [problem(answer)[:2] for answer in loaded] == [(500, "stored-data-damaged"), (404, "not-found")]


async def test_documents_and_links_go_with_their_case(tmp_path: Path) -> None:
    """At the end of the retention of its decisions; before, they stay."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await asked(bank, case)
        await upload(bank, case, A_PDF)
        bank.service.clock.advance(days=400)
        database: Database = bank.service.app.state.database
        now = bank.service.clock()
        for kind in kinds_of(RETAINED, SIGNER, now=now, today=now.date()):
            await remove_due(database, kind, done=lambda _count: None)
        left = await database.read_at_once(
            lambda connection: [
                connection.execute(select(func.count()).select_from(table)).scalar()
                for table in (case_documents, applicant_links, cases)
            ]
        )
    assert left == [0, 0, 0]


async def test_a_case_has_room_for_fifty_documents(tmp_path: Path) -> None:
    """The next one is refused, and what was there stays."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(taking, "MOST_DOCUMENTS", 1)
            first, second = await upload(bank, case, A_PDF), await upload(bank, case, A_PDF)
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert first.status_code == 201
    assert problem(second)[:2] == (409, "too-many-documents")
    assert len(found["documents"]) == 1


async def test_a_repeated_request_decides_again_once(tmp_path: Path) -> None:
    """With its key, as an application; another body with the same key is refused."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await bank.service.post(
            "/v1/connections",
            {"borrower_ref": case["borrower_ref"], "sevdesk_token": TOKEN},
            key=bank.keys["system"],
        )
        path = f"/v1/cases/{case['case_id']}/decision"
        headers = {"Authorization": f"Bearer {bank.keys['frieda']}", "Idempotency-Key": "again-1"}
        answers = [
            await bank.service.http.post(path, json=body, headers=headers) for body in ({}, {}, {"connection_id": None})
        ]
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert [answer.status_code for answer in answers] == [201, 201, 422]
    assert answers[0].json()["decision_id"] == answers[1].json()["decision_id"]
    assert len(found["decisions"]) == 2


async def test_whose_books_these_are_is_asked_again(tmp_path: Path) -> None:
    """A friend's account does not pass at the second try."""
    async with banking(tmp_path) as bank:
        case = await bank.refer(applicant={"name": "Jan Schmidt"})
        await bank.service.post(
            "/v1/connections",
            {"borrower_ref": case["borrower_ref"], "sevdesk_token": TOKEN},
            key=bank.keys["system"],
        )
        made = await bank.do(case, "decision", "system", connection_id=None)
        first = await bank.read(f"/v1/decisions/{case['decisions'][0]}")
    assert made.json()["applicant"] == first["applicant"]
    assert made.json()["data"]["holder"] == first["data"]["holder"]
    assert made.json()["data"]["holder"] is not None


async def test_a_new_decision_that_fails_leaves_the_answer(tmp_path: Path) -> None:
    """Where no account can be read; a person decides again later."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case, decides_again=True)
        page = await bank.service.http.get(urlsplit(made["url"]).path)
        fields = {name: value or "" for name, value in hidden_fields(page.text).items()}
        sent = await bank.service.http.post(
            urlsplit(made["url"]).path, data=fields | {"text-1": "a", "text-2": "b"}, files=[("file-0", ("", b""))]
        )
        await bank.service.app.state.running.drain()
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert sent.status_code == 303
    assert (found["status"], found["steps"][-1]["kind"], len(found["decisions"])) == ("open", "answered", 1)


async def test_two_browsers_with_one_link_answer_once(tmp_path: Path) -> None:
    """At the same moment, on each database; the slower one is told so."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        path = urlsplit((await asked(bank, case))["url"]).path
        pages = [await bank.service.http.get(path) for _ in range(2)]
        answers = await asyncio.gather(
            *(
                bank.service.http.post(
                    path,
                    data={name: value or "" for name, value in hidden_fields(page.text).items()}
                    | {"text-1": "a", "text-2": ""},
                    files=[("file-2", ("a.pdf", A_PDF))],
                )
                for page in pages
            )
        )
        found = await bank.read(f"/v1/cases/{case['case_id']}")
        database: Database = bank.service.app.state.database
        proved = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert [step["kind"] for step in found["steps"]].count("answered") == 1
    assert len(found["documents"]) == 1
    assert proved.findings == ()
