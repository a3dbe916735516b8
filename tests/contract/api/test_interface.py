"""What callers rely on: the stored description, the table of problems, the schema of the database."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from documents import A_PDF
from integration.api.test_covenants import borrowed
from integration.api.test_snoozes import banking
from integration.api.test_warnings import raised, watching
from lending import HEALTHY, approved, lending
from people import add as add_somebody
from promoting import a_key
from service import Service
from sqlalchemy import create_engine, inspect, text

from scoring.api import errors as api_errors
from scoring.api.openapi import EXAMPLES, complete
from scoring.api.problems import HANDLERS, MEANINGS, PROBLEMS
from scoring.app import describe
from scoring.base.secrets import Secret
from scoring.commands.documents import generated_documents
from scoring.decisions.decide import TermsError
from scoring.decisions.records import NewerRecordError
from scoring.sources.errors import SourceError
from scoring.store import database as store
from scoring.store import decisions, tables
from scoring.store.decisions import RecordChangedError
from scoring.store.errors import DatabaseUnavailableError
from scoring.store.persons import add_person, find_person
from scoring.store.principals import Principal, Role, add_key
from scoring.usecases import application

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """The description of the interface."""
    return complete(describe().openapi_schema.to_schema())


@pytest.mark.parametrize("name", ["openapi.json", "policy.md", "problems.md"])
def test_generated_documents_are_current(name: str) -> None:
    """``python -m scoring docs`` writes them; a change of the interface shows in the stored copy."""
    assert (DOCS / name).read_bytes() == generated_documents()[name]


def nodes(node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  any JSON
    """Every object in a document."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from nodes(value)


def test_the_description_refers_to_what_it_has(described: dict[str, Any]) -> None:
    """No reference leads nowhere, and no component is there for nothing."""
    references = {node["$ref"].rpartition("/")[2] for node in nodes(described) if "$ref" in node}
    assert references == described["components"]["schemas"].keys()


def test_the_description_has_the_words_of_openapi(described: dict[str, Any]) -> None:
    """Version, unique operation names, a description for each response, path parameters declared."""
    assert described["openapi"].startswith("3.1")
    operations = [
        (path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "delete"}
    ]
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(set(names)) == len(names)
    for path, _, operation in operations:
        assert operation["summary"]
        assert operation["description"]
        assert all(response["description"] for response in operation["responses"].values())
        declared = {item["name"] for item in operation.get("parameters", []) if item["in"] == "path"}
        assert declared == {part[1:-1] for part in path.split("/") if part.startswith("{")}


def test_every_failure_is_described_as_a_problem(described: dict[str, Any]) -> None:
    """Whatever is neither success nor redirect; guarded routes can always answer 401, 403, 500 and 503."""
    for path, methods in described["paths"].items():
        for operation in methods.values():
            failures = {status for status in operation["responses"] if not status.startswith(("2", "3"))}
            if path.startswith("/v1/"):
                assert {"401", "403", "500", "503"} <= failures
            # who asks for health wants the state, and the state is not a failure of the request
            for status in failures - ({"503"} if path == "/health/ready" else set()):
                content = operation["responses"][status]["content"]
                assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_request_bodies_are_described_as_strict_as_they_are_read(described: dict[str, Any]) -> None:
    """Unknown fields are refused, and the description says so."""
    schemas = [
        operation["requestBody"]["content"]["application/json"]["schema"]
        for methods in described["paths"].values()
        for operation in methods.values()
        if "application/json" in operation.get("requestBody", {"content": {}})["content"]
    ]
    bodies = {one["$ref"].rpartition("/")[2] for schema in schemas for one in schema.get("oneOf", [schema])}
    assert bodies == {
        "AgainRequest",
        "ApplicationRequest",
        "AssignmentRequest",
        "CaseTextRequest",
        "ConnectionRequest",
        "ConnectSessionRequest",
        "ContestLinkRequest",
        "ContestRequest",
        "InquiryRequest",
        "GuarantorRequest",
        "LineCorrectionRequest",
        "SimulationRequest",
        "LoanAmountEntry",
        "LoanClosingEntry",
        "LoanConditionEntry",
        "LoanPlanEntry",
        "LoanRemovalEntry",
        "LoanRequest",
        "MonitoringRequest",
        "LoanRestructuringEntry",
        "LoanTermsEntry",
        "EventReplayRequest",
        "ReplayRequest",
        "RotationRequest",
        "WebhookChange",
        "CovenantEndRequest",
        "CovenantRequest",
        "CovenantWaiverRequest",
        "WarningAnswerRequest",
        "WarningAssignmentRequest",
        "WarningSnoozeRequest",
        "WebhookRequest",
        "PromotionEndRequest",
        "PromotionRequest",
        "SnoozeRequest",
        "SubjectRequestChange",
        "SubjectRequestLift",
        "SubjectRequestRequest",
        "VoteRequest",
    }
    for name in (
        *bodies,
        "AmountRequest",
        "ApplicantRequest",
        "InquiryItem",
        "InstalmentRequest",
        "LenderIdentity",
        "LoanAmount",
    ):
        assert described["components"]["schemas"][name]["additionalProperties"] is False


async def a_restriction(service: Service) -> str:
    """The identifier of one that is in force."""
    body = EXAMPLES["SubjectRequestRequest"] | {"kind": "restriction"}
    made: str = (await service.post("/v1/subject-requests", body)).json()["subject_request_id"]
    await service.post(f"/v1/subject-requests/{made}/completion", None)
    return made


DONE_AT_ONCE = ("/simulations", "/lift", "/rotation", "/replay")
"""What makes nothing that has an address."""
TOLD_APART = (
    "/v1/loans/{loan_id}/covenants",
    "/v1/cases/{case_id}",
    "/v1/covenants/{covenant_id}",
    "/v1/promotions",
    "/v1/warnings/{warning_id}",
)
"""Whose examples are sent by a test of their own."""


async def test_the_examples_can_be_sent_as_they_stand(tmp_path: Path) -> None:
    """Each body that the page of the description shows is accepted by a service with the local sevdesk."""
    async with lending(tmp_path) as service:
        page = (await service.http.get("/schema/swagger.json")).json()
        body = {"borrower_ref": "firm-1", "sevdesk_token": HEALTHY.token, "purposes": ["decision", "monitoring"]}
        connection = (await service.post("/v1/connections", body)).json()["connection_id"]
        decision = await approved(service, amount={"value": "12000.00", "currency": "EUR"})
        webhook = (await service.post("/v1/webhooks", {"url": "https://bank.example/"})).json()["webhook_id"]
        event = (await service.get("/v1/events")).json()["items"][0]["event_id"]
        subject = loan = ""
        for path, methods in page["paths"].items():
            for method, operation in methods.items():
                if "requestBody" in operation and not path.startswith(TOLD_APART):
                    if path == "/v1/portfolios":  # a file, which has no example
                        continue
                    body = operation["requestBody"]["content"]["application/json"]["example"]
                    if "decision_id" in body:
                        body |= {"decision_id": decision}
                    if path == "/v1/monitoring":
                        body |= {"connection_id": connection}
                    if path.endswith("/lift"):  # of a restriction that was carried out
                        subject = await a_restriction(service)
                    places = {"connection_id": connection, "subject_request_id": subject, "loan_id": loan}
                    places |= {"webhook_id": webhook, "event_id": event}
                    answer = await service.send(method, path.format(decision_id=decision, **places), body)
                    expected = 200 if method == "patch" or path.endswith(DONE_AT_ONCE) else 201
                    assert answer.status_code == expected, (path, answer.text)
                    subject = answer.json().get("subject_request_id", subject)
                    loan = answer.json().get("loan_id", loan)


async def test_the_examples_of_cases_can_be_sent_as_they_stand(tmp_path: Path) -> None:
    """By a person, in an order that makes sense."""
    async with lending(tmp_path) as service:
        page = (await service.http.get("/schema/swagger.json")).json()
        anna = Principal(id="", lender_id="bank", kind="person", name="anna", roles=frozenset({Role.UNDERWRITE}))
        database = store.Database(service.settings.database_url)
        key, _ = await add_key(database, anna, now=service.clock(), randomness=os.urandom)
        await database.close()
        body = page["paths"]["/v1/decisions"]["post"]["requestBody"]["content"]["application/json"]["example"]
        decided = await service.post("/v1/decisions", body | {"legal_form": "freiberufler"})
        place = decided.json()["links"]["case"]
        await service.post("/v1/connections", {"borrower_ref": body["borrower_ref"], "sevdesk_token": HEALTHY.token})
        left = {path for path in page["paths"] if path.startswith("/v1/cases/{case_id}/") and "/snoozes" not in path}
        for step in (
            *("claim", "votes", "reopening", "comments", "assignment", "claim", "questions", "answers", "inquiries"),
            *(
                "answers",
                "release",
                "decision",
                "claim",
                "votes",
                "contest-links",
                "contests",
                "documents",
                "guarantors",
                "withdrawal",
            ),
        ):
            path = f"/v1/cases/{{case_id}}/{step}"
            operation = page["paths"][path]["post"]
            example = None
            if step == "documents":
                answer = await service.http.post(
                    f"{place}/{step}", content=A_PDF, headers={"Authorization": f"Bearer {key}"}
                )
                assert answer.status_code == 201, answer.text
                left -= {path, f"{path}/{{document_id}}"}
                continue
            if "requestBody" in operation:
                example = operation["requestBody"]["content"]["application/json"]["example"]
            if step == "votes":
                example |= {"step": (await service.get(place, key=key)).json()["step"]}
            answer = await service.post(f"{place}/{step}", example, key=key)
            is_made = step in {"inquiries", "contest-links", "decision", "guarantors"}
            assert answer.status_code == (201 if is_made else 200), (step, answer.text)
            left.discard(path)
    left.discard("/v1/cases/{case_id}/guarantors/{guarantor_id}")
    assert left == set()


async def test_the_examples_of_snoozes_can_be_sent_as_they_stand(tmp_path: Path) -> None:
    """By two persons, on a firm that the rule of the example refers."""
    async with banking(tmp_path) as bank:
        paths = (await bank.service.http.get("/schema/swagger.json")).json()["paths"]
        decided = await bank.decide()
        base = "/v1/cases/{case_id}/snoozes"
        for path, by in ((base, "anna"), (f"{base}/{{step}}/confirmation", "berta"), (f"{base}/{{step}}/end", "anna")):
            example = paths[path]["post"]["requestBody"]["content"]["application/json"]["example"]
            place = decided["links"]["case"] + path.removeprefix("/v1/cases/{case_id}").format(step=2)
            answer = await bank.service.post(place, example, key=bank.keys[by])
            assert answer.status_code == 200, (path, answer.text)


async def test_the_examples_of_warnings_can_be_sent_as_they_stand(tmp_path: Path) -> None:
    """By anybody who may answer."""
    async with watching(tmp_path) as service:
        paths = (await service.http.get("/schema/swagger.json")).json()["paths"]
        await add_somebody(service, Role.UNDERWRITE, name="anna")
        found = await raised(service)
        for step in ("assignment", "snooze", "answer"):
            body = paths[f"/v1/warnings/{{warning_id}}/{step}"]["post"]["requestBody"]["content"]
            example = body["application/json"]["example"]
            answer = await service.post(f"{found['links']['self']}/{step}", example, key=await service.person())
            assert answer.status_code == 200, (step, answer.text)


async def test_the_examples_of_covenants_can_be_sent_as_they_stand(tmp_path: Path) -> None:
    """Of a loan: entered, waived and ended."""
    async with borrowed(tmp_path) as firm:
        paths = (await firm.service.http.get("/schema/swagger.json")).json()["paths"]
        made = await firm.service.post(f"/v1/loans/{firm.loan}/covenants", EXAMPLES["CovenantRequest"])
        assert made.status_code == 201, made.text
        for step in ("waiver", "end"):
            body = paths[f"/v1/covenants/{{covenant_id}}/{step}"]["post"]["requestBody"]["content"]
            answer = await firm.service.post(
                f"{made.json()['links']['self']}/{step}",
                body["application/json"]["example"],
                key=await firm.service.person(),
            )
            assert answer.status_code == 200, (step, answer.text)


async def test_the_examples_of_promotions_can_be_sent_as_they_stand(tmp_path: Path) -> None:
    """By two persons: each example ends one request."""
    async with lending(tmp_path) as service:
        page = (await service.http.get("/schema/swagger.json")).json()["paths"]

        def example(path: str) -> dict[str, Any]:
            shown: dict[str, Any] = page[path]["post"]["requestBody"]["content"]["application/json"]["example"]
            return shown

        anna, berta = await a_key(service, "anna"), await a_key(service, "berta")
        for how, key in (("rejection", berta), ("withdrawal", anna), ("approval", berta)):
            made = await service.post("/v1/promotions", example("/v1/promotions"), key=anna)
            assert made.status_code == 201, made.text
            path = f"/v1/promotions/{{promotion_id}}/{how}"
            body = example(path)
            done = await service.post(path.format(promotion_id=made.json()["promotion_id"]), body, key=key)
            assert done.status_code == 200, (how, done.text)


def subclasses(kind: type[Exception]) -> Iterator[type[Exception]]:
    """A class of errors and everything below it."""
    yield kind
    for child in kind.__subclasses__():
        yield from subclasses(child)


def test_every_failure_that_a_caller_can_meet_has_a_problem() -> None:
    """Each class by itself, so that a new one is not told by the words of its parent unseen."""
    bases: list[type[Exception]] = [SourceError, api_errors.ApiError, application.ApplicationError]
    kinds = {child for base in bases for child in subclasses(base)} - set(bases)
    kinds |= {TermsError, decisions.InFlightError, decisions.KeyReusedError, decisions.ReservationLostError}
    kinds |= {DatabaseUnavailableError, RecordChangedError, NewerRecordError}
    assert kinds <= PROBLEMS.keys()
    assert Exception in HANDLERS


def test_types_of_problems_are_stable() -> None:
    """Callers branch on them: a name that was published stays, with its status."""
    assert {name: meaning.status for name, meaning in MEANINGS.items()} == {
        "invalid-http": 400,
        "malformed-json": 400,
        "unauthenticated": 401,
        "forbidden": 403,
        "not-found": 404,
        "method-not-allowed": 405,
        "request-too-slow": 408,
        "decision-in-progress": 409,
        "decision-overtaken": 409,
        "loan-not-approved": 409,
        "webhook-state": 409,
        "condition-open": 409,
        "loan-contradiction": 409,
        "loan-reference-used": 409,
        "borrower-restricted": 409,
        "subject-request-state": 409,
        "restricted": 403,
        "authority-missing": 403,
        "four-eyes": 403,
        "persons-not-shown": 403,
        "case-claimed": 409,
        "case-moved": 409,
        "case-state": 409,
        "connection-missing": 409,
        "too-many-documents": 409,
        "document-refused": 422,
        "decision-expired": 409,
        "decision-superseded": 409,
        "sender-missing": 409,
        "portfolio-state": 409,
        "monitoring-ended": 409,
        "warning-state": 409,
        "covenant-state": 409,
        "monitoring-refused": 409,
        "other-books": 409,
        "promotion-state": 409,
        "promotion-unfit": 422,
        "erased": 410,
        "inputs-gone": 410,
        "request-too-large": 413,
        "unsupported-media-type": 415,
        "quota-used-up": 429,
        "simulations-used-up": 429,
        "too-many-requests": 429,
        "consumer-credit": 422,
        "idempotency-key-reused": 422,
        "invalid-request": 422,
        "plan-lacks-api": 424,
        "token-rejected": 424,
        "internal-error": 500,
        "stored-data-damaged": 500,
        "newer-record": 503,
        "sevdesk-refused-request": 502,
        "sevdesk-unexpected-answer": 502,
        "overloaded": 503,
        "service-stopping": 503,
        "database-unavailable": 503,
        "sevdesk-inconsistent": 503,
        "sevdesk-rate-limited": 503,
        "sevdesk-unavailable": 503,
        "sevdesk-deadline-exceeded": 504,
    }


def test_the_newest_migration_is_the_one_that_the_service_waits_for() -> None:
    """Otherwise every start would migrate, or none."""
    config = Config()
    config.set_main_option("script_location", str(Path(store.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [tables.HEAD]


async def test_migrations_lead_to_the_tables_of_the_code(tmp_path: Path) -> None:
    """Column by column; a second start changes nothing."""
    database = store.Database(Secret(f"sqlite:///{tmp_path}/deep/er/test.sqlite"))
    await database.migrate()
    await database.migrate()
    async with database.read() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), tables.metadata)
        )
    await database.close()
    assert differences == []


async def test_a_database_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    """What is in it stays: a holder of a key can become a person who signs in."""
    path = tmp_path / "old.sqlite"
    _make_first_version(path)
    database = store.Database(Secret(f"sqlite:///{path}"))
    await database.migrate()
    anna = Principal(id="", lender_id="bank", kind="person", name="anna", roles=frozenset({Role.AUDIT}))
    await add_person(database, anna, Secret("$argon2id$"), now=datetime(2026, 1, 1, tzinfo=UTC), randomness=os.urandom)
    found = await find_person(database, lender_id="bank", name="anna")
    await database.close()
    assert found is not None
    assert found.principal.id == "pri_1"


def test_migrations_only_add_from_0_3_on(tmp_path: Path) -> None:
    """Version 0.3 (schema 0005) goes on writing beside this one: nothing it knows goes, and it owes no new column."""
    config = Config()
    config.set_main_option("script_location", str(Path(store.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{tmp_path}/old.sqlite")
    seen = []
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        for revision in ("0005", "head"):
            command.upgrade(config, revision)
            inspector = inspect(connection)
            columns_of = {name: inspector.get_columns(name) for name in inspector.get_table_names()}
            unique = {name: inspector.get_unique_constraints(name) for name in columns_of}
            references = {name: inspector.get_foreign_keys(name) for name in columns_of}
            seen.append((columns_of, unique, references))
    engine.dispose()
    (before, unique_before, references_before), (after, unique_after, references_after) = seen
    for name, columns in before.items():
        kept = {column["name"]: (str(column["type"]), column["nullable"]) for column in columns}
        found = {column["name"]: (str(column["type"]), column["nullable"]) for column in after[name]}
        assert kept.items() <= found.items(), name
        added = [column for column in after[name] if column["name"] not in kept]
        assert all(column["nullable"] or column["default"] is not None for column in added), name
        assert (unique_after[name], references_after[name]) == (unique_before[name], references_before[name]), name


def _make_first_version(path: Path) -> None:
    """A database as the first version left it, with one person."""
    config = Config()
    config.set_main_option("script_location", str(Path(store.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO principals VALUES ('pri_1', 'bank', 'person', 'anna', '2026-01-01')"))
    engine.dispose()


def test_the_description_is_json_that_reads_back() -> None:
    """The stored copy is what is served."""
    stored = msgspec.json.decode((DOCS / "openapi.json").read_bytes())
    assert stored == msgspec.json.decode(msgspec.json.encode(complete(describe().openapi_schema.to_schema())))
