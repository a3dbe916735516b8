"""A list that is changed: what is put in, replaced and taken away, whatever came before."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from unit.sandbox_server.building import Object, contact, invoice

from sandbox.account.listing import Listing
from sandbox.account.quirks import Quirks

IDS = st.integers(1, 8)
DAYS = st.integers(1, 4)
STEPS = st.lists(st.tuples(st.booleans(), IDS, DAYS), max_size=12)


def dated(number: int, day: int, note: str = "") -> Object:
    """An invoice of a day."""
    return invoice(number, invoiceDate=f"2026-09-{day:02d}T00:00:00+02:00", header=note)


@given(st.lists(st.tuples(IDS, DAYS), max_size=6, unique_by=lambda pair: pair[0]), STEPS)
def test_a_changed_list_is_the_list_of_what_is_there(
    start: list[tuple[int, int]], steps: list[tuple[bool, int, int]]
) -> None:
    """Newest first; each is found by id, has its columns and its JSON; the books stay as they were."""
    books = [dated(number, day) for number, day in start]
    before = msgspec.json.encode(books)
    listing = Listing("Invoice", books, Quirks())
    there = {item["id"]: item for item in books}
    for count, (is_put, number, day) in enumerate(steps):
        if is_put:
            there[str(number)] = dated(number, day, f"step {count}")
            listing.put(there[str(number)])
        else:
            there.pop(str(number), None)
            listing.remove(str(number))
        assert {item["id"]: item for item in listing} == there
        dates = [item["invoiceDate"] for item in listing]
        assert dates == sorted(dates, reverse=True) == listing.column("invoiceDate")
        for position in range(len(listing)):
            item = listing.object(position)
            assert listing.position(item["id"]) == position
            assert msgspec.json.decode(listing.encoded([position])[0]) == item
    assert [listing.position(str(number)) is None for number in range(1, 9)] == [
        str(number) not in there for number in range(1, 9)
    ]
    assert msgspec.json.encode(books) == before


def test_an_object_without_a_date_keeps_its_place_when_it_changes() -> None:
    """New ones come first."""
    listing = Listing("Contact", [contact(1), contact(2)], Quirks())
    listing.put(contact(2, name="Neu GmbH"))
    listing.put(contact(3))
    assert [item["id"] for item in listing] == ["3", "1", "2"]
