"""The TypeScript client: its own tests, and in front of a real service.

Without npm, or where it cannot install, the test is skipped; where ``NODE_TESTS_REQUIRED`` is set, it fails.
"""

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from listening import served
from service import TOKEN

from clients.generate.description import PATH

ROOT = Path(__file__).parents[2]
MADE = ("node_modules", "dist")


def give_up(why: str) -> None:
    """Skip, or fail where this must not be left out."""
    if os.environ.get("NODE_TESTS_REQUIRED"):
        pytest.fail(why)
    pytest.skip(why)


async def npm(folder: Path, *arguments: str, **environ: str) -> tuple[int | None, str]:
    """The exit status of a command of npm, and what it printed."""
    process = await asyncio.create_subprocess_exec(
        "npm",
        *arguments,
        cwd=folder,
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode, printed.decode()


async def test_the_typescript_client(tmp_path: Path) -> None:
    """It is generated from today's description, compiles under strict rules, and works in front of a service."""
    if shutil.which("npm") is None:
        give_up("npm is not installed")
    folder = tmp_path / "clients/typescript"
    shutil.copytree(ROOT / "clients/typescript", folder, ignore=shutil.ignore_patterns(*MADE))
    (tmp_path / "docs").mkdir()
    shutil.copy(PATH, tmp_path / "docs")
    status, printed = await npm(folder, "ci", "--prefer-offline", "--no-progress")
    if status:
        give_up(f"npm cannot install: {printed[-300:]}")
    status, printed = await npm(folder, "run", "check-generated")
    assert status == 0, f"clients/typescript/src/schema.ts is not current: make clients\n{printed}"
    async with served(tmp_path / "data", is_webhook_inside_allowed=True) as (service, url):
        status, printed = await npm(
            folder,
            "test",
            HAUPTBUCH_URL=url,
            HAUPTBUCH_KEY=service.keys["bank"],
            HAUPTBUCH_NOW=str(int(service.clock().timestamp())),
            SEVDESK_TOKEN=TOKEN,
        )
    assert status == 0, printed
    assert "skipped 0" in printed
    packed = await npm(folder, "pack", "--dry-run", "--json")
    assert packed[0] == 0
    assert "dist/src/index.js" in packed[1]
    assert "dist/test" not in packed[1]
