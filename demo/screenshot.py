"""``python -m demo.screenshot``: writes the pictures in docs/images.

They are a decision as an underwriter sees it, and the pages of a link as a firm sees them on its phone.

Needs the development environment and Chromium.
"""

import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page

from demo.__main__ import CASES, ask, sandbox_firms
from demo.browser import browser, chromium_path, sign_in
from demo.desk import connect
from demo.one_loan import LINK
from demo.stack import Stack, StackError, running

OUT = Path("docs/images")
DECISION = OUT / "decision-page.png"
CASE = CASES[1]  # the borderline retailer: a person decides, with reasons on both sides
WIDTH, HEIGHT = 1160, 1330


def main() -> int:
    """Start everything, decide on one application, open its page, take the picture; 0 when it is written."""
    path = chromium_path()
    if path is None:
        sys.stderr.write("there is no chromium on the search path; install it or name it in CHROMIUM\n")
        return 2
    try:
        with tempfile.TemporaryDirectory(prefix="demo-") as data, running(Path(data), has_person=True) as stack:
            headers = {"Authorization": f"Bearer {stack.api_key}"}
            with httpx.Client(base_url=stack.service_url, headers=headers, timeout=60) as service:
                answer, _ = ask(service, CASE, sandbox_firms()[CASE.firm])
            with browser(path) as chromium:
                page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="en-GB")
                sign_in(page, stack.service_url, stack.person)
                page.goto(f"{stack.service_url}{answer.json()['links']['page']}?lang=en")
                OUT.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=DECISION)
                made = [DECISION, *_of_a_link(stack, chromium)]
    except (StackError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for path_of_picture in made:
        sys.stdout.write(f"{path_of_picture}: {path_of_picture.stat().st_size // 1000} kB\n")
    return 0


def _of_a_link(stack: Stack, chromium: Browser) -> list[Path]:
    """One picture of each page that a firm meets."""
    made: list[Path] = []

    def look(page: Page, name: str) -> None:
        made.append(OUT / f"{name}.png")
        page.screenshot(path=made[-1], scale="css")

    headers = {"Authorization": f"Bearer {stack.api_key}"}
    order = {**LINK, "return_url": f"{stack.sandbox_url}/sandbox/health"}
    answer = httpx.post(f"{stack.service_url}/v1/connect-sessions", json=order, headers=headers)
    connect(chromium, answer.raise_for_status().json()["url"], sandbox_firms()["healthy-agency"]["token"], look)
    return made


if __name__ == "__main__":
    sys.exit(main())
