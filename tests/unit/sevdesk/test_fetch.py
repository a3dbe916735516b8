import asyncio
from datetime import date

import httpx
import pytest
from unit.sevdesk.fakes import TOKEN, client, page, ref, sevdesk

from features.ledger import Resource
from scoring.sources.errors import (
    CredentialRejectedError,
    DeadlineExceededError,
    InconsistentAnswerError,
    NotFoundError,
    SourceUnavailableError,
    UnexpectedAnswerError,
)
from scoring.sources.sevdesk.transport.connection import RequestLimits

TODAY = date(2026, 3, 31)
EVERYTHING = frozenset(Resource)
ACCOUNT = {"id": "5", "type": "online", "importType": None, "create": "2026-01-01T10:00:00+01:00"}
CLEARING = {**ACCOUNT, "id": "6", "type": "offline"}
LINE = {
    "id": "9", "checkAccount": ref("CheckAccount", 5), "amount": "10", "paymtPurpose": "Miete", "payeePayerName": "X",
    "valueDate": "2026-01-05T00:00:00+01:00", "create": "2026-01-05T00:00:00+01:00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("resources", "paths"),
    [
        (set(), []),
        ({Resource.INVOICES}, ["Invoice"]),
        ({Resource.REMINDERS}, ["Invoice?MA"]),
        ({Resource.CREDIT_NOTES}, ["CreditNote"]),
        ({Resource.VOUCHERS}, ["Voucher"]),
        ({Resource.INVOICES, Resource.POSITIONS}, ["Invoice", "InvoicePos"]),
        ({Resource.VOUCHERS, Resource.POSITIONS}, ["Voucher", "VoucherPos"]),
        ({Resource.POSITIONS}, []),
        ({Resource.ACCOUNTS}, ["CheckAccount"]),
        ({Resource.TRANSACTIONS}, ["CheckAccount", "CheckAccountTransaction"]),
        (
            {Resource.PAYMENT_LOG},
            ["CheckAccount", "CheckAccountTransaction", "CheckAccountTransactionLog"],
        ),
        (
            {Resource.BALANCES},
            ["CheckAccount", "CheckAccount/5/getBalanceAtDate", "CheckAccountTransaction"],
        ),
    ],
)
async def test_no_more_is_asked_than_the_plan_and_the_edge_need(resources: set[Resource], paths: list[str]) -> None:
    """Each resource asks for its lists; the payment log and balances bring transactions; bank data brings accounts."""
    seen: list[str] = []
    fake = sevdesk({"CheckAccount": [ACCOUNT, CLEARING]})

    def handle(request: httpx.Request) -> httpx.Response:
        kind = request.url.params.get("invoiceType")
        seen.append(request.url.path.removeprefix("/api/v1/") + (f"?{kind}" if kind else ""))
        return fake(request)

    fetched = await client(handle).fetch(frozenset(resources), fetched_on=TODAY)
    assert sorted(seen) == paths
    assert fetched.resources == resources


async def test_an_empty_account_is_empty_frames() -> None:
    """An account with a single empty page of everything is read without complaint."""
    fetched = await client(sevdesk({})).fetch(EVERYTHING, fetched_on=TODAY)
    frames = (fetched.invoices, fetched.reminders, fetched.vouchers, fetched.accounts, fetched.transactions)
    assert [frame.height for frame in frames] == [0] * 5
    assert fetched.payment_log is not None
    assert (fetched.levels, fetched.notes) == ({}, ())


async def test_texts_of_bank_lines_end_with_the_reading() -> None:
    """Of a line's text only what it is about is kept."""
    fetched = await client(sevdesk({"CheckAccount": [ACCOUNT], "CheckAccountTransaction": [LINE]})).fetch(
        EVERYTHING, fetched_on=TODAY
    )
    assert {"purpose", "entry_text"}.isdisjoint(fetched.transactions.columns)
    assert fetched.transactions["nature"].to_list() == ["other"]  # money that comes in is no rent


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(404, text="Not Found"),
        httpx.Response(405),
        httpx.Response(403, html="<html>"),
        httpx.Response(200, json={"objects": None, "error": {"message": "No such model", "code": 151}}),
    ],
)
async def test_an_account_without_the_log_is_read_without_it(refusal: httpx.Response) -> None:
    """The undocumented list of the payment log may be refused: that is noted, and the rest is read."""
    fake = sevdesk({"CheckAccount": [ACCOUNT]})

    def handle(request: httpx.Request) -> httpx.Response:
        return refusal if request.url.path.endswith("TransactionLog") else fake(request)

    fetched = await client(handle).fetch(EVERYTHING, fetched_on=TODAY)
    assert fetched.payment_log is None
    assert fetched.notes == ("payment_log_unavailable",)


@pytest.mark.parametrize(
    ("status", "kind"), [(401, CredentialRejectedError), (500, SourceUnavailableError), (503, SourceUnavailableError)]
)
async def test_a_log_that_fails_otherwise_fails_the_fetch(status: int, kind: type[Exception]) -> None:
    """A log that is down or forbidden by the token is an error: half of the facts are never scored silently."""
    fake = sevdesk({})

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status) if request.url.path.endswith("TransactionLog") else fake(request)

    with pytest.raises(kind):
        await client(handle).fetch(EVERYTHING, fetched_on=TODAY)


async def test_a_documented_list_that_is_missing_is_an_error() -> None:
    """A 404 of any other list is an error, not an absence."""
    fake = sevdesk({})

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404) if request.url.path.endswith("Voucher") else fake(request)

    with pytest.raises(NotFoundError):
        await client(handle).fetch(EVERYTHING, fetched_on=TODAY)


@pytest.mark.parametrize(
    ("answer", "levels", "notes"),
    [
        ('{"objects":"-1391.18"}', {5: -139_118}, ()),
        ('{"objects":-1391.18}', {5: -139_118}, ()),
        ('{"objects":"0.125"}', {5: 12}, ()),
        ('{"objects":null}', {}, ("balance_unavailable",)),
        ('{"objects":""}', {}, ("balance_unavailable",)),
        ('{"objects":"nan"}', {}, ("balance_unavailable",)),
        ('{"objects":"1e99"}', {}, ("balance_unavailable",)),
        ('{"objects":"viel"}', {}, ("balance_unavailable",)),
        ('{"objects":[]}', {}, ("balance_unavailable",)),
    ],
)
async def test_balances_are_asked_for_the_day_of_the_fetch(
    answer: str, levels: dict[int, int], notes: tuple[str, ...]
) -> None:
    """The level of each cash account is what sevdesk says for the end of the day, to the cent."""
    fake, dates = sevdesk({"CheckAccount": [ACCOUNT, CLEARING]}), []

    def handle(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("getBalanceAtDate"):
            return fake(request)
        dates.append(request.url.params["date"])
        return httpx.Response(200, text=answer)

    fetched = await client(handle).fetch(frozenset({Resource.BALANCES}), fetched_on=TODAY)
    assert (fetched.levels, fetched.notes, dates) == (levels, notes, ["2026-03-31"])


@pytest.mark.parametrize("answer", ["<html>", "{}", '{"objects":'])
async def test_a_balance_that_is_no_answer_is_unexpected(answer: str) -> None:
    """What is not JSON of the documented shape is an error."""
    fake = sevdesk({"CheckAccount": [ACCOUNT]})

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=answer) if request.url.path.endswith("AtDate") else fake(request)

    with pytest.raises(UnexpectedAnswerError):
        await client(handle).fetch(EVERYTHING, fetched_on=TODAY)


async def test_a_slow_sevdesk_ends_at_the_one_deadline() -> None:
    """All lists together have one deadline; at its end every call is cancelled and awaited."""
    left = 0

    async def handle(_: httpx.Request) -> httpx.Response:
        nonlocal left
        try:
            await asyncio.Event().wait()
        finally:
            left += 1
        return page([])

    with pytest.raises(DeadlineExceededError) as caught:
        await client(handle, limits=RequestLimits(deadline_seconds=0.05)).fetch(EVERYTHING, fetched_on=TODAY)
    assert left == 10
    assert caught.value.__context__ is None
    assert len(asyncio.all_tasks()) == 1


async def test_a_client_that_hangs_up_cancels_every_call() -> None:
    """Cancelling a fetch cancels what is under way and leaves no task behind."""
    started = asyncio.Event()

    async def handle(_: httpx.Request) -> httpx.Response:
        started.set()
        await asyncio.Event().wait()
        return page([])

    fetch = asyncio.create_task(client(handle).fetch(EVERYTHING, fetched_on=TODAY))
    await started.wait()
    fetch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetch
    assert len(asyncio.all_tasks()) == 1


async def test_a_rejected_token_outweighs_what_failed_beside_it() -> None:
    """When several lists fail at once, the rejected token is what the caller is told."""

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401 if request.url.path.endswith("Voucher") else 500)

    with pytest.raises(CredentialRejectedError) as caught:
        await client(handle).fetch(EVERYTHING, fetched_on=TODAY)
    assert caught.value.__context__ is None
    assert TOKEN not in str(caught.value)


async def test_levels_are_asked_for_along_with_the_accounts_that_are_remembered() -> None:
    """At a later reading a balance does not wait for the list; a new account is asked for, a deleted one not missed."""
    seen: list[str] = []
    other = {**ACCOUNT, "id": "8"}
    readings, deleted = iter([[ACCOUNT], [ACCOUNT, other], [other]]), False

    def handle(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1/")
        seen.append(path)
        if path == "CheckAccount":
            found = next(readings)
            return page(found, len(found))
        if deleted and path == "CheckAccount/5/getBalanceAtDate":
            return httpx.Response(400, json={"error": {"message": "CheckAccount was not found"}})
        return httpx.Response(200, json={"objects": path.split("/")[1]}) if "Balance" in path else page([], 0)

    reading = client(handle)
    asked = frozenset({Resource.BALANCES})
    first = await reading.fetch(asked, fetched_on=TODAY)
    second = await reading.fetch(asked, fetched_on=TODAY)
    deleted = True
    third = await reading.fetch(asked, fetched_on=TODAY)
    assert [fetched.levels for fetched in (first, second, third)] == [{5: 500}, {5: 500, 8: 800}, {8: 800}]
    assert [fetched.notes for fetched in (first, second, third)] == [(), (), ()]
    balances = [path.split("/")[1] for path in seen if "Balance" in path]
    assert balances == ["5", "5", "8", "5", "8"]


async def test_an_account_that_is_deleted_in_mid_reading_makes_the_books_inconsistent() -> None:
    """Its balance is not found although it was listed: the caller is told to try later, and nothing is scored."""
    fake = sevdesk({"CheckAccount": [ACCOUNT]})

    def handle(request: httpx.Request) -> httpx.Response:
        if "Balance" in request.url.path:
            return httpx.Response(400, json={"error": {"message": "CheckAccount was not found"}})
        return fake(request)

    with pytest.raises(InconsistentAnswerError, match="deleted while the books were read"):
        await client(handle).fetch(EVERYTHING, fetched_on=TODAY)
