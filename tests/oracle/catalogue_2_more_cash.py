"""More features of catalogue 2 at one day, as docs/features.md defines them: bank accounts and bookkeeping."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

from oracle.catalogue_2 import Catalogue2
from oracle.facts import Facts
from oracle.values import HISTORY, LEVEL, Value, first_cause, has_days, ratio


class Cash(Catalogue2):
    """Everything that these features of one day are about."""

    def banked_days(self, days: int) -> tuple[bool, str]:
        """The condition that bank transactions cover so many days."""
        return has_days(self.first_line, self.at, days), HISTORY

    @property
    def confirmed(self) -> tuple[bool, str]:
        """The condition that the bank confirms every level."""
        return all(level.state in ("verified", "unused") for level in self.levels), LEVEL

    def ends_of_days(self, count: int) -> list[int]:
        """What all accounts together ended each day with, today first."""
        moved: dict[date, int] = defaultdict(int)
        for line in self.lines:
            moved[line.happened] += line.amount
        end = sum(level.cents for level in self.levels) + sum(moved.values())
        ends = []
        for back in range(count):
            ends.append(end)
            end -= moved[self.at - timedelta(days=back)]
        return ends

    @property
    def month_spent(self) -> Fraction:
        """A third of the money paid in 90 days."""
        paid = [line.amount for line in self.external if line.amount < 0 and self.in_days(line.happened, 90)]
        return -Fraction(sum(paid)) / 3

    def accounts(self) -> dict[str, Value]:
        """Levels and flows."""
        return {
            "liquidity_mean_balance_months_90d": first_cause(
                [self.banked_days(90), self.confirmed],
                lambda: ratio(Fraction(sum(self.ends_of_days(90)), 90), self.month_spent),
            ),
        }


def features_at(facts: Facts, at: date, *, is_reconstructed: bool = False) -> Mapping[str, Value]:
    """These features on a day."""
    cash = Cash(facts, at, is_reconstructed=is_reconstructed)
    return {f"{name}_v2": value for part in (cash.accounts(),) for name, value in part.items()}
