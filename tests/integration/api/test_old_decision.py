"""A decision as version 0.1 stored it, before scores had an interval: its exact bytes, and those of its snapshot."""

import hashlib
from pathlib import Path

import msgspec
from service import settings_in

from scoring.api.present import present_decision
from scoring.decisions.decision import Decision
from scoring.replay import replay
from scoring.serving import load_recorded
from scoring.store import snapshots
from scoring.store.decisions import StoredDecision

GOLDEN = Path(__file__).parent / "golden"
RECORD = (GOLDEN / "decision_0_1.json").read_bytes()


def test_the_stored_bytes_are_those_of_version_0_1() -> None:
    """They were written once and are never written anew."""
    assert hashlib.sha256(RECORD).hexdigest() == "bd440bb05f991d14a3b2e71c88f22df91b55ee5540cd4337217dc2da49bdda21"
    assert b"score_low" not in RECORD


def test_a_decision_from_before_intervals_replays_bit_for_bit(tmp_path: Path) -> None:
    """Its model, registered then, still loads, and everything that follows from its snapshot is what was recorded."""
    decision = msgspec.json.decode(RECORD, type=Decision)
    assert decision.versions.model == "sme/1"
    snapshot = snapshots.decode((GOLDEN / "snapshot_0_1.bin").read_bytes(), sha256=decision.snapshot_sha256)
    report = replay(decision, snapshot, load_recorded(settings_in(tmp_path), decision))
    assert (report.differences, report.agrees) == ((), True)


def test_a_decision_from_before_intervals_is_shown_without_one() -> None:
    """Score and PD are there, their ends are null."""
    decision = msgspec.json.decode(RECORD, type=Decision)
    shown = present_decision(StoredDecision(decision=decision, lender_id="bank", borrower_ref=None))
    assert shown.score is not None
    assert shown.pd is not None
    assert (shown.score.value, shown.score.low, shown.score.high) == (decision.assessment.score, None, None)
    assert (shown.pd.value, shown.pd.low, shown.pd.high) == (decision.assessment.pd, None, None)
