"""Identifiers in a ledger to the documents that a record names."""

from datetime import date

from builders import make_bill, make_credit_note, make_invoice, make_ledger, make_transaction

from features.derive import EvidenceIds
from scoring.decisions.decision import Document, DocumentKind
from scoring.usecases.evaluate import evidence_of

DAY = date(2026, 3, 1)
LEDGER = make_ledger(
    invoices=[
        make_invoice(document_id=0, issued_on=DAY, gross_cents=100),
        make_invoice(document_id=1, document="voucher", issued_on=DAY, gross_cents=200),
    ],
    bills=[make_bill(document_id=2, issued_on=DAY, gross_cents=300)],
    credit_notes=[make_credit_note(document_id=0, issued_on=DAY, gross_cents=400)],
    transactions=[make_transaction(transaction_id=0, happened_on=DAY, amount_cents=-500)],
)
FOUND = EvidenceIds(invoices=(0, 7), vouchers=(2, 1), credit_notes=(0,), transactions=(0,), total=9)


def document(kind: DocumentKind, identifier: int | str, cents: int | None) -> Document:
    """One of the documents above."""
    return Document(kind=kind, id=identifier, day=None if cents is None else DAY, amount_cents=cents)


def test_each_kind_of_document_has_its_day_and_amount() -> None:
    """In the order of their weight; two kinds may have one identifier, and one may not be in the ledger."""
    evidence = evidence_of({"a": FOUND, "b": EvidenceIds()}, LEDGER, ())
    assert evidence["a"].documents == (
        document(DocumentKind.INVOICE, 0, 100),
        document(DocumentKind.INVOICE, 7, None),
        document(DocumentKind.VOUCHER, 2, 300),
        document(DocumentKind.VOUCHER, 1, 200),
        document(DocumentKind.CREDIT_NOTE, 0, 400),
        document(DocumentKind.TRANSACTION, 0, -500),
    )
    assert (evidence["a"].total, evidence["b"].documents, evidence["b"].total) == (9, (), 0)
    assert [each.id for each in evidence["a"].documents if each.kind is DocumentKind.VOUCHER] == [2, 1]


def test_identifiers_of_a_source_that_has_texts_are_its_own() -> None:
    """By position."""
    ids = tuple(f"doc-{letter}" for letter in "abcdefgh")
    evidence = evidence_of({"a": FOUND}, LEDGER, ids)["a"]
    assert [one.id for one in evidence.documents] == ["doc-a", "doc-h", "doc-c", "doc-b", "doc-a", "doc-a"]
    assert [one.amount_cents for one in evidence.documents] == [100, None, 300, 200, 400, -500]
