"""What is read of a firm's books around a write, each record with no more than the write is confirmed by."""

import re
from datetime import date
from typing import Annotated

import msgspec

from scoring.sources.sevdesk.words.records import Id, Money, Record, Ref

_PLACEHOLDER = re.compile(r"%[A-Z]+")


class Contact(Record, frozen=True):
    """An organisation among the firm's contacts."""

    id: Id
    name: str | None = None
    customer_number: str | None = None
    category: Ref | None = None
    status: int | None = None


class Voucher(Record, frozen=True):
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
    """The answer to a write, of which only the identity counts: what it says is read again."""

    id: Id


class SavedVoucher(Record, frozen=True):
    """The answer to saveVoucher."""

    voucher: Saved


class TaxRule(Record, frozen=True):
    """A tax rule that an account may be booked with."""

    id: int
    description: str | None = None
    tax_rates: tuple[str, ...] = ()
    """``ZERO``, ``SEVEN``, ``NINETEEN``."""


class Guide(Record, frozen=True):
    """What sevdesk's guidance says of a booking account, in system 2.0."""

    account_datev_id: Id
    account_number: str
    account_name: str | None = None
    allowed_tax_rules: tuple[TaxRule, ...] = ()
    allowed_receipt_types: tuple[str, ...] = ()
    """``EXPENSE``, ``REVENUE``."""


class Sequence(Record, frozen=True):
    """Where a sequence of document numbers stands; reading it reserves nothing."""

    format: str
    next_sequence: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,18}$")]

    def number(self, on: date) -> str:
        """The next number, as sevdesk would write it on a day.

        Raises:
            ValueError: The format has a placeholder whose meaning is not known.
        """
        known = {
            "%NUMBER": self.next_sequence,
            "%YYYY": f"{on:%Y}",
            "%YY": f"{on:%y}",
            "%MM": f"{on:%m}",
            "%DD": f"{on:%d}",
        }
        unknown = sorted({found for found in _PLACEHOLDER.findall(self.format) if found not in known})
        if unknown or "%NUMBER" not in self.format:
            raise ValueError(f"the format {self.format!r} of the next number is not understood")
        return _PLACEHOLDER.sub(lambda found: known[found[0]], self.format)


class Pdf(msgspec.Struct, frozen=True, kw_only=True):
    """A document as sevdesk prints it; its type is spelt in two ways."""

    filename: str | None = None
    content: str
    base64_encoded: bool | None = msgspec.field(name="base64Encoded", default=None)
    base64encoded: bool | None = None
