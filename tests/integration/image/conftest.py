import tempfile
from collections.abc import Iterator
from pathlib import Path

import image
import pytest
from container import ROOT, Container, clean, reuse_environment

from demo.stack import free_port


@pytest.fixture(scope="session")
def stages() -> Iterator[list[image.Stage]]:
    """The stages, built; in a folder that every user may enter."""

    def run(folder: Path, stage: image.Stage, command: str) -> None:
        if command.startswith("make image-packages"):  # make finds what can be taken from here, and installs the rest
            reuse_environment(folder, "build/image-tools", "requirements-image.lock", ".installed")
            reuse_environment(folder, "../app/.venv", "requirements.lock", ".packages")
        image.run_shell(folder, stage.environment(clean(stage.root)), command)

    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        Path(folder).chmod(0o755)
        yield image.build(ROOT, Path(folder), run)


@pytest.fixture
def container(stages: list[image.Stage]) -> Container:
    """The last stage, with a local sevdesk beside it."""
    port, books = free_port(), free_port()
    return Container(
        stage=stages[-1],
        sandbox=next(stage for stage in stages if stage.name == "sandbox"),
        variables={
            "SCORING_PORT": str(port),
            "SCORING_HOST": "127.0.0.1",
            "SCORING_SEVDESK_URL": f"http://127.0.0.1:{books}/api/v1",
            "SCORING_SEVDESK_SANDBOX": "true",
            "SCORING_SANDBOX_TODAY": "2026-11-23",
        },
    )
