"""Schedules: which task is due when, by rules of the clock in Germany. Pure: the present is given."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from scoring.base.identifiers import BERLIN

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_AT: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_LAST_DAY: Final = 28
"""Every month has it."""


class Task(StrEnum):
    """What a schedule does."""

    RETENTION = "retention"
    """Delete what has been kept for as long as the settings say, and complete erasures whose holds have ended."""
    ENCRYPTION = "encryption"
    """Encrypt anew what another key than the first one encrypted."""
    WATCHING = "watching"
    """Compare borrowers with the firms that the models in force learned from."""
    PORTFOLIO = "portfolio"
    """Decide on a lender's connected borrowers."""


class SchedulesError(Exception):
    """A file of schedules does not hold; the message says where and what to do."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task and when it is due."""

    task: Task
    at: str
    """``HH:MM``, in Germany. A time that the change of the clock leaves out is an hour later that day."""
    on: str | int | None = None
    """A weekday, or a day of the month from 1 to 28; None is every day."""
    lender: str | None = None
    """Whose borrowers, for watching and portfolios; None is every lender, for watching alone."""
    priority: int | None = None
    """Of a portfolio among the lender's own, 1 to 9."""


def read_schedules(content: bytes) -> dict[str, Schedule]:
    """Schedules by their names.

    Args:
        content: TOML, a table for each schedule.

    Raises:
        SchedulesError: something does not hold.
    """
    try:
        tables = msgspec.toml.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SchedulesError(str(error)) from error
    found = {}
    for name, table in tables.items():
        task = table.get("task") if isinstance(table, dict) else None
        if isinstance(task, str) and task not in set(Task):
            raise SchedulesError(f"[{name}] task = {task!r} is none: use {', '.join(Task)}")
        try:
            found[name] = msgspec.convert(table, Schedule)
        except msgspec.ValidationError as error:
            raise SchedulesError(f"[{name}] {error}") from error
        for fault in _faults(name, found[name]):
            raise SchedulesError(f"[{name}] {fault}")
    return found


def _faults(name: str, schedule: Schedule) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield "a name has small letters, digits and dashes, begins with a letter, and is at most 40 characters long"
    if not _AT.fullmatch(schedule.at):
        yield f'at = "{schedule.at}" is no time of day: write it as "03:17"'
    if isinstance(schedule.on, str) and schedule.on not in WEEKDAYS:
        yield f'on = "{schedule.on}" is no weekday: use {", ".join(WEEKDAYS)}, or a day of the month from 1 to 28'
    if isinstance(schedule.on, int) and not 1 <= schedule.on <= _LAST_DAY:
        yield f"on = {schedule.on} is not a day of every month: use 1 to 28"
    if schedule.lender is not None and schedule.task not in {Task.WATCHING, Task.PORTFOLIO}:
        yield f"lender: {schedule.task} is for all lenders; leave it out"
    if schedule.task is Task.PORTFOLIO and schedule.lender is None:
        yield "lender is missing: whose connected borrowers are to be decided on"
    if schedule.priority is not None and (schedule.task is not Task.PORTFOLIO or not 1 <= schedule.priority <= 9):
        yield "priority is for portfolios, and from 1 to 9"


def due_since(schedule: Schedule, now: datetime) -> datetime:
    """The newest moment, not after the present, at which it was due; in UTC."""
    day = now.astimezone(BERLIN).date()
    while not (_is_on(schedule, day) and _moment(schedule, day) <= now):
        day -= timedelta(days=1)
    return _moment(schedule, day)


def due_next(schedule: Schedule, now: datetime) -> datetime:
    """The first moment after the present at which it will be due; in UTC."""
    day = now.astimezone(BERLIN).date()
    while not (_is_on(schedule, day) and _moment(schedule, day) > now):
        day += timedelta(days=1)
    return _moment(schedule, day)


def rhythm_of(schedule: Schedule) -> str:
    """When it is due, for people: ``daily at 03:17``."""
    if schedule.on is None:
        return f"daily at {schedule.at}"
    if isinstance(schedule.on, int):
        return f"monthly on day {schedule.on} at {schedule.at}"
    return f"each {schedule.on.capitalize()} at {schedule.at}"


def _is_on(schedule: Schedule, day: date) -> bool:
    if schedule.on is None:
        return True
    return day.day == schedule.on if isinstance(schedule.on, int) else WEEKDAYS[day.weekday()] == schedule.on


def _moment(schedule: Schedule, day: date) -> datetime:
    return datetime.combine(day, time.fromisoformat(schedule.at), BERLIN).astimezone(UTC)
