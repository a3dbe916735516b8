"""Laws of what closes documents: what can never change it, and that no money is made of nothing."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from spec.ledger.books import ACCOUNTS, Json, credit_note, invoice, line, log, voucher
from unit.sevdesk.fakes import ref

from features.contracts import validate_ledger
from features.ledger import Ledger, Resource
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.words import pages
from scoring.sources.sevdesk.words.fetched import SET_ASIDE, Fetched

FIRST, TODAY = date(2026, 1, 12), date(2026, 6, 30)
BANK, CLEARING, TILL = 1, 2, 3
Books = dict[str, list[Json]]
TABLES = {
    "invoices": pages.MARKED_INVOICE,
    "reminders": pages.INVOICE,
    "credit_notes": pages.TAXED_CREDIT_NOTE,
    "vouchers": pages.MARKED_VOUCHER,
    "accounts": pages.CHECK_ACCOUNT,
    "transactions": pages.RECOGNISED_TRANSACTION,
    "payment_log": pages.CHECK_ACCOUNT_TRANSACTION_LOG,
}
RESOURCES = {
    "invoices": "Invoice",
    "credit_notes": "CreditNote",
    "vouchers": "Voucher",
    "transactions": "CheckAccountTransaction",
    "payment_log": "CheckAccountTransactionLog",
}
EURO = st.sampled_from([40, 80, 100, 200])
DAYS = st.integers(0, 60)
NUMBERS = st.sampled_from([None, "A1", "A1", "Miete"])


def at(number: int) -> str:
    """So many days after the first, as sevdesk writes it."""
    day = FIRST + timedelta(days=number)
    return f"{day}T00:00:00+0{2 if day >= date(2026, 3, 29) else 1}:00"


@st.composite
def books(draw: st.DrawFn) -> Books:
    """A few documents of two parties, booked over three accounts, and lines that may be pay-outs."""
    found: Books = {resource: [] for resource in RESOURCES.values()}
    for number in range(1, draw(st.integers(1, 6)) + 1):
        kind = draw(st.sampled_from(["Invoice", "Invoice", "Voucher", "CreditNote"]))
        changes = {
            "sumGross": str(draw(EURO)),
            "status": draw(st.sampled_from(["200", "1000"])),
            "create": at(draw(st.sampled_from([0, 0, 5, 20]))),
        }
        party = ref("Contact", draw(st.sampled_from([77, 88])))
        match kind:
            case "Invoice":
                terms = draw(st.sampled_from([{}, {"discount": "2", "discountTime": "30"}]))
                shared = {"invoiceNumber": draw(NUMBERS), "contact": party, "invoiceDate": at(0)}
                found[kind].append(invoice(number, **changes, **terms, **shared))
            case "Voucher":
                side = draw(st.sampled_from(["C", "C", "D"]))
                shared = {"description": draw(NUMBERS), "supplier": party, "voucherDate": at(draw(st.integers(0, 2)))}
                found[kind].append(voucher(number, **changes, **shared, creditDebit=side))
            case _:
                origin = draw(st.sampled_from([None, ref("Invoice", 1)]))
                note = {"contact": party, "refSrcInvoice": origin, "creditNoteDate": at(draw(DAYS))}
                found[kind].append(credit_note(number, **changes, **note))
        for booking in range(draw(st.integers(0, 3))):
            _book(draw, found, kind, number, 100 * number + booking)
    for number in range(draw(st.integers(0, 4))):
        _pay_out(draw, found, 1_000 + 10 * number)
    return found


def _book(draw: st.DrawFn, found: Books, kind: str, document: int, number: int) -> None:
    amount = draw(EURO) * draw(st.sampled_from([1, 1, 1, -1]))
    side = found[kind][-1].get("creditDebit", "D" if kind == "Invoice" else "C")
    signed = amount if side == "D" else -amount
    day = draw(DAYS)
    account = draw(st.sampled_from([BANK, CLEARING, CLEARING, CLEARING, TILL]))
    found["CheckAccountTransaction"].append(
        line(number, str(signed), account=account) | {"valueDate": at(day), "create": at(day)}
    )
    found["CheckAccountTransactionLog"].append(
        log(number, kind, document, number, signed)
        | {"bookingDate": at(day), "create": max(at(day), found[kind][-1]["create"])}
    )


def _pay_out(draw: st.DrawFn, found: Books, number: int) -> None:
    amount, day = draw(EURO), draw(DAYS)
    is_linked = draw(st.booleans())
    out = line(number, f"-{amount}", account=CLEARING) | {"valueDate": at(day), "create": at(day)}
    later = day + draw(st.integers(-4, 4))
    into = line(number + 1, str(amount), account=draw(st.sampled_from([BANK, BANK, TILL])))
    into |= {"valueDate": at(later), "create": at(later)}
    if is_linked:
        into["sourceTransaction"] = ref("CheckAccountTransaction", number)
    found["CheckAccountTransaction"] += [out, into]


def built(given_books: Books, today: date = TODAY) -> Ledger:
    """The ledger of these books: without requests, which take ten times as long."""
    objects = {name: given_books[resource] for name, resource in RESOURCES.items()} | {"accounts": ACCOUNTS}
    frames = {name: _frame(table, objects.get(name, [])) for name, table in TABLES.items()}
    fetched = Fetched(
        resources=frozenset(Resource),
        **frames,
        is_log_complete=True,
        levels={},
        set_aside=pl.DataFrame(schema=SET_ASIDE),
        read_as_empty=0,
        notes=(),
        parse_seconds=0.0,
    )
    return build_ledger(fetched, fetched_on=today, hash_key=b"k" * 16, payout_iban=None)[0]


def _frame(table: pages.Table, objects: Sequence[Json]) -> pl.DataFrame:
    page = table.decoder.decode(json.dumps({"objects": objects}).encode())
    return table.finish(table.frame(page.objects)).drop("unread", strict=False)


def sums(ledger: Ledger) -> Counter[tuple[str, int, str, date]]:
    """Cents by document, means and day."""
    found: Counter[tuple[str, int, str, date]] = Counter()
    columns = ("document", "document_id", "means", "happened_on", "amount_cents")
    for *key, cents in ledger.closings.select(columns).iter_rows():
        found[tuple(key)] += cents  # type: ignore[index]
    return Counter({key: cents for key, cents in found.items() if cents})


@given(given_books=books(), order=st.randoms())
def test_the_order_of_lists_does_not_matter(given_books: Books, order: Any) -> None:  # noqa: ANN401
    """sevdesk promises none."""
    there = built(given_books)
    validate_ledger(there)
    for objects in given_books.values():
        order.shuffle(objects)
    back = built(given_books)
    assert all(frame.equals(back.frames()[name]) for name, frame in there.frames().items())


@given(given_books=books(), part=st.sampled_from([8, 20]))
def test_a_booking_in_two_parts_is_the_same(given_books: Books, part: int) -> None:
    """Each booking over the clearing account becomes two of the same day: the same sums by means and day."""
    there = sums(built(given_books))
    split: Books = {**given_books, "CheckAccountTransaction": [], "CheckAccountTransactionLog": []}
    entries = {one["checkAccountTransaction"]["id"]: one for one in given_books["CheckAccountTransactionLog"]}
    for one in given_books["CheckAccountTransaction"]:
        entry = entries.get(one["id"])
        if entry is None:
            split["CheckAccountTransaction"].append(one)
            continue
        first = part if float(one["amount"]) > 0 else -part
        for number, amount in ((one["id"], first), (f"9{one['id']}", float(one["amount"]) - first)):
            split["CheckAccountTransaction"].append({**one, "id": number, "amount": str(amount)})
            line_of = ref("CheckAccountTransaction", int(number))
            split["CheckAccountTransactionLog"].append(
                {**entry, "id": number, "amountPaid": amount, "checkAccountTransaction": line_of}
            )
    assert sums(built(split)) == there


@given(given_books=books())
def test_money_times_ten_is_closed_alike(given_books: Books) -> None:
    """No amount of its own decides."""
    there = built(given_books)
    ten = {
        resource: [{name: _tenfold(name, value) for name, value in one.items()} for one in objects]
        for resource, objects in given_books.items()
    }
    back = built(ten)
    assert there.closings.with_columns(pl.col("amount_cents") * 10).equals(back.closings)
    assert there.invoices["is_duplicate"].equals(back.invoices["is_duplicate"])


@given(given_books=books(), day=st.integers(0, 90))
def test_what_was_known_on_a_day_stays_known(given_books: Books, day: int) -> None:
    """Books of a day, and those of today as of that day, say the same of what closed documents, and of copies."""
    on = FIRST + timedelta(days=day)
    for resource in ("Invoice", "Voucher", "CreditNote"):
        for one in given_books[resource]:
            one["status"] = "200"  # the state is not dated
    cut = {
        resource: [one for one in objects if one["create"][:10] <= str(on)] for resource, objects in given_books.items()
    }
    then, now = built(cut, on), built(given_books)
    assert _known(then, on) == _known(now, on)


def _known(ledger: Ledger, day: date) -> tuple[object, ...]:
    """What is visible on a day: cents by document, means and day; copies; what was sold and is kept back."""
    is_seen = (pl.col("recorded_on") <= day) & (pl.col("happened_on") <= day)
    closings = sums(replace(ledger, closings=ledger.closings.filter(is_seen)))
    is_copy = pl.col("is_duplicate") & (pl.col("duplicate_until") > day).fill_null(value=True)
    kept = pl.when((pl.col("retained_since") <= day).fill_null(value=True)).then("retention_cents").otherwise(0)
    copies = [
        frame.filter((pl.col("issued_on") <= day) & (pl.col("recorded_on") <= day) & is_copy)["document_id"].to_list()
        for frame in (ledger.invoices, ledger.bills)
    ]
    retained = ledger.invoices.select("document_id", kept).filter(pl.col("retention_cents") > 0).rows()
    return closings, copies, retained, ledger.invoices.filter(pl.col("sold_on") <= day)["document_id"].to_list()


def _tenfold(name: str, value: Any) -> Any:  # noqa: ANN401  any JSON
    if name not in {"sumGross", "sumNet", "amount", "amountPaid", "paidAmount"}:
        return value
    return str(float(value) * 10)


@given(given_books=books())
def test_no_money_is_made_of_nothing(given_books: Books) -> None:
    """Each line that came in pays at most its amount; fees beside it add at most a quarter."""
    closings = built(given_books).closings
    amounts = {int(one["id"]): round(float(one["amount"]) * 100) for one in given_books["CheckAccountTransaction"]}
    provided = closings.filter(pl.col("means") == "provider")
    by_line = provided.drop_nulls("transaction_id").group_by("transaction_id").agg(pl.col("amount_cents").sum())
    assert all(cents <= amounts[number] for number, cents in by_line.iter_rows())
    is_sale = (pl.col("document") == "invoice") | pl.col("document_id").is_in(_revenue(given_books))
    fees = provided.filter(is_sale & pl.col("transaction_id").is_null())["amount_cents"].sum()
    assert 4 * fees <= sum(amounts[number] for number in amounts if number > 1_000 and amounts[number] > 0)


def _revenue(given_books: Books) -> list[int]:
    return [int(one["id"]) for one in given_books["Voucher"] if one["creditDebit"] == "D"]


@given(given_books=books())
def test_every_booking_is_in_the_closings_once(given_books: Books) -> None:
    """Of invoices and vouchers, when all has been waited for, bookings add up to what was booked."""
    ledger = built(given_books)
    booked: Counter[tuple[str, int]] = Counter()
    for entry in given_books["CheckAccountTransactionLog"]:
        kind, number = entry["object"]["objectName"], int(entry["object"]["id"])
        expense = kind == "Voucher" and number not in _revenue(given_books)
        booked[kind.lower(), number] += round(entry["amountPaid"] * 100) * (-1 if expense else 1)
    of_bookings = ledger.closings.filter(~pl.col("means").is_in(["fee", "short", "discount"]))
    closed = of_bookings.group_by("document", "document_id").agg(pl.col("amount_cents").sum())
    for document, number, cents in closed.filter(pl.col("document") != "credit_note").iter_rows():
        assert cents == booked[document, number]
