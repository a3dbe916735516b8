"""A change of the encryption key while several processes live: each can decrypt what another one encrypts."""

import asyncio
import os
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from service import Clock, Service, application, running, settings_in
from signing import SIGNER

from scoring.base.identifiers import instant
from scoring.base.secrets import Cipher, DecryptionError, EncryptionKey, Secret
from scoring.decisions.schedules import Schedule, Task
from scoring.jobs.scheduler import TaskError
from scoring.jobs.tasks import Tasks
from scoring.runtime.agreed_keys import agreed_keys
from scoring.store.database import Database
from scoring.store.processes import KeysDifferError, leave
from scoring.store.sealed import count_by_key
from scoring.usecases.replay import load_recorded_input

NEW = EncryptionKey(id="k2", material=Secret("A" * 42 + "E="))
NIGHTLY = Schedule(task=Task.ENCRYPTION, at="04:17")


def old_in(folder: Path) -> tuple[EncryptionKey, ...]:
    """The key before."""
    return settings_in(folder).encryption_keys


async def encrypt(service: Service) -> dict[str, int | str]:
    """What the process does by itself at night."""
    state = service.app.state
    tasks = Tasks(**{name: state[name] for name in Tasks.__dataclass_fields__}).by_name()
    return await tasks[Task.ENCRYPTION]("encryption", NIGHTLY, instant(service.clock()))


async def keys_used(service: Service) -> set[str]:
    """The keys that encrypted what is stored."""
    return set(await service.app.state.database.read_at_once(count_by_key))


async def decide(service: Service, ref: str) -> str:
    """Decide on a firm; returns the decision."""
    made = await service.post("/v1/decisions", application(borrower_ref=ref))
    assert made.status_code == 201, made.text
    return str(made.json()["decision_id"])


async def reads(service: Service, decision_id: str) -> bool:
    """Whether a process can decrypt what a decision was made from."""
    state = service.app.state
    try:
        await load_recorded_input(state.database, state.cipher, SIGNER, decision_id)
    except DecryptionError:
        return False
    return True


async def test_a_new_key_is_used_once_every_process_has_it(tmp_path: Path) -> None:
    """While one lacks it, nothing is encrypted with it, neither new rows nor, at night, old ones."""
    old, clock = old_in(tmp_path), Clock()
    ready: asyncio.Future[Service] = asyncio.get_running_loop().create_future()
    stopping = asyncio.Event()

    async def beside() -> None:
        async with running(tmp_path, clock=clock) as service:
            ready.set_result(service)
            await stopping.wait()

    task = asyncio.create_task(beside())
    before = await ready
    async with running(tmp_path, clock=clock, encryption_keys=(NEW, *old)) as new:
        first = await decide(new, "firm-1")
        amid = await keys_used(new)
        with pytest.raises(TaskError, match="give every process the key 'k2', behind the others; without it: prc_"):
            await encrypt(new)
        still = await keys_used(new)
        is_read_there = await reads(before, first)
        stopping.set()
        await task
        await new.app.state.agreed.beat()
        second = await decide(new, "firm-2")
        both = await keys_used(new)
        moved = await encrypt(new)
        after = await keys_used(new)
        are_read = [await reads(new, one) for one in (first, second)]
    assert (amid, still) == ({"k1"}, {"k1"})
    assert is_read_there
    assert both == {"k1", "k2"}
    assert list(moved) == ["k1"]
    assert after == {"k2"}
    assert are_read == [True, True]


async def test_a_process_that_cannot_decrypt_what_others_encrypt_is_refused(tmp_path: Path) -> None:
    """Until the other one has ended, or has been silent for five minutes because it was killed."""
    old, clock = old_in(tmp_path), Clock()

    async def starts(*keys: EncryptionKey) -> str:
        try:
            async with running(tmp_path, clock=clock, encryption_keys=keys):
                told = "starts"
        except* KeysDifferError as error:
            told = str(error.exceptions[0])
        return told

    async with running(tmp_path, clock=clock, encryption_keys=(NEW, *old)):
        refused, started = await starts(*old), await starts(NEW)
    ended = await starts(*old)
    assert "another process encrypts with the key 'k2', which is not configured here: put it behind" in refused
    assert (started, ended) == ("starts", "starts")


async def test_a_killed_process_counts_for_five_minutes(tmp_path: Path) -> None:
    """One whose clock was a week ahead does not count at all."""
    old, clock = old_in(tmp_path), Clock()
    async with running(tmp_path, clock=clock, encryption_keys=(NEW, *old)) as service:
        agreed, cipher = service.app.state.agreed, service.app.state.cipher
        killed = replace(agreed, process_id="prc_killed", cipher=Cipher(old, os.urandom))
        told = []
        for minutes in (0, 4, 2):
            clock.advance(minutes=minutes)
            if not told:
                await service.app.state.database.write_at_once(partial(leave, process_id=agreed.process_id))
                await killed.beat()
            await agreed.beat()
            told.append(cipher.current)
        ahead = replace(killed, clock=lambda: clock() + timedelta(days=7))
        await service.app.state.database.write_at_once(partial(leave, process_id=agreed.process_id))
        await ahead.beat()
        await agreed.beat()
        told.append(cipher.current)
    assert told == ["k1", "k1", "k2", "k2"]


async def test_who_was_out_of_reach_brings_the_others_back_to_a_key_that_it_has(tmp_path: Path) -> None:
    """It did not count for a while; what was encrypted meanwhile it cannot decrypt until it gets the key."""
    clock = Clock()
    async with running(tmp_path, clock=clock) as before:
        clock.advance(minutes=6)
        async with running(tmp_path, clock=clock, encryption_keys=(NEW, *old_in(tmp_path))) as new:
            used = [new.app.state.cipher.current]
            await before.app.state.agreed.beat_on()
            await new.app.state.agreed.beat_on()
            used.append(new.app.state.cipher.current)
            await before.app.state.agreed.beat()
    assert used == ["k2", "k1"]


async def test_of_many_that_start_at_once_none_encrypts_what_another_cannot_decrypt(tmp_path: Path) -> None:
    """Whatever the order in which they come."""
    old = old_in(tmp_path)
    async with running(tmp_path) as service:
        url, clock = service.settings.database_url, service.clock
    for _ in range(20):
        lives: list[Cipher] = []
        held, come = asyncio.Event(), asyncio.Semaphore(0)

        async def live(
            *keys: EncryptionKey,
            lives: list[Cipher] = lives,
            held: asyncio.Event = held,
            come: asyncio.Semaphore = come,
        ) -> bool:
            database, cipher = Database(url), Cipher(keys, os.urandom)
            try:
                async with agreed_keys(database, cipher, clock=clock, randomness=os.urandom):
                    lives.append(cipher)
                    come.release()
                    await held.wait()
            except KeysDifferError:
                come.release()
                return False
            finally:
                await database.close()
            return True

        tasks = [asyncio.create_task(live(*keys)) for keys in ((NEW, *old), old, (NEW, *old), old)]
        for _ in tasks:
            await come.acquire()
        for one in lives:
            assert all(one.current in other.ids for other in lives)
        held.set()
        ended = await asyncio.gather(*tasks)
        assert sum(ended) == len(lives) >= 2
