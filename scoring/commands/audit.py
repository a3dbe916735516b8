"""``audit``: who did what."""

import csv
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scoring.base.identifiers import BERLIN
from scoring.commands.session import answer, give_up, settings_for, with_database
from scoring.runtime.operator import operators_mark
from scoring.runtime.settings import clock_of
from scoring.store.audit import Action, AuditFilter, AuditRow, list_rows, write_mark
from scoring.store.database import Database
from scoring.store.principals import names_of

_PAGE = 1000


def audit(
    *,
    lender: str | None = None,
    principal: str | None = None,
    action: Annotated[str | None, Parameter(help=f"Only one of these actions: {', '.join(Action)}.")] = None,
    object_id: Annotated[str | None, Parameter(name="--object")] = None,
    since: str | None = None,
    until: str | None = None,
    form: Annotated[Literal["table", "csv", "json"] | None, Parameter(name="--format")] = None,
) -> None:
    """Print the audit trail, newest first: a table on a terminal, two lines for each row; else CSV.

    Args:
        lender: only what concerns this lender.
        principal: only what this principal did, by name or identifier, or this user of the operating system.
        action: only one of these actions.
        object_id: only what concerns this object or borrower, by its identifier.
        since: only at or after this day or instant; days are those of Berlin.
        until: only before this instant, or up to this day.
        form: table, csv, or json (one object per line); by default a table on a terminal, else csv. Newest first.
    """
    settings = settings_for(lender)
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

    async def work(database: Database) -> tuple[list[AuditRow], dict[str, str]]:
        rows: list[AuditRow] = []
        while True:
            before = rows[-1].id if rows else None
            page = await list_rows(database, wanted, before=before, limit=_PAGE)
            rows += page
            if len(page) < _PAGE:
                break
        await write_mark(database, operators_mark(Action.AUDIT_READ, clock_of(settings), lender))
        return rows, await names_of(database, lender)

    rows, names = with_database(settings, work)
    _print(rows, names, form or ("table" if sys.stdout.isatty() else "csv"))


def _print(rows: list[AuditRow], names: Mapping[str, str], form: str) -> None:
    if form == "json":
        for row in rows:
            answer(msgspec.json.encode(row).decode())
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        fields = AuditRow.__struct_fields__
        writer.writerow(fields)
        writer.writerows([getattr(row, name) for name in fields] for row in rows)
    else:
        table = Table(box=None, pad_edge=False)  # 80 columns, in which an instant and an identifier are whole
        for heading, width in (("at\nlender", 24), ("action\nwho", 20), ("object\naddress", 32)):
            table.add_column(heading, width=width, overflow="fold")
        for row in rows:
            who = names.get(row.principal_id or "", row.principal_id or row.actor or "")
            lines = (row.at, row.lender_id), (row.action, who), ((row.object or "").replace("..", "..\n"), row.address)
            table.add_row(*(Text("\n".join(line or "-" for line in pair)) for pair in lines))
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
