"""``serve`` as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from demo.stack import free_port, running

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
