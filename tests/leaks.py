"""What must not be in a log, and whether it is: every text that went in, against everything that came out."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.objects.books import Books

_VOCABULARY = frozenset({
    "bankServer", "bookingCategory", "code", "currency", "invoiceType", "objectName", "sendType", "translationCode",
    "type", "voucherType",
})  # fmt: skip
"""Fields whose values are sevdesk's own words, not the firm's."""
_SHORT = 6
"""Below it a text is looked for as a word of its own: first names are parts of many words."""


def texts_of(books: Books) -> set[str]:
    """Every text in a firm's books: names, addresses, purposes, account numbers, numbers of documents, its token."""
    return {books.token, books.name, *_texts(books.objects)}


def leaks(log: str, secrets: Iterable[str]) -> list[str]:
    """Which of the secrets are in the log, also escaped, in other capitals, or with other blanks."""
    read = log + "\n" + "\n".join(_read(line) for line in log.splitlines())
    plain, squeezed = _plain(read), _squeezed(read)
    return sorted(secret for secret in secrets if _is_in(secret, read, plain, squeezed))


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name not in _VOCABULARY:
                yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str) and re.search("[^\\W\\d_]{2}", node):
        yield node


def _is_in(secret: str, read: str, plain: str, squeezed: str) -> bool:
    if len(secret) < _SHORT:
        return re.search(rf"\b{re.escape(secret)}\b", read) is not None
    return _plain(secret) in plain or _squeezed(secret) in squeezed


def _read(line: str) -> str:
    """The values of a line, as they are behind their escapes."""
    try:
        return "\n".join(_values(json.loads(line)))
    except json.JSONDecodeError:
        return line


def _values(node: Any) -> Iterator[str]:  # noqa: ANN401  any JSON
    if isinstance(node, dict):
        for name, value in node.items():
            yield name
            yield from _values(value)
    elif isinstance(node, list):
        for value in node:
            yield from _values(value)
    else:
        yield str(node)


def _plain(text: str) -> str:
    return text.casefold()


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()
