"""One loan in a browser: the firm on its phone, and two persons at their desks. For the pictures and for the tests."""

from collections.abc import Callable
from typing import Any, Final

import httpx
from playwright.sync_api import Browser, Locator, Page

from demo.browser import sign_in
from demo.one_loan import BACK, FRONT, LINK, RATE, application
from demo.stack import Stack, add_person

PHONE: Final = {"width": 390, "height": 844}
DESK: Final = {"width": 1160, "height": 1330}
Look = Callable[[Page, str], None]
"""Is given each page before something is done on it, and its name."""


def walk(stack: Stack, chromium: Browser, firm: dict[str, Any], look: Look) -> str:
    """From the lender's link to the repaid loan, with nothing but pages; returns the address of the loan.

    Args:
        stack: started with the settings of ``write_files``.
        chromium: runs.
        firm: of the sandbox's own list; a person decides on it.
        look: looks at every page.
    """
    headers = {"Authorization": f"Bearer {stack.api_key}"}
    with httpx.Client(base_url=stack.service_url, headers=headers, timeout=60) as lender:
        order = {**LINK, "return_url": f"{stack.sandbox_url}/sandbox/health"}
        link = lender.post("/v1/connect-sessions", json=order).raise_for_status().json()
        connect(chromium, link["url"], firm["token"], look)
        session = lender.get(f"/v1/connect-sessions/{link['connect_session_id']}").raise_for_status().json()
        body = application(firm) | {"connection_id": session["connection_id"]}
        decision = lender.post("/v1/decisions", json=body).raise_for_status().json()
    case = stack.service_url + decision["links"]["case"].removeprefix("/v1")
    for name in (FRONT, BACK):
        page = _at_desk(stack, chromium, name)
        _vote(page, case, name, look)
        if name == BACK:
            address = _lend(page, case, look)
        page.context.close()
    return address


def connect(chromium: Browser, url: str, token: str, look: Look) -> None:
    """As the firm on its phone: agree to everything, give the token, confirm the account, and go on to the lender.

    Args:
        chromium: runs.
        url: of the link.
        token: of the firm.
        look: looks at every page.
    """
    context = chromium.new_context(viewport=PHONE, is_mobile=True, device_scale_factor=2, locale="en-GB")
    page = context.new_page()
    page.goto(f"{url}?lang=en")
    onward = page.get_by_role("link", name="Continue to")
    number = 0
    while page.url.startswith(url):
        number += 1
        look(page, f"connect-{number}")
        if onward.count():
            _press(onward)
            break
        for box in page.locator("main form input[type=checkbox]").all():
            box.check()
        if page.locator("main input[name=token]").count():
            page.locator("main input[name=token]").fill(token)
        _press(page.locator("main form button[type=submit]").first)
    context.close()


def _at_desk(stack: Stack, chromium: Browser, name: str) -> Page:
    page = chromium.new_context(viewport=DESK, locale="en-GB").new_page()
    sign_in(page, stack.service_url, add_person(stack, name))
    return page


def _vote(page: Page, case: str, name: str, look: Look) -> None:
    """Claim the case from the queue's list, and vote for the loan."""
    page.goto(case.rsplit("/", 1)[0])
    look(page, f"queue-{name}")
    page.goto(case)
    _press(page.get_by_role("button", name="Claim"))
    look(page, f"case-{name}")
    page.get_by_label("approve").check()
    page.get_by_label("Interest").fill(RATE)
    page.get_by_label("Reason").select_option("data_explained")
    page.get_by_label("Explanation").fill("Books and bank agree.")
    _press(page.get_by_role("button", name="Vote, for good"))
    look(page, f"voted-{name}")


def _lend(page: Page, case: str, look: Look) -> str:
    """Grant, confirm, plan, pay out and redeem, all on one day."""
    page.goto(f"{case}/loan")
    look(page, "granting")
    page.get_by_label("Loan number").fill("K-1")
    _press(page.get_by_role("button", name="Grant the loan"))
    look(page, "loan-granted")
    while page.get_by_role("button", name="Confirm").count():
        page.get_by_label("Proof").first.fill("file 1")
        _press(page.get_by_role("button", name="Confirm").first)
    _press(page.get_by_role("button", name="Enter the plan"))
    _enter(page, "paid_out", "10,000.00")
    look(page, "loan-running")
    _enter(page, "redeemed", "10,074.17")
    look(page, "loan-repaid")
    return page.url.partition("?")[0]


def _enter(page: Page, kind: str, amount: str) -> None:
    page.get_by_label("What", exact=True).select_option(kind)
    page.get_by_label("Amount in euro").fill(amount)
    _press(page.get_by_role("button", name="Enter", exact=True))


def _press(button: Locator) -> None:
    """And wait for the page that follows."""
    with button.page.expect_navigation():
        button.click()
