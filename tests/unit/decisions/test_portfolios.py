"""The summary of a portfolio: a literal table, and what holds of any."""

from hypothesis import given
from hypothesis import strategies as st

from scoring.decisions.comparison import ORDER
from scoring.decisions.decision import Verdict
from scoring.decisions.portfolios import BAND, Counted, Earlier, Outcome, summarise
from scoring.texts.portfolios import summary_text

APPROVE, REFER, DECLINE = ORDER


def now(verdict: Verdict, score: float | None = None, grade: str | None = None, *causes: str) -> Outcome:
    """A decision of a portfolio."""
    return Outcome(
        verdict=verdict,
        recommendation=verdict,
        score=score,
        pd=None,
        grade=grade,
        limit_cents=None,
        annual_rate_bps=None,
        causes=causes,
    )


def before(verdict: Verdict, score: float | None = None) -> Earlier:
    """The decision before it."""
    return Earlier(decision_id="dec", created_at="", verdict=verdict, recommendation=verdict, score=score, grade=None)


ROWS = [
    Counted(state="done", outcome=now(APPROVE, 650.0, "B"), before=before(REFER, 600.0)),
    Counted(state="done", outcome=now(APPROVE, 699.9, "A"), before=before(APPROVE, 709.9)),
    Counted(state="done", outcome=now(DECLINE, 549.0, "D", "SCORE", "LIMIT"), before=before(APPROVE)),
    Counted(state="done", outcome=now(REFER, None, None, "LIMIT"), before=None),
    Counted(state="failed", outcome=None, before=before(APPROVE)),
    Counted(state="refused", outcome=None, before=None),
    Counted(state="waiting", outcome=None, before=None),
]


def test_a_summary_counts_what_became_of_each_row() -> None:
    """By hand."""
    found = summarise(ROWS)
    assert found.states == {"done": 4, "failed": 1, "refused": 1, "waiting": 1}
    assert found.verdicts == {APPROVE: 2, REFER: 1, DECLINE: 1}
    assert found.grades == {"A": 1, "B": 1, "D": 1}
    assert (found.causes, found.sole_causes) == ({"LIMIT": 2, "SCORE": 1}, {"LIMIT": 1})
    assert found.scores is not None
    assert found.scores.bands == {500: 1, 550: 0, 600: 0, 650: 2}
    assert (found.scores.lowest, found.scores.median, found.scores.highest) == (549.0, 650.0, 699.9)
    assert (found.swaps.compared, found.swaps.new, found.swaps.not_decided, found.swaps.moved) == (3, 1, 1, 2)
    assert found.swaps.moves == {"approve>decline": 1, "refer>approve": 1}
    assert found.swaps.score_change == 20.0
    assert summary_text(found).en == (
        "Decided: 4 of 7 rows. Approve 2, Refer 1, Decline 1. Without a decision: 1 wait, 1 failed, 1 not readable. "
        "Against the decision before: 2 of 3 differ, 1 had none. Approve → Decline 1, Refer → Approve 1."
    )


def test_an_empty_portfolio_has_nothing_to_compare() -> None:
    """No score, no quartile, no move."""
    found = summarise([])
    assert (found.scores, found.swaps.score_change, found.swaps.moved) == (None, None, 0)
    assert summary_text(found).de == "Entschieden: 0 von 0 Zeilen."


_VERDICTS = st.sampled_from(ORDER)
_SCORES = st.none() | st.floats(0, 1000)
_ROWS = st.lists(
    st.builds(
        Counted,
        state=st.sampled_from(["done", "failed"]),
        outcome=st.none() | st.builds(now, _VERDICTS, _SCORES, st.none() | st.sampled_from("ABC")),
        before=st.none() | st.builds(before, _VERDICTS, _SCORES),
    )
)


@given(_ROWS)
def test_every_row_is_counted_once_in_each_distribution(rows: list[Counted]) -> None:
    """Whatever the order; bands have no gaps."""
    found = summarise(rows)
    decided = sum(row.outcome is not None for row in rows)
    assert sum(found.states.values()) == len(rows)
    assert sum(found.verdicts.values()) == sum(found.recommendations.values()) == decided
    assert sum(found.swaps.verdicts.values()) == found.swaps.compared == decided - found.swaps.new
    assert summarise(reversed(rows)).swaps.verdicts == found.swaps.verdicts
    if found.scores is not None:
        assert sum(found.scores.bands.values()) == found.scores.count
        assert list(found.scores.bands) == list(range(min(found.scores.bands), max(found.scores.bands) + 1, BAND))
        assert found.scores.lowest <= found.scores.median <= found.scores.highest
