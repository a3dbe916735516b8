"""Bank accounts and their lines."""

from collections.abc import Mapping
from typing import Any

from sandbox.account.errors import ApiError
from sandbox.objects import blank
from sandbox.objects.values import Object, number_of
from sandbox.writing import fields
from sandbox.writing.fields import Reader
from sandbox.writing.unit_of_work import Answer, UnitOfWork, ref

_ONLY_ONLINE = (
    "You can only create transactions on online checkaccounts. "
    "Use document bookAmount to create transactions on other types."
)
_LINE: Mapping[str, Reader] = {
    "valueDate": fields.date_text,
    "entryDate": fields.date_text,
    "amount": fields.amount_text,
    "entryText": fields.text,
    "paymtPurpose": fields.text,
    "payeePayerBankCode": fields.text,
    "payeePayerAcctNo": fields.text,
    "payeePayerName": fields.text,
    "externalId": fields.text,
}
_LINE_NEVER_NULL = ("valueDate", "entryDate", "amount")
_ACCOUNT: Mapping[str, Reader] = {
    "name": fields.text,
    "iban": fields.text,
    "bic": fields.text,
    "importType": fields.text,
    "accountingNumber": fields.text,
    "status": fields.text,
    "defaultAccount": fields.flag,
    "baseAccount": fields.flag,
    "autoMapTransaction": fields.flag,
}
_ACCOUNT_NEVER_NULL = ("name", "accountingNumber", "status", "defaultAccount", "baseAccount", "autoMapTransaction")
_FIRST_ACCOUNT = 1200
_IMPORTS = ("CSV", "MT940")


def create_line(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``POST CheckAccountTransaction``: a new line of a bank account.

    Raises:
        ApiError: the account is no bank account or not there, or a field is missing or makes no sense.
    """
    target = fields.reference(body, "checkAccount")
    if target is None:
        raise fields.invalid("checkAccount cannot be null")
    account = work.get("CheckAccount", target["id"])
    if account.get("type") != "online":
        raise fields.invalid(_ONLY_ONLINE)
    read = fields.taken(body, _LINE, _LINE_NEVER_NULL)
    for name in ("valueDate", "amount"):
        if name not in read:
            raise fields.invalid(f"{name} cannot be null")
    return 201, new_line(work, account, **{"entryDate": read["valueDate"], **read})


def new_line(work: UnitOfWork, account: Object, **given: Any) -> Object:  # noqa: ANN401  any JSON
    """A new line with every field."""
    head = {
        **blank.LINE,
        **work.head("CheckAccountTransaction"),
        "sevClient": work.client,
        "checkAccount": ref(account),
    }
    return work.put(blank.without_unset(head | given))


def change_line(work: UnitOfWork, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``PUT CheckAccountTransaction/{id}``: a line that is neither booked nor enshrined changes.

    Raises:
        ApiError: it is not there, or bound.
    """
    line = work.get("CheckAccountTransaction", object_id)
    if line.get("enshrined") is not None or line.get("status") != "100":
        raise fields.invalid("Only transactions with status 100 can be changed")
    return 200, work.touch(line, **fields.taken(body, _LINE, _LINE_NEVER_NULL))


def create_bank_account(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``CheckAccount/Factory/fileImportAccount``: a bank account whose lines are written.

    Raises:
        ApiError: a field is missing or makes no sense.
    """
    import_type = fields.text(body, "importType")
    if import_type not in _IMPORTS:
        raise fields.invalid(f"importType must be one of {', '.join(_IMPORTS)}")
    details = {"importType": import_type, "balance": "0", "iban": fields.text(body, "iban")}
    return 201, _new_account(work, body, type="online", **details)


def create_clearing_account(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``CheckAccount/Factory/clearingAccount``: an account without a bank.

    Raises:
        ApiError: a field is missing or makes no sense.
    """
    return 201, _new_account(work, body, type="offline")


def _new_account(work: UnitOfWork, body: Mapping[str, Any], **details: Any) -> Object:  # noqa: ANN401  any JSON
    name = fields.text(body, "name")
    if not name:
        raise fields.invalid("name cannot be null")
    account = {
        **blank.CHECK_ACCOUNT,
        **work.head("CheckAccount"),
        "sevClient": work.client,
        "name": name,
        "accountingNumber": fields.text(body, "accountingNumber") or _next_accounting_number(work),
    }
    _check_accounting_number(work, account)
    return work.put(account | details)


def _next_accounting_number(work: UnitOfWork) -> str:
    """One more than the highest of the accounts: those of banks begin at 1200."""
    numbers = (number_of(account.get("accountingNumber")) for account in work.all("CheckAccount"))
    return str(int(max((number for number in numbers if number is not None), default=_FIRST_ACCOUNT - 1)) + 1)


def _check_accounting_number(work: UnitOfWork, account: Object) -> None:
    number = account["accountingNumber"]
    others = (other for other in work.all("CheckAccount") if other["id"] != account["id"])
    if any(other.get("accountingNumber") == number for other in others):
        raise fields.invalid(f"The accountingNumber {number} is already in use")


def change_account(work: UnitOfWork, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``PUT CheckAccount/{id}``.

    Raises:
        ApiError: it is not there, or a field makes no sense.
    """
    account = work.get("CheckAccount", object_id)
    given = fields.taken(body, _ACCOUNT, _ACCOUNT_NEVER_NULL)
    if "accountingNumber" in given:
        _check_accounting_number(work, account | given)
    return 200, work.touch(account, **given)


def delete_line(work: UnitOfWork, object_id: str) -> Answer:
    """``DELETE CheckAccountTransaction/{id}``: the line leaves the list and can still be read by id.

    Raises:
        ApiError: it is not there, or no longer free.
    """
    line = work.get("CheckAccountTransaction", object_id)
    if line.get("status") != "100" or line.get("deletedAt") is not None:
        raise ApiError(409, "CheckAccountTransaction can only be deleted in status 100", code=159)
    work.touch(line, deletedAt=work.stamp)
    return 200, [None]
