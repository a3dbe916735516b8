"""What missing values cost: for each the value that would be best for the firm, and the one that would be worst.

An interval from worst to best, never a guess: nothing here says which of the values is likely.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import takewhile
from math import inf
from typing import Final

import msgspec

from features.feature import Feature, Unit
from models.points import PointsTable
from models.steps import FeatureSteps
from scoring.decisions.decision import NATURAL_PERSONS, Assessment, RuleResult, Terms, Verdict
from scoring.decisions.limits import DEBT_SERVICE, VAT_SHORTFALL, deductions, limit_inputs
from scoring.decisions.policy import Policy
from scoring.decisions.rules import Bound, features_of

AMPLE: Final = 100
"""A sum of money of so many times the amount that is asked for bounds no limit."""


class MissingValue(msgspec.Struct, frozen=True, kw_only=True):
    """A feature that model or policy reads, and that has no value."""

    feature: str
    cause: str
    points: float | None
    """For the missing value; null where the model does not read the feature."""
    best_points: float | None
    worst_points: float | None
    rules: tuple[str, ...]
    """That could not be checked without it."""


class Extreme(msgspec.Struct, frozen=True, kw_only=True):
    """What would be decided if values were known."""

    score: float | None
    recommendation: Verdict
    verdict: Verdict


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What would be decided once the bank is connected, if it confirms what the books have."""

    features: tuple[str, ...]
    """That would have a value then."""
    after: Extreme


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Features whose history is long enough from a day on."""

    until: date
    features: tuple[str, ...]


class MissingData(msgspec.Struct, frozen=True, kw_only=True):
    """What is missing in a decision, what it could change, and what would add it."""

    missing: tuple[MissingValue, ...]
    best: Extreme
    worst: Extreme
    linked: Known | None
    """None where no account is without a bank, or its link adds no value."""
    waits: tuple[Wait, ...]
    """The nearest day first; a feature that more than a year would not add is in none."""


def extreme(made: Assessment) -> Extreme:
    """The outcome of an assessment."""
    return Extreme(score=made.score, recommendation=made.recommendation, verdict=made.verdict)


def missing_values(
    names: Iterable[str], missing: Mapping[str, str], made: Assessment, table: PointsTable, policy: Policy
) -> tuple[MissingValue, ...]:
    """The features without a value, those first that could cost or bring most points.

    Args:
        names: that model and policy read.
        missing: feature name to the cause of its absence.
        made: the assessment without them.
        table: of the model.
        policy: that decided, for the product.
    """
    known, unchecked = _known(made), _unchecked(made.rules, policy)
    found = [_missing_value(name, missing[name], table, known, unchecked) for name in names if name in missing]
    return tuple(sorted(found, key=lambda one: (one.points is None, -_span(one), one.feature)))


def _span(one: MissingValue) -> float:
    return 0.0 if one.best_points is None or one.worst_points is None else one.best_points - one.worst_points


def _missing_value(
    name: str,
    cause: str,
    table: PointsTable,
    known: Mapping[str, float | None],
    unchecked: Mapping[str, list[RuleResult]],
) -> MissingValue:
    rules = tuple(rule.id for rule in unchecked.get(name, ()))
    steps = next((one for one in table.features if one.name == name), None)
    if steps is None:
        return MissingValue(feature=name, cause=cause, points=None, best_points=None, worst_points=None, rules=rules)
    reached = [table.points_of(name, value, known) for value in (-inf, *steps.edges)]
    return MissingValue(
        feature=name,
        cause=cause,
        points=table.points_of(name, None, known),
        best_points=max(reached),
        worst_points=min(reached),
        rules=rules,
    )


def _known(made: Assessment) -> dict[str, float | None]:
    """Values of the features of the model."""
    return {one.feature: one.value for one in made.contributions if one.second_feature is None}


def _unchecked(rules: Iterable[RuleResult], policy: Policy) -> dict[str, list[RuleResult]]:
    """Rules without a value, by the feature that they read."""
    behind, found = features_of(policy), dict[str, list[RuleResult]]()
    for rule in rules:
        if rule.result == "not_applicable" and rule.id in behind:
            found.setdefault(behind[rule.id], []).append(rule)
    return found


def ends(
    names: Iterable[str],
    made: Assessment,
    *,
    table: PointsTable,
    policy: Policy,
    terms: Terms,
    catalogue: Mapping[str, Feature],
) -> tuple[dict[str, float], dict[str, float]]:
    """For features without a value the best value for the firm, and the worst: by rules first, then by points.

    Args:
        names: of the features.
        made: the assessment without them.
        table: of the model.
        policy: that decided, for the product.
        terms: what is asked for.
        catalogue: declares the features.
    """
    steps, unchecked = {one.name: one for one in table.features}, _unchecked(made.rules, policy)
    known = _known(made)
    inputs = {policy.feature(name): name for name in _inputs(terms, policy)}
    best, worst = dict[str, float](), dict[str, float]()
    for name in names:
        rules, of_model = unchecked.get(name, []), steps.get(name)
        sign = 0.0 if name not in inputs else -1.0 if inputs[name] in {DEBT_SERVICE, VAT_SHORTFALL} else 1.0

        def merit(
            value: float,
            rules: list[RuleResult] = rules,
            of_model: FeatureSteps | None = of_model,
            sign: float = sign,
        ) -> tuple[int, float, float]:
            points = 0.0 if of_model is None else table.points_of(of_model.name, value, known)
            return sum(_passes(rule, value) for rule in rules), points, sign * value

        values = _candidates(catalogue[name], of_model, rules, ample=AMPLE * terms.amount_cents if sign else None)
        if values:
            best[name], worst[name] = max(values, key=merit), min(values, key=merit)
    return best, worst


def _inputs(terms: Terms, policy: Policy) -> tuple[str, ...]:
    """What bounds the limit, and what is deducted only where it is known: unknown, it may be any amount."""
    is_person = terms.legal_form in NATURAL_PERSONS
    bounding = limit_inputs(policy.products[terms.product], policy.limits, is_person=is_person)
    return (*bounding, *deductions(policy.limits))


def _candidates(
    feature: Feature, steps: FeatureSteps | None, rules: Iterable[RuleResult], *, ample: int | None
) -> list[float]:
    """One value of each bin, and those on either side of each threshold; no share beyond 0 and 1, no count below 0."""
    step = 10.0**-feature.precision
    edges = () if steps is None else steps.edges
    found = [value for edge in edges for value in (edge - step, edge)]
    for rule in rules:
        if isinstance(rule.threshold, float | int):
            found += [rule.threshold - step, float(rule.threshold), rule.threshold + step]
    if ample is not None:
        found += [0.0, float(ample)]
    if not found and steps is not None:
        found = [0.0]
    low = 0.0 if feature.unit in {Unit.SHARE, Unit.COUNT} else float("-inf")
    high = 1.0 if feature.unit is Unit.SHARE else float("inf")
    return sorted({round(value, feature.precision) for value in found if low <= value <= high})


def _passes(rule: RuleResult, value: float) -> bool:
    if not isinstance(rule.threshold, float | int):
        return False
    return value <= rule.threshold if rule.bound == Bound.AT_MOST.value else value >= rule.threshold


def waits(days: Mapping[str, date]) -> tuple[Wait, ...]:
    """Features by the day from which on their history is long enough, the nearest first."""
    ordered = sorted(set(days.values()))
    return tuple(Wait(until=day, features=tuple(name for name in days if days[name] == day)) for day in ordered)


def first_known(is_missing: Mapping[date, bool]) -> date | None:
    """The first of some days from which on a feature is there; None where it is missing on the last of them."""
    known = list(takewhile(lambda day: not is_missing[day], sorted(is_missing, reverse=True)))
    return known[-1] if known else None
