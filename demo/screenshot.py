"""``python -m demo.screenshot``: writes docs/images/decision-page.png, a decision as an underwriter sees it.

Needs the development environment and Chromium.
"""

import sys
import tempfile
from pathlib import Path

import httpx

from demo.__main__ import CASES, ask, sandbox_firms
from demo.browser import browser, chromium_path, sign_in
from demo.stack import StackError, running

OUT = Path("docs/images/decision-page.png")
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
                OUT.parent.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=OUT)
    except (StackError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{OUT}: {OUT.stat().st_size // 1000} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
