"""Asking the applicant over HTTP and on both databases: links, documents, contests, and deciding again."""

from pathlib import Path
from typing import Any

import httpx
from documents import A_PDF, pdf, picture
from integration.api.test_cases import Bank, banking, problem

from scoring.store.principals import Role

LENDER = {
    "name": "Muster Bank",
    "privacy_url": "https://bank.example/privacy",
    "privacy_email": "privacy@bank.example",
}
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
        large = await upload(bank, case, A_PDF + b"\0" * (11 * 1024 * 1024))
        picked = await upload(bank, case, picture("PNG"), name="../foto.png")
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert {reason: problem(answer) for reason, answer in answers.items()} == {
        reason: (422, "document-refused", reason) for reason in answers
    }
    assert problem(large)[:2] == (413, "request-too-large")
    assert problem(picked)[:2] == (422, "invalid-request")
    assert found["documents"] == []


async def test_a_reviewer_decides_again_and_may_still_vote(tmp_path: Path) -> None:
    """The new decision is linked to the case; who asked for the first one stays the one who asked."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        missing = await bank.do(case, "decision", "frieda", connection_id=None)
        connected = await bank.service.post(
            "/v1/connections",
            {"borrower_ref": case["borrower_ref"], "sevdesk_token": "0123456789abcdef" * 2},
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
