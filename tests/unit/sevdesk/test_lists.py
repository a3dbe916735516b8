import asyncio
import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from unit.sevdesk.fakes import Crowd, StillTime, client, page, script, sevdesk

from scoring.sources.errors import (
    CredentialRejectedError,
    InconsistentAnswerError,
    NotFoundError,
    SourceUnavailableError,
    UnexpectedAnswerError,
)
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.writing.records import Contact


def _contacts(*ids: int) -> list[dict[str, Any]]:
    return [{"id": str(number), "objectName": "Contact", "name": "nobody's business"} for number in ids]


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2000, 2001, 4500])
async def test_a_list_is_read_to_its_end(count: int) -> None:
    """All objects come back once and in order, whatever the length of the last page."""
    fake = sevdesk({"Contact": _contacts(*range(1, count + 1))})
    assert [item.id for item in await client(fake).list_all("Contact", Contact)] == list(range(1, count + 1))


async def test_only_the_first_page_asks_for_the_total() -> None:
    """The first page is asked for with countAll, the others begin with the last object of the one before."""
    seen: list[dict[str, str]] = []
    fake = sevdesk({"Contact": _contacts(*range(1, 2501))})

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.url.params))
        return fake(request)

    await client(handle).list_all("Contact", Contact, {"depth": "1"})
    assert sorted(seen, key=lambda params: int(params["offset"])) == [
        {"depth": "1", "limit": "1000", "offset": "0", "countAll": "true"},
        {"depth": "1", "limit": "1000", "offset": "999"},
        {"depth": "1", "limit": "1000", "offset": "1998"},
    ]


async def test_requests_run_in_parallel_but_never_more_than_the_bound() -> None:
    """Twenty pages are under way together up to the bound, never above it."""
    crowd = Crowd(sevdesk({"Contact": _contacts(*range(1, 20_001))}))

    reading = client(crowd, limits=RequestLimits(requests_at_once=7))
    assert len(await reading.list_all("Contact", Contact)) == 20_000
    assert crowd.most == 7


@pytest.mark.parametrize(
    "second_page",
    [
        _contacts(999, 1000, 1001),  # one came in front: everything moved back, the last is on no page
        _contacts(1001, 1002),  # one went in front: the count is right, and the first page still shows it
        _contacts(1002, 1003, 1004),  # two went in front, two came behind
        _contacts(1000, 1002),  # one went behind the seam
        [],
    ],
    ids=["came", "went", "went and came", "gap", "emptied"],
)
async def test_rows_that_move_between_pages_are_read_again(second_page: list[dict[str, Any]]) -> None:
    """Where two pages do not join or the count is wrong, the list is read again until both hold."""
    moved = [page(_contacts(*range(1, 1001)), "1002"), page(second_page)]
    still = [page(_contacts(*range(2, 1002)), 1003), page(_contacts(1001, 1002, 1003, 1004))]
    found = await client(script(*moved, *still)).list_all("Contact", Contact)
    assert [item.id for item in found] == list(range(2, 1005))


async def test_a_list_without_an_order_is_read_until_two_readings_agree() -> None:
    """Pages of a list that is shuffled at each request never join: the same objects twice are taken for all."""
    calls, rest = 0, list(range(1, 1001))

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        turned = rest[calls:] + rest[:calls]
        start = int(request.url.params["offset"])
        # what the first page shows is not shuffled into the second, as where only ties have no order
        ids = turned if start == 0 else [turned[-1 - calls], *range(1001, 1500)]
        return page(_contacts(*ids), "1499" if start == 0 else None)

    found = await client(handle).list_all("Contact", Contact)
    assert sorted(item.id for item in found) == list(range(1, 1500))
    assert calls == 4


@pytest.mark.parametrize(
    ("total", "ids"), [(3, [1, 2]), (3, [1, 2, 2]), (1, [1, 2]), (5, []), (1001, list(range(1, 1001)))]
)
async def test_a_list_that_never_agrees_with_its_total_is_inconsistent(total: int, ids: list[int]) -> None:
    """After three readings that miss the total the books are being changed, and nothing is scored on them."""
    calls = 0

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        is_first = request.url.params["offset"] == "0"
        calls += is_first
        return page(_contacts(*ids) if is_first else [], total)

    with pytest.raises(InconsistentAnswerError) as caught:
        await client(handle).list_all("Contact", Contact)
    assert (caught.value.total, caught.value.counted, calls) == (total, len(set(ids)), 3)


def _served(
    count: int, length: Callable[[int], int], *, total: str | None
) -> Callable[[httpx.Request], httpx.Response]:
    """A list of so many, in pages that have at most ``length(offset)`` objects."""
    whole = _contacts(*range(1, count + 1))

    def handle(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        return page(whole[start : start + length(start)], total)

    return handle


@pytest.mark.parametrize("count", [0, 1, 2, 99, 100, 101, 199, 250, 2_000])
@pytest.mark.parametrize("length", [100, 1_000, 2])
async def test_without_a_total_a_list_is_read_until_nothing_new_comes(count: int, length: int) -> None:
    """A page that is shorter than asked for is not the end of a list."""
    found = await client(_served(count, lambda _: length, total=None), limits=RequestLimits(pages=3_000)).list_all(
        "Contact", Contact
    )
    assert [item.id for item in found] == list(range(1, count + 1))


@pytest.mark.parametrize("total", [None, "700"])
async def test_pages_of_different_lengths_are_followed(total: str | None) -> None:
    """Each page begins with the last object of the one before, however long that was."""
    found = await client(_served(700, lambda start: 40 + start % 61, total=total)).list_all("Contact", Contact)
    assert [item.id for item in found] == list(range(1, 701))


async def test_pages_of_one_object_without_a_total_are_read_twice() -> None:
    """They cannot begin with the last object of the one before: two readings have to agree."""
    found = await client(_served(5, lambda _: 1, total=None)).list_all("Contact", Contact)
    assert [item.id for item in found] == [1, 2, 3, 4, 5]


async def test_rows_that_move_between_pages_without_a_total_are_read_again() -> None:
    """Where a page does not begin with the last object before it, two readings in a row have to be the same."""
    moved = [page(_contacts(*range(1, 101))), page(_contacts(101, 102)), page(_contacts(102))]
    still = [page(_contacts(*range(2, 102))), page(_contacts(101, 102, 103)), page(_contacts(103))]
    found = await client(script(*moved, *still)).list_all("Contact", Contact)
    assert [item.id for item in found] == list(range(2, 104))


async def test_a_list_in_another_order_each_time_is_inconsistent_without_a_total() -> None:
    """Nothing tells where it ends, and no two readings agree: a part of it is never taken for the whole."""
    dice, whole = random.Random(1), _contacts(*range(1, 301))  # noqa: S311  the same orders each time

    def handle(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        return page(dice.sample(whole, len(whole))[start : start + 100])

    with pytest.raises(InconsistentAnswerError):
        await client(handle).list_all("Contact", Contact)


@pytest.mark.parametrize(
    "numbers",
    [
        lambda _: range(1, 4),  # the same page again
        lambda _: range(1, 2),  # the same object again
        lambda start: range(1, 11) if start // 9 % 2 == 0 else range(10, 21),  # two pages in turn
        lambda start: range(1, 21) if start == 0 else range(15, 20),  # an end that came before
    ],
    ids=["page", "object", "pages-in-turn", "earlier-end"],
)
async def test_a_list_that_repeats_itself_is_not_taken_for_whole(numbers: Callable[[int], range]) -> None:
    """Where there is no total, only an empty page or the last object alone is an end."""

    def handle(request: httpx.Request) -> httpx.Response:
        return page(_contacts(*numbers(int(request.url.params["offset"]))))

    with pytest.raises(InconsistentAnswerError, match="repeats itself"):
        await client(handle).list_all("Contact", Contact)


async def test_a_list_without_an_end_is_refused() -> None:
    """Where each page brings something new for ever, the bound on pages ends it."""

    def handle(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        return page(_contacts(*range(start + 1, start + 11)))

    with pytest.raises(UnexpectedAnswerError, match="more than 20 pages"):
        await client(handle, limits=RequestLimits(pages=20)).list_all("Contact", Contact)


async def test_a_server_with_shorter_pages_is_followed() -> None:
    """Where fewer come at once than asked for, the next page begins where this one ended."""
    whole = _contacts(*range(1, 251))

    def handle(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        return page(whole[start : start + 100], "250")

    assert len(await client(handle).list_all("Contact", Contact)) == 250


@pytest.mark.parametrize("answer", [page(_contacts(1), 10**12), page(_contacts(1), "-1"), page(_contacts(1), "many")])
async def test_an_absurd_total_is_refused(answer: httpx.Response) -> None:
    """Nobody starts a million requests because a total says so."""
    with pytest.raises(UnexpectedAnswerError):
        await client(script(answer)).list_all("Contact", Contact)


@pytest.mark.parametrize(
    ("item", "field", "object_id"),
    [
        ({"id": "abc"}, "id", "abc"),
        ({"id": "9223372036854775808"}, "id", "9223372036854775808"),
        ({"id": "0"}, "id", "0"),
        ({"id": None}, "id", "None"),
        ({"id": "7", "status": "open"}, "status", "7"),
        ({"id": "7", "category": "none"}, "category", "7"),
        ({"name": "x"}, "id", None),
    ],
)
async def test_a_malformed_object_is_named(item: dict[str, Any], field: str, object_id: str | None) -> None:
    """The error for a value of the wrong type names resource, field and object, and not the value."""
    with pytest.raises(UnexpectedAnswerError) as caught:
        await client(script(page([*_contacts(1), item], 2))).list_all("Contact", Contact)
    assert (caught.value.resource, caught.value.field, caught.value.object_id) == ("Contact", field, object_id)


@pytest.mark.parametrize(
    "body",
    [b'{"objects":null}', b'{"objects":{}}', b"{}", b"<!doctype html>", b'{"objects":[{"id":"1"', b"\x00", b"null"],
)
async def test_what_is_no_list_is_unexpected(body: bytes) -> None:
    """Null, objects, HTML and cut-off JSON in the place of a list are UnexpectedAnswerErrors."""
    with pytest.raises(UnexpectedAnswerError) as caught:
        await client(script(httpx.Response(200, content=body))).list_all("Contact", Contact)
    assert caught.value.resource == "Contact"


async def test_an_error_on_one_page_ends_the_others() -> None:
    """When page three fails, the pages under way are cancelled, and the one error comes out bare."""
    cancelled = 0
    fake = sevdesk({"Contact": _contacts(*range(1, 5001))})

    async def handle(request: httpx.Request) -> httpx.Response:
        nonlocal cancelled
        if request.url.params["offset"] in {"0", "999"}:
            return fake(request)
        if request.url.params["offset"] == "1998":
            await asyncio.sleep(0)
            return httpx.Response(502)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled += 1
            raise
        return page([])

    time = StillTime()
    with pytest.raises(SourceUnavailableError) as caught:
        await client(handle, time=time).list_all("Contact", Contact)
    assert caught.value.attempt == 5
    assert cancelled == 3


@pytest.mark.parametrize(("status", "kind"), [(401, CredentialRejectedError), (404, NotFoundError)])
async def test_a_refused_list_is_its_error(status: int, kind: type[Exception]) -> None:
    """A list that is refused is the error that its status means, even where the body is HTML."""
    with pytest.raises(kind):
        await client(script(httpx.Response(status, html="<html>"))).list_all("Contact", Contact)
