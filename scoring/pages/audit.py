"""The page of the audit trail."""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from scoring.api.lists import page_of
from scoring.api.middleware import who_of
from scoring.base.identifiers import is_id
from scoring.pages.access import needs_person, viewer_of
from scoring.pages.filters import midnight, read_day
from scoring.pages.formats import Formats
from scoring.pages.rendering import Pages, language_of
from scoring.pages.texts.audit import AuditPage
from scoring.store.audit import Action, AuditFilter, AuditRow, Trail, list_rows, page_id
from scoring.store.database import Database
from scoring.store.principals import Role, names_of

_ON_A_PAGE: Final = 50
_FIELDS: Final = ("who", "action", "object", "since", "until")


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Values of the form, and the filter for the store."""

    fields: dict[str, str]
    wanted: AuditFilter
    cursor: str | None
    problems: tuple[str, ...]
    """Sentences for the reader; with any, nothing is asked of the store."""


@get("/audit", guards=[needs_person(Role.AUDIT)])
async def get_page(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    trail: NamedDependency[Trail],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Who did what, newest first."""
    reader = viewer_of(request).principal
    choice = chosen(request, reader.lender_id, Formats(language_of(request)))
    rows: list[AuditRow] = []
    next_cursor = None
    if not choice.problems:
        found = await list_rows(database, choice.wanted, before=choice.cursor, limit=_ON_A_PAGE + 1)
        rows, next_cursor = page_of(found, _ON_A_PAGE, lambda row: row.id)
        await trail.note(who_of(request, reader), Action.AUDIT_READ, object_id=page_id([row.id for row in rows]))
    kept = {name: value for name, value in choice.fields.items() if value}
    return pages.respond(
        request,
        "audit.html",
        status_code=400 if choice.problems else 200,
        choice=choice,
        rows=rows,
        names=await names_of(database, reader.lender_id),
        older=None if next_cursor is None else f"?{urlencode({**kept, 'cursor': next_cursor})}",
        newest=f"?{urlencode(kept)}" if choice.cursor else None,
    )


def chosen(request: Request[Any, Any, Any], lender_id: str, f: Formats) -> Chosen:
    """Read the filter from the address."""
    given = request.query_params
    fields = {name: str(given.get(name, "")).strip() for name in _FIELDS}
    problems: list[str] = []
    if any(name not in {*_FIELDS, "cursor", "lang"} or len(given.getall(name)) > 1 for name in given.dict()):
        problems.append(f.say(AuditPage.wrong_parameter))
    if fields["action"] and fields["action"] not in set(Action):
        problems.append(f.say(AuditPage.wrong_choice).format(field=f.say(AuditPage.action)))
    for name, label in (("who", AuditPage.who), ("object", AuditPage.object)):
        if len(fields[name]) > 120 or not fields[name].isprintable():
            problems.append(f.say(AuditPage.wrong_text).format(field=f.say(label)))
    first, last = read_day(fields["since"]), read_day(fields["until"])
    for name, day, label in (("since", first, AuditPage.since), ("until", last, AuditPage.until)):
        if fields[name] and day is None:
            problems.append(f.say(AuditPage.wrong_day).format(field=f.say(label)))
    cursor = given.get("cursor") or None
    if cursor is not None and not is_id(cursor, "aud"):
        problems.append(f.say(AuditPage.wrong_parameter))
    wanted = AuditFilter(
        lender_id=lender_id,
        principal=fields["who"] or None,
        action=fields["action"] or None,
        object=fields["object"] or None,
        since=None if first is None else midnight(first),
        until=None if last is None else midnight(last + timedelta(days=1)),
    )
    return Chosen(fields=fields, wanted=wanted, cursor=cursor, problems=tuple(problems))
