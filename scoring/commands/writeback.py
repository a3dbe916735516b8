"""``writeback``: enters a granted loan's fee document in the borrower's books."""

import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import msgspec
import structlog
from cyclopts import Parameter

from scoring.base.identifiers import day_in_berlin, new_id
from scoring.base.secrets import DecryptionError
from scoring.commands.session import answer, cipher_of, give_up, settings_for, signer_of, with_database
from scoring.decisions.decision import DocumentKind
from scoring.decisions.records import NewerRecordError
from scoring.runtime.operator import operators_mark
from scoring.runtime.settings import Settings, clock_of
from scoring.sources.errors import CredentialRejectedError, SourceError
from scoring.sources.http import HttpClient
from scoring.sources.registry import SEVDESK
from scoring.sources.writers import (
    Booked,
    Contact,
    DifferentlyWrittenError,
    FeeDocument,
    NotWrittenError,
    Plan,
    PlanError,
    SevdeskWriter,
    UnclearWriteError,
    Witness,
    WriteError,
    carry_out,
    open_writer,
    plan,
)
from scoring.store import write_backs
from scoring.store.audit import Action
from scoring.store.borrowers import Written
from scoring.store.connections import PurposesChangedError
from scoring.store.decisions import RecordChangedError
from scoring.usecases.books import remember
from scoring.usecases.replay import UnknownDecisionError
from scoring.usecases.write_back import NoTargetError, Target, find_target

MOST_BYTES = 10 * 2**20
"""Of a fee document."""
_EURO = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")
_LONGEST_AGO = timedelta(days=366)
_RESOURCES = {
    DocumentKind.INVOICE: "Invoice",
    DocumentKind.VOUCHER: "Voucher",
    DocumentKind.CREDIT_NOTE: "CreditNote",
    DocumentKind.TRANSACTION: "CheckAccountTransaction",
}
_UNUSABLE = (
    UnknownDecisionError,
    RecordChangedError,
    NewerRecordError,
    DecryptionError,
    NoTargetError,
    PurposesChangedError,
    PlanError,
    SourceError,
)
_WAIT = "wait a quarter of an hour until sevdesk has finished, check the books, then run the command again"
_AGAIN = "run the command again once the cause is fixed; it checks first and enters nothing twice"
_log = structlog.get_logger(__name__)
T = TypeVar("T")


def writeback(  # noqa: PLR0913  the options of a command
    decision_id: str,
    /,
    *,
    voucher: Path,
    amount: str,
    account: str,
    supplier: str | None = None,
    dated: Annotated[date | None, Parameter(name="--date")] = None,
    tax: str | None = None,
    is_open: Annotated[bool, Parameter(name="--open", negative=())] = False,
    connection: str | None = None,
    lender: str | None = None,
    granted: Annotated[bool, Parameter(negative=())] = False,
    another: Annotated[bool, Parameter(negative=())] = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    yes: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Enter the fee document of a granted loan in the borrower's books.

    Args:
        decision_id: such as dec_01j00000000000000000000000; its verdict must be approve, or see --granted.
        voucher: PDF of the fee document or contract, at most 10 MiB.
        amount: fee in euro with at most two decimal places, such as 450.00.
        account: expense account. In sevdesk bookkeeping 2.0, a number in the firm's chart of accounts, such as 6855,
            which is looked up; or id: followed by the id of an AccountDatev, which is not checked. In 1.0, the id of
            an AccountingType.
        supplier: the lender's name among the firm's contacts, existing or new. By default the name on the page where
            the firm connected its account, else the lender's identifier.
        dated: date of the document, YYYY-MM-DD; today by default.
        tax: tax rule in 2.0 (by default 9: an expense with 0 % VAT, as for exempt bank fees), or tax type in 1.0 (by
            default the tax type named default).
        is_open: create an open bill instead of a draft that the firm completes.
        connection: connection to use, if the borrower has several with the purpose write_back.
        lender: give up if the decision belongs to another lender.
        granted: a person granted the loan after the decision referred it.
        another: enter it even if the books already have another document for this decision.
        dry_run: read and print exactly what would be sent; write nothing.
        yes: do not ask for confirmation. You state that the firm has consented.
    """
    settings = settings_for(lender)
    pdf, cents, name = _pdf(voucher), _cents(amount), _name(supplier)

    def find() -> Target:
        try:
            cipher, signer = cipher_of(settings), signer_of(settings)
            return with_database(
                settings,
                lambda database: find_target(
                    database, cipher, signer, decision_id, lender=lender, connection_id=connection, is_granted=granted
                ),
            )
        except _UNUSABLE as error:
            _nothing_written(error)

    target = find()
    today = day_in_berlin(clock_of(settings)())
    _check_against_loan(target, cents, dated or today, today)
    document = FeeDocument(
        decision_id=decision_id,
        pdf=pdf,
        filename=f"{voucher.stem}.pdf",
        amount_cents=cents,
        issued_on=dated or today,
        supplier=name or target.lender_name,
        account=account,
        tax=tax,
        is_open=is_open,
    )
    planned = _before_writing(settings, target, lambda writer: plan(writer.books, document, _witnesses(target)))
    _remember(settings, target, is_working=True)
    _show(target, planned)
    if dry_run:
        _show_requests(planned)
        return
    _keep_repeated(settings, target, planned)
    _refuse_repetition(planned, another=another)
    if not yes:
        _ask(target)
        target = find()  # the consent may have been withdrawn meanwhile
    try:
        with _turn(settings, target):
            booked = _before_writing(settings, target, lambda writer: carry_out(writer, planned))
    except WriteError as error:
        advice = _WAIT if isinstance(error, UnclearWriteError) else _AGAIN
        notes = (*getattr(error, "__notes__", ()), advice)
        sys.stderr.write("".join(f"scoring: {_plain(text)}\n" for text in (str(error), *notes)))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write(f"scoring: interrupted; {_WAIT}\n")
        sys.exit(1)
    try:
        _keep(settings, target, booked.voucher.id, document.amount_cents)
    except SystemExit:  # the database is gone, and has said so
        sys.stderr.write(
            f"scoring: voucher {booked.voucher.id} was written, but not kept as the lender's own: decisions would count"
            f" it as the firm's; {_AGAIN}\n"
        )
        sys.exit(1)
    _log.info(
        "written back",
        lender=target.stored.lender_id,
        decision=decision_id,
        connection=target.connection.id,
        voucher=booked.voucher.id,
        contact=booked.contact_id,
    )
    _tell(booked, planned)


@contextmanager
def _turn(settings: Settings, target: Target) -> Iterator[None]:
    """Keep out other runs for this decision until the outcome of this one is known."""
    now = clock_of(settings)()
    turn = write_backs.Turn(
        lender_id=target.stored.lender_id,
        decision_id=target.stored.decision_id,
        attempt=new_id("att", now, os.urandom),
    )
    mark = operators_mark(Action.FEE_BEGUN, clock_of(settings), target.stored.lender_id)
    try:
        with_database(settings, lambda database: write_backs.begin(database, turn, now=now, mark=mark))
    except write_backs.BeingWrittenError as error:
        give_up(f"{error}; {_WAIT}; nothing was written")
    is_sure = False
    try:
        yield
        is_sure = True
    except (NotWrittenError, DifferentlyWrittenError, SystemExit):
        is_sure = True
        raise
    finally:
        if is_sure:
            # A failure to release the turn is reported, but does not change the outcome of the run.
            with suppress(SystemExit):
                with_database(settings, lambda database: write_backs.end(database, turn))


def _before_writing(settings: Settings, target: Target, work: Callable[[SevdeskWriter], Awaitable[T]]) -> T:
    """Use the account; give up if that fails before anything was written."""
    try:
        return _on_account(settings, target, work)
    except CredentialRejectedError as error:
        _remember(settings, target, is_working=False)
        _nothing_written(error)
    except SourceError as error:
        _nothing_written(error, f" (requested at {settings.sevdesk_url})")
    except _UNUSABLE as error:
        _nothing_written(error)


def _remember(settings: Settings, target: Target, *, is_working: bool) -> None:
    with_database(
        settings,
        lambda database: remember(
            database, clock_of(settings), target.connection, is_working=is_working, is_check=True
        ),
    )


def _nothing_written(error: Exception, where: str = "") -> NoReturn:
    give_up(f"{_plain(str(error))}{where}; nothing was written")


def _plain(text: str) -> str:
    """Replace control characters, which could affect the terminal."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def _pdf(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        give_up(f"{path} cannot be read ({type(error).__name__}); nothing was written")
    if len(content) > MOST_BYTES:
        give_up(f"{path} is larger than {MOST_BYTES} bytes; nothing was written")
    if not content.startswith(b"%PDF-"):
        give_up(f"{path} is not a PDF; nothing was written")
    return content


def _cents(text: str) -> int:
    if not _EURO.fullmatch(text) or float(text) == 0:
        give_up(
            f"--amount {text!r} is not an amount above 0 with at most two decimal places, such as 450.00;"
            " nothing was written"
        )
    euro, _, rest = text.partition(".")
    return int(euro) * 100 + int(rest.ljust(2, "0"))


def _check_against_loan(target: Target, cents: int, day: date, today: date) -> None:
    loan = target.stored.decision.terms.amount_cents
    if cents >= loan:
        give_up(f"the fee of {_euro(cents)} EUR must be below the loan of {_euro(loan)} EUR; nothing was written")
    if day > today:
        give_up(f"--date {day} is in the future, today is {today}; nothing was written")
    if day < today - _LONGEST_AGO:
        give_up(f"--date {day} is more than a year ago; nothing was written")


def _witnesses(target: Target) -> list[Witness]:
    """The documents behind the reasons of the decision, without duplicates."""
    reasons = target.stored.decision.assessment.reasons
    documents = [document for reason in reasons for document in reason.evidence.documents]
    return list(dict.fromkeys((_RESOURCES[document.kind], int(document.id)) for document in documents))


def _name(text: str | None) -> str | None:
    if text is None:
        return None
    if not text.strip() or len(text) > 120 or not text.isprintable():
        give_up("--supplier must have 1 to 120 printable characters; nothing was written")
    return text.strip()


def _on_account(settings: Settings, target: Target, work: Callable[[SevdeskWriter], Awaitable[T]]) -> T:
    async def run() -> T:
        async with HttpClient() as http:
            writer = open_writer(
                http,
                target.connection.credential,
                sevdesk_url=settings.sevdesk_url,
                deadline_seconds=settings.fetch_deadline_seconds,
            )
            return await work(writer)

    return asyncio.run(run())


def _show(target: Target, planned: Plan) -> None:
    document, supplier, stored = planned.document, planned.supplier, target.stored
    entry = (
        f"contact {supplier.id}"
        if isinstance(supplier, Contact)
        else f"new contact with customer number {supplier.customer_number}"
    )
    rows = {
        "firm": f"{stored.borrower_ref} of {stored.lender_id}, {target.connection.id}",
        "decision": f"{stored.decision_id}, {stored.decision.assessment.verdict.value}, {stored.decision.as_of}",
        "bookkeeping": f"system {planned.order.system_version}",
        "books": (
            f"contain {' '.join(map(str, planned.witness))}, which the decision refers to"
            if planned.witness
            else "not compared: the decision refers to no documents"
        ),
        "document": f"{document.filename}, {len(document.pdf)} bytes, SHA-256 {document.sha256}",
        "number": document.description,
        "amount": f"{_euro(document.amount_cents)} EUR without VAT, {document.issued_on}",
        "account": f"{planned.account_name}; tax {planned.order.tax}",
        "supplier": f"{document.supplier}, {entry}",
        "state": "open bill" if document.is_open else "draft",
    }
    for name, text in rows.items():
        answer(_plain(f"{name:<12} {text}"))
    for one in planned.booked:
        euro = "unknown" if one.sum_gross is None else f"{one.sum_gross:.2f}"
        answer(_plain(f"{'booked':<12} voucher {one.id}, {euro} EUR, status {one.status}: {one.description}"))


def _show_requests(planned: Plan) -> None:
    answer("\nwould be sent:")
    for call, content in planned.requests():
        answer(f"{call}\n{msgspec.json.format(msgspec.json.encode(content), indent=2).decode()}")
    if planned.repeated is not None:
        answer("the books already contain this document, so nothing would be sent")
    answer("dry run: nothing was written")


def _keep_repeated(settings: Settings, target: Target, planned: Plan) -> None:
    """Keep a document that an earlier run wrote and could not keep: killed in between, or of a version before."""
    repeated = planned.repeated
    if repeated is not None and repeated.sum_gross is not None:
        cents = round(repeated.sum_gross * 100)
        if cents == planned.document.amount_cents:
            _keep(settings, target, repeated.id, cents)


def _keep(settings: Settings, target: Target, voucher_id: int, cents: int) -> None:
    """Keep that a document is the lender's own: later decisions on the firm leave it out."""
    stored = target.stored
    turn = write_backs.Turn(lender_id=stored.lender_id, decision_id=stored.decision_id, attempt="")
    written = Written(source=SEVDESK, document_id=str(voucher_id), amount_cents=cents)
    with_database(
        settings,
        lambda database: write_backs.remember(
            database, turn, borrower_id=stored.borrower_id or "", written=written, now=clock_of(settings)()
        ),
    )


def _refuse_repetition(planned: Plan, *, another: bool) -> None:
    if planned.repeated is not None:
        give_up(f"the books already contain this document, as voucher {planned.repeated.id}; nothing was written")
    if planned.booked and not another:
        numbers = ", ".join(str(one.id) for one in planned.booked)
        give_up(
            f"the books contain another document for this decision (voucher {numbers}); use --another to enter one"
            " more; nothing was written"
        )


def _ask(target: Target) -> None:
    if not sys.stdin.isatty():
        give_up(
            "there is no terminal for the confirmation; use --yes if the firm consented to this entry; nothing was"
            " written"
        )
    sys.stdout.write(
        f"Has {target.stored.borrower_ref} consented to this entry in its books, and should it be written? [y/N] "
    )
    sys.stdout.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        give_up("nothing was written")


def _tell(booked: Booked, planned: Plan) -> None:
    for text in booked.answers:
        sys.stderr.write(
            f"scoring: sevdesk reported an error, but the books contain what was written: {_plain(text)}\n"
        )
    voucher = booked.voucher
    answer(
        f"written: voucher {voucher.id} over {_euro(planned.document.amount_cents)} EUR, contact {booked.contact_id},"
        " document attached; read back and verified"
    )


def _euro(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
