"""Management accounts: a profit and loss account by month, from documents and from the bank."""

from datetime import date, timedelta
from typing import Any

import pytest
from builders import (
    make_account,
    make_bill,
    make_cancellation,
    make_credit_note,
    make_invoice,
    make_ledger,
    make_position,
    make_transaction,
)

from features.ledger import CATEGORY, COST_KIND, Resource
from features.management import (
    APART,
    BANK_KINDS,
    BELOW,
    COSTS,
    INCOME,
    Account,
    ManagementAccounts,
    UnmappedAccount,
    management_accounts,
)

AS_OF = date(2025, 3, 15)
"""The twelve full months are March 2024 to February 2025."""
FIRST, LAST = date(2024, 3, 1), date(2025, 2, 28)
NOT_LINES = {"cash_withdrawal", "transfer"}


def _of(**frames: Any) -> ManagementAccounts:  # noqa: ANN401  rows of many types
    return management_accounts(make_ledger(**frames), AS_OF)


def _totals(account: Account | None) -> dict[str, int]:
    assert account is not None
    return {one.line: one.total_cents for one in (*account.lines, *account.apart) if one.total_cents}


def test_documents_without_positions_have_no_kind() -> None:
    """A sale is revenue, a credit note less of it, a bill is a cost that is not mapped."""
    sale = make_invoice(issued_on=FIRST, net_cents=1_000_00)
    found = _of(
        invoices=[sale],
        credit_notes=[make_credit_note(sale, issued_on=LAST, net_cents=100_00)],
        bills=[make_bill(issued_on=LAST, net_cents=300_00)],
    )
    assert _totals(found.documents) == {
        "revenue": 900_00, "gross_profit": 900_00, "unmapped": 300_00, "operating_result": 600_00,
        "result_before_tax": 600_00,
    }  # fmt: skip
    assert (found.document_count, found.without_positions, found.contradicting) == (3, 3, 0)


def test_lines_are_those_of_the_form() -> None:
    """Revenue, material, gross profit, costs, operating result, interest, result; what is no cost stands apart."""
    kinds = {
        "material": 200_00, "wages": 100_00, "rent": 50_00, "repairs": 5_00, "depreciation": 8_00, "interest": 10_00,
        "tax": 30_00, "loan": 40_00, "owner": 20_00, "asset": 500_00,
    }  # fmt: skip
    bills = [make_bill(issued_on=FIRST, net_cents=cents) for cents in kinds.values()]
    sale = make_invoice(issued_on=FIRST, net_cents=1_000_00)
    other = make_invoice(document="voucher", issued_on=FIRST, net_cents=70_00)
    found = _of(
        invoices=[sale, other],
        bills=bills,
        positions=[
            make_position(sale, kind="revenue"),
            make_position(other, kind="other_income"),
            *(make_position(bill, kind=kind) for bill, kind in zip(bills, kinds, strict=True)),
        ],
    )
    assert found.documents is not None
    assert [(one.line, one.total_cents) for one in found.documents.lines] == [
        ("revenue", 1_000_00),
        ("material", 200_00),
        ("gross_profit", 800_00),
        ("other_income", 70_00),
        ("wages", 100_00),
        ("rent", 50_00),
        ("repairs", 5_00),
        ("depreciation", 8_00),
        ("operating_result", 707_00),
        ("interest", 10_00),
        ("result_before_tax", 697_00),
    ]
    assert [(one.line, one.total_cents) for one in found.documents.apart] == [
        ("tax", 30_00), ("loan", 40_00), ("owner", 20_00), ("asset", 500_00),
    ]  # fmt: skip
    assert (found.has_positions, found.without_positions) == (True, 0)


@pytest.mark.parametrize(
    ("issued_on", "is_in"),
    [(date(2024, 2, 29), False), (FIRST, True), (LAST, True), (date(2025, 3, 1), False)],
)
def test_the_months_are_the_twelve_full_ones(issued_on: date, is_in: bool) -> None:  # noqa: FBT001  a column
    """By the day of issue."""
    found = _of(invoices=[make_invoice(issued_on=issued_on)])
    assert found.months == tuple(date(2024 + (month > 12), (month - 1) % 12 + 1, 1) for month in range(3, 15))
    assert _totals(found.documents).get("revenue", 0) == (100_00 if is_in else 0)


def test_what_is_not_visible_or_does_not_count() -> None:
    """Cancelled invoices, copies, and what was recorded later are left out."""
    cancelled = make_invoice(issued_on=FIRST)
    found = _of(
        invoices=[
            cancelled,
            make_invoice(issued_on=FIRST, is_duplicate=True),
            make_invoice(issued_on=FIRST, recorded_on=date(2025, 3, 16)),
        ],
        cancellations=[make_cancellation(cancelled)],
        bills=[make_bill(issued_on=FIRST, is_duplicate=True)],
    )
    assert found.document_count == 0
    assert _totals(found.documents) == {}


@pytest.mark.parametrize(
    ("nets", "grosses", "is_explained"),
    [
        ((60_00, 40_00), (71_40, 47_60), True),
        ((60_01, 40_01), (71_41, 47_61), True),  # a cent each
        ((60_01, 40_02), (71_40, 47_60), False),
        ((60_00, 40_00), (71_40, 47_63), False),
        ((60_00,), (71_40,), False),
        ((160_00, -60_00), (190_40, -71_40), True),  # a discount
    ],
)
def test_positions_that_contradict_their_document_are_set_aside(
    nets: tuple[int, ...],
    grosses: tuple[int, ...],
    is_explained: bool,  # noqa: FBT001  a column
) -> None:
    """Then the document counts with its own amount, without a kind."""
    bill = make_bill(issued_on=FIRST)
    parts = [
        make_position(bill, kind="rent", net_cents=net, gross_cents=gross)
        for net, gross in zip(nets, grosses, strict=True)
    ]
    found = _of(bills=[bill], positions=parts)
    kind = "rent" if is_explained else "unmapped"
    assert _totals(found.documents)[kind] == (sum(nets) if is_explained else 100_00)
    assert found.contradicting == (not is_explained)
    assert found.unmapped == ()


def test_accounts_that_are_not_mapped_are_named() -> None:
    """Each with the number of its positions and its amount, the largest first."""
    bills = [make_bill(issued_on=FIRST, net_cents=cents) for cents in (10_00, 20_00, 90_00)]
    sale = make_invoice(document="voucher", issued_on=FIRST, net_cents=5_00)
    accounts = [1360, 1360, None]
    found = _of(
        invoices=[sale],
        bills=bills,
        positions=[
            *(make_position(bill, account=account) for bill, account in zip(bills, accounts, strict=True)),
            make_position(sale, account=1360),
        ],
    )
    assert found.unmapped == (
        UnmappedAccount(account=None, position_count=1, net_cents=90_00),
        UnmappedAccount(account=1360, position_count=3, net_cents=25_00),
    )
    assert _totals(found.documents)["unmapped"] == 115_00


def test_the_bank_by_category() -> None:
    """Gross, without transfers, copies, tills and what somebody entered; value added tax is a cost."""
    amounts = {
        "customer_receipt": 1_190_00, "refund_paid": -19_00, "supplier": -119_00, "wages": -300_00, "vat": -150_00,
        "tax_refund": 10_00, "rent": -100_00, "loan_service": -80_00, "owner_drawing": -60_00, "income_tax": -40_00,
        "other": -7_00,
    }  # fmt: skip
    lines = [
        make_transaction(category=category, amount_cents=cents, happened_on=LAST) for category, cents in amounts.items()
    ]
    lines += [
        make_transaction(**{"category": "customer_receipt", "amount_cents": 1, "happened_on": LAST, **changes})
        for changes in ({"transfer": "link"}, {"is_duplicate": True}, {"is_fed": False}, {"category": "transfer"})
    ]
    found = _of(accounts=[make_account()], transactions=lines)
    assert _totals(found.bank) == {
        "revenue": 1_171_00, "material": 119_00, "gross_profit": 1_052_00, "wages": 300_00, "rent": 100_00,
        "vat": 140_00, "unmapped": 7_00, "operating_result": 505_00, "result_before_tax": 505_00, "tax": 40_00,
        "loan": 80_00, "owner": 60_00,
    }  # fmt: skip


def test_cash_that_was_paid_in_is_revenue_and_named() -> None:
    """Of bank accounts, within the twelve months."""
    lines = [
        make_transaction(category="cash_deposit", amount_cents=500_00, happened_on=LAST),
        make_transaction(category="cash_deposit", amount_cents=300_00, happened_on=FIRST),
        make_transaction(category="cash_deposit", amount_cents=70_00, happened_on=FIRST - timedelta(days=1)),
        make_transaction(category="customer_receipt", amount_cents=9_00, happened_on=LAST),
    ]
    found = _of(accounts=[make_account()], transactions=lines)
    assert (found.cash_deposit_cents, _totals(found.bank)["revenue"]) == (800_00, 809_00)


def test_the_difference_is_by_month() -> None:
    """What was written less what was moved; costs that only the bank has are named and left out."""
    found = _of(
        invoices=[make_invoice(issued_on=FIRST, net_cents=1_000_00)],
        accounts=[make_account()],
        transactions=[
            make_transaction(category="customer_receipt", amount_cents=1_190_00, happened_on=LAST),
            make_transaction(category="wages", amount_cents=-400_00, happened_on=LAST),
        ],
    )
    assert found.difference_cents == (1_000_00, *(0,) * 10, -1_190_00)
    assert found.only_paid == ("wages",)


@pytest.mark.parametrize(("unmapped", "only_paid"), [(399_99, ("wages",)), (400_00, ())])
def test_bills_without_a_kind_may_be_what_was_paid(unmapped: int, only_paid: tuple[str, ...]) -> None:
    """So only what is more than they are has no document for sure, where other documents tell their kind."""
    told, untold = make_bill(issued_on=FIRST, net_cents=10_00), make_bill(issued_on=FIRST, net_cents=unmapped)
    found = _of(
        bills=[told, untold],
        positions=[make_position(told, kind="rent")],
        accounts=[make_account()],
        transactions=[make_transaction(category="wages", amount_cents=-400_00, happened_on=LAST)],
    )
    assert found.only_paid == only_paid


@pytest.mark.parametrize(
    ("unmapped", "only_paid"),
    [(199_99, ("wages", "social_security")), (200_00, ()), (400_00, ()), (0, ("wages", "social_security"))],
)
def test_payroll_is_among_bills_of_no_kind_or_not(unmapped: int, only_paid: tuple[str, ...]) -> None:
    """Where no document tells its kind, whichever brings both results nearer; material is never left out."""
    found = _of(
        bills=[make_bill(issued_on=FIRST, net_cents=100_00 + unmapped)],
        accounts=[make_account()],
        transactions=[
            make_transaction(category="wages", amount_cents=-300_00, happened_on=LAST),
            make_transaction(category="social_security", amount_cents=-100_00, happened_on=LAST),
            make_transaction(category="supplier", amount_cents=-100_00, happened_on=LAST),
        ],
    )
    assert found.only_paid == only_paid
    assert sum(found.difference_cents or ()) == (-unmapped if only_paid else 400_00 - unmapped)


@pytest.mark.parametrize(
    ("missing", "documents", "bank"),
    [
        ({Resource.INVOICES}, True, True),
        ({Resource.INVOICES, Resource.VOUCHERS}, False, True),
        ({Resource.TRANSACTIONS}, True, False),
        ({Resource.RECOGNITION}, True, False),
    ],
)
def test_what_was_not_read_is_missing(missing: set[Resource], *, documents: bool, bank: bool) -> None:
    """Missing is not 0."""
    found = _of(fetched=set(Resource) - missing)
    assert (found.documents is not None, found.bank is not None) == (documents, bank)
    assert (found.difference_cents is not None) == (documents and bank)


def test_every_kind_and_category_has_its_line() -> None:
    """No amount can fall out of the account."""
    assert {*INCOME, *COSTS, *BELOW, *APART} == {*COST_KIND.categories, "vat"}
    assert set(CATEGORY.categories) - set(BANK_KINDS) == NOT_LINES
    assert {kind or category for category, kind in BANK_KINDS.items()} <= {*INCOME, *COSTS, *BELOW, *APART}
