"""Books of a firm with many branches that trade alike: the objects of one branch, repeated under other identifiers.

One branch is simulated and rendered as any firm. What tells the others apart is filled into its JSON when somebody
asks: identifiers, numbers of documents and customers, names and account numbers of business partners.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias, TypeVar

import msgspec

from sandbox.bookkeeping.identifiers import FIRST_CREDITOR, FIRST_DEBITOR, POSITION_DISTANCE, first_and_step
from sandbox.objects.values import Object, Reference, reference_of

V = TypeVar("V")

REPEATED = (
    *("Invoice", "CreditNote", "Voucher", "Contact", "CheckAccountTransaction", "CheckAccountTransactionLog"),
    *("CommunicationWay", "AccountingContact", "ContactCustomField", "TagRelation"),
)
"""Resources of which each branch has its own objects; positions go with their documents."""

_Differing: TypeAlias = Sequence[int] | Sequence[bytes]
"""A text that differs, at each branch; the last branch first, as its objects have the highest identifiers."""

_FIRST_NUMBER, _FIRST_CUSTOMER = 1_000, 1_001
"""Of the numbers of documents and of customers, as one firm's begin."""
_FIRST_OF = {"customer": _FIRST_CUSTOMER, "debitor": FIRST_DEBITOR, "creditor": FIRST_CREDITOR}
_CHUNK = 1_000
_ID = re.compile(r"[1-9][0-9]{0,18}")
_DIFFERS = re.compile(
    rb'"id":"(?P<id>[0-9]+)","objectName":"(?P<resource>[A-Za-z]+)"'
    rb"|\b(?:RE|MA|GU|WKR)-(?P<number>[0-9]+)"
    rb'|"customerNumber":"(?P<customer>[0-9]+)"'
    rb'|"debitorNumber":"(?P<debitor>[0-9]+)"'
    rb'|"creditorNumber":"(?P<creditor>[0-9]+)"'
    rb"|, Filiale (?P<branch>[0-9]+)"
    rb'|"(?P<iban>DE[0-9]{20})"'
)


def at_branch(name: str) -> str:
    """The name of a business partner of the one branch; in the other branches it has their number."""
    return f"{name}, Filiale 1"


@dataclass(frozen=True, slots=True)
class _Template:
    """JSON with a gap at each text that differs between branches, and what fills the gaps."""

    text: bytes
    gaps: Sequence[_Differing]

    def filled(self, branches: Sequence[int]) -> list[bytes]:
        """The JSON of some branches."""
        columns = [[gap[branch] for branch in branches] for gap in self.gaps]
        return [self.text % filling for filling in zip(*columns, strict=True)] or [self.text % ()] * len(branches)


class Branches:
    """How the objects of branches differ.

    Identifiers and numbers count through all branches in the order of recording, as those of one firm do.

    Args:
        key: Number of the firm, from which identifiers start.
        count: How many branches there are.
        ibans: Account number of a business partner of the one branch, and those of its namesakes at all branches.
    """

    def __init__(self, key: int, count: int, ibans: Mapping[str, Sequence[str]]) -> None:
        self.count = count
        self._series = {resource: first_and_step(resource, key) for resource in REPEATED}
        for resource, distance in POSITION_DISTANCE.items():
            first, step = self._series[resource]
            self._series[f"{resource}Pos"] = first + distance, step
        self._ibans = {iban.encode(): [one.encode() for one in reversed(every)] for iban, every in ibans.items()}

    def has(self, resource: str) -> bool:
        """Whether each branch has its own objects of a resource."""
        return resource in self._series

    def origin(self, resource: str, object_id: str) -> tuple[str, int] | None:
        """The identifier at the one branch, and which branch counted from the last; None where nothing can have it."""
        if not _ID.fullmatch(object_id):
            return None
        first, step = self._series[resource]
        place, rest = divmod(int(object_id) - first, step)
        if rest or place < 0:
            return None
        place, branch = divmod(place, self.count)
        return str(first + step * place), self.count - 1 - branch

    def template(self, body: bytes) -> _Template:
        """What is made of the JSON of an object of the one branch."""
        parts, gaps, end = [], [], 0
        for found in _DIFFERS.finditer(body):
            name = "id" if found["id"] else str(found.lastgroup)
            differing = self._differing(name, found)
            if differing is not None:
                start, stop = found.span(name)
                parts += [body[end:start].replace(b"%", b"%%"), b"%b" if name == "iban" else b"%d"]
                gaps.append(differing)
                end = stop
        parts.append(body[end:].replace(b"%", b"%%"))
        return _Template(b"".join(parts), gaps)

    def _differing(self, name: str, found: re.Match[bytes]) -> _Differing | None:
        if name == "iban":
            return self._ibans.get(found[name])
        value = int(found[name])
        match name:
            case "id":
                resource = found["resource"].decode()
                return self._counted(value, *self._series[resource]) if self.has(resource) else None
            case "number":
                return self._counted(value, _FIRST_NUMBER, 1)
            case "customer" | "debitor" | "creditor":
                return self._counted(value, _FIRST_OF[name], 1)
            case _:
                return self._counted(value, value, 1)

    def _counted(self, value: int, first: int, step: int) -> range:
        """The numbers that the branches have for what has ``value`` at the one branch; the last branch first."""
        start = first + (value - first) * self.count
        return range(start, start + step * self.count, step)[::-1]


class Repeated:
    """The objects of one resource at all branches, in the order of their list.

    Args:
        resource: Which.
        objects: Those of the one branch, in that order.
        branches: How they differ between branches.
    """

    def __init__(self, resource: str, objects: Sequence[Object], branches: Branches) -> None:
        self._resource = resource
        self._branches = branches
        self._count = branches.count
        self._originals = [_Original(item, branches) for item in objects]
        self._places = {item["id"]: place for place, item in enumerate(objects)}
        self._referring: dict[str, dict[Reference, list[int]]] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._originals) * self._count

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
        bodies: list[bytes] = []
        for original, some in self._by_original(positions):
            bodies += original.bodies([position % self._count for position in some])
        return bodies

    def column(self, field: str) -> list[Any]:
        """The values of one field."""
        return [value for original in self._originals for value in original.column(field)]

    def judged(self, judge: Callable[[Any], V], positions: Sequence[int]) -> Iterator[tuple[V, Sequence[int]]]:
        """What ``judge`` says of objects: once for all branches, unless it looks at what differs between them."""
        for original, some in self._by_original(positions):
            seen = _Seen(original, some[0] % self._count)
            verdict = judge(seen)
            if not seen.columns:
                yield verdict, some
                continue
            yield verdict, some[:1]
            for position in some[1:]:
                seen.branch = position % self._count
                yield judge(seen), (position,)

    def _by_original(self, positions: Sequence[int]) -> Iterator[tuple["_Original", list[int]]]:
        for place, some in groupby(positions, lambda position: position // self._count):
            yield self._originals[place], list(some)

    def referring(self, field: str, kind: str | None, object_id: str) -> list[int]:
        """The objects whose reference in ``field`` has this id and, where one is given, this kind."""
        if field not in self._referring:
            index = self._referring[field] = {}
            for place, original in enumerate(self._originals):
                if (reference := reference_of(original.item.get(field))) is not None:
                    index.setdefault(reference, []).append(place)
        index = self._referring[field]
        found: list[int] = []
        for other in {other for other, _ in index} if kind is None else {kind}:
            branches: Sequence[int] = range(self._count)
            wanted = object_id
            if self._branches.has(other):
                origin = self._branches.origin(other, object_id)
                if origin is None:
                    continue
                wanted, branches = origin[0], origin[1:]
            places = index.get((other, wanted), ())
            found += [place * self._count + branch for place in places for branch in branches]
        return sorted(found)

    def position(self, object_id: str) -> int | None:
        """Where an object stands."""
        origin = self._branches.origin(self._resource, object_id)
        place = None if origin is None else self._places.get(origin[0])
        return None if origin is None or place is None else place * self._count + origin[1]


class _Original:
    """An object of the one branch, from which those of the others are made."""

    __slots__ = ("_branches", "_fields", "_whole", "item")

    def __init__(self, item: Object, branches: Branches) -> None:
        self.item = item
        self._branches = branches
        self._whole: _Template | None = None
        self._fields: dict[str, _Template] = {}

    def bodies(self, branches: Sequence[int]) -> list[bytes]:
        """The objects of some branches as JSON."""
        if self._whole is None:
            self._whole = self._branches.template(msgspec.json.encode(self.item))
        return self._whole.filled(branches)

    def differs(self, field: str) -> bool:
        """Whether a field is not the same at all branches."""
        return bool(self._field(field).gaps)

    def column(self, field: str) -> list[Any]:
        """A field at every branch; null where the object does not have it."""
        if not self.differs(field):
            return [self.item.get(field)] * self._branches.count
        parts = self._field(field).filled(range(self._branches.count))
        return [part[field] for part in msgspec.json.decode(b"[" + b",".join(parts) + b"]")]

    def _field(self, field: str) -> "_Template":
        if field not in self._fields:
            # What an identifier is one of is said by the object's name.
            shown = ("id", "objectName") if field == "id" else (field,)
            part = {name: self.item.get(name) for name in shown}
            self._fields[field] = self._branches.template(msgspec.json.encode(part))
        return self._fields[field]


class _Seen:
    """An object of one branch after the other, which notes what is looked at and differs between them."""

    __slots__ = ("_original", "branch", "columns")

    def __init__(self, original: _Original, branch: int) -> None:
        self._original = original
        self.branch = branch
        self.columns: dict[str, list[Any]] = {}

    def get(self, field: str, default: object = None) -> Any:  # noqa: ANN401  any JSON
        if field in self.columns:
            return self.columns[field][self.branch]
        if not self._original.differs(field):
            return self._original.item.get(field, default)
        column = self.columns[field] = self._original.column(field)
        return column[self.branch]

    def __contains__(self, field: object) -> bool:
        return field in self._original.item
