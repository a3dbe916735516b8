"""Bare Litestar, the floor of any service here: one route that decodes an application and answers, without any work.

python -m uvicorn benchmarks.bare:app
"""

from litestar import Litestar, post

from scoring.api.schemas.amounts import Money
from scoring.api.schemas.applications import ApplicationRequest


@post("/v1/decisions")
async def echo(data: ApplicationRequest) -> Money:
    """The amount that was asked for."""
    return data.amount


app = Litestar(route_handlers=[echo], openapi_config=None, logging_config=None)
