"""What changed since an earlier decision, in sentences. They are said of what is worked out now, and stand nowhere."""

from typing import Final

from features.derive import CATALOGUE
from features.feature import Text, Unit
from scoring.decisions.decision import Decision
from scoring.decisions.since_last import Factor, Side, SinceLast, is_observation
from scoring.texts.missing_data import RECOMMENDED
from scoring.texts.rendering import both, filled, format_value, joined, say_day, together

DECISION: Final = Text(de="Entscheidung", en="decision")
OBSERVATION: Final = Text(de="Beobachtung", en="observation")
FELL: Final = Text(
    de="Seit der {what} vom {day} ist der Score um {points} Punkte gefallen, von {before} auf {after}.",
    en="Since the {what} of {day} the score has fallen by {points} points, from {before} to {after}.",
)
ROSE: Final = Text(
    de="Seit der {what} vom {day} ist der Score um {points} Punkte gestiegen, von {before} auf {after}.",
    en="Since the {what} of {day} the score has risen by {points} points, from {before} to {after}.",
)
STAYED: Final = Text(
    de="Seit der {what} vom {day} ist der Score gleich geblieben: {after}.",
    en="Since the {what} of {day} the score has stayed the same: {after}.",
)
NO_SCORE: Final = Text(
    de="Die {what} vom {day} und diese lassen sich nicht in Punkten vergleichen: Mindestens eine hat keinen Score.",
    en="The {what} of {day} and this one cannot be compared in points: at least one of them has no score.",
)
SAME: Final = Text(de="Die Empfehlung bleibt: {after}.", en="The recommendation stays: {after}.")
OTHER: Final = Text(de="Empfohlen war {before}, jetzt {after}.", en="It was recommended {before}, now {after}.")
OTHER_MODEL: Final = Text(
    de="Dazwischen hat das Modell gewechselt: Ein Teil der Änderung kommt daher.",
    en="The model changed in between: part of the change comes from that.",
)
OTHER_POLICY: Final = Text(de="Dazwischen hat die Kreditrichtlinie gewechselt.", en="The policy changed in between.")
CHANGED: Final = Text(
    de="{label}: vorher {before}, jetzt {after}: {points} Punkte.",
    en="{label}: {before} before, {after} now: {points} points.",
)
NOT_BEFORE: Final = Text(
    de="{label}: jetzt {after}; das frühere Modell sah darauf nicht: {points} Punkte.",
    en="{label}: {after} now; the earlier model did not look at it: {points} points.",
)
NOT_NOW: Final = Text(
    de="{label}: vorher {before}; das jetzige Modell sieht darauf nicht: {points} Punkte.",
    en="{label}: {before} before; the present model does not look at it: {points} points.",
)
NO_VALUE: Final = Text(de="kein Wert", en="no value")
_NOTHING: Final = Text(de="0", en="0")


def say_since_last(found: SinceLast, before: Decision, after: Decision) -> Text:
    """The whole, in three to five sentences."""
    old, new = before.assessment, after.assessment
    filling = {"day": say_day(before.as_of), "what": OBSERVATION if is_observation(before) else DECISION}
    if found.points is None or old.score is None or new.score is None:
        sentences = [filled(NO_SCORE, filling)]
    else:
        template = STAYED if found.points == 0 else ROSE if found.points > 0 else FELL
        numbers = {"points": abs(found.points), "before": old.score, "after": new.score}
        sentences = [filled(template, filling | {name: _points(value) for name, value in numbers.items()})]
    recommended = {"before": RECOMMENDED[old.recommendation], "after": RECOMMENDED[new.recommendation]}
    sentences.append(filled(SAME if old.recommendation is new.recommendation else OTHER, recommended))
    sentences += [OTHER_MODEL] if not found.is_same_model and found.points is not None else []
    sentences += [] if found.is_same_policy else [OTHER_POLICY]
    return joined(*sentences)


def say_factor(factor: Factor) -> Text:
    """What one feature, or two together, did to the score."""
    labels = [CATALOGUE[name].label for name in factor.features]
    template = NOT_BEFORE if factor.before is None else NOT_NOW if factor.after is None else CHANGED
    filling = {
        "label": labels[0] if len(labels) == 1 else together(*labels),
        "before": _values(factor, factor.before),
        "after": _values(factor, factor.after),
        "points": _signed(factor.points),
    }
    return filled(template, filling)


def _values(factor: Factor, side: Side | None) -> Text:
    if side is None:
        return NO_VALUE
    said = [
        NO_VALUE if value is None else format_value(value, CATALOGUE[name].unit)
        for name, value in zip(factor.features, side.values, strict=True)
    ]
    return said[0] if len(said) == 1 else both(*said)


def _points(value: float) -> Text:
    return format_value(value, Unit.SCORE, decimals=1)


def _signed(points: float) -> Text:
    if points == 0:
        return _NOTHING
    sign, amount = "+" if points > 0 else "\N{MINUS SIGN}", _points(abs(points))
    return Text(de=f"{sign}{amount.de}", en=f"{sign}{amount.en}")
