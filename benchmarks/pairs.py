"""What a pair costs when a row is scored, without bags and with them.

    python benchmarks/pairs.py

A table of 15 features is scored with 0, 5, 10 and 15 pairs of six bins by six. Processor time of one row, the least of
many runs, so that other work on the machine does not count.
"""

import sys
import time
from itertools import combinations, islice
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from models.points import PointsTable
from models.steps import FeatureSteps, PairSteps

EDGES = (0.1, 0.2, 0.3, 0.4, 0.5)
BAGS = 40
ROWS, RUNS = 500, 60


def main() -> None:
    """Measure and print one line per number of pairs."""
    row = {f"feature_{number}": number / 20 for number in range(15)}
    for bags in (0, BAGS):
        before = None
        for pairs in (0, 5, 10, 15):
            table = table_of(pairs, bags)
            least = min(_seconds(table, row) for _ in range(RUNS)) / ROWS * 1e6
            more = "" if before is None else f", {(least - before) / pairs:.2f} a pair"
            before = least if before is None else before
            print(f"{bags} bags, {pairs} pairs: {least:.1f} microseconds a row{more}", flush=True)


def table_of(pairs: int, bags: int) -> PointsTable:
    """A table of 15 features with so many pairs and bags."""
    bins = len(EDGES) + 1
    feature = FeatureSteps(
        name="",
        precision=2,
        edges=EDGES,
        points=tuple(float(-number) for number in range(bins)),
        missing_points=-5.0,
        typical=0.2,
        shares=(0.1,) * bins,
        missing_share=0.4,
        bad_rates=(0.05,) * bins,
        missing_bad_rate=0.05,
        bag_points=((0.5,) * bags,) * (bins + 1) if bags else (),
    )
    features = [msgspec.structs.replace(feature, name=f"feature_{number}") for number in range(15)]
    line = (1.0,) * bins + (0.0,)
    grids = tuple(
        PairSteps(
            first=first.name,
            second=second.name,
            first_edges=EDGES,
            second_edges=EDGES,
            points=(line,) * bins + ((0.0,) * (bins + 1),),
            shares=((0.02,) * (bins + 1),) * (bins + 1),
            bad_rates=((0.05,) * (bins + 1),) * (bins + 1),
            bag_points=(((0.5,) * bags,) * (bins + 1),) * (bins + 1) if bags else (),
        )
        for first, second in islice(combinations(features, 2), pairs)
    )
    return PointsTable(
        schema=3 if pairs else 2 if bags else 1,
        kind="additive_steps",
        base=560.0,
        features=tuple(features),
        bag_bases=(560.0,) * bags,
        pairs=grids,
    )


def _seconds(table: PointsTable, row: dict[str, float]) -> float:
    started = time.process_time()
    for _ in range(ROWS):
        table.score(row)
    return time.process_time() - started


if __name__ == "__main__":
    main()
