"""The policy as a page for people, written from the policy, its rules and their texts."""

from collections.abc import Iterator
from typing import Final

from features.feature import Unit
from scoring.decisions.decision import Verdict
from scoring.decisions.policy import BankData, ConsumerCredit, LegalBasis, Policy, Product, StartUps
from scoring.decisions.rules import (
    CAPS,
    CUT_OFFS,
    GATES,
    KNOCK_OUTS,
    LIMITS,
    MINIMUM_DATA,
    Bound,
    DecisionContext,
    Rule,
    RuleKind,
    in_force,
    threshold_of,
)
from scoring.texts.catalogue import RuleTexts, newest
from scoring.texts.rendering import format_value, state_word

_SECTIONS: Final[tuple[tuple[str, str, tuple[Rule[DecisionContext], ...]], ...]] = (
    ("Minimum data for a score", "If any of these is not met, there is no score, and a person decides.", MINIMUM_DATA),
    (
        "Knock-outs",
        "A failure is a decline, regardless of the score. One that cannot be checked leads to a person.",
        KNOCK_OUTS,
    ),
    ("Cut-offs", "Bounds on the probability of default; between them a person decides.", CUT_OFFS),
    (
        "Maximum loan amount",
        "Compared with the product's minimum and the amount requested.",
        LIMITS,
    ),
    ("Caps", "A failure, or a value that cannot be determined, leads to a person at best.", CAPS),
    ("Gates", "These act on the verdict alone; the recommendation stays what it is.", GATES),
)


_BOUND_WORDS: Final = {Bound.AT_MOST: "at most", Bound.AT_LEAST: "at least"}


def render_policy_document(policy: Policy) -> str:
    """The whole policy as a Markdown page in English, ending with a newline."""
    return "\n".join(_lines(policy)) + "\n"


def _lines(policy: Policy) -> Iterator[str]:
    yield f"# Credit policy, version {policy.version}"
    yield ""
    yield (
        f"Written from the policy file; do not edit. In force from {policy.effective_on.isoformat()}, amounts in "
        f"{policy.currency}, a decision is valid for {policy.validity_days} days."
    )
    yield ""
    yield (
        "The **recommendation** is the strictest of all rules: approve, refer, decline. The **verdict**, what may be "
        "acted on without a person, is the recommendation, or refer where a gate asks for a person."
    )
    for heading, explanation, rules in _SECTIONS:
        yield from _section(heading, explanation, rules, policy)
    yield from _products(policy)
    yield from _own_rules(policy)
    yield from _limit(policy)
    yield from _grades(policy)
    yield from _persons_and_reasons(policy)


def _section(heading: str, explanation: str, rules: tuple[Rule[DecisionContext], ...], policy: Policy) -> Iterator[str]:
    yield from ("", f"## {heading}", "", explanation, "", "| Code | What is looked at | Needed | Failure | Value |")
    yield "|--|--|--|--|--|"
    for rule in in_force(rules, policy):
        feature = f"`{policy.feature(rule.feature)}`" if rule.feature else ""
        texts = newest().rules[rule.id]
        yield f"| `{rule.id}` | {texts.subject.en} | {needed(rule, policy)} | {_failure(rule)} | {feature} |"
    if rules is MINIMUM_DATA:
        names = ", ".join(f"`{name}`" for name in policy.minimum_data.required_features)
        yield from ("", f"Indispensable: {names or 'none'}.")


def needed(rule: Rule[DecisionContext], policy: Policy) -> str:
    """What a rule needs, in words, as far as the policy alone says it."""
    texts: RuleTexts = newest().rules[rule.id]
    if isinstance(rule.threshold, str):
        return state_word(rule.threshold, texts).en
    if texts.needed is not None:
        return texts.needed.en
    if rule.setting is None:
        return "set by the application"
    threshold = format_value(threshold_of(rule.setting, policy), rule.unit or Unit.COUNT).en
    return f"{_BOUND_WORDS[rule.bound]} {threshold}"


def _failure(rule: Rule[DecisionContext]) -> str:
    match rule.kind:
        case RuleKind.MINIMUM_DATA:
            return "no score, refer"
        case RuleKind.GATE:
            return "verdict refer"
        case _:
            return "decline" if rule.effect is Verdict.DECLINE else "refer at best"


def _products(policy: Policy) -> Iterator[str]:
    yield from (
        "",
        "## Products",
        "",
        "| Product | Amount | Term | Revenue bound | Receivables bound |",
        "|--|--|--|--|--|",
    )
    for name, product in policy.products.items():
        receivables = (
            "none"
            if product.receivables_share is None
            else f"{format_value(product.receivables_share, Unit.SHARE).en} of eligible receivables"
        )
        yield (
            f"| `{name}` | {_amounts(product)} | {product.minimum_term_months} to {product.maximum_term_months} months "
            f"| {format_value(product.revenue_months, Unit.RATIO).en} average monthly net revenues | {receivables} |"
        )


def _own_rules(policy: Policy) -> Iterator[str]:
    """Thresholds that a product has in place of those above."""
    for name, product in policy.products.items():
        if product.rules is None:
            continue
        yield from ("", f"For `{name}` alone:", "", "| Code | Needed |", "|--|--|")
        own = policy.of(name)
        rules: tuple[Rule[DecisionContext], ...] = (*KNOCK_OUTS, *CUT_OFFS, *CAPS)
        for rule in in_force(rules, policy):
            if rule.setting is not None and needed(rule, own) != needed(rule, policy):
                yield f"| `{rule.id}` | {needed(rule, own)} |"


def _amounts(product: Product) -> str:
    smallest = format_value(float(product.minimum_cents), Unit.CENTS).en
    return f"{smallest} to {format_value(float(product.maximum_cents), Unit.CENTS).en}"


def _limit(policy: Policy) -> Iterator[str]:
    cover = format_value(policy.limits.cover_ratio, Unit.RATIO).en
    step = format_value(float(policy.limits.step_cents), Unit.CENTS).en
    highest = _rate(policy.pricing.highest_annual_rate_bps)
    shortest = "at least the product's shortest and " if policy.limits.looks_ahead else ""
    yield ""
    yield (
        "The maximum loan amount is the smallest of the product's maximum, the revenue bound, the receivables bound "
        f"and the cash-flow bound, rounded down to {step}. Cash flow: the largest loan over the term requested "
        f"({shortest}at most the product's longest) whose instalment at {highest} a year, together with the existing "
        f"debt service, is covered {cover} times by the operating surplus of the last 12 months. Instalments are "
        "annuities, paid monthly in arrears, rounded up to the cent. At or above the product's minimum but below the "
        "amount requested, a person decides, and the offer is the maximum loan amount."
    )
    if policy.follows_season:
        yield from (
            "",
            (
                "The operating surplus is smoothed: the mean of three periods of twelve months; the last one ends with "
                "the last full month, each other one a month earlier. Grants and insurance benefits are not part of "
                "it, nor is what is called a transfer, unless more went out than came in. It declines nobody whom the "
                "surplus of the last 12 months would be enough for with every doubt in favour of the firm: with these, "
                "and with money in that the bank did not deliver."
            ),
        )
    if policy.limits.looks_ahead:
        yield from (
            "",
            (
                "Existing debt service is the higher of that of the last 12 months and of the dearest 12 months that "
                "are expected within the term requested, with grace periods that end and balloons that fall due."
            ),
        )
    at_most, days = policy.limits.gap_probability_at_most, policy.limits.gap_days
    if at_most is not None and days is not None:
        yield from (
            "",
            (
                "A further bound is cash ahead: the largest loan over the term requested at the same rate with whose "
                f"instalments no day of the next {days} ends below zero with a probability of more than "
                f"{format_value(at_most, Unit.SHARE).en}, all accounts together. It applies where the bank confirms "
                "the level of all accounts and a forecast is possible. What others than customers paid in within 90 "
                "days, and what is still there, does not count. Below the product's minimum there is no offer, and a "
                "person decides."
            ),
        )
    if policy.limits.payers_must_be_known:
        yield from (
            "",
            (
                "The receivables bound is on known payers: documents that were recorded near their day, of each "
                "customer as much as that customer paid through the bank in two years, and a quarter of the sum for "
                "new ones. What this takes away declines nobody: a person decides."
            ),
        )
    if policy.limits.deducts_vat_shortfall:
        yield from (
            "",
            "Value added tax that was due by the documents of twelve months and not paid is deducted from the surplus.",
        )
    if policy.limits.drawings_cents_at_least is not None:
        floor = format_value(float(policy.limits.drawings_cents_at_least), Unit.CENTS).en
        yield from (
            "",
            (
                f"The owner of a firm that counts as a natural person needs {floor} a month. Where less was drawn, the "
                "difference is deducted from the surplus"
                + (
                    "."
                    if policy.limits.gap_probability_at_most is None
                    else ", and from what cash ahead carries a month."
                )
            ),
        )


def _grades(policy: Policy) -> Iterator[str]:
    yield from (
        "",
        "## Grades and prices",
        "",
        "| Grade | Probability of default | Tier | Annual rate |",
        "|--|--|--|--|",
    )
    for grade in policy.pricing.grades:
        bound = format_value(grade.pd_at_most, Unit.SHARE).en
        yield f"| {grade.name} | at most {bound} | {grade.pricing_tier} | {_rate(grade.annual_rate_bps)} |"


def _persons_and_reasons(policy: Policy) -> Iterator[str]:
    basis = policy.natural_persons.legal_basis
    yield from ("", "## Natural persons", "")
    yield (
        "No legal basis for fully automated decisions is configured: a person decides on every natural person."
        if basis is LegalBasis.NONE
        else f"Fully automated decisions on natural persons rest on: {basis.value.replace('_', ' ')}."
    )
    yield "Sole traders, freelancers, e.K., GbR, OHG and unknown legal forms count as natural persons."
    if policy.natural_persons.bank_data is BankData.LEAVE_OUT:
        yield (
            "Their bank data is not read: neither accounts, lines and levels nor the payment log. Payments are what "
            "the documents say of themselves, and a model that reads bank data gives no score."
        )
    if policy.natural_persons.model is not None:
        named = policy.natural_persons.model
        yield f"The model {named.name} {named.version} scores them (SHA-256 of its manifest: {named.manifest_sha256})."
    if policy.consumer_credit is not None:
        yield from _consumer_credit(policy.consumer_credit)
    reasons = policy.reasons
    yield from ("", "## Reasons", "")
    yield (
        f"At most {reasons.negative_at_most} factors that cost and {reasons.positive_at_most} that earn points are "
        f"named as reasons, each of at least {format_value(reasons.points_at_least, Unit.SCORE).en} points. All "
        "contributions are part of the decision."
    )


def _consumer_credit(credit: ConsumerCredit) -> Iterator[str]:
    up_to = format_value(float(credit.up_to_cents), Unit.CENTS).en
    yield ""
    yield (
        f"A loan of up to {up_to} with which a natural person starts a business is consumer credit. "
        + (
            "The application is refused before any book is read."
            if credit.start_ups is StartUps.REFUSE
            else "A person decides, and the duties of consumer credit are a condition before pay-out."
        )
    )


def _rate(basis_points: int) -> str:
    return format_value(basis_points / 10_000, Unit.SHARE, decimals=2).en
