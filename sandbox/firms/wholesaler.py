"""The wholesaler: a firm of a hundred branches that trade alike, whose books hold 200,000 invoices."""

from dataclasses import dataclass, replace
from datetime import date

from typing_extensions import override

from sandbox.account.ordering import newest_first
from sandbox.bookkeeping import names
from sandbox.bookkeeping.history import History, Party
from sandbox.bookkeeping.opening import OTHERS
from sandbox.firms.persona import Persona
from sandbox.life.traits import Traits
from sandbox.objects.books import Books
from sandbox.rendering.branches import Branches, Repeated, at_branch

_ACCOUNTS_APART = 10_000_000
"""Between the account numbers of a business partner and its namesake at the next branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wholesaler(Persona):
    """A persona with too many documents to simulate and to hold: one branch is simulated, and served for all."""

    branches: int

    @override
    def history(self, end_on: date) -> History:
        """The past of one branch; its business partners are named after it."""
        history = Persona.history(self, end_on)
        for party in _partners(history):
            party.name = at_branch(party.name)
        return history

    @override
    def books(self, end_on: date) -> Books:
        """Its books on ``end_on``, all branches in one account."""
        history = self.history(end_on)
        for account in history.accounts:
            account.balance = None if account.balance is None else self.branches * account.balance
        books = self.rendered(history)
        ibans = {party.iban: self._ibans(party.iban) for party in _partners(history) if party.iban}
        branches = Branches(self.key, self.branches, ibans)
        repeated = {
            resource: Repeated(resource, newest_first(resource, list(objects)), branches)
            for resource, objects in books.objects.items()
            if branches.has(resource)
        }
        return replace(books, objects={**books.objects, **repeated})

    def _ibans(self, iban: str) -> list[str]:
        """The account numbers of a business partner and of its namesakes at all branches."""
        bank, account = int(iban[4:12]), int(iban[12:])
        return [names.iban(bank, account + _ACCOUNTS_APART * branch) for branch in range(self.branches)]


def _partners(history: History) -> list[Party]:
    """Customers and suppliers, whom each branch has for itself; the tax office and its like are everybody's."""
    return [party for party in history.parties if party.name not in OTHERS.values()]


WHOLESALER = Wholesaler(
    firm="wholesaler",
    name="Tannen Handel AG & Co. KG",
    description="More than 200,000 invoices to 4,000 customers of a hundred branches in forty months",
    key=8_900,
    seed=5,
    branches=100,
    traits=Traits(
        months=40, invoices_per_month=53, sales=18_000, customers=30, suppliers=6, term=30, customer_spread=0.1,
        concentration=0.6, churn=0.08, failing_customers=0.003, slow_share=0.15, slow_days=12, non_payment=0.004,
        growth=0.05, seasonality=0.06, season_peak=11, demand_noise=0.02, shock_rate=0.0, discount_percent=2,
        discount_days=10, materials=0.5, wages=0.15, rent=0.02, margin=0.18, cost_noise=0.005, cost_drift=-0.01,
        buffer=7.0, opening=0.4, bill_delay=-2.0, files_for_insolvency=False,
    ),
)  # fmt: skip
"""Served in addition to the personas; it can be made smaller, with fewer branches."""
