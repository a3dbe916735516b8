"""Signatures over bytes: compact JWS (RFC 7515) with Ed25519 (RFC 8037; the algorithm's name is that of RFC 9864).

Keys are a JWK Set (RFC 7517): the first signs and has its private part, all verify. Any library for JOSE reads both.
"""

import base64
import hashlib
import hmac
import json
from typing import Any, Final

from typing_extensions import override

from scoring.base.identifiers import Randomness

ALGORITHM: Final = "Ed25519"
_NAMES: Final = (ALGORITHM, "EdDSA")
"""Of the algorithm in keys; tools older than RFC 9864 write the second."""
_PARTS: Final = frozenset({"kty", "crv", "x", "d", "kid"})
"""Of a key, those that are read."""
_TYPE: Final = "statement+jws"
SALT_BYTES: Final = 16
_LONGEST_ID: Final = 64


class SignatureError(Exception):
    """A text is no statement that one of the keys signed; the message says why."""


class UnknownKeyError(SignatureError):
    """The key that signed is not among those that are given."""


class SigningKeys:
    """Keys that sign and verify. ``repr`` shows their ids alone.

    Args:
        text: A JWK Set of Ed25519 keys with different ids.

    Raises:
        ValueError: It is none; the message never contains a key.
    """

    def __init__(self, text: str) -> None:
        from joserfc.errors import JoseError  # noqa: PLC0415  keeps commands quick
        from joserfc.jwk import KeySet, OKPKey  # noqa: PLC0415  the same

        try:
            found: Any = json.loads(text)
            entries: list[dict[str, str]] = [dict(entry) for entry in found["keys"]]
            # what a key is for is checked below: the library would tell it only when something is signed
            keys = [OKPKey.import_key({name: entry[name] for name in _PARTS & entry.keys()}) for entry in entries]
        except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ValueError(
                'is no JWK Set of Ed25519 keys: {"keys": [{"kty": "OKP", "crv": "Ed25519", ...}]}'
            ) from None
        if any(entry.get("alg", ALGORITHM) not in _NAMES or entry.get("use", "sig") != "sig" for entry in entries):
            raise ValueError("holds a key that is made for something else (use, alg) than signatures by Ed25519")
        identifiers = [entry.get("kid") for entry in entries]
        if not keys or any(entry.get("crv") != "Ed25519" for entry in entries):
            raise ValueError("must hold at least one key, and Ed25519 keys alone")
        if not all(isinstance(one, str) and 0 < len(one) <= _LONGEST_ID for one in identifiers):
            raise ValueError(f"every key needs an id (kid) of at most {_LONGEST_ID} characters")
        if len(set(identifiers)) != len(identifiers):
            raise ValueError("two keys have the same id")
        for entry, key in zip(entries, keys, strict=True):
            private = key.private_key
            if private is not None and _base64(private.public_key().public_bytes_raw()) != entry.get("x"):
                raise ValueError(f"the parts of the key {entry['kid']!r} do not belong together")
        self.ids: Final = tuple(str(one) for one in identifiers)
        self._keys: Final = dict(zip(self.ids, keys, strict=True))
        self._set: Final = KeySet(list(keys))

    @property
    def can_sign(self) -> bool:
        """Whether the first key has its private part."""
        return bool(self._keys[self.ids[0]].is_private)

    def sign(self, payload: bytes) -> str:
        """The payload and its signature by the first key, as compact JWS.

        Raises:
            ValueError: The first key has no private part.
        """
        from joserfc.jws import serialize_compact  # noqa: PLC0415  keeps commands quick

        if not self.can_sign:
            raise ValueError(f"the key {self.ids[0]!r} has no private part: it verifies only")
        header = {"alg": ALGORITHM, "kid": self.ids[0], "typ": _TYPE}
        return serialize_compact(header, payload, self._keys[self.ids[0]], algorithms=[ALGORITHM])

    def verify(self, token: str) -> bytes:
        """The payload of a compact JWS that one of the keys signed.

        Raises:
            SignatureError: It is no JWS, its key is not known, or it was changed.
        """
        from joserfc.errors import JoseError  # noqa: PLC0415  keeps commands quick
        from joserfc.jws import deserialize_compact, extract_compact  # noqa: PLC0415  the same

        try:
            header = extract_compact(token.encode()).headers()
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):  # SQLite gives bytes and numbers, too
            raise SignatureError("is no signed statement") from None
        if header.get("typ") != _TYPE or header.get("alg") != ALGORITHM:
            raise SignatureError("is no signed statement")
        key = self._keys.get(str(header.get("kid")))
        if key is None:
            raise UnknownKeyError(
                f"was signed with the key {str(header.get('kid'))[:_LONGEST_ID]!r}, which is not given"
            )
        try:
            return deserialize_compact(token, key, algorithms=[ALGORITHM]).payload
        except (JoseError, ValueError, TypeError):
            raise SignatureError("was changed: its signature does not fit") from None

    def public(self) -> str:
        """The same keys without their private parts, as a JWK Set: enough to verify."""
        return json.dumps(self._set.as_dict(private=False), indent=1) + "\n"

    @override
    def __repr__(self) -> str:
        return f"SigningKeys({', '.join(self.ids)})"


def new_signing_keys(randomness: Randomness) -> str:
    """A JWK Set with one new key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  keeps commands quick

    seed = randomness(32)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    key = {"kty": "OKP", "crv": "Ed25519", "kid": f"s{randomness(4).hex()}", "x": _base64(public), "d": _base64(seed)}
    return json.dumps({"keys": [key]}, indent=1) + "\n"


def salted_digest(salt: bytes, content: bytes) -> str:
    """HMAC-SHA-256, in hexadecimal: without the salt nobody can try what the content was."""
    return hmac.new(salt, content, hashlib.sha256).hexdigest()


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
