"""The main factors of a score in plain words; they come from its contributions, so they cannot disagree with it."""

from collections.abc import Iterable, Mapping
from typing import Final

from features.feature import Feature, Risk, Text, Unit
from models.points import Contribution
from scoring.decisions.decision import Evidence, Reason
from scoring.decisions.policy import ReasonRules
from scoring.decisions.wording import format_apart, format_value, sentence, why_missing

_NOTHING: Final = Evidence()


class UnknownFeatureError(LookupError):
    """The model scored a value that the catalogue does not know."""


def reasons_of(
    contributions: Iterable[Contribution],
    *,
    catalogue: Mapping[str, Feature],
    typical: Mapping[str, float | None],
    missing: Mapping[str, str],
    evidence: Mapping[str, Evidence],
    rules: ReasonRules,
) -> tuple[Reason, ...]:
    """The factors that cost most, then those that earned most, each list by falling weight.

    Equal weights keep the order of the contributions.

    Args:
        contributions: Those of the score, untouched.
        catalogue: Declarations of the features, by name.
        typical: Median of each feature among the firms that the model was trained on.
        missing: Why values are missing, by feature.
        evidence: Documents behind values, by feature.
        rules: How many factors to tell.

    Raises:
        UnknownFeatureError: A contribution is not in the catalogue.
    """
    told = [item for item in contributions if abs(item.points) >= rules.points_at_least]
    negative = sorted((item for item in told if item.points < 0), key=lambda item: item.points)
    positive = sorted((item for item in told if item.points > 0), key=lambda item: -item.points)
    chosen = negative[: rules.negative_at_most] + positive[: rules.positive_at_most]
    return tuple(
        _reason(
            item,
            _declared(item.feature, catalogue),
            typical=typical.get(item.feature),
            missing_cause=missing.get(item.feature),
            evidence=evidence.get(item.feature, _NOTHING),
        )
        for item in chosen
    )


def reason_code(feature: Feature, value: float | None, points: float, typical: float | None) -> str:
    """Stable code: the feature's name and on which side of its risk the value lies, or that it is unknown.

    Where a higher value may mean either, the value is compared with the typical one.
    """
    name = feature.name.upper()
    if value is None:
        return f"{name}_UNKNOWN"
    match feature.risk:
        case Risk.RAISES:
            is_high = points < 0
        case Risk.LOWERS:
            is_high = points > 0
        case Risk.OPEN:
            if typical is None or value == typical:
                return f"{name}_NOTABLE"
            is_high = value > typical
    return f"{name}_{'HIGH' if is_high else 'LOW'}"


def _reason(
    item: Contribution, feature: Feature, *, typical: float | None, missing_cause: str | None, evidence: Evidence
) -> Reason:
    return Reason(
        code=reason_code(feature, item.value, item.points, typical),
        feature=item.feature,
        direction="negative" if item.points < 0 else "positive",
        points=item.points,
        value=item.value,
        typical=typical,
        unit=feature.unit.value,
        text=_text(item, feature, typical, missing_cause),
        evidence=evidence,
    )


def _text(item: Contribution, feature: Feature, typical: float | None, missing_cause: str | None) -> Text:
    finding = _finding(item.value, feature.unit, typical, missing_cause)
    effect = _effect(item.points)
    return Text(
        de=f"{sentence(feature.label.de)}: {finding.de}. {effect.de} {feature.meaning.de}",
        en=f"{sentence(feature.label.en)}: {finding.en}. {effect.en} {feature.meaning.en}",
    )


def _finding(value: float | None, unit: Unit, typical: float | None, missing_cause: str | None) -> Text:
    if value is None:
        why = why_missing(missing_cause)
        return Text(de=f"nicht bestimmbar, weil {why.de}", en=f"cannot be determined because {why.en}")
    if typical is None:
        return format_value(value, unit)
    shown, usual = format_apart(value, typical, unit)
    return Text(de=f"{shown.de} (üblich: {usual.de})", en=f"{shown.en} (typical: {usual.en})")


def _effect(points: float) -> Text:
    amount = format_value(abs(points), Unit.SCORE)
    if points < 0:
        return Text(de=f"Das kostet {amount.de} Punkte.", en=f"This costs {amount.en} points.")
    return Text(de=f"Das bringt {amount.de} Punkte.", en=f"This earns {amount.en} points.")


def _declared(name: str, catalogue: Mapping[str, Feature]) -> Feature:
    feature = catalogue.get(name)
    if feature is None:
        raise UnknownFeatureError(f"the model scored {name}, which is not in the feature catalogue of this version")
    return feature
