"""Starts the local sevdesk and the service as processes, waits until both answer, and stops them again."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx

READY_WITHIN_SECONDS = 60.0
LENDER = "demo-bank"


class StackError(Exception):
    """A server did not start; the message says which, and shows the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user of the demo lender's pages."""

    lender: str
    name: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Two running servers and a key for the service."""

    sandbox_url: str
    service_url: str
    api_key: str
    person: Person | None
    sandbox: subprocess.Popen[bytes]
    service: subprocess.Popen[bytes]
    service_ready_seconds: float
    """From starting the process to the first 200 of /health/ready."""
    environment: dict[str, str]
    """Of the service's process."""
    settings: dict[str, str]
    """What a command needs to work on the same data and ask the local sevdesk, not the real one."""


def free_port() -> int:
    """A free TCP port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a TCP port of this machine is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


_LENDERS = """
[lenders.demo-bank]
name = "Demo Bank AG"
address = "Bahnhofstraße 1, 10115 Berlin"
contact = "Kreditservice, Frau Petra Beispiel"
email = "kredit@bank.example"
phone = "+49 30 1234567"
"""


def _lenders_file(data_dir: Path) -> Path:
    """How the lender of the demo signs what it writes to applicants."""
    path = data_dir / "lenders.toml"
    path.write_text(_LENDERS)
    return path.resolve()


@contextmanager
def running(  # noqa: PLR0913  each is an option of the demo
    data_dir: Path,
    *,
    books: Path | None = None,
    sandbox_port: int | None = None,
    service_port: int | None = None,
    settings: dict[str, str] | None = None,
    end_on: date | None = None,
    has_person: bool = False,
    has_clock: bool = False,
) -> Iterator[Stack]:
    """Both servers, for as long as the block lasts; nothing is left running after it.

    Args:
        data_dir: where the service keeps its data; logs of both servers go there, too.
        books: a folder of exported accounts for the local sevdesk to serve; without it, its own firms.
        sandbox_port: a fixed port, else a free one.
        service_port: the same for the service.
        settings: further environment variables of the service.
        end_on: the day on which books end and the service decides; None is today.
        has_person: add a user of the pages.
        has_clock: the clock of the local sevdesk can be set, and the service follows it.

    Raises:
        StackError: a server ended or did not answer in time.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    _check_ports({"--sandbox-port": sandbox_port, "--service-port": service_port})
    sandbox_port = sandbox_port or free_port()
    service_port = service_port or free_port()
    sandbox_url = f"http://127.0.0.1:{sandbox_port}"
    service_url = f"http://127.0.0.1:{service_port}"
    needed = {
        "SCORING_DATA_DIR": str(data_dir.resolve()),
        "SCORING_SEVDESK_URL": f"{sandbox_url}/api/v1",
        "SCORING_SEVDESK_SANDBOX": "true",
    }
    clock = data_dir.resolve() / "clock.json"
    if has_clock:
        needed["SCORING_SANDBOX_CLOCK"] = str(clock)
    elif end_on is not None:
        needed["SCORING_SANDBOX_TODAY"] = str(end_on)
    environment = {
        **os.environ,
        **needed,
        "SCORING_PORT": str(service_port),
        "SCORING_PLAIN_HTTP": "true",
        "SCORING_LENDERS_FILE": str(_lenders_file(data_dir)),
        "PYTHONUNBUFFERED": "1",
        **(settings or {}),
    }
    served = ["serve", "--port", str(sandbox_port)]
    served += ["--books", str(books)] if books else []
    served += ["--end-on", str(end_on)] if end_on else []
    served += ["--clock", str(clock)] if has_clock else []
    with _process("sandbox", served, environment, data_dir) as sandbox:
        if has_clock:  # which the service and its commands read
            _wait(f"{sandbox_url}/sandbox/health", sandbox, data_dir / "sandbox.log")
        key = _api_key(environment)
        person = _person(environment) if has_person else None
        started = time.perf_counter()
        with _process("scoring", ["serve"], environment, data_dir) as service:
            _wait(f"{service_url}/health/ready", service, data_dir / "scoring.log")
            ready = time.perf_counter() - started
            _wait(f"{sandbox_url}/sandbox/health", sandbox, data_dir / "sandbox.log")
            yield Stack(
                sandbox_url=sandbox_url,
                service_url=service_url,
                api_key=key,
                person=person,
                sandbox=sandbox,
                service=service,
                service_ready_seconds=ready,
                environment=environment,
                settings=needed,
            )


def _check_ports(wanted: dict[str, int | None]) -> None:
    """Say which ports are taken, with a command that can be copied and works; ``make`` takes no options."""
    taken = {option: port for option, port in wanted.items() if port is not None and not is_free(port)}
    if not taken:
        return
    others = " ".join(f"{option} {free_port()}" for option in taken)
    raise StackError(
        f"taken: port {' and port '.join(str(port) for port in taken.values())}; stop what listens there, or choose"
        f" another:\n.venv/bin/python -m demo --stay {others}"
    )


@contextmanager
def _process(
    package: str, arguments: list[str], environment: dict[str, str], log_dir: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with (log_dir / f"{package}.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  our own packages, no shell
            [sys.executable, "-m", package, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours to pass on, in order
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def api_key(stack: Stack, lender: str, *, is_new: bool = False) -> str:
    """A fresh key of a lender of a running stack."""
    return _api_key(stack.environment, lender, is_new=is_new)


def _api_key(environment: dict[str, str], lender: str = LENDER, *, is_new: bool = False) -> str:
    """A fresh key, as ``python -m scoring keys add`` prints it."""
    name = f"demo-{secrets.token_hex(3)}"
    options = ["--role", "apply", "--role", "underwrite", "--role", "analyse", *(["--new-lender"] if is_new else [])]
    printed = _scoring(["keys", "add", "--lender", lender, "--name", name, *options], environment)
    return printed.strip().splitlines()[-1]


def person_key(stack: Stack, name: str) -> str:
    """A fresh key of a person who decides on cases."""
    options = ["--kind", "person", "--role", "underwrite"]
    return scoring(stack, "keys", "add", "--lender", LENDER, "--name", name, *options).strip().splitlines()[-1]


def scoring(stack: Stack, *arguments: str) -> str:
    """What a command of the service prints.

    Raises:
        StackError: it failed.
    """
    return _scoring(list(arguments), stack.environment)


def add_person(stack: Stack, name: str) -> Person:
    """A new user of the pages of a running stack."""
    return _person(stack.environment, name)


def _person(environment: dict[str, str], name: str | None = None) -> Person:
    """A new user with a random password, as ``python -m scoring principals add`` creates one."""
    name = name or f"person-{secrets.token_hex(3)}"
    person = Person(lender=LENDER, name=name, password=secrets.token_urlsafe(12))
    arguments = ["principals", "add", "--lender", LENDER, "--name", person.name, "--role", "underwrite"]
    _scoring(arguments, environment, typed=person.password)
    return person


def _scoring(arguments: list[str], environment: dict[str, str], *, typed: str = "") -> str:
    """What a command of the service prints."""
    done = subprocess.run(  # noqa: S603  our own package, no shell
        [sys.executable, "-m", "scoring", *arguments],
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackError(f"scoring {' '.join(arguments[:2])} failed:\n{done.stderr.strip()[-2000:]}")
    return done.stdout


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StackError(f"{log.stem} ended with status {process.returncode}:\n{_tail(log)}")
        try:
            if httpx.get(url, timeout=2.0).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise StackError(f"{log.stem} did not answer {url} within {READY_WITHIN_SECONDS:.0f} s:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:].strip()
