"""What a time in the shadow is said to have shown."""

import pytest

from scoring.decisions.comparison import Concluded, Pair
from scoring.decisions.decision import Verdict
from scoring.decisions.live_comparison import compare_live

A, R, D = Verdict.APPROVE, Verdict.REFER, Verdict.DECLINE


def side(recommendation: Verdict, score: float | None, pd: float | None) -> Concluded:
    """What one model makes of it."""
    return Concluded(
        recommendation=recommendation,
        verdict=recommendation,
        score=score,
        pd=pd,
        grade=None,
        limit_cents=None,
        exposure_cents=0,
        expected_loss_cents=0,
        causes=(),
    )


def pair(number: int, before: tuple[Verdict, float | None, float | None], after: tuple[Verdict, float, float]) -> Pair:
    """One application."""
    return Pair(
        decision_id=f"dec_{number}",
        product="working_capital",
        amount_cents=100,
        made_from="snapshot",
        before=side(*before),
        after=side(*after),
    )


PAIRS = [
    pair(1, (A, 700.0, 0.01), (A, 710.0, 0.02)),
    pair(2, (A, 690.0, 0.02), (D, 650.0, 0.10)),
    pair(3, (D, 600.0, 0.20), (A, 700.0, 0.01)),
    pair(4, (R, None, None), (R, 640.0, 0.05)),
    pair(5, (D, 580.0, 0.30), (D, 590.0, 0.25)),
]


def test_agreement_shift_and_outcomes() -> None:
    """By hand: 3 of 5 agree (Wilson 23.1 to 88.2 %); scores of both are four: +10, -40, +100, +10."""
    found = compare_live(PAIRS, {"dec_1": False, "dec_2": True, "dec_4": True})
    assert (found.agreement.count, found.agreement.share) == (3, 0.6)
    assert found.agreement.low == pytest.approx(0.2307, abs=1e-4)
    assert found.agreement.high == pytest.approx(0.8824, abs=1e-4)
    assert found.shift is not None
    assert (found.shift.count, found.shift.mean, found.shift.median) == (4, 20.0, 10.0)
    assert (found.shift.lower_quartile, found.shift.upper_quartile) == (-2.5, 32.5)
    assert (found.shift.mean_pd_before, found.shift.mean_pd_after) == (pytest.approx(0.1325), pytest.approx(0.095))
    told = {
        name: (one.loans, one.bads, one.expected_before, one.expected_after) for name, one in found.outcomes.items()
    }
    assert told == {"both": (1, 0, 0.01, 0.02), "before": (1, 1, 0.02, 0.10)}  # of 4 one model says no probability
    assert (found.summary.swaps["approve>decline"], found.summary.swaps["decline>approve"]) == (1, 1)
    assert (found.is_small, found.bads) == (True, 1)


@pytest.mark.parametrize(("count", "is_small"), [(99, True), (100, False)])
def test_too_few_applications_are_said_to_be(count: int, is_small: bool) -> None:  # noqa: FBT001  a table
    """From a hundred on, one that moves is a percent at most; all the same is not said to be certain."""
    found = compare_live([pair(n, (A, 700.0, 0.01), (A, 700.0, 0.01)) for n in range(count)], {})
    assert found.is_small is is_small
    assert (found.agreement.share, found.agreement.high) == (1.0, 1.0)
    assert 0.95 < found.agreement.low < 0.97
