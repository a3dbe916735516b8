"""How long suspicion reports are kept."""

import asyncio
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from service import KEY_MATERIAL

from scoring.base.secrets import Cipher, EncryptionKey, Secret
from scoring.store.database import Database
from scoring.store.suspicion import SuspicionStore, open_reports


@pytest.mark.parametrize(
    ("now", "deleted"),
    [
        (datetime(2026, 11, 30, 22, 59, tzinfo=UTC), 0),
        (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), 1),  # 1 December in Berlin
        (datetime(2027, 3, 28, 1, 30, tzinfo=UTC), 1),
    ],
)
def test_a_report_goes_after_so_many_days_of_berlin(tmp_path: Path, now: datetime, deleted: int) -> None:
    """The day of a report is one there, and so is the present."""

    def build(database: Database) -> SuspicionStore:
        cipher = Cipher((EncryptionKey(id="k1", material=Secret(KEY_MATERIAL)),), randomness=os.urandom)
        return SuspicionStore(database, cipher, actor="test", now=now, randomness=os.urandom)

    async def retained() -> int:
        url = Secret(f"sqlite:///{tmp_path / 'suspicion.sqlite'}")
        async with open_reports(url, timeout_seconds=5.0, create=True, store=build) as store:
            assert store is not None
            reported_on = date(2026, 11, 20)
            await store.add(lender_id="bank", borrower_ref="firm-1", text="Barzahlungen", reported_on=reported_on)
            return await store.retain(days=10, dry_run=False)

    assert asyncio.run(retained()) == deleted
