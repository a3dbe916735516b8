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


async def send(service: Service, path: str, **changes: str | None) -> httpx.Response:
    """Open the page and send its form with consent and token, as a browser does; None leaves a field out."""
    page = await service.http.get(path)
    return await service.http.post(path, data=filled(page.text, **changes))


def filled(page: str, **changes: str | None) -> dict[str, str]:
    """The fields of the form on a page, with consent and token."""
    fields = hidden_fields(page) | {"consent": "yes", "token": TOKEN} | changes
    return {name: value for name, value in fields.items() if value is not None}


def hidden_fields(page: str) -> dict[str, str | None]:
    """Name to value of what a form sends unseen."""
    reader = _Reader()
    reader.feed(page)
    return reader.hidden


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str | None] = {}

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input" and values.get("type") == "hidden":
            self.hidden[values["name"] or ""] = values["value"]
