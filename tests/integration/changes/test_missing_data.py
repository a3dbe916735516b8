"""What missing values cost, on the sandbox's firms: the ends are whole decisions, and every value lies between them."""

from pathlib import Path

import msgspec
import pytest
from integration.changes.test_effects import stored
from what_flips import promoted

from features.derive import derive
from features.spine import spine_of
from scoring.base.deadlines import months_after
from scoring.usecases.missing_data import find_missing_data
from scoring.usecases.simulate import WhatIf, simulated


@pytest.mark.parametrize("firm", ["unverified-balance", "imported-twice", "awkward-books", "migrated-books"])
async def test_no_value_leads_beyond_the_ends(firm: str, tmp_path: Path) -> None:
    """A value of every bin of every missing feature, by a simulation; its score lies between worst and best."""
    serving = promoted(tmp_path)
    decision, books = await stored(firm, tmp_path / "made", serving)
    found = find_missing_data(decision, books, serving)
    assert {one.feature for one in found.missing} == decision.missing.keys() & set(serving.features)
    low, high = found.worst.score, found.best.score
    assert low is not None
    assert high is not None
    for steps in serving.table.features:
        if steps.name not in decision.missing:
            continue
        for value in (None, *steps.edges, steps.edges[0] - 10.0**-steps.precision):
            what_if = WhatIf(features={steps.name: value})
            after = simulated(decision, books, what_if, recorded=serving, wanted=serving).decision.assessment
            assert after.score is not None
            assert low <= after.score <= high


async def test_the_bank_adds_what_a_link_adds(tmp_path: Path) -> None:
    """The firm whose statements were imported twice is approved once the bank delivers: the same as its change says."""
    serving = promoted(tmp_path)
    decision, books = await stored("imported-twice", tmp_path / "made", serving)
    found = find_missing_data(decision, books, serving)
    assert found.linked is not None
    assert set(found.linked.features) <= decision.missing.keys()
    assert (found.linked.after.recommendation, decision.assessment.recommendation) == ("approve", "refer")


async def test_waiting_adds_a_feature_from_its_day_on_and_not_a_month_before(tmp_path: Path) -> None:
    """By deriving the same books on that day, and on the one before."""
    serving = promoted(tmp_path)
    decision, books = await stored("migrated-books", tmp_path / "made", serving)
    found = find_missing_data(decision, books, serving)
    ledger = books.snapshot.ledger
    assert found.waits
    for wait in found.waits:
        for months, is_young in ((0, False), (-1, True)):
            rows = derive(ledger, spine_of(months_after(wait.until, months)), wait.features)
            causes = [rows.missing().get(name) == "too_little_history" for name in wait.features]
            assert causes == [is_young] * len(causes)


async def test_where_nothing_is_missing_both_ends_are_the_decision(tmp_path: Path) -> None:
    """And nothing is to be added."""
    serving = promoted(tmp_path)
    decision, books = await stored("healthy-agency", tmp_path / "made", serving)
    found = find_missing_data(decision, books, serving)
    made = decision.assessment
    assert found.missing == found.waits == ()
    assert found.linked is None
    assert found.best == found.worst
    assert msgspec.structs.asdict(found.best) == {
        "score": made.score,
        "recommendation": made.recommendation,
        "verdict": made.verdict,
    }
