"""What every command starts with: settings, logs, a database that is current; and how a command gives up."""

import asyncio
import gc
import os
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError

from scoring.base.secrets import Cipher, DecryptionError
from scoring.runtime.settings import KEY_FILE, Settings, SettingsError, make_key_file
from scoring.store.borrowers import keys_in_use
from scoring.store.database import Database, open_database
from scoring.store.errors import DatabaseUnavailableError, NewerSchemaError, NoDatabaseError, kind_of
from scoring.telemetry.logs import configure_logs

T = TypeVar("T")
_log = structlog.get_logger(__name__)


def read_settings() -> Settings:
    """The settings of the environment, perhaps without an encryption key; logs go to standard error from here on."""
    gc.enable()  # off while modules were imported
    os.umask(0o077)  # what is made here is for its owner alone: decisions stand in the database as they are
    configure_logs("info")  # for what reading the settings has to say
    try:
        settings = Settings.from_environ(os.environ)
    except SettingsError as error:
        give_up("\n         ".join(error.problems))
    configure_logs(settings.log_level)
    return settings


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]], *, create: bool = False) -> T:
    """Do something with the database, whose schema is current.

    Args:
        settings: where it is.
        work: what to do.
        create: make the database where there is none; without it the command gives up.
    """

    async def run() -> T:
        opening = open_database(settings.database_url, timeout_seconds=settings.database_timeout_seconds, create=create)
        async with opening as database:
            return await work(database)

    try:
        return asyncio.run(run())
    except NoDatabaseError as error:
        give_up(
            f"{error}; `serve`, `keys add` or `principals add` makes one; check SCORING_DATA_DIR ({settings.data_dir})"
            " and SCORING_DATABASE_URL"
        )
    except NewerSchemaError as error:
        give_up(str(error))
    except (DatabaseUnavailableError, SQLAlchemyError, sqlite3.Error, OSError) as error:
        # the text of such an error may hold statements and values
        give_up(f"the database cannot be used ({kind_of(error)}); check SCORING_DATABASE_URL and SCORING_DATA_DIR")


def prepare(settings: Settings) -> Settings:
    """Make what the service needs where it is missing: the database, then the encryption key.

    A key is made only where nothing encrypted is stored. A lost key is noticed now, not at the first application: with
    another one, nothing that is stored can be opened.

    Returns:
        The settings with their key.
    """
    used = with_database(settings, keys_in_use, create=True)
    missing = used - {key.id for key in settings.encryption_keys}
    if missing and missing == used:
        give_up(
            f"what is stored was encrypted with the key {', '.join(sorted(missing))}, which is not configured: put it"
            f" back into SCORING_ENCRYPTION_KEYS or {settings.data_dir / KEY_FILE}, or begin with an empty database"
        )
    if missing:
        _log.error("encryption keys are missing: what they encrypted cannot be opened", keys=sorted(missing))
    if settings.encryption_keys:
        return settings
    try:
        return msgspec.structs.replace(settings, encryption_keys=make_key_file(settings.data_dir))
    except OSError as error:
        give_up(
            f"{settings.data_dir / KEY_FILE} cannot be made ({error.strerror}): set SCORING_ENCRYPTION_KEYS, or name a"
            " folder that can be written in SCORING_DATA_DIR"
        )
    except SettingsError as error:  # somebody else made one just now, and not a good one
        give_up(str(error))


def cipher_of(settings: Settings) -> Cipher:
    """What opens stored secrets.

    Raises:
        DecryptionError: no key is configured.
    """
    if not settings.encryption_keys:
        raise DecryptionError(
            f"the encryption key is missing: there is no {settings.data_dir / KEY_FILE} and SCORING_ENCRYPTION_KEYS is"
            " not set; put back the key that was in use"
        )
    return Cipher(settings.encryption_keys, os.urandom)


def check_holder(lender: str, name: str) -> None:
    """Give up where a lender or the name of a person or system is not acceptable."""
    if len(lender) > 64 or not lender.isascii() or not lender.replace("-", "").replace(".", "").isalnum():
        give_up(f"{lender!r} is not a lender: at most 64 letters, digits, dots and dashes")
    if not name.strip() or len(name) > 120 or not name.isprintable():
        give_up("a name has 1 to 120 printable characters")


def answer(text: str) -> None:
    """Print what the command found out."""
    sys.stdout.write(text + "\n")


def give_up(message: str) -> NoReturn:
    """Say why a command cannot be done, and end with status 2."""
    sys.stderr.write(f"scoring: {message}\n")
    sys.exit(2)
