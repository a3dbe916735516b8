"""The local sevdesk: serves books over HTTP with the envelopes, paging, authentication and errors of the real API."""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Litestar, Request, route
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Scope

from sandbox.account.account import Account
from sandbox.account.errors import AUTHENTICATION_REQUIRED, ApiError, bad_request, unknown_action
from sandbox.account.filters import is_partially_paid, unknown_filters
from sandbox.account.query import Query
from sandbox.account.quirks import Quirks, changes_objects, shaped_answer, shortened
from sandbox.account.standing import STANDING
from sandbox.clock.clock import Clock
from sandbox.objects.books import RESOURCES, Books
from sandbox.objects.values import BERLIN, field_of
from sandbox.server.clock_controls import clock_controls
from sandbox.server.controls import controls
from sandbox.server.faults import Fault, Faults, check_fault
from sandbox.server.faulty import FaultyAnswer, change_rows, spoil
from sandbox.server.versions import check_version
from sandbox.writing.actions import act
from sandbox.writing.body import read_body
from sandbox.writing.guidance import accounting_types, guidance
from sandbox.writing.unit_of_work import UnitOfWork

API_PATH = "/api/v1"
"""Path of the API, as in ``https://my.sevdesk.de/api/v1``."""

LISTED = (*RESOURCES, *STANDING)
"""Resources that have a list."""

_LARGEST_BODY = 32 * 2**20
_LOG = logging.getLogger(__name__)
_JSON = "application/json"
_TOKEN = re.compile(r"[0-9a-f]{32}")
_ID = re.compile(r"[0-9]{1,19}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_FAULT = Fault()
_ERROR_IN_SUCCESS = 390
_METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE]


class BooksError(ValueError):
    """Books that cannot be served together: two firms share a name or a token, or a token is malformed."""


def create_app(
    books: Sequence[Books],
    *,
    today: Callable[[], date],
    clock: Callable[[], time] | None = None,
    quirks: Quirks | None = None,
    faults: Faults | None = None,
    day: Clock | None = None,
) -> Litestar:
    """Build the application that serves the firms' books; the token of a request says whose.

    Args:
        books: The firms. Objects are served as they are, so they must have the API's keys and types. What is written
            changes the running account, never the books.
        today: Current day in Berlin, asked at each request that needs it (``delinquent``, and every write).
        clock: Time of that day in Berlin, with which writes are stamped; the real one by default.
        quirks: How it behaves where the real one surprises or is not known.
        faults: Faults in force from the start; more can be put through ``POST /sandbox/faults``.
        day: A clock that can be set through ``POST /sandbox/clock``, in place of ``today``; one that shows ``today``
            until then by default.

    Raises:
        BooksError: Two firms have the same name or the same token, or a token is not 32 hexadecimal digits.
        FaultError: A fault names a firm that is not among the books.
        HappeningError: What the clock has happen names one, or a day that is over.
    """
    quirks = quirks or Quirks()
    accounts = _accounts_by_token(books, quirks)
    firms = {account.firm for account in accounts.values()}
    faults = Faults() if faults is None else faults
    for fault in faults.in_force():
        check_fault(fault, firms)
    day = day or Clock(today)
    day.check(day.happenings, firms)
    front = _Front(accounts, day=day, clock=clock or _time_in_berlin, quirks=quirks, faults=faults)
    return Litestar(
        route_handlers=[front.handler(), *controls(faults, firms), *clock_controls(day, firms)],
        openapi_config=None,
        logging_config=None,  # quiet: no request is worth a line, and headers hold tokens
        after_exception=[_report_crash],
        request_max_body_size=_LARGEST_BODY,
    )


class _Front:
    """Answers every path of the API: sevdesk, too, has one front controller, which shows in its errors."""

    def __init__(
        self,
        accounts: dict[str, Account],
        *,
        day: Clock,
        clock: Callable[[], time],
        quirks: Quirks,
        faults: Faults,
    ) -> None:
        self._accounts = accounts
        self._day = day
        self._clock = clock
        self._quirks = quirks
        self._faults = faults

    def handler(self) -> Any:  # noqa: ANN401  Litestar's handler types are generic over what they wrap
        """Return the route handler."""

        @route([API_PATH, f"{API_PATH}/{{path:path}}"], http_method=_METHODS)
        async def answer(request: Request[Any, Any, Any]) -> ASGIApp:
            return await self._respond(request)

        return answer

    async def _respond(self, request: Request[Any, Any, Any]) -> ASGIApp:
        account = self._accounts.get(request.headers.get("authorization", ""))
        if account is None or self._day.is_revoked(account):
            return self._refused_token()
        path = request.scope["path"].removeprefix(API_PATH).strip("/").split("/")
        fault = self._faults.take(account.firm, path[0]) or _NO_FAULT
        await self._faults.wait(fault)
        if fault.is_revoked:
            return self._refused_token()
        if path[0] in LISTED:
            await self._make_ready(account)
        if fault.change is not None:
            change_rows(account, path[0], fault)
        try:
            is_write = request.method != "GET"
            if fault.status is not None and not (is_write and fault.is_written):
                raise _injected_error(fault.status)
            check_version(path[0], request.headers.get("x-version"))
            query = Query(request.scope["query_string"])
            if is_write:
                status, body = self._act(account, request.method, path, await read_body(request), query)
            else:
                status, body = self._answer(account, path, query, fault)
            if fault.status is not None:
                raise _injected_error(fault.status)
        except ApiError as error:
            is_plain = self._quirks.plain_server_errors and error.status == HTTPStatus.INTERNAL_SERVER_ERROR
            status, body = error.status, error.message.encode() if is_plain else error.body()
            if is_plain:
                fault = msgspec.structs.replace(fault, content_type=fault.content_type or "text/plain")
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return FaultyAnswer(status, *spoil(body, fault), headers, fault, sleep=self._faults.sleep)

    async def _make_ready(self, account: Account) -> None:
        """Have the objects made, as of this day: in a thread, so that the event loop serves other firms meanwhile."""
        if (objects := account.waiting) is not None:
            await asyncio.to_thread(objects.made)
        if self._day.is_behind(account):
            await asyncio.to_thread(self._day.catch_up, account)

    def _refused_token(self) -> ASGIApp:
        status = HTTPStatus.UNAUTHORIZED.value
        return FaultyAnswer(status, AUTHENTICATION_REQUIRED, _JSON, {}, _NO_FAULT, sleep=self._faults.sleep)

    def _act(
        self, account: Account, method: str, path: list[str], body: Mapping[str, Any], query: Query
    ) -> tuple[int, bytes]:
        """Do a write, or answer a question that belongs to one."""
        now = datetime.combine(self._day.today(), self._clock(), BERLIN)
        status, objects = act(UnitOfWork(account, now), method, path, body, query)
        if changes_objects(self._quirks):
            objects = shaped_answer(objects, self._quirks)
        return status, msgspec.json.encode({"objects": objects})

    def _answer(self, account: Account, path: list[str], query: Query, fault: Fault) -> tuple[int, bytes]:
        match path:
            case [_, "Factory" | "Mapper", _] | ["ContactAddress" | "CommunicationWay", _]:
                return self._act(account, "GET", path, {}, query)
            case [_, _, "getPdf" | "downloadDocument" | "getStock" | "getReferenceCount"]:
                return self._act(account, "GET", path, {}, query)
            case ["ReceiptGuidance", action]:
                found = guidance(action, query, is_single_bare=self._quirks.guide == "bare")
                return HTTPStatus.OK.value, msgspec.json.encode({"objects": found})
            case ["AccountingType"]:
                found = accounting_types(query)
                return HTTPStatus.OK.value, msgspec.json.encode({"objects": found, "total": str(len(found))})
            case _:
                return HTTPStatus.OK.value, self._read(account, path, query, fault)

    def _read(self, account: Account, path: list[str], query: Query, fault: Fault) -> bytes:
        match path:
            case ["Tools", "bookkeepingSystemVersion"]:
                return msgspec.json.encode({"objects": {"version": account.version}})
            case ["CheckAccountTransactionLog", *_] if self._quirks.payment_log != "served":
                raise ApiError(int(self._quirks.payment_log), "Not available")
            case [_, _, "getCheckAccountTransactionLogs"] if self._quirks.document_logs != "served":
                raise ApiError(int(self._quirks.document_logs), "Not available")
            case [resource] if resource in LISTED:
                if self._quirks.unknown_filters == "refused" and (unknown := unknown_filters(resource, query)):
                    raise bad_request(f"Unknown parameter: {', '.join(unknown)}")
                positions = account.select(resource, query, self._day.today())
                return _page(account, resource, positions, query, fault)
            case [resource, object_id] if resource in LISTED and _ID.fullmatch(object_id):
                (body,) = account.bodies(resource, [account.position(resource, object_id)], query.embedded)
                return _envelope([body]) if self._quirks.single_in_list else b'{"objects":' + body + b"}"
            case ["CheckAccount", account_id, "getBalanceAtDate"] if _ID.fullmatch(account_id):
                return _balance(account, account_id, query)
            case [("Invoice" | "CreditNote" | "Voucher") as resource, object_id, action] if _ID.fullmatch(object_id):
                return _document_action(account, (resource, object_id), action, query, fault)
            case _:
                raise unknown_action()


def _document_action(account: Account, document: tuple[str, str], action: str, query: Query, fault: Fault) -> bytes:
    """Answer ``/{document}/{id}/{action}``."""
    resource, object_id = document
    match action:
        case "getPositions":
            listed, field = f"{resource}Pos", field_of(resource)
        case "getCheckAccountTransactionLogs":
            listed, field = "CheckAccountTransactionLog", "object"
        case "getIsPartiallyPaid" if resource == "Invoice":
            position = account.position(resource, object_id)
            return msgspec.json.encode({"objects": is_partially_paid(account.listing(resource).object(position))})
        case _:
            raise unknown_action()
    account.position(resource, object_id)
    return _page(account, listed, account.listing(listed).referring(field, document), query, fault)


def _page(account: Account, resource: str, positions: Sequence[int], query: Query, fault: Fault) -> bytes:
    """Cut a page out of a list, with ``total`` only where it was asked for, and as a string."""
    limit, offset = query.limit(is_capped=account.quirks.limit_outside == "capped"), query.offset
    limit = shortened(limit, offset, account.quirks)
    if offset > 0:
        offset = max(0, offset - fault.row_shift)
    bodies = account.bodies(resource, positions[offset : offset + limit], query.embedded)
    if not query.is_true("countAll") or account.quirks.total == "none":
        return _envelope(bodies)
    total = len(positions) + fault.total_error
    return _envelope(bodies, total if account.quirks.total == "number" else str(total))


def _envelope(bodies: list[bytes], total: str | int | None = None) -> bytes:
    tail = b"]}" if total is None else b'],"total":' + msgspec.json.encode(total) + b"}"
    return b'{"objects":[' + b",".join(bodies) + tail


def _balance(account: Account, account_id: str, query: Query) -> bytes:
    given = query.value("date") or ""
    try:
        if not _DAY.fullmatch(given):
            raise bad_request("Parameter 'date' is required in the format YYYY-MM-DD.")
        day = date.fromisoformat(given)
    except ValueError as error:
        raise bad_request("Parameter 'date' is no day of the calendar.") from error
    level = account.balance_at(account_id, day)
    return msgspec.json.encode({"objects": level if account.quirks.balance == "text" else float(level)})


def _injected_error(status: int) -> ApiError:
    if status == HTTPStatus.OK:
        return ApiError(status, "The document is partially paid and can not be cancelled", code=_ERROR_IN_SUCCESS)
    return ApiError(status, HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error")


def _accounts_by_token(books: Sequence[Books], quirks: Quirks) -> dict[str, Account]:
    accounts: dict[str, Account] = {}
    firms: set[str] = set()
    for one in books:
        if one.firm in firms:
            raise BooksError(f"Two firms are called {one.firm!r}; give each its own name.")
        if not _TOKEN.fullmatch(one.token):
            raise BooksError(f"The token of {one.firm!r} is not what sevdesk gives: 32 digits of 0-9 and a-f.")
        if one.token in accounts:
            raise BooksError(f"{one.firm!r} and {accounts[one.token].firm!r} share a token; give each its own.")
        firms.add(one.firm)
        accounts[one.token] = Account(one, quirks)
    return accounts


def _time_in_berlin() -> time:
    return datetime.now(BERLIN).time()


async def _report_crash(error: Exception, scope: Scope) -> None:
    """Say what went wrong inside the sandbox itself: its 500 must not pass for one of sevdesk's."""
    if not isinstance(error, HTTPException):
        _LOG.error("The sandbox failed at %s", scope["path"], exc_info=error)
