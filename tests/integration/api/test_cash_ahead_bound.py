"""What cash ahead carries, in a decision, on its page, and made again."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from integration.api.test_replay import recorded
from people import add, visiting
from service import running
from unit.sandbox_server.building import TODAY
from what_flips import NAMED, asked, promoted

from scoring.runtime.serving import Serving, combine, newest_policy_file
from scoring.usecases.policy_simulation import NotComparableError, compare
from scoring.usecases.replay import replay


async def _decided(folder: Path, firm: str, serving: Serving | None = None) -> tuple[dict[str, Any], str]:
    """The answer on a firm's application, and the page of the decision."""
    books, serving = NAMED[firm].books(TODAY), serving or promoted(folder)
    async with running(folder / firm, books=[books], serving=serving, is_plain_http=True) as service:
        made = (await service.post("/v1/decisions", asked(firm, books))).json()
        await add(service)
        async with visiting(service) as visitor:
            await visitor.sign_in()
            return made, (await visitor.get(f"/decisions/{made['decision_id']}")).text


def _with_bound(serving: Serving, at_most: str) -> Serving:
    """The same under a policy that accepts another risk of a gap."""
    policy = newest_policy_file().read_text()
    assert "gap_probability_at_most = 0.2 " in policy
    text = policy.replace("gap_probability_at_most = 0.2 ", f"gap_probability_at_most = {at_most} ")
    return combine(serving.card, serving.table, text.encode())


async def test_a_decision_says_what_cash_carries(tmp_path: Path) -> None:
    """The instalment with its bound, the risk without it, and the level; the page says the same."""
    made, page = await _decided(tmp_path, "healthy-agency")
    found = made["largest_instalment"]
    assert made["verdict"] == "approve"
    assert (found["cause"], found["gap_probability_at_most"], found["days"]) == (None, 0.2, 180)
    assert 0 <= found["gap_probability"] <= found["gap_probability_at_most"]
    carried, bound = (float(one["value"]) for one in (found["instalment"], made["offer"]["constraints"]["cash_ahead"]))
    assert 11 * carried < bound < 12 * carried
    for said in ("What the bound from cash ahead follows from", "Highest instalment that cash ahead carries"):
        assert said in page


async def test_whose_cash_is_too_short_goes_to_a_person(tmp_path: Path) -> None:
    """Of a lender that bears next to no risk of a gap: no offer of 0.00, and a reason."""
    serving = _with_bound(promoted(tmp_path), "0.0001")
    made, page = await _decided(tmp_path, "foreign-currency", serving)
    assert (made["recommendation"], made["verdict"], made["offer"]) == ("refer", "refer", None)
    assert made["largest_instalment"]["gap_probability"] > made["largest_instalment"]["gap_probability_at_most"]
    cause = next(one for one in made["causes"] if one["code"] == "CASH_AHEAD_SHORT")
    assert cause["text"]["en"].startswith("By the look ahead at cash")
    assert cause["text"]["en"] in page


async def test_a_level_that_is_not_confirmed_bounds_nothing(tmp_path: Path) -> None:
    """The cause is told in place of a number."""
    made, page = await _decided(tmp_path, "unverified-balance")
    assert made["largest_instalment"]["cause"] == "balance_level_unverified"
    assert made["largest_instalment"]["instalment"] is None
    assert "cash_ahead" not in made["offer"]["constraints"]
    assert "Cash ahead does not bound the maximum loan amount, because" in page


async def test_who_is_declined_is_not_looked_ahead_for(tmp_path: Path) -> None:
    """Nothing would be offered without the bound."""
    made, _ = await _decided(tmp_path, "failing-builder")
    assert (made["recommendation"], made["largest_instalment"]) == ("decline", None)


async def test_a_replay_takes_it_from_the_record(tmp_path: Path) -> None:
    """Whatever a forecast of today would say: with another number in the record, only what follows from it differs."""
    books, serving = NAMED["healthy-agency"].books(TODAY), promoted(tmp_path)
    async with running(tmp_path / "one", books=[books], serving=serving) as service:
        made = (await service.post("/v1/decisions", asked("healthy-agency", books))).json()
        decision, snapshot = await recorded(service, made["decision_id"])
    assert replay(decision, snapshot, serving).differences == ()
    assert replay(decision, None, serving).differences == ()
    largest = decision.largest_instalment
    assert largest is not None
    less = msgspec.structs.replace(largest, by_term_cents=(100,) * len(largest.by_term_cents))
    changed = msgspec.structs.replace(decision, largest_instalment=less)
    for books_of_then in (snapshot, None):
        fields = {one.field for one in replay(changed, books_of_then, serving).differences}
        assert "assessment.recommendation" in fields
        assert not any(field.startswith("largest_instalment") for field in fields)


async def test_a_policy_with_another_bound_is_compared_on_the_books_alone(tmp_path: Path) -> None:
    """What cash carries depends on the risk that is accepted: a record has it for one."""
    books, shipped = NAMED["healthy-agency"].books(TODAY), promoted(tmp_path)
    async with running(tmp_path / "one", books=[books], serving=shipped) as service:
        made = (await service.post("/v1/decisions", asked("healthy-agency", books))).json()
        decision, snapshot = await recorded(service, made["decision_id"])
    candidate = _with_bound(shipped, "0.1")
    with pytest.raises(NotComparableError, match="does not say what cash ahead carries"):
        compare(decision, None, shipped, candidate, loss_given_default=0.5)
    again = [
        compare(decision, books_of_then, shipped, other, loss_given_default=0.5).after
        for books_of_then, other in ((snapshot, candidate), (snapshot, shipped), (None, shipped))
    ]
    assert again[0] == again[1] == again[2]
