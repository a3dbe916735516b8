"""The filter of the list: validated input, with a sentence for each fault."""

import re
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
from litestar import Request

from scoring.base.identifiers import BERLIN, is_id
from scoring.decisions.decision import Verdict
from scoring.pages.formats import Formats
from scoring.pages.texts.listing import Listing
from scoring.pages.texts.verdicts import Verdicts
from scoring.store.decisions import DecisionFilter

_FIELDS: Final = ("verdict", "recommendation", "borrower", "from", "to")
_KNOWN: Final = frozenset({*_FIELDS, "cursor", "lang"})
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS: Final = range(1970, 9999)
_LONGEST: Final = 120


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Values of the form, and the filter for the store."""

    fields: dict[str, str]
    """By name, as they were given; empty where nothing was."""
    wanted: DecisionFilter
    cursor: str | None
    problems: tuple[str, ...]
    """Sentences for the reader; with any, nothing is asked of the store."""

    @property
    def is_narrow(self) -> bool:
        """Whether anything was chosen at all."""
        return any(self.fields.values())


def chosen(request: Request[Any, Any, Any], f: Formats) -> Chosen:
    """Read the filter from the address."""
    given = request.query_params
    fields = {name: str(given.get(name, "")).strip() for name in _FIELDS}
    problems: list[str] = []
    if any(name not in _KNOWN or len(given.getall(name)) > 1 for name in given.dict()):
        problems.append(f.say(Listing.wrong_parameter))
    for name, label in (("verdict", Verdicts.verdict), ("recommendation", Verdicts.recommendation)):
        if fields[name] and fields[name] not in set(Verdict):
            problems.append(f.say(Listing.wrong_choice).format(field=f.say(label)))
    borrower = fields["borrower"]
    if len(borrower) > _LONGEST or not borrower.isprintable():
        problems.append(f.say(Listing.wrong_text).format(field=f.say(Listing.borrower)))
    first, last = (read_day(fields[name]) for name in ("from", "to"))
    for name, day, label in (("from", first, Listing.first_day), ("to", last, Listing.last_day)):
        if fields[name] and day is None:
            problems.append(f.say(Listing.wrong_day).format(field=f.say(label)))
    if first is not None and last is not None and first > last:
        problems.append(f.say(Listing.wrong_order))
    cursor = given.get("cursor") or None
    if cursor is not None and not is_id(cursor, "dec"):
        problems.append(f.say(Listing.wrong_cursor))
    return Chosen(
        fields=fields,
        wanted=DecisionFilter(
            verdict=fields["verdict"] or None,
            recommendation=fields["recommendation"] or None,
            borrower_ref=borrower or None,
            created_from=None if first is None else midnight(first),
            created_to=None if last is None else midnight(last + timedelta(days=1)),
        ),
        cursor=cursor,
        problems=tuple(problems),
    )


def read_day(text: str) -> date | None:
    """A day as a browser sends it; None for anything else."""
    if _DAY.fullmatch(text) is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def midnight(day: date) -> datetime:
    """The start of a day in Berlin."""
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN)
