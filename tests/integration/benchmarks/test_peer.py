"""The benchmarks' peer computes what the product computes, or it would be no comparison."""

from datetime import date

import httpx
import pytest

from benchmarks.books import Replay
from features.derive import derive
from features.ledger import Resource
from features.spine import spine_of
from sandbox.firms.persona import Persona
from sandbox.firms.personas import PERSONAS
from sandbox.server.app import create_app
from scoring.base.secrets import Secret
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient

pytest.importorskip("pandas", reason="pandas is installed for the benchmarks only: make bench")
from benchmarks.peer import books, features

TODAY = date(2026, 11, 20)
FIRMS = {"healthy-agency", "borderline-retailer", "failing-builder", "young-startup", "dormant"}


@pytest.mark.parametrize("persona", [some for some in PERSONAS if some.firm in FIRMS], ids=lambda persona: persona.firm)
async def test_the_peer_derives_the_same_values(persona: Persona) -> None:
    """For good, bad, new and empty firms, json and pandas give the shared features to the last declared decimal."""
    app = create_app([persona.books(TODAY)], today=lambda: TODAY)
    replay = Replay(httpx.ASGITransport(app=app), {})  # type: ignore[arg-type]  # litestar types scopes more narrowly
    async with HttpClient(replay) as http:
        client = SevdeskClient(http, "http://sandbox/api/v1", Secret(persona.token))
        fetched = await client.fetch(frozenset(Resource), fetched_on=TODAY)
    ledger, _ = build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 32, payout_iban=None)
    expected = derive(ledger, spine_of(TODAY), features.SHARED).row()

    frames = books.frames(*books.decode(replay.answers), TODAY)
    found = features.derive(frames, TODAY).iloc[0].to_dict()

    assert features.differences(expected, found) == {}
