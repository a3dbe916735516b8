import asyncio
import json
import logging
import urllib.parse
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
import uvicorn
from leaks import leaks, texts_of
from postgres import ON_SQLITE
from service import IBAN, REVOKED, Service, application, running
from typing_extensions import override
from unit.sandbox_server.building import TODAY, books_of, invoice

from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import Books
from sandbox.server.app import create_app as create_sandbox
from sandbox.server.faults import Fault, Faults
from scoring.base.secrets import Secret
from scoring.telemetry.logs import configure_logs, failure

PERSONA = next(persona for persona in PERSONAS if persona.firm == "sole-trader")
PERSON = "Erika Mustermann-Özdemir"
TAX_NUMBER = "181/815/08155"
PURPOSE = "Ladenbau für Frau Blümchen"
BORROWER = "Kfz-Werkstatt Blümchen"
FOREIGN_TOKEN = "ab" * 16
MALFORMED_TOKEN = "cd" * 16


def malformed_books() -> Books:
    """Names and account numbers in fields that are numbers and days."""
    return books_of(
        invoice(PERSON, sumGross=PERSON, invoiceDate=IBAN, contact={"id": IBAN, "objectName": PERSON}),
        firm="malformed",
        token=MALFORMED_TOKEN,
    )


class Sevdesk(httpx.AsyncBaseTransport):
    """The local sevdesk; it can be made to say in its errors what it was told, and to break in the middle."""

    def __init__(self, faults: Faults) -> None:
        books = PERSONA.books(TODAY)
        troubled = [replace(books, firm=f"{books.firm}-{token}", token=token) for token in TROUBLED]
        self.books = [books, malformed_books()]  # all that there is but for tokens
        self.answer: Callable[[httpx.Request], httpx.Response] | None = None
        app = create_sandbox(
            [*self.books, *troubled, books_of(firm="revoked", token=REVOKED, is_revoked=True)],
            today=lambda: TODAY,
            faults=faults,
        )
        self._inner = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # litestar types scopes more narrowly

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._inner.handle_async_request(request) if self.answer is None else self.answer(request)


def talkative(status: int) -> Callable[[httpx.Request], httpx.Response]:
    """An error that repeats token, person and account number in every shape that sevdesk has."""

    def answer(request: httpx.Request) -> httpx.Response:
        said = f"{request.headers['Authorization']} of {PERSON}, {IBAN}"
        error = {"message": said, "code": PERSON, "exceptionUUID": IBAN, "data": said}
        return httpx.Response(status, json={"objects": None, "error": error}, headers={"Retry-After": PERSON})

    return answer


def breaking(make: Callable[[], Exception]) -> Callable[[httpx.Request], httpx.Response]:
    """No answer: an error of the network or of the code, with another behind it, both full of data."""

    def answer(request: httpx.Request) -> httpx.Response:
        try:
            return httpx.Response(200, json={}[request.headers["Authorization"]])
        except KeyError as inner:
            raise make() from inner

    return answer


FAULTS = [
    Fault(status=401),
    Fault(status=403),
    Fault(status=400),
    Fault(status=404),
    Fault(status=429, times=1, retry_after=0),
    Fault(status=429, retry_after=99),
    Fault(status=500),
    Fault(status=500, body="html"),
    Fault(status=503, times=2),
    Fault(status=503, body="text"),
    Fault(status=200),
    Fault(latency_s=30.0),
    Fault(resource="Invoice", body="html"),
    Fault(resource="Invoice", body="truncated"),
    Fault(resource="CheckAccountTransaction", body="truncated"),
    Fault(resource="CheckAccountTransactionLog", status=403),
    Fault(resource="Voucher", total_error=1),
    Fault(resource="Invoice", row_shift=1),
]
ANSWERS = [
    *(talkative(status) for status in (200, 302, 400, 401, 403, 404, 429, 500, 503)),
    breaking(lambda: httpx.ConnectError(f"{PERSON} {IBAN}")),
    breaking(lambda: httpx.DecodingError(PERSON)),
    breaking(lambda: RuntimeError(f"{PERSON} {IBAN} {PERSONA.token}")),
    breaking(lambda: ExceptionGroup(PERSON, [ValueError(IBAN)])),
]

TROUBLED = [f"{number:032x}" for number in range(0xF00, 0xF00 + len(FAULTS) + len(ANSWERS))]
"""Tokens of the same books, one for each trouble: after trouble an account is left alone for a while."""


async def misuse(service: Service) -> None:
    """Everything that a careless caller can send, with data where none belong."""
    body = whole_application()
    for name in body:
        await service.post("/v1/decisions", body | {name: IBAN})
        await service.post("/v1/decisions", body | {name: {PERSON: [PERSONA.token]}})
    await service.post("/v1/decisions", body | {PERSON: IBAN, IBAN: PERSON})
    await service.post("/v1/decisions", body, **{"Idempotency-Key": f"{IBAN} {PERSONA.token}"})
    await service.post("/v1/connections", {"borrower_ref": f" {BORROWER}", "sevdesk_token": PERSON})
    await service.post("/v1/connections", {"borrower_ref": BORROWER, "sevdesk_token": FOREIGN_TOKEN})
    headers = {"Authorization": f"Bearer {service.keys['bank']}", "Content-Type": "application/json"}
    cut_off = json.dumps(body, ensure_ascii=False).encode()[:-20]
    for content in (cut_off, cut_off.decode().encode("latin-1"), f'"{PERSON}'.encode(), IBAN.encode()):
        await service.http.post("/v1/decisions", content=content, headers=headers)
    for key in (PERSONA.token, f"hbk_{IBAN}_{PERSONA.token}", PERSON.encode("latin-1").decode("latin-1"), ""):
        sent = {"Authorization": f"Bearer {key}".encode("latin-1")}
        await service.http.get("/v1/decisions", headers=sent)  # type: ignore[arg-type]  # bytes are headers, too
    quoted = urllib.parse.quote(PERSON)
    for path in (
        f"/v1/decisions/{IBAN}", f"/v1/connections/{PERSONA.token}", f"/v1/{quoted}", f"/problems/{quoted}",
        f"/schema/{IBAN}", f"/{service.keys['bank']}", f"/v1/decisions?borrower_ref={quoted}&cursor={IBAN}",
        f"/v1/decisions?{quoted}={IBAN}", f"/v1/connections?limit={quoted}",
    ):  # fmt: skip
        for method in ("GET", "DELETE", "PUT", IBAN):
            await service.http.request(method, path, headers=headers)


def whole_application(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """An application in which every field is given that may hold data of a person."""
    wanted = {
        "borrower_ref": BORROWER,
        "legal_form": "einzelunternehmen",
        "sevdesk_token": PERSONA.token,
        "payout_iban": IBAN,
        "purpose": PURPOSE,
        "applicant": {"name": PERSON, "tax_number": TAX_NUMBER, "vat_id": "DE136695976"},
    }
    return application(**(wanted | changes))


async def decide(service: Service, sevdesk: Sevdesk) -> None:
    """Good applications, each fault of sevdesk, and repetitions."""
    await service.post("/v1/decisions", whole_application(), **{"Idempotency-Key": "key-of-the-day"})
    again = await service.post("/v1/decisions", whole_application(), **{"Idempotency-Key": "key-of-the-day"})
    assert again.status_code == 201, again.text
    await service.post("/v1/decisions", whole_application(purpose=None), **{"Idempotency-Key": "key-of-the-day"})
    connected = await service.post("/v1/connections", {"borrower_ref": BORROWER, "sevdesk_token": PERSONA.token})
    by_connection = {"sevdesk_token": None, "connection_id": connected.json()["connection_id"]}
    await service.post("/v1/decisions", whole_application(**by_connection))
    await service.post("/v1/decisions", whole_application(**by_connection, borrower_ref="another"))
    for token in (REVOKED, FOREIGN_TOKEN, MALFORMED_TOKEN):
        await service.post("/v1/decisions", whole_application(sevdesk_token=token))
    for fault, token in zip(FAULTS, TROUBLED, strict=False):
        service.faults.clear()
        service.faults.add([fault])
        await service.post("/v1/decisions", whole_application(sevdesk_token=token))
        await service.get(connected.headers["location"])
    service.faults.clear()
    for answer, token in zip(ANSWERS, TROUBLED[len(FAULTS) :], strict=True):
        sevdesk.answer = answer
        await service.post("/v1/decisions", whole_application(sevdesk_token=token))
        await service.post("/v1/connections", {"borrower_ref": BORROWER, "sevdesk_token": token})
    sevdesk.answer = None


async def libraries_complain(service: Service) -> None:
    """What libraries would log and warn about, with data in every place that a record has."""
    noisy = logging.getLogger("httpx")
    noisy.warning("GET %s of %s", f"/{IBAN}", PERSON)
    noisy.info("GET %s", PERSONA.token)
    logging.getLogger("uvicorn.error").warning("first line\n%s", IBAN, extra={"person": PERSON})
    try:
        int(PERSON)
    except ValueError:
        noisy.exception("failed for %s", PERSON)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"{PERSON} {PERSONA.token}", stacklevel=1)

    async def fail() -> None:
        raise RuntimeError(f"{PERSON} {IBAN}")

    forgotten = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del forgotten  # asyncio says so with the whole error
    await service.http.get("/health/ready")


@contextmanager
def logging_everything() -> Iterator[None]:
    """At the level that says most."""
    show, root = warnings.showwarning, logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure_logs("debug")
    try:
        yield
    finally:
        structlog.reset_defaults()
        warnings.showwarning, root.handlers = show, handlers
        root.setLevel(level)


async def test_nothing_that_went_in_comes_out_in_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A day of decisions, faults, misuse and complaints: no token, key, account number, name or text of the books."""
    faults = Faults()
    sevdesk = Sevdesk(faults)
    with logging_everything():
        async with running(
            tmp_path, transport=sevdesk, fetch_deadline_seconds=1.0, check_deadline_seconds=0.3
        ) as service:
            service.faults = faults
            await decide(service, sevdesk)
            await misuse(service)
            await libraries_complain(service)
            key, material = service.keys["bank"], service.settings.encryption_keys[0].material.reveal()
    captured = capfd.readouterr()
    log = captured.out + captured.err
    lines = [json.loads(line) for line in log.splitlines()]
    events = {line["event"] for line in lines}
    assert {"ready", "request", "decided", "answered again", "request failed", "sevdesk_retry", "warning"} <= events
    assert {"GET %s of %s", "failed for %s", "Task exception was never retrieved"} <= events
    assert {line["problem"] for line in lines if line["event"] == "request" and "problem" in line} >= {
        "/problems/token-rejected", "/problems/plan-lacks-api", "/problems/internal-error", "/problems/invalid-request",
        "/problems/sevdesk-rate-limited", "/problems/sevdesk-unavailable", "/problems/sevdesk-deadline-exceeded",
        "/problems/sevdesk-unexpected-answer", "/problems/sevdesk-refused-request", "/problems/sevdesk-inconsistent",
        "/problems/malformed-json", "/problems/not-found", "/problems/unauthenticated",
    }  # fmt: skip
    secrets = {text for books in sevdesk.books for text in texts_of(books)}
    secrets |= {*TROUBLED, key, key.split("_", 2)[2], material, IBAN, BORROWER, PURPOSE, PERSON, REVOKED, FOREIGN_TOKEN}
    secrets |= {*BORROWER.split(), *PURPOSE.split()[2:], *PERSON.split(), "key-of-the-day", TAX_NUMBER, "136695976"}
    assert len(secrets) > 1000
    assert leaks(log, secrets) == []


@pytest.mark.parametrize(
    "line",
    [
        f"GET /{IBAN}",
        json.dumps({"event": PERSON}),
        json.dumps({"event": "x", "errors": [{"value": PERSON.upper()}]}),
        json.dumps({"event": "x", PERSON: 1}),
        "DE89 3704 0044 0532 0130 00",
        "greeting Mia",
    ],
)
def test_a_leak_is_found(line: str) -> None:
    """Plain, escaped, as the name of a field, in capitals, with blanks: the search can fail."""
    assert len(leaks('{"event": "ready"}\n' + line, {IBAN, PERSON, "Mia"})) == 1


def test_texts_of_books_are_all_kinds_of_text() -> None:
    """Debtors, suppliers, payees, purposes, addresses, account numbers and the token: none would be overlooked."""
    books = PERSONA.books(TODAY)
    texts = texts_of(books)
    lines, bills = books.objects["CheckAccountTransaction"], books.objects["Voucher"]
    assert {lines[0]["paymtPurpose"], lines[0]["payeePayerName"], PERSONA.iban, PERSONA.token} <= texts
    assert {bill["supplierName"] for bill in bills if bill["supplierName"]} <= texts
    assert {item["addressName"] for item in books.objects["Invoice"] if item["addressName"]} <= texts


@ON_SQLITE
async def test_a_deliberate_leak_of_the_service_is_found(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A line of the service's own log that says a name is told by the same search."""
    with logging_everything():
        async with running(tmp_path):
            structlog.get_logger("scoring").info("careless", borrower=BORROWER)
    assert leaks(capfd.readouterr().err, {BORROWER, IBAN}) == [BORROWER]


@ON_SQLITE
async def test_a_failure_is_told_with_its_chain_and_places(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Under the identifier that the caller sees: which classes of error, and which lines they came through."""
    faults = Faults()
    sevdesk = Sevdesk(faults)
    sevdesk.answer = breaking(lambda: RuntimeError(PERSON))
    with logging_everything():
        async with running(tmp_path, transport=sevdesk) as service:
            answer = await service.post("/v1/decisions", whole_application())
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    told = next(line for line in lines if line["event"] == "request failed")
    assert (told["request_id"], told["level"]) == (answer.json()["instance"], "error")
    assert [item["error"] for item in told["failure"]] == ["RuntimeError", "KeyError"]
    places = [place.partition(":")[0] for place in told["failure"][0]["places"]]
    assert {"scoring.api.decisions", "scoring.usecases.assess", "scoring.sources.sevdesk.transport.connection"} <= set(
        places
    )
    assert told["failure"][1]["places"][-1].endswith(" answer")


def test_a_failure_that_refers_to_itself_comes_to_an_end() -> None:
    """Errors can be their own cause, and groups hold others."""
    error = ValueError()
    error.__cause__ = KeyError()
    error.__cause__.__context__ = error
    assert [item["error"] for item in failure(error)] == ["ValueError", "KeyError"]
    assert [item["error"] for item in failure(ExceptionGroup("", [OSError()]))] == ["ExceptionGroup", "OSError"]


@ON_SQLITE
async def test_every_line_of_a_decision_has_its_identifiers(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The request's on all, the decision's from when it exists; one line says what was decided."""
    with logging_everything():
        async with running(tmp_path) as service:
            made = await service.post("/v1/decisions", application(), **{"X-Request-ID": "request-of-mine"})
            await service.get(made.headers["location"])
    decision = made.json()
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    mine = [line for line in lines if line.get("request_id") == "request-of-mine"]
    assert [line["event"] for line in mine] == ["sevdesk_fetched", "decided", "request"]
    assert all(list(line)[:3] == ["at", "level", "event"] for line in lines)
    assert all(line["lender"] == "bank" for line in mine)
    decided, request = mine[1:]
    assert decided["decision_id"] == request["decision_id"] == decision["decision_id"]
    assert {name: decided[name] for name in ("verdict", "recommendation", "model", "policy")} == {
        "verdict": decision["verdict"],
        "recommendation": decision["recommendation"],
        "model": "sme/1",
        "policy": decision["versions"]["policy"],
    }
    low, high = map(int, decided["score_band"].split("-"))
    assert low <= decision["score"]["value"] < high
    assert (decided["own_ms"], decided["fetch_ms"]) == (decision["timing_ms"]["own"], decision["timing_ms"]["fetch"])
    assert (request["route"], request["status"]) == ("/v1/decisions", 201)
    read = next(line for line in lines if line.get("route") == "/v1/decisions/{decision_id}")
    assert read["decision_id"] == decision["decision_id"]


@ON_SQLITE
async def test_the_server_speaks_the_same_language(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Every line of a real server is JSON: that it starts, listens, refuses what is no HTTP, and stops."""
    with logging_everything():
        async with running(tmp_path) as service:
            config = uvicorn.Config(service.app, port=0, log_config=None, access_log=False, lifespan="off", ws="none")
            server = uvicorn.Server(config)
            serving: Awaitable[None] = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"{PERSON} is no HTTP\r\n\r\n".encode())
            await reader.read()
            writer.close()
            server.should_exit = True
            await serving
    log = capfd.readouterr().err
    lines = [json.loads(line) for line in log.splitlines()]
    told = [line["event"] for line in lines if line.get("logger") == "uvicorn.error"]
    assert f"Uvicorn running on http://127.0.0.1:{port} (Press CTRL+C to quit)" in told
    assert "Invalid HTTP request received." in told
    assert all({"at", "level", "event"} <= line.keys() for line in lines)
    assert leaks(log, {PERSON}) == []


@ON_SQLITE
async def test_a_start_that_fails_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With the classes of its errors and without the address of the database, which may have a password."""
    (tmp_path / "Blümchen").touch()  # a file where a folder is wanted
    address = f"sqlite:///{tmp_path / 'Blümchen' / 'scoring.sqlite'}"
    with logging_everything(), pytest.raises(BaseException):  # noqa: B017, PT011  whatever the database says
        async with running(tmp_path, database_url=Secret(address)):
            pass
    log = capfd.readouterr().err
    told = json.loads(log.splitlines()[-1])
    assert (told["event"], told["level"]) == ("start failed", "error")
    assert told["failure"][0]["places"]
    assert leaks(log, {"Blümchen"}) == []
