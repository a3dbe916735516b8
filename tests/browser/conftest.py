"""A real service, its decisions, and Chromium.

Without Chromium the tests skip; where ``BROWSER_TESTS_REQUIRED`` is set, they fail.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page

from demo.__main__ import sandbox_firms
from demo.browser import browser, chromium_path
from demo.stack import Stack, running
from scoring.base.secrets import Secret
from scoring.store.database import Database
from scoring.store.principals import Principal, Role, add_key

FIRMS = ("borderline-retailer", "failing-builder", "young-startup")
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running service with a decision on each firm, and one of another lender."""

    stack: Stack
    pages: dict[str, str]
    """Address of the page by borrower."""
    foreign: str
    """Address of the page of another lender's decision."""
    portfolio: str
    """Path of the page of a portfolio with a decision, a row that failed, and a line that is no application."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Of every page that is looked at for its own sake."""
        own = ("/decisions", "/portfolios", self.portfolio)
        return (*(self.stack.service_url + path for path in own), *self.pages.values())


@dataclass(kw_only=True)
class Watched:
    """A page, and everything that should not have happened on it."""

    page: Page
    host: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen."""
        self.page.on("console", lambda message: self.complaints.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if urlsplit(url).scheme != "data" and urlsplit(url).netloc != self.host:
            self.complaints.append(f"request: {url}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Both servers as processes, with what is needed to look around."""
    _chromium_or_skip()
    folder = tmp_path_factory.mktemp("site")
    with running(folder, has_person=True) as stack:
        firms = sandbox_firms()
        pages = {name: _decide(stack, stack.api_key, firms[name], name) for name in FIRMS}
        pages[ATTACK] = _decide(stack, stack.api_key, firms["borderline-retailer"], ATTACK)
        foreign = _decide(stack, asyncio.run(_other_key(folder)), firms["borderline-retailer"], "foreign")
        yield Site(stack=stack, pages=pages, foreign=foreign, portfolio=_portfolio(stack, firms))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a module; while it runs, its thread can run no other event loop."""
    with browser(_chromium_or_skip()) as started:
        yield started


@pytest.fixture
def watched(site: Site, chromium: Browser) -> Iterator[Watched]:
    """A page of a browser that knows no cookie yet; whatever it complains about fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    seen = Watched(page=context.new_page(), host=urlsplit(site.stack.service_url).netloc)
    yield seen
    context.close()
    assert seen.complaints == []


def _chromium_or_skip() -> str:
    path = chromium_path()
    if path is not None:
        return path
    reason = "there is no chromium on the search path; install it or name it in CHROMIUM"
    if os.environ.get("BROWSER_TESTS_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)


def _decide(stack: Stack, key: str, firm: dict[str, Any], borrower: str) -> str:
    body = {
        "borrower_ref": borrower,
        "legal_form": firm["legal_form"],
        "product": "working_capital",
        "amount": {"value": "20000.00", "currency": "EUR"},
        "term_months": 12,
        "purpose": borrower,
        "payout_iban": firm["iban"],
        "sevdesk_token": firm["token"],
    }
    headers = {"Authorization": f"Bearer {key}"}
    answer = httpx.post(f"{stack.service_url}/v1/decisions", json=body, headers=headers, timeout=60)
    address: str = stack.service_url + answer.json()["links"]["page"]
    return address


def _portfolio(stack: Stack, firms: dict[str, dict[str, Any]]) -> str:
    firm = firms["borderline-retailer"]
    tokens, amounts = (firm["token"], "0" * 32, firm["token"]), ("20000", "20000", "much")
    rows = [
        f"<b>row</b> {number},{firm['legal_form']},working_capital,{amount},12,{token}"
        for number, (token, amount) in enumerate(zip(tokens, amounts, strict=True))
    ]
    content = "\n".join(("borrower_ref,legal_form,product,amount,term_months,token", *rows))
    headers = {"Authorization": f"Bearer {stack.api_key}", "Content-Type": "text/csv"}
    sent = httpx.post(f"{stack.service_url}/v1/portfolios?name=Q4", content=content, headers=headers, timeout=60)
    path: str = sent.headers["location"]
    while httpx.get(stack.service_url + path, headers=headers, timeout=60).json()["ended_at"] is None:
        time.sleep(0.05)
    return path.removeprefix("/v1")


async def _other_key(folder: Path) -> str:
    database = Database(Secret(f"sqlite:///{folder / 'scoring.sqlite'}"))
    holder = Principal(id="", lender_id="other", kind="system", name="other", roles=frozenset({Role.APPLY}))
    key, _ = await add_key(database, holder, now=datetime.now(UTC), randomness=os.urandom)
    await database.close()
    return key
