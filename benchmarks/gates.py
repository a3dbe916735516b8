"""How often the calibration gates pass models that are right, and models that are not, by how many bads there are.

    python benchmarks/gates.py            300 validations for each line of the ratio, 40 of the slope
    python benchmarks/gates.py --quick    30 and 4

Firms are drawn with log-odds around -2.6 (standard deviation 1.2), one row each. Outcomes come true by probabilities
that are a stated factor away from the predicted ones, or with a stated slope. Each gate is that of ``models.gates``;
beside it stands what it was until 0.7, which looked at the value alone.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import machine, table, versions
from models import metrics
from models.gates import gates
from models.records import Estimate, Figures

DRAWS = 100
BADS = (150, 300)
RATIOS = (("right", 1.0), ("a third too many bads", 1.333), ("half too many", 1.5), ("a third too few", 0.667))
SLOPES = (("right", 1.0), ("slope 0.8", 0.8), ("slope 0.6", 0.6))
SURE = Estimate(value=1.0, low=1.0, high=1.0)


def ratio_of(random: np.random.Generator, bads: int, factor: float) -> Estimate:
    """Observed over expected of one validation with about as many bads."""
    rows = round(bads / (0.109 * factor))
    predicted = 1 / (1 + np.exp(-random.normal(-2.6, 1.2, rows)))
    is_bad = random.random(rows) < np.minimum(factor * predicted, 1.0)
    statistic = metrics.observed_to_expected(predicted, is_bad)
    return metrics.estimate(statistic, rows, metrics.draws_of(np.arange(rows), DRAWS))


def slope_of(random: np.random.Generator, bads: int, slope: float) -> Estimate:
    """Calibration slope of one validation with about as many bads."""
    rows = round(bads / 0.1)
    log_odds = random.normal(-2.6, 1.2, rows)
    is_bad = random.random(rows) < 1 / (1 + np.exp(-(slope * (log_odds + 2.6) - 2.6)))
    return metrics.calibration(log_odds, is_bad, np.ones(rows), metrics.draws_of(np.arange(rows), DRAWS))[0]


def is_passed(*, slope: Estimate = SURE, ratio: Estimate = SURE) -> bool:
    """Whether the gates pass."""
    other = Estimate(value=0.8, low=0.78, high=0.82)
    figures = Figures(
        rows=5_000,
        bads=500,
        bad_rate=0.1,
        mean_pd=0.1,
        auc=other,
        gini=other,
        ks=other,
        brier=other,
        observed_to_expected=ratio,
        calibration_slope=slope,
        calibration_intercept=other,
        bad_borrowers=500,
    )
    return all(gate.passed for gate in gates(figures, psi=0.0, psi_noise=0.0, difference=0.0, violations=0))


def main() -> None:
    """Print the shares that pass."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the validations")
    scale = 1 if parser.parse_args().quick else 10
    rows = []
    for bads in BADS:
        for name, factor in RATIOS:
            random = np.random.default_rng(7)
            found = [ratio_of(random, bads, factor) for _ in range(30 * scale)]
            now = np.mean([is_passed(ratio=one) for one in found])
            before = np.mean([0.75 <= one.value <= 1.33 for one in found])
            rows.append(["observed_to_expected", name, str(bads), f"{now:.0%}", f"{before:.0%}"])
            print(*rows[-1], file=sys.stderr, flush=True)
        for name, slope in SLOPES:
            random = np.random.default_rng(7)
            found = [slope_of(random, bads, slope) for _ in range(4 * scale)]
            now = np.mean([is_passed(slope=one) for one in found])
            before = np.mean([0.8 <= one.value <= 1.25 for one in found])
            rows.append(["calibration_slope", name, str(bads), f"{now:.0%}", f"{before:.0%}"])
            print(*rows[-1], file=sys.stderr, flush=True)
    print(f"{machine()}, {versions()}\n")
    print(table(["gate", "model", "bads", "passes", "passed until 0.7"], rows))


if __name__ == "__main__":
    main()
