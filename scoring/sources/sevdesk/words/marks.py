"""What sevdesk notes on documents and lines beside their amounts: numbers, texts, states of work.

Texts are looked at once and dropped: what goes on is whether they say anything. A number is taken apart into what the
numbers of one series share, of which only a keyed hash goes on, and its running part.
"""

import html
import re
from datetime import date
from typing import Final, NamedTuple

import polars as pl

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


def taken_apart(number: str | None, issued_on: date | None) -> Number:
    """The series of a number and its running part; nothing where it has no digits, or too many.

    The running part is the last group of digits that is not the year of issue: of four digits anywhere, or of two
    behind a slash. A number with its year belongs to the series of that year, so that each year begins a new one.

    Args:
        number: as the document has it.
        issued_on: its date.
    """
    if number is None:
        return Number()
    groups = list(_DIGITS.finditer(number))
    if issued_on is not None:
        groups = [one for one in groups if not _is_year(number, one, issued_on)] or groups
    if not groups or len(groups[-1][0]) > _MOST_DIGITS:
        return Number()
    last = groups[-1]
    return Number(series=f"{number[: last.start()]}{_PLACE}{number[last.end() :]}", running=int(last[0]))


def _is_year(number: str, group: re.Match[str], issued_on: date) -> bool:
    text = f"{issued_on.year:04d}"
    if len(group[0]) == _SHORT_YEAR_DIGITS:
        return group[0] == text[_SHORT_YEAR_DIGITS:] and number[: group.start()].endswith("/")
    return len(group[0]) == _YEAR_DIGITS and group[0] == text


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


def says_nothing(*texts: str | None, number: str | None = None) -> bool:
    """Whether nothing is left of texts but what a template writes on every document.

    Args:
        texts: of one document, with or without HTML.
        number: of the document, which the header repeats.
    """
    given = [text for text in texts if text]
    if sum(map(len, given)) > _LONGEST_TEXT:
        return False
    plain = " ".join(html.unescape(_TAG.sub(" ", " | ".join(given))).lower().split())
    if number:
        plain = plain.replace(number.lower(), " ")
    return _WORD.search(_BOILERPLATE.sub(" ", _DAY.sub(" ", plain))) is None


def with_invoice_marks(invoices: pl.DataFrame) -> pl.DataFrame:
    """The invoices with ``series`` (a text), ``running`` and ``is_blank``, and without their header."""
    numbers = [taken_apart(*one) for one in invoices.select("number", "issued_on").iter_rows()]
    texts = invoices.select("header", "head_text", "foot_text", "number").iter_rows()
    is_blank = [says_nothing(*some, number=number) for *some, number in texts]
    marks = [
        pl.Series("series", [one.series for one in numbers], dtype=pl.String),
        pl.Series("running", [one.running for one in numbers], dtype=pl.Int64),
        pl.Series("is_blank", is_blank, dtype=pl.Boolean),
    ]
    return invoices.drop("header").hstack(marks)
