"""The service as processes of its own, which tests kill."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from service import KEY_MATERIAL, SIGNING_KEYS
from sqlalchemy import select

from scoring.base.secrets import Secret
from scoring.store.database import Database

ROOT = Path(__file__).parents[1]
WITH_FIRMS = """
import os
import httpx
import uvicorn
from sandbox.server.app import create_app as create_sandbox
from scoring.app import create_app
from scoring.runtime.settings import Settings
from service import TODAY, a_serving, firms
Settings.reservation_seconds = 1.5
settings = Settings.from_environ(os.environ)
transport = httpx.ASGITransport(app=create_sandbox(firms(), today=lambda: TODAY))
uvicorn.run(create_app(settings, a_serving(), transport=transport), port=settings.port, log_config=None)
"""
"""A service that reads the books of the firms of the tests, and whose leases are short."""


def environ_in(folder: Path, **changes: str) -> dict[str, str]:
    """Settings of a process with its data in a folder."""
    return {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
        "SCORING_DATA_DIR": str(folder),
        "SCORING_ENCRYPTION_KEYS": f"k1:{KEY_MATERIAL}",
        "SCORING_SIGNING_KEYS": SIGNING_KEYS,
        "SCORING_SEVDESK_URL": "http://sandbox/api/v1",
        "SCORING_SEVDESK_SANDBOX": "true",
        **changes,
    }


def add_key(environ: dict[str, str]) -> str:
    """The key of an administrator of the lender ``bank``."""
    made = subprocess.run(
        [sys.executable, "-m", "scoring", "keys", "add", "--lender", "bank", "--role", "admin", "--name", "test"],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return made.stdout.strip()


@contextmanager
def process(server: str, environ: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The service as a process of its own, ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = subprocess.Popen(
        [sys.executable, "-c", server], env=environ | {"SCORING_PORT": str(port)}, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                if httpx.get(f"{url}/health/ready").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.05)
        yield started, url
    finally:
        started.kill()
        started.wait()


def ask(address: Secret, *columns: Any) -> list[Any]:  # noqa: ANN401  columns
    """Rows of the database."""

    async def look() -> list[Any]:
        database = Database(address)
        try:
            return await database.read_at_once(lambda connection: list(connection.execute(select(*columns)).all()))
        finally:
            await database.close()

    return asyncio.run(look())
