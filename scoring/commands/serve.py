"""``serve``: the HTTP interface."""

import errno
import fcntl
import gc
import os
import signal
import socket
import sys
from typing import Annotated

import msgspec
import structlog
import uvicorn
from cyclopts import Parameter
from cyclopts.validators import Number

from scoring.app import create_app
from scoring.base.secrets import Secret
from scoring.commands.session import give_up, prepare, read_settings, with_database
from scoring.runtime.runtime import clock_of
from scoring.runtime.serving import ServingError, keep_policy, load_serving, origin_of_policy
from scoring.runtime.settings import is_loopback
from scoring.store.database import sqlite_file
from scoring.store.policies import PolicyEditedError

_log = structlog.get_logger(__name__)


def serve(
    *, host: str | None = None, port: Annotated[int | None, Parameter(validator=Number(gte=1, lte=65_535))] = None
) -> None:
    """Serve the HTTP interface until it is told to stop; settings come from SCORING_* variables.

    Args:
        host: Overrides SCORING_HOST (127.0.0.1).
        port: Overrides SCORING_PORT (8000).
    """
    settings = read_settings()
    if settings.is_plain_http and host is not None and not is_loopback(host):
        give_up("SCORING_PLAIN_HTTP is true, but --host is not this machine alone: serve pages over https")
    settings = msgspec.structs.replace(settings, host=host or settings.host, port=port or settings.port)
    _check_address(settings.host, settings.port)
    if settings.public_url is None and not is_loopback(settings.host):
        advice = "set SCORING_PUBLIC_URL to the https address that browsers use"
        _log.warning("links for firms would lead nowhere", begin_with=settings.public_address, advice=advice)
    if settings.sandbox_today is not None:
        _log.warning("not the present: SCORING_SANDBOX_TODAY", day=str(settings.sandbox_today))
    try:
        serving = load_serving(settings)
    except ServingError as error:
        give_up(str(error))
    # migrates, and says clearly where that is not possible
    settings = prepare(settings)
    _be_alone(settings.database_url)
    try:
        with_database(settings, lambda database: keep_policy(database, serving, clock_of(settings)()))
    except PolicyEditedError as error:
        give_up(f"{origin_of_policy(settings)}: {error}")
    # the server stops in good order and then raises the signal again; having been told to stop is no failure
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app = create_app(settings, serving)
    gc.freeze()  # what was built now stays: no later look for garbage goes through it again
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,  # its lines would hold queries
        server_header=False,
        ws="none",  # there are none; a library for them would log queries
        timeout_keep_alive=30,
    )


def _be_alone(database_url: Secret) -> None:
    """Hold the lock beside a SQLite file, since one process may serve it; with PostgreSQL there may be any number.

    It stays open: the operating system gives it back when the process ends, however it does.
    """
    path = sqlite_file(database_url)
    if path is None:
        return
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        give_up(f"another `serve` works on {path}: stop it first; several may only work on PostgreSQL")
    except OSError as error:  # some network file systems have no locks
        _log.warning(
            "the database file cannot be locked; see to it that one `serve` works on it", reason=error.strerror
        )


def _check_address(host: str, port: int) -> None:
    """Notice now that the service cannot listen there: later, a key may have been made and the database migrated."""
    refused = []
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        addresses, refused = [], [error]
    for family, _, _, _, address in addresses:
        try:
            socket.create_server(address, family=family).close()
        except OSError as error:
            refused.append(error)
    if any(error.errno == errno.EADDRINUSE for error in refused):
        give_up(f"port {port} is taken; stop what listens there, or choose another with SCORING_PORT or --port")
    if len(refused) >= max(1, len(addresses)):  # `localhost` may have one address that this machine does not have
        reason = refused[0].strerror
        give_up(f"cannot listen at {host}, port {port} ({reason}); choose another address with SCORING_HOST or --host")
