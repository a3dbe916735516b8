"""Rules on score, amount and person: cut-offs, limit, and the gates between recommendation and verdict."""

from typing import Final

from features.feature import Unit
from scoring.decisions.decision import Verdict
from scoring.decisions.policy import LegalBasis
from scoring.decisions.rules import Bound, DecisionContext, Rule, RuleKind

CUT_OFFS: Final[tuple[Rule[DecisionContext], ...]] = (
    Rule[DecisionContext](
        id="PD_TOO_HIGH",
        kind=RuleKind.CUT_OFF,
        effect=Verdict.DECLINE,
        observe=lambda case: case.pd,
        threshold=lambda case: case.policy.cut_offs.decline_above,
        setting=lambda policy: policy.cut_offs.decline_above,
        bound=Bound.AT_MOST,
        unit=Unit.SHARE,
    ),
    Rule[DecisionContext](
        id="PD_NEEDS_REVIEW",
        kind=RuleKind.CUT_OFF,
        effect=Verdict.REFER,
        observe=lambda case: case.pd,
        threshold=lambda case: case.policy.cut_offs.approve_at_or_below,
        setting=lambda policy: policy.cut_offs.approve_at_or_below,
        bound=Bound.AT_MOST,
        unit=Unit.SHARE,
        implied_by=("PD_TOO_HIGH",),
    ),
)


def _known_limit(case: DecisionContext) -> float | None:
    return None if case.limit is None else float(case.limit.cents)


def _limit_inputs(case: DecisionContext) -> str | None:
    if case.limit is None:
        return None
    return "incomplete" if case.limit.missing else "complete"


LIMITS: Final[tuple[Rule[DecisionContext], ...]] = (
    Rule[DecisionContext](
        id="LIMIT_BELOW_PRODUCT",
        kind=RuleKind.LIMIT,
        effect=Verdict.DECLINE,
        observe=_known_limit,
        threshold=lambda case: float(case.product.minimum_cents),
        bound=Bound.AT_LEAST,
        unit=Unit.CENTS,
    ),
    Rule[DecisionContext](
        id="LIMIT_BELOW_REQUEST",
        kind=RuleKind.LIMIT,
        effect=Verdict.REFER,
        observe=_known_limit,
        threshold=lambda case: float(case.terms.amount_cents),
        bound=Bound.AT_LEAST,
        unit=Unit.CENTS,
        implied_by=("LIMIT_BELOW_PRODUCT",),
    ),
    Rule[DecisionContext](
        id="LIMIT_INPUTS_MISSING",
        kind=RuleKind.LIMIT,
        effect=Verdict.REFER,
        observe=_limit_inputs,
        threshold="complete",
    ),
)


def _person_by_law(case: DecisionContext) -> str:
    has_basis = case.policy.natural_persons.legal_basis is not LegalBasis.NONE
    return "needed" if case.is_natural_person and not has_basis else "not_needed"


GATES: Final[tuple[Rule[DecisionContext], ...]] = (
    Rule[DecisionContext](
        id="NATURAL_PERSON",
        kind=RuleKind.GATE,
        effect=Verdict.REFER,
        observe=_person_by_law,
        threshold="not_needed",
    ),
    Rule[DecisionContext](
        id="MODEL_SIMULATED",
        kind=RuleKind.GATE,
        effect=Verdict.REFER,
        observe=lambda case: (
            "simulated" if case.is_model_simulated and not case.circumstances.is_sandbox else "suitable"
        ),
        threshold="suitable",
    ),
)
