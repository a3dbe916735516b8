"""The books of a big trade in the form that sevdesk serves: one sheet for each resource with many objects."""

from collections.abc import Callable

import polars as pl

from sandbox.bookkeeping.identifiers import POSITION_DISTANCE
from sandbox.objects.books import Objects
from sandbox.objects.values import Object, field_of
from sandbox.rendering import shapes
from sandbox.rendering.documents import PARTIAL_STATUS_SINCE, credit_note_object, invoice_object, voucher_object
from sandbox.rendering.masters import (
    account_object,
    booking_object,
    client_object,
    contact_object,
    country_objects,
    line_object,
)
from sandbox.rendering.positions import credit_note_position, invoice_position, voucher_position
from sandbox.rendering.shapes import Clerk
from sandbox.wholesale import history
from sandbox.wholesale.books import TradeBooks
from sandbox.wholesale.forms import Forms
from sandbox.wholesale.history import Row
from sandbox.wholesale.sheet import Sheet
from sandbox.wholesale.texts import Days, money, number, quoted, reference, table

_ID = pl.col("id")
_AMOUNTS = ("net", "tax", "gross")
_SUMS = {
    **dict.fromkeys(("sumNet", "sumNetAccounting"), "net"),
    **dict.fromkeys(("sumTax", "sumTaxAccounting"), "tax"),
    **dict.fromkeys(("sumGross", "sumGrossAccounting"), "gross"),
}
_PRICES = {"price": "net", "priceNet": "net", "priceTax": "tax", "priceGross": "gross", "taxRate": "rate"}
_HEAD = {"id": "id", "create": "created", "update": "updated"}
_ADDRESS = {
    "addressName": "name", "addressStreet": "street", "addressZip": "code", "addressCity": "city", "address": "address",
}  # fmt: skip
_MARGIN = 60
"""Days beyond the end that dates in the books can name."""


def served(books: TradeBooks, name: str) -> Objects:
    """Resource to objects, newest document first.

    Args:
        books: what happened.
        name: the firm's full name.
    """
    return _Server(books, name).objects()


class _Server:
    """Makes sheets of frames."""

    def __init__(self, books: TradeBooks, name: str) -> None:
        self._books = books
        self._name = name
        self._clerk = Clerk(history.bare_history(books))
        self._days = Days(books.opened_on, books.end_on + _MARGIN)

    def objects(self) -> Objects:
        books, clerk = self._books, self._clerk
        customers = set(books.invoices["customer"].unique())
        contacts = [
            contact_object(clerk, party, is_supplier=index not in customers)
            for index, party in enumerate(books.parties)
            if party.contact_id is not None
        ]
        invoices, notes, vouchers = books.invoices, books.credit_notes, books.vouchers
        return {
            "Invoice": self._invoices(invoices),
            "InvoicePos": self._positions("Invoice", invoices, self._invoice_position),
            "CreditNote": self._credit_notes(notes),
            "CreditNotePos": self._positions("CreditNote", notes, self._credit_note_position),
            "Voucher": self._vouchers(vouchers),
            "VoucherPos": self._positions("Voucher", vouchers, self._voucher_position),
            "Contact": contacts[::-1],
            "CheckAccount": [account_object(clerk, a, index) for index, a in enumerate(books.accounts)][::-1],
            "CheckAccountTransaction": self._lines(),
            "CheckAccountTransactionLog": self._bookings(),
            "SevClient": [client_object(clerk, self._name)],
            "StaticCountry": country_objects(),
        }

    # ---- documents

    def _invoices(self, frame: pl.DataFrame) -> Sheet:
        is_sale, is_cancellation = pl.col("kind") == "RE", pl.col("kind") == "SR"
        is_reminder = pl.col("kind") == "MA"
        is_settled = pl.col("is_closed") & is_sale & ~pl.col("is_cancelled")
        received = pl.col("booked") + pl.col("written_off")
        paid = pl.when(is_settled).then(pl.col("gross") - pl.col("credited")).otherwise(received)
        is_partial = (received > 0) & (pl.col("last_recorded") >= PARTIAL_STATUS_SINCE)
        status = (
            pl.when(is_cancellation | pl.col("is_cancelled") | is_settled)
            .then(1000)
            .when(is_sale & is_partial)
            .then(750)
            .otherwise(200)
        )
        slots = {
            **self._document(received_on=pl.when(is_settled & pl.col("has_booking")).then("last_day")),
            **self._address("customer"),
            "dated": pl.when(is_cancellation).then(self._days.moment(pl.col("issued"), _ID)).otherwise(
                self._days.midnight(pl.col("issued"))
            ),
            "header": quoted(
                pl.when(is_cancellation)
                .then(pl.format("Stornorechnung Nr. {} zur Rechnung Nr. {}", "number", "called"))
                .when(is_reminder & (pl.col("level") == 1))
                .then(pl.format("Zahlungserinnerung zur Rechnung Nr. {}", "called"))
                .when(is_reminder)
                .then(pl.format("Mahnung zur Rechnung Nr. {}", "called"))
                .otherwise(pl.format("Rechnung Nr. {}", "number"))
            ),
            "status": quoted(status.cast(pl.String)),
            "rate": quoted(pl.format("Umsatzsteuer {}%", "rate")),
            "level": quoted(pl.when(is_reminder).then("level")),
            "sent": pl.when(is_cancellation).then(pl.lit("null")).otherwise(
                self._days.moment(pl.col("recorded"), _ID + 2)
            ),
            "origin": reference("Invoice", pl.col("origin")),
            "kind": quoted(pl.col("kind")),
            "reminded": money(pl.when(is_reminder).then("gross")),
            "remind_until": self._days.midnight(pl.when(is_reminder).then(pl.col("issued") + 7)),
            "paid": number(pl.when(is_sale & ~pl.col("is_cancelled")).then(paid).otherwise(0)),
            "until": self._days.midnight(pl.when(_ID % 4 == 0).then(pl.col("issued") + 29)),
        }  # fmt: skip
        fields = {
            **_HEAD, **_ADDRESS, **_SUMS, "invoiceNumber": "number", "contact": "contact", "invoiceDate": "dated",
            "header": "header", "payDate": "received", "deliveryDate": "issued", "status": "status",
            "taxText": "rate", "dunningLevel": "level", "sendDate": "sent", "origin": "origin",
            "invoiceType": "kind", "reminderTotal": "reminded", "reminderDebit": "reminded",
            "reminderDeadline": "remind_until", "paidAmount": "paid", "enshrined": "enshrined",
            "deliveryDateUntil": "until",
        }  # fmt: skip
        second = pl.when(is_cancellation).then(_second_of_day(_ID)).otherwise(0)
        ordered = frame.sort("issued", second, "id", descending=True)
        forms = Forms(fields, slots, [is_sale & ~pl.col("is_draft"), is_cancellation | is_reminder])
        return forms.sheet(ordered, self._invoice)

    def _invoice(self, row: Row) -> Object:
        invoice = history.invoice_of(row, self._books.traits)
        if row["kind"] in {"SR", "MA"}:
            origin = self._books.invoices.row(by_predicate=row["origin"] == _ID, named=True)
            invoice.origin = history.invoice_of(origin, self._books.traits)
        return invoice_object(self._clerk, invoice)

    def _credit_notes(self, frame: pl.DataFrame) -> Sheet:
        received_on = pl.when("has_booking").then("last_day").otherwise("issued")
        status = pl.when("is_closed").then(1000).when(pl.col("booked") != 0).then(750).otherwise(200)
        slots = {
            **self._document(received_on=pl.when("is_closed").then(received_on)),
            **self._address("customer"),
            "dated": self._days.moment(pl.col("issued"), _ID),
            "header": quoted(pl.format("Gutschrift Nr. {} zur Rechnung Nr. {}", "number", "called")),
            "status": quoted(status.cast(pl.String)),
            "sent": self._days.moment(pl.col("recorded"), _ID + 2),
            "origin": reference("Invoice", pl.col("origin")),
        }
        fields = {
            **_HEAD, **_ADDRESS, **_SUMS, "creditNoteNumber": "number", "contact": "contact", "creditNoteDate": "dated",
            "header": "header", "payDate": "received", "deliveryDate": "issued", "status": "status",
            "sendDate": "sent", "origin": "origin", "enshrined": "enshrined", "refSrcInvoice": "origin",
        }  # fmt: skip
        ordered = frame.sort("issued", _second_of_day(_ID), "id", descending=True)
        is_linked = pl.col("is_linked_by_origin")
        return Forms(fields, slots, [is_linked, ~is_linked]).sheet(ordered, self._credit_note)

    def _credit_note(self, row: Row) -> Object:
        origin = self._books.invoices.row(by_predicate=row["origin"] == _ID, named=True)
        note = history.credit_note_of(row, history.invoice_of(origin, self._books.traits))
        return credit_note_object(self._clerk, note)

    def _vouchers(self, frame: pl.DataFrame) -> Sheet:
        parties = self._books.parties
        has_contact = pl.lit(pl.Series([party.contact_id is not None for party in parties])).gather(pl.col("supplier"))
        name = table([party.name for party in parties]).gather(pl.col("supplier"))
        status = pl.when("is_closed").then(1000).when(pl.col("booked") > 0).then(750).otherwise(100)
        slots = {
            **self._document(received_on=pl.when(pl.col("is_closed") & pl.col("has_booking")).then("last_day")),
            "contact": self._contacts("supplier"),
            "name": name,
            "name_only": pl.when(has_contact).then(pl.lit("null")).otherwise(name),
            "document": reference("Document", 300_000_000 + _ID % 1_000_000),
            "status": quoted(status.cast(pl.String)),
            "paid": number(pl.min_horizontal("booked", "gross")),
            "deadline": self._days.midnight(pl.col("deadline")),
        }
        fields = {
            **_HEAD, **_SUMS, "voucherDate": "issued", "supplier": "contact", "supplierName": "name_only",
            "description": "number", "document": "document", "payDate": "received", "status": "status",
            "paidAmount": "paid", "paymentDeadline": "deadline", "supplierNameAtSave": "name", "deliveryDate": "issued",
        }  # fmt: skip
        is_bill, has_document = (pl.col("kind") == "VOU") & ~pl.col("is_draft"), _ID % 5 != 0
        which = [is_bill & c & d for c in (has_contact, ~has_contact) for d in (has_document, ~has_document)]
        ordered = frame.sort("issued", "id", descending=True)
        return Forms(fields, slots, which).sheet(
            ordered, lambda row: voucher_object(self._clerk, history.voucher_of(row))
        )

    def _document(self, *, received_on: pl.Expr) -> dict[str, pl.Expr]:
        """What all documents have."""
        recorded = pl.col("recorded")
        return {
            **self._head(recorded, pl.max_horizontal("recorded", "last_recorded")),
            "number": quoted(pl.col("number")),
            "issued": self._days.midnight(pl.col("issued")),
            "received": self._days.midnight(received_on),
            "enshrined": self._days.moment(recorded, _ID + 3),
            **{name: money(pl.col(name)) for name in _AMOUNTS},
        }

    def _head(self, created: pl.Expr, updated: pl.Expr) -> dict[str, pl.Expr]:
        return {
            "id": quoted(_ID),
            "created": self._days.moment(created, _ID),
            "updated": self._days.moment(updated, _ID + 11),
        }

    def _address(self, party: str) -> dict[str, pl.Expr]:
        people = range(len(self._books.parties))
        names = [self._clerk.party(index).name for index in people]
        streets, codes, cities = zip(*(self._clerk.address(index) for index in people), strict=True)
        whole = [f"{names[i]}\n{streets[i]}\n{codes[i]} {cities[i]}" for i in people]
        tables = {"name": names, "street": streets, "code": codes, "city": cities, "address": whole}
        found = {slot: table(values).gather(pl.col(party)) for slot, values in tables.items()}
        return {"contact": self._contacts(party), **found}

    def _contacts(self, party: str) -> pl.Expr:
        return table([shapes.ref("Contact", one.contact_id or 0) for one in self._books.parties]).gather(pl.col(party))

    # ---- positions

    def _positions(self, kind: str, frame: pl.DataFrame, sample: Callable[[Row], Object]) -> Sheet:
        """One position for each document."""
        ordered = frame.sort("issued", "id", descending=True).with_columns(
            document=_ID, id=_ID + POSITION_DISTANCE[kind]
        )
        recorded = pl.col("recorded")
        slots = {
            **self._head(recorded, recorded),
            "document": reference(kind, pl.col("document")),
            "rate": quoted(pl.col("rate")),
            **{name: money(pl.col(name)) for name in _AMOUNTS},
        }
        fields = {**_HEAD, **_SUMS, **_PRICES, field_of(kind): "document"}
        return Forms(fields, slots, [pl.lit(value=True)]).sheet(
            ordered, lambda row: sample({**row, "id": row["document"]})
        )

    def _invoice_position(self, row: Row) -> Object:
        return invoice_position(self._clerk, history.invoice_of(row, self._books.traits))

    def _credit_note_position(self, row: Row) -> Object:
        origin = self._books.invoices.row(by_predicate=row["origin"] == _ID, named=True)
        invoice = history.invoice_of(origin, self._books.traits)
        return credit_note_position(self._clerk, history.credit_note_of(row, invoice))

    def _voucher_position(self, row: Row) -> Object:
        return voucher_position(self._clerk, history.voucher_of(row))

    # ---- money

    def _lines(self) -> Sheet:
        parties, accounts = self._books.parties, self._books.accounts
        recorded, party = pl.col("recorded"), pl.col("party")
        slots = {
            **self._head(recorded, recorded),
            "day": self._days.midnight(pl.col("day")),
            "amount": money(pl.col("amount")),
            "entry_text": quoted(pl.col("entry_text")),
            "purpose": quoted(pl.col("purpose")),
            "name": table([one.name for one in parties]).gather(party).fill_null("null"),
            "iban": table([one.iban for one in parties]).gather(party).fill_null("null"),
            "account": table([shapes.ref("CheckAccount", one.id) for one in accounts]).gather(pl.col("account")),
            "status": quoted(pl.when(pl.col("kind").is_not_null()).then(pl.lit("400")).otherwise(pl.lit("100"))),
        }
        fields = {
            **_HEAD, "valueDate": "day", "entryDate": "day", "amount": "amount", "entryText": "entry_text",
            "paymtPurpose": "purpose", "payeePayerAcctNo": "iban", "payeePayerName": "name", "checkAccount": "account",
            "status": "status",
        }  # fmt: skip
        ordered = self._books.lines.sort("day", "id", descending=True)
        return Forms(fields, slots, [~pl.col("is_deleted")]).sheet(
            ordered, lambda row: line_object(self._clerk, history.line_of(row), None)
        )

    def _bookings(self) -> Sheet:
        slots = {
            "id": quoted(_ID),
            "created": self._days.moment(pl.col("recorded"), _ID),
            "line": reference("CheckAccountTransaction", pl.col("line")),
            "amount": number(pl.col("amount")),
            "day": self._days.midnight(pl.col("day")),
            "document": reference(pl.col("kind"), pl.col("document")),
        }
        fields = {
            "id": "id", "create": "created", "checkAccountTransaction": "line", "amountPaid": "amount",
            "bookingDate": "day", "object": "document",
        }  # fmt: skip
        ordered = self._books.bookings.sort("id", descending=True)
        return Forms(fields, slots, [pl.lit(value=True)]).sheet(ordered, self._booking)

    def _booking(self, row: Row) -> Object:
        books = self._books
        line = history.line_of(books.lines.row(by_predicate=row["line"] == _ID, named=True))
        invoice = history.invoice_of(books.invoices.row(0, named=True), books.traits)
        return booking_object(self._clerk, history.booking_of(row, line, invoice))


def _second_of_day(salt: pl.Expr) -> pl.Expr:
    """The order of moments within a day, as in ``sandbox.rendering.shapes.moment``."""
    return salt * 7919 % 36_000
