"""A database of its own on a real server for each test."""

from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest


@pytest.fixture
def url() -> Iterator[str]:
    """The address of an empty database."""
    with postgres.fresh_database() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgres"])
def each_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.sqlite'}"
        return
    with postgres.fresh_database() as address:
        yield address
