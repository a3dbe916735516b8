"""Covenants over HTTP: agreed for a loan, tested with observations, breached, waived and ended."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from integration.api.test_monitoring import count, observed
from integration.api.test_warnings import request
from lending import HEALTHY, approved, entry, granting, lending
from service import Service
from sqlalchemy import select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import day_in_berlin
from scoring.store.erasure import erase
from scoring.store.principals import Role
from scoring.store.tables import borrowers, covenant_steps, covenants

SHARE = {"feature": "customers_top1_share_12m_v2", "bound": "at_most", "threshold": 0.0001, "rhythm_days": 30}
"""What no firm with customers keeps."""
TEXT = "The largest customer was bought by another firm; the contract was seen."


class Borrowed:
    """A monitored borrower with a loan."""

    def __init__(self, service: Service, loan: str, monitored: dict[str, Any]) -> None:
        """Take what was made."""
        self.service, self.loan, self.monitored, self.looks = service, loan, monitored, 0

    async def agree(self, **changes: Any) -> Any:  # noqa: ANN401  a response
        """Enter a covenant."""
        return await self.service.post(f"/v1/loans/{self.loan}/covenants", SHARE | changes)

    async def look(self) -> None:
        """Observe now."""
        self.looks += 1
        asked = await self.service.post(f"{self.monitored['links']['self']}/observe", None)
        assert asked.status_code == 200, asked.text
        await observed(self.service, self.monitored, self.looks)

    async def read(self, made: Any) -> dict[str, Any]:  # noqa: ANN401  a response
        """The covenant."""
        found: dict[str, Any] = (await self.service.get(made.json()["links"]["self"])).json()
        return found


async def destroy(service: Service) -> None:
    """What an erasure does once nothing holds the borrower any more."""
    database, signer = service.app.state.database, service.app.state.signer
    which = select(borrowers.c.id).where(borrowers.c.borrower_ref == "firm-1")

    def work(connection: Connection) -> None:
        erase(connection, signer, connection.execute(which).scalar_one(), at="2026-10-02T00:00:00.000Z")

    await database.write_at_once(work)


@asynccontextmanager
async def borrowed(folder: Path) -> AsyncIterator[Borrowed]:
    """A loan whose borrower is monitored."""
    async with lending(folder, account_pause_seconds=0.0) as service:
        decision = await approved(service)
        loan = (await service.post("/v1/loans", granting(decision))).json()["loan_id"]
        body = {"borrower_ref": "firm-1", "sevdesk_token": HEALTHY.token, "purposes": ["decision", "monitoring"]}
        connection = (await service.post("/v1/connections", body)).json()["connection_id"]
        made = await service.post("/v1/monitoring", {"connection_id": connection, "decision_id": decision})
        yield Borrowed(service, loan, made.json())


async def test_a_covenant_that_is_met_is_tested_in_its_rhythm(tmp_path: Path) -> None:
    """Only when it is due; with value, documents and their numbers."""
    async with borrowed(tmp_path) as firm:
        made = await firm.agree(threshold=1.0, rhythm_days=5)
        begun = made.json()
        await firm.look()
        watched = (await firm.service.get(firm.monitored["links"]["self"])).json()
        once = await firm.read(made)
        firm.service.clock.advance(days=1)
        await firm.look()
        twice = await firm.read(made)
    assert made.status_code == 201, made.text
    assert (begun["state"], begun["steps"]) == ("untested", [])
    assert once["state"] == "met"
    assert once["due_on"] > begun["due_on"]
    (step,) = once["steps"]
    assert 0 < step["value"] <= 1.0
    assert step["documents"]
    assert all(one["number"] for one in step["documents"])
    assert step["by"]["principal_id"] == "service"
    assert twice["steps"] == once["steps"]
    due_on = day_in_berlin(datetime.fromisoformat(watched["due_at"])).isoformat()
    assert due_on == once["due_on"], "the rhythm alone would come later"


async def test_a_covenant_is_breached_after_its_time_to_cure_and_waived_by_a_person(tmp_path: Path) -> None:
    """With one event for the breach; the loan stays as it is."""
    async with borrowed(tmp_path) as firm:
        service = firm.service
        made = await firm.agree(cure_days=5)
        loan = (await service.get(f"/v1/loans/{firm.loan}")).json()
        await firm.look()
        in_cure = await firm.read(made)
        service.clock.advance(days=6)
        await firm.look()
        breached = await firm.read(made)
        service.clock.advance(days=31)
        await firm.look()
        until = breached["due_on"]
        path = made.json()["links"]["self"]
        too_far = await service.post(f"{path}/waiver", {"until": "2099-01-01", "text": TEXT})
        waived = await service.post(f"{path}/waiver", {"until": str(service.clock().date()), "text": TEXT})
        service.clock.advance(days=1)
        await firm.look()
        again = await firm.read(made)
        ended = await service.post(f"{path}/end", {"text": TEXT})
        late = await service.post(f"{path}/end", {"text": TEXT})
        events = (await service.get("/v1/events", limit="200")).json()["items"]
        unchanged = (await service.get(f"/v1/loans/{firm.loan}")).json()
        listed = (await service.get("/v1/covenants", loan_id=firm.loan, state="ended")).json()["items"]
    assert (in_cure["state"], breached["state"]) == ("in_cure", "breached")
    assert until > in_cure["cure_until"]
    assert [error["field"] for error in too_far.json()["errors"]] == ["until"]
    assert waived.json()["state"] == "waived"
    assert waived.json()["steps"][-1]["text"] == TEXT
    assert again["state"] == "in_cure", "the waiver is over, and the time to cure begins anew"
    assert (ended.json()["state"], ended.json()["due_on"]) == ("ended", None)
    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (409, "covenant-state")
    breaches = [one["data"] for one in events if one["type"] == "covenant.breached"]
    assert [one["covenant_id"] for one in breaches] == [breached["covenant_id"]]
    assert breaches[0]["loan_id"] == firm.loan
    assert loan["status"] == unchanged["status"]
    assert [one["covenant_id"] for one in listed] == [breached["covenant_id"]]


async def test_books_are_read_in_time_for_a_new_covenant(tmp_path: Path) -> None:
    """On its first day, however late the rhythm comes; never sooner than three days after the last time."""
    async with borrowed(tmp_path) as firm:
        watched = firm.monitored["links"]["self"]
        before = firm.monitored["due_at"]
        await firm.agree(first_on="2026-10-20")
        for_first = (await firm.service.get(watched)).json()["due_at"]
        await firm.agree(first_on="2026-12-31", threshold=0.5)
        for_later = (await firm.service.get(watched)).json()["due_at"]
        await firm.look()
        looked = (await firm.service.get(watched)).json()["observed_at"]
        await firm.agree(threshold=0.9)
        at_once = (await firm.service.get(watched)).json()["due_at"]
        twice = await firm.agree(threshold=0.9, rhythm_days=90)
    assert before > "2026-10-21"
    assert for_first[:10] == for_later[:10]
    assert for_first[:10] in {"2026-10-19", "2026-10-20"}  # of the 20th in Berlin
    assert looked[:10] == "2026-10-01"
    assert at_once[:10] in {"2026-10-03", "2026-10-04"}
    assert twice.status_code == 409
    assert "the loan has this covenant already: cov_" in twice.json()["detail"]


async def test_nothing_is_waived_after_the_loan_has_ended(tmp_path: Path) -> None:
    """Nor ended, nor entered: nothing is stored."""
    async with borrowed(tmp_path) as firm:
        made = await firm.agree()
        closed = await firm.service.post(f"/v1/loans/{firm.loan}/entries", entry("closed", "end"))
        assert closed.status_code == 201, closed.text
        stopped = (await firm.service.get(firm.monitored["links"]["self"])).json()
        path = made.json()["links"]["self"]
        waived = await firm.service.post(f"{path}/waiver", {"until": "2026-10-02", "text": TEXT})
        ended = await firm.service.post(f"{path}/end", {"text": TEXT})
        entered = await firm.agree(threshold=0.9)
        after = await firm.read(made)
    assert (stopped["state"], stopped["cause"]) == ("ended", "loan_ended")
    assert [one.status_code for one in (waived, ended, entered)] == [409, 409, 409]
    assert "the loan has ended" in waived.json()["detail"]
    assert (after["state"], after["steps"]) == ("untested", [])


async def test_books_are_read_when_a_waiver_ends(tmp_path: Path) -> None:
    """However late the rhythm comes."""
    async with borrowed(tmp_path) as firm:
        made = await firm.agree()
        await firm.look()
        failed = (await firm.read(made))["state"]
        path = made.json()["links"]["self"]
        waived = await firm.service.post(f"{path}/waiver", {"until": "2026-10-10", "text": TEXT})
        due_at = (await firm.service.get(firm.monitored["links"]["self"])).json()["due_at"]
    assert (failed, waived.json()["state"], waived.json()["due_on"]) == ("breached", "waived", "2026-10-11")
    assert due_at[:10] in {"2026-10-10", "2026-10-11"}  # of the 11th in Berlin


async def test_who_is_monitored_anew_is_read_in_time_for_its_covenants(tmp_path: Path) -> None:
    """As for a new one."""
    async with borrowed(tmp_path) as firm:
        await firm.agree(first_on="2026-10-05")
        path = firm.monitored["links"]["self"]
        assert (await firm.service.delete(path)).status_code in {200, 204}
        body = {"connection_id": firm.monitored["connection_id"]}
        again = (await firm.service.post("/v1/monitoring", body)).json()
    assert again["due_at"][:10] in {"2026-10-04", "2026-10-05"}  # of the 5th in Berlin


async def test_a_value_that_is_not_known_is_not_tested_and_told(tmp_path: Path) -> None:
    """Never a breach: it stays due, and is late once its day is past."""
    async with borrowed(tmp_path) as firm:
        made = await firm.agree(feature="receivables_dunning_depth_12m_v2", threshold=0.0)
        await firm.look()
        found = await firm.read(made)
        firm.service.clock.advance(days=2)
        late = (await firm.service.get("/v1/covenants", late="true")).json()["items"]
    (step,) = found["steps"]
    assert (found["state"], found["tested_on"], step["value"]) == ("untested", None, None)
    assert step["missing"] == "not_fetched"
    assert [one["covenant_id"] for one in late] == [found["covenant_id"]]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"feature": "sales"}, "feature"),
        ({"bound": "below"}, "bound"),
        ({"rhythm_days": 0}, "rhythm_days"),
        ({"rhythm_days": 2}, "rhythm_days"),  # it would always come late: books are read every three days at most
        ({"cure_days": -1}, "cure_days"),
        ({"threshold": "1"}, "threshold"),
    ],
)
async def test_a_covenant_that_cannot_be_tested_is_refused(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    """With the field, and nothing stored."""
    async with borrowed(tmp_path) as firm:
        answer = await firm.agree(**changes)
        kept = await count(firm.service, covenants)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert kept == 0


async def test_covenants_are_of_one_lender_and_go_with_the_borrower(tmp_path: Path) -> None:
    """Another lender finds none; erasure takes them with what was measured and written."""
    async with borrowed(tmp_path) as firm:
        service = firm.service
        made = await firm.agree()
        await firm.look()
        other = await service.key(*Role, lender="other")
        path = made.json()["links"]["self"]
        answers = [
            await service.get(path, key=other),
            await service.post(f"/v1/loans/{firm.loan}/covenants", SHARE, key=other),
            await service.post(f"{path}/waiver", {"until": "2026-12-01", "text": TEXT}, key=other),
        ]
        access = await request(service, "access")
        bundle = await service.get(f"/v1/subject-requests/{access}/bundle")
        await destroy(service)
        left = [await count(service, table) for table in (covenants, covenant_steps)]
    assert [answer.status_code for answer in answers] == [404] * 3
    data = json.loads(zipfile.ZipFile(io.BytesIO(bundle.content)).read("data.json"))
    assert [one["feature"] for one in data["covenants"]] == [SHARE["feature"]]
    assert data["covenant_steps"][0]["value"] > 0
    assert "by" not in data["covenant_steps"][0]
    assert left == [0, 0]
