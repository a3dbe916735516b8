"""The TypeScript client: its own tests, and in front of a real service."""

import asyncio
from pathlib import Path

from listening import served
from node import npm, typescript_client_in
from service import TOKEN


async def test_the_typescript_client(tmp_path: Path) -> None:
    """It is generated from today's description, compiles under strict rules, and works in front of a service."""
    folder = await asyncio.to_thread(typescript_client_in, tmp_path)
    status, printed = await asyncio.to_thread(npm, folder, "run", "check-generated")
    assert status == 0, f"clients/typescript/src/schema.ts is not current: make clients\n{printed}"
    async with served(tmp_path / "data", is_webhook_inside_allowed=True) as (service, url):
        environ = {
            "HAUPTBUCH_URL": url,
            "HAUPTBUCH_KEY": service.keys["bank"],
            "HAUPTBUCH_NOW": str(int(service.clock().timestamp())),
            "SEVDESK_TOKEN": TOKEN,
        }
        status, printed = await asyncio.to_thread(npm, folder, "test", **environ)
    assert status == 0, printed
    assert "skipped 0" in printed
