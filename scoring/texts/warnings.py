"""What early warnings say, from their facts."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from features.derive import CATALOGUE
from features.feature import Text, Unit
from scoring.decisions.warnings import Bound, Fact, Finding, Seen
from scoring.texts.rendering import filled, format_value, joined, sentence

TITLES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "score_drop": Text(de="Score gefallen", en="Score has fallen"),
        "overdue": Text(de="Zahlungsrückstände", en="Overdue amounts"),
        "payroll_missed": Text(de="Lohnzahlung ausgeblieben", en="Payroll missed"),
        "tax_unpaid": Text(de="Steuern oder Sozialabgaben rückständig", en="Taxes or contributions unpaid"),
        "returned_debits": Text(de="Rücklastschriften", en="Returned direct debits"),
        "overdraft": Text(de="Konto dauerhaft überzogen", en="Account overdrawn for long"),
        "stale_feed": Text(de="Bankdaten oder Buchhaltung stehen still", en="Bank data or books stand still"),
        "new_facilities": Text(de="Neue Finanzierungen", en="New facilities"),
        "concentration": Text(de="Abhängigkeit von einem Kunden", en="Dependence on one customer"),
    }
)
"""By trigger; one of a lender's own file goes by its name."""
_FACTS: Final[Mapping[str, tuple[Text, Unit]]] = MappingProxyType(
    {
        Fact.SCORE: (Text(de="Score", en="score"), Unit.SCORE),
        Fact.PD: (Text(de="Ausfallwahrscheinlichkeit", en="probability of default"), Unit.SHARE),
        Fact.NEW_FACILITY_COUNT: (
            Text(
                de="seit der Entscheidung neue Kredite und Factoringverträge, ohne eigene",
                en="loans and factoring contracts new since the decision, without your own",
            ),
            Unit.COUNT,
        ),
        Fact.FEED_AGE_DAYS: (Text(de="Alter der Bankdaten", en="age of the bank data"), Unit.DAYS),
        Fact.BOOKS_AGE_DAYS: (
            Text(de="Alter des jüngsten Belegs oder Umsatzes", en="age of the newest document or bank line"),
            Unit.DAYS,
        ),
    }
)
_VALUE: Final = Text(de="{label}: {value}.", en="{label}: {value}.")
_VALUE_BEFORE: Final = Text(
    de="{label}: {value}, bei der Entscheidung {before}.", en="{label}: {value}, {before} at the decision."
)
_LEVELS: Final[Mapping[Bound, Text]] = MappingProxyType(
    {
        Bound.AT_LEAST: Text(de="Gewarnt wird ab {level}.", en="A warning is raised at {level} or more."),
        Bound.AT_MOST: Text(de="Gewarnt wird bis {level}.", en="A warning is raised at {level} or less."),
    }
)
_CHANGES: Final[Mapping[Bound, Text]] = MappingProxyType(
    {
        Bound.AT_LEAST: Text(
            de="Gewarnt wird ab einem Anstieg um {change}.", en="A warning is raised at a rise of {change} or more."
        ),
        Bound.AT_MOST: Text(
            de="Gewarnt wird ab einem Rückgang um {change}.", en="A warning is raised at a fall of {change} or more."
        ),
    }
)
_LEVEL_AND_CHANGE: Final[Mapping[Bound, Text]] = MappingProxyType(
    {
        Bound.AT_LEAST: Text(
            de="Gewarnt wird ab {level}, wenn der Anstieg mindestens {change} beträgt.",
            en="A warning is raised at {level} or more, where the rise is at least {change}.",
        ),
        Bound.AT_MOST: Text(
            de="Gewarnt wird bis {level}, wenn der Rückgang mindestens {change} beträgt.",
            en="A warning is raised at {level} or less, where the fall is at least {change}.",
        ),
    }
)
_DATIVES: Final[Mapping[Unit, tuple[Text, Text]]] = MappingProxyType(
    {
        Unit.DAYS: (Text(de="Tag", en="day"), Text(de="Tagen", en="days")),
        Unit.DAYS_PER_MONTH: (
            Text(de="Tag je Monat", en="day per month"),
            Text(de="Tagen je Monat", en="days per month"),
        ),
        Unit.MONTHS: (Text(de="Monat", en="month"), Text(de="Monaten", en="months")),
    }
)
_POINTS: Final = (
    Text(de="Prozentpunkt", en="percentage point"),
    Text(de="Prozentpunkte", en="percentage points"),
)


def title_of(trigger: str) -> Text:
    """What a warning is called."""
    return TITLES.get(trigger, Text(de=trigger, en=trigger))


def label_of(reads: str) -> Text:
    """What a sign looks at."""
    label = _FACTS[reads][0] if reads in _FACTS else CATALOGUE[reads].label if reads in CATALOGUE else None
    return Text(de=reads, en=reads) if label is None else Text(de=sentence(label.de), en=sentence(label.en))


def say_sign(seen: Seen) -> Text:
    """One sign: its value, the value at the decision, and what is compared."""
    sign = seen.sign
    unit = unit_of(sign.reads)
    filling = {"label": label_of(sign.reads)}
    for name, value in (("value", seen.value), ("before", seen.before)):
        if value is not None:
            filling[name] = format_value(value, unit)
    if sign.level is not None:
        # behind "ab" stands a dative, behind "bis" an accusative
        nouns = _DATIVES.get(unit) if sign.bound is Bound.AT_LEAST else None
        filling["level"] = format_value(sign.level, unit, nouns=nouns)
    if sign.change is not None and unit is Unit.SHARE:
        filling["change"] = format_value(100 * sign.change, Unit.COUNT, nouns=_POINTS)
    elif sign.change is not None:
        filling["change"] = format_value(sign.change, unit)
    bound = _CHANGES if sign.level is None else _LEVELS if sign.change is None else _LEVEL_AND_CHANGE
    said = _VALUE if seen.before is None else _VALUE_BEFORE
    return joined(filled(said, filling), filled(bound[sign.bound], filling))


def unit_of(reads: str) -> Unit:
    """The unit of what a sign reads; a bare number of what the catalogue has no more."""
    if reads in _FACTS:
        return _FACTS[reads][1]
    return CATALOGUE[reads].unit if reads in CATALOGUE else Unit.RATIO


def say_finding(finding: Finding) -> Text:
    """Every sign that held, one after the other."""
    return joined(*(say_sign(one) for one in finding.seen if one.holds))
