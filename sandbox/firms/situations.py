"""Firms in situations that a lender has to tell apart: in trade, in money, in honesty, and in bookkeeping."""

from sandbox.firms.persona import Persona
from sandbox.life.traits import Traits

_TRADE = (
    Persona(
        firm="seasonal-retailer",
        name="Tannenzauber Geschenke GmbH",
        description="Sells five times as much in December as in June; a till; cash runs low before every season",
        key=8_021,
        seed=37,
        traits=Traits(
            months=42, sales=42_000, invoices_per_month=16, seasonality=0.68, season_peak=12, demand_noise=0.01,
            shock_rate=0.0, growth=0.02, customers=26, concentration=0.5, churn=0.1, till_share=0.45,
            has_card_till=True, term=14, slow_share=0.1, failing_customers=0.0, non_payment=0.002, materials=0.4,
            wages=0.25, margin=0.16, buffer=0.8, opening=0.8, overdraft=0.6, bill_delay=2.0,
            files_for_insolvency=False,
        ),
    ),
    Persona(
        firm="one-big-customer",
        name="Falken Zulieferung GmbH",
        description="Two thirds of its sales go to one customer; everything else is in order",
        key=8_022,
        seed=46,
        traits=Traits(
            months=40, sales=60_000, invoices_per_month=14, seasonality=0.05, demand_noise=0.03, shock_rate=0.0,
            customers=9, concentration=2.4, customer_spread=0.1, churn=0.02, persons_share=0.0, term=30,
            slow_share=0.0, failing_customers=0.0, non_payment=0.0, materials=0.45, wages=0.25, margin=0.14,
            buffer=3.0, opening=0.7, bill_delay=-2.0, is_prompt=True,
        ),
    ),
    Persona(
        firm="slow-payers",
        name="Elektro Jonas Peters",
        description="A tradesman whose customers pay a month and a half late, after reminders; he pays late himself",
        key=8_023,
        seed=33,
        traits=Traits(
            months=48, legal_form="einzelunternehmen", sales=19_000, invoices_per_month=12, seasonality=0.15,
            season_peak=8, demand_noise=0.04, shock_rate=0.0, customers=24, concentration=0.7, persons_share=0.5,
            term=14, slow_share=0.85, slow_days=42.0, non_payment=0.02, failing_customers=0.01, materials=0.3,
            wages=0.12, drawings=0.22, margin=0.16, buffer=2.2, opening=0.6, overdraft=0.6, bill_delay=9.0,
        ),
    ),
    Persona(
        firm="growing-cash-poor",
        name="Rheintal Solartechnik GmbH",
        description="Sales grow by half every year and eat up all cash: overdrawn, and weeks late with its own bills",
        key=8_024,
        seed=44,
        traits=Traits(
            months=36, sales=55_000, invoices_per_month=14, growth=0.55, seasonality=0.08, demand_noise=0.03,
            shock_rate=0.0, customers=22, concentration=0.7, churn=0.05, term=30, slow_share=0.3, slow_days=14,
            failing_customers=0.0, non_payment=0.003, materials=0.5, wages=0.22, margin=0.0, cost_drift=0.05,
            buffer=0.2, opening=0.5, overdraft=0.8, debt_service=0.02, bill_delay=8.0, files_for_insolvency=False,
        ),
    ),
)  # fmt: skip

_MONEY = (
    Persona(
        firm="overdrawn",
        name="Seeblick Catering GmbH",
        description="Lives on its overdraft: below zero all year round, within the limit, and no debit comes back",
        key=8_025,
        seed=79,
        traits=Traits(
            months=36, sales=30_000, invoices_per_month=24, seasonality=0.04, demand_noise=0.01, shock_rate=0.0,
            growth=0.0, customers=18, concentration=0.3, customer_spread=0.15, term=14, slow_share=0.2, slow_days=10,
            stray_share=0.02, failing_customers=0.0, non_payment=0.0, materials=0.4, wages=0.3, margin=0.02,
            cost_noise=0.002, buffer=-1.0, opening=1.0, overdraft=2.6, bill_delay=2.0, files_for_insolvency=False,
        ),
    ),
    Persona(
        firm="late-with-taxes",
        name="Kupfer Metallbau GmbH",
        description="Pays the tax office weeks late: surcharges and orders of attachment; all others are paid on time",
        key=8_026,
        seed=36,
        traits=Traits(
            months=36, sales=40_000, invoices_per_month=11, seasonality=0.1, demand_noise=0.04, shock_rate=0.0,
            customers=14, concentration=0.7, term=14, slow_share=0.15, slow_days=10, failing_customers=0.0,
            non_payment=0.004, materials=0.35, wages=0.3, margin=0.12, buffer=1.6, opening=0.8, bill_delay=-1.0,
            tax_delay=34.0,
        ),
    ),
    Persona(
        firm="mixed-purses",
        name="Gartenbau Ida Wagner",
        description="A sole trader who shops, draws and pays in from one account: private lines among the firm's",
        key=8_027,
        seed=37,
        traits=Traits(
            months=36, legal_form="einzelunternehmen", sales=11_000, invoices_per_month=10, seasonality=0.3,
            season_peak=6, demand_noise=0.04, shock_rate=0.0, customers=20, concentration=0.6, persons_share=0.7,
            term=14, slow_share=0.15, slow_days=10, failing_customers=0.0, non_payment=0.004, materials=0.22,
            wages=0.1, drawings=0.18, margin=0.24, buffer=1.2, opening=0.8, bill_delay=1.0, private_spending=0.12,
        ),
    ),
)  # fmt: skip

_HONESTY = (
    Persona(
        firm="window-dresser",
        name="Delphin Eventtechnik GmbH",
        description=(
            "Issues a pile of round invoices before it applies, now and eight months ago; those of then were"
            " cancelled, credited or never paid"
        ),
        key=8_028,
        seed=41,
        traits=Traits(
            months=36, sales=26_000, invoices_per_month=18, seasonality=0.03, demand_noise=0.02, shock_rate=0.0,
            growth=0.0, customers=16, concentration=0.4, customer_spread=0.15, term=30, slow_share=0.2, slow_days=12,
            failing_customers=0.0, non_payment=0.004, materials=0.3, wages=0.35, margin=0.14, buffer=6.0,
            opening=0.25, overdraft=0.5, bill_delay=0.0, files_for_insolvency=False, bursts=(22, 245),
        ),
    ),
    Persona(
        firm="circular-money",
        name="Wiesen Handel GmbH",
        description=(
            "A third of its sales go to a related company, which pays at once and bills nearly the same sum back:"
            " one account number among customers and suppliers"
        ),
        key=8_029,
        seed=40,
        traits=Traits(
            months=36, sales=30_000, invoices_per_month=11, seasonality=0.08, demand_noise=0.03, shock_rate=0.0,
            growth=0.0, customers=14, concentration=0.6, term=30, slow_share=0.2, slow_days=12,
            failing_customers=0.0, non_payment=0.004, materials=0.35, wages=0.3, margin=0.14, buffer=7.0,
            opening=0.3, bill_delay=-1.0, saves=True, files_for_insolvency=False, related_sales=0.5,
        ),
    ),
)  # fmt: skip

_BOOKS = (
    Persona(
        firm="foreign-currency",
        name="Kranich Präzision GmbH",
        description="Half of its customers are invoiced in Swiss francs or dollars and pay at another day's rate",
        key=8_030,
        seed=39,
        traits=Traits(
            months=36, sales=48_000, invoices_per_month=13, seasonality=0.08, demand_noise=0.03, shock_rate=0.0,
            customers=18, concentration=0.6, persons_share=0.0, term=30, slow_share=0.1, failing_customers=0.0,
            materials=0.35, wages=0.3, margin=0.14, buffer=7.0, opening=0.3, bill_delay=-1.0, debit_share=0.0,
            currencies=("CHF", "USD"), foreign_share=0.5,
        ),
    ),
    Persona(
        firm="small-business",
        name="Fotografie Clara Voß",
        description="Kleinunternehmer: no value added tax; older documents are still those of system 1.0",
        key=8_031,
        seed=41,
        traits=Traits(
            months=30, legal_form="freiberufler", is_small_business=True, vat_rate=0, sales=1_900,
            invoices_per_month=4, seasonality=0.25, season_peak=6, demand_noise=0.05, shock_rate=0.0, customers=12,
            persons_share=0.7, term=14, slow_share=0.1, failing_customers=0.0, materials=0.12, wages=0.0,
            drawings=0.4, margin=0.3, buffer=3.0, opening=0.7, suppliers=5, months_on_system_2=11,
        ),
    ),
    Persona(
        firm="system-1",
        name="Lindner Druck GmbH",
        description="Never moved to bookkeeping system 2.0: tax types instead of tax rules, in every document",
        key=8_032,
        seed=42,
        traits=Traits(
            months=40, sales=35_000, invoices_per_month=12, seasonality=0.08, demand_noise=0.03, shock_rate=0.0,
            customers=16, concentration=0.6, slow_share=0.15, failing_customers=0.0, materials=0.35, wages=0.3,
            margin=0.14, buffer=2.5, opening=0.8, bill_delay=-1.0, months_on_system_2=0,
        ),
    ),
    Persona(
        firm="awkward-books",
        name="Saale Werkzeuge GmbH",
        description="Its books hold one of each document that programs misread, beside ordinary trade",
        key=8_033,
        seed=43,
        traits=Traits(
            months=40, sales=32_000, invoices_per_month=9, seasonality=0.08, demand_noise=0.03, shock_rate=0.0,
            customers=14, concentration=0.6, slow_share=0.15, failing_customers=0.0, discount_percent=2,
            discount_days=10, materials=0.35, wages=0.3, margin=0.14, buffer=7.0, opening=0.3, bill_delay=-1.0,
            till_share=0.1, saves=True, months_on_system_2=14, is_exhibition=True,
        ),
    ),
)  # fmt: skip

SITUATIONS = (*_TRADE, *_MONEY, *_HONESTY, *_BOOKS)
"""In the order in which they are listed."""
