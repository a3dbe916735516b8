"""What ``make serve`` prints can be copied into another terminal, and both servers can be held to a day."""

import io
import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import httpx
from rich.console import Console

from demo.__main__ import Case, ask, sandbox_firms, show_usage
from demo.one_loan import Done, lend, repay, write_files
from demo.stack import Stack, running
from scoring.base.identifiers import day_in_berlin

ROOT = Path(__file__).parents[3]
DAY = date(2026, 5, 20)


def test_commands_in_another_terminal_ask_the_local_sevdesk(tmp_path: Path) -> None:
    """After one line that is printed whole in a narrow window; no other setting is needed."""
    printed = io.StringIO()
    other_terminal = {name: value for name, value in os.environ.items() if not name.startswith("SCORING_")}
    with running(tmp_path / "a folder", end_on=DAY) as stack:
        _assert_both_are_held_to_the_day(stack)
        show_usage(stack, Console(file=printed, width=40))
        connected = httpx.post(
            f"{stack.service_url}/v1/connections",
            headers={"Authorization": f"Bearer {stack.api_key}"},
            json={
                "borrower_ref": "firm-1",
                "sevdesk_token": sandbox_firms()["sole-trader"]["token"],
                "purposes": ["decision", "contacts"],
            },
            timeout=60,
        ).json()
        lines = printed.getvalue().splitlines()
        (exported,) = (line for line in lines if line.startswith("export "))
        command = f"{exported}; {sys.executable} -m scoring contacts {connected['connection_id']}"
        done = subprocess.run(
            ["/bin/sh", "-c", command], env=other_terminal, cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert ".venv/bin/python -m sandbox firms" in lines
    assert done.returncode == 0, done.stderr
    assert "\tcustomer\t" in done.stdout


def _assert_both_are_held_to_the_day(stack: Stack) -> None:
    """Books end then, and a decision is as of then: no day of the past, which would be reconstructed."""
    firm = sandbox_firms()["young-startup"]
    listed = httpx.get(f"{stack.sandbox_url}/api/v1/Invoice?limit=1", headers={"Authorization": firm["token"]}).json()
    assert "2026-05-01" < listed["objects"][0]["invoiceDate"][:10] <= str(DAY)
    headers = {"Authorization": f"Bearer {stack.api_key}"}
    with httpx.Client(base_url=stack.service_url, headers=headers, timeout=60) as service:
        answer, _ = ask(service, Case(title="", firm="young-startup", amount="5000.00"), firm)
    body = answer.json()
    created_on = day_in_berlin(datetime.fromisoformat(body["created_at"]))
    assert (body["as_of"], created_on, body["data"]["is_reconstructed"]) == (str(DAY), DAY, False)


def test_one_loan_is_repaid_a_year_later(tmp_path: Path) -> None:
    """The last act; the second stack runs a year later, when all twelve instalments are paid."""
    settings = write_files(tmp_path)
    steps: list[Done] = []
    with running(tmp_path, end_on=DAY, settings=settings) as stack:
        loan_id, granted_on = lend(stack, sandbox_firms()["sole-trader"], steps)
    with running(tmp_path, end_on=date(2027, 5, 20), settings=settings) as stack:
        repay(stack, loan_id, steps)
    assert granted_on == DAY
    assert [(step.who, step.result) for step in steps[3:5]] == [
        ("anna", "case: second_vote"),
        ("berta", "case: decided"),
    ]
    assert steps[-2].result == "loan: repaid; worst days past due: 0"
    assert steps[-1].result.startswith("all is as it was signed")
