"""Hypothesis strategies: ledgers of one borrower as rows, spread around a day of observation."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from builders import (
    Row,
    make_account,
    make_balance,
    make_bill,
    make_cancellation,
    make_closing,
    make_credit_note,
    make_invoice,
    make_level,
    make_payment,
    make_reminder,
    make_set_aside,
    make_settlement,
    make_transaction,
)
from hypothesis import strategies as st

from features.ledger import (
    ACCOUNT_KIND,
    CATEGORY,
    CERTAINTY,
    FEED,
    LEVEL_STATE,
    MEANS,
    NATURE,
    PAYMENT_SOURCE,
    SET_ASIDE_KIND,
    SETTLEMENT_CAUSE,
    TRANSFER,
)

AS_OF = date(2024, 12, 15)
"""The day that the facts lie around: most before, some after."""

Rows = dict[str, list[Row]]
"""Rows by name of their frame."""

DAYS = st.integers(-500, 60).map(lambda days: AS_OF + timedelta(days=days))
CENTS = st.integers(1, 500_000)
HUNDREDS = st.integers(1, 50).map(lambda hundreds: hundreds * 100_00)
"""Whole hundreds of euro: parts of them are none or far above what counts as immaterial."""
_LAG = st.sampled_from([0, 0, 0, 1, 20, 200]).map(lambda days: timedelta(days=days))
_KINDS = st.sets(st.sampled_from(SET_ASIDE_KIND.categories.to_list()), max_size=3)
_MOSTLY = st.sampled_from([True, True, False])
_RARELY = st.sampled_from([False, False, False, True])
_SELDOM = st.sampled_from([*[False] * 9, True])
_CLOSED = st.fixed_dictionaries(
    {
        "means": st.sampled_from([*MEANS.categories, *["bank"] * 10]),
        "is_day_known": st.sampled_from([*[True] * 5, False]),
    }
)


@st.composite
def _sales_of(draw: st.DrawFn, cents: st.SearchStrategy[int]) -> Rows:
    """An invoice or revenue voucher, and what became of it."""
    issued_on, net_cents = draw(DAYS), draw(cents)
    document = draw(st.sampled_from(["invoice", "invoice", "invoice", "voucher"]))
    sale = make_invoice(
        document=document,
        customer=draw(st.one_of(st.none(), st.integers(1, 4))),
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=draw(st.integers(0, 60))),
        is_due_assumed=draw(st.booleans()),
        discount_days=draw(st.sampled_from([None, None, 8, 14])),
        net_cents=net_cents,
        recorded_on=issued_on + draw(_LAG),
    )
    later = st.builds(lambda wait: {"happened_on": issued_on + timedelta(days=wait)}, st.integers(-5, 150))

    def moved(**values: Any) -> Row:  # noqa: ANN401  values of many types
        happened = draw(later)
        return {**happened, "recorded_on": happened["happened_on"] + draw(_LAG), **values}

    share = draw(st.sampled_from([100, 100, 100, 60, 0]))
    gross = sale["gross_cents"]
    source = st.sampled_from(PAYMENT_SOURCE.categories.to_list())
    rows: Rows = {"invoices": [sale]}
    if share:
        rows["payments"] = [make_payment(sale, **moved(amount_cents=gross * share // 100, source=draw(source)))]
    if draw(st.integers(0, 3)) == 0:
        cause = draw(st.sampled_from(SETTLEMENT_CAUSE.categories.to_list()))
        rows["settlements"] = [make_settlement(sale, **moved(amount_cents=gross - gross * share // 100, cause=cause))]
    if draw(st.integers(0, 4)) == 0:
        note = moved(net_cents=net_cents)
        note["issued_on"] = note.pop("happened_on")
        rows["credit_notes"] = [make_credit_note(draw(st.sampled_from([sale, None])), **note)]
    if draw(st.integers(0, 5)) == 0:
        rows["cancellations"] = [make_cancellation(sale, **moved())]
    if draw(st.integers(0, 3)) == 0:
        rows["reminders"] = [
            make_reminder(sale, level=draw(st.sampled_from([None, 1, 2, 3])), **moved()) for _ in range(2)
        ]
    _recognised_sale(draw, rows, sale, moved)
    return rows


def _recognised_sale(draw: st.DrawFn, rows: Rows, sale: Row, moved: Callable[..., Row]) -> None:
    """The facts of version 2 about a sale and what became of it."""
    gross = sale["gross_cents"]
    sale["is_duplicate"] = draw(_SELDOM)
    if sale["is_duplicate"] and draw(st.booleans()):
        sale["duplicate_until"] = sale["recorded_on"] + draw(_LAG)
    if draw(_SELDOM):
        sale["sold_on"] = sale["recorded_on"] + draw(_LAG)
    sale["retention_cents"] = draw(st.sampled_from([0, 0, 0, gross // 20, gross // 10]))
    if draw(_RARELY):
        sale["retained_since"] = sale["recorded_on"] + draw(_LAG)
    if draw(st.booleans()):
        sale["retained_until"] = sale["due_on"] + timedelta(days=draw(st.integers(0, 400)))
    if draw(st.integers(0, 5)) == 0:
        sale["sent_on"] = sale["recorded_on"] + draw(_LAG)
    first = gross * draw(st.sampled_from([100, 100, 90, 60, 0])) // 100
    parts = [first, *([gross - first] if draw(st.booleans()) else []), *([-first, first] if draw(_RARELY) else [])]
    rows["closings"] = [make_closing(sale, **moved(amount_cents=part, **draw(_CLOSED))) for part in parts if part]
    rows["closings"] += [
        make_closing(note, **moved(document="credit_note", **draw(_CLOSED)))
        for note in rows.get("credit_notes", [])
        if draw(_RARELY)
    ]


@st.composite
def _bill_of(draw: st.DrawFn, cents: st.SearchStrategy[int]) -> Rows:
    issued_on = draw(DAYS)
    due_on = issued_on + timedelta(days=draw(st.integers(-3, 40)))
    bill = make_bill(issued_on=issued_on, due_on=due_on, net_cents=draw(cents), recorded_on=issued_on + draw(_LAG))
    bill["is_duplicate"] = draw(_SELDOM)
    if bill["is_duplicate"] and draw(st.booleans()):
        bill["duplicate_until"] = bill["recorded_on"] + draw(_LAG)
    if not draw(st.booleans()):
        return {"bills": [bill]}
    paid_on = due_on + timedelta(days=draw(st.integers(-10, 60)))
    paid = {"happened_on": paid_on, "recorded_on": paid_on + draw(_LAG)}
    return {
        "bills": [bill],
        "payments": [make_payment(bill, **paid)],
        "closings": [make_closing(bill, **paid, **draw(_CLOSED))],
    }


@st.composite
def _line_of(draw: st.DrawFn, cents: st.SearchStrategy[int]) -> Rows:
    happened_on = draw(DAYS)
    line = make_transaction(
        account_id=draw(st.sampled_from([1, 1, 1, 2])),
        amount_cents=draw(cents) * draw(st.sampled_from([-1, 0, 1, 1])),
        nature=draw(st.sampled_from([*NATURE.categories, *["other"] * 10])),
        is_internal=draw(st.sampled_from([False, False, True])),
        happened_on=happened_on,
        recorded_on=happened_on + draw(_LAG),
        counterparty_account=draw(st.sampled_from([None, 1, 2, 3])),
        category=draw(st.sampled_from([*CATEGORY.categories, *["customer_receipt", "supplier"] * 10])),
        certainty=draw(st.sampled_from(CERTAINTY.categories.to_list())),
        transfer=draw(st.sampled_from([*TRANSFER.categories, *["none"] * 10])),
        is_fed=draw(_MOSTLY),
        is_duplicate=draw(_SELDOM),
    )
    return {"transactions": [line]}


def _accounts(draw: st.DrawFn, known_on: date) -> Rows:
    """Two accounts, which may be one at the bank, or a bank account and a till."""
    is_one = draw(_RARELY)
    kind = "online" if is_one else draw(st.sampled_from(ACCOUNT_KIND.categories.to_list()))
    accounts = [
        make_account(recorded_on=known_on, feed=draw(st.sampled_from(FEED.categories.to_list()))),
        make_account(
            account_id=2,
            recorded_on=known_on,
            bank_account_id=1 if is_one else 2,
            kind=kind,
            # No bank feeds a till or a clearing account.
            provenance="bank_feed" if kind == "online" else "none",
        ),
    ]
    levels = [
        make_level(
            bank_account_id=number,
            happened_on=known_on,
            level_cents=draw(st.integers(-100_000, 1_000_000)),
            state=draw(st.sampled_from([*LEVEL_STATE.categories, *["verified"] * 4])),
        )
        for number in ([1] if is_one else [1, 2])
    ]
    return {"accounts": accounts, "levels": levels}


@st.composite
def ledger_rows(draw: st.DrawFn, cents: st.SearchStrategy[int] = CENTS) -> Rows:
    """Rows of one borrower: 6 to 30 sales, some bills and bank lines, two accounts of which one may be unconfirmed.

    What version 2 of the ledger added stands beside the facts of version 1, and says other things than these.

    Args:
        draw: By Hypothesis.
        cents: Amounts of documents and lines.
    """
    known_on = AS_OF - timedelta(days=600)
    rows: Rows = {
        **_accounts(draw, known_on),
        "balances": [
            make_balance(happened_on=known_on, level_cents=draw(st.integers(-100_000, 1_000_000))),
            make_balance(account_id=2, happened_on=known_on, is_level_verified=draw(st.booleans())),
        ],
        "set_aside": [make_set_aside(kind=kind) for kind in sorted(draw(_KINDS))],
    }
    parts = draw(
        st.tuples(
            st.lists(_sales_of(cents), min_size=6, max_size=30),
            st.lists(_bill_of(cents), max_size=15),
            st.lists(_line_of(cents), max_size=30),
        )
    )
    for part in (*parts[0], *parts[1], *parts[2]):
        for name, some in part.items():
            rows.setdefault(name, []).extend(some)
    lines = [None, *(line["transaction_id"] for line in rows.get("transactions", []))]
    for closing in rows.get("closings", []):
        closing["transaction_id"] = draw(st.sampled_from(lines))
    for line in rows.get("transactions", []):
        line["bank_account_id"] = rows["accounts"][line["account_id"] - 1]["bank_account_id"]
    return rows
