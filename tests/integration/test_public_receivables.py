import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(
    not os.environ.get("PUBLIC_DATA_DIR"), reason="PUBLIC_DATA_DIR does not name a folder with accounts_receivable.csv"
)
def test_features_of_a_public_history_equal_an_independent_computation() -> None:
    """A public history, served from a folder and scored over HTTP, gives the numbers of plain loops over its CSV."""
    csv = Path(os.environ["PUBLIC_DATA_DIR"]) / "accounts_receivable.csv"
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "receivables.py", csv],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "open on 2013-09-30: 88, overdue: 7" in done.stdout
    assert '"verdict": "refer"' in done.stdout
