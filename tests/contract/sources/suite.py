"""What every source of books must do, checked against a bookkeeping system that does what a test asks of it.

A ``Bench`` sets such a system up for one source; each check takes a bench and fails where the source breaks a law.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

import msgspec
import polars as pl
import pytest

from features.contracts import validate_ledger
from features.ledger import SCHEMAS, Ledger, Resource
from scoring.base.credentials import Credential
from scoring.decisions.decision import DocumentKind
from scoring.sources.errors import (
    CredentialRejectedError,
    DeadlineExceededError,
    SourceUnavailableError,
    UnexpectedAnswerError,
)
from scoring.sources.port import AccountHolder, BookSource, BuiltBooks

TODAY: Final = date(2026, 10, 1)
OLD: Final = date(2024, 3, 1)
"""Day of the two oldest invoices: the first is open, the second paid."""
RECENT: Final = date(2026, 6, 1)
"""Day of all others, which are open."""
LATER: Final = TODAY + timedelta(days=10)
"""Day of what happens after today."""
GROSS_CENTS: Final = 119_00
CUSTOMER: Final = "Änne Özdemir"
SUPPLIER: Final = "Papier Peters GmbH"
PAYER: Final = "Jörg Kunde"
PURPOSE: Final = "Miete Weststraße 5"
HOLDER: Final = AccountHolder(name="Bäckerei Öztürk", tax_number="133/8150/8159", vat_id="DE136695976")
PRIVATE: Final = frozenset({CUSTOMER, SUPPLIER, PAYER, PURPOSE, "Bäckerei Öztürk", "133/8150/8159", "DE136695976"})
"""Texts in the books that end at the source."""
KEY: Final = b"k" * 32

_IN_TIME, _SOON = 20.0, 0.3
_DAY: Final = {
    "invoices": "issued_on",
    "bills": "issued_on",
    "credit_notes": "issued_on",
    "payments": "happened_on",
    "settlements": "happened_on",
    "cancellations": "happened_on",
    "reminders": "happened_on",
    "transactions": "happened_on",
}
_DOCUMENTS: Final = frozenset({Resource.INVOICES, Resource.VOUCHERS, Resource.CREDIT_NOTES})
_NEEDS: Final = {
    "invoices": frozenset({Resource.INVOICES, Resource.VOUCHERS}),
    "bills": frozenset({Resource.VOUCHERS}),
    "payments": _DOCUMENTS,
    "settlements": _DOCUMENTS,
    "credit_notes": frozenset({Resource.CREDIT_NOTES}),
    "cancellations": frozenset({Resource.INVOICES}),
    "reminders": frozenset({Resource.REMINDERS}),
    "accounts": frozenset({Resource.ACCOUNTS}),
    "balances": frozenset({Resource.BALANCES}),
    "transactions": frozenset({Resource.TRANSACTIONS}),
    "levels": frozenset({Resource.RECOGNITION}),
    "closings": frozenset({Resource.RECOGNITION}),
    "set_aside": frozenset({Resource.RECOGNITION}),
}
"""Without any of these resources, a frame is empty."""


class Trouble(StrEnum):
    """What the system does instead of answering."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    """It never answers."""
    CONFUSED = "confused"
    """It answers something that its interface does not document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the system holds and how it behaves."""

    invoices: int = 6
    """At least 3; number ``n`` is called ``RE-n``, from 0."""
    is_reversed: bool = False
    """It lists everything in the opposite order."""
    is_later: bool = False
    """Since ``LATER`` there is one more invoice, and the open old one is paid."""
    trouble: Trouble | None = None
    holder: AccountHolder = HOLDER
    """Whose account it is."""


class Bench(Protocol):
    """One source and the system behind it, which may hold a bill of ``SUPPLIER`` and a bank transaction, too."""

    page_length: int
    """Objects of one page."""
    credential: Credential
    revoked: Credential
    """Well-formed, but the system does not accept it."""
    malformed: Credential

    def serving(self, world: World) -> AbstractAsyncContextManager[tuple[BookSource, set[frozenset[Resource]]]]:
        """The source, and what is asked of the system: of each request the resources that it can be for."""


async def read(
    bench: Bench,
    world: World,
    resources: frozenset[Resource] = frozenset(Resource),
    *,
    read_on: date = TODAY,
    since: date | None = None,
    hash_key: bytes = KEY,
) -> BuiltBooks:
    """Read and build."""
    async with bench.serving(world) as (source, _):
        books = await source.read(bench.credential, resources, read_on=read_on, since=since, deadline_seconds=_IN_TIME)
    return books.build(hash_key=hash_key, payout_iban=None)


async def paging(bench: Bench) -> None:
    """A list of several pages arrives whole, each document once."""
    count = 2 * bench.page_length + 3
    built = await read(bench, World(invoices=count), frozenset({Resource.INVOICES}))
    invoices = built.ledger.invoices
    assert (invoices.height, invoices["document_id"].n_unique()) == (count, count)
    assert invoices["gross_cents"].sum() == count * GROSS_CENTS
    assert built.coverage.invoice_count == count


async def refusal(bench: Bench) -> None:
    """What goes wrong is told by what the caller can do about it, and no error shows a secret."""
    resources = frozenset({Resource.INVOICES})

    async def fail(kind: type[Exception], world: World, credential: Credential) -> None:
        secret = credential.secret.reveal()
        async with bench.serving(world) as (source, _):
            for call in (
                partial(source.check, credential, deadline_seconds=_SOON),
                partial(source.read, credential, resources, read_on=TODAY, since=None, deadline_seconds=_SOON),
            ):
                with pytest.raises(kind) as caught:
                    await call()
                assert secret not in f"{caught.value!r} {caught.value} {vars(caught.value)}"

    async with bench.serving(World()) as (source, asked):
        assert source.find_fault(bench.credential) is None
        assert source.find_fault(bench.revoked) is None
        fault = source.find_fault(bench.malformed)
        assert fault is not None
        assert bench.malformed.secret.reveal() not in fault
        assert not asked
        await source.check(bench.credential, deadline_seconds=_IN_TIME)
    await fail(CredentialRejectedError, World(), bench.revoked)
    await fail(SourceUnavailableError, World(trouble=Trouble.UNREACHABLE), bench.credential)
    await fail(UnexpectedAnswerError, World(trouble=Trouble.CONFUSED), bench.credential)


async def holder(bench: Bench) -> None:
    """Whose account it is, told apart from the books, as far as the system tells it; no error shows a secret."""
    for told in (HOLDER, AccountHolder(name="Bäckerei Öztürk"), AccountHolder()):
        async with bench.serving(World(holder=told)) as (source, asked):
            assert await source.read_holder(bench.credential, deadline_seconds=_IN_TIME) == told
        assert not frozenset().union(*asked)
    assert [text for text in PRIVATE if text in f"{HOLDER!r} {HOLDER}"] == []
    async with bench.serving(World(trouble=Trouble.CONFUSED)) as (source, _):
        assert await source.read_holder(bench.credential, deadline_seconds=_SOON) == AccountHolder()
    for world, credential, kind in (
        (World(), bench.revoked, CredentialRejectedError),
        (World(trouble=Trouble.UNREACHABLE), bench.credential, SourceUnavailableError),
        (World(trouble=Trouble.SILENT), bench.credential, DeadlineExceededError),
    ):
        async with bench.serving(world) as (source, _):
            with pytest.raises(kind) as caught:
                await source.read_holder(credential, deadline_seconds=_SOON)
            assert credential.secret.reveal() not in f"{caught.value!r} {caught.value} {vars(caught.value)}"


async def deadline(bench: Bench) -> None:
    """A system that never answers is given up on."""
    async with bench.serving(World(trouble=Trouble.SILENT)) as (source, _):
        with pytest.raises(DeadlineExceededError):
            await source.check(bench.credential, deadline_seconds=_SOON)
        with pytest.raises(DeadlineExceededError):
            await source.read(
                bench.credential,
                frozenset({Resource.INVOICES}),
                read_on=TODAY,
                since=None,
                deadline_seconds=_SOON,
            )


async def minimisation(bench: Bench) -> None:
    """Only what the firm was shown is asked for, only what is needed is handed on, and no text gets through."""
    for needed in Resource:
        resources = frozenset({needed})
        async with bench.serving(World()) as (source, asked):
            books = await source.read(bench.credential, resources, read_on=TODAY, since=None, deadline_seconds=_IN_TIME)
        assert all(one & source.reads(resources) for one in asked), needed
        built = books.build(hash_key=KEY, payout_iban=None)
        assert built.ledger.fetched <= resources
        for name, frame in built.ledger.frames().items():
            assert frame.is_empty() or needed in _NEEDS[name], (needed, name)
    built = await read(bench, World())
    assert {name: frame.schema for name, frame in built.ledger.frames().items()} == SCHEMAS  # without any text
    said = f"{books!r} {built!r} {msgspec.json.encode(built.coverage).decode()} {built.source_ids}"
    numbers = {f"RE-{n}" for n in range(World().invoices)}
    assert [text for text in (*PRIVATE, *numbers) if text in said] == []


async def determinism(bench: Bench) -> None:
    """The same books are the same ledger, in whatever order they are listed; pseudonyms depend on the key alone."""
    one, other = await read(bench, World()), await read(bench, World(is_reversed=True))
    assert _same(one.ledger, other.ledger)
    assert (one.coverage, one.source_ids) == (other.coverage, other.source_ids)
    foreign = await read(bench, World(), hash_key=b"x" * 32)
    customers = one.ledger.invoices["customer"], foreign.ledger.invoices["customer"]
    assert customers[0].null_count() == 0
    assert not set(customers[0]) & set(customers[1])
    assert customers[0].n_unique() == customers[1].n_unique() == 1


async def point_in_time(bench: Bench) -> None:
    """Every fact has its days: what was visible on a day is the same when it is read later."""
    now = await read(bench, World())
    later = await read(bench, World(is_later=True), read_on=LATER)
    validate_ledger(now.ledger)
    validate_ledger(later.ledger)
    assert later.ledger.invoices.height == now.ledger.invoices.height + 1
    for name in _DAY:
        assert _visible(_by_source(later), name).equals(_visible(_by_source(now), name)), name
    paid = later.ledger.payments.filter(pl.col("happened_on") == LATER)
    assert paid["amount_cents"].sum() == GROSS_CENTS


async def window(bench: Bench) -> None:
    """Of what is older than the first day only open documents are read."""
    built = await read(bench, World(), since=date(2026, 1, 1))
    assert sorted(built.ledger.invoices["issued_on"]) == [OLD] + [RECENT] * (World().invoices - 2)


async def identifiers(bench: Bench) -> None:
    """Integers in the ledger; a source whose own are texts counts them densely and says which is which."""
    async with bench.serving(World()) as (source, _):
        books = await source.read(
            bench.credential, frozenset(Resource), read_on=TODAY, since=None, deadline_seconds=_IN_TIME
        )
    built = books.build(hash_key=KEY, payout_iban=None)
    ids = built.source_ids
    assert list(ids) == sorted(set(ids))
    found = _identifiers(built.ledger)
    assert not ids or found == set(range(len(ids)))
    invoices = [(ids[one] if ids else one) for one in built.ledger.invoices["document_id"]]
    numbers = books.find_numbers([(DocumentKind.INVOICE, one) for one in invoices])
    assert set(numbers.values()) == {f"RE-{n}" for n in range(World().invoices)}
    assert books.find_numbers([]) == {}
    link = source.link_to((DocumentKind.INVOICE, invoices[0]))
    assert link is None or (link.startswith("https://") and str(invoices[0]) in link)


CHECKS: Final[tuple[Callable[[Bench], Awaitable[None]], ...]] = (
    paging,
    refusal,
    holder,
    deadline,
    minimisation,
    determinism,
    point_in_time,
    window,
    identifiers,
)


def _identifiers(ledger: Ledger) -> set[int]:
    columns = ("document_id", "invoice_id", "transaction_id", "account_id")
    return {
        identifier
        for frame in ledger.frames().values()
        for column in columns
        if column in frame.columns
        for identifier in frame[column].drop_nulls()
    }


def _same(one: Ledger, other: Ledger) -> bool:
    frames = other.frames()
    return one.fetched == other.fetched and all(frame.equals(frames[name]) for name, frame in one.frames().items())


def _by_source(built: BuiltBooks) -> dict[str, pl.DataFrame]:
    """The frames with the source's identifiers: the numbers in a ledger may be others where there is more in it."""
    ids = built.source_ids
    if not ids:
        return built.ledger.frames()
    named = [
        pl.col(column).replace_strict(dict(enumerate(ids)), default=None)
        for column in ("document_id", "invoice_id", "transaction_id", "account_id")
    ]
    return {
        name: frame.with_columns(*(one for one in named if one.meta.output_name() in frame.columns))
        for name, frame in built.ledger.frames().items()
    }


def _visible(frames: dict[str, pl.DataFrame], name: str) -> pl.DataFrame:
    frame = frames[name]
    seen = frame.filter((pl.col(_DAY[name]) <= TODAY) & (pl.col("recorded_on") <= TODAY))
    return seen.sort(seen.columns)
