"""A granted loan's fee document: planned by reading, then written into the borrower's books, once."""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any, TypeAlias

import msgspec

from scoring.sources.errors import InvalidRequestError, SourceUnavailableError
from scoring.sources.sevdesk.writing.books import Books
from scoring.sources.sevdesk.writing.errors import WriteError
from scoring.sources.sevdesk.writing.payloads import DRAFT, OPEN, SYSTEM_1, SYSTEM_2, ContactOrder, VoucherOrder
from scoring.sources.sevdesk.writing.records import AccountGuidance, BookedVoucher, Contact
from scoring.sources.sevdesk.writing.writer import Confirmed, SevdeskWriter

DEDUCTIBLE = "9"
"""Tax rule of system 2.0: expenses whose input tax, here none, may be deducted; what an exempt fee of a bank gets."""
DEFAULT_TAX_TYPE = "default"
"""Tax type of system 1.0 that tax rule 9 replaces."""
TAX_TYPES = ("default", "eu", "noteu", "ss")
"""Tax types of system 1.0 that need nothing beside them."""
Witness: TypeAlias = tuple[str, int]
"""Resource and identifier of a document or bank line that a decision rests on."""
_MOST_WITNESSES = 5
_ID = "id:"
_DIGEST_LENGTH = 16
_TO_COME = 0


class PlanError(Exception):
    """The document cannot be booked like this; nothing was written. The message says why."""


class FeeDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The document to be booked."""

    decision_id: str
    pdf: bytes
    filename: str
    amount_cents: int
    issued_on: date
    supplier: str
    """The lender, by the name that it has in the firm's books."""
    account: str
    """In system 2.0 the number of a booking account, or ``id:`` and sevdesk's identifier; in 1.0 the latter."""
    tax: str | None = None
    """None is the tax of an exempt fee."""
    is_open: bool = False
    """An open bill instead of a draft."""

    @property
    def sha256(self) -> str:
        """Digest of the file."""
        return hashlib.sha256(self.pdf).hexdigest()

    @property
    def description(self) -> str:
        """Identifies the voucher in the books: decision and file."""
        return f"Kreditvertrag {self.decision_id} ({self.sha256[:_DIGEST_LENGTH]})"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What would be written, as far as reading can tell."""

    document: FeeDocument
    order: VoucherOrder
    account_name: str
    supplier: Contact | ContactOrder
    """A contact in the books, or one to be added."""
    booked: tuple[BookedVoucher, ...]
    """Vouchers of the same decision that the books have already."""
    witness: Witness | None
    """The document behind the decision that the books were recognised by; none where the decision names none."""

    @property
    def repeated(self) -> BookedVoucher | None:
        """The voucher of the same decision with the same file."""
        return next((one for one in self.booked if one.description == self.document.description), None)

    def requests(self) -> list[tuple[str, Any]]:
        """Every write, in order: method with path, and what is sent. In angle brackets what is known only then."""
        supplier = self.supplier
        first = [("POST Contact", supplier.payload())] if isinstance(supplier, ContactOrder) else []
        upload = {"file": self.document.filename, "bytes": len(self.document.pdf), "sha256": self.document.sha256}
        voucher = self.order.payload("<filename from the upload>")
        if first:
            voucher["voucher"]["supplier"]["id"] = "<id of the new contact>"
        return [
            *first,
            ("POST Voucher/Factory/uploadTempFile", upload),
            ("POST Voucher/Factory/saveVoucher", voucher),
        ]


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """What the books show after everything was written."""

    voucher: BookedVoucher
    contact_id: int
    answers: tuple[str, ...]
    """What sevdesk answered to writes that failed by their answer, and stand in the books all the same."""


async def plan(books: Books, document: FeeDocument, witnesses: Sequence[Witness] = ()) -> Plan:
    """Read what is needed to know what would be written.

    Args:
        books: Of the borrower.
        document: The document to be booked.
        witnesses: What the decision rests on: books that have none of it are not those that it was made from.

    Raises:
        PlanError: It cannot be booked like this.
        SourceError: The books cannot be read.
    """
    # Reads only: nothing is written before a person has seen the plan.
    version = await books.system_version()
    witness = await _recognised(books, witnesses[:_MOST_WITNESSES])
    account_id, account_name, tax = await _account(books, version, document)
    booked = await books.vouchers_described(document.decision_id)
    supplier = await _supplier(books, document.supplier)
    return Plan(
        document=document,
        order=VoucherOrder(
            system_version=version,
            account_id=account_id,
            tax=tax,
            supplier_id=supplier.id if isinstance(supplier, Contact) else _TO_COME,
            description=document.description,
            comment="Kreditgebühr",
            amount_cents=document.amount_cents,
            issued_on=document.issued_on,
            status=OPEN if document.is_open else DRAFT,
        ),
        account_name=account_name,
        supplier=supplier,
        booked=tuple(booked),
        witness=witness,
    )


async def carry_out(writer: SevdeskWriter, planned: Plan) -> Booked:
    """Write what was planned: the contact where the books lack it, the file, the voucher.

    Raises:
        PlanError: The books have another document of the decision than when it was planned; nothing was written.
        SourceError: The books cannot be read before the first write; nothing was written.
        WriteError: A write is not confirmed; what comes after it was not begun.
    """
    # a person may have thought about it for long
    booked_now = await writer.books.vouchers_described(planned.document.decision_id)
    if new := {one.id for one in booked_now} - {one.id for one in planned.booked}:
        numbers = ", ".join(map(str, sorted(new)))
        raise PlanError(f"a document of this decision came into the books meanwhile (voucher {numbers})")
    supplier, order = planned.supplier, planned.order
    if isinstance(supplier, Contact):
        return await _book(writer, planned.document, order)
    created = await writer.create_contact(supplier)
    order = msgspec.structs.replace(order, supplier_id=created.found.id)
    try:
        booked = await _book(writer, planned.document, order)
    except WriteError as error:
        error.add_note(f"the contact {created.found.id} was added before, and stays")
        raise
    return msgspec.structs.replace(booked, answers=(*_errors(created), *booked.answers))


async def _book(writer: SevdeskWriter, document: FeeDocument, order: VoucherOrder) -> Booked:
    uploaded = await writer.upload(document.filename, document.pdf)
    saved = await writer.save_voucher(order, uploaded)
    return Booked(voucher=saved.found, contact_id=order.supplier_id, answers=_errors(saved))


def _errors(confirmed: Confirmed[Any]) -> tuple[str, ...]:
    return () if confirmed.answer is None else (str(confirmed.answer),)


async def _recognised(books: Books, witnesses: Sequence[Witness]) -> Witness | None:
    for witness in witnesses:
        if await books.has(*witness):
            return witness
    if witnesses:
        named = ", ".join(f"{resource} {number}" for resource, number in witnesses)
        raise PlanError(f"these are not the books that the decision was made from: they have none of {named}")
    return None


async def _supplier(books: Books, name: str) -> Contact | ContactOrder:
    found = await books.organisations(name)
    # To choose among namesakes is the firm's decision.
    if len(found) > 1:
        numbers = ", ".join(str(contact.id) for contact in found)
        raise PlanError(f"the books have {len(found)} contacts named {name!r} ({numbers}); merge them in sevdesk")
    return found[0] if found else ContactOrder(name=name, customer_number=await books.next_customer_number())


async def _account(books: Books, version: str, document: FeeDocument) -> tuple[int, str, str]:
    """Identifier and name of the account, and the tax that goes with it."""
    given, is_id = document.account.removeprefix(_ID), document.account.startswith(_ID)
    if not given.isascii() or not given.isdecimal() or not 0 < int(given) < 2**63:
        raise PlanError(f"--account {document.account!r} is neither a number nor id: and a number")
    if version == SYSTEM_1:
        tax = document.tax or DEFAULT_TAX_TYPE
        if tax not in TAX_TYPES:
            raise PlanError(f"--tax {tax!r} is no tax type of bookkeeping system 1.0: {', '.join(TAX_TYPES)}")
        return int(given), f"accounting type {given}, not checked", tax
    if version != SYSTEM_2:
        raise PlanError(f"the bookkeeping system {version!r} is not known; known: {SYSTEM_1}, {SYSTEM_2}")
    tax = document.tax or DEDUCTIBLE
    if not tax.isascii() or not tax.isdecimal():
        raise PlanError(f"--tax {tax!r} is no tax rule of bookkeeping system 2.0, such as {DEDUCTIBLE}")
    if is_id:
        return int(given), f"account id {given}, not checked", tax
    try:
        guide = await books.guide(given)
    except (InvalidRequestError, SourceUnavailableError) as error:
        problem = f"sevdesk does not say what account {given} is ({error}); give its identifier, --account id:..."
        raise PlanError(problem) from None
    if guide is None:
        raise PlanError(f"the firm has no booking account {given}; ask it, or its tax adviser, for the right one")
    _check(guide, tax)
    return guide.account_datev_id, f"{guide.account_number} {guide.account_name or ''}".strip(), tax


def _check(guide: AccountGuidance, tax: str) -> None:
    if guide.allowed_receipt_types and "EXPENSE" not in guide.allowed_receipt_types:
        raise PlanError(f"no expense may be booked on account {guide.account_number} {guide.account_name or ''}")
    allowed = [rule for rule in guide.allowed_tax_rules if not rule.tax_rates or "ZERO" in rule.tax_rates]
    if guide.allowed_tax_rules and tax not in {str(rule.id) for rule in allowed}:
        rules = ", ".join(f"{rule.id} ({rule.description or 'unnamed'})" for rule in allowed)
        raise PlanError(
            f"account {guide.account_number} does not go with tax rule {tax} without VAT; --tax may be"
            f" {rules or 'none: name another --account'}"
        )
