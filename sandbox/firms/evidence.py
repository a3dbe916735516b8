"""Firms whose books must be read with care: what they show is there twice, old, hidden, invented, or has another name.

Most are honest. Where an honest and a dishonest firm do the same thing, both are here.
"""

from dataclasses import replace

from sandbox.firms.persona import Persona
from sandbox.life.borrowed import Borrowed
from sandbox.life.traits import Traits

_SOUND = Traits(
    months=36, sales=34_000, invoices_per_month=16, growth=0.03, seasonality=0.06, demand_noise=0.03, shock_rate=0.0,
    customers=18, concentration=0.5, customer_spread=0.2, churn=0.08, persons_share=0.0, term=14, slow_share=0.1,
    slow_days=8, non_payment=0.002, failing_customers=0.0, debit_share=0.0, by_hand_share=0.0, materials=0.3,
    wages=0.28, margin=0.15, buffer=4.0, opening=0.8, overdraft=0.4, bill_delay=-2.0, files_for_insolvency=False,
    has_marks=True,
)  # fmt: skip
"""An ordinary firm in order; each of the firms below differs from it in its situation."""

_OWN_MONEY = (
    Persona(
        firm="two-accounts",
        name="Wacholder Beratung GmbH",
        description=(
            "Sets money aside on a second account each month and pays with a credit card that is in the books, too:"
            " its transfers are not linked, but name the other account"
        ),
        key=8_041,
        seed=51,
        traits=replace(
            _SOUND, saves=True, transfers="own_iban", shuttles=1, shuttle_share=0.35, has_credit_card=True
        ),
    ),
    Persona(
        firm="bare-transfers",
        name="Ginster Textil GmbH",
        description=(
            "Sets money aside on a second account each month; its transfers are neither linked nor name anybody, only"
            " amount and day agree"
        ),
        key=8_042,
        seed=52,
        traits=replace(_SOUND, saves=True, transfers="bare", shuttles=1, shuttle_share=0.35),
    ),
    Persona(
        firm="invented-sales",
        name="Marder Vertrieb GmbH",
        description=(
            "Two thirds of its sales are invented and booked off over a clearing account; money goes to a second"
            " account and back all month, so that as much seems to come in"
        ),
        key=8_043,
        seed=53,
        traits=replace(
            _SOUND, sales=18_000, invoices_per_month=8, saves=True, transfers="own_iban", invented=2.0, shuttles=6,
            shuttle_share=0.35, buffer=2.5,
        ),
    ),
    Persona(
        firm="posted-receipts",
        name="Habicht Marketing GmbH",
        description=(
            "A third of its sales are invented and paid by lines that it writes onto its bank account itself, each"
            " taken out again the same day"
        ),
        key=8_044,
        seed=54,
        traits=replace(_SOUND, sales=22_000, invoices_per_month=10, invented=0.5, invented_paid_by="posted"),
    ),
)  # fmt: skip

_CONNECTIONS = (
    Persona(
        firm="reconnected-account",
        name="Eibe Haustechnik GmbH",
        description=(
            "Its bank account was connected anew four months ago: the old one is archived, and a week that no feed"
            " has was entered by hand"
        ),
        key=8_045,
        seed=55,
        traits=replace(_SOUND, reconnected_days=120, reconnect_overlap=-7, is_old_archived=True),
    ),
    Persona(
        firm="reconnected-twice-seen",
        name="Lerche Feinkost GmbH",
        description=(
            "Its bank account was connected anew two months ago and stands in the books twice, with a month of lines"
            " on both"
        ),
        key=8_046,
        seed=56,
        traits=replace(_SOUND, reconnected_days=60, reconnect_overlap=30, is_old_archived=False),
    ),
    Persona(
        firm="stale-feed",
        name="Distel Gerüstbau GmbH",
        description="The feed of its bank account stopped 60 days ago; documents go on, nothing is booked since",
        key=8_047,
        seed=57,
        traits=replace(_SOUND, feed_stopped_days=60),
    ),
    Persona(
        firm="imported-twice",
        name="Amsel Fahrräder GmbH",
        description=(
            "Bank lines come from files, and one month's statement was imported twice; some bills were entered twice"
            " under the same number"
        ),
        key=8_048,
        seed=58,
        traits=replace(_SOUND, bank="file", imported_twice_days=75, repeated_bill_share=0.04),
    ),
    Persona(
        firm="migrated-books",
        name="Ulme Softwarehaus GmbH",
        description=(
            "Moved here seven weeks ago: three years of documents were recorded within a week, older bank lines"
            " imported, the feed runs since"
        ),
        key=8_049,
        seed=59,
        traits=replace(_SOUND, migrated_days=50),
    ),
)  # fmt: skip

_DEBTS = (
    Persona(
        firm="leased-fleet",
        name="Sperber Kurierdienst GmbH",
        description=(
            "Leases and buys on instalments what others borrow for; an online lender paid out a loan: no line says"
            " loan or interest"
        ),
        key=8_050,
        seed=60,
        traits=replace(_SOUND, leases=0.13, loan_in_month=26, borrows_online=True, margin=0.1),
    ),
    Persona(
        firm="leased-car",
        name="Meise Hausverwaltung GmbH",
        description="Leases a car and a copier, and pays off a machine, as it has for years",
        key=8_071,
        seed=68,
        traits=replace(_SOUND, leases=0.015),
    ),
    Persona(
        firm="grace-period",
        name="Zander Maschinenbau GmbH",
        description=(
            "Has a promotional loan of 120,000 euro since eight months: it pays interest alone, and next year the"
            " repayment begins"
        ),
        key=8_072,
        seed=69,
        traits=replace(
            _SOUND,
            borrowed=(
                Borrowed(
                    lender="Volksbank Mitte eG", text="KfW 0815", euro=120_000, paid_out_days=250, rate=0.045,
                    number=32, every_months=3, grace=4,
                ),
            ),
        ),
    ),
    Persona(
        firm="balloon-loan",
        name="Hecht Transporte GmbH",
        description="Pays off a truck in small instalments; 70 % of the loan fall due with the last one, next year",
        key=8_073,
        seed=70,
        traits=replace(
            _SOUND,
            borrowed=(
                Borrowed(
                    lender="Scania Finance Deutschland GmbH", text="Zugmaschine 7701", euro=60_000, paid_out_days=1_000,
                    rate=0.055, number=48, balloon=0.7,
                ),
            ),
        ),
    ),
    Persona(
        firm="stacked-loans",
        name="Barsch Handel GmbH",
        description="Took loans of three online lenders within two months; the books show nearly no instalment yet",
        key=8_074,
        seed=71,
        traits=replace(
            _SOUND,
            borrowed=(
                Borrowed(lender="iwoca Deutschland GmbH", text="iwoca 55101", euro=25_000, paid_out_days=62, rate=0.18,
                         number=52, every_months=0),
                Borrowed(lender="Teylor AG", text="Teylor 2026-118", euro=20_000, paid_out_days=33, rate=0.14,
                         number=24),
                Borrowed(lender="Qonto Finanzierung", text="Qonto 9917", euro=15_000, paid_out_days=9, rate=0.16,
                         number=12),
            ),
        ),
    ),
    Persona(
        firm="frugal-owner",
        name="Schreinerei Anna Falk",
        description="A sole trader who draws 400 euro a month: nobody lives on that",
        key=8_075,
        seed=72,
        traits=replace(
            _SOUND, legal_form="einzelunternehmen", sales=14_000, drawings=0.03, margin=0.24, wages=0.2, buffer=40.0,
            opening=0.05,
        ),
    ),
    Persona(
        firm="enforcing-creditor",
        name="Kiebitz Dachbau GmbH",
        description=(
            "Has its own claims enforced and pays a part of a worker's wage to that worker's creditor; debits of"
            " customers come back with the bank's fee as a line of its own; a cash account is empty"
        ),
        key=8_051,
        seed=61,
        traits=replace(
            _SOUND, enforces=5.0, has_garnished_worker=True, has_return_fees=True, has_empty_till=True,
            debit_share=0.6, slow_share=0.2,
        ),
    ),
)  # fmt: skip

_COLLECTING = (
    Persona(
        firm="card-payments",
        name="Pirol Onlinekurse GmbH",
        description=(
            "Customers pay through a payment provider: invoices are booked off over a clearing account, which one"
            " payout a week less fees empties"
        ),
        key=8_052,
        seed=62,
        traits=replace(
            _SOUND, invoices_per_month=45, customers=60, persons_share=0.7, term=7, slow_share=0.05, provider_share=0.8
        ),
    ),
    Persona(
        firm="sold-receivables",
        name="Zeder Zeitarbeit GmbH",
        description=(
            "Sells most of its invoices to a factor, who pays nine tenths in the next week, and the rest less a fee"
            " once the customer paid"
        ),
        key=8_053,
        seed=63,
        traits=replace(_SOUND, sold_share=0.7, term=30, wages=0.5, materials=0.1),
    ),
    Persona(
        firm="early-payers",
        name="Fasan Werbetechnik GmbH",
        description=(
            "Customers pay early less the agreed discount; credit notes come two months after the payment, and stay"
            " open"
        ),
        key=8_054,
        seed=64,
        traits=replace(_SOUND, discount_percent=2, discount_days=10, late_credit_share=0.12),
    ),
    Persona(
        firm="retained-sums",
        name="Dohle Tiefbau GmbH",
        description="Customers keep back 5 % of each invoice for a year, as agreed in construction",
        key=8_055,
        seed=65,
        traits=replace(
            _SOUND, retained_percent=5, retained_share=0.75, invoices_per_month=9, term=21, materials=0.38
        ),
    ),
    Persona(
        firm="buried-losses",
        name="Elster Messebau GmbH",
        description=(
            "A fifth of its invoices are never paid and booked off over a clearing account on the due day; a tenth"
            " are closed though 59 % were paid"
        ),
        key=8_056,
        seed=66,
        traits=replace(_SOUND, buried_share=0.2, short_closed_share=0.1, margin=0.4, buffer=3.0),
    ),
    Persona(
        firm="credited-receivables",
        name="Wiesel Elektrohandel GmbH",
        description=(
            "All it invoiced in the last weeks is credited in full, by credit notes that name the customer and no"
            " invoice: nothing of what looks open will be paid"
        ),
        key=8_057,
        seed=67,
        traits=replace(_SOUND, is_credited_at_end=True, is_prompt=True, term=30),
    ),
)  # fmt: skip

_CARE = (
    Persona(
        firm="unlocked-books",
        name="Kranich Küchenstudio GmbH",
        description=(
            "Sound, but sending locks no invoice, most bills are not in the books as documents, and what needs no"
            " document is never booked"
        ),
        key=8_076,
        seed=68,
        traits=replace(_SOUND, locks=False, scanless_share=0.7, booked_after_days=None),
    ),
    Persona(
        firm="edited-invoices",
        name="Star Eventtechnik GmbH",
        description=(
            "Changes a fifth of its invoices weeks after they were sent, and numbers are missing in its series of"
            " invoices"
        ),
        key=8_077,
        seed=69,
        traits=replace(_SOUND, edited_share=0.2, skipped_share=0.06),
    ),
    Persona(
        firm="subscriptions",
        name="Reiher Hausverwaltung GmbH",
        description="Invoices most of its customers each month from templates",
        key=8_078,
        seed=70,
        traits=replace(_SOUND, recurring_share=0.7, term=7),
    ),
)  # fmt: skip

EVIDENCE = (*_OWN_MONEY, *_CONNECTIONS, *_DEBTS, *_COLLECTING, *_CARE)
"""In the order in which they are listed."""
