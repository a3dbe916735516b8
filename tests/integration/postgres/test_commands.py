"""The commands of an operator, on PostgreSQL."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from service import KEY_MATERIAL, application, running, settings_in
from sqlalchemy.engine import make_url

from scoring.runtime.serving import load_serving

ROOT = Path(__file__).parents[3]


def scoring(url: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command as a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCORING_")}
    return subprocess.run(
        [sys.executable, "-m", "scoring", *arguments],
        env=kept
        | {
            "SCORING_DATABASE_URL": url,
            "SCORING_DATA_DIR": str(folder),
            "SCORING_ENCRYPTION_KEYS": f"k1:{KEY_MATERIAL}",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_keys_replay_export_and_purge(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision of the promoted model, made over HTTP, is replayed, exported, and outlives its snapshot."""
    monkeypatch.setattr("service.database_in", lambda _folder: url)

    async def decide() -> str:
        async with running(tmp_path, serving=load_serving(settings_in(tmp_path)), snapshot_days=1) as service:
            identifier: str = (await service.post("/v1/decisions", application())).json()["decision_id"]
            return identifier

    identifier = asyncio.run(decide())
    key = scoring(url, tmp_path, "keys", "add", "--lender", "bank", "--role", "apply", "--name", "los").stdout.strip()
    listed = scoring(url, tmp_path, "keys", "list").stdout
    revoked = scoring(url, tmp_path, "keys", "revoke", key.split("_")[1])
    replayed = scoring(url, tmp_path, "replay", identifier)
    exported = scoring(url, tmp_path, "export", "--out", str(tmp_path / "dataset"))
    purged = scoring(url, tmp_path, "snapshots", "purge")
    gone = scoring(url, tmp_path, "replay", identifier)
    assert key.split("_")[1] in listed
    assert "revoked" in revoked.stdout
    assert (replayed.returncode, json.loads(replayed.stdout)["differences"]) == (0, []), replayed.stderr
    assert exported.stdout.startswith("1 snapshots written")
    assert purged.stdout == "1 snapshots deleted\n"
    assert (gone.returncode, json.loads(gone.stdout)["made_from"]) == (0, "row"), gone.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"database": "there_is_no_such_database"}, "InvalidCatalogNameError"),
        ({"host": "127.0.0.1", "port": 9}, "ConnectionRefusedError"),
    ],
)
def test_a_server_that_cannot_be_used_is_told(url: str, tmp_path: Path, change: dict[str, str], said: str) -> None:
    """On one line, with its kind and without the address."""
    wrong = make_url(url).set(**change, username="postgres", password="hunter2-secret")  # type: ignore[arg-type]
    done = scoring(wrong.render_as_string(hide_password=False), tmp_path, "serve")
    assert done.returncode == 2
    assert done.stderr.startswith(f"scoring: the database cannot be used ({said})"), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr
