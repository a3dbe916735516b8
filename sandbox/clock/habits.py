"""What a firm's books say of how it sells and pays, read once when its clock is first set."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median_low
from typing import TypeAlias

from sandbox.account.account import Account
from sandbox.objects.values import Object, Reference, day_of, number_of, reference_of, text_of

Side: TypeAlias = str
"""Whose money moves: ``Invoice``, ``VoucherC`` (a bill), ``VoucherD`` (sales of a till)."""
Partner: TypeAlias = Reference | str
"""Whom a document names: a contact, or the name alone."""

PAID = "1000"
_DRAFTS = frozenset({"", "50"})
_INVOICE_DRAFTS = frozenset({"", "50", "100"})
_YEAR = timedelta(days=365)
GIVEN_UP = timedelta(days=60)
"""Overdue for longer, a document is not paid any more."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How late money moves, and on which lines."""

    since: date
    """The last day of the books as they were before they went on."""
    delays: dict[Side, int]
    """Days from the due day to the payment, the median of the last year."""
    unpaid: dict[Side, float]
    """Share of the documents of a year that are never paid, or were written off."""
    lines: dict[tuple[Side, Partner | None], Object]
    """The last bank line of each partner, and under None of the side: the model of those that follow."""


def documents(account: Account) -> Iterator[Object]:
    """Invoices and vouchers that ask for money: no drafts, templates, reminders, and none that were cancelled."""
    invoices = list(account.objects("Invoice"))
    cancelled = {reference_of(one.get("origin")) for one in invoices if one.get("invoiceType") == "SR"}
    for one in invoices:
        is_real = one.get("invoiceType") == "RE" and text_of(one.get("status")) not in _INVOICE_DRAFTS
        if is_real and ("Invoice", text_of(one["id"])) not in cancelled:
            yield one
    for one in account.objects("Voucher"):
        if one.get("voucherType") == "VOU" and text_of(one.get("status")) not in _DRAFTS:
            yield one


def side_of(document: Object) -> Side:
    """On which side a document stands."""
    return "Invoice" if document["objectName"] == "Invoice" else f"Voucher{document.get('creditDebit')}"


def partner_of(document: Object) -> Partner:
    """Whom a document names."""
    if document["objectName"] == "Invoice":
        return reference_of(document.get("contact")) or text_of(document.get("addressName"))
    return reference_of(document.get("supplier")) or text_of(document.get("supplierName"))


def date_of(document: Object) -> date | None:
    """The day that a document bears."""
    return day_of(document.get("invoiceDate" if document["objectName"] == "Invoice" else "voucherDate"))


def due_of(document: Object) -> date | None:
    """The day on which a document is due; its own date where none is stated."""
    issued = date_of(document)
    if document["objectName"] == "Voucher":
        return day_of(document.get("paymentDeadline")) or issued
    term = number_of(document.get("timeToPay"))
    return issued if issued is None or term is None else issued + timedelta(days=int(term))


def habits_of(account: Account, since: date) -> Habits:
    """Read the habits from the books as they are."""
    delays: defaultdict[Side, list[int]] = defaultdict(list)
    settled: defaultdict[Side, list[bool]] = defaultdict(list)
    known: dict[Reference, Object] = {}
    for one in documents(account):
        known[one["objectName"], text_of(one["id"])] = one
    lines, off = _lines_of_documents(account, known)
    for key, one in known.items():
        due, paid, side = due_of(one), day_of(one.get("payDate")), side_of(one)
        if due is not None and paid is not None and since - _YEAR < paid <= since:
            delays[side].append((paid - due).days)
        if due is not None and since - _YEAR < due + GIVEN_UP <= since:
            settled[side].append(text_of(one.get("status")) == PAID and key not in off)
    return Habits(
        since=since,
        delays={side: median_low(some) for side, some in delays.items()},
        unpaid={side: some.count(False) / len(some) for side, some in settled.items()},
        lines=lines,
    )


def _lines_of_documents(
    account: Account, known: dict[Reference, Object]
) -> tuple[dict[tuple[Side, Partner | None], Object], set[Reference]]:
    """The last line by partner, and the documents that were written off."""
    lines = {text_of(line["id"]): line for line in account.objects("CheckAccountTransaction")}
    offline = {text_of(one["id"]) for one in account.objects("CheckAccount") if one.get("type") == "offline"}
    models: dict[tuple[Side, Partner | None], Object] = {}
    off: set[Reference] = set()
    entries = sorted(account.objects("CheckAccountTransactionLog"), key=lambda entry: text_of(entry["bookingDate"]))
    for entry in entries:
        line = lines.get((reference_of(entry.get("checkAccountTransaction")) or ("", ""))[1])
        reference = reference_of(entry.get("object")) or ("", "")
        document = known.get(reference)
        if line is None or document is None:
            continue
        if (reference_of(line.get("checkAccount")) or ("", ""))[1] in offline:
            off.add(reference)
        else:
            models[side_of(document), None] = models[side_of(document), partner_of(document)] = line
    return models, off
