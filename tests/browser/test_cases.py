"""The pages of cases in Debian's Chromium, against running servers."""

from typing import Any

import pytest
from browser.test_pages import CONTRAST, _overflow
from playwright.sync_api import Browser, Page, expect

from demo.browser import sign_in


def test_a_referral_is_claimed_and_decided_by_keyboard(site: Any, watched: Any) -> None:  # noqa: ANN401  of conftest
    """From the decision to its case, the claim and the vote, which asks for a reason and an explanation."""
    page: Page = watched.page
    sign_in(page, site.stack.service_url, site.stack.person)
    page.goto(site.pages["young-startup"])
    page.get_by_role("link", name="Case of this decision").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Case: young-startup")
    page.get_by_role("button", name="Claim").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("You work on this case.")
    page.get_by_label("decline").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Vote, for good").press("Enter")
    expect(page.get_by_label("Reason")).to_be_focused()  # the browser asks for what is missing
    page.get_by_label("Reason").select_option("information_missing")
    page.get_by_label("Explanation").fill("Keine Antwort auf die Rückfrage")
    page.get_by_label("Explanation").press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Your vote is stored and signed.")
    expect(page.locator("#resolution-title")).to_be_visible()
    expect(page.locator(".steps li")).to_have_count(3)


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_phone_scrolls_cases_in_one_direction(site: Any, chromium: Browser, language: str) -> None:  # noqa: ANN401  of conftest
    """At 390 and at 320 points neither the queue nor a case is wider than the screen."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True)
    page = context.new_page()
    page.goto(f"{site.stack.service_url}/sign-in?lang={language}")
    sign_in(page, site.stack.service_url, site.stack.person)
    widths = {}
    for address in addresses(page, site):
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 844})
            page.goto(address)
            widths[f"{address} {width}"] = _overflow(page)
    context.close()
    assert {name: width for name, width in widths.items() if width > 0} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_cases_stands_out(site: Any, chromium: Browser, scheme: Any) -> None:  # noqa: ANN401  of conftest
    """By at least 4.5 to 1 in both colour schemes."""
    context = chromium.new_context(color_scheme=scheme)
    page = context.new_page()
    sign_in(page, site.stack.service_url, site.stack.person)
    poor = []
    for address in addresses(page, site):
        page.goto(address)
        poor += page.evaluate(CONTRAST)
    context.close()
    assert poor == []


def addresses(page: Page, site: Any) -> list[str]:  # noqa: ANN401  of conftest
    """The queue, and the case of each decision."""
    found = [f"{site.stack.service_url}/cases?state=all"]
    for address in site.pages.values():
        page.goto(address)
        found.append(site.stack.service_url + str(page.locator('.back a[href^="/cases/"]').get_attribute("href")))
    return found
