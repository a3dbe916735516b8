from datetime import date
from typing import Any

import pytest

from scoring.sources.sevdesk.words.records import Ref
from scoring.sources.sevdesk.writing.payloads import DRAFT, OPEN, ContactOrder, VoucherOrder
from scoring.sources.sevdesk.writing.records import BookedVoucher, Contact


def order(**changes: Any) -> VoucherOrder:  # noqa: ANN401  fields of VoucherOrder
    """A fee of 450.50 euro in system 2.0."""
    values: dict[str, Any] = {
        "system_version": "2.0",
        "account_id": 4285,
        "tax": "9",
        "supplier_id": 77,
        "description": "Kreditvertrag dec_1 (ab)",
        "comment": "Kreditgebühr",
        "amount_cents": 45_050,
        "issued_on": date(2026, 2, 1),
        "status": DRAFT,
    }
    return VoucherOrder(**(values | changes))


def test_a_voucher_is_sent_in_the_words_of_system_2() -> None:
    """Euro are numbers, the day is dd.mm.yyyy, C is an expense, and the filename comes last, after voucherPosDelete."""
    payload = order().payload("abc.pdf")
    assert payload == {
        "voucher": {
            "objectName": "Voucher",
            "mapAll": True,
            "voucherDate": "01.02.2026",
            "deliveryDate": "01.02.2026",
            "supplier": {"id": 77, "objectName": "Contact"},
            "description": "Kreditvertrag dec_1 (ab)",
            "status": 50,
            "creditDebit": "C",
            "voucherType": "VOU",
            "currency": "EUR",
            "taxRule": {"id": "9", "objectName": "TaxRule"},
        },
        "voucherPosSave": [
            {
                "objectName": "VoucherPos",
                "mapAll": True,
                "accountDatev": {"id": 4285, "objectName": "AccountDatev"},
                "taxRate": 0,
                "net": True,
                "sumNet": 450.5,
                "sumGross": 450.5,
                "comment": "Kreditgebühr",
            }
        ],
        "voucherPosDelete": None,
        "filename": "abc.pdf",
    }
    assert list(payload) == ["voucher", "voucherPosSave", "voucherPosDelete", "filename"]


def test_a_voucher_is_sent_in_the_words_of_system_1() -> None:
    """There an accounting type and a tax type stand for account and tax rule, and neither of the new words is sent."""
    payload = order(system_version="1.0", account_id=12, tax="default").payload("abc.pdf")
    (position,) = payload["voucherPosSave"]
    assert (payload["voucher"]["taxType"], position["accountingType"]) == (
        "default",
        {"id": 12, "objectName": "AccountingType"},
    )
    assert "taxRule" not in payload["voucher"]
    assert "accountDatev" not in position


@pytest.mark.parametrize(
    ("cents", "euro"), [(1, 0.01), (10, 0.1), (29, 0.29), (45_000, 450.0), (999_999_999, 9999999.99)]
)
def test_cents_become_the_very_euro(cents: int, euro: float) -> None:
    """No amount is off by what floating point costs."""
    (position,) = order(amount_cents=cents).payload("a")["voucherPosSave"]
    assert (position["sumNet"], position["sumGross"]) == (euro, euro)


def seen(**changes: Any) -> BookedVoucher:  # noqa: ANN401  fields of BookedVoucher
    """What the books show when all is as asked."""
    values: dict[str, Any] = {
        "id": 5,
        "status": 50,
        "description": "Kreditvertrag dec_1 (ab)",
        "credit_debit": "C",
        "supplier": {"id": 77},
        "document": {"id": 9},
        "currency": "EUR",
        "sum_net": 450.5,
        "sum_gross": 450.5,
    }
    given = values | changes
    for name in ("supplier", "document"):
        if isinstance(given[name], dict):
            given[name] = Ref(**given[name])
    return BookedVoucher(**given)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"document": None}, ["no document is attached"]),
        ({"sum_gross": 45.05}, ["sumGross is 45.05, not 450.50"]),
        ({"sum_net": None}, ["sumNet is None, not 450.50"]),
        ({"supplier": None}, ["supplier is None, not 77"]),
        ({"supplier": {"id": 78}}, ["supplier is 78, not 77"]),
        ({"status": 100}, ["status is 100, not 50"]),
        ({"credit_debit": "D"}, ["creditDebit is D, not C"]),
        ({"currency": "USD"}, ["currency is USD, not EUR"]),
        ({"description": "Kreditvertrag dec_1"}, ["description is Kreditvertrag dec_1, not Kreditvertrag dec_1 (ab)"]),
    ],
)
def test_a_voucher_that_is_not_as_asked_is_told_by_what_differs(changes: dict[str, Any], said: list[str]) -> None:
    """Document, sums, supplier, status, side, currency and description are compared, to the cent."""
    assert order().differences(seen(**changes)) == said


def test_an_open_bill_differs_from_a_draft() -> None:
    """Status 100 was asked for, so 50 is not as asked."""
    assert order(status=OPEN).differences(seen()) == ["status is 50, not 100"]


def test_a_contact_is_compared_field_by_field() -> None:
    """Whatever differs is told."""
    contact = ContactOrder(name="Bank AG", customer_number="1338")
    found = Contact(id=77, name="Bank AG", customer_number="1338", category=Ref(id=2), status=1000)
    assert contact.differences(found) == []
    other = Contact(id=77, name="Bank", customer_number=None, category=Ref(id=3), status=100)
    assert contact.differences(other) == [
        "name is Bank, not Bank AG",
        "customerNumber is None, not 1338",
        "category is 3, not 2",
        "status is 100, not 1000",
    ]
    assert contact.payload()["category"] == {"id": 2, "objectName": "Category"}
