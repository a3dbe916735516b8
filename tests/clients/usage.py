"""A program of a caller, which type checkers take under strict rules: ``make types``. What they refuse is marked."""

import datetime as dt
from collections.abc import Mapping
from typing import assert_type

from hauptbuch_client import (
    ArgumentError,
    AsyncClient,
    Client,
    HauptbuchError,
    JobEndedError,
    NoAnswerError,
    ProblemError,
    Retries,
    UnexpectedAnswerError,
)
from hauptbuch_client.models import (
    AmountRequest,
    ApplicationRequest,
    DecisionResponse,
    JobResponse,
    WebhookRequest,
)
from hauptbuch_client.webhooks import WebhookEvent, WebhookVerificationError, verify


def application(reference: str, token: str) -> ApplicationRequest:
    """What a firm asks for."""
    return ApplicationRequest(
        borrower_ref=reference,
        legal_form="gmbh",
        product="working_capital",
        amount=AmountRequest(value="12000.00", currency="EUR"),
        term_months=12,
        sevdesk_token=token,
    )


def decide(client: Client, reference: str, token: str) -> str | None:  # noqa: PLR0911  one branch for each error
    """Every error, and every verdict."""
    try:
        decision = client.decide(application(reference, token), idempotency_key=reference)
    except ProblemError as error:
        if error.code == "quota-used-up":
            return str(error.retry_after or 0.0)
        return ", ".join(one.field for one in error.problem.errors or ())
    except NoAnswerError as error:
        return error.idempotency_key
    except UnexpectedAnswerError as error:
        return f"{error.status} {error.content_type}"
    except ArgumentError as error:
        return error.argument
    except JobEndedError as error:
        return error.job.state
    except HauptbuchError as error:
        return str(error)
    match decision.verdict:
        case "approve":
            return decision.offer.max_amount.value if decision.offer else None
        case "decline":
            return decision.causes[0].code
        case _:
            return None


def others(client: Client) -> int:
    """Later answers, lists and files."""
    answer = client.decide_later(application("a", "b"), wait=10)
    if isinstance(answer, JobResponse):
        answer = client.wait_for(answer, seconds=300)
    assert_type(answer, DecisionResponse)
    count = 0
    for listed in client.each(client.list_decisions, verdict="refer", created_from=dt.datetime.now(dt.UTC)):
        count += len(listed.decision_id)
    for page in client.pages(client.list_decisions):
        count += len(page.items)
    for row in client.each(client.get_portfolio_results, "por_1"):
        count += row.line
    assert_type(client.get_memo("dec_1", format="pdf"), bytes)
    client.delete_webhook("whk_1")
    hook = client.create_webhook(WebhookRequest(url="https://x.example"))
    return count + len(hook.secret)


async def later() -> None:
    """The same for asyncio."""
    async with AsyncClient("https://hauptbuch.bank.example", "hbk_x", retries=Retries(longest_total=300)) as client:
        async for case in client.each(client.list_cases, status="open"):
            await client.claim_case(case.case_id)
        await client.get_case("cas_1")


def event(body: bytes, headers: Mapping[str, str]) -> WebhookEvent | None:
    """What a webhook brings."""
    try:
        return verify(body, headers, public_keys=["whpk_..."])
    except WebhookVerificationError:
        return None


def refused(client: Client, decision: DecisionResponse) -> None:
    """Mistakes that a type checker finds."""
    decision.offer.max_amount.value.strip()  # type: ignore[union-attr]  # there may be none
    client.list_decisions(verdict="aproved")  # type: ignore[arg-type]  # no verdict
    client.get_decision()  # type: ignore[call-arg]  # of which one
    client.decide(decision)  # type: ignore[arg-type]  # no application
