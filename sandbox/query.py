"""The query string as sevdesk's PHP reads it: last value wins, ``name[]`` makes a list, references have two halves."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

from sandbox.errors import bad_request
from sandbox.values import Reference

DEFAULT_LIMIT = 100
MAXIMUM_LIMIT = 1000

_LIMIT_MESSAGE = "Invalid 'limit' parameter. Please provide an integer value between 1 and 1000."
_ARRAY_ITEM = re.compile(r"(\w+)\[[0-9]*\]")
_INTEGER = re.compile(r"[0-9]{1,18}")


class Query:
    """The parameters of one request."""

    def __init__(self, query_string: bytes) -> None:
        self._scalars: dict[str, str] = {}
        self._arrays: dict[str, list[str]] = {}
        for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
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

    def reference(self, name: str) -> Reference | None:
        """Return a nested filter, None unless both ``name[id]`` and ``name[objectName]`` are given."""
        object_name = self._scalars.get(f"{name}[objectName]")
        object_id = self._scalars.get(f"{name}[id]")
        return (object_name, object_id) if object_name and object_id else None

    @property
    def limit(self) -> int:
        """Objects in a page.

        Raises:
            ApiError: 400, when it is not an integer from 1 to 1000.
        """
        given = self._scalars.get("limit")
        if given is None:
            return DEFAULT_LIMIT
        if not _INTEGER.fullmatch(given) or not 1 <= int(given) <= MAXIMUM_LIMIT:
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
