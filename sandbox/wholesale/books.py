"""Writes a big trade down as books: who, where, and every document, line and booking under its number."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from sandbox.bookkeeping import names
from sandbox.bookkeeping.history import MAIN, Account, Party
from sandbox.bookkeeping.identifiers import first_and_step
from sandbox.bookkeeping.opening import MAIN_BANK, MAIN_NUMBER
from sandbox.life.calendar import calendar
from sandbox.life.traits import Traits
from sandbox.wholesale import documents, money
from sandbox.wholesale.trade import buy, sell


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeBooks:
    """What the books of a big trade hold on their last day, in the fields of its history; days are ordinals.

    The rows of a frame stand in the order in which they were recorded, which is that of their identifiers.
    """

    traits: Traits
    key: int
    end_on: int
    opened_on: int
    parties: list[Party]
    """Customers, suppliers, then the others."""
    accounts: list[Account]
    invoices: pl.DataFrame
    vouchers: pl.DataFrame
    credit_notes: pl.DataFrame
    lines: pl.DataFrame
    bookings: pl.DataFrame


def trade_books(traits: Traits, seed: np.random.SeedSequence, end_on: date, *, key: int) -> TradeBooks:
    """Draw a big trade and write it down; the same arguments give the same books."""
    luck = [np.random.Generator(np.random.PCG64(child)) for child in seed.spawn(2)]
    when = calendar(end_on, traits.months)
    opened = when.start + when.opens
    selling, buying = sell(traits, when, luck[0]), buy(traits, when, luck[1])
    lines = money.lines(traits, selling, buying, when)
    booked = money.booked(lines)
    notes = documents.credit_notes(selling, when, booked)
    invoices = _with_numbers(_with_ids(documents.invoices(selling, when, booked, notes), "Invoice", key))
    vouchers = _with_ids(documents.bills(buying, when, booked, traits.customers), "Voucher", key)
    notes = _with_ids(notes, "CreditNote", key).with_columns(number=pl.format("GU-{}", pl.col("row") + 1_000))
    lines = _with_ids(lines, "CheckAccountTransaction", key)

    issued = invoices.filter(pl.col("kind") == "RE", ~pl.col("is_draft")).select("index", origin="id", called="number")
    invoices = invoices.join(issued, on="index", how="left", maintain_order="left")
    notes = notes.join(issued, on="index", how="left", maintain_order="left")
    paid = vouchers.filter(pl.col("kind") == "VOU", ~pl.col("is_draft"))
    targets = pl.concat(
        [
            issued.select("index", document="origin", called="called", kind=pl.lit("Invoice")),
            notes.select("index", document="id", called="called", kind=pl.lit("CreditNote")),
            paid.select("index", document="id", called="number", kind=pl.lit("Voucher")),
        ]
    )
    lines = lines.join(targets, on=["kind", "index"], how="left", maintain_order="left")
    lines = lines.with_columns(purpose=pl.concat_str("purpose", pl.format(" {}", "called").fill_null("")))
    bookings = lines.filter(pl.col("kind").is_not_null()).select(
        "kind", "document", "amount", "day", "recorded", line="id"
    )
    return TradeBooks(
        traits=traits,
        key=key,
        end_on=end_on.toordinal(),
        opened_on=opened,
        parties=_parties(traits, key, opened),
        accounts=_accounts(lines, opened, key),
        invoices=invoices,
        vouchers=vouchers,
        credit_notes=notes,
        lines=lines,
        bookings=_with_ids(bookings, "CheckAccountTransactionLog", key),
    )


def _with_ids(frame: pl.DataFrame, resource: str, key: int) -> pl.DataFrame:
    """In the order of recording, numbered."""
    dated = "issued" if "issued" in frame.columns else "day"
    frame = frame.sort("recorded", dated, maintain_order=True).with_row_index("row").cast({"row": pl.Int64})
    first, step = first_and_step(resource, key)
    return frame.with_columns(id=first + step * pl.col("row"))


def _with_numbers(invoices: pl.DataFrame) -> pl.DataFrame:
    """Cancellations count along with invoices, reminders for themselves; drafts have no number."""
    circle = pl.when(pl.col("kind") == "SR").then(pl.lit("RE")).otherwise("kind")
    count = (~pl.col("is_draft")).cum_sum().over(circle) + 999
    return invoices.with_columns(number=pl.when(~pl.col("is_draft")).then(pl.format("{}-{}", circle, count)))


def _parties(traits: Traits, key: int, opened: int) -> list[Party]:
    """All customers are known from the first day on; every third supplier has no Contact."""
    customers = [names.customer(key, index, is_person=False) for index in range(traits.customers)]
    suppliers = [names.supplier(key, index) for index in range(traits.suppliers)]
    known = customers + [supplier for index, supplier in enumerate(suppliers) if index % 3]
    first, step = first_and_step("Contact", key)
    for number, party in enumerate(known):
        party.contact_id, party.since = first + step * number, opened
    others = [Party(name=name, iban=names.iban(10_010_010, 7_001 + index)) for index, name in enumerate(money.OTHERS)]
    return customers + suppliers + others


def _accounts(lines: pl.DataFrame, opened: int, key: int) -> list[Account]:
    main = Account(
        name="Geschäftskonto",
        kind="online",
        is_synced=True,
        iban=names.iban(MAIN_BANK, MAIN_NUMBER + key),
        recorded=opened,
        is_default=True,
        balance=int(lines.filter(pl.col("account") == MAIN, ~pl.col("is_deleted"))["amount"].sum()),
    )
    clearing = Account(name="Ausgebuchte Rechnungen", kind="offline", recorded=opened, balance=0)
    accounts = [main, clearing, Account(name="Basiskonto", kind="offline", recorded=opened, is_base=True)]
    first, step = first_and_step("CheckAccount", key)
    for index, account in enumerate(accounts):
        account.id = first + step * index
    return accounts
