"""``serve``: the HTTP service."""

import asyncio
import errno
import fcntl
import gc
import math
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
import structlog
import uvicorn
from cyclopts import Parameter
from cyclopts.validators import Number
from typing_extensions import override

from scoring.app import create_app
from scoring.base.secrets import Secret
from scoring.commands.database import migrate_database
from scoring.commands.protocol import BoundedProtocol
from scoring.commands.session import give_up, prepare, read_settings, signer_of, with_database
from scoring.decisions.authority import Authority
from scoring.decisions.works_agreement import WorksAgreements
from scoring.runtime.authority import keep_authority, load_authority_file
from scoring.runtime.bank_rules import keep_bank_rules, load_bank_rules
from scoring.runtime.in_force import load_in_force
from scoring.runtime.loan_conditions import load_conditions
from scoring.runtime.schedules import load_schedules
from scoring.runtime.serving import (
    Serving,
    ServingError,
    keep_policy,
    load_serving,
    load_shadow,
    origin_of_policy,
    seeds_of,
)
from scoring.runtime.settings import Settings, clock_of, is_loopback
from scoring.runtime.works_agreement import keep_works_agreements, load_works_agreement_file
from scoring.sources.bank_lines.lender_rules import RulesFile
from scoring.store.database import Database, sqlite_file
from scoring.store.kept_files import FileEditedError
from scoring.store.policies import PolicyEditedError, may_begin_with
from scoring.store.principals import list_lenders
from scoring.store.processes import KeysDifferError, agreed_key
from scoring.store.promoted import Promoted, prove, read_signed
from scoring.store.promotions import seed_promotions
from scoring.usecases.books import Running
from scoring.usecases.sign_earlier import count_unsigned

_log = structlog.get_logger(__name__)


def serve(
    *,
    host: str | None = None,
    port: Annotated[int | None, Parameter(validator=Number(gte=1, lte=65_535))] = None,
    migrate: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Start the HTTP service. Settings come from SCORING_* variables.

    Args:
        host: address to listen on; overrides SCORING_HOST (127.0.0.1).
        port: TCP port; overrides SCORING_PORT (8000).
        migrate: bring an older database up to date first; without it, an older database is refused.
    """
    settings = read_settings()
    if settings.is_plain_http and host is not None and not is_loopback(host):
        give_up("SCORING_PLAIN_HTTP is true, but --host is not a loopback address: serve the pages over https")
    settings = msgspec.structs.replace(settings, host=host or settings.host, port=port or settings.port)
    _check_address(settings.host, settings.port, "SCORING_PORT or --port")
    if settings.operations_port is not None:
        _check_address(settings.host, settings.operations_port, "SCORING_OPERATIONS_PORT")
    threading.Thread(target=_check_links, args=(settings,), daemon=True).start()  # a name may take seconds to look up
    try:
        load_shadow(settings)
        load_serving(settings)  # nothing is made where what it would begin with does not hold
        load_schedules(settings)
        rules = load_bank_rules(settings)
        agreements = load_works_agreement_file(settings)
    except ServingError as error:
        give_up(str(error))
    if migrate:
        migrate_database(settings)
    settings = prepare(settings)
    _demand_agreement(settings)
    serving = _load_promoted(settings)
    try:
        load_conditions(settings, serving.products)
        authority = load_authority_file(settings, serving)
    except ServingError as error:
        give_up(str(error))
    if count := with_database(settings, lambda database: database.read_at_once(count_unsigned)):
        _log.warning("decisions of earlier versions are not signed; run `scoring migrate`", count=count)
    _be_alone(settings.database_url)
    _keep_versions(settings, serving, rules, authority, agreements)
    _warn(settings)
    # the server shuts down cleanly and then raises the signal again; being stopped is not a failure
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app = create_app(settings, serving)
    gc.freeze()  # these objects live as long as the process; later collections skip them
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,  # its lines would contain query strings
        server_header=False,
        http=BoundedProtocol,
        ws="none",  # there are none; their library would log query strings
        timeout_keep_alive=30,
        timeout_graceful_shutdown=max(1, math.floor(settings.stop_seconds * 5 / 6)),
    )
    sockets = None
    if settings.operations_port is not None:
        sockets = [one for port in (settings.port, settings.operations_port) for one in _listen(settings.host, port)]
    running: Running = app.state.running
    server = _Server(config, running.cut, settings.stop_seconds * 2 / 3)
    with suppress(KeyboardInterrupt):
        server.run(sockets)
    if not server.started:
        sys.exit(3)  # the log says why


def _demand_agreement(settings: Settings) -> None:
    """Give up where another process that lives has other keys; the start itself asks once more."""
    ids, now = [key.id for key in settings.encryption_keys], clock_of(settings)()
    asking = partial(agreed_key, key_ids=ids, now=now)
    try:
        with_database(settings, lambda database: database.read_at_once(asking))
    except KeysDifferError as error:
        give_up(str(error))


def _warn(settings: Settings) -> None:
    """Tell of settings that work and that nobody may want."""
    if settings.operator is None and not settings.is_sevdesk_sandbox:
        advice = "set SCORING_OPERATOR_NAME, SCORING_OPERATOR_ADDRESS and SCORING_OPERATOR_EMAIL"
        _log.warning("the pages for applicants do not say who operates this service", advice=advice)
    if settings.sandbox_today is not None:
        _log.warning("the clock is set by SCORING_SANDBOX_TODAY", day=str(settings.sandbox_today))
    if settings.sandbox_clock is not None:
        _log.warning("the clock is that of the local sevdesk", file=str(settings.sandbox_clock))


def _load_promoted(settings: Settings) -> Serving:
    """What is in force; an empty database begins with the models that ship."""
    signer, name, now = signer_of(settings), settings.model_name, clock_of(settings)()

    async def work(database: Database) -> Promoted:
        await seed_promotions(database, signer, seeds_of(settings, name), now=now)
        return prove(await database.read_at_once(read_signed), signer, name)

    try:
        promoted = with_database(settings, work)
        serving = load_in_force(settings, promoted)
    except ServingError as error:
        give_up(str(error))
    is_approved = any(one.content == serving.policy_text.encode() for one in promoted.policies)
    if settings.policy_file is not None and not is_approved:
        version, sha256 = serving.policy.version, serving.versions.policy_sha256
        if not with_database(settings, lambda database: may_begin_with(database, version, sha256)):
            give_up(
                f"{origin_of_policy(settings)}: another policy was in force here, and a new one takes two persons:"
                " request it with `scoring policy promote`"
            )
    if serving.passed_over is not None:
        _log.error("a promoted model cannot be served", scores=serving.versions.model, reason=serving.passed_over)
    if serving.policy_passed_over is not None:
        _log.error(
            "an approved policy cannot be served",
            decides=serving.versions.policy,
            reason=serving.policy_passed_over,
        )
    return serving


def _keep_versions(
    settings: Settings,
    serving: Serving,
    rules: RulesFile | None,
    authority: Authority | None,
    agreements: WorksAgreements | None,
) -> None:
    """Store the policy and the files that come into use, or give up where they were edited."""
    try:
        with_database(
            settings, lambda database: keep_policy(database, signer_of(settings), serving, clock_of(settings)())
        )
    except PolicyEditedError as error:
        give_up(f"{origin_of_policy(settings)}: {error}")
    try:
        with_database(settings, lambda database: keep_bank_rules(database, rules, clock_of(settings)()))
    except FileEditedError as error:
        give_up(f"SCORING_BANK_RULES: {settings.bank_rules_file}: {error}")
    try:
        with_database(settings, lambda database: keep_authority(database, authority, clock_of(settings)()))
    except FileEditedError as error:
        give_up(f"SCORING_AUTHORITY_FILE: {settings.authority_file}: {error}")
    try:
        with_database(settings, lambda database: keep_works_agreements(database, agreements, clock_of(settings)()))
    except FileEditedError as error:
        give_up(f"SCORING_WORKS_AGREEMENT_FILE: {settings.works_agreement_file}: {error}")
    for what, lenders in (
        ("rules for bank lines", () if rules is None else rules.lenders),
        ("the file of authority", () if authority is None else authority.lenders),
        ("works agreements", () if agreements is None else agreements.lenders),
    ):
        if lenders and (strangers := set(lenders).difference(with_database(settings, list_lenders))):
            # a typing error, or a lender whose first key is still to be added
            _log.warning(f"{what} name lenders that are not there", lenders=sorted(strangers))


class _Server(uvicorn.Server):
    """uvicorn's server, which cuts decisions that do not end in time after it was told to stop."""

    def __init__(self, config: uvicorn.Config, cut: Callable[[], None], seconds: float) -> None:
        super().__init__(config)
        self._cut = cut
        self._seconds = seconds

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        cutting = asyncio.get_running_loop().call_later(self._seconds, self._cut)
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()


def _listen(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of the host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [socket.create_server(address, family=family, backlog=2048) for family, _, _, _, address in found]


def _be_alone(database_url: Secret) -> None:
    """Lock a SQLite file, which only one process may serve; PostgreSQL has no such limit.

    The operating system releases the lock when the process ends.
    """
    path = sqlite_file(database_url)
    if path is None:
        return
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        give_up(f"another `serve` is using {path}: stop it first, or use PostgreSQL to run several")
    except OSError as error:  # some network file systems have no locks
        _log.warning(
            "the database file cannot be locked; make sure that only one `serve` uses it", reason=error.strerror
        )


def _check_links(settings: Settings) -> None:
    """Warn where the address in links for firms cannot be opened."""
    advice = "set SCORING_PUBLIC_URL to the https address that browsers use"
    if settings.public_url is None and not is_loopback(settings.host):
        _log.warning("links for firms will not work", begin_with=settings.public_address, advice=advice)
    elif settings.public_url is not None:
        try:
            socket.getaddrinfo(urlsplit(settings.public_url).hostname, None)
        except OSError:
            advice = "check SCORING_PUBLIC_URL for a typing error; this machine does not know the host"
            _log.warning("links for firms may not work", begin_with=settings.public_address, advice=advice)


def _check_address(host: str, port: int, variable: str) -> None:
    """Give up if the address cannot be used, before a key is created or the database migrated."""
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
        give_up(f"port {port} is in use; stop the process that uses it, or choose another with {variable}")
    if len(refused) >= max(1, len(addresses)):  # `localhost` may have one address that this machine does not have
        reason = refused[0].strerror
        give_up(f"cannot listen on {host}, port {port} ({reason}); choose another address with SCORING_HOST or --host")
