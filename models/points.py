"""The served form of every model: one step function of points per feature, added up.

score = base + sum of points, unclipped; 600 points are odds of 30 good to 1 bad, 40 points double the odds, higher is
better. Prediction and explanation are the same lookup, so the reasons cannot disagree with the score.

Base and points are multiples of 2**-30 with magnitude under 2**16: their float sums are exact in every order, on every
machine and in every language, and the JSON text carries them bit for bit. PD follows from the score alone.
"""

import msgspec


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """What one feature adds to the score."""

    feature: str
    value: float | None
    """Rounded to the declared precision; null is missing."""
    bin: int | None
    """Index of the bin that was hit; null for missing."""
    points: float


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """One prediction with its complete explanation."""

    score: float
    pd: float
    """Probability of default in the performance window, 0..1."""
    log_odds: float
    """Natural logarithm of the odds of bad."""
    base: float
    contributions: tuple[Contribution, ...]
    """All features of the model, in catalogue order; base plus their points is exactly the score."""
