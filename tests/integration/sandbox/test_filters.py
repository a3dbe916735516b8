"""Which filters the lists honour, and which they silently ignore."""

from collections.abc import AsyncIterator

import httpx
import pytest
from unit.sandbox_server.building import (
    contact,
    credit_note,
    invoice,
    listed,
    ref,
    serve,
    transaction,
    voucher,
)

from sandbox.account.quirks import Quirks

MIDNIGHT_1_SEPTEMBER = 1788213600  # 2026-09-01T00:00:00+02:00

ROWS = (
    # newest first, as the lists come
    invoice(1, invoiceDate="2026-09-30T00:00:00+02:00", timeToPay="14", contact=ref("Contact", 1)),
    invoice(
        2,
        invoiceDate="2026-09-10T00:00:00+02:00",
        timeToPay="14",
        status="750",
        paidAmount=10,
        contact=ref("Contact", 2),
    ),
    invoice(3, invoiceDate="2026-09-01T00:00:00+02:00", timeToPay=None, contact=ref("Contact", 1), dunningLevel="1"),
    invoice(
        4, invoiceDate="2026-08-31T00:00:00+02:00", status="1000", invoiceType="AR", update="2026-09-20T08:00:00+02:00"
    ),
    invoice(5, invoiceDate="2026-08-01T00:00:00+02:00", status="100", invoiceNumber=None, customerInternalNote="A-1"),
    invoice(6, invoiceDate="2026-07-31T00:00:00+02:00", invoiceType="MA", origin=ref("Invoice", 3)),
    invoice(7, invoiceDate="2026-07-30T00:00:00+02:00", invoiceType="WKR", status="100"),
    voucher(11, creditDebit="C", status="50", voucherDate="2026-09-05T00:00:00+02:00", description="Rechnung 4711"),
    voucher(12, creditDebit="C", paymentDeadline="2026-09-30T00:00:00+02:00", voucherDate="2026-09-04T00:00:00+02:00"),
    voucher(13, creditDebit="D", status="1000", payDate="2026-09-20T00:00:00+02:00", supplier=ref("Contact", 1)),
    voucher(14, voucherType="RV", paymentDeadline="2026-10-01T00:00:00+02:00", voucherDate="2026-08-04T00:00:00+02:00"),
    credit_note(21, status="1000", sumGross="50", enshrined="2026-09-01T00:00:00+02:00"),
    credit_note(
        22, timeToPay="10", sumGross="200", contact=ref("Contact", 2), creditNoteDate="2026-08-01T00:00:00+02:00"
    ),
    contact(31),
    contact(32, customerNumber="K-32", category=ref("Category", 2), update="2026-09-20T08:00:00+02:00"),
    contact(33, name=None, surename="Erika", familyname="Muster"),
    transaction(41, "10", "2026-09-20T00:00:00+02:00", entryDate="2026-10-20T00:00:00+02:00", status="400"),
    transaction(
        42, "-20.5", "2026-09-20T00:00:00+02:00", entryDate="2026-10-10T00:00:00+02:00", payeePayerName="Stadtwerke"
    ),
    transaction(
        43,
        "30",
        "2026-09-20T00:00:00+02:00",
        entryDate="2026-10-01T00:00:00+02:00",
        checkAccount=ref("CheckAccount", 6),
    ),
)


@pytest.fixture
async def sevdesk() -> AsyncIterator[httpx.AsyncClient]:
    """Client of a firm with documents of all kinds, on 1 October 2026."""
    async with serve(*ROWS) as client:
        yield client


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("status=200", [1, 3]),
        ("status=750", [2]),
        ("status[]=750&status[]=1000", [2, 4]),
        ("status[0]=750&status[1]=1000", [2, 4]),
        ("status=200&status=1000", [4]),
        ("status=", [1, 2, 3, 4, 5]),
        ("contact[id]=1&contact[objectName]=Contact", [1, 3]),
        ("contact%5Bid%5D=1&contact%5BobjectName%5D=Contact", [1, 3]),
        ("contact[id]=1", [1, 2, 3, 4, 5]),
        ("contact[objectName]=Contact", [1, 2, 3, 4, 5]),
        ("contact[id]=1&contact[objectName]=Invoice", []),
        ("contact[id]=999&contact[objectName]=Contact", []),
        (f"startDate={MIDNIGHT_1_SEPTEMBER}", [1, 2, 3]),
        (f"startDate={MIDNIGHT_1_SEPTEMBER + 1}", [1, 2]),
        (f"endDate={MIDNIGHT_1_SEPTEMBER}", [3, 4, 5]),
        (f"startDate={MIDNIGHT_1_SEPTEMBER - 86400}&endDate={MIDNIGHT_1_SEPTEMBER}", [3, 4]),
        ("startDate=2026-09-01", [1, 2, 3, 4, 5]),
        ("startDate=99999999999999", [1, 2, 3, 4, 5]),
        (f"day={MIDNIGHT_1_SEPTEMBER + 3600}", [3]),
        ("invoiceType=AR", [4]),
        ("invoiceType=MA", [6]),
        ("invoiceType=WKR", [7]),
        ("showAll=true", [1, 2, 3, 4, 5, 6, 7]),
        ("showMa=all", [1, 2, 3, 4, 5, 6]),
        ("showWkr=all", [1, 2, 3, 4, 5, 7]),
        ("delinquent=true", [2, 3]),
        ("notdelinquent=true", [1, 4, 5]),
        ("delinquent=false", [1, 2, 3, 4, 5]),
        ("partiallyPaid=true", [2]),
        ("onlyDunned=true", [3]),
        ("origin[id]=3&origin[objectName]=Invoice&showAll=true", [6]),
        (f"updateAfter={MIDNIGHT_1_SEPTEMBER + 86400}", [4]),
        (f"createBefore={MIDNIGHT_1_SEPTEMBER}", []),
        ("invoiceNumber=RE-2", [2]),
        ("headerOrNumber=re-2", [2]),
        ("headerStartsWith=Rechnung", [1, 2, 3, 4, 5]),
        ("customerInternalNote=A-1", [5]),
        ("customerIntenalNote=A-1", [1, 2, 3, 4, 5]),
        ("nonsense=1&limits=2", [1, 2, 3, 4, 5]),
    ],
)
async def test_invoices_are_filtered_by_what_is_known(
    sevdesk: httpx.AsyncClient, query: str, expected: list[int]
) -> None:
    """Known filters narrow, unknown, misspelt, malformed and half ones are ignored; MA and WKR want to be asked for."""
    assert await listed(sevdesk, f"Invoice?{query}") == [str(number) for number in expected]


@pytest.mark.parametrize(
    ("query", "expected"),
    [("", ["1", "3"]), ("&showAll=true", ["1", "3", "4"]), ("&invoiceType=MA", ["4"]), ("&status=750", ["3"])],
)
async def test_dunned_is_what_has_a_reminder_or_a_level(query: str, expected: list[str]) -> None:
    """As the API has them, invoices have no level of their own: their reminders tell."""
    rows = (
        invoice(1, invoiceDate="2026-09-30T00:00:00+02:00"),
        invoice(2, invoiceDate="2026-09-29T00:00:00+02:00"),
        invoice(3, invoiceDate="2026-09-28T00:00:00+02:00", dunningLevel="1", status="750"),
        invoice(
            4, invoiceDate="2026-09-27T00:00:00+02:00", invoiceType="MA", dunningLevel="1", origin=ref("Invoice", 1)
        ),
    )
    async with serve(*rows, quirks=Quirks(unknown_filters="refused")) as client:
        assert await listed(client, f"Invoice?onlyDunned=true{query}") == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Voucher?creditDebit=D", [13]),
        ("Voucher?status[]=50&status[]=1000", [11, 13]),
        ("Voucher?delinquent=true", [12]),
        ("Voucher?noRv=true", [11, 12, 13]),
        ("Voucher?voucherType=RV", [14]),
        ("Voucher?descriptionLike=4711", [11]),
        ("Voucher?contact[id]=1&contact[objectName]=Contact", [13]),
        ("Voucher?startPayDate=1789855200&endPayDate=1789855200", [13]),
        ("Voucher?year=2026&month=08", [14]),
        ("Voucher?startAmount=95", []),
        ("Voucher?startAmount=94", [11, 12, 13, 14]),
        ("Voucher?hasDocument=true", []),
        ("CreditNote?delinquent=true", [22]),
        ("CreditNote?creditNoteNumber=GU-21", [21]),
        ("CreditNote?startAmount=50&endAmount=50", [21]),
        ("CreditNote?onlyEnshrined=true", [21]),
        ("CreditNote?contact[id]=2&contact[objectName]=Contact", [22]),
        ("CreditNote?updateAfter=1900000000", [21, 22]),
        ("Contact?depth=0", [31, 32]),
        ("Contact", [31, 32]),
        ("Contact?depth=1", [31, 32, 33]),
        ("Contact?depth=1&name=Muster", [33]),
        ("Contact?customerNumber=K-32", [32]),
        ("Contact?category[id]=2&category[objectName]=Category", [32]),
        (f"Contact?updateAfter={MIDNIGHT_1_SEPTEMBER + 86400}", [32]),
        ("CheckAccountTransaction?startDate=2026-10-05&endDate=2026-10-15", [42]),
        ("CheckAccountTransaction?startDate=2026-10-05T00:00:00%2B02:00", [41, 42]),
        ("CheckAccountTransaction?startDate=1791151200", [41, 42]),
        ("CheckAccountTransaction?startDate=rubbish", [41, 42, 43]),
        ("CheckAccountTransaction?checkAccount[id]=6&checkAccount[objectName]=CheckAccount", [43]),
        ("CheckAccountTransaction?status=400", [41]),
        ("CheckAccountTransaction?isBooked=true", [41]),
        ("CheckAccountTransaction?isBooked=false", [41, 42, 43]),
        ("CheckAccountTransaction?onlyCredit=true", [41, 43]),
        ("CheckAccountTransaction?onlyDebit=true", [42]),
        ("CheckAccountTransaction?payeePayerName=werke", [42]),
        ("CheckAccountTransaction?paymtPurpose=zahlung+41", [41]),
        ("CheckAccountTransaction?updateAfter=1900000000", [41, 42, 43]),
    ],
)
async def test_the_other_lists_are_filtered_by_what_is_known(
    sevdesk: httpx.AsyncClient, path: str, expected: list[int]
) -> None:
    """Transactions cut by entry date in either notation; credit notes and transactions know no ``updateAfter``."""
    assert await listed(sevdesk, path) == [str(number) for number in expected]


async def test_reminders_and_templates_can_be_shown_by_default() -> None:
    """That they are hidden is inferred only, so the sandbox can be told not to."""
    async with serve(*ROWS, quirks=Quirks(hides_special_invoices=False)) as client:
        assert await listed(client, "Invoice") == ["1", "2", "3", "4", "5", "6", "7"]


async def test_odd_values_in_books_do_not_break_the_lists() -> None:
    """Numbers for texts, texts for references and rubbish for dates make an object miss a filter, no more."""
    odd = invoice(1, status=200, contact="Meier", invoiceDate="gestern", timeToPay="1e400", paidAmount="viel")
    async with serve(odd, transaction(2, "nichts", checkAccount=None)) as client:
        assert await listed(client, "Invoice?status=200&embed=contact") == ["1"]
        assert await listed(client, "Invoice?startDate=1&contact[id]=1&contact[objectName]=Contact") == []
        assert await listed(client, "Invoice?delinquent=true&partiallyPaid=true&orderByDueDate=true") == []
        assert await listed(client, "CheckAccountTransaction?onlyCredit=true") == []
