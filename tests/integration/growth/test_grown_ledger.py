"""The ledger grows: a copy of the source gets a new version of it, and everything that was stored before is still read.

``changes.toml`` has a frame with its resource, columns, a value of an Enum, other types of ids and numbers, and a
feature that reads the new frame.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from small_dataset import write_small_dataset

from features.derive import CATALOGUE
from features.ledger import LEDGER_VERSION
from models.dataset import read_dataset, training_rows
from models.outcomes import Definition

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
GOLDEN = HERE.parent / "api" / "golden"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the changed copy makes of what is stored."""
    folder = tmp_path_factory.mktemp("grown")
    for package in ("features", "forecast", "models", "scoring"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for change in tomllib.loads((HERE / "changes.toml").read_text())["change"]:
        path = folder / change["file"]
        content = path.read_text()
        assert change["old"] in content, f"{change['file']} was changed: adapt changes.toml"
        path.write_text(content.replace(change["old"], change["new"], 1))
    dataset, before = write_small_dataset(folder / "dataset", borrowers=5), folder / "before.parquet"
    training_rows(read_dataset(dataset), list(CATALOGUE), Definition.crr_178()).write_parquet(before)
    done = subprocess.run(
        [sys.executable, HERE / "read_stored.py", GOLDEN, dataset, before],
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["source"].startswith(str(folder))
    assert answer["version"] == LEDGER_VERSION + 1
    return answer


def test_old_snapshots_become_ledgers_of_the_new_version(seen: dict[str, Any]) -> None:
    """Every value of their decisions comes out equal; what did not exist then is empty, null or its default."""
    assert seen["snapshots"].keys() == {path.stem for path in GOLDEN.glob("decision_*.json")}
    for found in seen["snapshots"].values():
        assert found == {
            "differs": [],
            "new": [None, "not_fetched"],
            "fetched": False,
            "orders": 0,
            "added": [[None], ["unknown"]],
            "schemas": True,
            "again": True,
        }


def test_an_old_dataset_folder_trains_as_before(seen: dict[str, Any]) -> None:
    """All features of before have equal values; one of the new frame is refused, because nobody asked for it."""
    assert seen["dataset"]["is_equal"]
    assert seen["dataset"]["refused"].startswith("customers_order_count_12m was not fetched")
