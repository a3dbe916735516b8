"""What is counted: verdicts, seconds per stage, failures of sevdesk. No lender, no borrower, no identifier."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics of one service, in a registry of their own."""

    def __init__(self) -> None:
        """Start at zero."""
        self._registry = CollectorRegistry()
        self.decisions = Counter(
            "scoring_decisions", "Decisions made.", ["verdict", "recommendation"], registry=self._registry
        )
        self.stages = Histogram(
            "scoring_stage_seconds",
            "Seconds per stage of a decision.",
            ["stage"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.fetch_errors = Counter(
            "scoring_fetch_errors", "Decisions that failed at sevdesk.", ["error"], registry=self._registry
        )

    def render(self) -> bytes:
        """In the text format of Prometheus."""
        return generate_latest(self._registry)
