"""The file of schedules, read once."""

from importlib.resources import files

from scoring.decisions.schedules import Schedule, SchedulesError, read_schedules
from scoring.runtime.serving import ServingError
from scoring.runtime.settings import Settings


def load_schedules(settings: Settings) -> dict[str, Schedule]:
    """The schedules of the file that the settings name, else those shipped with the service.

    Raises:
        ServingError: the file cannot be read or does not hold.
    """
    path = settings.schedules_file
    if path is None:
        return read_schedules(files("scoring.runtime").joinpath("schedules.toml").read_bytes())
    try:
        return read_schedules(path.read_bytes())
    except OSError as error:
        raise ServingError(f"SCORING_SCHEDULES: {path}: cannot be read ({error.strerror})") from error
    except SchedulesError as error:
        raise ServingError(f"SCORING_SCHEDULES: {path}: {error}") from error
