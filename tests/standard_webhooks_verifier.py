"""Verify webhooks signed as the specification "Standard Webhooks 1.0" describes.

A sender signs the bytes ``{webhook-id}.{webhook-timestamp}.{body}`` and sends the result in three headers:
``webhook-id``, ``webhook-timestamp`` (whole seconds since 1970-01-01 UTC) and ``webhook-signature``, a list of
signatures separated by spaces. Each signature is a version, a comma and a base64 text:

* ``v1``: HMAC-SHA256, checked with a shared secret written ``whsec_<base64 of 24 to 64 bytes>``;
* ``v1a``: Ed25519, checked with a public key written ``whpk_<base64 of 32 bytes>``.

``verify`` is the only function a receiver needs. It must be given the body exactly as it was received: a body
that was parsed and written again does not verify. It keeps no state, so it cannot tell that a message comes a
second time within the tolerance: the caller should remember the message ids it returns.

Where the specification leaves a choice, this module is strict: base64 must be in the standard alphabet, padded
and canonical; a message id is one or more visible ASCII characters other than the full stop; a header must not
appear twice; and one bad key refuses every message, so that a mistake in the configuration is seen at once.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["NotVerified", "verify"]

_ID_HEADER = "webhook-id"
_TIMESTAMP_HEADER = "webhook-timestamp"
_SIGNATURE_HEADER = "webhook-signature"

_SECRET_PREFIX = "whsec_"
_PUBLIC_PREFIX = "whpk_"
_PRIVATE_PREFIX = "whsk_"

_SECRET_MIN_BYTES = 24
_SECRET_MAX_BYTES = 64
_PUBLIC_KEY_BYTES = 32

# The versions this module knows, with the length in bytes of a signature of each.
_SIGNATURE_BYTES = {"v1": 32, "v1a": 64}

# A full stop in the id would let two different messages have the same signed bytes.
_MESSAGE_ID = re.compile(r"[!-\-/-~]+")
_TIMESTAMP = re.compile(r"[0-9]{1,15}")


class NotVerified(Exception):
    """The message must not be trusted. The text of the exception says why, and never holds a key or a signature."""


def verify(
    headers: Mapping[str, str],
    body: bytes,
    keys: Sequence[str],
    now: datetime,
    tolerance_seconds: int = 300,
) -> str:
    """Check a signed webhook and return its message id.

    headers: the headers of the request; the case of their names does not matter, and other headers are ignored.
    body: the body of the request, byte for byte as received.
    keys: the keys to trust, each ``whsec_...`` or ``whpk_...``. One signature that matches one key is enough.
    now: the current time, with a time zone.
    tolerance_seconds: how far the timestamp of the message may be from ``now``, before or after, limit included.

    Raises NotVerified if the message or a key is refused, and ValueError if ``now`` has no time zone or the
    tolerance is negative, which are mistakes of the caller.
    """
    if now.utcoffset() is None:
        raise ValueError("now must have a time zone")
    if tolerance_seconds < 0:
        raise ValueError("tolerance_seconds must not be negative")

    secrets, public_keys = _read_keys(keys)

    message_id = _header(headers, _ID_HEADER)
    timestamp = _header(headers, _TIMESTAMP_HEADER)
    signature_list = _header(headers, _SIGNATURE_HEADER)

    if _MESSAGE_ID.fullmatch(message_id) is None:
        raise NotVerified(
            f"the {_ID_HEADER} header holds a full stop, a space or a character that is not visible ASCII"
        )
    _check_timestamp(timestamp, now, tolerance_seconds)

    signed = b".".join((message_id.encode("ascii"), timestamp.encode("ascii"), body))
    _check_signatures(signature_list, signed, secrets, public_keys)
    return message_id


def _header(headers: Mapping[str, str], name: str) -> str:
    """Return the one value of a header, without the blanks around it."""
    values = [value for key, value in headers.items() if key.lower() == name]
    if not values:
        raise NotVerified(f"the {name} header is missing")
    if len(values) > 1:
        raise NotVerified(f"the {name} header appears more than once")
    value = values[0].strip(" \t")
    if not value:
        raise NotVerified(f"the {name} header is empty")
    return value


def _check_timestamp(timestamp: str, now: datetime, tolerance_seconds: int) -> None:
    """Refuse a timestamp that is not a whole number of seconds, or is too far from now."""
    if _TIMESTAMP.fullmatch(timestamp) is None:
        raise NotVerified(f"the {_TIMESTAMP_HEADER} header is not a whole number of seconds since 1970")
    age = now.timestamp() - int(timestamp)
    if age > tolerance_seconds:
        raise NotVerified("the timestamp of the message is too old")
    if age < -tolerance_seconds:
        raise NotVerified("the timestamp of the message is too far in the future")


def _check_signatures(
    signature_list: str, signed: bytes, secrets: list[bytes], public_keys: list[Ed25519PublicKey]
) -> None:
    """Return if at least one signature of the list matches a key, and refuse the message otherwise."""
    usable = 0
    known = 0
    problem = ""
    for entry in signature_list.split(" "):
        version, _, text = entry.partition(",")
        if version not in _SIGNATURE_BYTES:
            continue
        known += 1
        signature = _decode_base64(text)
        if signature is None:
            problem = f"a {version} signature is not valid base64"
        elif len(signature) != _SIGNATURE_BYTES[version]:
            problem = f"a {version} signature is not {_SIGNATURE_BYTES[version]} bytes long"
        elif version == "v1" and secrets:
            usable += 1
            if _matches_secret(signature, signed, secrets):
                return
        elif version == "v1a" and public_keys:
            usable += 1
            if _matches_public_key(signature, signed, public_keys):
                return

    if known == 0:
        raise NotVerified(f"the {_SIGNATURE_HEADER} header holds no signature of a known version (v1 or v1a)")
    if problem:
        raise NotVerified(f"no signature matches, and {problem}")
    if usable == 0:
        raise NotVerified("no signature is of a version that the keys can check (v1: whsec_, v1a: whpk_)")
    raise NotVerified("no signature matches any of the keys")


def _matches_secret(signature: bytes, signed: bytes, secrets: list[bytes]) -> bool:
    """Tell whether an HMAC-SHA256 signature matches a secret, in a time that does not depend on the signature."""
    found = False
    for secret in secrets:
        found |= hmac.compare_digest(hmac.digest(secret, signed, hashlib.sha256), signature)
    return found


def _matches_public_key(signature: bytes, signed: bytes, public_keys: list[Ed25519PublicKey]) -> bool:
    """Tell whether an Ed25519 signature matches a public key."""
    for public_key in public_keys:
        try:
            public_key.verify(signature, signed)
        except InvalidSignature:
            continue
        return True
    return False


def _read_keys(keys: Sequence[str]) -> tuple[list[bytes], list[Ed25519PublicKey]]:
    """Decode the keys, and refuse them all if one of them is not right."""
    if isinstance(keys, str):
        raise NotVerified("keys must be a list of keys, not one text")
    if not keys:
        raise NotVerified("there is no key to verify with")
    secrets: list[bytes] = []
    public_keys: list[Ed25519PublicKey] = []
    for number, key in enumerate(keys, start=1):
        if key.startswith(_SECRET_PREFIX):
            secrets.append(_key_bytes(number, key, _SECRET_PREFIX, _SECRET_MIN_BYTES, _SECRET_MAX_BYTES))
        elif key.startswith(_PUBLIC_PREFIX):
            raw = _key_bytes(number, key, _PUBLIC_PREFIX, _PUBLIC_KEY_BYTES, _PUBLIC_KEY_BYTES)
            public_keys.append(Ed25519PublicKey.from_public_bytes(raw))
        elif key.startswith(_PRIVATE_PREFIX):
            raise NotVerified(
                f"key {number} is a private key ({_PRIVATE_PREFIX}): give its public key ({_PUBLIC_PREFIX})"
            )
        else:
            raise NotVerified(f"key {number} starts with neither {_SECRET_PREFIX} nor {_PUBLIC_PREFIX}")
    return secrets, public_keys


def _key_bytes(number: int, key: str, prefix: str, minimum: int, maximum: int) -> bytes:
    """Decode the base64 part of a key and check its length."""
    raw = _decode_base64(key.removeprefix(prefix))
    if raw is None:
        raise NotVerified(f"key {number} is not valid base64 after {prefix}")
    if not minimum <= len(raw) <= maximum:
        expected = str(minimum) if minimum == maximum else f"{minimum} to {maximum}"
        raise NotVerified(f"key {number} is {len(raw)} bytes long, but a {prefix} key has {expected} bytes")
    return raw


def _decode_base64(text: str) -> bytes | None:
    """Decode standard, padded, canonical base64, or return None."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    # The decoder accepts a few texts that no encoder writes; only the canonical one counts.
    return raw if base64.b64encode(raw) == text.encode("ascii") else None
