"""Wire types of portfolios."""

from typing import Literal

import msgspec

from scoring.api.schemas.amounts import Money
from scoring.api.schemas.problems import Problem
from scoring.decisions.decision import Verdict
from scoring.store.jobs import PortfolioState

RowState = Literal["waiting", "running", "done", "failed", "cancelled", "expired", "refused"]


class PortfolioResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Applications of one file, and how far they have come."""

    portfolio_id: str
    name: str | None
    state: PortfolioState
    priority: int
    rows: int
    """Lines of the file; 0 until all are stored."""
    counts: dict[RowState, int]
    """Rows by state; `refused` are lines that are no application. Rows of erased borrowers are in none."""
    created_at: str
    ended_at: str | None
    expires_at: str
    """When it is given up, and applications that were not decided on deleted."""
    rests_until: str | None
    """When it goes on, because the quota of the key was used up."""
    links: dict[str, str]


class PortfolioList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of portfolios, newest first."""

    items: list[PortfolioResponse]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last."""


class EarlierResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The newest decision on a borrower from before its portfolio was accepted."""

    decision_id: str
    created_at: str
    verdict: Verdict
    recommendation: Verdict
    score: float | None
    grade: str | None


class PortfolioRowResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a portfolio, and what became of it."""

    line: int
    state: RowState
    borrower_ref: str | None
    """Null where the line is no application."""
    job_id: str | None
    decision_id: str | None
    ended_at: str | None
    verdict: Verdict | None
    recommendation: Verdict | None
    score: float | None
    pd: float | None
    grade: str | None
    limit: Money | None
    annual_rate_percent: str | None
    causes: list[str]
    """Codes of what stands against approval."""
    before: EarlierResponse | None
    problem: Problem | None
    """Of a row that failed or was refused: what `POST /v1/decisions` would have been answered with."""
    links: dict[str, str]
    """`decision` of a row that is done."""


class PortfolioRowList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of lines, in the order of the file."""

    items: list[PortfolioRowResponse]
    next_after: int | None
    """Give it as `after` for the next page; null on the last."""


class ScoreDistribution(msgspec.Struct, frozen=True, kw_only=True):
    """How scores are distributed."""

    count: int
    lowest: float
    lower_quartile: float
    median: float
    upper_quartile: float
    highest: float
    mean: float
    bands: dict[str, int]
    """Rows by the lowest score of their band of 50 points."""


class SwapSet(msgspec.Struct, frozen=True, kw_only=True):
    """Decided rows against the decision on the same borrower from before the portfolio."""

    compared: int
    moved: int
    """Of these, with another verdict."""
    new: int
    """Decided rows whose borrower had no decision before."""
    not_decided: int
    """Rows that ended without a decision, whose borrower had one before."""
    verdicts: dict[str, int]
    """By `from>to`."""
    recommendations: dict[str, int]
    """The same of what model and policy say, whoever acts on it."""
    score_change: float | None
    """The mean of rows with both scores."""


class BothLanguages(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence in both languages."""

    de: str
    en: str


class PortfolioSummaryResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a portfolio so far."""

    portfolio_id: str
    state: PortfolioState
    counts: dict[RowState, int]
    verdicts: dict[Verdict, int]
    recommendations: dict[Verdict, int]
    grades: dict[str, int]
    scores: ScoreDistribution | None
    causes: dict[str, int]
    """Against approval, the most frequent first; a row may have several."""
    sole_causes: dict[str, int]
    """The same of rows that have no other cause."""
    swaps: SwapSet
    text: BothLanguages
