"""The management accounts on the page of a decision."""

import io
from pathlib import Path

import polars as pl
import pytest
from integration.api.test_what_if import decided, owed_firm
from people import add, visiting
from service import running

from features.ledger import SCHEMAS


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


async def test_a_view_decodes_the_books_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the page works out on them: each frame of the snapshot is read one time."""
    read, decode = [], pl.read_ipc_stream

    def counted(source: io.BytesIO) -> pl.DataFrame:
        read.append(source)
        return decode(source)

    async with running(tmp_path, books=[owed_firm()], is_plain_http=True) as service:
        made = await decided(service)
        await add(service)
        async with visiting(service) as visitor:
            await visitor.sign_in()
            monkeypatch.setattr(pl, "read_ipc_stream", counted)
            page = await visitor.get(f"/decisions/{made['decision_id']}")
    assert page.status_code == 200
    assert len(read) == len(SCHEMAS)
