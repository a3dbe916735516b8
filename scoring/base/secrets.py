"""Secrets that never appear in output, and encryption at rest: AES-256-GCM, bound to lender and purpose."""

import base64
import hashlib
from collections.abc import Callable, Sequence

import msgspec
from typing_extensions import override


class Secret:
    """Text that is shown only by an explicit call."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text; the caller must not log or return it."""
        return self._text

    @override
    def __repr__(self) -> str:
        return "***"

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    @override
    def __hash__(self) -> int:
        return hash(self._text)

    @override
    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def digest(secret: str) -> str:
    """SHA-256 as hexadecimal digits: enough for a secret of 80 random bits or more, where there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


class EncryptionKey(msgspec.Struct, frozen=True, kw_only=True):
    """One AES-256 key. Its id is stored with the data that it encrypted."""

    id: str
    material: Secret
    """Base64 of 32 bytes."""

    def key_bytes(self) -> bytes:
        """The key itself."""
        return base64.b64decode(self.material.reveal())


NONCE_BYTES = 12


class DecryptionError(Exception):
    """The stored bytes were altered, belong to another row, or their key is not configured."""


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """Encrypted bytes with the name of their key."""

    key_id: str
    sealed: bytes
    """Nonce, then ciphertext with its tag."""


class Cipher:
    """Encrypts and decrypts bytes, bound to one lender and one purpose."""

    def __init__(self, keys: Sequence[EncryptionKey], randomness: Callable[[int], bytes]) -> None:
        """Take the keys, of which the first encrypts until ``encrypt_with``, and the source of nonces."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  keeps commands quick

        self._ciphers = {key.id: AESGCM(key.key_bytes()) for key in keys}
        self.ids = tuple(self._ciphers)
        """Of all keys; the first one is to encrypt."""
        self.current = self.ids[0]
        """Id of the key that encrypts."""
        self._randomness = randomness

    def encrypt_with(self, key_id: str) -> None:
        """Encrypt with another one of its keys from now on."""
        if key_id not in self.ids:
            raise KeyError(key_id)
        self.current = key_id

    def seal(self, plain: bytes, *, lender_id: str, purpose: str) -> Sealed:
        """Encrypt with the current key."""
        nonce, key_id = self._randomness(NONCE_BYTES), self.current  # which may change meanwhile
        sealed = self._ciphers[key_id].encrypt(nonce, plain, _associated(lender_id, purpose))
        return Sealed(key_id=key_id, sealed=nonce + sealed)

    def open(self, sealed: Sealed, *, lender_id: str, purpose: str) -> bytes:
        """Decrypt with the key that the sealed data names.

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
        except (InvalidTag, ValueError, TypeError):  # SQLite keeps what it is given: a number, a text
            raise DecryptionError(
                f"the stored {purpose.split('/', maxsplit=1)[0]} cannot be decrypted: altered, or encrypted with"
                " another key"
            ) from None


def _associated(lender_id: str, purpose: str) -> bytes:
    return f"{purpose}\0{lender_id}".encode()
