"""Node.js for tests of the TypeScript client.

Without npm and Node.js 20 or newer, or where npm cannot install, they are skipped; where ``NODE_TESTS_REQUIRED`` is
set, they fail.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = Path("clients/typescript")


def npm(folder: Path, *arguments: str, **environ: str) -> tuple[int, str]:
    """The exit status of a command of npm, and what it printed."""
    done = subprocess.run(
        [shutil.which("npm") or "npm", *arguments],
        cwd=folder,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def typescript_client_in(folder: Path) -> Path:
    """A copy of the client, with the packages that compile it, and the description beside it."""
    if not (shutil.which("npm") and shutil.which("node") and _is_new_enough()):
        _give_up("Node.js 20 or newer, with npm, is not installed")
    made = folder / SOURCES
    shutil.copytree(ROOT / SOURCES, made, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (folder / "docs").mkdir()
    shutil.copy(ROOT / "docs/openapi.json", folder / "docs")
    status, printed = npm(made, "ci", "--prefer-offline", "--no-progress")
    if status:
        _give_up(f"npm cannot install: {printed[-300:]}")
    return made


def _is_new_enough() -> bool:
    found = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)  # noqa: S607
    major = found.stdout.strip().removeprefix("v").partition(".")[0]
    return major.isdigit() and int(major) >= 20


def _give_up(why: str) -> None:
    if os.environ.get("NODE_TESTS_REQUIRED"):
        pytest.fail(why)
    pytest.skip(why)
