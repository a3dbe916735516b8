"""``make demo``: starts everything, asks for a loan for each firm of the sandbox, prints the answers, stops.

``make serve`` (``python -m demo --stay``) starts the same on fixed ports and stays.
"""

import argparse
import json
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from demo.one_loan import MONTHS, Done, LoanError, lend, repay, show_steps, write_files
from demo.stack import Stack, StackError, running
from scoring.base.deadlines import months_after

SANDBOX_PORT = 8081
SERVICE_PORT = 8080
FOREIGN_IBAN = "DE89370400440532013000"
"""A valid account number that is in none of the books: the example of the IBAN standard."""
WIDE = 130
"""Terminal width from which reasons have their own column."""
VERDICT_STYLE = {"approve": "bold green", "refer": "yellow", "decline": "red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One application of the demo."""

    title: str
    firm: str
    amount: str
    payout_iban: str | None = None
    """An account that is not the firm's own."""
    applicant: str | None = None
    """Who applies; a natural person with the tax number of the firm."""


CASES = (
    Case(title="healthy agency", firm="healthy-agency", amount="12000.00"),
    Case(title="bookkeeping 1.0", firm="system-1", amount="8000.00"),
    Case(title="borderline retailer", firm="borderline-retailer", amount="20000.00"),
    Case(title="failing builder", firm="failing-builder", amount="30000.00"),
    Case(title="three months old", firm="young-startup", amount="15000.00"),
    Case(title="sole trader", firm="sole-trader", amount="10000.00", applicant="Emil Roth"),
    Case(title="revoked token", firm="revoked-token", amount="10000.00"),
    Case(
        title="borrowed books",
        firm="healthy-agency",
        amount="12000.00",
        payout_iban=FOREIGN_IBAN,
        applicant="Abendrot Werbung GmbH",
    ),
    Case(title="dormant firm", firm="dormant", amount="10000.00"),
    Case(title="unconfirmed balance", firm="unverified-balance", amount="20000.00"),
    Case(title="bank data by file", firm="file-import", amount="20000.00"),
    Case(title="window dresser", firm="window-dresser", amount="20000.00"),
    Case(title="invented sales", firm="invented-sales", amount="20000.00"),
    Case(title="bank feed stopped", firm="stale-feed", amount="5000.00"),
    Case(title="connected anew", firm="reconnected-account", amount="20000.00"),
    Case(title="transfers unlinked", firm="two-accounts", amount="20000.00"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The result of a case, formatted."""

    title: str
    cells: list[str]
    """Verdict, recommendation, score, PD, limit, time."""
    reasons: list[str]


def sandbox_firms() -> dict[str, dict[str, Any]]:
    """The sandbox's own list of its firms, by name."""
    listed = subprocess.run(
        [sys.executable, "-m", "sandbox", "firms", "--json"], capture_output=True, text=True, check=True
    )
    return {firm["firm"]: firm for firm in json.loads(listed.stdout)}


def application(case: Case, firm: dict[str, Any]) -> dict[str, Any]:
    """The request body, but for the way to the books."""
    return {
        "borrower_ref": f"{case.firm}{'-borrowed' if case.payout_iban else ''}",
        "legal_form": firm["legal_form"],
        "product": "working_capital",
        "amount": {"value": case.amount, "currency": "EUR"},
        "term_months": 12,
        "purpose": "working capital",
        "applicant": applicant_of(case, firm),
        "payout_iban": case.payout_iban or firm["iban"],
        "language": "en",
    }


def applicant_of(case: Case, firm: dict[str, Any]) -> dict[str, str] | None:
    """Who applies, where the case says so; the trade name of a sole trader is settled by its tax number."""
    if case.applicant is None:
        return None
    is_own = case.payout_iban is None
    return {"name": case.applicant} | ({"tax_number": firm["tax_number"]} if is_own else {})


def ask(service: httpx.Client, case: Case, firm: dict[str, Any]) -> tuple[httpx.Response, float]:
    """Connect the account, then post the application: the answer that ends the flow, and the seconds it took."""
    body = application(case, firm)
    connection = service.post(
        "/v1/connections", json={"borrower_ref": body["borrower_ref"], "sevdesk_token": firm["token"]}
    )
    if connection.status_code != 201:
        return connection, 0.0
    started = time.perf_counter()
    answer = service.post(
        "/v1/decisions",
        json={**body, "connection_id": connection.json()["connection_id"]},
        headers={"Idempotency-Key": f"demo-{body['borrower_ref']}"},
    )
    return answer, time.perf_counter() - started


def brief(text: str) -> str:
    """A reason without the sentence that explains the feature."""
    return ". ".join(text.split(". ")[:2])


def read(case: Case, answer: httpx.Response, seconds: float) -> Answered:
    """One line of the table: a decision, or the problem that came instead of one."""
    body = answer.json()
    if answer.status_code != 201:
        problem = f"{answer.status_code} {body.get('title')}: {body.get('detail')}"
        return Answered(title=case.title, cells=["-"] * 6, reasons=[problem])
    verdict, recommendation = body["verdict"], body["recommendation"]
    score, pd, offer = body["score"], body["pd"], body["offer"]
    causes = [cause["text"]["en"] for cause in body["causes"]]
    reasons = [brief(reason["text"]["en"]) for reason in body["reasons"]]
    cells = [
        f"[{VERDICT_STYLE[verdict]}]{verdict}[/]",
        f"[{VERDICT_STYLE[recommendation]}]{recommendation}[/]",
        f"{score['value']:.1f}" if score else "-",
        f"{pd['value']:.1%}" if pd else "-",
        f"{offer['max_amount']['value']}" if offer else "-",
        f"{seconds * 1000:.0f} ms",
    ]
    return Answered(title=case.title, cells=cells, reasons=(causes[:2] + reasons)[:3])


def show(answers: list[Answered], console: Console) -> None:
    """All answers as a table; the main reasons in its last column, or below it where the window is narrow."""
    is_wide = console.width >= WIDE
    table = Table(title="Decisions", show_lines=is_wide, box=box.ROUNDED if is_wide else None)
    for name in ("application", "verdict", "recommends", "score", "PD", "limit EUR", "time"):
        table.add_column(name, no_wrap=True)
    if is_wide:
        table.add_column("main reasons", ratio=1)
    for answer in answers:
        listed = "\n".join(f"· {line}" for line in answer.reasons)
        table.add_row(answer.title, *answer.cells, *([listed] if is_wide else []))
    console.print(table)
    if not is_wide:
        console.print("[italic]Main reasons[/]")
        for answer in answers:
            console.print(f"[bold]{answer.title}[/]", *answer.reasons, sep="\n · ", highlight=False)


def decide_all(stack: Stack, console: Console) -> list[Answered]:
    """Post every case and collect the answers."""
    answers = []
    firms = sandbox_firms()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    headers = {"Authorization": f"Bearer {stack.api_key}"}
    with (
        Progress(*columns, console=console) as progress,
        httpx.Client(base_url=stack.service_url, headers=headers, timeout=60) as service,
    ):
        task = progress.add_task("deciding", total=len(CASES))
        for case in CASES:
            progress.update(task, description=f"deciding on: {case.title}")
            answers.append(read(case, *ask(service, case, firms[case.firm])))
            progress.advance(task)
        progress.update(task, description="decided")
    return answers


def show_usage(stack: Stack, console: Console) -> None:
    """Print how to use the running servers."""
    # lines are not wrapped, so that they can be copied
    say = partial(console.print, soft_wrap=True, highlight=False)
    say(f"[bold]service[/]  {stack.service_url}   documentation: {stack.service_url}/schema")
    say(f"[bold]sevdesk[/]  {stack.sandbox_url}/api/v1   (local)")
    say(f"[bold]API key[/]  {stack.api_key}")
    if stack.person is not None:
        person = stack.person
        say(
            f"[bold]pages[/]    {stack.service_url}/decisions   sign in: lender {person.lender}, name {person.name},"
            f" password {person.password}"
        )
    say("\nIn another terminal, a request; the firms of the local sevdesk; what commands of the service need first:\n")
    say(f"curl -H 'Authorization: Bearer {stack.api_key}' {stack.service_url}/v1/models")
    say(".venv/bin/python -m sandbox firms")
    assigned = " ".join(f"{name}={shlex.quote(value)}" for name, value in stack.settings.items())
    say(f"export {assigned}", markup=False)
    console.print("\nCtrl-C stops both.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-11-23") from None


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says, or the words given instead."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--stay", action="store_true", help="keep both servers running until Ctrl-C; data in --data")
    parser.add_argument(
        "--end-on",
        type=_day,
        metavar="DAY",
        help="the day on which the firms' books end and the service decides, such as 2026-11-23 (default: today)",
    )
    parser.add_argument("--data", type=Path, default=Path("var"), help="data folder of --stay (default: var)")
    parser.add_argument("--service-port", type=int, default=SERVICE_PORT, help=f"of --stay (default: {SERVICE_PORT})")
    parser.add_argument("--sandbox-port", type=int, default=SANDBOX_PORT, help=f"of --stay (default: {SANDBOX_PORT})")
    return parser.parse_args(given)


def main() -> int:
    """Run the demo, or stay; 0 when all went as it should."""
    chosen = arguments()
    console = Console()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped, too
    try:
        if chosen.stay:
            ports = {"sandbox_port": chosen.sandbox_port, "service_port": chosen.service_port}
            return stay(chosen.data, console, **ports, end_on=chosen.end_on)
        with tempfile.TemporaryDirectory(prefix="demo-") as data:
            run(Path(data), console, chosen.end_on)
    except (StackError, LoanError, OSError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 130
    return 0


def run(data: Path, console: Console, end_on: date | None) -> None:
    """Decide on every case, then follow one loan to its end.

    Raises:
        StackError: a server did not start.
        LoanError: a step of the loan was answered otherwise.
    """
    steps: list[Done] = []
    settings = write_files(data)
    with (
        console.status("starting the local sevdesk and the service") as status,
        running(data, end_on=end_on, settings=settings) as stack,
    ):
        status.stop()
        console.print(f"service ready in {stack.service_ready_seconds:.1f} s")
        show(decide_all(stack, console), console)
        with console.status("granting one loan"):
            loan_id, granted_on = lend(stack, sandbox_firms()["sole-trader"], steps)
    repaid_on = months_after(granted_on, MONTHS)
    with console.status(f"starting again on {repaid_on}"), running(data, end_on=repaid_on, settings=settings) as stack:
        repay(stack, loan_id, steps)
    show_steps(steps, console)


def stay(data: Path, console: Console, *, sandbox_port: int, service_port: int, end_on: date | None = None) -> int:
    """Keep both servers up until Ctrl-C or a server ends."""
    ports = {"sandbox_port": sandbox_port, "service_port": service_port}
    with running(data, **ports, end_on=end_on, has_person=True, has_clock=True) as stack:
        show_usage(stack, console)
        with suppress(KeyboardInterrupt):
            while stack.service.poll() is None and stack.sandbox.poll() is None:
                time.sleep(0.5)
            console.print(f"[red]a server ended; its log is in {data}[/]")
            return 1
    console.print("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
