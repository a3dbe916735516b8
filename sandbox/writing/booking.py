"""Bank lines booked on documents, and taken off again."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.objects.values import Object, day_of, decimal_text, field_of, number_of, reference_of, text_of
from sandbox.writing import fields
from sandbox.writing.bank import new_line
from sandbox.writing.documents import OPEN, PAID, PARTLY_PAID, is_draft, refuse_corrected, status_of
from sandbox.writing.sums import Sums, accounting, cents, json_number, sum_of
from sandbox.writing.unit_of_work import Answer, UnitOfWork, ref, refers_to

_KINDS = ("FULL_PAYMENT", "N", "CB", "CF", "O", "OF", "MTC")
_CLOSING = frozenset({"CB", "CF", "O", "OF", "MTC"})
_ALREADY_PAID = {"Invoice": 750, "CreditNote": 750, "Voucher": 751}
_LOG = "CheckAccountTransactionLog"
_FREE, _BOOKED = "100", "400"
_NO_LINE = "checkAccountTransaction is required for online checkaccounts"


def book_amount(work: UnitOfWork, resource: str, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``bookAmount``: a line is booked on a document, which is then paid or partly paid.

    Raises:
        ApiError: the document is a draft, paid or not there, or what was sent makes no sense.
    """
    document = work.get(resource, object_id)
    amount, kind = cents(fields.amount(body, "amount") or Decimal(0)), fields.text(body, "type")
    if amount == 0:
        raise fields.invalid("amount cannot be null")
    if kind not in _KINDS:
        raise fields.invalid(f"type must be one of {', '.join(_KINDS)}")
    _check_difference(work, document, kind)
    booked_on = _booking_date(work, resource, body)
    if is_draft(document):
        raise fields.invalid("A draft can not be paid")
    if status_of(document) == PAID:
        raise fields.invalid(f"{resource} is already paid", code=_ALREADY_PAID[resource])
    line = _line(work, body, amount, booked_on)
    _log(work, document, line, amount)
    work.touch(line, status=_BOOKED)
    before, after = status_of(document), _enter(work, document, line, amount * _sign(document), kind)
    head = work.head(f"{resource}Log")
    del head["update"]
    return 200, {
        **head,
        field_of(resource): ref(document),
        "fromStatus": before,
        "toStatus": after,
        "amountPayed": decimal_text(amount * _sign(document)),
        "bookingDate": booked_on,
        "sevClient": work.client,
    }


def reset_to_open(work: UnitOfWork, resource: str, object_id: str, _body: Mapping[str, Any]) -> Answer:
    """``resetToOpen``: nothing is booked on the document any more, and its lines are free.

    Raises:
        ApiError: it is not there, not paid or partly paid, or one of its lines is enshrined.
    """
    document = work.get(resource, object_id)
    if status_of(document) not in {PARTLY_PAID, PAID} or document.get("invoiceType") in {"SR", "WKR"}:
        raise fields.invalid(f"{resource} can only be reset to open in status {PARTLY_PAID} or {PAID}")
    if resource == "Invoice":
        refuse_corrected(work, document)
    return 200, reopened(work, document)


def is_booked(work: UnitOfWork, document: Object) -> bool:
    """Whether a payment was booked on a document, independent of its status."""
    return sum_of(document, "paidAmount") != 0 or bool(work.referring(_LOG, "object", document))


def reopened(work: UnitOfWork, document: Object) -> Object:
    """Take all bookings off a document.

    Raises:
        ApiError: one of its lines is enshrined.
    """
    resource = document["objectName"]
    entries = work.referring(_LOG, "object", document)
    lines = [line for entry in entries if (line := _line_of(work, entry)) is not None]
    if any(line.get("enshrined") is not None for line in lines):
        raise fields.invalid("CheckAccountTransaction is enshrined")
    for line in lines:
        if not _is_used_elsewhere(work, line, document):
            work.touch(line, status=_FREE)
    if work.quirks.log_forgets_reset:
        for entry in entries:
            work.remove(entry)
    sums = Sums(sum_of(document, "sumNet"), sum_of(document, "sumTax"), sum_of(document, "sumGross"))
    changed: Object = {"status": OPEN[resource], "payDate": None, **accounting(sums)}
    if resource != "CreditNote":
        changed["paidAmount"] = 0
    return work.touch(document, **changed)


def _check_difference(work: UnitOfWork, document: Object, kind: str) -> None:
    """System 2.0 knows fewer reasons for a difference."""
    if work.is_first_system:
        return
    if kind == "CF":
        raise fields.invalid("The type CF is not supported in sevdesk-Update 2.0")
    if kind == "CB" and document["objectName"] == "Voucher":
        positions = work.referring("VoucherPos", "voucher", document)
        if any(sum_of(position) < 0 for position in positions):
            raise fields.invalid("The type CB is not possible for a voucher with negative positions")


def _booking_date(work: UnitOfWork, resource: str, body: Mapping[str, Any]) -> str:
    """Vouchers want a date as text, the others unix seconds."""
    given = body.get("date")
    is_number = isinstance(given, int) and not isinstance(given, bool)
    is_number = is_number or (isinstance(given, str) and given.isdigit())
    found = fields.date_text(body, "date")
    if found is None:
        raise fields.invalid("date cannot be null")
    if work.quirks.booking_dates == "strict" and is_number is (resource == "Voucher"):
        wanted = "a date and time as text" if resource == "Voucher" else "unix seconds"
        raise fields.invalid(f"date must be {wanted}")
    return found


def _line(work: UnitOfWork, body: Mapping[str, Any], amount: Decimal, booked_on: str) -> Object:
    """The line that is booked: the given one, or on an account without a bank one that is made for it."""
    target = fields.reference(body, "checkAccount")
    if target is None:
        raise fields.invalid("checkAccount cannot be null")
    account = work.get("CheckAccount", target["id"])
    given = fields.reference(body, "checkAccountTransaction")
    if given is None:
        if account.get("type") == "online":
            raise fields.invalid(_NO_LINE)
        return new_line(work, account, valueDate=booked_on, entryDate=booked_on, amount=decimal_text(amount))
    line = work.get("CheckAccountTransaction", given["id"])
    if not refers_to(line, "checkAccount", account):
        raise fields.invalid("The transaction is not on this checkaccount")
    left = sum_of(line, "amount") - _booked_so_far(work, "checkAccountTransaction", line)
    if line.get("deletedAt") is not None or amount * left <= 0 or abs(amount) > abs(left):
        raise fields.invalid("The amount must have the sign of the transaction and not exceed what is left of it")
    return line


def _booked_so_far(work: UnitOfWork, field: str, target: Object) -> Decimal:
    """What the log has booked of a line or on a document, in the sign of the lines."""
    amounts = (number_of(entry.get("amountPaid")) for entry in work.referring(_LOG, field, target))
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _log(work: UnitOfWork, document: Object, line: Object, amount: Decimal) -> None:
    head = work.head(_LOG)
    del head["update"]
    work.put(
        {
            **head,
            "checkAccountTransaction": ref(line),
            "fromStatus": text_of(line.get("status")),
            "toStatus": _BOOKED,
            "amountPaid": json_number(amount),
            "bookingDate": line["valueDate"],
            "sevClient": work.client,
            "object": ref(document),
        }
    )


def _enter(work: UnitOfWork, document: Object, line: Object, amount: Decimal, kind: str) -> str:
    """Enter a payment in a document, in the document's own sign; return its status."""
    resource, gross = document["objectName"], sum_of(document)
    before = _booked_so_far(work, "object", document) * _sign(document)
    # What was paid by hand is in the document and in no entry of the log.
    received = amount + (before if resource == "CreditNote" else max(before, sum_of(document, "paidAmount"), key=abs))
    is_paid = kind in _CLOSING or (received >= gross if gross >= 0 else received <= gross)
    status = PAID if is_paid else (PARTLY_PAID if received * gross > 0 else OPEN[resource])
    changed: Object = {"status": status, "payDate": None}
    if is_paid:
        earlier = (entry.get("bookingDate") for entry in work.referring(_LOG, "object", document))
        dates = [line["valueDate"], *(date for date in earlier if isinstance(date, str))]
        changed["payDate"] = max(dates, key=lambda text: (str(day_of(text)), text))
    if resource != "CreditNote":
        changed["paidAmount"] = json_number(gross if is_paid else received)
    if kind in _CLOSING and received != gross:
        # What was paid more or less is entered without tax.
        net = sum_of(document, "sumNet") + received - gross
        changed |= accounting(Sums(net, sum_of(document, "sumTax"), received))
    work.touch(document, **changed)
    return status


def _sign(document: Object) -> int:
    """Money for invoices and for vouchers of sales comes in, for the others it goes out."""
    is_in = document["objectName"] == "Invoice" or document.get("creditDebit") == "D"
    return 1 if is_in else -1


def _line_of(work: UnitOfWork, entry: Object) -> Object | None:
    reference = reference_of(entry.get("checkAccountTransaction"))
    return None if reference is None else work.find(*reference)


def _is_used_elsewhere(work: UnitOfWork, line: Object, document: Object) -> bool:
    entries = work.referring(_LOG, "checkAccountTransaction", line)
    return any(not refers_to(entry, "object", document) for entry in entries)
