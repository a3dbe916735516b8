"""Password rules and argon2 hashes. Hashing is slow by design: never run it on the event loop."""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

from scoring.base.secrets import Secret

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LENGTHS: Final = range(12, 129)
"""Permitted lengths of a password."""
NOBODYS_HASH: Final = Secret(
    "$argon2id$v=19$m=65536,t=3,p=4$tp1Un68RLgOVJPfG0OQD0Q$+2kow3+nPOcowNV5Sh1uR4VuFEffFvT0oEmVecuDn6w"
)
"""Hash of a discarded random password: an unknown name takes the same time as a wrong password."""


class PasswordError(ValueError):
    """A password is not permitted; the message says why."""


def accept(password: str) -> Secret:
    """A password that a person chose.

    Raises:
        PasswordError: too short or too long.
    """
    if len(password) not in LENGTHS:
        raise PasswordError(f"a password must have {LENGTHS[0]} to {LENGTHS[-1]} characters")
    return Secret(password)


def hash_password(password: Secret) -> Secret:
    """The argon2id hash, with its salt and parameters."""
    return Secret(_hasher().hash(_normal(password)))


def is_password(password: Secret, hashed: Secret) -> bool:
    """Whether the hash is that of the password."""
    from argon2.exceptions import VerificationError  # noqa: PLC0415  needed only when somebody signs in

    text = _normal(password)
    is_possible = len(text) in LENGTHS
    try:
        _hasher().verify(hashed.reveal(), text if is_possible else "")
    except VerificationError:
        return False
    return is_possible


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415  needed only when somebody signs in

    return PasswordHasher()


def _normal(password: Secret) -> str:
    """Normalise Unicode, so that equal characters have equal bytes."""
    return unicodedata.normalize("NFKC", password.reveal())
