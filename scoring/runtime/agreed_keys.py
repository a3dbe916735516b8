"""The key that a process encrypts with: the first of its keys that every process that lives has, too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from scoring.base.identifiers import Clock, Randomness, new_id
from scoring.base.secrets import Cipher
from scoring.store.database import Database
from scoring.store.errors import DatabaseUnavailableError, kind_of
from scoring.store.processes import KeyNotUsedError, KeysDifferError, announce, demand_use, leave, note

_BEAT_SECONDS: Final = 30.0
"""A tenth of the silence after which a process counts as over."""
_LOOKS: Final = 36
"""For a key that all have and not all use: 30 of them take as long as a beat."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedKeys:
    """Announces a process and its keys, and has its cipher encrypt with what all can decrypt."""

    database: Database
    cipher: Cipher
    clock: Clock
    process_id: str
    beat_seconds: float = _BEAT_SECONDS

    async def beat(self) -> None:
        """Say that this process lives, and agree on a key once more.

        Raises:
            KeysDifferError: this process cannot decrypt what another one encrypts, or the other way round.
        """
        work = partial(announce, process_id=self.process_id, key_ids=self.cipher.ids, now=self.clock())
        chosen = await self.database.write_at_once(work)
        if chosen != self.cipher.current:
            _log.info("encrypts with another key", process=self.process_id, key=chosen, first=self.cipher.ids[0])
            self.cipher.encrypt_with(chosen)

    async def beat_on(self) -> None:
        """As ``beat``, for a process that is at work: where keys differ, the others are told which ones it has.

        That happens to one that was out of reach for so long that it did not count. They go back to a key that it has.
        """
        try:
            await self.beat()
        except KeysDifferError as error:
            _log.error("encryption keys differ", reason=str(error))
            work = partial(
                note,
                process_id=self.process_id,
                key_ids=self.cipher.ids,
                encrypts_with=self.cipher.current,
                now=self.clock(),
            )
            await self.database.write_at_once(work)

    async def settle(self) -> None:
        """Wait until every process that lives encrypts with the first key of this one, a little longer than a beat.

        What was encrypted with another key just before is stored at the end.

        Raises:
            KeysDifferError: some process does not, because it lacks the key or has another one first.
        """
        demanding = partial(demand_use, key_id=self.cipher.ids[0])
        for left in reversed(range(_LOOKS)):
            await self.beat()
            try:
                count = await self.database.read_at_once(partial(demanding, now=self.clock()))
            except KeyNotUsedError:
                if not left:
                    raise
                await asyncio.sleep(self.beat_seconds / 30)
            else:
                break
        if count > 1:
            await asyncio.sleep(self.beat_seconds / 6)

    async def run(self) -> None:
        """Beat until it is cancelled."""
        while True:
            await asyncio.sleep(self.beat_seconds)
            try:
                await self.beat_on()
            except Exception as error:  # noqa: BLE001  whatever it is: who falls silent counts as over, and works on
                _log.warning("keys not announced", reason=kind_of(error))


@asynccontextmanager
async def agreed_keys(
    database: Database, cipher: Cipher, *, clock: Clock, randomness: Randomness
) -> AsyncIterator[AgreedKeys]:
    """Announce this process within the block.

    Raises:
        KeysDifferError: as ``AgreedKeys.beat``.
        DatabaseUnavailableError: the database does not answer.
    """
    process_id = new_id("prc", clock(), randomness)
    agreed = AgreedKeys(database=database, cipher=cipher, clock=clock, process_id=process_id)
    try:
        await agreed.beat()
    except KeysDifferError as error:
        _log.error("encryption keys differ", reason=str(error))
        raise
    _log.info("keys announced", process=process_id, keys=cipher.ids, encrypts_with=cipher.current)
    beating = asyncio.create_task(agreed.run())
    try:
        yield agreed
    finally:
        beating.cancel()
        await asyncio.wait({beating})
        with suppress(DatabaseUnavailableError, SQLAlchemyError):
            await database.write_at_once(partial(leave, process_id=process_id))
