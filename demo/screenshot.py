"""``python -m demo.screenshot``: writes the pictures in docs/images.

They are a decision as an underwriter sees it, and of one loan the pages of its link, its case and the loan itself.

Needs the development environment and Chromium.
"""

import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page

from demo.__main__ import CASES, ask, sandbox_firms
from demo.browser import browser, chromium_path, sign_in
from demo.desk import walk
from demo.one_loan import write_files
from demo.stack import StackError, running

OUT = Path("docs/images")
DECISION = OUT / "decision-page.png"
CASE = CASES[1]  # the borderline retailer: a person decides, with reasons on both sides
WIDTH, HEIGHT = 1160, 1330
_OF_DESK = {"case-berta": "case-page", "loan-running": "loan-page"}
"""Pages of the walk to the names of their pictures."""


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
                made = [DECISION, *_of_one_loan(chromium)]
    except (StackError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for path_of_picture in made:
        sys.stdout.write(f"{path_of_picture}: {path_of_picture.stat().st_size // 1000} kB\n")
    return 0


def _of_one_loan(chromium: Browser) -> list[Path]:
    """The pages that a firm meets on its phone, a case before the second vote, and its loan."""
    made: list[Path] = []

    def look(page: Page, name: str) -> None:
        if name.startswith("connect-") or name in _OF_DESK:
            made.append(OUT / f"{_OF_DESK.get(name, name)}.png")
            page.screenshot(path=made[-1], scale="css")

    with (
        tempfile.TemporaryDirectory(prefix="demo-") as data,
        running(Path(data), settings=write_files(Path(data))) as stack,
    ):
        walk(stack, chromium, sandbox_firms()["sole-trader"], look)
    return made


if __name__ == "__main__":
    sys.exit(main())
