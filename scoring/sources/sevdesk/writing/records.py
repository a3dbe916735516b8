"""Records read around a write, each with the fields that confirm it and no more."""

from scoring.sources.sevdesk.words.records import Id, Money, Record, Ref


class Contact(Record, frozen=True):
    """An organisation among the firm's contacts."""

    id: Id
    name: str | None = None
    customer_number: str | None = None
    category: Ref | None = None
    status: int | None = None


class BookedVoucher(Record, frozen=True):
    """A voucher as it stands in the books."""

    id: Id
    status: int
    description: str | None = None
    credit_debit: str | None = None
    supplier: Ref | None = None
    document: Ref | None = None
    """Absent where no file is attached."""
    currency: str | None = None
    sum_net: Money | None = None
    sum_gross: Money | None = None


class Saved(Record, frozen=True):
    """The answer to a write; only the id is used, all else is read again."""

    id: Id


class SavedVoucher(Record, frozen=True):
    """The answer to saveVoucher."""

    voucher: Saved


class UploadedFile(Record, frozen=True):
    """The answer to an upload: a file that waits for its voucher."""

    filename: str
    content_hash: str | None = None


class TaxRule(Record, frozen=True):
    """A tax rule that an account may be booked with."""

    id: int
    description: str | None = None
    tax_rates: tuple[str, ...] = ()
    """``ZERO``, ``SEVEN``, ``NINETEEN``."""


class AccountGuidance(Record, frozen=True):
    """What may be booked on an account, in system 2.0."""

    account_datev_id: Id
    account_number: str
    account_name: str | None = None
    allowed_tax_rules: tuple[TaxRule, ...] = ()
    allowed_receipt_types: tuple[str, ...] = ()
    """``EXPENSE``, ``REVENUE``."""
