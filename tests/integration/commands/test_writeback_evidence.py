"""Nothing that the lender wrote into the borrower's books counts as evidence about the firm."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command_line import Done, Scoring, in_process
from lending import HEALTHY, books, euro, serving
from service import Service, application, environ_of, running
from sqlalchemy import Executable, delete, update
from unit.sandbox_server.building import TODAY
from writebacks import PDF, Listening

from sandbox.server.app import create_app
from scoring.store.database import Database
from scoring.store.tables import written_documents


@dataclass(kw_only=True)
class Lender:
    """A lender whose borrower connected its account, with the command that writes into it."""

    service: Service
    scoring: Scoring
    url: str
    pdf: Path
    connection_id: str = ""

    async def decide(self, borrower_ref: str = "firm-1", connection_id: str | None = None) -> dict[str, Any]:
        """The answer to an application, without what differs between any two."""
        body = application(
            borrower_ref=borrower_ref,
            amount=euro("9000.00"),
            payout_iban=HEALTHY.iban,
            sevdesk_token=None,
            connection_id=connection_id or self.connection_id,
        )
        answer = await self.service.post("/v1/decisions", body)
        assert answer.status_code == 201, answer.text
        self.decision_id = answer.json()["decision_id"]
        differs = {"decision_id", "created_at", "links", "timing_ms", "timing", "receipt"}
        return {name: value for name, value in answer.json().items() if name not in differs}

    async def connect(self, borrower_ref: str) -> str:
        """Connect the account for a borrower; returns the connection."""
        purposes = ["decision", "write_back"]
        body = {"borrower_ref": borrower_ref, "sevdesk_token": HEALTHY.token, "purposes": purposes}
        made: str = (await self.service.post("/v1/connections", body)).json()["connection_id"]
        return made

    async def write_fee(self, decision_id: str, *more: str, amount: str = "450.00") -> Done:
        """Enter the fee document as an open bill."""
        arguments = ("writeback", decision_id, "--voucher", str(self.pdf), "--amount", amount, "--account", "6855")
        environ = environ_of(self.service.settings) | {"SCORING_SEVDESK_URL": self.url}
        return await asyncio.to_thread(self.scoring, *arguments, "--yes", *more, **environ)

    async def forget(self) -> None:
        """As if the lender did not know what it wrote."""
        await self.change(delete(written_documents))

    async def change(self, statement: Executable) -> None:
        """Change what the lender knows."""
        database = Database(self.service.settings.database_url)
        await database.write_at_once(lambda connection: connection.execute(statement))
        await database.close()


@pytest.fixture
def scoring(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scoring:
    """Runs commands in this process, on the day of the sandbox."""
    return in_process(
        {"SCORING_SEVDESK_SANDBOX": "true", "SCORING_SANDBOX_TODAY": TODAY.isoformat()}, monkeypatch, capsys
    )


@asynccontextmanager
async def a_lender(folder: Path, scoring: Scoring) -> AsyncIterator[Lender]:
    """A lender with a sound firm on a local sevdesk that takes writes."""
    pdf = folder / "contract.pdf"
    pdf.write_bytes(PDF)
    listening = Listening(create_app([books()], today=lambda: TODAY))
    try:
        async with running(folder, is_networked=True, serving=serving(), sevdesk_url=listening.url) as service:
            lender = Lender(service=service, scoring=scoring, url=listening.url, pdf=pdf)
            lender.connection_id = await lender.connect("firm-1")
            yield lender
    finally:
        listening.stop()


async def test_a_fee_that_the_lender_wrote_changes_no_decision(tmp_path: Path, scoring: Scoring) -> None:
    """Decide, write the fee as an open bill, decide again: equal, to the last figure and document."""
    async with a_lender(tmp_path, scoring) as lender:
        before = await lender.decide()
        done = await lender.write_fee(lender.decision_id, "--open")
        after = await lender.decide()
        await lender.forget()
        unknown = await lender.decide()
    assert done.returncode == 0, done.stderr
    assert after == before
    assert unknown["data"]["bill_count"] == before["data"]["bill_count"] + 1  # or nothing would have been proved


async def test_a_document_that_the_firm_changed_is_the_firms(tmp_path: Path, scoring: Scoring) -> None:
    """It cannot hide a bill of its own behind the lender's."""
    async with a_lender(tmp_path, scoring) as lender:
        before = await lender.decide()
        await lender.write_fee(lender.decision_id, "--open")
        await lender.change(update(written_documents).values(amount_cents=45_001))  # what was written was another sum
        after = await lender.decide()
    assert after["data"]["bill_count"] == before["data"]["bill_count"] + 1


async def test_the_document_counts_for_nobody_but_its_borrower(tmp_path: Path, scoring: Scoring) -> None:
    """Another borrower's books may have a document of the same identifier."""
    async with a_lender(tmp_path, scoring) as lender:
        before = await lender.decide()
        await lender.write_fee(lender.decision_id, "--open")
        other = await lender.decide("firm-2", await lender.connect("firm-2"))
    assert other["data"]["bill_count"] == before["data"]["bill_count"] + 1


async def test_what_an_earlier_run_wrote_is_known_once_the_command_runs_again(tmp_path: Path, scoring: Scoring) -> None:
    """A version before this one, or a run that was killed, wrote and did not keep it."""
    async with a_lender(tmp_path, scoring) as lender:
        before = await lender.decide()
        decision_id = lender.decision_id
        await lender.write_fee(decision_id, "--open")
        await lender.forget()
        other = await lender.write_fee(decision_id, "--open", amount="451.00")
        unknown = await lender.decide()
        again = await lender.write_fee(decision_id, "--open")
        known = await lender.decide()
    assert [other.returncode, again.returncode] == [2, 2]
    assert "already contain this document" in again.stderr
    assert unknown["data"]["bill_count"] == before["data"]["bill_count"] + 1
    assert known == before
