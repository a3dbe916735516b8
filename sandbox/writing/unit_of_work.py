"""One write to one account: what it reads, and what it will have changed once all of it has been checked."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from typing import Any, TypeAlias

from sandbox.account.account import Account
from sandbox.account.errors import not_found
from sandbox.account.quirks import Quirks
from sandbox.objects.values import Object, Reference, reference_of

Answer: TypeAlias = tuple[int, Any]
"""HTTP status, and the content of ``objects``."""


class UnitOfWork:
    """Collects changes and puts them into the account at the end, all or none.

    Args:
        account: what is changed.
        now: the moment of the write, in Berlin.
    """

    def __init__(self, account: Account, now: datetime) -> None:
        self._account = account
        self._changed: dict[Reference, Object | None] = {}
        self.now = now
        self.stamp = now.isoformat(timespec="seconds")
        """The moment as the API writes it."""

    @property
    def quirks(self) -> Quirks:
        """How the account behaves where that is a matter of choice."""
        return self._account.quirks

    @property
    def is_first_system(self) -> bool:
        """Whether the account is on system 1.0, with ``taxType`` and statuses that can be set."""
        return self._account.version == "1.0"

    @property
    def client(self) -> Object:
        """Reference to the account itself."""
        client: Object = next(self.all("SevUser"))["sevClient"]
        return client

    @property
    def user(self) -> Object:
        """Reference to the user whom the token belongs to."""
        return ref(next(self.all("SevUser")))

    @property
    def signature(self) -> Object:
        """Client and user, as a new invoice or credit note names them."""
        return {"sevClient": self.client, "createUser": self.user, "contactPerson": self.user}

    def get(self, resource: str, object_id: str) -> Object:
        """Return a copy of an object, with the changes so far.

        Raises:
            ApiError: there is none with that id.
        """
        if (resource, object_id) in self._changed:
            changed = self._changed[resource, object_id]
            if changed is None:
                raise not_found(resource, object_id, self.quirks.absent)
            return deepcopy(changed)
        return self._account.object(resource, object_id)

    def find(self, resource: str, object_id: str) -> Object | None:
        """Return a copy of an object, none where there is none."""
        known = (resource, object_id) in self._changed or self._account.has(resource, object_id)
        return self.get(resource, object_id) if known else None

    def must_exist(self, target: Object | None) -> None:
        """Check that what a reference points at is there; null points at nothing.

        Raises:
            ApiError: there is no such object.
        """
        if (reference := reference_of(target)) is not None:
            self.get(*reference)

    def all(self, resource: str) -> Iterator[Object]:
        """Return the objects of a resource as they were before this write; they must not be changed."""
        return iter(self._account.objects(resource))

    def referring(self, resource: str, field: str, target: Object) -> list[Object]:
        """Return copies of the objects whose reference in ``field`` is an object, as they were before this write."""
        listing = self._account.listing(resource)
        positions = listing.referring(field, (target["objectName"], str(target["id"])))
        return [deepcopy(listing.object(position)) for position in positions]

    def head(self, kind: str) -> Object:
        """The keys with which a new object begins."""
        return {
            "id": self._account.new_id(kind),
            "objectName": kind,
            "additionalInformation": None,
            "create": self.stamp,
            "update": self.stamp,
        }

    def put(self, item: Object, resource: str | None = None) -> Object:
        """Take an object in, or in place of the one with its id; return it."""
        self._changed[resource or item["objectName"], item["id"]] = item
        return item

    def touch(self, item: Object, **fields: Any) -> Object:  # noqa: ANN401  any JSON
        """Change fields of an object, and its time of change; return it."""
        return self.put({**item, **fields, "update": self.stamp})

    def remove(self, item: Object) -> None:
        """Forget an object."""
        self._changed[item["objectName"], item["id"]] = None

    @property
    def is_changing(self) -> bool:
        """Whether anything would change."""
        return bool(self._changed)

    def commit(self) -> None:
        """Put all changes into the account."""
        # Lists have the newest first: the last of several new positions goes in first, so that they keep their order.
        for (resource, object_id), item in reversed(self._changed.items()):
            if item is None:
                self._account.remove(resource, object_id)
            else:
                self._account.put(resource, item)
        self._changed.clear()


def refers_to(item: Object, field: str, target: Object) -> bool:
    """Whether a field of an object is a reference to another."""
    return reference_of(item.get(field)) == (target["objectName"], str(target["id"]))


def ref(item: Object) -> Object:
    """A reference to an object."""
    return {"id": item["id"], "objectName": item["objectName"]}
