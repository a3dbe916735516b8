"""The quickstarts of the guide, as they are printed there, in front of what ``make serve`` starts."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hauptbuch_client.version import VERSION
from node import npm, typescript_client_in

from demo.guides import DAY
from demo.stack import Stack, running

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/clients.md").read_text()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Both servers on the day of the guide."""
    with running(tmp_path_factory.mktemp("data"), end_on=DAY) as started:
        yield started


def written(name: str, folder: Path, stack: Stack) -> Path:
    """A program of the guide as a file, in front of these servers."""
    (text,) = re.findall(rf"<!-- quickstart: {name} -->\n```\w+\n(.*?)```", GUIDE, re.DOTALL)
    assert text.count("http://127.0.0.1:8080") == 1
    path = folder / name
    path.write_text(text.replace("http://127.0.0.1:8080", stack.service_url))
    return path


def check(printed: str) -> None:
    """What the guide says that it prints."""
    first, *listed = printed.splitlines()
    assert first == "approve 13300.00"
    assert re.fullmatch(r"dec_\w+ 2026-11-23T\S+Z approve", listed[0])
    assert "It prints `approve 13300.00`" in GUIDE


def test_python(tmp_path: Path, stack: Stack) -> None:
    """A decision, and the list with it."""
    program = written("decide.py", tmp_path, stack)
    environ = {"PYTHONPATH": str(ROOT / "clients/python"), "HAUPTBUCH_KEY": stack.api_key}
    check(subprocess.run([sys.executable, program], env=environ, capture_output=True, text=True, check=True).stdout)


def test_typescript(tmp_path: Path, stack: Stack) -> None:
    """The packed client, installed in a folder of its own."""
    client = typescript_client_in(tmp_path)
    assert npm(client, "pack", "--pack-destination", str(tmp_path))[0] == 0
    package = f"hauptbuch-client-{VERSION}.tgz"
    assert f"npm install ./{package}" in GUIDE
    folder = tmp_path / "build"
    folder.mkdir()
    assert npm(folder, "init", "-y")[0] == 0
    assert npm(folder, "install", "--offline", f"../{package}")[0] == 0
    program = written("decide.mjs", folder, stack)
    done = subprocess.run(
        [shutil.which("node") or "node", program],
        env={"HAUPTBUCH_KEY": stack.api_key},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    check(done.stdout)
