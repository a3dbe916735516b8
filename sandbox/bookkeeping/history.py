"""What happened in a simulated firm's books: documents, bank lines and bookings, before any format is given to them.

Days are proleptic ordinals (``datetime.date.toordinal``), money is integer cents.
"""

from dataclasses import dataclass, field, replace

MAIN, CLEARING, BASE, SAVINGS, REGISTER = range(5)
"""Positions of the accounts; the last two only exist where the firm has them."""
SALES = ("RE", "TR", "AR", "ER")
"""Kinds of invoices that ask for money: normal, partial, advance and final."""


@dataclass(slots=True, kw_only=True)
class Party:
    """A business partner of the firm."""

    name: str
    iban: str | None = None
    """The account its bank lines name; None where lines only carry the name."""
    is_person: bool = False
    contact_id: int | None = None
    """Identifier of its Contact; None where the books only hold the name."""
    since: int = 0


@dataclass(slots=True, kw_only=True)
class Invoice:
    """An issued document of the resource Invoice: invoice, cancellation, reminder or recurring template."""

    kind: str
    """RE; TR, AR or ER of an order in parts; SR, MA or WKR."""
    customer: int | None
    """Index into ``History.parties``; None on a draft without addressee."""
    issued: int
    recorded: int
    term: int | None = None
    """Days to pay; None: not stated."""
    is_recurring: bool = False
    """Made of a template, by its rhythm."""
    edited: int = 0
    """Day on which it was changed after it was sent; 0: never."""
    discount_days: int = 0
    discount_percent: int = 0
    net: int
    tax: int
    gross: int
    rate: int = 19
    origin: "Invoice | None" = None
    level: int | None = None
    order: int | None = None
    """Identifier of the order that it invoices a part of."""
    retained_percent: int = 0
    """What the customer keeps back until the warranty ends; the document says so."""
    currency: str = "EUR"
    foreign: tuple[int, int, int] = (0, 0, 0)
    """Net, tax and gross in another currency than the euro."""
    is_draft: bool = False
    is_deactivated: bool = False
    """A recurring template that issues no more."""
    is_cancelled: bool = False
    is_closed: bool = False
    paid_by_hand_on: int | None = None
    """Marked as paid without any booking."""
    booked: int = 0
    written_off: int = 0
    credited: int = 0
    has_booking: bool = False
    last_booking: tuple[int, int] = (0, 0)
    """Day and recording day of the last booking."""
    id: int = 0
    number: str | None = None

    @property
    def updated(self) -> int:
        """Day of the last change."""
        return max(self.recorded, self.last_booking[1], self.edited)

    def cancellation(self, day: int) -> "Invoice":
        """The document that takes it back: its sums turned round."""
        net, tax, gross = self.foreign
        return replace(
            self,
            kind="SR",
            issued=day,
            recorded=day,
            origin=self,
            is_cancelled=False,
            is_recurring=False,
            edited=0,
            net=-self.net,
            tax=-self.tax,
            gross=-self.gross,
            foreign=(-net, -tax, -gross),
        )

    def reminder(self, day: int, level: int) -> "Invoice":
        """The document that reminds of it."""
        return replace(
            self, kind="MA", issued=day, recorded=day, origin=self, level=level, is_cancelled=False, edited=0
        )


@dataclass(slots=True, kw_only=True)
class Voucher:
    """A bill (side C), or revenue that was not invoiced (side D)."""

    side: str
    supplier: int
    """Index into ``History.parties``."""
    issued: int
    recorded: int
    deadline: int | None = None
    net: int
    tax: int
    gross: int
    rate: int = 19
    kind: str = "VOU"
    """VOU, or RV for a recurring template."""
    is_draft: bool = False
    is_transferred: bool = False
    """Its payment was ordered in sevdesk; no bank line shows it yet."""
    has_scan: bool = True
    """The books keep the document itself."""
    accounted: int | None = None
    """What the accounts say that it cost; None: its total."""
    cost: str = "charges"
    """What it is for, which its booking account says: charges, goods, services, advertising or telephone. Of revenue
    nothing."""
    is_closed: bool = False
    paid_by_hand_on: int | None = None
    booked: int = 0
    has_booking: bool = False
    last_booking: tuple[int, int] = (0, 0)
    id: int = 0
    number: str = ""


@dataclass(slots=True, kw_only=True)
class CreditNote:
    """A correction of an invoice, settled against it, refunded, or open."""

    invoice: Invoice | None
    is_linked_by_origin: bool = False
    """Linked through ``origin`` only, not through ``refSrcInvoice``."""
    customer: int
    issued: int
    recorded: int
    net: int
    tax: int
    gross: int
    rate: int = 19
    currency: str = "EUR"
    foreign: tuple[int, int, int] = (0, 0, 0)
    """Net, tax and gross in another currency than the euro."""
    offset_on: int | None = None
    """Settled against the invoice on that day, without a booking."""
    is_draft: bool = False
    is_closed: bool = False
    booked: int = 0
    has_booking: bool = False
    last_booking: tuple[int, int] = (0, 0)
    id: int = 0
    number: str | None = None


def is_income(document: Invoice | Voucher | CreditNote) -> bool:
    """Whether a document is settled by money that comes in."""
    return isinstance(document, Invoice) or (isinstance(document, Voucher) and document.side == "D")


@dataclass(slots=True, kw_only=True)
class Account:
    """A bank, cash or clearing account."""

    name: str
    kind: str
    """online, register or offline."""
    import_type: str | None = None
    is_synced: bool = False
    iban: str | None = None
    recorded: int
    is_default: bool = False
    is_base: bool = False
    balance: int | None = None
    """What the account object claims, in cents; None where it claims nothing."""
    synced_on: int | None = None
    """Day of the last synchronisation, where that is not the end of the books."""
    is_archived: bool = False
    id: int = 0


@dataclass(slots=True, kw_only=True)
class Line:
    """A line of an account; on an offline account the other side of a write-off."""

    account: int
    """Index into ``History.accounts``."""
    day: int
    recorded: int
    amount: int
    party: int | None
    """Index into ``History.parties``."""
    purpose: str
    entry_text: str | None = None
    nature: str = "other"
    """What the line is about: a member of the ledger's nature enumeration."""
    target: "Line | None" = None
    """The other side of a transfer between own accounts, named on this side only."""
    is_named_as_source: bool = False
    """The link of a transfer is stored as sourceTransaction instead of targetTransaction."""
    is_deleted: bool = False
    is_private: bool = False
    """Marked as private, which needs no document."""
    is_auto_booked: bool = False
    """Booked on an account without a document: wages, taxes, rents."""
    is_copy: bool = False
    """What it says is in the books already, on another line or as the sum of lines."""
    transfer: str = "none"
    """What shows that it moves money between own accounts, where no link does: a member of the ledger's enumeration."""
    payout: "Line | None" = None
    """On a clearing account: the bank line of the payout that it belongs to."""
    came: str | None = None
    """feed, file or posted: how it came into the books, where its marks say so; None: they do not."""
    is_booked: bool = False
    id: int = 0


@dataclass(slots=True, kw_only=True)
class Booking:
    """One entry of the transaction log: a line that settles (part of) a document."""

    line: Line
    document: Invoice | Voucher | CreditNote
    amount: int
    """Signed as the line."""
    day: int
    recorded: int
    id: int = 0


@dataclass(slots=True, kw_only=True)
class DailyMeans:
    """The firm's daily means, from which follows how a loan is repaid. Never part of the books. One value a day."""

    first: int
    """Ordinal of the first value."""
    means: list[int]
    """Within reach: cash, savings, free overdraft, what owners took beyond their need; less overdue debts."""
    monthly_sales: list[int]
    """Net sales of the trailing 365 days over 12."""


@dataclass(slots=True, kw_only=True)
class History:
    """One firm's whole simulated past, as its books hold it on ``end_on``."""

    key: int
    """A number unique to the firm, from which identifiers of objects are derived."""
    end_on: int
    opened_on: int
    """First day of the books."""
    kept_since: int = 0
    """Day from which on they are kept where they are; older ones were taken over."""
    died_on: int | None = None
    """Insolvency; the books stop there."""
    holder: str = ""
    """The firm's name, as its banks have it."""
    is_small_business: bool = False
    is_locked: bool = True
    """Sending an invoice locks it."""
    system_2_since: int = 0
    """Documents recorded before that day are those of bookkeeping system 1.0."""
    parties: list[Party] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    vouchers: list[Voucher] = field(default_factory=list)
    credit_notes: list[CreditNote] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    daily: DailyMeans

    @property
    def register(self) -> int | None:
        """Position of the till's account, None where the firm has none."""
        return next((index for index, account in enumerate(self.accounts) if account.kind == "register"), None)

    def book(self, line: Line, document: Invoice | Voucher | CreditNote, amount: int, recorded: int) -> None:
        """Enter in the log and in the document that a line settles it, or part of it."""
        self.bookings.append(Booking(line=line, document=document, amount=amount, day=line.day, recorded=recorded))
        line.is_booked = True
        document.has_booking = True
        document.last_booking = max(document.last_booking, (line.day, recorded))
        received = amount if is_income(document) else -amount
        if isinstance(document, Invoice) and self.accounts[line.account].kind == "offline":
            document.written_off += received
        else:
            document.booked += received
