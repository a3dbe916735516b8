"""Debian's Chromium, driven by Playwright: for the picture of the documentation and for the tests of the pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from demo.stack import Person

_QUIET = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str | None:
    """Where Chromium is: in the variable ``CHROMIUM``, or on the search path."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


@contextmanager
def browser(path: str) -> Iterator[Browser]:
    """A Chromium without a window, for as long as the block lasts."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox does not work for root
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=[*_QUIET, *sandbox])
        try:
            yield started
        finally:
            started.close()


def sign_in(page: Page, service_url: str, person: Person) -> None:
    """Fill in the form and wait for the list."""
    page.goto(f"{service_url}/sign-in")
    page.fill("#lender", person.lender)
    page.fill("#name", person.name)
    page.fill("#password", person.password)
    page.click("main button[type=submit]")
    page.wait_for_url("**/decisions*")
