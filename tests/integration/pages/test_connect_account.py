"""The account that a token opens: the firm says whether it is its own before anything is stored."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from links import a_link, agreed, answered, entered, filled, path_in, send
from service import HOLDER, TOKEN, Service, running
from unit.sandbox_server.building import books_of, invoice, sevdesk_object

from sandbox.server.faults import Fault
from scoring.runtime.service_operator import ServiceOperator
from scoring.store.connect_sessions import MOST_TRIES

OTHER = "0" * 31 + "1"
COOKIE = "hauptbuch-account"
OPERATOR = ServiceOperator(
    name="Rechenwerk GmbH",
    address="Am Markt 1, 10115 Berlin",
    email="post@rechenwerk.example",
    privacy="https://rechenwerk.example/datenschutz",
)


@asynccontextmanager
async def serving(folder: Path, **options: Any) -> AsyncIterator[Service]:  # noqa: ANN401  see ``running``
    """A service whose cookies a browser sends back over http."""
    async with running(folder, is_plain_http=True, **options) as service:
        yield service


async def state(service: Service, identifier: str) -> tuple[str, int]:
    """The state of a link, and how many connections there are."""
    session = (await service.get(f"/v1/connect-sessions/{identifier}")).json()
    return session["status"], len((await service.get("/v1/connections")).json()["items"])


@pytest.mark.parametrize(
    ("fields", "shown", "hidden"),
    [
        ({"name": HOLDER, "taxNumber": "133/8150/8159"}, (HOLDER, "endet auf 8159"), ("133/8150", "USt-IdNr.")),
        (
            {"name": "Brandt Bau", "vatNumber": "DE136695976"},
            ("Brandt Bau", "endet auf 5976"),
            ("DE13", "Steuernummer"),
        ),
        ({"name": "Brandt Bau", "taxNumber": "8159"}, ("Brandt Bau",), ("8159",)),
        ({"name": None, "taxNumber": "133/8150/8159"}, ("endet auf 8159",), ("Firma</dt>",)),
        ({"name": "<b>Brandt</b> {lender} {{ 7 }}"}, ("<b>Brandt</b> {lender} {{ 7 }}",), ()),
        ({"name": None}, ("sevdesk nennt aber keinen Namen",), ("endet auf",)),
    ],
)
async def test_the_account_is_shown_as_its_owner_knows_it(
    tmp_path: Path, fields: dict[str, Any], shown: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    """Name and the last digits of a number; what a stranger could copy is not there."""
    books = [books_of(invoice(1), sevdesk_object("SevClient", 1, **fields))]
    async with serving(tmp_path, books=books) as service:
        identifier, path = await a_link(service)
        page = await service.http.get((await entered(service, path)).headers["location"])
        before = await state(service, identifier)
        done = await send(service, path)
        after = await state(service, identifier)
    assert page.status_code == 200
    for one in shown:
        assert one in unescape(page.text)
    for one in hidden:
        assert one not in page.text
    assert "<b>" not in page.text
    assert TOKEN not in page.text
    assert (before, done.status_code, after) == (("open", 0), 303, ("completed", 1))


async def test_of_several_clients_none_is_named(tmp_path: Path) -> None:
    """The firm is asked to check itself."""
    clients = [sevdesk_object("SevClient", number, name=f"Firma {number}") for number in (1, 2)]
    async with serving(tmp_path, books=[books_of(invoice(1), *clients)]) as service:
        _, path = await a_link(service)
        page = await service.http.get((await entered(service, path)).headers["location"])
    assert "sevdesk nennt aber keinen Namen" in page.text


async def test_a_sevdesk_that_tells_no_holder_can_be_connected(tmp_path: Path) -> None:
    """The list is undocumented: its refusal keeps nobody out."""
    async with serving(tmp_path, faults=[Fault(status=403, resource="SevClient")]) as service:
        identifier, path = await a_link(service)
        done = await send(service, path)
        page = await service.http.get(path)
        after = await state(service, identifier)
    assert (done.status_code, after) == (303, ("completed", 1))
    assert "ohne Namen, von Ihnen bestätigt" in page.text


async def test_yes_is_to_the_account_that_was_shown(tmp_path: Path) -> None:
    """A second window found a friend's account: yes in the first one does not connect it, but shows it."""
    friend = books_of(invoice(1), sevdesk_object("SevClient", 2, name="Fremde Firma GmbH"), firm="other", token=OTHER)
    own = books_of(invoice(1), sevdesk_object("SevClient", 1, name=HOLDER))
    async with serving(tmp_path, books=[own, friend]) as service:
        identifier, path = await a_link(service)
        first = await service.http.get((await entered(service, path)).headers["location"])
        await entered(service, path, token=OTHER)
        refused = await service.http.post(path_in(first.text), data=filled(first.text, answer="yes"))
        between = await state(service, identifier)
        shown = await service.http.get(refused.headers["location"])
        await service.http.post(path_in(shown.text), data=filled(shown.text, answer="yes"))
        after = await state(service, identifier)
    assert (refused.status_code, between) == (303, ("open", 0))
    assert "Fremde Firma GmbH" in shown.text
    assert after == ("completed", 1)


async def test_no_leads_to_another_token(tmp_path: Path) -> None:
    """A friend's token, or the wrong one of two firms: nothing is kept of it, and the link stays open."""
    friend = books_of(invoice(1), sevdesk_object("SevClient", 2, name="Fremde Firma GmbH"), firm="other", token=OTHER)
    own = books_of(invoice(1), sevdesk_object("SevClient", 1, name=HOLDER))
    async with serving(tmp_path, books=[own, friend]) as service:
        identifier, path = await a_link(service)
        refused = await answered(service, await entered(service, path, token=OTHER), "no")
        kept = [cookie.name for cookie in service.http.cookies.jar]
        page = await service.http.get(refused.headers["location"])
        between = await state(service, identifier)
        found = await service.http.post(path_in(page.text), data=filled(page.text, token=TOKEN))
        account = await service.http.get(found.headers["location"])
        await answered(service, found)
        (connection,) = (await service.get("/v1/connections")).json()["items"]
    assert COOKIE not in kept
    assert "Dieses Konto wird nicht verbunden" in page.text
    assert "Fremde Firma" not in page.text
    assert between == ("open", 0)
    assert "Fremde Firma" not in account.text
    assert connection["holder"] == HOLDER


@pytest.mark.parametrize("answer", ["no", "", None, "YES"])
async def test_only_yes_is_yes(tmp_path: Path, answer: str | None) -> None:
    """Whatever else a form says connects nothing."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        account = (await entered(service, path)).headers["location"]
        form = filled((await service.http.get(account)).text, answer=answer)
        done = await service.http.post(account, data=form)
        after = await state(service, identifier)
    assert (done.status_code, after) == (303, ("open", 0))
    assert "/token?" in done.headers["location"]


@pytest.mark.parametrize(
    ("waited", "led"), [(timedelta(minutes=15, seconds=-1), "/account"), (timedelta(minutes=15), "/token")]
)
async def test_a_token_is_kept_for_a_quarter_of_an_hour(tmp_path: Path, waited: timedelta, led: str) -> None:
    """Who takes longer enters it again; the address of the page has nothing that would help."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        found = await entered(service, path)
        form = filled((await service.http.get(found.headers["location"])).text, answer="yes")
        service.clock.advance(seconds=waited.total_seconds())
        opened = await service.http.get(found.headers["location"])
        is_late = led == "/token"
        page = await service.http.get(opened.headers["location"]) if is_late else opened
        done = await service.http.post(found.headers["location"], data=form)
        after = await state(service, identifier)
    assert ("kam zu spät" in page.text) is is_late
    assert after == (("open", 0) if is_late else ("completed", 1))
    assert done.status_code == 303


async def test_the_cookie_is_of_one_link_and_unchanged(tmp_path: Path) -> None:
    """Of another link, shortened, changed, empty or endless: it opens nothing, and it shows nothing."""
    async with serving(tmp_path) as service:
        (_, path), (_, foreign) = await a_link(service), await a_link(service)
        own = (await entered(service, path)).headers["location"]
        value = next(cookie.value or "" for cookie in service.http.cookies.jar if cookie.name == COOKIE)
        other = f"{(await agreed(service, foreign)).headers['location']}".replace("/token", "/account")
        moved = await service.http.get(other)
        answers = []
        for wrong in (value[:-9], f"A{value[1:]}", value.replace(".", ""), "", "x" * 5000, "ä.b"):
            service.http.cookies.delete(COOKIE)
            cookies = "; ".join(f"{one.name}={one.value}" for one in service.http.cookies.jar)
            answers.append(await service.http.get(own, headers={"Cookie": f"{cookies}; {COOKIE}={wrong}".encode()}))
    assert TOKEN not in value
    assert "note=too_late" in moved.headers["location"]
    assert [(answer.status_code, "note=too_late" in answer.headers["location"]) for answer in answers] == [
        (303, True)
    ] * 6


async def test_another_site_cannot_confirm(tmp_path: Path) -> None:
    """A form without the token of this browser connects nothing."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        account = (await entered(service, path)).headers["location"]
        forged = [await service.http.post(account, data={"answer": "yes", "csrf": csrf}) for csrf in ("0" * 64, "")]
        after = await state(service, identifier)
    assert ([answer.status_code for answer in forged], after) == ([403, 403], ("open", 0))


async def test_tokens_that_work_cost_no_try(tmp_path: Path) -> None:
    """Who looks for the right one of many firms is not shut out; wrong tokens alone are counted."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        for _ in range(MOST_TRIES + 2):
            assert (await answered(service, await entered(service, path), "no")).status_code == 303
        done = await send(service, path)
        after = await state(service, identifier)
    assert (done.status_code, after) == (303, ("completed", 1))


async def test_a_borrower_that_is_restricted_meanwhile_is_not_connected(tmp_path: Path) -> None:
    """The page says that the link is closed."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        found = await entered(service, path)
        page = await service.http.get(found.headers["location"])
        body = {
            "borrower_ref": "firm-1",
            "kind": "restriction",
            "received_on": "2026-09-15",
            "identity_check": "in_person",
        }
        made = (await service.post("/v1/subject-requests", body)).json()["subject_request_id"]
        assert (await service.post(f"/v1/subject-requests/{made}/completion", None)).status_code == 200
        done = await service.http.post(found.headers["location"], data=filled(page.text, answer="yes"))
        after = await state(service, identifier)
    assert done.status_code == 303
    assert "result=cancelled" in done.headers["location"]
    assert after == ("cancelled", 0)


@pytest.mark.parametrize(("language", "words"), [("de", "Nicht weitergeben"), ("en", "Do not pass it on")])
async def test_the_link_goes_to_another_device_by_mail_or_picture(tmp_path: Path, language: str, words: str) -> None:
    """Both carry the address that the lender sent, and nothing of what was agreed to in this browser."""
    async with serving(tmp_path) as service:
        _, path = await a_link(service)
        page = await service.http.get((await agreed(service, path, language)).headers["location"])
    mail = unescape(page.text.partition('href="mailto:?')[2].partition('"')[0])
    body = parse_qs(mail)["body"][0]
    assert f"http://127.0.0.1:8000{path}\n" in body
    assert "agreed" not in body
    assert words in body
    assert page.text.count("<svg") == 1
    assert page.text.index("<details>") < page.text.index("<svg"), "not to be read over a shoulder"


async def test_the_confirmation_can_be_kept(tmp_path: Path) -> None:
    """What was given, when, its number, the way to withdraw, and the way on, until there is nothing to go on with."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        page = await service.http.get((await send(service, path)).headers["location"])
        (connection,) = (await service.get("/v1/connections")).json()["items"]
        await service.delete(f"/v1/connections/{connection['connection_id']}")
        later = await service.http.get(path)
    for found in (
        HOLDER,
        identifier,
        "01.10.2026, 12:00",
        "Weiter zu Muster Bank",
        "#withdraw",
        "Prüfsumme des Textes",
    ):
        assert found in unescape(page.text), found
    assert f"http://127.0.0.1:8000{path}" in page.text
    assert "Weiter zu Muster Bank" not in later.text
    assert HOLDER not in unescape(later.text)


@pytest.mark.parametrize(
    ("language", "words"), [("de", "Diesen Dienst betreibt"), ("en", "This service is operated by")]
)
async def test_every_page_of_a_link_says_who_operates_the_service(tmp_path: Path, language: str, words: str) -> None:
    """As the settings have it, with ways to reach them; pages for the lender's people do not."""
    async with serving(tmp_path, operator=OPERATOR) as service:
        _, path = await a_link(service, language=language)
        first = await service.http.get(path)
        token = await service.http.get((await agreed(service, path)).headers["location"])
        account = await service.http.get((await entered(service, path)).headers["location"])
        done = await service.http.get((await send(service, path)).headers["location"])
        unknown = await service.http.get("/connect/nothing", params={"lang": language})
        sign_in = await service.http.get("/sign-in")
    for page in (first, token, account, done, unknown):
        footer = page.text.partition("<footer")[2]
        assert f"{words} Rechenwerk GmbH, Am Markt 1, 10115 Berlin." in footer
        assert '<a href="mailto:post@rechenwerk.example">' in footer
        assert '<a href="https://rechenwerk.example/datenschutz"' in footer
    assert "Rechenwerk" not in sign_in.text


async def test_without_an_operator_nothing_is_said(tmp_path: Path) -> None:
    """No empty line, no name that nobody set."""
    async with serving(tmp_path) as service:
        _, path = await a_link(service)
        page = await service.http.get(path)
    assert "betreibt" not in page.text
    assert urlsplit(path).path in page.text
