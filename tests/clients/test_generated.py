"""Generated files and versions of the clients say what the description says."""

import copy
import json
import tomllib

from hauptbuch_client import models
from hauptbuch_client.version import VERSION

from clients.generate.__main__ import CLIENTS, main, stale
from clients.generate.description import PATH, Description, read
from clients.generate.python import files
from scoring.api.problems import MEANINGS

DOCUMENT = json.loads(PATH.read_text())


def test_generated_files_are_current() -> None:
    """``make clients`` was run after the description changed."""
    assert [path.name for path in stale(read())] == []
    assert main(["--check"]) == 0


def test_a_changed_description_is_noticed() -> None:
    """A field more is a file that is not current."""
    changed = copy.deepcopy(DOCUMENT)
    changed["components"]["schemas"]["Money"]["properties"]["added"] = {"type": "string"}
    assert [path.name for path in stale(Description(changed))] == ["models.py"]


def test_both_clients_have_the_version_of_the_description() -> None:
    """A client names in its version the interface that it was made for."""
    project = tomllib.loads((CLIENTS / "python/pyproject.toml").read_text())["project"]
    package = json.loads((CLIENTS / "typescript/package.json").read_text())
    lock = json.loads((CLIENTS / "typescript/package-lock.json").read_text())
    versions = {VERSION, project["version"], package["version"], lock["version"], DOCUMENT["info"]["version"]}
    assert len(versions) == 1


def test_every_request_that_has_an_answer_is_a_method() -> None:
    """Only the address of a page for browsers is left out."""
    described = {one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()}
    assert described - {one.id for one in read().operations} == {"getReport"}


def test_codes_of_problems_are_all_there() -> None:
    """Each published problem is a code that type checkers know."""
    assert set(read().problems) == {meaning.code for meaning in MEANINGS.values()}


def test_fields_of_passwords_are_concealed() -> None:
    """What the description calls a password is never printed."""
    text = files(read())["models.py"]
    assert text.count("(Concealing, ") == 6
    request = models.CredentialRequest(source="sevdesk", secret="a" * 32)
    assert repr(request) == "CredentialRequest(source='sevdesk', secret=...)"
    nested = models.ConnectionRequest(borrower_ref="firm-1", credential=request)
    assert "a" * 32 not in f"{nested} {nested!r} {[nested]} {nested.__rich_repr__()}"


def test_lock_of_npm_names_no_registry() -> None:
    """Packages are pinned by their hashes, wherever they come from."""
    packages = json.loads((CLIENTS / "typescript/package-lock.json").read_text())["packages"]
    pinned = [package for name, package in packages.items() if name]
    assert all("integrity" in package and "resolved" not in package for package in pinned)
