"""The triggers of early warnings in use."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from scoring.decisions.warnings import Triggers, load_triggers

FOLDER: Final = Path(__file__).parents[1] / "decisions" / "triggers"


def load_newest(catalogue: Mapping[str, object]) -> Triggers:
    """The highest version shipped with the service."""
    path = max(FOLDER.glob("v*.toml"), key=lambda one: int(one.stem[1:]))
    return load_triggers(path.read_bytes(), catalogue)
