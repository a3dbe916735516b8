import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.__main__ import app
from sandbox.folder import read_folder
from sandbox.personas import PERSONAS


def _run(*tokens: str) -> int | None:
    try:
        app(list(tokens), result_action="return_value")
    except SystemExit as end:
        return int(end.code or 0)
    return None


def test_firms_are_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with what an application needs."""
    _run("firms", "--json")
    listed = json.loads(capsys.readouterr().out)
    assert [firm["firm"] for firm in listed] == [*(persona.firm for persona in PERSONAS), "wholesaler"]
    assert {"firm", "legal_form", "token", "iban", "description"} <= set(listed[0])


def test_firms_are_listed_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """No token is cut short."""
    _run("firms")
    out = capsys.readouterr().out
    assert all(persona.token in out and persona.iban in out for persona in PERSONAS)


def test_a_reader_who_has_seen_enough_ends_a_list_quietly() -> None:
    """As ``head`` does: no trace."""
    listing = [sys.executable, "-m", "sandbox", "firms", "--json"]
    with subprocess.Popen(listing, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_an_exported_firm_can_be_served_again(tmp_path: Path) -> None:
    """The folder reads back as the books that were written."""
    _run("export", "young-startup", str(tmp_path), "--end-on", "2026-11-20")
    (books,) = read_folder(tmp_path)
    assert (books.firm, books.token) == ("young-startup", PERSONAS[3].token)


@pytest.mark.parametrize(
    ("kill", "which", "status"),
    [(os.killpg, signal.SIGINT, 130), (os.kill, signal.SIGTERM, 143)],
    ids=["Ctrl-C", "kill"],
)
def test_a_stopped_simulation_leaves_nothing(
    kill: Callable[[int, int], None], which: signal.Signals, status: int, tmp_path: Path
) -> None:
    """Ctrl-C, which a terminal sends to all processes, or kill: no folder, no parts, no process, no trace."""
    out = tmp_path / "dataset"
    command = [sys.executable, "-m", "sandbox", "simulate", "--firms", "100000", "--out", str(out)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while not list(tmp_path.glob("dataset.partial/parts/*.parquet")):
            assert process.poll() is None
            time.sleep(0.05)
        kill(process.pid, which)
        # Only when the last of its processes is gone is this pipe at its end.
        _, told = process.communicate(timeout=60)
        assert process.returncode == status
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in told
    if which == signal.SIGINT:
        assert f"stopped; {out} was not written" in " ".join(told.split())


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (("export", "nobody", "x"), "there is no firm 'nobody'; choose one of healthy-agency"),
        (("serve", "--books", "/does/not/exist"), "/does/not/exist is not a folder"),
        (("simulate", "--out", "."), ". exists; choose another folder"),
    ],
)
def test_mistakes_are_told(tokens: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command ends with status 2 and says what is wrong."""
    assert _run(*tokens) == 2
    assert text in capsys.readouterr().err
