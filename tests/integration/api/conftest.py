"""Tests of the interface run on both databases, but those that ``ON_SQLITE`` marks."""

from collections.abc import Iterator

import postgres
import pytest
import service


@pytest.fixture(scope="session")
def template() -> Iterator[str]:
    """A migrated database to copy from; made only where a test asks for it."""
    with postgres.migrated_template() as name:
        yield name


@pytest.fixture(autouse=True, params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The kind of database of every service that the test starts."""
    if request.param == "sqlite":
        yield
        return
    with postgres.fresh_database(request.getfixturevalue("template")) as url:
        monkeypatch.setattr(service, "database_in", lambda _folder: url)
        yield
