"""Whole lists and single values over one connection: paged in parallel, each object once, counted against ``total``."""

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import chain
from operator import attrgetter
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
_ID = attrgetter("id")


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
        self.parse_seconds = 0.0
        """Own time so far: decoding and typing answers."""

    async def frame(self, table: Table, filters: dict[str, str]) -> pl.DataFrame:
        """All objects of a list, each once, in the typed columns of ``table``.

        Raises:
            SevdeskError: As ``SevdeskClient.fetch``.
        """
        with self._connection.observer.reading(table.resource):
            objects = await self._whole(table.resource, filters, table.decoder)
        started = self._clock()
        typed = table.finish(table.frame(objects))
        self.parse_seconds += self._clock() - started
        return typed

    async def all(self, resource: str, record: type[R], filters: dict[str, str]) -> list[R]:
        """All objects of a list, each once, as records.

        Raises:
            SevdeskError: As ``SevdeskClient.fetch``.
        """
        return await self._whole(resource, filters, page_decoder(record))

    async def value(self, path: str, params: dict[str, str], decoder: msgspec.json.Decoder[records.Bare[T]]) -> T:
        """A single value.

        Raises:
            SevdeskError: As ``SevdeskClient.fetch``.
        """
        return self._decoded(path, decoder, await self._connection.get(path, params)).objects

    async def _whole(
        self, resource: str, filters: dict[str, str], decoder: msgspec.json.Decoder[records.Page[R]]
    ) -> list[R]:
        total = counted = 0
        for reading in range(self._limits.readings):
            if reading > 0:
                self._connection.observer.retrying(InconsistentAnswerError.__name__)
            objects, stated = await self._pages(resource, filters, decoder)
            if len(set(map(_ID, objects))) < len(objects):
                objects = list({item.id: item for item in objects}.values())
            if stated is None or len(objects) == stated:
                return objects
            total, counted = stated, len(objects)
        raise InconsistentAnswerError(
            f"the list of {resource} changes while it is read; try later",
            total=total,
            counted=counted,
            path=resource,
            attempt=self._limits.readings,
        )

    async def _pages(
        self, resource: str, filters: dict[str, str], decoder: msgspec.json.Decoder[records.Page[R]]
    ) -> tuple[list[R], int | None]:
        async def page(offset: int, extra: dict[str, str]) -> records.Page[R]:
            params = {**filters, "limit": str(PAGE_LENGTH), "offset": str(offset), **extra}
            return self._decoded(resource, decoder, await self._connection.get(resource, params))

        first = await page(0, {"countAll": "true"})
        length, total = len(first.objects), first.total
        if total is None:
            return [*first.objects, *await self._until_short(resource, page, length)], None
        # A server that gives fewer at once than asked for is followed at its own pace.
        step = length or PAGE_LENGTH
        offsets = range(step, total, step) if length else range(0)
        self._bound(resource, len(offsets) + 1)
        async with anyio.create_task_group() as group:
            rest = [begin(group, partial(page, offset, {})) for offset in offsets]
        return list(chain(first.objects, *(outcome.value.objects for outcome in rest))), total

    async def _until_short(
        self, resource: str, page: Callable[[int, dict[str, str]], Awaitable[records.Page[R]]], length: int
    ) -> list[R]:
        """Without a total only a short page tells the end."""
        objects: list[R] = []
        count = 1
        while length >= PAGE_LENGTH:
            self._bound(resource, count + 1)
            more = (await page(PAGE_LENGTH * count, {})).objects
            objects += more
            length, count = len(more), count + 1
        return objects

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
