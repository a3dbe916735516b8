"""Deciding over HTTP, from the application to the stored record."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from service import IBAN, TOKEN, Clock, a_serving, application, running
from sqlalchemy import text

from scoring.decisions.decision import Decision
from scoring.store.database import Database
from scoring.store.principals import Role


async def test_an_application_is_decided_stored_and_read_back(tmp_path: Path) -> None:
    """The answer of POST is the answer of GET, and the list has it."""
    async with running(tmp_path) as service:
        made = await service.post("/v1/decisions", application())
        assert made.status_code == 201, made.text
        decision = made.json()
        read = await service.get(made.headers["Location"])
        listed = await service.get("/v1/decisions")
    assert decision["verdict"] in {"approve", "refer", "decline"}
    points = sum(contribution["points"] for contribution in decision["contributions"])
    assert decision["score"]["value"] == decision["score"]["base"] + points
    nothing = dict.fromkeys(("name", "tax_number", "vat_id"))
    assert decision["applicant"] == {"ref": "firm-1", "legal_form": "gmbh", "natural_person": False} | nothing
    assert decision["request"]["amount"] == {"value": "25000.00", "currency": "EUR"}
    assert decision["data"]["invoice_count"] == 72
    assert read.content == made.content
    assert listed.json() == {"items": [decision], "next_cursor": None}


async def test_the_record_is_stored_as_its_canonical_bytes(tmp_path: Path) -> None:
    """What is stored decodes to the decision and encodes to the same bytes; nothing in it names the borrower."""
    async with running(tmp_path) as service:
        made = await service.post("/v1/decisions", application(borrower_ref="Erika Muster", payout_iban=IBAN))
        database = Database(service.settings.database_url)
        async with database.read() as connection:
            content: bytes = (await connection.execute(text("SELECT record FROM decisions"))).scalar_one()
        await database.close()
    record = msgspec.json.decode(content, type=Decision)
    assert record.decision_id == made.json()["decision_id"]
    assert msgspec.json.encode(record, order="deterministic") == content
    for secret in (b"Erika", IBAN.encode(), TOKEN.encode()):
        assert secret not in content


def content_of(folder: Path) -> bytes:
    """All bytes in a folder."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_nothing_secret_is_readable_in_the_database_file(tmp_path: Path) -> None:
    """Token, account number, customer names and the ledger are encrypted or not there at all."""
    async with running(tmp_path) as service:
        connected = await service.post("/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": TOKEN})
        body = application(sevdesk_token=None, connection_id=connected.json()["connection_id"], payout_iban=IBAN)
        assert (await service.post("/v1/decisions", body)).status_code == 201
        content = content_of(tmp_path)
    assert b"firm-1" in content  # the control: the lender's own name for the borrower is stored as it is
    for secret in (TOKEN, IBAN, "Kunde 7", "ARROW1", service.keys["bank"]):
        assert secret.encode() not in content


async def test_decisions_are_filtered(tmp_path: Path) -> None:
    """By verdict, recommendation, borrower and time; a filter that is misspelt is refused."""
    async with running(tmp_path) as service:
        first = (await service.post("/v1/decisions", application(borrower_ref="a"))).json()
        service.clock.advance(days=1)
        second = (await service.post("/v1/decisions", application(borrower_ref="b"))).json()

        async def found(**parameters: str) -> list[str]:
            answer = await service.get("/v1/decisions", **parameters)
            assert answer.status_code == 200, answer.text
            return [item["decision_id"] for item in answer.json()["items"]]

        both = [second["decision_id"], first["decision_id"]]
        assert await found() == both
        assert await found(borrower_ref="a") == both[1:]
        assert await found(borrower_ref="c") == []
        assert await found(verdict=first["verdict"]) == both
        assert await found(verdict="approve" if first["verdict"] != "approve" else "decline") == []
        assert await found(recommendation=first["recommendation"]) == both
        assert await found(created_from=second["created_at"]) == both[:1]
        assert await found(created_to=second["created_at"]) == both[1:]
        for parameters in (
            {"verdct": "approve"},
            {"verdict": "maybe"},
            {"verdict": "null"},
            {"created_from": "NULL"},
            {"created_to": "1790000000"},
            {"limit": "0"},
            {"created_from": "2026-10-01T00:00:00"},
            {"created_from": "0001-01-01T00:00:00+14:00"},
            {"created_to": "9999-12-31T23:59:59-14:00"},
            {"borrower_ref": "a\0b"},
            {"cursor": "\n"},
            {"cursor": "xyz"},
            {"cursor": ""},
            {"cursor": "con_" + first["decision_id"].removeprefix("dec_")},
        ):
            answer = await service.get("/v1/decisions", **parameters)
            assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
            assert [error["field"] for error in answer.json()["errors"]] == list(parameters)
        headers = {"Authorization": f"Bearer {service.keys['bank']}"}
        twice = await service.http.get("/v1/decisions?verdict=approve&verdict=refer", headers=headers)
        assert twice.json()["errors"] == [{"field": "verdict", "message": "must be given only once"}]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("limit", "201", "must be a whole number <= 200"),
        ("limit", "x", "must be a whole number, not text"),
        ("verdict", "REFER", "must be one of approve, refer, decline, not 'REFER'"),
        (
            "created_from",
            "2026-11-27",
            "must be an instant such as 2026-01-31T00:00:00Z; encode + as %2B in a URL",
        ),
    ],
)
async def test_parameters_are_told_in_words(tmp_path: Path, name: str, value: str, message: str) -> None:
    """As the fields of bodies are, and in ``detail``, too."""
    async with running(tmp_path) as service:
        answer = (await service.get("/v1/decisions", **{name: value})).json()
    assert answer["errors"] == [{"field": name, "message": message}]
    assert answer["detail"] == f"{name}: {message}"


async def test_one_key_makes_one_decision(tmp_path: Path) -> None:
    """Of two different keys nobody could say which one counts."""
    async with running(tmp_path) as service:
        headers = [
            ("Authorization", f"Bearer {service.keys['bank']}"),
            ("Idempotency-Key", "a"),
            ("Idempotency-Key", "b"),
        ]
        answer = await service.http.post("/v1/decisions", json=application(), headers=headers)
    assert answer.json()["errors"] == [{"field": "Idempotency-Key", "message": "must be given only once"}]


async def test_pages_of_decisions_make_up_the_list_once(tmp_path: Path) -> None:
    """Newest first, whatever the size of the page."""
    async with running(tmp_path) as service:
        made = []
        for _ in range(5):
            made.append((await service.post("/v1/decisions", application())).json()["decision_id"])
            service.clock.advance(seconds=1)
        seen: list[str] = []
        cursor: dict[str, str] = {}
        sizes = []
        while True:
            page = (await service.get("/v1/decisions", limit="2", **cursor)).json()
            seen += [item["decision_id"] for item in page["items"]]
            sizes.append(len(page["items"]))
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
    assert seen == made[::-1]
    assert sizes == [2, 2, 1]


async def test_an_earlier_as_of_is_reconstructed_and_never_approved(tmp_path: Path) -> None:
    """The books may have been edited since."""
    async with running(tmp_path) as service:
        decision = (await service.post("/v1/decisions", application(as_of="2026-06-30"))).json()
    assert (decision["as_of"], decision["data"]["is_reconstructed"]) == ("2026-06-30", True)
    assert decision["verdict"] != "approve"


async def test_a_model_of_simulated_firms_says_so(tmp_path: Path) -> None:
    """On the decision and among the live models."""
    async with running(tmp_path, serving=a_serving(is_simulated=True), is_sevdesk_sandbox=False) as service:
        decision = (await service.post("/v1/decisions", application())).json()
        models = (await service.get("/v1/models")).json()
    assert decision["versions"]["model_is_simulated"] is True
    assert decision["verdict"] == "refer"
    assert "MODEL_SIMULATED" in {cause["code"] for cause in decision["causes"]}
    assert models[0]["is_simulated"] is True


async def test_a_borrower_has_one_digest_at_a_lender_and_another_at_the_next(tmp_path: Path) -> None:
    """Records of one borrower belong together; records of two lenders cannot be joined."""
    async with running(tmp_path) as service:
        other = await service.key(Role.APPLY, lender="other")
        for key in (service.keys["bank"], service.keys["bank"], other):
            service.clock.advance(seconds=1)
            await service.post("/v1/decisions", application(), key=key)
        database = Database(service.settings.database_url)
        async with database.read() as connection:
            rows = (await connection.execute(text("SELECT record FROM decisions ORDER BY id"))).scalars().all()
        await database.close()
    first, second, foreign = (msgspec.json.decode(content, type=Decision).borrower_digest for content in rows)
    assert first == second
    assert foreign != first


async def test_many_applications_at_once_are_all_decided(tmp_path: Path) -> None:
    """Each once, none half, whatever waits for the one writer."""
    async with running(tmp_path) as service:
        bodies = [application(borrower_ref=f"firm-{number % 3}") for number in range(12)]
        answers = await asyncio.gather(*(service.post("/v1/decisions", body) for body in bodies))
        listed = (await service.get("/v1/decisions")).json()["items"]
        database = Database(service.settings.database_url)
        async with database.read() as connection:
            kept = (await connection.execute(text("SELECT COUNT(*) FROM snapshots"))).scalar_one()
            known = (await connection.execute(text("SELECT COUNT(*) FROM borrowers"))).scalar_one()
        await database.close()
    assert {answer.status_code for answer in answers} == {201}
    assert len({item["decision_id"] for item in listed}) == 12
    assert (kept, known) == (12, 3)


async def test_today_is_the_day_in_berlin(tmp_path: Path) -> None:
    """Half past ten in the evening in Greenwich is tomorrow already."""
    clock = Clock()
    clock.now = datetime(2026, 9, 30, 22, 30, tzinfo=UTC)
    async with running(tmp_path, clock=clock) as service:
        made = await service.post("/v1/decisions", application())
        named = await service.post("/v1/decisions", application(as_of="2026-10-01"))
        ahead = await service.post("/v1/decisions", application(as_of="2026-10-02"))
    assert made.json()["as_of"] == named.json()["as_of"] == "2026-10-01"
    assert named.json()["data"]["is_reconstructed"] is False
    assert ahead.status_code == 422
