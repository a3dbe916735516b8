"""Commands in this process."""

from pathlib import Path

import pytest
from command_line import Scoring, in_process


@pytest.fixture
def scoring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scoring:
    """Runs a command in this process, with its data in a temporary folder."""
    return in_process({"SCORING_DATA_DIR": str(tmp_path)}, monkeypatch, capsys)
