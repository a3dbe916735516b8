"""The same applications under what was in force and under a candidate: who moves, why, and what it would cost."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Final

import msgspec

from scoring.decisions.decision import Assessment, Terms, Verdict

ORDER: Final = (Verdict.APPROVE, Verdict.REFER, Verdict.DECLINE)


class LeftOut(StrEnum):
    """Why an application cannot be decided again under a candidate."""

    NO_REPLAY = "no-replay"
    """About: the fields that differ."""
    TERMS = "terms"
    """About: the field of the application that the candidate does not take."""
    NOT_FETCHED = "not-fetched"
    """About: the lists that the candidate reads and that were not fetched."""
    PERSONS_BANK_DATA = "persons-bank-data"
    HISTORY = "history"
    """About: the months that the candidate looks back, and those that were fetched."""
    ROW_LACKS_FEATURES = "row-lacks-features"
    """About: the features without a recorded value; this and the next three where the snapshot is gone."""
    ROW_LACKS_BORROWINGS = "row-lacks-borrowings"
    ROW_LACKS_READINGS = "row-lacks-readings"
    ROW_LACKS_CASH = "row-lacks-cash"
    SNAPSHOT = "snapshot"
    RECORD_CHANGED = "record-changed"
    ERASED = "erased"
    NEWER = "newer"
    NOT_DECRYPTED = "not-decrypted"
    NOT_SERVED = "not-served"


class Concluded(msgspec.Struct, frozen=True, kw_only=True):
    """What one policy and one model make of an application."""

    recommendation: Verdict
    verdict: Verdict
    score: float | None
    pd: float | None
    grade: str | None
    limit_cents: int | None
    exposure_cents: int
    """The amount asked for, where it is recommended to approve; else 0."""
    expected_loss_cents: int
    """Exposure times probability of default times loss given default."""
    causes: tuple[str, ...]


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One application, twice."""

    decision_id: str
    product: str
    amount_cents: int
    made_from: str
    """``snapshot``, or ``row`` where the snapshot is gone."""
    before: Concluded
    after: Concluded

    @property
    def moves(self) -> bool:
        """Whether another recommendation comes out."""
        return self.before.recommendation is not self.after.recommendation

    @property
    def why(self) -> tuple[str, ...]:
        """The causes on one side alone: ``+`` those that come, ``-`` those that go."""
        old, new = set(self.before.causes), set(self.after.causes)
        come = tuple(f"+{code}" for code in self.after.causes if code not in old)
        return come + tuple(f"-{code}" for code in self.before.causes if code not in new)


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """All applications under one policy and one model."""

    recommended: dict[Verdict, int]
    acted_on: dict[Verdict, int]
    """By verdict: what a natural person's law or a simulated model leaves to a person is referred here."""
    exposure_cents: int
    expected_loss_cents: int

    def share(self, verdict: Verdict) -> float:
        """Of all applications, those recommended so."""
        count = sum(self.recommended.values())
        return self.recommended[verdict] / count if count else 0.0


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides, and what moves between them."""

    count: int
    before: Side
    after: Side
    swaps: dict[str, int]
    """Applications by ``from>to`` of the recommendation."""
    causes: dict[str, int]
    """Of those that move, by cause that comes (+) or goes (-), the most frequent first."""


def concluded(assessment: Assessment, terms: Terms, loss_given_default: float) -> Concluded:
    """The part of an assessment that is compared.

    Args:
        assessment: of one application.
        terms: what it asks for.
        loss_given_default: share of the exposure that a default costs, 0 to 1.
    """
    is_approved = assessment.recommendation is Verdict.APPROVE
    exposure = terms.amount_cents if is_approved else 0
    loss = exposure * Fraction(repr(loss_given_default)) * Fraction(assessment.pd or 0.0)
    return Concluded(
        recommendation=assessment.recommendation,
        verdict=assessment.verdict,
        score=assessment.score,
        pd=assessment.pd,
        grade=assessment.grade,
        limit_cents=None if assessment.offer is None else assessment.offer.limit_cents,
        exposure_cents=exposure,
        expected_loss_cents=round(loss),
        causes=tuple(cause.code for cause in assessment.causes),
    )


def summarise(pairs: Sequence[Pair]) -> Summary:
    """Add up."""
    moving = [pair for pair in pairs if pair.moves]
    return Summary(
        count=len(pairs),
        before=_side([pair.before for pair in pairs]),
        after=_side([pair.after for pair in pairs]),
        swaps={
            f"{old}>{new}": sum(
                1 for pair in moving if (pair.before.recommendation, pair.after.recommendation) == (old, new)
            )
            for old in ORDER
            for new in ORDER
            if old is not new
        },
        causes=dict(Counter(code for pair in moving for code in pair.why).most_common()),
    )


def by(pairs: Iterable[Pair], name: str) -> Mapping[str, Summary]:
    """The same by ``product``, or by ``grade`` under what was in force; in the order of the names."""
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        value = pair.product if name == "product" else pair.before.grade or "-"
        groups.setdefault(value, []).append(pair)
    return {value: summarise(groups[value]) for value in sorted(groups)}


def _side(found: Sequence[Concluded]) -> Side:
    return Side(
        recommended={verdict: sum(one.recommendation is verdict for one in found) for verdict in ORDER},
        acted_on={verdict: sum(one.verdict is verdict for one in found) for verdict in ORDER},
        exposure_cents=sum(one.exposure_cents for one in found),
        expected_loss_cents=sum(one.expected_loss_cents for one in found),
    )
