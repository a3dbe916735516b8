"""The management accounts on the page of a decision."""

from pathlib import Path

from integration.api.test_what_if import decided, owed_firm
from people import add, visiting
from service import running


async def test_the_page_shows_the_management_accounts(tmp_path: Path) -> None:
    """In both languages, with its lines and sums."""
    async with running(tmp_path, books=[owed_firm()], is_plain_http=True) as service:
        made = await decided(service)
        await add(service)
        async with visiting(service) as visitor:
            await visitor.sign_in()
            path = f"/decisions/{made['decision_id']}"
            english = (await visitor.get(f"{path}?lang=en")).text
            german = (await visitor.get(f"{path}?lang=de")).text
    assert "Management accounts" in english
    assert "Result before tax" in english
    assert "Betriebswirtschaftliche Auswertung" in german
    assert "Ergebnis vor Steuern" in german
    assert "Belegpositionen wurden nicht abgerufen" in german
