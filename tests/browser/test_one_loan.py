"""One loan of a sole trader from the link to the repayment, with nothing but pages, by two persons."""

from pathlib import Path

from browser.test_pages import CONTRAST, _overflow
from playwright.sync_api import Browser, Page, expect

from demo.__main__ import sandbox_firms
from demo.desk import walk
from demo.one_loan import write_files
from demo.stack import running


def test_a_sole_trader_gets_and_repays_a_loan(tmp_path: Path, chromium: Browser) -> None:
    """No page on the way is wider than its window, and every text stands out."""
    seen: list[str] = []
    faults: list[str] = []

    def look(page: Page, name: str) -> None:
        seen.append(name)
        faults.extend(f"{name}: {one}" for one in page.evaluate(CONTRAST))
        if _overflow(page) > 0:
            faults.append(f"{name} is too wide")
        if name == "voted-anna":
            expect(page.get_by_text("waits for the second vote").first).to_be_visible()
        if name == "loan-repaid":
            expect(page.get_by_text("repaid", exact=True)).to_be_visible()

    with running(tmp_path, settings=write_files(tmp_path)) as stack:
        walk(stack, chromium, sandbox_firms()["sole-trader"], look)
    assert faults == []
    assert [name for name in seen if not name.startswith("connect")] == [
        *(f"{what}-{name}" for name in ("anna", "berta") for what in ("queue", "case", "voted")),
        "granting",
        "loan-granted",
        "loan-running",
        "loan-repaid",
    ]
