"""The triggers of early warnings in force."""

from pathlib import Path
from typing import Final

from features.derive import CATALOGUE
from scoring.decisions.warnings import Triggers, TriggersError, load_triggers
from scoring.runtime.serving import ServingError
from scoring.runtime.settings import Settings

FOLDER: Final = Path(__file__).parents[1] / "decisions" / "triggers"


def newest_triggers_file() -> Path:
    """The highest version that comes with the service."""
    return max(FOLDER.glob("v*.toml"), key=lambda one: int(one.stem[1:]))


def triggers_of(settings: Settings) -> Triggers:
    """Read the file that the settings name, or the newest that comes with the service.

    Raises:
        ServingError: it is missing or wrong.
    """
    path = settings.triggers_file or newest_triggers_file()
    origin = f"SCORING_TRIGGERS_FILE: {path}" if settings.triggers_file else str(path)
    try:
        return load_triggers(path.read_bytes(), CATALOGUE)
    except OSError as error:
        raise ServingError(f"{origin}: cannot be read ({error.strerror})") from None
    except TriggersError as error:
        raise ServingError(f"{origin}: {error}") from None
