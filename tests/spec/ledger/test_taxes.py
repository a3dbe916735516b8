"""How value added tax applies to documents, by sevdesk's tax rules and tax types."""

from typing import Any

import pytest
from spec.ledger.books import credit_note, invoice, read, voucher
from unit.sevdesk.fakes import ref

from features.ledger import Resource


@pytest.mark.parametrize(
    ("stated", "tax"),
    [
        *(
            ({"taxRule": ref("TaxRule", rule)}, tax)
            for rules, tax in (
                ((1, 9), "standard"),
                ((2,), "export"),
                ((3, 8), "intra_community"),
                ((4,), "exempt"),
                ((5, 12, 14), "reverse_charge"),
                ((10, 13), "not_deductible"),
                ((11,), "small_business"),
                ((17, 21), "not_taxable"),
                ((18, 19, 20), "one_stop_shop"),
                ((16, 22, 99), "other"),
            )
            for rule in rules
        ),
        ({"taxType": "default"}, "standard"),
        ({"taxType": "eu"}, "intra_community"),
        ({"taxType": "noteu"}, "not_taxable"),
        ({"taxType": "ss"}, "small_business"),
        ({"taxType": "custom"}, "other"),
        ({"taxType": "x"}, "other"),
        ({"taxRule": ref("TaxRule", 5), "taxType": "default"}, "reverse_charge"),
        ({"taxRule": None, "taxType": None}, None),
        ({"taxRule": {"id": "x"}}, None),  # unreadable: not stated, and the document is a fact all the same
        ({}, None),
    ],
)
async def test_the_rule_of_each_document(stated: dict[str, Any], tax: str | None) -> None:
    """Of invoices, revenue vouchers, bills and credit notes alike."""
    ledger, _ = await read(
        Invoice=[invoice(1, **stated)],
        Voucher=[voucher(2, **stated), voucher(3, creditDebit="D", **stated)],
        CreditNote=[credit_note(4, **stated)],
    )
    found = [ledger.invoices["tax"], ledger.bills["tax"], ledger.credit_notes["tax"]]
    assert [frame.to_list() for frame in found] == [[tax, tax], [tax], [tax]]


async def test_without_marks_nothing_is_noted() -> None:
    """The column is null then."""
    ledger, _ = await read(frozenset(Resource) - {Resource.TAXES}, Invoice=[invoice(1, taxRule=ref("TaxRule", 1))])
    assert ledger.invoices["tax"].to_list() == [None]
