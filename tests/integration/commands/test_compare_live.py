"""`scoring models compare --live`: what a model in the shadow would have decided, as a table and as JSON."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Scoring, in_process
from service import application, environ_of, running, settings_in

from scoring.commands.compare import reasons_of
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
