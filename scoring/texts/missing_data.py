"""What missing values cost, in sentences. They are said of what is worked out now, and stand in no record."""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from features.derive import CATALOGUE
from features.feature import Text, Unit
from scoring.decisions.decision import Verdict
from scoring.decisions.missing_data import Extreme, Known, MissingData, MissingValue, Wait
from scoring.texts.rendering import filled, format_value, joined, say_day, why_missing

NOTHING: Final = Text(
    de="Modell und Kreditrichtlinie fehlt kein Merkmal.", en="Model and policy have a value for every feature."
)
BETWEEN: Final = Text(
    de="Wären alle Merkmale bekannt, läge der Score zwischen {worst} und {best}.",
    en="If every feature were known, the score would be between {worst} and {best}.",
)
NEVER_A_SCORE: Final = Text(
    de="Auch mit dem besten Wert jedes fehlenden Merkmals gäbe es keinen Score; die Gründe der Entscheidung sagen, was"
    " noch fehlt.",
    en="Even with the best value of every missing feature there would be no score; the causes of the decision say what"
    " else is missing.",
)
A_SCORE_AT_BEST: Final = Text(
    de="Mit dem besten Wert jedes fehlenden Merkmals wäre der Score {best}, mit dem schlechtesten gäbe es keinen.",
    en="With the best value of every missing feature the score would be {best}, with the worst there would be none.",
)
SAME: Final = Text(
    de="Die Empfehlung bliebe: {recommendation}.", en="The recommendation would stay the same: {recommendation}."
)
OTHER: Final = Text(
    de="Die Empfehlung lautete im schlechtesten Fall {worst}, im besten {best}.",
    en="The recommendation would be {worst} at worst, and {best} at best.",
)
ENDS: Final = Text(
    de="Gerechnet ist mit dem schlechtesten und dem besten Wert jedes Merkmals; wahrscheinlich ist keiner von beiden.",
    en="The ends take the worst and the best value of each feature; neither is likely.",
)
LINK: Final = Text(
    de="Die Bank direkt verbinden. Bekannt wären dann: {features}. Liefert die Bank, was in den Büchern steht, lautet"
    " die Empfehlung {recommendation}{score}.",
    en="Link the bank. Known then: {features}. If the bank delivers what the books have, the recommendation is"
    " {recommendation}{score}.",
)
WITH_SCORE: Final = Text(de=", der Score ist {score}", en=", and the score is {score}")
WAIT: Final = Text(
    de="Ab dem {day} reicht die Historie für: {features}.",
    en="From {day} on, the history is long enough for: {features}.",
)
COSTS: Final = Text(
    de="{label}: fehlt, weil {why}. Ein fehlender Wert zählt {points} Punkte, ein bekannter zwischen {worst} und"
    " {best}.",
    en="{label}: missing because {why}. A missing value counts {points} points, a known one between {worst} and"
    " {best}.",
)
UNSCORED: Final = Text(
    de="{label}: fehlt, weil {why}. Das Modell nutzt dieses Merkmal nicht, die Kreditrichtlinie schon.",
    en="{label}: missing because {why}. The policy reads it, the model does not.",
)
RECOMMENDED: Final = MappingProxyType(
    {
        Verdict.APPROVE: Text(de="Zusage", en="to approve"),
        Verdict.REFER: Text(de="manuelle Prüfung", en="to refer to a person"),
        Verdict.DECLINE: Text(de="Ablehnung", en="to decline"),
    }
)


def say_missing_data(found: MissingData) -> Text:
    """What all that is missing could change."""
    if not found.missing:
        return NOTHING
    best, worst = found.best, found.worst
    if best.recommendation is worst.recommendation:
        outcome = filled(SAME, {"recommendation": RECOMMENDED[best.recommendation]})
    else:
        outcome = filled(OTHER, {"worst": RECOMMENDED[worst.recommendation], "best": RECOMMENDED[best.recommendation]})
    return joined(_scores(best, worst), outcome, ENDS)


def _scores(best: Extreme, worst: Extreme) -> Text:
    if best.score is None:
        return NEVER_A_SCORE
    if worst.score is None:
        return filled(A_SCORE_AT_BEST, {"best": _points(best.score)})
    return filled(BETWEEN, {"worst": _points(worst.score), "best": _points(best.score)})


def say_missing_value(one: MissingValue) -> Text:
    """What the lack of one feature costs."""
    label, why = CATALOGUE[one.feature].label, why_missing(one.cause)
    if one.points is None or one.best_points is None or one.worst_points is None:
        return filled(UNSCORED, {"label": label, "why": why})
    points, best, worst = (
        format_value(value, Unit.SCORE, decimals=1) for value in (one.points, one.best_points, one.worst_points)
    )
    return filled(COSTS, {"label": label, "why": why, "points": points, "best": best, "worst": worst})


def say_linked(known: Known) -> Text:
    """What the bank would add."""
    none = Text(de="", en="")
    score = none if known.after.score is None else filled(WITH_SCORE, {"score": _points(known.after.score)})
    recommendation = RECOMMENDED[known.after.recommendation]
    return filled(LINK, {"features": _labels(known.features), "recommendation": recommendation, "score": score})


def say_wait(wait: Wait) -> Text:
    """What time adds."""
    return filled(WAIT, {"day": say_day(wait.until), "features": _labels(wait.features)})


def _labels(features: Iterable[str]) -> Text:
    labels = [CATALOGUE[name].label for name in features]
    return Text(de="; ".join(label.de for label in labels), en="; ".join(label.en for label in labels))


def _points(score: float) -> Text:
    return format_value(score, Unit.SCORE, decimals=1)
