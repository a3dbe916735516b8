"""The OpenAPI description, and its page, which loads nothing from the internet.

Litestar describes paths and parameters. The components come from the wire types, so that they match what is decoded.
Requests are closed: an unknown field is refused. Answers are open: a later version may add fields, and generated
clients keep working.
"""

from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response, Router, get
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import (
    Components,
    Link,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Reference,
    RequestBody,
    Schema,
    SecurityScheme,
)
from litestar.params import FromPath
from typing_extensions import override

from scoring.api import problems as known
from scoring.api import schemas
from scoring.api.schemas.amounts import APPLIED_FOR
from scoring.api.schemas.problems import ProblemMeaning
from scoring.base.version import SERVICE_VERSION
from scoring.decisions.cases import CaseState
from scoring.store.audit import Action
from scoring.store.cases import Sort
from scoring.store.connect_sessions import SessionStatus
from scoring.store.subject_requests import RequestState
from scoring.usecases.cases import Desk

_WIRE: Final = tuple(import_module(f"{schemas.__name__}.{one.name}") for one in iter_modules(schemas.__path__))
"""Every module of wire types."""
_REFERENCE = "#/components/schemas/{name}"
_CHOICES = (Action, CaseState, Desk, RequestState, SessionStatus, Sort)
"""Values of parameters that no wire type has."""
_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_DESCRIPTION = (
    "Decides on loans to small firms from their sevdesk books. Send `Authorization: Bearer KEY`. Money is text with two"
    " decimal places. Every error is a problem document (RFC 9457); `GET` its `type` for its meaning and remedy."
    " Requests with unknown fields are refused. Later versions may add fields to responses: ignore fields that you do"
    " not know."
)
_LENDER = {
    "name": "Muster Bank AG",
    "privacy_url": "https://bank.example/datenschutz",
    "privacy_email": "datenschutz@bank.example",
}
EXAMPLES: dict[str, dict[str, Any]] = {
    "ApplicationRequest": {
        "borrower_ref": "firm-4711",
        "legal_form": "gmbh",
        "product": "working_capital",
        "amount": {"value": "12000.00", "currency": "EUR"},
        "term_months": 12,
        "payout_iban": "DE09430609670001008001",
        "language": "en",
        "sevdesk_token": "064471bc129977d373091ab0d1a5314e",
    },
    "ConnectionRequest": {
        "borrower_ref": "firm-4711",
        "sevdesk_token": "064471bc129977d373091ab0d1a5314e",
        "purposes": ["decision"],
    },
    "SimulationRequest": {"amount": {"value": "10000.00", "currency": "EUR"}, "term_months": 18},
    "LoanRequest": {
        "loan_ref": "loan-4711",
        "decision_id": "dec_01j00000000000000000000000",
        "granted_on": "2026-10-01",
        "amount": {"value": "12000.00", "currency": "EUR"},
        "term_months": 12,
        "annual_rate_percent": "7.25",
    },
    "LoanConditionEntry": {
        "kind": "condition_met",
        "entry_ref": "identity",
        "happened_on": "2026-10-01",
        "condition": "identity",
        "proof": "PostIdent of 1 October, file 4711",
    },
    "LineCorrectionRequest": {"line_id": "4711", "category": "lease"},
    "CaseTextRequest": {"text": "Annual accounts of 2025 seen; the loss was a single claim."},
    "SnoozeRequest": {
        "rule": "SALES_BURST",
        "until": "2026-11-30",
        "text": "The firm sells fireworks: every year in autumn, orders of last year seen.",
    },
    "AssignmentRequest": {"to": "anna"},
    "InquiryRequest": {
        "items": [
            {"kind": "document", "text": "Please send your annual accounts of 2025."},
            {"kind": "corrected_booking", "text": "This invoice is entered twice.", "document_numbers": ["RE-1002"]},
        ],
        "lender": _LENDER,
        "language": "en",
        "decides_again": True,
    },
    "ContestLinkRequest": {"lender": _LENDER},
    "ContestRequest": {"text": "The overdue invoice was paid in cash.", "wants_talk": True},
    "AgainRequest": {"payout_iban": "DE09430609670001008001"},
    "PromotionRequest": {"model": "sme/2", "reason": "Version 3 refers too many retailers."},
    "PromotionEndRequest": {"reason": "Seen with the figures of the last quarter."},
    "GuarantorRequest": {"name": "Erika Mustermann", "consented_on": "2026-09-30"},
    "VoteRequest": {
        "step": 2,
        "verdict": "approve",
        "reason": "data_explained",
        "text": "Annual accounts of 2025 seen; the loss was a single claim.",
        "amount": {"value": "10000.00", "currency": "EUR"},
        "term_months": 12,
        "annual_rate_percent": "7.90",
    },
    "SubjectRequestRequest": {
        "borrower_ref": "firm-4711",
        "kind": "access",
        "received_on": "2026-09-01",
        "identity_check": "known_contact",
    },
    "SubjectRequestChange": {"identity_check": "identity_document"},
    "CovenantRequest": {
        "feature": "liquidity_debt_service_cover_12m_v2",
        "bound": "at_least",
        "threshold": 1.25,
        "rhythm_days": 90,
        "cure_days": 30,
        "first_on": "2026-12-31",
    },
    "CovenantWaiverRequest": {
        "until": "2026-12-31",
        "text": "The new hall is paid; the plan shows cover again in 2027.",
    },
    "CovenantEndRequest": {"text": "Entered for the wrong loan."},
    "WarningAssignmentRequest": {"to": "anna"},
    "WarningSnoozeRequest": {
        "until": "2026-11-30",
        "text": "The customer's bank confirmed the transfer for the end of November.",
    },
    "WarningAnswerRequest": {"answer": "explained", "text": "A new hall is being built; the plan was seen."},
    "MonitoringRequest": {"connection_id": "con_01m3n5t9f0q4z7x2c8v6b1kjwe", "decision_id": None},
    "WebhookRequest": {
        "url": "https://bank.example/webhooks/hauptbuch",
        "description": "Core banking",
        "types": ["decision.made", "case.decided"],
    },
    "WebhookChange": {"enabled": True},
    "RotationRequest": {"overlap_hours": 24},
    "ReplayRequest": {"since": "2026-09-30T00:00:00Z"},
    "EventReplayRequest": {"webhook_id": None},
    "SubjectRequestLift": {"told_on": "2026-09-28"},
    "ConnectSessionRequest": {
        "borrower_ref": "firm-4711",
        "return_url": "https://bank.example/application/4711",
        "lender": _LENDER,
        "language": "de",
    },
}
"""One request body per operation, for a firm of the sandbox; it can be sent from the page unchanged."""
_GUARDED = (
    known.UNAUTHENTICATED,
    known.FORBIDDEN,
    known.TOO_MANY_REQUESTS,
    known.INTERNAL_ERROR,
    known.DATABASE_UNAVAILABLE,
)
BODY_PROBLEMS = (
    known.MALFORMED_JSON,
    known.TOO_SLOW,
    known.TOO_LARGE,
    known.UNSUPPORTED_MEDIA_TYPE,
    known.INVALID_REQUEST,
)
SEVDESK_PROBLEMS = (
    known.TOKEN_REJECTED,
    known.PLAN_LACKS_API,
    known.REFUSED_BY_SEVDESK,
    known.UNEXPECTED_ANSWER,
    known.RATE_LIMITED,
    known.UNAVAILABLE,
    known.INCONSISTENT,
    known.DEADLINE_EXCEEDED,
    known.STOPPING,
)


def operation(
    *meanings: ProblemMeaning,
    body: type[msgspec.Struct] | tuple[type[msgspec.Struct], ...] | None = None,
    file: str | tuple[str, ...] = (),
    is_guarded: bool = True,
    further: dict[str, OpenAPIResponse | Reference] | None = None,
    leads_to: dict[str, str] | None = None,
) -> type[Operation]:
    """Describes a route's request body and problems, in place of Litestar's own.

    Args:
        meanings: Problems in addition to those of every guarded route.
        body: The struct of the request body, or several that differ in their ``kind``.
        file: The media type of a body that is a file, or several.
        is_guarded: Whether an API key is needed.
        further: Responses that are neither success nor problem, by status.
        leads_to: Operations on the created object, each with the field that identifies it.
    """

    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            if body is not None:
                kinds = body if isinstance(body, tuple) else (body,)
                references = [Reference(ref=_REFERENCE.format(name=kind.__name__)) for kind in kinds]
                media = OpenAPIMediaType(
                    schema=references[0] if len(references) == 1 else Schema(one_of=references),
                    example=EXAMPLES[kinds[0].__name__],
                )
                self.request_body = RequestBody(content={"application/json": media}, required=True)
            if kinds_of_file := (file,) if isinstance(file, str) else file:
                media_types = {
                    one: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, content_media_type=one))
                    for one in kinds_of_file
                }
                self.request_body = RequestBody(content=media_types, required=True)
            answers = {status: response for status, response in (self.responses or {}).items() if status < "400"}
            always = _GUARDED if is_guarded else (known.INTERNAL_ERROR,)
            self.responses = answers | _problem_responses((*meanings, *always)) | (further or {})
            for status, response in self.responses.items():
                if isinstance(response, OpenAPIResponse):
                    response.headers = _headers(status, response)
                    response.links = _links(leads_to or {}) if status == "201" else None
            if not is_guarded:
                self.security = [{}]

    return Described


def answer_of(kind: type[msgspec.Struct], description: str) -> OpenAPIResponse:
    """A response with this content."""
    content = OpenAPIMediaType(schema=Reference(ref=_REFERENCE.format(name=kind.__name__)))
    return OpenAPIResponse(description=description, content={"application/json": content})


def file_answer(description: str, *media_types: str) -> OpenAPIResponse:
    """A response whose content is a file of one of these types."""
    content = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, content_media_type="application/octet-stream"))
    return OpenAPIResponse(description=description, content=dict.fromkeys(media_types, content))


def either_answer(description: str, kind: type[msgspec.Struct], *media_types: str) -> OpenAPIResponse:
    """A response with this content, or a file of one of these types."""
    content = {**(answer_of(kind, description).content or {}), **(file_answer(description, *media_types).content or {})}
    return OpenAPIResponse(description=description, content=content)


def _headers(status: str, response: OpenAPIResponse) -> dict[str, OpenAPIHeader | Reference]:
    """Response headers that are part of the interface."""
    text, seconds = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.INTEGER, minimum=1)
    headers = {
        "X-Request-ID": (text, "Identifier of the request in the log: the caller's `X-Request-ID`, or a new one.")
    }
    if status == "201":
        headers["Location"] = (text, "Path of the new object.")
    if status == "202":
        headers["Location"] = (text, "Path of the job.")
        headers["Retry-After"] = (seconds, "Seconds to wait before asking how it stands.")
        headers["Preference-Applied"] = (text, "What was followed of `Prefer`.")
    if status.startswith("3"):
        headers["Location"] = (text, "Target of the redirect.")
    if status == "401":
        headers["WWW-Authenticate"] = (text, "`Bearer`.")
    if status in {"409", "429", "503"} and known.MEDIA_TYPE in (response.content or {}):
        headers["Retry-After"] = (seconds, "Seconds to wait before repeating the request.")
    if status == "429":
        headers["RateLimit-Policy"] = (text, "Limits of the lender and of the key: `q` requests in `w` seconds.")
        headers["RateLimit"] = (text, "Where they stand: `r` are left, and in `t` seconds all are free again.")
    return {
        # not every conflict passes by waiting
        name: OpenAPIHeader(schema=schema, description=meaning, required=(status, name) != ("409", "Retry-After"))
        for name, (schema, meaning) in headers.items()
    }


def _links(leads_to: dict[str, str]) -> dict[str, Link | Reference]:
    return {
        name: Link(operation_id=name, parameters={field: f"$response.body#/{field}"}, description="The created object.")
        for name, field in leads_to.items()
    }


def _problem_responses(meanings: tuple[ProblemMeaning, ...]) -> dict[str, OpenAPIResponse | Reference]:
    by_status: dict[int, list[ProblemMeaning]] = {}
    for meaning in meanings:
        by_status.setdefault(meaning.status, []).append(meaning)
    problem = OpenAPIMediaType(schema=Reference(ref=_REFERENCE.format(name="Problem")))
    return {
        str(status): OpenAPIResponse(
            description="; ".join(f"`{meaning.type}`: {meaning.title}" for meaning in by_status[status]),
            content={known.MEDIA_TYPE: problem},
        )
        for status in sorted(by_status)
    }


def complete(described: dict[str, Any]) -> dict[str, Any]:
    """Litestar's description with the components of the wire types."""
    types = [
        kind
        for module in _WIRE
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, msgspec.Struct)
        and kind.__module__ == module.__name__
        and not kind.__name__.startswith("_")
    ]
    _, components = msgspec.json.schema_components([*types, *_CHOICES], ref_template=_REFERENCE)
    components["ApplicationRequest"]["oneOf"] = _exactly_one("connection_id", "credential", "sevdesk_token")
    for name in ("ApplicationRequest", "VoteRequest"):
        properties = components[name]["properties"]
        properties["amount"] = _asked_for(properties["amount"])
    components["ConnectionRequest"]["oneOf"] = _exactly_one("credential", "sevdesk_token")
    of_policy, of_model = _exactly_one("policy", "model")
    of_model["properties"]["own"] = {"const": None}
    components["PromotionRequest"]["oneOf"] = [of_policy, of_model]
    # those of today: an enum would refuse the codes of later versions
    codes = sorted({meaning.code for meaning in known.MEANINGS.values()})
    components["Problem"]["properties"]["code"]["x-extensible-enum"] = codes
    components["SubjectRequestChange"]["minProperties"] = 1
    components["WebhookChange"]["minProperties"] = 1
    amount = components["SimulationRequest"]["properties"]["amount"]
    amount["anyOf"] = [_asked_for(amount["anyOf"][0]), *amount["anyOf"][1:]]
    for component in components.values():
        if {"corrects", "why"} <= component.get("properties", {}).keys() - component.get("required", ()):
            component["dependentRequired"] = {"corrects": ["why"], "why": ["corrects"]}
    for path in described["paths"].values():
        for described_operation in path.values():
            for parameter in described_operation.get("parameters", ()):
                _make_plain(parameter)
    return {**described, "components": {**described["components"], "schemas": dict(sorted(components.items()))}}


def _asked_for(amount: dict[str, Any]) -> dict[str, Any]:
    return {**amount, "properties": {"value": {"pattern": APPLIED_FOR}}}


def _exactly_one(*names: str) -> list[dict[str, Any]]:
    """One field has a value, of its type, and the others have none."""
    kinds: dict[str, Any] = {name: {"type": "string"} for name in names}
    kinds["credential"] = {"$ref": _REFERENCE.format(name="CredentialRequest")}
    none = {name: {"const": None} for name in names}
    return [{"required": [name], "properties": {**none, name: kinds[name]}} for name in names]


def _make_plain(parameter: dict[str, Any]) -> None:
    """Removes null from an optional parameter: URLs and headers have no null."""
    schema = parameter["schema"]
    alternatives = [item for item in schema.pop("oneOf", ()) if item != {"type": "null"}]
    if len(alternatives) == 1:
        parameter["schema"] = alternatives[0] | schema
    if isinstance(schema.get("type"), list):  # of a choice
        schema["type"] = next(kind for kind in schema["type"] if kind != "null")
        schema["enum"] = [choice for choice in schema["enum"] if choice is not None]


def document(app: Litestar) -> bytes:
    """``docs/openapi.json``: the served description, indented."""
    described = complete(app.openapi_schema.to_schema())
    return msgspec.json.format(msgspec.json.encode(described), indent=1) + b"\n"


def for_swagger(node: Any) -> Any:  # noqa: ANN401  any JSON
    """Converts the description to OpenAPI 3.0: the bundled Swagger UI does not support 3.1."""
    if isinstance(node, list):
        return [for_swagger(item) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {name: for_swagger(value) for name, value in node.items()}
    if "openapi" in changed:
        changed["openapi"] = "3.0.3"
    if isinstance(changed.get("examples"), list):
        changed["example"] = changed.pop("examples")[0]
    for word in ("anyOf", "oneOf"):
        alternatives = changed.get(word)
        if isinstance(alternatives, list) and {"type": "null"} in alternatives:
            others = [alternative for alternative in alternatives if alternative != {"type": "null"}]
            del changed[word]
            changed |= {"nullable": True, "allOf" if len(others) == 1 else word: others}
    return changed


class _Json(JsonRenderPlugin):
    @override
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return msgspec.json.encode(complete(openapi_schema))


class _Swagger(OpenAPIRenderPlugin):
    """Swagger UI from the files of a Python package; nothing is loaded from the internet."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML, favicon="", style="")

    @override
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return _PAGE

    @override
    def receive_router(self, router: Router) -> None:
        router.register(swagger_asset)
        router.register(swagger_description)


@get("/assets/{name:str}", include_in_schema=False, sync_to_thread=True)
def swagger_asset(name: FromPath[str]) -> Response[bytes]:
    """One of the files of Swagger UI, or the script that starts it."""
    if name == "start.js":
        return Response(_START, media_type="text/javascript")
    if name not in _ASSETS:
        raise NotFoundException
    folder = next(files("swagger_ui_bundle").joinpath("vendor").iterdir().__iter__())
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(folder.joinpath(name).read_bytes(), media_type=_ASSETS[name], headers=headers)


@get("/swagger.json", include_in_schema=False, sync_to_thread=False)
def swagger_description(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The description for Swagger UI."""
    described = for_swagger(complete(request.app.openapi_schema.to_schema()))
    return Response(msgspec.json.encode(described), media_type=MediaType.JSON)


_START = b"""SwaggerUIBundle({url: "/schema/swagger.json", dom_id: "#page", deepLinking: true, validatorUrl: null});
"""
_PAGE = b"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Loan decisions from sevdesk books</title>
<link rel="icon" type="image/png" href="/schema/assets/favicon-32x32.png">
<link rel="stylesheet" href="/schema/assets/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="/schema/assets/swagger-ui-bundle.js"></script>
<script src="/schema/assets/start.js"></script>
</body>
</html>
"""


def _own_pages(response: Response[Any]) -> Response[Any]:
    """Turns a missing file into a problem, and sets a content security policy."""
    if response.status_code == NotFoundException.status_code:
        raise NotFoundException
    # Swagger UI sets inline styles
    policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
    response.headers |= {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
    return response


def openapi_config() -> OpenAPIConfig:
    """Configuration of the OpenAPI description."""
    return OpenAPIConfig(
        title="Loan decisions from sevdesk books",
        version=SERVICE_VERSION,
        description=_DESCRIPTION,
        use_handler_docstrings=True,
        components=Components(
            security_schemes={"key": SecurityScheme(type="http", scheme="bearer", description="An API key.")}
        ),
        security=[{"key": []}],
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, after_request=_own_pages),
        render_plugins=[_Swagger(), _Json()],
    )
