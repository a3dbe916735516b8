"""Encryption at rest: AES-256-GCM, bound to lender and purpose, with key names for rotation."""

from collections.abc import Callable, Sequence

import msgspec

from scoring.base.secrets import EncryptionKey

NONCE_BYTES = 12


class DecryptionError(Exception):
    """The stored bytes were changed, belong to another row, or their key is no longer configured."""


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """Encrypted bytes with the name of their key."""

    key_id: str
    sealed: bytes
    """Nonce, then ciphertext with its tag."""


class Cipher:
    """Seals and opens bytes for one lender and one purpose; another lender's row does not open."""

    def __init__(self, keys: Sequence[EncryptionKey], randomness: Callable[[int], bytes]) -> None:
        """Take the keys, the first of which seals, and the source of nonces."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  keeps commands quick

        self._ciphers = {key.id: AESGCM(key.key_bytes()) for key in keys}
        self._current = keys[0].id
        self._randomness = randomness

    def seal(self, plain: bytes, *, lender_id: str, purpose: str) -> Sealed:
        """Encrypt with the current key."""
        nonce = self._randomness(NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, plain, _associated(lender_id, purpose))
        return Sealed(key_id=self._current, sealed=nonce + sealed)

    def open(self, sealed: Sealed, *, lender_id: str, purpose: str) -> bytes:
        """Decrypt with the key that is named beside the bytes.

        Raises:
            DecryptionError: wrong lender or purpose, changed bytes, or an unknown key.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  keeps commands quick

        cipher = self._ciphers.get(sealed.key_id)
        if cipher is None:
            raise DecryptionError(
                f"the encryption key is missing: {sealed.key_id!r} is not configured; put it back into the key file or"
                " SCORING_ENCRYPTION_KEYS"
            )
        try:
            nonce, body = sealed.sealed[:NONCE_BYTES], sealed.sealed[NONCE_BYTES:]
            return cipher.decrypt(nonce, body, _associated(lender_id, purpose))
        except (InvalidTag, ValueError):
            raise DecryptionError(
                f"the stored {purpose.split('/', maxsplit=1)[0]} does not open: changed, or not its row"
            ) from None


def _associated(lender_id: str, purpose: str) -> bytes:
    return f"{purpose}\0{lender_id}".encode()
