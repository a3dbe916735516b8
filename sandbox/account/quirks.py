"""Configurable behaviour of the local sevdesk where the real one is surprising or unknown.

Each field is a switch. The default is what was measured at a real account or what sevdesk announces; where that is not
known, it is the likelier guess, and the switch is there so that a client can be tried against the other one, too.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from sandbox.objects.values import Object, moment_of, number_of


class Quirk(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a switch."""

    known: Literal["measured", "announced", "described", "inferred"]
    """Seen at a real account; in a notice of sevdesk; in its description of the interface only; a guess."""
    what: str
    """What the default does, in a sentence."""


class QuirkError(ValueError):
    """No such switch, or a position that it does not have; the message says which there are."""


class Quirks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The switches; ``QUIRKS`` says what each does."""

    text_numbers: bool = True
    paid_amount: Literal["number", "text"] = "number"
    unset_references: Literal["absent", "null"] = "absent"
    single_in_list: bool = True
    balance: Literal["text", "number"] = "text"
    total: Literal["text", "number", "none"] = "text"
    pages: Literal["asked", "short", "uneven"] = "asked"
    guide: Literal["listed", "bare"] = "listed"
    limit_outside: Literal["refused", "capped"] = "refused"
    unknown_filters: Literal["ignored", "refused"] = "ignored"
    half_reference_filters: bool = False
    hides_persons: bool = True
    hides_special_invoices: bool = True
    hides_deleted_lines: bool = True
    absent: Literal["mixed", "404", "400"] = "mixed"
    plain_server_errors: bool = False
    offsets: Literal["berlin", "utc"] = "berlin"
    stale_balances: bool = True
    nameless_drafts: bool = True
    html_texts: bool = True
    foreign_sums: Literal["euro", "document"] = "euro"
    final_invoices: Literal["rest", "whole"] = "rest"
    payment_log: Literal["served", "403", "404", "405"] = "served"
    document_logs: Literal["served", "403", "404", "405"] = "served"
    order: Literal["newest_first", "oldest_first", "none"] = "newest_first"
    true_quantity: bool = True
    pdf_sends_drafts: bool = True
    errors_in_success: bool = True
    log_forgets_reset: bool = True
    reserved_numbers: bool = False
    resets_enshrined: bool = True
    booking_dates: Literal["strict", "any"] = "strict"
    customer_numbers: Literal["unique", "free"] = "unique"
    writes: Literal["served", "refused"] = "served"


QUIRKS: Mapping[str, Quirk] = {
    "text_numbers": Quirk(
        known="measured", what='Ids, flags, statuses and sums are texts, sums without trailing zeros: "5.5".'
    ),
    "paid_amount": Quirk(known="measured", what="paidAmount and amountPaid are numbers all the same."),
    "unset_references": Quirk(known="measured", what="References that are not set are absent; other fields are null."),
    "single_in_list": Quirk(known="measured", what="A single object comes as a list of one."),
    "balance": Quirk(known="measured", what='A balance is a bare text: {"objects": "-1391.18"}.'),
    "total": Quirk(
        known="described", what="total comes only with countAll=true, as a text; switched, as a number, or never."
    ),
    "pages": Quirk(
        known="announced",
        what="A page is as long as asked for; switched, it has at most 100 objects, or each page another length.",
    ),
    "guide": Quirk(
        known="described", what="ReceiptGuidance/forAccountNumber answers with a list of one; others met the object."
    ),
    "limit_outside": Quirk(known="announced", what="A limit outside of 1 to 1000 answers 400."),
    "unknown_filters": Quirk(known="measured", what="Filters that are unknown or misspelt change nothing."),
    "half_reference_filters": Quirk(
        known="inferred", what="A reference filter without its second half, contact[id] alone, changes nothing."
    ),
    "hides_persons": Quirk(known="described", what="Persons are in the list of contacts only with depth=1."),
    "hides_special_invoices": Quirk(
        known="inferred", what="Reminders (MA) and templates (WKR) are not in a plain list of invoices."
    ),
    "hides_deleted_lines": Quirk(known="measured", what="Deleted bank lines can be read by id only."),
    "absent": Quirk(
        known="inferred",
        what="A missing bank line or invoice answers 404 with code 151 (measured), anything else missing 400.",
    ),
    "plain_server_errors": Quirk(
        known="inferred", what="Errors have the JSON envelope; switched on, a 500 is plain text."
    ),
    "offsets": Quirk(known="measured", what="Timestamps carry the offset that Berlin has on that day."),
    "stale_balances": Quirk(known="measured", what="CheckAccount.balance of an account without a bank feed is stale."),
    "nameless_drafts": Quirk(known="measured", what="Drafts have neither a number nor a contact."),
    "html_texts": Quirk(known="described", what="Head, foot and description may hold HTML."),
    "foreign_sums": Quirk(
        known="inferred",
        what="In another currency sumNet, sumTax and sumGross are euro, the document's own are sum*ForeignCurrency.",
    ),
    "final_invoices": Quirk(
        known="inferred", what="A final invoice (ER) is over what advance and partial invoices (AR, TR) left over."
    ),
    "payment_log": Quirk(
        known="measured", what="The undocumented list of the payment log is served; others met 404 and 405."
    ),
    "document_logs": Quirk(
        known="inferred", what="The undocumented log of a single document is served; clients rely on it."
    ),
    "order": Quirk(known="measured", what="Lists have the newest document first, which nobody promises."),
    "true_quantity": Quirk(known="measured", what="The answer to saving an invoice has true where a quantity is 1."),
    "pdf_sends_drafts": Quirk(known="measured", what="getPdf sends a draft, unless preventSendBy=true is given."),
    "errors_in_success": Quirk(
        known="measured", what="Cancelling a partly paid invoice answers 200 with an error in it; otherwise 422."
    ),
    "log_forgets_reset": Quirk(known="measured", what="Entries of the payment log vanish with resetToOpen."),
    "reserved_numbers": Quirk(
        known="measured", what="Asking for the next number reserves nothing; switched on, each question uses one up."
    ),
    "resets_enshrined": Quirk(
        known="inferred", what="An open invoice that was sent, and so is enshrined, can be reset to a draft."
    ),
    "booking_dates": Quirk(
        known="measured", what="bookAmount takes a text as date for vouchers, unix seconds for the others."
    ),
    "customer_numbers": Quirk(known="inferred", what="A customer number that is in use is refused."),
    "writes": Quirk(known="described", what="A token may write; switched, every write answers 403."),
}
"""What each switch does by default, and how that is known."""


def positions(name: str) -> tuple[str, ...]:
    """The positions of a switch, the default first."""
    field = next(field for field in msgspec.structs.fields(Quirks) if field.name == name)
    if isinstance(field.default, bool):
        return ("true", "false") if field.default else ("false", "true")
    return tuple(str(choice) for choice in field.type.__args__)


def with_switches(quirks: Quirks, given: Mapping[str, Any]) -> Quirks:
    """The quirks with some switches in other positions.

    Args:
        quirks: to begin with.
        given: name to position; texts are read as they stand on a command line.

    Raises:
        QuirkError: no such switch or position.
    """
    for name, position in given.items():
        if name not in QUIRKS:
            raise QuirkError(f"There is no quirk {name!r}; there are: {', '.join(QUIRKS)}.")
        try:
            changed = msgspec.convert({name: position}, Quirks, strict=False)
        except msgspec.ValidationError:
            raise QuirkError(f"{name} has the positions {', '.join(positions(name))}, not {position!r}.") from None
        quirks = msgspec.structs.replace(quirks, **{name: getattr(changed, name)})
    return quirks


_SHORT_PAGE = 100
_UNEVEN = (100, 37, 81, 2, 64)


def shortened(limit: int, offset: int, quirks: Quirks) -> int:
    """How many objects a page has at most, with the switches in these positions.

    Args:
        limit: as asked for.
        offset: where the page begins.
        quirks: the switches.
    """
    match quirks.pages:
        case "asked":
            return limit
        case "short":
            return min(limit, _SHORT_PAGE)
        case "uneven":
            return min(limit, _UNEVEN[offset % len(_UNEVEN)])


_REFERENCES = ("paymentMethod", "origin", "document", "supplier", "costCentre", "taxSet", "parent", "targetTransaction")
_REFERRING = frozenset({"Invoice", "CreditNote", "Voucher", "CheckAccountTransaction", "Contact"})
_PAID = ("paidAmount", "amountPaid")
_SUMS, _EURO = ("sumNet", "sumTax", "sumGross"), "EUR"
_TAG = re.compile(r"<[^>]*>")
_HTML = ("headText", "footText", "description")
_NUMBERS = frozenset(
    {"id", "status", "fromStatus", "toStatus", "amount", "amountPayed", "balance", "quantity", "taxRate", "feeAmount"}
    | {"price", "priceGross", "priceNet", "priceTax", "discount", "discountTime", "discountedValue", "timeToPay"}
    | {"dunningLevel", "reminderCharge", "reminderDebit", "reminderTotal", "positionNumber", "priority", "sendType"}
    | {"defaultCashbackTime", "defaultCashbackPercent", "defaultTimeToPay", "defaultDiscountAmount", "mileageRate"}
    | {"assetMemoValue", "cateringTip", "checkAccId", "tip", "electronicInvoiceId", "pricePurchase", "stock"}
    # Flags.
    | {"autoMapTransactions", "autoMapTransaction", "autoSyncTransactions", "baseAccount", "defaultAccount", "hidden"}
    | {"defaultDiscountPercentage", "defaultShowVat", "exemptVat", "governmentAgency", "isAsset", "isGwg", "net"}
    | {"isPercentage", "isTransferred", "selectedForPaymentFile", "showNet", "smallSettlement", "temporary"}
    | {"main", "stockEnabled"}
    | {"propertyUseNewDocServer", "propertyIsEInvoice", "propertyUseNewCalculation", "propertyIsBookkeepingV1"}
)
"""Fields with numbers, beside all that begin with ``sum``; any other text, a zip code or "0012", is no number."""


def changes_objects(quirks: Quirks) -> bool:
    """Whether objects look other than they do in the books."""
    usual = Quirks()
    shaping = (
        "text_numbers", "paid_amount", "unset_references", "offsets", "nameless_drafts", "html_texts", "foreign_sums",
    )  # fmt: skip
    return any(getattr(quirks, name) != getattr(usual, name) for name in shaping)


def shaped(resource: str, item: Object, quirks: Quirks) -> Object:
    """An object as it looks with the switches in these positions."""
    shown = dict(item)
    if quirks.unset_references == "null" and resource in _REFERRING:
        shown = dict.fromkeys(_REFERENCES) | shown
    if not quirks.nameless_drafts and resource == "Invoice" and shown.get("invoiceNumber") is None:
        shown["invoiceNumber"] = f"ENTWURF-{shown['id']}"
    if quirks.foreign_sums == "document" and shown.get("currency", _EURO) != _EURO:
        shown |= {field: shown[f"{field}ForeignCurrency"] for field in _SUMS if f"{field}ForeignCurrency" in shown}
    for field, value in shown.items():
        if field in _PAID:
            if quirks.paid_amount == "text" and value is not None:
                shown[field] = str(value)
        elif isinstance(value, str):
            shown[field] = _text(field, value, quirks)
        elif isinstance(value, dict) and not quirks.text_numbers:
            shown[field] = {name: _text(name, of, quirks) if isinstance(of, str) else of for name, of in value.items()}
    return shown


def shaped_answer(value: Any, quirks: Quirks) -> Any:  # noqa: ANN401  any JSON
    """The answer to a write as it looks with the switches in these positions: objects, or what holds objects."""
    if isinstance(value, list):
        return [shaped_answer(item, quirks) for item in value]
    if not isinstance(value, dict):
        return value
    if "objectName" in value:
        return shaped(value["objectName"], value, quirks)
    return {name: shaped_answer(inner, quirks) for name, inner in value.items()}


def _text(field: str, value: str, quirks: Quirks) -> Any:  # noqa: ANN401  any JSON scalar
    if not quirks.html_texts and field in _HTML:
        return _TAG.sub("", value)
    is_number = field in _NUMBERS or field.startswith("sum")
    if not quirks.text_numbers and is_number and (number := number_of(value)) is not None:
        return int(number) if number == number.to_integral_value() else float(number)
    if quirks.offsets == "utc" and len(value) > len("YYYY-MM-DD") and (moment := moment_of(value)) is not None:
        return _in_utc(moment)
    return value


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
