"""Laws of ``derive()``: what can never change a value."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from builders import make_ledger, make_spine
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from strategies import AS_OF, CENTS, HUNDREDS, Rows, ledger_rows

import features.derive
from features.derive import CATALOGUE, FeatureRows, derive, derive_again, evidence
from features.feature import Unit
from features.ledger import Ledger
from features.spine import spine_of

NAMES = tuple(CATALOGUE)
"""Of both catalogues."""
ROOT = Path(__file__).parents[3]
_HAPPENED = ("issued_on", "happened_on")


def _same(one: FeatureRows, other: FeatureRows) -> None:
    """Assert equality to the last bit, the sign of zero included."""
    bits = [pl.col(name).reinterpret(signed=False) for name in one.names]
    assert_frame_equal(one.values.with_columns(bits), other.values.with_columns(bits))
    assert_frame_equal(one.causes, other.causes)


def _of(rows: Rows, borrower: int) -> Rows:
    """The same facts as another borrower's."""
    return {name: [{**row, "borrower": borrower} for row in some] for name, some in rows.items()}


def _visible(row: dict[str, Any], as_of: date) -> bool:
    return all(row[day] <= as_of for day in ("recorded_on", *_HAPPENED) if row.get(day))


@given(rows=ledger_rows())
def test_facts_that_happened_or_were_recorded_later_change_nothing(rows: Rows) -> None:
    """Leaving out everything that was not visible gives the same bits."""
    past = {name: [row for row in some if _visible(row, AS_OF)] for name, some in rows.items()}
    spine = spine_of(AS_OF)
    _same(derive(make_ledger(**past), spine, NAMES), derive(make_ledger(**rows), spine, NAMES))


@settings(max_examples=max(5, settings().max_examples // 5))  # an example derives sixteen times
@given(books=st.lists(ledger_rows(), min_size=3, max_size=3), chunk_rows=st.sampled_from([1, 100, 250_000]))
def test_one_row_is_the_same_alone_and_among_others(books: list[Rows], chunk_rows: int) -> None:
    """One borrower on one day, and five borrowers on three days each, in chunks of whatever size."""
    days = [AS_OF, AS_OF - timedelta(days=45), date(2024, 11, 30)]
    everyone = [_of(book, number) for number, book in enumerate([*books, books[0], {}])]
    together: Rows = {}
    for book in everyone:
        for name, some in book.items():
            together.setdefault(name, []).extend(some)
    points = [(number, day) for day in days for number in range(5)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features.derive, "CHUNK_ROWS", chunk_rows)
        many = derive(make_ledger(**together), make_spine(*points), NAMES)
    assert many.values.select("borrower", "as_of").rows() == points
    for index, (number, day) in enumerate(points):
        alone = derive(make_ledger(**everyone[number]), make_spine((number, day)), NAMES)
        assert alone.row() == many.row(index)
        assert alone.missing() == many.missing(index)


@settings(max_examples=max(5, settings().max_examples // 5))  # an example derives four times
@given(rows=ledger_rows(), others=ledger_rows())
def test_other_bank_lines_derived_again_are_the_same_as_derived_at_first(rows: Rows, others: Rows) -> None:
    """What is taken from the first rows, and from what they were made of, is what no bank line tells."""
    ledger, spine = make_ledger(**rows), spine_of(AS_OF)
    other = replace(ledger, transactions=make_ledger(**others).transactions)
    before = derive(ledger, spine, NAMES)
    at_first, again = derive(other, spine, NAMES), derive_again(before, other)
    _same(again, at_first)
    assert evidence(again, NAMES) == evidence(at_first, NAMES)
    _same(before, derive(ledger, spine, NAMES))


def test_several_points_are_not_derived_again() -> None:
    """What they were made of is not kept."""
    rows = derive(make_ledger(), make_spine((0, AS_OF), (1, AS_OF)), NAMES[:1])
    with pytest.raises(ValueError, match="Only one observation point is derived again, not 2"):
        derive_again(rows, make_ledger())


@given(rows=ledger_rows(), seed=st.integers(0, 1000))
def test_order_and_layout_of_rows_change_no_bit(rows: Rows, seed: int) -> None:
    """Shuffled frames in many memory chunks, against sorted frames in one."""
    ledger = make_ledger(**rows)
    frames = ledger.frames()
    ordered = {name: frame.sort(frame.columns, nulls_last=True).rechunk() for name, frame in frames.items()}
    scattered = {
        name: pl.concat(list(frame.sample(fraction=1.0, shuffle=True, seed=seed).iter_slices(3)), rechunk=False)
        if frame.height
        else frame
        for name, frame in frames.items()
    }
    spine = spine_of(AS_OF)
    _same(
        derive(Ledger(**ordered, fetched=ledger.fetched), spine, NAMES),
        derive(Ledger(**scattered, fetched=ledger.fetched), spine, NAMES),
    )


@given(rows=ledger_rows())
def test_order_and_repetition_of_the_spine_change_no_bit(rows: Rows) -> None:
    """Every row of the spine is answered on its own, in its place."""
    days = [AS_OF, AS_OF - timedelta(days=100), AS_OF]
    ledger = make_ledger(**rows)
    forward = derive(ledger, make_spine(*((0, day) for day in days)), NAMES)
    backward = derive(ledger, make_spine(*((0, day) for day in days[::-1])), NAMES)
    assert [forward.row(index) for index in range(3)] == [backward.row(2 - index) for index in range(3)]
    assert forward.row(0) == forward.row(2)


@settings(max_examples=max(5, settings().max_examples // 5))  # one join in two forms
@given(rows=ledger_rows())
def test_numbers_of_documents_may_be_as_far_apart_as_they_like(rows: Rows) -> None:
    """Two numbers that do not fit into one are joined as two, with the same bits."""
    far = {
        name: [
            {
                key: value + value % 2 * 2**62 if key in ("document_id", "invoice_id") and value is not None else value
                for key, value in row.items()
            }
            for row in some
        ]
        for name, some in rows.items()
    }
    spine = spine_of(AS_OF)
    _same(derive(make_ledger(**rows), spine, NAMES), derive(make_ledger(**far), spine, NAMES))


AVERAGED = ("revenue_ticket", "liquidity_debt_service_month", "liquidity_smoothed_surplus")
"""Amounts that are means over documents, months or periods."""
ROUNDED_DOWN = ("receivables_known_eligible",)
"""Amounts that add a part of a sum, which is rounded down."""


@pytest.mark.parametrize(("catalogue", "cents"), [(1, CENTS), (2, HUNDREDS)], ids=["1", "2"])
@given(data=st.data(), factor=st.sampled_from([2, 3, 1000]))
def test_larger_amounts_leave_shares_and_days_alone(
    catalogue: int, cents: st.SearchStrategy[int], data: st.DataObject, factor: int
) -> None:
    """A firm a thousand times the size is late as often, and depends on its customers as much.

    Catalogue 2 knows amounts that do not matter: a remainder of up to 5 euro, a month of less than 10. The law holds
    for books whose amounts and parts of them are all far above these.
    """
    rows = data.draw(ledger_rows(cents))
    names = [name for name in NAMES if CATALOGUE[name].catalogue == catalogue]
    scaled = {
        name: [
            {
                key: value * factor if key.endswith("_cents") and value is not None else value
                for key, value in row.items()
            }
            for row in some
        ]
        for name, some in rows.items()
    }
    spine = spine_of(AS_OF)
    small, large = derive(make_ledger(**rows), spine, names), derive(make_ledger(**scaled), spine, names)
    for name, value in small.row().items():
        unit, scaled_value = CATALOGUE[name].unit, large.row()[name]
        if unit is Unit.CENTS:
            assert (scaled_value is None) == (value is None), name
            if value is not None and scaled_value is not None:
                # A mean is rounded to a cent on either side; a sum is not. What is rounded down can only grow.
                rounding = (factor + 1) / 2 if name.startswith(AVERAGED) else 0
                grown = factor - 1 if name.startswith(ROUNDED_DOWN) else 0
                assert -rounding <= scaled_value - value * factor <= rounding + grown, name
        elif unit is not Unit.LOG_EURO:
            # A quotient of scaled integers is the same number; its last bit may fall to the other side of a rounding.
            assert scaled_value == pytest.approx(value, abs=1.01 * 10 ** -CATALOGUE[name].precision)
    assert small.missing() == large.missing()


@given(rows=ledger_rows(), names=st.sets(st.sampled_from(NAMES)))
def test_features_do_not_depend_on_which_others_are_asked_for(rows: Rows, names: set[str]) -> None:
    """A value is the same alone, in a subset, and with all others."""
    ledger, spine = make_ledger(**rows), spine_of(AS_OF)
    whole, part = derive(ledger, spine, NAMES), derive(ledger, spine, sorted(names))
    assert part.names == tuple(name for name in NAMES if name in names)
    assert part.row() == {name: value for name, value in whole.row().items() if name in names}
    assert part.missing() == {name: cause for name, cause in whole.missing().items() if name in names}


@given(rows=ledger_rows())
def test_every_feature_has_a_finite_value_or_a_cause(rows: Rows) -> None:
    """Never both, never neither, and shares lie between 0 and 1 where they are parts of a whole."""
    derived = derive(make_ledger(**rows), spine_of(AS_OF), NAMES)
    for name, value in derived.row().items():
        assert (value is None) == (name in derived.missing())
        assert value is None or value == round(value, CATALOGUE[name].precision)
        if value is not None and CATALOGUE[name].unit is Unit.SHARE and "dilution" not in name:
            assert 0 <= value <= 1


_IN_A_PROCESS = """
import sys
from pathlib import Path
import polars as pl
from features.derive import CATALOGUE, derive
from features.ledger import SCHEMAS, Ledger, Resource
folder, threads = Path(sys.argv[1]), sys.argv[2]
assert pl.thread_pool_size() == int(threads)
frames = {name: pl.read_ipc(folder / name) for name in SCHEMAS}
rows = derive(Ledger(**frames, fetched=frozenset(Resource)), pl.read_ipc(folder / "spine"), list(CATALOGUE))
rows.values.write_ipc(folder / f"values_{threads}")
"""


def test_the_number_of_threads_changes_no_bit(tmp_path: Path) -> None:
    """Twelve borrowers on two days, derived by processes with one and with two threads."""
    books: list[Rows] = []

    @settings(max_examples=12, phases=[Phase.generate])
    @given(rows=ledger_rows())
    def collect(rows: Rows) -> None:
        books.append(rows)

    collect()
    together: Rows = {}
    for number, book in enumerate(books):
        for name, some in _of(book, number).items():
            together.setdefault(name, []).extend(some)
    for name, frame in make_ledger(**together).frames().items():
        frame.write_ipc(tmp_path / name)
    days = (AS_OF, AS_OF - timedelta(days=45))
    make_spine(*((number, day) for number in range(len(books)) for day in days)).write_ipc(tmp_path / "spine")
    for threads in ("1", "2"):
        run = [sys.executable, "-c", _IN_A_PROCESS, str(tmp_path), threads]
        subprocess.run(run, check=True, env=os.environ | {"POLARS_MAX_THREADS": threads}, cwd=ROOT)
    one, two = (pl.read_ipc(tmp_path / f"values_{threads}") for threads in ("1", "2"))
    bits = [pl.col(name).reinterpret(signed=False) for name in NAMES]
    assert_frame_equal(one.with_columns(bits), two.with_columns(bits))
    # Small books have too little history for many features; what has a value is enough to compare.
    assert one.select(NAMES).count().sum_horizontal().item() > one.height * len(NAMES) / 4
