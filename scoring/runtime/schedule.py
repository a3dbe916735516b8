"""The schedule of monitoring that the service comes with."""

from pathlib import Path
from typing import Final

from scoring.decisions.monitoring import Schedule, ScheduleError, read_schedule
from scoring.runtime.serving import ServingError

_FILE: Final = Path(__file__).parent.parent / "decisions" / "schedules" / "v1.toml"


def load_schedule() -> Schedule:
    """Read it.

    Raises:
        ServingError: it is missing or wrong.
    """
    try:
        return read_schedule(_FILE.read_bytes())
    except (OSError, ScheduleError) as error:
        raise ServingError(f"the schedule of monitoring {_FILE.name}: {error}") from None
