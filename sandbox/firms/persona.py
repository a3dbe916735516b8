"""A named firm of the local sevdesk."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from sandbox.bookkeeping import names
from sandbox.bookkeeping.history import History
from sandbox.bookkeeping.opening import MAIN_BANK, MAIN_NUMBER
from sandbox.firms.simulation import simulate
from sandbox.life.traits import Traits
from sandbox.objects.books import Books, MadeLater
from sandbox.objects.folder import derive_token
from sandbox.rendering.render import books_of


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
    """Of its random numbers."""
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

    @property
    def tax_number(self) -> str:
        """As its account says."""
        return names.tax_number(self.key)

    @property
    def vat_id(self) -> str | None:
        """As its account says; None of one that charges no value added tax."""
        return None if self.traits.is_small_business else names.vat_id(self.key)

    @property
    def version(self) -> str:
        """Its bookkeepingSystemVersion."""
        return "1.0" if self.traits.months_on_system_2 == 0 else "2.0"

    def history(self, end_on: date) -> History:
        """Its simulated past until ``end_on``."""
        return simulate(self.traits, np.random.SeedSequence(self.seed), end_on, key=self.key, holder=self.name)

    def books(self, end_on: date) -> Books:
        """Its books on ``end_on``."""
        return self.rendered(self.history(end_on))

    def rendered(self, history: History) -> Books:
        """The books that hold a history of it."""
        books = books_of(history, firm=self.firm, name=self.name, token=self.token, is_revoked=self.is_revoked)
        return replace(books, version=self.version)

    def later_books(self, end_on: date) -> Books:
        """The same books, built on first access."""
        return Books(
            firm=self.firm,
            name=self.name,
            token=self.token,
            version=self.version,
            is_revoked=self.is_revoked,
            objects=MadeLater(lambda: self.books(end_on).objects),
        )


def make_all(served: Iterable[Books]) -> None:
    """Build the remaining books of personas in a background thread, so that no request waits for them."""
    for books in served:
        if isinstance(books.objects, MadeLater):
            books.objects.made()
