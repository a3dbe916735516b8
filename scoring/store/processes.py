"""Processes that live, and their encryption keys: what one encrypts, every other one can decrypt.

A process encrypts with the first of its keys that all others have, too, and says which. So a new key that comes first
in one process is used as soon as the last one has it, and a process that lacks what another one encrypts with is
refused.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select, text
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant
from scoring.store.tables import processes

SILENT: Final = timedelta(minutes=5)
"""A process that has not been heard of for as long is over."""
_AHEAD: Final = timedelta(days=1)
"""A process whose clock is further ahead is over, too: that clock was wrong."""
_LOCK: Final = 0x6B657973
"""Of PostgreSQL, for one announcement at a time; on SQLite, writers come one after the other."""


class KeysDifferError(Exception):
    """Processes cannot decrypt what each other encrypts, or do not use one key; the message says what to do."""


class KeyNotUsedError(KeysDifferError):
    """A process has a key and encrypts with another one; the next time that it announces itself, it may use it."""


class _Process(msgspec.Struct, frozen=True, kw_only=True):
    """One that lives."""

    id: str
    key_ids: frozenset[str]
    encrypts_with: str


def announce(connection: Connection, process_id: str, key_ids: Sequence[str], *, now: datetime) -> str:
    """Say that a process lives and has these keys, in the caller's transaction; returns the one that it encrypts with.

    Args:
        connection: of the transaction, which holds a lock until its end.
        process_id: of the process.
        key_ids: in the order in which it wants to use them.
        now: the present.

    Raises:
        KeysDifferError: another process encrypts with a key that is not among these, or has none of these.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    chosen = agreed_key(connection, key_ids, now=now, process_id=process_id)
    note(connection, process_id, key_ids, encrypts_with=chosen, now=now)
    return chosen


def note(connection: Connection, process_id: str, key_ids: Sequence[str], *, encrypts_with: str, now: datetime) -> None:
    """Write down that a process lives, in the caller's transaction, whatever others have."""
    over = ~_is_heard(now)
    connection.execute(delete(processes).where(over | (processes.c.id == process_id)))
    values = {"id": process_id, "key_ids": ",".join(key_ids), "encrypts_with": encrypts_with, "seen_at": instant(now)}
    connection.execute(insert(processes).values(values))


def agreed_key(connection: Connection, key_ids: Sequence[str], *, now: datetime, process_id: str = "") -> str:
    """The first of these keys that every other process that lives has, too; changes nothing.

    Raises:
        KeysDifferError: as ``announce``.
    """
    others = [one for one in _living(connection, now) if one.id != process_id]
    for other in others:
        if other.encrypts_with not in key_ids:
            raise KeysDifferError(
                f"another process encrypts with the key {other.encrypts_with!r}, which is not configured here: put it"
                f" behind the others. A process that is over counts for {SILENT.seconds // 60} minutes ({other.id})"
            )
    for key_id in key_ids:
        if all(key_id in other.key_ids for other in others):
            return key_id
    raise KeysDifferError(
        f"other processes have none of the keys {', '.join(key_ids)} in common: give all of them the same ones"
    )


def demand_use(connection: Connection, key_id: str, *, now: datetime) -> int:
    """Demand that every process that lives encrypts with a key; returns how many they are.

    Raises:
        KeyNotUsedError: some do not, but all have it.
        KeysDifferError: some do not have it.
    """
    lives = _living(connection, now)
    advice = f"put the key {key_id!r} first in every process, and keep the others behind it"
    if lack := [one.id for one in lives if key_id not in one.key_ids]:
        raise KeysDifferError(f"{advice}; without it: {', '.join(lack)}")
    if others := [f"{one.id} ({one.encrypts_with})" for one in lives if one.encrypts_with != key_id]:
        raise KeyNotUsedError(f"{advice}; with another one encrypts: {', '.join(others)}")
    return len(lives)


def leave(connection: Connection, process_id: str) -> None:
    """Say that a process ends."""
    connection.execute(delete(processes).where(processes.c.id == process_id))


def _living(connection: Connection, now: datetime) -> list[_Process]:
    statement = select(processes).where(_is_heard(now)).order_by(processes.c.id)
    return [
        _Process(id=row.id, key_ids=frozenset(row.key_ids.split(",")), encrypts_with=row.encrypts_with)
        for row in connection.execute(statement)
    ]


def _is_heard(now: datetime) -> ColumnElement[bool]:
    return processes.c.seen_at.between(instant(now - SILENT), instant(now + _AHEAD))
