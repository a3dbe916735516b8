"""The page of an applicant's link: answers, documents, contests, and what is refused, without a browser's script."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from documents import A_PDF, pdf, picture
from integration.api.test_asking import ITEMS, LENDER, asked, inquiry
from integration.api.test_cases import Bank, banking, problem
from integration.pages.test_connect_account import OPERATOR
from integration.pages.test_pages import ATTACK
from links import filled, hidden_fields, path_in
from people import visiting
from unit.sandbox_server.building import TOKEN

from scoring.pages.rendering import PAGE_HEADERS

TEXTS = {"text-1": "Der Kunde zahlt in Raten.", "text-2": ""}


class Applicant:
    """A browser with a link."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self.http, self.path = http, urlsplit(url).path

    async def open(self) -> httpx.Response:
        """Open the page."""
        return await self.http.get(self.path)

    async def send(
        self, page: httpx.Response | None = None, files: list[tuple[str, Any]] | None = None, **fields: str
    ) -> httpx.Response:
        """Send the form of a page that was opened, or of one that is opened now."""
        seen = hidden_fields((page or await self.open()).text)
        data = {name: value or "" for name, value in seen.items()} | fields
        return await self.http.post(self.path, data=data, files=files or [("file-0", ("", b""))])

    async def send_form(self, address: str, **fields: str) -> httpx.Response:
        """Open a page, and send the first form on it."""
        page = await self.http.get(address)
        return await self.http.post(path_in(page.text), data=filled(page.text, **fields))

    async def answer(self, page: httpx.Response | None = None, **fields: str) -> httpx.Response:
        """Answer both items."""
        return await self.send(page, [("file-2", ("abschluss.pdf", A_PDF))], **(TEXTS | fields))


@asynccontextmanager
async def applying(bank: Bank, url: str, language: str = "de") -> AsyncIterator[Applicant]:
    """A browser with a link."""
    async with visiting(bank.service, language=language) as visitor:
        yield Applicant(visitor.http, url)


async def test_an_applicant_answers_with_texts_and_documents(tmp_path: Path) -> None:
    """One form; the case is open again with the answer and the document; the page then says that it has arrived."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case)
        async with applying(bank, made["url"]) as firm:
            page = await firm.open()
            sent = await firm.answer(page)
            after = await firm.open()
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert page.status_code == 200
    assert {name: page.headers[name] for name in PAGE_HEADERS} == dict(PAGE_HEADERS)
    assert "Warum ist RE-7 so lange offen?" in page.text
    assert "20.000" in page.text
    assert sent.status_code == 303, sent.text
    assert after.status_code == 200
    assert "Vielen Dank" in after.text
    assert (found["status"], found["asked"]) == ("open", [])
    kinds = [(step["kind"], step["by"] is None, step["by_applicant"]) for step in found["steps"][-2:]]
    assert kinds == [("filed", True, True), ("answered", True, True)]
    assert found["steps"][-1]["text"] == "1. Der Kunde zahlt in Raten.\n2. [abschluss.pdf]"
    assert [one["name"] for one in found["documents"]] == ["abschluss.pdf"]
    assert found["applicant_links"][0]["status"] == "used"


async def test_what_is_missing_is_told_and_texts_stay(tmp_path: Path) -> None:
    """Nothing is stored, the link stays open, and nothing of an attack is markup."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case, items=[{"kind": "explanation", "text": ATTACK}, ITEMS[1]])
        async with applying(bank, made["url"], "en") as firm:
            missing = await firm.send(**{"text-1": ATTACK, "text-2": " "})
            long = await firm.send(**{"text-1": "x" * 2001, "text-2": "later"})
            longer = await firm.send(**{"text-1": "x" * 40_000, "text-2": "later"})
            forged = await firm.send(**(TEXTS | {"csrf": "0" * 64, "text-2": "later"}))
            late = await firm.answer()
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert missing.status_code == 422
    assert "Punkt 2" in missing.text
    assert ATTACK not in missing.text
    assert long.status_code == longer.status_code == 422
    assert "mehr als 2000 Zeichen" in longer.text
    assert "x" * 2001 in long.text
    assert "<textarea" in long.text
    assert 'maxlength="2000"' not in long.text, "a browser would cut what is pasted, and say nothing"
    assert forged.status_code == 403
    assert late.status_code == 303
    assert len(found["documents"]) == 1


async def test_a_document_that_is_not_taken_is_named(tmp_path: Path) -> None:
    """With what to do; nothing is stored, and the link stays open."""
    refused = (
        ("a.pdf", pdf(lambda writer: writer.add_attachment("a.exe", b"MZ")), "steckt eine weitere Datei"),
        ("b.pdf", pdf(lambda writer: writer.encrypt("", "x")), "Kennwort"),
        ("c.pdf", A_PDF + b"<html><script>", "mehr als ein PDF"),
        ("d.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "weder PDF noch Bild"),
        ("leer.pdf", b"", "leer"),
        ("e.pdf", b"%PDF-1.7\n" + b"\0" * (10 * 1024 * 1024), "mehr als 10 MB"),
        ("f.heic", b"\0\0\0\x18ftypheic", "HEIC"),
    )
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case)
        async with applying(bank, made["url"]) as firm:
            page = await firm.open()
            sent = [await firm.send(page, [("file-2", (name, content))], **TEXTS) for name, content, _ in refused]
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    for (name, _, said), answer in zip(refused, sent, strict=True):
        assert (answer.status_code, said in answer.text, name in answer.text) == (422, True, True), name
    assert (found["status"], found["documents"]) == ("waiting", [])


async def test_pictures_say_nothing_of_their_place(tmp_path: Path) -> None:
    """What stands behind the picture, or beside it, is not kept."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case)
        async with applying(bank, made["url"]) as firm:
            sent = await firm.send(None, [("file-2", ("foto.jpg", picture("JPEG") + b"<script>"))], **TEXTS)
        (document,) = (await bank.read(f"/v1/cases/{case['case_id']}"))["documents"]
        loaded = await bank.service.get(document["links"]["self"], key=bank.keys["hans"])
    assert sent.status_code == 303
    assert document["media_type"] == "image/jpeg"
    assert b"<script>" not in loaded.content


async def test_six_files_and_a_form_of_200_mb_are_too_many(tmp_path: Path) -> None:
    """The second is refused by its length, before it is read."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case)
        async with applying(bank, made["url"]) as firm:
            many = await firm.send(None, [("file-2", (f"{one}.pdf", A_PDF)) for one in range(6)], **TEXTS)
            headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(200 * 1024 * 1024)}
            huge = await firm.http.post(firm.path, content=b"--x", headers=headers)
            nonsense = await firm.http.post(firm.path, content=b"\xff\xfe", headers={"Content-Type": "text/plain"})
    assert many.status_code == 422
    assert "mehr als 5 Dateien" in many.text
    assert huge.status_code == 422
    assert "mehr als 10 MB" in huge.text
    assert nonsense.status_code == 400


async def test_the_same_form_twice_is_one_answer(tmp_path: Path) -> None:
    """A double click answers once, and both show that it has arrived."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case)
        async with applying(bank, made["url"]) as firm:
            page = await firm.open()
            first, second = await asyncio.gather(firm.answer(page), firm.answer(page))
            third = await firm.answer(page)
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert sorted([first.status_code, second.status_code]) == [200, 303]
    assert third.status_code == 200
    assert "Vielen Dank" in third.text
    assert [step["kind"] for step in found["steps"]].count("answered") == 1
    assert len(found["documents"]) == 1


async def test_of_two_windows_the_first_answers(tmp_path: Path) -> None:
    """The other is told that what it sent was not stored."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case)
        async with applying(bank, made["url"]) as firm:
            one, other = await firm.open(), await firm.open()
            first = await firm.answer(one)
            second = await firm.answer(other, **{"text-1": "Etwas anderes"})
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert (first.status_code, second.status_code) == (303, 409)
    assert "nicht gespeichert" in second.text
    assert "Etwas anderes" not in str(found)


async def test_links_that_are_over_say_why(tmp_path: Path) -> None:
    """Unknown, expired, answered by somebody else meanwhile, decided; nothing is stored."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case)
        async with applying(bank, made["url"]) as firm:
            page = await firm.open()
            await bank.do(case, "answers", "system", text="Am Telefon geantwortet")
            overtaken = await firm.answer(page)
            opened = await firm.open()
            unknown = await firm.http.get("/answer/" + "x" * 43)
        second = await asked(bank, case)
        bank.service.clock.advance(days=15)
        async with applying(bank, second["url"]) as firm:
            expired = await firm.open()
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert [one.status_code for one in (overtaken, opened, unknown, expired)] == [410, 410, 404, 410]
    assert "nicht mehr nötig" in overtaken.text
    assert "abgelaufen" in expired.text
    assert found["documents"] == []


async def test_an_erased_borrower_is_not_asked_any_more(tmp_path: Path) -> None:
    """Link, documents and names are gone; the steps stay and hold."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case)
        async with applying(bank, made["url"]) as firm:
            page = await firm.open()
            await erase(bank, case["borrower_ref"])
            sent, opened = await firm.answer(page), await firm.open()
        found = await bank.read(f"/v1/cases/{case['case_id']}", "auditor")
    assert (sent.status_code, opened.status_code) == (404, 404)
    assert found["documents"] == []
    assert found["steps"][-1]["text"] is None


async def erase(bank: Bank, borrower_ref: str) -> None:
    """Carry out an erasure."""
    from scoring.store.principals import Role  # noqa: PLC0415

    await bank.add("auditor", Role.ADMIN)
    body = {
        "borrower_ref": borrower_ref,
        "kind": "erasure",
        "received_on": "2026-10-01",
        "identity_check": "known_contact",
    }
    made = await bank.service.post("/v1/subject-requests", body, key=bank.keys["auditor"])
    assert made.status_code == 201, made.text
    path = f"/v1/subject-requests/{made.json()['subject_request_id']}/completion"
    assert (await bank.service.post(path, None, key=bank.keys["auditor"])).status_code == 200


async def test_a_new_connection_answers_and_leads_to_a_new_decision(tmp_path: Path) -> None:
    """The page leads to the connect page and back; the new decision reads the new account by itself."""
    items = [{"kind": "new_connection", "text": "Bitte verbinden Sie das Konto der Firma."}]
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case, items=items, decides_again=True)
        async with applying(bank, made["url"]) as firm:
            page = await firm.open()
            early = await firm.send(page, **{"text-1": ""})
            csrf = hidden_fields(page.text)["csrf"] or ""
            leading = await firm.http.post(f"{firm.path}/connect", data={"csrf": csrf})
            connect = leading.headers["location"]
            used = await firm.send_form(connect)
            used = await firm.send_form(used.headers["location"], token=TOKEN)
            used = await firm.send_form(used.headers["location"], answer="yes")
            done = await firm.http.get(used.headers["location"])
            done_in_english = await firm.http.get(used.headers["location"], params={"lang": "en"})
            back = await firm.http.get("/answer")
            again = await firm.open()
            sent = await firm.send(again, **{"text-1": ""})
        await bank.service.app.state.running.drain()
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert early.status_code == 422
    assert leading.status_code == 303, leading.text
    assert used.status_code == 303, used.text
    assert f'href="{bank.service.app.state.settings.public_address}/answer?' in done.text
    assert back.headers["location"] == firm.path
    assert "sevdesk ist verbunden" in again.text
    assert "Bitte verbinden Sie Ihr sevdesk neu" in page.text
    assert "Erledigt: sevdesk ist neu verbunden" in again.text
    for asking in ("Bitte verbinden Sie Ihr sevdesk neu", "Falls Sie nicht neu verbinden", "/connect?"):
        assert asking not in again.text, asking
    assert "nur, wenn Sie eine Verbindung erlauben" in page.text
    assert "die Sie schon erlaubt haben" not in page.text
    assert "die Sie schon erlaubt haben" in again.text
    assert ("Weiter zu den Fragen" in done.text, "Weiter zu Muster Bank" in done.text) == (True, False)
    assert "Continue to the questions" in done_in_english.text
    assert sent.status_code == 303, sent.text
    assert found["applicant_links"][0]["connection_id"] is not None
    assert [step["kind"] for step in found["steps"][-2:]] == ["answered", "linked"]
    assert len(found["decisions"]) == 2


async def test_an_inquiry_leads_to_twenty_links_at_most(tmp_path: Path) -> None:
    """Nobody fills the database with links, or asks sevdesk without end, with the link of one inquiry."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case, items=[{"kind": "new_connection", "text": "Bitte verbinden Sie das Konto."}])
        async with applying(bank, made["url"]) as firm:
            csrf = hidden_fields((await firm.open()).text)["csrf"] or ""
            answers = [await firm.http.post(f"{firm.path}/connect", data={"csrf": csrf}) for _ in range(21)]
    assert [one.status_code for one in answers] == [303] * 20 + [409]


async def test_a_decline_is_contested_with_a_link(tmp_path: Path) -> None:
    """The case is open again for persons, with a day by which to answer; the link works once."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await bank.vote(case, "fritz", verdict="decline", reason="not_affordable", annual_rate_percent=None)
        made = await bank.do(case, "contest-links", "system", lender=LENDER, language="en")
        newer = await bank.do(case, "contest-links", "system", lender=LENDER)
        async with applying(bank, made.json()["url"], "en") as firm:
            cancelled = await firm.open()
        async with applying(bank, newer.json()["url"]) as firm:
            page = await firm.open()
            empty = await firm.send(page, text=" ")
            sent = await firm.send(
                page, [("file", ("beleg.png", picture("PNG")))], text="RE-7 ist bezahlt.", wants_talk="yes"
            )
            after = await firm.open()
        found = await bank.read(f"/v1/cases/{case['case_id']}", "berta")
        elsewhere = await bank.do(case, "inquiries", "fritz", **inquiry())
    assert cancelled.status_code == 410
    assert "Entscheidung überprüfen lassen" in page.text
    assert page.text.count(">Ihre Sicht<") == 1
    assert (empty.status_code, sent.status_code, after.status_code) == (422, 303, 200)
    assert (found["status"], found["resolution"]) == ("open", None)
    assert found["contest"] == {"by_link": True, "wants_talk": True, "answer_by": "2026-11-01"}
    assert found["steps"][-1]["text"] == "RE-7 ist bezahlt."
    assert found["steps"][-1]["by_applicant"]
    assert found["documents"][0]["media_type"] == "image/png"
    assert problem(elsewhere)[1] == "case-claimed"


async def test_every_page_of_a_link_says_who_operates_the_service(tmp_path: Path) -> None:
    """Questions, a contest, what has arrived, and a link that is unknown."""
    async with banking(tmp_path, operator=OPERATOR) as bank:
        case = await bank.refer()
        made = await asked(bank, case)
        async with applying(bank, made["url"]) as firm:
            pages = [await firm.open(), await firm.send(**{"text-1": ""})]
            await firm.answer()
            pages += [await firm.open(), await firm.http.get("/answer/nothing")]
        await bank.vote(case, "frieda", verdict="decline", reason="not_affordable", annual_rate_percent=None)
        contest = (await bank.do(case, "contest-links", "system", lender=LENDER)).json()
        async with applying(bank, contest["url"]) as firm:
            pages.append(await firm.open())
    assert [page.status_code for page in pages] == [200, 422, 200, 404, 200]
    for page in pages:
        assert "Rechenwerk GmbH, Am Markt 1, 10115 Berlin." in page.text.partition("<footer")[2]


async def test_books_are_read_again_only_with_a_connection(tmp_path: Path) -> None:
    """A firm that applied with a token for once has allowed no connection, and is not told so."""
    said = "mit der Verbindung, die Sie schon erlaubt haben"
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        made = await asked(bank, case, decides_again=True)
        async with applying(bank, made["url"]) as firm:
            without = await firm.open()
            body = {"borrower_ref": case["borrower_ref"], "sevdesk_token": TOKEN}
            await bank.service.post("/v1/connections", body, key=bank.keys["system"])
            with_connection = await firm.open()
    assert (said in plain(without), said in plain(with_connection)) == (False, True)
    assert "nur, wenn Sie eine Verbindung erlauben" in plain(without)


def plain(page: httpx.Response) -> str:
    """A page with one space between words."""
    return " ".join(page.text.split())
