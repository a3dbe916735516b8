"""How often watching a model tells of a shift that is none, and of one that is there.

    python benchmarks/watching.py            2,000 periods of 200 borrowers for each line
    python benchmarks/watching.py --quick    200 of each

Borrowers are drawn from the model's own training: each feature by its shares per bin, scores by the bands of the later
rows. The shares that they are drawn from differ from the model's as those of another sample of as many firms would.
Recommendations are drawn alike in both periods. Shifted is the largest feature of the model: a share of its borrowers
is moved into its worst bin, or misses its value.
"""

import argparse
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import machine, table, versions
from models.records import TrainingRecord, Validation
from models.registry import ARTIFACTS, Registry, ServedModel
from models.steps import FeatureSteps
from scoring.decisions.decision import Verdict
from scoring.decisions.watching import Counting, watched

BORROWERS = 200
CASES = (
    ("nothing", 0.0, 0.0),
    ("10 % of borrowers in the worst bin of one feature", 0.1, 0.0),
    ("20 %", 0.2, 0.0),
    ("30 %", 0.3, 0.0),
    ("10 % more miss its value", 0.0, 0.1),
    ("20 % more", 0.0, 0.2),
)
MIX = (0.35, 0.4, 0.25)


def drawn(
    random: np.random.Generator, model: ServedModel, shifted: FeatureSteps, worse: float, missing: float
) -> Counting:
    """Borrowers of one period."""
    training, validation = records_of(model)
    found = Counting(scored=BORROWERS)
    for steps in model.table.features:
        shares = another(random, [*steps.shares, steps.missing_share], training.train.borrowers)
        cells = random.choice(len(shares), size=BORROWERS, p=shares)
        if steps.name == shifted.name:
            moved = random.random(BORROWERS)
            cells[moved < worse] = int(np.argmin(steps.points))
            cells[(moved >= worse) & (moved < worse + missing)] = len(shares) - 1
        counts = np.bincount(cells, minlength=len(shares)).tolist()
        found.bins[steps.name] = Counter({None if at == len(shares) - 1 else at: n for at, n in enumerate(counts)})
    bands = sorted(validation.bands, key=lambda one: one.score_from or -np.inf)
    rows = sum(band.rows for band in bands)
    shares = another(random, [band.rows / rows for band in bands], training.out_of_time.borrowers)
    # Each band by its lower edge, which lies in it.
    edges = [-np.inf if band.score_from is None else band.score_from for band in bands]
    found.scores = [float(edges[at]) for at in random.choice(len(edges), size=BORROWERS, p=shares)]
    for verdict, count in zip(Verdict, random.multinomial(BORROWERS, MIX).tolist(), strict=True):
        found.mix[verdict] = count
    return found


def records_of(model: ServedModel) -> tuple[TrainingRecord, Validation]:
    """How the model was trained and validated."""
    training, validation = model.manifest.training, model.manifest.validation
    assert training is not None  # noqa: S101  it was trained
    assert validation is not None  # noqa: S101  the same
    return training, validation


def another(random: np.random.Generator, shares: list[float], firms: int) -> np.ndarray:
    """The shares that the firms that apply have, where the model's were counted on a sample of ``firms`` of them."""
    whole = np.array(shares) / sum(shares)
    sample: np.ndarray = random.multinomial(firms, whole) / firms
    return sample


def main() -> None:
    """Print one line per case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    periods = 200 if asked.quick else 2_000
    model = Registry(root=ARTIFACTS).load("sme", "4")
    training, validation = records_of(model)
    largest = max(model.table.features, key=lambda steps: max(steps.points) - min(steps.points))
    rows = []
    for name, worse, missing in CASES:
        random = np.random.default_rng(5)
        told = named = 0
        for _ in range(periods):
            now, before = (drawn(random, model, largest, *some) for some in ((worse, missing), (0.0, 0.0)))
            found = watched(
                now,
                before,
                model.table,
                training,
                validation,
                (),
                model="sme/4",
                of_other_models=0,
                since=date(2026, 1, 1),
                until=date(2026, 3, 31),
            )
            told += bool(found.alarms)
            named += largest.name in found.alarms
        rows.append([name, f"{told / periods:.1%}", f"{named / periods:.1%}"])
    print(f"sme/4, {periods} periods of {BORROWERS} borrowers; shifted is {largest.name}.\n")
    print(table(["shift", "something is told", "that feature is named"], rows))
    print(f"\n{machine()}; {versions()}")


if __name__ == "__main__":
    main()
