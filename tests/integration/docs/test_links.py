"""Links between documents, and the files that they name."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    page for folder in (".", "docs", "docs/decisions", "benchmarks") for page in (ROOT / folder).glob("*.md")
)
LIVING = [page for page in PAGES if page.parent.name != "decisions" and page.name != "CHANGELOG.md"]
"""Pages about the code as it is; others are about the past, too."""
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)")
FILE = re.compile(r"`((?:benchmarks|demo|docs|features|forecast|models|sandbox|scoring|tests)/[\w./-]*)`")


def anchors(page: Path) -> set[str]:
    """Of the headings of a page, as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    """Of this repository; addresses elsewhere are not opened."""
    for path, anchor in LINK.findall(page.read_text()):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {path}"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{page.name} links to {path}#{anchor}"


@pytest.mark.parametrize("page", LIVING, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_names_are_there(page: Path) -> None:
    """By their path from the repository's folder."""
    named = set(FILE.findall(page.read_text()))
    assert not [path for path in sorted(named) if not (ROOT / path).exists()]
