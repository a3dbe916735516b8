"""``serve`` as a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
from integration.api.test_kill import Slow, post, slow_sevdesk

from demo.stack import LENDER, free_port, running

ROOT = Path(__file__).parents[3]


def test_a_sqlite_file_is_served_by_one_process(tmp_path: Path) -> None:
    """A second one says so; once the first has ended, even killed, another may start."""
    books = tmp_path / "books"
    books.mkdir()
    (books / "firm.json").write_text("{}")
    with running(tmp_path, books=books) as stack:
        second = subprocess.run(
            [sys.executable, "-m", "scoring", "serve", "--port", str(free_port())],
            env=os.environ | stack.settings,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        stack.service.kill()
        stack.service.wait()
    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr.startswith(f"scoring: another `serve` is using {tmp_path / 'scoring.sqlite'}: ")
    with running(tmp_path, books=books) as stack:
        assert stack.service.poll() is None


def test_rules_for_a_lender_that_is_not_there_are_told(tmp_path: Path) -> None:
    """The service starts: its first key may still be to come."""
    books = tmp_path / "books"
    books.mkdir()
    (books / "firm.json").write_text("{}")
    rules = tmp_path / "rules.toml"
    rule = '{ id = "fees", category = "bank_fee", text = "grundpreis" }'
    rules.write_text(f'version = "1"\n[lenders.{LENDER}]\nrules = [{rule}]\n[lenders.bnak]\nrules = [{rule}]\n')
    with running(tmp_path, books=books, settings={"SCORING_BANK_RULES": str(rules)}):
        log = (tmp_path / "scoring.log").read_text()
    (told,) = [json.loads(line) for line in log.splitlines() if "not there" in line]
    assert (told["level"], told["lenders"]) == ("warning", ["bnak"])


def test_a_service_that_is_told_to_stop_ends_in_time(tmp_path: Path) -> None:
    """Whoever holds half a body is cut; a decision that sevdesk does not let end gives its key back."""
    books = tmp_path / "books"
    books.mkdir()
    (books / "firm.json").write_text("{}")
    with slow_sevdesk() as address:
        settings = {"SCORING_SEVDESK_URL": address, "SCORING_STOP_SECONDS": "3"}
        with running(tmp_path, books=books, settings=settings) as stack:
            half = socket.create_connection(("127.0.0.1", httpx.URL(stack.service_url).port or 0))
            head = f"POST /v1/decisions HTTP/1.1\r\nHost: service\r\nAuthorization: Bearer {stack.api_key}\r\n"
            half.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{{".encode())
            answers: list[httpx.Response] = []
            client = threading.Thread(target=lambda: answers.append(post(stack.service_url, stack.api_key)))
            client.start()
            assert Slow.asked.wait(10)
            began = time.monotonic()
            stack.service.send_signal(signal.SIGTERM)
            assert stack.service.wait(timeout=10) == 0
            assert time.monotonic() - began < 3.5
            client.join()
            half.close()
            assert (answers[0].status_code, answers[0].json()["type"]) == (503, "/problems/service-stopping")
            assert answers[0].headers["Retry-After"] == "30"
        settings |= {"SCORING_FETCH_DEADLINE_SECONDS": "0.5"}
        with running(tmp_path, books=books, settings=settings) as stack:
            again = post(stack.service_url, stack.api_key)
    # the key is free: it got as far as asking the sevdesk that does not answer
    assert (again.status_code, again.json()["type"]) == (504, "/problems/sevdesk-deadline-exceeded")
