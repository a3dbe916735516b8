"""What missing data could change, on the page of a decision."""

from pathlib import Path

from people import add, visiting
from service import running
from unit.sandbox_server.building import TODAY
from what_flips import NAMED, asked, promoted


async def test_the_page_says_what_missing_data_could_change(tmp_path: Path) -> None:
    """With its sentence for the whole, and one for each feature; nothing where no feature is missing."""
    serving = promoted(tmp_path)
    pages = {}
    for firm in ("unverified-balance", "healthy-agency"):
        books = NAMED[firm].books(TODAY)
        async with running(tmp_path / firm, books=[books], serving=serving, is_plain_http=True) as service:
            made = (await service.post("/v1/decisions", asked(firm, books))).json()
            await add(service)
            async with visiting(service) as visitor:
                await visitor.sign_in()
                pages[firm] = (await visitor.get(f"/decisions/{made['decision_id']}")).text
    assert "If every feature were known, the score would be between" in pages["unverified-balance"]
    assert pages["unverified-balance"].count("A missing value counts") == 4  # as many levels
    assert pages["unverified-balance"].count("The policy reads it, the model does not.") == 1
    assert "What that could change" not in pages["healthy-agency"]
