"""The second factor: set up, proved, used once, lost, and demanded by role."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from authenticator import code_at
from people import PASSWORD, Visitor, add, visiting
from postgres import migrate
from service import Service, a_serving, running, settings_in

from scoring.app import create_app
from scoring.base.identifiers import day_in_berlin
from scoring.base.secrets import EncryptionKey, Secret
from scoring.store.database import Database
from scoring.store.persons import Person, change_password, find_person
from scoring.store.principals import Role
from scoring.store.second_factors import remove_factor
from scoring.usecases.passwords import NOBODYS_HASH
from scoring.usecases.second_factor import STEP_SECONDS, SecondFactors

_KEY = re.compile(r"<code>([A-Z2-7 ]{32,})</code>")
_OFFER = re.compile(r'name="offer" value="([^"]+)"')
_RECOVERY = re.compile(r"<li><code>([a-z2-7-]{19})</code></li>")
DEMANDED = frozenset({Role.UNDERWRITE})


def _secret(page: httpx.Response) -> str:
    found = _KEY.search(page.text)
    assert found
    return found[1]


def _offer(page: httpx.Response) -> str:
    found = _OFFER.search(page.text)
    assert found
    return unescape(found[1])


async def _enrol(service: Service, visitor: Visitor) -> tuple[str, list[str]]:
    """Sign in for the first time, where a role demands a second factor; the app's secret and the recovery codes."""
    await visitor.sign_in()
    page = await visitor.get("/sign-in/set-up")
    secret = _secret(page)
    done = await visitor.post("/sign-in/set-up", offer=_offer(page), code=code_at(secret, service.clock()))
    assert done.status_code == 200
    service.clock.advance(seconds=STEP_SECONDS)
    return secret, _RECOVERY.findall(done.text)


async def test_a_role_demands_a_second_factor_before_anything_else(tmp_path: Path) -> None:
    """Nothing opens until it is set up; then the recovery codes are shown once, and the session is there."""
    async with (
        running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED) as service,
        visiting(service) as visitor,
    ):
        await add(service)
        signed_in = await visitor.sign_in()
        shut = [(await visitor.get(path)).headers["location"] for path in ("/decisions", "/account", "/sign-in/code")]
        page = await visitor.get(signed_in.headers["location"])
        wrong = await visitor.post("/sign-in/set-up", offer=_offer(page), code="000000")
        done = await visitor.post("/sign-in/set-up", offer=_offer(wrong), code=code_at(_secret(wrong), service.clock()))
        opened = await visitor.get("/decisions")
        account = await visitor.get("/account")
    assert signed_in.headers["location"] == "/sign-in/set-up"
    assert shut == ["/sign-in", "/sign-in?next=%2Faccount", "/sign-in"]
    assert (wrong.status_code, _secret(wrong)) == (403, _secret(page))
    assert f"secret={_secret(page).replace(' ', '')}" in unescape(page.text)
    assert "<svg" in page.text
    assert len(set(_RECOVERY.findall(done.text))) == 10
    assert (opened.status_code, "Recovery codes left: 10" in account.text) == (200, True)


async def test_a_code_is_asked_for_and_leads_to_the_page_that_was_wanted(tmp_path: Path) -> None:
    """The password alone opens nothing, and leaves no device that is known."""
    async with running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED) as service:
        await add(service)
        async with visiting(service) as visitor:
            secret, _ = await _enrol(service, visitor)
        async with visiting(service) as visitor:
            await visitor.get("/sign-in")
            wanted = "/decisions?verdict=refer"
            half = await visitor.post("/sign-in", lender="bank", name="anna", password=PASSWORD, next=wanted)
            shut = await visitor.get("/decisions")
            known = "hauptbuch-device" in visitor.http.cookies
            page = await visitor.get(half.headers["location"])
            done = await visitor.post("/sign-in/code", code=code_at(secret, service.clock()), next=wanted)
            opened = await visitor.get("/decisions")
    assert half.headers["location"] == "/sign-in/code?next=%2Fdecisions%3Fverdict%3Drefer"
    assert (shut.status_code, known, 'value="/decisions?verdict=refer"' in page.text) == (303, False, True)
    assert (done.headers["location"], opened.status_code) == (wanted, 200)


async def _try(service: Service, code: str) -> int:
    """Sign in with the password and a code, in a new browser."""
    async with visiting(service) as visitor:
        await visitor.sign_in()
        await visitor.get("/sign-in/code")
        return (await visitor.post("/sign-in/code", code=code)).status_code


async def test_a_code_works_once_and_within_a_step_of_the_clock(tmp_path: Path) -> None:
    """A code that somebody read over the shoulder is worth nothing, nor is one before it."""
    async with running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED) as service:
        await add(service)
        async with visiting(service) as visitor:
            secret, _ = await _enrol(service, visitor)
        service.clock.advance(minutes=5)
        now, step = service.clock(), timedelta(seconds=STEP_SECONDS)
        late = await _try(service, code_at(secret, now - 2 * step))
        early = await _try(service, code_at(secret, now + 2 * step))
        slow = await _try(service, code_at(secret, now - step))
        ahead = await _try(service, code_at(secret, now + step))
        replayed = await _try(service, code_at(secret, now + step))
        before = await _try(service, code_at(secret, now))
        service.clock.advance(seconds=2 * STEP_SECONDS)
        spaced = code_at(secret, service.clock())
        again = await _try(service, f" {spaced[:3]} {spaced[3:]} ")
    assert [late, early, slow, ahead, replayed, before, again] == [403, 403, 303, 303, 403, 403, 303]


async def test_recovery_codes_work_once_each(tmp_path: Path) -> None:
    """However they are typed; only their digests are stored, and of the secret only the sealed bytes."""
    async with running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED) as service:
        await add(service)
        async with visiting(service) as visitor:
            secret, codes = await _enrol(service, visitor)
        first, again = await _try(service, codes[0]), await _try(service, codes[0])
        typed = await _try(service, codes[1].upper().replace("-", " "))
        async with visiting(service) as visitor:
            await visitor.sign_in()
            await visitor.get("/sign-in/code")
            await visitor.post("/sign-in/code", code=codes[2])
            account = await visitor.get("/account")
        used = (await service.get("/v1/audit", action="recovery_code.used")).json()["items"]
    assert (first, again, typed, len(used)) == (303, 403, 303, 3)
    assert "Recovery codes left: 7" in account.text
    stored = _bytes_in(tmp_path)
    for text in (secret.replace(" ", ""), codes[3], codes[3].replace("-", "")):
        assert text.encode() not in stored


@pytest.mark.parametrize("code", ["", "12345", "1234567", "½½½½½½", "٠١٢٣٤٥", "a" * 5000, "\x00", "------"])
async def test_what_is_no_code_is_a_wrong_one(tmp_path: Path, code: str) -> None:
    """Never an error of the service."""
    async with running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED) as service:
        await add(service)
        async with visiting(service) as visitor:
            await _enrol(service, visitor)
        assert await _try(service, code) == 403


async def test_guessing_codes_is_slow_from_everywhere_together(tmp_path: Path) -> None:
    """Who knows the password does not get more tries by more addresses or sign-ins; a known device is not slowed."""
    async with (
        running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED) as service,
        visiting(service) as anna,
    ):
        await add(service)
        secret, _ = await _enrol(service, anna)
        answers = []
        for number in range(8):
            async with visiting(service, address=f"10.2.0.{number}") as guesser:
                await guesser.sign_in()
                await guesser.get("/sign-in/code")
                answers.append((await guesser.post("/sign-in/code", code="000000")).status_code)
        async with visiting(service, address="10.2.1.1") as guesser:
            await guesser.sign_in()
            await guesser.get("/sign-in/code")
            right_in_a_new_browser = await guesser.post("/sign-in/code", code=code_at(secret, service.clock()))
        await anna.sign_in()
        await anna.get("/sign-in/code")
        at_home = await anna.post("/sign-in/code", code=code_at(secret, service.clock()))
    assert answers == [403] * 5 + [429] * 3
    assert (right_in_a_new_browser.status_code, at_home.status_code) == (429, 303)


async def test_a_stolen_device_cookie_does_not_make_codes_cheap(tmp_path: Path) -> None:
    """The right password does not forgive wrong codes."""
    async with (
        running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED) as service,
        visiting(service) as thief,
    ):
        await add(service)
        await _enrol(service, thief)
        answers = []
        for _ in range(8):
            await thief.sign_in()
            await thief.get("/sign-in/code")
            answers.append((await thief.post("/sign-in/code", code="000000")).status_code)
    assert answers == [403] * 5 + [429] * 3


async def test_the_time_between_password_and_code_ends(tmp_path: Path) -> None:
    """After ten minutes the password is asked for again; a form without its token is refused."""
    async with running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED) as service:
        await add(service)
        async with visiting(service) as visitor:
            secret, _ = await _enrol(service, visitor)
        async with visiting(service) as visitor:
            await visitor.sign_in()
            await visitor.get("/sign-in/code")
            foreign = await visitor.post("/sign-in/code", code=code_at(secret, service.clock()), csrf="0" * 64)
            service.clock.advance(minutes=10)
            late = await visitor.post("/sign-in/code", code=code_at(secret, service.clock()))
    assert (foreign.status_code, late.status_code, late.headers["location"]) == (403, 303, "/sign-in")


async def test_a_secret_of_somebody_else_cannot_be_set_up(tmp_path: Path) -> None:
    """The form brings back what this person was offered, or gets a new offer."""
    async with (
        running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED) as service,
        visiting(service) as anna,
        visiting(service) as berta,
    ):
        await add(service)
        await add(service, name="berta")
        await anna.sign_in()
        await berta.sign_in("berta")
        page = await berta.get("/sign-in/set-up")
        mine = await anna.get("/sign-in/set-up")
        for offer in (_offer(page), "", "k1.", "k9.AAAA", "k1.ü", _offer(mine)[:-8]):
            code = code_at(_secret(page), service.clock())
            answer = await anna.post("/sign-in/set-up", offer=offer, code=code)
            assert (answer.status_code, "This key is no longer valid" in answer.text) == (403, True)


async def test_a_person_sets_one_up_and_removes_it_of_their_own_accord(tmp_path: Path) -> None:
    """With the password, and with a code; whoever finds the session open can do neither."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor:
        await add(service)
        await visitor.sign_in()
        page = await visitor.get("/account/second-factor")
        secret, offer = _secret(page), _offer(page)
        code = code_at(secret, service.clock())
        guessed = await visitor.post("/account/second-factor", offer=offer, code=code, password="guess")
        done = await visitor.post("/account/second-factor", offer=offer, code=code, password=PASSWORD)
        again = await visitor.get("/account/second-factor")
        service.clock.advance(seconds=STEP_SECONDS)
        half = await visitor.sign_in()
        await visitor.get("/sign-in/code")
        await visitor.post("/sign-in/code", code=code_at(secret, service.clock()))
        await visitor.get("/account")
        kept = await visitor.post("/account/second-factor/remove", code="000000")
        service.clock.advance(seconds=STEP_SECONDS)
        removed = await visitor.post("/account/second-factor/remove", code=code_at(secret, service.clock()))
        after = await visitor.sign_in()
        rows = (await service.get("/v1/audit", limit="200")).json()["items"]
    assert Counter(row["action"] for row in rows if row["action"].startswith("factor")) == {
        "factor.added": 1,
        "factor.removed": 1,
    }
    assert len([row for row in rows if row["action"] == "sign_in.failed"]) == 2, "a guessed password, a guessed code"
    assert (guessed.status_code, "The password is wrong" in guessed.text) == (403, True)
    assert (done.status_code, len(_RECOVERY.findall(done.text))) == (200, 10)
    assert again.headers["location"] == "/account"
    assert half.headers["location"] == "/sign-in/code"
    assert (kept.status_code, removed.headers["location"]) == (403, "/account?done=removed")
    assert after.headers["location"] == "/"


async def test_a_reset_asks_who_must_have_one_to_set_up_the_next(tmp_path: Path) -> None:
    """For a phone that is lost; sessions end."""
    async with (
        running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED) as service,
        visiting(service) as visitor,
    ):
        await add(service)
        await _enrol(service, visitor)
        database = Database(service.settings.database_url)
        person = await find_person(database, lender_id="bank", name="anna")
        assert person is not None
        assert await remove_factor(database, person.principal.id, ends_sessions=True)
        await database.close()
        out = await visitor.get("/decisions")
        half = await visitor.sign_in()
    assert (out.status_code, half.headers["location"]) == (303, "/sign-in/set-up")


@pytest.mark.parametrize("with_code", [False, True])
async def test_a_password_changed_while_it_is_checked_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, with_code: bool
) -> None:
    """Who knows the old one and signs in all the time has no session afterwards, with a code neither."""
    roles = DEMANDED if with_code else frozenset[Role]()
    async with running(tmp_path, is_plain_http=True, second_factor_roles=roles) as service:
        await add(service)
        secret = ""
        async with visiting(service) as visitor:
            if with_code:
                secret, _ = await _enrol(service, visitor)
        database: Database = service.app.state.database

        async def change() -> None:
            changed = Secret(NOBODYS_HASH.reveal())
            assert await change_password(database, lender_id="bank", name="anna", password_hash=changed)

        async def find_and_change(*arguments: Any, **options: Any) -> Person | None:  # noqa: ANN401  as it is called
            found = await find_person(*arguments, **options)
            await change()
            return found

        async def prove_and_change(*arguments: Any, **options: Any) -> None:  # noqa: ANN401  the same
            await prove(*arguments, **options)
            await change()

        prove = SecondFactors.prove
        async with visiting(service) as visitor:
            if with_code:
                await visitor.sign_in()
                await visitor.get("/sign-in/code")
                monkeypatch.setattr(SecondFactors, "prove", prove_and_change)
                done = await visitor.post("/sign-in/code", code=code_at(secret, service.clock()))
            else:
                monkeypatch.setattr("scoring.usecases.sign_in.find_person", find_and_change)
                done = await visitor.sign_in()
            opened = await visitor.get("/decisions")
    assert (done.status_code, done.headers.get("location")) == ((303, "/sign-in") if with_code else (403, None))
    assert (opened.status_code, opened.headers["location"]) == (303, "/sign-in")


async def test_sessions_of_before_go_on_until_they_end(tmp_path: Path) -> None:
    """Who is signed in when the setting comes is asked at the next sign-in."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor:
        await add(service)
        await visitor.sign_in()
        cookies = visitor.http.cookies
    async with (
        running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED) as service,
        visiting(service) as visitor,
    ):
        visitor.http.cookies = cookies
        assert (await visitor.get("/decisions")).status_code == 200
        assert (await visitor.sign_in()).headers["location"] == "/sign-in/set-up"


async def test_pages_of_the_second_factor_are_in_german_too(tmp_path: Path) -> None:
    """Set up, recovery codes, code."""
    async with (
        running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED) as service,
        visiting(service, language="de") as visitor,
    ):
        await add(service)
        await visitor.sign_in()
        page = await visitor.get("/sign-in/set-up")
        done = await visitor.post("/sign-in/set-up", offer=_offer(page), code=code_at(_secret(page), service.clock()))
        await visitor.sign_in()
        code = await visitor.get("/sign-in/code")
    for shown, heading in (
        (page, "Zweiten Faktor einrichten"),
        (done, "Ihre Wiederherstellungscodes"),
        (code, "Code eingeben"),
    ):
        assert f"<h1>{heading}</h1>" in shown.text
        assert shown.headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_missing_encryption_key_is_no_way_around_the_second_factor(tmp_path: Path) -> None:
    """The secret cannot be read: an error of the service, on a page, and nothing opens."""
    async with running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED) as service:
        await add(service)
        async with visiting(service) as visitor:
            secret, _ = await _enrol(service, visitor)
    other = (EncryptionKey(id="k2", material=Secret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")),)
    async with (
        running(tmp_path, is_plain_http=True, second_factor_roles=DEMANDED, encryption_keys=other) as service,
        visiting(service) as visitor,
    ):
        await visitor.sign_in()
        await visitor.get("/sign-in/code")
        answer = await visitor.post("/sign-in/code", code=code_at(secret, service.clock()))
        shut = await visitor.get("/decisions")
    assert (answer.status_code, "An error occurred" in answer.text, shut.status_code) == (500, True, 303)


async def test_codes_follow_the_clock_of_phones_on_a_day_that_is_set(tmp_path: Path) -> None:
    """The service in front of a sandbox lives on another day; phones do not."""
    settings = settings_in(tmp_path, sandbox_today=date(2026, 1, 5))
    await migrate(settings.database_url.reveal())
    app = create_app(settings, a_serving())
    async with app.lifespan():
        factors: SecondFactors = app.state.factors
        assert day_in_berlin(factors.clock()) == date(2026, 1, 5)
        assert abs(factors.outside() - datetime.now(UTC)) < timedelta(hours=1)


def _bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("test.sqlite*"))
