"""Signing in and out: who gets in, for how long, and who does not."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from people import PASSWORD, add, visiting
from service import Service, application, running

from scoring.base.secrets import Secret
from scoring.store.database import Database
from scoring.store.persons import change_password, disable_person, enable_person
from scoring.store.principals import Principal, Role, add_key
from scoring.usecases.passwords import NOBODYS_HASH, _hasher, hash_password


@asynccontextmanager
async def at_bank(folder: Path) -> AsyncIterator[Service]:
    """A service over plain http with one underwriter, anna."""
    async with running(folder, is_plain_http=True) as service:
        await add(service)
        yield service


async def test_a_person_signs_in_and_out(tmp_path: Path) -> None:
    """Before and after, every page leads to the form."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        before = await visitor.get("/decisions")
        signed_in = await visitor.sign_in()
        during = await visitor.get("/decisions")
        signed_out = await visitor.post("/sign-out")
        after = await visitor.get("/decisions")
    assert (before.status_code, before.headers["location"]) == (303, "/sign-in")
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
    assert (during.status_code, "Signed in as anna, bank" in during.text) == (200, True)
    assert (signed_out.status_code, signed_out.headers["location"]) == (303, "/sign-in")
    assert after.status_code == 303


async def test_the_start_leads_to_the_list(tmp_path: Path) -> None:
    """The bare address is what people type; who is not signed in does so first."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        assert (await visitor.get("/")).headers["location"] == "/sign-in"
        await visitor.sign_in()
        assert (await visitor.get("/")).headers["location"] == "/decisions"
        assert (await visitor.get("/", lang="en")).headers["location"] == "/decisions?lang=en"


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_begins_where_it_may_be_and_every_entry_opens(tmp_path: Path, role: Role) -> None:
    """The first page after signing in, and each that its menu names, even on the page of a refusal."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        await add(service, role, name="rita")
        begun = (await visitor.sign_in("rita")).headers["location"]
        first = (await visitor.get(begun)).headers["location"]
        page = await visitor.get(first)
        refused = await visitor.get("/audit")
        menus = [re.findall(r"<nav aria-label.*?</nav>", one.text, re.DOTALL)[0] for one in (page, refused)]
        named = [re.findall(r'href="([^"]+)"', menu) for menu in menus]
        opened = {path: (await visitor.get(path)).status_code for path in {*named[0], *named[1]}}
    assert (begun, page.status_code) == ("/", 200)
    assert named[0] == named[1]
    assert {path: status for path, status in opened.items() if status != (303 if path == "/" else 200)} == {}


async def test_after_signing_in_a_person_is_where_they_wanted_to_be(tmp_path: Path) -> None:
    """A link to a decision survives the form."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        asked = await visitor.get("/decisions", verdict="refer")
        await visitor.get(asked.headers["location"])
        answer = await visitor.post(
            "/sign-in", lender="bank", name="anna", password=PASSWORD, next="/decisions?verdict=refer"
        )
    assert asked.headers["location"] == "/sign-in?next=%2Fdecisions%3Fverdict%3Drefer"
    assert answer.headers["location"] == "/decisions?verdict=refer"


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/decisions/../x", "/decisions\r\nX: y", "/\\evil", "/v1"]
)
async def test_the_form_leads_to_pages_of_the_service_only(tmp_path: Path, wanted: str) -> None:
    """What is no page of decisions is forgotten."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        await visitor.get("/sign-in", next=wanted)
        answer = await visitor.post("/sign-in", lender="bank", name="anna", password=PASSWORD, next=wanted)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("lender", "name", "password"),
    [
        ("bank", "anna", "wrong horse battery"),
        ("bank", "anna", ""),
        ("bank", "anna", "x" * 5000),
        ("bank", "berta", PASSWORD),
        ("other", "anna", PASSWORD),
        ("", "", ""),
    ],
)
async def test_whatever_is_wrong_gets_the_same_answer(tmp_path: Path, lender: str, name: str, password: str) -> None:
    """Nobody learns which names there are; what was typed is still there, but for the password."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        refused = await visitor.sign_in(name, lender=lender, password=password)
        page = await visitor.get("/decisions")
    assert refused.status_code == 403
    assert "Lender, name and password do not match, or the account is disabled" in refused.text
    assert f'value="{name}"' in refused.text
    assert not password or password not in refused.text
    assert page.status_code == 303


def test_an_unknown_name_costs_the_work_of_a_wrong_password() -> None:
    """The hash that stands in for it has the parameters of a new one."""
    assert not _hasher().check_needs_rehash(NOBODYS_HASH.reveal())


async def test_a_password_is_the_same_from_every_keyboard(tmp_path: Path) -> None:
    """An umlaut in one piece or in two."""
    async with at_bank(tmp_path) as service:
        await _set_password(service, "Größenwahn im Büro")
        async with visiting(service) as visitor:
            answer = await visitor.sign_in(password="Gro\u0308ßenwahn im Bu\u0308ro")
        assert answer.status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
async def test_a_form_without_its_token_is_refused(tmp_path: Path, token: str) -> None:
    """The form to sign in and the one to sign out alike; nothing happens."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        await visitor.get("/sign-in")
        refused = await visitor.post("/sign-in", lender="bank", name="anna", password=PASSWORD, csrf=token)
        still_out = await visitor.get("/decisions")
        await visitor.sign_in()
        kept = await visitor.post("/sign-out", csrf=token)
        still_in = await visitor.get("/decisions")
    assert (refused.status_code, "The form has expired" in refused.text) == (403, True)
    assert "set-cookie" not in refused.headers
    assert (still_out.status_code, kept.status_code, still_in.status_code) == (303, 403, 200)
    assert 'href="/sign-in?lang=en"' in refused.text
    assert 'href="/?lang=en"' in kept.text
    assert 'href="?lang' not in refused.text + kept.text


async def test_the_token_of_another_browser_does_not_do(tmp_path: Path) -> None:
    """An attacker's own form is worth nothing in somebody else's browser."""
    async with at_bank(tmp_path) as service, visiting(service) as attacker, visiting(service) as visitor:
        await attacker.get("/sign-in")
        await visitor.get("/sign-in")
        answer = await visitor.post("/sign-in", lender="bank", name="anna", password=PASSWORD, csrf=attacker.token)
    assert answer.status_code == 403


async def test_a_form_that_is_none_is_told(tmp_path: Path) -> None:
    """As a page, not as a trace."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        await visitor.get("/sign-in")
        answers = [
            await visitor.http.post("/sign-in", content=content)
            for content in (b"\xff\xfe=", b"&".join(b"a=b" for _ in range(100)), b"x" * 70_000)
        ]
    assert [answer.status_code for answer in answers] == [400, 400, 413]
    assert all(answer.headers["content-type"].startswith("text/html") for answer in answers)


async def test_the_session_is_new_with_every_sign_in(tmp_path: Path) -> None:
    """A secret that somebody put into the browser before is not the one afterwards, and the old session ends."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        visitor.http.cookies.set("hauptbuch-session", "planted", domain="pages.example")
        await visitor.sign_in()
        first = visitor.http.cookies["hauptbuch-session"]
        await visitor.sign_in()
        second = visitor.http.cookies["hauptbuch-session"]
        visitor.http.cookies.set("hauptbuch-session", first, domain="pages.example")
        old = await visitor.get("/decisions")
    assert len({first, second, "planted"}) == 3
    assert old.status_code == 303


async def test_cookies_are_kept_from_scripts_and_other_sites(tmp_path: Path) -> None:
    """Over https they are secure, too, and no other host of the domain can set them."""
    async with running(tmp_path) as service, visiting(service) as visitor:
        await add(service)
        form = await visitor.get("/sign-in")
        visitor.http.headers["Cookie"] = form.headers["set-cookie"].split(";")[0]
        answer = await visitor.post("/sign-in", lender="bank", name="anna", password=PASSWORD)
    for page in (form, answer):
        cookie = page.headers["set-cookie"]
        assert cookie.startswith("__Host-hauptbuch-")
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


async def test_a_session_ends_when_nothing_is_looked_at(tmp_path: Path) -> None:
    """Half an hour from the last page, not from the first."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        await visitor.sign_in()
        service.clock.advance(minutes=29)
        within = await visitor.get("/decisions")
        service.clock.advance(minutes=29)
        again = await visitor.get("/decisions")
        service.clock.advance(minutes=31)
        after = await visitor.get("/decisions")
    assert [page.status_code for page in (within, again, after)] == [200, 200, 303]


async def test_a_session_ends_after_its_hours_in_any_case(tmp_path: Path) -> None:
    """Though a page is looked at every twenty minutes."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        await visitor.sign_in()
        for _ in range(35):
            service.clock.advance(minutes=20)
            assert (await visitor.get("/decisions")).status_code == 200
        service.clock.advance(minutes=21)
        assert (await visitor.get("/decisions")).status_code == 303


async def test_a_disabled_person_is_out_at_once(tmp_path: Path) -> None:
    """Sessions and API keys end; enabled again, the old password does, the old key does not."""
    async with at_bank(tmp_path) as service:
        key, database = await _key_of_anna(service), Database(service.settings.database_url)
        async with visiting(service) as visitor:
            await visitor.sign_in()
            before = await service.get("/v1/decisions", key=key)
            assert await disable_person(database, lender_id="bank", name="anna", now=service.clock())
            out = await visitor.get("/decisions")
            refused = await visitor.sign_in()
            assert await enable_person(database, lender_id="bank", name="anna")
            back = await visitor.sign_in()
            after = await service.get("/v1/decisions", key=key)
        await database.close()
        assert [answer.status_code for answer in (before, out, refused, back, after)] == [200, 303, 403, 303, 401]


async def test_a_new_password_ends_sessions(tmp_path: Path) -> None:
    """Whoever had the old one is out."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        await visitor.sign_in()
        await _set_password(service, "another long password")
        out = await visitor.get("/decisions")
        old, new = await visitor.sign_in(), await visitor.sign_in(password="another long password")
    assert [answer.status_code for answer in (out, old, new)] == [303, 403, 303]


async def test_sessions_and_keys_do_not_mix(tmp_path: Path) -> None:
    """A session opens no interface, a key no page."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        await visitor.sign_in()
        reading = await visitor.http.get("/v1/decisions")
        deciding = await visitor.http.post("/v1/decisions", json=application())
        with_key = await service.http.get("/decisions", headers={"Authorization": f"Bearer {service.keys['bank']}"})
    assert (reading.status_code, deciding.status_code, with_key.status_code) == (401, 401, 303)


async def test_the_secret_of_a_session_is_stored_nowhere(tmp_path: Path) -> None:
    """Nor is the password: only what cannot be turned back."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        await visitor.sign_in()
        secret = visitor.http.cookies["hauptbuch-session"]
    stored = _bytes_in(tmp_path)
    assert secret.encode() not in stored
    assert PASSWORD.encode() not in stored
    with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM page_sessions").fetchone() == (1,)


async def test_guessing_becomes_slow_but_locks_nobody_out(tmp_path: Path) -> None:
    """After five failures the wait doubles; also the right password waits, and then it does."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        waits = []
        for _ in range(12):
            answer = await visitor.sign_in(password="guess")
            waits.append(int(answer.headers.get("retry-after", "0")))
            service.clock.advance(seconds=waits[-1])
        await visitor.sign_in(password="guess")
        refused = await visitor.sign_in()
        wait = int(refused.headers["retry-after"])
        service.clock.advance(seconds=wait)
        right = await visitor.sign_in()
        await visitor.post("/sign-out")
        wrong_once = await visitor.sign_in(password="guess")
    assert waits == [0, 0, 0, 0, 0, 1, 0, 2, 0, 4, 0, 8]
    assert (refused.status_code, f"wait {wait} seconds" in refused.text) == (429, True)
    assert right.status_code == 303
    assert wrong_once.status_code == 403


async def test_an_unknown_name_is_slowed_like_a_known_one(tmp_path: Path) -> None:
    """The limit does not tell them apart either."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        answers = [(await visitor.sign_in("nobody")).status_code for _ in range(6)]
    assert answers == [403] * 5 + [429]


async def test_one_address_cannot_try_many_names(tmp_path: Path) -> None:
    """Thirty failures are free for all names together, known or not; another address is not concerned."""
    async with (
        at_bank(tmp_path) as service,
        visiting(service, address="10.0.0.1") as guesser,
        visiting(service, address="10.0.0.2") as visitor,
    ):
        for number in range(25):
            await add(service, name=f"name-{number}")
        answers = [(await guesser.sign_in(f"name-{number}", password="")).status_code for number in range(31)]
        other = await visitor.sign_in()
    assert answers == [403] * 30 + [429]
    assert other.status_code == 303


async def test_the_addresses_of_one_line_are_one(tmp_path: Path) -> None:
    """Who has IPv6 has a network of addresses: all of them together have thirty failures; the next line is free."""
    async with at_bank(tmp_path) as service:
        answers = []
        for number in range(31):
            async with visiting(service, address=f"2001:db8:0:7::{number + 1:x}") as guesser:
                answers.append((await guesser.sign_in(f"name-{number}", password="guess")).status_code)
        async with visiting(service, address="2001:db8:0:8::1") as visitor:
            other = await visitor.sign_in()
    assert answers == [403] * 30 + [429]
    assert other.status_code == 303


async def test_strangers_delay_a_person_by_a_minute_at_most(tmp_path: Path) -> None:
    """Failures under anna's name from everywhere: at her own address she waits a minute, not an hour."""
    async with at_bank(tmp_path) as service:
        for number in range(40):
            async with visiting(service, address=f"10.1.0.{number}") as stranger:
                answer = await stranger.sign_in(password="guess")
                service.clock.advance(seconds=int(answer.headers.get("retry-after", "0")))
        async with visiting(service) as visitor:
            refused = await visitor.sign_in()
            service.clock.advance(seconds=60)
            right = await visitor.sign_in()
        assert int(refused.headers.get("retry-after", "0")) <= 60
        assert right.status_code == 303


async def test_failures_are_forgotten_after_an_hour(tmp_path: Path) -> None:
    """Their rows too."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        for _ in range(5):
            await visitor.sign_in(password="guess")
        service.clock.advance(hours=1)
        await visitor.sign_in(password="guess")
    with closing(sqlite3.connect(tmp_path / "test.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM sign_in_failures").fetchone() == (1,)


async def test_what_is_typed_is_not_logged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A password typed into the wrong field would be in the log for ever."""
    async with at_bank(tmp_path) as service, visiting(service) as visitor:
        await visitor.sign_in("mistyped-secret", lender="lender-typed", password="secret-of-anna")
        await visitor.sign_in()
    printed = capsys.readouterr()
    logged = printed.out + printed.err
    assert "sign-in refused" in logged
    for typed in ("mistyped-secret", "lender-typed", "secret-of-anna", PASSWORD):
        assert typed not in logged


def _bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("test.sqlite*"))


async def _set_password(service: Service, password: str) -> None:
    database = Database(service.settings.database_url)
    hashed = hash_password(Secret(password))
    assert await change_password(database, lender_id="bank", name="anna", password_hash=hashed)
    await database.close()


async def _key_of_anna(service: Service) -> str:
    database = Database(service.settings.database_url)
    holder = Principal(id="", lender_id="bank", kind="person", name="anna", roles=frozenset({Role.AUDIT}))
    key, _ = await add_key(database, holder, now=service.clock(), randomness=service.app.state.randomness)
    await database.close()
    return key
