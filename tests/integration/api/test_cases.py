"""Cases over HTTP and on both databases: from referral to a person's verdict, and what is refused on the way."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from case_builders import FILE
from postgres import ON_SQLITE
from service import Service, application, running
from signing import SIGNER
from sqlalchemy import Update, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from scoring.decisions.cases import fold
from scoring.decisions.statements import digest_of, encode
from scoring.store.cases import columns_of, step_of
from scoring.store.database import Database
from scoring.store.principals import Principal, Role, add_key
from scoring.store.retention import Periods, kinds_of, remove_due
from scoring.store.tables import case_steps, cases, statements
from scoring.usecases.verify import verify_chain

TEXT = "Jahresabschluss von Erika Mustermann gesehen"


class Bank:
    """A service with a file of authority, and a key of each person in it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.keys: dict[str, str] = {}

    async def add(self, name: str, *roles: Role, kind: str = "person") -> None:
        """A principal with a key."""
        wanted = Principal(id="", lender_id="bank", kind=kind, name=name, roles=frozenset(roles or {Role.UNDERWRITE}))
        database = Database(self.service.settings.database_url)
        key, _ = await add_key(database, wanted, now=self.service.clock(), randomness=self.service.app.state.randomness)
        await database.close()
        self.keys[name] = key

    async def refer(self, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  fields of an application
        """The case of a natural person's application, which is always referred."""
        body = application(**{"legal_form": "freiberufler", "amount": euro(20_000)} | changes)
        decided = await self.service.post("/v1/decisions", body, key=self.keys["system"])
        assert decided.status_code == 201, decided.text
        assert decided.json()["verdict"] == "refer"
        return await self.read(decided.json()["links"]["case"])

    async def read(self, path: str, by: str = "system") -> dict[str, Any]:
        """A case."""
        answer = await self.service.get(path, key=self.keys[by])
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def do(self, case: dict[str, Any], what: str, by: str, **body: Any) -> httpx.Response:  # noqa: ANN401  any JSON
        """Take a step."""
        path = f"/v1/cases/{case['case_id']}/{what}"
        return await self.service.post(path, body or None, key=self.keys[by])

    async def vote(self, case: dict[str, Any], by: str, **changes: Any) -> httpx.Response:  # noqa: ANN401  fields of a vote
        """Claim a case and approve it as it was asked for, unless something else is said."""
        claimed = await self.do(case, "claim", by)
        seen = claimed.json()["step"] if claimed.status_code == 200 else case["step"]
        body = {
            "step": seen,
            "verdict": "approve",
            "reason": "data_explained",
            "text": TEXT,
            "annual_rate_percent": "9.90",
        }
        return await self.do(case, "votes", by, **{k: v for k, v in (body | changes).items() if v is not None})


def euro(amount: int) -> dict[str, str]:
    """An amount."""
    return {"value": f"{amount}.00", "currency": "EUR"}


@asynccontextmanager
async def banking(folder: Path, *, content: str = FILE, **changes: Any) -> AsyncIterator[Bank]:  # noqa: ANN401  settings
    """The bank with its persons."""
    path = folder / "authority.toml"
    path.write_text(content)
    async with running(folder, authority_file=path, is_plain_http=True, **changes) as service:
        bank = Bank(service)
        await bank.add("system", Role.APPLY, kind="system")
        for name in ("frieda", "fritz", "hans", "berta", "bruno", "bodo"):
            await bank.add(name)
        yield bank


def problem(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Status, type and reason of a problem."""
    said = answer.json()
    return answer.status_code, said["type"].removeprefix("/problems/"), said.get("reason")


async def test_a_referred_application_is_decided_by_a_person(tmp_path: Path) -> None:
    """The case is open and on a desk; the vote decides it; every step is there with who and when."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        assert (case["status"], case["assigned_to"]["name"], case["claimed_by"]) == ("open", "fritz", None)
        bank.service.clock.advance(minutes=1)
        assert (await bank.do(case, "claim", "fritz")).status_code == 200
        bank.service.clock.advance(minutes=10)
        commented = await bank.do(case, "comments", "system", text="Rückruf am Montag")
        voted = await bank.vote(case, "fritz", amount=euro(15_000), term_months=6)
        found = await bank.read(f"/v1/cases/{case['case_id']}", "hans")
    assert commented.status_code == 200
    assert voted.status_code == 200, voted.text
    assert found == voted.json() | {"why_no_review": "ended"}
    assert found["status"] == "decided"
    resolution = found["resolution"]
    assert (
        resolution["verdict"],
        resolution["amount"],
        resolution["term_months"],
        resolution["annual_rate_percent"],
    ) == (
        "approve",
        euro(15_000),
        6,
        "9.90",
    )
    assert [step["kind"] for step in found["steps"]] == ["opened", "claimed", "commented", "voted"]
    assert [step["by"]["name"] for step in found["steps"]] == ["system", "fritz", "system", "fritz"]
    assert [step["text"] for step in found["steps"]] == [None, None, "Rückruf am Montag", TEXT]
    assert found["steps"][3]["vote"]["seconds"] == 600
    assert found["steps"][3]["vote"]["authority"] is not None


@pytest.mark.parametrize(("legal_form", "state"), [("gmbh", "decided"), ("freiberufler", "open")])
async def test_every_decision_has_its_case(tmp_path: Path, legal_form: str, state: str) -> None:
    """One that the machine decided is decided; opening it again answers the same case."""
    async with running(tmp_path) as service:
        body = application(legal_form=legal_form, amount=euro(12_000), payout_iban="DE89370400440532013000")
        made = (await service.post("/v1/decisions", body)).json()
        read = (await service.get(made["links"]["self"])).json()
        case = (await service.get(made["links"]["case"])).json()
        opened = (await service.post(f"{made['links']['self']}/case", None)).json()
    assert read["links"] == made["links"]
    assert (case["decision_id"], opened["case_id"]) == (made["decision_id"], case["case_id"])
    assert case["status"] == ("decided" if made["verdict"] != "refer" else "open"), made["causes"]
    assert case["status"] == state or made["verdict"] == "refer"


async def test_a_large_loan_takes_two_offices(tmp_path: Path) -> None:
    """Front office, then back office, outside of the first one's line; the first vote alone decides nothing."""
    async with banking(tmp_path) as bank:
        case = await bank.refer(amount=euro(50_000))
        assert case["assigned_to"] is None
        first = await bank.vote(case, "frieda")
        again = await bank.vote(first.json(), "frieda", verdict="decline", reason="other", annual_rate_percent=None)
        front = await bank.do(case, "claim", "hans")
        line = await bank.do(case, "claim", "bodo")
        second = await bank.vote(first.json(), "berta")
    assert (first.json()["status"], first.json()["resolution"]) == ("second_vote", None)
    assert problem(again) == (403, "four-eyes", "voted_before")
    assert problem(front) == (403, "four-eyes", "back_office_second")
    assert problem(line) == (403, "four-eyes", "same_line")
    assert second.status_code == 200, second.text
    assert (second.json()["status"], second.json()["resolution"]["by_person"]) == ("decided", True)


async def test_diverging_votes_are_escalated(tmp_path: Path) -> None:
    """Somebody with a higher limit than both decides."""
    async with banking(tmp_path) as bank:
        case = await bank.refer(amount=euro(50_000))
        first = (await bank.vote(case, "frieda")).json()
        second = await bank.vote(first, "berta", verdict="decline", reason="not_affordable", annual_rate_percent=None)
        third = await bank.vote(second.json(), "hans", amount=euro(40_000))
    assert (second.json()["status"], second.json()["is_escalated"]) == ("open", True)
    assert third.json()["resolution"]["amount"] == euro(40_000)


async def test_the_requester_never_reviews(tmp_path: Path) -> None:
    """Nor does a system; nothing is stored of what was refused."""
    async with banking(tmp_path) as bank:
        await bank.add("anton", Role.APPLY, Role.UNDERWRITE)
        bank.keys["system"], system = bank.keys["anton"], bank.keys["system"]
        case = await bank.refer()
        requester = await bank.vote(case, "anton")
        claim = await bank.do(case, "claim", "anton")
        bank.keys["system"] = system
        await bank.add("robot", Role.UNDERWRITE, kind="system")
        robot = await bank.do(case, "claim", "robot")
        vote = await bank.vote(case, "robot")
        no_role = await bank.do(case, "claim", "system")
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    for answer in (requester, claim):
        assert problem(answer) == (403, "four-eyes", "requester")
    for answer in (robot, vote):
        assert problem(answer) == (403, "four-eyes", "no_person")
    assert no_role.json()["type"] == "/problems/forbidden"
    assert found["steps"] == case["steps"]


async def test_what_does_not_fit_is_told_and_nothing_is_half_done(tmp_path: Path) -> None:
    """Limits, reasons, terms, states, an older step, an unknown person: each with its problem."""
    async with banking(tmp_path) as bank:
        case = await bank.refer(amount=euro(25_000))
        unclaimed = await bank.do(case, "votes", "fritz", step=1, verdict="decline", reason="other", text="nein")
        claimed = (await bank.do(case, "claim", "fritz")).json()
        answers = {
            "limit": await bank.vote(claimed, "fritz", amount=euro(25_001)),
            "reason": await bank.vote(claimed, "fritz", reason="not_affordable"),
            "terms": await bank.vote(claimed, "fritz", term_months=360),
            "rate": await bank.vote(claimed, "fritz", annual_rate_percent="99.99"),
            "text": await bank.vote(claimed, "fritz", text="  \n"),
            "moved": await bank.vote(claimed, "fritz", step=1),
            "claimed": await bank.do(claimed, "claim", "frieda"),
            "holder": await bank.do(claimed, "release", "berta"),
            "waiting": await bank.do(claimed, "answers", "system", text="nichts"),
            "ended": await bank.do(claimed, "reopening", "fritz", text="nichts"),
            "person": await bank.do(claimed, "assignment", "fritz", to="nobody"),
            "zero byte": await bank.do(claimed, "assignment", "fritz", to="fri\x00eda"),
        }
        found = await bank.read(f"/v1/cases/{case['case_id']}")
        gone = await bank.service.get("/v1/cases/cas_00000000000000000000000000", key=bank.keys["fritz"])
    assert problem(unclaimed) == (409, "case-claimed", "not_claimed")
    assert {name: problem(answer) for name, answer in answers.items()} == {
        "limit": (403, "authority-missing", "above_limit"),
        "reason": (422, "invalid-request", "reason_misfit"),
        "terms": (422, "invalid-request", "terms_misfit"),
        "rate": (422, "invalid-request", "terms_misfit"),
        "text": (422, "invalid-request", None),
        "moved": (409, "case-moved", None),
        "claimed": (409, "case-claimed", "claimed_by_another"),
        "holder": (409, "case-claimed", "not_the_holder"),
        "waiting": (409, "case-state", "not_waiting"),
        "ended": (409, "case-state", "not_ended"),
        "person": (422, "invalid-request", None),
        "zero byte": (422, "invalid-request", None),
    }
    assert "you may approve up to 25000.00 euro" in answers["limit"].json()["detail"]
    assert "retry-after" not in answers["claimed"].headers
    assert [step["kind"] for step in found["steps"]] == ["opened", "claimed"]
    assert problem(gone) == (404, "not-found", None)


async def test_an_expired_decision_is_decided_again_before_it_is_approved(tmp_path: Path) -> None:
    """The new one is linked to the case, and the votes of before do not count."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        bank.service.clock.advance(days=15)
        expired = await bank.vote(case, "fritz")
        other = application(borrower_ref="firm-2", legal_form="freiberufler", case_id=case["case_id"])
        foreign = await bank.service.post("/v1/decisions", other, key=bank.keys["system"])
        again = await bank.refer(case_id=case["case_id"])
        approved = await bank.vote(again, "fritz")
        unknown = await bank.service.post("/v1/decisions", application(case_id="cas_1"), key=bank.keys["system"])
    assert problem(expired) == (409, "decision-expired", "decision_expired")
    assert problem(foreign) == (422, "invalid-request", None)
    assert foreign.json()["errors"][0]["field"] == "case_id"
    assert problem(unknown) == (404, "not-found", None)
    assert (again["case_id"], len(again["decisions"])) == (case["case_id"], 2)
    assert [step["kind"] for step in again["steps"]] == ["opened", "claimed", "linked"]
    assert approved.json()["resolution"]["verdict"] == "approve"


async def test_an_approval_expires(tmp_path: Path) -> None:
    """An override sooner than the machine's decision: it goes another way than recommended, or further."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        # below the offered price
        decided = (await bank.vote(case, "fritz", annual_rate_percent="1.00")).json()
        bank.service.clock.advance(days=7)
        last = await bank.read(f"/v1/cases/{case['case_id']}")
        bank.service.clock.advance(days=1)
        expired = await bank.read(f"/v1/cases/{case['case_id']}")
        listed = [
            [one["case_id"] for one in (await bank.service.get("/v1/cases", status=state)).json()["items"]]
            for state in ("decided", "expired")
        ]
    assert decided["steps"][-1]["vote"]["is_override"]
    assert decided["resolution"]["valid_until"] == decided["expires_on"]
    assert (last["status"], expired["status"]) == ("decided", "expired")
    assert listed == [[], [case["case_id"]]]


async def test_a_case_waits_for_the_applicant_and_is_withdrawn(tmp_path: Path) -> None:
    """The lender's system notes answer and withdrawal; nothing follows on a withdrawal but comments."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await bank.do(case, "claim", "fritz")
        asked = (await bank.do(case, "questions", "fritz", text="Bitte BWA für August")).json()
        bank.service.clock.advance(hours=30)
        answered = (await bank.do(case, "answers", "system", text="liegt vor")).json()
        withdrawn = (await bank.do(case, "withdrawal", "system", text="nicht mehr nötig")).json()
        claim = await bank.do(case, "claim", "fritz")
        again = await bank.service.post("/v1/decisions", application(case_id=case["case_id"]), key=bank.keys["system"])
    assert (asked["status"], answered["status"], withdrawn["status"]) == ("waiting", "open", "withdrawn")
    assert (answered["is_late"], answered["due_at"] > case["due_at"]) == (False, True)
    assert (withdrawn["claimed_by"], withdrawn["expires_on"]) == (None, None)
    assert problem(claim) == (409, "case-state", "withdrawn")
    assert problem(again) == (409, "case-state", "withdrawn")


async def test_what_is_contested_is_looked_at_by_a_person(tmp_path: Path) -> None:
    """A new decision of the machine does not end it any more."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        declined = (
            await bank.vote(case, "fritz", verdict="decline", reason="data_doubtful", annual_rate_percent=None)
        ).json()
        reopened = (await bank.do(case, "reopening", "frieda", text="Widerspruch vom 2.10.")).json()
        approved = (await bank.vote(reopened, "frieda")).json()
    assert (declined["status"], declined["resolution"]["verdict"]) == ("decided", "decline")
    assert (reopened["status"], reopened["resolution"]) == ("open", None)
    assert approved["resolution"]["verdict"] == "approve"


async def test_splitting_a_loan_does_not_avoid_a_limit(tmp_path: Path) -> None:
    """What stands approved for the same borrower counts, in any case of it."""
    async with banking(tmp_path) as bank:
        first, second = await bank.refer(), await bank.refer()
        other = await bank.refer(borrower_ref="firm-2")
        assert (await bank.vote(first, "fritz")).status_code == 200
        refused = await bank.vote(second, "fritz")
        assert (await bank.do(second, "release", "fritz")).status_code == 200
        senior = (await bank.vote(second, "frieda")).json()
        another = (await bank.vote(other, "fritz")).json()
    assert problem(refused) == (403, "authority-missing", "above_limit")
    assert "20000.00 that stand approved already" in refused.json()["detail"]
    # 40,000 together need the second vote, which 20,000 alone do not
    assert (senior["status"], senior["steps"][-1]["vote"]["exposure"]) == ("second_vote", euro(20_000))
    assert another["status"] == "decided"


async def test_the_queue_shows_whom_a_case_is_for(tmp_path: Path) -> None:
    """Own, the team's, and what nobody has claimed and the reader may review; by due day or amount."""
    async with banking(tmp_path) as bank:
        small = await bank.refer(amount=euro(10_000))
        bank.service.clock.advance(hours=1)
        large = await bank.refer(amount=euro(60_000), borrower_ref="firm-2")
        await bank.do(large, "claim", "hans")
        names = {small["case_id"]: "small", large["case_id"]: "large"}

        async def seen(by: str, **wanted: str) -> list[str]:
            page = await bank.service.get("/v1/cases", key=bank.keys[by], **wanted)
            return [names[one["case_id"]] for one in page.json()["items"]]

        assert await seen("fritz", desk="mine") == ["small"]
        assert await seen("hans", desk="mine") == ["large"]
        assert await seen("frieda", desk="mine") == []
        assert await seen("hans", desk="team") == ["large", "small"]
        assert await seen("frieda", desk="team") == ["small"]
        assert await seen("berta", desk="team") == []
        assert await seen("berta", desk="free") == ["small"]
        assert await seen("system", desk="free") == []
        assert await seen("hans", sort="due") == ["small", "large"]
        assert await seen("hans", sort="amount") == ["large", "small"]
        assert await seen("hans", borrower_ref="firm-2") == ["large"]
        assert await seen("hans", status="waiting") == []
        page = (await bank.service.get("/v1/cases", limit="1", sort="due")).json()
        rest = (await bank.service.get("/v1/cases", limit="1", sort="due", cursor=page["next_cursor"])).json()
        late = (await bank.service.get("/v1/cases", sort="due")).json()["items"][0]["is_late"]
        bank.service.clock.advance(hours=24)
        later = (await bank.service.get("/v1/cases", sort="due")).json()["items"][0]["is_late"]
    assert [names[one["items"][0]["case_id"]] for one in (page, rest)] == ["small", "large"]
    assert rest["next_cursor"] is None
    assert (late, later) == (False, True)


HIDDEN = FILE.replace('diverging = "escalate"', 'diverging = "escalate"\nrecommendation_hidden = true')


async def test_the_recommendation_is_hidden_until_the_first_vote(tmp_path: Path) -> None:
    """From who may review; whether the decision was opened all the same stands in the vote."""
    async with banking(tmp_path, content=HIDDEN) as bank:
        one, two, three = [await bank.refer(borrower_ref=f"firm-{number}") for number in (1, 2, 3)]
        before = await bank.read(f"/v1/cases/{one['case_id']}", "fritz")
        other = await bank.read(f"/v1/cases/{one['case_id']}", "system")
        await bank.service.get(f"/v1/decisions/{two['decision_id']}", key=bank.keys["fritz"])
        await bank.service.post(f"/v1/decisions/{three['decision_id']}/simulations", {}, key=bank.keys["fritz"])
        blind, sighted, tried = [(await bank.vote(case, "fritz")).json() for case in (one, two, three)]
    assert (before["recommendation"], other["recommendation"] is None) == (None, False)
    read = [case["steps"][-1]["vote"]["had_read_recommendation"] for case in (blind, sighted, tried)]
    assert read == [False, True, True]
    assert blind["recommendation"] is not None


async def test_two_who_vote_at_once_do_not_both_decide(tmp_path: Path) -> None:
    """One step has one number: who was slower is told."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        claims = await asyncio.gather(*(bank.do(case, "claim", name) for name in ("frieda", "fritz", "hans")))
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert sorted(answer.status_code for answer in claims) == [200, 409, 409]
    assert [step["kind"] for step in found["steps"]] == ["opened", "claimed"]


async def test_two_votes_on_one_borrower_count_each_other(tmp_path: Path) -> None:
    """At the same moment, too: together they would be above the limit."""
    async with banking(tmp_path) as bank:
        cases_of_firm = [await bank.refer() for _ in range(2)]
        for case in cases_of_firm:
            await bank.do(case, "claim", "fritz")
        vote = {"step": 2, "verdict": "approve", "reason": "other", "text": TEXT, "annual_rate_percent": "9.90"}
        votes = await asyncio.gather(*(bank.do(case, "votes", "fritz", **vote) for case in cases_of_firm))
    assert sorted(answer.status_code for answer in votes) == [200, 403]


async def test_votes_and_new_decisions_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """Whoever comes first, both are answered, and the steps follow each other."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await bank.do(case, "claim", "fritz")
        again = application(legal_form="freiberufler", amount=euro(20_000), case_id=case["case_id"])
        vote = {"step": 2, "verdict": "decline", "reason": "other", "text": TEXT}
        answers = await asyncio.gather(
            *(bank.service.post("/v1/decisions", again, key=bank.keys["system"]) for _ in range(3)),
            *(bank.do(case, "comments", "hans", text=f"{number}") for number in range(3)),
            bank.do(case, "votes", "fritz", **vote),
        )
        found = await bank.read(f"/v1/cases/{case['case_id']}")
    assert [answer.status_code for answer in answers[:6]] == [201] * 3 + [200] * 3
    assert answers[6].status_code in {200, 409}
    assert [step["number"] for step in found["steps"]] == list(range(1, len(found["steps"]) + 1))
    assert len(found["decisions"]) == 4


async def test_cases_are_in_the_audit_trail(tmp_path: Path) -> None:
    """Each step, each reading and each list, with who and which case; what was refused is not."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await bank.do(case, "release", "frieda")
        await bank.vote(case, "fritz")
        await bank.service.get("/v1/cases", key=bank.keys["hans"])
        rows = (await bank.service.get("/v1/audit", object=case["case_id"])).json()["items"]
        begun = (await bank.service.get("/v1/audit", action="authority.begun")).json()["items"]
    actions = sorted(row["action"] for row in rows)
    assert actions == ["case.claimed", "case.read", "case.voted", "cases.listed"]
    assert begun == []  # of the operator, not of the lender


@ON_SQLITE
async def test_without_a_file_whoever_has_the_role_decides_alone(tmp_path: Path) -> None:
    """Up to the product's maximum."""
    async with running(tmp_path) as service:
        bank = Bank(service)
        await bank.add("system", Role.APPLY, kind="system")
        await bank.add("anna")
        await bank.add("otto", Role.AUDIT)
        case = await bank.refer(amount=euro(50_000))
        reader = await bank.do(case, "claim", "otto")
        decided = (await bank.vote(case, "anna")).json()
    assert reader.json()["type"] == "/problems/forbidden"
    assert (decided["status"], decided["steps"][-1]["vote"]["authority"]) == ("decided", None)


def as_an_earlier_version_stored(connection: Connection, case: dict[str, Any]) -> None:
    """The decision of a case without it, and with a statement that names none."""
    removed_all(connection, case["case_id"])
    mine = statements.c.object_id == case["decision_id"]
    found = SIGNER.open(connection.execute(select(statements.c.signed).where(mine)).scalar_one())
    for name in ("case", "step", "digest"):
        del found.facts[name]
    signed = SIGNER.keys.sign(encode(found))
    connection.execute(update(statements).where(mine).values(signed=signed, sha256=digest_of(signed)))


async def test_a_decision_of_an_earlier_version_gets_its_case(tmp_path: Path) -> None:
    """Once, even where two ask at the same time; who asked for the decision still does not review it."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        database: Database = bank.service.app.state.database
        await database.write_at_once(lambda connection: as_an_earlier_version_stored(connection, case))
        decision = await bank.read(f"/v1/decisions/{case['decision_id']}")
        path = f"/v1/decisions/{case['decision_id']}/case"
        opened = await asyncio.gather(
            *(bank.service.post(path, None, key=bank.keys[name]) for name in ("frieda", "fritz"))
        )
        voted = await bank.vote(opened[0].json(), "fritz")
        audit = (await bank.service.get("/v1/audit", action="case.opened")).json()["items"]
        foreign = await bank.service.post(path, None, key=await bank.service.key(*Role, lender="other"))
        found = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
    assert "case" not in decision["links"]
    assert [answer.status_code for answer in opened] == [200, 200]
    assert len({answer.json()["case_id"] for answer in opened}) == 1
    assert voted.json()["status"] == "decided"
    assert len(audit) == 1
    assert problem(foreign) == (404, "not-found", None)
    assert [one for one in found.findings if "cas_" in one.object] == []


Tamper = Callable[[Connection, str], object]
"""Takes a case with three steps: opened, claimed, voted."""


def steps_of(case_id: str, number: int) -> Update:
    """A change of one step."""
    return update(case_steps).where((case_steps.c.case_id == case_id) & (case_steps.c.number == number))


def removed_end(connection: Connection, case_id: str) -> None:
    """The vote, with a row of the case that fits what is left."""
    connection.execute(delete(case_steps).where((case_steps.c.case_id == case_id) & (case_steps.c.number == 3)))
    steps = connection.execute(select(case_steps).where(case_steps.c.case_id == case_id).order_by("number"))
    connection.execute(
        update(cases).where(cases.c.id == case_id).values(**columns_of(fold(step_of(step) for step in steps)))
    )


def removed_all(connection: Connection, case_id: str) -> None:
    """The whole case."""
    connection.execute(delete(case_steps).where(case_steps.c.case_id == case_id))
    connection.execute(delete(cases).where(cases.c.id == case_id))


def added(connection: Connection, case_id: str) -> None:
    """A step that nobody took."""
    row = connection.execute(select(case_steps).where((case_steps.c.case_id == case_id) & (case_steps.c.number == 2)))
    step = dict(row.one()._mapping) | {"number": 4, "kind": "commented", "facts": '{"kind":"commented"}'}
    connection.execute(insert(case_steps).values(**step))
    connection.execute(update(cases).where(cases.c.id == case_id).values(number=4))


TAMPERED: dict[str, tuple[Tamper, str]] = {
    "who voted": (
        lambda c, case: c.execute(steps_of(case, 3).values(principal_id="pri_another")),
        ", step 3: was changed: it is not what was signed",
    ),
    "what was approved": (
        lambda c, case: c.execute(
            steps_of(case, 3).values(facts=func.replace(case_steps.c.facts, "2000000", "9000000"))
        ),
        ", step 3: was changed: it is not what was signed",
    ),
    "when": (
        lambda c, case: c.execute(steps_of(case, 2).values(at="2026-01-01T00:00:00.000Z")),
        ", step 2: was changed: it is not what was signed",
    ),
    "the opening": (
        lambda c, case: c.execute(steps_of(case, 1).values(facts=func.replace(case_steps.c.facts, "refer", "approve"))),
        ", step 1: was changed: it is not what was signed",
    ),
    "a text": (lambda c, case: c.execute(steps_of(case, 3).values(text=b"other")), "has another text than was signed"),
    "the last step removed": (removed_end, ", step 3: was removed"),
    "the whole case removed": (removed_all, ", step 1: was removed"),
    "a step added": (added, ", step 4: is not in the chain"),
    "the resolution in the row": (
        lambda c, case: c.execute(update(cases).where(cases.c.id == case).values(approved_cents=9_000_000)),
        ": has the column approved_cents changed",
    ),
    "moved to another lender": (
        lambda c, case: c.execute(update(cases).where(cases.c.id == case).values(lender_id="other")),
        "was moved to another lender's case",
    ),
}


@ON_SQLITE
@pytest.mark.parametrize("change", TAMPERED)
async def test_what_was_changed_behind_the_service_is_found(tmp_path: Path, change: str) -> None:
    """`verify` names the step, and the case is not shown any more."""
    work, said = TAMPERED[change]
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        assert (await bank.vote(case, "fritz")).status_code == 200
        database: Database = bank.service.app.state.database
        clean = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
        await database.write_at_once(lambda connection: work(connection, case["case_id"]))
        found = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
        answer = await bank.service.get(f"/v1/cases/{case['case_id']}", key=bank.keys["hans"])
        vote = await bank.do(case, "comments", "hans", text="x")
    assert clean.findings == ()
    assert any(said in f"{one.object}: {one.said}" for one in found.findings), found.findings
    assert answer.json()["type"] in {"/problems/stored-data-damaged", "/problems/not-found"}
    assert vote.status_code == answer.status_code


@ON_SQLITE
async def test_a_damaged_case_does_not_hide_the_others(tmp_path: Path) -> None:
    """The list names it."""
    async with banking(tmp_path) as bank:
        one, other = await bank.refer(), await bank.refer()
        database: Database = bank.service.app.state.database
        change = update(case_steps).where(case_steps.c.case_id == one["case_id"]).values(facts=b"\xff")
        await database.write_at_once(lambda connection: connection.execute(change))
        listed = (await bank.service.get("/v1/cases")).json()
    assert listed["damaged"] == [one["case_id"]]
    assert [item["case_id"] for item in listed["items"]] == [other["case_id"]]


async def ask(bank: Bank, kind: str) -> str:
    """A recorded request of the data subject; its path."""
    body = {"borrower_ref": "firm-1", "kind": kind, "received_on": "2026-09-15", "identity_check": "in_person"}
    made = await bank.service.post("/v1/subject-requests", body)
    return f"/v1/subject-requests/{made.json()['subject_request_id']}"


async def test_access_has_what_was_written_and_not_who_wrote_it(tmp_path: Path) -> None:
    """The steps of every case of the borrower, with texts, terms and reasons."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await bank.vote(case, "fritz")
        await bank.refer(borrower_ref="firm-2")
        answer = await bank.service.get(f"{await ask(bank, 'access')}/bundle")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    data, page = json.loads(archive.read("data.json")), archive.read("index.html").decode()
    assert [one["id"] for one in data["cases"]] == [case["case_id"]]
    assert [step["kind"] for step in data["case_steps"]] == ["opened", "claimed", "voted"]
    voted = data["case_steps"][2]
    assert (voted["text"], voted["verdict"], voted["approved_cents"]) == (TEXT, "approve", 2_000_000)
    for content in (page, json.dumps(data, ensure_ascii=False)):
        assert TEXT in content
        assert "fritz" not in content
        assert "pri_" not in content


async def test_an_erasure_destroys_what_was_written_and_leaves_every_proof(tmp_path: Path) -> None:
    """The steps stay, without texts; nothing can be done with the case any more."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await bank.vote(case, "fritz")
        other = await bank.refer()
        erased = await bank.service.post(f"{await ask(bank, 'erasure')}/completion", None)
        read = (await bank.service.get(f"/v1/cases/{case['case_id']}")).json()
        claim = await bank.do(other, "claim", "fritz")
        free = (await bank.service.get("/v1/cases", key=bank.keys["fritz"], desk="free")).json()["items"]
        database: Database = bank.service.app.state.database
        found = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
        texts = await database.read_at_once(
            lambda connection: connection.execute(select(case_steps.c.text)).scalars().all()
        )
    assert erased.json()["destroyed"]["case_texts"] == 1
    assert (read["borrower_ref"], [step["text"] for step in read["steps"]]) == (None, [None, None, None])
    assert problem(claim) == (409, "borrower-restricted", None)
    assert free == []
    assert set(texts) == {None}
    assert found.findings == ()


async def test_a_restricted_borrowers_case_is_only_kept(tmp_path: Path) -> None:
    """Auditors and administrators read it; nobody works on it."""
    async with banking(tmp_path) as bank:
        case = await bank.refer()
        await bank.service.post(f"{await ask(bank, 'restriction')}/completion", None)
        claim = await bank.do(case, "claim", "fritz")
        read = await bank.service.get(f"/v1/cases/{case['case_id']}", key=bank.keys["fritz"])
        listed = await bank.service.get("/v1/cases", key=bank.keys["fritz"])
        admin = await bank.service.get(f"/v1/cases/{case['case_id']}")
    assert problem(claim) == (409, "borrower-restricted", None)
    assert problem(read) == (403, "restricted", None)
    assert (listed.json()["items"], admin.status_code) == ([], 200)


async def test_a_case_ends_with_the_retention_of_its_decisions(tmp_path: Path) -> None:
    """It stays while one of them does; what is gone is no finding."""
    async with banking(tmp_path) as bank:
        case, other = await bank.refer(), await bank.refer()
        await bank.vote(other, "fritz")
        bank.service.clock.advance(days=400)
        await bank.refer(case_id=case["case_id"])
        database: Database = bank.service.app.state.database
        periods = Periods(
            decisions=365, loans=3653, connections=400, consents=1461, links=90, idempotency=90, events=30, audit=1461
        )
        now = bank.service.clock()
        (kind,) = [one for one in kinds_of(periods, SIGNER, now=now, today=now.date()) if one.name == "decisions"]
        removed = await remove_due(database, kind, done=lambda _count: None)
        listed = (await bank.service.get("/v1/cases")).json()["items"]
        read = await bank.service.get(f"/v1/cases/{case['case_id']}")
        found = await verify_chain(database, SIGNER.keys, "bank", [], done=lambda _count: None)
    assert removed == 2
    assert [one["case_id"] for one in listed] == [case["case_id"]]
    assert read.status_code == 200
    assert found.findings == ()
