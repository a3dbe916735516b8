"""Signatures of webhooks as Standard Webhooks 1.0 has them: HMAC-SHA256 (``v1``) and Ed25519 (``v1a``)."""

import base64
import hashlib
import hmac
from typing import Final

from typing_extensions import override

from scoring.base.identifiers import Randomness

_BYTES: Final = 32
"""Of the secret of HMAC, and of the private key of Ed25519."""


class WebhookSecret:
    """What one endpoint's webhooks are signed with. ``repr`` shows nothing of it.

    Args:
        material: The secret of HMAC, then the private key of Ed25519.
    """

    __slots__ = ("_hmac", "_material", "_private")

    def __init__(self, material: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  keeps commands quick

        self._material = material
        self._hmac = material[:_BYTES]
        self._private = Ed25519PrivateKey.from_private_bytes(material[_BYTES:])

    @classmethod
    def new(cls, randomness: Randomness) -> "WebhookSecret":
        """One that nobody has."""
        return cls(randomness(2 * _BYTES))

    @property
    def material(self) -> bytes:
        """To be stored encrypted."""
        return self._material

    @property
    def symmetric(self) -> str:
        """The secret of HMAC as its owner gets it, once: ``whsec_`` and base64."""
        return f"whsec_{base64.b64encode(self._hmac).decode()}"

    @property
    def public(self) -> str:
        """The public key of Ed25519: ``whpk_`` and base64."""
        return f"whpk_{base64.b64encode(self._private.public_key().public_bytes_raw()).decode()}"

    def sign(self, message_id: str, timestamp: int, body: bytes) -> str:
        """Both signatures of a webhook, for the header ``webhook-signature``."""
        content = f"{message_id}.{timestamp}.".encode() + body
        symmetric = base64.b64encode(hmac.digest(self._hmac, content, hashlib.sha256)).decode()
        asymmetric = base64.b64encode(self._private.sign(content)).decode()
        return f"v1,{symmetric} v1a,{asymmetric}"

    @override
    def __repr__(self) -> str:
        return "***"
