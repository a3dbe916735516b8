"""Endpoints outside the API: health, and fault control for callers on this machine."""

import ipaddress
from collections.abc import Collection
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.exceptions import HTTPException

from sandbox.server.faults import Fault, FaultError, Faults, check_fault

_JSON = "application/json"


def controls(faults: Faults, firms: Collection[str]) -> list[Any]:
    """Return the route handlers.

    Args:
        faults: those in force, which callers see and change.
        firms: names of the firms that are served.
    """

    @get("/sandbox/health", sync_to_thread=False)
    def show_health() -> Response[bytes]:
        return Response(msgspec.json.encode({"status": "ok", "firms": len(firms)}), media_type=_JSON)

    @get("/sandbox/faults", guards=[only_loopback], sync_to_thread=False)
    def show_faults() -> Response[bytes]:
        return Response(msgspec.json.encode(faults.in_force()), media_type=_JSON)

    @post("/sandbox/faults", guards=[only_loopback], status_code=HTTPStatus.OK)
    async def add_faults(request: Request[Any, Any, Any]) -> Response[bytes]:
        try:
            asked = msgspec.json.decode(await request.body(), type=list[Fault] | Fault)
            added = asked if isinstance(asked, list) else [asked]
            for fault in added:
                check_fault(fault, firms)
        except (msgspec.MsgspecError, UnicodeDecodeError, FaultError) as error:
            raise HTTPException(status_code=HTTPStatus.BAD_REQUEST, detail=str(error)) from error
        faults.add(added)
        return Response(msgspec.json.encode(faults.in_force()), media_type=_JSON)

    @delete("/sandbox/faults", guards=[only_loopback], sync_to_thread=False)
    def clear_faults() -> None:
        faults.clear()

    return [show_health, show_faults, add_faults, clear_faults]


def only_loopback(connection: Any, _handler: Any) -> None:  # noqa: ANN401  a guard's parameters, of which one is read
    """Refuse control to other machines."""
    host = connection.client.host if connection.client else ""
    try:
        is_loopback = ipaddress.ip_address(host.removeprefix("::ffff:")).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise HTTPException(
            status_code=HTTPStatus.FORBIDDEN,
            detail="The sandbox can be controlled from this machine only, over loopback.",
        )
