"""Builds what is sent, and compares it with what the books show afterwards."""

from datetime import date
from typing import Any

import msgspec

from scoring.sources.sevdesk.words.pages import exact_cents
from scoring.sources.sevdesk.writing.records import BookedVoucher, Contact

SUPPLIER = 2
"""sevdesk's number of the category of contacts."""
ACTIVE = 1000
"""Status of a contact that is neither a lead nor pending."""
DRAFT, OPEN = 50, 100
"""Status of a voucher; no other may be asked for when it is saved."""
SYSTEM_1, SYSTEM_2 = "1.0", "2.0"
"""Versions of sevdesk's bookkeeping."""


class ContactOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A supplier to be added to the firm's contacts."""

    name: str
    customer_number: str

    def payload(self) -> dict[str, Any]:
        """The body of the request."""
        return {
            "name": self.name,
            "category": _ref(SUPPLIER, "Category"),
            "customerNumber": self.customer_number,
            "status": ACTIVE,
        }

    def differences(self, found: Contact) -> list[str]:
        """Where the books differ from the order."""
        return _differences(
            name=(found.name, self.name),
            customerNumber=(found.customer_number, self.customer_number),
            category=(found.category and found.category.id, SUPPLIER),
            status=(found.status, ACTIVE),
        )


class VoucherOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An expense without VAT, of one position, to be booked."""

    system_version: str
    account_id: int
    """An AccountDatev in system 2.0, an AccountingType in 1.0."""
    tax: str
    """A tax rule in system 2.0, a tax type in 1.0."""
    supplier_id: int
    description: str
    comment: str
    amount_cents: int
    issued_on: date
    status: int

    def payload(self, filename: str) -> dict[str, Any]:
        """The body of the request: euro as numbers, days as dd.mm.yyyy, ``filename`` last."""
        is_new = self.system_version == SYSTEM_2
        # Division by 100 gives the shortest decimal of the cents, which JSON writes exactly.
        euro, day = self.amount_cents / 100, f"{self.issued_on:%d.%m.%Y}"
        tax = {"taxRule": _ref(self.tax, "TaxRule")} if is_new else {"taxType": self.tax}
        account = (
            {"accountDatev": _ref(self.account_id, "AccountDatev")}
            if is_new
            else {"accountingType": _ref(self.account_id, "AccountingType")}
        )
        return {
            "voucher": {
                "objectName": "Voucher",
                "mapAll": True,
                "voucherDate": day,
                "deliveryDate": day,
                "supplier": _ref(self.supplier_id, "Contact"),
                "description": self.description,
                "status": self.status,
                "creditDebit": "C",
                "voucherType": "VOU",
                "currency": "EUR",
                **tax,
            },
            "voucherPosSave": [
                {
                    "objectName": "VoucherPos",
                    "mapAll": True,
                    **account,
                    "taxRate": 0,
                    "net": True,
                    "sumNet": euro,
                    "sumGross": euro,
                    "comment": self.comment,
                }
            ],
            "voucherPosDelete": None,
            "filename": filename,
        }

    def differences(self, found: BookedVoucher) -> list[str]:
        """Where the books differ from the order."""
        # What sevdesk adds by itself is not compared.
        unlike = _differences(
            description=(found.description, self.description),
            creditDebit=(found.credit_debit, "C"),
            status=(found.status, self.status),
            supplier=(found.supplier and found.supplier.id, self.supplier_id),
            currency=(found.currency, "EUR"),
            sumNet=(_euro(_cents(found.sum_net)), _euro(self.amount_cents)),
            sumGross=(_euro(_cents(found.sum_gross)), _euro(self.amount_cents)),
        )
        return unlike if found.document else [*unlike, "no document is attached"]


def _ref(identifier: int | str, name: str) -> dict[str, Any]:
    return {"id": identifier, "objectName": name}


def _cents(euro: float | None) -> int | None:
    return None if euro is None else exact_cents(euro)


def _euro(cents: int | None) -> str | None:
    return None if cents is None else f"{cents / 100:.2f}"


def _differences(**pairs: tuple[object, object]) -> list[str]:
    return [f"{name} is {found}, not {asked}" for name, (found, asked) in pairs.items() if found != asked]
