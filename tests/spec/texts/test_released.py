"""Released catalogues of texts: what was said then can be said again to the byte."""

import hashlib
from pathlib import Path

import pytest

from scoring.texts import catalogue

RELEASED = {
    "v1.toml": "675427066802d2561bb439620ad1dd14cb02bdc1aac8494a78f4fd022fcfdeda",
    "v2.toml": "faeeaded0142891752166fb373b7168ffaf845540d818b1352185c366bc427af",
    "v3.toml": "e9ea7f43dc543c836a0df1bf21cb5eef7c776d1423c5c152e811c5c1435be0e1",
}
"""By file, the digest at its release: 1 with 0.4.0, 2 with 0.5.0, 3 with 0.7.0. New words are a new file, and
a line here."""


@pytest.mark.parametrize(("name", "digest"), RELEASED.items())
def test_a_released_catalogue_never_changes(name: str, digest: str) -> None:
    """Not by a letter: a record that names it is shown in these words."""
    folder = Path(catalogue.__file__).parent / "catalogues"
    assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_every_catalogue_but_the_newest_is_released() -> None:
    """The newest may be in the making until it is released."""
    folder = Path(catalogue.__file__).parent / "catalogues"
    files = sorted(folder.glob("v*.toml"), key=lambda path: int(path.stem[1:]))
    assert {path.name for path in files[:-1]} <= RELEASED.keys()
