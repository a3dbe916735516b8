"""What the service says would change a decision: done in the books of the local sevdesk, and decided again."""

from pathlib import Path

import pytest
from service import a_serving
from what_flips import Case, promoted, scored_by, tried

from features.derive import CATALOGUE
from models.points import PointsTable
from models.steps import FeatureSteps
from scoring.runtime.serving import Serving, combine, newest_policy_file


def kinds(case: Case) -> list[tuple[str, ...]]:
    """The steps of each change."""
    return [tuple(step["kind"] for step in change["steps"]) for change in case.changes["changes"]]


@pytest.mark.parametrize(
    ("firm", "expected"),
    [
        ("leased-car", [("term",), ("amount",)]),
        ("seasonal-retailer", [("amount",)]),
        ("imported-twice", [("link_bank",)]),
        ("invented-sales", [("term",)]),
        ("retained-sums", []),
        ("failing-builder", []),
        ("young-startup", []),
        ("window-dresser", []),
        ("late-with-taxes", []),
    ],
)
async def test_every_change_leads_where_it_is_said_to_lead(
    tmp_path: Path, firm: str, expected: list[tuple[str, ...]]
) -> None:
    """Same recommendation, verdict and score, once the change is in the books; else the service says there is none."""
    case = await tried(firm, tmp_path, promoted(tmp_path))
    assert kinds(case) == expected
    assert all(flip.holds for flip in case.flips)
    for flip in case.flips:
        if flip.change["steps"][0]["kind"] != "link_bank":  # the bank confirms levels that were unknown to the score
            assert flip.decided["score"]["value"] == flip.change["score"]
    if not expected:
        assert case.changes["text"]["en"].startswith("There is nothing")


async def test_what_customers_owe_and_own_bills_change_a_score_near_the_cut_off(tmp_path: Path) -> None:
    """By the model before: the present one approves this firm."""
    case = await tried("borderline-retailer", tmp_path, scored_by("3"))
    assert kinds(case) == [("collect",), ("pay",)]
    assert all(flip.holds for flip in case.flips)


@pytest.mark.parametrize("firm", ["system-1", "leased-car", "sole-trader"])
async def test_every_offer_is_approved_when_it_is_asked_for(tmp_path: Path, firm: str) -> None:
    """At the price that was told; of a natural person a person decides all the same."""
    case = await tried(firm, tmp_path, promoted(tmp_path))
    assert len(case.approved) >= 2
    for offer, made in zip(case.offers["offers"], case.approved, strict=True):
        assert made["recommendation"] == "approve"
        assert made["verdict"] == offer["verdict"]
        for name in ("annual_rate_percent", "monthly_instalment"):
            assert made["offer"][name] == offer[name]


def by_fees(good: float) -> Serving:
    """A model that reads how often reminder fees were paid: 20 points for fewer than 30, in a base of so many."""
    name = "payables_reminder_fee_count_12m_v2"
    table = PointsTable(
        schema=1,
        kind="additive_steps",
        base=good,
        features=(
            FeatureSteps(
                name=name,
                precision=CATALOGUE[name].precision,
                edges=(30.0,),
                points=(20.0, -20.0),
                missing_points=-20.0,
                typical=0.0,
                shares=(0.9, 0.1),
                missing_share=0.0,
                bad_rates=(0.02, 0.08),
                missing_bad_rate=None,
            ),
        ),
    )
    return combine(a_serving().card, table, newest_policy_file().read_bytes())


async def test_waiting_leads_where_it_is_said_to_lead(tmp_path: Path) -> None:
    """The books roll on: everything lies as many days later, but for the fees, of which none is added."""
    case = await tried("borderline-retailer", tmp_path, by_fees(580.0))
    assert kinds(case) == [("wait",)]
    (flip,) = case.flips
    assert flip.change["steps"][0]["until"] == "2027-02-01"
    assert flip.holds
    assert flip.decided["as_of"] == "2027-02-01"


async def test_a_wait_that_would_not_be_enough_is_not_named(tmp_path: Path) -> None:
    """Even without a single fee the score stays below the cut-off."""
    case = await tried("borderline-retailer", tmp_path, by_fees(560.0))
    assert case.decision["recommendation"] == "refer"
    assert kinds(case) == []
