"""What is told of decisions while they are made: one log line each, metrics, and spans where they are wanted."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import structlog

from scoring.decisions.decision import Decision
from scoring.sources.errors import SourceError
from scoring.store.idempotency import InFlightError, KeyReusedError, ReservationLostError
from scoring.telemetry.metrics import SCORE_STEP, Metrics
from scoring.telemetry.traces import Traces

_CONFLICTS: Final[dict[type[Exception], str]] = {
    InFlightError: "in_progress",
    KeyReusedError: "key_reused",
    ReservationLostError: "overtaken",
}
_log = structlog.get_logger(__name__)


class Watch:
    """Watches every decision, and sevdesk being read (it is an ``Observer``).

    Args:
        metrics: Where it is counted.
        traces: Where spans go.
    """

    def __init__(self, metrics: Metrics, traces: Traces) -> None:
        self._metrics = metrics
        self._traces = traces

    @contextmanager
    def decision(self, traceparent: str | None) -> Iterator[None]:
        """Surrounds the making of a decision; see ``Traces.decision``."""
        with self._metrics.in_flight.track_inprogress(), self._traces.decision(traceparent):
            try:
                yield
            except SourceError as error:
                self._metrics.fetch_errors.labels(type(error).__name__).inc()
                raise
            except (InFlightError, KeyReusedError, ReservationLostError) as error:
                self._metrics.conflicts.labels(_CONFLICTS[type(error)]).inc()
                raise

    def fetching(self) -> AbstractContextManager[None]:
        """Surrounds the reading of the books."""
        return self._traces.span("fetch")

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Surrounds the writing of a decision."""
        started = time.perf_counter()
        with self._traces.span("record"):
            yield
        self._metrics.stages.labels("record").observe(time.perf_counter() - started)

    def concluded(self, laps: dict[str, tuple[float, float]]) -> None:
        """The stages between books and record are over; each began and ended at these moments."""
        for stage, (started, ended) in laps.items():
            self._traces.past(stage, started, ended)

    def decided(self, decision: Decision) -> None:
        """A decision was made and is stored."""
        self._metrics.count(decision)
        assessment, timing = decision.assessment, decision.timing
        told = {
            "decision_id": decision.decision_id,
            "verdict": assessment.verdict.value,
            "recommendation": assessment.recommendation.value,
            "model": decision.versions.model,
            "policy": decision.versions.policy,
        }
        self._traces.note(**told)
        band = None if assessment.score is None else score_band(assessment.score)
        _log.info("decided", **told, score_band=band, own_ms=timing.own, fetch_ms=timing.fetch)

    def repeated(self, decision: Decision) -> None:
        """A request was answered with the decision that was made before."""
        self._metrics.repetitions.inc()
        self._traces.note(decision_id=decision.decision_id)
        _log.info("answered again", decision_id=decision.decision_id)

    @contextmanager
    def reading(self, resource: str) -> Iterator[None]:
        """Surrounds the reading of a whole list of sevdesk."""
        started = time.perf_counter()
        try:
            with self._traces.span(resource):
                yield
        finally:
            self._metrics.lists.labels(resource).observe(time.perf_counter() - started)

    def answered(self, resource: str, outcome: str) -> None:
        """One call of sevdesk was made."""
        self._metrics.calls.labels(resource, outcome).inc()

    def retrying(self, reason: str) -> None:
        """Something is asked of sevdesk again."""
        self._metrics.retries.labels(reason).inc()


def score_band(score: float) -> str:
    """The band of a score, such as ``680-720``: enough to see a drift, too little to know a firm by."""
    low = int(score // SCORE_STEP) * SCORE_STEP
    return f"{low}-{low + SCORE_STEP}"
