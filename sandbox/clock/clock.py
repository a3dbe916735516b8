"""The day that it is in the sandbox, and the lives of the firms until then."""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock

import msgspec

from sandbox.account.account import Account
from sandbox.clock.habits import Habits, habits_of
from sandbox.clock.happenings import OF_TOKENS, Happening, What, check_happening
from sandbox.clock.living import live_on

_FURTHEST = 3_653
BEYOND = _FURTHEST + 1
"""Days that are too many to go on."""


class ClockError(ValueError):
    """A day that the clock cannot be set to, or a file that it cannot be written to."""


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    today: date
    set_at: datetime
    is_set: bool = False


class Clock:
    """A clock that is set forward by hand, and what happens on the way.

    Until it is set, it shows the day that it was given, and books stay as they are.

    Args:
        today: the day, until it is set.
        happenings: what befalls firms; more can be added.
        file: where the day is kept for a service that follows it; None: nowhere.
    """

    def __init__(
        self, today: Callable[[], date], happenings: Iterable[Happening] = (), *, file: Path | None = None
    ) -> None:
        self._today = today
        self._set: date | None = None
        self._first: date | None = None
        self._happenings = sorted(happenings, key=lambda one: one.on)
        self._file = file
        self._lives: dict[str, tuple[Habits, date]] = {}
        self._locks: dict[str, Lock] = {}
        self._refuse_to_run_back()
        self._write()

    def today(self) -> date:
        """The day that it is."""
        return self._set or self._today()

    @property
    def happenings(self) -> list[Happening]:
        """What befalls firms, in the order of days."""
        return list(self._happenings)

    def check(self, happenings: Iterable[Happening], firms: Collection[str]) -> None:
        """Refuse what could never come about.

        Raises:
            HappeningError: One of them names a firm that is not served, or a day that is over.
        """
        for one in happenings:
            check_happening(one, firms, self.today())

    def add(self, happenings: Iterable[Happening]) -> None:
        """Have more happen; they were checked."""
        self._happenings = sorted([*self._happenings, *happenings], key=lambda one: one.on)

    def set(self, day: date) -> None:
        """Set it forward.

        Raises:
            ClockError: The day is over, or further ahead than ten years, or the file cannot be written.
        """
        now = self.today()
        if day < now:
            raise ClockError(f"It is {now} in the sandbox, and time does not run back: {day} is over.")
        if self._first is None:
            self._first = now
        if (day - self._first).days > _FURTHEST:
            raise ClockError(f"{day} is more than ten years ahead of {self._first}, where the clock began.")
        before, self._set = self._set, day
        try:
            self._write()
        except ClockError:
            self._set = before
            raise

    def is_revoked(self, account: Account) -> bool:
        """Whether a firm's token is refused on this day."""
        is_revoked, today = account.is_revoked, self.today()
        for one in self._happenings:
            if one.what in OF_TOKENS and one.on <= today and one.befalls(account.firm):
                is_revoked = one.what == What.REVOKES_TOKEN
        return is_revoked

    def is_behind(self, account: Account) -> bool:
        """Whether a firm has still to live until this day."""
        if self._set is None or self._first is None or not account.can_live_on:
            return False
        _, until = self._lives.get(account.firm, (None, self._first))
        return until < self._set

    def catch_up(self, account: Account) -> None:
        """Let a firm live until this day, which can take seconds; concurrent callers wait for one another."""
        with self._locks.setdefault(account.firm, Lock()):
            if not self.is_behind(account) or self._set is None or self._first is None:
                return
            habits, since = self._lives.get(account.firm) or (habits_of(account, self._first), self._first)
            befallen = [one for one in self._happenings if one.befalls(account.firm)]
            live_on(account, habits, befallen, since, self._set)
            self._lives[account.firm] = (habits, self._set)

    def _refuse_to_run_back(self) -> None:
        """A service that followed the clock has stored decisions of that day, and what waits for it."""
        try:
            kept = None if self._file is None else msgspec.json.decode(self._file.read_bytes(), type=_Kept)
        except (OSError, msgspec.MsgspecError):
            return
        if kept is not None and kept.is_set and kept.today > self.today():
            raise ClockError(
                f"{self._file} was set to {kept.today}, and time does not run back: start with --end-on {kept.today},"
                " or with another file and an empty data folder."
            )

    def _write(self) -> None:
        if self._file is None:
            return
        told = _Kept(today=self.today(), set_at=datetime.now(UTC), is_set=self._set is not None)
        part = self._file.with_name(f"{self._file.name}.part")
        try:
            part.write_bytes(msgspec.json.encode(told))
            part.replace(self._file)
        except OSError as error:
            raise ClockError(f"{self._file} cannot be written: {error.strerror}.") from None
