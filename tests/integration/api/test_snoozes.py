"""A rule set aside for one firm by two persons: what follows in decisions, and what one person cannot do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from postgres import ON_SQLITE
from promoting import a_key
from service import Service, application, running
from sqlalchemy import select, update
from unit.sandbox_server.building import TODAY

from models.registry import Registry
from sandbox.firms.personas import PERSONAS
from scoring.base.secrets import Cipher
from scoring.runtime.serving import Serving, card_of, combine, newest_policy_file
from scoring.store.database import Database
from scoring.store.principals import Role
from scoring.store.tables import audit, case_steps
from scoring.usecases.replay import load_recorded_input, replay
from scoring.usecases.subject_data import gather
from scoring.usecases.verify import verify_chain

FIRM = next(one for one in PERSONAS if one.firm == "window-dresser")
BOOKS = FIRM.books(TODAY)
IBAN = next(account["iban"] for account in BOOKS.objects["CheckAccount"] if account.get("iban"))
TEXT = "Feuerwerk: jedes Jahr im Herbst, Aufträge von Erika Mustermann gesehen"
UNTIL = TODAY + timedelta(days=2)


def by_name() -> Serving:
    """The champion, and a policy that takes losses by their name: only the burst of this firm's sales refers it."""
    model, text = Registry().champion("sme"), newest_policy_file().read_text(encoding="utf-8")
    asked = text.replace("substance_over_form = true", "substance_over_form = false")
    assert asked != text
    return combine(card_of(model), model.table, asked.encode())


class Bank:
    """A service that reads the books of one firm, whose sales burst, and keys of its persons."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.keys: dict[str, str] = {}

    async def decide(self, ref: str = "firm-1", **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
        """A decision."""
        body = application(borrower_ref=ref, sevdesk_token=BOOKS.token, payout_iban=IBAN, **changes)
        body["amount"] = {"value": "6000.00", "currency": "EUR"}
        answer = await self.service.post("/v1/decisions", body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def ask(self, decided: dict[str, Any], by: str = "anna", **changes: Any) -> httpx.Response:  # noqa: ANN401  any JSON
        """Ask that the rule be set aside."""
        body = {"rule": "SALES_BURST", "until": UNTIL.isoformat(), "text": TEXT} | changes
        return await self.service.post(f"{decided['links']['case']}/snoozes", body, key=self.keys[by])

    async def end(self, decided: dict[str, Any], step: int, how: str, by: str) -> httpx.Response:
        """Confirm it, or end it."""
        path = f"{decided['links']['case']}/snoozes/{step}/{how}"
        return await self.service.post(path, {"text": "gesehen"}, key=self.keys[by])

    async def set_aside(self, decided: dict[str, Any]) -> int:
        """By two persons; returns the step that asked for it."""
        asked = await self.ask(decided)
        assert asked.status_code == 200, asked.text
        step: int = asked.json()["snoozes"][-1]["step"]
        done = await self.end(decided, step, "confirmation", "berta")
        assert done.status_code == 200, done.text
        return step


@asynccontextmanager
async def banking(folder: Path) -> AsyncIterator[Bank]:
    """The bank with Anna and Berta, who review, and a system."""
    async with running(folder, books=[BOOKS], serving=by_name()) as service:
        bank = Bank(service)
        for name in ("anna", "berta"):
            bank.keys[name] = await a_key(service, name, Role.UNDERWRITE)
        bank.keys["system"] = service.keys["bank"]
        yield bank


async def test_two_persons_set_a_rule_aside_for_one_firm(tmp_path: Path) -> None:
    """New decisions on it are not referred by the rule; those of before and of other firms are."""
    async with banking(tmp_path) as bank:
        before = await bank.decide()
        assert [cause["code"] for cause in before["causes"]] == ["SALES_BURST"]
        step = await bank.set_aside(before)
        after, other = await bank.decide(), await bank.decide("firm-2")
        assert (after["recommendation"], after["causes"], other["recommendation"]) == ("approve", [], "refer")
        case = before["links"]["case"].rpartition("/")[2]
        assert after["snoozed"] == [{"rule": "SALES_BURST", "until": UNTIL.isoformat(), "case_id": case, "step": step}]
        rule = next(one for one in after["rules"] if one["id"] == "SALES_BURST")
        assert (rule["result"], before["snoozed"], other["snoozed"]) == ("fail", [], [])
        shown = (await bank.service.get(before["links"]["case"], key=bank.keys["anna"])).json()
        assert [(one["status"], one["asked_by"]["name"], one["confirmed_by"]["name"]) for one in shown["snoozes"]] == [
            ("in_force", "anna", "berta")
        ]
        database = Database(bank.service.settings.database_url)
        state = bank.service.app.state
        decision, snapshot = await load_recorded_input(database, state.cipher, state.signer, after["decision_id"])
        for given in (snapshot, None):
            assert replay(decision, given, by_name()).agrees
        found = await verify_chain(database, state.signer.keys, "bank", [], done=lambda _count: None)
        async with database.read() as connection:
            rows = (await connection.execute(select(audit.c.action, audit.c.object))).all()
        await database.close()
    assert found.findings == ()
    assert {(row.action, row.object) for row in rows} >= {("snooze.asked", case), ("snooze.confirmed", case)}


async def test_it_ends_on_its_day(tmp_path: Path) -> None:
    """The last day is part of it; on the next one the rule refers again, also in the same case."""
    async with banking(tmp_path) as bank:
        before = await bank.decide()
        await bank.set_aside(before)
        case = before["links"]["case"].rpartition("/")[2]
        bank.service.clock.advance(days=2)
        assert (await bank.decide())["recommendation"] == "approve"
        bank.service.clock.advance(days=1)
        again = await bank.decide(case_id=case)
        assert [cause["code"] for cause in again["causes"]] == ["SALES_BURST"]
        shown = (await bank.service.get(before["links"]["case"], key=bank.keys["anna"])).json()
        assert (shown["status"], shown["snoozes"][0]["status"]) == ("open", "over")


@ON_SQLITE
async def test_one_person_takes_it_back(tmp_path: Path) -> None:
    """From the next decision on; a request that was rejected is never confirmed."""
    async with banking(tmp_path) as bank:
        before = await bank.decide()
        step = await bank.set_aside(before)
        ended = await bank.end(before, step, "end", "anna")
        assert (ended.status_code, ended.json()["snoozes"][0]["status"]) == (200, "ended")
        assert (await bank.decide())["recommendation"] == "refer"
        other = (await bank.ask(before)).json()["snoozes"][-1]["step"]
        assert (await bank.end(before, other, "end", "berta")).status_code == 200
        late = await bank.end(before, other, "confirmation", "berta")
        assert (late.status_code, late.json()["reason"]) == (409, "no_snooze")


@ON_SQLITE
async def test_one_person_alone_sets_nothing_aside(tmp_path: Path) -> None:
    """Nor a system, nor who asked for the decision, nor a second key of the same person."""
    async with banking(tmp_path) as bank:
        bank.keys["anna again"] = await a_key(bank.service, "anna", Role.UNDERWRITE)
        before = await bank.decide()
        step = (await bank.ask(before)).json()["snoozes"][-1]["step"]
        tried = [
            await bank.end(before, step, "confirmation", "anna"),
            await bank.end(before, step, "confirmation", "anna again"),
            await bank.ask(before, by="system"),
            await bank.end(before, step, "confirmation", "system"),
        ]
        assert [(one.status_code, one.json()["reason"]) for one in tried] == [
            (403, "asked_before"),
            (403, "asked_before"),
            (403, "no_person"),
            (403, "no_person"),
        ]
        unknown = await bank.end(before, 99, "confirmation", "berta")
        assert (unknown.status_code, unknown.json()["reason"]) == (409, "no_snooze")
        assert (await bank.decide())["recommendation"] == "refer"


@ON_SQLITE
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rule": "PAYOUT_NOT_MATCHED"}, "rule"),
        ({"rule": "GARNISHMENT"}, "rule"),
        ({"rule": "NATURAL_PERSON"}, "rule"),
        ({"rule": "NO_SUCH_RULE"}, "rule"),
        ({"rule": "LOSSES_HIGH"}, "rule"),  # may be set aside, but did not refer
        ({"until": TODAY.isoformat()}, "until"),
        ({"until": (TODAY + timedelta(days=91)).isoformat()}, "until"),
        ({"until": "soon"}, "until"),
        ({"text": " "}, "text"),
    ],
)
async def test_what_cannot_be_set_aside_is_refused(tmp_path: Path, changes: dict[str, str], field: str) -> None:
    """Knock-outs, what the law asks, rules on false books, unknown ones; and days out of reach."""
    async with banking(tmp_path) as bank:
        answer = await bank.ask(await bank.decide(), **changes)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])
    assert ("can be set aside here: SALES_BURST" in answer.json()["detail"]) == (field == "rule")


@ON_SQLITE
async def test_the_longest_is_ninety_days(tmp_path: Path) -> None:
    """That day included."""
    async with banking(tmp_path) as bank:
        answer = await bank.ask(await bank.decide(), until=(TODAY + timedelta(days=90)).isoformat())
    assert answer.status_code == 200


@ON_SQLITE
async def test_what_was_altered_sets_nothing_aside(tmp_path: Path) -> None:
    """A step that says a later day than was signed."""
    async with banking(tmp_path) as bank:
        before = await bank.decide()
        await bank.set_aside(before)
        database = Database(bank.service.settings.database_url)
        asked = case_steps.c.kind == "snooze_asked"
        async with database.write() as connection:
            facts = (await connection.execute(select(case_steps.c.facts).where(asked))).scalar_one()
            longer = facts.replace(UNTIL.isoformat(), "2027-12-31")
            assert longer != facts
            await connection.execute(update(case_steps).where(asked).values(facts=longer))
        await database.close()
        assert (await bank.decide())["recommendation"] == "refer"


async def test_the_reason_is_the_borrowers_and_goes_with_it(tmp_path: Path) -> None:
    """Sealed in the database, in the dossier without names of persons, gone after an erasure; the decision replays."""
    async with banking(tmp_path) as bank:
        before = await bank.decide()
        await bank.set_aside(before)
        after = await bank.decide()
        state = bank.service.app.state
        database = Database(bank.service.settings.database_url)
        async with database.read() as connection:
            stored = (await connection.execute(select(case_steps.c.facts, case_steps.c.text))).all()
        assert all(TEXT not in row.facts and TEXT.encode() not in (row.text or b"") for row in stored)
        cipher: Cipher = state.cipher
        mine = (await bank.service.get("/v1/audit", action="snooze.asked")).json()["items"][0]["borrower_id"]
        dossier = await gather(database, cipher, state.signer, lender_id="bank", borrower_id=mine)
        async for _ in dossier.files:  # what is large is told while it is read
            pass
        asked = next(one for one in dossier.data["case_steps"] if one["kind"] == "snooze_asked")
        assert (asked["rule"], asked["until"], asked["text"]) == ("SALES_BURST", UNTIL, TEXT)
        assert "berta" not in str(dossier.data)
        body = {"borrower_ref": "firm-1", "kind": "erasure", "received_on": "2026-09-30", "identity_check": "in_person"}
        made = (await bank.service.post("/v1/subject-requests", body)).json()["subject_request_id"]
        done = await bank.service.post(f"/v1/subject-requests/{made}/completion", None)
        assert done.status_code == 200, done.text
        shown = (await bank.service.get(before["links"]["case"])).json()
        assert [one["text"] for one in shown["steps"] if one["kind"].startswith("snooze")] == [None, None]
        kept = (await bank.service.get(f"/v1/decisions/{after['decision_id']}")).json()
        assert kept["snoozed"][0]["rule"] == "SALES_BURST"
        await database.close()
