"""Starting both servers: what is said when that cannot be done."""

import shlex
import socket
from pathlib import Path

import pytest

from demo.__main__ import arguments
from demo.stack import StackError, running


def test_taken_ports_are_told_with_a_command_that_works(tmp_path: Path) -> None:
    """All at once; ``make serve`` takes no options, so the command is the one behind it."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        sandbox_port, service_port = (server.getsockname()[1] for server in (first, second))
        with (
            pytest.raises(StackError, match=f"port {sandbox_port} and port {service_port}") as refused,
            running(tmp_path, sandbox_port=sandbox_port, service_port=service_port),
        ):
            pass
    python, module, name, *options = shlex.split(str(refused.value).splitlines()[-1])
    chosen = arguments(options)
    assert (python, module, name, chosen.stay) == (".venv/bin/python", "-m", "demo", True)
    assert not {chosen.sandbox_port, chosen.service_port} & {sandbox_port, service_port, None}
