"""Whether the bank delivers an account, and which of its lines it delivered."""

from datetime import date, timedelta
from typing import Any

import pytest
from spec.ledger.recognised import GIRO, SAVINGS, TODAY, Json, account, at, by_hand, line, of_lines, read

UNSYNCED = account(1, lastSync=None)


def before(days: int) -> date:
    """That many days ago."""
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("changes", "feed", "covered_until"),
    [
        ({}, "current", TODAY),
        ({"lastSync": at(before(7), "23:59:59")}, "current", before(7)),
        ({"lastSync": at(before(8))}, "stale", before(8)),
        ({"lastSync": at(before(-3))}, "current", TODAY),
        ({"lastSync": "1970-01-01T00:00:00Z"}, "stale", date(1970, 1, 1)),
        ({"lastSync": f"{TODAY}T23:59:59-11:00"}, "current", TODAY),
        ({"importType": "CSV"}, "none", None),
        ({"type": "register"}, "none", None),
        ({"type": "offline"}, "none", None),
        ({"lastSync": None, "bankServer": None}, "none", None),
    ],
)
async def test_a_feed_that_says_when_it_last_asked(changes: Json, feed: str, covered_until: date | None) -> None:
    """It is stale from the eighth day on."""
    ledger, _ = await read([account(1, **changes)], [])
    assert ledger.accounts.select("feed", "covered_until").rows() == [(feed, covered_until)]


@pytest.mark.parametrize(
    ("ages", "feed"),
    [
        ((14,), "current"),
        ((15,), "stale"),
        ((14, 15, 16, 17), "current"),
        ((15, 16, 17, 18), "stale"),
        # A quiet firm: a line a month, and silent for three times as long.
        ((90, 120, 150, 180), "current"),
        ((91, 121, 151, 181), "stale"),
        # One long silence among ten gaps is beyond the 90th percentile; among nine it is not.
        ((19, *range(20, 29), 128), "stale"),
        ((19, *range(20, 28), 127), "current"),
        ((), "none"),
        ((-2,), "none"),
    ],
)
async def test_a_feed_that_does_not_say_when_it_last_asked(ages: tuple[int, ...], feed: str) -> None:
    """Silence tells: longer than 14 days, and than three times what nine in ten gaps between lines are."""
    lines = [line(number, "1", before(age)) for number, age in enumerate(ages, start=1)]
    ledger, coverage = await read([UNSYNCED], lines)
    covered_until = before(ages[0]) if feed != "none" else None
    assert ledger.accounts.select("feed", "covered_until").rows() == [(feed, covered_until)]
    # A silence that is usual for the account makes no data old.
    assert coverage.bank_data_until == {"current": TODAY, "stale": covered_until, "none": None}[feed]


async def test_a_quiet_account_with_a_fresh_feed_is_current() -> None:
    """One line a quarter is no sign of anything where the feed says that it asked this morning."""
    ledger, _ = await read([account(1)], [line(1, "1", before(80)), line(2, "1", before(170))])
    assert ledger.accounts["feed"].to_list() == ["current"]


@pytest.mark.parametrize("said", [None, "", "gestern", "0001-01-01T00:00:00+01:00", "0000-00-00 00:00:00", 0])
async def test_a_feed_that_says_nothing_of_when_it_asked_is_judged_by_its_lines(said: object) -> None:
    """What cannot be read as a day says nothing: neither that it stopped, nor that it did not."""
    for age, feed in ((14, "current"), (15, "stale")):
        ledger, _ = await read([account(1, lastSync=said)], [line(1, "1", before(age))])
        assert ledger.accounts.select("feed", "covered_until").rows() == [(feed, before(age))]


async def test_lines_by_hand_do_not_keep_a_feed_alive() -> None:
    """A line that was posted yesterday, with a clock time, says nothing of the bank."""
    lines = [
        line(1, "1", before(60)),
        line(2, "1", before(59)),
        line(3, "1", before(1), valueDate=at(before(1), "12:00:00")),
    ]
    ledger, _ = await read([UNSYNCED], lines)
    assert ledger.accounts.select("feed", "covered_until").rows() == [("stale", before(59))]


FED = {"compareHash": "4711"}


@pytest.mark.parametrize(
    ("changes", "is_fed"),
    [
        ({}, True),
        ({"valueDate": at(before(30), "12:00:00")}, False),
        ({"valueDate": f"{before(31)}T22:00:00Z"}, True),
        ({"valueDate": f"{before(30)}T00:00:00Z"}, False),
        ({"create": at(before(20))}, True),
        ({"create": at(before(19), "12:00:00")}, False),
        ({"create": at(before(34))}, True),
        ({"create": at(before(35))}, False),
        ({"create": at(before(19), "00:01:00"), "checkAccount": {"id": "2"}}, False),
    ],
)
async def test_which_lines_the_bank_delivered(changes: Json, is_fed: bool) -> None:  # noqa: FBT001  a column
    """A whole day, created from four days before its value day to ten days after it."""
    others = [line(1, "1", before(60)), line(2, "1", before(19), create=at(before(19)))]
    ledger, _ = await read([account(1), by_hand(2, SAVINGS)], [*others, line(9, "1", before(30), **changes)])
    assert of_lines(ledger, "is_fed") == {1: True, 2: True, 9: is_fed}


@pytest.mark.parametrize(
    ("mark", "created", "is_fed"),
    [
        ({}, "05:00:00", True),
        ({}, "07:00:00", False),
        ({"compareHash": "1"}, "07:00:00", True),
        ({"gvCode": 166}, "07:00:00", True),
        ({"gvCode": ""}, "07:00:00", False),
    ],
)
async def test_a_line_without_the_marks_of_others(mark: Json, created: str, is_fed: bool) -> None:  # noqa: FBT001  a column
    """Once the lines of an account carry what only a bank sends, one without it was entered."""
    day = before(20)
    lines = [line(1, "1", day, create=at(day, "06:00:00"), **FED), line(2, "2", day, create=at(day, created), **mark)]
    ledger, _ = await read([account(1)], lines)
    assert of_lines(ledger, "is_fed") == {1: True, 2: is_fed}


async def test_a_past_that_was_entered_before_the_account_was_connected() -> None:
    """Months that were posted at once are no delivery where the bank's own lines have marks; a line in time may be."""
    day = before(20)
    entered = [line(number, "9", before(300 - number), create=at(before(60))) for number in (1, 2, 3)]
    ledger, _ = await read([account(1)], [*entered, line(4, "1", before(50)), line(5, "2", day, **FED)])
    assert of_lines(ledger, "is_fed") == {1: False, 2: False, 3: False, 4: True, 5: True}


async def test_the_first_delivery_reaches_back() -> None:
    """A bank that was just connected delivers months at once; what is entered as old a week later does not."""
    first = [line(age, "1", before(age), create=at(before(10), f"06:00:{age % 60:02d}")) for age in range(11, 100)]
    lines = [*first, line(500, "1", before(80), create=at(before(3)))]
    ledger, _ = await read([account(1)], lines)
    fed = of_lines(ledger, "is_fed")
    assert [number for number, is_fed in fed.items() if not is_fed] == [500]


@pytest.mark.parametrize(("first_age", "is_fed"), [(69, True), (70, True), (71, False)])
async def test_a_feed_that_was_down_fills_the_gap(first_age: int, is_fed: bool) -> None:  # noqa: FBT001  a column
    """A late delivery counts where it goes on from the newest line of before, or ten days back; not further."""
    gap = [line(number, "1", before(age), create=at(before(5))) for number, age in ((2, first_age), (3, 40))]
    ledger, _ = await read([account(1)], [line(0 + 1, "1", before(60)), *gap])
    assert of_lines(ledger, "is_fed") == {1: True, 2: is_fed, 3: is_fed}


@pytest.mark.parametrize(
    ("accounts", "iban", "days"),
    [
        ([account(1)], GIRO, 100),
        ([account(1)], "de02 1203 0000 0000 2020 51", 100),
        ([account(1, "de02-1203-0000-0000-2020-51")], GIRO, 100),
        ([account(1)], SAVINGS, None),
        ([account(1)], None, None),
        ([account(1, lastSync=at(before(8)))], GIRO, 100),
        ([account(1, lastSync=at(before(400)))], GIRO, 100),
        ([account(1, lastSync=None, bankServer=None)], GIRO, 0),
        ([by_hand(1)], GIRO, 0),
        ([account(2), account(1, SAVINGS)], GIRO, 0),
        ([account(1), account(2, create=at(before(30)))], GIRO, 100),
    ],
)
async def test_the_days_of_the_payout_account(accounts: list[Json], iban: str | None, days: int | None) -> None:
    """From the first to the last line that the bank delivered, until its feed stopped; over all of its connections."""
    lines = [line(1, "1", before(110)), line(2, "1", before(10)), line(3, "1", before(200), create=at(before(2)))]
    _, coverage = await read(accounts, lines, iban=iban)
    assert coverage.payout_fed_days == days


@pytest.mark.parametrize(
    ("second", "until"),
    [
        (account(2, SAVINGS, lastSync=at(before(3))), before(3)),
        (by_hand(2, SAVINGS), TODAY),
        (account(2, SAVINGS, lastSync=at(before(90)), create=at(before(400))), before(90)),
        (account(2, GIRO, lastSync=at(before(90)), create=at(before(400))), TODAY),
        (account(2, SAVINGS, lastSync=None), before(120)),
    ],
)
async def test_how_far_the_bank_data_reach(second: Json, until: date) -> None:
    """To the oldest day of any account that counts; one that was connected again counts once."""
    lines: list[Any] = [line(1, "1", before(100)), line(2, "2", before(120), 2)]
    _, coverage = await read([account(1), second], lines)
    assert coverage.bank_data_until == until


@pytest.mark.parametrize(("iban", "until"), [(SAVINGS, before(90)), (GIRO, TODAY), (None, TODAY)])
async def test_the_bank_data_of_a_payout_account_that_was_closed(iban: str | None, until: date) -> None:
    """A closed account ages no data; one into which the loan is to be paid does, however much it once delivered."""
    closed = account(2, SAVINGS, lastSync=at(before(90)), status="0")
    lines = [line(1, "1", before(10)), line(2, "5", before(300), 2), line(3, "-5", before(95), 2)]
    _, coverage = await read([account(1, balance="1"), closed], lines, iban=iban)
    assert coverage.bank_data_until == until


async def test_an_account_in_no_use_does_not_age_the_bank_data() -> None:
    """It has no line and no money."""
    idle = account(2, SAVINGS, lastSync=at(before(90)))
    _, coverage = await read([account(1), idle], [line(1, "1", before(100))])
    assert coverage.bank_data_until == TODAY
