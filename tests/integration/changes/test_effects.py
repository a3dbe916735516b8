"""Effects on the score, told to who is to judge first: true, and the same whatever the policy makes of it."""

from pathlib import Path

import msgspec
from unit.sandbox_server.building import TODAY
from what_flips import NAMED, asked, deciding, promoted

from scoring.decisions.decision import Decision
from scoring.runtime.serving import Serving
from scoring.store import snapshots
from scoring.store.decisions import find_decision
from scoring.usecases.changes import find_effects
from scoring.usecases.simulate import WhatIf, simulated


async def stored(firm: str, folder: Path, serving: Serving) -> tuple[Decision, snapshots.KeptBooks]:
    """A decision on a firm, and its books."""
    books = NAMED[firm].books(TODAY)
    async with deciding(folder, books, TODAY, serving) as service:
        made = (await service.post("/v1/decisions", asked(firm, books))).json()["decision_id"]
        state = service.app.state
        found = await find_decision(state.database, state.signer, lender_id="bank", decision_id=made)
        assert found is not None
        content = await snapshots.load(state.database, state.cipher, lender_id="bank", decision_id=made)
    return found.decision, snapshots.KeptBooks(content, sha256=found.decision.snapshot_sha256)


async def test_effects_are_those_of_a_whole_derivation_and_ask_nothing_of_the_policy(tmp_path: Path) -> None:
    """The score of a simulation with these invoices collected; the same under a policy that declines nearly all."""
    serving = promoted(tmp_path)
    decision, books = await stored("borderline-retailer", tmp_path / "made", serving)
    effects = find_effects(decision, books, serving)
    assert [one.step.kind for one in effects] == ["collect", "pay"]
    collected = tuple(str(one.id) for one in effects[0].step.documents)
    after = simulated(decision, books, WhatIf(collected_invoices=collected), recorded=serving, wanted=serving)
    before = decision.assessment.score
    assert before is not None
    assert after.decision.assessment.score == before + effects[0].points
    policy = serving.policy
    cut_offs = msgspec.structs.replace(policy.cut_offs, approve_at_or_below=0.0001, decline_above=0.0002)
    strict = msgspec.structs.replace(serving, policy=msgspec.structs.replace(policy, cut_offs=cut_offs))
    assert find_effects(decision, books, strict) == effects
