"""What becomes a position of a document, and what its booking account says that it is about."""

from typing import Any

import polars as pl
import pytest
from spec.ledger.books import credit_note, invoice, read, voucher
from unit.sevdesk.fakes import ref

from scoring.sources.booking_accounts import Chart, chart_of, kinds_of, number_of, ranges_of
from scoring.sources.sevdesk.words.fetched import ACCOUNTS_UNNUMBERED, CHART_UNKNOWN

DAY = "2026-01-10T10:00:00+01:00"


def position(number: int, owner: str, document: int, **changes: object) -> dict[str, Any]:
    """A position over 100 euro net of a document."""
    field = owner[0].lower() + owner[1:]
    return {
        "id": str(number), "objectName": f"{owner}Pos", field: ref(owner, document), "create": DAY,
        "sumNet": "100", "sumGross": "119", "name": "Beratung", **changes,
    }  # fmt: skip


def guide(identifier: int, number: str) -> dict[str, Any]:
    """A booking account of system 2.0."""
    return {"accountDatevId": identifier, "accountNumber": number, "accountName": "x"}


def booked(number: int, document: int, account: int, **changes: object) -> dict[str, Any]:
    """A position of a voucher on an account of system 2.0."""
    return position(number, "Voucher", document, accountDatev=ref("AccountDatev", account), **changes)


async def test_positions_of_each_document() -> None:
    """Invoices and credit notes are revenue, vouchers what their account says; a credit note's amounts are positive."""
    ledger, coverage = await read(
        Invoice=[invoice(1)],
        InvoicePos=[position(11, "Invoice", 1)],
        CreditNote=[credit_note(2)],
        CreditNotePos=[position(21, "CreditNote", 2, sumNet="-100", sumGross="-119")],
        Voucher=[voucher(3), voucher(4, creditDebit="D")],
        VoucherPos=[booked(31, 3, 70), booked(32, 3, 71, sumNet="50", sumGross="59.5"), booked(41, 4, 72)],
        **{"ReceiptGuidance/forAllAccounts": [guide(70, "6310"), guide(71, "6855"), guide(72, "4400")]},
    )
    columns = ("document", "document_id", "position_id", "account", "kind", "net_cents", "gross_cents")
    assert ledger.positions.select(columns).rows() == [
        ("invoice", 1, 11, None, "revenue", 100_00, 119_00),
        ("voucher", 3, 31, 6310, "rent", 100_00, 119_00),
        ("voucher", 3, 32, 6855, "other_cost", 50_00, 59_50),
        ("voucher", 4, 41, 4400, "revenue", 100_00, 119_00),
        ("credit_note", 2, 21, None, "revenue", 100_00, 119_00),
    ]
    assert {ACCOUNTS_UNNUMBERED, CHART_UNKNOWN}.isdisjoint(coverage.notes)


async def test_an_item_is_a_hash_of_the_article_else_of_the_name() -> None:
    """The same article is the same item under another name; a name alone counts whatever its case and spaces."""
    ledger, _ = await read(
        Invoice=[invoice(1)],
        InvoicePos=[
            position(11, "Invoice", 1, part=ref("Part", 5), name="Wartung"),
            position(12, "Invoice", 1, part=ref("Part", 5), name="Wartung 2026"),
            position(13, "Invoice", 1, name="Wartung"),
            position(14, "Invoice", 1, name=" wartung "),
            position(15, "Invoice", 1, name=None),
        ],
    )
    items = ledger.positions["item"].to_list()
    assert items[0] == items[1]
    assert items[2] == items[3] != items[0]
    assert items[4] is None


async def test_only_documents_that_are_facts_have_positions() -> None:
    """Those of drafts, templates and of documents that were not read are dropped; so is what has no amount."""
    ledger, _ = await read(
        Invoice=[invoice(1), invoice(2, status="100")],
        InvoicePos=[
            position(11, "Invoice", 1),
            position(12, "Invoice", 1, sumNet="x"),
            position(21, "Invoice", 2),
            position(91, "Invoice", 9),
            {**position(92, "Invoice", 9), "invoice": None},
        ],
        Voucher=[voucher(1, voucherType="RV")],
        VoucherPos=[booked(12, 1, 70)],
    )
    assert ledger.positions["position_id"].to_list() == [11]


async def test_accounts_of_system_1_have_the_numbers_of_their_accounting_types() -> None:
    """Embedded in the list of accounting types, which no list of documents has."""
    types = [{"id": "26", "accountingSystemNumber": {"number": "4210"}}, {"id": "27", "accountingSystemNumber": None}]
    ledger, coverage = await read(
        Voucher=[voucher(3)],
        VoucherPos=[
            position(31, "Voucher", 3, accountingType=ref("AccountingType", 26)),
            position(32, "Voucher", 3, accountingType=ref("AccountingType", 27)),
        ],
        AccountingType=types,
    )
    assert ledger.positions.select("account", "kind").rows() == [(4210, "rent"), (None, "unmapped")]
    assert ACCOUNTS_UNNUMBERED in coverage.notes


async def test_accounts_that_speak_for_both_charts_have_no_kind() -> None:
    """Nothing is guessed, and a note says why."""
    ledger, coverage = await read(
        Voucher=[voucher(3), voucher(4)],
        VoucherPos=[booked(31, 3, 70), booked(41, 4, 71)],
        **{"ReceiptGuidance/forAllAccounts": [guide(70, "6310"), guide(71, "4210")]},
    )
    assert ledger.positions["kind"].to_list() == ["unmapped", "unmapped"]
    assert CHART_UNKNOWN in coverage.notes


@pytest.mark.parametrize(
    ("text", "number"),
    [("8400", 8400), (" 8400 ", 8400), ("84001", 8400), ("0650", 650), ("650", 650), ("", None), (None, None),
     ("84x0", None), ("0000", None), ("123456789", None)],
)  # fmt: skip
def test_numbers_have_four_digits(text: str | None, number: int | None) -> None:
    """What a firm appends is part of an account, not another one."""
    assert number_of(text) == number


@pytest.mark.parametrize(
    ("accounts", "chart"),
    [
        ([], None),
        ([(1200, False)], None),
        ([(4400, True)], Chart.SKR04),
        ([(4400, False)], Chart.SKR03),
        ([(3400, False)], Chart.SKR03),
        ([(3400, True)], None),
        ([(8400, True), (4930, False)], Chart.SKR03),
        ([(6300, False)] * 10 + [(8400, True)], Chart.SKR04),
        ([(6300, False)] * 9 + [(8400, True)], None),
    ],
)
def test_the_chart_is_that_of_the_accounts(accounts: list[tuple[int, bool]], chart: Chart | None) -> None:
    """Ten to one at least; what both charts have says nothing."""
    assert chart_of(accounts) == chart


@pytest.mark.parametrize(
    ("kind", "skr03", "skr04"),
    [
        ("revenue", (8000, 8400, 8736), (4000, 4400, 4736)),
        ("other_income", (2650, 8600, 8801), (4830, 4999, 7100)),
        ("material", (3000, 3400, 3899), (5000, 5400, 5999)),
        ("wages", (4100, 4120, 4190), (6000, 6020, 6199)),
        ("social_security", (4130, 4138), (6110, 6120)),
        ("rent", (4210, 4260), (6310, 6335)),
        ("utilities", (4230, 4240), (6320, 6325)),
        ("vehicle", (4510, 4530, 4595), (6520, 6530, 6595, 7685)),
        ("advertising", (4600, 4650), (6600, 6640)),
        ("travel", (4660, 4670), (6650, 6670)),
        ("communication", (4910, 4920), (6800, 6805)),
        ("insurance", (4360,), (6400, 6405)),
        ("professional_fees", (4950, 4957), (6825, 6830)),
        ("repairs", (4800, 4806), (6450, 6495)),
        ("depreciation", (4822, 4855), (6220, 6260)),
        ("interest", (2100, 2120), (7300, 7310)),
        ("tax", (1576, 1780, 2200, 4320), (1406, 3820, 7603, 7610)),
        ("loan", (630, 730), (3150, 3170)),
        ("lease", (4570, 4810, 4965), (6498, 6560, 6840)),
        ("owner", (800, 1800, 1890), (2100, 2180)),
        ("asset", (27, 420, 480), (200, 650, 670)),
        ("unmapped", (1, 1000, 1200, 1740, 5000, 7000, 9000), (1, 1200, 1800, 3720, 8000, 9000)),
    ],
)  # fmt: skip
def test_what_accounts_are_about(kind: str, skr03: tuple[int, ...], skr04: tuple[int, ...]) -> None:
    """Well-known accounts of both charts, first and last of some ranges among them."""
    assert kinds_of(pl.Series(skr03), Chart.SKR03).to_list() == [kind] * len(skr03)
    assert kinds_of(pl.Series(skr04), Chart.SKR04).to_list() == [kind] * len(skr04)
    assert kinds_of(pl.Series([*skr03, None]), None).to_list() == ["unmapped"] * (len(skr03) + 1)


@pytest.mark.parametrize("chart", Chart)
def test_ranges_are_in_order_and_do_not_overlap(chart: Chart) -> None:
    """An account has one kind."""
    ends = [end for first, last, _ in ranges_of(chart) for end in (first, last)]
    assert ends == sorted(ends)
    firsts = [first for first, _, _ in ranges_of(chart)]
    assert len(set(firsts)) == len(firsts)
    assert all(
        last < first for (_, last, _), (first, _, _) in zip(ranges_of(chart), ranges_of(chart)[1:], strict=False)
    )
