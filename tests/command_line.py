"""Commands of the service in tests: what they print, and with which status they end."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from service import environ_of, settings_in

from scoring.__main__ import app


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


def in_process(
    environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Scoring:
    """Runs commands in this process, with these settings and no others."""
    for name in os.environ:
        if name.startswith("SCORING_"):
            monkeypatch.delenv(name)
    for name, value in {"COLUMNS": "200", **environ}.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, **changes: str) -> Done:
        for name, value in changes.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        status = 0
        try:
            app(arguments)
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 0
        finally:
            structlog.reset_defaults()
        printed = capsys.readouterr()
        return Done(returncode=status, stdout=printed.out, stderr=printed.err)

    return run


def on_a_copy(made: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scoring:
    """Commands in this process, on a copy of the database in another folder."""
    (folder / "test.sqlite").write_bytes((made / "test.sqlite").read_bytes())
    return in_process(environ_of(settings_in(folder)), monkeypatch, capsys)
