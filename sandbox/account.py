"""One firm's account, ready to be served: objects encoded once, found by id, by reference and by list query."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import accumulate

import msgspec

from sandbox.books import Books
from sandbox.errors import not_found
from sandbox.filters import filters_of, hidden_by_default, references_of
from sandbox.ordering import asked_order, newest_first
from sandbox.query import Query
from sandbox.values import Object, Reference, day_of, decimal_text, number_of, reference_of

_DEEPEST_EMBED = 4


class Listing:
    """The objects of one resource in the order of its list."""

    def __init__(self, resource: str, objects: list[Object]) -> None:
        self.resource = resource
        self.objects = newest_first(resource, objects)

    @cached_property
    def encoded(self) -> list[bytes]:
        """Each object as JSON, encoded at first use."""
        return [msgspec.json.encode(item) for item in self.objects]

    @cached_property
    def position_by_id(self) -> dict[str, int]:
        """Where each object stands."""
        return {str(item["id"]): position for position, item in enumerate(self.objects)}

    def referring(self, field: str, target: Reference) -> Sequence[int]:
        """Return the positions of the objects whose reference in ``field`` is ``target``."""
        if field not in self._referring:
            index: dict[Reference, list[int]] = {}
            for position, item in enumerate(self.objects):
                if (reference := reference_of(item.get(field))) is not None:
                    index.setdefault(reference, []).append(position)
            self._referring[field] = index
        return self._referring[field].get(target, ())

    def select(self, query: Query, *, today: date, hides_special_invoices: bool) -> Sequence[int]:
        """Return the positions of the objects that the query lists, in its order."""
        positions: Sequence[int] = range(len(self.objects))
        for parameter, field in references_of(self.resource).items():
            if (target := query.reference(parameter)) is not None:
                kept = frozenset(positions)
                positions = [position for position in self.referring(field, target) if position in kept]
        conditions = filters_of(self.resource, query, today)
        hidden = hidden_by_default(self.resource, query, hides_special_invoices=hides_special_invoices)
        for keep in (*conditions, *([hidden] if hidden else [])):
            positions = [position for position in positions if keep(self.objects[position])]
        return self._ordered(positions, query)

    def _ordered(self, positions: Sequence[int], query: Query) -> Sequence[int]:
        order = asked_order(self.resource, query)
        if order is None:
            return positions
        key, is_descending = order
        return sorted(positions, key=lambda position: key(self.objects[position]), reverse=is_descending)

    @cached_property
    def _referring(self) -> dict[str, dict[Reference, list[int]]]:
        return {}


class Account:
    """What one token opens."""

    def __init__(self, books: Books) -> None:
        self.firm = books.firm
        self.version = books.version
        self.is_revoked = books.is_revoked
        self._objects = books.objects
        self._listings: dict[str, Listing] = {}
        self._balances: dict[str, tuple[list[date], list[Decimal]]] = {}

    def listing(self, resource: str) -> Listing:
        """Return the objects of a resource, an empty list where the books have none."""
        if resource not in self._listings:
            self._listings[resource] = Listing(resource, self._objects.get(resource, []))
        return self._listings[resource]

    def position(self, resource: str, object_id: str) -> int:
        """Return where an object stands, hidden and deleted ones included.

        Raises:
            ApiError: 404 or 400, when there is none with that id.
        """
        position = self.listing(resource).position_by_id.get(object_id)
        if position is None:
            raise not_found(resource, object_id)
        return position

    def bodies(self, resource: str, positions: Iterable[int], embedded: list[list[str]]) -> list[bytes]:
        """Return the JSON of objects, the asked references replaced by whole objects where the books have them."""
        listing = self.listing(resource)
        if not embedded:
            encoded = listing.encoded
            return [encoded[position] for position in positions]
        return [msgspec.json.encode(self._embed_all(listing.objects[position], embedded)) for position in positions]

    def balance_at(self, account_id: str, day: date) -> str:
        """Return the sum of the account's transactions with a value date up to and including the Berlin day.

        Raises:
            ApiError: 400, when there is no such account.
        """
        self.position("CheckAccount", account_id)
        if account_id not in self._balances:
            self._balances[account_id] = self._running_balance(account_id)
        days, sums = self._balances[account_id]
        return decimal_text(sums[bisect_right(days, day)])

    def _running_balance(self, account_id: str) -> tuple[list[date], list[Decimal]]:
        lines = self.listing("CheckAccountTransaction")
        moves = sorted(
            (day, number_of(line.get("amount")) or Decimal(0))
            for line in (lines.objects[i] for i in lines.referring("checkAccount", ("CheckAccount", account_id)))
            if line.get("deletedAt") is None
            and (day := day_of(line.get("valueDate") or line.get("entryDate"))) is not None
        )
        return [day for day, _ in moves], list(accumulate((amount for _, amount in moves), initial=Decimal(0)))

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
        position = listing.position_by_id.get(object_id)
        is_embedded = len(item[field]) > len(reference)
        whole = item[field] if is_embedded or position is None else listing.objects[position]
        return {**item, field: self._embed(whole, rest) if rest else whole}
