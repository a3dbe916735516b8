"""Writes a simulated life down as books: what was recorded when, booked on which document, and left open."""

from dataclasses import replace

import numpy as np

from sandbox import names
from sandbox.calendar import Calendar
from sandbox.cash import Cash, Movement
from sandbox.costs import BILL, DEBT, DRAWING, PRIVATE, RELATED, RENT, SOCIAL, TAX, WAGES, Costs
from sandbox.exhibits import exhibit
from sandbox.history import (
    CLEARING,
    MAIN,
    SAVINGS,
    Account,
    Booking,
    CreditNote,
    History,
    Invoice,
    Line,
    Party,
    Voucher,
)
from sandbox.orders import Receipt, Sales
from sandbox.traits import PERSONS, Traits

MAIN_BANK, MAIN_NUMBER = 43_060_967, 1_000_000
"""Bank code of every simulated firm, and the account number to which its key is added."""
_NATURE = {
    WAGES: "wages", DEBT: "debt_service", RENT: "rent", SOCIAL: "social_security", TAX: "tax", BILL: "other",
    DRAWING: "owner_drawing", PRIVATE: "other",
}  # fmt: skip
_ENTRY = {True: "LASTSCHRIFT", False: "UEBERWEISUNG"}


class Bookkeeper:
    """Fills a history. One use, one firm."""

    def __init__(self, traits: Traits, when: Calendar, last: int, rng: np.random.Generator, history: History) -> None:
        self.traits, self.when, self.last, self.history = traits, when, last, history
        self.rng = rng
        self.start, self.end = when.start, history.end_on
        self.invoices: dict[int, Invoice] = {}
        self.bills: dict[int, Voucher] = {}
        self.credits: dict[int, CreditNote] = {}
        self.special: dict[str, int] = {}
        self.lags = iter(rng.choice([0, 0, 0, 0, 0, 1, 1, 2, 3, 6], size=1 << 14).tolist())
        self.suppliers = 0

    def lag(self) -> int:
        """Days until something is recorded."""
        if self.traits.is_prompt:
            return 0
        value = next(self.lags, None)
        if value is None:
            self.lags = iter(self.rng.choice([0, 0, 0, 0, 0, 1, 1, 2, 3, 6], size=1 << 14).tolist())
            value = next(self.lags)
        return int(value)

    def write(self, sales: Sales, costs: Costs, cash: Cash) -> None:
        """Write everything, then number it."""
        self._parties(sales, has_related=RELATED in costs.bills.supplier)
        self._accounts(cash)
        self._invoices(sales)
        self._bills(costs)
        self._corrections(sales)
        self._receipts(sales)
        self._till(sales)
        for movement in cash.movements:
            if self.when.opens <= movement.day <= self.last:
                self._movement(movement)
        self._oddments()
        self._reminders(sales)
        if self.traits.is_exhibition:
            exhibit(self.history)
        self._close()

    # ---- who and where

    def _parties(self, sales: Sales, *, has_related: bool) -> None:
        traits, parties = self.traits, self.history.parties
        count = max(sales.customer, default=0) + 1
        persons = (self.rng.random(count) < traits.persons_share).tolist()
        parties += [names.customer(self.history.key, i, is_person=persons[i]) for i in range(count)]
        self.related = count - 1
        if has_related:
            parties[self.related] = names.related(self.history.key)
        self.suppliers = count
        parties += [names.supplier(self.history.key, i) for i in range(traits.suppliers)]
        for key, name in (
            ("tax", "Finanzamt Mitte"),
            ("insurer", "Techniker Krankenkasse"),
            ("landlord", "Hausverwaltung Sommer"),
            ("bank", "Volksbank Mitte eG"),
            ("staff", "Sammler Personal"),
            ("owner", "Inhaber"),
            ("enforcer", "Vollstreckungsstelle"),
            ("till", "Ladenkasse"),
            *((("shop", "Kartenzahlung"),) if traits.private_spending else ()),
        ):
            self.special[key] = len(parties)
            account = None if key in {"bank", "till", "shop"} else names.iban(10_010_010, 7_000 + len(self.special))
            parties.append(Party(name=name, iban=account))

    def _supplier(self, number: int) -> int:
        return self.related if number == RELATED else self.suppliers + number

    def _accounts(self, cash: Cash) -> None:
        traits, day = self.traits, self.start + self.when.opens
        is_file = traits.bank == "file"
        main = Account(
            name="Geschäftskonto",
            kind="online",
            import_type="CSV" if is_file else None,
            is_synced=not is_file,
            iban=names.iban(MAIN_BANK, MAIN_NUMBER + self.history.key),
            recorded=day,
            is_default=True,
        )
        clearing = Account(name="Ausgebuchte Rechnungen", kind="offline", recorded=day)
        base = Account(name="Basiskonto", kind="offline", recorded=day, is_base=True)
        self.history.accounts += [main, clearing, base]
        savings = replace(main, name="Tagesgeldkonto", is_default=False)
        savings.iban = names.iban(MAIN_BANK, 5 * MAIN_NUMBER + self.history.key)
        has_register = bool(traits.till_share) and not traits.has_card_till
        register = Account(name="Kasse", kind="register", recorded=day)
        self.history.accounts += [savings] if traits.saves else []
        self.register = len(self.history.accounts)
        self.history.accounts += [register] if has_register else []
        self.opening = cash.opening

    def _line(self, day: int, amount: int, party: int | None, purpose: str, *, account: int = MAIN) -> Line | None:
        """A line of an account, unless it is older than the books or was not yet seen at the end."""
        if not self.when.opens <= day <= self.last:
            return None
        happened = day + self.start
        if self.history.accounts[account].import_type is None:
            recorded = happened + (day % 3 == 0)
        else:
            recorded = happened + 7 - happened % 7
        if recorded > self.end:
            return None
        line = Line(account=account, day=happened, recorded=recorded, amount=amount, party=party, purpose=purpose)
        self.history.lines.append(line)
        return line

    def _book(self, line: Line, document: Invoice | Voucher | CreditNote) -> bool:
        """Book a line on a document, some days later; False where that lies beyond the end."""
        recorded = max(line.recorded, document.recorded) + self.lag()
        if recorded > self.end:
            return False
        is_income = isinstance(document, Invoice) or (isinstance(document, Voucher) and document.side == "D")
        self.history.bookings.append(
            Booking(line=line, document=document, amount=line.amount, day=line.day, recorded=recorded)
        )
        line.is_booked = True
        document.has_booking = True
        document.last_booking = max(document.last_booking, (line.day, recorded))
        signed = line.amount if is_income else -line.amount
        if isinstance(document, Invoice) and line.account == CLEARING:
            document.written_off += signed
        else:
            document.booked += signed
        return True

    # ---- documents

    def _invoices(self, sales: Sales) -> None:
        traits, parties = self.traits, self.history.parties
        for index, issued in enumerate(sales.issued):
            day = issued + self.start
            recorded = day + self.lag()
            if not self.when.opens <= issued <= self.last or recorded > self.end:
                continue
            net, tax, customer = sales.net[index], sales.tax[index], sales.customer[index]
            if parties[customer].contact_id is None:
                parties[customer].contact_id = 0
                parties[customer].since = recorded
            invoice = Invoice(
                kind="RE",
                customer=customer,
                issued=day,
                recorded=recorded,
                term=traits.term,
                discount_days=traits.discount_days,
                discount_percent=traits.discount_percent,
                net=net,
                tax=tax,
                gross=net + tax,
                rate=sales.rate[index],
            )
            if index in sales.foreign:
                invoice.currency, foreign = sales.foreign[index]
                invoice.foreign = (foreign, 0, foreign)
            self.invoices[index] = invoice
            self.history.invoices.append(invoice)

    def _bills(self, costs: Costs) -> None:
        bills, parties = costs.bills, self.history.parties
        for index, issued in enumerate(bills.issued):
            day = issued + self.start
            recorded = day + self.lag()
            if not self.when.opens <= issued <= self.last or recorded > self.end:
                continue
            supplier = self._supplier(bills.supplier[index])
            if bills.supplier[index] % 3 and parties[supplier].contact_id is None:
                parties[supplier].contact_id = 0
                parties[supplier].since = recorded
            net, tax = bills.net[index], bills.tax[index]
            voucher = Voucher(
                side="C",
                supplier=supplier,
                issued=day,
                recorded=recorded,
                deadline=bills.deadline[index] + self.start if bills.is_stated[index] else None,
                net=net,
                tax=tax,
                gross=net + tax,
                rate=bills.rate[index],
                number=f"{bills.supplier[index]:02d}-{10_000 + index}",
            )
            self.bills[index] = voucher
            self.history.vouchers.append(voucher)

    def _corrections(self, sales: Sales) -> None:
        for correction in sales.corrections:
            invoice = self.invoices.get(correction.invoice)
            if invoice is None or correction.day > self.last:
                continue
            day = max(correction.day + self.start, invoice.recorded)
            if day > self.end:
                continue
            if correction.net is None or correction.gross is None:
                invoice.is_cancelled = True
                self.history.invoices.append(
                    replace(invoice, kind="SR", issued=day, recorded=day, origin=invoice, is_cancelled=False,
                            net=-invoice.net, tax=-invoice.tax, gross=-invoice.gross, foreign=_minus(invoice.foreign))
                )  # fmt: skip
                continue
            note = CreditNote(
                invoice=invoice,
                is_linked_by_origin=correction.invoice % 3 == 0,
                customer=sales.customer[correction.invoice],
                issued=day,
                recorded=day,
                net=correction.net,
                tax=correction.gross - correction.net,
                gross=correction.gross,
                rate=invoice.rate,
                currency=invoice.currency,
                foreign=_share(invoice.foreign, correction.gross, invoice.gross),
                offset_on=None if correction.is_refunded else day,
                is_closed=not correction.is_refunded,
            )
            self.credits[correction.invoice] = note
            self.history.credit_notes.append(note)
            if not correction.is_refunded:
                invoice.credited += correction.gross
                invoice.is_closed = invoice.credited >= invoice.gross

    # ---- money

    def _receipts(self, sales: Sales) -> None:
        for receipt in sorted(sales.receipts, key=lambda r: r.day):
            if receipt.day <= self.last:
                self._receipt(receipt, sales.customer[receipt.invoice])

    def _receipt(self, receipt: Receipt, customer: int) -> None:
        invoice = self.invoices.get(receipt.invoice)
        number = f"{{{receipt.invoice}}}"  # the invoice number is only known after numbering
        if receipt.kind == "by_hand":
            day = receipt.day + self.start
            if invoice is not None and day >= invoice.recorded:
                invoice.paid_by_hand_on, invoice.booked, invoice.is_closed = day, receipt.amount, True
            return
        if receipt.kind == "written_off":
            line = None if invoice is None else self._line(
                receipt.day, receipt.amount, None, "Forderungsausfall", account=CLEARING
            )  # fmt: skip
        else:
            purpose = {"paid": f"Rechnung {number}", "returned": f"Ruecklastschrift {number}"}
            line = self._line(receipt.day, receipt.amount, customer, purpose.get(receipt.kind, f"Gutschrift {number}"))
        if line is None or invoice is None:
            return
        if receipt.kind == "returned":
            line.nature, line.entry_text = "returned_debit", "RUECKLASTSCHRIFT"
        note = self.credits.get(receipt.invoice) if receipt.kind == "refund" else None
        if receipt.kind == "refund":
            if note is not None and self._book(line, note):
                note.is_closed = True
        elif self._book(line, invoice) and receipt.closes:
            invoice.is_closed = True

    def _till(self, sales: Sales) -> None:
        """Takings: a revenue voucher a month, paid by card to the bank, or in cash and then carried there."""
        is_card = self.traits.has_card_till
        for day, net, tax in sales.till:
            if is_card:
                line = self._line(day + 1, net + tax, self.special["till"], "Kartenumsatz")
            else:
                line = self._line(day, net + tax, self.special["till"], "Tageseinnahmen", account=self.register)
            if line is None:
                continue
            voucher = Voucher(
                side="D",
                supplier=self.special["till"],
                issued=line.day,
                recorded=line.recorded,
                deadline=line.day,
                net=net,
                tax=tax,
                gross=net + tax,
                rate=self.traits.vat_rate,
                number=f"KB-{len(self.history.vouchers) + 100}",
            )
            self.history.vouchers.append(voucher)
            if self._book(line, voucher):
                voucher.is_closed = True
            if not is_card:
                self._transfer(day + 1, net + tax, self.register, MAIN)

    def _transfer(self, day: int, amount: int, source: int, target: int) -> None:
        """Money between own accounts; the link stands on one of the two lines only."""
        out = self._line(day, -amount, None, "Umbuchung", account=source)
        into = self._line(day, amount, None, "Umbuchung", account=target)
        if out is not None and into is not None:
            out.target = into
            out.is_named_as_source = day % 2 == 0

    def _movement(self, move: Movement) -> None:
        kind, due, special = move.kind, move.of, self.special
        if kind in {"save", "unsave"}:
            source, target = (MAIN, SAVINGS) if kind == "save" else (SAVINGS, MAIN)
            self._transfer(move.day, abs(move.amount), source, target)
        elif due is None:
            is_person = self.traits.legal_form in PERSONS
            party, purpose, nature = {
                "fee": ("bank", "Kontofuehrung", "other"),
                "proceeds": ("bank", "Darlehensauszahlung 4712", "loan_proceeds"),
                "extra_drawing": ("owner", "Privatentnahme" if is_person else "Gewinnausschuettung", "owner_drawing"),
                "contribution": (
                    "owner", "Privateinlage" if is_person else "Gesellschafterdarlehen Einlage", "owner_contribution"
                ),
            }[kind]  # fmt: skip
            line = self._line(move.day, move.amount, special[party], purpose)
            if line is not None:
                line.nature = nature
        else:
            self._pay(move)

    def _pay(self, move: Movement) -> None:
        due = move.of
        assert due is not None  # noqa: S101  the caller separates the movements that have no obligation
        voucher = self.bills.get(due.bill)
        is_bill = due.kind == BILL
        if is_bill:
            party = self._supplier(int(due.party.partition(":")[2]))
            purpose = f"Rechnung {voucher.number}" if voucher else "Rechnung Vorjahr"
        else:
            party, purpose = self.special[due.party], due.text
        # Money back from the tax office is no tax payment.
        nature = due.nature or (_NATURE[due.kind] if move.amount < 0 else "other")
        if move.kind == "returned":
            nature, purpose = "returned_debit", f"Ruecklastschrift mangels Deckung {purpose}"
        elif move.kind == "reminder_fee":
            nature, purpose = "reminder_fee", f"Mahngebuehr {purpose}"
        elif move.kind == "surcharge":
            nature, purpose = "reminder_fee", f"Saeumniszuschlag {purpose}"
        elif move.kind == "garnishment":
            nature, party = "garnishment", self.special["enforcer"]
            purpose = "Pfaendungs- und Einziehungsverfuegung"
        line = self._line(move.day, move.amount, party, purpose)
        if line is None:
            return
        line.nature, line.is_private = nature, due.kind == PRIVATE
        line.entry_text = "RUECKLASTSCHRIFT" if move.kind == "returned" else _ENTRY[due.is_debit]
        if is_bill and voucher is not None and move.kind in {"paid", "bounced", "returned"}:
            booked = self._book(line, voucher)
            if move.kind == "paid" and booked:
                voucher.is_closed = True

    # ---- the rest

    def _reminders(self, sales: Sales) -> None:
        for day, index, level in sales.reminders:
            invoice = self.invoices.get(index)
            if invoice is None or day > self.last:
                continue
            happened = max(day + self.start, invoice.recorded)
            if happened <= self.end:
                self.history.invoices.append(
                    replace(invoice, kind="MA", issued=happened, recorded=happened, origin=invoice, level=level,
                            is_cancelled=False)
                )  # fmt: skip

    def _oddments(self) -> None:
        """The opening of the bank account, and things in the books that are no facts: drafts, templates, deletions."""
        history, day = self.history, self.start + self.when.opens
        if self.traits.bank == "feed":
            for index in (MAIN, SAVINGS) if self.traits.saves else (MAIN,):
                amount = self.opening if index == MAIN else 100
                history.lines.append(
                    Line(account=index, day=day, recorded=day, amount=amount, party=None, purpose="Anfangsbestand")
                )
        if self.register < len(history.accounts):
            history.lines.append(
                Line(account=self.register, day=day, recorded=day, amount=20_000, party=None, purpose="Anfangsbestand")
            )
        real = [i for i in history.invoices if i.kind == "RE"]
        if not real:
            return
        last = real[-1]
        draft = min(last.recorded + 1, self.end)
        history.invoices.append(_unbooked(last, draft, is_draft=True))
        history.invoices.append(replace(_unbooked(last, draft, is_draft=True), customer=None))
        history.invoices.append(replace(_unbooked(real[0], real[0].recorded, is_draft=True), kind="WKR"))
        if history.vouchers:
            bill = replace(
                history.vouchers[0], has_booking=False, booked=0, last_booking=(0, 0), is_closed=False, number="E-1"
            )
            history.vouchers.append(replace(bill, is_draft=True, issued=draft, recorded=draft))
            history.vouchers.append(replace(bill, kind="RV"))
        if history.lines:
            history.lines.append(replace(history.lines[0], is_deleted=True, is_booked=False, target=None))

    def _close(self) -> None:
        """Bring everything into the order in which it was recorded, and number it."""
        history = self.history
        base = 1 + (history.key % 9_000) * 100_000
        circles = {"RE": 0, "MA": 0, "WKR": 0}
        history.invoices.sort(key=lambda i: (i.recorded, i.issued))
        for index, invoice in enumerate(history.invoices):
            invoice.id = 130_000_000 + base + 3 * index
            circle = invoice.kind if invoice.kind in circles else "RE"
            if not invoice.is_draft:
                invoice.number = f"{circle}-{1000 + circles[circle]}"
                circles[circle] += 1
        history.vouchers.sort(key=lambda v: (v.recorded, v.issued))
        for index, voucher in enumerate(history.vouchers):
            voucher.id = 1_500_000_000 + base + 3 * index
        history.credit_notes.sort(key=lambda c: (c.recorded, c.issued))
        for index, note in enumerate(history.credit_notes):
            note.id = 29_000_000 + base + index
            note.number = f"GU-{1000 + index}"
        history.lines.sort(key=lambda x: (x.recorded, x.day))
        for index, line in enumerate(history.lines):
            line.id = 2_800_000_000 + base + 2 * index
        history.bookings.sort(key=lambda b: (b.recorded, b.day))
        for index, booking in enumerate(history.bookings):
            booking.id = 2_300_000_000 + base + 2 * index
        for index, account in enumerate(history.accounts):
            account.id = 6_300_000 + (history.key % 9_000) * 100 + index
        known = [p for p in history.parties if p.contact_id is not None]
        for index, party in enumerate(known):
            party.contact_id = 138_000_000 + base + index
        self._name_numbers()
        self._balances()

    def _name_numbers(self) -> None:
        """Put the numbers of invoices into the purposes of bank lines."""
        for line in self.history.lines:
            head, brace, rest = line.purpose.partition("{")
            if brace:
                invoice = self.invoices.get(int(rest[:-1]))
                line.purpose = head + (str(invoice.number) if invoice else "Vorjahr")

    def _balances(self) -> None:
        history = self.history
        sums = [0] * len(history.accounts)
        for line in history.lines:
            if not line.is_deleted:
                sums[line.account] += line.amount
        for index, account in enumerate(history.accounts):
            if account.is_base:
                account.balance = None
            elif not account.is_synced:
                account.balance = 0
            else:
                account.balance = sums[index] + (self.opening if self.traits.bank == "unmatched" else 0)


def _minus(sums: tuple[int, int, int]) -> tuple[int, int, int]:
    net, tax, gross = sums
    return -net, -tax, -gross


def _share(sums: tuple[int, int, int], part: int, whole: int) -> tuple[int, int, int]:
    """The sums of a part of a document in its own currency."""
    gross = round(sums[2] * part / whole) if whole else 0
    return gross, 0, gross


def _unbooked(invoice: Invoice, day: int, *, is_draft: bool) -> Invoice:
    """A copy with another date of which nothing was ever booked."""
    return replace(
        invoice,
        issued=day,
        recorded=day,
        is_draft=is_draft,
        is_closed=False,
        is_cancelled=False,
        paid_by_hand_on=None,
        has_booking=False,
        booked=0,
        written_off=0,
        credited=0,
        last_booking=(0, 0),
    )
