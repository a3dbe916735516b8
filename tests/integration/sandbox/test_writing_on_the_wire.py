"""Writes over a real connection: files, and answers that get lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from integration.sandbox.writing import ROWS, voucher_body
from unit.sandbox_server.building import TODAY, TOKEN, books_of, listed

from sandbox.server.app import create_app
from sandbox.server.faults import Fault, Faults

SAVE = "Voucher/Factory/saveVoucher"


@asynccontextmanager
async def listening(*faults: Fault) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a sandbox that listens on a port."""
    app = create_app([books_of(*ROWS)], today=lambda: TODAY, faults=Faults(faults))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api/v1"
    async with httpx.AsyncClient(base_url=address, headers={"Authorization": TOKEN}, trust_env=False) as client:
        yield client
    server.should_exit = True
    await serving


@pytest.mark.parametrize("connection", ["reset", "stalled"])
async def test_a_voucher_is_there_although_the_answer_was_lost(connection: str) -> None:
    """The connection breaks or stops after the write: only reading back tells."""
    fault = Fault(resource="Voucher", connection=connection, times=1)  # type: ignore[arg-type]
    async with listening(fault) as client:
        with pytest.raises(httpx.TransportError):
            await client.post(SAVE, json=voucher_body(description="lost"), timeout=0.5)
        assert len(await listed(client, "Voucher?descriptionLike=lost")) == 1


async def test_a_file_of_some_megabytes_is_uploaded_and_named() -> None:
    """Both steps over HTTP, the second with the name from the first."""
    async with listening() as client:
        files = {"file": ("bill.PDF", b"%PDF-1.4" + bytes(3_000_000), "application/pdf")}
        file = (await client.post("Voucher/Factory/uploadTempFile", files=files)).json()["objects"]
        saved = await client.post(SAVE, json=voucher_body() | {"filename": file["filename"]})
        assert saved.json()["objects"]["voucher"]["id"] in await listed(client, "Voucher?hasDocument=true")


async def test_many_writes_at_once_get_different_ids_and_numbers() -> None:
    """Twenty vouchers and twenty numbers of contacts, all at the same time."""
    async with listening() as client:
        answers = await asyncio.gather(*(client.post(SAVE, json=voucher_body()) for _ in range(20)))
        saved = [answer.json()["objects"] for answer in answers]
        assert len({one["voucher"]["id"] for one in saved}) == 20
        assert len({position["id"] for one in saved for position in one["voucherPos"]}) == 40
        assert len(await listed(client, "Voucher")) == 21
