"""Votes and cases for tests of reports."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from case_builders import subject

from scoring.base.identifiers import instant
from scoring.decisions.cases import Facts, Opened, ReviewReason, Step, Then, Voted
from scoring.decisions.cast_votes import CastVote, Place
from scoring.decisions.decision import Verdict

BEGAN = datetime(2026, 9, 1, 8, tzinfo=UTC)


def cast(by: str = "a", on: date = date(2026, 9, 15), **changes: Any) -> CastVote:  # noqa: ANN401  fields of a vote
    """A first vote that approves what the machine would approve, ten minutes after the claim."""
    values: dict[str, Any] = {
        "by": by,
        "name": by,
        "on": on,
        "product": "working_capital",
        "place": Place.FIRST,
        "verdict": Verdict.APPROVE,
        "reason": ReviewReason.AS_RECOMMENDED,
        "recommendation": Verdict.APPROVE,
        "is_override": False,
        "had_opened": True,
        "is_late": False,
        "result": Verdict.APPROVE,
        "agreement": None,
        "free_seconds": 3600,
        "review_seconds": 600,
        "whole_seconds": 4200,
        "outcome": None,
    }
    return CastVote(**values | changes)


def steps(*taken: tuple[int, str | None, Facts], **changes: Any) -> list[Step]:  # noqa: ANN401  fields of a subject
    """The steps of a case that is opened at ``BEGAN``, with minutes after that, who, and what."""
    first = Opened(subject=subject(**changes), due_at=instant(BEGAN + timedelta(hours=24)), undecided_days=90)
    return [
        Step(number=number, at=instant(BEGAN + timedelta(minutes=minutes)), by=by, facts=facts)
        for number, (minutes, by, facts) in enumerate([(0, None, first), *taken], start=1)
    ]


def vote(**changes: Any) -> Voted:  # noqa: ANN401  fields of a vote
    """An approval of what was asked for, which decides."""
    values: dict[str, Any] = {
        "verdict": Verdict.APPROVE,
        "reason": ReviewReason.DATA_EXPLAINED,
        "name": "frieda",
        "amount_cents": 2_500_000,
        "term_months": 12,
        "annual_rate_bps": 690,
        "valid_until": date(2026, 10, 14),
        "is_override": False,
        "authority": None,
        "seconds": 600,
        "had_opened": True,
        "then": Then.DECIDED,
    }
    return Voted(**values | changes)
