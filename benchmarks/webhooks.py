"""How long after the answer to an application its webhook arrives.

    python benchmarks/webhooks.py           100 decisions, one after the other
    python benchmarks/webhooks.py 300

One service on SQLite, a local sevdesk that serves one firm, and a receiver that answers at once. The clock begins when
the answer of ``POST /v1/decisions`` has been read, and ends when the receiver has the event of that decision. The
machine is shared by all three.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from rich.progress import track
from typing_extensions import override

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.batch import END_ON, application, process
from benchmarks.results import ROOT, machine, number, table, versions
from demo.stack import free_port

AT_MOST = 1.0
"""Seconds, for nineteen of twenty."""


class Receiver(BaseHTTPRequestHandler):
    """Notes when each decision was told."""

    arrived: dict[str, float]
    news: threading.Condition

    def do_POST(self) -> None:
        """An event."""
        at = time.perf_counter()
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        with self.news:
            self.arrived[event["data"].get("decision_id", "")] = at
            self.news.notify_all()

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def measure(count: int) -> list[float]:
    """Seconds from each answer to its event."""
    arrived: dict[str, float] = {}
    news = threading.Condition()
    handler = type("Handler", (Receiver,), {"arrived": arrived, "news": news})
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder, sandbox, port = Path(name), free_port(), free_port()
        url = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "SCORING_DATA_DIR": name,
            "SCORING_SEVDESK_URL": f"http://127.0.0.1:{sandbox}/api/v1",
            "SCORING_SEVDESK_SANDBOX": "true",
            "SCORING_SANDBOX_TODAY": str(END_ON),
            "SCORING_PLAIN_HTTP": "true",
            "SCORING_WEBHOOKS_INSIDE": "true",
            "SCORING_LOG_LEVEL": "warning",
            "SCORING_PORT": str(port),
        }
        added = ["-m", "scoring", "keys", "add", "--lender", "bank", "--role", "admin", "--name", "webhooks"]
        made = subprocess.run([sys.executable, *added], cwd=ROOT, env=environment, capture_output=True, check=True)
        serving = [str(ROOT / "benchmarks/batch.py"), "--serve", str(sandbox), "1"]
        headers = {"Authorization": f"Bearer {made.stdout.decode().strip()}"}
        with (
            process(serving, environment, folder / "sandbox.log", f"http://127.0.0.1:{sandbox}/count"),
            process(["-m", "scoring", "serve"], environment, folder / "service.log", f"{url}/health/ready"),
            httpx.Client(base_url=url, headers=headers, timeout=60) as client,
        ):
            address = f"http://127.0.0.1:{receiver.server_port}/"
            client.post("/v1/webhooks", json={"url": address, "types": ["decision.made"]}).raise_for_status()
            seconds = []
            for _ in track(range(count), description="deciding"):
                decision_id = client.post("/v1/decisions", json=application(0)).raise_for_status().json()["decision_id"]
                answered = time.perf_counter()
                with news:
                    if not news.wait_for(lambda wanted=decision_id: wanted in arrived, timeout=60):
                        raise RuntimeError(f"no event of {decision_id} within 60 s")
                seconds.append(max(arrived[decision_id] - answered, 0.0))
    receiver.shutdown()
    return sorted(seconds)


def main() -> int:
    """Measure, and print the figures; status 1 where they are above the aim."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("decisions", type=int, nargs="?", default=100)
    count = parser.parse_args().decisions
    seconds = measure(count)
    shares = {"half": 0.5, "19 of 20 (p95)": 0.95, "99 of 100": 0.99, "all": 1.0}
    rows = [[name, number(1e3 * seconds[min(int(share * count), count - 1)])] for name, share in shares.items()]
    print(f"\n{datetime.now(tz=UTC).date()}, {machine()}, {versions()}, load {os.getloadavg()[0]:.1f}.\n")
    print(f"{count} decisions, from the answer to the event, within ms:\n\n{table(('of the events', 'ms'), rows)}")
    return int(seconds[min(int(0.95 * count), count - 1)] > AT_MOST)


if __name__ == "__main__":
    sys.exit(main())
