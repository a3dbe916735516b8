"""Lines that are in the books more than once."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from spec.ledger.recognised import SAVINGS, Json, account, at, by_hand, line, of_lines, read

from scoring.sources.sevdesk.words.fetched import LINES_TWICE

DAY = date(2026, 10, 5)


def parking(number: int, days_after: int, clock: str = "06:00:00", **changes: object) -> Json:
    """A parking fee of one day, created some days after it."""
    fee = {"paymtPurpose": "Parkgebuehr", "payeePayerName": "Parkhaus", "payeePayerAcctNo": None}
    return line(number, "-4.50", DAY) | fee | {"create": at(DAY + timedelta(days=days_after), clock)} | changes


@pytest.mark.parametrize(
    ("home", "lines", "copies"),
    [
        # Imported: within one delivery both are real, across deliveries the largest counts.
        (by_hand(1), [parking(1, 5), parking(2, 5)], []),
        (by_hand(1), [parking(1, 5), parking(2, 5, "06:01:00")], []),
        (by_hand(1), [parking(1, 5), parking(2, 5, "06:01:01")], [2]),
        (by_hand(1), [parking(1, 5), parking(2, 9)], [2]),
        (by_hand(1), [parking(2, 5), parking(1, 9)], [1]),
        (by_hand(1), [parking(1, 5), parking(2, 9), parking(3, 9)], [3]),
        (by_hand(1), [parking(1, 5), parking(2, 5), parking(3, 9), parking(4, 9)], [3, 4]),
        (by_hand(1), [parking(1, 5), parking(2, 9), parking(3, 13)], [2, 3]),
        # A bank delivers each line once: two fees on a day are two, whenever they came within three days.
        (account(1), [parking(1, 0), parking(2, 3)], []),
        (account(1), [parking(1, 0), parking(2, 4)], [2]),
        (account(1), [parking(1, 0), parking(2, 1), parking(3, 30)], [3]),
        (account(1), [parking(1, 0), parking(2, 1, valueDate=at(DAY, "12:00:00"))], [2]),
        # Another text, party, number, amount, day or account is another line; case and spaces are not.
        (by_hand(1), [parking(1, 5), parking(2, 9, paymtPurpose="Parkgebuehr 2")], []),
        (by_hand(1), [parking(1, 5), parking(2, 9, payeePayerName="Parkhaus 2")], []),
        (by_hand(1), [parking(1, 5), parking(2, 9, payeePayerAcctNo="DE1")], []),
        (by_hand(1), [parking(1, 5), parking(2, 9, amount="-4.51")], []),
        (by_hand(1), [parking(1, 5), parking(2, 9, valueDate=at(DAY + timedelta(days=1)))], []),
        (by_hand(1), [parking(1, 5), parking(2, 9, checkAccount={"id": "2"})], []),
        (by_hand(1), [parking(1, 5), parking(2, 9, paymtPurpose="PARK GEBUEHR ")], [2]),
    ],
)
async def test_the_same_line_twice(home: Json, lines: list[Json], copies: list[int]) -> None:
    """The later recorded ones beyond what is real are copies, and a note says so."""
    ledger, coverage = await read([home, by_hand(2, SAVINGS)], lines)
    assert [number for number, is_copy in of_lines(ledger, "is_duplicate").items() if is_copy] == copies
    assert coverage.notes == ((LINES_TWICE,) if copies else ())


def statement(
    first: int, count: int, created: date, *, text: str = "", shift: int = 0, clock: str = "06"
) -> list[Json]:
    """Lines of as many days, of different amounts, imported at once."""
    return [
        line(
            first + number,
            str(10 + number),
            DAY + timedelta(days=number + shift),
            create=at(created, f"{clock}:00:{number:02d}"),
            paymtPurpose=f"{text}Zahlung {number}",
        )
        for number in range(count)
    ]


IMPORTED, LATER = DAY + timedelta(days=20), DAY + timedelta(days=25)


@pytest.mark.parametrize(
    ("again", "copies"),
    [
        (statement(51, 8, LATER, text="SVWZ+"), range(51, 59)),
        (statement(51, 8, LATER, text="SVWZ+", shift=1), range(51, 59)),
        (statement(51, 8, LATER, text="SVWZ+", shift=-1), range(51, 59)),
        (statement(51, 8, LATER, text="SVWZ+", shift=2), []),
        # What the first statement did not have is new; what it had is not, if there is enough of it.
        (statement(51, 14, LATER, text="SVWZ+"), range(51, 59)),
        (statement(51, 5, LATER, text="SVWZ+"), range(51, 56)),
        (statement(51, 4, LATER, text="SVWZ+"), []),
        # At once, as by a second click.
        (statement(51, 8, IMPORTED), range(51, 59)),
        (statement(51, 8, IMPORTED, text="SVWZ+"), range(51, 59)),
        # The rest of the last day, over the same amounts, is not what was there before.
        (
            [one | {"valueDate": at(DAY + timedelta(days=7))} for one in statement(51, 8, LATER, text="Rest ")],
            [],
        ),
        # Eight other payments of these days are payments.
        ([one | {"amount": f"-{one['amount']}"} for one in statement(51, 8, LATER)], []),
    ],
)
@pytest.mark.parametrize("home", [by_hand(1), account(1)])
async def test_a_statement_in_other_words(home: Json, again: list[Json], copies: Sequence[int]) -> None:
    """Imported again from another program, or with booking days for value days: it counts once."""
    ledger, coverage = await read([home], [*statement(1, 8, IMPORTED), *again])
    assert [number for number, is_copy in of_lines(ledger, "is_duplicate").items() if is_copy] == list(copies)
    assert coverage.notes == ((LINES_TWICE,) if copies else ())


@pytest.mark.parametrize(
    ("home", "level", "opening"),
    [
        # sevdesk adds up both copies, unless the bank itself confirms the sum.
        (by_hand(1), "91", 10_000),
        (account(1, balance="95.5"), "91", 10_000),
        (account(1, balance="91"), "91", 9_550),
    ],
)
async def test_a_copy_moves_no_money(home: Json, level: str, opening: int) -> None:
    """The level before the lines is the one without the copy."""
    ledger, _ = await read([home], [parking(1, 0), parking(2, 9)], levels={1: level})
    assert ledger.levels["level_cents"].to_list() == [opening]
