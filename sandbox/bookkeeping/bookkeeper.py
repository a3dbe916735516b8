"""Writes a simulated life down as books: what was recorded when, booked on which document, and left open."""

from collections.abc import Iterator

import numpy as np

from sandbox.bookkeeping.closing import add_oddments, close
from sandbox.bookkeeping.exhibits import exhibit
from sandbox.bookkeeping.history import CLEARING, MAIN, SAVINGS, CreditNote, History, Invoice, Line, Voucher
from sandbox.bookkeeping.opening import add_accounts, add_parties
from sandbox.life.calendar import Calendar
from sandbox.life.cash import Cash, Movement
from sandbox.life.costs import BILL, DEBT, DRAWING, PRIVATE, RELATED, RENT, SOCIAL, TAX, WAGES, Costs
from sandbox.life.orders import Receipt, Sales
from sandbox.life.traits import PERSONS, Traits

_NATURE = {
    WAGES: "wages", DEBT: "debt_service", RENT: "rent", SOCIAL: "social_security", TAX: "tax", BILL: "other",
    DRAWING: "owner_drawing", PRIVATE: "other",
}  # fmt: skip
_ENTRY = {True: "LASTSCHRIFT", False: "UEBERWEISUNG"}
_LAGS = (0, 0, 0, 0, 0, 1, 1, 2, 3, 6)


class Bookkeeper:
    """Fills a history. One use, one firm."""

    def __init__(self, traits: Traits, when: Calendar, last: int, rng: np.random.Generator, history: History) -> None:
        self.traits, self.when, self.last, self.history = traits, when, last, history
        self.rng = rng
        self.start, self.end = when.start, history.end_on
        self.invoices: dict[int, Invoice] = {}
        self.bills: dict[int, Voucher] = {}
        self.credits: dict[int, CreditNote] = {}
        self.lags = self._drawn_lags()

    def lag(self) -> int:
        """Days until something is recorded."""
        if self.traits.is_prompt:
            return 0
        value = next(self.lags, None)
        if value is None:
            self.lags = self._drawn_lags()
            value = next(self.lags)
        return value

    def _drawn_lags(self) -> Iterator[int]:
        return iter(self.rng.choice(_LAGS, size=1 << 14).tolist())

    def write(self, sales: Sales, costs: Costs, cash: Cash) -> None:
        """Write everything, then number it."""
        has_related = RELATED in costs.bills.supplier
        self.parties = add_parties(self.history, self.traits, sales, self.rng, has_related=has_related)
        add_accounts(self.history, self.traits)
        self._invoices(sales)
        self._bills(costs)
        self._corrections(sales)
        self._receipts(sales)
        self._till(sales)
        for movement in cash.movements:
            if self.when.opens <= movement.day <= self.last:
                self._movement(movement)
        add_oddments(self.history, self.traits, cash.opening)
        self._reminders(sales)
        if self.traits.is_exhibition:
            exhibit(self.history)
        close(self.history, self.invoices, cash.opening if self.traits.bank == "unmatched" else 0)

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
            supplier = self.parties.supplier(bills.supplier[index])
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
                self.history.invoices.append(invoice.cancellation(day))
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

    def _reminders(self, sales: Sales) -> None:
        for day, index, level in sales.reminders:
            invoice = self.invoices.get(index)
            if invoice is None or day > self.last:
                continue
            happened = max(day + self.start, invoice.recorded)
            if happened <= self.end:
                self.history.invoices.append(invoice.reminder(happened, level))

    # ---- money

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
        self.history.book(line, document, line.amount, recorded)
        return True

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
        register = self.history.register
        for day, net, tax in sales.till:
            if register is None:
                line = self._line(day + 1, net + tax, self.parties.others["till"], "Kartenumsatz")
            else:
                line = self._line(day, net + tax, self.parties.others["till"], "Tageseinnahmen", account=register)
            if line is None:
                continue
            voucher = Voucher(
                side="D",
                supplier=self.parties.others["till"],
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
            if register is not None:
                self._transfer(day + 1, net + tax, register, MAIN)

    def _transfer(self, day: int, amount: int, source: int, target: int) -> None:
        """Money between own accounts; the link stands on one of the two lines only."""
        out = self._line(day, -amount, None, "Umbuchung", account=source)
        into = self._line(day, amount, None, "Umbuchung", account=target)
        if out is not None and into is not None:
            out.target = into
            out.is_named_as_source = day % 2 == 0

    def _movement(self, move: Movement) -> None:
        kind, due = move.kind, move.of
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
            line = self._line(move.day, move.amount, self.parties.others[party], purpose)
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
            party = self.parties.supplier(int(due.party.partition(":")[2]))
            purpose = f"Rechnung {voucher.number}" if voucher else "Rechnung Vorjahr"
        else:
            party, purpose = self.parties.others[due.party], due.text
        # Money back from the tax office is no tax payment.
        nature = due.nature or (_NATURE[due.kind] if move.amount < 0 else "other")
        if move.kind == "returned":
            nature, purpose = "returned_debit", f"Ruecklastschrift mangels Deckung {purpose}"
        elif move.kind == "reminder_fee":
            nature, purpose = "reminder_fee", f"Mahngebuehr {purpose}"
        elif move.kind == "surcharge":
            nature, purpose = "reminder_fee", f"Saeumniszuschlag {purpose}"
        elif move.kind == "garnishment":
            nature, party = "garnishment", self.parties.others["enforcer"]
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


def _share(sums: tuple[int, int, int], part: int, whole: int) -> tuple[int, int, int]:
    """The sums of a part of a document in its own currency."""
    gross = round(sums[2] * part / whole) if whole else 0
    return gross, 0, gross
