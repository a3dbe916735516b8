"""The benchmark of the policy's rules: what stops, what stops alone, and what is left."""

import argparse

import polars as pl
import pytest

from benchmarks.rules import RULES, Tried, lines, stops
from scoring.decisions.policy import load_policy
from scoring.runtime.serving import newest_policy_file

POLICY = load_policy(newest_policy_file().read_bytes())
IDS = [rule.id for rule in RULES]


def _application(borrower: int, pd: float, *, is_bad: bool = False, **beyond: bool | None) -> dict[str, object]:
    """An application that no rule stops but those that are named: True beyond the threshold, None not determined."""
    return {"borrower": borrower, "pd": pd, "is_bad": is_bad} | dict.fromkeys(IDS, False) | beyond


def test_each_rule_is_told_by_what_it_stops_of_what_the_score_approves() -> None:
    """Not determined stops, too; alone is what no other rule stops; beyond the cut-off is not approved anyway."""
    applications = pl.DataFrame(
        [
            _application(1, 0.01),
            _application(2, 0.04, is_bad=True, SALES_BURST=True),
            _application(3, 0.01, SALES_BURST=True, GARNISHMENT=None),
            _application(4, 0.01, is_bad=True, GARNISHMENT=None),
            _application(5, 0.05, SALES_BURST=True),
        ],
        schema_overrides=dict.fromkeys(IDS, pl.Boolean),
    )
    found = {line[0]: line[2:] for line in lines(applications, POLICY)}
    assert found["approved by the score alone"][3:5] == ["4", ""]
    assert found["`SALES_BURST`"][:5] == ["0.0", "66.7", "50.0", "2", "1"]
    assert found["`GARNISHMENT`"][:5] == ["40.0", "0.0", "0.0", "2", "1"]
    assert found["`REVENUE_TOO_LOW`"] == ["0.0", "0.0", "0.0", "0", "0", "-"]
    assert found["stopped by none"] == ["", "", "", "1", "", "0.00 (0.00 to 0.00)"]


@pytest.mark.parametrize(
    ("rule_id", "value", "is_stopped"),
    [
        ("SALES_BURST", 5.0, False),
        ("SALES_BURST", 5.1, True),
        ("REVENUE_TOO_LOW", 5_000_000.0, False),
        ("REVENUE_TOO_LOW", 4_999_999.0, True),
        ("SALES_BURST", None, None),
    ],
)
def test_a_rule_stops_beyond_its_threshold(rule_id: str, value: float | None, is_stopped: bool | None) -> None:  # noqa: FBT001  a case
    """As the policy has it; null stays null."""
    (rule,) = (rule for rule in RULES if rule.id == rule_id)
    name = POLICY.feature(str(rule.feature))
    row = pl.DataFrame({name: [value]}, schema={name: pl.Float64})
    assert row.select(stops(rule, POLICY)).item() is is_stopped


def test_a_tried_bound_stops_only_what_is_beyond_it() -> None:
    """Alone is what no rule on another feature stops; it changes no other line."""
    tried = Tried.parse(f"{POLICY.feature('trust_sales_burst_score_30d')} > 5")
    applications = pl.DataFrame(
        [
            _application(1, 0.01) | {tried.name: None},
            _application(2, 0.01, is_bad=True, SALES_BURST=True) | {tried.name: True},
            _application(3, 0.01, SALES_BURST=True, GARNISHMENT=None) | {tried.name: True},
            _application(4, 0.05) | {tried.name: True},
        ],
        schema_overrides={**dict.fromkeys(IDS, pl.Boolean), tried.name: pl.Boolean},
    )
    found = lines(applications, POLICY, [tried])
    assert found[:-1] == lines(applications, POLICY)
    assert found[-1][:7] == [f"tried: `{tried.name}`", "", "25.0", "66.7", "100.0", "2", "1"]


@pytest.mark.parametrize(
    "text", ["no_such_feature > 1", "customers_top1_share_12m_v2 >= 1", "customers_top1_share_12m_v2"]
)
def test_a_bound_that_cannot_be_read_is_refused(text: str) -> None:
    """Neither an unknown feature nor another comparison passes for a bound."""
    with pytest.raises(argparse.ArgumentTypeError, match="is not a feature"):
        Tried.parse(text)
