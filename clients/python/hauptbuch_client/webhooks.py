"""Verifying what webhooks bring, by Standard Webhooks 1.0: HMAC (``v1``) and Ed25519 (``v1a``)."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from hauptbuch_client.models import EventType
from hauptbuch_client.problems import ArgumentError, HauptbuchError

TOLERANCE: Final = 300.0
"""Seconds that the time of a request may differ from the receiver's."""
_SHORTEST_SECRET: Final = 24
"""Bytes, by the specification."""
_Check = Callable[[str, bytes, bytes], bool]
"""Whether a signature, of a version, is that of a text."""


class WebhookVerificationError(HauptbuchError):
    """A request does not come from the service, or comes too late. Answer 400, and do nothing with it."""


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What happened. Its identifiers lead to the rest: ask the interface."""

    type: EventType
    """Later versions have more: ignore what you do not know."""
    timestamp: str
    """When it happened."""
    data: dict[str, Any]
    """Identifiers and codes."""
    id: str = ""
    """The same at every try and every replay: remember it for 30 days, and do nothing twice."""


def verify(
    body: bytes | str,
    headers: Mapping[str, str],
    *,
    secrets: Sequence[str] = (),
    public_keys: Sequence[str] = (),
    now: float | None = None,
) -> WebhookEvent:
    """The event in a request, once its signature is seen to be right.

    One signature that is right is enough, so a webhook is verified while its secret is changed.

    Args:
        body: The bytes as they came, before a framework parses them; or their text.
        headers: Of the request, their names in any case.
        secrets: Secrets of the webhook (``whsec_...``), for ``v1``.
        public_keys: Its public keys (``whpk_...``), for ``v1a``; they need the package ``cryptography``.
        now: Seconds since 1970; by default, the clock's.

    Raises:
        WebhookVerificationError: No signature is right, or the time of the request is not now.
        ArgumentError: A secret or key is not one, or none is given; or the body is neither bytes nor text.
        ImportError: A public key is given, and the package ``cryptography`` is missing.
    """
    checks = _checks("secrets", secrets, "whsec_", _by_secret) + _checks(
        "public_keys", public_keys, "whpk_", _by_public
    )
    if not checks:
        raise ArgumentError("secrets", "is empty, and so is public_keys: give one of them")
    if not isinstance(body, bytes | bytearray | memoryview | str):
        raise ArgumentError("body", "is what came, as bytes or text, before a framework parses it")
    given = {name.lower(): value for name, value in headers.items()}
    missing = [name for name in ("webhook-id", "webhook-timestamp", "webhook-signature") if not given.get(name)]
    if missing:
        raise WebhookVerificationError(f"headers are missing: {', '.join(missing)}")
    identifier, timestamp = given["webhook-id"], given["webhook-timestamp"]
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        raise WebhookVerificationError("webhook-timestamp is no number of seconds")
    if not abs((time.time() if now is None else now) - int(timestamp)) <= TOLERANCE:
        raise WebhookVerificationError("webhook-timestamp is not now: the request is old, or a clock is wrong")
    content = body.encode(errors="surrogatepass") if isinstance(body, str) else bytes(body)
    signed = f"{identifier}.{timestamp}.".encode(errors="surrogatepass") + content
    if not any(check(*one, signed) for check in checks for one in _signatures(given["webhook-signature"])):
        raise WebhookVerificationError("no signature is right")
    try:
        event = msgspec.json.decode(content, type=WebhookEvent)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise WebhookVerificationError(f"the body is no event: {error}") from None
    return msgspec.structs.replace(event, id=identifier)


def _signatures(header: str) -> list[tuple[str, bytes]]:
    """Version and bytes of each signature that can be read."""
    found = []
    for one in header.split():
        version, _, text = one.partition(",")
        try:
            found.append((version, base64.b64decode(text, validate=True)))
        except (binascii.Error, ValueError):
            continue
    return found


def _by_secret(key: bytes) -> _Check:
    def is_signed(version: str, signature: bytes, signed: bytes) -> bool:
        return version == "v1" and hmac.compare_digest(signature, hmac.digest(key, signed, hashlib.sha256))

    if len(key) < _SHORTEST_SECRET:
        raise ValueError
    return is_signed


def _by_public(key: bytes) -> _Check:
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  an extra, needed for ``v1a`` alone
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    except ImportError as error:
        raise ImportError("public keys need the package cryptography: install hauptbuch-client[ed25519]") from error
    public = Ed25519PublicKey.from_public_bytes(key)

    def is_signed(version: str, signature: bytes, signed: bytes) -> bool:
        if version != "v1a":
            return False
        try:
            public.verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    return is_signed


def _checks(argument: str, keys: Sequence[str], prefix: str, check_by: Callable[[bytes], _Check]) -> list[_Check]:
    """Whether a signature is that of a key, as a function for each key."""
    try:
        if isinstance(keys, str) or not all(key.startswith(prefix) for key in keys):
            raise ValueError  # noqa: TRY301  told below, as the others
        return [check_by(base64.b64decode(key.removeprefix(prefix), validate=True)) for key in keys]
    except (AttributeError, TypeError, ValueError):
        right = f"is a list of keys of the webhook, each {prefix} and base64, without a space or line break"
        raise ArgumentError(argument, right) from None
