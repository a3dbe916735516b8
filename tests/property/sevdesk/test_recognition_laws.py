"""Laws of what is recognised in accounts and lines: what can never change it, and what always holds."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from spec.ledger.recognised import GIRO, SAVINGS, TODAY, Json, account, at, by_hand, line
from unit.sevdesk.fakes import ref

from features.ledger import Ledger, Resource
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.words import pages
from scoring.sources.sevdesk.words.fetched import SET_ASIDE, Fetched

FIRST = date(2026, 9, 25)
COLUMNS = ("bank_account_id", "transfer", "is_fed", "is_duplicate")
ACCOUNTS = (
    st.sampled_from([account(1), by_hand(1), account(1, lastSync=None)]),
    st.sampled_from([account(2, SAVINGS), by_hand(2, SAVINGS), account(2, None, name="Kreditkarte")]),
    st.sampled_from([account(3, GIRO, create=at(FIRST)), account(3, None), account(3, None, type="register")]),
)


@st.composite
def books(draw: st.DrawFn) -> tuple[list[Json], list[Json]]:
    """Three accounts and a few lines on few days over few amounts, so that many are alike."""
    lines: list[Json] = []
    for number in range(1, draw(st.integers(2, 14)) + 1):
        day = FIRST + timedelta(days=draw(st.integers(0, 9)))
        changes = {
            "payeePayerName": draw(st.sampled_from([None, "Eigene GmbH", "Kunde GmbH"])),
            "payeePayerAcctNo": draw(st.sampled_from([None, GIRO, SAVINGS, "DE89370400440532013000"])),
            "paymtPurpose": "Zahlung",
            "create": at(day + timedelta(days=draw(st.integers(0, 14))), f"06:{draw(st.integers(0, 59)):02d}:00"),
            "compareHash": draw(st.sampled_from([None, None, None, "1"])),
        }
        if number > 1 and draw(st.integers(0, 9)) == 0:
            changes["targetTransaction"] = ref("CheckAccountTransaction", draw(st.integers(1, number - 1)))
        lines.append(
            line(number, draw(st.sampled_from(["5", "-5", "20", "-20"])), day, draw(st.integers(1, 3)), **changes)
        )
    return [draw(one) for one in ACCOUNTS], lines


def recognised(accounts: Sequence[Json], lines: Sequence[Json]) -> Ledger:
    """The ledger of these books: without requests, which take ten times as long."""
    sums = {int(each["id"]): sum(_cents(line) for line in lines if _home(line) == each["id"]) for each in accounts}
    nothing = (pages.MARKED_INVOICE, pages.INVOICE, pages.TAXED_CREDIT_NOTE, pages.MARKED_VOUCHER)
    invoices, reminders, credit_notes, vouchers = (table.empty for table in nothing)
    fetched = Fetched(
        resources=frozenset(Resource),
        invoices=invoices,
        reminders=reminders,
        credit_notes=credit_notes,
        vouchers=vouchers,
        accounts=_frame(pages.CHECK_ACCOUNT, accounts),
        transactions=_frame(pages.RECOGNISED_TRANSACTION, lines),
        payment_log=None,
        is_log_complete=False,
        levels=sums,
        set_aside=pl.DataFrame(schema=SET_ASIDE),
        read_as_empty=0,
        notes=(),
        parse_seconds=0.0,
    )
    return build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 16, payout_iban=None)[0]


def _cents(item: Json) -> int:
    return round(float(item["amount"]) * 100)


def _home(item: Json) -> str:
    return str(item["checkAccount"]["id"])


def _frame(table: pages.Table, objects: Sequence[Json]) -> pl.DataFrame:
    page = table.decoder.decode(json.dumps({"objects": objects}).encode())
    return table.finish(table.frame(page.objects))


def flags(ledger: Ledger) -> pl.DataFrame:
    """What is recognised of each line."""
    return ledger.transactions.select("transaction_id", *COLUMNS)


def renumbered(item: Json) -> Json:
    """The same object, with other numbers in the same order."""
    changed: dict[str, Any] = {
        name: {**value, "id": str(7 * int(value["id"]) + 1000)} if isinstance(value, dict) else value
        for name, value in item.items()
    }
    return {**changed, "id": str(7 * int(item["id"]) + 1000)}


@given(given_books=books(), order=st.randoms())
def test_the_order_of_lists_does_not_matter(given_books: tuple[list[Json], list[Json]], order: Any) -> None:  # noqa: ANN401
    """sevdesk promises none."""
    accounts, lines = given_books
    there = recognised(accounts, lines)
    order.shuffle(accounts)
    order.shuffle(lines)
    back = recognised(accounts, lines)
    assert all(frame.equals(back.frames()[name]) for name, frame in there.frames().items())


@given(given_books=books())
def test_ids_are_only_names(given_books: tuple[list[Json], list[Json]]) -> None:
    """Other numbers in the same order change nothing else."""
    accounts, lines = given_books
    there = flags(recognised(accounts, lines))
    back = flags(recognised(list(map(renumbered, accounts)), list(map(renumbered, lines))))
    ids = pl.col("transaction_id", "bank_account_id")
    assert there.with_columns(ids * 7 + 1000).equals(back)


@given(given_books=books())
def test_money_times_ten_is_recognised_alike(given_books: tuple[list[Json], list[Json]]) -> None:
    """No amount of its own makes a transfer or a copy; levels are ten times as high."""
    accounts, lines = given_books
    there = recognised(accounts, lines)
    back = recognised(accounts, [{**each, "amount": f"{each['amount']}0"} for each in lines])
    assert flags(there).equals(flags(back))
    assert there.levels.with_columns(pl.col("level_cents") * 10).equals(back.levels)


@given(given_books=books())
def test_what_a_transfer_by_amount_is(given_books: tuple[list[Json], list[Json]]) -> None:
    """As much goes out as comes in, and of each amount as often; no copy takes part."""
    lines = recognised(*given_books).transactions.filter(pl.col("transfer") == "amount")
    by_amount = lines.group_by(pl.col("amount_cents").abs().alias("amount")).agg(pl.col("amount_cents").sum())
    assert (by_amount["amount_cents"] == 0).all()
    assert not lines["is_duplicate"].any()


@given(given_books=books())
def test_each_level_leads_to_that_of_today(given_books: tuple[list[Json], list[Json]]) -> None:
    """Level and lines that count add up to the same, however often a line was entered or an account connected."""
    accounts, lines = given_books
    ledger = recognised(accounts, lines)
    # Every line once more, imported by hand long after it came in.
    again = [{**each, "id": f"9{each['id']}", "create": at(TODAY), "targetTransaction": None} for each in lines]
    twice = recognised(accounts, [*lines, *again])
    numbers = ledger.levels["bank_account_id"].unique().sort()
    assert numbers.equals(twice.levels["bank_account_id"].unique().sort())
    assert [_ends_with(ledger, number) for number in numbers] == [_ends_with(twice, number) for number in numbers]
    kept = twice.transactions.filter(~pl.col("is_duplicate"))
    assert kept.height == ledger.transactions.filter(~pl.col("is_duplicate")).height


def _ends_with(ledger: Ledger, number: int) -> int:
    lines = ledger.transactions.filter((pl.col("bank_account_id") == number) & ~pl.col("is_duplicate"))
    (level,) = ledger.levels.filter(pl.col("bank_account_id") == number)["level_cents"].unique()
    return int(level) + int(lines["amount_cents"].sum())
