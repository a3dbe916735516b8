"""Endpoints for callers on this machine: what day it is in the sandbox, and what befalls firms from a day on."""

from collections.abc import Collection
from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import HTTPException

from sandbox.clock.clock import BEYOND, Clock, ClockError
from sandbox.clock.happenings import Happening, HappeningError
from sandbox.server.controls import only_loopback

_JSON = "application/json"


class _Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the clock is set: to a day, or on by so many."""

    today: date | None = None
    days: Annotated[int, msgspec.Meta(ge=1)] | None = None


def clock_controls(clock: Clock, firms: Collection[str]) -> list[Any]:
    """Return the route handlers.

    Args:
        clock: the clock that callers see and set.
        firms: names of the firms that are served.
    """

    @get("/sandbox/clock", guards=[only_loopback], sync_to_thread=False)
    def show_clock() -> Response[bytes]:
        return Response(msgspec.json.encode({"today": clock.today()}), media_type=_JSON)

    @post("/sandbox/clock", guards=[only_loopback], status_code=HTTPStatus.OK)
    async def set_clock(request: Request[Any, Any, Any]) -> Response[bytes]:
        try:
            clock.set(_asked_day(msgspec.json.decode(await request.body(), type=_Setting), clock.today()))
        except (msgspec.MsgspecError, UnicodeDecodeError, ClockError) as error:
            raise HTTPException(status_code=HTTPStatus.BAD_REQUEST, detail=str(error)) from error
        return Response(msgspec.json.encode({"today": clock.today()}), media_type=_JSON)

    @get("/sandbox/happenings", guards=[only_loopback], sync_to_thread=False)
    def show_happenings() -> Response[bytes]:
        return Response(msgspec.json.encode(clock.happenings), media_type=_JSON)

    @post("/sandbox/happenings", guards=[only_loopback], status_code=HTTPStatus.OK)
    async def add_happenings(request: Request[Any, Any, Any]) -> Response[bytes]:
        try:
            asked = msgspec.json.decode(await request.body(), type=list[Happening] | Happening)
            added = asked if isinstance(asked, list) else [asked]
            clock.check(added, firms)
        except (msgspec.MsgspecError, UnicodeDecodeError, HappeningError) as error:
            raise HTTPException(status_code=HTTPStatus.BAD_REQUEST, detail=str(error)) from error
        clock.add(added)
        return Response(msgspec.json.encode(clock.happenings), media_type=_JSON)

    return [show_clock, set_clock, show_happenings, add_happenings]


def _asked_day(asked: _Setting, today: date) -> date:
    if asked.today is not None and asked.days is None:
        return asked.today
    if asked.days is not None and asked.today is None:
        return today + timedelta(days=min(asked.days, BEYOND))
    raise ClockError('Give the day, {"today": "2026-12-24"}, or how many to go on, {"days": 7}.')
