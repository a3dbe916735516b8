"""Objects that are made on demand are served as if they were all there."""

from collections.abc import Sequence
from typing import Any

import msgspec
from unit.sandbox_server.building import TODAY, TOKEN, client_of, invoice, listed

from sandbox.objects.books import Books
from sandbox.server.app import create_app

DAYS = [f"2026-09-{day:02d}T00:00:00+02:00" for day in range(20, 0, -1)]


class Invoices:
    """Twenty invoices, newest first, none of which is kept."""

    def __len__(self) -> int:
        """How many."""
        return len(DAYS)

    def __getitem__(self, position: int) -> dict[str, Any]:
        """One of them."""
        return invoice(100 + position, invoiceDate=DAYS[position], status="1000" if position % 2 else "200")

    def encoded(self, position: int) -> bytes:
        """The same as JSON."""
        return msgspec.json.encode(self[position])

    def column(self, field: str) -> Sequence[Any]:
        """One field of all."""
        return [self[position].get(field) for position in range(len(self))]

    def position(self, object_id: str) -> int | None:
        """Where one stands."""
        place = int(object_id) - 100
        return place if 0 <= place < len(self) else None


def books(objects: Any) -> Books:  # noqa: ANN401  a list or what is like one
    """A firm with these invoices."""
    return Books(firm="muster", name="Muster GmbH", token=TOKEN, objects={"Invoice": objects})


async def test_lazy_objects_are_served_like_plain_ones() -> None:
    """Pages, totals, filters by date, status and contact, orders, single objects: the same bytes."""
    lazy = client_of(create_app([books(Invoices())], today=lambda: TODAY))
    plain = client_of(create_app([books([Invoices()[place] for place in range(20)])], today=lambda: TODAY))
    for path in (
        "Invoice?limit=7&offset=5&countAll=true",
        "Invoice?status=200&countAll=true",
        "Invoice?status[]=200&status[]=1000&startDate=1788991200",
        "Invoice?contact[id]=7&contact[objectName]=Contact&limit=3",
        "Invoice?delinquent=true",
        "Invoice?orderBy[0][field]=invoiceDate&orderBy[0][arrangement]=asc",
        "Invoice/104",
    ):
        assert (await lazy.get(path)).content == (await plain.get(path)).content
    assert (await lazy.get("Invoice/99")).status_code == 404


async def test_lazy_objects_can_change() -> None:
    """An object that is put in stands where its date says, one that is removed is gone."""
    app = create_app([books(Invoices())], today=lambda: TODAY)
    client = client_of(app)
    fault = {"resource": "Invoice", "requests": [1], "change": "delete"}
    assert (await client.post("http://sandbox/sandbox/faults", json=fault)).status_code == 200
    assert await listed(client, "Invoice?limit=2") == ["101", "102"]
