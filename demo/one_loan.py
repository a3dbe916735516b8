"""One loan from the link to the repayment, by two persons: the last act of ``make demo``.

A sole trader is never decided on by the machine alone (Art. 22 GDPR): one person votes, another one votes second.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
from rich import box
from rich.console import Console
from rich.table import Table
from typing_extensions import override

from demo.stack import LENDER, Stack, person_key, scoring
from scoring.base.deadlines import months_after
from scoring.decisions.instalments import equal_instalments

FRONT, BACK = "anna", "berta"
AUTHORITY = f"""\
version = "demo"

[lenders.{LENDER}]
second_vote_from_cents = {{ working_capital = 500_000 }}

[lenders.{LENDER}.ranks]
senior = {{ working_capital = 5_000_000 }}

[[lenders.{LENDER}.persons]]
name = "{FRONT}"
rank = "senior"
office = "front"

[[lenders.{LENDER}.persons]]
name = "{BACK}"
rank = "senior"
office = "back"
"""
"""Who may approve what: two persons of two offices, and a second vote from 5,000 euro on."""
LENDERS = f"""\
[lenders.{LENDER}]
name = "Demo Bank"
address = "Musterweg 1, 10115 Berlin"
contact = "Kreditservice, Frau Petra Beispiel"
email = "kredit@bank.example"
authority = "der Berliner Beauftragten für Datenschutz und Informationsfreiheit"
"""
"""Who writes to the firm."""
SYSTEM = "the lender's system"
BORROWER = "one-loan"
AMOUNT = {"value": "10000.00", "currency": "EUR"}
MONTHS = 12
RATE = "8.90"
LINK = {
    "borrower_ref": BORROWER,
    "return_url": "https://bank.example/done",
    "language": "en",
    "lender": {
        "name": "Demo Bank",
        "privacy_url": "https://bank.example/privacy",
        "privacy_email": "privacy@bank.example",
    },
}


class LoanError(Exception):
    """A step was not answered as it should be; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A step that was taken."""

    who: str
    what: str
    result: str


def write_files(folder: Path) -> dict[str, str]:
    """Write who decides and who signs the notice; returns the settings that name the files."""
    files = {"SCORING_AUTHORITY_FILE": (folder / "authority.toml", AUTHORITY)}
    files["SCORING_LENDERS_FILE"] = folder / "lenders.toml", LENDERS
    for path, content in files.values():
        path.write_text(content, encoding="utf-8")
    return {name: str(path) for name, (path, _) in files.items()}


def lend(stack: Stack, firm: dict[str, Any], steps: list[Done]) -> tuple[str, date]:
    """From the link to the pay-out; returns the loan and its day.

    Args:
        stack: started with the settings of ``write_files``.
        firm: of the sandbox's own list.
        steps: gets each step that was taken.

    Raises:
        LoanError: a step was answered otherwise.
    """
    with _client(stack, stack.api_key) as lender:
        connection_id = _connect(stack, lender, firm, steps)
        decision = _ok(lender.post("/v1/decisions", json=application(firm) | {"connection_id": connection_id}))
        machine = f"{decision['verdict']}: a person decides; the machine recommends {decision['recommendation']}"
        steps.append(Done(who=SYSTEM, what="asks for a decision", result=machine))
        terms = {"amount": AMOUNT, "term_months": MONTHS, "annual_rate_percent": RATE}
        for name, office in ((FRONT, "front office"), (BACK, "back office")):
            with _client(stack, person_key(stack, name)) as person:
                state = _vote(person, decision["links"]["case"], terms)
            steps.append(Done(who=name, what=f"claims the case and votes for it ({office})", result=f"case: {state}"))
        notice = lender.get(f"/v1/decisions/{decision['decision_id']}/notice", params={"format": "pdf"})
        if not notice.content.startswith(b"%PDF"):
            raise LoanError(f"the notice is answered {notice.status_code}")
        told = f"{len(notice.content) // 1000} kB, {notice.headers['Content-Type']}"
        steps.append(Done(who=SYSTEM, what="sends the notice to the firm", result=told))
        loan_id = _pay_out(lender, decision, terms, steps)
    return loan_id, date.fromisoformat(decision["as_of"])


def _connect(stack: Stack, lender: httpx.Client, firm: dict[str, Any], steps: list[Done]) -> str:
    """A link of the lender, and the firm that follows it; returns the connection."""
    link = _ok(lender.post("/v1/connect-sessions", json=LINK))
    steps.append(Done(who=SYSTEM, what="makes a link for the firm", result=link["connect_session_id"]))
    with httpx.Client(base_url=stack.service_url, timeout=60, follow_redirects=True) as browser:
        answer = browser.get(link["url"])
        while True:
            form = next(iter(_forms(answer.text)), None)
            if answer.status_code != 200 or form is None:
                raise LoanError(f"the page of the link answers {answer.status_code}")
            if "/withdraw" in form.action:  # it is connected
                break
            fields = {name: firm["token"] if name == "token" else value for name, value in form.fields.items()}
            answer = browser.post(form.action, data=fields)
    session = _ok(lender.get(f"/v1/connect-sessions/{link['connect_session_id']}"))
    steps.append(
        Done(
            who="the firm", what="agrees, gives the token and confirms its account", result=f"link: {session['status']}"
        )
    )
    return str(session["connection_id"])


def application(firm: dict[str, Any]) -> dict[str, Any]:
    """The request body of the loan, but for the way to the books."""
    return {
        "borrower_ref": BORROWER,
        "legal_form": firm["legal_form"],
        "product": "working_capital",
        "amount": AMOUNT,
        "term_months": MONTHS,
        "purpose": "working capital",
        "payout_iban": firm["iban"],
        "language": "en",
    }


def _vote(person: httpx.Client, case: str, terms: dict[str, Any]) -> str:
    """Claim the case and vote for the loan; returns how the case then stands."""
    claimed = _ok(person.post(f"{case}/claim"))
    ballot = {"verdict": "approve", "reason": "data_explained", "text": "Books and bank agree.", **terms}
    voted = _ok(person.post(f"{case}/votes", json={"step": claimed["steps"][-1]["number"], **ballot}))
    return str(voted["status"])


def _pay_out(lender: httpx.Client, decision: dict[str, Any], terms: dict[str, Any], steps: list[Done]) -> str:
    """Grant the loan, confirm its conditions, agree on the plan and pay out; returns the loan."""
    day = decision["as_of"]
    granting = {"loan_ref": "K-1", "decision_id": decision["decision_id"], "granted_on": day, **terms}
    loan = _ok(lender.post("/v1/loans", json=granting))
    steps.append(Done(who=SYSTEM, what="grants the loan", result=f"loan: {loan['status']}"))
    entries = f"/v1/loans/{loan['loan_id']}/entries"
    payout = {"kind": "paid_out", "entry_ref": "out", "happened_on": day, "amount": AMOUNT}
    early = lender.post(entries, json=payout)
    if early.json().get("type") != "/problems/condition-open":
        raise LoanError(f"a pay-out before the conditions are confirmed is answered {early.status_code}")
    steps.append(Done(who=SYSTEM, what="pays out too early", result=f"refused: {early.json()['title']}"))
    for name in loan["open_conditions"]:
        met = {"kind": "condition_met", "entry_ref": name, "happened_on": day, "condition": name, "proof": "file 1"}
        _ok(lender.post(entries, json=met))
    steps.append(Done(who=SYSTEM, what="confirms the conditions", result=", ".join(loan["open_conditions"])))
    plan = equal_instalments(
        _cents(AMOUNT), _cents({"value": RATE}), MONTHS, first_on=months_after(date.fromisoformat(day), 1)
    )
    instalments = [{"due_on": str(one.due_on), "amount": _money(one.due_cents)} for one in plan]
    _ok(
        lender.post(
            entries, json={"kind": "planned", "entry_ref": "plan", "happened_on": day, "instalments": instalments}
        )
    )
    loan = _ok(lender.post(entries, json=payout))
    paid = f"{loan['paid_out']['value']} EUR; {len(plan)} instalments of {instalments[0]['amount']['value']} EUR"
    steps.append(Done(who=SYSTEM, what="pays out", result=paid))
    return str(loan["loan_id"])


def repay(stack: Stack, loan_id: str, steps: list[Done]) -> None:
    """Enter each instalment as paid on its day, and verify all that was signed; the stack runs after the last day.

    Raises:
        LoanError: a step was answered otherwise.
    """
    with _client(stack, stack.api_key) as lender:
        loan = _ok(lender.get(f"/v1/loans/{loan_id}"))
        for number, one in enumerate(loan["schedule"], 1):
            paid = {"kind": "paid", "entry_ref": f"p{number}", "happened_on": one["due_on"], "amount": one["amount"]}
            loan = _ok(lender.post(f"/v1/loans/{loan_id}/entries", json=paid))
    result = f"loan: {loan['status']}; worst days past due: {loan['worst_days_past_due']}"
    steps.append(Done(who="the firm", what=f"pays {len(loan['schedule'])} instalments", result=result))
    steps.append(Done(who="the auditor", what="runs scoring verify", result=scoring(stack, "verify").splitlines()[-1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A form of a page: where it goes, and what it sends when every box is ticked."""

    action: str
    fields: dict[str, str]


class _Reader(HTMLParser):
    """Reads the forms of a page that have a button, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name")
        if tag == "form" and given.get("method") == "post":
            self.forms.append(_Form(action=given.get("action") or "", fields={}))
        elif tag == "button" and name and self.forms:
            self.forms[-1].fields.setdefault(name, given.get("value") or "")  # the first is pressed
        elif tag in {"input", "textarea", "select"} and name and self.forms:
            self.forms[-1].fields[name] = given.get("value") or ("on" if given.get("type") == "checkbox" else "")


def _forms(page: str) -> list[_Form]:
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def _client(stack: Stack, key: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=stack.service_url, headers=headers, timeout=60)


def _ok(answer: httpx.Response) -> dict[str, Any]:
    """The body of a success.

    Raises:
        LoanError: it is none.
    """
    body: dict[str, Any] = answer.json()
    if not answer.is_success:
        raise LoanError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {body.get('detail')}")
    return body


def _cents(amount: dict[str, str]) -> int:
    return int(Decimal(amount["value"]) * 100)


def _money(cents: int) -> dict[str, str]:
    return {"value": f"{Decimal(cents) / 100:.2f}", "currency": "EUR"}


def show_steps(steps: list[Done], console: Console) -> None:
    """The steps as a table."""
    table = Table(title="One loan, from the link to the repayment", box=box.ROUNDED)
    for name in ("who", "does", "result"):
        table.add_column(name)
    for step in steps:
        table.add_row(step.who, step.what, step.result)
    console.print(table)
