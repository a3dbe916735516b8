"""The quickstarts of the guide and of both packages, as they are printed, in front of what ``make serve`` starts."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hauptbuch_client.version import VERSION
from node import npm, typescript_client_in

from demo.guides import DAY
from demo.stack import Stack, running
from scoring.base.identifiers import day_in_berlin

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/clients.md").read_text()
READMES = {
    "first.py": (ROOT / "clients/python/README.md").read_text(),
    "first.mjs": (ROOT / "clients/typescript/README.md").read_text(),
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Both servers on the day of the guide."""
    with running(tmp_path_factory.mktemp("data"), end_on=DAY) as started:
        yield started


def written(name: str, folder: Path, stack: Stack) -> Path:
    """A program of the guide, or of a package, as a file, in front of these servers."""
    guided = re.findall(rf"<!-- quickstart: {name} -->\n```\w+\n(.*?)```", GUIDE, re.DOTALL)
    (text,) = guided or re.findall(rf"\n`{name}`, .*?```\w+\n(.*?)```", READMES[name], re.DOTALL)
    assert text.count("http://127.0.0.1:8080") == 1
    path = folder / name
    path.write_text(text.replace("http://127.0.0.1:8080", stack.service_url))
    return path


def check(printed: str) -> None:
    """What the guide says that it prints."""
    first, *listed = printed.splitlines()
    assert first == "approve 13300.00"
    found = re.fullmatch(r"dec_\w+ (\S+Z) approve", listed[0])
    assert found is not None
    # printed in UTC, in which the day in Berlin begins on the evening before
    assert day_in_berlin(datetime.fromisoformat(found[1])) == DAY
    assert "It prints `approve 13300.00`" in GUIDE


def run(command: str, program: Path, **environ: str) -> str:
    """What a program prints, outside of this project."""
    done = subprocess.run(
        [command, program], env=environ, cwd=program.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_python(tmp_path: Path, stack: Stack) -> None:
    """A decision, and the list with it, by the wheel as it is installed."""
    uv, installed = [sys.executable, "-m", "uv"], tmp_path / "installed"
    build = ["build", "--wheel", "--offline", "--quiet", "--out-dir", tmp_path, ROOT / "clients/python"]
    subprocess.run([*uv, *build], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run(
        [*uv, "pip", "install", "--offline", "--no-deps", "--quiet", "--target", installed, wheel], check=True
    )
    environ = {"PYTHONPATH": str(installed), "HAUPTBUCH_KEY": stack.api_key}
    check(run(sys.executable, written("decide.py", tmp_path, stack), **environ))
    printed = run(sys.executable, written("first.py", tmp_path, stack), **environ)
    assert f"prints `{printed.strip()}`" in READMES["first.py"]


def test_typescript(tmp_path: Path, stack: Stack) -> None:
    """The packed client, installed in a folder of its own."""
    client = typescript_client_in(tmp_path)
    (packs,) = re.findall(
        r"^mkdir -p build && \(cd clients/typescript && npm ci && npm pack .*\)$", GUIDE, re.MULTILINE
    )
    # what `npm ci` installs is there: the copy was made with it
    pack = packs.replace("npm ci && ", "")
    subprocess.run(["/bin/sh", "-c", pack], cwd=client.parents[1], check=True, capture_output=True)
    package = f"hauptbuch-client-{VERSION}.tgz"
    assert f"npm install ./{package}" in GUIDE
    assert f"npm install /tmp/{package}" in READMES["first.mjs"]
    folder = tmp_path / "build"
    assert npm(folder, "init", "-y")[0] == 0
    assert npm(folder, "install", "--offline", f"./{package}")[0] == 0
    node = shutil.which("node") or "node"
    check(run(node, written("decide.mjs", folder, stack), HAUPTBUCH_KEY=stack.api_key))
    printed = run(node, written("first.mjs", folder, stack), HAUPTBUCH_KEY=stack.api_key)
    assert f"prints `{printed.strip()}`" in READMES["first.mjs"]
