"""The rhythm of monitoring that the service comes with."""

from pathlib import Path
from typing import Final

from scoring.decisions.monitoring import Rhythm, RhythmError, read_rhythm
from scoring.runtime.serving import ServingError

_FILE: Final = Path(__file__).parent.parent / "decisions" / "rhythms" / "v1.toml"


def load_rhythm() -> Rhythm:
    """Read it.

    Raises:
        ServingError: it is missing or wrong.
    """
    try:
        return read_rhythm(_FILE.read_bytes())
    except (OSError, RhythmError) as error:
        raise ServingError(f"the rhythm of monitoring {_FILE.name}: {error}") from None
