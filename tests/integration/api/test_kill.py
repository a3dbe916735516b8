"""A process that is killed while it waits for sevdesk leaves nothing behind that is half."""

import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from processes import add_key, environ_in, process
from service import application

SERVER = """
import os
import uvicorn
from scoring.app import create_app
from scoring.runtime.settings import Settings
from service import a_serving
Settings.reservation_seconds = 600.0
settings = Settings.from_environ(os.environ)
uvicorn.run(create_app(settings, a_serving()), port=settings.port, log_config=None, access_log=False)
"""
"""A service whose reservations outlast a restart, however busy the machine is; one ends when a test says so."""


class Slow(BaseHTTPRequestHandler):
    """A sevdesk that is asked and does not answer."""

    asked = threading.Event()
    released = threading.Event()

    def do_GET(self) -> None:
        """Hold the request."""
        self.asked.set()
        self.released.wait(30)
        self.close_connection = True


@contextmanager
def slow_sevdesk() -> Iterator[str]:
    """Address of a sevdesk that does not answer."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v1"
    finally:
        Slow.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def post(url: str, key: str) -> httpx.Response:
    """An application under an idempotency key."""
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "key-1"}
    return httpx.post(f"{url}/v1/decisions", json=application(), headers=headers, timeout=20)


def post_and_lose(url: str, key: str) -> None:
    """An application whose answer never comes."""
    with pytest.raises(httpx.TransportError):
        post(url, key)


def let_expire(data_dir: Path) -> None:
    """Make the reservation as old as if hours had passed."""
    with closing(sqlite3.connect(data_dir / "scoring.sqlite")) as connection, connection:
        changed = connection.execute("UPDATE idempotency SET reserved_at = '2026-01-01T00:00:00.000Z'")
        assert changed.rowcount == 1


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Settings of the process, but for sevdesk."""
    changes = {"SCORING_SEVDESK_URL": "http://127.0.0.1:9/api/v1", "SCORING_FETCH_DEADLINE_SECONDS": "0.5"}
    return environ_in(tmp_path, **changes)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_kill_in_mid_request_leaves_no_half_decision(environ: dict[str, str], tmp_path: Path) -> None:
    """No decision is stored; the key is reserved until it expires, and can be used again then."""
    key = add_key(environ)
    with slow_sevdesk() as address:
        waiting = environ | {"SCORING_SEVDESK_URL": address, "SCORING_FETCH_DEADLINE_SECONDS": "60"}
        with process(SERVER, waiting) as (killed, url):
            client = threading.Thread(target=post_and_lose, args=(url, key))
            client.start()
            assert Slow.asked.wait(10)
            killed.send_signal(signal.SIGKILL)
            killed.wait()
            client.join()
        with process(SERVER, environ | {"SCORING_SEVDESK_URL": address}) as (_, url):
            listed = httpx.get(f"{url}/v1/decisions", headers={"Authorization": f"Bearer {key}"}).json()
            reserved = post(url, key)
            let_expire(tmp_path)
            taken_over = post(url, key)
    assert listed["items"] == []
    assert (reserved.status_code, reserved.json()["type"]) == (409, "/problems/decision-in-progress")
    # it got as far as asking the sevdesk that does not answer
    assert (taken_over.status_code, taken_over.json()["type"]) == (504, "/problems/sevdesk-deadline-exceeded")
