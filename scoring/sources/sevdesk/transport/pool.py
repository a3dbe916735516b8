"""Gives back connections that httpcore forgets.

httpcore 1.0 loses track of a connection whose request is cancelled while it is being set up or cleaned up
(https://github.com/encode/httpcore/issues/1093): it is neither idle nor closed, belongs to no request, and keeps its
place in the pool for ever. Fetches are cancelled as a matter of course, at the deadline and when a sibling fails: the
shared pool would run dry. The remedy is the one proposed there: what no request owns and is not idle is closed.
"""

import httpcore
import httpx


async def close_orphans(http: httpx.AsyncClient, base_url: str) -> int:
    """Close the connections to ``base_url`` that no request owns.

    Returns:
        How many there were.
    """
    transport = http._transport_for_url(httpx.URL(base_url))  # noqa: SLF001  httpx has no public way to its pool
    pool = getattr(transport, "_pool", None)
    if not isinstance(pool, httpcore.AsyncConnectionPool):
        return 0
    owned = {id(request.connection) for request in pool._requests}  # noqa: SLF001  nor has httpcore
    orphans = [c for c in pool.connections if id(c) not in owned and not c.is_idle()]
    for connection in orphans:
        # Out of the pool first, so that even a cancellation in between frees the place.
        pool._connections.remove(connection)  # noqa: SLF001  as above
    for connection in orphans:
        await connection.aclose()
    return len(orphans)
