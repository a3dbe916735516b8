"""The page of a person's own access: the password."""

from pathlib import Path

import pytest
from people import PASSWORD, add, visiting
from service import running

NEW = "several rare words: otter, gantry"


async def test_a_person_changes_the_password(tmp_path: Path) -> None:
    """Other sessions end and other browsers are strangers; this one goes on."""
    async with (
        running(tmp_path, is_plain_http=True) as service,
        visiting(service) as visitor,
        visiting(service) as elsewhere,
    ):
        await add(service)
        await elsewhere.sign_in()
        await visitor.sign_in()
        await visitor.get("/account")
        changed = await visitor.post("/account/password", old=PASSWORD, new=NEW, again=NEW)
        page = await visitor.get(changed.headers["location"])
        out = await elsewhere.get("/decisions")
        old, new = await elsewhere.sign_in(), await elsewhere.sign_in(password=NEW)
    assert (changed.status_code, "Your password is changed" in page.text) == (303, True)
    assert [answer.status_code for answer in (out, old, new)] == [303, 403, 303]


@pytest.mark.parametrize(
    ("language", "fields", "status", "said"),
    [
        ("en", {"old": "guess", "new": NEW, "again": NEW}, 403, "The password is wrong."),
        ("en", {"old": PASSWORD, "new": NEW, "again": NEW + "x"}, 400, "The new passwords are not the same."),
        ("de", {"old": PASSWORD, "new": "kurz", "again": "kurz"}, 400, "Ein Passwort braucht 12 bis 128 Zeichen."),
        ("de", {"old": PASSWORD, "new": "hallo" * 4, "again": "hallo" * 4}, 400, "Dieses Passwort wiederholt sich."),
        ("de", {"old": PASSWORD, "new": "Passwort1234", "again": "Passwort1234"}, 400, "leicht zu erraten"),
        ("en", {"old": PASSWORD, "new": "abcdefghijkl", "again": "abcdefghijkl"}, 400, "follows the alphabet"),
        ("en", {"old": PASSWORD, "new": "anna-bank-1!", "again": "anna-bank-1!"}, 400, "little more than your name"),
        ("en", {}, 400, "A password needs 12 to 128 characters."),
    ],
)
async def test_a_password_that_cannot_be_set_is_told(
    tmp_path: Path, language: str, fields: dict[str, str], status: int, said: str
) -> None:
    """In plain words, and the old one stays."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service, language=language) as visitor:
        await add(service)
        await visitor.sign_in()
        await visitor.get("/account")
        answer = await visitor.post("/account/password", **fields)
        still = await visitor.sign_in()
    assert (answer.status_code, said in answer.text, still.status_code) == (status, True, 303)
    assert all(len(typed) < 5 or typed not in answer.text for typed in fields.values())


async def test_an_open_session_is_no_place_to_guess_the_password(tmp_path: Path) -> None:
    """It has the pace of the device; a form of another site does nothing."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor:
        await add(service)
        await visitor.sign_in()
        await visitor.get("/account")
        foreign = await visitor.post("/account/password", old=PASSWORD, new=NEW, again=NEW, csrf="0" * 64)
        await visitor.get("/account")
        answers = [
            (await visitor.post("/account/password", old="guess", new=NEW, again=NEW)).status_code for _ in range(7)
        ]
    assert foreign.status_code == 403
    assert answers == [403] * 5 + [429] * 2
