"""What changed since the last decision on a borrower, over HTTP and on its page."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from integration.api.test_old_decision import DIGESTS, decision_of
from integration.pages.test_pages import decide, signed_in
from postgres import ON_SQLITE
from service import Clock, a_firm, application, late_firm, running
from unit.sandbox_server.building import TODAY

from sandbox.clock.clock import Clock as SandboxClock
from sandbox.clock.happenings import Happening, What
from sandbox.server.app import create_app
from scoring.decisions.since_last import since_last
from scoring.store.principals import Role
from scoring.texts.since_last import say_factor, say_since_last

pytestmark = ON_SQLITE

NOBODY = "dec_00000000000000000000000000"


async def test_a_firm_pays_late_between_two_decisions(tmp_path: Path) -> None:
    """The points of all factors are the change of the score; the earlier decision is the last one, or the named one."""
    late = Happening(on=TODAY + timedelta(days=5), what=What.CUSTOMERS_PAY_LATE, days=60)
    day, clock = SandboxClock(lambda: TODAY, [late]), Clock()
    sandbox = create_app([late_firm()], today=lambda: TODAY, day=day)
    transport = httpx.ASGITransport(app=sandbox)  # type: ignore[arg-type]  # litestar types scopes more narrowly
    async with running(tmp_path, transport=transport, clock=clock) as service:
        made = []
        for _ in range(3):
            made.append((await service.post("/v1/decisions", application())).json())
            day.set(day.today() + timedelta(days=40))
            clock.advance(days=40)
        link = made[2]["links"]["since_last"]
        last, first = await service.get(link), await service.get(link, earlier=made[0]["decision_id"])
        alone = await service.get(made[0]["links"]["since_last"])
        later = await service.get(made[0]["links"]["since_last"], earlier=made[2]["decision_id"])
        foreign = await service.get(link, key=await service.key(Role.UNDERWRITE, lender="other"))
    for answer, before in ((last.json(), made[1]), (first.json(), made[0])):
        assert (answer["before"]["decision_id"], answer["after"]["decision_id"]) == (
            before["decision_id"], made[2]["decision_id"]
        )  # fmt: skip
        assert answer["points"] == made[2]["score"]["value"] - before["score"]["value"]
        assert answer["base"] + sum(factor["points"] for factor in answer["factors"]) == answer["points"]
    factor = next(one for one in first.json()["factors"] if one["features"] == ["receivables_dso_days_3m"])
    assert factor["points"] < 0
    assert factor["before"]["values"] < factor["after"]["values"]
    assert factor["documents"], "invoices that are overdue by now"
    assert all(document["number"] for document in factor["documents"])
    assert (alone.status_code, later.status_code, foreign.status_code) == (404, 404, 404)
    assert alone.json()["detail"] == "there is no earlier decision on this borrower"


async def test_only_decisions_on_the_same_borrower_are_compared(tmp_path: Path) -> None:
    """Another borrower's decision is as good as none, whatever was asked for."""
    async with running(tmp_path, books=[a_firm()]) as service:
        other = (await service.post("/v1/decisions", application(borrower_ref="firm-2"))).json()
        service.clock.advance(minutes=1)
        made = (await service.post("/v1/decisions", application())).json()
        link = made["links"]["since_last"]
        named = (other["decision_id"], NOBODY, "", made["decision_id"])
        answers = [await service.get(link, earlier=one) for one in named]
        wrong = [await service.get(link, earlier="x\0"), await service.get(link, before=NOBODY)]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.status_code for answer in wrong} == {422}


@pytest.mark.parametrize(("before", "after"), list(pairwise(DIGESTS)))
def test_decisions_of_earlier_versions_are_compared(before: str, after: str) -> None:
    """Whatever model and policy made them."""
    old, new = decision_of(before), decision_of(after)
    found = since_last(old, new)
    for text in (say_since_last(found, old, new), *map(say_factor, found.factors)):
        assert text.de
        assert "_" not in text.en
    if found.points is not None and found.base is not None:
        assert found.base + sum(factor.points for factor in found.factors) == found.points


async def test_the_page_says_what_changed(tmp_path: Path) -> None:
    """From the second decision on a borrower on."""
    async with signed_in(tmp_path, books=[late_firm()]) as (service, visitor):
        made = [await decide(service)]
        service.clock.advance(minutes=1)
        made.append(await decide(service))
        pages = [(await visitor.get(f"/decisions/{one}")).text for one in made]
    assert ['id="since-last"' in page for page in pages] == [False, True]
    assert f'href="/decisions/{made[0]}"' in pages[1]
