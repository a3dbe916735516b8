"""The query string as sevdesk's PHP reads it: last value wins, ``name[]`` makes a list, references have two halves."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

from sandbox.account.errors import bad_request

DEFAULT_LIMIT = 100
MAXIMUM_LIMIT = 1000

_LIMIT_MESSAGE = "Invalid 'limit' parameter. Please provide an integer value between 1 and 1000."
_CUTTING = frozenset({"limit", "offset", "countAll", "embed"})
_ARRAY_ITEM = re.compile(r"(\w+)\[[0-9]*\]")
_TAG = re.compile(r"tags\[([0-9]*)\]\[id\]")
_INTEGER = re.compile(r"[0-9]{1,18}")


class Query:
    """The parameters of one request."""

    def __init__(self, query_string: bytes) -> None:
        self._scalars: dict[str, str] = {}
        self._arrays: dict[str, list[str]] = {}
        self._given = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
        for name, value in self._given:
            if item := _ARRAY_ITEM.fullmatch(name):
                self._arrays.setdefault(item[1], []).append(value)
            else:
                self._scalars[name] = value

    def value(self, name: str) -> str | None:
        """Return the last value of a plain parameter, None where it is missing."""
        return self._scalars.get(name)

    def values(self, name: str) -> Sequence[str]:
        """Return the values of ``name[]=`` and, without any, of ``name=``; blank ones are as good as missing."""
        found = self._arrays.get(name) or [self._scalars.get(name, "")]
        return [value for value in found if value]

    def is_true(self, name: str) -> bool:
        """Tell whether a flag is set: ``true`` or ``1``."""
        return is_true(self._scalars.get(name, ""))

    def reference(self, name: str, *, is_half_enough: bool = False) -> tuple[str | None, str] | None:
        """Return a nested filter as ``objectName`` and ``id``, None where a half is missing.

        Args:
            name: of the filter.
            is_half_enough: the id alone will do; the name is then None where it is not given.
        """
        object_name = self._scalars.get(f"{name}[objectName]") or None
        object_id = self._scalars.get(f"{name}[id]")
        return (object_name, object_id) if object_id and (object_name or is_half_enough) else None

    @property
    def tags(self) -> frozenset[str]:
        """Identifiers of the tags asked for: ``tags[0][id]=7&tags[0][objectName]=Tag``, both halves."""
        found = (_TAG.fullmatch(name) for name in self._scalars)
        places = (match[1] for match in found if match)
        return frozenset(
            self._scalars[f"tags[{place}][id]"]
            for place in places
            if self._scalars.get(f"tags[{place}][objectName]") == "Tag" and self._scalars[f"tags[{place}][id]"]
        )

    @property
    def names(self) -> list[str]:
        """The parameters that were given, without brackets and what is in them."""
        return [name.partition("[")[0] for name, _ in self._given]

    @property
    def selecting(self) -> tuple[tuple[str, str], ...]:
        """The parameters that decide which objects a list has, and in which order."""
        return tuple(pair for pair in self._given if pair[0] not in _CUTTING)

    def limit(self, *, is_capped: bool = False) -> int:
        """Objects in a page.

        Args:
            is_capped: what lies outside of 1 to 1000 counts as the nearest, and what is no number as the default.

        Raises:
            ApiError: 400, when it is not an integer from 1 to 1000.
        """
        given = self._scalars.get("limit")
        if given is None:
            return DEFAULT_LIMIT
        is_number = _INTEGER.fullmatch(given) is not None
        if is_capped:
            return min(max(int(given), 1), MAXIMUM_LIMIT) if is_number else DEFAULT_LIMIT
        if not is_number or not 1 <= int(given) <= MAXIMUM_LIMIT:
            raise bad_request(_LIMIT_MESSAGE)
        return int(given)

    @property
    def offset(self) -> int:
        """Objects to leave out before the page; what is not a whole number counts as 0."""
        given = self._scalars.get("offset", "")
        return int(given) if _INTEGER.fullmatch(given) else 0

    @property
    def embedded(self) -> list[list[str]]:
        """Paths of the references to be replaced by whole objects: ``embed=contact,origin.contact``."""
        paths = dict.fromkeys(path.strip() for path in self._scalars.get("embed", "").split(","))
        return [path.split(".") for path in paths if path]


def is_true(value: str) -> bool:
    """Tell whether a parameter's value switches a flag on."""
    return value in {"true", "1"}
