"""The list of portfolios, and the page of each with its rows and what went wrong with them."""

from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from scoring.api.lists import page_of
from scoring.api.middleware import who_of
from scoring.api.portfolios import READERS
from scoring.api.schemas.problems import Problem
from scoring.base.identifiers import is_id
from scoring.decisions.comparison import ORDER
from scoring.decisions.decision import Verdict
from scoring.pages.access import needs_person, viewer_of
from scoring.pages.rendering import Pages
from scoring.store.jobs import JobState
from scoring.store.portfolios import REFUSED, Wanted
from scoring.usecases.portfolios import Portfolios, UnknownPortfolioError

_ON_A_PAGE: Final = 25
_ROWS: Final = 50
_STATES: Final = (*JobState, REFUSED)
_LINE_DIGITS: Final = 9


@get("/portfolios", guards=[needs_person(*READERS)])
async def get_list(
    request: Request[Any, Any, Any], portfolios: NamedDependency[Portfolios], pages: NamedDependency[Pages]
) -> Response[str]:
    """Newest first."""
    reader, cursor = viewer_of(request).principal, request.query_params.get("cursor", "")
    before = cursor if is_id(cursor, "pfo") else None
    found = await portfolios.page(reader.lender_id, before=before, limit=_ON_A_PAGE + 1)
    items, after = page_of(found, _ON_A_PAGE, lambda one: one.id)
    return pages.respond(
        request,
        "portfolios.html",
        items=items,
        names=await portfolios.senders(reader.lender_id),
        first=None if before is None else "/portfolios",
        more=None if after is None else f"?{urlencode({'cursor': after})}",
    )


@get("/portfolios/{portfolio_id:str}", guards=[needs_person(*READERS)])
async def get_one(
    request: Request[Any, Any, Any],
    portfolio_id: FromPath[str],
    portfolios: NamedDependency[Portfolios],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """One portfolio, with its rows in the order of the file, by state or verdict."""
    reader, given = viewer_of(request).principal, request.query_params
    state, verdict, after = (given.get(name, "") for name in ("state", "verdict", "after"))
    wanted = Wanted(
        state=state if state in _STATES else None,
        verdict=Verdict(verdict) if verdict in set(Verdict) else None,
    )
    start = int(after) if after.isascii() and after.isdigit() and len(after) <= _LINE_DIGITS else 0
    try:
        portfolio = await portfolios.find(reader.lender_id, portfolio_id)
        found = await portfolios.rows(
            who_of(request, reader),
            portfolio_id,
            after=start,
            limit=_ROWS + 1,
            with_restricted=reader.sees_restricted,
            wanted=wanted,
        )
    except UnknownPortfolioError:
        raise NotFoundException from None
    rows = found[:_ROWS]
    path = f"/portfolios/{portfolio.id}"
    kept = {name: value for name, value in (("state", wanted.state), ("verdict", wanted.verdict)) if value}
    return pages.respond(
        request,
        "portfolio.html",
        path=path,
        portfolio=portfolio,
        verdicts=await portfolios.verdicts(portfolio.id, with_restricted=reader.sees_restricted),
        order=ORDER,
        states=_STATES,
        wanted=wanted,
        rows=rows,
        problems={row.line: msgspec.json.decode(row.problem, type=Problem) for row in rows if row.problem},
        names=await portfolios.senders(reader.lender_id),
        first=f"{path}?{urlencode(kept)}" if start else None,
        more=f"{path}?{urlencode({**kept, 'after': rows[-1].line})}" if len(found) > _ROWS else None,
    )
