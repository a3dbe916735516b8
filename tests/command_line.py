"""Commands of the service in tests: what they print, and with which status they end."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Scoring = Callable[..., Done]
