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
def trained(small_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A candidate that passes every gate, and what the commands printed that trained and validated it. Read only."""
    folder = tmp_path_factory.mktemp("validated") / "candidate"

    def run(*arguments: str | Path) -> str:
        output = StringIO()
        app = build_app(Console(file=output, width=200), lambda: AT)
        app([str(argument) for argument in arguments], exit_on_error=False, result_action="return_value")
        return output.getvalue()

    return folder, run("train", small_dataset, "--out", folder), run("validate", folder, small_dataset)


@pytest.fixture(scope="session")
def validated(trained: tuple[Path, str, str]) -> Path:
    """The folder of the validated candidate. Read only."""
    return trained[0]


@pytest.fixture
def candidate(validated: Path, tmp_path: Path) -> Path:
    """A copy of the validated candidate, to be changed."""
    return Path(shutil.copytree(validated, tmp_path / "candidate"))
