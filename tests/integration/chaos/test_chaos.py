"""Whatever happens on the wire to sevdesk: the undisturbed decision or a clear refusal, in time, in little memory.

``make test-deep`` has every mode on every answer and on single ones; the ordinary suite has some of them.
"""

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from integration.chaos.modes import EQUAL, LATE, MODES
from integration.chaos.proxy import Proxy, faithful, proxying
from service import TODAY, TOKEN, Service, a_firm, application, running

from sandbox.server.app import create_app

IS_DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
DEADLINE = 2.0
GROWTH = 250 * 2**20
"""Bytes: the bound on the answers of a reading, one answer joined, and what was received and not read yet."""
FEW = (
    "reset in the body",
    "surplus answer a moment later",
    "key twice, the last one empty",
    "1,000 times 100 Continue",
    "redirect to another host",
    "gzip bomb",
    "100,000 brackets",
    "tiny pages without a total",
)
"""Quick ones, of each kind."""
FIRST, SECOND, FIFTH = (lambda number: number == 1), (lambda number: number == 2), (lambda number: number == 5)


@asynccontextmanager
async def _service(folder: Path) -> AsyncIterator[tuple[Service, Proxy]]:
    sandbox = create_app([a_firm()], today=lambda: TODAY)
    async with (
        proxying(sandbox, TOKEN) as proxy,
        running(
            folder, is_networked=True, sevdesk_url=f"{proxy.url}/api/v1", fetch_deadline_seconds=DEADLINE
        ) as service,
    ):
        yield service, proxy


def _facts(decision: dict[str, Any]) -> dict[str, Any]:
    """What must be equal: all but names and times of this one decision."""
    own = {"decision_id", "created_at", "timing_ms", "links", "borrower_id"}
    return {name: value for name, value in decision.items() if name not in own}


async def _decide(service: Service) -> tuple[str, dict[str, Any]]:
    """``EQUAL`` with the decision, or the problem; within the deadline and a second."""
    async with asyncio.timeout(DEADLINE + (1 if IS_DEEP else 10)):
        answer = await service.post("/v1/decisions", application())
    if answer.status_code == 201:
        return EQUAL, _facts(answer.json())
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.status_code in {502, 503, 504}
    assert "Traceback" not in answer.text
    return answer.json()["type"].removeprefix("/problems/"), {}


def _memory() -> int:
    """Bytes that the process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def _watch(memory: list[int]) -> None:
    while True:
        memory.append(_memory())
        await asyncio.sleep(0.01)


async def _outcome(service: Service, proxy: Proxy, name: str, chosen: Callable[[int], bool]) -> str:
    """What a decision becomes; afterwards the same service decides as if nothing had been."""
    proxy.mode = faithful
    _, usual = await _decide(service)
    proxy.mode, proxy.chosen, proxy.requests, proxy.disturbed = MODES[name][0], chosen, 0, 0
    most = [_memory()]
    watching = asyncio.create_task(_watch(most))
    outcome, facts = await _decide(service)
    watching.cancel()
    assert outcome != EQUAL or facts == usual
    assert proxy.disturbed > 0
    assert proxy.strays == 0
    assert max(most) - most[0] < GROWTH
    return outcome


@pytest.mark.parametrize("name", list(MODES) if IS_DEEP else FEW)
async def test_every_answer_is_disturbed(tmp_path: Path, name: str) -> None:
    """The decision is equal, or refused for the reason that the mode is."""
    async with _service(tmp_path) as (service, proxy):
        assert await _outcome(service, proxy, name, lambda _: True) in MODES[name][1]


@pytest.mark.parametrize(
    "chosen",
    [FIRST, SECOND, FIFTH] if IS_DEEP else [SECOND],
    ids=["first", "second", "fifth"] if IS_DEEP else ["second"],
)
@pytest.mark.parametrize("name", list(MODES) if IS_DEEP else FEW[:2])
async def test_one_answer_is_disturbed(tmp_path: Path, name: str, chosen: Callable[[int], bool]) -> None:
    """The decision is equal, or refused for the same reason, or because it was tried again for too long."""
    async with _service(tmp_path) as (service, proxy):
        outcome = await _outcome(service, proxy, name, chosen)
    assert outcome in {EQUAL, LATE, *MODES[name][1]}
