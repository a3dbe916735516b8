"""A process that is killed amid a queue of later decisions: each is made once, and no application stays.

``KILLED_JOBS`` says how many wait, ``KILLED_ROWS`` how many rows a portfolio has; the suite asks for few.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from processes import WITH_FIRMS, add_key, ask, environ_in, process
from service import TOKEN, application, settings_in
from sqlalchemy import func

from scoring.base.secrets import Secret
from scoring.store.jobs import RUNS
from scoring.store.tables import decisions, jobs, monitoring_subscriptions, observations, portfolios

COUNT = int(os.environ.get("KILLED_JOBS", "12"))
ROWS = int(os.environ.get("KILLED_ROWS", "40"))
Attempts = set[tuple[str, str]]
"""What is being worked on, each with its attempt."""


def stop(running: subprocess.Popen[bytes]) -> None:
    """Let a process stand still, and return when it does."""
    running.send_signal(signal.SIGSTOP)
    os.waitpid(running.pid, os.WUNTRACED)


def kill_at_work(
    killed: subprocess.Popen[bytes], at_work: Callable[[], Attempts], other: subprocess.Popen[bytes] | None = None
) -> set[str]:
    """Kill a process amid work of its own; returns on what it was.

    It is looked at while it stands still, so that nothing ends before the kill. Whatever begins while the other process
    stands still is not that one's.
    """
    for _ in range(200):
        if other is not None:
            stop(other)
        before = at_work() if other is not None else set()
        time.sleep(0.02)
        stop(killed)
        own = at_work() - before
        if own:
            killed.kill()
            killed.wait()
        else:
            killed.send_signal(signal.SIGCONT)
        if other is not None:
            other.send_signal(signal.SIGCONT)
        if own:
            return {identifier for identifier, _ in own}
        time.sleep(0.01)
    pytest.fail("it was never seen at work")


def jobs_at_work(address: Secret) -> Attempts:
    """Jobs that a worker has."""
    return {(row.id, row.attempt) for row in ask(address, jobs.c.id, jobs.c.attempt, jobs.c.state) if row.state in RUNS}


def observing(address: Secret) -> Attempts:
    """Subscriptions that a worker has."""
    found = ask(address, monitoring_subscriptions.c.id, monitoring_subscriptions.c.attempt)
    return {(row.id, row.attempt) for row in found if row.attempt is not None}


def test_a_kill_amid_the_queue_loses_nothing_and_decides_nothing_twice(tmp_path: Path) -> None:
    """The next process, or another one, takes up what the killed one had."""
    address = settings_in(tmp_path).database_url
    environ = environ_in(tmp_path, SCORING_DATABASE_URL=address.reveal())
    headers = {"Authorization": f"Bearer {add_key(environ)}", "Prefer": "respond-async"}
    with process(WITH_FIRMS, environ) as (killed, url):
        with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
            for number in range(COUNT):
                keyed = {"Idempotency-Key": f"key-{number}"} if number % 2 else {}
                assert client.post("/v1/decisions", json=application(), headers=keyed).status_code == 202
        while not ask(address, func.count(decisions.c.id))[0][0]:
            time.sleep(0.05)
        begun = kill_at_work(killed, lambda: jobs_at_work(address))
    with process(WITH_FIRMS, environ):
        while any(row.ended_at is None for row in ask(address, jobs.c.ended_at)):
            time.sleep(0.1)
    ended = ask(address, jobs.c.id, jobs.c.state, jobs.c.decision_id, jobs.c.sealed, jobs.c.tries)
    stored = {row.id for row in ask(address, decisions.c.id)}
    assert all(row.tries > 1 for row in ended if row.id in begun)
    assert [row.state for row in ended] == ["done"] * COUNT
    assert {row.decision_id for row in ended} == stored
    assert len(stored) == COUNT
    assert all(row.sealed is None for row in ended)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_two_workers_end_a_portfolio_of_which_one_is_killed(tmp_path: Path) -> None:
    """Each row is decided on once, also those that the killed one had begun."""
    address = settings_in(tmp_path).database_url
    environ = environ_in(tmp_path, SCORING_DATABASE_URL=address.reveal(), SCORING_ACCOUNT_PAUSE_SECONDS="0.001")
    headers = {"Authorization": f"Bearer {add_key(environ)}", "Content-Type": "application/x-ndjson"}
    content = "\n".join(json.dumps(application(borrower_ref=f"firm-{number}")) for number in range(ROWS))
    with (
        process(WITH_FIRMS, environ) as (killed, _),
        process(WITH_FIRMS, environ) as (other, url),
        httpx.Client(base_url=url, headers=headers, timeout=60) as client,
    ):
        path = client.post("/v1/portfolios", content=content).headers["Location"]
        while client.get(path).json()["counts"].get("done", 0) < ROWS / 4:
            time.sleep(0.05)
        begun = kill_at_work(killed, lambda: jobs_at_work(address), other)
        while (shown := client.get(path).json())["ended_at"] is None:
            time.sleep(0.2)
        summary = client.get(f"{path}/summary").json()
    ended = ask(address, jobs.c.id, jobs.c.line, jobs.c.decision_id, jobs.c.sealed, jobs.c.tries)
    stored = {row.id for row in ask(address, decisions.c.id)}
    assert all(row.tries > 1 for row in ended if row.id in begun)
    assert (shown["state"], shown["counts"]) == ("done", {"done": ROWS})
    assert {row.line for row in ended} == set(range(1, ROWS + 1))
    assert {row.decision_id for row in ended} == stored
    assert len(stored) == ROWS
    assert all(row.sealed is None for row in ended)
    assert sum(summary["verdicts"].values()) == ROWS
    assert [row.state for row in ask(address, portfolios.c.state)] == ["done"]


def monitored(url: str, headers: dict[str, str]) -> None:
    """So many borrowers, all of whose books are to be read now."""
    with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
        found = []
        for number in range(COUNT):
            ref = f"firm-{number}"
            body = {"borrower_ref": ref, "sevdesk_token": TOKEN, "purposes": ["decision", "monitoring"]}
            connection = client.post("/v1/connections", json=body).json()["connection_id"]
            known = {"borrower_ref": ref, "legal_form": "einzelunternehmen"}  # which persons decide on
            asked = application(sevdesk_token=None, connection_id=connection, **known)
            assert client.post("/v1/decisions", json=asked).status_code == 201
            found.append(client.post("/v1/monitoring", json={"connection_id": connection}).json()["links"]["self"])
        for path in found:
            assert client.post(f"{path}/observe").status_code == 200


def kill_amid(killed: subprocess.Popen[bytes], address: Secret, other: subprocess.Popen[bytes] | None = None) -> None:
    """Once something was observed, while it observes another one."""
    while not ask(address, func.count(observations.c.id))[0][0]:
        time.sleep(0.01)
    begun = kill_at_work(killed, lambda: observing(address), other)
    made = {row.subscription_id for row in ask(address, observations.c.subscription_id)}
    assert begun - made, "it was killed too late to show anything"


def each_once(address: Secret) -> None:
    """Wait until all are observed; nobody twice."""
    while any(row.observed_at is None for row in ask(address, monitoring_subscriptions.c.observed_at)):
        time.sleep(0.1)
    made = [row.subscription_id for row in ask(address, observations.c.subscription_id)]
    assert len(made) == len(set(made)) == COUNT


def test_a_kill_amid_observations_makes_each_once(tmp_path: Path) -> None:
    """The next process takes up what the killed one had."""
    address = settings_in(tmp_path).database_url
    environ = environ_in(tmp_path, SCORING_DATABASE_URL=address.reveal(), SCORING_ACCOUNT_PAUSE_SECONDS="0.001")
    headers = {"Authorization": f"Bearer {add_key(environ)}"}
    with process(WITH_FIRMS, environ) as (killed, url):
        monitored(url, headers)
        kill_amid(killed, address)
    with process(WITH_FIRMS, environ):
        each_once(address)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_two_processes_observe_of_which_one_is_killed(tmp_path: Path) -> None:
    """What the killed one had begun, the other one does when its lease has ended."""
    address = settings_in(tmp_path).database_url
    environ = environ_in(tmp_path, SCORING_DATABASE_URL=address.reveal(), SCORING_ACCOUNT_PAUSE_SECONDS="0.001")
    headers = {"Authorization": f"Bearer {add_key(environ)}"}
    with process(WITH_FIRMS, environ) as (killed, _), process(WITH_FIRMS, environ) as (other, url):
        monitored(url, headers)
        kill_amid(killed, address, other)
        each_once(address)
