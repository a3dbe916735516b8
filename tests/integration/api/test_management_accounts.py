"""Management accounts of a stored decision; ``test_what_if`` has who may ask, and what is refused."""

from decimal import Decimal
from pathlib import Path

from integration.api.test_what_if import decided, owed_firm
from service import running
from unit.sandbox_server.building import TODAY
from what_flips import NAMED


async def test_a_decision_leads_to_its_management_accounts(tmp_path: Path) -> None:
    """By a link in its answer: twelve months, sums that add up, and a difference where both accounts are known."""
    async with running(tmp_path, books=[owed_firm()]) as service:
        made = await decided(service)
        answer = await service.get(made["links"]["management_accounts"])
        trail = [row["action"] for row in (await service.get("/v1/audit", limit="200")).json()["items"]]
    found = answer.json()
    assert answer.status_code == 200
    assert found["decision_id"] == made["decision_id"]
    assert len(found["months"]) == 12
    by_line = {one["line"]: one for one in found["documents"]["lines"]}
    assert Decimal(by_line["revenue"]["total"]["value"]) > 0
    assert sum(Decimal(one["value"]) for one in by_line["revenue"]["amounts"]) == Decimal(
        by_line["revenue"]["total"]["value"]
    )
    assert by_line["result_before_tax"]["is_sum"]
    assert not found["has_positions"]
    assert "Positions of documents were not requested" in found["text"]["en"]
    assert "decision.read" in trail


async def test_an_operator_can_have_positions_read_for_every_decision(tmp_path: Path) -> None:
    """Bills have kinds of cost then; the firm earns the same."""
    books = NAMED["healthy-agency"].books(TODAY)
    found = []
    for reads in (False, True):
        async with running(tmp_path / str(reads), books=[books], reads_positions=reads) as service:
            made = await decided(service, sevdesk_token=books.token)
            answer = await service.get(made["links"]["management_accounts"])
            found.append(answer.json())
    without, with_positions = ({one["line"]: one["total"] for one in each["documents"]["lines"]} for each in found)
    assert {"unmapped"} <= without.keys()
    assert {"material", "advertising", "communication"} <= with_positions.keys()
    assert "unmapped" not in with_positions
    assert without["result_before_tax"] == with_positions["result_before_tax"]
    assert [each["has_positions"] for each in found] == [False, True]
