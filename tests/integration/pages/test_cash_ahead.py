"""Cash ahead, in the answer of the interface and on the page of a decision."""

from pathlib import Path

from people import add, visiting
from service import running
from unit.sandbox_server.building import TODAY
from what_flips import NAMED, asked, promoted


async def test_cash_ahead_is_answered_and_drawn(tmp_path: Path) -> None:
    """A chart with a text, money, days and kinds of flows; changes alone where the bank does not confirm the level."""
    serving = promoted(tmp_path)
    answers, pages = {}, {}
    for firm in ("healthy-agency", "unverified-balance"):
        books = NAMED[firm].books(TODAY)
        async with running(tmp_path / firm, books=[books], serving=serving, is_plain_http=True) as service:
            made = (await service.post("/v1/decisions", asked(firm, books))).json()
            answers[firm] = (await service.get(made["links"]["cashflow"])).json()
            await add(service)
            async with visiting(service) as visitor:
                await visitor.sign_in()
                pages[firm] = (await visitor.get(f"/decisions/{made['decision_id']}")).text
    known, changes = answers["healthy-agency"], answers["unverified-balance"]
    assert known["cause"] is None
    expected = known["cases"][0]
    assert [one["case"] for one in known["cases"]] == ["expected", "less_revenue", "late_customer", "both"]
    assert len(expected["with_instalment"]["days"]) >= 180
    first = expected["without_loan"]["days"][0]
    assert first["median"]["currency"] == "EUR"
    assert float(first["low"]["value"]) <= float(first["median"]["value"]) <= float(first["high"]["value"])
    assert 0 <= expected["without_loan"]["gap"] <= expected["with_instalment"]["gap"] <= 1
    kinds = {flow["kind"] for month in known["months"] for flow in month["flows"]}
    assert {"open_invoices", "new_sales", "wages", "rent", "vat"} <= kinds
    assert changes["cause"] == "balance_level_unverified"
    assert (changes["level"], changes["cases"][0]["with_instalment"]["gap"]) == (None, None)
    assert 'id="ahead"' in pages["healthy-agency"]
    assert 'class="band"' in pages["healthy-agency"]
    assert "the day at highest risk ends below zero with a probability of" in pages["healthy-agency"]
    assert "The amounts are changes since the day of observation, no levels" in pages["unverified-balance"]
