"""Faults that need a real connection, or several requests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest
import uvicorn
from unit.sandbox_server.building import TODAY, TOKEN, books_of, invoice, listed, serve, voucher

from sandbox.server.app import create_app
from sandbox.server.faults import CATALOGUE, Fault, FaultError, Faults, check_fault, read_faults

ROWS = (*(invoice(number) for number in range(1, 31)), voucher(50))


@asynccontextmanager
async def listening(*faults: Fault) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a sandbox that listens on a port."""
    app = create_app([books_of(*ROWS)], today=lambda: TODAY, faults=Faults(faults))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    headers = {"Authorization": TOKEN}
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers, trust_env=False
    ) as client:
        yield client
    server.should_exit = True
    await serving


async def test_a_connection_is_cut_in_the_middle_of_the_body() -> None:
    """The client sees a broken transfer, never a short body that passes for a whole one; the next call is well."""
    async with listening(Fault(resource="Invoice", connection="reset", times=1)) as client:
        with pytest.raises(httpx.TransportError):
            await client.get("/Invoice")
        assert len((await client.get("/Invoice")).json()["objects"]) == 30


async def test_a_connection_stalls_until_the_client_leaves() -> None:
    """Half a body, then nothing; others are served meanwhile."""
    async with listening(Fault(resource="Invoice", connection="stalled", times=1)) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/Invoice", timeout=0.2)
        assert (await client.get("/Invoice")).status_code == 200


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_has_none(status: int) -> None:
    """The connection is good for the next request."""
    async with listening(Fault(status=status, times=1)) as client:
        answer = await client.get("/Invoice")
        assert (answer.status_code, answer.content) == (status, b"")
        assert len((await client.get("/Invoice")).json()["objects"]) == 30


async def test_a_body_drips() -> None:
    """Sixteen pieces with pauses between them, the same bytes in all."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    whole = (await serve(*ROWS).get("Invoice")).content
    async with serve(*ROWS, faults=Faults([Fault(drip_s=0.5)], sleep=sleep)) as client:
        assert (await client.get("Invoice")).content == whole
    assert 14 <= len(pauses) <= 16


async def test_a_wait_is_drawn_between_two_bounds() -> None:
    """Each request waits differently, the same at each start."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    for _ in range(2):
        unsteady = Fault(latency_s=1, latency_up_to_s=2)
        async with serve(*ROWS, faults=Faults([unsteady], sleep=sleep)) as client:
            for _ in range(3):
                await client.get("Invoice")
    assert pauses[:3] == pauses[3:]
    assert len(set(pauses)) == 3
    assert all(1 <= seconds <= 2 for seconds in pauses)


async def test_faults_meet_numbered_requests() -> None:
    """The second and fourth matching request, counted by resource; or all from the third on."""
    async with serve(*ROWS, faults=Faults([Fault(resource="Invoice", requests=(2, 4), status=503)])) as client:
        asked = ("Invoice", "Voucher", "Invoice", "Invoice", "Voucher", "Invoice", "Invoice")
        statuses = [(await client.get(path)).status_code for path in asked]
    assert statuses == [200, 200, 503, 200, 200, 503, 200]
    async with serve(*ROWS, faults=Faults([Fault(from_request=3, is_revoked=True)])) as client:
        assert [(await client.get("Invoice")).status_code for _ in range(4)] == [200, 200, 401, 401]


async def test_a_number_means_the_same_whatever_else_is_in_force() -> None:
    """The third request is the third, although the first two met another fault."""
    faults = Faults([Fault(status=502, times=2), Fault(requests=(3,), status=503)])
    async with serve(*ROWS, faults=faults) as client:
        assert [(await client.get("Invoice")).status_code for _ in range(4)] == [502, 502, 503, 200]


async def test_damaged_json_and_a_wrong_content_type() -> None:
    """As long as the whole, and not JSON any more; or JSON under another name."""
    whole = (await serve(*ROWS).get("Invoice")).content
    async with serve(*ROWS, faults=Faults([Fault(body="corrupt", times=1), Fault(content_type="text/html")])) as client:
        corrupt, misnamed = await client.get("Invoice"), await client.get("Invoice")
    assert (len(corrupt.content), misnamed.content) == (len(whole), whole)
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(corrupt.content)
    assert misnamed.headers["content-type"] == "text/html"


@pytest.mark.parametrize(("change", "count"), [("insert", 31), ("change", 30), ("delete", 29)])
async def test_the_books_change_between_two_pages(change: str, count: int) -> None:
    """Before the second answer; list, total and single objects agree with one another afterwards."""
    fault = msgspec.convert({"resource": "Invoice", "requests": [2], "change": change}, Fault)
    async with serve(*ROWS, faults=Faults([fault])) as client:
        before = await listed(client, "Invoice?limit=20")
        rest = await listed(client, "Invoice?limit=20&offset=20")
        after = await listed(client, "Invoice")
        total = (await client.get("Invoice?countAll=true")).json()["total"]
        newest = await client.get(f"Invoice/{before[0]}")
    assert (len(after), total, len(rest)) == (count, str(count), count - 20)
    assert (newest.status_code == 404) == (change == "delete")
    assert len(set(before + rest)) == {"insert": 30, "change": 30, "delete": 29}[change]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(requests=(1,), from_request=2), "not both"),
        (Fault(latency_s=2, latency_up_to_s=1), "must not be below"),
        (Fault(change="insert"), "needs a resource"),
        (Fault(is_revoked=True, status=500), "neither status nor change"),
        (Fault(resource="Invoices"), "No resource 'Invoices'"),
    ],
)
def test_a_fault_that_contradicts_itself_is_refused(fault: Fault, message: str) -> None:
    """With what is wrong about it."""
    with pytest.raises(FaultError, match=message):
        check_fault(fault, {"muster"})


def test_every_fault_of_the_catalogue_holds() -> None:
    """And reads back as it is printed."""
    for name, fault in CATALOGUE.items():
        check_fault(fault, set())
        assert read_faults([name, msgspec.json.encode(fault).decode()], None) == [fault, fault]


def test_faults_come_from_a_file(tmp_path: Path) -> None:
    """A list of JSON objects; anything else is told with the name of the file."""
    file = tmp_path / "faults.json"
    file.write_text('[{"status": 503, "times": 2}]')
    assert read_faults([], file) == [Fault(status=503, times=2)]
    file.write_text('[{"statuss": 503}]')
    with pytest.raises(FaultError, match=r"faults\.json is no list of faults: .*statuss"):
        read_faults([], file)
    with pytest.raises(FaultError, match="cannot be read"):
        read_faults([], tmp_path / "none.json")
    with pytest.raises(FaultError, match="neither a fault"):
        read_faults(["bad luck"], None)
