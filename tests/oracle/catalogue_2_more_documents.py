"""Features of catalogue 2 on sales, customers and bills that have no predecessor, as docs/features.md defines them."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from oracle.calendar_days import median
from oracle.catalogue_2 import Catalogue2, Seen
from oracle.facts import Facts
from oracle.values import DOCUMENTS, Value, first_cause


class MoreOfDocuments(Catalogue2):
    """The documents of one day, and what catalogue 2 says of them beside."""

    def values(self) -> Mapping[str, Value]:
        """All features by name."""
        return {f"{name}_v2": value for part in (self.collection(),) for name, value in part.items()}

    def due_in_year(self) -> list[Seen]:
        """Sales that fell due in the twelve full months and whose delay is known."""
        return [sale for sale in self.sales if sale.one.gross > 0 and self.in_year(sale.one.due) and sale.is_day_known]

    def collection(self) -> dict[str, Value]:
        """Speed of receivables."""
        delays = sorted(sale.typical_delay for sale in self.due_in_year())
        return {
            "receivables_median_delay_days_12m": first_cause(
                [(len(delays) >= 10, DOCUMENTS)], lambda: median([Fraction(delay) for delay in delays])
            ),
        }


def features_at(facts: Facts, at: date, *, is_reconstructed: bool = False) -> Mapping[str, Value]:
    """These features on a day."""
    return MoreOfDocuments(facts, at, is_reconstructed=is_reconstructed).values()
