"""Two processes of the service behind one database: whichever is asked, there is one answer."""

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

import httpx
import postgres
import pytest
from service import KEY_MATERIAL, SIGNING_KEYS

from demo.stack import Stack, _scoring, running, scoring
from sandbox.__main__ import today_in_berlin
from sandbox.firms.personas import PERSONAS
from sandbox.objects.folder import write_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two replicas, their database, and an application that both can decide on."""

    replicas: tuple[Stack, Stack]
    database: str
    application: dict[str, Any]

    def post(self, replica: int, key: str, **changes: object) -> httpx.Response:
        """Post the application to one of them; the API key was made by the first."""
        return httpx.post(
            f"{self.replicas[replica].service_url}/v1/decisions",
            json=self.application | changes,
            headers={"Authorization": f"Bearer {self.replicas[0].api_key}", "Idempotency-Key": key},
            timeout=60,
        )

    def model_of(self, replica: int, key: str) -> str:
        """The model that decides on the application there."""
        answer = self.post(replica, key)
        assert answer.status_code == 201, answer.text
        name: str = answer.json()["versions"]["model"]
        return name

    def get(self, replica: int, path: str) -> httpx.Response:
        """Ask one of them."""
        headers = {"Authorization": f"Bearer {self.replicas[0].api_key}"}
        return httpx.get(f"{self.replicas[replica].service_url}{path}", headers=headers, timeout=60)

    def count(self, statement: str) -> int:
        """A number from the database."""
        found: int = asyncio.run(postgres.ask(self.database, statement))[0][0]
        return found


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The replicas, started at the same moment on an empty database."""
    folder = tmp_path_factory.mktemp("pair")
    agency = next(persona for persona in PERSONAS if persona.firm == "healthy-agency")
    write_folder([agency.books(today_in_berlin())], folder / "books")
    application = {
        "borrower_ref": "firm-1",
        "legal_form": agency.traits.legal_form,
        "product": "working_capital",
        "amount": {"value": "12000.00", "currency": "EUR"},
        "term_months": 12,
        "sevdesk_token": agency.token,
    }
    with postgres.fresh_database() as url:
        settings = {
            "SCORING_DATABASE_URL": url,
            "SCORING_ENCRYPTION_KEYS": f"k1:{KEY_MATERIAL}",
            "SCORING_SIGNING_KEYS": SIGNING_KEYS,
            "SCORING_PROMOTION_SECONDS": "0.2",
        }
        stacks = [running(folder / name, books=folder / "books", settings=settings) for name in ("first", "second")]
        try:
            with ThreadPoolExecutor(2) as threads:
                first, second = threads.map(lambda stack: stack.__enter__(), stacks)
            yield Pair(replicas=(first, second), database=url, application=application)
        finally:
            for stack in stacks:
                stack.__exit__(None, None, None)


def test_one_key_at_both_replicas_is_one_decision(pair: Pair) -> None:
    """Posted to both at once, again and again: one decides, the other asks to wait or answers the same."""
    for number in range(8):
        key = f"race-{number}"
        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(pair.post, (0, 1), (key, key)))
        assert {answer.status_code for answer in answers} <= {201, 409}, [answer.text for answer in answers]
        made = [answer.content for answer in answers if answer.status_code == 201]
        assert made
        repeated = [pair.post(replica, key) for replica in (0, 1)]
        assert {answer.status_code for answer in repeated} == {201}
        assert len({*made, *(answer.content for answer in repeated)}) == 1
    assert pair.count("SELECT COUNT(*) FROM decisions") == 8
    assert pair.count("SELECT COUNT(*) FROM snapshots") == 8
    assert pair.count("SELECT COUNT(*) FROM borrowers") == 1


def test_another_body_is_refused_by_the_other_replica(pair: Pair) -> None:
    """A key belongs to one application, wherever it was posted first."""
    assert pair.post(0, "body").status_code == 201
    answer = pair.post(1, "body", term_months=6)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")


def test_fifty_requests_of_all_kinds_meet_no_fault(pair: Pair) -> None:
    """Deciding, reading and listing at once; what one replica stored, the other shows."""
    before = pair.count("SELECT COUNT(*) FROM decisions")

    def ask(number: int) -> httpx.Response:
        replica = number % 2
        if number % 5 == 4:
            return pair.get(replica, "/v1/decisions?limit=5")
        if number % 5 == 3:
            return pair.get(replica, "/health/ready")
        return pair.post(replica, f"mixed-{number}", borrower_ref=f"firm-{number % 7}")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(50)))
    assert {answer.status_code for answer in answers} == {200, 201}
    assert pair.count("SELECT COUNT(*) FROM decisions") == before + 30
    last = answers[0].json()["decision_id"]
    assert [pair.get(replica, f"/v1/decisions/{last}").content for replica in (0, 1)] == [answers[0].content] * 2


def test_both_replicas_take_up_a_promotion_and_its_rollback_while_they_decide(pair: Pair) -> None:
    """Approved at one of them and rolled back by a command: no request fails, each replica follows within moments."""
    roles = ("--kind", "person", "--role", "promote_all")
    added = [
        scoring(pair.replicas[0], "keys", "add", "--lender", "demo-bank", "--name", one, *roles) for one in ("a", "b")
    ]
    keys = [re.findall("hbk_[A-Za-z0-9_-]+", one)[0] for one in added]
    found: tuple[list[str], list[str]] = ([], [])
    is_over = threading.Event()

    def ask(replica: int) -> None:
        while not is_over.is_set():
            found[replica].append(pair.model_of(replica, f"promoted-{replica}-{len(found[replica])}"))

    def act(replica: int, key: str, path: str, **body: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key}"}
        url = f"{pair.replicas[replica].service_url}/v1/promotions{path}"
        answer = httpx.post(url, json={"reason": "a test"} | body, headers=headers, timeout=60)
        answer.raise_for_status()
        made: dict[str, Any] = answer.json()
        return made

    with ThreadPoolExecutor(2) as threads:
        asking = [threads.submit(ask, replica) for replica in (0, 1)]
        try:
            made = act(0, keys[0], "", model="sme/3", since=str(today_in_berlin() + timedelta(days=1)))
            act(1, keys[1], f"/{made['promotion_id']}/approval")
            at_once = pair.model_of(1, "promoted-at-once")
            both_serve(pair, "sme/3")
            _scoring(
                ["promotions", "rollback", "sme", "--reason", "a test"], pair.replicas[0].environment, typed=keys[0]
            )
            both_serve(pair, "sme/4")
        finally:
            is_over.set()
        for one in asking:
            one.result()
    assert at_once == "sme/3"
    for models in found:
        assert [name for name, _ in groupby(models)] in (["sme/4", "sme/3", "sme/4"], ["sme/4", "sme/3"], ["sme/4"])
    assert "sme/3" in {*found[0], *found[1]}


def both_serve(pair: Pair, model: str) -> None:
    """Wait until both have looked, and a decision of each names it."""
    for replica in (0, 1):
        for _ in range(200):
            if pair.get(replica, "/health/ready").json()["checks"]["model"] == model:
                break
            time.sleep(0.05)
        assert pair.model_of(replica, f"serves-{model}-{replica}") == model


def test_a_replica_that_is_killed_leaves_the_other_deciding(pair: Pair) -> None:
    """In the midst of its work, without a word; nothing half is left, and every key can be decided by the other."""
    with ThreadPoolExecutor(4) as threads:
        doomed = [threads.submit(pair.post, 1, f"kill-{number}") for number in range(4)]
        threads.submit(pair.post, 0, "kill-other").result()
        pair.replicas[1].service.kill()
        outcomes = [future.exception() or future.result() for future in doomed]
    assert all(isinstance(outcome, httpx.TransportError) or outcome.status_code == 201 for outcome in outcomes)
    assert pair.post(0, "after").status_code == 201
    assert pair.get(0, "/health/ready").status_code == 200
    asyncio.run(postgres.ask(pair.database, "UPDATE idempotency SET reserved_at = '2026-01-01T00:00:00.000Z'"))
    assert {pair.post(0, f"kill-{number}").status_code for number in range(4)} == {201}
    assert pair.count("SELECT COUNT(*) FROM idempotency WHERE decision_id IS NULL") == 0
    assert pair.count("SELECT COUNT(*) FROM decisions") == pair.count("SELECT COUNT(*) FROM snapshots")
