"""What a policy file says without meaning it: each mistake in a literal table, beside the value that still holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from features.derive import CATALOGUE, fetch_plan
from scoring.decisions.decide import RECOMMENDATION_RULES, needed_features
from scoring.decisions.decision import Verdict
from scoring.decisions.policy import Policy, load_policy
from scoring.decisions.policy_check import KEYS, Finding, bands_of, check_policy, first_failures
from scoring.decisions.rules import MINIMUM_DATA, DecisionContext, Rule, in_force
from scoring.runtime.serving import POLICIES

TEXT = (POLICIES / "v2.toml").read_text()
SHIPPED = sorted(path.name for path in POLICIES.glob("v*.toml"))


def checked(text: str) -> tuple[Finding, ...]:
    """What is found in a file."""
    policy = load_policy(text.encode())
    return check_policy(policy, CATALOGUE, history_months=history_of(policy))


def history_of(policy: Policy) -> int:
    """Months that are fetched for a policy alone."""
    names = [name for name in needed_features(policy) if name in CATALOGUE]
    return fetch_plan(names).history_months


def changed(old: str, new: str) -> str:
    """The newest policy with one value changed."""
    assert TEXT.count(old) == 1, old
    return TEXT.replace(old, new)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_policies_that_ship_have_nothing_to_find(name: str) -> None:
    """Neither errors nor what somebody should look at."""
    assert checked((POLICIES / name).read_text()) == ()


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        (
            "bank_feed_share_at_least = 0.8 ",
            "bank_feed_share_at_least = 0.0 ",
            "caps.bank_feed_share_at_least",
            "caps.bank_feed_share_at_least = 0: no value is below it, so BANK_FEED_SHARE_LOW never fires.",
        ),
        (
            "paid_without_inflow_share_at_most = 0.3 ",
            "paid_without_inflow_share_at_most = 1.0 ",
            "caps.paid_without_inflow_share_at_most",
            "no value is above it, so PAID_WITHOUT_INFLOW_HIGH never fires",
        ),
        (
            "missing_share_at_most = 0.5 ",
            "missing_share_at_most = 1.0 ",
            "minimum_data.missing_share_at_most",
            "TOO_MUCH_MISSING never fires",
        ),
        (
            "history_months_at_least = 6 ",
            "history_months_at_least = 0 ",
            "minimum_data.history_months_at_least",
            "TOO_LITTLE_HISTORY never fires",
        ),
        (
            "history_months_at_least = 6 ",
            "history_months_at_least = 61 ",
            "minimum_data.history_months_at_least",
            "every firm fails TOO_LITTLE_HISTORY. The highest value that can be seen is 60.",
        ),
        (
            "overdraft_days_at_most = 80 ",
            "overdraft_days_at_most = 90 ",
            "caps.overdraft_days_at_most",
            "OVERDRAFT_LONG never fires",
        ),
        (
            "payout_fed_days_at_least = 90 ",
            "payout_fed_days_at_least = 0 ",
            "caps.payout_fed_days_at_least",
            "PAYOUT_ACCOUNT_NEW never fires",
        ),
        (
            "payout_fed_days_at_least = 90 ",
            "payout_fed_days_at_least = 1900 ",
            "caps.payout_fed_days_at_least",
            "every firm fails PAYOUT_ACCOUNT_NEW",
        ),
        (
            "decline_above = 0.12 ",
            "decline_above = 1.0 ",
            "cut_offs.decline_above",
            "cut_offs.decline_above = 1: no value is above it, so PD_TOO_HIGH never fires.",
        ),
        (
            "approve_at_or_below = 0.04 ",
            "approve_at_or_below = 0.0 ",
            "cut_offs.approve_at_or_below",
            "every firm fails PD_NEEDS_REVIEW",
        ),
        (
            "revenue_cents_at_least = 5_000_000  #",
            "revenue_cents_at_least = 5_000_000\noverdraft_days_at_most = 80  #",
            "caps.overdraft_days_at_most",
            "OVERDRAFT_PERMANENT declines from knock_outs.overdraft_days_at_most = 80 on already, so OVERDRAFT_LONG",
        ),
        ("annual_rate_bps = 590", "annual_rate_bps = 0", "pricing.grades.A", "the grade has no price"),
        (
            'pricing_tier = "T2"',
            'pricing_tier = "T1"',
            "pricing.grades.B",
            "tier T1 has two prices, 590 and 690 bps",
        ),
        ("pd_at_most = 0.005", "pd_at_most = 0.0", "pricing.grades.A", "no firm has a probability of 0"),
        (
            "step_cents = 10_000 ",
            "step_cents = 10_000_001 ",
            "products.working_capital",
            "limits are rounded down to 100,000.01 euro, so none reaches minimum_cents (5,000.00 euro)",
        ),
        (
            'required_features = ["revenue_log_12m_v2"]',
            'required_features = ["revenue_log_99m"]',
            "minimum_data.required_features",
            "there is no feature revenue_log_99m",
        ),
    ],
)
def test_what_a_policy_cannot_mean_is_an_error(old: str, new: str, key: str, said: str) -> None:
    """It names the key, says what is wrong, and is the one error."""
    errors = [finding for finding in checked(changed(old, new)) if finding.is_error]
    assert [finding.key for finding in errors] == [key]
    assert said in errors[0].text


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("decline_above = 0.12 ", "decline_above = 0.1 ", "cut_offs.decline_above", "lies inside grade F"),
        (
            "approve_at_or_below = 0.04 ",
            "approve_at_or_below = 0.12 ",
            "cut_offs",
            "no person decides between them, and PD_NEEDS_REVIEW never fires",
        ),
        ("idle_days_at_most = 45 ", "idle_days_at_most = 367 ", "caps.idle_days_at_most", "more than a year only"),
        ("invoices_at_least = 12 ", "invoices_at_least = 1 ", "minimum_data.invoices_at_least", "adds nothing"),
        (
            "revenue_cents_at_least = 5_000_000 ",
            "revenue_cents_at_least = 3_999_999 ",
            "products.working_capital.revenue_months",
            "a firm with revenue from 39,999.99 euro to 40,000.00 euro passes REVENUE_TOO_LOW",
        ),
        (
            "highest_annual_rate_bps = 1490 ",
            "highest_annual_rate_bps = 1500 ",
            "pricing.highest_annual_rate_bps",
            "no grade pays more than 1490 bps",
        ),
        (
            'required_features = ["revenue_log_12m_v2"]',
            "required_features = []",
            "minimum_data.required_features",
            "is empty",
        ),
        (
            'required_features = ["revenue_log_12m_v2"]',
            'required_features = ["revenue_log_12m"]',
            "minimum_data.required_features",
            "is not of catalogue 2",
        ),
    ],
)
def test_what_somebody_should_look_at_is_no_error(old: str, new: str, key: str, said: str) -> None:
    """The policy may be in force."""
    found = checked(changed(old, new))
    assert not any(finding.is_error for finding in found)
    assert key in [finding.key for finding in found]
    assert any(said in finding.text for finding in found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("overdraft_days_at_most = 80 ", "overdraft_days_at_most = 89 "),
        ("history_months_at_least = 6 ", "history_months_at_least = 60 "),
        ("missing_share_at_most = 0.5 ", "missing_share_at_most = 0.9999 "),
        ("decline_above = 0.12 ", "decline_above = 0.9999 "),
        (
            "revenue_cents_at_least = 5_000_000  #",
            "revenue_cents_at_least = 5_000_000\noverdraft_days_at_most = 81  #",
        ),
        ("revenue_cents_at_least = 5_000_000 ", "revenue_cents_at_least = 4_000_000 "),
        ("step_cents = 10_000 ", "step_cents = 10_000_000 "),
    ],
)
def test_the_last_value_that_holds_is_no_error(old: str, new: str) -> None:
    """One step further, and it is in the tables above."""
    assert [finding.key for finding in checked(changed(old, new)) if finding.is_error] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_threshold_has_its_key(name: str) -> None:
    """The key that a finding names holds the threshold of the rule."""
    policy = load_policy((POLICIES / name).read_bytes())
    every: tuple[Rule[DecisionContext], ...] = (*MINIMUM_DATA, *RECOMMENDATION_RULES)
    rules = [rule for rule in in_force(every, policy) if rule.setting is not None]
    states = {"NO_INVOICES", "READINGS_DIFFER", "OWN_ACCOUNT_MISSING", "ACCOUNT_TWICE"}
    states |= {"HOLDER_DIFFERS", "LEGAL_FORM_DIFFERS", "MODEL_NOT_MEASURED", "MODEL_PREDICTS_DISTRESS"}
    next_to = {"CONSUMER_CREDIT_REFUSED"}  # its threshold is one cent above what the policy says
    of_the_product = {"CASH_AHEAD_SHORT"}
    assert {rule.id for rule in rules} - states - next_to - of_the_product <= KEYS.keys()
    for rule in rules:
        if rule.id in KEYS:
            table, field = KEYS[rule.id].split(".")
            assert rule.setting is not None
            assert rule.setting(policy) == getattr(getattr(policy, table), field)


@pytest.mark.parametrize("name", SHIPPED)
def test_each_rule_fails_with_the_value_that_is_named_and_not_with_the_threshold(name: str) -> None:
    """So it can fire, and not before."""
    policy = load_policy((POLICIES / name).read_bytes())
    for found in first_failures(policy, CATALOGUE, history_months=history_of(policy)):
        assert found.value is not None
        beyond = found.value > found.threshold if found.rule.bound == "at_most" else found.value < found.threshold
        assert beyond or found.rule.id.startswith("PD_")
        assert not found.is_always


@given(
    approve=st.integers(0, 1000),
    decline=st.integers(0, 1000),
    bounds=st.sets(st.integers(0, 999), min_size=0, max_size=6),
    pd=st.integers(0, 1000),
)
def test_every_probability_lies_in_exactly_one_band(approve: int, decline: int, bounds: set[int], pd: int) -> None:
    """Whatever the bounds: without a gap, without an overlap, and milder verdicts before stricter ones."""
    policy = load_policy(TEXT.encode())
    approve, decline = sorted((approve, decline))
    first = policy.pricing.grades[0]
    grades = tuple(replace(first, name=f"G{bound}", pd_at_most=bound / 1000) for bound in [*sorted(bounds), 1000])
    cuts = replace(policy.cut_offs, approve_at_or_below=approve / 1000, decline_above=decline / 1000)
    policy = replace(policy, cut_offs=cuts, pricing=replace(policy.pricing, grades=grades))
    bands = bands_of(policy)
    value = pd / 1000
    within = [band for band in bands if band.above < value <= band.up_to or (value == 0.0 and band is bands[0])]
    assert len(within) == 1
    assert (bands[0].above, bands[-1].up_to) == (0.0, 1.0)
    order = [Verdict.APPROVE, Verdict.REFER, Verdict.DECLINE]
    ranks = [order.index(band.verdict) for band in bands]
    assert ranks == sorted(ranks)
    expected = Verdict.REFER
    expected = Verdict.APPROVE if value <= cuts.approve_at_or_below else expected
    expected = Verdict.DECLINE if value > cuts.decline_above else expected
    if value > 0.0:
        assert within[0].verdict is expected
        assert within[0].grade == next(grade.name for grade in grades if value <= grade.pd_at_most)
