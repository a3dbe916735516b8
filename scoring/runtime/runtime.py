"""The parts that one process builds at start and closes at exit, for service, commands and workers."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import anyio.to_thread
import httpx
import msgspec
from anyio import CapacityLimiter

from models.registry import ServedModel
from scoring.base.identifiers import Clock, Randomness
from scoring.base.secrets import Cipher
from scoring.base.signing import SigningKeys
from scoring.decisions.authority import Authority
from scoring.decisions.notices import Sender
from scoring.decisions.schedules import Schedule
from scoring.decisions.works_agreement import WorksAgreements
from scoring.runtime.agreed_keys import AgreedKeys, agreed_keys
from scoring.runtime.authority import keep_authority, load_authority_file
from scoring.runtime.bank_rules import keep_bank_rules, load_bank_rules
from scoring.runtime.in_force import InForce, read_in_force
from scoring.runtime.key_files import SIGNING_FILE
from scoring.runtime.lenders import load_senders
from scoring.runtime.loan_conditions import LoanConditions, load_conditions
from scoring.runtime.schedules import load_schedules
from scoring.runtime.serving import Serving, keep_policy, load_shadow
from scoring.runtime.settings import Settings, clock_of
from scoring.runtime.works_agreement import keep_works_agreements, load_works_agreement_file
from scoring.sources.bank_lines.lender_rules import RulesFile
from scoring.sources.http import HttpClient
from scoring.sources.registry import Sources, open_sources
from scoring.store.database import Database, open_database
from scoring.store.promoted import numbers_of
from scoring.store.sealed import prove_keys
from scoring.store.statements import Signer, prove_signing
from scoring.telemetry.telemetry import Metrics, Telemetry, Traces, traces_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The parts of one process. No consumer receives all of it: each takes the parts that it needs."""

    settings: Settings
    clock: Clock
    """The current time, in UTC."""
    randomness: Randomness
    database: Database
    cipher: Cipher
    agreed: AgreedKeys
    """Which key encrypts."""
    signer: Signer
    """Signs statements about what is stored, and verifies them."""
    http: HttpClient
    """HTTP client for bookkeeping systems."""
    sources: Sources
    """Bookkeeping systems."""
    in_force: InForce
    """Model and policy."""
    shadow: ServedModel | None
    """A model that scores the same applications and decides nothing."""
    bank_rules: RulesFile | None
    """Lenders' own rules for bank lines."""
    loan_conditions: LoanConditions
    """What must be confirmed before a loan is paid out."""
    authority: Authority | None
    """Who may decide on how much."""
    senders: Mapping[str, Sender]
    """How lenders sign what they write to applicants."""
    works_agreements: WorksAgreements | None
    """Who may see figures of single persons."""
    schedules: Mapping[str, Schedule]
    """What is done without being asked, and when."""
    telemetry: Telemetry
    workers: CapacityLimiter
    """Worker threads for CPU-bound work, one per processor."""


class NoSigningKeyError(Exception):
    """There is no key to sign with; commands make one before they start the service."""


def signer_of(settings: Settings, randomness: Randomness) -> Signer:
    """What signs and verifies statements.

    Raises:
        NoSigningKeyError: the settings have no key that signs.
    """
    if settings.signing_keys is None:
        raise NoSigningKeyError(
            f"the signing key is missing: there is no {settings.data_dir / SIGNING_FILE} and SCORING_SIGNING_KEYS is"
            " not set; restore the key that was in use"
        )
    return Signer(keys=SigningKeys(settings.signing_keys.reveal()), randomness=randomness)


@asynccontextmanager
async def open_runtime(
    settings: Settings,
    *,
    serving: Serving | None = None,
    clock: Clock | None = None,
    randomness: Randomness = os.urandom,
    transport: httpx.AsyncBaseTransport | None = None,
    traces: Traces | None = None,
) -> AsyncIterator[Runtime]:
    """Build all parts, with a migrated database, and close them in reverse order.

    Args:
        settings: See ``Settings.from_environ``.
        serving: Model and policy; None loads those that the settings name.
        clock: The present, in UTC; None is that of ``clock_of``.
        randomness: Unpredictable bytes.
        transport: Reaches bookkeeping systems; None is the network.
        traces: Where spans go; None is where the settings say.

    Raises:
        ServingError: model, policy, rules for bank lines, authority, works agreements, conditions of loans, lenders or
            schedules are missing, damaged or contradictory.
        PolicyEditedError: another policy of the same version was in force before.
        FileEditedError: another file of rules for bank lines, of authority or of works agreements, of the same version
            was in force before.
        NoSigningKeyError: the settings have no key that signs.
        WrongSigningKeyError: what is stored was signed with another key.
        WrongKeyError: a configured key has the id of another one that was in use.
        KeysDifferError: another process that lives has other keys.
        DatabaseUnavailableError: as ``Database.migrate``, whose other errors may come, too.
    """
    clock = clock or clock_of(settings)
    bank_rules, schedules = load_bank_rules(settings), load_schedules(settings)
    traces = traces or traces_of(settings.traces)
    async with AsyncExitStack() as closing:
        closing.push_async_callback(anyio.to_thread.run_sync, traces.close)
        database = await closing.enter_async_context(
            open_database(settings.database_url, timeout_seconds=settings.database_timeout_seconds)
        )
        signer = signer_of(settings, randomness)
        await prove_keys(database, settings.encryption_keys, now=clock(), randomness=randomness)
        if serving is None:
            serving = await read_in_force(settings, database, signer)
        elif serving.followed is None:
            serving = msgspec.structs.replace(serving, followed=await database.read_at_once(numbers_of))
        shadow = await anyio.to_thread.run_sync(load_shadow, settings)
        loan_conditions = load_conditions(settings, serving.products)
        senders = load_senders(settings)
        await keep_policy(database, signer, serving, clock())
        await database.read_at_once(lambda connection: prove_signing(connection, signer.keys))
        await keep_bank_rules(database, bank_rules, clock())
        authority = load_authority_file(settings, serving)
        await keep_authority(database, authority, clock())
        agreements = load_works_agreement_file(settings)
        await keep_works_agreements(database, agreements, clock())
        cipher = Cipher(settings.encryption_keys, randomness)
        agreed = await closing.enter_async_context(agreed_keys(database, cipher, clock=clock, randomness=randomness))
        http = HttpClient(transport)
        closing.push_async_callback(http.aclose)
        metrics = Metrics(serving.versions)
        metrics.serves(
            serving.versions,
            model_passed_over=serving.passed_over is not None,
            policy_passed_over=serving.policy_passed_over is not None,
        )
        telemetry = Telemetry(metrics, traces)
        yield Runtime(
            settings=settings,
            clock=clock,
            randomness=randomness,
            database=database,
            cipher=cipher,
            agreed=agreed,
            signer=signer,
            http=http,
            sources=open_sources(
                http,
                sevdesk_url=settings.sevdesk_url,
                is_sevdesk_sandbox=settings.is_sevdesk_sandbox,
                observer=telemetry,
            ),
            in_force=InForce(serving),
            shadow=shadow,
            bank_rules=bank_rules,
            loan_conditions=loan_conditions,
            authority=authority,
            senders=senders,
            works_agreements=agreements,
            schedules=schedules,
            telemetry=telemetry,
            workers=CapacityLimiter(max(2, os.cpu_count() or 1)),
        )
