"""The pages in Debian's Chromium, against running servers."""

from datetime import UTC, datetime
from typing import Any

import pytest
from authenticator import code_at
from playwright.sync_api import Browser, Page, expect

from demo.browser import sign_in

CONTRAST = """
() => {
  const parse = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let node = element; node; node = node.parentElement) {
      const color = parse(getComputedStyle(node).backgroundColor);
      if (color[3] > 0) return color;
    }
    return [255, 255, 255, 1];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.getClientRects().length || element.matches(".zone-name, title, desc")) continue;
    const style = getComputedStyle(element);
    const front = parse(element.matches("text") ? style.fill : style.color);
    const [a, b] = [light(front), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.tagName}.${element.className} ${element.textContent}`);
  }
  return poor;
}
"""
"""Every text whose colour differs from what is behind it by less than WCAG AA asks for."""


def test_an_underwriter_finds_and_reads_a_decision(site: Any, watched: Any) -> None:  # noqa: ANN401  of conftest
    """Signing in, filtering, opening, switching the language, signing out."""
    page: Page = watched.page
    sign_in(page, site.stack.service_url, site.stack.person)
    expect(page.get_by_role("heading", level=1)).to_have_text("Decisions")
    page.get_by_label("Borrower").fill("failing-builder")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("table.list tbody tr")).to_have_count(1)
    page.get_by_role("link", name="failing-builder").click()
    assert page.url == site.pages["failing-builder"]
    expect(page.get_by_role("heading", level=1)).to_have_text("Decision failing-builder")
    expect(page.get_by_role("img", name="Revenue per month, net")).to_be_visible()
    page.get_by_role("link", name="Deutsch").click()
    assert page.url.split("?")[0] == site.pages["failing-builder"]
    expect(page.get_by_role("heading", level=1)).to_have_text("Entscheidung failing-builder")
    expect(page.get_by_role("img", name="Umsatz je Monat, netto")).to_be_visible()
    page.get_by_role("button", name="Abmelden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")


def test_a_foreign_decision_is_not_found(site: Any, chromium: Browser) -> None:  # noqa: ANN401  of conftest
    """The page says so and shows nothing of it."""
    page = chromium.new_page(locale="en-GB")
    sign_in(page, site.stack.service_url, site.stack.person)
    answer = page.goto(site.foreign)
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
    assert "foreign" not in page.content()
    page.context.close()


def test_everything_works_without_script(site: Any, chromium: Browser) -> None:  # noqa: ANN401  of conftest
    """Signing in, filtering and opening."""
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, site.stack.service_url, site.stack.person)
    page.select_option("#verdict", "decline")
    page.locator(".filter button").click()
    page.get_by_role("link", name="failing-builder").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Decision failing-builder")
    context.close()


def test_a_portfolio_is_read_row_by_row(site: Any, watched: Any) -> None:  # noqa: ANN401  of conftest
    """From the menu to what went wrong with a row, and to the decision on another one."""
    page: Page = watched.page
    sign_in(page, site.stack.service_url, site.stack.person)
    page.get_by_role("navigation", name="Main navigation").get_by_role("link", name="Portfolios").click()
    page.get_by_role("link", name="Q4").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Q4")
    expect(page.locator("table.list tbody tr")).to_have_count(3)
    page.select_option("#state", "failed")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("table.list tbody tr")).to_have_count(1)
    expect(page.locator("table.list tbody")).to_contain_text("The account rejects the credential")
    page.get_by_role("link", name="All rows").click()
    page.get_by_role("link", name="Decision on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Decision <b>row</b> 0")


def test_signing_in_takes_a_keyboard_alone(site: Any, watched: Any) -> None:  # noqa: ANN401  of conftest
    """Type, Tab, Enter; then the skip link is the first stop and leads to the content, with a visible focus."""
    page: Page = watched.page
    person = site.stack.person
    page.goto(site.pages["young-startup"])
    expect(page.locator("#lender")).to_be_focused()
    for text in (person.lender, person.name):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    page.wait_for_url(site.pages["young-startup"])
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="All decisions")).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_phone_scrolls_in_one_direction(site: Any, chromium: Browser, language: str) -> None:  # noqa: ANN401  of conftest
    """At 390 and at 320 points no page is wider than the screen; tables scroll in themselves."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True)
    page = context.new_page()
    page.goto(f"{site.stack.service_url}/sign-in?lang={language}")
    widths = {"sign-in": _overflow(page)}
    sign_in(page, site.stack.service_url, site.stack.person)
    for name in site.addresses:
        page.goto(name)
        widths[name] = _overflow(page)
        page.set_viewport_size({"width": 320, "height": 700})
        widths[f"{name} narrow"] = _overflow(page)
        page.set_viewport_size({"width": 390, "height": 844})
    context.close()
    assert {name: width for name, width in widths.items() if width > 0} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out(site: Any, chromium: Browser, scheme: Any) -> None:  # noqa: ANN401  of conftest
    """By at least 4.5 to 1 in both colour schemes."""
    context = chromium.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{site.stack.service_url}/sign-in")
    poor = list(page.evaluate(CONTRAST))
    sign_in(page, site.stack.service_url, site.stack.person)
    for address in site.addresses:
        page.goto(address)
        poor += page.evaluate(CONTRAST)
    context.close()
    assert poor == []


def test_on_paper_everything_is_open(site: Any, watched: Any) -> None:  # noqa: ANN401  of conftest
    """Tables that are folded on the screen are printed; buttons and filters are not."""
    page: Page = watched.page
    sign_in(page, site.stack.service_url, site.stack.person)
    page.goto(site.pages["borderline-retailer"])
    tables = page.locator("details table")
    assert tables.count() == 5
    expect(tables.first).to_be_hidden()
    page.emulate_media(media="print")
    for number in range(5):
        expect(tables.nth(number)).to_be_visible()
    expect(page.get_by_role("button")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_markup_in_a_reference_is_shown_not_run(site: Any, watched: Any) -> None:  # noqa: ANN401  of conftest
    """A borrower's reference with a script in it: no dialog, no request, the very text."""
    page: Page = watched.page
    attack = next(name for name in site.pages if "script" in name)
    sign_in(page, site.stack.service_url, site.stack.person)
    page.get_by_role("link", name=attack).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Decision {attack}")


def _overflow(page: Page) -> int:
    """By how much the page is wider than the screen."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def test_a_second_factor_is_set_up_and_asked_for_by_keyboard(site: Any, watched: Any) -> None:  # noqa: ANN401  of conftest
    """Every text can be read; afterwards it is removed again, for the tests that share the person."""
    page: Page = watched.page
    sign_in(page, site.stack.service_url, site.stack.person)
    page.get_by_role("link", name="Signed in as").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your access")
    assert page.evaluate(CONTRAST) == []
    page.get_by_role("link", name="Set up").press("Enter")
    expect(page.get_by_role("img", name="QR code of the key")).to_be_visible()
    assert page.evaluate(CONTRAST) == []
    secret = page.locator("code").inner_text()
    page.get_by_label("Current password").fill(site.stack.person.password)
    page.get_by_label("Code", exact=True).fill(code_at(secret, datetime.now(UTC)))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    assert page.evaluate(CONTRAST) == []
    codes = page.locator("code").all_inner_texts()
    page.get_by_role("link", name="Continue").press("Enter")
    page.get_by_role("button", name="Sign out").press("Enter")
    for label, typed in (("Lender", "lender"), ("Name", "name"), ("Password", "password")):
        page.get_by_label(label).fill(getattr(site.stack.person, typed))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter the code")
    page.keyboard.type(codes[0])  # the field has the focus
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Signed in as").press("Enter")
    expect(page.get_by_text("Recovery codes left: 9.")).to_be_visible()
    page.get_by_label("Code", exact=True).fill(codes[1])
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The second factor is removed.")
