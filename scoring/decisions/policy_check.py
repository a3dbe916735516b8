"""What a policy file says without meaning it: rules that never fire, firms without a price, bounds out of order.

``load_policy`` refuses a file whose keys, types or ranges are wrong. This looks at what the values mean together,
before anything is decided with them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor, inf, isinf
from types import MappingProxyType
from typing import Final

import msgspec

from features.feature import Feature, Unit
from scoring.decisions.decide import RECOMMENDATION_RULES
from scoring.decisions.decision import Verdict
from scoring.decisions.policy import Policy
from scoring.decisions.rules import (
    MINIMUM_DATA,
    OVERDRAFT_DAYS,
    Bound,
    DecisionContext,
    Rule,
    RuleKind,
    in_force,
)

KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "TOO_FEW_INVOICES": "minimum_data.invoices_at_least",
        "TOO_LITTLE_HISTORY": "minimum_data.history_months_at_least",
        "TOO_MUCH_MISSING": "minimum_data.missing_share_at_most",
        "GARNISHMENT": "knock_outs.garnishments_at_most",
        "REVENUE_TOO_LOW": "knock_outs.revenue_cents_at_least",
        "OVERDRAFT_PERMANENT": "knock_outs.overdraft_days_at_most",
        "PD_TOO_HIGH": "cut_offs.decline_above",
        "PD_NEEDS_REVIEW": "cut_offs.approve_at_or_below",
        "BANK_FEED_SHARE_LOW": "caps.bank_feed_share_at_least",
        "PAID_WITHOUT_INFLOW_HIGH": "caps.paid_without_inflow_share_at_most",
        "SALES_WITHOUT_INFLOW": "caps.sales_inflow_ratio_at_most",
        "DUE_DATES_ASSUMED": "caps.assumed_due_share_at_most",
        "SALES_BURST": "caps.sales_burst_score_at_most",
        "BOOKS_IDLE": "caps.idle_days_at_most",
        "OVERDRAFT_LONG": "caps.overdraft_days_at_most",
        "GARNISHMENT_SUSPECTED": "caps.garnishments_suspected_at_most",
        "INSOLVENCY_SIGN": "caps.insolvency_signs_at_most",
        "LOSSES_HIGH": "caps.loss_share_at_most",
        "BILLS_STRETCHED": "caps.stretched_months_at_most",
        "SALES_RECORDED_LATE": "caps.backdated_share_at_most",
        "PAYERS_SHARED": "caps.shared_payer_share_at_most",
        "CUSTOMER_DOMINANT": "caps.customer_share_at_most",
        "MONEY_GOES_ROUND": "caps.round_trip_share_at_most",
        "VAT_NOT_PAID": "caps.vat_shortfall_share_at_most",
        "BANK_DATA_OLD": "caps.bank_data_age_days_at_most",
        "PAYOUT_ACCOUNT_NEW": "caps.payout_fed_days_at_least",
        "SET_ASIDE_MANY": "caps.set_aside_share_at_most",
        "SET_ASIDE_AMOUNT": "caps.set_aside_amount_share_at_most",
        "NEW_FACILITIES": "caps.new_facilities_at_most",
        "GRACE_UNKNOWN": "caps.grace_unknown_at_most",
        "CASH_NOT_EARNED": "caps.unspent_share_at_most",
    }
)
"""The key of each rule whose threshold the policy sets."""

_PRECISION: Final = {Unit.SHARE: 4, Unit.RATIO: 4, Unit.SCORE: 2}
"""Decimals of values that are no features; all others are whole numbers."""
_PD: Final = frozenset({"PD_TOO_HIGH", "PD_NEEDS_REVIEW"})
_FLOOR: Final = frozenset({RuleKind.MINIMUM_DATA, RuleKind.KNOCK_OUT, RuleKind.CAP})
"""Kinds of rules in which no lender may be milder than the policy for all."""
_IN_PLACE: Final = {"OVERDRAFT_LONG": "OVERDRAFT_PERMANENT", "CONSUMER_CREDIT": "CONSUMER_CREDIT_REFUSED"}
"""A stricter rule on the same value, which may stand in place of a milder one."""
_DAYS_OF_MONTH: Final = 31
_YEAR_DAYS: Final = 366


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a policy says and cannot mean."""

    key: str
    """Where, as the file has it."""
    is_error: bool
    """It must not be in force; else somebody should look at it."""
    text: str
    """What is wrong, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstFailure:
    """The value nearest to the threshold with which a rule fails."""

    rule: Rule[DecisionContext]
    threshold: float
    value: float | None
    """None where no value fails: the rule never fires."""
    is_always: bool
    """No value passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """An interval of the probability of default in which grade, price and verdict are the same."""

    above: float
    """Exclusive; the first begins with 0 itself."""
    up_to: float
    grade: str
    annual_rate_bps: int
    verdict: Verdict
    """As far as the probability of default decides."""


def check_policy(policy: Policy, catalogue: Mapping[str, Feature], *, history_months: int) -> tuple[Finding, ...]:
    """Everything that the policy cannot mean, in the order of the file.

    Args:
        policy: with keys, types and ranges as ``load_policy`` demands.
        catalogue: declarations of all features, by name.
        history_months: that are fetched for it, see ``features.derive.fetch_plan``; nothing older is ever seen.
    """
    of_all = (*_thresholds(policy, catalogue, history_months), *_strictness(policy), *_cut_offs(policy))
    found = (*_products(policy), *_required(policy, catalogue), *of_all, *_prices(policy))
    return (*found, *_of_products(policy, catalogue, history_months, {one.text for one in of_all}))


def own_rules(policy: Policy) -> Iterator[tuple[str, Policy]]:
    """Each product with thresholds of its own, and the policy with them."""
    for name, product in policy.products.items():
        if product.rules is not None:
            yield name, policy.of(name)


def _of_products(
    policy: Policy, catalogue: Mapping[str, Feature], history_months: int, known: set[str]
) -> Iterator[Finding]:
    """What a policy with the thresholds of one product cannot mean, beside what it cannot mean anyway."""
    for name, own in own_rules(policy):
        for one in (*_thresholds(own, catalogue, history_months), *_strictness(own), *_cut_offs(own)):
            if one.text not in known:
                key = f"products.{name}.rules.{one.key}"
                yield msgspec.structs.replace(one, key=key, text=f"products.{name}.rules: {one.text}")


def looser_than(policy: Policy, base: Policy) -> tuple[str, ...]:
    """Where a lender's own policy would let pass what the policy for all does not, in sentences.

    Minimum data, knock-outs and caps keep false books and hopeless firms out, for every lender. Cut-offs, products,
    prices and the legal basis are the lender's own.

    Args:
        policy: of one lender.
        base: in force for all.
    """
    found = list(_looser(policy, base))
    for name in policy.products:
        own, asked = policy.of(name), base.of(name)
        if own is not policy or asked is not base:
            found += [f"{name}: {said}" for said in _looser(own, asked) if said not in found]
    if policy.catalogue < base.catalogue:
        found.append(f"catalogue = {policy.catalogue} is older than {base.catalogue} of the policy for all.")
    absent = sorted(set(base.minimum_data.required_features) - set(policy.minimum_data.required_features))
    if absent:
        found.append(f"minimum_data.required_features lacks {', '.join(absent)} of the policy for all.")
    if policy.currency != base.currency:
        found.append(f"currency = {policy.currency} is not {base.currency} of the policy for all.")
    return tuple(found)


def _looser(policy: Policy, base: Policy) -> Iterator[str]:
    rules: tuple[Rule[DecisionContext], ...] = (*MINIMUM_DATA, *RECOMMENDATION_RULES)
    floor = [rule for rule in in_force(rules, base) if rule.kind in _FLOOR and rule.setting is not None]
    own = {rule.id: rule for rule in in_force(rules, policy)}
    for rule in floor:
        key = KEYS.get(rule.id, f"the setting of {rule.id}")
        asked = _setting(rule, base)
        here = own.get(rule.id) or own.get(_IN_PLACE.get(rule.id, ""))
        if here is None:
            yield f"{key} is left out, and the policy for all has {rule.id}."
        elif rule.bound is not Bound.IS:
            mine = _setting(here, policy)
            if mine > asked if rule.bound is Bound.AT_MOST else mine < asked:
                yield f"{key} = {_plain(mine)} is milder than {_plain(asked)} of the policy for all."


def bands_of(policy: Policy) -> tuple[Band, ...]:
    """The whole range of the probability of default, cut where grade or verdict changes: without a gap or an overlap.

    The last grade ends with 1 and the bounds rise, which ``load_policy`` made sure of.
    """
    cuts = policy.cut_offs
    bounds = {grade.pd_at_most for grade in policy.pricing.grades}
    edges = sorted({0.0, *bounds, cuts.approve_at_or_below, cuts.decline_above})
    found = []
    for above, up_to in pairwise(edges):
        grade = next(grade for grade in policy.pricing.grades if up_to <= grade.pd_at_most)
        verdict = Verdict.APPROVE if up_to <= cuts.approve_at_or_below else Verdict.REFER
        verdict = Verdict.DECLINE if up_to > cuts.decline_above else verdict
        found.append(
            Band(
                above=above,
                up_to=up_to,
                grade=grade.name,
                annual_rate_bps=grade.annual_rate_bps,
                verdict=verdict,
            )
        )
    return tuple(found)


def first_failures(
    policy: Policy, catalogue: Mapping[str, Feature], *, history_months: int
) -> tuple[FirstFailure, ...]:
    """For each rule whose threshold the policy sets, the first value beyond it.

    Args:
        policy: as for ``check_policy``.
        catalogue: as there.
        history_months: as there.
    """
    rules: tuple[Rule[DecisionContext], ...] = (*MINIMUM_DATA, *RECOMMENDATION_RULES)
    return tuple(
        _first_failure(rule, policy, catalogue, history_months) for rule in in_force(rules, policy) if rule.id in KEYS
    )


def _first_failure(
    rule: Rule[DecisionContext], policy: Policy, catalogue: Mapping[str, Feature], history_months: int
) -> FirstFailure:
    threshold = _setting(rule, policy)
    lowest, highest = _range_of(rule, history_months)
    if rule.id in _PD:  # any number between 0 and 1, neither of them itself
        value = None if threshold >= 1.0 else threshold
        return FirstFailure(rule=rule, threshold=threshold, value=value, is_always=threshold <= 0.0)
    step = Fraction(1, 10 ** _precision(rule, policy, catalogue))
    exact = Fraction(repr(threshold))
    beyond: Fraction
    if rule.bound is Bound.AT_MOST:
        beyond = (floor(exact / step) + 1) * step
        is_possible, is_always = beyond <= highest, lowest > exact
    else:
        beyond = (ceil(exact / step) - 1) * step
        is_possible, is_always = beyond >= lowest, highest < exact
    return FirstFailure(
        rule=rule, threshold=threshold, value=float(beyond) if is_possible else None, is_always=is_always
    )


def _setting(rule: Rule[DecisionContext], policy: Policy) -> float:
    setting = None if rule.setting is None else rule.setting(policy)
    if setting is None:
        raise LookupError(f"policy {policy.version} does not set the threshold of {rule.id}")
    return float(setting)


def _range_of(rule: Rule[DecisionContext], history_months: int) -> tuple[float, float]:
    """The lowest and the highest value that the rule can meet."""
    if rule.feature == OVERDRAFT_DAYS:
        return 0.0, 90.0
    if rule.id == "PAYOUT_ACCOUNT_NEW":
        return 0.0, float(_DAYS_OF_MONTH * (history_months + 1))
    match rule.unit:
        case Unit.SHARE if rule.id != "SET_ASIDE_AMOUNT":
            return 0.0, 1.0
        case Unit.MONTHS:
            return 0.0, float(history_months)
        case Unit.CENTS | Unit.SCORE:
            return -inf, inf
        case _:
            return 0.0, inf


def _precision(rule: Rule[DecisionContext], policy: Policy, catalogue: Mapping[str, Feature]) -> int:
    if rule.feature is not None:
        return catalogue[policy.feature(rule.feature)].precision
    return 0 if rule.unit is None else _PRECISION.get(rule.unit, 0)


def _thresholds(policy: Policy, catalogue: Mapping[str, Feature], history_months: int) -> Iterator[Finding]:
    """Rules that no value can fail, or that all do."""
    for found in first_failures(policy, catalogue, history_months=history_months):
        rule, key = found.rule, KEYS[found.rule.id]
        said = f"{key} = {_plain(found.threshold)}"
        if found.value is None:
            side = "above" if rule.bound is Bound.AT_MOST else "below"
            yield Finding(key=key, is_error=True, text=f"{said}: no value is {side} it, so {rule.id} never fires.")
        elif found.is_always:
            _, highest = _range_of(rule, history_months)
            seen = "" if isinf(highest) else f" The highest value that can be seen is {_plain(highest)}."
            yield Finding(key=key, is_error=True, text=f"{said}: every firm fails {rule.id}.{seen}")
        elif rule.unit is Unit.DAYS and found.threshold > _YEAR_DAYS:
            yield Finding(key=key, is_error=False, text=f"{said}: {rule.id} fires after more than a year only.")
    if policy.minimum_data.invoices_at_least == 1:
        yield Finding(
            key=KEYS["TOO_FEW_INVOICES"],
            is_error=False,
            text="minimum_data.invoices_at_least = 1: NO_INVOICES says the same, so TOO_FEW_INVOICES adds nothing.",
        )


def _strictness(policy: Policy) -> Iterator[Finding]:
    """Of two rules on one feature, the milder one must come first, or it never decides."""
    rules = [rule for rule in in_force(RECOMMENDATION_RULES, policy) if rule.feature is not None and rule.id in KEYS]
    for hard in (rule for rule in rules if rule.kind is RuleKind.KNOCK_OUT):
        for soft in (rule for rule in rules if rule.kind is not RuleKind.KNOCK_OUT and rule.feature == hard.feature):
            bound, first = _setting(hard, policy), _setting(soft, policy)
            is_before = first < bound if hard.bound is Bound.AT_MOST else first > bound
            if not is_before:
                yield Finding(
                    key=KEYS[soft.id],
                    is_error=True,
                    text=(
                        f"{KEYS[soft.id]} = {_plain(first)}: {hard.id} declines from {KEYS[hard.id]} ="
                        f" {_plain(bound)} on already, so {soft.id} never sends anybody to a person."
                    ),
                )


def _cut_offs(policy: Policy) -> Iterator[Finding]:
    cuts, grades = policy.cut_offs, policy.pricing.grades
    if cuts.approve_at_or_below == cuts.decline_above:
        yield Finding(
            key="cut_offs",
            is_error=False,
            text=(
                f"cut_offs: approve_at_or_below and decline_above are both {_plain(cuts.decline_above)}: no person"
                " decides between them, and PD_NEEDS_REVIEW never fires."
            ),
        )
    bounds = {0.0, *(grade.pd_at_most for grade in grades)}
    for name, value in (("approve_at_or_below", cuts.approve_at_or_below), ("decline_above", cuts.decline_above)):
        if value not in bounds:
            grade = next(grade for grade in grades if value <= grade.pd_at_most)
            yield Finding(
                key=f"cut_offs.{name}",
                is_error=False,
                text=(
                    f"cut_offs.{name} = {_plain(value)} lies inside grade {grade.name}: firms of one grade and one"
                    " price get different verdicts. Move the grade's bound or the cut-off."
                ),
            )


def _prices(policy: Policy) -> Iterator[Finding]:
    grades = policy.pricing.grades
    tiers: dict[str, int] = {}
    for grade in grades:
        key = f"pricing.grades.{grade.name}"
        if grade.pd_at_most <= 0.0:
            yield Finding(key=key, is_error=True, text=f"{key}: pd_at_most = 0, and no firm has a probability of 0.")
        if grade.annual_rate_bps == 0:
            yield Finding(key=key, is_error=True, text=f"{key}: annual_rate_bps = 0, so the grade has no price.")
        rate = tiers.setdefault(grade.pricing_tier, grade.annual_rate_bps)
        if rate != grade.annual_rate_bps:
            yield Finding(
                key=key,
                is_error=True,
                text=f"{key}: tier {grade.pricing_tier} has two prices, {rate} and {grade.annual_rate_bps} bps.",
            )
    highest = max(grade.annual_rate_bps for grade in grades)
    if policy.pricing.highest_annual_rate_bps > highest:
        yield Finding(
            key="pricing.highest_annual_rate_bps",
            is_error=False,
            text=(
                f"pricing.highest_annual_rate_bps = {policy.pricing.highest_annual_rate_bps}: no grade pays more than"
                f" {highest} bps, and limits are computed with the higher one."
            ),
        )


def _products(policy: Policy) -> Iterator[Finding]:
    step = policy.limits.step_cents
    for name, product in policy.products.items():
        key = f"products.{name}"
        if product.maximum_cents // step * step < product.minimum_cents:
            yield Finding(
                key=key,
                is_error=True,
                text=(
                    f"{key}: limits are rounded down to {_euro(step)}, so none reaches minimum_cents"
                    f" ({_euro(product.minimum_cents)}): every application is declined."
                ),
            )
        revenue = policy.knock_outs.revenue_cents_at_least
        needed = ceil(Fraction(product.minimum_cents * 12) / Fraction(repr(product.revenue_months)))
        if needed > revenue:
            yield Finding(
                key=f"{key}.revenue_months",
                is_error=False,
                text=(
                    f"{key}: a firm with revenue from {_euro(revenue)} to {_euro(needed)} passes REVENUE_TOO_LOW, and"
                    f" its limit never reaches minimum_cents ({_euro(product.minimum_cents)}): it is always declined."
                ),
            )


def _required(policy: Policy, catalogue: Mapping[str, Feature]) -> Iterator[Finding]:
    key = "minimum_data.required_features"
    for name in policy.minimum_data.required_features:
        if name not in catalogue:
            yield Finding(key=key, is_error=True, text=f"{key}: there is no feature {name}.")
        elif not policy.reads(name):
            yield Finding(
                key=key,
                is_error=False,
                text=f"{key}: {name} is not of catalogue {policy.catalogue}, which all other rules read.",
            )
    if not policy.minimum_data.required_features:
        yield Finding(key=key, is_error=False, text=f"{key} is empty: REQUIRED_VALUES_MISSING never fires.")


def _plain(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:g}"


def _euro(cents: int) -> str:
    return f"{cents / 100:,.2f} euro"
