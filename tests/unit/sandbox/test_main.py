import json
import subprocess
import sys
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
