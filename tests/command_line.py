"""Commands of the service in tests: what they print, and with which status they end."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def told(self) -> str:
        """Standard error without the lines of the log."""
        return "".join(line for line in self.stderr.splitlines(keepends=True) if not line.startswith('{"at"'))


Scoring = Callable[..., Done]
