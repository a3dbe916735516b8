"""Signing in by many at once: limits hold, and what works once works once, on both databases."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import postgres
from authenticator import code_at
from service import KEY_MATERIAL

from scoring.base.secrets import Cipher, EncryptionKey, Secret
from scoring.store.audit import Trail, Who
from scoring.store.database import Database
from scoring.store.devices import add_link, is_known, remember, use_link
from scoring.store.persons import add_person, change_password, find_person
from scoring.store.principals import Principal, Role
from scoring.store.sessions import ProofOverError, find_session, open_session
from scoring.store.sign_ins import Attempt, attempt_of, code_attempt_of, start_attempt
from scoring.usecases.second_factor import SecondFactors
from scoring.usecases.sign_in_errors import WrongCodeError

NOW = datetime(2026, 10, 1, 10, tzinfo=UTC)


@asynccontextmanager
async def at_bank(url: str) -> AsyncIterator[tuple[Database, Principal]]:
    """A database with the person anna."""
    await postgres.migrate(url)
    database = Database(Secret(url))
    wanted = Principal(id="", lender_id="bank", kind="person", name="anna", roles=frozenset({Role.AUDIT}))
    await add_person(database, wanted, Secret("hash"), now=NOW, randomness=os.urandom)
    anna = await find_person(database, lender_id="bank", name="anna")
    assert anna is not None
    try:
        yield database, anna.principal
    finally:
        await database.close()


async def test_attempts_at_once_do_not_outrun_the_count(each_url: str) -> None:
    """Forty at the same moment are no more than one after the other: at one address, for one name, for one code."""
    async with at_bank(each_url) as (database, anna):
        kinds = (
            (30, [_attempt(f"name-{number}", "10.0.0.1") for number in range(40)]),
            (30, [_attempt("anna", f"10.1.0.{number}") for number in range(40)]),
            (5, [code_attempt_of(anna.id, device=None)] * 40),
        )
        for free, attempts in kinds:
            waits = await asyncio.gather(
                *(start_attempt(database, attempt, now=NOW, randomness=os.urandom) for attempt in attempts)
            )
            assert waits.count(0) == free


async def test_a_code_at_once_in_many_browsers_works_in_one(each_url: str) -> None:
    """Of the app, and for recovery."""
    async with at_bank(each_url) as (database, anna):
        cipher = Cipher([EncryptionKey(id="k1", material=Secret(KEY_MATERIAL))], os.urandom)
        moment, who = [NOW], Who(lender_id="bank", principal_id=anna.id)
        factors = SecondFactors(
            database=database,
            cipher=cipher,
            clock=lambda: NOW,
            outside=lambda: moment[0],
            randomness=os.urandom,
            trail=Trail(database=database, clock=lambda: NOW, randomness=os.urandom),
            demanded_of=frozenset(),
        )
        offer = factors.offer(anna)
        secret = offer.secret.reveal()
        recovery = await factors.set_up(anna, offer, code_at(secret, NOW), device=None, who=who)
        for code in (code_at(secret, NOW.replace(minute=10)), recovery[0]):
            moment[0] = NOW.replace(minute=10)
            done = await asyncio.gather(
                *(factors.prove(anna, code, device=f"device-{number}", who=who) for number in range(8)),
                return_exceptions=True,
            )
            assert done.count(None) == 1
            assert sum(isinstance(one, WrongCodeError) for one in done) == 7


async def test_no_session_outlives_a_new_password(each_url: str) -> None:
    """However many sign in with the old one while it is changed: those before it end, those after it are refused."""
    async with at_bank(each_url) as (database, anna):
        person = await find_person(database, lender_id="bank", name="anna")
        assert person is not None

        async def sign_in(number: int) -> None:
            await open_session(
                database,
                anna,
                f"session-{number}",
                replaced=None,
                now=NOW,
                lasts=timedelta(hours=1),
                proved=person.password_hash,
                mark=None,
            )

        change = change_password(database, lender_id="bank", name="anna", password_hash=Secret("another"))
        opening = [sign_in(number) for number in range(12)]
        done = await asyncio.gather(*opening[:6], change, *opening[6:], return_exceptions=True)
        found = [
            await find_session(database, f"session-{number}", now=NOW, idle=timedelta(hours=1)) for number in range(12)
        ]
    assert {type(one) for one in done} <= {type(None), bool, ProofOverError}
    assert found == [None] * 12


async def test_a_link_and_a_device_are_taken_up_by_one(each_url: str) -> None:
    """The link is used by one browser; signing in twice at once with one cookie leaves both browsers known."""
    async with at_bank(each_url) as (database, anna):
        await add_link(database, anna.id, "link", now=NOW)
        used = await asyncio.gather(
            *(use_link(database, "link", f"device-{number}", replaced=None, now=NOW) for number in range(8))
        )
        assert used.count(True) == 1
        await remember(database, anna.id, "first", replaced=None, now=NOW)
        tabs = ("tab-1", "tab-2")
        await asyncio.gather(*(remember(database, anna.id, tab, replaced="first", now=NOW) for tab in tabs))
        for secret, known in (("first", False), ("tab-1", True), ("tab-2", True)):
            assert await is_known(database, secret, lender_id="bank", name="anna", now=NOW) is known


def _attempt(name: str, address: str) -> Attempt:
    return attempt_of(lender_id="bank", name=name, address=address, device=None)
