"""Text that must not show itself by accident, and the keys that encrypt it."""

import base64

import msgspec
from typing_extensions import override


class Secret:
    """Text that shows itself only when asked by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; the caller sees to it that it goes no further."""
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


class EncryptionKey(msgspec.Struct, frozen=True, kw_only=True):
    """One AES-256 key with the name that is stored beside what it encrypted."""

    id: str
    material: Secret
    """Base64 of 32 bytes."""

    def key_bytes(self) -> bytes:
        """The key itself."""
        return base64.b64decode(self.material.reveal())
