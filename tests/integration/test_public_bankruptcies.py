import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(
    not os.environ.get("PUBLIC_DATA_DIR"),
    reason="PUBLIC_DATA_DIR does not name a folder with polish_companies_year1.csv",
)
def test_both_estimators_tell_public_bankruptcies_apart() -> None:
    """On firms that nobody here made up, both rank well above chance, and boosting not below the scorecard."""
    bags = ["--bags", "10"] if os.environ.get("HYPOTHESIS_PROFILE") != "deep" else []
    csv = Path(os.environ["PUBLIC_DATA_DIR"]) / "polish_companies_year1.csv"
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "estimators.py", csv, "--folds", "2", "--ratios", "12", *bags],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = {
        name: float(auc) for name, auc in re.findall(r"^(\w+)(?:, 0 pairs)?: AUC (\d\.\d+)", done.stdout, re.MULTILINE)
    }
    assert set(found) == {"scorecard", "boosting", "HistGradientBoostingClassifier"}
    assert found["scorecard"] > 0.65
    assert found["boosting"] > found["scorecard"] - 0.01
