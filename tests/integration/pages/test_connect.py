"""The pages of a link, as the firm's browser meets them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from links import a_link, agreed, answered, entered, filled, hidden_fields, path_in, send
from service import HOLDER, REVOKED, TOKEN, Service, firms, link_order, running
from unit.sandbox_server.building import TODAY

from sandbox.server.app import create_app as create_sandbox
from sandbox.server.faults import Fault, Faults
from scoring.store.connect_sessions import MOST_TRIES
from scoring.telemetry.logs import configure_logs

BACK = "https://bank.example/application/4711?step=2"


@asynccontextmanager
async def serving(folder: Path, **options: Any) -> AsyncIterator[Service]:  # noqa: ANN401  see ``running``
    """A service whose cookies a browser sends back over http."""
    async with running(folder, is_plain_http=True, **options) as service:
        yield service


async def seen(service: Service, identifier: str) -> dict[str, Any]:
    """What the lender sees of a link."""
    answer: dict[str, Any] = (await service.get(f"/v1/connect-sessions/{identifier}")).json()
    return answer


async def connections_of(service: Service) -> list[dict[str, Any]]:
    """All connections of the lender."""
    items: list[dict[str, Any]] = (await service.get("/v1/connections")).json()["items"]
    return items


async def test_an_account_that_is_confirmed_is_connected_and_leads_on_to_the_lender(tmp_path: Path) -> None:
    """With the result and the session, beside the lender's own query; one connection of the borrower is left."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        answer = await send(service, path, token=f"  {TOKEN}\n")
        page = await service.http.get(answer.headers["location"])
        session, connections = await seen(service, identifier), await connections_of(service)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    onward = f"{BACK}&result=connected&connect_session_id={identifier}"
    assert f'<a class="button" href="{onward.replace("&", "&amp;")}"' in page.text
    assert [(item["connection_id"], item["borrower_ref"]) for item in connections] == [
        (session["connection_id"], "firm-1")
    ]


@pytest.mark.parametrize("language", ["de", "en"])
async def test_the_consent_is_the_text_that_was_shown(tmp_path: Path, language: str) -> None:
    """Every line of the record stands on the page, and the digest is the record's."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        page = (await service.http.get(path, params={"lang": language})).text
        await send(service, path, language)
        consent = (await seen(service, identifier))["consent"]
    assert consent["language"] == language
    assert consent["text_sha256"] == hashlib.sha256(consent["text"].encode()).hexdigest()
    words = " ".join(unescape(page).split())
    for line in consent["text"].splitlines():
        for part in line.removeprefix("- ").split(" https://")[0].split(" privacy@")[0].splitlines():
            assert part in words


async def test_opening_a_link_uses_nothing_up(tmp_path: Path) -> None:
    """Mail scanners and previews open links, in any number."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        pages = [await service.http.get(path) for _ in range(10)]
        session = await seen(service, identifier)
        answer = await send(service, path)
    assert {page.status_code for page in pages} == {200}
    assert session["status"] == "open"
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"token": ""}, 422, "Das Feld für den API-Token ist leer"),
        ({"token": None}, 422, "Das Feld für den API-Token ist leer"),
        ({"token": TOKEN[:31]}, 422, "eingegeben wurden 31"),
        ({"token": "x" * 32}, 422, "kein vollständiger API-Token"),
        ({"token": "ä" * 32}, 422, "kein vollständiger API-Token"),
        ({"token": f"{TOKEN[:16]}\n{TOKEN[16:]}"}, 422, "kein vollständiger API-Token"),
        ({"token": REVOKED}, 422, "sevdesk hat diesen Token abgelehnt"),
        ({"text": "0" * 64}, 422, "hat sich geändert"),
        ({"text": None}, 422, "hat sich geändert"),
        ({"csrf": "0" * 64}, 403, "nimmt keine Cookies an"),
        ({"csrf": None}, 403, "nimmt keine Cookies an"),
    ],
)
async def test_a_form_that_will_not_do_says_what_to_do_and_can_be_sent_again(
    tmp_path: Path, fields: dict[str, str | None], status: int, words: str
) -> None:
    """Nothing is stored, the token is not shown again, and the same page takes a better one."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        answer = await send(service, path, **fields)
        session, connections = await seen(service, identifier), await connections_of(service)
        again = await service.http.post(path_in(answer.text), data=filled(answer.text, token=TOKEN))
    assert (answer.status_code, session["status"], connections) == (status, "open", [])
    assert words in answer.text
    title = "API-Token aus sevdesk eingeben" if "token" in fields else "sevdesk mit Muster Bank verbinden"
    assert f"<title>Fehler: {title}" in answer.text
    if fields.get("token"):
        assert fields["token"] not in answer.text
    assert again.status_code == 303


@pytest.mark.parametrize(
    ("fault", "status", "german", "english"),
    [
        (Fault(status=401), 422, "sevdesk hat diesen Token abgelehnt", "rejected this token"),
        (Fault(status=403), 422, "„Buchhaltung Pro“ oder den kostenlosen", "“Buchhaltung Pro” or its free trial"),
        (Fault(status=429), 503, "Das liegt nicht an Ihnen", "This is not your fault"),
        (Fault(status=503), 503, "Das liegt nicht an Ihnen", "This is not your fault"),
        (Fault(latency_s=30.0), 503, "Das liegt nicht an Ihnen", "This is not your fault"),
        (Fault(body="html"), 502, "schreiben Sie an privacy@bank.example", "write to privacy@bank.example"),
    ],
)
async def test_what_sevdesk_answers_is_told_in_both_languages(
    tmp_path: Path, fault: Fault, status: int, german: str, english: str
) -> None:
    """And the link is still open afterwards."""
    async with serving(tmp_path, faults=[fault], check_deadline_seconds=0.2) as service:
        identifier, path = await a_link(service)
        in_german = await entered(service, path, "de")
        in_english = await entered(service, path, "en")
        session = await seen(service, identifier)
        service.faults.clear()
        mended = await send(service, path)
    assert (in_german.status_code, in_english.status_code, session["status"]) == (status, status, "open")
    assert german in in_german.text
    assert english in in_english.text
    assert mended.status_code == 303


async def test_rejected_tokens_wear_a_link_out(tmp_path: Path) -> None:
    """sevdesk may block who asks wrongly too often; the page counts down, then says that the link is closed."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        answers = [await send(service, path, token=REVOKED) for _ in range(MOST_TRIES)]
        session = await seen(service, identifier)
        late = [await service.http.post(f"{path}{step}", data={"token": TOKEN}) for step in ("", "/token", "/account")]
        connections = await connections_of(service)
        rows = (await service.get("/v1/audit", action="link.failed")).json()["items"]
    assert [(row["actor"], row["object"]) for row in rows] == [("firm", identifier)]
    assert [answer.status_code for answer in answers] == [422] * (MOST_TRIES - 1) + [410]
    assert "Sie haben noch 4 Versuche." in answers[0].text
    assert "Sie haben noch einen Versuch." in answers[-2].text
    assert f"{BACK}&amp;result=failed&amp;connect_session_id={identifier}" in answers[-1].text
    assert (session["status"], [one.status_code for one in late], connections) == ("failed", [410] * 3, [])


async def test_a_sevdesk_that_does_not_answer_costs_no_try(tmp_path: Path) -> None:
    """Waiting and trying again is what the page advises."""
    async with serving(tmp_path, faults=[Fault(status=503)], check_deadline_seconds=0.05) as service:
        _, path = await a_link(service)
        answers = [await send(service, path) for _ in range(MOST_TRIES + 1)]
        service.faults.clear()
        mended = await send(service, path)
    assert {answer.status_code for answer in answers} == {503}
    assert mended.status_code == 303


async def test_declining_leads_back_and_uses_the_link_up(tmp_path: Path) -> None:
    """Another click changes nothing; the page of the link says what happened."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        form = filled((await service.http.get(path)).text)
        answers = [await service.http.post(f"{path}/cancel", data={"csrf": form["csrf"]}) for _ in range(2)]
        later = await service.http.post(path, data=form)
        page = await service.http.get(path)
        session, connections = await seen(service, identifier), await connections_of(service)
    place = f"{BACK}&result=cancelled&connect_session_id={identifier}"
    assert [(answer.status_code, answer.headers["location"]) for answer in (*answers, later)] == [(303, place)] * 3
    assert (page.status_code, session["status"], connections) == (410, "cancelled", [])
    assert "sevdesk wurde nicht verbunden" in page.text


async def test_another_site_cannot_decline_for_the_firm(tmp_path: Path) -> None:
    """A form without the token of this browser changes nothing."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        answer = await service.http.post(f"{path}/cancel", data={"csrf": "0" * 64})
        session = await seen(service, identifier)
        again = await service.http.get(f"{path}?lang=en")
    assert (answer.status_code, session["status"], again.status_code) == (403, "open", 200)
    assert f'href="{path}?lang=en"' in answer.text
    assert 'href="?lang' not in answer.text


async def test_an_expired_link_says_so_and_leads_back(tmp_path: Path) -> None:
    """Also to who opened it in time and sends it too late; nothing is stored."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        form = filled((await service.http.get(path)).text)
        service.clock.advance(minutes=60)
        sent = await service.http.post(f"{path}/token", data=form)
        opened = await service.http.get(path, params={"lang": "en"})
        session, connections = await seen(service, identifier), await connections_of(service)
    assert (sent.status_code, opened.status_code) == (410, 410)
    assert "Dieser Link ist abgelaufen" in sent.text
    assert "This link has expired" in opened.text
    assert f"{BACK}&amp;result=expired&amp;connect_session_id={identifier}" in sent.text
    assert (session["status"], connections) == ("expired", [])


async def test_a_used_link_leads_to_the_confirmation_and_connects_nothing_more(tmp_path: Path) -> None:
    """Reloading after success sends the form again; opening the link again shows that it is done."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        found = await entered(service, path)
        account = found.headers["location"]
        form = filled((await service.http.get(account)).text, answer="yes")
        answers = [await service.http.post(account, data=form) for _ in range(3)]
        others = [await service.http.post(f"{path}{step}", data=form) for step in ("", "/token", "/cancel")]
        opened = [await service.http.get(f"{path}{step}") for step in ("/token", "/account")]
        page = await service.http.get(path)
        connections = await connections_of(service)
        session = await seen(service, identifier)
    led = [(answer.status_code, answer.headers["location"]) for answer in (*answers, *others, *opened)]
    assert led == [(303, path)] * 8
    assert (page.status_code, len(connections), session["status"]) == (200, 1, "completed")
    assert "sevdesk ist verbunden" in page.text


class Meeting(httpx.AsyncBaseTransport):
    """Reaches a local sevdesk, but lets a question through only when so many have been asked."""

    def __init__(self, count: int) -> None:
        sandbox = create_sandbox(firms(), today=lambda: TODAY, faults=Faults())
        self._inner = httpx.ASGITransport(app=sandbox)  # type: ignore[arg-type]  # litestar types scopes more narrowly
        self.asked = asyncio.Semaphore(0)
        self.barrier = asyncio.Barrier(count)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for the others, then ask."""
        self.asked.release()
        await self.barrier.wait()
        return await self._inner.handle_async_request(request)


async def test_two_windows_at_once_make_one_connection(tmp_path: Path) -> None:
    """Both are led to the confirmation, whichever came first."""
    async with serving(tmp_path) as service:
        _, path = await a_link(service)
        found = await entered(service, path)
        answers = await asyncio.gather(*(answered(service, found) for _ in range(2)))
        connections = await connections_of(service)
    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, path)] * 2
    assert len(connections) == 1


async def test_two_processes_at_once_make_one_connection(tmp_path: Path) -> None:
    """Each with its own connections to the database, and a browser of its own."""
    async with serving(tmp_path) as one, serving(tmp_path) as other:
        _, path = await a_link(one)
        found = [await entered(service, path) for service in (one, other)]
        answers = await asyncio.gather(*(answered(*each) for each in zip((one, other), found, strict=True)))
        connections = await connections_of(one)
    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, path)] * 2
    assert len(connections) == 1


async def test_wrong_tokens_side_by_side_stay_below_the_bound(tmp_path: Path) -> None:
    """A try is counted before sevdesk is asked; who comes on top is told to wait, and nothing of it reaches sevdesk."""
    meeting = Meeting(MOST_TRIES + 1)
    async with serving(tmp_path, transport=meeting) as service:
        identifier, path = await a_link(service)
        place = (await agreed(service, path)).headers["location"]
        form = filled((await service.http.get(place)).text, token=REVOKED)
        asked = [asyncio.create_task(service.http.post(place, data=form)) for _ in range(MOST_TRIES)]
        for _ in asked:
            await meeting.asked.acquire()
        refused = await service.http.post(place, data=form)
        still_open = await seen(service, identifier)
        await meeting.barrier.wait()
        answers = await asyncio.gather(*asked)
        session = await seen(service, identifier)
    assert (refused.status_code, still_open["status"]) == (409, "open")
    assert "läuft bereits eine Prüfung" in refused.text
    assert ([answer.status_code for answer in answers], session["status"]) == ([410] * MOST_TRIES, "failed")


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }} {lender}"]
)
async def test_names_from_a_lender_are_text(tmp_path: Path, name: str) -> None:
    """Neither markup nor template; the borrower's name is not on the page at all."""
    async with serving(tmp_path) as service:
        lender = link_order()["lender"] | {"name": name}
        _, path = await a_link(service, lender=lender, borrower_ref=f"ref-{name}")
        page = (await service.http.get(path)).text
        failed = (await send(service, path, token=REVOKED)).text
    for text in (page, failed):
        assert "<script" not in text
        assert "<img" not in text
        assert name in unescape(text)
        assert "ref-" not in text


async def test_where_the_page_leads_is_not_the_readers_to_say(tmp_path: Path) -> None:
    """Parameters and fields that look like a return address are not read."""
    async with serving(tmp_path) as service:
        _, path = await a_link(service)
        evil = {"return_url": "https://evil.example/", "next": "https://evil.example/"}
        page = await service.http.get(path, params=evil)
        first = await service.http.post(path, params=evil, data=filled(page.text, **evil))
        declined = await service.http.post(f"{path}/cancel", params=evil, data=filled(page.text, **evil))
    assert "evil" not in page.text.replace("&#", "").partition("<main")[2]
    assert first.headers["location"].startswith(f"{path}/token?text=")
    assert "evil" not in first.headers["location"]
    assert declined.headers["location"].startswith("https://bank.example/")


async def test_the_page_is_guarded_by_its_headers(tmp_path: Path) -> None:
    """No script, no frame, no cache, no referrer to others; a form leads to this service and its lender alone."""
    async with serving(tmp_path) as service:
        _, path = await a_link(service)
        page = await service.http.get(path)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' https://bank.example;" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    cookie = page.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()


async def test_cookies_are_secure_unless_this_machine_alone_is_served(tmp_path: Path) -> None:
    """The default is for the internet."""
    async with running(tmp_path) as service:
        _, path = await a_link(service)
        page = await service.http.get(path)
    assert "secure" in page.headers["set-cookie"].lower()
    assert page.headers["set-cookie"].startswith("__Host-")


@pytest.mark.parametrize("suffix", ["x", "/", "%00", "%2e%2e", "ä"])
async def test_a_link_that_never_was_is_not_found(tmp_path: Path, suffix: str) -> None:
    """Mutilated, extended or invented: the same page, which says nothing about others."""
    async with serving(tmp_path) as service:
        _, path = await a_link(service)
        pages = [await service.http.get(f"{path[:-1]}{suffix}"), await service.http.get(f"/connect/{'A' * 43}")]
        sent = await service.http.post(f"/connect/{'A' * 43}", data={})
        declined = await service.http.post(f"/connect/{'A' * 43}/cancel", data={})
    assert [answer.status_code for answer in (*pages, sent, declined)] == [404] * 4
    assert "Dieser Link ist ungültig" in pages[1].text
    assert "Muster Bank" not in pages[1].text


async def test_the_page_speaks_the_language_of_the_link_until_its_reader_changes_it(tmp_path: Path) -> None:
    """What the browser prefers does not matter; a change stays through a failed try."""
    async with serving(tmp_path) as service:
        _, path = await a_link(service, language="en")
        page = await service.http.get(path, headers={"Accept-Language": "de"})
        changed = await service.http.get(path, params={"lang": "de"})
        failed = await entered(service, path, "de", token=REVOKED)
    assert '<html lang="en">' in page.text
    assert "Connect sevdesk to Muster Bank" in page.text
    assert '<html lang="de">' in changed.text
    assert "sevdesk hat diesen Token abgelehnt" in failed.text


async def test_a_language_may_be_changed_between_the_pages(tmp_path: Path) -> None:
    """The consent is to the text that was read; the rest goes on in the other language."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service)
        first = await agreed(service, path, "de")
        token = await service.http.get(f"{first.headers['location']}".replace("lang=de", "lang=en"))
        found = await service.http.post(path_in(token.text), data=filled(token.text, token=TOKEN))
        done = await answered(service, found)
        consent = (await seen(service, identifier))["consent"]
    assert "Enter the API token from sevdesk" in token.text
    assert done.headers["location"] == f"{path}?lang=en"
    assert consent["language"] == "de"
    assert consent["text"].startswith("Kurz gesagt")


PURPOSES = ["contacts", "write_back", "training", "monitoring"]
"""Those with a tick of their own."""
OPTIONAL = {
    ("contacts", "de"): "Freiwillig: Ich willige außerdem ein, dass Muster Bank die Liste der Kunden",
    ("contacts", "en"): "Optional: I also agree that Muster Bank reads the list of the firm's customers",
    ("write_back", "de"): "Freiwillig: Ich willige außerdem ein, dass Muster Bank Unterlagen gewährter Kredite",
    ("write_back", "en"): "Optional: I also agree that Muster Bank enters documents of granted loans",
    ("training", "de"): "Freiwillig: Ich willige außerdem ein, dass Muster Bank die gespeicherten Zahlen",
    ("training", "en"): "Optional: I also agree that Muster Bank uses the kept figures",
    ("monitoring", "de"): "Freiwillig: Ich willige außerdem ein, dass Muster Bank die Bücher der Firma auch nach",
    ("monitoring", "en"): "Optional: I also agree that Muster Bank reads the firm's books from time to time",
}
"""How the statement of each begins."""


@pytest.mark.parametrize(
    ("asked", "ticks", "agreed", "version"),
    [
        ([], {}, [], "14"),
        ([], {"contacts": "yes", "write_back": "yes"}, [], "14"),
        (["contacts"], {}, [], "15"),
        (["contacts"], {"contacts": "no"}, [], "15"),
        (["contacts"], {"contacts": "yes"}, ["contacts"], "15"),
        (["contacts"], {"contacts": "yes", "write_back": "yes"}, ["contacts"], "15"),
        (["write_back"], {}, [], "16"),
        (["write_back"], {"write_back": "no"}, [], "16"),
        (["write_back"], {"write_back": "yes"}, ["write_back"], "16"),
        (["write_back"], {"write_back": "yes", "contacts": "yes"}, ["write_back"], "16"),
        (["training"], {}, [], "17"),
        (["training"], {"training": "yes", "contacts": "yes"}, ["training"], "17"),
        (["monitoring"], {}, [], "19"),
        (["monitoring"], {"monitoring": "yes", "training": "yes"}, ["monitoring"], "19"),
        (PURPOSES, {}, [], "19"),
        (PURPOSES, {"contacts": "yes"}, ["contacts"], "19"),
        (PURPOSES, {"write_back": "yes"}, ["write_back"], "19"),
        (PURPOSES[::-1], dict.fromkeys(PURPOSES, "yes"), PURPOSES, "19"),
    ],
)
@pytest.mark.parametrize("language", ["de", "en"])
async def test_a_further_purpose_is_agreed_to_by_a_tick_of_its_own(
    tmp_path: Path, language: str, asked: list[str], ticks: dict[str, str], agreed: list[str], version: str
) -> None:
    """Which is not set for the firm, may be left out, and counts only where it was asked for; the record says which."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service, purposes=[*asked, "decision"])
        page = (await service.http.get(path, params={"lang": language})).text
        answer = await send(service, path, language, **ticks)
        session, connections = await seen(service, identifier), await connections_of(service)
    consent, words, purposes = session["consent"], " ".join(unescape(page).split()), ["decision", *agreed]
    assert answer.status_code == 303
    assert (consent["purposes"], consent["text_version"], connections[0]["purposes"]) == (purposes, version, purposes)
    assert consent["text_sha256"] == hashlib.sha256(consent["text"].encode()).hexdigest()
    for line in consent["text"].splitlines():
        assert line.removeprefix("- ").split(" https://")[0].split(" privacy@")[0] in words
    for name in PURPOSES:
        assert (f'<input id="{name}" name="{name}" type="checkbox" value="yes">' in page) is (name in asked)
        assert (OPTIONAL[name, language] in words) is (name in asked)
        assert (OPTIONAL[name, language] in consent["text"]) is (name in agreed)


@pytest.mark.parametrize("name", PURPOSES)
async def test_a_tick_stays_with_its_text(tmp_path: Path, name: str) -> None:
    """After a failed try it need not be set again, unless what it is for has changed; no other is set."""
    async with serving(tmp_path) as service:
        identifier, path = await a_link(service, purposes=["decision", *PURPOSES])
        same = await agreed(service, path, csrf="0" * 64, **{name: "yes"})
        other = await agreed(service, path, text="0" * 64, **{name: "yes"})
        session = await seen(service, identifier)
    assert (same.status_code, other.status_code, session["status"]) == (403, 422, "open")
    for one in PURPOSES:
        ticked = f'<input id="{one}" name="{one}" type="checkbox" value="yes" checked>'
        assert (ticked in same.text) is (one == name)
        assert ticked not in other.text
    assert hidden_fields(same.text)["text"] == hidden_fields(other.text)["text"]


async def test_what_was_agreed_to_cannot_be_changed_on_the_way(tmp_path: Path) -> None:
    """The address of the next page is of the browser that agreed, of its ticks, and of its link."""
    async with serving(tmp_path) as service:
        _, path = await a_link(service, purposes=["decision", *PURPOSES])
        _, foreign = await a_link(service, purposes=["decision", *PURPOSES])
        place = (await agreed(service, path, contacts="yes")).headers["location"]
        more = place.replace("contacts=yes", "contacts=yes&write_back=yes")
        less = place.replace("contacts=yes&", "")
        moved = place.replace(path, foreign)
        form = filled((await service.http.get(place)).text, token=TOKEN)
        opened = [await service.http.get(one) for one in (more, less, moved)]
        sent = [await service.http.post(one, data=form) for one in (more, less, moved)]
        service.http.cookies.clear()
        elsewhere = await service.http.get(place)
        connections = await connections_of(service)
    assert [(answer.status_code, answer.headers["location"]) for answer in opened] == [
        (303, path),
        (303, path),
        (303, foreign),
    ]
    assert [answer.status_code for answer in sent] == [403] * 3
    assert all("Ich willige ein" in answer.text for answer in sent)
    assert (elsewhere.status_code, elsewhere.headers["location"]) == (303, path)
    assert connections == []


async def test_the_log_knows_neither_link_nor_token_nor_borrower(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also for addresses that are no route; the session is named by its identifier."""
    configure_logs("debug")
    try:
        async with serving(tmp_path) as service:
            identifier, path = await a_link(service, borrower_ref="Erika Muster")
            await send(service, path, token=REVOKED)
            await service.http.get(path.removeprefix("/connect"))
            await service.http.get(f"http://service/{path}")
            await service.http.get(f"{path}/unknown")
            await service.http.put(path)
            await send(service, path)
            await service.http.get(path)
            _, another = await a_link(service)
            await entered(service, another)
            cookies = [cookie.value or "" for cookie in service.http.cookies.jar]
    finally:
        structlog.reset_defaults()
    logged = capfd.readouterr().err
    assert '"route": "/connect/{secret}"' in logged
    assert identifier in logged
    assert len(cookies) > 1
    for secret in (path.removeprefix("/connect/"), TOKEN, REVOKED, "Erika", HOLDER, *cookies):
        assert secret not in logged
