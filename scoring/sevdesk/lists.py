"""Whole lists and single values over one connection: paged in parallel, each object once, counted against ``total``."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

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
K = TypeVar("K")
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
        whole = await self._whole(table.resource, filters, table.decoder, table.frame, _merged_frames, _height)
        started = self._clock()
        finished = table.finish(whole)
        self.parse_seconds += self._clock() - started
        return finished

    async def all(self, resource: str, record: type[R], filters: dict[str, str]) -> list[R]:
        """All objects of a list, each once, as records.

        Raises:
            SevdeskError: As ``SevdeskClient.fetch``.
        """
        return await self._whole(resource, filters, page_decoder(record), list, _merged_records, len)

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
        decoder: msgspec.json.Decoder[records.Page[Any]],
        keep: Callable[[Sequence[Any]], K],
        merge: Callable[[list[K]], K],
        count: Callable[[K], int],
    ) -> K:
        total = counted = 0
        for _ in range(self._limits.readings):
            parts, stated = await self._pages(resource, filters, decoder, keep)
            merged = merge(parts)
            if stated is None or count(merged) == stated:
                return merged
            total, counted = stated, count(merged)
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
        decoder: msgspec.json.Decoder[records.Page[Any]],
        keep: Callable[[Sequence[Any]], K],
    ) -> tuple[list[K], int | None]:
        async def page(offset: int, extra: dict[str, str]) -> tuple[K, int, int | None]:
            params = {**filters, "limit": str(PAGE_LENGTH), "offset": str(offset), **extra}
            body = await self._connection.get(resource, params)
            answer = self._decoded(resource, decoder, body)
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

    async def _until_short(self, resource: str, page: Callable[..., Any], length: int) -> list[Any]:
        """Without a total only a short page tells the end."""
        parts: list[Any] = []
        while length >= PAGE_LENGTH:
            self._bound(resource, len(parts) + 2)
            kept, length, _ = await page(PAGE_LENGTH * (len(parts) + 1), {})
            parts.append(kept)
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


def _height(frame: pl.DataFrame) -> int:
    return frame.height


def _merged_frames(parts: list[pl.DataFrame]) -> pl.DataFrame:
    whole = pl.concat(parts, rechunk=False) if len(parts) > 1 else parts[0]
    if whole["id"].n_unique() == whole.height:
        return whole
    return whole.unique("id", keep="last", maintain_order=True)


def _merged_records(parts: list[list[R]]) -> list[R]:
    return list({item.id: item for part in parts for item in part}.values())
