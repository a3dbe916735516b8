"""One firm's account, ready to be served and changed: lists, single objects, balances."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Any

import msgspec

from sandbox.account.errors import not_found
from sandbox.account.final_invoices import over_whole_orders
from sandbox.account.listing import Listing
from sandbox.account.query import Query
from sandbox.account.quirks import Quirks, changes_objects, shaped
from sandbox.account.standing import standing
from sandbox.objects.books import Books, LazyObjects, MadeLater
from sandbox.objects.values import Object, day_of, decimal_text, number_of, reference_of, text_of

_DEEPEST_EMBED = 4
_TAGGED = frozenset({"Invoice", "CreditNote", "Voucher"})
_NO_IDS = 1_000_000  # where ids begin when there is nothing yet


class Account:
    """What one token opens."""

    def __init__(self, books: Books, quirks: Quirks) -> None:
        self.firm = books.firm
        self.version = books.version
        self.is_revoked = books.is_revoked
        self.quirks = quirks
        self._is_shaped = changes_objects(quirks)
        self._books = books
        self._listings: dict[str, Listing] = {}
        self._balances: dict[str, tuple[list[date], list[Decimal]]] = {}
        self._last_ids: dict[str, int] = {}

    @property
    def waiting(self) -> MadeLater | None:
        """The objects where they are still to be made, which can take a second; none where they are there."""
        objects = self._books.objects
        return objects if isinstance(objects, MadeLater) and not objects.is_made else None

    def listing(self, resource: str) -> Listing:
        """Return the objects of a resource, an empty list where the books have none."""
        if resource not in self._listings:
            objects = self._books.objects.get(resource) or standing(resource, self.column)
            if resource == "Invoice" and self.quirks.final_invoices == "whole":
                objects = over_whole_orders(objects)
            self._listings[resource] = Listing(resource, objects, self.quirks)
        return self._listings[resource]

    def select(self, resource: str, query: Query, today: date) -> Sequence[int]:
        """Return the positions of the objects that the query lists, in its order; those with one of its tags."""
        positions = self.listing(resource).select(query, today)
        if resource not in _TAGGED or not query.tags:
            return positions
        relations = self.listing("TagRelation")
        tagged = {
            reference_of(relations.object(place).get("object"))
            for tag in query.tags
            for place in relations.referring("tag", ("Tag", tag))
        }
        ids = self.column(resource, "id")
        return [position for position in positions if (resource, str(ids[position])) in tagged]

    def column(self, resource: str, field: str) -> Sequence[Any]:
        """Return the values of one field of all objects, null where they do not have it."""
        return self.listing(resource).column(field)

    def has(self, resource: str, object_id: str) -> bool:
        """Return whether there is an object with that id, hidden and deleted ones included."""
        return self.listing(resource).position(object_id) is not None

    def new_id(self, resource: str) -> str:
        """Return an id that no object of the resource has or had; each call gives another."""
        if resource not in self._last_ids:
            self._last_ids[resource] = max((int(value) for value in self.column(resource, "id")), default=_NO_IDS)
        self._last_ids[resource] += 1
        return str(self._last_ids[resource])

    def position(self, resource: str, object_id: str) -> int:
        """Return where an object stands, hidden and deleted ones included.

        Raises:
            ApiError: 404 or 400, when there is none with that id.
        """
        position = self.listing(resource).position(object_id)
        if position is None:
            raise not_found(resource, object_id, self.quirks.absent)
        return position

    def object(self, resource: str, object_id: str) -> Object:
        """Return a copy of an object.

        Raises:
            ApiError: 404 or 400, when there is none with that id.
        """
        return deepcopy(self.listing(resource).object(self.position(resource, object_id)))

    def objects(self, resource: str) -> Iterable[Object]:
        """Return all objects of a resource, hidden and deleted ones included; they must not be changed."""
        return iter(self.listing(resource))

    def put(self, resource: str, item: Object) -> None:
        """Take an object in, in place of the one with its id, where there is one; the books stay as they were."""
        self.listing(resource).put(item)
        if resource in self._last_ids:
            self._last_ids[resource] = max(self._last_ids[resource], int(item["id"]))
        self._balances.clear()

    @property
    def can_live_on(self) -> bool:
        """Whether objects can be taken in by the thousand: not where they are made on demand, there are too many."""
        return not isinstance(self._books.objects.get("Invoice"), LazyObjects)

    def adopt(self, items: Mapping[str, Sequence[Object]]) -> None:
        """Take in many objects at once, by resource; those with an id that is known replace the one that has it."""
        for resource, some in items.items():
            new = {text_of(item["id"]): item for item in some}
            kept = [new.pop(text_of(item["id"]), item) for item in self.objects(resource)]
            self._listings[resource] = Listing(resource, [*reversed(new.values()), *kept], self.quirks)
        self._balances.clear()

    def remove(self, resource: str, object_id: str) -> None:
        """Forget an object."""
        self.listing(resource).remove(object_id)
        self._balances.clear()

    def bodies(self, resource: str, positions: Sequence[int], embedded: list[list[str]]) -> list[bytes]:
        """Return the JSON of objects, the asked references replaced by whole objects where the books have them."""
        listing = self.listing(resource)
        if not embedded and not self._is_restated(resource):
            return listing.encoded(positions)
        shown = (self._shown(resource, item) for item in listing.objects(positions))
        return [msgspec.json.encode(self._embed_all(item, embedded)) for item in shown]

    def _is_restated(self, resource: str) -> bool:
        """Whether the balances that accounts state are worked out instead of taken from the books."""
        return resource == "CheckAccount" and not self.quirks.stale_balances

    def _shown(self, resource: str, item: Object) -> Object:
        """An object as the quirks have it."""
        if self._is_restated(resource):
            item = {**item, "balance": self.balance_at(item["id"], date.max)}
        return shaped(resource, item, self.quirks) if self._is_shaped else item

    def balance_at(self, account_id: str, day: date) -> str:
        """Return the sum of the account's transactions with a value date up to and including the Berlin day.

        Raises:
            ApiError: 404 or 400, when there is no such account.
        """
        self.position("CheckAccount", account_id)
        if account_id not in self._balances:
            self._balances[account_id] = self._running_balance(account_id)
        days, sums = self._balances[account_id]
        return decimal_text(sums[bisect_right(days, day)])

    def _running_balance(self, account_id: str) -> tuple[list[date], list[Decimal]]:
        lines = self.listing("CheckAccountTransaction")
        amounts = lines.column("amount")
        moves: dict[date, Decimal] = {}
        for day, some in lines.judged(_counted_on, lines.referring("checkAccount", ("CheckAccount", account_id))):
            if day is not None:
                moves[day] = sum((number_of(amounts[i]) or Decimal(0) for i in some), moves.get(day, Decimal(0)))
        days = sorted(moves)
        return days, list(accumulate((moves[day] for day in days), initial=Decimal(0)))

    def _embed_all(self, item: Object, paths: list[list[str]]) -> Object:
        for path in paths:
            item = self._embed(item, path[:_DEEPEST_EMBED])
        return item

    def _embed(self, item: Object, path: list[str]) -> Object:
        field, *rest = path
        reference = reference_of(item.get(field))
        if reference is None:
            return item
        resource, object_id = reference
        listing = self.listing(resource)
        position = listing.position(object_id)
        whole = item[field]
        is_embedded = bool(whole.keys() - {"id", "objectName"})
        if position is not None and not is_embedded:
            whole = self._shown(resource, listing.object(position))
        return {**item, field: self._embed(whole, rest) if rest else whole}


def _counted_on(line: Object) -> date | None:
    """The day from which on a line counts in the balance, none where it was deleted."""
    return None if line.get("deletedAt") is not None else day_of(line.get("valueDate") or line.get("entryDate"))
