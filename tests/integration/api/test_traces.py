import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import structlog
from leaks import leaks, texts_of
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from postgres import ON_SQLITE
from service import IBAN, REVOKED, a_firm, application, firms, running
from unit.sandbox_server.building import TODAY, TOKEN

from sandbox.server.app import create_app as create_sandbox
from sandbox.server.faults import Fault
from scoring.telemetry.logs import configure_logs
from scoring.telemetry.otlp import RecordedTraces
from scoring.telemetry.telemetry import Traces, traces_of

pytestmark = ON_SQLITE

ROOT = Path(__file__).parents[3]
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
STAGES = {"fetch", "parse", "derive", "score", "decide", "record"}


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    """Keeps the spans."""
    return InMemorySpanExporter()


@pytest.fixture
def traces(exporter: InMemorySpanExporter) -> Traces:
    """Traces whose spans are kept as soon as they end."""
    return RecordedTraces(SimpleSpanProcessor(exporter))


def parent_of(span: ReadableSpan, spans: list[ReadableSpan]) -> str | None:
    """Name of the span above."""
    return next((other.name for other in spans if span.parent and other.context.span_id == span.parent.span_id), None)  # type: ignore[union-attr]  # every span here has a context


async def test_a_decision_has_a_span_for_each_stage(
    tmp_path: Path, exporter: InMemorySpanExporter, traces: Traces
) -> None:
    """One below the other: decision, its stages, and the lists of sevdesk below the fetch; times lie inside."""
    async with running(tmp_path, traces=traces) as service:
        decision = (await service.post("/v1/decisions", application())).json()
    spans = list(exporter.get_finished_spans())
    root = next(span for span in spans if span.name == "decision")
    stages = [span for span in spans if parent_of(span, spans) == "decision"]
    lists = [span.name for span in spans if parent_of(span, spans) == "fetch"]
    assert (root.parent, root.kind, root.status.status_code) == (None, SpanKind.SERVER, StatusCode.UNSET)
    assert sorted(span.name for span in stages) == sorted(STAGES)
    assert {"Invoice", "Voucher", "CheckAccount", "CheckAccountTransaction"} <= set(lists)
    assert len(spans) == 1 + len(stages) + len(lists)
    assert all(root.start_time <= span.start_time <= span.end_time <= root.end_time for span in spans)
    assert dict(root.attributes or {}) == {
        "decision_id": decision["decision_id"],
        "verdict": decision["verdict"],
        "recommendation": decision["recommendation"],
        "model": "sme/1",
        "policy": decision["versions"]["policy"],
    }
    assert root.resource.attributes["service.name"] == "hauptbuch"


async def test_the_trace_of_the_caller_goes_on_and_ends_here(
    tmp_path: Path, exporter: InMemorySpanExporter, traces: Traces, capfd: pytest.CaptureFixture[str]
) -> None:
    """A broken ``traceparent`` starts a new trace; sevdesk is told nothing; the log names the trace."""
    asked: list[httpx.Request] = []
    inner = httpx.ASGITransport(app=create_sandbox(firms(), today=lambda: TODAY))  # type: ignore[arg-type]  # litestar types scopes more narrowly

    async def watch(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return await inner.handle_async_request(request)

    configure_logs("info")
    try:
        async with running(tmp_path, transport=httpx.MockTransport(watch), traces=traces) as service:
            headers = {"traceparent": CALLER, "tracestate": "shop=1", "baggage": "name=Erika"}
            await service.post("/v1/decisions", application(), **headers)
            await service.post("/v1/decisions", application(), traceparent="00-Erika")
    finally:
        structlog.reset_defaults()
    first, second = (span for span in exporter.get_finished_spans() if span.name == "decision")
    trace_id, span_id = CALLER.split("-")[1:3]
    assert first.context is not None
    assert first.parent is not None
    assert (f"{first.context.trace_id:032x}", f"{first.parent.span_id:016x}") == (trace_id, span_id)
    assert second.parent is None
    assert asked
    assert not [name for request in asked for name in request.headers if name in {*headers, "b3", "uber-trace-id"}]
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert next(line["trace_id"] for line in lines if line["event"] == "decided") == trace_id


async def test_many_decisions_at_once_keep_their_spans_apart(
    tmp_path: Path, exporter: InMemorySpanExporter, traces: Traces
) -> None:
    """Each trace has every stage once."""
    async with running(tmp_path, traces=traces) as service:
        await asyncio.gather(*(service.post("/v1/decisions", application(borrower_ref=str(i))) for i in range(4)))
    by_trace: dict[int, list[str]] = {}
    for span in exporter.get_finished_spans():
        assert span.context is not None
        by_trace.setdefault(span.context.trace_id, []).append(span.name)
    assert len(by_trace) == 4
    for names in by_trace.values():
        assert sorted(name for name in names if name in STAGES) == sorted(STAGES)


async def test_no_span_has_anything_personal_or_secret(
    tmp_path: Path, exporter: InMemorySpanExporter, traces: Traces
) -> None:
    """Over every attribute, event and status, also of decisions that fail: they tell classes of errors alone."""
    body = application(borrower_ref="Erika Muster", payout_iban=IBAN, purpose="Ladenbau")
    async with running(tmp_path, traces=traces, fetch_deadline_seconds=0.5) as service:
        await service.post("/v1/decisions", body, **{"Idempotency-Key": "one-key", "baggage": "name=Erika"})
        await service.post("/v1/decisions", body, **{"Idempotency-Key": "one-key"})
        await service.post("/v1/decisions", body | {"term_months": 6}, **{"Idempotency-Key": "one-key"})
        await service.post("/v1/decisions", body | {"sevdesk_token": REVOKED})
        await service.post("/v1/decisions", body | {"sevdesk_token": None, "connection_id": IBAN})
        for fault in (Fault(status=500), Fault(body="html"), Fault(resource="Invoice", body="truncated")):
            service.faults.clear()
            service.faults.add([fault])
            await service.post("/v1/decisions", body)
        key = service.keys["bank"]
    spans = exporter.get_finished_spans()
    failed = [span for span in spans if span.status.status_code is StatusCode.ERROR]
    told = {(span.attributes or {}).get("error.type") for span in failed if span.name == "decision"}
    assert told >= {"KeyReusedError", "CredentialRejectedError", "UnknownConnectionError", "UnexpectedAnswerError"}
    assert all(span.events == () and span.status.description is None for span in spans)
    secrets = texts_of(a_firm()) | {key, TOKEN, REVOKED, IBAN, "Erika", "Muster", "Ladenbau", "one-key"}
    assert leaks("\n".join(span.to_json() for span in spans), secrets) == []


@contextmanager
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A collector on a port of its own: its address, and what it was sent."""
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_spans_are_sent_before_the_service_has_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the address of the standard variable, over HTTP; nothing waits for the next batch."""
    with collector() as (address, received):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")
        async with running(tmp_path, traces=traces_of("otlp")) as service:
            assert (await service.post("/v1/decisions", application())).status_code == 201
    assert [path for path, _ in received] == ["/v1/traces"]
    assert all(stage.encode() in received[0][1] for stage in STAGES)


async def test_a_sampler_of_none_records_none(
    tmp_path: Path, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``OTEL_TRACES_SAMPLER`` says how many decisions are traced."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0")
    async with running(tmp_path, traces=RecordedTraces(SimpleSpanProcessor(exporter))) as service:
        assert (await service.post("/v1/decisions", application())).status_code == 201
    assert exporter.get_finished_spans() == ()


def test_a_service_without_traces_does_not_import_them() -> None:
    """Nor what else it must not pay for at start."""
    code = (
        "import sys, scoring.commands.serve; "
        "print([m for m in ('opentelemetry', 'sklearn', 'altair', 'vl_convert', 'alembic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
