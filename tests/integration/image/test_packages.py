"""Which packages are in the image, and which commands do with them."""

import importlib.metadata
import json
import re
import subprocess
from io import StringIO

import image
import pytest
from container import ROOT, Container, locked
from packaging.utils import canonicalize_name
from rich.console import Console

from models.__main__ import ANALYSIS_COMMANDS, build_app
from sandbox.__main__ import app as sandbox
from scoring.__main__ import app as scoring
from scoring.base.version import SERVICE_VERSION
from scoring.runtime.settings import utc_now


def test_the_sbom_lists_what_is_installed(stages: list[image.Stage]) -> None:
    """Every package of the lock file with its version, no other, and none of them is pip; no place of installing."""
    final = stages[-1]
    text = final.inside("sbom.json").read_text()
    sbom = json.loads(text)
    wanted = {
        (canonicalize_name(one.name), str(one.specifier).removeprefix("==")) for one in locked("requirements.lock")
    }
    listed = {(canonicalize_name(part["name"]), part["version"]) for part in sbom["components"]}
    packages = next((final.inside(".venv/lib")).glob("python*/site-packages"))
    installed = {
        (canonicalize_name(found.name), found.version)
        for found in importlib.metadata.distributions(path=[str(packages)])
    }
    assert (sbom["bomFormat"], sbom["metadata"]["component"]["name"]) == ("CycloneDX", "hauptbuch")
    assert sbom["metadata"]["component"]["version"] == SERVICE_VERSION
    assert listed == installed == wanted
    assert {"pip", "setuptools", "scikit-learn", "skops", "scipy", "altair", "vl-convert-python"}.isdisjoint(
        name for name, _ in listed
    )
    assert not (packages / "pip").exists()
    assert not re.search(r"file:|/simple\b", text)


def documented() -> dict[str, set[str]]:
    """Commands by the lock file that they need, as the guide has them."""
    section = (
        (ROOT / "docs/service.md").read_text().partition("## Which packages a command needs\n")[2].partition("\n## ")[0]
    )
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| `requirements")]
    return {re.findall(r"`(.+?)`", lock)[0]: set(re.findall(r"`(.+?)`", commands)) for lock, commands in rows}


def commands_of(package: str, names: object) -> set[str]:
    """The commands of a command line, without its options."""
    return {f"{package} {name}" for name in names if not str(name).startswith("-")}  # type: ignore[attr-defined]


def test_the_guide_says_what_every_command_needs() -> None:
    """Each command is in one row of the table, and no other is."""
    table = documented()
    serving, analysis = table["requirements.lock"], table["requirements-analysis.lock"]
    models = commands_of("models", build_app(Console(file=StringIO()), utc_now))
    everything = commands_of("scoring", scoring) | commands_of("sandbox", sandbox) | models | {"features docs", "demo"}
    assert serving | analysis == everything
    assert not serving & analysis
    assert analysis == {f"models {name}" for name in ANALYSIS_COMMANDS}


RESOLVING = """
import sys
from scoring.__main__ import app
for name in sys.argv[1:]:
    app([name, "--help"], result_action="return_value")
"""


def test_commands_that_serve_start_with_what_serves(container: Container) -> None:
    """In the environment of the image, every one of them is found with all that it imports at its start."""
    python = str(container.stage.inside(".venv/bin/python"))
    names = [command.removeprefix("scoring ") for command in documented()["requirements.lock"] if "scoring" in command]
    starts = [["-m", package, "--help"] for package in ("models", "features", "sandbox", "demo")]
    for words in [["-c", RESOLVING, *names], *starts]:
        done = subprocess.run([python, *words], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), words


def test_the_image_lists_its_models(container: Container) -> None:
    """What an operator does with registered versions needs no training."""
    listed = container.run(["python", "-m", "models", "list"])
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "│ sme" in listed.stdout


@pytest.mark.parametrize("name", ANALYSIS_COMMANDS)
def test_commands_of_analysis_say_what_is_missing(container: Container, name: str) -> None:
    """One sentence with the packages and the way to install them, and status 2, whatever the arguments."""
    done = container.run(["python", "-m", "models", name, "build/dataset", "--out", "build/scorecard"])
    assert (done.returncode, done.stdout) == (2, "")
    missing = "altair, skops, scikit-learn, vl-convert-python"
    advice = "run `make analysis`, which installs requirements-analysis.lock"
    assert done.stderr == f"error: {name} needs packages that are not installed ({missing}): {advice}\n"
