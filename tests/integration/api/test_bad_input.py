"""Everything that can be wrong with a request or with sevdesk: each its own problem, or a referral with causes."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from postgres import ON_SQLITE
from service import REVOKED, Service, application, running
from unit.sandbox_server.building import account, books_of, contact

from sandbox.server.faults import Fault
from scoring.api.problems import MEANINGS
from scoring.app import BODY_BYTES

pytestmark = ON_SQLITE


async def refused(service: Service, body: Any, status: int, name: str) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """The problem of an application that is refused; nothing may have been stored."""
    answer = await service.post("/v1/decisions", body)
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (problem["type"], problem["status"]) == (f"/problems/{name}", status)
    assert problem["instance"] == answer.headers["x-request-id"]
    assert (await service.get("/v1/decisions")).json()["items"] == []
    return problem


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"surprise": 1}, ["surprise"]),
        ({"term_months": "12"}, ["term_months"]),
        ({"amount": {"value": "-1.00", "currency": "EUR"}}, ["amount.value"]),
        ({"amount": {"value": "999999999999.00", "currency": "EUR"}}, ["amount.value"]),
        ({"amount": {"value": "1.00", "currency": "USD"}}, ["amount.currency"]),
        ({"as_of": "2027-01-01"}, ["as_of"]),
        ({"payout_iban": "DE00370400440532013000"}, ["payout_iban"]),
        ({"product": "yacht"}, ["product"]),
        ({"connection_id": "con_1"}, ["connection_id"]),
    ],
)
async def test_a_field_that_is_not_acceptable_is_named(
    tmp_path: Path, changes: dict[str, Any], fields: list[str]
) -> None:
    """Before anything is asked of sevdesk."""
    async with running(tmp_path) as service:
        problem = await refused(service, application(**changes), 422, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == fields


@pytest.mark.parametrize("value", ["100000000.01", "99999999999999999999.00", "9" * 32])
async def test_an_amount_that_is_too_high_is_told_the_highest(tmp_path: Path, value: str) -> None:
    """However many digits it has: it is a number, and the caller learns the bound."""
    async with running(tmp_path) as service:
        body = application(amount={"value": value, "currency": "EUR"})
        problem = await refused(service, body, 422, "invalid-request")
    assert problem["errors"] == [{"field": "amount.value", "message": "must be at most 100000000.00"}]


@pytest.mark.parametrize(
    ("content", "media_type", "status", "name"),
    [
        (b"{", "application/json", 400, "malformed-json"),
        (b"", "application/json", 400, "malformed-json"),
        (b" \n", "application/json", 400, "malformed-json"),
        (b"[" * 60_000, "application/json", 400, "malformed-json"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b"{}", "text/plain", 415, "unsupported-media-type"),
        (b"{}", "", 415, "unsupported-media-type"),
        (b" " * (BODY_BYTES + 1), "application/json", 413, "request-too-large"),
    ],
)
async def test_a_body_that_is_none_has_its_own_problem(
    tmp_path: Path, content: bytes, media_type: str, status: int, name: str
) -> None:
    """Not JSON, not declared as JSON, or too large."""
    async with running(tmp_path) as service:
        headers = {"Authorization": f"Bearer {service.keys['bank']}", "Content-Type": media_type}
        answer = await service.http.post("/v1/decisions", content=content, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{name}")


async def test_a_rejected_token_asks_for_a_new_one(tmp_path: Path) -> None:
    """Its own type, so that the application flow can tell it from all other failures."""
    async with running(tmp_path) as service:
        problem = await refused(service, application(sevdesk_token=REVOKED), 424, "token-rejected")
    assert problem["title"] == "sevdesk rejected the token"
    assert problem["detail"].startswith("Ask the borrower for a new token and connect the account again")
    assert REVOKED not in str(problem)


@pytest.mark.parametrize("rows", [(), (contact(7), account(5))])
async def test_a_firm_without_invoices_is_referred_with_causes(tmp_path: Path, rows: tuple[Any, ...]) -> None:
    """Every list is a single empty page, or there are accounts alone: no score, and what would help."""
    async with running(tmp_path, books=[books_of(*rows)]) as service:
        answer = await service.post("/v1/decisions", application())
    decision = answer.json()
    assert (answer.status_code, decision["verdict"], decision["recommendation"]) == (201, "refer", "refer")
    assert (decision["score"], decision["pd"], decision["grade"], decision["offer"]) == (None, None, None, None)
    assert decision["causes"]
    assert any(cause["remedy"] for cause in decision["causes"])


@pytest.mark.parametrize(
    ("fault", "status", "name"),
    [
        (Fault(status=503), 503, "sevdesk-unavailable"),
        (Fault(status=429), 503, "sevdesk-rate-limited"),
        (Fault(status=429, retry_after=7), 503, "sevdesk-rate-limited"),
        (Fault(latency_s=30.0), 504, "sevdesk-deadline-exceeded"),
        (Fault(resource="Invoice", body="html"), 502, "sevdesk-unexpected-answer"),
        (Fault(resource="Invoice", body="truncated"), 502, "sevdesk-unexpected-answer"),
    ],
)
async def test_a_failure_of_sevdesk_is_told_by_kind(tmp_path: Path, fault: Fault, status: int, name: str) -> None:
    """Down, slow, limiting, or talking HTML: no decision, and what the caller can do."""
    async with running(tmp_path, faults=[fault], fetch_deadline_seconds=0.6) as service:
        answer = await service.post("/v1/decisions", application())
        listed = (await service.get("/v1/decisions")).json()
        metrics = (await service.http.get("/metrics")).text
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{name}")
    assert ("retry-after" in answer.headers) == (status == 503)
    assert listed["items"] == []
    assert ("report it" in answer.json()["detail"]) == (status == 502)
    assert ("Report it" in MEANINGS[name].remedy) == (status == 502)
    assert "scoring_fetch_errors_total{error=" in metrics


async def test_a_sevdesk_that_cannot_be_reached_is_unavailable(tmp_path: Path) -> None:
    """The address does not answer."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with running(tmp_path, transport=httpx.MockTransport(refuse), fetch_deadline_seconds=0.5) as service:
        await refused(service, application(), 503, "sevdesk-unavailable")


async def test_a_failure_of_the_service_itself_tells_nothing_of_its_inside(tmp_path: Path) -> None:
    """No message of the error, no trace: only an identifier to look for in the log."""

    def break_down(_request: httpx.Request) -> httpx.Response:
        raise RuntimeError("token 0123456789abcdef of Erika Muster")

    async with running(tmp_path, transport=httpx.MockTransport(break_down)) as service:
        problem = await refused(service, application(), 500, "internal-error")
    assert "Erika" not in str(problem)
    assert "Traceback" not in str(problem)


async def test_unknown_paths_and_methods_are_problems_too(tmp_path: Path) -> None:
    """Everywhere, also below the pages of the description."""
    async with running(tmp_path) as service:
        for method, path, status, name in (
            ("GET", "/nowhere", 404, "not-found"),
            ("GET", "/schema/nowhere", 404, "not-found"),
            ("GET", "/schema/assets/nowhere", 404, "not-found"),
            ("GET", "/problems/nowhere", 404, "not-found"),
            ("PUT", "/v1/decisions", 405, "method-not-allowed"),
        ):
            answer = await service.http.request(method, path)
            assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{name}"), path
            assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["allow"] == "GET, OPTIONS, POST"


@pytest.mark.parametrize("path", ["/v1/decisions", "/sign-in"])
async def test_a_caller_who_hangs_up_in_the_body_is_no_failure_of_the_service(tmp_path: Path, path: str) -> None:
    """Whoever does it must not raise an alarm: the answer that nobody reads is a 400, and counted as no problem."""
    async with running(tmp_path) as service:
        parts = iter(
            [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}],
        )
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return next(parts)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        headers = {"authorization": f"Bearer {service.keys['bank']}", "content-type": "application/json"}
        scope = {
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
            "root_path": "", "scheme": "http", "http_version": "1.1", "asgi": {"version": "3.0"},
            "client": ("127.0.0.1", 1),
            "server": ("test", 80), "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        await service.app(scope, receive, send)  # type: ignore[arg-type]  # as a server calls it
        counted = (await service.http.get("/metrics")).text
    assert sent[0]["status"] == 400
    assert "scoring_problems_total{" not in counted
