"""How well the categories of bank lines are recognised, on the labelled lines of the tests, and how long it takes.

    python benchmarks/bank_lines.py develop|held_out [--misses]
    python benchmarks/bank_lines.py speed

Precision of a category: of the lines that got it, how many have it. Recall: of the lines that have it, how many got it.
``--misses`` lists the other lines; for ``held_out`` that ends its being held out.
"""

import argparse
import csv
import statistics
import sys
import time
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import table
from scoring.sources.bank_lines.categorise import categorise
from scoring.sources.sevdesk.words.bank_lines import natures

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "spec" / "bank_lines"
TIMES = 30
HEIGHT = 3000


def labelled(name: str) -> pl.DataFrame:
    """The lines of one part of the table, with their category."""
    lines = pl.read_csv(FOLDER / f"{name}.tsv", separator="\t", quote_char=None, infer_schema=False)
    return lines.with_columns(pl.col("amount_cents").cast(pl.Int64), is_private=pl.lit(value=False))


def measured(lines: pl.DataFrame) -> pl.DataFrame:
    """For each category: how many lines have it, got it, and both; precision and recall."""
    found = categorise(lines.drop("category"))["category"].cast(pl.String)
    pairs = pl.DataFrame({"category": lines["category"], "found": found})
    right = pairs.filter(pl.col("category") == pl.col("found")).group_by("category").len("right")
    return (
        pairs.group_by("category")
        .len("have")
        .join(pairs.group_by("found").len("got"), left_on="category", right_on="found", how="full", coalesce=True)
        .join(right, on="category", how="left")
        .fill_null(0)
        .with_columns(precision=pl.col("right") / pl.col("got"), recall=pl.col("right") / pl.col("have"))
        .sort("category")
    )


def _speed() -> None:
    """Both recognitions on the same lines in turn: two thirds invoices, the rest labelled lines."""
    some = labelled("develop").sample(HEIGHT // 3, with_replacement=True, seed=1)
    numbers = range(HEIGHT - some.height)
    invoices = pl.DataFrame(
        {
            "amount_cents": [100 + number * (1 if number % 2 else -1) for number in numbers],
            "purpose": [f"Rechnung RE-{number} vom 03.08.2026" for number in numbers],
            "name": [f"Musterfirma {number % 300} GmbH" for number in numbers],
            "entry_text": ["SEPA-Gutschrift"] * len(numbers),
            "is_private": [False] * len(numbers),
        }
    )
    lines = pl.concat([invoices, some.select(invoices.columns)]).sample(fraction=1.0, shuffle=True, seed=1)
    took: dict[str, list[float]] = {"natures (version 1)": [], "categorise": []}
    for _ in range(TIMES + 1):
        for name, work in zip(took, (natures, categorise), strict=True):
            began = time.process_time()
            work(lines)
            took[name].append(time.process_time() - began)
    rows = [[name, f"{statistics.median(each[1:]) * 1000:.1f}"] for name, each in took.items()]
    print(table(["recognition", f"processor ms for {HEIGHT} lines, median of {TIMES}"], rows))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["develop", "held_out", "speed"])
    parser.add_argument("--misses", action="store_true", help="list the lines that are recognised wrongly")
    arguments = parser.parse_args()
    if arguments.part == "speed":
        _speed()
        return
    lines = labelled(arguments.part)
    rows = [
        [row["category"], str(row["have"]), str(row["got"]), f"{row['precision']:.2f}", f"{row['recall']:.2f}"]
        for row in measured(lines).iter_rows(named=True)
    ]
    print(table(["category", "have it", "got it", "precision", "recall"], rows))
    found = categorise(lines.drop("category"))
    is_right = found["category"].cast(pl.String) == lines["category"]
    print(f"\n{is_right.sum()} of {lines.height} lines right")
    for certainty in ("certain", "probable"):
        of_it = is_right.filter(found["certainty"] == certainty)
        print(f"{certainty}: {of_it.sum()} of {of_it.len()} right")
    if arguments.misses:
        wrong = lines.hstack(found.rename({"category": "found"})).filter(~is_right)
        writer = csv.writer(sys.stdout, delimiter="\t")
        shown = ("category", "found", "rule", "amount_cents", "purpose", "name", "entry_text")
        writer.writerows(wrong.select(shown).rows())


if __name__ == "__main__":
    main()
