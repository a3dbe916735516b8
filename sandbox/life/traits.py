"""What makes one simulated firm differ from another: the parameters of its trade, its customers and its money."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sandbox.life.borrowed import Borrowed

LEGAL_FORMS = ("gmbh", "ug", "einzelunternehmen", "freiberufler", "gbr")
PERSONS = frozenset({"einzelunternehmen", "freiberufler", "gbr"})
"""Legal forms in which natural persons own the money; they draw instead of distributing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """Parameters of one firm. Money is euro, shares are of normal monthly net sales, rates are a year's."""

    months: int = 48
    """How long the books reach back."""
    is_new: bool = False
    """Founded when the books open; else it existed before and old customers still owe."""
    legal_form: str = "gmbh"
    sector: str = "services"
    """Its branch of trade, in a lender's words."""
    is_small_business: bool = False
    vat_rate: int = 19
    sales: float = 25_000.0
    """Normal net sales a month."""
    invoices_per_month: float = 8.0
    growth: float = 0.03
    seasonality: float = 0.15
    """Amplitude of the yearly cycle of demand."""
    season_peak: int = 5
    """Month of the year with most demand, 1 to 12."""
    demand_noise: float = 0.08
    """Standard deviation of the monthly step of log demand."""
    shock_rate: float = 0.10
    """How often demand falls for good."""
    shock_size: float = 0.35
    """Mean share of demand that such a fall takes."""
    customers: int = 15
    concentration: float = 0.9
    """Spread of customer sizes (sigma of a log-normal)."""
    customer_spread: float = 0.45
    """Spread of the size of an order between customers (sigma of a log-normal)."""
    churn: float = 0.2
    """Rate at which a customer leaves."""
    persons_share: float = 0.1
    """Customers who are private persons."""
    term: int | None = 14
    """Days to pay on invoices; None: not stated."""
    slow_share: float = 0.2
    """Customers who habitually pay late."""
    slow_days: float = 18.0
    """How late these pay, in the mean."""
    lead: float = 2.0
    """How many days before the due day the others pay, in the mean."""
    stray_share: float = 0.06
    """Invoices that are forgotten for some weeks."""
    delay_drift: float = 0.0
    """Days a year by which all customers get slower."""
    non_payment: float = 0.006
    """Invoices never paid in full."""
    failing_customers: float = 0.02
    """Rate at which a customer becomes insolvent; threefold for those who pay late, less for the others."""
    debit_share: float = 0.05
    """Customers who pay by direct debit."""
    discount_percent: int = 0
    discount_days: int = 0
    by_hand_share: float = 0.01
    """Invoices marked as paid without a booking."""
    till_share: float = 0.0
    """Sales through a till, recorded as revenue vouchers."""
    has_card_till: bool = False
    """Takings come straight to the bank from a card terminal; else they are cash, in a cash account first."""
    is_prompt: bool = False
    """Documents and bookings are recorded on the day itself."""
    duns: bool = True
    materials: float = 0.3
    wages: float = 0.3
    rent: float = 0.04
    overhead: float = 0.10
    drawings: float = 0.0
    """Basic living of a sole trader."""
    margin: float = 0.08
    """What is left of normal sales after all of these. Materials, wages, overheads are scaled so that it is."""
    cost_drift: float = 0.0
    """Yearly growth of fixed costs beyond sales."""
    cost_noise: float = 0.015
    """Standard deviation of the monthly step of log fixed costs."""
    buffer: float = 1.2
    """Cash the owners want to keep, in months of outflow."""
    opening: float = 1.0
    """Opening cash as a share of that buffer."""
    overdraft: float = 0.4
    """Overdraft limit in months of sales."""
    debt_service: float = 0.0
    loan_in_month: int | None = None
    """Month of the books in which a new bank loan is paid out."""
    suppliers: int = 8
    bill_delay: float = 0.0
    """Days after the deadline at which bills are habitually paid."""
    no_deadline_share: float = 0.1
    """Bills without a payment deadline in the books."""
    saves: bool = False
    """Keeps a second account."""
    bank: str = "feed"
    """feed: synchronised; unmatched: synchronised without its opening balance; file: imported files."""
    slump: float = 0.0
    """Share of demand lost over the last nine months."""
    slump_delay: float = 0.0
    """Days by which customers get slower over the last nine months."""
    files_for_insolvency: bool = True
    """Stops when it can no longer pay; else it goes on, its bills unpaid."""
    misfortune: float = 0.10
    """Rate of sudden private or uninsured losses after which means are short, unseen in the books until then."""
    walks_away: float = 0.012
    """Chance that a borrower stops paying for reasons that nothing foretells: dispute, fraud, flight."""

    # Off in the portfolio; drawn from a stream of its own, so that firms without it stay the same to the byte.
    bursts: tuple[int, ...] = ()
    """Days before the end on which the firm begins to issue invoices that have no order behind them."""
    related_sales: float = 0.0
    """Sales to a related company that bills nearly the same back, as a share of normal sales."""
    private_spending: float = 0.0
    """What a sole trader buys privately from the business account, as a share of normal sales."""
    tax_delay: float = 0.0
    """Days after the due day at which taxes are habitually paid."""
    currencies: tuple[str, ...] = ()
    """Currencies of ``sandbox.life.abroad.MARKETS`` in which some customers are invoiced."""
    foreign_share: float = 0.0
    """Customers who are invoiced in one of these."""
    months_on_system_2: int | None = None
    """For how long documents are those of bookkeeping system 2.0; None: always, 0: never."""
    locks: bool = True
    """Sending an invoice locks it, as it does unless somebody switches that off."""
    edited_share: float = 0.0
    """Invoices that are changed weeks after they were sent."""
    skipped_share: float = 0.0
    """Numbers of invoices that no document has."""
    scanless_share: float = 0.02
    """Bills whose document is not in the books."""
    recurring_share: float = 0.0
    """Customers who are invoiced from a template."""
    booked_after_days: int | None = 21
    """Days after which what needs no document is booked; None: never."""
    is_exhibition: bool = False
    """Holds one of each awkward document as well."""

    # How money moves and what it is owed for; off unless drawn or given. Shares are of normal monthly net sales.
    leases: float = 0.0
    """Instalments of leases and hire purchase, a month."""
    borrows_online: bool = False
    """The loan in ``loan_in_month`` comes from an online lender, whose lines say neither loan nor interest."""
    borrowed: tuple[Borrowed, ...] = ()
    """Loans by contract, each with a lender of its own."""
    enforces: float = 0.0
    """How often a year the firm advances costs to have a claim of its own enforced."""
    has_garnished_worker: bool = False
    """Pays a part of a worker's wage to the worker's creditor, every month."""
    has_return_fees: bool = False
    """The bank books its fee for each returned debit as a line of its own."""
    has_credit_card: bool = False
    """Pays a supplier with a credit card, whose account is in the books, too, and is settled monthly."""
    provider_share: float = 0.0
    """Customers who pay through a payment provider: booked off over a clearing account, paid out weekly."""
    links_payouts: bool = False
    """The payouts on the bank are linked with the clearing account that they empty."""
    sold_share: float = 0.0
    """Customers whose invoices are sold to a factor."""
    retained_percent: int = 0
    """What customers keep back from an invoice until the warranty ends a year later."""
    retained_share: float = 0.0
    """Customers who do."""
    late_credit_share: float = 0.0
    """Invoices on which a credit note comes two months after their payment, and stays open."""
    nameless_credit_share: float = 0.0
    """Those of these credit notes that name the customer and no invoice."""
    is_credited_at_end: bool = False
    """Everything invoiced in the last weeks is credited in full, by credit notes that name no invoice."""
    buried_share: float = 0.0
    """Invoices that are never paid and booked off over a clearing account on their due day."""
    short_closed_share: float = 0.0
    """Invoices of which 59 percent are paid, and which are closed all the same."""
    invented: float = 0.0
    """Invoices without an order behind them, as a multiple of the real ones."""
    invented_paid_by: str = "cleared"
    """cleared: booked off over an offline account; posted: by lines that the firm writes onto its bank account."""
    shuttles: int = 0
    """How often a month money goes to the second account and back."""
    shuttle_share: float = 0.0
    """How much each time."""

    # How the books are kept; off unless drawn or given.
    has_marks: bool = False
    """Bank lines bear the marks of how they came: by feed, from a file, or posted."""
    transfers: str = "linked"
    """Between own accounts: linked; own_iban: both lines name the other account; bare: they name nothing."""
    reconnected_days: int | None = None
    """Days before the end on which the main account was connected anew, as a second account of the books."""
    reconnect_overlap: int = 0
    """Days before that whose lines both accounts have; below 0: days that neither feed has, posted by hand."""
    is_old_archived: bool = False
    """The account that was connected before is archived."""
    feed_stopped_days: int = 0
    """Days before the end on which the bank feed stopped."""
    outages: tuple[tuple[int, int], ...] = ()
    """Days before the end on which the bank feed stopped, and days until it went on and brought what was missing."""
    has_empty_till: bool = False
    """A cash account that nothing was ever entered on."""
    migrated_days: int | None = None
    """Days before the end on which all older books were taken over from another system, within a week."""
    imported_twice_days: int | None = None
    """Days before the end on which the statement began that was imported twice."""
    repeated_bill_share: float = 0.0
    """Bills that were entered twice under the same number."""


def _trade(rng: np.random.Generator) -> dict[str, Any]:
    """What a branch of trade brings along."""
    trades: tuple[dict[str, Any], ...] = (
        {"materials": 0.12, "wages": 0.45, "term": 14, "seasonality": 0.08, "season_peak": 11},
        {"materials": 0.05, "wages": 0.35, "term": 30, "seasonality": 0.08, "season_peak": 10},
        {"materials": 0.38, "wages": 0.28, "term": 14, "seasonality": 0.3, "season_peak": 7, "slow_share": 0.3},
        {"materials": 0.60, "wages": 0.12, "term": 30, "seasonality": 0.2, "season_peak": 11},
        {"materials": 0.25, "wages": 0.30, "term": 7, "seasonality": 0.2, "season_peak": 6, "persons_share": 0.6},
        {"materials": 0.45, "wages": 0.18, "term": 14, "seasonality": 0.3, "season_peak": 12, "till_share": 0.4},
    )
    sectors = ("services", "software", "construction", "wholesale", "personal services", "retail")
    drawn = int(rng.integers(len(trades)))
    return {"sector": sectors[drawn], **trades[drawn]}


def draw_traits(rng: np.random.Generator, *, quality: float | None = None) -> Traits:
    """Draw a firm from the simulated portfolio.

    A latent quality ties margin, buffer, customers and growth together, so that weak firms tend to be weak all round.

    Args:
        rng: random numbers for this firm.
        quality: the latent quality, instead of the one drawn; everything else is drawn as ever.
    """
    drawn_quality = float(rng.standard_normal())
    quality = drawn_quality if quality is None else quality
    legal_form = str(rng.choice(LEGAL_FORMS, p=[0.42, 0.13, 0.28, 0.10, 0.07]))
    is_person = legal_form in PERSONS
    sales = float(np.exp(rng.normal(9.7 if is_person else 10.3, 0.7)))
    is_small = is_person and sales < 6_000 and rng.random() < 0.6
    per_month = float(np.clip(np.exp(rng.normal(2.0 + 0.25 * (np.log(sales) - 10), 0.5)), 2.0, 30.0))
    trade = _trade(rng)
    if is_person:
        trade["wages"] *= 0.4
    offers_discount = rng.random() < 0.22
    drawn = Traits(**trade)
    firm = replace(
        drawn,
        months=int(rng.integers(26, 61)) if rng.random() < 0.85 else int(rng.integers(14, 27)),
        is_new=bool(rng.random() < 0.25),
        legal_form=legal_form,
        is_small_business=bool(is_small),
        vat_rate=0 if is_small else (7 if rng.random() < 0.08 else 19),
        sales=sales,
        invoices_per_month=per_month,
        growth=float(rng.normal(0.02 + 0.03 * quality, 0.07)),
        demand_noise=float(rng.uniform(0.02, 0.09)),
        shock_rate=float(rng.gamma(2.0, 0.035)),
        shock_size=float(rng.uniform(0.15, 0.45)),
        customers=int(np.clip(rng.lognormal(2.8, 0.55), 4, 60)),
        concentration=float(rng.uniform(0.5, 1.5)),
        churn=float(np.clip(rng.normal(0.22 - 0.05 * quality, 0.10), 0.03, 0.8)),
        term=None if rng.random() < 0.04 else drawn.term,
        slow_share=float(np.clip(rng.normal(drawn.slow_share - 0.06 * quality, 0.12), 0.0, 0.8)),
        slow_days=float(np.clip(rng.normal(20 - 4 * quality, 8), 4, 60)),
        delay_drift=float(rng.normal(-0.5 * quality, 2.0)),
        non_payment=float(np.clip(np.exp(rng.normal(-5.0 - 0.4 * quality, 0.7)), 0.0, 0.08)),
        failing_customers=float(np.clip(np.exp(rng.normal(-3.5 - 0.4 * quality, 0.5)), 0.0, 0.3)),
        debit_share=float(rng.choice([0.0, 0.1, 0.3], p=[0.6, 0.3, 0.1])),
        discount_percent=int(rng.integers(2, 4)) if offers_discount else 0,
        discount_days=int(rng.choice([7, 10])) if offers_discount else 0,
        by_hand_share=float(rng.choice([0.0, 0.01, 0.06], p=[0.5, 0.35, 0.15])),
        has_card_till=bool(rng.random() < 0.6),
        is_prompt=bool(rng.random() < 0.3),
        duns=bool(rng.random() < 0.8),
        rent=float(rng.uniform(0.02, 0.07)),
        overhead=float(rng.uniform(0.06, 0.14)),
        drawings=float(rng.uniform(0.18, 0.35)) if is_person else 0.0,
        margin=float(rng.normal(0.165 + 0.03 * quality, 0.03)),
        cost_drift=float(rng.normal(-0.004 * quality, 0.015)),
        cost_noise=float(rng.uniform(0.008, 0.025)),
        buffer=float(np.exp(rng.normal(0.35 + 0.25 * quality, 0.5))),
        opening=float(rng.uniform(0.5, 1.2)),
        overdraft=float(rng.choice([0.0, 0.25, 0.5, 1.0], p=[0.3, 0.3, 0.25, 0.15])),
        debt_service=float(rng.uniform(0.01, 0.05)) if rng.random() < 0.4 else 0.0,
        loan_in_month=int(rng.integers(4, 40)) if rng.random() < 0.12 else None,
        suppliers=int(rng.integers(4, 16)),
        bill_delay=float(rng.normal(-1.0 - 1.0 * quality, 4.0)),
        no_deadline_share=float(rng.choice([0.0, 0.1, 0.5], p=[0.4, 0.4, 0.2])),
        saves=bool(rng.random() < 0.3),
        bank=str(rng.choice(["feed", "unmatched", "file"], p=[0.8, 0.08, 0.12])),
        misfortune=float(rng.uniform(0.03, 0.16)),
    )
    return replace(firm, **_dealings(rng, firm, quality), **_bookkeeping(rng, firm, quality))


_BUILDERS_PEAK = 7
"""The season of the trade in which customers keep back sums."""


def _dealings(rng: np.random.Generator, firm: Traits, quality: float) -> dict[str, Any]:
    """How money moves and what it is owed for; docs/simulation.md says why at these rates."""
    weak = float(np.exp(-0.5 * quality))
    is_builder, employs = firm.season_peak == _BUILDERS_PEAK, firm.wages * firm.sales > 4_000
    draws = rng.random(14).tolist()
    sizes = rng.random(8).tolist()
    is_online = firm.persons_share > 0.3 or firm.till_share > 0
    cheats = draws[0] < 0.012 * weak
    posts = cheats and draws[1] < 0.25
    moves = draws[2] < 0.4 or cheats
    return {
        "leases": 0.005 + 0.04 * sizes[0] ** 2 if draws[3] < (0.2 if is_builder else 0.32) else 0.0,
        "borrows_online": firm.loan_in_month is not None and draws[4] < min(0.6, 0.2 * weak),
        "enforces": 0.3 + 2.0 * sizes[1] if draws[5] < 0.1 else 0.0,
        "has_garnished_worker": employs and draws[6] < 0.07,
        "has_return_fees": draws[7] < 0.6,
        "has_credit_card": draws[8] < 0.15 and firm.bank != "file",
        "provider_share": 0.2 + 0.7 * sizes[2] if draws[9] < (0.3 if is_online else 0.05) else 0.0,
        "links_payouts": sizes[3] < 0.5,
        "sold_share": 0.3 + 0.6 * sizes[4] if draws[10] < (0.0 if is_online else 0.035) else 0.0,
        "retained_percent": 5,
        "retained_share": 0.2 + 0.6 * sizes[5] if is_builder and draws[11] < 0.5 else 0.0,
        "late_credit_share": 0.01 + 0.05 * sizes[6] if draws[12] < 0.1 else 0.0,
        "nameless_credit_share": 0.3,
        "buried_share": 0.04 + 0.12 * sizes[7] if draws[13] < 0.008 * weak else 0.0,
        "short_closed_share": 0.03 if 0.008 * weak <= draws[13] < 0.04 * weak else 0.0,
        "invented": 0.3 + 1.2 * sizes[0] if cheats else 0.0,
        "invented_paid_by": "posted" if posts else "cleared",
        "saves": firm.saves or (cheats and not posts),
        "shuttles": (6 if cheats and not posts else 1) if moves and (firm.saves or (cheats and not posts)) else 0,
        "shuttle_share": 0.1 + 0.25 * sizes[1],
        # Who invents sales to get a loan mostly does not mean to pay it back.
        "walks_away": 0.6 if cheats else firm.walks_away,
    }


def _bookkeeping(rng: np.random.Generator, firm: Traits, quality: float) -> dict[str, Any]:
    """How the books are kept. It says little about who pays: the weak have a few more outages of their feeds."""
    draws = rng.random(8).tolist()
    is_fed = firm.bank == "feed"
    stops = int(rng.poisson(0.4 * np.exp(-0.25 * quality) * firm.months / 12))
    begins = rng.integers(0, firm.months * 30, stops).tolist()
    lasts = np.round(8 + rng.gamma(1.2, 25.0, stops)).astype(int).tolist()
    reconnected, moved, twice = (int(day) for day in rng.integers(0, 1_000, 3))
    overlap = int(rng.choice([-7, 0, 30], p=[0.25, 0.5, 0.25]))
    return {
        "has_marks": True,
        "transfers": "linked" if draws[0] < 0.5 else ("own_iban" if draws[0] < 0.85 else "bare"),
        "outages": tuple(zip(begins, lasts, strict=True)) if is_fed else (),
        "reconnected_days": 60 + reconnected if is_fed and draws[1] < 0.08 else None,
        "reconnect_overlap": overlap,
        "is_old_archived": draws[2] < 0.5,
        "has_empty_till": not firm.till_share and draws[3] < 0.08,
        "migrated_days": 370 + moved % 700 if draws[4] < 0.06 else None,
        "imported_twice_days": 60 + twice if draws[5] < (0.1 if firm.bank == "file" else 0.01) else None,
        "repeated_bill_share": 0.01 + 0.03 * draws[7] if draws[6] < 0.12 else 0.0,
        **_marks(rng),
    }


def _marks(rng: np.random.Generator) -> dict[str, Any]:
    """How well the books are kept beside that: most are, whoever pays."""
    draws = rng.random(8).tolist()
    return {
        "locks": draws[0] < 0.92,
        "edited_share": 0.02 + 0.08 * draws[2] if draws[1] < 0.05 else 0.0,
        "skipped_share": 0.005 + 0.02 * draws[2] if draws[3] < 0.06 else 0.0,
        "scanless_share": 0.3 * draws[4] ** 3,
        "recurring_share": draws[5] if draws[6] < 0.25 else 0.0,
        "booked_after_days": 21 if draws[7] < 0.7 else (60 if draws[7] < 0.9 else None),
    }
