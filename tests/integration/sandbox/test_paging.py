"""Paging: limits, offsets, and that the pages make up the list."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.sandbox_server.building import contact, invoice, listed, serve

MANY = [invoice(number, invoiceDate=f"2026-{1 + number % 12:02}-01T00:00:00+01:00") for number in range(1, 2503)]


@pytest.mark.parametrize("limit", ["0", "1001", "abc", "-1", "", "1.0", "1e2", " 5", "٣", "9" * 30])
async def test_a_limit_out_of_range_is_refused(limit: str) -> None:
    """With the message of the real API and no code."""
    async with serve(invoice(1)) as client:
        answer = await client.get("Invoice", params={"limit": limit})
    error = answer.json()["error"]
    message = "Invalid 'limit' parameter. Please provide an integer value between 1 and 1000."
    assert (answer.status_code, error["message"], error["code"]) == (400, message, None)


async def test_positions_and_logs_of_a_document_are_paged_alike() -> None:
    """A bad limit is refused there, too."""
    async with serve(invoice(1)) as client:
        assert (await client.get("Invoice/1/getPositions?limit=1001")).status_code == 400


async def test_a_page_has_100_objects_unless_asked_otherwise() -> None:
    """The most is 1,000."""
    async with serve(*MANY) as client:
        assert len(await listed(client, "Invoice")) == 100
        assert len(await listed(client, "Invoice?limit=1000")) == 1000
        assert len(await listed(client, "Invoice?limit=1")) == 1


async def test_an_exact_multiple_of_the_limit_ends_with_an_empty_page() -> None:
    """Nothing else says that there is no more."""
    async with serve(*MANY[:200]) as client:
        answer = await client.get("Invoice?limit=100&offset=200&countAll=true")
        assert answer.json() == {"objects": [], "total": "200"}


@pytest.mark.parametrize("offset", ["-5", "abc", "", "1.5"])
async def test_an_offset_that_is_no_whole_number_counts_as_none(offset: str) -> None:
    """Unlike the limit, no error for it is known."""
    async with serve(contact(1), contact(2)) as client:
        assert await listed(client, f"Contact?offset={offset}") == ["1", "2"]
        assert await listed(client, "Contact?offset=999999999999999999") == []


async def test_more_than_a_thousand_objects_come_in_pages_without_gap_or_repetition() -> None:
    """Three pages of 1,000, the last one short."""
    async with serve(*MANY) as client:
        pages = [await listed(client, f"Invoice?limit=1000&offset={offset}") for offset in (0, 1000, 2000)]
        whole = [number for page in pages for number in page]
        assert [len(page) for page in pages] == [1000, 1000, 502]
        assert sorted(whole, key=int) == [item["id"] for item in MANY]
        assert (await client.get("Invoice?limit=1&countAll=true")).json()["total"] == "2502"


@settings(max_examples=25, deadline=None)
@given(limit=st.integers(1, 1000), count=st.integers(0, 130), is_filtered=st.booleans())
async def test_pages_of_any_limit_make_up_the_list_once(limit: int, count: int, is_filtered: bool) -> None:  # noqa: FBT001
    """Concatenated, they are the list in its order, filtered or not."""
    path = "Invoice?status=200" if is_filtered else "Invoice?"
    async with serve(*MANY[:count]) as client:
        everything = await listed(client, f"{path}&limit=1000")
        concatenated: list[str] = []
        while page := await listed(client, f"{path}&limit={limit}&offset={len(concatenated)}"):
            concatenated += page
        assert concatenated == everything
        assert len(set(concatenated)) == count
