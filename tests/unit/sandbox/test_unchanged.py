"""The firms that the golden decisions were made on, and the portfolio, stay the same, to the cent and day."""

import hashlib
from datetime import date

import pytest

from features.ledger_versions import version_of
from sandbox.firms.personas import PERSONAS
from sandbox.firms.simulation import simulate_firm
from sandbox.portfolio.ledger import Rows, ledger_rows

END_ON = date(2026, 11, 23)
DIGESTS = {
    "healthy-agency": "ad6a7f26f9fdd2d4",
    "borderline-retailer": "f978eeace9ed0d9d",
    "failing-builder": "fc7e0812914af862",
    "young-startup": "dfaba44f510b9688",
    "sole-trader": "45c4077e1b6dfbb6",
    "revoked-token": "600f85f1e86eac33",
    "dormant": "f8be82586396042d",
    "unverified-balance": "ce140aa46207dfcb",
    "file-import": "e376505092a3b7db",
}
PORTFOLIO = "134f3208b2ccbf99"


def _in_version_1(rows: Rows) -> Rows:
    """The facts as version 1 of the ledger had them: fewer frames, and of each the first columns."""
    return {name: [row[: len(schema)] for row in rows[name]] for name, schema in version_of(1).frames.items()}


def _digest(rows: object) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


@pytest.mark.parametrize("firm", DIGESTS)
def test_the_facts_of_a_firm_are_as_they_were(firm: str) -> None:
    """A change of the simulation that moves one of these moves decisions: it needs a new champion, then new digests."""
    (persona,) = (persona for persona in PERSONAS if persona.firm == firm)
    assert _digest(_in_version_1(ledger_rows(persona.history(END_ON), 0))) == DIGESTS[firm]


def test_the_facts_of_the_portfolio_are_as_they_were() -> None:
    """The same for firms of the portfolio; forty differ in every trait that is drawn."""
    rows = [ledger_rows(simulate_firm(1, number, END_ON)[1], number) for number in range(40)]
    second = version_of(2).frames
    # Later versions of the ledger added columns at the end.
    known = [{name: [row[: len(second[name])] for row in some] for name, some in one.items()} for one in rows]
    assert _digest(known) == PORTFOLIO
