"""Any table: from a file, and what people say of its columns, to a candidate; and what is wrong with either."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import polars as pl
import pytest
from rich.console import Console

from models.__main__ import USER_ERRORS, build_app
from models.card import model_card
from models.compare import check_comparable
from models.dataset import DatasetError
from models.points import PointsTable
from models.records import REPORT, SCORECARD, TRAINING, VALIDATION, TrainingRecord, Validation
from models.registry import CandidateError, RegistryError, read_record
from models.scorecard import array_of
from models.suggest import _category
from models.table_training import rows_of_record
from models.tables import AFTER, DecimalSign, TableQuestion, numbers, read_table
from models.validate import read_candidate
from models.variables import TableColumn, Variable, VariablesError, read_variables

AT = datetime(2025, 3, 1, tzinfo=UTC)
TODAY = AT.date()
SAID = """
[variables.income]
direction = "decreasing"

[variables.delay]
direction = "increasing"
special = [-7]

[variables.kind]
categories = [["shop"], ["bar", "café"], ["farm"]]

[variables."of age"]
edges = [30, 50]

[variables.noise]
leave_out = "says nothing"
"""


def run(*arguments: str | Path) -> str:
    """What a command prints."""
    output = StringIO()
    app = build_app(Console(file=output, width=250), lambda: AT)
    app([str(argument) for argument in arguments], exit_on_error=False, print_error=False, result_action="return_value")
    return output.getvalue()


def customers(rows: int = 900) -> pl.DataFrame:
    """A table in which each column says something of who is bad, but noise; -7 is safer than any delay."""
    random = np.random.default_rng(3)
    income = random.normal(size=rows)
    delay = np.where(random.random(rows) < 0.3, -7.0, random.integers(0, 20, rows).astype(float))
    kind = random.choice(["shop", "bar", "café", "farm"], rows)
    age = random.integers(18, 80, rows)
    risk = -1.2 * income + np.where(delay == -7.0, -1.5, 0.1 * delay) + (kind == "farm") * 1.5 + (age < 30) - 2.2
    is_bad = random.random(rows) < 1.0 / (1.0 + np.exp(-risk))
    return pl.DataFrame(
        {
            "y": is_bad.astype(int),
            "income": np.where(random.random(rows) < 0.05, np.nan, np.round(income, 3)),
            "delay": delay,
            "kind": kind,
            "of age": age,
            "noise": random.normal(size=rows),
            "month": [f"2023-{1 + number * 12 // rows:02d}" for number in range(rows)],
            "customer": [number // 2 for number in range(rows)],
            "weight": random.choice([0.0, 1.0, 2.0], rows, p=[0.1, 0.6, 0.3]),
        }
    ).with_columns(pl.col("income").fill_nan(None))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV file; read only."""
    path = tmp_path_factory.mktemp("tables") / "customers.csv"
    customers().write_csv(path)
    return path


@pytest.fixture(scope="module")
def directions(table: Path) -> Path:
    """What people say of its columns."""
    path = table.with_name("said.toml")
    path.write_text(SAID)
    return path


ASKED = ("--target", "y", "--time", "month", "--group", "customer", "--weight", "weight")


@pytest.fixture(scope="module")
def candidate(table: Path, directions: Path) -> Path:
    """A validated scorecard of the table; read only."""
    out = table.with_name("candidate")
    run("train", "--table", table, *ASKED, "--directions", directions, "--out", out)
    run("validate", out, table)
    return out


def test_a_table_without_directions_gets_a_suggestion_and_no_model(table: Path, tmp_path: Path) -> None:
    """It names directions, categories and special values that are in the data, and is not written over."""
    told = run("train", "--table", table, *ASKED, "--out", tmp_path)
    assert "Nothing is trained yet" in told
    file = tmp_path / "directions.toml"
    said = read_variables(file.read_text(), "directions.toml").variables
    assert [path.name for path in tmp_path.iterdir()] == ["directions.toml"]
    assert said["income"].direction == "decreasing"
    assert said["delay"] == Variable(direction="increasing", special=(-7.0,))
    assert said["noise"].direction == "free"
    assert {text for group in said["kind"].categories or () for text in group} == {"shop", "bar", "café", "farm"}
    with pytest.raises(USER_ERRORS, match=r"directions\.toml is there; train with --directions"):
        run("train", "--table", table, *ASKED, "--out", tmp_path)


def test_a_suggestion_looks_at_the_training_part_alone(tmp_path: Path) -> None:
    """Other outcomes of the rows that are kept for validation change nothing."""
    rows = customers()
    turned = rows.with_columns(y=pl.when(pl.col("month") >= "2023-10").then(1 - pl.col("y")).otherwise(pl.col("y")))
    texts = []
    for number, one in enumerate((rows, turned)):
        path = tmp_path / str(number) / "t.csv"
        path.parent.mkdir()
        one.write_csv(path)
        run("train", "--table", path, *ASKED, "--out", tmp_path / str(number) / "out")
        texts.append((path.parent / "out" / "directions.toml").read_text())
    assert texts[0] == texts[1]


def test_a_scorecard_of_a_table_is_as_its_file_says(candidate: Path) -> None:
    """Special values and groups of categories are a bin each, manual bins stay, the record has the file."""
    record = read_record(candidate / TRAINING, TrainingRecord)
    points = {one.name: one for one in PointsTable.from_json((candidate / SCORECARD).read_bytes()).features}
    assert record.table is not None
    assert record.table.directions == SAID
    assert record.excluded == {"noise": "says nothing"}
    assert record.features_version == ""
    assert set(points) == {"income", "delay", "kind", "of age"}
    assert points["kind"].edges == (1.0, 2.0)
    assert points["of age"].edges == (30.0, 50.0)
    assert points["delay"].edges[:2] == (-7.0, np.nextafter(-7.0, np.inf))
    # The special value is the safest, although a higher delay is riskier.
    assert points["delay"].points[1] == max(points["delay"].points)
    regular = [points["delay"].points[0], *points["delay"].points[2:]]
    assert regular == sorted(regular, reverse=True)
    validation = read_record(candidate / VALIDATION, Validation)
    of_small_tables = {"out_of_time_bads", "calibration_slope", "calibration_slope_high"}
    assert {gate.name for gate in validation.gates if not gate.passed} <= of_small_tables
    for file in ("card.md", "report.html"):
        assert "Rows weigh what weight says" in (candidate / file).read_text(), file
        text = (candidate / file).read_text()
        assert "Columns of the table" in text
        assert "says nothing" in text
        assert "small German firm" not in text


@pytest.mark.parametrize("estimator", ["scorecard", "boosting", "average"])
def test_it_exports_and_predicts_as_the_estimator_does(
    table: Path, directions: Path, candidate: Path, tmp_path: Path, estimator: str
) -> None:
    """All kinds: the exported file scores coded rows bit for bit, and the estimator is the table."""
    folder = candidate
    if estimator != "scorecard":
        folder = tmp_path / estimator
        told = run(
            "train", "--table", table, *ASKED, "--directions", directions, "--out", folder, "--estimator", estimator
        )
        assert "A model of a table is for scoring elsewhere" in told
    stored = read_candidate(folder)
    assert stored.record.table is not None
    found = rows_of_record(stored.record.table, table, TODAY)
    names = [column.name for column in found.columns]
    served = stored.table.score_frame(found.rows)["log_odds"].to_numpy()
    predicted = stored.estimator.decision_function(array_of(found.rows, names))
    assert np.abs(served - predicted).max() < 1e-9
    steps = {one.name: one for one in stored.table.features}["delay"]
    regular = [one for low, one in zip([None, *steps.edges], steps.points, strict=True) if low != -7.0]
    assert regular == sorted(regular, reverse=True)
    if "of age" in stored.table.names:
        with pytest.raises(USER_ERRORS, match="cannot name a column"):
            run("export", folder, "--as", "python", "--out", tmp_path / "score.py")


def test_without_refits_the_interval_is_that_of_the_bags(
    table: Path, directions: Path, candidate: Path, tmp_path: Path
) -> None:
    """The same model but for the width; nothing is said of a widening."""
    out = tmp_path / "narrow"
    told = run("train", "--table", table, *ASKED, "--directions", directions, "--out", out, "--refits", "0")
    narrow, wide = read_candidate(out), read_candidate(candidate)
    assert "widened" not in told
    assert narrow.record.widening is None
    assert wide.record.widening is not None
    assert (narrow.table.schema, narrow.table.widened_by) == (2, 0.0)
    assert wide.table.widened_by == wide.record.widening.points > 0.0
    assert msgspec.structs.replace(wide.table, schema=2, widened_by=0.0) == narrow.table


def test_special_values_categories_and_bins_by_hand_may_be_in_pairs(table: Path, tmp_path: Path) -> None:
    """Late shops and bars are fine, late farms are not; the record says that pairs were asked for, and gates pass."""
    rows = customers(3000).drop("noise", "customer", "weight", "month")
    is_late_farm = (pl.col("delay") > 8) & (pl.col("kind") == "farm")
    path, said, out = table.with_name("farms.csv"), tmp_path / "said.toml", tmp_path / "candidate"
    rows.with_columns(y=pl.when(is_late_farm).then(1).otherwise("y")).write_csv(path)
    said.write_text(SAID.partition("[variables.noise]")[0])
    given = ("--directions", said, "--estimator", "boosting", "--pairs", "2", "--refits", "0")
    run("train", "--table", path, "--target", "y", *given, "--out", out)
    found = PointsTable.from_json((out / SCORECARD).read_bytes()).pairs
    assert ("delay", "kind") in [(pair.first, pair.second) for pair in found]
    pair = next(one for one in found if (one.first, one.second) == ("delay", "kind"))
    assert {pair.place(-7.0, code)[2] for code in (0.0, 1.0, 2.0)} == {0.0}
    assert pair.place(15.0, 2.0)[2] < pair.place(15.0, 0.0)[2]
    assert read_record(out / TRAINING, TrainingRecord).parameters["pairs"] == 2
    run("validate", out, path)
    gates = {one.name: one.passed for one in read_record(out / VALIDATION, Validation).gates}
    assert gates["wrong_steps"]
    assert gates["table_equals_estimator"]
    with pytest.raises(DatasetError, match="a scorecard has no pairs"):
        run("train", "--table", path, "--target", "y", "--directions", said, "--pairs", "2", "--out", tmp_path / "card")


def test_a_model_of_a_table_is_never_registered(candidate: Path, tmp_path: Path) -> None:
    """Whatever it passes; the line says what to do."""
    with pytest.raises(RegistryError, match=r"trained on a table: its columns are no features.*models export"):
        run("register", candidate, "--name", "sme", "--version", "9", "--registry", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_candidates_of_other_directions_are_not_compared(candidate: Path) -> None:
    """Their columns are coded otherwise; two estimators of one file are compared."""
    one = read_candidate(candidate)
    assert one.record.table is not None
    said = msgspec.structs.replace(one.record.table, directions=SAID + "# changed")
    files = one.record.files | {SCORECARD: "another"}
    other = dataclasses.replace(one, record=msgspec.structs.replace(one.record, table=said, files=files))
    with pytest.raises(CandidateError, match="with other columns of the table"):
        check_comparable(one, other)
    same = dataclasses.replace(one, record=msgspec.structs.replace(one.record, files=files))
    check_comparable(one, same)


def test_the_first_page_and_the_report_of_a_table_speak_of_rows(candidate: Path) -> None:
    """No loans, firms, segments or promotion are told of a table that has none."""
    page = (candidate / REPORT).read_text(encoding="utf-8")
    assert 'id="months"' in page
    absent = (
        'id="segments"',
        "--segments",
        "--against",
        "loans that were granted",
        "promoted;",
        "average training firm",
    )
    assert not [text for text in absent if text in page]


def test_what_people_wrote_of_columns_is_never_reworded(candidate: Path) -> None:
    """Where rows were held out by chance, the words of the card change, theirs do not."""
    record = read_record(candidate / TRAINING, TrainingRecord)
    assert record.table is not None
    said = f"{SAID}# measured out of time since 1970-01-01"
    drawn = msgspec.structs.replace(
        record, table=msgspec.structs.replace(record.table, time=None, horizon_months=0, directions=said)
    )
    catalogue = {name: TableColumn(name=name, said=Variable()) for name in record.candidates}
    table = PointsTable.from_json((candidate / SCORECARD).read_bytes())
    card = model_card(table, drawn, read_record(candidate / VALIDATION, Validation), catalogue)
    assert "# measured out of time since 1970-01-01" in card
    assert "out of time" not in card.replace("# measured out of time", "")


def test_another_table_is_refused(candidate: Path, tmp_path: Path) -> None:
    """A candidate is measured on the table that it was trained on."""
    other = tmp_path / "customers.csv"
    customers(899).write_csv(other)
    with pytest.raises(USER_ERRORS, match=r"customers\.csv is not the table that the candidate was trained on"):
        run("validate", candidate, other)


def test_without_time_rows_are_held_out_by_group(table: Path) -> None:
    """About three in ten, whole groups, the same each time, and not called out of time."""
    asked = TableQuestion(target="y", group="customer")
    parts = [read_table(table, asked, TODAY).rows for _ in range(2)]
    assert parts[0].equals(parts[1])
    held = parts[0].filter(pl.col("as_of") == AFTER)
    assert 0.25 < held.height / parts[0].height < 0.35
    assert not set(held["borrower"]) & set(parts[0].filter(pl.col("as_of") != AFTER)["borrower"])


def test_the_order_of_rows_in_time_does_not_matter(tmp_path: Path) -> None:
    """A column of time out of order is sorted by its days, and gives the same split."""
    rows = customers()
    counted = []
    for one in (rows, rows.reverse()):
        path = tmp_path / "t.csv"
        one.write_csv(path)
        table = read_table(path, TableQuestion(target="y", time="month"), TODAY)
        counted.append(table.rows.group_by("as_of", "outcome").len().sort("as_of", "outcome"))
    assert counted[0].equals(counted[1])


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("2023-04-05", date(2023, 4, 5)),
        ("05.04.2023", date(2023, 4, 5)),
        ("2023-04-05T10:00:00Z", date(2023, 4, 5)),
        ("20230405", date(2023, 4, 5)),
        ("202304", date(2023, 4, 1)),
        ("2023-04", date(2023, 4, 1)),
        ("2023", date(2023, 1, 1)),
    ],
)
def test_days_and_months_are_read(tmp_path: Path, time: str, day: date) -> None:
    """As tables write them."""
    path = tmp_path / "t.csv"
    path.write_text(f"y;x;t\n0;1,5;{time}\n1;2;{time}\n")
    table = read_table(path, TableQuestion(target="y", time="t"), TODAY)
    assert table.rows["as_of"].to_list() == [day, day]
    assert table.columns["x"].to_list() == ["1.5", "2"]


AMBIGUOUS = "thousands or decimals"


@pytest.mark.parametrize(
    ("separator", "cells", "decimal", "expected"),
    [
        (";", ("2.361,50", "98.064,00", "7"), None, [2361.5, 98064.0, 7.0]),
        (";", ("1.234.567", "2.361"), None, [1234567.0, 2361.0]),
        (";", ("2.361", "98,5"), None, [2361.0, 98.5]),
        (";", ("0.361", "2.361"), None, [0.361, 2.361]),
        (";", ("2,361", "98,064"), None, [2.361, 98.064]),  # a semicolon separates cells
        (";", ("-2.361,5", "+4"), None, [-2361.5, 4.0]),
        (";", ("2.361", "98.064"), None, AMBIGUOUS),
        (";", ("2.361", "98.064"), ",", [2361.0, 98064.0]),
        (";", ("2.361", "98.064"), ".", [2.361, 98.064]),
        (";", ("2,361.50", "7"), None, [2361.5, 7.0]),
        (",", ("2.361", "98.064"), None, [2.361, 98.064]),
        (",", ('"2,361.50"', "7"), None, [2361.5, 7.0]),
        (",", ('"2.361,50"', "7"), None, [2361.5, 7.0]),
        (",", ('"2,361"', "7"), None, AMBIGUOUS),
        (",", ("1.5e-05", "2"), None, [1.5e-05, 2.0]),
        ("\t", ("2.361", "950"), None, AMBIGUOUS),
        ("|", ("2.361,50", "950"), None, [2361.5, 950.0]),
        (",", ("1.250", "950"), None, AMBIGUOUS),
        (",", ("1.250", "950", "0.5"), None, [1.25, 950.0, 0.5]),
        (";", ("1.234.567", "950,5", "0.5"), None, "holds '0.5' in row 3"),
        (";", ("950,5", "0.5"), ",", "holds '0.5' in row 2"),
    ],
)
def test_numbers_are_read_as_they_are_written(
    tmp_path: Path, separator: str, cells: tuple[str, ...], decimal: DecimalSign | None, expected: list[float] | str
) -> None:
    """German and English; what may be either is asked for."""
    path = tmp_path / "t.csv"
    rows = [separator.join((str(number % 2), cell, "2024\n")) for number, cell in enumerate(cells)]
    path.write_text(separator.join(("y", "x", "t\n")) + "".join(rows))
    asked = TableQuestion(target="y", time="t", decimal=decimal)
    if isinstance(expected, str):
        with pytest.raises(DatasetError, match=expected):
            read_table(path, asked, TODAY)
    else:
        assert read_table(path, asked, TODAY).columns["x"].cast(pl.Float64).to_list() == expected


def test_a_column_of_versions_or_days_is_no_column_of_numbers(tmp_path: Path) -> None:
    """It stays as it is written."""
    path = tmp_path / "t.csv"
    path.write_text("y;v;d;t\n0;1.2.3;01.03.2024;2024\n1;10.4.15;31.12.2023;2024\n")
    found = read_table(path, TableQuestion(target="y", time="t"), TODAY).columns
    assert found.rows() == [("1.2.3", "01.03.2024"), ("10.4.15", "31.12.2023")]


def test_an_instant_is_of_the_day_at_its_own_place(tmp_path: Path) -> None:
    """Half past midnight in Berlin is no day before."""
    path = tmp_path / "t.parquet"
    at = datetime(2024, 1, 1, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    times = pl.Series([at, at], dtype=pl.Datetime("us", "Europe/Berlin"))
    pl.DataFrame({"y": [0, 1], "x": [1.0, 2.0], "t": times}).write_parquet(path)
    rows = read_table(path, TableQuestion(target="y", time="t"), TODAY).rows
    assert rows["as_of"].to_list() == [date(2024, 1, 1)] * 2


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    """The same rows, whatever the file."""
    customers().write_csv(tmp_path / "t.csv")
    customers().write_parquet(tmp_path / "t.parquet")
    asked = TableQuestion(target="y", time="month", group="customer", weight="weight")
    assert read_table(tmp_path / "t.csv", asked, TODAY).rows.equals(
        read_table(tmp_path / "t.parquet", asked, TODAY).rows
    )


def test_texts_and_days_of_parquet_are_known_by_their_kind(tmp_path: Path) -> None:
    """Whatever their unit, zone or categories: a text may mean no value, and an instant is no number."""
    path = tmp_path / "t.parquet"
    rows = pl.DataFrame(
        {
            "y": [0, 1, 0],
            "kind": pl.Series(["?", "a", "NA"], dtype=pl.Categorical),
            "colour": pl.Series(["?", "red", "?"], dtype=pl.Enum(["?", "red"])),
            "at": pl.Series([datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2, 3)], dtype=pl.Datetime("ms", "UTC")),
        }
    )
    rows.write_parquet(path)
    found = read_table(path, TableQuestion(target="y", time="at"), TODAY)
    assert found.columns["kind"].to_list() == [None, "a", None]
    assert found.columns["colour"].to_list() == [None, "red", None]
    assert found.rows["as_of"].to_list() == [date(2024, 1, day) for day in (1, 2, 3)]
    with pytest.raises(DatasetError, match="at holds days, not numbers"):
        numbers(rows, "at", Variable(), path.name)
    said, _ = _category(rows["at"], np.array([False, True, False]))
    assert said.leave_out == "a day, not a number"


def test_a_misspelt_category_is_told() -> None:
    """It would make missing values of what was meant; a rare one that is not there this time is none."""
    frame = pl.DataFrame({"y": [0, 1, 0], "region": ["north", "west", None]})
    with pytest.raises(DatasetError, match=r"names the category 'wset' of region, .* did you mean 'west'"):
        numbers(frame, "region", Variable(categories=(("north",), ("wset",))), "t.csv")
    found = numbers(frame, "region", Variable(categories=(("north", "nowhere"), ("west", "wset"))), "t.csv")
    assert found.to_list() == [0.0, 1.0, None]


def test_a_column_of_lists_is_refused(tmp_path: Path) -> None:
    """A cell holds one value."""
    path = tmp_path / "t.parquet"
    pl.DataFrame({"y": [0, 1], "x": [[1, 2], [3]]}).write_parquet(path)
    with pytest.raises(DatasetError, match=r"column 'x' holds List\(Int64\)"):
        read_table(path, TableQuestion(target="y"), TODAY)


def test_more_bins_than_boosting_has_are_refused(table: Path, tmp_path: Path) -> None:
    """Before anything is fitted."""
    file = tmp_path / "said.toml"
    file.write_text(f"[variables.income]\nedges = {list(range(255))}\n")
    with pytest.raises(VariablesError, match=r"\[variables.income\] asks for 256 bins; boosting has 255"):
        run(
            "train",
            "--table",
            table,
            "--target",
            "y",
            "--directions",
            file,
            "--out",
            tmp_path,
            "--estimator",
            "boosting",
        )


def test_options_of_datasets_are_refused_for_a_table(table: Path, tmp_path: Path) -> None:
    """None is passed over in silence."""
    given = ("--outcome", "distress", "--no-bank-data", "--catalogue", "1", "--parcel-factor", "2")
    told = "not for a table: --outcome, --no-bank-data, --catalogue, --parcel-factor"
    with pytest.raises(DatasetError, match=told):
        run("train", "--table", table, "--target", "y", *given, "--out", tmp_path / "out")


Change = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda rows: rows.with_columns(y=pl.int_range(900) % 3), (), r"y holds 3 values \(0, 1, 2\); it takes two"),
        (lambda rows: rows.with_columns(y=0), (), "y holds '0' in every row; without goods and bads"),
        (lambda rows: rows.with_columns(y=pl.lit(None)), (), "y holds no value"),
        (lambda rows: rows.with_columns(y=pl.col("y").replace_strict({0: "ok", 1: "lost"})), (), "which one is bad"),
        (lambda rows: rows, ("--bad", "2"), "no row of the target y is '2'"),
        (lambda rows: rows.head(40), (), r"at least 20 of each are needed"),
        (lambda rows: rows.with_columns(weight=0), ("--weight", "weight"), "weight is 0 in every row"),
        (lambda rows: rows.with_columns(weight=-1), ("--weight", "weight"), r"-1\.0 in row 1 .*0 or more"),
        (lambda rows: rows.with_columns(month=pl.lit("2031-01")), ("--time", "month"), "2031-01-01 in row 1 .*to come"),
        (lambda rows: rows.with_columns(month=pl.lit("soon")), ("--time", "month"), "'soon' in row 1 .*2024-03-01"),
        (lambda rows: rows.with_columns(month=pl.lit("2024-01")), ("--time", "month"), "all rows are of one day"),
        (lambda rows: rows.drop("y"), (), "no column 'y'; it has income"),
        (lambda rows: rows.select("y"), (), "no column beside y"),
        (lambda rows: rows.with_columns(customer=pl.lit(None)), ("--group", "customer"), "customer is empty in row 1"),
        (lambda rows: rows.with_columns(score=1, score_=2), (), "columns 'score' and 'score_'; rename one"),
        (
            lambda rows: rows.with_columns(weight=pl.lit(0.001)),
            ("--weight", "weight"),
            r"the weights weight are 0.001 on average, so that all .* stand for 0.9; .* multiply all by 1e\+03",
        ),
        (lambda rows: rows, ("--horizon", "6"), "--horizon takes months, 0 to 120, and needs --time"),
        (lambda rows: rows, ("--horizon", "99999999"), "--horizon takes months, 0 to 120, and needs --time"),
        (lambda rows: rows.clear(), (), "has no rows"),
        (
            lambda rows: rows.with_columns(
                income=pl.when(pl.int_range(900) == 5).then(pl.lit("a lot")).otherwise(pl.col("income").cast(str))
            ),
            (),
            r"income holds 'a lot' in row 6 \(line 7 of a CSV file\), and is a column of numbers",
        ),
    ],
)
def test_a_table_that_cannot_be_trained_on_is_one_line(
    tmp_path: Path, change: Change, options: tuple[str, ...], message: str
) -> None:
    """What is wrong, where, and what to do; nothing is written."""
    path, out = tmp_path / "t.csv", tmp_path / "out"
    change(customers()).write_csv(path)
    with pytest.raises(USER_ERRORS, match=message) as refused:
        run("train", "--table", path, "--target", "y", *options, "--out", out)
    assert "\n" not in str(refused.value)
    assert not out.exists()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('[variables.income]\ndirection = "up"', r"\[variables.income\]: Invalid enum value 'up'"),
        ("[variables.salary]", "no column 'salary'; delete it, or correct its name"),
        ("[variables.y]", "y is the target, time, group or weight"),
        ('[variables.income]\nleave_out = "no"', "leaves out every column"),
        ("[variables.income]\nmerge = [77]", r"merge names 77.0; the automatic bins begin at -"),
        ("[variables.income]\nedges = [2, 1]", "edges must increase"),
        ("[variables.kind]", "kind holds 'bar' in row|kind holds '"),
        ('[variables.kind]\ncategories = [["bar"], ["bar"]]', "the category 'bar' is there twice"),
        ("variables = 1", "Expected `object`"),
        ("", "missing required field `variables`"),
    ],
)
def test_a_file_of_columns_that_does_not_fit_is_one_line(table: Path, tmp_path: Path, said: str, message: str) -> None:
    """It names the file, the column and what is wrong; nothing is written."""
    file, out = tmp_path / "said.toml", tmp_path / "out"
    file.write_text(said)
    with pytest.raises(USER_ERRORS, match=message) as refused:
        run("train", "--table", table, "--target", "y", "--directions", file, "--out", out)
    assert "\n" not in str(refused.value)
    assert not out.exists()


def test_settings_that_exclude_each_other_are_refused() -> None:
    """Categories have no numeric bins."""
    with pytest.raises(VariablesError, match=r"\[variables.a\]: categories and edges exclude each other"):
        read_variables('[variables.a]\ncategories = [["x"]]\nedges = [1]', "f")
