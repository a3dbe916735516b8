"""Which lines move money between own accounts, and what shows it; ``docs/ledger.md`` has the rules."""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from features.ledger import TRANSFER, collect
from scoring.sources.bank_lines.recognition import NOT_TOLD, Called
from scoring.sources.bank_lines.text import in_one_spelling, phrase
from scoring.sources.sevdesk.ledger.connections import BankAccount, Connection, compact

TRANSFER_DAYS = 3
"""Days that the two lines of a transfer may lie apart."""
SETTLEMENT_DAYS = 14
"""The same where the text calls a line the settlement of a card."""
_SHORTEST_NUMBER = 6
"""Digits; an account number with fewer, without its bank, is no evidence."""
_BANK_CODE_LENGTHS = {"DE": 8, "AT": 5, "CH": 5, "LI": 5}
"""Digits of the bank in an IBAN, after country and check digits; the number of the account follows."""
_RETURNED = ("returned_debit", "returned_objection")
_OWNERS = ("owner_drawing", "owner_contribution")
"""What moves between the firm and its owner bears the owner's name, which may be the firm's: no transfer."""
_SAID_BY_TEXT = (
    *("loan_proceeds", "loan_service", "card_settlement", "cash_withdrawal", "bank_fee", "return_fee"),
    *("reminder_fee", "returned_customer_debit", "garnishment", "insolvency_own"),
)
"""Categories of lines that banks book under their customer's name, as those of a loan account. No text that the firm
sends money with gets it one that helps it."""


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
    """An account number as ``compact`` makes it, without the word before it."""
    return compact(number).removeprefix("IBAN")


def _spellings(iban: str) -> list[str]:
    """An IBAN, bank and number within it, with and without leading zeros of the number, and that number alone."""
    if not iban:
        return []
    length = _BANK_CODE_LENGTHS.get(iban[:2])
    if length is None:
        return [iban]
    number = iban[4 + length :].lstrip("0")
    bank = iban[4 : 4 + length]
    return [iban, iban[4:], bank + number, *([number] if len(number) >= _SHORTEST_NUMBER else [])]


class Link(NamedTuple):
    """Two lines that sevdesk links as the sides of one transfer."""

    line: int
    other: int
    delivered: int | None
    """The one that the bank delivered, where somebody entered the other one."""
    is_till: bool
    """Whether one of them is of a till."""


_ENDS = [pl.col("id", "account", "is_fed"), pl.concat_list("source", "target").list.drop_nulls().alias("other")]
_IS_LINKED = pl.col("source").is_not_null() | pl.col("target").is_not_null()


def links_between(lines: pl.DataFrame, clearing: Collection[int], tills: Collection[int]) -> list[Link]:
    """Lines that sevdesk links as two sides of a transfer.

    A line that is linked to one of a clearing account is no transfer: nothing else is known to have come or gone.

    Args:
        lines: All live lines: ``id``, ``account``, ``is_fed``, ``source``, ``target``.
        clearing: Ids of clearing accounts.
        tills: Ids of tills.
    """
    ends = collect(lines.lazy().filter(_IS_LINKED).select(_ENDS).explode("other"))
    if ends.is_empty():
        return []
    others = lines.lazy().select(
        pl.col("id").alias("other"),
        pl.col("account").alias("account_of_other"),
        pl.col("is_fed").alias("is_other_fed"),
    )
    found = collect(ends.lazy().join(others, on="other", how="left").sort("id", "other"))
    return [
        Link(
            line=line,
            other=other,
            # What is not there, or was deleted, nobody delivered.
            delivered=None if is_fed == bool(is_other_fed) else line if is_fed else other,
            is_till=account in tills or account_of_other in tills,
        )
        for line, account, is_fed, other, account_of_other, is_other_fed in found.iter_rows()
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
    links: Sequence[Link],
    paying: Collection[int],
    called: Called = NOT_TOLD,
) -> Recognised:
    """Recognise transfers between own accounts.

    Args:
        lines: Live lines of cash accounts: ``id``, ``account``, ``amount_cents``, ``value_on``, ``created_at``,
            ``name``, ``number``, ``nature``, ``category``, ``bank_account_id``, ``is_duplicate``.
        connections: All accounts of the books.
        accounts: Those at banks, and tills.
        links: From ``links_between``.
        paying: Ids of lines that are booked on documents: that hides no transfer, but others are its sides first.
        called: What application and account call the firm.
    """
    return _Recognition(lines, connections, accounts, links, paying, called).run()


_SETTLES_CARD = (pl.col("category") == "card_settlement") & (pl.col("amount_cents") < 0)


class _Recognition:
    """One pass over the lines of one firm; each step leaves alone what an earlier and stronger one has recognised.

    Most lines name another party's account: only the others are looked at one by one, by their row.
    """

    def __init__(
        self,
        lines: pl.DataFrame,
        connections: Sequence[Connection],
        accounts: Sequence[BankAccount],
        links: Sequence[Link],
        paying: Collection[int],
        called: Called,
    ) -> None:
        self._own = own_numbers(connections, accounts)
        self._accounts = accounts
        # Anybody can enter an account under any number: that its bank feeds it shows whose it is.
        fed = {connection.id for connection in connections if connection.is_fed}
        self._at_no_bank = {connection.id for connection in connections} - fed
        self._at_no_bank -= {account.id for account in accounts if any(each.id in fed for each in account.connections)}
        self._cards = [
            account.id
            for account in accounts
            if account.feed.state != "none" and account.live.is_card and account.live.kind == "online"
        ]
        self._at_bank = {each.id: account.id for account in accounts for each in account.connections}
        self._links = links
        self._ends = defaultdict[int, list[int]](list)
        for link in links:
            self._ends[link.line].append(link.other)
            self._ends[link.other].append(link.line)
        self._found: dict[int, str] = {}
        names = set(map(_plain_name, called.names)) - {""}
        self._companies = frozenset(names if called.is_company else ())
        self._persons = frozenset(() if called.is_company else map(_words, names))
        self._own_names: frozenset[str] = frozenset()
        self._without_form: frozenset[str] = frozenset()
        self._is_account_missing = False

        self._all = lines.with_row_index("row")
        looked_at = collect(self._all.lazy().filter(self._is_looked_at(lines)))
        rows = looked_at["row"].to_list()

        def of(column: pl.Series) -> dict[int, Any]:
            return dict(zip(rows, column.to_list(), strict=True))

        self._rows = rows
        self._amounts = of(looked_at["amount_cents"])
        self._homes = {row: self._at_bank[account] for row, account in of(looked_at["account"]).items()}
        self._days = of(looked_at["value_on"].to_physical())
        self._created = of(looked_at["created_at"])
        self._ids = of(looked_at["id"])
        self._row_of = {line: row for row, line in self._ids.items()}
        self._numbers = {row: plain(number) for row, number in of(looked_at["number"]).items()}
        self._names = {row: _plain_name(name) for row, name in of(looked_at["name"]).items()}
        self._settles_card = looked_at.filter(_SETTLES_CARD)["row"].to_list()
        copies = of(looked_at["is_duplicate"])
        self._is_copy = copies
        self._is_booked = {row: self._ids[row] in paying for row in rows}

    def _is_looked_at(self, lines: pl.DataFrame) -> pl.Expr:
        """Lines that are linked, that name nobody's account or an own one, or that may settle a card."""
        numbers = {number: plain(number) for number in lines["number"].unique().to_list() if number is not None}
        wanted = [number for number, one in numbers.items() if not one or one in self._own]
        number = pl.col("number")
        looked_at = number.is_null() | number.is_in(wanted) | pl.col("id").is_in(list(self._ends))
        if self._cards:
            of_card = pl.col("bank_account_id").is_in(self._cards) & (pl.col("amount_cents") > 0)
            into = lines.filter(of_card)["amount_cents"]
            looked_at |= (-pl.col("amount_cents")).is_in(into.unique().implode()) | _SETTLES_CARD
        return looked_at

    def run(self) -> Recognised:
        self._by_link()
        self._by_account()
        self._own_names = self._learned_names()
        self._without_form = frozenset(map(_without_form, self._own_names))
        self._by_card()
        self._by_amount()
        self._by_name()
        transfer = pl.Series("transfer", ["none"], dtype=TRANSFER).new_from_index(0, self._all.height)
        if self._found:
            kinds = pl.Series(list(self._found.values()), dtype=TRANSFER)
            transfer = transfer.scatter(list(self._found), kinds)
        return Recognised(transfer=transfer.alias("transfer"), is_account_missing=self._is_account_missing)

    def _by_link(self) -> None:
        """sevdesk names one line in the other, on either side; of two links the stronger evidence counts."""
        for link in sorted(self._links, key=self._is_shown):
            for end in (link.line, link.other):
                if end in self._row_of:
                    self._found[self._row_of[end]] = "link" if self._is_shown(link) else "entered"

    def _is_shown(self, link: Link) -> bool:
        """Whether more than the link itself shows a transfer: anybody can enter a line, and link it."""
        rows = [self._row_of[end] for end in (link.line, link.other) if end in self._row_of]
        named = [self._own.other_than(self._numbers[row], self._homes[row]) for row in rows]
        if any(account is not None and account not in self._at_no_bank for account in named):
            return True
        if link.delivered is not None:
            row = self._row_of.get(link.delivered)
            return link.is_till and row is not None and not self._numbers[row]
        return len(rows) < 2 or not all(self._numbers[row] for row in rows)

    def _by_account(self) -> None:
        """The counterparty is an own account; the other side often names nobody, and is found by its amount."""
        named = dict[int, int]()
        for row, number in self._numbers.items():
            if number and row not in self._found:
                other = self._own.other_than(number, self._homes[row])
                if other is not None:
                    named[row] = other
        if not named:
            return
        self._found |= {row: self._shown_by(other) for row, other in named.items()}
        # What names the other side is paired among itself first, so that each line is one side once.
        seekers = self._lines(named)
        paired = _paired(seekers, seekers, lambda line: (named[line.row],))
        left = set(named).difference(paired)
        counterparts = self._sides(left, self._unnamed(), lambda line: (named[line.row],))
        self._found |= {row: self._shown_by(self._homes[row]) for row in counterparts.difference(named)}

    def _shown_by(self, account: int) -> str:
        """What shows a transfer with this own account, where its number is named."""
        return "entered" if account in self._at_no_bank else "account"

    def _learned_names(self) -> frozenset[str]:
        """The firm's name, as banks write it on what comes from its own accounts.

        What goes out bears the name that the firm typed, so it proves nothing.
        """
        certain = [row for row, transfer in self._found.items() if transfer != "entered"]
        incoming = [row for row in certain if self._amounts[row] > 0 and self._names[row]]
        return frozenset(self._names[row] for row in incoming if self._is_from_own_account(row))

    def _is_own_name(self, name: str) -> bool:
        """Whether it is the firm's name, with its legal form, with none, or with one that its bank left out."""
        without = _without_form(name)
        is_learned = name in self._own_names or name in self._without_form or without in self._own_names
        return is_learned or self._is_company(name, without)

    def _is_company(self, name: str, without_form: str) -> bool:
        """Whether it is what the company is called, and tells a legal form: the name alone may be its owner's."""
        return name != without_form and not self._companies.isdisjoint((name, without_form))

    def _is_from_own_account(self, row: int) -> bool:
        """By its number; without one, by the same name on both of its linked lines: nobody else is on both."""
        if self._numbers[row]:
            return self._numbers[row] in self._own
        others = (self._row_of.get(other) for other in self._ends[self._ids[row]])
        return any(other is not None and self._names[other] == self._names[row] for other in others)

    def _by_card(self) -> None:
        """What goes from a bank account into a fed credit card: its purchases are lines of their own."""
        if not self._cards:
            return
        counted = [row for row in self._unrecognised() if not self._is_copy[row]]
        out_of = [row for row in counted if self._homes[row] not in self._cards and self._amounts[row] < 0]
        # It may name any party; what is booked on a bill of as much is the payment of that.
        out_of = [row for row in out_of if not self._is_booked[row]]
        into = [row for row in counted if self._homes[row] in self._cards and self._amounts[row] > 0]
        # Who sends a card's money names no account, or an own one: a refund comes from a shop.
        into = [row for row in into if not self._numbers[row] or self._numbers[row] in self._own]
        self._found |= dict.fromkeys(self._sides(out_of, into, lambda _: self._cards), "card")
        # The card may be credited on another day, or with another sum: then the text tells, as far as money came in.
        left = set(self._unrecognised())
        settled = [row for row in self._settles_card if row in left and self._homes[row] not in self._cards]
        called = [row for row in settled if not self._is_copy[row]]
        credited = [row for row in into if row in left]
        self._found |= dict.fromkeys(self._sides(called, credited, lambda _: self._cards, SETTLEMENT_DAYS), "card")
        left = set(self._unrecognised())
        settled = [row for row in settled if row in left]
        # What came back for missing cover never reached the card.
        back = set(self._all.filter(pl.col("category").is_in(_RETURNED))["amount_cents"])
        gone = -sum(self._amounts[row] for row in settled if not self._is_copy[row] and -self._amounts[row] not in back)
        come = sum(self._amounts[row] for row in into if row in left)
        self._found |= dict.fromkeys(settled, "card" if gone <= come else "entered")

    def _by_amount(self) -> None:
        """Equal opposite amounts in two own bank accounts, where no other party is named."""
        banks = sorted(account.id for account in self._accounts if account.live.kind == "online")
        if len(banks) < 2:
            return
        unnamed = [row for row in self._unnamed() if self._homes[row] in set(banks)]
        out = [row for row in unnamed if self._amounts[row] < 0]
        into = [row for row in unnamed if self._amounts[row] > 0]
        others = {bank: [other for other in banks if other != bank] for bank in banks}
        self._found |= dict.fromkeys(self._sides(out, into, lambda line: others[line.account]), "amount")

    def _by_name(self) -> None:
        """The counterparty has the firm's own name, and no account of the books."""
        if not (self._own_names or self._companies or self._persons):
            return
        plain_names = {name: _plain_name(name) for name in self._may_be_own()}
        own = {name: one for name, one in plain_names.items() if self._is_own_name(one)}
        # A company has no owner of its own name: its account is its own, whatever the text says.
        companies = [name for name, one in own.items() if self._is_company(one, _without_form(one))]
        is_owners = pl.col("nature").is_in(_OWNERS) & ~pl.col("name").is_in(companies)
        is_named = pl.col("name").is_in(list(own)) & ~is_owners & ~pl.col("category").is_in(_SAID_BY_TEXT)
        for row, number in self._all.filter(is_named).select_seq("row", "number").iter_rows():
            if row not in self._found and plain(number) not in self._own:
                self._found[row] = "own_name"
                self._is_account_missing |= bool(plain(number))
        # A person's private account need not be in the books: what comes from it is no sale, what goes there is gone.
        persons = [name for name, one in plain_names.items() if _words(one) in self._persons and name not in own]
        is_from_person = pl.col("name").is_in(persons) & (pl.col("amount_cents") > 0) & ~is_owners
        is_from_person &= ~pl.col("category").is_in(_SAID_BY_TEXT)
        rows = self._all.filter(is_from_person)["row"].to_list()
        self._found |= {row: "own_name" for row in rows if row not in self._found}

    def _may_be_own(self) -> list[str]:
        """Names of lines that have the first word of an own one, or of a person any: of many names a few."""
        firsts = {name.split()[0] for name in (*self._own_names, *self._companies)}
        wanted = [*firsts, *(word for words in self._persons for word in words)]
        spelled = in_one_spelling(pl.col("name")).str.replace_all(" ", "", literal=True)
        names = self._all.select(pl.col("name").unique()).drop_nulls()
        return names.filter(spelled.str.contains_any(wanted))["name"].to_list()

    def _unnamed(self) -> list[int]:
        """Lines left whose counterparty is absent or the firm itself."""
        return [
            row
            for row in self._unrecognised()
            if not self._is_copy[row]
            and (self._numbers[row] in self._own if self._numbers[row] else self._is_nobody(self._names[row]))
        ]

    def _is_nobody(self, name: str) -> bool:
        return not name or self._is_own_name(name)

    def _unrecognised(self) -> list[int]:
        return [row for row in self._rows if row not in self._found]

    def _sides(
        self,
        seekers: Collection[int],
        offered: Collection[int],
        accounts: Callable[[_Line], Sequence[int]],
        most_days: int = TRANSFER_DAYS,
    ) -> set[int]:
        """Rows that are sides of transfers: first among lines that are booked on no document, then among all left.

        A firm books what it likes, so a booking shows no other party; of two lines the one without is likelier.
        """
        found = set[int]()
        for are_booked_too in (False, True):
            left, others = (
                self._lines(row for row in rows if row not in found and (are_booked_too or not self._is_booked[row]))
                for rows in (seekers, offered)
            )
            found.update(_paired(left, others, accounts, most_days))
        return found

    def _lines(self, rows: Iterable[int]) -> list[_Line]:
        found = (
            _Line(
                row=row,
                account=self._homes[row],
                amount=self._amounts[row],
                day=self._days[row],
                created_at=self._created[row],
                id=self._ids[row],
            )
            for row in rows
        )
        return sorted(found, key=lambda line: (line.day, line.created_at, line.id))


def _paired(
    seekers: Sequence[_Line],
    offered: Sequence[_Line],
    accounts: Callable[[_Line], Sequence[int]],
    most_days: int = TRANSFER_DAYS,
) -> list[int]:
    """Rows of lines with an equal opposite amount within some days, one to one, the nearest days first.

    Args:
        seekers: In order; the earlier one chooses first.
        offered: In order.
        accounts: In which the other side of a line may be.
        most_days: That the two may lie apart.
    """
    pool = defaultdict[tuple[int, int, int], deque[_Line]](deque)
    for line in offered:
        pool[line.account, line.amount, line.day].append(line)
    used = set[int]()
    for distance in range(most_days + 1):
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


_LEGAL_FORM = re.compile(
    r"(?: (?:g?gmbh|ug|haftungsbeschrankt|ag|se|kg|kgaa|ohg|e?gbr|ek|e ?kfm|e ?kfr|eg|ev|partg|partgmbb|co|und|u))+$"
)
_WRITTEN_OUT = {
    phrase(f" {form}"): short
    for form, short in (
        ("Gesellschaft mit beschränkter Haftung", " gmbh"),
        ("Unternehmergesellschaft", " ug"),
        ("Aktiengesellschaft", " ag"),
    )
}
_BETWEEN_LETTERS = re.compile(r"(?<=\b\w) (?=\w\b)")


def _plain_name(name: str | None) -> str:
    """In one spelling, as umlauts, signs and legal forms are written in many; single letters (e. K.) are one word."""
    plain = _BETWEEN_LETTERS.sub("", phrase(name or "").strip())
    for form, short in _WRITTEN_OUT.items():
        plain = plain.replace(form, short)
    return plain


def _words(name: str) -> tuple[str, ...]:
    """Of a person's name, in whichever order."""
    return tuple(sorted(name.split()))


def _without_form(name: str) -> str:
    return _LEGAL_FORM.sub("", name)
