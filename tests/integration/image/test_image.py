"""The Dockerfile, followed in an empty folder with a clean environment: what it makes starts, serves and stops."""

import asyncio
import base64
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import httpx
import image
import postgres
import pytest
from container import ROOT, Container, answers, local_sevdesk
from service import SIGNING_KEYS

from demo.stack import free_port


def files(root: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file below a folder."""
    return {
        str(path.relative_to(root)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in root.rglob("*")
        if not path.is_dir()
    }


def test_the_image_holds_what_serves_and_nothing_else(stages: list[image.Stage]) -> None:
    """Code and models, no tests, benchmarks or sandbox; compiled, since nothing can be compiled later."""
    final = stages[-1]
    assert {path.name for path in final.inside(".").iterdir()} == {
        ".venv",
        "features",
        "forecast",
        "models",
        "sbom.json",
        "scoring",
    }
    assert (final.inside("models/artifacts/stages.json")).is_file()
    for package in ("features", "forecast", "models", "scoring"):
        sources = set(final.inside(package).rglob("*.py"))
        compiled = {
            path.parent.parent / f"{path.name.split('.')[0]}.py" for path in final.inside(package).rglob("*.pyc")
        }
        assert sources == compiled
        assert sources


def test_the_images_are_small_and_without_privileges(stages: list[image.Stage]) -> None:
    """What is kept installs nothing, has no root and no secret, and says where data go and what to ask."""
    build, base, sandbox, final = stages
    assert base.runs == ["python -m pip uninstall --yes --root-user-action=ignore pip setuptools wheel"]
    assert build.runs == ["make image-packages IMAGE=../app", "make image-root IMAGE=../app"]
    assert (final.runs, final.user, final.volumes, final.ports) == ([], "10001:10001", ["/data"], ["8000"])
    assert (sandbox.runs, sandbox.user, sandbox.volumes, sandbox.ports) == ([], "10001:10001", [], ["8081"])
    assert final.base == sandbox.base
    assert final.base.endswith("-slim-bookworm")
    assert build.base.replace("-bookworm", "") == final.base.replace("-slim-bookworm", "")
    assert not any("KEY" in name or "URL" in name for name in final.env)
    assert {path.name for path in sandbox.inside(".").iterdir()} == {".venv", "sandbox"}


def test_the_base_images_can_be_given_by_digest() -> None:
    """Each has a build argument; without one it is named by its tag, as other tests see."""
    digests = {"BUILD_DIGEST": "sha256:" + "0" * 64, "BASE_DIGEST": "sha256:" + "1" * 64}
    froms = [
        image.expanded(rest, digests)
        for name, _, rest in image.instructions((ROOT / "Dockerfile").read_text())
        if name == "FROM"
    ]
    assert froms == [
        f"python:3.11-bookworm@{digests['BUILD_DIGEST']} AS build",
        f"python:3.11-slim-bookworm@{digests['BASE_DIGEST']} AS base",
        "base AS sandbox",
        "base",
    ]


APPLICATION = {
    "borrower_ref": "firm-4711",
    "legal_form": "gmbh",
    "product": "working_capital",
    "amount": {"value": "12000.00", "currency": "EUR"},
    "term_months": 12,
    "payout_iban": "DE09430609670001008001",
    "sevdesk_token": "064471bc129977d373091ab0d1a5314e",
}


def test_the_image_decides_replays_exports_and_stops(container: Container) -> None:
    """As its user, with a root that cannot be written; data are in its volume alone; it ends with status 0."""
    final, operations = container.stage, free_port()
    container = replace(container, variables=container.variables | {"SCORING_OPERATIONS_PORT": str(operations)})
    container.run(["python", "-c", ""])
    before = files(final.root)
    added = container.scoring("keys", "add", "--lender", "bank", "--role", "admin", "--name", "image")
    assert added.returncode == 0, added.stderr
    with (
        local_sevdesk(container),
        container.start([*final.entrypoint, *final.cmd], output=subprocess.DEVNULL) as serving,
    ):
        try:
            service = f"http://127.0.0.1:{container.variables['SCORING_PORT']}"
            assert answers(f"http://127.0.0.1:{operations}/health/ready")
            assert container.run(final.healthcheck).returncode == 0
            headers = {"Authorization": f"Bearer {added.stdout.strip()}", "Idempotency-Key": "image-1"}
            answer = httpx.post(f"{service}/v1/decisions", headers=headers, json=APPLICATION, timeout=60)
        finally:
            serving.terminate()
            status = serving.wait(timeout=30)
    assert (answer.status_code, answer.json()["verdict"]) == (201, "approve")
    assert status == 0
    replayed = container.scoring("replay", answer.json()["decision_id"])
    assert (replayed.returncode, json.loads(replayed.stdout)["agrees"]) == (0, True)
    exported = container.scoring("export", "--out", "/data/dataset" if container.is_confined else "../data/dataset")
    assert (exported.returncode, exported.stderr) == (0, "")
    written = {path for path, state in files(final.root).items() if before.get(path) != state}
    assert {path.split("/")[0] for path in written} == {"data"}


WRITING = """
import os
for folder in ("/", "/app", "/app/scoring", "/app/.venv", "/usr", "/data", "/tmp"):
    try:
        open(folder + "/written", "w").close()
        print(folder, "written")
    except OSError as error:
        print(folder, error.strerror)
print(os.getuid(), os.getgid(), os.getgroups())
"""


def test_nothing_but_the_volume_can_be_written(container: Container) -> None:
    """Not the code, not the environment, not the root; and a user without privileges cannot become another."""
    if not container.is_confined:
        pytest.skip("wants root on Linux, for another root and another user")
    tried = container.run(["python", "-c", WRITING])
    read_only = "Read-only file system"
    refused = "".join(f"{folder} {read_only}\n" for folder in ("/", "/app", "/app/scoring", "/app/.venv", "/usr"))
    assert tried.stdout == refused + "/data written\n/tmp written\n10001 10001 []\n"
    container.stage.inside("/data/written").unlink()


def test_nothing_is_written_where_database_and_keys_are_elsewhere(container: Container) -> None:
    """With PostgreSQL and the key from outside, it serves without its volume, as pods do."""
    closed = replace(container, stage=replace(container.stage, volumes=[]))
    if not closed.is_confined:
        pytest.skip("wants root on Linux, for another root and another user")
    with postgres.fresh_database() as address:
        asyncio.run(postgres.migrate(address))
        key = base64.b64encode(bytes(32)).decode()
        given = {
            "SCORING_DATABASE_URL": address,
            "SCORING_ENCRYPTION_KEYS": f"k1:{key}",
            "SCORING_SIGNING_KEYS": SIGNING_KEYS,
        }
        pod = replace(closed, variables=closed.variables | given)
        purged = pod.scoring("snapshots", "purge")
        with pod.start([*pod.stage.entrypoint, "serve"], output=subprocess.DEVNULL) as serving:
            is_ready = answers(f"http://127.0.0.1:{pod.variables['SCORING_PORT']}/health/ready")
            checked = pod.run(pod.stage.healthcheck)
            serving.terminate()
    assert (purged.stdout, purged.returncode) == ("0 snapshots deleted\n", 0)
    assert (is_ready, checked.returncode) == (True, 0)
    assert serving.returncode == 0


def test_an_instruction_that_is_not_known_is_refused(tmp_path: Path) -> None:
    """The reader must not pass over what an engine would do."""
    (tmp_path / "Dockerfile").write_text("FROM x\nADD a b\n")
    (tmp_path / ".dockerignore").write_text("*\n")
    (tmp_path / "built").mkdir()
    with pytest.raises(ValueError, match="ADD is not known"):
        image.build(tmp_path, tmp_path / "built", lambda *_: None)
