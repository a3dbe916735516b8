"""How an answer is shown in a guide: parts of it, laid out in lines, with what is random put in one form.

Random or of the moment, and so shown in another form than they came in:

* identifiers and prefixes of API keys are numbered in the order in which they first appear: ``dec_1``, ``prefix_1``;
* instants of the day itself are shown as noon of that day, and durations in milliseconds as ``...``;
* secrets, digests, UUIDs and names of encryption keys are shown as ``...``;
* ports and folders are those of ``make serve``;
* floats in JSON have six significant digits.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

WIDTH = 120
ELISION = "..."
MOMENTARY = ("timing_ms", "milliseconds")
"""Fields of JSON with durations; never shown."""
_ID = re.compile(r"\b([a-z]{2,4})_([0-7][0-9a-hjkmnp-tv-z]{25})\b")
_KEY = re.compile(r"\bhbk_([a-z2-7]{8})_[\w-]{43}")
_HIDDEN = (
    (re.compile(r"(?<=/connect/)[\w-]{43}"), ELISION),
    (re.compile(r"(?<=/device/)[\w-]{43}"), ELISION),
    (re.compile(r"\b[0-9a-f]{64}\b"), ELISION),
    (re.compile(r"\bk[0-9a-f]{8}\b"), f"k{ELISION}"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), ELISION),
    (re.compile(r"\b[\d,.]+ ms\b"), f"{ELISION} ms"),
)


class _Gap:
    """What is left out of JSON."""


_GAP = _Gap()


class PartError(Exception):
    """A mark asks for a part that the answer does not have; the message names it."""


class StandIns:
    """Short names for random identifiers: in answers they replace the identifiers, in commands they stand for them."""

    def __init__(self, fixed: Mapping[str, str], day: str) -> None:
        """Begin without identifiers.

        Args:
            fixed: further texts of this run, such as addresses, and what is shown for them.
            day: the day of the run, as ISO text.
        """
        self._shown = dict(fixed)
        self._count: dict[str, int] = {}
        # a day in Berlin begins at 22 or 23 o'clock UTC of the day before
        before = date.fromisoformat(day) - timedelta(days=1)
        self._instant = re.compile(rf"\b({day}T\d\d|{before}T2[23]):\d\d:\d\d(\.\d+)?Z")
        self._noon = f"{day}T12:00:00.000Z"

    def shown(self, text: str) -> str:
        """An answer as the guide has it."""
        for match in _ID.finditer(text):
            self._name(match[0], match[1])
        for match in _KEY.finditer(text):
            self._name(match[1], "prefix")
        text = _KEY.sub(lambda match: f"hbk_{match[1]}_{ELISION}", text)
        for actual, name in self._shown.items():
            text = text.replace(actual, name)
        for pattern, form in _HIDDEN:
            text = pattern.sub(form, text)
        return self._instant.sub(self._noon, text)

    def actual(self, text: str) -> str:
        """A command of the guide as it is run."""
        for actual, name in reversed(self._shown.items()):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?![\w])", lambda _, actual=actual: actual, text)
        return text

    def _name(self, actual: str, kind: str) -> None:
        if actual not in self._shown:
            self._count[kind] = self._count.get(kind, 0) + 1
            self._shown[actual] = f"{kind}_{self._count[kind]}"


def lines_of(text: str, patterns: Sequence[str]) -> str:
    """The lines that one of the patterns is found in, all without patterns; ``...`` stands for the others.

    Raises:
        PartError: a pattern is found in no line.
    """
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    for pattern in patterns:
        if not any(re.search(pattern, line) for line in lines):
            raise PartError(f"no line has /{pattern}/:\n{text}")
    shown: list[str] = []
    for line in lines:
        if not patterns or any(re.search(pattern, line) for pattern in patterns):
            shown.append(line)
        elif shown[-1:] != [ELISION]:
            shown.append(ELISION)
    return "\n".join(shown)


def parts_of(value: Any, paths: Sequence[str]) -> Any:  # noqa: ANN401  any JSON
    """JSON with only the parts under these paths, such as ``score.low`` or ``causes[0].text.en``; all without paths.

    What is left out is ``...``: as a key of an object, as an element of a list.

    Raises:
        PartError: there is nothing under a path.
    """
    return _cut(value, [_steps(path) for path in paths])


def laid_out(value: Any, column: int = 0) -> str:  # noqa: ANN401  any JSON
    """JSON in lines of at most ``WIDTH``, as many fields in a line as it holds."""
    line = _line(value)
    if column + len(line) <= WIDTH or not isinstance(value, dict | list):
        return line
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    margin = " " * (column + 2)
    lines: list[str] = []
    for item in _items(value, column + 2):
        if lines and "\n" not in item and "\n" not in lines[-1] and len(lines[-1]) + 1 + len(item) < WIDTH:
            lines[-1] += f" {item}"
        else:
            lines.append(f"{margin}{item}")
    return "\n".join([opening, *lines, f"{' ' * column}{closing}"])


def _items(value: dict[str, Any] | list[Any], column: int) -> Iterator[str]:
    pairs = list(value.items()) if isinstance(value, dict) else [(None, element) for element in value]
    for place, (key, element) in enumerate(pairs):
        comma = "," if place < len(pairs) - 1 else ""
        if element is _GAP:
            yield f"{ELISION}{comma}"
        else:
            yield f"{'' if key is None else f'{_line(key)}: '}{laid_out(element, column)}{comma}"


def _line(value: Any) -> str:  # noqa: ANN401  any JSON
    if isinstance(value, dict):
        fields = (ELISION if each is _GAP else f"{_line(key)}: {_line(each)}" for key, each in value.items())
        return f"{{{', '.join(fields)}}}"
    if isinstance(value, list):
        return f"[{', '.join(ELISION if each is _GAP else _line(each) for each in value)}]"
    if isinstance(value, float):
        value = float(f"{value:.6g}")
    return msgspec.json.encode(value).decode()


def _steps(path: str) -> tuple[str | int, ...]:
    found = re.findall(r"([^.\[\]]+)|\[(\d+)\]", path)
    return tuple(int(number) if number else name for name, number in found)


def _cut(value: Any, paths: Sequence[tuple[str | int, ...]]) -> Any:  # noqa: ANN401  any JSON
    if not paths or () in paths:
        if isinstance(value, dict):
            return {key: _GAP if key in MOMENTARY else _cut(each, []) for key, each in value.items()}
        return [_cut(each, []) for each in value] if isinstance(value, list) else value
    if not isinstance(value, dict | list):
        raise PartError(f"{_line(value)} has no parts {paths}")
    pairs: list[tuple[str | int, Any]] = list(value.items() if isinstance(value, dict) else enumerate(value))
    for first in dict.fromkeys(path[0] for path in paths):
        if first not in dict(pairs):
            raise PartError(f"there is no {first!r} in {_line(value)[:200]}")
    kept: list[tuple[str | int, Any]] = []
    for key, element in pairs:
        below = [path[1:] for path in paths if path[0] == key]
        if below:
            kept.append((key, _cut(element, below)))
        elif not kept or kept[-1][1] is not _GAP:
            kept.append((key, _GAP))
    return dict(kept) if isinstance(value, dict) else [element for _, element in kept]
