"""The conditions of promotion: what is asked of a model that was trained, and whether its figures say so.

The bounds stand here and in no file, so a manifest cannot ask less of itself.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import inf
from types import MappingProxyType
from typing import Final

from features.feature import Risk
from models.points import PointsTable
from models.records import Figures, Gate, Validation
from models.steps import RESOLUTION, PairSteps

EQUALITY_GATE: Final = "table_equals_estimator"


def gates(
    out_of_time: Figures, *, psi: float, psi_noise: float, difference: float, violations: float
) -> tuple[Gate, ...]:
    """The conditions of promotion, with what was found.

    Calibration is judged by both ends of its interval, so that few bads never make a model pass. Only the sign of a
    leak in the AUC is judged by its lower end: nobody is refused for a leak that may be chance. Several bad rows of one
    firm are one firm that went bad.
    """
    bads = float("nan") if out_of_time.bad_borrowers is None else out_of_time.bad_borrowers
    return (
        _gate("out_of_time_bads", "firms with a bad out of time, so that the figures mean something", bads, low=150),
        _gate("out_of_time_auc_low", "lower end of the interval of the AUC out of time", out_of_time.auc.low, low=0.65),
        _gate(
            "out_of_time_auc",
            "lower end of the same interval: surely above this, look for a leak of the outcome first",
            out_of_time.auc.low,
            high=0.90,
        ),
        _gate(
            "calibration_slope",
            "lower end of the slope of the outcome on the log-odds out of time: surely not too extreme",
            out_of_time.calibration_slope.low,
            low=0.7,
        ),
        _gate(
            "calibration_slope_high",
            "upper end of the same interval: surely not too flat",
            out_of_time.calibration_slope.high,
            high=1.4,
        ),
        _gate(
            "observed_to_expected",
            "upper end of bads over the sum of their probabilities out of time: surely not many more than said",
            out_of_time.observed_to_expected.high,
            high=1.33,
        ),
        _gate(
            "observed_to_expected_low",
            "lower end of the same interval: surely not far fewer than said",
            out_of_time.observed_to_expected.low,
            low=0.65,
        ),
        _gate(
            "population_stability",
            "PSI of the score, training part to out of time; few firms may reach what chance alone explains",
            psi,
            high=max(0.25, psi_noise),
        ),
        _gate("wrong_steps", "steps of the table against the declared direction of risk", violations, high=0),
        _gate(EQUALITY_GATE, "largest distance of table and estimator, in log-odds", difference, high=1e-9),
    )


def gates_until_0_7(
    out_of_time: Figures, *, psi: float, psi_noise: float, difference: float, violations: float
) -> tuple[Gate, ...]:
    """The same for versions that were measured before 0.8: they keep the gates of their time."""
    ratio, slope = out_of_time.observed_to_expected, out_of_time.calibration_slope
    return (
        _gate("out_of_time_bads", "bads out of time", out_of_time.bads, low=150),
        _gate("out_of_time_auc_low", "lower end of the AUC out of time", out_of_time.auc.low, low=0.65),
        _gate("out_of_time_auc", "AUC out of time", out_of_time.auc.value, high=0.90),
        _gate("calibration_slope", "slope out of time", slope.value, low=0.8, high=1.25),
        _gate("observed_to_expected", "observed over expected out of time", ratio.value, low=0.75, high=1.33),
        _gate("population_stability", "PSI of the score", psi, high=max(0.25, psi_noise)),
        _gate("wrong_steps", "steps against the declared direction", violations, high=0),
        _gate(EQUALITY_GATE, "distance of table and estimator", difference, high=1e-9),
    )


def is_until_0_7(validation: Validation) -> bool:
    """Whether a model was measured before 0.8, which counts firms with a bad and names the training record."""
    return validation.out_of_time.bad_borrowers is None and validation.training_sha256 is None


def contradicted(validation: Validation, violations: int) -> tuple[str, ...]:
    """Names of gates that do not follow from the figures beside them, are missing, unknown or told twice.

    A gate that says that it is failed is believed, whatever the figures say.

    Args:
        validation: With its gates.
        violations: As ``wrong_steps`` counts them in the table.
    """
    told = {gate.name: gate for gate in validation.gates}
    make = gates_until_0_7 if is_until_0_7(validation) else gates
    derived = {
        gate.name: gate
        for gate in make(
            validation.out_of_time,
            psi=validation.stability.psi,
            psi_noise=validation.stability.noise,
            difference=validation.table_difference,
            violations=violations,
        )
    }
    twice = len(told) != len(validation.gates)
    return tuple(
        sorted(
            name
            for name in told.keys() | derived.keys()
            if twice or name not in told or name not in derived or not _agrees(told[name], derived[name])
        )
    )


def _agrees(told: Gate, derived: Gate) -> bool:
    same = (told.at_least, told.at_most) == (derived.at_least, derived.at_most)
    return same and (not told.passed or (derived.passed and told.value == derived.value))


def wrong_steps(
    table: PointsTable, directions: Mapping[str, Risk], special: Mapping[str, frozenset[float]] = MappingProxyType({})
) -> int:
    """Steps of a table that go against the declared direction of risk, and missing values that earn points.

    A step of a feature with pairs is that of its own points and of theirs, beside the worst bin of each partner,
    missing included. Each of these points was rounded by itself, so less than their last digits is no step.

    Args:
        table: The points.
        directions: By feature.
        special: By feature the values whose bin follows no direction; a feature of the catalogue has none.
    """
    wrong = 0
    for feature in table.features:
        risk, apart = int(directions[feature.name]), special.get(feature.name, frozenset())
        bins = zip([-inf, *feature.edges], feature.points, strict=True)
        ordered = [(low, one) for low, one in bins if low not in apart]
        steps = [risk * (right - left) for (_, left), (_, right) in pairwise(ordered)]
        last_digits = 0.0
        for pair in table.pairs:
            if feature.name in (pair.first, pair.second):
                worst = _worst_steps(pair, feature.name, risk, [low for low, _ in ordered])
                steps = [step + more for step, more in zip(steps, worst, strict=True)]
                last_digits = (last_digits or RESOLUTION) + RESOLUTION
        wrong += sum(step > last_digits for step in steps)
        wrong += feature.missing_points > 0.0
    return wrong


def _worst_steps(pair: PairSteps, feature: str, risk: int, lows: Sequence[float]) -> Iterator[float]:
    """What a pair adds against the direction of a feature from bin to bin, beside the worst bin of the partner."""
    edges, lines = (
        (pair.first_edges, pair.points)
        if feature == pair.first
        else (pair.second_edges, tuple(zip(*pair.points, strict=True)))
    )
    for beside in pairwise(lines[bisect_right(edges, low)] for low in lows):
        yield max(risk * (right - left) for left, right in zip(*beside, strict=True))


def holds(gate: Gate) -> bool:
    """Whether what was found is within what was asked; a gate that asks nothing is not passed."""
    # written so that NaN fails
    if gate.at_least is None and gate.at_most is None:
        return False
    is_high_enough = gate.at_least is None or gate.value >= gate.at_least
    return is_high_enough and (gate.at_most is None or gate.value <= gate.at_most)


def _gate(name: str, meaning: str, value: float, *, low: float | None = None, high: float | None = None) -> Gate:
    # Written so that NaN fails.
    passed = (low is None or value >= low) and (high is None or value <= high)
    return Gate(name=name, meaning=meaning, at_least=low, at_most=high, value=float(value), passed=passed)
