"""The command that writes into a borrower's books, over real HTTP, where every answer can be what it should not be."""

import asyncio
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from service import KEY_MATERIAL, TOKEN, running
from unit.writing.fake import CONTACT, SAVE, UPLOAD, UPLOADED, FakeBooks, Fault
from writebacks import AGREED, DIGEST, PDF, Listening, Prepare, preparing

from scoring.decisions.decision import Verdict


class _Front:
    """Serves a fake; a fault that is an exception cuts the connection in the middle of the answer."""

    def __init__(self, books: FakeBooks) -> None:
        self._books = books

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  ASGI
        """Answer one request."""
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            answer = self._answer(scope, body)
            status, headers, content = answer.status_code, answer.headers.raw, answer.content
        except httpx.TransportError:
            status, headers, content = 201, [(b"content-length", b"5000")], b'{"objects":'
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, scope: Any, body: bytes) -> httpx.Response:  # noqa: ANN401  ASGI
        if (b"authorization", TOKEN.encode()) not in scope["headers"]:
            return httpx.Response(401)
        path = scope["path"].removeprefix("/api/v1/")
        return self._books.answer(scope["method"], path, scope["query_string"].decode(), body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sevdesk:
    """An account that can be written to, and where it is."""

    books: FakeBooks
    url: str


@pytest.fixture
def sevdesk() -> Iterator[Sevdesk]:
    """An empty account."""
    books = FakeBooks()
    listening = Listening(_Front(books))
    yield Sevdesk(books=books, url=listening.url)
    listening.stop()


@pytest.fixture
def prepare(
    tmp_path: Path, sevdesk: Sevdesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Prepare:
    """Makes a decision and hands out the command."""
    return preparing(tmp_path, sevdesk.url, monkeypatch, capsys)


def test_a_fee_document_is_booked_after_asking(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """It shows to whom what is written, asks, writes contact, file and voucher once, and says what the books show."""
    case = prepare()
    case.type("y")
    done = case.writeback("--supplier", "Bank AG")
    assert (done.returncode, done.told) == (0, "")
    for line in (
        f"firm         firm-1 of bank, {case.connections[0]}",
        "bookkeeping  system 2.0",
        f"document     contract.pdf, {len(PDF)} bytes, SHA-256 {DIGEST}",
        f"number       Kreditvertrag {case.decision_id} ({DIGEST[:16]})",
        "amount       450.00 EUR without VAT, ",
        "account      6855 Nebenkosten des Geldverkehrs; tax 9",
        "supplier     Bank AG, new contact with customer number 1338",
        "state        draft",
        "Has firm-1 consented to this entry in its books, and should it be written? [y/N]",
        "written: voucher 156270656 over 450.00 EUR, contact 77, document attached; read back and verified",
    ):
        assert line in done.stdout
    assert sevdesk.books.writes == [CONTACT, UPLOAD, SAVE]
    assert PDF in sevdesk.books.sent[1][1]


def test_a_second_run_books_nothing(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """The same decision with the same file is recognised in the books, whoever runs it, asked or not."""
    case = prepare()
    assert case.writeback("--yes").returncode == 0
    again = case.writeback("--yes")
    assert (again.returncode, again.stderr.splitlines()) == (
        2,
        ["scoring: the books already contain this document, as voucher 156270656; nothing was written"],
    )
    assert case.writeback("--yes", "--another", amount="99").returncode == 2
    assert len(sevdesk.books.vouchers) == 1
    dry = case.writeback("--dry-run")
    assert "the books already contain this document" in dry.stdout


def test_another_file_of_the_same_decision_needs_a_word(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """A contract that was printed again has another digest, and must not be booked twice by accident."""
    case = prepare()
    case.writeback("--yes")
    case.pdf.write_bytes(PDF + b"again")
    refused = case.writeback("--yes")
    assert (refused.returncode, "another document for this decision (voucher 156270656)" in refused.stderr) == (2, True)
    assert case.writeback("--yes", "--another").returncode == 0
    assert len(sevdesk.books.vouchers) == 2


def test_a_dry_run_prints_what_would_be_sent_and_writes_nothing(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """The JSON that it shows is the JSON that is sent afterwards, but for what sevdesk names in between."""
    case = prepare()
    dry = case.writeback("--dry-run", "--open", amount="9.5")
    assert (dry.returncode, dry.stderr, sevdesk.books.writes) == (0, "", [])
    assert "dry run: nothing was written" in dry.stdout
    shown = dry.stdout.split(SAVE + "\n")[1].split("\ndry run")[0]
    case.writeback("--yes", "--open", amount="9.5")
    sent = sevdesk.books.sent[2][1]
    assert sent["voucher"]["status"] == 100
    assert sent["voucherPosSave"][0]["sumGross"] == 9.5
    sent["voucher"]["supplier"]["id"] = "<id of the new contact>"
    sent["filename"] = "<filename from the upload>"
    assert msgspec.json.decode(shown.encode()) == sent


def test_without_a_yes_nothing_is_written(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """Whatever else is typed is a no."""
    case = prepare()
    for line in ("", "n", "no", "maybe"):
        case.type(line)
        done = case.writeback()
        assert (done.returncode, done.stderr, sevdesk.books.writes) == (2, "scoring: nothing was written\n", [])


def test_without_a_terminal_the_agreement_must_be_stated(
    prepare: Prepare, sevdesk: Sevdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that pipes something in has not asked the firm."""
    case = prepare()
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    done = case.writeback()
    assert (done.returncode, sevdesk.books.writes) == (2, [])
    assert "use --yes if the firm consented" in done.stderr


def test_the_lender_is_named_as_the_firm_knows_it(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """By the name on the page where the firm connected its account."""
    case = prepare(connections=(), link={"write_back": "yes"})
    assert case.writeback("--yes").returncode == 0
    assert sevdesk.books.contacts[0]["name"] == "Muster Bank"


def test_the_lender_without_a_name_is_its_identifier(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """Where the token came by the interface, nobody named the lender to the firm."""
    prepare().writeback("--yes")
    assert sevdesk.books.contacts[0]["name"] == "bank"


_NOT_UNDERSTOOD: list[tuple[dict[str, str | None], str]] = [
    ({"amount": "0"}, "--amount '0' is not an amount above 0"),
    ({"amount": "0.00"}, "is not an amount above 0"),
    ({"amount": "-5"}, "-5"),
    ({"amount": "1.234"}, "at most two decimal places"),
    ({"amount": "1,50"}, "such as 450.00"),
    ({"amount": "1e3"}, "such as 450.00"),
    ({"amount": "1234567890"}, "such as 450.00"),
    ({"account": "9999"}, "no booking account 9999"),
    ({"account": "4400"}, "no expense may be booked on account 4400"),
    ({"account": "Bank"}, "neither a number nor id:"),
    ({"account": None}, "account"),
    ({"voucher": "/nowhere/contract.pdf"}, "/nowhere/contract.pdf cannot be read (FileNotFoundError)"),
    ({"supplier": " "}, "1 to 120 printable"),
    ({"supplier": "a\nb"}, "1 to 120 printable"),
    ({"tax": "19"}, "does not go with tax rule 19"),
    ({"date": "tomorrow"}, "tomorrow"),
    ({"date": "2099-01-01"}, "--date 2099-01-01 is in the future, today is "),
    ({"date": "1999-12-31"}, "--date 1999-12-31 is more than a year ago"),
    ({"amount": "25000"}, "the fee of 25000.00 EUR must be below the loan of 25000.00"),
    ({"connection": "con_1"}, "has no connection 'con_1'"),
]


def test_what_is_not_understood_is_said_and_nothing_is_written(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """Each bad argument ends with status 2 and a reason."""
    case = prepare()
    for changes, said in _NOT_UNDERSTOOD:
        done = case.writeback("--yes", **changes)
        assert (done.returncode, said in done.stderr + done.stdout) == (2, True), changes
    assert sevdesk.books.writes == []


def test_only_a_pdf_of_reasonable_size_is_taken(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """It is looked at before anything is asked of sevdesk."""
    case = prepare()
    for content, said in (
        (b"", "is not a PDF"),
        (b"GIF89a", "is not a PDF"),
        (b"%PDF-" + b"x" * 11_000_000, "is larger than"),
    ):
        case.pdf.write_bytes(content)
        done = case.writeback("--yes")
        assert (done.returncode, said in done.stderr, sevdesk.books.calls) == (2, True, [])


def test_a_decision_that_does_not_exist_is_told(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """Before anything is asked of sevdesk."""
    case = prepare()
    case.decision_id = "dec_01m8a83xyfa74xsn851tdab69b"
    done = case.writeback("--yes")
    assert done.stderr == f"scoring: there is no decision {case.decision_id}; nothing was written\n"
    assert (done.returncode, sevdesk.books.calls) == (2, [])


def test_a_declined_loan_has_no_fee(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """Not even where somebody says it was granted: that needs a decision of its own."""
    case = prepare(Verdict.DECLINE)
    for more in ((), ("--granted",)):
        done = case.writeback("--yes", *more)
        assert (done.returncode, "declines the loan" in done.stderr, sevdesk.books.calls) == (2, True, [])


def test_a_referred_loan_needs_the_word_that_a_person_granted_it(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """The service does not know what the person decided."""
    case = prepare(Verdict.REFER)
    refused = case.writeback("--yes")
    assert (refused.returncode, sevdesk.books.calls) == (2, [])
    assert "refers the loan to a person (" in refused.stderr
    assert "use --granted" in refused.stderr
    assert case.writeback("--yes", "--granted").returncode == 0


def test_without_a_connection_there_are_no_books(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """A token that came with the application was not kept."""
    done = prepare(connections=()).writeback("--yes")
    assert done.stderr == (
        "scoring: firm-1 of bank has no connection; ask the firm to connect its account; nothing was written\n"
    )
    assert (done.returncode, sevdesk.books.calls) == (2, [])


def test_between_several_connections_nobody_guesses(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """They may lead to different books; one is named."""
    case = prepare(connections=(AGREED, AGREED))
    done = case.writeback("--yes")
    assert (done.returncode, sevdesk.books.calls) == (2, [])
    assert all(name in done.stderr for name in case.connections)
    assert case.writeback("--yes", connection=case.connections[0]).returncode == 0


@pytest.mark.parametrize("purposes", [["decision"], ["decision", "contacts"]])
def test_a_firm_that_did_not_agree_to_entries_gets_none(
    prepare: Prepare, sevdesk: Sevdesk, purposes: list[str]
) -> None:
    """Whatever is said on the command line; its books are not even read."""
    case = prepare(connections=(purposes,))
    for more in ((), ("--yes",), ("--dry-run",)):
        done = case.writeback(*more)
        assert (done.returncode, sevdesk.books.calls) == (2, [])
        assert done.stderr == (
            f"scoring: firm-1 has not consented to entries in its books ({case.connections[0]} covers"
            f" {', '.join(purposes)}): send the firm a new link with the purposes decision and write_back;"
            " nothing was written\n"
        )


def test_a_box_left_empty_is_no_agreement(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """Though the lender asked for it."""
    case = prepare(connections=(), link={})
    done = case.writeback("--yes")
    assert (done.returncode, sevdesk.books.calls) == (2, [])
    assert f"({case.connections[0]} covers decision)" in done.stderr


def test_of_several_connections_those_with_the_agreement_count(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """One that has it is used, though it is not the newest; one that lacks it is refused by name, too."""
    case = prepare(connections=(["decision"], AGREED, ["decision", "contacts"]))
    newest, agreed, _ = case.connections
    refused = case.writeback("--yes", connection=newest)
    assert (refused.returncode, sevdesk.books.calls) == (2, [])
    assert f"({newest} covers decision, contacts)" in refused.stderr
    done = case.writeback("--yes")
    assert (done.returncode, f"firm-1 of bank, {agreed}\n" in done.stdout) == (0, True)


def test_an_agreement_that_was_withdrawn_is_none(prepare: Prepare, sevdesk: Sevdesk, tmp_path: Path) -> None:
    """From then on; what was written before stays."""
    case = prepare()
    assert case.writeback("--yes").returncode == 0
    assert asyncio.run(_withdraw(tmp_path, case.connections[0])) == 204
    calls = len(sevdesk.books.calls)
    done = case.writeback("--yes", "--another")
    assert (done.returncode, len(sevdesk.books.calls), len(sevdesk.books.vouchers)) == (2, calls, 1)
    assert "has not consented to entries in its books" in done.stderr


def test_an_agreement_that_is_withdrawn_at_the_question_is_none(
    prepare: Prepare, sevdesk: Sevdesk, tmp_path: Path
) -> None:
    """Whoever types yes may have thought about it for long: the purpose is looked up again."""
    case = prepare()
    case.type("y", lambda: asyncio.run(_withdraw(tmp_path, case.connections[0])) and None)
    done = case.writeback()
    assert (done.returncode, "has not consented to entries in its books" in done.stderr) == (2, True)
    assert sevdesk.books.writes == []


async def _withdraw(folder: Path, connection: str) -> int:
    async with running(folder) as service:
        return (await service.delete(f"/v1/connections/{connection}/purposes/write_back")).status_code


def test_the_key_of_the_tokens_must_be_there(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """Without it, or with another, nothing is asked and nothing is made."""
    case = prepare()
    options = ("--voucher", str(case.pdf), "--amount", "1", "--account", "6855", "--yes")
    for key, said in (("", "the encryption key is missing"), (f"k2:{KEY_MATERIAL}", "'k1' is not configured")):
        done = case.run("writeback", case.decision_id, *options, SCORING_ENCRYPTION_KEYS=key)
        assert (done.returncode, said in done.stderr, sevdesk.books.calls) == (2, True, [])


@pytest.mark.parametrize(
    ("call", "answer", "said"),
    [
        ("GET Tools/bookkeepingSystemVersion", httpx.Response(401), "rejects the token"),
        ("GET Tools/bookkeepingSystemVersion", httpx.Response(403), "check the plan"),
        ("GET Voucher", httpx.Response(200, html="<html>"), "cannot be read"),
        ("GET Contact/Factory/getNextCustomerNumber", httpx.Response(200, json={"objects": None}), "cannot be read"),
        ("GET Contact", httpx.Response(429, headers={"Retry-After": "99"}), "limits the number of requests"),
    ],
)
def test_books_that_cannot_be_read_are_not_written_to(
    prepare: Prepare, sevdesk: Sevdesk, call: str, answer: httpx.Response, said: str
) -> None:
    """Everything is read before the first write."""
    case = prepare()
    sevdesk.books.faults[call] = Fault(answer=answer, times=9)
    done = case.writeback("--yes")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.endswith("; nothing was written\n")
    assert sevdesk.books.writes == []


def test_a_decision_of_another_lender_does_not_exist(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """Where the command is run for one lender."""
    case = prepare()
    case.run("keys", "add", "--lender", "other-bank", "--new-lender", "--role", "apply", "--name", "los")
    done = case.writeback("--yes", lender="other-bank")
    assert done.stderr == f"scoring: there is no decision {case.decision_id}; nothing was written\n"
    assert (done.returncode, sevdesk.books.calls) == (2, [])
    assert case.writeback("--yes", lender="bank").returncode == 0


def test_a_rejected_token_is_remembered(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """As at a decision: the connection shows that the firm has to connect again."""
    case = prepare(connections=(AGREED, AGREED))
    sevdesk.books.faults["GET Tools/bookkeepingSystemVersion"] = Fault(answer=httpx.Response(401))
    assert case.writeback("--yes", connection=case.connections[0]).returncode == 2
    assert f"{case.connections[0]} (rejected" in case.writeback("--yes").stderr


def test_texts_of_the_books_do_not_move_the_cursor(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """What somebody wrote into the books is shown, but not obeyed by the terminal."""
    case = prepare()
    case.writeback("--yes")
    sevdesk.books.vouchers[0]["description"] = f"\x1b[2J {case.decision_id}\n"
    done = case.writeback("--dry-run")
    assert f"\N{REPLACEMENT CHARACTER}[2J {case.decision_id}\N{REPLACEMENT CHARACTER}" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401),
        httpx.Response(429, headers={"Retry-After": "1"}),
        httpx.Response(500, text="oops"),
        httpx.Response(200, json={"error": {"message": "no", "code": 390}}),
        httpx.Response(200, html="<html>"),
        httpx.Response(201, json={"objects": {"voucher": {}}}),
        httpx.ReadError("cut off"),
    ],
    ids=["401", "429", "500", "error in 200", "HTML", "no id", "cut off"],
)
def test_a_second_step_that_fails_is_told_with_the_first(
    prepare: Prepare, sevdesk: Sevdesk, answer: httpx.Response | Exception
) -> None:
    """Status 1: something was sent. The upload's hash and name are told; a second run, perhaps later, books it once."""
    case = prepare()
    sevdesk.books.faults[SAVE] = Fault(answer=answer)
    failed = case.writeback("--yes")
    assert failed.returncode == 1
    is_refused = "the voucher was not written: the books do not show it" in failed.stderr
    assert is_refused != ("whether the voucher is written is not known" in failed.stderr)
    assert is_refused != ("wait a quarter of an hour until sevdesk has" in failed.stderr)
    assert f"contentHash {UPLOADED['contentHash']}, filename {UPLOADED['filename']}" in failed.stderr
    assert "the contact 77 was added before, and stays" in failed.stderr
    assert is_refused == ("run the command again once the cause is fixed" in failed.stderr)
    assert sevdesk.books.vouchers == []
    if not is_refused:
        assert "another run for this decision began" in case.writeback("--yes").stderr
        case.wait_a_quarter_of_an_hour()
    assert case.writeback("--yes").returncode == 0
    assert (len(sevdesk.books.contacts), len(sevdesk.books.vouchers)) == (1, 1)


def test_an_answer_that_is_cut_off_after_the_write_is_cleared_up(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """The books show the voucher, so it is confirmed; what sevdesk answered is told, too."""
    case = prepare()
    sevdesk.books.faults[SAVE] = Fault(answer=httpx.ReadError("cut off"), happens=True)
    done = case.writeback("--yes")
    assert done.returncode == 0
    assert "sevdesk reported an error, but the books contain what was written" in done.stderr
    assert "written: voucher 156270656" in done.stdout
    assert sevdesk.books.writes.count(SAVE) == 1


def test_a_voucher_that_reads_otherwise_ends_with_status_1(prepare: Prepare, sevdesk: Sevdesk) -> None:
    """It stands in the books, but not as asked: a person must look."""
    case = prepare()
    sevdesk.books.changes = {"document": None}
    done = case.writeback("--yes")
    assert done.returncode == 1
    assert (
        "the voucher was written (156270656), but differs from what was asked: no document is attached" in done.stderr
    )


def test_the_help_says_what_the_options_and_statuses_mean(prepare: Prepare) -> None:
    """It is enough to use the command."""
    case = prepare()
    text = " ".join(case.run("writeback", "--help").stdout.replace("│", " ").split())
    for part in (
        "0 written and confirmed, or a dry run; 1 something was sent but not confirmed (see standard error); 2",
        "The firm must have consented to this entry, and its connection must have the purpose write_back.",
        "such as 6855, which is looked up; or id: followed by the id of an AccountDatev",
        "You state that the firm has consented",
    ):
        assert part in text
