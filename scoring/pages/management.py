"""The management accounts on the page of a decision: one table of the last months, the year, and the bank beside it."""

from collections.abc import Collection
from typing import Final

import msgspec

from features.management import APART, COSTS, Account, Line, ManagementAccounts, Sum
from scoring.pages.formats import Formats
from scoring.pages.texts.decision import Accounts
from scoring.texts.management_accounts import label_of, say_management_accounts

_SHOWN: Final = 3
"""The last months that have a column of their own."""
_ORDER: Final = (
    *("revenue", "material", Sum.GROSS_PROFIT, "other_income", *(kind for kind in COSTS if kind != "material")),
    *(Sum.OPERATING_RESULT, "interest", Sum.RESULT_BEFORE_TAX),
)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table."""

    label: str
    cells: tuple[str, ...]
    is_sum: bool


class AccountsTable(msgspec.Struct, frozen=True, kw_only=True):
    """The table with its words; without rows the summary says why."""

    summary: str
    head: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    apart: tuple[Row, ...] = ()


def accounts_table_of(found: ManagementAccounts, notes: Collection[str], f: Formats) -> AccountsTable:
    """The table of a decision's books, with the notes of their coverage."""
    summary = f.say(say_management_accounts(found, notes))
    if found.documents is None:
        return AccountsTable(summary=summary)
    head = (
        f.say(Accounts.line),
        *map(f.month, found.months[-_SHOWN:]),
        f.say(Accounts.documents),
        f.say(Accounts.bank),
    )
    return AccountsTable(
        summary=summary,
        head=head,
        rows=tuple(_rows(found.documents, found.bank, _ORDER, f)),
        apart=tuple(_rows(found.documents, found.bank, APART, f)),
    )


def _rows(documents: Account, bank: Account | None, order: tuple[str, ...], f: Formats) -> list[Row]:
    written, moved = _by_line(documents), {} if bank is None else _by_line(bank)
    rows = []
    for name in order:
        if name not in written and name not in moved:
            continue
        line = written.get(name)
        cells = ["", "", "", ""] if line is None else [*map(f.money, line.cents[-_SHOWN:]), f.money(line.total_cents)]
        other = moved.get(name)
        cells.append("" if other is None else f.money(other.total_cents))
        rows.append(Row(label=f.say(label_of(name)), cells=tuple(cells), is_sum=name in set(Sum)))
    return rows


def _by_line(account: Account) -> dict[str, Line]:
    return {one.line: one for one in (*account.lines, *account.apart)}
