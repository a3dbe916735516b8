"""The main factors of a score; they come from its contributions, so they cannot disagree with it."""

from collections.abc import Iterable, Mapping

import msgspec

from features.feature import Feature, Risk
from models.points import Contribution
from scoring.decisions.decision import Assessment, Evidence, Reason
from scoring.decisions.policy import ReasonRules


class UnknownFeatureError(LookupError):
    """The model scored a value that the catalogue does not know."""


def reasons_of(
    contributions: Iterable[Contribution],
    *,
    catalogue: Mapping[str, Feature],
    typical: Mapping[str, float | None],
    missing: Mapping[str, str],
    rules: ReasonRules,
) -> tuple[Reason, ...]:
    """The factors that cost most, then those that earned most, each list by falling weight.

    Equal weights keep the order of the contributions.

    Args:
        contributions: Those of the score, untouched.
        catalogue: Declarations of the features, by name.
        typical: Median of each feature among the firms that the model was trained on.
        missing: Why values are missing, by feature.
        rules: How many factors to name.

    Raises:
        UnknownFeatureError: A contribution is not in the catalogue.
    """
    weighty = [item for item in contributions if abs(item.points) >= rules.points_at_least]
    negative = sorted((item for item in weighty if item.points < 0), key=lambda item: item.points)
    positive = sorted((item for item in weighty if item.points > 0), key=lambda item: -item.points)
    chosen = negative[: rules.negative_at_most] + positive[: rules.positive_at_most]
    return tuple(
        _reason(
            item,
            _declared(item.feature, catalogue),
            typical=typical.get(item.feature),
            missing=missing.get(item.feature),
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


def with_evidence(assessment: Assessment, found: Mapping[str, Evidence]) -> Assessment:
    """The assessment with the documents behind the values of its reasons, by feature."""
    reasons = tuple(
        msgspec.structs.replace(reason, evidence=found.get(reason.feature, Evidence())) for reason in assessment.reasons
    )
    return msgspec.structs.replace(assessment, reasons=reasons)


def _reason(item: Contribution, feature: Feature, *, typical: float | None, missing: str | None) -> Reason:
    return Reason(
        code=reason_code(feature, item.value, item.points, typical),
        feature=item.feature,
        direction="negative" if item.points < 0 else "positive",
        points=item.points,
        value=item.value,
        typical=typical,
        unit=feature.unit.value,
        missing=missing if item.value is None else None,
    )


def _declared(name: str, catalogue: Mapping[str, Feature]) -> Feature:
    feature = catalogue.get(name)
    if feature is None:
        raise UnknownFeatureError(f"the model scored {name}, which is not in the feature catalogue of this version")
    return feature
