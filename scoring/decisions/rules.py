"""Every rule of the policy as one declaration, from which its result, its cause and its documentation follow.

Its words are in ``scoring.texts``, by its id.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from features.feature import Unit
from scoring.decisions.decision import Cause, Circumstances, Coverage, RuleResult, Terms, Verdict
from scoring.decisions.limits import Limit
from scoring.decisions.policy import Policy, Product


class RuleKind(StrEnum):
    """What a rule is for."""

    MINIMUM_DATA = "minimum_data"
    """Too little data: no score."""
    KNOCK_OUT = "knock_out"
    CUT_OFF = "cut_off"
    LIMIT = "limit"
    CAP = "cap"
    """Refer at best."""
    GATE = "gate"
    """Acts on the verdict alone."""


class Bound(StrEnum):
    """How a value is compared with the threshold."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    IS = "is"


NOT_CHECKED: Final = "_NOT_CHECKED"
"""Behind a rule's id: the code of the cause where its value is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksContext:
    """What is known before a score: the row, why values are missing, the coverage."""

    row: Mapping[str, float | None]
    missing: Mapping[str, str]
    model_features: Collection[str]
    """What the model reads."""
    coverage: Coverage
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionContext(BooksContext):
    """What is known when the decision is taken."""

    terms: Terms
    product: Product
    circumstances: Circumstances
    is_model_simulated: bool
    is_natural_person: bool
    pd: float | None
    """Null without a score."""
    limit: Limit | None
    """Null without a score."""


Seen = TypeVar("Seen", bound=BooksContext, contravariant=True)  # noqa: PLC0105  the word says what it is: what a rule looks at


@dataclass(frozen=True, kw_only=True)  # no slots: naming the type parameter sets an attribute
class Rule(Generic[Seen]):
    """One rule. Where its value is missing it does not apply; a knock-out, cap or minimum then leads to a person."""

    id: str
    """Stable; also the code of the cause when the rule fails."""
    kind: RuleKind
    effect: Verdict
    """The best that is left when the rule fails."""
    observe: Callable[[Seen], float | str | None]
    threshold: Callable[[Seen], float] | str
    """A number of policy, product or application; or the one state that is required."""
    setting: Callable[[Policy], float | None] | None = None
    """The threshold, where the policy alone sets it. A policy from before this rule has none, see ``in_force``."""
    bound: Bound = Bound.IS
    unit: Unit | None = None
    """Null where the value is a state."""
    feature: str | None = None
    """Name of the value, where it is one of the row."""
    implied_by: tuple[str, ...] = ()
    """Rules whose failure makes this one's cause superfluous."""

    def evaluate(self, seen: Seen) -> "RuleOutcome":
        """Compare the value with the threshold."""
        value = self.observe(seen)
        threshold = self.threshold if isinstance(self.threshold, str) else self.threshold(seen)
        if value is None:
            is_needed = self.kind in {RuleKind.KNOCK_OUT, RuleKind.CAP, RuleKind.MINIMUM_DATA}
            result, code = "not_applicable", f"{self.id}{NOT_CHECKED}" if is_needed else None
        elif _holds(value, self.bound, threshold):
            result, code = "pass", None
        else:
            result, code = "fail", self.id
        record = RuleResult(
            id=self.id,
            kind=self.kind.value,
            effect=self.effect,
            result=result,
            value=value,
            threshold=threshold,
            bound=self.bound.value,
            unit=None if self.unit is None else self.unit.value,
            missing=seen.missing.get(self.feature) if value is None and self.feature is not None else None,
        )
        return RuleOutcome(
            record=record,
            cause=None if code is None else Cause(code=code, rule=self.id),
            effect=Verdict.APPROVE if code is None else self.effect if result == "fail" else Verdict.REFER,
            implied_by=self.implied_by,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """How one rule went."""

    record: RuleResult
    cause: Cause | None
    """Null when the rule passed, or does not apply and nothing follows."""
    effect: Verdict
    """The best that is left; approve when the rule passed."""
    implied_by: tuple[str, ...]


def measured(
    rule_id: str,
    kind: RuleKind,
    feature: str,
    bound: Bound,
    setting: Callable[[Policy], float | None],
    unit: Unit,
) -> Rule[BooksContext]:
    """A rule on a value of the row, with a threshold of the policy."""
    return Rule[BooksContext](
        id=rule_id,
        kind=kind,
        effect=Verdict.DECLINE if kind is RuleKind.KNOCK_OUT else Verdict.REFER,
        observe=lambda seen: seen.row.get(feature),
        threshold=lambda seen: threshold_of(setting, seen.policy),
        setting=setting,
        bound=bound,
        unit=unit,
        feature=feature,
    )


def threshold_of(setting: Callable[[Policy], float | None], policy: Policy) -> float:
    """The threshold that a policy sets for a rule that is in force.

    Raises:
        LookupError: the policy sets none, so the rule is not in force.
    """
    threshold = setting(policy)
    if threshold is None:
        raise LookupError(f"policy {policy.version} does not set this threshold")
    return float(threshold)


def in_force(rules: Iterable[Rule[Seen]], policy: Policy) -> tuple[Rule[Seen], ...]:
    """The rules of a policy: all but those whose setting it leaves out, which were added after it was released.

    So decisions under an older policy replay with the rules that it had.
    """
    return tuple(rule for rule in rules if rule.setting is None or rule.setting(policy) is not None)


def evaluate(rules: Iterable[Rule[Seen]], seen: Seen) -> tuple[RuleOutcome, ...]:
    """Outcomes of the rules in force, in their order."""
    return tuple(rule.evaluate(seen) for rule in in_force(rules, seen.policy))


def causes_of(outcomes: Iterable[RuleOutcome]) -> tuple[Cause, ...]:
    """The causes that outcomes give, without those that another failure already says."""
    outcomes = tuple(outcomes)
    failed = {outcome.record.id for outcome in outcomes if outcome.record.result == "fail"}
    return tuple(
        outcome.cause for outcome in outcomes if outcome.cause is not None and failed.isdisjoint(outcome.implied_by)
    )


def _holds(value: float | str, bound: Bound, threshold: float | str) -> bool:
    if isinstance(value, float) and isinstance(threshold, float):
        return value <= threshold if bound is Bound.AT_MOST else value >= threshold
    return value == threshold
