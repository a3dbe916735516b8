"""What is counted and measured of the service: no lender, no borrower, no identifier is a label."""

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

from scoring.decisions.decision import Decision, Versions

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SCORE_STEP = 40
"""Score points that double the odds: the width of the bands in which scores are told."""
_SCORES = tuple(range(320, 881, SCORE_STEP))
_PDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5, 1.0)
_TIMED = ("fetch", "parse", "derive", "score", "decide", "own", "total")

disable_created_metrics()  # type: ignore[no-untyped-call]  # a time of birth for every series helps nobody


class Metrics:
    """The metrics of one service, in a registry of their own.

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
        Info("scoring_build", "What decides.", registry=registry).info(
            {
                "model": versions.model,
                "policy": versions.policy,
                "features": versions.features,
                "service": versions.service,
            }
        )
        ProcessCollector(registry=registry)

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
