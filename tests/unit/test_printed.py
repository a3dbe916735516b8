"""How an answer is shown in a guide."""

from typing import Any

import pytest

from demo.printed import PartError, StandIns, laid_out, lines_of, parts_of

ID, OTHER = "dec_01m8a9fb2bpexc4qyag2gt8c24", "dec_01m8a9fb2bpexc4qyag2gt8c25"


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        ([], '{"a": 1, "b": {"c": [2, 3, 4], "d": null}}'),
        (["a"], '{"a": 1, ...}'),
        (["b.d"], '{..., "b": {..., "d": null}}'),
        (["b.c[0]"], '{..., "b": {"c": [2, ...], ...}}'),
        (["b.c[1]", "b.c[2]", "a"], '{"a": 1, "b": {"c": [..., 3, 4], ...}}'),
        (["b", "b.d"], '{..., "b": {"c": [2, 3, 4], "d": null}}'),
    ],
)
def test_parts_of_json_are_shown_and_the_rest_is_elided(paths: list[str], shown: str) -> None:
    """Neighbours that are left out are one elision."""
    assert laid_out(parts_of({"a": 1, "b": {"c": [2, 3, 4], "d": None}}, paths)) == shown


@pytest.mark.parametrize("path", ["c", "b[3]", "a.x", "a.x.y"])
def test_a_part_that_is_not_there_is_an_error(path: str) -> None:
    """So that a renamed field is seen."""
    with pytest.raises(PartError):
        parts_of({"a": {"b": 1}, "b": [1, 2, 3]}, [path])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("...", '"..."'),
        (0.1 + 0.2, "0.3"),
        (742.5107791014016, "742.511"),
        (123456789, "123456789"),
        ({"timing_ms": {"own": 12.0}, "a": 1}, '{..., "a": 1}'),
    ],
)
def test_values_are_shown_in_json(value: Any, shown: str) -> None:  # noqa: ANN401  any JSON
    """Floats with six significant digits, durations not at all, a text of three dots as a text."""
    assert laid_out(parts_of(value, [])) == shown


def test_long_json_is_broken_into_lines_that_are_filled() -> None:
    """At most 120 characters each, but for a text that is longer."""
    value = {"texts": {"long": "x" * 80, "other": "y" * 30}, **{f"field_{number}": number for number in range(12)}}
    lines = laid_out(value).splitlines()
    assert lines[0] == "{"
    assert lines[-1] == "}"
    assert max(map(len, lines)) <= 120
    assert len(lines) == 8


def test_lines_that_are_not_asked_for_are_one_elision() -> None:
    """Expressions are found anywhere in a line, and each must be found."""
    assert lines_of("a 1\nb 2  \nc 3\nd 4\n", ["^b", "2"]) == "...\nb 2\n..."
    assert lines_of("a\nb\n", []) == "a\nb"
    with pytest.raises(PartError, match="/z/"):
        lines_of("a\nb\n", ["a", "z"])


def test_identifiers_are_numbered_and_stand_for_themselves_in_commands() -> None:
    """In the order in which they appear, by kind."""
    stand_ins = StandIns({"http://127.0.0.1:53211": "http://127.0.0.1:8080"}, "2026-11-23")
    assert stand_ins.shown(f"{OTHER} {ID} {OTHER}") == "dec_1 dec_2 dec_1"
    assert stand_ins.shown("con_01m8a9fb2bpexc4qyag2gt8c24") == "con_1"
    assert stand_ins.actual("curl http://127.0.0.1:8080/dec_2/dec_20") == f"curl http://127.0.0.1:53211/{ID}/dec_20"


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (f"hbk_z4x6x3nh_{'-aB3_' * 8}abc", "hbk_prefix_1_..."),
        (f"http://host/connect/{'Ab-_1' * 8}abc", "http://host/connect/..."),
        (f'"{"0123abcd" * 8}"', '"..."'),
        ("6fc21e77-68e8-41c3-9811-22cb22c9df07", "..."),
        ("1,234 ms or 12.5 ms", "... ms or ... ms"),
        ("k5d4069bf", "k..."),
        ("2026-11-23T08:15:00.123Z", "2026-11-23T12:00:00.000Z"),
        ("2026-11-22T23:15:00.123Z", "2026-11-23T12:00:00.000Z"),  # a quarter past midnight in Berlin
        ("2026-11-22T08:15:00.123Z", "2026-11-22T08:15:00.123Z"),
        ("064471bc129977d373091ab0d1a5314e", "064471bc129977d373091ab0d1a5314e"),
    ],
)
def test_what_is_random_or_of_the_moment_has_one_form(answer: str, shown: str) -> None:
    """Instants of the books, tokens of local firms and amounts stay."""
    assert StandIns({}, "2026-11-23").shown(answer) == shown
