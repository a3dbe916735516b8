"""The quality of data, in sentences. They are said of what is worked out now, and stand in no record."""

from types import MappingProxyType
from typing import Final

from features.derive import CATALOGUE
from features.feature import Text, Unit
from features.matching import Level, Matched, Matches
from features.quality import Cause, Part, Quality, Unavailable
from scoring.texts.rendering import filled, format_value, joined, why_missing

SCORE: Final = Text(de="Die Datenqualität ist {score} von 100.", en="The quality of the data is {score} of 100.")
NO_SCORE: Final = Text(
    de="Für eine Aussage zur Datenqualität ist zu wenig bekannt.",
    en="Too little is known to say how good the data are.",
)
CONFIDENCE: Final = Text(
    de="Geprüft sind, nach Gewicht gerechnet, {confidence} % dessen, was zu prüfen ist.",
    en="Of all that could be checked, {confidence}% by weight was.",
)
NO_JUDGEMENT: Final = Text(
    de="Das sagt, wie verlässlich die Bücher sind, nicht, ob der Betrieb zahlt; weder Modell noch Kreditrichtlinie"
    " verwenden diese Zahl.",
    en="This says how far the books can be relied on, not whether the firm pays; neither model nor policy reads it.",
)
COSTS: Final = Text(
    de="{label}: {value}. Das kostet {points} Punkte ({part}).",
    en="{label}: {value}. This costs {points} points ({part}).",
)
UNKNOWN: Final = Text(de="{label}: nicht geprüft, weil {why}.", en="{label}: not checked because {why}.")
LEVEL: Final = Text(de="{label}: {count} über {amount} ({share}).", en="{label}: {count} over {amount} ({share}).")
UNMATCHED: Final = Text(
    de="Geldeingänge von Kunden, zu denen keine Zahlung gefunden wurde: {count} über {amount}.",
    en="Money from customers to which no payment was found: {count} over {amount}.",
)
PARTS: Final = MappingProxyType(
    {
        Part.COMPLETENESS: Text(de="Vollständigkeit", en="completeness"),
        Part.ACCURACY: Text(de="Richtigkeit", en="accuracy"),
        Part.CONSISTENCY: Text(de="Stimmigkeit", en="consistency"),
        Part.PRESENTATION: Text(de="Darstellung", en="presentation"),
        Part.PRACTICE: Text(de="Buchführungspraxis", en="practice"),
    }
)
LEVELS: Final = MappingProxyType(
    {
        Level.LOG: Text(
            de="Zahlungen, die in der Buchhaltung mit einem Bankumsatz verknüpft sind",
            en="Payments that the books link with a bank transaction",
        ),
        Level.PROVIDER: Text(
            de="Zahlungen über Zahlungsdienstleister und Factoring, deren Auszahlung auf dem Konto ankam",
            en="Payments over payment providers and factoring whose pay-out arrived on the account",
        ),
        Level.AMOUNT_DAY_PARTY: Text(
            de="Zahlungen mit passendem Bankumsatz nach Betrag, Tag und Konto des Kunden",
            en="Payments with a bank transaction that fits by amount, day and the customer's account",
        ),
        Level.AMOUNT_DAY: Text(
            de="Zahlungen mit passendem Bankumsatz nach Betrag und Tag",
            en="Payments with a bank transaction that fits by amount and day",
        ),
        Level.NONE: Text(de="Zahlungen ohne Bankumsatz", en="Payments without a bank transaction"),
    }
)


def say_quality(quality: Quality) -> Text:
    """The score, how much was checked, and what that means."""
    confidence = filled(CONFIDENCE, {"confidence": _number(quality.confidence)})
    if quality.score is None:
        return joined(NO_SCORE, confidence)
    return joined(filled(SCORE, {"score": _number(quality.score)}), confidence, NO_JUDGEMENT)


def say_cause(cause: Cause) -> Text:
    """What a flag costs."""
    feature = CATALOGUE[cause.feature]
    return filled(
        COSTS,
        {
            "label": feature.label,
            "value": format_value(cause.value, feature.unit),
            "points": format_value(cause.points, Unit.SCORE, decimals=1),
            "part": PARTS[cause.part],
        },
    )


def say_unavailable(one: Unavailable) -> Text:
    """What was not checked, and why."""
    return filled(UNKNOWN, {"label": CATALOGUE[one.feature].label, "why": why_missing(one.cause)})


def say_matched(one: Matched, matches: Matches) -> Text:
    """How many payments were matched in one way, and their share of the amount."""
    total = sum(other.cents for other in matches.levels)
    return filled(
        LEVEL,
        {
            "label": LEVELS[one.level],
            "count": _number(one.count),
            "amount": format_value(one.cents, Unit.CENTS),
            "share": format_value(one.cents / total if total else 0.0, Unit.SHARE),
        },
    )


def say_unmatched(matches: Matches) -> Text:
    """Money that came in and belongs to no payment."""
    count, amount = matches.unmatched_inflow_count, format_value(matches.unmatched_inflow_cents, Unit.CENTS)
    return filled(UNMATCHED, {"count": _number(count), "amount": amount})


def _number(value: int) -> Text:
    return format_value(value, Unit.SCORE, decimals=0)
