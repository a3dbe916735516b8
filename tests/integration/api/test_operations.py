"""Health, metrics, logs and the description of the interface."""

import json
import re
import resource
from pathlib import Path

import pytest
import structlog
from postgres import ON_SQLITE
from service import IBAN, REVOKED, TOKEN, a_serving, application, running

from scoring.telemetry.logs import configure_logs


def replace_database(folder: Path) -> None:
    """Put something in the place of the database that is none."""
    for path in folder.glob("test.sqlite*"):
        path.unlink()
    (folder / "test.sqlite").mkdir()


@ON_SQLITE
async def test_health_says_what_is_live(tmp_path: Path) -> None:
    """And that the database does not answer, where it does not."""
    async with running(tmp_path) as service:
        live = await service.http.get("/health/live")
        ready = await service.http.get("/health/ready")
        await service.app.state.database.close()
        replace_database(tmp_path)
        broken = await service.http.get("/health/ready")
    assert (live.status_code, live.json()["status"]) == (200, "ok")
    assert (ready.status_code, ready.json()["checks"]) == (
        200,
        {"database": "ok", "model": "sme/1", "policy": a_serving().policy.version},
    )
    assert (broken.status_code, broken.json()["checks"]["database"]) == (503, "unavailable")


@ON_SQLITE
async def test_a_disk_on_which_nothing_fits_is_not_ready(tmp_path: Path) -> None:
    """Reading still works, and writing does not: here because files may not grow."""
    async with running(tmp_path) as service:
        assert (await service.http.get("/health/ready")).status_code == 200
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))  # less than a page, more than the log has
        try:
            full = await service.http.get("/health/ready")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (full.status_code, full.json()["checks"]["database"]) == (503, "unavailable")
        assert (await service.http.get("/health/ready")).status_code == 200


@ON_SQLITE
async def test_operations_on_a_port_of_their_own(tmp_path: Path) -> None:
    """There they are alone, and on other ports they do not exist."""
    paths = ("/health/live", "/health/ready", "/metrics", "/schema/openapi.json", "/v1/models", "/connect/x", "/")
    async with running(tmp_path, port=8000, operations_port=9000) as service:
        found = {
            port: [(await service.http.get(f"http://service:{port}{path}")).status_code for path in paths]
            for port in (8000, 9000)
        }
        unknown = await service.http.get("http://service:8000/v1/nothing")
        hidden = await service.http.get("http://service:8000/metrics")
    assert found[9000] == [200, 200, 200, 200, 404, 404, 404]
    assert found[8000][:4] == [404] * 4
    assert 404 not in found[8000][4:5]
    assert hidden.json() | {"instance": ""} == unknown.json() | {"instance": ""}


@ON_SQLITE
@pytest.mark.parametrize("path", ["//metrics", "///schema/openapi.json", "//health/ready", "/schema//openapi.json"])
async def test_no_slash_leads_past_the_port_of_operations(tmp_path: Path, path: str) -> None:
    """A path with more slashes than it needs is the same path."""
    async with running(tmp_path, port=8000, operations_port=9000) as service:
        found = {port: await service.http.get(f"http://service:{port}{path}") for port in (8000, 9000)}
    assert {port: answer.status_code for port, answer in found.items()} == {8000: 404, 9000: 200}


@ON_SQLITE
@pytest.mark.parametrize(("address", "is_https"), [("https://loans.bank.example", True), (None, False)])
async def test_every_answer_keeps_browsers_to_what_it_says(
    tmp_path: Path, address: str | None, *, is_https: bool
) -> None:
    """Once: no other type than stated, and no http where the service is reached over https."""
    async with running(tmp_path, public_url=address) as service:
        for path in ("/health/live", "/v1/decisions", "/v1/nothing", "/sign-in", "/schema", "/schema/openapi.json"):
            headers = (await service.http.get(path)).headers
            assert headers.get_list("X-Content-Type-Options") == ["nosniff"]
            assert headers.get_list("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains"] * is_https


@ON_SQLITE
async def test_metrics_count_and_tell_no_names(tmp_path: Path) -> None:
    """Verdicts, seconds per stage, failures by kind."""
    async with running(tmp_path) as service:
        await service.post("/v1/decisions", application(borrower_ref="Erika"))
        await service.post("/v1/decisions", application(sevdesk_token=REVOKED))
        answer = await service.http.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert re.search(r'scoring_decisions_total\{recommendation="\w+",verdict="\w+"\} 1\.0', answer.text)
    assert 'scoring_stage_seconds_count{stage="own"} 1.0' in answer.text
    assert 'scoring_fetch_errors_total{error="CredentialRejectedError"} 1.0' in answer.text
    assert "Erika" not in answer.text
    assert "bank" not in answer.text


@ON_SQLITE
async def test_the_log_has_requests_and_no_secrets(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Not the key, the token, the account number, the borrower, nor a query; the answer's identifier finds the line."""
    configure_logs("debug")
    try:
        async with running(tmp_path) as service:
            body = application(borrower_ref="Erika Muster", payout_iban=IBAN, purpose="Ladenbau")
            made = await service.post("/v1/decisions", body, **{"X-Request-ID": "my-request-1"})
            await service.post("/v1/decisions", body | {"sevdesk_token": REVOKED})
            await service.get("/v1/decisions", borrower_ref="Erika Muster")
            key = service.keys["bank"]
    finally:
        structlog.reset_defaults()
    logged = capfd.readouterr().err
    assert made.headers["x-request-id"] == "my-request-1"
    assert '"request_id": "my-request-1"' in logged
    assert '"status": 201' in logged
    for secret in (key, TOKEN, REVOKED, IBAN, "Erika", "Ladenbau", "Kunde 7"):
        assert secret not in logged


@ON_SQLITE
@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with blank here", "new\\nline-in-it"])
async def test_a_request_identifier_that_is_none_is_replaced(tmp_path: Path, given: str) -> None:
    """What is logged must not be the caller's to forge."""
    async with running(tmp_path) as service:
        answer = await service.http.get("/health/live", headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"].startswith("req_")


@ON_SQLITE
async def test_the_description_is_readable_without_internet(tmp_path: Path) -> None:
    """The page and everything that it loads come from the service itself."""
    async with running(tmp_path) as service:
        page = await service.http.get("/schema")
        loaded = re.findall(r'(?:src|href|url)(?:=|: )"([^"]+)"', page.text)
        answers = [await service.http.get(path) for path in loaded]
        described = (await service.http.get("/schema/openapi.json")).json()
        for_swagger = (await service.http.get("/schema/swagger.json")).json()
    assert page.headers["content-type"].startswith("text/html")
    assert "//" not in page.text
    assert len(loaded) == 4
    assert all(path.startswith("/schema/") for path in loaded)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert all(script.startswith(" src=") for script in page.text.split("<script")[1:])
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert '"/schema/swagger.json"' in answers[-1].text
    assert described["openapi"].startswith("3.1")
    assert for_swagger["openapi"] == "3.0.3"
    assert '{"type":"null"}' not in json.dumps(for_swagger, separators=(",", ":"))
    assert described["paths"].keys() == for_swagger["paths"].keys()


@ON_SQLITE
async def test_models_policies_features_and_problems_are_told(tmp_path: Path) -> None:
    """With the versions that decisions record."""
    async with running(tmp_path) as service:
        versions = (await service.post("/v1/decisions", application())).json()["versions"]
        model = (await service.get("/v1/models")).json()[0]
        policy = (await service.get("/v1/policies")).json()[0]
        features = (await service.get("/v1/features")).json()
        problem = (await service.http.get("/problems/token-rejected")).json()
    assert f"{model['name']}/{model['version']}" == versions["model"]
    assert (policy["version"], policy["sha256"]) == (versions["policy"], versions["policy_sha256"])
    assert f'version = "{policy["version"]}"' in policy["content"]
    assert features["version"] == versions["features"]
    assert {item["name"] for item in features["items"] if item["in_model"]} == set(model["features"])
    assert (problem["status"], problem["type"]) == (424, "/problems/token-rejected")
