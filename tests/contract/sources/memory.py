"""A source in memory whose identifiers are texts, to prove that the suite is not about sevdesk."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from contract.sources.suite import CUSTOMER, GROSS_CENTS, LATER, OLD, RECENT, Trouble, World
from typing_extensions import override

from features.ledger import SCHEMAS, Ledger, Resource
from features.spine import ONLINE_BORROWER
from scoring.base.credentials import Credential, TokenCredential
from scoring.base.secrets import Secret
from scoring.decisions.decision import Coverage, DocumentKind, PayoutCheck
from scoring.sources.bank_lines.recognition import NOT_TOLD, NOTHING_ADDED, Called, LineKnowledge
from scoring.sources.errors import (
    CredentialRejectedError,
    DeadlineExceededError,
    SourceUnavailableError,
    UnexpectedAnswerError,
)
from scoring.sources.port import (
    AccountHolder,
    BookSource,
    BuiltBooks,
    DocumentKey,
    OwnDocument,
    ReadBooks,
)

PAGE_LENGTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """As the system has it."""

    key: str
    number: str
    customer: str
    day: date
    paid_on: date | None


class System:
    """A bookkeeping system that keeps invoices and nothing else."""

    def __init__(self, world: World, asked: set[frozenset[Resource]]) -> None:
        self._world = world
        self._asked = asked
        self._invoices = list(_invoices(world))
        if world.is_reversed:
            self._invoices.reverse()

    async def page(self, secret: str, offset: int) -> list[Invoice] | str:
        """Some invoices, or something else where there is trouble."""
        self._asked.add(frozenset({Resource.INVOICES}))
        await self._let_in(secret)
        if self._world.trouble is Trouble.CONFUSED:
            return "<html>"
        return self._invoices[offset : offset + PAGE_LENGTH]

    async def holder(self, secret: str) -> AccountHolder | str:
        """Whose account it is, or something else where there is trouble."""
        self._asked.add(frozenset())
        await self._let_in(secret)
        return "<html>" if self._world.trouble is Trouble.CONFUSED else self._world.holder

    async def _let_in(self, secret: str) -> None:
        if self._world.trouble is Trouble.UNREACHABLE:
            raise ConnectionRefusedError
        if self._world.trouble is Trouble.SILENT:
            await asyncio.Event().wait()
        if self._world.trouble is None and secret != "right":
            raise PermissionError


def _invoices(world: World) -> Any:  # noqa: ANN401  a generator
    for n in range(world.invoices):
        paid_on = OLD if n == 1 else LATER if n == 0 and world.is_later else None
        yield Invoice(
            key=f"inv-{n:05}", number=f"RE-{n}", customer=CUSTOMER, day=OLD if n < 2 else RECENT, paid_on=paid_on
        )
    if world.is_later:
        yield Invoice(key="inv-00000-b", number="RE-later", customer=CUSTOMER, day=LATER, paid_on=None)


class MemorySource(BookSource):
    """Reads the system page by page."""

    def __init__(self, system: System) -> None:
        self._system = system

    @property
    @override
    def name(self) -> str:
        return "memory"

    @property
    @override
    def is_sandbox(self) -> bool:
        return True

    @override
    def find_fault(self, credential: Credential) -> str | None:
        return None if credential.secret.reveal().isalpha() else "has letters only"

    @override
    def reads(self, resources: frozenset[Resource]) -> frozenset[Resource]:
        return resources & {Resource.INVOICES}

    @override
    def link_to(self, document: DocumentKey) -> str | None:
        del document
        return None

    @override
    async def check(self, credential: Credential, *, deadline_seconds: float) -> None:
        await self._within(deadline_seconds, lambda: self._page(credential, 0))

    @override
    async def read_holder(self, credential: Credential, *, deadline_seconds: float) -> AccountHolder:
        told = await self._within(deadline_seconds, lambda: self._system.holder(credential.secret.reveal()))
        return AccountHolder() if isinstance(told, str) else told

    @override
    async def read(
        self,
        credential: Credential,
        resources: frozenset[Resource],
        *,
        read_on: date,
        since: date | None,
        deadline_seconds: float,
        knowledge: LineKnowledge = NOTHING_ADDED,
        at_most: int | None = None,
        optional: frozenset[Resource] = frozenset(),
    ) -> ReadBooks:
        del knowledge, at_most, optional  # it has no bank lines, no big books, and nothing to refuse

        async def pages() -> list[Invoice]:
            found: list[Invoice] = []
            while Resource.INVOICES in resources:
                page = await self._page(credential, len(found))
                found += page
                if len(page) < PAGE_LENGTH:
                    break
            return found

        invoices = await self._within(deadline_seconds, pages)
        kept = [one for one in invoices if since is None or one.day >= since or one.paid_on is None]
        return _Books(kept, resources & {Resource.INVOICES}, read_on)

    async def _page(self, credential: Credential, offset: int) -> list[Invoice]:
        page = await self._system.page(credential.secret.reveal(), offset)
        if isinstance(page, str):
            raise UnexpectedAnswerError("an answer is no list")
        return page

    async def _within(self, seconds: float, work: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401  of the work
        failure: Exception
        try:
            return await asyncio.wait_for(work(), seconds)
        except TimeoutError:
            failure = DeadlineExceededError("took too long", seconds=seconds)
        except ConnectionRefusedError:
            failure = SourceUnavailableError("cannot be reached")
        except PermissionError:
            failure = CredentialRejectedError("does not know the secret")
        raise failure


class _Books(ReadBooks):
    def __init__(self, invoices: list[Invoice], fetched: frozenset[Resource], read_on: date) -> None:
        self._invoices = invoices
        self._fetched = fetched
        self._read_on = read_on

    @property
    @override
    def parse_seconds(self) -> float:
        return 0.0

    @override
    def build(
        self,
        *,
        hash_key: bytes,
        payout_iban: str | None,
        own: Collection[OwnDocument] = (),
        called: Called = NOT_TOLD,
    ) -> BuiltBooks:
        del payout_iban, own, called  # it has no bills and no bank lines
        source_ids = tuple(sorted(one.key for one in self._invoices))
        numbers = {key: number for number, key in enumerate(source_ids)}
        invoices = sorted(self._invoices, key=lambda one: one.key)
        rows = [
            {
                "borrower": ONLINE_BORROWER,
                "document": "invoice",
                "document_id": numbers[one.key],
                "customer": _pseudonym(hash_key, one.customer),
                "issued_on": one.day,
                "due_on": one.day,
                "is_due_assumed": False,
                "discount_days": None,
                "net_cents": 100_00,
                "gross_cents": GROSS_CENTS,
                "recorded_on": one.day,
                "is_duplicate": False,
                "retention_cents": 0,
            }
            for one in invoices
        ]
        payments = [
            {
                "borrower": ONLINE_BORROWER,
                "document": "invoice",
                "document_id": numbers[one.key],
                "transaction_id": None,
                "amount_cents": GROSS_CENTS,
                "source": "document",
                "happened_on": one.paid_on,
                "recorded_on": one.paid_on,
            }
            for one in invoices
            if one.paid_on is not None
        ]
        frames = {name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()}
        frames["invoices"] = pl.DataFrame(rows, schema=SCHEMAS["invoices"])
        frames["payments"] = pl.DataFrame(payments, schema=SCHEMAS["payments"])
        days = [one.day for one in invoices]
        coverage = Coverage(
            invoice_count=len(rows),
            bill_count=0,
            payment_count=len(payments),
            transaction_count=0,
            account_count=0,
            payment_source="documents" if payments else "none",
            first_on=min(days, default=None),
            last_on=max(days, default=None),
            payout=PayoutCheck.UNKNOWN,
            fetched=tuple(sorted(self._fetched)),
            notes=(),
        )
        return BuiltBooks(ledger=Ledger(**frames, fetched=self._fetched), coverage=coverage, source_ids=source_ids)

    @override
    def find_numbers(self, documents: Collection[DocumentKey]) -> dict[DocumentKey, str]:
        known = {one.key: one.number for one in self._invoices}
        return {(kind, key): known[key] for kind, key in documents if kind is DocumentKind.INVOICE and key in known}  # type: ignore[index]  # texts


def _pseudonym(key: bytes, text: str) -> int:
    return int.from_bytes(hmac.digest(key, text.encode(), hashlib.sha256)[:7], "big")


class MemoryBench:
    """See ``suite.Bench``.

    Args:
        source: What reads the system.
    """

    page_length = PAGE_LENGTH
    credential = TokenCredential(source="memory", secret=Secret("right"))
    revoked = TokenCredential(source="memory", secret=Secret("wrong"))
    malformed = TokenCredential(source="memory", secret=Secret("12345"))

    def __init__(self, source: Callable[[System], BookSource] = MemorySource) -> None:
        self._source = source

    @asynccontextmanager
    async def serving(self, world: World) -> AsyncIterator[tuple[BookSource, set[frozenset[Resource]]]]:
        """The source before a new system."""
        asked: set[frozenset[Resource]] = set()
        yield self._source(System(world, asked)), asked
