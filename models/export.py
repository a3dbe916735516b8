"""A points table for use elsewhere: one SQL query, or one Python file without dependencies.

Both score values as they are, not rounded. Instead of rounding a value and comparing it with an edge, they compare it
with the smallest double that rounding brings to this edge: rounding is monotone, so every double falls into the same
bin, and no dialect's own way of rounding matters.

In SQL every double is written as a whole number over a power of two, because not every dialect reads decimals to the
last bit. Sums of points are exact in every order (``models/points.py``). So score, points and log-odds are those of the
product bit for bit; PD is, where ``exp`` is the same.
"""

import csv
import io
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import copysign, frexp, inf, isclose, log, nextafter
from pathlib import Path
from random import Random
from struct import pack, unpack
from types import MappingProxyType
from typing import Literal

import msgspec
import polars as pl

from features.derive import rounded
from models.points import BASE_ODDS, BASE_SCORE, POINTS_PER_LOG_ODDS, PointsTable
from models.records import SCORECARD
from models.steps import RESOLUTION, FeatureSteps, PairSteps

Format = Literal["sql", "python"]

RANDOM_ROWS = 2000
"""Rows of a proof beside those on and next to the edges."""
PD_TOLERANCE = 1e-15
"""Relative; ``exp`` of a database may differ in the last bits."""
OWN_COLUMNS = ("score", "log_odds", "pd")
"""Columns that an export adds, beside ``<feature>_points``."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ABSENT = ", and so are the numbers that are compared beside it"
_NONE: Mapping[str, tuple[float, ...]] = MappingProxyType({})
_RESERVED = frozenset(
    word
    for line in (
        "add all alter analyse analyze and anti any array as asc asof asymmetric at authorization autoincrement",
        "between binary both by case cast check collate collation column commit concurrently constraint create cross",
        "current_catalog current_date current_role current_schema current_time current_timestamp current_user default",
        "deferrable delete desc describe distinct do drop else end escape except exists false fetch for foreign",
        "freeze from full glob grant group having ilike in index initially inner insert intersect into is isnull join",
        "lambda lateral leading left like limit localtime localtimestamp natural not nothing notnull null offset on",
        "only or order outer overlaps pivot pivot_longer pivot_wider placing positional primary qualify raise",
        "references returning right select semi session_user set show similar some summarize symmetric table",
        "tablesample then to trailing transaction true union unique unpack unpivot update user using values variadic",
        "verbose when where window with",
    )
    for word in line.split()
)
"""Names that PostgreSQL 15, DuckDB 2 or SQLite 3 read as something else than a column, unless they are in quotes."""
_LARGEST_POWER = 62
"""Of two, as a whole number of 64 bits."""


class ExportError(ValueError):
    """A points table that cannot be exported; the message says why."""


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What is exported, as the first lines of the file say."""

    title: str
    """Name and version, or a description."""
    table: PointsTable
    sha256: str
    """Of ``scorecard.json``."""
    note: str
    """On what the model rests."""
    absent: Mapping[str, tuple[float, ...]] = MappingProxyType({})
    """Numbers that mean that there is no value, by column; those of a table that has them."""


def export(exported: Exported, kind: Format) -> tuple[str, int]:
    """The text of the file, and the number of rows on which it was proved equal to the table.

    Raises:
        ExportError: a name of the table cannot stand in code, or the export scores a row otherwise than the table.
    """
    names = exported.table.names
    unfit = [name for name in names if not can_name_a_column(name)]
    if unfit:
        raise ExportError(f"{unfit[0]!r} cannot name a column: lower-case letters, digits, underscores")
    clashing = set(_columns(exported.table).values()) & set(names)
    if clashing:
        raise ExportError(f"{min(clashing)} would name both a feature and the points of another one")
    write, prove = _FORMATS[kind]
    text = write(exported)
    rows = proof_rows(exported.table, exported.absent)
    prove(text, exported, rows)
    return text, rows.height


def can_name_a_column(name: str) -> bool:
    """Whether a name can stand in every dialect, beside the columns that an export adds."""
    return _NAME.fullmatch(name) is not None and name not in OWN_COLUMNS


def reaching(feature: FeatureSteps) -> tuple[float, ...]:
    """For each edge the smallest double that rounding brings to it or above."""
    precision = _decimals(feature)
    if precision is None or not feature.edges:
        return feature.edges
    edges = pl.Series(feature.edges, dtype=pl.Float64)
    # Rounding brings every low below its edge and every high to it; the two close in until they are neighbours.
    lows = [_ordinal(min(edge - 10.0**-precision, nextafter(edge, -inf))) for edge in feature.edges]
    highs = [_ordinal(edge) for edge in feature.edges]
    while any(high - low > 1 for low, high in zip(lows, highs, strict=True)):
        middles = [(low + high) // 2 for low, high in zip(lows, highs, strict=True)]
        values = pl.Series([_double(middle) for middle in middles], dtype=pl.Float64)
        reached = pl.select(rounded(pl.lit(values), precision)).to_series() >= edges
        triples = list(zip(lows, middles, highs, reached, strict=True))
        lows = [low if is_reached else middle for low, middle, _, is_reached in triples]
        highs = [middle if is_reached else high for _, middle, high, is_reached in triples]
    return tuple(map(_double, highs))


def to_sql(exported: Exported) -> str:
    """One query over a table ``features``: its columns, points by feature and pair, score, log-odds and PD."""
    table = exported.table
    cells = (_sql_grid(number, exported) for number in range(len(table.pairs)))
    steps = ",\n".join(chain((_sql_steps(feature, exported) for feature in table.features), cells))
    total = "".join(f"\n      + {column}" for column in _columns(table).values())
    absent = _ABSENT if exported.absent else ""
    # Of names that were checked; nothing is asked of a database here.
    return f"""\
-- Scores firms as {exported.title} does: {SCORECARD} with SHA-256
-- {exported.sha256}.
-- {exported.note}
-- Written by python -m models export, which proved it equal on SQLite. Tested on SQLite, PostgreSQL and DuckDB.
--
-- features: a table, view or CTE of this name, with a column of DOUBLE PRECISION (SQLite: REAL) per feature. NULL is a
-- missing value{absent}.
-- Values need not be rounded: each bound is the smallest double that rounding brings to the edge of a bin. NaN, a sign
-- of a computation that went wrong, has no score. Points are whole multiples of 2**-30.
WITH steps AS (
  SELECT
    features.*,
{steps}
  FROM features
),
scores AS (
  SELECT
    steps.*,
    {_sql_points(table.base)}{total} AS score
  FROM steps
),
odds AS (
  SELECT
    scores.*,
    -({_sql_double(log(BASE_ODDS))} + (score - {BASE_SCORE:.0f}) / ({_sql_double(POINTS_PER_LOG_ODDS)})) AS log_odds
  FROM scores
)
SELECT
  odds.*,
  CASE
    WHEN log_odds > 40 THEN 1.0 -- to the last bit; what follows neither overflows nor underflows
    WHEN log_odds >= 0 THEN 1 / (1 + EXP(-log_odds))
    WHEN log_odds < -745 THEN 0.0
    ELSE EXP(log_odds) / (1 + EXP(log_odds))
  END AS pd
FROM odds
"""  # noqa: S608


def to_python(exported: Exported) -> str:
    """One file for Python 3.8 or newer: ``score(row)``, and a command from CSV to CSV."""
    table = exported.table
    return _PYTHON.format(
        title=exported.title,
        file=SCORECARD,
        sha256=exported.sha256,
        note=exported.note,
        base=table.base,
        log_base_odds=log(BASE_ODDS),
        base_score=BASE_SCORE,
        points_per_log_odds=POINTS_PER_LOG_ODDS,
        features="".join(map(_python_steps, table.features)),
        pairs="".join(_python_grid(number, table) for number in range(len(table.pairs))),
        absent="".join(f'    "{name}": {numbers!r},\n' for name, numbers in exported.absent.items()),
    )


def proof_rows(table: PointsTable, absent: Mapping[str, Sequence[float]] = _NONE) -> pl.DataFrame:
    """Values that are not rounded: on each edge and bound, one double beside them, infinite, missing, and by chance.

    Numbers that mean that there is no value are among them, with their neighbours.
    """
    probes = [
        [None, -inf, inf, 0.0, *_beside(feature), *_near(absent.get(feature.name, ()))] for feature in table.features
    ]
    # Each feature passes through its own probes; the offset keeps equal bins of two features apart.
    longest = max(map(len, probes))
    chosen: list[tuple[float | None, ...]] = [
        tuple(own[(row + row // longest * place) % len(own)] for place, own in enumerate(probes))
        for row in range(3 * longest)
    ]
    # By chance, but the same each time.
    random = Random(0)  # noqa: S311  not for secrets
    chosen += [tuple(_drawn(random, own) for own in probes) for _ in range(RANDOM_ROWS)]
    for pair in table.pairs:
        chosen += [tuple(row.get(name) for name in table.names) for row in _cells(pair)]
    return pl.DataFrame(chosen, schema=dict.fromkeys(table.names, pl.Float64), orient="row")


def expected(table: PointsTable, rows: pl.DataFrame, absent: Mapping[str, Sequence[float]] = _NONE) -> pl.DataFrame:
    """What the product makes of values that are not rounded, where these numbers mean that there is none."""
    places = [(feature.name, _decimals(feature)) for feature in table.features]
    there = rows.with_columns(
        pl.when(~pl.col(name).is_in(list(numbers))).then(name).alias(name) for name, numbers in absent.items()
    )
    binned = there.with_columns(rounded(pl.col(name), decimals) for name, decimals in places if decimals is not None)
    return table.score_frame(binned).rename(_columns(table))


def check_equal(
    found: pl.DataFrame,
    table: PointsTable,
    rows: pl.DataFrame,
    *,
    absent: Mapping[str, Sequence[float]] = _NONE,
    pd_tolerance: float = 0.0,
) -> None:
    """Compare what an export says of rows with the table, bit for bit.

    Args:
        found: The columns that an export adds, in the order of ``rows``.
        table: The model.
        rows: Values that are not rounded.
        absent: Numbers that mean that there is no value, by column.
        pd_tolerance: Relative; the PD alone may differ by it.

    Raises:
        ExportError: another value in at least one row.
    """
    asked = expected(table, rows, absent)
    for column in asked.columns:
        # The smallest double, because the query does not compute a PD that small.
        tolerance, smallest = (pd_tolerance, 5e-324) if column == "pd" and pd_tolerance else (0.0, 0.0)
        pairs = zip(asked[column], found[column], strict=True)
        wrong = [
            (number, pair)
            for number, pair in enumerate(pairs)
            if pair[1] is None or not isclose(*pair, rel_tol=tolerance, abs_tol=smallest)
        ]
        if wrong:
            number, (one, other) = wrong[0]
            raise ExportError(
                f"the export differs from the table in {column} on {len(wrong)} of {rows.height} rows, first "
                f"{other!r} in place of {one!r} for {rows.row(number, named=True)}"
            )


def score_in_sqlite(text: str, rows: pl.DataFrame) -> pl.DataFrame:
    """What SQLite answers to the query about these rows.

    Raises:
        ExportError: this SQLite cannot run the query.
    """
    columns = ", ".join(f'"{name}" DOUBLE PRECISION' for name in rows.columns)
    marks = ", ".join("?" * (rows.width + 1))
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(f"CREATE TABLE features (_row INTEGER, {columns})")
        numbered = ((number, *row) for number, row in enumerate(rows.iter_rows()))
        connection.executemany(f"INSERT INTO features VALUES ({marks})", numbered)  # noqa: S608  marks only
        answer = connection.execute(text)
        names = [column[0] for column in answer.description]
        found = pl.DataFrame(answer.fetchall(), schema=names, orient="row", infer_schema_length=None)
    except sqlite3.Error as error:
        raise ExportError(f"SQLite {sqlite3.sqlite_version} of this Python cannot run the query: {error}") from error
    finally:
        connection.close()
    return found.sort("_row")


def score_in_python(text: str, rows: pl.DataFrame) -> pl.DataFrame:
    """What the file prints, run with this Python, about these rows as CSV.

    Raises:
        ExportError: it ends with an error.
    """
    given = io.StringIO()
    writer = csv.writer(given)
    writer.writerow(rows.columns)
    # repr gives the shortest text that is read back bit for bit; an empty cell is a missing value.
    writer.writerows([["" if value is None else repr(value) for value in row] for row in rows.iter_rows()])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "exported.py"
        file.write_text(text, encoding="utf-8")
        command = [sys.executable, "-I", str(file)]
        done = subprocess.run(command, input=given.getvalue(), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise ExportError(f"the exported file ends with status {done.returncode}: {done.stderr.strip()}")
    head, *lines = csv.reader(io.StringIO(done.stdout))
    added = [name for name in head if name not in rows.columns]
    places = [head.index(name) for name in added]
    return pl.DataFrame(
        [[float(line[place]) for place in places] for line in lines],
        schema=dict.fromkeys(added, pl.Float64),
        orient="row",
    )


def _prove_sql(text: str, exported: Exported, rows: pl.DataFrame) -> None:
    found = score_in_sqlite(text, rows)
    check_equal(found, exported.table, rows, absent=exported.absent, pd_tolerance=PD_TOLERANCE)


def _prove_python(text: str, exported: Exported, rows: pl.DataFrame) -> None:
    check_equal(score_in_python(text, rows), exported.table, rows, absent=exported.absent)


_FORMATS: MappingProxyType[Format, tuple[Callable[[Exported], str], Callable[[str, Exported, pl.DataFrame], None]]] = (
    MappingProxyType({"sql": (to_sql, _prove_sql), "python": (to_python, _prove_python)})
)


def _columns(table: PointsTable) -> dict[str, str]:
    """The column of points of each feature and pair; names of two features are too long for one of some databases."""
    alone = {name: f"{name}_points" for name in table.names}
    return alone | {pair.name: f"pair_{number}_points" for number, pair in enumerate(table.pairs, start=1)}


def _cells(pair: PairSteps) -> Iterator[dict[str, float | None]]:
    """Values that fall into each cell of a pair, missing ones included."""
    for first in (None, -inf, *pair.first_edges):
        for second in (None, -inf, *pair.second_edges):
            yield {pair.first: first, pair.second: second}


def _bounds(name: str, edges: Sequence[float], table: PointsTable) -> list[float]:
    """As ``reaching``, of some edges of a feature."""
    feature = table.features[table.names.index(name)]
    of = dict(zip(feature.edges, reaching(feature), strict=True))
    return [of[edge] for edge in edges]


def _decimals(feature: FeatureSteps) -> int | None:
    """To which values are rounded before binning; null where they are not."""
    return feature.precision


def _ordinal(value: float) -> int:
    """The position of a double among all doubles, 0 for zero."""
    bits: int = unpack("<q", pack("<d", abs(value)))[0]
    return bits if value >= 0.0 else -bits


def _double(ordinal: int) -> float:
    value: float = unpack("<d", pack("<q", abs(ordinal)))[0]
    return copysign(value, ordinal)


def _beside(feature: FeatureSteps) -> Iterator[float]:
    """Edges and bounds with their neighbours on both sides."""
    return _near(dict.fromkeys(chain(feature.edges, reaching(feature))))


def _near(values: Iterable[float]) -> Iterator[float]:
    for value in values:
        yield from (nextafter(value, -inf), value, nextafter(value, inf))


def _drawn(random: Random, probes: Sequence[float | None]) -> float | None:
    """A probe, or a value anywhere between and around them."""
    if random.random() < 0.5:
        return random.choice(probes)
    finite = [value for value in probes if value is not None and abs(value) < inf]
    low, high = min(finite), max(finite)
    return random.uniform(low - 1.0 - (high - low) / 4, high + 1.0 + (high - low) / 4)


def _sql_double(value: float) -> str:
    """A double as a whole number times or over powers of two: the same bits in every dialect."""
    fraction, exponent = frexp(value)
    whole, exponent = int(fraction * 2.0**53), exponent - 53
    while whole and whole % 2 == 0:
        whole, exponent = whole // 2, exponent + 1
    if not whole:
        exponent = 0
    sign = "*" if exponent > 0 else "/"
    factors = [_LARGEST_POWER] * (abs(exponent) // _LARGEST_POWER) + [abs(exponent) % _LARGEST_POWER]
    return f"CAST({whole} AS DOUBLE PRECISION)" + "".join(f" {sign} {2**power}" for power in factors if power)


def _sql_points(points: float) -> str:
    return f"CAST({_units(points)} AS DOUBLE PRECISION) / {_units(1.0)}"


def _units(points: float) -> int:
    """Points as the whole number of steps that they are."""
    return int(points / RESOLUTION)


def _sql_name(name: str) -> str:
    """A column: in quotes where it is a word of the language, else as it is, for dialects that fold names."""
    return f'"{name}"' if name in _RESERVED else name


def _sql_missing(name: str, exported: Exported) -> str:
    numbers = exported.absent.get(name, ())
    told = "".join(f" OR {_sql_name(name)} = {_sql_double(number)}" for number in numbers)
    return f"WHEN {_sql_name(name)} IS NULL{told} THEN"


def _sql_steps(feature: FeatureSteps, exported: Exported) -> str:
    name, absent = _sql_name(feature.name), _sql_missing(feature.name, exported)
    *bins, missing = feature.bin_names
    bounds = [f"WHEN {name} < {_sql_double(bound)} THEN" for bound in reaching(feature)]
    lines = [
        f"{absent} {_units(feature.missing_points)} -- {missing}: {feature.missing_points:+.4f}",
        _sql_refused(feature.name),
        *(
            f"{bound} {_units(points)} -- {text}: {points:+.4f}"
            for bound, points, text in zip([*bounds, "ELSE"], feature.points, bins, strict=True)
        ),
    ]
    cases = "".join(f"\n      {line}" for line in lines)
    return f"    CAST(CASE{cases}\n    END AS DOUBLE PRECISION) / {_units(1.0)} AS {feature.name}_points"


def _sql_grid(number: int, exported: Exported) -> str:
    pair = exported.table.pairs[number]
    *rows, missing = pair.points
    first = _sql_missing(pair.first, exported)
    lines = [f"{first} {_sql_line(pair, missing, exported)}", _sql_refused(pair.first)]
    bounds = _sql_bounds(pair.first, pair.first_edges, exported.table)
    lines += [f"{bound} {_sql_line(pair, row, exported)}" for bound, row in zip([*bounds, "ELSE"], rows, strict=True)]
    cases = "".join(f"\n      {line}" for line in lines)
    title = f"    -- {pair.name}\n"
    return f"{title}    CAST(CASE{cases}\n    END AS DOUBLE PRECISION) / {_units(1.0)} AS pair_{number + 1}_points"


def _sql_line(pair: PairSteps, points: Sequence[float], exported: Exported) -> str:
    """One row of a grid."""
    *cells, missing = map(_units, points)
    bounds = _sql_bounds(pair.second, pair.second_edges, exported.table)
    lines = [f"{_sql_missing(pair.second, exported)} {missing}", _sql_refused(pair.second)]
    lines += [f"{bound} {cell}" for bound, cell in zip([*bounds, "ELSE"], cells, strict=True)]
    return "CASE" + "".join(f"\n        {line}" for line in lines) + "\n      END"


def _sql_bounds(name: str, edges: Sequence[float], table: PointsTable) -> list[str]:
    return [f"WHEN {_sql_name(name)} < {_sql_double(bound)} THEN" for bound in _bounds(name, edges, table)]


def _sql_refused(name: str) -> str:
    return f"WHEN {_sql_name(name)} > 0 AND -{_sql_name(name)} > 0 THEN NULL -- NaN, which is above all numbers"


def _python_grid(number: int, table: PointsTable) -> str:
    pair = table.pairs[number]
    bounds = _bounds(pair.first, pair.first_edges, table), _bounds(pair.second, pair.second_edges, table)
    rows = "".join(f"            {row!r},\n" for row in pair.points)
    return (
        f'    "{pair.name}": (\n        "pair_{number + 1}",\n        "{pair.first}",\n        "{pair.second}",\n'
        f"        {bounds[0]!r},\n        {bounds[1]!r},\n        (\n{rows}        ),\n    ),\n"
    )


def _python_steps(feature: FeatureSteps) -> str:
    *bins, _ = feature.bin_names
    rows = zip(["-inf", *map(repr, reaching(feature))], feature.points, bins, strict=True)
    steps = "".join(f"            ({bound}, {points!r}),  # {text}\n" for bound, points, text in rows)
    missing = f"        {feature.missing_points!r},  # missing\n"
    return f'    "{feature.name}": (\n{missing}        (\n{steps}        ),\n    ),\n'


_PYTHON = '''\
"""Scores firms as {title} does: {file} with SHA-256
{sha256}.

{note}

Written by python -m models export, which proved it equal bit for bit. It needs Python 3.8 or newer and nothing else.
Values need not be rounded: each bound is the smallest double that rounding brings to the edge of a bin.

In code:        score({{"name of a feature": 1.5, "name of another one": None, ...}})
As a command:   python THIS_FILE [FILE.csv]     reads standard input without a file, writes CSV to standard output
"""

import csv
import sys
from bisect import bisect_right
from math import exp, inf, isnan

BASE = {base!r}
LOG_BASE_ODDS = {log_base_odds!r}
POINTS_PER_LOG_ODDS = {points_per_log_odds!r}

# By feature: points where it is missing; bins, each with its lowest value and its points.
FEATURES = {{
{features}}}

# By pair of features: its number, both features, the bounds of rows and of columns, and the points of each cell. The
# last row and the last column are for missing values.
PAIRS = {{
{pairs}}}

# By feature: numbers that mean that there is no value.
ABSENT = {{
{absent}}}

LOWEST = {{name: [lowest for lowest, _ in bins] for name, (_, bins) in FEATURES.items()}}


def score(row: dict) -> dict:
    """Score one firm.

    Args:
        row: Value per feature, None where it is missing; other names are ignored.

    Returns:
        ``score``, higher is better; ``pd``, the probability of default, and ``log_odds`` of it; ``contributions``,
        points by feature and by pair: with BASE they are exactly the score.

    Raises:
        ValueError: a feature is absent, NaN, or no number.
    """
    row = {{name: None if value in ABSENT.get(name, ()) else value for name, value in row.items()}}
    contributions = {{name: _points(name, row) for name in FEATURES}}
    for name, (_, first, second, rows, columns, cells) in PAIRS.items():
        contributions[name] = cells[_place(row[first], rows)][_place(row[second], columns)]
    total = BASE
    for points in contributions.values():
        total += points
    log_odds = -(LOG_BASE_ODDS + (total - {base_score!r}) / POINTS_PER_LOG_ODDS)
    if log_odds >= 0.0:
        pd = 1.0 / (1.0 + exp(-log_odds))
    else:
        pd = exp(log_odds) / (1.0 + exp(log_odds))
    return {{"score": total, "pd": pd, "log_odds": log_odds, "contributions": contributions}}


def _points(name: str, row: dict) -> float:
    if name not in row:
        raise ValueError(name + " is absent; a missing value is None, not an absent name")
    value = row[name]
    missing, bins = FEATURES[name]
    if value is None:
        return missing
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(name + " is " + type(value).__name__ + ", not a number")
    if isnan(value):
        raise ValueError(name + " is NaN; a missing value is None")
    return bins[bisect_right(LOWEST[name], float(value)) - 1][1]


def _place(value, bounds: list) -> int:
    return -1 if value is None else bisect_right(bounds, float(value))


def main(arguments: list) -> None:
    """Read CSV from a file or standard input, write it to standard output with what was added."""
    if len(arguments) > 1 or any(argument.startswith("-") for argument in arguments):
        sys.exit("usage: python THIS_FILE [FILE.csv]")
    try:
        if arguments:
            with open(arguments[0], newline="", encoding="utf-8-sig") as file:
                _score_all(file)
        else:
            _score_all(sys.stdin)
    except OSError as error:
        sys.exit("error: %s: %s" % (arguments[0] if arguments else "output", error.strerror))


def _score_all(file) -> None:
    reader = csv.DictReader(file)
    given = list(reader.fieldnames or [])
    titles = {{name: name + "_points" for name in FEATURES}}
    titles.update((name, pair[0] + "_points") for name, pair in PAIRS.items())
    added = ["score", "pd", "log_odds"] + list(titles.values())
    for name in FEATURES:
        if name not in given:
            sys.exit("error: no column " + name + "; columns are separated by commas, a missing value is an empty cell")
    for name in given:
        if name in added or given.count(name) > 1:
            sys.exit("error: the column " + name + " would be there twice; rename it")
    writer = csv.DictWriter(sys.stdout, given + added, lineterminator="\\n")
    writer.writeheader()
    for row in reader:
        try:
            if None in row or None in row.values():
                raise ValueError("more or fewer cells than the first line names columns")
            scored = score({{name: _number(name, row[name]) for name in FEATURES}})
        except ValueError as error:
            sys.exit("error: line %d: %s" % (reader.line_num, error))
        contributions = scored.pop("contributions")
        row.update(scored)
        row.update((titles[name], points) for name, points in contributions.items())
        writer.writerow(row)


def _number(name: str, text: str):
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise ValueError(name + " is " + repr(text) + "; numbers have a decimal point and no separators") from None


if __name__ == "__main__":
    main(sys.argv[1:])
'''
