"""From a ledger to an assessment."""

from pathlib import Path

import msgspec
import pytest
from service import a_serving

from features.derive import CATALOGUE, derive, evidence
from features.spine import spine_of
from scoring.decisions import records
from scoring.runtime.serving import POLICIES, Serving, combine
from scoring.store import snapshots
from scoring.telemetry.telemetry import StageTimer
from scoring.usecases.evaluate import evaluate, evidence_of

GOLDEN = Path(__file__).parents[2] / "integration" / "api" / "golden"
EQUAL = (
    "receivables_overdue_share",
    "payables_overdue_share",
    "payables_reminder_fee_count_12m",
    "liquidity_inflow_outflow_ratio_90d",
    "liquidity_returned_debit_count_90d",
)
"""Features with documents behind their values."""


def with_equal_points(points: float) -> Serving:
    """A model in which every value of each of these features is worth the same."""
    serving = a_serving()
    one = serving.table.features[0]
    features = tuple(
        msgspec.structs.replace(
            one, name=name, precision=CATALOGUE[name].precision, points=(points, points), missing_points=-10.0
        )
        for name in EQUAL
    )
    table = msgspec.structs.replace(serving.table, features=features)
    # The policy of those days: what later ones read is not in the snapshot.
    return combine(serving.card, table, (POLICIES / "v1.toml").read_bytes())


@pytest.mark.parametrize("points", [10.0, -10.0])
def test_reasons_are_chosen_once_and_each_has_its_documents(points: float) -> None:
    """Also where more features weigh the same than there are places: none is answered with empty evidence."""
    decision = records.decode((GOLDEN / "decision_0_2.json").read_bytes()).decision
    content = (GOLDEN / "snapshot_0_2.bin").read_bytes()
    ledger = snapshots.decode(content, sha256=decision.snapshot_sha256).ledger
    serving = with_equal_points(points)
    found = evaluate(ledger, decision.terms, decision.circumstances, serving, StageTimer()).assessment
    rows = derive(ledger, spine_of(decision.as_of), serving.features)
    behind = evidence(rows, EQUAL)
    places = serving.policy.reasons.positive_at_most if points > 0 else serving.policy.reasons.negative_at_most
    assert len(found.reasons) == places < len(EQUAL)
    expected = evidence_of(behind, ledger, ())
    for reason in found.reasons:
        assert reason.evidence == expected[reason.feature]
    assert any(reason.evidence.total for reason in found.reasons)
