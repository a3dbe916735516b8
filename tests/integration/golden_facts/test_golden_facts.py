"""Facts of decisions as version 0.3.0 answered them, for every firm of the sandbox: words may change, facts may not.

The files in ``facts_0_3`` were written by 0.3.0. To write them with the code that is checked out (the tests are then
skipped, as nothing is compared):

    UPDATE_GOLDEN=1 python -m pytest tests/integration/golden_facts

Everything goes through the public interface. Compared is what a file holds: a later version may add fields to its
answers, but no feature, limit or entry of a list. Left out are words, times, random identifiers and digests.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from service import IBAN, Clock, application, running

from models.registry import ARTIFACTS, Registry
from sandbox.firms.evidence import EVIDENCE
from sandbox.firms.personas import PERSONAS
from sandbox.firms.wholesaler import WHOLESALER
from sandbox.server.app import create_app
from scoring import decisions
from scoring.runtime.serving import Serving, card_of, combine

FACTS = Path(__file__).parent / "facts_0_3"
POLICY = Path(decisions.__file__).parent / "policies" / "v1.toml"
"""Of 0.3.0; a later policy may have other rules."""
DAY = date(2026, 11, 23)
FIRMS = tuple(firm for firm in (*PERSONAS, WHOLESALER) if firm not in EVIDENCE)
"""Those that 0.3.0 had."""
WORDS_AND_CHANCE = frozenset(
    {
        *("text", "remedy", "scale", "definition"),
        *("decision_id", "created_at", "links", "timing_ms"),
        *("model_sha256", "policy_sha256", "snapshot_sha256", "service"),
    }
)
"""Fields that are no facts, wherever they stand."""
MAPS = frozenset({"features", "missing", "constraints"})
"""Fields whose names are facts themselves: none may be added."""
OWN = "the firm's own account"
FIRST, ANOTHERS = "working capital 12000", "another's account"
ASKED: dict[str, dict[str, Any]] = {
    FIRST: {},
    "working capital 60000": {"amount": "60000.00"},
    "investment 40000, own account": {
        "product": "investment",
        "amount": "40000.00",
        "term_months": 36,
        "payout_iban": OWN,
    },
    "natural person": {"legal_form": "einzelunternehmen"},
    ANOTHERS: {"payout_iban": IBAN},
    "half a year earlier": {"as_of": "2026-05-31"},
}
"""What each firm asks for: over 12,000 euro and 12 months as a GmbH, unless it says otherwise."""


def asked_of(firm: Any) -> list[str]:  # noqa: ANN401  a Persona or a Wholesaler
    """Names of the applications of a firm: of the wholesaler one, as reading 200,000 invoices takes ten seconds."""
    if firm is WHOLESALER:
        return [FIRST]
    return [name for name in ASKED if name != ANOTHERS or firm.firm == "healthy-agency"]


def serving_of_0_3() -> Serving:
    """Its model and policy: both can be put back in force, on books that are read today."""
    model = Registry(root=ARTIFACTS).load("sme", "2")
    return combine(card_of(model), model.table, POLICY.read_bytes())


async def take(firm: Any, folder: Path) -> dict[str, Any]:  # noqa: ANN401  a Persona or a Wholesaler
    """Facts of the answers to every application of one firm, by application."""
    clock = Clock()
    clock.now = datetime(DAY.year, DAY.month, DAY.day, 11, tzinfo=UTC)
    sandbox = create_app([firm.books(DAY)], today=lambda: DAY)
    facts = {}
    async with running(
        folder,
        transport=httpx.ASGITransport(app=sandbox),  # type: ignore[arg-type]  # litestar types scopes more narrowly
        serving=serving_of_0_3(),
        clock=clock,
        fetch_deadline_seconds=300,
    ) as service:
        for name in asked_of(firm):
            asked = {"amount": "12000.00", **ASKED[name], "sevdesk_token": firm.token}
            asked["amount"] = {"value": asked["amount"], "currency": "EUR"}
            if asked.get("payout_iban") == OWN:
                asked["payout_iban"] = firm.iban
            facts[name] = facts_of(await service.post("/v1/decisions", application(**asked)))
    return facts


def facts_of(answer: httpx.Response) -> dict[str, Any]:
    """What an answer says, words and chance aside; of a problem, its type."""
    if answer.status_code != 201:
        return {"status": answer.status_code, "type": answer.json()["type"]}
    facts: dict[str, Any] = _without(answer.json())
    return facts


def _without(value: Any) -> Any:  # noqa: ANN401  any JSON
    if isinstance(value, dict):
        return {name: _without(entry) for name, entry in value.items() if name not in WORDS_AND_CHANCE}
    return [_without(entry) for entry in value] if isinstance(value, list) else value


def differences(golden: Any, found: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401  any JSON
    """What a file holds and an answer says otherwise, one line each."""
    if isinstance(golden, dict) and isinstance(found, dict):
        added = found.keys() if path.rpartition(".")[2] in MAPS else frozenset()
        for name in sorted(golden.keys() | added):
            yield from differences(golden.get(name), found.get(name), f"{path}.{name}")
    elif isinstance(golden, list) and isinstance(found, list) and _is_as_long(golden, found, path):
        for index, (left, right) in enumerate(zip(golden, found, strict=False)):
            yield from differences(left, right, f"{path}[{index}]")
    # the text of a number is exact and tells 1 from 1.0
    elif json.dumps(golden) != json.dumps(found):
        yield f"{path}: {json.dumps(golden)} is now {json.dumps(found)}"


def _is_as_long(golden: list[Any], found: list[Any], path: str) -> bool:
    """Of documents behind a value 0.3.0 named ten; since 0.8 there are up to twenty, the same ones first."""
    is_evidence = ".evidence." in path and len(golden) < len(found)
    return is_evidence or len(golden) == len(found)


def read(firm: str) -> dict[str, Any]:
    """The facts in a firm's file, by application; after the first, only what differs from it is written out."""
    stored = json.loads((FACTS / f"{firm}.json").read_text())
    return {name: stored[FIRST] | own for name, own in stored.items()}


def write(firm: str, facts: dict[str, Any]) -> None:
    """Write a firm's file."""
    first = facts[FIRST]
    others = {
        asked: {name: value for name, value in of.items() if name not in first or first[name] != value}
        for asked, of in facts.items()
    }
    (FACTS / f"{firm}.json").write_text(_lines(others | {FIRST: first}) + "\n")


def _lines(value: Any, indent: str = "") -> str:  # noqa: ANN401  any JSON
    """JSON with as much on a line as fits."""
    flat = json.dumps(value)
    if len(indent) + len(flat) <= 118 or not isinstance(value, (dict, list)):
        return flat
    deeper = indent + " "
    if isinstance(value, dict):
        entries = [f"{deeper}{json.dumps(name)}: {_lines(entry, deeper)}" for name, entry in value.items()]
        return "\n".join(("{", ",\n".join(entries), indent + "}"))
    if all(isinstance(entry, (int, float)) for entry in value):
        return flat
    return "\n".join(("[", ",\n".join(f"{deeper}{_lines(entry, deeper)}" for entry in value), indent + "]"))


@pytest.mark.parametrize("firm", FIRMS, ids=lambda firm: firm.firm)
async def test_the_facts_are_those_of_0_3(firm: Any, tmp_path: Path) -> None:  # noqa: ANN401  the same
    """Every application of the firm is answered with the same facts; a difference names application and field."""
    facts = await take(firm, tmp_path)
    if os.environ.get("UPDATE_GOLDEN"):
        write(firm.firm, facts)
        pytest.skip("written, not compared")
    golden = read(firm.firm)
    assert list(facts) == list(golden)
    assert list(differences(golden, facts)) == []


def test_there_is_a_file_for_each_firm() -> None:
    """And for nobody else."""
    assert {path.stem for path in FACTS.iterdir()} == {firm.firm for firm in FIRMS}
