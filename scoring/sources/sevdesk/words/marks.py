"""What sevdesk notes on documents and lines beside their amounts: numbers, texts, states of work.

Texts are looked at once and dropped: what goes on is whether they say anything. A number is taken apart into what the
numbers of one series share, of which only a keyed hash goes on, and its running part.
"""

import html
import re
from typing import Final, NamedTuple

import polars as pl

from features.ledger import collect

_LONGEST_TEXT: Final = 2_000
"""Whoever writes more than this says something."""
_DIGITS = re.compile(r"[0-9]+")
_MOST_DIGITS: Final = 15
_YEAR_DIGITS, _SHORT_YEAR_DIGITS = 4, 2
_PLACE: Final = "#"


class Number(NamedTuple):
    """A document's number, taken apart."""

    series: str | None = None
    """What is left where the running part is taken out."""
    running: int | None = None


_NO_NUMBER: Final = Number()


def taken_apart(number: str | None, year: int | None) -> Number:
    """The series of a number and its running part; nothing where it has no digits, or too many.

    The running part is the last group of digits that is not the year of issue: of four digits anywhere, or of two
    behind a slash. A number with its year belongs to the series of that year, so that each year begins a new one.

    Args:
        number: as the document has it.
        year: of issue; None where the document has no date.
    """
    if number is None:
        return _NO_NUMBER
    groups = list(_DIGITS.finditer(number))
    groups = [one for one in groups if not _is_year(number, one, year)] or groups
    if not groups or len(groups[-1][0]) > _MOST_DIGITS:
        return _NO_NUMBER
    last = groups[-1]
    return Number(f"{number[: last.start()]}{_PLACE}{number[last.end() :]}", int(last[0]))


def _is_year(number: str, group: re.Match[str], year: int | None) -> bool:
    digits = group[0]
    if year is None or len(digits) not in {_YEAR_DIGITS, _SHORT_YEAR_DIGITS}:
        return False
    if len(digits) == _YEAR_DIGITS:
        return int(digits) == year
    return int(digits) == year % 100 and number[: group.start()].endswith("/")


_TAG = re.compile(r"<[^>]{0,200}>")
_BOILERPLATE = re.compile(
    r"sehr geehrte\w*[^,.!|]{0,80}[,.!|]?"
    r"|\b(?:guten tag|hallo|liebe\w*)\b[^,.!|]{0,80}[,.!|]"
    r"|vielen dank f(?:ü|ue)r (?:ihren|deinen|euren) auftrag(?: und das damit verbundene vertrauen)?"
    r"|(?:hiermit )?(?:stelle?n? (?:ich|wir)|(?:ich|wir) stelle?n?) (?:ihnen|dir|euch)?[^.!|]{0,80} in rechnung"
    r"|(?:wir|ich) (?:danken?|bedanken? (?:uns|mich))[^.!|]{0,80}"
    r"|bitte (?:ü|ue)berweisen[^.!|]{0,200}|zahlbar [^.!|]{0,120}|zahlungsziel[^.!|]{0,80}"
    r"|mit (?:freundlichen|besten) gr(?:ü|ue)(?:ß|ss)en.{0,200}"
    r"|\b(?:teil|abschlags?|schluss|anzahlungs?)?rechnung\b|\binvoice\b|\b(?:nr|nummer|no)\b\.?|\[%\w{1,40}%\]"
)
"""Greetings, thanks, terms of payment, and the word for the document: what templates write on every invoice."""
_DAY = re.compile(r"\b\d{1,2}\.\s?\d{1,2}\.\s?\d{2,4}\b")
_WORD = re.compile(r"[^\W_]")


def says_nothing(text: str, number: str | None = None) -> bool:
    """Whether nothing is left of a text but what a template writes on every document.

    Args:
        text: with or without HTML.
        number: of the document, which a header repeats.
    """
    if len(text) > _LONGEST_TEXT:
        return False
    plain = " ".join(html.unescape(_TAG.sub(" ", text)).lower().split())
    if number:
        plain = plain.replace(number.lower(), " ")
    return _WORD.search(_BOILERPLATE.sub(" ", _DAY.sub(" ", plain))) is None


class _SaysNothing(dict[str | None, bool]):
    """Remembers texts: a firm writes few different ones."""

    def __init__(self) -> None:
        super().__init__({None: True, "": True})

    def __missing__(self, text: str) -> bool:
        value = self[text] = says_nothing(text)
        return value


def with_invoice_marks(invoices: pl.DataFrame) -> pl.DataFrame:
    """The invoices with ``series`` (a text), ``running`` and ``is_blank``, and without their header."""
    numbers, seen = invoices["number"].to_list(), _SaysNothing()
    texts = (invoices[name].to_list() for name in ("header", "head_text", "foot_text"))
    is_blank = [
        seen[head] and seen[foot] and seen[header.replace(number, "") if header and number else header]
        for number, header, head, foot in zip(numbers, *texts, strict=True)
    ]
    marks = [*_apart(invoices), pl.Series("is_blank", is_blank, dtype=pl.Boolean)]
    return invoices.drop("header").hstack(marks)


_LAST: Final = pl.col("number").str.extract(r"([0-9]+)$").alias("last")
_RUNNING: Final = pl.col("last").cast(pl.Int64, strict=False).alias("running")
_DIGIT_COUNT: Final = pl.col("last").str.len_bytes()
_YEAR: Final = pl.col("issued_on").dt.year().alias("year")
# Nearly every number ends with its running part; a year or too many digits need a closer look.
_IS_YEAR: Final = ((_DIGIT_COUNT == _YEAR_DIGITS) & (pl.col("running") == pl.col("year"))) | (
    (_DIGIT_COUNT == _SHORT_YEAR_DIGITS) & (pl.col("running") == pl.col("year") % 100)
)
_IS_PLAIN: Final = ((_DIGIT_COUNT <= _MOST_DIGITS) & ~_IS_YEAR.fill_null(value=False)).fill_null(value=False)
_SERIES: Final = pl.concat_str(pl.col("number").str.strip_suffix(pl.col("last")), pl.lit(_PLACE))


def _apart(invoices: pl.DataFrame) -> list[pl.Series]:
    """The series and the running part of each number, as ``taken_apart`` has them."""
    found = collect(
        invoices.lazy()
        .select("number", _LAST, _YEAR)
        .with_columns(_RUNNING)
        .with_columns(_IS_PLAIN.alias("is_plain"))
        .select(
            "is_plain",
            pl.when("is_plain").then(_SERIES).alias("series"),
            pl.when("is_plain").then("running").alias("running"),
        )
    )
    odd = (~found["is_plain"] & invoices["number"].is_not_null()).arg_true()
    if odd.is_empty():
        return [found["series"], found["running"]]
    rows = invoices[odd].select("number", _YEAR.alias("year")).iter_rows()
    others = [taken_apart(number, year) for number, year in rows]
    return [
        found["series"].scatter(odd, [one.series for one in others]),
        found["running"].scatter(odd, [one.running for one in others]),
    ]
