"""A lender's CSV of repayments to the rows that outcomes follow from, and a report of what was left out.

Files are read as accountants and loan systems write them: any common separator and encoding, German or English amounts,
days in several forms, headings of their own. What cannot be read is an error that names lines; nothing is guessed.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal

import polars as pl

from models.outcomes import LOAN, REPAYMENTS, UNLIKELY_TO_PAY

DecimalSign = Literal[",", "."]

DAYS: Final = ("due_on", "paid_on", "observed_until", "unlikely_on", "as_of")
AMOUNTS: Final = ("due", "paid")
HEADINGS: Final[Mapping[str, str]] = {
    "decision_id": "the decision that the loan was granted on; or borrower and as_of, as in spine.parquet",
    "borrower": "number of the borrower in spine.parquet",
    "as_of": "day of the point in spine.parquet",
    "due_on": "day on which the instalment was due",
    "due": "its amount; of a part, that of the part",
    "paid_on": "day on which it was paid; empty: not yet",
    "paid": "what was paid on that day, where it may be less; else the whole instalment",
    "observed_until": "day up to which payments are known; or --observed-until for all",
    "unlikely_on": "day on which the borrower was found unlikely to pay: insolvency, write-off, forced restructuring",
}
"""Columns that are read, with what they hold."""
NEEDED: Final = ("due_on", "due", "paid_on")
DAY_FORMATS: Final = ("%d.%m.%y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")
EARLIEST: Final = date(1990, 1, 1)
"""No day of a loan is earlier: a year of three digits is a slip."""
MOST_SHOWN: Final = 40
"""Characters of a cell in an error."""
MOST_DIGITS: Final = 12
"""Of whole euro in an amount: more are a slip, and their sums might not be counted."""
_LINE: Final = ""
"""The column of line numbers, until columns have their names: a heading is never empty."""
NAMED: Final = 5
"""Cells that an error names at most."""


class RepaymentsFileError(ValueError):
    """A file that cannot be taken; the message names lines and columns, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Rows of a file that were not taken."""

    reason: str
    rows: int
    example: str
    """The first of them, for who looks it up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What of a file belongs to the points of a dataset."""

    repayments: pl.DataFrame
    """With the schema ``REPAYMENTS``; an instalment that was paid in parts is several rows."""
    unlikely_to_pay: pl.DataFrame
    """With the schema ``UNLIKELY_TO_PAY``."""
    rows: int
    """Of the file."""
    left_out: tuple[LeftOut, ...]


def read_repayments(
    path: Path,
    headings: Mapping[str, str],
    *,
    decimal: DecimalSign | None = None,
    observed_until: date | None = None,
) -> pl.DataFrame:
    """Read and type a file, one row per instalment.

    Args:
        path: A CSV file with one line of headings.
        headings: What the file calls the columns of ``HEADINGS``, where it has other names for them.
        decimal: What separates cents; None: as the amounts themselves tell.
        observed_until: For all rows, where the file has no such column.

    Returns:
        The columns of ``HEADINGS`` that the file has, days as Date and amounts as ``due_cents`` and ``paid_cents``, and
        ``line``, the number of the line in the file.

    Raises:
        RepaymentsFileError: a column is missing, or cells cannot be read.
        OSError: the file cannot be opened.
    """
    rows = _named(_cells(path), headings, path)
    if "observed_until" not in rows.columns:
        if observed_until is None:
            raise RepaymentsFileError(
                f"{path} does not say up to which day payments are known: give --observed-until DAY, or name its "
                "column with --column observed_until=HEADING"
            )
        rows = rows.with_columns(pl.lit(observed_until.isoformat()).alias("observed_until"))
    elif observed_until is not None:
        raise RepaymentsFileError(
            f"{path} has a column for observed_until: leave out --observed-until, or rename the column"
        )
    faults: list[str] = []
    for name in rows.columns:
        if name in DAYS:
            rows = rows.with_columns(_typed(rows, name, _day(name), "no day", faults))
    for name in AMOUNTS:
        if name in rows.columns:
            sign = decimal or _decimal_of(rows[name], path, name)
            rows = rows.with_columns(_typed(rows, name, _cents(name, sign), "no amount", faults).alias(f"{name}_cents"))
            rows = rows.drop(name)
    if "borrower" in rows.columns:
        number = pl.col("borrower").cast(pl.Int64, strict=False)
        rows = rows.with_columns(_typed(rows, "borrower", number, "no number", faults))
    if faults:
        more = f"; and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
        raise RepaymentsFileError(f"{path}: {'; '.join(faults[:NAMED])}{more}")
    _check(rows, path)
    return rows


def join_repayments(rows: pl.DataFrame, spine: pl.DataFrame, decisions: pl.DataFrame | None) -> Joined:
    """Find the point of each row, and leave out what belongs to none.

    Args:
        rows: From ``read_repayments``.
        spine: Of the dataset.
        decisions: ``borrower``, ``as_of`` and ``decision_id`` of its points; None where the dataset has none.

    Raises:
        RepaymentsFileError: the file names decisions and the dataset does not, or instalments are impossible.
    """
    left_out = []
    content = rows.drop("line").columns
    copies = rows.filter(~pl.struct(content).is_first_distinct())
    if copies.height:
        _check_open(rows, copies, content)
        left_out.append(_left_out("the same row again", copies))
        rows = rows.filter(pl.struct(content).is_first_distinct())
    if "decision_id" in rows.columns:
        if decisions is None:
            raise RepaymentsFileError(
                "the dataset does not name decisions: give borrower and as_of of spine.parquet in the file"
            )
        known = rows.join(decisions, on="decision_id", how="left", maintain_order="left")
        what = "no such decision in the dataset"
    else:
        known = rows.join(spine.select(*LOAN, is_point=True), on=LOAN, how="left", maintain_order="left")
        known = known.with_columns(pl.when("is_point").then(pl.col("as_of")).alias("as_of"))
        what = "no such point in the dataset"
    strangers = known.filter(pl.col("borrower").is_null() | pl.col("as_of").is_null())
    if strangers.height:
        left_out.append(_left_out(what, strangers))
        known = known.join(strangers.select("line"), on="line", how="anti", maintain_order="left")
    if "paid_cents" in known.columns:
        beyond = known.filter(pl.col("paid_cents") > pl.col("due_cents"))
        if beyond.height:
            left_out.append(_left_out("of a payment, what is beyond its instalment", beyond))
    early = known.filter(pl.col("due_on") <= pl.col("as_of"))
    if early.height:
        line, due_on, as_of = early.select("line", "due_on", "as_of").row(0)
        raise RepaymentsFileError(
            f"line {line}: an instalment was due on {due_on}, not after the decision of {as_of} ({early.height} such "
            "rows); is it the right loan?"
        )
    unlikely = UNLIKELY_TO_PAY.to_frame()
    if "unlikely_on" in known.columns:
        unlikely = known.filter(pl.col("unlikely_on").is_not_null()).select(*LOAN, "unlikely_on")
        unlikely = unlikely.group_by(LOAN).agg(pl.col("unlikely_on").min()).sort(LOAN)
    return Joined(
        repayments=_instalments(known),
        unlikely_to_pay=unlikely,
        rows=rows.height + copies.height,
        left_out=tuple(left_out),
    )


def _check_open(rows: pl.DataFrame, copies: pl.DataFrame, content: list[str]) -> None:
    """Refuse two equal rows that nobody paid: the same one again, or two parts that are overdue together.

    Of two that were paid, one more or less changes no outcome.
    """
    is_open = pl.col("paid_on").is_null()
    if "paid_cents" in content:
        is_open |= pl.col("paid_cents") < pl.col("due_cents")
    unpaid = copies.filter(is_open)
    if unpaid.height:
        first, last = rows.join(unpaid[:1].select(content), on=content, nulls_equal=True)["line"].sort()[:2]
        raise RepaymentsFileError(
            f"lines {first} and {last} are the same, and not paid in full ({unpaid.height} such rows): take out a row "
            "that is there again; of two parts that are both due, make one row with their sum"
        )


def _cells(path: Path) -> pl.DataFrame:
    """Every cell as text, empty ones null, with the number of the line that each row begins on; no empty rows."""
    text = _text(path.read_bytes())
    head, _, rest = text.partition("\n")
    # Spreadsheets may write the separator above the headings.
    said = re.fullmatch(r"sep=(.)\r?", head)
    if said is not None:
        text, head = rest, rest.partition("\n")[0]
    if not head.strip():
        raise RepaymentsFileError(f"{path} is empty; its first line must be headings")
    separator = max(";\t,|", key=head.count) if said is None else said[1]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    above = 1 if said is None else 2
    rows: list[list[str | None]] = []
    lines: list[int] = []
    try:
        headings = [heading.strip() for heading in next(reader)]
        line = reader.line_num + above
        for row in reader:
            cells = [cell.strip() or None for cell in row]
            if any(cells):
                if len(cells) != len(headings):
                    raise RepaymentsFileError(
                        f"{path}, line {line}: {len(cells)} cells under {len(headings)} headings; is the file whole?"
                    )
                rows.append(cells)
                lines.append(line)
            line = reader.line_num + above
    except csv.Error as error:
        raise RepaymentsFileError(f"{path} is no CSV file: line {reader.line_num + above - 1}: {error}") from None
    named = [(place, heading) for place, heading in enumerate(headings) if heading]
    counts = Counter(heading for _, heading in named)
    if twice := [heading for heading, count in counts.items() if count > 1]:
        raise RepaymentsFileError(f"{path} has {counts[twice[0]]} columns called {twice[0]!r}; rename all but one")
    cells_of = {heading: pl.Series([row[place] for row in rows], dtype=pl.String) for place, heading in named}
    return pl.DataFrame({_LINE: pl.Series(lines, dtype=pl.Int64), **cells_of})


def _text(content: bytes) -> str:
    """As spreadsheets write it: UTF-8, or UTF-16 with its mark, or what those of German Windows write."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _named(cells: pl.DataFrame, headings: Mapping[str, str], path: Path) -> pl.DataFrame:
    """The columns that are read, by their names."""
    found = [name for name in cells.columns if name != _LINE]
    told = f"{path} has the columns {', '.join(found)}"
    if unknown := sorted(headings.keys() - HEADINGS.keys()):
        raise RepaymentsFileError(f"--column {unknown[0]}=...: no such column; there are {', '.join(HEADINGS)}")
    if absent := sorted(set(headings.values()) - set(found)):
        raise RepaymentsFileError(f"{told}; none is called {absent[0]!r}")
    # A heading that is said to be one column is no other one, even if it is called so.
    said = set(headings.values())
    columns = {
        name: headings.get(name, name) for name in HEADINGS if name in headings or (name in found and name not in said)
    }
    if "decision_id" in columns:
        columns = {name: heading for name, heading in columns.items() if name not in LOAN}
    missing = [name for name in NEEDED if name not in columns]
    if "decision_id" not in columns and not {"borrower", "as_of"} <= columns.keys():
        missing.insert(0, "decision_id")
    if missing:
        what = f"{missing[0]}, {HEADINGS[missing[0]]}"
        raise RepaymentsFileError(f"{told}; none is {what}: name it with --column {missing[0]}=HEADING")
    return cells.select(pl.col(_LINE).alias("line"), **{name: pl.col(heading) for name, heading in columns.items()})


def _typed(rows: pl.DataFrame, name: str, typed: pl.Expr, what: str, faults: list[str]) -> pl.Series:
    """A column of values; cells that are none are added to the faults."""
    found = rows.select(typed.alias(name))[name]
    wrong = rows.filter(pl.col(name).is_not_null() & found.is_null()).select("line", name)
    faults += [f"line {line}, {name}: {_shortened(cell)!r} is {what}" for line, cell in wrong.rows()]
    return found


def _shortened(cell: str) -> str:
    return cell if len(cell) <= MOST_SHOWN else f"{cell[:MOST_SHOWN]}..."


def _day(name: str) -> pl.Expr:
    """A day in one of several forms, with or without a time behind it."""
    day = pl.col(name).str.replace(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$", "")
    found = pl.coalesce(day.str.to_date(form, strict=False) for form in DAY_FORMATS)
    return pl.when(found >= EARLIEST).then(found)


_BESIDE_NUMBERS: Final = "(?i)\\s|\u00a0|\u202f|'|\u2019|\u20ac|EUR"


def _decimal_of(cells: pl.Series, path: Path, name: str) -> DecimalSign:
    """What separates cents, as the amounts of a column tell it."""
    plain = cells.str.replace_all(_BESIDE_NUMBERS, "").drop_nulls()
    signs: list[DecimalSign] = []
    for sign, other in ((",", "."), (".", ",")):
        last, end = re.escape(sign), re.escape(other)
        # Behind the other sign, or before no group of three digits, it can only separate cents.
        is_sure = plain.str.contains(rf"{end}\d{{3}}{last}") | plain.str.contains(rf"^-?\d+{last}(\d{{1,2}}|\d{{4,}})$")
        if is_sure.any():
            signs.append("," if sign == "," else ".")
    if len(signs) == 1:
        return signs[0]
    if not signs and not plain.str.contains(r"[.,]").any():
        return "."
    what = "both comma and point separate cents" if signs else f"{plain[0]!r} may be thousands or cents"
    raise RepaymentsFileError(f"{path}, {name}: {what}; say which with --decimal , or --decimal .")


def _cents(name: str, decimal: DecimalSign) -> pl.Expr:
    thousands = "." if decimal == "," else ","
    grouped, ungrouped = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+", r"\d+"
    number = rf"^(-?)({grouped}|{ungrouped})(?:{re.escape(decimal)}(\d{{1,2}}))?$"
    parts = pl.col(name).str.replace_all(_BESIDE_NUMBERS, "").str.extract_groups(number)
    digits = parts.struct.field("2").str.replace_all(thousands, "", literal=True)
    whole = pl.when(digits.str.len_bytes() <= MOST_DIGITS).then(digits).cast(pl.Int64, strict=False)
    rest = parts.struct.field("3").fill_null("").str.pad_end(2, "0").cast(pl.Int64, strict=False)
    sign = pl.when(parts.struct.field("1") == "-").then(-1).otherwise(1)
    return sign * (whole * 100 + rest)


def _check(rows: pl.DataFrame, path: Path) -> None:
    if "paid_cents" not in rows.columns:  # a literal alone cannot filter more rows than polars takes at once
        rows = rows.with_columns(paid_cents=pl.lit(None, dtype=pl.Int64))
    paid = pl.col("paid_cents")
    needed = ("decision_id", "borrower", "as_of", "due_on", "due_cents", "observed_until")
    rules = {
        **{
            f"{name.removesuffix('_cents')} is empty": pl.col(name).is_null() for name in needed if name in rows.columns
        },
        "the instalment is not above zero": pl.col("due_cents") <= 0,
        "what was paid is below zero": paid < 0,
        "paid is more than zero, and paid_on is empty": (paid > 0) & pl.col("paid_on").is_null(),
        **{
            f"{name} is after observed_until": pl.col(name) > pl.col("observed_until")
            for name in ("paid_on", "unlikely_on")
            if name in rows.columns
        },
    }
    for text, broken in rules.items():
        lines = rows.filter(broken)["line"].to_list()
        if lines:
            raise RepaymentsFileError(f"{path}, line {lines[0]}: {text} ({len(lines)} such rows)")
    # The same amount once more beside a part that was paid: it would be due twice.
    loan = ["decision_id"] if "decision_id" in rows.columns else LOAN
    is_part = pl.col("paid_on").is_not_null() & (paid > 0) & (paid < pl.col("due_cents"))
    distinct = rows.filter(pl.struct(pl.exclude("line")).is_first_distinct())
    again = distinct.filter((is_part.any() & (pl.len() > 1)).over(*loan, "due_on", "due_cents"))["line"].to_list()
    if len(again) > 1:
        raise RepaymentsFileError(
            f"{path}, lines {again[0]} and {again[1]}: one instalment in two rows, each with the whole of it as due "
            f"({len(again)} such rows); give each part its own due, and what is still open a row without paid_on"
        )


def _left_out(reason: str, rows: pl.DataFrame) -> LeftOut:
    first = rows.row(0, named=True)
    who = first["decision_id"] if "decision_id" in rows.columns else f"borrower {first['borrower']}"
    return LeftOut(reason=reason, rows=rows.height, example=f"line {first['line']}, {who}")


def _instalments(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per part of an instalment, numbered by its due day."""
    due = pl.col("due_cents")
    paid = (
        pl.when(pl.col("paid_on").is_null())
        .then(0)
        .otherwise(pl.min_horizontal("paid_cents", due) if "paid_cents" in rows.columns else due)
    )
    told = rows.with_columns(part=paid)
    columns = [*LOAN, "line", "due_on"]
    # All parts of a loan are observed until the same day: the latest that any of its rows names.
    observed = pl.col("observed_until").max().over(LOAN)
    parts = pl.concat(
        [
            told.filter(pl.col("part") > 0).select(*columns, "paid_on", observed_until=observed, due_cents="part"),
            told.filter(pl.col("part") < due).select(
                *columns,
                pl.lit(None, dtype=pl.Date).alias("paid_on"),
                observed_until=observed,
                due_cents=due - pl.col("part"),
            ),
        ]
    )
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(LOAN).alias("instalment")
    ordered = parts.sort(*LOAN, "due_on", "line", "paid_on", nulls_last=True)
    return ordered.with_columns(number).select(pl.col(name).cast(kind) for name, kind in REPAYMENTS.items())
