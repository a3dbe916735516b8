"""sevdesk's objects, reduced to what the service may know: a field that is not named here never leaves the decoder.

Names, addresses and free texts are absent, except where the edge needs them once: the text of a bank line (what it is
about), the texts of an invoice (what is kept back of it), an account number or name and the supplier's name (a keyed
hash), the IBAN of an account (payout check), the number of a document (whether it is there twice; and evidence, kept
apart from the record), and the name and tax numbers of the client itself (whose account it is).

Decode with ``strict=False``: sevdesk sends most numbers as strings. References are absent when unset, scalars are null.
"""

from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar

import msgspec
from typing_extensions import override

T = TypeVar("T")

MONEY_BOUND = 1e10
"""Euro. No sum of a small firm comes near; exactness of cents and of products with percentages relies on it."""

Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Money = Annotated[float, msgspec.Meta(gt=-MONEY_BOUND, lt=MONEY_BOUND)]
"""Euro, as the shortest decimal number; exact to the cent within ``MONEY_BOUND``."""
LONGEST_TERM_DAYS = 36_500
Days = Annotated[int, msgspec.Meta(ge=-LONGEST_TERM_DAYS, le=LONGEST_TERM_DAYS)]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
Code = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
"""A status or a level."""
Timestamp = str
"""ISO 8601, usually with the Berlin offset; ``pages.days`` has its day in Berlin."""
Reason: TypeAlias = Literal["missing", "unreadable", "out_of_range"]
"""Why a value could not be read: it is empty, though not null; it is of another kind; or no fact can have it."""


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base of all records: camel case outside, unknown keys skipped, not tracked by the garbage collector."""


class LenientRecord(Record, frozen=True, kw_only=True):
    """A record whose fields may all be null but its id, because one odd value must not cost the whole list."""

    unread: tuple[tuple[str, Reason], ...] = msgspec.field(name="", default=())
    """sevdesk's names of the fields that are null because they could not be read; no key of sevdesk is empty."""


class Ref(Record, frozen=True):
    """A reference to another object, or that object embedded, of which only the identity is kept."""

    id: Id
    object_name: str | None = None


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True, gc=False):
    """The answer to a list call."""

    objects: list[T]
    total: Annotated[int, msgspec.Meta(ge=0, le=10**9)] | None = None
    """Only with ``countAll=true``; a string in the documentation."""
    error: Any = None
    """An error can ride in a 200."""


class Bare(msgspec.Struct, Generic[T], frozen=True, kw_only=True, gc=False):
    """The answer to a call for a single value."""

    objects: T
    error: Any = None


class ErrorEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """Any shape of error that was seen: nested under ``error``, or ``status`` and ``message`` at the top."""

    error: Any = None
    status: Any = None
    message: Any = None


class Invoice(LenientRecord, frozen=True):
    """All types: RE normal, TR partial, AR advance, ER final, SR cancellation, MA reminder, WKR recurring template."""

    id: Id
    invoice_type: str | None = None
    status: Code | None = None
    invoice_number: str | None = None
    """May name a person, as the numbers of other documents: for evidence alone, see ``adapter``."""
    contact: Ref | None = None
    origin: Ref | None = None
    """The invoice that an SR cancels or an MA reminds of."""
    invoice_date: Timestamp | None = None
    created: Timestamp | None = msgspec.field(name="create", default=None)
    pay_date: Timestamp | None = None
    send_date: Timestamp | None = None
    """Of the last sending."""
    enshrined: Timestamp | None = None
    """When it was locked, with the first sending as a rule."""
    head_text: str | None = None
    """As ``foot_text`` it is read once, for the terms of payment, and dropped."""
    foot_text: str | None = None
    time_to_pay: Days | None = None
    discount_time: Days | None = None
    discount: Percent | None = None
    dunning_level: Annotated[int, msgspec.Meta(ge=0, le=1000)] | None = None
    currency: str | None = None
    sum_net: Money | None = None
    sum_gross: Money | None = None
    paid_amount: Money | None = None


class TaxedInvoice(Invoice, frozen=True):
    """An invoice with how value added tax applies."""

    tax_rule: Ref | None = None
    """How value added tax applies, in system 2.0."""
    tax_type: str | None = None
    """The same in system 1.0."""


class MarkedInvoice(TaxedInvoice, frozen=True):
    """An invoice with what is noted on it beside its amounts."""

    update: Timestamp | None = None
    """Of the last change of any kind, a payment included."""
    header: str | None = None
    """As the other texts it is read once, for whether it says anything, and dropped."""
    account_intervall: str | None = None
    """The rhythm of a recurring invoice, as a duration of ISO 8601."""


class CreditNote(LenientRecord, frozen=True):
    """Has no ``paidAmount``: status 1000 with a ``payDate`` is paid."""

    id: Id
    status: Code | None = None
    credit_note_number: str | None = None
    contact: Ref | None = None
    ref_src_invoice: Ref | None = None
    origin: Ref | None = None
    credit_note_date: Timestamp | None = None
    created: Timestamp | None = msgspec.field(name="create", default=None)
    pay_date: Timestamp | None = None
    discount_time: Days | None = None
    discount: Percent | None = None
    currency: str | None = None
    sum_net: Money | None = None
    sum_gross: Money | None = None


class TaxedCreditNote(CreditNote, frozen=True):
    """A credit note with how value added tax applies."""

    tax_rule: Ref | None = None
    """How value added tax applies, in system 2.0."""
    tax_type: str | None = None
    """The same in system 1.0."""


class Voucher(LenientRecord, frozen=True):
    """``creditDebit`` C is an expense, D is revenue; ``voucherType`` VOU, or RV for a recurring template."""

    id: Id
    status: Code | None = None
    description: str | None = None
    """Its number."""
    credit_debit: str | None = None
    voucher_type: str | None = None
    supplier: Ref | None = None
    supplier_name: str | None = None
    voucher_date: Timestamp | None = None
    payment_deadline: Timestamp | None = None
    created: Timestamp | None = msgspec.field(name="create", default=None)
    pay_date: Timestamp | None = None
    currency: str | None = None
    sum_net: Money | None = None
    sum_gross: Money | None = None
    paid_amount: Money | None = None


class TaxedVoucher(Voucher, frozen=True):
    """A voucher with how value added tax applies."""

    tax_rule: Ref | None = None
    """How value added tax applies, in system 2.0."""
    tax_type: str | None = None
    """The same in system 1.0."""


class MarkedVoucher(TaxedVoucher, frozen=True):
    """A voucher with what is noted on it beside its amounts."""

    update: Timestamp | None = None
    document: Ref | None = None
    """The file of the document itself."""


class Position(LenientRecord, frozen=True):
    """One line of an invoice, a credit note or a voucher; the name is read once, for a hash, and dropped."""

    id: Id
    invoice: Ref | None = None
    credit_note: Ref | None = None
    voucher: Ref | None = None
    created: Timestamp | None = msgspec.field(name="create", default=None)
    part: Ref | None = None
    """The article."""
    name: str | None = None
    sum_net: Money | None = None
    sum_gross: Money | None = None
    account_datev: Ref | None = None
    """The booking account in system 2.0; which number it has, receipt guidance says."""
    accounting_type: Ref | None = None
    """The same in system 1.0."""


class AccountGuide(Record, frozen=True):
    """A booking account of system 2.0."""

    account_datev_id: Id
    account_number: str | None = None


class AccountNumber(Record, frozen=True):
    """The number of an accounting type in the firm's chart of accounts."""

    number: str | None = None


class AccountingType(LenientRecord, frozen=True):
    """A booking account of system 1.0; the number is only there where it is asked to be embedded."""

    id: Id
    accounting_system_number: AccountNumber | None = None


class CheckAccount(LenientRecord, frozen=True):
    """``type`` online, offline (clearing) or register; ``balance`` is kept current by bank feeds only."""

    id: Id
    type: str | None = None
    name: str | None = None
    status: Code | None = None
    """0 where the firm has archived it."""
    import_type: str | None = None
    bank_server: str | None = None
    """The service that the bank is read through; not in what the API lets a client write."""
    currency: str | None = None
    iban: str | None = None
    bic: str | None = None
    balance: Money | None = None
    last_sync: Timestamp | None = None
    created: Timestamp | None = msgspec.field(name="create", default=None)


class CheckAccountTransaction(LenientRecord, frozen=True):
    """One line of an account; the texts are read once, to recognise what it is about, and dropped."""

    id: Id
    check_account: Ref | None = None
    amount: Money | None = None
    status: Code | None = None
    """300 where the firm marked the line as private."""
    value_date: Timestamp | None = None
    created: Timestamp | None = msgspec.field(name="create", default=None)
    deleted_at: Timestamp | None = None
    source_transaction: Ref | None = None
    target_transaction: Ref | None = None
    paymt_purpose: str | None = None
    payee_payer_name: str | None = None
    payee_payer_acct_no: str | None = None
    entry_text: str | None = None
    compare_hash: Any = None
    gv_code: Any = None
    """The bank's code of the kind of transaction. Both are null on lines that were entered through the API."""


class CheckAccountTransactionLog(LenientRecord, frozen=True):
    """Which line paid which document, and how much of it; from an undocumented list."""

    id: Id
    amount_paid: Money | None = None
    check_account_transaction: Ref | None = None
    object: Ref | None = None
    booking_date: Timestamp | None = None
    created: Timestamp | None = msgspec.field(name="create", default=None)


class SevClient(LenientRecord, frozen=True):
    """The client of sevdesk whose account it is; from an undocumented list, of which nothing else is kept."""

    id: Id
    name: str | None = None
    tax_number: str | None = None
    vat_number: str | None = None

    @override
    def __repr__(self) -> str:
        return f"SevClient(id={self.id})"


class SystemVersion(Record, frozen=True):
    """``1.0`` or ``2.0``."""

    version: str
