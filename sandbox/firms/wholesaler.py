"""The wholesaler: a firm whose books hold 200,000 invoices."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from typing_extensions import override

from sandbox.bookkeeping.history import History
from sandbox.firms.persona import Persona
from sandbox.life.traits import Traits
from sandbox.objects.books import Books
from sandbox.wholesale.books import TradeBooks, trade_books
from sandbox.wholesale.history import history_of
from sandbox.wholesale.served import served


@dataclass(frozen=True, slots=True, kw_only=True)
class Wholesaler(Persona):
    """A persona with too many documents to be simulated day by day."""

    def drawn(self, end_on: date) -> TradeBooks:
        """What its books hold on ``end_on``, in columns."""
        return trade_books(self.traits, np.random.SeedSequence(self.seed), end_on, key=self.key)

    @override
    def history(self, end_on: date) -> History:
        """All of its past at once, as ``history_of`` makes it."""
        return history_of(self.drawn(end_on))

    @override
    def books(self, end_on: date) -> Books:
        """Its books on ``end_on``."""
        objects = served(self.drawn(end_on), self.name)
        return Books(firm=self.firm, name=self.name, token=self.token, is_revoked=self.is_revoked, objects=objects)


WHOLESALER = Wholesaler(
    firm="wholesaler",
    name="Tannen Handel AG & Co. KG",
    description="200,000 invoices to 3,000 customers in forty months; drawn when it is first asked for",
    key=8_900,
    seed=5,
    traits=Traits(
        months=40, invoices_per_month=5_000, sales=1_800_000, customers=3_000, suppliers=60, term=30,
        growth=0.05, seasonality=0.12, season_peak=11, slow_share=0.15, slow_days=12, non_payment=0.004,
        discount_percent=2, discount_days=10, materials=0.79, wages=0.15, rent=0.02, debt_service=0.0,
    ),
)  # fmt: skip
"""Served beside the personas; it can also be made smaller, with fewer invoices a month."""
