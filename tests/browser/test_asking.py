"""Asking the applicant and its answer in Debian's Chromium, against running servers."""

from typing import Any

import pytest
from browser.test_pages import CONTRAST, _overflow
from documents import picture
from playwright.sync_api import Browser, Page, expect

from demo.browser import sign_in

CASE = "young-startup"


def link_made(page: Page, site: Any) -> str:  # noqa: ANN401  of conftest
    """Claim the case and ask with a link, by keyboard; its address."""
    sign_in(page, site.stack.service_url, site.stack.person)
    page.goto(site.pages[CASE])
    page.get_by_role("link", name="Case of this decision").click()
    page.get_by_role("button", name="Claim").press("Enter")
    page.get_by_label("What it is about").first.select_option("document")
    page.get_by_label("Text for the applicant").first.fill("Bitte den Jahresabschluss 2025.")
    for label, value in (
        ("Name of your organisation", "Muster Bank"),
        ("Address of the privacy notice", "https://bank.example/privacy"),
        ("E-mail for privacy", "privacy@bank.example"),
    ):
        page.locator("form[action$='/inquiry']").get_by_label(label).fill(value)
    page.get_by_role("button", name="Make the link").first.press("Enter")
    return page.get_by_label("Link for the applicant").input_value()


def test_an_applicant_answers_on_a_phone_by_keyboard(site: Any, watched: Any, chromium: Browser, tmp_path: Any) -> None:  # noqa: ANN401  of conftest
    """From the link to the receipt; at 390 and 320 points nothing is wider than the screen, and all texts stand out."""
    address = link_made(watched.page, site)
    context = chromium.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Muster Bank hat Fragen zu Ihrem Kreditantrag")
    widths = [_overflow(page)]
    page.set_viewport_size({"width": 320, "height": 844})
    widths.append(_overflow(page))
    poor = page.evaluate(CONTRAST)
    page.screenshot(path=tmp_path / "asked.png", full_page=True)
    page.get_by_role("button", name="Antwort abschicken").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Zu Punkt 1 fehlt die Antwort.")
    photo = tmp_path / "beleg.jpg"
    photo.write_bytes(picture("JPEG"))
    page.get_by_label("Dateien").set_input_files(photo)
    page.get_by_label("Anmerkung").fill("Der Rest folgt")
    page.get_by_role("button", name="Antwort abschicken").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vielen Dank, Ihre Antwort ist da")
    context.close()
    watched.page.reload()
    expect(watched.page.get_by_role("link", name="beleg.jpg")).to_be_visible()
    assert max(widths) <= 0
    assert poor == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_a_contest_stands_out(site: Any, chromium: Browser, scheme: Any) -> None:  # noqa: ANN401  of conftest
    """In both colour schemes, and of a link that is not valid."""
    context = chromium.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{site.stack.service_url}/answer/{'x' * 43}?lang=de")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dieser Link ist ungültig")
    assert page.evaluate(CONTRAST) == []
    context.close()
