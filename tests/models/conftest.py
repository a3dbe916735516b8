import fcntl
import json
import os
import shutil
from collections.abc import Callable
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


Making = Callable[[str, Callable[[Path], str]], tuple[Path, str]]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Making:
    """Makes a folder once in a test run, whatever the number of workers; gives the folder and what making it printed.

    The first worker that needs it makes it, the others wait.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def made(name: str, make: Callable[[Path], str]) -> tuple[Path, str]:
        folder, printed = shared / name, shared / f"{name}.printed"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not printed.exists():
                printed.write_text(make(folder))
        return folder, printed.read_text()

    return made


@pytest.fixture(scope="session")
def trained(small_dataset: Path, made_once: Making) -> tuple[Path, str, str]:
    """A candidate that passes every gate, and what the commands printed that trained and validated it. Read only."""

    def run(*arguments: str | Path) -> str:
        output = StringIO()
        app = build_app(Console(file=output, width=200), lambda: AT)
        app([str(argument) for argument in arguments], exit_on_error=False, result_action="return_value")
        return output.getvalue()

    def make(folder: Path) -> str:
        return json.dumps([run("train", small_dataset, "--out", folder), run("validate", folder, small_dataset)])

    folder, printed = made_once("trained", make)
    by_train, by_validate = json.loads(printed)
    return folder, by_train, by_validate


@pytest.fixture(scope="session")
def validated(trained: tuple[Path, str, str]) -> Path:
    """The folder of the validated candidate. Read only."""
    return trained[0]


@pytest.fixture
def candidate(validated: Path, tmp_path: Path) -> Path:
    """A copy of the validated candidate, to be changed."""
    return Path(shutil.copytree(validated, tmp_path / "candidate"))
