"""Which lines move money between own accounts, and what shows it; ``docs/ledger.md`` has the rules."""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from features.ledger import TRANSFER, collect
from scoring.sources.sevdesk.ledger.connections import BankAccount, Connection, compact

TRANSFER_DAYS = 3
"""Days that the two lines of a transfer may lie apart."""
_SHORTEST_NUMBER = 6
"""Digits; an account number with fewer, without its bank, is no evidence."""
_BANK_CODE_LENGTHS = {"DE": 8, "AT": 5, "CH": 5, "LI": 5}
"""Digits of the bank in an IBAN, after country and check digits; the number of the account follows."""
_NO_LETTER = re.compile(r"[^0-9A-Z]")
_OWNERS = ("owner_drawing", "owner_contribution")
"""What moves between the firm and its owner bears the owner's name, which may be the firm's: no transfer."""


class _Line(NamedTuple):
    """A line that may be one side of a transfer; ``account`` is the account at the bank."""

    row: int
    account: int
    amount: int
    day: int
    created_at: int
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNumbers:
    """Every spelling of the own account numbers, with the accounts at the bank that it may mean."""

    accounts: Mapping[str, Collection[int]]

    def other_than(self, number: str, account: int) -> int | None:
        """The own account of this number, unless it is the account itself: banks name it for fees and interest."""
        found = self.accounts.get(number) or self.accounts.get(number.lstrip("0")) or ()
        return None if account in found else min(found, default=None)

    def __contains__(self, number: str) -> bool:
        return number in self.accounts or number.lstrip("0") in self.accounts


def own_numbers(connections: Iterable[Connection], accounts: Iterable[BankAccount]) -> OwnNumbers:
    """The numbers of all accounts in the books, archived ones and those in other currencies, too."""
    at_bank = {each.id: account.id for account in accounts for each in account.connections}
    found = defaultdict[str, set[int]](set)
    for connection in connections:
        for spelling in _spellings(plain(connection.iban)):
            found[spelling].add(at_bank.get(connection.id, connection.id))
    return OwnNumbers(accounts=dict(found))


def plain(number: str | None) -> str:
    """An account number in capital letters and digits alone."""
    return _NO_LETTER.sub("", compact(number))


def _spellings(iban: str) -> list[str]:
    """An IBAN, bank and number within it, and the number alone without leading zeros."""
    if not iban:
        return []
    length = _BANK_CODE_LENGTHS.get(iban[:2])
    if length is None:
        return [iban]
    number = iban[4 + length :].lstrip("0")
    return [iban, iban[4:], *([number] if len(number) >= _SHORTEST_NUMBER else [])]


_ENDS = [pl.col("id", "account"), pl.concat_list("source", "target").list.drop_nulls().alias("other")]
_IS_LINKED = pl.col("source").is_not_null() | pl.col("target").is_not_null()


def links_between(lines: pl.DataFrame, clearing: Collection[int]) -> list[tuple[int, int]]:
    """Ids of lines that sevdesk links as two sides of a transfer.

    A line that is linked to one of a clearing account is no transfer: nothing else is known to have come or gone.

    Args:
        lines: All live lines: ``id``, ``account``, ``source``, ``target``.
        clearing: Ids of clearing accounts.
    """
    ends = collect(lines.lazy().filter(_IS_LINKED).select(_ENDS).explode("other"))
    if ends.is_empty():
        return []
    others = lines.lazy().select(pl.col("id").alias("other"), pl.col("account").alias("account_of_other"))
    found = collect(ends.lazy().join(others, on="other", how="left").sort("id", "other"))
    return [
        (line, other)
        for line, account, other, account_of_other in found.iter_rows()
        if account not in clearing and account_of_other not in clearing
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What is known of transfers."""

    transfer: pl.Series
    """By line, as ``features.ledger.TRANSFER``."""
    is_account_missing: bool
    """Whether money goes to or comes from an own account that is not in the books."""


def transfers(
    lines: pl.DataFrame,
    *,
    connections: Sequence[Connection],
    accounts: Sequence[BankAccount],
    links: Sequence[tuple[int, int]],
    paying: Collection[int],
) -> Recognised:
    """Recognise transfers between own accounts.

    Args:
        lines: Live lines of cash accounts: ``id``, ``account``, ``amount_cents``, ``value_on``, ``created_at``,
            ``name``, ``number``, ``nature``, ``is_duplicate``, and ``category`` where it is known.
        connections: All accounts of the books.
        accounts: Those at banks, and tills.
        links: From ``links_between``.
        paying: Ids of lines that pay documents.
    """
    return _Recognition(lines, connections, accounts, links, paying).run()


class _Recognition:
    """One pass over the lines of one firm; each step leaves alone what an earlier and stronger one has recognised."""

    def __init__(
        self,
        lines: pl.DataFrame,
        connections: Sequence[Connection],
        accounts: Sequence[BankAccount],
        links: Sequence[tuple[int, int]],
        paying: Collection[int],
    ) -> None:
        self._own = own_numbers(connections, accounts)
        self._accounts = accounts
        self._at_bank = {each.id: account.id for account in accounts for each in account.connections}
        self._found: dict[int, str] = {}
        self._amounts = lines["amount_cents"].to_list()
        self._homes = [self._at_bank[account] for account in lines["account"].to_list()]
        self._days = lines["value_on"].to_physical().to_list()
        self._created = lines["created_at"].to_list()
        self._ids = lines["id"].to_list()
        self._links = links
        self._ends = defaultdict[int, list[int]](list)
        for line, other in links:
            self._ends[line].append(other)
            self._ends[other].append(line)
        self._index_of = {line: index for index, line in enumerate(self._ids)}
        self._numbers = _each(plain, lines["number"])
        self._names = _each(_plain_name, lines["name"])
        self._natures = lines["nature"]
        self._settles_card = (lines["category"] == "card_settlement").to_list() if "category" in lines.columns else None
        copies = lines["is_duplicate"].to_list()
        self._is_free = [not copy and line not in paying for copy, line in zip(copies, self._ids, strict=True)]
        self._own_names: frozenset[str] = frozenset()
        self._is_account_missing = False

    def run(self) -> Recognised:
        self._by_link()
        self._by_account()
        self._own_names = self._learned_names()
        self._by_card()
        self._by_amount()
        self._by_name()
        transfer = pl.Series("transfer", ["none"], dtype=TRANSFER).new_from_index(0, len(self._ids))
        if self._found:
            kinds = pl.Series(list(self._found.values()), dtype=TRANSFER)
            transfer = transfer.scatter(list(self._found), kinds)
        return Recognised(transfer=transfer.alias("transfer"), is_account_missing=self._is_account_missing)

    def _by_link(self) -> None:
        """sevdesk names one line in the other, on either side."""
        for line, other in self._links:
            for end in (line, other):
                if end in self._index_of:
                    self._found[self._index_of[end]] = "link"

    def _by_account(self) -> None:
        """The counterparty is an own account; the other side often names nobody, and is found by its amount."""
        named = dict[int, int]()
        for index, number in enumerate(self._numbers):
            if number and index not in self._found:
                other = self._own.other_than(number, self._homes[index])
                if other is not None:
                    named[index] = other
        self._found |= dict.fromkeys(named, "account")
        if not named:
            return
        # What names the other side is paired among itself first, so that each line is one side once.
        seekers = self._lines(named)
        paired = _paired(seekers, seekers, lambda line: (named[line.row],))
        left = [line for line in seekers if line.row not in paired]
        offered = self._lines(self._unnamed())
        counterparts = _paired(left, offered, lambda line: (named[line.row],))
        self._found |= dict.fromkeys(set(counterparts) - set(named), "account")

    def _learned_names(self) -> frozenset[str]:
        """The firm's name, as banks write it on what comes from its own accounts.

        What goes out bears the name that the firm typed, so it proves nothing.
        """
        incoming = [index for index in self._found if self._amounts[index] > 0 and self._names[index]]
        return frozenset(self._names[index] for index in incoming if self._is_from_own_account(index))

    def _is_from_own_account(self, index: int) -> bool:
        """By its number; without one, by the same name on both of its linked lines: nobody else is on both."""
        if self._numbers[index]:
            return self._numbers[index] in self._own
        others = (self._index_of.get(other) for other in self._ends[self._ids[index]])
        return any(other is not None and self._names[other] == self._names[index] for other in others)

    def _by_card(self) -> None:
        """What goes from a bank account into a fed credit card: its purchases are lines of their own."""
        cards = [
            account.id
            for account in self._accounts
            if account.feed.state != "none" and account.live.is_card and account.live.kind == "online"
        ]
        if not cards:
            return
        free = [index for index in self._unrecognised() if self._is_free[index]]
        into = [index for index in free if self._homes[index] in cards and self._amounts[index] > 0]
        out_of = [index for index in free if self._homes[index] not in cards and self._amounts[index] < 0]
        # Who sends a card's money names nobody, or the firm itself: a refund comes from a shop.
        into = [index for index in into if not self._numbers[index] or self._numbers[index] in self._own]
        self._found |= dict.fromkeys(_paired(self._lines(out_of), self._lines(into), lambda _: cards), "card")
        if self._settles_card is not None:
            stated = [index for index in self._unrecognised() if self._settles_card[index]]
            self._found |= dict.fromkeys(stated, "card")

    def _by_amount(self) -> None:
        """Equal opposite amounts in two own bank accounts, where no other party is named."""
        banks = sorted(account.id for account in self._accounts if account.live.kind == "online")
        if len(banks) < 2:
            return
        free = self._lines(index for index in self._unnamed() if self._homes[index] in set(banks))
        out = [line for line in free if line.amount < 0]
        into = [line for line in free if line.amount > 0]
        others = {bank: [other for other in banks if other != bank] for bank in banks}
        self._found |= dict.fromkeys(_paired(out, into, lambda line: others[line.account]), "amount")

    def _by_name(self) -> None:
        """The counterparty has the firm's own name, and no account of the books."""
        if not self._own_names:
            return
        natures = self._natures.to_list()
        for index in self._unrecognised():
            number = self._numbers[index]
            if self._names[index] in self._own_names and number not in self._own and natures[index] not in _OWNERS:
                self._found[index] = "own_name"
                self._is_account_missing |= bool(number)

    def _unnamed(self) -> list[int]:
        """Lines left that pay no document, whose counterparty is absent or the firm itself."""
        return [
            index
            for index in self._unrecognised()
            if self._is_free[index]
            and (self._numbers[index] in self._own if self._numbers[index] else self._is_nobody(self._names[index]))
        ]

    def _is_nobody(self, name: str) -> bool:
        return not name or name in self._own_names

    def _unrecognised(self) -> list[int]:
        return [index for index in range(len(self._ids)) if index not in self._found]

    def _lines(self, indexes: Iterable[int]) -> list[_Line]:
        found = (
            _Line(
                row=index,
                account=self._homes[index],
                amount=self._amounts[index],
                day=self._days[index],
                created_at=self._created[index],
                id=self._ids[index],
            )
            for index in indexes
        )
        return sorted(found, key=lambda line: (line.day, line.created_at, line.id))


def _paired(
    seekers: Sequence[_Line], offered: Sequence[_Line], accounts: Callable[[_Line], Sequence[int]]
) -> list[int]:
    """Indexes of lines with an equal opposite amount within ``TRANSFER_DAYS``, one to one, the nearest days first.

    Args:
        seekers: In order; the earlier one chooses first.
        offered: In order.
        accounts: In which the other side of a line may be.
    """
    pool = defaultdict[tuple[int, int, int], deque[_Line]](deque)
    for line in offered:
        pool[line.account, line.amount, line.day].append(line)
    used = set[int]()
    for distance in range(TRANSFER_DAYS + 1):
        for line in seekers:
            if line.row in used:
                continue
            other = _taken(pool, line, accounts(line), distance, used)
            if other is not None:
                used |= {line.row, other.row}
    return list(used)


def _taken(
    pool: Mapping[tuple[int, int, int], deque[_Line]],
    line: _Line,
    accounts: Sequence[int],
    distance: int,
    used: Collection[int],
) -> _Line | None:
    for day in (line.day + distance, line.day - distance):
        for account in accounts:
            queue = pool.get((account, -line.amount, day))
            while queue:
                other = queue.popleft()
                if other.row not in used:
                    return other
    return None


def _each(convert: Callable[[str | None], str], values: pl.Series) -> list[str]:
    """Converted texts; each distinct one once."""
    known = {value: convert(value) for value in values.unique().to_list()}
    return [known[value] for value in values.to_list()]


def _plain_name(name: str | None) -> str:
    return " ".join((name or "").split()).casefold()
