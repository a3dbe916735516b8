"""Files of portfolios: applications as CSV or as lines of JSON in, results as CSV or Parquet out.

Reading makes of each line the body that ``POST /v1/decisions`` takes, so that both are checked by the same rules. A
cell that cannot be read goes on as it is, and is refused there with the name of its column.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import msgspec
import polars as pl

from scoring.store.portfolios import MOST_ROWS, StoredRow
from scoring.usecases.loan_files import as_text, parse_cents, parse_day, plain, read_csv, typed

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "borrower_ref": ("borrower", "ref", "kunde", "kundennummer", "kreditnehmer"),
        "legal_form": ("rechtsform",),
        "product": ("produkt",),
        "amount": ("betrag", "kreditbetrag", "summe"),
        "currency": ("währung",),
        "term_months": ("term", "laufzeit", "laufzeitmonate"),
        "purpose": ("zweck", "verwendungszweck"),
        "payout_iban": ("iban", "auszahlungskonto"),
        "applicant_name": ("applicant", "antragsteller", "firma", "name"),
        "applicant_tax_number": ("tax_number", "steuernummer"),
        "applicant_vat_id": ("vat_id", "ustid", "ustidnr", "umsatzsteuerid"),
        "starts_business": ("existenzgründung",),
        "language": ("sprache",),
        "as_of": ("stichtag",),
        "connection_id": ("connection", "verbindung"),
        "sevdesk_token": ("token",),
        "case_id": ("case", "fall"),
        "idempotency_key": ("schlüssel",),
    }
)
"""Columns of a file with the other names that they may have; upper case, blanks and signs make no difference."""
NEEDED: Final = ("borrower_ref", "legal_form", "product", "amount", "term_months")
FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "amount.value": "amount",
        "amount.currency": "currency",
        "applicant.name": "applicant_name",
        "applicant.tax_number": "applicant_tax_number",
        "applicant.vat_id": "applicant_vat_id",
    }
)
"""Column of a field that has another name in an application."""
_LINES: Final = re.compile(rb"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_YES: Final = MappingProxyType(
    {"yes": True, "true": True, "ja": True, "1": True, "no": False, "false": False, "nein": False, "0": False}
)


class FileKind(StrEnum):
    """How a file of applications is written."""

    CSV = "csv"
    NDJSON = "ndjson"


class PortfolioFileError(ValueError):
    """A file of which nothing can be read; the message says why and what to do."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One application of a file."""

    number: int
    """Of the line, from 1; the header of a CSV is line 1."""
    body: bytes
    """As JSON."""
    is_cells: bool = False
    """Whether its fields are columns."""
    said: str | None = None
    """What is wrong with the line as a whole."""


def read_lines(content: bytes, kind: FileKind) -> list[Line]:
    """The applications of a file, and those lines of which no application can be read.

    Raises:
        PortfolioFileError: it has no header, a needed column is missing or there twice, or it has no line or too many.
    """
    is_csv = kind is FileKind.CSV
    found: list[Line] = []
    for count, line in enumerate(_cells(content) if is_csv else _json(content), start=1):
        if count > MOST_ROWS:
            raise PortfolioFileError(f"the file has more than {MOST_ROWS} lines; split it")
        if line is not None:
            found.append(line)
    if not found:
        empty = "has no line below its header" if is_csv else "is empty; send one application in each line"
        raise PortfolioFileError(f"the file {empty}")
    return found


def _json(content: bytes) -> Iterator[Line | None]:
    """Each line; None where it is blank."""
    for number, match in enumerate(_LINES.finditer(content.removeprefix(b"\xef\xbb\xbf")), start=1):
        line = match.group().rstrip(b"\r\n")
        yield Line(number=number, body=line) if line.strip() else None


def _cells(content: bytes) -> Iterator[Line | None]:
    reader = read_csv(content)
    try:
        header: list[str] = next(reader, [])
    except csv.Error as error:
        raise PortfolioFileError(f"line 1 is no CSV: {error}") from None
    yield from _applications(reader, _places(header), len(header))


def _applications(reader: Any, places: Mapping[int, str], width: int) -> Iterator[Line | None]:  # noqa: ANN401  csv has no name for its reader
    """Each row; None where it is blank."""
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Line(number=reader.line_num, body=b"", said=f"is no CSV: {error}")
            continue
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            yield None
            continue
        said = None
        if reader.line_num > first:
            said = (
                f"and what follows until line {reader.line_num} are one row: a quote is not closed, or a cell has a "
                "line break, which no column takes"
            )
        elif len(cells) > width:
            said = (
                f"has {len(cells)} cells, and the header names {width} columns: put quotes around what has a separator"
            )
        named = {name: typed(cells[place].strip()) for place, name in places.items() if place < len(cells)}
        body = msgspec.json.encode(_application({name: cell for name, cell in named.items() if cell}))
        yield Line(number=first, body=body, is_cells=True, said=said)


def _places(header: Sequence[str]) -> dict[int, str]:
    known = {plain(one): name for name, others in COLUMNS.items() for one in (name, *others)}
    places: dict[int, str] = {}
    for place, cell in enumerate(header):
        meant = known.get(plain(cell))
        if meant is None:
            raise PortfolioFileError(f"the column {cell[:60]!r} is not known; columns: {', '.join(COLUMNS)}")
        if meant in places.values():
            raise PortfolioFileError(f"two columns mean {meant}; leave one out")
        places[place] = meant
    if missing := [name for name in NEEDED if name not in places.values()]:
        raise PortfolioFileError(
            f"the first line names no column for {', '.join(missing)}; it must name the columns, and these are needed"
        )
    if not {"connection_id", "sevdesk_token"} & set(places.values()):
        raise PortfolioFileError("the first line names neither connection_id nor sevdesk_token; one is needed")
    return places


def _application(cells: Mapping[str, str]) -> dict[str, Any]:
    """The body of cells that are not empty."""
    body: dict[str, Any] = dict(cells)
    for name in ("legal_form", "product", "language"):
        if name in cells:
            body[name] = cells[name].casefold()  # as people write GmbH
    if "amount" in cells:
        value = _read(cells["amount"], lambda text: f"{(cents := parse_cents(text)) // 100}.{cents % 100:02d}")
        body["amount"] = {"value": value, "currency": body.pop("currency", "EUR")}
    else:
        body.pop("currency", None)
    if "term_months" in cells:
        body["term_months"] = _read(cells["term_months"], _whole)
    if "as_of" in cells:
        body["as_of"] = _read(cells["as_of"], lambda text: parse_day(text).isoformat())
    if "starts_business" in cells:
        body["starts_business"] = _YES.get(cells["starts_business"].casefold(), cells["starts_business"])
    parts = ("name", "tax_number", "vat_id")
    applicant = {part: body.pop(f"applicant_{part}") for part in parts if f"applicant_{part}" in body}
    return body | ({"applicant": applicant} if applicant else {})


def _read(text: str, convert: Callable[[str], Any]) -> Any:  # noqa: ANN401  a value of JSON
    try:
        return convert(text)
    except ValueError:
        return text


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise ValueError(text)
    return int(text)


_COLUMNS: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {
        "line": pl.Int64(),
        "state": pl.String(),
        "borrower_ref": pl.String(),
        "decision_id": pl.String(),
        "ended_at": pl.String(),
        "verdict": pl.String(),
        "recommendation": pl.String(),
        "score": pl.Float64(),
        "pd": pl.Float64(),
        "grade": pl.String(),
        "limit_eur": pl.Decimal(14, 2),
        "annual_rate_percent": pl.Decimal(6, 2),
        "causes": pl.String(),
        "before_decision_id": pl.String(),
        "before_created_at": pl.String(),
        "before_verdict": pl.String(),
        "before_recommendation": pl.String(),
        "before_score": pl.Float64(),
        "before_grade": pl.String(),
        "problem": pl.String(),
        "problem_detail": pl.String(),
    }
)
"""Columns of results; causes are codes with spaces between them."""


class _Said(msgspec.Struct):
    type: str
    detail: str


def frame_of(rows: Iterable[StoredRow]) -> pl.DataFrame:
    """Results as a table, a row for each line of the file."""
    hundredths = {name: pl.Int64() for name in ("limit_eur", "annual_rate_percent")}
    frame = pl.DataFrame([_flat(row) for row in rows], schema={**_COLUMNS, **hundredths}, orient="row")
    return frame.with_columns((pl.col(name) / 100).cast(_COLUMNS[name]) for name in hundredths)


def write_csv(frame: pl.DataFrame) -> bytes:
    """The table as CSV; no cell is run by a spreadsheet."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(pl.col(texts).map_elements(as_text, return_dtype=pl.String)).write_csv().encode()


def write_parquet(frame: pl.DataFrame) -> bytes:
    """The table as Parquet."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _flat(row: StoredRow) -> tuple[Any, ...]:
    now, before = row.outcome, row.before
    said = None if row.problem is None else msgspec.json.decode(row.problem, type=_Said)
    return (
        *(row.line, row.state, row.borrower_ref, row.decision_id, row.ended_at),
        *((None,) * 8 if now is None else (now.verdict, now.recommendation, now.score, now.pd, now.grade)),
        *(() if now is None else (now.limit_cents, now.annual_rate_bps, " ".join(now.causes))),
        *((None,) * 6 if before is None else msgspec.structs.astuple(before)),
        *((None, None) if said is None else (said.type, said.detail)),
    )
