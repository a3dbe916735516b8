"""The Dockerfile, followed in an empty folder with a clean environment: what it makes starts, serves and stops."""

import functools
import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import image
import pytest
from packaging.requirements import Requirement

from demo.stack import free_port

ROOT = Path(__file__).parents[3]


def locked() -> Iterator[Requirement]:
    """What requirements.lock wants on this machine."""
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if not line.startswith((" ", "#")):
            wanted = Requirement(line.removesuffix("\\").strip())
            if wanted.marker is None or wanted.marker.evaluate():
                yield wanted


def reuse_environment(folder: Path) -> bool:
    """Make ``.venv`` from the packages of this environment, where they are exactly those of the lock file.

    Installing takes minutes and needs a package index. Only what the lock file names is taken, file by file, so that a
    package that only tests and tools bring is missing here as in the image.
    """
    distributions = []
    for wanted in locked():
        try:
            found = importlib.metadata.distribution(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            return False
        if not wanted.specifier.contains(found.version):
            return False
        distributions.append(found)
    image.run_shell(folder, clean(folder), "python3 -m venv --without-pip .venv")
    here, there = Path(sysconfig.get_path("purelib")), next((folder / ".venv/lib").glob("python*/site-packages"))
    for distribution in distributions:
        for file in distribution.files or ():
            if ".." not in file.parts and (here / file).exists():  # scripts lie outside, and are not used
                (there / file).parent.mkdir(parents=True, exist_ok=True)
                share(here / file, there / file)
    (folder / ".venv/.runtime").touch()  # as make leaves it: newer than the lock file
    return True


def share(source: Path, target: Path) -> None:
    """The same file in another place; a copy where that is another disk."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        pass
    except OSError:
        shutil.copy2(source, target)


def clean(folder: Path) -> dict[str, str]:
    """An environment with nothing but a path and a home."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    return {"PATH": f"{python_folder()}:{os.defpath}", "HOME": str(home)}


@functools.cache
def python_folder() -> Path:
    """Where a python3 of this version is that every user may run; where there is none, the one of this environment."""
    own = Path(sys.base_prefix) / "bin"
    wanted = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    for folder in (own, Path("/usr/local/bin"), Path("/usr/bin")):
        python = (folder / "python3").resolve()
        is_open = python.exists() and all(path.stat().st_mode & 0o001 for path in (python, *python.parents))
        if is_open and subprocess.run([python, "-c", wanted], check=False).returncode == 0:
            return folder
    return own


@pytest.fixture(scope="module")
def stages() -> Iterator[list[image.Stage]]:
    """The stages, built; in a folder that every user may enter."""

    def run(folder: Path, stage: image.Stage, command: str) -> None:
        if command == "make .venv/.runtime":
            reuse_environment(folder)  # make finds it there, or installs
        image.run_shell(folder, stage.environment(clean(stage.root)), command)

    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        Path(folder).chmod(0o755)
        yield image.build(ROOT, Path(folder), run)


def files(root: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file below a folder."""
    return {
        str(path.relative_to(root)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in root.rglob("*")
        if not path.is_dir()
    }


def test_the_image_holds_what_serves_and_nothing_else(stages: list[image.Stage]) -> None:
    """Code and models, no tests, benchmarks or sandbox; compiled, since nothing can be compiled later."""
    final = stages[-1]
    assert {path.name for path in final.inside(".").iterdir()} == {".venv", "features", "models", "scoring"}
    assert (final.inside("models/artifacts/stages.json")).is_file()
    for package in ("features", "models", "scoring"):
        sources = set(final.inside(package).rglob("*.py"))
        compiled = {
            path.parent.parent / f"{path.name.split('.')[0]}.py" for path in final.inside(package).rglob("*.pyc")
        }
        assert sources == compiled
        assert sources


def test_the_image_is_small_and_without_privileges(stages: list[image.Stage]) -> None:
    """Two stages; the second installs nothing, has no root and no secret, and says where data go and what to ask."""
    build, final = stages
    assert build.runs == ["make .venv/.runtime", "make image-root"]
    assert (final.runs, final.user, final.volumes, final.ports) == ([], "10001:10001", ["/data"], ["8000"])
    assert final.base.endswith("-slim-bookworm")
    assert build.base.replace("-bookworm", "") == final.base.replace("-slim-bookworm", "")
    assert not any("KEY" in name or "URL" in name for name in final.env)


def test_the_image_starts_serves_and_stops(stages: list[image.Stage]) -> None:
    """As its unprivileged user where this machine allows it; writes to its volume alone; ends with status 0."""
    final = stages[-1]
    port = free_port()
    outside = clean(final.root)
    environment = final.environment(outside) | {"SCORING_PORT": str(port), "SCORING_HOST": "127.0.0.1"}
    before = files(final.root)

    def command(words: list[str]) -> list[str]:
        return [shutil.which(words[0], path=environment["PATH"]) or words[0], *words[1:]]

    as_user = unprivileged(final, command(["python", "-c", ""]))
    added = subprocess.run(
        command([*final.entrypoint, "keys", "add", "--lender", "bank", "--role", "audit", "--name", "image"]),
        cwd=final.inside("."),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        **as_user,
    )
    serving = subprocess.Popen(
        command([*final.entrypoint, *final.cmd]), cwd=final.inside("."), env=environment, **as_user
    )
    try:
        for _ in range(200):
            asked = subprocess.run(
                command(final.healthcheck), env=environment, stderr=subprocess.DEVNULL, check=False, **as_user
            )
            if asked.returncode == 0:
                break
            time.sleep(0.1)
        answer = httpx.get(
            f"http://127.0.0.1:{port}/v1/models", headers={"Authorization": f"Bearer {added.stdout.strip()}"}
        )
    finally:
        serving.terminate()
        status = serving.wait(timeout=30)
    written = {path for path, state in files(final.root).items() if before.get(path) != state}
    assert asked.returncode == 0
    assert (answer.status_code, answer.json()[0]["name"]) == (200, "sme")
    assert status == 0
    assert {path.split("/")[0] for path in written} == {"data"}
    assert list(Path(outside["HOME"]).iterdir()) == []


def unprivileged(final: image.Stage, harmless: list[str]) -> dict[str, int | list[int]]:
    """How to start a process as the image's user: where this machine allows it, and that user reaches python."""
    if os.geteuid() != 0:
        return {}
    user, group = map(int, final.user.split(":"))
    wanted: dict[str, int | list[int]] = {"user": user, "group": group, "extra_groups": []}
    try:
        subprocess.run(harmless, cwd=final.inside("."), check=True, **wanted)  # type: ignore[call-overload]
    except (OSError, subprocess.SubprocessError):
        return {}
    return wanted


def test_an_instruction_that_is_not_known_is_refused(tmp_path: Path) -> None:
    """The reader must not pass over what an engine would do."""
    (tmp_path / "Dockerfile").write_text("FROM x\nADD a b\n")
    (tmp_path / ".dockerignore").write_text("*\n")
    (tmp_path / "built").mkdir()
    with pytest.raises(ValueError, match="ADD is not known"):
        image.build(tmp_path, tmp_path / "built", lambda *_: None)
