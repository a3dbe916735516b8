"""The suite itself: each way to break a law is found by the check of that law."""

from collections.abc import Awaitable, Callable, Collection
from datetime import date
from typing import Any

import msgspec
import polars as pl
import pytest
from contract.sources import suite
from contract.sources.memory import Invoice, MemoryBench, MemorySource
from contract.sources.suite import Bench
from typing_extensions import override

from features.ledger import Resource
from scoring.base.credentials import Credential
from scoring.sources.bank_lines.recognition import NOT_TOLD, Called
from scoring.sources.errors import CredentialRejectedError
from scoring.sources.port import AccountHolder, BuiltBooks, DocumentKey, OwnDocument, ReadBooks


class _FirstPageOnly(MemorySource):
    """Stops after one page."""

    @override
    async def _page(self, credential: Credential, offset: int) -> list[Invoice]:
        return [] if offset else await super()._page(credential, offset)


class _TellsSecrets(MemorySource):
    """Repeats the secret in its error."""

    @override
    async def check(self, credential: Credential, *, deadline_seconds: float) -> None:
        try:
            await super().check(credential, deadline_seconds=deadline_seconds)
        except CredentialRejectedError:
            raise CredentialRejectedError(f"unknown: {credential.secret.reveal()}") from None


class _Guessing(MemorySource):
    """Says a name where none is told."""

    @override
    async def read_holder(self, credential: Credential, *, deadline_seconds: float) -> AccountHolder:
        told = await super().read_holder(credential, deadline_seconds=deadline_seconds)
        return msgspec.structs.replace(told, name=told.name or "unknown")


class _Patient(MemorySource):
    """Waits as long as it likes, and makes nothing of it."""

    @override
    async def _within(self, seconds: float, work: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return await super()._within(seconds, work)
        except suite.DeadlineExceededError:
            return []


class _Greedy(MemorySource):
    """Asks for invoices, whatever is needed."""

    @override
    async def read(self, credential: Credential, resources: frozenset[Resource], **options: Any) -> ReadBooks:
        return await super().read(credential, resources | {Resource.INVOICES}, **options)


class _Changed(ReadBooks):
    """Books whose ledger comes out otherwise."""

    def __init__(self, books: ReadBooks, change: Callable[[BuiltBooks], BuiltBooks]) -> None:
        self._books = books
        self._change = change

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
        built = self._books.build(hash_key=hash_key, payout_iban=payout_iban, own=own, called=called)
        return self._change(built)

    @override
    def find_numbers(self, documents: Collection[DocumentKey]) -> dict[DocumentKey, str]:
        return self._books.find_numbers(documents)


class _Talkative(MemorySource):
    """Notes a name."""

    @override
    async def read(self, credential: Credential, resources: frozenset[Resource], **options: Any) -> ReadBooks:
        def change(built: BuiltBooks) -> BuiltBooks:
            return msgspec.structs.replace(
                built, coverage=msgspec.structs.replace(built.coverage, notes=(suite.CUSTOMER,))
            )

        return _Changed(await super().read(credential, resources, **options), change)


class _Unordered(MemorySource):
    """Keeps the order of the list."""

    _readings = 0

    @override
    async def read(self, credential: Credential, resources: frozenset[Resource], **options: Any) -> ReadBooks:
        _Unordered._readings += 1
        is_odd = _Unordered._readings % 2 == 1

        def change(built: BuiltBooks) -> BuiltBooks:
            frames = built.ledger.frames()
            frames["invoices"] = frames["invoices"].reverse() if is_odd else frames["invoices"]
            return msgspec.structs.replace(built, ledger=type(built.ledger)(**frames, fetched=built.ledger.fetched))

        return _Changed(await super().read(credential, resources, **options), change)


class _Undated(MemorySource):
    """Takes the day of reading for the day of every payment."""

    @override
    async def read(self, credential: Credential, resources: frozenset[Resource], **options: Any) -> ReadBooks:
        read_on: date = options["read_on"]

        def change(built: BuiltBooks) -> BuiltBooks:
            frames = built.ledger.frames()
            days = [pl.lit(read_on).alias("happened_on"), pl.lit(read_on).alias("recorded_on")]
            frames["payments"] = frames["payments"].with_columns(days)
            return msgspec.structs.replace(built, ledger=type(built.ledger)(**frames, fetched=built.ledger.fetched))

        return _Changed(await super().read(credential, resources, **options), change)


class _Forgetful(MemorySource):
    """Leaves out whatever is old, also where it is open."""

    @override
    async def read(self, credential: Credential, resources: frozenset[Resource], **options: Any) -> ReadBooks:
        since: date | None = options["since"]

        def change(built: BuiltBooks) -> BuiltBooks:
            frames = built.ledger.frames()
            if since is not None:
                frames["invoices"] = frames["invoices"].filter(pl.col("issued_on") >= since)
            return msgspec.structs.replace(built, ledger=type(built.ledger)(**frames, fetched=built.ledger.fetched))

        return _Changed(await super().read(credential, resources, **options), change)


class _Unnamed(MemorySource):
    """Does not say which text an integer is."""

    @override
    async def read(self, credential: Credential, resources: frozenset[Resource], **options: Any) -> ReadBooks:
        def change(built: BuiltBooks) -> BuiltBooks:
            return msgspec.structs.replace(built, source_ids=())

        return _Changed(await super().read(credential, resources, **options), change)


@pytest.mark.parametrize(
    ("source", "check"),
    [
        (_FirstPageOnly, suite.paging),
        (_TellsSecrets, suite.refusal),
        (_Guessing, suite.holder),
        (_Patient, suite.holder),
        (_Patient, suite.deadline),
        (_Greedy, suite.minimisation),
        (_Talkative, suite.minimisation),
        (_Unordered, suite.determinism),
        (_Undated, suite.point_in_time),
        (_Forgetful, suite.window),
        (_Unnamed, suite.identifiers),
    ],
)
async def test_a_broken_source_is_found(source: type[MemorySource], check: Callable[[Bench], Awaitable[None]]) -> None:
    """Each breaks one law."""
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await check(MemoryBench(source))
