"""``models outcomes``: from a lender's CSV into a dataset folder, with a report, and on to training."""

import shutil
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console
from small_dataset import END, write_small_dataset

from models.__main__ import build_app, main
from models.dataset import DatasetError, read_dataset
from models.outcomes import REPAYMENTS
from models.registry import OutputError
from models.repayments_file import RepaymentsFileError

AT = datetime(2025, 2, 28, 23, 30, tzinfo=UTC)
"""Half past midnight of 1 March in Berlin."""


def run(*arguments: str | Path) -> str:
    """What a command prints."""
    output = StringIO()
    app = build_app(Console(file=output, width=200), lambda: AT)
    app([str(argument) for argument in arguments], exit_on_error=False, print_error=False, result_action="return_value")
    return output.getvalue()


@pytest.fixture
def asked(tmp_path: Path) -> tuple[Path, Path, pl.DataFrame]:
    """A dataset folder without repayments, the CSV of them as a loan system writes it, and what they were."""
    dataset, file = write_small_dataset(tmp_path / "dataset", borrowers=30), tmp_path / "loans.csv"
    rows = pl.read_parquet(dataset / "repayments.parquet")
    pl.DataFrame(schema=REPAYMENTS).write_parquet(dataset / "repayments.parquet")
    # Two points became no loan, and one row is of a firm that the dataset does not have.
    lent = rows.filter(pl.col("borrower") != 7).sort("due_on", descending=True)
    stranger = lent.head(1).with_columns(borrower=pl.lit(99, dtype=pl.Int64))
    cents = pl.col("due_cents")
    pl.concat([lent, stranger]).select(
        pl.col("borrower").alias("Firma"),
        pl.col("as_of").dt.to_string("%d.%m.%Y").alias("Stichtag"),
        pl.col("due_on").dt.to_string("%d.%m.%Y").alias("Faellig"),
        pl.format("{},{}", cents // 100, (cents % 100).cast(pl.String).str.zfill(2)).alias("Rate"),
        pl.col("paid_on").dt.to_string("%d.%m.%Y").alias("bezahlt"),
    ).write_csv(file, separator=";")
    return dataset, file, lent


COLUMNS = ("borrower=Firma", "as_of=Stichtag", "due_on=Faellig", "due=Rate", "paid_on=bezahlt")
NAMED = [word for column in COLUMNS for word in ("--column", column)]


def test_what_became_of_loans_comes_from_a_file(asked: tuple[Path, Path, pl.DataFrame], tmp_path: Path) -> None:
    """The folder has what the file says, and the report what was joined, what was left out, and what it means."""
    dataset, file, lent = asked
    strict = tmp_path / "strict.toml"
    strict.write_text(
        'name = "30 days, 6 months"\nbad_above_dpd = 30\ngood_below_dpd = 15\nhorizon_months = 6\n'
        "materiality_cents = 0\ncounts_unlikely_to_pay = false\n"
    )
    printed = run("outcomes", dataset, file, *NAMED, "--observed-until", END, "--definition", strict)
    assert pl.read_parquet(dataset / "repayments.parquet").equals(lent.sort("borrower", "as_of"))
    assert f"{lent.height} loans with {lent.height} instalments or parts of them, of {lent.height + 1} rows" in printed
    assert "4 of 120 points of the dataset became no loan" in printed
    assert "no such point in the dataset" in printed
    assert "30 days, 6 months. Bad: more than 30 consecutive days past due by more than 0 euro within" in printed
    assert "2023 Q2" in printed
    assert "nobody who was declined" in printed
    assert read_dataset(dataset).loans.height == lent.height
    with pytest.raises(OutputError, match="--replace writes over them"):
        run("outcomes", dataset, file, *NAMED, "--observed-until", END)
    run("outcomes", dataset, file, *NAMED, "--observed-until", END, "--replace")


def test_nothing_is_written_where_the_file_is_wrong(asked: tuple[Path, Path, pl.DataFrame], tmp_path: Path) -> None:
    """Neither where a cell cannot be read, nor where it is the file of other firms."""
    dataset, file, _ = asked
    before = (dataset / "repayments.parquet").read_bytes()
    broken = tmp_path / "broken.csv"
    broken.write_text(file.read_text().replace("1000,00", "tausend", 1))
    with pytest.raises(RepaymentsFileError, match="line 2, due: 'tausend' is no amount"):
        run("outcomes", dataset, broken, *NAMED, "--observed-until", END)
    with pytest.raises(RepaymentsFileError, match="payments cannot be known up to 2025-03-02, a day to come"):
        run("outcomes", dataset, file, *NAMED, "--observed-until", "2025-03-02")
    run("outcomes", dataset, file, *NAMED, "--observed-until", "2025-03-01")  # the day there
    assert (dataset / "repayments.parquet").read_bytes() != before
    (dataset / "repayments.parquet").write_bytes(before)
    other = write_small_dataset(tmp_path / "other", borrowers=2)
    pl.DataFrame(schema=REPAYMENTS).write_parquet(other / "repayments.parquet")
    few = tmp_path / "few.csv"
    head, *lines = file.read_text().splitlines(keepends=True)
    few.write_text(head + next(line for line in lines if line.startswith("30;")))
    with pytest.raises(DatasetError, match="has no loan of"):
        run("outcomes", other, few, *NAMED, "--observed-until", END)
    with pytest.raises(RepaymentsFileError, match="write NAME=HEADING"):
        run("outcomes", dataset, file, "--column", "due")
    with pytest.raises(RepaymentsFileError, match=r"--column due=\.\.\. is there twice: 'Rate' and 'Firma'"):
        run("outcomes", dataset, file, *NAMED, "--column", "due=Firma", "--observed-until", END)
    assert (dataset / "repayments.parquet").read_bytes() == before


def test_repayments_that_cannot_be_read_are_written_over_on_demand_alone(
    asked: tuple[Path, Path, pl.DataFrame], capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that was cut off is told in one line."""
    dataset, file, lent = asked
    (dataset / "repayments.parquet").write_bytes(b"cut off")
    words = ["outcomes", str(dataset), str(file), *NAMED, "--observed-until", str(END)]
    with pytest.raises(SystemExit):
        main(words)
    said = capsys.readouterr().err
    assert (len(said.splitlines()), "repayments.parquet cannot be read" in said) == (1, True)
    run(*words, "--replace")
    assert pl.read_parquet(dataset / "repayments.parquet").height == lent.height


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('name = "x"\n', "missing required field `bad_above_dpd`"),
        ("name = x\n", "Invalid value"),
        (
            'name = "x"\nbad_above_dpd = 10\ngood_below_dpd = 30\nhorizon_months = 12\nmateriality_cents = 0\n',
            "days past due are out of order",
        ),
        (
            'name = "x"\nbad_above_dpd = 90\ngood_below_dpd = 30\nhorizon_months = 12\nmateriality = 0\n',
            "unknown field `materiality`|missing required field `materiality_cents`",
        ),
    ],
)
def test_a_definition_that_says_nothing_is_refused(
    asked: tuple[Path, Path, pl.DataFrame],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str,
    message: str,
) -> None:
    """In one line, with the file and the key."""
    dataset, file, _ = asked
    told = tmp_path / "told.toml"
    told.write_text(content)
    with pytest.raises(SystemExit):
        main(["outcomes", str(dataset), str(file), *NAMED, "--observed-until", str(END), "--definition", str(told)])
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    pl.Series([said]).str.contains(message).all() or pytest.fail(said)
    assert str(told) in said


def test_training_follows_the_definition_that_is_named(small_dataset: Path, tmp_path: Path) -> None:
    """And keeps it with the model."""
    told = tmp_path / "told.toml"
    told.write_text(
        'name = "60 days, 6 months"\nbad_above_dpd = 60\ngood_below_dpd = 15\n'
        "horizon_months = 6\nmateriality_cents = 0\n"
    )
    dataset = shutil.copytree(small_dataset, tmp_path / "dataset")
    run("train", dataset, "--out", tmp_path / "candidate", "--definition", told)
    assert '"60 days, 6 months"' in (tmp_path / "candidate" / "training.json").read_text()
