"""Which path and method does what: every write, and the questions that belong to writing."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sandbox.account.errors import ApiError, unknown_action
from sandbox.account.query import Query
from sandbox.writing.bank import change_account, change_line, create_bank_account, create_clearing_account, create_line
from sandbox.writing.booking import book_amount, reset_to_open
from sandbox.writing.cancelling import cancel_invoice, create_reminder
from sandbox.writing.contact_details import (
    change_accounting_contact,
    change_custom_field,
    change_setting,
    change_way,
    contacts_by_field,
    count_references,
    create_accounting_contact,
    create_custom_field,
    create_setting,
    create_way,
    one_way,
)
from sandbox.writing.contacts import change_address, change_contact, create_address, create_contact, whole_address
from sandbox.writing.credit_notes import change_credit_note, save_credit_note
from sandbox.writing.deleting import DELETABLE, delete_object
from sandbox.writing.inventory import change_part, create_part, stock_of
from sandbox.writing.invoices import save_invoice
from sandbox.writing.numbers import is_available, next_customer_number, sequence_of
from sandbox.writing.sending import change_status, enshrine, print_document, reset_to_draft, send_by
from sandbox.writing.tagging import change_tag, create_tag
from sandbox.writing.unit_of_work import Answer, UnitOfWork
from sandbox.writing.vouchers import change_voucher, download_document, save_voucher, upload_file

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
        case [resource, "Factory" | "Mapper", action] if (resource, action) in _QUESTIONS:
            return _QUESTIONS[resource, action](work, query)
        case [resource, object_id] if resource in _SHOWN:
            return _SHOWN[resource](work, object_id)
        case [("Invoice" | "CreditNote") as resource, object_id, "getPdf"]:
            return print_document(work, resource, object_id, query)
        case [resource, object_id, action] if (resource, action) in _DETAILS:
            return _DETAILS[resource, action](work, object_id)
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


_QUESTIONS: Mapping[tuple[str, str], Callable[[UnitOfWork, Query], Answer]] = {
    ("Contact", "getNextCustomerNumber"): lambda work, _: next_customer_number(work),
    ("Contact", "checkCustomerNumberAvailability"): is_available,
    ("Contact", "findContactsByCustomFieldValue"): contacts_by_field,
    ("SevSequence", "getByType"): sequence_of,
}
_SHOWN: Mapping[str, Callable[[UnitOfWork, str], Answer]] = {
    "ContactAddress": whole_address,
    "CommunicationWay": one_way,
}
_DETAILS: Mapping[tuple[str, str], Callable[[UnitOfWork, str], Answer]] = {
    ("Part", "getStock"): stock_of,
    ("ContactCustomFieldSetting", "getReferenceCount"): count_references,
    ("Voucher", "downloadDocument"): download_document,
    ("Voucher", "getPdf"): download_document,
}
_FACTORIES: Mapping[tuple[str, str], Callable[[UnitOfWork, _Body], Answer]] = {
    ("Invoice", "saveInvoice"): save_invoice,
    ("CreditNote", "saveCreditNote"): save_credit_note,
    ("Voucher", "uploadTempFile"): upload_file,
    ("Voucher", "saveVoucher"): save_voucher,
    ("Tag", "create"): create_tag,
    ("CheckAccount", "fileImportAccount"): create_bank_account,
    ("CheckAccount", "clearingAccount"): create_clearing_account,
}
_CREATED: Mapping[str, Callable[[UnitOfWork, _Body], Answer]] = {
    "Contact": create_contact,
    "ContactAddress": create_address,
    "CommunicationWay": create_way,
    "AccountingContact": create_accounting_contact,
    "ContactCustomField": create_custom_field,
    "ContactCustomFieldSetting": create_setting,
    "Part": create_part,
    "CheckAccountTransaction": create_line,
}
_CHANGED: Mapping[str, Callable[[UnitOfWork, str, _Body], Answer]] = {
    "Contact": change_contact,
    "ContactAddress": change_address,
    "CommunicationWay": change_way,
    "AccountingContact": change_accounting_contact,
    "ContactCustomField": change_custom_field,
    "ContactCustomFieldSetting": change_setting,
    "Part": change_part,
    "Tag": change_tag,
    "CreditNote": change_credit_note,
    "Voucher": change_voucher,
    "CheckAccount": change_account,
    "CheckAccountTransaction": change_line,
}
