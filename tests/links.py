"""One-time links in tests: made by the lender, opened and sent by the firm's browser."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import httpx
from service import TOKEN, Service, link_order
from typing_extensions import override


async def a_link(service: Service, **changes: Any) -> tuple[str, str]:  # noqa: ANN401  any JSON
    """Identifier of a new connect session and the path of its page."""
    answer = await service.post("/v1/connect-sessions", link_order(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()["connect_session_id"], urlsplit(answer.json()["url"]).path


async def agreed(service: Service, path: str, language: str = "", **ticks: str | None) -> httpx.Response:
    """Agree on the first page of a link, as a browser does; the address of the next page is in ``location``."""
    page = await service.http.get(urlsplit(path).path, params={"lang": language} if language else {})
    return await service.http.post(path_in(page.text), data=filled(page.text, **ticks))


async def entered(service: Service, path: str, language: str = "", **changes: str | None) -> httpx.Response:
    """Agree, and send the token; what does not name the token is about the first page."""
    about_token = {name: changes.pop(name) for name in ("token",) if name in changes}
    first = await agreed(service, path, language, **changes)
    if first.status_code != 303:
        return first
    page = await service.http.get(first.headers["location"])
    if page.status_code != 200:
        return page
    return await service.http.post(path_in(page.text), data=filled(page.text, **{"token": TOKEN, **about_token}))


async def answered(service: Service, found: httpx.Response, answer: str = "yes") -> httpx.Response:
    """Say on the page of an account that was found whether it is the firm's."""
    page = await service.http.get(found.headers["location"])
    if page.status_code != 200:
        return page
    return await service.http.post(path_in(page.text), data=filled(page.text, answer=answer))


async def send(service: Service, path: str, language: str = "", **changes: str | None) -> httpx.Response:
    """Agree, send the token and confirm the account that it opens: the last answer, or the first that is no way on.

    Args:
        service: That serves the link.
        path: Of the link.
        language: In which its reader asks for it; empty is the link's own.
        changes: Fields of the forms; None leaves one out.
    """
    found = await entered(service, path, language, **changes)
    return (
        await answered(service, found)
        if found.status_code == 303 and "/account" in found.headers["location"]
        else found
    )


def filled(page: str, **changes: str | None) -> dict[str, str]:
    """The fields of the form on a page; None leaves one out."""
    fields = hidden_fields(page) | changes
    return {name: value for name, value in fields.items() if value is not None}


def hidden_fields(page: str) -> dict[str, str | None]:
    """Name to value of what a form sends unseen."""
    reader = _Reader()
    reader.feed(page)
    return reader.hidden


def path_in(page: str) -> str:
    """Where the first form of a page is sent."""
    reader = _Reader()
    reader.feed(page)
    return reader.actions[0]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str | None] = {}
        self.actions: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input" and values.get("type") == "hidden":
            self.hidden[values["name"] or ""] = values["value"]
        if tag == "form":
            self.actions.append(values["action"] or "")
