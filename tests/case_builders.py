"""Cases for tests: a bank with a front and a back office, and steps by name."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from scoring.base.identifiers import instant
from scoring.decisions.authority import LenderAuthority, load_authority
from scoring.decisions.cases import Case, Claimed, Facts, Opened, Step, Subject, after, fold
from scoring.decisions.decision import Verdict
from scoring.decisions.reviews import Actor, Ballot, Bounds, Powers, vote_of

NOW = datetime(2026, 9, 30, 10, tzinfo=UTC)
TODAY = date(2026, 9, 30)
FILE = """
version = "2026-09"

[lenders.bank]
diverging = "escalate"
override_days = 7
service_level_hours = 24
second_vote_from_cents = { working_capital = 3_000_000 }

[lenders.bank.ranks]
analyst = { working_capital = 2_500_000 }
senior = { working_capital = 6_000_000 }
head = { working_capital = 10_000_000, investment = 10_000_000 }

[[lenders.bank.persons]]
name = "frieda"
rank = "senior"
office = "front"
reports_to = "hans"

[[lenders.bank.persons]]
name = "fritz"
rank = "analyst"
office = "front"
reports_to = "frieda"

[[lenders.bank.persons]]
name = "hans"
rank = "head"
office = "front"

[[lenders.bank.persons]]
name = "berta"
rank = "senior"
office = "back"
reports_to = "bruno"

[[lenders.bank.persons]]
name = "bruno"
rank = "head"
office = "back"

[[lenders.bank.persons]]
name = "bodo"
rank = "senior"
office = "back"
reports_to = "frieda"

[[lenders.bank.assignments]]
product = "working_capital"
up_to_cents = 2_000_000
to = "fritz"
"""
"""Bodo is of the back office, but reports to Frieda."""
NAMES = ("frieda", "fritz", "hans", "berta", "bruno", "bodo")


def authority(**changes: Any) -> LenderAuthority:  # noqa: ANN401  fields of the lender
    """The authority of the bank."""
    return msgspec.structs.replace(load_authority(FILE.encode()).lenders["bank"], **changes)


BOUNDS = {
    name: Bounds(
        minimum_cents=500_000,
        maximum_cents=10_000_000,
        minimum_term_months=3,
        maximum_term_months=24,
        highest_annual_rate_bps=1_290,
    )
    for name in ("working_capital", "investment")
}


def powers(rules: LenderAuthority | None = None, *, without_file: bool = False) -> Powers:
    """What the bank's persons may decide."""
    if without_file:
        return Powers(rules=None, digest=None, bounds=BOUNDS)
    return Powers(rules=rules or authority(), digest="d" * 64, bounds=BOUNDS)


def actor(name: str, **changes: Any) -> Actor:  # noqa: ANN401  fields of an actor
    """A person of that name, whose identifier is the name after ``pri-``."""
    values: dict[str, Any] = {"id": f"pri-{name}", "name": name, "is_person": True, "may_review": True}
    return Actor(**values | changes)


def subject(**changes: Any) -> Subject:  # noqa: ANN401  fields of a subject
    """A referred application over 25,000 euro that the machine would approve."""
    values: dict[str, Any] = {
        "decision_id": "dec_1",
        "verdict": Verdict.REFER,
        "recommendation": Verdict.APPROVE,
        "product": "working_capital",
        "amount_cents": 2_500_000,
        "term_months": 12,
        "valid_until": TODAY + timedelta(days=14),
        "asked_by": "pri-system",
        "limit_cents": 2_500_000,
        "max_term_months": 24,
        "annual_rate_bps": 690,
    }
    return Subject(**values | changes)


def opened(**changes: Any) -> Case:  # noqa: ANN401  fields of a subject
    """A new case."""
    facts = Opened(subject=subject(**changes), due_at=instant(NOW + timedelta(hours=24)), undecided_days=90)
    return fold([Step(number=1, at=instant(NOW), by=None, facts=facts)])


def then(case: Case, facts: Facts, by: str = "fritz", *, at: datetime = NOW) -> Case:
    """The case after one more step, whether it was allowed or not."""
    return after(case, Step(number=case.number + 1, at=instant(at), by=f"pri-{by}", facts=facts))


def voted(case: Case, by: str, ballot: Ballot, rules: Powers, *, at: datetime = NOW, exposure_cents: int = 0) -> Case:
    """The case after somebody claimed it and voted."""
    case = then(case, Claimed(), by, at=at)
    vote = vote_of(case, ballot, actor(by), rules, now=at, exposure_cents=exposure_cents)
    return then(case, vote, by, at=at)
