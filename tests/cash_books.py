"""Books of a regular firm, for tests of cash ahead: invoices, bills, wages, rent and taxes, month by month."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from builders import Row, make_account, make_bill, make_closing, make_invoice, make_level, make_transaction

AS_OF = date(2026, 6, 30)
MONTHS = 18


def line(day: date, cents: int, category: str, **overrides: object) -> Row:
    """A bank line of a category."""
    return make_transaction(happened_on=day, amount_cents=cents, category=category, **overrides)


def month_back(number: int) -> date:
    """The first day of a month before the month of ``AS_OF``; 0 is that month."""
    month = AS_OF.year * 12 + AS_OF.month - 1 - number
    return date(month // 12, month % 12 + 1, 1)


def regular(
    months: int = MONTHS, sales: Sequence[int] = (1_190_000,), *, is_confirmed: bool = True
) -> dict[str, list[Row]]:
    """A firm that invoices on the 5th and is paid on the 25th; each month 2,000 of wages, 500 of rent, and its tax.

    Args:
        months: of its books, the running one included.
        sales: gross cents of each month, the running one first; the last holds for all before.
        is_confirmed: the bank confirms its level of 10,000 on the first day.
    """
    rows: dict[str, list[Row]] = {name: [] for name in ("invoices", "bills", "closings", "transactions")}
    for back in range(months - 1, -1, -1):
        first, gross = month_back(back), sales[min(back, len(sales) - 1)]
        last = first.replace(day=monthrange(first.year, first.month)[1])
        invoice = make_invoice(
            customer=1 + back % 3, issued_on=first + timedelta(4), net_cents=gross * 100 // 119, gross_cents=gross
        )
        came = line(first + timedelta(24), gross, "customer_receipt")
        bill = make_bill(supplier=7, issued_on=first + timedelta(2), net_cents=200_000, gross_cents=238_000)
        went = line(first + timedelta(16), -238_000, "supplier")
        rows["invoices"].append(invoice)
        rows["bills"].append(bill)
        rows["closings"] += [
            make_closing(invoice, happened_on=came["happened_on"], transaction_id=came["transaction_id"]),
            make_closing(bill, happened_on=went["happened_on"], transaction_id=went["transaction_id"]),
        ]
        paid = sales[min(back + 1, len(sales) - 1)]
        tax = paid - paid * 100 // 119 - 38_000
        rows["transactions"] += [
            came,
            went,
            line(first + timedelta(2), -50_000, "rent", counterparty_account=31),
            line(first + timedelta(9), -tax, "vat", counterparty_account=32),
            line(last, -200_000, "wages", counterparty_account=33),
        ]
    before = month_back(months - 1) - timedelta(1)
    return {
        **rows,
        "accounts": [make_account(recorded_on=before)],
        "levels": [
            make_level(level_cents=1_000_000, state="verified" if is_confirmed else "unverified", happened_on=before)
        ],
    }
