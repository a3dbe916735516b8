"""What takes work from the database looks again after an error that nobody foresaw: else the queue stands, unlogged."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from service import running
from sqlalchemy import Connection
from typing_extensions import override

from scoring.jobs.leases import Leased, LeaseWorker
from scoring.telemetry.telemetry import Metrics
from scoring.webhooks.network import Network
from scoring.webhooks.sender import Sender


@dataclass(kw_only=True)
class Looks:
    """Fails at the first look, and stops the work at the third."""

    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    count: int = 0

    def note(self) -> None:
        """Begin one."""
        self.count += 1
        if self.count == 1:
            raise RuntimeError("unforeseen")
        if self.count == 3:
            self.stopping.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle(LeaseWorker[Leased, None]):
    """Finds nothing to do."""

    looks: Looks

    @override
    def free(self, connection: Connection) -> None:
        """Nothing is held."""

    @override
    async def claim(self, places: int) -> tuple[Sequence[Leased], float]:
        """Nothing is due."""
        self.looks.note()
        return [], 0.001

    @override
    async def do(self, held: Leased) -> None:
        """Never called."""

    @override
    async def end(self, held: Leased, working: asyncio.Task[None]) -> None:
        """Never called."""

    @override
    def renew(self, connection: Connection, held: Leased) -> bool:
        """Never called."""
        return True


async def test_workers_look_again(tmp_path: Path) -> None:
    """Those of later decisions and of monitoring, which share it."""
    looks = Looks()
    async with running(tmp_path) as service:
        await Idle(
            database=service.app.state.database,
            at_once=1,
            lease=timedelta(seconds=30),
            is_alone=False,
            poll_seconds=0.001,
            looks=looks,
        ).run(looks.stopping)
    assert looks.count == 3


async def test_the_sender_of_webhooks_looks_again(tmp_path: Path) -> None:
    """Its clock is read once a look where nothing is due."""
    looks = Looks()
    async with running(tmp_path) as service:
        state = service.app.state

        def clock() -> datetime:
            looks.note()
            return service.clock()

        network = Network(seconds=5, at_once=1, allows_inside=True)
        await Sender(
            database=state.database,
            cipher=state.cipher,
            network=network,
            clock=clock,
            outside=clock,
            randomness=os.urandom,
            metrics=Metrics(state.in_force.serving.versions),
            poll_seconds=0.001,
        ).run(looks.stopping)
        await network.aclose()
    assert looks.count == 3
