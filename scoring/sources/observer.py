"""Who is notified while books are read: of resources, seconds and kinds of failure, never of what was read."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

_NOTHING = nullcontext()


class Observer(Protocol):
    """Is notified of what is asked of a source, for all accounts."""

    def reading(self, resource: str) -> AbstractContextManager[None]:
        """Surrounds the reading of a whole list."""

    def answered(self, resource: str, outcome: str) -> None:
        """One call was made; the outcome is ``ok`` or the class of its error."""

    def retrying(self, reason: str) -> None:
        """A call or a list will be asked for again, because of an error of this class."""


class Unobserved:
    """Nobody is notified."""

    def reading(self, resource: str) -> AbstractContextManager[None]:
        """Surrounds nothing."""
        del resource
        return _NOTHING

    def answered(self, resource: str, outcome: str) -> None:
        """Notifies nobody."""

    def retrying(self, reason: str) -> None:
        """Notifies nobody."""
