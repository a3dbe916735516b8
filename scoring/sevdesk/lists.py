"""Whole lists and single values over one connection: paged in parallel, each object once, counted against ``total``."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sized
from functools import partial
from itertools import chain
from typing import Protocol, TypeVar

import anyio
import msgspec
import polars as pl

from scoring.sevdesk import records
from scoring.sevdesk.answers import refusal
from scoring.sevdesk.connection import Connection, Limits, Timing
from scoring.sevdesk.errors import InconsistentAnswerError, SevdeskError, UnexpectedAnswerError
from scoring.sevdesk.pages import Table, page_decoder, unreadable
from scoring.sevdesk.together import begin

PAGE_LENGTH = 1_000
"""The most that sevdesk gives at once."""
_A_MOMENT = 2e-3
"""Seconds in which answers that are arriving come in one after the other."""
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


A = TypeVar("A", bound=Answer)
T = TypeVar("T")
R = TypeVar("R", bound=Identified)
P = TypeVar("P", bound=Sized)
"""What is kept of a page, and of a whole list: a frame or records."""


class Reader:
    """Lists and values of one account.

    Args:
        connection: Where to ask.
        limits: Bounds on pages and repetitions.
        timing: The clock that own time is measured with.
    """

    def __init__(self, connection: Connection, limits: Limits, timing: Timing) -> None:
        self._connection = connection
        self._limits = limits
        self._clock = timing.clock
        self._answers = 0
        """First pages that have arrived."""
        self.parse_seconds = 0.0
        """Own time so far: decoding and typing answers."""

    async def frame(self, table: Table, filters: dict[str, str]) -> pl.DataFrame:
        """All objects of a list, each once, in the typed columns of ``table``; each page is typed when it arrives.

        Raises:
            SevdeskError: As ``SevdeskClient.fetch``.
        """
        with self._connection.observer.reading(table.resource):
            return await self._whole(table.resource, filters, table.decoder, table.frame, partial(_one_frame, table))

    async def all(self, resource: str, record: type[R], filters: dict[str, str]) -> list[R]:
        """All objects of a list, each once, as records.

        Raises:
            SevdeskError: As ``SevdeskClient.fetch``.
        """
        return await self._whole(resource, filters, page_decoder(record), list, _one_list)

    async def value(self, path: str, params: dict[str, str], decoder: msgspec.json.Decoder[records.Bare[T]]) -> T:
        """A single value.

        Raises:
            SevdeskError: As ``SevdeskClient.fetch``.
        """
        return self._decoded(path, decoder, await self._connection.get(path, params)).objects

    async def _whole(
        self,
        resource: str,
        filters: dict[str, str],
        decoder: msgspec.json.Decoder[records.Page[R]],
        keep: Callable[[list[R]], P],
        join: Callable[[list[P]], P],
    ) -> P:
        """A whole list: what is kept of each page, joined so that each object is there once."""
        total = counted = 0
        for reading in range(self._limits.readings):
            if reading > 0:
                self._connection.observer.retrying(InconsistentAnswerError.__name__)
            parts, stated = await self._pages(resource, filters, decoder, keep)
            started = self._clock()
            whole = join(parts)
            self.parse_seconds += self._clock() - started
            if stated is None or len(whole) == stated:
                return whole
            total, counted = stated, len(whole)
        raise InconsistentAnswerError(
            f"the list of {resource} changes while it is read; try later",
            total=total,
            counted=counted,
            path=resource,
            attempt=self._limits.readings,
        )

    async def _pages(
        self,
        resource: str,
        filters: dict[str, str],
        decoder: msgspec.json.Decoder[records.Page[R]],
        keep: Callable[[list[R]], P],
    ) -> tuple[list[P], int | None]:
        def kept(answer: records.Page[R]) -> P:
            started = self._clock()
            part = keep(answer.objects)
            self.parse_seconds += self._clock() - started
            return part

        async def page(offset: int) -> records.Page[R]:
            return self._decoded(resource, decoder, await self._page(resource, filters, offset))

        async def part(offset: int) -> P:
            return kept(await page(offset))

        body = await self._page(resource, {**filters, "countAll": "true"}, 0)
        self._answers += 1
        hinted = self._offsets(resource, PAGE_LENGTH, _hinted_total(body))
        failure: SevdeskError | None = None
        async with anyio.create_task_group() as group:
            # Further pages are asked for before the first is decoded, which then takes no time but waiting time.
            early = [begin(group, partial(part, offset)) for offset in hinted]
            await self._give_way()
            try:
                first = self._decoded(resource, decoder, body)
                parts = [kept(first)]
            except SevdeskError as error:
                failure = error
                group.cancel_scope.cancel()
        if failure is not None:
            raise failure  # outside of the group, which would wrap it
        if first.total is None:
            return parts + await self._until_short(resource, page, kept, len(first.objects)), None
        # A server that gives fewer at once than asked for is followed at its own pace.
        offsets = self._offsets(resource, len(first.objects), first.total)
        if offsets == hinted:
            return parts + [outcome.value for outcome in early], first.total
        async with anyio.create_task_group() as group:
            rest = [begin(group, partial(part, offset)) for offset in offsets]
        return parts + [outcome.value for outcome in rest], first.total

    async def _page(self, resource: str, params: dict[str, str], offset: int) -> bytes:
        return await self._connection.get(resource, {**params, "limit": str(PAGE_LENGTH), "offset": str(offset)})

    async def _give_way(self) -> None:
        """Wait while first pages arrive: to decode one blocks the others, which may have more to ask for."""
        seen = -1
        while seen < self._answers:
            seen = self._answers
            await asyncio.sleep(_A_MOMENT)

    def _offsets(self, resource: str, length: int, total: int | None) -> range:
        """Where further pages begin, after a first page of this length."""
        offsets = range(length, total, length) if length and total is not None else range(0)
        self._bound(resource, len(offsets) + 1)
        return offsets

    async def _until_short(
        self,
        resource: str,
        page: Callable[[int], Awaitable[records.Page[R]]],
        kept: Callable[[records.Page[R]], P],
        length: int,
    ) -> list[P]:
        """Without a total only a short page tells the end."""
        parts: list[P] = []
        while length >= PAGE_LENGTH:
            self._bound(resource, len(parts) + 2)
            answer = await page(PAGE_LENGTH * (len(parts) + 1))
            parts.append(kept(answer))
            length = len(answer.objects)
        return parts

    def _bound(self, resource: str, count: int) -> None:
        if count > self._limits.pages:
            raise UnexpectedAnswerError(
                f"the list of {resource} has more than {self._limits.pages} pages; report it",
                resource=resource,
                path=resource,
            )

    def _decoded(self, path: str, decoder: msgspec.json.Decoder[A], body: bytes) -> A:
        started = self._clock()
        failure: SevdeskError | None
        try:
            answer = decoder.decode(body)
        except msgspec.DecodeError as error:
            failure = refusal(path, 200, body, attempt=1) or unreadable(path, body, error)
        else:
            failure = refusal(path, 200, body, attempt=1) if answer.error else None
            if failure is None:
                self.parse_seconds += self._clock() - started
                return answer
        # Outside of the handler: what could not be decoded does not hang on as context.
        raise failure


def _one_frame(table: Table, pages: list[pl.DataFrame]) -> pl.DataFrame:
    whole = pages[0] if len(pages) == 1 else pl.concat(pages, rechunk=False)
    if whole["id"].n_unique() < whole.height:
        whole = whole.unique("id", keep="last", maintain_order=True)
    return table.finish(whole)


def _one_list(pages: list[list[R]]) -> list[R]:
    return list({item.id: item for item in chain.from_iterable(pages)}.values())


def _hinted_total(body: bytes) -> int | None:
    """The total of a list, where its text ends with it; a hint only, until the text is decoded."""
    found = _TOTAL.search(body[-64:])
    return int(found[1]) if found else None
