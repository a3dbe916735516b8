"""A model that scores two features together: decided, told, read back and replayed."""

import re
from pathlib import Path

from integration.api.test_replay import recorded
from integration.api.test_what_if import owed_firm
from integration.pages.test_pages import decide, signed_in
from msgspec.structs import replace
from service import a_serving, application, running

from models.points import PointsTable
from models.steps import PairSteps
from scoring.runtime.serving import Serving, combine, newest_policy_file
from scoring.usecases.replay import replay

NAME = "receivables_dso_days_3m x receivables_overdue_share"


def with_pair() -> Serving:
    """The serving of the other tests, and 7.5 points less where both features have a value."""
    serving = a_serving()
    first, second = serving.table.features
    pair = PairSteps(
        first=first.name,
        second=second.name,
        first_edges=first.edges,
        second_edges=second.edges,
        points=((-7.5, -7.5, 0.0), (-7.5, -7.5, 0.0), (0.0, 0.0, 0.0)),
        shares=((0.5, 0.1, 0.05), (0.1, 0.15, 0.0), (0.05, 0.05, 0.0)),
        bad_rates=((0.02, 0.05, None), (0.05, 0.1, None), (None, None, None)),
    )
    table: PointsTable = replace(serving.table, schema=3, pairs=(pair,))
    return combine(serving.card, table, newest_policy_file().read_bytes())


async def test_a_pair_is_one_contribution_and_one_reason(tmp_path: Path) -> None:
    """The points add up with it; both values are told, in both languages, on the page, too; a replay agrees."""
    serving = with_pair()
    async with running(tmp_path, books=[owed_firm()], serving=serving) as service:
        made = await service.post("/v1/decisions", application())
        assert made.status_code == 201, made.text
        decision = made.json()
        identifier = decision["decision_id"]
        again, snapshot = await recorded(service, identifier)
        missing = await service.get(f"/v1/decisions/{identifier}/missing-data")
    pair = decision["contributions"][-1]
    assert (pair["feature"], pair["second_feature"]) == tuple(NAME.split(" x "))
    assert pair["points"] == -7.5
    assert pair["second_value"] == decision["features"][pair["second_feature"]]
    assert "second_feature" not in decision["contributions"][0]
    assert decision["score"]["value"] == decision["score"]["base"] + sum(
        one["points"] for one in decision["contributions"]
    )
    [reason] = [one for one in decision["reasons"] if one["second"]]
    assert reason["code"] == "RECEIVABLES_DSO_DAYS_3M_WITH_RECEIVABLES_OVERDUE_SHARE"
    assert " zusammen: " in reason["text"]["de"]
    assert "Das kostet 7,5 Punkte" in reason["text"]["de"]
    assert " together: " in reason["text"]["en"]
    alone = [one["evidence"]["total"] for one in decision["reasons"] if not one["second"]]
    assert reason["evidence"]["total"] >= max(alone, default=0)
    assert missing.status_code == 200
    for report in (replay(again, snapshot, serving), replay(again, None, serving)):
        assert (report.differences, report.agrees) == ((), True)


async def test_the_page_names_both_features(tmp_path: Path) -> None:
    """The waterfall has a row for the pair and adds up; its reason has both values."""
    async with signed_in(tmp_path, books=[owed_firm()], serving=with_pair()) as (service, visitor):
        page = (await visitor.get(f"/decisions/{await decide(service)}")).text
    rows = re.findall(r"<tr.*?</tr>", page[page.index('class="waterfall"') :].split("</table>")[0], re.DOTALL)
    assert sum(" together" in row for row in rows) == 1
    assert "on top of the points that each of the two values has by itself" in page
