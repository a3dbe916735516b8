"""The Python client as a package: what it needs, and what is in it."""

import ast
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from hauptbuch_client.version import VERSION

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "clients/python"


def test_it_imports_what_it_declares_and_nothing_of_the_service() -> None:
    """So it can be installed where the service is not."""
    trees = [ast.parse(file.read_text()) for file in (PACKAGE / "hauptbuch_client").glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    foreign = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"hauptbuch_client"}
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["ed25519"]]
    assert foreign == {line.partition(">")[0] for line in needed}


def test_it_can_be_built(tmp_path: Path) -> None:
    """As a wheel with types and licence, from its source distribution, without network."""
    subprocess.run(
        [sys.executable, "-m", "uv", "build", "--offline", "--quiet", "--out-dir", tmp_path, PACKAGE], check=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    assert [path.name for path in tmp_path.glob("*.tar.gz")] == [f"hauptbuch_client-{VERSION}.tar.gz"]
    names = zipfile.ZipFile(wheel).namelist()
    assert {"hauptbuch_client/py.typed", "hauptbuch_client/models.py"} <= set(names)
    assert [name for name in names if name.endswith("licenses/LICENSE")]
