"""Loans that start a business: natural persons are protected as consumers up to an amount (§ 513 BGB)."""

from collections.abc import Iterable
from typing import Final

import msgspec

from scoring.decisions.decision import NATURAL_PERSONS, RuleResult, Terms
from scoring.decisions.policy import ConsumerCredit, Policy, Product, StartUps

REFUSED: Final = "CONSUMER_CREDIT_REFUSED"
MARKED: Final = "CONSUMER_CREDIT"
"""The rules on it; of a decision one of them is in force, or none."""
CONDITION: Final = "consumer_credit"
"""Before pay-out: information before the contract, and the right of withdrawal."""


def protection_of(terms: Terms, policy: Policy) -> ConsumerCredit | None:
    """What the policy says of consumer credit, where the applicant starts a business and is a natural person."""
    is_protected = terms.starts_business is True and terms.legal_form in NATURAL_PERSONS
    return policy.consumer_credit if is_protected else None


def is_refused(terms: Terms, policy: Policy) -> bool:
    """Whether an application is for consumer credit, which the policy does not give."""
    protection = protection_of(terms, policy)
    if protection is None or protection.start_ups is not StartUps.REFUSE:
        return False
    return min(terms.amount_cents, policy.products[terms.product].maximum_cents) <= protection.up_to_cents


def product_of(terms: Terms, policy: Policy) -> Product:
    """The product that is asked for, without the amounts that would be consumer credit the policy does not give.

    The application must not be refused.
    """
    product, protection = policy.products[terms.product], protection_of(terms, policy)
    if protection is None or protection.start_ups is not StartUps.REFUSE:
        return product
    return msgspec.structs.replace(product, minimum_cents=max(product.minimum_cents, protection.up_to_cents + 1))


def least_of(rules: Iterable[RuleResult], rule_id: str) -> int | None:
    """From which amount in cents on a loan is no consumer credit; None where this rule did not apply to the decision.

    Args:
        rules: of the decision.
        rule_id: ``REFUSED`` or ``MARKED``.
    """
    for rule in rules:
        if rule.id == rule_id and rule.result != "not_applicable" and isinstance(rule.threshold, float):
            return int(rule.threshold)
    return None
