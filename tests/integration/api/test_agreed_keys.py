"""A change of the encryption key while several processes live: each can decrypt what another one encrypts."""

import asyncio
import os
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from service import Clock, Service, application, running, settings_in
from signing import SIGNER
from sqlalchemy import select

from scoring.base.identifiers import instant
from scoring.base.secrets import Cipher, DecryptionError, EncryptionKey, Secret
from scoring.decisions.schedules import Schedule, Task
from scoring.jobs.scheduler import TaskError
from scoring.jobs.tasks import Tasks
from scoring.runtime.agreed_keys import AgreedKeys, agreed_keys
from scoring.store.database import Database
from scoring.store.processes import KeysDifferError, leave
from scoring.store.sealed import count_by_key, encrypt_anew
from scoring.store.tables import processes
from scoring.usecases.replay import load_recorded_input

NEW = EncryptionKey(id="k2", material=Secret("A" * 42 + "E="))
NIGHTLY = Schedule(task=Task.ENCRYPTION, at="04:17")


def old_in(folder: Path) -> tuple[EncryptionKey, ...]:
    """The key before."""
    return settings_in(folder).encryption_keys


async def encrypt(service: Service, agreed: AgreedKeys | None = None) -> dict[str, int | str]:
    """What the process does by itself at night; as it announces itself, or otherwise."""
    state = service.app.state
    made = Tasks(**{name: state[name] for name in Tasks.__dataclass_fields__})
    tasks = replace(made, agreed=agreed or made.agreed).by_name()
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
        with pytest.raises(TaskError, match=r"put the key 'k2' first in every process, and .*; without it: prc_"):
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


async def test_nothing_is_encrypted_anew_before_every_process_uses_the_key(tmp_path: Path) -> None:
    """One that has it, and went back to the old key for another one, does not know at once that this one has ended."""
    old, clock = old_in(tmp_path), Clock()
    async with running(tmp_path, clock=clock, encryption_keys=(NEW, *old)) as service:
        database, here = service.app.state.database, service.app.state.agreed
        await database.write_at_once(partial(leave, process_id=here.process_id))
        async with agreed_keys(database, Cipher(old, os.urandom), clock=clock, randomness=os.urandom):
            await here.beat()
        first = await decide(service, "firm-1")
        rotating = AgreedKeys(
            database=database,
            cipher=Cipher((NEW, *old), os.urandom),
            clock=clock,
            process_id="prc_rotates",
            beat_seconds=0.03,
        )
        with pytest.raises(KeysDifferError, match=f"with another one encrypts: {here.process_id} \\(k1\\)"):
            await rotating.settle()
        await here.beat()
        await rotating.settle()
        await encrypt_anew(database, rotating.cipher, done=lambda _count: None)
        second = await decide(service, "firm-2")
        used = await keys_used(service)
        are_read = [await reads(service, one) for one in (first, second)]
    assert used == {"k2"}
    assert are_read == [True, True]


async def test_at_night_nothing_is_encrypted_while_one_has_another_key_first(tmp_path: Path) -> None:
    """Else two processes would encrypt each other's rows anew, night after night; once it has ended, it is done."""
    old, clock = old_in(tmp_path), Clock()
    async with running(tmp_path, clock=clock, encryption_keys=(NEW, *old)) as service:
        state = service.app.state
        other = replace(state.agreed, process_id="prc_other", cipher=Cipher((*old, NEW), os.urandom))
        quick = replace(state.agreed, beat_seconds=0.03)
        await state.database.write_at_once(partial(leave, process_id=state.agreed.process_id))
        await other.beat()
        state.cipher.encrypt_with("k1")
        await decide(service, "firm-1")
        with pytest.raises(TaskError, match=r"with another one encrypts: prc_other \(k1\)"):
            await encrypt(service, quick)
        still = await keys_used(service)
        await state.database.write_at_once(partial(leave, process_id="prc_other"))
        state.cipher.encrypt_with("k1")  # as until the next announcement, when no other one has lived
        moved = await encrypt(service, quick)
        after = await keys_used(service)
    assert still == {"k1"}
    assert list(moved) == ["k1"]
    assert after == {"k2"}


async def test_encrypting_anew_stops_where_the_key_changes_meanwhile(tmp_path: Path) -> None:
    """A process that lacks the key comes back: nothing is encrypted back, and nobody says that all is done."""
    old, clock = old_in(tmp_path), Clock()
    async with running(tmp_path, clock=clock) as service:
        for number in range(3):
            await decide(service, f"firm-{number}")
        clock.advance(minutes=6)
        async with running(tmp_path, clock=clock, encryption_keys=(NEW, *old)) as new:
            state = new.app.state

            def come_back(_count: int) -> None:
                state.cipher.encrypt_with("k1")

            with pytest.raises(KeysDifferError, match="a process that lacks the key 'k2' came back, so 'k1' encrypts"):
                await encrypt_anew(state.database, state.cipher, done=come_back)
            counts = await state.database.read_at_once(count_by_key)
    assert counts == {"k1": {"snapshots": 3}, "k2": {"borrowers": 3}}


async def test_an_unforeseen_error_does_not_end_the_announcements(tmp_path: Path) -> None:
    """Else the others would not count this process after a while, and use a key that it lacks."""
    async with running(tmp_path) as service:
        asked, has_begun_a_third = 0, asyncio.Event()

        def clock() -> datetime:
            nonlocal asked
            asked += 1
            if asked == 1:
                raise RuntimeError("no clock")
            if asked == 3:
                has_begun_a_third.set()
            return service.clock()

        agreed = replace(service.app.state.agreed, clock=clock, process_id="prc_here", beat_seconds=0.001)
        beating, waiting = asyncio.create_task(agreed.run()), asyncio.create_task(has_begun_a_third.wait())
        await asyncio.wait({beating, waiting}, return_when=asyncio.FIRST_COMPLETED)
        noted = select(processes.c.id).where(processes.c.id == "prc_here")
        found = await service.app.state.database.read_at_once(lambda connection: connection.execute(noted).all())
        for task in (beating, waiting):
            task.cancel()
        await asyncio.wait({beating, waiting})
    assert len(found) == 1


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
