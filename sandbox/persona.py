"""A named firm of the local sevdesk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from threading import Lock
from typing import Any

import numpy as np
from typing_extensions import override

from sandbox import names
from sandbox.bookkeeping import MAIN_BANK, MAIN_NUMBER
from sandbox.books import RESOURCES, Books
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

    @property
    def version(self) -> str:
        """Its bookkeepingSystemVersion."""
        return "1.0" if self.traits.months_on_system_2 == 0 else "2.0"

    def history(self, end_on: date) -> History:
        """Its simulated past until ``end_on``."""
        return simulate(self.traits, np.random.SeedSequence(self.seed), end_on, key=self.key)

    def books(self, end_on: date) -> Books:
        """Its books on ``end_on``."""
        history = self.history(end_on)
        books = books_of(history, firm=self.firm, name=self.name, token=self.token, is_revoked=self.is_revoked)
        return replace(books, version=self.version)

    def later_books(self, end_on: date) -> Books:
        """The same books, made when somebody first looks into them."""
        return Books(
            firm=self.firm,
            name=self.name,
            token=self.token,
            version=self.version,
            is_revoked=self.is_revoked,
            objects=_Later(self, end_on),
        )


class _Later(Mapping[str, Any]):
    """The objects of a persona; two threads that ask at once wait for one simulation."""

    def __init__(self, persona: Persona, end_on: date) -> None:
        self._persona, self._end_on = persona, end_on
        self._objects: Mapping[str, Any] | None = None
        self._lock = Lock()

    @override
    def __getitem__(self, resource: str) -> Any:
        with self._lock:
            if self._objects is None:
                self._objects = self._persona.books(self._end_on).objects
        return self._objects[resource]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(RESOURCES)

    @override
    def __len__(self) -> int:
        return len(RESOURCES)
