import fcntl
import os
import pickle
from pathlib import Path

import image
import pytest
from container import ROOT, Container, clean, reuse_environment

from demo.stack import free_port


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> list[image.Stage]:
    """The stages, built once in a test run: the first worker that needs them builds, the others wait."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "image"
    folder.mkdir(exist_ok=True)
    built = folder / "stages.pickle"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            (folder / "root").mkdir()
            built.write_bytes(pickle.dumps(image.build(ROOT, folder / "root", run)))
    read: list[image.Stage] = pickle.loads(built.read_bytes())  # noqa: S301  written above
    return read


def run(folder: Path, stage: image.Stage, command: str) -> None:
    """Carry out a RUN of make, with the packages that are here; others would change this machine."""
    if not command.startswith("make "):
        return
    if command.startswith("make image-packages"):  # make finds what can be taken from here, and installs the rest
        reuse_environment(folder, "build/image-tools", "requirements-image.lock", ".installed")
        reuse_environment(folder, "../app/.venv", "requirements.lock", ".packages")
    image.run_shell(folder, stage.environment(clean(stage.root)), command)


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
