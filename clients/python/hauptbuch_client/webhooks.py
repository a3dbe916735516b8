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
from hauptbuch_client.problems import HauptbuchError

TOLERANCE: Final = 300.0
"""Seconds that the time of a request may differ from the receiver's."""


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
    body: bytes,
    headers: Mapping[str, str],
    *,
    secrets: Sequence[str] = (),
    public_keys: Sequence[str] = (),
    now: float | None = None,
) -> WebhookEvent:
    """The event in a request, once its signature is seen to be right.

    One signature that is right is enough, so a webhook is verified while its secret is changed.

    Args:
        body: The bytes as they came.
        headers: Of the request, their names in any case.
        secrets: Secrets of the webhook (``whsec_...``), for ``v1``.
        public_keys: Its public keys (``whpk_...``), for ``v1a``; they need the package ``cryptography``.
        now: Seconds since 1970; by default, the clock's.

    Raises:
        WebhookVerificationError: No signature is right, or the time of the request is not now.
        ValueError: A secret or key is not one, or none is given.
        ImportError: A public key is given, and the package ``cryptography`` is missing.
    """
    if isinstance(secrets, str) or isinstance(public_keys, str):
        raise ValueError("secrets and public_keys are lists")  # noqa: TRY004  a mistake in the value, as the others
    if not secrets and not public_keys:
        raise ValueError("a secret or a public key is needed")
    given = {name.lower(): value for name, value in headers.items()}
    missing = [name for name in ("webhook-id", "webhook-timestamp", "webhook-signature") if not given.get(name)]
    if missing:
        raise WebhookVerificationError(f"headers are missing: {', '.join(missing)}")
    identifier, timestamp = given["webhook-id"], given["webhook-timestamp"]
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        raise WebhookVerificationError("webhook-timestamp is no number of seconds")
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE:
        raise WebhookVerificationError("webhook-timestamp is not now: the request is old, or a clock is wrong")
    signed = f"{identifier}.{timestamp}.".encode() + body
    if not _is_signed(signed, given["webhook-signature"], secrets, public_keys):
        raise WebhookVerificationError("no signature is right")
    try:
        event = msgspec.json.decode(body, type=WebhookEvent)
    except msgspec.MsgspecError as error:
        raise WebhookVerificationError(f"the body is no event: {error}") from None
    return msgspec.structs.replace(event, id=identifier)


def _is_signed(signed: bytes, signatures: str, secrets: Sequence[str], public_keys: Sequence[str]) -> bool:
    expected = [hmac.digest(_key(secret, "whsec_"), signed, hashlib.sha256) for secret in secrets]
    checks = [_check_by(_key(key, "whpk_")) for key in public_keys]
    for one in signatures.split():
        version, _, text = one.partition(",")
        try:
            signature = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            continue
        if version == "v1" and any(hmac.compare_digest(signature, right) for right in expected):
            return True
        if version == "v1a" and any(is_signed(signature, signed) for is_signed in checks):
            return True
    return False


def _check_by(key: bytes) -> Callable[[bytes, bytes], bool]:
    """Whether a signature of a text is that of a public key, as a function."""
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  an extra, needed for ``v1a`` alone
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    except ImportError as error:
        raise ImportError("public keys need the package cryptography: install hauptbuch-client[ed25519]") from error
    public = Ed25519PublicKey.from_public_bytes(key)

    def is_signed(signature: bytes, signed: bytes) -> bool:
        try:
            public.verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    return is_signed


def _key(text: str, prefix: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(prefix), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(prefix) or not key:
        raise ValueError(f"this is no key of a webhook: it has to begin with {prefix}, and go on in base64")
    return key
