"""Persons with keys, and policies that they request."""

import os
import re
from typing import Any

import httpx
from service import Service

from scoring.runtime.in_force import read_in_force
from scoring.runtime.serving import Serving, newest_policy_file
from scoring.store.database import Database
from scoring.store.principals import Principal, Role, add_key

SHIPPED = newest_policy_file().read_text()


def a_policy(version: str = "3-strict", **changes: str) -> str:
    """The text of the newest policy under another version, with other values by key."""
    text = re.sub('version = ".*"', f'version = "{version}"', SHIPPED, count=1)
    for key, value in changes.items():
        lines = [line for line in text.splitlines() if line.startswith(f"{key} = ")]
        assert len(lines) == 1, key
        text = text.replace(lines[0], f"{key} = {value}")
    return text


STRICTER = a_policy(approve_at_or_below="0.005", decline_above="0.02")


async def a_key(service: Service, name: str, *roles: Role, lender: str = "bank", kind: str = "person") -> str:
    """The key of a person who may promote everything, unless other roles are given."""
    wanted = Principal(
        id="", lender_id=lender, kind=kind, name=name, roles=frozenset(roles or {Role.PROMOTE_ALL, Role.PROMOTE})
    )
    database = Database(service.settings.database_url)
    key, _ = await add_key(database, wanted, now=service.clock(), randomness=os.urandom)
    await database.close()
    return key


async def requested(service: Service, key: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """A request for the stricter policy, unless another body is given."""
    answer = await service.post("/v1/promotions", {"policy": STRICTER, "reason": "fewer losses"} | body, key=key)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ended(service: Service, key: str, made: dict[str, Any], how: str, reason: str = "seen") -> httpx.Response:
    """What comes of an approval, a rejection or a withdrawal."""
    return await service.post(f"/v1/promotions/{made['promotion_id']}/{how}", {"reason": reason}, key=key)


async def in_force(service: Service) -> Serving:
    """What a start now serves."""
    database = Database(service.settings.database_url)
    found = await read_in_force(service.settings, database, service.app.state.signer)
    await database.close()
    return found
