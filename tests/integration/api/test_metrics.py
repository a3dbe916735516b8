import asyncio
import re
from pathlib import Path

import httpx
from integration.api.test_cases import banking
from postgres import ON_SQLITE
from prometheus_client.parser import text_string_to_metric_families
from service import REVOKED, Service, a_firm, a_serving, application, firms, purge_snapshots, running
from unit.sandbox_server.building import TODAY, account, books_of, contact

from sandbox.objects.books import Books
from sandbox.server.app import create_app as create_sandbox
from sandbox.server.faults import Fault
from scoring.store.database import Database
from scoring.telemetry.telemetry import Metrics, score_band

pytestmark = ON_SQLITE

DOCUMENT = Path(__file__).parents[3] / "docs" / "service.md"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
LABELS = {
    "schedule",
    "verdict", "recommendation", "cause", "kind", "stage", "resource", "outcome", "reason", "error", "method", "route",
    "status", "model", "policy", "features", "service", "le", "problem", "state",
}  # fmt: skip


async def samples(service: Service) -> Samples:
    """What ``/metrics`` says, as Prometheus reads it."""
    text = (await service.http.get("/metrics")).text
    families = text_string_to_metric_families(text)
    return {(item.name, frozenset(item.labels.items())): item.value for family in families for item in family.samples}


def value(found: Samples, name: str, **labels: str) -> float:
    """One sample; 0 where there is none."""
    return found.get((f"scoring_{name}", frozenset(labels.items())), 0.0)


def total(found: Samples, name: str) -> float:
    """The sum over all labels."""
    return sum(amount for (other, _), amount in found.items() if other == f"scoring_{name}")


async def test_a_decision_is_counted_and_measured(tmp_path: Path) -> None:
    """Verdict, score, PD and every stage once; each list that was read; what decides."""
    async with running(tmp_path) as service:
        before = await samples(service)
        decision = (await service.post("/v1/decisions", application())).json()
        found = await samples(service)
    assert total(before, "decisions_total") == 0
    told = {"verdict": decision["verdict"], "recommendation": decision["recommendation"]}
    assert value(found, "decisions_total", **told) == 1
    for stage in ("fetch", "parse", "derive", "score", "decide", "record", "own", "total"):
        assert value(found, "stage_seconds_count", stage=stage) == 1
    own = value(found, "stage_seconds_sum", stage="own")
    assert abs(own - decision["timing_ms"]["own"] / 1e3) < 1e-6
    assert value(found, "score_points_sum") == decision["score"]["value"]
    assert value(found, "pd_ratio_sum") == decision["pd"]["value"]
    for resource in ("Invoice", "Voucher", "CreditNote", "CheckAccount", "CheckAccountTransaction"):
        assert value(found, "sevdesk_list_seconds_count", resource=resource) >= 1
        assert value(found, "sevdesk_requests_total", resource=resource, outcome="ok") >= 1
    assert value(found, "http_requests_total", method="POST", route="/v1/decisions", status="201") == 1
    versions = {name: decision["versions"][name] for name in ("model", "policy", "features", "service")}
    assert value(found, "build_info", **versions) == 1
    assert value(found, "decisions_in_flight") == 0
    assert found["process_resident_memory_bytes", frozenset()] > 0


async def test_a_decision_without_a_score_is_counted_by_cause(tmp_path: Path) -> None:
    """It is in no distribution of scores."""
    async with running(tmp_path, books=[books_of(contact(7), account(5))]) as service:
        decision = (await service.post("/v1/decisions", application())).json()
        found = await samples(service)
    assert value(found, "score_points_count") == value(found, "pd_ratio_count") == 0
    for cause in decision["causes"]:
        assert value(found, "decisions_without_score_total", cause=cause["code"]) == 1


async def test_retries_and_failures_of_sevdesk_are_counted_by_kind(tmp_path: Path) -> None:
    """Calls that were repeated, lists that were read again, decisions that failed."""
    faults = [Fault(status=503, times=1), Fault(status=429, retry_after=0, times=1)]
    async with running(tmp_path, faults=faults) as service:
        assert (await service.post("/v1/decisions", application())).status_code == 201
        service.faults.add([Fault(resource="Invoice", total_error=1)])
        assert (await service.post("/v1/decisions", application())).status_code == 503
        service.faults.clear()
        await service.post("/v1/decisions", application(sevdesk_token=REVOKED))
        found = await samples(service)
    assert value(found, "sevdesk_retries_total", reason="SourceUnavailableError") == 1
    assert value(found, "sevdesk_retries_total", reason="RateLimitedError") == 1
    assert value(found, "sevdesk_retries_total", reason="InconsistentAnswerError") >= 2
    assert value(found, "fetch_errors_total", error="InconsistentAnswerError") == 1
    assert value(found, "fetch_errors_total", error="CredentialRejectedError") == 1
    assert value(found, "decisions_in_flight") == 0
    outcomes = {dict(labels)["outcome"] for name, labels in found if name == "scoring_sevdesk_requests_total"}
    assert outcomes >= {"ok", "SourceUnavailableError", "RateLimitedError", "CredentialRejectedError"}


async def test_conflicts_and_repetitions_are_counted(tmp_path: Path) -> None:
    """By what the idempotency key was refused for; while one decision is being made, it is in flight."""
    asked, may_answer = asyncio.Event(), asyncio.Event()
    sandbox = httpx.ASGITransport(app=create_sandbox(firms(), today=lambda: TODAY))  # type: ignore[arg-type]  # litestar types scopes more narrowly

    async def wait(request: httpx.Request) -> httpx.Response:
        asked.set()
        await may_answer.wait()
        return await sandbox.handle_async_request(request)

    key = {"Idempotency-Key": "one-key"}
    async with running(tmp_path, transport=httpx.MockTransport(wait)) as service:
        first = asyncio.create_task(service.post("/v1/decisions", application(), **key))
        await asked.wait()
        assert (await service.post("/v1/decisions", application(), **key)).status_code == 409
        during = await samples(service)
        may_answer.set()
        assert (await first).status_code == 201
        assert (await service.post("/v1/decisions", application(), **key)).status_code == 201
        assert (await service.post("/v1/decisions", application(term_months=6), **key)).status_code == 422
        found = await samples(service)
    assert (value(during, "decisions_in_flight"), value(found, "decisions_in_flight")) == (1, 0)
    assert value(found, "idempotency_conflicts_total", kind="in_progress") == 1
    assert value(found, "idempotency_conflicts_total", kind="key_reused") == 1
    assert value(found, "decision_repetitions_total") == 1


async def test_labels_have_few_values_and_no_names(tmp_path: Path) -> None:
    """Whatever callers send, and whatever identifiers are in the paths that sevdesk is asked for."""
    firm = a_firm()
    accounts = [account(number, lastSync="2026-09-30T00:00:00+02:00", importType=None) for number in range(50, 55)]
    firm.objects["CheckAccount"] += accounts
    books: list[Books] = [firm]
    async with running(tmp_path, books=books) as service:
        for path in ("/Erika", "/v1/decisions/Erika", "/problems/Erika", "/v1/connections/1"):
            for method in ("GET", "DELETE", "ERIKA"):
                await service.http.request(method, path)
        await service.post("/v1/decisions", application(borrower_ref="Erika"))
        found = await samples(service)
    labels = {pair for _, pairs in found for pair in pairs}
    assert {name for name, _ in labels} <= LABELS
    assert not [text for _, text in labels if "erika" in text.casefold() or text in {"bank", "50"}]
    assert {text for name, text in labels if name == "method"} == {"GET", "DELETE", "POST", "other"}


async def test_problems_are_counted_by_type(tmp_path: Path) -> None:
    """One of each kind is one; an answer that is none is not counted."""
    async with running(tmp_path) as service:
        await service.post("/v1/decisions", application())
        await service.post("/v1/decisions", application(sevdesk_token=REVOKED))
        await service.http.get("/v1/decisions")
        found = await samples(service)
    assert value(found, "problems_total", problem="token-rejected") == 1
    assert value(found, "problems_total", problem="unauthenticated") == 1
    assert total(found, "problems_total") == 2


async def test_a_retention_that_does_not_run_is_seen(tmp_path: Path) -> None:
    """The age of the oldest snapshot that should be gone; 0 before its day, and once it is gone."""
    async with running(tmp_path, snapshot_days=30) as service:
        overdue = []
        await service.post("/v1/decisions", application())
        for days in (30, 3):
            service.clock.advance(days=days)
            assert (await service.http.get("/health/ready")).status_code == 200
            overdue.append(value(await samples(service), "snapshots_overdue_seconds"))
        database = Database(service.settings.database_url)
        assert await purge_snapshots(database, now=service.clock()) == 1
        await database.close()
        await service.http.get("/health/ready")
        overdue.append(value(await samples(service), "snapshots_overdue_seconds"))
    assert overdue == [0.0, 3 * 86_400.0, 0.0]


async def test_the_queue_is_seen_and_steps_are_counted(tmp_path: Path) -> None:
    """Open cases by state, late ones, the age of the oldest; a claim that is repeated is one; no lender is told."""
    async with banking(tmp_path) as bank:
        service = bank.service
        cases = [await bank.refer(borrower_ref=f"firm-{name}") for name in "abc"]
        for _ in range(2):
            assert (await bank.do(cases[0], "claim", "fritz")).status_code == 200
        await bank.do(cases[0], "questions", "fritz", text="Warum?")
        service.clock.advance(days=3)
        await service.http.get("/health/ready")
        found = await samples(service)
        service.clock.advance(days=200)
        await service.http.get("/health/ready")
        expired = await samples(service)
    states = {state: value(found, "cases_open", state=state) for state in ("open", "waiting", "second_vote")}
    assert states == {"open": 2, "waiting": 1, "second_vote": 0}
    assert (value(found, "cases_late"), value(found, "cases_oldest_seconds")) == (2, 3 * 86_400)
    assert (value(found, "case_steps_total", kind="claimed"), value(found, "case_steps_total", kind="asked")) == (1, 1)
    assert total(expired, "cases_open") == value(expired, "cases_oldest_seconds") == 0


async def test_every_metric_is_documented(tmp_path: Path) -> None:
    """The table for operators names each metric of the service, and no other."""
    async with running(tmp_path) as service:
        await service.post("/v1/decisions", application())
        text = (await service.http.get("/metrics")).text
    served = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE scoring_")}
    assert served == set(re.findall(r"^\| `(scoring_\w+)", DOCUMENT.read_text(), re.MULTILINE))
    units = (
        "_total",
        "_seconds",
        "_points",
        "_ratio",
        "_info",
        "_in_flight",
        "_open",
        "_late",
        "_passed_over",
        "_disabled",
    )
    assert [name for name in served if not name.endswith(units)] == []


def test_two_services_in_one_process_count_apart() -> None:
    """Each has its registry."""
    first, second = (Metrics(a_serving().versions) for _ in range(2))
    first.in_flight.inc()
    assert b"scoring_decisions_in_flight 0.0" in second.render()


def test_bands_of_scores_are_multiples_of_what_doubles_the_odds() -> None:
    """600 starts a band; below and at the edges."""
    assert [score_band(score) for score in (599.999, 600.0, 639.9, 640.0, -0.5)] == [
        "560-600", "600-640", "600-640", "640-680", "-40-0",
    ]  # fmt: skip
