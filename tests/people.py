"""People for tests: added to a service's database, and a browser without a window that keeps cookies."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

import httpx
from argon2 import PasswordHasher
from service import Service

from scoring.base.secrets import Secret
from scoring.store.database import Database
from scoring.store.persons import add_person
from scoring.store.principals import Principal, Role

PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


@dataclass(kw_only=True)
class Visitor:
    """A browser: it keeps cookies and the token of the last form that it saw."""

    http: httpx.AsyncClient
    token: str = ""

    async def get(self, path: str, **parameters: str) -> httpx.Response:
        """Open a page."""
        return self._seen(await self.http.get(path, params=parameters or None))

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form with the token of the last one seen, unless ``csrf`` is given."""
        return self._seen(await self.http.post(path, data={"csrf": self.token, **fields}))

    async def sign_in(self, name: str = "anna", *, lender: str = "bank", password: str = PASSWORD) -> httpx.Response:
        """Fill in the form."""
        await self.get("/sign-in")
        return await self.post("/sign-in", lender=lender, name=name, password=password)

    def _seen(self, page: httpx.Response) -> httpx.Response:
        found = _TOKEN.search(page.text)
        self.token = found[1] if found else self.token
        return page


async def add(service: Service, *roles: Role, name: str = "anna", lender: str = "bank") -> None:
    """A person with the password of this module; by default an underwriter."""
    wanted = Principal(id="", lender_id=lender, kind="person", name=name, roles=frozenset(roles or {Role.UNDERWRITE}))
    database = Database(service.settings.database_url)
    await add_person(database, wanted, _hashed(), now=service.clock(), randomness=service.app.state.randomness)
    await database.close()


@cache
def _hashed() -> Secret:
    """With the least work that argon2 knows: the parameters stand in the hash, and checking it goes by them."""
    return Secret(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD))


@asynccontextmanager
async def visiting(service: Service, *, address: str = "127.0.0.1", language: str = "en") -> AsyncIterator[Visitor]:
    """A browser that has not been here before, at a network address."""
    transport = httpx.ASGITransport(app=service.app, client=(address, 1))  # type: ignore[arg-type]  # litestar types scopes more narrowly
    headers = {"Accept": "text/html", "Accept-Language": language}
    async with httpx.AsyncClient(transport=transport, base_url="http://pages.example", headers=headers) as http:
        yield Visitor(http=http)
