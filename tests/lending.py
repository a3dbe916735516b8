"""Loans for tests: an approved decision, the loan on it, and entries by the interface."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from service import Service, application, running, settings_in
from sqlalchemy import select
from sqlalchemy.engine import Connection
from unit.sandbox_server.building import TODAY

from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import Books
from scoring.decisions.loans import Granted
from scoring.runtime.loan_conditions import DEFAULT
from scoring.runtime.serving import Serving, load_serving
from scoring.store import loans
from scoring.store.loans import NewEntry
from scoring.store.tables import decisions

CONDITIONS = tuple(one.name for one in DEFAULT)


HEALTHY = next(one for one in PERSONAS if one.firm == "healthy-agency")


@cache
def books() -> Books:
    """Its books, made once."""
    return HEALTHY.books(TODAY)


@cache
def serving() -> Serving:
    """The champion and the newest policy, loaded once."""
    return load_serving(settings_in(Path()))


@asynccontextmanager
async def lending(
    folder: Path,
    firm: Books | None = None,
    **changes: Any,  # noqa: ANN401  fields of Settings
) -> AsyncIterator[Service]:
    """A service that approves loans: a sound firm of the sandbox, the champion and the newest policy."""
    async with running(folder, books=[firm or books()], **{"serving": serving()} | changes) as service:
        yield service


def euro(value: str) -> dict[str, str]:
    """An amount of money."""
    return {"value": value, "currency": "EUR"}


def granting(decision_id: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """A loan of 9,000 euro over a year on a decision."""
    body: dict[str, Any] = {
        "loan_ref": "loan-1",
        "decision_id": decision_id,
        "granted_on": TODAY.isoformat(),
        "amount": euro("9000.00"),
        "term_months": 12,
        "annual_rate_percent": "7.25",
    }
    return body | changes


def entry(kind: str, ref: str, on: date = TODAY, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """An entry about a loan; a condition that is met is proved by something."""
    if kind == "condition_met":
        fields = {"proof": "Akte 4711"} | fields
    return {"kind": kind, "entry_ref": ref, "happened_on": on.isoformat(), **fields}


def plan(*due_on: date, amount: str = "4600.00", ref: str = "plan", on: date = TODAY) -> dict[str, Any]:
    """Instalments on these days."""
    instalments = [{"due_on": day.isoformat(), "amount": euro(amount)} for day in due_on]
    return entry("planned", ref, on, instalments=instalments)


async def approved(service: Service, **changes: Any) -> str:  # noqa: ANN401  any JSON
    """A decision that approves a loan; returns its identifier."""
    body = application(
        **{
            "amount": euro("9000.00"),
            "sevdesk_token": HEALTHY.token,
            "payout_iban": HEALTHY.iban,
            **changes,
        }
    )
    answer = await service.post("/v1/decisions", body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["verdict"] == "approve", answer.json()["causes"]
    made: str = answer.json()["decision_id"]
    return made


async def lent(service: Service, decision_id: str) -> None:
    """An open loan on any decision, for tests of what comes after: none has to approve it."""
    database, signer = service.app.state.database, service.app.state.signer
    day = service.clock.now.date()
    granted = Granted(ref="", happened_on=day, amount_cents=900_000, term_months=12, annual_rate_bps=725)
    mine = select(decisions.c.borrower_id).where(decisions.c.id == decision_id)

    def work(connection: Connection) -> None:
        named = {"lender_id": "bank", "loan_ref": f"loan-of-{decision_id}"}
        loans.add_loan(
            connection,
            **named,
            borrower_id=connection.execute(mine).scalar_one(),
            decision_id=decision_id,
            now=service.clock.now,
            randomness=os.urandom,
        )
        loan = loans.find_loan(connection, service.app.state.cipher, **named)
        assert loan is not None
        loans.add_entries(
            connection,
            service.app.state.cipher,
            signer,
            loan,
            [NewEntry(entry=granted)],
            closed_on=None,
            now=service.clock.now,
            by="test",
        )

    await database.write_at_once(work)


async def enter(service: Service, loan_id: str, body: dict[str, Any]) -> httpx.Response:
    """Send an entry."""
    return await service.post(f"/v1/loans/{loan_id}/entries", body)


def confirmed() -> list[dict[str, Any]]:
    """Every condition of a loan, met."""
    return [entry("condition_met", f"c-{name}", condition=name) for name in CONDITIONS]


async def a_loan(service: Service, *entries: dict[str, Any], **changes: Any) -> str:  # noqa: ANN401  any JSON
    """A loan with its conditions confirmed and these entries; returns its identifier."""
    decision_id = changes.pop("decision_id", None) or await approved(service)
    made = await service.post("/v1/loans", granting(decision_id, **changes))
    assert made.status_code == 201, made.text
    loan_id: str = made.json()["loan_id"]
    for one in (*confirmed(), *entries):
        answer = await enter(service, loan_id, one)
        assert answer.status_code == 201, answer.text
    return loan_id
