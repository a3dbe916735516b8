"""Versions of the ledger: each is pinned, and facts of each become a ledger of today or are refused by name."""

import hashlib
from typing import Any

import polars as pl
import pytest
from builders import make_ledger
from hypothesis import given
from hypothesis import strategies as st
from strategies import AS_OF, Rows, ledger_rows

from features.derive import CATALOGUE, derive
from features.ledger import LEDGER_VERSION, SCHEMAS, Ledger, Resource
from features.ledger_versions import VERSIONS, LedgerVersion, LedgerVersionError, conform, upgrade
from features.spine import spine_of

DIGESTS = {
    1: "f4605ada15d8e1b2b2c2f5d5b9aa958cd0dcaadacc8a9e32c246a176ec47b600",
    2: "9185eeb934903971ea33e0dca0e8fab5e44e4a271dac1a32e9abffa38664ec19",
    3: "ebfc5e19ffe2b330939f8c029cbd8cef089e82ad60ff8047fcd0a6faead9b55b",
}
"""Of every released version. A change of the ledger is a new version with a digest of its own."""


def text_of(version: LedgerVersion) -> str:
    """The whole structure, one line for each column."""
    columns = [
        f"{name} {column} {dtype!r}" for name, schema in version.frames.items() for column, dtype in schema.items()
    ]
    return "\n".join([*columns, *sorted(version.resources), repr(dict(version.defaults))])


def test_released_versions_stay_as_they_are() -> None:
    """What was stored as one of them is read by it."""
    found = {number: hashlib.sha256(text_of(version).encode()).hexdigest() for number, version in VERSIONS.items()}
    assert found == DIGESTS


def test_the_ledger_of_today_is_its_newest_version() -> None:
    """A ledger that was changed without a new version fails here: see ``features.ledger_versions`` how to add one."""
    newest = VERSIONS[LEDGER_VERSION]
    assert max(VERSIONS) == LEDGER_VERSION
    assert (dict(newest.frames), newest.resources) == (SCHEMAS, frozenset(Resource))


@pytest.mark.parametrize("number", VERSIONS)
def test_every_version_becomes_a_ledger_of_today(number: int) -> None:
    """Its structure is enough to know; and where frames came later, a resource came later that they belong to."""
    before = VERSIONS[number]
    empty = {name: pl.DataFrame(schema=schema) for name, schema in before.frames.items()}
    ledger = upgrade(empty, before.resources, number)
    assert {name: frame.schema for name, frame in ledger.frames().items()} == SCHEMAS
    assert ledger.fetched == before.resources
    assert bool(set(Resource) - before.resources) >= bool(SCHEMAS.keys() - before.frames.keys())


@given(rows=ledger_rows(), fetched=st.sets(st.sampled_from(list(Resource))))
def test_facts_of_today_pass_unchanged(rows: Rows, fetched: set[Resource]) -> None:
    """Whatever the order of their columns."""
    ledger = make_ledger(**rows, fetched=fetched)
    stored = {name: frame.select(reversed(frame.columns)) for name, frame in ledger.frames().items()}
    read = upgrade(stored, frozenset(fetched), LEDGER_VERSION)
    assert read.fetched == fetched
    assert all(frame.equals(read.frames()[name]) for name, frame in ledger.frames().items())


@given(rows=ledger_rows())
def test_the_first_catalogue_reads_the_same_of_both_versions(rows: Rows) -> None:
    """What version 2 added changes no bit of catalogue 1; without it, catalogue 2 has nothing to say."""
    ledger, spine = make_ledger(**rows), spine_of(AS_OF)
    frames = {
        name: ledger.frames()[name].select(schema.names()).cast(dict(schema))  # type: ignore[arg-type]
        for name, schema in VERSIONS[1].frames.items()
    }
    old = upgrade(frames, VERSIONS[1].resources, 1)
    before = derive(old, spine, list(CATALOGUE))
    now = derive(ledger, spine, list(CATALOGUE))
    for name, feature in CATALOGUE.items():
        if feature.catalogue == 1:
            bits = [rows.values[name].reinterpret(signed=False).item() for rows in (before, now)]
            assert bits[0] == bits[1], name
            assert before.missing().get(name) == now.missing().get(name)
        else:
            assert before.missing()[name] == "not_fetched"


BEFORE = pl.Schema({"id": pl.Int64(), "cause": pl.Enum(["fee", "discount"]), "level": pl.Int32()})
FACTS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.sampled_from(["fee", "discount"]),
        st.none() | st.integers(-(2**31), 2**31 - 1),
    ),
    max_size=5,
)


@given(facts=FACTS, more=st.permutations(["fee", "discount", "loss", "write_off"]))
def test_values_keep_their_meaning_in_a_later_schema(facts: list[tuple[Any, ...]], more: list[str]) -> None:
    """Ids as text, values of a longer Enum in any order, wider numbers, and columns that did not exist yet."""
    later = pl.Schema(
        {"note": pl.String(), "is_new": pl.Boolean(), "id": pl.String(), "cause": pl.Enum(more), "level": pl.Int64()}
    )
    read = conform("facts", pl.DataFrame(facts, schema=BEFORE, orient="row"), later, {"is_new": False})
    assert read.schema == later
    assert read.rows() == [
        (None, False, None if number is None else str(number), cause, level) for number, cause, level in facts
    ]


@pytest.mark.parametrize(
    ("later", "message"),
    [
        ({"cause": pl.Enum(["fee"])}, "column cause cannot become Enum"),
        ({"cause": pl.String()}, "column cause cannot become String from Enum"),
        ({"id": pl.Float64()}, "column id cannot become Float64 from Int64"),
        ({"id": pl.Date()}, "column id cannot become Date from Int64"),
        ({"id": pl.Int8()}, "a value of column id does not fit into Int8"),
    ],
)
def test_what_would_lose_meaning_is_refused(later: dict[str, pl.DataType], message: str) -> None:
    """By frame and column."""
    facts = pl.DataFrame([(300, "discount", 1)], schema=BEFORE, orient="row")
    with pytest.raises(LedgerVersionError, match=f"^frame 'facts': {message}"):
        conform("facts", facts, pl.Schema({**BEFORE, **later}), {})


def test_a_column_that_is_gone_is_refused() -> None:
    """Its values would be lost."""
    with pytest.raises(LedgerVersionError, match="frame 'facts': column level has no place"):
        conform("facts", pl.DataFrame(schema=BEFORE), pl.Schema({"id": pl.Int64(), "cause": BEFORE["cause"]}), {})


def test_facts_that_are_not_of_their_version_are_refused() -> None:
    """A frame or column is missing or too many, a type or a resource is another, or the version is not known."""
    frames, everything = Ledger.empty().frames(), frozenset(Resource)
    bills = frames["bills"]
    for changed, fetched, number, message in (
        ({}, everything, 99, "the ledger has version 99; known are versions up to "),
        ({}, everything | {"minds"}, LEDGER_VERSION, f"version {LEDGER_VERSION} of the ledger has no resource 'minds'"),
        ({"bills": None}, everything, LEDGER_VERSION, "frame 'bills' is missing"),
        ({"minds": bills}, everything, LEDGER_VERSION, f"version {LEDGER_VERSION} of the ledger has no frame 'minds'"),
        (
            {"bills": bills.drop("supplier")},
            everything,
            LEDGER_VERSION,
            "frame 'bills': column supplier is None, not Int64",
        ),
        ({"bills": bills.with_columns(x=1)}, everything, LEDGER_VERSION, "frame 'bills': column x is Int32, not None"),
        (
            {"bills": bills.cast({"supplier": pl.String})},
            everything,
            LEDGER_VERSION,
            "column supplier is String, not Int64",
        ),
    ):
        stored = {name: frame for name, frame in (frames | changed).items() if frame is not None}
        with pytest.raises(LedgerVersionError, match=message):
            upgrade(stored, fetched, number)
