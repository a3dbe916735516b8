"""The bytes of snapshots: what was written is read, in every schema, and nothing else is."""

from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from builders import make_ledger
from decision_cases import COVERAGE
from hypothesis import given
from hypothesis import strategies as st
from strategies import Rows, ledger_rows

from features.ledger import LEDGER_VERSION, Resource
from scoring.store.snapshots import KeptBooks, Snapshot, SnapshotError, decode, encode

GOLDEN = Path(__file__).parents[2] / "integration" / "api" / "golden"


def read(content: bytes) -> Snapshot:
    """The snapshot of these bytes, whose digest is right."""
    return decode(content, sha256=sha256(content).hexdigest())


def changed(content: bytes, **values: Any) -> bytes:  # noqa: ANN401  any MessagePack
    """The same container with other members; None takes one out."""
    members = msgspec.msgpack.decode(content) | values
    return msgspec.msgpack.encode({name: value for name, value in members.items() if value is not None})


def written() -> bytes:
    """A snapshot of an empty ledger."""
    return encode(Snapshot(ledger=make_ledger(), coverage=COVERAGE, fetched_on=date(2026, 11, 28), features=()))


@given(rows=ledger_rows(), fetched=st.sets(st.sampled_from(list(Resource))))
def test_what_was_written_is_read(rows: Rows, fetched: set[Resource]) -> None:
    """Frames, what was fetched, and what stands beside them; with the version of the ledger."""
    snapshot = Snapshot(
        ledger=make_ledger(**rows, fetched=fetched), coverage=COVERAGE, fetched_on=date(2026, 11, 28), features=("a",)
    )
    content = encode(snapshot)
    again = read(content)
    assert (again.coverage, again.fetched_on, again.features) == (COVERAGE, date(2026, 11, 28), ("a",))
    assert again.ledger.fetched == fetched
    assert all(frame.equals(again.ledger.frames()[name]) for name, frame in snapshot.ledger.frames().items())
    members = msgspec.msgpack.decode(content)
    assert (members["schema"], members["ledger"]) == (2, LEDGER_VERSION)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("snapshot_0_[12].bin")), ids=lambda path: path.stem)
def test_the_first_schema_is_the_first_ledger(path: Path) -> None:
    """It does not name the version of its ledger."""
    content = path.read_bytes()
    members = msgspec.msgpack.decode(content)
    assert (members["schema"], "ledger" in members) == (1, False)
    assert read(content).ledger.invoices.height > 0
    named = read(changed(content, schema=2, ledger=1)).ledger
    assert all(frame.equals(named.frames()[name]) for name, frame in read(content).ledger.frames().items())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"schema": 3}, "the snapshot has schema 3, this version of the service knows schemas up to 2"),
        ({"schema": 3, "frames": None}, "the snapshot has schema 3, this version"),
        ({"schema": 0}, "cannot be read: Invalid value 0"),
        ({"schema": "two"}, "cannot be read: Expected `int`"),
        ({"ledger": 99}, "cannot be read: the ledger has version 99; known are versions up to "),
        ({"ledger": None}, "cannot be read: Object missing required field `ledger`"),
        ({"fetched": ["minds"]}, f"cannot be read: version {LEDGER_VERSION} of the ledger has no resource 'minds'"),
        ({"frames": {}}, "cannot be read: frame .* is missing"),
        ({"frames": {"invoices": b"ARROW"}}, "the snapshot cannot be read: "),
    ],
)
def test_what_is_no_snapshot_that_is_known_is_refused(values: dict[str, Any], message: str) -> None:
    """A later schema by its number, whatever else it holds."""
    with pytest.raises(SnapshotError, match=message):
        read(changed(written(), **values))


@pytest.mark.parametrize("content", [b"", b"\xc1", b"[]"])
def test_bytes_of_something_else_are_refused(content: bytes) -> None:
    """Also where their digest is right."""
    with pytest.raises(SnapshotError, match="the snapshot cannot be read"):
        read(content)


def test_kept_books_are_decoded_once_and_only_when_they_are_asked_for() -> None:
    """What does not belong to the decision is refused when it is looked at."""
    content = written()
    books = KeptBooks(content, sha256=sha256(content).hexdigest())
    assert books.snapshot is books.snapshot
    foreign = KeptBooks(content, sha256="0" * 64)
    with pytest.raises(SnapshotError, match="does not belong to the decision"):
        _ = foreign.snapshot
