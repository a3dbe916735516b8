"""Keys that encrypt what is stored: a wrong one is noticed before it does harm, an old one can be left out."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio.to_thread
import pytest
from authenticator import code_at
from people import add
from service import KEY_MATERIAL, SIGNING_KEYS, Clock, a_serving, application, running, settings_in
from sqlalchemy import select
from typing_extensions import override

from scoring.base.secrets import Cipher, EncryptionKey, Secret
from scoring.runtime.agreed_keys import agreed_keys
from scoring.runtime.runtime import open_runtime
from scoring.runtime.serving import load_serving
from scoring.store.audit import Who
from scoring.store.persons import find_person
from scoring.store.processes import leave
from scoring.store.sealed import WrongKeyError, count_by_key
from scoring.store.tables import processes
from scoring.usecases.second_factor import SecondFactors

ROOT = Path(__file__).parents[3]
OTHER = base64.b64encode(bytes(range(1, 33))).decode()


class Present(Clock):
    """The clock of commands, which are processes of their own."""

    @override
    def __call__(self) -> datetime:
        """The present."""
        return datetime.now(UTC)


async def _decide(folder: Path, count: int = 3) -> list[str]:
    async with running(folder, serving=load_serving(settings_in(folder))) as service:
        found = []
        for number in range(count):
            body = application() | {"borrower_ref": f"firm-{number}"}
            found.append((await service.post("/v1/decisions", body)).json()["decision_id"])
        connected = {"borrower_ref": "firm-0", "sevdesk_token": application()["sevdesk_token"]}
        assert (await service.post("/v1/connections", connected)).status_code == 201
        return found


def _scoring(folder: Path, keys: str, *command: str) -> subprocess.CompletedProcess[str]:
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SCORING_")},
        "SCORING_DATA_DIR": str(folder),
        "SCORING_DATABASE_URL": f"sqlite:///{folder / 'test.sqlite'}",
        "SCORING_SIGNING_KEYS": SIGNING_KEYS,
        **({"SCORING_ENCRYPTION_KEYS": keys} if keys else {}),
    }
    return subprocess.run(
        [sys.executable, "-m", "scoring", *command], env=environ, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_key_with_the_id_of_another_is_refused_at_start(tmp_path: Path) -> None:
    """By the service and by commands, before anything is encrypted with it; also where nothing is encrypted yet."""
    asyncio.run(_decide(tmp_path))
    served = _scoring(tmp_path, f"k1:{OTHER}", "serve", "--port", "18099")
    assert served.returncode == 2
    assert "the encryption key 'k1' is not the one that encrypted what is stored under this id" in served.stderr
    second = _scoring(tmp_path, f"k2:{OTHER},k1:{KEY_MATERIAL}", "keys", "rotate")
    assert second.returncode == 0
    assert "'k2' is not the one" in _scoring(tmp_path, f"k1:{KEY_MATERIAL},k2:{KEY_MATERIAL}", "keys", "rotate").stderr


async def test_an_embedded_service_refuses_it_too(tmp_path: Path) -> None:
    """Whoever builds the application in another way."""
    await _decide(tmp_path, count=0)
    wrong = (EncryptionKey(id="k1", material=Secret(OTHER)),)
    with pytest.raises(WrongKeyError):
        async with open_runtime(settings_in(tmp_path, encryption_keys=wrong), serving=a_serving()):
            pass


def test_what_an_old_key_encrypted_is_encrypted_with_the_new_one(tmp_path: Path) -> None:
    """Once; then the old key is not needed, and every decision replays."""
    decisions = asyncio.run(_decide(tmp_path))
    new = f"k2:{OTHER}"
    lost = _scoring(tmp_path, new, "keys", "rotate")
    assert lost.returncode == 2
    assert "(rows that need it: borrowers 3, connections 1, snapshots 3)" in lost.stderr
    for count in (7, 0):
        done = _scoring(tmp_path, f"{new},k1:{KEY_MATERIAL}", "keys", "rotate")
        assert (done.returncode, done.stdout) == (0, f"{count} rows encrypted with k2; no other key is needed\n")
    for decision in decisions:
        again = _scoring(tmp_path, new, "replay", decision)
        assert (again.returncode, json.loads(again.stdout)["agrees"]) == (0, True)
    assert "'k2' is not configured" in _scoring(tmp_path, f"k1:{KEY_MATERIAL}", "replay", decisions[0]).stderr


async def test_nothing_is_encrypted_anew_while_a_service_lacks_the_key(tmp_path: Path) -> None:
    """It could not read it; nor does a service start that lacks the key of one that runs."""
    both = f"k2:{OTHER},k1:{KEY_MATERIAL}"

    async def while_it_runs(keys: str, *command: str) -> tuple[int, str]:
        done = await anyio.to_thread.run_sync(_scoring, tmp_path, keys, *command)
        return done.returncode, done.stderr

    async with running(tmp_path, clock=Present()) as service:
        assert (await service.post("/v1/decisions", application())).status_code == 201
        rotated = await while_it_runs(both, "keys", "rotate")
    after = await while_it_runs(both, "keys", "rotate")
    keys = (EncryptionKey(id="k2", material=Secret(OTHER)), *settings_in(tmp_path).encryption_keys)
    async with running(tmp_path / "empty", clock=Present(), encryption_keys=keys):
        served = await anyio.to_thread.run_sync(
            _scoring, tmp_path / "empty", f"k1:{KEY_MATERIAL}", "serve", "--port", "18098"
        )
    assert rotated[0] == after[0] + 2 == 2
    assert "put the key 'k2' first in every process, and keep the others behind it; without it: prc_" in rotated[1]
    assert served.returncode == 2
    assert "another process encrypts with the key 'k2', which is not configured here" in served.stderr


async def test_the_old_key_can_be_left_out_once_the_command_says_so(tmp_path: Path) -> None:
    """A service that still uses it, because another one lacked the new key until just now, is waited for."""
    old, clock = settings_in(tmp_path).encryption_keys, Present()
    keys = (EncryptionKey(id="k2", material=Secret(OTHER)), *old)
    async with running(tmp_path, clock=clock, encryption_keys=keys) as service:
        database, agreed = service.app.state.database, service.app.state.agreed
        await database.write_at_once(partial(leave, process_id=agreed.process_id))
        async with agreed_keys(database, Cipher(old, os.urandom), clock=clock, randomness=os.urandom):
            await agreed.beat()
        others = select(processes.c.seen_at).where(processes.c.id != agreed.process_id)

        async def decide(ref: str) -> None:
            made = await service.post("/v1/decisions", application() | {"borrower_ref": ref})
            assert made.status_code == 201

        async def told() -> set[str]:
            return set(await database.read_at_once(lambda connection: connection.execute(others).scalars().all()))

        await decide("firm-1")
        both, times = f"k2:{OTHER},k1:{KEY_MATERIAL}", set[str]()
        rotating = asyncio.create_task(anyio.to_thread.run_sync(_scoring, tmp_path, both, "keys", "rotate"))
        while not rotating.done() and len(times) < 2:
            await asyncio.sleep(0.05)
            times |= await told()
        await decide("firm-2")
        still = set(await database.read_at_once(count_by_key))
        await agreed.beat()
        done = await rotating
        await decide("firm-3")
        used = set(await database.read_at_once(count_by_key))
    assert (done.returncode, done.stdout) == (0, "2 rows encrypted with k2; no other key is needed\n")
    assert (still, used) == ({"k1"}, {"k2"})


def test_second_factors_are_encrypted_anew_too(tmp_path: Path) -> None:
    """The app goes on showing right codes; a lost key is told with them."""

    async def set_up() -> str:
        async with running(tmp_path) as service:
            await add(service)
            anna = await find_person(service.app.state.database, lender_id="bank", name="anna")
            assert anna is not None
            factors: SecondFactors = service.app.state.factors
            offer = factors.offer(anna.principal)
            secret = offer.secret.reveal()
            await factors.set_up(
                anna.principal, offer, code_at(secret, service.clock()), device=None, who=Who(lender_id="bank")
            )
            return secret

    async def prove(secret: str) -> None:
        keys = (EncryptionKey(id="k2", material=Secret(OTHER)),)
        async with running(tmp_path, encryption_keys=keys) as service:
            anna = await find_person(service.app.state.database, lender_id="bank", name="anna")
            assert anna is not None
            service.clock.advance(minutes=1)
            await service.app.state.factors.prove(
                anna.principal, code_at(secret, service.clock()), device=None, who=Who(lender_id="bank")
            )

    secret = asyncio.run(set_up())
    lost = _scoring(tmp_path, f"k2:{OTHER}", "keys", "rotate")
    assert "(rows that need it: second_factors 1)" in lost.stderr
    done = _scoring(tmp_path, f"k2:{OTHER},k1:{KEY_MATERIAL}", "keys", "rotate")
    assert (done.returncode, done.stdout) == (0, "1 row encrypted with k2; no other key is needed\n")
    asyncio.run(prove(secret))


@pytest.mark.parametrize(("mode", "status"), [(0o600, 0), (0o640, 2), (0o604, 2)])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int, status: int) -> None:
    """With the command that mends it."""
    file = tmp_path / "encryption.keys"
    file.write_text(f"k1:{KEY_MATERIAL}\n")
    file.chmod(mode)
    done = _scoring(tmp_path, "", "keys", "add", "--lender", "bank", "--role", "audit", "--name", "a")
    assert done.returncode == status
    assert status == 0 or f"chmod 600 {file}" in done.stderr
