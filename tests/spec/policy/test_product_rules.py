"""Thresholds of one product: which they may be, what they change, and what they cannot."""

import pytest
from decision_cases import assess, codes

from features.derive import CATALOGUE, fetch_plan
from scoring.decisions.decide import needed_features
from scoring.decisions.decision import Verdict
from scoring.decisions.policy import Policy, PolicyError, load_policy
from scoring.decisions.policy_check import check_policy, looser_than
from scoring.runtime.serving import POLICIES
from scoring.texts.policy_document import render_policy_document

SHIPPED = (POLICIES / "v1.toml").read_text()
PLACE = SHIPPED.index("\n[", SHIPPED.index("[products.investment]"))


def policy(*lines: str) -> Policy:
    """The first policy, with thresholds for investments alone."""
    rules = "\n[products.investment.rules]\n" + "\n".join(lines) + "\n" if lines else ""
    return load_policy((SHIPPED[:PLACE] + rules + SHIPPED[PLACE:]).encode())


@pytest.mark.parametrize(
    ("pd", "product", "verdict"),
    [
        (0.02, "investment", Verdict.APPROVE),
        (0.0201, "investment", Verdict.REFER),
        (0.06, "investment", Verdict.REFER),
        (0.0601, "investment", Verdict.DECLINE),
        (0.0201, "working_capital", Verdict.APPROVE),
        (0.0601, "working_capital", Verdict.REFER),
    ],
)
def test_cut_offs_of_a_product(pd: float, product: str, verdict: Verdict) -> None:
    """At each bound and one step beyond; other products keep those of the policy."""
    own = policy("cut_offs.approve_at_or_below = 0.02", "cut_offs.decline_above = 0.06")
    terms = {"product": product, "term_months": 12}
    assert assess(pd=pd, policy=own, terms=terms).recommendation is verdict


@pytest.mark.parametrize(("product", "found"), [("investment", []), ("working_capital", ["DUE_DATES_ASSUMED"])])
def test_a_cap_of_a_product(product: str, found: list[str]) -> None:
    """Where due dates are guesses more often."""
    own = policy("caps.assumed_due_share_at_most = 0.7")
    row = {"trust_assumed_due_share_12m": 0.6}
    made = assess(row=row, policy=own, terms={"product": product, "term_months": 12})
    assert codes(made) == found
    threshold = next(rule.threshold for rule in made.rules if rule.id == "DUE_DATES_ASSUMED")
    assert threshold == (0.7 if product == "investment" else 0.5)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("caps.idle_day = 60", "`products.investment.rules.caps.idle_day` is no threshold that the policy sets"),
        ("caps.loss_share_at_most = 0.2", "loss_share_at_most` is no threshold that the policy sets"),
        ("knock_outs.overdraft_days_at_most = 89.5", "must be a whole number"),
        ("caps.idle_days_at_most = -1", "must be a whole number >= 0"),
        ("cut_offs.approve_at_or_below = 0.5", "`approve_at_or_below` is above `decline_above`"),
        ("limits.cover_ratio = 2.0", "unknown field `limits`"),
    ],
)
def test_what_is_no_threshold_does_not_load(line: str, said: str) -> None:
    """Unknown keys, rules that the policy does not have, values out of range, bounds out of order."""
    with pytest.raises(PolicyError) as refused:
        policy(line)
    assert said in str(refused.value)


def test_the_check_looks_at_each_product() -> None:
    """A rule that never fires for one product is named with its key there."""
    own = policy("caps.assumed_due_share_at_most = 1.0")
    history = fetch_plan(needed_features(own)).history_months
    found = [one for one in check_policy(own, CATALOGUE, history_months=history) if one.is_error]
    assert [one.key for one in found] == ["products.investment.rules.caps.assumed_due_share_at_most"]
    assert "DUE_DATES_ASSUMED never fires" in found[0].text


def test_a_lender_is_not_milder_for_one_product_either() -> None:
    """Whether its own policy loosens a product, or the policy for all is stricter there."""
    assert looser_than(policy("caps.idle_days_at_most = 46"), policy()) == (
        "investment: caps.idle_days_at_most = 46 is milder than 45 of the policy for all.",
    )
    assert looser_than(policy(), policy("caps.idle_days_at_most = 44")) == (
        "investment: caps.idle_days_at_most = 45 is milder than 44 of the policy for all.",
    )
    assert looser_than(policy("caps.idle_days_at_most = 44"), policy()) == ()
    assert looser_than(policy("cut_offs.decline_above = 0.3"), policy()) == ()


def test_the_document_has_what_a_product_has_of_its_own() -> None:
    """Beside its amounts and terms; without such rules the document has no such part."""
    document = render_policy_document(policy("caps.idle_days_at_most = 30"))
    assert "For `investment` alone:\n\n| Code | Needed |\n|--|--|\n| `BOOKS_IDLE` | at most 30 days |" in document
    assert "alone:" not in render_policy_document(policy())
