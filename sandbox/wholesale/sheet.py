"""The objects of one resource as a sheet: columns, and the shapes of JSON that they are filled into on demand."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.objects.values import Object

V = TypeVar("V")

Positions = NDArray[np.int64]

_CHUNK = 1_000
_SHAPE = "shape"
_ID = re.compile(r"[1-9][0-9]{0,17}")  # what a column of 64 bits can hold


@dataclass(frozen=True, slots=True)
class Shape:
    """One form that the objects of a resource have: all with the same keys."""

    sample: Object
    slots: Mapping[str, str]
    """Field to what fills it; all other fields are as in the sample."""


class Sheet:
    """Many objects, in the order of their list.

    Args:
        rows: One for each object: ``id``, ``shape`` (an index into ``shapes``), and what slots are made of.
        shapes: The forms that occur.
        slots: Name of a slot to its JSON.
    """

    def __init__(self, rows: pl.DataFrame, shapes: Sequence[Shape], slots: Mapping[str, pl.Expr]) -> None:
        needed = {name for slot in slots.values() for name in slot.meta.root_names()}
        self._rows = rows.select(sorted({"id", _SHAPE, *needed}))
        self._shapes = shapes
        self._slots = slots
        self._templates = [_template(shape) for shape in shapes]

    def __len__(self) -> int:
        """How many there are."""
        return self._rows.height

    def __getitem__(self, position: int) -> Object:
        """One object, made anew."""
        (item,) = self.objects([range(len(self))[position]])
        return item

    def __iter__(self) -> Iterator[Object]:
        """All objects."""
        for start in range(0, len(self), _CHUNK):
            yield from self.objects(range(start, min(start + _CHUNK, len(self))))

    def objects(self, positions: Sequence[int]) -> Iterator[Object]:
        """Some of them, made anew."""
        return map(msgspec.json.decode, self.encoded(positions))

    def encoded(self, positions: Sequence[int]) -> list[bytes]:
        """Some of them as JSON."""
        filled = self._at(positions).select(_SHAPE, **self._slots)
        bodies: list[bytes] = [b""] * filled.height
        for shape in filled[_SHAPE].unique():
            which = (filled[_SHAPE] == shape).arg_true()
            texts = filled[which].select(self._templates[shape]).to_series().cast(pl.Binary)
            for place, body in zip(which.to_list(), texts.to_list(), strict=True):
                bodies[place] = body
        return bodies

    def column(self, field: str) -> list[Any]:
        """The values of one field."""
        texts = self._texts(self._rows, field)
        known = {text: _decoded(text) for text in texts.unique()}
        return [known[text] for text in texts.to_list()]

    def judged(self, judge: Callable[[Any], V], positions: Sequence[int]) -> Iterator[tuple[V, Sequence[int]]]:
        """What ``judge`` says of each object, found once for all that look alike to it; verdicts are hashable."""
        places = np.asarray(positions, dtype=np.int64)
        return self._judged(judge, self._at(positions), places, ())

    def _judged(
        self, judge: Callable[[Any], V], rows: pl.DataFrame, places: Positions, fields: tuple[str, ...]
    ) -> Iterator[tuple[V, Sequence[int]]]:
        """Objects are told apart by the fields that were looked at so far; where one more is, by that, too."""
        texts = [self._texts(rows, field) for field in fields]
        group, firsts = _alike(texts, rows.height)
        outcomes: dict[tuple[V | None, str | None], int] = {}
        outcome = np.empty(len(firsts), dtype=np.int64)
        columns = [column.gather(firsts).to_list() for column in texts] or [[None] * len(firsts)]
        for number, values in enumerate(zip(*columns, strict=True)):
            found: tuple[V | None, str | None]
            try:
                found = judge(_Seen(dict(zip(fields, values, strict=False)))), None
            except _UnseenError as unseen:
                found = None, unseen.field
            outcome[number] = outcomes.setdefault(found, len(outcomes))
        by_outcome = outcome[group]
        order = np.argsort(by_outcome, kind="stable")
        ends = np.cumsum(np.bincount(by_outcome, minlength=len(outcomes)))
        for (verdict, field), some in zip(outcomes, np.split(order, ends[:-1]), strict=False):
            if field is None:
                yield cast("V", verdict), places[some].tolist()
            else:
                yield from self._judged(judge, rows[some], places[some], (*fields, field))

    def referring(self, field: str, kind: str | None, object_id: str) -> list[int]:
        """The objects whose reference in ``field`` has this id, and this kind unless it does not matter."""
        texts = self._texts(self._rows, field)
        if kind is None:
            is_it = texts.str.starts_with(msgspec.json.encode({"id": object_id}).decode()[:-1] + ",")
        else:
            is_it = texts == msgspec.json.encode({"id": object_id, "objectName": kind}).decode()
        return is_it.arg_true().to_list()

    def position(self, object_id: str) -> int | None:
        """Where an object stands."""
        if not _ID.fullmatch(object_id):
            return None
        found = (self._rows["id"] == int(object_id)).arg_true()
        return int(found[0]) if len(found) else None

    def _at(self, positions: Sequence[int]) -> pl.DataFrame:
        if isinstance(positions, range) and positions.step == 1:
            return self._rows.slice(positions.start, len(positions))
        return self._rows[np.asarray(positions, dtype=np.int64)]

    def _texts(self, rows: pl.DataFrame, field: str) -> pl.Series:
        """A field's JSON in each object; null where the object does not have it."""
        found: pl.Expr | None = None
        for index, shape in enumerate(self._shapes):
            if field not in shape.sample:
                here = pl.lit(None, pl.String)
            elif field in shape.slots:
                here = self._slots[shape.slots[field]]
            else:
                here = pl.lit(msgspec.json.encode(shape.sample[field]).decode())
            found = here if found is None else pl.when(pl.col(_SHAPE) == index).then(here).otherwise(found)
        # Not selected: a field that is the same everywhere would have one row.
        return rows.with_columns(text=found)["text"]


def _template(shape: Shape) -> pl.Expr:
    """The whole object, its slots filled."""
    parts: list[pl.Expr] = []
    text = "{"
    for index, (field, value) in enumerate(shape.sample.items()):
        text += f'{"," if index else ""}"{field}":'
        if field in shape.slots:
            parts += [pl.lit(text), pl.col(shape.slots[field])]
            text = ""
        else:
            text += msgspec.json.encode(value).decode()
    return pl.concat_str(*parts, pl.lit(text + "}"))


def _alike(columns: Sequence[pl.Series], height: int) -> tuple[Positions, Positions]:
    """The group of each row, those with the same texts being one, and the first row of each group."""
    group, firsts = np.zeros(height, dtype=np.int64), np.zeros(min(height, 1), dtype=np.int64)
    for column in columns:
        codes = column.rank("dense").fill_null(0).to_numpy().astype(np.int64)
        _, firsts, group = np.unique(group * (height + 1) + codes, return_index=True, return_inverse=True)
    return group, firsts


class _UnseenError(Exception):
    """A field is looked at that was not told apart yet."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class _Seen:
    """An object of which only some fields are known, as JSON; absent ones are null."""

    __slots__ = ("_texts",)

    def __init__(self, texts: dict[str, str | None]) -> None:
        self._texts = texts

    def get(self, field: str, default: object = None) -> Any:  # noqa: ANN401  any JSON
        text = self._text(field)
        return default if text is None else _decoded(text)

    def __contains__(self, field: object) -> bool:
        return self._text(str(field)) is not None

    def _text(self, field: str) -> str | None:
        try:
            return self._texts[field]
        except KeyError:
            raise _UnseenError(field) from None


def _decoded(text: str | None) -> Any:  # noqa: ANN401  any JSON
    return None if text is None else msgspec.json.decode(text)
