"""The bounds of policy version 3 that version 2 sets otherwise or not at all."""

import msgspec
import pytest
from decision_cases import POLICY, POLICY_FILE, assess, codes, rule

from scoring.decisions.decision import Verdict
from scoring.decisions.policy import load_policy

BOUNDS = ("sales_burst_score_at_most", "customer_share_at_most", "round_trip_share_at_most")
CAPS = load_policy(POLICY_FILE.with_name("v3.toml").read_bytes()).caps
CHANGED = msgspec.structs.replace(
    POLICY, caps=msgspec.structs.replace(POLICY.caps, **{name: getattr(CAPS, name) for name in BOUNDS})
)
SOUND = {"customers_top1_share_12m": 0.2, "trust_round_trip_share_12m": 0.0}


@pytest.mark.parametrize(
    ("rule_id", "feature", "passing", "failing"),
    [
        ("SALES_BURST", "trust_sales_burst_score_30d", 5.0, 5.01),
        ("CUSTOMER_DOMINANT", "customers_top1_share_12m", 0.667, 0.6671),
        ("MONEY_GOES_ROUND", "trust_round_trip_share_12m", 0.1, 0.1001),
    ],
)
def test_a_person_looks_beyond_the_bound(rule_id: str, feature: str, passing: float, failing: float) -> None:
    """The bound itself passes; beyond it nothing is declined."""
    passed = assess(row=SOUND | {feature: passing}, policy=CHANGED)
    failed = assess(row=SOUND | {feature: failing}, policy=CHANGED)
    assert (rule(passed, rule_id).result, passed.recommendation) == ("pass", Verdict.APPROVE)
    assert (rule(failed, rule_id).result, failed.recommendation) == ("fail", Verdict.REFER)
    assert codes(failed) == [rule_id]


def test_one_customer_is_no_rule_of_earlier_policies() -> None:
    """A decision of policy 2 replays without it."""
    assert "CUSTOMER_DOMINANT" not in [one.id for one in assess(row={"customers_top1_share_12m": 1.0}).rules]
