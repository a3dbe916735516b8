"""`scoring models compare --live`: what a model in the shadow would have decided, as a table and as JSON."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from command_line import Scoring, in_process
from service import application, environ_of, running, settings_in

from models.distress_definition import DistressDefinition
from models.outcomes import Definition
from models.records import MANIFEST, DistressRecord, Manifest, to_json
from models.registry import ARTIFACTS, Registry, read_record
from scoring.commands.compare import comparable, meaning, reasons_of
from scoring.runtime.serving import load_serving


@pytest.fixture
def scoring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scoring:
    """Runs commands on the database of the service."""
    environ = environ_of(settings_in(tmp_path)) | {"SCORING_DATA_DIR": str(tmp_path)}
    return in_process(environ, monkeypatch, capsys)


async def decide(folder: Path, shadow: str, firms: int) -> None:
    """Decisions with a model in the shadow, which has scored them all."""
    async with running(folder, serving=load_serving(settings_in(folder)), shadow_model=shadow) as service:
        for number in range(firms):
            answer = await service.post("/v1/decisions", application(borrower_ref=f"firm-{number}"))
            assert answer.status_code == 201, answer.text
        await service.app.state.shadow.drain()


def test_it_shows_what_the_shadow_would_have_decided(scoring: Scoring, tmp_path: Path) -> None:
    """With how little that is, where it is little; and what decided is in the table as it was."""
    asyncio.run(decide(tmp_path, "1", 2))
    table = scoring("models", "compare", "--live", "--model", "1", "--since", "2026-09-01")
    told = scoring("models", "compare", "--live", "--model", "1", "--since", "2026-09-01", "--json")
    found = json.loads(told.stdout)
    differs = found["agreement"]["count"] < 2
    assert (table.returncode, told.returncode) == (int(differs), int(differs)), table.told
    assert (found["model"], found["summary"]["count"], found["left_out"]) == ("sme/1", 2, {})
    assert sum(found["summary"]["before"]["recommended"].values()) == 2
    assert "fewer than 100 applications: shares may be chance" in table.stdout
    assert "0 bad loans known" in table.stdout
    assert "model sme/1, since 2026-09-01" in table.stdout


def of_another_meaning(root: Path, version: str, **training: object) -> None:
    """A copy of sme 4 that was trained on something else."""
    folder = root / "sme" / version
    shutil.copytree(ARTIFACTS / "sme" / "4", folder)
    manifest = read_record(folder / MANIFEST, Manifest)
    assert manifest.training is not None
    record = msgspec.structs.replace(manifest.training, **training)
    changed = msgspec.structs.replace(manifest, version=version, training=record, outcome=record.outcome)
    (folder / MANIFEST).write_bytes(to_json(changed))


def test_outcomes_are_those_that_both_models_mean(tmp_path: Path) -> None:
    """By what the shadow predicts; a name is no other meaning, and distress is no default."""
    crr = Definition.crr_178()
    early = msgspec.structs.replace(crr, name="half a year", horizon_months=6)
    distress = DistressRecord(
        schema=1,
        definition=DistressDefinition.usual(),
        good=1,
        bad=1,
        left_out={},
        events={},
        known_after_window=0,
        marked={},
    )
    of_another_meaning(tmp_path, "4")
    of_another_meaning(tmp_path, "5", definition=early)
    of_another_meaning(tmp_path, "6", definition=msgspec.structs.replace(crr, name="called otherwise"))
    of_another_meaning(tmp_path, "7", definition=None, distress=distress)
    registry = Registry(root=tmp_path)
    meant = meaning(registry, "sme/4")
    assert meant is not None
    assert meaning(registry, "sme/6") == meant
    assert meaning(registry, "sme/5") == msgspec.structs.replace(early, name="")
    assert [meaning(registry, name) for name in ("sme/7", "sme/8", "sme", "a/b/c")] == [None] * 4
    decided = {"dec_1": "sme/4", "dec_2": "sme/5", "dec_3": "sme/6", "dec_4": "sme/7", "dec_5": "sme/9"}
    bads = {"dec_1": True, "dec_2": True, "dec_3": False, "dec_4": True, "dec_5": False}
    assert comparable(bads, decided, registry, meant) == ({"dec_1": True, "dec_3": False}, 3)


def test_of_a_model_that_is_not_here_no_outcome_is_told(scoring: Scoring, tmp_path: Path) -> None:
    """Its scores are compared all the same, and it is said why."""
    asyncio.run(decide(tmp_path, "1", 1))
    (tmp_path / "elsewhere").mkdir()
    told = scoring(
        "models",
        "compare",
        "--live",
        "--model",
        "1",
        "--since",
        "2026-09-01",
        SCORING_MODEL_DIR=str(tmp_path / "elsewhere"),
    )
    assert "sme/1 predicts no default on loans, or is not registered here: no outcomes are compared" in told.stdout


REFUSED: dict[str, tuple[tuple[str, ...], Callable[[str], bool]]] = {
    "without --live": (("--model", "3"), lambda told: "say --live" in told),
    "without a model": (("--live",), lambda told: "name a version with --model" in told),
    "nothing scored": (("--live", "--model", "3"), lambda told: "has scored nothing in the shadow" in told),
}


@pytest.mark.parametrize("case", REFUSED)
def test_without_anything_to_compare_it_says_so(scoring: Scoring, tmp_path: Path, case: str) -> None:
    """In one line, with status 2."""
    arguments, said = REFUSED[case]
    asyncio.run(decide(tmp_path, "3", 0))
    done = scoring("models", "compare", *arguments)
    assert (done.returncode, said(done.told), "Traceback" in done.told) == (2, True, False), done.told


def test_a_shadow_that_is_not_registered_keeps_the_service_from_starting(scoring: Scoring) -> None:
    """Before anything is made, with the name of the setting."""
    done = scoring("serve", SCORING_SHADOW_MODEL="99")
    odd = scoring("serve", SCORING_SHADOW_MODEL="../4")
    assert (done.returncode, "SCORING_SHADOW_MODEL: sme 99 is not registered" in done.told) == (2, True), done.told
    assert (odd.returncode, "is no version of SCORING_MODEL_NAME" in odd.told) == (2, True), odd.told


def test_every_reason_of_what_is_left_out_is_told() -> None:
    """Most frequent first, with a decision to look at."""
    assert list(reasons_of({"dec_1": "no such feature", "dec_2": "damaged", "dec_3": "damaged"})) == [
        "3 decisions could not be compared:",
        "  2: damaged (dec_2, for example)",
        "  1: no such feature (dec_1)",
    ]
