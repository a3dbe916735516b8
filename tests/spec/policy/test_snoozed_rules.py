"""What a rule that was set aside changes in a decision, and what it never does."""

import re
from pathlib import Path

import pytest
from decision_cases import AS_OF, assess, codes

from scoring.decisions.decision import LegalForm, Snoozed, Verdict
from scoring.decisions.rules import CAPS, CUT_OFFS, GATES, KNOCK_OUTS, LIMITS, MINIMUM_DATA, READINGS
from scoring.decisions.snoozes import SNOOZABLE

BURST = {"trust_sales_burst_score_30d": 9.0}


def snoozed(*rules: str) -> dict[str, tuple[Snoozed, ...]]:
    """Circumstances in which these rules were set aside."""
    return {"snoozed": tuple(Snoozed(rule=rule, until=AS_OF, case_id="cas_1", step=2) for rule in rules)}


def test_nothing_follows_from_a_rule_that_was_set_aside() -> None:
    """Its result stays in the record; the best that is left says that it had no effect."""
    before, after = assess(row=BURST), assess(row=BURST, circumstances=snoozed("SALES_BURST"))
    assert (before.recommendation, codes(before)) == (Verdict.REFER, ["SALES_BURST"])
    assert (after.recommendation, codes(after)) == (Verdict.APPROVE, [])
    rule = next(one for one in after.rules if one.id == "SALES_BURST")
    assert (rule.result, rule.value, rule.effect) == ("fail", 9.0, Verdict.APPROVE)


def test_where_it_passes_nothing_is_different() -> None:
    """Not a byte but that it was set aside."""
    assert assess(circumstances=snoozed("SALES_BURST")) == assess()


def test_other_rules_go_on() -> None:
    """Another doubt still leads to a person."""
    row = BURST | {"trust_assumed_due_share_12m": 0.9}
    assert codes(assess(row=row, circumstances=snoozed("SALES_BURST"))) == ["DUE_DATES_ASSUMED"]


def test_a_value_that_is_missing_still_leads_to_a_person() -> None:
    """What two persons saw was a value."""
    made = assess(row={"trust_sales_burst_score_30d": None}, circumstances=snoozed("SALES_BURST"))
    assert (made.recommendation, codes(made)) == (Verdict.REFER, ["SALES_BURST_NOT_CHECKED"])


@pytest.mark.parametrize(
    ("rule", "changes", "recommendation"),
    [
        ("GARNISHMENT", {"row": {"liquidity_garnishment_count_12m": 1.0}}, Verdict.DECLINE),
        ("PD_TOO_HIGH", {"pd": 0.5}, Verdict.DECLINE),
        ("BANK_FEED_SHARE_LOW", {"row": {"trust_bank_feed_share_12m": 0.1}}, Verdict.REFER),
        ("SALES_WITHOUT_INFLOW", {"row": {"trust_sales_inflow_ratio_12m": 9.0}}, Verdict.REFER),
    ],
)
def test_what_may_not_be_set_aside_is_not(rule: str, changes: dict[str, object], recommendation: Verdict) -> None:
    """Even where a record says so: knock-outs, cut-offs and what guards against false books."""
    made = assess(**changes, circumstances=snoozed(rule))  # type: ignore[arg-type]
    assert (made.recommendation, rule in codes(made)) == (recommendation, True)


def test_a_natural_person_is_decided_on_by_a_person_all_the_same() -> None:
    """The law is no rule that somebody sets aside."""
    terms = {"legal_form": LegalForm.FREIBERUFLER}
    made = assess(row=BURST, terms=terms, circumstances=snoozed("SALES_BURST", "NATURAL_PERSON"))
    assert (made.recommendation, made.verdict) == (Verdict.APPROVE, Verdict.REFER)


def test_only_caps_may_be_set_aside() -> None:
    """And only some; a cap that makes another cause superfluous is none of them."""
    caps = {rule.id for rule in CAPS}
    others = {rule.id for rules in (MINIMUM_DATA, KNOCK_OUTS, CUT_OFFS, LIMITS, GATES, READINGS) for rule in rules}
    assert caps >= SNOOZABLE
    assert not SNOOZABLE & others
    implying = {name for rule in CAPS for name in rule.implied_by}
    assert not SNOOZABLE & implying


def test_the_guide_names_every_rule_that_may_be_set_aside() -> None:
    """And no other."""
    guide = (Path(__file__).parents[3] / "docs/cases.md").read_text()
    section = guide.partition("## Set a rule aside")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE)) == SNOOZABLE
