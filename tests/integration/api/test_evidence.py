"""Evidence that a person recognises: number, date, amount and link; the number only until the borrower is erased."""

import json
from pathlib import Path
from typing import Any

import pytest
from service import Service, application, late_firm, running
from sqlalchemy import select, update

from scoring.base.secrets import Cipher
from scoring.store import snapshots
from scoring.store.database import Database
from scoring.store.tables import borrowers, decisions, document_numbers


def documents_of(answer: Any) -> list[dict[str, Any]]:  # noqa: ANN401  any JSON
    """Every document behind the reasons of a decision."""
    return [document for reason in answer["reasons"] for document in reason["evidence"]["documents"]]


async def decided(service: Service, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  fields of an application
    """A new decision."""
    answer = await service.post("/v1/decisions", application(**changes))
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


async def test_a_document_is_shown_by_what_a_person_knows_it_by(tmp_path: Path) -> None:
    """As the decision is made, read, listed and repeated."""
    async with running(tmp_path, books=[late_firm()], is_sevdesk_sandbox=False) as service:
        made = (await service.post("/v1/decisions", application(), **{"Idempotency-Key": "k"})).json()
        again = (await service.post("/v1/decisions", application(), **{"Idempotency-Key": "k"})).json()
        read = (await service.get(made["links"]["self"])).json()
        (listed,) = (await service.get("/v1/decisions")).json()["items"]
    evidence = next(one["evidence"] for one in made["reasons"] if one["feature"] == "receivables_overdue_share")
    assert evidence["invoices"] == [9000, 9001]
    assert evidence["documents"] == [
        {
            "kind": "invoice",
            "id": 9000 + n,
            "number": f"RE Änne-{n}",
            "date": "2026-07-01",
            "amount": {"value": "595.00", "currency": "EUR"},
            "url": f"https://my.sevdesk.de/fi/detail/type/RE/id/{9000 + n}",
        }
        for n in range(2)
    ]
    assert made == again == read == listed


async def test_a_number_is_one_short_line(tmp_path: Path) -> None:
    """The firm writes it, and it stands on the underwriter's page."""
    written = ("RE\u202e1\nZahlung\tbestätigt\x00", "R" * 65)
    async with running(tmp_path, books=[late_firm(*written)]) as service:
        made = await decided(service)
    numbers = {document["number"] for document in documents_of(made)}
    assert numbers == {"RE\ufffd1\ufffdZahlung\ufffdbestätigt\ufffd", "R" * 63 + "…"}


async def test_made_up_books_have_no_links(tmp_path: Path) -> None:
    """Those of the sandbox are at no address that a person could open."""
    async with running(tmp_path, books=[late_firm()]) as service:
        made = await decided(service)
    assert {document["url"] for document in documents_of(made)} == {None}


async def test_numbers_are_in_neither_record_nor_snapshot(tmp_path: Path) -> None:
    """They stand beside them, encrypted."""
    async with running(tmp_path, books=[late_firm()]) as service:
        made = await decided(service)
        numbers = {document["number"] for document in documents_of(made)}
        database = Database(service.settings.database_url)
        cipher = Cipher(service.settings.encryption_keys, bytes)
        snapshot = await snapshots.load(database, cipher, lender_id="bank", decision_id=made["decision_id"])
        async with database.read() as connection:
            record = (await connection.execute(select(decisions.c.record))).scalar_one()
            sealed = (await connection.execute(select(document_numbers.c.sealed))).scalar_one()
        await database.close()
    assert numbers == {"RE Änne-0", "RE Änne-1"}
    for number in numbers:
        for form in (number.encode(), json.dumps(number).encode()):
            assert form.strip(b'"') not in record + snapshot + sealed


async def test_numbers_go_with_the_key_of_their_borrower(tmp_path: Path) -> None:
    """The decision stays as it is, without them; those of another borrower stay, too."""
    async with running(tmp_path, books=[late_firm()]) as service:
        made, other = await decided(service), await decided(service, borrower_ref="firm-2")
        database = Database(service.settings.database_url)
        async with database.write() as connection:
            await connection.execute(
                update(borrowers)
                .where(borrowers.c.borrower_ref == "firm-1")
                .values(borrower_ref=None, key_id=None, sealed_key=None)
            )
        await database.close()
        read = (await service.get(made["links"]["self"])).json()
        left = (await service.get(other["links"]["self"])).json()
    assert documents_of(left) == documents_of(other)
    assert documents_of(read) == [document | {"number": None} for document in documents_of(made)]
    assert documents_of(read)


@pytest.mark.parametrize("change", ["sealed", "row"])
async def test_numbers_that_cannot_be_decrypted_hide_no_decision(tmp_path: Path, change: str) -> None:
    """Altered bytes, or those of another decision: the rest is shown."""
    async with running(tmp_path, books=[late_firm()]) as service:
        made, other = await decided(service), await decided(service)
        database = Database(service.settings.database_url)
        async with database.write() as connection:
            mine = document_numbers.c.decision_id == made["decision_id"]
            found = select(document_numbers.c.sealed).where(document_numbers.c.decision_id == other["decision_id"])
            foreign = (await connection.execute(found)).scalar_one()
            await connection.execute(
                update(document_numbers).where(mine).values(sealed=b"\0" * 64 if change == "sealed" else foreign)
            )
        await database.close()
        read = await service.get(made["links"]["self"])
    assert read.status_code == 200
    assert {document["number"] for document in documents_of(read.json())} == {None}
