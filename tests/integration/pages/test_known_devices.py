"""A browser in which a person has signed in before: strangers do not slow it, and it gives nothing but its own pace."""

import asyncio
import sqlite3
from asyncio import TaskGroup
from contextlib import closing
from pathlib import Path

import anyio
import httpx
import pytest
from anyio import CapacityLimiter
from people import PASSWORD, add, visiting
from service import Service, running

from scoring.store.database import Database
from scoring.store.devices import LINK_LASTS, add_link
from scoring.store.persons import change_password, find_person

DEVICE = "hauptbuch-device"
GUESSES = 40
"""More than are free for one name."""


async def _guess(service: Service, *, since: int, times: int = GUESSES) -> list[int]:
    """Guesses of anna's password, each from an address of its own."""
    answers = []
    for number in range(since, since + times):
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        async with visiting(service, address=address) as stranger:
            answers.append((await stranger.sign_in(password="guess guess guess")).status_code)
    return answers


async def test_the_right_password_is_taken_from_a_known_device_while_strangers_poll(tmp_path: Path) -> None:
    """Thirty of thirty times, at the same address as some of them; in a new browser, it is refused all the while."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service, address="10.0.0.7") as visitor:
        await add(service)
        await visitor.sign_in()
        strangers = await _guess(service, since=0)
        known, unknown = [], []
        for minute in range(30):
            service.clock.advance(seconds=61)
            strangers += await _guess(service, since=GUESSES + minute * 2, times=2)
            known.append((await visitor.sign_in()).status_code)
            async with visiting(service, address="10.9.9.9") as new_browser:
                unknown.append((await new_browser.sign_in()).status_code)
    assert known == [303] * 30
    assert unknown == [429] * 30
    assert strangers.count(429) > 30


async def test_a_known_device_has_its_own_pace(tmp_path: Path) -> None:
    """Whoever stole the cookie guesses no faster than a stranger, at whatever addresses."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor:
        await add(service)
        await visitor.sign_in()
        stolen = visitor.http.cookies[DEVICE]
        waits = []
        for number in range(12):
            async with visiting(service, address=f"10.3.0.{number}") as thief:
                thief.http.cookies.set(DEVICE, stolen, domain="pages.example")
                waits.append(int((await thief.sign_in(password="guess")).headers.get("retry-after", "0")))
                service.clock.advance(seconds=waits[-1])
        async with visiting(service, address="10.4.0.1") as stranger:
            elsewhere = await stranger.sign_in()
    assert waits == [0, 0, 0, 0, 0, 1, 0, 2, 0, 4, 0, 8]
    assert elsewhere.status_code == 303  # what the thief does slows nobody but who uses the cookie


async def test_a_device_is_known_for_its_person_alone(tmp_path: Path) -> None:
    """Berta's browser is a stranger to anna's name; both can share one."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor:
        await add(service)
        await add(service, name="berta")
        await visitor.sign_in("berta")
        await _guess(service, since=0)
        as_anna = await visitor.sign_in()
        service.clock.advance(hours=2)
        await visitor.sign_in()
        await _guess(service, since=0)
        again = await visitor.sign_in()
        both = await visitor.sign_in("berta")
    assert [answer.status_code for answer in (as_anna, again, both)] == [429, 303, 303]


async def test_the_cookie_is_new_with_every_sign_in(tmp_path: Path) -> None:
    """A copy of the old one, or one that somebody planted, is a stranger's."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor:
        await add(service)
        visitor.http.cookies.set(DEVICE, "planted", domain="pages.example")
        await visitor.sign_in()
        first = visitor.http.cookies[DEVICE]
        await visitor.sign_in()
        second = visitor.http.cookies[DEVICE]
        await _guess(service, since=0)
        answers = []
        for secret in ("planted", first, second):
            async with visiting(service, address="10.5.0.1") as other:
                other.http.cookies.set(DEVICE, secret, domain="pages.example")
                answers.append((await other.sign_in()).status_code)
    assert len({"planted", first, second}) == 3
    assert answers == [429, 429, 303]


async def test_the_secret_of_a_device_is_stored_nowhere(tmp_path: Path) -> None:
    """Its digest is; the cookie is kept from scripts and other sites, for half a year."""
    async with running(tmp_path) as service, visiting(service) as visitor:
        await add(service)
        form = await visitor.get("/sign-in")
        visitor.http.headers["Cookie"] = form.headers["set-cookie"].split(";")[0]
        answer = await visitor.post("/sign-in", lender="bank", name="anna", password=PASSWORD)
    cookie = next(one for one in answer.headers.get_list("set-cookie") if "device" in one)
    assert cookie.startswith("__Host-hauptbuch-device=")
    parts = {part.strip() for part in cookie.split(";")}
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/", f"Max-Age={180 * 86400}"} <= parts
    secret = cookie.split(";")[0].partition("=")[2]
    assert secret.encode() not in _bytes_in(tmp_path)


async def test_a_device_is_forgotten_after_half_a_year_without_sign_in(tmp_path: Path) -> None:
    """Its row, too, when somebody else signs in."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor:
        await add(service)
        await add(service, name="berta")
        await visitor.sign_in()
        service.clock.advance(days=180)
        await _guess(service, since=0)
        assert (await visitor.sign_in()).status_code == 429
        async with visiting(service) as other:
            await other.sign_in("berta")
    with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM known_devices").fetchone() == (1,)


async def test_a_new_password_of_the_operator_makes_all_devices_strangers(tmp_path: Path) -> None:
    """Whoever had the old one may have signed in with it."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor:
        await add(service)
        await visitor.sign_in()
        database = Database(service.settings.database_url)
        person = await find_person(database, lender_id="bank", name="anna")
        assert person is not None
        await change_password(database, lender_id="bank", name="anna", password_hash=person.password_hash)
        await database.close()
        await _guess(service, since=0)
        assert (await visitor.sign_in()).status_code == 429


async def _link(service: Service) -> str:
    database = Database(service.settings.database_url)
    person = await find_person(database, lender_id="bank", name="anna")
    assert person is not None
    await add_link(database, person.principal.id, "link-secret", now=service.clock())
    await database.close()
    return "/device/link-secret"


async def test_a_link_makes_a_new_browser_known_while_strangers_poll(tmp_path: Path) -> None:
    """It works once, in the browser that sends its form, and signs nobody in."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service, address="10.6.0.1") as visitor:
        await add(service)
        await _guess(service, since=0)
        before = await visitor.sign_in()
        link = await _link(service)
        await visitor.get(link)
        await visitor.get(link)
        used = await visitor.post(link)
        no_session = await visitor.get("/decisions")
        after = await visitor.sign_in()
        async with visiting(service) as other:
            again = await other.get(link)
        (known,) = (await service.get("/v1/audit", action="device.known")).json()["items"]
    assert known["object"] == known["principal_id"]
    assert known["address"]
    assert (before.status_code, used.status_code, used.headers["location"]) == (429, 303, "/sign-in")
    assert (no_session.status_code, after.status_code) == (303, 303)
    assert (again.status_code, "has expired or was used before" in again.text) == (410, True)


@pytest.mark.parametrize("path", ["/device/link-secret", "/device/other", "/device/%00", "/device/" + "x" * 2000])
async def test_a_link_that_is_over_or_none_gives_nothing(tmp_path: Path, path: str) -> None:
    """After a day, made up, or with a form of another site; its page has no button any more."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor:
        await add(service)
        await _link(service)
        foreign = await visitor.post(path)
        service.clock.advance(seconds=LINK_LASTS.total_seconds())
        late = await visitor.get(path)
    assert (foreign.status_code, late.status_code) == (403, 410)
    assert "<form" not in late.text.partition("<main")[2]
    assert DEVICE not in visitor.http.cookies


async def test_the_secret_of_a_link_is_no_device_cookie(tmp_path: Path) -> None:
    """It has to be used up first."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor:
        await add(service)
        await _link(service)
        await _guess(service, since=0)
        visitor.http.cookies.set(DEVICE, "link-secret", domain="pages.example")
        assert (await visitor.sign_in()).status_code == 429


async def test_strangers_with_many_names_do_not_keep_a_known_device_waiting(tmp_path: Path) -> None:
    """Passwords are checked for strangers and for known devices apart; strangers beyond a number are sent away."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor, TaskGroup() as strangers:
        await add(service)
        await visitor.sign_in()
        checking: CapacityLimiter = service.app.state.sign_in.hashing
        checking.acquire_on_behalf_of_nowait("somebody")
        for number in range(20):
            strangers.create_task(_guess_as(service, f"name-{number}"))
        while checking.statistics().tasks_waiting < 20:  # noqa: ASYNC110  the limiter tells by being asked
            await asyncio.sleep(0.01)
        sent_away = await _guess_as(service, "name-21")
        with anyio.fail_after(10):
            answer = await visitor.sign_in()
        checking.release_on_behalf_of("somebody")
    assert (sent_away.status_code, sent_away.headers["retry-after"]) == (429, "5")
    assert answer.status_code == 303


async def _guess_as(service: Service, name: str) -> httpx.Response:
    async with visiting(service, address=f"10.7.0.{name.removeprefix('name-')}") as stranger:
        return await stranger.sign_in(name, password="guess guess guess")


def _bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("test.sqlite*"))
