import ast
import asyncio
import csv
import io
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from math import inf, nan, nextafter
from pathlib import Path

import asyncpg
import duckdb
import msgspec
import polars as pl
import postgres
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from features.derive import CATALOGUE, rounded
from models.__main__ import build_app, main
from models.export import (
    PD_TOLERANCE,
    Exported,
    ExportError,
    Format,
    check_equal,
    expected,
    export,
    proof_rows,
    reaching,
    score_in_python,
    score_in_sqlite,
    to_python,
    to_sql,
)
from models.points import PointsTable
from models.records import SCORECARD
from models.registry import CandidateError, Registry
from models.steps import FeatureSteps
from models.variables import Variable, absent_numbers

VERSIONS = ["1", "2", "3", "4", "5"]


def exported_of(version: str) -> Exported:
    """A registered version, to be exported."""
    model = Registry().load("sme", version)
    return Exported(title=f"sme/{version}", table=model.table, sha256=model.sha256, note="A note.")


MODELS = {version: exported_of(version) for version in VERSIONS}
every_version = pytest.mark.parametrize("version", VERSIONS)


def steps(**changes: object) -> FeatureSteps:
    """One feature with two bins, changed as told."""
    feature = FeatureSteps(
        name="receivables_overdue_share",
        precision=1,
        edges=(0.3,),
        points=(4.0, -4.5),
        missing_points=-1.0,
        typical=None,
        shares=(0.5, 0.5),
        missing_share=0.0,
        bad_rates=(None, None),
        missing_bad_rate=None,
    )
    return msgspec.structs.replace(feature, **changes)


def table_of(*features: FeatureSteps, base: float = 600.0) -> PointsTable:
    """A table of these features."""
    return PointsTable(schema=1, kind="additive_steps", base=base, features=features)


def described(table: PointsTable) -> Exported:
    """A table, to be exported."""
    return Exported(title="a test", table=table, sha256="0" * 64, note="A note.")


def values_of(feature: FeatureSteps) -> st.SearchStrategy[float | None]:
    """Values of a feature: on its edges and bounds, one double beside them, infinite, missing, any number."""
    marks = [*feature.edges, *reaching(feature)]
    beside = [near for mark in marks for near in (nextafter(mark, -inf), mark, nextafter(mark, inf))]
    special = st.sampled_from([None, inf, -inf, -0.0, *beside])
    return special | st.floats(allow_nan=False) | st.floats(-100, 100)


def rows_of(table: PointsTable) -> st.SearchStrategy[pl.DataFrame]:
    """Some rows for a table."""
    row = st.tuples(*map(values_of, table.features))
    schema = dict.fromkeys(table.names, pl.Float64)
    return st.lists(row, min_size=1, max_size=5).map(lambda rows: pl.DataFrame(rows, schema=schema, orient="row"))


@every_version
@given(data=st.data())
@settings(max_examples=30)
def test_python_gives_the_bits_of_the_product(version: str, data: st.DataObject) -> None:
    """Score, PD, log-odds and points by feature, for any values."""
    table = MODELS[version].table
    rows = data.draw(rows_of(table))
    space: dict[str, object] = {"__name__": "exported"}
    exec(to_python(MODELS[version]), space)  # noqa: S102  the file under test
    score: Callable[[dict[str, float | None]], dict[str, object]] = space["score"]  # type: ignore[assignment]
    found = []
    for row in rows.iter_rows(named=True):
        scored = score(row)
        contributions = scored.pop("contributions")
        assert isinstance(contributions, dict)
        found.append(scored | {f"{name}_points": points for name, points in contributions.items()})
    check_equal(pl.DataFrame(found), table, rows)


@every_version
@given(data=st.data())
@settings(max_examples=20)
def test_sqlite_gives_the_bits_of_the_product(version: str, data: st.DataObject) -> None:
    """Score, log-odds and points by feature, for any values; PD but for the last bits of ``exp``."""
    table = MODELS[version].table
    rows = data.draw(rows_of(table))
    check_equal(score_in_sqlite(to_sql(MODELS[version]), rows), table, rows, pd_tolerance=PD_TOLERANCE)


@every_version
@given(data=st.data())
@settings(max_examples=10)
def test_duckdb_gives_the_bits_of_the_product(version: str, data: st.DataObject) -> None:
    """As for SQLite."""
    table = MODELS[version].table
    rows = data.draw(rows_of(table))
    check_equal(in_duckdb(to_sql(MODELS[version]), rows), table, rows, pd_tolerance=PD_TOLERANCE)


@every_version
@given(data=st.data())
@settings(max_examples=5)
def test_postgresql_gives_the_bits_of_the_product(version: str, data: st.DataObject) -> None:
    """As for SQLite."""
    postgres.require_server()
    table = MODELS[version].table
    rows = data.draw(rows_of(table))
    found = asyncio.run(in_postgresql(to_sql(MODELS[version]), rows))
    check_equal(found, table, rows, pd_tolerance=PD_TOLERANCE)


@every_version
def test_databases_agree_on_the_rows_of_a_proof(version: str) -> None:
    """What a command proves on SQLite alone: edges, bounds, one double beside them, infinite, missing, by chance."""
    postgres.require_server()
    text, table = to_sql(MODELS[version]), MODELS[version].table
    rows = proof_rows(table)
    for found in (in_duckdb(text, rows), asyncio.run(in_postgresql(text, rows))):
        check_equal(found, table, rows, pd_tolerance=PD_TOLERANCE)


def in_duckdb(text: str, rows: pl.DataFrame) -> pl.DataFrame:
    """What DuckDB answers to a query about rows."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "features.parquet"
        rows.with_row_index("_row").write_parquet(path)
        connection.execute(f"CREATE TABLE features AS SELECT * FROM '{path}'")  # noqa: S608  a path of the test
        relation = connection.sql(text)
        return pl.DataFrame(relation.fetchall(), schema=relation.columns, orient="row").sort("_row")


async def in_postgresql(text: str, rows: pl.DataFrame) -> pl.DataFrame:
    """What PostgreSQL answers to a query about rows, in a table that ends with the connection."""
    connection = await asyncpg.connect(postgres.SERVER)
    try:
        columns = ", ".join(f'"{name}" DOUBLE PRECISION' for name in rows.columns)
        await connection.execute(f"CREATE TEMPORARY TABLE features (_row INT, {columns})")
        await connection.copy_records_to_table("features", records=rows.with_row_index("_row").iter_rows())
        answer = await connection.fetch(text)
    finally:
        await connection.close()
    return pl.DataFrame([dict(row) for row in answer], infer_schema_length=None).sort("_row")


def test_a_computation_that_went_wrong_has_no_score_in_sql() -> None:
    """NaN is no number of the highest bin: neither points nor score nor PD."""
    rows = pl.DataFrame({"receivables_overdue_share": [nan, inf]})
    text = to_sql(described(table_of(steps())))
    for found in (in_duckdb(text, rows), asyncio.run(in_postgresql(text, rows))):
        for column in ("receivables_overdue_share_points", "score", "log_odds", "pd"):
            assert found[column].is_null().to_list() == [True, False]


@pytest.mark.parametrize("base", [-60_000.0, 600.0 - 40.0 * 58, 600.0, 40_000.0, 60_000.0])
def test_a_pd_at_either_end_neither_overflows_nor_underflows(base: float) -> None:
    """PostgreSQL refuses ``exp`` of numbers far from 0."""
    rows = pl.DataFrame({"receivables_overdue_share": [None]}, schema={"receivables_overdue_share": pl.Float64})
    table = table_of(steps(missing_points=0.0), base=base)
    text = to_sql(described(table))
    for found in (score_in_sqlite(text, rows), in_duckdb(text, rows), asyncio.run(in_postgresql(text, rows))):
        check_equal(found, table, rows, pd_tolerance=PD_TOLERANCE)


@given(st.sampled_from(sorted(CATALOGUE)), st.integers(-(10**6), 10**6), st.floats(-1, 1))
def test_a_bound_parts_what_rounding_brings_to_an_edge(name: str, number: int, off: float) -> None:
    """At every precision: a value is at least the bound exactly where it is at least the edge, once rounded."""
    precision = CATALOGUE[name].precision
    edge = round(number / 10**precision, precision)
    (bound,) = reaching(steps(precision=precision, edges=(edge,)))
    values = [bound, nextafter(bound, -inf), nextafter(bound, inf), edge, edge + off * 10.0**-precision, -inf, inf]
    at_least = (pl.select(rounded(pl.lit(pl.Series(values)), precision)).to_series() >= edge).to_list()
    assert at_least == [value >= bound for value in values]


@pytest.mark.parametrize("change", [{"points": (4.0 + 2.0**-30, -4.5)}, {"precision": 2}, {"missing_points": -0.5}])
def test_an_export_that_scores_otherwise_is_found(change: dict[str, object]) -> None:
    """By one step of the points, by the rounding, by the missing value; in both forms."""
    table, other = table_of(steps()), described(table_of(steps(**change)))
    rows = proof_rows(table)
    for found in (score_in_sqlite(to_sql(other), rows), score_in_python(to_python(other), rows)):
        with pytest.raises(ExportError, match=r"differs from the table in score on \d+ of \d+ rows, first"):
            check_equal(found, table, rows)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ((steps(name='a"; DROP TABLE loans'),), "cannot name a column: lower-case letters, digits, underscores"),
        ((steps(name="score"),), "'score' cannot name a column"),
        ((steps(), steps(name="receivables_overdue_share_points")), "would name both a feature and the points of"),
    ],
)
def test_names_that_cannot_stand_in_code(features: tuple[FeatureSteps, ...], message: str) -> None:
    """A table may come from elsewhere: its names become columns."""
    with pytest.raises(ExportError, match=message):
        export(described(table_of(*features)), "sql")


@pytest.mark.parametrize("name", ["order", "user", "end", "offset", "current_date", "row_number", "rowid", "plain"])
def test_a_column_may_be_a_word_of_sql(name: str) -> None:
    """Every dialect scores it as the table does."""
    postgres.require_server()
    table = table_of(steps(name=name))
    text, _ = export(described(table), "sql")
    rows = proof_rows(table)
    for found in (in_duckdb(text, rows), asyncio.run(in_postgresql(text, rows))):
        check_equal(found, table, rows, pd_tolerance=PD_TOLERANCE)


@pytest.mark.parametrize("kind", ["sql", "python"])
def test_a_number_that_means_no_value_is_missing_in_an_export(kind: Format) -> None:
    """As it was in training: not the best of all values."""
    table = table_of(steps())
    text, _ = export(
        msgspec.structs.replace(described(table), absent={"receivables_overdue_share": (-999.0, 0.1)}), kind
    )
    rows = pl.DataFrame({"receivables_overdue_share": [None, -999.0, 0.1, -998.0]})
    found = (score_in_sqlite if kind == "sql" else score_in_python)(text, rows)
    assert found["receivables_overdue_share_points"].to_list() == [-1.0, -1.0, -1.0, 4.0]
    assert ("numbers that are compared beside it" in text) == (kind == "sql")


def test_an_export_that_forgets_a_number_is_found() -> None:
    """The proof has the number among its rows."""
    table, absent = table_of(steps()), {"receivables_overdue_share": (-999.0,)}
    rows = proof_rows(table, absent)
    with pytest.raises(ExportError, match="differs from the table in score"):
        check_equal(score_in_sqlite(to_sql(described(table)), rows), table, rows, absent=absent)


def test_numbers_that_mean_no_value_are_those_of_the_file_and_of_the_command() -> None:
    """Texts that are no number are NULL in a database; the codes of categories are no values."""
    variables = {
        "x": Variable(missing=(-999.0, "n/a", "-1")),
        "y": Variable(),
        "z": Variable(categories=(("a",), ("b",)), missing=("-999",)),
    }
    assert absent_numbers(variables, ("-5", "NA", "inf")) == {"x": (-999.0, -1.0, -5.0), "y": (-5.0,)}


def test_names_of_all_columns_fit_into_postgresql() -> None:
    """It cuts names after 63 bytes, in silence."""
    assert max(len(f"{name}_points") for name in CATALOGUE) <= 63


@every_version
def test_python_files_are_of_python_3_8_and_of_the_standard_library(version: str) -> None:
    """The syntax is that of 3.8, and four modules are imported, which all versions have."""
    tree = ast.parse(to_python(MODELS[version]), feature_version=(3, 8))
    imported = [name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    modules = {name.name for name in imported} | {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert modules == {"bisect", "csv", "math", "sys"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The champion's Python file."""
    path = tmp_path_factory.mktemp("exported") / "score.py"
    run("export", "sme", "4", "--as", "python", "--out", path)
    return path


def run(*arguments: str | Path) -> str:
    """What a command prints."""
    output = StringIO()
    app = build_app(Console(file=output, width=200), lambda: datetime(2025, 3, 1, tzinfo=UTC))
    app([str(argument) for argument in arguments], exit_on_error=False, print_error=False, result_action="return_value")
    return output.getvalue()


def call(file: Path, *arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run the exported file as a command."""
    command = [sys.executable, str(file), *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)


def test_the_file_scores_csv(file: Path, tmp_path: Path) -> None:
    """From a file as from standard input, a byte order mark and further columns included."""
    names = MODELS["4"].table.names
    text = f"firm,{','.join(names)}\nfirst,{','.join('1.5' for _ in names)}\nsecond{',' * len(names)}\n"
    path = tmp_path / "firms.csv"
    path.write_text(f"\ufeff{text}", encoding="utf-8")
    done = call(file, given=text)
    assert (done.returncode, done.stderr) == (0, "")
    assert call(file, path).stdout == done.stdout
    first, second = csv.DictReader(io.StringIO(done.stdout))
    assert (first["firm"], second["firm"]) == ("first", "second")
    asked = expected(MODELS["4"].table, pl.DataFrame([dict.fromkeys(names, 1.5), dict.fromkeys(names)]))
    for row, scored in zip((first, second), asked.rows(named=True), strict=True):
        assert {name: float(row[name]) for name in scored} == scored


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("1.5", "1,5", 1), "error: line 2: more or fewer cells than the first line names"),
        (lambda text: text.replace("1.5", '"1,5"', 1), "_v2 is '1,5'; numbers have a decimal point and no separators"),
        (lambda text: text.replace("1.5", "nan", 1), "is NaN; a missing value is None"),
        (lambda text: text.replace(",", ";"), "error: no column receivables_weighted_delay_days_12m_v2; columns are"),
        (lambda text: text.replace("firm", "score"), "error: the column score would be there twice; rename it"),
        (lambda _: "", "error: no column"),
    ],
)
def test_the_file_refuses_csv_in_one_line(file: Path, change: Callable[[str], str], message: str) -> None:
    """What is wrong, and on which line."""
    names = MODELS["4"].table.names
    done = call(file, given=change(f"firm,{','.join(names)}\nfirst,{','.join('1.5' for _ in names)}\n"))
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("arguments", "message"), [(["a", "b"], "usage:"), (["nowhere.csv"], "No such file")])
def test_the_file_refuses_arguments(file: Path, arguments: list[str], message: str) -> None:
    """More than one file, and one that is not there."""
    done = call(file, *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("value", "message"), [(nan, "is NaN"), (True, "is bool, not a number"), ("1", "is str, not"), (None, "is absent")]
)
def test_the_function_refuses_what_the_product_refuses(file: Path, value: object, message: str) -> None:
    """NaN, what is no number, and a name that is not there."""
    score = runpy.run_path(str(file))["score"]
    row: dict[str, object] = dict.fromkeys(MODELS["4"].table.names, 1.0)
    name = MODELS["4"].table.names[3]
    if value is None:
        del row[name]
    else:
        row[name] = value
    with pytest.raises(ValueError, match=f"{name} {message}"):
        score(row)


@pytest.mark.parametrize(("kind", "ending"), [("sql", "FROM odds\n"), ("python", "main(sys.argv[1:])\n")])
def test_export_says_what_it_proved_and_writes_the_same_bytes(kind: str, ending: str, tmp_path: Path) -> None:
    """With the version, or as the champion; the file names model, version and digest."""
    first, second = tmp_path / "first", tmp_path / "second"
    rows = proof_rows(MODELS["4"].table).height
    assert f"first, proved equal to sme/4 on {rows} rows." in run("export", "sme", "4", "--as", kind, "--out", first)
    run("export", "sme", "--as", kind, "--out", second)
    assert first.read_bytes() == second.read_bytes()
    text = first.read_text()
    assert text.endswith(ending)
    for part in ("sme/4", MODELS["4"].sha256, "Trained on simulated firms: it says nothing about real firms."):
        assert part in text


def test_a_candidate_is_exported_from_its_folder(candidate: Path, tmp_path: Path) -> None:
    """It has no name yet; one that was changed since is refused."""
    out = tmp_path / "score.sql"
    assert "proved equal to a scorecard candidate on" in run("export", candidate, "--as", "sql", "--out", out)
    (candidate / SCORECARD).write_bytes((candidate / SCORECARD).read_bytes() + b"\n")
    with pytest.raises(CandidateError, match=r"scorecard\.json has changed since it was trained; train again"):
        run("export", candidate, "--as", "sql", "--out", out)


def test_export_refuses_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model that is not there, a folder in place of a file, a folder that is not there, another form."""
    out = str(tmp_path / "score.sql")
    for arguments, message in (
        (["nothing", "--as", "sql", "--out", out], "no version of nothing is promoted"),
        (["sme", "99", "--as", "sql", "--out", out], "sme 99 is not registered"),
        ([str(tmp_path), "--as", "sql", "--out", out], "name a candidate folder"),
        (["sme", "--as", "sql", "--out", str(tmp_path)], "it is a folder"),
        (["sme", "--as", "sql", "--out", str(tmp_path / "absent" / "x")], "no such folder"),
        (["sme", "--as", "excel", "--out", out], "excel"),
    ):
        with pytest.raises(SystemExit):
            main(["export", *arguments])
        said = capsys.readouterr().err
        assert message in said
        assert said.count("\n") == 1
    assert not Path(out).exists()
