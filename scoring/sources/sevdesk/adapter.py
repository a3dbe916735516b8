"""sevdesk as a source of books: the one module of this folder that reads for decisions from outside."""

import re
import time
from collections.abc import Collection
from datetime import date
from typing import Final

import polars as pl
from typing_extensions import override

from features.ledger import Resource
from scoring.base.credentials import Credential
from scoring.decisions.decision import DocumentKind
from scoring.sources.bank_lines.recognition import NOT_TOLD, NOTHING_ADDED, Called, LineKnowledge
from scoring.sources.http import HttpClient
from scoring.sources.observer import Observer
from scoring.sources.port import AccountHolder, BookSource, BuiltBooks, DocumentKey, OwnDocument, ReadBooks
from scoring.sources.sevdesk.ledger.ledger import build_ledger, without_own
from scoring.sources.sevdesk.reading.books import read_along
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.reading.holder import read_holder
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.transport.rate_limiter import TokenStates
from scoring.sources.sevdesk.words.fetched import Fetched

_TOKEN: Final = re.compile("[0-9a-fA-F]{32}")
_LINKS: Final = {
    DocumentKind.INVOICE: "https://my.sevdesk.de/fi/detail/type/RE/id/{}",
    DocumentKind.VOUCHER: "https://my.sevdesk.de/ex/detail/id/{}",
}
"""Pages of sevdesk's own application. sevdesk documents none of them: several public programs open these two, of credit
notes and bank transactions none is known. Who opens one signs in to sevdesk, and must be allowed to see the account."""


class SevdeskSource(BookSource):
    """Reads accounts of sevdesk. Its clients share one rate limit for each token.

    Args:
        http: The pooled client of the process.
        base_url: Such as ``https://my.sevdesk.de/api/v1``.
        is_sandbox: Whether the books there are made up.
        observer: Is notified of what is asked of sevdesk.
    """

    NAME: Final = "sevdesk"

    def __init__(
        self, http: HttpClient, base_url: str, *, is_sandbox: bool = False, observer: Observer | None = None
    ) -> None:
        self._http = http
        self._base_url = base_url
        self._is_sandbox = is_sandbox
        self._observer = observer
        self._token_states = TokenStates(time.monotonic)

    @property
    @override
    def name(self) -> str:
        return self.NAME

    @property
    @override
    def is_sandbox(self) -> bool:
        return self._is_sandbox

    @override
    def find_fault(self, credential: Credential) -> str | None:
        if _TOKEN.fullmatch(credential.secret.reveal()):
            return None
        return "a sevdesk token is 32 hexadecimal digits, without blanks or line breaks"

    @override
    def reads(self, resources: frozenset[Resource]) -> frozenset[Resource]:
        return read_along(resources)

    @override
    def link_to(self, document: DocumentKey) -> str | None:
        kind, identifier = document
        return _LINKS[kind].format(identifier) if kind in _LINKS else None

    @override
    async def check(self, credential: Credential, *, deadline_seconds: float) -> None:
        await self._client(credential, deadline_seconds).check_token()

    @override
    async def read_holder(self, credential: Credential, *, deadline_seconds: float) -> AccountHolder:
        return await read_holder(self._client(credential, deadline_seconds))

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
        client = self._client(credential, deadline_seconds, at_most)
        fetched = await client.fetch(resources, fetched_on=read_on, since=since, knowledge=knowledge, optional=optional)
        return _ReadBooks(fetched, read_on)

    def _client(self, credential: Credential, deadline_seconds: float, at_most: int | None = None) -> SevdeskClient:
        return SevdeskClient(
            self._http,
            self._base_url,
            credential.secret,
            limits=RequestLimits(deadline_seconds=deadline_seconds, objects=at_most),
            observer=self._observer,
            token_states=self._token_states,
        )


class _ReadBooks(ReadBooks):
    """What sevdesk's lists held on one day."""

    def __init__(self, fetched: Fetched, read_on: date) -> None:
        self._fetched = fetched
        self._read_on = read_on

    @property
    @override
    def parse_seconds(self) -> float:
        return self._fetched.parse_seconds

    @override
    def build(
        self,
        *,
        hash_key: bytes,
        payout_iban: str | None,
        own: Collection[OwnDocument] = (),
        called: Called = NOT_TOLD,
    ) -> BuiltBooks:
        ledger, coverage = build_ledger(
            without_own(self._fetched, own),
            fetched_on=self._read_on,
            hash_key=hash_key,
            payout_iban=payout_iban,
            called=called,
        )
        return BuiltBooks(ledger=ledger, coverage=coverage)

    @override
    def find_numbers(self, documents: Collection[DocumentKey]) -> dict[DocumentKey, str]:
        frames = {
            DocumentKind.INVOICE: self._fetched.invoices,
            DocumentKind.VOUCHER: self._fetched.vouchers,
            DocumentKind.CREDIT_NOTE: self._fetched.credit_notes,
        }
        found: dict[DocumentKey, str] = {}
        for kind, frame in frames.items():
            wanted = [identifier for of_kind, identifier in documents if of_kind is kind]
            if not wanted:
                continue
            rows = frame.filter(pl.col("id").is_in(wanted) & (pl.col("number").str.len_chars() > 0))
            found |= {(kind, identifier): number for identifier, number in rows.select("id", "number").iter_rows()}
        return found
