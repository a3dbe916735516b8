"""The day of a local sevdesk whose clock can be set, read from the file in which it keeps it."""

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from scoring.base.identifiers import BERLIN, Clock


class SandboxClockError(Exception):
    """The file is not there, or says no day."""


class _Told(msgspec.Struct, frozen=True):
    today: date
    set_at: datetime
    """The real moment at which the clock was set."""


class SandboxClock:
    """What time it is there: the day that was set, with the real time of the day, which goes on from then.

    The file is looked at each time, and read where it changed. Where it cannot be read, the clock goes on as it was.

    Args:
        path: the file that ``sandbox serve --clock`` writes.
        present: the real time, in UTC.

    Raises:
        SandboxClockError: the file cannot be read.
    """

    def __init__(self, path: Path, present: Clock) -> None:
        self._path = path
        self._present = present
        self._seen = 0
        try:
            self._told = self._read()
        except (OSError, msgspec.MsgspecError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise SandboxClockError(
                f"{path} tells no day: {reason}. Start the local sevdesk first, with `serve --clock {path}`"
            ) from None

    def __call__(self) -> datetime:
        """The moment, in UTC."""
        try:
            if self._path.stat().st_mtime_ns != self._seen:
                self._told = self._read()
        except (OSError, msgspec.MsgspecError):
            pass  # it is being written anew, or the sandbox ended
        told = self._told
        # in UTC: between two times of one zone Python leaves out the hour of summer time
        there = datetime.combine(told.today, told.set_at.astimezone(BERLIN).time(), BERLIN).astimezone(UTC)
        return there + (self._present() - told.set_at)

    def _read(self) -> _Told:
        seen = self._path.stat().st_mtime_ns
        told = msgspec.json.decode(self._path.read_bytes(), type=_Told)
        self._seen = seen
        return told
