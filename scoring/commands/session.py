"""Shared by all commands: settings, logs, the database, output and exit."""

import asyncio
import gc
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NoReturn, TypeVar

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError

from scoring.base.secrets import Cipher, DecryptionError
from scoring.runtime import runtime
from scoring.runtime.agreed_keys import AgreedKeys, agreed_keys
from scoring.runtime.key_files import (
    ENCRYPTION_FILE,
    SIGNING_FILE,
    KeyFileError,
    make_encryption_file,
    make_signing_file,
)
from scoring.runtime.runtime import NoSigningKeyError
from scoring.runtime.settings import Settings, SettingsError, clock_of
from scoring.store.database import Database, open_database
from scoring.store.errors import DatabaseUnavailableError, NewerSchemaError, NoDatabaseError, OlderSchemaError, kind_of
from scoring.store.principals import list_lenders
from scoring.store.processes import KeysDifferError
from scoring.store.sealed import WrongKeyError, count_by_key, prove_keys
from scoring.store.statements import Signer, WrongSigningKeyError, is_signed, prove_signing
from scoring.telemetry.logs import configure_logs

T = TypeVar("T")
_log = structlog.get_logger(__name__)


def read_settings() -> Settings:
    """Read the settings from the environment and send logs to standard error."""
    gc.enable()  # off while modules were imported
    os.umask(0o077)  # files are readable by their owner only: decisions are not encrypted in the database
    configure_logs("info")  # for messages while the settings are read
    try:
        settings = Settings.from_environ(os.environ)
    except SettingsError as error:
        give_up("\n         ".join(error.problems))
    configure_logs(settings.log_level)
    return settings


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]], *, create: bool = False) -> T:
    """Run work on the database, whose schema can be used.

    Args:
        settings: with the database's address.
        work: the work.
        create: create a missing database; otherwise the command gives up.
    """

    async def run() -> T:
        opening = open_database(settings.database_url, timeout_seconds=settings.database_timeout_seconds, create=create)
        async with opening as database:
            return await work(database)

    return run_on_database(settings, run)


def run_on_database(settings: Settings, run: Callable[[], Awaitable[T]]) -> T:
    """Run work that opens the database itself; give up with a sentence where the database cannot be used."""

    async def running() -> T:
        return await run()

    try:
        return asyncio.run(running())
    except NoDatabaseError as error:
        give_up(
            f"{error}; `serve`, `keys add` or `principals add` creates one; check SCORING_DATA_DIR"
            f" ({settings.data_dir}) and SCORING_DATABASE_URL"
        )
    except (OlderSchemaError, NewerSchemaError) as error:
        give_up(str(error))
    except (DatabaseUnavailableError, SQLAlchemyError, sqlite3.Error, OSError) as error:
        # the message of such an error may contain statements and values
        give_up(f"the database cannot be used ({kind_of(error)}); check SCORING_DATABASE_URL and SCORING_DATA_DIR")


def prepare(settings: Settings) -> Settings:
    """Create the database and the keys where they are missing.

    A key is created only if nothing encrypted, or signed, is stored. A lost or wrong key is reported now, not at the
    first application.

    Returns:
        The settings with their keys.
    """
    used = with_database(settings, lambda database: database.read_at_once(count_by_key), create=True)
    missing = {key_id: used[key_id] for key_id in sorted(used.keys() - {key.id for key in settings.encryption_keys})}
    if missing and len(missing) == len(used):
        give_up(
            f"stored data was encrypted with the key {', '.join(missing)}, which is not configured (rows that need it:"
            f" {_in_words(missing)}): restore it"
            f" in SCORING_ENCRYPTION_KEYS or {settings.data_dir / ENCRYPTION_FILE}, or start with an empty database"
        )
    if missing:
        _log.error("encryption keys are missing: their data cannot be decrypted", rows=missing)
    if settings.signing_keys is None and with_database(settings, lambda database: database.read_at_once(is_signed)):
        signer_of(settings)
    settings = _with_new_keys(settings)
    try:
        with_database(
            settings,
            lambda database: prove_keys(
                database, settings.encryption_keys, now=clock_of(settings)(), randomness=os.urandom
            ),
        )
        signer = signer_of(settings)
        with_database(
            settings, lambda database: database.read_at_once(lambda connection: prove_signing(connection, signer.keys))
        )
    except (WrongKeyError, WrongSigningKeyError) as error:
        give_up(str(error))
    return settings


def _in_words(missing: dict[str, dict[str, int]]) -> str:
    """What keys encrypted, by table."""
    counts: Counter[str] = Counter()
    for found in missing.values():
        counts.update(found)
    return ", ".join(f"{table} {count}" for table, count in counts.items())


def _with_new_keys(settings: Settings) -> Settings:
    """Make the keys that are missing."""
    path = settings.data_dir / ENCRYPTION_FILE
    try:
        if not settings.encryption_keys:
            settings = msgspec.structs.replace(settings, encryption_keys=make_encryption_file(settings.data_dir))
        path = settings.data_dir / SIGNING_FILE
        if settings.signing_keys is None:
            settings = msgspec.structs.replace(settings, signing_keys=make_signing_file(settings.data_dir))
    except OSError as error:
        variable = "SCORING_ENCRYPTION_KEYS" if path.name == ENCRYPTION_FILE else "SCORING_SIGNING_KEYS"
        give_up(
            f"{path} cannot be created ({error.strerror}): set {variable}, or set SCORING_DATA_DIR to a writable folder"
        )
    except KeyFileError as error:  # another process created an invalid one at the same time
        give_up(str(error))
    return settings


def signer_of(settings: Settings) -> Signer:
    """What signs and verifies statements; gives up without a key."""
    try:
        return runtime.signer_of(settings, os.urandom)
    except NoSigningKeyError as error:
        give_up(str(error))


def cipher_of(settings: Settings) -> Cipher:
    """The cipher for stored data.

    Raises:
        DecryptionError: no key is configured.
    """
    if not settings.encryption_keys:
        raise DecryptionError(
            f"the encryption key is missing: there is no {settings.data_dir / ENCRYPTION_FILE} and"
            " SCORING_ENCRYPTION_KEYS is not set; restore the key that was in use"
        )
    return Cipher(settings.encryption_keys, os.urandom)


@asynccontextmanager
async def announced(settings: Settings, database: Database) -> AsyncIterator[AgreedKeys]:
    """Encrypt what a command stores with a key that every service that runs has; gives up where there is none.

    Raises:
        DecryptionError: no key is configured.
    """
    cipher = cipher_of(settings)
    try:
        async with agreed_keys(database, cipher, clock=clock_of(settings), randomness=os.urandom) as agreed:
            yield agreed
    except KeysDifferError as error:
        give_up(str(error))


def check_holder(lender: str, name: str) -> None:
    """Give up if the name of a lender, user or system is invalid."""
    if len(lender) > 64 or not lender.isascii() or not lender.replace("-", "").replace(".", "").isalnum():
        give_up(f"{lender!r} is not a valid lender: use at most 64 letters, digits, dots and dashes")
    if not name.strip() or len(name) > 120 or not name.isprintable():
        give_up("a name must have 1 to 120 printable characters")


def settings_for(lender: str | None) -> Settings:
    """Read the settings; give up if a lender is named that is not there."""
    settings = read_settings()
    if lender is not None:
        check_known(lender, with_database(settings, list_lenders))
    return settings


def check_known(lender: str, known: Sequence[str]) -> None:
    """Give up if the lender is none of these."""
    if lender not in known:
        give_up(f"there is no lender {lender!r}; known: {', '.join(known) or 'none yet'}")


def check_lender(settings: Settings, lender: str, *, is_new: bool) -> None:
    """Give up if the lender is not there and was not said to be new; the first one needs no word."""
    known = with_database(settings, list_lenders)
    if known and lender not in known and not is_new:
        give_up(f"there is no lender {lender!r}; known: {', '.join(known)}. To add it, say --new-lender")


def answer(text: str) -> None:
    """Print the result of a command."""
    sys.stdout.write(text + "\n")


def counted(count: int, word: str) -> str:
    """A number and what is counted: ``1 finding``, ``2 findings``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def give_up(message: str) -> NoReturn:
    """Print why a command cannot run, and exit with status 2."""
    sys.stderr.write(f"scoring: {message}\n")
    sys.exit(2)
