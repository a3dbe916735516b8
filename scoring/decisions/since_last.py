"""What changed in the decision on a borrower since an earlier one, in points that add up to the change of the score."""

from collections.abc import Iterable
from typing import Final

import msgspec

from models.points import Contribution
from scoring.decisions.decision import Decision, Document

MOST_DOCUMENTS: Final = 20
"""Of one factor; the weightiest are named first."""


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """A factor of the score, on one day."""

    values: tuple[float | None, ...]
    """Of its feature, or of both; null is missing."""
    points: float


class Factor(msgspec.Struct, frozen=True, kw_only=True):
    """What one feature, or two together, did to the score."""

    features: tuple[str, ...]
    before: Side | None
    """Null where the model of that decision has no such factor; its points count as 0."""
    after: Side | None
    points: float
    """After less before."""
    documents: tuple[Document, ...] = ()
    """That stand behind the value now, and did not before; known of main factors alone."""


class SinceLast(msgspec.Struct, frozen=True, kw_only=True):
    """A decision beside an earlier one on the same borrower."""

    points: float | None
    """The change of the score; null where one of the decisions has none."""
    base: float | None
    """The change of the constant of both models, 0 where they are the same; null where ``points`` is. With the points
    of all factors it is the change of the score."""
    factors: tuple[Factor, ...]
    """Those with other points or another value, the largest change of points first."""
    came: tuple[int, ...]
    """Places of the causes of this decision that the earlier one does not have."""
    gone: tuple[int, ...]
    """Places of the causes of the earlier decision that are none any more."""
    is_same_model: bool
    is_same_policy: bool


def is_observation(made: Decision) -> bool:
    """Whether a record is of an observation: it decides nothing."""
    return made.decision_id.startswith("obs_")


def since_last(before: Decision, after: Decision) -> SinceLast:
    """Compare two decisions on one borrower; which of them was made earlier is for the caller to know."""
    old, new = before.assessment, after.assessment
    has_scores = None not in (old.score, new.score, old.base, new.base)
    codes = {cause.code for cause in old.causes}, {cause.code for cause in new.causes}
    return SinceLast(
        points=(new.score or 0.0) - (old.score or 0.0) if has_scores else None,
        base=(new.base or 0.0) - (old.base or 0.0) if has_scores else None,
        factors=_factors(before, after) if has_scores else (),
        came=tuple(place for place, cause in enumerate(new.causes) if cause.code not in codes[0]),
        gone=tuple(place for place, cause in enumerate(old.causes) if cause.code not in codes[1]),
        is_same_model=before.versions.model_sha256 == after.versions.model_sha256,
        is_same_policy=before.versions.policy_sha256 == after.versions.policy_sha256,
    )


def _factors(before: Decision, after: Decision) -> tuple[Factor, ...]:
    old, new = (_by_name(made.assessment.contributions) for made in (before, after))
    found = [
        Factor(
            features=_features(new.get(name) or old[name]),
            before=_side(old.get(name)),
            after=_side(new.get(name)),
            points=(new[name].points if name in new else 0.0) - (old[name].points if name in old else 0.0),
            documents=_new_documents(name, before, after),
        )
        for name in {**old, **new}
    ]
    changed = [factor for factor in found if factor.points or factor.before != factor.after]
    return tuple(sorted(changed, key=lambda factor: (-abs(factor.points), factor.features)))


def _by_name(contributions: Iterable[Contribution]) -> dict[str, Contribution]:
    return {one.name: one for one in contributions}


def _features(one: Contribution) -> tuple[str, ...]:
    return (one.feature,) if one.second_feature is None else (one.feature, one.second_feature)


def _side(one: Contribution | None) -> Side | None:
    if one is None:
        return None
    return Side(values=(one.value,) if one.second_feature is None else (one.value, one.second_value), points=one.points)


def _new_documents(name: str, before: Decision, after: Decision) -> tuple[Document, ...]:
    known = {(one.kind, one.id) for one in _behind(name, before)}
    return tuple(one for one in _behind(name, after) if (one.kind, one.id) not in known)[:MOST_DOCUMENTS]


def _behind(name: str, made: Decision) -> tuple[Document, ...]:
    """The documents behind a main factor; none where it is no main factor."""
    return next((reason.evidence.documents for reason in made.assessment.reasons if reason.name == name), ())
