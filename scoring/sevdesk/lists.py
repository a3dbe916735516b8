"""Whole lists and single values over one connection: paged in parallel, each object once, counted against ``total``."""

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
        self.parse_seconds = 0.0
        """Own time so far: decoding and typing answers."""

    async def frame(self, table: Table, filters: dict[str, str]) -> pl.DataFrame:
        """All objects of a list, each once, in the typed columns of ``table``; each page is typed when it arrives.

        Raises:
            SevdeskError: As ``SevdeskClient.fetch``.
        """
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
        for _ in range(self._limits.readings):
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
        async def page(offset: int, extra: dict[str, str]) -> tuple[P, int, int | None]:
            """What is kept of a page, how many objects it had, and the total that it states."""
            params = {**filters, "limit": str(PAGE_LENGTH), "offset": str(offset), **extra}
            answer = self._decoded(resource, decoder, await self._connection.get(resource, params))
            started = self._clock()
            kept = keep(answer.objects)
            self.parse_seconds += self._clock() - started
            return kept, len(answer.objects), answer.total

        first, length, total = await page(0, {"countAll": "true"})
        if total is None:
            return [first, *await self._until_short(resource, page, length)], None
        # A server that gives fewer at once than asked for is followed at its own pace.
        step = length or PAGE_LENGTH
        offsets = range(step, total, step) if length else range(0)
        self._bound(resource, len(offsets) + 1)
        async with anyio.create_task_group() as group:
            rest = [begin(group, partial(page, offset, {})) for offset in offsets]
        return [first, *(outcome.value[0] for outcome in rest)], total

    async def _until_short(
        self,
        resource: str,
        page: Callable[[int, dict[str, str]], Awaitable[tuple[P, int, int | None]]],
        length: int,
    ) -> list[P]:
        """Without a total only a short page tells the end."""
        parts: list[P] = []
        while length >= PAGE_LENGTH:
            self._bound(resource, len(parts) + 2)
            part, length, _ = await page(PAGE_LENGTH * (len(parts) + 1), {})
            parts.append(part)
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
