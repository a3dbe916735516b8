"""Accounts at the bank: which accounts of the books are one, and their levels."""

from datetime import date, timedelta

import pytest
from spec.ledger.recognised import GIRO, SAVINGS, TODAY, Json, account, at, by_hand, line, of_lines, read

from features.ledger import Resource
from scoring.sources.sevdesk.words.fetched import ACCOUNT_RECONNECTED, ACCOUNT_TWICE_UNSURE

JUNE = date(2026, 6, 1)


def day(number: int) -> date:
    """A day from June on."""
    return JUNE + timedelta(days=number)


OLD = account(1, lastSync=at(TODAY - timedelta(days=30)), balance="60")
NEW = account(5, create=at(date(2026, 7, 1)), balance="100")


async def test_an_account_that_was_connected_again_is_one() -> None:
    """What both connections have counts once; the level is that of the new one, and its id stands for both."""
    lines = [
        line(1, "10", day(0)),
        line(2, "20", day(1)),
        line(3, "20", day(1)),
        line(4, "30", day(2)),
        line(51, "20", day(1), 5, create=at(date(2026, 7, 1)), paymtPurpose="SVWZ+RE 2"),
        line(52, "20", day(1), 5, create=at(date(2026, 7, 1)), paymtPurpose="SVWZ+RE 3"),
        line(53, "30", day(2), 5, create=at(date(2026, 7, 1))),
        line(54, "30", day(2), 5, create=at(date(2026, 7, 1))),
        line(55, "5", day(40), 5),
    ]
    ledger, coverage = await read([OLD, NEW], lines, levels={1: "60", 5: "100"})
    assert ledger.accounts.select("account_id", "bank_account_id", "feed").rows() == [
        (1, 5, "stale"),
        (5, 5, "current"),
    ]
    assert set(of_lines(ledger, "bank_account_id").values()) == {5}
    copies = [number for number, is_copy in of_lines(ledger, "is_duplicate").items() if is_copy]
    assert copies == [51, 52, 53]
    assert ledger.levels.drop("borrower").rows() == [(5, 100_00 - 115_00, "verified", day(-1), day(-1))]
    assert coverage.notes == (ACCOUNT_RECONNECTED,)
    assert ledger.balances.height == 2


@pytest.mark.parametrize(("amount", "is_copy"), [("30", True), ("30.01", False)])
async def test_the_level_with_which_a_new_connection_begins_is_no_payment(amount: str, is_copy: bool) -> None:  # noqa: FBT001
    """Its first line may carry over what the older one had by then: that money is there already."""
    lines = [
        line(1, "10", day(0)),
        line(2, "20", day(1)),
        line(3, "7", day(30)),
        line(51, amount, day(30), 5),
        line(52, "7", day(30), 5),
        line(53, "8", day(31), 5),
    ]
    ledger, _ = await read([OLD, {**NEW, "balance": "45"}], lines)
    assert of_lines(ledger, "is_duplicate")[51] is is_copy
    assert [number for number, copied in of_lines(ledger, "is_duplicate").items() if copied and number != 51] == [52]
    assert ledger.levels["level_cents"].to_list() == [0 if is_copy else -30_00]


@pytest.mark.parametrize("entered_on", [date(2020, 1, 1), date(2026, 7, 1)])
async def test_the_connection_that_goes_on_may_be_entered_first(entered_on: date) -> None:
    """Books that are moved here have all connections of one day, or the old one later: the lines tell them apart."""
    old = account(5, lastSync=at(TODAY - timedelta(days=30)), create=at(date(2026, 7, 1)), balance="30")
    new = account(2, create=at(entered_on), balance="38")
    lines = [line(1, "10", day(0), 5), line(2, "20", day(1), 5), line(51, "30", day(30), 2), line(52, "8", day(31), 2)]
    ledger, _ = await read([old, new], lines, levels={5: "30", 2: "38"})
    assert [number for number, is_copy in of_lines(ledger, "is_duplicate").items() if is_copy] == [51]
    assert ledger.levels["level_cents"].to_list() == [0]


async def test_the_copy_that_the_bank_delivered_stays() -> None:
    """An older account into which statements were imported gives way to the one that the bank feeds."""
    lines = [line(1, "10", day(0)), line(2, "10", day(0), 5), line(3, "7", day(1))]
    ledger, _ = await read([by_hand(1), account(5, create=at(date(2026, 7, 1)))], lines)
    assert of_lines(ledger, "is_duplicate") == {1: True, 2: False, 3: False}
    assert ledger.levels["state"].to_list() == ["unverified"]


async def test_an_account_that_was_entered_later_does_not_take_the_place_of_a_fed_one() -> None:
    """The live connection is the one that the bank feeds, whichever is newer."""
    fed, entered = account(1, balance="10"), by_hand(5, create=at(date(2026, 7, 1)))
    ledger, coverage = await read([fed, entered], [line(1, "10", day(0))], levels={1: "10", 5: "4000"})
    assert ledger.levels.select("bank_account_id", "level_cents", "state").rows() == [(5, 0, "verified")]
    assert coverage.bank_data_until == TODAY


async def test_one_number_and_no_line_in_common() -> None:
    """Two accounts with many lines of the same time, and none in common, are not one; which is real cannot be told."""
    lines = [line(number, "10", day(number)) for number in range(1, 6)]
    lines += [line(number + 50, "99", day(number), 5) for number in range(1, 6)]
    accounts = [account(1, balance="50"), by_hand(5)]
    ledger, coverage = await read(accounts, lines)
    assert ledger.accounts["bank_account_id"].to_list() == [1, 5]
    assert ledger.levels["state"].to_list() == ["unverified", "unverified"]
    assert coverage.notes == (ACCOUNT_TWICE_UNSURE,)
    ledger, _ = await read(accounts, lines[:-1])
    assert ledger.accounts["bank_account_id"].to_list() == [5, 5]


@pytest.mark.parametrize(("count", "iban", "is_unsure"), [(5, None, True), (4, None, False), (5, SAVINGS, False)])
async def test_many_equal_lines_without_a_number(count: int, iban: str | None, is_unsure: bool) -> None:  # noqa: FBT001
    """Whether they are one cannot be told: both stay, their levels are unverified, and a note says so."""
    lines = [line(number, "10", day(number)) for number in range(1, count + 1)]
    lines += [{**each, "id": f"9{each['id']}", "checkAccount": {"id": "5"}} for each in lines]
    stated = str(10 * count)
    ledger, coverage = await read([account(1, balance=stated), account(5, iban, balance=stated)], lines)
    assert ledger.accounts["bank_account_id"].to_list() == [1, 5]
    assert set(ledger.levels["state"]) == ({"unverified"} if is_unsure else {"verified"})
    assert coverage.notes == ((ACCOUNT_TWICE_UNSURE,) if is_unsure else ())


@pytest.mark.parametrize(
    ("old_level", "new_level", "new_day", "is_unsure"),
    [
        ("100", "130", 20, True),
        ("100", "100", None, True),
        ("100", "131", 20, False),
        ("100", "130", 9, False),
        ("0", "30", 20, False),
        # With days in common: 30 came on both, and the new one began with the 70 of the old one.
        ("100", "100", 12, True),
        ("101", "100", 12, False),
    ],
)
async def test_an_account_that_goes_on_where_another_one_ended(
    old_level: str,
    new_level: str,
    new_day: int | None,
    is_unsure: bool,  # noqa: FBT001  a column
) -> None:
    """Without a number, to begin with the very level with which another one ended is no chance."""
    lines = [line(1, "10", day(10)), *([line(2, "30", day(new_day), 5)] if new_day is not None else [])]
    lines += [line(3, "30", day(13))] if new_day == 12 else []
    new = account(5, None, create=at(date(2026, 7, 1)))
    _, coverage = await read([account(1), new], lines, levels={1: old_level, 5: new_level})
    assert coverage.notes == ((ACCOUNT_TWICE_UNSURE,) if is_unsure else ())


@pytest.mark.parametrize(
    ("first", "goes_out", "is_unsure"),
    [("70", [], True), ("71", [], False), ("70", [line(9, "-70", day(12))], False)],
)
async def test_a_line_that_carries_over_the_level_of_an_account_without_a_number(
    first: str,
    goes_out: list[Json],
    is_unsure: bool,  # noqa: FBT001  a column
) -> None:
    """It is the level of the other one by then; a transfer of all that was in it goes out there."""
    lines = [line(1, "70", day(10)), line(2, first, day(12), 5), line(3, "30", day(13), 5), *goes_out]
    lines += [] if goes_out else [line(4, "30", day(13))]
    new = account(5, None, create=at(date(2026, 7, 1)))
    _, coverage = await read([account(1), new], lines)
    assert coverage.notes == ((ACCOUNT_TWICE_UNSURE,) if is_unsure else ())


@pytest.mark.parametrize(
    ("changes", "level", "has_line", "expected"),
    [
        ({"balance": "10"}, "10", True, (0, "verified")),
        ({"balance": "10.01"}, "10", True, (0, "unverified")),
        ({"balance": None}, "10", True, (0, "unverified")),
        ({"balance": "10", "lastSync": at(TODAY - timedelta(days=8))}, "10", True, (0, "stale")),
        ({"importType": "CSV", "balance": "10"}, "10", True, (0, "unverified")),
        ({"type": "register", "balance": "10"}, "10", True, (0, "unverified")),
        # Nothing to confirm.
        ({"type": "register", "balance": "0"}, "0", False, (0, "unused")),
        ({"importType": "CSV", "status": "0", "balance": "0"}, "0", False, (0, "unused")),
        ({"lastSync": at(TODAY - timedelta(days=80))}, "0", False, (0, "unused")),
        ({"balance": "-50"}, "0", False, (0, "unverified")),
        ({"balance": "7"}, "7", False, (700, "verified")),
        # Closed: the last that the bank said is that nothing is left.
        ({"status": "0", "balance": "0", "lastSync": at(TODAY - timedelta(days=80))}, "0", True, (-1000, "verified")),
        ({"status": "100", "balance": "0", "lastSync": at(TODAY - timedelta(days=80))}, "0", True, (-1000, "stale")),
        ({"status": "0", "balance": "3", "lastSync": at(TODAY - timedelta(days=80))}, "3", True, (-700, "stale")),
    ],
)
async def test_what_the_bank_confirms(
    changes: Json,
    level: str,
    has_line: bool,  # noqa: FBT001  a column
    expected: tuple[int, str],
) -> None:
    """A level is verified where a current feed states it; without line and money there is nothing to confirm.

    Until a feed stopped, its level was what the bank then said.
    """
    ledger, _ = await read([account(1, **changes)], [line(1, "10", day(0))] if has_line else [], levels={1: level})
    on = day(-1) if has_line else TODAY
    rows = [(1, *expected, on, on)]
    if expected[1] == "stale":
        stale_on = date.fromisoformat(changes["lastSync"][:10]) + timedelta(days=8)
        rows = [(1, expected[0], "verified", on, on), (1, *expected, on, stale_on)]
    assert ledger.levels.drop("borrower").rows() == rows


@pytest.mark.parametrize(
    ("ages", "created", "changes"),
    [
        ((14,), {}, []),
        ((15,), {}, [("stale", 0)]),
        ((40, 30, 20, 16), {}, []),
        ((30, 25, 20, 16), {}, [("stale", 0)]),
        # Ten days apart, so silence is one after thirty; it ended when the next line was there.
        ((70, 60, 10), {}, [("stale", 29), ("first", 9)]),
        ((70, 60, 40), {40: 12}, [("stale", 29), ("first", 12)]),
        ((70, 60, 30), {30: 29}, []),
    ],
)
@pytest.mark.parametrize(("stated", "first"), [("4", "verified"), ("5", "unverified")])
async def test_a_feed_without_a_day_was_stale_while_it_was_silent(
    ages: tuple[int, ...], created: dict[int, int], changes: list[tuple[str, int]], stated: str, first: str
) -> None:
    """By the lines that were there on each day; the account's level is told anew for each change."""

    def ago(days: int) -> date:
        return TODAY - timedelta(days=days)

    lines = [line(age, "1", ago(age), **({"create": at(ago(created[age]))} if age in created else {})) for age in ages]
    ledger, _ = await read([account(1, lastSync=None, balance=stated)], lines, levels={1: "4"})
    before = ago(max(ages) + 1)
    assert ledger.levels.select("state", "happened_on", "recorded_on").rows() == [
        (first, before, before),
        *((first if state == "first" else state, before, ago(age)) for state, age in changes),
    ]


async def test_a_feed_that_stopped_before_there_was_a_line_is_only_stale() -> None:
    """What was entered later is of no day on which the bank delivered."""
    stopped = account(1, lastSync=at(TODAY - timedelta(days=30)), balance="1")
    ledger, _ = await read([stopped], [line(1, "1", TODAY - timedelta(days=3), valueDate=at(TODAY, "12:00:00"))])
    assert ledger.levels["state"].to_list() == ["stale"]


@pytest.mark.parametrize(
    ("changes", "level", "age", "states"),
    [
        ({}, "0", 90, ["unverified", "unused"]),
        ({}, "0", 89, ["unverified"]),
        ({}, "0.01", 90, ["unverified"]),
        ({"status": "100"}, "0", 90, ["unverified"]),
        ({"type": "register", "importType": None}, "0", 90, ["unverified", "unused"]),
    ],
)
async def test_an_archived_account_that_no_bank_feeds_needs_no_bank(
    changes: Json, level: str, age: int, states: list[str]
) -> None:
    """Once nothing was left in it, and nothing moved for ninety days: whoever changed banks is not hurt for good."""
    last = TODAY - timedelta(days=age)
    lines = [line(1, "10", last - timedelta(days=400)), line(2, "-10", last)]
    ledger, _ = await read([by_hand(1, **{"status": "0", **changes})], lines, levels={1: level})
    assert ledger.levels["state"].to_list() == states
    if len(states) > 1:
        assert ledger.levels["recorded_on"].to_list() == [last - timedelta(days=401), TODAY]


async def test_lines_of_tomorrow_are_in_no_level_of_today() -> None:
    """The level is the one of today minus the lines until today."""
    lines = [line(1, "10", TODAY), line(2, "99", TODAY + timedelta(days=2), create=at(TODAY))]
    ledger, _ = await read([account(1)], lines, levels={1: "50"})
    assert ledger.levels["level_cents"].to_list() == [4_000]


async def test_clearing_accounts_and_those_in_other_currencies_have_no_level() -> None:
    """They hold no money in euro, even under the same number; a till is no account at the bank."""
    others = [account(2, type="offline", lastSync=None), account(3, GIRO, currency="USD")]
    till = account(4, GIRO, type="register", lastSync=None)
    ledger, coverage = await read([account(1), *others, till], [line(1, "10", day(0))])
    assert ledger.levels["bank_account_id"].to_list() == [1, 4]
    assert ledger.accounts["bank_account_id"].to_list() == [1, 2, 3, 4]
    assert ACCOUNT_RECONNECTED not in coverage.notes


async def test_what_was_not_asked_for_is_not_recognised() -> None:
    """Facts of plans from before stay as they were."""
    lines = [line(1, "10", day(0), payeePayerAcctNo=SAVINGS), line(2, "10", day(0), create=at(day(90)))]
    ledger, coverage = await read(
        [account(1), account(2, SAVINGS)], lines, iban=GIRO, resources=frozenset(Resource) - {Resource.RECOGNITION}
    )
    assert ledger.levels.is_empty()
    assert ledger.balances.height == 2
    assert set(ledger.transactions["transfer"]) == {"none"}
    assert not ledger.transactions["is_fed"].any()
    assert ledger.transactions["counterparty_account"].null_count() == 2
    assert (coverage.bank_data_until, coverage.payout_fed_days, coverage.notes) == (None, None, ())


@pytest.mark.parametrize("changes", [{"create": "irgendwann"}, {"valueDate": None}])
async def test_a_line_that_cannot_be_read_does_not_end_the_recognition_of_others(changes: Json) -> None:
    """It is set aside, though lines themselves were not asked for."""
    lines = [line(1, "10", day(0)), line(2, "10", day(1), **changes)]
    ledger, coverage = await read(
        [account(1)], lines, resources=frozenset({Resource.INVOICES, Resource.PAYMENT_LOG, Resource.RECOGNITION})
    )
    assert ledger.transactions.is_empty()
    assert coverage.bank_data_until == TODAY
