"""Reading policy files, and what follows from them."""

import re

import pytest
from decision_cases import POLICY, POLICY_FILE, TERMS, assess
from msgspec.structs import replace

from features.derive import CATALOGUE
from scoring.decisions.decide import TermsError, check_terms, needed_features
from scoring.decisions.policy import PolicyError, load_policy

TEXT = (POLICY_FILE.parent / "v1.toml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("garnishments_at_most = 0", "garnishment_at_most = 0", "garnishment"),
        ("garnishments_at_most = 0", "garnishments_at_most = -1", "knock_outs.garnishments_at_most"),
        ("garnishments_at_most = 0", "garnishments_at_most = true", "knock_outs.garnishments_at_most"),
        ("garnishments_at_most = 0", "garnishments_at_most = 0.5", "knock_outs.garnishments_at_most"),
        ("garnishments_at_most = 0", 'garnishments_at_most = "0"', "knock_outs.garnishments_at_most"),
        ("approve_at_or_below = 0.04", "approve_at_or_below = nan", "cut_offs.approve_at_or_below"),
        ("approve_at_or_below = 0.04", "approve_at_or_below = 1.2", "cut_offs.approve_at_or_below"),
        ("approve_at_or_below = 0.04", "approve_at_or_below = 0.13", "approve_at_or_below"),
        ("cover_ratio = 1.25", "cover_ratio = inf", "limits.cover_ratio"),
        ("cover_ratio = 1.25", "cover_ratio = 0.9", "limits.cover_ratio"),
        ("step_cents = 10_000", "step_cents = 0", "limits.step_cents"),
        ("minimum_cents = 500_000", "minimum_cents = 20_000_000", "minimum_cents"),
        ("minimum_term_months = 3 ", "minimum_term_months = 25 ", "minimum_term_months"),
        ("pd_at_most = 0.005", "pd_at_most = 0.01", "pd_at_most"),
        ("pd_at_most = 1.0", "pd_at_most = 0.9", "pd_at_most"),
        ("annual_rate_bps = 590", "annual_rate_bps = 700", "annual_rate_bps"),
        ("highest_annual_rate_bps = 1490", "highest_annual_rate_bps = 1489", "highest_annual_rate_bps"),
        ('name = "B"', 'name = "A"', "name"),
        ('legal_basis = ""', 'legal_basis = "because"', "natural_persons.legal_basis"),
        ("effective_on = 2026-01-01", 'effective_on = "soon"', "effective_on"),
        ("validity_days = 14", "", "validity_days"),
        ("validity_days = 14", "validity_days = 14\nvalidity_days = 15", "TOML"),
        ("[reasons]", "[reasons", "TOML"),
    ],
)
def test_a_file_that_does_not_hold_is_refused_by_name(old: str, new: str, named: str) -> None:
    """Unknown, missing, mistyped, out-of-range and contradicting values are errors that name the key."""
    assert old in TEXT
    with pytest.raises(PolicyError, match=re.escape(named)):
        load_policy(TEXT.replace(old, new, 1).encode())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version = "1"', "version = 1", "version: must be text in quotes, not a whole number"),
        ("validity_days = 14", 'validity_days = "14"', "validity_days: must be a whole number, not text in quotes"),
        ("validity_days = 14", "validity_day = 14", "Object contains unknown field `validity_day`"),
        ("garnishments_at_most = 0", "garnishments_at_most = 0.5", "knock_outs.garnishments_at_most: must be a whole"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_in_words(old: str, new: str, said: str) -> None:
    """First the key, then what it must be; no types of a programming language."""
    with pytest.raises(PolicyError, match=re.escape(f"policy file does not hold: {said}")):
        load_policy(TEXT.replace(old, new, 1).encode())


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\x00", b"[]", b"version"])
def test_rubbish_is_refused(content: bytes) -> None:
    """What is no policy at all is a policy error, not something else."""
    with pytest.raises(PolicyError, match="policy file"):
        load_policy(content)


def test_the_policy_reads_features_that_exist() -> None:
    """Every feature that the policy reads is in the catalogue, once."""
    needed = needed_features(POLICY)
    assert set(needed) - set(CATALOGUE) == set()
    assert len(set(needed)) == len(needed)
    assert {
        "trust_history_months",
        "liquidity_garnishment_count_12m",
        "revenue_net_12m_cents",
        "receivables_eligible_cents",
        "revenue_log_12m",
    } <= set(needed)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"product": "mortgage"}, "product"),
        ({"product": ""}, "product"),
        ({"currency": "USD"}, "amount.currency"),
        ({"amount_cents": 0}, "amount.value"),
        ({"amount_cents": -2_500_000}, "amount.value"),
        ({"term_months": 0}, "term_months"),
        ({"term_months": -12}, "term_months"),
    ],
)
def test_terms_that_the_policy_does_not_know(changed: dict[str, object], field: str) -> None:
    """Such an application is an error that names its field, before and while deciding."""
    with pytest.raises(TermsError) as raised:
        check_terms(replace(TERMS, **changed), POLICY)
    assert raised.value.field == field
    with pytest.raises(TermsError):
        assess(terms=changed)


def test_known_terms_give_their_product() -> None:
    """Terms that the policy knows lead to its product."""
    assert check_terms(TERMS, POLICY) is POLICY.products["working_capital"]
