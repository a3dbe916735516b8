"""The commands of an operator, on PostgreSQL."""

import asyncio
import json
from pathlib import Path

import pytest
from command_line import Scoring, in_process
from service import KEY_MATERIAL, SIGNING_KEYS, application, running, settings_in
from sqlalchemy.engine import make_url

from scoring.runtime.serving import load_serving


@pytest.fixture
def scoring(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scoring:
    """Runs a command in this process, on a database of its own."""
    settings = {
        "SCORING_DATABASE_URL": url,
        "SCORING_DATA_DIR": str(tmp_path),
        "SCORING_ENCRYPTION_KEYS": f"k1:{KEY_MATERIAL}",
        "SCORING_SIGNING_KEYS": SIGNING_KEYS,
    }
    return in_process(settings, monkeypatch, capsys)


def test_keys_replay_export_and_purge(
    scoring: Scoring, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decision of the promoted model, made over HTTP, is replayed, exported, and outlives its snapshot."""
    monkeypatch.setattr("service.database_in", lambda _folder: url)

    async def decide() -> str:
        async with running(tmp_path, serving=load_serving(settings_in(tmp_path)), snapshot_days=1) as service:
            identifier: str = (await service.post("/v1/decisions", application())).json()["decision_id"]
            return identifier

    identifier = asyncio.run(decide())
    key = scoring("keys", "add", "--lender", "bank", "--role", "apply", "--name", "los").stdout.strip()
    listed = scoring("keys", "list").stdout
    revoked = scoring("keys", "revoke", key.split("_")[1])
    replayed = scoring("replay", identifier)
    exported = scoring("export", "--out", str(tmp_path / "dataset"))
    purged = scoring("snapshots", "purge")
    gone = scoring("replay", identifier)
    assert key.split("_")[1] in listed
    assert "revoked" in revoked.stdout
    assert (replayed.returncode, json.loads(replayed.stdout)["differences"]) == (0, []), replayed.stderr
    assert exported.stdout.startswith("1 snapshot written")
    assert purged.stdout == "1 snapshots deleted\n"
    assert (gone.returncode, json.loads(gone.stdout)["made_from"]) == (0, "row"), gone.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"database": "there_is_no_such_database"}, "InvalidCatalogNameError"),
        ({"host": "127.0.0.1", "port": 9}, "ConnectionRefusedError"),
    ],
)
def test_a_server_that_cannot_be_used_is_told(scoring: Scoring, url: str, change: dict[str, str], said: str) -> None:
    """On one line, with its kind and without the address."""
    wrong = make_url(url).set(**change, username="postgres", password="hunter2-secret")  # type: ignore[arg-type]
    done = scoring("serve", SCORING_DATABASE_URL=wrong.render_as_string(hide_password=False))
    assert done.returncode == 2
    assert done.stderr.startswith(f"scoring: the database cannot be used ({said})"), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr
