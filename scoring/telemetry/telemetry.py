"""Telemetry of decisions: one log line each, metrics, and optional traces."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from scoring.decisions.decision import Decision, StageTimes, Versions
from scoring.sources.errors import SourceError
from scoring.store.decisions import InFlightError, KeyReusedError, ReservationLostError

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SCORE_STEP = 40
"""Score points that double the odds; width of the score bands in the log."""
_SCORES = tuple(range(320, 881, SCORE_STEP))
_PDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5, 1.0)
_TIMED = ("fetch", "parse", "derive", "score", "decide", "own", "total")

disable_created_metrics()  # type: ignore[no-untyped-call]  # creation times of series are not used


class Metrics:
    """Prometheus metrics of one service, in a separate registry.

    Args:
        versions: Of what decides.
    """

    def __init__(self, versions: Versions) -> None:
        registry = self._registry = CollectorRegistry()
        self.decisions = Counter(
            "scoring_decisions", "Decisions made.", ["verdict", "recommendation"], registry=registry
        )
        self.without_score = Counter(
            "scoring_decisions_without_score",
            "Decisions made without a score, by each of their causes.",
            ["cause"],
            registry=registry,
        )
        self.repetitions = Counter(
            "scoring_decision_repetitions", "Requests answered with the decision made before.", registry=registry
        )
        self.conflicts = Counter(
            "scoring_idempotency_conflicts", "Requests refused over their idempotency key.", ["kind"], registry=registry
        )
        self.in_flight = Gauge("scoring_decisions_in_flight", "Decisions that are being made.", registry=registry)
        self.scores = Histogram("scoring_score_points", "Scores given.", buckets=_SCORES, registry=registry)
        self.pds = Histogram("scoring_pd_ratio", "Probabilities of default given.", buckets=_PDS, registry=registry)
        self.stages = Histogram(
            "scoring_stage_seconds", "Seconds per stage of a decision.", ["stage"], buckets=_SECONDS, registry=registry
        )
        self.lists = Histogram(
            "scoring_sevdesk_list_seconds",
            "Seconds to read a whole list of sevdesk, its pages, waits and retries together.",
            ["resource"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.calls = Counter(
            "scoring_sevdesk_requests", "Calls of sevdesk.", ["resource", "outcome"], registry=registry
        )
        self.retries = Counter(
            "scoring_sevdesk_retries", "Calls and lists of sevdesk asked for again.", ["reason"], registry=registry
        )
        self.fetch_errors = Counter(
            "scoring_fetch_errors", "Decisions that failed at sevdesk.", ["error"], registry=registry
        )
        self.requests = Counter(
            "scoring_http_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self.problems = Counter(
            "scoring_problems", "Requests answered with a problem, by its type.", ["problem"], registry=registry
        )
        self.snapshots_overdue = Gauge(
            "scoring_snapshots_overdue_seconds",
            "By how long the oldest snapshot is past its retention, at the last check of readiness.",
            registry=registry,
        )
        self.cases_open = Gauge(
            "scoring_cases_open", "Cases that are open, at the last check of readiness.", ["state"], registry=registry
        )
        self.cases_late = Gauge(
            "scoring_cases_late",
            "Open cases that should have been decided, at the last check of readiness.",
            registry=registry,
        )
        self.cases_oldest = Gauge(
            "scoring_cases_oldest_seconds",
            "Since the oldest open case was opened, at the last check of readiness.",
            registry=registry,
        )
        self.warnings_overdue = Gauge(
            "scoring_warnings_late",
            "Early warnings that a person should have answered, at the last check of readiness.",
            registry=registry,
        )
        self.covenants_breached = Gauge(
            "scoring_covenant_breaches_open",
            "Covenants of open loans that are breached, at the last check of readiness.",
            registry=registry,
        )
        self.covenants_late = Gauge(
            "scoring_covenants_late",
            "Covenants of open loans that should have been tested, at the last check of readiness.",
            registry=registry,
        )
        self.case_steps = Counter(
            "scoring_case_steps", "Steps of cases that persons or lenders' systems took.", ["kind"], registry=registry
        )
        self.jobs = Counter(
            "scoring_jobs", "Jobs that ended in this process, by their state.", ["state"], registry=registry
        )
        self.jobs_open = Gauge(
            "scoring_jobs_open",
            "Jobs of single requests in all processes that have not ended, by their state.",
            ["state"],
            registry=registry,
        )
        self.jobs_oldest = Gauge(
            "scoring_jobs_oldest_waiting_seconds", "Age of the job that waits longest.", registry=registry
        )
        self.schedule_runs = Counter(
            "scoring_schedule_runs",
            "Tries of schedules in this process, by what became of them.",
            ["schedule", "outcome"],
            registry=registry,
        )
        self.schedule_overdue = Gauge(
            "scoring_schedule_overdue_seconds",
            "How long ago each schedule was due, until it is done; 0 where nothing is left.",
            ["schedule"],
            registry=registry,
        )
        self.webhook_deliveries = Counter(
            "scoring_webhook_deliveries",
            "Tries of webhooks in this process, by what became of the delivery.",
            ["outcome"],
            registry=registry,
        )
        self.webhooks_overdue = Gauge(
            "scoring_webhooks_overdue_seconds",
            "By how long the webhook is past its time that waits longest.",
            registry=registry,
        )
        self.webhooks_disabled = Gauge(
            "scoring_webhooks_disabled",
            "Webhooks of all lenders that the service itself has disabled, by the reason.",
            ["reason"],
            registry=registry,
        )
        self.portfolios = Gauge(
            "scoring_portfolios_open", "Portfolios of all processes that have not ended.", registry=registry
        )
        self.portfolio_rows = Gauge(
            "scoring_portfolio_rows_open",
            "Rows of portfolios of all processes that have not ended, by their state.",
            ["state"],
            registry=registry,
        )
        self.observations = Counter(
            "scoring_observations",
            "Observations of monitored borrowers that this process began, by what came of them.",
            ["outcome"],
            registry=registry,
        )
        self.observations_late = Gauge(
            "scoring_observations_late", "Monitored borrowers whose books are to be read now.", registry=registry
        )
        self.observations_overdue = Gauge(
            "scoring_observations_overdue_seconds",
            "By how long the monitored borrower is past its time that waits longest.",
            registry=registry,
        )
        self.shadow = Counter(
            "scoring_shadow",
            "Decisions that a model in the shadow was offered, by what came of it.",
            ["outcome"],
            registry=registry,
        )
        self.promotions_seen = Gauge(
            "scoring_promotions_seen_timestamp_seconds",
            "When this process last read what is promoted.",
            registry=registry,
        )
        self._passed_over = Gauge(
            "scoring_promotion_passed_over",
            "1 where what was promoted last cannot be served and the one before goes on.",
            ["kind"],
            registry=registry,
        )
        self._build = Info("scoring_build", "What decides.", registry=registry)
        self.serves(versions)
        ProcessCollector(registry=registry)

    def serves(self, versions: Versions, *, model_passed_over: bool = False, policy_passed_over: bool = False) -> None:
        """Tell what decides from now on, and whether it is what was promoted last."""
        names = ("model", "policy", "features", "service")
        self._build.info({name: getattr(versions, name) for name in names})
        self._passed_over.labels("model").set(model_passed_over)
        self._passed_over.labels("policy").set(policy_passed_over)

    def count(self, decision: Decision) -> None:
        """Count a decision that was made: verdict, score, and the seconds of its stages."""
        assessment = decision.assessment
        self.decisions.labels(assessment.verdict.value, assessment.recommendation.value).inc()
        if assessment.score is None or assessment.pd is None:
            for cause in assessment.causes:
                self.without_score.labels(cause.code).inc()
        else:
            self.scores.observe(assessment.score)
            self.pds.observe(assessment.pd)
        for stage in _TIMED:
            self.stages.labels(stage).observe(getattr(decision.timing, stage) / 1e3)

    def render(self) -> bytes:
        """In the text format of Prometheus."""
        return generate_latest(self._registry)


_CONFLICTS: Final[dict[type[Exception], str]] = {
    InFlightError: "in_progress",
    KeyReusedError: "key_reused",
    ReservationLostError: "overtaken",
}
_NOTHING = nullcontext()
_log = structlog.get_logger(__name__)


class Traces:
    """Traces that record nothing."""

    def decision(self, traceparent: str | None) -> AbstractContextManager[None]:
        """The span of a whole decision.

        Args:
            traceparent: The caller's span, as W3C Trace Context writes it; the decision's becomes its child.
        """
        del traceparent
        return _NOTHING

    def span(self, name: str) -> AbstractContextManager[None]:
        """A child span of the current span."""
        del name
        return _NOTHING

    def note(self, **attributes: str | float) -> None:
        """Set attributes of the current span; never personal data."""

    def close(self) -> None:
        """Export the remaining spans and wait until that is done."""


def traces_of(choice: str) -> Traces:
    """The traces for a setting: ``off`` or ``otlp``."""
    if choice == "off":
        return Traces()
    from scoring.telemetry.otlp import exporting  # noqa: PLC0415  the SDK costs start and memory: only who wants it pays

    return exporting()


class StageTimer:
    """The stages of one decision: how long each took, and a span for each. Usable on any thread, one at a time.

    Args:
        traces: Where spans go.
        clock: Seconds that only grow.
    """

    def __init__(self, traces: Traces | None = None, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._traces = traces or Traces()
        self._clock = clock
        self._started = clock()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Context manager around a stage; repeated entries add up."""
        with self._traces.span(name):
            began = self._clock()
            try:
                yield
            finally:
                self._seconds[name] = self.seconds(name) + self._clock() - began

    def move(self, since: str, to: str, seconds: float) -> None:
        """Move seconds from one stage to another: pages are decoded while others are fetched."""
        seconds = min(seconds, self.seconds(since))
        self._seconds[since] = self.seconds(since) - seconds
        self._seconds[to] = self.seconds(to) + seconds

    def seconds(self, name: str) -> float:
        """Seconds of a stage so far."""
        return self._seconds.get(name, 0.0)

    def times(self) -> StageTimes:
        """The stages in milliseconds, as recorded; ``own`` excludes waiting for the source."""
        total = self._clock() - self._started
        named = {name: self.seconds(name) for name in ("fetch", "parse", "derive", "score", "decide")}
        own = total - named["fetch"]
        return StageTimes(
            **{name: round(seconds * 1e3, 3) for name, seconds in named.items()},
            own=round(own * 1e3, 3),
            total=round(total * 1e3, 3),
        )


class Telemetry:
    """Reports every decision, and every call to a source (it is an ``Observer``).

    Args:
        metrics: Where it is counted.
        traces: Where spans go.
    """

    def __init__(self, metrics: Metrics, traces: Traces) -> None:
        self.metrics = metrics
        self._traces = traces

    @contextmanager
    def decision(self, traceparent: str | None) -> Iterator[StageTimer]:
        """Context manager around a decision; see ``Traces.decision``."""
        with self.metrics.in_flight.track_inprogress(), self._traces.decision(traceparent):
            try:
                yield StageTimer(self._traces)
            except SourceError as error:
                self.metrics.fetch_errors.labels(type(error).__name__).inc()
                raise
            except (InFlightError, KeyReusedError, ReservationLostError) as error:
                self.metrics.conflicts.labels(_CONFLICTS[type(error)]).inc()
                raise

    def decided(self, decision: Decision, timer: StageTimer) -> None:
        """Report a new, stored decision."""
        self.metrics.count(decision)
        self.metrics.stages.labels("record").observe(timer.seconds("record"))
        assessment, timing = decision.assessment, decision.timing
        facts = {
            "decision_id": decision.decision_id,
            "verdict": assessment.verdict.value,
            "recommendation": assessment.recommendation.value,
            "model": decision.versions.model,
            "policy": decision.versions.policy,
        }
        self._traces.note(**facts)
        band = None if assessment.score is None else score_band(assessment.score)
        _log.info("decided", **facts, score_band=band, own_ms=timing.own, fetch_ms=timing.fetch)

    def moved(self, case_id: str, kind: str) -> None:
        """Report a step of a case. It names nobody, and no vote: who did what is in the audit trail."""
        self.metrics.case_steps.labels(kind).inc()
        _log.info("case moved", case_id=case_id, step=kind)

    def repeated(self, decision_id: str) -> None:
        """Report a request that was answered with an earlier decision."""
        self.metrics.repetitions.inc()
        self._traces.note(decision_id=decision_id)
        _log.info("answered again", decision_id=decision_id)

    @contextmanager
    def reading(self, resource: str) -> Iterator[None]:
        """Context manager around reading a whole list from a source."""
        started = time.perf_counter()
        try:
            with self._traces.span(resource):
                yield
        finally:
            self.metrics.lists.labels(resource).observe(time.perf_counter() - started)

    def answered(self, resource: str, outcome: str) -> None:
        """Report a request to a source."""
        self.metrics.calls.labels(resource, outcome).inc()

    def retrying(self, reason: str) -> None:
        """Report a retry."""
        self.metrics.retries.labels(reason).inc()


def score_band(score: float) -> str:
    """The band of a score, such as ``680-720``: shows drift without identifying a firm."""
    low = int(score // SCORE_STEP) * SCORE_STEP
    return f"{low}-{low + SCORE_STEP}"
