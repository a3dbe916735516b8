"""What ``make serve`` prints can be copied into another terminal."""

import io
import os
import subprocess
import sys
from pathlib import Path

import httpx
from rich.console import Console

from demo.__main__ import sandbox_firms, show_usage
from demo.stack import running

ROOT = Path(__file__).parents[3]


def test_commands_in_another_terminal_ask_the_local_sevdesk(tmp_path: Path) -> None:
    """After one line that is printed whole in a narrow window; no other setting is needed."""
    printed = io.StringIO()
    other_terminal = {name: value for name, value in os.environ.items() if not name.startswith("SCORING_")}
    with running(tmp_path / "a folder") as stack:
        show_usage(stack, Console(file=printed, width=40))
        connected = httpx.post(
            f"{stack.service_url}/v1/connections",
            headers={"Authorization": f"Bearer {stack.api_key}"},
            json={
                "borrower_ref": "firm-1",
                "sevdesk_token": sandbox_firms()["sole-trader"]["token"],
                "purposes": ["decision", "contacts"],
            },
            timeout=60,
        ).json()
        lines = printed.getvalue().splitlines()
        (exported,) = (line for line in lines if line.startswith("export "))
        command = f"{exported}; {sys.executable} -m scoring contacts {connected['connection_id']}"
        done = subprocess.run(
            ["/bin/sh", "-c", command], env=other_terminal, cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert ".venv/bin/python -m sandbox firms" in lines
    assert done.returncode == 0, done.stderr
    assert "\tcustomer\t" in done.stdout
