"""What a path can be asked for: the ``Allow`` header of answers to other methods, and to ``OPTIONS``."""

from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.types import Message, Scope


def methods_of(app: Litestar, path: str) -> str:
    """The methods of all routes that a path leads to, as ``Allow`` has them."""
    asked = path.strip("/").split("/")
    found: set[str] = set()
    for route in app.routes:
        parts = route.path_format.strip("/").split("/")
        if isinstance(route, HTTPRoute) and len(parts) == len(asked):
            matches = all(part == given or part.startswith("{") for part, given in zip(parts, asked, strict=True))
            found |= set(route.methods) if matches else set()
    return ", ".join(sorted(found))


async def name_methods(message: Message, scope: Scope) -> None:
    """Let answers to ``OPTIONS`` name every method: Litestar's own name those of the handler added first."""
    if message["type"] == "http.response.start" and scope.get("method") == "OPTIONS":
        others = [(name, value) for name, value in message["headers"] if name.lower() != b"allow"]
        message["headers"] = [*others, (b"allow", methods_of(scope["litestar_app"], scope["path"]).encode())]
