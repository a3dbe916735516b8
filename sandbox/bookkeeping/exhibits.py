"""One example of each document that is easily misread, added to a firm's regular books."""

from datetime import date

from sandbox.bookkeeping.history import CLEARING, MAIN, SAVINGS, CreditNote, History, Invoice, Line, Voucher

OLD_PARTIAL = date(2024, 5, 6).toordinal()
"""From before status 750 existed: a partly paid invoice of that day stays at 200."""
_ORDER = 41_000_000
"""Identifier of an order; orders themselves are not served."""


def exhibit(history: History) -> None:
    """Add the documents; books that open after ``OLD_PARTIAL`` go without that one."""
    exhibition = _Exhibition(history)
    exhibition.partly_paid()
    exhibition.settled()
    exhibition.taken_back()
    exhibition.reminded()
    exhibition.in_parts()
    exhibition.in_francs()
    exhibition.oddly_booked()
    exhibition.templates()
    exhibition.vouchers()
    exhibition.lines()


class _Exhibition:
    """Adds documents and lines, dated in days before the end of the books."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.customer = next(i.customer for i in history.invoices if i.customer is not None)
        self.supplier = next(v.supplier for v in history.vouchers if v.side == "C")

    # ---- the showcases

    def partly_paid(self) -> None:
        """Status 750; and an old one that stays at 200."""
        self.book(self.invoice(40, 200_000), 30, 100_000)
        if self.history.opened_on <= OLD_PARTIAL:
            ago = self.history.end_on - OLD_PARTIAL
            self.book(self.invoice(ago, 100_000), ago - 21, 50_000)

    def settled(self) -> None:
        """Status 1000 without as much money: written off, less a discount, by a note; and with more money."""
        bad = self.invoice(300, 150_000)
        self.book(bad, 100, bad.gross, account=CLEARING, closes=True)
        prompt = self.invoice(50, 80_000)
        prompt.discount_days, prompt.discount_percent = 10, 2
        self.book(prompt, 43, prompt.gross - prompt.gross * 2 // 100, closes=True)
        noted = self.invoice(75, 60_000)
        self.credit_note(noted, 70, 60_000, offset_on=70)
        noted.credited, noted.is_closed = noted.gross, True
        charged = self.invoice(90, 40_000)
        self.reminder(charged, 70, 1)
        self.book(charged, 62, charged.gross + 500, closes=True)
        by_hand = self.invoice(65, 30_000)
        by_hand.paid_by_hand_on, by_hand.booked = self.day(50), by_hand.gross
        by_hand.is_closed = True

    def taken_back(self) -> None:
        """A cancelled invoice; credit notes that are refunded and open; a debit that came back."""
        wrong = self.invoice(60, 120_000)
        wrong.is_cancelled = True
        self.history.invoices.append(wrong.cancellation(self.day(55)))
        paid = self.invoice(85, 100_000)
        self.book(paid, 72, paid.gross, closes=True)
        refunded = self.credit_note(paid, 66, 30_000)
        self.book(refunded, 61, -refunded.gross, closes=True)
        # The refund of this one was paid before the note was written.
        early = self.credit_note(paid, 20, 10_000)
        self.book(early, 28, -early.gross, closes=True)
        self.credit_note(paid, 10, 5_000)
        returned = self.invoice(35, 25_000)
        self.book(returned, 21, returned.gross)
        self.book(returned, 18, -returned.gross)

    def reminded(self) -> None:
        """Reminded three times and never paid."""
        unpaid = self.invoice(120, 90_000)
        for level, ago in enumerate((95, 80, 60), start=1):
            self.reminder(unpaid, ago, level)

    def in_parts(self) -> None:
        """An order that is invoiced in parts: advance and part are paid, the final invoice asks for what is left."""
        for kind, ago, net in (("AR", 130, 300_000), ("TR", 100, 300_000), ("ER", 25, 400_000)):
            part = self.invoice(ago, net)
            part.kind, part.order = kind, _ORDER + self.history.key
            if kind != "ER":
                self.book(part, ago - 12, part.gross, closes=True)

    def in_francs(self) -> None:
        """Invoices in Swiss francs: paid at a lower rate, at a higher one, and open; a credit note."""
        for ago, net, received in ((140, 106_000, 104_700), (110, 106_400, 107_150), (15, 53_100, None)):
            abroad = self.invoice(ago, net, rate=0)
            abroad.currency, abroad.foreign = "CHF", (round(net / 1.06), 0, round(net / 1.06))
            if received is not None:
                self.book(abroad, ago - 30, received, closes=True)
        note = self.credit_note(abroad, 12, 10_600)
        note.currency, note.foreign = "CHF", (10_000, 0, 10_000)

    def oddly_booked(self) -> None:
        """Paid before it was issued; two paid by one line; without days to pay."""
        ahead = self.invoice(20, 70_000)
        self.book(ahead, 25, ahead.gross, closes=True)
        both = (self.invoice(58, 40_000), self.invoice(56, 60_000))
        line = self.line(41, sum(invoice.gross for invoice in both), "Sammelzahlung")
        for invoice in both:
            self.book(invoice, 41, invoice.gross, line=line, closes=True)
        self.invoice(14, 45_000).term = None

    def templates(self) -> None:
        """A recurring template that was switched off; the one in force and the drafts are in all books."""
        template = self.invoice(400, 20_000)
        template.kind, template.is_deactivated = "WKR", True

    def vouchers(self) -> None:
        """Bills in every status, one overpaid, one with money that came instead of going; revenue without invoice."""
        self.voucher(9, 30_000).is_draft = True
        self.voucher(12, 55_000).number = "<b>R-77</b>"
        self.voucher(8, 42_000).is_transferred = True
        self.book(self.voucher(44, 9_500, tax=0), 20, -8_749)
        over = self.voucher(50, 8_000, tax=0)
        over.accounted = 8_749
        self.book(over, 36, -8_749, closes=True)
        self.book(self.voucher(45, 5_000), 33, 1_500)
        self.book(self.voucher(52, 70_000), 40, -83_300, closes=True)
        self.voucher(22, 64_000, side="D")
        sold = self.voucher(37, 21_000, side="D")
        self.book(sold, 30, sold.gross, closes=True)
        self.voucher(380, 11_900).kind = "RV"

    def lines(self) -> None:
        """Transfers named on one side only, either way; a private line; a deleted one."""
        for ago, is_named_as_source in ((48, False), (47, True)):
            out, into = self.line(ago, -40_000, "Umbuchung"), self.line(ago, 40_000, "Umbuchung", account=SAVINGS)
            out.target, out.is_named_as_source = into, is_named_as_source
        private = self.line(26, -7_990, "Kartenzahlung Gartenmoebel")
        private.is_private, private.nature = True, "owner_drawing"
        self.line(27, 99_900, "Doppelt eingelesen").is_deleted = True

    # ---- what they are made of

    def day(self, ago: int) -> int:
        return self.history.end_on - ago

    def invoice(self, ago: int, net: int, *, rate: int = 19) -> Invoice:
        tax = (net * rate + 50) // 100
        invoice = Invoice(
            kind="RE", customer=self.customer, issued=self.day(ago), recorded=self.day(ago), term=14,
            net=net, tax=tax, gross=net + tax, rate=rate,
        )  # fmt: skip
        self.history.invoices.append(invoice)
        return invoice

    def reminder(self, invoice: Invoice, ago: int, level: int) -> None:
        self.history.invoices.append(invoice.reminder(self.day(ago), level))

    def credit_note(self, invoice: Invoice, ago: int, net: int, *, offset_on: int | None = None) -> CreditNote:
        tax = (net * invoice.rate + 50) // 100
        note = CreditNote(
            invoice=invoice, customer=self.customer, issued=self.day(ago), recorded=self.day(ago),
            net=net, tax=tax, gross=net + tax, rate=invoice.rate,
            offset_on=None if offset_on is None else self.day(offset_on), is_closed=offset_on is not None,
        )  # fmt: skip
        self.history.credit_notes.append(note)
        return note

    def voucher(self, ago: int, net: int, *, side: str = "C", tax: int | None = None) -> Voucher:
        tax = (net * 19 + 50) // 100 if tax is None else tax
        voucher = Voucher(
            side=side, supplier=self.supplier, issued=self.day(ago), recorded=self.day(ago),
            deadline=self.day(ago - 14), net=net, tax=tax, gross=net + tax, rate=19 if tax else 0, number=f"R-{ago}",
        )  # fmt: skip
        self.history.vouchers.append(voucher)
        return voucher

    def line(self, ago: int, amount: int, purpose: str, *, account: int = MAIN) -> Line:
        day = self.day(ago)
        line = Line(account=account, day=day, recorded=day, amount=amount, party=None, purpose=purpose)
        self.history.lines.append(line)
        return line

    def book(
        self,
        document: Invoice | Voucher | CreditNote,
        ago: int,
        amount: int,
        *,
        account: int = MAIN,
        line: Line | None = None,
        closes: bool = False,
    ) -> None:
        """Book a line of its own, or part of a given one; recorded once line and document are there."""
        line = line or self.line(ago, amount, "Zahlung", account=account)
        self.history.book(line, document, amount, max(line.recorded, document.recorded))
        document.is_closed = document.is_closed or closes
