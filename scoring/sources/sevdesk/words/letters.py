"""What the texts of an invoice say about its payment; no other module reads these texts.

They are read once and dropped: what goes on is a share, an amount, a day and whether the claim was sold.
"""

import html
import re
from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

import polars as pl

_LONGEST_TEXT: Final = 20_000
_LIKELY: Final = r"(?i)einbehalt|r(?:ü|ue|&uuml;)ckbehalt|factor|schuldbefreiend"
"""Nearly no invoice has any of it, which is quick to see."""

_TAG = re.compile(r"<[^>]{0,200}>")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_RETENTION = re.compile(r"(?<!zu)(?:einbehalt|rueckbehalt)(?!ungsrecht)\w*")
_DENIED_BEFORE = re.compile(r"\b(?:ohne|kein\w*|statt)\b[^.;|]{0,30}$")
_DENIED_AFTER = re.compile(r"^[^.;|]{0,40}\b(?:nicht|entfaellt|abgeloest|ausgezahlt|ausbezahlt|ersetzt)\b")
_SHARE = re.compile(
    r"(?<![\d.,])(\d{1,3})(?:[.,](\d{1,2}))?\s?(?:%|v\.\s?h\.|prozent)(?!\s{0,2}(?:skonto|mwst|ust|umsatz|mehrwert))"
)
_AMOUNT = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.\s]?\d{3}){0,3}),(\d{2})(?!\d|\s?(?:%|v\.\s?h\.|prozent))")
_DAY = re.compile(r"\b(?:bis|zum|am|ab)\s{1,3}(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b")
_BEFORE, _AFTER, _AFTER_DAY = 40, 60, 140
"""Characters around the word in which its share or amount, and its day, are looked for."""
_IS_SOLD = re.compile(
    r"schuldbefreiend|\bfactor(?:ing)?\b.{0,200}(?:abgetreten|abtret|verkauft|uebertragen)"
    r"|(?:abgetreten|abtret|verkauft|uebertragen).{0,200}\bfactor(?:ing)?\b|\w+factoring\b.{0,200}abgetreten"
)


class Terms(NamedTuple):
    """What a text says; nothing where it is silent."""

    retained_basis_points: int | None = None
    retained_cents: int | None = None
    retained_until: date | None = None
    is_sold: bool = False


_SCHEMA = pl.Schema(
    {
        "retained_basis_points": pl.Int64(),
        "retained_cents": pl.Int64(),
        "retained_until": pl.Date(),
        "is_sold": pl.Boolean(),
    }
)


def with_terms(invoices: pl.DataFrame) -> pl.DataFrame:
    """The invoices with the terms that their head and foot text name, and without these texts."""
    text = pl.concat_str(
        [pl.col(name).str.slice(0, _LONGEST_TEXT) for name in ("head_text", "foot_text")],
        separator=" | ",
        ignore_nulls=True,
    )
    texts = invoices.select(text.alias("text"))["text"]
    likely = texts.str.contains(_LIKELY).fill_null(value=False)
    if not likely.any():
        nothing = pl.DataFrame([Terms()], schema=_SCHEMA, orient="row")[[0] * invoices.height]
        return invoices.drop("head_text", "foot_text").hstack(nothing)
    rows = [terms_of(text) if is_likely else Terms() for text, is_likely in zip(texts, likely, strict=True)]
    return invoices.drop("head_text", "foot_text").hstack(pl.DataFrame(rows, schema=_SCHEMA, orient="row"))


def terms_of(text: str) -> Terms:
    """The terms that a text names: the first retention in it with a share or an amount, and whether it was sold."""
    plain = " ".join(html.unescape(_TAG.sub(" ", text)).lower().translate(_UMLAUTS).split())
    is_sold = _IS_SOLD.search(plain) is not None
    for found in _RETENTION.finditer(plain):
        before, after = plain[max(0, found.start() - _BEFORE) : found.start()], plain[found.end() :]
        if _DENIED_BEFORE.search(before) or _DENIED_AFTER.search(after[:_AFTER]):
            continue
        share, amount = _nearest(_SHARE, before, after), _nearest(_AMOUNT, before, after)
        if share is None and amount is None:
            continue
        return Terms(
            retained_basis_points=None if share is None else int(share[1]) * 100 + int((share[2] or "0").ljust(2, "0")),
            retained_cents=None if amount is None else int(re.sub(r"\D", "", amount[1])) * 100 + int(amount[2]),
            retained_until=_first_day(after[:_AFTER_DAY]),
            is_sold=is_sold,
        )
    return Terms(is_sold=is_sold)


def _nearest(pattern: re.Pattern[str], before: str, after: str) -> re.Match[str] | None:
    """What stands next to the word: right after it, else the last before it."""
    behind = pattern.search(after[:_AFTER])
    ahead = list(pattern.finditer(before))
    if behind is None or (ahead and len(before) - ahead[-1].end() < behind.start()):
        return ahead[-1] if ahead else None
    return behind


def _first_day(text: str) -> date | None:
    return next(_days(text), None)


def _days(text: str) -> Iterator[date]:
    for day, month, year in _DAY.findall(text):
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            continue
