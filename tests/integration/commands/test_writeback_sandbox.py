"""The command that writes into a borrower's books, against the local sevdesk, from end to end."""

import dataclasses
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import Done
from service import TOKEN
from unit.sandbox_server.building import TODAY, books_of, contact, invoice
from writebacks import DIGEST, Case, Listening, Prepare, preparing

from sandbox.account.quirks import Quirks
from sandbox.server.app import create_app
from sandbox.server.faults import Fault, Faults

ROWS = (invoice(1), *(contact(number) for number in range(7, 12)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A local sevdesk with one firm that has five customers and no supplier."""

    url: str
    faults: Faults

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401  any JSON
        """What stands under ``objects``."""
        answer = httpx.get(f"{self.url}/{path}", params=query, headers={"Authorization": TOKEN}, trust_env=False)
        return answer.raise_for_status().json()["objects"]

    @property
    def vouchers(self) -> list[dict[str, Any]]:
        """All of them."""
        found: list[dict[str, Any]] = self.get("Voucher")
        return found

    @property
    def suppliers(self) -> list[dict[str, Any]]:
        """The contacts that were not there before."""
        return [one for one in self.get("Contact") if one["category"]["id"] == "2"]


@contextmanager
def _serving(version: str = "2.0", **quirks: Any) -> Iterator[Sandbox]:  # noqa: ANN401  fields of Quirks
    faults = Faults()
    books = dataclasses.replace(books_of(*ROWS), version=version)
    listening = Listening(create_app([books], today=lambda: TODAY, quirks=Quirks(**quirks), faults=faults))
    try:
        yield Sandbox(url=listening.url, faults=faults)
    finally:
        listening.stop()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """As it behaves unless told otherwise."""
    with _serving() as serving:
        yield serving


@pytest.fixture
def prepare(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Prepare:
    """Makes a decision and hands out the command."""
    return preparing(tmp_path, sandbox.url, monkeypatch, capsys)


def _run(case: Case, sandbox: Sandbox, *more: str, account: str = "6855") -> Done:
    """The command, against any local sevdesk."""
    given = ("--voucher", str(case.pdf), "--amount", "450.50", "--account", account, "--date", "2026-09-15", "--yes")
    return case.run("writeback", case.decision_id, *given, *more, SCORING_SEVDESK_URL=sandbox.url)


def test_a_fee_document_stands_in_the_books(prepare: Prepare, sandbox: Sandbox) -> None:
    """Contact, voucher, position and attached file are what was asked for; a second run adds nothing."""
    case = prepare()
    done = _run(case, sandbox, "--supplier", "Bank AG", "--open")
    assert (done.returncode, done.told) == (0, "")
    (supplier,), (voucher,) = sandbox.suppliers, sandbox.vouchers
    assert (supplier["name"], supplier["customerNumber"]) == ("Bank AG", "12")
    assert voucher["description"] == f"Kreditvertrag {case.decision_id} ({DIGEST[:16]})"
    assert voucher["supplier"] == {"id": supplier["id"], "objectName": "Contact"}
    assert (voucher["sumNet"], voucher["sumTax"], voucher["sumGross"]) == ("450.5", "0", "450.5")
    assert (voucher["status"], voucher["creditDebit"], voucher["taxRule"]["id"]) == ("100", "C", "9")
    assert voucher["voucherDate"] == "2026-09-15T00:00:00+02:00"
    assert voucher["document"]["objectName"] == "Document"
    (position,) = sandbox.get(f"Voucher/{voucher['id']}/getPositions")
    assert (position["accountDatev"]["id"], position["taxRate"], position["net"]) == ("4285", "0", "1")
    again = _run(case, sandbox, "--supplier", "Bank AG")
    assert (again.returncode, "the books already contain this document" in again.stderr, len(sandbox.vouchers)) == (
        2,
        True,
        1,
    )


def test_a_dry_run_leaves_the_books_as_they_are(prepare: Prepare, sandbox: Sandbox) -> None:
    """It reads, and the next customer number is still the next."""
    case = prepare()
    done = _run(case, sandbox, "--dry-run")
    assert done.returncode == 0
    assert "new contact with customer number 12" in done.stdout
    assert (sandbox.vouchers, sandbox.suppliers) == ([], [])
    assert sandbox.get("Contact/Factory/getNextCustomerNumber") == "12"


def test_system_1_gets_an_accounting_type_and_a_tax_type(prepare: Prepare) -> None:
    """Documents of that system have neither an AccountDatev nor a tax rule."""
    case = prepare()
    with _serving("1.0") as old:
        done = _run(case, old, account="26")
        assert (done.returncode, done.told) == (0, "")
        (voucher,) = old.vouchers
        assert (voucher["taxType"], "taxRule" in voucher) == ("default", False)
        (position,) = old.get(f"Voucher/{voucher['id']}/getPositions")
        assert position["accountingType"] == {"id": "26", "objectName": "AccountingType"}


@pytest.mark.parametrize(
    "quirks",
    [
        {"guide": "bare"},
        {"text_numbers": False},
        {"unset_references": "null"},
        {"single_in_list": False},
        {"total": "number"},
        {"offsets": "utc"},
        {"order": "none"},
        {"absent": "404"},
    ],
    ids=str,
)
def test_whatever_the_local_sevdesk_is_switched_to_it_is_confirmed(prepare: Prepare, quirks: dict[str, Any]) -> None:
    """What is read back is understood in every spelling that sevdesk may have."""
    case = prepare()
    with _serving(**quirks) as switched:
        done = _run(case, switched)
        assert (done.returncode, done.told, len(switched.vouchers)) == (0, "", 1)


def test_books_that_cannot_be_looked_at_again_are_not_written_to(prepare: Prepare, sandbox: Sandbox) -> None:
    """They are read before the question and after it; where the second fails, nothing was written."""
    case = prepare()
    sandbox.faults.add([Fault(resource="Voucher", requests=(2,), status=422)])
    done = _run(case, sandbox)
    assert (done.returncode, done.stderr.endswith("; nothing was written\n")) == (2, True)
    assert (sandbox.vouchers, sandbox.suppliers) == ([], [])


@pytest.mark.parametrize("name", ["Vertrag Müller.PDF", 'a"b;c.pdf', "contract"])
def test_the_file_may_have_any_name(prepare: Prepare, sandbox: Sandbox, name: str) -> None:
    """sevdesk wants a PDF to be called one; the form holds whatever else is in the name."""
    case = prepare()
    case.pdf = case.pdf.rename(case.pdf.with_name(name))
    assert (_run(case, sandbox).returncode, len(sandbox.vouchers)) == (0, 1)


def test_a_token_that_may_not_write_is_told(prepare: Prepare) -> None:
    """sevdesk answers 403 to the write and goes on answering reads: nothing is in the books, and that is said."""
    case = prepare()
    with _serving(writes="refused") as reading:
        done = _run(case, reading)
        assert done.returncode == 1
        assert "the contact 'bank' was not written: the books do not show it" in done.stderr
        assert "check the plan and the rights of the user" in done.stderr
        assert (reading.vouchers, reading.suppliers) == ([], [])


def test_whoever_interrupts_a_write_is_told_to_look(prepare: Prepare, sandbox: Sandbox) -> None:
    """Ctrl-C while sevdesk is silent: status 1, no trace, and the next run finds what was written."""
    case = prepare()
    sandbox.faults.add([Fault(resource="Voucher", requests=(4,), connection="stalled", times=1)])
    arguments = ("--voucher", str(case.pdf), "--amount", "9", "--account", "6855", "--yes")
    process = _begun(case, sandbox, *arguments)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told.splitlines()[-1] == (
        "scoring: interrupted; wait a quarter of an hour until sevdesk has finished, check the books, then run the"
        " command again"
    )
    assert "Traceback" not in told
    again = _run(case, sandbox)
    assert (again.returncode, "the books already contain this document" in again.stderr, len(sandbox.vouchers)) == (
        2,
        True,
        1,
    )


def test_two_runs_side_by_side_book_once(prepare: Prepare, sandbox: Sandbox) -> None:
    """While one run is writing, another one for the same decision is refused."""
    case = prepare()
    sandbox.faults.add([Fault(resource="Voucher", requests=(4,), latency_s=5.0, times=1)])
    first = _begun(case, sandbox, "--voucher", str(case.pdf), "--amount", "450.50", "--account", "6855", "--yes")
    second = _run(case, sandbox)
    first.communicate(timeout=60)
    assert (first.returncode, second.returncode, len(sandbox.vouchers)) == (0, 2, 1)
    assert re.fullmatch(
        r"scoring: another run for this decision began at \S+Z and may still write; wait a quarter of an hour .*; "
        r"nothing was written",
        second.stderr.splitlines()[-1],
    )
    third = _run(case, sandbox)
    assert (third.returncode, "the books already contain this document" in third.stderr, len(sandbox.vouchers)) == (
        2,
        True,
        1,
    )


def test_a_run_that_was_killed_keeps_others_out_for_a_while(prepare: Prepare, sandbox: Sandbox) -> None:
    """Nobody has to lift anything by hand."""
    case = prepare()
    sandbox.faults.add([Fault(resource="Voucher", requests=(3,), connection="stalled", times=1)])
    process = _begun(case, sandbox, "--voucher", str(case.pdf), "--amount", "9", "--account", "6855", "--yes")
    process.kill()
    process.communicate(timeout=60)
    assert "may still write" in _run(case, sandbox).stderr
    assert sandbox.vouchers == []
    case.wait_a_quarter_of_an_hour()
    assert (_run(case, sandbox).returncode, len(sandbox.vouchers)) == (0, 1)


def _begun(case: Case, sandbox: Sandbox, *arguments: str) -> subprocess.Popen[str]:
    """The command as a process, once its request has met the fault that is in force."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scoring", "writeback", case.decision_id, *arguments],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while sandbox.faults.in_force() and process.poll() is None:
        time.sleep(0.05)
    return process


_FAULTS = (
    Fault(is_revoked=True),
    Fault(status=403),
    Fault(status=429, retry_after=0),
    Fault(status=422),
    Fault(status=500),
    Fault(status=500, is_written=True),
    Fault(status=503, is_written=True),
    Fault(status=429, is_written=True),
    Fault(status=200),
    Fault(status=200, is_written=True),
    Fault(body="html"),
    Fault(body="text"),
    Fault(body="truncated"),
    Fault(body="corrupt"),
    Fault(connection="reset"),
)
_STEPS = {
    "contact": ("Contact", 3, _FAULTS),
    "upload": ("Voucher", 3, _FAULTS[::4]),
    "voucher": ("Voucher", 4, _FAULTS),
    "read again": ("Voucher", 5, _FAULTS[1::3]),
}
"""Resource, which of its requests (others read before), faults."""


@pytest.mark.parametrize("step", _STEPS)
def test_after_any_fault_at_any_step_a_second_run_books_once(prepare: Prepare, step: str) -> None:
    """Whether the write happened before the fault is found out, and status 0 is never said of what is not there."""
    case = prepare()
    resource, number, faults = _STEPS[step]
    for fault in faults:
        with ExitStack() as stack:
            broken = stack.enter_context(_serving())
            broken.faults.add([_at(fault, resource, number)])
            first = _run(case, broken)
            broken.faults.clear()
            is_there = len(broken.vouchers) == 1
            # what was written is known to be so, unless it is reading that fails
            expected = {0, 1} if step == "read again" else {0} if is_there else {1}
            assert first.returncode in expected, (fault, first.stderr)
            if "wait a quarter of an hour" in first.stderr:
                assert is_there or "may still write" in _run(case, broken).stderr, fault
                case.wait_a_quarter_of_an_hour()
            second = _run(case, broken)
            assert second.returncode == (2 if is_there else 0), (fault, second.stderr)
            assert (len(broken.vouchers), len(broken.suppliers)) == (1, 1), fault


def _at(fault: Fault, resource: str, number: int) -> Fault:
    """The fault, at one request."""
    fields = {name: getattr(fault, name) for name in Fault.__struct_fields__}
    return Fault(**(fields | {"resource": resource, "requests": (number,)}))
