"""The quality of the books of a stored decision; ``test_what_if`` has who may ask, and what is refused."""

from decimal import Decimal
from pathlib import Path

from integration.api.test_what_if import decided, owed_firm
from people import add, visiting
from service import running

from features.quality import FLAGS


async def test_a_decision_leads_to_the_quality_of_its_books(tmp_path: Path) -> None:
    """By a link in its answer. What the decision did not read was not checked, and that lowers no score."""
    async with running(tmp_path, books=[owed_firm()], is_plain_http=True) as service:
        made = await decided(service)
        answer = await service.get(made["links"]["data_quality"])
        trail = [row["action"] for row in (await service.get("/v1/audit", limit="200")).json()["items"]]
        await add(service)
        async with visiting(service) as visitor:
            await visitor.sign_in()
            page = (await visitor.get(f"/decisions/{made['decision_id']}")).text
    found = answer.json()
    assert answer.status_code == 200
    assert found["decision_id"] == made["decision_id"]
    assert 0 <= found["score"] <= 100
    unchecked = {one["feature"]: one for one in found["unchecked"]}
    assert found["confidence"] == 100 - sum(one["weight"] for one in unchecked.values())
    assert unchecked["trust_wordless_invoice_share_12m_v2"]["cause"] == "not_fetched"
    assert "not checked because" in unchecked["trust_wordless_invoice_share_12m_v2"]["text"]["en"]
    assert len(found["causes"]) <= 3
    assert {cause["feature"] for cause in found["causes"]} <= FLAGS.keys() - unchecked.keys()
    levels = {one["level"]: one for one in found["matches"]["levels"]}
    assert list(levels) == ["log", "provider", "amount_day_party", "amount_day", "none"]
    assert all(Decimal(one["amount"]["value"]) >= 0 for one in levels.values())
    assert "decision.read" in trail
    assert found["text"]["en"].startswith(f"The quality of the data is {found['score']} of 100.")
    assert found["text"]["en"] in page
    assert all(cause["text"]["en"].replace("'", "&#39;") in page for cause in found["causes"])
