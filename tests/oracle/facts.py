"""From sevdesk's JSON to dated facts, as docs/design.md and docs/ledger.md say, in plain loops.

Taken from outside (``Recognised``), because recognising them from texts and imports is the edge's work: category,
certainty and nature of a bank line, whether the bank delivered it, whether it is a copy, what shows that it is a
transfer; whether texts and positions of a sale say anything; the level of an account and which connections it has;
retentions and sold claims; and what became of a booking over a clearing account.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

from oracle.books import Firm, Json, kind_of_reference, reference
from oracle.calendar_days import cents, day_of, is_bank_holiday

ASSUMED_DAYS = 30
OPEN, CLOSED = 200, 1000
VOUCHER_OPEN = 100
CASH_ACCOUNTS = ("online", "register")
BANK_DAYS_OF_GRACE = 3
SATURDAY = 5
DAYS_OF_A_CONTRACT = 3


@dataclass(frozen=True)
class Closing:
    """Something that reduced what was open of a document."""

    means: str
    amount: int
    happened: date
    recorded: date
    transaction: str | None = None
    is_day_known: bool = True


@dataclass(frozen=True)
class Line:
    """A line of a bank account or till in euro."""

    id: str
    account: str
    is_register: bool
    amount: int
    happened: date
    recorded: date
    is_internal: bool
    other_account: str | None
    nature: str
    category: str
    certainty: str | None
    is_transfer: bool
    is_from_feed: bool
    is_fed: bool
    known_from: date
    """The day on which its account was recorded."""
    is_duplicate: bool
    status: int = 100


@dataclass(frozen=True)
class Mark:
    """What is noted on a document beside its amounts."""

    series: str | None = None
    number: int | None = None
    locked: date | None = None
    edited: date | None = None
    """Of the last change after the last sending."""
    is_blank: bool = False
    is_recurring: bool = False
    has_scan: bool = False
    is_named: bool = False
    """A position says what it is about."""


@dataclass(frozen=True)
class Document:
    """An invoice, a voucher of either side, or a credit note."""

    kind: str
    id: str
    party: str | None
    issued: date
    due: date
    due_as_stated: date
    is_due_assumed: bool
    net: int
    gross: int
    recorded: date
    sent: date | None
    invoice: str | None = None
    is_duplicate: bool = False
    duplicate_until: date | None = None
    sold: date | None = None
    retention: int = 0
    retained_since: date | None = None
    retained_until: date | None = None
    cancelled: Sequence[date] = ()
    reminded: Sequence[date] = ()
    reminders: Sequence[tuple[date, int]] = ()
    """Their days, and the level of each."""
    discount_days: int | None = None
    tax: str | None = None
    """The id of its tax rule, or the tax type of system 1.0."""
    items: Sequence[tuple[str, int, date]] = ()
    """Of an invoice, of each position that names an item: the item, its net amount, the day of its recording."""
    booked: Sequence[Closing] = ()
    """Payments and settlements as version 1 has them; the means are those of its sources and causes."""
    closed: Sequence[Closing] = ()
    mark: Mark = Mark()


@dataclass(frozen=True)
class Level:
    """The level of an account at the bank before its first line."""

    cents: int
    state: str
    happened: date
    recorded: date
    """From which day on it is known so; of one account the last one counts."""
    lines: frozenset[str]
    """The accounts whose lines change it."""


@dataclass(frozen=True)
class Recognised:
    """What the edge recognised, by sevdesk's ids."""

    nature: Mapping[str, str] = field(default_factory=dict)
    category: Mapping[str, str] = field(default_factory=dict)
    certainty: Mapping[str, str | None] = field(default_factory=dict)
    transfer: Mapping[str, str] = field(default_factory=dict)
    fed: Mapping[str, bool] = field(default_factory=dict)
    copies: Mapping[str, bool] = field(default_factory=dict)
    bank_account: Mapping[str, str] = field(default_factory=dict)
    level: Sequence[tuple[str, int, str, date, date]] = ()
    """Account at the bank, cents, state, day, and the day from which on it is known so."""
    sold: Mapping[tuple[str, str], date | None] = field(default_factory=dict)
    retained: Mapping[tuple[str, str], tuple[int, date | None, date | None]] = field(default_factory=dict)
    cleared: Mapping[tuple[str, str], Sequence[Closing]] = field(default_factory=dict)
    """Closings by ``provider``, ``set_off`` and ``clearing`` of each document."""
    blank: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    """Sales whose texts say nothing of what was sold."""
    named: frozenset[str] = frozenset()
    """Invoices with a position that says it."""


def _within_terms(issued: date, stated: date) -> date:
    """Not before the document's date, and at most 90 days after it."""
    return max(issued, min(stated, issued + timedelta(days=90)))


@dataclass(frozen=True)
class Facts:
    """All facts of one firm."""

    sales: Sequence[Document]
    bills: Sequence[Document]
    credit_notes: Sequence[Document]
    lines: Sequence[Line]
    levels: Sequence[Level]
    balances: Sequence[Level]
    cancellations: Sequence[tuple[date, date]] = ()
    """Day of each cancellation, and the day from which on it is seen."""


def facts_of(firm: Firm, recognised: Recognised, today: date) -> Facts:
    """Read a firm's lists."""
    lines = _lines(firm, recognised)
    sales = [*_invoices(firm), *_vouchers(firm, "D")]
    bills = _vouchers(firm, "C")
    notes = _credit_notes(firm)
    reading = _Bookings(firm, recognised, notes, today)
    finished = [[reading.with_bookings(one) for one in part] for part in (sales, bills, notes)]
    sales = [_recognised(one, recognised) for one in _marked(finished[0], notes, reading.raw)]
    return Facts(
        sales=sales,
        bills=_marked(finished[1], notes, reading.raw),
        credit_notes=finished[2],
        lines=lines,
        levels=_levels(recognised),
        balances=_balances(firm, lines, today),
        cancellations=_cancellations(firm),
    )


def _cancellations(firm: Firm) -> list[tuple[date, date]]:
    found = []
    for one in firm.all("Invoice"):
        if one["invoiceType"] == "SR" and int(one["status"]) >= OPEN and reference(one, "origin"):
            happened = day_of(one["invoiceDate"])
            assert happened is not None
            found.append((happened, _later(one["invoiceDate"], one["create"])))
    return found


def _mark_of_invoice(one: Json, templates: Collection[str]) -> Mark:
    """Numbers of these books are of one of two forms: ``RE-17``, and ``RE-2026-17`` or ``17/2026`` with their year."""
    issued, text = str(day_of(one["invoiceDate"])), _text(one, "invoiceNumber") or ""
    parts = text.replace("/", "-").split("-")
    digits = [part for part in parts if part.isdigit()]
    running = next(iter([part for part in digits if part != issued[:4]][-1:] or digits[-1:]), None)
    sent = [day for day in (day_of(one.get(name)) for name in ("create", "sendDate", "enshrined")) if day is not None]
    updated = day_of(one.get("update"))
    is_of_template = kind_of_reference(one, "origin") == "Invoice" and reference(one, "origin") in templates
    return Mark(
        series=None if running is None else text[::-1].replace(running[::-1], "#", 1)[::-1],
        number=None if running is None else int(running),
        locked=day_of(one.get("enshrined")),
        edited=updated if updated is not None and updated > max(sent) else None,
        is_recurring=bool(one.get("accountIntervall")) or is_of_template,
    )


def _mark_of_voucher(one: Json) -> Mark:
    return Mark(is_blank=not _text(one, "description"), has_scan=reference(one, "document") is not None)


def _text(of: Json, name: str) -> str | None:
    value = of.get(name)
    return None if value in (None, "") else str(value)


def _tax(of: Json) -> str | None:
    return reference(of, "taxRule") or _text(of, "taxType")


def _amounts(of: Json) -> tuple[int, int]:
    return cents(of["sumNet"]), cents(of["sumGross"])


def _invoices(firm: Firm) -> list[Document]:
    cancelled: dict[str, list[date]] = {}
    reminded: dict[str, list[date]] = {}
    reminders: dict[str, list[tuple[date, int]]] = {}
    for one in firm.all("Invoice"):
        origin = reference(one, "origin")
        into = {"SR": cancelled, "MA": reminded}.get(one["invoiceType"])
        if into is not None and origin is not None and (one["invoiceType"] == "SR" or int(one["status"]) >= 0):
            day = _later(one["invoiceDate"], one["create"])
            into.setdefault(origin, []).append(day)
            if into is reminded:
                reminders.setdefault(origin, []).append((day, int(_text(one, "dunningLevel") or 1)))
    templates = {str(one["id"]) for one in firm.all("Invoice") if one["invoiceType"] == "WKR"}
    items: dict[str | None, list[tuple[str, int, date]]] = {}
    for one in firm.all("InvoicePos"):
        item = reference(one, "part") or "".join((_text(one, "name") or "").lower().split())
        recorded = day_of(one["create"])
        if item and recorded is not None:
            items.setdefault(reference(one, "invoice"), []).append((item, cents(one["sumNet"]), recorded))
    found = []
    for one in firm.all("Invoice"):
        if one["invoiceType"] not in ("RE", "TR", "AR", "ER") or int(one["status"]) < OPEN:
            continue
        issued, recorded = day_of(one["invoiceDate"]), day_of(one["create"])
        assert issued is not None
        assert recorded is not None
        term = _text(one, "timeToPay")
        stated = issued + timedelta(days=ASSUMED_DAYS if term is None else int(term))
        sent = [day for day in (day_of(one.get("sendDate")), day_of(one.get("enshrined"))) if day is not None]
        net, gross = _amounts(one)
        found.append(
            Document(
                kind="invoice",
                id=str(one["id"]),
                party=reference(one, "contact"),
                issued=issued,
                due=_within_terms(issued, stated),
                due_as_stated=max(issued, stated),
                is_due_assumed=term is None,
                net=net,
                gross=gross,
                recorded=recorded,
                sent=min(sent) if sent else None,
                cancelled=tuple(cancelled.get(str(one["id"]), ())),
                reminded=tuple(reminded.get(str(one["id"]), ())),
                reminders=tuple(reminders.get(str(one["id"]), ())),
                discount_days=int(_text(one, "discountTime") or 0) or None,
                mark=_mark_of_invoice(one, templates),
                tax=_tax(one),
                items=tuple(items.get(str(one["id"]), ())),
            )
        )
    return found


def _vouchers(firm: Firm, side: str) -> list[Document]:
    found = []
    for one in firm.all("Voucher"):
        if one["creditDebit"] != side or one["voucherType"] != "VOU" or int(one["status"]) < VOUCHER_OPEN:
            continue
        issued, recorded = day_of(one["voucherDate"]), day_of(one["create"])
        assert issued is not None
        assert recorded is not None
        deadline = day_of(one.get("paymentDeadline"))
        stated = issued + timedelta(days=ASSUMED_DAYS) if deadline is None else deadline
        name = _text(one, "supplierName")
        net, gross = _amounts(one)
        found.append(
            Document(
                kind="voucher",
                id=str(one["id"]),
                party=reference(one, "supplier") or (None if name is None else f"name {name}"),
                issued=issued,
                due=_within_terms(issued, stated),
                due_as_stated=stated,
                is_due_assumed=deadline is None,
                net=net,
                gross=gross,
                recorded=recorded,
                sent=None,
                mark=_mark_of_voucher(one),
                tax=_tax(one),
            )
        )
    return found


def _credit_notes(firm: Firm) -> list[Document]:
    found = []
    for one in firm.all("CreditNote"):
        if int(one["status"]) < OPEN:
            continue
        issued, recorded = day_of(one["creditNoteDate"]), day_of(one["create"])
        assert issued is not None
        assert recorded is not None
        named = reference(one, "refSrcInvoice")
        if named is None and kind_of_reference(one, "origin") == "Invoice":
            named = reference(one, "origin")
        net, gross = _amounts(one)
        found.append(
            Document(
                kind="credit_note",
                id=str(one["id"]),
                party=reference(one, "contact"),
                issued=issued,
                due=issued,
                due_as_stated=issued,
                is_due_assumed=True,
                net=abs(net),
                gross=abs(gross),
                recorded=recorded,
                sent=None,
                invoice=named,
                tax=_tax(one),
            )
        )
    return found


RESOURCES = {"invoice": "Invoice", "voucher": "Voucher", "credit_note": "CreditNote"}
NUMBERS = {"invoice": "invoiceNumber", "voucher": "description", "credit_note": "creditNoteNumber"}
DAYS = {"invoice": "invoiceDate", "voucher": "voucherDate", "credit_note": "creditNoteDate"}


class _Bookings:
    """What was booked on documents."""

    def __init__(self, firm: Firm, recognised: Recognised, notes: Sequence[Document], today: date) -> None:
        self.today, self.recognised = today, recognised
        self.kinds = {str(account["id"]): account["type"] for account in firm.all("CheckAccount")}
        self.lines = {str(line["id"]): line for line in firm.all("CheckAccountTransaction")}
        self.notes_on: dict[str | None, list[Document]] = {}
        for note in notes:
            self.notes_on.setdefault(note.invoice, []).append(note)
        self.raw = {(kind, str(one["id"])): one for kind, resource in RESOURCES.items() for one in firm.all(resource)}
        self.log: dict[tuple[str, str], list[Json]] = {}
        of_resource = {resource: kind for kind, resource in RESOURCES.items()}
        for entry in firm.all("CheckAccountTransactionLog"):
            target, resource = reference(entry, "object"), kind_of_reference(entry, "object")
            if target is not None and resource in of_resource:
                self.log.setdefault((of_resource[resource], target), []).append(entry)

    def with_bookings(self, one: Document) -> Document:
        """The document with what closed it."""
        booked, closed = self._paid(one, version=1), self._paid(one, version=2)
        raw = self.raw[one.kind, one.id]
        if int(raw["status"]) == CLOSED and not one.cancelled:
            closed += self._left(one, booked)
            booked = [*booked, *self._residue(one, booked)]
        sent = one.sent
        if sent is not None:
            known = [
                *(booking.recorded for booking in booked if self.log.get((one.kind, one.id))),
                *one.cancelled,
                *one.reminded,
                *(note.recorded for note in self._notes_on(one)),
            ]
            sent = min([sent, *known])
        return replace(one, booked=tuple(booked), closed=tuple(closed), sent=sent)

    def _sign(self, one: Document) -> int:
        raw = self.raw[one.kind, one.id]
        return -1 if one.kind == "credit_note" or (one.kind == "voucher" and raw["creditDebit"] == "C") else 1

    def _paid(self, one: Document, *, version: int) -> list[Closing]:
        found: list[Closing] = []
        entries = self.log.get((one.kind, one.id), [])
        for entry in entries:
            line = self.lines.get(reference(entry, "checkAccountTransaction") or "")
            recorded = day_of(entry["create"])
            happened = day_of(None if line is None else line["valueDate"]) or day_of(entry.get("bookingDate"))
            assert recorded is not None
            assert happened is not None
            kind = None if line is None else self.kinds.get(reference(line, "checkAccount") or "")
            identifier = None if line is None else str(line["id"])
            if version == 1:
                means = {"online": "bank", "register": "register", "offline": "write_off"}.get(kind or "", "document")
            elif kind == "online":
                means = "bank" if identifier is not None and self.recognised.fed.get(identifier) else "manual"
            else:
                means = {"register": "register", "offline": "clearing"}.get(kind or "", "stated")
            if version == 2 and means == "clearing":
                continue
            if version == 2 and line is not None:
                recorded = _later(entry["create"], line["create"])
            amount = self._sign(one) * cents(entry["amountPaid"])
            found.append(Closing(means, amount, happened, recorded, identifier))
        if version == 2:
            found += self.recognised.cleared.get((one.kind, one.id), ())
        if not entries:
            found += self._stated(one, version=version)
        return found

    def _stated(self, one: Document, *, version: int) -> list[Closing]:
        raw = self.raw[one.kind, one.id]
        paid_on = day_of(raw.get("payDate"))
        if one.kind == "credit_note":
            amount = one.gross if int(raw["status"]) == CLOSED and paid_on is not None else 0
        else:
            amount = cents(raw.get("paidAmount"))
        if amount == 0:
            return []
        day = paid_on or self.today
        means = "document" if version == 1 else "stated"
        is_part = int(raw["status"]) != CLOSED
        return [Closing(means, amount, day, day, is_day_known=paid_on is not None or is_part)]

    def _last(self, one: Document, bookings: Sequence[Closing]) -> tuple[date, date, bool]:
        """Day of the last booking, day of its recording, and whether the day is known."""
        paid_on = day_of(self.raw[one.kind, one.id].get("payDate"))
        if not self.log.get((one.kind, one.id)):
            return paid_on or self.today, paid_on or self.today, paid_on is not None
        last = max(bookings, key=lambda booking: (booking.happened, booking.recorded))
        return last.happened, last.recorded, True

    def _residue(self, one: Document, bookings: Sequence[Closing]) -> list[Closing]:
        """What version 1 says of the rest of a closed document."""
        happened, recorded, _ = self._last(one, bookings)
        notes = self._notes_on(one)
        residue = one.gross - sum(booking.amount for booking in bookings) - sum(note.gross for note in notes)
        if residue == 0 or (residue < 0 and notes):
            return []
        means = "fee" if residue < 0 else "discount" if residue <= self._discount(one) else "unknown"
        return [Closing(means, residue, happened, recorded)]

    def _left(self, one: Document, bookings: Sequence[Closing]) -> list[Closing]:
        """What version 2 says of it: what was known at the last booking, and what later credit notes take back."""
        happened, recorded, is_known = self._last(one, bookings)
        recorded = max([recorded, *(booking.recorded for booking in bookings)])
        notes = self._notes_on(one)
        before = [note for note in notes if note.issued <= happened and note.recorded <= recorded]
        left = one.gross - sum(booking.amount for booking in bookings) - sum(note.gross for note in before)
        if one.gross < 0 and left:
            # the firm owes it: the same the other way round
            means = "discount" if self._is_discount(one, left, happened) else "fee" if left > 0 else "short"
            return [Closing(means, left, happened, recorded, is_day_known=is_known)]
        if left <= 0:
            is_fee = left < 0 and not before and one.kind != "credit_note"
            return [Closing("fee", left, happened, recorded, is_day_known=is_known)] if is_fee else []
        if self._is_discount(one, left, happened):
            return [Closing("discount", left, happened, recorded, is_day_known=is_known)]
        if one.kind == "credit_note":
            return []
        found = [Closing("short", left, happened, recorded, is_day_known=is_known)]
        for note in sorted(notes, key=lambda note: (note.issued, note.recorded)):
            if note in before or left == 0:
                continue
            taken = min(left, note.gross)
            left -= taken
            if left and self._is_discount(one, left, happened):
                found.append(Closing("discount", left, max(note.issued, happened), max(note.recorded, recorded)))
                taken, left = taken + left, 0
            found.append(Closing("short", -taken, max(note.issued, happened), max(note.recorded, recorded)))
        return found

    def _notes_on(self, one: Document) -> list[Document]:
        return self.notes_on.get(one.id, []) if one.kind == "invoice" else []

    def _is_discount(self, one: Document, left: int, happened: date) -> bool:
        """Whether the rest is a discount: an agreed one taken in time, or a small one on a bill that states none."""
        if self.raw[one.kind, one.id].get("creditDebit") == "C":
            in_time = happened <= max(
                one.due_as_stated if not one.is_due_assumed else one.issued, one.issued + timedelta(days=30)
            )
            return 0 < left * 20 * (-1 if one.gross < 0 else 1) <= abs(one.gross) and in_time
        return 0 < left * (-1 if one.gross < 0 else 1) <= self._discount(one) and happened <= self._discount_deadline(
            one
        )

    def _discount(self, one: Document) -> int:
        raw = self.raw[one.kind, one.id]
        days, percent = _text(raw, "discountTime"), _text(raw, "discount")
        if days is None or percent is None or int(days) <= 0:
            return 0
        return ceil(Fraction(percent) * abs(one.gross) / 100)

    def _discount_deadline(self, one: Document) -> date:
        day = one.issued + timedelta(days=int(self.raw[one.kind, one.id]["discountTime"]))
        for _ in range(BANK_DAYS_OF_GRACE):
            day += timedelta(days=1)
            while day.weekday() >= SATURDAY or is_bank_holiday(day):
                day += timedelta(days=1)
        return day


def _seen(one: Document) -> date:
    return max(one.issued, one.recorded, one.sent or one.recorded)


def _gone(one: Document, notes: Sequence[Document]) -> date:
    """The day on which it was cancelled, by a cancellation or by credit notes over all of it."""
    credited, days = 0, list(one.cancelled)
    for note in sorted(notes, key=_seen):
        if one.kind == "invoice" and note.invoice == one.id and one.gross > 0:
            credited += note.gross
            days += [_seen(note)] if credited >= one.gross else []
    return min(days, default=date.max)


@dataclass(frozen=True)
class _Numbered:
    """Documents of one kind, number and party, in the order in which they were seen."""

    kind: str
    number: str
    party: str | None
    documents: list[Document]

    def is_by_day(self, day: date) -> bool:
        """Whether only documents of one day are copies."""
        days = {other.issued for other in self.documents if _seen(other) <= day}
        is_many = self.kind == "voucher" and (self.party is None or len(days) >= DAYS_OF_A_CONTRACT)
        return is_many or not any(letter.isdigit() for letter in self.number)

    def counts_on(self, one: Document, gone: Mapping[str, date]) -> date:
        """The first day on which no earlier one stands that it is a copy of."""
        before = self.documents[: self.documents.index(one)]
        earlier = [other for other in before if other.gross == one.gross]
        changes = {_seen(one), *(gone[other.id] for other in earlier), *map(_seen, self.documents)}
        for day in sorted(day for day in changes if day >= _seen(one)):
            same = [other for other in earlier if other.issued == one.issued or not self.is_by_day(day)]
            if all(gone[other.id] <= day for other in same):
                return day
        return date.max


def _marked(
    documents: Sequence[Document], notes: Sequence[Document], raw: Mapping[tuple[str, str], Json]
) -> list[Document]:
    """Copies have the number, party and amount of a document that was seen before, as long as that one stands."""
    groups: dict[object, _Numbered] = {}
    for one in sorted(documents, key=lambda one: (_seen(one), one.recorded, int(one.id))):
        number = "".join((_text(raw[one.kind, one.id], NUMBERS[one.kind]) or "").split()).lower()
        side = raw[one.kind, one.id].get("creditDebit")
        if number and not (one.party is None and side == "C"):
            group = _Numbered(one.kind, number, one.party, [])
            groups.setdefault((one.kind, side, number, one.party), group).documents.append(one)
    marks = {}
    for numbered in groups.values():
        gone = {one.id: _gone(one, notes) for one in numbered.documents}
        for one in numbered.documents:
            counts_on = numbered.counts_on(one, gone)
            if counts_on > _seen(one):
                # One that was taken back before it counted never does.
                marks[one.kind, one.id] = None if gone[one.id] <= counts_on else counts_on
    return [
        replace(one, is_duplicate=(one.kind, one.id) in marks, duplicate_until=marks.get((one.kind, one.id)))
        for one in documents
    ]


def _recognised(one: Document, recognised: Recognised) -> Document:
    retention, since, until = recognised.retained.get((one.kind, one.id), (0, None, None))
    sold = recognised.sold.get((one.kind, one.id))
    mark = replace(
        one.mark, is_blank=bool(recognised.blank.get((one.kind, one.id))), is_named=one.id in recognised.named
    )
    return replace(one, sold=sold, retention=retention, retained_since=since, retained_until=until, mark=mark)


def _later(*stamps: object) -> date:
    days = [day for day in map(day_of, stamps) if day is not None]
    return max(days)


def _cash_accounts(firm: Firm) -> dict[str, Json]:
    return {
        str(account["id"]): account
        for account in firm.all("CheckAccount")
        if account["type"] in CASH_ACCOUNTS and account.get("currency") in (None, "", "EUR")
    }


def _lines(firm: Firm, recognised: Recognised) -> list[Line]:
    accounts = _cash_accounts(firm)
    linked = set()
    for line in firm.all("CheckAccountTransaction"):
        for name in ("sourceTransaction", "targetTransaction"):
            other = reference(line, name)
            if other is not None:
                linked |= {str(line["id"]), other}
    found = []
    for line in firm.all("CheckAccountTransaction"):
        account = reference(line, "checkAccount")
        if account not in accounts:
            continue
        identifier = str(line["id"])
        happened, recorded = day_of(line["valueDate"]), day_of(line["create"])
        assert happened is not None
        assert recorded is not None
        number = "".join((_text(line, "payeePayerAcctNo") or "").split()).upper()
        found.append(
            Line(
                id=identifier,
                account=account,
                is_register=accounts[account]["type"] == "register",
                amount=cents(line["amount"]),
                happened=happened,
                recorded=recorded,
                is_internal=identifier in linked,
                other_account=number or None,
                nature=recognised.nature.get(identifier, "other"),
                category=recognised.category.get(identifier, "other"),
                certainty=recognised.certainty.get(identifier),
                is_transfer=recognised.transfer.get(identifier, "none") != "none",
                is_from_feed=_is_bank_feed(accounts[account]),
                is_fed=recognised.fed.get(identifier, False),
                known_from=_later(accounts[account]["create"]),
                is_duplicate=recognised.copies.get(identifier, False),
                status=int(line["status"]),
            )
        )
    return found


def _is_bank_feed(account: Json) -> bool:
    """Provenance of version 1: fed by the bank."""
    return account["type"] == "online" and not account.get("importType") and bool(account.get("lastSync"))


def _balances(firm: Firm, lines: Sequence[Line], today: date) -> list[Level]:
    found = []
    for account, raw in _cash_accounts(firm).items():
        own = [line for line in lines if line.account == account and line.happened <= today]
        level = firm.balance_cents(account, today)
        is_stated = raw.get("balance") not in (None, "") and cents(raw["balance"]) == level
        state = "verified" if _is_bank_feed(raw) and is_stated else "unverified"
        first = min((line.happened for line in own), default=today + timedelta(days=1))
        opening = level - sum(line.amount for line in own)
        before = first - timedelta(days=1)
        found.append(Level(opening, state, before, before, frozenset({account})))
    return found


def _levels(recognised: Recognised) -> list[Level]:
    found = []
    for bank_account, level, state, day, recorded in recognised.level:
        members = {account for account, at in recognised.bank_account.items() if at == bank_account}
        found.append(Level(level, state, day, recorded, frozenset(members)))
    return found
