"""Traces recorded with OpenTelemetry and sent over OTLP/HTTP.

Where to, how many and under which name say the standard variables: ``OTEL_EXPORTER_OTLP_ENDPOINT`` (and ``_HEADERS``),
``OTEL_TRACES_SAMPLER``, ``OTEL_SERVICE_NAME``. sevdesk's client is not instrumented: its
requests carry no trace.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from typing_extensions import override

from scoring.base import version
from scoring.telemetry.telemetry import Traces

_PROPAGATOR = TraceContextTextMapPropagator()


class RecordedTraces(Traces):
    """Spans recorded with OpenTelemetry.

    Args:
        processor: What becomes of a span that has ended.
    """

    def __init__(self, processor: SpanProcessor) -> None:
        named = Resource.create({SERVICE_NAME: "hauptbuch", SERVICE_VERSION: version.SERVICE_VERSION})
        # not the global one, and closed by its owner
        self._provider = TracerProvider(resource=named.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("scoring", version.SERVICE_VERSION)

    @override
    @contextmanager
    def decision(self, traceparent: str | None) -> Iterator[None]:
        carrier = {} if traceparent is None else {"traceparent": traceparent}
        with self._span("decision", parent=_PROPAGATOR.extract(carrier, context.Context()), kind=SpanKind.SERVER):
            trace_id = trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)
            with structlog.contextvars.bound_contextvars(trace_id=trace_id):
                yield

    @override
    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        with self._span(name):
            yield

    @override
    def note(self, **attributes: str | float) -> None:
        trace.get_current_span().set_attributes(attributes)

    @override
    def close(self) -> None:
        self._provider.shutdown()

    @contextmanager
    def _span(
        self, name: str, *, parent: context.Context | None = None, kind: SpanKind = SpanKind.INTERNAL
    ) -> Iterator[None]:
        with self._tracer.start_as_current_span(
            name,
            context=parent,
            kind=kind,
            # an error's message may contain personal data: only its class is recorded
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(StatusCode.ERROR)
                raise


def exporting() -> Traces:
    """Traces, exported in batches by a background thread. An unreachable collector loses spans but delays nothing."""
    return RecordedTraces(BatchSpanProcessor(OTLPSpanExporter()))
