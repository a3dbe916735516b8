"""Notices over HTTP: issued once, kept as they were issued, proved, and gone with the borrower."""

import base64
import hashlib
import io
import json
import zipfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from integration.api.test_cases import ask, banking, problem
from lending import approved, lending
from postgres import ON_SQLITE
from pypdf import PdfReader
from service import Service, a_lenders_file, application, retain, running
from signing import SIGNER
from sqlalchemy import Delete, Update, delete, func, select, update

from scoring.store.database import Database
from scoring.store.principals import Role
from scoring.store.tables import audit, notices
from scoring.usecases.verify import verify_chain

MARKUP = '<b>#strong[Änne]</b> $x$ "*_'
"""Of both languages in which notices are printed."""


async def decide(service: Service, **changes: Any) -> str:  # noqa: ANN401  fields of an application
    """The path of a decision."""
    answer = await service.post("/v1/decisions", application(**changes))
    assert answer.status_code == 201, answer.text
    return f"/v1/decisions/{answer.json()['decision_id']}"


async def actions(service: Service) -> list[str]:
    """What the trail says of notices, oldest first."""
    database: Database = service.app.state.database
    wanted = select(audit.c.action).where(audit.c.action.startswith("notice")).order_by(audit.c.id)
    return await database.read_at_once(lambda connection: list(connection.execute(wanted).scalars()))


async def count(service: Service) -> int:
    """How many notices are stored."""
    database: Database = service.app.state.database
    return await database.read_at_once(
        lambda connection: connection.execute(select(func.count()).select_from(notices)).scalar_one()
    )


def text_of(answer: httpx.Response) -> str:
    """The words of a PDF of one page."""
    (page,) = PdfReader(io.BytesIO(answer.content)).pages
    return page.extract_text()


async def test_a_notice_is_issued_once_and_kept_as_it_was_issued(tmp_path: Path) -> None:
    """The same bytes for the same request; the list, the digest and the trail say so, and the chain holds."""
    async with lending(tmp_path, lenders_file=a_lenders_file(tmp_path)) as service:
        path = f"/v1/decisions/{await approved(service)}"
        first = await service.get(f"{path}/notice")
        service.clock.advance(hours=3)
        again = await service.get(f"{path}/notice", language="de", format="html")
        service.clock.advance(minutes=1)
        printed = await service.http.get(
            f"{path}/notice", headers={"Authorization": f"Bearer {service.keys['bank']}", "Accept": "application/pdf"}
        )
        service.clock.advance(minutes=1)
        english = await service.get(f"{path}/notice", language="en", format="pdf")
        listed = (await service.get(f"{path}/notices")).json()["items"]
        read = await service.get(first.headers["content-location"])
        found = await verify_chain(service.app.state.database, SIGNER.keys, "bank", [], done=lambda _count: None)
        trail = await actions(service)
    assert (first.status_code, first.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Zusage zu Ihrem Kreditantrag" in first.text
    assert again.content == first.content == read.content
    assert [(one["format"], one["language"], one["texts"]) for one in listed] == [
        ("pdf", "en", "1"),
        ("pdf", "de", "1"),
        ("html", "de", "1"),
    ]
    digest = hashlib.sha256(first.content).digest()
    assert listed[2]["sha256"] == digest.hex()
    assert first.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest).decode()}:"
    assert first.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "Zusage zu Ihrem Kreditantrag" in text_of(printed)
    assert "Your loan application is approved" in text_of(english)
    assert found.findings == ()
    assert Counter(trail) == {"notice.issued": 3, "notice.read": 2, "notices.listed": 1}


async def test_a_notice_says_what_persons_decided(tmp_path: Path) -> None:
    """In review, then declined by a person, then reviewed once more: each time another notice."""
    async with banking(tmp_path, lenders_file=a_lenders_file(tmp_path)) as bank:
        case = await bank.refer()
        path = f"{case['links']['decision']}/notice"
        waiting = await bank.service.get(path)
        await bank.vote(case, "fritz", verdict="decline", reason="information_missing", annual_rate_percent=None)
        declined = await bank.service.get(path)
        await bank.do(case, "reopening", "fritz", text="Widerspruch")
        reopened = await bank.service.get(path)
        stored = await count(bank.service)
    assert "Ihr Kreditantrag wird von einem Menschen geprüft" in waiting.text
    assert "Diese Entscheidung hat ein Mensch getroffen." in declined.text
    assert "Für eine Zusage fehlen uns Unterlagen oder Angaben." in declined.text
    assert "Darüber ist noch nicht entschieden." in waiting.text
    assert "wir hatten Ihren Antrag" in reopened.text
    assert "Bis zur neuen Entscheidung ist Ihnen kein Kredit zugesagt." in reopened.text
    assert "gesehen" not in declined.text, "what a person wrote is not for the applicant"
    assert stored == 3, "a case that waits once more has another day until which to decide"


async def test_a_decline_of_the_machine_that_is_contested_is_not_called_undecided(tmp_path: Path) -> None:
    """The notice says who had decided, why a person reviews it, by when, and what holds until then."""
    async with banking(tmp_path, lenders_file=a_lenders_file(tmp_path)) as bank:
        path = await decide(bank.service)
        found = (await bank.service.get(path)).json()
        case = await bank.read(found["links"]["case"])
        contested = await bank.do(case, "contests", "system", text="Die Rate ist zu hoch")
        notice = await bank.service.get(f"{path}/notice")
    assert (found["verdict"], contested.status_code) == ("decline", 200), contested.text
    text = notice.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "unser System hatte Ihren Antrag auf 25.000,00 €" in text
    assert "am 01.10.2026 abgelehnt. Sie haben dieser Entscheidung widersprochen" in text
    assert "Bis zur neuen Entscheidung ist Ihnen kein Kredit zugesagt." in text
    assert "Die Antwort auf Ihren Widerspruch erhalten Sie bis zum 01.11.2026." in text
    assert "nur für den Menschen vorbereitet" not in text


async def test_an_approval_by_a_person_has_her_terms(tmp_path: Path) -> None:
    """Amount, term and price as they were voted, and what had been asked for."""
    async with banking(tmp_path, lenders_file=a_lenders_file(tmp_path)) as bank:
        case = await bank.refer()
        voted = await bank.vote(case, "fritz", amount={"value": "15000.00", "currency": "EUR"}, term_months=6)
        notice = await bank.service.get(f"{case['links']['decision']}/notice", language="en")
    assert voted.status_code == 200, voted.text
    text = notice.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "We are pleased to approve a loan of €15,000.00 for 6 months at an interest rate of 9.90% per year." in text
    assert "You had asked for €20,000.00 for 12 months." in text


async def test_the_notice_is_on_the_newest_decision_of_a_case(tmp_path: Path) -> None:
    """The older one is refused by name, and what was issued on it can still be read."""
    async with banking(tmp_path, lenders_file=a_lenders_file(tmp_path)) as bank:
        case = await bank.refer()
        path = case["links"]["decision"]
        issued = await bank.service.get(f"{path}/notice")
        again = await bank.refer(case_id=case["case_id"])
        old = await bank.service.get(f"{path}/notice")
        new = await bank.service.get(f"{again['links']['decision']}/notice")
        read = await bank.service.get(issued.headers["content-location"])
    assert problem(old) == (409, "decision-superseded", None)
    assert again["links"]["decision"].rpartition("/")[2] in old.json()["detail"]
    assert "retry-after" not in old.headers
    assert (new.status_code, read.content) == (200, issued.content)


async def test_text_of_a_firm_is_never_markup(tmp_path: Path) -> None:
    """Neither of HTML nor of what prints the PDF: its name, and the reference."""
    async with running(tmp_path, lenders_file=a_lenders_file(tmp_path)) as service:
        path = await decide(service, borrower_ref=MARKUP, applicant={"name": f"{MARKUP} GmbH"})
        page = await service.get(f"{path}/notice")
        printed = await service.get(f"{path}/notice", format="pdf")
    for found in ("&lt;b&gt;#strong[Änne]&lt;/b&gt; $x$ &#34;*_, Mitteilung", "$x$ &#34;*_ GmbH</dd>"):
        assert found in page.text
    assert text_of(printed).count(MARKUP) == 2


@ON_SQLITE
async def test_a_pdf_can_be_kept_and_read_aloud(tmp_path: Path) -> None:
    """PDF/A-2a and PDF/UA-1, with its fonts in it, A4, a title and a language; the same bytes for the same facts."""
    async with lending(tmp_path, lenders_file=a_lenders_file(tmp_path)) as service:
        path = f"/v1/decisions/{await approved(service)}"
        printed = await service.get(f"{path}/notice", format="pdf")
    document = PdfReader(io.BytesIO(printed.content))
    catalogue: Any = document.trailer["/Root"]
    (page,) = document.pages
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    described = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    metadata = catalogue["/Metadata"].get_data().decode()
    assert document.metadata is not None
    assert document.metadata.title == "Zusage zu Ihrem Kreditantrag"
    assert catalogue["/Lang"] == "de"
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "pdfaid:part>2<" in metadata
    assert "pdfuaid:part>1<" in metadata
    assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
    assert all("/FontFile3" in one for one in described)


async def test_without_somebody_to_reach_no_notice_is_issued(tmp_path: Path) -> None:
    """The problem says what the operator does; an unknown format or language is told, too."""
    async with running(tmp_path) as service:
        path = await decide(service)
        missing = await service.get(f"{path}/notice")
        wrong = await service.get(f"{path}/notice", format="docx")
        unknown = await service.get(f"{path}/notice", lang="de")
        nothing = await service.get("/v1/notices/ntc_01j00000000000000000000000")
        stored = await count(service)
    assert problem(missing) == (409, "sender-missing", None)
    assert "SCORING_LENDERS_FILE" in missing.json()["detail"]
    assert problem(wrong) == (422, "invalid-request", None)
    assert problem(unknown) == (422, "invalid-request", None)
    assert problem(nothing) == (404, "not-found", None)
    assert stored == 0


async def test_an_erasure_takes_the_notices_along(tmp_path: Path) -> None:
    """None can be issued or read any more, nothing is half done, and the chain still holds."""
    async with banking(tmp_path, lenders_file=a_lenders_file(tmp_path)) as bank:
        case = await bank.refer()
        path = case["links"]["decision"]
        issued = await bank.service.get(f"{path}/notice")
        erased = await bank.service.post(f"{await ask(bank, 'erasure')}/completion", None)
        again = await bank.service.get(f"{path}/notice")
        read = await bank.service.get(issued.headers["content-location"])
        stored = await count(bank.service)
        found = await verify_chain(bank.service.app.state.database, SIGNER.keys, "bank", [], done=lambda _count: None)
    assert erased.json()["destroyed"]["notices"] == 1
    assert problem(again) == (409, "borrower-restricted", None)
    assert "erased" in again.json()["detail"]
    assert problem(read) == (404, "not-found", None)
    assert stored == 0
    assert found.findings == ()


async def test_notices_end_with_the_retention_of_their_decision(tmp_path: Path) -> None:
    """Ten years; the chain holds."""
    async with banking(tmp_path, lenders_file=a_lenders_file(tmp_path)) as bank:
        case = await bank.refer()
        await bank.service.get(f"{case['links']['decision']}/notice")
        database: Database = bank.service.app.state.database
        await retain(database, bank.service.clock() + timedelta(days=3000))
        before = await count(bank.service)
        await retain(database, bank.service.clock() + timedelta(days=3700))
        after = await count(bank.service)
        found = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
    assert (before, after) == (1, 0)
    assert found.findings == ()


async def test_a_restricted_borrower_gets_no_new_notice(tmp_path: Path) -> None:
    """What was issued is for auditors and administrators alone."""
    async with banking(tmp_path, lenders_file=a_lenders_file(tmp_path)) as bank:
        case = await bank.refer()
        path = case["links"]["decision"]
        issued = await bank.service.get(f"{path}/notice")
        await bank.service.post(f"{await ask(bank, 'restriction')}/completion", None)
        new = await bank.service.get(f"{path}/notice", language="en")
        read = await bank.service.get(issued.headers["content-location"], key=bank.keys["system"])
        admin = await bank.service.get(issued.headers["content-location"])
        stored = await count(bank.service)
    assert problem(new) == (409, "borrower-restricted", None)
    assert problem(read) == (403, "restricted", None)
    assert (admin.content, stored) == (issued.content, 1)


async def test_access_has_the_notices_as_they_were_issued(tmp_path: Path) -> None:
    """Each as a file, named in the data; not who issued it."""
    async with banking(tmp_path, lenders_file=a_lenders_file(tmp_path)) as bank:
        case = await bank.refer()
        issued = await bank.service.get(f"{case['links']['decision']}/notice", format="pdf")
        answer = await bank.service.get(f"{await ask(bank, 'access')}/bundle")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    (told,) = json.loads(archive.read("data.json"))["notices"]
    assert archive.read(told["file"]) == issued.content
    assert "issued_by" not in told
    assert told["id"] in archive.read("index.html").decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (update(notices).values(language="en"), "was changed"),
        (update(notices).values(sealed=b"x"), "was changed"),
        (delete(notices), "was removed"),
        (update(notices).values(id="ntc_01j00000000000000000000000"), "not in the chain"),
    ],
)
async def test_a_notice_that_was_changed_behind_the_service_is_found(
    tmp_path: Path, change: Update | Delete, said: str
) -> None:
    """By verify; and it is not shown."""
    async with banking(tmp_path, lenders_file=a_lenders_file(tmp_path)) as bank:
        case = await bank.refer()
        issued = await bank.service.get(f"{case['links']['decision']}/notice")
        database: Database = bank.service.app.state.database
        await database.write_at_once(lambda connection: connection.execute(change))
        found = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
        read = await bank.service.get(issued.headers["content-location"])
    assert any(said in one.said for one in found.findings)
    assert read.status_code in {404, 500}


@pytest.mark.parametrize(("role", "status"), [(Role.APPLY, 200), (Role.ANALYSE, 403), (Role.AUDIT, 403)])
async def test_who_works_on_applications_issues_notices(tmp_path: Path, role: Role, status: int) -> None:
    """All readers see the list."""
    async with lending(tmp_path, lenders_file=a_lenders_file(tmp_path)) as service:
        path = f"/v1/decisions/{await approved(service)}"
        key = await service.key(role)
        issued = await service.get(f"{path}/notice", key=key)
        listed = await service.get(f"{path}/notices", key=key)
    assert (issued.status_code, listed.status_code) == (status, 200)
