"""Faults: how a client's tests make the sandbox slow, broken or wrong."""

from typing import Any

import httpx
import msgspec
import pytest
from unit.sandbox_server.building import TODAY, TOKEN, books_of, client_of, invoice, listed, log_entry, serve, voucher

from sandbox.server.app import create_app
from sandbox.server.faults import Fault, FaultError, Faults

ROWS = (*(invoice(number) for number in range(1, 11)), voucher(11), log_entry(21, 31, voucher(11), -95))
CONTROL = "http://sandbox/sandbox/faults"


def faulty(*faults: Fault) -> httpx.AsyncClient:
    """Client of a sandbox with these faults in force."""
    return serve(*ROWS, faults=Faults(faults))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 404, 599])
async def test_a_status_comes_with_the_error_envelope(status: int) -> None:
    """Whatever it is; no Retry-After unless asked for."""
    async with faulty(Fault(resource="Invoice", status=status)) as client:
        answer = await client.get("Invoice")
        assert (answer.status_code, answer.json()["objects"]) == (status, None)
        assert answer.json()["error"]["responseCode"] == status
        assert "retry-after" not in answer.headers
        assert (await client.get("Voucher")).status_code == 200


@pytest.mark.parametrize("retry_after", [3, "Wed, 21 Oct 2026 07:28:00 GMT", "soon", ""])
async def test_retry_after_is_sent_verbatim(retry_after: int | str) -> None:
    """Seconds, a date, or nonsense, for the client to cope with."""
    async with faulty(Fault(status=429, retry_after=retry_after)) as client:
        assert (await client.get("Invoice")).headers["retry-after"] == str(retry_after)


async def test_an_error_can_ride_in_a_success() -> None:
    """HTTP 200 with an error in the body, as the real API does."""
    async with faulty(Fault(status=200)) as client:
        answer = await client.get("Invoice")
        assert (answer.status_code, answer.json()["error"]["code"], answer.json()["objects"]) == (200, 390, None)


async def test_a_fault_wears_out_and_the_next_one_follows() -> None:
    """Two refusals, one crash, then all is well: in this order."""
    async with faulty(Fault(status=429, times=2), Fault(status=503, times=1)) as client:
        assert [(await client.get("Invoice")).status_code for _ in range(4)] == [429, 429, 503, 200]


async def test_the_log_can_be_missing() -> None:
    """The undocumented log answers 404, the way through the document stays."""
    async with faulty(Fault(resource="CheckAccountTransactionLog", status=404)) as client:
        assert (await client.get("CheckAccountTransactionLog")).status_code == 404
        assert await listed(client, "Voucher/11/getCheckAccountTransactionLogs") == ["21"]


async def test_html_text_and_half_a_body_can_come_instead_of_json() -> None:
    """With a success or with an error status, under the media type that fits."""
    whole = (await serve(*ROWS).get("Invoice")).content
    async with faulty(
        Fault(body="html", times=1), Fault(body="text", status=500, times=1), Fault(body="truncated")
    ) as client:
        html, text, half = [await client.get("Invoice") for _ in range(3)]
    assert (html.status_code, html.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert html.text.startswith("<!DOCTYPE html>")
    assert (text.status_code, text.headers["content-type"]) == (500, "text/plain; charset=utf-8")
    assert text.text == "Internal Server Error"
    assert (half.status_code, half.content) == (200, whole[: len(whole) // 2])


async def test_the_total_can_be_wrong() -> None:
    """The objects stay what they are."""
    async with faulty(Fault(total_error=-3)) as client:
        answer = (await client.get("Invoice?countAll=true")).json()
        assert (answer["total"], len(answer["objects"])) == ("7", 10)


@pytest.mark.parametrize(("shift", "expected"), [(1, "1 2 3 4 4 5 6 7 8 9 10"), (-1, "1 2 3 4 6 7 8 9 10")])
async def test_rows_shift_between_pages_while_the_data_change(shift: int, expected: str) -> None:
    """A row that appears in front makes the client see one twice, a row that vanishes hides one."""
    async with faulty(Fault(row_shift=shift)) as client:
        seen = [number for offset in (0, 4, 8) for number in await listed(client, f"Invoice?limit=4&offset={offset}")]
    assert seen == expected.split()


async def test_latency_is_waited_for() -> None:
    """Before the answer, as long as the fault says."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async with serve(*ROWS, faults=Faults([Fault(resource="Invoice", latency_s=2.5)], sleep=sleep)) as client:
        assert (await client.get("Invoice")).status_code == 200
        assert (await client.get("Voucher")).status_code == 200
    assert waited == [2.5]


async def test_a_fault_meets_its_firm_only_and_never_a_refused_token() -> None:
    """Who is not let in meets no faults and uses none up."""
    books = [books_of(invoice(1)), books_of(invoice(1), firm="other", token="f" * 32)]
    app = create_app(books, today=lambda: TODAY, faults=Faults([Fault(firm="other", status=503, times=1)]))
    async with client_of(app) as client, client_of(app, token="f" * 32) as other, client_of(app, token=None) as nobody:
        assert (await nobody.get("Invoice")).status_code == 401
        assert (await client.get("Invoice")).status_code == 200
        assert [(await other.get("Invoice")).status_code for _ in range(2)] == [503, 200]


async def test_faults_are_put_shown_and_cleared_over_http() -> None:
    """One or several, added to those in force; what is left of them can be seen."""
    async with serve(*ROWS) as client:
        put = await client.post(
            CONTROL, content=b'{"firm": "muster", "resource": "Invoice", "status": 503, "times": 2}'
        )
        assert (put.status_code, put.json()) == (
            200,
            [{"firm": "muster", "resource": "Invoice", "status": 503, "times": 2}],
        )
        assert (await client.get("Invoice")).status_code == 503
        await client.post(CONTROL, content=b'[{"resource": "Tools", "body": "html"}, {"latency_s": 0}]')
        left = [fault.get("times") for fault in (await client.get(CONTROL)).json()]
        assert left == [1, None, None]
        assert (await client.delete(CONTROL)).status_code == 204
        assert (await client.get(CONTROL)).json() == []
        assert (await client.get("Invoice")).status_code == 200


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "truncated"),
        (b"nonsense", "malformed"),
        (b'{"firm": "\xff"}', "utf-8"),
        (b'{"state": 503}', "state"),
        (b'{"status": "503"}', "$.status"),
        (b'{"status": 99}', ">= 200"),
        (b'{"times": 0}', ">= 1"),
        (b'{"latency_s": -1}', ">= 0"),
        (b'{"body": "xml"}', "xml"),
        (b'{"firm": "mustre"}', "there are: muster"),
        (b'[{"status": 503}, {"resource": "Invoices"}]', "CreditNote"),
        (b'{"status": 429, "retry_after": "so\\r\\non"}', "retry_after must be one line"),
        ('{"status": 429, "retry_after": "ü☃"}'.encode(), "retry_after must be one line"),
        (b'{"status": 429, "retry_after": "soon "}', "retry_after must be one line"),
        ('{"content_type": "☃"}'.encode(), "content_type must be one line"),
    ],
)
async def test_a_fault_that_cannot_be_is_refused_with_the_reason(body: bytes, told: str) -> None:
    """And nothing of the request is put in force."""
    async with serve(*ROWS) as client:
        answer = await client.post(CONTROL, content=body)
        assert (answer.status_code, told in answer.json()["detail"]) == (400, True)
        assert (await client.get(CONTROL)).json() == []


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.8.0.1", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("192.168.0.7", 403),
        ("::ffff:192.168.0.7", 403),
        ("", 403),
        ("localhost.example", 403),
    ],
)
async def test_faults_are_controlled_from_this_machine_only(host: str, status: int) -> None:
    """The API itself is there for other machines, too."""
    async with client_of(create_app([books_of(*ROWS)], today=lambda: TODAY), host=host) as client:
        assert (await client.get(CONTROL)).status_code == status
        assert (await client.post(CONTROL, content=b"[]")).status_code == status
        assert (await client.delete(CONTROL)).status_code == (204 if status == 200 else 403)
        assert (await client.get("Invoice")).status_code == 200


async def test_health_needs_no_token() -> None:
    """It tells how many firms are served, and no more."""
    async with client_of(create_app([books_of(*ROWS)], today=lambda: TODAY), token=None) as client:
        assert (await client.get("http://sandbox/sandbox/health")).json() == {"status": "ok", "firms": 1}


def test_an_app_with_a_fault_for_nobody_is_not_built() -> None:
    """A misspelt firm would otherwise make a test pass for the wrong reason."""
    with pytest.raises(FaultError, match=r"'mustre'.*there are: muster"):
        create_app([books_of()], today=lambda: TODAY, faults=Faults([Fault(firm="mustre")]))


async def test_nothing_is_logged(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """Neither a request nor a refusal leaves a line, so no token can."""
    async with serve(*ROWS, faults=Faults([Fault(resource="Voucher", status=500)])) as client:
        for path in ("Invoice", "Voucher", "Nonsense", "Invoice/1/getPositions?limit=x"):
            await client.get(path)
        await client.get("Invoice", headers={"Authorization": f"Bearer {TOKEN}"})
    assert [record for record in caplog.records if record.name != "httpx"] == []
    assert capfd.readouterr() == ("", "")


async def test_a_failure_of_the_sandbox_itself_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    """Objects that are no JSON end in a 500 of another shape, and in the log, without the token."""
    async with serve(invoice(1, header=object())) as client:
        answer = await client.get("Invoice")
    assert (answer.status_code, "error" in answer.json()) == (500, False)
    assert "The sandbox failed at /api/v1/Invoice" in caplog.text
    assert TOKEN not in caplog.text


def test_a_fault_reads_back_as_written() -> None:
    """What the control shows can be sent to it again."""
    fault: Any = Fault(firm="a", resource="Invoice", times=2, status=429, retry_after="3", body="html", total_error=1)
    assert msgspec.json.decode(msgspec.json.encode(fault), type=Fault) == fault
