"""What counts as money that came or went, and what closed a document instead."""

from datetime import date
from typing import Any

import pytest
from spec.ledger.books import TODAY, Json, credit_note, invoice, line, log, moment, read, voucher
from unit.sevdesk.fakes import client, ref, sevdesk

from features.ledger import Resource
from scoring.sources.sevdesk.ledger.ledger import build_ledger

WITHOUT_LOG = frozenset({Resource.INVOICES, Resource.VOUCHERS, Resource.CREDIT_NOTES})
FEB_1, FEB_2, FEB_3 = date(2026, 2, 1), date(2026, 2, 2), date(2026, 2, 3)


async def _rows(
    resources: frozenset[Resource] = frozenset(Resource), **lists: list[Json]
) -> tuple[list[Any], list[Any]]:
    ledger, _ = await read(resources, **lists)
    return ledger.payments.drop("borrower").rows(), ledger.settlements.drop("borrower").rows()


async def test_paid_by_bank() -> None:
    """A logged payment happened on the value date of its line and was recorded with its log entry."""
    payments, settlements = await _rows(
        Invoice=[invoice(1, status="1000", paidAmount=119, payDate=moment("02-01"))],
        CheckAccountTransaction=[line(9, "119")],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 119)],
    )
    assert payments == [("invoice", 1, 9, 11_900, "bank", FEB_1, FEB_3)]
    assert settlements == []


async def test_paid_in_cash() -> None:
    """A line of a cash register is a payment of source register."""
    payments, _ = await _rows(
        Invoice=[invoice(1, status="1000", paidAmount=119)],
        CheckAccountTransaction=[line(9, "119", account=3)],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 119)],
    )
    assert payments == [("invoice", 1, 9, 11_900, "register", FEB_1, FEB_3)]


async def test_signs_reduce_what_is_open() -> None:
    """Money out for a bill or a credit note reduces what is open there, money in on revenue does so too."""
    payments, _ = await _rows(
        Voucher=[voucher(5), voucher(6, creditDebit="D")],
        CreditNote=[credit_note(7)],
        CheckAccountTransaction=[line(9, "-59.5"), line(10, "59.5"), line(11, "-19")],
        CheckAccountTransactionLog=[
            log(1, "Voucher", 5, 9, -59.5),
            log(2, "Voucher", 6, 10, 59.5),
            log(3, "CreditNote", 7, 11, -19),
        ],
    )
    assert [(row[0], row[1], row[3]) for row in payments] == [
        ("voucher", 5, 5_950),
        ("voucher", 6, 5_950),
        ("credit_note", 7, 1_900),
    ]


@pytest.mark.parametrize("status", ["750", "200"])
async def test_partly_paid(status: str) -> None:
    """A part payment is a payment, whether the document says 750 or, as before June 2024, still 200."""
    part: dict[str, Any] = {"Invoice": [invoice(1, status=status, paidAmount=50.5)]}
    stated, settlements = await _rows(**part)
    assert stated == [("invoice", 1, None, 5_050, "document", TODAY, TODAY)]
    assert settlements == []
    logged, settlements = await _rows(
        **part,
        CheckAccountTransaction=[line(9, "50.5")],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 50.5)],
    )
    assert logged == [("invoice", 1, 9, 5_050, "bank", FEB_1, FEB_3)]
    assert settlements == []


async def test_without_the_log_the_document_speaks() -> None:
    """Where the log was not asked for, paidAmount and payDate are the payment, even dated before the document."""
    payments, settlements = await _rows(
        WITHOUT_LOG,
        Invoice=[invoice(1, status="1000", paidAmount=119, payDate="2026-01-08T12:00:00+01:00")],
        Voucher=[voucher(5, status="750", paidAmount=-2.5), voucher(6)],
        CreditNote=[credit_note(7, status="1000", payDate=moment("01-19")), credit_note(8, payDate=moment("01-19"))],
        CheckAccountTransaction=[line(9, "119")],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 119)],
    )
    assert payments == [
        ("invoice", 1, None, 11_900, "document", date(2026, 1, 8), date(2026, 1, 8)),
        ("voucher", 5, None, -250, "document", TODAY, TODAY),
        ("credit_note", 7, None, 1_900, "document", date(2026, 1, 19), date(2026, 1, 19)),
    ]
    assert settlements == []


async def test_a_log_that_is_not_served() -> None:
    """Refused as a list and by document, payments come from the documents; the ledger claims no log, and says why."""
    fake = sevdesk({"Invoice": [invoice(1, status="1000", paidAmount=119, payDate=moment("02-01"))]})

    def handle(request: Any) -> Any:  # noqa: ANN401  httpx on both sides
        return type(fake(request))(404) if "TransactionLog" in request.url.path else fake(request)

    fetched = await client(handle).fetch(frozenset(Resource), fetched_on=TODAY)
    ledger, coverage = build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 16, payout_iban=None)
    assert ledger.payments["source"].to_list() == ["document"]
    assert Resource.PAYMENT_LOG not in ledger.fetched
    assert "payment_log" in coverage.fetched
    assert (coverage.payment_source, coverage.notes) == ("documents", ("payment_log_unavailable",))


async def test_a_log_entry_without_its_line() -> None:
    """Where the bank line is gone or deleted, the payment rests on the booking and counts as stated."""
    payments, _ = await _rows(
        Invoice=[invoice(1, status="1000"), invoice(2, status="1000")],
        CheckAccountTransaction=[line(9, "119", deletedAt=moment("02-05"))],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 119), log(5, "Invoice", 2, 404, 119)],
    )
    assert payments == [
        ("invoice", 1, None, 11_900, "document", FEB_3, FEB_3),
        ("invoice", 2, None, 11_900, "document", FEB_3, FEB_3),
    ]


async def test_log_entries_of_what_is_no_fact() -> None:
    """Bookings on drafts, notices and unknown documents are not payments of the ledger."""
    payments, settlements = await _rows(
        Invoice=[invoice(1, status="100")],
        CheckAccountTransaction=[line(9, "119")],
        CheckAccountTransactionLog=[
            log(4, "Invoice", 1, 9, 119),
            log(5, "Invoice", 404, 9, 1),
            log(6, "Order", 1, 9, 1),
            {**log(7, "Invoice", 1, 9, 1), "object": None},
        ],
    )
    assert (payments, settlements) == ([], [])


async def test_a_write_off() -> None:
    """What is booked over a clearing account is no payment: it settles the document without money."""
    payments, settlements = await _rows(
        Invoice=[invoice(1, status="1000", paidAmount=119)],
        CheckAccountTransaction=[line(9, "119", account=2)],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 119)],
    )
    assert payments == []
    assert settlements == [("invoice", 1, 11_900, "write_off", "last_booking", FEB_1, FEB_3)]


@pytest.mark.parametrize(
    ("paid", "discount", "amount", "cause"),
    [
        (116.62, {"discountTime": "10", "discount": "2"}, 238, "discount"),  # exactly 2 percent
        (116.61, {"discountTime": "10", "discount": "2"}, 239, "unknown"),  # a cent more
        (116.02, {"discountTime": "10", "discount": "2.5"}, 298, "discount"),  # 2.975, rounded up
        (116.01, {"discountTime": "10", "discount": "2.5"}, 299, "unknown"),
        (116.62, {"discountTime": "0", "discount": "2"}, 238, "unknown"),  # nothing was offered
        (118.0, {}, 100, "unknown"),
        (124.0, {}, -500, "fee"),  # paid above the total
    ],
)
async def test_the_residue_of_a_settled_invoice(paid: float, discount: Json, amount: int, cause: str) -> None:
    """What status 1000 leaves open is a discount up to the offer, a fee below zero, else unknown."""
    _, settlements = await _rows(
        Invoice=[invoice(1, status="1000", paidAmount=119, **discount)],
        CheckAccountTransaction=[line(9, str(paid))],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, paid)],
    )
    assert settlements == [("invoice", 1, amount, cause, "last_booking", FEB_1, FEB_3)]


async def test_a_residue_is_dated_by_the_last_booking() -> None:
    """Of several bookings the one that happened last dates the settlement, with its own day of recording."""
    _, settlements = await _rows(
        Invoice=[invoice(1, status="1000")],
        CheckAccountTransaction=[line(9, "60", "02-20"), line(10, "50", "02-10")],
        CheckAccountTransactionLog=[
            log(4, "Invoice", 1, 9, 60, create=moment("02-21")),
            log(5, "Invoice", 1, 10, 50, create=moment("02-25")),
        ],
    )
    assert settlements == [
        ("invoice", 1, 900, "unknown", "last_booking", date(2026, 2, 20), date(2026, 2, 21)),
    ]


@pytest.mark.parametrize(
    ("pay_date", "dated_by", "day"), [(moment("02-11"), "pay_date", date(2026, 2, 11)), (None, "as_of", TODAY)]
)
async def test_a_residue_without_bookings(pay_date: str | None, dated_by: str, day: date) -> None:
    """Without any booking payDate dates the settlement, and the day of the fetch at last."""
    _, settlements = await _rows(Invoice=[invoice(1, status="1000", payDate=pay_date)])
    assert settlements == [("invoice", 1, 11_900, "unknown", dated_by, day, day)]


async def test_an_overpaid_bill() -> None:
    """A bill of 59.50 that was paid with 62.00 leaves a fee."""
    payments, settlements = await _rows(
        Voucher=[voucher(5, status="1000", paidAmount=59.5)],
        CheckAccountTransaction=[line(9, "-62")],
        CheckAccountTransactionLog=[log(4, "Voucher", 5, 9, -62)],
    )
    assert payments == [("voucher", 5, 9, 6_200, "bank", FEB_1, FEB_3)]
    assert settlements == [("voucher", 5, -250, "fee", "last_booking", FEB_1, FEB_3)]


async def test_a_credit_note_closes_the_rest() -> None:
    """What a linked credit note takes away is neither paid nor settled."""
    note = credit_note(7, status="1000", refSrcInvoice=ref("Invoice", 1), payDate=moment("02-01"))
    _, settlements = await _rows(
        Invoice=[invoice(1, status="1000", paidAmount=100)],
        CreditNote=[note],
        CheckAccountTransaction=[line(9, "100")],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 100)],
    )
    assert settlements == []


async def test_paid_before_it_was_credited() -> None:
    """An invoice that was paid in full and credited later leaves no fee."""
    _, settlements = await _rows(
        Invoice=[invoice(1, status="1000", paidAmount=119)],
        CreditNote=[credit_note(7, refSrcInvoice=ref("Invoice", 1))],
        CheckAccountTransaction=[line(9, "119")],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 119)],
    )
    assert settlements == []


async def test_a_cancelled_invoice_leaves_no_residue() -> None:
    """Status 1000 with nothing paid is no settlement where the invoice was cancelled."""
    notice = invoice(2, invoiceType="SR", status="1000", origin=ref("Invoice", 1), sumGross="-119")
    assert await _rows(Invoice=[invoice(1, status="1000"), notice]) == ([], [])
