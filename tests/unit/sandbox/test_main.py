import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from sandbox.__main__ import app
from sandbox.account.quirks import QUIRKS
from sandbox.firms.personas import PERSONAS
from sandbox.objects.folder import read_folder
from sandbox.server.faults import CATALOGUE as FAULTS


def _run(*tokens: str) -> int | None:
    try:
        app(list(tokens), result_action="return_value")
    except SystemExit as end:
        return int(end.code or 0)
    return None


def _on_a_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    for name, value in (("FORCE_COLOR", "1"), ("COLUMNS", str(width)), ("LINES", "25"), ("TERM", "dumb")):
        monkeypatch.setenv(name, value)


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


@pytest.mark.parametrize("width", [80, 40, 130])
def test_firms_are_whole_on_any_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tokens and account numbers are there to be copied."""
    _on_a_terminal(monkeypatch, width)
    _run("firms")
    words = capsys.readouterr().out.split()
    assert all(persona.token in words and persona.iban in words for persona in PERSONAS)


@pytest.mark.parametrize("width", [80, None])
def test_switches_and_faults_are_listed_whole(
    width: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At eighty columns long words go on in the next line; in a pipe lines are long."""
    if width is not None:
        _on_a_terminal(monkeypatch, width)
    _run("quirks")
    quirks = capsys.readouterr().out
    _run("faults")
    faults = capsys.readouterr().out
    assert "…" not in quirks + faults
    assert set(QUIRKS) <= set(quirks.split())
    folded = "".join(line.rpartition("│")[0].rpartition("│")[2].strip() for line in faults.splitlines())
    examples = [msgspec.json.encode(fault).decode() for fault in FAULTS.values()]
    assert folded == "".join(examples)
    if width is None:
        assert all(example in faults for example in examples)
        assert all(quirk.what in quirks for quirk in QUIRKS.values())


@contextmanager
def _serving(books: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sandbox", "serve", "--books", str(books), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_address_is_told_when_requests_are_taken(tmp_path: Path) -> None:
    """Also of a port that was free; whoever asks for it then is told, and Ctrl-C ends quietly."""
    (tmp_path / "firm.json").write_text("{}")
    with _serving(tmp_path, "--port", "0") as process:
        assert process.stdout is not None
        told = re.fullmatch(
            r"serving 1 firm at (http://127\.0\.0\.1:([0-9]+))/api/v1, until Ctrl-C\n", process.stdout.readline()
        )
        assert told is not None
        assert httpx.get(f"{told[1]}/sandbox/health").json() == {"status": "ok", "firms": 1}
        with _serving(tmp_path, "--port", told[2]) as second:
            out, wrong = second.communicate(timeout=60)
        assert (second.returncode, out) == (2, "")
        assert wrong.startswith(f"sandbox: port {told[2]} is in use")
        process.send_signal(signal.SIGINT)
        out, wrong = process.communicate(timeout=60)
        assert (process.returncode, out, wrong) == (0, "", "")


def test_an_address_of_another_machine_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the reason, and without a trace."""
    (tmp_path / "firm.json").write_text("{}")
    assert _run("serve", "--books", str(tmp_path), "--host", "192.0.2.1", "--port", "0") == 2
    assert capsys.readouterr().err.startswith("sandbox: cannot listen on 192.0.2.1, port 0: ")


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
