"""The image of the Dockerfile, made without a container engine, and its commands run as an engine would run them."""

import functools
import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import image
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def locked(lock: str) -> Iterator[Requirement]:
    """What a lock file wants on this machine."""
    for line in (ROOT / lock).read_text().splitlines():
        if not line.startswith((" ", "#")):
            wanted = Requirement(line.removesuffix("\\").strip())
            if wanted.marker is None or wanted.marker.evaluate():
                yield wanted


def reuse_environment(folder: Path, venv: str, lock: str, stamp: str) -> None:
    """Make an environment from the packages of this one, where they are exactly those of the lock file.

    Installing takes minutes and needs a package index. Only what the lock file names is taken, file by file, so that a
    package that only tests and tools bring is missing here as in the image. Otherwise make installs them.
    """
    distributions = []
    for wanted in locked(lock):
        try:
            found = importlib.metadata.distribution(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            return
        if not wanted.specifier.contains(found.version):
            return
        distributions.append(found)
    image.run_shell(folder, clean(folder), f"python3 -m venv --without-pip {venv}")
    here, there = Path(sysconfig.get_path("purelib")), next((folder / venv / "lib").glob("python*/site-packages"))
    for distribution in distributions:
        for file in distribution.files or ():
            if ".." not in file.parts and (here / file).exists():  # scripts lie outside, and are not used
                (there / file).parent.mkdir(parents=True, exist_ok=True)
                share(here / file, there / file)
    (folder / venv / stamp).touch()  # as make leaves it: newer than the lock file


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


@dataclass(frozen=True, kw_only=True)
class Container:
    """A stage, to run commands in: as an engine would where this machine allows it, else as near as it does."""

    stage: image.Stage
    variables: dict[str, str]
    sandbox: image.Stage

    @functools.cached_property
    def is_confined(self) -> bool:
        """Whether this machine lets a process have another root and another user."""
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            return False
        words = image.confined(self.stage, ["python", "-c", ""], self.variables)
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def start(self, words: list[str], *, output: int = subprocess.PIPE) -> "subprocess.Popen[str]":
        """Start a command of the image."""
        pipes: dict[str, Any] = {"stdout": output, "stderr": output, "text": True}
        if self.is_confined:
            return subprocess.Popen(image.confined(self.stage, words, self.variables), **pipes)
        environment = self.stage.environment(clean(self.stage.root)) | self.variables
        found = shutil.which(words[0], path=environment["PATH"]) or words[0]
        return subprocess.Popen([found, *words[1:]], cwd=self.stage.inside("."), env=environment, **pipes)

    def run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command of the image to its end."""
        with self.start(words) as process:
            out, err = process.communicate()
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def scoring(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the service."""
        return self.run([*self.stage.entrypoint, *words])


@contextmanager
def local_sevdesk(container: Container) -> Iterator[None]:
    """The sandbox, in its own image, for as long as the block lasts."""
    port = str(urlsplit(container.variables["SCORING_SEVDESK_URL"]).port)
    sandbox = replace(container, stage=container.sandbox, variables={})
    words = [*sandbox.stage.entrypoint, "serve", "--port", port, "--end-on", "2026-11-23"]
    with sandbox.start(words, output=subprocess.DEVNULL) as serving:
        try:
            assert answers(f"http://127.0.0.1:{port}/sandbox/health")
            yield
        finally:
            serving.terminate()


def answers(url: str) -> bool:
    """Whether a server answers with 200, within ten seconds."""
    for _ in range(200):
        with suppress(httpx.TransportError):
            if httpx.get(url).status_code == 200:
                return True
        time.sleep(0.05)
    return False
