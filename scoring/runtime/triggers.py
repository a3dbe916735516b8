"""The triggers of early warnings in force."""

from pathlib import Path
from typing import Final

from features.derive import CATALOGUE
from features.ledger import Resource
from scoring.decisions.warnings import Triggers, TriggersError, load_triggers
from scoring.runtime.serving import ServingError, lacking
from scoring.runtime.settings import Settings

FOLDER: Final = Path(__file__).parents[1] / "decisions" / "triggers"


def newest_triggers_file() -> Path:
    """The highest version that comes with the service."""
    return max(FOLDER.glob("v*.toml"), key=lambda one: int(one.stem[1:]))


def unseen(triggers: Triggers, read: frozenset[Resource]) -> dict[str, list[str]]:
    """Features that triggers look at and that have no value by what is read, with what they need."""
    return {name: sorted(absent) for name in triggers.features if (absent := lacking(name, read))}


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
