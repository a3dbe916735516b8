"""Writes a simulated life down as books: what was recorded when, booked on which document, and left open."""

from collections.abc import Iterator

import numpy as np

from sandbox.bookkeeping.closing import add_oddments, close
from sandbox.bookkeeping.exhibits import exhibit
from sandbox.bookkeeping.history import CLEARING, MAIN, SAVINGS, CreditNote, History, Invoice, Line, Party, Voucher
from sandbox.bookkeeping.irregular import disturb
from sandbox.bookkeeping.opening import add_accounts, add_parties
from sandbox.life.calendar import Calendar
from sandbox.life.cash import Cash, Movement
from sandbox.life.costs import BILL, DEBT, DRAWING, PRIVATE, RELATED, RENT, SOCIAL, TAX, WAGES, Costs
from sandbox.life.orders import Payout, Receipt, Sales
from sandbox.life.traits import PERSONS, Traits

_NATURE = {
    WAGES: "wages", DEBT: "debt_service", RENT: "rent", SOCIAL: "social_security", TAX: "tax", BILL: "other",
    DRAWING: "owner_drawing", PRIVATE: "other",
}  # fmt: skip
_ENTRY = {True: "LASTSCHRIFT", False: "UEBERWEISUNG"}
_OF_BANK = {"returned": "RUECKLASTSCHRIFT", "garnishment": "PFAENDUNG"}
"""Booking texts of what the bank does of itself."""
_CLEARED = {
    "written_off": ("", "Forderungsausfall"),
    "cleared": ("", "Verrechnung"),
    "by_provider": ("provider", "Kartenzahlung Kunde"),
    "sold": ("factor", "Forderungsverkauf"),
}
"""Kind of receipt to the clearing account that it is booked on, and the text of its line."""
_PAYOUT = {"provider": "STRIPE PAYOUT po_{}", "factor": "Forderungsankauf Abrechnung {}"}
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
        ended = [(self.end - began, lasted) for began, lasted in traits.outages]
        self.outages = [(began, began + lasted) for began, lasted in ended]

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
        self.places = add_accounts(self.history, self.traits)
        self._invoices(sales)
        self._bills(costs)
        self._corrections(sales)
        self._receipts(sales)
        self._payouts(sales)
        self._till(sales)
        self._card(costs)
        for movement in cash.movements:
            if self.when.opens <= movement.day <= self.last:
                self._movement(movement)
        self._shuttles()
        add_oddments(self.history, self.traits, cash.opening)
        self._reminders(sales)
        if self.traits.is_exhibition:
            exhibit(self.history)
        disturb(self.history, self.traits)
        close(self.history, self.traits, self.invoices, cash.opening if self.traits.bank == "unmatched" else 0)

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
                retained_percent=sales.retained.get(index, 0),
            )
            if index in sales.foreign:
                invoice.currency, foreign = sales.foreign[index]
                invoice.foreign = (foreign, 0, foreign)
            self.invoices[index] = invoice
            self.history.invoices.append(invoice)

    def _cost(self, supplier: int) -> str:
        """What a supplier delivers; the last two are those of overheads."""
        overheads = {self.traits.suppliers - 2: "advertising", self.traits.suppliers - 1: "telephone"}
        return overheads.get(supplier, "services" if supplier % 3 == 1 else "goods")

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
                cost=self._cost(bills.supplier[index]),
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
            is_settled = not (correction.is_refunded or correction.is_open)
            note = CreditNote(
                invoice=invoice if correction.names_invoice else None,
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
                offset_on=day if is_settled else None,
                is_closed=is_settled,
            )
            self.credits[correction.invoice] = note
            self.history.credit_notes.append(note)
            if is_settled:
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
        happened, place = day + self.start, self.history.accounts[account]
        if place.synced_on is not None and happened > place.synced_on:
            return None
        # A feed brings a line on the day or the next; files are imported on Mondays.
        recorded = happened + (day % 3 == 0 if place.import_type is None else 7 - happened % 7)
        if self.outages and place.is_synced:
            recorded = max([recorded, *(ends for began, ends in self.outages if began < happened <= ends)])
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
        if receipt.kind in _CLEARED:
            place, text = _CLEARED[receipt.kind]
            account = self.places.get(place, CLEARING)
            line = None if invoice is None else self._line(receipt.day, receipt.amount, None, text, account=account)
        elif receipt.kind == "posted":
            line = None if invoice is None else self._posted(receipt.day, receipt.amount, f"Rechnung {number}")
        else:
            purpose = {"paid": f"Rechnung {number}", "returned": f"Ruecklastschrift {number}"}
            line = self._line(receipt.day, receipt.amount, customer, purpose.get(receipt.kind, f"Gutschrift {number}"))
        if line is not None and receipt.kind == "returned":
            line.nature, line.entry_text = "returned_debit", "RUECKLASTSCHRIFT"
            self._return_fee(receipt.day)
        if line is None or invoice is None:
            return
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

    def _payouts(self, sales: Sales) -> None:
        """Each is one line at the bank; on the clearing account it and the fee take out what was booked off there."""
        for number, payout in enumerate(sales.payouts):
            if payout.day > self.last:
                continue
            party, place = self.parties.others[payout.via], self.places[payout.via]
            text = _PAYOUT[payout.via].format(7_000 + number)
            into = self._line(payout.day, payout.amount, party, text)
            out = self._line(payout.day, -payout.amount, None, text, account=place)
            if out is not None:
                out.payout = into
            if payout.fee:
                self._fee(payout, number, place)
            if into is not None and out is not None and self.traits.links_payouts:
                self._link(out, into)

    def _fee(self, payout: Payout, number: int, place: int) -> None:
        """A bill of the service, paid out of what was collected."""
        line = self._line(payout.day, -payout.fee, None, "Gebuehren", account=place)
        if line is None:
            return
        bill = Voucher(
            side="C",
            supplier=self.parties.others[payout.via],
            issued=line.day,
            recorded=line.recorded,
            deadline=line.day,
            net=payout.fee,
            tax=0,
            gross=payout.fee,
            rate=0,
            number=f"GEB-{7_000 + number}",
        )
        self.history.vouchers.append(bill)
        bill.is_closed = self._book(line, bill)

    def _card(self, costs: Costs) -> None:
        """Purchases with the credit card, on the card's own account."""
        for due in costs.on_card:
            day = self.when.next_working[due.due]
            if day > self.last:
                continue
            voucher = self.bills.get(due.bill)
            party = self.parties.supplier(int(due.party.partition(":")[2]))
            purpose = f"Rechnung {voucher.number}" if voucher else "Rechnung Vorjahr"
            line = self._line(day, -due.amount, party, purpose, account=self.places["card"])
            if line is not None and voucher is not None and self._book(line, voucher):
                voucher.is_closed = True

    def _settle_card(self, move: Movement, out: Line) -> None:
        """The other side of what the card's bank collects, unless it comes back."""
        if move.kind in {"paid", "bounced"}:
            out.transfer = "card"
        if move.kind == "paid":
            into = self._line(move.day, -move.amount, None, out.purpose, account=self.places["card"])
            if into is not None:
                into.transfer = "card"

    def _shuttles(self) -> None:
        """Money to the second account and back: for three weeks where that is once a month, else for two days."""
        times = self.traits.shuttles
        amount = round(self.traits.shuttle_share * self.traits.sales) * 100
        for first in self.when.month_first if times else ():
            for number in range(times):
                day = self.when.next_working[first + 3 + number * (24 // times)]
                back = self.when.next_working[day + (20 if times == 1 else 1)]
                # What leaves after the end of the books would not come back in them.
                if back <= self.last and day >= self.when.opens:
                    self._transfer(day, amount, MAIN, SAVINGS)
                    self._transfer(back, amount, SAVINGS, MAIN)

    def _transfer(self, day: int, amount: int, source: int, target: int) -> None:
        """Money between own accounts; how much the lines say of it depends on the firm. Cash is always linked."""
        is_linked = self.traits.transfers == "linked" or self.history.register in {source, target}
        is_named = self.traits.transfers == "own_iban" and not is_linked
        text = "Umbuchung" if is_linked else "Uebertrag" if is_named else "Dauerauftrag"
        out = self._line(day, -amount, self._own(target) if is_named else None, text, account=source)
        text = "Bareinzahlung" if source == self.history.register and self.traits.has_marks else text
        into = self._line(day, amount, self._own(source) if is_named else None, text, account=target)
        if out is not None and into is not None:
            if is_linked:
                self._link(out, into)
            else:
                out.transfer = into.transfer = "account" if is_named else "amount"

    def _link(self, out: Line, into: Line) -> None:
        """Link the two lines of a transfer; the link stands on one of them only."""
        out.target = into
        out.is_named_as_source = (out.day - self.start) % 2 == 0

    def _own(self, account: int) -> int:
        """The firm itself as the other party of a line: with its name, and the number of that account."""
        iban, parties = self.history.accounts[account].iban, self.history.parties
        for index in range(len(parties) - 1, -1, -1):
            if parties[index].iban == iban:
                return index
        parties.append(Party(name=self.history.holder, iban=iban))
        return len(parties) - 1

    def _posted(self, day: int, amount: int, text: str) -> Line | None:
        """A receipt that the firm writes onto its bank account, and takes out again so that the balance is right."""
        line, out = self._line(day, amount, None, text), self._line(day, -amount, None, "Wareneinkauf")
        if line is None or out is None:
            return None
        line.came = out.came = "posted"
        return line

    def _return_fee(self, day: int) -> None:
        if self.traits.has_return_fees:
            fee = self._line(day, -350, self.parties.others["bank"], "Entgelt Ruecklastschrift")
            if fee is not None:
                fee.nature = "returned_debit"

    def _movement(self, move: Movement) -> None:
        kind, due = move.kind, move.of
        if kind == "proceeds" and self.traits.borrows_online:
            self._line(move.day, move.amount, self.parties.others["lender"], "Auszahlung Finanzierung auxmoney 88121")
        elif kind in {"save", "unsave"}:
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
            self._return_fee(move.day)
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
        if due.party == "card":
            self._settle_card(move, line)
        line.entry_text = _OF_BANK.get(move.kind, _ENTRY[due.is_debit])
        if is_bill and voucher is not None and move.kind in {"paid", "bounced", "returned"}:
            booked = self._book(line, voucher)
            if move.kind == "paid" and booked:
                voucher.is_closed = True


def _share(sums: tuple[int, int, int], part: int, whole: int) -> tuple[int, int, int]:
    """The sums of a part of a document in its own currency."""
    gross = round(sums[2] * part / whole) if whole else 0
    return gross, 0, gross
