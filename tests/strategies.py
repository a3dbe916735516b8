"""Hypothesis strategies: ledgers of one borrower as rows, spread around a day of observation."""

from datetime import date, timedelta
from typing import Any

from builders import (
    Row,
    make_account,
    make_balance,
    make_bill,
    make_cancellation,
    make_credit_note,
    make_invoice,
    make_payment,
    make_reminder,
    make_settlement,
    make_transaction,
)
from hypothesis import strategies as st

from features.ledger import NATURE, PAYMENT_SOURCE, SETTLEMENT_CAUSE

AS_OF = date(2024, 12, 15)
"""The day that the facts lie around: most before, some after."""

Rows = dict[str, list[Row]]
"""Rows by name of their frame."""

DAYS = st.integers(-500, 60).map(lambda days: AS_OF + timedelta(days=days))
CENTS = st.integers(1, 500_000)
_LAG = st.sampled_from([0, 0, 0, 1, 20, 200]).map(lambda days: timedelta(days=days))


@st.composite
def _sales_of(draw: st.DrawFn) -> Rows:
    """An invoice or revenue voucher, and what became of it."""
    issued_on, net_cents = draw(DAYS), draw(CENTS)
    document = draw(st.sampled_from(["invoice", "invoice", "invoice", "voucher"]))
    sale = make_invoice(
        document=document,
        customer=draw(st.one_of(st.none(), st.integers(1, 4))),
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=draw(st.integers(0, 60))),
        is_due_assumed=draw(st.booleans()),
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
        rows["reminders"] = [make_reminder(sale, **moved()) for _ in range(2)]
    return rows


@st.composite
def _bill_of(draw: st.DrawFn) -> Rows:
    issued_on = draw(DAYS)
    due_on = issued_on + timedelta(days=draw(st.integers(-3, 40)))
    bill = make_bill(issued_on=issued_on, due_on=due_on, net_cents=draw(CENTS), recorded_on=issued_on + draw(_LAG))
    if not draw(st.booleans()):
        return {"bills": [bill]}
    paid_on = due_on + timedelta(days=draw(st.integers(-10, 60)))
    return {"bills": [bill], "payments": [make_payment(bill, happened_on=paid_on, recorded_on=paid_on + draw(_LAG))]}


@st.composite
def _line_of(draw: st.DrawFn) -> Rows:
    happened_on = draw(DAYS)
    line = make_transaction(
        account_id=draw(st.sampled_from([1, 1, 1, 2])),
        amount_cents=draw(st.integers(-500_000, 500_000)),
        nature=draw(st.sampled_from([*NATURE.categories, *["other"] * 10])),
        is_internal=draw(st.sampled_from([False, False, True])),
        happened_on=happened_on,
        recorded_on=happened_on + draw(_LAG),
    )
    return {"transactions": [line]}


@st.composite
def ledger_rows(draw: st.DrawFn) -> Rows:
    """Rows of one borrower: 6 to 30 sales, some bills and bank lines, two accounts of which one may be unconfirmed."""
    known_on = AS_OF - timedelta(days=600)
    rows: Rows = {
        "accounts": [make_account(recorded_on=known_on), make_account(account_id=2, recorded_on=known_on)],
        "balances": [
            make_balance(happened_on=known_on, level_cents=draw(st.integers(-100_000, 1_000_000))),
            make_balance(account_id=2, happened_on=known_on, is_level_verified=draw(st.booleans())),
        ],
    }
    parts = draw(
        st.tuples(
            st.lists(_sales_of(), min_size=6, max_size=30),
            st.lists(_bill_of(), max_size=15),
            st.lists(_line_of(), max_size=30),
        )
    )
    for part in (*parts[0], *parts[1], *parts[2]):
        for name, some in part.items():
            rows.setdefault(name, []).extend(some)
    return rows
