"""Answers recorded from a real account parse through the records that the service reads."""

import os
from pathlib import Path

import msgspec
import pytest

from scoring.sources.errors import InvalidRequestError, NotFoundError
from scoring.sources.sevdesk.transport.answers import refusal
from scoring.sources.sevdesk.words import pages, records
from scoring.sources.sevdesk.writing.records import SavedVoucher, UploadedFile

VARIABLE = "RECORDED_ANSWERS_DIR"
FOLDER = os.environ.get(VARIABLE)
pytestmark = pytest.mark.skipif(not FOLDER, reason=f"{VARIABLE} names no folder of recorded answers")

ANSWERS: dict[str, object] = {
    "balance_at_date.json": records.Bare[records.Money | None],
    "bookkeeping_system_version.json": records.Bare[records.SystemVersion],
    "check_account_list.json": records.Page[records.CheckAccount],
    "credit_note_paid.json": records.Page[records.CreditNote],
    "invoice_draft.json": records.Page[records.Invoice],
    "invoice_list_cancelled_and_sr.json": records.Page[records.Invoice],
    "invoice_open_enshrined.json": records.Page[records.Invoice],
    "transaction_deleted_by_id.json": records.Page[records.CheckAccountTransaction],
    "transaction_list.json": records.Page[records.CheckAccountTransaction],
    "transaction_log.json": records.Page[records.CheckAccountTransactionLog],
    "voucher_list_overpaid_and_partial.json": records.Page[records.Voucher],
    "voucher_paid_with_document.json": records.Page[records.Voucher],
    "write_upload_temp_file.json": records.Bare[UploadedFile],
    "write_voucher_save_create.json": records.Bare[SavedVoucher],
}
UNREAD = {
    *("contact.json", "contact_address_by_id.json", "payment_method_list.json", "voucher_positions.json"),
    *("write_credit_note_save.json", "write_invoice_cancel.json", "write_invoice_save.json"),
    *("write_transaction_create.json", "write_voucher_book_amount.json"),
}
"""Recorded for the local sevdesk; the service does not read them."""
ERRORS = {
    "error_404_code_151.json": (404, NotFoundError, 151),
    "error_422_offline_account.json": (422, InvalidRequestError, None),
}
TABLES = {
    "check_account_list.json": pages.CHECK_ACCOUNT,
    "credit_note_paid.json": pages.CREDIT_NOTE,
    "invoice_draft.json": pages.INVOICE,
    "invoice_list_cancelled_and_sr.json": pages.INVOICE,
    "transaction_deleted_by_id.json": pages.RECOGNISED_TRANSACTION,
    "transaction_list.json": pages.CHECK_ACCOUNT_TRANSACTION,
    "transaction_log.json": pages.CHECK_ACCOUNT_TRANSACTION_LOG,
    "voucher_list_overpaid_and_partial.json": pages.VOUCHER,
    "voucher_paid_with_document.json": pages.VOUCHER,
}


def _body(name: str) -> bytes:
    return (Path(FOLDER or "") / name).read_bytes()


def test_every_recorded_answer_is_listed_here() -> None:
    """Each file of the folder has its record or its error, or is known not to be read: none can be forgotten."""
    assert {path.name for path in Path(FOLDER or "").glob("*.json")} == ANSWERS.keys() | ERRORS.keys() | UNREAD


@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_answer_parses(name: str) -> None:
    """A recorded answer decodes as its record, without an error inside."""
    answer = msgspec.json.Decoder(ANSWERS[name], strict=False).decode(_body(name))  # type: ignore[call-overload]
    assert answer.error is None
    assert answer.objects is not None


@pytest.mark.parametrize("name", ERRORS)
def test_a_recorded_error_is_told_apart(name: str) -> None:
    """A recorded error becomes the error that its status and code mean."""
    status, kind, code = ERRORS[name]
    error = refusal("CheckAccountTransaction/1", status, _body(name), attempt=1)
    assert type(error) is kind
    assert (error.code, error.exception_uuid) == (code, "00000000-0000-0000-0000-000000000000")


@pytest.mark.parametrize("name", TABLES)
def test_a_recorded_list_becomes_typed_columns(name: str) -> None:
    """A recorded list has the same columns and types as an empty one."""
    table = TABLES[name]
    frame = table.finish(table.frame(table.decoder.decode(_body(name)).objects))
    assert frame.schema == table.empty.schema
    assert frame.height > 0
