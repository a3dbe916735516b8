"""The reason that a person gives for what a command does."""

from typing import Final

from scoring.api.applications import check_text
from scoring.commands.session import give_up

_LONGEST: Final = 2000


def demand_reason(reason: str) -> None:
    """Exit with status 2 where nothing can be seen of it, or where it is too long."""
    if any(check_text(reason)) or len(reason) > _LONGEST:
        give_up(f"--reason: must have 1 to {_LONGEST} characters, one of which can be seen")
