"""Routes of portfolios: thousands of applications as one batch, how they stand, and what became of them."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Annotated, Any, Final, Literal

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, PathParameter, QueryParameter
from structlog.contextvars import bind_contextvars

from scoring.api import problems as known
from scoring.api.decisions import check_key
from scoring.api.errors import FieldError, InvalidFieldsError, UnsupportedMediaTypeError
from scoring.api.lists import Limit, check_parameters, cursor_parameter, page_of
from scoring.api.middleware import needs, request_id_of, who_of
from scoring.api.openapi import either_answer, operation
from scoring.api.portfolio_rows import connected_rows, rows_of
from scoring.api.present import links_of, money
from scoring.api.schemas.portfolios import (
    BothLanguages,
    EarlierResponse,
    PortfolioList,
    PortfolioResponse,
    PortfolioRowList,
    PortfolioRowResponse,
    PortfolioSummaryResponse,
    ScoreDistribution,
    SwapSet,
)
from scoring.api.schemas.problems import Problem
from scoring.api.uploads import PORTFOLIO_BYTES, read_bounded
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.decisions.portfolios import PortfolioSummary
from scoring.runtime.in_force import InForce
from scoring.sources.registry import Sources
from scoring.store.portfolios import Portfolio, StoredRow
from scoring.store.principals import Principal, Role
from scoring.texts.portfolios import summary_text
from scoring.usecases.portfolio_files import (
    FileKind,
    Line,
    PortfolioFileError,
    frame_of,
    read_lines,
    write_csv,
    write_parquet,
)
from scoring.usecases.portfolios import PRIORITIES, USUAL_PRIORITY, Order, Portfolios, Refused, Row
from scoring.usecases.reapplications import TooManyConnectedError

READERS: Final = (Role.APPLY, Role.UNDERWRITE, Role.ANALYSE, Role.AUDIT)
_WRITERS: Final = (Role.APPLY, Role.UNDERWRITE)
_KINDS: Final = {"text/csv": FileKind.CSV, "application/x-ndjson": FileKind.NDJSON}
CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f-\xa0\xad]{1,120}")
_EURO: Final = "EUR"
_FIRST: Final = 250
"""Lines that are looked at before anything is stored: a small file without an application is refused as a whole."""
_MOST_TOLD: Final = 20
_PAGED: Final = "must be left out: {format} has all rows in one file; read page by page with format=json"
_RESULTS: Final = either_answer("The results.", PortfolioRowList, CSV, PARQUET)
PortfolioId = Annotated[str, PathParameter(description="Identifier of a portfolio of your lender.")]
Name = Annotated[
    str | None, QueryParameter(description="Its name, for people.", schema_extra={"pattern": f"^{_NAME.pattern}$"})
]
Priority = Annotated[
    int,
    QueryParameter(
        ge=PRIORITIES[0],
        le=PRIORITIES[-1],
        description="The higher the sooner, among the portfolios of your lender.",
    ),
]
Key = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="1 to 80 visible ASCII characters; a repeated request leads to the first portfolio.",
        schema_extra={"pattern": "^[!-~]{1,80}$"},
    ),
]


@post(
    "/v1/portfolios",
    guards=[needs(*_WRITERS)],
    operation_id="createPortfolio",
    operation_class=operation(
        known.TOO_SLOW,
        known.TOO_LARGE,
        known.UNSUPPORTED_MEDIA_TYPE,
        known.INVALID_REQUEST,
        known.KEY_REUSED,
        known.PORTFOLIO_STATE,
        file=tuple(_KINDS),
        leads_to={"getPortfolio": "portfolio_id"},
    ),
    request_max_body_size=PORTFOLIO_BYTES,
    tags=["portfolios"],
    summary="Decide on thousands of applications",
)
async def create_portfolio(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Principal, Any, Any],
    portfolios: NamedDependency[Portfolios],
    in_force: NamedDependency[InForce],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    name: Name = None,
    priority: Priority = USUAL_PRIORITY,
    idempotency_key: Key = None,
) -> Response[PortfolioResponse]:
    """The body is a file: CSV with a header, or one JSON object in each line. At most 50,000 rows in 32 MiB.

    Every row is an application as in `POST /v1/decisions`. A line that is none is refused by itself, with its number
    and what is wrong; the others go on.
    """
    kind = _KINDS.get(request.content_type[0].lower())
    if kind is None:
        raise UnsupportedMediaTypeError(f"send the file with one of the content types {', '.join(_KINDS)}")
    _check(request, name, idempotency_key)
    content = await read_bounded(request, PORTFOLIO_BYTES)
    lines = await anyio.to_thread.run_sync(read_portfolio, content, kind, limiter=workers)
    rows = rows_of(
        lines,
        today=day_in_berlin(clock()),
        serving=in_force.serving.of(request.user.lender_id),
        sources=sources,
        request_id=request_id_of(request),
    )
    first = await anyio.to_thread.run_sync(lambda: list(islice(rows, _FIRST)), limiter=workers)
    if len(first) < _FIRST and not any(isinstance(row, Row) for row in first):
        raise InvalidFieldsError(_nothing_in(first))
    rows = chain(first, rows)
    sha256 = await anyio.to_thread.run_sync(lambda: hashlib.sha256(content).hexdigest(), limiter=workers)
    return await _accept(request, portfolios, rows, name, priority, idempotency_key, sha256)


@post(
    "/v1/connected-portfolios",
    guards=[needs(*_WRITERS)],
    operation_id="createPortfolioOfConnected",
    operation_class=operation(
        known.INVALID_REQUEST, known.KEY_REUSED, known.PORTFOLIO_STATE, leads_to={"getPortfolio": "portfolio_id"}
    ),
    tags=["portfolios"],
    summary="Decide again on every connected borrower",
)
async def create_portfolio_of_connected(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Principal, Any, Any],
    portfolios: NamedDependency[Portfolios],
    in_force: NamedDependency[InForce],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
    name: Name = None,
    priority: Priority = USUAL_PRIORITY,
    idempotency_key: Key = None,
) -> Response[PortfolioResponse]:
    """One row for each borrower of your lender with a connection for decisions that works; at most 50,000.

    Where several work, the newest is read. Product, amount and term are those of the newest decision on the borrower.
    Who has had none is refused. No account for the pay-out is named. `line` follows the references in their order; who
    is connected while rows are stored comes last.
    """
    _check(request, name, idempotency_key)
    if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
        error = FieldError(field="body", message="must be empty: a file of applications goes to /v1/portfolios")
        raise InvalidFieldsError([error])
    try:
        found = await portfolios.applications_again(request.user.lender_id)
    except TooManyConnectedError as error:
        raise InvalidFieldsError([FieldError(field="connections", message=str(error))]) from None
    serving = in_force.serving.of(request.user.lender_id)
    today = day_in_berlin(clock())
    rows = connected_rows(found, today=today, serving=serving, sources=sources, request_id=request_id_of(request))
    return await _accept(request, portfolios, rows, name, priority, idempotency_key, None)


@get(
    "/v1/portfolios",
    guards=[needs(*READERS)],
    operation_id="listPortfolios",
    operation_class=operation(known.INVALID_REQUEST),
    tags=["portfolios"],
    summary="List portfolios",
)
async def get_portfolios(
    request: Request[Principal, Any, Any],
    portfolios: NamedDependency[Portfolios],
    cursor: Annotated[str | None, cursor_parameter("pfo")] = None,
    limit: Limit = 50,
) -> PortfolioList:
    """Newest first, with how far each has come."""
    check_parameters(request, frozenset({"cursor", "limit"}), prefix="pfo")
    found = await portfolios.page(request.user.lender_id, before=cursor, limit=limit + 1)
    page, next_cursor = page_of(found, limit, lambda one: one.id)
    return PortfolioList(items=[present_portfolio(one) for one in page], next_cursor=next_cursor)


@get(
    "/v1/portfolios/{portfolio_id:str}",
    guards=[needs(*READERS)],
    operation_id="getPortfolio",
    operation_class=operation(known.NOT_FOUND),
    tags=["portfolios"],
    summary="Read how a portfolio stands",
)
async def get_portfolio(
    request: Request[Principal, Any, Any], portfolio_id: PortfolioId, portfolios: NamedDependency[Portfolios]
) -> PortfolioResponse:
    """Its state, and its rows by state."""
    return present_portfolio(await portfolios.find(request.user.lender_id, portfolio_id))


@post(
    "/v1/portfolios/{portfolio_id:str}/pause",
    guards=[needs(*_WRITERS)],
    operation_id="pausePortfolio",
    operation_class=operation(known.NOT_FOUND, known.PORTFOLIO_STATE),
    tags=["portfolios"],
    summary="Pause a portfolio",
    status_code=200,
)
async def pause_portfolio(
    request: Request[Principal, Any, Any], portfolio_id: PortfolioId, portfolios: NamedDependency[Portfolios]
) -> PortfolioResponse:
    """No further row is begun; what has begun is finished. It expires while it is paused, too."""
    return present_portfolio(await portfolios.pause(who_of(request, request.user), portfolio_id))


@post(
    "/v1/portfolios/{portfolio_id:str}/resume",
    guards=[needs(*_WRITERS)],
    operation_id="resumePortfolio",
    operation_class=operation(known.NOT_FOUND, known.PORTFOLIO_STATE),
    tags=["portfolios"],
    summary="Go on with a portfolio",
    status_code=200,
)
async def resume_portfolio(
    request: Request[Principal, Any, Any], portfolio_id: PortfolioId, portfolios: NamedDependency[Portfolios]
) -> PortfolioResponse:
    """Rows are begun again, also where it rests because the quota of its key was used up."""
    return present_portfolio(await portfolios.resume(who_of(request, request.user), portfolio_id))


@post(
    "/v1/portfolios/{portfolio_id:str}/cancel",
    guards=[needs(*_WRITERS)],
    operation_id="cancelPortfolio",
    operation_class=operation(known.NOT_FOUND),
    tags=["portfolios"],
    summary="Cancel a portfolio",
    status_code=200,
)
async def cancel_portfolio(
    request: Request[Principal, Any, Any], portfolio_id: PortfolioId, portfolios: NamedDependency[Portfolios]
) -> PortfolioResponse:
    """Ends what has not ended, and deletes its applications. Decisions that were made stay."""
    return present_portfolio(await portfolios.cancel(who_of(request, request.user), portfolio_id))


@get(
    "/v1/portfolios/{portfolio_id:str}/results",
    guards=[needs(*READERS)],
    operation_id="getPortfolioResults",
    operation_class=operation(
        known.NOT_FOUND,
        known.INVALID_REQUEST,
        further={"200": _RESULTS},
    ),
    tags=["portfolios"],
    summary="Read the results of a portfolio",
)
async def get_results(
    request: Request[Principal, Any, Any],
    portfolio_id: PortfolioId,
    portfolios: NamedDependency[Portfolios],
    workers: NamedDependency[CapacityLimiter],
    form: Annotated[
        Literal["json", "csv", "parquet"] | None,
        QueryParameter(name="format", description="Without it, as `Accept` says: CSV or Parquet, else JSON."),
    ] = None,
    after: Annotated[
        int, QueryParameter(ge=0, le=10**9, description="`next_after` of the previous page; of JSON alone.")
    ] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=200, description="Most rows of a page; of JSON alone.")] = 50,
) -> Response[Any]:
    """In the order of the file: JSON page by page, CSV and Parquet as a whole, as far as it has come.

    A file has no pages: `after` and `limit` with CSV or Parquet are refused.

    Rows of restricted borrowers are listed for auditors and administrators alone.
    """
    check_parameters(request, frozenset({"format", "after", "limit"}), prefix="pfo")
    who, sees_all = who_of(request, request.user), request.user.sees_restricted
    accepted = request.headers.get("accept", "")
    wanted = form or ("parquet" if PARQUET in accepted else "csv" if CSV in accepted else "json")
    bind_contextvars(portfolio_id=portfolio_id)
    if wanted == "json":
        found = await portfolios.rows(who, portfolio_id, after=after, limit=limit + 1, with_restricted=sees_all)
        page = list(found)[:limit]
        more = page[-1].line if len(found) > limit else None
        return Response(PortfolioRowList(items=[present_row(one) for one in page], next_after=more))
    paged = [name for name in ("after", "limit") if name in request.query_params]
    if paged:
        await portfolios.find(request.user.lender_id, portfolio_id)  # one that is unknown is told to be so
        raise InvalidFieldsError([FieldError(field=name, message=_PAGED.format(format=wanted)) for name in paged])
    rows = await portfolios.all_rows(who, portfolio_id, with_restricted=sees_all)
    write = write_parquet if wanted == "parquet" else write_csv
    content = await anyio.to_thread.run_sync(lambda: write(frame_of(rows)), limiter=workers)
    disposition = f'attachment; filename="{portfolio_id}.{wanted}"'
    media_type = PARQUET if wanted == "parquet" else CSV
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})


@get(
    "/v1/portfolios/{portfolio_id:str}/summary",
    guards=[needs(*READERS)],
    operation_id="getPortfolioSummary",
    operation_class=operation(known.NOT_FOUND),
    tags=["portfolios"],
    summary="Sum up a portfolio",
)
async def get_summary(
    request: Request[Principal, Any, Any], portfolio_id: PortfolioId, portfolios: NamedDependency[Portfolios]
) -> PortfolioSummaryResponse:
    """Verdicts, grades and scores, and who moved since the decision before; as far as it has come."""
    who = who_of(request, request.user)
    found = await portfolios.summary(who, portfolio_id, with_restricted=request.user.sees_restricted)
    return present_summary(await portfolios.find(request.user.lender_id, portfolio_id), found)


def read_portfolio(content: bytes, kind: FileKind) -> list[Line]:
    """The lines of a file.

    Raises:
        InvalidFieldsError: nothing of it can be read, or it has too many.
    """
    try:
        return read_lines(content, kind)
    except PortfolioFileError as error:
        raise InvalidFieldsError([FieldError(field="file", message=str(error))]) from None


def present_portfolio(found: Portfolio) -> PortfolioResponse:
    """A portfolio as the interface shows it."""
    path = f"/v1/portfolios/{found.id}"
    return PortfolioResponse(
        portfolio_id=found.id,
        name=found.name,
        state=found.state,
        priority=found.priority,
        rows=found.rows,
        counts=found.counts,  # type: ignore[arg-type]  # each state by its name
        created_at=found.created_at,
        ended_at=found.ended_at,
        expires_at=found.expires_at,
        rests_until=found.rests_until,
        links={"self": path, "results": f"{path}/results", "summary": f"{path}/summary"},
    )


def present_row(row: StoredRow) -> PortfolioRowResponse:
    """A line as the interface shows it."""
    now = row.outcome
    return PortfolioRowResponse(
        line=row.line,
        state=row.state,  # type: ignore[arg-type]  # each state by its name
        borrower_ref=row.borrower_ref,
        job_id=row.job_id,
        decision_id=row.decision_id,
        ended_at=row.ended_at,
        verdict=None if now is None else now.verdict,
        recommendation=None if now is None else now.recommendation,
        score=None if now is None else now.score,
        pd=None if now is None else now.pd,
        grade=None if now is None else now.grade,
        limit=None if now is None or now.limit_cents is None else money(now.limit_cents, _EURO),
        annual_rate_percent=None
        if now is None or now.annual_rate_bps is None
        else f"{now.annual_rate_bps // 100}.{now.annual_rate_bps % 100:02d}",
        causes=[] if now is None else list(now.causes),
        before=None if row.before is None else EarlierResponse(**msgspec.structs.asdict(row.before)),
        problem=None if row.problem is None else msgspec.json.decode(row.problem, type=Problem),
        links={} if row.decision_id is None else {"decision": links_of(row.decision_id)["self"]},
    )


def present_summary(portfolio: Portfolio, found: PortfolioSummary) -> PortfolioSummaryResponse:
    """A summary as the interface shows it."""
    scores, swaps = found.scores, found.swaps
    told = summary_text(found)
    distribution = None
    if scores is not None:
        bands = {str(start): count for start, count in scores.bands.items()}
        distribution = ScoreDistribution(**{**msgspec.structs.asdict(scores), "bands": bands})
    return PortfolioSummaryResponse(
        portfolio_id=portfolio.id,
        state=portfolio.state,
        counts=found.states,  # type: ignore[arg-type]  # each state by its name
        verdicts=found.verdicts,
        recommendations=found.recommendations,
        grades=found.grades,
        scores=distribution,
        causes=found.causes,
        sole_causes=found.sole_causes,
        swaps=SwapSet(**msgspec.structs.asdict(swaps), moved=swaps.moved),
        text=BothLanguages(de=told.de, en=told.en),
    )


def _check(request: Request[Principal, Any, Any], name: str | None, idempotency_key: str | None) -> None:
    check_parameters(request, frozenset({"name", "priority"}), prefix="pfo")
    check_key(request, idempotency_key)
    if name is not None and _NAME.fullmatch(name) is None:
        raise InvalidFieldsError([FieldError(field="name", message="must be 1 to 120 printable characters")])


def _nothing_in(refused: Sequence[Row | Refused]) -> list[FieldError]:
    """Why a file has no application: what is wrong with its first lines."""
    told = [one for one in refused if isinstance(one, Refused)][:_MOST_TOLD]
    problems = [(one.line, msgspec.json.decode(one.problem, type=Problem)) for one in told]
    return [FieldError(field=f"line {line}", message=problem.detail) for line, problem in problems]


async def _accept(
    request: Request[Principal, Any, Any],
    portfolios: Portfolios,
    rows: Iterator[Row | Refused],
    name: str | None,
    priority: int,
    idempotency_key: str | None,
    file_sha256: str | None,
) -> Response[PortfolioResponse]:
    order = Order(
        name=name,
        priority=priority,
        idempotency_key=idempotency_key,
        key_prefix=request.user.key_prefix,
        file_sha256=file_sha256,
    )
    shown = present_portfolio(await portfolios.accept(who_of(request, request.user), order, rows))
    bind_contextvars(portfolio_id=shown.portfolio_id)
    return Response(shown, headers={"Location": shown.links["self"]})
