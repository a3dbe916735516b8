"""One firm's account, as sevdesk would serve it: resource name to objects with the API's own keys and JSON types."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

from typing_extensions import override

from sandbox.objects.values import Object

V = TypeVar("V")

RESOURCES = (
    "Invoice",
    "InvoicePos",
    "CreditNote",
    "CreditNotePos",
    "Voucher",
    "VoucherPos",
    "Contact",
    "CommunicationWay",
    "AccountingContact",
    "ContactCustomField",
    "ContactCustomFieldSetting",
    "CheckAccount",
    "CheckAccountTransaction",
    "CheckAccountTransactionLog",
    "Part",
    "Tag",
    "TagRelation",
    "SevClient",
    "StaticCountry",
)
"""Every list resource that an account holds."""


@runtime_checkable
class LazyObjects(Protocol):
    """So many objects of one resource that they are made when they are asked for, in the order of their list."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, position: int, /) -> Object:
        """One object, which must not be changed."""

    def __iter__(self) -> Iterator[Object]:
        """All of them."""

    def objects(self, positions: Sequence[int]) -> Iterable[Object]:
        """Some of them."""

    def encoded(self, positions: Sequence[int]) -> list[bytes]:
        """Some of them as JSON."""

    def column(self, field: str) -> Sequence[Any]:
        """The values of one field, of all objects; null where they do not have it."""

    def judged(self, judge: Callable[[Any], V], positions: Sequence[int]) -> Iterable[tuple[V, Sequence[int]]]:
        """What ``judge`` says of objects, some or one at a time; it is handed something with ``get`` and ``in``."""

    def referring(self, field: str, kind: str | None, object_id: str) -> Sequence[int]:
        """The objects whose reference in ``field`` has this id and, where one is given, this kind."""

    def position(self, object_id: str) -> int | None:
        """Where an object stands."""


Objects: TypeAlias = Mapping[str, Sequence[Object] | LazyObjects]
"""Resource to objects, newest document first, as the real lists look."""


class MadeLater(Objects):
    """The objects of a firm, built on first access; concurrent threads wait for one build.

    Args:
        make: makes them.
    """

    def __init__(self, make: Callable[[], Objects]) -> None:
        self._make = make
        self._made: Objects | None = None
        self._lock = Lock()

    @property
    def is_made(self) -> bool:
        """Whether the objects have been built."""
        return self._made is not None

    def made(self) -> Objects:
        """The objects, made now if they are not yet."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    @override
    def __getitem__(self, resource: str) -> Sequence[Object] | LazyObjects:
        return self.made()[resource]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self.made())

    @override
    def __len__(self) -> int:
        return len(self.made())


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The complete content of one account."""

    firm: str
    """Short name, used on command lines and as folder name: ``healthy-agency``."""
    name: str
    token: str = field(repr=False)
    """32 lower-case hexadecimal digits, as in the Authorization header."""
    version: str = "2.0"
    """bookkeepingSystemVersion."""
    is_revoked: bool = False
    """The token was regenerated: every call answers 401."""
    objects: Objects
