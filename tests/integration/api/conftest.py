"""Tests of the interface run on both databases, but those that ``ON_SQLITE`` marks."""

from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
import service

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def migrated() -> Iterator[str]:
    """A migrated database; made only where a test asks for it."""
    with postgres.migrated_database() as url:
        yield url


@pytest.fixture(autouse=True, params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The kind of database of every service that the test starts."""
    if request.param == "sqlite":
        yield
        return
    url = request.getfixturevalue("migrated")
    postgres.empty(url)
    monkeypatch.setattr(service, "database_in", lambda _folder: url)
    yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """PostgreSQL sees the first row of a test's table, unless ``EVERY_ROW`` marks it: few differ in what is stored."""
    seen: set[str] = set()
    left_out: set[pytest.Item] = set()
    for item in items:
        if isinstance(item, pytest.Function) and item.path.parent == HERE and database_of(item) == "postgres":
            test = item.nodeid.partition("[")[0]
            if test in seen and item.get_closest_marker("every_row") is None:
                left_out.add(item)
            seen.add(test)
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def database_of(item: pytest.Function) -> str | None:
    """``sqlite``, ``postgres`` or None."""
    return item.callspec.params.get("database") if hasattr(item, "callspec") else None
