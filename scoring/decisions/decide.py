"""From score, row, terms and policy to an assessment: the whole of what a decision concludes, without any IO."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from math import isfinite
from types import MappingProxyType
from typing import Final

import msgspec

from features.feature import Feature, Risk
from forecast.facilities import Borrowings
from forecast.largest_instalment import LargestInstalment
from models.points import Contribution, Score
from scoring.decisions.consumer_credit import is_refused
from scoring.decisions.decision import (
    NATURAL_PERSONS,
    Assessment,
    Cause,
    Circumstances,
    Coverage,
    Evidence,
    ModelCard,
    Offer,
    Reading,
    Reason,
    SecondFactor,
    Terms,
    Verdict,
)
from scoring.decisions.limits import deductions, limit_for, limit_inputs, monthly_instalment_cents
from scoring.decisions.policy import IN_SUBSTANCE, Grade, LegalBasis, Policy, Pricing, Product, ReasonRules
from scoring.decisions.rules import (
    CAPS,
    CUT_OFFS,
    GATES,
    KNOCK_OUTS,
    LIMITS,
    MINIMUM_DATA,
    READINGS,
    BooksContext,
    DecisionContext,
    Rule,
    RuleOutcome,
    causes_of,
    evaluate,
    in_force,
)
from scoring.decisions.snoozes import SNOOZABLE

_FIRST_RULES: Final[tuple[Rule[DecisionContext], ...]] = (*KNOCK_OUTS, *CUT_OFFS, *LIMITS, *CAPS)
RECOMMENDATION_RULES: Final[tuple[Rule[DecisionContext], ...]] = (*_FIRST_RULES, *READINGS)
"""What model and policy say; with the minimum data before and the gates behind, these are all rules."""

_SEVERITY: Final = {Verdict.APPROVE: 0, Verdict.REFER: 1, Verdict.DECLINE: 2}


class TermsError(ValueError):
    """The application asks for what the policy does not know; ``field`` names the field of the application."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class ConsumerCreditError(TermsError):
    """The application is for consumer credit, which the policy does not give. It says nothing about the applicant."""


class InconsistentInputError(ValueError):
    """Score, row and books contradict each other; an assessment of them would be wrong."""


def needed_features(policy: Policy) -> tuple[str, ...]:
    """Names of the features that the policy reads beside the model's, each once, in the order of the rules."""
    rules: tuple[Rule[DecisionContext], ...] = (*MINIMUM_DATA, *RECOMMENDATION_RULES)
    names = [policy.feature(rule.feature) for rule in in_force(rules, policy) if rule.feature is not None]
    names += policy.minimum_data.required_features
    for product in policy.products.values():
        names += map(policy.feature, limit_inputs(product, policy.limits, is_person=True))
    names += map(policy.feature, deductions(policy.limits))
    names += [] if policy.lenient_surplus is None else [policy.lenient_surplus]
    # The features that go by the name stand beside, so that a person sees the difference.
    names += [f"{name}_v{policy.catalogue}" for name in IN_SUBSTANCE] if policy.substance_over_form else []
    return tuple(dict.fromkeys(names))


def check_terms(terms: Terms, policy: Policy) -> Product:
    """The product that is asked for.

    Raises:
        TermsError: Product or currency is not in the policy, or amount or term is not positive.
        ConsumerCreditError: A natural person starts a business with it, and the policy gives no consumer credit.
    """
    product = policy.products.get(terms.product)
    if product is None:
        known = ", ".join(sorted(policy.products))
        raise TermsError("product", f"policy {policy.version} has no product of this name; it has: {known}")
    if terms.currency != policy.currency:
        raise TermsError("amount.currency", f"policy {policy.version} lends in {policy.currency} only")
    if terms.amount_cents <= 0:
        raise TermsError("amount.value", "the amount must be above zero")
    if terms.term_months <= 0:
        raise TermsError("term_months", "the term must be at least one month")
    if terms.starts_business and is_refused(terms, policy):
        raise ConsumerCreditError("starts_business", _consumer_credit(product, policy))
    return product


def _consumer_credit(product: Product, policy: Policy) -> str:
    up_to = 0 if policy.consumer_credit is None else policy.consumer_credit.up_to_cents
    if product.maximum_cents <= up_to:
        rest = f"and this product lends at most {product.maximum_cents / 100:.2f} EUR"
    else:
        rest = "and this amount is not above it"
    return (
        f"a loan that starts a natural person's business is consumer credit up to {up_to / 100:.2f} EUR,"
        f" {rest}: the lender does not give it. Nothing was read, and nothing is said about the applicant"
    )


def causes_against_scoring(
    row: Mapping[str, float | None],
    missing: Mapping[str, str],
    model_features: Collection[str],
    coverage: Coverage,
    policy: Policy,
) -> tuple[Cause, ...]:
    """Why there is too little data for a score; empty when a score may be computed.

    Args:
        row: Every derived feature by name, null where missing.
        missing: Feature name to the cause of its absence.
        model_features: Names of the features that the model reads.
        coverage: What the books held.
        policy: Says how little is too little.
    """
    books = BooksContext(row=row, missing=missing, model_features=model_features, coverage=coverage, policy=policy)
    return causes_of(evaluate(MINIMUM_DATA, books))


def decide(  # noqa: PLR0913  a decision rests on exactly these, and each is named by its caller
    *,
    terms: Terms,
    row: Mapping[str, float | None],
    missing: Mapping[str, str],
    score: Score | None,
    model: ModelCard,
    circumstances: Circumstances,
    policy: Policy,
    catalogue: Mapping[str, Feature],
    typical: Mapping[str, float | None],
    readings: tuple[Reading, ...] = (),
    borrowings: Borrowings | None = None,
    largest_instalment: LargestInstalment | None = None,
) -> Assessment:
    """Conclude what model and policy recommend, and what may be acted on without a person.

    The recommendation is the strictest of all rules (approve < refer < decline). The verdict is the recommendation,
    or refer where a gate asks for a person: so it approves or declines only what is recommended so. Without a score
    both are refer. Reasons come without evidence; ``with_evidence`` adds it.

    Args:
        terms: What was asked for.
        row: Every derived feature by name, null where missing.
        missing: Feature name to the cause of its absence.
        score: Null exactly when ``causes_against_scoring`` finds causes.
        model: The model that scored.
        circumstances: Observation date, provenance, coverage.
        policy: The policy in force.
        catalogue: Declarations of all features of the model, by name.
        typical: Every feature of the model, with its median among the firms that the model was trained on.
        readings: What would be recommended if doubtful facts were read otherwise; see ``features.readings``.
        borrowings: What the firm owes elsewhere; null where the policy does not look at it.
        largest_instalment: What cash ahead carries; null where the policy does not look at it.

    Raises:
        TermsError: The policy does not know what was asked for; ``check_terms`` says so before anything is fetched.
        InconsistentInputError: There is a score despite too little data or the other way round, a number is not
            finite, or the contributions do not add up to the score.
        UnknownFeatureError: The model scored a value that the catalogue does not know.
    """
    product = check_terms(terms, policy)
    policy, is_person = policy.of(terms.product), terms.legal_form in NATURAL_PERSONS
    _check_numbers(row, score)
    case = DecisionContext(
        row=row,
        missing=missing,
        model_features=typical.keys(),
        coverage=circumstances.coverage,
        policy=policy,
        terms=terms,
        product=product,
        circumstances=circumstances,
        is_model_simulated=model.is_simulated,
        is_model_measured=model.is_measured,
        model_outcome=model.outcome,
        is_natural_person=is_person,
        pd=None if score is None else score.pd,
        limit=None
        if score is None
        else limit_for(
            row,
            product,
            terms.term_months,
            policy,
            is_person=is_person,
            borrowings=borrowings,
            # A record of a later policy may know them; this one decides without.
            own_loans=circumstances.own_loans if policy.reads_borrowings else None,
            largest_instalment=largest_instalment,
        ),
        readings=readings,
        borrowings=borrowings,
        largest_instalment=largest_instalment,
    )
    data = evaluate(MINIMUM_DATA, case)
    against_scoring = causes_of(data)
    if (score is None) != bool(against_scoring):
        raise InconsistentInputError(
            "there is no score although the data suffice for one"
            if score is None
            else f"there is a score although too little is known: {against_scoring[0].code}"
        )
    rules = _set_aside(evaluate(_FIRST_RULES, case), circumstances)
    recommendation = _strictest(rules) if score is not None else Verdict.REFER
    doubts = evaluate(READINGS, replace(case, recommended=recommendation))
    if doubts and _strictest(doubts) is Verdict.REFER:
        # Not the strictest: a decline that hangs on a doubtful fact is none.
        recommendation = Verdict.REFER
    rules += doubts
    gates = evaluate(GATES, case)
    verdict = Verdict.REFER if _strictest(gates) is Verdict.REFER else recommendation
    basis = policy.natural_persons.legal_basis
    return Assessment(
        recommendation=recommendation,
        verdict=verdict,
        automation="human_required" if verdict is Verdict.REFER else "fully_automated",
        legal_basis=basis.value if case.is_natural_person and basis is not LegalBasis.NONE else None,
        natural_person=case.is_natural_person,
        score=None if score is None else score.score,
        base=None if score is None else score.base,
        pd=case.pd,
        grade=None if case.pd is None else _grade_of(case.pd, policy.pricing).name,
        offer=None if recommendation is Verdict.DECLINE else _offer(case),
        causes=against_scoring + causes_of(_not_implied(rules, is_scored=score is not None)) + causes_of(gates),
        reasons=()
        if score is None
        else reasons_of(
            score.contributions,
            catalogue=catalogue,
            typical=typical,
            missing=missing,
            rules=policy.reasons,
        ),
        contributions=() if score is None else score.contributions,
        rules=tuple(outcome.record for outcome in (*data, *rules, *gates)),
        score_low=None if score is None else score.low,
        score_high=None if score is None else score.high,
        pd_low=None if score is None else score.pd_low,
        pd_high=None if score is None else score.pd_high,
        readings=readings,
        cash_flow=None if case.limit is None else case.limit.cash_flow,
    )


def _set_aside(outcomes: tuple[RuleOutcome, ...], circumstances: Circumstances) -> tuple[RuleOutcome, ...]:
    """The outcomes, with nothing following from a failed rule that two persons set aside for the borrower."""
    named = {one.rule for one in circumstances.snoozed} & SNOOZABLE
    return tuple(
        replace(
            outcome, effect=Verdict.APPROVE, cause=None, record=msgspec.structs.replace(record, effect=Verdict.APPROVE)
        )
        if (record := outcome.record).id in named and record.result == "fail"
        else outcome
        for outcome in outcomes
    )


def _strictest(outcomes: Iterable[RuleOutcome]) -> Verdict:
    return max((outcome.effect for outcome in outcomes), key=_SEVERITY.__getitem__)


def _not_implied(outcomes: tuple[RuleOutcome, ...], *, is_scored: bool) -> tuple[RuleOutcome, ...]:
    """Without a score, what could not be checked follows from the lack of data, which is a cause already."""
    return tuple(outcome for outcome in outcomes if is_scored or outcome.record.result == "fail")


def _offer(case: DecisionContext) -> Offer | None:
    """What can be offered: the limit, and the price and instalment of as much of the request as it covers.

    Nothing where what is only inferred leaves less than the smallest loan: a person decides on that.
    """
    if case.pd is None or case.limit is None or case.limit.missing:
        return None
    if case.limit.cents < case.product.minimum_cents <= case.limit.observed_cents:
        return None
    grade = _grade_of(case.pd, case.policy.pricing)
    product, terms, limit = case.product, case.terms, case.limit
    return Offer(
        limit_cents=limit.cents,
        requested_cents=terms.amount_cents,
        max_term_months=product.maximum_term_months,
        annual_rate_bps=grade.annual_rate_bps,
        pricing_tier=grade.pricing_tier,
        monthly_instalment_cents=monthly_instalment_cents(
            min(limit.cents, terms.amount_cents),
            grade.annual_rate_bps,
            min(terms.term_months, product.maximum_term_months),
        ),
        binding_constraint=limit.binding,
        constraints=limit.constraints,
    )


def _check_numbers(row: Mapping[str, float | None], score: Score | None) -> None:
    for name, value in row.items():
        if value is not None and not isfinite(value):
            raise InconsistentInputError(f"{name} is not a finite number")
    if score is None:
        return
    if not 0.0 <= score.pd <= 1.0:
        raise InconsistentInputError(f"the probability of default must lie in 0..1, is {score.pd}")
    total = score.base + sum(item.points for item in score.contributions)
    if total != score.score:
        raise InconsistentInputError(f"base and points add up to {total}, but the score is {score.score}")


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
    return tuple(_reason(item, catalogue, typical, missing) for item in chosen)


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


def with_evidence(
    assessment: Assessment, found: Mapping[str, Evidence], behind: Mapping[str, str] = MappingProxyType({})
) -> Assessment:
    """The assessment with the documents behind the values of its reasons and causes.

    Args:
        assessment: without evidence.
        found: evidence by feature; of a pair by its name, or of both of its features.
        behind: the feature behind each rule, as ``rules.features_of`` has it.
    """
    reasons = tuple(
        msgspec.structs.replace(reason, evidence=_evidence_of(reason, found)) for reason in assessment.reasons
    )
    causes = tuple(
        msgspec.structs.replace(cause, evidence=found.get(behind.get(cause.rule, ""), Evidence()))
        for cause in assessment.causes
    )
    return msgspec.structs.replace(assessment, reasons=reasons, causes=causes)


def _evidence_of(reason: Reason, found: Mapping[str, Evidence]) -> Evidence:
    if reason.name in found or reason.second is msgspec.UNSET:
        return found.get(reason.name, Evidence())
    first, second = (found.get(name, Evidence()) for name in (reason.feature, reason.second.feature))
    documents = tuple(dict.fromkeys((*first.documents, *second.documents)))
    twice = len(first.documents) + len(second.documents) - len(documents)
    return Evidence(documents=documents, total=first.total + second.total - twice)


def _reason(
    item: Contribution,
    catalogue: Mapping[str, Feature],
    typical: Mapping[str, float | None],
    missing: Mapping[str, str],
) -> Reason:
    feature = _declared(item.feature, catalogue)
    code = reason_code(feature, item.value, item.points, typical.get(item.feature))
    second: SecondFactor | msgspec.UnsetType = msgspec.UNSET
    if item.second_feature is not None:
        other = _declared(item.second_feature, catalogue)
        code = f"{feature.name.upper()}_WITH_{other.name.upper()}"
        second = SecondFactor(
            feature=other.name,
            value=item.second_value,
            typical=typical.get(other.name),
            unit=other.unit.value,
        )
    return Reason(
        code=code,
        feature=item.feature,
        direction="negative" if item.points < 0 else "positive",
        points=item.points,
        value=item.value,
        typical=typical.get(item.feature),
        unit=feature.unit.value,
        missing=missing.get(item.feature) if item.value is None else None,
        second=second,
    )


def _declared(name: str, catalogue: Mapping[str, Feature]) -> Feature:
    feature = catalogue.get(name)
    if feature is None:
        raise UnknownFeatureError(f"the model scored {name}, which is not in the feature catalogue of this version")
    return feature


def _grade_of(pd: float, pricing: Pricing) -> Grade:
    """The best grade whose bound is not below the probability of default; the last has no bound."""
    return next(grade for grade in pricing.grades if pd <= grade.pd_at_most)
