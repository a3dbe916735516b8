"""The payment log document by document, where it is not served as a list."""

from typing import Any

import httpx
import pytest
from spec.ledger.books import ACCOUNTS, TODAY, Json, credit_note, invoice, line, log, moment, voucher
from unit.sevdesk.fakes import StillTime, client, page, ref, sevdesk

from features.ledger import Resource
from scoring.sources.errors import InconsistentAnswerError, SourceUnavailableError
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.words.fetched import Fetched

EVERYTHING = frozenset(Resource)


class WithoutList:
    """A sevdesk that serves the log of a document, but not the list; knows who was asked for."""

    def __init__(self, lists: dict[str, list[Any]], logs: dict[str, Any], *, time: StillTime | None = None) -> None:
        self.asked: list[str] = []
        self.time = time
        self.seconds = 0.0
        """How long the log of a document takes."""
        self._fake = sevdesk({"CheckAccount": ACCOUNTS, **lists})
        self._logs = logs

    def __call__(self, request: httpx.Request) -> Any:  # noqa: ANN401  httpx's answers
        """Answer."""
        path = request.url.path.removeprefix("/api/v1/")
        if path == "CheckAccountTransactionLog":
            return httpx.Response(404)
        if not path.endswith("getCheckAccountTransactionLogs"):
            return self._fake(request)
        document = path.removesuffix("/getCheckAccountTransactionLogs")
        answer, start = self._logs.get(document, []), int(request.url.params["offset"])
        # Without a total, a log with entries is asked for once more, to see that it has ended.
        if start == 0:
            self.asked.append(document)
            if self.time:
                self.time.seconds += self.seconds
        return page(answer[start:]) if isinstance(answer, list) else answer


async def read(server: WithoutList, limits: RequestLimits | None = None) -> Fetched:
    """What a client reads of it."""
    return await client(server, limits=limits, time=server.time).fetch(EVERYTHING, fetched_on=TODAY)


def rows(fetched: Fetched) -> list[tuple[Any, ...]]:
    """The payments of the ledger, without the borrower."""
    ledger, _ = build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 16, payout_iban=None)
    return ledger.payments.select("document", "document_id", "transaction_id", "amount_cents", "source").rows()


PAID: dict[str, list[Json]] = {
    "Invoice": [
        invoice(1, status="1000", paidAmount=119, payDate=moment("02-01")),
        invoice(2, status="750", paidAmount=50.5, invoiceDate=moment("01-02")),
        invoice(3),
    ],
    "Voucher": [voucher(5, status="1000", paidAmount=59.5)],
    "CreditNote": [credit_note(7, status="1000", payDate=moment("02-01"))],
    "CheckAccountTransaction": [line(9, "119"), line(10, "50.5"), line(11, "-59.5"), line(12, "-19")],
}
LOGS = {
    "Invoice/1": [log(1, "Invoice", 1, 9, 119)],
    "Invoice/2": [log(2, "Invoice", 2, 10, 50.5)],
    "Voucher/5": [log(3, "Voucher", 5, 11, -59.5)],
    "CreditNote/7": [log(4, "CreditNote", 7, 12, -19)],
}
BY_BANK = [
    ("invoice", 1, 9, 11_900, "bank"),
    ("invoice", 2, 10, 5_050, "bank"),
    ("voucher", 5, 11, 5_950, "bank"),
    ("credit_note", 7, 12, 1_900, "bank"),
]


async def test_each_document_with_payments_is_asked_for() -> None:
    """The ledger is that of the list; the log counts as read, and a note says how."""
    server = WithoutList(PAID, LOGS)
    fetched = await read(server)
    assert sorted(server.asked) == ["CreditNote/7", "Invoice/1", "Invoice/2", "Invoice/3", "Voucher/5"]
    assert rows(fetched) == BY_BANK
    assert (fetched.is_log_complete, fetched.notes) == (True, ("payment_log_by_document",))
    ledger, coverage = build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 16, payout_iban=None)
    assert Resource.PAYMENT_LOG in ledger.fetched
    assert coverage.payment_source == "log"


@pytest.mark.parametrize(
    ("changes", "is_asked"),
    [
        ({"status": "200"}, True),  # a debit may have come back
        ({"status": "200", "paidAmount": 0.01}, True),  # partly paid before June 2024
        ({"status": "750"}, True),
        ({"status": "1000"}, True),  # written off, perhaps
        ({"status": "100", "paidAmount": 0}, False),
        ({"invoiceType": "WKR", "status": "1000"}, False),
        ({"invoiceType": "MA", "status": "1000"}, False),
        ({"invoiceType": "SR", "status": "1000", "origin": ref("Invoice", 4)}, False),
        ({"id": "4", "status": "1000"}, False),  # cancelled
    ],
)
async def test_who_can_have_entries(changes: Json, is_asked: bool) -> None:  # noqa: FBT001  a column
    """A draft, what is no sale, and what was cancelled are not worth a request."""
    notice = invoice(8, invoiceType="SR", status="1000", origin=ref("Invoice", 4))
    server = WithoutList({"Invoice": [invoice(1) | changes, notice]}, {})
    await read(server)
    assert bool(server.asked) == is_asked


async def test_the_budget_goes_to_part_payments_then_to_the_newest() -> None:
    """Of what it does not reach the documents speak; the log does not count as read, and a note says so."""
    server = WithoutList(PAID, LOGS)
    fetched = await read(server, RequestLimits(log_requests=2))
    assert server.asked == ["Invoice/2", "CreditNote/7"]
    assert rows(fetched) == [
        ("invoice", 1, None, 11_900, "document"),
        BY_BANK[1],
        ("voucher", 5, None, 5_950, "document"),
        BY_BANK[3],
    ]
    assert (fetched.is_log_complete, fetched.notes) == (False, ("payment_log_partial",))
    ledger, coverage = build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 16, payout_iban=None)
    assert Resource.PAYMENT_LOG not in ledger.fetched
    assert coverage.payment_source == "documents"


async def test_open_documents_come_last() -> None:
    """They have entries only where a payment went back."""
    server = WithoutList(PAID, LOGS)
    await read(server, RequestLimits(log_requests=4))
    assert "Invoice/3" not in server.asked


async def test_the_budget_ends_with_its_seconds() -> None:
    """After them no further lot of documents is begun."""
    time = StillTime()
    paid = [invoice(number, status="1000", paidAmount=119) for number in range(1, 201)]
    server = WithoutList({"Invoice": paid}, {}, time=time)
    server.seconds = 0.05
    fetched = await read(server, RequestLimits(log_seconds=3.0))
    assert len(server.asked) == 1 + 64
    assert not fetched.is_log_complete


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(403),
        httpx.Response(404),
        httpx.Response(405),
        httpx.Response(500, json={"error": {"message": "wrong HTTP Type"}, "objects": None}),
    ],
)
async def test_an_account_that_refuses_this_way_too_refuses_once(refusal: httpx.Response) -> None:
    """sevdesk holds refusals against a token: one is enough to know."""
    server = WithoutList(PAID, dict.fromkeys(LOGS, refusal))
    fetched = await read(server)
    assert len(server.asked) == 1
    assert (fetched.payment_log, fetched.is_log_complete) == (None, False)
    assert fetched.notes == ("payment_log_unavailable",)
    assert [row[4] for row in rows(fetched)] == ["document"] * 4


async def test_entries_of_others_are_left_out_and_the_unnamed_belong_to_the_document() -> None:
    """Whatever the server puts into the answer, only the document's own entries count, each once."""
    mine, unnamed = log(1, "Invoice", 1, 9, 100), {**log(2, "Invoice", 1, 9, 19), "object": None}
    others = [log(3, "Invoice", 2, 9, 7), log(4, "Voucher", 1, 9, 7)]
    server = WithoutList(
        {"Invoice": PAID["Invoice"][:1], "CheckAccountTransaction": PAID["CheckAccountTransaction"]},
        {"Invoice/1": [mine, mine, unnamed, *others]},
    )
    assert rows(await read(server)) == [("invoice", 1, 9, 1_900, "bank"), ("invoice", 1, 9, 10_000, "bank")]


async def test_a_document_that_vanishes_meanwhile_is_an_inconsistency() -> None:
    """The lists said that it is there: half of the log is never taken for all of it."""
    server = WithoutList(PAID, {**LOGS, "Voucher/5": httpx.Response(404)})
    with pytest.raises(InconsistentAnswerError):
        await read(server)


async def test_a_sevdesk_that_fails_meanwhile_fails_the_fetch() -> None:
    """A document that cannot be asked for is not one without payments."""
    server = WithoutList(PAID, {**LOGS, "Voucher/5": httpx.Response(503)})
    with pytest.raises(SourceUnavailableError):
        await read(server)


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_a_log_that_takes_no_offset_is_asked_for_twice(count: int) -> None:
    """It is not documented whether a log comes in pages: the same page again means that there is no more."""
    calls = 0

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        path = request.url.path.removeprefix("/api/v1/")
        if path == "CheckAccountTransactionLog":
            return httpx.Response(404)
        if path.endswith("getCheckAccountTransactionLogs"):
            calls += 1
            return page([log(number, "Invoice", 1, 9, 5) for number in range(1, count + 1)])
        return sevdesk({"CheckAccount": ACCOUNTS, "Invoice": [invoice(1)]})(request)  # type: ignore[no-any-return]

    fetched = await client(handle).fetch(EVERYTHING, fetched_on=TODAY)
    assert fetched.payment_log is not None
    assert fetched.payment_log.height == count
    assert calls == (2 if count else 1)
