"""Commands in this process."""

import os
from pathlib import Path

import pytest
import structlog
from command_line import Done, Scoring

from scoring.__main__ import app


@pytest.fixture
def scoring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scoring:
    """Runs a command in this process, with its data in a temporary folder."""
    for name in os.environ:
        if name.startswith("SCORING_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SCORING_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, **environ: str) -> Done:
        for name, value in environ.items():
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
