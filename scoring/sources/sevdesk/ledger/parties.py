"""Customers, suppliers and counterparties as keyed hashes: equal means the same party within one borrower."""

import hashlib
from collections.abc import Callable

import polars as pl

SHORTEST_KEY = 16
"""Bytes; a shorter key could be guessed, and names with it."""
_LONGEST_KEY = 64


class Parties:
    """Hashes for one borrower; each distinct party is hashed once.

    Args:
        key: 16 to 64 secret bytes, of this borrower alone. Whoever destroys it makes the hashes anonymous.

    Raises:
        ValueError: The key is too short or too long.
    """

    def __init__(self, key: bytes) -> None:
        if not SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
            raise ValueError(f"the hash key of a borrower has {SHORTEST_KEY} to {_LONGEST_KEY} bytes, not {len(key)}")
        self._key = key
        self._contacts = _Memo(lambda number: self._hash(f"contact:{number}"))
        self._names = _Memo(lambda name: self._hash_text("name", " ".join(name.split()).casefold()))
        self._accounts = _Memo(lambda number: self._hash_text("account", "".join(number.split()).upper()))

    def contacts(self, ids: pl.Series) -> pl.Series:
        """Hashes of contact ids."""
        return pl.Series(list(map(self._contacts.__getitem__, ids.to_list())), dtype=pl.Int64)

    def suppliers(self, ids: pl.Series, names: pl.Series) -> pl.Series:
        """Hashes of contact ids, and of the name where there is no id."""
        return self._first(self._contacts, ids, names)

    def counterparties(self, numbers: pl.Series, names: pl.Series) -> pl.Series:
        """Hashes of account numbers, and of the name where there is none."""
        return self._first(self._accounts, numbers, names)

    def _first(self, memo: "_Memo", keys: pl.Series, names: pl.Series) -> pl.Series:
        known = zip(map(memo.__getitem__, keys.to_list()), names.to_list(), strict=True)
        hashes = [self._names[name] if party is None else party for party, name in known]
        return pl.Series(hashes, dtype=pl.Int64)

    def _hash_text(self, kind: str, text: str) -> int | None:
        return self._hash(f"{kind}:{text}") if text else None

    def _hash(self, text: str) -> int:
        digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, "big", signed=True)


class _Memo(dict[object, int | None]):
    """A dictionary that computes what it does not hold; nobody stays nobody."""

    def __init__(self, compute: Callable[..., int | None]) -> None:
        super().__init__({None: None})
        self._compute = compute

    def __missing__(self, key: object) -> int | None:
        value = self[key] = self._compute(key)
        return value
