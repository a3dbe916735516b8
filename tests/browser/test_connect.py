"""The page of a link in a real browser: from the lender's link to the lender's page."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from browser.test_pages import CONTRAST
from playwright.sync_api import Browser, Page, expect

from demo.stack import Stack
from sandbox.objects.folder import derive_token

TOKEN, REVOKED = derive_token("healthy-agency"), derive_token("revoked-token")
FRIEND = derive_token("borderline-retailer")
SCREEN = 844
"""Height of a phone's screen, in pixels of the page."""


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
    """Reads, changes the language, gives a wrong token, then another's, then its own; ends at the lender."""
    link = a_link(site.stack, lender)
    page.goto(link["url"])
    expect(page.get_by_role("heading", level=1)).to_have_text("sevdesk mit Muster Bank verbinden")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect sevdesk to Muster Bank")
    page.get_by_role("button", name="I agree").click()

    field = page.get_by_label("API token from sevdesk")
    field.fill(REVOKED)
    page.get_by_role("button", name="Find the account").click()
    expect(page.get_by_role("alert")).to_contain_text("sevdesk rejected this token")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    expect(field).to_be_in_viewport()
    expect(page.get_by_role("alert")).to_be_in_viewport()

    field.fill(FRIEND)
    field.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Kolibri Handel GmbH")
    page.get_by_role("button", name="No, another account").click()
    expect(page.get_by_role("status")).to_contain_text("This account is not connected")
    page.go_back()
    expect(field).to_be_visible()  # the account that was refused is not shown again

    field.fill(TOKEN)
    field.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Morgenrot Design GmbH")
    page.get_by_role("button", name="Yes, these are my books").click()
    expect(page.get_by_role("status")).to_contain_text("sevdesk is connected")
    page.get_by_role("link", name="Continue to Muster Bank").click()
    page.wait_for_url(f"{lender}&result=connected&connect_session_id={link['connect_session_id']}")
    page.goto(link["url"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Einwilligung für Muster Bank")
    page.get_by_role("button", name="Alles widerrufen und den Token löschen").click()
    expect(page.get_by_role("status")).to_contain_text("Sie haben alles widerrufen")


def test_a_phone_that_forgot_the_page_goes_on_where_it_was(site: Any, lender: str, page: Page) -> None:  # noqa: ANN401  the same
    """Whoever changes to sevdesk for the token comes back to a page that was thrown away, and loads it again."""
    page.goto(a_link(site.stack, lender)["url"])
    page.get_by_role("button", name="Ich willige ein").click()
    token = page.get_by_label("API-Token aus sevdesk")
    expect(token).to_be_visible()  # a page that is not there yet cannot be loaded again
    page.reload()
    expect(token).to_be_visible()
    token.fill(TOKEN)
    page.get_by_role("button", name="Konto suchen").click()
    expect(page.get_by_role("main")).to_contain_text("Morgenrot Design GmbH")
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("Morgenrot Design GmbH")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_each_page_is_short_and_can_be_read(
    site: Any,  # noqa: ANN401  the same
    lender: str,
    chromium: Browser,
    language: str,
    scheme: Any,  # noqa: ANN401  of Playwright
) -> None:
    """On a phone: the field for the token in the first two screens, nothing too wide, every text stands out."""
    page = chromium.new_page(viewport={"width": 390, "height": SCREEN}, color_scheme=scheme)
    screens: dict[str, float] = {}

    def look(name: str) -> None:
        screens[name] = page.evaluate("document.documentElement.scrollHeight") / SCREEN
        for summary in page.locator("summary").all():
            summary.click()
        assert page.evaluate(CONTRAST) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") == 390, name
        for summary in page.locator("summary").all():
            summary.click()

    page.goto(f"{a_link(site.stack, lender)['url']}?lang={language}")
    look("consent")
    agree = page.locator("form button").first.bounding_box()
    with page.expect_navigation():
        page.locator("form button").first.click()
    look("token")
    box = page.locator("#token").bounding_box()
    for token in ("a" * 32, TOKEN):
        page.locator("#token").fill(token)
        with page.expect_navigation():
            page.locator("#token").press("Enter")
        look("refused" if token != TOKEN else "account")
        if token != TOKEN:
            after_refusal = page.locator("#token").bounding_box()
    with page.expect_navigation():
        page.locator("button[value=yes]").click()
    look("confirmation")
    page.context.close()
    assert agree is not None
    assert box is not None
    assert after_refusal is not None
    assert agree["y"] + agree["height"] < 2 * SCREEN
    assert box["y"] + box["height"] < SCREEN
    assert after_refusal["y"] + after_refusal["height"] < 2 * SCREEN
    most = {"consent": 2.0, "token": 1.5, "refused": 2.0, "account": 1.1, "confirmation": 2.5}
    assert {name: at for name, at in screens.items() if at > most[name]} == {}


def test_a_firm_connects_by_keyboard_alone_and_without_script(site: Any, lender: str, chromium: Browser) -> None:  # noqa: ANN401  the same
    """Tab, blank and Enter lead from the first page to the lender."""
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    link = a_link(site.stack, lender)

    def tab_to(role: Any, name: str) -> None:  # noqa: ANN401  of Playwright
        wanted = page.get_by_role(role, name=name, exact=True)
        for _ in range(30):
            page.keyboard.press("Tab")
            if wanted.and_(page.locator(":focus")).count():
                return
        pytest.fail(f"{name} cannot be reached")

    page.goto(f"{link['url']}?lang=en")
    tab_to("button", "I agree")
    page.keyboard.press("Enter")
    page.wait_for_url("**/token?**")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.locator("#token:focus").count():
            break
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account?**")
    tab_to("button", "Yes, these are my books")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{link['url']}?lang=en")
    tab_to("link", "Continue to Muster Bank")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{lender}&result=connected&connect_session_id={link['connect_session_id']}")
    context.close()


def test_going_on_at_the_computer_begins_with_the_consent(
    site: Any,  # noqa: ANN401  the same
    lender: str,
    page: Page,
    chromium: Browser,
) -> None:
    """The address that the mail carries is opened in another browser; the first one then shows the confirmation."""
    page.goto(a_link(site.stack, lender)["url"])
    page.get_by_role("button", name="Ich willige ein").click()
    expect(page.get_by_role("img", name="QR-Code mit diesem Link")).not_to_be_visible()
    page.get_by_text("Am Computer weitermachen").click()
    expect(page.get_by_role("img", name="QR-Code mit diesem Link")).to_be_visible()
    mail = page.get_by_role("link", name="Link per E-Mail an mich selbst").get_attribute("href") or ""
    (address,) = re.findall(r"http\S+", parse_qs(mail.partition("?")[2])["body"][0])

    computer = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    computer.goto(address)
    computer.get_by_role("button", name="Ich willige ein").click()
    computer.get_by_label("API-Token aus sevdesk").fill(TOKEN)
    computer.get_by_label("API-Token aus sevdesk").press("Enter")
    computer.get_by_role("button", name="Ja, das sind meine Bücher").click()
    expect(computer.get_by_role("status")).to_contain_text("sevdesk ist verbunden")
    computer.context.close()
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("sevdesk ist verbunden")


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
