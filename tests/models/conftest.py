import fcntl
import json
import os
import shutil
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from small_dataset import write_small_dataset

from models.__main__ import build_app

AT = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def small_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset folder of 900 firms on four days: about the fewest that pass every gate. Read only."""
    return write_small_dataset(tmp_path_factory.mktemp("small") / "dataset")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all worker processes of a test run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def trained(small_dataset: Path, shared: Path) -> tuple[Path, str, str]:
    """A candidate that passes every gate, and what the commands printed that trained and validated it. Read only."""
    folder, told = shared / "trained", shared / "trained.json"

    def run(*arguments: str | Path) -> str:
        output = StringIO()
        app = build_app(Console(file=output, width=200), lambda: AT)
        app([str(argument) for argument in arguments], exit_on_error=False, result_action="return_value")
        return output.getvalue()

    with (shared / "trained.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one worker trains, the others wait for it
        if not told.exists():
            printed = run("train", small_dataset, "--out", folder), run("validate", folder, small_dataset)
            told.write_text(json.dumps(printed))
    by_train, by_validate = json.loads(told.read_text())
    return folder, by_train, by_validate


@pytest.fixture(scope="session")
def validated(trained: tuple[Path, str, str]) -> Path:
    """The folder of the validated candidate. Read only."""
    return trained[0]


@pytest.fixture
def candidate(validated: Path, tmp_path: Path) -> Path:
    """A copy of the validated candidate, to be changed."""
    return Path(shutil.copytree(validated, tmp_path / "candidate"))
