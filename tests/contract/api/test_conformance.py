"""Schemathesis against a whole service, real HTTP included: every operation of the description, whatever is added.

All of its checks run. What a description cannot say is given to valid requests: a product of the policy, an account
number with check digits, a day that is over, a token that works, a new idempotency key, addresses of a lender's pages.
Strings are made of Latin-1: beyond it, what is printable is a table of Unicode and no pattern.
"""

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
import schemathesis
import uvicorn
from hypothesis import settings
from promoting import STRICTER
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.schemas import OpenApiSchema
from service import IBAN, Clock, a_lenders_file, a_serving, firms, settings_in
from typing_extensions import override
from unit.sandbox_server.building import TODAY, TOKEN

from sandbox.server.app import create_app as create_sandbox
from scoring.api.openapi import complete
from scoring.app import create_app, describe
from scoring.base.identifiers import new_id
from scoring.store.database import Database
from scoring.store.principals import Principal, Role, add_key

DOCUMENT = json.loads(msgspec.json.encode(complete(describe().openapi_schema.to_schema())))
for schema in DOCUMENT["components"]["schemas"].values():
    if "properties" in schema:
        # clients meet open answers; here an answer with a field that nobody described fails
        schema["additionalProperties"] = False
REJECTED = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx"]
"""What may answer an invalid request: the defaults of schemathesis and 413, for a text may be too long for any body."""
EARLIEST = date(2000, 1, 1)
LAWFUL = date(2018, 5, 25)
"""Of requests of data subjects: the first day of the GDPR."""
AGREEMENT = """
version = "1"

[lenders.bank]
agreed_on = 2020-01-01
parties = ["Bank", "Betriebsrat"]
roles = ["audit"]
retention_days = 1096
"""


def described(
    *statuses: str, modes: Sequence[GenerationMode] = tuple(GenerationMode), is_systematic: bool = True
) -> OpenApiSchema:
    """The description; a valid request is answered with a success or with one of these.

    Args:
        statuses: what else may answer a valid request.
        modes: whether requests are valid, invalid or both.
        is_systematic: beside random requests, try every boundary and every method; preparing them takes seconds.
    """
    config = SchemathesisConfig.from_dict(
        {
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ["2xx", *statuses]},
                "negative_data_rejection": {"expected-statuses": REJECTED},
            },
            "phases": {"coverage": {"enabled": is_systematic}},
        }
    )
    config.projects.default.generation.update(modes=list(modes), codec="latin-1")
    return schemathesis.openapi.from_dict(DOCUMENT, config=config)


# a valid request may name what the lender does not have, or a token that sevdesk does not know
WITH_KEY = described("404", "424")
COUNTED = described("409")
"""For what a lender has few of."""
# a model that is not registered, or that scores already, must not come into force
PERSONAL = described("403", "404", "422")
"""For what only a person may begin: the key is a system's."""
WITHOUT_KEY = described("401", "404", is_systematic=False)
OPERATIONS = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]


NOT_WALKED = (
    "^/v1/(cases|promotions)"
    "|^/v1/decisions/.*/(changes|offers|missing-data|management-accounts|data-quality|cashflow|simulations|memo)$"
)
FILES = {
    "text/csv": "borrower_ref,legal_form,product,amount,term_months,sevdesk_token\n"
    f"firm-1,gmbh,working_capital,12000,12,{TOKEN}\n",
    "application/x-ndjson": json.dumps(
        {
            "borrower_ref": "firm-1",
            "legal_form": "gmbh",
            "product": "working_capital",
            "amount": {"value": "12000.00", "currency": "EUR"},
            "term_months": 12,
            "sevdesk_token": TOKEN,
        }
    ),
}
"""Files with an application each."""
schemathesis.serializer.alias("application/x-ndjson", "text/plain")
LIFE_OF_A_CONNECTION = (
    ("POST", "/v1/connections", 201),
    ("GET", "/v1/connections/{connection_id}", 200),
    ("DELETE", "/v1/connections/{connection_id}", 204),
)


class Served:
    """A service that listens, and a key that opens all of it."""

    def __init__(self, folder: Path) -> None:
        agreement = folder / "agreement.toml"
        agreement.write_text(AGREEMENT)  # else no valid request would be answered with figures of persons
        given = settings_in(folder, lenders_file=a_lenders_file(folder), works_agreement_file=agreement)
        clock = Clock()
        sandbox = httpx.ASGITransport(app=create_sandbox(firms(), today=lambda: TODAY))  # type: ignore[arg-type]  # litestar types scopes more narrowly
        self.key = asyncio.run(_add_key(Database(given.database_url), clock))
        app = create_app(given, a_serving(), clock=clock, transport=sandbox)
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
        self._thread = threading.Thread(target=self._server.run, args=([listening],))
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.01)

    def has_answered(self, method: str, route: str, status: int) -> bool:
        """Whether it counts such an answer."""
        metrics = httpx.get(f"{self.url}/metrics").text
        return f'scoring_http_requests_total{{method="{method}",route="{route}",status="{status}"}}' in metrics

    def stop(self) -> None:
        """Let it come to its end."""
        self._server.should_exit = True
        self._thread.join()


async def _add_key(database: Database, clock: Clock) -> str:
    await database.migrate()
    wanted = Principal(id="", lender_id="bank", kind="person", name="contract", roles=frozenset(Role))
    key, _ = await add_key(database, wanted, now=clock(), randomness=os.urandom)
    await database.close()
    return key


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service for all cases: what one leaves behind the next one meets."""
    service = Served(tmp_path_factory.mktemp("served"))
    yield service
    service.stop()


def give_meaning(case: Case) -> None:
    """Put into a valid body what only the service can know; what is not valid stays as it is."""
    body: Any = case.body
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    give_query(case)
    if case.headers.get("Idempotency-Key") is not None:
        case.headers["Idempotency-Key"] = new_id("key", datetime.now(UTC), os.urandom)
    if case.path == "/v1/portfolios" and case.method == "POST":
        case.body = FILES[case.media_type or ""]
    if not isinstance(body, dict):
        return
    body |= {
        name: whole(body[name])
        for name in (
            "term_months",
            "step",
            "expires_in_minutes",
            "expires_in_days",
            "collected_invoices",
            "overlap_hours",
            "rhythm_days",
            "cure_days",
        )
        if name in body
    }
    give_terms(body)
    for name, earliest in (
        ("as_of", EARLIEST),
        ("received_on", LAWFUL),
        ("told_on", LAWFUL),
        ("consented_on", LAWFUL),
        ("birth_date", date(1950, 1, 1)),
    ):
        if body.get(name) is not None:
            body[name] = min(max(date.fromisoformat(body[name]), earliest), TODAY).isoformat()
    if body.get("policy") is not None and case.path == "/v1/promotions":
        body["policy"] = STRICTER
    if case.path.endswith("/replay") and "since" in body:
        body |= {"since": "2026-09-30T00:00:00Z", "until": None}
    give_access(body)
    give_names(body)


def give_terms(body: dict[str, Any]) -> None:
    """Put in a product and an account that are some, and nothing that the policy does not give at all."""
    if "product" in body:
        body["product"] = "working_capital"
    if body.get("payout_iban") is not None:
        body["payout_iban"] = IBAN
    if body.get("starts_business"):
        body["starts_business"] = False  # up to an amount it is consumer credit


def give_names(body: dict[str, Any]) -> None:
    """Put addresses and numbers that are some into the bodies of links."""
    pages = "https://bank.example"
    if "lender" in body:
        body["lender"] = {"name": "Bank", "privacy_url": f"{pages}/privacy", "privacy_email": "privacy@bank.example"}
    if "url" in body:
        body["url"] = f"{pages}/hook"
    if "return_url" in body:
        body["return_url"] = f"{pages}/done"
    for item in body.get("items", ()):
        item["document_numbers"] = ["RE-1"]


def give_query(case: Case) -> None:
    """Parameters that go together: days in their order, and pages of JSON alone."""
    if case.path.startswith("/v1/reports/"):
        give_days(case.query)
    if case.path.endswith("/results") and case.query.get("format") in {"csv", "parquet"}:
        case.query = {name: value for name, value in case.query.items() if name not in {"after", "limit"}}


def give_days(query: Any) -> None:  # noqa: ANN401  what schemathesis sends
    """Days in their order, not too far apart."""
    for name, earliest in (("since", date(2025, 1, 1)), ("until", TODAY)):
        if name in query:
            query[name] = min(max(date.fromisoformat(query[name]), earliest), TODAY).isoformat()


def whole(value: Any) -> Any:  # noqa: ANN401  any JSON
    """For JSON Schema 12.0 is an integer; here it is a measurement."""
    if isinstance(value, list):
        return [whole(one) for one in value]
    return int(value) if isinstance(value, float) else value


def give_access(body: dict[str, Any]) -> None:
    """Put a token that works into some of the bodies, and into those whose form only the source knows."""
    if body.get("sevdesk_token") is not None and len(body["sevdesk_token"]) % 2:
        body["sevdesk_token"] = TOKEN
    if isinstance(body.get("credential"), dict):
        body["credential"]["secret"] = TOKEN


def test_what_was_made_can_be_read_until_it_is_deleted(served: Served) -> None:
    """Along the links of the description, in any order: made things are there, deleted ones are gone."""
    # 409: a data subject's request that has ended is carried out no more
    # cases, promotions: their steps need persons, and no link leads to cases
    # what is worked out on a decision makes nothing, and would take most of the steps
    # 303: the report of a decision is a page
    linked = described("303", "404", "409", modes=(GenerationMode.POSITIVE,)).exclude(path_regex=NOT_WALKED)
    walk(linked, served)
    # a walk along everything does not come to every step of this one
    walk(linked.include(path_regex="^/v1/connections"), served)
    assert [step for step in LIFE_OF_A_CONNECTION if not served.has_answered(*step)] == []


def walk(linked: OpenApiSchema, served: Served) -> None:
    """Call operations one after the other, with what earlier answers have linked."""

    class Workflow(linked.as_state_machine()):  # type: ignore[misc]  # a class made at run time
        @override
        def before_call(self, case: Case) -> None:
            give_meaning(case)
            if isinstance(case.body, dict) and case.body.get("sevdesk_token") is not None:
                case.body["sevdesk_token"] = TOKEN  # any other makes nothing

        @override
        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            return {"base_url": served.url, "headers": {"Authorization": f"Bearer {served.key}"}}

    Workflow.run(settings=settings(max_examples=settings().max_examples // 2, stateful_step_count=10))


def with_a_key(case: Case, served: Served) -> None:
    """Whatever is sent, the answer is one that the description announces, and right for the request."""
    give_meaning(case)
    # Within the case, so that a header that was taken away for an invalid request is not missed in what was sent; and
    # beside it, so that schemathesis never takes the key for one that it made up.
    key = {"Authorization": f"Bearer {served.key}"}
    case.headers.update(key)
    response = case.call(base_url=served.url, headers=key)
    # an invalid value may be an empty list, of which nothing is sent: then the request can be valid
    sent = parse_qs(urlsplit(str(response.request.url)).query, keep_blank_values=True)
    if set(case.query) <= set(sent):
        case.validate_response(response, headers=key)


def without_a_key(case: Case, served: Served) -> None:
    """The same without a key: 401 where one is needed, whatever else is wrong."""
    case.call_and_validate(base_url=served.url)


def for_each_operation(
    description: OpenApiSchema, check: Callable[[Case, Served], None], operations: Sequence[str] = OPERATIONS
) -> dict[str, Any]:
    """A test of its own name for each operation.

    schemathesis gives all operations of one test the same name, and parallel runs would take them for one.
    """

    def only(name: str) -> Any:  # noqa: ANN401  what schemathesis makes of a test
        def test(case: Case, served: Served) -> None:
            check(case, served)

        test.__doc__ = check.__doc__
        return description.include(operation_id=name).parametrize()(test)

    return {f"test_{name}_{check.__name__}": only(name) for name in operations}


globals().update(for_each_operation(WITH_KEY, with_a_key))
globals().update(for_each_operation(PERSONAL, with_a_key, ["requestPromotion"]))
globals().update(for_each_operation(COUNTED, with_a_key, ["createWebhook"]))
globals().update(for_each_operation(WITHOUT_KEY, without_a_key))
