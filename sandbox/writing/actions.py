"""Which path and method does what: every write, and the questions that belong to writing."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sandbox.account.errors import ApiError, unknown_action
from sandbox.account.query import Query
from sandbox.writing.bank import change_account, change_line, create_bank_account, create_clearing_account, create_line
from sandbox.writing.booking import book_amount, reset_to_open
from sandbox.writing.cancelling import cancel_invoice, create_reminder
from sandbox.writing.contacts import change_address, change_contact, create_address, create_contact, whole_address
from sandbox.writing.credit_notes import change_credit_note, save_credit_note
from sandbox.writing.deleting import DELETABLE, delete_object
from sandbox.writing.invoices import save_invoice
from sandbox.writing.numbers import is_available, next_customer_number, sequence_of
from sandbox.writing.sending import change_status, enshrine, print_document, reset_to_draft, send_by
from sandbox.writing.unit_of_work import Answer, UnitOfWork
from sandbox.writing.vouchers import change_voucher, save_voucher, upload_file

_Body: TypeAlias = Mapping[str, Any]


def act(work: UnitOfWork, method: str, path: list[str], body: _Body, query: Query) -> Answer:
    """Do what a request asks for.

    Args:
        work: the write; its changes are in the account afterwards, unless an error is raised.
        method: of HTTP.
        path: below that of the API, in its parts.
        body: fields of the body.
        query: the query string.

    Raises:
        ApiError: the action is unknown, refused, or fails; nothing has changed then.
    """
    if method != "GET" and work.quirks.writes == "refused":
        raise ApiError(403, "Forbidden")
    answer = _ask(work, path, query) if method == "GET" else _write(work, method, path, body, query)
    if work.is_changing and work.quirks.writes == "refused":
        raise ApiError(403, "Forbidden")
    work.commit()
    return answer


def _ask(work: UnitOfWork, path: list[str], query: Query) -> Answer:
    match path:
        case ["Contact", "Factory", "getNextCustomerNumber"]:
            return next_customer_number(work)
        case ["Contact", "Mapper", "checkCustomerNumberAvailability"]:
            return is_available(work, query)
        case ["SevSequence", "Factory", "getByType"]:
            return sequence_of(work, query)
        case ["ContactAddress", object_id]:
            return whole_address(work, object_id)
        case [("Invoice" | "CreditNote") as resource, object_id, "getPdf"]:
            return print_document(work, resource, object_id, query)
        case _:
            raise unknown_action()


def _write(work: UnitOfWork, method: str, path: list[str], body: _Body, query: Query) -> Answer:
    match [method, *path]:
        case ["POST", "Invoice", "Factory", "createInvoiceReminder"]:
            return create_reminder(work, body, query)
        case ["POST", resource, "Factory", action] if (resource, action) in _FACTORIES:
            return _FACTORIES[resource, action](work, body)
        case ["POST", resource] if resource in _CREATED:
            return _CREATED[resource](work, body)
        case ["PUT", resource, object_id] if resource in _CHANGED:
            return _CHANGED[resource](work, object_id, body)
        case ["DELETE", resource, object_id] if resource in DELETABLE:
            return delete_object(work, resource, object_id)
        case [_, resource, object_id, action] if (method, action) in _steps(work, resource):
            return _steps(work, resource)[method, action](work, resource, object_id, body)
        case _:
            raise unknown_action()


def _steps(
    work: UnitOfWork, resource: str
) -> Mapping[tuple[str, str], Callable[[UnitOfWork, str, str, _Body], Answer]]:
    """What can be done with an object, by method and action."""
    if resource == "CheckAccountTransaction":
        return {("PUT", "enshrine"): enshrine}
    if resource not in {"Invoice", "CreditNote", "Voucher"}:
        return {}
    steps = {
        ("PUT", "bookAmount"): book_amount,
        ("PUT", "resetToOpen"): reset_to_open,
        ("PUT", "resetToDraft"): reset_to_draft,
        ("PUT", "enshrine"): enshrine,
    }
    if resource != "Voucher":
        steps["PUT", "sendBy"] = send_by
    if resource == "Invoice":
        steps["POST", "cancelInvoice"] = cancel_invoice
    # Taken away with system 2.0.
    if work.is_first_system:
        steps["PUT", "changeStatus"] = change_status
    return steps


_FACTORIES: Mapping[tuple[str, str], Callable[[UnitOfWork, _Body], Answer]] = {
    ("Invoice", "saveInvoice"): save_invoice,
    ("CreditNote", "saveCreditNote"): save_credit_note,
    ("Voucher", "uploadTempFile"): upload_file,
    ("Voucher", "saveVoucher"): save_voucher,
    ("CheckAccount", "fileImportAccount"): create_bank_account,
    ("CheckAccount", "clearingAccount"): create_clearing_account,
}
_CREATED: Mapping[str, Callable[[UnitOfWork, _Body], Answer]] = {
    "Contact": create_contact,
    "ContactAddress": create_address,
    "CheckAccountTransaction": create_line,
}
_CHANGED: Mapping[str, Callable[[UnitOfWork, str, _Body], Answer]] = {
    "Contact": change_contact,
    "ContactAddress": change_address,
    "CreditNote": change_credit_note,
    "Voucher": change_voucher,
    "CheckAccount": change_account,
    "CheckAccountTransaction": change_line,
}
