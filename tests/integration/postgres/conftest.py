"""A database of its own on a real server for each test."""

from collections.abc import Iterator

import postgres
import pytest


@pytest.fixture
def url() -> Iterator[str]:
    """The address of an empty database."""
    with postgres.fresh_database() as address:
        yield address
