"""The dossier of a decision: complete, written whole or not at all, and checked without the database."""

import asyncio
import csv
import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import Done, Scoring, in_process
from documents import A_PDF
from integration.api.test_asking import upload
from integration.api.test_cases import TEXT, ask, banking
from integration.api.test_guarantors import NAME, named
from lending import a_loan, approved, lending, serving
from postgres import ON_SQLITE
from service import Service, a_lenders_file, environ_of
from unit.sandbox_server.building import TODAY

from scoring.base.signing import SigningKeys, new_signing_keys


@pytest.fixture
def scoring(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Scoring:
    """Runs commands in this process, on the day of the sandbox."""
    environ = {
        "SCORING_DATA_DIR": str(tmp_path / "elsewhere"),
        "SCORING_SEVDESK_URL": "http://127.0.0.1:1/api/v1",
        "SCORING_SEVDESK_SANDBOX": "true",
        "SCORING_SANDBOX_TODAY": TODAY.isoformat(),
    }
    (tmp_path / "elsewhere").mkdir()
    return in_process(environ, monkeypatch, capsys)


async def write(scoring: Scoring, service: Service, decision: str, out: Path) -> Done:
    """The command on the database of a service."""
    return await asyncio.to_thread(scoring, "dossier", decision, "--out", str(out), **environ_of(service.settings))


def offline(scoring: Scoring, folder: Path, *arguments: str) -> Done:
    """Check a dossier where there is neither the database nor a key."""
    nothing = {
        "SCORING_DATABASE_URL": "sqlite:////nowhere/none.sqlite",
        "SCORING_ENCRYPTION_KEYS": "",
        "SCORING_SIGNING_KEYS": "",
    }
    return scoring("verify", "--dossier", str(folder), *arguments, **nothing)


def keys_of(folder: Path) -> str:
    """A file with the operator's public keys."""
    path = folder / "operators.json"
    shutil.copy(folder / "dossier" / "keys.json", path)
    return str(path)


def there_is_no_draft(folder: Path) -> bool:
    """Nothing half written is left."""
    return not list(folder.glob(".dossier-*"))


async def test_a_dossier_has_everything_and_is_checked_without_the_database(tmp_path: Path, scoring: Scoring) -> None:
    """A case of two persons, notices and a loan beside the decision; nothing of it needs the service."""
    out = tmp_path / "dossier"
    async with lending(tmp_path, lenders_file=a_lenders_file(tmp_path)) as service:
        decision = await approved(service)
        await a_loan(service, decision_id=decision)
        await service.get(f"/v1/decisions/{decision}/notice", format="pdf")
        done = await write(scoring, service, decision, out)
        again = await write(scoring, service, decision, out)
        unknown = await write(scoring, service, "dec_01j00000000000000000000000", tmp_path / "none")
        trail = (await service.get("/v1/audit", action="dossier.made")).json()["items"]
    checked = offline(scoring, out, "--keys", keys_of(tmp_path))
    own = offline(scoring, out)
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert (done.returncode, done.stderr) == (0, "")
    for name in (
        *("README.md", "manifest.json", "manifest.jws", "record.json", "receipt.json", "application.json"),
        *("words.json", "points.csv", "rules.csv", "features.csv", "snapshot.bin", "ledger/invoices.csv"),
        *("policy.toml", "case.json", "notices.json", "loan.json", "memo.de.pdf", "memo.en.pdf", "memo.de.xlsx"),
        *("statements.jsonl", "keys.json", "audit.csv", "replay.json", "models/sme/4/manifest.json"),
    ):
        assert name in there
    assert any(name.startswith("notices/ntc_") for name in there)
    assert json.loads((out / "replay.json").read_text())["agrees"]
    acts = {row["action"] for row in csv.DictReader(io.StringIO((out / "audit.csv").read_text()))}
    assert {"decision.made", "decision.read", "loan.granted", "notice.issued"} <= acts
    assert (again.returncode, unknown.returncode) == (2, 2)
    assert "is there already" in again.stderr
    assert not (tmp_path / "none").exists()
    assert (checked.returncode, own.returncode) == (0, 0), checked.stdout + checked.stderr
    assert "the decision made again from its books is the same" in checked.stdout
    assert "compare them with those that the operator names" in own.stdout
    assert [one["object"] for one in trail] == [decision]
    assert there_is_no_draft(tmp_path)


async def test_votes_have_names_and_texts_and_are_proved(tmp_path: Path, scoring: Scoring) -> None:
    """With authority, documents and guarantors; after an erasure the steps are proved without texts and papers."""
    out, later = tmp_path / "dossier", tmp_path / "later"
    async with banking(tmp_path, serving=serving()) as bank:
        case = await bank.refer()
        filed = (await upload(bank, case, A_PDF)).json()["document_id"]
        await named(bank, case)
        await bank.vote(case, "fritz")
        decision = case["links"]["decision"].rpartition("/")[2]
        await write(scoring, bank.service, decision, out)
        await bank.service.post(f"{await ask(bank, 'erasure')}/completion", None)
        await write(scoring, bank.service, decision, later)
    checked = offline(scoring, out, "--keys", keys_of(tmp_path))
    after = offline(scoring, later, "--keys", keys_of(tmp_path))
    steps = json.loads((out / "case.json").read_text())["steps"]
    assert [(step["kind"], step["by"], step["text"]) for step in steps] == [
        ("opened", "system", None),
        ("filed", "system", None),
        ("guarantor_named", "fritz", None),
        ("claimed", "fritz", None),
        ("voted", "fritz", TEXT),
    ]
    (sent,) = json.loads((out / "documents.json").read_text())
    assert sent == {"document_id": filed, "file": f"documents/{filed}.pdf", "name": "abschluss.pdf", "step": 2}
    assert (out / sent["file"]).read_bytes() == A_PDF
    assert NAME in (out / "guarantors.json").read_text()
    assert json.loads((later / "documents.json").read_text()) == [{**sent, "file": None, "name": None}]
    assert not (later / "documents").exists()
    assert len(list((out / "authority").glob("*.toml"))) == 1
    assert (checked.returncode, after.returncode) == (0, 0), checked.stdout + after.stdout
    assert TEXT not in (later / "case.json").read_text()
    assert "from its recorded figures is the same" in after.stdout


def _append(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes() + b" ")


def _manifest(folder: Path) -> None:
    """Another file, with its digest in the list."""
    import hashlib  # noqa: PLC0415  with this forgery alone

    (folder / "words.json").write_text("{}")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["words.json"] = hashlib.sha256(b"{}").hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _pipe(path: Path) -> None:
    """Nobody writes into it: who reads it waits for ever."""
    path.unlink()
    os.mkfifo(path)


def _sign_anew(folder: Path) -> None:
    """All of it by a key of the forger's own."""
    keys = SigningKeys(new_signing_keys(lambda size: bytes(range(1, size + 1))))
    (folder / "manifest.jws").write_text(keys.sign((folder / "manifest.json").read_bytes()))
    (folder / "keys.json").write_text(keys.public())


@ON_SQLITE
@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (_append("record.json"), "record.json was changed"),
        (_append("memo.de.pdf"), "memo.de.pdf was changed"),
        (lambda folder: (folder / "policy.toml").unlink(), "policy.toml is missing"),
        (lambda folder: (folder / "more.txt").write_text("x"), "more.txt was added"),
        (lambda folder: (folder / "manifest.jws").unlink(), "nobody signed the list of files"),
        (_manifest, "is not the one that was signed"),
        (_sign_anew, "manifest.jws"),
        (lambda folder: (folder / "more").symlink_to("/usr"), "more was added"),
        (lambda folder: _pipe(folder / "words.json"), "words.json was changed"),
    ],
)
async def test_what_was_changed_is_named(tmp_path: Path, scoring: Scoring, forge: Any, said: str) -> None:  # noqa: ANN401  a change of files
    """With the operator's keys, status 1."""
    out = tmp_path / "dossier"
    async with lending(tmp_path) as service:
        await write(scoring, service, await approved(service), out)
    operators = keys_of(tmp_path)
    forge(out)
    done = offline(scoring, out, "--keys", operators)
    assert done.returncode == 1
    assert said in done.stdout


@ON_SQLITE
def test_a_folder_that_is_no_dossier_is_told(tmp_path: Path, scoring: Scoring) -> None:
    """In a sentence, with status 2."""
    nothing = offline(scoring, tmp_path / "none")
    (tmp_path / "manifest.json").write_text("[]")
    other = offline(scoring, tmp_path)
    assert (nothing.returncode, other.returncode) == (2, 2)
    assert "keys.json" in nothing.stderr + other.stderr
