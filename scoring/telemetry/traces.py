"""Traces: one span per stage of a decision, for those who collect them. Off unless switched on, and then of no cost.

``Traces`` is tracing switched off; ``scoring.telemetry.otlp`` has the one that records, imported only where wanted.
"""

from contextlib import AbstractContextManager, nullcontext

_NOTHING = nullcontext()


class Traces:
    """Spans that nobody records."""

    def decision(self, traceparent: str | None) -> AbstractContextManager[None]:
        """The span of a whole decision.

        Args:
            traceparent: The caller's span, as W3C Trace Context writes it; the decision's becomes its child.
        """
        del traceparent
        return _NOTHING

    def span(self, name: str) -> AbstractContextManager[None]:
        """A span of what is done inside, below the one that surrounds it."""
        del name
        return _NOTHING

    def past(self, name: str, started: float, ended: float) -> None:
        """A span of what is over, by ``time.perf_counter``."""

    def note(self, **attributes: str | float) -> None:
        """What the span that surrounds this should say: known words, numbers and identifiers, never personal data."""

    def close(self) -> None:
        """Hand over what was recorded; waits for it."""


def traces_of(choice: str) -> Traces:
    """The traces that the settings ask for: ``off`` or ``otlp``."""
    if choice == "off":
        return Traces()
    from scoring.telemetry.otlp import exporting  # noqa: PLC0415  the SDK costs start and memory: only who wants it pays

    return exporting()
