"""Numbers, money and days as a reader of German or English writes them."""

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from msgspec import UNSET

from features.derive import CATALOGUE
from features.feature import Text, Unit
from models.steps import PAIRED
from scoring.base.identifiers import BERLIN
from scoring.decisions.decision import Reason
from scoring.pages.texts import Language
from scoring.texts.rendering import format_value, together

_MONTHS: Final = (
    *(Text(de="Jan.", en="Jan"), Text(de="Feb.", en="Feb"), Text(de="März", en="Mar"), Text(de="Apr.", en="Apr")),
    *(Text(de="Mai", en="May"), Text(de="Juni", en="Jun"), Text(de="Juli", en="Jul"), Text(de="Aug.", en="Aug")),
    *(Text(de="Sept.", en="Sep"), Text(de="Okt.", en="Oct"), Text(de="Nov.", en="Nov"), Text(de="Dez.", en="Dec")),
)
MINUS: Final = "\N{MINUS SIGN}"
NO_BREAK: Final = "\N{NO-BREAK SPACE}"
_BEFORE_UNIT: Final = re.compile(r"(?<=\d) (?=%|€|Tage?n?\b|Monate?n?\b|Punkten?\b)")
"""The space of German between a number and its unit, where no line may end."""


class Formats:
    """Everything in one language."""

    def __init__(self, language: Language) -> None:
        """Take the language."""
        self._language: Language = language

    def say(self, text: Text) -> str:
        """A text of the decision; a number and its unit stay on one line."""
        return _BEFORE_UNIT.sub(NO_BREAK, text.de if self._language == "de" else text.en)

    def value(self, value: float | None, unit: str) -> str:
        """A value of a feature with its unit; a dash where there is none."""
        if value is None:
            return "\N{EN DASH}"
        return self._typeset(self.say(format_value(value, Unit(unit))))

    def label(self, feature: str) -> str:
        """What a feature is called, or two of them together; its name where the catalogue does not have it any more."""
        if PAIRED in feature:
            first, second = (self.label(name) for name in feature.split(PAIRED))
            return self.say(together(Text(de=first, en=first), Text(de=second, en=second)))
        known = CATALOGUE.get(feature)
        return feature if known is None else self.say(known.label)

    def values(self, reason: Reason, what: Literal["value", "typical"]) -> str:
        """The value of a reason, or the typical one; of two features both."""
        parts = (reason,) if reason.second is UNSET else (reason, reason.second)
        return " \N{MIDDLE DOT} ".join(self.value(getattr(part, what), part.unit) for part in parts)

    def money(self, cents: int) -> str:
        """An amount with cents."""
        return self._typeset(self.say(format_value(float(cents), Unit.CENTS)))

    def euro(self, cents: int) -> str:
        """An amount in whole euro."""
        return self._typeset(self.say(format_value(float(cents), Unit.CENTS, decimals=0)))

    def percent(self, share: float) -> str:
        """A share as a percentage with one decimal."""
        return self._typeset(self.say(format_value(share, Unit.SHARE)))

    def rate(self, basis_points: int) -> str:
        """An interest rate per year with two decimals."""
        return self._typeset(self.say(format_value(basis_points / 10_000, Unit.SHARE, decimals=2)))

    def number(self, value: float | Decimal, decimals: int = 0) -> str:
        """A number with thousands apart."""
        return self._typeset(self.say(format_value(float(value), Unit.SCORE, decimals=decimals)))

    def days(self, value: float | None) -> str:
        """Days, with one decimal where it is needed; a dash where there are none."""
        return self.value(value, Unit.DAYS)

    def points(self, points: Decimal | float) -> str:
        """Points with their sign, one decimal."""
        text = self.number(points, 1)
        return text if text.startswith(MINUS) else f"+{text}"

    def day(self, day: date) -> str:
        """A date."""
        if self._language == "de":
            return f"{day:%d.%m.%Y}"
        return f"{day.day}{NO_BREAK}{_MONTHS[day.month - 1].en}{NO_BREAK}{day.year}"

    def day_of(self, instant: str) -> str:
        """The day of a stored instant, in Berlin."""
        return self.day(datetime.fromisoformat(instant).astimezone(BERLIN).date())

    def moment(self, instant: str) -> str:
        """A stored instant, as it was in Berlin, to the minute."""
        local = datetime.fromisoformat(instant).astimezone(BERLIN)
        clock = f"{local:%H:%M}{NO_BREAK}Uhr" if self._language == "de" else f"{local:%H:%M}"
        return f"{self.day(local.date())}, {clock}"

    def month(self, day: date) -> str:
        """The month of a day."""
        return f"{self.say(_MONTHS[day.month - 1])}{NO_BREAK}{day.year}"

    def short_month(self, day: date) -> str:
        """The same for an axis."""
        return f"{self.say(_MONTHS[day.month - 1])}{NO_BREAK}{day:%y}"

    @staticmethod
    def _typeset(text: str) -> str:
        return text.replace("-", MINUS).replace(" ", NO_BREAK)


def tenths(value: float) -> Decimal:
    """A number as it is shown with one decimal."""
    return Decimal(repr(value)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
