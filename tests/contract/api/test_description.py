"""The description of the interface is complete: checked on every operation and every schema, whatever is added."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from scoring.api.openapi import BODY_PROBLEMS, SEVDESK_PROBLEMS, complete
from scoring.api.problems import (
    FORBIDDEN,
    IN_PROGRESS,
    INTERNAL_ERROR,
    INVALID_HTTP,
    INVALID_REQUEST,
    KEY_REUSED,
    MEANINGS,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    OTHER_BOOKS,
    OVERTAKEN,
    TOO_LARGE,
    TOO_SLOW,
    UNAUTHENTICATED,
)
from scoring.api.schemas.problems import ProblemMeaning
from scoring.app import describe

APP = describe()
DOCUMENT: dict[str, Any] = json.loads(msgspec.json.encode(complete(APP.openapi_schema.to_schema())))
OPERATIONS = {
    operation["operationId"]: operation for methods in DOCUMENT["paths"].values() for operation in methods.values()
}


def handlers(app: Litestar) -> dict[str, HTTPRouteHandler]:
    """The described handlers by their operation."""
    return {
        str(handler.operation_id): handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.resolve_include_in_schema() and handler.operation_id
    }


HANDLERS = handlers(APP)
CLOSED = {
    "AgainRequest",
    "AmountRequest",
    "ApplicantRequest",
    "ApplicationRequest",
    "AssignmentRequest",
    "CaseTextRequest",
    "ConnectionRequest",
    "CredentialRequest",
    "GuarantorRequest",
    "ConnectSessionRequest",
    "ContestLinkRequest",
    "ContestRequest",
    "InquiryItem",
    "InquiryRequest",
    "LenderIdentity",
    "InstalmentRequest",
    "LineCorrectionRequest",
    "SimulationRequest",
    "LoanAmount",
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
"""What requests are made of."""
every_operation = pytest.mark.parametrize("name", OPERATIONS)


def declared_problems(operation: dict[str, Any]) -> set[str]:
    """The types of problems that an operation says it can answer with."""
    described = " ".join(response["description"] for response in operation["responses"].values())
    return set(re.findall(r"`(/problems/[a-z0-9-]+)`", described))


def types(*meanings: ProblemMeaning) -> set[str]:
    """Their types."""
    return {meaning.type for meaning in meanings}


@every_operation
def test_an_operation_declares_the_problems_that_its_code_can_raise(name: str) -> None:
    """By what the route has: guards, a body, parameters, an idempotency key, books to be read."""
    handler, operation = HANDLERS[name], OPERATIONS[name]
    needed = types(INTERNAL_ERROR)
    if handler.resolve_guards():
        needed |= types(UNAUTHENTICATED, FORBIDDEN)
    if "requestBody" in operation:
        is_json = "application/json" in operation["requestBody"]["content"]
        needed |= types(*BODY_PROBLEMS) if is_json else types(TOO_SLOW, TOO_LARGE)
    where = {(item["in"], item["name"]) for item in operation.get("parameters", ())}
    if any(place == "path" for place, _ in where):
        needed |= types(NOT_FOUND)
    if any(place == "query" for place, _ in where):
        needed |= types(INVALID_REQUEST)
    if ("header", "Idempotency-Key") in where:
        needed |= types(KEY_REUSED)
        if "portfolios" not in handler.parsed_fn_signature.parameters:  # its rows are decided on later, each by itself
            needed |= types(IN_PROGRESS, OVERTAKEN)
    if "running" in handler.parsed_fn_signature.parameters:  # work that waits for sevdesk is finished in any case
        needed |= types(*SEVDESK_PROBLEMS)
    assert declared_problems(operation) >= needed


def test_every_problem_is_declared_by_some_operation() -> None:
    """And no operation declares one that the table does not have; what meets no operation has none."""
    declared = set[str]().union(*(declared_problems(operation) for operation in OPERATIONS.values()))
    assert declared == types(*MEANINGS.values()) - types(METHOD_NOT_ALLOWED, INVALID_HTTP, OTHER_BOOKS)


def test_every_route_of_the_interface_is_described() -> None:
    """What stands below ``/v1`` is in the document, each operation once."""
    below = {
        (route.path_format, method.lower())
        for route in APP.routes
        if isinstance(route, HTTPRoute) and route.path_format.startswith("/v1/")
        for method in route.methods - {"OPTIONS"}
    }
    assert below <= {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert HANDLERS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_requests_are_closed_answers_are_open_and_all_are_explained(name: str) -> None:
    """A request with an unknown field is refused; an answer may get fields that a client does not know yet."""
    schema = DOCUMENT["components"]["schemas"][name]
    assert schema["description"]
    if "properties" in schema:
        is_request = name in CLOSED
        assert schema.get("additionalProperties", True) is not is_request
    else:
        assert "enum" in schema


@every_operation
def test_an_operation_says_who_may_call_it(name: str) -> None:
    """With a key, by the rule for the whole document; without one only where no guard stands."""
    assert DOCUMENT["security"] == [{"key": []}]
    assert DOCUMENT["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    is_open = OPERATIONS[name].get("security") == [{}]
    assert is_open == (not HANDLERS[name].resolve_guards())


@every_operation
def test_responses_declare_their_headers(name: str) -> None:
    """Where the new object is, when to come back, how to authenticate; and the request's identifier on all."""
    for status, response in OPERATIONS[name]["responses"].items():
        expected = {"X-Request-ID"}
        expected |= {"Location"} if status == "201" or status.startswith("3") else set()
        expected |= {"Location", "Retry-After", "Preference-Applied"} if status == "202" else set()
        expected |= {"WWW-Authenticate"} if status == "401" else set()
        is_problem = "application/problem+json" in response.get("content", {})
        expected |= {"Retry-After"} if status in {"409", "429", "503"} and is_problem else set()
        expected |= {"RateLimit-Policy", "RateLimit"} if status == "429" else set()
        assert response["headers"].keys() == expected
        assert all(header["description"] and header["schema"] for header in response["headers"].values())


@every_operation
def test_an_operation_is_explained(name: str) -> None:
    """Itself, its parameters, its answers; and it belongs to a group."""
    operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    for parameter in operation.get("parameters", ()):
        assert parameter["description"], parameter["name"]
        assert "null" not in json.dumps(parameter["schema"])
    assert all(response["description"] for response in operation["responses"].values())


def schemas_with_examples(node: object, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of the document that has examples, and where it stands."""
    if isinstance(node, dict):
        if isinstance(node.get("examples"), list):
            yield path, node
        for name, value in node.items():
            yield from schemas_with_examples(value, f"{path}/{name}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from schemas_with_examples(value, f"{path}/{index}")


def test_examples_are_valid() -> None:
    """Against the schema beside which they stand; and there are some."""
    found = list(schemas_with_examples(DOCUMENT, "#"))
    for path, schema in found:
        validator = jsonschema_rs.validator_for({**schema, "components": DOCUMENT["components"]})
        for example in schema["examples"]:
            assert validator.is_valid(example), path
    assert len(found) > 5


@pytest.mark.parametrize(
    ("changes", "is_valid"),
    [
        ({}, True),
        ({"connection_id": "con_1", "sevdesk_token": None}, True),
        ({"connection_id": "con_1"}, False),
        ({"sevdesk_token": None}, False),
        ({"credential": None}, True),
        ({"credential": {"source": "sevdesk", "secret": "x"}}, False),
        ({"credential": {"source": "sevdesk", "secret": "x"}, "sevdesk_token": None}, True),
        ({"credential": {"source": "datev", "secret": "x"}, "sevdesk_token": None}, False),
        ({"amount": {"value": "100000000.00", "currency": "EUR"}}, True),
        ({"amount": {"value": "100000000.01", "currency": "EUR"}}, False),
        ({"amount": {"value": "0.01", "currency": "EUR"}}, True),
        ({"amount": {"value": "0.00", "currency": "EUR"}}, False),
        ({"amount": {"value": "-1", "currency": "EUR"}}, False),
        ({"borrower_ref": "Bäckerei Özgür"}, True),
        ({"borrower_ref": "x "}, False),
        ({"borrower_ref": "a\nb"}, False),
        ({"surprise": 1}, False),
    ],
)
def test_the_schema_of_an_application_says_what_is_checked(changes: dict[str, Any], is_valid: bool) -> None:  # noqa: FBT001  a column of the table
    """What the types of the fields do not say stands in the description all the same."""
    body = {
        "borrower_ref": "firm-1",
        "legal_form": "gmbh",
        "product": "working_capital",
        "amount": {"value": "25000.00", "currency": "EUR"},
        "term_months": 12,
        "sevdesk_token": "0" * 32,
    }
    reference = {"$ref": "#/components/schemas/ApplicationRequest", "components": DOCUMENT["components"]}
    assert jsonschema_rs.validator_for(reference).is_valid(body | changes) is is_valid


def test_the_text_of_a_query_is_bounded_by_its_schema() -> None:
    """Control characters are refused everywhere, so no text may be described as free."""
    free = [
        (name, parameter["name"])
        for name, operation in OPERATIONS.items()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query" and any(is_free_text(one) for one in choices(parameter["schema"]))
    ]
    assert free == []


def choices(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema's alternatives, down to those of a list's items."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    inner = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *([schema["items"]] if "items" in schema else ())]
    if not inner:
        yield schema
    for one in inner:
        yield from choices(one)


def is_free_text(schema: dict[str, Any]) -> bool:
    """Whether it takes any text at all."""
    return schema.get("type") == "string" and not {"pattern", "enum", "format", "const"} & set(schema)
