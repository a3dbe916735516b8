"""Quality of the data of one borrower, 0 to 100, with what costs most of it.

Each flag costs nothing up to one value and its whole weight from another on, and in between in proportion. The score is
what is left of the weight of the flags that have a value: a missing flag lowers the confidence, not the score. So the
score never rises when a flag gets worse, and the more is known, the more it says.

It says how far the books can be relied on. It says nothing on whether the firm pays, and no model or policy reads it.
"""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Final

import msgspec


class Part(StrEnum):
    """What a flag is about."""

    COMPLETENESS = "completeness"
    """Whether all is there: history, bank data, documents."""
    ACCURACY = "accuracy"
    """Whether the bank shows what the books say."""
    CONSISTENCY = "consistency"
    """Whether the books fit together."""
    PRESENTATION = "presentation"
    """Whether documents say what they are about."""
    PRACTICE = "practice"
    """Whether the books are kept in time and cannot be changed unnoticed."""


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the quality a feature can cost."""

    part: Part
    weight: int
    """Points that it costs at most."""
    good: float
    """The value up to which it costs nothing."""
    bad: float
    """The value from which on it costs all: below ``good`` where lower is worse."""

    def lost(self, value: float) -> Fraction:
        """The share of its weight that a value costs, 0 to 1."""
        good, bad = Fraction(repr(self.good)), Fraction(repr(self.bad))
        return min(Fraction(1), max(Fraction(0), (Fraction(repr(value)) - good) / (bad - good)))


def _flag(part: Part, weight: int, good: float, bad: float) -> Flag:
    return Flag(part=part, weight=weight, good=good, bad=bad)


FLAGS: Final[Mapping[str, Flag]] = MappingProxyType(
    {
        "trust_history_months_v2": _flag(Part.COMPLETENESS, 8, 24.0, 3.0),
        "trust_bank_feed_share_12m_v2": _flag(Part.COMPLETENESS, 10, 0.95, 0.3),
        "trust_bank_line_age_days_v2": _flag(Part.COMPLETENESS, 6, 4.0, 30.0),
        "trust_assumed_due_share_12m_v2": _flag(Part.COMPLETENESS, 3, 0.1, 0.8),
        "trust_missing_scan_share_12m_v2": _flag(Part.COMPLETENESS, 4, 0.1, 0.8),
        "trust_paid_without_inflow_share_12m_v2": _flag(Part.ACCURACY, 12, 0.05, 0.5),
        "trust_bank_match_share_12m_v2": _flag(Part.ACCURACY, 8, 0.9, 0.4),
        "trust_unexplained_inflow_share_12m_v2": _flag(Part.ACCURACY, 6, 0.1, 0.6),
        "trust_repeated_invoice_share_12m_v2": _flag(Part.ACCURACY, 4, 0.05, 0.4),
        "trust_sales_inflow_ratio_12m_v2": _flag(Part.CONSISTENCY, 8, 1.15, 2.0),
        "trust_round_trip_share_12m_v2": _flag(Part.CONSISTENCY, 4, 0.02, 0.3),
        "trust_number_gap_share_12m_v2": _flag(Part.CONSISTENCY, 4, 0.01, 0.2),
        "trust_credit_after_peak_share_12m_v2": _flag(Part.CONSISTENCY, 4, 0.1, 0.6),
        "trust_wordless_invoice_share_12m_v2": _flag(Part.PRESENTATION, 3, 0.02, 0.5),
        "trust_blank_bill_share_12m_v2": _flag(Part.PRESENTATION, 2, 0.05, 0.5),
        "trust_backdated_share_12m_v2": _flag(Part.PRACTICE, 4, 0.02, 0.4),
        "trust_edited_invoice_share_12m_v2": _flag(Part.PRACTICE, 3, 0.02, 0.2),
        "trust_locked_share_12m_v2": _flag(Part.PRACTICE, 2, 0.9, 0.3),
        "trust_unbooked_share_31_90d_v2": _flag(Part.PRACTICE, 1, 0.2, 0.7),
        "trust_unbooked_share_12m_v2": _flag(Part.PRACTICE, 2, 0.02, 0.4),
        "trust_closed_books_age_months_v2": _flag(Part.PRACTICE, 2, 2.0, 7.0),
    }
)
"""Feature to what it costs. Weights add up to 100; docs/features.md says why they are what they are."""

CAUSES: Final = 3
"""That are named."""
FEWEST_POINTS: Final = 40
"""Of weight that must be known for a score."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """A flag that costs quality."""

    feature: str
    part: Part
    value: float
    points: float
    """What it takes off the score, rounded to one decimal."""


class PartScore(msgspec.Struct, frozen=True, kw_only=True):
    """The score of the flags of one part."""

    part: Part
    score: int | None
    """None where none of its flags has a value."""


class Unavailable(msgspec.Struct, frozen=True, kw_only=True):
    """A flag without a value."""

    feature: str
    cause: str
    weight: int
    """By which the confidence is lower."""


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """The quality of the data of one borrower."""

    score: int | None
    """0 to 100, rounded down: 100 is flawless. None where too little is known."""
    confidence: int
    """Percent of the weight of all flags that is known."""
    causes: tuple[Cause, ...]
    """At most ``CAUSES``, those that cost most first."""
    parts: tuple[PartScore, ...]
    unavailable: tuple[Unavailable, ...]
    """In the order of ``FLAGS``."""


def quality_of(row: Mapping[str, float | None], missing: Mapping[str, str]) -> Quality:
    """Score the quality of the data.

    Args:
        row: feature to its value, null where it is missing.
        missing: feature to the cause of its absence.
    """
    values = {name: value for name in FLAGS if (value := row.get(name)) is not None}
    lost = {name: FLAGS[name].weight * FLAGS[name].lost(value) for name, value in values.items()}
    known = sum(FLAGS[name].weight for name in values)
    # By points, then in the order of the table.
    ordered = sorted((name for name in lost if lost[name]), key=lambda name: -lost[name])
    return Quality(
        score=_score(lost) if known >= FEWEST_POINTS else None,
        confidence=100 * known // sum(flag.weight for flag in FLAGS.values()),
        causes=tuple(
            Cause(
                feature=name,
                part=FLAGS[name].part,
                value=values[name],
                points=float(round(100 * lost[name] / known, 1)),
            )
            for name in ordered[:CAUSES]
        ),
        parts=tuple(
            PartScore(part=part, score=_score({name: cost for name, cost in lost.items() if FLAGS[name].part is part}))
            for part in Part
        ),
        unavailable=tuple(
            Unavailable(feature=name, cause=missing[name], weight=FLAGS[name].weight)
            for name in FLAGS
            if name not in values and name in missing
        ),
    )


def _score(lost: Mapping[str, Fraction]) -> int | None:
    known = sum(FLAGS[name].weight for name in lost)
    return int(100 * (known - sum(lost.values())) / known) if known else None
