"""Checkpoints: the ends of all chains, signed, and written out of the database, so that a cut shows."""

import asyncio
import errno
import os
from contextlib import suppress
from pathlib import Path

import anyio.to_thread
import structlog
from sqlalchemy.exc import SQLAlchemyError

from scoring.base.identifiers import Clock
from scoring.decisions.statements import Checkpoint, decode_checkpoint
from scoring.store.database import Database
from scoring.store.errors import DatabaseUnavailableError, kind_of
from scoring.store.statements import Signer

_log = structlog.get_logger(__name__)


async def take_checkpoint(database: Database, signer: Signer, *, clock: Clock) -> str | None:
    """A signed checkpoint of now; None while nothing is signed."""
    return await database.read_at_once(lambda connection: signer.checkpoint(connection, clock()))


def append_line(path: Path, line: str) -> None:
    """Add a line to a file that only its owner can read, and wait until it is on the disk.

    What was written of a line before a crash, or before the disk was full, stays a line of its own.

    Raises:
        OSError: the file cannot be written.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(file).st_size
        is_torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        content = f"{chr(10) if is_torn else ''}{line}\n".encode()
        if os.write(file, content) != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file)
    finally:
        os.close(file)


async def keep_checkpoints(
    database: Database, signer: Signer, *, clock: Clock, path: Path | None, seconds: float, stopping: asyncio.Event
) -> None:
    """Write a checkpoint to the file and the log now and again, whenever the chains have grown.

    The log leaves the machine in most installations; whoever can change database and file cannot change it there.

    Args:
        database: where the chains are.
        signer: signs.
        clock: the present.
        path: of the file; None where there is none, and the log alone has them.
        seconds: between two checkpoints.
        stopping: ends it, after a last checkpoint.
    """
    written: Checkpoint | None = None
    is_last = False
    while not is_last:
        is_last = stopping.is_set()
        try:
            line = await take_checkpoint(database, signer, clock=clock)
            found = None if line is None else decode_checkpoint(signer.keys.verify(line))
            if line is not None and found is not None and (written is None or found.chains != written.chains):
                _log.info("checkpoint", signed=line)
                written = found
                if path is not None:
                    await anyio.to_thread.run_sync(append_line, path, line)
        except OSError as error:
            _log.error("checkpoint cannot be written", path=str(path), reason=error.strerror)
        except (DatabaseUnavailableError, SQLAlchemyError) as error:
            _log.warning("checkpoint postponed", reason=kind_of(error))
        if not is_last:
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), seconds)
