"""Composition root: settings to application."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import anyio.to_thread
import httpx
import structlog
from anyio import CapacityLimiter
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ASGIApp

from scoring.api import (
    asking,
    audit,
    cases,
    cash_ahead,
    connect_sessions,
    connections,
    covenants,
    decisions,
    guarantors,
    jobs,
    loans,
    management_accounts,
    monitoring,
    notices,
    operations,
    portfolios,
    promotions,
    reference,
    reports,
    since_last,
    subjects,
    warnings,
    webhooks,
    what_if,
)
from scoring.api.middleware import RequestLog, SplitPorts, name_methods, provide
from scoring.api.openapi import openapi_config
from scoring.api.portfolio_rows import restricted_problem
from scoring.api.present import link_of
from scoring.base.identifiers import Clock, Randomness
from scoring.decisions.warnings import Triggers
from scoring.jobs.observer import AT_ONCE as OBSERVED_AT_ONCE
from scoring.jobs.observer import Observer
from scoring.jobs.scheduler import Scheduler
from scoring.jobs.tasks import Tasks
from scoring.jobs.worker import Worker
from scoring.pages.access import CALLBACK
from scoring.pages.errors import handlers_of_unknown_paths
from scoring.pages.link_visit import LinkPages
from scoring.pages.rendering import Pages
from scoring.pages.routes import page_router
from scoring.runtime.rhythm import load_rhythm
from scoring.runtime.runtime import Runtime, open_runtime
from scoring.runtime.service_operator import ServiceOperator
from scoring.runtime.serving import Serving, resources_of
from scoring.runtime.settings import Settings, clock_of, utc_now
from scoring.runtime.triggers import triggers_of, unseen
from scoring.sources.http import HttpClient
from scoring.store.audit import Trail
from scoring.store.database import sqlite_file
from scoring.store.turns import Pace
from scoring.telemetry.logs import failure
from scoring.telemetry.telemetry import Traces
from scoring.usecases.admission import Admission
from scoring.usecases.asking import Asking
from scoring.usecases.assess import Assessor
from scoring.usecases.backtest import Backtest
from scoring.usecases.books import BookAccess, Running
from scoring.usecases.cases import Cases
from scoring.usecases.checkpoints import keep_checkpoints
from scoring.usecases.connect import Connector
from scoring.usecases.covenants import Agreements, Covenants
from scoring.usecases.decide_again import DecideAgain
from scoring.usecases.evaluate import warm_up
from scoring.usecases.given_consent import GivenConsents
from scoring.usecases.guarantors import Guarantors
from scoring.usecases.inputs import DecisionInputs
from scoring.usecases.inspection import Inspection
from scoring.usecases.later import Ended, Later
from scoring.usecases.loans import Loans
from scoring.usecases.making import Maker
from scoring.usecases.memos import Memos
from scoring.usecases.monitoring import Monitoring
from scoring.usecases.notices import Notices
from scoring.usecases.observing import Observing
from scoring.usecases.openid import OpenIdProvider, OpenIdSignIn
from scoring.usecases.pace import Pace as RequestPace
from scoring.usecases.portfolios import Portfolios
from scoring.usecases.promotions import Promotions
from scoring.usecases.reading import Reading
from scoring.usecases.review_reports import ReviewReports
from scoring.usecases.second_factor import SecondFactors
from scoring.usecases.shadow import Shadow
from scoring.usecases.sign_in import PersonSignIn
from scoring.usecases.simulate import Simulator
from scoring.usecases.stacking_reports import StackingReports
from scoring.usecases.subjects import Subjects
from scoring.usecases.take_up import TakeUp
from scoring.usecases.warnings import Warnings
from scoring.usecases.watched_models import WatchedModels
from scoring.usecases.webhooks import Webhooks
from scoring.webhooks.network import Network
from scoring.webhooks.sender import AT_ONCE, Sender

BODY_BYTES = 64 * 1024
"""Largest request body."""
PARTS = (
    "settings",
    "clock",
    "randomness",
    "database",
    "cipher",
    "signer",
    "in_force",
    "metrics",
    "workers",
    "sources",
    "assessor",
    "connector",
    "pages",
    "running",
    "admission",
    "factors",
    "sign_in",
    "openid",
    "trail",
    "reading",
    "inputs",
    "simulator",
    "subjects",
    "links",
    "loans",
    "promotions",
    "reviews",
    "asking",
    "again",
    "letters",
    "memos",
    "guarantors",
    "reports",
    "stacking",
    "watching",
    "later",
    "webhooks",
    "portfolios",
    "schedules",
    "monitoring",
    "warnings",
    "agreements",
    "covenants",
)
"""Dependencies of routes, by parameter name."""
_TO_PROVIDER = 8
"""Connections at once to the OpenID provider."""
_ROUTES = (
    decisions.create_decision,
    decisions.get_decision,
    decisions.get_report,
    decisions.get_receipt,
    decisions.get_decisions,
    jobs.get_job,
    jobs.cancel_job,
    portfolios.create_portfolio,
    portfolios.create_portfolio_of_connected,
    portfolios.get_portfolios,
    portfolios.get_portfolio,
    portfolios.pause_portfolio,
    portfolios.resume_portfolio,
    portfolios.cancel_portfolio,
    portfolios.get_results,
    portfolios.get_summary,
    monitoring.create_monitoring,
    monitoring.get_monitored,
    monitoring.get_monitoring,
    monitoring.end_monitoring,
    monitoring.observe_now,
    monitoring.get_observations,
    monitoring.get_observation,
    monitoring.get_observation_since_last,
    covenants.create_covenant,
    covenants.get_covenants,
    covenants.get_covenant,
    covenants.waive_covenant,
    covenants.end_covenant,
    warnings.get_warnings,
    warnings.get_warning,
    warnings.assign_warning,
    warnings.snooze_warning,
    warnings.answer_warning,
    what_if.get_changes,
    what_if.get_offers,
    what_if.get_missing_data,
    cash_ahead.get_cash_ahead,
    what_if.get_data_quality,
    since_last.get_since_last,
    what_if.simulate,
    management_accounts.get_management_accounts,
    notices.get_notice,
    notices.get_notices,
    notices.get_issued_notice,
    notices.get_memo,
    cases.get_cases,
    cases.get_case,
    cases.open_case,
    cases.claim_case,
    cases.release_case,
    cases.assign_case,
    cases.comment_case,
    cases.ask_applicant,
    cases.note_answer,
    cases.vote_on_case,
    cases.reopen_case,
    cases.withdraw_case,
    asking.create_inquiry,
    asking.create_contest_link,
    asking.contest_decision,
    asking.add_document,
    asking.get_document,
    asking.decide_again,
    cases.ask_for_snooze,
    cases.confirm_snooze,
    cases.end_snooze,
    guarantors.name_guarantor,
    guarantors.list_guarantors,
    guarantors.release_guarantor,
    reports.get_review_report,
    reports.get_persons_report,
    reports.get_stacking_report,
    connections.create_connection,
    connections.get_connection,
    connections.get_connections,
    connections.remove_connection,
    connections.withdraw_purpose,
    connections.correct_line,
    connections.get_line_corrections,
    connect_sessions.create_connect_session,
    connect_sessions.get_connect_session,
    connect_sessions.get_connect_sessions,
    loans.create_loan,
    loans.get_loans,
    loans.get_loan,
    loans.create_entry,
    promotions.request_promotion,
    promotions.get_promotions,
    promotions.get_promotion,
    promotions.approve_promotion,
    promotions.reject_promotion,
    promotions.withdraw_promotion,
    promotions.roll_back_promotion,
    webhooks.create_webhook,
    webhooks.get_webhooks,
    webhooks.get_webhook,
    webhooks.change_webhook,
    webhooks.delete_webhook,
    webhooks.send_test,
    webhooks.rotate_webhook,
    webhooks.get_deliveries,
    webhooks.replay_events,
    webhooks.get_events,
    webhooks.get_event,
    webhooks.replay_event,
    subjects.create_request,
    subjects.get_requests,
    subjects.get_request,
    subjects.change_request,
    subjects.complete_request,
    subjects.lift_request,
    subjects.get_bundle,
    audit.get_audit,
    reference.get_models,
    reference.get_policies,
    reference.get_features,
    reference.get_signing_keys,
    reference.get_problem,
    operations.get_live,
    operations.get_ready,
    operations.get_metrics,
)
_log = structlog.get_logger(__name__)


class RouteTable:
    """The routes with what they need of Litestar, which take the longest of what a start builds.

    They depend on nothing but who runs the service. A process that starts one service after another, as the tests do,
    may hand a table from one that has ended to the next; no two services share one.

    Args:
        operator: Whom the pages for applicants name.
    """

    def __init__(self, operator: ServiceOperator | None = None) -> None:
        self.pages: Final = Pages(operator)
        self.parts: Final[dict[str, Any]] = {}
        self.app: Final = Litestar(
            route_handlers=[*_ROUTES, page_router(self.pages)],
            dependencies={name: provide(self.parts, name) for name in PARTS},
            exception_handlers=handlers_of_unknown_paths(self.pages),
            before_send=[name_methods],
            lifespan=[self._run],
            openapi_config=openapi_config(),
            request_max_body_size=BODY_BYTES,
            logging_config=None,
        )
        self._handler: Final[ASGIApp] = self.app.asgi_handler

    def serve(
        self, lifespan: Callable[[Litestar], AbstractAsyncContextManager[None]], wrap: Callable[[ASGIApp], ASGIApp]
    ) -> None:
        """Begin with a service: nothing is left of the one before.

        Args:
            lifespan: From the start of the service to its stop; fills ``parts``.
            wrap: What requests pass before the routes.
        """
        self.parts.clear()
        self.app.state = State()
        self.app.asgi_handler = wrap(self._handler)
        self._lifespan = lifespan

    def _run(self, app: Litestar) -> AbstractAsyncContextManager[None]:
        return self._lifespan(app)


def create_app(
    settings: Settings,
    serving: Serving,
    *,
    clock: Clock | None = None,
    randomness: Randomness = os.urandom,
    transport: httpx.AsyncBaseTransport | None = None,
    traces: Traces | None = None,
    routes: RouteTable | None = None,
) -> Litestar:
    """Build the service.

    Args:
        settings: See ``Settings.from_environ``.
        serving: Model and policies to begin with, see ``scoring.runtime.in_force``.
        clock: The present, in UTC; None is that of ``clock_of``.
        randomness: Unpredictable bytes.
        transport: Reaches sevdesk; None is the network.
        traces: Where spans go; None is where the settings say.
        routes: Of a service with the same operator that has ended; None builds them.
    """
    outside = clock or utc_now
    clock = clock or clock_of(settings)
    routes = routes or RouteTable(settings.operator)
    pages, parts = routes.pages, routes.parts
    running = Running()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            try:
                runtime = await stack.enter_async_context(
                    open_runtime(
                        settings,
                        serving=serving,
                        clock=clock,
                        randomness=randomness,
                        transport=transport,
                        traces=traces,
                    )
                )
                await anyio.to_thread.run_sync(warm_up, serving)
            except Exception as error:
                _log.exception("start failed", failure=failure(error), exc_info=False)
                raise
            http = await stack.enter_async_context(HttpClient(most_connections=_TO_PROVIDER))
            parts.update(_parts(runtime), **_sign_in_parts(runtime, outside, http))
            worker, observer = _worker(runtime, parts), _observer(runtime, parts)
            sender = await stack.enter_async_context(_sender(runtime, outside))
            parts.update(_queue_parts(runtime, parts, worker), monitoring=_monitoring(runtime, parts, observer))
            parts["links"] = LinkPages(**{name: parts[name] for name in LinkPages.__dataclass_fields__})
            app.state.update(parts)
            # in the background: decisions need no page
            compiling = asyncio.create_task(anyio.to_thread.run_sync(pages.compile))
            stopping = asyncio.Event()
            is_kept = settings.checkpoint_file is not None or os.access(settings.data_dir, os.W_OK)
            checkpoints = asyncio.create_task(
                keep_checkpoints(
                    runtime.database,
                    runtime.signer,
                    clock=clock,
                    path=settings.checkpoints if is_kept else None,
                    seconds=60 * settings.checkpoint_minutes,
                    stopping=stopping,
                )
            )
            take_up: TakeUp = parts["take_up"]
            taking_up = asyncio.create_task(take_up.run(stopping))
            shadow: Shadow | None = parts["shadow"]
            shadowing = None if shadow is None else asyncio.create_task(shadow.run())
            _log.info("ready", model=serving.versions.model, policy=serving.versions.policy)
            try:
                async with sender.working(), worker.working(), observer.working(), _scheduler(runtime, parts).working():
                    yield
            finally:
                await compiling
                await running.drain()
                stopping.set()
                if shadowing is not None:
                    shadowing.cancel()  # what waits is not scored: it decides nothing
                    await asyncio.wait({shadowing})
                await taking_up
                await checkpoints

    def wrapped(handler: ASGIApp) -> ASGIApp:
        if settings.operations_port is not None:
            handler = SplitPorts(handler, settings.operations_port)
        is_https = settings.public_address.startswith("https:")
        return RequestLog(handler, clock, randomness, is_https=is_https)

    routes.serve(lifespan, wrapped)
    parts.update(pages=pages, running=running)
    routes.app.state.running = running
    return routes.app


def _parts(runtime: Runtime) -> dict[str, Any]:
    """Dependencies of routes by parameter name: parts of the runtime, and use cases built from them."""
    books = BookAccess(
        sources=runtime.sources,
        database=runtime.database,
        cipher=runtime.cipher,
        clock=runtime.clock,
        check_deadline_seconds=runtime.settings.check_deadline_seconds,
        fetch_deadline_seconds=runtime.settings.fetch_deadline_seconds,
    )
    trail = Trail(database=runtime.database, clock=runtime.clock, randomness=runtime.randomness)
    inputs = DecisionInputs(
        database=runtime.database,
        cipher=runtime.cipher,
        settings=runtime.settings,
        in_force=runtime.in_force,
        workers=runtime.workers,
    )
    reading = Reading(database=runtime.database, signer=runtime.signer, trail=trail)
    reviews = Cases(
        database=runtime.database,
        cipher=runtime.cipher,
        signer=runtime.signer,
        clock=runtime.clock,
        randomness=runtime.randomness,
        trail=trail,
        in_force=runtime.in_force,
        authority=runtime.authority,
        telemetry=runtime.telemetry,
    )
    connector = Connector(
        books=books,
        database=runtime.database,
        cipher=runtime.cipher,
        signer=runtime.signer,
        clock=runtime.clock,
        randomness=runtime.randomness,
        trail=trail,
        in_force=runtime.in_force,
        settings=runtime.settings,
    )
    admission = Admission(
        at_once=runtime.settings.decisions_at_once,
        longest_wait=runtime.settings.queue_seconds,
        weights=runtime.settings.lender_weights,
    )
    take_up = TakeUp(
        in_force=runtime.in_force,
        database=runtime.database,
        signer=runtime.signer,
        settings=runtime.settings,
        authority=runtime.authority,
        loan_conditions=runtime.loan_conditions,
        metrics=runtime.telemetry.metrics,
        workers=runtime.workers,
        clock=runtime.clock,
    )
    shadow = None
    if runtime.shadow is not None:
        shadow = Shadow(
            model=runtime.shadow,
            backtest=Backtest(
                database=runtime.database,
                cipher=runtime.cipher,
                signer=runtime.signer,
                settings=runtime.settings,
                workers=CapacityLimiter(1),
            ),
            clock=runtime.clock,
            kept_days=runtime.settings.snapshot_days,
            counted=lambda outcome: runtime.telemetry.metrics.shadow.labels(outcome).inc(),
        )
    maker = Maker(
        books=books,
        database=runtime.database,
        cipher=runtime.cipher,
        signer=runtime.signer,
        clock=runtime.clock,
        randomness=runtime.randomness,
        workers=runtime.workers,
        big_books=Admission(
            at_once=1, longest_wait=runtime.settings.queue_seconds, weights=runtime.settings.lender_weights
        ),
        settings=runtime.settings,
        bank_rules=runtime.bank_rules,
    )
    assessor = Assessor(
        maker=maker,
        database=runtime.database,
        cipher=runtime.cipher,
        signer=runtime.signer,
        in_force=runtime.in_force,
        telemetry=runtime.telemetry,
        clock=runtime.clock,
        randomness=runtime.randomness,
        settings=runtime.settings,
        trail=trail,
        authority=runtime.authority,
        shadow=None if shadow is None else shadow.offer,
        stale_after=timedelta(seconds=runtime.settings.reservation_seconds),
    )
    covenants = Covenants(
        database=runtime.database,
        cipher=runtime.cipher,
        clock=runtime.clock,
        randomness=runtime.randomness,
        trail=trail,
    )
    return {
        "covenants": covenants,
        "agreements": Agreements(
            covenants=covenants, in_force=runtime.in_force, signer=runtime.signer, settings=runtime.settings
        ),
        "warnings": Warnings(
            database=runtime.database,
            cipher=runtime.cipher,
            clock=runtime.clock,
            randomness=runtime.randomness,
            trail=trail,
            triggers=triggers_of(runtime.settings),
        ),
        "inputs": inputs,
        "simulator": Simulator(inputs=inputs, clock=runtime.clock, trail=trail, workers=runtime.workers),
        "trail": trail,
        "reading": reading,
        "consents": GivenConsents(
            database=runtime.database,
            cipher=runtime.cipher,
            signer=runtime.signer,
            clock=runtime.clock,
            trail=trail,
        ),
        "reviews": reviews,
        "asking": Asking(reviews=reviews, connector=connector, inspection=Inspection()),
        "again": DecideAgain(assessor=assessor, admission=admission),
        "guarantors": Guarantors(cases=reviews),
        "reports": ReviewReports(
            database=runtime.database,
            clock=runtime.clock,
            trail=trail,
            workers=runtime.workers,
            agreements=runtime.works_agreements,
        ),
        "watching": WatchedModels(
            database=runtime.database,
            clock=runtime.clock,
            trail=trail,
            workers=runtime.workers,
            in_force=runtime.in_force,
            settings=runtime.settings,
        ),
        "stacking": StackingReports(
            database=runtime.database, clock=runtime.clock, trail=trail, workers=runtime.workers
        ),
        "letters": Notices(
            database=runtime.database,
            cipher=runtime.cipher,
            signer=runtime.signer,
            clock=runtime.clock,
            randomness=runtime.randomness,
            trail=trail,
            reading=reading,
            inputs=inputs,
            workers=runtime.workers,
            senders=runtime.senders,
            kept_days=runtime.settings.decision_days,
        ),
        "memos": Memos(
            database=runtime.database,
            cipher=runtime.cipher,
            clock=runtime.clock,
            trail=trail,
            reading=reading,
            reviews=reviews,
            inputs=inputs,
            links=lambda document, circumstances: link_of(document, circumstances, runtime.sources),
        ),
        "webhooks": Webhooks(
            database=runtime.database,
            cipher=runtime.cipher,
            clock=runtime.clock,
            randomness=runtime.randomness,
            trail=trail,
            is_sandbox=runtime.settings.is_sevdesk_sandbox,
        ),
        "subjects": Subjects(
            database=runtime.database,
            cipher=runtime.cipher,
            signer=runtime.signer,
            clock=runtime.clock,
            randomness=runtime.randomness,
            trail=trail,
        ),
        "loans": Loans(
            database=runtime.database,
            cipher=runtime.cipher,
            signer=runtime.signer,
            clock=runtime.clock,
            randomness=runtime.randomness,
            trail=trail,
            asked=runtime.loan_conditions.of,
        ),
        "promotions": Promotions(
            backtest=Backtest(
                database=runtime.database,
                cipher=runtime.cipher,
                signer=runtime.signer,
                settings=runtime.settings,
                workers=runtime.workers,
            ),
            in_force=runtime.in_force,
            take_up=take_up.look,
            clock=runtime.clock,
            randomness=runtime.randomness,
            trail=trail,
        ),
        "take_up": take_up,
        "shadow": shadow,
        "settings": runtime.settings,
        "clock": runtime.clock,
        "randomness": runtime.randomness,
        "database": runtime.database,
        "cipher": runtime.cipher,
        "agreed": runtime.agreed,
        "signer": runtime.signer,
        "in_force": runtime.in_force,
        "metrics": runtime.telemetry.metrics,
        "workers": runtime.workers,
        "admission": admission,
        "pace": RequestPace(runtime.settings.lender_rate, runtime.settings.lender_rates),
        "sources": runtime.sources,
        "connector": connector,
        "assessor": assessor,
        "schedules": runtime.schedules,
    }


@asynccontextmanager
async def _sender(runtime: Runtime, outside: Clock) -> AsyncIterator[Sender]:
    """What sends webhooks in this process; its connections are closed at the end."""
    settings = runtime.settings
    network = Network(
        seconds=settings.webhook_seconds, at_once=AT_ONCE, allows_inside=settings.is_webhook_inside_allowed
    )
    try:
        yield Sender(
            database=runtime.database,
            cipher=runtime.cipher,
            network=network,
            clock=runtime.clock,
            outside=outside,
            randomness=runtime.randomness,
            metrics=runtime.telemetry.metrics,
        )
    finally:
        await network.aclose()


def _queue_parts(runtime: Runtime, parts: dict[str, Any], worker: Worker) -> dict[str, Any]:
    """What puts applications into the queue that the worker works on."""
    settings = runtime.settings
    return {
        "later": Later(
            assessor=parts["assessor"],
            kept=timedelta(minutes=settings.job_minutes),
            wake=worker.awake.set,
            ended=worker.ended,
        ),
        "portfolios": Portfolios(
            database=runtime.database,
            cipher=runtime.cipher,
            clock=runtime.clock,
            randomness=runtime.randomness,
            trail=parts["trail"],
            workers=runtime.workers,
            kept=timedelta(hours=settings.portfolio_hours),
            restricted=restricted_problem,
            wake=worker.awake.set,
        ),
    }


def _worker(runtime: Runtime, parts: dict[str, Any]) -> Worker:
    """What works on jobs in this process."""
    settings, lease = runtime.settings, timedelta(seconds=runtime.settings.reservation_seconds)
    return Worker(
        database=runtime.database,
        lease=lease,
        assessor=parts["assessor"],
        admission=parts["admission"],
        running=parts["running"],
        sources=runtime.sources,
        metrics=runtime.telemetry.metrics,
        ended=Ended(),
        at_once=settings.jobs_at_once,
        pace=Pace(
            lease=lease,
            rows_at_once=settings.portfolio_at_once,
            between=timedelta(seconds=settings.account_pause_seconds),
            weights=settings.lender_weights,
        ),
        is_alone=sqlite_file(settings.database_url) is not None,
    )


def _scheduler(runtime: Runtime, parts: dict[str, Any]) -> Scheduler:
    """What runs schedules in this process."""
    tasks = Tasks(**{name: parts[name] for name in Tasks.__dataclass_fields__})
    return Scheduler(
        schedules=runtime.schedules,
        tasks=tasks.by_name(),
        database=runtime.database,
        clock=runtime.clock,
        randomness=runtime.randomness,
        metrics=runtime.telemetry.metrics,
    )


def _monitoring(runtime: Runtime, parts: dict[str, Any], observer: Observer) -> Monitoring:
    """What subscribes to borrowers, and reads what was observed."""
    return Monitoring(
        database=runtime.database,
        cipher=runtime.cipher,
        signer=runtime.signer,
        clock=runtime.clock,
        randomness=runtime.randomness,
        trail=parts["trail"],
        rhythm=observer.observing.rhythm,
        wake=observer.awake.set,
    )


def _observer(runtime: Runtime, parts: dict[str, Any]) -> Observer:
    """What observes monitored borrowers in this process."""
    settings = runtime.settings
    triggers: Triggers = parts["warnings"].triggers
    for name, needs in unseen(triggers, resources_of(runtime.in_force.serving.plan, settings)).items():
        _log.warning(
            "sign_unseen", reads=name, needs=needs, remedy="a decision must read it, or the sign stays unknown"
        )
    return Observer(
        database=runtime.database,
        observing=Observing(
            maker=parts["assessor"].maker,
            in_force=runtime.in_force,
            database=runtime.database,
            cipher=runtime.cipher,
            signer=runtime.signer,
            clock=runtime.clock,
            randomness=runtime.randomness,
            trail=parts["trail"],
            rhythm=load_rhythm(),
            triggers=triggers,
            kept_days=settings.snapshot_days,
        ),
        admission=parts["admission"],
        running=parts["running"],
        metrics=runtime.telemetry.metrics,
        at_once=min(OBSERVED_AT_ONCE, settings.jobs_at_once),
        lease=timedelta(seconds=settings.reservation_seconds),
        between=timedelta(seconds=settings.account_pause_seconds),
        is_alone=sqlite_file(settings.database_url) is not None,
    )


def _sign_in_parts(runtime: Runtime, outside: Clock, http: HttpClient) -> dict[str, Any]:
    """What signs persons in, by parameter name.

    Args:
        runtime: parts of the process.
        outside: the present where phones and the provider are, which is not that of a sandbox.
        http: reaches the provider; not shared with bookkeeping systems.
    """
    settings = runtime.settings
    trail = Trail(database=runtime.database, clock=runtime.clock, randomness=runtime.randomness)
    factors = SecondFactors(
        database=runtime.database,
        cipher=runtime.cipher,
        clock=runtime.clock,
        outside=outside,
        randomness=runtime.randomness,
        trail=trail,
        demanded_of=settings.second_factor_roles,
    )
    sign_in = PersonSignIn(
        database=runtime.database,
        clock=runtime.clock,
        randomness=runtime.randomness,
        lasts=timedelta(hours=settings.session_hours),
        factors=factors,
        trail=trail,
        hashing=CapacityLimiter(1),  # each hash of a password takes 64 MiB
        hashing_known=CapacityLimiter(1),
    )
    openid = None
    if settings.openid is not None:
        openid = OpenIdSignIn(
            provider=OpenIdProvider(settings.openid, http, outside),
            callback=settings.public_address + CALLBACK,
            database=runtime.database,
            cipher=runtime.cipher,
            clock=outside,
            randomness=runtime.randomness,
            sign_in=sign_in,
        )
    return {"factors": factors, "sign_in": sign_in, "openid": openid}


def describe() -> Litestar:
    """An application with routes only, for the API description."""
    return Litestar(
        route_handlers=[*_ROUTES],
        dependencies={name: Provide(lambda: None, sync_to_thread=False) for name in PARTS},
        openapi_config=openapi_config(),
        logging_config=None,
    )
