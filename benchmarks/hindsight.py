"""How well the public history could be foreseen by what is known of it only afterwards.

Called by `benchmarks/forecast.py`. Each open invoice is expected as all other invoices of its customer were paid, later
ones included: those that took longer than it has been open. Twice these are moved to how this one was billed, and to
whether it was disputed, by what that does to delays. The file has no day of a dispute: it is not known in time.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.receivables import Row

Floats = npt.NDArray[np.float64]
METHODS = ("all its other invoices", "and how it was billed", "and whether it was disputed")


class Hindsight:
    """All of a history, of both years."""

    def __init__(self, rows: Sequence[Row]) -> None:
        """Estimate what moves delays."""
        names = {name: number for number, name in enumerate(sorted({row.customer for row in rows}))}
        self.customers = np.array([names[row.customer] for row in rows])
        self.delays = np.array([(row.settled_on - row.due_on).days for row in rows], dtype=np.float64)
        self.known = np.array([[row.is_electronic, row.is_disputed] for row in rows], dtype=np.float64)
        self.years = np.array([[row.issued_on.toordinal() / 365] for row in rows])
        billed = np.append(self._effects(self.known[:, :1]), 0.0)
        self.moves = (np.zeros(2), billed, self._effects(self.known))

    def _effects(self, columns: Floats) -> Floats:
        """Days of delay for one more of each column, about the means of customers: least squares."""
        about = np.column_stack([self.delays, columns])
        for customer in np.unique(self.customers):
            about[self.customers == customer] -= about[self.customers == customer].mean(axis=0)
        found: Floats = np.linalg.lstsq(about[:, 1:], about[:, 0], rcond=None)[0]
        return found

    def comes(self, number: int, past_due: int, days: int) -> tuple[bool, ...]:
        """Whether an invoice that is open so long past due comes within so many days, by ``METHODS``."""
        others = self.customers == self.customers[number]
        others[number] = False
        said = []
        for move in self.moves:
            delays = self.delays[others] + (self.known[number] - self.known[others]) @ move
            later = delays[delays > past_due]
            said.append(2 * int(np.count_nonzero(later <= past_due + days)) >= later.size)
        return tuple(said)

    def causes(self) -> list[list[str]]:
        """Days by which delays differ: each cause by itself, and all three together."""
        columns = np.column_stack([self.years, self.known])
        together = self._effects(columns)
        return [
            [what, f"{self._effects(columns[:, [at]])[0]:.1f}", f"{together[at]:.1f}", share]
            for at, (what, share) in enumerate(
                (
                    ("a year later", ""),
                    ("billed electronically", f"{self.known[:, 0].mean():.3f}"),
                    ("disputed", f"{self.known[:, 1].mean():.3f}"),
                )
            )
        ]
