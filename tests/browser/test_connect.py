"""The page of a link in a real browser: from the lender's link to the lender's page."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from demo.stack import Stack

TOKEN, REVOKED = "064471bc129977d373091ab0d1a5314e", "08b4b84eb0ac4a5eca73aecafd15a951"


@pytest.fixture(scope="module")
def lender() -> Iterator[str]:
    """Address of a page of the lender, on another origin than the service."""

    class Returned(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><title>Muster Bank</title>")

        def log_message(self, *_: Any) -> None:  # type: ignore[override]  # noqa: ANN401  nothing is said
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Returned)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/application?step=2"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A window of a phone's width, in which nothing may be refused by a security rule."""
    window = chromium.new_page(viewport={"width": 390, "height": 844})
    complaints: list[str] = []
    window.on("console", lambda message: complaints.append(message.text) if "Security" in message.text else None)
    yield window
    window.close()
    assert complaints == []


def a_link(stack: Stack, lender: str) -> dict[str, str]:
    """A new link, as the lender's backend gets it."""
    order = {
        "borrower_ref": "firm-4711",
        "return_url": lender,
        "lender": {
            "name": "Muster Bank",
            "privacy_url": "https://bank.example/privacy",
            "privacy_email": "privacy@bank.example",
        },
    }
    headers = {"Authorization": f"Bearer {stack.api_key}"}
    answer = httpx.post(f"{stack.service_url}/v1/connect-sessions", json=order, headers=headers)
    link: dict[str, str] = answer.raise_for_status().json()
    return link


def test_a_firm_connects_its_account(site: Any, lender: str, page: Page) -> None:  # noqa: ANN401  Site of the conftest
    """Reads, changes the language, forgets the tick, gives a wrong token, then the right one; ends at the lender."""
    link = a_link(site.stack, lender)
    page.goto(link["url"])
    expect(page.get_by_role("heading", level=1)).to_have_text("sevdesk mit Muster Bank verbinden")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect sevdesk to Muster Bank")
    assert page.evaluate("document.documentElement.scrollWidth") == 390

    page.get_by_label("API token from sevdesk").fill(REVOKED)
    page.get_by_role("button", name="Consent and connect").click()
    assert page.get_by_label("API token from sevdesk").input_value() == REVOKED  # the browser asks for the tick

    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Consent and connect").click()
    expect(page.get_by_role("alert")).to_contain_text("sevdesk rejected this token")
    field = page.get_by_label("API token from sevdesk")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    expect(field).to_be_in_viewport()
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(page.get_by_role("checkbox")).to_be_checked()

    field.fill(TOKEN)
    field.press("Enter")
    page.wait_for_url(f"{lender}&result=connected&connect_session_id={link['connect_session_id']}")
    page.goto(link["url"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Einwilligung für Muster Bank")
    page.get_by_role("button", name="Alles widerrufen und den Token löschen").click()
    expect(page.get_by_role("status")).to_contain_text("Sie haben alles widerrufen")


def test_a_firm_declines(site: Any, lender: str, page: Page) -> None:  # noqa: ANN401  the same
    """One click leads back; afterwards the link says what happened."""
    link = a_link(site.stack, lender)
    page.goto(link["url"])
    page.get_by_role("button", name="Nicht verbinden, zurück zu Muster Bank").click()
    page.wait_for_url(f"{lender}&result=cancelled&connect_session_id={link['connect_session_id']}")
    page.goto(link["url"])
    expect(page.get_by_role("heading", level=1)).to_have_text("sevdesk wurde nicht verbunden")
    page.get_by_role("link", name="Zurück zu Muster Bank").click()
    page.wait_for_url(f"{lender}&result=cancelled&connect_session_id={link['connect_session_id']}")
