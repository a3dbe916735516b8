"""Files of keys in the data directory, where no keys are given otherwise; only their owner can read them."""

import base64
import binascii
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import structlog

from scoring.base.secrets import EncryptionKey, Secret
from scoring.base.signing import SigningKeys, new_signing_keys

T = TypeVar("T")
_log = structlog.get_logger(__name__)

ENCRYPTION_FILE: Final = "encryption.keys"
SIGNING_FILE: Final = "signing.jwks"
KEY_BYTES: Final = 32
"""AES-256."""
KEY_ID_LENGTH: Final = 32
"""Width of the columns that hold a key's id."""


class KeyFileError(Exception):
    """A key file cannot be used; the message says which and why."""


def parse_keys(text: str) -> tuple[EncryptionKey, ...]:
    """Read ``id:base64,id:base64``; error messages never contain a key.

    Raises:
        ValueError: the text is not a list of named 32-byte keys with different names.
    """
    keys: list[EncryptionKey] = []
    for number, part in enumerate(text.split(","), start=1):
        identifier, separator, material = part.strip().partition(":")
        if not separator or not identifier.isidentifier() or len(identifier) > KEY_ID_LENGTH:
            raise ValueError(
                f"key {number} must be written as id:base64 with an id of at most {KEY_ID_LENGTH} letters, digits and _"
            )
        try:
            length = len(base64.b64decode(material, validate=True))
        except binascii.Error:
            raise ValueError(f"key {identifier!r} is not base64") from None
        if length != KEY_BYTES:
            raise ValueError(f"key {identifier!r} has {length} bytes instead of {KEY_BYTES}")
        keys.append(EncryptionKey(id=identifier, material=Secret(material)))
    if len({key.id for key in keys}) != len(keys):
        raise ValueError("two keys have the same id")
    return tuple(keys)


def parse_signing_keys(text: str) -> Secret:
    """Check a JWK Set whose first key signs.

    Raises:
        ValueError: it is none.
    """
    keys = SigningKeys(text)
    if not keys.can_sign:
        raise ValueError(f"the first key, {keys.ids[0]!r}, has no private part: put the key that signs first")
    return Secret(text)


def read_encryption_file(data_dir: Path) -> tuple[EncryptionKey, ...]:
    """The keys in the data directory's file; none if there is no such file.

    Raises:
        KeyFileError: the file cannot be read or is invalid.
    """
    return _read(data_dir / ENCRYPTION_FILE, parse_keys) or ()


def read_signing_file(data_dir: Path) -> Secret | None:
    """The JWK Set in the data directory's file; None if there is no such file.

    Raises:
        KeyFileError: the file cannot be read or is invalid.
    """
    return _read(data_dir / SIGNING_FILE, parse_signing_keys)


def make_encryption_file(data_dir: Path) -> tuple[EncryptionKey, ...]:
    """Create the data directory's file if missing, and return its keys.

    Only for a database without encrypted data, since a new key cannot decrypt it.

    Raises:
        OSError: the file cannot be created.
        KeyFileError: as ``read_encryption_file``.
    """
    # a unique id: data of another key is then reported as a missing key, not as altered bytes
    text = f"k{os.urandom(4).hex()}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}\n"
    _make(
        data_dir / ENCRYPTION_FILE,
        text,
        created="encryption key created",
        advice="set SCORING_ENCRYPTION_KEYS and keep the key separate from the data it protects",
    )
    return read_encryption_file(data_dir)


def make_signing_file(data_dir: Path) -> Secret | None:
    """Create the data directory's file if missing, and return its JWK Set.

    Only for a database without statements, since a new key does not verify them.

    Raises:
        OSError: the file cannot be created.
        KeyFileError: as ``read_signing_file``.
    """
    _make(
        data_dir / SIGNING_FILE,
        new_signing_keys(os.urandom),
        created="signing key created",
        advice="set SCORING_SIGNING_KEYS and keep the key separate from the database that it signs",
    )
    return read_signing_file(data_dir)


def _read(path: Path, parse: Callable[[str], T]) -> T | None:
    try:
        found = parse(path.read_text().strip())
        is_open = bool(path.stat().st_mode & 0o077)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path} cannot be read ({type(error).__name__})") from None
    except ValueError as error:
        raise KeyFileError(f"{path}: {error}") from None
    if is_open:
        raise KeyFileError(f"{path} can be read by others than its owner: chmod 600 {path}, or choose a new key")
    return found


def _make(path: Path, text: str, *, created: str, advice: str) -> None:
    """Create the file atomically if it is missing: another process may start at the same moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    _log.warning(created, path=str(path), advice=advice)
