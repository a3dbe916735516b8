import asyncio
from typing import Any

import httpx
import msgspec
import pytest
from structlog.testing import capture_logs
from typing_extensions import override
from unit.sevdesk.fakes import BASE, TOKEN, StillTime, WatchedStream
from unit.writing.fake import CONTACT, SAVE, UPLOAD, UPLOADED, FakeBooks, Fault, ref
from unit.writing.test_payloads import order

from scoring.sources.errors import (
    AccessDeniedError,
    CredentialRejectedError,
    DeadlineExceededError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    SourceError,
    SourceUnavailableError,
    UnexpectedAnswerError,
)
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.writing.errors import (
    DifferentlyWrittenError,
    NotWrittenError,
    UnclearWriteError,
    WriteError,
)
from scoring.sources.sevdesk.writing.payloads import ContactOrder
from scoring.sources.sevdesk.writing.records import UploadedFile
from scoring.sources.sevdesk.writing.writer import SevdeskWriter

PDF = b"%PDF-1.4 fee"
BANK = ContactOrder(name="Bank AG", customer_number="1338")
FILE = UploadedFile(filename=UPLOADED["filename"], content_hash=UPLOADED["contentHash"])
UUID = "00000000-0000-0000-0000-000000000000"
REFUSED = httpx.Response(422, json={"objects": None, "error": {"message": "taxRule cannot be null", "code": None}})
INSIDE_200 = httpx.Response(200, json={"objects": None, "error": {"message": "no", "code": 390, "exceptionUUID": UUID}})
HTML = httpx.Response(200, html="<html>Wartung</html>")
NO_ID = httpx.Response(201, json={"objects": {"voucher": {"objectName": "Voucher"}}})
CUT = httpx.Response(201, content=b'{"objects":{"voucher":{"id":"15')

BAD_ANSWERS = [
    (httpx.Response(401), CredentialRejectedError),
    (httpx.Response(403), AccessDeniedError),
    (httpx.Response(429, headers={"Retry-After": "3"}), RateLimitedError),
    (REFUSED, InvalidRequestError),
    (httpx.Response(500, text="oops"), SourceUnavailableError),
    (httpx.Response(502), SourceUnavailableError),
    (httpx.Response(503), SourceUnavailableError),
    (INSIDE_200, InvalidRequestError),
    (httpx.Response(200, json={"status": 401, "message": "Authentication required"}), CredentialRejectedError),
    (httpx.Response(302, headers={"Location": "https://evil.test/"}), UnexpectedAnswerError),
    (HTML, UnexpectedAnswerError),
    (NO_ID, UnexpectedAnswerError),
    (CUT, UnexpectedAnswerError),
    (httpx.Response(201, content=b""), UnexpectedAnswerError),
    (httpx.ReadTimeout("slow"), SourceUnavailableError),
    (httpx.RemoteProtocolError("cut off"), SourceUnavailableError),
    (httpx.ConnectError("refused"), SourceUnavailableError),
]


def outcome_of(kind: type[SourceError]) -> type[WriteError]:
    """What a write is that got such an answer and does not show in the books."""
    refusals = (CredentialRejectedError, RateLimitedError, InvalidRequestError)
    return NotWrittenError if issubclass(kind, refusals) else UnclearWriteError


async def test_a_voucher_takes_two_steps_and_is_read_again() -> None:
    """The file goes first, as the form field ``file``; saveVoucher names it; then the voucher is read."""
    books = FakeBooks()
    writer = books.writer()
    uploaded = await writer.upload("contract.pdf", PDF)
    saved = await writer.save_voucher(order(), uploaded)
    assert books.calls == [UPLOAD, SAVE, "GET Voucher/156270656"]
    assert (saved.found.id, saved.answer) == (156270656, None)
    (_, form), (_, voucher) = books.sent
    assert b'name="file"; filename="contract.pdf"' in form
    assert b"Content-Type: application/pdf" in form
    assert PDF in form
    assert voucher["filename"] == "d97ad10ac85bdb2d863c4fa9af354997.pdf"


async def test_writes_carry_the_raw_token_and_nothing_of_the_pool() -> None:
    """As reads do: the bare token, no cookie, no redirect; the user agent says that this one writes."""
    books = FakeBooks()
    await books.writer().create_contact(BANK)
    request = books.requests[0]
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/Contact")
    assert request.headers["Authorization"] == TOKEN
    assert "write back" in request.headers["User-Agent"]
    assert "Cookie" not in request.headers


@pytest.mark.parametrize(("bad", "kind"), BAD_ANSWERS)
async def test_a_write_that_failed_is_never_sent_again(
    bad: httpx.Response | Exception, kind: type[SourceError]
) -> None:
    """Whatever is answered, saveVoucher is sent once, and the books are read, which lack it.

    After a refusal it was not written; without an answer sevdesk may still be at work on it.
    The error names what was uploaded before, so that the file can be found in a question to sevdesk.
    """
    books = FakeBooks(faults={SAVE: Fault(answer=bad, times=9)})
    outcome = outcome_of(kind)
    with pytest.raises(outcome) as caught:
        await books.writer().save_voucher(order(), FILE)
    assert books.writes == [SAVE]
    assert set(books.calls[1:]) == {"GET Voucher"}
    assert isinstance(caught.value.answer, kind)
    assert caught.value.upload == FILE
    text = str(caught.value)
    is_refused = outcome is NotWrittenError
    assert ("the voucher was not written: the books do not show it" in text) == is_refused
    assert ("whether the voucher is written is not known: sevdesk gave no answer" in text) == (not is_refused)
    assert f"contentHash {FILE.content_hash}, filename {FILE.filename}" in text
    assert TOKEN not in text + repr(vars(caught.value))


@pytest.mark.parametrize(("bad", "kind"), BAD_ANSWERS)
async def test_what_was_written_in_spite_of_its_answer_is_found(
    bad: httpx.Response | Exception, kind: type[SourceError]
) -> None:
    """A bad answer does not prove that nothing was written: the voucher is found by its description, and confirmed."""
    books = FakeBooks(faults={SAVE: Fault(answer=bad, happens=True)})
    saved = await books.writer().save_voucher(order(), FILE)
    assert books.writes == [SAVE]
    assert saved.found.id == 156270656
    assert isinstance(saved.answer, kind)


@pytest.mark.parametrize(("bad", "kind"), BAD_ANSWERS)
async def test_a_contact_is_written_once_and_looked_up_by_its_number(
    bad: httpx.Response | Exception, kind: type[SourceError]
) -> None:
    """The same for contacts: what happened is told apart from what did not, by reading."""
    lost = FakeBooks(faults={CONTACT: Fault(answer=bad)})
    with pytest.raises(outcome_of(kind)) as caught:
        await lost.writer().create_contact(BANK)
    assert isinstance(caught.value.answer, kind)
    kept = FakeBooks(faults={CONTACT: Fault(answer=bad, happens=True)})
    created = await kept.writer().create_contact(BANK)
    assert (created.found.id, created.found.name) == (77, "Bank AG")
    assert (lost.writes, kept.writes) == ([CONTACT], [CONTACT])


@pytest.mark.parametrize(("bad", "kind"), [case for case in BAD_ANSWERS if case[0] is not NO_ID])
async def test_a_file_is_uploaded_once_and_nothing_is_booked_without_it(
    bad: httpx.Response | Exception, kind: type[SourceError]
) -> None:
    """The first step alone stands in no books, so there is nothing to look for."""
    books = FakeBooks(faults={UPLOAD: Fault(answer=bad, happens=True)})
    with pytest.raises(NotWrittenError, match="nothing was booked") as caught:
        await books.writer().upload("contract.pdf", PDF)
    assert isinstance(caught.value.answer, kind)
    assert books.calls == [UPLOAD]


@pytest.mark.parametrize("objects", [{"contentHash": "46"}, {"filename": ""}, {"filename": None}, [], None])
async def test_an_upload_without_a_filename_is_none(objects: Any) -> None:  # noqa: ANN401  any JSON
    """Without it the second step would book a voucher without a document."""
    books = FakeBooks(faults={UPLOAD: Fault(answer=httpx.Response(201, json={"objects": objects}))})
    with pytest.raises(NotWrittenError):
        await books.writer().upload("contract.pdf", PDF)


@pytest.mark.parametrize("answer", [NO_ID, None], ids=["write failed", "write went well"])
async def test_where_the_books_cannot_be_read_it_is_not_known(answer: httpx.Response | None) -> None:
    """Neither written nor not written is claimed; both errors are told."""
    faults = {"GET Voucher": Fault(answer=httpx.Response(401)), "GET Voucher/156270656": Fault(answer=HTML)}
    if answer is not None:
        faults[SAVE] = Fault(answer=answer, happens=True)
    books = FakeBooks(faults=faults)
    with pytest.raises(UnclearWriteError) as caught:
        await books.writer().save_voucher(order(), FILE)
    assert books.writes == [SAVE]
    assert isinstance(caught.value.reading, UnexpectedAnswerError if answer is None else CredentialRejectedError)
    assert caught.value.object_id == (156270656 if answer is None else None)
    assert "reading afterwards" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"document": None}, "no document is attached"),
        ({"sumGross": "450"}, "sumGross is 450.00, not 450.50"),
        ({"supplier": ref(78, "Contact")}, "supplier is 78, not 77"),
        ({"status": "100"}, "status is 100, not 50"),
    ],
)
async def test_a_voucher_that_reads_otherwise_is_not_confirmed(changes: dict[str, Any], said: str) -> None:
    """sevdesk's answer to the write is not believed: what counts is the voucher that is read."""
    books = FakeBooks(changes=changes)
    with pytest.raises(DifferentlyWrittenError) as caught:
        await books.writer().save_voucher(order(), FILE)
    assert caught.value.object_id == 156270656
    assert said in str(caught.value)


async def test_a_voucher_that_sevdesk_says_it_wrote_but_does_not_have_is_unclear() -> None:
    """An answer with an identifier that cannot be read again confirms nothing."""
    answer = httpx.Response(201, json={"objects": {"voucher": {"id": "5"}, "voucherPos": []}})
    books = FakeBooks(faults={SAVE: Fault(answer=answer)})
    with pytest.raises(UnclearWriteError) as caught:
        await books.writer().save_voucher(order(), FILE)
    assert isinstance(caught.value.reading, NotFoundError)
    assert caught.value.object_id == 5


async def test_reading_after_a_429_waits_as_long_as_sevdesk_asks() -> None:
    """Reads and writes of a token share one rate limit; the write itself is not sent again."""
    time = StillTime()
    limited = httpx.Response(429, headers={"Retry-After": "3"})
    books = FakeBooks(faults={SAVE: Fault(answer=limited, happens=True)})
    await books.writer(time=time).save_voucher(order(), FILE)
    assert time.sleeps == [3.0]
    assert books.writes == [SAVE]


@pytest.mark.parametrize(("bad", "looks"), [(httpx.Response(504), 3), (httpx.ReadTimeout("slow"), 3), (REFUSED, 1)])
async def test_a_write_that_may_still_be_under_way_is_looked_for_again(
    bad: httpx.Response | Exception, looks: int
) -> None:
    """Where sevdesk gave no answer the books are read after 1 and 2 seconds more; a refusal is believed sooner."""
    time, books = StillTime(), FakeBooks(faults={SAVE: Fault(answer=bad)})
    with pytest.raises(NotWrittenError if looks == 1 else UnclearWriteError):
        await books.writer(time=time).save_voucher(order(), FILE)
    assert (books.calls.count("GET Voucher"), time.sleeps) == (looks, [1.0, 2.0][: looks - 1])


async def test_a_write_that_is_late_is_found() -> None:
    """The gateway gave up, sevdesk did not: the voucher stands in the books a moment later."""
    books = FakeBooks(faults={SAVE: Fault(answer=httpx.Response(504))})

    class Late(StillTime):
        @override
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if not books.vouchers:
                books.answer("POST", "Voucher/Factory/saveVoucher", "", msgspec.json.encode(order().payload("a.pdf")))

    saved = await books.writer(time=Late()).save_voucher(order(), FILE)
    assert isinstance(saved.answer, SourceUnavailableError)
    assert len(books.vouchers) == 1


async def test_the_books_are_read_again_where_that_passes() -> None:
    """Reading is repeated as always: only writing is not."""
    books = FakeBooks(faults={SAVE: Fault(answer=CUT, happens=True), "GET Voucher": Fault(answer=httpx.Response(503))})
    await books.writer().save_voucher(order(), FILE)
    assert books.calls == [SAVE, "GET Voucher", "GET Voucher", "GET Voucher/156270656"]


async def test_the_next_customer_number_is_asked_for() -> None:
    """It is what sevdesk says; asking for it writes nothing."""
    books = FakeBooks()
    reader = books.writer().books
    assert await reader.next_customer_number() == "1338"
    assert books.writes == []


@pytest.mark.parametrize("objects", [" ", None])
async def test_a_number_that_sevdesk_does_not_name_is_an_error(objects: str | None) -> None:
    """It is not replaced by one of our own."""
    answer = httpx.Response(200, json={"objects": objects})
    books = FakeBooks(faults={"GET Contact/Factory/getNextCustomerNumber": Fault(answer=answer)})
    with pytest.raises(UnexpectedAnswerError):
        await books.writer().books.next_customer_number()


async def test_a_write_that_hangs_ends_at_the_deadline() -> None:
    """Its connection is given back, and the books are read."""
    stream = WatchedStream([b'{"objects":'], hangs=True)

    class Hanging(FakeBooks):
        @override
        def answer(self, method: str, path: str, query: str, body: bytes) -> httpx.Response:
            answered = super().answer(method, path, query, body)
            return httpx.Response(201, stream=stream) if method == "POST" else answered

    books = Hanging()
    saved = await books.writer(limits=RequestLimits(deadline_seconds=0.05)).save_voucher(order(), FILE)
    assert isinstance(saved.answer, DeadlineExceededError)
    assert stream.is_closed


async def test_after_many_refusals_nothing_is_sent() -> None:
    """sevdesk may block a token after a run of refusals, of reads and writes together: then no write is sent."""
    books = FakeBooks(faults={UPLOAD: Fault(answer=REFUSED, times=99)})
    writer = books.writer()
    for _ in range(25):
        with pytest.raises(WriteError):
            await writer.upload("contract.pdf", PDF)
    assert len(books.calls) == 20


async def test_writes_of_one_token_keep_its_bound() -> None:
    """Many at once are sent, but never more than the rate limit of the token allows."""
    running, most = 0, 0

    async def handle(request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return FakeBooks()(request)

    writer: SevdeskWriter = FakeBooks().writer()
    writer._sender._account.http._network._transport = httpx.MockTransport(handle)
    await asyncio.gather(*(writer.upload("a.pdf", PDF) for _ in range(12)))
    assert most == 4


async def test_an_error_that_repeats_the_token_is_cleaned_and_nothing_is_logged() -> None:
    """Neither an error inside a 200 nor one beside it shows the token."""
    for status in (200, 400):
        told = httpx.Response(status, json={"error": {"message": f"Bad token {TOKEN}"}})
        books = FakeBooks(faults={SAVE: Fault(answer=told)})
        with capture_logs() as logs, pytest.raises(NotWrittenError) as caught:
            await books.writer().save_voucher(order(), FILE)
        assert "Bad token ***" in str(caught.value)
        assert logs == []
