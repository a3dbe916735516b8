"""Whatever is sent, a write is done whole or not at all, and answers in sevdesk's envelope."""

import asyncio
import random
from copy import deepcopy
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st
from integration.sandbox.writing import booking, credit_note_body, firm, invoice_body, voucher_body
from unit.sandbox_server.building import ref

LISTS = (
    *("Invoice", "InvoicePos", "CreditNote", "CreditNotePos", "Voucher", "VoucherPos", "Contact", "ContactAddress"),
    *("CheckAccount", "CheckAccountTransaction", "CheckAccountTransactionLog", "SevSequence"),
)
REQUESTS: tuple[tuple[str, str, Any], ...] = (
    ("POST", "Invoice/Factory/saveInvoice", invoice_body()),
    ("POST", "Invoice/Factory/createInvoiceReminder", {"invoice": ref("Invoice", 101)}),
    ("PUT", "Invoice/101/sendBy", {"sendType": "VPDF", "sendDraft": False}),
    ("PUT", "Invoice/101/bookAmount", booking(119)),
    ("PUT", "Invoice/101/resetToOpen", {}),
    ("PUT", "Invoice/102/resetToDraft", {}),
    ("POST", "Invoice/101/cancelInvoice", {}),
    ("POST", "CreditNote/Factory/saveCreditNote", credit_note_body()),
    ("POST", "Voucher/Factory/saveVoucher", voucher_body()),
    ("PUT", "Voucher/201/bookAmount", booking(-95, line=403, date="30.09.2026")),
    ("PUT", "Voucher/201/resetToDraft", {}),
    ("PUT", "Voucher/201", {"description": "neu", "supplier": ref("Contact", 8)}),
    ("POST", "Voucher/Factory/uploadTempFile", {"file": "x"}),
    ("POST", "Contact", {"name": "Neu", "category": ref("Category", 3), "customerNumber": "9"}),
    ("PUT", "Contact/7", {"name": "Neu", "parent": ref("Contact", 8)}),
    ("POST", "ContactAddress", {"contact": ref("Contact", 7), "city": "Berlin"}),
    ("POST", "CheckAccountTransaction", {"valueDate": "1.9.2026", "amount": 1, "checkAccount": ref("CheckAccount", 5)}),
    ("PUT", "CheckAccountTransaction/404", {"amount": 5}),
    ("POST", "CheckAccount/Factory/fileImportAccount", {"name": "B", "importType": "CSV"}),
    ("PUT", "CheckAccount/5", {"name": "B"}),
    ("DELETE", "Contact/8", {}),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["", "0", "-1", "1e9", "1e999", "NaN", "01.01.0001", "9999-12-31", "31.12.9999", "²", "٣"]),
    st.sampled_from([-62135596800, 253402300799, 10**11]),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=2),
    st.dictionaries(st.sampled_from(["id", "objectName", "x"]), SCALARS, max_size=3),
    st.builds(lambda name, number: {"id": number, "objectName": name}, st.sampled_from([*LISTS, "X"]), SCALARS),
)


def places(body: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:  # noqa: ANN401  any JSON
    """Where a body can be changed."""
    found = [path] if path else []
    keys = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return found + [place for key, inner in keys for place in places(inner, (*path, key))]


def changed(body: Any, changes: list[Any], seed: int) -> Any:  # noqa: ANN401  any JSON
    """A body with other values in some places."""
    body, dice = deepcopy(body), random.Random(seed)  # noqa: S311  the same places each time
    for value in changes:
        if not (there := places(body)):
            break
        *path, last = dice.choice(there)
        inner = body
        for key in path:
            inner = inner[key]
        inner[last] = value
    return body


async def state(client: httpx.AsyncClient) -> list[bytes]:
    """All that can be read."""
    return [(await client.get(f"{name}?limit=1000&depth=1&showAll=true")).content for name in LISTS]


async def write(requests: list[tuple[int, list[Any], int]]) -> None:
    """Send writes to one firm, one after another, and look at what each did."""
    async with firm() as client:
        before = await state(client)
        for number, changes, seed in requests:
            method, path, body = REQUESTS[number]
            answer = await client.request(method, path, json=changed(body, changes, seed))
            after = await state(client)
            shown = answer.json()
            assert set(shown) in ({"objects"}, {"error", "objects"}), answer.text
            assert answer.status_code < 500, answer.text
            if "error" in shown:
                assert shown["error"]["message"]
                assert after == before
            before = after


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(REQUESTS) - 1), st.lists(VALUES, max_size=2), st.integers(0, 1000)),
        min_size=1,
        max_size=6,
    )
)
def test_a_write_is_done_whole_or_not_at_all(requests: list[tuple[int, list[Any], int]]) -> None:
    """Bodies with wrong values anywhere, in any order: never a crash, and after an error nothing has changed."""
    asyncio.run(write(requests))
