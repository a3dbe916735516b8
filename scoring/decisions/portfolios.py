"""What became of a portfolio, counted: verdicts, grades and scores, and who moved since each borrower's last decision.

Facts that were stored when each row ended; words are rendered elsewhere.
"""

from collections import Counter
from collections.abc import Iterable
from statistics import fmean, quantiles
from typing import Final

import msgspec

from scoring.decisions.comparison import ORDER
from scoring.decisions.decision import Decision, Verdict

BAND: Final = 50
"""Points of the score in one band of the distribution."""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """The newest decision on a borrower from before its portfolio was accepted."""

    decision_id: str
    created_at: str
    verdict: Verdict
    recommendation: Verdict
    score: float | None
    grade: str | None
    """Null without a score, and where its record was erased."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What of a decision is counted and listed."""

    verdict: Verdict
    recommendation: Verdict
    score: float | None
    pd: float | None
    grade: str | None
    limit_cents: int | None
    annual_rate_bps: int | None
    causes: tuple[str, ...]


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a portfolio."""

    state: str
    outcome: Outcome | None
    before: Earlier | None
    """None where the borrower had no decision, or the row has not ended."""


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """How scores are distributed."""

    count: int
    lowest: float
    lower_quartile: float
    median: float
    upper_quartile: float
    highest: float
    mean: float
    bands: dict[int, int]
    """Rows by the lowest score of their band, without gaps."""


class Swaps(msgspec.Struct, frozen=True, kw_only=True):
    """Decided rows whose borrower had a decision before."""

    compared: int
    new: int
    """Decided rows whose borrower had none."""
    not_decided: int
    """Borrowers that had a decision, and whose row ended without one now."""
    verdicts: dict[str, int]
    """By ``from>to``, those that stay among them."""
    recommendations: dict[str, int]
    """The same of what model and policy say, whoever acts on it."""
    score_change: float | None
    """The mean, of rows with both scores; null without any."""

    @property
    def moves(self) -> dict[str, int]:
        """Rows by ``from>to`` of their verdict, those alone that moved."""
        stays = {f"{one}>{one}" for one in ORDER}
        return {name: count for name, count in self.verdicts.items() if count and name not in stays}

    @property
    def moved(self) -> int:
        """Rows with another verdict than before."""
        return sum(self.moves.values())


class PortfolioSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A whole portfolio, as far as it has come."""

    states: dict[str, int]
    verdicts: dict[Verdict, int]
    recommendations: dict[Verdict, int]
    grades: dict[str, int]
    """Of rows with a score, in the order of the names."""
    scores: Scores | None
    """Null without any."""
    causes: dict[str, int]
    """Against approval, the most frequent first; a row may have several."""
    sole_causes: dict[str, int]
    """The same of rows that have no other."""
    swaps: Swaps


def outcome_of(decision: Decision) -> Outcome:
    """The part of a decision that is counted."""
    made = decision.assessment
    return Outcome(
        verdict=made.verdict,
        recommendation=made.recommendation,
        score=made.score,
        pd=made.pd,
        grade=made.grade,
        limit_cents=None if made.offer is None else made.offer.limit_cents,
        annual_rate_bps=None if made.offer is None else made.offer.annual_rate_bps,
        causes=tuple(cause.code for cause in made.causes),
    )


def summarise(rows: Iterable[Counted]) -> PortfolioSummary:
    """Count rows; what has not ended counts by its state alone."""
    states, verdicts, recommendations = Counter[str](), Counter[Verdict](), Counter[Verdict]()
    grades, causes, sole = Counter[str](), Counter[str](), Counter[str]()
    acted, said = Counter[str](), Counter[str]()
    scores: list[float] = []
    changes: list[float] = []
    new = not_decided = 0
    for row in rows:
        states[row.state] += 1
        now, before = row.outcome, row.before
        if now is None:
            not_decided += before is not None
            continue
        verdicts[now.verdict] += 1
        recommendations[now.recommendation] += 1
        causes.update(now.causes)
        sole.update(now.causes if len(now.causes) == 1 else ())
        if now.grade is not None:
            grades[now.grade] += 1
        if now.score is not None:
            scores.append(now.score)
        if before is None:
            new += 1
            continue
        acted[f"{before.verdict}>{now.verdict}"] += 1
        said[f"{before.recommendation}>{now.recommendation}"] += 1
        if now.score is not None and before.score is not None:
            changes.append(now.score - before.score)
    return PortfolioSummary(
        states=dict(states),
        verdicts={one: verdicts[one] for one in ORDER},
        recommendations={one: recommendations[one] for one in ORDER},
        grades={name: grades[name] for name in sorted(grades)},
        scores=_distribution(scores),
        causes=_most_first(causes),
        sole_causes=_most_first(sole),
        swaps=Swaps(
            compared=acted.total(),
            new=new,
            not_decided=not_decided,
            verdicts=_matrix(acted),
            recommendations=_matrix(said),
            score_change=fmean(changes) if changes else None,
        ),
    )


def _distribution(scores: list[float]) -> Scores | None:
    if not scores:
        return None
    lower, median, upper = quantiles(scores, n=4, method="inclusive") if len(scores) > 1 else (scores[0],) * 3
    bands = Counter(int(score // BAND) * BAND for score in scores)
    return Scores(
        count=len(scores),
        lowest=min(scores),
        lower_quartile=lower,
        median=median,
        upper_quartile=upper,
        highest=max(scores),
        mean=fmean(scores),
        bands={start: bands[start] for start in range(min(bands), max(bands) + BAND, BAND)},
    )


def _most_first(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _matrix(moves: Counter[str]) -> dict[str, int]:
    return {f"{old}>{new}": moves[f"{old}>{new}"] for old in ORDER for new in ORDER}
