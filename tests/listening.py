"""The service and the local sevdesk behind real ports, for clients that are not of this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from litestar import Litestar
from service import TODAY, Service, firms, running

from sandbox.server.app import create_app as create_sandbox


@asynccontextmanager
async def listening(app: Litestar) -> AsyncIterator[str]:
    """The address of an app on a free port; it is started and stopped by others."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def served(folder: Path, **changes: Any) -> AsyncIterator[tuple[Service, str]]:  # noqa: ANN401  fields of Settings
    """A service that reads the local sevdesk over HTTP, and its address."""
    async with (
        listening(create_sandbox(firms(), today=lambda: TODAY)) as sevdesk,
        running(folder, is_networked=True, sevdesk_url=f"{sevdesk}/api/v1", **changes) as service,
        listening(service.app) as url,
    ):
        yield service, url
