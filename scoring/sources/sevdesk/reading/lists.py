"""Reads whole lists, page by page in parallel, and single values; a list is complete or an error."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from functools import partial
from itertools import chain, pairwise
from typing import Any, Generic, Protocol, TypeVar

import polars as pl

from scoring.sources.errors import (
    AccessDeniedError,
    BigBooksError,
    InconsistentAnswerError,
    InvalidRequestError,
    NotFoundError,
    SourceError,
    UnexpectedAnswerError,
)
from scoring.sources.http import Params
from scoring.sources.sevdesk.transport.answers import refusal
from scoring.sources.sevdesk.transport.connection import RequestLimits, SevdeskTransport, TimeSource
from scoring.sources.sevdesk.words import records
from scoring.sources.sevdesk.words.lenient import UNDECODABLE, Decoder
from scoring.sources.sevdesk.words.pages import Table, page_decoder, unreadable

PAGE_LENGTH = 1_000
"""The most objects that sevdesk gives in one page."""
_A_MOMENT = 2e-3
"""Seconds to wait for first pages that are about to arrive."""
_TURNS = 12
"""Turns of the event loop that let the next waiting request go out before a page is decoded."""
_REFUSALS = (403, 404, 405)
"""How accounts refuse a list that they do not serve."""
_TOTAL = re.compile(rb'"total":"?([0-9]{1,9})"?}\s*\Z')


class Identified(Protocol):
    """A record with an id."""

    @property
    def id(self) -> int:
        """The identifier within its resource."""


class Answer(Protocol):
    """A decoded body, in which an error can ride."""

    @property
    def error(self) -> object:
        """sevdesk's own error, empty for none."""


class Rows(Protocol):
    """A frame or a list."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, rows: slice, /) -> Any:  # noqa: ANN401  of the same type
        """Some of them."""


A = TypeVar("A", bound=Answer)
T = TypeVar("T")
R = TypeVar("R", bound=Identified)
P = TypeVar("P", bound="Rows")
"""What is kept of a page, and of a whole list: a frame or records."""


async def unless_refused(read: Awaitable[T]) -> T | None:
    """What is read, for a list that the books are whole without; None where the account does not serve it.

    Raises:
        SourceError: any other error is an error.
    """
    try:
        return await read
    except (AccessDeniedError, InvalidRequestError) as error:
        if error.status_code in _REFUSALS or isinstance(error, NotFoundError):
            return None
        raise


class Reader:
    """Reads lists and values of one account.

    Args:
        connection: Where to ask.
        limits: Bounds on pages and repetitions.
        timing: The clock that measures decoding and typing.
    """

    def __init__(self, connection: SevdeskTransport, limits: RequestLimits, timing: TimeSource) -> None:
        self._connection = connection
        self._limits = limits
        self.clock = timing.clock
        """Seconds that only grow."""
        self._answers = 0
        """First pages that have arrived."""
        self.parse_seconds = 0.0
        """Own time so far: decoding and typing answers."""

    async def frame(self, table: Table, filters: Params) -> pl.DataFrame:
        """All objects of a list, each once, in the typed columns of ``table``. Each page is typed when it arrives.

        Raises:
            SourceError: As ``SevdeskClient.fetch``.
        """
        with self._connection.observer.reading(table.resource):
            return await self._whole(
                table.resource, filters, table.decoder, table.frame, partial(_one_frame, table), _ids_of_frame
            )

    async def all(self, resource: str, record: type[R], filters: Params, *, takes_offset: bool = True) -> list[R]:
        """All objects of a list, each once, as records.

        Args:
            resource: The path of the list.
            record: The record type of one object.
            filters: The query.
            takes_offset: Whether sevdesk is known to give it in pages; else a page that comes again is all of it.

        Raises:
            SourceError: As ``SevdeskClient.fetch``.
        """
        return await self._whole(
            resource, filters, page_decoder(record), list, _one_list, _ids_of_list, takes_offset=takes_offset
        )

    def observing(self, what: str) -> AbstractContextManager[None]:
        """A context for the observer, around many requests for one thing."""
        return self._connection.observer.reading(what)

    async def value(self, path: str, params: dict[str, str], decoder: Decoder[records.Bare[T]]) -> T:
        """A single value.

        Raises:
            SourceError: As ``SevdeskClient.fetch``.
        """
        async with self._connection.answer(path, params) as body:
            return self._decoded(path, decoder, body).objects

    async def _whole(
        self,
        resource: str,
        filters: Params,
        decoder: Decoder[records.Page[R]],
        keep: Callable[[list[R]], P],
        join: Callable[[list[P]], P],
        ids: Callable[[P], list[int]],
        *,
        takes_offset: bool = True,
    ) -> P:
        """A whole list: what is kept of each page, joined so that each object is there once.

        A reading is complete when it has as many objects as the list states, and each page begins with the last object
        of the page before. A row that comes and one that goes between two pages leave the count right, but not the
        joins. Where sevdesk has no fixed order, pages never join: then two readings in a row must be the same.
        """
        total = counted = 0
        earlier: list[int] | None = None
        for reading in range(self._limits.readings):
            if reading > 0:
                self._connection.observer.retrying(InconsistentAnswerError.__name__)
            pages = await self._pages(resource, filters, decoder, keep, ids, takes_offset=takes_offset)
            started = self.clock()
            whole = join(pages.parts)
            # Without a total there is nothing to count against: that it came to its end has to do.
            is_complete = pages.is_ended if pages.total is None else len(whole) == pages.total
            if is_complete and not pages.is_seamless:
                found = sorted(ids(whole))
                is_complete, earlier = found == earlier, found
            self._connection.worked(self._spent(started))
            if is_complete:
                return whole
            total, counted = pages.total or 0, len(whole)
        raise InconsistentAnswerError(
            f"the list of {resource} repeats itself or changes while it is read; try later",
            total=total,
            counted=counted,
            path=resource,
            attempt=self._limits.readings,
        )

    async def _pages(
        self,
        resource: str,
        filters: Params,
        decoder: Decoder[records.Page[R]],
        keep: Callable[[list[R]], P],
        ids: Callable[[P], list[int]],
        *,
        takes_offset: bool,
    ) -> "_Pages[P]":
        def kept(answer: records.Page[R]) -> "_Part[P]":
            started = self.clock()
            objects = answer.objects
            part = _Part(keep(objects), objects[0].id if objects else None, objects[-1].id if objects else None)
            self._connection.worked(self._spent(started))
            return part

        async def page(offset: int) -> records.Page[R]:
            async with self._page(resource, filters, offset) as body:
                # Decoding blocks the loop: the next request goes out first.
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
                return self._decoded(resource, decoder, body)

        async def part(offset: int) -> "_Part[P]":
            return kept(await page(offset))

        failure: SourceError | BigBooksError | None = None
        early: list[asyncio.Task[_Part[P]]] = []
        async with asyncio.TaskGroup() as group:
            try:
                async with self._page(resource, {**filters, "countAll": "true"}, 0) as body:
                    self._answers += 1
                    hinted = self._offsets(resource, PAGE_LENGTH, self._no_more(_hinted_total(body)))
                    # Further pages are requested before the first is decoded: that happens while they are under way.
                    early += [group.create_task(part(offset)) for offset in hinted]
                    await self._give_way()
                    first = self._decoded(resource, decoder, body)
                del body
                parts = [kept(first)]
            except (SourceError, BigBooksError) as error:
                failure = error
                for task in early:
                    task.cancel()
        if failure is not None:
            raise failure  # outside of the group, which would wrap it
        if first.total is not None:
            # Where sevdesk gives shorter pages than requested, the offsets are those of the shorter pages.
            offsets = self._offsets(resource, len(first.objects), first.total)
            parts += [task.result() for task in early] if offsets == hinted else await _at_once(part, offsets)
        # Without a total, and where pages of different lengths leave gaps, each page has to be waited for.
        is_ended = True
        if first.total is None or any(len(one.kept) < len(first.objects) for one in parts[1:-1]):
            parts, is_ended = await self._followed(resource, part, parts[0], ids, takes_offset=takes_offset)
        return _Pages(parts, first.total, is_ended=is_ended)

    def _no_more(self, total: int | None) -> int | None:
        """The same total, unless it is more than is to be read."""
        if self._limits.objects is not None and total is not None and total > self._limits.objects:
            raise BigBooksError
        return total

    def _page(self, resource: str, params: Params, offset: int) -> AbstractAsyncContextManager[bytes]:
        return self._connection.answer(resource, {**params, "limit": str(PAGE_LENGTH), "offset": str(offset)})

    async def _give_way(self) -> None:
        """Wait while first pages arrive: decoding blocks the loop, and their further pages would be requested later."""
        seen = -1
        while seen < self._answers:
            seen = self._answers
            await asyncio.sleep(_A_MOMENT)

    def _offsets(self, resource: str, length: int, total: int | None) -> range:
        """Offsets of further pages, after a first page of this length. Each page repeats the last object before it."""
        step = max(length - 1, 1)
        # One object of overlap shows rows that moved between two pages.
        offsets = range(step, total - (length > 1), step) if length and total is not None else range(0)
        self._bound(resource, len(offsets) + 1)
        return offsets

    async def _followed(
        self,
        resource: str,
        part: Callable[[int], Awaitable["_Part[P]"]],
        first: "_Part[P]",
        ids: Callable[[P], list[int]],
        *,
        takes_offset: bool,
    ) -> tuple[list["_Part[P]"], bool]:
        """All pages, one after the other, until one brings nothing new; and whether that was the end of the list.

        Nothing else marks the end where there is no total: a page may be shorter than asked for anywhere. The end is an
        empty page, or one that has only the last object of the page before. A page that repeats more than that is none.
        """
        parts, seen = [first], set(ids(first.kept))
        offset, length = 0, len(first.kept)
        while length:
            self._bound(resource, len(parts) + 1)
            offset += max(length - 1, 1)
            following = await part(offset)
            is_overlap = length > 1 and following.first == following.last == parts[-1].last
            if not takes_offset and following.is_again(parts[-1]):
                return parts, True  # all of it is in each page
            parts.append(following)
            length, known = len(following.kept), len(seen)
            seen.update(ids(following.kept))
            if len(seen) == known:
                return parts, length == 0 or is_overlap or not takes_offset
        return parts, True

    def _spent(self, started: float) -> float:
        """Add the time since then to ``parse_seconds``."""
        seconds = self.clock() - started
        self.parse_seconds += seconds
        return seconds

    def _bound(self, resource: str, count: int) -> None:
        if count > self._limits.pages:
            raise UnexpectedAnswerError(
                f"the list of {resource} has more than {self._limits.pages} pages; report it",
                resource=resource,
                path=resource,
            )

    def _decoded(self, path: str, decoder: Decoder[A], body: bytes) -> A:
        started = self.clock()
        failure: SourceError | None
        try:
            answer = decoder.decode(body)
        except UNDECODABLE as error:
            failure = refusal(path, 200, body, attempt=1) or unreadable(path, body, error)
        else:
            failure = refusal(path, 200, body, attempt=1) if answer.error else None
            if failure is None:
                self._connection.worked(self._spent(started))
                self._connection.accepted()
                return answer
        self._connection.refused(failure)
        # Outside of the handler: the error would otherwise keep the undecoded body as its context.
        raise failure


@dataclass(frozen=True, slots=True)
class _Part(Generic[P]):
    """What is kept of a page, and its first and last id; none where it is empty."""

    kept: P
    first: int | None
    last: int | None

    def is_again(self, before: "_Part[P]") -> bool:
        """Whether this page, of several objects, is the one before once more."""
        ends, ends_before = (self.first, self.last, len(self.kept)), (before.first, before.last, len(before.kept))
        return self.first != self.last and ends == ends_before


class _Pages(Generic[P]):
    """The pages of one reading, and the stated number of objects."""

    def __init__(self, parts: list[_Part[P]], total: int | None, *, is_ended: bool) -> None:
        self.total = total
        self.is_ended = is_ended
        self.is_seamless = all(one.last == other.first for one, other in pairwise(parts) if other.first is not None)
        self.parts: list[P] = [part.kept for part in parts]
        if self.is_seamless:
            self.parts[1:] = [part[1:] for part in self.parts[1:]]


async def _at_once(part: Callable[[int], Coroutine[Any, Any, _Part[P]]], offsets: range) -> list[_Part[P]]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part(offset)) for offset in offsets]
    return [task.result() for task in tasks]


def _one_frame(table: Table, pages: list[pl.DataFrame]) -> pl.DataFrame:
    whole = pages[0] if len(pages) == 1 else pl.concat(pages, rechunk=False)
    # The version read last is kept: it is the newer one.
    if whole["id"].n_unique() < whole.height:
        whole = whole.unique("id", keep="last", maintain_order=True)
    return table.finish(whole)


def _one_list(pages: list[list[R]]) -> list[R]:
    return list({item.id: item for item in chain.from_iterable(pages)}.values())


def _hinted_total(body: bytes) -> int | None:
    """The total of a list, where the body ends with it. A hint only: the decoded total decides."""
    found = _TOTAL.search(body[-64:])
    return int(found[1]) if found else None


def _ids_of_frame(frame: pl.DataFrame) -> list[int]:
    return frame["id"].to_list()


def _ids_of_list(objects: list[R]) -> list[int]:
    return [item.id for item in objects]
