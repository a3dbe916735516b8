"""Every rule of the policy as one declaration, from which its result, its cause and its documentation follow."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from features.feature import Text, Unit
from scoring.decisions.decision import Cause, Circumstances, Coverage, RuleResult, Terms, Verdict
from scoring.decisions.limits import Limit
from scoring.decisions.policy import Policy, Product
from scoring.decisions.wording import format_apart, format_value, remedy_for, why_missing


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


BOUND_WORDS: Final = {
    Bound.AT_MOST: Text(de="höchstens", en="at most"),
    Bound.AT_LEAST: Text(de="mindestens", en="at least"),
    Bound.IS: Text(de="verlangt:", en="required:"),
}

COMPLETE_BOOKS: Final = Text(
    de="Fehlende Rechnungen und Belege bitte in der Buchhaltung nachtragen.",
    en="Please add missing invoices and receipts to the books.",
)
CONNECT_BANK: Final = Text(
    de="Das Geschäftskonto in der Buchhaltung bitte mit dem Online-Banking verbinden.",
    en="Please connect the business account in the bookkeeping system to online banking.",
)


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
    subject: Text
    """What is looked at, as a noun phrase."""
    problem: Text
    """One sentence on a failure; may hold ``{value}`` and ``{threshold}``."""
    observe: Callable[[Seen], float | str | None]
    threshold: Callable[[Seen], float | str]
    documented: Callable[[Policy], Text]
    """The threshold in words, as far as the policy alone tells it."""
    bound: Bound = Bound.IS
    unit: Unit = Unit.COUNT
    feature: str | None = None
    """Name of the value, where it is one of the row."""
    states: Mapping[str, Text] | None = None
    """Words for values that are not numbers."""
    remedy: Text | None = None
    implied_by: tuple[str, ...] = ()
    """Rules whose failure makes this one's cause superfluous."""

    def evaluate(self, seen: Seen) -> "RuleOutcome":
        """Compare the value with the threshold and say so in words."""
        value, threshold = self.observe(seen), self.threshold(seen)
        if value is None:
            why = why_missing(self._missing_cause(seen))
            shown = Text(de=f"nicht bestimmbar, weil {why.de}", en=f"cannot be determined because {why.en}")
            bound = self._show_bound(threshold)
            return self._outcome("not_applicable", None, threshold, shown, bound, self._unchecked(seen))
        shown, bound = self._show(value, threshold)
        if _holds(value, self.bound, threshold):
            return self._outcome("pass", value, threshold, shown, bound, None)
        problem = Text(
            de=self.problem.de.format(value=shown.de, threshold=bound.de),
            en=self.problem.en.format(value=shown.en, threshold=bound.en),
        )
        cause = Cause(code=self.id, text=problem, remedy=self.remedy)
        return self._outcome("fail", value, threshold, shown, bound, cause)

    def _outcome(
        self,
        result: str,
        value: float | str | None,
        threshold: float | str,
        shown: Text,
        bound: Text,
        cause: Cause | None,
    ) -> "RuleOutcome":
        words = BOUND_WORDS[self.bound]
        is_said = self.bound is Bound.IS and result == "pass"
        text = Text(
            de=f"{self.subject.de}: {shown.de}" + ("." if is_said else f" ({words.de} {bound.de})."),
            en=f"{self.subject.en}: {shown.en}" + ("." if is_said else f" ({words.en} {bound.en})."),
        )
        effect = Verdict.APPROVE if cause is None else self.effect if result == "fail" else Verdict.REFER
        record = RuleResult(
            id=self.id, kind=self.kind.value, result=result, value=value, threshold=threshold, text=text
        )
        return RuleOutcome(record=record, cause=cause, effect=effect, implied_by=self.implied_by)

    def _unchecked(self, seen: Seen) -> Cause | None:
        if self.kind not in {RuleKind.KNOCK_OUT, RuleKind.CAP, RuleKind.MINIMUM_DATA}:
            return None
        cause = self._missing_cause(seen)
        why = why_missing(cause)
        return Cause(
            code=f"{self.id}_NOT_CHECKED",
            text=Text(
                de=f"{self.subject.de}: nicht prüfbar, weil {why.de}. Deshalb entscheidet eine Person.",
                en=f"{self.subject.en}: cannot be checked because {why.en}. A person therefore decides.",
            ),
            remedy=remedy_for(cause),
        )

    def _missing_cause(self, seen: Seen) -> str | None:
        return None if self.feature is None else seen.missing.get(self.feature)

    def _show(self, value: float | str, threshold: float | str) -> tuple[Text, Text]:
        if isinstance(value, float) and isinstance(threshold, float):
            return format_apart(value, threshold, self.unit)
        return self._word(value), self._word(threshold)

    def _show_bound(self, threshold: float | str) -> Text:
        return format_value(threshold, self.unit) if isinstance(threshold, float) else self._word(threshold)

    def _word(self, state: float | str) -> Text:
        word = (self.states or {}).get(str(state))
        return word if word is not None else Text(de=str(state), en=str(state))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """How one rule went."""

    record: RuleResult
    cause: Cause | None
    """Null when the rule passed, or does not apply and nothing follows."""
    effect: Verdict
    """The best that is left; approve when the rule passed."""
    implied_by: tuple[str, ...]


def measured(  # noqa: PLR0913  one argument per part of a declaration
    rule_id: str,
    kind: RuleKind,
    feature: str,
    bound: Bound,
    setting: Callable[[Policy], float],
    *,
    unit: Unit,
    subject: Text,
    problem: Text,
    remedy: Text | None,
) -> Rule[BooksContext]:
    """A rule on a value of the row, with a threshold of the policy."""
    return Rule[BooksContext](
        id=rule_id,
        kind=kind,
        effect=Verdict.DECLINE if kind is RuleKind.KNOCK_OUT else Verdict.REFER,
        subject=subject,
        problem=problem,
        observe=lambda seen: seen.row.get(feature),
        threshold=lambda seen: float(setting(seen.policy)),
        documented=lambda policy: format_value(float(setting(policy)), unit),
        bound=bound,
        unit=unit,
        feature=feature,
        remedy=remedy,
    )


def evaluate(rules: Iterable[Rule[Seen]], seen: Seen) -> tuple[RuleOutcome, ...]:
    """All outcomes, in the order of the rules."""
    return tuple(rule.evaluate(seen) for rule in rules)


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
