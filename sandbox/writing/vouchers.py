"""Vouchers in two steps: the file first, then the voucher that names it."""

import base64
import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from sandbox.account.errors import bad_request
from sandbox.objects import blank
from sandbox.objects.values import Object, decimal_text, reference_of, text_of
from sandbox.writing import fields
from sandbox.writing.body import File
from sandbox.writing.documents import DRAFT, OPEN, draft, named_draft
from sandbox.writing.fields import Reader
from sandbox.writing.guidance import rules_of
from sandbox.writing.paper import one_page
from sandbox.writing.positions import in_place, remaining
from sandbox.writing.sums import Sums, cents, taxed, total, voucher_sums
from sandbox.writing.tax import check_rates, taxed_by_rule
from sandbox.writing.unit_of_work import Answer, UnitOfWork, ref

_TYPES = {".pdf": "application/pdf", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
_READERS: Mapping[str, Reader] = {
    **dict.fromkeys(("supplierName", "description", "currency", "taxType", "creditDebit", "voucherType"), fields.text),
    **dict.fromkeys(("iban", "vatNumber", "recurringIntervall", "recurringInterval"), fields.text),
    **dict.fromkeys(("voucherDate", "paymentDeadline", "deliveryDate", "deliveryDateUntil"), fields.date_text),
    **dict.fromkeys(("recurringStartDate", "recurringNextVoucher", "recurringEndDate"), fields.date_text),
    **dict.fromkeys(("showNet", "hidden"), fields.flag),
    **dict.fromkeys(("supplier", "costCentre", "taxRule", "taxSet"), fields.reference),
}
_NEVER_NULL = ("currency", "voucherType", "creditDebit", "showNet", "hidden")
_HIGHEST_RATE = 100
_BYTES = "bytes"  # in base64; kept apart from what is shown of a document
_UNSAFE = re.compile(r"[^\w.-]+")


def upload_file(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``Voucher/Factory/uploadTempFile``: keeps a file until a voucher names it.

    Raises:
        ApiError: the field ``file`` is missing, empty or no file that can be a document.
    """
    file = body.get("file")
    if not isinstance(file, File) or not file.content:
        raise fields.invalid("file is required")
    ending = PurePath(file.name).suffix.lower()
    if ending not in _TYPES:
        raise fields.invalid("file must be a pdf, jpg or png")
    kept = {
        "pages": max(1, file.content.count(b"/Type/Page/") + file.content.count(b"/Type /Page\n")),
        "mimeType": "image/jpg",
        "originMimeType": _TYPES[ending],
        "filename": f"{uuid.uuid4().hex}{ending}",
        "contentHash": hashlib.sha256(file.content).hexdigest(),
        "content": [],
        "isEInvoice": False,
    }
    work.put({"id": kept["filename"], **kept, _BYTES: base64.b64encode(file.content).decode()}, "TempFile")
    return 201, kept


def save_voucher(work: UnitOfWork, body: Mapping[str, Any]) -> Answer:
    """``Voucher/Factory/saveVoucher``: a new voucher, or a draft changed, with the file that was sent before.

    Raises:
        ApiError: something is missing or makes no sense, the file is not there, or the voucher is no draft.
    """
    given = fields.part(body, "voucher")
    old = named_draft(work, "Voucher", given)
    status = fields.text(given, "status")
    if status not in {DRAFT["Voucher"], OPEN["Voucher"]}:
        raise fields.invalid("status must be 50 or 100")
    voucher = {**_empty(work), **(old or {}), **fields.taken(given, _READERS, _NEVER_NULL)}
    voucher |= {"status": status, "update": work.stamp}
    _check(work, voucher)
    voucher = taxed_by_rule(work, voucher)
    positions, sums = _positions(work, body, voucher)
    check_rates(work, voucher, positions)
    _check_accounts(voucher, positions)
    if (document := _document(work, body)) is not None:
        voucher["document"] = document
    voucher = work.put(blank.without_unset({**voucher, **voucher_sums(sums)}))
    for position in positions:
        work.put(position)
    shown = {**voucher, "propertyCreationOrigin": None}
    answered = [{**position, "cateringTip": None} for position in positions]
    return 201, {"voucher": shown, "voucherPos": answered, "vatdrop": "not relevant"}


def download_document(work: UnitOfWork, object_id: str) -> Answer:
    """``GET Voucher/{id}/downloadDocument`` and ``getPdf``: the file that was uploaded for a voucher.

    Of a document that came with the books only the reference is known: a page that names the voucher stands for it.

    Raises:
        ApiError: the voucher is not there, or has no document.
    """
    voucher = work.get("Voucher", object_id)
    reference = reference_of(voucher.get("document"))
    if reference is None:
        raise bad_request(f"The voucher with the id {object_id} has no document")
    document, kept = work.find(*reference), work.find("DocumentContent", reference[1])
    if document is not None and kept is not None:
        return 200, _file(document["filename"], document["mimeType"], kept[_BYTES])
    number = text_of(voucher.get("description")) or object_id
    page = one_page([f"Voucher {number}", text_of(voucher.get("supplierName")), f"EUR {voucher.get('sumGross')}"])
    name = f"{_UNSAFE.sub('_', number)}.pdf"
    return 200, _file(name, _TYPES[".pdf"], base64.b64encode(page).decode())


def _file(name: str, media_type: str, content: str) -> Object:
    return {"filename": name, "mimetype": media_type, "base64Encoded": True, "content": content}


def change_voucher(work: UnitOfWork, object_id: str, body: Mapping[str, Any]) -> Answer:
    """``PUT Voucher/{id}``: fields of a draft change, its positions and sums do not.

    Raises:
        ApiError: it is not there, no draft, or a field makes no sense.
    """
    old = draft(work, "Voucher", object_id)
    voucher = {**_empty(work), **old, **fields.taken(body, _READERS, _NEVER_NULL)}
    _check(work, voucher)
    voucher = taxed_by_rule(work, voucher)
    positions = work.referring("VoucherPos", "voucher", voucher)
    check_rates(work, voucher, positions)
    _check_accounts(voucher, positions)
    return 200, work.touch(blank.without_unset(voucher))


def _check(work: UnitOfWork, voucher: Object) -> None:
    if voucher["creditDebit"] not in {"C", "D"}:
        raise fields.invalid("creditDebit must be C or D")
    if voucher["voucherType"] not in {"VOU", "RV"}:
        raise fields.invalid("voucherType must be VOU or RV")
    if voucher["currency"] != "EUR":
        raise fields.invalid("Only vouchers in EUR can be written here: there is no exchange rate.")
    if voucher["status"] == OPEN["Voucher"] and voucher["voucherDate"] is None:
        raise fields.invalid("voucherDate cannot be null")
    work.must_exist(voucher.get("supplier"))


def _check_accounts(voucher: Object, positions: Sequence[Object]) -> None:
    """Hold the tax rule to what the booking accounts allow."""
    rule = reference_of(voucher.get("taxRule"))
    for position in positions:
        account = reference_of(position.get("accountDatev"))
        allowed = None if account is None else rules_of(account[1])
        if rule is not None and account is not None and allowed is not None and rule[1] not in allowed:
            rules = ", ".join(sorted(allowed, key=int))
            raise fields.invalid(f"taxRule {rule[1]} is not allowed on accountDatev {account[1]}, allowed are: {rules}")


def _document(work: UnitOfWork, body: Mapping[str, Any]) -> Object | None:
    """The document that the named file becomes."""
    name = fields.text(body, "filename")
    if not name:
        return None
    file = work.find("TempFile", name)
    if file is None:
        raise fields.invalid("The file was not found. Upload it first")
    details = {field: file[field] for field in ("filename", "pages", "contentHash")}
    document = work.put({**work.head("Document"), "mimeType": file["originMimeType"], **details})
    work.put({"id": document["id"], _BYTES: file[_BYTES]}, "DocumentContent")
    return ref(document)


def _positions(work: UnitOfWork, body: Mapping[str, Any], voucher: Object) -> tuple[list[Object], Sums]:
    """The positions that were sent, and their sum: others stay and do not count."""
    there = remaining(work, body, voucher)
    sent, sums = [], []
    for given in fields.parts(body, "voucherPosSave"):
        position, one = _position(work, given, voucher)
        sent.append(in_place(position, given, there))
        sums.append(one)
    if not sent:
        raise fields.invalid("The given document must have at least one position")
    if len({position["net"] for position in sent}) > 1:
        raise fields.invalid("All positions must be either net or gross")
    return sent, total(sums)


def _position(work: UnitOfWork, given: Mapping[str, Any], voucher: Object) -> tuple[Object, Sums]:
    rate = fields.amount(given, "taxRate")
    if rate is None or not 0 <= rate <= _HIGHEST_RATE:
        raise fields.invalid("taxRate must be between 0 and 100")
    is_net = fields.flag(given, "net") == "1"
    amount = fields.amount(given, "sumNet" if is_net else "sumGross")
    if amount is None:
        raise fields.invalid(f"{'sumNet' if is_net else 'sumGross'} cannot be null")
    account_field = "accountingType" if work.is_first_system else "accountDatev"
    account = fields.reference(given, account_field)
    if account is None:
        raise fields.invalid(f"{account_field} cannot be null")
    sums = taxed(cents(amount), rate, is_net=is_net)
    position = {
        **blank.VOUCHER_POSITION,
        **work.head("VoucherPos"),
        "sevClient": work.client,
        "voucher": ref(voucher),
        "taxRate": decimal_text(rate),
        "net": "1" if is_net else "0",
        "isAsset": fields.flag(given, "isAsset") or "0",
        **voucher_sums(sums),
        "comment": fields.text(given, "comment"),
        account_field: account,
    }
    return blank.without_unset(position), sums


def _empty(work: UnitOfWork) -> Object:
    """A new voucher with every field."""
    return {**blank.VOUCHER, **work.head("Voucher"), "sevClient": work.client, "createUser": work.user}
