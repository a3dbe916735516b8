"""The credit memo over HTTP: a PDF to read, and a workbook with numbers and days."""

import asyncio
import io
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from integration.api.test_cases import TEXT, banking, problem
from lending import a_loan, approved, lending
from postgres import ON_SQLITE
from pypdf import PdfReader
from service import late_firm
from sqlalchemy import delete

from scoring.papers import printing
from scoring.store.principals import Role
from scoring.store.tables import snapshots

FORMULA = '=HYPERLINK("https://evil.example","firm")'
SHEETS = {
    "de": [
        *("Antrag", "Ergebnis", "Hauptgründe des Scores", "Regeln", "Belege zu den Zahlen"),
        *("Umsatz und Zahlungen je Monat", "Daten", "Verlauf der Prüfung", "Kredit"),
    ],
    "en": [
        *("Application", "Result", "Main reasons of the score", "Rules", "Documents behind the figures"),
        *("Revenue and cash flow by month", "Data", "Steps of the review", "Loan"),
    ],
}


def values(content: bytes) -> dict[str, list[list[Any]]]:
    """What a workbook holds, by sheet."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


async def test_a_memo_has_figures_cash_flow_review_and_loan(tmp_path: Path) -> None:
    """In both languages and formats; numbers are numbers, and days are days."""
    async with lending(tmp_path) as service:
        decision = await approved(service)
        await a_loan(service, decision_id=decision)
        path = f"/v1/decisions/{decision}/memo"
        printed = await service.get(path)
        german = values((await service.get(path, format="xlsx", language="de")).content)
        answer = await service.get(path, format="xlsx", language="en")
        english = values(answer.content)
        trail = (await service.get("/v1/audit", action="memo.made")).json()["items"]
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(printed.content)).pages)
    assert printed.headers["content-type"] == "application/pdf"
    for title in SHEETS["de"]:
        assert title in text
    assert (list(german), list(english)) == (SHEETS["de"], SHEETS["en"])
    assert answer.headers["content-disposition"].endswith('.xlsx"')
    asked = {row[0]: row[1] for row in english["Application"]}
    assert isinstance(asked["Amount asked for"], int | float)
    assert isinstance(asked["Observation date"], datetime)
    months = english["Revenue and cash flow by month"][1:]
    assert len(months) >= 12
    for _, _, taken, given, left in months:
        assert taken - given == pytest.approx(left)
    assert english["Loan"][1][1] == "granted"
    assert len(trail) == 3


async def test_nobody_waits_for_a_printer_to_decide(tmp_path: Path) -> None:
    """Memos that wait for each other take no place of the work on decisions."""
    async with lending(tmp_path) as service:
        decision = await approved(service)
        with printing._one_at_a_time:
            count = max(2, os.cpu_count() or 1)
            memos = [asyncio.create_task(service.get(f"/v1/decisions/{decision}/memo")) for _ in range(count)]
            _, waiting = await asyncio.wait(memos, timeout=1)
            async with asyncio.timeout(20):
                await approved(service)
        printed = await asyncio.gather(*memos)
    assert len(waiting) == count
    assert [one.status_code for one in printed] == [200] * count


async def test_text_is_never_a_formula(tmp_path: Path) -> None:
    """References, numbers of documents and what people write are strings, whatever they begin with."""
    async with banking(tmp_path, books=[late_firm(FORMULA, "+1+1")]) as bank:
        case = await bank.refer(borrower_ref=FORMULA, purpose="@SUM(A1)")
        await bank.vote(case, "fritz", text=f"-{TEXT}")
        path = f"{case['links']['decision']}/memo"
        answer = await bank.service.get(path, format="xlsx")
        printed = await bank.service.get(path)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {FORMULA, "+1+1", "@SUM(A1)", f"-{TEXT}"} <= {cell.value for cell in cells}
    assert not any(cell.data_type == "f" for cell in cells)
    assert not any(cell.hyperlink for cell in cells), "books of the sandbox have no pages"
    assert "fritz" in " ".join(page.extract_text() for page in PdfReader(io.BytesIO(printed.content)).pages)


@ON_SQLITE
async def test_a_memo_outlives_the_books(tmp_path: Path) -> None:
    """Without them it has all but the months; an unknown format is told; auditors may read it."""
    async with lending(tmp_path) as service:
        decision = await approved(service)
        wrong = await service.get(f"/v1/decisions/{decision}/memo", format="docx")
        key = await service.key(Role.AUDIT)
        read = await service.get(f"/v1/decisions/{decision}/memo", key=key)
        database = service.app.state.database
        await database.write_at_once(lambda connection: connection.execute(delete(snapshots)))
        later = values((await service.get(f"/v1/decisions/{decision}/memo", format="xlsx", language="en")).content)
    assert problem(wrong) == (422, "invalid-request", None)
    assert read.status_code == 200
    assert "deleted at the end of their retention" in later["Revenue and cash flow by month"][1][0]
