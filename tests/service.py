"""A whole service for tests: hand-made model, real policy, a local sevdesk without a network, a temporary database."""

import base64
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from litestar import Litestar
from postgres import migrate
from unit.sandbox_server.building import TODAY, TOKEN, account, books_of, contact, invoice, sevdesk_object, transaction

from features.derive import CATALOGUE
from models.points import PointsTable
from models.steps import FeatureSteps
from sandbox.objects.books import Books
from sandbox.server.app import create_app as create_sandbox
from sandbox.server.faults import Fault, Faults
from scoring.app import RouteTable, create_app
from scoring.base.identifiers import BERLIN
from scoring.base.secrets import EncryptionKey, Secret
from scoring.base.signing import SigningKeys, new_signing_keys
from scoring.decisions.decision import ModelCard
from scoring.runtime.serving import Serving, combine, newest_policy_file
from scoring.runtime.settings import Settings
from scoring.store.database import Database
from scoring.store.principals import Principal, Role, add_key
from scoring.store.retention import Periods, kinds_of, remove_due
from scoring.store.statements import Signer
from scoring.telemetry.telemetry import Traces

REVOKED = "f" * 32
HOLDER = "Bäckerei Öztürk & Söhne"
"""Whose account the firm's token opens."""
IBAN = "DE89370400440532013000"
KEY_MATERIAL = base64.b64encode(bytes(range(32))).decode()
SIGNING_KEYS = new_signing_keys(lambda size: bytes(range(size)))
"""A JWK Set with the key ``s00010203``."""


class Clock:
    """A clock that only moves when told; noon on the sandbox's day."""

    def __init__(self) -> None:
        self.now = datetime(TODAY.year, TODAY.month, TODAY.day, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The moment it stands at."""
        return self.now

    def advance(self, **amounts: float) -> None:
        """Let time pass."""
        self.now += timedelta(**amounts)


@cache
def a_serving(*, is_simulated: bool = False) -> Serving:
    """Three features of the catalogue in a hand-made points table, under the newest policy."""
    table = PointsTable(
        schema=1,
        kind="additive_steps",
        base=560.0,
        features=tuple(
            FeatureSteps(
                name=name,
                precision=CATALOGUE[name].precision,
                edges=(edge,),
                points=(20.0, -20.0),
                missing_points=-5.0,
                typical=edge / 2,
                shares=(0.6, 0.3),
                missing_share=0.1,
                bad_rates=(0.02, 0.08),
                missing_bad_rate=0.05,
            )
            for name, edge in (("receivables_dso_days_3m", 45.0), ("receivables_overdue_share", 0.2))
        ),
    )
    card = ModelCard(
        name="sme",
        version="1",
        sha256="a" * 64,
        is_simulated=is_simulated,
        horizon_months=12,
        definition="test",
    )
    return combine(card, table, newest_policy_file().read_bytes())


def _sqlite_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'test.sqlite'}"


database_in: Callable[[Path], str] = _sqlite_in
"""The address of the database of a service with its data in a folder; a fixture puts PostgreSQL in its place."""


def settings_in(folder: Path, **changes: Any) -> Settings:  # noqa: ANN401  fields of Settings
    """Settings with a database in a temporary folder."""
    values: dict[str, Any] = {
        "data_dir": folder,
        "database_url": Secret(database_in(folder)),
        "sevdesk_url": "http://sandbox/api/v1",
        "is_sevdesk_sandbox": True,
        "encryption_keys": (EncryptionKey(id="k1", material=Secret(KEY_MATERIAL)),),
        "signing_keys": Secret(SIGNING_KEYS),
        "fetch_deadline_seconds": 60.0,
    }
    return Settings(**(values | changes))


def a_lenders_file(folder: Path) -> Path:
    """How the bank signs what it writes to applicants."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "lenders.toml"
    path.write_text(
        """
[lenders.bank]
name = "Muster Bank AG"
address = "Bahnhofstraße 1, 10115 Berlin"
contact = "Kreditservice, Frau Petra Beispiel"
email = "kredit@bank.example"
phone = "+49 30 1234567"
privacy_email = "datenschutz@bank.example"
"""
    )
    return path


def environ_of(settings: Settings) -> dict[str, str]:
    """The settings of a command on the database and with the keys of a service."""
    return {
        "SCORING_DATABASE_URL": settings.database_url.reveal(),
        "SCORING_ENCRYPTION_KEYS": f"k1:{KEY_MATERIAL}",
        "SCORING_SIGNING_KEYS": SIGNING_KEYS,
    }


def a_firm() -> Books:
    """Two years of invoices, all but the last paid, and a bank account."""
    rows: list[dict[str, Any]] = [contact(7), account(5, lastSync="2026-09-30T00:00:00+02:00", importType=None)]
    rows.append(sevdesk_object("SevClient", 1, name=HOLDER, taxNumber="133/8150/8159", vatNumber=None))
    for month in range(24):
        year, number = divmod(2024 * 12 + 9 + month, 12)
        day, paid = (datetime(year, number + 1, on, tzinfo=BERLIN).isoformat() for on in (1, 15))
        rows += [
            invoice(
                1000 + month * 10 + index,
                invoiceDate=day,
                create=day,
                status="1000",
                paidAmount=11900,
                payDate=paid,
                sumNet="10000",
                sumGross="11900",
            )
            for index in range(3)
        ]
        rows += [
            transaction(5000 + month, "35700", on=paid, create=paid),
            transaction(6000 + month, "-30000", on=paid, create=paid),
        ]
    return books_of(*rows)


def late_firm(*numbers: str) -> Books:
    """The same with two invoices that are long overdue, whose numbers the firm chose itself."""
    books = a_firm()
    day = "2026-07-01T00:00:00+02:00"
    late = books_of(
        *(
            invoice(9000 + n, invoiceNumber=number, invoiceDate=day, create=day, sumNet="500", sumGross="595")
            for n, number in enumerate(numbers or ("RE Änne-0", "RE Änne-1"))
        )
    )
    invoices = {name: [*books.objects.get(name, ()), *objects] for name, objects in late.objects.items()}
    return replace(books, objects={**books.objects, **invoices})


def firms() -> list[Books]:
    """A firm with books, and one whose token was revoked."""
    return [
        a_firm(),
        books_of(invoice(1), firm="revoked", token=REVOKED, is_revoked=True),
    ]


@dataclass(kw_only=True)
class Service:
    """A running service and what a test may turn."""

    app: Litestar
    http: httpx.AsyncClient
    settings: Settings
    clock: Clock
    faults: Faults
    keys: dict[str, str] = field(default_factory=dict)

    async def key(self, *roles: Role, lender: str = "bank", name: str = "", kind: str = "system") -> str:
        """A key with these roles; ``person`` where one uses it, who may vote."""
        wanted = Principal(
            id="",
            lender_id=lender,
            kind=kind,
            name=name or f"{lender}-{'-'.join(roles)}",
            roles=frozenset(roles),
        )
        database = Database(self.settings.database_url)
        key, _ = await add_key(database, wanted, now=self.clock(), randomness=self.app.state.randomness)
        await database.close()
        return key

    async def post(self, path: str, body: Any, *, key: str | None = None, **headers: str) -> httpx.Response:  # noqa: ANN401  any JSON
        """POST as the lender ``bank``, unless another key is given."""
        return await self.http.post(path, json=body, headers={**self._authorised(key), **headers})

    async def send(self, method: str, path: str, body: Any, *, key: str | None = None) -> httpx.Response:  # noqa: ANN401  any JSON
        """Send a body with any method as the lender ``bank``, unless another key is given."""
        return await self.http.request(method.upper(), path, json=body, headers=self._authorised(key))

    async def person(self, name: str = "petra") -> str:
        """The key of a person of the lender ``bank`` with every role: for what a system may not do."""
        if name not in self.keys:
            self.keys[name] = await self.key(*Role, name=name, kind="person")
        return self.keys[name]

    async def get(self, path: str, *, key: str | None = None, **parameters: str) -> httpx.Response:
        """GET as the lender ``bank``, unless another key is given."""
        return await self.http.get(path, params=parameters, headers=self._authorised(key))

    async def delete(self, path: str, *, key: str | None = None) -> httpx.Response:
        """DELETE as the lender ``bank``, unless another key is given."""
        return await self.http.delete(path, headers=self._authorised(key))

    def _authorised(self, key: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys['bank'] if key is None else key}"}


_PERIODS = Periods(
    decisions=3653, loans=3653, connections=400, consents=1461, links=90, idempotency=90, events=30, audit=1461
)
_MIGRATED: list[bytes] = []
_IDLE: list[RouteTable] = []
"""Of services that have ended as they should; building one takes half as long as all else of a start."""


async def _migrated() -> bytes:
    """A SQLite file with the newest schema, to be copied: migrating one takes longer, and is tested elsewhere."""
    if not _MIGRATED:
        with TemporaryDirectory() as folder:
            await migrate(_sqlite_in(Path(folder)))
            _MIGRATED.append((Path(folder) / "test.sqlite").read_bytes())
    return _MIGRATED[0]


def _copy(database: bytes, folder: Path) -> None:
    """Unless the folder has one already."""
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError), (folder / "test.sqlite").open("xb") as file:
        file.write(database)


@asynccontextmanager
async def running(
    folder: Path,
    *,
    books: Sequence[Books] | None = None,
    faults: Sequence[Fault] = (),
    transport: httpx.AsyncBaseTransport | None = None,
    is_networked: bool = False,
    serving: Serving | None = None,
    clock: Clock | None = None,
    traces: Traces | None = None,
    **changes: Any,  # noqa: ANN401  fields of Settings
) -> AsyncIterator[Service]:
    """A service with its database, started and stopped; ``is_networked`` where it reaches sevdesk as it does in use."""
    settings = settings_in(folder, **changes)
    if settings.database_url.reveal() == _sqlite_in(folder):
        _copy(await _migrated(), folder)
    clock = clock or Clock()
    in_force = Faults(faults)
    sandbox = create_sandbox(firms() if books is None else books, today=lambda: TODAY, faults=in_force)
    if transport is None and not is_networked:
        transport = httpx.ASGITransport(app=sandbox)  # type: ignore[arg-type]  # litestar types scopes more narrowly
    is_usual = settings.operator is None
    routes = _IDLE.pop() if is_usual and _IDLE else RouteTable(settings.operator)
    app = create_app(settings, serving or a_serving(), clock=clock, traces=traces, transport=transport, routes=routes)
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://service") as http,  # type: ignore[arg-type]  # the same
    ):
        service = Service(app=app, http=http, settings=settings, clock=clock, faults=in_force)
        service.keys["bank"] = await service.key(*Role)
        yield service
    if is_usual:
        _IDLE.append(routes)


async def retain(database: Database, now: datetime) -> dict[str, int]:
    """Delete what is past its retention, as the command does; returns the counts by kind."""
    kinds = kinds_of(_PERIODS, Signer(keys=SigningKeys(SIGNING_KEYS), randomness=os.urandom), now=now, today=now.date())
    return {kind.name: await remove_due(database, kind, done=lambda _count: None) for kind in kinds}


async def purge_snapshots(database: Database, now: datetime) -> int:
    """Delete snapshots that are past their retention, as the commands do; returns how many there were."""
    kind = next(
        kind
        for kind in kinds_of(
            _PERIODS, Signer(keys=SigningKeys(SIGNING_KEYS), randomness=os.urandom), now=now, today=now.date()
        )
        if kind.name == "snapshots"
    )
    return await remove_due(database, kind, done=lambda _count: None)


def application(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """An application of the firm with books; None removes a field."""
    body: dict[str, Any] = {
        "borrower_ref": "firm-1",
        "legal_form": "gmbh",
        "product": "working_capital",
        "amount": {"value": "25000.00", "currency": "EUR"},
        "term_months": 12,
        "sevdesk_token": TOKEN,
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def link_order(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """A request for a link for the firm with books; None removes a field."""
    body: dict[str, Any] = {
        "borrower_ref": "firm-1",
        "return_url": "https://bank.example/application/4711?step=2",
        "lender": {
            "name": "Muster Bank",
            "privacy_url": "https://bank.example/privacy",
            "privacy_email": "privacy@bank.example",
        },
    }
    return {name: value for name, value in (body | changes).items() if value is not None}
