"""From loans that were entered to a trained model, without hand work: decide, import, export, train."""

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from command_line import Scoring, in_process
from lending import CONDITIONS, euro, serving
from rich.console import Console
from service import Clock, Service, application, environ_of, running
from unit.sandbox_server.building import account, books_of, contact, invoice, transaction

from models.__main__ import build_app
from models.outcomes import Definition, outcomes
from sandbox.objects.books import Books
from scoring.base.identifiers import BERLIN
from scoring.store.database import Database
from scoring.store.principals import Principal, Role, add_key

FIRMS = 66
LATER = 28
"""Firms that are decided on again, on a day that was not known when the first loans were granted."""
DAYS = (date(2026, 10, 1), date(2027, 11, 1))
END = date(2029, 2, 1)
HEADER = (
    "loan_ref,entry_ref,kind,happened_on,amount,due_on,condition,decision_id,term_months,annual_rate_percent,proof\n"
)


def a_firm(number: int) -> Books:
    """A year of paid invoices and some open ones; those of every other firm are long overdue."""
    rows = [contact(7), account(5, lastSync="2026-09-30T00:00:00+02:00", importType=None)]
    issued = [date(2025, month, 1) for month in range(9, 13)] + [date(2026, month, 1) for month in range(1, 9)]
    for n, day in enumerate(issued):
        at = datetime(day.year, day.month, day.day, tzinfo=BERLIN).isoformat()
        is_open = number % 2 == 1 and n >= len(issued) - 2 - number % 4
        paid = {} if is_open else {"status": "1000", "paidAmount": 119, "payDate": at}
        rows += [invoice(1000 + n, invoiceDate=at, create=at, **paid), transaction(5000 + n, "119", on=at, create=at)]
    new = "2026-09-25T00:00:00+02:00"
    rows += [invoice(2000 + n, invoiceDate=new, create=new) for n in range(1 + number % 5)]
    return books_of(*rows, firm=f"firm-{number}", token=token_of(number))


def token_of(number: int) -> str:
    """Of a firm."""
    return f"{number:032x}"


async def decide(service: Service, number: int, day: date) -> tuple[str, int, str]:
    """A decision on a firm that a person approved, with the firm and the lines of the loan that it became."""
    body = application(
        borrower_ref=f"firm-{number}", amount=euro("9000.00"), sevdesk_token=token_of(number), payout_iban=None
    )
    answer = await service.post("/v1/decisions", body)
    assert answer.status_code == 201, answer.text
    case = answer.json()["links"]["case"]
    if answer.json()["verdict"] == "decline":
        await service.post(f"{case}/reopening", {"text": "Jahresabschluss gesehen"}, key=service.keys["anna"])
    claimed = await service.post(f"{case}/claim", None, key=service.keys["anna"])
    vote = {
        "step": claimed.json()["step"],
        "verdict": "approve",
        "reason": "data_explained",
        "text": "Jahresabschluss gesehen",
        "annual_rate_percent": "7.25",
    }
    voted = await service.post(f"{case}/votes", vote, key=service.keys["anna"])
    assert voted.json()["resolution"]["verdict"] == "approve", voted.text
    decision_id: str = answer.json()["decision_id"]
    return decision_id, number, a_loan(f"{day}-{number}", decision_id, day, is_paid=not is_bad(number))


async def add_anna(service: Service) -> None:
    """A person who may decide, with a key."""
    anna = Principal(id="", lender_id="bank", kind="person", name="anna", roles=frozenset({Role.UNDERWRITE}))
    database = Database(service.settings.database_url)
    service.keys["anna"], _ = await add_key(database, anna, now=service.clock(), randomness=os.urandom)
    await database.close()


def is_bad(number: int) -> bool:
    """Firms whose customers do not pay do not pay either, but for some of either kind."""
    return (number % 2 == 1) != (number % 22 in {4, 7})


def a_loan(ref: str, decision_id: str, day: date, *, is_paid: bool) -> str:
    """Lines of a loan of which the first of three instalments was paid, or all were."""
    lines = [f"{ref},,granted,{day},9000,,,{decision_id},12,7.25"]
    lines += [f"{ref},{name},condition_met,{day},,,{name},,,,Akte 7" for name in CONDITIONS]
    due = [day + timedelta(days=days) for days in (60, 120, 400)]
    lines += [f"{ref},,planned,{day},3100,{one}" for one in due]
    lines += [f"{ref},out,paid_out,{day},9000"]
    lines += [f"{ref},p{n},paid,{one},3100" for n, one in enumerate(due) if n == 0 or is_paid]
    return "\n".join(lines) + "\n"


@pytest.fixture
def scoring(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scoring:
    """Runs commands in this process, at the end of the story."""
    environ = {"SCORING_SEVDESK_SANDBOX": "true", "SCORING_SEVDESK_URL": "http://127.0.0.1:1/api/v1"}
    return in_process(environ | {"SCORING_SANDBOX_TODAY": END.isoformat()}, monkeypatch, capsys)


async def decided(folder: Path) -> tuple[dict[str, str], Sequence[tuple[str, int, str]]]:
    """Settings of commands, and decisions on two days with their loans."""
    clock = Clock()
    async with running(folder, books=[a_firm(n) for n in range(FIRMS)], serving=serving(), clock=clock) as service:
        await add_anna(service)
        loans = [await decide(service, number, DAYS[0]) for number in range(FIRMS)]
        clock.now = datetime(*DAYS[1].timetuple()[:3], 11, tzinfo=UTC)
        loans += [await decide(service, number, DAYS[1]) for number in range(LATER)]
        return environ_of(service.settings), loans


def test_what_became_of_loans_trains_a_model(tmp_path: Path, scoring: Scoring) -> None:
    """Nobody writes a label: bads and goods are those whose payments say so, and training takes the folder as it is."""
    environ, loans = asyncio.run(decided(tmp_path))
    file, dataset, candidate = tmp_path / "loans.csv", tmp_path / "dataset", tmp_path / "scorecard"
    file.write_text(HEADER + "".join(lines for _, _, lines in loans))
    taken = scoring("loans", "import", str(file), "--lender", "bank", **environ)
    assert taken.returncode == 0, taken.stderr
    done = scoring("export", "--out", str(dataset), "--lender", "bank", "--loans", **environ)
    assert done.stdout.endswith(f"{FIRMS + LATER} with repayments\n"), done.stderr
    printed = StringIO()
    app = build_app(Console(file=printed, width=200), lambda: datetime(2029, 2, 1, tzinfo=UTC))
    app(["train", str(dataset), "--out", str(candidate)], exit_on_error=False, result_action="return_value")
    assert "python -m models" in printed.getvalue()
    assert (candidate / "scorecard.json").exists()
    repayments = pl.read_parquet(dataset / "repayments.parquet")
    assert repayments["observed_until"].unique().to_list() == [DAYS[1] + timedelta(days=400)]
    made = pl.read_parquet(dataset / "decisions.parquet")
    labels = outcomes(repayments, Definition.crr_178()).join(made, on="borrower").select("decision_id", "outcome")
    assert dict(labels.rows()) == {decision_id: "bad" if is_bad(number) else "good" for decision_id, number, _ in loans}
