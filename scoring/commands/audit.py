"""``audit``: who did what."""

import csv
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from scoring.base.identifiers import BERLIN
from scoring.commands.session import answer, give_up, read_settings, with_database
from scoring.runtime.operator import operators_mark
from scoring.runtime.settings import clock_of
from scoring.store.audit import Action, AuditFilter, AuditRow, list_rows, write_mark
from scoring.store.database import Database

_PAGE = 1000
_SHOWN = ("at", "lender_id", "principal_id", "actor", "action", "object", "address")


def audit(
    *,
    lender: str | None = None,
    principal: str | None = None,
    action: str | None = None,
    object_id: Annotated[str | None, Parameter(name="--object")] = None,
    since: str | None = None,
    until: str | None = None,
    form: Annotated[Literal["table", "csv", "json"] | None, Parameter(name="--format")] = None,
) -> None:
    """Print the audit trail, newest first: a table on a terminal, else CSV.

    Args:
        lender: only what concerns this lender.
        principal: only what this principal did, or this user of the operating system.
        action: only this action, such as decision.read.
        object_id: only what concerns this object or borrower, by its identifier.
        since: only at or after this day or instant; days are those of Berlin.
        until: only before this instant, or up to this day.
        form: table, csv, or json (one object per line).
    """
    settings = read_settings()
    if action is not None and action not in set(Action):
        give_up(f"--action {action!r} is none of {', '.join(Action)}")
    wanted = AuditFilter(
        lender_id=lender,
        principal=principal,
        action=action,
        object=object_id,
        since=None if since is None else _moment("--since", since, days=0),
        until=None if until is None else _moment("--until", until, days=1),
    )

    async def work(database: Database) -> list[AuditRow]:
        rows: list[AuditRow] = []
        while True:
            before = rows[-1].id if rows else None
            page = await list_rows(database, wanted, before=before, limit=_PAGE)
            rows += page
            if len(page) < _PAGE:
                break
        await write_mark(database, operators_mark(Action.AUDIT_READ, clock_of(settings), lender))
        return rows

    _print(with_database(settings, work), form or ("table" if sys.stdout.isatty() else "csv"))


def _print(rows: list[AuditRow], form: str) -> None:
    if form == "json":
        for row in rows:
            answer(msgspec.json.encode(row).decode())
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        names = AuditRow.__struct_fields__
        writer.writerow(names)
        writer.writerows([getattr(row, name) for name in names] for row in rows)
    else:
        table = Table(*_SHOWN)
        for row in rows:
            table.add_row(*(getattr(row, name) or "" for name in _SHOWN))
        Console().print(table)


def _moment(option: str, text: str, *, days: int) -> datetime:
    """An instant; of a day alone its beginning, or that of the day so many days later."""
    try:
        moment = datetime.fromisoformat(text)
        if len(text) == len("2026-11-23"):
            moment += timedelta(days=days)
        return (moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)).astimezone(UTC)
    except (ValueError, OverflowError):
        give_up(f"{option} {text!r} is not a time: use a day such as 2026-11-30 or 2026-11-30T08:15:00Z")
