"""The small PDF: its table of places is right, and any text can stand in it."""

import re

import pytest

from sandbox.writing.paper import one_page


@pytest.mark.parametrize("lines", [[], ["RE-1000"], ["(a) \\ b", "Größe", "日本", "two\nlines"]], ids=range(3))
def test_every_place_in_the_table_is_that_of_its_object(lines: list[str]) -> None:
    """A viewer finds the objects by the table, the table by the end, and the stream by its length."""
    file = one_page(lines)
    table = int(re.search(rb"startxref\n(\d+)\n%%EOF\n\Z", file)[1])  # type: ignore[index]
    assert file[table:].startswith(b"xref\n0 6\n0000000000 65535 f \n")
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n ", file[table:])]
    assert [file[place:].split(b" ", 1)[0] for place in places] == [b"1", b"2", b"3", b"4", b"5"]
    length = int(re.search(rb"/Length (\d+)>>stream\n", file)[1])  # type: ignore[index]
    start = file.index(b">>stream\n") + len(b">>stream\n")
    assert file[start + length :].startswith(b"\nendstream")


def test_brackets_are_escaped_and_other_alphabets_replaced() -> None:
    """Text cannot leave its brackets."""
    file = one_page(["(a) \\ b", "Größe", "日本"])
    assert b"(\\(a\\) \\\\ b) Tj" in file
    assert "(Größe) Tj".encode("latin-1") in file
    assert b"(??) Tj" in file
