"""What a firm could change so that it is recommended better, and what would be lent on which terms: facts, no words.

A change is found here from the points table and the rules, and proved elsewhere by a whole decision on changed books or
terms. Knock-outs and doubts about the data are never to be changed: telling how they pass would teach to pass them.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from enum import StrEnum
from itertools import chain
from math import inf, log
from types import MappingProxyType
from typing import Final, TypeAlias

import msgspec

from features.feature import Actionable, Feature
from forecast.facilities import Borrowings
from forecast.largest_instalment import LargestInstalment
from models.points import PointsTable, score_of
from scoring.decisions.consumer_credit import product_of
from scoring.decisions.decision import NATURAL_PERSONS, Assessment, Document, OwnLoans, Terms, Verdict
from scoring.decisions.limits import limit_for
from scoring.decisions.policy import Policy, Product
from scoring.decisions.rules import CAPS, RuleKind, features_of

MOST_CHANGES: Final = 3
MOST_DOCUMENTS: Final = 10
"""That one change names: nobody collects a hundred invoices in a day."""
LONGEST_WAIT_MONTHS: Final = 6
"""The books say too little on what comes later."""
SEVERITY: Final = MappingProxyType({Verdict.APPROVE: 0, Verdict.REFER: 1, Verdict.DECLINE: 2})


class StepKind(StrEnum):
    """What is done; those that are easier for the firm first."""

    TERM = "term"
    """Ask for another term."""
    AMOUNT = "amount"
    """Ask for another amount."""
    COLLECT = "collect"
    """Collect overdue invoices, over an account that the bank delivers."""
    PAY = "pay"
    """Pay overdue bills out of what is on the accounts."""
    LINK_BANK = "link_bank"
    """Let the bank deliver the transactions that were entered or imported."""
    WAIT = "wait"
    """Apply again on a later day, without a new bad sign."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do."""

    kind: StepKind
    documents: tuple[Document, ...] = ()
    """That are collected or paid; their amounts are what is open."""
    amount_cents: int | None = None
    """To be asked for, or the sum that is collected or paid."""
    term_months: int | None = None
    until: date | None = None
    """The day to wait for."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What to do, and what would be decided then."""

    steps: tuple[Step, ...]
    recommendation: Verdict
    verdict: Verdict
    """Where the law asks for a person, the recommendation is better and the verdict still refer."""
    score: float | None
    limit_cents: int | None


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a step would do to the score, whatever that leads to."""

    step: Step
    points: float


class TermsOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An amount and a term that would be approved, and their price."""

    amount_cents: int
    term_months: int
    annual_rate_bps: int
    pricing_tier: str
    monthly_instalment_cents: int
    verdict: Verdict


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    """What would be approved."""

    largest_cents: int | None
    """The largest amount for the term that was asked for; None where there is none."""
    offers: tuple[TermsOffer, ...]


ON_TERMS: Final = frozenset({"AMOUNT_BELOW_PRODUCT", "TERM_TOO_SHORT", "TERM_TOO_LONG", "READINGS_DIFFER"})
"""Caps that follow from what is asked for: no doubts about the firm. Where readings differ, a smaller amount is one
that holds however the books are read."""
BY_LINK: Final = frozenset(
    {
        *("BANK_FEED_SHARE_LOW", "PAID_WITHOUT_INFLOW_HIGH", "BALANCE_LEVEL_UNVERIFIED", "OVERDRAFT_LONG"),
        *("BANK_DATA_OLD", "PAYOUT_ACCOUNT_NEW", "NEW_FACILITIES"),
    }
)
"""Doubts that the bank itself settles, for or against the firm: to link it teaches nobody to pass them."""
_OPTIONAL: Final = frozenset(rule.id for rule in CAPS if rule.is_optional)
_GUARDED: Final = frozenset({RuleKind.MINIMUM_DATA.value, RuleKind.KNOCK_OUT.value, RuleKind.CAP.value})

MOVED: Final[Mapping[StepKind, tuple[str, ...]]] = MappingProxyType(
    {
        StepKind.COLLECT: (
            *("receivables_dso_days_3m", "receivables_countback_dso_days", "receivables_weighted_delay_days_12m"),
            *("receivables_delay_trend_days_12m", "receivables_overdue_share", "receivables_over_60d_share"),
            *("receivables_overdue_1_30d_share", "receivables_cross_aged_share", "receivables_dso_change_days_6m"),
            "liquidity_inflow_outflow_ratio_90d",
        ),
        StepKind.PAY: ("payables_own_delay_days_12m", "payables_overdue_share"),
        StepKind.WAIT: ("payables_reminder_fee_count_12m", "liquidity_returned_debit_count_90d"),
    }
)
"""The features that a step may better, by their names in catalogue 1."""


def doubts(assessment: Assessment) -> frozenset[str]:
    """The knock-outs, doubts and minimum data that stand against a firm, failed or not to be checked."""
    return frozenset(
        rule.id
        for rule in assessment.rules
        if rule.kind in _GUARDED
        and rule.result not in _without_doubt(rule.id)
        and rule.id not in ON_TERMS
        and rule.effect is not Verdict.APPROVE  # it was set aside for the firm
    )


def _without_doubt(rule_id: str) -> tuple[str, ...]:
    """The results of a rule that leave no doubt: of one that the application need not feed also that it was not."""
    return ("pass", "not_applicable") if rule_id in _OPTIONAL else ("pass",)


def is_proved(before: Assessment, after: Assessment, *, is_linked: bool = False) -> bool:
    """Whether a change leads to a better recommendation without silencing a knock-out or doubt.

    Args:
        before: as decided.
        after: the whole decision on what was changed.
        is_linked: whether the bank was linked, which may settle the doubts of ``BY_LINK``.
    """
    silenced = doubts(before) - doubts(after)
    allowed = BY_LINK if is_linked else frozenset[str]()
    return SEVERITY[after.recommendation] < SEVERITY[before.recommendation] and silenced <= allowed


def worth_trying(  # noqa: PLR0913  each is named by its caller
    assessment: Assessment,
    row: Mapping[str, float | None],
    terms: Terms,
    *,
    table: PointsTable,
    policy: Policy,
    catalogue: Mapping[str, Feature],
    borrowings: Borrowings | None = None,
    own_loans: OwnLoans | None = None,
    look: Callable[[], LargestInstalment | None] | None = None,
) -> tuple[StepKind, ...]:
    """The changes of the books that could better the recommendation, by the points table and the limit.

    What cannot earn the missing points even in the best bins of all features that it moves is left out, so that
    nothing is worked out in vain.

    Args:
        assessment: as decided.
        row: every feature.
        terms: what was asked for.
        table: of the model.
        policy: of the decision.
        catalogue: declarations of the features.
        borrowings: what the firm owes elsewhere, where the policy looks at it.
        own_loans: what the lender itself has lent, where the policy looks at it.
        look: tells what cash ahead carries, where the policy looks at it; asked only where it matters.
    """
    is_knocked_out = any(rule.kind == RuleKind.KNOCK_OUT and rule.result == "fail" for rule in assessment.rules)
    if assessment.score is None or assessment.recommendation is Verdict.APPROVE or is_knocked_out:
        return ()
    against = doubts(assessment)
    found = []
    # With a doubt that stays, a person decides at best.
    if not against or assessment.recommendation is Verdict.DECLINE:
        missing_points = _missing_points(assessment, policy.of(terms.product))
        for kind in MOVED:
            to_gain = _to_gain(kind, assessment, table=table, policy=policy, catalogue=catalogue)
            helps_score = missing_points > 0 and to_gain >= missing_points
            if helps_score or (
                kind is StepKind.COLLECT and _is_bound_by_customers(row, terms, policy, borrowings, own_loans, look)
            ):
                found.append(kind)
    if against & BY_LINK and (against <= BY_LINK or assessment.recommendation is Verdict.DECLINE):
        found.append(StepKind.LINK_BANK)
    return tuple(found)


def _missing_points(assessment: Assessment, policy: Policy) -> float:
    """Points up to the nearest better cut-off; at most 0 where the score is no obstacle."""
    failed = {rule.id for rule in assessment.rules if rule.result == "fail"}
    if "PD_TOO_HIGH" in failed:
        bound = policy.cut_offs.decline_above
    elif "PD_NEEDS_REVIEW" in failed:
        bound = policy.cut_offs.approve_at_or_below
    else:
        return 0.0
    return 0.0 if assessment.pd is None else score_at(bound) - score_at(assessment.pd)


def score_at(probability: float) -> float:
    """The score at a probability of default: without bound at 0 and 1."""
    if 0.0 < probability < 1.0:
        return score_of(log(probability / (1.0 - probability)))
    return inf if probability <= 0.0 else -inf


def _to_gain(
    kind: StepKind,
    assessment: Assessment,
    *,
    table: PointsTable,
    policy: Policy,
    catalogue: Mapping[str, Feature],
) -> float:
    """Points between where the features that a step moves are and their best bins."""
    guarded = set(features_of(policy).values())
    names = {name for first in MOVED[kind] for name in (first, f"{first}_v2")} - guarded
    moved = {
        one.feature
        for one in assessment.contributions
        if one.second_feature is None
        and one.feature in names
        and one.value is not None
        and catalogue[one.feature].actionable is not Actionable.NEVER
    }
    best = {feature.name: max(feature.points) for feature in table.features} | {
        pair.name: max(pair.cells) for pair in table.pairs
    }
    return sum(
        best[one.name] - one.points
        for one in assessment.contributions
        if one.feature in moved or one.second_feature in moved
    )


def _is_bound_by_customers(
    row: Mapping[str, float | None],
    terms: Terms,
    policy: Policy,
    borrowings: Borrowings | None,
    own_loans: OwnLoans | None,
    look: Callable[[], LargestInstalment | None] | None,
) -> bool:
    """Whether the limit is too low, and what binds it rises with what overdue customers pay.

    Overdue invoices take eligible receivables away, and are missing in cash.
    """
    product = product_of(terms, policy)
    limit = limit_for(
        row,
        product,
        terms.term_months,
        policy,
        is_person=terms.legal_form in NATURAL_PERSONS,
        borrowings=borrowings,
        own_loans=own_loans,
        largest_instalment=None if look is None else look(),
    )
    is_by_customers = limit.binding in {"receivables", "cash_ahead"}
    return is_by_customers and limit.cents < max(terms.amount_cents, product.minimum_cents)


Passes: TypeAlias = Callable[[int, int], bool]
"""Whether an amount in cents and a term in months lead to the recommendation that is wanted, by a whole decision."""


def largest_amount(product: Product, step_cents: int, term_months: int, *, passes: Passes) -> int | None:
    """The largest amount in steps of the policy that passes for a term; None where none does.

    What passes for an amount passes for every smaller one down to the least of the product: so the steps are halved.
    """
    lowest, highest = -(-product.minimum_cents // step_cents), product.maximum_cents // step_cents
    if lowest > highest or not passes(lowest * step_cents, term_months):
        return None
    while lowest < highest:
        middle = (lowest + highest + 1) // 2
        lowest, highest = (middle, highest) if passes(middle * step_cents, term_months) else (lowest, middle - 1)
    return lowest * step_cents


def nearest_term(product: Product, amount_cents: int, asked_months: int, *, passes: Passes) -> int | None:
    """The shortest term from the one that was asked for on with which the amount passes; None where none does.

    A longer term carries a larger amount. So the terms are halved.
    """
    lowest, highest = within(product, asked_months), product.maximum_term_months
    if not passes(amount_cents, highest):
        return None
    while lowest < highest:
        middle = (lowest + highest) // 2
        lowest, highest = (lowest, middle) if passes(amount_cents, middle) else (middle + 1, highest)
    return lowest


def within(product: Product, term_months: int) -> int:
    """The term of the product that is nearest to one."""
    return min(max(term_months, product.minimum_term_months), product.maximum_term_months)


def terms_that_pass(product: Product, terms: Terms, step_cents: int, *, passes: Passes) -> tuple[tuple[int, int], ...]:
    """Amounts and terms near to what was asked for that pass: another term, another amount, else both.

    Args:
        product: what is asked for.
        terms: as they were asked for; they do not pass.
        step_cents: of the policy.
        passes: see ``Passes``.
    """
    found = []
    term = nearest_term(product, terms.amount_cents, terms.term_months, passes=passes)
    if term is not None:
        found.append((terms.amount_cents, term))
    amount = nearest_amount(product, terms.amount_cents, step_cents, terms.term_months, passes=passes)
    if amount is not None:
        found.append((amount, terms.term_months))
    if not found:
        longest = product.maximum_term_months
        amount = nearest_amount(product, terms.amount_cents, step_cents, longest, passes=passes)
        if amount is not None:
            found.append((amount, nearest_term(product, amount, terms.term_months, passes=passes) or longest))
    return tuple(found)


def nearest_amount(
    product: Product, asked_cents: int, step_cents: int, term_months: int, *, passes: Passes
) -> int | None:
    """The largest amount that passes and is not above what was asked for, unless the product lends no less."""
    largest = largest_amount(product, step_cents, term_months, passes=passes)
    return None if largest is None else min(largest, max(asked_cents, product.minimum_cents))


def smallest(items: tuple[int, ...], *, passes: Callable[[tuple[int, ...]], bool]) -> tuple[int, ...] | None:
    """The fewest of these, from the front, that pass, of which none can be left out; None where all do not pass."""
    if not items or not passes(items):
        return None
    lowest, highest = 1, len(items)
    while lowest < highest:
        middle = (lowest + highest) // 2
        lowest, highest = (lowest, middle) if passes(items[:middle]) else (middle + 1, highest)
    kept = items[:lowest]
    for item in items[: lowest - 1]:
        fewer = tuple(other for other in kept if other != item)
        if passes(fewer):
            kept = fewer
    return kept


def chosen(found: Collection[Change]) -> tuple[Change, ...]:
    """At most three: those that lead furthest; of these the ones with fewest steps, and the easier ones first."""
    if not found:
        return ()
    best = min(SEVERITY[one.recommendation] for one in found)
    order = list(StepKind)

    def effort(change: Change) -> tuple[int, list[int]]:
        return len(change.steps), sorted(order.index(step.kind) for step in change.steps)

    kept = sorted((one for one in found if SEVERITY[one.recommendation] == best), key=effort)
    # Where one step does it, several that contain it say nothing more.
    alone = set(chain.from_iterable((step.kind for step in one.steps) for one in kept if len(one.steps) == 1))
    return tuple(one for one in kept if len(one.steps) == 1 or alone.isdisjoint(s.kind for s in one.steps))[
        :MOST_CHANGES
    ]
