"""A few firms picked by hand, each with books that show one situation clearly."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from sandbox import names
from sandbox.bookkeeping import MAIN_BANK, MAIN_NUMBER
from sandbox.books import Books
from sandbox.firm import simulate
from sandbox.folder import derive_token
from sandbox.history import History
from sandbox.render import books_of
from sandbox.traits import Traits


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A named firm."""

    firm: str
    name: str
    description: str
    """What is special about it, in a sentence."""
    key: int
    """Its number, from which identifiers and account numbers follow."""
    seed: int
    """Its luck."""
    traits: Traits
    is_revoked: bool = False

    @property
    def token(self) -> str:
        """What its Authorization header says; the sandbox's tokens open nothing else."""
        return derive_token(self.firm)

    @property
    def iban(self) -> str:
        """Account number of its main bank account."""
        return names.iban(MAIN_BANK, MAIN_NUMBER + self.key)

    def history(self, end_on: date) -> History:
        """Its simulated past until ``end_on``."""
        return simulate(self.traits, np.random.SeedSequence(self.seed), end_on, key=self.key)

    def books(self, end_on: date) -> Books:
        """Its books on ``end_on``."""
        history = self.history(end_on)
        return books_of(history, firm=self.firm, name=self.name, token=self.token, is_revoked=self.is_revoked)


_HEALTHY = Traits(
    months=48, sales=52_000, invoices_per_month=26, customer_spread=0.15,
    growth=0.06, seasonality=0.06, season_peak=11, demand_noise=0.03,
    shock_rate=0.0, customers=18, concentration=0.5, churn=0.08, persons_share=0.0, term=14, slow_share=0.0,
    slow_days=6, non_payment=0.0, failing_customers=0.0, lead=6.0, stray_share=0.01, is_prompt=True,
    debit_share=0.0, discount_percent=2, discount_days=10, by_hand_share=0.0,
    materials=0.12, wages=0.45, margin=0.16, cost_noise=0.003, cost_drift=-0.01, buffer=7.0, opening=0.4,
    overdraft=0.5, debt_service=0.01, suppliers=9, bill_delay=-3.0, no_deadline_share=0.05, saves=True,
)  # fmt: skip

PERSONAS = (
    Persona(
        firm="healthy-agency",
        name="Morgenrot Design GmbH",
        description="Four years of books, many punctual customers, money in the bank, level confirmed by the bank",
        key=8_001,
        seed=11,
        traits=_HEALTHY,
    ),
    Persona(
        firm="borderline-retailer",
        name="Kolibri Handel GmbH",
        description="Little cash, a till, a dominant customer, slow payers; pays its own bills weeks late, but pays",
        key=8_002,
        seed=26,
        traits=Traits(
            opening=0.02,
            failing_customers=0.0,
            has_card_till=True,
            months=24,
            sales=38_000,
            invoices_per_month=11,
            growth=-0.02,
            seasonality=0.12,
            season_peak=12,
            demand_noise=0.07,
            shock_rate=0.0,
            customers=7,
            concentration=1.2,
            churn=0.1,
            term=30,
            slow_share=0.4,
            slow_days=14,
            non_payment=0.006,
            till_share=0.25,
            materials=0.55,
            wages=0.15,
            margin=0.13,
            cost_noise=0.005,
            buffer=5.0,
            overdraft=0.3,
            bill_delay=20.0,
            files_for_insolvency=False,
        ),
    ),
    Persona(
        firm="failing-builder",
        name="Brandt Bau GmbH",
        description="Orders vanish, customers stop paying, overdrawn for months, direct debits come back",
        key=8_003,
        seed=7,
        traits=Traits(
            months=40,
            sales=45_000,
            invoices_per_month=10,
            growth=-0.05,
            seasonality=0.2,
            season_peak=7,
            demand_noise=0.05,
            shock_rate=0.0,
            customers=9,
            concentration=1.2,
            churn=0.3,
            slow_share=0.5,
            slow_days=25,
            non_payment=0.05,
            materials=0.4,
            wages=0.3,
            margin=0.03,
            cost_noise=0.004,
            buffer=0.6,
            overdraft=0.5,
            debt_service=0.04,
            bill_delay=8.0,
            slump=0.35,
            slump_delay=40.0,
            files_for_insolvency=False,
        ),
    ),
    Persona(
        firm="young-startup",
        name="Polar Systeme UG (haftungsbeschränkt)",
        description="Founded three months ago",
        key=8_004,
        seed=5,
        traits=Traits(
            months=3,
            is_new=True,
            legal_form="ug",
            sales=14_000,
            invoices_per_month=7,
            customers=5,
            growth=0.2,
            shock_rate=0.0,
            materials=0.1,
            wages=0.4,
            margin=0.05,
            buffer=2.0,
            overdraft=0.0,
            suppliers=5,
            seasonality=0.0,
        ),
    ),
    Persona(
        firm="sole-trader",
        name="Malerbetrieb Emil Roth",
        description="Einzelunternehmen that draws a living, many private customers, stable: a natural person",
        key=8_005,
        seed=17,
        traits=Traits(
            customer_spread=0.2,
            lead=4.0,
            is_prompt=True,
            stray_share=0.02,
            opening=0.15,
            failing_customers=0.0,
            months=54,
            legal_form="einzelunternehmen",
            sales=15_000,
            invoices_per_month=14,
            growth=0.05,
            seasonality=0.15,
            season_peak=6,
            demand_noise=0.04,
            shock_rate=0.0,
            customers=22,
            concentration=0.6,
            churn=0.12,
            persons_share=0.6,
            term=14,
            slow_share=0.1,
            slow_days=8,
            non_payment=0.002,
            discount_percent=2,
            discount_days=7,
            materials=0.22,
            wages=0.12,
            drawings=0.28,
            margin=0.2,
            cost_noise=0.004,
            buffer=12.0,
            overdraft=0.4,
            bill_delay=-2.0,
        ),
    ),
    Persona(
        firm="revoked-token",
        name="Hansa Medien GmbH",
        description="Its token was regenerated: every call is refused with 401",
        key=8_006,
        seed=3,
        traits=Traits(months=12),
        is_revoked=True,
    ),
    Persona(
        firm="dormant",
        name="Anker Werkstatt GmbH",
        description="An account with bank lines, but without a single invoice",
        key=8_007,
        seed=4,
        traits=Traits(
            months=12,
            sales=900,
            invoices_per_month=0.0,
            customers=1,
            materials=0.1,
            wages=0.0,
            buffer=12.0,
            overdraft=0.0,
            suppliers=3,
            shock_rate=0.0,
        ),
    ),
    Persona(
        firm="unverified-balance",
        name="Silber Technik GmbH",
        description="Healthy, but the bank's balance is not the sum of its lines: levels cannot be trusted",
        key=8_008,
        seed=21,
        traits=replace(_HEALTHY, bank="unmatched", months=40),
    ),
    Persona(
        firm="file-import",
        name="Eichwald Logistik GmbH",
        description="Healthy, but bank lines come from imported files instead of the bank",
        key=8_009,
        seed=22,
        traits=replace(_HEALTHY, bank="file", months=36),
    ),
)
"""In the order in which they are listed."""


def personas(end_on: date) -> list[Books]:
    """The books of every persona, on ``end_on``."""
    return [persona.books(end_on) for persona in PERSONAS]
