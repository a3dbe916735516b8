"""Positions of documents: from the list of all, or one document after the other."""

from typing import Any

import httpx
import pytest
from unit.sevdesk.fakes import client, page, ref

from scoring.sources.errors import NotFoundError, SourceUnavailableError
from scoring.sources.sevdesk.reading.positions import OF_CREDIT_NOTES, OF_INVOICES, OF_VOUCHERS, Positions

MANY = range(1, 41)


def position(number: int, invoice: int | None, **changes: object) -> dict[str, Any]:
    """A position of an invoice."""
    return {
        "id": str(number), "objectName": "InvoicePos", "quantity": "2.5", "taxRate": "19", "sumNet": "100",
        "sumGross": "119", **({} if invoice is None else {"invoice": ref("Invoice", invoice)}), **changes,
    }  # fmt: skip


class Server:
    """A sevdesk with two positions on each of forty invoices; knows what was asked for."""

    def __init__(self, listed: httpx.Response | None = None) -> None:
        self.asked: list[str] = []
        self._listed = listed

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        path = request.url.path.removeprefix("/api/v1/")
        self.asked.append(path)
        pairs = {invoice: [position(2 * invoice + k, invoice) for k in (0, 1)] for invoice in MANY}
        if path == "InvoicePos":
            everything = [one for pair in pairs.values() for one in pair]
            return self._listed or page(everything, str(len(everything)))
        invoice = int(path.split("/")[1])
        return page(pairs[invoice]) if invoice in pairs else httpx.Response(404)


async def read(server: Server, documents: range) -> dict[int, list[int]]:
    """Ids of positions by invoice."""
    found = await client(server).positions(OF_INVOICES, documents)
    return {document: [one.id for one in positions] for document, positions in found.items()}


async def test_a_few_documents_are_asked_for_one_by_one() -> None:
    """As many as may be under way at once are a single round, and bring nothing that was not asked for."""
    server = Server()
    assert await read(server, range(3, 5)) == {3: [6, 7], 4: [8, 9]}
    assert sorted(server.asked) == ["Invoice/3/getPositions", "Invoice/4/getPositions"]
    server = Server()
    await read(server, range(1, 17))
    assert "InvoicePos" not in server.asked


async def test_of_more_the_list_is_read() -> None:
    """One request for all; positions of other documents are dropped, and a document may have none."""
    server = Server()
    found = await read(server, range(24, 44))
    assert server.asked == ["InvoicePos"]
    assert list(found) == list(range(24, 44))
    assert (found[24], found[40], found[41]) == ([48, 49], [80, 81], [])


@pytest.mark.parametrize(
    "listed",
    [
        httpx.Response(403),
        httpx.Response(404),
        httpx.Response(405),
        httpx.Response(500, json={"error": {"message": "wrong HTTP Type"}, "objects": None}),
        page([position(1, None)], "1"),  # whose is it?
    ],
)
async def test_without_a_list_that_helps_one_by_one(listed: httpx.Response) -> None:
    """The list may be refused, or not say whose a position is."""
    server = Server(listed)
    found = await read(server, range(1, 21))
    assert found == {invoice: [2 * invoice, 2 * invoice + 1] for invoice in range(1, 21)}
    assert len(server.asked) == 21


async def test_a_document_that_does_not_exist() -> None:
    """Asked for by itself it is an error, which names the path."""
    with pytest.raises(NotFoundError) as caught:
        await read(Server(), range(77, 78))
    assert caught.value.path == "Invoice/77/getPositions"


async def test_a_list_that_fails_is_no_refusal() -> None:
    """When sevdesk is down, asking for each document would make it worse."""
    server = Server(httpx.Response(503))
    with pytest.raises(SourceUnavailableError):
        await read(server, range(1, 21))
    assert set(server.asked) == {"InvoicePos"}


async def test_no_documents_have_no_positions() -> None:
    """Nothing is asked for."""
    server = Server()
    assert await read(server, range(0)) == {}
    assert server.asked == []


@pytest.mark.parametrize(
    ("kind", "field", "resource"), [(OF_CREDIT_NOTES, "creditNote", "CreditNote"), (OF_VOUCHERS, "voucher", "Voucher")]
)
async def test_positions_of_other_documents(kind: Positions[Any], field: str, resource: str) -> None:
    """Credit notes and vouchers have theirs."""

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.path == f"/api/v1/{resource}/5/getPositions"
        return page([{"id": "1", "taxRate": "7", "sumNet": "10", field: ref(resource, 5)}])

    found = await client(handle).positions(kind, [5])
    assert [(one.id, one.tax_rate, one.sum_net) for one in found[5]] == [(1, 7.0, 10.0)]


async def test_a_quantity_of_one_may_be_true() -> None:
    """As in answers to writes; both readings are a number."""

    def handle(_: httpx.Request) -> httpx.Response:
        return page([position(1, 5, quantity=True), position(2, 5, quantity="2.5"), position(3, 5, quantity=3)])

    found = await client(handle).positions(OF_INVOICES, [5])
    assert [float(one.quantity or 0) for one in found[5]] == [1.0, 2.5, 3.0]
